/* Checking a bundle with nothing but its bytes and, where it is at hand, the organisation's public key. What it says of itself
 * is not believed: every file is hashed, every entry and seal hashed again, every name looked up. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "evidence/bundle.h"

#include "base/key_file.h"
#include "evidence/tar.h"
#include "store/proof.h"

enum {
    LINE_MAX_BYTES = 64 << 20,
    ENTRIES_MAX = 10 * 1000 * 1000,
};

typedef struct {
    BundleFinding finding;
    void *data;
    BundleReport *report;
    bool stopped;
    Arena *arena;
    GArray *members;     /* TarMember */
    GHashTable *by_name; /* name -> TarMember; borrowed */
    const char *account; /* as the manifest says */
    const char *salt;
    json_t *state;           /* account.json; NULL: not readable */
    GArray *entries;         /* AuditEntry */
    uint64_t erased_through; /* entries before this one may have lost their texts; 0: none */
    GHashTable *positions;   /* of the journal */
} Checking;

G_GNUC_PRINTF(3, 4)
static void found(Checking *checking, const char *where, const char *format, ...)
{
    va_list arguments;
    if (checking->stopped)
        return;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    checking->report->findings++;
    checking->stopped = !checking->finding(where, what, checking->data);
}

static const TarMember *member_of(const Checking *checking, const char *name)
{
    return g_hash_table_lookup(checking->by_name, name);
}

/* The JSON of a file; NULL after a finding. */
static json_t *read_json(Checking *checking, const char *name)
{
    const TarMember *member = member_of(checking, name);
    g_autoptr(GError) error = NULL;
    if (member == NULL)
        return NULL; /* told once, by check_required */
    json_t *json = json_parse((const char *)member->bytes, member->n, LINE_MAX_BYTES, &error);
    if (json == NULL)
        found(checking, name, "it cannot be read: %s", error->message);
    return json;
}

/* ---- files ------------------------------------------------------------------------------------- */

static const char *const required[] = {
    BUNDLE_MANIFEST,
    BUNDLE_SIGNATURE,
    BUNDLE_README,
    BUNDLE_CHAIN,
    BUNDLE_SEALS,
    BUNDLE_JOURNAL,
    BUNDLE_ACCOUNT,
    BUNDLE_SALT,
    BUNDLE_VERSIONS,
    BUNDLE_TIMELINE ".txt",
    BUNDLE_TIMELINE ".html",
    BUNDLE_TIMELINE ".json",
    NULL,
};

static void check_required(Checking *checking)
{
    for (const char *const *name = required; *name != NULL; name++)
        if (member_of(checking, *name) == NULL)
            found(checking, *name, "the file is missing");
}

static void check_file(Checking *checking, const json_t *row, GHashTable *listed)
{
    const char *name = json_string_value(json_object_get(row, "name"));
    const char *hash = json_string_value(json_object_get(row, "sha256"));
    const json_t *bytes = json_object_get(row, "bytes");
    char hex[HASH_HEX];
    if (name == NULL || hash == NULL || !json_is_integer(bytes)) {
        found(checking, BUNDLE_MANIFEST, "a row names no file, size or hash");
        return;
    }
    if (!g_hash_table_add(listed, (gpointer)name)) {
        found(checking, BUNDLE_MANIFEST, "it lists '%.100s' twice", name);
        return;
    }
    const TarMember *member = member_of(checking, name);
    if (member == NULL) {
        found(checking, name, "the manifest lists it, but it is missing");
        return;
    }
    Hash right = hash_of(member->bytes, member->n);
    if ((json_int_t)member->n != json_integer_value(bytes) ||
        strcmp(hash_hex(&right, hex), hash) != 0)
        found(checking, name, "edited: it is not the file that the manifest lists");
}

static void check_manifest(Checking *checking)
{
    g_autoptr(json_t) manifest = read_json(checking, BUNDLE_MANIFEST);
    g_autoptr(GHashTable) listed = g_hash_table_new(g_str_hash, g_str_equal);
    if (manifest == NULL)
        return;
    const char *account = json_string_value(json_object_get(manifest, "account"));
    const json_t *files = json_object_get(manifest, "files");
    if (json_integer_value(json_object_get(manifest, "bundle")) != 1 || account == NULL ||
        !json_is_array(files)) {
        found(checking, BUNDLE_MANIFEST, "it is no manifest of version 1 with account and files");
        return;
    }
    checking->account = arena_strdup(checking->arena, account);
    checking->report->account = g_strdup(account);
    for (size_t i = 0; i < json_array_size(files); i++)
        check_file(checking, json_array_get(files, i), listed);
    for (guint i = 0; i < checking->members->len; i++) {
        const char *name = g_array_index(checking->members, TarMember, i).name;
        bool own = strcmp(name, BUNDLE_MANIFEST) == 0 || strcmp(name, BUNDLE_SIGNATURE) == 0;
        if (!own && !g_hash_table_contains(listed, name))
            found(checking, name, "put in: the manifest does not list it");
    }
}

static void check_signature(Checking *checking, const uint8_t *public)
{
    const TarMember *manifest = member_of(checking, BUNDLE_MANIFEST);
    g_autoptr(json_t) json = read_json(checking, BUNDLE_SIGNATURE);
    uint8_t key[KEY_PUBLIC_BYTES], signature[KEY_SIGNATURE_BYTES];
    if (json == NULL || manifest == NULL)
        return;
    const char *at = json_string_value(json_object_get(json, "signed_at"));
    const char *key_hex = json_string_value(json_object_get(json, "public_key"));
    const char *hex = json_string_value(json_object_get(json, "signature"));
    if (at == NULL || key_hex == NULL || hex == NULL || !key_from_hex(key_hex, sizeof key, key) ||
        !key_from_hex(hex, sizeof signature, signature)) {
        found(checking, BUNDLE_SIGNATURE, "it names no key, instant or signature");
        return;
    }
    g_autoptr(json_t) right = json_pack("{s:s, s:s, s:s, s:s}", "algorithm", "Ed25519",
                                        "public_key", key_hex, "signature", hex, "signed_at", at);
    g_autofree char *right_text = json_canonical(right);
    const TarMember *member = member_of(checking, BUNDLE_SIGNATURE);
    if (strlen(right_text) != member->n || memcmp(right_text, member->bytes, member->n) != 0)
        found(checking, BUNDLE_SIGNATURE, "it says more than it may, or names another algorithm");
    checking->report->signed_at = g_strdup(at);
    checking->report->signed_by = g_strdup(key_hex);
    Hash hash = hash_of(manifest->bytes, manifest->n);
    g_autofree char *text = signed_text(&hash, at);
    if (!key_verify(key, text, signature))
        found(checking, BUNDLE_SIGNATURE,
              "the signature does not fit: manifest, instant, key or signature was changed");
    if (public != NULL && memcmp(public, key, sizeof key) != 0)
        found(checking, BUNDLE_SIGNATURE, "signed with another key: %s", key_hex);
}

/* ---- lines ------------------------------------------------------------------------------------- */

typedef void (*LineCheck)(Checking *checking, const char *where, const json_t *line);

static void each_line(Checking *checking, const char *name, LineCheck check)
{
    const TarMember *member = member_of(checking, name);
    size_t number = 0;
    for (size_t at = 0; member != NULL && at < member->n && !checking->stopped;) {
        const char *start = (const char *)member->bytes + at;
        const char *end = memchr(start, '\n', member->n - at);
        size_t n = end != NULL ? (size_t)(end - start) : member->n - at;
        g_autoptr(json_t) line = json_parse(start, n, LINE_MAX_BYTES, NULL);
        g_autofree char *where = g_strdup_printf("%s line %zu", name, ++number);
        if (line == NULL || end == NULL)
            found(checking, where, "it is no line of JSON");
        else
            check(checking, where, line);
        at += n + 1;
    }
}

/* ---- the journal ------------------------------------------------------------------------------- */

static void check_journal_line(Checking *checking, const char *where, const json_t *line)
{
    const json_t *position = json_object_get(line, "position");
    if (!json_is_integer(position) || json_string_value(json_object_get(line, "type")) == NULL) {
        found(checking, where, "it is no entry of a journal");
        return;
    }
    json_int_t number = json_integer_value(position);
    if (!g_hash_table_add(checking->positions, g_memdup2(&number, sizeof number)))
        found(checking, where, "entry %" JSON_INTEGER_FORMAT " is there twice", number);
}

/* ---- the chain --------------------------------------------------------------------------------- */

static bool has_texts(const AuditEntry *entry)
{
    return entry->subject != NULL || entry->reason != NULL || entry->text != NULL ||
           entry->detail != NULL || entry->personal != NULL;
}

static void read_entry(Checking *checking, const char *where, const json_t *line)
{
    AuditEntry entry;
    const char *account = NULL;
    if (!line_to_entry(line, checking->arena, &account, &entry)) {
        found(checking, where, "it is no entry of a chain");
        return;
    }
    if (g_strcmp0(account, checking->account) != 0) {
        found(checking, where, "foreign: it is an entry of account '%.100s'", account);
        return;
    }
    if (checking->entries->len == ENTRIES_MAX)
        return;
    if (entry.form == AUDIT_OPEN && g_strcmp0(entry.event, "erased") == 0)
        checking->erased_through = MAX(checking->erased_through, entry.sequence);
    g_array_append_val(checking->entries, entry);
}

/* The texts of an entry against its hashes; what an erasure took cannot be checked, and its place still is. */
static void check_texts(Checking *checking, const char *where, const AuditEntry *entry)
{
    bool veiled = entry->form == AUDIT_VEILED;
    bool may_be_erased = !has_texts(entry) && entry->sequence < checking->erased_through;
    Hash hash = proof_entry(checking->account, entry);
    bool fits = memcmp(&hash, &entry->hash, sizeof hash) == 0;
    bool veil_fits = !entry->has_veil;
    if (entry->has_veil && checking->salt != NULL && (veiled || entry->personal != NULL)) {
        Hash veil = veiled ? proof_veil(checking->salt, entry)
                           : hash_personal(checking->salt, entry->personal);
        veil_fits = memcmp(&veil, &entry->veil, sizeof veil) == 0;
    } else if (entry->has_veil && !veiled) {
        veil_fits = may_be_erased;
    }
    if (veiled && !entry->has_veil)
        found(checking, where, "entry %" PRIu64 " has no hash of its texts", entry->sequence);
    if (!fits && (veiled || !may_be_erased))
        found(checking, where, "edited: entry %" PRIu64 " does not fit its hash", entry->sequence);
    else if (!veil_fits && !may_be_erased)
        found(checking, where,
              "edited: the texts of entry %" PRIu64 " are not those that were hashed",
              entry->sequence);
    else if (!veil_fits || !fits)
        checking->report->erased++;
}

static void check_chain(Checking *checking)
{
    Hash last = {{0}};
    uint64_t sequence = 0;
    for (guint i = 0; i < checking->entries->len; i++) {
        const AuditEntry *entry = &g_array_index(checking->entries, AuditEntry, i);
        g_autofree char *where = g_strdup_printf("%s line %u", BUNDLE_CHAIN, i + 1);
        if (entry->sequence != sequence + 1)
            found(checking, where,
                  "the chain is broken: entry %" PRIu64 " stands where %" PRIu64 " should",
                  entry->sequence, sequence + 1);
        else if (memcmp(&entry->previous, &last, sizeof last) != 0)
            found(checking, where,
                  "the chain is broken: entry %" PRIu64 " does not continue the one before",
                  entry->sequence);
        check_texts(checking, where, entry);
        json_int_t position = (json_int_t)entry->position;
        if (position != 0 && !g_hash_table_contains(checking->positions, &position))
            found(checking, where, "the journal lacks entry %" PRIu64 ", which led to it",
                  entry->position);
        sequence = entry->sequence;
        last = entry->hash;
    }
    checking->report->entries = checking->entries->len;
    if (checking->entries->len == 0)
        found(checking, BUNDLE_CHAIN, "it holds no entry");
}

/* ---- seals ------------------------------------------------------------------------------------- */

typedef struct {
    Seal last; /* number 0: none yet */
    uint64_t covered;
} Sealing;

/* Where the chain is whole, entries stand by their number. */
static bool names_entry(const Checking *checking, const Seal *seal)
{
    if (seal->sequence == 0 || seal->sequence > checking->entries->len)
        return false;
    const AuditEntry *entry =
        &g_array_index(checking->entries, AuditEntry, (guint)seal->sequence - 1);
    return entry->sequence == seal->sequence &&
           memcmp(&entry->hash, &seal->head, sizeof seal->head) == 0;
}

static void check_seal(Checking *checking, const char *where, const Seal *seal, Sealing *sealing)
{
    Hash root = {{0}}, leaf = proof_leaf(checking->account, seal->sequence, &seal->head);
    Hash hash =
        proof_seal(seal->number, &seal->previous, seal->entries, seal->accounts, &seal->root);
    if (memcmp(&hash, &seal->hash, sizeof hash) != 0)
        found(checking, where, "seal %" PRIu64 " is broken: it does not fit its hash",
              seal->number);
    if (!proof_follow(&leaf, seal->place, seal->accounts, seal->path, seal->n_path, &root) ||
        memcmp(&root, &seal->root, sizeof root) != 0)
        found(checking, where,
              "seal %" PRIu64 " does not cover this account: the path leads elsewhere",
              seal->number);
    if (!names_entry(checking, seal))
        found(checking, where,
              "seal %" PRIu64 " names an entry %" PRIu64 " that the chain does not hold",
              seal->number, seal->sequence);
    const Seal *last = &sealing->last;
    if (seal->number <= last->number || seal->sequence < last->sequence)
        found(checking, where, "seal %" PRIu64 " is out of order", seal->number);
    else if (last->number > 0 && seal->number == last->number + 1 &&
             memcmp(&seal->previous, &last->hash, sizeof last->hash) != 0)
        found(checking, where, "seal %" PRIu64 " does not continue the one before", seal->number);
    sealing->covered = MAX(sealing->covered, seal->sequence);
    sealing->last = *seal;
    checking->report->seals++;
}

typedef struct {
    Checking base;
    Sealing sealing;
} SealChecking;

static void check_seal_line(Checking *checking, const char *where, const json_t *line)
{
    SealChecking *sealing = (SealChecking *)checking;
    Seal seal;
    if (!line_to_seal(line, &seal))
        found(checking, where, "it is no seal");
    else
        check_seal(checking, where, &seal, &sealing->sealing);
}

static void check_seals(Checking *checking)
{
    SealChecking sealing = {.base = *checking};
    each_line(&sealing.base, BUNDLE_SEALS, check_seal_line);
    checking->stopped = sealing.base.stopped;
    const GArray *entries = checking->entries;
    if (entries->len == 0)
        return;
    uint64_t last = g_array_index(entries, AuditEntry, entries->len - 1).sequence;
    if (sealing.sealing.covered < last)
        found(checking, BUNDLE_SEALS, "no seal covers the entries from %" PRIu64 " to %" PRIu64,
              sealing.sealing.covered + 1, last);
}

/* ---- what was sent, and what was in force ------------------------------------------------------ */

/* Messages, and the letters that were drawn from them. */
static void wanted_contents(const Checking *checking, const char *kind, GHashTable *wanted)
{
    static const char *const members[] = {"content", "document"};
    const json_t *rows = json_object_get(checking->state, kind);
    for (size_t i = 0; i < json_array_size(rows) * G_N_ELEMENTS(members); i++) {
        const json_t *row = json_array_get(rows, i / G_N_ELEMENTS(members));
        const char *hash =
            json_string_value(json_object_get(row, members[i % G_N_ELEMENTS(members)]));
        if (hash != NULL)
            g_hash_table_add(wanted, (gpointer)hash);
    }
}

/* The hash in "notices/HASH.json"; NULL: another kind of name. */
static char *hash_in(const char *name, const char *prefix)
{
    const char *dot = strrchr(name, '.');
    if (!g_str_has_prefix(name, prefix) || dot == NULL)
        return NULL;
    const char *from = name + strlen(prefix);
    return dot > from ? g_strndup(from, (gsize)(dot - from)) : NULL;
}

static void check_notice(Checking *checking, const TarMember *member, const char *hash,
                         GHashTable *wanted)
{
    char hex[HASH_HEX];
    Hash right = hash_of(member->bytes, member->n);
    checking->report->notices++;
    if (strcmp(hash_hex(&right, hex), hash) != 0)
        found(checking, member->name, "edited: its bytes are not those of its name");
    if (!g_hash_table_remove(wanted, hash))
        found(checking, member->name, "foreign: no message of the account has this content");
}

static void check_version(Checking *checking, const TarMember *member, const char *hash)
{
    char hex[HASH_HEX];
    Hash right = hash_of(member->bytes, member->n);
    if (strcmp(hash_hex(&right, hex), hash) != 0)
        found(checking, member->name, "edited: its bytes are not those of its name");
}

static void check_contents(Checking *checking)
{
    static const char *const kinds[] = {"versions/policy-", "versions/template-",
                                        "versions/configuration-"};
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    wanted_contents(checking, "act", wanted);
    wanted_contents(checking, "notice", wanted);
    for (guint i = 0; i < checking->members->len; i++) {
        const TarMember *member = &g_array_index(checking->members, TarMember, i);
        g_autofree char *notice = hash_in(member->name, "notices/");
        if (notice != NULL)
            check_notice(checking, member, notice, wanted);
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            g_autofree char *version = hash_in(member->name, kinds[k]);
            if (version != NULL)
                check_version(checking, member, version);
        }
    }
    GHashTableIter iter;
    void *hash;
    g_hash_table_iter_init(&iter, wanted);
    while (checking->erased_through == 0 && g_hash_table_iter_next(&iter, &hash, NULL))
        found(checking, BUNDLE_ACCOUNT,
              "the message %s is not in the bundle, and no erasure is recorded",
              (const char *)hash);
}

/* ---- all --------------------------------------------------------------------------------------- */

static void read_account(Checking *checking)
{
    g_autoptr(json_t) salt = read_json(checking, BUNDLE_SALT);
    checking->salt =
        arena_strdup(checking->arena, json_string_value(json_object_get(salt, "salt")));
    checking->state = read_json(checking, BUNDLE_ACCOUNT);
    const char *id = json_string_value(
        json_object_get(json_object_get(checking->state, account_type.name), "id"));
    if (checking->state != NULL && checking->account != NULL &&
        g_strcmp0(id, checking->account) != 0)
        found(checking, BUNDLE_ACCOUNT, "foreign: it is account '%.100s'", id != NULL ? id : "");
}

static void check_all(Checking *checking, const uint8_t *public)
{
    check_required(checking);
    check_manifest(checking);
    check_signature(checking, public);
    if (checking->account == NULL)
        return;
    read_account(checking);
    each_line(checking, BUNDLE_JOURNAL, check_journal_line);
    each_line(checking, BUNDLE_CHAIN, read_entry);
    check_chain(checking);
    check_seals(checking);
    check_contents(checking);
}

void bundle_verify(const uint8_t *bytes, size_t n, const uint8_t *public, BundleFinding finding,
                   void *data, BundleReport *ret_report)
{
    g_autoptr(GArray) members = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) positions =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(AuditEntry));
    *ret_report = (BundleReport){.account = NULL};
    Checking checking = {.finding = finding,
                         .data = data,
                         .report = ret_report,
                         .arena = arena,
                         .by_name = by_name,
                         .positions = positions,
                         .entries = entries};
    if (!tar_read(bytes, n, &members, &error)) {
        found(&checking, "", "it is no bundle as dunhub writes them: %s", error->message);
        return;
    }
    checking.members = members;
    ret_report->files = members->len;
    for (guint i = 0; i < members->len; i++) {
        TarMember *member = &g_array_index(members, TarMember, i);
        g_hash_table_insert(by_name, member->name, member);
    }
    check_all(&checking, public);
    json_decref(checking.state);
}

void bundle_report_clear(BundleReport *report)
{
    g_free(report->account);
    g_free(report->signed_at);
    g_free(report->signed_by);
    *report = (BundleReport){.account = NULL};
}
