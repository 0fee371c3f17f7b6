/* Frames between hub and host. First byte: 'h' the hub says it, else a host; then the frames, each
 * but the last ended by the byte 0x1e. What decodes is encoded and decodes to the same frames, and
 * its head is what a JSON parser reads. */
#include "wire/wire.h"

#include <jansson.h>
#include <string.h>

#include "fuzz.h"

#define FRAME_END 0x1e

enum { FRAME_HEAD = 3 };

static size_t split(const uint8_t *bytes, size_t n,
                    WireFrame ret_frames[static WIRE_FRAMES_MAX + 1])
{
    size_t n_frames = 0;
    for (const uint8_t *end = bytes + n; n_frames <= WIRE_FRAMES_MAX; bytes++) {
        const uint8_t *stop = bytes < end ? memchr(bytes, FRAME_END, (size_t)(end - bytes)) : NULL;
        ret_frames[n_frames++] = (WireFrame){bytes, (size_t)((stop ? stop : end) - bytes), NULL};
        if (!stop)
            break;
        bytes = stop;
    }
    return n_frames;
}

/* What a JSON parser refuses beyond the grammar: numbers that no double or int64 holds, and names
 * that come twice, of which the wire looks only at those it knows. */
static bool refused_beyond_grammar(const json_error_t *why)
{
    enum json_error_code code = json_error_code(why);
    return code == json_error_numeric_overflow || code == json_error_duplicate_key;
}

static void compare_field(const WireMessage *message, const WireField *field, const json_t *value)
{
    if (field->type == WIRE_TEXT)
        g_assert_cmpstr(wire_text(message, field->name), ==, json_string_value(value));
    else if (field->type == WIRE_INT)
        g_assert_cmpint(wire_int(message, field->name, 0), ==, json_integer_value(value));
    else
        g_assert_true(wire_bool(message, field->name) == json_is_true(value));
}

static void compare_head(const WireMessage *message, const WireFrame *head)
{
    if (head->n == 0)
        return;
    json_error_t why;
    json_t *json = json_loadb(head->p, head->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (!json && !refused_beyond_grammar(&why))
        g_error("a head that is no JSON was taken: %s", why.text);
    /* names written with escapes are not looked for */
    bool plain = json && !memchr(head->p, '\\', head->n);
    for (const WireField *field = wire_verbs[message->verb].fields; plain && field->name; field++)
        compare_field(message, field, json_object_get(json, field->name));
    json_decref(json);
}

static void code_again(const WireMessage *message, WireSide from)
{
    g_auto(WireEncoded) first = {.n = 0}, second = {.n = 0};
    g_assert_true(wire_encode(message, &first, NULL));
    g_autoptr(WireMessage) again = wire_decode(first.frames, first.n, from, NULL);
    g_assert_nonnull(again);
    g_assert_true(wire_encode(again, &second, NULL));
    g_assert_cmpuint(first.n, ==, second.n);
    for (size_t i = 0; i < first.n; i++)
        g_assert_true(first.frames[i].n == second.frames[i].n &&
                      memcmp(first.frames[i].p, second.frames[i].p, first.frames[i].n) == 0);
}

void fuzz_wire(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return;
    WireFrame frames[WIRE_FRAMES_MAX + 1];
    size_t n_frames = split(bytes + 1, n - 1, frames);
    WireSide from = bytes[0] == 'h' ? WIRE_FROM_HUB : WIRE_FROM_HOST;
    g_autoptr(GError) error = NULL;
    g_autoptr(WireMessage) message = wire_decode(frames, n_frames, from, &error);
    g_assert_true((message == NULL) == (error != NULL));
    if (!message)
        return;
    compare_head(message, &frames[FRAME_HEAD]);
    code_again(message, from);
}
