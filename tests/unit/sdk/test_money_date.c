/* Amounts and dates as ledger files write them. */
#include "testkit/testkit.h"

static void test_amounts(void)
{
    static const struct {
        const char *text, *currency;
        char decimal, thousands;
        int64_t minor;
        const char *wrong; /* NULL: good */
    } rows[] = {
        {"1234.5", "USD", '.', ',', 123450, NULL},
        {"1,234.50", "USD", '.', ',', 123450, NULL},
        {"1.234,50", "EUR", ',', '.', 123450, NULL},
        {"1'234.50", "CHF", '.', '\'', 123450, NULL},
        {"1 234,50", "EUR", ',', ' ', 123450, NULL},
        {" 12 ", "USD", '.', ',', 1200, NULL},
        {"-12.34", "USD", '.', ',', -1234, NULL},
        {"12.34-", "USD", '.', ',', -1234, NULL},
        {"(12.34)", "USD", '.', ',', -1234, NULL},
        {"+12.34", "USD", '.', ',', 1234, NULL},
        {".50", "USD", '.', ',', 50, NULL},
        {"5.", "USD", '.', ',', 500, NULL},
        {"1250", "JPY", '.', ',', 1250, NULL},
        {"1250.00", "JPY", '.', ',', 1250, NULL},
        {"1.234", "KWD", '.', ',', 1234, NULL},
        {"1.2", "CLF", '.', ',', 12000, NULL},
        {"12.340", "USD", '.', ',', 1234, NULL},
        {"0", "USD", '.', ',', 0, NULL},
        {"92233720368547758.07", "USD", '.', ',', INT64_MAX, NULL},
        {"92233720368547758.08", "USD", '.', ',', 0, "too large"},
        {"99999999999999999999", "JPY", '.', ',', 0, "too large"},
        {"12,34.5", "USD", '.', ',', 0, "group by three"},
        {"1234,567", "USD", '.', ',', 0, "group by three"},
        {"1,2345", "USD", '.', ',', 0, "group by three"},
        {",123", "USD", '.', ',', 0, "group by three"},
        {"1,", "USD", '.', ',', 0, "group by three"},
        {"12.345", "USD", '.', ',', 0, "more decimals"},
        {"1.5", "JPY", '.', ',', 0, "more decimals"},
        {"1.2.3", "USD", '.', ',', 0, "no digit after"},
        {"1.23,4", "USD", '.', ',', 0, "no digit after"},
        {"twelve", "USD", '.', ',', 0, "no digit"},
        {"12 USD", "USD", '.', ',', 0, "no digit"},
        {"$12", "USD", '.', ',', 0, "no digit"},
        {"--1", "USD", '.', ',', 0, "no digit"},
        {"1,234", "EUR", ',', 0, 0, "more decimals"},
        {"", "USD", '.', ',', 0, "empty"},
        {"-", "USD", '.', ',', 0, "empty"},
        {"()", "USD", '.', ',', 0, "empty"},
        {".", "USD", '.', ',', 0, "no digit"},
        {"1", "usd", '.', ',', 0, "ISO 4217"},
        {"1", "XXQ", '.', ',', 0, "ISO 4217"},
        {"1", "US", '.', ',', 0, "ISO 4217"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t minor = 77;
        const char *wrong = dunhub_money_parse(rows[i].text, rows[i].currency, rows[i].decimal,
                                               rows[i].thousands, &minor);
        g_test_message("'%s' %s: %s", rows[i].text, rows[i].currency, wrong ? wrong : "good");
        if (!rows[i].wrong) {
            g_assert_null(wrong);
            g_assert_cmpint(minor, ==, rows[i].minor);
            continue;
        }
        g_assert_nonnull(wrong);
        g_assert_nonnull(strstr(wrong, rows[i].wrong));
        g_assert_cmpint(minor, ==, 77);
    }
}

/* What is written is read back, for every exponent. */
static void test_amounts_round_trip(void)
{
    static const char *const currencies[] = {"JPY", "USD", "KWD", "CLF"};
    GRand *random = g_rand_new_with_seed(4217);
    for (int i = 0; i < 20000; i++) {
        const char *currency = currencies[i % 4];
        int64_t minor = (int64_t)(((uint64_t)g_rand_int(random) << 32 | g_rand_int(random)) >>
                                  g_rand_int_range(random, 1, 63));
        if (i & 4)
            minor = -minor;
        char text[32];
        int64_t back = 0;
        g_assert_null(dunhub_money_parse(dunhub_money_format(minor, currency, text), currency, '.',
                                         0, &back));
        g_assert_cmpint(back, ==, minor);
    }
    char text[32];
    g_assert_cmpstr(dunhub_money_format(5, "USD", text), ==, "0.05");
    g_assert_cmpstr(dunhub_money_format(-123450, "EUR", text), ==, "-1234.50");
    g_assert_cmpstr(dunhub_money_format(0, "JPY", text), ==, "0");
    g_assert_cmpstr(dunhub_money_format(INT64_MIN, "USD", text), ==, "-92233720368547758.08");
    g_rand_free(random);
}

static void test_dates(void)
{
    static const struct {
        const char *text, *format, *date; /* NULL date: no such */
    } rows[] = {
        {"2026-07-01", "%Y-%m-%d", "2026-07-01"},
        {"7/1/2026", "%m/%d/%Y", "2026-07-01"},
        {"01.07.2026", "%d.%m.%Y", "2026-07-01"},
        {"1.7.26", "%d.%m.%y", "2026-07-01"},
        {"1-Jul-2026", "%d-%b-%Y", "2026-07-01"},
        {"01 JUL 2026", "%d %b %Y", "2026-07-01"},
        {"20260701", "%Y%m%d", "2026-07-01"},
        {"12/31/69", "%m/%d/%y", "2069-12-31"},
        {"1/1/70", "%m/%d/%y", "1970-01-01"},
        {"29/02/2024", "%d/%m/%Y", "2024-02-29"},
        {"2/ 1/2026", "%m/%e/%Y", "2026-02-01"},
        {"31/02/2026", "%d/%m/%Y", NULL},
        {"29/02/2026", "%d/%m/%Y", NULL},
        {"13/13/2026", "%m/%d/%Y", NULL},
        {"0/1/2026", "%m/%d/%Y", NULL},
        {"7/1/26", "%m/%d/%Y", NULL},
        {"7-1-2026", "%m/%d/%Y", NULL},
        {"7/1/2026 00:00", "%m/%d/%Y", NULL},
        {"", "%m/%d/%Y", NULL},
        {"1-Foo-2026", "%d-%b-%Y", NULL},
        {"2026-07-01", "%Y-%q-%d", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int32_t days = 0;
        char text[16];
        const char *wrong = dunhub_date_parse(rows[i].text, rows[i].format, &days);
        g_test_message("%s by %s: %s", rows[i].text, rows[i].format, wrong ? wrong : "good");
        if (rows[i].date) {
            g_assert_null(wrong);
            g_assert_cmpstr(dunhub_date_format(days, text), ==, rows[i].date);
        } else {
            g_assert_nonnull(wrong);
        }
    }
    int32_t days;
    g_assert_cmpstr(dunhub_date_parse("31/02/2026", "%d/%m/%Y", &days), ==, "there is no such day");
}

/* Every day of four centuries, against GLib's calendar. */
static void test_every_day(void)
{
    GDate date;
    g_date_clear(&date, 1);
    g_date_set_dmy(&date, 1, 1, 1900);
    int32_t expected = -25567;
    for (int i = 0; i < 146097; i++, expected++) {
        char text[16];
        int32_t days;
        g_snprintf(text, sizeof text, "%04d-%02d-%02d", g_date_get_year(&date),
                   g_date_get_month(&date), g_date_get_day(&date));
        g_assert_null(dunhub_date_parse(text, "%Y-%m-%d", &days));
        g_assert_cmpint(days, ==, expected);
        char back[16];
        g_assert_cmpstr(dunhub_date_format(days, back), ==, text);
        g_date_add_days(&date, 1);
    }
}

static void test_mail_date(void)
{
    char text[40];
    g_assert_cmpstr(dunhub_mail_date(0, text), ==, "Thu, 01 Jan 1970 00:00:00 +0000");
    g_assert_cmpstr(dunhub_mail_date(1795334400, text), ==, "Sun, 22 Nov 2026 08:00:00 +0000");
    g_assert_cmpstr(dunhub_mail_date(-1, text), ==, "Wed, 31 Dec 1969 23:59:59 +0000");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdk/money/table", test_amounts);
    g_test_add_func("/sdk/money/round_trip", test_amounts_round_trip);
    g_test_add_func("/sdk/date/table", test_dates);
    g_test_add_func("/sdk/date/every_day", test_every_day);
    g_test_add_func("/sdk/date/mail", test_mail_date);
    return g_test_run();
}
