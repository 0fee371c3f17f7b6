/* States: adding, finding, comparing, and word lists. */
#include <string.h>

#include "model/state.h"

static void test_add_and_find(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    state_init(&state, arena, "A");
    g_assert_cmpstr(state.account.id, ==, "A");
    g_assert_cmpint(state.account.history, ==, -1);
    for (int i = 0; i < 20; i++) {
        Invoice *invoice = state_add(&state, KIND_INVOICE);
        invoice->id = arena_printf(arena, "I-%d", i);
        invoice->amount = i;
    }
    const Invoice *found = state_find(&state, KIND_INVOICE, "I-13");
    g_assert_cmpint(found->amount, ==, 13);
    g_assert_null(state_find(&state, KIND_INVOICE, "I-20"));
    g_assert_null(state_find(&state, KIND_INVOICE, NULL));
    g_assert_null(state_find(&state, KIND_ACT, "k"));
    int64_t sum = 0;
    STATE_FOREACH (&state, KIND_INVOICE, Invoice, invoice)
        sum += invoice->amount;
    g_assert_cmpint(sum, ==, 190);
    STATE_FOREACH (&state, KIND_PAYMENT, Payment, payment)
        g_assert_not_reached();
}

static void test_diff_names_what_changed(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, "A");
    for (int i = 0; i < 3; i++)
        ((Invoice *)state_add(&before, KIND_INVOICE))->id = arena_printf(arena, "I-%d", i);
    state_copy(&before, arena, &after);
    size_t n = 99;
    state_diff(&before, &after, arena, &n);
    g_assert_cmpuint(n, ==, 0);

    ((Invoice *)state_find(&after, KIND_INVOICE, "I-1"))->spent = true;
    ((Act *)state_add(&after, KIND_ACT))->key = "k";
    after.account.next_id = 5;
    const Change *changes = state_diff(&before, &after, arena, &n);
    g_assert_cmpuint(n, ==, 3);
    g_assert_cmpint(changes[0].kind, ==, KIND_ACCOUNT);
    g_assert_true(changes[0].row == &after.account);
    g_assert_cmpint(changes[1].kind, ==, KIND_INVOICE);
    g_assert_cmpuint(changes[1].index, ==, 1);
    g_assert_false(changes[1].is_new);
    g_assert_cmpint(changes[2].kind, ==, KIND_ACT);
    g_assert_cmpuint(changes[2].index, ==, 0);
    g_assert_true(changes[2].is_new);
}

static void test_copy_stands_alone(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState copy;
    g_autofree char *fingerprint = NULL;
    {
        g_autoptr(Arena) first = arena_new();
        AccountState state;
        state_init(&state, first, "A");
        ((Invoice *)state_add(&state, KIND_INVOICE))->number = arena_strdup(first, "7");
        state.account.name = arena_strdup(first, "Ada");
        fingerprint = state_fingerprint(&state);
        state_copy(&state, arena, &copy);
    }
    g_autofree char *again = state_fingerprint(&copy);
    g_assert_cmpstr(again, ==, fingerprint);
    copy.account.name = "Bob";
    g_autofree char *other = state_fingerprint(&copy);
    g_assert_cmpstr(other, !=, fingerprint);
}

static void test_shared_rows_are_own(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state, shared;
    state_init(&state, arena, "A");
    ((Invoice *)state_add(&state, KIND_INVOICE))->id = arena_strdup(arena, "I-0");
    state_share(&state, arena, &shared);
    Invoice *own = state_find(&shared, KIND_INVOICE, "I-0");
    g_assert_true(own->id == STATE_ROWS(&state, KIND_INVOICE, Invoice)->id);
    own->amount = 7;
    state_add(&shared, KIND_INVOICE);
    g_assert_cmpuint(STATE_COUNT(&shared, KIND_INVOICE), ==, 2);
    g_assert_cmpint(STATE_ROWS(&state, KIND_INVOICE, Invoice)->amount, !=, 7);
    g_assert_cmpuint(STATE_COUNT(&state, KIND_INVOICE), ==, 1);
}

/* Rows of other kinds are copied when somebody may write them, and not before. */
static void test_rows_are_shared_until_written(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, "A");
    for (int i = 0; i < 3; i++)
        ((Payment *)state_add(&before, KIND_PAYMENT))->id = arena_printf(arena, "P-%d", i);
    const Payment *given = STATE_ROWS((const AccountState *)&before, KIND_PAYMENT, const Payment);
    state_share(&before, arena, &after);
    const AccountState *look = &after;
    g_assert_true(state_find(look, KIND_PAYMENT, "P-2") == given + 2);
    STATE_FOREACH (look, KIND_PAYMENT, const Payment, payment)
        g_assert_true(payment >= given && payment < given + 3);
    Payment *own = state_find(&after, KIND_PAYMENT, "P-1");
    g_assert_true(own != given + 1);
    own->amount = 7;
    STATE_FOREACH (&after, KIND_PAYMENT, Payment, payment)
        g_assert_true(payment < given || payment >= given + 3);
    size_t n;
    const Change *changes = state_diff(&before, &after, arena, &n);
    g_assert_cmpuint(n, ==, 1);
    g_assert_true(changes[0].row == own);
    g_assert_cmpint(given[1].amount, !=, 7);

    state_share(&before, arena, &after); /* an added row owns the others too */
    ((Payment *)state_add(&after, KIND_PAYMENT))->id = "P-3";
    STATE_ROWS(&after, KIND_PAYMENT, Payment)[0].amount = 9;
    state_diff(&before, &after, arena, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpint(given[0].amount, !=, 9);
}

/* An equal text at another place is no change; one byte of any field is. */
static void test_diff_asks_fields(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, "A");
    for (int i = 0; i < 3; i++)
        ((Invoice *)state_add(&before, KIND_INVOICE))->id = arena_printf(arena, "I-%d", i);
    state_share(&before, arena, &after);
    Invoice *rows = STATE_ROWS(&after, KIND_INVOICE, Invoice);
    size_t n;
    rows[1].id = arena_strdup(arena, "I-1");
    state_diff(&before, &after, arena, &n);
    g_assert_cmpuint(n, ==, 0);
    for (size_t i = 0; i < invoice_type.n_fields; i++) {
        unsigned char *field = (unsigned char *)&rows[2] + invoice_type.fields[i].offset;
        rows[2] = STATE_ROWS(&before, KIND_INVOICE, Invoice)[2];
        if (invoice_type.fields[i].type <= FIELD_NAME)
            memcpy(field, &(const char *){"changed"}, sizeof(char *));
        else
            *field ^= 1;
        const Change *changes = state_diff(&before, &after, arena, &n);
        g_assert_cmpuint(n, ==, 1);
        g_assert_cmpuint(changes[0].index, ==, 2);
    }
}

/* One account decided on again and again: its own memory holds all, and only what is new is added
 * to it. */
static void test_take_over(void)
{
    g_autoptr(Arena) own = arena_new();
    g_autoptr(Arena) scratch = arena_new();
    AccountState state;
    state_init(&state, own, "A");
    size_t settled = 0;
    for (int round = 0; round < 100; round++) {
        AccountState after;
        size_t n;
        state_share(&state, scratch, &after);
        if (round < 20) {
            Invoice *invoice = state_add(&after, KIND_INVOICE);
            invoice->id = arena_printf(scratch, "I-%d", round);
            invoice->plan = after.account.id;
        }
        after.account.name = arena_strdup(scratch, round % 2 ? "Ada" : "Ada ");
        after.account.next_id = round;
        STATE_ROWS(&after, KIND_INVOICE, Invoice)[0].number = arena_strdup(scratch, "7");
        const Change *changes = state_diff(&state, &after, scratch, &n);
        g_autofree char *wanted = state_fingerprint(&after);
        state_take_over(&state, changes, n);
        arena_reset(scratch);
        g_autofree char *got = state_fingerprint(&state);
        g_assert_cmpstr(got, ==, wanted);
        if (round == 20)
            settled = arena_used(own);
    }
    g_assert_true(STATE_ROWS(&state, KIND_INVOICE, Invoice)[3].plan == state.account.id);
    g_assert_cmpuint(arena_used(own) - settled, <=, 79 * 16); /* the name that changes each time */
    g_autoptr(Arena) packed = arena_new();
    AccountState copy;
    state_copy(&state, packed, &copy);
    g_assert_cmpuint(arena_used(packed), <, settled);
}

/* What 100,000 accounts in memory are made of: twelve invoices and eleven payments in some 5 KB. */
static void test_small(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Arena) packed = arena_new();
    AccountState state, copy;
    state_init(&state, arena, "ledger:000001");
    for (int i = 0; i < 12; i++) {
        Invoice *invoice = state_add(&state, KIND_INVOICE);
        invoice->id = arena_printf(arena, "INV-2026-%06d", i);
        invoice->number = arena_strdup(arena, invoice->id);
        if (i == 11)
            continue;
        Payment *payment = state_add(&state, KIND_PAYMENT);
        payment->id = arena_printf(arena, "PAY-%06d", i);
        payment->invoice = arena_strdup(arena, invoice->id);
    }
    state_copy(&state, packed, &copy);
    g_assert_cmpuint(sizeof copy + arena_used(packed), <=, 5 * 1024);
}

typedef struct {
    const char *words, *word;
    bool have;
    const char *added, *removed;
} WordRow;

static const WordRow word_rows[] = {
    {NULL, "b", false, "b", NULL},
    {"", "b", false, "b", NULL},
    {"b", "b", true, "b", NULL},
    {"a", "b", false, "a,b", "a"},
    {"c", "b", false, "b,c", "c"},
    {"a,c", "b", false, "a,b,c", "a,c"},
    {"a,b,c", "b", true, "a,b,c", "a,c"},
    {"bb,cc", "b", false, "b,bb,cc", "bb,cc"},
    {"a,bb", "b", false, "a,b,bb", "a,bb"},
    {"a,b", "bb", false, "a,b,bb", "a,b"},
};

static void test_words(void)
{
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(word_rows); i++) {
        const WordRow *row = &word_rows[i];
        g_assert_cmpint(words_have(row->words, row->word), ==, row->have);
        g_assert_cmpstr(words_add(arena, row->words, row->word), ==, row->added);
        g_assert_cmpstr(words_remove(arena, row->words, row->word), ==, row->removed);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/add-find", test_add_and_find);
    g_test_add_func("/state/diff", test_diff_names_what_changed);
    g_test_add_func("/state/copy", test_copy_stands_alone);
    g_test_add_func("/state/share", test_shared_rows_are_own);
    g_test_add_func("/state/share-until-written", test_rows_are_shared_until_written);
    g_test_add_func("/state/diff-fields", test_diff_asks_fields);
    g_test_add_func("/state/take-over", test_take_over);
    g_test_add_func("/state/small", test_small);
    g_test_add_func("/state/words", test_words);
    return g_test_run();
}
