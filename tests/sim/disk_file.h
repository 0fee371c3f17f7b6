/* What the disk and its face towards SQLite share: files, and the writes that are not safe yet. */
#ifndef DUNHUB_TESTS_SIM_DISK_FILE_H
#define DUNHUB_TESTS_SIM_DISK_FILE_H

#include "sim/disk.h"

#include <sqlite3.h>

enum { DISK_SECTOR = 512, DISK_SHM_LOCKS = SQLITE_SHM_NLOCK };

typedef struct {
    int64_t offset; /* of a truncation: the new size */
    GBytes *bytes;  /* NULL: a truncation */
} DiskWrite;

typedef struct DiskHandle DiskHandle;

typedef struct {
    char *name;          /* NULL: of no name, or its name is another's by now */
    GByteArray *seen;    /* as programs see it */
    GByteArray *safe;    /* as it is after a crash, without the writes */
    GArray *writes;      /* DiskWrite, in order, since the last sync */
    bool named_safely;   /* its name outlives a crash */
    bool removed;        /* no longer found; after a crash perhaps again */
    /* locks: of the file, and of its shared memory */
    int n_shared;
    const DiskHandle *reserved, *pending, *exclusive;
    GPtrArray *regions;  /* of shared memory; NULL: not mapped */
    size_t n_mapped;     /* handles */
    int shm_shared[DISK_SHM_LOCKS];
    const DiskHandle *shm_exclusive[DISK_SHM_LOCKS];
} DiskFile;

struct Disk {
    sqlite3_vfs vfs;
    SeededRandom chance;
    DiskWeather weather;
    DiskCounters counters;
    GPtrArray *files;    /* DiskFile */
    GPtrArray *graves;   /* shared memory of before a crash: its users may still look at it */
    uint64_t life;       /* grows with every crash */
    uint64_t calls_left; /* until the next one; 0 none comes */
    int calm;
    bool off;
};

/* An open file; SQLite makes room for it. */
struct DiskHandle {
    sqlite3_file base;
    Disk *disk;
    DiskFile *file;
    uint64_t life;
    bool delete_on_close, mapped;
    int level;           /* SQLITE_LOCK_… */
    unsigned shm_shared, shm_exclusive; /* bits */
};

/* disk_vfs.c: fills in disk->vfs. */
void disk_vfs_init(Disk *disk);

DiskFile *disk_find(Disk *disk, const char *name); /* NULL: there is none */
DiskFile *disk_make(Disk *disk, const char *name);
void disk_remove(DiskFile *file, bool safely);
bool disk_has_room(const Disk *disk, const DiskFile *file, int64_t end);
void disk_write(DiskFile *file, int64_t offset, const void *bytes, size_t n);
void disk_truncate(DiskFile *file, int64_t size);
void disk_sync(Disk *disk, DiskFile *file);
/* A sync that fails: of what it was to make safe, chance decides what never will be. */
void disk_sync_badly(Disk *disk, DiskFile *file);
/* One call more. False: the power is off, or the handle is of before. */
bool disk_tick(Disk *disk, const DiskHandle *handle);
/* 1 in n, unless it is calm. */
bool disk_fails(Disk *disk, uint64_t n);

#endif
