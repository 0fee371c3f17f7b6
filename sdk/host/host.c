#include "host/host.h"

#include "host/call.h"
#include "wire/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#define RECEIVE_PER_TURN 64
#define FLUSH_MS 500 /* for the last words to leave */
#define LEVEL_WARNING 3

typedef struct {
    void *socket;
    Desk *desk;
    int wake_fd, stop_fd;
    bool blocked; /* the socket took no more: wait until it does */
    bool ended;
    int64_t stop_at_us; /* INT64_MAX: not stopping */
    int64_t heard_at_us;
} Loop;

static bool say_now(void *socket, WireMessage *message)
{
    g_autoptr(WireMessage) owned = message;
    return wire_send(socket, NULL, owned, NULL);
}

static WireMessage *bye(const char *why, bool final)
{
    WireMessage *message = wire_message_new(WIRE_BYE, 0);
    wire_put_text(message, "why", why, strlen(why), WIRE_TEXT_MAX);
    wire_put_bool(message, "final", final);
    return message;
}

static WireMessage *hello(const char *token)
{
    WireMessage *message = wire_message_new(WIRE_HELLO, 0);
    wire_put_text(message, "token", token, strlen(token), WIRE_NAME_MAX);
    wire_put_int(message, "protocol", WIRE_PROTOCOL_MINOR);
    wire_put_int(message, "abi_major", DUNHUB_ABI_MAJOR);
    wire_put_int(message, "abi_minor", DUNHUB_ABI_MINOR);
    return message;
}

/* The value of the option that names what several instances share. */
static void put_shared(WireMessage *message, const Contract *contract, GHashTable *options)
{
    const char *name = contract->limits.shared_by;
    GBytes *value = name != NULL ? g_hash_table_lookup(options, name) : NULL;
    gsize n = 0;
    const char *text = value != NULL ? g_bytes_get_data(value, &n) : NULL;
    if (n > 0) {
        wire_put_text(message, "shared", text, n, WIRE_TEXT_MAX);
    }
}

static WireMessage *ready(const Contract *contract, GHashTable *options)
{
    const DunhubPlugin *plugin = &contract->plugin;
    const char *version = plugin->version != NULL ? plugin->version : "";
    WireMessage *message = wire_message_new(WIRE_READY, 0);
    wire_put_text(message, "name", plugin->name, strlen(plugin->name), WIRE_NAME_MAX);
    wire_put_text(message, "version", version, strlen(version), WIRE_NAME_MAX);
    wire_put_int(message, "concurrency", contract->limits.concurrency);
    wire_put_int(message, "per_minute", contract->limits.per_minute);
    wire_put_int(message, "timeout_ms", contract->limits.timeout_ms);
    wire_put_int(message, "per_day", contract->limits.per_day);
    put_shared(message, contract, options);
    return message;
}

/* ---- the main loop
 * -------------------------------------------------------------------------------------------------
 */

static void send_waiting(Loop *loop)
{
    loop->blocked = false;
    for (WireMessage *message; (message = desk_take(loop->desk)) != NULL;) {
        if (!wire_send(loop->socket, NULL, message, NULL) && errno == EAGAIN) {
            desk_put_back(loop->desk, message);
            loop->blocked = true;
            return;
        }
        wire_message_free(message);
    }
}

static void begin_stop(Loop *loop)
{
    if (loop->stop_at_us == INT64_MAX) {
        loop->stop_at_us = g_get_monotonic_time() + INT64_C(1000) * HOST_STOP_MS;
        desk_cancel_all(loop->desk);
    }
}

static void take_message(Loop *loop, WireMessage *message)
{
    loop->heard_at_us = g_get_monotonic_time();
    switch (message->verb) {
    case WIRE_CALL:
        desk_call(loop->desk, message);
        return;
    case WIRE_PAGE_OK:
    case WIRE_STATE:
        desk_answer(loop->desk, message);
        return;
    case WIRE_CANCEL:
        desk_cancel(loop->desk, message->call);
        break;
    case WIRE_PING:
        desk_post(loop->desk, wire_message_new(WIRE_PONG, 0));
        break;
    default:
        begin_stop(loop); /* BYE */
    }
    wire_message_free(message);
}

static void receive_waiting(Loop *loop)
{
    for (int i = 0; i < RECEIVE_PER_TURN; i++) {
        WireMessage *message = NULL;
        WireReceived received = wire_receive(loop->socket, WIRE_FROM_HUB, NULL, &message, NULL);
        if (received == WIRE_NOTHING) {
            return;
        }
        if (received == WIRE_RECEIVED) {
            take_message(loop, message);
        }
    }
}

static int poll_timeout_ms(int64_t until_us)
{
    int64_t left_ms = (until_us - g_get_monotonic_time() + 999) / 1000;
    return (int)CLAMP(left_ms, 0, INT32_MAX);
}

static bool wait_for_work(Loop *loop, int64_t until_us)
{
    zmq_pollitem_t items[] = {
        {loop->socket, 0, (short)(ZMQ_POLLIN | (loop->blocked ? ZMQ_POLLOUT : 0)), 0},
        {NULL, loop->wake_fd, ZMQ_POLLIN, 0},
        {NULL, loop->stop_fd, ZMQ_POLLIN, 0},
    };
    /* A stop that was seen stays readable: it is not looked at again. */
    int n = loop->stop_at_us == INT64_MAX ? 3 : 2;
    bool sleep = desk_listen(loop->desk) || loop->blocked;
    int ready = zmq_poll(items, n, sleep ? poll_timeout_ms(until_us) : 0);
    desk_stop_listening(loop->desk);
    if (ready < 0) {
        return errno == EINTR;
    }
    if (items[1].revents != 0) {
        uint64_t count;
        (void)!read(loop->wake_fd, &count, sizeof count);
    }
    if (n == 3 && items[2].revents != 0) {
        begin_stop(loop);
    }
    return true;
}

static void end_with(Loop *loop, const char *why)
{
    desk_post(loop->desk, bye(why, false));
    loop->ended = true;
}

/* What time and lost workers ask for. Returns when to look again. */
static int64_t look_at_clock(Loop *loop)
{
    int64_t next = desk_look_for_lost(loop->desk);
    int64_t now = g_get_monotonic_time();
    int64_t silent_at = loop->heard_at_us + INT64_C(1000) * HOST_SILENCE_MS;
    bool stopping = loop->stop_at_us != INT64_MAX;
    if (stopping && (now >= loop->stop_at_us || desk_busy(loop->desk) == 0)) {
        loop->ended = true;
    } else if (now >= silent_at) {
        end_with(loop, "the hub was silent");
    } else if (desk_lost(loop->desk) > 0 && desk_busy(loop->desk) == 0) {
        end_with(loop, "a handler did not return after its deadline: the host has to be replaced");
    }
    return MIN(MIN(next, silent_at), loop->stop_at_us);
}

static void turn_until_ended(Loop *loop)
{
    while (!loop->ended) {
        int64_t next = look_at_clock(loop);
        send_waiting(loop);
        if (loop->ended || !wait_for_work(loop, next)) {
            break;
        }
        receive_waiting(loop);
        send_waiting(loop);
    }
}

/* ---- beginning and end
 * --------------------------------------------------------------------------------------------- */

static void *connect_to_hub(void *context, const WireStart *start, GError **error)
{
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (socket == NULL || !wire_socket_prepare(socket, error) ||
        zmq_connect(socket, start->endpoint) != 0) {
        if (error == NULL || *error == NULL) {
            g_set_error(error, WIRE_ERROR, WIRE_ERROR_SOCKET, "no connection to the hub at %s: %s",
                        start->endpoint, zmq_strerror(errno));
        }
        if (socket != NULL) {
            zmq_close(socket);
        }
        return NULL;
    }
    return socket;
}

static Desk *open_desk(const WireStart *start, const Sandbox *sandbox, GError **error)
{
    g_autoptr(Contract) contract = contract_load(start->plugin, error);
    if (contract == NULL) {
        return NULL;
    }
    g_autoptr(GHashTable) options =
        options_resolve(contract, start->options, start->instance, error);
    if (options == NULL || (sandbox != NULL && !sandbox_narrow(sandbox, contract, start, error))) {
        return NULL;
    }
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_SOCKET,
                    "the host of '%s' got no descriptor to wake up by: %s", start->instance,
                    g_strerror(errno));
        return NULL;
    }
    return desk_new(g_steal_pointer(&contract), g_steal_pointer(&options), wake_fd);
}

static void close_socket(void *socket)
{
    const int linger = FLUSH_MS;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(socket);
}

static WireMessage *warning(const Sandbox *sandbox)
{
    g_autofree char *text = g_strdup_printf(
        "the plugin runs with less around it than usual; nothing limits: %s", sandbox->missing);
    WireMessage *message = wire_message_new(WIRE_LOG, 0);
    wire_put_int(message, "level", LEVEL_WARNING);
    wire_put_text(message, "message", text, strlen(text), WIRE_TEXT_MAX);
    return message;
}

void host_refuse(void *context, const WireStart *start, const char *why)
{
    void *socket = connect_to_hub(context, start, NULL);
    if (socket == NULL) {
        return;
    }
    say_now(socket, hello(start->token));
    say_now(socket, bye(why, true));
    close_socket(socket);
}

bool host_run(void *context, const WireStart *start, int stop_fd, const Sandbox *sandbox,
              unsigned *ret_lost, GError **error)
{
    void *socket = connect_to_hub(context, start, error);
    if (socket == NULL) {
        return false;
    }
    say_now(socket, hello(start->token));
    GError *reason = NULL;
    Desk *desk = open_desk(start, sandbox, &reason);
    if (desk == NULL) {
        say_now(socket, bye(reason->message, true));
        g_propagate_error(error, reason);
        close_socket(socket);
        return false;
    }
    desk_post(desk, ready(desk->contract, desk->options));
    if (sandbox != NULL && sandbox->missing[0] != '\0') {
        desk_post(desk, warning(sandbox));
    }
    Loop loop = {.socket = socket,
                 .desk = desk,
                 .wake_fd = desk->wake_fd,
                 .stop_fd = stop_fd,
                 .stop_at_us = INT64_MAX,
                 .heard_at_us = g_get_monotonic_time()};
    turn_until_ended(&loop);
    *ret_lost = desk_lost(desk) + (unsigned)desk_busy(desk);
    desk_close(desk);
    close_socket(socket);
    return true;
}
