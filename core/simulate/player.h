/* One account through its days on a clock of its own: what the hub does with it (facts of each day's poll, wake-ups, fresh looks at
 * the ledger, acts that are taken as done), in memory and without the other accounts. The same decide with the same events in
 * the same order, so the same reasons; tests/unit/simulate holds it against the hub itself. */
#ifndef DUNHUB_SIMULATE_PLAYER_H
#define DUNHUB_SIMULATE_PLAYER_H

#include "escalation/decide.h"
#include "simulate/history.h"

typedef struct {
    const char *account; /* the hub's id of it */
    Instant now;
    const AccountState *before, *after;
    const DecideOut *out; /* reasons and changes */
} Played;

typedef struct {
    const Configuration *configuration;
    Date from, to;
    bool bare; /* reasons are only counted: DecideIn.bare */
    bool is_only_ledger; /* the configuration has one: accounts are named as their ledger names them */
    void *data;
    /* After each decision that gave a reason or changed something. What it points to dies when it returns. */
    void (*decided)(void *data, const Played *played);
    /* The account at the end of the last day. */
    void (*ended)(void *data, const char *account, const AccountState *state);
    /* A fact that cannot be taken. */
    void (*finding)(void *data, const char *instance, const char *text);
} PlayerSetup;

typedef struct Player Player;
Player *player_new(const PlayerSetup *setup);
void player_free(Player *player);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Player, player_free)

void player_play(Player *player, const AccountHistory *history);
/* So far. */
uint64_t player_decisions(const Player *player);

#endif
