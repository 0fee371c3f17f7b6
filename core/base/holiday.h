/* Holidays as rules: a fixed date, the nth or last weekday of a month, days from Easter, and what happens when one falls on a
 * weekend. Pure; docs/legal.md shows how they are written. */
#ifndef DUNHUB_BASE_HOLIDAY_H
#define DUNHUB_BASE_HOLIDAY_H

#include "base/date.h"

typedef enum { HOLIDAY_FIXED, HOLIDAY_WEEKDAY, HOLIDAY_FROM, HOLIDAY_EASTER } HolidayKind;
/* A day that falls on a weekend is itself a holiday, and besides it: */
typedef enum {
    OBSERVED_NONE,
    OBSERVED_NEAREST, /* Saturday: the Friday before; Sunday: the Monday after (US federal) */
    OBSERVED_SUNDAY,  /* Sunday: the Monday after; Saturday: nothing (many US states) */
    OBSERVED_NEXT,    /* the next weekday that is no holiday yet (UK and Canadian substitute days) */
} HolidayObserved;

typedef struct {
    const char *name;
    int kind;       /* HolidayKind */
    int month, day; /* FIXED, FROM; WEEKDAY: month */
    int weekday;    /* WEEKDAY; FROM: the first such day on or after month and day. 1 Monday … 7 Sunday */
    int nth;        /* WEEKDAY: 1 … 5; -1 the last */
    int offset;     /* days added to what the rule gives; EASTER: from Easter Sunday */
    int observed;   /* HolidayObserved */
    int from_year, until_year; /* first and last year in which it is kept; 0: no such end */
    bool closed;    /* nothing is sent on it either */
} HolidayRule;

/* Easter Sunday of the Gregorian calendar. */
Date easter_sunday(int year);
/* The day itself, without its substitute; DATE_NONE: not kept that year, or there is none (a fifth Monday). */
Date holiday_date(const HolidayRule *rule, int year);

typedef struct {
    Date date;
    const HolidayRule *rule;
    bool substitute;
} Holiday;
enum { HOLIDAY_RULES_MAX = 100, HOLIDAYS_OF_YEAR_MAX = 2 * HOLIDAY_RULES_MAX };
/* All of one year's rules with their substitutes, ascending; substitutes may lie in the year before or after. Returns how many. */
size_t holidays_of_year(const HolidayRule *rules, size_t n_rules, int year, Holiday ret_days[static HOLIDAYS_OF_YEAR_MAX]);

#endif
