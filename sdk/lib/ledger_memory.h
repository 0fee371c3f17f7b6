/* What was last told of each row and account: a key, a hash of the content, and how often it changed. With it a file that
 * is read again tells only what changed, a value that goes back to what it was is told again, an interrupted poll goes on
 * where it was, and an id is the same whenever the same change is told twice.
 *
 * It is kept in the instance's durable state as numbered chunks; the cursor says which of them count. A chunk is written
 * after its page is durable: when that fails, the next poll tells that page again with the same ids, which the core drops. */
#ifndef DUNHUB_LEDGER_MEMORY_H
#define DUNHUB_LEDGER_MEMORY_H

#include "dunhub/sdk.h"

/* Open addressing, 64-bit keys that are hashes already; 0 is no key. */
typedef struct {
    uint64_t key, value;
} LedgerTableEntry;
typedef struct {
    LedgerTableEntry *entries;
    size_t n, capacity; /* capacity: a power of two */
} LedgerTable;

/* NULL: absent. Dies when the table grows. */
uint64_t *ledger_table_find(const LedgerTable *table, uint64_t key);
/* False: out of memory. */
bool ledger_table_put(LedgerTable *table, uint64_t key, uint64_t value);
void ledger_table_done(LedgerTable *table);

enum { LEDGER_TOLD_ROW = 1, LEDGER_TOLD_PAID = 2, LEDGER_TOLD_DISPUTED = 4 };
typedef struct {
    uint64_t content; /* 40 bits */
    unsigned flags;   /* 8 bits */
    unsigned change;  /* 16 bits, from 1 */
} LedgerTold;
uint64_t ledger_told_pack(LedgerTold told);
LedgerTold ledger_told_unpack(uint64_t value);

typedef struct {
    LedgerTable table;
    DunhubBuffer unsaved; /* entries since the latest chunk */
    uint64_t first, n;    /* chunks in use */
} LedgerMemory;

/* Loads the chunks first..first + n - 1; one that is missing is only a page that will be told again. False: the state
 * cannot be read and the result says so. */
bool ledger_memory_load(const DunhubTask *task, LedgerMemory *memory);
bool ledger_memory_put(LedgerMemory *memory, uint64_t key, LedgerTold told);
/* Writes what is unsaved as chunk number first + n; the cursor that was made durable before counts it already. */
bool ledger_memory_save(const DunhubTask *task, LedgerMemory *memory);
/* Too many chunks: all that is known goes to new ones. False: not needed, or it did not work and nothing has changed. */
bool ledger_memory_compact(const DunhubTask *task, LedgerMemory *memory, uint64_t *ret_old_first, uint64_t *ret_old_n);
/* After the cursor that counts the new chunks is durable. */
void ledger_memory_drop(const DunhubTask *task, uint64_t first, uint64_t n);
void ledger_memory_done(LedgerMemory *memory);

/* First 8 bytes of a SHA-256 over the parts, each preceded by its length; never 0. */
uint64_t ledger_memory_hash(const DunhubBytes *parts, size_t n);

#endif
