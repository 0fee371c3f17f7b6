/* SHA-256, in hex, and ids made of it. */
#ifndef DUNHUB_BASE_HASH_H
#define DUNHUB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BYTES 32
#define HASH_HEX 65 /* with the NUL */

typedef struct {
    uint8_t bytes[HASH_BYTES];
} Hash;

Hash hash_of(const void *bytes, size_t n);
/* Hash of the parts, each preceded by its length, so that ("ab","c") and ("a","bc") differ. */
typedef struct {
    const void *bytes;
    size_t n;
} HashPart;
Hash hash_of_parts(const HashPart *parts, size_t n_parts);
/* H(salt, text): how personal data enters a chain (domain.md §2; forgetting salt and text breaks nothing). */
Hash hash_personal(const char *salt, const char *text);
char *hash_hex(const Hash *hash, char ret[static HASH_HEX]);

#endif
