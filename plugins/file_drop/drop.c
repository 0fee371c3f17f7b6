#include "drop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES_MAX = 1000 };

bool drop_open(Drop *ret_drop, const DunhubTask *task, const json_t *input)
{
    *ret_drop = (Drop){.task = task,
                       .input = input,
                       .folder = dunhub_option(task, "folder"),
                       .dir = -1,
                       .keys = -1};
    const char *key = dunhub_key(task);
    if (!key || !*key) {
        dunhub_permanent(task, "key", "the call has no key: what is written once needs one");
        return false;
    }
    dunhub_sha256_hex(key, strlen(key), ret_drop->hash);
    ret_drop->dir = open(ret_drop->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret_drop->dir < 0) {
        dunhub_file_failed(task, errno, "opening the folder", ret_drop->folder);
        return false;
    }
    ret_drop->keys = dunhub_folder_open(ret_drop->dir, ".keys");
    if (ret_drop->keys >= 0)
        return true;
    dunhub_file_failed(task, -ret_drop->keys, "making .keys in the folder", ret_drop->folder);
    drop_close(ret_drop);
    return false;
}

void drop_close(Drop *drop)
{
    if (drop->dir >= 0)
        close(drop->dir);
    if (drop->keys >= 0)
        close(drop->keys);
    drop->dir = drop->keys = -1;
}

/* 1 found, 0 absent, -1 failed. */
static int read_key_file(Drop *drop, const char *name)
{
    char *text = NULL;
    size_t n = 0;
    int error = dunhub_file_read(drop->keys, name, PATH_BYTES_MAX, &text, &n);
    if (error == -ENOENT)
        return 0;
    if (error) {
        dunhub_file_failed(drop->task, -error, "reading in .keys of the folder", drop->folder);
        return -1;
    }
    drop->path = dunhub_format(drop->task, "%s", text);
    free(text);
    return 1;
}

static const char *claim_name(const Drop *drop, char ret[DUNHUB_HEX_SHA256 + 8])
{
    snprintf(ret, DUNHUB_HEX_SHA256 + 8, "%s.claim", drop->hash);
    return ret;
}

DropState drop_state(Drop *drop)
{
    char claim[DUNHUB_HEX_SHA256 + 8];
    int found = read_key_file(drop, drop->hash);
    if (found)
        return found > 0 ? DROP_DONE : DROP_FAILED;
    found = read_key_file(drop, claim_name(drop, claim));
    return found > 0 ? DROP_CLAIMED : found < 0 ? DROP_FAILED : DROP_NEW;
}

bool drop_claim(Drop *drop, const char *path)
{
    char claim[DUNHUB_HEX_SHA256 + 8];
    int error =
        dunhub_file_write(drop->keys, claim_name(drop, claim), path, strlen(path), DUNHUB_FILE_NEW);
    drop->path = path;
    if (!error)
        return true;
    if (error == EEXIST)
        return read_key_file(drop, claim) > 0;
    dunhub_file_failed(drop->task, error, "writing into .keys of the folder", drop->folder);
    return false;
}

/* ---- writing ---- */

static bool failed(const Drop *drop, int error)
{
    dunhub_file_failed(drop->task, error, "writing",
                       dunhub_format(drop->task, "%s/%s", drop->folder, drop->path));
    return false;
}

/* The folder of the day, and the name in it. A descriptor, or -errno. */
static int open_parent(const Drop *drop, const char **ret_name)
{
    const char *slash = strchr(drop->path, '/');
    *ret_name = slash ? slash + 1 : drop->path;
    if (!slash)
        return fcntl(drop->dir, F_DUPFD_CLOEXEC, 0);
    return dunhub_folder_open(
        drop->dir, dunhub_format(drop->task, "%.*s", (int)(slash - drop->path), drop->path));
}

/* All files are complete before the folder gets its name. What a killed attempt left is written over. */
static int write_folder(const Drop *drop, int parent, const char *name, const DropFile *files,
                        size_t n)
{
    const char *part = dunhub_format(drop->task, ".%s.part", name);
    int dir = dunhub_folder_open(parent, part), error = dir < 0 ? -dir : 0;
    for (size_t i = 0; !error && i < n; i++)
        error =
            dunhub_file_write(dir, files[i].name, files[i].bytes, files[i].n, DUNHUB_FILE_REPLACE);
    if (dir >= 0)
        close(dir);
    if (!error && renameat2(parent, part, parent, name, RENAME_NOREPLACE) < 0)
        error = errno;
    if (!error && fsync(parent) < 0)
        error = errno;
    return error;
}

bool drop_write(Drop *drop, const DropFile *files, size_t n, bool as_folder)
{
    const char *name;
    int parent = open_parent(drop, &name);
    if (parent < 0)
        return failed(drop, -parent);
    struct stat st;
    bool is_there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    int error = is_there ? 0 /* the name holds the key's hash: an earlier attempt came that far */
                : as_folder
                    ? write_folder(drop, parent, name, files, n)
                    : dunhub_file_write(parent, name, files[0].bytes, files[0].n, DUNHUB_FILE_NEW);
    close(parent);
    return !error || error == EEXIST || failed(drop, error);
}

void drop_done(Drop *drop)
{
    char claim[DUNHUB_HEX_SHA256 + 8];
    claim_name(drop, claim);
    /* Losing this to a power cut is harmless: the claim and the thing itself say the same. */
    if (renameat(drop->keys, claim, drop->keys, drop->hash) < 0 && errno != ENOENT) {
        dunhub_file_failed(drop->task, errno, "writing into .keys of the folder", drop->folder);
        return;
    }
    dunhub_ok(drop->task, drop->path);
}
