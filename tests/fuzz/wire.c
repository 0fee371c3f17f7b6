/* Frames between hub and host. First byte: 'h' the hub says it, else a host; then the frames, each
 * but the last ended by the byte 0x1e. What decodes is encoded and decodes to the same frames. */
#include "wire/wire.h"

#include <string.h>

#include "fuzz.h"

#define FRAME_END 0x1e

static size_t split(const uint8_t *bytes, size_t n, GBytes *ret_frames[static WIRE_FRAMES_MAX + 1])
{
    size_t n_frames = 0;
    for (const uint8_t *end = bytes + n; n_frames <= WIRE_FRAMES_MAX; bytes++) {
        const uint8_t *stop = bytes < end ? memchr(bytes, FRAME_END, (size_t)(end - bytes)) : NULL;
        ret_frames[n_frames++] = g_bytes_new(bytes, (size_t)((stop ? stop : end) - bytes));
        if (!stop)
            break;
        bytes = stop;
    }
    return n_frames;
}

static void drop(GBytes **frames, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_bytes_unref(frames[i]);
}

static void code_again(const WireMessage *message, WireSide from)
{
    GBytes *first[WIRE_FRAMES_MAX], *second[WIRE_FRAMES_MAX];
    size_t n_first = wire_encode(message, first, NULL);
    g_assert_cmpuint(n_first, >, 0);
    g_autoptr(WireMessage) again = wire_decode(first, n_first, from, NULL);
    g_assert_nonnull(again);
    size_t n_second = wire_encode(again, second, NULL);
    g_assert_cmpuint(n_first, ==, n_second);
    for (size_t i = 0; i < n_first; i++)
        g_assert_true(g_bytes_equal(first[i], second[i]));
    drop(first, n_first);
    drop(second, n_second);
}

void fuzz_wire(const uint8_t *bytes, size_t n)
{
    if (n == 0)
        return;
    GBytes *frames[WIRE_FRAMES_MAX + 1];
    size_t n_frames = split(bytes + 1, n - 1, frames);
    WireSide from = bytes[0] == 'h' ? WIRE_FROM_HUB : WIRE_FROM_HOST;
    g_autoptr(GError) error = NULL;
    g_autoptr(WireMessage) message = wire_decode(frames, n_frames, from, &error);
    g_assert_true((message == NULL) == (error != NULL));
    if (message)
        code_again(message, from);
    drop(frames, n_frames);
}
