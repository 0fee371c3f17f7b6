/* Making a bundle: everything is read in one moment of the store, then written in the order of names. */
#include "evidence/bundle.h"

#include "base/key_file.h"

#include <string.h>

#include "evidence/tar.h"

G_DEFINE_QUARK(dunhub - bundle - error - quark, bundle_error)

static const char readme[] =
    "Evidence of one account, made by dunhub.\n\n"
    "Check it:           dunhub audit verify FILE --key PUBLIC_KEY   (needs neither store nor "
    "network)\n"
    "By other means:     sha256sum of every file is in manifest.json; signature.json holds the\n"
    "                    Ed25519 signature of the text\n"
    "                      dunhub evidence 1<LF>SHA-256 of manifest.json in "
    "hex<LF>signed_at<LF>\n\n"
    "timeline.*          what happened, in order, in local time: for reading\n"
    "notices/HASH.json   each message exactly as it was sent, by the SHA-256 of its bytes\n"
    "chain.ndjson        every decision about the account; each hash covers its entry and the one "
    "before\n"
    "seals.ndjson        the seals that cover the chain: each shows that the last entry it names "
    "stood\n"
    "                    under a root that the seal's own hash covers, without naming other "
    "accounts\n"
    "journal.ndjson      every event that was taken in for the account\n"
    "account.json        the account as it stood\n"
    "salt.json           with it the texts of chain.ndjson can be checked against their hashes\n"
    "versions.json       configurations, policies and templates that were in force, by content\n"
    "versions/           policies, templates and rules of law themselves\n\n"
    "What was erased by a rule of retention is empty, and an entry of the chain says when and by "
    "which rule.\n";

typedef struct {
    const BundleSetup *setup;
    Arena *arena;
    AccountState state;
    const Zone *zone;
    GArray *journal;       /* JournalEntry */
    GArray *audit;         /* AuditEntry */
    GArray *seals;         /* Seal */
    GTree *files;          /* name -> GBytes */
    GHashTable *templates; /* name\nhash */
    json_t *versions;
} Making;

/* ---- reading ----------------------------------------------------------------------------------- */

static bool keep_journal(const JournalEntry *entry, void *data)
{
    Making *making = data;
    JournalEntry copy = *entry;
    copy.account = arena_strdup(making->arena, entry->account);
    copy.source = arena_strdup(making->arena, entry->source);
    copy.event_id = arena_strdup(making->arena, entry->event_id);
    copy.type = arena_strdup(making->arena, entry->type);
    copy.data = arena_strdup(making->arena, entry->data);
    g_array_append_val(making->journal, copy);
    return true;
}

static bool keep_audit(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    Making *making = data;
    AuditEntry copy = *entry;
    const char **const texts[] = {&copy.actor,  &copy.event, &copy.rule,   &copy.subject,
                                  &copy.reason, &copy.text,  &copy.detail, &copy.personal};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        *texts[i] = arena_strdup(making->arena, *texts[i]);
    g_array_append_val(making->audit, copy);
    return true;
}

static bool keep_seal(const Seal *seal, void *data)
{
    Making *making = data;
    if (seal->names && seal->accounts > 0)
        g_array_append_vals(making->seals, seal, 1);
    return true;
}

static bool read_all(Making *making, GError **error)
{
    const BundleSetup *setup = making->setup;
    bool found = false;
    if (!store_load_account(setup->store, setup->account, making->arena, &making->state, &found,
                            error))
        return false;
    if (!found) {
        g_set_error(error, BUNDLE_ERROR, BUNDLE_ERROR_UNKNOWN, "there is no account '%s'",
                    setup->account);
        return false;
    }
    const char *zone = making->state.account.zone;
    making->zone = zone_get(zone != NULL ? zone : setup->zone, error);
    return making->zone != NULL &&
           store_journal_read(setup->store, setup->account, 0, false, keep_journal, making,
                              error) &&
           store_audit_read(setup->store, setup->account, keep_audit, making, error) &&
           store_seals(setup->store, setup->account, keep_seal, making, error);
}

/* ---- files ------------------------------------------------------------------------------------- */

static void add_file(Making *making, const char *name, const void *bytes, size_t n)
{
    g_tree_replace(making->files, g_strdup(name), g_bytes_new(bytes, n));
}

static void add_text(Making *making, const char *name, const char *text)
{
    add_file(making, name, text, strlen(text));
}

static void add_json(Making *making, const char *name, const json_t *json)
{
    g_autofree char *text = json_canonical(json);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    add_text(making, name, line);
}

static void append_line(GString *out, json_t *line)
{
    g_autofree char *text = json_canonical(line);
    g_string_append_printf(out, "%s\n", text);
    json_decref(line);
}

static void add_chain(Making *making)
{
    g_autoptr(GString) chain = g_string_new(NULL), seals = g_string_new(NULL),
                       journal = g_string_new(NULL);
    for (guint i = 0; i < making->audit->len; i++)
        append_line(chain, line_of_entry(making->setup->account,
                                         &g_array_index(making->audit, AuditEntry, i)));
    for (guint i = 0; i < making->seals->len; i++)
        append_line(seals, line_of_seal(&g_array_index(making->seals, Seal, i)));
    for (guint i = 0; i < making->journal->len; i++)
        append_line(journal, line_of_journal(&g_array_index(making->journal, JournalEntry, i)));
    add_file(making, BUNDLE_CHAIN, chain->str, chain->len);
    add_file(making, BUNDLE_SEALS, seals->str, seals->len);
    add_file(making, BUNDLE_JOURNAL, journal->str, journal->len);
}

static void add_account(Making *making)
{
    g_autoptr(json_t) account = state_to_json(&making->state);
    json_object_del(json_object_get(account, account_type.name), "salt");
    g_autoptr(json_t) salt = json_pack("{s:s?}", "salt", making->state.account.salt);
    add_json(making, BUNDLE_ACCOUNT, account);
    add_json(making, BUNDLE_SALT, salt);
}

static bool add_timeline(Making *making, GError **error)
{
    const TimelineIn in = {
        .state = &making->state,
        .organisation = making->setup->organisation,
        .zone = making->zone,
        .journal = (const JournalEntry *)(void *)making->journal->data,
        .n_journal = making->journal->len,
        .audit = (const AuditEntry *)(void *)making->audit->data,
        .n_audit = making->audit->len,
    };
    Timeline timeline = timeline_make(&in, making->arena);
    g_autofree char *text = timeline_text(&timeline), *html = timeline_html(&timeline),
                    *json = timeline_json(&timeline);
    add_text(making, BUNDLE_TIMELINE ".txt", text);
    add_text(making, BUNDLE_TIMELINE ".html", html);
    add_text(making, BUNDLE_TIMELINE ".json", json);
    g_autoptr(GBytes) pdf = NULL;
    if (making->setup->draw == NULL)
        return true;
    if (!making->setup->draw(making->setup->draw_data, &timeline, &pdf, error))
        return false;
    add_file(making, BUNDLE_TIMELINE ".pdf", g_bytes_get_data(pdf, NULL), g_bytes_get_size(pdf));
    return true;
}

/* ---- what was sent ----------------------------------------------------------------------------- */

static void note_template(Making *making, const char *bytes, size_t n)
{
    g_autoptr(json_t) message = json_parse(bytes, n, TAR_FILE_MAX, NULL);
    const char *name = json_string_value(json_object_get(message, "template"));
    const char *hash = json_string_value(json_object_get(message, "template_hash"));
    if (name != NULL && hash != NULL)
        g_hash_table_add(making->templates, g_strdup_printf("%s\n%s", name, hash));
}

static bool add_content(Making *making, const char *hash, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    gsize n = 0;
    if (hash == NULL)
        return true;
    if (!store_blob_get(making->setup->store, hash, &bytes, error))
        return false;
    if (bytes == NULL) /* erased: the chain says so, and verification asks it */
        return true;
    const char *text = g_bytes_get_data(bytes, &n);
    bool is_json = n > 0 && text[0] == '{';
    g_autofree char *name = g_strdup_printf("notices/%s.%s", hash, is_json ? "json" : "pdf");
    add_file(making, name, text, n);
    if (is_json)
        note_template(making, text, n);
    return true;
}

static bool add_notices(Making *making, GError **error)
{
    STATE_FOREACH (&making->state, KIND_ACT, Act, act)
        if (!add_content(making, act->content, error) || !add_content(making, act->document, error))
            return false;
    STATE_FOREACH (&making->state, KIND_NOTICE, Notice, notice)
        if (!add_content(making, notice->content, error))
            return false;
    return true;
}

/* ---- what was in force ------------------------------------------------------------------------- */

typedef struct {
    Making *making;
    const char *kind;
    GHashTable *wanted; /* hash -> anything; NULL: by number */
    GHashTable *epochs; /* number */
    GPtrArray *found;   /* hash, owned */
} Wanting;

static bool keep_version(const char *name, int64_t version, const char *hash, void *data)
{
    Wanting *wanting = data;
    bool is_wanted = wanting->wanted != NULL
                         ? g_hash_table_contains(wanting->wanted, hash)
                         : g_hash_table_contains(wanting->epochs, GSIZE_TO_POINTER((gsize)version));
    if (!is_wanted)
        return true;
    json_array_append_new(wanting->making->versions,
                          json_pack("{s:s, s:s, s:I, s:s}", "kind", wanting->kind, "name", name,
                                    "version", (json_int_t)version, "hash", hash));
    g_ptr_array_add(wanting->found, g_strdup(hash));
    return true;
}

static bool add_version_file(Making *making, const char *kind, const char *hash, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    if (!store_blob_get(making->setup->store, hash, &bytes, error))
        return false;
    if (bytes == NULL) {
        g_set_error(error, BUNDLE_ERROR, BUNDLE_ERROR_MISSING,
                    "the %s %s that was in force is missing from the store; 'dunhub audit replay' "
                    "says what else it lacks",
                    kind, hash);
        return false;
    }
    gsize n = 0;
    const char *text = g_bytes_get_data(bytes, &n);
    g_autofree char *name = g_strdup_printf("versions/%s-%s.json", kind, hash);
    bool is_configuration = strcmp(kind, "configuration") == 0;
    if (!is_configuration || making->setup->whole_configuration)
        add_file(making, name, text, n);
    if (!is_configuration)
        return true;
    g_autoptr(json_t) whole = json_parse(text, n, TAR_FILE_MAX, NULL);
    const json_t *rules = json_object_get(json_object_get(whole, "configuration"), "rules");
    g_autofree char *rules_name = g_strdup_printf("versions/rules-%s.json", hash);
    if (rules != NULL)
        add_json(making, rules_name, rules);
    return true;
}

static bool add_kind(Making *making, const char *kind, GHashTable *wanted, GHashTable *epochs,
                     GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    Wanting wanting = {making, kind, wanted, epochs, found};
    if (!store_versions(making->setup->store, kind, keep_version, &wanting, error))
        return false;
    for (guint i = 0; i < found->len; i++)
        if (!add_version_file(making, kind, found->pdata[i], error))
            return false;
    return true;
}

static bool add_versions(Making *making, GError **error)
{
    g_autoptr(GHashTable) policies = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) templates = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) epochs = g_hash_table_new(NULL, NULL);
    STATE_FOREACH (&making->state, KIND_CYCLE, Cycle, cycle)
        if (cycle->policy_hash != NULL)
            g_hash_table_add(policies, (gpointer)cycle->policy_hash);
    for (guint i = 0; i < making->journal->len; i++)
        g_hash_table_add(
            epochs, GSIZE_TO_POINTER((gsize)g_array_index(making->journal, JournalEntry, i).epoch));
    GHashTableIter iter;
    void *key;
    g_hash_table_iter_init(&iter, making->templates);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_hash_table_add(templates, strchr(key, '\n') + 1);
    making->versions = json_array();
    bool good = add_kind(making, "configuration", NULL, epochs, error) &&
                add_kind(making, "policy", policies, NULL, error) &&
                add_kind(making, "template", templates, NULL, error);
    add_json(making, BUNDLE_VERSIONS, making->versions);
    json_decref(making->versions);
    return good;
}

/* ---- manifest, signature, archive -------------------------------------------------------------- */

static gboolean list_file(gpointer name, gpointer value, gpointer data)
{
    GBytes *bytes = value;
    char hex[HASH_HEX];
    Hash hash = hash_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    json_array_append_new(data, json_pack("{s:s, s:I, s:s}", "name", name, "bytes",
                                          (json_int_t)g_bytes_get_size(bytes), "sha256",
                                          hash_hex(&hash, hex)));
    return FALSE;
}

static char *make_manifest(const Making *making)
{
    json_t *files = json_array();
    g_tree_foreach(making->files, list_file, files);
    g_autoptr(json_t) manifest =
        json_pack("{s:i, s:s, s:s, s:s*, s:s, s:o}", "bundle", 1, "account", making->setup->account,
                  "program", making->setup->program, "organisation", making->setup->organisation,
                  "zone", zone_name(making->zone), "files", files);
    return json_canonical(manifest);
}

static char *make_signature(const Making *making, const char *manifest)
{
    const SigningKey *key = making->setup->key;
    uint8_t signature[KEY_SIGNATURE_BYTES];
    char at[32];
    Hash hash = hash_of(manifest, strlen(manifest));
    instant_format(making->setup->signed_at, at);
    g_autofree char *text = signed_text(&hash, at);
    key_sign(key, text, signature);
    g_autofree char *public = key_to_hex(key->public, KEY_PUBLIC_BYTES),
                    *hex = key_to_hex(signature, KEY_SIGNATURE_BYTES);
    g_autoptr(json_t) json = json_pack("{s:s, s:s, s:s, s:s}", "algorithm", "Ed25519", "public_key",
                                       public, "signature", hex, "signed_at", at);
    return json_canonical(json);
}

static gboolean archive_file(gpointer name, gpointer value, gpointer data)
{
    GBytes *bytes = value;
    tar_add(data, name, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
    return FALSE;
}

static gboolean count_bytes(gpointer name, gpointer value, gpointer data)
{
    (void)name;
    size_t n = g_bytes_get_size(value);
    int64_t *all = data;
    *all = n > TAR_FILE_MAX ? INT64_MAX / 2 : MIN(*all + (int64_t)n + 1024, INT64_MAX / 2);
    return FALSE;
}

static bool fits(const Making *making, GError **error)
{
    int64_t bytes = 0;
    g_tree_foreach(making->files, count_bytes, &bytes);
    if (bytes < BUNDLE_LARGEST_BYTES / 2 && g_tree_nnodes(making->files) < TAR_MEMBERS_MAX - 2)
        return true;
    g_set_error(error, BUNDLE_ERROR, BUNDLE_ERROR_LARGE,
                "the evidence of '%s' is larger than one file may be (1 GiB)",
                making->setup->account);
    return false;
}

static GByteArray *archive(const Making *making)
{
    GByteArray *out = g_byte_array_new();
    g_autofree char *manifest = make_manifest(making),
                    *signature = make_signature(making, manifest);
    tar_add(out, BUNDLE_MANIFEST, manifest, strlen(manifest));
    tar_add(out, BUNDLE_SIGNATURE, signature, strlen(signature));
    g_tree_foreach(making->files, archive_file, out);
    tar_end(out);
    return out;
}

static int compare_names(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return strcmp(a, b);
}

static bool make_files(Making *making, GError **error)
{
    add_text(making, BUNDLE_README, readme);
    add_chain(making);
    add_account(making);
    return add_timeline(making, error) && add_notices(making, error) &&
           add_versions(making, error) && fits(making, error);
}

bool bundle_make(const BundleSetup *setup, GByteArray **ret_bundle, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GArray) journal = g_array_new(FALSE, FALSE, sizeof(JournalEntry));
    g_autoptr(GArray) audit = g_array_new(FALSE, FALSE, sizeof(AuditEntry));
    g_autoptr(GArray) seals = g_array_new(FALSE, FALSE, sizeof(Seal));
    g_autoptr(GHashTable) templates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GTree) files =
        g_tree_new_full(compare_names, NULL, g_free, (GDestroyNotify)g_bytes_unref);
    Making making = {.setup = setup,
                     .arena = arena,
                     .journal = journal,
                     .audit = audit,
                     .seals = seals,
                     .files = files,
                     .templates = templates};
    if (!store_look(setup->store, error))
        return false;
    bool good = read_all(&making, error) && make_files(&making, error);
    store_look_away(setup->store);
    if (good)
        *ret_bundle = archive(&making);
    return good;
}
