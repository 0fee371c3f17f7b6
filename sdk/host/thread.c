#include "host/thread.h"

#include "host/host.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct HostThread {
    GThread *thread;
    void *context;
    WireStart start;
    int stop_fd, ended_fd;
};

static void raise_event(int fd)
{
    const uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

static void *run(void *data)
{
    HostThread *thread = data;
    unsigned lost;
    /* The hub has been told why it did not come up. */
    host_run(thread->context, &thread->start, thread->stop_fd, NULL, &lost, NULL);
    raise_event(thread->ended_fd);
    return NULL;
}

static void close_fds(const HostThread *thread)
{
    if (thread->stop_fd >= 0) {
        close(thread->stop_fd);
    }
    if (thread->ended_fd >= 0) {
        close(thread->ended_fd);
    }
}

HostThread *host_thread_start(void *context, const WireStart *start, GError **error)
{
    HostThread *thread = g_new0(HostThread, 1);
    thread->context = context;
    thread->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread->start = (WireStart){g_strdup(start->instance),
                                g_strdup(start->plugin),
                                g_strdup(start->endpoint),
                                g_strdup(start->token),
                                start->hub_pid,
                                json_deep_copy(start->options),
                                NULL};
    if (thread->stop_fd >= 0 && thread->ended_fd >= 0) {
        thread->thread = g_thread_try_new("host", run, thread, error);
    } else {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_SOCKET, "no descriptors for the host of '%s': %s",
                    start->instance, g_strerror(errno));
    }
    if (thread->thread == NULL) {
        close_fds(thread);
        wire_start_clear(&thread->start);
        g_free(thread);
        return NULL;
    }
    return thread;
}

int host_thread_ended_fd(const HostThread *thread)
{
    return thread->ended_fd;
}

void host_thread_free(HostThread *thread)
{
    if (thread == NULL) {
        return;
    }
    raise_event(thread->stop_fd);
    g_thread_join(thread->thread);
    close_fds(thread);
    wire_start_clear(&thread->start);
    g_free(thread);
}
