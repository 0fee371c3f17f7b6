#include "compliance/gate.h"

#include <string.h>

/* Contact hours of the law, the default for every consumer: both ends belong (domain.md §9
 * contact_window). */
enum { LEGAL_FROM = 8 * 60, LEGAL_TO = 21 * 60 };
enum { WINDOW_TRIES = 400 };

static const GateAnswer allow = {.verdict = GATE_ALLOW, .until = INSTANT_NONE};

static bool is_message(const GateIn *in)
{
    return in->notice && in->act->channel;
}

static bool is_answer(const GateIn *in)
{
    return g_strcmp0(in->act->purpose, "answer") == 0;
}

static const ContactPoint *point_of(const GateIn *in)
{
    STATE_FOREACH(in->state, KIND_CONTACT_POINT, ContactPoint, p)
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
    (void)arena;
    bool needs = is_message(in) &&
                 (strcmp(in->act->channel, "sms") == 0 || strcmp(in->act->channel, "voice") == 0);
    if (!needs || is_answer(in))
        return allow;
    const ContactPoint *point = point_of(in);
    if (point && point->consent == CONSENT_GRANTED)
        return allow;
    return (GateAnswer){
        .verdict = GATE_REDIRECT,
        .until = INSTANT_NONE,
        .gate = "sms_consent",
        .reason = "automated texts and calls need consent that was given and not revoked"};
}

/* A hold on one address: nothing goes there until a person has decided (§8). */
static GateAnswer gate_point_hold(const GateIn *in, Arena *arena)
{
    (void)arena;
    if (!is_message(in) || is_answer(in))
        return allow;
    Date today = zone_date(in->zone, in->now);
    STATE_FOREACH(in->state, KIND_HOLD, Hold, hold)
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

static bool fits_all_zones(const GateIn *in, Instant at)
{
    if (!fits_minutes(zone_local(in->zone, at), LEGAL_FROM, LEGAL_TO))
        return false;
    const char *names = in->state->account.zones;
    if (!names)
        return true;
    g_auto(GStrv) list = g_strsplit(names, ",", 16);
    for (char **name = list; *name; name++) {
        const Zone *zone = zone_get(*name, NULL);
        if (zone && !fits_minutes(zone_local(zone, at), LEGAL_FROM, LEGAL_TO))
            return false;
    }
    return true;
}

static GateAnswer gate_contact_window(const GateIn *in, Arena *arena)
{
    (void)arena;
    if (!is_message(in) || is_answer(in) || !in->state->account.is_consumer ||
        fits_all_zones(in, in->now))
        return allow;
    Instant at = in->now - in->now % (15 * INSTANT_MINUTE);
    for (int tries = 0; tries < WINDOW_TRIES; tries++) {
        at += 15 * INSTANT_MINUTE;
        if (fits_all_zones(in, at) &&
            fits_minutes(zone_local(in->zone, at), in->window_from, in->window_to))
            break;
    }
    return (GateAnswer){
        .verdict = GATE_DELAY,
        .until = at,
        .gate = "contact_window",
        .reason = "a consumer is contacted between 08:00 and 21:00 at every place they may be"};
}

typedef GateAnswer (*Gate)(const GateIn *in, Arena *arena);

/* Where it may go first, then when. */
static const Gate gates[] = {
    gate_undeliverable, gate_consent,     gate_point_hold,     gate_closed_day,
    gate_cutoff,        gate_send_window, gate_contact_window,
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
