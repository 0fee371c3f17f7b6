/* Files that are complete and durable, or not there: written without a name, synced, given the name, and the folder synced. A
 * process that dies on the way leaves nothing. Where the file system cannot do that, and where a file is replaced, the bytes
 * take the way over a hidden part file. */
#include "dunhub/sdk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

static int write_synced(int fd, const void *bytes, size_t n)
{
    int error = write_all(fd, bytes, n);
    return error || fsync(fd) == 0 ? error : errno;
}

static int write_part(int dir_fd, const char *part, const void *bytes, size_t n)
{
    int fd = openat(dir_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    int error = write_synced(fd, bytes, n);
    if (close(fd) < 0 && !error)
        error = errno;
    return error;
}

/* False: this file system knows no files without a name. */
static bool write_unnamed(int dir_fd, const char *name, const void *bytes, size_t n, int *ret_error)
{
    char path[64];
    int fd = openat(dir_fd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int error = write_synced(fd, bytes, n);
    if (!error && linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) < 0)
        error = errno;
    close(fd);
    if (error == ENOENT) /* no /proc here */
        return false;
    *ret_error = error;
    return true;
}

/* Some network file systems know no RENAME_NOREPLACE; there a hard link does not replace either. */
static int rename_new(int dir_fd, const char *part, const char *name)
{
    if (renameat2(dir_fd, part, dir_fd, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (linkat(dir_fd, part, dir_fd, name, 0) < 0)
        return errno;
    return unlinkat(dir_fd, part, 0) < 0 ? errno : 0;
}

static int write_over_part(int dir_fd, const char *name, const void *bytes, size_t n, int how)
{
    static unsigned counter;
    char part[300];
    int length = snprintf(part, sizeof part, ".%s.%d-%u.part", name, (int)getpid(),
                          __atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED));
    if (length < 0 || (size_t)length >= sizeof part)
        return ENAMETOOLONG;
    int error = write_part(dir_fd, part, bytes, n);
    if (!error && how == DUNHUB_FILE_NEW)
        error = rename_new(dir_fd, part, name);
    else if (!error && renameat(dir_fd, part, dir_fd, name) < 0)
        error = errno;
    if (error)
        unlinkat(dir_fd, part, 0);
    return error;
}

int dunhub_file_write(int dir_fd, const char *name, const void *bytes, size_t n, int how)
{
    int error = 0;
    if (strchr(name, '/'))
        return ENAMETOOLONG;
    if (how != DUNHUB_FILE_NEW || !write_unnamed(dir_fd, name, bytes, n, &error))
        error = write_over_part(dir_fd, name, bytes, n, how);
    return error || fsync(dir_fd) == 0 ? error : errno;
}

int dunhub_folder_open(int dir_fd, const char *name)
{
    bool made = mkdirat(dir_fd, name, 0755) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    if (made && dir_fd != AT_FDCWD && fsync(dir_fd) < 0)
        return -errno;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int read_all(int fd, size_t max, char **ret_bytes, size_t *ret_n)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if ((uint64_t)st.st_size > max)
        return -EFBIG;
    size_t size = (size_t)st.st_size, n = 0;
    char *bytes = malloc(size + 1);
    if (!bytes)
        return -ENOMEM;
    while (n < size) {
        ssize_t got = read(fd, bytes + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = errno;
            free(bytes);
            return -error;
        }
        if (got == 0)
            break;
        n += (size_t)got;
    }
    bytes[n] = 0;
    *ret_bytes = bytes;
    *ret_n = n;
    return 0;
}

int dunhub_file_read(int dir_fd, const char *name, size_t max, char **ret_bytes, size_t *ret_n)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = read_all(fd, max, ret_bytes, ret_n);
    close(fd);
    return error;
}

void dunhub_file_failed(const DunhubTask *task, int error, const char *what, const char *path)
{
    static const struct {
        int error;
        const char *code, *todo;
    } rows[] = {
        {ENOSPC, "disk_full", "free space there; it is tried again by itself"},
        {EDQUOT, "disk_full", "raise the quota or free space; it is tried again by itself"},
        {EROFS, "read_only", "mount it writable or choose another folder"},
        {EACCES, "no_permission", "give the hub's user the right to it"},
        {EPERM, "no_permission", "give the hub's user the right to it"},
        {ENOENT, "missing", "make it, or correct the path in the instance's options"},
        {ENOTDIR, "no_folder", "a file stands where a folder should be"},
        {EMFILE, "too_many_files", "raise the limit of open files"},
        {EIO, "disk_error", "look at the disk: the system log tells more"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].error == error) {
            dunhub_retry(task, 0, rows[i].code, "%s %s failed: %s; %s", what, path, strerror(error),
                         rows[i].todo);
            return;
        }
    dunhub_retry(task, 0, "file", "%s %s failed: %s", what, path, strerror(error));
}
