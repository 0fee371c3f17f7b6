/* Business days: Monday to Friday minus holidays; closed days send nothing (domain.md §5, §6.8). Immutable. */
#ifndef DUNHUB_BASE_CALENDAR_H
#define DUNHUB_BASE_CALENDAR_H

#include "base/date.h"

typedef struct {
    const Date *holidays; /* ascending */
    size_t n_holidays;
    const Date *closed; /* ascending: days on which nothing is sent */
    size_t n_closed;
} Calendar;

bool calendar_is_business_day(const Calendar *calendar, Date date);
bool calendar_is_holiday(const Calendar *calendar, Date date);
bool calendar_is_closed(const Calendar *calendar, Date date);
/* First day >= date that is a business day / that is not closed. */
Date calendar_business_day_from(const Calendar *calendar, Date date);
Date calendar_open_day_from(const Calendar *calendar, Date date);
/* The n-th business day after date (n = 0: date itself). A period of n business days holds through it. */
Date calendar_add_business_days(const Calendar *calendar, Date date, int n);

#endif
