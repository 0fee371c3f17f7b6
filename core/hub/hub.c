/* The loop: one bounded turn takes what waits, wakes who is due, decides, commits one group, and
 * only then answers, tells and sends. */
#include "hub/loop.h"

#include <string.h>

G_DEFINE_QUARK(dunhub - hub - error - quark, hub_error)

/* ---- beginning and end
 * ----------------------------------------------------------------------------------------------------
 */

static bool decide_left_rows(Hub *hub, GError **error)
{
    size_t n = 0;
    do {
        Group group;
        if (!group_begin(hub, &group, error))
            return false;
        bool good = engine_rows(&group, NULL, GROUP_MAX, &n, error);
        if (!group_end(&group, good, error))
            return false;
    } while (n == GROUP_MAX);
    return true;
}

Hub *hub_new(const HubSetup *setup, GError **error)
{
    Hub *hub = g_new0(Hub, 1);
    hub->setup = *setup;
    g_queue_init(&hub->queue);
    hub->feed_order = g_ptr_array_new();
    hub->calls = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                       (GDestroyNotify)(void (*)(void))call_free);
    hub->drawings = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                          (GDestroyNotify)(void (*)(void))drawing_free);
    hub->spins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    hub->days = g_array_new(FALSE, FALSE, sizeof(DayCount));
    hub->outbox_at = INSTANT_NEVER;
    if (!switches_read(hub, error)) {
        hub_free(hub);
        return NULL;
    }
    switches_clock(hub);
    feeds_build(hub);
    if (!switches_sources(hub, error) || !epoch_enter(hub, error) ||
        !decide_left_rows(hub, error) || !outbox_recover(hub, error) ||
        !freshness_recover(hub, error) || !retention_read_day(hub, error) ||
        !inbox_recover(hub, error)) {
        hub_free(hub);
        return NULL;
    }
    return hub;
}

void hub_free(Hub *hub)
{
    if (!hub)
        return;
    g_queue_clear_full(&hub->queue, (GDestroyNotify)(void (*)(void))input_free);
    if (hub->feeds)
        g_hash_table_unref(hub->feeds);
    g_ptr_array_unref(hub->feed_order);
    g_hash_table_unref(hub->calls);
    g_hash_table_unref(hub->drawings);
    g_hash_table_unref(hub->spins);
    g_array_unref(hub->days);
    g_free(hub->sweep_after);
    g_free(hub);
}

bool hub_reload(Hub *hub, const Configuration *configuration, GError **error)
{
    const Configuration *old = hub->setup.configuration;
    switches_clock(hub);
    hub->setup.configuration = configuration;
    if (!epoch_enter(hub, error)) { /* not written down: as if it had never been read */
        hub->setup.configuration = old;
        return false;
    }
    feeds_build(hub);
    if (switches_sources(hub, error) && freshness_recover(hub, error) && inbox_recover(hub, error))
        return true;
    hub->setup.configuration = old;
    feeds_build(hub);
    return false;
}

void hub_instance_up(Hub *hub, const char *instance)
{
    Feed *feed = feed_get(hub, instance);
    if (feed && feed->paused)
        feed->check_at = MIN(feed->check_at, hub->now);
}

/* ---- turning
 * ------------------------------------------------------------------------------------------------------------------
 */

static bool take_queue(Group *group, GError **error)
{
    Hub *hub = group->hub;
    guint waiting = hub->queue.length; /* what a decision adds is for the next turn */
    while (waiting-- > 0 && group->inputs->len < GROUP_MAX) {
        Input *input = g_queue_pop_head(&hub->queue);
        g_ptr_array_add(group->inputs, input);
        if (!intake_take(group, input, error))
            return false;
    }
    return true;
}

static bool next_act(Group *group, GError **error)
{
    return store_outbox_next(group->hub->setup.store, group->hub->now, &group->hub->outbox_at,
                             error);
}

bool hub_turn(Hub *hub, GError **error)
{
    switches_clock(hub);
    outbox_expire(hub);
    Group group;
    if (!group_begin(hub, &group, error))
        return false;
    bool good = take_queue(&group, error) && schedule_due(&group, error) &&
                retention_turn(&group, error) && outbox_lease(&group, error) &&
                next_act(&group, error);
    bool progress = group.inputs->len || group.decisions || group.swept;
    uint64_t polls = hub->counters.polls;
    if (!group_end(&group, good, error))
        return false;
    schedule_start(hub);
    hub->counters.turns++;
    hub->progress = progress || hub->counters.polls != polls;
    return true;
}

bool hub_settle(Hub *hub, GError **error)
{
    do {
        if (!hub_turn(hub, error))
            return false;
    } while (hub->progress || hub->queue.length);
    return true;
}

bool hub_idle(Hub *hub, GError **error)
{
    Instant act = INSTANT_NEVER, wake = INSTANT_NEVER;
    if (!store_outbox_next(hub->setup.store, INSTANT_NONE, &act, error) ||
        !store_next_wake(hub->setup.store, &wake, error))
        return false;
    /* A clock that has moved since the last turn has made something due that no turn has seen. */
    Instant wall = hub->setup.clock->now(hub->setup.clock);
    Instant now = hub->frozen ? hub->now : MAX(hub->now, wall);
    bool acts_due = act <= now && !hub->setup.holds_acts;
    return !hub->queue.length && !hub_in_flight(hub) && schedule_idle(hub) && inbox_idle(hub) &&
           !acts_due && wake > now && !retention_waits(hub);
}

Instant hub_next(Hub *hub)
{
    if (hub->queue.length)
        return hub->now;
    Instant next = MIN(MIN(schedule_next(hub), hub->outbox_at), retention_next(hub));
    next = MIN(next, inbox_next(hub));
    Instant wake = INSTANT_NEVER;
    if (!hub->frozen && store_next_wake(hub->setup.store, &wake, NULL))
        next = MIN(next, wake);
    return next;
}

/* ---- looking on
 * ------------------------------------------------------------------------------------------------------------------
 */

void hub_watch(Hub *hub, HubWatcher watcher, void *data)
{
    hub->watcher = watcher;
    hub->watcher_data = data;
}

const HubCounters *hub_counters(const Hub *hub)
{
    return &hub->counters;
}

static json_t *source_status(const Source *source)
{
    char next[32];
    return json_pack(
        "{s:s,s:b,s:b,s:I,s:I,s:s}", "name", source->name, "ledger", source->ledger, "polling",
        source->call != 0, "failures", (json_int_t)source->failures, "waiting",
        (json_int_t)(g_hash_table_size(source->waiting) + g_hash_table_size(source->serving)),
        "next", instant_format(source->next_at, next));
}

static json_t *feed_status(const Feed *feed)
{
    json_t *sources = json_array();
    for (guint i = 0; i < feed->sources->len; i++)
        json_array_append_new(sources, source_status(feed->sources->pdata[i]));
    return json_pack("{s:s,s:b,s:b,s:o}", "name", feed->name, "held", feed->held, "paused",
                     feed->paused, "sources", sources);
}

#define COUNTER(name)                                                                              \
    {                                                                                              \
#name, offsetof(HubCounters, name)                                                         \
    }

static json_t *counters_json(const HubCounters *counters)
{
    static const struct {
        const char *name;
        size_t offset;
    } rows[] = {
        COUNTER(accepted),      COUNTER(duplicates),
        COUNTER(rejected),      COUNTER(invalid),
        COUNTER(unresolved),    COUNTER(overflowed),
        COUNTER(decisions),     COUNTER(wakes),
        COUNTER(turns),         COUNTER(commits),
        COUNTER(rollbacks),     COUNTER(sent),
        COUNTER(lookups),       COUNTER(answered),
        COUNTER(late),          COUNTER(held),
        COUNTER(dead),          COUNTER(polls),
        COUNTER(polls_failed),  COUNTER(pages),
        COUNTER(page_events),   COUNTER(page_duplicates),
        COUNTER(page_invalid),  COUNTER(reads),
        COUNTER(requests),      COUNTER(request_duplicates),
        COUNTER(mapped),        COUNTER(map_failures),
        COUNTER(requests_dead),
    };
    json_t *json = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint64_t value = 0;
        memcpy(&value, (const char *)counters + rows[i].offset, sizeof value);
        json_object_set_new(json, rows[i].name, json_integer((json_int_t)value));
    }
    json_object_set_new(json, "waiting", json_integer((json_int_t)counters->waiting));
    json_object_set_new(json, "most_waiting", json_integer((json_int_t)counters->most_waiting));
    return json;
}

json_t *hub_status(Hub *hub)
{
    char now[32];
    json_t *instances = json_array();
    for (guint i = 0; i < hub->feed_order->len; i++)
        json_array_append_new(instances, feed_status(hub->feed_order->pdata[i]));
    hub->counters.waiting = hub->queue.length;
    return json_pack("{s:s,s:I,s:b,s:b,s:I,s:o,s:o}", "now", instant_format(hub->now, now), "epoch",
                     (json_int_t)hub->epoch, "observe", (hub->switches & HUB_OBSERVE) != 0,
                     "fuse_blown", (hub->switches & HUB_FUSE_BLOWN) != 0, "in_flight",
                     (json_int_t)hub_in_flight(hub), "instances", instances, "counters",
                     counters_json(&hub->counters));
}
