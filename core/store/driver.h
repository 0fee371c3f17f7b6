/* What an engine behind store.h implements. store.c checks that writing happens within a group and on a store that may be
 * written; the contracts of the functions are those of store.h. A driver's own struct begins with a Store. */
#ifndef DUNHUB_STORE_DRIVER_H
#define DUNHUB_STORE_DRIVER_H

#include "store/store.h"

struct Store {
    const StoreDriver *driver;
    bool read_only;
    bool in_group; /* between begin and commit or rollback */
};

struct StoreDriver {
    const char *name;
    /* Sets nothing of Store: store.c does. */
    bool (*open)(const char *path, StoreMode mode, const char *files, Store **ret_store, GError **error);
    void (*close)(Store *store);
    bool (*begin)(Store *store, GError **error);
    bool (*commit)(Store *store, GError **error); /* a failure has undone the group */
    void (*rollback)(Store *store);
    bool (*group_writes)(const Store *store);

    bool (*journal)(Store *store, const JournalEntry *entry, uint64_t *ret_position, bool *ret_duplicate, GError **error);
    bool (*journal_decided)(Store *store, uint64_t position, uint64_t epoch, GError **error);
    bool (*journal_read)(Store *store, const char *account, uint64_t from, bool undecided_only, JournalVisitor visitor,
                         void *data, GError **error);

    bool (*load_account)(Store *store, const char *account, Arena *arena, AccountState *ret_state, bool *ret_found,
                         GError **error);
    bool (*apply)(Store *store, const char *account, uint64_t position, const Change *changes, size_t n_changes,
                  Instant wake_at, const ListRow *row, GError **error);
    bool (*due)(Store *store, Instant until, size_t max, Arena *arena, const char ***ret_accounts, size_t *ret_n,
                GError **error);
    bool (*next_wake)(Store *store, Instant *ret_instant, GError **error);
    bool (*wake_all)(Store *store, const char *source, Instant at, GError **error);
    bool (*accounts)(Store *store, const char *after, size_t max, AccountVisitor visitor, void *data, GError **error);
    bool (*resolve)(Store *store, const char *kind, const char *value, Arena *arena, const char **ret_account,
                    size_t *ret_n, GError **error);

    bool (*work)(Store *store, const WorkQuery *query, WorkVisitor visitor, void *data, GError **error);
    bool (*accounts_at)(Store *store, const char *address, const char *after, size_t max, Arena *arena,
                        const char ***ret_accounts, size_t *ret_n, GError **error);
    bool (*revoked_at)(Store *store, const char *address, const char *channel, Instant *ret_at, GError **error);

    bool (*lease)(Store *store, const char *instance, Instant now, Instant until, size_t max, Arena *arena,
                  Lease **ret_leases, size_t *ret_n, GError **error);
    bool (*finish)(Store *store, const char *account, const char *key, uint64_t fence, GError **error);
    bool (*leases_open)(Store *store, const char *instance, Arena *arena, Lease **ret_leases, size_t *ret_n,
                        GError **error);
    bool (*outbox_next)(Store *store, Instant after, Instant *ret_due, GError **error);
    bool (*acts)(Store *store, const char *account, unsigned states, size_t max, ActVisitor visitor, void *data,
                 GError **error);

    bool (*audit)(Store *store, const char *account, const AuditEntry *entry, GError **error);
    bool (*audit_read)(Store *store, const char *account, AuditVisitor visitor, void *data, GError **error);
    bool (*audit_verify)(Store *store, AuditFinding finding, void *data, uint64_t *ret_entries, uint64_t *ret_seals,
                         GError **error);

    bool (*erase)(Store *store, const char *account, const char *salt, GError **error);
    bool (*seals)(Store *store, const char *account, SealVisitor visitor, void *data, GError **error);
    bool (*look)(Store *store, GError **error);
    void (*look_away)(Store *store);

    bool (*blob_put)(Store *store, const char *kind, const void *bytes, size_t n, const char *hash, GError **error);
    bool (*blob_get)(Store *store, const char *hash, GBytes **ret_bytes, GError **error);
    bool (*version_put)(Store *store, const char *kind, const char *name, const char *hash, Instant at,
                        int64_t *ret_version, GError **error);
    bool (*versions)(Store *store, const char *kind, VersionVisitor visitor, void *data, GError **error);

    bool (*state_put)(Store *store, const char *instance, const char *name, const void *bytes, size_t n,
                      uint64_t expected_version, GError **error);
    bool (*state_get)(Store *store, const char *instance, const char *name, GBytes **ret_bytes, uint64_t *ret_version,
                      GError **error);
    bool (*states)(Store *store, StateVisitor visitor, void *data, GError **error);
    void (*forget_replaced)(Store *store);

    bool (*inbox_put)(Store *store, const InboxRow *row, const void *body, size_t n, Instant due, bool *ret_duplicate,
                      GError **error);
    bool (*inbox_due)(Store *store, const char *instance, Instant now, size_t max, Arena *arena, InboxRow **ret_rows,
                      size_t *ret_n, GError **error);
    bool (*inbox_body)(Store *store, uint64_t id, GBytes **ret_body, GError **error);
    bool (*inbox_next)(Store *store, const char *instance, Instant *ret_due, GError **error);
    bool (*inbox_later)(Store *store, uint64_t id, Instant due, const char *why, GError **error);
    bool (*inbox_end)(Store *store, uint64_t id, const char *why, GError **error);
    bool (*inbox_forget)(Store *store, Instant before, size_t max, GError **error);
    bool (*inbox_count)(Store *store, uint64_t *ret_waiting, uint64_t *ret_dead, GError **error);
};

#endif
