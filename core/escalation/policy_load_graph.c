/* The long form: a graph of steps and moves. */
#include "escalation/policy_load.h"

#include <string.h>

static bool read_graph_step(const Loader *loader, const Node *node, const Policy *policy,
                            Step *step)
{
    StepSource source = {
        .name = arena_strdup(loader->arena, node->key), .to = INT64_MAX, .severity = -1};
    *step = (Step){.name = source.name, .place = node->key_place};
    if (!node_is_null(node) &&
        !tree_read(node, step_keys, n_step_keys, loader->arena, loader->diags, &source))
        return false;
    return build_step(loader, &source, policy->settings, false, step);
}

/* The step where accounts begin stands first. */
static bool read_graph_steps(const Loader *loader, const Node *map, const GraphSource *source,
                             Policy *policy)
{
    if (source->steps->kind != NODE_MAP)
        return wrong_shape(loader, source->steps, "a map of steps");
    if (!step_count_is_good(loader, source->steps, source->steps->n))
        return false;
    Step *steps = arena_new0(loader->arena, Step, source->steps->n);
    const Node *start =
        source->start ? node_get(source->steps, source->start) : source->steps->first;
    policy->steps = steps;
    bool good = true;
    if (start)
        good = read_graph_step(loader, start, policy, &steps[policy->n_steps++]);
    for (const Node *entry = source->steps->first; entry; entry = entry->next)
        if (entry != start)
            good = read_graph_step(loader, entry, policy, &steps[policy->n_steps++]) && good;
    if (!start) {
        const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
        for (size_t i = 0; i < policy->n_steps; i++)
            names[i] = steps[i].name;
        loader_unknown(loader, "C054", node_get(map, "start")->place, "step", source->start,
                       (const char *const *)names);
        good = false;
    }
    return good;
}

static bool read_move(const Loader *loader, const Node *node, const Policy *policy, GArray *moves)
{
    MoveSource source = {.wait_days = -1};
    Move move = {.place = node->place};
    if (!tree_read(node, move_keys, n_move_keys, loader->arena, loader->diags, &source))
        return false;
    bool good = find_step(loader, policy, source.to, node_get(node, "to")->place, &move.to);
    if (source.when) {
        move.when = condition_read(loader, source.when, &move.when_text);
        good = move.when && good;
    }
    const Node *from = node_get(node, "from"), *item = from->kind == NODE_LIST ? from->first : from;
    for (size_t i = 0; source.from[i]; i++, item = item->next) {
        if (!find_step(loader, policy, source.from[i], item->place, &move.from)) {
            good = false;
            continue;
        }
        move.wait_days = source.wait_days >= 0 ? source.wait_days : policy->steps[move.from].wait;
        g_array_append_val(moves, move);
    }
    return good;
}

bool compile_graph(const Loader *loader, const Node *map, Policy *policy)
{
    GraphSource source = {0};
    policy->form = POLICY_GRAPH;
    if (!tree_read(map, graph_keys, n_graph_keys, loader->arena, loader->diags, &source))
        return false;
    bool good = policy_read_notices(loader, map, policy);
    good = read_graph_steps(loader, map, &source, policy) && good;
    g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(Move));
    if (source.moves && source.moves->kind != NODE_LIST)
        return wrong_shape(loader, source.moves, "a list of moves");
    for (const Node *move = source.moves ? source.moves->first : NULL; move; move = move->next)
        good = read_move(loader, move, policy, moves) && good;
    policy->moves = arena_dup(loader->arena, moves->data, moves->len * sizeof(Move));
    policy->n_moves = moves->len;
    return good && graph_check(loader, policy);
}
