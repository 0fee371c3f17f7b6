/* How groups are treated: which cases count, what came to them, and how shares are laid side by side. */
#include <glib.h>

#include "ledger/treatment.h"

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static Cycle *add_case(AccountState *state, const char *id, const char *since, const char *left)
{
    Cycle *cycle = state_add(state, KIND_CYCLE);
    cycle->id = id;
    cycle->delinquent_since = day(since);
    cycle->left_on = left ? day(left) : DATE_NONE;
    cycle->step = left ? NULL : "first";
    return cycle;
}

static void add_act(AccountState *state, const char *cycle, const char *verb, const char *done)
{
    Act *act = state_add(state, KIND_ACT);
    act->key = verb;
    act->cycle = cycle;
    act->verb = verb;
    act->notice = g_str_has_prefix(verb, "message.") ? "n" : NULL;
    act->state = ACT_DONE;
    act->done_on = day(done);
}

static Treatments july_of(const AccountState *state)
{
    Treatments treatments = {0};
    treatments_add(state, day("2026-07-01"), day("2026-07-31"), &treatments);
    return treatments;
}

/* A case counts on its first and on its last day, not off them. */
static void test_cases(void)
{
    static const struct {
        const char *since, *left;
        int cases;
    } rows[] = {
        {"2026-06-01", "2026-06-30", 0}, {"2026-06-01", "2026-07-01", 1}, {"2026-07-31", NULL, 1},
        {"2026-08-01", NULL, 0},         {"2026-06-01", NULL, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        AccountState state;
        state_init(&state, arena, "A");
        add_case(&state, "c1", rows[i].since, rows[i].left);
        Treatments treatments = july_of(&state);
        g_test_message("row %zu", i);
        g_assert_cmpint(treatments.cases, ==, rows[i].cases);
        g_assert_cmpint(treatments.accounts, ==, rows[i].cases);
    }
}

static void test_treated(void)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    state_init(&state, arena, "A");
    add_case(&state, "c1", "2026-07-01", "2026-07-20");
    add_case(&state, "c2", "2026-07-25", NULL);
    add_act(&state, "c1", "message.email", "2026-07-03");
    add_act(&state, "c1", "message.letter", "2026-07-08");
    add_act(&state, "c1", "service.suspend", "2026-07-11");
    add_act(&state, "c1", "message.email", "2026-08-01"); /* after the period */
    add_act(&state, "c2", "agency.place", "2026-07-31");
    add_act(&state, "c0", "service.suspend", "2026-07-02"); /* of no case */
    add_act(&state, "c2", "task.create", "2026-07-30");     /* no treatment */
    add_act(&state, "c1", "service.suspend", "2026-07-12");
    Act *undone = state_add(&state, KIND_ACT);
    *undone = (Act){.key = "u",
                    .cycle = "c1",
                    .verb = "service.suspend",
                    .state = ACT_DONE,
                    .undo = true,
                    .done_on = day("2026-07-13")};
    Invoice *fee = state_add(&state, KIND_INVOICE);
    fee->kind = INVOICE_FEE;
    fee->cycle = "c1";
    fee->issued_on = day("2026-07-01");
    Hold *grace = state_add(&state, KIND_HOLD), *pause = state_add(&state, KIND_HOLD);
    grace->kind = HOLD_GRACE;
    grace->from = day("2026-07-05");
    pause->kind = HOLD_PAUSE;
    pause->from = day("2026-07-26");
    Plan *plan = state_add(&state, KIND_PLAN);
    plan->made_on = day("2026-06-30"); /* before the period */
    Treatments t = july_of(&state);
    static const struct {
        Treatment treatment;
        int n, cases, days;
    } rows[] = {
        {TREATED_MESSAGE, 2, 1, 3},     {TREATED_CALL, 0, 0, 0},        {TREATED_FEE, 1, 1, 1},
        {TREATED_SUSPENSION, 2, 1, 11}, {TREATED_COLLECTIONS, 1, 1, 7}, {TREATED_GRACE, 1, 1, 5},
        {TREATED_HOLD, 1, 1, 2},        {TREATED_PLAN, 0, 0, 0},
    };
    g_assert_cmpint(t.cases, ==, 2);
    g_assert_cmpint(t.accounts, ==, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Treated *treated = &t.treated[rows[i].treatment];
        g_test_message("%s", treatment_words[rows[i].treatment]);
        g_assert_cmpint(treated->n, ==, rows[i].n);
        g_assert_cmpint(treated->cases, ==, rows[i].cases);
        g_assert_cmpint(treated->days, ==, rows[i].days);
    }
}

static Treatments of(int64_t cases, int64_t treated)
{
    Treatments treatments = {.cases = cases};
    treatments.treated[TREATED_FEE] = (Treated){treated, treated, treated};
    return treatments;
}

/* Four fifths, each way, on the boundary and just off it. */
static void test_signs(void)
{
    static const struct {
        int64_t cases, treated, all_cases, all_treated;
        const char *sign, *against;
    } rows[] = {
        {100, 50, 200, 100, "alike", "1.0000"},
        {100, 50, 200, 90, "more", "1.2500"},
        {1000, 499, 2000, 899, "alike", "1.2475"},
        {100, 40, 200, 90, "less", "0.8000"},
        {1000, 401, 2000, 901, "alike", "0.8020"},
        {29, 29, 200, 29, "few", NULL},
        {30, 30, 200, 30, "more", NULL},
        {171, 1, 200, 2, "few", "0.1696"},
        {100, 0, 200, 0, NULL, NULL},
        {200, 50, 200, 50, NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Treatments group = of(rows[i].cases, rows[i].treated),
                   all = of(rows[i].all_cases, rows[i].all_treated);
        g_autofree char *against = ratio_text(treatments_against(&group, &all, TREATED_FEE));
        g_test_message("row %zu", i);
        g_assert_cmpstr(treatments_sign(&group, &all, TREATED_FEE), ==, rows[i].sign);
        g_assert_cmpstr(against, ==, rows[i].against);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/treatment/cases", test_cases);
    g_test_add_func("/treatment/treated", test_treated);
    g_test_add_func("/treatment/signs", test_signs);
    return g_test_run();
}
