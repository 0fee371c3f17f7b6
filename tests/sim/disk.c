/* Files, and what a crash leaves of them. */
#include "sim/disk_file.h"

#include <string.h>

const char disk_vfs[] = "sim-disk";

static bool flip(Disk *disk, uint64_t n)
{
    return n && random_below(&disk->chance.random, n) == 0;
}

bool disk_fails(Disk *disk, uint64_t n)
{
    bool fails = !disk->calm && flip(disk, n);
    disk->counters.failed_calls += fails;
    return fails;
}

bool disk_tick(Disk *disk, const DiskHandle *handle)
{
    if (!disk->calm && disk->calls_left && --disk->calls_left == 0)
        disk_crash(disk);
    return !disk->off && (!handle || handle->life == disk->life);
}

/* ---- files ------------------------------------------------------------------------------------ */

static void clear_write(void *data)
{
    DiskWrite *write = data;
    if (write->bytes)
        g_bytes_unref(write->bytes);
}

static void file_free(void *data)
{
    DiskFile *file = data;
    g_free(file->name);
    g_byte_array_unref(file->seen);
    g_byte_array_unref(file->safe);
    g_array_unref(file->writes);
    if (file->regions)
        g_ptr_array_unref(file->regions);
    g_free(file);
}

DiskFile *disk_find(Disk *disk, const char *name)
{
    for (guint i = 0; i < disk->files->len; i++) {
        DiskFile *file = disk->files->pdata[i];
        if (!file->removed && g_strcmp0(file->name, name) == 0)
            return file;
    }
    return NULL;
}

DiskFile *disk_make(Disk *disk, const char *name)
{
    DiskFile *file = g_new0(DiskFile, 1);
    file->name = g_strdup(name);
    file->seen = g_byte_array_new();
    file->safe = g_byte_array_new();
    file->writes = g_array_new(FALSE, FALSE, sizeof(DiskWrite));
    g_array_set_clear_func(file->writes, clear_write);
    g_ptr_array_add(disk->files, file);
    return file;
}

void disk_remove(DiskFile *file, bool safely)
{
    file->removed = true;
    if (safely)
        g_clear_pointer(&file->name, g_free);
}

int64_t disk_bytes(const Disk *disk)
{
    int64_t sum = 0;
    for (guint i = 0; i < disk->files->len; i++) {
        const DiskFile *file = disk->files->pdata[i];
        sum += file->removed ? 0 : file->seen->len;
    }
    return sum;
}

bool disk_has_room(const Disk *disk, const DiskFile *file, int64_t end)
{
    int64_t grows = MAX(end - (int64_t)file->seen->len, 0);
    return disk->calm || !disk->weather.capacity_bytes || grows == 0 ||
           disk_bytes(disk) + grows <= disk->weather.capacity_bytes;
}

static void resize(GByteArray *bytes, int64_t size)
{
    guint before = bytes->len;
    g_byte_array_set_size(bytes, (guint)size);
    if (bytes->len > before)
        memset(bytes->data + before, 0, bytes->len - before);
}

static void put(GByteArray *target, int64_t offset, const void *bytes, size_t n)
{
    if ((int64_t)target->len < offset + (int64_t)n)
        resize(target, offset + (int64_t)n);
    memcpy(target->data + offset, bytes, n);
}

static void apply(GByteArray *target, const DiskWrite *write)
{
    if (write->bytes) {
        gsize n = 0;
        const void *bytes = g_bytes_get_data(write->bytes, &n);
        put(target, write->offset, bytes, n);
    } else if ((int64_t)target->len > write->offset) {
        resize(target, write->offset);
    }
}

static void note(DiskFile *file, DiskWrite write)
{
    apply(file->seen, &write);
    g_array_append_val(file->writes, write);
}

void disk_write(DiskFile *file, int64_t offset, const void *bytes, size_t n)
{
    note(file, (DiskWrite){offset, g_bytes_new(bytes, n)});
}

void disk_truncate(DiskFile *file, int64_t size)
{
    note(file, (DiskWrite){size, NULL});
}

/* SQLite syncs the folder with the first sync of a new log or journal: names that came, and those that went, are safe. */
static void sync_folder(Disk *disk)
{
    for (guint i = 0; i < disk->files->len; i++) {
        DiskFile *file = disk->files->pdata[i];
        if (file->removed)
            g_clear_pointer(&file->name, g_free);
        file->named_safely = true;
    }
}

void disk_sync(Disk *disk, DiskFile *file)
{
    for (guint i = 0; i < file->writes->len; i++)
        apply(file->safe, &g_array_index(file->writes, DiskWrite, i));
    g_array_set_size(file->writes, 0);
    if (!file->named_safely)
        sync_folder(disk);
}

/* ---- a crash ---------------------------------------------------------------------------------- */

/* How the unsynced writes fare: all alike, or each by its own chance. */
typedef enum { LUCK_NONE, LUCK_ALL, LUCK_PREFIX, LUCK_ANY, N_LUCKS } Luck;

static void apply_sectors(Disk *disk, DiskFile *file, const DiskWrite *write)
{
    gsize n = 0, kept = 0;
    const guint8 *bytes = g_bytes_get_data(write->bytes, &n);
    for (gsize from = 0; from < n;) {
        gsize room = DISK_SECTOR - (gsize)((write->offset + (int64_t)from) % DISK_SECTOR);
        gsize piece = MIN(room, n - from);
        if (flip(disk, 2)) {
            put(file->safe, write->offset + (int64_t)from, bytes + from, piece);
            kept += piece;
        }
        from += piece;
    }
    disk->counters.torn_writes += kept > 0 && kept < n;
    disk->counters.kept_writes += kept == n;
    disk->counters.lost_writes += kept == 0;
}

static void fare(Disk *disk, DiskFile *file, const DiskWrite *write, Luck luck)
{
    bool tears = write->bytes && luck == LUCK_ANY && flip(disk, 3);
    if (tears) {
        apply_sectors(disk, file, write);
    } else if (luck == LUCK_ALL || (luck == LUCK_ANY && flip(disk, 2))) {
        apply(file->safe, write);
        disk->counters.kept_writes++;
    } else {
        disk->counters.lost_writes++;
    }
}

static void settle_writes(Disk *disk, DiskFile *file, Luck luck)
{
    guint n = file->writes->len;
    guint prefix = luck == LUCK_PREFIX && n ? (guint)random_below(&disk->chance.random, n) : n;
    for (guint i = 0; i < n; i++) {
        Luck own = luck != LUCK_PREFIX ? luck
                   : i < prefix        ? LUCK_ALL
                   : i == prefix       ? LUCK_ANY
                                       : LUCK_NONE;
        fare(disk, file, &g_array_index(file->writes, DiskWrite, i), own);
    }
    g_array_set_size(file->writes, 0);
    g_byte_array_set_size(file->seen, 0);
    g_byte_array_append(file->seen, file->safe->data, file->safe->len);
}

void disk_sync_badly(Disk *disk, DiskFile *file)
{
    for (guint i = file->writes->len; i > 0; i--)
        if (flip(disk, 2))
            g_array_remove_index(file->writes, i - 1);
}

static void forget_locks(Disk *disk, DiskFile *file)
{
    file->n_shared = 0;
    file->reserved = file->pending = file->exclusive = NULL;
    if (file->regions)
        g_ptr_array_add(disk->graves, g_steal_pointer(&file->regions));
    file->n_mapped = 0;
    memset(file->shm_shared, 0, sizeof file->shm_shared);
    memset(file->shm_exclusive, 0, sizeof file->shm_exclusive);
}

/* A name that was made or taken away without a sync of its folder may be there or not. */
static void settle_name(Disk *disk, DiskFile *file)
{
    bool back = file->removed && file->name && file->named_safely && !disk_find(disk, file->name) &&
                flip(disk, 2);
    if (back)
        file->removed = false;
    else if (!file->removed && !file->named_safely && flip(disk, 2))
        file->removed = true;
    if (file->removed)
        g_clear_pointer(&file->name, g_free);
    else
        file->named_safely = true;
}

void disk_kill(Disk *disk)
{
    for (guint i = 0; i < disk->files->len; i++)
        forget_locks(disk, disk->files->pdata[i]);
    disk->off = true;
    disk->life++;
    disk->calls_left = 0;
}

void disk_crash(Disk *disk)
{
    if (disk->off)
        return;
    Luck luck = (Luck)random_below(&disk->chance.random, N_LUCKS);
    for (guint i = 0; i < disk->files->len; i++)
        settle_writes(disk, disk->files->pdata[i], luck);
    for (guint i = 0; i < disk->files->len; i++)
        settle_name(disk, disk->files->pdata[i]);
    disk_kill(disk);
    disk->counters.crashes++;
}

/* ---- the disk --------------------------------------------------------------------------------- */

void disk_weather(Disk *disk, const DiskWeather *weather)
{
    disk->weather = *weather;
}

void disk_calm(Disk *disk, bool calm)
{
    disk->calm += calm ? 1 : -1;
}

void disk_crash_in(Disk *disk, uint64_t calls)
{
    disk->calls_left = calls;
}

bool disk_is_off(const Disk *disk)
{
    return disk->off;
}

void disk_power_on(Disk *disk)
{
    disk->off = false;
}

const DiskCounters *disk_counters(const Disk *disk)
{
    return &disk->counters;
}

static void free_regions(void *regions)
{
    g_ptr_array_unref(regions);
}

Disk *disk_new(uint64_t seed)
{
    Disk *disk = g_new0(Disk, 1);
    seeded_random_init(&disk->chance, seed);
    disk->files = g_ptr_array_new_with_free_func(file_free);
    disk->graves = g_ptr_array_new_with_free_func(free_regions);
    disk_vfs_init(disk);
    int code = sqlite3_vfs_register(&disk->vfs, 1);
    g_assert_cmpint(code, ==, SQLITE_OK);
    sqlite3_randomness(0, NULL); /* begins anew, from ours */
    return disk;
}

void disk_free(Disk *disk)
{
    sqlite3_vfs_unregister(&disk->vfs);
    sqlite3_randomness(0, NULL);
    g_ptr_array_unref(disk->files);
    g_ptr_array_unref(disk->graves);
    g_free(disk);
}
