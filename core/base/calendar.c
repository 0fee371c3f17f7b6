#include "base/calendar.h"

#include <stdlib.h>

enum { SATURDAY = 6 };

static int compare_dates(const void *a, const void *b)
{
    Date x = *(const Date *)a, y = *(const Date *)b;
    return (x > y) - (x < y);
}

static bool contains(const Date *dates, size_t n, Date date)
{
    return n > 0 && bsearch(&date, dates, n, sizeof *dates, compare_dates) != NULL;
}

bool calendar_is_business_day(const Calendar *calendar, Date date)
{
    return date_weekday(date) < SATURDAY &&
           !contains(calendar->holidays, calendar->n_holidays, date);
}

bool calendar_is_closed(const Calendar *calendar, Date date)
{
    return contains(calendar->closed, calendar->n_closed, date);
}

Date calendar_business_day_from(const Calendar *calendar, Date date)
{
    while (!calendar_is_business_day(calendar, date))
        date++;
    return date;
}

Date calendar_open_day_from(const Calendar *calendar, Date date)
{
    while (calendar_is_closed(calendar, date))
        date++;
    return date;
}

Date calendar_add_business_days(const Calendar *calendar, Date date, int n)
{
    g_assert(n >= 0);
    for (int i = 0; i < n; i++)
        date = calendar_business_day_from(calendar, date + 1);
    return date;
}
