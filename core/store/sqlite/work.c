/* The worklist: a row for each item that waits for a person, kept in step with the account it follows from, and read in
 * order from an index for every filter. */
#include "store/sqlite/sqlite.h"

#include <string.h>

#define COLUMNS "account, item, kind, reason, urgency, due, assignee, property, source, text, deed"

enum { NO_DAY = INT32_MAX }; /* sorts after every day */

/* Texts live as long as the statement stays on its row. */
static WorkItem read_item(sqlite3_stmt *statement)
{
    int64_t due = sqlite3_column_int64(statement, 5);
    return (WorkItem){
        .account = sqlite_text(statement, 0),
        .item = sqlite_text(statement, 1),
        .kind = sqlite_text(statement, 2),
        .reason = sqlite_text(statement, 3),
        .urgency = sqlite3_column_int(statement, 4),
        .due = due == NO_DAY ? DATE_NONE : (Date)due,
        .assignee = sqlite_text(statement, 6),
        .property = sqlite_text(statement, 7),
        .source = sqlite_text(statement, 8),
        .text = sqlite_text(statement, 9),
        .deed = sqlite_text(statement, 10),
    };
}

static bool same(const WorkItem *a, const WorkItem *b)
{
    return a->urgency == b->urgency && a->due == b->due && g_strcmp0(a->kind, b->kind) == 0 &&
           g_strcmp0(a->reason, b->reason) == 0 && g_strcmp0(a->assignee, b->assignee) == 0 &&
           g_strcmp0(a->property, b->property) == 0 && g_strcmp0(a->source, b->source) == 0 &&
           g_strcmp0(a->text, b->text) == 0 && g_strcmp0(a->deed, b->deed) == 0;
}

/* ---- keeping it in step ------------------------------------------------------------------------ */

static bool write_item(SqliteStore *store, const char *account, const WorkItem *item,
                       GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_WORK_ADD, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite_bind_text(statement, 2, item->item);
    sqlite_bind_text(statement, 3, item->kind);
    sqlite_bind_text(statement, 4, item->reason);
    sqlite3_bind_int(statement, 5, item->urgency);
    sqlite3_bind_int64(statement, 6, item->due == DATE_NONE ? NO_DAY : item->due);
    sqlite_bind_text(statement, 7, item->assignee);
    sqlite_bind_text(statement, 8, item->property);
    sqlite_bind_text(statement, 9, item->source);
    sqlite_bind_text(statement, 10, item->text);
    sqlite_bind_text(statement, 11, item->deed);
    return sqlite_run(store, statement, error);
}

static bool remove_item(SqliteStore *store, const char *account, const char *item, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_WORK_REMOVE, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite_bind_text(statement, 2, item);
    return sqlite_run(store, statement, error);
}

/* Marks the items that stand as they should, names those that go. */
static bool compare(SqliteStore *store, const char *account, const ListRow *row, bool *good,
                    GPtrArray *gone, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_WORK_READ, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        WorkItem stored = read_item(statement);
        size_t i = 0, n = row ? row->n_work : 0;
        while (i < n && strcmp(row->work[i].item, stored.item) != 0)
            i++;
        if (i < n)
            good[i] = same(&row->work[i], &stored);
        else
            g_ptr_array_add(gone, g_strdup(stored.item));
    }
    return false;
}

bool sqlite_work_follow(SqliteStore *store, const char *account, const ListRow *row, GError **error)
{
    size_t n = row ? row->n_work : 0;
    g_autofree bool *good = g_new0(bool, n + 1);
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    if (!compare(store, account, row, good, gone, error))
        return false;
    for (guint i = 0; i < gone->len; i++)
        if (!remove_item(store, account, gone->pdata[i], error))
            return false;
    for (size_t i = 0; i < n; i++)
        if (!good[i] && !write_item(store, account, &row->work[i], error))
            return false;
    return true;
}

/* ---- reading it -------------------------------------------------------------------------------- */

/* Every filter with its parameter; they are joined as far as they are asked for. */
static char *query_text(const WorkQuery *query)
{
    const struct {
        bool wanted;
        const char *condition;
    } filters[] = {
        {query->account != NULL, "account = ?1"},
        {query->kind != NULL, "kind = ?2"},
        {query->reason != NULL, "reason = ?3"},
        {query->assignee != NULL, "assignee = ?4"},
        {query->unassigned, "assignee IS NULL"},
        {query->property != NULL, "property = ?5"},
        {query->source != NULL, "source = ?6"},
        {query->due_by != DATE_NONE, "due <= ?7"},
        {query->after != NULL, "(urgency, due, account, item) > (?8, ?9, ?10, ?11)"},
    };
    g_autoptr(GString) text = g_string_new("SELECT " COLUMNS " FROM work");
    bool any = false;
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        if (!filters[i].wanted)
            continue;
        g_string_append_printf(text, " %s %s", any ? "AND" : "WHERE", filters[i].condition);
        any = true;
    }
    g_string_append(text, " ORDER BY urgency, due, account, item LIMIT ?12");
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void bind_text_at(sqlite3_stmt *statement, int at, const char *text)
{
    if (at <= sqlite3_bind_parameter_count(statement) && text)
        sqlite_bind_text(statement, at, text);
}

static void bind_query(sqlite3_stmt *statement, const WorkQuery *query)
{
    const char *const texts[] = {query->account,  query->kind,     query->reason,
                                 query->assignee, query->property, query->source};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        bind_text_at(statement, (int)i + 1, texts[i]);
    if (query->due_by != DATE_NONE)
        sqlite3_bind_int64(statement, 7, query->due_by);
    if (query->after) {
        Date due = query->after->due;
        sqlite3_bind_int(statement, 8, query->after->urgency);
        sqlite3_bind_int64(statement, 9, due == DATE_NONE ? NO_DAY : due);
        bind_text_at(statement, 10, query->after->account);
        bind_text_at(statement, 11, query->after->item);
    }
    sqlite3_bind_int64(statement, 12, (int64_t)MIN(query->max, (size_t)INT64_MAX));
}

bool sqlite_work(Store *base, const WorkQuery *query, WorkVisitor visitor, void *data,
                 GError **error)
{
    SqliteStore *store = sqlite_store(base);
    g_autofree char *text = query_text(query);
    sqlite3_stmt *statement = sqlite_prepare(store, text, error);
    if (!statement)
        return false;
    bind_query(statement, query);
    bool has = true, ok = true, goes_on = true;
    while (goes_on && has && (ok = sqlite_row(store, statement, &has, error)))
        if (has) {
            WorkItem item = read_item(statement);
            goes_on = visitor(&item, data);
        }
    sqlite3_finalize(statement);
    return ok;
}
