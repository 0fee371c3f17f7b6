/* GTimeZone knows the transitions; which local times exist, and which of two is meant, is decided
 * here, because g_time_zone_adjust_time takes the later one of an overlap. */
#include "base/zone.h"

#include <string.h>

/* The intervals of a century and a half, looked up once: GTimeZone takes its time for each question. */
typedef struct {
    int first, n;    /* intervals of GTimeZone: first, first + 1, … */
    int64_t *starts; /* UTC second at which each begins; the first: the beginning of the table */
    int *offsets;
    int64_t until; /* the last one is known up to here */
} Table;

struct Zone {
    char *name;
    GTimeZone *zone;
    Table table;
};

enum { TABLE_FROM_YEAR = 1970, TABLE_UNTIL_YEAR = 2120 };

static GMutex zones_lock;
static GHashTable *zones; /* name -> Zone, under zones_lock */

/* Letters first, then what names of the tz database are made of: no offsets ("+02:00"), no POSIX
 * rules ("X1Y,M3…"), no paths ("../x"), all of which GLib would take. */
static bool is_zone_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+/";
    return g_ascii_isalpha(name[0]) && strlen(name) <= 64 && name[strspn(name, allowed)] == '\0' &&
           strstr(name, "//") == NULL && !g_str_has_suffix(name, "/");
}

static bool is_in_database(const char *name)
{
    g_autofree char *path = g_build_filename("/usr/share/zoneinfo", name, NULL);
    return strcmp(name, "UTC") == 0 || g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static int ask_interval(GTimeZone *zone, int64_t utc_seconds)
{
    return g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, utc_seconds);
}

/* The first UTC second of an interval, known to begin in (from, through]. */
static int64_t ask_start(GTimeZone *zone, int interval, int64_t from, int64_t through)
{
    while (through - from > 1) {
        int64_t middle = from + (through - from) / 2;
        if (ask_interval(zone, middle) >= interval)
            through = middle;
        else
            from = middle;
    }
    return through;
}

static Table table_of(GTimeZone *zone)
{
    int64_t from = date_from_ymd(TABLE_FROM_YEAR, 1, 1) * INT64_C(86400);
    int64_t until = date_from_ymd(TABLE_UNTIL_YEAR, 1, 1) * INT64_C(86400);
    int first = ask_interval(zone, from), n = ask_interval(zone, until) - first + 1;
    Table table = {first, n, g_new(int64_t, n), g_new(int, n), until};
    table.starts[0] = from;
    for (int i = 0; i < n; i++) {
        if (i > 0)
            table.starts[i] = ask_start(zone, first + i, table.starts[i - 1], until);
        table.offsets[i] = g_time_zone_get_offset(zone, first + i);
    }
    return table;
}

static Zone *zone_load(const char *name)
{
    if (!is_zone_name(name) || !is_in_database(name))
        return NULL;
    GTimeZone *found = g_time_zone_new_identifier(name);
    if (found == NULL)
        return NULL;
    Zone *zone = g_new(Zone, 1);
    *zone = (Zone){.name = g_strdup(name), .zone = found};
    zone->table = table_of(found);
    return zone;
}

static Zone *known_zone(const char *name, GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&zones_lock);
    if (zones == NULL)
        zones = g_hash_table_new(g_str_hash, g_str_equal);
    Zone *zone = g_hash_table_lookup(zones, name);
    if (zone != NULL)
        return zone;
    zone = zone_load(name);
    if (zone == NULL) {
        g_set_error(error, DATE_ERROR, DATE_ERROR_SYNTAX,
                    "time zone \"%s\" is not in the tz database; use a name such as Europe/Berlin, "
                    "America/New_York or UTC (and see that tzdata is installed)",
                    name);
        return NULL;
    }
    g_hash_table_insert(zones, zone->name, zone);
    return zone;
}

/* Without the lock for those that this thread asked for lately: an account's zone is asked for in each
 * decision, and there are few. */
const Zone *zone_get(const char *name, GError **error)
{
    enum { RECENT = 4 };
    static _Thread_local const Zone *recent[RECENT];
    static _Thread_local unsigned next;
    for (size_t i = 0; i < RECENT && recent[i]; i++)
        if (strcmp(recent[i]->name, name) == 0)
            return recent[i];
    const Zone *zone = known_zone(name, error);
    if (zone)
        recent[next++ % RECENT] = zone;
    return zone;
}

const char *zone_name(const Zone *zone)
{
    return zone->name;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

static bool is_in_row(const Table *table, int row, int64_t utc_seconds)
{
    return row < table->n && table->starts[row] <= utc_seconds &&
           utc_seconds < (row + 1 < table->n ? table->starts[row + 1] : table->until);
}

/* Outside of the table GTimeZone is asked. Inside, most questions are about the same season as the one before. */
static int interval_at(const Zone *zone, int64_t utc_seconds)
{
    static _Thread_local int last;
    const Table *table = &zone->table;
    int low = 0, high = table->n; /* starts[low] <= utc_seconds < starts[high] */
    if (is_in_row(table, last, utc_seconds))
        return table->first + last;
    if (utc_seconds < table->starts[0] || utc_seconds >= table->until)
        return ask_interval(zone->zone, utc_seconds);
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (table->starts[middle] <= utc_seconds)
            low = middle;
        else
            high = middle;
    }
    last = low;
    return table->first + low;
}

static int offset_of(const Zone *zone, int interval)
{
    int row = interval - zone->table.first;
    return row >= 0 && row < zone->table.n ? zone->table.offsets[row]
                                           : g_time_zone_get_offset(zone->zone, interval);
}

static LocalTime local_time(const Zone *zone, Instant instant)
{
    g_assert(instant != INSTANT_NONE && instant != INSTANT_NEVER);
    int64_t seconds = floor_divide(instant, 1000);
    int64_t local_ms = instant + offset_of(zone, interval_at(zone, seconds)) * INT64_C(1000);
    int64_t day = floor_divide(local_ms, INSTANT_DAY);
    int64_t of_day = local_ms - day * INSTANT_DAY;
    return (LocalTime){.date = (Date)day,
                       .minute = (int)(of_day / INSTANT_MINUTE),
                       .millisecond = (int)(of_day % INSTANT_MINUTE)};
}

/* Whoever asks what time it is asks it of one instant many times. */
LocalTime zone_local(const Zone *zone, Instant instant)
{
    static _Thread_local struct {
        const Zone *zone;
        Instant instant;
        LocalTime local;
    } last;
    if (last.zone != zone || last.instant != instant) {
        last.local = local_time(zone, instant);
        last.zone = zone;
        last.instant = instant;
    }
    return last.local;
}

Date zone_date(const Zone *zone, Instant instant)
{
    return zone_local(zone, instant).date;
}

/* The first UTC second of an interval, known to begin in (from, through]. */
static int64_t interval_start(const Zone *zone, int interval, int64_t from, int64_t through)
{
    int row = interval - zone->table.first;
    return row > 0 && row < zone->table.n ? zone->table.starts[row]
                                          : ask_start(zone->zone, interval, from, through);
}

Instant zone_instant(const Zone *zone, Date date, int minute)
{
    g_assert(date != DATE_NONE && date != DATE_NEVER && minute >= 0 && minute <= 1440);
    int64_t wanted = (int64_t)date * 86400 + minute * 60;
    /* No offset is greater than 26 hours apart from another, so the instant lies within two days of
     * the reading. */
    int64_t from = wanted - 2 * 86400, through = wanted + 2 * 86400;
    int first = interval_at(zone, from), last = interval_at(zone, through);
    for (int i = first; i <= last; i++) {
        int64_t utc = wanted - offset_of(zone, i);
        int in = interval_at(zone, utc);
        if (in == i)
            return utc * 1000;
        if (in > i &&
            wanted - offset_of(zone, i + 1) < interval_start(zone, i + 1, from, through)) {
            int64_t local = interval_start(zone, i + 1, from, through) + offset_of(zone, i + 1);
            int64_t next_minute = floor_divide(local + 59, 60) * 60;
            return (next_minute - offset_of(zone, i + 1)) * 1000;
        }
    }
    g_assert_not_reached();
}
