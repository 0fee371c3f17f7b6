/* Escalation age: calendar age less the overdue days that passed under a clock-stopping hold (domain.md §1, §5). Held days
 * are the union of intervals, never counted by daily visits, so a sparse schedule and a daily one agree. */
#ifndef DUNHUB_LEDGER_AGE_H
#define DUNHUB_LEDGER_AGE_H

#include "ledger/balance.h"

/* Help, breathing space, bankruptcy, deceased, pause, promise; plan and dispute stop the clock of their invoices. */
bool age_hold_stops_clock(int hold_kind);
/* That hold has to do with this invoice: its scope, and for bankruptcy debt from before the petition. */
bool age_hold_covers(const Hold *hold, const Invoice *invoice);
/* At that day's evaluation the hold was in force. */
bool age_hold_runs_on(const Hold *hold, Date day);

/* From when an invoice's days are counted: day 1 is its overdue date, or the day after the end of the month in which it was
 * due or fell overdue. */
typedef enum { AGE_FROM_OVERDUE, AGE_FROM_DUE_MONTH_END, AGE_FROM_OVERDUE_MONTH_END } AgeBasis;
Date age_first_day(const InvoiceBalance *invoice, AgeBasis basis);

/* Days from `from` through today, both counted, on which a hold stopped the invoice's clock. */
int64_t age_held_days(const AccountState *state, const InvoiceBalance *invoice, Date from, Date today);
/* Escalation age on that basis: days from its first day less those of them under a clock-stopping hold; 0 before. */
int64_t age_on_basis(const AccountState *state, const InvoiceBalance *invoice, AgeBasis basis, Date today);
int64_t age_escalation(const AccountState *state, const InvoiceBalance *invoice, Date today);
/* Counted charge with the greatest escalation age; the older issue first where two agree. NULL: none. *ret_age 0 then. */
const InvoiceBalance *age_anchor(const AccountState *state, const Ledger *ledger, Currency currency, int64_t *ret_age);
/* Greatest age on that basis among the counted charges. */
int64_t age_greatest(const AccountState *state, const Ledger *ledger, Currency currency, AgeBasis basis);
/* Greatest calendar age among the counted charges. */
int64_t age_calendar(const Ledger *ledger, Currency currency);

#endif
