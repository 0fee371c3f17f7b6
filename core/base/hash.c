#include "base/hash.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

G_STATIC_ASSERT(HASH_BYTES == crypto_hash_sha256_BYTES);

Hash hash_of(const void *bytes, size_t n)
{
    Hash hash;
    crypto_hash_sha256(hash.bytes, bytes, n);
    return hash;
}

Hash hash_of_parts(const HashPart *parts, size_t n_parts)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < n_parts; i++) {
        uint64_t length = GUINT64_TO_BE((uint64_t)parts[i].n);
        crypto_hash_sha256_update(&state, (const unsigned char *)&length, sizeof length);
        crypto_hash_sha256_update(&state, parts[i].bytes, parts[i].n);
    }
    Hash hash;
    crypto_hash_sha256_final(&state, hash.bytes);
    return hash;
}

Hash hash_personal(const char *salt, const char *text)
{
    const HashPart parts[] = {{salt, strlen(salt)}, {text, strlen(text)}};
    return hash_of_parts(parts, 2);
}

char *hash_hex(const Hash *hash, char ret[static HASH_HEX])
{
    return sodium_bin2hex(ret, HASH_HEX, hash->bytes, HASH_BYTES);
}
