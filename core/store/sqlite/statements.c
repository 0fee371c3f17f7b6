/* Statements with fixed text, running them, and what their failures mean to a person. */
#include "store/sqlite/sqlite.h"

#define JOURNAL_COLUMNS                                                                            \
    "position, account, source, event_id, type, data, time, received_at, epoch, switches, decided"
#define AUDIT_COLUMNS                                                                              \
    "account, sequence, position, at, actor, event, rule, subject, reason, text, detail, "         \
    "personal, personal_hash, previous, hash, form"

static const char *const texts[N_QUERIES] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_LOOK] = "BEGIN",
    [QUERY_JOURNAL_ADD] = "INSERT INTO journal (" JOURNAL_COLUMNS ") "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
                          "ON CONFLICT (source, event_id) WHERE event_id IS NOT NULL DO NOTHING",
    [QUERY_JOURNAL_FIND] = "SELECT position FROM journal WHERE source = ?1 AND event_id = ?2",
    [QUERY_JOURNAL_DECIDED] = "UPDATE journal SET decided = 1, epoch = ?2 WHERE position = ?1",
    [QUERY_JOURNAL_LAST] = "SELECT max(position) FROM journal",
    [QUERY_JOURNAL_READ] =
        "SELECT " JOURNAL_COLUMNS " FROM journal WHERE position >= ?1 ORDER BY position",
    [QUERY_JOURNAL_READ_ACCOUNT] = "SELECT " JOURNAL_COLUMNS " FROM journal "
                                   "WHERE account = ?2 AND position >= ?1 ORDER BY position",
    [QUERY_JOURNAL_READ_UNDECIDED] =
        "SELECT " JOURNAL_COLUMNS " FROM journal WHERE decided = 0 AND position >= ?1 "
        "AND (?2 IS NULL OR account = ?2) ORDER BY position",
    [QUERY_ACCOUNT_TOUCH] =
        "UPDATE account SET position = ?2, wake_at = ?3, list_status = ?4, list_step = ?5, "
        "list_needs = ?6, list_since = ?7, kinds = kinds | ?8 WHERE account = ?1",
    [QUERY_SALT_PUT] = "INSERT INTO account_salt (account, salt) VALUES (?1, ?2) "
                       "ON CONFLICT (account) DO UPDATE SET salt = excluded.salt",
    [QUERY_SALT_GET] = "SELECT salt FROM account_salt WHERE account = ?1",
    [QUERY_DUE] = "SELECT account FROM account WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2",
    [QUERY_NEXT_WAKE] = "SELECT min(wake_at) FROM account WHERE wake_at IS NOT NULL",
    [QUERY_WAKE_ALL] = "UPDATE account SET wake_at = ?1 WHERE wake_at IS NULL OR wake_at > ?1",
    [QUERY_WAKE_SOURCE] = "UPDATE account SET wake_at = ?1 "
                          "WHERE source = ?2 AND (wake_at IS NULL OR wake_at > ?1)",
    [QUERY_ACCOUNTS] = "SELECT account, list_status, list_step, list_needs, list_since "
                       "FROM account WHERE account > ?1 ORDER BY account LIMIT ?2",
    [QUERY_RESOLVE_EXTERNAL] =
        "SELECT account FROM account WHERE external_id = ?1 AND source = ?2 LIMIT ?3",
    [QUERY_RESOLVE_EXTERNAL_ANY] = "SELECT account FROM account WHERE external_id = ?1 LIMIT ?3",
    [QUERY_RESOLVE_INVOICE] = "SELECT account FROM invoice WHERE id = ?1 "
                              "UNION SELECT account FROM invoice WHERE number = ?1 LIMIT ?3",
    [QUERY_RESOLVE_ADDRESS] =
        "SELECT DISTINCT account FROM contact_point WHERE address = ?1 LIMIT ?3",
    [QUERY_WORK_READ] = "SELECT account, item, kind, reason, urgency, due, assignee, property, "
                        "source, text, deed FROM work WHERE account = ?1 ORDER BY item",
    [QUERY_WORK_ADD] = "INSERT OR REPLACE INTO work (account, item, kind, reason, urgency, due, "
                       "assignee, property, source, text, deed) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [QUERY_WORK_REMOVE] = "DELETE FROM work WHERE account = ?1 AND item = ?2",
    [QUERY_ACCOUNTS_AT] = "SELECT DISTINCT account FROM contact_point "
                          "WHERE address = ?1 AND account > ?2 ORDER BY account LIMIT ?3",
    [QUERY_REVOKED_AT] = "SELECT max(consent_at) FROM contact_point "
                         "WHERE address = ?1 AND consent = 'revoked' AND (channel = ?2 OR "
                         "(?2 IN ('sms', 'voice') AND channel IN ('sms', 'voice')))",
    [QUERY_RESOLVE_OBJECT] = "SELECT DISTINCT account FROM act WHERE external_id = ?1 LIMIT ?3",
    [QUERY_OUTBOX_READ] =
        "SELECT row, sequence, instance, due, turn FROM outbox WHERE account = ?1",
    [QUERY_OUTBOX_ADD] =
        "INSERT INTO outbox (account, row, sequence, key, instance, due, position, turn, "
        "lease_until, fence, attempt, lookup) VALUES (?1, ?2, ?3, ?6, ?4, ?5, ?7, ?8, 0, 0, 0, 0)",
    [QUERY_OUTBOX_CHANGE] = "UPDATE outbox SET sequence = ?3, instance = ?4, due = ?5, turn = ?8 "
                            "WHERE account = ?1 AND row = ?2",
    [QUERY_OUTBOX_REMOVE] = "DELETE FROM outbox WHERE account = ?1 AND row = ?2",
    [QUERY_LEASE_FIND] =
        "SELECT outbox.account, outbox.row, outbox.key, act.verb, act.attempts, act.state "
        "FROM outbox JOIN act ON act.account = outbox.account AND act.row = outbox.row "
        "WHERE outbox.instance = ?1 AND outbox.turn = 1 AND outbox.lease_until = 0 "
        "AND outbox.due <= ?2 AND NOT EXISTS (SELECT 1 FROM outbox AS leased "
        "WHERE leased.account = outbox.account AND leased.lease_until > 0) "
        "ORDER BY outbox.due, outbox.position LIMIT ?3",
    [QUERY_LEASE_TAKE] = "UPDATE outbox SET lease_until = ?3, fence = ?4, attempt = ?5, "
                         "lookup = ?6 WHERE account = ?1 AND row = ?2",
    [QUERY_LEASE_END] = "UPDATE outbox SET lease_until = 0 "
                        "WHERE account = ?1 AND key = ?2 AND fence = ?3 AND lease_until > 0",
    [QUERY_LEASES_OPEN] =
        "SELECT outbox.account, outbox.key, outbox.instance, act.verb, outbox.fence, "
        "outbox.attempt, outbox.lookup "
        "FROM outbox JOIN act ON act.account = outbox.account AND act.row = outbox.row "
        "WHERE outbox.lease_until > 0 AND (?1 IS NULL OR outbox.instance = ?1) "
        "ORDER BY outbox.fence",
    [QUERY_FENCE_GET] = "SELECT fence FROM latest",
    [QUERY_FENCE_PUT] = "UPDATE latest SET fence = ?1",
    [QUERY_OUTBOX_INSTANCE] = "SELECT min(instance) FROM outbox "
                              "WHERE turn = 1 AND lease_until = 0 AND instance > ?1",
    [QUERY_OUTBOX_NEXT] = "SELECT min(due) FROM outbox WHERE instance = ?1 AND turn = 1 "
                          "AND lease_until = 0 AND due > ?2",
    [QUERY_AUDIT_HEAD] = "SELECT sequence, hash FROM audit WHERE account = ?1 "
                         "ORDER BY sequence DESC LIMIT 1",
    [QUERY_AUDIT_ADD] =
        "INSERT INTO audit (" AUDIT_COLUMNS ") "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [QUERY_AUDIT_READ] = "SELECT " AUDIT_COLUMNS " FROM audit WHERE account = ?1 ORDER BY sequence",
    [QUERY_AUDIT_READ_ALL] = "SELECT " AUDIT_COLUMNS " FROM audit ORDER BY account, sequence",
    [QUERY_AUDIT_HASH] = "SELECT hash FROM audit WHERE account = ?1 AND sequence = ?2",
    [QUERY_ERASE_AUDIT] = "UPDATE audit SET subject = NULL, reason = NULL, text = NULL, "
                          "detail = NULL, personal = NULL "
                          "WHERE account = ?1 AND NOT (event = 'erased' AND form = 1)",
    [QUERY_ERASE_JOURNAL] = "UPDATE journal SET data = NULL WHERE account = ?1 AND decided = 1",
    [QUERY_ERASE_CONTENTS] =
        "SELECT content FROM act WHERE account = ?1 AND content IS NOT NULL "
        "UNION SELECT document FROM act WHERE account = ?1 AND document IS NOT NULL "
        "UNION SELECT content FROM notice WHERE account = ?1 AND content IS NOT NULL",
    [QUERY_ERASE_BLOB] = "DELETE FROM blob WHERE hash = ?2 "
                         "AND NOT EXISTS (SELECT 1 FROM act WHERE content = ?2 AND account <> ?1) "
                         "AND NOT EXISTS (SELECT 1 FROM act WHERE document = ?2 AND account <> ?1) "
                         "AND NOT EXISTS (SELECT 1 FROM version WHERE version.kind = blob.kind "
                         "AND version.hash = blob.hash)",
    [QUERY_SEAL_LAST] = "SELECT number, hash FROM seal ORDER BY number DESC LIMIT 1",
    [QUERY_AUDIT_ERASED] = "SELECT 1 FROM audit WHERE account = ?1 AND sequence > ?2 "
                           "AND event = 'erased' AND form = 1 LIMIT 1",
    [QUERY_SEAL_ADD] = "INSERT INTO seal (number, entries, heads, previous, hash, root) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [QUERY_SEAL_COUNT_GET] = "SELECT seal FROM latest",
    [QUERY_SEAL_COUNT_PUT] = "UPDATE latest SET seal = ?1",
    [QUERY_SEAL_READ] =
        "SELECT number, entries, heads, previous, hash, root FROM seal ORDER BY number",
    [QUERY_BLOB_PUT] = "INSERT INTO blob (hash, kind, bytes) VALUES (?1, ?2, ?3) "
                       "ON CONFLICT (hash) DO NOTHING",
    [QUERY_BLOB_GET] = "SELECT bytes FROM blob WHERE hash = ?1",
    [QUERY_VERSION_LAST] = "SELECT version, hash FROM version WHERE kind = ?1 AND name = ?2 "
                           "ORDER BY version DESC LIMIT 1",
    [QUERY_VERSION_PUT] = "INSERT INTO version (kind, name, version, hash, at) "
                          "VALUES (?1, ?2, ?3, ?4, ?5)",
    [QUERY_VERSIONS] = "SELECT name, version, hash FROM version WHERE kind = ?1 "
                       "ORDER BY name, version",
    [QUERY_STATE_CREATE] = "INSERT INTO instance_state (instance, name, version, value) "
                           "VALUES (?1, ?2, 1, ?3) ON CONFLICT (instance, name) DO NOTHING",
    [QUERY_STATE_REPLACE] = "UPDATE instance_state SET value = ?3, version = version + 1 "
                            "WHERE instance = ?1 AND name = ?2 AND version = ?4",
    [QUERY_STATE_GET] =
        "SELECT value, version FROM instance_state WHERE instance = ?1 AND name = ?2",
    [QUERY_STATES] = "SELECT instance, name, value, version FROM instance_state "
                     "ORDER BY instance, name",
    [QUERY_INBOX_PUT] =
        "INSERT INTO inbox (instance, hook, delivery, head, body, received_at, due, "
        "attempts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) "
        "ON CONFLICT (instance, hook, delivery) DO NOTHING",
    [QUERY_INBOX_DUE] = "SELECT id, instance, hook, delivery, head, received_at, attempts "
                        "FROM inbox WHERE instance = ?1 AND due <= ?2 ORDER BY due, id LIMIT ?3",
    [QUERY_INBOX_BODY] = "SELECT body FROM inbox WHERE id = ?1 AND body IS NOT NULL",
    [QUERY_INBOX_NEXT] = "SELECT min(due) FROM inbox WHERE instance = ?1 AND due IS NOT NULL",
    [QUERY_INBOX_LATER] = "UPDATE inbox SET due = ?2, why = ?3, attempts = attempts + 1 "
                          "WHERE id = ?1 AND due IS NOT NULL",
    [QUERY_INBOX_DONE] = "UPDATE inbox SET due = NULL, head = NULL, body = NULL, why = NULL "
                         "WHERE id = ?1",
    [QUERY_INBOX_DEAD] = "UPDATE inbox SET due = NULL, why = ?2 WHERE id = ?1",
    [QUERY_INBOX_FORGET] = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox "
                           "WHERE body IS NULL AND received_at < ?1 LIMIT ?2)",
    [QUERY_INBOX_COUNT] = "SELECT (SELECT count(*) FROM inbox WHERE due IS NOT NULL), "
                          "(SELECT count(*) FROM inbox WHERE due IS NULL AND body IS NOT NULL)",
};

/* ---- what a failure means ---------------------------------------------------------------------- */

typedef struct {
    int code; /* of SQLite */
    StoreError error;
    const char *what; /* after "cannot <do> <path>: " */
} Failure;

static const Failure failures[] = {
    {SQLITE_FULL, STORE_ERROR_FULL,
     "the disk is full; free some space, what was acknowledged is kept"},
    {SQLITE_READONLY, STORE_ERROR_FULL,
     "the file or its folder is read-only; make it writable for the user that runs the hub"},
    {SQLITE_BUSY, STORE_ERROR_LOCKED,
     "another process holds it locked; stop that process, or try again"},
    {SQLITE_LOCKED, STORE_ERROR_LOCKED,
     "another process holds it locked; stop that process, or try again"},
    {SQLITE_CANTOPEN, STORE_ERROR_OPEN,
     "the file cannot be opened; look at its name, its folder and their permissions"},
    {SQLITE_PERM, STORE_ERROR_OPEN,
     "permission is missing; make it writable for the user that runs the hub"},
    {SQLITE_NOTADB, STORE_ERROR_OPEN, "it is not a dunhub store; name another file"},
    {SQLITE_CORRUPT, STORE_ERROR_CORRUPT,
     "the file is damaged; put back a copy, and look at the disk"},
    {SQLITE_CONSTRAINT, STORE_ERROR_MISUSE,
     "it contradicts what is stored already; this is a defect of the program, please report it"},
    {SQLITE_TOOBIG, STORE_ERROR_MISUSE, "a value is too large to be kept"},
};

bool sqlite_fail(const SqliteStore *store, int code, const char *doing, GError **error)
{
    const Failure *failure = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(failures) && !failure; i++) {
        if (failures[i].code == (code & 0xff))
            failure = &failures[i];
    }
    g_set_error(error, STORE_ERROR, failure ? (gint)failure->error : STORE_ERROR_IO,
                "cannot %s %s: %s (%s)", doing, store->path,
                failure ? failure->what
                        : "the disk or its file system reported an error; the system's log and its "
                          "limits may tell why",
                store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code));
    return false;
}

/* ---- running ----------------------------------------------------------------------------------- */

sqlite3_stmt *sqlite_prepare(SqliteStore *store, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK) {
        sqlite_fail(store, code, "use", error);
        return NULL;
    }
    return statement;
}

sqlite3_stmt *sqlite_query(SqliteStore *store, Query query, GError **error)
{
    if (!store->queries[query])
        store->queries[query] = sqlite_prepare(store, texts[query], error);
    return store->queries[query];
}

bool sqlite_run(SqliteStore *store, sqlite3_stmt *statement, GError **error)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) {
        sqlite3_reset(statement);
        return true;
    }
    sqlite_fail(store, code, "write", error);
    sqlite3_reset(statement);
    return false;
}

bool sqlite_row(SqliteStore *store, sqlite3_stmt *statement, bool *ret_row, GError **error)
{
    int code = sqlite3_step(statement);
    *ret_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        sqlite_fail(store, code, "read", error);
    sqlite3_reset(statement);
    return code == SQLITE_DONE;
}

void sqlite_bind_text(sqlite3_stmt *statement, int i, const char *text)
{
    if (text)
        sqlite3_bind_text(statement, i, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, i);
}

void sqlite_bind_instant(sqlite3_stmt *statement, int i, Instant instant)
{
    if (instant == INSTANT_NONE || instant == INSTANT_NEVER)
        sqlite3_bind_null(statement, i);
    else
        sqlite3_bind_int64(statement, i, instant);
}

Instant sqlite_instant(sqlite3_stmt *statement, int i, Instant absent)
{
    return sqlite3_column_type(statement, i) == SQLITE_NULL ? absent
                                                            : sqlite3_column_int64(statement, i);
}

const char *sqlite_text(sqlite3_stmt *statement, int i)
{
    return (const char *)sqlite3_column_text(statement, i);
}

void sqlite_forget_statements(SqliteStore *store)
{
    for (size_t i = 0; i < N_QUERIES; i++)
        sqlite3_finalize(store->queries[i]);
    for (size_t i = 0; i < N_KINDS; i++) {
        Table *table = &store->tables[i];
        sqlite3_finalize(table->insert);
        sqlite3_finalize(table->update);
        sqlite3_finalize(table->quiet);
        sqlite3_finalize(table->select);
    }
}

bool sqlite_look(SqliteStore *store, GError **error)
{
    if (!store->base.read_only || store->looks++ > 0)
        return true;
    sqlite3_stmt *statement = sqlite_query(store, QUERY_LOOK, error);
    return statement && sqlite_run(store, statement, error);
}

void sqlite_look_away(SqliteStore *store)
{
    if (!store->base.read_only || --store->looks > 0)
        return;
    sqlite3_stmt *statement = sqlite_query(store, QUERY_ROLLBACK, NULL);
    if (statement)
        sqlite_run(store, statement, NULL);
}

bool sqlite_look_driver(Store *base, GError **error)
{
    return sqlite_look(sqlite_store(base), error);
}

void sqlite_look_away_driver(Store *base)
{
    sqlite_look_away(sqlite_store(base));
}
