/* When and how often a person may be contacted: hours, calls, times they asked for, Ontario's caps. */
#include <string.h>

#include "compliance/rules.h"

/* Contact hours of every consumer where no row says otherwise (domain.md §9 contact_window). */
enum { DEFAULT_FROM = 8 * 60, DEFAULT_TO = 21 * 60, ZONE_NAME_MAX = 64, SUNDAY = 7 };

/* ---- contact_window -------------------------------------------------------------------------- */

ContactHours rules_contact_hours(const RuleSet *set, const RuleSubject *subject, Date on)
{
    ContactHours hours = {.from = 0, .to = 24 * 60};
    RuleWalk walk = rules_walk(set, RULE_CONTACT_WINDOW, subject, on);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
        bool narrows = rule->window_from > hours.from || rule->window_to < hours.to;
        if (!hours.rule || narrows || rule_is_more_specific(rule, hours.rule))
            hours.rule = rule;
        hours.from = MAX(hours.from, rule->window_from);
        hours.to = MIN(hours.to, rule->window_to);
        hours.any = true;
    }
    if (!hours.any && (subject->is & FOR_CONSUMER))
        return (ContactHours){true, DEFAULT_FROM, DEFAULT_TO, NULL};
    return hours;
}

static bool fits(const ContactHours *hours, const Zone *zone, Instant at)
{
    LocalTime t = zone_local(zone, at);
    int64_t ms = t.minute * INSTANT_MINUTE + t.millisecond;
    return ms >= hours->from * INSTANT_MINUTE && ms <= hours->to * INSTANT_MINUTE;
}

bool contact_hours_fit(const ContactHours *hours, const Zone *home, const char *zones, Instant at)
{
    if (home && !fits(hours, home, at))
        return false;
    for (const char *p = zones; p && *p;) {
        char name[ZONE_NAME_MAX];
        size_t n = strcspn(p, ",");
        while (n > 0 && *p == ' ')
            p++, n--;
        if (n > 0 && n < sizeof name) {
            memcpy(name, p, n);
            name[n] = '\0';
            const Zone *zone = zone_get(g_strchomp(name), NULL);
            if (zone && !fits(hours, zone, at))
                return false;
        }
        p += n + (p[n] == ',');
    }
    return true;
}

/* ---- call_cap -------------------------------------------------------------------------------- */

/* The day of the consent is the first of the days in which it lets calls go uncounted. */
static bool had_consent(const Rule *rule, const PhoneCall *call)
{
    return call->prior_consent_on != DATE_NONE && call->placed_on >= call->prior_consent_on &&
           call->placed_on - call->prior_consent_on < rule->days;
}

static bool counts(const Rule *rule, const PhoneCall *call)
{
    return call->outcome != PHONE_NOT_CONNECTED && !had_consent(rule, call);
}

static int64_t calls_in(const Rule *rule, const AccountState *state, Date on)
{
    int64_t n = 0;
    STATE_FOREACH (state, KIND_PHONE_CALL, const PhoneCall, call)
        if (call->placed_on <= on && on - call->placed_on < rule->days && counts(rule, call))
            n++;
    return n;
}

static bool spoke_lately(const Rule *rule, const AccountState *state, Date on)
{
    STATE_FOREACH (state, KIND_PHONE_CALL, const PhoneCall, call)
        if (call->outcome == PHONE_ANSWERED && call->placed_on <= on &&
            on - call->placed_on < rule->quiet_days)
            return true;
    return false;
}

static const char *call_refused(const Rule *rule, const AccountState *state, Date on)
{
    if (spoke_lately(rule, state, on))
        return "conversation";
    return calls_in(rule, state, on) >= rule->calls ? "cap" : NULL;
}

CallAnswer rules_call(const RuleSet *set, const RuleSubject *subject, const AccountState *state,
                      Date on)
{
    CallAnswer answer = {.allowed = true, .next_on = on};
    RuleWalk walk = rules_walk(set, RULE_CALL_CAP, subject, on);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
        Date next = on;
        while (call_refused(rule, state, next))
            next++;
        answer.counted = MAX(answer.counted, calls_in(rule, state, on));
        if (next == on || (!answer.allowed && next <= answer.next_on))
            continue;
        answer.allowed = false;
        answer.next_on = next;
        answer.rule = rule;
        answer.why = call_refused(rule, state, on);
    }
    return answer;
}

/* ---- inconvenient ---------------------------------------------------------------------------- */

static bool skip_word(const char **p, const char *word)
{
    size_t n = strlen(word);
    if (g_ascii_strncasecmp(*p, word, n) != 0)
        return false;
    *p += n;
    return true;
}

static void skip_blanks(const char **p)
{
    while (**p == ' ')
        (*p)++;
}

static bool read_weekday(const char **p, int *ret_day)
{
    static const char *const words[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (int i = 0; i < (int)G_N_ELEMENTS(words); i++)
        if (skip_word(p, words[i])) {
            *ret_day = i + 1;
            return true;
        }
    return false;
}

static bool read_time(const char **p, int *ret_minute)
{
    const char *t = *p;
    for (int i = 0; i < 5; i++)
        if (i == 2 ? t[i] != ':' : !g_ascii_isdigit(t[i]))
            return false;
    int minute = ((t[0] - '0') * 10 + t[1] - '0') * 60 + (t[3] - '0') * 10 + t[4] - '0';
    if (t[3] > '5' || minute > 24 * 60)
        return false;
    *p += 5;
    *ret_minute = minute;
    return true;
}

typedef struct {
    int day_from, day_to, from, to; /* days 1 … 7; minutes, `to` is the first free one */
} Span;

/* One item up to the comma: days, times, or both. */
static bool read_span(const char **p, Span *ret_span)
{
    Span span = {1, SUNDAY, 0, 24 * 60};
    bool days = read_weekday(p, &span.day_from);
    if (days) {
        span.day_to = span.day_from;
        if (**p == '-' && (++*p, !read_weekday(p, &span.day_to)))
            return false;
        skip_blanks(p);
    }
    bool times = g_ascii_isdigit(**p);
    if (times && (!read_time(p, &span.from) || *(*p)++ != '-' || !read_time(p, &span.to)))
        return false;
    skip_blanks(p);
    *ret_span = span;
    return (days || times) && (**p == ',' || **p == '\0');
}

static bool day_within(const Span *span, int day)
{
    return span->day_from <= span->day_to ? day >= span->day_from && day <= span->day_to
                                          : day >= span->day_from || day <= span->day_to;
}

/* A span over midnight belongs to the day on which it begins. */
static bool within(const Span *span, int day, int minute)
{
    if (span->from < span->to)
        return day_within(span, day) && minute >= span->from && minute < span->to;
    int before = day == 1 ? SUNDAY : day - 1;
    return (day_within(span, day) && minute >= span->from) ||
           (day_within(span, before) && minute < span->to);
}

static bool walk_spans(const char *times, const LocalTime *at, bool *ret_readable)
{
    *ret_readable = true;
    bool inside = false;
    for (const char *p = times; p && *p;) {
        skip_blanks(&p);
        Span span;
        if (!read_span(&p, &span)) {
            *ret_readable = false;
            return true;
        }
        inside = inside || (at && within(&span, date_weekday(at->date), at->minute));
        p += *p == ',';
    }
    return inside;
}

bool inconvenient_at(const char *times, LocalTime at)
{
    bool readable;
    return walk_spans(times, &at, &readable);
}

bool inconvenient_is_readable(const char *times)
{
    bool readable;
    walk_spans(times, NULL, &readable);
    return readable;
}

/* ---- on_contact ------------------------------------------------------------------------------ */

static bool forbids_hour(const RuleSet *set, const Rule *rule, const RuleSubject *subject,
                         LocalTime at)
{
    if (calendar_is_holiday(rules_calendar(set, subject->jurisdiction), at.date))
        return true;
    bool sunday = date_weekday(at.date) == SUNDAY;
    int64_t from = sunday ? rule->sunday_from : rule->window_from;
    int64_t to = sunday ? rule->sunday_to : rule->window_to;
    int64_t ms = at.minute * INSTANT_MINUTE + at.millisecond;
    return ms < from * INSTANT_MINUTE || ms > to * INSTANT_MINUTE;
}

static bool counts_in(Date day, Date on, int64_t days)
{
    return day != DATE_NONE && day <= on && on - day < days;
}

/* Messages that went and calls that were placed; one that did not connect is no contact. */
static int64_t contacts_in(const AccountState *state, Date on, int64_t days)
{
    int64_t n = 0;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        n += notice->state != NOTICE_SUPPRESSED && counts_in(notice->handed_on, on, days);
    STATE_FOREACH (state, KIND_PHONE_CALL, const PhoneCall, call)
        n += call->outcome != PHONE_NOT_CONNECTED && counts_in(call->placed_on, on, days);
    return n;
}

OntarioAnswer rules_contact_cap(const RuleSet *set, const RuleSubject *subject,
                                const AccountState *state, LocalTime at)
{
    OntarioAnswer answer = {.next_on = at.date};
    RuleWalk walk = rules_walk(set, RULE_ON_CONTACT, subject, at.date);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
        if (!answer.hours && forbids_hour(set, rule, subject, at))
            answer.hours = rule;
        Date next = at.date;
        while (contacts_in(state, next, rule->days) >= rule->contacts)
            next++;
        if (next > answer.next_on) {
            answer.next_on = next;
            answer.cap = rule;
        }
    }
    return answer;
}
