/* Policies built on each other, as operations on the tree: what comes out is one policy written in
 * full, which is what is hashed, kept and loaded again years later, whatever its base has become by
 * then. */
#include "escalation/rulebook_load.h"

#include <inttypes.h>
#include <string.h>

/* ---- new nodes ---- */

static Node *copy_of(const Loader *loader, const Node *node)
{
    Node *copy = arena_dup(loader->arena, node, sizeof *node);
    copy->next = NULL;
    return copy;
}

static void append(Node *parent, Node **last, Node *child)
{
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
    parent->n++;
}

/* A copy whose children may be put and removed; what is below them is shared. */
static Node *shallow(const Loader *loader, const Node *node)
{
    Node *copy = copy_of(loader, node), *last = NULL;
    copy->first = NULL;
    copy->n = 0;
    for (const Node *child = node->first; child; child = child->next)
        append(copy, &last, copy_of(loader, child));
    return copy;
}

static void put(const Loader *loader, Node *map, const char *key, DiagPlace key_place,
                const Node *value)
{
    Node *child = copy_of(loader, value);
    child->key = key;
    child->key_place = key_place;
    const Node **link = &map->first;
    while (*link && strcmp((*link)->key, key) != 0)
        link = (const Node **)&((Node *)*link)->next;
    child->next = *link ? (*link)->next : NULL;
    map->n += *link ? 0 : 1;
    *link = child;
}

static void put_integer(const Loader *loader, Node *map, const char *key, DiagPlace place,
                        int64_t value)
{
    Node scalar = {.kind = NODE_SCALAR, .plain = true, .text_offset = -1, .place = place};
    scalar.text = arena_printf(loader->arena, "%" PRId64, value);
    put(loader, map, key, place, &scalar);
}

static void drop(Node *map, const Node *child)
{
    const Node **link = &map->first;
    while (*link && *link != child)
        link = (const Node **)&((Node *)*link)->next;
    if (!*link)
        return;
    *link = child->next;
    map->n--;
}

/* ---- stages by name ---- */

/* Stages of a map that was copied: each entry may be changed. */
static Node *own_stages(const Loader *loader, Node *map)
{
    const Node *stages = node_get(map, "stages");
    if (!stages || stages->kind != NODE_LIST)
        return NULL;
    Node *list = copy_of(loader, stages), *last = NULL;
    list->first = NULL;
    list->n = 0;
    for (const Node *stage = stages->first; stage; stage = stage->next)
        append(list, &last,
               stage->kind == NODE_MAP ? shallow(loader, stage) : copy_of(loader, stage));
    put(loader, map, list->key, list->key_place, list);
    Node *kept = (Node *)node_get(map, "stages");
    return kept;
}

static const char *stage_name(const Node *stage)
{
    const Node *name = node_get(stage, "name");
    return name && name->kind == NODE_SCALAR ? name->text : "";
}

static Node *find_stage(Node *stages, const char *name)
{
    for (const Node *stage = stages ? stages->first : NULL; stage; stage = stage->next)
        if (strcmp(stage_name(stage), name) == 0)
            return (Node *)stage;
    return NULL;
}

static Node *named_stage(const Loader *loader, Node *stages, const Node *entry)
{
    Node *found = find_stage(stages, entry->key);
    if (found)
        return found;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Node *stage = stages ? stages->first : NULL; stage; stage = stage->next)
        g_ptr_array_add(names, (gpointer)stage_name(stage));
    g_ptr_array_add(names, NULL);
    loader_unknown(loader, "C054", entry->key_place, "stage", entry->key,
                   (const char *const *)names->pdata);
    return NULL;
}

/* ---- the four kinds of change ---- */

static bool is_map(const Loader *loader, const Node *node)
{
    if (node->kind == NODE_MAP)
        return true;
    diags_add(loader->diags, "C030", node->place, "'%s' must be a map, not %s", node->key,
              node_kind_name(node->kind));
    return false;
}

static bool apply_ranges(const Loader *loader, Node *stages, const Node *ranges)
{
    bool good = is_map(loader, ranges);
    for (const Node *entry = good ? ranges->first : NULL; entry; entry = entry->next) {
        Node *stage = named_stage(loader, stages, entry);
        if (!stage) {
            good = false;
        } else if (entry->kind != NODE_LIST || entry->n != 2) {
            diags_add(loader->diags, "C030", entry->place,
                      "the range of '%s' must be a list of two ages such as [1, 3] or [30, null]",
                      entry->key);
            good = false;
        } else {
            put(loader, stage, "from", entry->first->place, entry->first);
            put(loader, stage, "to", entry->first->next->place, entry->first->next);
        }
    }
    return good;
}

static bool apply_waits(const Loader *loader, Node *stages, const Node *waits)
{
    bool good = is_map(loader, waits);
    for (const Node *entry = good ? waits->first : NULL; entry; entry = entry->next) {
        Node *stage = named_stage(loader, stages, entry);
        if (stage)
            put(loader, stage, "wait", entry->key_place, entry);
        good = stage && good;
    }
    return good;
}

static bool shift(const Loader *loader, Node *stage, const char *key, int64_t days)
{
    static const Key kind = {.name = "from", .type = KEY_INT, .least = 0, .most = 36500};
    const Node *age = node_get(stage, key);
    int64_t value;
    if (!age || node_is_null(age))
        return true;
    if (!tree_read_value(age, &kind, loader->arena, loader->diags, &value))
        return false;
    put_integer(loader, stage, key, age->place, value + days);
    return true;
}

/* A stage that follows the notice before it moves with that by itself. */
static bool follows_notice(const Node *stage)
{
    const Node *count = node_get(stage, "count_from");
    return count && count->kind == NODE_SCALAR && strcmp(count->text, "previous_notice") == 0;
}

static bool apply_offset(const Loader *loader, Node *stages, const Node *offset)
{
    static const Key kind = {.name = "offset_days", .type = KEY_INT, .least = -3650, .most = 3650};
    int64_t days;
    if (!tree_read_value(offset, &kind, loader->arena, loader->diags, &days))
        return false;
    bool good = true;
    for (const Node *stage = stages ? stages->first : NULL; stage; stage = stage->next)
        good = follows_notice(stage) || (shift(loader, (Node *)stage, "from", days) &&
                                         shift(loader, (Node *)stage, "to", days) && good);
    return good;
}

static bool is_removed(const Node *change)
{
    return change->kind == NODE_SCALAR && strcmp(change->text, "removed") == 0;
}

static bool apply_change(const Loader *loader, Node *map, Node *stages, const Node *change)
{
    Node *stage = find_stage(stages, change->key);
    if (stage && is_removed(change)) {
        drop(stages, stage);
        return true;
    }
    if (stage && change->kind == NODE_MAP) {
        for (const Node *entry = change->first; entry; entry = entry->next)
            put(loader, stage, entry->key, entry->key_place, entry);
        return true;
    }
    if (stage) {
        diags_add(loader->diags, "C030", change->place,
                  "a change of stage '%s' is a map of its keys, or the word removed", change->key);
        return false;
    }
    if (is_removed(change) || change->kind == NODE_MAP) {
        bool is_key = strcmp(change->key, "settings") == 0 || strcmp(change->key, "mapping") == 0 ||
                      node_get(map, change->key);
        if (!is_key)
            return named_stage(loader, stages, change) != NULL;
    }
    put(loader, map, change->key, change->key_place, change);
    return true;
}

static bool apply_changes(const Loader *loader, Node *map, Node *stages, const Node *changes)
{
    bool good = is_map(loader, changes);
    for (const Node *change = good ? changes->first : NULL; change; change = change->next)
        good = apply_change(loader, map, stages, change) && good;
    return good;
}

const Node *policy_with_changes(const Loader *loader, const Node *map, const Node *changes)
{
    Node *copy = shallow(loader, map);
    return apply_changes(loader, copy, own_stages(loader, copy), changes) ? copy : NULL;
}

/* ---- extends ---- */

/* Names on the way down, to see a circle. */
typedef struct Chain Chain;
struct Chain {
    const char *name;
    const Chain *above;
};

static const Node *expand(const Loader *loader, const Chain *chain, const Node *map);

static const Node *published_source(const Loader *loader, const char *name)
{
    const Policy *policy = rulebook_policy(loader->book, name, NULL);
    if (!policy)
        return NULL;
    g_autoptr(json_t) json =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    return json
               ? node_from_json(json, arena_printf(loader->arena, "policy %s", name), loader->arena)
               : NULL;
}

static bool unknown_base(const Loader *loader, const Node *extends)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Node *entry = loader->siblings ? loader->siblings->first : NULL; entry;
         entry = entry->next)
        g_ptr_array_add(names, (gpointer)entry->key);
    for (size_t i = 0; i < loader->book->n_policies; i++)
        g_ptr_array_add(names, (gpointer)loader->book->policies[i]->name);
    g_ptr_array_add(names, NULL);
    loader_unknown(loader, "C058", extends->place, "policy", extends->text,
                   (const char *const *)names->pdata);
    return false;
}

static const Node *expanded_base(const Loader *loader, const Chain *chain, const Node *extends)
{
    if (extends->kind != NODE_SCALAR) {
        diags_add(loader->diags, "C030", extends->place,
                  "'extends' must be the name of a policy, not %s", node_kind_name(extends->kind));
        return NULL;
    }
    for (const Chain *link = chain; link; link = link->above) {
        if (strcmp(link->name, extends->text) == 0) {
            diags_add(loader->diags, "C060", extends->place,
                      "policy '%s' extends itself by way of '%s'", link->name, chain->name);
            return NULL;
        }
    }
    const Node *base = loader->siblings ? node_get(loader->siblings, extends->text) : NULL;
    if (!base)
        base = published_source(loader, extends->text);
    if (!base || base->kind != NODE_MAP) {
        unknown_base(loader, extends);
        return NULL;
    }
    Chain below = {extends->text, chain};
    return expand(loader, &below, base);
}

/* The base's keys with the policy's own laid over them. */
static Node *lay_over(const Loader *loader, const Node *base, const Node *map)
{
    Node *result = shallow(loader, base);
    result->place = map->place;
    result->key = map->key;
    result->key_place = map->key_place;
    const Node *mapping = node_get(result, "mapping"); /* of the base's versions, not of ours */
    if (mapping)
        drop(result, mapping);
    for (const Node *entry = map->first; entry; entry = entry->next)
        put(loader, result, entry->key, entry->key_place, entry);
    return result;
}

static const Node *expand(const Loader *loader, const Chain *chain, const Node *map)
{
    static const struct {
        const char *key;
        bool (*apply)(const Loader *loader, Node *stages, const Node *value);
    } operations[] = {
        {"ranges", apply_ranges}, {"waits", apply_waits}, {"offset_days", apply_offset}};
    const Node *extends = node_get(map, "extends");
    const Node *base = extends ? expanded_base(loader, chain, extends) : NULL;
    if (extends && !base)
        return NULL;
    Node *result = base ? lay_over(loader, base, map) : shallow(loader, map);
    if (extends)
        drop(result, node_get(result, "extends"));
    Node *stages = own_stages(loader, result);
    bool good = true;
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++) {
        const Node *value = node_get(result, operations[i].key);
        if (!value)
            continue;
        good = operations[i].apply(loader, stages, value) && good;
        drop(result, value);
    }
    const Node *changes = node_get(result, "changes");
    if (changes) {
        good = apply_changes(loader, result, stages, changes) && good;
        drop(result, node_get(result, "changes"));
    }
    return good ? result : NULL;
}

const Node *policy_expand(const Loader *loader, const char *name, const Node *map)
{
    Chain chain = {name, NULL};
    return expand(loader, &chain, map);
}
