#include "base/date.h"

#include <stdio.h>
#include <string.h>

G_DEFINE_QUARK(date_error_quark, date_error)

static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int date_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    g_assert(month >= 1 && month <= 12);
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool is_day(int year, int month, int day)
{
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= date_days_in_month(year, month);
}

/* Years are counted from March, so that the leap day is the last day of a year, in eras of 400
 * years of 146,097 days; 719,468 days lie between 0000-03-01 and 1970-01-01. */
Date date_from_ymd(int year, int month, int day)
{
    if (!is_day(year, month, day))
        return DATE_NONE;
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int year_of_era = y % 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void date_to_ymd(Date date, int *ret_year, int *ret_month, int *ret_day)
{
    g_assert(date != DATE_NONE && date != DATE_NEVER);
    int64_t z = (int64_t)date + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int day_of_era = (int)(z - era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int m = (5 * day_of_year + 2) / 153;
    int month = m < 10 ? m + 3 : m - 9;
    *ret_year = (int)(year_of_era + era * 400) + (month <= 2 ? 1 : 0);
    *ret_month = month;
    *ret_day = day_of_year - (153 * m + 2) / 5 + 1;
}

int date_weekday(Date date)
{
    int64_t since_monday = ((int64_t)date + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(since_monday < 0 ? since_monday + 7 : since_monday) + 1;
}

Date date_add_months(Date date, int months, int wish)
{
    int year = 0, month = 0, day = 0;
    date_to_ymd(date, &year, &month, &day);
    int64_t count = (int64_t)year * 12 + (month - 1) + months;
    if (count < 12 || count >= INT64_C(10000) * 12)
        return DATE_NONE;
    year = (int)(count / 12);
    month = (int)(count % 12) + 1;
    return date_from_ymd(year, month, MIN(wish > 0 ? wish : day, date_days_in_month(year, month)));
}

/* Exactly n digits. */
static bool take_digits(const char **at, int least, int most, int *ret_number)
{
    int number = 0, n = 0;
    while (n < most && g_ascii_isdigit((*at)[n])) {
        number = number * 10 + ((*at)[n] - '0');
        n++;
    }
    if (n < least)
        return false;
    *at += n;
    *ret_number = number;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* Says why a date that is well written does not exist. */
static bool check_day(const char *text, int year, int month, int day, GError **error)
{
    if (is_day(year, month, day))
        return true;
    if (year < 1 || year > 9999)
        g_set_error(error, DATE_ERROR, DATE_ERROR_RANGE,
                    "date \"%s\": year %d is outside 1 to 9999; correct the year", text, year);
    else if (month < 1 || month > 12)
        g_set_error(error, DATE_ERROR, DATE_ERROR_RANGE,
                    "date \"%s\": no such month %d (months are 1 to 12); check whether day and "
                    "month are in the order that is expected",
                    text, month);
    else
        g_set_error(error, DATE_ERROR, DATE_ERROR_RANGE,
                    "date \"%s\": no such day (%s %d has %d days); correct the day", text,
                    month_names[month - 1], year, date_days_in_month(year, month));
    return false;
}

bool date_parse(const char *text, Date *ret_date, GError **error)
{
    const char *at = text;
    int year = 0, month = 0, day = 0;
    if (!take_digits(&at, 4, 4, &year) || !take_char(&at, '-') || !take_digits(&at, 2, 2, &month) ||
        !take_char(&at, '-') || !take_digits(&at, 2, 2, &day) || *at != '\0') {
        g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                    "date \"%s\": expected year-month-day such as 2026-07-01; write it like that",
                    text);
        return false;
    }
    if (!check_day(text, year, month, day, error))
        return false;
    *ret_date = date_from_ymd(year, month, day);
    return true;
}

typedef struct {
    int year, month, day; /* 0: not seen */
} DateParts;

static bool take_month_name(const char **at, int *ret_month)
{
    for (int i = 0; i < 12; i++) {
        if (g_ascii_strncasecmp(*at, month_names[i], 3) == 0) {
            *at += 3;
            *ret_month = i + 1;
            return true;
        }
    }
    return false;
}

/* Two digits of a year: 69..99 are of the 20th century, as in POSIX. */
static bool take_short_year(const char **at, int *ret_year)
{
    int year = 0;
    if (!take_digits(at, 2, 2, &year))
        return false;
    *ret_year = year >= 69 ? 1900 + year : 2000 + year;
    return true;
}

static bool take_part(const char **at, char specifier, DateParts *parts)
{
    switch (specifier) {
    case 'Y':
        return take_digits(at, 4, 4, &parts->year);
    case 'y':
        return take_short_year(at, &parts->year);
    case 'm':
        return take_digits(at, 1, 2, &parts->month);
    case 'b':
        return take_month_name(at, &parts->month);
    case 'e':
        while (take_char(at, ' '))
            continue;
        return take_digits(at, 1, 2, &parts->day);
    case 'd':
        return take_digits(at, 1, 2, &parts->day);
    case '%':
        return take_char(at, '%');
    default:
        return false;
    }
}

/* A format is of use only if it knows year, month and day, and nothing we cannot read. */
static bool check_format(const char *format, GError **error)
{
    bool year = false, month = false, day = false;
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%')
            continue;
        f++;
        if (*f == '\0' || strchr("YymbdeE%", *f) == NULL || *f == 'E') {
            g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                        "date format \"%s\": '%%%.1s' is not known; use %%Y or %%y, %%m or %%b, "
                        "%%d or %%e, and the signs between them",
                        format, f);
            return false;
        }
        year = year || *f == 'Y' || *f == 'y';
        month = month || *f == 'm' || *f == 'b';
        day = day || *f == 'd' || *f == 'e';
    }
    if (year && month && day)
        return true;
    g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                "date format \"%s\": it lacks the %s; use %%Y or %%y, %%m or %%b, and %%d or %%e",
                format,
                !year    ? "year"
                : !month ? "month"
                         : "day");
    return false;
}

bool date_parse_format(const char *text, const char *format, Date *ret_date, GError **error)
{
    if (!check_format(format, error))
        return false;
    DateParts parts = {0};
    const char *at = text;
    bool fits = true;
    for (const char *f = format; fits && *f != '\0'; f++) {
        if (*f == '%')
            fits = take_part(&at, *++f, &parts);
        else
            fits = take_char(&at, *f);
    }
    if (!fits || *at != '\0') {
        g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                    "date \"%s\": it is not written as \"%s\"; correct it, or the date format of "
                    "this file",
                    text, format);
        return false;
    }
    if (!check_day(text, parts.year, parts.month, parts.day, error))
        return false;
    *ret_date = date_from_ymd(parts.year, parts.month, parts.day);
    return true;
}

char *date_format(Date date, char ret[static 16])
{
    ret[0] = '\0';
    if (date == DATE_NONE || date == DATE_NEVER)
        return ret;
    int year = 0, month = 0, day = 0;
    date_to_ymd(date, &year, &month, &day);
    if (year >= 1 && year <= 9999)
        g_snprintf(ret, 16, "%04d-%02d-%02d", year, month, day);
    return ret;
}

static bool take_clock(const char **at, int *ret_hour, int *ret_minute)
{
    return take_digits(at, 2, 2, ret_hour) && take_char(at, ':') &&
           take_digits(at, 2, 2, ret_minute);
}

/* Digits after the third are cut off. */
static bool take_fraction(const char **at, int *ret_ms)
{
    int ms = 0, n = 0;
    for (; g_ascii_isdigit(**at); (*at)++, n++) {
        if (n < 3)
            ms = ms * 10 + (**at - '0');
    }
    for (int i = n; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return n > 0;
}

static bool take_offset(const char **at, int *ret_minutes)
{
    if (take_char(at, 'Z') || take_char(at, 'z')) {
        *ret_minutes = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    int hour = 0, minute = 0;
    if ((!take_char(at, '+') && !take_char(at, '-')) || !take_clock(at, &hour, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *ret_minutes = sign * (hour * 60 + minute);
    return true;
}

typedef struct {
    int year, month, day, hour, minute, second, ms, offset_minutes;
} InstantParts;

static bool take_instant(const char *at, InstantParts *ret)
{
    if (!take_digits(&at, 4, 4, &ret->year) || !take_char(&at, '-') ||
        !take_digits(&at, 2, 2, &ret->month) || !take_char(&at, '-') ||
        !take_digits(&at, 2, 2, &ret->day))
        return false;
    if (!take_char(&at, 'T') && !take_char(&at, 't') && !take_char(&at, ' '))
        return false;
    if (!take_clock(&at, &ret->hour, &ret->minute))
        return false;
    if (take_char(&at, ':') && !take_digits(&at, 2, 2, &ret->second))
        return false;
    if (take_char(&at, '.') && !take_fraction(&at, &ret->ms))
        return false;
    return take_offset(&at, &ret->offset_minutes) && *at == '\0';
}

bool instant_parse(const char *text, Instant *ret_instant, GError **error)
{
    InstantParts p = {0};
    if (!take_instant(text, &p)) {
        g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                    "time \"%s\": expected date, time and zone such as 2026-07-01T06:00:00Z or "
                    "2026-07-01T08:00+02:00; write it like that",
                    text);
        return false;
    }
    if (!check_day(text, p.year, p.month, p.day, error))
        return false;
    if (p.hour > 23 || p.minute > 59 || p.second > 60) {
        g_set_error(error, DATE_ERROR, DATE_ERROR_RANGE,
                    "time \"%s\": no such time of day (00:00:00 to 23:59:59); correct it", text);
        return false;
    }
    /* A leap second is the second before it: no day of ours has 86,401 of them. */
    int64_t seconds = p.hour * 3600 + (p.minute - p.offset_minutes) * 60 + MIN(p.second, 59);
    *ret_instant = date_from_ymd(p.year, p.month, p.day) * INSTANT_DAY + seconds * 1000 + p.ms;
    return true;
}

char *instant_format(Instant instant, char ret[static 32])
{
    ret[0] = '\0';
    if (instant == INSTANT_NONE || instant == INSTANT_NEVER)
        return ret;
    int64_t day = instant / INSTANT_DAY;
    int64_t ms = instant % INSTANT_DAY;
    if (ms < 0) {
        ms += INSTANT_DAY;
        day--;
    }
    if (day < date_from_ymd(1, 1, 1) || day > date_from_ymd(9999, 12, 31))
        return ret;
    char date[16];
    g_snprintf(ret, 32, "%sT%02d:%02d:%02d.%03dZ", date_format((Date)day, date),
               (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
               (int)(ms % 1000));
    return ret;
}

bool minute_parse(const char *text, int *ret_minute, GError **error)
{
    const char *at = text;
    int hour = 0, minute = 0;
    if (!take_clock(&at, &hour, &minute) || *at != '\0' || minute > 59 ||
        hour * 60 + minute > 24 * 60) {
        g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                    "time of day \"%s\": expected hours and minutes from 00:00 to 24:00 such as "
                    "09:00; write it like that",
                    text);
        return false;
    }
    *ret_minute = hour * 60 + minute;
    return true;
}
