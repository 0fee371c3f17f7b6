/* Making sure of the write-ahead log before it is believed.
 *
 * After a sync that failed, Linux keeps the pages in memory as if they were written: they can be read, and no later sync
 * writes them. A process that goes on writes them anew; SQLite does so, because the commit has failed. But after a restart the
 * recovery reads them as committed, what is committed next is appended behind them and synced, and a loss of power takes
 * all of it: acknowledged commits behind a gap. So what the log holds is written once more, over itself, and synced, before
 * anything is recovered from it (docs/adr/0021-the-log-before-it-is-believed.md). */
#include "store/sqlite/sqlite.h"

#define PIECE_BYTES ((size_t)1 << 16)

static int rewrite(sqlite3_file *file)
{
    g_autofree char *piece = g_malloc(PIECE_BYTES);
    sqlite3_int64 size = 0;
    int code = file->pMethods->xFileSize(file, &size);
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += (sqlite3_int64)PIECE_BYTES) {
        int n = (int)MIN(size - at, (sqlite3_int64)PIECE_BYTES);
        code = file->pMethods->xRead(file, piece, n, at);
        if (code == SQLITE_OK)
            code = file->pMethods->xWrite(file, piece, n, at);
    }
    if (code == SQLITE_OK && size > 0)
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    return code;
}

static int rewrite_named(sqlite3_vfs *vfs, const char *log)
{
    int there = 0;
    int code = vfs->xAccess(vfs, log, SQLITE_ACCESS_EXISTS, &there);
    if (code != SQLITE_OK || !there)
        return code;
    g_autofree sqlite3_file *file = g_malloc0((gsize)vfs->szOsFile);
    code = vfs->xOpen(vfs, log, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, NULL);
    if (code != SQLITE_OK)
        return code;
    code = rewrite(file);
    int closed = file->pMethods->xClose(file);
    return code != SQLITE_OK ? code : closed;
}

bool sqlite_make_sure_of_log(SqliteStore *store, const char *files, GError **error)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(files);
    g_autofree char *path = vfs ? g_malloc0((gsize)vfs->mxPathname + 1) : NULL;
    int code = vfs ? vfs->xFullPathname(vfs, store->path, vfs->mxPathname, path) : SQLITE_ERROR;
    if (code & 0xff)
        return sqlite_fail(store, code, "open", error);
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);
    g_autofree char *log = g_strconcat(path, "-wal", NULL);
    sqlite3_filename names = sqlite3_create_filename(path, journal, log, 0, NULL);
    code = names ? rewrite_named(vfs, sqlite3_filename_wal(names)) : SQLITE_NOMEM;
    sqlite3_free_filename(names);
    return code == SQLITE_OK || sqlite_fail(store, code, "open", error);
}
