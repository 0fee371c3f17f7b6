#include "ledger/metrics.h"

#include <string.h>

enum {
    COHORT_DAYS = 45, /* day 45 overdue is the last that counts */
};

static bool stands(const MetricPayment *payment, Date as_of)
{
    return payment->day <= as_of &&
           (payment->reversed_on == DATE_NONE || payment->reversed_on > as_of);
}

/* Cash on the invoice from one day through another. */
static int64_t cash(const MetricInvoice *invoice, Date from, Date through, Date as_of)
{
    int64_t sum = 0;
    for (size_t i = 0; i < invoice->n_payments; i++) {
        const MetricPayment *payment = &invoice->payments[i];
        if (payment->day >= from && payment->day <= through && stands(payment, as_of))
            sum += payment->amount;
    }
    return sum;
}

static void add_to_cohort(const MetricInvoice *invoice, Date as_of, Ratio *ret_rate)
{
    Date last = invoice->overdue_on + COHORT_DAYS - 1;
    if (last >= as_of)
        return;
    int64_t before = cash(invoice, INT32_MIN + 1, invoice->overdue_on - 1, as_of);
    int64_t due = invoice->amount - before - invoice->credited;
    if (due <= 0)
        return;
    ret_rate->numerator += MIN(cash(invoice, invoice->overdue_on, last, as_of), due);
    ret_rate->denominator += due;
}

/* The day on which the last of it was paid; DATE_NONE: something is open. */
static Date paid_on(const MetricInvoice *invoice, Date as_of)
{
    int64_t open = invoice->amount - invoice->credited;
    for (size_t i = 0; i < invoice->n_payments; i++) {
        if (!stands(&invoice->payments[i], as_of))
            continue;
        open -= invoice->payments[i].amount;
        if (open <= 0)
            return invoice->payments[i].day;
    }
    return DATE_NONE;
}

Metrics metrics_of(const MetricInvoice *invoices, size_t n, Date from, Date to, Date as_of)
{
    Metrics metrics = {.recovered = {0, 1}};
    for (size_t i = 0; i < n; i++) {
        const MetricInvoice *invoice = &invoices[i];
        if (invoice->overdue_on >= from && invoice->overdue_on <= to)
            add_to_cohort(invoice, as_of, &metrics.collection_rate_45d);
        Date paid = paid_on(invoice, as_of);
        if (paid != DATE_NONE && paid >= from && paid <= to && paid >= invoice->overdue_on) {
            metrics.days_to_payment.numerator += paid - invoice->overdue_on + 1;
            metrics.days_to_payment.denominator++;
        }
        metrics.recovered.numerator += cash(invoice, MAX(from, invoice->overdue_on), to, as_of);
    }
    return metrics;
}

static Ratio join(Ratio a, Ratio b)
{
    return (Ratio){a.numerator + b.numerator, a.denominator + b.denominator};
}

Metrics metrics_join(Metrics a, Metrics b)
{
    return (Metrics){
        .collection_rate_45d = join(a.collection_rate_45d, b.collection_rate_45d),
        .days_to_payment = join(a.days_to_payment, b.days_to_payment),
        .recovered = {a.recovered.numerator + b.recovered.numerator, 1},
    };
}

char *ratio_text(Ratio ratio)
{
    if (ratio.denominator == 0)
        return NULL;
    __extension__ typedef __int128 Wide;
    Wide scaled =
        ((Wide)ratio.numerator * 20000 + ratio.denominator) / ((Wide)2 * ratio.denominator);
    return g_strdup_printf("%" G_GINT64_FORMAT ".%04d", (int64_t)(scaled / 10000),
                           (int)(scaled % 10000));
}

static const struct {
    const char *metric;
    TargetKind kind;
    int64_t numerator, denominator;
} targets[] = {
    {"collection_rate_45d", TARGET_AT_LEAST, 95, 100},
    {"days_to_payment", TARGET_AT_MOST, 12, 1},
    {"retention", TARGET_AT_LEAST, 80, 100},
    {"cost_per_recovery", TARGET_BELOW, 5, 100},
};

const char *metrics_target(const char *metric, Ratio ratio)
{
    if (ratio.denominator == 0)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        if (strcmp(targets[i].metric, metric) != 0)
            continue;
        __extension__ typedef __int128 Wide;
        Wide seen = (Wide)ratio.numerator * targets[i].denominator;
        Wide wanted = (Wide)targets[i].numerator * ratio.denominator;
        bool met = targets[i].kind == TARGET_AT_LEAST  ? seen >= wanted
                   : targets[i].kind == TARGET_AT_MOST ? seen <= wanted
                                                       : seen < wanted;
        return met ? "met" : "missed";
    }
    return NULL;
}
