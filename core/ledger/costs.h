/* What acting costs (domain.md §7, cost per recovery): messages and postage, an agency's share, staff. Pure. */
#ifndef DUNHUB_LEDGER_COSTS_H
#define DUNHUB_LEDGER_COSTS_H

#include "base/money.h"
#include "ledger/metrics.h"

/* All prices in one currency (the section `costs`). */
typedef struct { const char *channel; int64_t minor_per_1000; } DeliveryCost;
typedef struct {
    Currency currency;       /* "": no price is configured */
    const DeliveryCost *deliveries; size_t n_deliveries;
    int64_t agency, agency_permille; /* for each hand-over; of the cash that comes after it */
    int64_t staff_minute, task_minutes;
} Costs;

/* What was done. deliveries: of each channel of Costs.deliveries, in its order; NULL none. */
typedef struct {
    const uint64_t *deliveries;
    uint64_t handovers, tasks;
    int64_t placed_cash; /* minor units that came after a hand-over */
} CostCounts;

typedef struct {
    Currency currency;
    int64_t messages, agency, staff, total; /* minor units */
} CostSum;

CostSum costs_of(const Costs *costs, const CostCounts *counts);
/* Place of that channel among the prices; n_deliveries: it has none. */
size_t costs_channel(const Costs *costs, const char *channel);

#endif
