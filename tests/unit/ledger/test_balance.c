/* Allocation, sums and ages of domain.md §3.5-3.10 and §5, a row for each rule. */
#include "ledger/age.h"

static const DueRules rules = {.days_to_overdue = 10};
static const Currency usd = {"USD"};

typedef struct {
    Arena *arena;
    AccountState state;
    Ledger ledger;
} Books;

static Date day(const char *text)
{
    Date date;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static void books_open(Books *b)
{
    b->arena = arena_new();
    state_init(&b->state, b->arena, "A");
}

static Invoice *charge(Books *b, const char *id, int64_t amount, const char *issued_on)
{
    Invoice *i = state_add(&b->state, KIND_INVOICE);
    i->id = id;
    i->currency = usd;
    i->amount = amount;
    i->issued_on = day(issued_on);
    i->kind = INVOICE_CHARGE;
    i->status = INVOICE_OPEN;
    i->sequence = (int64_t)STATE_COUNT(&b->state, KIND_INVOICE);
    return i;
}

static Payment *money(Books *b, int64_t amount, const char *invoice)
{
    Payment *p = state_add(&b->state, KIND_PAYMENT);
    p->id = arena_printf(b->arena, "P%zu", STATE_COUNT(&b->state, KIND_PAYMENT));
    p->currency = usd;
    p->amount = amount;
    p->invoice = invoice;
    p->state = PAYMENT_SETTLED;
    p->settled_on = day("2026-07-20");
    p->sequence = 100 + (int64_t)STATE_COUNT(&b->state, KIND_PAYMENT);
    return p;
}

static CurrencyBalance look(Books *b, const char *today)
{
    ledger_read(&b->state, &rules, day(today), b->arena, &b->ledger);
    return ledger_currency(&b->ledger, usd);
}

static int64_t open_of(const Books *b, const char *id)
{
    return ledger_invoice(&b->ledger, id)->open;
}

static void test_named_money_first(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-06-01");
    charge(&b, "I2", 1000, "2026-06-02");
    money(&b, 700, NULL);
    money(&b, 1200, "I2"); /* 200 too much: goes to the oldest charge */
    CurrencyBalance c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I1"), ==, 100);
    g_assert_cmpint(open_of(&b, "I2"), ==, 0);
    g_assert_cmpint(c.overdue, ==, 100);
    arena_free(b.arena);
}

static void test_money_waits_for_its_invoice(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-06-01");
    money(&b, 1200, "I2"); /* told of before the invoice it pays */
    CurrencyBalance c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I1"), ==, 1000);
    g_assert_cmpint(c.overdue, ==, 1000);
    g_assert_cmpint(c.unapplied, ==, 0);
    charge(&b, "I2", 1100, "2026-06-02");
    c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I2"), ==, 0);
    g_assert_cmpint(open_of(&b, "I1"), ==, 900);
    charge(&b, "I3", 300, "2026-06-03")->number = "2026/17";
    money(&b, 300, "2026/17"); /* as it stands on the paper */
    c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I3"), ==, 0);
    g_assert_cmpint(c.overdue, ==, 900);
    arena_free(b.arena);
}

static void test_charges_before_fees(void)
{
    Books b;
    books_open(&b);
    charge(&b, "F", 500, "2026-05-01")->kind = INVOICE_FEE;
    charge(&b, "I1", 1000, "2026-06-01");
    money(&b, 1100, NULL);
    CurrencyBalance c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I1"), ==, 0);
    g_assert_cmpint(open_of(&b, "F"), ==, 400);
    g_assert_cmpint(c.overdue, ==, 400);
    g_assert_cmpint(c.overdue_charges, ==, 0);
    arena_free(b.arena);
}

static void test_unapplied_credit_lowers_the_sum_only(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-06-01");
    Credit *credit = state_add(&b.state, KIND_CREDIT);
    credit->id = "C1";
    credit->currency = usd;
    credit->amount = 400;
    CurrencyBalance c = look(&b, "2026-07-20");
    int64_t age;
    g_assert_cmpint(c.overdue, ==, 600);
    g_assert_cmpint(open_of(&b, "I1"), ==, 1000);
    g_assert_nonnull(age_anchor(&b.state, &b.ledger, usd, &age));
    credit->amount = 5000;
    c = look(&b, "2026-07-20");
    g_assert_cmpint(c.overdue, ==, 0);
    g_assert_cmpint(c.balance, ==, -4000);
    arena_free(b.arena);
}

static void test_what_the_ledger_states(void)
{
    Books b;
    books_open(&b);
    Invoice *old = charge(&b, "I0", 1000, "2026-05-01");
    old->ledger_open = 0; /* paid by money nobody told of */
    old->stated_after = 50;
    Invoice *stated = charge(&b, "I1", 1000, "2026-06-01");
    stated->ledger_open = 600;
    stated->stated_after = 101; /* the first payment was known then */
    money(&b, 400, "I1");
    CurrencyBalance c = look(&b, "2026-07-20");
    g_assert_cmpint(c.overdue, ==, 600);
    money(&b, 250, NULL); /* came afterwards */
    c = look(&b, "2026-07-20");
    g_assert_cmpint(open_of(&b, "I0"), ==, 0);
    g_assert_cmpint(c.overdue, ==, 350);
    arena_free(b.arena);
}

static void test_states_that_do_not_count(void)
{
    static const struct {
        int status;
        bool excluded;
        int64_t overdue;
    } rows[] = {{INVOICE_OPEN, false, 1000},
                {INVOICE_VOID, false, 0},
                {INVOICE_WRITTEN_OFF, false, 0},
                {INVOICE_DRAFT, false, 0},
                {INVOICE_OPEN, true, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Books b;
        books_open(&b);
        Invoice *invoice = charge(&b, "I1", 1000, "2026-06-01");
        invoice->status = rows[i].status;
        invoice->excluded = rows[i].excluded;
        money(&b, 300, NULL)->state = PAYMENT_PENDING;
        money(&b, 300, NULL)->state = PAYMENT_REVERSED;
        CurrencyBalance c = look(&b, "2026-07-20");
        g_assert_cmpint(c.overdue, ==, rows[i].overdue);
        g_assert_cmpint(c.pending, ==, 300);
        arena_free(b.arena);
    }
}

static void test_disputes(void)
{
    static const struct {
        int outcome;
        int64_t amount, overdue, credited;
    } rows[] = {
        {DISPUTE_OPEN, 400, 600, 0},          {DISPUTE_OPEN, 9000, 0, 0},
        {DISPUTE_FOR_CREDITOR, 400, 1000, 0}, {DISPUTE_FOR_DEBTOR, 400, 600, 0},
        {DISPUTE_FOR_DEBTOR, 400, 600, 400},  {DISPUTE_WITHDRAWN, 400, 1000, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Books b;
        books_open(&b);
        charge(&b, "I1", 1000, "2026-06-01");
        Dispute *dispute = state_add(&b.state, KIND_DISPUTE);
        dispute->id = "D1";
        dispute->invoice = "I1";
        dispute->amount = rows[i].amount;
        dispute->opened_on = day("2026-07-01");
        dispute->outcome = rows[i].outcome;
        if (rows[i].credited) {
            Credit *credit = state_add(&b.state, KIND_CREDIT);
            credit->id = "C1";
            credit->currency = usd;
            credit->amount = rows[i].credited;
            credit->invoice = "I1";
            credit->issued_on = day("2026-07-02");
        }
        CurrencyBalance c = look(&b, "2026-07-20");
        g_assert_cmpint(c.overdue, ==, rows[i].overdue);
        arena_free(b.arena);
    }
}

static void test_enormous_amounts_stay_in_range(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", INT64_MAX, "2026-06-01");
    charge(&b, "I2", INT64_MAX, "2026-06-01");
    g_assert_cmpint(look(&b, "2026-07-20").overdue, ==, INT64_MAX);
    arena_free(b.arena);
}

/* ---- ages ------------------------------------------------------------------------------------ */

static Hold *hold(Books *b, int kind, const char *from, const char *until, const char *over_on)
{
    Hold *h = state_add(&b->state, KIND_HOLD);
    h->id = arena_printf(b->arena, "h%zu", STATE_COUNT(&b->state, KIND_HOLD));
    h->kind = kind;
    h->from = day(from);
    h->until = until ? day(until) : DATE_NONE;
    h->over_on = over_on ? day(over_on) : DATE_NONE;
    return h;
}

static int64_t age_on(Books *b, const char *today)
{
    int64_t age;
    look(b, today);
    age_anchor(&b->state, &b->ledger, usd, &age);
    return age;
}

static void test_age_counts_from_one(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-07-01");
    g_assert_cmpint(age_on(&b, "2026-07-10"), ==, 0);
    g_assert_cmpint(age_on(&b, "2026-07-11"), ==, 1);
    g_assert_cmpint(age_on(&b, "2026-08-01"), ==, 22);
    arena_free(b.arena);
}

static void test_held_days_are_a_union(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-07-01"); /* overdue on the 11th */
    hold(&b, HOLD_PAUSE, "2026-07-08", "2026-07-12",
         NULL); /* 11, 12: earlier days subtract nothing */
    hold(&b, HOLD_HELP, "2026-07-12", "2026-07-14", "2026-07-15"); /* 13, 14 */
    hold(&b, HOLD_PROMISE, "2026-07-18", "2026-07-30",
         "2026-07-19");                                     /* ended by a person: 18, 19 */
    hold(&b, HOLD_GRACE, "2026-07-20", "2026-07-30", NULL); /* stops no clock */
    g_assert_cmpint(age_on(&b, "2026-07-20"), ==, 10 - 6);
    arena_free(b.arena);
}

static void test_bankruptcy_holds_old_debt_only(void)
{
    Books b;
    books_open(&b);
    charge(&b, "old", 1000, "2026-06-01");
    charge(&b, "new", 1000, "2026-06-20");
    hold(&b, HOLD_BANKRUPTCY, "2026-06-15", NULL, NULL)->petition_on = day("2026-06-15");
    g_assert_cmpint(age_on(&b, "2026-07-10"), ==, 11); /* new: overdue on June 30 */
    g_assert_cmpstr(age_anchor(&b.state, &b.ledger, usd, &(int64_t){0})->invoice->id, ==, "new");
    arena_free(b.arena);
}

static void test_whole_dispute_stops_its_invoice(void)
{
    Books b;
    books_open(&b);
    charge(&b, "I1", 1000, "2026-07-01");
    Dispute *dispute = state_add(&b.state, KIND_DISPUTE);
    dispute->id = "D1";
    dispute->invoice = "I1";
    dispute->amount = 1000;
    dispute->opened_on = day("2026-07-12");
    dispute->whole_from = day("2026-07-13");
    dispute->closed_on = day("2026-07-16");
    dispute->outcome = DISPUTE_FOR_CREDITOR;
    g_assert_cmpint(age_on(&b, "2026-07-20"), ==, 10 - 4);
    arena_free(b.arena);
}

/* However many there are and in whatever order they came, unnamed money settles the oldest first. */
static void test_oldest_first(void)
{
    static const int counts[] = {1, 2, 13, 64, 65, 300};
    g_autoptr(GRand) random = g_rand_new_with_seed(9);
    for (size_t c = 0; c < G_N_ELEMENTS(counts); c++) {
        Books b;
        books_open(&b);
        int n = counts[c], paid = n / 2;
        g_autofree int *age = g_new(int, n); /* of each, a permutation */
        for (int i = 0; i < n; i++) {
            int at = g_rand_int_range(random, 0, i + 1);
            age[i] = age[at];
            age[at] = i;
        }
        for (int i = 0; i < n; i++)
            charge(&b, arena_printf(b.arena, "I%d", i), 100, "2024-07-01")->issued_on -= age[i];
        money(&b, 100 * (int64_t)paid + 30, NULL);
        look(&b, "2026-07-20");
        for (int i = 0; i < n; i++) {
            int64_t wanted = age[i] >= n - paid ? 0 : age[i] == n - paid - 1 ? 70 : 100;
            g_assert_cmpint(open_of(&b, arena_printf(b.arena, "I%d", i)), ==, wanted);
        }
        arena_free(b.arena);
    }
}

/* Whatever the sums are made of makes the facts fall, and nothing else does. */
static void test_facts(void)
{
    Books b;
    books_open(&b);
    LedgerFacts facts = {0};
    Date today = day("2026-07-20");
    g_assert_false(ledger_facts_stand(&facts, &b.state, &rules, today));
    charge(&b, "I1", 1000, "2026-07-01");
    money(&b, 400, "I1");
    Credit *credit = state_add(&b.state, KIND_CREDIT);
    Dispute *dispute = state_add(&b.state, KIND_DISPUTE);
    Plan *plan = state_add(&b.state, KIND_PLAN);
    ledger_facts_note(&b.state, &rules, today, b.arena, &facts);
    g_assert_true(ledger_facts_stand(&facts, &b.state, &rules, today));
    int64_t *amounts[] = {&STATE_ROWS(&b.state, KIND_INVOICE, Invoice)->amount,
                          &STATE_ROWS(&b.state, KIND_PAYMENT, Payment)->amount, &credit->amount,
                          &dispute->amount, &plan->amount};
    for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++) {
        int64_t was = *amounts[i];
        *amounts[i] = 77;
        g_assert_false(ledger_facts_stand(&facts, &b.state, &rules, today));
        *amounts[i] = was;
        g_assert_true(ledger_facts_stand(&facts, &b.state, &rules, today));
    }
    g_assert_false(ledger_facts_stand(&facts, &b.state, &rules, today + 1));
    DueRules later = {.days_to_overdue = 11}, grace = {10, 1};
    g_assert_false(ledger_facts_stand(&facts, &b.state, &later, today));
    g_assert_false(ledger_facts_stand(&facts, &b.state, &grace, today));
    b.state.account.name = "Ada";
    state_add(&b.state, KIND_HOLD);
    g_assert_true(ledger_facts_stand(&facts, &b.state, &rules, today));
    state_add(&b.state, KIND_CYCLE); /* may be of another currency */
    g_assert_false(ledger_facts_stand(&facts, &b.state, &rules, today));
    ledger_facts_note(&b.state, &rules, today, b.arena, &facts);
    state_add(&b.state, KIND_CREDIT);
    g_assert_false(ledger_facts_stand(&facts, &b.state, &rules, today));
    arena_free(b.arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger/balance/named-first", test_named_money_first);
    g_test_add_func("/ledger/balance/waits-for-its-invoice", test_money_waits_for_its_invoice);
    g_test_add_func("/ledger/balance/charges-before-fees", test_charges_before_fees);
    g_test_add_func("/ledger/balance/unapplied", test_unapplied_credit_lowers_the_sum_only);
    g_test_add_func("/ledger/balance/stated", test_what_the_ledger_states);
    g_test_add_func("/ledger/balance/states", test_states_that_do_not_count);
    g_test_add_func("/ledger/balance/disputes", test_disputes);
    g_test_add_func("/ledger/balance/oldest-first", test_oldest_first);
    g_test_add_func("/ledger/balance/facts", test_facts);
    g_test_add_func("/ledger/balance/range", test_enormous_amounts_stay_in_range);
    g_test_add_func("/ledger/age/from-one", test_age_counts_from_one);
    g_test_add_func("/ledger/age/union", test_held_days_are_a_union);
    g_test_add_func("/ledger/age/bankruptcy", test_bankruptcy_holds_old_debt_only);
    g_test_add_func("/ledger/age/dispute", test_whole_dispute_stops_its_invoice);
    return g_test_run();
}
