/* Blobs by content, named versions of them, and what instances keep. */
#include "store/sqlite/sqlite.h"

#include <string.h>

static void bind_blob(sqlite3_stmt *statement, int i, const void *bytes, size_t n)
{
    /* a NULL pointer would be taken for an absent value */
    sqlite3_bind_blob64(statement, i, n ? bytes : "", n, SQLITE_STATIC);
}

static GBytes *column_bytes(sqlite3_stmt *statement, int i)
{
    const void *bytes = sqlite3_column_blob(statement, i);
    return g_bytes_new(bytes, (gsize)sqlite3_column_bytes(statement, i));
}

bool sqlite_blob_put(Store *base, const char *kind, const void *bytes, size_t n, const char *hash,
                     GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_BLOB_PUT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, hash);
    sqlite_bind_text(statement, 2, kind);
    bind_blob(statement, 3, bytes, n);
    return sqlite_run(store, statement, error);
}

bool sqlite_blob_get(Store *base, const char *hash, GBytes **ret_bytes, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_BLOB_GET, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, hash);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_bytes = has ? column_bytes(statement, 0) : NULL;
    sqlite3_reset(statement);
    return true;
}

/* The latest version of a name, 0 if there is none, and whether it is this blob. */
static bool last_version(SqliteStore *store, const char *kind, const char *name, const char *hash,
                         int64_t *ret_version, bool *ret_same, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_VERSION_LAST, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, kind);
    sqlite_bind_text(statement, 2, name);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_version = has ? sqlite3_column_int64(statement, 0) : 0;
    *ret_same = has && strcmp(sqlite_text(statement, 1), hash) == 0;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_version_put(Store *base, const char *kind, const char *name, const char *hash,
                        Instant at, int64_t *ret_version, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    int64_t version = 0;
    bool same = false;
    if (!last_version(store, kind, name, hash, &version, &same, error))
        return false;
    if (same) {
        *ret_version = version;
        return true;
    }
    sqlite3_stmt *statement = sqlite_query(store, QUERY_VERSION_PUT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, kind);
    sqlite_bind_text(statement, 2, name);
    sqlite3_bind_int64(statement, 3, version + 1);
    sqlite_bind_text(statement, 4, hash);
    sqlite3_bind_int64(statement, 5, at);
    if (!sqlite_run(store, statement, error))
        return false;
    *ret_version = version + 1;
    return true;
}

bool sqlite_versions(Store *base, const char *kind, VersionVisitor visitor, void *data,
                     GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_VERSIONS, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, kind);
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        if (!visitor(sqlite_text(statement, 0), sqlite3_column_int64(statement, 1),
                     sqlite_text(statement, 2), data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}

bool sqlite_state_put(Store *base, const char *instance, const char *name, const void *bytes,
                      size_t n, uint64_t expected_version, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement =
        sqlite_query(store, expected_version ? QUERY_STATE_REPLACE : QUERY_STATE_CREATE, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    sqlite_bind_text(statement, 2, name);
    bind_blob(statement, 3, bytes, n);
    if (expected_version)
        sqlite3_bind_int64(statement, 4, (int64_t)expected_version);
    if (!sqlite_run(store, statement, error))
        return false;
    if (sqlite3_changes(store->db) > 0)
        return true;
    g_set_error(error, STORE_ERROR, STORE_ERROR_STALE,
                "%s: '%s' is not at version %" G_GUINT64_FORMAT
                " any more; read it again before changing it",
                instance, name, expected_version);
    return false;
}

bool sqlite_state_get(Store *base, const char *instance, const char *name, GBytes **ret_bytes,
                      uint64_t *ret_version, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_STATE_GET, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    sqlite_bind_text(statement, 2, name);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_bytes = has ? column_bytes(statement, 0) : NULL;
    *ret_version = has ? (uint64_t)sqlite3_column_int64(statement, 1) : 0;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_states(Store *base, StateVisitor visitor, void *data, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_STATES, error);
    if (!statement)
        return false;
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        g_autoptr(GBytes) value = column_bytes(statement, 2);
        if (!visitor(sqlite_text(statement, 0), sqlite_text(statement, 1), value,
                     (uint64_t)sqlite3_column_int64(statement, 3), data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}
