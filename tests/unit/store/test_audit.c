/* The chain of audit entries, its seals, and every way to tamper with them. */
#include "fixture.h"

static bool write_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    g_string_append_printf(data, "%s %" G_GUINT64_FORMAT " %s\n", account ? account : "-", sequence,
                           what);
    return true;
}

static char *verify(Store *store, uint64_t *ret_entries, uint64_t *ret_seals)
{
    g_autoptr(GError) error = NULL;
    GString *text = g_string_new(NULL);
    store_audit_verify(store, write_finding, text, ret_entries, ret_seals, &error);
    g_assert_no_error(error);
    return g_string_free(text, FALSE);
}

/* Three groups: A 1 2, B 1 | A 3, hub 1 | A 4 5, B 2. A 2 holds personal data. */
static void write_chain(Store *store)
{
    make_account(store, "A");
    make_account(store, "B");
    begin(store);
    audit(store, "A", "one", NULL);
    audit(store, "A", "two", "{\"address\":\"ada@example.test\"}");
    audit(store, "B", "one", NULL);
    commit(store);
    begin(store);
    audit(store, "A", "three", NULL);
    audit(store, NULL, "configuration read", NULL);
    commit(store);
    begin(store);
    audit(store, "A", "four", NULL);
    audit(store, "A", "five", NULL);
    audit(store, "B", "two", NULL);
    commit(store);
}

static void test_untouched_chain_is_right(void)
{
    g_autoptr(Store) store = fixture_memory();
    uint64_t entries, seals;
    g_autofree char *empty = verify(store, &entries, &seals);
    g_assert_cmpstr(empty, ==, "");
    g_assert_cmpuint(entries, ==, 0);
    write_chain(store);
    begin(store);
    audit(store, "A", "never", NULL);
    store_rollback(store);
    begin(store);
    audit(store, "A", "six", NULL);
    commit(store);
    g_autofree char *findings = verify(store, &entries, &seals);
    g_assert_cmpstr(findings, ==, "");
    g_assert_cmpuint(entries, ==, 9);
    g_assert_cmpuint(seals, ==, 4);
}

static bool write_entry(const char *account, const AuditEntry *entry, void *data)
{
    g_string_append_printf(data, "%s/%" G_GUINT64_FORMAT ":%s ", account ? account : "-",
                           entry->sequence, entry->text);
    return true;
}

static void test_reading(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_chain(store);
    g_autoptr(GString) of_b = g_string_new(NULL), all = g_string_new(NULL);
    g_assert_true(store_audit_read(store, "B", write_entry, of_b, NULL));
    g_assert_cmpstr(of_b->str, ==, "B/1:one B/2:two ");
    g_assert_true(store_audit_read(store, NULL, write_entry, all, NULL));
    g_assert_cmpstr(all->str, ==,
                    "-/1:configuration read A/1:one A/2:two A/3:three A/4:four A/5:five "
                    "B/1:one B/2:two ");
}

static bool check_link(const char *account, const AuditEntry *entry, void *data)
{
    Hash *last = data;
    g_assert_cmpstr(account, ==, "A");
    g_assert_true(memcmp(&entry->previous, last, sizeof *last) == 0);
    g_assert_cmpuint(entry->position, ==, 7);
    g_assert_cmpint(entry->at, ==, T0);
    g_assert_cmpstr(entry->rule, ==, "§6.1");
    *last = entry->hash;
    return true;
}

static void test_entries_are_linked(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_chain(store);
    Hash last = {{0}};
    g_assert_true(store_audit_read(store, "A", check_link, &last, NULL));
}

static void test_personal_data_needs_a_salt(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GError) error = NULL;
    const AuditEntry entry = {.at = T0, .actor = "hub", .personal = "{}"};
    begin(store);
    g_assert_false(store_audit(store, "nobody", &entry, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
}

/* ---- tampering --------------------------------------------------------------------------------- */

typedef struct {
    const char *doc;
    const char *sql;
    const char *findings; /* NULL: none */
} Tamper;

#define EDITED(N) "A " N " edited: it does not fit its hash\n"

static const Tamper tampers[] = {
    {"text", "UPDATE audit SET text = 'x' WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"time", "UPDATE audit SET at = at + 1 WHERE account = 'A' AND sequence = 1", EDITED("1")},
    {"actor", "UPDATE audit SET actor = 'person:eve' WHERE account = 'A' AND sequence = 5",
     EDITED("5")},
    {"event", "UPDATE audit SET event = 'left' WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"rule", "UPDATE audit SET rule = NULL WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"subject", "UPDATE audit SET subject = '' WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"reason", "UPDATE audit SET reason = 'paid' WHERE account = 'A' AND sequence = 3",
     EDITED("3")},
    {"detail", "UPDATE audit SET detail = '{}' WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"position", "UPDATE audit SET position = 8 WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"personal text",
     "UPDATE audit SET personal = '{\"address\":\"eve@example.test\"}' WHERE personal NOTNULL",
     "A 2 edited: its personal data was changed\n"},
    {"personal hash", "UPDATE audit SET personal_hash = NULL WHERE personal NOTNULL",
     "A 2 edited: it does not fit its hash\nA 2 edited: personal data was put in\n"},
    {"salt", "UPDATE account_salt SET salt = 'ff' WHERE account = 'A'",
     "A 2 edited: its personal data was changed\n"},
    {"salt forgotten, text not", "DELETE FROM account_salt WHERE account = 'A'",
     "A 2 the salt of its personal data is gone, its text is not\n"},
    {"personal data forgotten as it should be",
     "DELETE FROM account_salt WHERE account = 'A'; UPDATE audit SET personal = NULL", NULL},
    {"hash", "UPDATE audit SET hash = zeroblob(32) WHERE account = 'A' AND sequence = 3",
     "A 3 edited: it does not fit its hash\n"
     "A 4 inserted or replaced: it does not continue the entry before\n"
     "A 3 replaced: it is not the entry that seal 2 names\n"},
    {"short hash", "UPDATE audit SET hash = x'00' WHERE account = 'B' AND sequence = 2",
     "B 2 edited: it does not fit its hash\n"
     "B 2 replaced: it is not the entry that seal 3 names\n"},
    {"previous", "UPDATE audit SET previous = zeroblob(32) WHERE account = 'A' AND sequence = 3",
     "A 3 inserted or replaced: it does not continue the entry before\n"
     "A 3 edited: it does not fit its hash\n"},
    {"removed in the middle", "DELETE FROM audit WHERE account = 'A' AND sequence IN (2, 3)",
     "A 2 removed: entries 2 to 3 are missing\n"},
    {"removed at the start", "DELETE FROM audit WHERE account = 'A' AND sequence = 1",
     "A 1 removed: entries 1 to 1 are missing\n"},
    {"removed and renumbered",
     "DELETE FROM audit WHERE account = 'A' AND sequence = 4; "
     "UPDATE audit SET sequence = 4 WHERE account = 'A' AND sequence = 5",
     "A 4 inserted or replaced: it does not continue the entry before\n"
     "A 4 edited: it does not fit its hash\n"
     "A 5 tail removed: entries 5 to 5 are missing\n"},
    {"tail", "DELETE FROM audit WHERE account = 'A' AND sequence >= 4",
     "A 4 tail removed: entries 4 to 5 are missing\n"},
    {"whole chain", "DELETE FROM audit WHERE account = 'B'",
     "B 1 tail removed: entries 1 to 2 are missing\n"},
    {"chain of the hub", "DELETE FROM audit WHERE account = ''",
     "- 1 tail removed: entries 1 to 1 are missing\n"},
    {"inserted at the end",
     "INSERT INTO audit SELECT account, 6, position, at, actor, event, rule, subject, reason, "
     "text, detail, personal, personal_hash, hash, zeroblob(32) FROM audit "
     "WHERE account = 'A' AND sequence = 5",
     "A 6 edited: it does not fit its hash\n"
     "A 6 inserted: no seal names it, or its seal was removed\n"},
    {"inserted before the start",
     "INSERT INTO audit SELECT account, 0, position, at, actor, event, rule, subject, reason, "
     "text, detail, personal, personal_hash, previous, hash FROM audit "
     "WHERE account = 'A' AND sequence = 1",
     "A 0 inserted: its number is impossible\nA 0 edited: it does not fit its hash\n"
     "A 1 inserted or replaced: it does not continue the entry before\n"},
    {"moved to another account", "UPDATE audit SET account = 'C' WHERE account = 'B'",
     "C 1 edited: it does not fit its hash\nC 2 edited: it does not fit its hash\n"
     "B 1 tail removed: entries 1 to 2 are missing\n"
     "C 1 inserted: no seal names it, or its seal was removed\n"},
    {"seal edited", "UPDATE seal SET entries = 4 WHERE number = 2",
     "- 2 seal 2 is broken\n- 2 seal 2 is broken: it counts 4 entries and names 2\n"},
    {"seal's hash", "UPDATE seal SET hash = zeroblob(32) WHERE number = 2",
     "- 2 seal 2 is broken\n- 3 seal 3 is broken\n"},
    {"seal's heads", "UPDATE seal SET heads = x'00' WHERE number = 3",
     "- 3 seal 3 is broken\n- 3 seal 3 is broken: it cannot be read\n"
     "- 3 seal 3 is broken: it counts 3 entries and names 0\n"
     "A 4 inserted: no seal names it, or its seal was removed\n"
     "B 2 inserted: no seal names it, or its seal was removed\n"},
    {"seal removed", "DELETE FROM seal WHERE number = 2",
     "- 2 seals 2 to 2 were removed\n- 3 seal 3 is broken\n"
     "- 3 seal 3 is broken: it counts 3 entries and names 4\n"
     "- 1 inserted: no seal names it, or its seal was removed\n"},
    {"tail removed with its seal",
     "DELETE FROM seal WHERE number = 3; "
     "DELETE FROM audit WHERE account = 'A' AND sequence >= 4; "
     "DELETE FROM audit WHERE account = 'B' AND sequence = 2",
     "- 3 seals 3 to 3 were removed, with any entries they named\n"},
    {"everything removed", "DELETE FROM seal; DELETE FROM audit",
     "- 1 seals 1 to 3 were removed, with any entries they named\n"},
    {"seal inserted",
     "INSERT INTO seal SELECT 4, 0, x'', hash, zeroblob(32) FROM seal WHERE number = 3",
     "- 4 seal 4 is broken\n- 4 seals from 4 on were inserted\n"},
    {"last seal removed", "DELETE FROM seal WHERE number = 3",
     "- 3 seals 3 to 3 were removed, with any entries they named\nA 4 inserted: no seal names it, "
     "or its seal was removed\n"
     "B 2 inserted: no seal names it, or its seal was removed\n"},
};

static void test_tampering_is_found(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tampers); i++) {
        const Tamper *tamper = &tampers[i];
        g_test_message("%s", tamper->doc);
        g_autofree char *folder = fixture_folder();
        g_autofree char *path = g_build_filename(folder, "store.db", NULL);
        Store *store = fixture_open(path, STORE_READ_WRITE);
        write_chain(store);
        store_close(store);
        fixture_sql(path, tamper->sql);
        store = fixture_open(path, STORE_READ_ONLY);
        uint64_t entries, seals;
        g_autofree char *findings = verify(store, &entries, &seals);
        g_assert_cmpstr(findings, ==, tamper->findings ? tamper->findings : "");
        store_close(store);
        fixture_remove(folder);
    }
}

static bool stop_at_once(const char *account, uint64_t sequence, const char *what, void *data)
{
    (void)account, (void)sequence, (void)what;
    ++*(int *)data;
    return false;
}

static void test_finding_stops(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *store = fixture_open(path, STORE_READ_WRITE);
    write_chain(store);
    store_close(store);
    fixture_sql(path, "UPDATE audit SET text = 'x'");
    store = fixture_open(path, STORE_READ_ONLY);
    int n = 0;
    uint64_t entries, seals;
    g_assert_true(store_audit_verify(store, stop_at_once, &n, &entries, &seals, NULL));
    g_assert_cmpint(n, ==, 1);
    store_close(store);
    fixture_remove(folder);
}

/* The chain goes on where another process left it. */
static void test_chain_goes_on_after_reopening(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    for (int i = 0; i < 3; i++) {
        Store *store = fixture_open(path, STORE_READ_WRITE);
        begin(store);
        audit(store, "A", "entry", NULL);
        commit(store);
        store_close(store);
    }
    Store *store = fixture_open(path, STORE_READ_ONLY);
    uint64_t entries, seals;
    g_autofree char *findings = verify(store, &entries, &seals);
    g_assert_cmpstr(findings, ==, "");
    g_assert_cmpuint(entries, ==, 3);
    g_assert_cmpuint(seals, ==, 3);
    store_close(store);
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/audit/untouched", test_untouched_chain_is_right);
    g_test_add_func("/audit/reading", test_reading);
    g_test_add_func("/audit/linked", test_entries_are_linked);
    g_test_add_func("/audit/salt", test_personal_data_needs_a_salt);
    g_test_add_func("/audit/tampering", test_tampering_is_found);
    g_test_add_func("/audit/stops", test_finding_stops);
    g_test_add_func("/audit/reopening", test_chain_goes_on_after_reopening);
    return g_test_run();
}
