#include "lib/ledger_memory.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_ENTRIES = 12000, CHUNKS_FEW = 32, CONTENT_BITS = 40, NAMES = 1000000 };

/* ---- table ---- */

static size_t slot_of(const LedgerTable *table, uint64_t key)
{
    size_t mask = table->capacity - 1, i = key & mask;
    while (table->entries[i].key && table->entries[i].key != key)
        i = (i + 1) & mask;
    return i;
}

uint64_t *ledger_table_find(const LedgerTable *table, uint64_t key)
{
    if (!table->n)
        return NULL;
    LedgerTableEntry *entry = &table->entries[slot_of(table, key)];
    return entry->key ? &entry->value : NULL;
}

static bool grow(LedgerTable *table)
{
    LedgerTable larger = {NULL, table->n, table->capacity ? table->capacity * 2 : 1024};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->entries[i].key)
            larger.entries[slot_of(&larger, table->entries[i].key)] = table->entries[i];
    free(table->entries);
    *table = larger;
    return true;
}

bool ledger_table_put(LedgerTable *table, uint64_t key, uint64_t value)
{
    if (table->n >= table->capacity / 4 * 3 && !grow(table))
        return false;
    LedgerTableEntry *entry = &table->entries[slot_of(table, key)];
    table->n += entry->key == 0;
    *entry = (LedgerTableEntry){key, value};
    return true;
}

void ledger_table_done(LedgerTable *table)
{
    free(table->entries);
    *table = (LedgerTable){0};
}

/* ---- what was told ---- */

uint64_t ledger_told_pack(LedgerTold told)
{
    return told.content << (64 - CONTENT_BITS) | (uint64_t)(told.flags & 0xff) << 16 |
           (told.change & 0xffff);
}

LedgerTold ledger_told_unpack(uint64_t value)
{
    return (LedgerTold){value >> (64 - CONTENT_BITS), (unsigned)(value >> 16) & 0xff,
                        (unsigned)value & 0xffff};
}

/* Looked up once for the process: EVP_sha256() would be resolved anew for every hash. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

uint64_t ledger_memory_hash(const DunhubBytes *parts, size_t n)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    pthread_once(&sha256_once, fetch_sha256);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!sha256 || !context || !EVP_DigestInit_ex(context, sha256, NULL))
        abort(); /* only out of memory */
    for (size_t i = 0; i < n; i++) {
        uint64_t length = parts[i].n;
        EVP_DigestUpdate(context, &length, sizeof length);
        EVP_DigestUpdate(context, parts[i].p, parts[i].n);
    }
    EVP_DigestFinal_ex(context, hash, NULL);
    EVP_MD_CTX_free(context);
    uint64_t value;
    memcpy(&value, hash, sizeof value);
    return value ? value : 1;
}

/* ---- chunks ---- */

static const char *chunk_name(uint64_t i, char ret[32])
{
    snprintf(ret, 32, "rows.%06" PRIu64, i % NAMES);
    return ret;
}

static bool take_chunk(LedgerMemory *memory, DunhubBytes bytes)
{
    for (size_t at = 0; at + sizeof(LedgerTableEntry) <= bytes.n; at += sizeof(LedgerTableEntry)) {
        LedgerTableEntry entry;
        memcpy(&entry, bytes.p + at, sizeof entry);
        if (entry.key && !ledger_table_put(&memory->table, entry.key, entry.value))
            return false;
    }
    return true;
}

bool ledger_memory_load(const DunhubTask *task, LedgerMemory *memory)
{
    for (uint64_t i = 0; i < memory->n; i++) {
        char name[32];
        DunhubBytes bytes = {0};
        uint64_t version = 0;
        int32_t found = task->host->state_get(task->call, chunk_name(memory->first + i, name),
                                              &bytes, &version);
        if (found < 0 || (found > 0 && !take_chunk(memory, bytes))) {
            dunhub_retry(
                task, 0, "state",
                "what was told of the ledger before could not be read from the hub's state");
            return false;
        }
    }
    return true;
}

bool ledger_memory_put(LedgerMemory *memory, uint64_t key, LedgerTold told)
{
    LedgerTableEntry entry = {key, ledger_told_pack(told)};
    dunhub_append(&memory->unsaved, &entry, sizeof entry);
    return ledger_table_put(&memory->table, entry.key, entry.value) && !memory->unsaved.failed;
}

static bool put_chunk(const DunhubTask *task, uint64_t i, DunhubBytes bytes)
{
    char name[32];
    DunhubBytes before;
    uint64_t version = 0;
    int32_t found = task->host->state_get(task->call, chunk_name(i, name), &before, &version);
    return found >= 0 && task->host->state_put(task->call, name, bytes, found ? version : 0) == 0;
}

bool ledger_memory_save(const DunhubTask *task, LedgerMemory *memory)
{
    bool saved = put_chunk(task, memory->first + memory->n,
                           (DunhubBytes){memory->unsaved.p, memory->unsaved.n});
    memory->n++;
    memory->unsaved.n = 0;
    return saved;
}

bool ledger_memory_compact(const DunhubTask *task, LedgerMemory *memory, uint64_t *ret_old_first,
                           uint64_t *ret_old_n)
{
    uint64_t needed = memory->table.n / CHUNK_ENTRIES + 1;
    if (memory->n <= CHUNKS_FEW || memory->n <= 2 * needed)
        return false;
    LedgerTableEntry *entries = malloc(CHUNK_ENTRIES * sizeof *entries);
    uint64_t next = memory->first + memory->n;
    size_t n = 0;
    bool good = entries != NULL;
    for (size_t i = 0; good && i < memory->table.capacity; i++) {
        /* Not in the order of the slots: read back in that order they would fill a smaller table in one run. */
        const LedgerTableEntry *entry =
            &memory->table.entries[i * UINT64_C(0x9e3779b97f4a7c15) & (memory->table.capacity - 1)];
        if (entry->key)
            entries[n++] = *entry;
        if (n == CHUNK_ENTRIES || (n && i + 1 == memory->table.capacity)) {
            good =
                put_chunk(task, next++, (DunhubBytes){(const char *)entries, n * sizeof *entries});
            n = 0;
        }
    }
    free(entries);
    if (!good)
        return false;
    *ret_old_first = memory->first;
    *ret_old_n = memory->n;
    memory->first += memory->n;
    memory->n = next - memory->first;
    return true;
}

void ledger_memory_drop(const DunhubTask *task, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        if (!put_chunk(task, first + i, (DunhubBytes){"", 0}))
            return; /* what stays is only space */
}

void ledger_memory_done(LedgerMemory *memory)
{
    ledger_table_done(&memory->table);
    dunhub_buffer_done(&memory->unsaved);
}
