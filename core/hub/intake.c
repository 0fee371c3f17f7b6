/* The door: what comes in is checked, given to its account, journalled and decided, and only then
 * answered. */
#include "hub/loop.h"

#include <string.h>

/* ---- the queue
 * ----------------------------------------------------------------------------------------------------------
 */

Input *input_new(InputKind kind)
{
    Input *input = g_new0(Input, 1);
    input->kind = kind;
    input->time = INSTANT_NONE;
    return input;
}

void call_free(Call *call)
{
    if (!call)
        return;
    g_free(call->instance);
    g_free(call->verb);
    g_free(call->account);
    g_free(call->key);
    g_free(call->platform_key);
    g_free(call);
}

void input_free(Input *input)
{
    g_free(input->source);
    g_free(input->id);
    g_free(input->type);
    g_free(input->account);
    json_decref(input->data);
    json_decref(input->refs);
    call_free(input->call);
    g_free(input->code);
    g_free(input->message);
    g_free(input->external_id);
    g_free(input->result);
    drawing_free(input->drawing);
    if (input->pdf)
        g_bytes_unref(input->pdf);
    g_free(input->head);
    if (input->body)
        g_bytes_unref(input->body);
    g_free(input);
}

void intake_push(Hub *hub, Input *input)
{
    g_queue_push_tail(&hub->queue, input);
    hub->counters.most_waiting = MAX(hub->counters.most_waiting, hub->queue.length);
}

void intake_own(Hub *hub, EventKind kind, const char *account, const char *source,
                const void *payload)
{
    Input *input = input_new(INPUT_OWN);
    input->type = g_strdup(event_types[kind].name);
    input->account = g_strdup(account);
    input->source = g_strdup(source);
    input->data = own_data(kind, payload);
    intake_push(hub, input);
}

/* References travel beside the data, which is checked strictly. */
static void take_refs(Input *input, const json_t *data)
{
    if (!data)
        return;
    input->data = json_is_object(data) ? json_copy((json_t *)data) : json_incref((json_t *)data);
    json_t *refs = json_object_get(input->data, "refs");
    if (!refs)
        return;
    input->refs = json_incref(refs);
    json_object_del(input->data, "refs");
}

static bool refuse(Hub *hub, IntakeVerdict verdict, const char *code, const char *text,
                   IntakeDone done, void *done_data)
{
    hub->counters.overflowed += verdict == INTAKE_FULL;
    hub->counters.invalid += verdict == INTAKE_INVALID;
    if (done)
        done(done_data, &(IntakeAnswer){.verdict = verdict, .code = code, .text = text});
    return false;
}

bool hub_submit(Hub *hub, const char *source, const char *id, const char *type, const char *account,
                Instant time, const json_t *data, IntakeDone done, void *done_data)
{
    const EventType *known = event_type_by_name(type);
    if (!known) {
        g_autofree char *text =
            g_strdup_printf("there is no event type '%s'; `dunhub events` lists them", type);
        return refuse(hub, INTAKE_INVALID, "unknown_type", text, done, done_data);
    }
    if (known->kind == EVENT_ACT_RESULT || known->kind == EVENT_ACT_SENT ||
        known->kind == EVENT_ACT_DOCUMENT || known->kind == EVENT_WAKE ||
        known->kind == EVENT_EPOCH ||
        (known->kind >= EVENT_FAMILY_PLACED && known->kind <= EVENT_FAMILY_SERVICE))
        return refuse(hub, INTAKE_INVALID, "hub_only",
                      "events of this type are made by the hub alone", done, done_data);
    if (hub->queue.length >= QUEUE_MAX)
        return refuse(hub, INTAKE_FULL, "full", "too much is waiting; send it again in a moment",
                      done, done_data);
    Input *input = input_new(INPUT_EVENT);
    input->source = g_strdup(source);
    input->id = g_strdup(id);
    input->type = g_strdup(type);
    input->account = g_strdup(account);
    input->time = time;
    input->done = done;
    input->done_data = done_data;
    take_refs(input, data);
    intake_push(hub, input);
    return true;
}

/* ---- whose it is
 * -----------------------------------------------------------------------------------------------------------
 */

static bool is_ledger_kind(EventKind kind)
{
    return kind <= EVENT_PAYMENT_ATTEMPTED;
}

const char *intake_salt(Hub *hub, Arena *arena)
{
    unsigned char bytes[16];
    hub->setup.random->fill(hub->setup.random, bytes, sizeof bytes);
    char *hex = arena_alloc(arena, 2 * sizeof bytes + 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        g_snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return hex;
}

/* A new account is named as its ledger names it while there is one ledger, and "<source>:<name>"
 * where that would be ambiguous. Once given, an id stays. */
static bool create_account(Group *group, const char *source, const char *external, bool mirrored,
                           const char **ret_account, GError **error)
{
    Hub *hub = group->hub;
    const char *id = arena_strdup(group->arena, external);
    if (mirrored && !feed_is_only_ledger(hub, source))
        id = arena_printf(group->arena, "%s:%s", source, external);
    Slot *slot = engine_slot(group, id, error);
    if (!slot)
        return false;
    if (slot->found &&
        mirrored) { /* made by hand, or of another ledger: never mixed up by accident */
        id = arena_printf(group->arena, "%s:%s", source, external);
        slot = engine_slot(group, id, error);
        if (!slot)
            return false;
    }
    if (!slot->found) {
        Account *account = &slot->state->account;
        account->source = mirrored ? arena_strdup(group->arena, source) : NULL;
        account->external_id = mirrored ? arena_strdup(group->arena, external) : NULL;
        account->salt = intake_salt(hub, group->arena);
    }
    *ret_account = id;
    return true;
}

/* *ret_account NULL: there is none, and none is made. */
static bool by_name(Group *group, const char *source, const char *name, bool creates,
                    const char **ret_account, GError **error)
{
    Feed *feed = feed_get(group->hub, source);
    bool mirrored = feed && feed_ledger(feed);
    *ret_account = NULL;
    Slot *slot = engine_slot(group, name, error);
    if (!slot)
        return false;
    const Account *known = &slot->state->account;
    if (slot->found && (!mirrored || (g_strcmp0(known->source, source) == 0 &&
                                      g_strcmp0(known->external_id, name) == 0))) {
        *ret_account = slot->account;
        return true;
    }
    if (mirrored) {
        const char *reference = arena_printf(group->arena, "%s:%s", source, name);
        size_t n = 0;
        if (!store_resolve(group->hub->setup.store, "external", reference, group->arena,
                           ret_account, &n, error))
            return false;
        if (*ret_account)
            return true;
    }
    return !creates || create_account(group, source, name, mirrored, ret_account, error);
}

bool intake_account(Group *group, const char *source, const char *name, const char **ret_account,
                    GError **error)
{
    return by_name(group, source, name, false, ret_account, error);
}

static bool by_reference(Group *group, const Input *input, const char **ret_account, GError **error)
{
    static const char *const kinds[] = {"external", "object", "invoice", "address", NULL};
    *ret_account = NULL;
    for (size_t i = 0; kinds[i]; i++) {
        const char *value = json_string_value(json_object_get(input->refs, kinds[i]));
        if (!value)
            continue;
        const char *sought =
            i == 0 ? arena_printf(group->arena, "%s:%s", input->source, value) : value;
        size_t n = 0;
        if (!store_resolve(group->hub->setup.store, kinds[i], sought, group->arena, ret_account, &n,
                           error))
            return false;
        if (*ret_account)
            return true;
    }
    return true;
}

/* ---- answers
 * ---------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Deed deed;
    IntakeDone done;
    void *data;
    IntakeAnswer answer;
} Answered;

static void give_answer(Hub *hub, Deed *deed)
{
    (void)hub;
    Answered *answered = (Answered *)deed;
    answered->done(answered->data, &answered->answer);
}

static void answer(Group *group, const Input *input, IntakeAnswer answer)
{
    HubCounters *counters = &group->hub->counters;
    counters->accepted += answer.verdict == INTAKE_ACCEPTED;
    counters->rejected += answer.verdict == INTAKE_REJECTED;
    if (input->from_page) {
        counters->page_duplicates += answer.verdict == INTAKE_DUPLICATE;
        counters->page_invalid += answer.verdict == INTAKE_INVALID;
    } else {
        counters->duplicates += answer.verdict == INTAKE_DUPLICATE;
        counters->invalid += answer.verdict == INTAKE_INVALID;
    }
    if (!input->done)
        return;
    Answered *answered = group_deed(group, sizeof *answered, give_answer);
    answered->done = input->done;
    answered->data = input->done_data;
    answered->answer = answer;
}

static void answer_invalid(Group *group, const Input *input, const char *code, const char *text)
{
    if (input->from_page)
        hub_alert(group->hub, "event_invalid", input->source,
                  "%s sent %s '%s', which is left out: %s", input->source, input->type,
                  input->id ? input->id : "", text);
    answer(group, input,
           (IntakeAnswer){
               .verdict = INTAKE_INVALID, .code = code, .text = arena_strdup(group->arena, text)});
}

/* Nobody knows whose it is: it is kept, and a person is told. */
static bool keep_unresolved(Group *group, const Input *input, GError **error)
{
    Hub *hub = group->hub;
    g_autofree char *data = input->data ? json_canonical(input->data) : NULL;
    JournalEntry entry = {
        .source = input->source,
        .event_id = input->id,
        .type = input->type,
        .data = data,
        .time = input->time,
        .received_at = hub->now,
        .epoch = hub->epoch,
        .switches = hub->switches,
        .decided = true,
    };
    IntakeAnswer kept = {
        .code = "unresolved",
        .text = "kept, but it belongs to no account that is known; a person must say which"};
    bool duplicate = false;
    if (!store_journal(hub->setup.store, &entry, &kept.position, &duplicate, error))
        return false;
    kept.verdict = duplicate ? INTAKE_DUPLICATE : INTAKE_ACCEPTED;
    hub->counters.unresolved += !duplicate;
    if (!duplicate)
        hub_alert(
            hub, "event_unresolved", input->source,
            "%s from %s belongs to no account that is known; journal entry %" G_GUINT64_FORMAT,
            input->type, input->source, kept.position);
    answer(group, input, kept);
    return true;
}

static bool answer_duplicate(Group *group, const Input *input, const char *account, GError **error)
{
    IntakeAnswer duplicate = {.verdict = INTAKE_DUPLICATE,
                              .code = "duplicate",
                              .text = "taken before; it has no second effect"};
    answer(group, input, duplicate);
    if (input->from_page) /* a poll that shows the same page again is no news */
        return true;
    g_autoptr(json_t) detail = json_pack("{s:s,s:s?,s:s}", "event_id", input->id, "source",
                                         input->source, "type", input->type);
    g_autofree char *text = json_canonical(detail);
    Reason reason = {.event = "event_duplicate",
                     .rule = "§6.10",
                     .subject = input->id,
                     .text = "taken before; it has no second effect",
                     .detail = text};
    return engine_audit(group, account, 0, input->source, &reason, error);
}

static void answer_decision(Group *group, const Input *input, const Decision *decision)
{
    IntakeAnswer given = {
        .verdict = INTAKE_ACCEPTED, .position = decision->position, .result = decision->out.result};
    const Rejection *rejection = decision->out.rejection;
    if (rejection) {
        given.verdict = INTAKE_REJECTED;
        given.code = rejection->code;
        given.text = rejection->text;
        given.result = rejection->detail;
    }
    answer(group, input, given);
}

/* ---- one input
 * -------------------------------------------------------------------------------------------------------------------------
 */

static bool find_account(Group *group, const Input *input, EventKind kind, const char **ret_account,
                         GError **error)
{
    if (input->account)
        return by_name(group, input->source, input->account, is_ledger_kind(kind), ret_account,
                       error);
    if (!by_reference(group, input, ret_account, error))
        return false;
    const char *address = json_string_value(json_object_get(input->refs, "address"));
    return *ret_account || kind != EVENT_MESSAGE_REPLIED || !address ||
           address_answered(group, address, ret_account, error);
}

static bool take_event(Group *group, Input *input, GError **error)
{
    Event event = {0};
    g_autoptr(GError) problem = NULL;
    if (!event_decode(input->type, input->data, group->arena, &event, &problem)) {
        answer_invalid(group, input, "invalid", problem->message);
        return true;
    }
    if (input->from_page && !event_types[event.kind].from_outside) {
        answer_invalid(group, input, "not_from_outside",
                       "a plugin may not send events of this type");
        return true;
    }
    if (g_strcmp0(input->account, HUB_STATE) == 0) {
        answer_invalid(group, input, "reserved",
                       "no account can be named " HUB_STATE ": the hub's own entries stand there");
        return true;
    }
    const char *account = NULL;
    if (!find_account(group, input, event.kind, &account, error))
        return false;
    if (!account && input->account) {
        g_autofree char *text = g_strdup_printf(
            "there is no account '%s'; `dunhub accounts` lists them", input->account);
        answer_invalid(group, input, "unknown_account", text);
        return true;
    }
    if (!account)
        return keep_unresolved(group, input, error);
    event.id = input->id;
    event.source = input->source;
    event.time = input->time;
    g_autofree char *data = input->data ? json_canonical(input->data) : NULL;
    Decision decision = {0};
    if (!engine_event(group, account, &event, data, &decision, error))
        return false;
    if (decision.duplicate)
        return answer_duplicate(group, input, account, error);
    answer_decision(group, input, &decision);
    return true;
}

bool intake_take(Group *group, Input *input, GError **error)
{
    switch (input->kind) {
    case INPUT_RESULT:
        return outbox_result(group, input, error);
    case INPUT_DRAWN:
        return drawing_take(group, input, error);
    case INPUT_REQUEST:
        return inbox_take(group, input, error);
    case INPUT_OWN:
        return engine_own(group, input->account, input->source,
                          event_type_by_name(input->type)->kind, json_incref(input->data), NULL,
                          error);
    default:
        return take_event(group, input, error);
    }
}
