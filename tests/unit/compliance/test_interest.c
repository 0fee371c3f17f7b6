/* Statutory interest and times to be spared: rates by half-year, reading of percents and of spans. */
#include "compliance/rules.h"

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static const struct {
    const char *text;
    bool good;
    int64_t hundredths;
} percents[] = {
    {"3.75", true, 375},  {"8", true, 800},  {"0.5", true, 50},   {"-0.88", true, -88},
    {"100", true, 10000}, {"101", false, 0}, {"3.755", false, 0}, {"", false, 0},
    {".5", false, 0},     {"3.", false, 0},  {"3,75", false, 0},  {"3.75 ", false, 0},
    {"9999", false, 0},   {"-", false, 0},
};

static void test_percents(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(percents); i++) {
        int64_t hundredths = 0;
        g_assert_cmpint(rule_read_percent(percents[i].text, &hundredths), ==, percents[i].good);
        g_assert_cmpint(hundredths, ==, percents[i].hundredths);
    }
}

static void test_missing_rate(void)
{
    ReferenceRate rates[] = {{day("2026-01-01"), 200}};
    Rule row = {.margin = 800, .rates = rates, .n_rates = 1, .day_count = 365, .resets = true};
    StatutoryInterest interest;
    g_assert_false(rule_interest(&row, 100000, day("2025-12-01"), day("2025-12-31"), &interest));
    g_assert_true(rule_interest(&row, 100000, day("2025-12-31"), day("2026-12-31"), &interest));
    g_assert_cmpint(interest.interest, ==, 10000);
    g_assert_cmpint(interest.days, ==, 365);
    /* fixed before it starts: the day before the half-year is asked, and the list begins later */
    row.resets = false;
    g_assert_false(rule_interest(&row, 100000, day("2025-12-31"), day("2026-12-31"), &interest));
    g_assert_true(rule_interest(&row, 0, day("2025-12-31"), day("2026-12-31"), &interest));
    g_assert_cmpint(interest.fixed_sum, ==, 0);
    g_assert_false(rule_interest(&row, INT64_MAX, day("2026-07-31"), day("2099-12-31"), &interest));
}

/* 2026-07-13 is a Monday. */
static const struct {
    const char *times;
    const char *on;
    int minute;
    bool inside;
} spans[] = {
    {"mon-fri 09:00-17:00", "2026-07-13", 539, false},
    {"mon-fri 09:00-17:00", "2026-07-13", 540, true},
    {"mon-fri 09:00-17:00", "2026-07-13", 1020, false},
    {"mon-fri 09:00-17:00", "2026-07-18", 600, false},
    {"Sat-Mon", "2026-07-13", 0, true},
    {"sat-mon", "2026-07-14", 0, false},
    {"22:00-07:00", "2026-07-13", 419, true},
    {"22:00-07:00", "2026-07-13", 420, false},
    {"sun 22:00-07:00", "2026-07-13", 60, true}, /* began on Sunday */
    {"mon 22:00-07:00", "2026-07-13", 60, false},
    {"tue, 12:00-13:00", "2026-07-13", 725, true},
    {"tue,  mon", "2026-07-13", 725, true},
    {"", "2026-07-13", 725, false},
    {"09:00-24:00", "2026-07-13", 1439, true},
};

static void test_spans(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        LocalTime at = {.date = day(spans[i].on), .minute = spans[i].minute};
        if (inconvenient_at(spans[i].times, at) != spans[i].inside)
            g_error("%s on %s at %d", spans[i].times, spans[i].on, spans[i].minute);
        g_assert_true(inconvenient_is_readable(spans[i].times));
    }
}

static void test_unreadable(void)
{
    static const char *const texts[] = {"evenings",    "mon-",         "mon-xyz",
                                        "09:00",       "09:00-",       "9:00-17:00",
                                        "09:60-17:00", "25:00-26:00",  "mon 09:00-17:00 tue",
                                        "mon;tue",     "09:00-17:00x", "-"};
    LocalTime at = {.date = day("2026-07-13"), .minute = 600};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (inconvenient_is_readable(texts[i]))
            g_error("taken: %s", texts[i]);
        g_assert_true(inconvenient_at(texts[i], at)); /* until it is corrected */
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/interest/percents", test_percents);
    g_test_add_func("/interest/missing rate", test_missing_rate);
    g_test_add_func("/inconvenient/spans", test_spans);
    g_test_add_func("/inconvenient/unreadable", test_unreadable);
    return g_test_run();
}
