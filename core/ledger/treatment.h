/* How accounts were treated, counted so that groups of them can be laid side by side (domain.md §9 fair_housing). Pure. */
#ifndef DUNHUB_LEDGER_TREATMENT_H
#define DUNHUB_LEDGER_TREATMENT_H

#include "ledger/metrics.h"
#include "model/state.h"

typedef enum {
    TREATED_MESSAGE,
    TREATED_CALL,
    TREATED_FEE,
    TREATED_SUSPENSION, /* of service or portal */
    TREATED_DISCONNECTION,
    TREATED_COLLECTIONS,
    TREATED_LEGAL, /* every other act of legal effect */
    TREATED_GRACE,
    TREATED_PLAN,
    TREATED_PROMISE,
    TREATED_HOLD, /* that a person or a platform set: help, pause … */
    N_TREATMENTS,
} Treatment;
/* "message" … "hold"; NULL-ended. */
extern const char *const treatment_words[];

typedef struct {
    int64_t n;         /* how often */
    int64_t cases;     /* to how many cases at least once */
    int64_t days;      /* sum over them: day of the delinquency on which it came first, from 1 */
} Treated;

typedef struct {
    int64_t accounts, cases; /* a case: an account's stay in delinquency, in one currency */
    Treated treated[N_TREATMENTS];
} Treatments;

/* Adds the account's cases that ran on any day of the period (both ends in), and what was done to them in it. What belongs to the
 * account and to no case (grace, plan, promise, hold) counts for its latest case that had begun by then. */
void treatments_add(const AccountState *state, Date from, Date to, Treatments *treatments);
/* Cases that were treated so, of all cases. */
Ratio treatments_share(const Treatments *treatments, Treatment treatment);
/* Share of this group over the share of all others together: 1 alike. Denominator 0: there is nothing to compare. */
Ratio treatments_against(const Treatments *group, const Treatments *all, Treatment treatment);

/* "more", "less" or "alike" by the usual yardstick of four fifths (29 CFR 1607.4 D, borrowed), "few" where one side has fewer
 * than TREATMENT_FEW cases, NULL where there is nothing to compare. A sign to look, no finding. */
#define TREATMENT_FEW 30
const char *treatments_sign(const Treatments *group, const Treatments *all, Treatment treatment);

#endif
