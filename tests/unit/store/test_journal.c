/* The journal, groups, blobs and what instances keep. */
#include "fixture.h"

static JournalEntry entry_of(const char *account, const char *event_id, bool decided)
{
    return (JournalEntry){
        .account = account,
        .source = "rents",
        .event_id = event_id,
        .type = "invoice.updated",
        .data = "{\"id\":\"I\"}",
        .time = T0 - 5,
        .received_at = T0,
        .epoch = 3,
        .switches = 2,
        .decided = decided,
    };
}

static uint64_t add(Store *store, JournalEntry entry, bool *ret_duplicate)
{
    uint64_t position = 0;
    g_autoptr(GError) error = NULL;
    store_journal(store, &entry, &position, ret_duplicate, &error);
    g_assert_no_error(error);
    return position;
}

static bool write_entry(const JournalEntry *entry, void *data)
{
    g_string_append_printf(data, "%" G_GUINT64_FORMAT ":%s:%s%s ", entry->position,
                           entry->account ? entry->account : "-",
                           entry->event_id ? entry->event_id : "-", entry->decided ? "" : "?");
    return entry->event_id == NULL || !g_str_equal(entry->event_id, "stop");
}

static char *read_all(Store *store, const char *account, uint64_t from, bool undecided)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    store_journal_read(store, account, from, undecided, write_entry, text, &error);
    g_assert_no_error(error);
    return g_string_free(text, FALSE);
}

static void test_order_and_duplicates(void)
{
    g_autoptr(Store) store = fixture_memory();
    bool duplicate;
    begin(store);
    g_assert_cmpuint(add(store, entry_of("A", "e1", true), &duplicate), ==, 1);
    g_assert_false(duplicate);
    g_assert_cmpuint(add(store, entry_of("B", "e2", false), &duplicate), ==, 2);
    g_assert_cmpuint(add(store, entry_of("B", "e1", true), &duplicate), ==, 1);
    g_assert_true(duplicate);
    g_assert_cmpuint(add(store, entry_of(NULL, NULL, true), &duplicate), ==, 3);
    g_assert_cmpuint(add(store, entry_of(NULL, NULL, true), &duplicate), ==, 4);
    g_assert_false(duplicate);
    JournalEntry other = entry_of("A", "e1", true);
    other.source = "crm";
    g_assert_cmpuint(add(store, other, &duplicate), ==, 5);
    g_assert_false(duplicate);
    commit(store);
    g_autofree char *all = read_all(store, NULL, 0, false);
    g_assert_cmpstr(all, ==, "1:A:e1 2:B:e2? 3:-:- 4:-:- 5:A:e1 ");
    g_autofree char *of_a = read_all(store, "A", 2, false);
    g_assert_cmpstr(of_a, ==, "5:A:e1 ");
    g_autofree char *undecided = read_all(store, NULL, 0, true);
    g_assert_cmpstr(undecided, ==, "2:B:e2? ");
    g_autofree char *of_other = read_all(store, "A", 0, true);
    g_assert_cmpstr(of_other, ==, "");
    begin(store);
    g_assert_true(store_journal_decided(store, 2, 1, NULL));
    commit(store);
    g_autofree char *none = read_all(store, NULL, 0, true);
    g_assert_cmpstr(none, ==, "");
}

static bool keep_entry(const JournalEntry *entry, void *data)
{
    g_assert_cmpstr(entry->source, ==, "rents");
    g_assert_cmpstr(entry->type, ==, "invoice.updated");
    g_assert_cmpstr(entry->data, ==, "{\"id\":\"I\"}");
    g_assert_cmpint(entry->time, ==, T0 - 5);
    g_assert_cmpint(entry->received_at, ==, T0);
    g_assert_cmpuint(entry->epoch, ==, 3);
    g_assert_cmpuint(entry->switches, ==, 2);
    g_assert_true(entry->decided);
    ++*(int *)data;
    return true;
}

static void test_entry_is_whole(void)
{
    g_autoptr(Store) store = fixture_memory();
    bool duplicate;
    begin(store);
    add(store, entry_of("A", "e1", true), &duplicate);
    commit(store);
    int n = 0;
    g_assert_true(store_journal_read(store, NULL, 0, false, keep_entry, &n, NULL));
    g_assert_cmpint(n, ==, 1);
}

static void test_visitor_stops(void)
{
    g_autoptr(Store) store = fixture_memory();
    begin(store);
    journal(store, "A", "e1");
    journal(store, "A", "stop");
    journal(store, "A", "e3");
    commit(store);
    g_autofree char *text = read_all(store, "A", 0, false);
    g_assert_cmpstr(text, ==, "1:A:e1 2:A:stop ");
}

/* Nothing of a group that was undone is left, in any table, and its positions are given again. */
static void test_rollback_leaves_nothing(void)
{
    g_autoptr(Store) store = fixture_memory();
    make_account(store, "A");
    begin(store);
    journal(store, "A", "e1");
    audit(store, "A", "kept", NULL);
    commit(store);
    g_autoptr(Arena) arena = arena_new();
    AccountState before = load(store, "A", arena), after;
    g_autofree char *fingerprint = state_fingerprint(&before);
    begin(store);
    g_assert_cmpuint(journal(store, "A", "e2"), ==, 2);
    state_copy(&before, arena, &after);
    Act *act = state_add(&after, KIND_ACT);
    act->key = "k";
    act->instance = "mail";
    act->state = ACT_READY;
    apply(store, &before, &after, T0);
    audit(store, "A", "undone", "{\"name\":\"Ada\"}");
    char hash[HASH_HEX];
    g_assert_true(store_blob_put(store, "template", "x", 1, hash, NULL));
    g_assert_true(store_state_put(store, "mail", "token", "t", 1, 0, NULL));
    store_rollback(store);

    AccountState again = load(store, "A", arena);
    g_autofree char *left = state_fingerprint(&again);
    g_assert_cmpstr(left, ==, fingerprint);
    g_autofree char *entries = read_all(store, NULL, 0, false);
    g_assert_cmpstr(entries, ==, "1:A:e1 ");
    Instant wake, due;
    g_assert_true(store_next_wake(store, &wake, NULL));
    g_assert_cmpint(wake, ==, INSTANT_NEVER);
    g_assert_true(store_outbox_next(store, INT64_MIN, &due, NULL));
    g_assert_cmpint(due, ==, INSTANT_NEVER);
    GBytes *bytes = NULL;
    uint64_t version = 9;
    g_assert_true(store_blob_get(store, hash, &bytes, NULL));
    g_assert_null(bytes);
    g_assert_true(store_state_get(store, "mail", "token", &bytes, &version, NULL));
    g_assert_null(bytes);
    g_assert_cmpuint(version, ==, 0);
    begin(store);
    g_assert_cmpuint(journal(store, "A", "e2"), ==, 2);
    audit(store, "A", "second", NULL);
    commit(store);
}

static void test_changes_need_a_group(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GError) outside = NULL;
    g_autoptr(GError) twice = NULL;
    JournalEntry entry = entry_of("A", "e", true);
    uint64_t position;
    bool duplicate;
    g_assert_false(store_journal(store, &entry, &position, &duplicate, &outside));
    g_assert_error(outside, STORE_ERROR, STORE_ERROR_MISUSE);
    begin(store);
    g_assert_false(store_begin(store, &twice));
    g_assert_error(twice, STORE_ERROR, STORE_ERROR_MISUSE);
}

/* ---- blobs and versions ------------------------------------------------------------------------ */

static void assert_bytes(GBytes *bytes, const char *expected, size_t n)
{
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, n);
    g_assert_true(memcmp(g_bytes_get_data(bytes, NULL), expected, n) == 0);
}

static bool write_version(const char *name, int64_t version, const char *hash, void *data)
{
    g_string_append_printf(data, "%s/%d:%.4s ", name, (int)version, hash);
    return true;
}

static void test_blobs_and_versions(void)
{
    g_autoptr(Store) store = fixture_memory();
    char one[HASH_HEX], two[HASH_HEX], same[HASH_HEX], empty[HASH_HEX];
    int64_t version = 0;
    begin(store);
    g_assert_true(store_blob_put(store, "policy", "one\0bytes", 9, one, NULL));
    g_assert_true(store_blob_put(store, "policy", "two", 3, two, NULL));
    g_assert_true(store_blob_put(store, "policy", "one\0bytes", 9, same, NULL));
    g_assert_true(store_blob_put(store, "policy", NULL, 0, empty, NULL));
    g_assert_cmpstr(one, ==, same);
    g_assert_true(store_version_put(store, "policy", "b2b", one, T0, &version, NULL));
    g_assert_cmpint(version, ==, 1);
    g_assert_true(store_version_put(store, "policy", "b2b", one, T0, &version, NULL));
    g_assert_cmpint(version, ==, 1);
    g_assert_true(store_version_put(store, "policy", "b2b", two, T0, &version, NULL));
    g_assert_cmpint(version, ==, 2);
    g_assert_true(store_version_put(store, "policy", "b2b", one, T0, &version, NULL));
    g_assert_cmpint(version, ==, 3);
    g_assert_true(store_version_put(store, "policy", "a", two, T0, &version, NULL));
    commit(store);
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_blob_get(store, one, &bytes, NULL));
    assert_bytes(bytes, "one\0bytes", 9);
    g_autoptr(GBytes) nothing = NULL;
    g_assert_true(store_blob_get(store, empty, &nothing, NULL));
    g_assert_cmpuint(g_bytes_get_size(nothing), ==, 0);
    g_autoptr(GString) list = g_string_new(NULL);
    g_assert_true(store_versions(store, "policy", write_version, list, NULL));
    g_autofree char *expected =
        g_strdup_printf("a/1:%.4s b2b/1:%.4s b2b/2:%.4s b2b/3:%.4s ", two, one, two, one);
    g_assert_cmpstr(list->str, ==, expected);
}

typedef struct {
    uint64_t expected;
    const char *value;
    bool ok;
} StateRow;

static const StateRow state_rows[] = {
    {1, "none is there", false}, {0, "first", true}, {0, "again", false}, {2, "ahead", false},
    {1, "second", true},         {1, "late", false}, {2, "third", true},
};

static void test_instance_state(void)
{
    g_autoptr(Store) store = fixture_memory();
    begin(store);
    for (size_t i = 0; i < G_N_ELEMENTS(state_rows); i++) {
        const StateRow *row = &state_rows[i];
        g_autoptr(GError) error = NULL;
        bool ok = store_state_put(store, "xero", "token", row->value, strlen(row->value),
                                  row->expected, &error);
        g_assert_cmpint(ok, ==, row->ok);
        if (!ok)
            g_assert_error(error, STORE_ERROR, STORE_ERROR_STALE);
    }
    commit(store);
    g_autoptr(GBytes) bytes = NULL;
    uint64_t version;
    g_assert_true(store_state_get(store, "xero", "token", &bytes, &version, NULL));
    assert_bytes(bytes, "third", 5);
    g_assert_cmpuint(version, ==, 3);
    g_autofree char *large = g_malloc0(64 * 1024 + 65);
    g_autoptr(GError) error = NULL;
    begin(store);
    g_assert_false(store_state_put(store, "xero", "big", large, 64 * 1024 + 65, 0, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
    g_assert_true(store_state_put(store, "xero", "big", large, 64 * 1024, 0, NULL));
    commit(store);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/journal/order", test_order_and_duplicates);
    g_test_add_func("/journal/whole", test_entry_is_whole);
    g_test_add_func("/journal/visitor", test_visitor_stops);
    g_test_add_func("/journal/rollback", test_rollback_leaves_nothing);
    g_test_add_func("/journal/group", test_changes_need_a_group);
    g_test_add_func("/blobs/versions", test_blobs_and_versions);
    g_test_add_func("/state/compare-and-set", test_instance_state);
    return g_test_run();
}
