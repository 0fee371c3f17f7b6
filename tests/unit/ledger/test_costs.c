/* What acting costs (domain.md §7). */
#include "ledger/costs.h"

#include <glib.h>

static const DeliveryCost deliveries[] = {{"email", 100}, {"letter", 110000}};
static const Costs prices = {.currency = {"USD"},
                             .deliveries = deliveries,
                             .n_deliveries = G_N_ELEMENTS(deliveries),
                             .agency = 1500,
                             .agency_permille = 250,
                             .staff_minute = 70,
                             .task_minutes = 10};

static void test_sum(void)
{
    const uint64_t sent[] = {14, 3};
    CostSum sum = costs_of(
        &prices,
        &(CostCounts){.deliveries = sent, .handovers = 2, .tasks = 3, .placed_cash = 10001});
    g_assert_cmpint(sum.messages, ==, 1 + 330); /* 1.4 cents and 330 */
    g_assert_cmpint(sum.agency, ==, 3000 + 2500);
    g_assert_cmpint(sum.staff, ==, 2100);
    g_assert_cmpint(sum.total, ==, 331 + 5500 + 2100);
    g_assert_cmpstr(sum.currency.code, ==, "USD");
}

static void test_half_up(void)
{
    const uint64_t sent[] = {5, 0};
    g_assert_cmpint(costs_of(&prices, &(CostCounts){.deliveries = sent}).messages, ==, 1);
    const uint64_t fewer[] = {4, 0};
    g_assert_cmpint(costs_of(&prices, &(CostCounts){.deliveries = fewer}).messages, ==, 0);
}

/* Reversed money leaves less than nothing: the agency keeps no share of that. */
static void test_nothing(void)
{
    CostSum sum = costs_of(&prices, &(CostCounts){.placed_cash = -500});
    g_assert_cmpint(sum.total, ==, 0);
    g_assert_cmpint(costs_of(&(Costs){.currency = {""}}, &(CostCounts){.tasks = 9}).total, ==, 0);
}

static void test_channel(void)
{
    g_assert_cmpuint(costs_channel(&prices, "letter"), ==, 1);
    g_assert_cmpuint(costs_channel(&prices, "voice"), ==, prices.n_deliveries);
    g_assert_cmpuint(costs_channel(&prices, NULL), ==, prices.n_deliveries);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ledger/costs/sum", test_sum);
    g_test_add_func("/ledger/costs/half_up", test_half_up);
    g_test_add_func("/ledger/costs/nothing", test_nothing);
    g_test_add_func("/ledger/costs/channel", test_channel);
    return g_test_run();
}
