/* Civil dates (no zone, no clock) and instants (UTC). domain.md §2, §3. */
#ifndef DUNHUB_BASE_DATE_H
#define DUNHUB_BASE_DATE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef int32_t Date;
#define DATE_NONE INT32_MIN
#define DATE_NEVER INT32_MAX

/* Milliseconds since 1970-01-01T00:00:00Z. */
typedef int64_t Instant;
#define INSTANT_NONE INT64_MIN
#define INSTANT_NEVER INT64_MAX
#define INSTANT_MINUTE INT64_C(60000)
#define INSTANT_HOUR INT64_C(3600000)
#define INSTANT_DAY INT64_C(86400000)

typedef enum { DATE_ERROR_SYNTAX, DATE_ERROR_RANGE } DateError;
GQuark date_error_quark(void);
#define DATE_ERROR date_error_quark()

/* DATE_NONE if that day does not exist (31/02) or the year is outside 1..9999. */
Date date_from_ymd(int year, int month, int day);
void date_to_ymd(Date date, int *ret_year, int *ret_month, int *ret_day);
int date_weekday(Date date); /* 1 Monday .. 7 Sunday */
int date_days_in_month(int year, int month);
/* Same day of month n months later; the last day where that month is shorter. wish: the day of month that is wanted
 * (29..31 is remembered by the caller, domain.md §3.4); 0: date's own. DATE_NONE outside the years 1..9999. */
Date date_add_months(Date date, int months, int wish);
/* "2026-07-01" exactly. */
bool date_parse(const char *text, Date *ret_date, GError **error);
/* By a format of %Y %y %m %d %b %e and literals; one or two digits accepted for m and d, %y is 1969..2068, %b an
 * English month of three letters in any case. For ledger files. */
bool date_parse_format(const char *text, const char *format, Date *ret_date, GError **error);
/* Writes "2026-07-01" (11 bytes with the NUL); "" for DATE_NONE. Returns ret. */
char *date_format(Date date, char ret[static 16]);

/* RFC 3339 with Z or an offset, seconds and fraction optional; what is finer than a millisecond is cut off. */
bool instant_parse(const char *text, Instant *ret_instant, GError **error);
/* "2026-07-01T06:00:00.000Z"; "" for INSTANT_NONE and INSTANT_NEVER. Returns ret. */
char *instant_format(Instant instant, char ret[static 32]);
/* "09:00" -> 540; 00:00..24:00. */
bool minute_parse(const char *text, int *ret_minute, GError **error);

#endif
