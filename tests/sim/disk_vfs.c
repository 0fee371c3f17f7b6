/* The disk's face towards SQLite: sqlite3_vfs and sqlite3_io_methods, locks and shared memory included. */
#include "sim/disk_file.h"

#include <string.h>

enum { NAME_BYTES = 200, OS_SECTOR = 4096 };

static DiskHandle *handle_of(sqlite3_file *base)
{
    return (DiskHandle *)base;
}

/* ---- bytes ------------------------------------------------------------------------------------ */

static int read_bytes(sqlite3_file *base, void *ret_bytes, int n, sqlite3_int64 offset)
{
    DiskHandle *handle = handle_of(base);
    Disk *disk = handle->disk;
    disk->counters.reads++;
    if (!disk_tick(disk, handle) || disk_fails(disk, disk->weather.read_fails))
        return SQLITE_IOERR_READ;
    const GByteArray *seen = handle->file->seen;
    int64_t there = CLAMP((int64_t)seen->len - offset, 0, n);
    if (there > 0)
        memcpy(ret_bytes, seen->data + offset, (size_t)there);
    memset((char *)ret_bytes + there, 0, (size_t)(n - there));
    return there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_bytes(sqlite3_file *base, const void *bytes, int n, sqlite3_int64 offset)
{
    DiskHandle *handle = handle_of(base);
    Disk *disk = handle->disk;
    disk->counters.writes++;
    if (!disk_tick(disk, handle))
        return SQLITE_IOERR_WRITE;
    if (!disk_has_room(disk, handle->file, offset + n)) {
        disk->counters.full_calls++;
        return SQLITE_FULL;
    }
    if (disk_fails(disk, disk->weather.write_fails)) { /* some of it may have arrived */
        size_t some = (size_t)random_below(&disk->chance.random, (uint64_t)n);
        if (some)
            disk_write(handle->file, offset, bytes, some);
        return SQLITE_IOERR_WRITE;
    }
    disk_write(handle->file, offset, bytes, (size_t)n);
    return SQLITE_OK;
}

static int truncate_bytes(sqlite3_file *base, sqlite3_int64 size)
{
    DiskHandle *handle = handle_of(base);
    if (!disk_tick(handle->disk, handle))
        return SQLITE_IOERR_TRUNCATE;
    disk_truncate(handle->file, size);
    return SQLITE_OK;
}

static int sync_bytes(sqlite3_file *base, int flags)
{
    (void)flags;
    DiskHandle *handle = handle_of(base);
    Disk *disk = handle->disk;
    disk->counters.syncs++;
    if (!disk_tick(disk, handle))
        return SQLITE_IOERR_FSYNC;
    if (disk_fails(disk, disk->weather.sync_fails)) {
        disk_sync_badly(disk, handle->file);
        return SQLITE_IOERR_FSYNC;
    }
    disk_sync(disk, handle->file);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    DiskHandle *handle = handle_of(base);
    if (!disk_tick(handle->disk, handle))
        return SQLITE_IOERR_FSTAT;
    *ret_size = handle->file->seen->len;
    return SQLITE_OK;
}

/* ---- locks of the file ------------------------------------------------------------------------ */

static bool is_others(const DiskHandle *owner, const DiskHandle *handle)
{
    return owner && owner != handle;
}

static int lock_exclusive(DiskHandle *handle)
{
    DiskFile *file = handle->file;
    if (is_others(file->pending, handle) || is_others(file->exclusive, handle))
        return SQLITE_BUSY;
    file->pending = handle;
    if (file->n_shared > 1) {
        handle->level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
    }
    file->exclusive = handle;
    handle->level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *base, int level)
{
    DiskHandle *handle = handle_of(base);
    DiskFile *file = handle->file;
    if (!disk_tick(handle->disk, handle))
        return SQLITE_IOERR_LOCK;
    if (handle->level >= level)
        return SQLITE_OK;
    if (disk_fails(handle->disk, handle->disk->weather.busy))
        return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE)
        return lock_exclusive(handle);
    if (level == SQLITE_LOCK_RESERVED) {
        if (is_others(file->reserved, handle))
            return SQLITE_BUSY;
        file->reserved = handle;
    } else {
        if (is_others(file->pending, handle) || is_others(file->exclusive, handle))
            return SQLITE_BUSY;
        file->n_shared++;
    }
    handle->level = level;
    return SQLITE_OK;
}

static void give_up(const DiskHandle **owner, const DiskHandle *handle)
{
    if (*owner == handle)
        *owner = NULL;
}

static int unlock_file(sqlite3_file *base, int level)
{
    DiskHandle *handle = handle_of(base);
    DiskFile *file = handle->file;
    if (handle->life != handle->disk->life || handle->level <= level)
        return SQLITE_OK;
    give_up(&file->reserved, handle);
    give_up(&file->pending, handle);
    give_up(&file->exclusive, handle);
    if (level == SQLITE_LOCK_NONE)
        file->n_shared--;
    handle->level = level;
    return SQLITE_OK;
}

static int is_reserved(sqlite3_file *base, int *ret_reserved)
{
    const DiskHandle *handle = handle_of(base);
    *ret_reserved = handle->file->reserved || handle->file->pending || handle->file->exclusive;
    return handle->life == handle->disk->life ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

/* ---- shared memory ---------------------------------------------------------------------------- */

static int shm_map(sqlite3_file *base, int region, int bytes, int extend,
                   void volatile **ret_region)
{
    DiskHandle *handle = handle_of(base);
    DiskFile *file = handle->file;
    *ret_region = NULL;
    if (!disk_tick(handle->disk, handle))
        return SQLITE_IOERR_SHMMAP;
    if (!file->regions)
        file->regions = g_ptr_array_new_with_free_func(g_free);
    file->n_mapped += !handle->mapped;
    handle->mapped = true;
    while (extend && (int)file->regions->len <= region)
        g_ptr_array_add(file->regions, g_malloc0((gsize)bytes));
    if (region < (int)file->regions->len)
        *ret_region = file->regions->pdata[region];
    return SQLITE_OK;
}

static int shm_take(DiskHandle *handle, int first, int n, bool exclusive)
{
    DiskFile *file = handle->file;
    for (int i = first; i < first + n; i++) {
        bool own = handle->shm_shared >> i & 1;
        if (is_others(file->shm_exclusive[i], handle) ||
            (exclusive && file->shm_shared[i] > (own ? 1 : 0)))
            return SQLITE_BUSY;
    }
    for (int i = first; i < first + n; i++) {
        unsigned bit = 1u << i;
        if (exclusive) {
            file->shm_exclusive[i] = handle;
            handle->shm_exclusive |= bit;
        } else if (!(handle->shm_shared & bit)) {
            file->shm_shared[i]++;
            handle->shm_shared |= bit;
        }
    }
    return SQLITE_OK;
}

static void shm_give(DiskHandle *handle, int first, int n)
{
    DiskFile *file = handle->file;
    for (int i = first; i < first + n; i++) {
        unsigned bit = 1u << i;
        give_up(&file->shm_exclusive[i], handle);
        file->shm_shared[i] -= handle->shm_shared & bit ? 1 : 0;
        handle->shm_shared &= ~bit;
        handle->shm_exclusive &= ~bit;
    }
}

static int shm_lock(sqlite3_file *base, int first, int n, int flags)
{
    DiskHandle *handle = handle_of(base);
    Disk *disk = handle->disk;
    if (flags & SQLITE_SHM_UNLOCK) {
        if (handle->life == disk->life)
            shm_give(handle, first, n);
        return SQLITE_OK;
    }
    if (!disk_tick(disk, handle))
        return SQLITE_IOERR_SHMLOCK;
    if (disk_fails(disk, disk->weather.busy))
        return SQLITE_BUSY;
    return shm_take(handle, first, n, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
}

static void shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static int shm_unmap(sqlite3_file *base, int delete)
{
    DiskHandle *handle = handle_of(base);
    DiskFile *file = handle->file;
    if (handle->life != handle->disk->life || !handle->mapped)
        return SQLITE_OK;
    shm_give(handle, 0, DISK_SHM_LOCKS);
    handle->mapped = false;
    file->n_mapped--;
    if (delete &&file->n_mapped == 0 && file->regions)
        g_ptr_array_unref(g_steal_pointer(&file->regions));
    return SQLITE_OK;
}

/* ---- the rest of a file ------------------------------------------------------------------------ */

static int close_file(sqlite3_file *base)
{
    DiskHandle *handle = handle_of(base);
    shm_unmap(base, 0);
    unlock_file(base, SQLITE_LOCK_NONE);
    if (handle->delete_on_close && handle->life == handle->disk->life)
        disk_remove(handle->file, true);
    return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int what, void *argument)
{
    (void)base;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base)
{
    (void)base;
    return OS_SECTOR;
}

/* As SQLite takes every disk under Unix to be: a write changes no byte beside its own. */
static int characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods disk_methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_bytes,
    .xWrite = write_bytes,
    .xTruncate = truncate_bytes,
    .xSync = sync_bytes,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = is_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- the VFS ---------------------------------------------------------------------------------- */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                     int *ret_flags)
{
    Disk *disk = vfs->pAppData;
    DiskHandle *handle = handle_of(base);
    base->pMethods = NULL;
    if (!disk_tick(disk, NULL))
        return SQLITE_CANTOPEN;
    DiskFile *file = name ? disk_find(disk, name) : NULL;
    if (!file && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    *handle = (DiskHandle){
        .base = {&disk_methods},
        .disk = disk,
        .file = file ? file : disk_make(disk, name),
        .life = disk->life,
        .delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
    };
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    Disk *disk = vfs->pAppData;
    if (!disk_tick(disk, NULL))
        return SQLITE_IOERR_DELETE;
    DiskFile *file = disk_find(disk, name);
    if (!file)
        return SQLITE_IOERR_DELETE_NOENT;
    disk_remove(file, sync_folder != 0);
    return SQLITE_OK;
}

static int has_file(sqlite3_vfs *vfs, const char *name, int flags, int *ret_has)
{
    Disk *disk = vfs->pAppData;
    if (!disk_tick(disk, NULL))
        return SQLITE_IOERR_ACCESS;
    const DiskFile *file = disk_find(disk, name);
    *ret_has = file && (flags != SQLITE_ACCESS_EXISTS || file->seen->len > 0);
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int bytes, char *ret_name)
{
    (void)vfs;
    return g_strlcpy(ret_name, name, (gsize)bytes) < (gsize)bytes ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int randomness(sqlite3_vfs *vfs, int n, char *ret_bytes)
{
    Disk *disk = vfs->pAppData;
    disk->chance.random.fill(&disk->chance.random, ret_bytes, (size_t)n);
    return n;
}

/* Nobody else runs meanwhile: to wait would change nothing. */
static int pass_time(sqlite3_vfs *vfs, int microseconds)
{
    (void)vfs;
    return microseconds;
}

static int current_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
    (void)vfs;
    *ret_ms = 0;
    return SQLITE_OK;
}

void disk_vfs_init(Disk *disk)
{
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = sizeof(DiskHandle),
        .mxPathname = NAME_BYTES,
        .zName = disk_vfs,
        .pAppData = disk,
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = has_file,
        .xFullPathname = full_name,
        .xRandomness = randomness,
        .xSleep = pass_time,
        .xCurrentTimeInt64 = current_time,
    };
}
