#include "host/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const char *what, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", what,
                g_strerror(errno));
    return false;
}

bool confine_dumps(GError **error)
{
    const struct rlimit no_core = {0, 0};
    if (setrlimit(RLIMIT_CORE, &no_core) != 0) {
        return failed("core dumps cannot be turned off", error);
    }
    /* A pipe is given a dump whatever the limit says: then one without any memory. */
    int filter = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (filter >= 0) {
        bool written = write(filter, "0", 1) == 1;
        close(filter);
        return written || failed("core dumps cannot be emptied", error);
    }
    return true;
}

bool confine_process(pid_t parent, GError **error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        return failed("cannot be told to end with the hub", error);
    }
    /* The hub may have died before the line above. */
    if (parent != 0 && getppid() != parent) {
        errno = ESRCH;
        return failed("the hub that started this host is gone", error);
    }
    if (!confine_dumps(error)) {
        return false;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || clearenv() != 0) {
        return failed("a privilege could not be given up", error);
    }
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    return true;
}

int confine_stop_fd(GError **error)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    int fd = sigprocmask(SIG_BLOCK, &stop, NULL) == 0 ? signalfd(-1, &stop, SFD_CLOEXEC) : -1;
    if (fd < 0) {
        failed("no descriptor for signals", error);
    }
    return fd;
}
