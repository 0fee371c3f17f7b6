/* Rows are records: the SQL has the columns of the tables of fields, and what goes in comes out. */
#include "fixture.h"

/* ---- columns ----------------------------------------------------------------------------------- */

static const char *const account_columns[] = {
    "account",    "position",   "wake_at", "list_status", "list_step",
    "list_needs", "list_since", "kinds",   "salted",      NULL};
static const char *const row_columns[] = {"account", "row", NULL};

static GHashTable *sql_columns(sqlite3 *db, const char *table)
{
    GHashTable *columns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *sql = g_strdup_printf("SELECT name, type FROM pragma_table_info('%s')", table);
    sqlite3_stmt *statement = NULL;
    g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), ==, SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        g_hash_table_insert(columns, g_strdup((const char *)sqlite3_column_text(statement, 0)),
                            g_strdup((const char *)sqlite3_column_text(statement, 1)));
    sqlite3_finalize(statement);
    return columns;
}

static const char *sql_type(FieldType type)
{
    switch (type) {
    case FIELD_INT:
    case FIELD_BOOL:
    case FIELD_DATE:
    case FIELD_INSTANT:
    case FIELD_AMOUNT:
        return "INTEGER";
    default:
        return "TEXT";
    }
}

static void check_columns(sqlite3 *db, const RecordType *type)
{
    g_autoptr(GHashTable) columns = sql_columns(db, type->name);
    bool is_account = type == &account_type;
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        if (is_account && (g_str_equal(field->name, "id") || g_str_equal(field->name, "salt")))
            continue;
        const char *found = g_hash_table_lookup(columns, field->name);
        if (g_strcmp0(found, sql_type(field->type)) != 0)
            g_error("table %s needs a column %s %s: add it to the schema in "
                    "core/store/sqlite/schema.c (a new version, if this one was released)",
                    type->name, field->name, sql_type(field->type));
        g_hash_table_remove(columns, field->name);
    }
    for (const char *const *own = is_account ? account_columns : row_columns; *own; own++)
        g_assert_true(g_hash_table_remove(columns, *own));
    GHashTableIter left;
    gpointer name;
    g_hash_table_iter_init(&left, columns);
    if (g_hash_table_iter_next(&left, &name, NULL))
        g_error("column %s.%s has no field in core/model/records.c", type->name, (char *)name);
}

static void test_columns_are_fields(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    store_close(fixture_open(path, STORE_READ_WRITE));
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    for (int kind = 0; kind < N_KINDS; kind++)
        check_columns(db, record_types[kind]);
    sqlite3_close(db);
    fixture_remove(folder);
}

/* ---- random states ----------------------------------------------------------------------------- */

static const char *random_text(GRand *random, Arena *arena, const char *prefix)
{
    static const char *const tails[] = {"", "ä", "'; DROP TABLE act; --", "\"x\"", "日本", "%s"};
    return arena_printf(arena, "%s%d%s", prefix, g_rand_int_range(random, 0, 1000000),
                        tails[g_rand_int_range(random, 0, G_N_ELEMENTS(tails))]);
}

static int64_t random_number(GRand *random)
{
    uint64_t bits = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
    return (int64_t)(bits >> g_rand_int_range(random, 1, 63)) * (g_rand_boolean(random) ? 1 : -1);
}

static int count_choices(const Field *field)
{
    int n = 0;
    while (field->choices[n])
        n++;
    return n;
}

static void fill_field(const Field *field, void *record, GRand *random, Arena *arena)
{
    static const char *const codes[] = {"USD", "EUR", "JPY", "KWD"};
    void *at = (char *)record + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_NAME:
        *(const char **)at = random_text(random, arena, field->name);
        break;
    case FIELD_ZONE:
        *(const char **)at = "Europe/Berlin";
        break;
    case FIELD_JSON:
        *(const char **)at = arena_printf(arena, "{\"n\":%d}", g_rand_int_range(random, 0, 9));
        break;
    case FIELD_INT:
    case FIELD_INSTANT:
    case FIELD_AMOUNT:
        *(int64_t *)at = random_number(random);
        break;
    case FIELD_BOOL:
        *(bool *)at = true;
        break;
    case FIELD_DATE:
        *(Date *)at = g_rand_int_range(random, -800000, 800000);
        break;
    case FIELD_CURRENCY:
        g_strlcpy(((Currency *)at)->code, codes[g_rand_int_range(random, 0, 4)], 4);
        break;
    case FIELD_CHOICE:
        *(int *)at = g_rand_int_range(random, 0, count_choices(field));
        break;
    }
}

/* Keys are given once; a salt is the same for ever. */
static void change_record(const RecordType *type, void *record, bool is_new, GRand *random,
                          Arena *arena)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        bool is_key = (field->flags & FIELD_KEY) != 0;
        bool is_salt = type == &account_type && g_str_equal(field->name, "salt");
        if (is_key ? is_new : !is_salt && g_rand_int_range(random, 0, 3) > 0)
            fill_field(field, record, random, arena);
    }
}

static void change_state(AccountState *state, GRand *random)
{
    if (g_rand_boolean(random))
        change_record(&account_type, &state->account, false, random, state->arena);
    if (g_rand_boolean(random))
        state->account.salt = SALT;
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++) {
        RecordSet *set = &state->sets[kind];
        for (int n = g_rand_int_range(random, -3, 4); n > 0; n--)
            change_record(set->type, state_add(state, (RecordKind)kind), true, random,
                          state->arena);
        if (set->n > 0 && g_rand_boolean(random)) {
            size_t row = (size_t)g_rand_int_range(random, 0, (gint32)set->n);
            change_record(set->type, (char *)set->rows + row * set->type->size, false, random,
                          state->arena);
        }
    }
}

static void assert_same(const AccountState *a, const AccountState *b)
{
    g_autofree char *left = state_fingerprint(a), *right = state_fingerprint(b);
    if (!g_str_equal(left, right)) {
        g_autoptr(json_t) in = state_to_json(a), out = state_to_json(b);
        g_autofree char *in_text = json_canonical(in), *out_text = json_canonical(out);
        g_error("in  %s\nout %s", in_text, out_text);
    }
}

/* What is applied is what is loaded, over many changes of many accounts. */
static void test_apply_and_load(void)
{
    g_autoptr(Store) store = fixture_memory();
    for (guint32 seed = 1; seed <= 40; seed++) {
        g_autoptr(GRand) random = g_rand_new_with_seed(seed);
        g_autoptr(Arena) arena = arena_new();
        g_autofree char *id = g_strdup_printf("account %u", seed);
        AccountState now;
        state_init(&now, arena, id);
        for (int round = 0; round < 6; round++) {
            AccountState next;
            state_copy(&now, arena, &next);
            change_state(&next, random);
            begin(store);
            apply(store, &now, &next, INSTANT_NEVER);
            commit(store);
            AccountState loaded = load(store, id, arena);
            assert_same(&next, &loaded);
            now = loaded;
        }
    }
}

static void test_unknown_account(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    AccountState state, fresh;
    bool found = true;
    g_assert_true(store_load_account(store, "nobody", arena, &state, &found, NULL));
    g_assert_false(found);
    state_init(&fresh, arena, "nobody");
    assert_same(&fresh, &state);
}

/* An account whose own record is as new while others are added. */
static void test_account_without_changes_of_its_own(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, "A");
    state_copy(&before, arena, &after);
    ((Invoice *)state_add(&after, KIND_INVOICE))->id = "I-1";
    begin(store);
    apply(store, &before, &after, T0);
    commit(store);
    AccountState loaded = load(store, "A", arena);
    assert_same(&after, &loaded);
    Instant wake = 0;
    g_assert_true(store_next_wake(store, &wake, NULL));
    g_assert_cmpint(wake, ==, T0);
}

static void test_change_of_an_unknown_row_is_refused(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GError) error = NULL;
    Invoice invoice;
    record_init(&invoice_type, &invoice);
    const Change change = {KIND_INVOICE, &invoice, 3, false};
    begin(store);
    g_assert_false(store_apply(store, "A", 1, &change, 1, INSTANT_NEVER, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
}

/* ---- finding accounts -------------------------------------------------------------------------- */

static void add_findable(Store *store, const char *id, const char *external, const char *invoice,
                         const char *number, const char *address)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, id);
    state_copy(&before, arena, &after);
    after.account.source = "rents";
    after.account.external_id = external;
    Invoice *row = state_add(&after, KIND_INVOICE);
    row->id = invoice;
    row->number = number;
    ((ContactPoint *)state_add(&after, KIND_CONTACT_POINT))->address = address;
    Act *act = state_add(&after, KIND_ACT);
    act->key = "k";
    act->external_id = arena_printf(arena, "case-%s", id);
    begin(store);
    apply(store, &before, &after, INSTANT_NEVER);
    commit(store);
}

typedef struct {
    const char *kind, *value;
    size_t n;
    const char *account;
} ResolveRow;

static const ResolveRow resolve_rows[] = {
    {"external", "rents:C1", 1, "A"},
    {"external", "rents:C9", 0, NULL},
    {"external", "other:C1", 0, NULL},
    {"external", "C2", 1, "B"},
    {"invoice", "I1", 1, "A"},
    {"invoice", "2026-2", 1, "B"},
    {"invoice", "I-shared", 2, NULL},
    {"address", "x@example.test", 2, NULL},
    {"address", "a@example.test", 1, "C"},
    {"object", "case-B", 1, "B"},
    {"object", "case-Z", 0, NULL},
};

static void test_resolve(void)
{
    g_autoptr(Store) store = fixture_memory();
    add_findable(store, "A", "C1", "I1", "2026-1", "x@example.test");
    add_findable(store, "B", "C2", "I-shared", "2026-2", "x@example.test");
    add_findable(store, "C", "C3", "I-shared", "I-shared", "a@example.test");
    for (size_t i = 0; i < G_N_ELEMENTS(resolve_rows); i++) {
        const ResolveRow *row = &resolve_rows[i];
        g_autoptr(Arena) arena = arena_new();
        const char *account = "?";
        size_t n = 99;
        g_assert_true(store_resolve(store, row->kind, row->value, arena, &account, &n, NULL));
        g_assert_cmpuint(n, ==, row->n);
        g_assert_cmpstr(account, ==, row->account);
    }
}

/* An invoice is found by its new number and no more by the old one. */
static void test_resolve_follows_changes(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(Arena) arena = arena_new();
    add_findable(store, "A", "C1", "I1", "2026-1", "x@example.test");
    AccountState before = load(store, "A", arena), after;
    state_copy(&before, arena, &after);
    ((Invoice *)state_find(&after, KIND_INVOICE, "I1"))->number = "2026-1b";
    after.account.external_id = "C7";
    begin(store);
    apply(store, &before, &after, INSTANT_NEVER);
    commit(store);
    const char *account;
    size_t n;
    g_assert_true(store_resolve(store, "invoice", "2026-1", arena, &account, &n, NULL));
    g_assert_cmpuint(n, ==, 0);
    g_assert_true(store_resolve(store, "invoice", "2026-1b", arena, &account, &n, NULL));
    g_assert_cmpuint(n, ==, 1);
    g_assert_true(store_resolve(store, "external", "rents:C7", arena, &account, &n, NULL));
    g_assert_cmpuint(n, ==, 1);
    g_assert_true(store_resolve(store, "external", "rents:C1", arena, &account, &n, NULL));
    g_assert_cmpuint(n, ==, 0);
}

/* ---- waking and listing ------------------------------------------------------------------------ */

static void set_wake(Store *store, const char *id, const char *source, Instant wake_at,
                     const ListRow *row)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    AccountState before = load(store, id, arena), after;
    state_copy(&before, arena, &after);
    after.account.source = source;
    size_t n;
    const Change *changes = state_diff(&before, &after, arena, &n);
    store_apply(store, id, 1, changes, n, wake_at, row, &error);
    g_assert_no_error(error);
}

static char *due_text(Store *store, Instant until, size_t max)
{
    g_autoptr(Arena) arena = arena_new();
    const char **accounts;
    size_t n;
    g_assert_true(store_due(store, until, max, arena, &accounts, &n, NULL));
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "%s ", accounts[i]);
    return g_string_free(text, FALSE);
}

static void test_waking(void)
{
    g_autoptr(Store) store = fixture_memory();
    begin(store);
    set_wake(store, "A", "rents", T0 + 3, NULL);
    set_wake(store, "B", "rents", T0 + 1, NULL);
    set_wake(store, "C", "crm", INSTANT_NEVER, NULL);
    set_wake(store, "D", "crm", T0 + 2, NULL);
    g_autofree char *some = due_text(store, T0 + 2, 10), *one = due_text(store, T0 + 9, 1);
    g_assert_cmpstr(some, ==, "B D ");
    g_assert_cmpstr(one, ==, "B ");
    set_wake(store, "B", "rents", T0 + 5, NULL);
    Instant next;
    g_assert_true(store_next_wake(store, &next, NULL));
    g_assert_cmpint(next, ==, T0 + 2);
    g_assert_true(store_wake_all(store, "crm", T0 + 2, NULL));
    g_autofree char *source = due_text(store, T0 + 9, 10);
    g_assert_cmpstr(source, ==, "C D A B ");
    g_assert_true(store_wake_all(store, NULL, T0 + 4, NULL));
    g_autofree char *all = due_text(store, T0 + 4, 10);
    g_assert_cmpstr(all, ==, "C D A B ");
    commit(store);
}

static bool write_list(const char *account, const ListRow *row, void *data)
{
    g_string_append_printf(data, "%s:%s:%s:%s:%d ", account, row->status ? row->status : "-",
                           row->step ? row->step : "-", row->needs ? row->needs : "-",
                           row->since == DATE_NONE ? 0 : row->since);
    return true;
}

static void test_list(void)
{
    g_autoptr(Store) store = fixture_memory();
    const ListRow row = {"delinquent", "new", "review", 20000, NULL, 0},
                  none = {.since = DATE_NONE};
    begin(store);
    set_wake(store, "A", NULL, INSTANT_NEVER, &row);
    set_wake(store, "B", NULL, INSTANT_NEVER, &row);
    set_wake(store, "B", NULL, INSTANT_NEVER, &none);
    set_wake(store, "C", NULL, INSTANT_NEVER, &row);
    commit(store);
    g_autoptr(GString) all = g_string_new(NULL), rest = g_string_new(NULL);
    g_assert_true(store_accounts(store, NULL, 100, write_list, all, NULL));
    g_assert_cmpstr(all->str, ==,
                    "A:delinquent:new:review:20000 B:-:-:-:0 C:delinquent:new:review:20000 ");
    g_assert_true(store_accounts(store, "A", 1, write_list, rest, NULL));
    g_assert_cmpstr(rest->str, ==, "B:-:-:-:0 ");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/tables/columns-are-fields", test_columns_are_fields);
    g_test_add_func("/tables/apply-and-load", test_apply_and_load);
    g_test_add_func("/tables/unknown-account", test_unknown_account);
    g_test_add_func("/tables/bare-account", test_account_without_changes_of_its_own);
    g_test_add_func("/tables/unknown-row", test_change_of_an_unknown_row_is_refused);
    g_test_add_func("/tables/resolve", test_resolve);
    g_test_add_func("/tables/resolve-follows", test_resolve_follows_changes);
    g_test_add_func("/tables/waking", test_waking);
    g_test_add_func("/tables/list", test_list);
    return g_test_run();
}
