/* Accounts as a whole: loading, applying changes, and finding the ones that are due or meant. */
#include "store/sqlite/sqlite.h"

#include <string.h>

/* ---- loading ----------------------------------------------------------------------------------- */

static bool load_account_row(SqliteStore *store, const char *id, Arena *arena, AccountState *state,
                             bool *ret_found, uint64_t *ret_kinds, GError **error)
{
    const Table *table = &store->tables[KIND_ACCOUNT];
    sqlite_bind_text(table->select, 1, id);
    if (!sqlite_row(store, table->select, ret_found, error))
        return false;
    if (!*ret_found)
        return true;
    *ret_kinds = (uint64_t)sqlite3_column_int64(table->select, 0);
    state->account.service = state->account.portal = -1;
    bool ok = sqlite_row_read(store, table, table->select, 1, arena, &state->account, error);
    sqlite3_reset(table->select);
    return ok;
}

static bool load_salt(SqliteStore *store, const char *id, Arena *arena, const char **ret_salt,
                      GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SALT_GET, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, id);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    if (has)
        *ret_salt = arena_strdup(arena, sqlite_text(statement, 0));
    sqlite3_reset(statement);
    return true;
}

static bool load_rows(SqliteStore *store, const char *id, RecordKind kind, Arena *arena,
                      AccountState *state, GError **error)
{
    const Table *table = &store->tables[kind];
    sqlite_bind_text(table->select, 1, id);
    bool has;
    while (sqlite_row(store, table->select, &has, error)) {
        if (!has)
            return true;
        bool in_place = (size_t)sqlite3_column_int64(table->select, 0) == state->sets[kind].n;
        if (!in_place)
            g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                        "%s: account %s lacks row %zu of its %s rows; put back a copy", store->path,
                        id, state->sets[kind].n, table->type->name);
        if (!in_place || !sqlite_row_read(store, table, table->select, 1, arena,
                                          state_add(state, kind), error)) {
            sqlite3_reset(table->select);
            return false;
        }
    }
    return false;
}

static bool load_all(SqliteStore *store, const char *id, Arena *arena, AccountState *state,
                     bool *ret_found, GError **error)
{
    uint64_t kinds = 0;
    if (!load_account_row(store, id, arena, state, ret_found, &kinds, error))
        return false;
    if (*ret_found && !load_salt(store, id, arena, &state->account.salt, error))
        return false;
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        if ((kinds & (UINT64_C(1) << kind)) &&
            !load_rows(store, id, (RecordKind)kind, arena, state, error))
            return false;
    }
    return true;
}

bool sqlite_load_account(Store *base, const char *id, Arena *arena, AccountState *ret_state,
                         bool *ret_found, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    AccountState state;
    state_init(&state, arena, id);
    bool found = false;
    if (!sqlite_look(store, error))
        return false;
    bool ok = load_all(store, id, arena, &state, &found, error);
    sqlite_look_away(store);
    if (!ok)
        return false;
    *ret_state = state;
    *ret_found = found;
    return true;
}

/* ---- applying ---------------------------------------------------------------------------------- */

static bool touch_account(SqliteStore *store, const char *id, uint64_t position, uint64_t kinds,
                          Instant wake_at, const ListRow *row, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_ACCOUNT_TOUCH, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, id);
    sqlite3_bind_int64(statement, 2, (int64_t)position);
    sqlite_bind_instant(statement, 3, wake_at);
    sqlite_bind_text(statement, 4, row ? row->status : NULL);
    sqlite_bind_text(statement, 5, row ? row->step : NULL);
    sqlite_bind_text(statement, 6, row ? row->needs : NULL);
    if (row && row->since != DATE_NONE)
        sqlite3_bind_int(statement, 7, row->since);
    else
        sqlite3_bind_null(statement, 7);
    sqlite3_bind_int64(statement, 8, (int64_t)kinds);
    if (!sqlite_run(store, statement, error))
        return false;
    if (sqlite3_changes(store->db) > 0)
        return true;
    /* An account whose first record is not its own: its row holds what a new account is. */
    g_autoptr(Arena) arena = arena_new();
    AccountState fresh;
    state_init(&fresh, arena, id);
    return sqlite_account_write(store, &fresh.account, id, position, kinds, wake_at, row, error);
}

bool sqlite_apply(Store *base, const char *id, uint64_t position, const Change *changes,
                  size_t n_changes, Instant wake_at, const ListRow *row, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    const Account *account = NULL;
    uint64_t kinds = 0;
    for (size_t i = 0; i < n_changes; i++) {
        if (changes[i].kind == KIND_ACCOUNT)
            account = changes[i].row;
        else if (changes[i].is_new)
            kinds |= UINT64_C(1) << changes[i].kind;
    }
    bool ok = account
                  ? sqlite_account_write(store, account, id, position, kinds, wake_at, row, error)
                  : touch_account(store, id, position, kinds, wake_at, row, error);
    bool has_acts = false;
    for (size_t i = 0; ok && i < n_changes; i++) {
        const Change *change = &changes[i];
        if (change->kind == KIND_ACCOUNT)
            continue;
        has_acts = has_acts || change->kind == KIND_ACT;
        ok = sqlite_row_write(store, change->kind, id, change->index, change->is_new, change->row,
                              error);
    }
    return ok &&
           (!has_acts || sqlite_outbox_follow(store, id, position, changes, n_changes, error)) &&
           sqlite_work_follow(store, id, row, error);
}

/* The first column of all rows, as an array in the arena. */
static bool collect_names(SqliteStore *store, sqlite3_stmt *statement, Arena *arena,
                          const char ***ret_accounts, size_t *ret_n, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    bool has;
    do {
        if (!sqlite_row(store, statement, &has, error))
            return false;
        if (has)
            g_ptr_array_add(found, arena_strdup(arena, sqlite_text(statement, 0)));
    } while (has);
    *ret_n = found->len;
    *ret_accounts = arena_dup(arena, found->pdata, found->len * sizeof(char *));
    return true;
}

/* ---- waking ------------------------------------------------------------------------------------ */

bool sqlite_due(Store *base, Instant until, size_t max, Arena *arena, const char ***ret_accounts,
                size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_DUE, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, until);
    sqlite3_bind_int64(statement, 2, (int64_t)max);
    return collect_names(store, statement, arena, ret_accounts, ret_n, error);
}

bool sqlite_next_wake(Store *base, Instant *ret_instant, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_NEXT_WAKE, error);
    bool has;
    if (!statement || !sqlite_row(store, statement, &has, error))
        return false;
    *ret_instant = has ? sqlite_instant(statement, 0, INSTANT_NEVER) : INSTANT_NEVER;
    sqlite3_reset(statement);
    return true;
}

bool sqlite_wake_all(Store *base, const char *source, Instant at, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement =
        sqlite_query(store, source ? QUERY_WAKE_SOURCE : QUERY_WAKE_ALL, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, at);
    if (source)
        sqlite_bind_text(statement, 2, source);
    return sqlite_run(store, statement, error);
}

/* ---- finding ----------------------------------------------------------------------------------- */

bool sqlite_accounts(Store *base, const char *after, size_t max, AccountVisitor visitor, void *data,
                     GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_ACCOUNTS, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, after ? after : "");
    sqlite3_bind_int64(statement, 2, (int64_t)MIN(max, (size_t)INT64_MAX));
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        ListRow row = {
            .status = sqlite_text(statement, 1),
            .step = sqlite_text(statement, 2),
            .needs = sqlite_text(statement, 3),
            .since = (Date)sqlite_instant(statement, 4, DATE_NONE),
        };
        if (!visitor(sqlite_text(statement, 0), &row, data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}

static const struct {
    const char *kind;
    Query query;
} references[] = {
    {"external", QUERY_RESOLVE_EXTERNAL},
    {"invoice", QUERY_RESOLVE_INVOICE},
    {"address", QUERY_RESOLVE_ADDRESS},
    {"object", QUERY_RESOLVE_OBJECT},
};

/* More than this many accounts are not counted: two are ambiguous already. */
#define RESOLVE_MAX 16

static bool collect_accounts(SqliteStore *store, sqlite3_stmt *statement, Arena *arena,
                             const char **ret_account, size_t *ret_n, GError **error)
{
    sqlite3_bind_int(statement, 3, RESOLVE_MAX);
    const char *account = NULL;
    size_t n = 0;
    bool has;
    do {
        if (!sqlite_row(store, statement, &has, error))
            return false;
        if (has && n++ == 0)
            account = arena_strdup(arena, sqlite_text(statement, 0));
    } while (has);
    *ret_account = n == 1 ? account : NULL;
    *ret_n = n;
    return true;
}

bool sqlite_resolve(Store *base, const char *kind, const char *value, Arena *arena,
                    const char **ret_account, size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    Query query = N_QUERIES;
    for (size_t i = 0; i < G_N_ELEMENTS(references); i++) {
        if (strcmp(references[i].kind, kind) == 0)
            query = references[i].query;
    }
    if (query == N_QUERIES) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_MISUSE, "unknown kind of reference '%s'", kind);
        return false;
    }
    /* "source:id"; a source's name has no colon, an id may */
    const char *colon = query == QUERY_RESOLVE_EXTERNAL ? strchr(value, ':') : NULL;
    g_autofree char *source = colon ? g_strndup(value, (gsize)(colon - value)) : NULL;
    if (query == QUERY_RESOLVE_EXTERNAL && !colon)
        query = QUERY_RESOLVE_EXTERNAL_ANY;
    sqlite3_stmt *statement = sqlite_query(store, query, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, colon ? colon + 1 : value);
    if (colon)
        sqlite_bind_text(statement, 2, source);
    return collect_accounts(store, statement, arena, ret_account, ret_n, error);
}

bool sqlite_accounts_at(Store *base, const char *address, const char *after, size_t max,
                        Arena *arena, const char ***ret_accounts, size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_ACCOUNTS_AT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, address);
    sqlite_bind_text(statement, 2, after);
    sqlite3_bind_int64(statement, 3, (int64_t)max);
    return collect_names(store, statement, arena, ret_accounts, ret_n, error);
}

bool sqlite_revoked_at(Store *base, const char *address, const char *channel, Instant *ret_at,
                       GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_REVOKED_AT, error);
    bool has;
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, address);
    sqlite_bind_text(statement, 2, channel);
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_at = has ? sqlite_instant(statement, 0, INSTANT_NONE) : INSTANT_NONE;
    sqlite3_reset(statement);
    return true;
}
