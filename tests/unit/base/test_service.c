/* What a service manager hears of a hub. */
#include "base/service.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
    char *folder, *path;
    int fd;
    char heard[1024];
} Manager;

static Manager manager_new(void)
{
    Manager m = {.folder = g_dir_make_tmp("dunhub-notify-XXXXXX", NULL)};
    m.path = g_build_filename(m.folder, "s", NULL);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    g_strlcpy(at.sun_path, m.path, sizeof at.sun_path);
    m.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    g_assert_cmpint(bind(m.fd, (struct sockaddr *)&at, sizeof at), ==, 0);
    return m;
}

static void manager_free(Manager *m)
{
    close(m->fd);
    g_unlink(m->path);
    g_rmdir(m->folder);
    g_free(m->path);
    g_free(m->folder);
}

/* The next message; "" if there is none. */
static const char *heard(Manager *m)
{
    ssize_t n = recv(m->fd, m->heard, sizeof m->heard - 1, 0);
    m->heard[MAX(n, 0)] = '\0';
    return m->heard;
}

static void test_words(void)
{
    Manager m = manager_new();
    Service *service = service_open(m.path, 0);
    service_ready(service, "3 instances");
    g_assert_cmpstr(heard(&m), ==, "READY=1\nSTATUS=3 instances");
    service_status(service, "all is well\nSTOPPING=1");
    g_assert_cmpstr(heard(&m), ==, "STATUS=all is well STOPPING=1");
    service_status(service, "all is well\nSTOPPING=1");
    g_assert_cmpstr(heard(&m), ==, "");
    service_reloading(service, 1234);
    g_assert_cmpstr(heard(&m), ==, "RELOADING=1\nMONOTONIC_USEC=1234000");
    service_alive(service, 0);
    g_assert_cmpstr(heard(&m), ==, "");
    g_assert_cmpint(service_wait_ms(service, 60000), ==, 60000);
    service_stopping(service);
    g_assert_cmpstr(heard(&m), ==, "STOPPING=1");
    service_close(service);
    manager_free(&m);
}

static void test_watchdog(void)
{
    Manager m = manager_new();
    Service *service = service_open(m.path, 40 * G_USEC_PER_SEC);
    g_assert_cmpint(service_wait_ms(service, 60000), ==, 10000);
    g_assert_cmpint(service_wait_ms(service, 100), ==, 100);
    service_alive(service, 5000);
    g_assert_cmpstr(heard(&m), ==, "WATCHDOG=1");
    service_alive(service, 14999);
    g_assert_cmpstr(heard(&m), ==, "");
    service_alive(service, 15000);
    g_assert_cmpstr(heard(&m), ==, "WATCHDOG=1");
    service_close(service);
    manager_free(&m);
}

/* A manager that does not read costs nothing. */
static void test_deaf(void)
{
    Manager m = manager_new();
    Service *service = service_open(m.path, G_USEC_PER_SEC);
    for (int64_t i = 0; i < 5000; i++)
        service_alive(service, i * 1000);
    service_close(service);
    manager_free(&m);
}

static void test_none(void)
{
    static const char *const names[] = {NULL, "", "relative", "/no/such/socket", "@"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Service *service = service_open(names[i], G_USEC_PER_SEC);
        service_ready(service, "x");
        service_alive(service, 0);
        g_assert_cmpint(service_wait_ms(service, 60000), ==, 60000);
        service_close(service);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/service/words", test_words);
    g_test_add_func("/service/watchdog", test_watchdog);
    g_test_add_func("/service/deaf", test_deaf);
    g_test_add_func("/service/none", test_none);
    return g_test_run();
}
