/* The audit chain: one per account, sealed by every commit (see store/proof.h). */
#include "store/sqlite/sqlite.h"

#include <string.h>

/* Accounts whose last entry is remembered between groups. */
#define HEADS_MAX 8192

/* The hub's own chain has the empty account. */
#define CHAIN_OF_HUB ""

typedef struct {
    ProofHead proof; /* account owned */
    bool in_group;
} Head;

static void head_free(gpointer data)
{
    Head *head = data;
    g_free((char *)head->proof.account);
    g_free(head);
}

void sqlite_audit_open(SqliteStore *store)
{
    store->heads = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, head_free);
    store->sealing = g_ptr_array_new();
}

void sqlite_audit_close(SqliteStore *store)
{
    g_ptr_array_free(store->sealing, TRUE);
    g_hash_table_destroy(store->heads);
}

static Hash column_hash(sqlite3_stmt *statement, int i)
{
    Hash hash = {{0}};
    const void *bytes = sqlite3_column_blob(statement, i);
    if (bytes && sqlite3_column_bytes(statement, i) == HASH_BYTES)
        memcpy(hash.bytes, bytes, HASH_BYTES);
    return hash;
}

static bool same_hash(const Hash *a, const Hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_BYTES) == 0;
}

static void bind_hash(sqlite3_stmt *statement, int i, const Hash *hash)
{
    sqlite3_bind_blob(statement, i, hash->bytes, HASH_BYTES, SQLITE_STATIC);
}

/* ---- writing ----------------------------------------------------------------------------------- */

static Head *read_head(SqliteStore *store, const char *account, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_AUDIT_HEAD, error);
    if (!statement)
        return NULL;
    sqlite_bind_text(statement, 1, account);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return NULL;
    Head *head = g_new0(Head, 1);
    head->proof.account = g_strdup(account);
    if (has) {
        head->proof.sequence = (uint64_t)sqlite3_column_int64(statement, 0);
        head->proof.hash = column_hash(statement, 1);
    }
    sqlite3_reset(statement);
    g_hash_table_insert(store->heads, (gpointer)head->proof.account, head);
    return head;
}

static bool salted_hash(SqliteStore *store, const char *account, const char *personal,
                        Hash *ret_hash, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SALT_GET, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    if (!has) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_MISUSE,
                    "account '%s' has no salt yet; apply its state before its audit entries",
                    account);
        return false;
    }
    *ret_hash = hash_personal(sqlite_text(statement, 0), personal);
    sqlite3_reset(statement);
    return true;
}

static bool add_entry(SqliteStore *store, const char *account, const AuditEntry *entry,
                      const Hash *personal, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_AUDIT_ADD, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    sqlite3_bind_int64(statement, 2, (int64_t)entry->sequence);
    sqlite3_bind_int64(statement, 3, (int64_t)entry->position);
    sqlite3_bind_int64(statement, 4, entry->at);
    const char *const texts[] = {entry->actor,  entry->event, entry->rule,   entry->subject,
                                 entry->reason, entry->text,  entry->detail, entry->personal};
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++)
        sqlite_bind_text(statement, 5 + i, texts[i]);
    if (personal)
        bind_hash(statement, 13, personal);
    else
        sqlite3_bind_null(statement, 13);
    bind_hash(statement, 14, &entry->previous);
    bind_hash(statement, 15, &entry->hash);
    return sqlite_run(store, statement, error);
}

bool sqlite_audit(Store *base, const char *account_or_hub, const AuditEntry *entry, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    const char *account = account_or_hub ? account_or_hub : CHAIN_OF_HUB;
    Head *head = g_hash_table_lookup(store->heads, account);
    if (!head && !(head = read_head(store, account, error)))
        return false;
    Hash personal;
    if (entry->personal && !salted_hash(store, account, entry->personal, &personal, error))
        return false;
    const Hash *personal_or_none = entry->personal ? &personal : NULL;
    AuditEntry linked = *entry;
    linked.sequence = head->proof.sequence + 1;
    linked.previous = head->proof.hash;
    linked.hash = proof_entry(account, &linked, personal_or_none);
    if (!add_entry(store, account, &linked, personal_or_none, error))
        return false;
    head->proof.sequence = linked.sequence;
    head->proof.hash = linked.hash;
    if (!head->in_group)
        g_ptr_array_add(store->sealing, head);
    head->in_group = true;
    store->unsealed++;
    return true;
}

/* ---- sealing ----------------------------------------------------------------------------------- */

static bool know_last_seal(SqliteStore *store, GError **error)
{
    if (store->seal_known)
        return true;
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SEAL_LAST, error);
    bool has;
    if (!statement || !sqlite_row(store, statement, &has, error))
        return false;
    store->last_seal = has ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    store->last_seal_hash = has ? column_hash(statement, 1) : (Hash){{0}};
    store->seal_known = true;
    sqlite3_reset(statement);
    return true;
}

static bool count_seal(SqliteStore *store, uint64_t number, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SEAL_COUNT_PUT, error);
    if (!statement)
        return false;
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    return sqlite_run(store, statement, error);
}

static bool add_seal(SqliteStore *store, const GByteArray *heads, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SEAL_ADD, error);
    if (!statement)
        return false;
    uint64_t number = store->last_seal + 1;
    Hash hash =
        proof_seal(number, &store->last_seal_hash, store->unsealed, heads->data, heads->len);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    sqlite3_bind_int64(statement, 2, (int64_t)store->unsealed);
    sqlite3_bind_blob(statement, 3, heads->data, (int)heads->len, SQLITE_STATIC);
    bind_hash(statement, 4, &store->last_seal_hash);
    bind_hash(statement, 5, &hash);
    if (!sqlite_run(store, statement, error) || !count_seal(store, number, error))
        return false;
    store->last_seal = number;
    store->last_seal_hash = hash;
    return true;
}

bool sqlite_audit_seal(SqliteStore *store, GError **error)
{
    if (store->unsealed == 0)
        return true;
    if (!know_last_seal(store, error))
        return false;
    g_autoptr(GByteArray) heads = g_byte_array_new();
    for (guint i = 0; i < store->sealing->len; i++)
        proof_write_head(heads, &((Head *)store->sealing->pdata[i])->proof);
    return add_seal(store, heads, error);
}

void sqlite_audit_sealed(SqliteStore *store)
{
    for (guint i = 0; i < store->sealing->len; i++)
        ((Head *)store->sealing->pdata[i])->in_group = false;
    g_ptr_array_set_size(store->sealing, 0);
    store->unsealed = 0;
    if (g_hash_table_size(store->heads) > HEADS_MAX)
        g_hash_table_remove_all(store->heads);
}

void sqlite_audit_forget(SqliteStore *store)
{
    g_ptr_array_set_size(store->sealing, 0);
    g_hash_table_remove_all(store->heads);
    store->unsealed = 0;
    store->seal_known = false;
}

/* ---- reading ----------------------------------------------------------------------------------- */

/* One row as it is stored; texts live until the next step. */
typedef struct {
    const char *account;
    AuditEntry entry;
    bool has_personal_hash;
    Hash personal_hash;
} Stored;

static void read_stored(sqlite3_stmt *statement, Stored *ret)
{
    *ret = (Stored){
        .account = sqlite_text(statement, 0),
        .entry =
            {
                .sequence = (uint64_t)sqlite3_column_int64(statement, 1),
                .position = (uint64_t)sqlite3_column_int64(statement, 2),
                .at = sqlite3_column_int64(statement, 3),
                .actor = sqlite_text(statement, 4),
                .event = sqlite_text(statement, 5),
                .rule = sqlite_text(statement, 6),
                .subject = sqlite_text(statement, 7),
                .reason = sqlite_text(statement, 8),
                .text = sqlite_text(statement, 9),
                .detail = sqlite_text(statement, 10),
                .personal = sqlite_text(statement, 11),
                .previous = column_hash(statement, 13),
                .hash = column_hash(statement, 14),
            },
        .has_personal_hash = sqlite3_column_type(statement, 12) != SQLITE_NULL,
        .personal_hash = column_hash(statement, 12),
    };
}

static const char *shown_account(const char *account)
{
    return *account ? account : NULL;
}

bool sqlite_audit_read(Store *base, const char *account, AuditVisitor visitor, void *data,
                       GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement =
        sqlite_query(store, account ? QUERY_AUDIT_READ : QUERY_AUDIT_READ_ALL, error);
    if (!statement)
        return false;
    if (account)
        sqlite_bind_text(statement, 1, account);
    bool has;
    while (sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        Stored stored;
        read_stored(statement, &stored);
        if (!visitor(shown_account(stored.account), &stored.entry, data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}

/* ---- verifying --------------------------------------------------------------------------------- */

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
        !check->finding(account ? shown_account(account) : NULL, sequence, what, check->data);
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

/* Text that is still there must be the text that was hashed; text without its salt, or the other way round, was tampered
 * with, as both are forgotten together. */
static bool check_personal(Verification *check, const Stored *stored, GError **error)
{
    const AuditEntry *entry = &stored->entry;
    if (!entry->personal)
        return true;
    if (!stored->has_personal_hash) {
        report(check, stored->account, entry->sequence, "edited: personal data was put in");
        return true;
    }
    Hash hash;
    g_autoptr(GError) failure = NULL;
    if (!salted_hash(check->store, stored->account, entry->personal, &hash, &failure)) {
        if (!g_error_matches(failure, STORE_ERROR, STORE_ERROR_MISUSE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        report(check, stored->account, entry->sequence,
               "the salt of its personal data is gone, its text is not");
    } else if (!same_hash(&hash, &stored->personal_hash)) {
        report(check, stored->account, entry->sequence, "edited: its personal data was changed");
    }
    return true;
}

static void check_entry(Verification *check, const Stored *stored, const Hash *last)
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
    else if (!same_hash(&entry->previous, last))
        report(check, stored->account, entry->sequence,
               "inserted or replaced: it does not continue the entry before");
    Hash hash = proof_entry(stored->account, entry,
                            stored->has_personal_hash ? &stored->personal_hash : NULL);
    if (!same_hash(&hash, &entry->hash))
        report(check, stored->account, entry->sequence, "edited: it does not fit its hash");
    reach->stored = MAX(reach->stored, entry->sequence);
    check->entries++;
}

static bool check_entries(Verification *check, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(check->store, QUERY_AUDIT_READ_ALL, error);
    if (!statement)
        return false;
    g_autofree char *account = NULL;
    Hash last = {{0}};
    bool has;
    while (sqlite_row(check->store, statement, &has, error)) {
        if (!has)
            return true;
        Stored stored;
        read_stored(statement, &stored);
        if (g_strcmp0(account, stored.account) != 0) {
            g_free(account);
            account = g_strdup(stored.account);
            last = (Hash){{0}};
        }
        check_entry(check, &stored, &last);
        last = stored.entry.hash;
        bool ok = check_personal(check, &stored, error);
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
    Hash hash = has ? column_hash(statement, 0) : head->hash;
    sqlite3_reset(statement);
    if (!same_hash(&hash, &head->hash))
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

static bool check_seal(Verification *check, sqlite3_stmt *statement, GError **error)
{
    uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
    uint64_t entries = (uint64_t)sqlite3_column_int64(statement, 1);
    const uint8_t *heads = sqlite3_column_blob(statement, 2);
    size_t n_heads = (size_t)sqlite3_column_bytes(statement, 2);
    Hash previous = column_hash(statement, 3), hash = column_hash(statement, 4);
    uint64_t expected = ++check->seals;
    if (number != expected)
        report(check, NULL, expected,
               "seals %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " were removed", expected,
               number - 1);
    check->seals = number;
    Hash right = proof_seal(number, &previous, entries, heads, n_heads);
    if (!same_hash(&previous, &check->last_seal) || !same_hash(&hash, &right))
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
    if (!ok)
        return false;
    check_reaches(&check);
    *ret_entries = check.entries;
    *ret_seals = check.seals;
    return true;
}
