/* Civil dates as ledgers write them. */
#include "dunhub/sdk.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* day 0 was a Thursday */

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar, counted in years that begin in March. */
static int32_t days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int day_of_era = (int)(days - era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * month + 2) / 5 + 1;
    *ret_month = month < 10 ? month + 3 : month - 9;
    *ret_year = (int)(year_of_era + era * 400) + (*ret_month <= 2);
}

/* Reads 1..max digits. */
static bool read_number(const char **text, int max, int *ret)
{
    int value = 0, digits = 0;
    while (digits < max && isdigit((unsigned char)**text)) {
        value = value * 10 + (**text - '0');
        (*text)++;
        digits++;
    }
    if (!digits)
        return false;
    *ret = value;
    return true;
}

static bool read_month_name(const char **text, int *ret)
{
    for (int i = 0; i < 12; i++)
        if (strncasecmp(*text, months + i * 3, 3) == 0) {
            *text += 3;
            *ret = i + 1;
            return true;
        }
    return false;
}

static bool read_part(char part, const char **text, int *year, int *month, int *day)
{
    const char *before = *text;
    switch (part) {
    case 'Y':
        return read_number(text, 4, year) && *text - before == 4;
    case 'y':
        if (!read_number(text, 2, year) || *text - before != 2)
            return false;
        *year += *year < 70 ? 2000 : 1900;
        return true;
    case 'm':
        return read_number(text, 2, month);
    case 'b':
        return read_month_name(text, month);
    case 'e':
        while (**text == ' ')
            (*text)++;
        return read_number(text, 2, day);
    case 'd':
        return read_number(text, 2, day);
    default:
        return false;
    }
}

const char *dunhub_date_parse(const char *text, const char *format, int32_t *ret_days)
{
    int year = 0, month = 0, day = 0;
    const char *rest = text;
    for (; *format; format++) {
        if (*format == '%' && format[1]) {
            if (!read_part(*++format, &rest, &year, &month, &day))
                return "it does not have the form of the date format";
        } else if (*rest++ != *format) {
            return "it does not have the form of the date format";
        }
    }
    if (*rest)
        return "something follows the date";
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return "there is no such day";
    *ret_days = days_from_civil(year, month, day);
    return NULL;
}

char *dunhub_date_format(int32_t days, char ret[16])
{
    int year, month, day;
    civil_from_days(days, &year, &month, &day);
    const int digits[] = {year / 1000, year / 100, year / 10, year,     -1,
                          month / 10,  month,      -1,        day / 10, day};
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        ret[i] = (char)(digits[i] < 0 ? '-' : '0' + digits[i] % 10);
    ret[10] = 0;
    return ret;
}

char *dunhub_mail_date(int64_t unix_seconds, char ret[40])
{
    int64_t days = unix_seconds / 86400 - (unix_seconds % 86400 < 0);
    int second = (int)(unix_seconds - days * 86400);
    int year, month, day;
    civil_from_days(days, &year, &month, &day);
    snprintf(ret, 40, "%.3s, %02d %.3s %04d %02d:%02d:%02d +0000",
             weekdays + ((days % 7 + 7) % 7) * 3, day, months + (month - 1) * 3, year,
             second / 3600, second / 60 % 60, second % 60);
    return ret;
}
