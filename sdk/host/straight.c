#include "host/straight.h"

#include <string.h>

#include "host/memory.h"
#include "wire/wire.h"

enum { STATES_MAX = 100000, LINE_MAX_BYTES = 4096 };

struct DunhubCall {
    const StraightEvents *events;
    const char *source, *input;
    GHashTable *options; /* name -> GBytes */
    GHashTable *states;  /* name -> GBytes: the plugin may read what it wrote */
    Memory memory;
    bool ended;
};

static DunhubBytes text_bytes(const char *text)
{
    return text ? (DunhubBytes){text, strlen(text)} : (DunhubBytes){NULL, 0};
}

static DunhubBytes input(DunhubCall *call)
{
    return text_bytes(call->input);
}

static DunhubBytes body(DunhubCall *call, uint32_t i)
{
    (void)call, (void)i;
    return (DunhubBytes){NULL, 0};
}

static DunhubBytes verb(DunhubCall *call)
{
    return text_bytes(call->source);
}

static DunhubBytes key(DunhubCall *call)
{
    (void)call;
    return (DunhubBytes){NULL, 0};
}

static DunhubBytes of_table(GHashTable *table, const char *name)
{
    GBytes *bytes = name ? g_hash_table_lookup(table, name) : NULL;
    gsize n = 0;
    const char *p = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    return bytes ? (DunhubBytes){p ? p : "", n} : (DunhubBytes){NULL, 0};
}

static DunhubBytes option(DunhubCall *call, const char *name)
{
    return of_table(call->options, name);
}

static int64_t left_ms(DunhubCall *call)
{
    return call->ended ? 0 : INT32_MAX;
}

static void *alloc(DunhubCall *call, size_t bytes)
{
    return memory_alloc(&call->memory, bytes);
}

static int32_t state_get(DunhubCall *call, const char *name, DunhubBytes *ret_value,
                         uint64_t *ret_version)
{
    DunhubBytes value = of_table(call->states, name);
    if (!value.p)
        return 0;
    *ret_value = value;
    *ret_version = 1;
    return 1;
}

static int32_t state_put(DunhubCall *call, const char *name, DunhubBytes value,
                         uint64_t expected_version)
{
    bool is_there = name && g_hash_table_contains(call->states, name);
    if (!name || value.n > WIRE_STATE_MAX ||
        (!is_there && g_hash_table_size(call->states) >= STATES_MAX))
        return -1;
    if (is_there != (expected_version != 0))
        return 1;
    g_hash_table_insert(call->states, g_strdup(name), g_bytes_new(value.p, value.n));
    return 0;
}

static int32_t emit(DunhubCall *call, DunhubBytes event)
{
    if (!event.p || event.n > WIRE_EVENT_MAX || call->ended)
        return -1;
    call->ended = !call->events->event(call->events->data, event.p, event.n);
    return call->ended ? -1 : 0;
}

static int32_t page_done(DunhubCall *call, DunhubBytes cursor)
{
    (void)cursor;
    return call->ended ? -1 : 0;
}

static char *line_of(DunhubBytes bytes)
{
    return bytes.p ? g_strndup(bytes.p, MIN(bytes.n, LINE_MAX_BYTES)) : NULL;
}

static void finding(DunhubCall *call, DunhubBytes place, DunhubBytes message)
{
    g_autofree char *where = line_of(place), *what = line_of(message);
    call->events->finding(call->events->data, where, what);
}

/* What a plugin logs is for who runs a hub. */
static void log_line(DunhubCall *call, int32_t level, DunhubBytes message)
{
    (void)call, (void)level, (void)message;
}

static int64_t wait_ms(DunhubCall *call, int64_t ms)
{
    g_usleep((gulong)CLAMP(ms, 0, 1000) * 1000);
    return left_ms(call);
}

static const DunhubHost functions = {
    .size = sizeof(DunhubHost),
    .abi_minor = DUNHUB_ABI_MINOR,
    .input = input,
    .body = body,
    .verb = verb,
    .key = key,
    .option = option,
    .left_ms = left_ms,
    .alloc = alloc,
    .state_get = state_get,
    .state_put = state_put,
    .emit = emit,
    .page_done = page_done,
    .finding = finding,
    .log = log_line,
    .wait = wait_ms,
};

void straight_result_clear(StraightResult *result)
{
    g_clear_pointer(&result->code, g_free);
    g_clear_pointer(&result->message, g_free);
}

bool straight_poll(const Contract *contract, const DunhubSource *source, const char *instance,
                   const json_t *options, const char *input_text, const StraightEvents *events,
                   StraightResult *ret_result, GError **error)
{
    g_autoptr(GHashTable) texts = options_resolve(contract, options, instance, error);
    if (!texts)
        return false;
    DunhubCall call = {
        .events = events,
        .source = source->name,
        .input = input_text,
        .options = texts,
        .states =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref),
    };
    DunhubResult result = {.size = sizeof result, .outcome = DUNHUB_RETRY};
    source->poll(&functions, &call, &result);
    *ret_result = (StraightResult){result.outcome, line_of(result.code), line_of(result.message)};
    memory_free(&call.memory);
    g_hash_table_unref(call.states);
    return true;
}
