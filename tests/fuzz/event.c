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

/* The way without a tree takes what the other one takes, and makes the same of it. */
static void take_bytes(EventKind kind, const uint8_t *bytes, size_t n, const Event *expected,
                       bool is_json, Arena *arena)
{
    g_autoptr(GError) error = NULL;
    Event event;
    bool taken = event_decode_bytes(kind, (const char *)bytes, n, arena, &event, &error);
    g_assert_true(taken == (error == NULL));
    g_assert_true(taken == (expected != NULL && (is_json || n == 0)));
    if (!taken)
        return;
    g_autoptr(json_t) one = event_encode(&event), two = event_encode(expected);
    g_assert_true(one == two || json_equal(one, two));
    g_assert_true(memcmp(event.present, expected->present, sizeof event.present) == 0);
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
    const EventType *known = event_type_by_name(type);
    if (known)
        take_bytes(known->kind, end + 1, n_data, taken ? &event : NULL, data != NULL, arena);
}
