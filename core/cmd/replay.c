#include "cmd/replay.h"

#include <string.h>

#include "cmd/works.h"

#define REPLAY_ERROR g_quark_from_static_string("dunhub-replay")

enum {
    TURN_MS = 100,
    STALL_MS = 60 * 1000, /* so long nothing moves although something waits: it will not move */
    SEED = 1,
};

struct Replay {
    Station *station;
    VirtualClock clock;
    SeededRandom random;
    Works *works;
    GPtrArray *ledgers; /* names of the instances */
    size_t findings;
    char *failure; /* the first one */
};

/* ---- what the works tell --------------------------------------------------------------------- */

static void on_alert(void *data, const HubAlert *alert)
{
    static const char *const fatal[] = {"poll_failed",  "instance_paused", "instance_down",
                                        "store_failed", "stuck",           NULL};
    Replay *replay = data;
    if (replay->failure == NULL && g_strv_contains(fatal, alert->code))
        replay->failure = g_strdup(alert->text);
    if (strcmp(alert->code, "event_invalid") == 0) {
        replay->findings++;
        fprintf(stderr, "%s\n", alert->text);
    }
}

static void on_finding(void *data, const char *instance, const char *place, const char *message)
{
    (void)instance;
    Replay *replay = data;
    replay->findings++;
    fprintf(stderr, "%s%s%s\n", place != NULL ? place : "", place != NULL ? ": " : "", message);
}

static void on_answer(void *data, uint64_t connection, json_t *line)
{
    (void)data;
    (void)connection;
    json_decref(line);
}

/* ---- opening --------------------------------------------------------------------------------- */

static bool has_ledger(const json_t *manifest)
{
    const json_t *sources = json_object_get(manifest, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++)
        if (json_is_true(json_object_get(json_array_get(sources, i), "ledger")))
            return true;
    return false;
}

/* As a thread: its end is ours, and nothing of it is left. */
static bool start_ledgers(Replay *replay, const char *ledger, GError **error)
{
    const Configuration *configuration = replay->station->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++) {
        Instance instance = configuration->instances[i];
        if (!has_ledger(station_manifest(replay->station, instance.name)) ||
            (ledger != NULL && strcmp(ledger, instance.name) != 0))
            continue;
        instance.isolate = ISOLATE_THREAD;
        g_ptr_array_add(replay->ledgers, g_strdup(instance.name));
        if (!works_start_instance(replay->works, &instance, error) ||
            !hub_release_source(works_hub(replay->works), instance.name, "simulate", error))
            return false;
    }
    if (replay->ledgers->len > 0)
        return true;
    if (ledger != NULL)
        g_set_error(error, REPLAY_ERROR, 1,
                    "'%s' is no ledger of the configuration; 'instances:' lists them", ledger);
    else
        g_set_error(error, REPLAY_ERROR, 1,
                    "the configuration has no ledger to replay; add an instance of csv_ledger");
    return false;
}

/* What a person would release is taken as released, and a busy day as wanted: the plan is what is
 * asked for. */
static void let_all_go(Configuration *configuration)
{
    configuration->book.fuse_factor = 0;
    for (size_t i = 0; i < configuration->book.n_policies; i++)
        ((Policy *)configuration->book.policies[i])->mode = MODE_LIVE;
}

bool replay_open(Station *station, const char *ledger, Date first, HubWatcher watcher, void *data,
                 Replay **ret_replay, GError **error)
{
    g_autoptr(Replay) replay = g_new0(Replay, 1);
    replay->station = station;
    replay->ledgers = g_ptr_array_new_with_free_func(g_free);
    virtual_clock_init(&replay->clock, zone_instant(station->configuration->book.zone, first, 0));
    seeded_random_init(&replay->random, SEED);
    let_all_go(station->configuration);
    if (!store_open(&store_sqlite, NULL, STORE_MEMORY, NULL, &station->store, error))
        return false;
    WorksSetup setup = {
        .station = station,
        .clock = &replay->clock.clock,
        .random = &replay->random.random,
        .polls = true,
        .acts = true,
        .plans = true,
        .moved_clock = true,
        .by_hand = true,
        .events = {.data = replay, .alert = on_alert, .finding = on_finding, .answer = on_answer},
    };
    replay->works = works_open(&setup, error);
    if (replay->works == NULL || !start_ledgers(replay, ledger, error))
        return false;
    hub_watch(works_hub(replay->works), watcher, data);
    *ret_replay = g_steal_pointer(&replay);
    return true;
}

void replay_close(Replay *replay)
{
    if (replay == NULL)
        return;
    works_close(replay->works);
    g_ptr_array_unref(replay->ledgers);
    g_free(replay->failure);
    g_free(replay);
}

size_t replay_findings(const Replay *replay)
{
    return replay->findings;
}

/* ---- a day ----------------------------------------------------------------------------------- */

static uint64_t movement(const Replay *replay)
{
    const HubCounters *counters = hub_counters(works_hub(replay->works));
    return counters->decisions + counters->answered + counters->page_events + counters->polls;
}

/* Turns until nothing more can be done at this instant. */
static bool settle(Replay *replay, GError **error)
{
    Clock *clock = clock_system();
    int64_t moved_ms = clock->monotonic_ms(clock);
    uint64_t before = movement(replay);
    while (!works_idle(replay->works) && replay->failure == NULL) {
        if (!works_turn(replay->works, NULL, 0, TURN_MS, error))
            return false;
        int64_t now_ms = clock->monotonic_ms(clock);
        moved_ms = movement(replay) != before ? now_ms : moved_ms;
        before = movement(replay);
        if (now_ms - moved_ms > STALL_MS)
            replay->failure = g_strdup("something waits, but nothing moves; 'dunhub check --live' "
                                       "says whether the ledgers can be read");
    }
    if (replay->failure == NULL)
        return true;
    g_set_error(error, REPLAY_ERROR, 1, "%s", replay->failure);
    return false;
}

bool replay_day(Replay *replay, Date day, GError **error)
{
    const Zone *zone = replay->station->configuration->book.zone;
    Hub *hub = works_hub(replay->works);
    Instant end = zone_instant(zone, day + 1, 0);
    virtual_clock_set(&replay->clock, zone_instant(zone, day, 0));
    for (guint i = 0; i < replay->ledgers->len; i++)
        hub_poll_now(hub, replay->ledgers->pdata[i]);
    if (!settle(replay, error))
        return false;
    for (Instant next = hub_next(hub); next < end; next = hub_next(hub)) {
        virtual_clock_set(&replay->clock, MAX(next, replay->clock.instant));
        if (!settle(replay, error))
            return false;
    }
    return true;
}
