/* Hashes, signatures and their texts, by libcrypto. */
#include "dunhub/sdk.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

void dunhub_hex(const void *bytes, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        *ret++ = digits[p[i] >> 4];
        *ret++ = digits[p[i] & 15];
    }
    *ret = 0;
}

char *dunhub_sha256_hex(const void *bytes, size_t n, char ret[DUNHUB_HEX_SHA256])
{
    unsigned char hash[SHA256_DIGEST_LENGTH];
    SHA256(bytes, n, hash);
    dunhub_hex(hash, sizeof hash, ret);
    return ret;
}

char *dunhub_hmac_sha256_hex(const void *secret, size_t n_secret, const void *bytes, size_t n,
                             char ret[DUNHUB_HEX_SHA256])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (n_secret > INT_MAX || !HMAC(EVP_sha256(), secret, (int)n_secret, bytes, n, hash, &length))
        abort(); /* only out of memory */
    dunhub_hex(hash, length, ret);
    return ret;
}

char *dunhub_base64_encode(const void *bytes, size_t n, size_t *ret_n)
{
    if (n > INT_MAX / 2)
        return NULL;
    char *text = malloc((n + 2) / 3 * 4 + 1);
    if (!text)
        return NULL;
    *ret_n = (size_t)EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
    return text;
}

void *dunhub_base64_decode(const char *text, size_t *ret_n)
{
    size_t n = strlen(text);
    if (n % 4 || n > INT_MAX ||
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != n)
        return NULL;
    size_t padding = n && text[n - 1] == '=' ? 1 + (text[n - 2] == '=') : 0;
    if (memchr(text, '=', n - padding))
        return NULL;
    unsigned char *bytes = malloc(n / 4 * 3 + 1);
    if (!bytes)
        return NULL;
    int length = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)n);
    if (length < 0) {
        free(bytes);
        return NULL;
    }
    *ret_n = (size_t)length - padding;
    bytes[*ret_n] = 0;
    return bytes;
}
