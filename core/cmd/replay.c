#include "cmd/replay.h"

#include <string.h>
#include <zmq.h>

#include "bus/bus.h"

#define REPLAY_ERROR g_quark_from_static_string("dunhub-replay")

enum {
    ITEMS_MAX = 64,
    TURN_MS = 200,
    START_MS = 20 * 1000,
    ANSWER_MS = 10 * 60 * 1000,
    CHUNK = 2000, /* events given to the hub at once; its queue is bounded */
    SEED = 1,
};

typedef struct {
    char *name, *source, *cursor;
    uint64_t call;
    bool answered;
    char *failure;
    GPtrArray *events; /* json_t, of the day */
} Feed;

typedef struct {
    GBytes *bytes;
    uint64_t version;
} Kept;

struct Replay {
    Station *station;
    VirtualClock clock;
    SeededRandom random;
    Bus *bus;
    Hub *hub;
    GPtrArray *feeds;
    GHashTable *kept; /* "instance name" -> Kept: what plugins put away */
    uint64_t calls;
    size_t findings, refused;
    char *refusal; /* the first one */
};

/* ---- what the bus brings ------------------------------------------------------------------ */

static void drop_json(gpointer json)
{
    json_decref(json);
}

static Feed *feed_of(const Replay *replay, uint64_t call)
{
    for (guint i = 0; i < replay->feeds->len; i++) {
        Feed *feed = replay->feeds->pdata[i];
        if (feed->call == call)
            return feed;
    }
    return NULL;
}

static void on_result(void *data, const char *instance, const BusResult *result)
{
    (void)instance;
    Feed *feed = feed_of(data, result->call);
    if (feed == NULL)
        return;
    feed->answered = true;
    if (result->outcome != OUTCOME_OK)
        feed->failure =
            g_strdup(result->message != NULL ? result->message : "it could not be read");
}

static bool on_page(void *data, const char *instance, uint64_t call, const json_t *const *events,
                    size_t n_events, const char *cursor)
{
    (void)instance;
    Feed *feed = feed_of(data, call);
    if (feed == NULL)
        return false;
    for (size_t i = 0; i < n_events; i++)
        g_ptr_array_add(feed->events, json_deep_copy(events[i]));
    if (cursor != NULL) {
        g_free(feed->cursor);
        feed->cursor = g_strdup(cursor);
    }
    return true;
}

static void free_kept(gpointer data)
{
    g_bytes_unref(((Kept *)data)->bytes);
    g_free(data);
}

static bool on_state_get(void *data, const char *instance, const char *name, GBytes **ret_value,
                         uint64_t *ret_version)
{
    const Replay *replay = data;
    g_autofree char *key = g_strdup_printf("%s %s", instance, name);
    const Kept *kept = g_hash_table_lookup(replay->kept, key);
    if (kept == NULL)
        return false;
    *ret_value = g_bytes_ref(kept->bytes);
    *ret_version = kept->version;
    return true;
}

static int on_state_put(void *data, const char *instance, const char *name, const void *bytes,
                        size_t n, uint64_t expected_version)
{
    Replay *replay = data;
    g_autofree char *key = g_strdup_printf("%s %s", instance, name);
    const Kept *before = g_hash_table_lookup(replay->kept, key);
    uint64_t version = before != NULL ? before->version : 0;
    if (version != expected_version)
        return 1;
    Kept *kept = g_new0(Kept, 1);
    *kept = (Kept){g_bytes_new(bytes, n), version + 1};
    g_hash_table_replace(replay->kept, g_strdup(key), kept);
    return 0;
}

static void on_finding(void *data, const char *instance, uint64_t call, const char *place,
                       const char *message)
{
    (void)instance;
    (void)call;
    Replay *replay = data;
    replay->findings++;
    fprintf(stderr, "%s%s%s\n", place != NULL ? place : "", place != NULL ? ": " : "", message);
}

static void on_up(void *data, const char *instance)
{
    (void)data;
    (void)instance;
}

static void on_down(void *data, const char *instance, const char *why)
{
    (void)data;
    (void)instance;
    (void)why;
}

/* ---- ledgers ------------------------------------------------------------------------------ */

static bool turn_bus(Replay *replay)
{
    zmq_pollitem_t items[ITEMS_MAX];
    size_t n = bus_poll_items(replay->bus, items, ITEMS_MAX);
    zmq_poll(items, (int)n, (long)MIN(bus_wait_ms(replay->bus), (int64_t)TURN_MS));
    bus_turn(replay->bus);
    return true;
}

static bool wait_until_up(Replay *replay, const Feed *feed, GError **error)
{
    Clock *clock = clock_system();
    int64_t until = clock->monotonic_ms(clock) + START_MS;
    while (bus_credit(replay->bus, feed->name) == 0) {
        if (clock->monotonic_ms(clock) > until) {
            g_set_error(error, REPLAY_ERROR, 1,
                        "%s did not start within %d seconds; 'dunhub check --live' says why",
                        feed->name, START_MS / 1000);
            return false;
        }
        turn_bus(replay);
    }
    return true;
}

static bool poll_feed(Replay *replay, Feed *feed, GError **error)
{
    /* A ledger reads its files as of the local day, whatever the day is in UTC at that moment. */
    char today[16];
    date_format(zone_date(replay->station->configuration->book.zone, replay->clock.instant), today);
    g_autofree char *now = g_strconcat(today, "T00:00:00.000Z", NULL);
    g_autoptr(json_t) input = json_pack("{s:s}", "now", now);
    json_object_set_new(input, "cursor",
                        feed->cursor != NULL ? json_string(feed->cursor) : json_null());
    g_autofree char *text = json_canonical(input);
    feed->call = ++replay->calls;
    feed->answered = false;
    BusCall call = {.id = feed->call,
                    .kind = CALL_POLL,
                    .verb = feed->source,
                    .input = text,
                    .deadline_ms = ANSWER_MS};
    if (!wait_until_up(replay, feed, error) || !bus_send(replay->bus, feed->name, &call, error))
        return false;
    while (!feed->answered)
        turn_bus(replay);
    if (feed->failure == NULL)
        return true;
    g_set_error(error, REPLAY_ERROR, 1, "%s: %s", feed->name, feed->failure);
    return false;
}

static void note_refusal(void *data, const IntakeAnswer *answer)
{
    Replay *replay = data;
    if (answer->verdict == INTAKE_ACCEPTED || answer->verdict == INTAKE_DUPLICATE)
        return;
    replay->refused++;
    if (replay->refusal == NULL)
        replay->refusal = g_strdup(answer->text != NULL ? answer->text : answer->code);
}

static const char *text_of(const json_t *event, const char *member)
{
    return json_string_value(json_object_get(event, member));
}

static void submit(Replay *replay, const Feed *feed, const json_t *event)
{
    Instant time = INSTANT_NONE;
    if (text_of(event, "time") != NULL)
        instant_parse(text_of(event, "time"), &time, NULL);
    g_autoptr(json_t) data = json_deep_copy(json_object_get(event, "data"));
    const json_t *refs = json_object_get(event, "refs");
    if (refs != NULL && json_is_object(data))
        json_object_set_new(data, "refs", json_deep_copy(refs));
    hub_submit(replay->hub, feed->name, text_of(event, "id"),
               text_of(event, "type") != NULL ? text_of(event, "type") : "",
               text_of(event, "account"), time, data, note_refusal, replay);
}

static bool tell_hub(Replay *replay, Feed *feed, GError **error)
{
    for (guint i = 0; i < feed->events->len; i++) {
        submit(replay, feed, feed->events->pdata[i]);
        if ((i + 1) % CHUNK == 0 && !hub_settle(replay->hub, error))
            return false;
    }
    g_ptr_array_set_size(feed->events, 0);
    if (!hub_settle(replay->hub, error))
        return false;
    if (replay->refused == 0)
        return true;
    g_set_error(error, REPLAY_ERROR, 1, "%s told %zu events that cannot be taken, the first: %s",
                feed->name, replay->refused, replay->refusal);
    return false;
}

/* ---- opening ------------------------------------------------------------------------------ */

static const char *ledger_source(const json_t *manifest)
{
    const json_t *sources = json_object_get(manifest, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);
        if (json_is_true(json_object_get(source, "ledger")))
            return json_string_value(json_object_get(source, "name"));
    }
    return NULL;
}

static bool has_option(const json_t *manifest, const char *name)
{
    const json_t *options = json_object_get(manifest, "options");
    for (size_t i = 0; i < json_array_size(options); i++)
        if (g_strcmp0(text_of(json_array_get(options, i), "name"), name) == 0)
            return true;
    return false;
}

/* The plugin follows the virtual clock if it can. */
static bool add_ledger(Replay *replay, const Instance *instance, const char *source, GError **error)
{
    g_autoptr(json_t) options = configuration_resolve(instance, error);
    if (options == NULL)
        return false;
    if (has_option(station_manifest(replay->station, instance->name), "as_of"))
        json_object_set_new(options, "as_of", json_string("now"));
    Feed *feed = g_new0(Feed, 1);
    feed->name = g_strdup(instance->name);
    feed->source = g_strdup(source);
    feed->events = g_ptr_array_new_with_free_func(drop_json);
    g_ptr_array_add(replay->feeds, feed);
    InstanceConfig config = {instance->name, instance->plugin, ISOLATE_THREAD, options};
    return bus_add(replay->bus, &config, error);
}

static bool add_ledgers(Replay *replay, const char *ledger, GError **error)
{
    const Configuration *configuration = replay->station->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++) {
        const Instance *instance = &configuration->instances[i];
        const char *source = ledger_source(station_manifest(replay->station, instance->name));
        if (source == NULL || (ledger != NULL && strcmp(ledger, instance->name) != 0))
            continue;
        if (!add_ledger(replay, instance, source, error))
            return false;
    }
    if (replay->feeds->len > 0)
        return true;
    if (ledger != NULL)
        g_set_error(error, REPLAY_ERROR, 1,
                    "'%s' is no ledger of the configuration; 'instances:' lists them", ledger);
    else
        g_set_error(error, REPLAY_ERROR, 1,
                    "the configuration has no ledger to replay; add an instance of csv_ledger");
    return false;
}

static bool open_bus(Replay *replay, GError **error)
{
    const Station *station = replay->station;
    BusEvents events = {replay,       on_result,  on_page, on_state_get,
                        on_state_put, on_finding, on_up,   on_down};
    replay->bus = bus_new(station->run_dir, station->plugin_dir, station->host_program, NULL,
                          clock_system(), &events, error);
    return replay->bus != NULL;
}

/* What a person would release is taken as released: the plan is what is asked for. */
static void all_live(Configuration *configuration)
{
    for (size_t i = 0; i < configuration->book.n_policies; i++)
        ((Policy *)configuration->book.policies[i])->mode = MODE_LIVE;
}

static bool open_hub(Replay *replay, GError **error)
{
    Station *station = replay->station;
    all_live(station->configuration);
    if (!store_open(&store_sqlite, NULL, STORE_MEMORY, NULL, &station->store, error))
        return false;
    HubSetup setup = {
        .clock = &replay->clock.clock,
        .random = &replay->random.random,
        .store = station->store,
        .configuration = station->configuration,
        .dry = true,
    };
    replay->hub = hub_new(&setup, error);
    return replay->hub != NULL;
}

bool replay_open(Station *station, const char *ledger, Date first, HubWatcher watcher, void *data,
                 Replay **ret_replay, GError **error)
{
    g_autoptr(Replay) replay = g_new0(Replay, 1);
    replay->station = station;
    replay->feeds = g_ptr_array_new();
    replay->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_kept);
    virtual_clock_init(&replay->clock, zone_instant(station->configuration->book.zone, first, 0));
    seeded_random_init(&replay->random, SEED);
    if (!open_bus(replay, error) || !add_ledgers(replay, ledger, error) || !open_hub(replay, error))
        return false;
    hub_watch(replay->hub, watcher, data);
    *ret_replay = g_steal_pointer(&replay);
    return true;
}

void replay_close(Replay *replay)
{
    if (replay == NULL)
        return;
    g_clear_pointer(&replay->hub, hub_free);
    g_clear_pointer(&replay->bus, bus_free);
    for (guint i = 0; i < replay->feeds->len; i++) {
        Feed *feed = replay->feeds->pdata[i];
        g_ptr_array_unref(feed->events);
        g_free(feed->name);
        g_free(feed->source);
        g_free(feed->cursor);
        g_free(feed->failure);
        g_free(feed);
    }
    g_ptr_array_unref(replay->feeds);
    g_hash_table_unref(replay->kept);
    g_free(replay->refusal);
    g_free(replay);
}

size_t replay_findings(const Replay *replay)
{
    return replay->findings;
}

/* ---- a day -------------------------------------------------------------------------------- */

bool replay_day(Replay *replay, Date day, GError **error)
{
    const Zone *zone = replay->station->configuration->book.zone;
    Instant end = zone_instant(zone, day + 1, 0);
    virtual_clock_set(&replay->clock, zone_instant(zone, day, 0));
    for (guint i = 0; i < replay->feeds->len; i++) {
        Feed *feed = replay->feeds->pdata[i];
        if (!poll_feed(replay, feed, error) || !tell_hub(replay, feed, error))
            return false;
    }
    for (Instant next = hub_next(replay->hub); next < end; next = hub_next(replay->hub)) {
        virtual_clock_set(&replay->clock, MAX(next, replay->clock.instant));
        if (!hub_settle(replay->hub, error))
            return false;
    }
    return true;
}
