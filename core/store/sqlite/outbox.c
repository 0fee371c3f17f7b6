/* The outbox: an index over acts that an instance has to carry out.
 *
 * An act is in it while it is ready, sent, to be repeated or uncertain. Acts of one account for one instance leave in their
 * order: only the oldest has its turn, also while it waits for a repeat. Acts of one account for different instances do not
 * wait for each other's repeats (one platform's outage never blocks another, domain.md §8), but are never under way at once:
 * while one is leased, no other of its account is. */
#include "store/sqlite/sqlite.h"

#include <string.h>

/* When an open act may go; INT64_MAX: not before its result is known. Ready ones are due at once and leave in the order in
 * which they became so. */
static int64_t due_of(const Act *act)
{
    switch (act->state) {
    case ACT_RETRY:
    case ACT_UNCERTAIN:
        return act->next_at == INSTANT_NONE ? 0 : act->next_at;
    case ACT_SENT:
        return INT64_MAX;
    default:
        return 0;
    }
}

static bool is_open(const Act *act)
{
    return act->instance && (act->state == ACT_READY || act->state == ACT_SENT ||
                             act->state == ACT_RETRY || act->state == ACT_UNCERTAIN);
}

/* ---- following the acts ------------------------------------------------------------------------ */

typedef enum { KEPT, ADDED, CHANGED, REMOVED } Fate;

/* One open act of an account: its row in the outbox, or the one it is to have. */
typedef struct {
    int64_t row, sequence, due;
    const char *instance; /* interned: there are few */
    const char *key;      /* of added ones */
    bool turn;
    Fate fate;
} Open;

static bool read_open(SqliteStore *store, const char *account, GArray *open, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_OUTBOX_READ, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    bool has;
    do {
        if (!sqlite_row(store, statement, &has, error))
            return false;
        if (!has)
            break;
        Open next = {
            .row = sqlite3_column_int64(statement, 0),
            .sequence = sqlite3_column_int64(statement, 1),
            .instance = g_intern_string(sqlite_text(statement, 2)),
            .due = sqlite3_column_int64(statement, 3),
            .turn = sqlite3_column_int(statement, 4) != 0,
        };
        g_array_append_val(open, next);
    } while (has);
    return true;
}

static Open *open_of_row(GArray *open, int64_t row)
{
    for (guint i = 0; i < open->len; i++) {
        Open *found = &g_array_index(open, Open, i);
        if (found->row == row)
            return found;
    }
    return NULL;
}

static void follow_act(GArray *open, const Change *change)
{
    const Act *act = change->row;
    int64_t row = (int64_t)change->index;
    Open *found = open_of_row(open, row);
    if (!is_open(act)) {
        if (found)
            found->fate = REMOVED;
        return;
    }
    Open next = {
        .row = row,
        .sequence = act->sequence,
        .due = due_of(act),
        .instance = g_intern_string(act->instance),
        .key = act->key,
        .fate = ADDED,
    };
    if (!found) {
        g_array_append_val(open, next);
        return;
    }
    next.fate = CHANGED;
    next.turn = found->turn;
    *found = next;
}

static bool is_older(const Open *a, const Open *b)
{
    return a->sequence != b->sequence ? a->sequence < b->sequence : a->row < b->row;
}

static void give_turns(GArray *open)
{
    for (guint i = 0; i < open->len; i++) {
        Open *act = &g_array_index(open, Open, i);
        bool turn = true;
        for (guint j = 0; j < open->len && turn; j++) {
            const Open *other = &g_array_index(open, Open, j);
            turn =
                other->fate == REMOVED || other->instance != act->instance || !is_older(other, act);
        }
        if (act->fate == KEPT && act->turn != turn)
            act->fate = CHANGED;
        act->turn = turn;
    }
}

static bool write_open(SqliteStore *store, const char *account, uint64_t position, const Open *open,
                       GError **error)
{
    static const Query queries[] = {[ADDED] = QUERY_OUTBOX_ADD,
                                    [CHANGED] = QUERY_OUTBOX_CHANGE,
                                    [REMOVED] = QUERY_OUTBOX_REMOVE};
    sqlite3_stmt *statement = sqlite_query(store, queries[open->fate], error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite3_bind_int64(statement, 2, open->row);
    if (open->fate != REMOVED) {
        sqlite3_bind_int64(statement, 3, open->sequence);
        sqlite_bind_text(statement, 4, open->instance);
        sqlite3_bind_int64(statement, 5, open->due);
        sqlite3_bind_int(statement, 8, open->turn);
    }
    if (open->fate == ADDED) {
        sqlite_bind_text(statement, 6, open->key);
        sqlite3_bind_int64(statement, 7, (int64_t)position);
    }
    return sqlite_run(store, statement, error);
}

bool sqlite_outbox_follow(SqliteStore *store, const char *account, uint64_t position,
                          const Change *changes, size_t n, GError **error)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(Open));
    if (!read_open(store, account, open, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind == KIND_ACT)
            follow_act(open, &changes[i]);
    }
    give_turns(open);
    for (guint i = 0; i < open->len; i++) {
        const Open *act = &g_array_index(open, Open, i);
        if (act->fate != KEPT && !write_open(store, account, position, act, error))
            return false;
    }
    return true;
}

/* ---- leases ------------------------------------------------------------------------------------ */

typedef struct {
    Lease lease;
    int64_t row;
} Found;

static void read_found(sqlite3_stmt *statement, const char *instance, Arena *arena, Found *ret)
{
    bool uncertain = g_strcmp0(sqlite_text(statement, 5), "uncertain") == 0;
    *ret = (Found){
        .lease =
            {
                .account = arena_strdup(arena, sqlite_text(statement, 0)),
                .key = arena_strdup(arena, sqlite_text(statement, 2)),
                .instance = instance,
                .verb = arena_strdup(arena, sqlite_text(statement, 3)),
                .attempt = sqlite3_column_int64(statement, 4) + (uncertain ? 0 : 1),
                .lookup = uncertain,
            },
        .row = sqlite3_column_int64(statement, 1),
    };
}

static bool find_due(SqliteStore *store, const char *instance, Instant now, size_t max,
                     Arena *arena, GArray *found, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_LEASE_FIND, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    sqlite3_bind_int64(statement, 2, now);
    sqlite3_bind_int64(statement, 3, (int64_t)MIN(max, (size_t)INT32_MAX));
    bool has;
    do {
        if (!sqlite_row(store, statement, &has, error))
            return false;
        Found next;
        if (has) {
            read_found(statement, instance, arena, &next);
            g_array_append_val(found, next);
        }
    } while (has);
    return true;
}

static bool latest_fence(SqliteStore *store, uint64_t *ret_fence, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_FENCE_GET, error);
    bool has;
    if (!statement || !sqlite_row(store, statement, &has, error))
        return false;
    *ret_fence = has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

static bool keep_fence(SqliteStore *store, uint64_t fence, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_FENCE_PUT, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)fence);
    return sqlite_run(store, statement, error);
}

static bool take(SqliteStore *store, const Found *found, Instant until, GError **error)
{
    const Lease *lease = &found->lease;
    sqlite3_stmt *statement = sqlite_query(store, QUERY_LEASE_TAKE, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, lease->account);
    sqlite3_bind_int64(statement, 2, found->row);
    sqlite3_bind_int64(statement, 3, MAX(until, 1));
    sqlite3_bind_int64(statement, 4, (int64_t)lease->fence);
    sqlite3_bind_int64(statement, 5, lease->attempt);
    sqlite3_bind_int(statement, 6, lease->lookup);
    return sqlite_run(store, statement, error);
}

bool sqlite_lease(Store *base, const char *instance, Instant now, Instant until, size_t max,
                  Arena *arena, Lease **ret_leases, size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Found));
    const char *name = arena_strdup(arena, instance);
    uint64_t fence = 0;
    if (!find_due(store, name, now, max, arena, found, error) ||
        (found->len > 0 && !latest_fence(store, &fence, error)))
        return false;
    Lease *leases = arena_new0(arena, Lease, found->len);
    for (guint i = 0; i < found->len; i++) {
        Found *next = &g_array_index(found, Found, i);
        next->lease.fence = ++fence;
        if (!take(store, next, until, error))
            return false;
        leases[i] = next->lease;
    }
    if (found->len > 0 && !keep_fence(store, fence, error))
        return false;
    *ret_leases = leases;
    *ret_n = found->len;
    return true;
}

bool sqlite_finish(Store *base, const char *account, const char *key, uint64_t fence,
                   GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_LEASE_END, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite_bind_text(statement, 2, key);
    sqlite3_bind_int64(statement, 3, (int64_t)fence);
    if (!sqlite_run(store, statement, error))
        return false;
    if (sqlite3_changes(store->db) > 0)
        return true;
    g_set_error(error, STORE_ERROR, STORE_ERROR_STALE,
                "act %s of account %s: lease %" G_GUINT64_FORMAT
                " is over; its answer comes too late",
                key, account, fence);
    return false;
}

bool sqlite_leases_open(Store *base, const char *instance, Arena *arena, Lease **ret_leases,
                        size_t *ret_n, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_LEASES_OPEN, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    g_autoptr(GArray) leases = g_array_new(FALSE, FALSE, sizeof(Lease));
    bool has;
    do {
        if (!sqlite_row(store, statement, &has, error))
            return false;
        if (!has)
            break;
        Lease lease = {
            .account = arena_strdup(arena, sqlite_text(statement, 0)),
            .key = arena_strdup(arena, sqlite_text(statement, 1)),
            .instance = arena_strdup(arena, sqlite_text(statement, 2)),
            .verb = arena_strdup(arena, sqlite_text(statement, 3)),
            .fence = (uint64_t)sqlite3_column_int64(statement, 4),
            .attempt = sqlite3_column_int64(statement, 5),
            .lookup = sqlite3_column_int(statement, 6) != 0,
        };
        g_array_append_val(leases, lease);
    } while (has);
    *ret_n = leases->len;
    *ret_leases = arena_dup(arena, leases->data, leases->len * sizeof(Lease));
    return true;
}

/* ---- looking ----------------------------------------------------------------------------------- */

/* The next instance after `after` that has an act in its turn; NULL: none. Caller frees. */
static bool next_instance(SqliteStore *store, const char *after, char **ret_instance,
                          GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_OUTBOX_INSTANCE, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, after);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_instance = has ? g_strdup(sqlite_text(statement, 0)) : NULL;
    sqlite3_reset(statement);
    return true;
}

static bool next_due(SqliteStore *store, const char *instance, Instant after, Instant *least,
                     GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_OUTBOX_NEXT, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, instance);
    sqlite3_bind_int64(statement, 2, after);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *least = MIN(*least, sqlite_instant(statement, 0, INSTANT_NEVER));
    sqlite3_reset(statement);
    return true;
}

bool sqlite_outbox_next(Store *base, Instant after, Instant *ret_due, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    Instant least = INSTANT_NEVER;
    g_autofree char *instance = g_strdup("");
    while (instance) {
        char *next = NULL;
        if (!next_instance(store, instance, &next, error) ||
            (next && !next_due(store, next, after, &least, error))) {
            g_free(next);
            return false;
        }
        g_free(instance);
        instance = next;
    }
    *ret_due = least;
    return true;
}

static char *acts_text(const Table *table, const char *account, unsigned states)
{
    const unsigned over = 1U << ACT_DONE | 1U << ACT_SUPPRESSED;
    const char *const *words = NULL;
    GString *sql = g_string_new("SELECT account");
    for (size_t i = 0; i < table->n; i++) {
        g_string_append_printf(sql, ", \"%s\"", table->columns[i]->name);
        if (strcmp(table->columns[i]->name, "state") == 0)
            words = table->columns[i]->choices;
    }
    g_string_append(sql, " FROM act WHERE state IN (");
    for (int i = 0, n = 0; words[i]; i++) {
        if (states & (1U << i))
            g_string_append_printf(sql, "%s'%s'", n++ ? ", " : "", words[i]);
    }
    g_string_append_c(sql, ')');
    if (!(states & over))
        g_string_append(sql, " AND state NOT IN ('done', 'suppressed')");
    g_string_append(sql, account ? " AND account = ?1 ORDER BY row LIMIT ?2"
                                 : " ORDER BY planned_on, account, row LIMIT ?2");
    return g_string_free(sql, FALSE);
}

static bool visit_acts(SqliteStore *store, sqlite3_stmt *statement, ActVisitor visitor, void *data,
                       GError **error)
{
    const Table *table = &store->tables[KIND_ACT];
    g_autoptr(Arena) arena = arena_new();
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        Act act;
        record_init(&act_type, &act);
        if (!sqlite_row_read(store, table, statement, 1, arena, &act, error))
            return false;
        if (!visitor(sqlite_text(statement, 0), &act, data))
            return true;
        arena_reset(arena);
    }
    return false;
}

bool sqlite_acts(Store *base, const char *account, unsigned states, size_t max, ActVisitor visitor,
                 void *data, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    g_autofree char *sql = acts_text(&store->tables[KIND_ACT], account, states);
    sqlite3_stmt *statement = sqlite_prepare(store, sql, error);
    if (!statement)
        return false;
    if (account)
        sqlite_bind_text(statement, 1, account);
    sqlite3_bind_int64(statement, 2, (int64_t)MIN(max, (size_t)INT32_MAX));
    bool ok = visit_acts(store, statement, visitor, data, error);
    sqlite3_finalize(statement);
    return ok;
}
