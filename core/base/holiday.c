#include "base/holiday.h"

#include <stdlib.h>

enum { FRIDAY = 5, SATURDAY = 6, SUNDAY = 7, WEEK = 7, MARCH = 3, TRIES = 30 };

/* The computus of the Gregorian calendar (Meeus/Jones/Butcher). */
Date easter_sunday(int year)
{
    int golden = year % 19, century = year / 100, rest = year % 100;
    int moon =
        (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    int sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % WEEK;
    int late = (golden + 11 * moon + 22 * sunday) / 451;
    int days = moon + sunday - WEEK * late + 22; /* of March, on into April */
    return date_from_ymd(year, MARCH, 1) + days - 1;
}

static Date nth_weekday(const HolidayRule *rule, int year)
{
    if (rule->nth < 0) {
        Date last = date_from_ymd(year, rule->month, date_days_in_month(year, rule->month));
        return last - (date_weekday(last) - rule->weekday + WEEK) % WEEK;
    }
    Date first = date_from_ymd(year, rule->month, 1);
    int day = 1 + (rule->weekday - date_weekday(first) + WEEK) % WEEK + WEEK * (rule->nth - 1);
    return date_from_ymd(year, rule->month, day);
}

static Date weekday_from(const HolidayRule *rule, int year)
{
    Date from = date_from_ymd(year, rule->month, rule->day);
    return from == DATE_NONE ? DATE_NONE
                             : from + (rule->weekday - date_weekday(from) + WEEK) % WEEK;
}

Date holiday_date(const HolidayRule *rule, int year)
{
    if ((rule->from_year && year < rule->from_year) ||
        (rule->until_year && year > rule->until_year))
        return DATE_NONE;
    Date date = DATE_NONE;
    switch (rule->kind) {
    case HOLIDAY_WEEKDAY:
        date = nth_weekday(rule, year);
        break;
    case HOLIDAY_FROM:
        date = weekday_from(rule, year);
        break;
    case HOLIDAY_EASTER:
        date = easter_sunday(year);
        break;
    default:
        date = date_from_ymd(year, rule->month, rule->day);
    }
    return date == DATE_NONE ? DATE_NONE : date + rule->offset;
}

/* ---- a year ---------------------------------------------------------------------------------- */

static int by_date(const void *a, const void *b)
{
    const Holiday *x = a, *y = b;
    if (x->date != y->date)
        return x->date < y->date ? -1 : 1;
    return x->substitute - y->substitute;
}

static bool is_taken(const Holiday *days, size_t n, Date date)
{
    for (size_t i = 0; i < n; i++)
        if (days[i].date == date)
            return true;
    return false;
}

/* DATE_NONE: none is kept. */
static Date substitute_of(const Holiday *holiday, const Holiday *days, size_t n)
{
    int weekday = date_weekday(holiday->date);
    int observed = holiday->rule->observed;
    if (weekday < SATURDAY || observed == OBSERVED_NONE ||
        (weekday == SATURDAY && observed == OBSERVED_SUNDAY))
        return DATE_NONE;
    if (observed == OBSERVED_NEAREST && weekday == SATURDAY)
        return holiday->date - 1;
    Date date = holiday->date + (weekday == SATURDAY ? 2 : 1);
    for (int tries = 0; observed == OBSERVED_NEXT && tries < TRIES &&
                        (is_taken(days, n, date) || date_weekday(date) > FRIDAY);
         tries++)
        date++;
    return date;
}

size_t holidays_of_year(const HolidayRule *rules, size_t n_rules, int year,
                        Holiday ret_days[static HOLIDAYS_OF_YEAR_MAX])
{
    g_assert(n_rules <= HOLIDAY_RULES_MAX);
    size_t n = 0;
    for (size_t i = 0; i < n_rules; i++) {
        Date date = holiday_date(&rules[i], year);
        if (date != DATE_NONE)
            ret_days[n++] = (Holiday){date, &rules[i], false};
    }
    /* in the order of the days, so that of two on one weekend the first takes the first weekday */
    qsort(ret_days, n, sizeof *ret_days, by_date);
    size_t given = n;
    for (size_t i = 0; i < given; i++) {
        Date date = substitute_of(&ret_days[i], ret_days, n);
        if (date != DATE_NONE)
            ret_days[n++] = (Holiday){date, ret_days[i].rule, true};
    }
    qsort(ret_days, n, sizeof *ret_days, by_date);
    return n;
}
