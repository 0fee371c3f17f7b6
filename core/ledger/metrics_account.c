#include "ledger/metrics_account.h"

#include <stdlib.h>

enum { ACTIVE_DAYS = 90 };

static int by_day(gconstpointer a, gconstpointer b)
{
    const MetricPayment *x = a, *y = b;
    return x->day < y->day ? -1 : x->day > y->day;
}

static int64_t credited_of(const AccountState *state, const Invoice *invoice)
{
    if (invoice->status == INVOICE_VOID)
        return invoice->amount;
    int64_t credited = 0;
    STATE_FOREACH (state, KIND_CREDIT, const Credit, credit)
        if (!credit->cancelled && g_strcmp0(credit->invoice, invoice->id) == 0)
            credited = ledger_sum(credited, credit->amount);
    return credited;
}

MetricInvoice metrics_invoice_of(const AccountState *state, const InvoiceBalance *balance,
                                 Arena *arena)
{
    const Invoice *invoice = balance->invoice;
    MetricPayment *payments =
        arena_new0(arena, MetricPayment, STATE_COUNT(state, KIND_PAYMENT) + 1);
    size_t n = 0;
    int64_t named = 0;
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, payment) {
        bool settled = payment->state == PAYMENT_SETTLED || payment->state == PAYMENT_REVERSED;
        if (!settled || g_strcmp0(payment->invoice, invoice->id) != 0 ||
            !currency_equal(payment->currency, invoice->currency))
            continue;
        Date day = payment->effective_on != DATE_NONE ? payment->effective_on : payment->settled_on;
        bool reversed = payment->state == PAYMENT_REVERSED;
        payments[n++] =
            (MetricPayment){day, payment->amount, reversed ? payment->ended_on : DATE_NONE};
        named = reversed ? named : ledger_sum(named, payment->amount);
    }
    int64_t credited = credited_of(state, invoice);
    int64_t rest = invoice->amount - balance->open - named - credited;
    if (rest > 0 && balance->settled_on != DATE_NONE)
        payments[n++] = (MetricPayment){balance->settled_on, rest, DATE_NONE};
    qsort(payments, n, sizeof *payments, by_day);
    return (MetricInvoice){invoice->amount, credited, balance->overdue_on, payments, n};
}

static bool is_active_after(const AccountState *state, Date day)
{
    if (state->account.disconnected || state->account.path)
        return false;
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_CHARGE && invoice->issued_on > day &&
            invoice->issued_on <= day + ACTIVE_DAYS)
            return true;
    return false;
}

Ratio metrics_retention_of(const AccountState *state, Currency currency, Date from, Date to,
                           Date as_of)
{
    Date left = DATE_NONE;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (currency_equal(cycle->currency, currency) && !cycle->step &&
            g_strcmp0(cycle->exit_reason, "payment") == 0 && cycle->left_on >= from &&
            cycle->left_on <= to)
            left = MAX(left, cycle->left_on);
    if (left == DATE_NONE || left > as_of - ACTIVE_DAYS)
        return (Ratio){0, 0};
    return (Ratio){is_active_after(state, left) ? 1 : 0, 1};
}
