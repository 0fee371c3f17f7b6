#include "base/date.h"

#include <string.h>

#include "base/calendar.h"

static Date date_of(const char *text)
{
    Date date = DATE_NONE;
    g_autoptr(GError) error = NULL;
    date_parse(text, &date, &error);
    g_assert_no_error(error);
    return date;
}

/* Every day from 0001-01-01 to 9999-12-31, counted by hand beside the formula. */
static void test_all_days(void)
{
    Date expected = -719162;
    for (int year = 1; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; day <= date_days_in_month(year, month); day++, expected++) {
                int y = 0, m = 0, d = 0;
                if (date_from_ymd(year, month, day) != expected)
                    g_error("%d-%d-%d is not day %d", year, month, day, expected);
                date_to_ymd(expected, &y, &m, &d);
                if (y != year || m != month || d != day)
                    g_error("day %d is not %d-%d-%d", expected, year, month, day);
            }
        }
    }
    g_assert_cmpint(expected, ==, 2932897);
    g_assert_cmpint(date_from_ymd(1970, 1, 1), ==, 0);
    g_assert_cmpint(date_from_ymd(2000, 3, 1), ==, 11017);
}

static void test_no_such_day(void)
{
    static const int rows[][3] = {{2026, 2, 29}, {1900, 2, 29}, {2026, 2, 31}, {2026, 4, 31},
                                  {2026, 0, 1},  {2026, 13, 1}, {2026, 1, 0},  {2026, 1, 32},
                                  {0, 1, 1},     {10000, 1, 1}, {-5, 1, 1},    {2026, -1, 1},
                                  {2026, 1, -1}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(date_from_ymd(rows[i][0], rows[i][1], rows[i][2]), ==, DATE_NONE);
    g_assert_cmpint(date_from_ymd(2000, 2, 29), !=, DATE_NONE);
}

static void test_weekdays(void)
{
    g_assert_cmpint(date_weekday(date_of("2026-07-01")), ==, 3);
    g_assert_cmpint(date_weekday(date_of("1970-01-01")), ==, 4);
    g_assert_cmpint(date_weekday(date_of("1969-12-29")), ==, 1);
    g_assert_cmpint(date_weekday(date_of("0001-01-01")), ==, 1);
    g_assert_cmpint(date_weekday(date_of("9999-12-31")), ==, 5);
}

static void test_months(void)
{
    static const struct {
        const char *from;
        int months, wish;
        const char *to;
    } rows[] = {
        {"2026-01-31", 1, 31, "2026-02-28"}, {"2026-02-28", 1, 31, "2026-03-31"},
        {"2024-01-31", 1, 31, "2024-02-29"}, {"2026-01-30", 1, 0, "2026-02-28"},
        {"2026-12-15", 1, 15, "2027-01-15"}, {"2026-01-15", -1, 15, "2025-12-15"},
        {"2026-03-31", -1, 0, "2026-02-28"}, {"2026-05-10", 12, 10, "2027-05-10"},
        {"2026-05-10", 0, 10, "2026-05-10"}, {"9999-12-01", 1, 1, ""},
        {"0001-01-01", -1, 1, ""},           {"0001-01-01", 12, 1, "0002-01-01"},
        {"2026-01-01", INT_MAX, 1, ""},      {"2026-01-01", INT_MIN, 1, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char text[16];
        Date date = date_add_months(date_of(rows[i].from), rows[i].months, rows[i].wish);
        g_assert_cmpstr(date_format(date, text), ==, rows[i].to);
    }
}

static void test_months_property(void)
{
    GRand *random = g_rand_new_with_seed(12);
    for (int i = 0; i < 50000; i++) {
        Date date = g_rand_int_range(random, -719162, 2932897);
        int months = g_rand_int_range(random, -3000, 3000), wish = g_rand_int_range(random, 1, 32);
        int y = 0, m = 0, d = 0, y2 = 0, m2 = 0, d2 = 0;
        date_to_ymd(date, &y, &m, &d);
        Date there = date_add_months(date, months, wish);
        int count = y * 12 + m - 1 + months;
        g_assert_true((there == DATE_NONE) == (count < 12 || count >= 120000));
        if (there == DATE_NONE)
            continue;
        date_to_ymd(there, &y2, &m2, &d2);
        g_assert_cmpint(y2 * 12 + m2 - 1, ==, count);
        g_assert_cmpint(d2, ==, MIN(wish, date_days_in_month(y2, m2)));
        g_assert_cmpint(date_add_months(there, -months, d), ==, date);
    }
    g_rand_free(random);
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        int code;
        const char *says;
    } bad[] = {
        {"", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {"2026-7-1", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {"2026-07-01 ", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {" 2026-07-01", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {"20260701", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {"-026-07-01", DATE_ERROR_SYNTAX, "such as 2026-07-01"},
        {"2026-02-31", DATE_ERROR_RANGE, "no such day (February 2026 has 28 days)"},
        {"2026-13-01", DATE_ERROR_RANGE, "no such month 13"},
        {"0000-01-01", DATE_ERROR_RANGE, "year 0"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Date date = 77;
        g_autoptr(GError) error = NULL;
        g_assert_false(date_parse(bad[i].text, &date, &error));
        g_assert_error(error, DATE_ERROR, bad[i].code);
        g_autofree char *quoted = g_strdup_printf("date \"%s\"", bad[i].text);
        g_assert_nonnull(strstr(error->message, quoted));
        g_assert_nonnull(strstr(error->message, bad[i].says));
        g_assert_cmpint(date, ==, 77);
    }
    GRand *random = g_rand_new_with_seed(7);
    for (int i = 0; i < 20000; i++) {
        Date date = g_rand_int_range(random, -719162, 2932897);
        char text[16];
        g_assert_cmpint(date_of(date_format(date, text)), ==, date);
    }
    g_rand_free(random);
    char text[16];
    g_assert_cmpstr(date_format(DATE_NONE, text), ==, "");
    g_assert_cmpstr(date_format(DATE_NEVER, text), ==, "");
    g_assert_cmpstr(date_format(date_from_ymd(9999, 12, 31) + 1, text), ==, "");
}

static void test_formats(void)
{
    static const struct {
        const char *text, *format, *date; /* NULL: refused */
        const char *says;
    } rows[] = {
        {"01/07/2026", "%d/%m/%Y", "2026-07-01", NULL},
        {"1/7/2026", "%d/%m/%Y", "2026-07-01", NULL},
        {"7/1/26", "%m/%d/%y", "2026-07-01", NULL},
        {"7/1/69", "%m/%d/%y", "1969-07-01", NULL},
        {"20260701", "%Y%m%d", "2026-07-01", NULL},
        {"01.07.2026", "%d.%m.%Y", "2026-07-01", NULL},
        {"1 Jul 2026", "%e %b %Y", "2026-07-01", NULL},
        {" 1 jul 2026", "%e %b %Y", "2026-07-01", NULL},
        {"Jul 01, 2026", "%b %d, %Y", "2026-07-01", NULL},
        {"100%2026-07-01", "100%%%Y-%m-%d", "2026-07-01", NULL},
        {"31/02/2026", "%d/%m/%Y", NULL, "no such day (February 2026 has 28 days)"},
        {"07/31/2026", "%d/%m/%Y", NULL, "no such month 31"},
        {"01-07-2026", "%d/%m/%Y", NULL, "not written as \"%d/%m/%Y\""},
        {"01/07/2026x", "%d/%m/%Y", NULL, "not written as"},
        {"01/07/26", "%d/%m/%Y", NULL, "not written as"},
        {"1 Xyz 2026", "%e %b %Y", NULL, "not written as"},
        {"", "%d/%m/%Y", NULL, "not written as"},
        {"01/07", "%d/%m", NULL, "lacks the year"},
        {"2026", "%Y", NULL, "lacks the month"},
        {"07/2026", "%m/%Y", NULL, "lacks the day"},
        {"01/07/2026", "%d/%m/%E", NULL, "'%E' is not known"},
        {"01/07/2026", "%d/%m/%Y%", NULL, "'%' is not known"},
        {"12", "%H", NULL, "'%H' is not known"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Date date = DATE_NONE;
        g_autoptr(GError) error = NULL;
        g_assert_true(date_parse_format(rows[i].text, rows[i].format, &date, &error) ==
                      (rows[i].date != NULL));
        if (rows[i].date != NULL)
            g_assert_cmpint(date, ==, date_of(rows[i].date));
        else
            g_assert_nonnull(strstr(error->message, rows[i].says));
    }
}

static void test_instants(void)
{
    static const struct {
        const char *text, *instant; /* NULL: refused */
    } rows[] = {
        {"2026-07-01T06:00:00Z", "2026-07-01T06:00:00.000Z"},
        {"2026-07-01T06:00Z", "2026-07-01T06:00:00.000Z"},
        {"2026-07-01t06:00:00z", "2026-07-01T06:00:00.000Z"},
        {"2026-07-01 06:00:00Z", "2026-07-01T06:00:00.000Z"},
        {"2026-07-01T06:00:00.5Z", "2026-07-01T06:00:00.500Z"},
        {"2026-07-01T06:00:00.123456789Z", "2026-07-01T06:00:00.123Z"},
        {"2026-07-01T08:00:00+02:00", "2026-07-01T06:00:00.000Z"},
        {"2026-06-30T20:30:00-09:30", "2026-07-01T06:00:00.000Z"},
        {"2026-12-31T23:59:60Z", "2026-12-31T23:59:59.000Z"},
        {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
        {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
        {"2026-07-01T06:00:00", NULL},
        {"2026-07-01", NULL},
        {"", NULL},
        {"2026-07-01T06Z", NULL},
        {"2026-07-01T24:00:00Z", NULL},
        {"2026-07-01T06:60:00Z", NULL},
        {"2026-07-01T06:00:61Z", NULL},
        {"2026-07-01T06:00:00.Z", NULL},
        {"2026-07-01T06:00:00+2:00", NULL},
        {"2026-07-01T06:00:00+24:00", NULL},
        {"2026-07-01T06:00:00+02:60", NULL},
        {"2026-02-30T06:00:00Z", NULL},
        {"2026-07-01T06:00:00Zx", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Instant instant = 77;
        char text[32];
        g_autoptr(GError) error = NULL;
        g_assert_true(instant_parse(rows[i].text, &instant, &error) == (rows[i].instant != NULL));
        if (rows[i].instant != NULL)
            g_assert_cmpstr(instant_format(instant, text), ==, rows[i].instant);
        else
            g_assert_true(instant == 77 && error != NULL &&
                          strstr(error->message, rows[i].text) != NULL);
    }
    char text[32];
    g_assert_cmpstr(instant_format(INSTANT_NONE, text), ==, "");
    g_assert_cmpstr(instant_format(INSTANT_NEVER, text), ==, "");
    g_assert_cmpstr(instant_format(INSTANT_NEVER - 1, text), ==, "");
}

static void test_minutes(void)
{
    static const struct {
        const char *text;
        int minute; /* -1: refused */
    } rows[] = {{"09:00", 540}, {"00:00", 0}, {"24:00", 1440}, {"23:59", 1439},
                {"24:01", -1},  {"9:00", -1}, {"09:60", -1},   {"09:0", -1},
                {"0900", -1},   {"", -1},     {"09:00 ", -1},  {"-1:00", -1}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int minute = -1;
        g_autoptr(GError) error = NULL;
        g_assert_true(minute_parse(rows[i].text, &minute, &error) == (rows[i].minute >= 0));
        g_assert_cmpint(minute, ==, rows[i].minute);
        g_assert_true((error == NULL) == (rows[i].minute >= 0));
    }
}

static void test_calendar(void)
{
    const Date holidays[] = {date_of("2026-04-03"),
                             date_of("2026-04-06")}; /* Good Friday, Easter Monday */
    const Date closed[] = {date_of("2026-04-02"), date_of("2026-04-03"), date_of("2026-04-05")};
    const Calendar calendar = {holidays, G_N_ELEMENTS(holidays), closed, G_N_ELEMENTS(closed)};
    const Calendar bare = {0};
    static const struct {
        const char *date;
        bool business, is_closed;
        const char *business_from, *open_from, *third;
    } rows[] = {
        {"2026-04-01", true, false, "2026-04-01", "2026-04-01", "2026-04-08"},
        {"2026-04-02", true, true, "2026-04-02", "2026-04-04", "2026-04-09"},
        {"2026-04-03", false, true, "2026-04-07", "2026-04-04", "2026-04-09"},
        {"2026-04-04", false, false, "2026-04-07", "2026-04-04", "2026-04-09"},
        {"2026-04-05", false, true, "2026-04-07", "2026-04-06", "2026-04-09"},
        {"2026-04-06", false, false, "2026-04-07", "2026-04-06", "2026-04-09"},
        {"2026-04-07", true, false, "2026-04-07", "2026-04-07", "2026-04-10"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Date date = date_of(rows[i].date);
        g_assert_true(calendar_is_business_day(&calendar, date) == rows[i].business);
        g_assert_true(calendar_is_closed(&calendar, date) == rows[i].is_closed);
        g_assert_cmpint(calendar_business_day_from(&calendar, date), ==,
                        date_of(rows[i].business_from));
        g_assert_cmpint(calendar_open_day_from(&calendar, date), ==, date_of(rows[i].open_from));
        g_assert_cmpint(calendar_add_business_days(&calendar, date, 3), ==, date_of(rows[i].third));
        g_assert_cmpint(calendar_add_business_days(&calendar, date, 0), ==, date);
    }
    g_assert_true(calendar_is_business_day(&bare, date_of("2026-04-03")));
    g_assert_false(calendar_is_closed(&bare, date_of("2026-04-03")));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/date/all-days", test_all_days);
    g_test_add_func("/date/no-such-day", test_no_such_day);
    g_test_add_func("/date/weekdays", test_weekdays);
    g_test_add_func("/date/months", test_months);
    g_test_add_func("/date/months-property", test_months_property);
    g_test_add_func("/date/parse", test_parse);
    g_test_add_func("/date/formats", test_formats);
    g_test_add_func("/date/instants", test_instants);
    g_test_add_func("/date/minutes", test_minutes);
    g_test_add_func("/date/calendar", test_calendar);
    return g_test_run();
}
