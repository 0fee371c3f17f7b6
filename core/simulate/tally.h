/* What a simulation came to: counts, series and the four figures of domain.md §7. Reasons come in as they are decided, accounts
 * at their end; the order of accounts makes no difference. */
#ifndef DUNHUB_SIMULATE_TALLY_H
#define DUNHUB_SIMULATE_TALLY_H

#include "hub/configuration.h"
#include "escalation/decide.h"
#include "ledger/metrics.h"

typedef struct {
    const char *name;    /* of a step */
    size_t place;        /* among the steps of all policies */
    uint64_t entries, days; /* times it was entered; account-days in it */
    int64_t *by_day;     /* accounts in it at the end of each day; set by tally_finish */
} StepTally;

typedef struct {
    const char *notice, *channel;
    uint64_t n;
} NoticeTally;

typedef struct {
    Currency currency;
    Metrics metrics;
    int64_t *collected; /* minor units of cash on overdue invoices, of each day */
    int64_t placed_cash; /* of it: after a hand-over, which the agency shares in */
} CurrencyTally;

typedef struct Tally Tally;
typedef struct {
    Date from, to;
    size_t n_days;
    uint64_t accounts, delinquent; /* delinquent: entered at least once */
    uint64_t decisions;            /* that are told */
    uint64_t suspensions, restored, suspended_days, handovers, fees, interventions, tasks, suppressed;
    const StepTally *steps; size_t n_steps;          /* in the order of the policies */
    const NoticeTally *notices; size_t n_notices;    /* by notice, then channel */
    const int64_t *notices_by_day;
    const CurrencyTally *currencies; size_t n_currencies; /* by code */
    Ratio retention;               /* resolved and still active 90 days later; of those that are that old */
    CostSum cost;                  /* currency "": no prices are configured */
} TallyResult;

Tally *tally_new(const Configuration *configuration, Date from, Date to);
void tally_free(Tally *tally);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tally, tally_free)

void tally_reason(Tally *tally, const char *account, Instant now, const AccountState *after, const Reason *reason);
void tally_account(Tally *tally, const char *account, const AccountState *state);
/* After the last account. What is pointed to lives in the tally. */
const TallyResult *tally_finish(Tally *tally);
/* Cost over recovered cash, in the currency of the costs; nothing to judge where none of it was recovered. */
Ratio tally_cost_per_recovery(const TallyResult *result);

#endif
