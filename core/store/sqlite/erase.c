/* Forgetting what the texts of an account say. SQLite overwrites what is deleted (secure_delete); what was written before
 * stands in the write-ahead log until that is emptied. */
#include "store/sqlite/sqlite.h"

static bool run_for(SqliteStore *store, Query query, const char *account, const char *second,
                    GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, query, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    if (second)
        sqlite_bind_text(statement, 2, second);
    return sqlite_run(store, statement, error);
}

static bool read_contents(SqliteStore *store, const char *account, GPtrArray *contents,
                          GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_ERASE_CONTENTS, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        g_ptr_array_add(contents, g_strdup(sqlite_text(statement, 0)));
    }
    return false;
}

static bool erase_contents(SqliteStore *store, const char *account, GError **error)
{
    g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func(g_free);
    if (!read_contents(store, account, contents, error))
        return false;
    for (guint i = 0; i < contents->len; i++)
        if (!run_for(store, QUERY_ERASE_BLOB, account, contents->pdata[i], error))
            return false;
    return true;
}

bool sqlite_erase(Store *base, const char *account, const char *salt, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    store->log_tells = true;
    sqlite_audit_salted(store, account);
    return erase_contents(store, account, error) &&
           run_for(store, QUERY_ERASE_AUDIT, account, NULL, error) &&
           run_for(store, QUERY_ERASE_JOURNAL, account, NULL, error) &&
           run_for(store, QUERY_SALT_PUT, account, salt, error);
}

void sqlite_forget_replaced(Store *base)
{
    sqlite_store(base)->log_tells = true;
}

void sqlite_forget_log(SqliteStore *store)
{
    int left = 0, done = 0;
    if (!store->log_tells)
        return;
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, &done);
    store->log_tells = code != SQLITE_OK;
}
