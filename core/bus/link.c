#include "bus/link.h"

#include "base/log.h"
#include "model/event.h"
#include "wire/socket.h"

#include <errno.h>
#include <string.h>

static const char *const kind_names[] = {"action", "lookup", "poll",   "read",
                                         "check",  "map",    "answer", "setup"};

static void flight_free(void *data)
{
    Flight *flight = data;
    g_free(flight->verb);
    g_free(flight);
}

Link *link_new(const InstanceConfig *config)
{
    Link *link = g_new0(Link, 1);
    link->name = g_strdup(config->name);
    link->plugin = g_strdup(config->plugin);
    link->isolate = (Isolation)config->isolate;
    link->options = config->options != NULL ? json_deep_copy(config->options) : json_object();
    link->private_paths = json_deep_copy(config->private_paths);
    link->child = (Child){0, -1};
    link->flights = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, flight_free);
    link->expires_ms = INT64_MAX;
    link->kill_at_ms = INT64_MAX;
    link->breaker.off = config->keeps_calling;
    return link;
}

void link_free(Link *link)
{
    g_free(link->name);
    g_free(link->plugin);
    json_decref(link->options);
    json_decref(link->private_paths);
    g_free(link->why);
    g_free(link->held);
    g_free(link->last_words);
    g_clear_pointer(&link->peer, g_bytes_unref);
    g_hash_table_unref(link->flights);
    g_free(link);
}

/* ---- credit
 * --------------------------------------------------------------------------------------------------------
 */

/* Calls that the host would take. */
static size_t host_credit(const Link *link)
{
    size_t busy = g_hash_table_size(link->flights);
    bool open = link->state == LINK_UP && !link->removing && link->end_seen_us == 0 &&
                link->last_words == NULL;
    return open && busy < link->credit ? link->credit - busy : 0;
}

size_t link_credit(const Bus *bus, const Link *link)
{
    size_t credit = host_credit(link);
    return credit > 0 ? (size_t)CLAMP(limits_credit(bus, link), 0, (int64_t)credit) : 0;
}

/* ---- sending
 * -------------------------------------------------------------------------------------------------------
 */

static bool check_call(const Bus *bus, const Link *link, const BusCall *call, GError **error)
{
    if (call->id == 0 || g_hash_table_contains(link->flights, &call->id) ||
        call->n_bodies >= WIRE_BODIES_MAX || call->kind < CALL_ACTION || call->kind > CALL_SETUP) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_CALL,
                    "call %" G_GUINT64_FORMAT
                    " to '%s' has an id that is in use, an unknown kind, or over %d attachments",
                    call->id, link->name, WIRE_BODIES_MAX - 1);
        return false;
    }
    size_t n = call->input != NULL ? strlen(call->input) : 0;
    if (n > WIRE_INPUT_MAX) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_CALL,
                    "the input of %s for '%s' has %zu bytes, at most %u", call->verb, link->name, n,
                    WIRE_INPUT_MAX);
        return false;
    }
    if (host_credit(link) == 0 || limits_refuse(bus, link)) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_CREDIT,
                    "instance '%s' takes no call at the moment (%s)", link->name,
                    link->state == LINK_UP
                        ? "all it allows are in flight, or its limits hold it back"
                        : "it is not up");
        return false;
    }
    return true;
}

static WireMessage *call_message(const BusCall *call, int64_t deadline_ms)
{
    WireMessage *message = wire_message_new(WIRE_CALL, call->id);
    const char *input = call->input != NULL ? call->input : "{}";
    const char *kind = kind_names[call->kind];
    wire_put_text(message, "kind", kind, strlen(kind), WIRE_NAME_MAX);
    if (call->verb != NULL) {
        wire_put_text(message, "verb", call->verb, strlen(call->verb), WIRE_NAME_MAX);
    }
    if (call->key != NULL) {
        wire_put_text(message, "key", call->key, strlen(call->key), WIRE_NAME_MAX);
    }
    wire_put_int(message, "deadline_ms", deadline_ms);
    wire_add_bytes(message, input, strlen(input));
    for (size_t i = 0; i < call->n_bodies; i++) {
        wire_add_body(message, call->bodies[i]);
    }
    return message;
}

bool link_send(Bus *bus, Link *link, const BusCall *call, GError **error)
{
    if (!check_call(bus, link, call, error)) {
        return false;
    }
    int64_t deadline_ms = call->deadline_ms > 0 ? call->deadline_ms : link->timeout_ms;
    deadline_ms = MIN(deadline_ms, INT32_MAX);
    g_autoptr(WireMessage) message = call_message(call, deadline_ms);
    if (!limits_take(bus, link, error)) {
        return false;
    }
    if (!wire_send(bus->router, link->peer, message, error)) {
        if (error != NULL && *error == NULL) {
            g_set_error(error, BUS_ERROR, BUS_ERROR_CALL, "the host of '%s' cannot be reached: %s",
                        link->name, g_strerror(errno));
        }
        return false;
    }
    Flight *flight = g_new0(Flight, 1);
    flight->call = call->id;
    flight->verb = g_strdup(call->verb != NULL ? call->verb : kind_names[call->kind]);
    flight->expires_ms = bus_now_ms(bus) + deadline_ms + LINK_EXPIRE_MS;
    g_hash_table_insert(link->flights, &flight->call, flight);
    link->n_open++;
    link->expires_ms = MIN(link->expires_ms, flight->expires_ms);
    return true;
}

/* ---- ends of calls
 * -------------------------------------------------------------------------------------------------
 */

static void tell_uncertain(Bus *bus, Link *link, uint64_t call, const char *message)
{
    BusResult result = {.call = call,
                        .outcome = OUTCOME_UNCERTAIN,
                        .code = "no_answer",
                        .message = message,
                        .made_by_hub = true};
    bus->events.result(bus->events.data, link->name, &result);
}

/* The caller's result, while the worker that runs it may stay busy. */
static void end_without_answer(Bus *bus, Link *link, Flight *flight, const char *why)
{
    g_autofree char *text = g_strdup_printf(
        "%s of '%s' was not answered: %s; it may have been done", flight->verb, link->name, why);
    flight->ended = true;
    link->n_open--;
    tell_uncertain(bus, link, flight->call, text);
}

/* Callbacks may send further calls, so the open flights are listed before any of them ends. */
static GArray *open_calls(const Link *link, int64_t expired_by_ms)
{
    GArray *calls = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, link->flights);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Flight *flight = value;
        if (!flight->ended && flight->expires_ms <= expired_by_ms) {
            g_array_append_val(calls, flight->call);
        }
    }
    return calls;
}

void link_fail_all(Bus *bus, Link *link, const char *why)
{
    g_autoptr(GArray) calls = open_calls(link, INT64_MAX);
    for (guint i = 0; i < calls->len; i++) {
        Flight *flight = g_hash_table_lookup(link->flights, &g_array_index(calls, uint64_t, i));
        end_without_answer(bus, link, flight, why);
    }
    g_hash_table_remove_all(link->flights);
    link->n_open = 0;
    link->expires_ms = INT64_MAX;
}

static int64_t first_expiry(const Link *link)
{
    int64_t first = INT64_MAX;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, link->flights);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Flight *flight = value;
        first = flight->ended ? first : MIN(first, flight->expires_ms);
    }
    return first;
}

void link_expire(Bus *bus, Link *link)
{
    int64_t now = bus_now_ms(bus);
    if (now < link->expires_ms) {
        return;
    }
    g_autoptr(GArray) calls = open_calls(link, now);
    for (guint i = 0; i < calls->len; i++) {
        Flight *flight = g_hash_table_lookup(link->flights, &g_array_index(calls, uint64_t, i));
        limits_hear(bus, link, OUTCOME_UNCERTAIN, "no_answer", 0);
        end_without_answer(bus, link, flight, "its deadline has passed");
    }
    link->expires_ms = first_expiry(link);
}

/* ---- what a host says
 * ---------------------------------------------------------------------------------------------- */

/* Its JSON, NUL-ended; NULL: absent, or not of that form. */
static char *json_body(const WireMessage *message, size_t i, char first)
{
    GBytes *body = wire_body(message, i);
    size_t n = 0;
    const char *bytes = body != NULL ? g_bytes_get_data(body, &n) : NULL;
    bool good =
        n > 0 && wire_json_scan(bytes, n, WIRE_INPUT_MAX, WIRE_JSON_DEPTH, first, NULL, 0, NULL);
    return good ? g_strndup(bytes, n) : NULL;
}

static void take_result(Bus *bus, Link *link, const WireMessage *message)
{
    const Flight *flight = g_hash_table_lookup(link->flights, &message->call);
    bool open = flight != NULL && !flight->ended;
    g_hash_table_remove(link->flights, &message->call);
    if (!open) {
        link->strays++;
        return;
    }
    link->n_open--;
    int64_t outcome = wire_int(message, "outcome", -1);
    bool known = outcome >= OUTCOME_OK && outcome <= OUTCOME_ABSENT;
    g_autofree char *data = json_body(message, 0, '{');
    g_autofree char *items = json_body(message, 1, '[');
    BusResult result = {
        .call = message->call,
        .outcome = known ? (int)outcome : OUTCOME_UNCERTAIN,
        .retry_after_ms = MAX(0, wire_int(message, "retry_after_ms", 0)),
        .code = wire_text(message, "code"),
        .message = wire_text(message, "message"),
        .external_id = wire_text(message, "external_id"),
        .data = data,
        .items = items,
    };
    limits_hear(bus, link, result.outcome, result.code, wire_int(message, "pause_ms", 0));
    bus->events.result(bus->events.data, link->name, &result);
}

static char *cursor_of(const WireMessage *message)
{
    GBytes *body = wire_body(message, 1);
    size_t n = 0;
    const char *bytes = body != NULL ? g_bytes_get_data(body, &n) : NULL;
    return body != NULL && g_utf8_validate_len(bytes, n, NULL) ? g_strndup(n > 0 ? bytes : "", n)
                                                               : NULL;
}

static bool hand_on_page(Bus *bus, Link *link, const WireMessage *message)
{
    GBytes *body = wire_body(message, 0);
    const Flight *flight = g_hash_table_lookup(link->flights, &message->call);
    if (bus->events.page == NULL || body == NULL || flight == NULL || flight->ended) {
        return false;
    }
    size_t n;
    const char *bytes = g_bytes_get_data(body, &n);
    g_autoptr(json_t) page = wire_json(bytes, n, WIRE_PAGE_MAX, WIRE_JSON_DEPTH, NULL);
    if (!json_is_array(page) || json_array_size(page) > WIRE_PAGE_EVENTS) {
        return false;
    }
    const json_t *events[WIRE_PAGE_EVENTS];
    size_t n_events = json_array_size(page);
    for (size_t i = 0; i < n_events; i++) {
        events[i] = json_array_get(page, i);
        if (!json_is_object(events[i])) {
            return false;
        }
    }
    g_autofree char *cursor = cursor_of(message);
    return bus->events.page(bus->events.data, link->name, message->call, events, n_events, cursor);
}

static void take_page(Bus *bus, Link *link, const WireMessage *message)
{
    bool ok = hand_on_page(bus, link, message);
    WireMessage *answer = wire_message_new(WIRE_PAGE_OK, message->call);
    wire_put_int(answer, "seq", wire_int(message, "seq", 0));
    wire_put_bool(answer, "ok", ok);
    bus_say(bus, link, answer);
}

static WireMessage *state_answer(const WireMessage *question, int64_t status)
{
    WireMessage *answer = wire_message_new(WIRE_STATE, question->call);
    wire_put_int(answer, "seq", wire_int(question, "seq", 0));
    wire_put_int(answer, "status", status);
    return answer;
}

static void take_state_get(Bus *bus, Link *link, const WireMessage *message)
{
    g_autoptr(GBytes) value = NULL;
    uint64_t version = 0;
    if (bus->events.state_get == NULL) {
        bus_say(bus, link, state_answer(message, -1));
        return;
    }
    bool found = bus->events.state_get(bus->events.data, link->name, wire_text(message, "name"),
                                       &value, &version);
    bool fits = !found || g_bytes_get_size(value) <= WIRE_STATE_MAX;
    WireMessage *answer = state_answer(message, !fits ? -1 : found ? 1 : 0);
    if (found && fits) {
        wire_put_int(answer, "version", (int64_t)version);
        wire_add_body(answer, value);
    }
    bus_say(bus, link, answer);
}

static void take_state_put(Bus *bus, Link *link, const WireMessage *message)
{
    GBytes *value = wire_body(message, 0);
    size_t n = 0;
    const void *bytes = value != NULL ? g_bytes_get_data(value, &n) : NULL;
    int64_t expected = wire_int(message, "expected", 0);
    int status = -1;
    if (bus->events.state_put != NULL && expected >= 0) {
        status = bus->events.state_put(bus->events.data, link->name, wire_text(message, "name"),
                                       bytes, n, (uint64_t)expected);
    }
    bus_say(bus, link, state_answer(message, status));
}

static void take_log(Bus *bus, Link *link, const WireMessage *message)
{
    int64_t now = bus_now_ms(bus);
    if (now - link->log_window_ms >= 60000) {
        if (link->logs > LINK_LOGS_PER_MINUTE) {
            log_message(LOG_WARN, "bus", "%s: %u more lines were not written", link->name,
                        link->logs - LINK_LOGS_PER_MINUTE);
        }
        link->log_window_ms = now;
        link->logs = 0;
    }
    if (++link->logs <= LINK_LOGS_PER_MINUTE) {
        LogLevel level = (LogLevel)CLAMP(wire_int(message, "level", LOG_INFO), LOG_DEBUG, LOG_FAIL);
        log_message(level, "bus", "%s: %s", link->name, wire_text(message, "message"));
    }
}

static void take_ready(Bus *bus, Link *link, const WireMessage *message)
{
    if (link->state != LINK_STARTING) {
        return;
    }
    link->credit = (size_t)CLAMP(wire_int(message, "concurrency", 1), 1, 256);
    link->timeout_ms = CLAMP(wire_int(message, "timeout_ms", 1), 1, INT32_MAX);
    const LimitsGiven given = {
        .concurrency = (int64_t)link->credit,
        .per_minute = CLAMP(wire_int(message, "per_minute", 0), 0, 10000000),
        .per_day = CLAMP(wire_int(message, "per_day", 0), 0, UINT32_MAX),
        .shared = wire_text(message, "shared"),
    };
    limits_join(bus, link, &given);
    link->up_at_ms = bus_now_ms(bus);
    link_set_state(bus, link, LINK_UP);
    if (bus->events.up != NULL) {
        bus->events.up(bus->events.data, link->name);
    }
}

static void take_credit(Bus *bus, Link *link, const WireMessage *message)
{
    link->credit = (size_t)CLAMP(wire_int(message, "credit", 0), 0, 256);
    link->lost = (unsigned)CLAMP(wire_int(message, "lost", 0), 0, 256);
    Flight *flight = g_hash_table_lookup(link->flights, &message->call);
    if (flight != NULL && !flight->ended) {
        end_without_answer(bus, link, flight, "the plugin did not return after its deadline");
    }
}

static void take_bye(Bus *bus, Link *link, const WireMessage *message)
{
    g_free(link->last_words);
    link->last_words = g_strdup(wire_text(message, "why"));
    link->final = wire_bool(message, "final");
    link->kill_at_ms = MIN(link->kill_at_ms, bus_now_ms(bus) + LINK_DRAIN_MS);
}

static void take_finding(Bus *bus, Link *link, const WireMessage *message)
{
    if (bus->events.finding != NULL) {
        bus->events.finding(bus->events.data, link->name, message->call,
                            wire_text(message, "place"), wire_text(message, "message"));
    }
}

typedef void (*Taker)(Bus *bus, Link *link, const WireMessage *message);

static const Taker takers[N_WIRE_VERBS] = {
    [WIRE_READY] = take_ready,
    [WIRE_CREDIT] = take_credit,
    [WIRE_RESULT] = take_result,
    [WIRE_PAGE] = take_page,
    [WIRE_STATE_GET] = take_state_get,
    [WIRE_STATE_PUT] = take_state_put,
    [WIRE_FINDING] = take_finding,
    [WIRE_LOG] = take_log,
    [WIRE_BYE] = take_bye,
};

void link_take(Bus *bus, Link *link, WireMessage *message)
{
    g_autoptr(WireMessage) owned = message;
    link->heard_ms = bus_now_ms(bus);
    link->pinged_ms = 0;
    if (takers[owned->verb] != NULL) {
        takers[owned->verb](bus, link, owned);
    }
}
