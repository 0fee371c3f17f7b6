/* The short forms: ladder, scan and module. A ladder is a chain of moves, a scan a ladder without
 * waits, a module steps that people move. */
#include "escalation/policy_load.h"

#include <inttypes.h>
#include <string.h>

bool policy_read_notices(const Loader *loader, const Node *map, Policy *policy)
{
    const Node *notices = node_get(map, "notices");
    return !notices || node_is_null(notices) ||
           read_words(loader, notices, notice_names, "a notice", &policy->notices);
}

/* Stage after stage; the target's first age decides, the wait governs when late (§6.3). */
static void chain_moves(const Loader *loader, Policy *policy)
{
    size_t n = policy->n_steps - 1;
    Move *moves = arena_new0(loader->arena, Move, n);
    for (size_t i = 0; i < n; i++)
        moves[i] = (Move){.from = i,
                          .to = i + 1,
                          .wait_days = policy->steps[i].wait,
                          .place = policy->steps[i + 1].place};
    policy->moves = moves;
    policy->n_moves = n;
    ((Step *)policy->steps)[n].final = true;
}

/* Where `auto_suspend: false`, what a policy may not do is not in its steps. */
static size_t without_suspending(ActionRule *rules, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const Verb *verb = verb_by_name(rules[i].verb);
        if (!verb || !(verb->flags & VERB_SUSPENDS))
            rules[kept++] = rules[i];
    }
    return kept;
}

static bool executes_by(const Loader *loader, const Node *map, const LadderSource *source,
                        Policy *policy, Step *steps)
{
    if (!source->executes_by)
        return true;
    policy->became = action_named(loader, source->executes_by, node_get(map, "executes_by")->place);
    policy->needs_manager_approval = true;
    for (size_t i = 0; i < policy->n_steps; i++) {
        if (!steps[i].executes_by)
            steps[i].executes_by = source->executes_by;
        if (steps[i].collections || steps[i].legal)
            steps[i].needs |= NEED_MANAGER_APPROVAL;
    }
    return policy->became != NULL;
}

static bool read_stage(const Loader *loader, const Node *node, const LadderSource *ladder,
                       const Policy *policy, Step *steps, size_t i)
{
    StepSource source = {.to = INT64_MAX, .severity = -1, .count_from = ladder->count_from};
    if (!tree_read(node, stage_keys, n_stage_keys, loader->arena, loader->diags, &source) ||
        !step_name_is_free(loader, steps, i, source.name, node_get(node, "name")->place))
        return false;
    steps[i].place = node->place;
    bool good = build_step(loader, &source, policy->settings, true, &steps[i]);
    if (!ladder->auto_suspend) {
        steps[i].n_on_enter =
            without_suspending((ActionRule *)steps[i].on_enter, steps[i].n_on_enter);
        steps[i].suspends = false;
    }
    return good;
}

bool compile_ladder(const Loader *loader, const Node *map, Policy *policy)
{
    LadderSource source = {0};
    policy->form = POLICY_LADDER;
    if (!tree_read(map, ladder_keys, n_ladder_keys, loader->arena, loader->diags, &source))
        return false;
    if (source.stages->kind != NODE_LIST)
        return wrong_shape(loader, source.stages, "a list of stages");
    if (!step_count_is_good(loader, source.stages, source.stages->n))
        return false;
    policy->automated_notices = source.automated_notices;
    policy->auto_suspend = source.auto_suspend;
    Step *steps = arena_new0(loader->arena, Step, source.stages->n);
    bool good = policy_read_notices(loader, map, policy);
    size_t i = 0;
    for (const Node *stage = source.stages->first; stage; stage = stage->next, i++)
        if (!read_stage(loader, stage, &source, policy, steps, i)) {
            steps[i].name = steps[i].name ? steps[i].name : "";
            good = false;
        }
    policy->steps = steps;
    policy->n_steps = i;
    if (source.with_first_notice)
        good = action_list_read(loader, NULL, source.with_first_notice, &policy->with_first_notice,
                                &policy->n_with_first_notice) &&
               good;
    good = executes_by(loader, map, &source, policy, steps) && good;
    if (!good)
        return false;
    chain_moves(loader, policy);
    return ladder_check(loader, policy);
}

static bool read_threshold(const Loader *loader, const ScanSource *scan, const Node *threshold,
                           const Policy *policy, Step *steps, size_t i)
{
    static const Key key = {.name = "scan_over_days", .type = KEY_INT, .least = 0, .most = 3650};
    int64_t days;
    if (!tree_read_value(threshold, &key, loader->arena, loader->diags, &days))
        return false;
    const Node *notice = node_get(scan->notices, threshold->text);
    if (!notice || notice->kind != NODE_SCALAR) {
        diags_add(loader->diags, "C034", scan->notices->place,
                  "the threshold %s has no notice here", threshold->text);
        return false;
    }
    StepSource source = {
        .name = notice->text, .from = days + 1, .to = INT64_MAX, .severity = -1, .skippable = true};
    source.also = scan->also ? node_get(scan->also, threshold->text) : NULL;
    source.fee = scan->fees ? node_get(scan->fees, threshold->text) : NULL;
    if (!step_name_is_free(loader, steps, i, source.name, notice->place))
        return false;
    steps[i].place = threshold->place;
    if (i > 0 && days < steps[i - 1].from) {
        diags_add(loader->diags, "C053", threshold->place,
                  "the threshold %" PRId64 " does not rise above %" PRId64, days,
                  steps[i - 1].from - 1);
        return false;
    }
    if (i > 0)
        steps[i - 1].to = days;
    return build_step(loader, &source, policy->settings, true, &steps[i]);
}

/* Keys of a map by threshold that are no threshold. */
static bool check_thresholds(const Loader *loader, const Node *map, const Node *thresholds)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map by threshold");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Node *item = thresholds->first; item; item = item->next)
        g_ptr_array_add(names, (gpointer)(item->kind == NODE_SCALAR ? item->text : ""));
    g_ptr_array_add(names, NULL);
    bool good = true;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (index_in((const char *const *)names->pdata, entry->key) >= 0)
            continue;
        loader_unknown(loader, "C054", entry->key_place, "threshold", entry->key,
                       (const char *const *)names->pdata);
        good = false;
    }
    return good;
}

bool compile_scan(const Loader *loader, const Node *map, Policy *policy)
{
    ScanSource source = {0};
    policy->form = POLICY_SCAN;
    if (!tree_read(map, scan_keys, n_scan_keys, loader->arena, loader->diags, &source))
        return false;
    if (source.thresholds->kind != NODE_LIST)
        return wrong_shape(loader, source.thresholds, "a list of days");
    if (!step_count_is_good(loader, source.thresholds, source.thresholds->n) ||
        !check_thresholds(loader, source.notices, source.thresholds) ||
        !check_thresholds(loader, source.also, source.thresholds) ||
        !check_thresholds(loader, source.fees, source.thresholds))
        return false;
    Step *steps = arena_new0(loader->arena, Step, source.thresholds->n);
    bool good = true;
    size_t i = 0;
    for (const Node *threshold = source.thresholds->first; threshold && good;
         threshold = threshold->next, i++)
        good = read_threshold(loader, &source, threshold, policy, steps, i);
    policy->steps = steps;
    policy->n_steps = i;
    if (!good)
        return false;
    chain_moves(loader, policy);
    return ladder_check(loader, policy);
}

/* Entering Suspended suspends the service: by the action of `actions:` that does it, or by the hub
 * itself. */
static void give_suspension(const Loader *loader, Step *step)
{
    static const char *const nobody[] = {NULL};
    static const ActionRule built_in = {.name = "suspend_service",
                                        .verb = "service.suspend",
                                        .via = nobody,
                                        .effect = EFFECT_WRITE,
                                        .adverse = true,
                                        .undo = "service.restore"};
    const ActionRule *chosen = &built_in;
    for (size_t i = 0; i < step->n_on_enter; i++)
        if (strcmp(step->on_enter[i].verb, "service.suspend") == 0)
            return;
    for (size_t i = 0; i < loader->book->n_actions; i++)
        if (strcmp(loader->book->actions[i].verb, "service.suspend") == 0)
            chosen = &loader->book->actions[i];
    ActionRule *rules = arena_new0(loader->arena, ActionRule, step->n_on_enter + 1);
    rules[0] = *chosen;
    for (size_t i = 0; i < step->n_on_enter; i++)
        rules[i + 1] = step->on_enter[i];
    step->on_enter = rules;
    step->n_on_enter++;
}

static bool check_steps_named(const Loader *loader, const Node *map, const Policy *policy)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map by step");
    const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
    for (size_t i = 0; i < policy->n_steps; i++)
        names[i] = policy->steps[i].name;
    bool good = true;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (policy_step(policy, entry->key))
            continue;
        loader_unknown(loader, "C054", entry->key_place, "step", entry->key,
                       (const char *const *)names);
        good = false;
    }
    return good;
}

bool compile_module(const Loader *loader, const Node *map, Policy *policy)
{
    ModuleSource source = {0};
    policy->form = POLICY_MODULE;
    if (!tree_read(map, module_keys, n_module_keys, loader->arena, loader->diags, &source))
        return false;
    const Node *list = node_get(map, "steps"), *item = list->kind == NODE_LIST ? list->first : list;
    size_t n = g_strv_length((char **)source.steps);
    if (!step_count_is_good(loader, list, n))
        return false;
    Step *steps = arena_new0(loader->arena, Step, n);
    bool good = policy_read_notices(loader, map, policy);
    for (size_t i = 0; i < n; i++, item = item->next) {
        StepSource step = {.name = source.steps[i], .severity = -1, .to = INT64_MAX};
        step.also =
            source.also && source.also->kind == NODE_MAP ? node_get(source.also, step.name) : NULL;
        step.fee =
            source.fees && source.fees->kind == NODE_MAP ? node_get(source.fees, step.name) : NULL;
        step.final = strcmp(step.name, "paid_by_customer") == 0;
        good = step_name_is_free(loader, steps, i, step.name, item->place) && good;
        steps[i].place = item->place;
        good = build_step(loader, &step, policy->settings, false, &steps[i]) && good;
        if (strcmp(step.name, "suspended") == 0) {
            give_suspension(loader, &steps[i]);
            steps[i].suspends = true;
        }
        steps[i].disconnects = steps[i].disconnects || strcmp(step.name, "disconnected") == 0;
    }
    policy->steps = steps;
    policy->n_steps = n;
    good = check_steps_named(loader, source.also, policy) && good;
    good = check_steps_named(loader, source.fees, policy) && good;
    if (good && !policy_step(policy, policy->settings->first_step)) {
        loader_unknown(loader, "C054", list->place, "'first_step'", policy->settings->first_step,
                       source.steps);
        good = false;
    }
    return good;
}
