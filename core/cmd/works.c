#include "cmd/works_inside.h"

#include "base/log.h"
#include "cmd/quota.h"

#include <poll.h>
#include <string.h>

#include <sys/timex.h>
#include <zmq.h>

enum { ITEMS_MAX = 128 };

typedef struct {
    uint64_t id;
    char *instance;
} Planned;

static void planned_free(void *data)
{
    Planned *planned = data;
    g_free(planned->instance);
    g_free(planned);
}

static void aside_free(void *data)
{
    Aside *aside = data;
    g_free(aside->instance);
    g_free(aside);
}

/* ---- the hub's ports: the bus -----------------------------------------------------------------
 */

static size_t port_credit(void *data, const char *instance)
{
    const Works *works = data;
    size_t credit = bus_credit(works->bus, instance);
    bool runs = json_array_size(
        json_object_get(station_manifest(works->setup.station, instance), "sources"));
    return works->setup.plans && !runs ? MAX(credit, 1) : credit;
}

static void plan_call(Works *works, const char *instance, uint64_t id)
{
    Planned *planned = g_new0(Planned, 1);
    *planned = (Planned){id, g_strdup(instance)};
    g_queue_push_tail(&works->planned, planned);
}

static void answer_planned(Works *works)
{
    for (Planned *planned = g_queue_pop_head(&works->planned); planned;
         planned = g_queue_pop_head(&works->planned)) {
        hub_result(works->hub, planned->instance, planned->id, OUTCOME_OK, 0, NULL, NULL, NULL,
                   NULL);
        planned_free(planned);
    }
}

static bool port_send(void *data, const char *instance, uint64_t id, int kind, const char *verb,
                      const char *key, const char *input, GBytes *content, GError **error)
{
    Works *works = data;
    if (works->setup.plans && (kind == CALL_ACTION || kind == CALL_LOOKUP)) {
        plan_call(works, instance, id);
        return true;
    }
    GBytes *const bodies[] = {content};
    BusCall call = {
        .id = id,
        .kind = kind,
        .verb = verb,
        .key = key,
        .input = input,
        .bodies = bodies,
        .n_bodies = content != NULL,
    };
    return bus_send(works->bus, instance, &call, error);
}

static void on_drawn(void *data, uint64_t job, GBytes *pdf, int pages, const GError *error)
{
    Works *works = data;
    hub_drawn(works->hub, job, pdf, pages, error && error->code == PRESS_ERROR_REFUSED,
              error ? error->message : NULL);
}

static bool port_draw(void *data, uint64_t job, const char *document, GError **error)
{
    Works *works = data;
    return press_submit(works->press, job, document, on_drawn, works, error);
}

static void port_publish(void *data, const char *type, uint64_t position, const char *cloud_event)
{
    Works *works = data;
    bus_publish(works->bus, type, position, cloud_event);
}

static const json_t *port_manifest(void *data, const char *instance)
{
    const Works *works = data;
    return station_manifest(works->setup.station, instance);
}

/* A clock that the kernel knows to be kept in time by a time service is its own witness. */
static bool port_trusted_now(void *data, Instant *ret_now)
{
    const Works *works = data;
    Clock *clock = works->setup.clock;
    struct timex state = {0};
    bool kept = adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
    if (kept || works->setup.moved_clock)
        *ret_now = clock->now(clock);
    return kept || works->setup.moved_clock;
}

static void port_alert(void *data, const HubAlert *alert)
{
    Works *works = data;
    if (works->setup.events.alert)
        works->setup.events.alert(works->setup.events.data, alert);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static json_t *parsed(const char *text)
{
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    return value;
}

static const char *outcome_name(int outcome)
{
    static const char *const names[] = {"ok", "retry", "permanent", "auth", "uncertain", "absent"};
    return outcome >= 0 && (size_t)outcome < G_N_ELEMENTS(names) ? names[outcome] : "uncertain";
}

/* ---- what the bus brings ----------------------------------------------------------------------
 */

/* A vendor that was not told delivers nothing, which nobody would notice. */
static void setup_result(Works *works, const Aside *aside, const BusResult *result)
{
    if (result->outcome == 0)
        return;
    g_autofree char *text = g_strdup_printf(
        "what %s sends here could not be set up: %s; it is tried again when its host starts",
        aside->instance, result->message ? result->message : outcome_name(result->outcome));
    port_alert(works, &(HubAlert){"setup_failed", aside->instance, text});
}

static void aside_result(Works *works, const Aside *aside, const BusResult *result)
{
    if (aside->sets_up) {
        setup_result(works, aside, result);
        return;
    }
    json_t *line =
        json_pack("{s:b,s:s,s:s*,s:s*,s:s*,s:o*,s:I,s:I}", "ok", result->outcome == 0, "outcome",
                  outcome_name(result->outcome), "code", result->code, "text", result->message,
                  "external_id", result->external_id, "data", parsed(result->data), "events",
                  (json_int_t)aside->events, "findings", (json_int_t)aside->findings);
    works_answer(works, aside->connection, line);
}

static void on_result(void *data, const char *instance, const BusResult *result)
{
    Works *works = data;
    Aside *aside = g_hash_table_lookup(works->asides, &result->call);
    if (doorway_result(works->doorway, result))
        return;
    if (!aside) {
        hub_result(works->hub, instance, result->call, result->outcome, result->retry_after_ms,
                   result->code, result->message, result->external_id, result->data);
        return;
    }
    aside_result(works, aside, result);
    g_hash_table_remove(works->asides, &result->call);
}

static bool on_page(void *data, const char *instance, uint64_t call, const json_t *const *events,
                    size_t n, const char *cursor)
{
    Works *works = data;
    Aside *aside = g_hash_table_lookup(works->asides, &call);
    if (!aside)
        return hub_page(works->hub, instance, call, events, n, cursor);
    for (size_t i = 0; i < n; i++)
        works_answer(works, aside->connection, json_pack("{s:O}", "event", events[i]));
    aside->events += n;
    return true;
}

static bool on_state_get(void *data, const char *instance, const char *name, GBytes **ret_value,
                         uint64_t *ret_version)
{
    Works *works = data;
    g_autoptr(GError) problem = NULL;
    if (vault_get(works->vault, instance, name, ret_value, ret_version, &problem))
        return *ret_value != NULL;
    port_alert(works, &(HubAlert){"state_unreadable", instance, problem->message});
    return false;
}

static int on_state_put(void *data, const char *instance, const char *name, const void *bytes,
                        size_t n, uint64_t expected_version)
{
    Works *works = data;
    g_autoptr(GError) problem = NULL;
    if (name[0] == '@') /* the hub's own: cursors */
        return -1;
    if (vault_put(works->vault, instance, name, bytes, n, expected_version, &problem))
        return 0;
    return g_error_matches(problem, STORE_ERROR, STORE_ERROR_STALE) ? 1 : -1;
}

static void on_finding(void *data, const char *instance, uint64_t call, const char *place,
                       const char *message)
{
    Works *works = data;
    Aside *aside = g_hash_table_lookup(works->asides, &call);
    if (aside)
        aside->findings++;
    if (aside)
        works_answer(
            works, aside->connection,
            json_pack("{s:{s:s,s:s}}", "finding", "place", place ? place : "", "text", message));
    else if (works->setup.events.finding)
        works->setup.events.finding(works->setup.events.data, instance, place, message);
}

/* Where the world reaches this hub by a name, the plugin tells its vendor so, each time its host has come up. */
static void set_up(Works *works, const char *instance)
{
    const char *public_url = works->setup.station->configuration->http.public_url;
    const json_t *manifest = port_manifest(works, instance);
    if (!works->doorway || !public_url || !json_is_true(json_object_get(manifest, "setup")))
        return;
    g_autofree char *url = g_strdup_printf("%s/hooks/%s", public_url, instance);
    g_autoptr(json_t) input = json_pack("{s:s}", "url", url);
    g_autofree char *text = json_canonical(input);
    g_autoptr(GError) problem = NULL;
    Aside *aside = g_new0(Aside, 1);
    aside->id = hub_reserve_call(works->hub);
    aside->instance = g_strdup(instance);
    aside->sets_up = true;
    const BusCall call = {.id = aside->id, .kind = CALL_SETUP, .input = text};
    if (bus_send(works->bus, instance, &call, &problem)) {
        g_hash_table_insert(works->asides, &aside->id, aside);
        return;
    }
    setup_result(works, aside, &(BusResult){.outcome = 1, .message = problem->message});
    aside_free(aside);
}

static void on_up(void *data, const char *instance)
{
    Works *works = data;
    if (!works->hub)
        return;
    hub_instance_up(works->hub, instance);
    set_up(works, instance);
}

static bool on_quota_get(void *data, const char *pool, int64_t day, int64_t *ret_used)
{
    const Works *works = data;
    g_autoptr(GError) problem = NULL;
    if (quota_get(works->setup.station->store, pool, day, ret_used, &problem))
        return true;
    log_message(LOG_FAIL, "bus", "%s", problem->message);
    return false;
}

static bool on_quota_put(void *data, const char *pool, int64_t day, int64_t used)
{
    const Works *works = data;
    g_autoptr(GError) problem = NULL;
    if (quota_put(works->setup.station->store, pool, day, used, &problem))
        return true;
    log_message(LOG_FAIL, "bus", "%s", problem->message);
    return false;
}

static void on_held(void *data, const char *instance, const char *why)
{
    Works *works = data;
    g_autofree char *text = why ? g_strdup_printf("%s: %s", instance, why)
                                : g_strdup_printf("%s answers again", instance);
    port_alert(works, &(HubAlert){why ? "instance_waits" : "instance_resumed", instance, text});
}

static void on_down(void *data, const char *instance, const char *why)
{
    Works *works = data;
    g_autofree char *text = g_strdup_printf("%s stopped: %s", instance, why ? why : "no reason");
    port_alert(works, &(HubAlert){.code = "instance_down", .subject = instance, .text = text});
}

/* ---- opening and closing ----------------------------------------------------------------------
 */

static bool open_bus(Works *works, GError **error)
{
    const Station *station = works->setup.station;
    BusEvents events = {
        .data = works,
        .result = on_result,
        .page = on_page,
        .state_get = on_state_get,
        .state_put = on_state_put,
        .finding = on_finding,
        .up = on_up,
        .down = on_down,
        .quota_get = on_quota_get,
        .quota_put = on_quota_put,
        .held = on_held,
    };
    const char *publish = works->setup.acts ? station->configuration->publish : NULL;
    works->bus = bus_new(station->run_dir, station->plugin_dir, station->host_program, publish,
                         clock_system(), &events, error);
    return works->bus != NULL;
}

static bool open_hub(Works *works, GError **error)
{
    HubPorts ports = {
        .data = works,
        .manifest = port_manifest,
        .trusted_now = port_trusted_now,
        .alert = port_alert,
    };
    if (works->setup.polls || works->setup.acts) {
        ports.credit = port_credit;
        ports.send = port_send;
        ports.publish = port_publish;
    }
    if (works->press)
        ports.draw = port_draw;
    HubSetup setup = {
        .clock = works->setup.clock,
        .random = works->setup.random,
        .store = works->setup.station->store,
        .configuration = works->setup.station->configuration,
        .ports = ports,
        .polls_by_hand = works->setup.by_hand,
        .holds_acts = !works->setup.acts,
    };
    works->hub = hub_new(&setup, error);
    return works->hub != NULL;
}

/* Platforms deliver to the hub that acts, on the clock that they know. */
static bool open_doorway(Works *works, GError **error)
{
    const WorksSetup *setup = &works->setup;
    g_autoptr(GError) problem = NULL;
    if (!setup->acts || setup->plans || setup->moved_clock)
        return true;
    works->doorway = doorway_open(setup->station, works->hub, works->bus, &problem);
    if (!problem)
        return true;
    g_propagate_prefixed_error(error, g_steal_pointer(&problem), "http: ");
    return false;
}

Works *works_open(const WorksSetup *setup, GError **error)
{
    g_autoptr(Works) works = g_new0(Works, 1);
    works->setup = *setup;
    g_queue_init(&works->planned);
    works->asides = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, aside_free);
    if (setup->acts && !setup->plans)
        works->press = press_new(setup->station->letter_program);
    if (!station_vault(setup->station, &works->vault, error) || !open_bus(works, error) ||
        !open_hub(works, error) || !open_doorway(works, error))
        return NULL;
    return g_steal_pointer(&works);
}

void works_close(Works *works)
{
    if (!works)
        return;
    doorway_close(works->doorway);
    bus_free(works->bus);
    press_free(works->press);
    hub_free(works->hub);
    vault_close(works->vault);
    g_hash_table_unref(works->asides);
    g_queue_clear_full(&works->planned, planned_free);
    g_free(works);
}

Hub *works_hub(Works *works)
{
    return works->hub;
}

unsigned works_http_port(const Works *works)
{
    return works->doorway ? doorway_port(works->doorway) : 0;
}

Bus *works_bus(Works *works)
{
    return works->bus;
}

/* ---- instances --------------------------------------------------------------------------------
 */

static bool has_option(const json_t *manifest, const char *name)
{
    const json_t *options = json_object_get(manifest, "options");
    for (size_t i = 0; i < json_array_size(options); i++)
        if (g_strcmp0(works_text(json_array_get(options, i), "name"), name) == 0)
            return true;
    return false;
}

bool works_start_instance(Works *works, const Instance *instance, GError **error)
{
    g_autoptr(json_t) options = configuration_resolve(instance, error);
    if (!options)
        return false;
    /* On a moved clock a ledger that can is read as of that clock's day. */
    const json_t *manifest = station_manifest(works->setup.station, instance->name);
    if (works->setup.moved_clock && has_option(manifest, "as_of"))
        json_object_set_new(options, "as_of", json_string("now"));
    g_autoptr(json_t) private_paths = station_private_paths(works->setup.station);
    InstanceConfig config = {
        instance->name, instance->plugin, instance->isolate,
        options,        private_paths,    works->setup.moved_clock || works->setup.keeps_calling};
    return bus_add(works->bus, &config, error);
}

static void start_or_tell(Works *works, const Instance *instance)
{
    g_autoptr(GError) problem = NULL;
    if (works_start_instance(works, instance, &problem))
        return;
    g_autofree char *text =
        g_strdup_printf("%s cannot start: %s", instance->name, problem->message);
    port_alert(works, &(HubAlert){"instance_down", instance->name, text});
}

static void open_hooks(Works *works)
{
    g_autoptr(GString) why = g_string_new(NULL);
    if (works->doorway)
        doorway_reload(works->doorway, why);
    if (why->len)
        port_alert(works, &(HubAlert){.code = "webhook_unusable", .text = g_strchomp(why->str)});
}

void works_start_instances(Works *works)
{
    open_hooks(works);
    const Configuration *configuration = works->setup.station->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++)
        start_or_tell(works, &configuration->instances[i]);
}

static const Instance *instance_in(const Configuration *configuration, const char *name)
{
    for (size_t i = 0; i < configuration->n_instances; i++)
        if (strcmp(configuration->instances[i].name, name) == 0)
            return &configuration->instances[i];
    return NULL;
}

static bool same_instance(const Instance *a, const Instance *b)
{
    return a && b && strcmp(a->plugin, b->plugin) == 0 && a->isolate == b->isolate &&
           json_equal((json_t *)a->options, (json_t *)b->options);
}

/* Names of the instances of `of` that `other` does not have as they are. */
static GPtrArray *changed_instances(const Configuration *of, const Configuration *other)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < of->n_instances; i++)
        if (!same_instance(&of->instances[i], instance_in(other, of->instances[i].name)))
            g_ptr_array_add(names, g_strdup(of->instances[i].name));
    return names;
}

/* A configuration that cannot be written down changes nothing either: hosts are touched last. */
bool works_reload(Works *works, Configuration *configuration, GError **error)
{
    Station *station = works->setup.station;
    g_autoptr(GPtrArray) ended = changed_instances(station->configuration, configuration);
    g_autoptr(GPtrArray) begun = changed_instances(configuration, station->configuration);
    Configuration *old = station_swap(station, configuration);
    if (!hub_reload(works->hub, configuration, error)) {
        station_swap(station, old);
        return false;
    }
    for (guint i = 0; i < ended->len; i++)
        bus_remove(works->bus, ended->pdata[i]);
    for (guint i = 0; i < begun->len; i++)
        start_or_tell(works, instance_in(configuration, begun->pdata[i]));
    open_hooks(works);
    configuration_free(old);
    return true;
}

/* ---- turning ----------------------------------------------------------------------------------
 */

static int64_t wait_ms(Works *works, int64_t max_wait_ms)
{
    Clock *clock = works->setup.clock;
    if (works->planned.length)
        return 0;
    int64_t wait = MIN(max_wait_ms, bus_wait_ms(works->bus));
    Instant next = hub_next(works->hub), now = clock->now(clock);
    if (next <= now)
        return 0;
    if (next != INSTANT_NEVER && !works->setup.moved_clock)
        wait = MIN(wait, next - now);
    return MAX(wait, 0);
}

static short zmq_events(short events)
{
    return (short)((events & POLLIN ? ZMQ_POLLIN : 0) | (events & POLLOUT ? ZMQ_POLLOUT : 0));
}

static void wait_for_items(Works *works, zmq_pollitem_t *given, size_t n, int64_t wait)
{
    zmq_pollitem_t items[ITEMS_MAX];
    n = MIN(n, ITEMS_MAX / 2);
    if (n)
        memcpy(items, given, n * sizeof *items);
    PressWait press = works->press ? press_wait(works->press) : (PressWait){-1, 0, -1};
    size_t of_bus = bus_poll_items(works->bus, items + n, ITEMS_MAX - n - 2),
           of_press = press.fd >= 0, of_door = works->doorway != NULL;
    if (of_press)
        items[n + of_bus] = (zmq_pollitem_t){.fd = press.fd, .events = zmq_events(press.events)};
    if (press.wait_ms >= 0)
        wait = MIN(wait, press.wait_ms);
    if (of_door) {
        int64_t door_ms = doorway_wait_ms(works->doorway);
        items[n + of_bus + of_press] =
            (zmq_pollitem_t){.fd = doorway_fd(works->doorway), .events = ZMQ_POLLIN};
        wait = door_ms >= 0 ? MIN(wait, door_ms) : wait;
    }
    zmq_poll(items, (int)(n + of_bus + of_press + of_door), wait);
    for (size_t i = 0; i < n; i++)
        given[i].revents = items[i].revents;
}

bool works_turn(Works *works, void *zmq_pollitems, size_t n, int64_t max_wait_ms, GError **error)
{
    wait_for_items(works, zmq_pollitems, n, wait_ms(works, max_wait_ms));
    bus_turn(works->bus);
    if (works->press)
        press_turn(works->press);
    answer_planned(works);
    if (works->doorway)
        doorway_turn(works->doorway);
    bool good = hub_turn(works->hub, error);
    if (!good && works->doorway)
        doorway_fail(works->doorway);
    return good;
}

bool works_idle(Works *works)
{
    return !g_hash_table_size(works->asides) && hub_idle(works->hub, NULL);
}
