#include "cmd/quota.h"

#include <string.h>

#include "base/json.h"

/* No instance can have this name. */
#define PLACE "@quota"

static bool read_kept(Store *store, const char *pool, json_t **ret_kept, uint64_t *ret_version,
                      GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!store_state_get(store, PLACE, pool, &bytes, ret_version, error))
        return false;
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    *ret_kept = text ? json_loadb(text, n, 0, NULL) : NULL;
    return true;
}

bool quota_get(Store *store, const char *pool, int64_t day, int64_t *ret_used, GError **error)
{
    g_autoptr(json_t) kept = NULL;
    uint64_t version;
    if (!read_kept(store, pool, &kept, &version, error))
        return false;
    bool same = json_integer_value(json_object_get(kept, "day")) == day;
    *ret_used = same ? MAX(0, json_integer_value(json_object_get(kept, "used"))) : 0;
    return true;
}

static bool put(Store *store, const char *pool, const char *text, uint64_t version, GError **error)
{
    if (!store_begin(store, error))
        return false;
    if (store_state_put(store, PLACE, pool, text, strlen(text), version, error))
        return store_commit(store, error);
    store_rollback(store);
    return false;
}

bool quota_put(Store *store, const char *pool, int64_t day, int64_t used, GError **error)
{
    g_autoptr(json_t) kept = NULL;
    uint64_t version;
    if (!read_kept(store, pool, &kept, &version, error))
        return false;
    g_autoptr(json_t) now =
        json_pack("{s:I,s:I}", "day", (json_int_t)day, "used", (json_int_t)used);
    g_autofree char *text = json_canonical(now);
    return put(store, pool, text, version, error);
}
