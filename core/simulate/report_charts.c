#include <inttypes.h>
#include <string.h>

#include "simulate/chart.h"
#include "simulate/report.h"

/* Series of a chart, with the texts and sums that were made for them. */
typedef struct {
    GArray *series;
    GPtrArray *owned;
} Gathered;

static Gathered gather(void)
{
    return (Gathered){g_array_new(FALSE, FALSE, sizeof(ChartSeries)),
                      g_ptr_array_new_with_free_func(g_free)};
}

static void gathered_done(Gathered *gathered)
{
    g_array_unref(gathered->series);
    g_ptr_array_unref(gathered->owned);
}

static void add(Gathered *gathered, const Report *report, size_t side, const char *name,
                const int64_t *values, int colour)
{
    char *text = report->n_sides > 1 ? g_strdup_printf("%s%s%s", side ? "B" : "A", name ? ": " : "",
                                                       name ? name : "")
                                     : g_strdup(name ? name : "");
    g_ptr_array_add(gathered->owned, text);
    ChartSeries series = {text, values, colour, side == 1};
    g_array_append_val(gathered->series, series);
}

/* From the start of the simulation on: the sum of all days before. */
static const int64_t *summed(Gathered *gathered, const int64_t *values, size_t n)
{
    int64_t *sums = g_new0(int64_t, n);
    for (size_t i = 0; i < n; i++)
        sums[i] = values[i] + (i > 0 ? sums[i - 1] : 0);
    g_ptr_array_add(gathered->owned, sums);
    return sums;
}

static char *of_sides(const Report *report, const char *what)
{
    if (report->n_sides < 2)
        return g_strdup(what);
    return g_strdup_printf("%s. A (solid) is %s, B (dashed) is %s", what, report->names[0],
                           report->names[1]);
}

static char *described(const Report *report, const char *what)
{
    char from[16], to[16];
    const TallyResult *first = report->sides[0];
    g_autofree char *sides = of_sides(report, what);
    return g_strdup_printf("%s; each day from %s to %s, simulated for %" PRIu64 " accounts.", sides,
                           date_format(first->from, from), date_format(first->to, to),
                           first->accounts);
}

static char *draw(const Report *report, const Gathered *gathered, const char *title,
                  const char *what, int decimals)
{
    g_autofree char *description = described(report, what);
    g_autofree char *unit = of_sides(report, what);
    Chart chart = {
        .title = title,
        .description = description,
        .unit = unit,
        .from = report->sides[0]->from,
        .n_days = report->sides[0]->n_days,
        .series = (const ChartSeries *)(void *)gathered->series->data,
        .n_series = gathered->series->len,
        .decimals = decimals,
    };
    return chart_svg(&chart);
}

/* A step has one colour on both sides. */
static int colour_of(GPtrArray *names, const char *name)
{
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return (int)i;
    g_ptr_array_add(names, (char *)(uintptr_t)name);
    return (int)names->len - 1;
}

static const StepTally *step_in(const TallyResult *result, const char *name)
{
    for (size_t i = 0; i < result->n_steps; i++)
        if (strcmp(result->steps[i].name, name) == 0)
            return &result->steps[i];
    return NULL;
}

/* Of two policies only what they do differently is drawn. */
static bool is_drawn(const Report *report, size_t side, const StepTally *step)
{
    const StepTally *other = report->n_sides > 1 ? step_in(report->sides[!side], step->name) : NULL;
    return other == NULL || memcmp(other->by_day, step->by_day,
                                   report->sides[side]->n_days * sizeof *step->by_day) != 0;
}

static char *steps_chart(const Report *report)
{
    Gathered gathered = gather();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t k = 0; k < report->n_sides; k++)
        for (size_t i = 0; i < report->sides[k]->n_steps; i++) {
            const StepTally *step = &report->sides[k]->steps[i];
            if (!is_drawn(report, k, step))
                continue;
            add(&gathered, report, k, step->name, step->by_day, colour_of(names, step->name));
        }
    char *svg =
        draw(report, &gathered, "Accounts in each step",
             report->n_sides > 1 ? "Accounts in steps that differ" : "Accounts in the step", 0);
    gathered_done(&gathered);
    return svg;
}

static char *notices_chart(const Report *report)
{
    Gathered gathered = gather();
    for (size_t k = 0; k < report->n_sides; k++)
        add(&gathered, report, k, report->n_sides > 1 ? report->names[k] : "notices",
            report->sides[k]->notices_by_day, (int)k);
    char *svg = draw(report, &gathered, "Notices a day", "Notices that left", 0);
    gathered_done(&gathered);
    return svg;
}

static const CurrencyTally *currency_in(const TallyResult *result, Currency currency)
{
    for (size_t i = 0; i < result->n_currencies; i++)
        if (currency_equal(result->currencies[i].currency, currency))
            return &result->currencies[i];
    return NULL;
}

static char *collected_chart(const Report *report, Currency currency)
{
    Gathered gathered = gather();
    g_autofree char *title =
        g_strdup_printf("Cash collected on overdue invoices, %s", currency.code);
    g_autofree char *what = g_strdup_printf("%s since the first day", currency.code);
    for (size_t k = 0; k < report->n_sides; k++) {
        const CurrencyTally *own = currency_in(report->sides[k], currency);
        if (own)
            add(&gathered, report, k, report->n_sides > 1 ? report->names[k] : "collected",
                summed(&gathered, own->collected, report->sides[k]->n_days), (int)k);
    }
    char *svg = draw(report, &gathered, title, what, MAX(currency_exponent(currency), 0));
    gathered_done(&gathered);
    return svg;
}

GHashTable *report_charts(const Report *report)
{
    GHashTable *charts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(charts, g_strdup("steps"), steps_chart(report));
    g_hash_table_insert(charts, g_strdup("notices"), notices_chart(report));
    const TallyResult *first = report->sides[0];
    for (size_t i = 0; i < first->n_currencies; i++)
        g_hash_table_insert(charts,
                            g_strconcat("collected-", first->currencies[i].currency.code, NULL),
                            collected_chart(report, first->currencies[i].currency));
    return charts;
}
