/* A second set of books for tests: kept from the facts that were sent and from what the audit reasons say was booked, never
 * from the hub's records; by double entry, and paying as slowly and plainly as domain.md §3.6-3.10 says it. */
#ifndef TESTS_ESCALATION_BOOKS_H
#define TESTS_ESCALATION_BOOKS_H

#include "driver.h"

enum { BOOKS_CURRENCIES = 3 };
static const char *const books_codes[BOOKS_CURRENCIES] = {"USD", "EUR", "GBP"};

typedef struct {
    const char *id, *code;
    int64_t amount, most; /* most: it ever was */
    Date issued_on, overdue_on;
    bool charge, excluded;
    int status;     /* InvoiceStatus */
    int64_t taken;  /* of it, by money and by what was conceded */
    int64_t conceded;
    const char *of; /* member of a family; NULL: none */
} Debt;

typedef struct {
    const char *id, *code, *invoice, *plan;
    int64_t amount;
    bool credit, counts;
    bool interest; /* it corrects interest */
    Date on; /* of a credit: the day it was given */
    int64_t left;
    const char *of;
} Inflow;

typedef struct {
    const char *id, *invoice;
    int64_t amount;
    Date opened_on;
    int outcome;
} Quarrel;

typedef struct {
    GArray *debts, *money, *quarrels;
    int64_t days_to_overdue;
} Books;

/* What one currency comes to. */
typedef struct {
    int64_t charged;  /* all that was ever demanded and is not void */
    int64_t received; /* all money and credit that counts */
    int64_t conceded; /* by disputes that the debtor won */
    int64_t unapplied, waiting;
    int64_t lost;     /* written off, or not issued yet: nobody is asked for it */
    int64_t open, overdue, overdue_charges;
} Trial;

static inline void books_open(Books *books)
{
    books->debts = g_array_new(FALSE, TRUE, sizeof(Debt));
    books->money = g_array_new(FALSE, TRUE, sizeof(Inflow));
    books->quarrels = g_array_new(FALSE, TRUE, sizeof(Quarrel));
}

static inline void books_close(Books *books)
{
    g_array_unref(books->debts);
    g_array_unref(books->money);
    g_array_unref(books->quarrels);
}

#define BOOKS_EACH(array, Type, it) \
    for (Type *it = (Type *)(void *)(array)->data, *it##_end = it + (array)->len; it < it##_end; it++)

static inline Debt *books_debt(const Books *books, const char *id)
{
    BOOKS_EACH(books->debts, Debt, debt)
        if (id && strcmp(debt->id, id) == 0)
            return debt;
    return NULL;
}

static inline Inflow *books_money(const Books *books, const char *id, bool credit)
{
    BOOKS_EACH(books->money, Inflow, money)
        if (money->credit == credit && strcmp(money->id, id) == 0)
            return money;
    return NULL;
}

static inline Debt *books_charge(Books *books, Debt debt)
{
    debt.most = debt.amount;
    if (debt.overdue_on == DATE_NONE)
        debt.overdue_on = debt.issued_on + (Date)books->days_to_overdue;
    g_array_append_val(books->debts, debt);
    return &g_array_index(books->debts, Debt, books->debts->len - 1);
}

/* ---- paying ---------------------------------------------------------------------------------- */

static inline bool books_takes(const Debt *debt)
{
    return debt->status != INVOICE_VOID;
}

static inline void books_pay(Debt *debt, Inflow *money)
{
    if (!books_takes(debt) || strcmp(debt->code, money->code) != 0)
        return;
    int64_t sum = MIN(money->left, debt->amount - debt->taken);
    debt->taken += sum;
    money->left -= sum;
}

static inline bool books_before(const Debt *a, const Debt *b)
{
    if (a->charge != b->charge)
        return a->charge;
    if (a->overdue_on != b->overdue_on)
        return a->overdue_on < b->overdue_on;
    if (a->issued_on != b->issued_on)
        return a->issued_on < b->issued_on;
    return strverscmp(a->id, b->id) < 0;
}

/* The next in order that takes this money; ids NULL: any but a draft; of NULL: of anybody. */
static inline Debt *books_next(const Books *books, const Inflow *money, const char *ids, const char *of)
{
    Debt *best = NULL;
    BOOKS_EACH(books->debts, Debt, debt) {
        bool meant = ids ? ledger_lists(ids, debt->id) : debt->status != INVOICE_DRAFT;
        meant = meant && (!of || g_strcmp0(of, debt->of) == 0);
        if (meant && books_takes(debt) && debt->taken < debt->amount &&
            strcmp(debt->code, money->code) == 0 && (!best || books_before(debt, best)))
            best = debt;
    }
    return best;
}

static inline void books_spread(const Books *books, Inflow *money, const char *ids, const char *of)
{
    Debt *debt;
    while (money->left > 0 && (debt = books_next(books, money, ids, of)))
        books_pay(debt, money);
}

static inline const char *books_plan(const AccountState *state, const char *id)
{
    const Plan *plan = id ? state_find(state, KIND_PLAN, id) : NULL;
    return plan ? plan->invoices : NULL;
}

static inline void books_decide_quarrels(const Books *books)
{
    BOOKS_EACH(books->quarrels, Quarrel, quarrel) {
        Debt *debt = books_debt(books, quarrel->invoice);
        if (!debt || quarrel->outcome != DISPUTE_FOR_DEBTOR || !books_takes(debt))
            continue;
        int64_t rest = quarrel->amount;
        BOOKS_EACH(books->money, Inflow, money)
            if (money->credit && money->counts && money->on >= quarrel->opened_on &&
                g_strcmp0(money->invoice, debt->id) == 0)
                rest -= money->amount;
        rest = CLAMP(rest, 0, debt->amount - debt->taken);
        debt->taken += rest;
        debt->conceded += rest;
    }
}

/* All of it anew. state: whose plans money names. */
static inline void books_settle(const Books *books, const AccountState *state)
{
    BOOKS_EACH(books->debts, Debt, debt)
        debt->taken = debt->conceded = 0;
    books_decide_quarrels(books);
    BOOKS_EACH(books->money, Inflow, money)
        money->left = money->counts ? money->amount : 0;
    for (int credit = 1; credit >= 0; credit--)
        BOOKS_EACH(books->money, Inflow, money) {
            Debt *named = books_debt(books, money->invoice);
            const char *ids = credit ? NULL : books_plan(state, money->plan);
            if (money->credit != credit || (money->invoice && !named && !credit))
                continue;
            if (named)
                books_pay(named, money);
            if (ids)
                books_spread(books, money, ids, NULL);
            if (money->of && !credit)
                books_spread(books, money, NULL, money->of);
        }
    BOOKS_EACH(books->money, Inflow, money)
        if (!money->credit && !(money->invoice && !books_debt(books, money->invoice)))
            books_spread(books, money, NULL, NULL);
}

/* ---- the trial balance ----------------------------------------------------------------------- */

static inline int64_t books_disputed(const Books *books, const Debt *debt)
{
    int64_t sum = 0;
    BOOKS_EACH(books->quarrels, Quarrel, quarrel)
        if (quarrel->outcome == DISPUTE_OPEN && strcmp(quarrel->invoice, debt->id) == 0)
            sum += quarrel->amount;
    return MIN(sum, debt->amount - debt->taken);
}

static inline bool books_in_plan(const AccountState *state, const Debt *debt)
{
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        if (plan->state == PLAN_ACTIVE && ledger_lists(plan->invoices, debt->id))
            return true;
    return false;
}

static inline void books_add_debt(const Books *books, const AccountState *state, Date today,
                                  const Debt *debt, Trial *trial)
{
    if (debt->status == INVOICE_VOID)
        return;
    int64_t open = debt->amount - debt->taken;
    trial->charged += debt->amount;
    trial->conceded += debt->conceded;
    if (debt->status != INVOICE_OPEN) {
        trial->lost += open;
        return;
    }
    trial->open += open;
    if (debt->overdue_on > today || debt->excluded || books_in_plan(state, debt))
        return;
    int64_t rest = open - books_disputed(books, debt);
    trial->overdue += rest;
    trial->overdue_charges += debt->charge ? rest : 0;
}

static inline Trial books_trial(const Books *books, const AccountState *state, Date today,
                                const char *code)
{
    Trial trial = {0};
    books_settle(books, state);
    BOOKS_EACH(books->debts, Debt, debt)
        if (strcmp(debt->code, code) == 0)
            books_add_debt(books, state, today, debt, &trial);
    BOOKS_EACH(books->money, Inflow, money) {
        if (strcmp(money->code, code) != 0 || !money->counts)
            continue;
        bool waits = !money->credit && money->invoice && !books_debt(books, money->invoice);
        trial.received += money->amount;
        trial.waiting += waits ? money->left : 0;
        trial.unapplied += waits ? 0 : money->left;
    }
    trial.overdue = MAX(0, trial.overdue - trial.unapplied);
    trial.overdue_charges = MAX(0, trial.overdue_charges - trial.unapplied);
    return trial;
}

/* ---- what the hub says it booked ------------------------------------------------------------- */

static inline void books_told(Books *books, Arena *arena, const AccountState *after, const Reason *reason)
{
    g_autoptr(json_t) detail = reason->detail ? json_loads(reason->detail, 0, NULL) : NULL;
    int64_t amount = json_integer_value(json_object_get(detail, "amount"));
    const char *code = json_string_value(json_object_get(detail, "currency"));
    const char *invoice = json_string_value(json_object_get(detail, "invoice"));
    Date today = after->account.business_date;
    if (strcmp(reason->event, "fee_charged") == 0)
        books_charge(books, (Debt){.id = arena_strdup(arena, invoice), .code = arena_strdup(arena, code),
                                   .amount = amount, .issued_on = today, .overdue_on = DATE_NONE,
                                   .status = INVOICE_OPEN});
    if (strcmp(reason->event, "interest_booked") == 0)
        books_charge(books, (Debt){.id = reason->subject, .code = arena_strdup(arena, code),
                                   .amount = amount, .issued_on = today, .overdue_on = DATE_NONE,
                                   .status = INVOICE_OPEN});
    Inflow credit = {.credit = true, .counts = true, .id = reason->subject, .amount = amount, .on = today};
    if (strcmp(reason->event, "interest_corrected") == 0) {
        credit.amount = -amount;
        credit.interest = true;
        credit.code = arena_strdup(arena, code);
        g_array_append_val(books->money, credit);
    }
    if (strcmp(reason->event, "fee_reversed") == 0) {
        credit.invoice = arena_strdup(arena, invoice);
        credit.id = arena_printf(arena, "correction:%s", invoice);
        credit.code = books_debt(books, invoice)->code;
        g_array_append_val(books->money, credit);
    }
    if (strcmp(reason->event, "credit_booked") == 0) {
        credit.code = arena_strdup(arena, code);
        g_array_append_val(books->money, credit);
    }
}

#endif
