/* Requests of platforms in the store. */
#include "fixture.h"

static bool put(Store *store, const char *hook, const char *delivery, Instant at)
{
    g_autoptr(GError) error = NULL;
    InboxRow row = {
        .instance = "bell", .hook = hook, .delivery = delivery, .head = "{}", .received_at = at};
    bool duplicate = false;
    begin(store);
    g_assert_true(store_inbox_put(store, &row, "a\0b", 3, at, &duplicate, &error));
    commit(store);
    return !duplicate;
}

static InboxRow *due(Store *store, Instant now, Arena *arena, size_t *ret_n)
{
    g_autoptr(GError) error = NULL;
    InboxRow *rows = NULL;
    g_assert_true(store_inbox_due(store, "bell", now, 10, arena, &rows, ret_n, &error));
    return rows;
}

static void end(Store *store, uint64_t id, const char *why)
{
    g_autoptr(GError) error = NULL;
    begin(store);
    g_assert_true(store_inbox_end(store, id, why, &error));
    commit(store);
}

static Instant next(Store *store)
{
    g_autoptr(GError) error = NULL;
    Instant at = 0;
    g_assert_true(store_inbox_next(store, "bell", &at, &error));
    return at;
}

static void test_life(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) arena = arena_new();
    Store *store = fixture_memory();
    size_t n = 0;
    g_assert_cmpint(next(store), ==, INSTANT_NEVER);
    g_assert_true(put(store, "", "d-1", T0 + 5));
    g_assert_true(put(store, "status", "d-1", T0)); /* another hook, another delivery */
    g_assert_false(put(store, "", "d-1", T0 + 9));
    g_assert_cmpint(next(store), ==, T0);
    g_assert_null(due(store, T0 - 1, arena, &n));
    InboxRow *rows = due(store, T0 + 5, arena, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpstr(rows[0].hook, ==, "status");
    g_assert_cmpstr(rows[1].hook, ==, "");
    g_autoptr(GBytes) body = NULL;
    g_assert_true(store_inbox_body(store, rows[0].id, &body, &error));
    gsize bytes = 0;
    const void *data = g_bytes_get_data(body, &bytes);
    g_assert_cmpuint(bytes, ==, 3);
    g_assert_true(memcmp(data, "a\0b", 3) == 0);

    begin(store);
    g_assert_true(store_inbox_later(store, rows[0].id, T0 + 100, "not now", &error));
    commit(store);
    end(store, rows[1].id, NULL);
    g_assert_cmpint(next(store), ==, T0 + 100);
    InboxRow *again = due(store, T0 + 100, arena, &n);
    g_assert_cmpuint(n, ==, 1);
    g_assert_cmpint(again[0].attempts, ==, 1);
    g_autoptr(GBytes) over = NULL;
    g_assert_true(store_inbox_body(store, rows[1].id, &over, &error));
    g_assert_null(over); /* what was in it is an event now */
    g_assert_false(put(store, "", "d-1", T0 + 9));
    store_close(store);
}

/* What was given up stays whole; what ended well is forgotten after a time, and only that. */
static void test_ends(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) arena = arena_new();
    Store *store = fixture_memory();
    size_t n = 0;
    uint64_t waiting = 0, dead = 0;
    put(store, "", "well", T0);
    put(store, "", "badly", T0 + 1);
    put(store, "", "waits", T0 + 2);
    InboxRow *rows = due(store, T0 + 9, arena, &n);
    end(store, rows[0].id, NULL);
    end(store, rows[1].id, "cannot be read");
    g_assert_true(store_inbox_count(store, &waiting, &dead, &error));
    g_assert_cmpuint(waiting, ==, 1);
    g_assert_cmpuint(dead, ==, 1);
    begin(store);
    g_assert_true(store_inbox_forget(store, T0 + 1000, 10, &error));
    commit(store);
    g_assert_true(put(store, "", "well", T0));
    g_assert_false(put(store, "", "badly", T0));
    g_assert_false(put(store, "", "waits", T0));
    store_close(store);
}

static void test_outside_of_a_group(void)
{
    g_autoptr(GError) error = NULL;
    Store *store = fixture_memory();
    InboxRow row = {.instance = "bell", .hook = "", .delivery = "d", .head = "{}"};
    bool duplicate = false;
    g_assert_false(store_inbox_put(store, &row, "", 0, T0, &duplicate, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
    store_close(store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inbox/life", test_life);
    g_test_add_func("/inbox/ends", test_ends);
    g_test_add_func("/inbox/outside_of_a_group", test_outside_of_a_group);
    return g_test_run();
}
