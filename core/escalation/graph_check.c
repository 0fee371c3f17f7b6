/* Proofs about a policy before it may decide anything. */
#include "escalation/rulebook_load.h"

#include <inttypes.h>
#include <string.h>

/* ---- ladders ---- */

/* Days since the notice before it: there must be one, and such a stage ends with the next. */
static bool check_previous(const Loader *loader, const Policy *policy, size_t i)
{
    const Step *step = &policy->steps[i];
    bool good = true;
    if (step->count_from != COUNT_PREVIOUS_NOTICE)
        return true;
    if (i == 0) {
        diags_add(loader->diags, "C068", step->place,
                  "stage '%s' is the first: no notice comes before it to count from", step->name);
        good = false;
    }
    if (step->to != INT64_MAX) {
        diags_add(loader->diags, "C068", step->place,
                  "stage '%s' counts from the previous notice: it ends when the next stage begins, "
                  "take out 'to'",
                  step->name);
        good = false;
    }
    return good;
}

static bool check_pair(const Loader *loader, const Step *step, const Step *next)
{
    if (next->from <= step->from) {
        diags_add(loader->diags, "C053", next->place,
                  "stage '%s' begins at age %" PRId64 ", not after '%s', which begins at %" PRId64,
                  next->name, next->from, step->name, step->from);
        return false;
    }
    if (step->to != INT64_MAX && step->to >= next->from) {
        diags_add(loader->diags, "C053", next->place,
                  "stage '%s' begins at age %" PRId64 ", but '%s' lasts to %" PRId64, next->name,
                  next->from, step->name, step->to);
        return false;
    }
    if (step->to != INT64_MAX && step->to + 1 < next->from)
        diags_add(loader->diags, "C061", next->place,
                  "no stage covers ages %" PRId64 " to %" PRId64 "; the account stays in '%s'",
                  step->to + 1, next->from - 1, step->name);
    return true;
}

bool ladder_check(const Loader *loader, const Policy *policy)
{
    bool good = true;
    for (size_t i = 0; i < policy->n_steps; i++) {
        const Step *step = &policy->steps[i];
        good = check_previous(loader, policy, i) && good;
        if (step->to < step->from) {
            diags_add(loader->diags, "C053", step->place,
                      "stage '%s' ends at age %" PRId64 ", before it begins at %" PRId64,
                      step->name, step->to, step->from);
            good = false;
        } else if (i + 1 < policy->n_steps && step->count_from == step[1].count_from &&
                   step->count_from != COUNT_PREVIOUS_NOTICE) {
            good = check_pair(loader, step, step + 1) && good;
        }
    }
    return good;
}

/* ---- graphs ---- */

static void mark_reachable(const Policy *policy, size_t start, bool *reached)
{
    reached[start] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < policy->n_moves; i++) {
            const Move *move = &policy->moves[i];
            if (reached[move->from] && !reached[move->to])
                changed = reached[move->to] = true;
        }
    }
}

static bool check_reachable(const Loader *loader, const Policy *policy)
{
    bool reached[POLICY_MAX_STEPS] = {false};
    bool good = true;
    mark_reachable(policy, 0, reached);
    for (size_t i = 0; i < policy->n_steps; i++) {
        if (reached[i])
            continue;
        diags_add(loader->diags, "C050", policy->steps[i].place,
                  "step '%s' is never reached from '%s'; add a move to it, or remove it",
                  policy->steps[i].name, policy->steps[0].name);
        good = false;
    }
    return good;
}

static bool check_ways_out(const Loader *loader, const Policy *policy)
{
    bool good = true;
    for (size_t i = 0; i < policy->n_steps; i++) {
        const Step *step = &policy->steps[i];
        const Move *out = NULL;
        for (size_t m = 0; m < policy->n_moves && !out; m++)
            if (policy->moves[m].from == i)
                out = &policy->moves[m];
        if (!out && !step->final) {
            diags_add(loader->diags, "C051", step->place,
                      "step '%s' has no way out and is not 'final: true'", step->name);
            good = false;
        } else if (out && step->final) {
            diags_add(loader->diags, "C062", out->place,
                      "step '%s' is final; no move may begin there", step->name);
            good = false;
        }
    }
    return good;
}

typedef struct {
    const Loader *loader;
    const Policy *policy;
    enum { UNSEEN, OPEN, CLOSED } colours[POLICY_MAX_STEPS];
    size_t path[POLICY_MAX_STEPS];
    size_t depth; /* at most the number of steps */
    bool good;
} Walk;

static void report_cycle(Walk *walk, const Move *back)
{
    g_autoptr(GString) names = g_string_new(NULL);
    size_t from = 0;
    while (walk->path[from] != back->to)
        from++;
    for (size_t i = from; i < walk->depth; i++)
        g_string_append_printf(names, "%s -> ", walk->policy->steps[walk->path[i]].name);
    g_string_append(names, walk->policy->steps[back->to].name);
    diags_add(walk->loader->diags, "C052", back->place,
              "nothing waits on the way %s; give one of its moves 'wait_days'", names->str);
    walk->good = false;
}

static void visit(Walk *walk, size_t step)
{
    walk->colours[step] = OPEN;
    walk->path[walk->depth++] = step;
    for (size_t i = 0; i < walk->policy->n_moves; i++) {
        const Move *move = &walk->policy->moves[i];
        if (move->from != step || move->wait_days > 0)
            continue;
        if (walk->colours[move->to] == OPEN)
            report_cycle(walk, move);
        else if (walk->colours[move->to] == UNSEEN)
            visit(walk, move->to);
    }
    walk->depth--;
    walk->colours[step] = CLOSED;
}

static bool check_cycles(const Loader *loader, const Policy *policy)
{
    Walk walk = {.loader = loader, .policy = policy, .good = true};
    for (size_t i = 0; i < policy->n_steps; i++)
        if (walk.colours[i] == UNSEEN)
            visit(&walk, i);
    return walk.good;
}

bool graph_check(const Loader *loader, const Policy *policy)
{
    bool reachable = check_reachable(loader, policy), ways = check_ways_out(loader, policy);
    return check_cycles(loader, policy) && reachable && ways;
}
