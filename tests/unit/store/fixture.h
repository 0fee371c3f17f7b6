/* Stores to test with: in a folder of their own, or in memory. */
#ifndef DUNHUB_TESTS_STORE_FIXTURE_H
#define DUNHUB_TESTS_STORE_FIXTURE_H

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "store/store.h"

#define SALT "00112233445566778899aabbccddeeff"
#define T0 INT64_C(1751328000000) /* 2025-07-01T00:00:00Z */

/* From a store of today back to the second version of the schema: a new version takes its own away first. */
#define FIXTURE_UNDO_009                                                                           \
    "DROP TABLE interest_accrual; DROP TABLE family_member;"                                       \
    "ALTER TABLE account DROP COLUMN parent;"                                                      \
    "ALTER TABLE account DROP COLUMN collect_with_parent;"                                         \
    "ALTER TABLE account DROP COLUMN collector;"                                                   \
    "ALTER TABLE invoice DROP COLUMN child; ALTER TABLE invoice DROP COLUMN left_on;"              \
    "ALTER TABLE invoice DROP COLUMN external_id; ALTER TABLE invoice DROP COLUMN key;"            \
    "ALTER TABLE invoice DROP COLUMN opens;"                                                       \
    "ALTER TABLE payment DROP COLUMN child; ALTER TABLE payment DROP COLUMN left_on;"              \
    "ALTER TABLE credit DROP COLUMN child; ALTER TABLE credit DROP COLUMN left_on;"                \
    "ALTER TABLE credit DROP COLUMN external_id; ALTER TABLE credit DROP COLUMN key;"              \
    "ALTER TABLE cycle DROP COLUMN fee_for; ALTER TABLE cycle DROP COLUMN fee_steps;"              \
    "ALTER TABLE notice DROP COLUMN charges; "
#define FIXTURE_UNDO_010 "DROP TABLE inbox; "
#define FIXTURE_UNDO_006 "ALTER TABLE act DROP COLUMN document; "
#define FIXTURE_UNDO_004                                                                           \
    "ALTER TABLE account DROP COLUMN lease; ALTER TABLE account DROP COLUMN failed_code; "         \
    "ALTER TABLE account DROP COLUMN failed_on; ALTER TABLE hold DROP COLUMN starts_on; "
#define FIXTURE_UNDO_005                                                                           \
    "ALTER TABLE account DROP COLUMN third_party; "                                                \
    "ALTER TABLE account DROP COLUMN sole_trader; "                                                \
    "ALTER TABLE account DROP COLUMN covered_dwelling; "                                           \
    "ALTER TABLE account DROP COLUMN subsidised; "                                                 \
    "ALTER TABLE account DROP COLUMN units; "                                                      \
    "ALTER TABLE account DROP COLUMN monthly_rent_minor; "                                         \
    "ALTER TABLE account DROP COLUMN late_fee_agreed; "                                            \
    "ALTER TABLE account DROP COLUMN inconvenient_times; "                                         \
    "ALTER TABLE account DROP COLUMN active_duty; "                                                \
    "ALTER TABLE account DROP COLUMN military_checked_on; "                                        \
    "ALTER TABLE account DROP COLUMN court_order_on; "                                             \
    "ALTER TABLE account DROP COLUMN validation_sent_on; "                                         \
    "ALTER TABLE account DROP COLUMN preaction_letter_on; "                                        \
    "ALTER TABLE account DROP COLUMN reply_form_on; "                                              \
    "ALTER TABLE account DROP COLUMN preaction_warning_on; "                                       \
    "ALTER TABLE invoice DROP COLUMN time_barred_on; "                                             \
    "ALTER TABLE dispute DROP COLUMN written; "                                                    \
    "ALTER TABLE dispute DROP COLUMN verified_on; "                                                \
    "ALTER TABLE contact_point DROP COLUMN inconvenient; "                                         \
    "ALTER TABLE contact_point DROP COLUMN shared; "                                               \
    "ALTER TABLE contact_point DROP COLUMN reassigned; "                                           \
    "ALTER TABLE contact_point DROP COLUMN reassigned_checked_on; "                                \
    "ALTER TABLE hold DROP COLUMN crisis; "
#define FIXTURE_UNDO_007                                                                           \
    "DROP INDEX contact_point_revoked; DROP TABLE reply; DROP TABLE request; DROP TABLE duty; "    \
    "DROP TABLE work; ALTER TABLE contact_point DROP COLUMN consent_before; "
#define FIXTURE_UNDO_008 "DROP INDEX act_document; ALTER TABLE account DROP COLUMN erased_on; "
#define FIXTURE_BACK_TO_002                                                                        \
    FIXTURE_UNDO_010 FIXTURE_UNDO_009 FIXTURE_UNDO_008 FIXTURE_UNDO_007 FIXTURE_UNDO_006 FIXTURE_UNDO_005           \
    FIXTURE_UNDO_004                                                                               \
        "DROP INDEX act_content; ALTER TABLE audit DROP COLUMN form; "                             \
        "ALTER TABLE seal DROP COLUMN root; PRAGMA user_version = 2; "

static inline char *fixture_folder(void)
{
    char *folder = g_dir_make_tmp("dunhub-store-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

static inline void fixture_remove(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
    }
    g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static inline Store *fixture_open(const char *path, StoreMode mode)
{
    g_autoptr(GError) error = NULL;
    Store *store = NULL;
    store_open(&store_sqlite, path, mode, NULL, &store, &error);
    g_assert_no_error(error);
    return store;
}

static inline Store *fixture_memory(void)
{
    return fixture_open(NULL, STORE_MEMORY);
}

/* SQL on the file behind the store's back. */
static inline void fixture_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("%s: %s", sql, message);
    sqlite3_close(db);
}

static inline void begin(Store *store)
{
    g_autoptr(GError) error = NULL;
    store_begin(store, &error);
    g_assert_no_error(error);
}

static inline void commit(Store *store)
{
    g_autoptr(GError) error = NULL;
    store_commit(store, &error);
    g_assert_no_error(error);
}

static inline AccountState load(Store *store, const char *account, Arena *arena)
{
    g_autoptr(GError) error = NULL;
    AccountState state;
    bool found;
    store_load_account(store, account, arena, &state, &found, &error);
    g_assert_no_error(error);
    return state;
}

/* Applies what changed from before to after. */
static inline void apply(Store *store, const AccountState *before, const AccountState *after,
                         Instant wake_at)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) arena = arena_new();
    size_t n;
    const Change *changes = state_diff(before, after, arena, &n);
    store_apply(store, after->account.id, 1, changes, n, wake_at, NULL, &error);
    g_assert_no_error(error);
}

/* Makes an account with a salt, in a group of its own. */
static inline void make_account(Store *store, const char *id)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState before, after;
    state_init(&before, arena, id);
    state_copy(&before, arena, &after);
    after.account.salt = SALT;
    begin(store);
    apply(store, &before, &after, INSTANT_NEVER);
    commit(store);
}

static inline uint64_t journal(Store *store, const char *account, const char *event_id)
{
    g_autoptr(GError) error = NULL;
    JournalEntry entry = {
        .account = account,
        .source = "rents",
        .event_id = event_id,
        .type = "invoice.updated",
        .data = "{\"id\":\"I\"}",
        .time = INSTANT_NONE,
        .received_at = T0,
        .epoch = 1,
        .decided = true,
    };
    uint64_t position = 0;
    bool duplicate;
    store_journal(store, &entry, &position, &duplicate, &error);
    g_assert_no_error(error);
    return position;
}

static inline void audit(Store *store, const char *account, const char *text, const char *personal)
{
    g_autoptr(GError) error = NULL;
    AuditEntry entry = {
        .position = 7,
        .at = T0,
        .actor = "hub",
        .event = "step_entered",
        .rule = "§6.1",
        .text = text,
        .detail = "{\"age\":6}",
        .personal = personal,
    };
    store_audit(store, account, &entry, &error);
    g_assert_no_error(error);
}

#endif
