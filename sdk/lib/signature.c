/* Message authentication for requests and replies, by libcrypto. */
#include "dunhub/platform.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

size_t dunhub_hmac(const char *hash, const void *secret, size_t n_secret, const void *bytes,
                   size_t n, unsigned char ret[64])
{
    const EVP_MD *digest = EVP_get_digestbyname(hash);
    unsigned length = 0;
    if (!digest || n_secret > INT_MAX ||
        !HMAC(digest, secret, (int)n_secret, bytes, n, ret, &length))
        return 0;
    return length;
}

bool dunhub_same(const char *a, const char *b)
{
    size_t n = strlen(a);
    return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

char *dunhub_base64url(const DunhubTask *task, const void *bytes, size_t n)
{
    size_t length = 0;
    char *text = dunhub_base64_encode(bytes, n, &length);
    if (!text)
        return NULL;
    while (length && text[length - 1] == '=')
        length--;
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    char *kept = dunhub_text(task, (DunhubBytes){text, length});
    free(text);
    return kept;
}
