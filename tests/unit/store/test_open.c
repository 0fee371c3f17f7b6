/* Opening, what cannot be opened, and what is left after a crash. */
#include "fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* "@" in the message stands for the path. */
static void assert_refused(const char *path, StoreMode mode, const char *files, StoreError code,
                           const char *message)
{
    g_autoptr(GError) error = NULL;
    Store *store = NULL;
    g_assert_false(store_open(&store_sqlite, path, mode, files, &store, &error));
    g_assert_error(error, STORE_ERROR, (gint)code);
    g_auto(GStrv) parts = g_strsplit(message, "@", -1);
    g_autofree char *expected = g_strjoinv(path, parts);
    g_assert_cmpstr(error->message, ==, expected);
}

typedef struct {
    const char *doc;
    const char *text; /* content of the file; NULL: no file */
    const char *sql;  /* run on it before */
    StoreMode mode;
    StoreError code;
    const char *message;
} OpenRow;

static const OpenRow open_rows[] = {
    {"no database", "just a text, longer than nothing at all\n", NULL, STORE_READ_WRITE,
     STORE_ERROR_OPEN,
     "cannot open @: it is not a dunhub store; name another file (file is not a database)"},
    {"someone else's", NULL, "CREATE TABLE x (a)", STORE_READ_WRITE, STORE_ERROR_OPEN,
     "@ is a database of another program, not a dunhub store; name another file"},
    {"someone else's with a version", NULL, "PRAGMA user_version = 1; CREATE TABLE x (a)",
     STORE_READ_WRITE, STORE_ERROR_OPEN,
     "@ is a database of another program, not a dunhub store; name another file"},
    {"newer", NULL, "PRAGMA application_id = 0x64756e68; PRAGMA user_version = 99",
     STORE_READ_WRITE, STORE_ERROR_VERSION,
     "@ has schema version 99, this dunhub knows versions up to 10; use the newer dunhub that "
     "wrote it"},
    {"newer, reading", NULL, "PRAGMA application_id = 0x64756e68; PRAGMA user_version = 99",
     STORE_READ_ONLY, STORE_ERROR_VERSION,
     "@ has schema version 99, this dunhub knows versions up to 10; use the newer dunhub that "
     "wrote it"},
    {"older, reading", NULL, "PRAGMA application_id = 0x64756e68", STORE_READ_ONLY,
     STORE_ERROR_VERSION,
     "@ has schema version 0, this dunhub reads version 10; start the hub on it once, it brings "
     "the store up to date"},
    {"missing, reading", NULL, NULL, STORE_READ_ONLY, STORE_ERROR_OPEN,
     "there is no store at @: No such file or directory; start the hub once, it makes one"},
};

static void test_refusals(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(open_rows); i++) {
        const OpenRow *row = &open_rows[i];
        g_test_message("%s", row->doc);
        g_autofree char *folder = fixture_folder();
        g_autofree char *path = g_build_filename(folder, "store.db", NULL);
        if (row->text)
            g_assert_true(g_file_set_contents(path, row->text, -1, NULL));
        if (row->sql)
            fixture_sql(path, row->sql);
        assert_refused(path, row->mode, NULL, row->code, row->message);
        fixture_remove(folder);
    }
}

/* A store of the first version is brought up to date when it is opened for writing, and only once. */
static void test_older_is_brought_up_to_date(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    store_close(fixture_open(path, STORE_READ_WRITE));
    fixture_sql(path, FIXTURE_BACK_TO_002 "DROP TABLE phone_call; PRAGMA user_version = 1");
    store_close(fixture_open(path, STORE_READ_WRITE));
    fixture_sql(path, "SELECT placed_on FROM phone_call");
    fixture_sql(path, "SELECT lease FROM account");
    fixture_sql(path, "SELECT starts_on FROM hold");
    fixture_sql(path, "SELECT consent_before FROM contact_point; SELECT held FROM reply; "
                      "SELECT urgency FROM work");
    fixture_sql(path, "SELECT through FROM interest_accrual");
    fixture_sql(path, "SELECT child FROM family_member");
    store_close(fixture_open(path, STORE_READ_WRITE));
    store_close(fixture_open(path, STORE_READ_ONLY));
    fixture_remove(folder);
}

static void test_missing_folder(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *missing = g_build_filename(folder, "no", NULL);
    g_autofree char *path = g_build_filename(missing, "store.db", NULL);
    g_autofree char *message =
        g_strdup_printf("cannot open @: No such file or directory; make the folder %s", missing);
    assert_refused(path, STORE_READ_WRITE, NULL, STORE_ERROR_OPEN, message);
    fixture_remove(folder);
}

static void test_one_writer(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *store = fixture_open(path, STORE_READ_WRITE);
    g_autofree char *message = g_strdup_printf(
        "@ is in use by process %ld; try again when it is done, or stop it", (long)getpid());
    assert_refused(path, STORE_READ_WRITE, NULL, STORE_ERROR_LOCKED, message);
    store_close(store);
    store_close(fixture_open(path, STORE_READ_WRITE));
    fixture_remove(folder);
}

static void test_file_is_private(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    store_close(fixture_open(path, STORE_READ_WRITE));
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 077, ==, 0);
    fixture_remove(folder);
}

/* What a child returns is its exit status. */
static int in_child(int (*run)(const char *path), const char *path)
{
    pid_t child = fork();
    if (child == 0)
        _exit(run(path));
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int open_as_nobody(const char *path)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 99;
    g_autoptr(GError) error = NULL;
    Store *store = NULL;
    if (store_open(&store_sqlite, path, STORE_READ_WRITE, NULL, &store, &error))
        return 98;
    return error->code == STORE_ERROR_OPEN && strstr(error->message, "make it writable") ? 0 : 1;
}

static void test_folder_without_permission(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    g_assert_cmpint(chmod(folder, 0555), ==, 0);
    g_assert_cmpint(in_child(open_as_nobody, path), ==, 0);
    g_assert_cmpint(chmod(folder, 0755), ==, 0);
    fixture_remove(folder);
}

/* ---- reading beside the writer ----------------------------------------------------------------- */

static bool count_entry(const JournalEntry *entry, void *data)
{
    (void)entry;
    ++*(uint64_t *)data;
    return true;
}

static uint64_t count_journal(Store *store)
{
    g_autoptr(GError) error = NULL;
    uint64_t n = 0;
    store_journal_read(store, NULL, 0, false, count_entry, &n, &error);
    g_assert_no_error(error);
    return n;
}

static void test_reader_beside_writer(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *writer = fixture_open(path, STORE_READ_WRITE);
    Store *reader = fixture_open(path, STORE_READ_ONLY);
    begin(writer);
    journal(writer, "A", "e1");
    g_assert_cmpuint(count_journal(reader), ==, 0);
    commit(writer);
    g_assert_cmpuint(count_journal(reader), ==, 1);
    g_autoptr(Arena) arena = arena_new();
    make_account(writer, "A");
    AccountState state = load(reader, "A", arena);
    g_assert_cmpstr(state.account.salt, ==, SALT);
    g_autoptr(GError) error = NULL;
    g_assert_false(store_begin(reader, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_MISUSE);
    store_close(reader);
    store_close(writer);
    fixture_remove(folder);
}

/* ---- a disk that is watched, and fills up ------------------------------------------------------- */

/* The system's files, whose writing fails once the room is used up, and whose syncs are counted. */
static int (*real_write)(sqlite3_file *, const void *, int, sqlite3_int64);
static int (*real_sync)(sqlite3_file *, int);
static sqlite3_io_methods watched_methods[2]; /* of the database itself, of the files beside it */
static sqlite3_vfs watched_files;
static int64_t room;
static int syncs;

static int write_while_there_is_room(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    if (room < n)
        return SQLITE_FULL;
    room -= n;
    return real_write(file, bytes, n, at);
}

static int count_sync(sqlite3_file *file, int flags)
{
    syncs++;
    return real_sync(file, flags);
}

static int open_watched(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                        int *ret_flags)
{
    sqlite3_vfs *real = vfs->pAppData;
    int code = real->xOpen(real, name, file, flags, ret_flags);
    if (code != SQLITE_OK)
        return code;
    sqlite3_io_methods *methods = &watched_methods[flags & SQLITE_OPEN_MAIN_DB ? 0 : 1];
    *methods = *file->pMethods;
    real_write = methods->xWrite;
    methods->xWrite = write_while_there_is_room;
    real_sync = methods->xSync;
    methods->xSync = count_sync;
    file->pMethods = methods;
    return code;
}

static Store *open_on_watched_disk(const char *path)
{
    g_autoptr(GError) error = NULL;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    watched_files = *real;
    watched_files.zName = "watched";
    watched_files.pAppData = real;
    watched_files.xOpen = open_watched;
    g_assert_cmpint(sqlite3_vfs_register(&watched_files, 0), ==, SQLITE_OK);
    room = INT64_MAX;
    Store *store = NULL;
    store_open(&store_sqlite, path, STORE_READ_WRITE, "watched", &store, &error);
    g_assert_no_error(error);
    return store;
}

static void close_watched(Store *store)
{
    store_close(store);
    sqlite3_vfs_unregister(&watched_files);
}

static bool no_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    (void)data;
    g_error("%s %" G_GUINT64_FORMAT " %s", account, sequence, what);
    return false;
}

static void test_full_disk(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    g_autoptr(GError) error = NULL;
    Store *store = open_on_watched_disk(path);
    make_account(store, "A");
    begin(store);
    journal(store, "A", "e1");
    audit(store, "A", "one", NULL);
    commit(store);
    room = 0;
    begin(store);
    journal(store, "A", "e2");
    audit(store, "A", "two", NULL);
    g_assert_false(store_commit(store, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FULL);
    g_autofree char *message = g_strdup_printf(
        "cannot write %s: the disk is full; free some space, what was acknowledged is kept "
        "(database or disk is full)",
        path);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpuint(count_journal(store), ==, 1);
    room = INT64_MAX;
    begin(store);
    g_assert_cmpuint(journal(store, "A", "e2"), ==, 2);
    audit(store, "A", "two", NULL);
    commit(store);
    uint64_t entries, seals;
    g_assert_true(store_audit_verify(store, no_finding, NULL, &entries, &seals, NULL));
    g_assert_cmpuint(entries, ==, 2);
    g_assert_cmpuint(seals, ==, 2);
    close_watched(store);
    fixture_remove(folder);
}

/* What is committed is on the disk: a crash of the machine, not only of the hub, leaves it. */
static void test_every_commit_is_synced(void)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    Store *store = open_on_watched_disk(path);
    for (int i = 0; i < 3; i++) {
        begin(store);
        journal(store, "A", NULL);
        syncs = 0;
        commit(store);
        g_assert_cmpint(syncs, >, 0);
    }
    close_watched(store);
    fixture_remove(folder);
}

/* ---- crashes ----------------------------------------------------------------------------------- */

#define GROUP 7

/* Commits groups and tells their number after each commit; the last stays open. Never returns. */
static void write_groups(const char *path, int tell, int n_groups)
{
    Store *store = fixture_open(path, STORE_READ_WRITE);
    make_account(store, "A");
    for (uint8_t group = 0;; group++) {
        begin(store);
        for (int i = 0; i < GROUP; i++) {
            journal(store, "A", NULL);
            audit(store, "A", "entry", NULL);
        }
        if (group < n_groups)
            commit(store);
        if (write(tell, &group, 1) != 1)
            _exit(1);
        if (group == n_groups) {
            for (;;)
                pause();
        }
    }
}

/* Kills the writer after it told of group `last`; what it committed must be whole, and all of it. */
static void crash(int n_groups, int last)
{
    g_autofree char *folder = fixture_folder();
    g_autofree char *path = g_build_filename(folder, "store.db", NULL);
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    pid_t child = fork();
    if (child == 0)
        write_groups(path, ends[1], n_groups);
    close(ends[1]);
    uint8_t group = 0;
    do
        g_assert_cmpint(read(ends[0], &group, 1), ==, 1);
    while (group < last);
    g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    close(ends[0]);

    Store *store = fixture_open(path, STORE_READ_WRITE);
    uint64_t n = count_journal(store), entries, seals;
    g_assert_cmpuint(n % GROUP, ==, 0);
    g_assert_cmpuint(n / GROUP, >=, (unsigned)MIN(last + 1, n_groups));
    g_assert_cmpuint(n / GROUP, <=, (unsigned)n_groups);
    g_assert_true(store_audit_verify(store, no_finding, NULL, &entries, &seals, NULL));
    g_assert_cmpuint(entries, ==, n);
    g_assert_cmpuint(seals, ==, n / GROUP);
    begin(store);
    g_assert_cmpuint(journal(store, "A", NULL), ==, n + 1);
    commit(store);
    store_close(store);
    fixture_remove(folder);
}

static void test_crash_within_a_group(void)
{
    crash(0, 0);
    crash(3, 3);
}

static void test_crash_after_a_commit(void)
{
    crash(3, 2);
    crash(200, 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/open/refusals", test_refusals);
    g_test_add_func("/open/older", test_older_is_brought_up_to_date);
    g_test_add_func("/open/missing-folder", test_missing_folder);
    g_test_add_func("/open/one-writer", test_one_writer);
    g_test_add_func("/open/private", test_file_is_private);
    g_test_add_func("/open/no-permission", test_folder_without_permission);
    g_test_add_func("/open/reader", test_reader_beside_writer);
    g_test_add_func("/open/full-disk", test_full_disk);
    g_test_add_func("/open/synced", test_every_commit_is_synced);
    g_test_add_func("/crash/within-a-group", test_crash_within_a_group);
    g_test_add_func("/crash/after-a-commit", test_crash_after_a_commit);
    return g_test_run();
}
