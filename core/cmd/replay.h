/* A ledger played day by day through the hub on a virtual clock: the works of `run`, with a store
 * in memory, and acts that are taken as done. The ledger plugins run as they do in the hub and read
 * their files as of each day; nothing leaves and nothing is kept. */
#ifndef DUNHUB_CMD_REPLAY_H
#define DUNHUB_CMD_REPLAY_H

#include "cmd/station.h"
#include "hub/hub.h"

typedef struct Replay Replay;

/* station: of mode STATION_CONFIGURATION; gets a store in memory. ledger: name of one instance;
 * NULL: all that have a ledger. The watcher hears of every reason. */
bool replay_open(Station *station, const char *ledger, Date first, HubWatcher watcher, void *data,
                 Replay **ret_replay, GError **error);
void replay_close(Replay *replay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Replay, replay_close)

/* Reads the ledgers as of that local day, then plays it to its end. Days ascend. */
bool replay_day(Replay *replay, Date day, GError **error);
/* Rows of the ledgers that were left out so far. */
size_t replay_findings(const Replay *replay);

#endif
