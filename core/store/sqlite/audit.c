/* The audit chain: one per account, sealed by every commit (see store/proof.h). */
#include "store/sqlite/sqlite.h"

#include <string.h>

enum {
    HEADS_MAX = 8192,      /* accounts whose last entry is remembered between groups */
    SEAL_AGAIN_MAX = 1024, /* chains that one seal of a migration names */
};

/* The hub's own chain has the empty account. */
#define CHAIN_OF_HUB ""

typedef struct {
    ProofHead proof; /* account owned */
    char *salt;      /* NULL: none yet */
    bool in_group;
} Head;

static void head_free(gpointer data)
{
    Head *head = data;
    g_free((char *)head->proof.account);
    g_free(head->salt);
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

Hash sqlite_hash(sqlite3_stmt *statement, int i)
{
    Hash hash = {{0}};
    const void *bytes = sqlite3_column_blob(statement, i);
    if (bytes && sqlite3_column_bytes(statement, i) == HASH_BYTES)
        memcpy(hash.bytes, bytes, HASH_BYTES);
    return hash;
}

bool sqlite_same_hash(const Hash *a, const Hash *b)
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
        head->proof.hash = sqlite_hash(statement, 1);
    }
    sqlite3_reset(statement);
    g_hash_table_insert(store->heads, (gpointer)head->proof.account, head);
    return head;
}

bool sqlite_read_salt(SqliteStore *store, const char *account, char **ret_salt, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SALT_GET, error);
    if (!statement)
        return false;
    sqlite_bind_text(statement, 1, account);
    bool has;
    if (!sqlite_row(store, statement, &has, error))
        return false;
    *ret_salt = has ? g_strdup(sqlite_text(statement, 0)) : NULL;
    sqlite3_reset(statement);
    return true;
}

static bool veil(SqliteStore *store, Head *head, AuditEntry *entry, GError **error)
{
    const char *account = head->proof.account;
    if (!head->salt && !sqlite_read_salt(store, account, &head->salt, error))
        return false;
    if (!head->salt) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_MISUSE,
                    "account '%s' has no salt yet; apply its state before its audit entries",
                    account);
        return false;
    }
    entry->has_veil = true;
    entry->veil = proof_veil(head->salt, entry);
    return true;
}

static bool add_entry(SqliteStore *store, const char *account, const AuditEntry *entry,
                      GError **error)
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
    if (entry->has_veil)
        bind_hash(statement, 13, &entry->veil);
    else
        sqlite3_bind_null(statement, 13);
    bind_hash(statement, 14, &entry->previous);
    bind_hash(statement, 15, &entry->hash);
    sqlite3_bind_int(statement, 16, (int)entry->form);
    return sqlite_run(store, statement, error);
}

bool sqlite_audit(Store *base, const char *account_or_hub, const AuditEntry *entry, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    const char *account = account_or_hub ? account_or_hub : CHAIN_OF_HUB;
    Head *head = g_hash_table_lookup(store->heads, account);
    if (!head && !(head = read_head(store, account, error)))
        return false;
    AuditEntry linked = *entry;
    bool is_open = entry->is_open || !account_or_hub;
    linked.form = is_open ? AUDIT_OPEN : AUDIT_VEILED;
    linked.has_veil = false;
    linked.sequence = head->proof.sequence + 1;
    linked.previous = head->proof.hash;
    if (!is_open && !veil(store, head, &linked, error))
        return false;
    linked.hash = proof_entry(account, &linked);
    if (!add_entry(store, account, &linked, error))
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
    store->last_seal_hash = has ? sqlite_hash(statement, 1) : (Hash){{0}};
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

/* The heads that one seal names. */
typedef struct {
    GByteArray *bytes;
    GArray *leaves; /* Hash */
} Heads;

static void heads_add(Heads *heads, const ProofHead *head)
{
    Hash leaf = proof_leaf(head->account, head->sequence, &head->hash);
    proof_write_head(heads->bytes, head);
    g_array_append_val(heads->leaves, leaf);
}

static bool add_seal(SqliteStore *store, const Heads *heads, uint64_t entries, GError **error)
{
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SEAL_ADD, error);
    if (!statement)
        return false;
    uint64_t number = store->last_seal + 1, accounts = heads->leaves->len;
    Hash root = proof_root((Hash *)(void *)heads->leaves->data, heads->leaves->len);
    Hash hash = proof_seal(number, &store->last_seal_hash, entries, accounts, &root);
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    sqlite3_bind_int64(statement, 2, (int64_t)entries);
    sqlite3_bind_blob(statement, 3, heads->bytes->data, (int)heads->bytes->len, SQLITE_STATIC);
    bind_hash(statement, 4, &store->last_seal_hash);
    bind_hash(statement, 5, &hash);
    bind_hash(statement, 6, &root);
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
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(Hash));
    Heads heads = {bytes, leaves};
    for (guint i = 0; i < store->sealing->len; i++)
        heads_add(&heads, &((Head *)store->sealing->pdata[i])->proof);
    return add_seal(store, &heads, store->unsealed, error);
}

static bool seal_some_again(SqliteStore *store, sqlite3_stmt *statement, guint most, bool *ret_more,
                            GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(Hash));
    Heads heads = {bytes, leaves};
    *ret_more = true;
    while (leaves->len < most && *ret_more) {
        if (!sqlite_row(store, statement, ret_more, error))
            return false;
        if (!*ret_more)
            break;
        ProofHead head = {.account = sqlite_text(statement, 0),
                          .sequence = (uint64_t)sqlite3_column_int64(statement, 1),
                          .hash = sqlite_hash(statement, 2)};
        heads_add(&heads, &head);
    }
    return leaves->len == 0 || add_seal(store, &heads, 0, error);
}

bool sqlite_seal_again(SqliteStore *store, GError **error)
{
    static const char last_entries[] =
        "SELECT a.account, a.sequence, a.hash FROM audit AS a WHERE a.sequence = "
        "(SELECT max(sequence) FROM audit WHERE account = a.account) ORDER BY a.account";
    sqlite3_stmt *statement = sqlite_prepare(store, last_entries, error);
    bool ok = statement && know_last_seal(store, error), more = true;
    while (ok && more)
        ok = seal_some_again(store, statement, SEAL_AGAIN_MAX, &more, error);
    sqlite3_finalize(statement);
    store->seal_known = false; /* known anew once the migration holds */
    return ok;
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

void sqlite_audit_salted(SqliteStore *store, const char *account)
{
    Head *head = g_hash_table_lookup(store->heads, account);
    if (head)
        g_clear_pointer(&head->salt, g_free);
}

void sqlite_audit_forget(SqliteStore *store)
{
    g_ptr_array_set_size(store->sealing, 0);
    g_hash_table_remove_all(store->heads);
    store->unsealed = 0;
    store->seal_known = false;
}

/* ---- reading ----------------------------------------------------------------------------------- */

void sqlite_read_stored(sqlite3_stmt *statement, Stored *ret)
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
                .form = (AuditForm)sqlite3_column_int(statement, 15),
                .has_veil = sqlite3_column_type(statement, 12) != SQLITE_NULL,
                .veil = sqlite_hash(statement, 12),
                .previous = sqlite_hash(statement, 13),
                .hash = sqlite_hash(statement, 14),
            },
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
        sqlite_read_stored(statement, &stored);
        if (!visitor(shown_account(stored.account), &stored.entry, data)) {
            sqlite3_reset(statement);
            return true;
        }
    }
    return false;
}

/* ---- seals for one account --------------------------------------------------------------------- */

/* The leaves of a seal, and which one is the account's. */
static bool read_leaves(const uint8_t *bytes, size_t n, const char *account, GArray *leaves,
                        Seal *seal)
{
    g_autoptr(Arena) arena = arena_new();
    ProofHead head;
    size_t at = 0;
    while (proof_read_head(bytes, n, &at, arena, &head)) {
        if (strcmp(head.account, account) == 0) {
            seal->names = true;
            seal->place = leaves->len;
            seal->sequence = head.sequence;
            seal->head = head.hash;
        }
        Hash leaf = proof_leaf(head.account, head.sequence, &head.hash);
        g_array_append_val(leaves, leaf);
    }
    return at == n;
}

static bool read_seal(SqliteStore *store, sqlite3_stmt *statement, const char *account,
                      GArray *leaves, Seal *ret_seal, GError **error)
{
    const uint8_t *heads = sqlite3_column_blob(statement, 2);
    size_t n_heads = (size_t)sqlite3_column_bytes(statement, 2);
    *ret_seal = (Seal){
        .number = (uint64_t)sqlite3_column_int64(statement, 0),
        .entries = (uint64_t)sqlite3_column_int64(statement, 1),
        .previous = sqlite_hash(statement, 3),
        .hash = sqlite_hash(statement, 4),
        .root = sqlite_hash(statement, 5),
    };
    g_array_set_size(leaves, 0);
    if (!read_leaves(heads, n_heads, account, leaves, ret_seal)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_CORRUPT,
                    "%s: seal %" G_GUINT64_FORMAT
                    " cannot be read; 'dunhub audit verify' says what is broken",
                    store->path, ret_seal->number);
        return false;
    }
    if (sqlite3_column_type(statement, 5) == SQLITE_NULL)
        return true;
    ret_seal->accounts = leaves->len;
    if (ret_seal->names)
        ret_seal->n_path = proof_path((Hash *)(void *)leaves->data, leaves->len,
                                      (size_t)ret_seal->place, ret_seal->path);
    return true;
}

bool sqlite_seals(Store *base, const char *account, SealVisitor visitor, void *data, GError **error)
{
    SqliteStore *store = sqlite_store(base);
    sqlite3_stmt *statement = sqlite_query(store, QUERY_SEAL_READ, error);
    g_autoptr(GArray) leaves = g_array_new(FALSE, FALSE, sizeof(Hash));
    bool has;
    while (statement && sqlite_row(store, statement, &has, error)) {
        if (!has)
            return true;
        Seal seal;
        bool ok = read_seal(store, statement, account, leaves, &seal, error);
        if (!ok || !visitor(&seal, data)) {
            sqlite3_reset(statement);
            return ok;
        }
    }
    return false;
}
