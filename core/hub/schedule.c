/* What time alone brings: accounts that are due, polls of the sources, checks of paused instances.
 */
#include "hub/loop.h"

#include "bus/bus.h"

#include <string.h>

enum {
    POLL_LEAST_MS = 5 * 1000,
    POLL_MOST_MS = 15 * 60 * 1000,
    POLL_DEFAULT_MS = 5 * 60 * 1000,
    CHECK_LEAST_MS = 5 * 1000,
    CHECK_MOST_MS = 10 * 60 * 1000,
    READ_ACCOUNTS_MAX = 64, /* more than these are served better by a poll */
};

/* ---- feeds: the instances of the configuration, and their sources
 * ------------------------------------------------------------ */

static void source_free(void *data)
{
    Source *source = data;
    g_free(source->name);
    g_hash_table_unref(source->waiting);
    g_hash_table_unref(source->serving);
    g_free(source);
}

void feed_free(Feed *feed)
{
    g_free(feed->name);
    g_ptr_array_unref(feed->sources);
    g_free(feed->suspect_account);
    g_free(feed->suspect_key);
    g_free(feed);
}

static Source *source_new(const char *name)
{
    Source *source = g_new0(Source, 1);
    source->name = g_strdup(name);
    source->waiting = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, waiting_free);
    source->serving = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, waiting_free);
    return source;
}

static Source *feed_source(const Feed *feed, const char *name)
{
    for (guint i = 0; i < feed->sources->len; i++) {
        Source *source = feed->sources->pdata[i];
        if (strcmp(source->name, name) == 0)
            return source;
    }
    return NULL;
}

Source *feed_ledger(const Feed *feed)
{
    for (guint i = 0; i < feed->sources->len; i++) {
        Source *source = feed->sources->pdata[i];
        if (source->ledger)
            return source;
    }
    return NULL;
}

Feed *feed_get(const Hub *hub, const char *name)
{
    return name ? g_hash_table_lookup(hub->feeds, name) : NULL;
}

bool feed_is_only_ledger(const Hub *hub, const char *name)
{
    Feed *feed = feed_get(hub, name);
    return hub->n_ledgers == 1 && feed && feed_ledger(feed);
}

/* A reload keeps what is running and waiting of the sources that stay. */
static void read_sources(Hub *hub, Feed *feed, const Instance *instance)
{
    g_autoptr(GPtrArray) old = feed->sources;
    feed->sources = g_ptr_array_new_with_free_func(source_free);
    const json_t *rows = feed->manifest ? json_object_get(feed->manifest, "sources") : NULL;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = json_string_value(json_object_get(row, "name"));
        Source *source = NULL;
        for (guint k = 0; !source && old && k < old->len; k++)
            if (strcmp(((Source *)old->pdata[k])->name, name) == 0)
                source = g_ptr_array_steal_index(old, k);
        if (!source) {
            source = source_new(name);
            source->next_at = hub->now;
        }
        int64_t suggested = 1000 * json_integer_value(json_object_get(row, "every_s"));
        source->ledger = json_is_true(json_object_get(row, "ledger"));
        source->reads = json_is_true(json_object_get(row, "read"));
        source->every_ms = instance->poll_every_ms ? instance->poll_every_ms
                           : suggested             ? suggested
                                                   : POLL_DEFAULT_MS;
        g_ptr_array_add(feed->sources, source);
    }
}

void feeds_build(Hub *hub)
{
    const Configuration *configuration = hub->setup.configuration;
    const HubPorts *ports = &hub->setup.ports;
    GHashTable *old = hub->feeds;
    hub->feeds = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify)(void (*)(void))feed_free);
    g_ptr_array_set_size(hub->feed_order, 0);
    hub->n_ledgers = 0;
    for (size_t i = 0; i < configuration->n_instances; i++) {
        const Instance *instance = &configuration->instances[i];
        Feed *feed = old ? g_hash_table_lookup(old, instance->name) : NULL;
        if (feed) {
            g_hash_table_steal(old, instance->name);
        } else {
            feed = g_new0(Feed, 1);
            feed->name = g_strdup(instance->name);
            feed->inbox_at = INSTANT_NEVER;
        }
        feed->manifest = ports->manifest ? ports->manifest(ports->data, instance->name) : NULL;
        read_sources(hub, feed, instance);
        hub->n_ledgers += feed_ledger(feed) != NULL;
        g_hash_table_insert(hub->feeds, feed->name, feed);
        g_ptr_array_add(hub->feed_order, feed);
    }
    if (old)
        g_hash_table_unref(old);
}

/* ---- accounts that are due
 * --------------------------------------------------------------------------------------------------------
 */

bool schedule_due(Group *group, GError **error)
{
    Hub *hub = group->hub;
    if (group->decisions >= GROUP_MAX)
        return true;
    const char **accounts = NULL;
    size_t n = 0;
    if (!store_due(hub->setup.store, hub->now, GROUP_MAX - group->decisions, group->arena,
                   &accounts, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        Event wake = {.kind = EVENT_WAKE, .source = "hub", .time = INSTANT_NONE};
        hub->counters.wakes++;
        if (!engine_event(group, accounts[i], &wake, NULL, NULL, error))
            return false;
    }
    return true;
}

/* ---- polls
 * --------------------------------------------------------------------------------------------------------------------------
 */

static char *cursor_name(const Source *source)
{
    return g_strconcat("@cursor/", source->name, NULL);
}

static json_t *read_cursor(Hub *hub, const Feed *feed, const Source *source)
{
    g_autofree char *name = cursor_name(source);
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) problem = NULL;
    uint64_t version = 0;
    if (!store_state_get(hub->setup.store, feed->name, name, &bytes, &version, &problem))
        hub_alert(hub, "poll_failed", feed->name, "where %s stopped last time cannot be read: %s",
                  feed->name, problem->message);
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    json_t *cursor = text ? json_stringn(text, n) : NULL;
    return cursor ? cursor : json_null();
}

static json_t *accounts_to_read(const Source *source)
{
    GHashTableIter iter;
    void *value;
    json_t *accounts = json_array();
    g_hash_table_iter_init(&iter, source->waiting);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Waiting *waiting = value;
        if (waiting->external)
            json_array_append_new(accounts, json_string(waiting->external));
    }
    return accounts;
}

static void serve_waiting(Source *source)
{
    GHashTable *served = source->serving; /* empty: nothing runs */
    source->serving = source->waiting;
    source->waiting = served;
}

/* The hub's now as a local time of the organisation with its offset: a ledger that is read as of a
 * day means that day. */
static char *local_now(const Hub *hub)
{
    LocalTime local = zone_local(hub->setup.configuration->book.zone, hub->now);
    int64_t local_ms = local.date * INSTANT_DAY + local.minute * INSTANT_MINUTE + local.millisecond;
    int offset = (int)((local_ms - hub->now) / INSTANT_MINUTE);
    char date[16];
    return g_strdup_printf("%sT%02d:%02d:%02d.%03d%c%02d:%02d", date_format(local.date, date),
                           local.minute / 60, local.minute % 60, local.millisecond / 1000,
                           local.millisecond % 1000, offset < 0 ? '-' : '+', ABS(offset) / 60,
                           ABS(offset) % 60);
}

static void start_poll(Hub *hub, Feed *feed, Source *source, bool read)
{
    g_autofree char *now = local_now(hub);
    json_t *input = json_pack("{s:s, s:o?}", "now", now, "cursor", read_cursor(hub, feed, source));
    if (read)
        json_object_set_new(input, "accounts", accounts_to_read(source));
    g_autofree char *text = json_canonical(input);
    json_decref(input);
    Call *call = g_new0(Call, 1);
    call->id = hub_reserve_call(hub);
    call->kind = read ? CALL_READ : CALL_POLL;
    call->instance = g_strdup(feed->name);
    call->verb = g_strdup(source->name);
    call->began_at = hub->now;
    serve_waiting(source);
    source->call = call->id;
    source->began_at = hub->now;
    source->wanted = source->wanted && read;
    hub->counters.polls++;
    outbox_send(hub, call, text, NULL);
}

static void start_check(Hub *hub, Feed *feed)
{
    const HubPorts *ports = &hub->setup.ports;
    if (!feed->paused || feed->check || hub->now < feed->check_at || !ports->credit ||
        !ports->credit(ports->data, feed->name))
        return;
    Call *call = g_new0(Call, 1);
    call->id = hub_reserve_call(hub);
    call->kind = CALL_CHECK;
    call->instance = g_strdup(feed->name);
    call->verb = g_strdup("check");
    feed->check = call->id;
    outbox_send(hub, call, "{}", NULL);
}

static bool time_has_come(const Hub *hub, const Source *source)
{
    return hub->now >= source->next_at && (!hub->setup.polls_by_hand || source->failures);
}

static bool poll_is_due(const Hub *hub, const Source *source)
{
    return source->wanted || time_has_come(hub, source) ||
           (g_hash_table_size(source->waiting) && !source->failures);
}

bool schedule_idle(const Hub *hub)
{
    for (guint i = 0; !hub->setup.dry && i < hub->feed_order->len; i++) {
        const Feed *feed = hub->feed_order->pdata[i];
        for (guint k = 0; k < feed->sources->len; k++) {
            const Source *source = feed->sources->pdata[k];
            if (source->call || poll_is_due(hub, source))
                return false;
        }
    }
    return true;
}

void schedule_start(Hub *hub)
{
    if (hub->setup.dry)
        return;
    inbox_start(hub);
    for (guint i = 0; i < hub->feed_order->len; i++) {
        Feed *feed = hub->feed_order->pdata[i];
        start_check(hub, feed);
        for (guint k = 0; k < feed->sources->len; k++) {
            Source *source = feed->sources->pdata[k];
            if (source->call || !poll_is_due(hub, source) || !outbox_credit(hub, feed))
                continue;
            size_t waiting = g_hash_table_size(source->waiting);
            bool read = source->reads && waiting && waiting <= READ_ACCOUNTS_MAX &&
                        !source->wanted && !time_has_come(hub, source);
            start_poll(hub, feed, source, read);
        }
    }
}

bool hub_poll_now(Hub *hub, const char *instance)
{
    Feed *feed = feed_get(hub, instance);
    for (guint i = 0; feed && i < feed->sources->len; i++)
        ((Source *)feed->sources->pdata[i])->wanted = true;
    return feed && feed->sources->len;
}

/* ---- pages
 * --------------------------------------------------------------------------------------------------------------------------------
 */

static int rank_of(const json_t *event)
{
    static const struct {
        EventKind kind;
        int rank;
    } early[] = {
        {EVENT_ACCOUNT_UPDATED, 0},
        {EVENT_CONTACT_UPDATED, 0},
        {EVENT_PAYMENT_UPDATED, 1},
        {EVENT_CREDIT_UPDATED, 1},
    };
    const char *type = json_string_value(json_object_get(event, "type"));
    for (size_t i = 0; type && i < G_N_ELEMENTS(early); i++)
        if (strcmp(event_types[early[i].kind].name, type) == 0)
            return early[i].rank;
    return 2;
}

void hub_order_page(const json_t **events, size_t n)
{
    g_autofree const json_t **ordered = g_new(const json_t *, n + 1);
    size_t done = 0;
    for (int rank = 0; rank <= 2; rank++)
        for (size_t i = 0; i < n; i++)
            if (rank_of(events[i]) == rank)
                ordered[done++] = events[i];
    memcpy(events, ordered, n * sizeof *events);
}

static Input *page_input(const char *instance, const json_t *event)
{
    Input *input = input_new(INPUT_EVENT);
    const char *account = json_string_value(json_object_get(event, "account"));
    const char *time = json_string_value(json_object_get(event, "time"));
    const char *type = json_string_value(json_object_get(event, "type"));
    input->source = g_strdup(instance);
    input->id = g_strdup(json_string_value(json_object_get(event, "id")));
    input->type = g_strdup(type ? type : "");
    input->account = g_strdup(account);
    input->data = json_incref(json_object_get(event, "data"));
    input->refs = json_incref(json_object_get(event, "refs"));
    input->from_page = true;
    if (time)
        instant_parse(time, &input->time, NULL);
    return input;
}

static bool keep_cursor(Hub *hub, const Feed *feed, const Source *source, const char *cursor,
                        GError **error)
{
    g_autofree char *name = cursor_name(source);
    g_autoptr(GBytes) old = NULL;
    uint64_t version = 0;
    return store_state_get(hub->setup.store, feed->name, name, &old, &version, error) &&
           store_state_put(hub->setup.store, feed->name, name, cursor, strlen(cursor), version,
                           error);
}

static bool take_page_events(Group *group, const char *instance, const json_t *const *events,
                             size_t n, GError **error)
{
    for (size_t i = 0; i < n; i++) {
        Input *input = page_input(instance, events[i]);
        bool good = intake_take(group, input, error);
        input_free(input);
        if (!good)
            return false;
    }
    return true;
}

static bool take_page(Hub *hub, const Feed *feed, const Source *source, const json_t *const *events,
                      size_t n, const char *cursor, GError **error)
{
    size_t done = 0;
    do { /* a long page is taken in pieces: what repeats after a crash is recognised by its id */
        size_t piece = MIN(n - done, GROUP_MAX);
        Group group;
        if (!group_begin(hub, &group, error))
            return false;
        bool good = take_page_events(&group, feed->name, events + done, piece, error);
        done += piece;
        if (good && done == n && cursor)
            good = keep_cursor(hub, feed, source, cursor, error);
        if (!group_end(&group, good, error))
            return false;
    } while (done < n);
    return true;
}

bool hub_page(Hub *hub, const char *instance, uint64_t id, const json_t *const *events, size_t n,
              const char *cursor)
{
    Feed *feed = feed_get(hub, instance);
    const Call *call = g_hash_table_lookup(hub->calls, &id);
    bool maps =
        call && call->kind == CALL_MAP && !call->gone && g_strcmp0(call->instance, instance) == 0;
    Source *source = feed && call && !maps ? feed_source(feed, call->verb) : NULL;
    if (!feed || !(maps || (source && source->call == id)))
        return false;
    g_autoptr(GError) error = NULL;
    g_autofree const json_t **ordered = g_new(const json_t *, n + 1);
    if (n)
        memcpy(ordered, events, n * sizeof *ordered);
    hub_order_page(ordered, n);
    switches_clock(hub);
    if (!take_page(hub, feed, source, ordered, n, call->kind == CALL_POLL ? cursor : NULL,
                   &error)) {
        hub_alert(hub, "store_failed", instance,
                  "what %s told could not be kept, it will be asked again: %s", instance,
                  error->message);
        return false;
    }
    hub->counters.pages++;
    hub->counters.page_events += n;
    return true;
}

/* ---- ends
 * ----------------------------------------------------------------------------------------------------------------------------------
 */

static void poll_done(Hub *hub, Feed *feed, Source *source, int outcome, const char *message)
{
    const char *why = outcome == OUTCOME_OK ? NULL
                      : message && *message ? message
                                            : "it could not be read";
    source->call = 0;
    source->failures = why ? source->failures + 1 : 0;
    int64_t most = MAX(source->every_ms, POLL_MOST_MS);
    int64_t wait = why ? repeat_backoff_ms(hub->setup.random, source->failures, POLL_LEAST_MS, most)
                       : source->every_ms;
    source->next_at = hub->now + wait;
    hub->counters.polls_failed += why != NULL;
    if (why)
        hub_alert(hub, "poll_failed", feed->name, "%s could not be read: %s", feed->name, why);
    freshness_answer(hub, feed, source, why);
    if (outcome != OUTCOME_AUTH || feed->paused)
        return;
    feed->paused = true;
    feed->check_at = source->next_at;
    hub_alert(hub, "instance_paused", feed->name,
              "%s refuses its credential; its queue waits until its check passes", feed->name);
}

static void check_done(Hub *hub, Feed *feed, int outcome, const char *message)
{
    feed->check = 0;
    if (outcome != OUTCOME_OK) {
        feed->check_failures++;
        feed->check_at = hub->now + repeat_backoff_ms(hub->setup.random, feed->check_failures,
                                                      CHECK_LEAST_MS, CHECK_MOST_MS);
        return;
    }
    feed->paused = false;
    hub_alert(hub, "instance_resumed", feed->name, "%s accepts its credential; its queue goes on",
              feed->name);
    if (feed->suspect_key) { /* the credential is good, so it was this act */
        ActResult dead;
        record_init(event_types[EVENT_ACT_RESULT].payload, &dead);
        dead.key = feed->suspect_key;
        dead.outcome = OUTCOME_PERMANENT;
        dead.code = "auth";
        dead.message = message && *message
                           ? message
                           : "refused for want of permission, while the credential itself is good";
        intake_own(hub, EVENT_ACT_RESULT, feed->suspect_account, feed->name, &dead);
    }
    g_clear_pointer(&feed->suspect_account, g_free);
    g_clear_pointer(&feed->suspect_key, g_free);
}

void schedule_done(Hub *hub, Call *call, int outcome, const char *message)
{
    Feed *feed = feed_get(hub, call->instance);
    if (!feed)
        return;
    if (call->kind == CALL_CHECK) {
        if (feed->check == call->id)
            check_done(hub, feed, outcome, message);
        return;
    }
    Source *source = feed_source(feed, call->verb);
    if (source && source->call == call->id)
        poll_done(hub, feed, source, outcome, message);
}

/* What was due at the last turn and could not start waits for its instance, not for the clock. */
static Instant later(const Hub *hub, Instant next, Instant at)
{
    return at > hub->now ? MIN(next, at) : next;
}

Instant schedule_next(const Hub *hub)
{
    Instant next = INSTANT_NEVER;
    for (guint i = 0; !hub->setup.dry && i < hub->feed_order->len; i++) {
        const Feed *feed = hub->feed_order->pdata[i];
        if (feed->paused && !feed->check)
            next = later(hub, next, feed->check_at);
        for (guint k = 0; !feed->paused && k < feed->sources->len; k++) {
            const Source *source = feed->sources->pdata[k];
            if (!source->call && (!hub->setup.polls_by_hand || source->failures))
                next = later(hub, next, source->next_at);
        }
    }
    return next;
}
