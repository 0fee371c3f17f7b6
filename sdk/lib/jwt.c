/* JSON Web Tokens signed with RS256, for token endpoints. */
#include "lib/auth.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

enum { LIFE_S = 300, RSA_BITS_MIN = 2048 };

static EVP_PKEY *read_key(const DunhubTask *task, const char *pem)
{
    BIO *bio = pem ? BIO_new_mem_buf(pem, -1) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;
    BIO_free(bio);
    if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_bits(key) >= RSA_BITS_MIN)
        return key;
    EVP_PKEY_free(key);
    dunhub_auth(task, "private_key",
                "the private key is no RSA key of at least %d bits in PEM without a passphrase; "
                "correct the instance's option",
                RSA_BITS_MIN);
    return NULL;
}

static char *sign(const DunhubTask *task, EVP_PKEY *key, const char *text)
{
    unsigned char signature[1024];
    size_t n = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good =
        context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature, &n, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(context);
    return good ? dunhub_base64url(task, signature, n) : NULL;
}

static char *encode(const DunhubTask *task, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    char *encoded = text ? dunhub_base64url(task, text, strlen(text)) : NULL;
    free(text);
    json_decref(object);
    return encoded;
}

static void set(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(object, name, json_string(text));
}

static json_t *claims_of(const DunhubTask *task, const DunhubAuth *auth, bool of_client)
{
    const char *client = auth_expand(task, auth->client_id, NULL);
    const char *issuer = auth_expand(task, auth->issuer, NULL);
    const char *audience = auth_expand(task, auth->audience, NULL);
    int64_t now = dunhub_now_ms() / 1000;
    unsigned char random[16];
    char id[2 * sizeof random + 1];
    if (RAND_bytes(random, sizeof random) != 1)
        return NULL;
    dunhub_hex(random, sizeof random, id);
    json_t *claims = json_pack("{s:I, s:I, s:s}", "iat", (json_int_t)now, "exp",
                               (json_int_t)(now + LIFE_S), "jti", id);
    set(claims, "iss", issuer && *issuer ? issuer : client);
    set(claims, "sub", of_client ? client : auth_expand(task, auth->subject, NULL));
    set(claims, "aud", audience && *audience ? audience : auth_expand(task, auth->token_url, NULL));
    if (!of_client)
        set(claims, "scope", auth_expand(task, auth->scope, NULL));
    return claims;
}

char *auth_assertion(const DunhubTask *task, const DunhubAuth *auth, bool of_client)
{
    EVP_PKEY *key = read_key(task, auth_expand(task, auth->private_key, NULL));
    if (!key)
        return NULL;
    json_t *head = json_pack("{s:s, s:s}", "alg", "RS256", "typ", "JWT");
    set(head, "kid", auth_expand(task, auth->key_id, NULL));
    const char *left = encode(task, head), *right = encode(task, claims_of(task, auth, of_client));
    const char *text = left && right ? dunhub_format(task, "%s.%s", left, right) : NULL;
    const char *signature = text ? sign(task, key, text) : NULL;
    EVP_PKEY_free(key);
    if (!signature)
        dunhub_retry(task, 0, "private_key", "the token request could not be signed");
    return signature ? dunhub_format(task, "%s.%s", text, signature) : NULL;
}
