#include "contract/trial.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/json.h"

enum { TURN_MS = 20, SKEW_MS = 2000, ENDING_MAX = 8 };

typedef struct {
    GBytes *value;
    uint64_t version;
} Kept;

struct Trial {
    const Suite *suite;
    Clock clock;
    int64_t skew_ms;
    char *run_dir, *instance;
    Bus *bus;
    Mimic *mimic, *elsewhere;
    PatternWords words;
    unsigned instances;
    uint64_t next_call;
    GHashTable *results; /* id -> PlayResult */
    GHashTable *state;   /* name -> Kept */
    int refuse_after, pages;
    char *down; /* why the host ended */
    /* under the mimic's lock */
    PlayScene scene;
    Misconduct misconduct;
    size_t at;
    int64_t left; /* of the row at `at` */
    char *key;
    unsigned server_requests;
    GPtrArray *attempts, *troubles;
};

const char *play_outcome(int outcome)
{
    static const char *const names[] = {"ok", "retry", "permanent", "auth", "uncertain", "absent"};
    return outcome >= 0 && (size_t)outcome < G_N_ELEMENTS(names) ? names[outcome] : "unknown";
}

/* ---- the platform; under the mimic's lock ------------------------------------------------- */

static void add_header_line(GString *lines, const char *name, const char *value)
{
    g_string_append_printf(lines, "%s: %s\r\n", name, value);
}

static char *form_text(const json_t *form)
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

static char *answer_body(const Exchange *exchange, const PatternWords *words, const char **ret_type)
{
    *ret_type = NULL;
    if (exchange->json != NULL) {
        g_autoptr(json_t) filled = pattern_fill_json(exchange->json, words);
        char *text = json_dumps(filled, JSON_ENCODE_ANY | JSON_COMPACT);
        char *owned = g_strdup(text);
        free(text);
        *ret_type = "application/json";
        return owned;
    }
    if (exchange->form != NULL) {
        g_autoptr(json_t) filled = pattern_fill_json(exchange->form, words);
        *ret_type = "application/x-www-form-urlencoded";
        return form_text(filled);
    }
    return exchange->body != NULL ? pattern_fill(exchange->body, words) : NULL;
}

static void answer_by(const Exchange *exchange, const PatternWords *words, MimicAnswer *ret_answer)
{
    g_autoptr(json_t) headers = pattern_fill_json(exchange->headers, words);
    GString *lines = g_string_new(NULL);
    const char *type, *name;
    json_t *value;
    bool typed = false;
    ret_answer->body = answer_body(exchange, words, &type);
    json_object_foreach(headers, name, value)
    {
        typed |= g_ascii_strcasecmp(name, "content-type") == 0;
        if (json_is_string(value))
            add_header_line(lines, name, json_string_value(value));
        else if (json_is_integer(value))
            g_string_append_printf(lines, "%s: %" JSON_INTEGER_FORMAT "\r\n", name,
                                   json_integer_value(value));
    }
    if (type != NULL && !typed)
        add_header_line(lines, "Content-Type", type);
    ret_answer->status = (int)exchange->status;
    ret_answer->fault = (MimicFault)exchange->fault;
    ret_answer->headers = g_string_free(lines, FALSE);
}

static void misbehave(const Misconduct *how, MimicAnswer *answer)
{
    answer->fault = how->fault;
    if (how->status == 0)
        return;
    g_free(answer->headers);
    g_free(answer->body);
    GString *lines = g_string_new("Content-Type: application/json\r\n");
    if (how->retry_after_s > 0)
        g_string_append_printf(lines, "Retry-After: %d\r\n", how->retry_after_s);
    if (how->location != NULL)
        add_header_line(lines, "Location", how->location);
    answer->status = how->status;
    answer->headers = g_string_free(lines, FALSE);
    answer->body = g_strdup("{\"error\":\"invalid_grant\",\"message\":\"this is only played\"}");
}

static const Exchange *fitting(const Script *script, const MimicRequest *request,
                               const PatternWords *words)
{
    for (size_t i = 0; script != NULL && i < script->n; i++) {
        g_autofree char *found = request_difference(&script->rows[i].request, request, words);
        if (found == NULL)
            return &script->rows[i];
    }
    return NULL;
}

/* The next one that is expected; NULL: it is another, which is a trouble. */
static const Exchange *next_expected(Trial *trial, const MimicRequest *request)
{
    const Script *script = trial->scene.ordered;
    if (trial->at >= script->n) {
        g_ptr_array_add(trial->troubles,
                        g_strdup_printf("%s %s was not expected: all %zu requests had come",
                                        request->method, request->path, script->n));
        return NULL;
    }
    const Exchange *row = &script->rows[trial->at];
    char *found = request_difference(&row->request, request, &trial->words);
    if (found != NULL) {
        g_ptr_array_add(trial->troubles, g_strdup_printf("request %zu, %s %s: %s", trial->at + 1,
                                                         request->method, request->path, found));
        g_free(found);
        return NULL;
    }
    if (--trial->left == 0) {
        trial->at++;
        trial->left = trial->at < script->n ? script->rows[trial->at].times : 0;
    }
    return row;
}

static void answer_unknown(MimicAnswer *ret_answer)
{
    ret_answer->status = 404;
    ret_answer->headers = g_strdup("Content-Type: application/json\r\n");
    ret_answer->body = g_strdup("{\"error\":\"the contract has no answer to this\"}");
}

static const Exchange *attempt(Trial *trial, const MimicRequest *request)
{
    g_ptr_array_add(trial->attempts, mimic_request_copy(request));
    if (trial->scene.ordered != NULL)
        return next_expected(trial, request);
    const Exchange *row = fitting(trial->scene.server, request, &trial->words);
    if (row == NULL)
        g_ptr_array_add(trial->troubles,
                        g_strdup_printf("nothing answers %s %s", request->method, request->path));
    return row;
}

static void on_request(void *data, const MimicRequest *request, MimicAnswer *ret_answer)
{
    Trial *trial = data;
    const Misconduct *how = &trial->misconduct;
    const Exchange *row = fitting(&trial->suite->server, request, &trial->words);
    bool of_server = row != NULL;
    unsigned n = of_server ? trial->server_requests++ : trial->attempts->len;
    if (!of_server)
        row = attempt(trial, request);
    if (row != NULL)
        answer_by(row, &trial->words, ret_answer);
    else
        answer_unknown(ret_answer);
    bool misbehaves = how->status != 0 || how->fault != MIMIC_GOOD;
    if (misbehaves && how->of_server == of_server && n >= how->first && n <= how->last)
        misbehave(how, ret_answer);
}

static void on_elsewhere(void *data, const MimicRequest *request, MimicAnswer *ret_answer)
{
    (void)data, (void)request;
    ret_answer->status = 200;
    ret_answer->body = g_strdup("{}");
}

/* ---- the hub's side ----------------------------------------------------------------------- */

static void result_free(void *data)
{
    PlayResult *result = data;
    g_free(result->code);
    g_free(result->message);
    g_free(result->external_id);
    g_free(result->data);
    g_ptr_array_unref(result->events);
    g_ptr_array_unref(result->cursors);
    g_array_unref(result->page_ends);
    g_ptr_array_unref(result->findings);
    g_free(result);
}

static PlayResult *result_new(void)
{
    PlayResult *result = g_new0(PlayResult, 1);
    result->events = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    result->cursors = g_ptr_array_new_with_free_func(g_free);
    result->page_ends = g_array_new(FALSE, FALSE, sizeof(unsigned));
    result->findings = g_ptr_array_new_with_free_func(g_free);
    return result;
}

static void kept_free(void *data)
{
    Kept *kept = data;
    g_bytes_unref(kept->value);
    g_free(kept);
}

static void on_result(void *data, const char *instance, const BusResult *from)
{
    (void)instance;
    const Trial *trial = data;
    PlayResult *result = g_hash_table_lookup(trial->results, &from->call);
    if (result == NULL || result->times++ > 0)
        return;
    result->outcome = from->outcome;
    result->retry_after_ms = from->retry_after_ms;
    result->code = g_strdup(from->code);
    result->message = g_strdup(from->message);
    result->external_id = g_strdup(from->external_id);
    result->data = g_strdup(from->data);
    result->made_by_hub = from->made_by_hub;
}

static bool on_page(void *data, const char *instance, uint64_t call, const json_t *const *events,
                    size_t n, const char *cursor)
{
    (void)instance;
    Trial *trial = data;
    PlayResult *result = g_hash_table_lookup(trial->results, &call);
    if (result == NULL || (trial->refuse_after >= 0 && trial->pages >= trial->refuse_after))
        return false;
    trial->pages++;
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(result->events, json_incref((json_t *)events[i]));
    g_ptr_array_add(result->cursors, g_strdup(cursor != NULL ? cursor : ""));
    g_array_append_val(result->page_ends, result->events->len);
    return true;
}

static bool on_state_get(void *data, const char *instance, const char *name, GBytes **ret_value,
                         uint64_t *ret_version)
{
    (void)instance;
    const Trial *trial = data;
    const Kept *kept = g_hash_table_lookup(trial->state, name);
    if (kept == NULL)
        return false;
    *ret_value = g_bytes_ref(kept->value);
    *ret_version = kept->version;
    return true;
}

static void keep(Trial *trial, const char *name, const void *bytes, size_t n, uint64_t version)
{
    Kept *kept = g_new0(Kept, 1);
    *kept = (Kept){g_bytes_new(bytes, n), version};
    g_hash_table_insert(trial->state, g_strdup(name), kept);
}

static int on_state_put(void *data, const char *instance, const char *name, const void *bytes,
                        size_t n, uint64_t expected_version)
{
    (void)instance;
    Trial *trial = data;
    const Kept *kept = g_hash_table_lookup(trial->state, name);
    if (expected_version != (kept != NULL ? kept->version : 0))
        return 1;
    keep(trial, name, bytes, n, expected_version + 1);
    return 0;
}

static void on_finding(void *data, const char *instance, uint64_t call, const char *place,
                       const char *message)
{
    (void)instance;
    const Trial *trial = data;
    PlayResult *result = g_hash_table_lookup(trial->results, &call);
    if (result != NULL)
        g_ptr_array_add(result->findings,
                        g_strdup_printf("%s: %s", place != NULL ? place : "", message));
}

static void on_down(void *data, const char *instance, const char *why)
{
    Trial *trial = data;
    if (g_strcmp0(instance, trial->instance) != 0)
        return;
    g_free(trial->down);
    trial->down = g_strdup(why != NULL ? why : "no reason");
}

/* ---- time: the machine's, moved on where only a pace is waited for ------------------------- */

static Instant clock_now(Clock *clock)
{
    const Trial *trial = (const Trial *)((const char *)clock - offsetof(Trial, clock));
    return g_get_real_time() / 1000 + trial->skew_ms;
}

static int64_t clock_monotonic(Clock *clock)
{
    const Trial *trial = (const Trial *)((const char *)clock - offsetof(Trial, clock));
    return g_get_monotonic_time() / 1000 + trial->skew_ms;
}

static void turn(Trial *trial)
{
    zmq_pollitem_t items[4];
    int n = (int)bus_poll_items(trial->bus, items, G_N_ELEMENTS(items));
    zmq_poll(items, n, (long)MIN(bus_wait_ms(trial->bus), TURN_MS));
    bus_turn(trial->bus);
}

static int64_t patience(void)
{
    return g_get_monotonic_time() / 1000 + TRIAL_PATIENCE_MS;
}

static bool out_of_patience(int64_t until)
{
    return g_get_monotonic_time() / 1000 > until;
}

/* ---- opening and closing ------------------------------------------------------------------ */

Trial *trial_new(const Suite *suite, const SuiteOptions *options, GError **error)
{
    g_autoptr(Trial) trial = g_new0(Trial, 1);
    trial->suite = suite;
    trial->clock = (Clock){clock_now, clock_monotonic};
    trial->results = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, result_free);
    trial->state = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
    trial->attempts = g_ptr_array_new_with_free_func((GDestroyNotify)mimic_request_free);
    trial->troubles = g_ptr_array_new_with_free_func(g_free);
    trial->refuse_after = -1;
    trial->run_dir = g_dir_make_tmp("dunhub-contract-XXXXXX", error);
    trial->mimic = trial->run_dir != NULL ? mimic_new(on_request, trial, error) : NULL;
    trial->elsewhere = trial->mimic != NULL ? mimic_new(on_elsewhere, trial, error) : NULL;
    if (trial->elsewhere == NULL)
        return NULL;
    trial->words.server = mimic_url(trial->mimic);
    trial->words.elsewhere = mimic_url(trial->elsewhere);
    const BusEvents events = {.data = trial,
                              .result = on_result,
                              .page = on_page,
                              .state_get = on_state_get,
                              .state_put = on_state_put,
                              .finding = on_finding,
                              .down = on_down};
    trial->bus = bus_new(trial->run_dir, options->plugin_dir, options->host_program, NULL,
                         &trial->clock, &events, error);
    return trial->bus != NULL ? g_steal_pointer(&trial) : NULL;
}

void trial_free(Trial *trial)
{
    g_clear_pointer(&trial->bus, bus_free);
    g_clear_pointer(&trial->mimic, mimic_free);
    g_clear_pointer(&trial->elsewhere, mimic_free);
    if (trial->run_dir != NULL)
        g_rmdir(trial->run_dir);
    g_free(trial->run_dir);
    g_free(trial->instance);
    g_free(trial->down);
    g_free(trial->key);
    g_hash_table_unref(trial->results);
    g_hash_table_unref(trial->state);
    g_ptr_array_unref(trial->attempts);
    g_ptr_array_unref(trial->troubles);
    g_free(trial);
}

const PatternWords *trial_words(const Trial *trial)
{
    return &trial->words;
}

/* ---- scenes ------------------------------------------------------------------------------- */

static const char *state_of(const Trial *trial, BusStatus *ret_row)
{
    BusStatus rows[BUS_INSTANCES_MAX];
    size_t n = bus_status(trial->bus, rows, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < n; i++)
        if (g_strcmp0(rows[i].instance, trial->instance) == 0) {
            *ret_row = rows[i];
            return rows[i].state;
        }
    *ret_row = (BusStatus){0};
    return "gone";
}

/* Hosts that are ending may be there beside the new one, but not many. */
static void end_scene(Trial *trial)
{
    BusStatus rows[ENDING_MAX + 1];
    int64_t until = patience();
    if (trial->instance != NULL)
        bus_remove(trial->bus, trial->instance);
    while (bus_status(trial->bus, rows, G_N_ELEMENTS(rows)) > ENDING_MAX && !out_of_patience(until))
        turn(trial);
    g_clear_pointer(&trial->instance, g_free);
    g_clear_pointer(&trial->down, g_free);
    g_hash_table_remove_all(trial->results);
    g_hash_table_remove_all(trial->state);
}

static json_t *options_of(const Trial *trial, const PlayScene *scene)
{
    PatternWords words = trial->words;
    if (scene->unreachable)
        words.server = "http://127.0.0.1:1";
    json_t *options = trial->suite->options != NULL
                          ? pattern_fill_json(trial->suite->options, &words)
                          : json_object();
    g_autoptr(json_t) over = pattern_fill_json(scene->over, &words);
    if (over != NULL)
        json_object_update(options, over);
    return options;
}

static void fill_state(Trial *trial, const json_t *state)
{
    g_autoptr(json_t) filled = pattern_fill_json(state, &trial->words);
    const char *name;
    json_t *value;
    json_object_foreach(filled, name, value)
    {
        char *text =
            json_is_string(value) ? g_strdup(json_string_value(value)) : json_canonical(value);
        keep(trial, name, text, strlen(text), 1);
        g_free(text);
    }
}

static void forget_seen(Trial *trial)
{
    g_ptr_array_set_size(trial->attempts, 0);
    g_ptr_array_set_size(trial->troubles, 0);
    trial->server_requests = 0;
}

static bool wait_up(Trial *trial, char **ret_why)
{
    BusStatus row;
    int64_t until = patience();
    while (strcmp(state_of(trial, &row), "up") != 0 && trial->down == NULL &&
           !out_of_patience(until))
        turn(trial);
    if (strcmp(row.state != NULL ? row.state : "", "up") == 0)
        return true;
    *ret_why = g_strdup_printf("the plugin did not start: %s",
                               trial->down != NULL ? trial->down : "no answer");
    return false;
}

bool trial_begin(Trial *trial, const PlayScene *scene, char **ret_why)
{
    end_scene(trial);
    mimic_lock(trial->mimic);
    forget_seen(trial);
    trial->scene = *scene;
    trial->misconduct = (Misconduct){0};
    trial->at = 0;
    trial->left =
        scene->ordered != NULL && scene->ordered->n > 0 ? scene->ordered->rows[0].times : 0;
    mimic_unlock(trial->mimic);
    trial->refuse_after = -1;
    fill_state(trial, scene->state);
    trial->instance = g_strdup_printf("contract-%u", ++trial->instances);
    g_autoptr(json_t) options = options_of(trial, scene);
    g_autoptr(GError) error = NULL;
    const InstanceConfig config = {.name = trial->instance,
                                   .plugin = trial->suite->plugin,
                                   .isolate = ISOLATE_PROCESS,
                                   .options = options,
                                   .keeps_calling = true};
    if (bus_add(trial->bus, &config, &error))
        return wait_up(trial, ret_why);
    *ret_why = g_strdup(error->message);
    return false;
}

void trial_misconduct(Trial *trial, const Misconduct *misconduct)
{
    mimic_lock(trial->mimic);
    forget_seen(trial);
    trial->misconduct = misconduct != NULL ? *misconduct : (Misconduct){0};
    mimic_unlock(trial->mimic);
}

void trial_refuse_pages(Trial *trial, int after)
{
    trial->refuse_after = after;
    trial->pages = 0;
}

/* ---- calls -------------------------------------------------------------------------------- */

/* Where only the plugin's pace is waited for, time moves on by itself. */
static bool wait_credit(Trial *trial)
{
    int64_t until = patience();
    while (bus_credit(trial->bus, trial->instance) == 0) {
        if (out_of_patience(until) || trial->down != NULL)
            return false;
        if (bus_in_flight(trial->bus) == 0)
            trial->skew_ms += CLAMP(bus_wait_ms(trial->bus), 1, SKEW_MS);
        turn(trial);
    }
    return true;
}

static GBytes **bodies_of(const char *const *texts, size_t *ret_n)
{
    *ret_n = texts != NULL ? g_strv_length((char **)texts) : 0;
    GBytes **bodies = g_new0(GBytes *, *ret_n + 1);
    for (size_t i = 0; i < *ret_n; i++)
        bodies[i] = g_bytes_new(texts[i], strlen(texts[i]));
    return bodies;
}

static void set_key(Trial *trial, const char *key)
{
    mimic_lock(trial->mimic);
    g_free(trial->key);
    trial->key = g_strdup(key);
    trial->words.key = trial->key;
    mimic_unlock(trial->mimic);
}

uint64_t trial_send(Trial *trial, const PlayCall *call, char **ret_why)
{
    if (!wait_credit(trial)) {
        *ret_why = g_strdup_printf("the plugin takes no call: %s",
                                   trial->down != NULL ? trial->down : "it has no credit");
        return 0;
    }
    size_t n;
    GBytes **bodies = bodies_of(call->bodies, &n);
    uint64_t *id = g_new(uint64_t, 1);
    *id = ++trial->next_call;
    uint64_t sent = *id;
    set_key(trial, call->key);
    g_hash_table_insert(trial->results, id, result_new());
    const BusCall message = {.id = sent,
                             .kind = call->kind,
                             .verb = call->verb,
                             .key = call->key,
                             .input = call->input,
                             .bodies = bodies,
                             .n_bodies = n,
                             .deadline_ms = call->deadline_ms};
    g_autoptr(GError) error = NULL;
    bool good = bus_send(trial->bus, trial->instance, &message, &error);
    for (size_t i = 0; i < n; i++)
        g_bytes_unref(bodies[i]);
    g_free(bodies);
    if (good)
        return sent;
    *ret_why = g_strdup(error->message);
    return 0;
}

bool trial_wait(Trial *trial, char **ret_why)
{
    int64_t until = patience();
    while (bus_in_flight(trial->bus) > 0) {
        if (out_of_patience(until)) {
            *ret_why = g_strdup("a call never came to a result");
            return false;
        }
        turn(trial);
    }
    return true;
}

const PlayResult *trial_result(const Trial *trial, uint64_t id)
{
    return g_hash_table_lookup(trial->results, &id);
}

const PlayResult *trial_call(Trial *trial, const PlayCall *call, char **ret_why)
{
    uint64_t id = trial_send(trial, call, ret_why);
    return id != 0 && trial_wait(trial, ret_why) ? trial_result(trial, id) : NULL;
}

bool trial_wait_attempts(Trial *trial, unsigned n)
{
    int64_t until = patience();
    for (;;) {
        mimic_lock(trial->mimic);
        unsigned seen = trial->attempts->len;
        mimic_unlock(trial->mimic);
        if (seen >= n)
            return true;
        if (out_of_patience(until) || bus_in_flight(trial->bus) == 0)
            return false;
        turn(trial);
    }
}

void trial_cancel(Trial *trial, uint64_t id)
{
    bus_cancel(trial->bus, trial->instance, id);
}

/* ---- what was seen ------------------------------------------------------------------------ */

static void *copy_request(gconstpointer request, void *data)
{
    (void)data;
    return mimic_request_copy(request);
}

static void *copy_text(gconstpointer text, void *data)
{
    (void)data;
    return g_strdup(text);
}

GPtrArray *trial_attempts(Trial *trial)
{
    mimic_lock(trial->mimic);
    GPtrArray *copy = g_ptr_array_copy(trial->attempts, copy_request, NULL);
    mimic_unlock(trial->mimic);
    return copy;
}

GPtrArray *trial_troubles(Trial *trial)
{
    mimic_lock(trial->mimic);
    GPtrArray *copy = g_ptr_array_copy(trial->troubles, copy_text, NULL);
    mimic_unlock(trial->mimic);
    return copy;
}

unsigned trial_server_requests(Trial *trial)
{
    mimic_lock(trial->mimic);
    unsigned n = trial->server_requests;
    mimic_unlock(trial->mimic);
    return n;
}

unsigned trial_elsewhere(const Trial *trial)
{
    return mimic_connections(trial->elsewhere);
}

size_t trial_missing(Trial *trial)
{
    mimic_lock(trial->mimic);
    size_t n = trial->scene.ordered != NULL ? trial->scene.ordered->n - trial->at : 0;
    mimic_unlock(trial->mimic);
    return n;
}

char *trial_state(const Trial *trial, const char *name)
{
    const Kept *kept = g_hash_table_lookup(trial->state, name);
    gsize n = 0;
    const char *bytes = kept != NULL ? g_bytes_get_data(kept->value, &n) : NULL;
    return kept != NULL ? g_strndup(bytes != NULL ? bytes : "", n) : NULL;
}

int64_t trial_memory_kib(const Trial *trial)
{
    BusStatus row;
    state_of(trial, &row);
    g_autofree char *path = g_strdup_printf("/proc/%d/status", row.pid);
    g_autofree char *text = NULL;
    if (row.pid <= 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *line = strstr(text, "VmHWM:");
    return line != NULL ? g_ascii_strtoll(line + strlen("VmHWM:"), NULL, 10) : 0;
}

unsigned trial_strays(const Trial *trial)
{
    BusStatus row;
    state_of(trial, &row);
    return row.strays;
}
