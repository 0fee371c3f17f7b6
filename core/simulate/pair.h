/* Two policies on one ledger, account by account: what each came to, and where they part. */
#ifndef DUNHUB_SIMULATE_PAIR_H
#define DUNHUB_SIMULATE_PAIR_H

#include "simulate/compare.h"
#include "simulate/history.h"
#include "simulate/tally.h"

typedef struct {
    const Configuration *configurations[2]; /* simulation_let_go was called */
    Tally *tallies[2];
    Compare *compare;
    Date from, to;
    void *data;
    void (*finding)(void *data, const char *text);
    void (*progress)(void *data, size_t part, size_t parts);
} PairSetup;

bool pair_play(const PairSetup *setup, History *history, GError **error);

#endif
