/* Instances of plugins: their options against what the plugin declares. */
#include "hub/configuration_load.h"

#include "base/text.h"
#include "bus/bus.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *plugin;
    int isolate;
    int64_t poll_every_ms;
    const Node *options;
} Source;

static const char *const isolation_names[] = {"process", "thread", NULL};

const Key instance_keys[] = {
    {.name = "plugin",
     .type = KEY_NAME,
     .offset = offsetof(Source, plugin),
     .flags = KEY_REQUIRED,
     .doc = "The plugin: name of its folder, as `dunhub plugins` lists it."},
    {.name = "isolate",
     .type = KEY_CHOICE,
     .offset = offsetof(Source, isolate),
     .choices = isolation_names,
     .default_text = "process",
     .doc = "process: a host process of its own; thread: inside the hub, for tests."},
    {.name = "poll_every",
     .type = KEY_DURATION,
     .offset = offsetof(Source, poll_every_ms),
     .least = 1000,
     .most = 31 * INSTANT_DAY,
     .doc = "Time between two polls of its source: 30s, 5m, 1h; absent: what the plugin suggests."},
    {.name = "options",
     .type = KEY_NODE,
     .offset = offsetof(Source, options),
     .doc = "Options of the plugin; secrets only as ${file:…}, ${credential:…} or ${env:…}."},
};
const size_t n_instance_keys = G_N_ELEMENTS(instance_keys);

/* One declared option and the value that is given for it. */
typedef struct {
    const Loading *loading;
    const char *plugin, *name, *type, *allowed;
    bool secret;
    const Node *value;
} Given;

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static const char *const *split(const Loading *loading, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, "|", -1);
    guint n = g_strv_length(parts);
    const char **list = arena_new0(loading->arena, const char *, n + 1);
    for (guint i = 0; i < n; i++)
        list[i] = arena_strdup(loading->arena, parts[i]);
    return (const char *const *)list;
}

/* ---- values ---- */

static bool wrong(const Given *given, const char *what)
{
    const Node *value = given->value;
    if (value->kind == NODE_SCALAR)
        diags_add(given->loading->diags, "C072", value->place,
                  "'%s' of plugin '%s' must be %s, not '%s'", given->name, given->plugin, what,
                  value->text);
    else
        diags_add(given->loading->diags, "C072", value->place,
                  "'%s' of plugin '%s' must be %s, not %s", given->name, given->plugin, what,
                  node_kind_name(value->kind));
    return false;
}

static bool check_any(const Given *given)
{
    return given->value->kind == NODE_SCALAR || wrong(given, "a text");
}

static bool check_int(const Given *given)
{
    const Node *value = given->value;
    char *end = NULL;
    gint64 least = G_MININT64, most = G_MAXINT64, number;
    if (given->allowed && strstr(given->allowed, "..")) {
        least = g_ascii_strtoll(given->allowed, NULL, 10);
        most = g_ascii_strtoll(strstr(given->allowed, "..") + 2, NULL, 10);
    }
    bool good = value->kind == NODE_SCALAR && value->plain && value->text[0] != '\0';
    number = good ? g_ascii_strtoll(value->text, &end, 10) : 0;
    if (good && *end == '\0' && number >= least && number <= most)
        return true;
    g_autofree char *what =
        least == G_MININT64
            ? g_strdup("a whole number")
            : g_strdup_printf("a whole number between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
                              least, most);
    return wrong(given, what);
}

static bool check_bool(const Given *given)
{
    const Node *value = given->value;
    bool good = value->kind == NODE_SCALAR && value->plain &&
                (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0);
    return good || wrong(given, "true or false");
}

static bool check_choice(const Given *given)
{
    const char *const *choices = split(given->loading, given->allowed ? given->allowed : "");
    if (given->value->kind == NODE_SCALAR && g_strv_contains(choices, given->value->text))
        return true;
    g_autofree char *words = g_strjoinv(", ", (char **)choices);
    const char *near =
        given->value->kind == NODE_SCALAR ? diag_nearest(given->value->text, choices) : NULL;
    g_autofree char *what = near ? g_strdup_printf("one of %s (did you mean '%s'?)", words, near)
                                 : g_strdup_printf("one of %s", words);
    return wrong(given, what);
}

static bool check_map(const Given *given)
{
    if (given->value->kind != NODE_MAP)
        return wrong(given, "a map");
    bool good = true;
    const char *const *known = given->allowed ? split(given->loading, given->allowed) : NULL;
    for (const Node *entry = given->value->first; entry; entry = entry->next) {
        if (known && !g_strv_contains(known, entry->key)) {
            g_autofree char *what =
                g_strdup_printf("key in '%s' of plugin '%s':", given->name, given->plugin);
            loading_unknown(given->loading, "C071", entry->key_place, what, entry->key, known);
            good = false;
        }
        if (entry->kind != NODE_SCALAR) {
            Given inner = *given;
            inner.value = entry;
            good = wrong(&inner, "a map of single values");
        }
    }
    return good;
}

static bool check_list(const Given *given)
{
    if (given->value->kind != NODE_LIST)
        return wrong(given, "a list");
    for (const Node *item = given->value->first; item; item = item->next)
        if (item->kind != NODE_SCALAR)
            return wrong(given, "a list of single values");
    return true;
}

static bool check_url(const Given *given)
{
    const Node *value = given->value;
    bool good = value->kind == NODE_SCALAR && strstr(value->text, "://") &&
                strstr(value->text, "://") != value->text &&
                g_uri_is_valid(value->text, G_URI_FLAGS_NONE, NULL);
    return good || wrong(given, "a URL such as https://example.com/hook");
}

static const struct {
    const char *type;
    bool (*check)(const Given *given);
} type_checks[] = {{"text", check_any},      {"int", check_int}, {"bool", check_bool},
                   {"choice", check_choice}, {"map", check_map}, {"list", check_list},
                   {"path", check_any},      {"url", check_url}};

static bool is_reference(const Given *given, const Node *value)
{
    return value->kind == NODE_SCALAR &&
           reference_parse(value->text, given->loading->arena, NULL) != REFERENCE_NONE;
}

/* A secret list or map holds references only. */
static bool check_secret(const Given *given)
{
    bool good = given->value->kind == NODE_SCALAR ? is_reference(given, given->value) : true;
    const Node *place = given->value;
    for (const Node *item = given->value->first; item && good; item = item->next) {
        good = is_reference(given, item);
        place = item;
    }
    if (!good)
        diags_add(given->loading->diags, "C035", place->place,
                  "'%s' is a secret: refer to it as ${file:/path}, ${credential:name} or "
                  "${env:NAME}, do not write it here",
                  given->name);
    return good;
}

static bool check_value(const Given *given)
{
    if (is_reference(given, given->value) && strcmp(given->type, "list") != 0 &&
        strcmp(given->type, "map") != 0)
        return true;
    if (given->secret && !check_secret(given))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(type_checks); i++)
        if (g_strcmp0(type_checks[i].type, given->type) == 0)
            return type_checks[i].check(given);
    return true;
}

/* ---- all options of an instance ---- */

static const json_t *declared(const json_t *manifest, const char *name)
{
    size_t i;
    json_t *option;
    json_array_foreach(json_object_get(manifest, "options"), i, option)
    {
        if (g_strcmp0(text_of(option, "name"), name) == 0)
            return option;
    }
    return NULL;
}

static bool unknown_option(const Loading *loading, const Source *source, const json_t *manifest,
                           const Node *entry)
{
    const json_t *options = json_object_get(manifest, "options");
    const char **names = arena_new0(loading->arena, const char *, json_array_size(options) + 1);
    for (size_t i = 0; i < json_array_size(options); i++)
        names[i] = text_of(json_array_get(options, i), "name");
    const char *near = diag_nearest(entry->key, (const char *const *)names);
    g_autofree char *known = g_strjoinv(", ", (char **)names);
    if (near)
        diags_add(loading->diags, "C071", entry->key_place,
                  "plugin '%s' has no option '%s', did you mean '%s'?", source->plugin, entry->key,
                  near);
    else
        diags_add(loading->diags, "C071", entry->key_place,
                  "plugin '%s' has no option '%s'; it has: %s", source->plugin, entry->key, known);
    return false;
}

static bool check_options(const Loading *loading, const Source *source, const json_t *manifest,
                          DiagPlace place)
{
    bool good = true;
    const Node *given = source->options;
    for (const Node *entry = given ? given->first : NULL; entry; entry = entry->next) {
        const json_t *option = declared(manifest, entry->key);
        if (!option) {
            good = unknown_option(loading, source, manifest, entry);
            continue;
        }
        Given value = {loading,
                       source->plugin,
                       entry->key,
                       text_of(option, "type"),
                       text_of(option, "allowed"),
                       json_is_true(json_object_get(option, "secret")),
                       entry};
        good = check_value(&value) && good;
    }
    size_t i;
    json_t *option;
    json_array_foreach(json_object_get(manifest, "options"), i, option)
    {
        const char *name = text_of(option, "name");
        if (!json_is_true(json_object_get(option, "required")) || (given && node_get(given, name)))
            continue;
        diags_add(loading->diags, "C073", given ? given->place : place,
                  "plugin '%s' needs the option '%s'", source->plugin, name);
        good = false;
    }
    return good;
}

static const json_t *manifest_of(const Loading *loading, const Source *source, DiagPlace place,
                                 bool *ret_good)
{
    const json_t *manifest = manifests_get(loading->manifests, source->plugin);
    const char *problem = manifest ? text_of(manifest, "error") : NULL;
    *ret_good = manifest && !problem;
    if (problem) {
        diags_add(loading->diags, "C076", place, "plugin '%s' cannot be used: %s", source->plugin,
                  problem);
    } else if (!manifest) {
        size_t n = manifests_count(loading->manifests);
        const char **names = arena_new0(loading->arena, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
            names[i] = text_of(manifests_at(loading->manifests, i), "name");
        loading_unknown(loading, "C070", place, "plugin", source->plugin,
                        (const char *const *)names);
    }
    return *ret_good ? manifest : NULL;
}

/* ---- paths ---- */

/* ${file:secrets/token} and options of type path count from the folder of the configuration. */
static json_t *anchored(const Loading *loading, const json_t *value, bool is_path);

static json_t *anchored_inside(const Loading *loading, const json_t *value)
{
    json_t *result = json_is_array(value) ? json_array() : json_object(), *item;
    const char *key;
    size_t i;
    json_array_foreach(value, i, item)
    {
        json_array_append_new(result, anchored(loading, item, false));
    }
    json_object_foreach((json_t *)value, key, item)
    {
        json_object_set_new(result, key, anchored(loading, item, false));
    }
    return result;
}

static json_t *anchored(const Loading *loading, const json_t *value, bool is_path)
{
    const char *text = json_string_value(value), *name = NULL;
    if (json_is_array(value) || json_is_object(value))
        return anchored_inside(loading, value);
    if (!text)
        return json_incref((json_t *)value);
    ReferenceKind kind = reference_parse(text, loading->arena, &name);
    if (kind == REFERENCE_FILE)
        return json_sprintf("${file:%s}", loading_path(loading, name));
    return is_path && kind == REFERENCE_NONE ? json_string(loading_path(loading, text))
                                             : json_incref((json_t *)value);
}

static json_t *anchored_options(const Loading *loading, const json_t *manifest, const Node *options)
{
    json_t *result = json_object();
    const char *name;
    json_t *value;
    g_autoptr(json_t) written = options ? node_to_json(options) : json_object();
    json_object_foreach(written, name, value)
    {
        const json_t *option = manifest ? declared(manifest, name) : NULL;
        bool is_path = option && g_strcmp0(text_of(option, "type"), "path") == 0;
        json_object_set_new(result, name, anchored(loading, value, is_path));
    }
    return result;
}

/* ---- the section ---- */

static bool instance_load(Loading *loading, const Node *node, Instance *ret_instance)
{
    Source source = {0};
    if (!text_is_name(node->key, 64)) {
        diags_add(loading->diags, "C032", node->key_place,
                  "'%s' is no name for an instance: letters, digits, '_', '-' and '.'", node->key);
        return false;
    }
    *ret_instance = (Instance){
        .name = arena_strdup(loading->arena, node->key), .plugin = "", .place = node->key_place};
    if (!tree_read(node, instance_keys, n_instance_keys, loading->arena, loading->diags, &source))
        return false;
    if (source.options && source.options->kind != NODE_MAP) {
        diags_add(loading->diags, "C030", source.options->place, "'options' must be a map, not %s",
                  node_kind_name(source.options->kind));
        return false;
    }
    bool good = true;
    const json_t *manifest =
        loading->manifests ? manifest_of(loading, &source, node_get(node, "plugin")->place, &good)
                           : NULL;
    if (manifest)
        good = check_options(loading, &source, manifest, node->key_place);
    json_t *options = anchored_options(loading, manifest, source.options);
    g_ptr_array_add(loading->jsons, options);
    ret_instance->plugin = source.plugin;
    ret_instance->isolate = source.isolate;
    ret_instance->poll_every_ms = source.poll_every_ms;
    ret_instance->options = options;
    return good;
}

bool instances_load(Loading *loading, const Node *map)
{
    if (!map || node_is_null(map))
        return true;
    if (map->kind != NODE_MAP) {
        diags_add(loading->diags, "C030", map->place, "'instances' must be a map, not %s",
                  node_kind_name(map->kind));
        return false;
    }
    Instance *instances = arena_new0(loading->arena, Instance, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *node = map->first; node; node = node->next) {
        good = instance_load(loading, node, &instances[n]) && good;
        n += instances[n].name ? 1 : 0;
    }
    loading->configuration->instances = instances;
    loading->configuration->n_instances = n;
    return good;
}

const Instance *instance_named(const Configuration *configuration, const char *name)
{
    for (size_t i = 0; i < configuration->n_instances; i++)
        if (strcmp(configuration->instances[i].name, name) == 0)
            return &configuration->instances[i];
    return NULL;
}
