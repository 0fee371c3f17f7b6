#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "press/frame.h"

enum { REQUEST_SECONDS = 30 };

#define MEMORY_BYTES ((rlim_t)1024 * 1024 * 1024)

#ifndef __SANITIZE_ADDRESS__
#define __SANITIZE_ADDRESS__ 0
#endif

static bool failed(const char *what, int code, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
    return false;
}

void seal_renew_time(void)
{
    struct timespec used = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    struct rlimit limit = {(rlim_t)used.tv_sec + REQUEST_SECONDS, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &limit);
}

static bool set_limits(GError **error)
{
    const struct rlimit output = {PRESS_LARGEST_REPLY, PRESS_LARGEST_REPLY},
                        memory = {MEMORY_BYTES, MEMORY_BYTES}, files = {64, 64};
    seal_renew_time();
    if (setrlimit(RLIMIT_FSIZE, &output) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0 ||
        (!__SANITIZE_ADDRESS__ && setrlimit(RLIMIT_AS, &memory) != 0))
        return failed("no limit could be set", errno, error);
    return true;
}

static void allow_reading(int rules, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    const struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
        .parent_fd = fd};
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(fd);
}

/* Kernels before 5.13 have no Landlock: the other bounds hold. */
static void see_fonts_only(void)
{
    static const char *const places[] = {"/usr/share", "/usr/local/share",
                                         "/etc/fonts", "/var/cache/fontconfig",
                                         "/usr/lib",   "/lib"};
    const struct landlock_ruleset_attr handled = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                             LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                             LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                             LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        allow_reading(rules, places[i]);
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

/* What needs no permission of the file system. */
static bool forbid_calls(GError **error)
{
    static const int calls[] = {SCMP_SYS(socket),  SCMP_SYS(socketpair), SCMP_SYS(connect),
                                SCMP_SYS(bind),    SCMP_SYS(listen),     SCMP_SYS(accept),
                                SCMP_SYS(accept4), SCMP_SYS(execve),     SCMP_SYS(execveat),
                                SCMP_SYS(fork),    SCMP_SYS(vfork),      SCMP_SYS(ptrace),
                                SCMP_SYS(kill),    SCMP_SYS(tgkill),     SCMP_SYS(io_uring_setup)};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int code = filter != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; code == 0 && i < G_N_ELEMENTS(calls); i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
    if (code == 0)
        code = seccomp_load(filter);
    seccomp_release(filter);
    return code == 0 || failed("system calls could not be given up", -code, error);
}

bool seal_process(GError **error)
{
    if (!set_limits(error))
        return false;
    see_fonts_only();
    return forbid_calls(error);
}
