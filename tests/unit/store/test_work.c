/* The worklist in the store: it follows the accounts, comes in order and in pages, and every filter reads an index. */
#include "fixture.h"

#include <string.h>

static WorkItem item(const char *name, const char *kind, const char *reason, int urgency, Date due)
{
    return (WorkItem){.item = name,
                      .kind = kind,
                      .reason = reason,
                      .urgency = urgency,
                      .due = due,
                      .text = "what it is",
                      .deed = "what to do"};
}

static void put(Store *store, const char *account, const WorkItem *work, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    state_init(&state, arena, account);
    ListRow row = {.work = work, .n_work = n, .since = DATE_NONE};
    begin(store);
    store_apply(store, account, 1, NULL, 0, INSTANT_NEVER, &row, &error);
    g_assert_no_error(error);
    commit(store);
}

static bool collect(const WorkItem *found, void *data)
{
    g_string_append_printf(data, "%s/%s ", found->account, found->item);
    return true;
}

static char *list(Store *store, WorkQuery query)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    query.max = query.max ? query.max : 100;
    query.due_by = query.due_by ? query.due_by : DATE_NONE;
    store_work(store, &query, collect, out, &error);
    g_assert_no_error(error);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void assert_list(Store *store, WorkQuery query, const char *wanted)
{
    g_autofree char *seen = list(store, query);
    g_assert_cmpstr(seen, ==, wanted);
}

static void fill(Store *store)
{
    WorkItem a[] = {item("reason:review", "intervention", "review", 4, 100),
                    item("act:k", "held", "suspend", 1, DATE_NONE)};
    a[0].assignee = "maria";
    a[0].property = a[1].property = "north";
    WorkItem b[] = {item("request:1", "approval", "legal", 2, 90),
                    item("promise:p", "promise", "due", 4, 99)};
    b[0].assignee = b[1].assignee = "jonas";
    b[0].source = b[1].source = "rents";
    put(store, "A", a, G_N_ELEMENTS(a));
    put(store, "B", b, G_N_ELEMENTS(b));
}

static void test_order_and_filters(void)
{
    g_autoptr(Store) store = fixture_memory();
    fill(store);
    assert_list(store, (WorkQuery){0}, "A/act:k B/request:1 B/promise:p A/reason:review ");
    assert_list(store, (WorkQuery){.assignee = "maria"}, "A/reason:review ");
    assert_list(store, (WorkQuery){.unassigned = true}, "A/act:k ");
    assert_list(store, (WorkQuery){.kind = "promise"}, "B/promise:p ");
    assert_list(store, (WorkQuery){.reason = "legal"}, "B/request:1 ");
    assert_list(store, (WorkQuery){.property = "north"}, "A/act:k A/reason:review ");
    assert_list(store, (WorkQuery){.source = "rents"}, "B/request:1 B/promise:p ");
    assert_list(store, (WorkQuery){.account = "B"}, "B/request:1 B/promise:p ");
    assert_list(store, (WorkQuery){.due_by = 99}, "B/request:1 B/promise:p ");
    assert_list(store, (WorkQuery){.assignee = "jonas", .kind = "approval", .due_by = 90},
                "B/request:1 ");
    assert_list(store, (WorkQuery){.assignee = "nobody"}, "");
}

/* Page after page shows each item once, also where two are alike in urgency and day. */
static void test_pages(void)
{
    g_autoptr(Store) store = fixture_memory();
    WorkItem same[] = {item("a", "dead", "x", 3, 7), item("b", "dead", "x", 3, 7),
                       item("c", "dead", "x", 3, DATE_NONE)};
    put(store, "A", same, G_N_ELEMENTS(same));
    put(store, "B", same, G_N_ELEMENTS(same));
    assert_list(store, (WorkQuery){.max = 3}, "A/a A/b B/a ");
    WorkItem after = {.urgency = 3, .due = 7, .account = "B", .item = "a"};
    assert_list(store, (WorkQuery){.max = 2, .after = &after}, "B/b A/c ");
    after = (WorkItem){.urgency = 3, .due = DATE_NONE, .account = "A", .item = "c"};
    assert_list(store, (WorkQuery){.max = 3, .after = &after}, "B/c ");
}

/* What is settled goes, what changed is changed, what stayed is not written again. */
static void test_follows(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *store = fixture_open(path, STORE_READ_WRITE);
    fill(store);
    WorkItem left = item("act:k", "held", "suspend", 2, 5);
    put(store, "A", &left, 1);
    assert_list(store, (WorkQuery){.account = "A"}, "A/act:k ");
    assert_list(store, (WorkQuery){.due_by = 5}, "A/act:k ");
    put(store, "A", NULL, 0);
    assert_list(store, (WorkQuery){.account = "A"}, "");
    store_close(store);
    fixture_remove(folder);
}

static int note_plan(void *data, int n, char **values, char **names)
{
    (void)names;
    g_string_append_printf(data, "%s\n", values[n - 1]);
    return 0;
}

/* However many accounts there are: no query walks the table or sorts. */
static void test_indexed(void)
{
    static const char *const filters[] = {"",
                                          "WHERE assignee = 'x'",
                                          "WHERE assignee IS NULL",
                                          "WHERE kind = 'x'",
                                          "WHERE reason = 'x'",
                                          "WHERE property = 'x'",
                                          "WHERE source = 'x'"};
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    store_close(fixture_open(path, STORE_READ_WRITE));
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_autoptr(GString) plan = g_string_new(NULL);
        g_autofree char *sql = g_strdup_printf(
            "EXPLAIN QUERY PLAN SELECT * FROM work %s %s (urgency, due, account, item) > "
            "(1, 2, 'a', 'b') ORDER BY urgency, due, account, item LIMIT 50",
            filters[i], *filters[i] ? "AND" : "WHERE");
        g_assert_cmpint(sqlite3_exec(db, sql, note_plan, plan, NULL), ==, SQLITE_OK);
        g_test_message("%s: %s", sql, plan->str);
        g_assert_nonnull(strstr(plan->str, "USING INDEX work_"));
        g_assert_null(strstr(plan->str, "TEMP B-TREE"));
    }
    sqlite3_close(db);
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/work/order-and-filters", test_order_and_filters);
    g_test_add_func("/work/pages", test_pages);
    g_test_add_func("/work/follows", test_follows);
    g_test_add_func("/work/indexed", test_indexed);
    return g_test_run();
}
