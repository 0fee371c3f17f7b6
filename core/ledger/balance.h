/* What is owed, invoice by invoice and currency by currency, derived anew from invoices, payments, credits and disputes
 * (domain.md §3.6-3.10). Nothing here is stored: the same facts give the same balances, in whatever order they came. */
#ifndef DUNHUB_LEDGER_BALANCE_H
#define DUNHUB_LEDGER_BALANCE_H

#include "ledger/dates.h"
#include "model/state.h"

typedef struct {
    const Invoice *invoice; /* row of the state the ledger was made from */
    Date overdue_on;
    int64_t open;           /* amount - settled - applied credit; 0 for void, written off and draft */
    int64_t disputed;       /* of what is open, by open disputes */
    int64_t rest;           /* open - disputed: what may be demanded; 0 of one that a person left out of dunning, and of an
                               account that is collected with its parent */
    int64_t days_overdue;   /* calendar age */
    bool charge;            /* neither fee nor interest */
    bool in_plan;           /* under a running plan */
    bool counted;           /* §1 "counted invoice": overdue, not in a plan, rest above 0 */
    Date settled_on;        /* day of the money that paid the last of it; DATE_NONE */
} InvoiceBalance;

typedef struct {
    Currency currency;
    int64_t overdue;         /* overdue(c), §3.6 */
    int64_t overdue_charges; /* the same without fees and interest: E2, exit, §3.9 */
    int64_t contested;       /* overdue_charges if neither disputes nor plans took anything out */
    int64_t balance;         /* open of all invoices less unapplied credit; may be negative */
    int64_t unapplied;       /* credit and money that belong to no invoice */
    int64_t pending;         /* announced money, plan instalments left out */
    int64_t overdue_invoices;
} CurrencyBalance;

typedef struct {
    Date today;
    InvoiceBalance *invoices; /* in the order of the state's rows */
    size_t n_invoices;
    CurrencyBalance *currencies; /* by code; every currency of an invoice, payment, credit or cycle */
    size_t n_currencies;
} Ledger;

/* Memory of *ret_ledger from the arena; it points into state and dies when an invoice is added there. */
void ledger_read(const AccountState *state, const DueRules *rules, Date today, Arena *arena, Ledger *ret_ledger);
/* As the books would have stood at the start of that day, by the dates on which money took effect. */
void ledger_read_as_of(const AccountState *state, const DueRules *rules, Date day, Arena *arena, Ledger *ret_ledger);

/* The rows that a ledger was read from, so that it is read again only when they, the rules or the day are others. */
typedef struct {
    const void *rows[N_KINDS]; /* of the kinds that ledgers are made of */
    size_t n[N_KINDS];
    DueRules rules;
    Date today;
    bool any;                  /* false: of nothing yet */
} LedgerFacts;
/* Borrows the rows: they must not change. */
void ledger_facts_of(const AccountState *state, const DueRules *rules, Date today, LedgerFacts *ret_facts);
/* Keeps a copy in the arena of those that may change. */
void ledger_facts_note(const AccountState *state, const DueRules *rules, Date today, Arena *arena, LedgerFacts *ret_facts);
/* A ledger read from these facts is what reading the state would give. */
bool ledger_facts_stand(const LedgerFacts *facts, const AccountState *state, const DueRules *rules, Date today);

/* All zero for a currency that does not occur. */
static inline CurrencyBalance ledger_currency(const Ledger *ledger, Currency currency)
{
    for (size_t i = 0; i < ledger->n_currencies; i++)
        if (currency_equal(ledger->currencies[i].currency, currency))
            return ledger->currencies[i];
    return (CurrencyBalance){.currency = currency};
}
/* NULL: no such invoice. */
const InvoiceBalance *ledger_invoice(const Ledger *ledger, const char *id);

/* a + b, held at the ends of the range instead of overflowing. */
static inline int64_t ledger_sum(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}
/* Of two issued on the same day, the one issued first: by id, where 9 stands before 10, because the order in which they
 * arrive is chance, and what is owed must not depend on it. */
bool ledger_goes_before(const Invoice *a, const Invoice *b);
/* A comma-separated list of ids names this one. */
bool ledger_lists(const char *ids, const char *id);

#endif
