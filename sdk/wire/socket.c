#include "wire/socket.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

/* Below this a copy is cheaper than the reference count that another thread drops. */
#define COPY_BELOW 4096

bool wire_socket_prepare(void *socket, GError **error)
{
    const int none = 0;
    const int queue = 1000;
    const int64_t frame_max = WIRE_BODY_MAX;
    if (zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none) == 0 &&
        zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue) == 0 &&
        zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, sizeof queue) == 0 &&
        zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0) {
        return true;
    }
    g_set_error(error, WIRE_ERROR, WIRE_ERROR_SOCKET, "a socket could not be set up: %s",
                zmq_strerror(errno));
    return false;
}

static void release(void *data, void *hint)
{
    (void)data;
    g_bytes_unref(hint);
}

static bool send_frame(void *socket, GBytes *frame, int flags)
{
    size_t n;
    const void *bytes = g_bytes_get_data(frame, &n);
    if (n < COPY_BELOW) {
        return zmq_send(socket, n > 0 ? bytes : "", n, flags | ZMQ_DONTWAIT) >= 0;
    }
    zmq_msg_t message;
    zmq_msg_init_data(&message, (void *)(uintptr_t)bytes, n, release, g_bytes_ref(frame));
    if (zmq_msg_send(&message, socket, flags | ZMQ_DONTWAIT) >= 0) {
        return true;
    }
    int reason = errno;
    zmq_msg_close(&message);
    errno = reason;
    return false;
}

/* Only the first frame of a message can be refused: ZeroMQ has taken the room for all of it by
 * then. */
static bool send_frames(void *socket, GBytes *peer, GBytes *const *frames, size_t n)
{
    if (peer != NULL && !send_frame(socket, peer, ZMQ_SNDMORE)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!send_frame(socket, frames[i], i + 1 < n ? ZMQ_SNDMORE : 0)) {
            return false;
        }
    }
    return true;
}

bool wire_send(void *socket, GBytes *peer, const WireMessage *message, GError **error)
{
    GBytes *frames[WIRE_FRAMES_MAX];
    size_t n = wire_encode(message, frames, error);
    if (n == 0) {
        errno = EMSGSIZE;
        return false;
    }
    bool sent = send_frames(socket, peer, frames, n);
    int reason = errno;
    for (size_t i = 0; i < n; i++) {
        g_bytes_unref(frames[i]);
    }
    errno = reason;
    return sent;
}

static void close_message(void *message)
{
    zmq_msg_close(message);
    g_free(message);
}

static GBytes *frame_of(zmq_msg_t *message)
{
    size_t n = zmq_msg_size(message);
    if (n < COPY_BELOW) {
        GBytes *copy = g_bytes_new(zmq_msg_data(message), n);
        zmq_msg_close(message);
        return copy;
    }
    zmq_msg_t *kept = g_new(zmq_msg_t, 1);
    zmq_msg_init(kept);
    zmq_msg_move(kept, message);
    zmq_msg_close(message);
    return g_bytes_new_with_free_func(zmq_msg_data(kept), n, close_message, kept);
}

/* All frames of one message, the surplus counted and dropped. */
static size_t receive_frames(void *socket, GBytes **ret_frames, size_t max)
{
    size_t n = 0;
    bool more = true;
    while (more) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&message);
            break;
        }
        more = zmq_msg_more(&message);
        if (n < max) {
            ret_frames[n] = frame_of(&message);
        } else {
            zmq_msg_close(&message);
        }
        n++;
    }
    return n;
}

WireReceived wire_receive(void *socket, WireSide from, GBytes **ret_peer, WireMessage **ret_message,
                          GError **error)
{
    GBytes *frames[1 + WIRE_FRAMES_MAX];
    size_t max = WIRE_FRAMES_MAX + (ret_peer != NULL ? 1 : 0);
    size_t n = receive_frames(socket, frames, max);
    if (n == 0) {
        return WIRE_NOTHING;
    }
    size_t first = ret_peer != NULL ? 1 : 0;
    WireMessage *message = NULL;
    if (n > max) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%zu frames, at most %zu", n, max);
    } else {
        message = wire_decode(frames + first, n - first, from, error);
    }
    if (ret_peer != NULL) {
        *ret_peer = g_bytes_ref(frames[0]);
    }
    for (size_t i = 0; i < MIN(n, max); i++) {
        g_bytes_unref(frames[i]);
    }
    *ret_message = message;
    return message != NULL ? WIRE_RECEIVED : WIRE_MALFORMED;
}
