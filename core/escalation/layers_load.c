/* The sections properties, leases and accounts, and the settings of segments. */
#include "escalation/rulebook_load.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *policy, *calendar;
    const Node *settings;
} LayerSource;

const Key layer_keys[] = {
    {.name = "policy",
     .type = KEY_NAME,
     .offset = offsetof(LayerSource, policy),
     .doc = "Policy of accounts that no ledger and nothing more specific names one for."},
    {.name = "calendar",
     .type = KEY_TEXT,
     .offset = offsetof(LayerSource, calendar),
     .doc = "Calendar of its business days and closed days, one of the section calendars."},
    {.name = "settings",
     .type = KEY_NODE,
     .offset = offsetof(LayerSource, settings),
     .doc = "Settings that differ here; the most specific wins, the law caps every one."},
};
const size_t n_layer_keys = G_N_ELEMENTS(layer_keys);

static bool wrong_kind(const Loader *loader, const Node *node, const char *what)
{
    diags_add(loader->diags, "C030", node->place, "'%s' must be %s, not %s", node->key, what,
              node_kind_name(node->kind));
    return false;
}

/* Of the whole hub, of the policy's steps, or of how the others are read: they cannot differ. */
static bool may_differ(const Loader *loader, const Node *settings)
{
    static const char *const fixed[] = {"currency", "max_clock_jump", "first_step", NULL};
    bool good = true;
    for (const Node *entry = settings->first; entry; entry = entry->next)
        if (g_strv_contains(fixed, entry->key)) {
            diags_add(loader->diags, "C069", entry->key_place,
                      "'%s' cannot differ here; write it in the section settings%s", entry->key,
                      strcmp(entry->key, "first_step") == 0 ? " or in a policy" : "");
            good = false;
        }
    return good;
}

static bool read_own(const Loader *loader, const Node *settings, Layer *layer)
{
    if (!settings || node_is_null(settings))
        return true;
    if (settings->kind != NODE_MAP)
        return wrong_kind(loader, settings, "a map of settings");
    layer->values = loader->book->settings;
    if (!may_differ(loader, settings) || !settings_read(loader, settings, &layer->values))
        return false;
    layer->written = settings;
    return true;
}

static bool find_policy(const Loader *loader, const Node *name)
{
    const Rulebook *book = loader->book;
    if (rulebook_policy(book, name->text, NULL))
        return true;
    const char **names = arena_new0(loader->arena, const char *, book->n_policies + 1);
    for (size_t i = 0; i < book->n_policies; i++)
        names[i] = book->policies[i]->name;
    loader_unknown(loader, "C058", name->place, "policy", name->text, (const char *const *)names);
    return false;
}

static bool find_calendar(const Loader *loader, const Node *name, Layer *layer)
{
    const RuleSet *rules = &loader->book->rules;
    const char **names = arena_new0(loader->arena, const char *, rules->n_calendars + 2);
    layer->calendar_name = arena_strdup(loader->arena, name->text);
    names[0] = "default";
    if (strcmp(name->text, "default") == 0)
        layer->calendar = arena_dup(loader->arena, &loader->book->calendar, sizeof(Calendar));
    for (size_t i = 0; i < rules->n_calendars; i++) {
        names[i + 1] = rules->calendars[i].jurisdiction;
        if (strcmp(names[i + 1], name->text) == 0)
            layer->calendar = &rules->calendars[i].calendar;
    }
    if (!layer->calendar)
        loader_unknown(loader, "C065", name->place, "calendar", name->text,
                       (const char *const *)names);
    return layer->calendar != NULL;
}

static bool read_layer(const Loader *loader, const Node *node, Layer *layer)
{
    LayerSource source = {0};
    *layer = (Layer){.name = arena_strdup(loader->arena, node->key), .place = node->key_place};
    if (node->kind != NODE_MAP)
        return wrong_kind(loader, node, "a map");
    if (!tree_read(node, layer_keys, n_layer_keys, loader->arena, loader->diags, &source))
        return false;
    layer->policy = source.policy;
    bool good = !source.policy || find_policy(loader, node_get(node, "policy"));
    if (source.calendar)
        good = find_calendar(loader, node_get(node, "calendar"), layer) && good;
    return read_own(loader, source.settings, layer) && good;
}

static bool read_segment(const Loader *loader, const Node *node, Layer *layer)
{
    *layer = (Layer){.name = arena_strdup(loader->arena, node->key), .place = node->key_place};
    return read_own(loader, node, layer);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Layer *)a)->name, ((const Layer *)b)->name);
}

static bool read_set(const Loader *loader, const Node *map, Rulebook *book, LayerKind kind)
{
    if (!map || node_is_null(map))
        return true;
    if (map->kind != NODE_MAP)
        return wrong_kind(loader, map,
                          kind == LAYER_SEGMENT ? "a map by segment" : "a map by name");
    Layer *rows = arena_new0(loader->arena, Layer, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry; entry = entry->next)
        good =
            (kind == LAYER_SEGMENT ? read_segment : read_layer)(loader, entry, &rows[n++]) && good;
    if (n > 1)
        qsort(rows, n, sizeof *rows, by_name);
    book->layers[kind] = (LayerSet){rows, n};
    book->has_layers = book->has_layers || n > 0;
    return good;
}

bool layers_read(const Loader *loader, const Node *root, const Node *of_segments, Rulebook *book)
{
    static const char *const sections[] = {
        [LAYER_PROPERTY] = "properties", [LAYER_LEASE] = "leases", [LAYER_ACCOUNT] = "accounts"};
    bool good = read_set(loader, of_segments, book, LAYER_SEGMENT);
    for (LayerKind kind = LAYER_PROPERTY; kind < N_LAYERS; kind++)
        good = read_set(loader, node_get(root, sections[kind]), book, kind) && good;
    return good;
}
