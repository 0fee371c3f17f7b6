/* Instants as platforms write them. */
#include "dunhub/platform.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS_PER_S INT64_C(1000)
#define S_PER_DAY INT64_C(86400)
#define SECONDS_MAX INT64_C(253402300799) /* the end of year 9999 */

/* Exactly `digits` digits. */
static bool take(const char **text, int digits, int *ret)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return false;
        value = value * 10 + (**text - '0');
    }
    *ret = value;
    return true;
}

static bool take_sign(const char **text, char sign)
{
    if (**text != sign)
        return false;
    (*text)++;
    return true;
}

/* "Z", "+02:00", "+0200", "-05"; nothing: UTC. */
static bool take_zone(const char **text, int64_t *ret_offset_s)
{
    *ret_offset_s = 0;
    if (!**text || take_sign(text, 'Z') || take_sign(text, 'z'))
        return true;
    int sign = **text == '+' ? 1 : **text == '-' ? -1 : 0, hours = 0, minutes = 0;
    if (!sign)
        return false;
    (*text)++;
    if (!take(text, 2, &hours))
        return false;
    bool more = take_sign(text, ':') || **text;
    if (more && !take(text, 2, &minutes))
        return false;
    *ret_offset_s = sign * (hours * INT64_C(3600) + minutes * INT64_C(60));
    return hours < 24 && minutes < 60;
}

/* Digits behind the point, at least one, as milliseconds. */
static bool take_fraction(const char **text, int64_t *ret_ms)
{
    *ret_ms = 0;
    if (!take_sign(text, '.') && !take_sign(text, ','))
        return true;
    int64_t scale = 100;
    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++, scale /= 10)
        *ret_ms += (**text - '0') * scale;
    return true;
}

static bool parse_iso(const char *text, int64_t *ret_ms)
{
    char day[11];
    int32_t days;
    if (strlen(text) < 10)
        return false;
    memcpy(day, text, 10);
    day[10] = 0;
    if (dunhub_date_parse(day, "%Y-%m-%d", &days))
        return false;
    text += 10;
    int hour = 0, minute = 0, second = 0;
    int64_t ms = 0, offset_s = 0;
    if (*text) {
        if (!strchr("Tt ", *text))
            return false;
        text++;
        if (!take(&text, 2, &hour) || !take_sign(&text, ':') || !take(&text, 2, &minute))
            return false;
        if (take_sign(&text, ':') && (!take(&text, 2, &second) || !take_fraction(&text, &ms)))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 60 || !take_zone(&text, &offset_s) || *text)
        return false;
    *ret_ms = (days * S_PER_DAY + hour * 3600 + minute * 60 + second - offset_s) * MS_PER_S + ms;
    return true;
}

/* "/Date(1552326816230+0000)/": the offset is only for show. */
static bool parse_slash_date(const char *text, int64_t *ret_ms)
{
    char *end;
    long long ms = strtoll(text + strlen("/Date("), &end, 10);
    if (end == text + strlen("/Date("))
        return false;
    if (*end == '+' || *end == '-')
        end += 1 + strspn(end + 1, "0123456789");
    *ret_ms = ms;
    return strcmp(end, ")/") == 0 && llabs(ms) <= SECONDS_MAX * MS_PER_S;
}

static bool parse_seconds(const char *text, int64_t *ret_ms)
{
    char *end;
    long long seconds = strtoll(text, &end, 10);
    int64_t ms = 0;
    const char *rest = end;
    if (!take_fraction(&rest, &ms) || *rest || llabs(seconds) > SECONDS_MAX)
        return false;
    *ret_ms = seconds * MS_PER_S + ms;
    return true;
}

/* RFC 2822: "Sun, 22 Nov 2026 08:00:00 +0000", the weekday may be missing; GMT and UT are +0000. */
static bool parse_mail_date(const char *text, int64_t *ret_ms)
{
    char month[4];
    int day, year, hour, minute, second, used = 0;
    const char *comma = strchr(text, ',');
    const char *from = comma ? comma + 1 : text;
    if (sscanf(from, " %2d %3s %4d %2d:%2d:%2d %n", &day, month, &year, &hour, &minute, &second,
               &used) != 6 ||
        !used)
        return false;
    const char *zone = from + used;
    if (strcmp(zone, "GMT") == 0 || strcmp(zone, "UT") == 0 || strcmp(zone, "UTC") == 0)
        zone = "";
    char date[32];
    int32_t days;
    int64_t offset_s;
    snprintf(date, sizeof date, "%d %s %d", day, month, year);
    if (dunhub_date_parse(date, "%d %b %Y", &days) || hour > 23 || minute > 59 || second > 60 ||
        hour < 0 || minute < 0 || second < 0 || !take_zone(&zone, &offset_s) || *zone)
        return false;
    *ret_ms = (days * S_PER_DAY + hour * 3600 + minute * 60 + second - offset_s) * MS_PER_S;
    return true;
}

bool dunhub_instant_parse(const char *text, int64_t *ret_ms)
{
    if (!text || !*text)
        return false;
    if (strncmp(text, "/Date(", strlen("/Date(")) == 0)
        return parse_slash_date(text, ret_ms);
    if (strlen(text) > 4 && strspn(text, "0123456789") == 4 && text[4] == '-')
        return parse_iso(text, ret_ms);
    if (strspn(text, "-0123456789.") == strlen(text))
        return parse_seconds(text, ret_ms);
    return parse_mail_date(text, ret_ms);
}

char *dunhub_instant_format(int64_t unix_ms, char ret[32])
{
    int64_t seconds = unix_ms / MS_PER_S - (unix_ms % MS_PER_S < 0);
    time_t when = (time_t)seconds;
    struct tm parts;
    gmtime_r(&when, &parts);
    strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return ret;
}

int64_t dunhub_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * MS_PER_S + now.tv_nsec / 1000000;
}
