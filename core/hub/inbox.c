/* Requests of platforms: durable, then answered, then given to their plugin, which makes events of them. A request is over in
 * the transaction after its events; one that is mapped twice, because somebody died in between, gives the same events. */
#include "hub/loop.h"

#include "bus/bus.h"

#include <string.h>

enum {
    MAPS_MAX = 4, /* of one instance at once */
    TRIES_MAX = 24,
    RETRY_LEAST_MS = 1000,
    RETRY_MOST_MS = 15 * 60 * 1000,
    KEPT_DAYS = 30, /* so long a repeat of what is over is recognised */
    FORGET_MAX = 64,
    WHY_MAX = 500,
};

/* ---- in --------------------------------------------------------------------------------------
 */

static bool refuse(Hub *hub, IntakeVerdict verdict, const char *code, const char *text,
                   IntakeDone done, void *done_data)
{
    hub->counters.overflowed += verdict == INTAKE_FULL;
    done(done_data, &(IntakeAnswer){.verdict = verdict, .code = code, .text = text});
    return false;
}

bool hub_keep(Hub *hub, const HubRequest *request, IntakeDone done, void *done_data)
{
    if (!feed_get(hub, request->instance))
        return refuse(hub, INTAKE_INVALID, "unknown_instance", "there is no such instance", done,
                      done_data);
    if (hub->queue.length >= QUEUE_MAX)
        return refuse(hub, INTAKE_FULL, "full", "too much is waiting; send it again in a moment",
                      done, done_data);
    Input *input = input_new(INPUT_REQUEST);
    input->source = g_strdup(request->instance);
    input->type = g_strdup(request->hook);
    input->id = g_strdup(request->delivery);
    input->head = g_strdup(request->head);
    input->body = g_bytes_ref(request->body);
    input->done = done;
    input->done_data = done_data;
    intake_push(hub, input);
    return true;
}

typedef struct {
    Deed deed;
    const char *instance;
    IntakeDone done;
    void *data;
    bool duplicate;
} Kept;

static void tell_kept(Hub *hub, Deed *deed)
{
    Kept *kept = (Kept *)deed;
    Feed *feed = feed_get(hub, kept->instance);
    if (feed && !kept->duplicate)
        feed->inbox_at = MIN(feed->inbox_at, hub->now);
    kept->done(kept->data,
               &(IntakeAnswer){.verdict = kept->duplicate ? INTAKE_DUPLICATE : INTAKE_ACCEPTED});
}

bool inbox_take(Group *group, const Input *input, GError **error)
{
    Hub *hub = group->hub;
    InboxRow row = {
        .instance = input->source,
        .hook = input->type,
        .delivery = input->id,
        .head = input->head,
        .received_at = hub->now,
    };
    gsize n = 0;
    const void *body = g_bytes_get_data(input->body, &n);
    bool duplicate = false;
    if (!store_inbox_forget(hub->setup.store, hub->now - KEPT_DAYS * INSTANT_DAY, FORGET_MAX,
                            error) ||
        !store_inbox_put(hub->setup.store, &row, body, n, hub->now, &duplicate, error))
        return false;
    hub->counters.requests += !duplicate;
    hub->counters.request_duplicates += duplicate;
    Kept *kept = group_deed(group, sizeof *kept, tell_kept);
    kept->instance = input->source;
    kept->done = input->done;
    kept->data = input->done_data;
    kept->duplicate = duplicate;
    return true;
}

/* ---- to the plugin ---------------------------------------------------------------------------
 */

static bool is_mapping(const Hub *hub, uint64_t row)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, hub->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Call *call = value;
        if (call->kind == CALL_MAP && call->row == row && !call->gone)
            return true;
    }
    return false;
}

static char *map_input(const InboxRow *row)
{
    char at[32];
    g_autoptr(json_t) head = json_loads(row->head, 0, NULL);
    g_autoptr(json_t) input = head ? json_deep_copy(head) : json_object();
    json_object_set_new(input, "hook", json_string(row->hook));
    json_object_set_new(input, "received_at", json_string(instant_format(row->received_at, at)));
    return json_canonical(input);
}

static void start_map(Hub *hub, Feed *feed, const InboxRow *row, GBytes *body)
{
    g_autofree char *input = map_input(row);
    Call *call = g_new0(Call, 1);
    call->id = hub_reserve_call(hub);
    call->kind = CALL_MAP;
    call->instance = g_strdup(feed->name);
    call->verb = g_strdup(row->hook);
    call->row = row->id;
    call->tries = row->attempts + 1;
    call->began_at = hub->now;
    feed->mapping++;
    outbox_send(hub, call, input, body);
}

static bool start_due(Hub *hub, Feed *feed, size_t credit, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    InboxRow *rows = NULL;
    size_t n = 0, most = feed->mapping + MIN(credit, MAPS_MAX - feed->mapping);
    if (!store_inbox_due(hub->setup.store, feed->name, hub->now, most, arena, &rows, &n, error))
        return false;
    for (size_t i = 0; i < n && feed->mapping < most; i++) {
        g_autoptr(GBytes) body = NULL;
        if (is_mapping(hub, rows[i].id))
            continue;
        if (!store_inbox_body(hub->setup.store, rows[i].id, &body, error))
            return false;
        start_map(hub, feed, &rows[i], body);
    }
    /* fewer than there was room for: nothing else is due, and what is later has its own instant */
    return n == most || store_inbox_next(hub->setup.store, feed->name, &feed->inbox_at, error);
}

void inbox_start(Hub *hub)
{
    for (guint i = 0; !hub->setup.dry && i < hub->feed_order->len; i++) {
        Feed *feed = hub->feed_order->pdata[i];
        g_autoptr(GError) problem = NULL;
        size_t credit =
            feed->inbox_at <= hub->now && feed->mapping < MAPS_MAX ? outbox_credit(hub, feed) : 0;
        if (credit && !start_due(hub, feed, credit, &problem))
            hub_alert(hub, "store_failed", feed->name, "requests of %s cannot be read: %s",
                      feed->name, problem->message);
    }
}

/* ---- its results -----------------------------------------------------------------------------
 */

typedef struct {
    Deed deed;
    const char *instance;
    const char *dead; /* NULL: it is over, or tried again */
} Mapped;

static void end_map(Hub *hub, Deed *deed)
{
    const Mapped *mapped = (const Mapped *)deed;
    Feed *feed = feed_get(hub, mapped->instance);
    if (feed) {
        feed->mapping -= feed->mapping > 0;
        feed->inbox_at = MIN(feed->inbox_at, hub->now); /* whatever is due is looked for again */
    }
    if (mapped->dead)
        hub_alert(hub, "request_dead", mapped->instance,
                  "%s could make no events of a request, which is kept: %s", mapped->instance,
                  mapped->dead);
}

static bool end_badly(Group *group, const Input *input, const char *why, GError **error)
{
    Hub *hub = group->hub;
    const Call *call = input->call;
    bool dead = input->outcome == OUTCOME_PERMANENT || call->tries >= TRIES_MAX;
    hub->counters.map_failures++;
    hub->counters.requests_dead += dead;
    if (dead)
        return store_inbox_end(hub->setup.store, call->row, why, error);
    int64_t wait = input->retry_after_ms ? MIN(input->retry_after_ms, INSTANT_DAY)
                                         : repeat_backoff_ms(hub->setup.random, call->tries - 1,
                                                             RETRY_LEAST_MS, RETRY_MOST_MS);
    return store_inbox_later(hub->setup.store, call->row, hub->now + wait, why, error);
}

bool inbox_result(Group *group, const Input *input, GError **error)
{
    Hub *hub = group->hub;
    const Call *call = input->call;
    bool good = input->outcome == OUTCOME_OK;
    if (call->gone) { /* given up before, and waits to be mapped again */
        hub->counters.late++;
        return true;
    }
    const char *said = input->message && *input->message ? input->message : "no reason was given";
    const char *why = arena_printf(group->arena, "%.*s", WHY_MAX, said);
    Mapped *mapped = group_deed(group, sizeof *mapped, end_map);
    mapped->instance = call->instance;
    uint64_t dead = hub->counters.requests_dead;
    hub->counters.mapped += good;
    if (good)
        return store_inbox_end(hub->setup.store, call->row, NULL, error);
    if (!end_badly(group, input, why, error))
        return false;
    mapped->dead = hub->counters.requests_dead != dead ? why : NULL;
    return true;
}

/* ---- time ------------------------------------------------------------------------------------
 */

bool inbox_recover(Hub *hub, GError **error)
{
    for (guint i = 0; i < hub->feed_order->len; i++) {
        Feed *feed = hub->feed_order->pdata[i];
        if (!store_inbox_next(hub->setup.store, feed->name, &feed->inbox_at, error))
            return false;
    }
    return true;
}

Instant inbox_next(const Hub *hub)
{
    Instant next = INSTANT_NEVER;
    for (guint i = 0; !hub->setup.dry && i < hub->feed_order->len; i++) {
        const Feed *feed = hub->feed_order->pdata[i];
        if (feed->inbox_at > hub->now) /* what is due waits for its instance, not for the clock */
            next = MIN(next, feed->inbox_at);
    }
    return next;
}

bool inbox_idle(const Hub *hub)
{
    for (guint i = 0; !hub->setup.dry && i < hub->feed_order->len; i++) {
        const Feed *feed = hub->feed_order->pdata[i];
        if (feed->mapping || (feed->inbox_at <= hub->now && !feed->paused))
            return false;
    }
    return true;
}
