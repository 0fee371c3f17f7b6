/* Read before the act (domain.md §6.6): one poll of a ledger that began after the wish serves all
 * who wait for it. */
#include "hub/loop.h"

#include <string.h>

static Waiting *waiting_new(const char *external, Instant after)
{
    Waiting *waiting = g_new0(Waiting, 1);
    waiting->external = g_strdup(external);
    waiting->after = after;
    return waiting;
}

void waiting_free(void *data)
{
    Waiting *waiting = data;
    g_free(waiting->external);
    g_free(waiting);
}

static void tell(Hub *hub, const char *account, const char *source, Instant began_at,
                 const char *why)
{
    LedgerRead read;
    record_init(event_types[EVENT_LEDGER_READ].payload, &read);
    read.source = source ? source : "hub";
    read.began_at = began_at;
    read.failed = why != NULL;
    read.error = why;
    intake_own(hub, EVENT_LEDGER_READ, account, source ? source : "hub", &read);
    hub->counters.reads++;
}

void freshness_want(Hub *hub, const char *account, const char *source, const char *external,
                    Instant after)
{
    Feed *feed = source ? feed_get(hub, source) : NULL;
    Source *ledger = feed ? feed_ledger(feed) : NULL;
    if (ledger && !hub->setup.dry) {
        g_hash_table_insert(ledger->waiting, g_strdup(account), waiting_new(external, after));
        return;
    }
    bool lost = source && hub->n_ledgers && !hub->setup.dry;
    tell(hub, account, source, MAX(hub->now, after),
         lost ? "its ledger is no longer among the instances of the configuration" : NULL);
}

void freshness_answer(Hub *hub, Feed *feed, Source *source, const char *why)
{
    GHashTableIter iter;
    void *account, *value;
    g_hash_table_iter_init(&iter, source->serving);
    while (g_hash_table_iter_next(&iter, &account, &value)) {
        Waiting *waiting = value;
        bool again = why && !g_hash_table_contains(source->waiting, account);
        if (!why || !waiting->told)
            tell(hub, account, feed->name, source->began_at, why);
        if (!again)
            continue;
        waiting->told = true;
        g_hash_table_iter_steal(&iter);
        g_hash_table_insert(source->waiting, account, waiting);
    }
    g_hash_table_remove_all(source->serving);
}

void freshness_want_member(Hub *hub, const char *account, Instant after)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    if (store_load_account(hub->setup.store, account, arena, &state, &found, NULL) && found)
        freshness_want(hub, account, state.account.source, state.account.external_id, after);
}

static bool want_again(const char *account, const Act *act, void *data)
{
    Hub *hub = data;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    if (!store_load_account(hub->setup.store, account, arena, &state, &found, NULL) || !found)
        return true;
    freshness_want(hub, account, state.account.source, state.account.external_id, act->fresh_after);
    STATE_FOREACH ((const AccountState *)&state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (member->left_on == DATE_NONE)
            freshness_want_member(hub, member->child, act->fresh_after);
    return true;
}

bool freshness_recover(Hub *hub, GError **error)
{
    return store_acts(hub->setup.store, NULL, 1u << ACT_FRESHNESS, SIZE_MAX, want_again, hub,
                      error);
}
