#include "ledger/costs.h"

#include <string.h>

/* Half up, of what 1,000 would cost. */
static int64_t thousandths(int64_t minor, uint64_t n)
{
    __extension__ typedef __int128 Wide;
    return (int64_t)(((Wide)minor * (Wide)n + 500) / 1000);
}

CostSum costs_of(const Costs *costs, const CostCounts *counts)
{
    CostSum sum = {.currency = costs->currency};
    for (size_t i = 0; counts->deliveries && i < costs->n_deliveries; i++)
        sum.messages += thousandths(costs->deliveries[i].minor_per_1000, counts->deliveries[i]);
    sum.agency = costs->agency * (int64_t)counts->handovers;
    if (counts->placed_cash > 0)
        sum.agency += thousandths(costs->agency_permille, (uint64_t)counts->placed_cash);
    sum.staff = costs->staff_minute * costs->task_minutes * (int64_t)counts->tasks;
    sum.total = sum.messages + sum.agency + sum.staff;
    return sum;
}

size_t costs_channel(const Costs *costs, const char *channel)
{
    size_t i = 0;
    while (i < costs->n_deliveries && (!channel || strcmp(costs->deliveries[i].channel, channel)))
        i++;
    return i;
}
