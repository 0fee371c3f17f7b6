#include "simulate/player.h"

#include <string.h>

#include "hub/preview.h"

enum {
    SAME_INSTANT_WAKES = 32, /* as the hub: more is a defect that must not spin */
    ROUNDS_MAX = 20000,      /* at one instant */
    PACK_BYTES = 256 << 10,
};

/* What waits for the next turn: a ledger was read again, an act was answered. */
typedef struct {
    EventKind kind;
    const char *source;
    char *key; /* of an act */
    int64_t attempt;
    Instant began_at;
} Waiting;

struct Player {
    PlayerSetup setup;
    const Zone *zone;
    Arena *own,
        *spare; /* the state's memory, and the one it is packed into when much in it is of the past */
    size_t packed; /* bytes of `own` when it was packed last */
    AccountState state;
    Arena *scratch; /* of one decision */
    Arena *facts;   /* payloads and texts of one event */
    GQueue waiting;
    GHashTable *rendered; /* template, channel and language that could be written */
    const char *account;
    Date midnight_of; /* day whose first instant `midnight` is */
    Instant midnight;
    Instant now, wake_at, spin_at;
    unsigned spins;
    bool leased; /* an act is under way: no other of this account leaves */
    uint64_t decisions;
};

static void waiting_free(void *data)
{
    Waiting *waiting = data;
    g_free(waiting->key);
    g_free(waiting);
}

Player *player_new(const PlayerSetup *setup)
{
    Player *player = g_new0(Player, 1);
    player->setup = *setup;
    player->zone = setup->configuration->book.zone;
    player->own = arena_new();
    player->spare = arena_new();
    player->scratch = arena_new();
    player->facts = arena_new();
    g_queue_init(&player->waiting);
    player->midnight_of = DATE_NONE;
    player->rendered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return player;
}

void player_free(Player *player)
{
    if (!player)
        return;
    g_queue_clear_full(&player->waiting, waiting_free);
    arena_free(player->own);
    arena_free(player->spare);
    arena_free(player->scratch);
    arena_free(player->facts);
    g_hash_table_unref(player->rendered);
    g_free(player);
}

uint64_t player_decisions(const Player *player)
{
    return player->decisions;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* What a message is made of, as far as it decides whether it can be written. Caller frees. */
static char *kind_of_message(const AccountState *state, const Act *act)
{
    const Notice *notice = act->notice ? state_find(state, KIND_NOTICE, act->notice) : NULL;
    const char *template_name = act->template_name ? act->template_name
                                : notice           ? notice->template_name
                                                   : NULL;
    const char *language = state->account.language, *segment = state->account.segment;
    return g_strjoin("/", template_name ? template_name : "-", act->channel ? act->channel : "-",
                     language ? language : "-", segment ? segment : "-",
                     notice && notice->name ? notice->name : "-", NULL);
}

/* The act that is to be written and whose kind was not tried yet; NULL: none. */
static const Act *untried(const Player *player, const DecideOut *out)
{
    for (size_t i = 0; i < out->n_wishes; i++) {
        if (out->wishes[i].kind != WISH_RENDER)
            continue;
        const Act *act = state_find(&out->after, KIND_ACT, out->wishes[i].key);
        g_autofree char *kind = act ? kind_of_message(&out->after, act) : NULL;
        if (act && !g_hash_table_contains(player->rendered, kind))
            return act;
    }
    return NULL;
}

/* One message of each template, channel, language and segment is written as a proof that it can be; NULL: it can. */
static char *why_unwritten(Player *player, const AccountState *state, const Act *act)
{
    g_autoptr(GError) problem = NULL;
    const Notice *notice = act->notice ? state_find(state, KIND_NOTICE, act->notice) : NULL;
    g_autoptr(json_t) message =
        preview_render(player->setup.configuration, state, notice, act, player->now, &problem);
    if (!message)
        return g_strdup(problem->message);
    g_hash_table_add(player->rendered, kind_of_message(state, act));
    return NULL;
}

/* ---- one decision ---------------------------------------------------------------------------- */

static void decide_event(Player *player, const Event *event);

static void decide_result(Player *player, EventKind kind, const char *source,
                          const ActResult *result)
{
    Event event = {.kind = kind,
                   .source = source,
                   .account = player->account,
                   .time = INSTANT_NONE,
                   .received_at = player->now,
                   .payload = result,
                   .present = {UINT64_MAX, UINT64_MAX}};
    decide_event(player, &event);
}

static void report_unwritten(Player *player, const DecideOut *out)
{
    const Act *act = untried(player, out);
    g_autofree char *why = act ? why_unwritten(player, &out->after, act) : NULL;
    if (!act)
        return;
    if (!why) {
        report_unwritten(player, out);
        return;
    }
    g_autofree char *key = g_strdup(act->key);
    ActResult result;
    record_init(event_types[EVENT_ACT_RESULT].payload, &result);
    result.key = key;
    result.outcome = OUTCOME_PERMANENT;
    result.code = "render_failed";
    result.message = why;
    decide_result(player, EVENT_ACT_RESULT, "hub", &result);
}

static void follow_wishes(Player *player, const DecideOut *out)
{
    for (size_t i = 0; i < out->n_wishes; i++) {
        if (out->wishes[i].kind != WISH_FRESHNESS)
            continue;
        Waiting *waiting = g_new0(Waiting, 1);
        *waiting = (Waiting){.kind = EVENT_LEDGER_READ,
                             .source = out->after.account.source,
                             .began_at = MAX(player->now, out->wishes[i].after)};
        g_queue_push_tail(&player->waiting, waiting);
    }
}

/* A decision that wants to be woken at once, again and again, waits a minute, as in the hub. */
static Instant guarded_wake(Player *player, const Event *event, Instant wake_at)
{
    if (event->kind != EVENT_WAKE || wake_at > player->now)
        return wake_at;
    player->spins = player->spin_at == player->now ? player->spins + 1 : 1;
    player->spin_at = player->now;
    return player->spins <= SAME_INSTANT_WAKES ? wake_at : player->now + INSTANT_MINUTE;
}

/* Texts that were replaced stay in the state's memory until it is packed. */
static void pack(Player *player)
{
    if (arena_used(player->own) < MAX(PACK_BYTES, 4 * player->packed))
        return;
    AccountState packed;
    arena_reset(player->spare);
    state_copy(&player->state, player->spare, &packed);
    player->state = packed;
    Arena *used = player->own;
    player->own = player->spare;
    player->spare = used;
    player->packed = arena_used(player->own);
}

static void decide_event(Player *player, const Event *event)
{
    const PlayerSetup *setup = &player->setup;
    DecideIn in = {.state = &player->state,
                   .event = event,
                   .now = player->now,
                   .book = &setup->configuration->book};
    DecideOut out;
    in.bare = setup->bare;
    arena_reset(player->scratch);
    decide(&in, player->scratch, &out);
    if (in.bare && out.n_wishes > 0 && untried(player, &out)) { /* a message needs it whole */
        in.bare = false;
        arena_reset(player->scratch);
        decide(&in, player->scratch, &out);
    }
    player->decisions++;
    player->wake_at = guarded_wake(player, event, out.wake_at);
    follow_wishes(player, &out);
    if (out.n_reasons > 0 || out.n_changes > 0)
        setup->decided(setup->data,
                       &(Played){player->account, player->now, &player->state, &out.after, &out});
    state_take_over(&player->state, out.changes, out.n_changes);
    if (out.n_wishes > 0)
        report_unwritten(player, &out);
    pack(player);
}

/* ---- the outbox ------------------------------------------------------------------------------ */

static bool is_open(const Act *act)
{
    return act->instance && (act->state == ACT_READY || act->state == ACT_SENT ||
                             act->state == ACT_RETRY || act->state == ACT_UNCERTAIN);
}

static Instant due_of(const Act *act)
{
    bool waits = act->state == ACT_RETRY || act->state == ACT_UNCERTAIN;
    if (act->state == ACT_SENT)
        return INSTANT_NEVER;
    return waits && act->next_at != INSTANT_NONE ? act->next_at : 0;
}

/* The act of that instance whose turn it is: the oldest that is open; NULL none. */
static const Act *turn_of(const AccountState *state, const char *instance)
{
    const Act *oldest = NULL;
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        if (is_open(act) && (!instance || strcmp(act->instance, instance) == 0) &&
            (!oldest || act->sequence < oldest->sequence))
            oldest = act;
    return oldest;
}

static void take_act(Player *player, const Act *act, const char *instance)
{
    ActResult sent;
    record_init(event_types[EVENT_ACT_RESULT].payload, &sent);
    g_autofree char *key = g_strdup(act->key);
    bool lookup = act->state == ACT_UNCERTAIN;
    sent.key = key;
    sent.lookup = lookup;
    sent.attempt = act->attempts + !lookup;
    decide_result(player, EVENT_ACT_SENT, instance, &sent);
    const Act *now = state_look_for(&player->state, KIND_ACT, key);
    if (!now || (now->state != ACT_SENT && !(lookup && now->state == ACT_UNCERTAIN)))
        return;
    Waiting *waiting = g_new0(Waiting, 1);
    *waiting = (Waiting){.kind = EVENT_ACT_RESULT,
                         .source = instance,
                         .key = g_steal_pointer(&key),
                         .attempt = sent.attempt};
    g_queue_push_tail(&player->waiting, waiting);
    player->leased = true;
}

static bool lease(Player *player)
{
    const Configuration *configuration = player->setup.configuration;
    bool some = turn_of(&player->state, NULL) != NULL;
    for (size_t i = 0; some && !player->leased && i < configuration->n_instances; i++) {
        const Act *act = turn_of(&player->state, configuration->instances[i].name);
        if (!act || due_of(act) > player->now)
            continue;
        take_act(player, act, configuration->instances[i].name);
        return true;
    }
    return false;
}

static Instant next_act(Player *player)
{
    Instant next = INSTANT_NEVER;
    const AccountState *state = &player->state;
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        if (is_open(act) && due_of(act) > player->now)
            next = MIN(next, due_of(act));
    return next;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* A dry outbox: what left is taken as done, so that it can be seen what would follow. */
static void take_answer(Player *player, const Waiting *waiting)
{
    ActResult result;
    record_init(event_types[EVENT_ACT_RESULT].payload, &result);
    result.key = waiting->key;
    result.outcome = OUTCOME_OK;
    result.attempt = waiting->attempt;
    player->leased = false;
    decide_result(player, EVENT_ACT_RESULT, waiting->source, &result);
}

static void take_reading(Player *player, const Waiting *waiting)
{
    LedgerRead read;
    record_init(event_types[EVENT_LEDGER_READ].payload, &read);
    read.source = waiting->source ? waiting->source : "hub";
    read.began_at = waiting->began_at;
    Event event = {.kind = EVENT_LEDGER_READ,
                   .source = read.source,
                   .account = player->account,
                   .time = INSTANT_NONE,
                   .received_at = player->now,
                   .payload = &read,
                   .present = {UINT64_MAX, UINT64_MAX}};
    decide_event(player, &event);
}

static bool take_waiting(Player *player)
{
    guint n = player->waiting.length; /* what a decision adds is for the next turn */
    for (guint i = 0; i < n; i++) {
        Waiting *waiting = g_queue_pop_head(&player->waiting);
        if (waiting->kind == EVENT_LEDGER_READ)
            take_reading(player, waiting);
        else
            take_answer(player, waiting);
        waiting_free(waiting);
    }
    return n > 0;
}

static bool wake(Player *player)
{
    if (player->wake_at > player->now)
        return false;
    Event event = {.kind = EVENT_WAKE,
                   .source = "hub",
                   .account = player->account,
                   .time = INSTANT_NONE,
                   .received_at = player->now};
    decide_event(player, &event);
    return true;
}

/* Until nothing more can be done at this instant. */
static void settle(Player *player)
{
    bool progress = true;
    for (int rounds = 0; progress && rounds < ROUNDS_MAX; rounds++) {
        progress = take_waiting(player);
        progress = wake(player) || progress;
        progress = lease(player) || progress;
    }
}

/* ---- facts ----------------------------------------------------------------------------------- */

static void take_fact(Player *player, const AccountHistory *history, const KnownFact *fact)
{
    const PlayerSetup *setup = &player->setup;
    g_autoptr(GError) problem = NULL;
    Event event;
    arena_reset(player->facts);
    bool good =
        event_decode_bytes(fact->kind, fact->data, fact->n_data, player->facts, &event, &problem);
    const char *why = !good ? problem->message
                      : !event_types[fact->kind].from_outside
                          ? "a plugin may not send events of this type"
                          : NULL;
    if (why) {
        g_autofree char *text =
            g_strdup_printf("%s sent %s '%s', which is left out: %s", history->instance,
                            event_types[fact->kind].name, fact->id, why);
        setup->finding(setup->data, history->instance, text);
        return;
    }
    event.id = fact->id;
    event.source = history->instance;
    event.account = player->account;
    event.received_at = player->now;
    decide_event(player, &event);
}

/* One page of a poll, and what follows before the next one. Returns the index after it. */
static size_t take_page(Player *player, const AccountHistory *history, size_t i)
{
    const KnownFact *first = &history->facts[i];
    for (; i < history->n && history->facts[i].day == first->day &&
           history->facts[i].page == first->page;
         i++)
        take_fact(player, history, &history->facts[i]);
    settle(player);
    return i;
}

/* ---- a life ---------------------------------------------------------------------------------- */

static void begin(Player *player, const AccountHistory *history)
{
    arena_reset(player->own);
    player->packed = 0;
    AccountState *state = &player->state;
    state_init(state, player->own, player->account);
    state->account.source = history->instance;
    state->account.external_id = history->external;
    player->wake_at = INSTANT_NEVER;
    player->now = player->spin_at = INSTANT_NONE;
    player->leased = false;
    player->spins = 0;
    g_queue_clear_full(&player->waiting, waiting_free);
}

static Instant day_of(Player *player, const AccountHistory *history, size_t i)
{
    if (i == history->n)
        return INSTANT_NEVER;
    if (history->facts[i].day != player->midnight_of) {
        player->midnight_of = history->facts[i].day;
        player->midnight = zone_instant(player->zone, player->midnight_of, 0);
    }
    return player->midnight;
}

void player_play(Player *player, const AccountHistory *history)
{
    const PlayerSetup *setup = &player->setup;
    g_autofree char *name = setup->is_only_ledger
                                ? g_strdup(history->external)
                                : g_strconcat(history->instance, ":", history->external, NULL);
    Instant end = zone_instant(player->zone, setup->to + 1, 0);
    size_t i = 0;
    player->account = name;
    begin(player, history);
    for (;;) {
        Instant facts_at = day_of(player, history, i);
        Instant next = MIN(MIN(player->wake_at, next_act(player)), facts_at);
        if (next >= end)
            break;
        player->now = MAX(next, player->now);
        settle(player); /* what time brings comes before what the poll of that instant tells */
        while (i < history->n && day_of(player, history, i) <= player->now)
            i = take_page(player, history, i);
    }
    setup->ended(setup->data, player->account, &player->state);
}
