/* The notice before a court step: how long it runs, what it must say and demand. */
#include "compliance/rules.h"

enum { SATURDAY = 6, SUNDAY = 7 };

/* ---- pay_or_quit ----------------------------------------------------------------------------- */

static bool is_skipped(const Rule *rule, const Calendar *calendar, Date day)
{
    int weekday = date_weekday(day);
    return (weekday == SATURDAY && (rule->skips & SKIP_SATURDAY)) ||
           (weekday == SUNDAY && (rule->skips & SKIP_SUNDAY)) ||
           ((rule->skips & SKIP_HOLIDAY) && calendar_is_holiday(calendar, day));
}

/* The day after service is day 1; the period ends with its last day. */
static NoticePeriod period_of(const Rule *rule, const Calendar *calendar, Date served_on,
                              bool mailed)
{
    if (rule->notice_days == 0)
        return (NoticePeriod){rule, 0, DATE_NONE, served_on};
    Date day = served_on + (mailed ? (Date)rule->mail_days : 0);
    for (int64_t n = 0; n < rule->notice_days;) {
        day++;
        n += is_skipped(rule, calendar, day) ? 0 : 1;
    }
    return (NoticePeriod){rule, rule->notice_days, day, day + 1};
}

/* A federally covered dwelling has a period of its own beside that of its state. */
static const RuleGate of_notices[] = {RULE_PAY_OR_QUIT, RULE_COVERED_30D};

static void take_longer(const Rule *rule, NoticePeriod period, NoticePeriod *longest)
{
    if (!longest->rule || period.next_act_from > longest->next_act_from ||
        (period.next_act_from == longest->next_act_from &&
         rule_is_more_specific(rule, longest->rule)))
        *longest = period;
}

NoticePeriod rules_notice_period(const RuleSet *set, const RuleSubject *subject, Date served_on,
                                 bool mailed)
{
    NoticePeriod longest = {NULL, 0, DATE_NONE, served_on};
    const Calendar *calendar = set ? rules_calendar(set, subject->jurisdiction) : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(of_notices); i++) {
        RuleWalk walk = rules_walk(set, of_notices[i], subject, served_on);
        for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk))
            take_longer(rule, period_of(rule, calendar, served_on, mailed), &longest);
    }
    return longest;
}

const Rule *rules_rent_only(const RuleSet *set, const RuleSubject *subject, Date served_on)
{
    RuleWalk walk = rules_walk(set, RULE_PAY_OR_QUIT, subject, served_on);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk))
        if (rule->rent_only)
            return rule;
    return NULL;
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
