/* The order in which a ledger's snapshots arrive is chance: the same snapshots before the same evaluation give the same
 * balances and the same step, however they were shuffled and however often one came. DUNHUB_SEED and DUNHUB_LEDGERS in the
 * environment choose other ledgers; a failure names its seed. */
#include "driver.h"

enum { LEDGERS = 250, OBJECTS = 14, SHUFFLES = 3, VERSIONS = 3, FACTS = OBJECTS * VERSIONS };

typedef struct {
    EventKind kind;
    void *payload;
    const char *const *fields;
} Fact;

static const char *const invoice_fields[] = {"id",     "amount",  "currency", "issued_on",
                                             "status", "version", NULL};
static const char *const payment_fields[] = {"id",      "amount",       "currency", "state",
                                             "invoice", "effective_on", "version",  NULL};
static const char *const credit_fields[] = {"id",        "amount",    "currency", "invoice",
                                            "cancelled", "issued_on", "version",  NULL};

static const char *any_code(GRand *rand)
{
    static const char *const codes[] = {"USD", "USD", "EUR", "GBP"};
    return codes[g_rand_int_range(rand, 0, G_N_ELEMENTS(codes))];
}

/* ---- what a ledger may state --------------------------------------------------------------------- */

static void state_invoice(Arena *arena, GRand *rand, int object, int64_t version, Date today,
                          Fact *ret_fact)
{
    Invoice *row = arena_new0(arena, Invoice, 1);
    record_init(&invoice_type, row);
    row->id = arena_printf(arena, "X%d", object);
    row->amount = g_rand_int_range(rand, 1, 60) * 100;
    row->currency = currency(object % 3 == 0 ? "EUR" : "USD");
    row->issued_on = today - g_rand_int_range(rand, 0, 30) / 5 * 5; /* often on one day */
    row->status = g_rand_int_range(rand, 0, 3) ? INVOICE_OPEN : g_rand_int_range(rand, 0, 4);
    row->version = version;
    *ret_fact = (Fact){EVENT_INVOICE_UPDATED, row, invoice_fields};
}

static const char *any_invoice(Arena *arena, GRand *rand)
{
    return g_rand_boolean(rand) ? arena_printf(arena, "X%d", g_rand_int_range(rand, 0, OBJECTS))
                                : NULL;
}

static void state_payment(Arena *arena, GRand *rand, int object, int64_t version, Date today,
                          Fact *ret_fact)
{
    Payment *row = arena_new0(arena, Payment, 1);
    record_init(&payment_type, row);
    row->id = arena_printf(arena, "P%d", object);
    row->amount = g_rand_int_range(rand, 1, 40) * 100;
    row->currency = currency(any_code(rand));
    row->state = g_rand_int_range(rand, PAYMENT_PENDING, PAYMENT_REVERSED + 1);
    row->invoice = any_invoice(arena, rand);
    row->effective_on = today - g_rand_int_range(rand, 0, 20);
    row->version = version;
    *ret_fact = (Fact){EVENT_PAYMENT_UPDATED, row, payment_fields};
}

static void state_credit(Arena *arena, GRand *rand, int object, int64_t version, Date today,
                         Fact *ret_fact)
{
    Credit *row = arena_new0(arena, Credit, 1);
    record_init(&credit_type, row);
    row->id = arena_printf(arena, "C%d", object);
    row->amount = g_rand_int_range(rand, 1, 40) * 100;
    row->currency = currency(any_code(rand));
    row->invoice = any_invoice(arena, rand);
    row->cancelled = g_rand_int_range(rand, 0, 4) == 0;
    row->issued_on = today - g_rand_int_range(rand, 0, 20);
    row->version = version;
    *ret_fact = (Fact){EVENT_CREDIT_UPDATED, row, credit_fields};
}

static size_t state_objects(Arena *arena, GRand *rand, Date today, Fact *ret_facts)
{
    static void (*const kinds[])(Arena *, GRand *, int, int64_t, Date, Fact *) = {
        state_invoice, state_invoice, state_payment, state_credit};
    size_t n = 0;
    for (int object = 0; object < OBJECTS; object++) {
        gint32 kind = g_rand_int_range(rand, 0, G_N_ELEMENTS(kinds));
        int64_t last = g_rand_int_range(rand, 1, VERSIONS + 1);
        for (int64_t version = 1; version <= last; version++)
            kinds[kind](arena, rand, object, version, today, &ret_facts[n++]);
    }
    return n;
}

/* ---- two ways of hearing it ---------------------------------------------------------------------- */

typedef struct {
    const char *name, *policies, *policy, *settings;
} World;

static const World worlds[] = {
    {"module", MODULE, "isp", "late_fee_cents: 700"},
    {"ladder", LADDER, "b2b", ""},
    {"past-allowed-days", LADDER, "b2b",
     "minimum_basis: past_allowed_days, on_anchor_shift: recompute"},
};

static void hear(Driver *v, const World *world, const Fact *facts, const size_t *order, size_t n)
{
    driver_open(v, world->policies, world->settings, world->policy, "2026-03-10 09:30");
    v->switches = HUB_OBSERVE; /* nothing is judged until all of it is there */
    for (size_t i = 0; i < n; i++)
        driver_fact(v, facts[order[i]].kind, facts[order[i]].payload, facts[order[i]].fields);
    v->switches = 0;
    driver_event(v, EVENT_EVALUATE_REQUESTED, NULL);
    driver_run_every(v, v->now + 20 * INSTANT_DAY, false);
}

static void shuffle(GRand *rand, size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)g_rand_int_range(rand, 0, (gint32)i), other = order[k];
        order[k] = order[i - 1];
        order[i - 1] = other;
    }
}

/* Balances, steps and what each invoice has left to pay; of ids that the account counts up itself nothing. */
static char *picture(Driver *v)
{
    AccountView view = driver_view(v);
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < view.n_currencies; i++) {
        const CurrencyView *c = &view.currencies[i];
        g_string_append_printf(
            text,
            "%s overdue %" G_GINT64_FORMAT " balance %" G_GINT64_FORMAT " pending %" G_GINT64_FORMAT
            " age %" G_GINT64_FORMAT " anchor %s step %s\n",
            c->currency.code, c->overdue, c->balance, c->pending, c->escalation_age,
            c->anchor ? c->anchor : "-", c->cycle && c->cycle->step ? c->cycle->step : "-");
    }
    for (int object = 0; object < OBJECTS; object++)
        for (size_t i = 0; i < view.n_invoices; i++)
            if (atoi(view.invoices[i].invoice->id + 1) == object &&
                view.invoices[i].invoice->id[0] == 'X')
                g_string_append_printf(text, "X%d %" G_GINT64_FORMAT "\n", object,
                                       view.invoices[i].open);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void play(const World *world, guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    g_autoptr(Arena) arena = arena_new();
    Fact facts[FACTS];
    size_t order[2 * FACTS], n = state_objects(arena, rand, day_of("2026-03-10"), facts);
    g_autofree char *first = NULL;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (int round = 0; round <= SHUFFLES; round++) {
        size_t heard = n;
        for (size_t i = 0; round > 0 && i < n; i++) /* and some of it twice */
            if (g_rand_int_range(rand, 0, 4) == 0)
                order[heard++] = i;
        Driver v;
        hear(&v, world, facts, order, heard);
        g_autofree char *now = picture(&v);
        if (!first)
            first = g_steal_pointer(&now);
        else if (strcmp(first, now) != 0)
            g_error("%s, seed %u: in the order of the ledger\n%sin another\n%s", world->name, seed,
                    first, now);
        driver_close(&v);
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        shuffle(rand, order, n);
    }
}

static guint32 from_environment(const char *name, guint32 otherwise)
{
    const char *text = g_getenv(name);
    return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_order(gconstpointer data)
{
    guint32 first = from_environment("DUNHUB_SEED", 1);
    guint32 n = from_environment("DUNHUB_LEDGERS", LEDGERS);
    g_test_message("seeds %u to %u", first, first + n - 1);
    for (guint32 seed = first; seed < first + n; seed++)
        play(data, seed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *path = g_strdup_printf("/order/laws/%s", worlds[i].name);
        g_test_add_data_func(path, &worlds[i], test_order);
    }
    return g_test_run();
}
