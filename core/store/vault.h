/* What plugins keep (tokens, above all), sealed before it reaches the store: XChaCha20-Poly1305 under one key, with instance
 * and name as associated data, so that no value can be put in another's place. The hub's own values, whose names begin with
 * '@', hold no secret and stay as they are. Belongs to the store's thread. */
#ifndef DUNHUB_STORE_VAULT_H
#define DUNHUB_STORE_VAULT_H

#include "store/store.h"

#define VAULT_KEY_BYTES 32

typedef enum { VAULT_ERROR_KEY /* sealed with another one */, VAULT_ERROR_VALUE /* was changed, or is not sealed */ } VaultError;
GQuark vault_error_quark(void);
#define VAULT_ERROR vault_error_quark()

typedef struct Vault Vault;

/* Whether the store has values under a key already: then that very key is needed. */
bool vault_is_in_use(Store *store, bool *ret_in_use, GError **error);
/* The first time, everything that an older version left open is sealed, in a group of its own, and its old bytes leave the
 * files; from then on a value that is not sealed is refused. VAULT_ERROR_KEY: another key. The key is copied. */
bool vault_open(Store *store, const uint8_t key[VAULT_KEY_BYTES], Vault **ret_vault, GError **error);
void vault_close(Vault *vault); /* wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vault, vault_close)

/* As store_state_put and store_state_get; put is a group of its own: none may be open. */
bool vault_put(Vault *vault, const char *instance, const char *name, const void *bytes, size_t n, uint64_t expected_version, GError **error);
/* Whatever is there, also what cannot be opened any more. */
bool vault_replace(Vault *vault, const char *instance, const char *name, const void *bytes, size_t n, GError **error);
bool vault_get(Vault *vault, const char *instance, const char *name, GBytes **ret_bytes, uint64_t *ret_version, GError **error);

#endif
