/* What bore interest, day by day, from the facts alone. */
#include "ledger/principal.h"

typedef struct {
    Arena *arena;
    AccountState state;
} Books;

static const DueRules rules = {10, 0};

static Date day_of(const char *text)
{
    Date day = DATE_NONE;
    g_assert_true(date_parse(text, &day, NULL));
    return day;
}

/* An invoice of 1,000.00 USD due on 1 July. */
static void books_open(Books *b)
{
    b->arena = arena_new();
    state_init(&b->state, b->arena, "A");
    Invoice *invoice = state_add(&b->state, KIND_INVOICE);
    invoice->id = "I1";
    invoice->amount = 100000;
    invoice->kind = INVOICE_CHARGE;
    invoice->status = INVOICE_OPEN;
    invoice->due_on = day_of("2026-07-01");
    g_assert_true(currency_parse("USD", &invoice->currency, NULL));
}

static Payment *pay(Books *b, const char *day, int64_t amount)
{
    Payment *p = state_add(&b->state, KIND_PAYMENT);
    p->id = arena_printf(b->arena, "P%zu", STATE_COUNT(&b->state, KIND_PAYMENT));
    p->amount = amount;
    p->state = PAYMENT_SETTLED;
    p->effective_on = p->settled_on = day_of(day);
    g_assert_true(currency_parse("USD", &p->currency, NULL));
    return p;
}

/* "02-05:100000 06-09:40000": days of July, both ends in. */
static char *spans_of(Books *b)
{
    const PrincipalSpan *spans = NULL;
    size_t n = principal_spans(&b->state, &rules, STATE_ROWS(&b->state, KIND_INVOICE, Invoice),
                               day_of("2026-07-02"), day_of("2026-07-21"), b->arena, &spans);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        char from[16], until[16];
        date_format(spans[i].from, from);
        date_format(spans[i].until - 1, until);
        g_string_append_printf(text, "%s%s-%s:%" G_GINT64_FORMAT, i ? " " : "", from + 8, until + 8,
                               spans[i].amount);
    }
    return g_string_free(text, FALSE);
}

static void assert_spans(Books *b, const char *expected)
{
    g_autofree char *seen = spans_of(b);
    g_assert_cmpstr(seen, ==, expected);
}

static void test_payments(void)
{
    Books b;
    books_open(&b);
    assert_spans(&b, "02-20:100000");
    pay(&b, "2026-07-05", 60000);
    assert_spans(&b, "02-05:100000 06-20:40000");
    Payment *last = pay(&b, "2026-07-10", 40000);
    assert_spans(&b, "02-05:100000 06-10:40000");
    last->state = PAYMENT_REVERSED;
    assert_spans(&b, "02-05:100000 06-20:40000");
    arena_free(b.arena);
}

static void test_order_of_arrival_means_nothing(void)
{
    Books b;
    books_open(&b);
    pay(&b, "2026-07-10", 40000);
    pay(&b, "2026-07-05", 60000);
    assert_spans(&b, "02-05:100000 06-10:40000");
    arena_free(b.arena);
}

static void add_hold(Books *b, int kind, const char *from, const char *until)
{
    Hold *hold = state_add(&b->state, KIND_HOLD);
    hold->id = "h";
    hold->kind = kind;
    hold->from = day_of(from);
    hold->until = day_of(until);
}

static void test_holds_freeze(void)
{
    Books b;
    books_open(&b);
    add_hold(&b, HOLD_PROMISE, "2026-07-03", "2026-07-18");
    assert_spans(&b, "02-20:100000");
    add_hold(&b, HOLD_BREATHING_SPACE, "2026-07-05", "2026-07-07");
    add_hold(&b, HOLD_HELP, "2026-07-07", "2026-07-09");
    assert_spans(&b, "02-04:100000 10-20:100000");
    arena_free(b.arena);
}

static void test_disputes_and_plans(void)
{
    Books b;
    books_open(&b);
    Dispute *dispute = state_add(&b.state, KIND_DISPUTE);
    dispute->id = dispute->invoice = "I1";
    dispute->amount = 30000;
    dispute->opened_on = day_of("2026-07-04");
    dispute->closed_on = day_of("2026-07-08");
    dispute->outcome = DISPUTE_FOR_CREDITOR;
    assert_spans(&b, "02-03:100000 04-07:70000 08-08:100000 09-20:100000");
    Plan *plan = state_add(&b.state, KIND_PLAN);
    plan->id = "p";
    plan->invoices = "I1";
    plan->made_on = day_of("2026-07-10");
    plan->ended_on = day_of("2026-07-15");
    plan->state = PLAN_DEFAULTED;
    assert_spans(&b, "02-03:100000 04-07:70000 08-08:100000 09-10:100000 15-20:100000");
    arena_free(b.arena);
}

static void test_stated(void)
{
    Books b;
    books_open(&b);
    Invoice *invoice = STATE_ROWS(&b.state, KIND_INVOICE, Invoice);
    invoice->ledger_open = 20000;
    principal_note_open(invoice, day_of("2026-07-04"), 50000, b.arena);
    principal_note_open(invoice, day_of("2026-07-06"), 50000, b.arena);
    principal_note_open(invoice, day_of("2026-07-09"), 30000, b.arena);
    principal_note_open(invoice, day_of("2026-07-09"), 20000, b.arena);
    g_assert_cmpstr(invoice->opens, ==, "2026-07-04:50000,2026-07-09:20000");
    assert_spans(&b, "02-04:50000 05-09:50000 10-20:20000");
    arena_free(b.arena);
}

/* A ledger that states another amount every day does not grow the record without end. */
static void test_statements_are_bounded(void)
{
    Books b;
    books_open(&b);
    Invoice *invoice = STATE_ROWS(&b.state, KIND_INVOICE, Invoice);
    for (int i = 0; i < 1000; i++)
        principal_note_open(invoice, day_of("2026-07-01") + i, i, b.arena);
    g_assert_cmpuint(strlen(invoice->opens), <, 60 * 16);
    g_assert_true(g_str_has_suffix(invoice->opens, ":999"));
    arena_free(b.arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/principal/payments", test_payments);
    g_test_add_func("/principal/order", test_order_of_arrival_means_nothing);
    g_test_add_func("/principal/holds", test_holds_freeze);
    g_test_add_func("/principal/disputes-and-plans", test_disputes_and_plans);
    g_test_add_func("/principal/stated", test_stated);
    g_test_add_func("/principal/bounded", test_statements_are_bounded);
    return g_test_run();
}
