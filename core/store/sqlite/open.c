/* Opening, the writer's lock, and groups. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the writer's lock ------------------------------------------------------------------------- */

static const char *what_to_do(int code)
{
    switch (code) {
    case ENOENT:
        return "make the folder";
    case ENOTDIR:
        return "a file is in the way of the folder";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "free some space in";
    default:
        return "make it writable for this user:";
    }
}

static bool refuse_path(const char *path, int code, GError **error)
{
    StoreError kind = code == EROFS || code == ENOSPC ? STORE_ERROR_FULL : STORE_ERROR_OPEN;
    g_autofree char *folder = g_path_get_dirname(path);
    g_set_error(error, STORE_ERROR, (gint)kind, "cannot open %s: %s; %s %s", path, g_strerror(code),
                what_to_do(code), folder);
    return false;
}

static bool refuse_locked(const char *path, int lock, GError **error)
{
    char pid[24] = "";
    ssize_t n = pread(lock, pid, sizeof pid - 1, 0);
    if (n > 0)
        g_strdelimit(pid, "\n", '\0');
    g_set_error(error, STORE_ERROR, STORE_ERROR_LOCKED,
                "%s is in use by process %s; try again when it is done, or stop it", path,
                n > 0 ? pid : "(unknown)");
    return false;
}

/* One process writes a store: it holds PATH.lock, in which its number stands. The file stays. */
static bool take_lock(const char *path, int *ret_lock, GError **error)
{
    g_autofree char *name = g_strconcat(path, ".lock", NULL);
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return refuse_path(path, errno, error);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        refuse_locked(path, lock, error);
        close(lock);
        return false;
    }
    char pid[24];
    int n = g_snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) != 0 || pwrite(lock, pid, (size_t)n, 0) != n) {
        refuse_path(path, errno, error);
        close(lock);
        return false;
    }
    *ret_lock = lock;
    return true;
}

/* The file holds personal data: nobody else reads it. */
static bool make_file(const char *path, GError **error)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return refuse_path(path, errno, error);
    close(file);
    return true;
}

/* ---- opening ----------------------------------------------------------------------------------- */

static const char writer_settings[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; "
    "PRAGMA journal_size_limit = 67108864; ";
static const char memory_settings[] = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; ";
static const char reader_settings[] = "PRAGMA query_only = ON; ";
static const char settings[] =
    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; "
    "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;";

static bool connect(SqliteStore *store, StoreMode mode, const char *files, GError **error)
{
    int flags =
        mode == STORE_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(store->path, &store->db, flags | SQLITE_OPEN_NOMUTEX, files);
    if (code != SQLITE_OK)
        return sqlite_fail(store, code, "open", error);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, 5000);
    return true;
}

static bool configure(SqliteStore *store, StoreMode mode, GError **error)
{
    const char *own = mode == STORE_READ_ONLY ? reader_settings
                      : mode == STORE_MEMORY  ? memory_settings
                                              : writer_settings;
    int code = sqlite3_exec(store->db, settings, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, own, NULL, NULL, NULL);
    return code == SQLITE_OK || sqlite_fail(store, code, "open", error);
}

static bool read_last_position(SqliteStore *store, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_JOURNAL_LAST, error);
    bool has;
    if (!statement || !sqlite_row(store, statement, &has, error))
        return false;
    store->last_position = has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    store->committed_position = store->last_position;
    sqlite3_reset(statement);
    return true;
}

static bool prepare_files(SqliteStore *store, StoreMode mode, const char *files, GError **error)
{
    if (mode == STORE_MEMORY || files)
        return true;
    if (mode == STORE_READ_WRITE)
        return take_lock(store->path, &store->lock, error) && make_file(store->path, error);
    if (access(store->path, F_OK) == 0)
        return true;
    g_set_error(error, STORE_ERROR, STORE_ERROR_OPEN,
                "there is no store at %s: %s; start the hub once, it makes one", store->path,
                g_strerror(errno));
    return false;
}

static void sqlite_close(Store *base)
{
    SqliteStore *store = sqlite_store(base);
    sqlite_forget_statements(store);
    sqlite_audit_close(store);
    sqlite3_close(store->db);
    if (store->lock >= 0)
        close(store->lock);
    g_free(store->path);
    g_free(store);
}

static bool sqlite_open(const char *path, StoreMode mode, const char *files, Store **ret_store,
                        GError **error)
{
    SqliteStore *store = g_new0(SqliteStore, 1);
    store->path = g_strdup(mode == STORE_MEMORY ? ":memory:" : path);
    store->lock = -1;
    sqlite_audit_open(store);
    if (!prepare_files(store, mode, files, error) ||
        (mode == STORE_READ_WRITE && !sqlite_make_sure_of_log(store, files, error)) ||
        !connect(store, mode, files, error) || !configure(store, mode, error) ||
        !sqlite_migrate(store, mode == STORE_READ_ONLY, error) ||
        !sqlite_tables_prepare(store, error) || !read_last_position(store, error)) {
        sqlite_close(&store->base);
        return false;
    }
    *ret_store = &store->base;
    return true;
}

/* ---- groups ------------------------------------------------------------------------------------ */

static bool sqlite_begin(Store *base, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_BEGIN, error);
    store->changes_before = sqlite3_total_changes(store->db);
    return statement && sqlite_run(store, statement, error);
}

static bool sqlite_group_writes(const Store *base)
{
    const SqliteStore *store = (const SqliteStore *)base;
    return sqlite3_total_changes(store->db) != store->changes_before;
}

static void sqlite_rollback(Store *base)
{
    SqliteStore *store = sqlite_store(base);
    /* some failures of SQLite have undone everything already */
    if (!sqlite3_get_autocommit(store->db)) {
        sqlite3_stmt *statement = sqlite_query(store, QUERY_ROLLBACK, NULL);
        if (statement)
            sqlite_run(store, statement, NULL);
    }
    store->last_position = store->committed_position;
    sqlite_audit_forget(store);
}

static bool sqlite_commit(Store *base, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_COMMIT, error);
    if (!statement || !sqlite_audit_seal(store, error) || !sqlite_run(store, statement, error)) {
        sqlite_rollback(base);
        return false;
    }
    store->committed_position = store->last_position;
    sqlite_audit_sealed(store);
    sqlite_forget_log(store);
    return true;
}

const StoreDriver store_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .group_writes = sqlite_group_writes,
    .journal = sqlite_journal,
    .journal_decided = sqlite_journal_decided,
    .journal_read = sqlite_journal_read,
    .load_account = sqlite_load_account,
    .apply = sqlite_apply,
    .due = sqlite_due,
    .next_wake = sqlite_next_wake,
    .wake_all = sqlite_wake_all,
    .accounts = sqlite_accounts,
    .resolve = sqlite_resolve,
    .work = sqlite_work,
    .accounts_at = sqlite_accounts_at,
    .revoked_at = sqlite_revoked_at,
    .lease = sqlite_lease,
    .finish = sqlite_finish,
    .leases_open = sqlite_leases_open,
    .outbox_next = sqlite_outbox_next,
    .acts = sqlite_acts,
    .audit = sqlite_audit,
    .audit_read = sqlite_audit_read,
    .audit_verify = sqlite_audit_verify,
    .erase = sqlite_erase,
    .seals = sqlite_seals,
    .look = sqlite_look_driver,
    .look_away = sqlite_look_away_driver,
    .blob_put = sqlite_blob_put,
    .blob_get = sqlite_blob_get,
    .version_put = sqlite_version_put,
    .versions = sqlite_versions,
    .state_put = sqlite_state_put,
    .state_get = sqlite_state_get,
    .states = sqlite_states,
    .forget_replaced = sqlite_forget_replaced,
    .inbox_put = sqlite_inbox_put,
    .inbox_due = sqlite_inbox_due,
    .inbox_body = sqlite_inbox_body,
    .inbox_next = sqlite_inbox_next,
    .inbox_later = sqlite_inbox_later,
    .inbox_end = sqlite_inbox_end,
    .inbox_forget = sqlite_inbox_forget,
    .inbox_count = sqlite_inbox_count,
};
