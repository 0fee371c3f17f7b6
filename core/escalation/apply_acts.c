/* What became of acts: answers of instances, reports about messages, a person's word on a held or
 * planned one. */
#include <string.h>

#include "escalation/deciding.h"

static Act *act_of(const Deciding *d, const char *key)
{
    return key ? state_find(d->state, KIND_ACT, key) : NULL;
}

static Notice *notice_of(const Deciding *d, const Act *act)
{
    return act && act->notice ? state_find(d->state, KIND_NOTICE, act->notice) : NULL;
}

/* Taken by the platform counts as accepted, but for letters: those are accepted when the printer
 * says so (§6.1). */
static bool accepted_when_taken(const Act *act)
{
    return g_strcmp0(act->channel, "letter") != 0;
}

static void succeeded(Deciding *d, Act *act, const ActResult *result)
{
    if (result->external_id)
        act->external_id = arena_strdup(d->arena, result->external_id);
    act->error = NULL;
    call_placed(d, act);
    booking_done(d, act);
    Notice *notice = notice_of(d, act);
    if (!notice) {
        act_finish(d, act);
        return;
    }
    act->state = ACT_DONE;
    act->done_on = d->today;
    act->done_at = d->now;
    if (accepted_when_taken(act))
        notice_accept(d, notice);
}

/* An answer belongs to the channel on which the customer spoke: it goes nowhere else, and not later
 * (§8 "one confirmation, nothing else"). */
static bool is_answer(const Notice *notice)
{
    return notice->severity == NOTICE_SEVERITY_NONE && !notice->invoice;
}

static void next_channel(Deciding *d, Notice *notice)
{
    if (is_answer(notice)) {
        notice_suppress(d, notice, "undeliverable");
        return;
    }
    Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    if (notice->state == NOTICE_ACCEPTED && cycle_is_running(cycle) && notice->step &&
        g_strcmp0(notice->step, cycle->step) == 0)
        step_unexecute(d, cycle);
    delivery_next(d, notice);
}

static void failed_for_good(Deciding *d, Act *act, const ActResult *result)
{
    act->state = ACT_DEAD;
    reason_add(d, "act_failed", "architecture §5", act->action, result->code,
               json_pack("{s:s,s:s?}", "key", act->key, "message", result->message),
               "%s cannot be carried out: %s", act->action,
               result->message ? result->message : "refused");
    Notice *notice = notice_of(d, act);
    if (notice && notice->state != NOTICE_SUPPRESSED)
        next_channel(d, notice);
    else
        hub_event(d, cycle_by_id(d->state, act->cycle), "action.dead",
                  json_pack("{s:s}", "key", act->key));
}

/* A retry outside the contact window would be a message at night. */
static Instant inside_window(Deciding *d, const Act *act, Instant at)
{
    Notice *notice = notice_of(d, act);
    if (!notice || at == INSTANT_NONE)
        return at;
    Instant now = d->now;
    d->now = at;
    GateAnswer answer = release_gate(d, act, notice);
    d->now = now;
    return answer.verdict == GATE_DELAY ? answer.until : at;
}

static void note_trouble(Deciding *d, Act *act, const ActResult *result)
{
    const char *message = result->message ? result->message : result->code;
    act->error = arena_strdup(d->arena, message);
    act->attempts = MAX(act->attempts, result->attempt);
}

void apply_act_result(Deciding *d)
{
    const ActResult *result = d->in->event->payload;
    Act *act = act_of(d, result->key);
    if (!act || act->state == ACT_DONE || act->state == ACT_SUPPRESSED || act->state == ACT_DEAD)
        return;
    note_trouble(d, act, result);
    switch (result->outcome) {
    case OUTCOME_OK:
        succeeded(d, act, result);
        return;
    case OUTCOME_PERMANENT:
        failed_for_good(d, act, result);
        return;
    case OUTCOME_UNCERTAIN:
        act->state = result->retry_at == INSTANT_NONE ? ACT_HELD : ACT_UNCERTAIN;
        act->next_at = result->retry_at;
        if (act->state == ACT_HELD)
            reason_add(d, "act_held", "architecture §5", act->action, result->code,
                       json_pack("{s:s}", "key", act->key),
                       "%s may have been applied: a person decides", act->action);
        return;
    default:
        act->state = ACT_RETRY;
        act->next_at = inside_window(d, act, result->retry_at);
        return;
    }
}

void apply_act_sent(Deciding *d)
{
    const ActResult *sent = d->in->event->payload;
    Act *act = act_of(d, sent->key);
    if (!act || act->state == ACT_DONE || act->state == ACT_SUPPRESSED || act->state == ACT_DEAD)
        return;
    act->state = ACT_SENT;
    act->attempts = MAX(act->attempts, sent->attempt);
}

/* The bytes that leave, before they do: they are evidence from here on. */
void apply_act_document(Deciding *d)
{
    const ActDocument *drawn = d->in->event->payload;
    Act *act = act_of(d, drawn->key);
    if (!act || act->state == ACT_DONE || act->state == ACT_SUPPRESSED || act->state == ACT_DEAD)
        return;
    act->document = arena_strdup(d->arena, drawn->document);
    reason_add(d, "letter_drawn", "architecture §5", act->action, NULL,
               json_pack("{s:s,s:s,s:s*,s:I}", "key", act->key, "document", act->document,
                         "content", act->content, "pages", (json_int_t)drawn->pages),
               "the letter of %s was drawn: %" G_GINT64_FORMAT " page%s", act->action, drawn->pages,
               drawn->pages == 1 ? "" : "s");
}

static void decided(Deciding *d, Act *act, const ActDecision *decision)
{
    reason_add(d, "act_decided", "command", act->action, decision->reason,
               json_pack("{s:s}", "key", act->key), "%s decided about %s",
               deciding_actor(d, decision->by), act->action);
    Notice *notice = notice_of(d, act);
    switch (decision->decision) {
    case DECIDED_RELEASE:
        act->reason = "released";
        return;
    case DECIDED_RETRY:
        act->state = act->notice || act->adverse ? ACT_PLANNED : ACT_READY;
        act->release_at = act->next_at = d->now;
        return;
    default:
        if (notice && notice->state == NOTICE_PLANNED)
            notice_suppress(d, notice, "closed");
        else
            act_suppress(d, act, "closed");
    }
}

void apply_act_decision(Deciding *d)
{
    const ActDecision *decision = d->in->event->payload;
    Act *act = act_of(d, decision->key);
    if (!act) {
        reject(d, "unknown_act", json_pack("{s:s?}", "key", decision->key),
               "no act has the key %s; `dunhub outbox` lists them",
               decision->key ? decision->key : "(none)");
        return;
    }
    static const unsigned fit[] = {
        [DECIDED_RETRY] = 1 << ACT_HELD | 1 << ACT_DEAD | 1 << ACT_RETRY | 1 << ACT_UNCERTAIN,
        [DECIDED_CLOSE] =
            1 << ACT_HELD | 1 << ACT_DEAD | 1 << ACT_RETRY | 1 << ACT_UNCERTAIN | 1 << ACT_PLANNED,
        [DECIDED_RELEASE] = 1 << ACT_PLANNED,
    };
    bool known = decision->decision >= 0 && decision->decision <= DECIDED_RELEASE;
    if (!known || !(fit[decision->decision] & (1u << act->state))) {
        reject(d, "act_not_waiting", json_pack("{s:s}", "key", act->key),
               "that act is not waiting for this decision; look at its state with `dunhub show`");
        return;
    }
    decided(d, act, decision);
}

/* ---- reports about messages ------------------------------------------------------------------ */

static bool fits(const Act *act, const MessageReport *report)
{
    if (!act->notice || act->state == ACT_SUPPRESSED || act->state == ACT_PLANNED ||
        act->state == ACT_FRESHNESS)
        return false;
    if (report->act)
        return strcmp(act->key, report->act) == 0;
    return (!report->notice || strcmp(act->notice, report->notice) == 0) &&
           (!report->channel || g_strcmp0(act->channel, report->channel) == 0) &&
           (!report->address || g_strcmp0(act->address, report->address) == 0);
}

/* The delivery it is about: the latest that fits. */
static Act *delivery_of(const Deciding *d, const MessageReport *report)
{
    Act *found = NULL;
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (fits(act, report))
            found = act;
    return found;
}

void apply_message_accepted(Deciding *d)
{
    Act *act = delivery_of(d, d->in->event->payload);
    Notice *notice = notice_of(d, act);
    if (!notice || notice->state != NOTICE_RELEASED)
        return;
    act->state = ACT_DONE;
    act->done_on = act->done_on == DATE_NONE ? d->today : act->done_on;
    act->done_at = act->done_at == INSTANT_NONE ? d->now : act->done_at;
    notice_accept(d, notice);
}

/* A receipt is evidence whether or not it changes anything. */
void apply_message_delivered(Deciding *d)
{
    const MessageReport *report = d->in->event->payload;
    const Act *act = delivery_of(d, report);
    const Notice *notice = notice_of(d, act);
    if (act)
        reason_add(d, "notice_delivered", "§8 replies", notice ? notice->name : act->action,
                   act->channel, json_pack("{s:s}", "key", act->key), "%s reports that %s arrived",
                   act->channel ? act->channel : "the channel",
                   notice ? notice->name : "the message");
    apply_message_accepted(d);
}

static void mark_undeliverable(Deciding *d, const MessageReport *report, const Act *act)
{
    if (report->outcome != MESSAGE_HARD_BOUNCE && report->outcome != MESSAGE_RETURNED)
        return;
    const char *channel = act ? act->channel : report->channel;
    const char *address = act ? act->address : report->address;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point)
        if (g_strcmp0(point->channel, channel) == 0 && g_strcmp0(point->address, address) == 0)
            point->undeliverable = true;
}

void apply_message_failed(Deciding *d)
{
    const MessageReport *report = d->in->event->payload;
    Act *act = delivery_of(d, report);
    mark_undeliverable(d, report, act);
    Notice *notice = notice_of(d, act);
    if (!notice || (notice->state != NOTICE_RELEASED && notice->state != NOTICE_ACCEPTED))
        return;
    static const char *const words[] = {[MESSAGE_HARD_BOUNCE] = "hard_bounce",
                                        [MESSAGE_RETURNED] = "returned",
                                        [MESSAGE_REFUSED] = "refused"};
    bool known = report->outcome >= MESSAGE_HARD_BOUNCE && report->outcome <= MESSAGE_REFUSED;
    const char *why = known ? words[report->outcome] : "failed";
    act->error = why;
    if (act->state != ACT_DONE)
        act->state = ACT_DEAD;
    reason_add(d, "notice_failed", "§8", notice->name, why, json_pack("{s:s}", "key", act->key),
               "notice %s came back on %s: %s", notice->name, act->channel, why);
    next_channel(d, notice);
}

/* ---- reports about formal documents ----------------------------------------------------------- */

static bool is_document(const Act *act, const DocumentReport *report)
{
    return report->act      ? strcmp(act->key, report->act) == 0
           : report->object ? g_strcmp0(act->external_id, report->object) == 0
                            : false;
}

/* What became of it is kept with the act; one that nobody here sent, or that was taken back, says nothing. */
static const Act *document_of(const Deciding *d)
{
    const DocumentReport *report = d->in->event->payload;
    STATE_FOREACH (d->state, KIND_ACT, const Act, act)
        if (is_document(act, report) && act->state != ACT_SUPPRESSED)
            return act;
    return NULL;
}

static void tell_document(Deciding *d, const Act *act, const char *kind, const char *what)
{
    const DocumentReport *report = d->in->event->payload;
    reason_add(
        d, kind, "§8", act->action, NULL,
        json_pack("{s:s,s:s?,s:s?}", "key", act->key, "by", report->by, "text", report->text),
        "%s was %s%s%s", act->action, what, report->by ? " by " : "", report->by ? report->by : "");
}

void apply_document_signed(Deciding *d)
{
    const Act *act = document_of(d);
    if (act)
        tell_document(d, act, "document_signed", "signed");
}

void apply_document_declined(Deciding *d)
{
    const Act *act = document_of(d);
    Cycle *cycle = act && act->cycle ? state_find(d->state, KIND_CYCLE, act->cycle) : NULL;
    if (act)
        tell_document(d, act, "document_declined", "declined");
    if (cycle)
        intervene(d, &cycle->reasons, "document_declined", true, "§8",
                  "a formal document was declined: a person chooses how to go on");
}

/* The call that the act placed; NULL. */
static PhoneCall *call_of(const Deciding *d, const char *act)
{
    STATE_FOREACH (d->state, KIND_PHONE_CALL, PhoneCall, call)
        if (act && g_strcmp0(call->act, act) == 0)
            return call;
    return NULL;
}

static PhoneCall *call_add(Deciding *d, const char *act, int outcome)
{
    PhoneCall *call = state_add(d->state, KIND_PHONE_CALL);
    call->id = deciding_next_id(d, "call");
    call->act = arena_strdup(d->arena, act);
    call->placed_at = d->now;
    call->placed_on = zone_date(d->zone, d->now);
    call->outcome = outcome;
    return call;
}

void call_placed(Deciding *d, const Act *act)
{
    if (g_str_has_prefix(act->verb, "call.") && !call_of(d, act->key))
        call_add(d, act->key, PHONE_PLACED);
}

void apply_call(Deciding *d)
{
    const CallReport *report = d->in->event->payload;
    bool known = report->outcome >= 0 && report->outcome <= PHONE_ANSWERED;
    PhoneCall *call = call_of(d, report->act);
    if (!call)
        call = call_add(d, report->act, report->outcome);
    call->outcome = report->outcome;
    call->prior_consent_on = report->prior_consent_on;
    call->by = arena_strdup(d->arena, report->by);
    reason_add(d, "call", "§9 call_cap", NULL, known ? phone_outcome_words[report->outcome] : NULL,
               NULL, "a call was made");
}
