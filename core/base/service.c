#include "base/service.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WORD_MAX = 512 };

struct Service {
    int fd; /* -1: no manager */
    int64_t every_ms, told_ms;
    char *status;
};

static int connected(const char *socket_name)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = socket_name ? strlen(socket_name) : 0;
    if (n < 2 || n >= sizeof to.sun_path || (socket_name[0] != '/' && socket_name[0] != '@'))
        return -1;
    memcpy(to.sun_path, socket_name, n);
    if (socket_name[0] == '@')
        to.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

Service *service_open(const char *socket, int64_t watchdog_usec)
{
    Service *service = g_new0(Service, 1);
    service->fd = connected(socket);
    service->every_ms = watchdog_usec > 0 ? MAX(1, watchdog_usec / 1000 / 4) : 0;
    service->told_ms = INT64_MIN / 2;
    return service;
}

static int64_t watchdog_of_environment(void)
{
    const char *pid = g_getenv("WATCHDOG_PID"); /* lint: allow getenv, sd_watchdog_enabled(3) */
    const char *patience = g_getenv("WATCHDOG_USEC"); /* lint: allow getenv, the same */
    if (pid && g_ascii_strtoll(pid, NULL, 10) != (gint64)getpid())
        return 0;
    return patience ? MAX(0, g_ascii_strtoll(patience, NULL, 10)) : 0;
}

Service *service_of_environment(void)
{
    /* lint: allow getenv, sd_notify(3) names the socket there */
    return service_open(g_getenv("NOTIFY_SOCKET"), watchdog_of_environment());
}

void service_close(Service *service)
{
    if (!service)
        return;
    if (service->fd >= 0)
        close(service->fd);
    g_free(service->status);
    g_free(service);
}

/* A manager that does not read is not waited for. */
static void tell(const Service *service, const char *words)
{
    if (service->fd >= 0)
        (void)!send(service->fd, words, strlen(words), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* One line: what follows a line break would be another word to the manager. */
static char *status_word(const char *status)
{
    g_autofree char *line = g_strdelimit(g_strndup(status, WORD_MAX), "\r\n", ' ');
    return g_strconcat("STATUS=", line, NULL);
}

void service_ready(Service *service, const char *status)
{
    g_autofree char *word = status_word(status);
    g_autofree char *words = g_strconcat("READY=1\n", word, NULL);
    tell(service, words);
}

void service_reloading(Service *service, int64_t monotonic_ms)
{
    g_autofree char *words =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, monotonic_ms * 1000);
    tell(service, words);
}

void service_stopping(Service *service)
{
    tell(service, "STOPPING=1");
}

void service_alive(Service *service, int64_t monotonic_ms)
{
    if (service->every_ms == 0 || monotonic_ms - service->told_ms < service->every_ms)
        return;
    service->told_ms = monotonic_ms;
    tell(service, "WATCHDOG=1");
}

void service_status(Service *service, const char *status)
{
    if (g_strcmp0(service->status, status) == 0)
        return;
    g_free(service->status);
    service->status = g_strdup(status);
    g_autofree char *word = status_word(status);
    tell(service, word);
}

int64_t service_wait_ms(const Service *service, int64_t most_ms)
{
    return service->fd >= 0 && service->every_ms > 0 ? MIN(most_ms, service->every_ms) : most_ms;
}
