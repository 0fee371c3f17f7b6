#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
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

void *arena_take(Arena *arena, size_t bytes)
{
    const size_t step = alignof(max_align_t);
    g_assert(bytes <= SIZE_MAX / 2);
    size_t rounded = (MAX(bytes, 1) + step - 1) / step * step;
    Block *block = arena->top;
    if (block == NULL || block->capacity - block->used < rounded)
        block = block_push(arena, rounded);
    void *start = block->bytes + block->used;
    block->used += rounded;
    return start;
}

void *arena_alloc(Arena *arena, size_t bytes)
{
    return memset(arena_take(arena, bytes), 0, MAX(bytes, 1));
}

void *arena_dup(Arena *arena, const void *from, size_t bytes)
{
    void *copy = arena_take(arena, bytes);
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
    char *copy = arena_take(arena, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

char *arena_vprintf(Arena *arena, const char *format, va_list arguments)
{
    char usual[256];
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(usual, sizeof usual, format, arguments);
    g_assert(n >= 0);
    size_t bytes = (size_t)n + 1;
    char *text = arena_take(arena, bytes);
    if (bytes <= sizeof usual)
        memcpy(text, usual, bytes);
    else
        vsnprintf(text, bytes, format, again);
    va_end(again);
    return text;
}

size_t arena_used(const Arena *arena)
{
    size_t bytes = 0;
    for (const Block *block = arena->top; block != NULL; block = block->previous)
        bytes += block->used;
    return bytes;
}

bool arena_holds(const Arena *arena, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    for (const Block *block = arena->top; block != NULL; block = block->previous) {
        uintptr_t start = (uintptr_t)block->bytes;
        if (at >= start && at - start < block->used)
            return true;
    }
    return false;
}
