/* The folder as one object. Everything is looked at before anything is refused, so that one run
 * shows all findings. */
#include "hub/configuration_load.h"

#include <stdlib.h>
#include <string.h>

/* Places of the hub itself. */
typedef struct {
    const char *store, *run_dir, *publish, *plugins, *templates, *signing_key, *state_key;
} Places;

/* What is handed out, and what it lives in. */
typedef struct {
    Configuration configuration;
    Arena *arena;
    GPtrArray *jsons;
    Templates *templates;
} Whole;

static const Key hub_keys[] = {
    {.name = "store",
     .type = KEY_TEXT,
     .offset = offsetof(Places, store),
     .default_text = "/var/lib/dunhub/hub.db",
     .doc = "File of the store; its folder must be the hub's own."},
    {.name = "run_dir",
     .type = KEY_TEXT,
     .offset = offsetof(Places, run_dir),
     .default_text = "/run/dunhub",
     .doc = "Folder of the control socket and the hosts' sockets."},
    {.name = "publish",
     .type = KEY_TEXT,
     .offset = offsetof(Places, publish),
     .doc = "ZeroMQ endpoint on which committed events are published: ipc:///run/dunhub/events or "
            "tcp://127.0.0.1:5556; absent: none."},
    {.name = "plugins",
     .type = KEY_TEXT,
     .offset = offsetof(Places, plugins),
     .doc = "Folder of the plugin files; absent: beside the program."},
    {.name = "templates",
     .type = KEY_TEXT,
     .offset = offsetof(Places, templates),
     .default_text = "templates",
     .doc = "Folder of the templates."},
    {.name = "signing_key",
     .type = KEY_TEXT,
     .offset = offsetof(Places, signing_key),
     .doc = "File of the key that signs bundles of evidence; absent: signing.key beside the store. "
            "'dunhub audit key --new' makes it."},
    {.name = "state_key",
     .type = KEY_TEXT,
     .offset = offsetof(Places, state_key),
     .doc =
         "Key under which the store seals what instances keep (tokens), 64 hexadecimal digits: "
         "${credential:name}, ${file:…} or ${env:…}; absent: state.key beside the store, made at "
         "the first start. Without it the values are lost, so save it apart from the store."},
};

static const Key root_keys[] = {
#define ROOT(section)                                                                              \
    {                                                                                              \
        .name = section, .type = KEY_NODE, .offset = 0                                             \
    }
    ROOT("organisation"), ROOT("settings"),  ROOT("calendars"),  ROOT("segments"),
    ROOT("channels"),     ROOT("actions"),   ROOT("policies"),   ROOT("graphs"),
    ROOT("routes"),       ROOT("instances"), ROOT("hub"),        ROOT("rules"),
    ROOT("notices"),      ROOT("replies"),   ROOT("properties"), ROOT("leases"),
    ROOT("accounts"),     ROOT("costs"),     ROOT("retention"),  ROOT("http"),
};

const ConfigSection *configuration_sections(size_t *ret_n)
{
    static ConfigSection sections[100];
    static gsize ready;
    static size_t n;
    if (g_once_init_enter(&ready)) {
        size_t n_rulebook;
        const ConfigSection *rulebook = rulebook_sections(&n_rulebook);
        g_assert(n_rulebook + 5 <= G_N_ELEMENTS(sections));
        sections[n++] = (ConfigSection){
            "hub",
            "Where the hub keeps its files. Relative paths count from the configuration's folder.",
            hub_keys, G_N_ELEMENTS(hub_keys)};
        sections[n++] = (ConfigSection){
            "notices", "How notices are written: letterhead, tones, length of text messages.",
            notice_keys, n_notice_keys};
        sections[n++] = (ConfigSection){"instances.<name>", "A plugin with its options.",
                                        instance_keys, n_instance_keys};
        sections[n++] = (ConfigSection){"costs",
                                        "What acting costs: `dunhub simulate` and `dunhub metrics` "
                                        "reckon with it. Absent: nothing does.",
                                        costs_keys, n_costs_keys};
        sections[n++] = (ConfigSection){"http",
                                        "Where platforms deliver webhooks. Absent: nothing "
                                        "listens.",
                                        http_keys, n_http_keys};
        for (size_t i = 0; i < n_rulebook; i++)
            sections[n++] = rulebook[i];
        g_once_init_leave(&ready, 1);
    }
    *ret_n = n;
    return sections;
}

void loading_unknown(const Loading *loading, const char *code, DiagPlace place, const char *what,
                     const char *word, const char *const *names)
{
    const char *near = diag_nearest(word, names);
    g_autofree char *known = names[0] ? g_strjoinv(", ", (char **)names) : NULL;
    if (near)
        diags_add(loading->diags, code, place, "unknown %s '%s', did you mean '%s'?", what, word,
                  near);
    else if (known)
        diags_add(loading->diags, code, place, "unknown %s '%s'; there are: %s", what, word, known);
    else
        diags_add(loading->diags, code, place, "unknown %s '%s'; there is none", what, word);
}

const char *loading_path(const Loading *loading, const char *path)
{
    g_autofree char *absolute = g_canonicalize_filename(path, loading->base);
    return arena_strdup(loading->arena, absolute);
}

/* The key to all tokens is no word of a configuration file. */
static bool read_state_key(Loading *loading, const Node *map, const char *text)
{
    const char *name = NULL;
    if (!text)
        return true;
    ReferenceKind kind = reference_parse(text, loading->arena, &name);
    if (kind == REFERENCE_NONE) {
        diags_add(loading->diags, "C035", node_get(map, "state_key")->place,
                  "'state_key' is a secret: refer to it as ${file:/path}, ${credential:name} or "
                  "${env:NAME}, do not write it here");
        return false;
    }
    loading->configuration->state_key =
        kind == REFERENCE_FILE
            ? arena_printf(loading->arena, "${file:%s}", loading_path(loading, name))
            : text;
    return true;
}

static bool read_hub(Loading *loading, const Node *root)
{
    static const Node nothing = {.kind = NODE_MAP};
    const Node *map = node_get(root, "hub");
    Places places = {0};
    if (!tree_read(map && !node_is_null(map) ? map : &nothing, hub_keys, G_N_ELEMENTS(hub_keys),
                   loading->arena, loading->diags, &places))
        return false;
    Configuration *configuration = loading->configuration;
    configuration->store_path = loading_path(loading, places.store);
    configuration->run_dir = loading_path(loading, places.run_dir);
    configuration->publish = places.publish;
    configuration->plugin_dir = places.plugins ? loading_path(loading, places.plugins) : NULL;
    if (places.signing_key)
        configuration->signing_key = loading_path(loading, places.signing_key);
    bool absolute = g_path_is_absolute(places.templates);
    configuration->templates_dir =
        absolute ? places.templates
                 : arena_printf(loading->arena, "%s/%s", loading->dir, places.templates);
    return read_state_key(loading, map, places.state_key);
}

static bool check_root(const Loading *loading, const Node *root)
{
    const Node *ignored;
    return tree_read(root, root_keys, G_N_ELEMENTS(root_keys), loading->arena, loading->diags,
                     &ignored);
}

/* The tree and the templates: the same bytes wherever the folder lies. In the order of the files,
 * not sorted: the first step of a graph is the one that is written first. */
static void keep_canonical(const Loading *loading, const Node *root)
{
    Configuration *configuration = loading->configuration;
    g_autoptr(json_t) templates = json_object();
    const char *const *names = templates_names(configuration->templates);
    for (size_t i = 0; names[i]; i++)
        json_object_set_new(templates, names[i],
                            json_string(templates_hash(configuration->templates, names[i])));
    g_autoptr(json_t) whole = json_object();
    json_object_set_new(whole, "configuration", node_to_json(root));
    json_object_set(whole, "templates", templates);
    char *text = json_dumps(whole, JSON_COMPACT);
    configuration->canonical = arena_strdup(loading->arena, text);
    free(text);
    Hash hash = hash_of(configuration->canonical, strlen(configuration->canonical));
    hash_hex(&hash, configuration->hash);
}

static const Node *kept_root(const Loading *loading, const char *canonical)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) whole = json_parse(canonical, strlen(canonical), TREE_MAX_BYTES, &error);
    const json_t *root = json_object_get(whole, "configuration");
    if (root)
        return node_from_json(root, "kept configuration", loading->arena);
    diags_add(loading->diags, "C064", (DiagPlace){"kept configuration", 0, 0},
              "it cannot be read: %s", error ? error->message : "it holds no configuration");
    return NULL;
}

/* root NULL: it could not be read, and that was said. */
static bool load(Loading *loading, Whole *whole, const Node *root, const StoredPolicy *older,
                 size_t n_older, uint64_t epoch)
{
    if (!root)
        return false;
    Configuration *configuration = loading->configuration;
    bool good = check_root(loading, root);
    bool places = read_hub(loading, root);
    bool notices = notices_load(loading, node_get(root, "notices"));
    bool instances = instances_load(loading, node_get(root, "instances"));
    bool costs = costs_load(loading, node_get(root, "costs"));
    bool http = http_load(loading, node_get(root, "http"));
    bool rules = rulebook_load(root, older, n_older, epoch, loading->arena, loading->diags,
                               &configuration->book);
    if (places)
        whole->templates = templates_load(configuration->templates_dir, loading->diags);
    configuration->templates = whole->templates;
    if (notices && whole->templates)
        templates_check_sms(whole->templates, configuration->letterhead->sms_segments,
                            loading->diags);
    if (rules)
        rules = configuration_check(loading);
    good = good && places && notices && instances && costs && http && rules && whole->templates;
    if (good)
        keep_canonical(loading, root);
    return good;
}

/* kept NULL: the files of dir. */
static Configuration *load_whole(const char *kept, const char *dir, const Manifests *manifests,
                                 const StoredPolicy *older, size_t n_older, uint64_t epoch,
                                 Diags *diags)
{
    Whole *whole = g_new0(Whole, 1);
    whole->arena = arena_new();
    whole->jsons = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    g_autofree char *base = g_canonicalize_filename(dir, NULL);
    Loading loading = {
        dir, base, manifests, whole->arena, diags, whole->jsons, &whole->configuration};
    const Node *root = kept ? kept_root(&loading, kept) : tree_parse_dir(dir, whole->arena, diags);
    if (load(&loading, whole, root, older, n_older, epoch))
        return &whole->configuration;
    configuration_free(&whole->configuration);
    return NULL;
}

Configuration *configuration_load(const char *dir, const Manifests *manifests,
                                  const StoredPolicy *older, size_t n_older, uint64_t epoch,
                                  Diags *diags)
{
    return load_whole(NULL, dir, manifests, older, n_older, epoch, diags);
}

Configuration *configuration_load_kept(const char *canonical, const char *dir,
                                       const Manifests *manifests, const StoredPolicy *older,
                                       size_t n_older, uint64_t epoch, Diags *diags)
{
    return load_whole(canonical, dir, manifests, older, n_older, epoch, diags);
}

void configuration_free(Configuration *configuration)
{
    if (!configuration)
        return;
    Whole *whole = (Whole *)configuration; /* its first member */
    templates_free(whole->templates);
    g_ptr_array_unref(whole->jsons);
    arena_free(whole->arena);
    g_free(whole);
}
