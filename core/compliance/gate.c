#include "compliance/gate.h"

#include <string.h>

enum { WINDOW_TRIES = 400 };
#define QUARTER (15 * INSTANT_MINUTE)

static const GateAnswer allow = {.verdict = GATE_ALLOW, .until = INSTANT_NONE};

static bool is_message(const GateIn *in)
{
    return in->notice && in->act->channel;
}

static bool is_answer(const GateIn *in)
{
    return g_strcmp0(in->act->purpose, "answer") == 0;
}

static bool is_call(const GateIn *in)
{
    return g_str_has_prefix(in->act->verb, "call.");
}

/* With the row and its citation, so that the audit and people see why. */
static GateAnswer by_rule(GateAnswer answer, const Rule *rule, Arena *arena)
{
    answer.rule = rule;
    if (rule)
        answer.reason = arena_printf(arena, "%s (%s: %s)", answer.reason, rule->id, rule->citation);
    return answer;
}

static const ContactPoint *point_of(const GateIn *in)
{
    STATE_FOREACH (in->state, KIND_CONTACT_POINT, const ContactPoint, p)
        if (g_strcmp0(p->channel, in->act->channel) == 0 &&
            g_strcmp0(p->address, in->act->address) == 0)
            return p;
    return NULL;
}

static bool fits_minutes(LocalTime t, int from, int to)
{
    int64_t ms = t.minute * INSTANT_MINUTE + t.millisecond;
    return ms >= from * INSTANT_MINUTE && ms <= to * INSTANT_MINUTE;
}

/* ---- the gates ------------------------------------------------------------------------------- */

static GateAnswer gate_undeliverable(const GateIn *in, Arena *arena)
{
    (void)arena;
    const ContactPoint *point = is_message(in) ? point_of(in) : NULL;
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
    bool needs = strcmp(in->act->channel, "sms") == 0 || strcmp(in->act->channel, "voice") == 0;
    const ContactPoint *point = point_of(in);
    if (point && point->consent == CONSENT_GRANTED)
        return allow;
    if (point && point->consent == CONSENT_HELD_FOR_REVIEW)
        return (GateAnswer){.verdict = GATE_REDIRECT,
                            .until = INSTANT_NONE,
                            .gate = needs ? "sms_consent" : "reply_review",
                            .reason = "a reply holds this channel until a person has decided"};
    if (!needs && point && point->consent == CONSENT_REVOKED)
        return (GateAnswer){.verdict = GATE_REDIRECT,
                            .until = INSTANT_NONE,
                            .gate = "opt_out",
                            .reason = "the customer does not want messages at this address"};
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
            g_strcmp0(hold->contact, in->act->address) == 0)
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

static Instant next_contact(const GateIn *in, const ContactHours *hours)
{
    Instant at = in->now - in->now % QUARTER;
    for (int tries = 0; tries < WINDOW_TRIES; tries++) {
        at += QUARTER;
        if (fits_person(in, hours, at) &&
            fits_minutes(zone_local(in->zone, at), in->window_from, in->window_to))
            break;
    }
    return at;
}

static GateAnswer gate_contact_window(const GateIn *in, Arena *arena)
{
    if (!(is_message(in) || is_call(in)) || is_answer(in))
        return allow;
    RuleSubject subject = rules_subject(&in->state->account);
    ContactHours hours = rules_contact_hours(in->rules, &subject, zone_date(in->zone, in->now));
    if (!hours.any || fits_person(in, &hours, in->now))
        return allow;
    GateAnswer answer = {
        .verdict = GATE_DELAY,
        .until = next_contact(in, &hours),
        .gate = "contact_window",
        .reason = arena_printf(
            arena,
            "the person is contacted between %02d:%02d and %02d:%02d at every place they "
            "may be",
            hours.from / 60, hours.from % 60, hours.to / 60, hours.to % 60)};
    return by_rule(answer, hours.rule, arena);
}

typedef GateAnswer (*Gate)(const GateIn *in, Arena *arena);

/* Where it may go first, then when. */
static const Gate gates[] = {
    gate_undeliverable, gate_consent, gate_point_hold,  gate_call_cap,
    gate_closed_day,    gate_cutoff,  gate_send_window, gate_contact_window,
};

GateAnswer gate_act(const GateIn *in, Arena *arena)
{
    if (in->act->undo)
        return allow;
    for (size_t i = 0; i < G_N_ELEMENTS(gates); i++) {
        GateAnswer answer = gates[i](in, arena);
        if (answer.verdict != GATE_ALLOW)
            return answer;
    }
    return allow;
}
