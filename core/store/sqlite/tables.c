/* Records to rows and back, through their tables of fields: no list of columns is written twice. */
#include "store/sqlite/sqlite.h"

#include <string.h>

/* Columns with an index that seldom change. An update that leaves them alone spares the index, so that one is tried first,
 * under the condition that they are as stored. */
static const char *const watched[N_KINDS][3] = {
    [KIND_ACCOUNT] = {"source", "external_id", NULL},
    [KIND_INVOICE] = {"number", NULL},
    [KIND_CONTACT_POINT] = {"address", NULL},
};

/* The id is the key of the account's row, its salt has a table of its own. */
static const char *const elsewhere[] = {"id", "salt", NULL};

/* Columns of the account's row that are no fields: parameters after those of the fields. */
static const char *const account_extra[] = {"position",   "wake_at",    "list_status", "list_step",
                                            "list_needs", "list_since", "salted"};
enum {
    EXTRA_POSITION,
    EXTRA_WAKE,
    EXTRA_STATUS,
    EXTRA_STEP,
    EXTRA_NEEDS,
    EXTRA_SINCE,
    EXTRA_SALTED,
    N_EXTRA
};

#define FIRST_PARAMETER 3

static bool is_watched(RecordKind kind, const char *name)
{
    for (size_t i = 0; watched[kind][i]; i++) {
        if (strcmp(watched[kind][i], name) == 0)
            return true;
    }
    return false;
}

static void choose_columns(RecordKind kind, Table *table)
{
    table->type = record_types[kind];
    for (size_t i = 0; i < table->type->n_fields; i++) {
        const Field *field = &table->type->fields[i];
        if (kind == KIND_ACCOUNT && g_strv_contains(elsewhere, field->name))
            continue;
        g_assert(table->n < MAX_COLUMNS);
        table->columns[table->n++] = field;
    }
}

/* ---- texts of statements ----------------------------------------------------------------------- */

static void append_columns(GString *sql, const Table *table)
{
    for (size_t i = 0; i < table->n; i++)
        g_string_append_printf(sql, ", \"%s\"", table->columns[i]->name);
}

static char *insert_text(RecordKind kind, const Table *table)
{
    const char *second = kind == KIND_ACCOUNT ? "kinds" : "row";
    size_t extra = kind == KIND_ACCOUNT ? N_EXTRA : 0;
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "INSERT INTO \"%s\" (account, %s", table->type->name, second);
    append_columns(sql, table);
    for (size_t i = 0; i < extra; i++)
        g_string_append_printf(sql, ", %s", account_extra[i]);
    g_string_append(sql, ") VALUES (?1, ?2");
    for (size_t i = 0; i < table->n + extra; i++)
        g_string_append_printf(sql, ", ?%zu", FIRST_PARAMETER + i);
    g_string_append_c(sql, ')');
    return g_string_free(sql, FALSE);
}

static void append_set(GString *sql, RecordKind kind, const Table *table, bool quiet)
{
    const char *comma = "";
    for (size_t i = 0; i < table->n; i++) {
        const char *name = table->columns[i]->name;
        if (quiet && is_watched(kind, name))
            continue;
        g_string_append_printf(sql, "%s\"%s\" = ?%zu", comma, name, FIRST_PARAMETER + i);
        comma = ", ";
    }
    for (size_t i = 0; kind == KIND_ACCOUNT && i < N_EXTRA; i++)
        g_string_append_printf(sql, ", %s = ?%zu", account_extra[i],
                               FIRST_PARAMETER + table->n + i);
    if (kind == KIND_ACCOUNT)
        g_string_append(sql, ", kinds = kinds | ?2");
}

static char *update_text(RecordKind kind, const Table *table, bool quiet)
{
    GString *sql = g_string_new(NULL);
    g_string_append_printf(sql, "UPDATE \"%s\" SET ", table->type->name);
    append_set(sql, kind, table, quiet);
    g_string_append(sql, " WHERE account = ?1");
    if (kind != KIND_ACCOUNT)
        g_string_append(sql, " AND row = ?2");
    for (size_t i = 0; quiet && i < table->n; i++) {
        const char *name = table->columns[i]->name;
        if (is_watched(kind, name))
            g_string_append_printf(sql, " AND \"%s\" IS ?%zu", name, FIRST_PARAMETER + i);
    }
    if (quiet && kind == KIND_ACCOUNT)
        g_string_append_printf(sql, " AND salted = ?%zu",
                               FIRST_PARAMETER + table->n + EXTRA_SALTED);
    return g_string_free(sql, FALSE);
}

static char *select_text(RecordKind kind, const Table *table)
{
    GString *sql = g_string_new(kind == KIND_ACCOUNT ? "SELECT kinds" : "SELECT row");
    append_columns(sql, table);
    g_string_append_printf(sql, " FROM \"%s\" WHERE account = ?1%s", table->type->name,
                           kind == KIND_ACCOUNT ? "" : " ORDER BY row");
    return g_string_free(sql, FALSE);
}

static bool prepare_table(SqliteStore *store, RecordKind kind, GError **error)
{
    Table *table = &store->tables[kind];
    choose_columns(kind, table);
    g_autofree char *insert = insert_text(kind, table);
    g_autofree char *update = update_text(kind, table, false);
    g_autofree char *quiet = watched[kind][0] ? update_text(kind, table, true) : NULL;
    g_autofree char *select = select_text(kind, table);
    return (table->insert = sqlite_prepare(store, insert, error)) &&
           (table->update = sqlite_prepare(store, update, error)) &&
           (!quiet || (table->quiet = sqlite_prepare(store, quiet, error))) &&
           (table->select = sqlite_prepare(store, select, error));
}

bool sqlite_tables_prepare(SqliteStore *store, GError **error)
{
    for (int kind = 0; kind < N_KINDS; kind++) {
        if (!prepare_table(store, (RecordKind)kind, error))
            return false;
    }
    return true;
}

/* ---- binding ----------------------------------------------------------------------------------- */

static void bind_integer(sqlite3_stmt *statement, int i, int64_t value, int64_t absent)
{
    if (value == absent)
        sqlite3_bind_null(statement, i);
    else
        sqlite3_bind_int64(statement, i, value);
}

static void bind_column(sqlite3_stmt *statement, int i, const Field *field, const void *record)
{
    const void *at = (const char *)record + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
    case FIELD_JSON:
        sqlite_bind_text(statement, i, *(const char *const *)at);
        break;
    case FIELD_INT:
        sqlite3_bind_int64(statement, i, *(const int64_t *)at);
        break;
    case FIELD_BOOL:
        sqlite3_bind_int(statement, i, *(const bool *)at);
        break;
    case FIELD_DATE:
        bind_integer(statement, i, *(const Date *)at, DATE_NONE);
        break;
    case FIELD_INSTANT:
    case FIELD_AMOUNT: /* absent is the same number for both */
        bind_integer(statement, i, *(const int64_t *)at, AMOUNT_NONE);
        break;
    case FIELD_CURRENCY: {
        const char *code = ((const Currency *)at)->code;
        sqlite_bind_text(statement, i, *code ? code : NULL);
        break;
    }
    case FIELD_CHOICE: {
        int choice = *(const int *)at;
        sqlite_bind_text(statement, i, choice < 0 ? NULL : field->choices[choice]);
        break;
    }
    }
}

G_STATIC_ASSERT(AMOUNT_NONE == INSTANT_NONE);

static void bind_columns(const Table *table, sqlite3_stmt *statement, const void *record)
{
    for (size_t i = 0; i < table->n; i++)
        bind_column(statement, FIRST_PARAMETER + (int)i, table->columns[i], record);
}

/* Binds and runs; *ret_changed tells whether a row was there. */
static bool write_row(SqliteStore *store, const Table *table, sqlite3_stmt *statement,
                      const char *account, int64_t second, const void *record, bool *ret_changed,
                      GError **error)
{
    sqlite_bind_text(statement, 1, account);
    sqlite3_bind_int64(statement, 2, second);
    bind_columns(table, statement, record);
    if (!sqlite_run(store, statement, error))
        return false;
    *ret_changed = sqlite3_changes(store->db) > 0;
    return true;
}

bool sqlite_row_write(SqliteStore *store, RecordKind kind, const char *account, size_t row,
                      bool is_new, const void *record, GError **error)
{
    const Table *table = &store->tables[kind];
    bool changed = false;
    if (is_new)
        return write_row(store, table, table->insert, account, (int64_t)row, record, &changed,
                         error);
    if (table->quiet &&
        !write_row(store, table, table->quiet, account, (int64_t)row, record, &changed, error))
        return false;
    if (!changed &&
        !write_row(store, table, table->update, account, (int64_t)row, record, &changed, error))
        return false;
    if (changed)
        return true;
    g_set_error(error, STORE_ERROR, STORE_ERROR_MISUSE,
                "%s: a changed %s (row %zu) is not in the store; the account was not loaded from "
                "it",
                account, table->type->name, row);
    return false;
}

static bool put_salt(SqliteStore *store, const char *account, const char *salt, GError **error)
{
    if (!salt)
        return true;
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SALT_PUT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite_bind_text(statement, 2, salt);
    return sqlite_run(store, statement, error);
}

typedef struct {
    const char *id;
    uint64_t position, kinds;
    Instant wake_at;
    const ListRow *row;
    const Account *account;
} AccountRow;

static bool write_account(SqliteStore *store, sqlite3_stmt *statement, const AccountRow *write,
                          bool *ret_changed, GError **error)
{
    static const ListRow nothing = {.since = DATE_NONE};
    const Table *table = &store->tables[KIND_ACCOUNT];
    const ListRow *row = write->row ? write->row : &nothing;
    int extra = FIRST_PARAMETER + (int)table->n;
    sqlite3_bind_int64(statement, extra + EXTRA_POSITION, (int64_t)write->position);
    sqlite_bind_instant(statement, extra + EXTRA_WAKE, write->wake_at);
    sqlite_bind_text(statement, extra + EXTRA_STATUS, row->status);
    sqlite_bind_text(statement, extra + EXTRA_STEP, row->step);
    sqlite_bind_text(statement, extra + EXTRA_NEEDS, row->needs);
    bind_integer(statement, extra + EXTRA_SINCE, row->since, DATE_NONE);
    sqlite3_bind_int(statement, extra + EXTRA_SALTED, write->account->salt != NULL);
    return write_row(store, table, statement, write->id, (int64_t)write->kinds, write->account,
                     ret_changed, error);
}

bool sqlite_account_write(SqliteStore *store, const Account *account, const char *id,
                          uint64_t position, uint64_t kinds, Instant wake_at, const ListRow *row,
                          GError **error)
{
    const Table *table = &store->tables[KIND_ACCOUNT];
    const AccountRow write = {id, position, kinds, wake_at, row, account};
    bool changed = false;
    if (!write_account(store, table->quiet, &write, &changed, error))
        return false;
    if (changed)
        return true;
    if (!write_account(store, table->update, &write, &changed, error))
        return false;
    if (!changed && !write_account(store, table->insert, &write, &changed, error))
        return false;
    return put_salt(store, id, account->salt, error);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool read_choice(const SqliteStore *store, const Table *table, const Field *field,
                        const char *word, int *ret_choice, GError **error)
{
    for (int i = 0; field->choices[i]; i++) {
        if (strcmp(field->choices[i], word) == 0) {
            *ret_choice = i;
            return true;
        }
    }
    g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                "%s: %s.%s holds '%.40s', which no dunhub of this version writes; put back a copy",
                store->path, table->type->name, field->name, word);
    return false;
}

static bool read_column(const SqliteStore *store, const Table *table, sqlite3_stmt *statement,
                        int i, const Field *field, Arena *arena, void *record, GError **error)
{
    void *at = (char *)record + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
    case FIELD_JSON:
        *(const char **)at = arena_strdup(arena, sqlite_text(statement, i));
        return true;
    case FIELD_INT:
    case FIELD_INSTANT:
    case FIELD_AMOUNT:
        *(int64_t *)at = sqlite3_column_int64(statement, i);
        return true;
    case FIELD_BOOL:
        *(bool *)at = sqlite3_column_int(statement, i) != 0;
        return true;
    case FIELD_DATE:
        *(Date *)at = sqlite3_column_int(statement, i);
        return true;
    case FIELD_CURRENCY:
        g_strlcpy(((Currency *)at)->code, sqlite_text(statement, i), sizeof(Currency));
        return true;
    case FIELD_CHOICE:
        return read_choice(store, table, field, sqlite_text(statement, i), at, error);
    }
    g_assert_not_reached();
}

bool sqlite_row_read(const SqliteStore *store, const Table *table, sqlite3_stmt *statement,
                     int first, Arena *arena, void *record, GError **error)
{
    for (size_t i = 0; i < table->n; i++) {
        int column = first + (int)i;
        if (sqlite3_column_type(statement, column) == SQLITE_NULL)
            continue;
        if (!read_column(store, table, statement, column, table->columns[i], arena, record, error))
            return false;
    }
    return true;
}
