/* The chain of audit entries, its seals, and every way to tamper with them. */
#include "fixture.h"
#include "store/proof.h"

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
    const AuditEntry entry = {.at = T0, .actor = "hub", .text = "Ada"};
    begin(store);
    g_assert_false(store_audit(store, "nobody", &entry, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
}

/* What a court is shown of A: its own last entries, and paths to roots that also cover B and the hub. */
static bool check_seal_of_a(const Seal *seal, void *data)
{
    uint64_t *numbers = data;
    *numbers = *numbers * 10 + seal->number;
    Hash root, leaf = proof_leaf("A", seal->sequence, &seal->head);
    g_assert_true(seal->names);
    g_assert_true(
        proof_follow(&leaf, seal->place, seal->accounts, seal->path, seal->n_path, &root));
    g_assert_true(memcmp(&root, &seal->root, sizeof root) == 0);
    Hash hash =
        proof_seal(seal->number, &seal->previous, seal->entries, seal->accounts, &seal->root);
    g_assert_true(memcmp(&hash, &seal->hash, sizeof hash) == 0);
    return true;
}

static void test_seals_prove_one_account(void)
{
    g_autoptr(Store) store = fixture_memory();
    write_chain(store);
    uint64_t numbers = 0;
    g_assert_true(store_seals(store, "A", check_seal_of_a, &numbers, NULL));
    g_assert_cmpuint(numbers, ==, 123);
}

/* Every leaf of trees of every size leads to the root by its own path, and by no other place or length. */
static void test_paths(void)
{
    enum { MOST = 40 };
    Hash leaves[MOST];
    for (size_t n = 1; n <= MOST; n++) {
        for (size_t i = 0; i < n; i++)
            leaves[i] = proof_leaf("A", i, &(Hash){{(uint8_t)i}});
        Hash work[MOST], right, root;
        memcpy(work, leaves, sizeof work);
        right = proof_root(work, n);
        for (size_t place = 0; place < n; place++) {
            Hash path[SEAL_PATH_MAX];
            memcpy(work, leaves, sizeof work);
            size_t length = proof_path(work, n, place, path);
            g_assert_true(proof_follow(&leaves[place], place, n, path, length, &root));
            g_assert_true(memcmp(&root, &right, sizeof root) == 0);
            g_assert_false(proof_follow(&leaves[place], n, n, path, length, &root));
            g_assert_false(proof_follow(&leaves[place], place, n, path, length + 1, &root));
            bool follows = proof_follow(&leaves[(place + 1) % n], place, n, path, length, &root);
            g_assert_true(n == 1 || !follows || memcmp(&root, &right, HASH_BYTES) != 0);
        }
    }
}

/* ---- tampering --------------------------------------------------------------------------------- */

typedef struct {
    const char *doc;
    const char *sql;
    const char *findings; /* NULL: none */
} Tamper;

#define TAKE_TEXTS                                                                                 \
    "UPDATE audit SET subject = NULL, reason = NULL, text = NULL, detail = NULL, personal = NULL"

#define EDITED(N) "A " N " edited: it does not fit its hash\n"
#define TEXTS(N) "A " N " edited: its personal data was changed\n"

static const Tamper tampers[] = {
    {"text", "UPDATE audit SET text = 'x' WHERE account = 'A' AND sequence = 3", TEXTS("3")},
    {"time", "UPDATE audit SET at = at + 1 WHERE account = 'A' AND sequence = 1", EDITED("1")},
    {"actor", "UPDATE audit SET actor = 'person:eve' WHERE account = 'A' AND sequence = 5",
     EDITED("5")},
    {"event", "UPDATE audit SET event = 'left' WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"rule", "UPDATE audit SET rule = NULL WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"subject", "UPDATE audit SET subject = '' WHERE account = 'A' AND sequence = 3", TEXTS("3")},
    {"reason", "UPDATE audit SET reason = 'paid' WHERE account = 'A' AND sequence = 3", TEXTS("3")},
    {"detail", "UPDATE audit SET detail = '{}' WHERE account = 'A' AND sequence = 3", TEXTS("3")},
    {"position", "UPDATE audit SET position = 8 WHERE account = 'A' AND sequence = 3", EDITED("3")},
    {"personal text",
     "UPDATE audit SET personal = '{\"address\":\"eve@example.test\"}' WHERE personal NOTNULL",
     "A 2 edited: its personal data was changed\n"},
    {"personal hash", "UPDATE audit SET personal_hash = NULL WHERE personal NOTNULL",
     "A 2 edited: it does not fit its hash\nA 2 edited: personal data was put in\n"},
    {"salt", "UPDATE account_salt SET salt = 'ff' WHERE account = 'B'",
     "B 1 edited: its personal data was changed\nB 2 edited: its personal data was changed\n"},
    {"salt forgotten, text not", "DELETE FROM account_salt WHERE account = 'B'",
     "B 1 the salt of its personal data is gone, its text is not\n"
     "B 2 the salt of its personal data is gone, its text is not\n"},
    {"texts taken out", TAKE_TEXTS " WHERE account = 'A' AND sequence = 3",
     "A 3 edited: its texts were taken out, and no erasure is recorded\n"},
    {"salt and texts taken out",
     "DELETE FROM account_salt WHERE account = 'B'; " TAKE_TEXTS " WHERE account = 'B'",
     "B 1 edited: its texts were taken out, and no erasure is recorded\n"
     "B 2 edited: its texts were taken out, and no erasure is recorded\n"},
    {"form", "UPDATE audit SET form = 1 WHERE account = 'A' AND sequence = 3",
     EDITED("3") "A 3 edited: its texts were taken out, and no erasure is recorded\n"},
    {"root of a seal", "UPDATE seal SET root = zeroblob(32) WHERE number = 2",
     "- 2 seal 2 is broken\n"},
    {"seal made to look older", "UPDATE seal SET root = NULL WHERE number = 2",
     "- 2 seal 2 is broken\n"},
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
     "text, detail, personal, personal_hash, hash, zeroblob(32), form FROM audit "
     "WHERE account = 'A' AND sequence = 5",
     "A 6 edited: it does not fit its hash\n"
     "A 6 inserted: no seal names it, or its seal was removed\n"},
    {"inserted before the start",
     "INSERT INTO audit SELECT account, 0, position, at, actor, event, rule, subject, reason, "
     "text, detail, personal, personal_hash, previous, hash, form FROM audit "
     "WHERE account = 'A' AND sequence = 1",
     "A 0 inserted: its number is impossible\nA 0 edited: it does not fit its hash\n"
     "A 1 inserted or replaced: it does not continue the entry before\n"},
    {"moved to another account", "UPDATE audit SET account = 'C' WHERE account = 'B'",
     "C 1 edited: it does not fit its hash\n"
     "C 1 the salt of its personal data is gone, its text is not\n"
     "C 2 edited: it does not fit its hash\n"
     "C 2 the salt of its personal data is gone, its text is not\n"
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
     "INSERT INTO seal SELECT 4, 0, x'', hash, zeroblob(32), NULL FROM seal WHERE number = 3",
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
        if (i == 0)
            make_account(store, "A");
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

/* ---- stores of earlier versions ---------------------------------------------------------------- */

static char *sql_hex(const Hash *hash)
{
    char hex[HASH_HEX];
    return g_strdup_printf("x'%s'", hash_hex(hash, hex));
}

/* An entry and a seal of it as the second version of the schema wrote them. */
static void write_older(const char *path)
{
    AuditEntry entry = {.sequence = 1,
                        .at = T0,
                        .actor = "hub",
                        .event = "entered",
                        .text = "Ada owes",
                        .form = AUDIT_OPEN};
    entry.hash = proof_entry("A", &entry);
    ProofHead head = {"A", 1, entry.hash};
    g_autoptr(GByteArray) heads = g_byte_array_new();
    proof_write_head(heads, &head);
    Hash none = {{0}}, seal = proof_seal_of_heads(1, &none, 1, heads->data, heads->len);
    g_autoptr(GString) hex = g_string_new(NULL);
    for (guint i = 0; i < heads->len; i++)
        g_string_append_printf(hex, "%02x", heads->data[i]);
    g_autofree char *of_entry = sql_hex(&entry.hash), *of_seal = sql_hex(&seal);
    g_autofree char *sql = g_strdup_printf(
        FIXTURE_BACK_TO_002
        "; INSERT INTO audit VALUES ('A', 1, 0, %" G_GINT64_FORMAT ", 'hub', 'entered', "
        "NULL, NULL, NULL, 'Ada owes', NULL, NULL, NULL, zeroblob(32), %s); "
        "INSERT INTO seal VALUES (1, 1, x'%s', zeroblob(32), %s); UPDATE latest SET seal = 1",
        T0, of_entry, hex->str, of_seal);
    fixture_sql(path, sql);
}

static bool note_seal(const Seal *seal, void *data)
{
    g_string_append_printf(data,
                           "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " ",
                           seal->number, seal->accounts, seal->sequence);
    return true;
}

static void test_older_chain_is_sealed_again(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *store = fixture_open(path, STORE_READ_WRITE);
    make_account(store, "A");
    store_close(store);
    write_older(path);
    store = fixture_open(path, STORE_READ_WRITE);
    begin(store);
    audit(store, "A", "two", NULL);
    commit(store);
    uint64_t entries, seals;
    g_autofree char *findings = verify(store, &entries, &seals);
    g_assert_cmpstr(findings, ==, "");
    g_assert_cmpuint(entries, ==, 2);
    g_assert_cmpuint(seals, ==, 3);
    g_autoptr(GString) text = g_string_new(NULL);
    g_assert_true(store_seals(store, "A", note_seal, text, NULL));
    g_assert_cmpstr(text->str, ==, "1:0/1 2:1/1 3:1/2 ");
    store_close(store);
    fixture_sql(path, "UPDATE audit SET text = 'Ada owes nothing' WHERE sequence = 1");
    store = fixture_open(path, STORE_READ_ONLY);
    g_autofree char *edited = verify(store, &entries, &seals);
    g_assert_cmpstr(edited, ==, "A 1 edited: it does not fit its hash\n");
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
    g_test_add_func("/audit/seals", test_seals_prove_one_account);
    g_test_add_func("/audit/paths", test_paths);
    g_test_add_func("/audit/older", test_older_chain_is_sealed_again);
    g_test_add_func("/audit/tampering", test_tampering_is_found);
    g_test_add_func("/audit/stops", test_finding_stops);
    g_test_add_func("/audit/reopening", test_chain_goes_on_after_reopening);
    return g_test_run();
}
