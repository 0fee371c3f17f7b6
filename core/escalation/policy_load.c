/* Four ways to write a policy, one graph of steps and moves (docs/adr/0002-one-graph.md). */
#include "escalation/policy_load.h"

#include <string.h>

#include "base/text.h"

static bool read_mapping(const Loader *loader, const Node *node, Policy *policy)
{
    if (node->kind != NODE_MAP)
        return wrong_shape(loader, node, "a map of old steps to new ones");
    StepMapping *mappings = arena_new0(loader->arena, StepMapping, node->n);
    bool good = true;
    size_t n = 0, index;
    for (const Node *entry = node->first; entry; entry = entry->next) {
        if (entry->kind != NODE_SCALAR) {
            good = wrong_shape(loader, entry, "the name of a step");
            continue;
        }
        good = find_step(loader, policy, entry->text, entry->place, &index) && good;
        mappings[n++] = (StepMapping){arena_strdup(loader->arena, entry->key),
                                      arena_strdup(loader->arena, entry->text)};
    }
    policy->mappings = mappings;
    policy->n_mappings = n;
    return good;
}

/* The mode is no part of a version: an account on an old one goes live with the newest. Where a graph begins is: the order
 * of its steps, which says so where nothing else does, is lost in JSON. */
static void keep_source(const Loader *loader, const Node *map, Policy *policy)
{
    g_autoptr(json_t) json = node_to_json(map);
    json_object_del(json, "mode");
    json_object_del(json, "source");
    if (policy->form == POLICY_GRAPH)
        json_object_set_new(json, "start", json_string(policy->steps[0].name));
    g_autofree char *canonical = json_canonical(json);
    policy->source_json = arena_strdup(loader->arena, canonical);
    Hash hash = hash_of(canonical, strlen(canonical));
    hash_hex(&hash, policy->hash);
}

static bool read_own_settings(const Loader *loader, const Node *map, Policy *policy)
{
    Settings *settings = arena_dup(loader->arena, &loader->book->settings, sizeof *settings);
    policy->settings = settings;
    const Node *own = node_get(map, "settings");
    return !own || node_is_null(own) || settings_read(loader, own, settings);
}

static bool compile_form(const Loader *loader, const Node *map, Policy *policy)
{
    const Node *steps = node_get(map, "steps");
    if (node_get(map, "stages"))
        return compile_ladder(loader, map, policy);
    if (node_get(map, "scan_over_days"))
        return compile_scan(loader, map, policy);
    if (node_get(map, "moves") || (steps && steps->kind == NODE_MAP))
        return compile_graph(loader, map, policy);
    if (steps)
        return compile_module(loader, map, policy);
    diags_add(loader->diags, "C034", map->place,
              "policy '%s' has none of 'stages', 'scan_over_days', 'steps' and 'extends'",
              policy->name);
    return false;
}

bool policy_compile(const Loader *loader, const char *name, const Node *map, int64_t version,
                    Policy *ret_policy)
{
    static const Key mode_key = {.name = "mode", .type = KEY_CHOICE, .choices = mode_names};
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map");
    Policy policy = {.name = arena_strdup(loader->arena, name),
                     .version = version,
                     .automated_notices = true,
                     .auto_suspend = true,
                     .place = map->key_place};
    const Node *whole = policy_expand(loader, name, map);
    if (!whole || !read_own_settings(loader, whole, &policy) ||
        !compile_form(loader, whole, &policy))
        return false;
    const Node *mode = node_get(whole, "mode"), *mapping = node_get(whole, "mapping"),
               *enter_when = node_get(whole, "enter_when");
    if (enter_when && !node_is_null(enter_when)) {
        policy.enter_when = condition_read(loader, enter_when, &policy.enter_when_text);
        if (!policy.enter_when)
            return false;
    }
    if (mode && !tree_read_value(mode, &mode_key, loader->arena, loader->diags, &policy.mode))
        return false;
    if (mapping && !node_is_null(mapping) && !read_mapping(loader, mapping, &policy))
        return false;
    keep_source(loader, whole, &policy);
    *ret_policy = policy;
    return true;
}

bool policy_load(const char *name, const Node *node, const Rulebook *book, int64_t version,
                 Arena *arena, Diags *diags, Policy *ret_policy)
{
    Loader loader = {arena, diags, book, NULL};
    return policy_compile(&loader, name, node, version, ret_policy);
}

const Node *policy_changed(const Policy *policy, const Node *changes, Arena *arena, Diags *diags)
{
    Loader loader = {arena, diags, NULL, NULL};
    g_autoptr(json_t) json =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    json_object_set_new(json, "mode", json_string(mode_names[policy->mode]));
    const Node *source =
        node_from_json(json, arena_printf(arena, "policy %s", policy->name), arena);
    return policy_with_changes(&loader, source, changes);
}

/* ---- lookups ---- */

const Step *policy_step(const Policy *policy, const char *name)
{
    for (size_t i = 0; name && i < policy->n_steps; i++)
        if (text_same(policy->steps[i].name, name))
            return &policy->steps[i];
    return NULL;
}

const char *policy_map_step(const Policy *policy, const char *step)
{
    if (policy_step(policy, step))
        return step;
    for (size_t i = 0; i < policy->n_mappings; i++)
        if (strcmp(policy->mappings[i].from, step) == 0)
            return policy->mappings[i].to;
    return NULL;
}

const char *const *policy_unmapped_steps(const Policy *older, const Policy *newer, Arena *arena)
{
    const char **steps = arena_new0(arena, const char *, older->n_steps + 1);
    size_t n = 0;
    for (size_t i = 0; i < older->n_steps; i++)
        if (!policy_map_step(newer, older->steps[i].name))
            steps[n++] = older->steps[i].name;
    return (const char *const *)steps;
}
