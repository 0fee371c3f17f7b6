#include "evidence/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(dunhub - key - error - quark, key_error)

G_STATIC_ASSERT(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES);
G_STATIC_ASSERT(KEY_SIGNATURE_BYTES == crypto_sign_BYTES);
G_STATIC_ASSERT(sizeof(((SigningKey *)0)->secret) == crypto_sign_SECRETKEYBYTES);

#define HEAD "dunhub signing key 1\n"
enum {
    FILE_BYTES = sizeof HEAD - 1 + 2 * crypto_sign_SEEDBYTES + 1,
};

static bool fail(KeyError code, const char *path, const char *what, GError **error)
{
    g_set_error(error, KEY_ERROR, (gint)code, "%s: %s", path, what);
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

bool key_make(const char *path, SigningKey *ret_key, GError **error)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    char text[FILE_BYTES + 1] = HEAD;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 && errno == EEXIST)
        return fail(KEY_ERROR_EXISTS, path,
                    "there is a key already; bundles that it signed need it, so move it away by "
                    "hand if you want another",
                    error);
    if (file < 0)
        return fail(KEY_ERROR_FILE, path, g_strerror(errno), error);
    if (sodium_init() < 0)
        g_error("libsodium cannot be used on this machine");
    randombytes_buf(seed, sizeof seed);
    sodium_bin2hex(text + strlen(HEAD), 2 * sizeof seed + 1, seed, sizeof seed);
    text[FILE_BYTES - 1] = '\n';
    crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed);
    bool good = write_all(file, text, FILE_BYTES);
    int problem = errno;
    close(file);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(text, sizeof text);
    if (good)
        return true;
    unlink(path);
    return fail(KEY_ERROR_FILE, path, g_strerror(problem), error);
}

static bool read_text(const char *path, char text[FILE_BYTES + 2], size_t *ret_n, GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0)
        return fail(KEY_ERROR_FILE, path,
                    errno == ENOENT ? "there is no key; 'dunhub audit key --new' makes one"
                                    : g_strerror(errno),
                    error);
    bool is_private = fstat(file, &status) == 0 && (status.st_mode & 077) == 0;
    ssize_t n = is_private ? read(file, text, FILE_BYTES + 1) : 0;
    close(file);
    if (!is_private)
        return fail(KEY_ERROR_FILE, path, "others can read it; say: chmod 600", error);
    *ret_n = (size_t)MAX(n, 0);
    text[*ret_n] = '\0';
    return true;
}

bool key_read(const char *path, SigningKey *ret_key, GError **error)
{
    char text[FILE_BYTES + 2];
    uint8_t seed[crypto_sign_SEEDBYTES];
    size_t n = 0;
    if (!read_text(path, text, &n, error))
        return false;
    bool good = n == FILE_BYTES && g_str_has_prefix(text, HEAD) && text[FILE_BYTES - 1] == '\n';
    text[FILE_BYTES - 1] = '\0';
    good = good && key_from_hex(text + strlen(HEAD), sizeof seed, seed);
    if (good)
        crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed);
    sodium_memzero(text, sizeof text);
    sodium_memzero(seed, sizeof seed);
    return good || fail(KEY_ERROR_FORM, path, "it is no signing key of dunhub", error);
}

void key_sign(const SigningKey *key, const char *text, uint8_t ret_signature[KEY_SIGNATURE_BYTES])
{
    crypto_sign_detached(ret_signature, NULL, (const uint8_t *)text, strlen(text), key->secret);
}

bool key_verify(const uint8_t public[KEY_PUBLIC_BYTES], const char *text,
                const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    return crypto_sign_verify_detached(signature, (const uint8_t *)text, strlen(text), public) == 0;
}

void key_forget(SigningKey *key)
{
    sodium_memzero(key, sizeof *key);
}
