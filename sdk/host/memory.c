#include "host/memory.h"

#include <stdalign.h>
#include <stdlib.h>

#define BLOCK_BYTES ((size_t)16 << 10)

struct MemoryBlock {
    MemoryBlock *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

static MemoryBlock *add_block(Memory *memory, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    MemoryBlock *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    /* A large one goes behind the first, whose rest is still of use. */
    if (memory->blocks != NULL && bytes > BLOCK_BYTES) {
        block->next = memory->blocks->next;
        memory->blocks->next = block;
    } else {
        block->next = memory->blocks;
        memory->blocks = block;
    }
    return block;
}

void *memory_alloc(Memory *memory, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    if (bytes > MEMORY_CALL_MAX) {
        return NULL;
    }
    size_t rounded = (bytes + align - 1) / align * align;
    if (memory->given + rounded > MEMORY_CALL_MAX) {
        return NULL;
    }
    MemoryBlock *block = memory->blocks;
    if (block == NULL || block->size - block->used < rounded) {
        block = add_block(memory, rounded);
    }
    if (block == NULL) {
        return NULL;
    }
    void *start = block->bytes + block->used;
    block->used += rounded;
    memory->given += rounded;
    return start;
}

void memory_free(Memory *memory)
{
    while (memory->blocks != NULL) {
        MemoryBlock *block = memory->blocks;
        memory->blocks = block->next;
        free(block);
    }
    memory->given = 0;
}
