/* What the hub books leaves for the ledger, comes back as a change event, and is counted once. */
#include "driver.h"

static const char *const books_via[] = {"books", NULL};

/* A fee of 15.00 on entry on 2026-07-16, and a ledger that takes fees and credits. */
static void open_books(Driver *v, const char *offered)
{
    driver_open(v, MODULE, "late_fee_cents: 1500", "isp", "2026-07-01 06:00");
    v->state.account.source = "books";
    v->state.account.external_id = "C-7";
    g_auto(GStrv) words = g_strsplit(offered, ",", -1);
    ActionRule *actions =
        arena_new0(v->arena, ActionRule, v->book.n_actions + g_strv_length(words));
    memcpy(actions, v->book.actions, v->book.n_actions * sizeof *actions);
    for (char **word = words; *word; word++)
        actions[v->book.n_actions++] = (ActionRule){.name = arena_strdup(v->arena, *word),
                                                    .verb = arena_strdup(v->arena, *word),
                                                    .via = books_via,
                                                    .effect = EFFECT_WRITE};
    v->book.actions = actions;
    driver_invoice(v, "X1", 6500, NULL, "USD");
}

static const Act *act_of(const Driver *v, const char *verb)
{
    STATE_FOREACH (&v->state, KIND_ACT, const Act, act)
        if (strcmp(act->verb, verb) == 0)
            return act;
    return NULL;
}

static const Invoice *fee_of(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_FEE)
            return invoice;
    return NULL;
}

static void answer(Driver *v, const char *verb, const char *external_id)
{
    ActResult *result = arena_new0(v->arena, ActResult, 1);
    *result = (ActResult){.key = act_of(v, verb)->key,
                          .outcome = OUTCOME_OK,
                          .retry_at = INSTANT_NONE,
                          .external_id = external_id,
                          .attempt = 1};
    driver_decide(v, EVENT_ACT_RESULT, result);
}

/* To the morning on which the fee is charged, without an answer of the ledger. */
static void charge(Driver *v)
{
    driver_until(v, "2026-07-15 12:00");
    v->now = at("2026-07-16 09:00");
    driver_decide(v, EVENT_WAKE, NULL);
    g_assert_nonnull(fee_of(v));
}

/* It has gone, and nothing is known of it. */
static void send_fee(Driver *v)
{
    Act *fee = state_find(&v->state, KIND_ACT, act_of(v, "fee.charge")->key);
    fee->state = ACT_UNCERTAIN;
    fee->attempts = 1;
    fee->next_at = INSTANT_NEVER;
}

static void tell_fee(Driver *v, const char *id, const char *key, int64_t amount, int status)
{
    Invoice *row = arena_new0(v->arena, Invoice, 1);
    record_init(&invoice_type, row);
    *row = (Invoice){.id = id,
                     .key = key,
                     .amount = amount,
                     .currency = currency("USD"),
                     .kind = INVOICE_CHARGE,
                     .status = status,
                     .issued_on = day_of("2026-06-01"),
                     .due_on = DATE_NONE};
    driver_fact(v, EVENT_INVOICE_UPDATED, row,
                (const char *const[]){"id", "amount", "currency", "kind", "status", "issued_on",
                                      key ? "key" : "id", NULL});
}

static void check(Driver *v, int64_t balance, size_t n_open)
{
    AccountView view = driver_view(v);
    size_t n = 0;
    for (size_t i = 0; i < view.n_invoices; i++)
        n += view.invoices[i].open > 0;
    g_assert_cmpint(view.currencies[0].balance, ==, balance);
    g_assert_cmpuint(n, ==, n_open);
    g_assert_cmpuint(STATE_COUNT(&v->state, KIND_CYCLE), ==, 1);
    if (n_open)
        g_assert_cmpstr(view.currencies[0].anchor, ==, "X1");
}

static void test_leaves(void)
{
    Driver v;
    open_books(&v, "fee.charge,credit.grant");
    charge(&v);
    const Act *act = act_of(&v, "fee.charge");
    g_assert_cmpint(act->state, ==, ACT_READY);
    g_assert_cmpstr(act->instance, ==, "books");
    g_assert_cmpstr(act->key, ==,
                    arena_printf(v.arena, "A/fee_charged/fee.charge/%s", fee_of(&v)->id));
    g_autoptr(json_t) input = json_loads(act->input, 0, NULL);
    g_assert_cmpint(json_integer_value(json_object_get(input, "amount")), ==, 1500);
    g_assert_cmpstr(json_string_value(json_object_get(input, "fee_type")), ==, "late_fee");
    answer(&v, "fee.charge", "L-9");
    g_assert_cmpstr(fee_of(&v)->external_id, ==, "L-9");
    driver_close(&v);
}

/* By its id, by the key before the answer, and neither: then when the answer comes. */
static void test_echo(void)
{
    for (int when = 0; when < 3; when++) {
        Driver v;
        open_books(&v, "fee.charge,credit.grant");
        charge(&v);
        const char *key = act_of(&v, "fee.charge")->key;
        send_fee(&v);
        if (when == 0)
            answer(&v, "fee.charge", "L-9");
        tell_fee(&v, "L-9", when == 1 ? key : NULL, 1500, INVOICE_OPEN);
        if (when == 2)
            answer(&v, "fee.charge", "L-9");
        tell_fee(&v, "L-9", NULL, 1500, INVOICE_OPEN);
        check(&v, 8000, 2);
        g_assert_cmpstr(fee_of(&v)->id, ==,
                        arena_printf(v.arena, "late_fee:%s", fee_of(&v)->cycle));
        driver_close(&v);
    }
}

static void test_paid_by_its_id(void)
{
    Driver v;
    open_books(&v, "fee.charge");
    charge(&v);
    answer(&v, "fee.charge", "L-9");
    Payment *p = arena_new0(v.arena, Payment, 1);
    record_init(&payment_type, p);
    *p = (Payment){.id = "P1",
                   .amount = 1500,
                   .currency = currency("USD"),
                   .state = PAYMENT_SETTLED,
                   .invoice = "L-9"};
    driver_fact(&v, EVENT_PAYMENT_UPDATED, p,
                (const char *const[]){"id", "amount", "currency", "state", "invoice", NULL});
    AccountView view = driver_view(&v);
    g_assert_cmpint(view.invoices[0].open, ==, 6500);
    g_assert_cmpint(view.invoices[1].open, ==, 0);
    driver_close(&v);
}

/* Money that took effect in time is learnt of late; a person approves that the fee is taken back. */
static void take_back(Driver *v)
{
    Payment *p = arena_new0(v->arena, Payment, 1);
    record_init(&payment_type, p);
    *p = (Payment){.id = "P1",
                   .amount = 6500,
                   .currency = currency("USD"),
                   .state = PAYMENT_SETTLED,
                   .invoice = "X1",
                   .effective_on = day_of("2026-07-10")};
    v->now = at("2026-07-17 10:00");
    driver_fact(v, EVENT_PAYMENT_UPDATED, p,
                (const char *const[]){"id", "amount", "currency", "state", "invoice",
                                      "effective_on", NULL});
    ApprovalDecision *decision = arena_new0(v->arena, ApprovalDecision, 1);
    *decision = (ApprovalDecision){.what = "backdated_correction", .by = "erik"};
    driver_decide(v, EVENT_APPROVAL_DECIDED, decision);
}

static void test_taken_back_by_a_credit(void)
{
    Driver v;
    open_books(&v, "fee.charge,credit.grant");
    charge(&v);
    answer(&v, "fee.charge", "L-9");
    take_back(&v);
    const Act *credit = act_of(&v, "credit.grant");
    g_assert_cmpint(credit->state, ==, ACT_READY);
    g_assert_cmpstr(credit->object, ==, act_of(&v, "fee.charge")->key);
    answer(&v, "credit.grant", "K-3");
    Credit *row = arena_new0(v.arena, Credit, 1);
    record_init(&credit_type, row);
    *row = (Credit){.id = "K-3", .amount = 1500, .currency = currency("USD"), .invoice = "L-9"};
    driver_fact(&v, EVENT_CREDIT_UPDATED, row,
                (const char *const[]){"id", "amount", "currency", "invoice", NULL});
    check(&v, 0, 0);
    g_assert_cmpuint(STATE_COUNT(&v.state, KIND_CREDIT), ==, 1);
    driver_close(&v);
}

static void test_taken_back_by_a_void(void)
{
    Driver v;
    open_books(&v, "fee.charge,fee.void,credit.grant");
    charge(&v);
    answer(&v, "fee.charge", "L-9");
    take_back(&v);
    g_assert_null(act_of(&v, "credit.grant"));
    answer(&v, "fee.void", NULL);
    tell_fee(&v, "L-9", NULL, 1500, INVOICE_VOID);
    check(&v, 0, 0);
    driver_close(&v);
}

/* While the fee is on its way its credit waits; where it never arrives, nothing is credited there. */
static void test_waits_for_the_fee(void)
{
    Driver v;
    open_books(&v, "fee.charge,credit.grant");
    charge(&v);
    send_fee(&v);
    take_back(&v);
    g_assert_cmpint(act_of(&v, "credit.grant")->state, ==, ACT_PLANNED);
    answer(&v, "fee.charge", "L-9");
    g_assert_cmpint(act_of(&v, "credit.grant")->state, ==, ACT_READY);
    driver_close(&v);
}

static void test_stays_at_home(void)
{
    static const struct {
        const char *offered, *source;
    } rows[] = {{"credit.grant", "books"}, {"fee.charge", "other"}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Driver v;
        open_books(&v, rows[i].offered);
        v.state.account.source = rows[i].source;
        charge(&v);
        g_assert_null(act_of(&v, "fee.charge"));
        g_assert_null(fee_of(&v)->key);
        driver_close(&v);
    }
}

static void test_never_left(void)
{
    Driver v;
    open_books(&v, "fee.charge,credit.grant");
    charge(&v);
    Act *fee = state_find(&v.state, KIND_ACT, act_of(&v, "fee.charge")->key);
    fee->state = ACT_PLANNED;
    fee->release_at = INSTANT_NEVER;
    take_back(&v);
    g_assert_cmpint(act_of(&v, "fee.charge")->state, ==, ACT_SUPPRESSED);
    g_assert_null(act_of(&v, "credit.grant"));
    check(&v, 0, 0);
    driver_close(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/booking/leaves-for-the-ledger", test_leaves);
    g_test_add_func("/booking/echo-is-counted-once", test_echo);
    g_test_add_func("/booking/paid-by-its-id-there", test_paid_by_its_id);
    g_test_add_func("/booking/taken-back-by-a-credit", test_taken_back_by_a_credit);
    g_test_add_func("/booking/taken-back-by-a-void", test_taken_back_by_a_void);
    g_test_add_func("/booking/credit-waits-for-the-fee", test_waits_for_the_fee);
    g_test_add_func("/booking/stays-at-home", test_stays_at_home);
    g_test_add_func("/booking/never-left", test_never_left);
    return g_test_run();
}
