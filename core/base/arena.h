/* Memory that is freed all at once: a decision's inputs and outputs, a parsed file. */
#ifndef DUNHUB_BASE_ARENA_H
#define DUNHUB_BASE_ARENA_H

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
/* Keeps the largest block, forgets everything allocated from the arena. */
void arena_reset(Arena *arena);

/* Zeroed, aligned for any type; never NULL (memory exhaustion aborts, as in GLib). bytes may be 0. */
void *arena_alloc(Arena *arena, size_t bytes);
/* The same with whatever the bytes happen to be: for what is written at once. */
void *arena_take(Arena *arena, size_t bytes);
void *arena_dup(Arena *arena, const void *from, size_t bytes);
/* NULL in, NULL out. */
char *arena_strdup(Arena *arena, const char *text);
char *arena_strndup(Arena *arena, const char *text, size_t bytes);
char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *arena_vprintf(Arena *arena, const char *format, va_list arguments) G_GNUC_PRINTF(2, 0);
/* Bytes handed out since the last reset. */
size_t arena_used(const Arena *arena);
/* That address lies in memory of this arena. */
bool arena_holds(const Arena *arena, const void *address);

#define arena_new0(arena, Type, n) ((Type *)arena_alloc((arena), sizeof(Type) * (size_t)(n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

#endif
