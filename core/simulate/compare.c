#include "simulate/compare.h"

#include <string.h>

/* Texts are not compared: the wording names the policy's own numbers. */
typedef struct {
    Instant at;
    const char *event, *rule, *subject, *reason, *text;
} Told;

struct Trace {
    Arena *arena;
    GArray *steps; /* Told */
};

static const char *const compared[] = {"entered",          "left",
                                       "step_entered",     "step_skipped",
                                       "resumed",          "cycle_reopened",
                                       "notice_released",  "notice_unreachable",
                                       "fee_charged",      "service_suspended",
                                       "service_restored", "act_done",
                                       "awaiting",         NULL};

Trace *trace_new(void)
{
    Trace *trace = g_new0(Trace, 1);
    trace->arena = arena_new();
    trace->steps = g_array_new(FALSE, FALSE, sizeof(Told));
    return trace;
}

void trace_free(Trace *trace)
{
    if (!trace)
        return;
    arena_free(trace->arena);
    g_array_unref(trace->steps);
    g_free(trace);
}

void trace_reset(Trace *trace)
{
    arena_reset(trace->arena);
    g_array_set_size(trace->steps, 0);
}

/* Names of cycles are the hub's own and say nothing. */
static bool has_own_subject(const Reason *reason)
{
    static const char *const cycles[] = {
        "entered",          "left", "resumed", "cycle_reopened", "service_suspended",
        "service_restored", NULL};
    return !g_strv_contains(cycles, reason->event);
}

void trace_reason(Trace *trace, Instant now, const Reason *reason)
{
    if (!g_strv_contains(compared, reason->event))
        return;
    Told step = {
        .at = now,
        .event = arena_strdup(trace->arena, reason->event),
        .rule = arena_strdup(trace->arena, reason->rule),
        .subject = has_own_subject(reason) ? arena_strdup(trace->arena, reason->subject) : NULL,
        .reason = arena_strdup(trace->arena, reason->reason),
        .text = arena_strdup(trace->arena, reason->text),
    };
    g_array_append_val(trace->steps, step);
}

/* ---- where they part ------------------------------------------------------------------------- */

static void difference_free(void *data)
{
    Difference *difference = data;
    for (size_t i = 0; i < 2; i++) {
        CompareSide *side = &difference->sides[i];
        g_free(side->event);
        g_free(side->subject);
        g_free(side->reason);
        g_free(side->text);
        g_free(side->rule);
    }
    g_free(difference->account);
    g_free(difference);
}

Compare *compare_new(size_t most)
{
    Compare *compare = g_new0(Compare, 1);
    compare->most = most;
    compare->differences = g_ptr_array_new_with_free_func(difference_free);
    return compare;
}

void compare_free(Compare *compare)
{
    if (!compare)
        return;
    g_ptr_array_unref(compare->differences);
    g_free(compare);
}

static const Told *step_at(const Trace *trace, guint i)
{
    return i < trace->steps->len ? &g_array_index(trace->steps, Told, i) : NULL;
}

static bool same(const Told *a, const Told *b)
{
    return a->at == b->at && strcmp(a->event, b->event) == 0 &&
           g_strcmp0(a->subject, b->subject) == 0 && g_strcmp0(a->reason, b->reason) == 0;
}

static CompareSide side_of(const Told *step)
{
    if (!step)
        return (CompareSide){.at = INSTANT_NEVER};
    return (CompareSide){step->at,
                         g_strdup(step->event),
                         g_strdup(step->subject),
                         g_strdup(step->reason),
                         g_strdup(step->text),
                         g_strdup(step->rule)};
}

/* Where both go on, the earlier decision is the one that the other side does not have. */
static int order(const Difference *a, Instant at, const char *account)
{
    if (a->at != at)
        return a->at < at ? -1 : 1;
    return strcmp(a->account, account);
}

static void insert(Compare *compare, Difference *difference)
{
    GPtrArray *list = compare->differences;
    guint i = 0;
    while (i < list->len && order(list->pdata[i], difference->at, difference->account) < 0)
        i++;
    g_ptr_array_insert(list, (gint)i, difference);
    if (list->len > compare->most)
        g_ptr_array_set_size(list, (gint)compare->most);
}

/* Where they part; false: nowhere. */
static bool part(const Trace *a, const Trace *b, const Told **ret_a, const Told **ret_b)
{
    guint i = 0;
    while (step_at(a, i) && step_at(b, i) && same(step_at(a, i), step_at(b, i)))
        i++;
    *ret_a = step_at(a, i);
    *ret_b = step_at(b, i);
    return *ret_a || *ret_b;
}

static Instant earlier(const Told *a, const Told *b)
{
    return MIN(a ? a->at : INSTANT_NEVER, b ? b->at : INSTANT_NEVER);
}

bool compare_account(Compare *compare, const char *account, const Trace *a, const Trace *b)
{
    const Told *x, *y;
    guint n = compare->differences->len;
    compare->accounts++;
    if (!part(a, b, &x, &y))
        return false;
    compare->different++;
    return n < compare->most ||
           (n > 0 && order(compare->differences->pdata[n - 1], earlier(x, y), account) > 0);
}

void compare_keep(Compare *compare, const char *account, const Trace *a, const Trace *b)
{
    const Told *x, *y;
    if (!part(a, b, &x, &y))
        return;
    Difference *difference = g_new0(Difference, 1);
    *difference = (Difference){.account = g_strdup(account),
                               .at = earlier(x, y),
                               .sides = {side_of(x), side_of(y)},
                               .decisions = {a->steps->len, b->steps->len}};
    insert(compare, difference);
}
