/* A bundle is the same each time, holds, and says of every change what it is and where. */
#include "../store/fixture.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/key_file.h"
#include "evidence/bundle.h"
#include "evidence/tar.h"

#define MESSAGE "{\"subject\":\"You owe\",\"template\":\"friendly\",\"to\":\"ada@example.test\"}"

static SigningKey own_key, other_key;

/* ---- a store with two accounts ------------------------------------------------------------------ */

static void keep_notice(Store *store, const char *hash)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before = load(store, "A", arena), after;
    state_copy(&before, arena, &after);
    Notice *notice = state_add(&after, KIND_NOTICE);
    notice->key = "A/c1/1/delinquency/1";
    notice->name = "delinquency";
    notice->state = NOTICE_ACCEPTED;
    notice->content = arena_strdup(arena, hash);
    apply(store, &before, &after, INSTANT_NEVER);
}

static Store *make_store(void)
{
    Store *store = fixture_memory();
    char hash[HASH_HEX];
    make_account(store, "A");
    make_account(store, "B");
    begin(store);
    g_assert_true(store_blob_put(store, "notice", MESSAGE, strlen(MESSAGE), hash, NULL));
    keep_notice(store, hash);
    for (int i = 1; i <= 7; i++)
        journal(store, "A", NULL);
    audit(store, "A", "Ada owes", NULL);
    audit(store, "B", "Bob owes", NULL);
    commit(store);
    begin(store);
    audit(store, "A", "a notice went", "{\"to\":\"ada@example.test\"}");
    audit(store, "B", "another one", NULL);
    commit(store);
    begin(store);
    audit(store, "A", "Ada paid", NULL);
    commit(store);
    return store;
}

static GByteArray *make_bundle(Store *store, const SigningKey *key, Instant at)
{
    g_autoptr(GError) error = NULL;
    GByteArray *bundle = NULL;
    const BundleSetup setup = {.store = store,
                               .account = "A",
                               .organisation = "Site",
                               .zone = "America/Chicago",
                               .program = "dunhub test",
                               .key = key,
                               .signed_at = at};
    bundle_make(&setup, &bundle, &error);
    g_assert_no_error(error);
    return bundle;
}

static bool write_finding(const char *where, const char *what, void *data)
{
    g_string_append_printf(data, "%s: %s\n", where, what);
    return true;
}

static char *verify(const GByteArray *bundle, const uint8_t *public)
{
    BundleReport report;
    GString *text = g_string_new(NULL);
    bundle_verify(bundle->data, bundle->len, public, write_finding, text, &report);
    bundle_report_clear(&report);
    return g_string_free(text, FALSE);
}

static void test_a_bundle_holds(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &own_key, T0);
    BundleReport report;
    g_autoptr(GString) text = g_string_new(NULL);
    bundle_verify(bundle->data, bundle->len, own_key.public, write_finding, text, &report);
    g_assert_cmpstr(text->str, ==, "");
    g_assert_cmpstr(report.account, ==, "A");
    g_assert_cmpstr(report.signed_at, ==, "2025-07-01T00:00:00.000Z");
    g_assert_cmpuint(report.entries, ==, 3);
    g_assert_cmpuint(report.seals, ==, 3);
    g_assert_cmpuint(report.notices, ==, 1);
    g_assert_cmpuint(report.erased, ==, 0);
    bundle_report_clear(&report);
}

static size_t count_differences(const GByteArray *a, const GByteArray *b)
{
    size_t n = 0;
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++)
        n += a->data[i] != b->data[i];
    return n;
}

static void test_same_store_same_bytes(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) one = make_bundle(store, &own_key, T0);
    g_autoptr(GByteArray) two = make_bundle(store, &own_key, T0);
    g_autoptr(GByteArray) later = make_bundle(store, &own_key, T0 + INSTANT_DAY);
    g_assert_cmpuint(count_differences(one, two), ==, 0);
    g_assert_cmpuint(count_differences(one, later), <=, 2 * KEY_SIGNATURE_BYTES + 24);
}

/* Neither the name nor a word of the other account. */
static void test_nothing_of_others(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &own_key, T0);
    static const char *const words[] = {"Bob owes", "another one", "\"B\""};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        g_assert_null(memmem(bundle->data, bundle->len, words[i], strlen(words[i])));
}

/* ---- tampering by somebody without the key ------------------------------------------------------ */

/* Every byte of a bundle is looked at by something. */
static void test_every_byte_counts(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &own_key, T0);
    for (guint i = 0; i < bundle->len; i += i < 4096 ? 1 : 37) {
        bundle->data[i] ^= 1;
        g_autofree char *findings = verify(bundle, own_key.public);
        if (findings[0] == '\0')
            g_error("a changed byte %u is not found", i);
        bundle->data[i] ^= 1;
    }
}

static void test_cut_off(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &own_key, T0);
    for (guint n = bundle->len - 1; n > 0; n = n > 700 ? n - 311 : n - 1) {
        g_autoptr(GByteArray) part = g_byte_array_new();
        g_byte_array_append(part, bundle->data, n);
        g_autofree char *findings = verify(part, own_key.public);
        g_assert_true(g_str_has_prefix(findings, ": it is no bundle as dunhub writes them: byte "));
    }
    g_byte_array_append(bundle, (const guint8 *)"x", 1);
    g_autofree char *findings = verify(bundle, own_key.public);
    g_assert_nonnull(strstr(findings, "something stands after its end"));
}

/* ---- tampering by somebody who makes the archive anew ------------------------------------------- */

typedef struct {
    const char *doc;
    const char *file; /* to change; NULL none */
    const char *from,
        *to;    /* in it, first place; from NULL: to is the whole file; to NULL: it goes */
    bool again; /* manifest and signature are made anew, with the right key */
    const char *findings; /* how they begin */
} Tamper;

static char *replaced(const TarMember *member, const char *from, const char *to)
{
    g_autofree char *text = g_strndup((const char *)member->bytes, member->n);
    char *at = strstr(text, from);
    g_assert_nonnull(at);
    g_autofree char *head = g_strndup(text, (gsize)(at - text));
    return g_strconcat(head, to, at + strlen(from), NULL);
}

static json_t *row_of(const char *name, const char *bytes)
{
    char hex[HASH_HEX];
    Hash hash = hash_of(bytes, strlen(bytes));
    return json_pack("{s:s, s:I, s:s}", "name", name, "bytes", (json_int_t)strlen(bytes), "sha256",
                     hash_hex(&hash, hex));
}

static char *sign_again(const char *manifest)
{
    uint8_t signature[KEY_SIGNATURE_BYTES];
    Hash hash = hash_of(manifest, strlen(manifest));
    g_autofree char *text = signed_text(&hash, "2025-07-01T00:00:00.000Z");
    key_sign(&own_key, text, signature);
    g_autofree char *hex = key_to_hex(signature, sizeof signature),
                    *public = key_to_hex(own_key.public, KEY_PUBLIC_BYTES);
    return g_strdup_printf(
        "{\"algorithm\":\"Ed25519\",\"public_key\":\"%s\",\"signature\":\"%s\",\"signed_at\":"
        "\"2025-07-01T00:00:00.000Z\"}",
        public, hex);
}

static GByteArray *rebuild(const GByteArray *bundle, const Tamper *tamper)
{
    g_autoptr(GArray) members = NULL;
    g_autoptr(GByteArray) rest = g_byte_array_new();
    g_autoptr(json_t) rows = json_array();
    g_autofree char *manifest = NULL, *signature = NULL;
    g_assert_true(tar_read(bundle->data, bundle->len, &members, NULL));
    for (guint i = 0; i < members->len; i++) {
        const TarMember *member = &g_array_index(members, TarMember, i);
        bool hit = tamper->file != NULL && strcmp(member->name, tamper->file) == 0;
        g_autofree char *text = !hit ? g_strndup((const char *)member->bytes, member->n)
                                : tamper->to == NULL   ? NULL
                                : tamper->from != NULL ? replaced(member, tamper->from, tamper->to)
                                                       : g_strdup(tamper->to);
        if (strcmp(member->name, BUNDLE_MANIFEST) == 0) {
            manifest = g_steal_pointer(&text);
        } else if (strcmp(member->name, BUNDLE_SIGNATURE) == 0) {
            signature = g_steal_pointer(&text);
        } else if (text != NULL) {
            tar_add(rest, member->name, text, strlen(text));
            json_array_append_new(rows, row_of(member->name, text));
        }
    }
    if (tamper->again) {
        g_autoptr(json_t) json = json_loads(manifest, 0, NULL);
        json_object_set(json, "files", rows);
        g_free(manifest);
        g_free(signature);
        manifest = json_canonical(json);
        signature = sign_again(manifest);
    }
    GByteArray *out = g_byte_array_new();
    if (manifest != NULL)
        tar_add(out, BUNDLE_MANIFEST, manifest, strlen(manifest));
    if (signature != NULL)
        tar_add(out, BUNDLE_SIGNATURE, signature, strlen(signature));
    g_byte_array_append(out, rest->data, rest->len);
    tar_end(out);
    return out;
}

static const Tamper tampers[] = {
    {"an edited file", BUNDLE_TIMELINE ".txt", "Ada", "Eve", false,
     "timeline.txt: edited: it is not the file that the manifest lists\n"},
    {"a missing file", BUNDLE_TIMELINE ".html", NULL, NULL, false,
     "timeline.html: the file is missing\n"
     "timeline.html: the manifest lists it, but it is missing\n"},
    {"a file missing from the manifest too", BUNDLE_SEALS, NULL, NULL, true,
     "seals.ndjson: the file is missing\n"
     "seals.ndjson: no seal covers the entries from 1 to 3\n"},
    {"another account's manifest", BUNDLE_MANIFEST, "\"account\":\"A\"", "\"account\":\"B\"", false,
     "signature.json: the signature does not fit: manifest, instant, key or signature was changed\n"
     "account.json: foreign: it is account 'A'\n"
     "chain.ndjson line 1: foreign: it is an entry of account 'A'\n"},
    {"a changed instant of signing", BUNDLE_SIGNATURE, "2025-07-01", "2025-07-02", false,
     "signature.json: the signature does not fit: manifest, instant, key or signature was "
     "changed\n"},
    {"an edited text", BUNDLE_CHAIN, "Ada owes", "Eve owes", true,
     "chain.ndjson line 1: edited: the texts of entry 1 are not those that were hashed\n"},
    {"texts taken out", BUNDLE_CHAIN, "\"text\":\"Ada owes\"", "\"text\":null", true,
     "chain.ndjson line 1: edited: the texts of entry 1 are not those that were hashed\n"},
    {"an edited actor", BUNDLE_CHAIN, "\"actor\":\"hub\"", "\"actor\":\"person:eve\"", true,
     "chain.ndjson line 1: edited: entry 1 does not fit its hash\n"},
    {"a foreign entry", BUNDLE_CHAIN, "\"account\":\"A\"", "\"account\":\"B\"", true,
     "chain.ndjson line 1: foreign: it is an entry of account 'B'\n"
     "chain.ndjson line 1: the chain is broken: entry 2 stands where 1 should\n"},
    {"a renumbered entry", BUNDLE_CHAIN, "\"sequence\":1,", "\"sequence\":2,", true,
     "chain.ndjson line 1: the chain is broken: entry 2 stands where 1 should\n"},
    {"no chain", BUNDLE_CHAIN, NULL, "", true, "chain.ndjson: it holds no entry\n"},
    {"no JSON", BUNDLE_CHAIN, NULL, "{\n", true, "chain.ndjson line 1: it is no line of JSON\n"},
    {"no entry", BUNDLE_CHAIN, NULL, "{}\n", true,
     "chain.ndjson line 1: it is no entry of a chain\n"},
    {"another salt", BUNDLE_SALT, "0011", "0012", true,
     "chain.ndjson line 1: edited: the texts of entry 1 are not those that were hashed\n"},
    {"a seal's count", BUNDLE_SEALS, "\"entries\":2", "\"entries\":3", true,
     "seals.ndjson line 1: seal 1 is broken: it does not fit its hash\n"},
    {"a seal's place", BUNDLE_SEALS, "\"place\":0", "\"place\":1", true,
     "seals.ndjson line 1: seal 1 does not cover this account: the path leads elsewhere\n"},
    {"a seal about an entry that is not there", BUNDLE_SEALS, "\"sequence\":1", "\"sequence\":9",
     true,
     "seals.ndjson line 1: seal 1 does not cover this account: the path leads elsewhere\n"
     "seals.ndjson line 1: seal 1 names an entry 9 that the chain does not hold\n"},
    {"no seal", BUNDLE_SEALS, NULL, "{}\n", true,
     "seals.ndjson line 1: it is no seal\n"
     "seals.ndjson: no seal covers the entries from 1 to 3\n"},
    {"a journal entry less", BUNDLE_JOURNAL, "\"position\":7", "\"position\":8", true,
     "chain.ndjson line 1: the journal lacks entry 7, which led to it\n"},
    {"a journal entry twice", BUNDLE_JOURNAL, "\"position\":2", "\"position\":1", true,
     "journal.ndjson line 2: entry 1 is there twice\n"},
    {"an account without the message", BUNDLE_ACCOUNT, "\"content\"", "\"contents\"", true,
     "notices/"},
};

static void test_tampering(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &own_key, T0);
    for (size_t i = 0; i < G_N_ELEMENTS(tampers); i++) {
        g_test_message("%s", tampers[i].doc);
        g_autoptr(GByteArray) changed = rebuild(bundle, &tampers[i]);
        g_autofree char *findings = verify(changed, own_key.public);
        if (!g_str_has_prefix(findings, tampers[i].findings))
            g_error("%s: wanted\n%sgot\n%s", tampers[i].doc, tampers[i].findings, findings);
    }
    const Tamper none = {.again = true};
    g_autoptr(GByteArray) same = rebuild(bundle, &none);
    g_autofree char *findings = verify(same, own_key.public);
    g_assert_cmpstr(findings, ==, "");
}

static void test_another_key(void)
{
    g_autoptr(Store) store = make_store();
    g_autoptr(GByteArray) bundle = make_bundle(store, &other_key, T0);
    g_autofree char *hex = key_to_hex(other_key.public, KEY_PUBLIC_BYTES);
    g_autofree char *expected =
        g_strdup_printf("signature.json: signed with another key: %s\n", hex);
    g_autofree char *findings = verify(bundle, own_key.public);
    g_assert_cmpstr(findings, ==, expected);
    g_autofree char *unasked = verify(bundle, NULL);
    g_assert_cmpstr(unasked, ==, "");
}

static void test_unknown_account(void)
{
    g_autoptr(Store) store = fixture_memory();
    g_autoptr(GError) error = NULL;
    GByteArray *bundle = NULL;
    const BundleSetup setup = {.store = store, .account = "nobody", .zone = "UTC", .key = &own_key};
    g_assert_false(bundle_make(&setup, &bundle, &error));
    g_assert_error(error, BUNDLE_ERROR, BUNDLE_ERROR_UNKNOWN);
}

/* ---- names, keys -------------------------------------------------------------------------------- */

static void test_names(void)
{
    static const struct {
        const char *name;
        bool good;
    } rows[] = {
        {"a", true},           {"notices/0a.json", true},
        {"a/b/c-d_e.f", true}, {"", false},
        {"/etc/x", false},     {"../x", false},
        {"a/../x", false},     {"a//b", false},
        {"a/", false},         {".a", false},
        {"a/.b", false},       {"A", false},
        {"a\\b", false},       {"a b", false},
        {"a\n", false},        {"\xc3\xa4", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].name);
        g_assert_true(tar_name_is_good(rows[i].name) == rows[i].good);
    }
    g_autofree char *longest = g_strnfill(TAR_NAME_MAX, 'a'),
                    *longer = g_strnfill(TAR_NAME_MAX + 1, 'a');
    g_assert_true(tar_name_is_good(longest));
    g_assert_false(tar_name_is_good(longer));
}

static void test_a_file_twice(void)
{
    g_autoptr(GByteArray) archive = g_byte_array_new();
    g_autoptr(GArray) members = NULL;
    g_autoptr(GError) error = NULL;
    tar_add(archive, "a", "1", 1);
    tar_add(archive, "a", "2", 1);
    tar_end(archive);
    g_assert_false(tar_read(archive->data, archive->len, &members, &error));
    g_assert_cmpstr(error->message, ==, "byte 1024: a file is there twice");
}

static void test_key_file(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "signing.key", NULL);
    g_autoptr(GError) error = NULL;
    SigningKey made, read;
    struct stat status;
    g_assert_false(key_read(path, &read, &error));
    g_assert_nonnull(strstr(error->message, "audit key --new"));
    g_clear_error(&error);
    g_assert_true(key_make(path, &made, &error));
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    g_assert_true(key_read(path, &read, &error));
    g_assert_true(memcmp(&made, &read, sizeof made) == 0);
    g_assert_false(key_make(path, &made, &error));
    g_assert_error(error, KEY_FILE_ERROR, KEY_FILE_ERROR_EXISTS);
    g_clear_error(&error);
    g_assert_cmpint(g_chmod(path, 0640), ==, 0);
    g_assert_false(key_read(path, &read, &error));
    g_assert_nonnull(strstr(error->message, "others can read it"));
    g_clear_error(&error);
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    g_assert_true(g_file_set_contents(path, "dunhub signing key 1\nff\n", -1, NULL));
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    g_assert_false(key_read(path, &read, &error));
    g_assert_error(error, KEY_FILE_ERROR, KEY_FILE_ERROR_FORM);
    fixture_remove(folder);
}

static void make_keys(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *one = g_build_filename(folder, "one", NULL),
                    *two = g_build_filename(folder, "two", NULL);
    g_assert_true(key_make(one, &own_key, NULL) && key_make(two, &other_key, NULL));
    fixture_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_keys();
    g_test_add_func("/bundle/holds", test_a_bundle_holds);
    g_test_add_func("/bundle/same", test_same_store_same_bytes);
    g_test_add_func("/bundle/others", test_nothing_of_others);
    g_test_add_func("/bundle/bytes", test_every_byte_counts);
    g_test_add_func("/bundle/cut", test_cut_off);
    g_test_add_func("/bundle/tampering", test_tampering);
    g_test_add_func("/bundle/key", test_another_key);
    g_test_add_func("/bundle/unknown", test_unknown_account);
    g_test_add_func("/tar/names", test_names);
    g_test_add_func("/tar/twice", test_a_file_twice);
    g_test_add_func("/key/file", test_key_file);
    return g_test_run();
}
