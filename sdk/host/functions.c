/* What a handler may ask of the host, on the worker's side. */
#include "host/call.h"

#include <string.h>

/* ---- what the call brought
 * ----------------------------------------------------------------------------------------- */

static DunhubBytes bytes_of(GBytes *bytes)
{
    if (bytes == NULL) {
        return (DunhubBytes){NULL, 0};
    }
    size_t n;
    const char *p = g_bytes_get_data(bytes, &n);
    return (DunhubBytes){p != NULL ? p : "", n};
}

static DunhubBytes text_of(const DunhubCall *call, const char *name)
{
    const char *text = wire_text(call->message, name);
    return text != NULL ? (DunhubBytes){text, strlen(text)} : (DunhubBytes){NULL, 0};
}

static DunhubBytes input(DunhubCall *call)
{
    return bytes_of(wire_body(call->message, 0));
}

static DunhubBytes body(DunhubCall *call, uint32_t i)
{
    return bytes_of(wire_body(call->message, (size_t)i + 1));
}

static DunhubBytes verb(DunhubCall *call)
{
    return text_of(call, "verb");
}

static DunhubBytes key(DunhubCall *call)
{
    return text_of(call, "key");
}

static DunhubBytes option(DunhubCall *call, const char *name)
{
    return bytes_of(name != NULL ? g_hash_table_lookup(call->desk->options, name) : NULL);
}

static void *alloc(DunhubCall *call, size_t bytes)
{
    return memory_alloc(&call->memory, bytes);
}

/* ---- time
 * ----------------------------------------------------------------------------------------------------------
 */

static int64_t left_locked(const DunhubCall *call)
{
    int64_t left = (call->deadline_us - g_get_monotonic_time()) / 1000;
    return call->cancelled || call->desk->closing ? MIN(left, 0) : left;
}

static int64_t left_ms(DunhubCall *call)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&call->desk->lock);
    return left_locked(call);
}

static int64_t wait_ms(DunhubCall *call, int64_t ms)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&call->desk->lock);
    int64_t until = g_get_monotonic_time() + CLAMP(ms, 0, INT32_MAX) * 1000;
    until = MIN(until, call->deadline_us);
    while (left_locked(call) > 0 && g_get_monotonic_time() < until) {
        g_cond_wait_until(&call->changed, &call->desk->lock, until);
    }
    return left_locked(call);
}

/* ---- questions to the core
 * ----------------------------------------------------------------------------------------- */

/* Sends and waits for the answer with the same number; NULL: cancelled before it came. */
static WireMessage *ask(DunhubCall *call, WireMessage *question)
{
    int64_t seq = ++call->seq;
    wire_put_int(question, "seq", seq);
    desk_post(call->desk, question);
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&call->desk->lock);
    while (left_locked(call) > 0) {
        g_autoptr(WireMessage) answer = g_steal_pointer(&call->answer);
        if (answer != NULL && wire_int(answer, "seq", 0) == seq) {
            return g_steal_pointer(&answer);
        }
        if (answer == NULL) {
            g_cond_wait_until(&call->changed, &call->desk->lock, call->deadline_us);
        }
    }
    return NULL;
}

static WireMessage *question(DunhubCall *call, WireVerb verb_, const char *name)
{
    WireMessage *message = wire_message_new(verb_, call->message->call);
    wire_put_text(message, "name", name, strlen(name), WIRE_NAME_MAX);
    return message;
}

static bool is_state_name(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= WIRE_NAME_MAX &&
           g_utf8_validate(name, -1, NULL);
}

static int32_t state_get(DunhubCall *call, const char *name, DunhubBytes *ret_value,
                         uint64_t *ret_version)
{
    if (!is_state_name(name)) {
        return -1;
    }
    g_autoptr(WireMessage) answer = ask(call, question(call, WIRE_STATE_GET, name));
    int64_t status = answer != NULL ? wire_int(answer, "status", -1) : -1;
    if (status != 1) {
        return status == 0 ? 0 : -1;
    }
    DunhubBytes value = bytes_of(wire_body(answer, 0));
    char *copy = memory_alloc(&call->memory, value.n + 1);
    if (copy == NULL) {
        return -1;
    }
    memcpy(copy, value.p, value.n);
    *ret_value = (DunhubBytes){copy, value.n};
    *ret_version = (uint64_t)wire_int(answer, "version", 0);
    return 1;
}

static int32_t state_put(DunhubCall *call, const char *name, DunhubBytes value,
                         uint64_t expected_version)
{
    if (!is_state_name(name) || value.n > WIRE_STATE_MAX || expected_version > INT64_MAX) {
        return -1;
    }
    WireMessage *put = question(call, WIRE_STATE_PUT, name);
    wire_put_int(put, "expected", (int64_t)expected_version);
    wire_add_bytes(put, value.p, value.n);
    g_autoptr(WireMessage) answer = ask(call, put);
    int64_t status = answer != NULL ? wire_int(answer, "status", -1) : -1;
    return status == 0 || status == 1 ? (int32_t)status : -1;
}

/* ---- pages
 * ---------------------------------------------------------------------------------------------------------
 */

bool call_flush(DunhubCall *call, DunhubBytes cursor)
{
    if (call->page->len == 0) {
        g_string_append_c(call->page, '[');
    }
    g_string_append_c(call->page, ']');
    WireMessage *page = wire_message_new(WIRE_PAGE, call->message->call);
    wire_add_bytes(page, call->page->str, call->page->len);
    if (cursor.p != NULL) {
        wire_add_bytes(page, cursor.p, cursor.n);
    }
    g_string_truncate(call->page, 0);
    call->page_events = 0;
    g_autoptr(WireMessage) answer = ask(call, page);
    return answer != NULL && wire_bool(answer, "ok");
}

static bool is_event(DunhubBytes event)
{
    if (event.p == NULL) {
        return false;
    }
    json_t *json = wire_json(event.p, event.n, WIRE_EVENT_MAX, WIRE_JSON_DEPTH - 1, NULL);
    bool good = json_is_object(json) && json_string_length(json_object_get(json, "id")) > 0 &&
                json_string_length(json_object_get(json, "type")) > 0 &&
                json_is_object(json_object_get(json, "data"));
    json_decref(json);
    return good;
}

/* The kinds of call that tell events. */
static bool tells_events(const DunhubCall *call)
{
    return call->kind == KIND_POLL || call->kind == KIND_READ || call->kind == KIND_MAP;
}

static int32_t emit(DunhubCall *call, DunhubBytes event)
{
    if (!tells_events(call) || !is_event(event)) {
        return -1;
    }
    bool full =
        call->page_events == WIRE_PAGE_EVENTS || call->page->len + event.n + 2 > WIRE_PAGE_MAX;
    if (full && !call_flush(call, (DunhubBytes){NULL, 0})) {
        return -1;
    }
    g_string_append_c(call->page, call->page->len == 0 ? '[' : ',');
    g_string_append_len(call->page, event.p, (gssize)event.n);
    call->page_events++;
    return 0;
}

/* Only a poll has a cursor: the pages of the others are handed on, and the poll's cursor stays where
 * it is. */
static int32_t page_done(DunhubCall *call, DunhubBytes cursor)
{
    if (!tells_events(call) || cursor.n > WIRE_CURSOR_MAX ||
        (cursor.n > 0 && !g_utf8_validate_len(cursor.p, cursor.n, NULL))) {
        return -1;
    }
    bool moves = call->kind == KIND_POLL;
    return call_flush(call, moves ? cursor : (DunhubBytes){NULL, 0}) ? 0 : -1;
}

/* ---- words for people
 * ---------------------------------------------------------------------------------------------- */

/* Waits while the hub is slow to take them; a handler that writes faster than anyone reads is
 * slowed, not buffered. */
static void post_politely(DunhubCall *call, WireMessage *message)
{
    Desk *desk = call->desk;
    g_mutex_lock(&desk->lock);
    while (g_queue_get_length(&desk->outbox) >= OUTBOX_SOFT_MAX && left_locked(call) > 0) {
        desk->crowded++;
        g_cond_wait_until(&desk->drained, &desk->lock, call->deadline_us);
        desk->crowded--;
    }
    g_mutex_unlock(&desk->lock);
    desk_post(desk, message);
}

static void post_finding(DunhubCall *call, DunhubBytes place, DunhubBytes message)
{
    WireMessage *finding = wire_message_new(WIRE_FINDING, call->message->call);
    wire_put_text(finding, "place", place.p != NULL ? place.p : "", place.n, WIRE_TEXT_MAX);
    wire_put_text(finding, "message", message.p != NULL ? message.p : "", message.n, WIRE_TEXT_MAX);
    post_politely(call, finding);
}

static void finding(DunhubCall *call, DunhubBytes place, DunhubBytes message)
{
    if (++call->findings <= FINDINGS_MAX) {
        post_finding(call, place, message);
    }
}

static void post_log(DunhubCall *call, int32_t level, DunhubBytes message)
{
    WireMessage *line = wire_message_new(WIRE_LOG, call->message->call);
    wire_put_int(line, "level", CLAMP(level, 0, 4));
    wire_put_text(line, "message", message.p != NULL ? message.p : "", message.n, WIRE_TEXT_MAX);
    post_politely(call, line);
}

static void log_line(DunhubCall *call, int32_t level, DunhubBytes message)
{
    if (++call->logs <= LOGS_MAX) {
        post_log(call, level, message);
    }
}

void call_tell_suppressed(DunhubCall *call)
{
    if (call->findings > FINDINGS_MAX) {
        g_autofree char *text = g_strdup_printf("%u more findings of this call are not shown",
                                                call->findings - FINDINGS_MAX);
        post_finding(call, (DunhubBytes){"", 0}, (DunhubBytes){text, strlen(text)});
    }
    if (call->logs > LOGS_MAX) {
        g_autofree char *text =
            g_strdup_printf("%u more log lines of this call are not shown", call->logs - LOGS_MAX);
        post_log(call, 3, (DunhubBytes){text, strlen(text)});
    }
}

const DunhubHost call_functions = {
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
