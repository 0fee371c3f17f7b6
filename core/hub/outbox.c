/* From a released act to a call, and from its answer back to an event. An act's SENT state is
 * durable before its call leaves; a result counts only under the fence of the lease it answers. */
#include "hub/loop.h"

#include "base/text.h"
#include "bus/bus.h"

#include <string.h>

enum { CODE_MAX = 60, MESSAGE_MAX = 500, NAME_MAX_BYTES = 200, GONE_MAX = 1024 };

#define HUB_STOPPED "hub_stopped"

/* ---- calls
 * -------------------------------------------------------------------------------------------------------------------
 */

uint64_t hub_reserve_call(Hub *hub)
{
    return ++hub->last_call;
}

size_t hub_in_flight(const Hub *hub)
{
    size_t n = 0;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, hub->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        n += !((Call *)value)->gone;
    return n + drawing_count(hub, NULL);
}

static Input *result_input(Call *call, int outcome, int64_t retry_after_ms, const char *code,
                           const char *message, const char *external_id, const char *data)
{
    Input *input = input_new(INPUT_RESULT);
    input->call = call;
    input->outcome = outcome;
    input->retry_after_ms = retry_after_ms;
    input->code = g_strdup(code);
    input->message = g_strdup(message);
    input->external_id = g_strdup(external_id);
    input->result = g_strdup(data);
    return input;
}

static Call *call_copy(const Call *call)
{
    Call *copy = g_memdup2(call, sizeof *call);
    copy->instance = g_strdup(call->instance);
    copy->verb = g_strdup(call->verb);
    copy->account = g_strdup(call->account);
    copy->key = g_strdup(call->key);
    copy->platform_key = g_strdup(call->platform_key);
    return copy;
}

size_t outbox_credit(Hub *hub, const Feed *feed)
{
    const HubPorts *ports = &hub->setup.ports;
    if (feed->paused || !ports->credit || !ports->send)
        return 0;
    size_t credit = ports->credit(ports->data, feed->name);
    return credit - MIN(credit, drawing_count(hub, feed->name));
}

/* The bus answers every call by its deadline; a lease that is over means that even the bus did not.
 */
static int64_t lease_ms(const Hub *hub, const char *instance)
{
    const Feed *feed = feed_get(hub, instance);
    const json_t *limits = feed ? json_object_get(feed->manifest, "limits") : NULL;
    int64_t deadline_ms = json_integer_value(json_object_get(limits, "timeout_ms"));
    return MAX(LEASE_MS, deadline_ms + INSTANT_MINUTE);
}

void outbox_send(Hub *hub, Call *call, const char *input, GBytes *content)
{
    const HubPorts *ports = &hub->setup.ports;
    g_autoptr(GError) problem = NULL;
    call->expires_ms =
        hub->setup.clock->monotonic_ms(hub->setup.clock) + lease_ms(hub, call->instance);
    g_hash_table_insert(hub->calls, &call->id, call);
    if (ports->send(ports->data, call->instance, call->id, call->kind, call->verb,
                    call->platform_key ? call->platform_key : call->key, input, content, &problem))
        return;
    g_hash_table_steal(hub->calls, &call->id);
    intake_push(hub, result_input(call, OUTCOME_RETRY, 0, "not_sent",
                                  problem ? problem->message : "not sent", NULL, NULL));
}

void hub_result(Hub *hub, const char *instance, uint64_t id, int outcome, int64_t retry_after_ms,
                const char *code, const char *message, const char *external_id, const char *data)
{
    Call *call = g_hash_table_lookup(hub->calls, &id);
    if (!call || g_strcmp0(call->instance, instance) != 0)
        return;
    g_hash_table_steal(hub->calls, &id);
    hub->counters.answered++;
    intake_push(hub, result_input(call, outcome, retry_after_ms, code, message, external_id, data));
}

static void drop_oldest_gone(Hub *hub)
{
    GHashTableIter iter;
    void *value;
    uint64_t oldest = 0;
    size_t n = 0;
    g_hash_table_iter_init(&iter, hub->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Call *call = value;
        n += call->gone;
        if (call->gone && (!oldest || call->id < oldest))
            oldest = call->id;
    }
    if (n > GONE_MAX)
        g_hash_table_remove(hub->calls, &oldest);
}

void outbox_expire(Hub *hub)
{
    int64_t now = hub->setup.clock->monotonic_ms(hub->setup.clock);
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, hub->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Call *call = value;
        if (call->gone || now < call->expires_ms)
            continue;
        Call *given_up = call_copy(call);
        call->gone = true; /* stays known, so that a late answer is recognised and refused */
        intake_push(hub, result_input(given_up, OUTCOME_UNCERTAIN, 0, "unanswered",
                                      "no answer came within the lease", NULL, NULL));
    }
    drop_oldest_gone(hub);
}

/* ---- what the journal knows of an act -------------------------------------------------------- */

typedef struct {
    const char *key;
    Instant first, last; /* attempts; INSTANT_NONE none */
    int64_t refused;     /* attempts that are known not to have been applied */
} Attempts;

static bool note_attempt(const JournalEntry *entry, void *data)
{
    Attempts *attempts = data;
    bool sent = strcmp(entry->type, event_types[EVENT_ACT_SENT].name) == 0;
    bool result = strcmp(entry->type, event_types[EVENT_ACT_RESULT].name) == 0;
    if ((!sent && !result) || !entry->data)
        return true;
    g_autoptr(json_t) body = json_loads(entry->data, 0, NULL);
    if (g_strcmp0(json_string_value(json_object_get(body, "key")), attempts->key) != 0 ||
        json_is_true(json_object_get(body, "lookup")))
        return true;
    const char *outcome = json_string_value(json_object_get(body, "outcome"));
    const char *code = json_string_value(json_object_get(body, "code"));
    attempts->refused +=
        result && g_strcmp0(outcome, "retry") == 0 && g_strcmp0(code, REPEAT_UNCERTAIN) != 0;
    if (sent && attempts->first == INSTANT_NONE)
        attempts->first = entry->received_at;
    if (sent)
        attempts->last = entry->received_at;
    return true;
}

/* Doubt is rare, so its history is looked for in the journal and not carried along. */
static bool find_attempts(Hub *hub, const char *account, const char *key, Attempts *ret_attempts,
                          GError **error)
{
    *ret_attempts = (Attempts){.key = key, .first = INSTANT_NONE, .last = INSTANT_NONE};
    return store_journal_read(hub->setup.store, account, 0, false, note_attempt, ret_attempts,
                              error);
}

/* ---- leases
 * --------------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Deed deed;
    const char *instance, *verb, *account, *key, *input, *platform_key;
    uint64_t fence;
    int64_t attempt;
    int kind;
    GBytes *content;
} Dispatch;

static void dispatch(Hub *hub, Deed *deed)
{
    Dispatch *d = (Dispatch *)deed;
    Call *call = g_new0(Call, 1);
    *call = (Call){
        .id = hub_reserve_call(hub),
        .kind = d->kind,
        .instance = g_strdup(d->instance),
        .verb = g_strdup(d->verb),
        .account = g_strdup(d->account),
        .key = g_strdup(d->key),
        .platform_key = g_strdup(d->platform_key),
        .fence = d->fence,
        .attempt = d->attempt,
        .began_at = hub->now,
    };
    *(d->kind == CALL_LOOKUP ? &hub->counters.lookups : &hub->counters.sent) += 1;
    if (hub->setup.dry) /* a plan: taken as accepted, so that it can be seen what would follow */
        intake_push(hub, result_input(call, OUTCOME_OK, 0, NULL, NULL, NULL, NULL));
    else
        outbox_send(hub, call, d->input, d->content);
}

static json_t *sent_event(const Lease *lease)
{
    ActResult sent;
    record_init(event_types[EVENT_ACT_RESULT].payload, &sent);
    sent.key = lease->key;
    sent.lookup = lease->lookup;
    sent.attempt = lease->attempt;
    return own_data(EVENT_ACT_SENT, &sent);
}

/* The decision took the act back, perhaps out of the outbox altogether. */
bool outbox_give_back(Hub *hub, const Lease *lease, GError **error)
{
    g_autoptr(GError) problem = NULL;
    if (store_finish(hub->setup.store, lease->account, lease->key, lease->fence, &problem) ||
        g_error_matches(problem, STORE_ERROR, STORE_ERROR_STALE))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

/* The act's own key on every attempt; with a suffix after a refusal that the platform would only
 * repeat to us. */
static bool platform_key(Group *group, const Lease *lease, const char **ret_key, GError **error)
{
    const Feed *feed = feed_get(group->hub, lease->instance);
    RepeatFacts facts = repeat_facts(feed ? feed->manifest : NULL, lease->verb);
    Attempts attempts = {0};
    *ret_key = arena_strdup(group->arena, lease->key);
    if (!facts.key_saves_errors || lease->attempt <= 1)
        return true;
    if (!find_attempts(group->hub, lease->account, lease->key, &attempts, error))
        return false;
    if (attempts.refused)
        *ret_key = arena_printf(group->arena, "%s~%" G_GINT64_FORMAT, lease->key, attempts.refused);
    return true;
}

/* When the first attempt left, as a member of a look-up's input: what is older than that is another act's. */
static bool tell_first_sent(Group *group, const Lease *lease, char **input, GError **error)
{
    Attempts attempts = {0};
    if (!find_attempts(group->hub, lease->account, lease->key, &attempts, error))
        return false;
    if (attempts.first == INSTANT_NONE)
        return true;
    char text[32];
    g_autoptr(json_t) tree = json_loads(*input, 0, NULL);
    json_object_set_new(tree, "first_sent_at", json_string(instant_format(attempts.first, text)));
    g_free(*input);
    *input = json_canonical(tree);
    return true;
}

/* While the clock is not believed nothing leaves, what was released before included (§6.11); but what takes an act back,
 * and the answer to a customer. */
static bool stands_still(const Hub *hub, const Lease *lease, const Act *act)
{
    return (hub->switches & HUB_OBSERVE) && !lease->lookup && act && !act->undo &&
           g_strcmp0(act->purpose, "answer") != 0;
}

bool outbox_take(Group *group, const Lease *lease, GError **error)
{
    Hub *hub = group->hub;
    Slot *slot = engine_slot(group, lease->account, error);
    bool draws = false;
    if (slot && stands_still(hub, lease, state_find(slot->state, KIND_ACT, lease->key)))
        return outbox_give_back(hub, lease, error);
    if (!slot ||
        !drawing_begin(group, lease, state_find(slot->state, KIND_ACT, lease->key), &draws, error))
        return false;
    if (draws)
        return true;
    if (!engine_own(group, lease->account, lease->instance, EVENT_ACT_SENT, sent_event(lease), NULL,
                    error))
        return false;
    Act *act = state_find(slot->state, KIND_ACT, lease->key);
    if (!act || (act->state != ACT_SENT && !(lease->lookup && act->state == ACT_UNCERTAIN)))
        return outbox_give_back(hub, lease, error);
    const char *key = NULL;
    GBytes *content = NULL;
    if (!platform_key(group, lease, &key, error))
        return false;
    g_autofree char *input = render_input(hub->setup.store, hub->setup.configuration, slot->state,
                                          act, hub->now, &content, error);
    if (!input || (lease->lookup && !tell_first_sent(group, lease, &input, error)))
        return false;
    Dispatch *d = group_deed(group, sizeof *d, dispatch);
    d->instance = arena_strdup(group->arena, lease->instance);
    d->verb = arena_strdup(group->arena, lease->verb);
    d->account = arena_strdup(group->arena, lease->account);
    d->key = arena_strdup(group->arena, lease->key);
    d->platform_key = key;
    d->input = arena_strdup(group->arena, input);
    d->fence = lease->fence;
    d->attempt = lease->attempt;
    d->kind = lease->lookup ? CALL_LOOKUP : CALL_ACTION;
    d->content = content;
    if (content)
        g_ptr_array_add(group->contents, content);
    return true;
}

bool outbox_lease(Group *group, GError **error)
{
    Hub *hub = group->hub;
    for (guint i = 0; !hub->setup.holds_acts && i < hub->feed_order->len; i++) {
        const Feed *feed = hub->feed_order->pdata[i];
        size_t most = hub->setup.dry ? GROUP_MAX : MIN(outbox_credit(hub, feed), GROUP_MAX);
        Lease *leases = NULL;
        size_t n = 0;
        if (most && !store_lease(hub->setup.store, feed->name, hub->now,
                                 hub->now + lease_ms(hub, feed->name), most, group->arena, &leases,
                                 &n, error))
            return false;
        for (size_t k = 0; k < n; k++)
            if (!outbox_take(group, &leases[k], error))
                return false;
    }
    return true;
}

/* ---- results
 * ---------------------------------------------------------------------------------------------------------------------------
 */

/* The credential is doubted: nothing more is sent there, from this very moment, until a check says
 * whether it is the credential or this input. */
static void pause_instance(Hub *hub, const Input *input)
{
    const Call *call = input->call;
    Feed *feed = feed_get(hub, call->instance);
    if (!feed || feed->paused)
        return;
    feed->paused = true;
    feed->check_at = hub->now;
    feed->check_failures = 0;
    if (call->kind == CALL_ACTION) {
        feed->suspect_account = g_strdup(call->account);
        feed->suspect_key = g_strdup(call->key);
    }
    hub_alert(hub, "instance_paused", feed->name,
              "%s refuses its credential (%s); its queue waits until its check passes", feed->name,
              input->message ? input->message : "no reason given");
}

static json_t *result_event(const Input *input, const RepeatOut *judged)
{
    const Call *call = input->call;
    ActResult result;
    record_init(event_types[EVENT_ACT_RESULT].payload, &result);
    g_autofree char *code = judged->code ? text_one_line(judged->code, CODE_MAX) : NULL;
    g_autofree char *message = input->message ? text_one_line(input->message, MESSAGE_MAX) : NULL;
    g_autofree char *external =
        input->external_id ? text_one_line(input->external_id, NAME_MAX_BYTES) : NULL;
    g_autoptr(json_t) data = input->result ? json_loads(input->result, 0, NULL) : NULL;
    result.key = call->key;
    result.outcome = judged->outcome;
    result.retry_at = judged->retry_at;
    result.code = code && *code ? code : NULL;
    result.message = message;
    result.external_id =
        external && *external && strlen(external) <= NAME_MAX_BYTES ? external : NULL;
    result.data = data ? input->result : NULL;
    result.lookup = call->kind == CALL_LOOKUP;
    result.attempt = call->attempt;
    return own_data(EVENT_ACT_RESULT, &result);
}

static bool note_late(Group *group, const Input *input, GError **error)
{
    const Call *call = input->call;
    group->hub->counters.late++;
    hub_alert(group->hub, "result_late", call->account,
              "an answer of %s to '%s' came after its lease was over; it counts for nothing",
              call->instance, call->key);
    Reason reason = {
        .event = "result_late",
        .rule = "fence",
        .subject = call->key,
        .text = "An answer came after the lease of its attempt was over; it counts for nothing.",
    };
    return engine_audit(group, call->account, 0, call->instance, &reason, error);
}

/* The hub stopped while the letter of the act was being drawn: nothing has left. */
static bool never_left(Group *group, const Input *input, bool *ret_never, GError **error)
{
    *ret_never = false;
    if (g_strcmp0(input->code, HUB_STOPPED) != 0)
        return true;
    Slot *slot = engine_slot(group, input->call->account, error);
    if (!slot)
        return false;
    const Act *act = state_find(slot->state, KIND_ACT, input->call->key);
    *ret_never = act && (act->state == ACT_READY || act->state == ACT_RETRY);
    return true;
}

static bool act_result(Group *group, const Input *input, GError **error)
{
    Hub *hub = group->hub;
    const Call *call = input->call;
    g_autoptr(GError) refused = NULL;
    if (!store_finish(hub->setup.store, call->account, call->key, call->fence, &refused)) {
        if (g_error_matches(refused, STORE_ERROR, STORE_ERROR_STALE))
            return note_late(group, input, error);
        g_propagate_error(error, g_steal_pointer(&refused));
        return false;
    }
    bool never = false;
    if (!never_left(group, input, &never, error))
        return false;
    if (never) { /* goes again at once */
        RepeatOut again = {.outcome = OUTCOME_RETRY, .retry_at = hub->now, .code = "not_sent"};
        return engine_own(group, call->account, call->instance, EVENT_ACT_RESULT,
                          result_event(input, &again), NULL, error);
    }
    const Feed *feed = feed_get(hub, call->instance);
    RepeatFacts facts = repeat_facts(feed ? feed->manifest : NULL, call->verb);
    RepeatIn in = {
        .outcome = input->outcome,
        .lookup = call->kind == CALL_LOOKUP,
        .attempt = call->attempt,
        .now = hub->now,
        .retry_after_ms = input->retry_after_ms,
        .code = input->code,
        .message = input->message,
    };
    Attempts attempts = {.first = INSTANT_NONE, .last = INSTANT_NONE};
    bool doubtful = in.lookup || in.outcome == OUTCOME_UNCERTAIN;
    if (doubtful && !find_attempts(hub, call->account, call->key, &attempts, error))
        return false;
    in.first_sent_at = attempts.first;
    in.last_sent_at = attempts.last;
    RepeatOut judged = repeat_judge(&facts, &in, hub->setup.random);
    if (judged.credential)
        pause_instance(hub, input);
    return engine_own(group, call->account, call->instance, EVENT_ACT_RESULT,
                      result_event(input, &judged), NULL, error);
}

typedef struct {
    Deed deed;
    const Input *input;
} Ended;

static void end_call(Hub *hub, Deed *deed)
{
    const Input *input = ((Ended *)deed)->input;
    schedule_done(hub, input->call, input->outcome, input->message);
}

bool outbox_result(Group *group, Input *input, GError **error)
{
    if (input->call->kind == CALL_ACTION || input->call->kind == CALL_LOOKUP)
        return act_result(group, input, error);
    if (input->call->kind == CALL_MAP)
        return inbox_result(group, input, error);
    Ended *ended = group_deed(group, sizeof *ended, end_call);
    ended->input = input;
    return true;
}

bool outbox_recover(Hub *hub, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    Lease *leases = NULL;
    size_t n = 0;
    if (!store_leases_open(hub->setup.store, NULL, arena, &leases, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        Call *call = g_new0(Call, 1);
        *call = (Call){
            .kind = leases[i].lookup ? CALL_LOOKUP : CALL_ACTION,
            .instance = g_strdup(leases[i].instance),
            .verb = g_strdup(leases[i].verb),
            .account = g_strdup(leases[i].account),
            .key = g_strdup(leases[i].key),
            .fence = leases[i].fence,
            .attempt = leases[i].attempt,
        };
        intake_push(hub, result_input(call, OUTCOME_UNCERTAIN, 0, HUB_STOPPED,
                                      "the hub stopped before an answer came", NULL, NULL));
    }
    return true;
}
