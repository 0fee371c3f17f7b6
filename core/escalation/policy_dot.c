/* A policy as Graphviz DOT. */
#include "escalation/policy.h"

#include <inttypes.h>

/* DOT strings: quotes and backslashes escaped. */
static void quote(GString *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

char *policy_step_ages(const Step *step)
{
    static const char *const after[] = {[COUNT_DUE_MONTH_END] = " after the month it was due in",
                                        [COUNT_OVERDUE_MONTH_END] =
                                            " after the month it fell overdue in"};
    if (step->from == 0)
        return NULL;
    if (step->count_from == COUNT_PREVIOUS_NOTICE)
        return g_strdup_printf("%" PRId64 " %s after the last notice", step->from,
                               step->from == 1 ? "day" : "days");
    const char *unit = step->count_from == COUNT_OVERDUE ? "age" : "day";
    const char *whence = step->count_from == COUNT_OVERDUE ? "" : after[step->count_from];
    if (step->to == INT64_MAX)
        return g_strdup_printf("%s %" PRId64 "+%s", unit, step->from, whence);
    return g_strdup_printf("%s %" PRId64 "-%" PRId64 "%s", unit, step->from, step->to, whence);
}

static void say_ages(GString *out, const Step *step)
{
    g_autofree char *ages = policy_step_ages(step);
    if (ages)
        g_string_append_printf(out, "\\n%s", ages);
}

static void say_step(GString *out, const Policy *policy, size_t i)
{
    const Step *step = &policy->steps[i];
    g_string_append_printf(out, "  s%zu [label=\"", i);
    quote(out, step->name);
    say_ages(out, step);
    if (step->notice) {
        g_string_append(out, "\\nnotice ");
        quote(out, step->notice);
    }
    for (size_t a = 0; a < step->n_on_enter; a++) {
        g_string_append(out, "\\n");
        quote(out, step->on_enter[a].verb);
    }
    g_string_append_printf(out, "\"%s];\n", step->final ? " peripheries=2" : "");
}

static const char *const count_words[] = {"age", "days from the month it was due in",
                                          "days from the month it fell overdue in",
                                          "days since the last notice"};

static void say_move(GString *out, const Policy *policy, const Move *move)
{
    g_string_append_printf(out, "  s%zu -> s%zu [label=\"", move->from, move->to);
    if (move->when_text)
        quote(out, move->when_text);
    else if (policy->steps[move->to].from > 0 &&
             policy->steps[move->to].count_from == COUNT_OVERDUE)
        g_string_append_printf(out, "age >= %" PRId64, policy->steps[move->to].from);
    else if (policy->steps[move->to].from > 0)
        g_string_append_printf(out, "%s >= %" PRId64,
                               count_words[policy->steps[move->to].count_from],
                               policy->steps[move->to].from);
    const Step *target = &policy->steps[move->to];
    if (target->when) {
        g_string_append(out, "\\nwhen ");
        quote(out, target->when_text);
    }
    if (move->wait_days > 0)
        g_string_append_printf(out, "\\nafter %" PRId64 " %s", move->wait_days,
                               move->wait_days == 1 ? "day" : "days");
    g_string_append(out, "\"];\n");
}

const char *policy_to_dot(const Policy *policy, Arena *arena)
{
    g_autoptr(GString) out = g_string_new("digraph \"");
    quote(out, policy->name);
    g_string_append(out, "\" {\n  rankdir=LR;\n  node [shape=box];\n");
    for (size_t i = 0; i < policy->n_steps; i++)
        say_step(out, policy, i);
    for (size_t i = 0; i < policy->n_moves; i++)
        say_move(out, policy, &policy->moves[i]);
    g_string_append(out, "}\n");
    return arena_strdup(arena, out->str);
}
