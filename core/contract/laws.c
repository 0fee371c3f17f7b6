/* What holds for every plugin, tried on the examples of its file: an answer, or the lack of one, means the same everywhere
 * (docs/architecture.md, results of a call). A law is tried at each request of the good call up to and including the first
 * that may change something; what comes after that is the plugin's own cases to say. */
#include <string.h>

#include "base/json.h"
#include "contract/report.h"
#include "model/event.h"

enum { LATE_MS = 400, MEMORY_KIB = 12 << 10 };

typedef enum {
    MEANS_RETRY,
    MEANS_RETRY_AFTER, /* and in 7 seconds, as the answer said */
    MEANS_AUTH,
    MEANS_PERMANENT,
    MEANS_LOST,       /* retry where a repeat is harmless, else uncertain */
    MEANS_UNREADABLE, /* lost, or good where the file says that the body does not matter */
} Meaning;

typedef struct {
    const char *name;
    Misconduct how;
    Meaning meaning;
    int64_t deadline_ms;
    bool bounded; /* the host's memory is looked at */
} Law;

enum { RETRY_AFTER_S = 7 };
/* Refusals first: they may share a host. */
static const Law laws[] = {
    {"429 with Retry-After is waited for",
     {.status = 429, .retry_after_s = RETRY_AFTER_S},
     MEANS_RETRY_AFTER,
     0,
     false},
    {"408 is tried again", {.status = 408}, MEANS_RETRY, 0, false},
    {"425 is tried again", {.status = 425}, MEANS_RETRY, 0, false},
    {"401 is the credential", {.status = 401}, MEANS_AUTH, 0, false},
    {"403 is the credential", {.status = 403}, MEANS_AUTH, 0, false},
    {"400 will never work", {.status = 400}, MEANS_PERMANENT, 0, false},
    {"404 will never work", {.status = 404}, MEANS_PERMANENT, 0, false},
    {"409 will never work", {.status = 409}, MEANS_PERMANENT, 0, false},
    {"410 will never work", {.status = 410}, MEANS_PERMANENT, 0, false},
    {"422 will never work", {.status = 422}, MEANS_PERMANENT, 0, false},
    {"503 is tried again", {.status = 503}, MEANS_RETRY, 0, false},
    {"500 may have been done", {.status = 500}, MEANS_LOST, 0, false},
    {"502 may have been done", {.status = 502}, MEANS_LOST, 0, false},
    {"504 may have been done", {.status = 504}, MEANS_LOST, 0, false},
    {"an answer is lost", {.fault = MIMIC_DROP}, MEANS_LOST, 0, false},
    {"the connection is reset", {.fault = MIMIC_RESET}, MEANS_LOST, 0, false},
    {"silence until the deadline", {.fault = MIMIC_HANG}, MEANS_LOST, LATE_MS, false},
    {"silence within the head", {.fault = MIMIC_HANG_HEAD}, MEANS_LOST, LATE_MS, false},
    {"silence within the body", {.fault = MIMIC_HANG_BODY}, MEANS_LOST, LATE_MS, false},
    {"a body that breaks off", {.fault = MIMIC_TRUNCATED}, MEANS_LOST, 0, false},
    {"a body that is malformed", {.fault = MIMIC_MALFORMED}, MEANS_UNREADABLE, 0, false},
    {"a page for people", {.fault = MIMIC_HTML}, MEANS_UNREADABLE, 0, false},
    {"a huge body", {.fault = MIMIC_HUGE}, MEANS_UNREADABLE, 0, true},
    {"a gzip bomb", {.fault = MIMIC_GZIP_BOMB}, MEANS_UNREADABLE, 0, true},
};
/* The same of the token endpoint, where the good call asks one. */
static const Law token_laws[] = {
    {"a token is refused", {.status = 400, .of_server = true}, MEANS_AUTH, 0, false},
    {"the token endpoint asks to wait", {.status = 503, .of_server = true}, MEANS_RETRY, 0, false},
    {"the token endpoint says nothing",
     {.fault = MIMIC_DROP, .of_server = true},
     MEANS_RETRY,
     0,
     false},
};

/* ---- the example -------------------------------------------------------------------------- */

char *example_input(const SuiteExample *example)
{
    return example->input != NULL ? json_canonical(example->input)
           : example->source != NULL
               ? g_strdup("{\"cursor\":null,\"now\":\"2026-07-01T06:00:00Z\"}")
               : g_strdup("{}");
}

PlayCall example_call(const SuiteExample *example, const char *input, const char *key)
{
    bool acts = example->action != NULL;
    return (PlayCall){.kind = acts ? CALL_ACTION : CALL_POLL,
                      .verb = acts ? example->action : example->source,
                      .key = acts ? key : NULL,
                      .input = input};
}

bool is_read_method(const MimicRequest *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

static const char *name_of(const SuiteExample *example)
{
    return example->action != NULL ? example->action : example->source;
}

static const json_t *action_of(const Run *run, const SuiteExample *example)
{
    return example->action != NULL ? manifest_action(run->manifest, example->action) : NULL;
}

static bool is_harmless(const json_t *action)
{
    const char *effect = json_string_value(json_object_get(action, "effect"));
    const char *repeat = json_string_value(json_object_get(action, "repeat"));
    return action == NULL || g_strcmp0(effect, "read") == 0 || g_strcmp0(repeat, "key") == 0 ||
           g_strcmp0(repeat, "safe") == 0;
}

static bool begin(const Run *run, const SuiteExample *example, char **ret_why)
{
    const PlayScene scene = {.server = &example->server};
    return trial_begin(run->trial, &scene, ret_why);
}

/* ---- judging ------------------------------------------------------------------------------ */

static const SuiteException *exception_of(const Run *run, const SuiteExample *example, int status)
{
    for (size_t i = 0; i < run->suite->n_exceptions; i++) {
        const SuiteException *row = &run->suite->exceptions[i];
        if (row->seen == status && strcmp(row->action, name_of(example)) == 0)
            return row;
    }
    return NULL;
}

static int outcome_of(const Run *run, const SuiteExample *example, const Law *law, bool reads)
{
    static const int fixed[] = {
        [MEANS_RETRY] = OUTCOME_RETRY,
        [MEANS_RETRY_AFTER] = OUTCOME_RETRY,
        [MEANS_AUTH] = OUTCOME_AUTH,
        [MEANS_PERMANENT] = OUTCOME_PERMANENT,
    };
    const SuiteException *exception = exception_of(run, example, law->how.status);
    if (exception != NULL && !law->how.of_server)
        return exception->outcome;
    if (law->meaning < G_N_ELEMENTS(fixed))
        return fixed[law->meaning];
    if (law->meaning == MEANS_UNREADABLE && !example->reads_answer && !reads)
        return OUTCOME_OK;
    return reads || is_harmless(action_of(run, example)) ? OUTCOME_RETRY : OUTCOME_UNCERTAIN;
}

static char *outcome_differs(int expected, const PlayResult *result)
{
    return result->outcome == expected
               ? NULL
               : g_strdup_printf("%s is expected, %s came (%s: %s)", play_outcome(expected),
                                 play_outcome(result->outcome),
                                 result->code != NULL ? result->code : "no code",
                                 result->message != NULL ? result->message : "no message");
}

static char *late_differs(const Law *law, const PlayResult *result)
{
    return law->meaning == MEANS_RETRY_AFTER && result->outcome == OUTCOME_RETRY &&
                   result->retry_after_ms != RETRY_AFTER_S * 1000
               ? g_strdup_printf("the answer said %d s, the result says %" G_GINT64_FORMAT " ms",
                                 RETRY_AFTER_S, result->retry_after_ms)
               : NULL;
}

/* After what went wrong nothing more is asked. A 401 may be asked once more, with a new token; and where a repeat is
 * harmless, libcurl asks again by itself when a kept connection turns out dead. */
static char *asks_on(const Run *run, const Law *law, unsigned position, bool harmless)
{
    bool dies = law->how.fault == MIMIC_DROP || law->how.fault == MIMIC_RESET;
    bool once_more = law->how.status == 401 || (dies && harmless);
    unsigned allowed = position + (once_more ? 2 : 1);
    g_autoptr(GPtrArray) attempts = trial_attempts(run->trial);
    return !law->how.of_server && attempts->len > allowed
               ? g_strdup_printf("%u requests came after one that failed: the hub repeats, not the "
                                 "plugin",
                                 attempts->len - position - 1)
               : NULL;
}

static char *outgrows(const Run *run, int64_t before_kib)
{
    int64_t grown = trial_memory_kib(run->trial) - before_kib;
    return before_kib > 0 && grown > MEMORY_KIB
               ? g_strdup_printf("the host grew by %" G_GINT64_FORMAT " KiB", grown)
               : NULL;
}

/* A refusal leaves nothing behind, so the next law may have the same host; after what looks like an outage it is a new one. */
static bool leaves_traces(const Law *law)
{
    return law->how.status < 400 || law->how.status >= 500 || law->how.of_server;
}

static char *try_law(const Run *run, const SuiteExample *example, const Law *law, unsigned position,
                     bool reads)
{
    char *why = NULL;
    if (leaves_traces(law) && !begin(run, example, &why))
        return why;
    Misconduct how = law->how;
    how.first = law->how.of_server ? 0 : position;
    how.last = UINT_MAX;
    trial_misconduct(run->trial, &how);
    int64_t before_kib = law->bounded ? trial_memory_kib(run->trial) : 0;
    g_autofree char *input = example_input(example);
    PlayCall call = example_call(example, input, "law-key-1");
    call.deadline_ms = law->deadline_ms;
    const PlayResult *result;
    why = run_call(run, &call, &result);
    if (why == NULL)
        why = outcome_differs(outcome_of(run, example, law, reads), result);
    if (why == NULL)
        why = late_differs(law, result);
    if (why == NULL)
        why = asks_on(run, law, position, reads || is_harmless(action_of(run, example)));
    return why == NULL && law->bounded ? outgrows(run, before_kib) : why;
}

static void tell(const Run *run, const SuiteExample *example, const char *law, char *why)
{
    g_autofree char *name = g_strdup_printf("%s: %s", name_of(example), law);
    run_tell(run, name, why);
}

static bool wanted(const Run *run, const SuiteExample *example, const char *law)
{
    g_autofree char *name = g_strdup_printf("%s: %s", name_of(example), law);
    return run_wants(run, name);
}

/* At each request up to the first that may change something. */
static void run_law(const Run *run, const SuiteExample *example, const Law *law,
                    const GPtrArray *good)
{
    if (!wanted(run, example, law->name))
        return;
    char *why = NULL;
    bool reads = true;
    for (unsigned i = 0; i < good->len && why == NULL && reads; i++) {
        const MimicRequest *request = g_ptr_array_index(good, i);
        reads = is_read_method(request);
        g_autofree char *found = try_law(run, example, law, i, reads);
        if (found != NULL)
            why = g_strdup_printf("at request %u, %s %s: %s", i + 1, request->method, request->path,
                                  found);
    }
    tell(run, example, law->name, why);
}

/* ---- laws of one shape each --------------------------------------------------------------- */

static char *try_unreachable(const Run *run, const SuiteExample *example, const GPtrArray *good)
{
    (void)good;
    char *why = NULL;
    const PlayScene scene = {.server = &example->server, .unreachable = true};
    if (!trial_begin(run->trial, &scene, &why))
        return why;
    g_autofree char *input = example_input(example);
    const PlayCall call = example_call(example, input, "law-key-1");
    const PlayResult *result;
    why = run_call(run, &call, &result);
    return why != NULL ? why : outcome_differs(OUTCOME_RETRY, result);
}

static char *try_redirect(const Run *run, const SuiteExample *example, const GPtrArray *good)
{
    static const int statuses[] = {301, 302, 307, 308};
    (void)good;
    g_autofree char *to = g_strdup_printf("%s/stolen", trial_words(run->trial)->elsewhere);
    unsigned before = trial_elsewhere(run->trial);
    char *why = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(statuses) && why == NULL; i++) {
        const Law law = {.how = {.status = statuses[i], .location = to},
                         .meaning = MEANS_PERMANENT};
        why = try_law(run, example, &law, 0, true);
    }
    return why == NULL && trial_elsewhere(run->trial) > before
               ? g_strdup("it followed a redirect to another host")
               : why;
}

/* A token that is refused once is replaced, and the call goes on. */
static char *try_new_token(const Run *run, const SuiteExample *example, const GPtrArray *good)
{
    (void)good;
    char *why = NULL;
    if (!begin(run, example, &why))
        return why;
    trial_misconduct(run->trial, &(Misconduct){.status = 401, .first = 0, .last = 0});
    g_autofree char *input = example_input(example);
    const PlayCall call = example_call(example, input, "law-key-1");
    const PlayResult *result;
    why = run_call(run, &call, &result);
    return why != NULL ? why : outcome_differs(OUTCOME_OK, result);
}

/* Cancelled while it waits for each answer: one result, which claims nothing. */
static char *cancel_at(const Run *run, const SuiteExample *example, unsigned position,
                       MimicFault fault)
{
    char *why = NULL;
    if (!begin(run, example, &why))
        return why;
    trial_misconduct(run->trial,
                     &(Misconduct){.fault = fault, .first = position, .last = UINT_MAX});
    g_autofree char *input = example_input(example);
    const PlayCall call = example_call(example, input, "law-key-1");
    uint64_t id = trial_send(run->trial, &call, &why);
    if (id == 0)
        return why;
    trial_wait_attempts(run->trial, position + 1);
    trial_cancel(run->trial, id);
    if (!trial_wait(run->trial, &why))
        return why;
    const PlayResult *result = trial_result(run->trial, id);
    if (result->made_by_hub)
        return g_strdup("the handler did not return when it was cancelled");
    return result->times != 1 || trial_strays(run->trial) > 0
               ? g_strdup("it gave more than one result")
           : result->outcome == OUTCOME_OK ? g_strdup("it claims to have been applied")
                                           : NULL;
}

static char *try_cancel(const Run *run, const SuiteExample *example, const GPtrArray *good)
{
    static const MimicFault points[] = {MIMIC_HANG, MIMIC_HANG_HEAD, MIMIC_HANG_BODY};
    char *why = NULL;
    for (unsigned i = 0; i < good->len && why == NULL; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(points) && why == NULL; j++)
            why = cancel_at(run, example, i, points[j]);
    return why;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* The good call: it has to be good, or the laws would be tried on nothing. */
static char *try_good(const Run *run, const SuiteExample *example, GPtrArray **ret_good,
                      bool *ret_tokens)
{
    char *why = NULL;
    if (!begin(run, example, &why))
        return why;
    g_autofree char *input = example_input(example);
    const PlayCall call = example_call(example, input, "law-key-1");
    const PlayResult *result;
    why = run_call(run, &call, &result);
    *ret_good = trial_attempts(run->trial);
    *ret_tokens = trial_server_requests(run->trial) > 0;
    g_autoptr(GPtrArray) troubles = trial_troubles(run->trial);
    if (why == NULL && troubles->len > 0)
        why = g_strdup(g_ptr_array_index(troubles, 0));
    return why != NULL ? why : outcome_differs(OUTCOME_OK, result);
}

static void run_single(const Run *run, const SuiteExample *example, const GPtrArray *good,
                       bool tokens)
{
    static const struct {
        const char *name;
        char *(*try)(const Run *run, const SuiteExample *example, const GPtrArray *good);
        bool of_tokens;
    } rows[] = {
        {"nobody listens", try_unreachable, false},
        {"a redirect to another host is not followed", try_redirect, false},
        {"cancelled at any waiting point", try_cancel, false},
        {"401 once takes a new token", try_new_token, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if ((tokens || !rows[i].of_tokens) && wanted(run, example, rows[i].name))
            tell(run, example, rows[i].name, rows[i].try(run, example, good));
}

static void run_example(const Run *run, const SuiteExample *example)
{
    g_autoptr(GPtrArray) good = NULL;
    bool tokens = false;
    char *why = try_good(run, example, &good, &tokens);
    bool works = why == NULL;
    tell(run, example, "the example is good", why);
    if (!works)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(laws) && good->len > 0; i++)
        run_law(run, example, &laws[i], good);
    for (size_t i = 0; i < G_N_ELEMENTS(token_laws) && tokens; i++)
        run_law(run, example, &token_laws[i], good);
    if (good->len > 0)
        run_single(run, example, good, tokens);
    if (example->source != NULL)
        suite_run_source_laws(run, example);
    else
        suite_run_input_laws(run, example);
}

/* "note.write: 4*" wants laws of note.write only. */
static bool wants_some(const Run *run, const SuiteExample *example)
{
    const char *only = run->options->only;
    const char *colon = only != NULL ? strchr(only, ':') : NULL;
    g_autofree char *names = colon != NULL ? g_strndup(only, (gsize)(colon - only)) : NULL;
    return only == NULL || g_pattern_match_simple(names != NULL ? names : only, name_of(example));
}

void suite_run_laws(const Run *run)
{
    for (size_t i = 0; i < run->suite->n_examples; i++)
        if (wants_some(run, &run->suite->examples[i]))
            run_example(run, &run->suite->examples[i]);
}
