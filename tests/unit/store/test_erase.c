/* What is forgotten is gone from the bytes; the chain still holds, and says itself that something was taken. */
#include "fixture.h"

#define SECRET "Ada Unforgettable"
#define OWN_MESSAGE "{\"to\":\"Ada Unforgettable\"}"
#define SHARED_MESSAGE "{\"to\":\"both of them\"}"
#define NEW_SALT "ffeeddccbbaa99887766554433221100"

static char own_hash[HASH_HEX], shared_hash[HASH_HEX];

static void send_message(Store *store, const char *account, const char *hash, const char *key)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before = load(store, account, arena), after;
    state_copy(&before, arena, &after);
    Act *act = state_add(&after, KIND_ACT);
    act->key = key;
    act->state = ACT_DONE;
    act->content = arena_strdup(arena, hash);
    apply(store, &before, &after, INSTANT_NEVER);
}

static void add_journal(Store *store, const char *account, bool decided)
{
    const JournalEntry entry = {.account = account,
                                .source = "rents",
                                .type = "account.updated",
                                .data = "{\"name\":\"" SECRET "\"}",
                                .time = INSTANT_NONE,
                                .received_at = T0,
                                .epoch = 1,
                                .decided = decided};
    uint64_t position;
    bool duplicate;
    g_assert_true(store_journal(store, &entry, &position, &duplicate, NULL));
}

static void write_all(Store *store)
{
    make_account(store, "A");
    make_account(store, "B");
    begin(store);
    g_assert_true(
        store_blob_put(store, "notice", OWN_MESSAGE, strlen(OWN_MESSAGE), own_hash, NULL));
    g_assert_true(
        store_blob_put(store, "notice", SHARED_MESSAGE, strlen(SHARED_MESSAGE), shared_hash, NULL));
    send_message(store, "A", own_hash, "A/1");
    send_message(store, "A", shared_hash, "A/2");
    send_message(store, "B", shared_hash, "B/1");
    add_journal(store, "A", true);
    audit(store, "A", SECRET " owes", "{\"name\":\"" SECRET "\"}");
    audit(store, "B", "somebody owes", NULL);
    commit(store);
}

static void add_erased(Store *store)
{
    const AuditEntry entry = {.at = T0,
                              .actor = "person:maria",
                              .event = "erased",
                              .rule = "request",
                              .text = "personal data was erased",
                              .is_open = true};
    g_assert_true(store_audit(store, "A", &entry, NULL));
}

static void erase(Store *store)
{
    g_autoptr(GError) error = NULL;
    begin(store);
    add_erased(store);
    store_erase(store, "A", NEW_SALT, &error);
    g_assert_no_error(error);
    commit(store);
}

static bool note_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    g_string_append_printf(data, "%s %" G_GUINT64_FORMAT " %s\n", account, sequence, what);
    return true;
}

static void assert_holds(Store *store, const char *findings)
{
    g_autoptr(GString) text = g_string_new(NULL);
    uint64_t entries, seals;
    g_assert_true(store_audit_verify(store, note_finding, text, &entries, &seals, NULL));
    g_assert_cmpstr(text->str, ==, findings);
}

static bool is_kept(Store *store, const char *hash)
{
    g_autoptr(GBytes) bytes = NULL;
    g_assert_true(store_blob_get(store, hash, &bytes, NULL));
    return bytes != NULL;
}

static bool count_data(const JournalEntry *entry, void *data)
{
    *(int *)data += entry->data != NULL;
    return true;
}

static int journal_with_data(Store *store)
{
    int n = 0;
    g_assert_true(store_journal_read(store, "A", 0, false, count_data, &n, NULL));
    return n;
}

static bool show_texts(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    g_string_append_printf(data, "%s:%s ", entry->event, entry->text ? entry->text : "-");
    return true;
}

static void test_the_chain_holds(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_all(store);
    erase(store);
    assert_holds(store, "");
    begin(store);
    audit(store, "A", "something new", NULL);
    commit(store);
    assert_holds(store, "");
    g_autoptr(GString) texts = g_string_new(NULL);
    g_assert_true(store_audit_read(store, "A", show_texts, texts, NULL));
    g_assert_cmpstr(texts->str, ==,
                    "step_entered:- erased:personal data was erased step_entered:something new ");
}

static void test_what_is_others_stays(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_all(store);
    begin(store);
    add_journal(store, "B", true);
    add_journal(store, "A", false);
    commit(store);
    erase(store);
    g_assert_false(is_kept(store, own_hash));
    g_assert_true(is_kept(store, shared_hash));
    g_assert_cmpint(journal_with_data(store), ==, 1); /* what waits to be decided */
}

static void test_a_group_that_fails_forgets_nothing(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_all(store);
    begin(store);
    add_erased(store);
    g_assert_true(store_erase(store, "A", NEW_SALT, NULL));
    store_rollback(store);
    assert_holds(store, "");
    g_assert_true(is_kept(store, own_hash));
    g_assert_cmpint(journal_with_data(store), ==, 1);
    begin(store);
    audit(store, "A", "goes on", NULL);
    commit(store);
    assert_holds(store, "");
}

static void test_without_its_entry_it_is_tampering(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_all(store);
    begin(store);
    g_assert_true(store_erase(store, "A", NEW_SALT, NULL));
    commit(store);
    assert_holds(store, "A 1 edited: its texts were taken out, and no erasure is recorded\n");
}

static bool has_bytes(const char *path, const char *text)
{
    g_autofree char *bytes = NULL;
    gsize n = 0;
    return g_file_get_contents(path, &bytes, &n, NULL) && memmem(bytes, n, text, strlen(text));
}

static void test_nothing_is_left_in_the_files(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    Store *store = fixture_open(path, STORE_READ_WRITE);
    write_all(store);
    g_assert_true(has_bytes(path, SECRET) || has_bytes(log, SECRET));
    erase(store);
    g_assert_false(has_bytes(path, SECRET));
    g_assert_false(has_bytes(log, SECRET));
    store_close(store);
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/erase/chain", test_the_chain_holds);
    g_test_add_func("/erase/others", test_what_is_others_stays);
    g_test_add_func("/erase/rollback", test_a_group_that_fails_forgets_nothing);
    g_test_add_func("/erase/tampering", test_without_its_entry_it_is_tampering);
    g_test_add_func("/erase/bytes", test_nothing_is_left_in_the_files);
    return g_test_run();
}
