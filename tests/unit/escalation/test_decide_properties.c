/* Properties of decide over seeded random histories: what must hold whatever happens. */
#include "chance.h"

enum { SEEDS = 8, DAYS = 70 };

/* ---- the properties -------------------------------------------------------------------------- */

static void check_one_notice_a_day(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_NOTICE, const Notice, a) {
        STATE_FOREACH (&v->state, KIND_NOTICE, const Notice, b) {
            bool both = a < b && a->severity > 0 && b->severity > 0 && a->handed_on != DATE_NONE &&
                        a->handed_on == b->handed_on && currency_equal(a->currency, b->currency);
            if (both)
                g_error("%s and %s went on one day", a->key, b->key);
        }
    }
}

static void check_one_fee_a_cycle(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, a)
        STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, b)
            g_assert_false(a < b && a->kind == INVOICE_FEE && b->kind == INVOICE_FEE &&
                           g_strcmp0(a->cycle, b->cycle) == 0);
}

/* Balance = invoices - settled money - credits - disputes decided for the debtor, as far as they
 * were given. */
static void check_balances(Driver *v)
{
    AccountView view = driver_view(v);
    for (size_t i = 0; i < view.n_currencies; i++) {
        const CurrencyView *c = &view.currencies[i];
        int64_t invoices = 0, money = 0, decided = 0;
        STATE_FOREACH (&v->state, KIND_INVOICE, Invoice, row)
            invoices += currency_equal(row->currency, c->currency) ? row->amount : 0;
        STATE_FOREACH (&v->state, KIND_PAYMENT, Payment, row)
            money += currency_equal(row->currency, c->currency) && row->state == PAYMENT_SETTLED
                         ? row->amount
                         : 0;
        STATE_FOREACH (&v->state, KIND_CREDIT, Credit, row)
            money +=
                currency_equal(row->currency, c->currency) && !row->cancelled ? row->amount : 0;
        STATE_FOREACH (&v->state, KIND_DISPUTE, Dispute, row) {
            const Invoice *about = state_find(&v->state, KIND_INVOICE, row->invoice);
            if (about && currency_equal(about->currency, c->currency) &&
                row->outcome == DISPUTE_FOR_DEBTOR)
                decided += MIN(row->amount, about->amount);
        }
        g_assert_cmpint(c->balance, <=, invoices - money);
        g_assert_cmpint(c->balance, >=, invoices - money - decided);
        g_assert_cmpint(c->overdue, >=, 0);
    }
}

static void check_suspension_has_a_case(const Driver *v)
{
    if (v->state.account.service != SERVICE_SUSPENDED)
        return;
    g_assert_true(words_have(v->state.account.service_reasons, "delinquency"));
    g_assert_cmpint(v->state.account.service_suspended_on, !=, DATE_NONE);
}

static void tell(const Driver *v)
{
    for (guint i = v->log->len > 30 ? v->log->len - 30 : 0; i < v->log->len; i++)
        g_test_message("%s", (const char *)g_ptr_array_index(v->log, i));
    for (size_t i = 0; i < v->out.n_changes; i++) {
        g_autoptr(json_t) row =
            record_to_json(record_types[v->out.changes[i].kind], v->out.changes[i].row);
        g_autofree char *text = json_canonical(row);
        g_test_message("changed: %s", text);
    }
}

/* Once an event is settled, waking at the same instant finds nothing to do. (A refused command does
 * not even judge the day.) */
static void check_repeated_wake(Driver *v)
{
    if (v->out.rejection)
        driver_event(v, EVENT_WAKE, NULL);
    g_autofree char *before = state_fingerprint(&v->state);
    driver_decide(v, EVENT_WAKE, NULL);
    if (v->out.n_changes || v->out.n_reasons)
        tell(v);
    g_assert_cmpuint(v->out.n_changes, ==, 0);
    g_assert_cmpuint(v->out.n_reasons, ==, 0);
    g_autofree char *after = state_fingerprint(&v->state);
    g_assert_cmpstr(after, ==, before);
}

static void check_all(Driver *v)
{
    check_one_notice_a_day(v);
    check_one_fee_a_cycle(v);
    check_balances(v);
    check_suspension_has_a_case(v);
    if (v->out.wake_at != INSTANT_NEVER)
        g_assert_cmpint(v->out.wake_at, >, v->now);
}

/* ---- what is shared, copied over or left out for speed changes nothing ----------------------- */

/* Every field of every row is asked. */
static size_t count_differences(const AccountState *before, const AccountState *after)
{
    size_t n = !record_equal(&account_type, &before->account, &after->account);
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        const RecordSet *old = &before->sets[kind], *new = &after->sets[kind];
        size_t size = new->type->size;
        for (size_t i = 0; i < new->n; i++)
            n += i >= old->n || !record_equal(new->type, (const char *)old->rows + i * size,
                                              (const char *)new->rows + i *size);
    }
    return n;
}

static void check_same_words(const DecideOut *a, const DecideOut *b)
{
    g_assert_cmpuint(a->n_reasons, ==, b->n_reasons);
    for (size_t i = 0; i < a->n_reasons; i++) {
        g_assert_cmpstr(a->reasons[i].text, ==, b->reasons[i].text);
        g_assert_cmpstr(a->reasons[i].detail, ==, b->reasons[i].detail);
    }
    g_assert_cmpuint(a->n_wishes, ==, b->n_wishes);
    for (size_t i = 0; i < a->n_wishes; i++)
        g_assert_cmpstr(a->wishes[i].detail, ==, b->wishes[i].detail);
    g_assert_cmpint(a->wake_at, ==, b->wake_at);
}

/* The same decision about a state that shares no memory with anything. */
static void check_on_a_copy(const Driver *v, const DecideIn *in, const char *fingerprint)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState copy;
    state_copy(in->state, arena, &copy);
    DecideIn again = *in;
    again.state = &copy;
    DecideOut out;
    decide(&again, arena, &out);
    g_autofree char *seen = state_fingerprint(&out.after);
    g_assert_cmpstr(seen, ==, fingerprint);
    g_assert_cmpuint(out.n_changes, ==, v->out.n_changes);
    for (size_t i = 0; i < out.n_changes; i++) {
        g_assert_cmpint(out.changes[i].kind, ==, v->out.changes[i].kind);
        g_assert_cmpuint(out.changes[i].index, ==, v->out.changes[i].index);
    }
    check_same_words(&out, &v->out);
}

static void check_memory(Driver *v, const DecideIn *in)
{
    g_autofree char *fingerprint = state_fingerprint(&v->out.after);
    g_assert_cmpuint(v->out.n_changes, ==, count_differences(in->state, &v->out.after));
    check_on_a_copy(v, in, fingerprint);
    AccountState *mirror = v->look;
    state_take_over(mirror, v->out.changes, v->out.n_changes);
    g_autofree char *kept = state_fingerprint(mirror);
    g_assert_cmpstr(kept, ==, fingerprint);
    g_autofree char *before = state_fingerprint(in->state);
    g_assert_true((strcmp(before, fingerprint) == 0) == (v->out.n_changes == 0));
}

typedef struct {
    const char *policies, *policy, *settings;
} World;

static const World worlds[] = {
    {MODULE, "isp",
     "first_step: suspended, auto_suspend: true, auto_reactivate: true, late_fee_cents: 1500"},
    {MODULE, "isp",
     "auto_resolve: false, pending_must_cover: true, late_fee_cents: 700, fee_on_manual_entry: "
     "true"},
    {LADDER, "b2b", ""},
    {LADDER, "b2b",
     "on_anchor_shift: recompute, no_cutoff_before_closed_day: true, minimum_basis: "
     "past_allowed_days"},
    {"  fees:\n    stages:\n"
     "      - {name: a, from: 1, to: 7, wait: 7, skippable: true, fee: {basis_points: 500}}\n"
     "      - {name: b, from: 8, to: 14, wait: 7, fee: {fixed: {USD: '15.00', EUR: '12.00'}}}\n"
     "      - {name: c, from: 15, wait: 7, fee: 20.00 USD}\n",
     "fees",
     "interest: {basis_points: 3000, day_count: actual, book: [step_entry, month_end, "
     "settlement]}"},
    {MODULE, "isp",
     "late_fee: {basis_points: 250, least_cents: 100}, days_to_overdue: 1, interest: "
     "{basis_points: 1200, from: due, book: [month_end]}"},
};

/* Plays one history; dense: looked at every hour, else only when decide asked to be woken. Returns
 * what the customer saw. */
static char *play(const World *world, guint32 seed, bool dense, bool check)
{
    Driver v;
    driver_open(&v, world->policies, world->settings, world->policy, "2026-03-01 06:00");
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    driver_invoice(&v, "X0", 6500, NULL, "USD");
    for (int n = 1; n < DAYS; n++) {
        driver_run_every(
            &v, v.now + g_rand_int_range(rand, 1, 40) * INSTANT_HOUR + 7 * INSTANT_MINUTE, dense);
        chance_event(&v, rand, n);
        if (check) {
            check_all(&v);
            check_repeated_wake(&v);
        }
    }
    g_autoptr(GString) seen = g_string_new(NULL);
    STATE_FOREACH (&v.state, KIND_NOTICE, Notice, notice) {
        char day[16];
        g_string_append_printf(seen, "%s %s %d %s\n", notice->key,
                               date_format(notice->handed_on, day), notice->state,
                               notice->reason ? notice->reason : "");
    }
    STATE_FOREACH (&v.state, KIND_CYCLE, Cycle, cycle)
        g_string_append_printf(seen, "%s %s %d %s\n", cycle->id, cycle->step ? cycle->step : "-",
                               cycle->closed_on, cycle->closed_reason ? cycle->closed_reason : "-");
    driver_close(&v);
    return g_string_free(g_steal_pointer(&seen), FALSE);
}

static void test_invariants(gconstpointer data)
{
    for (guint32 seed = 1; seed <= SEEDS; seed++) {
        g_test_message("seed %u", seed);
        g_autofree char *seen = play(data, seed, false, true);
        g_assert_nonnull(seen);
    }
}

static void test_memory(gconstpointer data)
{
    const World *world = data;
    for (guint32 seed = 201; seed <= 202; seed++) {
        Driver v;
        g_test_message("seed %u", seed);
        driver_open(&v, world->policies, world->settings, world->policy, "2026-03-01 06:00");
        g_autoptr(Arena) own = arena_new();
        AccountState kept;
        state_copy(&v.state, own, &kept);
        v.look = &kept;
        v.decided = check_memory;
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        driver_invoice(&v, "X0", 6500, NULL, "USD");
        for (int n = 1; n < DAYS; n++) {
            Instant until =
                v.now + g_rand_int_range(rand, 1, 40) * INSTANT_HOUR + 7 * INSTANT_MINUTE;
            driver_run_every(&v, until, false);
            chance_event(&v, rand, n);
        }
        g_autofree char *fingerprint = state_fingerprint(&v.state);
        driver_close(&v); /* nothing of the decisions' memory is left */
        g_autofree char *alone = state_fingerprint(&kept);
        g_assert_cmpstr(alone, ==, fingerprint);
    }
}

static void test_same_twice(gconstpointer data)
{
    g_autofree char *one = play(data, 77, false, false);
    g_autofree char *two = play(data, 77, false, false);
    g_assert_cmpstr(one, ==, two);
}

static void test_sparse_is_dense(gconstpointer data)
{
    for (guint32 seed = 101; seed <= 103; seed++) {
        g_test_message("seed %u", seed);
        g_autofree char *sparse = play(data, seed, false, false);
        g_autofree char *dense = play(data, seed, true, false);
        if (strcmp(sparse, dense) != 0) {
            g_test_message("sparse:\n%s", sparse);
            g_test_message("dense:\n%s", dense);
            g_test_fail();
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *invariants = g_strdup_printf("/decide/properties/%zu/invariants", i);
        g_autofree char *memory = g_strdup_printf("/decide/properties/%zu/memory", i);
        g_autofree char *twice = g_strdup_printf("/decide/properties/%zu/same-twice", i);
        g_autofree char *sparse = g_strdup_printf("/decide/properties/%zu/sparse-is-dense", i);
        g_test_add_data_func(invariants, &worlds[i], test_invariants);
        g_test_add_data_func(memory, &worlds[i], test_memory);
        g_test_add_data_func(twice, &worlds[i], test_same_twice);
        g_test_add_data_func(sparse, &worlds[i], test_sparse_is_dense);
    }
    return g_test_run();
}
