/* make sim SEED=… STEPS=…: plays one seed, or many. Exit 1: a seed shows that something does not hold. */
#include "sim/sim.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    gint64 seed, seeds, steps;
    gboolean verbose;
    char *synchronous;
} Options;

static bool read_options(int *argc, char ***argv, Options *options)
{
    const GOptionEntry entries[] = {
        {"seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "first seed", "N"},
        {"seeds", 0, 0, G_OPTION_ARG_INT64, &options->seeds, "so many seeds from there on", "N"},
        {"steps", 0, 0, G_OPTION_ARG_INT64, &options->steps, "steps of each", "N"},
        {"synchronous", 0, 0, G_OPTION_ARG_STRING, &options->synchronous, "NORMAL or OFF: loses",
         "S"},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &options->verbose, "every step", NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- one seed, one execution");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (g_option_context_parse(context, argc, argv, &error))
        return true;
    fprintf(stderr, "sim: %s\n", error->message);
    return false;
}

static void print_sum(const SimReport *sum, gint64 seeds, int failed)
{
    printf("{\"seeds\":%" G_GINT64_FORMAT ",\"failed\":%d", seeds, failed);
#define NUMBER(name) printf(",\"" #name "\":%" G_GUINT64_FORMAT, sum->name)
    NUMBER(steps), NUMBER(lives), NUMBER(crashes), NUMBER(days), NUMBER(events), NUMBER(duplicates);
    NUMBER(answers), NUMBER(lost_answers), NUMBER(late_answers), NUMBER(lies), NUMBER(sends);
    NUMBER(lookups), NUMBER(jumps), NUMBER(reloads), NUMBER(checks), NUMBER(applied), NUMBER(held);
    NUMBER(contacts_applied), NUMBER(torn_writes), NUMBER(lost_writes), NUMBER(failed_calls);
    NUMBER(full_calls);
#undef NUMBER
    printf("}\n");
}

int main(int argc, char **argv)
{
    Options options = {.seed = 1, .seeds = 1, .steps = 400};
    if (!read_options(&argc, &argv, &options))
        return 2;
    SimReport sum = {0};
    int failed = 0;
    for (gint64 seed = options.seed; seed < options.seed + options.seeds; seed++) {
        SimSetup setup = {(uint64_t)seed, (unsigned)options.steps, options.synchronous,
                          options.verbose != 0};
        SimReport report = sim_run(&setup);
        if (report.failure)
            printf("seed %" G_GINT64_FORMAT " steps %" G_GINT64_FORMAT ": %s\n", seed,
                   options.steps, report.failure);
        failed += report.failure != NULL;
        sim_report_add(&sum, &report);
        sim_report_done(&report);
    }
    print_sum(&sum, options.seeds, failed);
    g_free(options.synchronous);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
