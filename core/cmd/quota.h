/* Calls of a day that platforms count (bus/limits.h), kept in the store, so that a restart forgets none. */
#ifndef DUNHUB_CMD_QUOTA_H
#define DUNHUB_CMD_QUOTA_H

#include "store/store.h"

/* day: of UTC since 1970. 0 where another day, or nothing, is kept. */
bool quota_get(Store *store, const char *pool, int64_t day, int64_t *ret_used, GError **error);
/* A group of its own: none may be open. */
bool quota_put(Store *store, const char *pool, int64_t day, int64_t used, GError **error);

#endif
