#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_BLOCK_BYTES = 4096, LARGEST_GROWTH_BYTES = 1 << 20 };

typedef struct Block Block;
struct Block {
    Block *previous;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct Arena {
    Block *top; /* the block that is being filled; the others are behind it */
};

Arena *arena_new(void)
{
    return g_new0(Arena, 1);
}

static void blocks_free(Block *block)
{
    while (block != NULL) {
        Block *previous = block->previous;
        g_free(block);
        block = previous;
    }
}

void arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    blocks_free(arena->top);
    g_free(arena);
}

void arena_reset(Arena *arena)
{
    Block *largest = NULL;
    Block *others = NULL;
    for (Block *block = arena->top, *previous = NULL; block != NULL; block = previous) {
        previous = block->previous;
        Block *loser = block;
        if (largest == NULL || block->capacity > largest->capacity) {
            loser = largest;
            largest = block;
        }
        if (loser != NULL) {
            loser->previous = others;
            others = loser;
        }
    }
    blocks_free(others);
    if (largest != NULL) {
        largest->previous = NULL;
        largest->used = 0;
    }
    arena->top = largest;
}

static Block *block_push(Arena *arena, size_t least)
{
    size_t capacity = FIRST_BLOCK_BYTES;
    if (arena->top != NULL)
        capacity = MIN(arena->top->capacity * 2, LARGEST_GROWTH_BYTES);
    capacity = MAX(capacity, least);
    Block *block = g_malloc(sizeof *block + capacity);
    *block = (Block){.previous = arena->top, .capacity = capacity};
    arena->top = block;
    return block;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    const size_t step = alignof(max_align_t);
    g_assert(bytes <= SIZE_MAX / 2);
    size_t rounded = (MAX(bytes, 1) + step - 1) / step * step;
    Block *block = arena->top;
    if (block == NULL || block->capacity - block->used < rounded)
        block = block_push(arena, rounded);
    void *start = block->bytes + block->used;
    block->used += rounded;
    return memset(start, 0, rounded);
}

void *arena_dup(Arena *arena, const void *from, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes);
    if (bytes > 0)
        memcpy(copy, from, bytes);
    return copy;
}

char *arena_strdup(Arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_dup(arena, text, strlen(text) + 1);
}

char *arena_strndup(Arena *arena, const char *text, size_t bytes)
{
    if (text == NULL)
        return NULL;
    size_t n = strnlen(text, bytes);
    char *copy = arena_alloc(arena, n + 1);
    memcpy(copy, text, n);
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return arena_strdup(arena, text);
}
