/* What the ledgers told, account by account: every fact with the day on which it became known. The ledgers are read once; what
 * they tell is sorted into parts by account, of which one is in memory at a time. */
#ifndef DUNHUB_SIMULATE_HISTORY_H
#define DUNHUB_SIMULATE_HISTORY_H

#include "hub/configuration.h"
#include "model/event.h"

#define HISTORY_ERROR g_quark_from_static_string("dunhub-history")

typedef struct {
    const Configuration *configuration;
    const char *plugin_dir;
    const char *ledger; /* name of one instance; NULL: all that have a ledger */
    Date from, to;
    void (*finding)(void *data, const char *place, const char *text);
    void *data;
} HistorySetup;

typedef struct History History;

/* *ret_history NULL: these ledgers cannot be told as a history and are to be played day by day; *ret_why says which and why
 * (caller frees). False: *error. */
bool history_read(const HistorySetup *setup, History **ret_history, char **ret_why, GError **error);
void history_free(History *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(History, history_free)

typedef struct {
    Date day;
    uint32_t page, order; /* of that day's poll; within the whole file */
    int rank;             /* as hub_order_page has it */
    EventKind kind;
    const char *id, *data; /* JSON object, not looked into yet */
    size_t n_data;
} KnownFact;

typedef struct {
    const char *instance, *external; /* whose account it is, and its name there */
    KnownFact *facts;                     /* in the order in which the hub takes them, each id once */
    size_t n;
} AccountHistory;

size_t history_parts(const History *history);
size_t history_facts(const History *history);
/* Ledgers that the configuration has, read or not: with one, accounts are named as it names them. */
size_t history_ledgers(const History *history);
/* Accounts in the order of their names; all of it lives in the arena. */
bool history_part(History *history, size_t part, Arena *arena, AccountHistory **ret_accounts, size_t *ret_n, GError **error);

#endif
