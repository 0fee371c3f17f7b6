#include "evidence/tar.h"

#include <string.h>

G_DEFINE_QUARK(dunhub - tar - error - quark, tar_error)

enum {
    BLOCK = 512,
    SIZE_AT = 124,
    SIZE_DIGITS = 11,
    SUM_AT = 148,
};

static bool is_plain(char c)
{
    return g_ascii_islower(c) || g_ascii_isdigit(c);
}

bool tar_name_is_good(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > TAR_NAME_MAX || name[n - 1] == '/')
        return false;
    for (size_t i = 0; i < n; i++) {
        bool begins = i == 0 || name[i - 1] == '/';
        if (!is_plain(name[i]) && (begins || strchr("._-/", name[i]) == NULL))
            return false;
    }
    return true;
}

static void write_octal(uint8_t *at, int digits, uint64_t number)
{
    for (int i = digits - 1; i >= 0; i--, number /= 8)
        at[i] = (uint8_t)('0' + number % 8);
}

/* The one header that a file of this name and size has. */
static void make_header(const char *name, size_t n, uint8_t ret[BLOCK])
{
    memset(ret, 0, BLOCK);
    memcpy(ret, name, strlen(name));
    write_octal(ret + 100, 7, 0644);
    write_octal(ret + 108, 7, 0); /* user, group */
    write_octal(ret + 116, 7, 0);
    write_octal(ret + SIZE_AT, SIZE_DIGITS, n);
    write_octal(ret + 136, 11, 0); /* time */
    ret[156] = '0';                /* a plain file */
    memcpy(ret + 257, "ustar\00000", 8);
    memset(ret + SUM_AT, ' ', 8);
    unsigned sum = 0;
    for (size_t i = 0; i < BLOCK; i++)
        sum += ret[i];
    write_octal(ret + SUM_AT, 6, sum);
    ret[SUM_AT + 6] = '\0';
}

static size_t padding(size_t n)
{
    return (BLOCK - n % BLOCK) % BLOCK;
}

void tar_add(GByteArray *archive, const char *name, const void *bytes, size_t n)
{
    static const uint8_t zeros[BLOCK];
    uint8_t header[BLOCK];
    g_assert(tar_name_is_good(name) && n <= TAR_FILE_MAX);
    make_header(name, n, header);
    g_byte_array_append(archive, header, BLOCK);
    g_byte_array_append(archive, bytes, (guint)n);
    g_byte_array_append(archive, zeros, (guint)padding(n));
}

void tar_end(GByteArray *archive)
{
    static const uint8_t zeros[2 * BLOCK];
    g_byte_array_append(archive, zeros, sizeof zeros);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool refuse(size_t at, const char *what, GError **error)
{
    g_set_error(error, TAR_ERROR, TAR_ERROR_FORM, "byte %zu: %s", at, what);
    return false;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

static bool read_size(const uint8_t *header, size_t *ret_n)
{
    uint64_t n = 0;
    for (int i = 0; i < SIZE_DIGITS; i++) {
        uint8_t digit = header[SIZE_AT + i];
        if (digit < '0' || digit > '7')
            return false;
        n = n * 8 + (uint64_t)(digit - '0');
    }
    *ret_n = (size_t)n;
    return n <= TAR_FILE_MAX;
}

/* The member whose header stands at `at`; its bytes come after. */
static bool read_member(const uint8_t *bytes, size_t n, size_t at, TarMember *ret, GError **error)
{
    const uint8_t *header = bytes + at;
    uint8_t right[BLOCK];
    memcpy(ret->name, header, TAR_NAME_MAX);
    ret->name[TAR_NAME_MAX] = '\0';
    if (!tar_name_is_good(ret->name))
        return refuse(at, "the name of a file is none that such an archive can hold", error);
    if (!read_size(header, &ret->n))
        return refuse(at, "the size of a file is none", error);
    make_header(ret->name, ret->n, right);
    if (memcmp(header, right, BLOCK) != 0)
        return refuse(at, "the head of a file was changed", error);
    size_t left = n - at - BLOCK;
    if (left < ret->n || left - ret->n < padding(ret->n))
        return refuse(n, "it is cut off", error);
    ret->bytes = header + BLOCK;
    if (!is_zero(ret->bytes + ret->n, padding(ret->n)))
        return refuse(at, "something stands after the end of a file", error);
    return true;
}

static bool read_members(const uint8_t *bytes, size_t n, GArray *members, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    size_t at = 0;
    while (n - at >= BLOCK && !is_zero(bytes + at, BLOCK)) {
        TarMember member;
        if (!read_member(bytes, n, at, &member, error))
            return false;
        if (!g_hash_table_add(names, g_strdup(member.name)))
            return refuse(at, "a file is there twice", error);
        if (members->len == TAR_MEMBERS_MAX)
            return refuse(at, "it holds too many files", error);
        g_array_append_val(members, member);
        at += BLOCK + member.n + padding(member.n);
    }
    if (n - at < (size_t)2 * BLOCK)
        return refuse(n, "it is cut off", error);
    if (n - at > (size_t)2 * BLOCK || !is_zero(bytes + at, (size_t)2 * BLOCK))
        return refuse(at, "something stands after its end", error);
    return true;
}

bool tar_read(const uint8_t *bytes, size_t n, GArray **ret_members, GError **error)
{
    g_autoptr(GArray) members = g_array_new(FALSE, TRUE, sizeof(TarMember));
    if (!read_members(bytes, n, members, error))
        return false;
    *ret_members = g_steal_pointer(&members);
    return true;
}
