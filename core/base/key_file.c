#include "base/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(dunhub - key - file - error - quark, key_file_error)

enum {
    TEXT_MAX = KEY_FILE_HEAD_MAX + 2 * KEY_FILE_BYTES + 2, /* two lines */
};

static bool fail(KeyFileError code, const char *path, const char *what, GError **error)
{
    g_set_error(error, KEY_FILE_ERROR, (gint)code, "%s: %s", path, what);
    return false;
}

char *key_to_hex(const uint8_t *bytes, size_t n)
{
    char *hex = g_malloc(2 * n + 1);
    return sodium_bin2hex(hex, 2 * n + 1, bytes, n);
}

bool key_from_hex(const char *hex, size_t n, uint8_t *ret_bytes)
{
    size_t length = 0;
    if (strlen(hex) != 2 * n || strspn(hex, "0123456789abcdef") != 2 * n)
        return false;
    return sodium_hex2bin(ret_bytes, n, hex, 2 * n, NULL, &length, NULL) == 0 && length == n;
}

static bool write_all(int file, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(file, bytes, n);
        if (done < 0 && errno != EINTR)
            return false;
        bytes += MAX(done, 0);
        n -= (size_t)MAX(done, 0);
    }
    return fsync(file) == 0;
}

/* A name that a crash could take away would leave what it opens shut for good. */
static bool sync_folder(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

bool key_file_make(const char *path, const char *head, uint8_t ret_secret[KEY_FILE_BYTES],
                   GError **error)
{
    uint8_t secret[KEY_FILE_BYTES];
    char hex[2 * KEY_FILE_BYTES + 1], text[TEXT_MAX + 1];
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fail(errno == EEXIST ? KEY_FILE_ERROR_EXISTS : KEY_FILE_ERROR_FILE, path,
                    errno == EEXIST ? "there is a key already" : g_strerror(errno), error);
    if (sodium_init() < 0)
        g_error("libsodium cannot be used on this machine");
    randombytes_buf(secret, sizeof secret);
    sodium_bin2hex(hex, sizeof hex, secret, sizeof secret);
    g_snprintf(text, sizeof text, "%s\n%s\n", head, hex);
    bool good = write_all(file, text, strlen(text)) && sync_folder(path);
    int problem = errno;
    close(file);
    if (good)
        memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(text, sizeof text);
    if (good)
        return true;
    unlink(path);
    return fail(KEY_FILE_ERROR_FILE, path, g_strerror(problem), error);
}

static bool read_text(const char *path, char text[TEXT_MAX + 2], GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (file < 0)
        return fail(errno == ENOENT ? KEY_FILE_ERROR_ABSENT : KEY_FILE_ERROR_FILE, path,
                    errno == ENOENT ? "there is no key" : g_strerror(errno), error);
    bool is_private = fstat(file, &status) == 0 && (status.st_mode & 077) == 0;
    ssize_t n = is_private ? read(file, text, TEXT_MAX + 1) : 0;
    close(file);
    text[MAX(n, 0)] = '\0';
    return is_private ||
           fail(KEY_FILE_ERROR_FILE, path, "others can read it; say: chmod 600", error);
}

bool key_file_read(const char *path, const char *head, uint8_t ret_secret[KEY_FILE_BYTES],
                   GError **error)
{
    char text[TEXT_MAX + 2];
    if (!read_text(path, text, error))
        return false;
    size_t n = strlen(head), length = strlen(text);
    bool good = length == n + 1 + 2 * KEY_FILE_BYTES + 1 && strncmp(text, head, n) == 0 &&
                text[n] == '\n' && text[length - 1] == '\n';
    if (good)
        text[length - 1] = '\0';
    good = good && key_from_hex(text + n + 1, KEY_FILE_BYTES, ret_secret);
    sodium_memzero(text, sizeof text);
    if (good)
        return true;
    g_set_error(error, KEY_FILE_ERROR, KEY_FILE_ERROR_FORM, "%s: it is no %s", path, head);
    return false;
}
