#include "bus/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANDED_FD 3

G_DEFINE_QUARK(dunhub - child - error, child_error)

/* Parked above the descriptors that the child gets, so that setting one does not overwrite another.
 */
static int parked(int fd)
{
    return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, HANDED_FD + 1) : -1;
}

static void add_actions(posix_spawn_file_actions_t *actions, int handed, int out)
{
    posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions, out >= 0 ? out : STDERR_FILENO, STDOUT_FILENO);
    if (handed >= 0) {
        posix_spawn_file_actions_adddup2(actions, handed, HANDED_FD);
    }
    posix_spawn_file_actions_addclosefrom_np(actions, handed >= 0 ? HANDED_FD + 1 : HANDED_FD);
}

static void add_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETPGROUP);
}

static int spawn(pid_t *ret_pid, char *const *arguments, int handed, int out)
{
    char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    add_actions(&actions, handed, out);
    add_attributes(&attributes);
    int failure =
        posix_spawn(ret_pid, arguments[0], &actions, &attributes, arguments, no_environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

bool child_start(Child *ret_child, char *const *arguments, int handed, int out, GError **error)
{
    int handed_above = parked(handed);
    int out_above = parked(out);
    pid_t pid = 0;
    int failure = spawn(&pid, arguments, handed_above, out_above);
    if (handed_above >= 0) {
        close(handed_above);
    }
    if (out_above >= 0) {
        close(out_above);
    }
    if (failure != 0) {
        g_set_error(error, CHILD_ERROR, CHILD_ERROR_SPAWN, "%s could not be started: %s",
                    arguments[0], g_strerror(failure));
        return false;
    }
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        g_set_error(error, CHILD_ERROR, CHILD_ERROR_SPAWN,
                    "process %d cannot be watched (%s): Linux 5.3 or later is needed", (int)pid,
                    g_strerror(errno));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return false;
    }
    *ret_child = (Child){pid, pidfd};
    return true;
}

static void forget(Child *child)
{
    close(child->pidfd);
    *child = (Child){0, -1};
}

static bool wait_readable(int fd, int64_t limit_ms)
{
    int64_t until = g_get_monotonic_time() + limit_ms * 1000;
    struct pollfd item = {fd, POLLIN, 0};
    int n;
    do {
        int64_t left_ms = (until - g_get_monotonic_time() + 999) / 1000;
        n = poll(&item, 1, (int)CLAMP(left_ms, 0, INT32_MAX));
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

bool child_ended(Child *child, int64_t limit_ms, int *ret_status)
{
    if (!wait_readable(child->pidfd, limit_ms)) {
        return false;
    }
    int status = 0;
    if (waitpid(child->pid, &status, 0) == child->pid) {
        *ret_status = status;
    }
    forget(child);
    return true;
}

void child_kill(Child *child)
{
    if (child->pid <= 0) {
        return;
    }
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {}
    forget(child);
}

char *child_describe_end(int status)
{
    if (WIFSIGNALED(status)) {
        return g_strdup_printf("signal %d (%s)", WTERMSIG(status), g_strsignal(WTERMSIG(status)));
    }
    return g_strdup_printf("exit status %d", WEXITSTATUS(status));
}

int child_memory(const char *name, const void *bytes, size_t n, GError **error)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    bool written =
        fd >= 0 && (n == 0 || write(fd, bytes, n) == (ssize_t)n) && lseek(fd, 0, SEEK_SET) == 0;
    if (written) {
        return fd;
    }
    g_set_error(error, CHILD_ERROR, CHILD_ERROR_MEMORY, "no memory file '%s': %s", name,
                g_strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}
