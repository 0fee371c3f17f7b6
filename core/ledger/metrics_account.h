/* The figures of domain.md §7 out of what is known of one account. Pure. */
#ifndef DUNHUB_LEDGER_METRICS_ACCOUNT_H
#define DUNHUB_LEDGER_METRICS_ACCOUNT_H

#include "ledger/balance.h"
#include "ledger/metrics.h"

/* Money that names the invoice; where the ledger states what is open, its own word on the rest is taken on the day it was
 * settled. Payments live in the arena. */
MetricInvoice metrics_invoice_of(const AccountState *state, const InvoiceBalance *balance, Arena *arena);
/* 1 of 1 where the account was resolved (its latest way out by payment in that currency lies in the period) and is active 90
 * days later: its ledger went on issuing to it, it is neither disconnected nor moved out. 0 of 1: it is not. 0 of 0: it was
 * not resolved, or less than 90 days ago. */
Ratio metrics_retention_of(const AccountState *state, Currency currency, Date from, Date to, Date as_of);

#endif
