/* The store: journal, state, outbox, audit and blobs of every account, in one transaction per group (docs/architecture.md).
 * SQLite behind it today; every row hangs under its account id, so that another engine can partition by it.
 *
 * A Store belongs to one thread for life. Functions that can fail return bool and end in GError **; nothing is durable
 * before store_commit, whose failure undoes all since store_begin. Reading does not need a transaction. */
#ifndef DUNHUB_STORE_STORE_H
#define DUNHUB_STORE_STORE_H

#include "base/clock.h"
#include "base/hash.h"
#include "model/event.h"
#include "model/state.h"
#include "model/work.h"

typedef struct Store Store;
typedef struct StoreDriver StoreDriver;
extern const StoreDriver store_sqlite;

typedef enum {
    STORE_ERROR_OPEN,     /* missing folder, no permission, not a database */
    STORE_ERROR_LOCKED,   /* another process writes it */
    STORE_ERROR_VERSION,  /* written by a newer dunhub */
    STORE_ERROR_FULL,     /* no room, or read-only */
    STORE_ERROR_CORRUPT,
    STORE_ERROR_IO,
    STORE_ERROR_STALE,    /* compare-and-set or fence refused */
    STORE_ERROR_MISUSE,
} StoreError;
GQuark store_error_quark(void);
#define STORE_ERROR store_error_quark()

typedef enum { STORE_READ_WRITE, STORE_READ_ONLY, STORE_MEMORY } StoreMode;
/* files: name of a SQLite VFS to use (fault injection, simulation); NULL: the system's. Takes the writer's lock when
 * READ_WRITE; migrates an older schema; refuses a newer one with both numbers. */
bool store_open(const StoreDriver *driver, const char *path, StoreMode mode, const char *files, Store **ret_store, GError **error);
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

bool store_begin(Store *store, GError **error);
bool store_commit(Store *store, GError **error); /* also writes the seal of this group, if it has audit entries */
void store_rollback(Store *store);
/* Whether the open group has written anything so far; false outside of one. */
bool store_group_writes(const Store *store);

/* ---- journal ------------------------------------------------------------------------------------------------------- */
typedef struct {
    uint64_t position;    /* set by the store, ascending without gaps within a commit */
    const char *account;  /* NULL: concerns the hub itself */
    const char *source, *event_id; /* unique together; event_id NULL: made by the hub, never a duplicate */
    const char *type;     /* event_types[].name */
    const char *data;     /* canonical JSON; NULL none */
    Instant time;         /* as the source says; INSTANT_NONE */
    Instant received_at;  /* the now of its decision */
    uint64_t epoch;       /* of its decision; while undecided: in which it came */
    unsigned switches;
    bool decided;
} JournalEntry;
bool store_journal(Store *store, const JournalEntry *entry, uint64_t *ret_position, bool *ret_duplicate, GError **error);
/* epoch: the one it was decided under, which is not the one it came in where it had to wait. */
bool store_journal_decided(Store *store, uint64_t position, uint64_t epoch, GError **error);
typedef bool (*JournalVisitor)(const JournalEntry *entry, void *data); /* false stops */
/* account NULL: all. Ascending from position `from`. */
bool store_journal_read(Store *store, const char *account, uint64_t from, bool undecided_only, JournalVisitor visitor, void *data, GError **error);

/* ---- accounts ------------------------------------------------------------------------------------------------------ */
/* False without error is not possible: an unknown account gives an empty state with n rows 0 and *ret_found false. */
bool store_load_account(Store *store, const char *account, Arena *arena, AccountState *ret_state, bool *ret_found, GError **error);
/* Writes the changed rows, the wake instant and the row of the list (NULL: empties it), and keeps the outbox in step with
 * changed acts. The changes must be against the state that is stored. An account's salt is written once and stays. */
/* Summary kept beside the account, for lists, and its items of the worklist, which are not given to visitors. */
typedef struct { const char *status, *step, *needs; Date since; const WorkItem *work; size_t n_work; } ListRow;
bool store_apply(Store *store, const char *account, uint64_t position, const Change *changes, size_t n_changes, Instant wake_at,
                 const ListRow *row, GError **error);
/* Accounts with wake_at <= until, earliest first, at most max; returns ids owned by the arena. */
bool store_due(Store *store, Instant until, size_t max, Arena *arena, const char ***ret_accounts, size_t *ret_n, GError **error);
bool store_next_wake(Store *store, Instant *ret_instant, GError **error); /* INSTANT_NEVER: none */
/* A new epoch or a released plan: everything that could change is looked at again. source NULL: all accounts. */
bool store_wake_all(Store *store, const char *source, Instant at, GError **error);
typedef bool (*AccountVisitor)(const char *account, const ListRow *row, void *data);
bool store_accounts(Store *store, const char *after, size_t max, AccountVisitor visitor, void *data, GError **error);
/* The worklist: items of all accounts in the order of urgency, day (those without one last), account, item; at most max.
 * NULL and DATE_NONE: not looked at. Every query is answered from an index, however many accounts there are. */
typedef struct {
    const char *account, *kind, *reason, *assignee, *property, *source;
    bool unassigned;       /* only items that nobody has */
    Date due_by;           /* only items that are due by then */
    const WorkItem *after; /* only what comes after it: the last one of the page before */
    size_t max;
} WorkQuery;
typedef bool (*WorkVisitor)(const WorkItem *item, void *data); /* false stops */
bool store_work(Store *store, const WorkQuery *query, WorkVisitor visitor, void *data, GError **error);
/* The account a reference belongs to: kind "external" ("<source>:<external id>", or the id alone), "invoice" (id or number),
 * "address", "object" (external id of an act). NULL: unknown or ambiguous (*ret_n says). */
bool store_resolve(Store *store, const char *kind, const char *value, Arena *arena, const char **ret_account, size_t *ret_n, GError **error);

/* Accounts with a contact point of that address, by id, after `after` ("" from the first), at most max; in the arena. */
bool store_accounts_at(Store *store, const char *address, const char *after, size_t max, Arena *arena,
                       const char ***ret_accounts, size_t *ret_n, GError **error);
/* When that address was last revoked on any account, for the channel or, of a number, for texts and calls alike;
 * INSTANT_NONE: never. */
bool store_revoked_at(Store *store, const char *address, const char *channel, Instant *ret_at, GError **error);

/* ---- outbox -------------------------------------------------------------------------------------------------------- */
typedef struct {
    const char *account, *key, *instance, *verb;
    uint64_t fence;  /* grows with every lease of this act */
    int64_t attempt;
    bool lookup;     /* the act was uncertain: ask, do not repeat */
} Lease;
/* Acts of `instance` that are READY, RETRY or UNCERTAIN and due at `now`; at most max, those that became open first go first.
 * Of an account only its oldest open act (by sequence) of this instance, also while that one waits for its repeat; PLANNED,
 * FRESHNESS and HELD ones block nobody. Acts for other instances do not wait for it (one platform's outage never blocks
 * another), but none of an account is leased while another one of it is. A lease does not end by itself at `until`: only
 * store_finish ends it, or the act's leaving the open states. */
bool store_lease(Store *store, const char *instance, Instant now, Instant until, size_t max, Arena *arena, Lease **ret_leases, size_t *ret_n, GError **error);
/* Ends a lease before its act's new state is applied: STORE_ERROR_STALE if the fence is not the current one, or the lease
 * was ended before. */
bool store_finish(Store *store, const char *account, const char *key, uint64_t fence, GError **error);
/* Leases of a hub that died (instance NULL), or of an instance that was replaced: the hub treats each as sent and unanswered,
 * and ends it with store_finish under the fence it has here. */
bool store_leases_open(Store *store, const char *instance, Arena *arena, Lease **ret_leases, size_t *ret_n, GError **error);
/* When the next act of any instance becomes due, strictly after `after`: what was due before and is still there waits for
 * its instance or for an earlier act, not for the clock. INSTANT_NEVER: none. */
bool store_outbox_next(Store *store, Instant after, Instant *ret_due, GError **error);
typedef bool (*ActVisitor)(const char *account, const Act *act, void *data);
/* states: bit set of 1 << ActState. account NULL: all. Oldest first. */
bool store_acts(Store *store, const char *account, unsigned states, size_t max, ActVisitor visitor, void *data, GError **error);

/* ---- proof --------------------------------------------------------------------------------------------------------- */
/* How the hash of an entry covers its texts (subject, reason, text, detail, personal). OPEN: as they are; they stay for good.
 * VEILED: only as H(salt, texts), so that they can be forgotten (domain.md §9 gdpr) and the chain still holds. */
typedef enum { AUDIT_OPEN = 1, AUDIT_VEILED = 2 } AuditForm;
typedef struct {
    uint64_t sequence;     /* per account, from 1; set by the store */
    uint64_t position;     /* of the journal entry that led to it */
    Instant at;
    const char *actor;     /* "hub", "person:maria", instance */
    const char *event, *rule, *subject, *reason, *text, *detail; /* Reason's */
    const char *personal;  /* JSON of personal data, enters the hash as H(salt, personal); NULL none */
    bool is_open;          /* its texts hold nothing personal and outlive an erasure: it is kept OPEN */
    AuditForm form;        /* set by the store, as all below; the hub's chain is OPEN, accounts' entries are VEILED */
    bool has_veil;         /* VEILED, or OPEN with personal data */
    Hash veil;             /* H(salt, texts), or H(salt, personal) */
    Hash previous, hash;
} AuditEntry;
/* account NULL: the hub's own chain. A veiled entry needs the account's salt: apply the state first. */
bool store_audit(Store *store, const char *account, const AuditEntry *entry, GError **error);
typedef bool (*AuditVisitor)(const char *account, const AuditEntry *entry, void *data);
/* account NULL: all chains, the hub's ("") first; the visitor sees NULL for the hub's. */
bool store_audit_read(Store *store, const char *account, AuditVisitor visitor, void *data, GError **error);
/* Not to be seen from inside: a store put back to an earlier copy, or one whose every hash since was made again. Against
 * that, keep the number of seals and the last one elsewhere.
 * One finding per broken link: which account (NULL: the hub's chain, or a seal and its number), which entry, what is wrong
 * (edited, removed, inserted, tail removed, seal). */
typedef bool (*AuditFinding)(const char *account, uint64_t sequence, const char *what, void *data);
bool store_audit_verify(Store *store, AuditFinding finding, void *data, uint64_t *ret_entries, uint64_t *ret_seals, GError **error);

/* Forgets what the account's texts say, within the group: texts of its audit entries so far (those that are open stay), the
 * data of its decided journal entries, the messages that no other account was sent. Hashes stay. salt, hex, takes the place
 * of the old one. Its records are the caller's to change (store_apply). The bytes themselves are gone from the files once the
 * group is committed, or with a later one where a reader is in the way. */
bool store_erase(Store *store, const char *account, const char *salt, GError **error);
/* What proves one account's chain without a word of others: a seal's hash covers the root of a tree over the last entries of
 * the accounts it names, and path leads from this account's one to that root (store/proof.h). */
#define SEAL_PATH_MAX 40
typedef struct {
    uint64_t number, entries; /* entries: audit entries of its commit */
    uint64_t accounts;        /* chains it names; 0: of a version that could not prove one alone */
    Hash previous, root, hash;
    bool names;               /* the account asked for; the rest only then */
    uint64_t place, sequence; /* of it among them, and of its last entry */
    Hash head;                /* that entry's hash */
    size_t n_path;
    Hash path[SEAL_PATH_MAX];
} Seal;
typedef bool (*SealVisitor)(const Seal *seal, void *data);
bool store_seals(Store *store, const char *account, SealVisitor visitor, void *data, GError **error);
/* What is read between the two is of one moment, also while another process writes. */
bool store_look(Store *store, GError **error);
void store_look_away(Store *store);

/* ---- blobs by content hash: configurations, policy versions, templates, notices exactly as sent ---------------------- */
bool store_blob_put(Store *store, const char *kind, const void *bytes, size_t n, char ret_hash[HASH_HEX], GError **error);
bool store_blob_get(Store *store, const char *hash, GBytes **ret_bytes, GError **error); /* *ret_bytes NULL: unknown */
/* Named pointers to blobs in order of publication: ("policy","b2b_standard") -> versions 1, 2, … Publishing again what is
 * the latest version gives its number. The blob must be stored. */
bool store_version_put(Store *store, const char *kind, const char *name, const char *hash, Instant at, int64_t *ret_version, GError **error);
typedef bool (*VersionVisitor)(const char *name, int64_t version, const char *hash, void *data);
bool store_versions(Store *store, const char *kind, VersionVisitor visitor, void *data, GError **error);

/* ---- what instances and the hub keep --------------------------------------------------------------------------------- */
/* Compare-and-set: expected_version 0 creates; STORE_ERROR_STALE when another is there. Values at most 64 KiB,
 * and a little more for the seal around them (store/vault.h). */
#define STORE_STATE_MAX (64 * 1024)
#define STORE_STATE_SEAL 64
bool store_state_put(Store *store, const char *instance, const char *name, const void *bytes, size_t n, uint64_t expected_version, GError **error);
bool store_state_get(Store *store, const char *instance, const char *name, GBytes **ret_bytes, uint64_t *ret_version, GError **error);
typedef bool (*StateVisitor)(const char *instance, const char *name, GBytes *bytes, uint64_t version, void *data); /* false stops */
bool store_states(Store *store, StateVisitor visitor, void *data, GError **error);
/* Within a group: what it replaces is gone from the files once it is committed, or with a later one where a reader is in the
 * way. */
void store_forget_replaced(Store *store);

/* ---- inbox: requests of platforms as they came, until their plugin has made events of them ------------------------- */
typedef struct {
    uint64_t id;                   /* set by the store, ascending */
    const char *instance, *hook;   /* hook: "" for the one without a name */
    const char *delivery;          /* what names it: unique under instance and hook for as long as the row stays */
    const char *head;              /* canonical JSON: method, path, query, headers */
    Instant received_at;
    int64_t attempts;              /* to make events of it */
} InboxRow;
/* due: when it is mapped first. *ret_duplicate: it was there, whatever has become of it, and nothing is written. */
bool store_inbox_put(Store *store, const InboxRow *row, const void *body, size_t n, Instant due, bool *ret_duplicate, GError **error);
/* Rows of the instance that are due, oldest first, at most max; in the arena. */
bool store_inbox_due(Store *store, const char *instance, Instant now, size_t max, Arena *arena, InboxRow **ret_rows, size_t *ret_n, GError **error);
/* NULL: gone. Caller unrefs. */
bool store_inbox_body(Store *store, uint64_t id, GBytes **ret_body, GError **error);
/* When the next row of the instance is due; INSTANT_NEVER: none waits. */
bool store_inbox_next(Store *store, const char *instance, Instant *ret_due, GError **error);
/* It is tried again then. */
bool store_inbox_later(Store *store, uint64_t id, Instant due, const char *why, GError **error);
/* Its events are taken (why NULL: only what names it is kept), or it is given up and kept whole with the reason. */
bool store_inbox_end(Store *store, uint64_t id, const char *why, GError **error);
/* Forgets at most max rows that ended well and were received before that instant: a repeat is not recognised any more. */
bool store_inbox_forget(Store *store, Instant before, size_t max, GError **error);
/* How many wait, and how many were given up. */
bool store_inbox_count(Store *store, uint64_t *ret_waiting, uint64_t *ret_dead, GError **error);

#endif
