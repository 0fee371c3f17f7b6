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
    g_test_add_func("/state/words", test_words);
    return g_test_run();
}
