/* Money that the law limits or grants: late fees of tenants, interest on late payments of businesses. */
#include <string.h>

#include "compliance/rules.h"

enum { JUNE = 6, JULY = 7, DECEMBER = 12, HALF_YEARS_MAX = 400 };

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
    int64_t share = share_of(cap_base(rule, fee) - rule->cap_above, rule->cap_permille);
    if (!fits_currency)
        return share;
    if (rule->cap_takes == TAKE_SUM)
        return share + rule->cap_fixed;
    return rule->cap_takes == TAKE_GREATER ? MAX(share, rule->cap_fixed)
                                           : MIN(share, rule->cap_fixed);
}

const Rule *rules_fee_in_writing(const RuleSet *set, const RuleSubject *subject, Date today)
{
    RuleWalk walk = rules_walk(set, RULE_LATE_FEE, subject, today);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk))
        if (rule->in_writing)
            return rule;
    return NULL;
}

LateFeeAnswer rules_late_fee(const RuleSet *set, const RuleSubject *subject, const LateFee *fee,
                             Date today)
{
    LateFeeAnswer answer = {.earliest = fee->due_on + 1, .amount = fee->configured};
    RuleWalk walk = rules_walk(set, RULE_LATE_FEE, subject, today);
    for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
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

/* ---- uk_interest, eu_interest ---------------------------------------------------------------- */

/* In force on that day; false: the row's list begins later. */
static bool rate_on(const Rule *row, Date on, int64_t *ret_hundredths)
{
    bool found = false;
    for (size_t i = 0; i < row->n_rates && row->rates[i].from <= on; i++) {
        *ret_hundredths = row->rates[i].hundredths;
        found = true;
    }
    return found;
}

static Date half_year_of(Date day)
{
    int year, month, of_month;
    date_to_ymd(day, &year, &month, &of_month);
    return date_from_ymd(year, month <= JUNE ? 1 : JULY, 1);
}

/* The UK's rate is that of the last day of the half-year before interest starts, and stays; the
 * Union's is that of the first day of each half-year. */
static bool rate_of_days(const Rule *row, Date from, Date half_year, int64_t *ret_hundredths)
{
    Date asked = row->resets ? half_year : half_year_of(from) - 1;
    int64_t reference;
    if (!rate_on(row, asked, &reference))
        return false;
    *ret_hundredths = reference + row->margin;
    return true;
}

static int64_t fixed_sum_of(const Rule *row, int64_t principal)
{
    for (size_t i = 0; i < row->n_fixed_sums; i++)
        if (principal < row->fixed_sums[i].below)
            return row->fixed_sums[i].sum;
    return 0;
}

int64_t rule_fixed_sum(const Rule *row, Currency currency, int64_t principal)
{
    return currency_equal(row->cap_currency, currency) ? fixed_sum_of(row, principal) : 0;
}

bool rule_interest_weight(const Rule *row, Date due_on, Date from, Date until, int64_t *ret_weight)
{
    int64_t weight = 0;
    for (int n = 0; from <= until; n++) {
        if (n == HALF_YEARS_MAX)
            return false;
        Date half_year = half_year_of(from);
        Date next = half_year_of(date_add_months(half_year, 6, 0));
        Date last = MIN(next - 1, until);
        int64_t rate;
        if (!rate_of_days(row, due_on + 1, half_year, &rate))
            return false;
        weight += rate * (last - from + 1);
        from = last + 1;
    }
    *ret_weight = weight;
    return true;
}

/* The first day that bears interest is the one after the due date, the last is the day of payment. */
bool rule_interest(const Rule *row, int64_t principal, Date due_on, Date paid_on,
                   StatutoryInterest *ret_interest)
{
    StatutoryInterest interest = {0};
    int64_t weight = 0;
    if (principal <= 0 || paid_on <= due_on) {
        *ret_interest = interest;
        return true;
    }
    if (!rule_interest_weight(row, due_on, due_on + 1, paid_on, &weight) ||
        !money_scale(principal, weight, 10000 * row->day_count, &interest.interest))
        return false;
    interest.days = paid_on - due_on;
    interest.fixed_sum = fixed_sum_of(row, principal);
    *ret_interest = interest;
    return true;
}

const Rule *rules_interest_row(const RuleSet *set, const RuleSubject *subject, Date on)
{
    const Rule *row = rules_cited(set, RULE_UK_INTEREST, subject, on);
    return row ? row : rules_cited(set, RULE_EU_INTEREST, subject, on);
}
