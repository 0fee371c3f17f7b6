/* Which rows are about whom: by place, worked out at load, then by what the account is. */
#include "compliance/rules.h"

#include <string.h>

const char *const rule_gate_names[] = {
    "contact_window", "inconvenient",  "call_cap",    "attorney",
    "cease",          "third_party",   "e_optout",    "validation",
    "dispute_verify", "credit_report", "time_barred", "us_records",
    "sms_consent",    "revoke_all",    "reassigned",  "commercial_email",
    "military",       "bankruptcy",    "deceased",    "fair_housing",
    "self_help",      "late_fee",      "pay_or_quit", "covered_30d",
    "uk_preaction",   "uk_breathing",  "uk_interest", "eu_interest",
    "gdpr",           "ca_internet",   "on_contact",  NULL};
G_STATIC_ASSERT(G_N_ELEMENTS(rule_gate_names) == N_RULE_GATES + 1);
const char *const notice_form_names[] = {"pay_or_vacate", "vacate", NULL};

RuleSubject rules_subject(const Account *account)
{
    static const unsigned of_kind[] = {FOR_TENANT, FOR_SUBSCRIBER, FOR_BUSINESS};
    unsigned is = account->is_consumer ? FOR_CONSUMER : FOR_COMPANY;
    if (account->kind >= 0 && account->kind < (int)G_N_ELEMENTS(of_kind))
        is |= of_kind[account->kind];
    is |= account->sole_trader ? FOR_SOLE_TRADER : 0;
    is |= account->third_party ? FOR_THIRD_PARTY : 0;
    is |= account->subsidised ? FOR_SUBSIDISED : 0;
    bool covered = account->covered_dwelling || words_have(account->tags, "covered_dwelling");
    is |= covered ? FOR_COVERED : 0;
    return (RuleSubject){account->jurisdiction, is, account->tags, account->units};
}

/* "US/NY" covers itself and "US/NY/New York", not "US/NYX". */
static bool lies_under(const char *path, const char *place)
{
    size_t n = strlen(place);
    return path && strncmp(path, place, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool units_fit(const Rule *rule, const RuleSubject *subject)
{
    int64_t units = subject->units > 0 ? subject->units : INT64_MAX;
    return units >= rule->units_from && (rule->units_to == 0 || units <= rule->units_to);
}

static bool is_left_out(const Rule *rule, const RuleSubject *subject)
{
    for (const char *const *tag = rule->not_tags; tag && *tag; tag++)
        if (words_have(subject->tags, *tag))
            return true;
    return false;
}

/* All but the place. */
static bool fits_subject(const Rule *rule, const RuleSubject *subject)
{
    return (rule->applies_to == 0 || (rule->applies_to & subject->is)) &&
           (rule->only & subject->is) == rule->only && units_fit(rule, subject) &&
           (!rule->tag || words_have(subject->tags, rule->tag)) && !is_left_out(rule, subject);
}

bool rule_is_about(const Rule *rule, const RuleSubject *subject)
{
    return (!rule->jurisdiction || lies_under(subject->jurisdiction, rule->jurisdiction)) &&
           fits_subject(rule, subject);
}

bool rule_in_force(const Rule *rule, Date on)
{
    return (rule->effective_from == DATE_NONE || on >= rule->effective_from) &&
           (rule->effective_to == DATE_NONE || on <= rule->effective_to);
}

/* ---- by place -------------------------------------------------------------------------------- */

static int compare_path(const char *path, size_t n, const char *place)
{
    int order = strncmp(path, place, n);
    return order != 0 ? order : -(place[n] != '\0');
}

static const RulePlace *place_called(const RuleSet *set, const char *path, size_t n)
{
    size_t low = 0, high = set->n_places;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_path(path, n, set->places[middle].path);
        if (order == 0)
            return &set->places[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const RulePlace *rules_place(const RuleSet *set, const char *jurisdiction)
{
    size_t n = jurisdiction ? strlen(jurisdiction) : 0;
    while (n > 0) {
        const RulePlace *place = place_called(set, jurisdiction, n);
        if (place)
            return place;
        do
            n--;
        while (n > 0 && jurisdiction[n] != '/');
    }
    return place_called(set, "", 0);
}

RuleWalk rules_walk(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on)
{
    const RulePlace *place = set ? rules_place(set, subject->jurisdiction) : NULL;
    if (!place)
        return (RuleWalk){NULL, NULL, subject, on};
    return (RuleWalk){place->rows + place->first[gate], place->rows + place->first[gate + 1],
                      subject, on};
}

const Rule *rules_step(RuleWalk *walk)
{
    while (walk->at != walk->end) {
        const Rule *rule = *walk->at++;
        if (rule_in_force(rule, walk->on) && fits_subject(rule, walk->subject))
            return rule;
    }
    return NULL;
}

static size_t specificity(const Rule *rule)
{
    return (rule->jurisdiction ? 2 * strlen(rule->jurisdiction) : 0) + (rule->tag ? 1 : 0);
}

bool rule_is_more_specific(const Rule *rule, const Rule *than)
{
    return !than || specificity(rule) > specificity(than);
}

const Rule *rules_cited(const RuleSet *set, RuleGate gate, const RuleSubject *subject, Date on)
{
    const Rule *best = NULL;
    RuleWalk walk = rules_walk(set, gate, subject, on);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk))
        if (rule_is_more_specific(rule, best))
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

/* ---- us_records, gdpr ------------------------------------------------------------------------ */

enum { MONTHS_OF_YEAR = 12 };

Date rules_keep_until(const RuleSet *set, const RuleSubject *subject, Date last_act_on,
                      const Rule **ret_rule)
{
    Date latest = DATE_NONE;
    *ret_rule = NULL;
    RuleWalk walk = rules_walk(set, RULE_US_RECORDS, subject, last_act_on);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
        Date until = date_add_months(last_act_on, (int)rule->years * MONTHS_OF_YEAR, 0);
        if (latest == DATE_NONE || until > latest) {
            latest = until;
            *ret_rule = rule;
        }
    }
    return latest;
}
