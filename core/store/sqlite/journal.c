#include "store/sqlite/sqlite.h"

static void bind_entry(sqlite3_stmt *statement, const JournalEntry *entry, uint64_t position)
{
    sqlite3_bind_int64(statement, 1, (int64_t)position);
    sqlite_bind_text(statement, 2, entry->account);
    sqlite_bind_text(statement, 3, entry->source);
    sqlite_bind_text(statement, 4, entry->event_id);
    sqlite_bind_text(statement, 5, entry->type);
    sqlite_bind_text(statement, 6, entry->data);
    sqlite_bind_instant(statement, 7, entry->time);
    sqlite3_bind_int64(statement, 8, entry->received_at);
    sqlite3_bind_int64(statement, 9, (int64_t)entry->epoch);
    sqlite3_bind_int64(statement, 10, entry->switches);
    sqlite3_bind_int(statement, 11, entry->decided);
}

static bool find_position(SqliteStore *store, const JournalEntry *entry, uint64_t *ret_position,
                          GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_JOURNAL_FIND, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, entry->source);
    sqlite_bind_text(statement, 2, entry->event_id);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_position = has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_journal(Store *base, const JournalEntry *entry, uint64_t *ret_position,
                    bool *ret_duplicate, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_JOURNAL_ADD, error);
    if (!statement)
        return false;
    bind_entry(statement, entry, store->last_position + 1);
    if (!sqlite_run(store, statement, error))
        return false;
    *ret_duplicate = sqlite3_changes(store->db) == 0;
    if (*ret_duplicate)
        return find_position(store, entry, ret_position, error);
    *ret_position = ++store->last_position;
    return true;
}

bool sqlite_journal_decided(Store *base, uint64_t position, uint64_t epoch, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_JOURNAL_DECIDED, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)position);
    sqlite3_bind_int64(statement, 2, (int64_t)epoch);
    return sqlite_run(store, statement, error);
}

static void read_entry(sqlite3_stmt *statement, JournalEntry *ret_entry)
{
    *ret_entry = (JournalEntry){
        .position = (uint64_t)sqlite3_column_int64(statement, 0),
        .account = sqlite_text(statement, 1),
        .source = sqlite_text(statement, 2),
        .event_id = sqlite_text(statement, 3),
        .type = sqlite_text(statement, 4),
        .data = sqlite_text(statement, 5),
        .time = sqlite_instant(statement, 6, INSTANT_NONE),
        .received_at = sqlite3_column_int64(statement, 7),
        .epoch = (uint64_t)sqlite3_column_int64(statement, 8),
        .switches = (unsigned)sqlite3_column_int64(statement, 9),
        .decided = sqlite3_column_int(statement, 10) != 0,
    };
}

bool sqlite_journal_read(Store *base, const char *account, uint64_t from, bool undecided_only,
                         JournalVisitor visitor, void *data, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    Query query = undecided_only ? QUERY_JOURNAL_READ_UNDECIDED
                  : account      ? QUERY_JOURNAL_READ_ACCOUNT
                                 : QUERY_JOURNAL_READ;
    sqlite3_stmt *statement = sqlite_query(store, query, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)from);
    if (query != QUERY_JOURNAL_READ)
        sqlite_bind_text(statement, 2, account);
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        JournalEntry entry;
        read_entry(statement, &entry);
        if (!visitor(&entry, data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}
