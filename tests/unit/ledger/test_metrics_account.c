/* The figures of one account: money that names an invoice, what its ledger says of the rest, and who stays. */
#include "ledger/metrics_account.h"

static const Currency usd = {"USD"};

static Invoice *invoice(AccountState *state, const char *id, int64_t amount, Date issued, Date due)
{
    Invoice *row = state_add(state, KIND_INVOICE);
    row->id = id;
    row->currency = usd;
    row->amount = amount;
    row->issued_on = issued;
    row->due_on = due;
    row->kind = INVOICE_CHARGE;
    row->status = INVOICE_OPEN;
    return row;
}

static void paid(AccountState *state, const char *id, const char *of, int64_t amount, Date day,
                 Date reversed)
{
    Payment *row = state_add(state, KIND_PAYMENT);
    row->id = id;
    row->currency = usd;
    row->amount = amount;
    row->invoice = of;
    row->state = reversed == DATE_NONE ? PAYMENT_SETTLED : PAYMENT_REVERSED;
    row->settled_on = day;
    row->ended_on = reversed;
}

static void test_invoice(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    state_init(&state, arena, "A");
    invoice(&state, "I1", 10000, 80, 99);
    paid(&state, "P2", "I1", 6000, 120, DATE_NONE);
    paid(&state, "P1", "I1", 4000, 110, 115);
    paid(&state, "P3", "I2", 700, 112, DATE_NONE);
    Credit *credit = state_add(&state, KIND_CREDIT);
    credit->id = "K";
    credit->currency = usd;
    credit->amount = 1000;
    credit->invoice = "I1";
    DueRules rules = {0, 0};
    Ledger ledger;
    ledger_read(&state, &rules, 200, arena, &ledger);
    MetricInvoice of = metrics_invoice_of(&state, &ledger.invoices[0], arena);
    g_assert_cmpint(of.overdue_on, ==, 100);
    g_assert_cmpint(of.credited, ==, 1000);
    g_assert_cmpuint(of.n_payments, ==, 2);
    g_assert_cmpint(of.payments[0].day, ==, 110); /* in the order of their days */
    g_assert_cmpint(of.payments[0].reversed_on, ==, 115);
    g_assert_cmpint(of.payments[1].amount, ==, 6000);
    Metrics metrics = metrics_of(&of, 1, 100, 100, 200);
    g_assert_cmpint(metrics.collection_rate_45d.numerator, ==, 6000);
    g_assert_cmpint(metrics.collection_rate_45d.denominator, ==, 9000);
}

static void test_retention(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    state_init(&state, arena, "A");
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 500).denominator, ==, 0);
    Cycle *cycle = state_add(&state, KIND_CYCLE);
    cycle->id = "c1";
    cycle->currency = usd;
    cycle->exit_reason = "payment";
    cycle->left_on = 100;
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 189).denominator, ==, 0); /* young */
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 190).denominator, ==, 1);
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 190).numerator, ==, 0);
    g_assert_cmpint(metrics_retention_of(&state, usd, 101, 500, 190).denominator, ==, 0);
    invoice(&state, "I1", 100, 191, 200);
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 300).numerator, ==, 0); /* too late */
    invoice(&state, "I2", 100, 190, 200);
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 300).numerator, ==, 1);
    state.account.path = "former_tenant";
    g_assert_cmpint(metrics_retention_of(&state, usd, 0, 500, 300).numerator, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/metrics/invoice", test_invoice);
    g_test_add_func("/metrics/retention", test_retention);
    return g_test_run();
}
