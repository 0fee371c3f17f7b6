/* Seeds that once showed a defect, and some more; and that the simulation sees what it is there to see. */
#include "sim/sim.h"

#include <glib.h>
#include <string.h>

enum { SEEDS = 10, STEPS = 250 };

static SimReport play(uint64_t seed, unsigned steps, const char *synchronous)
{
    SimSetup setup = {.seed = seed, .steps = steps, .synchronous = synchronous};
    return sim_run(&setup);
}

static void expect_good(uint64_t seed, unsigned steps, SimReport *sum)
{
    SimReport report = play(seed, steps, NULL);
    if (report.failure)
        g_error("make sim SEED=%" G_GUINT64_FORMAT " STEPS=%u: %s", seed, steps, report.failure);
    sim_report_add(sum, &report);
}

/* tests/sim/seeds.txt: "seed steps" a line, and what it found. */
static void test_seeds_that_found_something(void)
{
    g_autofree char *text = NULL;
    SimReport sum = {0};
    g_assert_true(g_file_get_contents("tests/sim/seeds.txt", &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        char *end = NULL;
        uint64_t seed = g_ascii_strtoull(*line, &end, 10);
        if (end != *line)
            expect_good(seed, (unsigned)g_ascii_strtoull(end, NULL, 10), &sum);
    }
    g_assert_cmpuint(sum.steps, >, 0);
}

/* Everything that can happen does happen. */
static void test_more_seeds(void)
{
    SimReport sum = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        expect_good(seed, STEPS, &sum);
    const uint64_t happens[] = {sum.crashes,      sum.torn_writes,     sum.lost_writes,
                                sum.failed_calls, sum.full_calls,      sum.duplicates,
                                sum.answers,      sum.lost_answers,    sum.lies,
                                sum.sends,        sum.lookups,         sum.jumps,
                                sum.reloads,      sum.contacts_applied};
    for (size_t i = 0; i < G_N_ELEMENTS(happens); i++)
        g_assert_cmpuint(happens[i], >, 0);
}

static void test_one_seed_is_one_execution(void)
{
    SimReport first = play(3, STEPS, NULL), again = play(3, STEPS, NULL);
    g_assert_null(first.failure);
    g_assert_true(memcmp(&first, &again, sizeof first) == 0);
}

/* A store that does not wait for the disk loses what it has acknowledged, and that is seen. */
static void test_a_careless_store_is_caught(gconstpointer data)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        SimReport report = play(seed, STEPS, data);
        bool caught = report.failure != NULL;
        sim_report_done(&report);
        if (caught)
            return;
    }
    g_error("synchronous=%s lost nothing in %d seeds", (const char *)data, SEEDS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/seeds/kept", test_seeds_that_found_something);
    g_test_add_func("/sim/seeds/more", test_more_seeds);
    g_test_add_func("/sim/seeds/same", test_one_seed_is_one_execution);
    g_test_add_data_func("/sim/careless/normal", "NORMAL", test_a_careless_store_is_caught);
    g_test_add_data_func("/sim/careless/off", "OFF", test_a_careless_store_is_caught);
    return g_test_run();
}
