/* Accounts in memory, decide for every event and wake-up, acts handed to the scripted platforms in their order. */
#include "cases/stage.h"

#include <string.h>

#include "base/clock.h"

enum {
    STEPS_MAX = 20000, /* decisions at one instant: more means that two rules ask for each other for ever */
};

typedef struct {
    char *id;
    Arena *arena; /* of state; replaced at every decision */
    AccountState state;
    Instant wake_at;
} Player;

struct Stage {
    StageSetup setup;
    const Rulebook *book;
    Arena *arena;
    VirtualClock clock;
    GPtrArray *players;
    GHashTable *seen; /* "source id" of events taken */
    bool down;
    unsigned switches;
    uint64_t steps;
};

typedef struct {
    char *account;
    Instant after;
} Freshness;

static void free_player(gpointer data)
{
    Player *player = data;
    arena_free(player->arena);
    g_free(player->id);
    g_free(player);
}

Stage *stage_new(const StageSetup *setup, Arena *arena, GError **error)
{
    (void)error;
    Stage *stage = g_new0(Stage, 1);
    stage->setup = *setup;
    stage->book = setup->book;
    stage->arena = arena;
    virtual_clock_init(&stage->clock, setup->start);
    stage->players = g_ptr_array_new_with_free_func(free_player);
    stage->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return stage;
}

void stage_free(Stage *stage)
{
    if (stage == NULL)
        return;
    g_ptr_array_unref(stage->players);
    g_hash_table_unref(stage->seen);
    g_free(stage);
}

Instant stage_now(const Stage *stage)
{
    return stage->clock.instant;
}

static Player *find_player(const Stage *stage, const char *account)
{
    for (guint i = 0; i < stage->players->len; i++) {
        Player *player = stage->players->pdata[i];
        if (strcmp(player->id, account) == 0)
            return player;
    }
    return NULL;
}

static Player *player_of(Stage *stage, const char *account)
{
    Player *player = find_player(stage, account);
    if (player != NULL)
        return player;
    player = g_new0(Player, 1);
    player->id = g_strdup(account);
    player->arena = arena_new();
    player->wake_at = INSTANT_NEVER;
    state_init(&player->state, player->arena, player->id);
    g_ptr_array_add(stage->players, player);
    return player;
}

/* ---- deciding ------------------------------------------------------------------------------------------------------------ */

static void answer_freshness(Stage *stage, Player *player, Instant after);

static bool spinning(Stage *stage, GError **error)
{
    if (++stage->steps < STEPS_MAX)
        return false;
    g_set_error(error, g_quark_from_static_string("dunhub-stage"), 1,
                "more than %d decisions without the clock moving: two rules ask for each other", STEPS_MAX);
    return true;
}

static void take(Player *player, const DecideOut *out)
{
    Arena *arena = arena_new();
    AccountState state;
    state_copy(&out->after, arena, &state);
    arena_free(player->arena);
    player->arena = arena;
    player->state = state;
    player->wake_at = out->wake_at;
}

static void fill_answer(Stage *stage, const DecideOut *out, StageAnswer *ret_answer)
{
    *ret_answer = (StageAnswer){.accepted = out->rejection == NULL, .result = arena_strdup(stage->arena, out->result)};
    if (out->rejection == NULL)
        return;
    ret_answer->code = arena_strdup(stage->arena, out->rejection->code);
    ret_answer->text = arena_strdup(stage->arena, out->rejection->text);
    ret_answer->detail = arena_strdup(stage->arena, out->rejection->detail);
}

/* One decision; wishes for fresh ledger data are answered at once. */
static void decide_one(Stage *stage, Player *player, const Event *event, StageAnswer *ret_answer)
{
    g_autoptr(Arena) arena = arena_new();
    DecideIn in = {&player->state, event, stage->clock.instant, stage->book, stage->switches};
    DecideOut out = {0};
    decide(&in, arena, &out);
    for (size_t i = 0; i < out.n_reasons; i++)
        chronicle_reason(stage->setup.chronicle, in.now, player->id, &out.reasons[i]);
    take(player, &out);
    chronicle_look(stage->setup.chronicle, in.now, &player->state);
    if (ret_answer != NULL)
        fill_answer(stage, &out, ret_answer);
    stage->steps++;
    for (size_t i = 0; i < out.n_wishes && stage->steps < STEPS_MAX; i++)
        if (out.wishes[i].kind == WISH_FRESHNESS)
            answer_freshness(stage, player, out.wishes[i].after);
}

static void decide_kind(Stage *stage, Player *player, EventKind kind, const void *payload)
{
    Event event = {.kind = kind, .source = "hub", .account = player->id, .time = stage->clock.instant,
                   .received_at = stage->clock.instant, .payload = payload, .present = {UINT64_MAX, UINT64_MAX}};
    decide_one(stage, player, &event, NULL);
}

static bool decode(Stage *stage, Player *player, const char *type, const json_t *data, Arena *arena, Event *ret_event, GError **error)
{
    if (!event_decode(type, data, arena, ret_event, error))
        return false;
    ret_event->account = player->id;
    ret_event->time = ret_event->received_at = stage->clock.instant;
    return true;
}

static void answer_freshness(Stage *stage, Player *player, Instant after)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(json_t) events = stage->setup.ledger(stage->setup.ledger_data, player->id);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *item = json_array_get(events, i);
        Event event;
        if (!decode(stage, player, json_string_value(json_object_get(item, "type")), json_object_get(item, "data"), arena, &event, NULL))
            continue;
        event.source = "ledger";
        decide_one(stage, player, &event, NULL);
    }
    LedgerRead read = {.source = "ledger", .began_at = MAX(after, stage->clock.instant)};
    decide_kind(stage, player, EVENT_LEDGER_READ, &read);
}

/* ---- the outbox ---------------------------------------------------------------------------------------------------------- */

static bool is_due(const Act *act, Instant now)
{
    if (act->instance == NULL)
        return false;
    return act->state == ACT_READY || ((act->state == ACT_RETRY || act->state == ACT_UNCERTAIN) && act->next_at <= now);
}

/* The first due act of the account, in its order; an earlier one that waits for its platform does not block another platform's. */
static const Act *next_act(const Player *player, Instant now)
{
    const Act *first = NULL;
    STATE_FOREACH(&player->state, KIND_ACT, Act, act)
    if (is_due(act, now) && (first == NULL || act->sequence < first->sequence))
        first = act;
    return first;
}

static void send_act(Stage *stage, Player *player, const Act *act)
{
    g_autoptr(Arena) arena = arena_new();
    bool lookup = act->state == ACT_UNCERTAIN;
    Act copy;
    record_copy(&act_type, arena, act, &copy);
    if (!lookup) {
        ActResult sent = {.key = copy.key, .retry_at = INSTANT_NONE, .attempt = copy.attempts + 1};
        decide_kind(stage, player, EVENT_ACT_SENT, &sent);
    }
    ActResult result = platforms_call(stage->setup.platforms, stage->clock.instant, &player->state, &copy, lookup);
    result.attempt = copy.attempts + (lookup ? 0 : 1);
    decide_kind(stage, player, EVENT_ACT_RESULT, &result);
}

/* Wakes and sends until nothing is due at the clock's now. */
static bool settle(Stage *stage, GError **error)
{
    Instant now = stage->clock.instant;
    stage->steps = 0;
    for (guint i = 0; i < stage->players->len; i++) {
        Player *player = stage->players->pdata[i];
        while (player->wake_at <= now || next_act(player, now) != NULL) {
            if (spinning(stage, error))
                return false;
            const Act *act = next_act(player, now);
            if (act != NULL)
                send_act(stage, player, act);
            else
                decide_kind(stage, player, EVENT_WAKE, NULL);
        }
    }
    return true;
}

static Instant next_instant(const Stage *stage)
{
    Instant next = INSTANT_NEVER;
    for (guint i = 0; i < stage->players->len; i++) {
        const Player *player = stage->players->pdata[i];
        next = MIN(next, player->wake_at);
        STATE_FOREACH(&player->state, KIND_ACT, Act, act)
        if (act->instance != NULL && (act->state == ACT_RETRY || act->state == ACT_UNCERTAIN))
            next = MIN(next, act->next_at);
    }
    return next;
}

bool stage_run(Stage *stage, Instant until, GError **error)
{
    while (!stage->down) {
        if (!settle(stage, error))
            return false;
        Instant next = next_instant(stage);
        if (next > until)
            break;
        virtual_clock_set(&stage->clock, MAX(next, stage->clock.instant));
    }
    if (until > stage->clock.instant)
        virtual_clock_set(&stage->clock, until);
    return true;
}

/* ---- events -------------------------------------------------------------------------------------------------------------- */

bool stage_submit(Stage *stage, const char *source, const char *id, const char *type, const char *account, const json_t *data,
                  StageAnswer *ret_answer, GError **error)
{
    char *seen = g_strconcat(source, " ", id, NULL);
    if (!g_hash_table_add(stage->seen, seen)) {
        *ret_answer = (StageAnswer){.duplicate = true};
        Reason reason = {.event = "event_duplicate", .rule = "§6.10", .subject = id};
        chronicle_reason(stage->setup.chronicle, stage->clock.instant, account, &reason);
        return true;
    }
    g_autoptr(Arena) arena = arena_new();
    Player *player = player_of(stage, account);
    Event event;
    if (!decode(stage, player, type, data, arena, &event, error)) {
        g_prefix_error(error, "%s: ", type);
        return false;
    }
    event.source = source;
    event.id = id;
    decide_one(stage, player, &event, ret_answer);
    return settle(stage, error);
}

bool stage_clock(Stage *stage, Instant to, bool trusted, GError **error)
{
    (void)trusted;
    virtual_clock_set(&stage->clock, to);
    return settle(stage, error);
}

void stage_down(Stage *stage)
{
    stage->down = true;
}

bool stage_up(Stage *stage, bool trusted, GError **error)
{
    (void)trusted;
    stage->down = false;
    return settle(stage, error);
}

bool stage_is_up(const Stage *stage)
{
    return !stage->down;
}

bool stage_reload(Stage *stage, const Rulebook *book, GError **error)
{
    stage->book = book;
    for (guint i = 0; i < stage->players->len; i++)
        decide_kind(stage, stage->players->pdata[i], EVENT_EPOCH, NULL);
    return settle(stage, error);
}

const AccountState *stage_state(Stage *stage, const char *account)
{
    const Player *player = find_player(stage, account);
    return player != NULL ? &player->state : NULL;
}

const Rulebook *stage_book(const Stage *stage)
{
    return stage->book;
}

unsigned stage_switches(const Stage *stage)
{
    return stage->switches;
}
