#include "store/vault.h"

#include <sodium.h>
#include <string.h>

/* Where the hub notes which key the values are under: no instance can have this name. */
#define OWN "@hub"
#define MARK "vault"

/* The first bytes of a sealed value: no text begins so. */
static const uint8_t form[] = {0x01, 'd', 'h', 's', 1};

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    HEAD_BYTES = sizeof form + NONCE_BYTES,
    MARK_BYTES = 16,
};
G_STATIC_ASSERT(VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT(HEAD_BYTES + TAG_BYTES <= STORE_STATE_SEAL);

struct Vault {
    Store *store;
    uint8_t key[VAULT_KEY_BYTES];
};

G_DEFINE_QUARK(dunhub - vault - error - quark, vault_error)

/* ---- one value -------------------------------------------------------------------------------- */

/* Instance and name, parted by what neither can hold. */
static char *place_of(const char *instance, const char *name)
{
    return g_strdup_printf("%s\n%s", instance, name);
}

static bool is_sealed(GBytes *bytes)
{
    gsize n = 0;
    const uint8_t *p = g_bytes_get_data(bytes, &n);
    return n >= HEAD_BYTES + TAG_BYTES && memcmp(p, form, sizeof form) == 0;
}

static GBytes *seal(const Vault *vault, const char *instance, const char *name, const void *bytes,
                    size_t n)
{
    g_autofree char *place = place_of(instance, name);
    uint8_t *sealed = g_malloc(HEAD_BYTES + n + TAG_BYTES);
    uint8_t *nonce = sealed + sizeof form;
    memcpy(sealed, form, sizeof form);
    randombytes_buf(nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + HEAD_BYTES, NULL, bytes, n,
                                               (const uint8_t *)place, strlen(place), NULL, nonce,
                                               vault->key);
    return g_bytes_new_take(sealed, HEAD_BYTES + n + TAG_BYTES);
}

static void wipe(void *bytes)
{
    GByteArray *array = bytes;
    sodium_memzero(array->data, array->len);
    g_byte_array_unref(array);
}

/* NULL: it was changed, belongs elsewhere, or is not sealed. */
static GBytes *unseal(const Vault *vault, const char *instance, const char *name, GBytes *sealed)
{
    g_autofree char *place = place_of(instance, name);
    gsize n = 0;
    const uint8_t *p = g_bytes_get_data(sealed, &n);
    if (!is_sealed(sealed))
        return NULL;
    GByteArray *opened = g_byte_array_new();
    g_byte_array_set_size(opened, (guint)(n - HEAD_BYTES - TAG_BYTES));
    bool good = crypto_aead_xchacha20poly1305_ietf_decrypt(
                    opened->data, NULL, NULL, p + HEAD_BYTES, n - HEAD_BYTES,
                    (const uint8_t *)place, strlen(place), p + sizeof form, vault->key) == 0;
    if (!good) {
        wipe(opened);
        return NULL;
    }
    return g_bytes_new_with_free_func(opened->data, opened->len, wipe, opened);
}

/* ---- the mark --------------------------------------------------------------------------------- */

static void mark_of(const Vault *vault, char ret_mark[2 * MARK_BYTES + 1])
{
    static const char what[] = "dunhub vault";
    uint8_t hash[MARK_BYTES];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)what, strlen(what), vault->key,
                       sizeof vault->key);
    sodium_bin2hex(ret_mark, 2 * MARK_BYTES + 1, hash, sizeof hash);
}

bool vault_is_in_use(Store *store, bool *ret_in_use, GError **error)
{
    g_autoptr(GBytes) mark = NULL;
    uint64_t version;
    if (!store_state_get(store, OWN, MARK, &mark, &version, error))
        return false;
    *ret_in_use = mark != NULL;
    return true;
}

/* ---- what an older version left open ---------------------------------------------------------- */

typedef struct {
    char *instance, *name;
    GBytes *bytes;
    uint64_t version;
} Open;

static void open_free(void *data)
{
    Open *value = data;
    g_free(value->instance);
    g_free(value->name);
    g_bytes_unref(value->bytes);
    g_free(value);
}

static bool note_open(const char *instance, const char *name, GBytes *bytes, uint64_t version,
                      void *data)
{
    if (instance[0] == '@' || name[0] == '@')
        return true;
    Open *value = g_new0(Open, 1);
    *value = (Open){g_strdup(instance), g_strdup(name), g_bytes_ref(bytes), version};
    g_ptr_array_add(data, value);
    return true;
}

static bool seal_open(const Vault *vault, const Open *value, GError **error)
{
    gsize n = 0;
    const void *bytes = g_bytes_get_data(value->bytes, &n);
    g_autoptr(GBytes) sealed = seal(vault, value->instance, value->name, bytes, n);
    const void *p = g_bytes_get_data(sealed, &n);
    return store_state_put(vault->store, value->instance, value->name, p, n, value->version, error);
}

static bool seal_all(const Vault *vault, const char *mark, GError **error)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(open_free);
    if (!store_states(vault->store, note_open, values, error))
        return false;
    for (guint i = 0; i < values->len; i++)
        if (!seal_open(vault, values->pdata[i], error))
            return false;
    if (values->len > 0)
        store_forget_replaced(vault->store);
    return store_state_put(vault->store, OWN, MARK, mark, strlen(mark), 0, error);
}

static bool begin_use(const Vault *vault, const char *mark, GError **error)
{
    if (!store_begin(vault->store, error))
        return false;
    if (seal_all(vault, mark, error))
        return store_commit(vault->store, error);
    store_rollback(vault->store);
    return false;
}

/* ---- opening ---------------------------------------------------------------------------------- */

static bool same_mark(GBytes *kept, const char *mark)
{
    gsize n = 0;
    const char *text = g_bytes_get_data(kept, &n);
    return n == strlen(mark) && memcmp(text, mark, n) == 0;
}

bool vault_open(Store *store, const uint8_t key[VAULT_KEY_BYTES], Vault **ret_vault, GError **error)
{
    if (sodium_init() < 0)
        g_error("libsodium cannot be used on this machine");
    g_autoptr(Vault) vault = g_new0(Vault, 1);
    g_autoptr(GBytes) kept = NULL;
    char mark[2 * MARK_BYTES + 1];
    uint64_t version;
    vault->store = store;
    memcpy(vault->key, key, sizeof vault->key);
    mark_of(vault, mark);
    if (!store_state_get(store, OWN, MARK, &kept, &version, error))
        return false;
    if (kept && !same_mark(kept, mark)) {
        g_set_error(error, VAULT_ERROR, VAULT_ERROR_KEY,
                    "what the instances keep in this store (tokens) was sealed with another key; "
                    "give back the key that belongs to the store");
        return false;
    }
    if (!kept && !begin_use(vault, mark, error))
        return false;
    *ret_vault = g_steal_pointer(&vault);
    return true;
}

void vault_close(Vault *vault)
{
    if (!vault)
        return;
    sodium_memzero(vault->key, sizeof vault->key);
    g_free(vault);
}

/* ---- put and get ------------------------------------------------------------------------------ */

static bool put_sealed(Vault *vault, const char *instance, const char *name, GBytes *sealed,
                       uint64_t expected_version, GError **error)
{
    gsize n = 0;
    const void *bytes = g_bytes_get_data(sealed, &n);
    return store_state_put(vault->store, instance, name, bytes, n, expected_version, error);
}

bool vault_put(Vault *vault, const char *instance, const char *name, const void *bytes, size_t n,
               uint64_t expected_version, GError **error)
{
    g_autoptr(GBytes) sealed = seal(vault, instance, name, bytes, n);
    if (!store_begin(vault->store, error))
        return false;
    if (put_sealed(vault, instance, name, sealed, expected_version, error))
        return store_commit(vault->store, error);
    store_rollback(vault->store);
    return false;
}

bool vault_replace(Vault *vault, const char *instance, const char *name, const void *bytes,
                   size_t n, GError **error)
{
    g_autoptr(GBytes) old = NULL;
    uint64_t version;
    return store_state_get(vault->store, instance, name, &old, &version, error) &&
           vault_put(vault, instance, name, bytes, n, version, error);
}

bool vault_get(Vault *vault, const char *instance, const char *name, GBytes **ret_bytes,
               uint64_t *ret_version, GError **error)
{
    g_autoptr(GBytes) sealed = NULL;
    uint64_t version;
    if (!store_state_get(vault->store, instance, name, &sealed, &version, error))
        return false;
    GBytes *opened = sealed ? unseal(vault, instance, name, sealed) : NULL;
    if (sealed && !opened) {
        g_set_error(error, VAULT_ERROR, VAULT_ERROR_VALUE,
                    "'%s' of instance '%s' was changed in the store; give it a new token, "
                    "or put the store back",
                    name, instance);
        return false;
    }
    *ret_bytes = opened;
    *ret_version = version;
    return true;
}
