/* One seed, one execution: the real intake, engine, outbox, schedule and store in one thread, on a disk that loses power
 * (disk.h), a clock that jumps and platforms that answer, lose, repeat, delay, reorder and lie. Everything follows from the
 * seed; what must always hold is looked at after every step, and the first thing that does not ends the run. */
#ifndef DUNHUB_TESTS_SIM_SIM_H
#define DUNHUB_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint64_t seed;
    unsigned steps;
    const char *synchronous; /* of SQLite, in place of the store's own: NORMAL and OFF must be seen to lose; NULL: its own */
    bool verbose;            /* each step to stderr */
} SimSetup;

typedef struct {
    uint64_t steps, lives, crashes, torn_writes, lost_writes, failed_calls, full_calls;
    uint64_t days;           /* simulated */
    uint64_t events, duplicates, answers, lost_answers, late_answers, lies;
    uint64_t sends, lookups, jumps, reloads, checks;
    uint64_t applied;        /* acts that took effect on a platform */
    uint64_t held;           /* acts that wait for a person at the end */
    uint64_t contacts_applied;
    char *failure;           /* NULL: everything held; else what did not, and at which step */
} SimReport;

SimReport sim_run(const SimSetup *setup);
void sim_report_done(SimReport *report);
/* Adds the numbers of one run to those of several. */
void sim_report_add(SimReport *sum, const SimReport *report);

#endif
