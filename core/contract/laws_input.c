/* Laws of actions: the key, many at once, hostile texts, amounts. */
#include <string.h>

#include "base/json.h"
#include "contract/report.h"
#include "model/event.h"

enum { AT_ONCE = 200 };

static bool begin(const Run *run, const SuiteExample *example, char **ret_why)
{
    const PlayScene scene = {.server = &example->server};
    return trial_begin(run->trial, &scene, ret_why);
}

/* ---- the key ------------------------------------------------------------------------------ */

/* Of the moment: what signs or dates one attempt. */
static bool is_of_the_moment(const char *name)
{
    static const char *const parts[] = {"authorization", "date",       "timestamp",
                                        "signature",     "user-agent", "host"};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(name, parts[i]) != NULL)
            return true;
    return false;
}

/* Everything of the attempts but what belongs to the moment. */
static char *attempts_text(const GPtrArray *attempts)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < attempts->len; i++) {
        const MimicRequest *request = g_ptr_array_index(attempts, i);
        const char *name;
        json_t *value;
        gsize n;
        const char *body = g_bytes_get_data(request->body, &n);
        g_string_append_printf(text, "%s %s?%s\n", request->method, request->path, request->query);
        json_object_foreach(request->headers, name, value)
        {
            if (!is_of_the_moment(name))
                g_string_append_printf(text, "%s: %s\n", name, json_string_value(value));
        }
        g_string_append_len(text, body != NULL ? body : "", (gssize)n);
    }
    return g_string_free(text, FALSE);
}

static char *attempts_with(const Run *run, const SuiteExample *example, const char *key,
                           char **ret_text)
{
    trial_misconduct(run->trial, NULL);
    g_autofree char *input = example_input(example);
    const PlayCall call = example_call(example, input, key);
    const PlayResult *result;
    char *why = run_call(run, &call, &result);
    g_autoptr(GPtrArray) attempts = trial_attempts(run->trial);
    *ret_text = attempts_text(attempts);
    return why;
}

/* Where the platform is said to know the key: one key, one request; another key, another. */
static char *try_key(const Run *run, const SuiteExample *example)
{
    const json_t *action = manifest_action(run->manifest, example->action);
    bool keyed = g_strcmp0(json_string_value(json_object_get(action, "repeat")), "key") == 0;
    g_autofree char *first = NULL, *again = NULL, *other = NULL;
    char *why = NULL;
    if (!keyed || !begin(run, example, &why))
        return why;
    why = attempts_with(run, example, "law-key-1", &first);
    if (why == NULL)
        why = attempts_with(run, example, "law-key-1", &again);
    if (why == NULL)
        why = attempts_with(run, example, "law-key-2", &other);
    if (why != NULL)
        return why;
    if (strcmp(first, again) != 0)
        return g_strdup_printf("two attempts under one key differ:\n%s\nand\n%s", first, again);
    return strcmp(first, other) == 0
               ? g_strdup(
                     "another key makes the same requests: the platform cannot tell them apart")
               : NULL;
}

/* ---- many at once ------------------------------------------------------------------------- */

static char *judge_many(const Run *run, const uint64_t *ids)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        const PlayResult *result = trial_result(run->trial, ids[i]);
        if (result->times != 1)
            return g_strdup_printf("call %u has %u results", i + 1, result->times);
        if (result->outcome != OUTCOME_OK)
            return g_strdup_printf("call %u: %s (%s)", i + 1, play_outcome(result->outcome),
                                   result->message != NULL ? result->message : "no message");
        char *shown = run_secret_shown(run, result);
        if (shown != NULL)
            return shown;
    }
    return trial_strays(run->trial) > 0 ? g_strdup("results came for no call") : NULL;
}

static char *try_many(const Run *run, const SuiteExample *example)
{
    char *why = NULL;
    if (!begin(run, example, &why))
        return why;
    g_autofree char *input = example_input(example);
    uint64_t ids[AT_ONCE];
    for (unsigned i = 0; i < AT_ONCE; i++) {
        g_autofree char *key = g_strdup_printf("law-key-%u", i);
        const PlayCall call = example_call(example, input, key);
        ids[i] = trial_send(run->trial, &call, &why);
        if (ids[i] == 0)
            return why;
    }
    return trial_wait(run->trial, &why) ? judge_many(run, ids) : why;
}

/* ---- hostile texts ------------------------------------------------------------------------ */

static const char *const hostile[] = {
    "\r\nX-Injected: yes\r\n\r\nGET /stolen HTTP/1.1\r\n\r\n",
    "=HYPERLINK(\"http://stolen.invalid\")",
    "<script>alert(1)</script><!--",
    "\",\"admin\":true,\"x\":\"",
    "' OR Name != '",
    "]]><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]>&y;",
    "\xd8\xb9\xd9\x84\xd9\x8a \xe5\x90\x8d\xe5\x89\x8d \xe2\x80\xae \xf0\x9f\x92\xb8",
};

/* Every text below it, as pointers to the place: the list holds the containers. */
typedef struct {
    json_t *holder;
    const char *name; /* of an object */
    size_t at;        /* of a list */
} TextPlace;

static void find_texts(json_t *json, GArray *places)
{
    const char *name;
    json_t *value;
    size_t i;
    json_object_foreach(json, name, value)
    {
        const TextPlace place = {json, name, 0};
        if (json_is_string(value))
            g_array_append_val(places, place);
        else
            find_texts(value, places);
    }
    json_array_foreach(json, i, value)
    {
        const TextPlace place = {json, NULL, i};
        if (json_is_string(value))
            g_array_append_val(places, place);
        else
            find_texts(value, places);
    }
}

static json_t *text_at(const TextPlace *place)
{
    return place->name != NULL ? json_object_get(place->holder, place->name)
                               : json_array_get(place->holder, place->at);
}

static void set_text(const TextPlace *place, json_t *text)
{
    if (place->name != NULL)
        json_object_set(place->holder, place->name, text);
    else
        json_array_set(place->holder, place->at, text);
}

static bool is_type(const MimicRequest *request, const char *type)
{
    const char *given = json_string_value(json_object_get(request->headers, "content-type"));
    return given != NULL && strstr(given, type) != NULL;
}

static char *request_broken(const MimicRequest *request)
{
    gsize n;
    const char *body = g_bytes_get_data(request->body, &n);
    if (json_object_get(request->headers, "x-injected") != NULL ||
        strcmp(request->path, "/stolen") == 0)
        return g_strdup("a line break in the input became a header or a request");
    if (!is_type(request, "json") || n == 0)
        return NULL;
    g_autoptr(json_t) json = json_loadb(body, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return json == NULL
               ? g_strdup_printf("the input broke the JSON of the body: %.*s", (int)n, body)
           : json_object_get(json, "admin") != NULL
               ? g_strdup("the input added a member to the body")
               : NULL;
}

static char *judge_hostile(const Run *run, const PlayResult *result)
{
    g_autoptr(GPtrArray) attempts = trial_attempts(run->trial);
    for (guint i = 0; i < attempts->len; i++) {
        char *why = request_broken(g_ptr_array_index(attempts, i));
        if (why != NULL)
            return why;
    }
    return result->outcome == OUTCOME_OK || result->outcome == OUTCOME_PERMANENT
               ? NULL
               : g_strdup_printf("%s (%s)", play_outcome(result->outcome),
                                 result->message != NULL ? result->message : "no message");
}

/* The text with the hostile one behind it, in this place only. */
static char *try_text(const Run *run, const SuiteExample *example, json_t *input,
                      const TextPlace *place, const char *text)
{
    g_autoptr(json_t) before = json_incref(text_at(place));
    g_autofree char *joined = g_strconcat(json_string_value(before), text, NULL);
    g_autoptr(json_t) changed = json_string(joined);
    set_text(place, changed);
    g_autofree char *written = json_canonical(input);
    set_text(place, before);
    trial_misconduct(run->trial, NULL);
    const PlayCall call = example_call(example, written, "law-key-1");
    const PlayResult *result;
    char *why = run_call(run, &call, &result);
    if (why == NULL)
        why = judge_hostile(run, result);
    if (why == NULL)
        return NULL;
    g_autofree char *escaped = g_strescape(text, NULL);
    char *placed = g_strdup_printf("'%s' with \"%s\": %s",
                                   place->name != NULL ? place->name : "item", escaped, why);
    g_free(why);
    return placed;
}

static char *try_hostile(const Run *run, const SuiteExample *example)
{
    char *why = NULL;
    if (!begin(run, example, &why))
        return why;
    g_autoptr(json_t) input = json_deep_copy(example->input);
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(TextPlace));
    find_texts(input, places);
    for (guint i = 0; i < places->len && why == NULL; i++)
        for (size_t j = 0; j < G_N_ELEMENTS(hostile) && why == NULL; j++)
            why = try_text(run, example, input, &g_array_index(places, TextPlace, i), hostile[j]);
    return why;
}

/* ---- amounts ------------------------------------------------------------------------------ */

static void set_at(json_t *root, const char *pointer, json_t *value)
{
    g_auto(GStrv) parts = g_strsplit(pointer, "/", -1);
    json_t *holder = root;
    guint n = g_strv_length(parts);
    for (guint i = 1; i + 1 < n; i++)
        holder = json_is_array(holder)
                     ? json_array_get(holder, (size_t)g_ascii_strtoull(parts[i], NULL, 10))
                     : json_object_get(holder, parts[i]);
    json_object_set_new(holder, parts[n - 1], value);
}

/* Not as a part of a longer number. */
static bool holds_number(const char *text, const char *number)
{
    size_t n = strlen(number);
    for (const char *at = strstr(text, number); at != NULL; at = strstr(at + 1, number)) {
        bool before = at > text && (g_ascii_isdigit(at[-1]) || at[-1] == '.');
        bool after = g_ascii_isdigit(at[n]) || (at[n] == '.' && g_ascii_isdigit(at[n + 1]));
        if (!before && !after)
            return true;
    }
    return false;
}

static char *try_amounts(const Run *run, const SuiteExample *example)
{
    static const struct {
        int minor;
        const char *currency, *whole, *text, *shorter;
    } rows[] = {
        {123456, "JPY", "123456", "123456", "123456"},
        {123456, "KWD", "123456", "123.456", "123.456"},
        {1, "USD", "1", "0.01", "0.01"},
        {1234560, "EUR", "1234560", "12345.60", "12345.6"},
        {-5, "USD", "-5", "-0.05", "-0.05"},
        {110, "USD", "110", "1.10", "1.1"},
    };
    char *why = NULL;
    if (example->amount == NULL || !begin(run, example, &why))
        return why;
    for (size_t i = 0; i < G_N_ELEMENTS(rows) && why == NULL; i++) {
        g_autoptr(json_t) input = json_deep_copy(example->input);
        set_at(input, example->amount, json_integer(rows[i].minor));
        if (example->currency != NULL)
            set_at(input, example->currency, json_string(rows[i].currency));
        g_autofree char *written = json_canonical(input);
        trial_misconduct(run->trial, NULL);
        const PlayCall call = example_call(example, written, "law-key-1");
        const PlayResult *result;
        why = run_call(run, &call, &result);
        g_autoptr(GPtrArray) attempts = trial_attempts(run->trial);
        g_autofree char *text = attempts_text(attempts);
        if (why == NULL && result->outcome == OUTCOME_OK && !holds_number(text, rows[i].whole) &&
            !holds_number(text, rows[i].text) && !holds_number(text, rows[i].shorter))
            why = g_strdup_printf("%d minor units of %s show in no request", rows[i].minor,
                                  rows[i].currency);
        else if (why == NULL && result->outcome != OUTCOME_OK &&
                 result->outcome != OUTCOME_PERMANENT)
            why = g_strdup_printf("%d minor units of %s: %s", rows[i].minor, rows[i].currency,
                                  play_outcome(result->outcome));
    }
    return why;
}

void suite_run_input_laws(const Run *run, const SuiteExample *example)
{
    static const struct {
        const char *name;
        char *(*try)(const Run *run, const SuiteExample *example);
    } rows[] = {
        {"the key is the same on every attempt", try_key},
        {"200 calls at once", try_many},
        {"hostile texts", try_hostile},
        {"amounts of other currencies", try_amounts},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("%s: %s", example->action, rows[i].name);
        bool fits = rows[i].try != try_amounts || example->amount != NULL;
        if (fits && run_wants(run, name))
            run_tell(run, name, rows[i].try(run, example));
    }
}
