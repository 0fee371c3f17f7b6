/* Line charts over days as SVG 1.1: no script, no link, a title and a description for readers that do not see it, lines that
 * differ in more than their colour. The same series give the same bytes. */
#ifndef DUNHUB_SIMULATE_CHART_H
#define DUNHUB_SIMULATE_CHART_H

#include "base/date.h"

typedef struct {
    const char *name;
    const int64_t *values; /* of each day */
    int colour;            /* which of the palette; two series of one colour differ by their dash */
    bool dashed;
} ChartSeries;

typedef struct {
    const char *title, *description, *unit; /* unit: what the height counts */
    Date from;
    size_t n_days;
    const ChartSeries *series;
    size_t n_series;
    int decimals; /* of values in minor units; 0: whole numbers */
} Chart;

/* Caller frees. */
char *chart_svg(const Chart *chart);

#endif
