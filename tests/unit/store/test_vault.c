/* What instances keep: sealed, in its own place, under one key. */
#include "fixture.h"

#include "store/vault.h"

#define SECRET "refresh-token-that-nobody-reads"

static const uint8_t key[VAULT_KEY_BYTES] = {1, 2, 3}, other_key[VAULT_KEY_BYTES] = {3, 2, 1};

static Vault *opened(Store *store)
{
    g_autoptr(GError) error = NULL;
    Vault *vault = NULL;
    vault_open(store, key, &vault, &error);
    g_assert_no_error(error);
    return vault;
}

static void put(Vault *vault, const char *instance, const char *name, const char *text,
                uint64_t expected)
{
    g_autoptr(GError) error = NULL;
    vault_put(vault, instance, name, text, strlen(text), expected, &error);
    g_assert_no_error(error);
}

static void assert_kept(Vault *vault, const char *instance, const char *name, const char *text,
                        uint64_t version)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = NULL;
    uint64_t got = 77;
    g_assert_true(vault_get(vault, instance, name, &bytes, &got, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(got, ==, version);
    if (!text) {
        g_assert_null(bytes);
        return;
    }
    gsize n = 0;
    const void *p = g_bytes_get_data(bytes, &n);
    g_assert_cmpuint(n, ==, strlen(text));
    g_assert_true(n == 0 || memcmp(p, text, n) == 0);
}

static void test_round(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Vault) vault = opened(store);
    g_autoptr(GError) error = NULL;
    assert_kept(vault, "xero", "token", NULL, 0);
    put(vault, "xero", "token", SECRET, 0);
    put(vault, "xero", "empty", "", 0);
    assert_kept(vault, "xero", "token", SECRET, 1);
    assert_kept(vault, "xero", "empty", "", 1);
    g_assert_false(vault_put(vault, "xero", "token", "x", 1, 0, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_STALE);
    put(vault, "xero", "token", "second", 1);
    assert_kept(vault, "xero", "token", "second", 2);
}

static void test_largest(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Vault) vault = opened(store);
    g_autofree char *large = g_strnfill(STORE_STATE_MAX, 'x');
    put(vault, "xero", "large", large, 0);
    assert_kept(vault, "xero", "large", large, 1);
}

static GBytes *raw(Store *store, const char *instance, const char *name, uint64_t *ret_version)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = NULL;
    store_state_get(store, instance, name, &bytes, ret_version, &error);
    g_assert_no_error(error);
    return bytes;
}

static void raw_put(Store *store, const char *instance, const char *name, const void *bytes,
                    size_t n, uint64_t version)
{
    g_autoptr(GError) error = NULL;
    begin(store);
    store_state_put(store, instance, name, bytes, n, version, &error);
    g_assert_no_error(error);
    commit(store);
}

static void assert_refused(Vault *vault, const char *instance, const char *name)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = NULL;
    uint64_t version;
    g_assert_false(vault_get(vault, instance, name, &bytes, &version, &error));
    g_assert_error(error, VAULT_ERROR, VAULT_ERROR_VALUE);
    g_assert_nonnull(strstr(error->message, instance));
}

/* Every single byte of it counts: form, nonce, text, tag. */
static void test_changed(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Vault) vault = opened(store);
    put(vault, "xero", "token", SECRET, 0);
    uint64_t version;
    g_autoptr(GBytes) sealed = raw(store, "xero", "token", &version);
    gsize n = 0;
    const uint8_t *p = g_bytes_get_data(sealed, &n);
    g_assert_cmpuint(n, >, strlen(SECRET));
    for (gsize i = 0; i < n; i++) {
        g_autofree uint8_t *bent = g_memdup2(p, n);
        bent[i] ^= 1;
        raw_put(store, "xero", "token", bent, n, version++);
        assert_refused(vault, "xero", "token");
    }
    raw_put(store, "xero", "token", p, n - 1, version++);
    assert_refused(vault, "xero", "token");
    raw_put(store, "xero", "token", SECRET, strlen(SECRET), version++);
    assert_refused(vault, "xero", "token");
    g_autoptr(GError) error = NULL;
    g_assert_true(vault_replace(vault, "xero", "token", "anew", 4, &error));
    assert_kept(vault, "xero", "token", "anew", version + 1);
}

/* A value in another's place is none. */
static void test_moved(void)
{
    static const char *const places[][2] = {
        {"xero2", "token"}, {"xero", "token2"}, {"xer", "otoken"}};
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Vault) vault = opened(store);
    put(vault, "xero", "token", SECRET, 0);
    uint64_t version;
    g_autoptr(GBytes) sealed = raw(store, "xero", "token", &version);
    gsize n = 0;
    const void *p = g_bytes_get_data(sealed, &n);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        raw_put(store, places[i][0], places[i][1], p, n, 0);
        assert_refused(vault, places[i][0], places[i][1]);
    }
}

static void assert_nowhere(const char *folder, const char *text)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *bytes = NULL;
        gsize n = 0;
        g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
        g_assert_null(memmem(bytes, n, text, strlen(text)));
    }
}

/* What an older version left open, in the file and in its log. */
static void test_older(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "hub.db", NULL);
    g_autoptr(Store) store = fixture_open(path, STORE_READ_WRITE);
    bool in_use = true;
    raw_put(store, "xero", "token", SECRET, strlen(SECRET), 0);
    raw_put(store, "xero", "@cursor/invoices", "plain", 5, 0);
    raw_put(store, "@hub", "switches", "plain", 5, 0);
    g_assert_true(vault_is_in_use(store, &in_use, NULL));
    g_assert_false(in_use);
    g_autoptr(Vault) vault = opened(store);
    assert_kept(vault, "xero", "token", SECRET, 2);
    g_assert_true(vault_is_in_use(store, &in_use, NULL));
    g_assert_true(in_use);
    uint64_t version;
    g_autoptr(GBytes) cursor = raw(store, "xero", "@cursor/invoices", &version);
    g_autoptr(GBytes) own = raw(store, "@hub", "switches", &version);
    g_autoptr(GBytes) plain = g_bytes_new_static("plain", 5);
    g_assert_true(g_bytes_equal(cursor, plain) && g_bytes_equal(own, plain));
    assert_nowhere(folder, SECRET);
    store_close(g_steal_pointer(&store));
    assert_nowhere(folder, SECRET);
    fixture_remove(folder);
}

static void test_keys(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GError) error = NULL;
    Vault *vault = opened(store);
    put(vault, "xero", "token", SECRET, 0);
    vault_close(vault);
    g_assert_false(vault_open(store, other_key, &vault, &error));
    g_assert_error(error, VAULT_ERROR, VAULT_ERROR_KEY);
    vault = opened(store);
    assert_kept(vault, "xero", "token", SECRET, 1);
    vault_close(vault);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vault/round", test_round);
    g_test_add_func("/vault/largest", test_largest);
    g_test_add_func("/vault/changed", test_changed);
    g_test_add_func("/vault/moved", test_moved);
    g_test_add_func("/vault/older", test_older);
    g_test_add_func("/vault/keys", test_keys);
    return g_test_run();
}
