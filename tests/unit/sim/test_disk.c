/* The disk of the simulation is itself tested: it keeps what SQLite synced, and shows what a careless SQLite loses. */
#include "sim/disk.h"

#include "store/store.h"

#include <sqlite3.h>
#include <string.h>

enum { SEEDS = 60, COMMITS = 30, CALLS = 400 };

static const char path[] = "/sim/store.db";

/* ---- a table, and a writer that counts what was committed -------------------------------------- */

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static sqlite3 *connect(const char *synchronous)
{
    sqlite3 *db = NULL;
    g_autofree char *settings = g_strdup_printf(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; PRAGMA wal_autocheckpoint = 8;",
        synchronous);
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, disk_vfs);
    if (code == SQLITE_OK && run(db, settings) &&
        run(db, "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT) STRICT"))
        return db;
    sqlite3_close(db);
    return NULL;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static bool is_whole(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool whole =
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return whole;
}

/* Commits rows 1, 2, … until the power goes; returns how many were acknowledged. */
static int64_t write_until_dark(sqlite3 *db)
{
    for (int64_t n = ask(db, "SELECT coalesce(max(n), 0) FROM t") + 1, last = n + COMMITS; n < last;
         n++) {
        g_autofree char *sql =
            g_strdup_printf("INSERT INTO t VALUES (%" G_GINT64_FORMAT ", hex(zeroblob(700)))", n);
        if (!run(db, sql))
            return n - 1;
    }
    return ask(db, "SELECT max(n) FROM t");
}

typedef struct {
    int lost, broken; /* lives after which acknowledged rows, or the whole file, were gone */
    uint64_t crashes, torn;
} Damage;

/* Several lives on one disk, each ended by a crash at a call that the seed names. */
static void live(const char *synchronous, uint64_t seed, Damage *damage)
{
    Disk *disk = disk_new(seed);
    SeededRandom chance;
    seeded_random_init(&chance, seed);
    int64_t acknowledged = 0;
    for (int life = 0; life < 4; life++) {
        disk_crash_in(disk, 1 + random_below(&chance.random, CALLS));
        sqlite3 *db = connect(synchronous); /* the crash may come here, in the recovery */
        int64_t written = db ? write_until_dark(db) : 0;
        acknowledged = MAX(acknowledged, written);
        disk_crash(disk);
        sqlite3_close(db);
        disk_power_on(disk);
        db = connect(synchronous);
        bool whole = db && is_whole(db);
        damage->broken += !whole;
        damage->lost += whole && ask(db, "SELECT coalesce(max(n), 0) FROM t") < acknowledged;
        acknowledged = whole ? ask(db, "SELECT coalesce(max(n), 0) FROM t") : 0;
        sqlite3_close(db);
        if (!whole)
            break;
    }
    damage->crashes += disk_counters(disk)->crashes;
    damage->torn += disk_counters(disk)->torn_writes;
    disk_free(disk);
}

static Damage live_many(const char *synchronous)
{
    Damage damage = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        live(synchronous, seed, &damage);
    return damage;
}

static void test_full_loses_nothing(void)
{
    Damage damage = live_many("FULL");
    g_assert_cmpint(damage.lost, ==, 0);
    g_assert_cmpint(damage.broken, ==, 0);
    g_assert_cmpuint(damage.torn, >, SEEDS / 6);
}

static void test_normal_is_seen_to_lose(void)
{
    Damage damage = live_many("NORMAL");
    g_assert_cmpint(damage.lost, >, SEEDS / 4);
    g_assert_cmpint(damage.broken, ==, 0);
}

static void test_off_is_seen_to_lose_and_to_break(void)
{
    Damage damage = live_many("OFF");
    g_assert_cmpint(damage.lost, >, SEEDS / 4);
    g_assert_cmpint(damage.broken, >, 0);
}

/* ---- several connections ------------------------------------------------------------------------ */

static void test_readers_beside_a_writer(void)
{
    Disk *disk = disk_new(1);
    sqlite3 *writer = connect("FULL"), *reader = connect("FULL"), *second = connect("FULL");
    g_assert_true(run(writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 'a')"));
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM t"), ==, 0);
    g_assert_false(run(second, "BEGIN IMMEDIATE"));
    g_assert_true(run(reader, "BEGIN; SELECT count(*) FROM t"));
    g_assert_true(run(writer, "COMMIT"));
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM t"), ==, 0);
    g_assert_true(run(reader, "COMMIT"));
    g_assert_cmpint(ask(reader, "SELECT count(*) FROM t"), ==, 1);
    g_assert_true(run(second, "INSERT INTO t VALUES (2, 'b')"));
    g_assert_cmpint(ask(writer, "SELECT count(*) FROM t"), ==, 2);
    sqlite3_close(writer);
    sqlite3_close(reader);
    sqlite3_close(second);
    disk_free(disk);
}

/* ---- bad weather -------------------------------------------------------------------------------- */

/* Nothing acknowledged is lost by calls that fail, a disk that is full, or a sync that fails and takes writes with it. */
static void test_errors_lose_nothing(void)
{
    uint64_t failed = 0, full = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Disk *disk = disk_new(seed);
        sqlite3 *db = connect("FULL");
        g_assert_nonnull(db);
        disk_weather(disk, &(DiskWeather){.read_fails = 60,
                                          .write_fails = 40,
                                          .sync_fails = 8,
                                          .busy = 30,
                                          .capacity_bytes = 64 * 1024});
        int64_t acknowledged = 0;
        for (int64_t n = 1; n <= 2 * COMMITS; n++) {
            g_autofree char *sql = g_strdup_printf(
                "INSERT INTO t VALUES (%" G_GINT64_FORMAT ", hex(zeroblob(700)))", n);
            acknowledged += run(db, sql);
        }
        disk_crash(disk);
        sqlite3_close(db);
        disk_power_on(disk);
        disk_weather(disk, &(DiskWeather){0});
        db = connect("FULL");
        g_assert_true(is_whole(db));
        g_assert_cmpint(ask(db, "SELECT count(*) FROM t"), >=, acknowledged);
        failed += disk_counters(disk)->failed_calls;
        full += disk_counters(disk)->full_calls;
        sqlite3_close(db);
        disk_free(disk);
    }
    g_assert_cmpuint(failed, >, SEEDS);
    g_assert_cmpuint(full, >, SEEDS);
}

/* ---- one seed, one execution -------------------------------------------------------------------- */

static void test_a_seed_is_a_reproduction(void)
{
    Damage first = {0}, again = {0}, other = {0};
    live("NORMAL", 7, &first);
    live("NORMAL", 7, &again);
    for (uint64_t seed = 8; seed < 12; seed++)
        live("NORMAL", seed, &other);
    g_assert_true(memcmp(&first, &again, sizeof first) == 0);
    g_assert_true(memcmp(&first, &other, sizeof first) != 0);
}

/* ---- the store on it ---------------------------------------------------------------------------- */

static bool count_entry(const JournalEntry *entry, void *data)
{
    (void)entry;
    ++*(uint64_t *)data;
    return true;
}

static void put_entry(Store *store, uint64_t number)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *id = g_strdup_printf("e%" G_GUINT64_FORMAT, number);
    JournalEntry entry = {
        .source = "rents", .event_id = id, .type = "invoice.updated", .time = INSTANT_NONE};
    uint64_t position = 0;
    bool duplicate = false;
    g_assert_true(store_begin(store, &error));
    g_assert_true(store_journal(store, &entry, &position, &duplicate, &error));
    g_assert_true(store_commit(store, &error));
    g_assert_no_error(error);
}

static void test_the_store_stands_on_it(void)
{
    Disk *disk = disk_new(3);
    uint64_t written = 0;
    for (int life = 0; life < 5; life++) {
        g_autoptr(GError) error = NULL;
        Store *store = NULL;
        g_assert_true(store_open(&store_sqlite, path, STORE_READ_WRITE, disk_vfs, &store, &error));
        uint64_t found = 0;
        g_assert_true(store_journal_read(store, NULL, 0, false, count_entry, &found, &error));
        g_assert_cmpuint(found, ==, written);
        for (int i = 0; i < 3; i++)
            put_entry(store, ++written);
        disk_crash(disk);
        store_close(store);
        disk_power_on(disk);
    }
    disk_free(disk);
}

/* A sync fails, the process ends, the next one goes on, the power goes. What the failed sync left in memory alone was
 * recovered as if it were safe; what was committed behind it must not go with it. */
static void test_a_failed_sync_takes_nothing_later_with_it(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        g_autoptr(GError) error = NULL;
        Disk *disk = disk_new(seed);
        Store *store = NULL;
        g_assert_true(store_open(&store_sqlite, path, STORE_READ_WRITE, disk_vfs, &store, &error));
        put_entry(store, 1);
        disk_weather(disk, &(DiskWeather){.sync_fails = 1});
        g_assert_true(store_begin(store, &error));
        JournalEntry entry = {
            .source = "rents", .event_id = "lost", .type = "invoice.updated", .time = INSTANT_NONE};
        uint64_t position = 0, found = 0;
        bool duplicate = false;
        g_assert_true(store_journal(store, &entry, &position, &duplicate, &error));
        g_assert_false(store_commit(store, &error));
        g_clear_error(&error);
        disk_kill(disk);
        store_close(store);
        disk_power_on(disk);
        disk_weather(disk, &(DiskWeather){0});
        g_assert_true(store_open(&store_sqlite, path, STORE_READ_WRITE, disk_vfs, &store, &error));
        put_entry(store, 2);
        disk_crash(disk);
        store_close(store);
        disk_power_on(disk);
        g_assert_true(store_open(&store_sqlite, path, STORE_READ_WRITE, disk_vfs, &store, &error));
        g_assert_true(store_journal_read(store, NULL, 0, false, count_entry, &found, &error));
        g_assert_cmpuint(found, >=, 2);
        store_close(store);
        disk_free(disk);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim/disk/full", test_full_loses_nothing);
    g_test_add_func("/sim/disk/normal", test_normal_is_seen_to_lose);
    g_test_add_func("/sim/disk/off", test_off_is_seen_to_lose_and_to_break);
    g_test_add_func("/sim/disk/connections", test_readers_beside_a_writer);
    g_test_add_func("/sim/disk/weather", test_errors_lose_nothing);
    g_test_add_func("/sim/disk/seed", test_a_seed_is_a_reproduction);
    g_test_add_func("/sim/disk/store", test_the_store_stands_on_it);
    g_test_add_func("/sim/disk/failed-sync", test_a_failed_sync_takes_nothing_later_with_it);
    return g_test_run();
}
