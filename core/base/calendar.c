#include "base/calendar.h"

enum { SATURDAY = 6 };

static bool contains(const Date *dates, size_t n, Date date)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dates[middle] < date)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && dates[low] == date;
}

bool calendar_is_holiday(const Calendar *calendar, Date date)
{
    return contains(calendar->holidays, calendar->n_holidays, date);
}

bool calendar_is_business_day(const Calendar *calendar, Date date)
{
    return date_weekday(date) < SATURDAY && !calendar_is_holiday(calendar, date);
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
