/* The four figures of domain.md §7 on small ledgers. */
#include <glib.h>

#include "ledger/metrics.h"

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static void expect(Ratio ratio, const char *wanted)
{
    g_autofree char *text = ratio_text(ratio);
    g_assert_cmpstr(text, ==, wanted);
}

/* Day 45 is the last that counts; what was credited later is out; a young cohort is not judged. */
static void test_collection_rate(void)
{
    const MetricPayment on_day_45[] = {{day("2026-10-15"), 50000, DATE_NONE}};
    const MetricPayment on_day_46[] = {{day("2026-10-16"), 40000, DATE_NONE}};
    const MetricPayment reversed[] = {{day("2026-09-10"), 20000, day("2026-09-20")}};
    const MetricPayment early[] = {{day("2026-08-20"), 4000, DATE_NONE},
                                   {day("2026-09-02"), 6000, DATE_NONE}};
    const MetricInvoice invoices[] = {
        {50000, 0, day("2026-09-01"), on_day_45, 1}, {40000, 0, day("2026-09-01"), on_day_46, 1},
        {20000, 0, day("2026-09-01"), reversed, 1},  {10000, 0, day("2026-09-01"), early, 2},
        {7000, 7000, day("2026-09-01"), NULL, 0},    {70000, 0, day("2026-12-01"), NULL, 0},
    };
    Metrics metrics = metrics_of(invoices, G_N_ELEMENTS(invoices), day("2026-09-01"),
                                 day("2026-12-31"), day("2026-12-31"));
    g_assert_cmpint(metrics.collection_rate_45d.numerator, ==, 56000);
    g_assert_cmpint(metrics.collection_rate_45d.denominator, ==, 116000);
    expect(metrics.collection_rate_45d, "0.4828");
}

static void test_days_to_payment(void)
{
    const MetricPayment late[] = {{day("2026-09-05"), 100, DATE_NONE}};
    const MetricPayment on_time[] = {{day("2026-08-31"), 100, DATE_NONE}};
    const MetricPayment parts[] = {{day("2026-09-05"), 50, DATE_NONE},
                                   {day("2026-09-10"), 50, DATE_NONE}};
    const MetricInvoice invoices[] = {{100, 0, day("2026-09-01"), late, 1},
                                      {100, 0, day("2026-09-01"), on_time, 1},
                                      {100, 0, day("2026-09-01"), parts, 2}};
    Metrics metrics = metrics_of(invoices, G_N_ELEMENTS(invoices), day("2026-09-01"),
                                 day("2026-09-30"), day("2026-09-30"));
    expect(metrics.days_to_payment, "7.5000");
    g_assert_cmpint(metrics.recovered.numerator, ==, 200);
}

static void test_ratio_text(void)
{
    expect((Ratio){1, 3}, "0.3333");
    expect((Ratio){2, 3}, "0.6667");
    expect((Ratio){1, 20000}, "0.0001"); /* half up */
    expect((Ratio){INT64_MAX, INT64_MAX}, "1.0000");
    expect((Ratio){0, 5}, "0.0000");
    expect((Ratio){0, 0}, NULL);
}

static void test_targets(void)
{
    static const struct {
        const char *metric;
        Ratio ratio;
        const char *wanted;
    } rows[] = {
        {"collection_rate_45d", {95, 100}, "met"},
        {"collection_rate_45d", {949, 1000}, "missed"},
        {"days_to_payment", {12, 1}, "met"},
        {"days_to_payment", {1201, 100}, "missed"},
        {"retention", {8, 10}, "met"},
        {"cost_per_recovery", {5, 100}, "missed"},
        {"cost_per_recovery", {49, 1000}, "met"},
        {"retention", {0, 0}, NULL},
        {"unheard_of", {1, 1}, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(metrics_target(rows[i].metric, rows[i].ratio), ==, rows[i].wanted);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger/metrics/collection_rate", test_collection_rate);
    g_test_add_func("/ledger/metrics/days_to_payment", test_days_to_payment);
    g_test_add_func("/ledger/metrics/ratio_text", test_ratio_text);
    g_test_add_func("/ledger/metrics/targets", test_targets);
    return g_test_run();
}
