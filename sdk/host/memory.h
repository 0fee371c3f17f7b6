/* A call's memory: handed out zeroed, up to a limit, given back all at once when the handler has returned. */
#ifndef DUNHUB_HOST_MEMORY_H
#define DUNHUB_HOST_MEMORY_H

#include <stddef.h>

#define MEMORY_CALL_MAX ((size_t)64 << 20)

typedef struct MemoryBlock MemoryBlock;
typedef struct {
    MemoryBlock *blocks;
    size_t given; /* bytes, of all blocks */
} Memory;

/* Aligned for any type; NULL past the limit or when the system has none left. */
void *memory_alloc(Memory *memory, size_t bytes);
void memory_free(Memory *memory);

#endif
