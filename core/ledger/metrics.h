/* The four figures by which a portfolio is judged (domain.md §7, Metrics). Pure. One currency at a
 * time: amounts of different currencies are never added. */
#ifndef DUNHUB_LEDGER_METRICS_H
#define DUNHUB_LEDGER_METRICS_H

#include <stddef.h>

#include "base/date.h"

typedef struct {
    Date day;
    int64_t amount;   /* minor units, applied to this invoice */
    Date reversed_on; /* DATE_NONE: it stood */
} MetricPayment;

typedef struct {
    int64_t amount;   /* as issued */
    int64_t credited; /* credits and voids */
    Date overdue_on;
    const MetricPayment *payments; /* ascending by day */
    size_t n_payments;
} MetricInvoice;

/* denominator 0: there is nothing to judge. */
typedef struct {
    int64_t numerator, denominator;
} Ratio;

typedef struct {
    Ratio collection_rate_45d; /* cash by day 45 over amounts at the moment they became overdue;
                                  invoices that became overdue in the period, only those older than
                                  45 days */
    Ratio days_to_payment; /* sum of days over invoices fully paid in the period, late ones only */
    Ratio recovered;       /* numerator: cash of the period on overdue invoices; denominator 1 */
} Metrics;

/* Period: both ends in. What happened after as_of is not looked at. */
Metrics metrics_of(const MetricInvoice *invoices, size_t n, Date from, Date to, Date as_of);
/* Ratios of separate parts of a portfolio are joined by their parts. */
Metrics metrics_join(Metrics a, Metrics b);
/* "0.8000": 4 decimals, half up; NULL where the denominator is 0. Caller frees. */
char *ratio_text(Ratio ratio);

typedef enum { TARGET_AT_LEAST, TARGET_AT_MOST, TARGET_BELOW } TargetKind;
/* §7: collection_rate_45d >= 0.95, days_to_payment <= 12, retention >= 0.80, cost_per_recovery <
 * 0.05. "met", "missed", or NULL where there is nothing to judge or no such metric. */
const char *metrics_target(const char *metric, Ratio ratio);

#endif
