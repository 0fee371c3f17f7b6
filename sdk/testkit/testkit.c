#include "testkit/testkit.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    char *text;
    size_t n;
    uint64_t version;
} StateValue;

struct Testkit {
    const DunhubPlugin *plugin;
    GHashTable *options; /* name -> text */
    GHashTable *state;   /* name -> StateValue */
    GPtrArray *bodies;   /* GBytes */
    int64_t left_ms, deadline;
    int fail_from[N_TESTKIT_FUNCTIONS], calls[N_TESTKIT_FUNCTIONS];
    char *verb, *key, *input;
    GPtrArray *memory;  /* of the call */
    GPtrArray *pending; /* events not yet handed on */
    DunhubResult raw;
    TestkitResult result;
    GPtrArray *texts; /* of result */
    DunhubTask task;
};

/* The host's handle of a call is the kit itself. */
static Testkit *kit_of(DunhubCall *call)
{
    return (Testkit *)(void *)call;
}

static bool fails(Testkit *kit, TestkitFunction function)
{
    int nth = kit->calls[function]++;
    return kit->fail_from[function] >= 0 && nth >= kit->fail_from[function];
}

/* ---- the host's functions ---- */

static DunhubBytes bytes_of(const char *text)
{
    return text ? (DunhubBytes){text, strlen(text)} : (DunhubBytes){0};
}

static DunhubBytes host_input(DunhubCall *call)
{
    return bytes_of(kit_of(call)->input);
}

static DunhubBytes host_body(DunhubCall *call, uint32_t i)
{
    Testkit *kit = kit_of(call);
    if (i >= kit->bodies->len)
        return (DunhubBytes){0};
    gsize n;
    const char *p = g_bytes_get_data(kit->bodies->pdata[i], &n);
    return (DunhubBytes){p ? p : "", n};
}

static DunhubBytes host_verb(DunhubCall *call)
{
    return bytes_of(kit_of(call)->verb);
}

static DunhubBytes host_key(DunhubCall *call)
{
    return bytes_of(kit_of(call)->key);
}

static const DunhubOption *declared_option(const DunhubPlugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->n_options; i++)
        if (strcmp(plugin->options[i].name, name) == 0)
            return &plugin->options[i];
    return NULL;
}

static DunhubBytes host_option(DunhubCall *call, const char *name)
{
    Testkit *kit = kit_of(call);
    const DunhubOption *option = kit->plugin ? declared_option(kit->plugin, name) : NULL;
    if (kit->plugin && !option)
        g_error("the plugin asks for option '%s', which it does not declare", name);
    const char *text = g_hash_table_lookup(kit->options, name);
    return bytes_of(text ? text : option ? option->fallback : NULL);
}

static int64_t host_left_ms(DunhubCall *call)
{
    return kit_of(call)->deadline - g_get_monotonic_time() / 1000;
}

static void *host_alloc(DunhubCall *call, size_t n)
{
    void *memory = g_malloc0(n ? n : 1);
    g_ptr_array_add(kit_of(call)->memory, memory);
    return memory;
}

static int32_t host_state_get(DunhubCall *call, const char *name, DunhubBytes *ret_value,
                              uint64_t *ret_version)
{
    Testkit *kit = kit_of(call);
    if (fails(kit, TESTKIT_STATE_GET))
        return -1;
    const StateValue *value = g_hash_table_lookup(kit->state, name);
    if (!value)
        return 0;
    char *copy = host_alloc(call, value->n);
    memcpy(copy, value->text, value->n);
    *ret_value = (DunhubBytes){copy, value->n};
    *ret_version = value->version;
    return 1;
}

static int32_t host_state_put(DunhubCall *call, const char *name, DunhubBytes bytes,
                              uint64_t expected)
{
    Testkit *kit = kit_of(call);
    if (fails(kit, TESTKIT_STATE_PUT))
        return -1;
    const StateValue *before = g_hash_table_lookup(kit->state, name);
    if ((before ? before->version : 0) != expected)
        return 1;
    StateValue *value = g_new0(StateValue, 1);
    value->text = g_malloc0(bytes.n + 1);
    memcpy(value->text, bytes.p, bytes.n);
    value->n = bytes.n;
    value->version = expected + 1;
    g_hash_table_replace(kit->state, g_strdup(name), value);
    return 0;
}

static int32_t host_emit(DunhubCall *call, DunhubBytes bytes)
{
    Testkit *kit = kit_of(call);
    if (fails(kit, TESTKIT_EMIT))
        return -1;
    json_error_t error;
    json_t *event = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &error);
    if (!event)
        g_error("emitted event is no JSON: %s: %.*s", error.text, (int)MIN(bytes.n, 300), bytes.p);
    if (!dunhub_find_text(event, "id") || !dunhub_find_text(event, "type") ||
        !json_is_object(json_object_get(event, "data")))
        g_error("emitted event needs id, type and data: %.*s", (int)MIN(bytes.n, 300), bytes.p);
    g_ptr_array_add(kit->pending, event);
    return 0;
}

static void hand_on(Testkit *kit)
{
    kit->result.largest_page = MAX(kit->result.largest_page, kit->pending->len);
    for (guint i = 0; i < kit->pending->len; i++)
        g_ptr_array_add(kit->result.events, json_incref(kit->pending->pdata[i]));
    g_ptr_array_set_size(kit->pending, 0);
}

static int32_t host_page_done(DunhubCall *call, DunhubBytes cursor)
{
    Testkit *kit = kit_of(call);
    if (fails(kit, TESTKIT_PAGE_DONE))
        return -1;
    hand_on(kit);
    g_ptr_array_add(kit->result.cursors, g_strndup(cursor.p, cursor.n));
    return 0;
}

static void host_finding(DunhubCall *call, DunhubBytes place, DunhubBytes message)
{
    g_assert_true(g_utf8_validate(message.p, (gssize)message.n, NULL));
    g_assert_null(memchr(message.p, '\n', message.n));
    g_ptr_array_add(
        kit_of(call)->result.findings,
        g_strdup_printf("%.*s: %.*s", (int)place.n, place.p, (int)message.n, message.p));
}

static void host_log(DunhubCall *call, int32_t level, DunhubBytes message)
{
    (void)level;
    g_ptr_array_add(kit_of(call)->result.log, g_strndup(message.p, message.n));
}

static int64_t host_wait(DunhubCall *call, int64_t ms)
{
    Testkit *kit = kit_of(call);
    kit->deadline -= ms; /* as if the time had passed */
    return host_left_ms(call);
}

static const DunhubHost host = {
    sizeof(DunhubHost), DUNHUB_ABI_MINOR, host_input, host_body,      host_verb,      host_key,
    host_option,        host_left_ms,     host_alloc, host_state_get, host_state_put, host_emit,
    host_page_done,     host_finding,     host_log,   host_wait,
};

/* ---- the kit ---- */

static void json_unref(gpointer json)
{
    json_decref(json);
}

static void state_free(gpointer data)
{
    StateValue *value = data;
    g_free(value->text);
    g_free(value);
}

static const DunhubPlugin *load(const char *name)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *file = g_strdup_printf("%s/../../../plugins/%s.so", folder, name);
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        g_error("%s", dlerror());
    DunhubPluginEntry entry;
    *(void **)&entry = dlsym(library, DUNHUB_ENTRY_NAME);
    if (!entry)
        g_error("%s does not export %s", file, DUNHUB_ENTRY_NAME);
    return entry();
}

Testkit *testkit_new(const char *plugin)
{
    Testkit *kit = g_new0(Testkit, 1);
    kit->options = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    kit->state = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, state_free);
    kit->bodies = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    kit->memory = g_ptr_array_new_with_free_func(g_free);
    kit->pending = g_ptr_array_new_with_free_func(json_unref);
    kit->texts = g_ptr_array_new_with_free_func(g_free);
    kit->result.events = g_ptr_array_new_with_free_func(json_unref);
    kit->result.lost = g_ptr_array_new_with_free_func(json_unref);
    kit->result.cursors = g_ptr_array_new_with_free_func(g_free);
    kit->result.findings = g_ptr_array_new_with_free_func(g_free);
    kit->result.log = g_ptr_array_new_with_free_func(g_free);
    kit->left_ms = 30000;
    for (int i = 0; i < N_TESTKIT_FUNCTIONS; i++)
        kit->fail_from[i] = -1;
    if (plugin) {
        kit->plugin = load(plugin);
        testkit_check_plugin(kit->plugin, plugin);
    }
    return kit;
}

static void forget_call(Testkit *kit)
{
    GPtrArray *arrays[] = {kit->memory,          kit->pending,     kit->texts,
                           kit->result.events,   kit->result.lost, kit->result.cursors,
                           kit->result.findings, kit->result.log};
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_ptr_array_set_size(arrays[i], 0);
    g_clear_pointer(&kit->verb, g_free);
    g_clear_pointer(&kit->key, g_free);
    g_clear_pointer(&kit->input, g_free);
    memset(kit->calls, 0, sizeof kit->calls);
    kit->result.largest_page = 0;
}

void testkit_free(Testkit *kit)
{
    if (!kit)
        return;
    forget_call(kit);
    GPtrArray *arrays[] = {kit->bodies,         kit->memory,          kit->pending,
                           kit->texts,          kit->result.events,   kit->result.lost,
                           kit->result.cursors, kit->result.findings, kit->result.log};
    for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++)
        g_ptr_array_unref(arrays[i]);
    g_hash_table_unref(kit->options);
    g_hash_table_unref(kit->state);
    g_free(kit);
}

const DunhubPlugin *testkit_plugin(const Testkit *kit)
{
    return kit->plugin;
}

void testkit_option(Testkit *kit, const char *name, const char *text)
{
    if (kit->plugin && !declared_option(kit->plugin, name))
        g_error("the plugin declares no option '%s'", name);
    if (text)
        g_hash_table_replace(kit->options, g_strdup(name), g_strdup(text));
    else
        g_hash_table_remove(kit->options, name);
}

void testkit_body(Testkit *kit, const void *bytes, size_t n)
{
    g_ptr_array_add(kit->bodies, g_bytes_new(bytes, n));
}

void testkit_clear_bodies(Testkit *kit)
{
    g_ptr_array_set_size(kit->bodies, 0);
}

void testkit_left_ms(Testkit *kit, int64_t ms)
{
    kit->left_ms = ms;
}

void testkit_fail_from(Testkit *kit, TestkitFunction function, int nth)
{
    kit->fail_from[function] = nth;
}

/* ---- calls ---- */

const DunhubTask *testkit_task(Testkit *kit, const char *verb, const char *key, const char *input)
{
    g_autofree char *kept_key = g_strdup(key),
                    *kept_input = g_strdup(input); /* may be texts of the last call */
    forget_call(kit);
    kit->verb = g_strdup(verb);
    kit->key = g_steal_pointer(&kept_key);
    kit->input = g_steal_pointer(&kept_input);
    kit->deadline = g_get_monotonic_time() / 1000 + kit->left_ms;
    kit->raw = (DunhubResult){.size = sizeof kit->raw, .outcome = DUNHUB_RETRY};
    kit->task = (DunhubTask){&host, (DunhubCall *)(void *)kit, &kit->raw};
    return &kit->task;
}

static const char *keep(Testkit *kit, DunhubBytes bytes)
{
    char *text = g_strndup(bytes.p ? bytes.p : "", bytes.n);
    g_ptr_array_add(kit->texts, text);
    return text;
}

const TestkitResult *testkit_result(Testkit *kit)
{
    kit->result.outcome = kit->raw.outcome;
    kit->result.retry_after_ms = kit->raw.retry_after_ms;
    kit->result.pause_ms = kit->raw.pause_ms;
    kit->result.code = keep(kit, kit->raw.code);
    kit->result.message = keep(kit, kit->raw.message);
    kit->result.external_id = keep(kit, kit->raw.external_id);
    kit->result.data = keep(kit, kit->raw.data);
    g_assert_null(strchr(kit->result.message, '\n'));
    if (kit->raw.outcome == DUNHUB_OK)
        hand_on(kit);
    for (guint i = 0; i < kit->pending->len; i++)
        g_ptr_array_add(kit->result.lost, json_incref(kit->pending->pdata[i]));
    g_ptr_array_set_size(kit->pending, 0);
    return &kit->result;
}

static const TestkitResult *call(Testkit *kit, DunhubHandler handler, const char *verb,
                                 const char *key, const char *input)
{
    if (!handler)
        g_error("the plugin has no handler for '%s'", verb);
    testkit_task(kit, verb, key, input);
    handler(kit->task.host, kit->task.call, &kit->raw);
    return testkit_result(kit);
}

static const DunhubAction *find_action(const Testkit *kit, const char *verb)
{
    for (uint32_t i = 0; i < kit->plugin->n_actions; i++)
        if (strcmp(kit->plugin->actions[i].verb, verb) == 0)
            return &kit->plugin->actions[i];
    g_error("the plugin has no action '%s'", verb);
}

static const DunhubSource *find_source(const Testkit *kit, const char *name)
{
    for (uint32_t i = 0; i < kit->plugin->n_sources; i++)
        if (strcmp(kit->plugin->sources[i].name, name) == 0)
            return &kit->plugin->sources[i];
    g_error("the plugin has no source '%s'", name);
}

const TestkitResult *testkit_run(Testkit *kit, const char *verb, const char *key, const char *input)
{
    return call(kit, find_action(kit, verb)->run, verb, key, input);
}

const TestkitResult *testkit_lookup(Testkit *kit, const char *verb, const char *key,
                                    const char *input)
{
    return call(kit, find_action(kit, verb)->lookup, verb, key, input);
}

static char *source_input(const char *cursor, const char *accounts, const char *more)
{
    json_t *input = more ? json_loads(more, 0, NULL) : json_object();
    g_assert_true(json_is_object(input));
    if (cursor)
        json_object_set_new(input, "cursor", json_string(cursor));
    if (accounts)
        json_object_set_new(input, "accounts", json_loads(accounts, 0, NULL));
    char *dumped = json_dumps(input, JSON_COMPACT), *text = g_strdup(dumped);
    free(dumped);
    json_decref(input);
    return text;
}

const TestkitResult *testkit_poll(Testkit *kit, const char *source, const char *cursor,
                                  const char *more)
{
    g_autofree char *input = source_input(cursor, NULL, more);
    return call(kit, find_source(kit, source)->poll, source, NULL, input);
}

const TestkitResult *testkit_read(Testkit *kit, const char *source, const char *accounts,
                                  const char *cursor)
{
    g_autofree char *input = source_input(cursor, accounts, NULL);
    return call(kit, find_source(kit, source)->read, source, NULL, input);
}

const TestkitResult *testkit_check(Testkit *kit)
{
    return call(kit, kit->plugin->check, "check", NULL, "{}");
}

static const DunhubHook *find_hook(const Testkit *kit, const char *name)
{
    for (uint32_t i = 0; i < kit->plugin->n_hooks; i++)
        if (strcmp(kit->plugin->hooks[i].name, name) == 0)
            return &kit->plugin->hooks[i];
    g_error("the plugin has no hook '%s'", name);
}

static const TestkitResult *deliver(Testkit *kit, DunhubHandler handler, const char *hook,
                                    const char *type, const char *query, const char *body)
{
    json_t *input =
        json_pack("{s:s, s:s, s:s, s:s, s:{s:s}}", "hook", hook, "method", "POST", "path",
                  "/hooks/test", "query", query, "headers", "content-type", type);
    char *dumped = json_dumps(input, JSON_COMPACT);
    json_decref(input);
    g_autofree char *kept_body = g_strdup(body); /* may be a text of the last call */
    testkit_clear_bodies(kit);
    testkit_body(kit, kept_body, strlen(kept_body));
    const TestkitResult *result = call(kit, handler, hook, NULL, dumped);
    free(dumped);
    return result;
}

const TestkitResult *testkit_map(Testkit *kit, const char *hook, const char *type,
                                 const char *query, const char *body)
{
    return deliver(kit, find_hook(kit, hook)->map, hook, type, query, body);
}

const TestkitResult *testkit_answer(Testkit *kit, const char *hook, const char *type,
                                    const char *query, const char *body)
{
    return deliver(kit, find_hook(kit, hook)->answer, hook, type, query, body);
}

const TestkitResult *testkit_setup(Testkit *kit, const char *url)
{
    json_t *input = json_pack("{s:s}", "url", url);
    char *dumped = json_dumps(input, JSON_COMPACT);
    json_decref(input);
    const TestkitResult *result = call(kit, kit->plugin->setup, "setup", NULL, dumped);
    free(dumped);
    return result;
}

const char *testkit_cursor(const TestkitResult *result)
{
    return result->cursors->len ? result->cursors->pdata[result->cursors->len - 1] : "";
}

const char *testkit_state(const Testkit *kit, const char *name)
{
    const StateValue *value = g_hash_table_lookup(kit->state, name);
    return value ? value->text : NULL;
}

size_t testkit_state_count(const Testkit *kit)
{
    return g_hash_table_size(kit->state);
}

/* ---- the declaration ---- */

static void check_options(const DunhubPlugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_options; i++) {
        const DunhubOption *option = &plugin->options[i];
        g_assert_cmpuint(option->size, ==, sizeof *option);
        g_assert_true(g_regex_match_simple("^[a-z][a-z0-9_]*$", option->name, 0, 0));
        if (!option->doc || !*option->doc)
            g_error("option '%s' has no doc", option->name);
        g_assert_cmpuint(option->type, <=, DUNHUB_OPTION_URL);
        if (option->type == DUNHUB_OPTION_CHOICE)
            g_assert_nonnull(option->allowed);
        if ((option->flags & DUNHUB_OPTION_REQUIRED) && option->fallback)
            g_error("option '%s' is required and has a default", option->name);
        g_assert_true(declared_option(plugin, option->name) == option);
    }
}

static void check_actions(const DunhubPlugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_actions; i++) {
        const DunhubAction *action = &plugin->actions[i];
        g_assert_cmpuint(action->size, ==, sizeof *action);
        g_assert_nonnull(strchr(action->verb, '.'));
        g_assert_true(action->doc && *action->doc);
        g_assert_cmpuint(action->effect, <=, DUNHUB_LEGAL);
        g_assert_cmpuint(action->repeat, <=, DUNHUB_REPEAT_SAFE);
        g_assert_nonnull(action->run);
        if (action->repeat == DUNHUB_REPEAT_LOOKUP)
            g_assert_nonnull(action->lookup);
        if (!action->input_schema)
            continue;
        json_error_t error;
        json_t *schema = json_loads(action->input_schema, JSON_REJECT_DUPLICATES, &error);
        if (!schema)
            g_error("schema of '%s': %s", action->verb, error.text);
        json_decref(schema);
    }
}

void testkit_check_plugin(const DunhubPlugin *plugin, const char *name)
{
    g_assert_cmphex(plugin->magic, ==, DUNHUB_MAGIC);
    g_assert_cmpuint(plugin->abi_major, ==, DUNHUB_ABI_MAJOR);
    g_assert_cmpuint(plugin->size, ==, sizeof *plugin);
    g_assert_cmpuint(plugin->option_size, ==, sizeof(DunhubOption));
    g_assert_cmpuint(plugin->action_size, ==, sizeof(DunhubAction));
    g_assert_cmpuint(plugin->source_size, ==, sizeof(DunhubSource));
    g_assert_cmpstr(plugin->name, ==, name);
    g_assert_true(plugin->version && *plugin->version && plugin->doc && *plugin->doc);
    check_options(plugin);
    check_actions(plugin);
    for (uint32_t i = 0; i < plugin->n_sources; i++) {
        g_assert_cmpuint(plugin->sources[i].size, ==, sizeof(DunhubSource));
        g_assert_true(plugin->sources[i].emits && *plugin->sources[i].emits &&
                      plugin->sources[i].doc);
        g_assert_nonnull(plugin->sources[i].poll);
    }
}

/* ---- folders ---- */

char *testkit_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("dunhub-test-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

void testkit_folder_free(char *folder)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(folder);
}

void testkit_write(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL),
                    *parent = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
    g_autoptr(GError) error = NULL;
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}
