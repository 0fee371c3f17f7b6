/* Rows by gate, and the rows of each place that any row names: its own and those of the places it lies in. */
#include <stdlib.h>
#include <string.h>

#include "compliance/rules_load.h"

static Rule *sort_by_gate(const Rule *read, size_t n, Arena *arena, RuleSet *set)
{
    Rule *rules = arena_new0(arena, Rule, n);
    size_t at = 0;
    for (int gate = 0; gate < N_RULE_GATES; gate++) {
        set->first[gate] = at;
        for (size_t i = 0; i < n; i++)
            if (read[i].gate == gate)
                rules[at++] = read[i];
    }
    set->first[N_RULE_GATES] = at;
    return rules;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each once, ascending, everywhere ("") among them. */
static const char **distinct_paths(const Rule *rules, size_t n, Arena *arena, size_t *ret_n)
{
    const char **paths = arena_new0(arena, const char *, n + 1);
    paths[0] = "";
    for (size_t i = 0; i < n; i++)
        paths[i + 1] = rules[i].jurisdiction ? rules[i].jurisdiction : "";
    qsort(paths, n + 1, sizeof *paths, by_text);
    size_t kept = 0;
    for (size_t i = 0; i <= n; i++)
        if (kept == 0 || strcmp(paths[kept - 1], paths[i]) != 0)
            paths[kept++] = paths[i];
    *ret_n = kept;
    return paths;
}

static bool reaches(const Rule *rule, const char *path)
{
    size_t n = rule->jurisdiction ? strlen(rule->jurisdiction) : 0;
    return n == 0 ||
           (strncmp(path, rule->jurisdiction, n) == 0 && (path[n] == '\0' || path[n] == '/'));
}

static RulePlace settle_place(const RuleSet *set, const char *path, Arena *arena)
{
    RulePlace place = {.path = path};
    const Rule **rows = arena_new0(arena, const Rule *, set->n);
    size_t at = 0;
    for (int gate = 0; gate < N_RULE_GATES; gate++) {
        place.first[gate] = at;
        for (size_t i = set->first[gate]; i < set->first[gate + 1]; i++)
            if (reaches(&set->rules[i], path))
                rows[at++] = &set->rules[i];
    }
    place.first[N_RULE_GATES] = at;
    place.rows = rows;
    return place;
}

void rules_settle(const Rule *read, size_t n, Arena *arena, RuleSet *ret_set)
{
    ret_set->rules = sort_by_gate(read, n, arena, ret_set);
    ret_set->n = n;
    size_t n_paths;
    const char **paths = distinct_paths(ret_set->rules, n, arena, &n_paths);
    RulePlace *places = arena_new0(arena, RulePlace, n_paths);
    for (size_t i = 0; i < n_paths; i++)
        places[i] = settle_place(ret_set, paths[i], arena);
    ret_set->places = places;
    ret_set->n_places = n_paths;
}
