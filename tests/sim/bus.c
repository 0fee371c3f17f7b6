/* The plugins and their platforms: they answer, lose, repeat, delay, reorder and lie. */
#include "sim/world.h"

void sent_free(void *data)
{
    Sent *sent = data;
    g_free(sent->instance);
    g_free(sent->verb);
    g_free(sent->key);
    g_free(sent->platform_key);
    g_free(sent->account);
    g_free(sent->input);
    g_free(sent);
}

void deed_free(void *data)
{
    Deed *deed = data;
    g_free(deed->key);
    g_free(deed->account);
    g_free(deed->instance);
    g_free(deed->verb);
    g_free(deed->platform_key);
    g_free(deed);
}

static bool is_act(const Sent *sent)
{
    return sent->kind == CALL_ACTION || sent->kind == CALL_LOOKUP;
}

static RepeatFacts facts_of(const World *world, const Sent *sent)
{
    return repeat_facts(setting_manifest(world, sent->instance), sent->verb);
}

static Deed *deed_of(World *world, const Sent *sent)
{
    Deed *deed = g_hash_table_lookup(world->deeds, sent->key);
    if (deed)
        return deed;
    RepeatFacts facts = facts_of(world, sent);
    deed = g_new0(Deed, 1);
    *deed = (Deed){
        .key = g_strdup(sent->key),
        .account = g_strdup(sent->account),
        .instance = g_strdup(sent->instance),
        .verb = g_strdup(sent->verb),
        .effect = facts.effect,
        .repeat = facts.repeat,
        .first_sent_ms = world->clock.elapsed_ms,
        .key_valid_ms = facts.key_valid_ms,
    };
    g_hash_table_insert(world->deeds, deed->key, deed);
    return deed;
}

/* ---- ports ------------------------------------------------------------------------------------ */

static size_t port_credit(void *data, const char *instance)
{
    World *world = data;
    size_t out = 0;
    for (guint i = 0; i < world->calls->len; i++) {
        const Sent *sent = world->calls->pdata[i];
        out += !sent->answered && strcmp(sent->instance, instance) == 0;
    }
    return world->credit - MIN(world->credit, out);
}

/* A key with "~n" behind it is the act's key after n refusals that the platform keeps. */
static char *own_key(const char *key)
{
    const char *suffix = key ? strrchr(key, '~') : NULL;
    return suffix ? g_strndup(key, (gsize)(suffix - key)) : g_strdup(key);
}

static char *account_in(const char *input)
{
    g_autoptr(json_t) body = json_loads(input, 0, NULL);
    return g_strdup(json_string_value(json_object_get(body, "account")));
}

static void note_attempt(World *world, const Sent *sent)
{
    Deed *deed = deed_of(world, sent);
    g_free(deed->platform_key);
    deed->platform_key = g_strdup(sent->platform_key);
    deed->in_doubt = true; /* until an answer says otherwise */
}

static bool port_send(void *data, const char *instance, uint64_t call, int kind, const char *verb,
                      const char *key, const char *input, GBytes *content, GError **error)
{
    (void)content;
    World *world = data;
    if (world->dead || disk_is_off(world->disk))
        return true;
    if (!world->quiet && world_chance(world, 40)) {
        g_set_error_literal(error, g_quark_from_static_string("sim"), 1, "the host is gone");
        return false;
    }
    Sent *sent = g_new0(Sent, 1);
    *sent = (Sent){
        .id = call,
        .kind = kind,
        .instance = g_strdup(instance),
        .verb = g_strdup(verb),
        .platform_key = g_strdup(key),
        .key = own_key(key),
        .account = account_in(input),
        .input = g_strdup(input),
        .sent_ms = world->clock.elapsed_ms,
    };
    world->report.sends += kind == CALL_ACTION;
    world->report.lookups += kind == CALL_LOOKUP;
    check_sent(world, sent);
    g_ptr_array_add(world->calls, sent);
    if (kind == CALL_ACTION)
        note_attempt(world, sent);
    if (!world->quiet && world_chance(world, 60)) { /* the process ends between two sends */
        world_say(world, "killed behind the send of %s", key ? key : verb);
        world->dead = true;
    }
    return true;
}

static const json_t *port_manifest(void *data, const char *instance)
{
    return setting_manifest(data, instance);
}

static bool port_trusted(void *data, Instant *ret_now)
{
    const World *world = data;
    *ret_now = world_true_now(world);
    return world->trusted;
}

static void port_alert(void *data, const HubAlert *alert)
{
    const World *world = data;
    world_say(world, "alert %s: %s", alert->code, alert->text);
    if (strcmp(alert->code, "stuck") == 0)
        world_fail(data, "an account wakes again and again at one instant: %s", alert->text);
}

static void port_publish(void *data, const char *type, uint64_t position, const char *event)
{
    (void)type;
    (void)event;
    World *world = data;
    if (position == 0)
        world_fail(world, "an event is published that is not in the journal");
}

HubPorts bus_ports(World *world)
{
    return (HubPorts){
        .data = world,
        .credit = port_credit,
        .send = port_send,
        .publish = port_publish,
        .manifest = port_manifest,
        .trusted_now = port_trusted,
        .alert = port_alert,
    };
}

/* ---- what a platform does ---------------------------------------------------------------------- */

/* A platform that recognises keys takes each once. */
static void apply(World *world, const Sent *sent)
{
    Deed *deed = deed_of(world, sent);
    bool lives =
        !deed->key_valid_ms || world->clock.elapsed_ms - deed->applied_ms < deed->key_valid_ms;
    bool again = deed->repeat == REPEAT_SAFE || (deed->repeat == REPEAT_KEY && lives);
    if (deed->applied && again)
        return;
    if (!deed->applied)
        deed->applied_ms = world->clock.elapsed_ms;
    deed->applied++;
    world->report.applied++;
    world->report.contacts_applied += deed->effect >= EFFECT_CONTACT;
    if (deed->applied > 1 && deed->effect >= EFFECT_CONTACT && !deed->lied_about)
        world_fail(world, "%s took effect twice", sent->key);
}

typedef struct {
    int outcome;
    bool applies, doubtful, lies;
    int64_t retry_after_ms;
    const char *code, *message, *external_id, *data;
} Fate;

static const Fate fates[] = {
    {.outcome = OUTCOME_OK, .applies = true, .external_id = "x-1"},
    {.outcome = OUTCOME_OK, .applies = true},
    {.outcome = OUTCOME_RETRY, .code = "busy", .message = "try again"},
    {.outcome = OUTCOME_RETRY, .retry_after_ms = 40 * 60 * 1000, .message = "slower"},
    {.outcome = OUTCOME_UNCERTAIN, .applies = true, .doubtful = true, .message = "timeout"},
    {.outcome = OUTCOME_UNCERTAIN, .doubtful = true, .message = "timeout"},
    {.outcome = OUTCOME_PERMANENT, .code = "bad_address", .message = "no such box"},
    {.outcome = OUTCOME_AUTH, .message = "401"},
    /* lies and rubbish */
    {.outcome = OUTCOME_RETRY, .applies = true, .lies = true, .message = "not done (but it is)"},
    {.outcome = OUTCOME_OK, .lies = true, .message = "done (but it is not)"},
    {.outcome = OUTCOME_UNCERTAIN,
     .doubtful = true,
     .code = "\x01\x02\n\xff",
     .message = "\r\n\r\n",
     .external_id = "",
     .data = "{\"a\":"},
    {.outcome = 77, .doubtful = true, .data = "[[[[[]]]]]"},
};

static Fate draw_fate(World *world, bool kindly)
{
    unsigned draw = world_draw(world, 20);
    if (kindly || draw < 9)
        return fates[0];
    return fates[world_draw(world, G_N_ELEMENTS(fates))];
}

static void give(World *world, Sent *sent, const Fate *fate)
{
    sent->answered = true;
    sent->answers++;
    world->report.answers++;
    world_say(world, "%s answers %d to %s", sent->instance, fate->outcome,
              sent->key ? sent->key : sent->verb);
    hub_result(world->hub, sent->instance, sent->id, fate->outcome, fate->retry_after_ms,
               fate->code, fate->message, fate->external_id, fate->data);
}

/* The hub has given it up: at its last turn at the latest. */
static bool is_late(const World *world, const Sent *sent)
{
    return world->turned_ms - sent->sent_ms >= LEASE_LEAST_MS;
}

static void answer_action(World *world, Sent *sent, bool kindly)
{
    Fate fate = draw_fate(world, kindly);
    Deed *deed = deed_of(world, sent);
    deed->lied_about |= fate.lies;
    world->report.lies += fate.lies;
    if (fate.applies)
        apply(world, sent);
    if (!is_late(world, sent)) /* a late one counts for nothing: the doubt stays */
        deed->in_doubt = fate.doubtful || fate.outcome == OUTCOME_OK;
    world->report.late_answers += is_late(world, sent);
    give(world, sent, &fate);
}

/* What is found is what an index shows that lags as declared. */
static void answer_lookup(World *world, Sent *sent, bool kindly)
{
    Deed *deed = deed_of(world, sent);
    int64_t lag_ms = facts_of(world, sent).lookup_lag_ms;
    bool shown = deed->applied && world->clock.elapsed_ms >= deed->applied_ms + lag_ms;
    Fate fate = {.outcome = shown ? OUTCOME_OK : OUTCOME_ABSENT, .external_id = "x-2"};
    if (!kindly && world_chance(world, 4))
        fate = (Fate){.outcome = world_chance(world, 2) ? OUTCOME_RETRY : OUTCOME_UNCERTAIN};
    if (fate.outcome == OUTCOME_ABSENT && !is_late(world, sent) && !deed->applied)
        deed->in_doubt = false;
    give(world, sent, &fate);
}

static void answer_check(World *world, Sent *sent, bool kindly)
{
    Fate fate = {.outcome = kindly || world_chance(world, 2) ? OUTCOME_OK : OUTCOME_AUTH};
    give(world, sent, &fate);
}

static Sent *pick(World *world)
{
    guint n = world->calls->len, start = n ? world_draw(world, n) : 0;
    for (guint i = 0; i < n; i++) {
        Sent *sent = world->calls->pdata[(start + i) % n];
        if (!sent->answered)
            return sent;
    }
    return NULL;
}

/* An answer once more, or to the wrong instance: nobody waits for it. */
static bool answer_nobody(World *world)
{
    if (!world->calls->len)
        return false;
    Sent *sent = world->calls->pdata[world_draw(world, world->calls->len)];
    Fate fate = fates[world_draw(world, G_N_ELEMENTS(fates))];
    const char *instance = sent->answered ? sent->instance : "nobody";
    hub_result(world->hub, instance, sent->id, fate.outcome, 0, fate.code, fate.message,
               fate.external_id, fate.data);
    return true;
}

bool bus_answer_one(World *world, bool kindly)
{
    if (!kindly && world_chance(world, 12) && answer_nobody(world))
        return true;
    Sent *sent = pick(world);
    if (!sent)
        return false;
    if (!kindly && world_chance(world, 15)) { /* lost: nobody answers ever */
        if (is_act(sent) && sent->kind == CALL_ACTION && world_chance(world, 2))
            apply(world, sent);
        world->report.lost_answers++;
        sent->answered = true;
        return true;
    }
    if (sent->kind == CALL_ACTION)
        answer_action(world, sent, kindly);
    else if (sent->kind == CALL_LOOKUP)
        answer_lookup(world, sent, kindly);
    else if (sent->kind == CALL_CHECK)
        answer_check(world, sent, kindly);
    else
        source_answer_poll(world, sent, kindly);
    return true;
}

void bus_hub_died(World *world)
{
    for (guint i = 0; i < world->calls->len; i++) {
        const Sent *sent = world->calls->pdata[i];
        if (sent->kind == CALL_ACTION && !sent->answered && world_chance(world, 2))
            apply(world, sent);
    }
    g_ptr_array_set_size(world->calls, 0);
}
