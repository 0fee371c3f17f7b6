/* Time zones: IANA names over GTimeZone, interned and never freed (a few dozen per installation). Thread-safe. */
#ifndef DUNHUB_BASE_ZONE_H
#define DUNHUB_BASE_ZONE_H

#include "base/date.h"

typedef struct Zone Zone;

typedef struct {
    Date date;
    int minute;      /* of the day, 0..1439 */
    int millisecond; /* of the minute, 0..59999 */
} LocalTime;

/* NULL and *error for a name the tz database does not know. The same name gives the same pointer. */
const Zone *zone_get(const char *name, GError **error);
const char *zone_name(const Zone *zone);
LocalTime zone_local(const Zone *zone, Instant instant);
Date zone_date(const Zone *zone, Instant instant);
/* A local time that a change skips is taken at the next existing minute; one that occurs twice, the first time
 * (domain.md §3.1). minute may be 1440: midnight of the next day. */
Instant zone_instant(const Zone *zone, Date date, int minute);

#endif
