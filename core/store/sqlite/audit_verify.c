/* Looking at every entry and every seal once more, and saying which does not fit. */
#include "store/sqlite/sqlite.h"

#include <string.h>

typedef struct {
    uint64_t stored; /* last entry in the table */
    uint64_t sealed; /* last entry that a seal names */
} Reach;

typedef struct {
    SqliteStore *store;
    AuditFinding finding;
    void *data;
    bool stopped;
    GHashTable *reaches; /* account -> Reach */
    uint64_t entries, seals;
    Hash last_seal;
    char *account; /* whose entries are being read, and its salt; NULL: none */
    char *salt;
} Verification;

G_GNUC_PRINTF(4, 5)
static void report(Verification *check, const char *account, uint64_t sequence, const char *format,
                   ...)
{
    if (check->stopped)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    check->stopped =
        !check->finding(account && *account ? account : NULL, sequence, what, check->data);
}

static Reach *reach_of(Verification *check, const char *account)
{
    Reach *reach = g_hash_table_lookup(check->reaches, account);
    if (!reach) {
        reach = g_new0(Reach, 1);
        g_hash_table_insert(check->reaches, g_strdup(account), reach);
    }
    return reach;
}

static bool has_texts(const AuditEntry *entry)
{
    return entry->subject || entry->reason || entry->text || entry->detail || entry->personal;
}

/* An erasure is an entry of the chain itself, after those whose texts it took. */
static bool was_erased(Verification *check, const Stored *stored, bool *ret_erased, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_AUDIT_ERASED, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, stored->account);
    sqlite3_bind_int64(statement, 2, (int64_t)stored->entry.sequence);
    bool ok = sqlite_row(check->store, statement, ret_erased, error);
    sqlite3_reset(statement);
    return ok;
}

/* What the texts of an entry hash to today. False: without the salt nobody can say. */
static bool veil_of(const Verification *check, const AuditEntry *entry, Hash *ret_veil)
{
    if (!check->salt)
        return false;
    *ret_veil = entry->form == AUDIT_VEILED ? proof_veil(check->salt, entry)
                                            : hash_personal(check->salt, entry->personal);
    return true;
}

/* Texts that are still there must be those that were hashed; texts that are gone, an erasure must have taken. */
static bool check_veil(Verification *check, const Stored *stored, GError **error)
{
    const AuditEntry *entry = &stored->entry;
    bool is_veiled = entry->form == AUDIT_VEILED, erased = false;
    bool there = is_veiled ? has_texts(entry) : entry->personal != NULL;
    Hash veil;
    if (!entry->has_veil) {
        if (is_veiled || there)
            report(check, stored->account, entry->sequence, "edited: personal data was put in");
        return true;
    }
    bool knows = (there || is_veiled) && veil_of(check, entry, &veil);
    if (knows && sqlite_same_hash(&veil, &entry->veil))
        return true;
    if (!there && !was_erased(check, stored, &erased, error))
        return false;
    if (there)
        report(check, stored->account, entry->sequence,
               knows ? "edited: its personal data was changed"
                     : "the salt of its personal data is gone, its text is not");
    else if (!erased)
        report(check, stored->account, entry->sequence,
               "edited: its texts were taken out, and no erasure is recorded");
    return true;
}

/* An erased entry of the first form cannot be hashed any more; its place in the chain still holds. */
static bool check_hash(Verification *check, const Stored *stored, GError **error)
{
    const AuditEntry *entry = &stored->entry;
    Hash hash = proof_entry(stored->account, entry);
    bool erased = false;
    if (sqlite_same_hash(&hash, &entry->hash))
        return true;
    bool may_be = entry->form == AUDIT_OPEN && !has_texts(entry);
    if (may_be && !was_erased(check, stored, &erased, error))
        return false;
    if (!erased)
        report(check, stored->account, entry->sequence, "edited: it does not fit its hash");
    return true;
}

static bool check_entry(Verification *check, const Stored *stored, const Hash *last, GError **error)
{
    const AuditEntry *entry = &stored->entry;
    Reach *reach = reach_of(check, stored->account);
    uint64_t expected = reach->stored + 1;
    if (entry->sequence > expected)
        report(check, stored->account, expected,
               "removed: entries %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " are missing",
               expected, entry->sequence - 1);
    else if (entry->sequence < expected)
        report(check, stored->account, entry->sequence, "inserted: its number is impossible");
    else if (!sqlite_same_hash(&entry->previous, last))
        report(check, stored->account, entry->sequence,
               "inserted or replaced: it does not continue the entry before");
    if (!check_hash(check, stored, error))
        return false;
    reach->stored = MAX(reach->stored, entry->sequence);
    check->entries++;
    return check_veil(check, stored, error);
}

static bool come_to(Verification *check, const char *account, GError **error)
{
    g_clear_pointer(&check->salt, g_free);
    g_free(check->account);
    check->account = g_strdup(account);
    return sqlite_read_salt(check->store, account, &check->salt, error);
}

static bool check_entries(Verification *check, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_AUDIT_READ_ALL, error);
    if (!statement)
        return false;
    Hash last = {{0}};
    bool has;
    while (sqlite_row(check->store, statement, &has, error)) {
        if (!has)
            return true;
        Stored stored;
        sqlite_read_stored(statement, &stored);
        bool ok = true;
        if (g_strcmp0(check->account, stored.account) != 0) {
            ok = come_to(check, stored.account, error);
            last = (Hash){{0}};
        }
        ok = ok && check_entry(check, &stored, &last, error);
        last = stored.entry.hash;
        if (!ok || check->stopped) {
            sqlite3_reset(statement);
            return ok;
        }
    }
    return false;
}

static bool check_head(Verification *check, uint64_t seal, const ProofHead *head, GError **error)
{
    Reach *reach = reach_of(check, head->account);
    reach->sealed = MAX(reach->sealed, head->sequence);
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_AUDIT_HASH, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, head->account);
    sqlite3_bind_int64(statement, 2, (int64_t)head->sequence);
    bool has;
    if (!sqlite_row(check->store, statement, &has, error))
        return false;
    Hash hash = has ? sqlite_hash(statement, 0) : head->hash;
    sqlite3_reset(statement);
    if (!sqlite_same_hash(&hash, &head->hash))
        report(check, head->account, head->sequence,
               "replaced: it is not the entry that seal %" G_GUINT64_FORMAT " names", seal);
    return true;
}

/* Entries that the heads of a seal add to what was sealed before. */
static bool check_heads(Verification *check, uint64_t seal, const uint8_t *bytes, size_t n,
                        uint64_t *ret_entries, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    size_t at = 0;
    ProofHead head;
    uint64_t entries = 0;
    while (proof_read_head(bytes, n, &at, arena, &head)) {
        entries += head.sequence - reach_of(check, head.account)->sealed;
        if (!check_head(check, seal, &head, error))
            return false;
    }
    if (at != n)
        report(check, NULL, seal, "seal %" G_GUINT64_FORMAT " is broken: it cannot be read", seal);
    *ret_entries = entries;
    return true;
}

/* As its version hashes it. */
static Hash seal_again(sqlite3_stmt *statement, const Hash *previous)
{
    uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
    uint64_t entries = (uint64_t)sqlite3_column_int64(statement, 1);
    const uint8_t *heads = sqlite3_column_blob(statement, 2);
    size_t n_heads = (size_t)sqlite3_column_bytes(statement, 2), at = 0;
    if (sqlite3_column_type(statement, 5) == SQLITE_NULL)
        return proof_seal_of_heads(number, previous, entries, heads, n_heads);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(Hash));
    Hash kept = sqlite_hash(statement, 5);
    ProofHead head;
    while (proof_read_head(heads, n_heads, &at, arena, &head)) {
        Hash leaf = proof_leaf(head.account, head.sequence, &head.hash);
        g_array_append_val(leaves, leaf);
    }
    Hash root = {{0}};
    if (leaves->len > 0)
        root = proof_root((Hash *)(void *)leaves->data, leaves->len);
    Hash hash = proof_seal(number, previous, entries, leaves->len, &root);
    return sqlite_same_hash(&root, &kept) ? hash : (Hash){{0}};
}

static bool check_seal(Verification *check, sqlite3_stmt *statement, GError **error)
{
    uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
    uint64_t entries = (uint64_t)sqlite3_column_int64(statement, 1);
    const uint8_t *heads = sqlite3_column_blob(statement, 2);
    size_t n_heads = (size_t)sqlite3_column_bytes(statement, 2);
    Hash previous = sqlite_hash(statement, 3), hash = sqlite_hash(statement, 4);
    uint64_t expected = ++check->seals;
    if (number != expected)
        report(check, NULL, expected,
               "seals %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " were removed", expected,
               number - 1);
    check->seals = number;
    Hash right = seal_again(statement, &previous);
    if (!sqlite_same_hash(&previous, &check->last_seal) || !sqlite_same_hash(&hash, &right))
        report(check, NULL, number, "seal %" G_GUINT64_FORMAT " is broken", number);
    check->last_seal = hash;
    uint64_t named = 0;
    if (!check_heads(check, number, heads, n_heads, &named, error))
        return false;
    if (named != entries)
        report(check, NULL, number,
               "seal %" G_GUINT64_FORMAT " is broken: it counts %" G_GUINT64_FORMAT
               " entries and names %" G_GUINT64_FORMAT,
               number, entries, named);
    return true;
}

/* Seals that were made and are not there any more: with them the newest entries could have been removed unseen. */
static bool check_seal_count(Verification *check, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_SEAL_COUNT_GET, error);
    bool has;
    if (!statement || !sqlite_row(check->store, statement, &has, error))
        return false;
    uint64_t made = has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    if (made > check->seals)
        report(check, NULL, check->seals + 1,
               "seals %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
               " were removed, with any entries they named",
               check->seals + 1, made);
    if (made < check->seals)
        report(check, NULL, made + 1, "seals from %" G_GUINT64_FORMAT " on were inserted",
               made + 1);
    return true;
}

static bool check_seals(Verification *check, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_SEAL_READ, error);
    if (!statement)
        return false;
    bool has;
    while (sqlite_row(check->store, statement, &has, error)) {
        if (!has)
            return check_seal_count(check, error);
        bool ok = check_seal(check, statement, error);
        if (!ok || check->stopped) {
            sqlite3_reset(statement);
            return ok;
        }
    }
    return false;
}

static void check_reaches(Verification *check)
{
    g_autoptr(GList) accounts =
        g_list_sort(g_hash_table_get_keys(check->reaches), (GCompareFunc)strcmp);
    for (GList *link = accounts; link; link = link->next) {
        const Reach *reach = g_hash_table_lookup(check->reaches, link->data);
        if (reach->stored < reach->sealed)
            report(check, link->data, reach->stored + 1,
                   "tail removed: entries %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                   " are missing",
                   reach->stored + 1, reach->sealed);
        if (reach->stored > reach->sealed)
            report(check, link->data, reach->sealed + 1,
                   "inserted: no seal names it, or its seal was removed");
    }
}

bool sqlite_audit_verify(Store *base, AuditFinding finding, void *data, uint64_t *ret_entries,
                         uint64_t *ret_seals, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    g_autoptr(GHashTable) reaches = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Verification check = {.store = store, .finding = finding, .data = data, .reaches = reaches};
    if (!sqlite_look(store, error))
        return false;
    bool ok = check_entries(&check, error) && (check.stopped || check_seals(&check, error));
    sqlite_look_away(store);
    g_free(check.account);
    g_free(check.salt);
    if (!ok)
        return false;
    check_reaches(&check);
    *ret_entries = check.entries;
    *ret_seals = check.seals;
    return true;
}
