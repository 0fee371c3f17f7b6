#include "ledger/balance.h"

#include <string.h>

#include "base/text.h"

enum { FEW = 64 }; /* invoices that are put in order in place */

/* Allocation, §3.10: named money first, in order of arrival; then all other money, in order of
 * arrival, to open charges by overdue date and issue, then to fees and interest. Until all is
 * applied, `open` of an invoice is what it can still take. */
typedef struct {
    const AccountState *state;
    const DueRules *rules;
    Date as_of; /* DATE_NONE: everything that is known */
    Arena *arena;
    Ledger *ledger;
    int64_t *stated_paid; /* by row; NULL: no invoice states what is open */
    size_t *order; /* rows in which unnamed money settles invoices; NULL: not asked for yet */
    size_t next;   /* row after the one named last: money often comes in the order of invoices */
} Allocation;

bool ledger_goes_before(const Invoice *a, const Invoice *b)
{
    int by_id = strverscmp(a->id, b->id);
    return by_id != 0 ? by_id < 0 : a->sequence < b->sequence;
}

bool ledger_lists(const char *ids, const char *id)
{
    if (!ids || !id)
        return false;
    size_t n = strlen(id);
    for (const char *p = ids; *p;) {
        const char *end = strchrnul(p, ',');
        if ((size_t)(end - p) == n && memcmp(p, id, n) == 0)
            return true;
        p = *end ? end + 1 : end;
    }
    return false;
}

static bool is_owed(const Invoice *invoice)
{
    return invoice->status == INVOICE_OPEN;
}

static bool is_stated(const Allocation *a, const Invoice *invoice)
{
    return invoice->ledger_open != AMOUNT_NONE && a->as_of == DATE_NONE;
}

static bool money_took_effect(const Allocation *a, Date effective_on, Date learnt_on)
{
    if (a->as_of == DATE_NONE)
        return true;
    Date day = effective_on != DATE_NONE ? effective_on : learnt_on;
    return day == DATE_NONE || day < a->as_of;
}

static bool payment_counts(const Allocation *a, const Payment *p)
{
    return p->state == PAYMENT_SETTLED && p->left_on == DATE_NONE &&
           money_took_effect(a, p->effective_on, p->settled_on);
}

static bool credit_counts(const Allocation *a, const Credit *c)
{
    return !c->cancelled && c->left_on == DATE_NONE &&
           money_took_effect(a, c->issued_on, DATE_NONE);
}

static inline CurrencyBalance *currency_row(Ledger *ledger, Currency currency)
{
    for (size_t i = 0; i < ledger->n_currencies; i++)
        if (currency_equal(ledger->currencies[i].currency, currency))
            return &ledger->currencies[i];
    return NULL;
}

static void currency_insert(Ledger *ledger, Currency currency)
{
    if (!currency.code[0] || currency_row(ledger, currency))
        return;
    size_t at = ledger->n_currencies;
    while (at > 0 && currency_compare(ledger->currencies[at - 1].currency, currency) > 0) {
        ledger->currencies[at] = ledger->currencies[at - 1];
        at--;
    }
    ledger->currencies[at] = (CurrencyBalance){.currency = currency};
    ledger->n_currencies++;
}

/* Most often all is of one currency. */
static inline void currency_note(Ledger *ledger, Currency currency)
{
    if (ledger->n_currencies == 0 || !currency_equal(ledger->currencies[0].currency, currency))
        currency_insert(ledger, currency);
}

static void list_currencies(const AccountState *state, Arena *arena, Ledger *ledger)
{
    size_t most = STATE_COUNT(state, KIND_INVOICE) + STATE_COUNT(state, KIND_PAYMENT) +
                  STATE_COUNT(state, KIND_CREDIT) + STATE_COUNT(state, KIND_CYCLE);
    ledger->currencies = arena_take(arena, sizeof(CurrencyBalance) * (most + 1));
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, p)
        currency_note(ledger, p->currency);
    STATE_FOREACH (state, KIND_CREDIT, const Credit, c)
        currency_note(ledger, c->currency);
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, c)
        currency_note(ledger, c->currency);
}

/* ---- the order of unnamed money -------------------------------------------------------------- */

static int order_compare(const void *pa, const void *pb, void *data)
{
    const Ledger *ledger = data;
    size_t ia = *(const size_t *)pa, ib = *(const size_t *)pb;
    const InvoiceBalance *a = &ledger->invoices[ia], *b = &ledger->invoices[ib];
    bool a_left = a->invoice->left_on != DATE_NONE, b_left = b->invoice->left_on != DATE_NONE;
    if (a_left != b_left) /* what had been paid of a member that left stays paid */
        return a_left ? -1 : 1;
    if (a->charge != b->charge)
        return a->charge ? -1 : 1;
    if (a->overdue_on != b->overdue_on)
        return a->overdue_on < b->overdue_on ? -1 : 1;
    if (a->invoice->issued_on != b->invoice->issued_on)
        return a->invoice->issued_on < b->invoice->issued_on ? -1 : 1;
    if (ledger_goes_before(a->invoice, b->invoice))
        return -1;
    return ia == ib ? 0 : 1;
}

static const size_t *order_of(Allocation *a)
{
    size_t n = a->ledger->n_invoices;
    if (a->order)
        return a->order;
    a->order = arena_new0(a->arena, size_t, n + 1);
    for (size_t i = 0; i < n; i++)
        a->order[i] = i;
    if (n > FEW)
        qsort_r(a->order, n, sizeof(size_t), order_compare, a->ledger);
    for (size_t i = 1; n <= FEW && i < n; i++) /* nearly as they came, most often */
        for (size_t k = i; k > 0; k--) {
            size_t left = a->order[k - 1];
            if (order_compare(&left, &a->order[k], a->ledger) < 0)
                break;
            a->order[k - 1] = a->order[k];
            a->order[k] = left;
        }
    return a->order;
}

/* ---- applying money -------------------------------------------------------------------------- */

/* A bank knows only the number that stands on the paper; a ledger its own id of what the hub booked. */
static const Invoice *invoice_by_number(const AccountState *state, const char *number)
{
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        if ((invoice->number && strcmp(invoice->number, number) == 0) ||
            (invoice->external_id && strcmp(invoice->external_id, number) == 0))
            return invoice;
    return NULL;
}

/* Ids are unique within the account, so it does not matter where the search begins. */
static size_t row_by_id(Allocation *a, const char *id)
{
    const Invoice *rows = STATE_ROWS(a->state, KIND_INVOICE, const Invoice);
    size_t n = a->ledger->n_invoices;
    for (size_t k = 0, i = a->next; k < n; k++, i++) {
        i = i < n ? i : 0;
        if (text_same(rows[i].id, id)) {
            a->next = i + 1;
            return i;
        }
    }
    return SIZE_MAX;
}

static size_t invoice_row(Allocation *a, const char *id)
{
    size_t row = id ? row_by_id(a, id) : SIZE_MAX;
    if (!id || row != SIZE_MAX)
        return row;
    const Invoice *named = invoice_by_number(a->state, id);
    return named ? (size_t)(named - STATE_ROWS(a->state, KIND_INVOICE, const Invoice)) : SIZE_MAX;
}

/* Takes from amount what the invoice can still take; returns the rest. sequence: of the money's
 * arrival. */
static int64_t settle(Allocation *a, size_t row, Currency currency, int64_t amount, Date day,
                      int64_t sequence)
{
    InvoiceBalance *b = &a->ledger->invoices[row];
    bool included =
        a->stated_paid && is_stated(a, b->invoice) && sequence <= b->invoice->stated_after;
    int64_t *room = included ? &a->stated_paid[row] : &b->open;
    if (amount <= 0 || *room <= 0 || !currency_equal(b->invoice->currency, currency))
        return amount;
    int64_t taken = MIN(amount, *room);
    *room -= taken;
    if (b->open == 0 && *room == 0)
        b->settled_on = day;
    return amount - taken;
}

static Date payment_day(const Payment *p)
{
    return p->effective_on != DATE_NONE ? p->effective_on : p->settled_on;
}

/* Money that names an invoice nobody has heard of yet waits for it: it must not seem to pay another
 * until its own appears. */
static int64_t apply_named(Allocation *a, const Payment *p)
{
    int64_t amount = p->amount;
    size_t row = invoice_row(a, p->invoice);
    if (p->invoice && row == SIZE_MAX)
        return 0;
    if (row != SIZE_MAX)
        amount = settle(a, row, p->currency, amount, payment_day(p), p->sequence);
    const Plan *plan = p->plan ? state_find(a->state, KIND_PLAN, p->plan) : NULL;
    const size_t *order = plan || p->child ? order_of(a) : NULL;
    for (size_t i = 0; plan && i < a->ledger->n_invoices; i++)
        if (ledger_lists(plan->invoices, a->ledger->invoices[order[i]].invoice->id))
            amount = settle(a, order[i], p->currency, amount, payment_day(p), p->sequence);
    /* what a member of the family paid settles its own debt first */
    for (size_t i = 0; p->child && i < a->ledger->n_invoices; i++)
        if (g_strcmp0(a->ledger->invoices[order[i]].invoice->child, p->child) == 0)
            amount = settle(a, order[i], p->currency, amount, payment_day(p), p->sequence);
    return amount;
}

/* Money that names a draft waits for it; no other money goes there. */
static bool takes_any_money(const Allocation *a, size_t row)
{
    return a->ledger->invoices[row].invoice->status != INVOICE_DRAFT;
}

static int64_t apply_unnamed(Allocation *a, const Payment *p, int64_t amount)
{
    const size_t *order = order_of(a);
    for (size_t k = 0; k < a->ledger->n_invoices && amount > 0; k++)
        if (takes_any_money(a, order[k]))
            amount = settle(a, order[k], p->currency, amount, payment_day(p), p->sequence);
    return amount;
}

static bool waits_outside_plans(const Payment *p)
{
    return p->state == PAYMENT_PENDING && !p->plan && p->left_on == DATE_NONE;
}

/* Named money first, each by each; what it leaves over and unnamed money after all of it. */
static void apply_payments(Allocation *a)
{
    size_t n = STATE_COUNT(a->state, KIND_PAYMENT);
    const Payment *payments = STATE_ROWS(a->state, KIND_PAYMENT, const Payment);
    int64_t *excess = arena_take(a->arena, sizeof *excess * (n + 1));
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        excess[i] = payment_counts(a, &payments[i]) ? apply_named(a, &payments[i]) : 0;
        any = any || excess[i] > 0;
        CurrencyBalance *c = waits_outside_plans(&payments[i])
                                 ? currency_row(a->ledger, payments[i].currency)
                                 : NULL;
        if (c)
            c->pending = ledger_sum(c->pending, payments[i].amount);
    }
    for (size_t i = 0; any && i < n; i++) {
        if (excess[i] <= 0)
            continue;
        int64_t rest = apply_unnamed(a, &payments[i], excess[i]);
        CurrencyBalance *c = currency_row(a->ledger, payments[i].currency);
        if (c && rest > 0)
            c->unapplied = ledger_sum(c->unapplied, rest);
    }
}

static void apply_credits(Allocation *a)
{
    STATE_FOREACH (a->state, KIND_CREDIT, const Credit, credit) {
        if (!credit_counts(a, credit))
            continue;
        size_t row = invoice_row(a, credit->invoice);
        int64_t rest = credit->amount;
        if (row != SIZE_MAX)
            rest = settle(a, row, credit->currency, rest, credit->issued_on, credit->sequence);
        CurrencyBalance *c = currency_row(a->ledger, credit->currency);
        if (c)
            c->unapplied = ledger_sum(c->unapplied, rest);
    }
}

/* What the ledger itself has credited on that invoice since the dispute was opened. */
static int64_t credited_since(const Allocation *a, const Dispute *dispute)
{
    int64_t sum = 0;
    STATE_FOREACH (a->state, KIND_CREDIT, const Credit, credit) {
        if (credit_counts(a, credit) && g_strcmp0(credit->invoice, dispute->invoice) == 0 &&
            credit->issued_on >= dispute->opened_on)
            sum = ledger_sum(sum, credit->amount);
    }
    return sum;
}

/* A dispute decided for the debtor is credited (domain.md §4), with or without a credit note of the
 * ledger; one that states what is open has done it itself. */
static void apply_decided_disputes(Allocation *a)
{
    STATE_FOREACH (a->state, KIND_DISPUTE, const Dispute, dispute) {
        size_t row = invoice_row(a, dispute->invoice);
        if (dispute->outcome != DISPUTE_FOR_DEBTOR || row == SIZE_MAX)
            continue;
        const Invoice *invoice = a->ledger->invoices[row].invoice;
        if (invoice->left_on != DATE_NONE)
            continue;
        int64_t rest = dispute->amount - credited_since(a, dispute);
        if (invoice->ledger_open == AMOUNT_NONE && rest > 0 &&
            money_took_effect(a, dispute->closed_on, DATE_NONE))
            settle(a, row, invoice->currency, rest, dispute->closed_on, INT64_MAX);
    }
}

/* ---- the sums -------------------------------------------------------------------------------- */

static void note_disputes(Allocation *a)
{
    STATE_FOREACH (a->state, KIND_DISPUTE, const Dispute, dispute) {
        size_t row = invoice_row(a, dispute->invoice);
        if (dispute->outcome != DISPUTE_OPEN || row == SIZE_MAX || dispute->amount <= 0)
            continue;
        InvoiceBalance *b = &a->ledger->invoices[row];
        b->disputed = MIN(ledger_sum(b->disputed, dispute->amount), b->open);
    }
}

static void sum_invoice(const Allocation *a, InvoiceBalance *b)
{
    CurrencyBalance *c = currency_row(a->ledger, b->invoice->currency);
    if (!c || !is_owed(b->invoice))
        return;
    c->balance = ledger_sum(c->balance, b->open);
    if (b->days_overdue == 0 || b->invoice->excluded)
        return;
    if (b->charge)
        c->contested = ledger_sum(c->contested, b->open);
    if (!b->counted)
        return;
    c->overdue = ledger_sum(c->overdue, b->rest);
    c->overdue_invoices++;
    if (b->charge)
        c->overdue_charges = ledger_sum(c->overdue_charges, b->rest);
}

static void take_unapplied(CurrencyBalance *c)
{
    c->balance = ledger_sum(c->balance, -c->unapplied);
    c->overdue = MAX(0, c->overdue - c->unapplied);
    c->overdue_charges = MAX(0, c->overdue_charges - c->unapplied);
    c->contested = MAX(0, c->contested - c->unapplied);
}

static bool plan_runs(const AccountState *state, const char *id)
{
    const Plan *plan = id ? state_find(state, KIND_PLAN, id) : NULL;
    return plan && plan->state == PLAN_ACTIVE;
}

/* Of a void one nothing is owed; of one that is written off or a draft money is still taken. */
static int64_t takes_at_most(const Invoice *invoice)
{
    return invoice->status == INVOICE_VOID ? 0 : MAX(0, invoice->amount);
}

/* The ledger says what is open: what it takes to have been paid is no longer to be applied. */
static void state_open(Allocation *a, size_t row)
{
    InvoiceBalance *b = &a->ledger->invoices[row];
    if (!a->stated_paid)
        a->stated_paid = arena_new0(a->arena, int64_t, a->ledger->n_invoices);
    int64_t amount = b->open;
    b->open = MAX(0, b->invoice->ledger_open);
    a->stated_paid[row] = MAX(0, amount - b->open);
}

static void list_invoices(Allocation *a, Date today)
{
    size_t n = STATE_COUNT(a->state, KIND_INVOICE);
    InvoiceBalance *list = arena_take(a->arena, sizeof *list * (n + 1));
    a->ledger->invoices = list;
    a->ledger->n_invoices = n;
    const Invoice *rows = STATE_ROWS(a->state, KIND_INVOICE, const Invoice);
    for (size_t i = 0; i < n; i++) {
        const Invoice *invoice = &rows[i];
        Date overdue_on = dates_overdue_on(a->rules, invoice->issued_on, invoice->due_on);
        list[i] = (InvoiceBalance){
            .invoice = invoice,
            .overdue_on = overdue_on,
            .open = takes_at_most(invoice),
            .days_overdue = dates_days_overdue(overdue_on, today),
            .charge = invoice->kind != INVOICE_FEE && invoice->kind != INVOICE_INTEREST,
            .in_plan = plan_runs(a->state, invoice->plan),
            .settled_on = DATE_NONE,
        };
        currency_note(a->ledger, invoice->currency);
        if (invoice->status != INVOICE_VOID && is_stated(a, invoice))
            state_open(a, i);
    }
}

static void close_invoices(Allocation *a)
{
    for (size_t i = 0; i < a->ledger->n_invoices; i++)
        if (!is_owed(a->ledger->invoices[i].invoice))
            a->ledger->invoices[i].open = 0;
    note_disputes(a);
    for (size_t i = 0; i < a->ledger->n_invoices; i++) {
        InvoiceBalance *b = &a->ledger->invoices[i];
        if (b->open == 0) /* nothing of it is left to count or to add */
            continue;
        bool elsewhere = a->state->account.collector != NULL;
        b->rest = b->invoice->excluded || elsewhere ? 0 : b->open - b->disputed;
        b->counted = b->days_overdue > 0 && b->rest > 0 && !b->in_plan;
        sum_invoice(a, b);
    }
}

/* Of an account that is collected with its parent the invoices keep what is open, and it owes nothing
 * itself: its sums are 0. */
static void read_at(const AccountState *state, const DueRules *rules, Date today, Date as_of,
                    Arena *arena, Ledger *ret_ledger)
{
    *ret_ledger = (Ledger){.today = today};
    Allocation a = {
        .state = state, .rules = rules, .as_of = as_of, .arena = arena, .ledger = ret_ledger};
    list_currencies(state, arena, ret_ledger);
    list_invoices(&a, today);
    apply_decided_disputes(&a);
    apply_credits(&a);
    apply_payments(&a);
    close_invoices(&a);
    for (size_t i = 0; i < ret_ledger->n_currencies; i++)
        take_unapplied(&ret_ledger->currencies[i]);
    for (size_t i = 0; state->account.collector && i < ret_ledger->n_currencies; i++)
        ret_ledger->currencies[i] =
            (CurrencyBalance){.currency = ret_ledger->currencies[i].currency};
}

void ledger_read(const AccountState *state, const DueRules *rules, Date today, Arena *arena,
                 Ledger *ret_ledger)
{
    read_at(state, rules, today, DATE_NONE, arena, ret_ledger);
}

void ledger_read_as_of(const AccountState *state, const DueRules *rules, Date day, Arena *arena,
                       Ledger *ret_ledger)
{
    read_at(state, rules, day, day, arena, ret_ledger);
}

const InvoiceBalance *ledger_invoice(const Ledger *ledger, const char *id)
{
    for (size_t i = 0; i < ledger->n_invoices; i++)
        if (g_strcmp0(ledger->invoices[i].invoice->id, id) == 0)
            return &ledger->invoices[i];
    return NULL;
}
