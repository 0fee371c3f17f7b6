/* Segments as the history of payments tells them (domain.md §7), at their limits. */
#include "driver.h"

typedef struct {
    int on_time, late_10, late_31; /* invoices, by the days after due on which they were paid */
    bool large;                    /* enough revenue to be vip */
    const char *segment;
} Row;

static void add_paid(Driver *v, int number, int days_late)
{
    Date due = day_of("2026-01-10") + 10 * number;
    Invoice *invoice = state_add(&v->state, KIND_INVOICE);
    invoice->id = arena_printf(v->arena, "I%d", number);
    invoice->currency = currency("USD");
    invoice->amount = 1000;
    invoice->issued_on = due - 30;
    invoice->due_on = due;
    invoice->status = INVOICE_OPEN;
    Payment *payment = state_add(&v->state, KIND_PAYMENT);
    payment->id = arena_printf(v->arena, "P%d", number);
    payment->currency = invoice->currency;
    payment->amount = invoice->amount;
    payment->state = PAYMENT_SETTLED;
    payment->invoice = invoice->id;
    payment->effective_on = payment->settled_on = due + days_late;
}

static void test_history(void)
{
    static const Row rows[] = {
        {19, 1, 0, true, "vip"},       /* 95 in 100 within five days, none over 30 */
        {18, 2, 0, true, "standard"},  /* 90 in 100 */
        {19, 0, 1, true, "standard"},  /* 95 in 100, but one over 30 days */
        {19, 1, 0, false, "standard"}, /* excellent alone makes nobody vip */
        {6, 4, 0, true, "standard"},   /* 60 in 100 on time is not poor */
        {5, 4, 0, true, "high_risk"},  /* 56 in 100 is */
        {1, 1, 0, true, "standard"},   /* two invoices say nothing */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Driver v;
        int number = 0;
        driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
        v.state.account.pinned_segment = NULL;
        v.state.account.history = -1;
        v.state.account.annual_revenue_minor = rows[i].large ? 10000001 : 10000000;
        for (int k = 0; k < rows[i].on_time; k++)
            add_paid(&v, number++, 0);
        for (int k = 0; k < rows[i].late_10; k++)
            add_paid(&v, number++, 10);
        for (int k = 0; k < rows[i].late_31; k++)
            add_paid(&v, number++, 31);
        g_test_message("row %zu", i);
        g_assert_cmpstr(segment_of(&v.state, &v.book, day_of("2026-08-20")), ==, rows[i].segment);
        driver_close(&v);
    }
}

/* Within five days after due counts, on the sixth it does not. */
static void test_five_days(void)
{
    static const struct {
        int days;
        const char *segment;
    } rows[] = {{5, "vip"}, {6, "standard"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Driver v;
        driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
        v.state.account.pinned_segment = NULL;
        v.state.account.history = -1;
        v.state.account.annual_revenue_minor = 10000001;
        for (int k = 0; k < 20; k++)
            add_paid(&v, k, k < 18 ? 0 : rows[i].days);
        g_assert_cmpstr(segment_of(&v.state, &v.book, day_of("2026-08-20")), ==, rows[i].segment);
        driver_close(&v);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/segment/history", test_history);
    g_test_add_func("/segment/five_days", test_five_days);
    return g_test_run();
}
