/* Holidays as rules: each kind, weekends, first and last years, Easter over centuries. */
#include "base/holiday.h"

#include <stdlib.h>

typedef struct {
    const char *name;
    HolidayRule rule;
    int year;
    const char *day, *substitute; /* NULL none */
} Row;

#define THANKSGIVING                                                                               \
    {                                                                                              \
        .kind = HOLIDAY_WEEKDAY, .month = 11, .weekday = 4, .nth = 4                               \
    }
#define MEMORIAL                                                                                   \
    {                                                                                              \
        .kind = HOLIDAY_WEEKDAY, .month = 5, .weekday = 1, .nth = -1                               \
    }
#define VICTORIA                                                                                   \
    {                                                                                              \
        .kind = HOLIDAY_FROM, .month = 5, .day = 18, .weekday = 1                                  \
    }
#define FOURTH(how)                                                                                \
    {                                                                                              \
        .month = 7, .day = 4, .observed = how                                                      \
    }
#define JUNETEENTH                                                                                 \
    {                                                                                              \
        .month = 6, .day = 19, .from_year = 2021, .until_year = 2025                               \
    }

static const Row rows[] = {
    {"fixed", FOURTH(OBSERVED_NEAREST), 2025, "2025-07-04", NULL},
    {"saturday, nearest", FOURTH(OBSERVED_NEAREST), 2026, "2026-07-04", "2026-07-03"},
    {"sunday, nearest", FOURTH(OBSERVED_NEAREST), 2027, "2027-07-04", "2027-07-05"},
    {"saturday, sunday rule", FOURTH(OBSERVED_SUNDAY), 2026, "2026-07-04", NULL},
    {"sunday, sunday rule", FOURTH(OBSERVED_SUNDAY), 2027, "2027-07-04", "2027-07-05"},
    {"saturday, next", FOURTH(OBSERVED_NEXT), 2026, "2026-07-04", "2026-07-06"},
    {"saturday, none", FOURTH(OBSERVED_NONE), 2026, "2026-07-04", NULL},
    {"into the year before",
     {.month = 1, .day = 1, .observed = OBSERVED_NEAREST},
     2028,
     "2028-01-01",
     "2027-12-31"},
    {"fourth thursday", THANKSGIVING, 2026, "2026-11-26", NULL},
    {"fourth thursday on the 22nd", THANKSGIVING, 2029, "2029-11-22", NULL},
    {"last monday of five", MEMORIAL, 2027, "2027-05-31", NULL},
    {"last monday of four", MEMORIAL, 2026, "2026-05-25", NULL},
    {"no fifth friday",
     {.kind = HOLIDAY_WEEKDAY, .month = 2, .weekday = 5, .nth = 5},
     2026,
     NULL,
     NULL},
    {"weekday from a date, on it", VICTORIA, 2026, "2026-05-18", NULL},
    {"weekday from a date, six days on", VICTORIA, 2027, "2027-05-24", NULL},
    {"good friday", {.kind = HOLIDAY_EASTER, .offset = -2}, 2026, "2026-04-03", NULL},
    {"whit monday", {.kind = HOLIDAY_EASTER, .offset = 50}, 2026, "2026-05-25", NULL},
    {"before the first year", JUNETEENTH, 2020, NULL, NULL},
    {"first year", JUNETEENTH, 2021, "2021-06-19", NULL},
    {"last year", JUNETEENTH, 2025, "2025-06-19", NULL},
    {"after the last year", JUNETEENTH, 2026, NULL, NULL},
    {"leap day kept", {.month = 2, .day = 29}, 2028, "2028-02-29", NULL},
    {"leap day not there", {.month = 2, .day = 29}, 2027, NULL, NULL},
};

static const char *text_of(const Holiday *days, size_t n, bool substitute, char ret[static 16])
{
    for (size_t i = 0; i < n; i++)
        if (days[i].substitute == substitute)
            return date_format(days[i].date, ret);
    return NULL;
}

static void test_row(gconstpointer data)
{
    const Row *row = data;
    Holiday days[HOLIDAYS_OF_YEAR_MAX];
    char text[16];
    size_t n = holidays_of_year(&row->rule, 1, row->year, days);
    g_assert_cmpstr(text_of(days, n, false, text), ==, row->day);
    g_assert_cmpstr(text_of(days, n, true, text), ==, row->substitute);
}

/* Two on one weekend take two weekdays, in their order (UK Christmas of 2021 and 2022). */
static void test_substitutes_do_not_meet(void)
{
    static const HolidayRule christmas[] = {
        {.month = 12, .day = 25, .observed = OBSERVED_NEXT},
        {.month = 12, .day = 26, .observed = OBSERVED_NEXT},
    };
    static const struct {
        int year;
        const char *days[4];
        size_t n;
    } years[] = {
        {2021, {"2021-12-25", "2021-12-26", "2021-12-27", "2021-12-28"}, 4},
        {2022, {"2022-12-25", "2022-12-26", "2022-12-27"}, 3},
        {2023, {"2023-12-25", "2023-12-26"}, 2},
    };
    for (size_t y = 0; y < G_N_ELEMENTS(years); y++) {
        Holiday days[HOLIDAYS_OF_YEAR_MAX];
        char text[16];
        g_assert_cmpuint(holidays_of_year(christmas, 2, years[y].year, days), ==, years[y].n);
        for (size_t i = 0; i < years[y].n; i++)
            g_assert_cmpstr(date_format(days[i].date, text), ==, years[y].days[i]);
    }
}

static void test_easter(void)
{
    static const char *const sundays[] = {"1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23",
                                          "2011-04-24", "2024-03-31", "2026-04-05", "2027-03-28",
                                          "2038-04-25", "2285-03-22"};
    for (size_t i = 0; i < G_N_ELEMENTS(sundays); i++) {
        Date day;
        g_assert_true(date_parse(sundays[i], &day, NULL));
        g_assert_cmpint(easter_sunday(atoi(sundays[i])), ==, day);
    }
    for (int year = 1583; year < 4000; year++) {
        Date day = easter_sunday(year);
        g_assert_cmpint(date_weekday(day), ==, 7);
        g_assert_cmpint(day, >=, date_from_ymd(year, 3, 22));
        g_assert_cmpint(day, <=, date_from_ymd(year, 4, 25));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strdup_printf("/holiday/%s", rows[i].name);
        g_test_add_data_func(path, &rows[i], test_row);
    }
    g_test_add_func("/holiday/substitutes do not meet", test_substitutes_do_not_meet);
    g_test_add_func("/holiday/easter", test_easter);
    return g_test_run();
}
