#include "compliance/gate.h"

#include <string.h>

#include "base/text.h"

enum { WINDOW_TRIES = 1000 }; /* quarters of an hour: more than a week */
#define QUARTER (15 * INSTANT_MINUTE)

static const GateAnswer allow = {.verdict = GATE_ALLOW, .until = INSTANT_NONE};

static bool is_message(const GateIn *in)
{
    return in->notice && in->act->channel;
}

static bool is_answer(const GateIn *in)
{
    return text_same(in->act->purpose, "answer");
}

static bool is_call(const GateIn *in)
{
    return in->act && g_str_has_prefix(in->act->verb, "call.");
}

/* With the row and its citation, so that the audit and people see why. */
static GateAnswer by_rule(GateAnswer answer, const Rule *rule, Arena *arena)
{
    answer.rule = rule;
    if (rule)
        answer.reason = arena_printf(arena, "%s (%s: %s)", answer.reason, rule->id, rule->citation);
    return answer;
}

static const ContactPoint *find_point(const AccountState *state, const Act *act)
{
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, p)
        if (text_same(p->address, act->address) && text_same(p->channel, act->channel))
            return p;
    return NULL;
}

static bool fits_minutes(LocalTime t, int from, int to)
{
    int64_t ms = t.minute * INSTANT_MINUTE + t.millisecond;
    return ms >= from * INSTANT_MINUTE && ms <= to * INSTANT_MINUTE;
}

static Date today_of(const GateIn *in)
{
    return zone_date(in->zone, in->now);
}

static const Rule *row_of(const GateIn *in, RuleGate gate)
{
    RuleSubject subject = rules_subject(&in->state->account);
    return rules_cited(in->rules, gate, &subject, today_of(in));
}

static bool is_automated_phone(const GateIn *in)
{
    return is_message(in) &&
           (text_same(in->act->channel, "sms") || text_same(in->act->channel, "voice"));
}

static GateAnswer redirect(RuleGate gate, const char *reason, const Rule *rule, Arena *arena)
{
    return by_rule((GateAnswer){.verdict = GATE_REDIRECT,
                                .until = INSTANT_NONE,
                                .gate = rule_gate_names[gate],
                                .reason = reason},
                   rule, arena);
}

static GateAnswer refuse(RuleGate gate, const char *reason, const Rule *rule, Arena *arena)
{
    return by_rule((GateAnswer){.verdict = GATE_REFUSE,
                                .until = INSTANT_NONE,
                                .gate = rule_gate_names[gate],
                                .reason = reason},
                   rule, arena);
}

GateAnswer gate_until(const GateIn *in, Date day, const char *gate, const char *reason,
                      const Rule *rule, Arena *arena)
{
    return by_rule((GateAnswer){.verdict = GATE_DELAY,
                                .until = zone_instant(in->zone, day, in->send_at),
                                .gate = gate,
                                .reason = reason},
                   rule, arena);
}

GateAnswer gate_tomorrow(const GateIn *in, const char *gate, const char *reason, const Rule *rule,
                         Arena *arena)
{
    return gate_until(in, today_of(in) + 1, gate, reason, rule, arena);
}

/* ---- the gates ------------------------------------------------------------------------------- */

static GateAnswer gate_undeliverable(const GateIn *in, Arena *arena)
{
    (void)arena;
    const ContactPoint *point = is_message(in) ? in->point : NULL;
    if (!point || !point->undeliverable)
        return allow;
    return (GateAnswer){.verdict = GATE_REDIRECT,
                        .until = INSTANT_NONE,
                        .gate = "undeliverable",
                        .reason =
                            "a message to this address came back and it was not corrected since"};
}

static GateAnswer gate_consent(const GateIn *in, Arena *arena)
{
    if (!is_message(in) || is_answer(in))
        return allow;
    bool needs = is_automated_phone(in);
    const ContactPoint *point = in->point;
    if (point && point->consent == CONSENT_GRANTED)
        return allow;
    if (point && point->consent == CONSENT_HELD_FOR_REVIEW)
        return (GateAnswer){.verdict = GATE_REDIRECT,
                            .until = INSTANT_NONE,
                            .gate = needs ? "sms_consent" : "reply_review",
                            .reason = "a reply holds this channel until a person has decided"};
    if (!needs)
        return allow;
    GateAnswer answer = {
        .verdict = GATE_REDIRECT,
        .until = INSTANT_NONE,
        .gate = "sms_consent",
        .reason = "automated texts and calls need consent that was given and not revoked"};
    RuleSubject subject = rules_subject(&in->state->account);
    return by_rule(answer,
                   rules_cited(in->rules, RULE_SMS_CONSENT, &subject, zone_date(in->zone, in->now)),
                   arena);
}

/* A later revocation of the number on another point covers this one too (§9 revoke_all); START on one
 * channel comes later than the revocation and opens that channel alone (§8). */
static GateAnswer gate_revoked(const GateIn *in, Arena *arena)
{
    const ContactPoint *point = is_automated_phone(in) && !is_answer(in) ? in->point : NULL;
    if (!point)
        return allow;
    STATE_FOREACH (in->state, KIND_CONTACT_POINT, const ContactPoint, other) {
        bool phone = text_same(other->channel, "sms") || text_same(other->channel, "voice");
        if (phone && other != point && other->consent == CONSENT_REVOKED &&
            text_same(other->address, point->address) && other->consent_at > point->consent_at)
            return redirect(RULE_REVOKE_ALL,
                            "consent for this number was revoked, and that covers every automated "
                            "use of it",
                            row_of(in, RULE_REVOKE_ALL), arena);
    }
    return allow;
}

/* Consent is not needed for e-mail and letters; an opt-out is honoured at once. */
static GateAnswer gate_opt_out(const GateIn *in, Arena *arena)
{
    if (!is_message(in) || is_answer(in) || is_automated_phone(in))
        return allow;
    const ContactPoint *point = in->point;
    if (!point || point->consent != CONSENT_REVOKED)
        return allow;
    return redirect(RULE_E_OPTOUT, "the person opted out of messages to this address",
                    row_of(in, RULE_E_OPTOUT), arena);
}

static GateAnswer gate_reassigned(const GateIn *in, Arena *arena)
{
    const ContactPoint *point = is_automated_phone(in) && !is_answer(in) ? in->point : NULL;
    if (!point)
        return allow;
    const Rule *rule = row_of(in, RULE_REASSIGNED);
    if (point->reassigned)
        return redirect(RULE_REASSIGNED, "the number belongs to someone else now", rule, arena);
    bool checked = point->reassigned_checked_on != DATE_NONE && rule &&
                   today_of(in) - point->reassigned_checked_on < rule->days;
    if (!rule || rule->days == 0 || checked)
        return allow;
    return redirect(RULE_REASSIGNED,
                    "the register of reassigned numbers was not asked lately about this number",
                    rule, arena);
}

/* Debt is no news for others; a stranger in the household is one. */
static GateAnswer gate_third_party(const GateIn *in, Arena *arena)
{
    if (!is_message(in) || is_answer(in))
        return allow;
    const ContactPoint *point = in->point;
    bool others = point && (point->shared || text_same(point->role, "occupant"));
    const Rule *rule = others ? row_of(in, RULE_THIRD_PARTY) : NULL;
    if (!others || (!rule && !in->state->account.is_consumer))
        return allow;
    return redirect(RULE_THIRD_PARTY, "others read or hear what comes to this address", rule,
                    arena);
}

static GateAnswer gate_inconvenient_place(const GateIn *in, Arena *arena)
{
    const ContactPoint *point = is_message(in) && !is_answer(in) ? in->point : NULL;
    if (!point || !point->inconvenient)
        return allow;
    return redirect(RULE_INCONVENIENT, "the person asked not to be contacted there",
                    row_of(in, RULE_INCONVENIENT), arena);
}

static bool is_held(const GateIn *in, int kind)
{
    Date today = today_of(in);
    STATE_FOREACH (in->state, KIND_HOLD, const Hold, hold)
        if (hold->kind == kind && !hold->contact && hold->over_on == DATE_NONE &&
            (hold->starts_on == DATE_NONE || hold->starts_on <= today) &&
            (hold->until == DATE_NONE || hold->until >= today))
            return true;
    return false;
}

/* Only the attorney, only the estate; nobody is called in their place (§5, §9). */
static const struct {
    int hold;
    RuleGate gate;
    const char *role, *reason;
} stand_ins[] = {
    {HOLD_DECEASED, RULE_DECEASED, "estate",
     "the person died: only those who stand for the estate are contacted"},
    {HOLD_ATTORNEY, RULE_ATTORNEY, "attorney",
     "the person has an attorney: only the attorney is contacted"},
    {HOLD_CEASE, RULE_CEASE, NULL, "the person asked in writing that contact stops"},
};

static GateAnswer gate_stand_in(const GateIn *in, Arena *arena)
{
    bool message = is_message(in);
    if ((!message && !is_call(in)) || is_answer(in))
        return allow;
    const ContactPoint *point = message ? in->point : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(stand_ins); i++) {
        if (!is_held(in, stand_ins[i].hold))
            continue;
        const Rule *rule = row_of(in, stand_ins[i].gate);
        if (!message)
            return refuse(stand_ins[i].gate, stand_ins[i].reason, rule, arena);
        /* what may still be announced after a stop is judged with the notice itself */
        if (stand_ins[i].role && (!point || !text_same(point->role, stand_ins[i].role)))
            return redirect(stand_ins[i].gate, stand_ins[i].reason, rule, arena);
        if (stand_ins[i].role)
            return allow;
    }
    return allow;
}

/* A hold on one address: nothing goes there until a person has decided (§8). */
static GateAnswer gate_point_hold(const GateIn *in, Arena *arena)
{
    (void)arena;
    if (!is_message(in) || is_answer(in))
        return allow;
    Date today = zone_date(in->zone, in->now);
    STATE_FOREACH (in->state, KIND_HOLD, const Hold, hold)
        if (hold->contact && hold->over_on == DATE_NONE &&
            (hold->until == DATE_NONE || hold->until >= today) &&
            text_same(hold->contact, in->act->address))
            return (GateAnswer){.verdict = GATE_REDIRECT,
                                .until = INSTANT_NONE,
                                .gate = "contact_hold",
                                .reason = "this address is held until a person has decided"};
    return allow;
}

static GateAnswer delay_to(const GateIn *in, Date day, const char *gate, const char *reason)
{
    return (GateAnswer){.verdict = GATE_DELAY,
                        .until = zone_instant(in->zone, day, in->send_at),
                        .gate = gate,
                        .reason = reason};
}

static GateAnswer gate_closed_day(const GateIn *in, Arena *arena)
{
    (void)arena;
    Date today = zone_date(in->zone, in->now);
    if (!is_message(in) || is_answer(in) || !calendar_is_closed(in->calendar, today))
        return allow;
    return delay_to(in, calendar_open_day_from(in->calendar, today), "closed_day",
                    "nothing is sent on a closed day; it goes on the next open one");
}

static bool is_bad_for_cutoff(const Calendar *calendar, Date day)
{
    return calendar_is_closed(calendar, day) || calendar_is_closed(calendar, day + 1);
}

static GateAnswer gate_cutoff(const GateIn *in, Arena *arena)
{
    (void)arena;
    Date today = zone_date(in->zone, in->now);
    if (!in->no_cutoff_before_closed_day || strcmp(in->act->verb, "service.suspend") != 0 ||
        !is_bad_for_cutoff(in->calendar, today))
        return allow;
    Date day = today;
    for (int tries = 0; is_bad_for_cutoff(in->calendar, day) && tries < WINDOW_TRIES; tries++)
        day++;
    return delay_to(in, day, "closed_day",
                    "service is not cut off on a closed day nor on the day before one");
}

static GateAnswer gate_send_window(const GateIn *in, Arena *arena)
{
    (void)arena;
    LocalTime t = zone_local(in->zone, in->now);
    if (!is_message(in) || is_answer(in) || fits_minutes(t, in->window_from, in->window_to))
        return allow;
    Date day = t.minute < in->send_at ? t.date : t.date + 1;
    return delay_to(in, calendar_open_day_from(in->calendar, day), "send_window",
                    "messages go inside the send window; this one waits for its next opening");
}

/* Calls placed and conversations of the last days (domain.md §9 call_cap). */
static GateAnswer gate_call_cap(const GateIn *in, Arena *arena)
{
    if (!is_call(in))
        return allow;
    RuleSubject subject = rules_subject(&in->state->account);
    CallAnswer call = rules_call(in->rules, &subject, in->state, zone_date(in->zone, in->now));
    if (call.allowed)
        return allow;
    bool spoke = strcmp(call.why, "conversation") == 0;
    Date day = calendar_open_day_from(in->calendar, call.next_on);
    return by_rule(delay_to(in, day, "call_cap",
                            spoke ? "after a conversation the telephone rests for some days"
                                  : "the person was called as often as the law allows in so few "
                                    "days"),
                   call.rule, arena);
}

static const char *const dispute_text =
    "the debt is disputed in writing: collection rests until verification was sent";

static GateAnswer gate_dispute_verify(const GateIn *in, Arena *arena)
{
    if ((!is_message(in) && !is_call(in)) || is_answer(in))
        return allow;
    STATE_FOREACH (in->state, KIND_DISPUTE, const Dispute, dispute) {
        if (!dispute->written || dispute->outcome != DISPUTE_OPEN ||
            dispute->verified_on != DATE_NONE)
            continue;
        const Rule *rule = row_of(in, RULE_DISPUTE_VERIFY);
        if (rule)
            return gate_tomorrow(in, "dispute_verify", dispute_text, rule, arena);
    }
    return allow;
}

Date gate_notice_on(const AccountState *state, const char *name)
{
    Date first = DATE_NONE;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        if (notice->accepted_on != DATE_NONE && text_same(notice->name, name) &&
            (first == DATE_NONE || notice->accepted_on < first))
            first = notice->accepted_on;
    return first;
}

/* Of the collection: an issue mail is none. */
static Date first_contact_on(const AccountState *state)
{
    Date first = DATE_NEVER;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        if (notice->accepted_on != DATE_NONE && notice->severity > 0)
            first = MIN(first, notice->accepted_on);
    STATE_FOREACH (state, KIND_PHONE_CALL, const PhoneCall, call)
        if (call->outcome == PHONE_ANSWERED)
            first = MIN(first, call->placed_on);
    return first;
}

static GateAnswer gate_validation(const GateIn *in, Arena *arena)
{
    if ((!is_message(in) && !is_call(in)) || is_answer(in) ||
        (in->notice && text_same(in->notice->name, "validation")))
        return allow;
    const Rule *rule = row_of(in, RULE_VALIDATION);
    if (!rule || in->state->account.validation_sent_on != DATE_NONE ||
        gate_notice_on(in->state, "validation") != DATE_NONE)
        return allow;
    Date first = first_contact_on(in->state);
    if (first == DATE_NEVER || today_of(in) - first <= rule->within_days)
        return allow;
    return gate_tomorrow(in, "validation",
                         "the validation notice is late: nothing else goes before it", rule, arena);
}

/* ---- hours ----------------------------------------------------------------------------------- */

/* The account's own zone is evidence of where the person is; the organisation's is none where
 * zones are known. */
static const Zone *home_of(const GateIn *in)
{
    const Account *account = &in->state->account;
    return account->zone || !account->zones ? in->zone : NULL;
}

static bool fits_person(const GateIn *in, const ContactHours *hours, Instant at)
{
    return contact_hours_fit(hours, home_of(in), in->state->account.zones, at);
}

static bool is_inconvenient(const GateIn *in, Instant at)
{
    const char *times = in->state->account.inconvenient_times;
    return times && inconvenient_at(times, zone_local(in->zone, at));
}

static OntarioAnswer ask_ontario(const GateIn *in, Instant at)
{
    RuleSubject subject = rules_subject(&in->state->account);
    return rules_contact_cap(in->rules, &subject, in->state, zone_local(in->zone, at));
}

/* The next quarter of an hour that suits every gate of hours. */
static Instant next_contact(const GateIn *in)
{
    RuleSubject subject = rules_subject(&in->state->account);
    Instant at = in->now - in->now % QUARTER;
    for (int tries = 0; tries < WINDOW_TRIES; tries++) {
        at += QUARTER;
        LocalTime local = zone_local(in->zone, at);
        ContactHours hours = rules_contact_hours(in->rules, &subject, local.date);
        if (fits_minutes(local, in->window_from, in->window_to) &&
            (!hours.any || fits_person(in, &hours, at)) && !is_inconvenient(in, at) &&
            !ask_ontario(in, at).hours)
            break;
    }
    return at;
}

static GateAnswer wait_for_hours(const GateIn *in, const char *gate, const char *reason,
                                 const Rule *rule, Arena *arena)
{
    return by_rule(
        (GateAnswer){
            .verdict = GATE_DELAY, .until = next_contact(in), .gate = gate, .reason = reason},
        rule, arena);
}

static GateAnswer gate_inconvenient_time(const GateIn *in, Arena *arena)
{
    if (!(is_message(in) || is_call(in)) || is_answer(in) || !is_inconvenient(in, in->now))
        return allow;
    const char *times = in->state->account.inconvenient_times;
    const Rule *rule = row_of(in, RULE_INCONVENIENT);
    if (!inconvenient_is_readable(times))
        return gate_tomorrow(in, "inconvenient",
                             arena_printf(arena,
                                          "the times to be spared cannot be read: '%s'; correct "
                                          "them as mon-fri 09:00-17:00, sun",
                                          times),
                             rule, arena);
    return wait_for_hours(in, "inconvenient", "the person asked not to be contacted at this time",
                          rule, arena);
}

static GateAnswer gate_on_contact(const GateIn *in, Arena *arena)
{
    if (!(is_message(in) || is_call(in)) || is_answer(in))
        return allow;
    OntarioAnswer answer = ask_ontario(in, in->now);
    if (answer.cap)
        return gate_until(in, calendar_open_day_from(in->calendar, answer.next_on), "on_contact",
                          "the person was contacted as often as the law allows in so few days",
                          answer.cap, arena);
    if (answer.hours)
        return wait_for_hours(in, "on_contact", "the person is not contacted at this hour",
                              answer.hours, arena);
    return allow;
}

static GateAnswer gate_contact_window(const GateIn *in, Arena *arena)
{
    if (!(is_message(in) || is_call(in)) || is_answer(in))
        return allow;
    RuleSubject subject = rules_subject(&in->state->account);
    ContactHours hours = rules_contact_hours(in->rules, &subject, zone_date(in->zone, in->now));
    if (!hours.any || fits_person(in, &hours, in->now))
        return allow;
    const char *reason = arena_printf(
        arena, "the person is contacted between %02d:%02d and %02d:%02d at every place they may be",
        hours.from / 60, hours.from % 60, hours.to / 60, hours.to % 60);
    return wait_for_hours(in, "contact_window", reason, hours.rule, arena);
}

typedef GateAnswer (*Gate)(const GateIn *in, Arena *arena);

/* Where it may go first, then when. */
static const Gate gates[] = {
    gate_undeliverable,
    gate_consent,
    gate_revoked,
    gate_opt_out,
    gate_reassigned,
    gate_third_party,
    gate_inconvenient_place,
    gate_stand_in,
    gate_point_hold,
    gate_dispute_verify,
    gate_validation,
    gate_call_cap,
    gate_closed_day,
    gate_cutoff,
    guard_effect,
    gate_send_window,
    gate_contact_window,
    gate_inconvenient_time,
    gate_on_contact,
};

GateAnswer gate_act(const GateIn *asked, Arena *arena)
{
    GateIn in = *asked;
    if (in.act->undo)
        return allow;
    in.point = is_message(&in) ? find_point(in.state, in.act) : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(gates); i++) {
        GateAnswer answer = gates[i](&in, arena);
        if (answer.verdict != GATE_ALLOW)
            return answer;
    }
    return allow;
}
