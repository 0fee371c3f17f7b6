#include "simulate/pair.h"

#include "simulate/simulation.h"

/* Most accounts are only counted. One that is shown with its reasons is played once more with their words. */
typedef struct {
    const PairSetup *setup;
    const History *history;
    Trace *traces[2];
    char *account;
    struct Teller {
        Player *player;
        Trace *trace;
    } tellers[2];
} Pair;

static void on_reason(void *data, size_t side, const char *account, Instant now,
                      const AccountState *after, const Reason *reason)
{
    Pair *pair = data;
    tally_reason(pair->setup->tallies[side], account, now, after, reason);
    trace_reason(pair->traces[side], now, reason);
}

static void on_ended(void *data, size_t side, const char *account, const AccountState *state)
{
    Pair *pair = data;
    tally_account(pair->setup->tallies[side], account, state);
    g_free(pair->account);
    pair->account = g_strdup(account);
}

/* ---- with words ------------------------------------------------------------------------------ */

static void on_told(void *data, const Played *played)
{
    struct Teller *teller = data;
    for (size_t i = 0; i < played->out->n_reasons; i++)
        trace_reason(teller->trace, played->now, &played->out->reasons[i]);
}

static void on_told_end(void *data, const char *account, const AccountState *state)
{
    (void)data, (void)account, (void)state;
}

static void on_told_finding(void *data, const char *instance, const char *text)
{
    (void)data, (void)instance, (void)text; /* said before */
}

static void tell(Pair *pair, size_t side, const AccountHistory *history)
{
    struct Teller *teller = &pair->tellers[side];
    if (!teller->player) {
        PlayerSetup setup = {
            .configuration = pair->setup->configurations[side],
            .from = pair->setup->from,
            .to = pair->setup->to,
            .is_only_ledger = history_ledgers(pair->history) <= 1,
            .data = teller,
            .decided = on_told,
            .ended = on_told_end,
            .finding = on_told_finding,
        };
        teller->player = player_new(&setup);
        teller->trace = trace_new();
    }
    trace_reset(teller->trace);
    player_play(teller->player, history);
}

static bool on_next(void *data, const AccountHistory *history)
{
    Pair *pair = data;
    if (compare_account(pair->setup->compare, pair->account, pair->traces[0], pair->traces[1])) {
        tell(pair, 0, history);
        tell(pair, 1, history);
        compare_keep(pair->setup->compare, pair->account, pair->tellers[0].trace,
                     pair->tellers[1].trace);
    }
    trace_reset(pair->traces[0]);
    trace_reset(pair->traces[1]);
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void on_finding(void *data, const char *text)
{
    const PairSetup *setup = ((const Pair *)data)->setup;
    setup->finding(setup->data, text);
}

static void on_progress(void *data, size_t part, size_t parts)
{
    const PairSetup *setup = ((const Pair *)data)->setup;
    setup->progress(setup->data, part, parts);
}

bool pair_play(const PairSetup *setup, History *history, GError **error)
{
    Pair pair = {.setup = setup, .history = history, .traces = {trace_new(), trace_new()}};
    SimulationSetup simulation = {
        .configurations = {setup->configurations[0], setup->configurations[1]},
        .n_sides = 2,
        .from = setup->from,
        .to = setup->to,
        .bare = true,
        .data = &pair,
        .reason = on_reason,
        .ended = on_ended,
        .next = on_next,
        .finding = on_finding,
        .progress = on_progress,
    };
    bool good = simulation_play(&simulation, history, error);
    for (size_t i = 0; i < 2; i++) {
        trace_free(pair.traces[i]);
        trace_free(pair.tellers[i].trace);
        player_free(pair.tellers[i].player);
    }
    g_free(pair.account);
    return good;
}
