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

static bool send_frame(void *socket, const WireFrame *frame, int flags)
{
    if (frame->owner == NULL || frame->n < COPY_BELOW) {
        return zmq_send(socket, frame->p, frame->n, flags | ZMQ_DONTWAIT) >= 0;
    }
    zmq_msg_t message;
    zmq_msg_init_data(&message, (void *)(uintptr_t)frame->p, frame->n, release,
                      g_bytes_ref(frame->owner));
    if (zmq_msg_send(&message, socket, flags | ZMQ_DONTWAIT) >= 0) {
        return true;
    }
    int reason = errno;
    zmq_msg_close(&message);
    errno = reason;
    return false;
}

bool wire_send(void *socket, GBytes *peer, const WireMessage *message, GError **error)
{
    g_auto(WireEncoded) encoded = {.n = 0};
    if (!wire_encode(message, &encoded, error)) {
        errno = EMSGSIZE;
        return false;
    }
    size_t n_peer = 0;
    const void *name = peer != NULL ? g_bytes_get_data(peer, &n_peer) : NULL;
    const WireFrame to = {name, n_peer, NULL};
    /* Only the first frame of a message can be refused: ZeroMQ has taken the room for all of it by
     * then. */
    bool sent = peer == NULL || send_frame(socket, &to, ZMQ_SNDMORE);
    for (size_t i = 0; sent && i < encoded.n; i++) {
        sent = send_frame(socket, &encoded.frames[i], i + 1 < encoded.n ? ZMQ_SNDMORE : 0);
    }
    return sent;
}

static void close_message(void *message)
{
    zmq_msg_close(message);
    g_free(message);
}

/* A large frame stays where ZeroMQ put it, for as long as somebody refers to it. */
static WireFrame frame_of(zmq_msg_t *message)
{
    size_t n = zmq_msg_size(message);
    if (n < COPY_BELOW) {
        return (WireFrame){zmq_msg_data(message), n, NULL};
    }
    zmq_msg_t *kept = g_new(zmq_msg_t, 1);
    zmq_msg_init(kept);
    zmq_msg_move(kept, message);
    void *bytes = zmq_msg_data(kept);
    return (WireFrame){bytes, n, g_bytes_new_with_free_func(bytes, n, close_message, kept)};
}

/* All frames of one message, the surplus counted and dropped. */
static size_t receive_frames(void *socket, zmq_msg_t *messages, WireFrame *ret_frames, size_t max)
{
    size_t n = 0;
    bool more = true;
    while (more) {
        zmq_msg_t surplus;
        zmq_msg_t *message = n < max ? &messages[n] : &surplus;
        zmq_msg_init(message);
        if (zmq_msg_recv(message, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(message);
            break;
        }
        more = zmq_msg_more(message);
        if (n < max) {
            ret_frames[n] = frame_of(message);
        } else {
            zmq_msg_close(message);
        }
        n++;
    }
    return n;
}

static void release_frames(zmq_msg_t *messages, WireFrame *frames, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_clear_pointer(&frames[i].owner, g_bytes_unref);
        zmq_msg_close(&messages[i]);
    }
}

WireReceived wire_receive(void *socket, WireSide from, GBytes **ret_peer, WireMessage **ret_message,
                          GError **error)
{
    zmq_msg_t messages[1 + WIRE_FRAMES_MAX];
    WireFrame frames[1 + WIRE_FRAMES_MAX];
    size_t first = ret_peer != NULL ? 1 : 0;
    size_t max = WIRE_FRAMES_MAX + first;
    size_t n = receive_frames(socket, messages, frames, max);
    if (n == 0) {
        return WIRE_NOTHING;
    }
    WireMessage *message = NULL;
    if (n > max) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_FRAMES, "%zu frames, at most %zu", n, max);
    } else {
        message = wire_decode(frames + first, n - first, from, error);
    }
    if (ret_peer != NULL) {
        *ret_peer = g_bytes_new(frames[0].p, frames[0].n);
    }
    release_frames(messages, frames, MIN(n, max));
    *ret_message = message;
    return message != NULL ? WIRE_RECEIVED : WIRE_MALFORMED;
}
