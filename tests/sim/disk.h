/* A disk in memory that SQLite writes to (a VFS with shared memory of its own, for several connections), and that loses power.
 *
 * Of every file it keeps what is safe (synced) and the writes since. When the power goes, each of these writes survives, is
 * lost or is torn, sector by sector, in any order; shared memory is gone; handles of before answer every call with an error.
 * A sync that fails may have lost what it was to make safe, and a later one that succeeds does not bring it back: that is how
 * Linux behaves. All chance comes from the seed. One thread. */
#ifndef DUNHUB_TESTS_SIM_DISK_H
#define DUNHUB_TESTS_SIM_DISK_H

#include "base/clock.h"

typedef struct Disk Disk;

/* Chances of 1 in n for each call of that kind; 0: never. */
typedef struct {
    uint64_t read_fails, write_fails, sync_fails, busy;
    int64_t capacity_bytes; /* of all files together; 0: no limit */
} DiskWeather;

typedef struct {
    uint64_t reads, writes, syncs, crashes;
    uint64_t lost_writes, torn_writes, kept_writes; /* unsynced ones, when the power went */
    uint64_t failed_calls, full_calls;
} DiskCounters;

/* Registers itself as SQLite's default VFS, so that SQLite's own randomness is the seed's too. One at a time. */
Disk *disk_new(uint64_t seed);
void disk_free(Disk *disk); /* every connection is closed */
extern const char disk_vfs[]; /* name of the VFS: `files` of store_open */

void disk_weather(Disk *disk, const DiskWeather *weather);
/* While it is calm nothing fails and no crash comes nearer: for those who only look. May nest. */
void disk_calm(Disk *disk, bool calm);
/* The power goes at the call-th call from now on; 0: not by itself. */
void disk_crash_in(Disk *disk, uint64_t calls);
/* The power goes now. */
void disk_crash(Disk *disk);
/* Every process on it ends; what was written stays, synced or not. */
void disk_kill(Disk *disk);
/* Whether it is off. Everything fails until disk_power_on. */
bool disk_is_off(const Disk *disk);
void disk_power_on(Disk *disk);
int64_t disk_bytes(const Disk *disk); /* of all files as they are seen */
const DiskCounters *disk_counters(const Disk *disk);

#endif
