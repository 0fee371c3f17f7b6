#include "store/driver.h"

G_DEFINE_QUARK(dunhub - store - error - quark, store_error)

bool store_open(const StoreDriver *driver, const char *path, StoreMode mode, const char *files,
                Store **ret_store, GError **error)
{
    Store *store = NULL;
    if (!driver->open(path, mode, files, &store, error))
        return false;
    store->driver = driver;
    store->read_only = mode == STORE_READ_ONLY;
    store->in_group = false;
    *ret_store = store;
    return true;
}

void store_close(Store *store)
{
    if (!store)
        return;
    store_rollback(store);
    store->driver->close(store);
}

static bool may_begin(const Store *store, GError **error)
{
    if (!store->read_only && !store->in_group)
        return true;
    g_set_error_literal(error, STORE_ERROR, STORE_ERROR_MISUSE,
                        store->read_only ? "the store is open for reading only"
                                         : "a group of changes is already open");
    return false;
}

bool store_begin(Store *store, GError **error)
{
    if (!may_begin(store, error) || !store->driver->begin(store, error))
        return false;
    store->in_group = true;
    return true;
}

/* Every change belongs to a group: only then is it all or nothing. */
static bool in_group(const Store *store, GError **error)
{
    if (store->in_group)
        return true;
    g_set_error_literal(error, STORE_ERROR, STORE_ERROR_MISUSE,
                        "a change outside of store_begin and store_commit");
    return false;
}

bool store_commit(Store *store, GError **error)
{
    if (!in_group(store, error))
        return false;
    store->in_group = false;
    return store->driver->commit(store, error);
}

void store_rollback(Store *store)
{
    if (!store->in_group)
        return;
    store->in_group = false;
    store->driver->rollback(store);
}

bool store_group_writes(const Store *store)
{
    return store->in_group && store->driver->group_writes(store);
}

/* ---- journal ---------------------------------------------------------------------------------- */

bool store_journal(Store *store, const JournalEntry *entry, uint64_t *ret_position,
                   bool *ret_duplicate, GError **error)
{
    return in_group(store, error) &&
           store->driver->journal(store, entry, ret_position, ret_duplicate, error);
}

bool store_journal_decided(Store *store, uint64_t position, uint64_t epoch, GError **error)
{
    return in_group(store, error) && store->driver->journal_decided(store, position, epoch, error);
}

bool store_journal_read(Store *store, const char *account, uint64_t from, bool undecided_only,
                        JournalVisitor visitor, void *data, GError **error)
{
    return store->driver->journal_read(store, account, from, undecided_only, visitor, data, error);
}

/* ---- accounts --------------------------------------------------------------------------------- */

bool store_load_account(Store *store, const char *account, Arena *arena, AccountState *ret_state,
                        bool *ret_found, GError **error)
{
    return store->driver->load_account(store, account, arena, ret_state, ret_found, error);
}

bool store_apply(Store *store, const char *account, uint64_t position, const Change *changes,
                 size_t n_changes, Instant wake_at, const ListRow *row, GError **error)
{
    return in_group(store, error) &&
           store->driver->apply(store, account, position, changes, n_changes, wake_at, row, error);
}

bool store_due(Store *store, Instant until, size_t max, Arena *arena, const char ***ret_accounts,
               size_t *ret_n, GError **error)
{
    return store->driver->due(store, until, max, arena, ret_accounts, ret_n, error);
}

bool store_next_wake(Store *store, Instant *ret_instant, GError **error)
{
    return store->driver->next_wake(store, ret_instant, error);
}

bool store_wake_all(Store *store, const char *source, Instant at, GError **error)
{
    return in_group(store, error) && store->driver->wake_all(store, source, at, error);
}

bool store_accounts(Store *store, const char *after, size_t max, AccountVisitor visitor, void *data,
                    GError **error)
{
    return store->driver->accounts(store, after, max, visitor, data, error);
}

bool store_resolve(Store *store, const char *kind, const char *value, Arena *arena,
                   const char **ret_account, size_t *ret_n, GError **error)
{
    return store->driver->resolve(store, kind, value, arena, ret_account, ret_n, error);
}

bool store_work(Store *store, const WorkQuery *query, WorkVisitor visitor, void *data,
                GError **error)
{
    return store->driver->work(store, query, visitor, data, error);
}

bool store_accounts_at(Store *store, const char *address, const char *after, size_t max,
                       Arena *arena, const char ***ret_accounts, size_t *ret_n, GError **error)
{
    return store->driver->accounts_at(store, address, after, max, arena, ret_accounts, ret_n,
                                      error);
}

bool store_revoked_at(Store *store, const char *address, const char *channel, Instant *ret_at,
                      GError **error)
{
    return store->driver->revoked_at(store, address, channel, ret_at, error);
}

/* ---- outbox ----------------------------------------------------------------------------------- */

bool store_lease(Store *store, const char *instance, Instant now, Instant until, size_t max,
                 Arena *arena, Lease **ret_leases, size_t *ret_n, GError **error)
{
    return in_group(store, error) &&
           store->driver->lease(store, instance, now, until, max, arena, ret_leases, ret_n, error);
}

bool store_finish(Store *store, const char *account, const char *key, uint64_t fence,
                  GError **error)
{
    return in_group(store, error) && store->driver->finish(store, account, key, fence, error);
}

bool store_leases_open(Store *store, const char *instance, Arena *arena, Lease **ret_leases,
                       size_t *ret_n, GError **error)
{
    return store->driver->leases_open(store, instance, arena, ret_leases, ret_n, error);
}

bool store_outbox_next(Store *store, Instant after, Instant *ret_due, GError **error)
{
    return store->driver->outbox_next(store, after, ret_due, error);
}

bool store_acts(Store *store, const char *account, unsigned states, size_t max, ActVisitor visitor,
                void *data, GError **error)
{
    return store->driver->acts(store, account, states, max, visitor, data, error);
}

/* ---- proof ------------------------------------------------------------------------------------ */

bool store_audit(Store *store, const char *account, const AuditEntry *entry, GError **error)
{
    return in_group(store, error) && store->driver->audit(store, account, entry, error);
}

bool store_audit_read(Store *store, const char *account, AuditVisitor visitor, void *data,
                      GError **error)
{
    return store->driver->audit_read(store, account, visitor, data, error);
}

bool store_audit_verify(Store *store, AuditFinding finding, void *data, uint64_t *ret_entries,
                        uint64_t *ret_seals, GError **error)
{
    return store->driver->audit_verify(store, finding, data, ret_entries, ret_seals, error);
}

bool store_erase(Store *store, const char *account, const char *salt, GError **error)
{
    return in_group(store, error) && store->driver->erase(store, account, salt, error);
}

bool store_seals(Store *store, const char *account, SealVisitor visitor, void *data, GError **error)
{
    return store->driver->seals(store, account, visitor, data, error);
}

bool store_look(Store *store, GError **error)
{
    return store->driver->look(store, error);
}

void store_look_away(Store *store)
{
    store->driver->look_away(store);
}

/* ---- blobs, versions, state ------------------------------------------------------------------- */

bool store_blob_put(Store *store, const char *kind, const void *bytes, size_t n,
                    char ret_hash[HASH_HEX], GError **error)
{
    Hash hash = hash_of(bytes, n);
    char hex[HASH_HEX];
    hash_hex(&hash, hex);
    if (!in_group(store, error) || !store->driver->blob_put(store, kind, bytes, n, hex, error))
        return false;
    g_strlcpy(ret_hash, hex, HASH_HEX);
    return true;
}

bool store_blob_get(Store *store, const char *hash, GBytes **ret_bytes, GError **error)
{
    return store->driver->blob_get(store, hash, ret_bytes, error);
}

bool store_version_put(Store *store, const char *kind, const char *name, const char *hash,
                       Instant at, int64_t *ret_version, GError **error)
{
    return in_group(store, error) &&
           store->driver->version_put(store, kind, name, hash, at, ret_version, error);
}

bool store_versions(Store *store, const char *kind, VersionVisitor visitor, void *data,
                    GError **error)
{
    return store->driver->versions(store, kind, visitor, data, error);
}

bool store_state_put(Store *store, const char *instance, const char *name, const void *bytes,
                     size_t n, uint64_t expected_version, GError **error)
{
    if (n > STORE_STATE_MAX + STORE_STATE_SEAL) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_MISUSE,
                    "%s: the value of '%s' has %zu bytes, at most %d are kept; store less",
                    instance, name, n, STORE_STATE_MAX);
        return false;
    }
    return in_group(store, error) &&
           store->driver->state_put(store, instance, name, bytes, n, expected_version, error);
}

bool store_state_get(Store *store, const char *instance, const char *name, GBytes **ret_bytes,
                     uint64_t *ret_version, GError **error)
{
    return store->driver->state_get(store, instance, name, ret_bytes, ret_version, error);
}

bool store_states(Store *store, StateVisitor visitor, void *data, GError **error)
{
    return store->driver->states(store, visitor, data, error);
}

void store_forget_replaced(Store *store)
{
    store->driver->forget_replaced(store);
}

/* ---- inbox ------------------------------------------------------------------------------------ */

bool store_inbox_put(Store *store, const InboxRow *row, const void *body, size_t n, Instant due,
                     bool *ret_duplicate, GError **error)
{
    return in_group(store, error) &&
           store->driver->inbox_put(store, row, body, n, due, ret_duplicate, error);
}

bool store_inbox_due(Store *store, const char *instance, Instant now, size_t max, Arena *arena,
                     InboxRow **ret_rows, size_t *ret_n, GError **error)
{
    return store->driver->inbox_due(store, instance, now, max, arena, ret_rows, ret_n, error);
}

bool store_inbox_body(Store *store, uint64_t id, GBytes **ret_body, GError **error)
{
    return store->driver->inbox_body(store, id, ret_body, error);
}

bool store_inbox_next(Store *store, const char *instance, Instant *ret_due, GError **error)
{
    return store->driver->inbox_next(store, instance, ret_due, error);
}

bool store_inbox_later(Store *store, uint64_t id, Instant due, const char *why, GError **error)
{
    return in_group(store, error) && store->driver->inbox_later(store, id, due, why, error);
}

bool store_inbox_end(Store *store, uint64_t id, const char *why, GError **error)
{
    return in_group(store, error) && store->driver->inbox_end(store, id, why, error);
}

bool store_inbox_forget(Store *store, Instant before, size_t max, GError **error)
{
    return in_group(store, error) && store->driver->inbox_forget(store, before, max, error);
}

bool store_inbox_count(Store *store, uint64_t *ret_waiting, uint64_t *ret_dead, GError **error)
{
    return store->driver->inbox_count(store, ret_waiting, ret_dead, error);
}
