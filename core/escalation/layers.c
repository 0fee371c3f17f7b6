/* Settings that differ by segment, property, lease or account, looked up from the most specific (§2). What holds for an
 * account is made anew for each decision out of at most four layers; where none is meant for it, nothing is copied. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "escalation/rulebook_load.h"

const char *const layer_words[] = {"segment", "property", "lease", "account", NULL};

static int compare_name(const void *name, const void *layer)
{
    return strcmp(name, ((const Layer *)layer)->name);
}

static const Layer *layer_named(const Rulebook *book, LayerKind kind, const char *name)
{
    const LayerSet *set = &book->layers[kind];
    if (!name || set->n == 0)
        return NULL;
    return bsearch(name, set->rows, set->n, sizeof *set->rows, compare_name);
}

static const Layer *layer_of(const Rulebook *book, const Account *account, LayerKind kind)
{
    switch (kind) {
    case LAYER_SEGMENT:
        return layer_named(book, kind, account->segment ? account->segment : "standard");
    case LAYER_PROPERTY:
        return layer_named(book, kind, account->property);
    case LAYER_LEASE:
        return layer_named(book, kind, account->lease);
    case LAYER_ACCOUNT: {
        const Layer *own = layer_named(book, kind, account->id);
        return own ? own : layer_named(book, kind, account->external_id);
    }
    case N_LAYERS:
        break;
    }
    return NULL;
}

AccountLayers account_layers(const Rulebook *book, const Account *account)
{
    AccountLayers layers = {{NULL}};
    for (int kind = 0; book->has_layers && kind < N_LAYERS; kind++)
        layers.of[kind] = layer_of(book, account, (LayerKind)kind);
    return layers;
}

const Settings *layers_settings(const AccountLayers *layers, const Rulebook *book,
                                const Policy *policy, Arena *arena)
{
    const Settings *base = policy->settings ? policy->settings : &book->settings;
    Settings *own = NULL;
    for (int kind = 0; kind < N_LAYERS; kind++) {
        const Layer *layer = layers->of[kind];
        if (!layer || !layer->written)
            continue;
        if (!own)
            own = arena_dup(arena, base, sizeof *base);
        settings_lay_over(layer->written, &layer->values, arena, own);
    }
    return own ? own : base;
}

const Settings *account_settings(const Rulebook *book, const Account *account, const Policy *policy,
                                 Arena *arena)
{
    AccountLayers layers = account_layers(book, account);
    return layers_settings(&layers, book, policy, arena);
}

const Calendar *layers_calendar(const AccountLayers *layers, const Rulebook *book)
{
    for (int kind = N_LAYERS - 1; kind >= 0; kind--)
        if (layers->of[kind] && layers->of[kind]->calendar)
            return layers->of[kind]->calendar;
    return &book->calendar;
}

const Calendar *account_calendar(const Rulebook *book, const Account *account)
{
    AccountLayers layers = account_layers(book, account);
    return layers_calendar(&layers, book);
}

/* The layer that names the account's policy; NULL: the account itself, or nobody. */
static const Layer *layer_of_policy(const AccountLayers *layers, const Account *account)
{
    const Layer *own = layers->of[LAYER_ACCOUNT];
    const Layer *named = own && own->policy ? own : NULL;
    for (int kind = LAYER_LEASE; !named && !account->policy && kind >= LAYER_PROPERTY; kind--) {
        const Layer *layer = layers->of[kind];
        named = layer && layer->policy ? layer : NULL;
    }
    return named;
}

static const char *policy_by_segment(const Rulebook *book, const Account *account)
{
    const char *segment = account->segment ? account->segment : "standard";
    const char *name = NULL;
    for (size_t i = 0; i < book->n_by_segment; i++)
        if (text_same(book->by_segment[i].segment, segment))
            name = book->by_segment[i].policy;
    return name;
}

const Policy *layers_policy(const AccountLayers *layers, const Rulebook *book,
                            const Account *account)
{
    const Layer *named = layer_of_policy(layers, account);
    const char *own = named ? named->policy : account->policy;
    const char *name = own ? own : book->default_policy;
    if (text_same(name, "by_segment"))
        name = policy_by_segment(book, account);
    const Policy *policy = name ? rulebook_policy(book, name, NULL) : NULL;
    g_assert(policy || book->n_policies > 0);
    return policy ? policy : book->policies[0];
}

const Policy *segment_policy(const Account *account, const Rulebook *book)
{
    AccountLayers layers = account_layers(book, account);
    return layers_policy(&layers, book, account);
}

/* ---- where it comes from --------------------------------------------------------------------- */

static const char *value_text(const Node *node, Arena *arena)
{
    if (node->kind == NODE_SCALAR)
        return node_is_null(node) ? "none" : arena_strdup(arena, node->text);
    g_autoptr(json_t) json = node_to_json(node);
    g_autofree char *text = json_canonical(json);
    return arena_strdup(arena, text);
}

typedef struct {
    GArray *rows;
    Arena *arena;
} Origins;

/* A value that a more specific layer has named stands for itself. */
static void note(const Origins *origins, const char *setting, const char *value, const char *origin)
{
    for (guint i = 0; i < origins->rows->len; i++)
        if (strcmp(g_array_index(origins->rows, SettingOrigin, i).setting, setting) == 0)
            return;
    SettingOrigin row = {arena_strdup(origins->arena, setting), value, origin};
    g_array_append_val(origins->rows, row);
}

static void note_map(const Origins *origins, const Node *written, const char *origin)
{
    for (const Node *entry = written ? written->first : NULL; entry; entry = entry->next)
        note(origins, entry->key, value_text(entry, origins->arena), origin);
}

static void note_layer(const Origins *origins, LayerKind kind, const Layer *layer,
                       bool names_policy)
{
    const char *file = layer->place.file ? layer->place.file : "?";
    const char *origin = arena_printf(origins->arena, "%s %s, %s:%d", layer_words[kind],
                                      layer->name, file, layer->place.line);
    if (names_policy)
        note(origins, "policy", layer->policy, origin);
    if (layer->calendar)
        note(origins, "calendar", layer->calendar_name, origin);
    note_map(origins, layer->written, origin);
}

static void note_policy(const Origins *origins, const Policy *policy)
{
    g_autoptr(json_t) source =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    const json_t *settings = json_object_get(source, "settings");
    if (!json_is_object(settings))
        return;
    const char *origin = arena_printf(origins->arena, "policy %s", policy->name);
    note_map(origins, node_from_json(settings, origin, origins->arena), origin);
}

const SettingOrigin *account_origins(const Rulebook *book, const Account *account,
                                     const Policy *policy, Arena *arena, size_t *ret_n)
{
    Origins origins = {g_array_new(FALSE, TRUE, sizeof(SettingOrigin)), arena};
    AccountLayers layers = account_layers(book, account);
    const Layer *names_policy = layer_of_policy(&layers, account);
    for (int kind = N_LAYERS - 1; kind >= 0; kind--) {
        const Layer *layer = layers.of[kind];
        if (layer)
            note_layer(&origins, (LayerKind)kind, layer, layer == names_policy);
    }
    note_policy(&origins, policy);
    *ret_n = origins.rows->len;
    const SettingOrigin *rows =
        arena_dup(arena, origins.rows->data, origins.rows->len * sizeof(SettingOrigin));
    g_array_unref(origins.rows);
    return rows;
}
