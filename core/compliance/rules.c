#include "compliance/rules.h"

#include <string.h>

/* Contact hours of every consumer where no row says otherwise (domain.md §9 contact_window). */
enum { DEFAULT_FROM = 8 * 60, DEFAULT_TO = 21 * 60 };
enum { SATURDAY = 6, SUNDAY = 7, ZONES_MAX = 16 };

const char *const rule_gate_names[] = {"contact_window", "call_cap",    "sms_consent",
                                       "late_fee",       "pay_or_quit", NULL};
const char *const notice_form_names[] = {"pay_or_vacate", "vacate", NULL};

/* ---- which rows ------------------------------------------------------------------------------ */

RuleSubject rules_subject(const Account *account)
{
    static const unsigned of_kind[] = {FOR_TENANT, FOR_SUBSCRIBER, FOR_BUSINESS};
    unsigned is = account->is_consumer ? FOR_CONSUMER : FOR_COMPANY;
    if (account->kind >= 0 && account->kind < (int)G_N_ELEMENTS(of_kind))
        is |= of_kind[account->kind];
    return (RuleSubject){account->jurisdiction, is, account->tags};
}

/* "US/NY" covers itself and "US/NY/New York", not "US/NYX". */
static bool lies_under(const char *path, const char *place)
{
    size_t n = strlen(place);
    return path && strncmp(path, place, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

bool rule_is_about(const Rule *rule, const RuleSubject *subject)
{
    if (rule->jurisdiction && !lies_under(subject->jurisdiction, rule->jurisdiction))
        return false;
    if (rule->applies_to && !(rule->applies_to & subject->is))
        return false;
    return !rule->tag || words_have(subject->tags, rule->tag);
}

bool rule_in_force(const Rule *rule, Date on)
{
    return (rule->effective_from == DATE_NONE || on >= rule->effective_from) &&
           (rule->effective_to == DATE_NONE || on <= rule->effective_to);
}

const Rule *rules_next(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on,
                       const Rule *after)
{
    if (!set || set->n == 0)
        return NULL;
    const Rule *rule = after ? after + 1 : set->rules + set->first[gate];
    for (; rule < set->rules + set->first[gate + 1]; rule++)
        if (rule_in_force(rule, on) && rule_is_about(rule, subject))
            return rule;
    return NULL;
}

static size_t specificity(const Rule *rule)
{
    return (rule->jurisdiction ? 2 * strlen(rule->jurisdiction) : 0) + (rule->tag ? 1 : 0);
}

static bool is_more_specific(const Rule *rule, const Rule *than)
{
    return !than || specificity(rule) > specificity(than);
}

#define EACH_RULE(rule, set, gate, subject, on)                                                    \
    const Rule *rule = rules_next(set, gate, subject, on, NULL);                                   \
    rule;                                                                                          \
    rule = rules_next(set, gate, subject, on, rule)

const Rule *rules_cited(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on)
{
    const Rule *best = NULL;
    for (EACH_RULE(rule, set, gate, subject, on))
        if (is_more_specific(rule, best))
            best = rule;
    return best;
}

const Calendar *rules_calendar(const RuleSet *set, const char *jurisdiction)
{
    const PlaceCalendar *best = NULL;
    for (size_t i = 0; i < set->n_calendars; i++) {
        const PlaceCalendar *place = &set->calendars[i];
        if (lies_under(jurisdiction, place->jurisdiction) &&
            (!best || strlen(place->jurisdiction) > strlen(best->jurisdiction)))
            best = place;
    }
    return best ? &best->calendar : &set->calendar;
}

/* ---- contact_window -------------------------------------------------------------------------- */

ContactHours rules_contact_hours(const RuleSet *set, const RuleSubject *subject, Date on)
{
    ContactHours hours = {.from = 0, .to = 24 * 60};
    for (EACH_RULE(rule, set, RULE_CONTACT_WINDOW, subject, on)) {
        bool narrows = rule->window_from > hours.from || rule->window_to < hours.to;
        if (!hours.rule || narrows || is_more_specific(rule, hours.rule))
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
    if (!zones)
        return true;
    g_auto(GStrv) names = g_strsplit(zones, ",", ZONES_MAX);
    for (char **name = names; *name; name++) {
        const Zone *zone = zone_get(g_strstrip(*name), NULL);
        if (zone && !fits(hours, zone, at))
            return false;
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
    STATE_FOREACH (state, KIND_PHONE_CALL, PhoneCall, call)
        if (call->placed_on <= on && on - call->placed_on < rule->days && counts(rule, call))
            n++;
    return n;
}

static bool spoke_lately(const Rule *rule, const AccountState *state, Date on)
{
    STATE_FOREACH (state, KIND_PHONE_CALL, PhoneCall, call)
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
    for (EACH_RULE(rule, set, RULE_CALL_CAP, subject, on)) {
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

/* ---- late_fee -------------------------------------------------------------------------------- */

static Date first_fee_day(const RuleSet *set, const Rule *rule, const RuleSubject *subject,
                          Date due_on)
{
    if (rule->after_business_days == 0)
        return due_on + (Date)rule->first_day;
    const Calendar *calendar = rules_calendar(set, subject->jurisdiction);
    return calendar_add_business_days(calendar, due_on, (int)rule->after_business_days) + 1;
}

static int64_t cap_base(const Rule *rule, const LateFee *fee)
{
    switch (rule->cap_of) {
    case BASE_PAST_DUE:
        return fee->past_due;
    case BASE_LOWER:
        return MIN(fee->rent, fee->past_due);
    default:
        return fee->rent;
    }
}

/* A share is cut off, not rounded: a cap is never exceeded by half a cent. */
static int64_t share_of(int64_t amount, int64_t permille)
{
    return amount <= 0 ? 0 : amount / 1000 * permille + amount % 1000 * permille / 1000;
}

/* INT64_MAX: the row caps nothing. A fixed sum in another currency says nothing of this one. */
static int64_t cap_of(const Rule *rule, const LateFee *fee)
{
    bool has_fixed = rule->cap_fixed != AMOUNT_NONE;
    if (!has_fixed && rule->cap_permille == 0)
        return INT64_MAX;
    bool fits_currency = has_fixed && currency_equal(rule->cap_currency, fee->currency);
    if (rule->cap_permille == 0)
        return fits_currency ? rule->cap_fixed : 0;
    int64_t share = share_of(cap_base(rule, fee), rule->cap_permille);
    if (!fits_currency)
        return share;
    return rule->cap_takes == TAKE_GREATER ? MAX(share, rule->cap_fixed)
                                           : MIN(share, rule->cap_fixed);
}

LateFeeAnswer rules_late_fee(const RuleSet *set, const RuleSubject *subject, const LateFee *fee,
                             Date today)
{
    LateFeeAnswer answer = {.earliest = fee->due_on + 1, .amount = fee->configured};
    for (EACH_RULE(rule, set, RULE_LATE_FEE, subject, today)) {
        Date day = first_fee_day(set, rule, subject, fee->due_on);
        int64_t cap = cap_of(rule, fee);
        if (day > answer.earliest) {
            answer.earliest = day;
            answer.day_rule = rule;
        }
        if (cap < answer.amount) {
            answer.amount = cap;
            answer.cap_rule = rule;
        }
    }
    answer.allowed = today >= answer.earliest && answer.amount > 0;
    return answer;
}

/* ---- pay_or_quit ----------------------------------------------------------------------------- */

static bool is_skipped(const Rule *rule, const Calendar *calendar, Date day)
{
    int weekday = date_weekday(day);
    return (weekday == SATURDAY && (rule->skips & SKIP_SATURDAY)) ||
           (weekday == SUNDAY && (rule->skips & SKIP_SUNDAY)) ||
           ((rule->skips & SKIP_HOLIDAY) && calendar_is_holiday(calendar, day));
}

/* The day after service is day 1; the period ends with its last day. */
static NoticePeriod period_of(const Rule *rule, const Calendar *calendar, Date served_on)
{
    if (rule->notice_days == 0)
        return (NoticePeriod){rule, 0, DATE_NONE, served_on};
    Date day = served_on;
    for (int64_t n = 0; n < rule->notice_days;) {
        day++;
        n += is_skipped(rule, calendar, day) ? 0 : 1;
    }
    return (NoticePeriod){rule, rule->notice_days, day, day + 1};
}

NoticePeriod rules_notice_period(const RuleSet *set, const RuleSubject *subject, Date served_on)
{
    NoticePeriod longest = {NULL, 0, DATE_NONE, served_on};
    for (EACH_RULE(rule, set, RULE_PAY_OR_QUIT, subject, served_on)) {
        NoticePeriod period =
            period_of(rule, rules_calendar(set, subject->jurisdiction), served_on);
        if (!longest.rule || period.next_act_from > longest.next_act_from ||
            (period.next_act_from == longest.next_act_from && is_more_specific(rule, longest.rule)))
            longest = period;
    }
    return longest;
}

int rules_notice_form(const RuleSet *set, const RuleSubject *subject, Date served_on,
                      bool first_time_late, const Rule **ret_rule)
{
    const Rule *rule = rules_cited(set, RULE_PAY_OR_QUIT, subject, served_on);
    if (ret_rule)
        *ret_rule = rule;
    if (!rule)
        return -1;
    return first_time_late && rule->form_first_late >= 0 ? rule->form_first_late : rule->form;
}
