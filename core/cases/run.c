#include "cases/run.h"

#include <string.h>

#include "cases/judge.h"
#include "cases/letters.h"
#include "cases/shape.h"

typedef struct {
    const Node *expect;
    Instant at;
    size_t order;
} Checkpoint;

static int by_instant(gconstpointer a, gconstpointer b)
{
    const Checkpoint *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static GArray *checkpoints_of(const Play *play)
{
    GArray *points = g_array_new(FALSE, FALSE, sizeof(Checkpoint));
    size_t order = 0;
    for (const Node *expect = play->c->expects->first; expect != NULL; expect = expect->next) {
        Checkpoint point = {expect, judge_instant(play, expect), order++};
        g_array_append_val(points, point);
    }
    g_array_sort(points, by_instant);
    return points;
}

static void add_failure(GPtrArray *findings, DiagPlace place, const char *what, const char *seen)
{
    Finding *finding = g_new0(Finding, 1);
    finding->place = place;
    finding->what = g_strdup(what);
    finding->seen = g_strdup(seen);
    g_ptr_array_add(findings, finding);
}

/* Plays on to `until` and judges what can be judged on the way; before: assertions of that very
 * instant wait for its events. */
static bool advance(Play *play, GArray *points, guint *next, Instant until, bool before,
                    GPtrArray *findings, GError **error)
{
    while (*next < points->len) {
        const Checkpoint *point = &g_array_index(points, Checkpoint, *next);
        if (point->at == INSTANT_NEVER || point->at > until || (before && point->at == until))
            break;
        if (!stage_run(play->stage, point->at, error))
            return false;
        judge(play, point->expect, findings);
        (*next)++;
    }
    return stage_run(play->stage, until, error);
}

static Instant last_instant(const Play *play)
{
    Instant last = stage_now(play->stage);
    for (const Node *expect = play->c->expects->first; expect != NULL; expect = expect->next)
        last = MAX(last, judge_reach(play, expect));
    return last;
}

static bool play_through(Play *play, GPtrArray *findings, GError **error)
{
    g_autoptr(GArray) points = checkpoints_of(play);
    guint next = 0;
    for (const Node *event = play->c->events->first; event != NULL; event = event->next) {
        Instant at = case_instant(node_text(event, "at"), play->zone);
        if (!advance(play, points, &next, MAX(at, stage_now(play->stage)), true, findings, error))
            return false;
        play_event(play, event);
    }
    if (!advance(play, points, &next, last_instant(play), false, findings, error))
        return false;
    for (; next < points->len; next++)
        judge(play, g_array_index(points, Checkpoint, next).expect, findings);
    return true;
}

static void add_broken_events(const Play *play, GPtrArray *findings)
{
    for (guint i = 0; i < play->outcomes->len; i++) {
        const Outcome *outcome = &g_array_index(play->outcomes, Outcome, i);
        if (outcome->failure != NULL)
            add_failure(findings, outcome->event->place, node_text(outcome->event, "do"),
                        outcome->failure);
    }
}

static void add_diags(const Diags *diags, GPtrArray *findings)
{
    for (size_t i = 0; i < diags_length(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        if (diag->severity == DIAG_ERROR)
            add_failure(findings, diag->place, "configuration", diag->message);
    }
}

/* ---- reporting ---------------------------------------------------------------------------- */

static void print_finding(FILE *out, const Finding *finding)
{
    fprintf(out, "    %s:%d:%d: %s: ", finding->place.file != NULL ? finding->place.file : "?",
            finding->place.line, finding->place.column, finding->what);
    if (finding->expected != NULL)
        fprintf(out, "expected %s, seen %s\n", finding->expected, finding->seen);
    else
        fprintf(out, "%s\n", finding->seen);
}

static void print_text(const Case *c, const CasesOptions *options, const GPtrArray *findings,
                       const char *timeline)
{
    fprintf(options->out, "%s %s %s\n", findings->len == 0 ? "ok" : "not ok", c->id, c->title);
    for (guint i = 0; i < findings->len; i++)
        print_finding(options->out, findings->pdata[i]);
    if (timeline != NULL)
        fputs(timeline, options->out);
}

static void print_json(const Case *c, const CasesOptions *options, const GPtrArray *findings)
{
    g_autoptr(json_t) list = json_array();
    for (guint i = 0; i < findings->len; i++) {
        const Finding *finding = findings->pdata[i];
        json_array_append_new(
            list, json_pack("{s:s?, s:i, s:i, s:s?, s:s?, s:s?}", "file", finding->place.file,
                            "line", finding->place.line, "column", finding->place.column, "what",
                            finding->what, "expected", finding->expected, "seen", finding->seen));
    }
    g_autoptr(json_t) line = json_pack("{s:s, s:s, s:b, s:O}", "case", c->id, "title", c->title,
                                       "passed", findings->len == 0, "findings", list);
    g_autofree char *text = json_canonical(line);
    fprintf(options->out, "%s\n", text);
}

static bool run_case(const Case *c, const Templates *templates, const CasesOptions *options)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(finding_free);
    Play play;
    bool opened =
        play_open(&play, c, templates, options->rules, arena, options->verbose, diags, &error);
    if (opened)
        opened = play_through(&play, findings, &error);
    add_diags(diags, findings);
    if (error != NULL)
        add_failure(findings, c->place, "the case could not be played", error->message);
    add_broken_events(&play, findings);
    if (!opened && findings->len == 0)
        add_failure(findings, c->place, "the case could not be played", "no reason was given");
    bool passed = findings->len == 0;
    if (options->json)
        print_json(c, options, findings);
    else
        print_text(c, options, findings,
                   play.chronicle.timeline != NULL ? play.chronicle.timeline->str : NULL);
    play_close(&play);
    return passed;
}

static bool wanted(const Case *c, const char *only)
{
    return only == NULL || g_pattern_match_simple(only, c->id);
}

bool cases_run(const CaseSet *set, const CasesOptions *options, CasesTally *ret_tally,
               GError **error)
{
    CasesTally tally = {0, 0};
    g_autoptr(Templates) templates = letters_of(set, error);
    if (templates == NULL)
        return false;
    for (size_t i = 0; i < set->n; i++) {
        if (!wanted(&set->cases[i], options->only))
            continue;
        bool passed = run_case(&set->cases[i], templates, options);
        tally.passed += passed ? 1 : 0;
        tally.failed += passed ? 0 : 1;
        fflush(options->out);
    }
    if (options->json)
        fprintf(options->out, "{\"failed\":%zu,\"passed\":%zu}\n", tally.failed, tally.passed);
    else
        fprintf(options->out, "%zu passed, %zu failed\n", tally.passed, tally.failed);
    *ret_tally = tally;
    return true;
}
