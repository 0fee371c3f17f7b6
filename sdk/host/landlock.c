#include "host/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h, by version */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, VERSION_FLAG = 1, RULE_PATH = 1 };
#define FS_EXECUTE (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_DIR (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR (UINT64_C(1) << 7)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_ALL_OF_1 ((UINT64_C(1) << 13) - 1)
#define FS_REFER (UINT64_C(1) << 13)     /* 2 */
#define FS_TRUNCATE (UINT64_C(1) << 14)  /* 3 */
#define NET_BIND_TCP (UINT64_C(1) << 0)  /* 4 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1) /* 6, both */

typedef struct {
    uint64_t fs, net, scoped;
} Ruleset;

typedef struct __attribute__((packed)) {
    uint64_t allowed;
    int32_t parent_fd;
} PathRule;

static const uint64_t fs_by_version[] = {0,
                                         FS_ALL_OF_1,
                                         FS_ALL_OF_1 | FS_REFER,
                                         FS_ALL_OF_1 | FS_REFER | FS_TRUNCATE,
                                         FS_ALL_OF_1 | FS_REFER | FS_TRUNCATE,
                                         FS_ALL_OF_1 | FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV};

int landlock_version(void)
{
    long version = syscall(CREATE_RULESET, NULL, 0, VERSION_FLAG);
    return version > 0 ? (int)version : 0;
}

static uint64_t handled_by(int version)
{
    int last = (int)(sizeof fs_by_version / sizeof *fs_by_version) - 1;
    return fs_by_version[version < last ? version : last];
}

/* An older kernel takes only the members it knows. */
static size_t ruleset_size(int version)
{
    if (version >= 6)
        return sizeof(Ruleset);
    return version >= 4 ? offsetof(Ruleset, scoped) : offsetof(Ruleset, net);
}

bool landlock_begin(int version, bool whole, Landlock *ret_landlock)
{
    *ret_landlock = (Landlock){.fd = -1, .version = version, .handled = handled_by(version)};
    if (version == 0)
        return true;
    Ruleset rules = {
        .fs = ret_landlock->handled,
        .net = whole && version >= 4 ? NET_BIND_TCP : 0,
        .scoped = whole && version >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0,
    };
    ret_landlock->fd = (int)syscall(CREATE_RULESET, &rules, ruleset_size(version), 0);
    return ret_landlock->fd >= 0;
}

static uint64_t access_of(const Landlock *landlock, unsigned reach, bool is_folder)
{
    uint64_t access = FS_READ_FILE | (is_folder ? FS_READ_DIR : 0);
    if (reach & REACH_WRITE)
        access |= FS_WRITE_FILE | FS_TRUNCATE;
    if ((reach & REACH_WRITE) && is_folder)
        access |= FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER;
    return access & landlock->handled;
}

bool landlock_allow(Landlock *landlock, const char *path, unsigned reach)
{
    if (landlock->fd < 0)
        return true;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    struct stat at = {0};
    bool good = fstat(fd, &at) == 0;
    PathRule rule = {access_of(landlock, reach, S_ISDIR(at.st_mode)), fd};
    good = good && syscall(ADD_RULE, landlock->fd, RULE_PATH, &rule, 0) == 0;
    int error = errno;
    close(fd);
    errno = error;
    return good;
}

bool landlock_enforce(Landlock *landlock)
{
    if (landlock->fd < 0)
        return true;
    bool good =
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && syscall(RESTRICT_SELF, landlock->fd, 0) == 0;
    int error = errno;
    close(landlock->fd);
    landlock->fd = -1;
    errno = error;
    return good;
}
