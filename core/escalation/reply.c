/* Replies of the customer (§8, trigger T5): keywords act at once; other texts are read by the rules of
 * the rulebook, and what they surely say holds until a person has decided; doubt holds the channel. */
#include <string.h>

#include "escalation/deciding.h"

enum { HELP_BUSINESS_DAYS = 2 };

static const char *const consent_words[] = {"none", "granted", "revoked", "held_for_review"};

/* What a class does by itself. Its hold is confirmed, changed or ended by a person. */
static const struct {
    int hold; /* HoldKind; -1: none */
    bool only_address, needs_person;
} effects[N_REPLY_CLASSES] = {
    [REPLY_STOP] = {-1, false, false},
    [REPLY_START] = {-1, false, false},
    [REPLY_HELP] = {-1, false, false},
    [REPLY_BANKRUPTCY] = {HOLD_BANKRUPTCY, false, true},
    [REPLY_DECEASED] = {HOLD_DECEASED, false, true},
    [REPLY_ATTORNEY] = {HOLD_ATTORNEY, false, true},
    [REPLY_CEASE] = {HOLD_CEASE, false, true},
    [REPLY_DISPUTE] = {HOLD_PAUSE, false, true},
    [REPLY_WRONG_PERSON] = {HOLD_PAUSE, true, true},
    [REPLY_PAID] = {HOLD_PAUSE, false, true},
    [REPLY_HARDSHIP] = {HOLD_HELP, false, true},
    [REPLY_CHANNEL] = {-1, false, true},
    [REPLY_NOTHING] = {-1, false, false},
    [REPLY_UNCLEAR] = {-1, false, true},
};

/* ---- contact points -------------------------------------------------------------------------- */

static bool is_phone(const char *channel)
{
    return g_strcmp0(channel, "sms") == 0 || g_strcmp0(channel, "voice") == 0;
}

static bool has_point(const AccountState *state, const char *address)
{
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point)
        if (address && g_strcmp0(point->address, address) == 0)
            return true;
    return false;
}

/* A number is one thing for texts and automated calls; another channel is only itself. An answer from
 * an address that is not on file is meant for every address of its channel. */
static bool concerns(const AccountState *state, const ContactPoint *point, const char *channel,
                     const char *address)
{
    bool same =
        g_strcmp0(point->channel, channel) == 0 || (is_phone(point->channel) && is_phone(channel));
    return same && (!has_point(state, address) || g_strcmp0(point->address, address) == 0);
}

static void set_consent(Deciding *d, ContactPoint *point, int consent, Instant at)
{
    if (point->consent == consent)
        return;
    point->consent_before = consent == CONSENT_HELD_FOR_REVIEW ? point->consent : -1;
    point->consent = consent;
    point->consent_at = at;
    reason_add(d, "consent_changed", "§8 replies", point->channel, consent_words[consent], NULL,
               "consent for %s: %s", point->channel, consent_words[consent]);
}

/* Number of points that changed. */
static int set_consents(Deciding *d, const char *channel, const char *address, int consent,
                        Instant at)
{
    int n = 0;
    bool only_texts = consent == CONSENT_GRANTED;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point) {
        if (!concerns(d->state, point, channel, address) || point->consent == consent ||
            (only_texts && g_strcmp0(point->channel, "sms") != 0))
            continue;
        set_consent(d, point, consent, at);
        n++;
    }
    return n;
}

/* The address answered for a person, not for an account (§8: every account that uses it). */
static void share(Deciding *d, const char *channel, const char *address, int consent)
{
    if (!address)
        return;
    json_t *detail = json_pack("{s:s,s:s,s:s,s:s}", "channel", channel, "address", address,
                               "consent", consent_words[consent], "from", d->state->account.id);
    wish_add(d, WISH_SHARE, address, INSTANT_NONE, json_text(d, detail));
}

static int stop_channel(Deciding *d, const char *channel, const char *address)
{
    int n = set_consents(d, channel, address, CONSENT_REVOKED, d->now);
    share(d, channel, address, CONSENT_REVOKED);
    return n;
}

void apply_shared_consent(Deciding *d)
{
    const SharedConsent *shared = d->in->event->payload;
    Instant since = shared->since != INSTANT_NONE ? shared->since : d->now;
    bool revoked = shared->consent == 0;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point) {
        bool same = g_strcmp0(point->address, shared->address) == 0 &&
                    concerns(d->state, point, shared->channel, shared->address);
        bool restored =
            !revoked && point->consent == CONSENT_REVOKED && g_strcmp0(point->channel, "sms") == 0;
        if (same && revoked)
            set_consent(d, point, CONSENT_REVOKED, since);
        else if (same && restored)
            set_consent(d, point, CONSENT_GRANTED, since);
    }
}

/* ---- what follows by itself ------------------------------------------------------------------ */

static void answer(Deciding *d, const MessageReport *reply, const char *name)
{
    NoticePlan plan = {.name = name,
                       .target = deciding_next_id(d, "r"),
                       .currency = d->settings->currency,
                       .severity = NOTICE_SEVERITY_NONE,
                       .channel = reply->channel,
                       .address = reply->address};
    notice_plan(d, &plan);
}

static void open_ticket(Deciding *d, const char *target)
{
    ActionRule rule = action_of_verb(d, "ticket.open");
    ActPlan plan = {.rule = &rule, .purpose = "reply", .target = target};
    act_plan(d, &plan);
}

/* The channel rests until a person has decided; the others go on. */
static void hold_channel(Deciding *d, Reply *reply, const char *channel)
{
    bool own = g_strcmp0(channel, reply->channel) == 0;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point)
        if (g_strcmp0(point->channel, channel) == 0 &&
            (!own || concerns(d->state, point, channel, reply->address)) &&
            point->consent != CONSENT_REVOKED)
            set_consent(d, point, CONSENT_HELD_FOR_REVIEW, d->now);
    reply->held = words_add(d->arena, reply->held, channel);
}

/* Which hold of a reply is of the class: those it set carry its class as their reason. */
static bool is_of_class(const Hold *hold, int class_)
{
    g_autofree char *reason = g_strconcat("reply: ", reply_class_words[class_], NULL);
    return g_strcmp0(hold->reason, reason) == 0;
}

static bool has_hold(const Deciding *d, const Reply *reply, int class_)
{
    STATE_FOREACH (d->state, KIND_HOLD, Hold, hold)
        if (words_have(reply->holds, hold->id) && is_of_class(hold, class_) &&
            hold_is_running(hold, d->today))
            return true;
    return false;
}

static void set_hold(Deciding *d, Reply *reply, int class_, const char *by)
{
    int kind = effects[class_].hold;
    if (has_hold(d, reply, class_))
        return;
    Hold *hold =
        hold_add(d, kind, by, arena_printf(d->arena, "reply: %s", reply_class_words[class_]));
    if (kind == HOLD_HELP)
        hold->until = calendar_add_business_days(d->calendar, d->today, HELP_BUSINESS_DAYS);
    else if (kind == HOLD_BANKRUPTCY)
        hold->petition_on = d->today + 1;
    if (effects[class_].only_address)
        hold->contact = reply->address;
    reply->holds = words_add(d->arena, reply->holds, hold->id);
}

/* ---- a reply that came ----------------------------------------------------------------------- */

static void follow_channels(Deciding *d, Reply *reply, const ReplyReading *reading)
{
    for (size_t i = 0; i < reading->n; i++) {
        const ReplyHit *hit = &reading->hits[i];
        if (hit->sure && hit->rule->class_ == REPLY_CHANNEL)
            hold_channel(d, reply, hit->rule->channel ? hit->rule->channel : reply->channel);
    }
}

/* Every class that is surely said has its effect: a bankruptcy's attorney is both. */
static void follow(Deciding *d, Reply *reply, const ReplyReading *reading)
{
    for (int class_ = 0; class_ < N_REPLY_CLASSES; class_++)
        if ((reading->classes & (1u << class_)) && effects[class_].hold >= 0)
            set_hold(d, reply, class_, "customer");
    follow_channels(d, reply, reading);
    if (reading->class_ == REPLY_UNCLEAR)
        hold_channel(d, reply, reply->channel);
    if (effects[reading->class_].needs_person)
        open_ticket(d, reply->id);
}

/* One confirmation, nothing else; a second STOP changes nothing and is not confirmed again. */
static void follow_keyword(Deciding *d, const MessageReport *report, int class_)
{
    switch (class_) {
    case REPLY_STOP:
        if (stop_channel(d, report->channel, report->address) > 0 ||
            !has_point(d->state, report->address))
            answer(d, report, "opt_out_confirmation");
        return;
    case REPLY_START:
        set_consents(d, report->channel, report->address, CONSENT_GRANTED, d->now);
        share(d, report->channel, report->address, CONSENT_GRANTED);
        return;
    case REPLY_HELP:
        answer(d, report, "help_info");
        return;
    default:
        return;
    }
}

static Reply *keep(Deciding *d, const MessageReport *report, const ReplyReading *reading)
{
    Reply *reply = state_add(d->state, KIND_REPLY);
    reply->id = arena_printf(d->arena, "reply%zu", STATE_COUNT(d->state, KIND_REPLY));
    reply->channel = arena_strdup(d->arena, report->channel);
    reply->address = arena_strdup(d->arena, report->address);
    reply->text = reading->words[0] ? reading->words : NULL;
    reply->received_on = d->today;
    reply->class_ = reading->class_;
    reply->rules = reading->rules;
    reply->state = effects[reading->class_].needs_person ? REPLY_OPEN : REPLY_SETTLED;
    return reply;
}

static void judge_replies(Deciding *d)
{
    bool open = false, held = false;
    STATE_FOREACH (d->state, KIND_REPLY, Reply, reply)
        open = open || reply->state == REPLY_OPEN;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point)
        held = held || point->consent == CONSENT_HELD_FOR_REVIEW;
    intervene(d, &d->state->account.reasons, "reply", open, "§8 replies",
              "a reply has to be read by a person");
    intervene(d, &d->state->account.reasons, "held_for_review", held, "§8 replies",
              "a channel is held until a person has decided about a reply");
}

void apply_reply(Deciding *d)
{
    const MessageReport *report = d->in->event->payload;
    ReplyReading reading;
    reply_read(&d->book->replies, report->channel, report->text, d->arena, &reading);
    Reply *reply = keep(d, report, &reading);
    const char *word = reply_class_words[reading.class_];
    reason_add(d, "reply", "§8 replies", report->channel, word,
               json_pack("{s:s,s:s?}", "reply", reply->id, "rules", reading.rules),
               "the customer answered: %s", word);
    follow(d, reply, &reading);
    follow_keyword(d, report, reading.class_);
    judge_replies(d);
}

/* ---- a person's decision --------------------------------------------------------------------- */

static bool held_by_another(const Deciding *d, const ContactPoint *point, const Reply *self)
{
    STATE_FOREACH (d->state, KIND_REPLY, Reply, other)
        if (other != self && other->state == REPLY_OPEN && words_have(other->held, point->channel))
            return true;
    return false;
}

static void release_channels(Deciding *d, Reply *reply)
{
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point)
        if (point->consent == CONSENT_HELD_FOR_REVIEW && words_have(reply->held, point->channel) &&
            !held_by_another(d, point, reply))
            set_consent(d, point, MAX(point->consent_before, CONSENT_NONE), d->now);
}

/* Channels that were not wanted stay off: what the rules held, else the one the reply came on. */
static void stop_channels(Deciding *d, Reply *reply, const char *held)
{
    g_auto(GStrv) channels = g_strsplit(held ? held : reply->channel, ",", -1);
    for (char **channel = channels; *channel; channel++)
        STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point) {
            if (g_strcmp0(point->channel, *channel) != 0)
                continue;
            set_consent(d, point, CONSENT_REVOKED, d->now);
            share(d, point->channel, point->address, CONSENT_REVOKED);
        }
}

static void end_other_holds(Deciding *d, const Reply *reply, int class_)
{
    STATE_FOREACH (d->state, KIND_HOLD, Hold, hold)
        if (words_have(reply->holds, hold->id) && hold_is_running(hold, d->today) &&
            !is_of_class(hold, class_))
            hold_finish(d, hold, true);
}

static const InvoiceBalance *disputed_invoice(Deciding *d, const char *name)
{
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, invoice)
        if (g_strcmp0(invoice->id, name) == 0 || g_strcmp0(invoice->number, name) == 0)
            return ledger_invoice(&d->ledger, invoice->id);
    return NULL;
}

/* The invoice's open amount is contested from today on; that says more than a pause. */
static void open_dispute(Deciding *d, const InvoiceBalance *balance)
{
    Dispute *dispute = state_add(d->state, KIND_DISPUTE);
    dispute->id = deciding_next_id(d, "dispute");
    dispute->invoice = balance->invoice->id;
    dispute->amount = balance->open;
    dispute->opened_on = d->today;
    dispute->outcome = DISPUTE_OPEN;
    d->cause = "dispute";
}

static bool check_decision(Deciding *d, const ReplyDecision *decision, const Reply *reply)
{
    if (!reply)
        reject(d, "unknown_reply", NULL,
               "the account has no reply '%s'; `dunhub worklist --account` and `dunhub show` list "
               "them",
               decision->reply);
    else if (reply->state == REPLY_DECIDED)
        reject(d, "reply_decided", NULL,
               "%s decided about that reply already; set or end its holds with `dunhub hold`",
               reply->decided_by);
    else if (decision->class_ == REPLY_UNCLEAR)
        reject(d, "no_decision", NULL,
               "unclear is what it is already; say what it means, or 'nothing'");
    else if (decision->invoice && decision->class_ != REPLY_DISPUTE)
        reject(d, "invoice_without_dispute", NULL, "an invoice belongs to the class dispute alone");
    else if (decision->invoice && !disputed_invoice(d, decision->invoice))
        reject(d, "unknown_invoice", NULL,
               "the account has no invoice '%s'; `dunhub show` lists them", decision->invoice);
    return !d->rejection;
}

static void carry_out(Deciding *d, Reply *reply, const ReplyDecision *decision, const char *by)
{
    const char *held = reply->held;
    const InvoiceBalance *disputed =
        decision->invoice ? disputed_invoice(d, decision->invoice) : NULL;
    end_other_holds(d, reply, disputed ? REPLY_UNCLEAR : decision->class_);
    release_channels(d, reply);
    if (disputed)
        open_dispute(d, disputed);
    else if (effects[decision->class_].hold >= 0)
        set_hold(d, reply, decision->class_, by);
    if (decision->class_ == REPLY_STOP)
        stop_channel(d, reply->channel, reply->address);
    else if (decision->class_ == REPLY_CHANNEL)
        stop_channels(d, reply, held);
    else if (decision->class_ == REPLY_START)
        set_consents(d, reply->channel, reply->address, CONSENT_GRANTED, d->now);
}

void apply_reply_decision(Deciding *d)
{
    const ReplyDecision *decision = d->in->event->payload;
    const char *by = deciding_actor(d, decision->by);
    Reply *reply = state_find(d->state, KIND_REPLY, decision->reply);
    if (!check_decision(d, decision, reply))
        return;
    const char *word = reply_class_words[decision->class_];
    reason_add(d, "reply_decided", "§8 replies", reply->id, word,
               json_pack("{s:s,s:s,s:s?,s:s?}", "by", by, "read_as",
                         reply_class_words[MAX(reply->class_, 0)], "reason", decision->reason,
                         "invoice", decision->invoice),
               "%s says the reply means: %s", by, word);
    carry_out(d, reply, decision, by);
    reply->class_ = decision->class_;
    reply->state = REPLY_DECIDED;
    reply->held = NULL;
    reply->decided_by = arena_strdup(d->arena, by);
    reply->decided_on = d->today;
    judge_replies(d);
}
