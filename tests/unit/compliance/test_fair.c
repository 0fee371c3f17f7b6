/* Words that no rule may read, and words that only look like them. */
#include "compliance/fair.h"

static const struct {
    const char *text, *word;
} rows[] = {
    {"account.tags contains \"disabled\"", "disabled"},
    {"account.tags contains \"has_children\"", "children"},
    {"account.language == \"es\"", "language"},
    {"\"Race\" in account.tags", "race"},
    {"\"national_origin\" in account.tags", "national_origin"},
    {"\"zip_60601\" in account.tags", "zip"},
    {"\"MARITAL-status\" in account.tags", "marital"},
    {"age > 10 and overdue > money(\"10.00 USD\")", NULL},
    {"\"terrace\" in account.tags", NULL}, /* not race */
    {"\"brace\" in account.tags", NULL},   /* nor here */
    {"\"zipper\" in account.tags", NULL},
    {"segment == \"vip\"", NULL},
    {"", NULL},
    {NULL, NULL},
};

static void test_words(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(fair_refused(rows[i].text), ==, rows[i].word);
}

static void test_finding(void)
{
    g_autoptr(Diags) diags = diags_new();
    DiagPlace place = {"conf.yaml", 3, 7};
    g_assert_true(fair_check("age > 3", place, diags));
    g_assert_cmpuint(diags_length(diags), ==, 0);
    g_assert_false(fair_check("\"pregnant\" in account.tags", place, diags));
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "C066");
    g_assert_cmpint(diags_get(diags, 0)->place.line, ==, 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fair/words", test_words);
    g_test_add_func("/fair/finding", test_finding);
    return g_test_run();
}
