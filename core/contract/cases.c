/* The cases of a file: exactly these requests, exactly this result. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "contract/report.h"

static char *text_differs(const Run *run, const char *what, const char *expected,
                          const char *actual)
{
    if (expected == NULL)
        return NULL;
    g_autofree char *filled = pattern_fill(expected, trial_words(run->trial));
    const char *came = actual != NULL ? actual : "";
    return pattern_fits(filled, came)
               ? NULL
               : g_strdup_printf("%s: '%s' is expected, '%s' came", what, filled, came);
}

/* Takes actual. */
static char *json_differs(const Run *run, const char *what, const json_t *expected, json_t *actual)
{
    g_autoptr(json_t) came = actual;
    if (expected == NULL)
        return NULL;
    g_autoptr(json_t) filled = pattern_fill_json(expected, trial_words(run->trial));
    g_autofree char *found = pattern_difference(filled, came);
    return found != NULL ? g_strdup_printf("%s %s", what, found) : NULL;
}

static json_t *events_of(const PlayResult *result)
{
    json_t *list = json_array();
    for (guint i = 0; i < result->events->len; i++)
        json_array_append(list, g_ptr_array_index(result->events, i));
    return list;
}

static json_t *findings_of(const PlayResult *result)
{
    json_t *list = json_array();
    for (guint i = 0; i < result->findings->len; i++)
        json_array_append_new(list, json_string(g_ptr_array_index(result->findings, i)));
    return list;
}

static json_t *kept_of(const Run *run, const json_t *expected)
{
    json_t *kept = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)expected, name, value)
    {
        g_autofree char *text = trial_state(run->trial, name);
        json_t *parsed =
            text != NULL && !json_is_string(value) ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        json_object_set_new(kept, name, parsed != NULL ? parsed : json_string(text));
    }
    return kept;
}

static const char *last_cursor(const PlayResult *result)
{
    for (guint i = result->cursors->len; i > 0; i--) {
        const char *cursor = g_ptr_array_index(result->cursors, i - 1);
        if (*cursor != '\0')
            return cursor;
    }
    return "";
}

static char *outcome_differs(const SuiteCase *one, const PlayResult *result)
{
    return one->outcome == result->outcome
               ? NULL
               : g_strdup_printf("outcome: %s is expected, %s came (%s)",
                                 play_outcome(one->outcome), play_outcome(result->outcome),
                                 result->message != NULL ? result->message : "no message");
}

static char *result_differs(const Run *run, const SuiteCase *one, const PlayResult *result)
{
    char *why = outcome_differs(one, result);
    if (why == NULL)
        why = text_differs(run, "code", one->code, result->code);
    if (why == NULL)
        why = text_differs(run, "external_id", one->external_id, result->external_id);
    if (why == NULL)
        why = text_differs(run, "message", one->message, result->message);
    if (why == NULL)
        why = text_differs(run, "cursor", one->cursor, last_cursor(result));
    if (why == NULL && one->retry_after_ms >= 0 && one->retry_after_ms != result->retry_after_ms)
        why = g_strdup_printf("retry_after_ms: %" G_GINT64_FORMAT " is expected, %" G_GINT64_FORMAT
                              " came",
                              one->retry_after_ms, result->retry_after_ms);
    if (why == NULL)
        why = json_differs(run, "data", one->data,
                           result->data != NULL ? json_loads(result->data, 0, NULL) : NULL);
    if (why == NULL)
        why = json_differs(run, "events", one->events, events_of(result));
    if (why == NULL)
        why = json_differs(run, "findings", one->findings, findings_of(result));
    if (why == NULL)
        why = json_differs(run, "state", one->kept, kept_of(run, one->kept));
    return why;
}

static char *requests_differ(const Run *run)
{
    g_autoptr(GPtrArray) troubles = trial_troubles(run->trial);
    size_t missing = trial_missing(run->trial);
    if (troubles->len > 0)
        return g_strdup(g_ptr_array_index(troubles, 0));
    return missing > 0
               ? g_strdup_printf("%zu of the requests that are expected never came", missing)
               : NULL;
}

/* ---- what a hook is given ----------------------------------------------------------------- */

static char *form_body(const json_t *form)
{
    GString *text = g_string_new(NULL);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)form, name, value)
    {
        g_autofree char *escaped =
            g_uri_escape_string(json_is_string(value) ? json_string_value(value) : "", NULL, FALSE);
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "&" : "", name, escaped);
    }
    return g_string_free(text, FALSE);
}

static char *hook_body(const Run *run, const RequestPattern *hook)
{
    const PatternWords *words = trial_words(run->trial);
    if (hook->json != NULL) {
        g_autoptr(json_t) filled = pattern_fill_json(hook->json, words);
        char *text = json_dumps(filled, JSON_ENCODE_ANY | JSON_COMPACT);
        char *owned = g_strdup(text);
        free(text);
        return owned;
    }
    if (hook->form != NULL) {
        g_autoptr(json_t) filled = pattern_fill_json(hook->form, words);
        return form_body(filled);
    }
    return pattern_fill(hook->body != NULL ? hook->body : "", words);
}

static json_t *hook_input(const Run *run, const SuiteCase *one)
{
    const RequestPattern *hook = &one->hook;
    json_t *headers = json_object();
    g_autoptr(json_t) filled = pattern_fill_json(hook->headers, trial_words(run->trial));
    const char *name;
    json_t *value;
    json_object_foreach(filled, name, value)
    {
        g_autofree char *lower = g_ascii_strdown(name, -1);
        json_object_set(headers, lower, value);
    }
    g_autofree char *query = hook->query != NULL ? form_body(hook->query) : g_strdup("");
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "hook", one->verb, "method",
                     hook->method != NULL ? hook->method : "POST", "path",
                     hook->path != NULL ? hook->path : "/hooks/contract", "query", query, "headers",
                     headers, "received_at", "2026-07-01T06:00:00Z");
}

/* ---- playing ------------------------------------------------------------------------------ */

static json_t *input_of(const Run *run, const SuiteCase *one)
{
    if (one->kind == CALL_MAP || one->kind == CALL_ANSWER)
        return hook_input(run, one);
    return one->input != NULL ? pattern_fill_json(one->input, trial_words(run->trial))
                              : json_object();
}

static char *play(const Run *run, const SuiteCase *one)
{
    char *why = NULL;
    const PlayScene scene = {.ordered = &one->exchange, .over = one->options, .state = one->state};
    if (!trial_begin(run->trial, &scene, &why))
        return why;
    g_autoptr(json_t) input = input_of(run, one);
    g_autofree char *text = json_canonical(input);
    g_autofree char *body = hook_body(run, &one->hook);
    const char *const of_hook[] = {body, NULL};
    bool hooked = one->kind == CALL_MAP || one->kind == CALL_ANSWER;
    bool keyed = one->kind == CALL_ACTION || one->kind == CALL_LOOKUP;
    const PlayCall call = {.kind = one->kind,
                           .verb = one->verb,
                           .key = keyed ? one->key : NULL,
                           .input = text,
                           .bodies = hooked ? of_hook : one->bodies};
    const PlayResult *result;
    why = run_call(run, &call, &result);
    if (why == NULL)
        why = requests_differ(run);
    if (why == NULL)
        why = result_differs(run, one, result);
    return why;
}

void suite_run_cases(const Run *run)
{
    for (size_t i = 0; i < run->suite->n_cases; i++) {
        const SuiteCase *one = &run->suite->cases[i];
        if (!run_wants(run, one->name))
            continue;
        char *why = play(run, one);
        char *placed = why != NULL
                           ? g_strdup_printf("%s:%d: %s", one->place.file, one->place.line, why)
                           : NULL;
        g_free(why);
        run_tell(run, one->name, placed);
    }
}
