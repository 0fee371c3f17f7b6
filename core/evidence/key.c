#include "evidence/key.h"

#include "base/key_file.h"

#include <sodium.h>
#include <string.h>

G_STATIC_ASSERT(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES);
G_STATIC_ASSERT(KEY_SIGNATURE_BYTES == crypto_sign_BYTES);
G_STATIC_ASSERT(KEY_FILE_BYTES == crypto_sign_SEEDBYTES);
G_STATIC_ASSERT(sizeof(((SigningKey *)0)->secret) == crypto_sign_SECRETKEYBYTES);

#define HEAD "dunhub signing key 1"

/* What a person can do about it. */
static bool refuse(GError *problem, int code, const char *remedy, GError **error)
{
    g_autofree char *text = problem->code == code
                                ? g_strdup_printf("%s; %s", problem->message, remedy)
                                : g_strdup(problem->message);
    g_set_error_literal(error, problem->domain, problem->code, text);
    g_error_free(problem);
    return false;
}

bool key_make(const char *path, SigningKey *ret_key, GError **error)
{
    uint8_t seed[KEY_FILE_BYTES];
    GError *problem = NULL;
    if (!key_file_make(path, HEAD, seed, &problem))
        return refuse(problem, KEY_FILE_ERROR_EXISTS,
                      "bundles that it signed need it, so move it away by hand if you want another",
                      error);
    crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed);
    sodium_memzero(seed, sizeof seed);
    return true;
}

bool key_read(const char *path, SigningKey *ret_key, GError **error)
{
    uint8_t seed[KEY_FILE_BYTES];
    GError *problem = NULL;
    if (!key_file_read(path, HEAD, seed, &problem))
        return refuse(problem, KEY_FILE_ERROR_ABSENT, "'dunhub audit key --new' makes one", error);
    crypto_sign_seed_keypair(ret_key->public, ret_key->secret, seed);
    sodium_memzero(seed, sizeof seed);
    return true;
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
