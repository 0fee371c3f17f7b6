#include "cmd/station.h"

#include "base/key_file.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

/* ---- places -----------------------------------------------------------------------------------
 */

char *station_place(const char *name, const char *installed)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n > 0) {
        self[n] = '\0';
        g_autofree char *folder = g_path_get_dirname(self);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&path);
        g_autofree char *beside = g_build_filename(folder, "..", installed, NULL);
        if (g_file_test(beside, G_FILE_TEST_EXISTS))
            return g_canonicalize_filename(beside, NULL);
    }
    return g_build_filename(DUNHUB_PREFIX, installed, NULL);
}

static char *first_of(const char *given, const char *configured)
{
    return g_strdup(given ? given : configured);
}

static char *default_conf_dir(void)
{
    return g_strdup(g_file_test("conf.d", G_FILE_TEST_IS_DIR) ? "conf.d" : "/etc/dunhub/conf.d");
}

/* ---- older policies ---------------------------------------------------------------------------
 */

typedef struct {
    Store *store;
    GArray *policies; /* StoredPolicy; texts owned here */
    GError *error;
} OlderPolicies;

static bool note_policy(const char *name, int64_t version, const char *hash, void *data)
{
    OlderPolicies *older = data;
    g_autoptr(GBytes) bytes = NULL;
    if (!store_blob_get(older->store, hash, &bytes, &older->error))
        return false;
    if (!bytes)
        return true;
    gsize n = 0;
    const char *text = g_bytes_get_data(bytes, &n);
    StoredPolicy policy = {g_strdup(name), version, g_strndup(text, n)};
    g_array_append_val(older->policies, policy);
    return true;
}

static void free_policy(void *data)
{
    StoredPolicy *policy = data;
    g_free((char *)policy->name);
    g_free((char *)policy->source_json);
}

/* Texts of the result are freed with it. */
static GArray *older_policies(Store *store, GError **error)
{
    g_autoptr(GArray) policies = g_array_new(FALSE, FALSE, sizeof(StoredPolicy));
    g_array_set_clear_func(policies, free_policy);
    OlderPolicies older = {.store = store, .policies = policies};
    if (store && !store_versions(store, "policy", note_policy, &older, error))
        return NULL;
    if (!older.error)
        return g_steal_pointer(&policies);
    g_propagate_error(error, older.error);
    return NULL;
}

/* The newest epoch, or the one that is sought. */
typedef struct {
    int64_t sought; /* 0: the newest */
    int64_t version;
    char hash[HASH_HEX];
} KeptEpoch;

static bool note_epoch(const char *name, int64_t version, const char *hash, void *data)
{
    (void)name;
    KeptEpoch *kept = data;
    if (version < kept->version || (kept->sought && version != kept->sought))
        return true;
    kept->version = version;
    g_strlcpy(kept->hash, hash, sizeof kept->hash);
    return true;
}

static Configuration *load_against_store(Station *station, Diags *diags, GError **error)
{
    g_autoptr(GArray) policies = older_policies(station->store, error);
    KeptEpoch latest = {0};
    if (!policies || (station->store &&
                      !store_versions(station->store, "configuration", note_epoch, &latest, error)))
        return NULL;
    return configuration_load(station->conf_dir, station->manifests,
                              (const StoredPolicy *)(void *)policies->data, policies->len,
                              (uint64_t)latest.version + 1, diags);
}

Configuration *station_kept(const Station *station, uint64_t epoch, Diags *diags, GError **error)
{
    g_autoptr(GArray) policies = older_policies(station->store, error);
    g_autoptr(GBytes) bytes = NULL;
    KeptEpoch kept = {.sought = (int64_t)epoch};
    if (!policies || !store_versions(station->store, "configuration", note_epoch, &kept, error) ||
        !store_blob_get(station->store, kept.hash, &bytes, error))
        return NULL;
    if (!bytes) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                    "the store does not hold the configuration of epoch %" G_GUINT64_FORMAT, epoch);
        return NULL;
    }
    gsize n = 0;
    const char *data = g_bytes_get_data(bytes, &n);
    g_autofree char *canonical = g_strndup(data, n);
    return configuration_load_kept(canonical, station->conf_dir, station->manifests,
                                   (const StoredPolicy *)(void *)policies->data, policies->len,
                                   epoch, diags);
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static void take_places(Station *station, const StationPlaces *places, const Configuration *first)
{
    station->store_path = first_of(places->store_path, first->store_path);
    station->run_dir = first_of(places->run_dir, first->run_dir);
    station->plugin_dir = first_of(places->plugin_dir, first->plugin_dir);
    if (!station->plugin_dir)
        station->plugin_dir = station_place("plugins", "lib/dunhub/plugins");
    station->host_program = g_strdup(places->host_program);
    if (!station->host_program)
        station->host_program = station_place("dunhub-host", "lib/dunhub/dunhub-host");
    station->letter_program = station_place("dunhub-letter", "lib/dunhub/dunhub-letter");
}

static bool has_plugins(const Station *station, GError **error)
{
    if (g_file_test(station->plugin_dir, G_FILE_TEST_IS_DIR))
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                "there is no plugin folder %s; name one with --plugins, or run 'make'",
                station->plugin_dir);
    return false;
}

static bool open_store(Station *station, GError **error)
{
    if (station->mode == STATION_CONFIGURATION)
        return true;
    bool reads = station->mode == STATION_READ;
    if (reads && !g_file_test(station->store_path, G_FILE_TEST_EXISTS))
        return true;
    g_autofree char *folder = g_path_get_dirname(station->store_path);
    if (!reads)
        g_mkdir_with_parents(folder, 0700);
    return store_open(&store_sqlite, station->store_path,
                      reads ? STORE_READ_ONLY : STORE_READ_WRITE, NULL, &station->store, error);
}

/* What is wrong, all of it: with the plugins where they would be by default. */
static bool tell_findings(Station *station, const StationPlaces *places, Diags *diags)
{
    const Configuration nothing = {0};
    take_places(station, places, &nothing);
    station->manifests = manifests_load(station->plugin_dir, station->host_program, NULL);
    configuration_free(
        configuration_load(station->conf_dir, station->manifests, NULL, 0, 1, diags));
    return false;
}

static bool load(Station *station, const StationPlaces *places, Diags *diags, GError **error)
{
    /* Where store and plugins are stands in the configuration itself, so it is read twice: first
     * for that alone. */
    g_autoptr(Diags) quiet = diags_new();
    Configuration *first = configuration_load(station->conf_dir, NULL, NULL, 0, 1, quiet);
    if (!first)
        return tell_findings(station, places, diags);
    take_places(station, places, first);
    configuration_free(first);
    if (!has_plugins(station, error))
        return false;
    g_mkdir_with_parents(station->run_dir, 0700);
    g_autofree char *cache = g_build_filename(station->run_dir, "manifests.json", NULL);
    station->manifests = manifests_load(station->plugin_dir, station->host_program, cache);
    if (!open_store(station, error))
        return false;
    station->configuration = load_against_store(station, diags, error);
    return station->configuration != NULL;
}

bool station_open(const StationPlaces *places, StationMode mode, Diags *diags,
                  Station **ret_station, GError **error)
{
    g_autoptr(Station) station = g_new0(Station, 1);
    station->mode = mode;
    station->conf_dir = places->conf_dir ? g_strdup(places->conf_dir) : default_conf_dir();
    if (!load(station, places, diags, error))
        return false;
    *ret_station = g_steal_pointer(&station);
    return true;
}

void station_close(Station *station)
{
    if (!station)
        return;
    configuration_free(station->configuration);
    store_close(station->store);
    manifests_free(station->manifests);
    g_free(station->conf_dir);
    g_free(station->store_path);
    g_free(station->run_dir);
    g_free(station->plugin_dir);
    g_free(station->host_program);
    g_free(station->letter_program);
    g_free(station);
}

Configuration *station_reload(Station *station, Diags *diags, GError **error)
{
    return load_against_store(station, diags, error);
}

Configuration *station_swap(Station *station, Configuration *configuration)
{
    Configuration *old = station->configuration;
    station->configuration = configuration;
    return old;
}

/* ---- the key of what instances keep ------------------------------------------------------------
 */

#define STATE_KEY_HEAD "dunhub state key 1"
G_STATIC_ASSERT(VAULT_KEY_BYTES == KEY_FILE_BYTES);

static bool configured_key(const char *reference, uint8_t ret_key[VAULT_KEY_BYTES], GError **error)
{
    char *text = configuration_secret(reference, error);
    if (!text) {
        g_prefix_error(error, "hub: state_key: ");
        return false;
    }
    bool good = key_from_hex(text, VAULT_KEY_BYTES, ret_key);
    sodium_memzero(text, strlen(text));
    g_free(text);
    if (!good)
        g_set_error(error, KEY_FILE_ERROR, KEY_FILE_ERROR_FORM,
                    "hub: state_key: it has to be %d hexadecimal digits in lower case; 'openssl "
                    "rand -hex %d' makes such a key",
                    2 * VAULT_KEY_BYTES, VAULT_KEY_BYTES);
    return good;
}

/* Made at the first start; never made anew for a store that has values under one. */
static bool key_beside_store(const Station *station, uint8_t ret_key[VAULT_KEY_BYTES],
                             GError **error)
{
    g_autofree char *folder = g_path_get_dirname(station->store_path);
    g_autofree char *path = g_build_filename(folder, "state.key", NULL);
    g_autoptr(GError) problem = NULL;
    bool in_use = false;
    if (key_file_read(path, STATE_KEY_HEAD, ret_key, &problem))
        return true;
    if (!vault_is_in_use(station->store, &in_use, error))
        return false;
    if (!in_use && g_error_matches(problem, KEY_FILE_ERROR, KEY_FILE_ERROR_ABSENT))
        return key_file_make(path, STATE_KEY_HEAD, ret_key, error);
    g_propagate_error(error, g_steal_pointer(&problem));
    if (in_use)
        g_prefix_error(error, "what the instances keep (tokens) is sealed with this key, so put it "
                              "back as it was saved: ");
    return false;
}

static bool state_key(const Station *station, uint8_t ret_key[VAULT_KEY_BYTES], GError **error)
{
    const char *reference = station->configuration->state_key;
    if (station->mode == STATION_WRITE)
        return reference ? configured_key(reference, ret_key, error)
                         : key_beside_store(station, ret_key, error);
    if (sodium_init() < 0)
        g_error("libsodium cannot be used on this machine");
    randombytes_buf(ret_key, VAULT_KEY_BYTES);
    return true;
}

bool station_vault(const Station *station, Vault **ret_vault, GError **error)
{
    uint8_t key[VAULT_KEY_BYTES];
    bool good = state_key(station, key, error) && vault_open(station->store, key, ret_vault, error);
    sodium_memzero(key, sizeof key);
    return good;
}

/* ---- looking up -------------------------------------------------------------------------------
 */

const Instance *station_instance(const Station *station, const char *name)
{
    const Configuration *configuration = station->configuration;
    for (size_t i = 0; name && i < configuration->n_instances; i++)
        if (strcmp(configuration->instances[i].name, name) == 0)
            return &configuration->instances[i];
    return NULL;
}

const json_t *station_manifest(const Station *station, const char *instance)
{
    const Instance *known = station_instance(station, instance);
    return known ? manifests_get(station->manifests, known->plugin) : NULL;
}

json_t *station_private_paths(const Station *station)
{
    json_t *paths = json_array();
    g_autofree char *store = station->store_path ? g_path_get_dirname(station->store_path) : NULL;
    const char *const folders[] = {store, station->conf_dir, station->run_dir};
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = folders[i] ? g_canonicalize_filename(folders[i], NULL) : NULL;
        if (path)
            json_array_append_new(paths, json_string(path));
    }
    return paths;
}
