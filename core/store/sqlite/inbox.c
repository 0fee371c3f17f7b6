/* Requests of platforms, until events were made of them. */
#include "store/sqlite/sqlite.h"

bool sqlite_inbox_put(Store *base, const InboxRow *row, const void *body, size_t n, Instant due,
                      bool *ret_duplicate, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_PUT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, row->instance);
    sqlite_bind_text(statement, 2, row->hook);
    sqlite_bind_text(statement, 3, row->delivery);
    sqlite_bind_text(statement, 4, row->head);
    sqlite3_bind_blob64(statement, 5, n ? body : "", n, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 6, row->received_at);
    sqlite3_bind_int64(statement, 7, due);
    if (!sqlite_run(store, statement, error))
        return false;
    *ret_duplicate = sqlite3_changes(store->db) == 0;
    return true;
}

static void read_row(sqlite3_stmt *statement, Arena *arena, GArray *rows)
{
    InboxRow row = {
        .id = (uint64_t)sqlite3_column_int64(statement, 0),
        .instance = arena_strdup(arena, sqlite_text(statement, 1)),
        .hook = arena_strdup(arena, sqlite_text(statement, 2)),
        .delivery = arena_strdup(arena, sqlite_text(statement, 3)),
        .head = arena_strdup(arena, sqlite_text(statement, 4)),
        .received_at = sqlite3_column_int64(statement, 5),
        .attempts = sqlite3_column_int64(statement, 6),
    };
    g_array_append_val(rows, row);
}

bool sqlite_inbox_due(Store *base, const char *instance, Instant now, size_t max, Arena *arena,
                      InboxRow **ret_rows, size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_DUE, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    sqlite3_bind_int64(statement, 2, now);
    sqlite3_bind_int64(statement, 3, (int64_t)max);
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(InboxRow));
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (has) {
            read_row(statement, arena, rows);
            continue;
        }
        *ret_n = rows->len;
        *ret_rows = rows->len ? arena_dup(arena, rows->data, rows->len * sizeof(InboxRow)) : NULL;
        return true;
    }
    return false;
}

bool sqlite_inbox_body(Store *base, uint64_t id, GBytes **ret_body, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_BODY, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)id);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_body = has ? g_bytes_new(sqlite3_column_blob(statement, 0),
                                  (gsize)sqlite3_column_bytes(statement, 0))
                    : NULL;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_inbox_next(Store *base, const char *instance, Instant *ret_due, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_NEXT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_due = has ? sqlite_instant(statement, 0, INSTANT_NEVER) : INSTANT_NEVER;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_inbox_later(Store *base, uint64_t id, Instant due, const char *why, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_LATER, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)id);
    sqlite3_bind_int64(statement, 2, due);
    sqlite_bind_text(statement, 3, why);
    return sqlite_run(store, statement, error);
}

bool sqlite_inbox_end(Store *base, uint64_t id, const char *why, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, why ? QUERY_INBOX_DEAD : QUERY_INBOX_DONE, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)id);
    if (why)
        sqlite_bind_text(statement, 2, why);
    return sqlite_run(store, statement, error);
}

bool sqlite_inbox_forget(Store *base, Instant before, size_t max, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_FORGET, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, before);
    sqlite3_bind_int64(statement, 2, (int64_t)max);
    return sqlite_run(store, statement, error);
}

bool sqlite_inbox_count(Store *base, uint64_t *ret_waiting, uint64_t *ret_dead, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_INBOX_COUNT, error);
    bool has = false;
    if (!statement || !sqlite_row(store, statement, &has, error))
        return false;
    *ret_waiting = (uint64_t)sqlite3_column_int64(statement, 0);
    *ret_dead = (uint64_t)sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return true;
}
