/* Inside of the SQLite driver: one connection, its statements, prepared once, and what it remembers between groups. */
#ifndef DUNHUB_STORE_SQLITE_SQLITE_H
#define DUNHUB_STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "store/driver.h"
#include "store/proof.h"

/* Statements with fixed text; the texts are in statements.c. */
typedef enum {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_LOOK,
    QUERY_JOURNAL_ADD,
    QUERY_JOURNAL_FIND,
    QUERY_JOURNAL_DECIDED,
    QUERY_JOURNAL_LAST,
    QUERY_JOURNAL_READ,
    QUERY_JOURNAL_READ_ACCOUNT,
    QUERY_JOURNAL_READ_UNDECIDED,
    QUERY_ACCOUNT_TOUCH,
    QUERY_SALT_PUT,
    QUERY_SALT_GET,
    QUERY_DUE,
    QUERY_NEXT_WAKE,
    QUERY_WAKE_ALL,
    QUERY_WAKE_SOURCE,
    QUERY_ACCOUNTS,
    QUERY_RESOLVE_EXTERNAL,
    QUERY_RESOLVE_EXTERNAL_ANY,
    QUERY_RESOLVE_INVOICE,
    QUERY_RESOLVE_ADDRESS,
    QUERY_RESOLVE_OBJECT,
    QUERY_WORK_READ,
    QUERY_WORK_ADD,
    QUERY_WORK_REMOVE,
    QUERY_ACCOUNTS_AT,
    QUERY_REVOKED_AT,
    QUERY_OUTBOX_READ,
    QUERY_OUTBOX_ADD,
    QUERY_OUTBOX_CHANGE,
    QUERY_OUTBOX_REMOVE,
    QUERY_LEASE_FIND,
    QUERY_LEASE_TAKE,
    QUERY_LEASE_END,
    QUERY_LEASES_OPEN,
    QUERY_FENCE_GET,
    QUERY_FENCE_PUT,
    QUERY_OUTBOX_INSTANCE,
    QUERY_OUTBOX_NEXT,
    QUERY_AUDIT_HEAD,
    QUERY_AUDIT_ADD,
    QUERY_AUDIT_READ,
    QUERY_AUDIT_READ_ALL,
    QUERY_AUDIT_HASH,
    QUERY_AUDIT_ERASED,
    QUERY_ERASE_AUDIT,
    QUERY_ERASE_JOURNAL,
    QUERY_ERASE_CONTENTS,
    QUERY_ERASE_BLOB,
    QUERY_SEAL_LAST,
    QUERY_SEAL_ADD,
    QUERY_SEAL_COUNT_GET,
    QUERY_SEAL_COUNT_PUT,
    QUERY_SEAL_READ,
    QUERY_BLOB_PUT,
    QUERY_BLOB_GET,
    QUERY_VERSION_LAST,
    QUERY_VERSION_PUT,
    QUERY_VERSIONS,
    QUERY_STATE_CREATE,
    QUERY_STATE_REPLACE,
    QUERY_STATE_GET,
    QUERY_STATES,
    QUERY_INBOX_PUT,
    QUERY_INBOX_DUE,
    QUERY_INBOX_BODY,
    QUERY_INBOX_NEXT,
    QUERY_INBOX_LATER,
    QUERY_INBOX_DONE,
    QUERY_INBOX_DEAD,
    QUERY_INBOX_FORGET,
    QUERY_INBOX_COUNT,
    N_QUERIES,
} Query;

#define MAX_COLUMNS 64

/* How one kind of record becomes a row: parameters 1 and 2 are account and row, then one for each column. */
typedef struct {
    const RecordType *type;
    const Field *columns[MAX_COLUMNS];
    size_t n;
    sqlite3_stmt *insert;
    sqlite3_stmt *update; /* all columns */
    sqlite3_stmt *quiet;  /* all but columns with an index, if these are unchanged; NULL where there are none */
    sqlite3_stmt *select;
} Table;

typedef struct {
    Store base;
    sqlite3 *db;
    char *path;
    int lock; /* descriptor of PATH.lock, -1: none */
    sqlite3_stmt *queries[N_QUERIES];
    Table tables[N_KINDS];
    uint64_t last_position;
    uint64_t committed_position;
    bool log_tells; /* the write-ahead log still holds what was erased */
    int looks; /* begun and not over */
    int changes_before; /* as SQLite counts them, when the group began */
    /* audit: last entry of accounts met lately, those that got one in this group, and the last seal */
    GHashTable *heads;  /* account -> its last entry, owned */
    GPtrArray *sealing; /* borrowed from heads */
    uint64_t unsealed;  /* entries of this group */
    bool seal_known;
    uint64_t last_seal;
    Hash last_seal_hash;
} SqliteStore;

static inline SqliteStore *sqlite_store(Store *store)
{
    return (SqliteStore *)store;
}

/* ---- statements.c */
/* The error of a call that ended in `code`: what happened, to what, what to do. Always false. */
bool sqlite_fail(const SqliteStore *store, int code, const char *doing, GError **error);
/* The prepared statement; NULL and *error when it cannot be made. */
sqlite3_stmt *sqlite_query(SqliteStore *store, Query query, GError **error);
sqlite3_stmt *sqlite_prepare(SqliteStore *store, const char *sql, GError **error);
/* A statement that gives no rows, to its end; it is reset. */
bool sqlite_run(SqliteStore *store, sqlite3_stmt *statement, GError **error);
/* Next row; *ret_row false at the end or on failure, and then the statement is reset. */
bool sqlite_row(SqliteStore *store, sqlite3_stmt *statement, bool *ret_row, GError **error);
/* Text and instants, where absent is NULL. */
void sqlite_bind_text(sqlite3_stmt *statement, int i, const char *text); /* NULL: absent; must outlive the step */
void sqlite_bind_instant(sqlite3_stmt *statement, int i, Instant instant); /* NONE and NEVER: absent */
Instant sqlite_instant(sqlite3_stmt *statement, int i, Instant absent);
const char *sqlite_text(sqlite3_stmt *statement, int i);
void sqlite_forget_statements(SqliteStore *store);
/* Several reads of one moment: on a store that another process writes they need a transaction of their own. */
bool sqlite_look(SqliteStore *store, GError **error);
void sqlite_look_away(SqliteStore *store);

/* ---- schema.c */
extern const int sqlite_schema_version;
/* Brings an older or empty store to this version; refuses what is newer or not ours. */
bool sqlite_migrate(SqliteStore *store, bool read_only, GError **error);

/* ---- tables.c */
bool sqlite_tables_prepare(SqliteStore *store, GError **error);
bool sqlite_row_write(SqliteStore *store, RecordKind kind, const char *account, size_t row, bool is_new,
                      const void *record, GError **error);
/* The columns of a statement from `first` on into a record set to its absent values; texts go to the arena. */
bool sqlite_row_read(const SqliteStore *store, const Table *table, sqlite3_stmt *statement, int first, Arena *arena,
                     void *record, GError **error);
bool sqlite_account_write(SqliteStore *store, const Account *account, const char *id, uint64_t position, uint64_t kinds,
                          Instant wake_at, const ListRow *row, GError **error);

/* ---- outbox.c */
/* Keeps the outbox in step with the acts among the changes of an account. */
bool sqlite_outbox_follow(SqliteStore *store, const char *account, uint64_t position, const Change *changes, size_t n,
                          GError **error);

/* ---- audit.c */
void sqlite_audit_open(SqliteStore *store);
void sqlite_audit_close(SqliteStore *store);
bool sqlite_audit_seal(SqliteStore *store, GError **error); /* before the commit */
void sqlite_audit_sealed(SqliteStore *store);               /* after it */
void sqlite_audit_forget(SqliteStore *store);               /* after a rollback */
/* The salt was replaced: entries from now on are hashed with the new one. */
void sqlite_audit_salted(SqliteStore *store, const char *account);
Hash sqlite_hash(sqlite3_stmt *statement, int i);
bool sqlite_same_hash(const Hash *a, const Hash *b);
/* One row of the audit as it is stored; texts live until the next step. */
typedef struct {
    const char *account;
    AuditEntry entry;
} Stored;
void sqlite_read_stored(sqlite3_stmt *statement, Stored *ret);
/* *ret_has false: the account has no salt. */
bool sqlite_read_salt(SqliteStore *store, const char *account, char **ret_salt, GError **error);
/* A seal of the newer form over the last entry of every account, for chains that older seals name: each becomes provable
 * alone. Part of the migration. */
bool sqlite_seal_again(SqliteStore *store, GError **error);

/* ---- log.c */
/* Writes the write-ahead log that is there over itself and syncs it, before its recovery believes it. With the writer's lock. */
bool sqlite_make_sure_of_log(SqliteStore *store, const char *files, GError **error);

/* ---- erase.c */
/* After a commit: empties the write-ahead log if it holds what was erased. Tried again later where a reader holds it. */
void sqlite_forget_log(SqliteStore *store);

/* ---- the functions of the driver, by file */
bool sqlite_journal(Store *, const JournalEntry *, uint64_t *, bool *, GError **);
bool sqlite_journal_decided(Store *, uint64_t, uint64_t, GError **);
bool sqlite_journal_read(Store *, const char *, uint64_t, bool, JournalVisitor, void *, GError **);
bool sqlite_load_account(Store *, const char *, Arena *, AccountState *, bool *, GError **);
bool sqlite_apply(Store *, const char *, uint64_t, const Change *, size_t, Instant, const ListRow *, GError **);
bool sqlite_due(Store *, Instant, size_t, Arena *, const char ***, size_t *, GError **);
bool sqlite_next_wake(Store *, Instant *, GError **);
bool sqlite_wake_all(Store *, const char *, Instant, GError **);
bool sqlite_accounts(Store *, const char *, size_t, AccountVisitor, void *, GError **);
/* ---- work.c */
/* Makes the account's rows what the list row says; nothing is written where they are that already. */
bool sqlite_work_follow(SqliteStore *store, const char *account, const ListRow *row, GError **error);
bool sqlite_work(Store *, const WorkQuery *, WorkVisitor, void *, GError **);

bool sqlite_accounts_at(Store *, const char *, const char *, size_t, Arena *, const char ***, size_t *, GError **);
bool sqlite_revoked_at(Store *, const char *, const char *, Instant *, GError **);
bool sqlite_resolve(Store *, const char *, const char *, Arena *, const char **, size_t *, GError **);
bool sqlite_lease(Store *, const char *, Instant, Instant, size_t, Arena *, Lease **, size_t *, GError **);
bool sqlite_finish(Store *, const char *, const char *, uint64_t, GError **);
bool sqlite_leases_open(Store *, const char *, Arena *, Lease **, size_t *, GError **);
bool sqlite_outbox_next(Store *, Instant, Instant *, GError **);
bool sqlite_acts(Store *, const char *, unsigned, size_t, ActVisitor, void *, GError **);
bool sqlite_audit(Store *, const char *, const AuditEntry *, GError **);
bool sqlite_audit_read(Store *, const char *, AuditVisitor, void *, GError **);
bool sqlite_audit_verify(Store *, AuditFinding, void *, uint64_t *, uint64_t *, GError **);
bool sqlite_erase(Store *, const char *, const char *, GError **);
bool sqlite_seals(Store *, const char *, SealVisitor, void *, GError **);
bool sqlite_look_driver(Store *, GError **);
void sqlite_look_away_driver(Store *);
bool sqlite_blob_put(Store *, const char *, const void *, size_t, const char *, GError **);
bool sqlite_blob_get(Store *, const char *, GBytes **, GError **);
bool sqlite_version_put(Store *, const char *, const char *, const char *, Instant, int64_t *, GError **);
bool sqlite_versions(Store *, const char *, VersionVisitor, void *, GError **);
bool sqlite_state_put(Store *, const char *, const char *, const void *, size_t, uint64_t, GError **);
bool sqlite_state_get(Store *, const char *, const char *, GBytes **, uint64_t *, GError **);
bool sqlite_states(Store *, StateVisitor, void *, GError **);
void sqlite_forget_replaced(Store *);
bool sqlite_inbox_put(Store *, const InboxRow *, const void *, size_t, Instant, bool *, GError **);
bool sqlite_inbox_due(Store *, const char *, Instant, size_t, Arena *, InboxRow **, size_t *, GError **);
bool sqlite_inbox_body(Store *, uint64_t, GBytes **, GError **);
bool sqlite_inbox_next(Store *, const char *, Instant *, GError **);
bool sqlite_inbox_later(Store *, uint64_t, Instant, const char *, GError **);
bool sqlite_inbox_end(Store *, uint64_t, const char *, GError **);
bool sqlite_inbox_forget(Store *, Instant, size_t, GError **);
bool sqlite_inbox_count(Store *, uint64_t *, uint64_t *, GError **);

#endif
