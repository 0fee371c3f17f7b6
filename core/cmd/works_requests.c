/* What people and commands ask of a running hub, by its control socket or from inside of the same process. */
#include "cmd/works_inside.h"
#include "hub/deeds.h"

#include <string.h>

const char *works_text(const json_t *request, const char *member)
{
    return json_string_value(json_object_get(request, member));
}

void works_answer(Works *works, uint64_t connection, json_t *line)
{
    works->setup.events.answer(works->setup.events.data, connection, line);
}

void works_refuse(Works *works, uint64_t connection, const char *code, const char *text)
{
    works_answer(works, connection,
                 json_pack("{s:b,s:s,s:s}", "ok", false, "code", code, "text", text));
}

/* ---- requests ---------------------------------------------------------------------------------
 */

static const char *person_of(const json_t *request)
{
    const char *by = works_text(request, "by");
    return by ? by : "person:unknown";
}

typedef struct {
    Works *works;
    uint64_t connection;
} Submitted;

static void submitted(void *data, const IntakeAnswer *given)
{
    static const char *const verdicts[] = {"accepted", "duplicate", "rejected", "invalid", "full"};
    g_autofree Submitted *context = data;
    bool ok = given->verdict == INTAKE_ACCEPTED || given->verdict == INTAKE_DUPLICATE;
    works_answer(
        context->works, context->connection,
        json_pack("{s:b,s:s,s:I,s:s*,s:s*,s:o*}", "ok", ok, "verdict", verdicts[given->verdict],
                  "position", (json_int_t)given->position, "code", given->code, "text", given->text,
                  "result",
                  given->result ? json_loads(given->result, JSON_DECODE_ANY, NULL) : NULL));
}

static void request_submit(Works *works, uint64_t connection, const json_t *request)
{
    const char *type = works_text(request, "type"), *time = works_text(request, "time");
    Instant at = INSTANT_NONE;
    if (!type) {
        works_refuse(works, connection, "form", "a submission names its event type");
        return;
    }
    g_autofree char *why = NULL;
    if (!deed_check(type, person_of(request), json_object_get(request, "data"), &why)) {
        works_refuse(works, connection, "not_an_act", why);
        return;
    }
    if (time && !instant_parse(time, &at, NULL)) {
        works_refuse(works, connection, "form", "time is written like 2026-07-01T06:00:00Z");
        return;
    }
    Submitted *context = g_new0(Submitted, 1);
    *context = (Submitted){works, connection};
    hub_submit(works->hub, person_of(request), works_text(request, "id"), type,
               works_text(request, "account"), at, json_object_get(request, "data"), submitted,
               context);
}

static json_t *bus_row(const BusStatus *row)
{
    json_t *line =
        json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:i,s:i,s:i,s:i}", "instance", row->instance, "plugin",
                  row->plugin, "state", row->state, "why", row->why, "held", row->held, "pid",
                  row->pid, "restarts", (int)row->restarts, "in_flight", (int)row->in_flight,
                  "lost_workers", (int)row->lost_workers);
    if (row->per_day > 0) {
        json_object_set_new(line, "today", json_integer(row->today));
        json_object_set_new(line, "per_day", json_integer(row->per_day));
    }
    return line;
}

static json_t *bus_rows(Works *works)
{
    BusStatus rows[BUS_INSTANCES_MAX];
    size_t n = bus_status(works->bus, rows, G_N_ELEMENTS(rows));
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, bus_row(&rows[i]));
    return list;
}

static void request_status(Works *works, uint64_t connection, const json_t *request)
{
    (void)request;
    works_answer(works, connection,
                 json_pack("{s:b,s:o,s:o,s:o*,s:s,s:s}", "ok", true, "hub", hub_status(works->hub),
                           "bus", bus_rows(works), "http",
                           works->doorway ? doorway_status(works->doorway) : NULL, "store",
                           works->setup.station->store_path, "conf",
                           works->setup.station->conf_dir));
}

static void answer_switch(Works *works, uint64_t connection, bool good, const GError *problem)
{
    if (good)
        works_answer(works, connection, json_pack("{s:b}", "ok", true));
    else
        works_refuse(works, connection, "refused", problem->message);
}

static void request_release(Works *works, uint64_t connection, const json_t *request)
{
    g_autoptr(GError) problem = NULL;
    const char *source = works_text(request, "source");
    if (!source) {
        works_refuse(works, connection, "form", "say which ledger is released");
        return;
    }
    bool good = hub_release_source(works->hub, source, person_of(request), &problem);
    answer_switch(works, connection, good, problem);
}

static void request_reset_fuse(Works *works, uint64_t connection, const json_t *request)
{
    g_autoptr(GError) problem = NULL;
    bool good = hub_reset_fuse(works->hub, person_of(request), &problem);
    answer_switch(works, connection, good, problem);
}

static void request_clear_clock(Works *works, uint64_t connection, const json_t *request)
{
    g_autoptr(GError) problem = NULL;
    bool good = hub_clear_clock(works->hub, person_of(request), &problem);
    answer_switch(works, connection, good, problem);
}

static void request_poll_now(Works *works, uint64_t connection, const json_t *request)
{
    const char *instance = works_text(request, "instance");
    if (hub_poll_now(works->hub, instance))
        works_answer(works, connection, json_pack("{s:b}", "ok", true));
    else
        works_refuse(works, connection, "unknown_instance", "no such instance has a source");
}

static void send_aside(Works *works, uint64_t connection, const char *instance, BusCall *call)
{
    Aside *aside = g_new0(Aside, 1);
    g_autoptr(GError) problem = NULL;
    call->id = hub_reserve_call(works->hub);
    *aside = (Aside){.id = call->id, .connection = connection, .instance = g_strdup(instance)};
    g_hash_table_insert(works->asides, &aside->id, aside);
    if (bus_send(works->bus, instance, call, &problem))
        return;
    works_refuse(works, connection, "not_sent", problem->message);
    g_hash_table_remove(works->asides, &call->id);
}

static void request_call(Works *works, uint64_t connection, const json_t *request)
{
    const char *instance = works_text(request, "instance"), *verb = works_text(request, "verb");
    const json_t *input = json_object_get(request, "input");
    if (!instance || !verb) {
        works_refuse(works, connection, "form", "a call names its instance and its verb");
        return;
    }
    const json_t *manifest = station_manifest(works->setup.station, instance);
    bool checks = strcmp(verb, "check") == 0;
    if (!checks && (!manifest || !manifest_action(manifest, verb))) {
        works_refuse(works, connection, "unknown_verb",
                     "no such instance offers this verb; `dunhub plugins` lists them");
        return;
    }
    g_autofree char *text = input ? json_canonical(input) : g_strdup("{}");
    g_autofree char *own_key = g_uuid_string_random();
    const char *key = works_text(request, "key");
    BusCall call = {
        .kind = checks ? CALL_CHECK : CALL_ACTION,
        .verb = verb,
        .key = checks ? NULL
               : key  ? key
                      : own_key,
        .input = text,
    };
    send_aside(works, connection, instance, &call);
}

static const char *first_source(const json_t *manifest)
{
    const json_t *sources = json_object_get(manifest, "sources");
    return json_string_value(json_object_get(json_array_get(sources, 0), "name"));
}

/* A look: what the source would tell from the beginning; nothing is kept. */
static void request_poll(Works *works, uint64_t connection, const json_t *request)
{
    const char *instance = works_text(request, "instance"), *source = works_text(request, "source");
    const json_t *manifest = instance ? station_manifest(works->setup.station, instance) : NULL;
    if (!source && manifest)
        source = first_source(manifest);
    if (!manifest || !source) {
        works_refuse(works, connection, "unknown_instance",
                     "no such instance has a source; `dunhub plugins` lists them");
        return;
    }
    char at[32];
    g_autoptr(json_t) input =
        json_pack("{s:n,s:s}", "cursor", "now",
                  instant_format(works->setup.clock->now(works->setup.clock), at));
    g_autofree char *text = json_canonical(input);
    BusCall call = {.kind = CALL_POLL, .verb = source, .input = text};
    send_aside(works, connection, instance, &call);
}

static void request_reload(Works *works, uint64_t connection, const json_t *request)
{
    (void)request;
    g_autofree char *why = NULL;
    if (!works->setup.events.reload) {
        works_refuse(works, connection, "no_hub", "no hub runs that could take it");
        return;
    }
    if (works->setup.events.reload(works->setup.events.data, &why))
        works_answer(works, connection, json_pack("{s:b}", "ok", true));
    else
        works_refuse(works, connection, "configuration", why ? why : "it cannot be used");
}

static void request_stop(Works *works, uint64_t connection, const json_t *request)
{
    (void)request;
    works_answer(works, connection, json_pack("{s:b}", "ok", true));
    if (works->setup.events.stop)
        works->setup.events.stop(works->setup.events.data);
}

void works_request(Works *works, uint64_t connection, const json_t *request)
{
    static const struct {
        const char *name;
        void (*run)(Works *works, uint64_t connection, const json_t *request);
    } commands[] = {
        {"status", request_status},
        {"submit", request_submit},
        {"release", request_release},
        {"reset_fuse", request_reset_fuse},
        {"clear_clock", request_clear_clock},
        {"poll_now", request_poll_now},
        {"call", request_call},
        {"poll", request_poll},
        {"reload", request_reload},
        {"stop", request_stop},
    };
    const char *name = works_text(request, "command");
    for (size_t i = 0; name && i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        commands[i].run(works, connection, request);
        return;
    }
    works_refuse(works, connection, "unknown_command", "the hub knows no such command");
}
