/* A whole ledger through all its days under one policy, or under two side by side: the history is read once, and account after
 * account lives its days under each. */
#ifndef DUNHUB_SIMULATE_SIMULATION_H
#define DUNHUB_SIMULATE_SIMULATION_H

#include "hub/hub.h"
#include "simulate/history.h"
#include "simulate/player.h"

enum { SIDES_MAX = 2 };

typedef struct {
    const Configuration *configurations[SIDES_MAX]; /* of each side; simulation_let_go was called */
    size_t n_sides;
    Date from, to;
    bool bare; /* reasons are only counted: they come without text and detail */
    void *data;
    /* Every reason of every decision of that side; pointers die when it returns. */
    void (*reason)(void *data, size_t side, const char *account, Instant now, const AccountState *after, const Reason *reason);
    void (*ended)(void *data, size_t side, const char *account, const AccountState *state);
    /* All sides of the account have ended. False: enough, the simulation ends. */
    bool (*next)(void *data, const AccountHistory *history);
    void (*finding)(void *data, const char *text);
    void (*progress)(void *data, size_t part, size_t parts);
} SimulationSetup;

/* What a person would release is taken as released, and a busy day as wanted: the plan is what is asked for. */
void simulation_let_go(Configuration *configuration);

/* The first side's history. */
bool simulation_play(const SimulationSetup *setup, History *history, GError **error);
/* Decisions since the start of the program, for figures. */
uint64_t simulation_decisions(void);

#endif
