/* Which acts leave, in which order, and who may say that they are done. */
#include "fixture.h"

typedef struct {
    const char *key;
    const char *instance;
    ActState state;
    int64_t sequence;
    Instant next_at;
} ActRow;

static void set_act(AccountState *state, const ActRow *row)
{
    Act *act = state_find(state, KIND_ACT, row->key);
    if (!act)
        act = state_add(state, KIND_ACT);
    act->key = row->key;
    act->verb = "message.email";
    act->instance = row->instance;
    act->state = (int)row->state;
    act->sequence = row->sequence;
    act->next_at = row->next_at ? row->next_at : INSTANT_NONE;
}

/* Sets acts of an account, as a decision would, within the open group. */
static void set_acts(Store *store, const char *account, const ActRow *rows, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before = load(store, account, arena), after;
    state_copy(&before, arena, &after);
    for (size_t i = 0; i < n; i++)
        set_act(&after, &rows[i]);
    apply(store, &before, &after, INSTANT_NEVER);
}

static void set_one(Store *store, const char *account, const char *key, const char *instance,
                    ActState state, int64_t sequence, Instant next_at)
{
    const ActRow row = {key, instance, state, sequence, next_at};
    set_acts(store, account, &row, 1);
}

static Lease *lease(Store *store, const char *instance, Instant now, size_t max, Arena *arena,
                    size_t *ret_n)
{
    g_autoptr(GError) error = NULL;
    Lease *leases = NULL;
    store_lease(store, instance, now, now + INSTANT_MINUTE, max, arena, &leases, ret_n, &error);
    g_assert_no_error(error);
    return leases;
}

/* Leases and gives back as text: "A/k1 B/k3? " */
static char *leased(Store *store, const char *instance, Instant now, size_t max)
{
    g_autoptr(Arena) arena = arena_new();
    size_t n;
    const Lease *leases = lease(store, instance, now, max, arena, &n);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%s/%s%s ", leases[i].account, leases[i].key,
                               leases[i].lookup ? "?" : "");
    return g_string_free(text, FALSE);
}

/* What one account lets go, for its acts of one moment; all for instance "mail" but those that begin with x, for "crm". */
typedef struct {
    const char *doc;
    ActRow acts[4];
    const char *mail, *crm;
} OrderRow;

static const OrderRow order_rows[] = {
    {"ready goes", {{"a", "mail", ACT_READY, 1, 0}}, "A/a ", ""},
    {"oldest first, whatever the row",
     {{"a", "mail", ACT_READY, 9, 0}, {"b", "mail", ACT_READY, 2, 0}},
     "A/b ",
     ""},
    {"planned and fresh ones do not block",
     {{"a", "mail", ACT_PLANNED, 1, 0},
      {"b", "mail", ACT_FRESHNESS, 2, 0},
      {"c", "mail", ACT_READY, 3, 0}},
     "A/c ",
     ""},
    {"over is over",
     {{"a", "mail", ACT_DONE, 1, 0},
      {"b", "mail", ACT_DEAD, 2, 0},
      {"c", "mail", ACT_SUPPRESSED, 3, 0},
      {"d", "mail", ACT_READY, 4, 0}},
     "A/d ",
     ""},
    {"held waits for a person, the others do not",
     {{"a", "mail", ACT_HELD, 1, 0}, {"b", "mail", ACT_READY, 2, 0}},
     "A/b ",
     ""},
    {"a repeat that is not due blocks its instance",
     {{"a", "mail", ACT_RETRY, 1, T0 + 1}, {"b", "mail", ACT_READY, 2, 0}},
     "",
     ""},
    {"a repeat that is due goes before younger ones",
     {{"a", "mail", ACT_RETRY, 1, T0}, {"b", "mail", ACT_READY, 2, 0}},
     "A/a ",
     ""},
    {"an uncertain one is looked up", {{"a", "mail", ACT_UNCERTAIN, 1, T0}}, "A/a? ", ""},
    {"sent is not sent again",
     {{"a", "mail", ACT_SENT, 1, 0}, {"b", "mail", ACT_READY, 2, 0}},
     "",
     ""},
    {"another instance does not wait for a repeat",
     {{"a", "mail", ACT_RETRY, 1, T0 + 1}, {"x", "crm", ACT_READY, 2, 0}},
     "",
     "A/x "},
    {"two instances, one at a time",
     {{"a", "mail", ACT_READY, 1, 0}, {"x", "crm", ACT_READY, 2, 0}},
     "A/a ",
     ""},
    {"without an instance the hub does it", {{"a", NULL, ACT_READY, 1, 0}}, "", ""},
};

static void test_order_of_an_account(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(order_rows); i++) {
        const OrderRow *row = &order_rows[i];
        g_test_message("%s", row->doc);
        g_autoptr(Store) store = fixture_memory();
        size_t n = 0;
        while (n < G_N_ELEMENTS(row->acts) && row->acts[n].key)
            n++;
        begin(store);
        set_acts(store, "A", row->acts, n);
        g_autofree char *mail = leased(store, "mail", T0, 10), *crm = leased(store, "crm", T0, 10);
        g_assert_cmpstr(mail, ==, row->mail);
        g_assert_cmpstr(crm, ==, row->crm);
        commit(store);
    }
}

static void test_life_of_an_act(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    begin(store);
    set_one(store, "A", "a", "mail", ACT_READY, 1, 0);
    set_one(store, "A", "b", "mail", ACT_READY, 2, 0);
    size_t n;
    Lease *leases = lease(store, "mail", T0, 10, arena, &n);
    g_assert_cmpuint(n, ==, 1);
    g_assert_cmpstr(leases[0].verb, ==, "message.email");
    g_assert_cmpint(leases[0].attempt, ==, 1);
    set_one(store, "A", "a", "mail", ACT_SENT, 1, 0);
    g_autofree char *meanwhile = leased(store, "mail", T0 + INSTANT_HOUR, 10);
    g_assert_cmpstr(meanwhile, ==, "");
    g_assert_true(store_finish(store, "A", "a", leases[0].fence, NULL));
    set_one(store, "A", "a", "mail", ACT_RETRY, 1, T0 + 30000);
    g_autofree char *early = leased(store, "mail", T0 + 29999, 10);
    g_assert_cmpstr(early, ==, "");
    g_autofree char *again = leased(store, "mail", T0 + 30000, 10);
    g_assert_cmpstr(again, ==, "A/a ");
    set_one(store, "A", "a", "mail", ACT_DONE, 1, 0);
    g_autofree char *next = leased(store, "mail", T0 + 30000, 10);
    g_assert_cmpstr(next, ==, "A/b ");
    commit(store);
}

static void test_fences(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    size_t n;
    begin(store);
    set_one(store, "A", "a", "mail", ACT_READY, 1, 0);
    uint64_t first = lease(store, "mail", T0, 10, arena, &n)[0].fence;
    g_assert_true(store_finish(store, "A", "a", first, NULL));
    set_one(store, "A", "a", "mail", ACT_HELD, 1, 0);
    set_one(store, "A", "a", "mail", ACT_READY, 1, 0);
    uint64_t second = lease(store, "mail", T0, 10, arena, &n)[0].fence;
    g_assert_cmpuint(second, >, first);
    const uint64_t wrong[] = {first, second + 1, 0};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(store_finish(store, "A", "a", wrong[i], &error));
        g_assert_error(error, STORE_ERROR, STORE_ERROR_STALE);
    }
    g_assert_true(store_finish(store, "A", "a", second, NULL));
    g_autoptr(GError) twice = NULL;
    g_assert_false(store_finish(store, "A", "a", second, &twice));
    g_assert_error(twice, STORE_ERROR, STORE_ERROR_STALE);
    commit(store);
}

static void test_accounts_are_independent(void)
{
    g_autoptr(Store) store = fixture_memory();
    begin(store);
    for (char name = 'E'; name >= 'A'; name--) {
        const char account[] = {name, '\0'};
        set_one(store, account, "a", "mail", ACT_READY, 1, 0);
        set_one(store, account, "b", "mail", ACT_READY, 2, 0);
    }
    g_autofree char *two = leased(store, "mail", T0, 2), *rest = leased(store, "mail", T0, 10);
    g_assert_cmpstr(two, ==, "A/a B/a ");
    g_assert_cmpstr(rest, ==, "C/a D/a E/a ");
    commit(store);
}

/* Acts that became ready earlier in the journal leave earlier. */
static void test_first_ready_first_out(void)
{
    g_autoptr(Store) store = fixture_memory();
    static const char *const accounts[] = {"C", "A", "B"};
    begin(store);
    for (size_t i = 0; i < G_N_ELEMENTS(accounts); i++) {
        g_autoptr(Arena) arena = arena_new();
        AccountState before, after;
        state_init(&before, arena, accounts[i]);
        state_copy(&before, arena, &after);
        const ActRow row = {"a", "mail", ACT_READY, 1, 0};
        set_act(&after, &row);
        size_t n;
        const Change *changes = state_diff(&before, &after, arena, &n);
        g_assert_true(
            store_apply(store, accounts[i], 10 + i, changes, n, INSTANT_NEVER, NULL, NULL));
    }
    g_autofree char *text = leased(store, "mail", T0, 10);
    g_assert_cmpstr(text, ==, "C/a A/a B/a ");
    commit(store);
}

static void test_open_leases_are_listed(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    begin(store);
    set_one(store, "A", "a", "mail", ACT_READY, 1, 0);
    set_one(store, "B", "b", "crm", ACT_UNCERTAIN, 1, T0);
    Lease *leases;
    size_t n;
    lease(store, "mail", T0, 10, arena, &n);
    lease(store, "crm", T0, 10, arena, &n);
    set_one(store, "A", "a", "mail", ACT_SENT, 1, 0);
    commit(store);
    g_assert_true(store_leases_open(store, "mail", arena, &leases, &n, NULL));
    g_assert_cmpuint(n, ==, 1);
    g_assert_cmpstr(leases[0].instance, ==, "mail");
    g_assert_cmpint(leases[0].attempt, ==, 1);
    g_assert_true(store_leases_open(store, NULL, arena, &leases, &n, NULL));
    g_assert_cmpuint(n, ==, 2);
    g_assert_true(leases[1].lookup);
    begin(store);
    for (size_t i = 0; i < n; i++)
        g_assert_true(store_finish(store, leases[i].account, leases[i].key, leases[i].fence, NULL));
    commit(store);
    g_assert_true(store_leases_open(store, NULL, arena, &leases, &n, NULL));
    g_assert_cmpuint(n, ==, 0);
}

static Instant next_after(Store *store, Instant after)
{
    Instant due = 0;
    g_assert_true(store_outbox_next(store, after, &due, NULL));
    return due;
}

static void test_next_due(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_assert_cmpint(next_after(store, T0), ==, INSTANT_NEVER);
    begin(store);
    set_one(store, "A", "a", "mail", ACT_RETRY, 1, T0 + 50);
    set_one(store, "A", "later", "mail", ACT_RETRY, 2, T0 + 10);
    set_one(store, "B", "b", "crm", ACT_UNCERTAIN, 1, T0 + 40);
    set_one(store, "C", "c", "zoho", ACT_READY, 1, 0);
    commit(store);
    g_assert_cmpint(next_after(store, T0), ==, T0 + 40);
    g_assert_cmpint(next_after(store, T0 + 40), ==, T0 + 50);
    g_assert_cmpint(next_after(store, T0 + 50), ==, INSTANT_NEVER);
}

static bool write_act(const char *account, const Act *act, void *data)
{
    g_string_append_printf(data, "%s/%s ", account, act->key);
    return true;
}

static void test_lists_of_acts(void)
{
    g_autoptr(Store) store = fixture_memory();
    begin(store);
    set_one(store, "A", "dead", "mail", ACT_DEAD, 1, 0);
    set_one(store, "A", "done", "mail", ACT_DONE, 2, 0);
    set_one(store, "A", "ready", "mail", ACT_READY, 3, 0);
    set_one(store, "B", "held", "mail", ACT_HELD, 1, 0);
    commit(store);
    static const struct {
        const char *account;
        unsigned states;
        size_t max;
        const char *text;
    } rows[] = {
        {NULL, 1U << ACT_DEAD | 1U << ACT_HELD, 10, "A/dead B/held "},
        {NULL, 1U << ACT_DONE, 10, "A/done "},
        {"A", 1U << ACT_DEAD | 1U << ACT_DONE | 1U << ACT_READY, 10, "A/dead A/done A/ready "},
        {"A", ~0U, 2, "A/dead A/done "},
        {"B", 1U << ACT_READY, 10, ""},
        {NULL, 0, 10, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_assert_true(
            store_acts(store, rows[i].account, rows[i].states, rows[i].max, write_act, text, NULL));
        g_assert_cmpstr(text->str, ==, rows[i].text);
    }
}

/* Random lives of acts: never two leases of an account, never a younger act of an instance before an older open one. */
static void check_leases(const Lease *leases, size_t n, const ActState states[4][6],
                         GHashTable *out)
{
    for (size_t i = 0; i < n; i++) {
        int account = leases[i].account[0] - 'A', act = leases[i].key[0] - '0';
        g_assert_true(g_hash_table_add(out, GINT_TO_POINTER(account + 1)));
        for (int older = act - 2; older >= 0; older -= 2) {
            ActState state = states[account][older];
            g_assert_true(state != ACT_READY && state != ACT_RETRY && state != ACT_UNCERTAIN &&
                          state != ACT_SENT);
        }
    }
}

static void test_random_lives(void)
{
    static const ActState results[] = {ACT_RETRY, ACT_UNCERTAIN, ACT_HELD, ACT_DONE, ACT_DEAD};
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    g_autoptr(GHashTable) out = g_hash_table_new(NULL, NULL);
    ActState states[4][6] = {{ACT_PLANNED}};
    begin(store);
    for (int round = 0; round < 400; round++) {
        g_autoptr(Arena) arena = arena_new();
        int a = g_rand_int_range(random, 0, 4), k = g_rand_int_range(random, 0, 6);
        const char account[] = {(char)('A' + a), '\0'}, key[] = {(char)('0' + k), '\0'};
        const char *instance = k % 2 ? "crm" : "mail";
        bool is_out = g_hash_table_contains(out, GINT_TO_POINTER(a + 1));
        if (!is_out && states[a][k] != ACT_READY) {
            set_one(store, account, key, instance, ACT_READY, k, 0);
            states[a][k] = ACT_READY;
        }
        size_t n;
        Lease *leases = lease(store, instance, T0, 2, arena, &n);
        check_leases(leases, n, (const ActState(*)[6])states, out);
        Lease *open;
        g_assert_true(store_leases_open(store, NULL, arena, &open, &n, NULL));
        for (size_t i = 0; i < n; i++) {
            if (g_rand_boolean(random))
                continue;
            int owner = open[i].account[0] - 'A', act = open[i].key[0] - '0';
            ActState result = results[g_rand_int_range(random, 0, 5)];
            g_assert_true(store_finish(store, open[i].account, open[i].key, open[i].fence, NULL));
            set_one(store, open[i].account, open[i].key, open[i].instance, result, act, T0);
            states[owner][act] = result;
            g_hash_table_remove(out, GINT_TO_POINTER(owner + 1));
        }
    }
    commit(store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/outbox/order", test_order_of_an_account);
    g_test_add_func("/outbox/life", test_life_of_an_act);
    g_test_add_func("/outbox/fences", test_fences);
    g_test_add_func("/outbox/accounts", test_accounts_are_independent);
    g_test_add_func("/outbox/first-ready", test_first_ready_first_out);
    g_test_add_func("/outbox/open-leases", test_open_leases_are_listed);
    g_test_add_func("/outbox/next-due", test_next_due);
    g_test_add_func("/outbox/lists", test_lists_of_acts);
    g_test_add_func("/outbox/random", test_random_lives);
    return g_test_run();
}
