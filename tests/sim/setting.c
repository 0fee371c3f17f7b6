/* The configuration in its variants, the plugins' declarations, and the epochs of the store for replays. */
#include "sim/world.h"

#include <glib/gstdio.h>
#include <unistd.h>

const Instance setting_instances[] = {
    {.name = "rents", .plugin = "ledger"},
    {.name = "mail", .plugin = "mail"},
    {.name = "crm", .plugin = "crm"},
    {.name = "court", .plugin = "court"},
};

/* Three steps within days, a fee, what suspends, what is legal, and what is taken back. */
static const char setting_text[] =
    "organisation: {name: Acme, zone: America/Chicago, default_policy: ladder, fuse_factor: 1000}\n"
    "settings: {minimum: {USD: \"0.00\"}, auto_reactivate: true, late_fee: null}\n"
    "channels: {email: {via: [mail]}}\n"
    "actions:\n"
    "  file_case: {verb: case.open, via: crm, required: true}\n"
    "  suspend: {verb: service.suspend, via: crm, required: true}\n"
    "  serve: {verb: document.send, via: court, template: formal, required: true}\n"
    "policies:\n"
    "  ladder:\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 3, wait: 1, skippable: true}\n"
    "      - {name: second_notice, from: 4, to: 7, wait: %d, skippable: false, fee: \"%d.00 "
    "USD\",\n"
    "         also: [file_case]}\n"
    "      - {name: final_notice, from: 8, to: 14, wait: 2, skippable: false, fee: \"7.00 USD\",\n"
    "         also: [suspend]}\n"
    "      - {name: pre_collections, from: 15, to: null, wait: 3, skippable: false, also: "
    "[serve]}\n";

static const char *const setting_templates[] = {"first_reminder",   "second_notice",
                                                "final_notice",     "pre_collections",
                                                "payment_returned", "formal"};

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *own = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(own, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void make_templates(World *world, Diags *diags)
{
    world->folder = g_build_filename(g_get_tmp_dir(), "dunhub-sim-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(world->folder));
    for (size_t i = 0; i < G_N_ELEMENTS(setting_templates); i++) {
        g_autofree char *subject = g_strdup_printf("%s/subject.txt", setting_templates[i]);
        g_autofree char *body = g_strdup_printf("%s/body.txt", setting_templates[i]);
        write_file(world->folder, subject, "About your account");
        write_file(world->folder, body, "Please pay what is open.");
    }
    world->templates = templates_load(world->folder, diags);
}

static json_t *action(const char *verb, const char *effect, const char *repeat)
{
    return json_pack("{s:s,s:s,s:s}", "verb", verb, "effect", effect, "repeat", repeat);
}

/* How a repeat is made harmless is the seed's choice, for each platform. */
static void make_manifests(World *world)
{
    static const char *const repeats[] = {"key", "lookup", "none"};
    json_t *mail = action("message.email", "contact", repeats[world_draw(world, 3)]);
    json_t *serve = action("document.send", "legal", repeats[world_draw(world, 3)]);
    json_t *file = action("case.open", "write", repeats[world_draw(world, 2)]);
    json_object_set_new(serve, "lookup_lag_s", json_integer(world_chance(world, 2) ? 900 : 0));
    json_object_set_new(file, "key_valid_s", json_integer(world_chance(world, 2) ? 3600 : 0));
    json_object_set_new(file, "key_saves_errors", json_integer(world_chance(world, 2)));
    world->manifests[0] =
        json_pack("{s:s,s:[{s:s,s:b,s:b,s:i}]}", "name", "ledger", "sources", "name", "ledger",
                  "ledger", true, "read", (int)world_chance(world, 2), "every_s", 3600);
    world->manifests[1] = json_pack("{s:s,s:[o]}", "name", "mail", "actions", mail);
    world->manifests[2] = json_pack(
        "{s:s,s:[o,o,o,o]}", "name", "crm", "actions", file, action("case.close", "write", "safe"),
        action("service.suspend", "write", "safe"), action("service.restore", "write", "safe"));
    world->manifests[3] = json_pack("{s:s,s:[o,o]}", "name", "court", "actions", serve,
                                    action("document.void", "write", "safe"));
}

const json_t *setting_manifest(const World *world, const char *instance)
{
    for (size_t i = 0; i < N_INSTANCES; i++)
        if (strcmp(setting_instances[i].name, instance) == 0)
            return world->manifests[i];
    return NULL;
}

bool setting_make(World *world)
{
    g_autoptr(Diags) diags = diags_new();
    make_templates(world, diags);
    make_manifests(world);
    if (!world->templates)
        diags_print(diags, stderr, false);
    return world->templates != NULL;
}

/* ---- loading ---------------------------------------------------------------------------------- */

typedef struct {
    Store *store;
    Arena *arena;
    GArray *policies; /* StoredPolicy */
    GError *error;
} Older;

static bool note_policy(const char *name, int64_t version, const char *hash, void *data)
{
    Older *older = data;
    g_autoptr(GBytes) bytes = NULL;
    if (!store_blob_get(older->store, hash, &bytes, &older->error))
        return false;
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : "";
    g_autofree char *whole = g_strndup(text, n);
    StoredPolicy policy = {arena_strdup(older->arena, name), version,
                           arena_strdup(older->arena, whole)};
    g_array_append_val(older->policies, policy);
    return true;
}

Configuration *setting_load(World *world, Store *store, int variant, GError **error)
{
    g_autoptr(GArray) policies = g_array_new(FALSE, FALSE, sizeof(StoredPolicy));
    Older older = {.store = store, .arena = world->arena, .policies = policies};
    if (!store_versions(store, "policy", note_policy, &older, error))
        return NULL;
    if (older.error) {
        g_propagate_error(error, older.error);
        return NULL;
    }
    const char *text = arena_printf(world->arena, setting_text, variant % 2 ? 2 : 3, 10 + variant);
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(text, strlen(text), "sim.yaml", world->arena, diags);
    Configuration *configuration = arena_new0(world->arena, Configuration, 1);
    if (!root || !rulebook_load(root, (const StoredPolicy *)(void *)policies->data, policies->len,
                                1, world->arena, diags, &configuration->book)) {
        diags_print(diags, stderr, false);
        g_error("the configuration of the simulation cannot be read");
    }
    configuration->canonical = text;
    configuration->instances = setting_instances;
    configuration->n_instances = N_INSTANCES;
    configuration->templates = world->templates;
    return configuration;
}

/* ---- epochs ----------------------------------------------------------------------------------- */

typedef struct {
    int64_t sought;
    char hash[HASH_HEX];
} Sought;

static bool note_epoch(const char *name, int64_t version, const char *hash, void *data)
{
    (void)name;
    Sought *sought = data;
    if (version == sought->sought)
        g_strlcpy(sought->hash, hash, sizeof sought->hash);
    return true;
}

static int variant_of(const World *world, const char *hash)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!*hash || !store_blob_get(world->reader, hash, &bytes, NULL) || !bytes)
        return -1;
    gsize n = 0;
    const char *text = g_bytes_get_data(bytes, &n);
    for (int variant = 0; variant < 4; variant++) {
        g_autofree char *own = g_strdup_printf(setting_text, variant % 2 ? 2 : 3, 10 + variant);
        if (n == strlen(own) && memcmp(text, own, n) == 0)
            return variant;
    }
    return -1;
}

const Configuration *setting_epoch(World *world, uint64_t epoch)
{
    for (guint i = 0; i < world->epochs->len; i++) {
        const EpochConfiguration *known = &g_array_index(world->epochs, EpochConfiguration, i);
        if (known->epoch == epoch)
            return known->configuration;
    }
    Sought sought = {.sought = (int64_t)epoch};
    store_versions(world->reader, "configuration", note_epoch, &sought, NULL);
    int variant = variant_of(world, sought.hash);
    if (variant < 0)
        return NULL;
    EpochConfiguration made = {epoch, setting_load(world, world->reader, variant, NULL)};
    g_array_append_val(world->epochs, made);
    return made.configuration;
}

static void remove_folder(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_folder(child);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

void setting_free(World *world)
{
    templates_free(world->templates);
    for (size_t i = 0; i < N_INSTANCES; i++)
        json_decref(world->manifests[i]);
    remove_folder(world->folder);
    g_free(world->folder);
}
