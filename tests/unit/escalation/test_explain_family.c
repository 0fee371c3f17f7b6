/* What a family means is said on the child and on the parent, and no longer when it is over. */
#include "driver.h"

static bool is_said(Driver *v, const char *part)
{
    g_autoptr(json_t) sentences = explain_account(&v->state, &v->book, v->now, v->arena);
    for (size_t i = 0; i < json_array_size(sentences); i++)
        if (strstr(json_string_value(json_object_get(json_array_get(sentences, i), "text")), part))
            return true;
    return false;
}

static void place(Driver *v, const char *collector)
{
    FamilyPlacement *placed = arena_new0(v->arena, FamilyPlacement, 1);
    *placed = (FamilyPlacement){.collector = collector, .problem = -1};
    driver_event(v, EVENT_FAMILY_PLACED, placed);
}

static void test_child(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-07-01 06:00");
    driver_invoice(&v, "X1", 6500, NULL, "USD");
    driver_invoice(&v, "X2", 300, NULL, "EUR");
    g_assert_false(is_said(&v, "collected with"));
    place(&v, "P");
    g_assert_true(
        is_said(&v, "It is collected with account P: its own invoices (EUR 3.00 and USD 65.00)"));
    g_assert_true(is_said(&v, "collected alone again when its ledger names no parent"));
    place(&v, NULL);
    g_assert_false(is_said(&v, "collected with"));
    driver_close(&v);
}

static void test_parent(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-07-01 06:00");
    FamilyFacts *facts = arena_new0(v.arena, FamilyFacts, 1);
    *facts = (FamilyFacts){
        .child = "C1",
        .name = "Unit 1",
        .read_at = INSTANT_NONE,
        .records =
            "{\"invoices\":[{\"id\":\"C1/X1\",\"amount\":6500,\"currency\":\"USD\",\"issued_on\":"
            "\"2026-07-01\",\"child\":\"C1\"}]}"};
    driver_event(&v, EVENT_FAMILY_FACTS, facts);
    g_assert_true(
        is_said(&v, "The invoices of account C1 (Unit 1) (USD 65.00) are collected here since"));
    FamilyExit *left = arena_new0(v.arena, FamilyExit, 1);
    *left = (FamilyExit){.child = "C1"};
    driver_event(&v, EVENT_FAMILY_LEFT, left);
    g_assert_false(is_said(&v, "are collected here"));
    driver_close(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/family/child", test_child);
    g_test_add_func("/explain/family/parent", test_parent);
    return g_test_run();
}
