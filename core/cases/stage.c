#include "cases/stage.h"

#include <string.h>

#include "bus/bus.h"
#include "hub/hub.h"

#define STAGE_ERROR g_quark_from_static_string("dunhub-stage")

enum {
    STEPS_MAX =
        20000, /* rounds at one instant: more means that two rules ask for each other for ever */
    SEED = 1,
};

typedef struct {
    uint64_t id;
    int kind;
    char *instance, *key;
} Waiting;

typedef struct {
    Arena *arena;
    AccountState state;
} Loaded;

struct Stage {
    StageSetup setup;
    const Configuration *configuration;
    Arena *arena;
    VirtualClock clock;
    SeededRandom random;
    Store *store;
    Hub *hub;
    Instant trusted; /* INSTANT_NONE: there is no trusted time; INSTANT_NEVER: it agrees with the
                        machine's */
    GQueue calls;    /* Waiting: what left and is not answered */
    GPtrArray *accounts;       /* names, in order of appearance */
    GHashTable *loaded;        /* account -> Loaded, since the last turn */
    json_t *platform, *ledger; /* manifests */
    StageAnswer answer;        /* of the event being submitted */
    const char *invalid;       /* why it cannot be taken at all; NULL */
    bool down;
};

/* ---- what the platforms declare ----------------------------------------------------------- */

/* Every verb of the case files can be looked up by its key. */
static json_t *platform_manifest(void)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < n_verbs; i++) {
        static const char *const effects[] = {"read", "write", "contact", "legal"};
        json_array_append_new(actions, json_pack("{s:s, s:s, s:s, s:i}", "verb", verbs[i].name,
                                                 "effect", effects[verbs[i].effect], "repeat",
                                                 "lookup", "lookup_lag_s", 0));
    }
    return json_pack("{s:s, s:o}", "name", "scripted", "actions", actions);
}

static json_t *ledger_manifest(void)
{
    return json_pack("{s:s, s:[{s:s, s:b, s:b, s:i}]}", "name", "scripted", "sources", "name",
                     "ledger", "ledger", 1, "read", 1, "every_s", 86400);
}

/* ---- ports -------------------------------------------------------------------------------- */

static size_t port_credit(void *data, const char *instance)
{
    (void)data;
    (void)instance;
    return 8;
}

static bool port_send(void *data, const char *instance, uint64_t call, int kind, const char *verb,
                      const char *key, const char *input, GBytes *content, GError **error)
{
    (void)verb;
    (void)input;
    (void)content;
    (void)error;
    Stage *stage = data;
    Waiting *waiting = g_new0(Waiting, 1);
    *waiting = (Waiting){call, kind, g_strdup(instance), g_strdup(key)};
    g_queue_push_tail(&stage->calls, waiting);
    return true;
}

static const json_t *port_manifest(void *data, const char *instance)
{
    const Stage *stage = data;
    return strcmp(instance, STAGE_LEDGER) == 0 ? stage->ledger : stage->platform;
}

static bool port_trusted_now(void *data, Instant *ret_now)
{
    const Stage *stage = data;
    *ret_now = stage->trusted == INSTANT_NEVER ? stage->clock.instant : stage->trusted;
    return stage->trusted != INSTANT_NONE;
}

static void port_alert(void *data, const HubAlert *alert)
{
    Stage *stage = data;
    chronicle_line(stage->setup.chronicle, stage->clock.instant, "   alert %s %s: %s", alert->code,
                   alert->subject != NULL ? alert->subject : "", alert->text);
}

static void on_reason(void *data, const char *account, Instant now, const AccountState *after,
                      const Reason *reason)
{
    (void)now;
    Stage *stage = data;
    chronicle_reason(stage->setup.chronicle, stage->clock.instant, account, reason);
    chronicle_look(stage->setup.chronicle, stage->clock.instant, after);
}

/* ---- opening and closing ------------------------------------------------------------------ */

static void free_waiting(gpointer data)
{
    Waiting *waiting = data;
    g_free(waiting->instance);
    g_free(waiting->key);
    g_free(waiting);
}

static void free_loaded(gpointer data)
{
    arena_free(((Loaded *)data)->arena);
    g_free(data);
}

static bool open_hub(Stage *stage, GError **error)
{
    HubSetup setup = {
        .clock = &stage->clock.clock,
        .random = &stage->random.random,
        .store = stage->store,
        .configuration = stage->configuration,
        .ports = {stage, port_credit, port_send, NULL, port_manifest, port_trusted_now, port_alert,
                  NULL},
        .polls_by_hand = true,
    };
    stage->hub = hub_new(&setup, error);
    if (stage->hub == NULL)
        return false;
    hub_watch(stage->hub, on_reason, stage);
    return true;
}

Stage *stage_new(const StageSetup *setup, Arena *arena, GError **error)
{
    g_autoptr(Stage) stage = g_new0(Stage, 1);
    stage->setup = *setup;
    stage->configuration = setup->configuration;
    stage->arena = arena;
    stage->trusted = INSTANT_NEVER;
    virtual_clock_init(&stage->clock, setup->start);
    seeded_random_init(&stage->random, SEED);
    g_queue_init(&stage->calls);
    stage->accounts = g_ptr_array_new_with_free_func(g_free);
    stage->loaded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_loaded);
    stage->platform = platform_manifest();
    stage->ledger = ledger_manifest();
    if (!store_open(&store_sqlite, NULL, STORE_MEMORY, NULL, &stage->store, error) ||
        !open_hub(stage, error) || !hub_release_source(stage->hub, STAGE_LEDGER, "case", error))
        return NULL;
    return g_steal_pointer(&stage);
}

void stage_free(Stage *stage)
{
    if (stage == NULL)
        return;
    g_clear_pointer(&stage->hub, hub_free);
    g_clear_pointer(&stage->store, store_close);
    g_queue_clear_full(&stage->calls, free_waiting);
    g_ptr_array_unref(stage->accounts);
    g_hash_table_unref(stage->loaded);
    json_decref(stage->platform);
    json_decref(stage->ledger);
    g_free(stage);
}

/* ---- states ------------------------------------------------------------------------------- */

const AccountState *stage_state(Stage *stage, const char *account)
{
    Loaded *loaded = g_hash_table_lookup(stage->loaded, account);
    if (loaded != NULL)
        return &loaded->state;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    if (!store_load_account(stage->store, account, arena, &state, &found, NULL) || !found)
        return NULL;
    loaded = g_new0(Loaded, 1);
    *loaded = (Loaded){g_steal_pointer(&arena), state};
    g_hash_table_insert(stage->loaded, g_strdup(account), loaded);
    return &loaded->state;
}

bool stage_audit(Stage *stage, const char *account, AuditVisitor visitor, void *data,
                 GError **error)
{
    return store_audit_read(stage->store, account, visitor, data, error);
}

/* The act a call is about. */
static const Act *find_act(Stage *stage, const char *instance, const char *key,
                           const AccountState **ret_state)
{
    for (guint i = 0; i < stage->accounts->len; i++) {
        const AccountState *state = stage_state(stage, stage->accounts->pdata[i]);
        const Act *act = state != NULL ? state_find(state, KIND_ACT, key) : NULL;
        if (act == NULL || g_strcmp0(act->instance, instance) != 0)
            continue;
        *ret_state = state;
        return act;
    }
    return NULL;
}

/* ---- answers ------------------------------------------------------------------------------ */

static void answer_act(Stage *stage, const Waiting *waiting)
{
    Instant now = stage->clock.instant;
    const AccountState *state = NULL;
    const Act *act = find_act(stage, waiting->instance, waiting->key, &state);
    if (act == NULL) {
        hub_result(stage->hub, waiting->instance, waiting->id, OUTCOME_PERMANENT, 0, "unknown",
                   "no such act", NULL, NULL);
        return;
    }
    ActResult result =
        platforms_call(stage->setup.platforms, now, state, act, waiting->kind == CALL_LOOKUP);
    int64_t after_ms = result.retry_at != INSTANT_NONE ? MAX(result.retry_at - now, 0) : 0;
    hub_result(stage->hub, waiting->instance, waiting->id, result.outcome, after_ms, result.code,
               result.message, result.external_id, NULL);
}

/* A poll or read of the ledger tells what it had not told. */
static void answer_ledger(Stage *stage, const Waiting *waiting)
{
    g_autoptr(json_t) events = stage->setup.ledger(stage->setup.ledger_data);
    size_t n = json_array_size(events);
    g_autofree const json_t **page = g_new0(const json_t *, n + 1);
    for (size_t i = 0; i < n; i++)
        page[i] = json_array_get(events, i);
    bool kept = n == 0 || hub_page(stage->hub, waiting->instance, waiting->id, page, n, NULL);
    hub_result(stage->hub, waiting->instance, waiting->id, kept ? OUTCOME_OK : OUTCOME_RETRY, 0,
               NULL, NULL, NULL, NULL);
}

static void answer_calls(Stage *stage)
{
    g_hash_table_remove_all(stage->loaded);
    while (stage->calls.length > 0) {
        Waiting *waiting = g_queue_pop_head(&stage->calls);
        if (waiting->kind == CALL_POLL || waiting->kind == CALL_READ)
            answer_ledger(stage, waiting);
        else if (waiting->kind == CALL_CHECK)
            hub_result(stage->hub, waiting->instance, waiting->id, OUTCOME_OK, 0, NULL, NULL, NULL,
                       NULL);
        else
            answer_act(stage, waiting);
        free_waiting(waiting);
    }
}

/* Turns and answers until nothing is due at the clock's now. */
static bool settle(Stage *stage, GError **error)
{
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (!hub_settle(stage->hub, error))
            return false;
        g_hash_table_remove_all(stage->loaded);
        if (stage->calls.length == 0)
            return true;
        answer_calls(stage);
    }
    g_set_error(error, STAGE_ERROR, 1,
                "more than %d rounds without the clock moving: two rules ask for each other",
                STEPS_MAX);
    return false;
}

/* ---- time --------------------------------------------------------------------------------- */

Instant stage_now(const Stage *stage)
{
    return stage->clock.instant;
}

bool stage_run(Stage *stage, Instant until, GError **error)
{
    while (!stage->down) {
        if (!settle(stage, error))
            return false;
        Instant next = hub_next(stage->hub);
        if (next > until)
            break;
        virtual_clock_set(&stage->clock, MAX(next, stage->clock.instant + 1));
    }
    if (until > stage->clock.instant)
        virtual_clock_set(&stage->clock, until);
    return true;
}

bool stage_clock(Stage *stage, Instant to, Instant trusted, GError **error)
{
    stage->trusted = trusted;
    virtual_clock_set(&stage->clock, to);
    return settle(stage, error);
}

void stage_down(Stage *stage)
{
    stage->down = true;
    g_clear_pointer(&stage->hub, hub_free);
}

/* The hub starts anew on the store it left. */
bool stage_up(Stage *stage, Instant trusted, GError **error)
{
    stage->down = false;
    stage->trusted = trusted;
    return open_hub(stage, error) && settle(stage, error);
}

bool stage_is_up(const Stage *stage)
{
    return !stage->down;
}

/* ---- events ------------------------------------------------------------------------------- */

static void note_account(Stage *stage, const char *account)
{
    for (guint i = 0; i < stage->accounts->len; i++)
        if (strcmp(stage->accounts->pdata[i], account) == 0)
            return;
    g_ptr_array_add(stage->accounts, g_strdup(account));
}

static void on_answer(void *data, const IntakeAnswer *answer)
{
    Stage *stage = data;
    Arena *arena = stage->arena;
    bool rejected = answer->verdict == INTAKE_REJECTED;
    stage->answer = (StageAnswer){
        .accepted = answer->verdict == INTAKE_ACCEPTED,
        .duplicate = answer->verdict == INTAKE_DUPLICATE,
        .code = rejected ? arena_strdup(arena, answer->code) : NULL,
        .text = arena_strdup(arena, answer->text),
        .detail = rejected ? arena_strdup(arena, answer->result) : NULL,
        .result = rejected ? NULL : arena_strdup(arena, answer->result),
    };
    if (answer->verdict == INTAKE_INVALID || answer->verdict == INTAKE_FULL)
        stage->invalid = arena_strdup(arena, answer->text != NULL ? answer->text : "refused");
}

bool stage_submit(Stage *stage, const char *source, const char *id, const char *type,
                  const char *account, const json_t *data, StageAnswer *ret_answer, GError **error)
{
    note_account(stage, account);
    stage->answer = (StageAnswer){0};
    stage->invalid = NULL;
    hub_submit(stage->hub, source, id, type, account, stage->clock.instant, data, on_answer, stage);
    if (!settle(stage, error))
        return false;
    if (stage->invalid != NULL) {
        g_set_error(error, STAGE_ERROR, 1, "%s: %s", type, stage->invalid);
        return false;
    }
    *ret_answer = stage->answer;
    return true;
}

bool stage_reload(Stage *stage, const Configuration *configuration, GError **error)
{
    stage->configuration = configuration;
    return hub_reload(stage->hub, configuration, error) && settle(stage, error);
}

unsigned stage_switches(const Stage *stage)
{
    return stage->hub != NULL ? hub_switches(stage->hub) : 0;
}
