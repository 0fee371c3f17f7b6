#include "simulate/simulation.h"

typedef struct {
    const SimulationSetup *setup;
    size_t side;
    Player *player;
} Side;

static uint64_t decisions;

uint64_t simulation_decisions(void)
{
    return decisions;
}

void simulation_let_go(Configuration *configuration)
{
    configuration->book.fuse_factor = 0;
    for (size_t i = 0; i < configuration->book.n_policies; i++)
        ((Policy *)configuration->book.policies[i])->mode = MODE_LIVE;
}

static void on_decided(void *data, const Played *played)
{
    const Side *side = data;
    const SimulationSetup *setup = side->setup;
    for (size_t i = 0; i < played->out->n_reasons; i++)
        setup->reason(setup->data, side->side, played->account, played->now, played->after,
                      &played->out->reasons[i]);
}

static void on_ended(void *data, const char *account, const AccountState *state)
{
    const Side *side = data;
    side->setup->ended(side->setup->data, side->side, account, state);
}

/* What cannot be taken is the same for all sides: it is said once. */
static void on_finding(void *data, const char *instance, const char *text)
{
    const Side *side = data;
    (void)instance;
    if (side->side == 0)
        side->setup->finding(side->setup->data, text);
}

static bool play_part(const SimulationSetup *setup, History *history, size_t part, Side *sides,
                      GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    AccountHistory *accounts = NULL;
    size_t n = 0;
    if (!history_part(history, part, arena, &accounts, &n, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < setup->n_sides; k++)
            player_play(sides[k].player, &accounts[i]);
        if (!setup->next(setup->data, &accounts[i]))
            break;
    }
    return true;
}

bool simulation_play(const SimulationSetup *setup, History *history, GError **error)
{
    Side sides[SIDES_MAX] = {0};
    bool good = true;
    for (size_t k = 0; k < setup->n_sides; k++) {
        sides[k] = (Side){setup, k, NULL};
        PlayerSetup player = {
            .configuration = setup->configurations[k],
            .from = setup->from,
            .to = setup->to,
            .bare = setup->bare,
            .is_only_ledger = history_ledgers(history) <= 1,
            .data = &sides[k],
            .decided = on_decided,
            .ended = on_ended,
            .finding = on_finding,
        };
        sides[k].player = player_new(&player);
    }
    size_t parts = history_parts(history);
    for (size_t part = 0; good && part < parts; part++) {
        good = play_part(setup, history, part, sides, error);
        setup->progress(setup->data, part + 1, parts);
    }
    for (size_t k = 0; k < setup->n_sides; k++) {
        decisions += player_decisions(sides[k].player);
        player_free(sides[k].player);
    }
    return good;
}
