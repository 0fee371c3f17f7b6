#include "base/zone.h"

#include <string.h>

static const Zone *zone_of(const char *name)
{
    g_autoptr(GError) error = NULL;
    const Zone *zone = zone_get(name, &error);
    g_assert_no_error(error);
    g_assert_nonnull(zone);
    return zone;
}

static Date date_of(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static void test_names(void)
{
    static const char *const good[] = {"UTC",         "Europe/Berlin",          "America/New_York",
                                       "Etc/GMT+5",   "America/Port-au-Prince", "EST5EDT",
                                       "Asia/Kolkata"};
    static const char *const bad[] = {"",
                                      "Europe/Berlim",
                                      "+02:00",
                                      "02:00",
                                      "Z",
                                      "PST8PDT,M3.2.0,M11.1.0",
                                      "../zoneinfo/Europe/Berlin",
                                      "/etc/localtime",
                                      "Europe",
                                      "Europe/",
                                      "Europe//Berlin",
                                      "Europe/Berlin "};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_cmpstr(zone_name(zone_of(good[i])), ==, good[i]);
        g_assert_true(zone_of(good[i]) == zone_of(good[i]));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(zone_get(bad[i], &error));
        g_assert_error(error, DATE_ERROR, DATE_ERROR_SYNTAX);
        g_assert_nonnull(strstr(error->message, bad[i]));
        g_assert_nonnull(strstr(error->message, "Europe/Berlin"));
    }
}

/* domain.md §3.1: a skipped time is the next existing minute, a doubled one is the first. */
static void test_instants(void)
{
    static const struct {
        const char *zone, *date;
        int minute;
        const char *instant;
    } rows[] = {
        {"UTC", "2026-07-01", 540, "2026-07-01T09:00:00.000Z"},
        {"Europe/Berlin", "2026-07-01", 0, "2026-06-30T22:00:00.000Z"},
        {"Europe/Berlin", "2026-07-01", 1440, "2026-07-01T22:00:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 119, "2026-03-29T00:59:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 120, "2026-03-29T01:00:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 150, "2026-03-29T01:00:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 180, "2026-03-29T01:00:00.000Z"},
        {"Europe/Berlin", "2026-03-29", 181, "2026-03-29T01:01:00.000Z"},
        {"Europe/Berlin", "2026-10-25", 119, "2026-10-24T23:59:00.000Z"},
        {"Europe/Berlin", "2026-10-25", 120, "2026-10-25T00:00:00.000Z"},
        {"Europe/Berlin", "2026-10-25", 150, "2026-10-25T00:30:00.000Z"},
        {"Europe/Berlin", "2026-10-25", 180, "2026-10-25T02:00:00.000Z"},
        {"America/New_York", "2026-03-08", 150, "2026-03-08T07:00:00.000Z"},
        {"America/New_York", "2026-11-01", 90, "2026-11-01T05:30:00.000Z"},
        {"Asia/Kolkata", "2026-07-01", 0, "2026-06-30T18:30:00.000Z"},
        {"Australia/Lord_Howe", "2026-10-04", 135, "2026-10-03T15:30:00.000Z"},
        {"America/Santiago", "2026-09-06", 0, "2026-09-06T04:00:00.000Z"}, /* midnight is skipped */
        {"Pacific/Apia", "2011-12-30", 720, "2011-12-30T10:00:00.000Z"},   /* a day is skipped */
        {"Pacific/Kiritimati", "2026-01-01", 0, "2025-12-31T10:00:00.000Z"},
        {"Africa/Casablanca", "2026-02-15", 150, "2026-02-15T01:30:00.000Z"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char text[32];
        Instant instant =
            zone_instant(zone_of(rows[i].zone), date_of(rows[i].date), rows[i].minute);
        g_assert_cmpstr(instant_format(instant, text), ==, rows[i].instant);
    }
}

/* Reading the clock in a zone and going back gives the same minute, but in the second half of an
 * overlap. */
static void test_round_trip(void)
{
    static const char *const names[] = {"UTC",          "Europe/Berlin",       "America/New_York",
                                        "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
                                        "Pacific/Apia", "Asia/Kathmandu"};
    GRand *random = g_rand_new_with_seed(20260701);
    for (int i = 0; i < 20000; i++) {
        const Zone *zone = zone_of(names[g_rand_int_range(random, 0, G_N_ELEMENTS(names))]);
        Instant instant = g_rand_int_range(random, 0, 2000000000) * INT64_C(1000) +
                          g_rand_int_range(random, 0, 1000);
        LocalTime local = zone_local(zone, instant);
        g_assert_cmpint(local.date, ==, zone_date(zone, instant));
        g_assert_cmpint(local.minute, >=, 0);
        g_assert_cmpint(local.minute, <, 1440);
        Instant back = zone_instant(zone, local.date, local.minute) + local.millisecond;
        if (back == instant)
            continue;
        LocalTime again = zone_local(zone, back);
        g_assert_cmpint(back, <, instant);
        g_assert_cmpint(instant - back, <=, 2 * INSTANT_HOUR);
        g_assert_cmpint(again.date, ==, local.date);
        g_assert_cmpint(again.minute, ==, local.minute);
    }
    g_rand_free(random);
}

/* The table of a zone says what GTimeZone says, within it and outside, and to the second around
 * each change. */
static void test_like_the_database(void)
{
    static const char *const names[] = {"UTC",           "Europe/Berlin",     "America/New_York",
                                        "Asia/Kolkata",  "Africa/Casablanca", "America/St_Johns",
                                        "Pacific/Apia",  "Antarctica/Troll",  "Africa/Monrovia",
                                        "Asia/Pyongyang"};
    g_autoptr(GRand) random = g_rand_new_with_seed(5);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const Zone *zone = zone_of(names[i]);
        g_autoptr(GTimeZone) known = g_time_zone_new_identifier(names[i]);
        int64_t last = 0, offset = 0;
        for (int64_t t = -3000000000; t < 6000000000; t += g_rand_int_range(random, 1, 2000000)) {
            int interval = g_time_zone_find_interval(known, G_TIME_TYPE_UNIVERSAL, t);
            int64_t wanted = g_time_zone_get_offset(known, interval);
            LocalTime local = zone_local(zone, t * 1000);
            int64_t seconds =
                local.date * INT64_C(86400) + local.minute * 60 + local.millisecond / 1000;
            g_assert_cmpint(seconds - t, ==, wanted);
            for (int64_t low = last, high = t; wanted != offset && high - low > 1;) {
                int64_t middle = low + (high - low) / 2; /* the second of the change */
                interval = g_time_zone_find_interval(known, G_TIME_TYPE_UNIVERSAL, middle);
                wanted = g_time_zone_get_offset(known, interval);
                local = zone_local(zone, middle * 1000);
                seconds =
                    local.date * INT64_C(86400) + local.minute * 60 + local.millisecond / 1000;
                g_assert_cmpint(seconds - middle, ==, wanted);
                *(wanted == offset ? &low : &high) = middle;
                wanted = offset + 1;
            }
            interval = g_time_zone_find_interval(known, G_TIME_TYPE_UNIVERSAL, t);
            offset = g_time_zone_get_offset(known, interval);
            last = t;
        }
    }
}

static gpointer get_zone(gpointer name)
{
    return (gpointer)zone_get(name, NULL);
}

static void test_threads(void)
{
    GThread *threads[8];
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("zone", get_zone, (gpointer) "Asia/Tokyo");
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_assert_true(g_thread_join(threads[i]) == zone_of("Asia/Tokyo"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/zone/names", test_names);
    g_test_add_func("/zone/instants", test_instants);
    g_test_add_func("/zone/round-trip", test_round_trip);
    g_test_add_func("/zone/like-the-database", test_like_the_database);
    g_test_add_func("/zone/threads", test_threads);
    return g_test_run();
}
