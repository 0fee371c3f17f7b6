/* Events at the door. First line: the type; then its data. What is taken is written and taken again
 * as the same. */
#include "model/event.h"

#include <string.h>

#include "fuzz.h"

static void take_again(const Event *event, Arena *arena)
{
    g_autoptr(json_t) data = event_encode(event);
    g_autoptr(GError) error = NULL;
    Event again;
    bool taken = event_decode(event_types[event->kind].name, data, arena, &again, &error);
    g_assert_no_error(error);
    g_assert_true(taken);
    g_autoptr(json_t) second = event_encode(&again);
    g_assert_true(json_equal(data, second) || data == second);
}

void fuzz_event(const uint8_t *bytes, size_t n)
{
    const uint8_t *end = n ? memchr(bytes, '\n', n) : NULL;
    if (!end)
        return;
    g_autofree char *type = g_strndup((const char *)bytes, (gsize)(end - bytes));
    size_t n_data = n - (size_t)(end + 1 - bytes);
    g_autoptr(json_t) data = json_parse((const char *)end + 1, n_data, FUZZ_INPUT_MAX, NULL);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    Event event;
    bool taken = event_decode(type, data, arena, &event, &error);
    g_assert_true(taken == (error == NULL));
    if (taken)
        take_again(&event, arena);
}
