#include "bus/bus.h"

#include "base/text.h"
#include "bus/link.h"
#include "host/confine.h"
#include "wire/socket.h"

#include <dunhub/plugin.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#define RECEIVE_PER_TURN 256
#define ENDS_PER_TURN 64
#define FREE_WAIT_MS 1500
#define WAIT_MAX_MS 60000

G_DEFINE_QUARK(dunhub - bus - error, bus_error)

int64_t bus_now_ms(const Bus *bus)
{
    return bus->clock->monotonic_ms(bus->clock);
}

/* ---- sockets
 * -------------------------------------------------------------------------------------------------------
 */

static bool fail(GError **error, const char *what, const char *why)
{
    g_set_error(error, BUS_ERROR, BUS_ERROR_SETUP, "%s: %s", what, why);
    return false;
}

/* Only ours, so that nobody else can reach the sockets in it. */
static bool make_run_dir(const char *run_dir, GError **error)
{
    struct stat at;
    if (g_mkdir_with_parents(run_dir, 0700) != 0 || g_lstat(run_dir, &at) != 0) {
        return fail(error, run_dir, g_strerror(errno));
    }
    if (!S_ISDIR(at.st_mode) || at.st_uid != geteuid()) {
        return fail(
            error, run_dir,
            "the folder for sockets is no folder or belongs to another user; name another one");
    }
    if ((at.st_mode & 077) != 0 && g_chmod(run_dir, 0700) != 0) {
        return fail(error, run_dir, g_strerror(errno));
    }
    return true;
}

static bool is_stale(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0) {
        close(fd);
    }
    return refused;
}

/* A hub that was killed leaves its socket behind. */
static void remove_stale_sockets(const char *run_dir)
{
    g_autoptr(GDir) dir = g_dir_open(run_dir, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_prefix(name, "bus.") && g_str_has_suffix(name, ".ipc")) {
            g_autofree char *path = g_build_filename(run_dir, name, NULL);
            if (is_stale(path)) {
                g_unlink(path);
            }
        }
    }
}

static bool name_endpoints(Bus *bus, const char *run_dir, GError **error)
{
    static gint serial;
    int number = g_atomic_int_add(&serial, 1);
    g_autofree char *dir = g_canonicalize_filename(run_dir, NULL);
    bus->socket_path = g_strdup_printf("%s/bus.%d.%d.ipc", dir, (int)getpid(), number);
    bus->process_endpoint = g_strconcat("ipc://", bus->socket_path, NULL);
    bus->thread_endpoint = g_strdup_printf("inproc://bus.%d", number);
    struct sockaddr_un address;
    if (strlen(bus->socket_path) >= sizeof address.sun_path) {
        return fail(
            error, bus->socket_path,
            "the path of a socket has at most 107 bytes; choose a shorter folder for sockets");
    }
    return true;
}

static bool open_router(Bus *bus, GError **error)
{
    const int one = 1;
    bus->router = zmq_socket(bus->context, ZMQ_ROUTER);
    if (bus->router == NULL || !wire_socket_prepare(bus->router, error)) {
        return false;
    }
    if (zmq_setsockopt(bus->router, ZMQ_ROUTER_MANDATORY, &one, sizeof one) != 0 ||
        zmq_bind(bus->router, bus->process_endpoint) != 0 ||
        zmq_bind(bus->router, bus->thread_endpoint) != 0) {
        return fail(error, bus->process_endpoint, zmq_strerror(errno));
    }
    return true;
}

static bool is_local(const char *endpoint)
{
    static const char *const prefixes[] = {"ipc://", "inproc://", "tcp://127.",
                                           "tcp://[::1]:", "tcp://localhost:"};
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(endpoint, prefixes[i])) {
            return true;
        }
    }
    return false;
}

static bool open_publisher(Bus *bus, const char *endpoint, GError **error)
{
    if (endpoint == NULL) {
        return true;
    }
    if (!is_local(endpoint)) {
        return fail(error, endpoint,
                    "events are published in the clear, so only to ipc://, inproc:// or tcp:// on "
                    "loopback");
    }
    bus->publisher = zmq_socket(bus->context, ZMQ_PUB);
    if (bus->publisher == NULL || !wire_socket_prepare(bus->publisher, error)) {
        return false;
    }
    return zmq_bind(bus->publisher, endpoint) == 0 || fail(error, endpoint, zmq_strerror(errno));
}

static bool open_sockets(Bus *bus, const char *run_dir, const char *publish, GError **error)
{
    bus->context = zmq_ctx_new();
    bus->ends_fd = epoll_create1(EPOLL_CLOEXEC);
    if (bus->context == NULL || bus->ends_fd < 0) {
        return fail(error, "the bus", g_strerror(errno));
    }
    if (!make_run_dir(run_dir, error) || !name_endpoints(bus, run_dir, error)) {
        return false;
    }
    remove_stale_sockets(run_dir);
    return open_router(bus, error) && open_publisher(bus, publish, error);
}

static void free_link(void *link)
{
    link_free(link);
}

Bus *bus_new(const char *run_dir, const char *plugin_dir, const char *host_program,
             const char *publish, Clock *clock, const BusEvents *events, GError **error)
{
    Bus *bus = g_new0(Bus, 1);
    bus->clock = clock;
    bus->events = *events;
    bus->plugin_dir = g_canonicalize_filename(plugin_dir, NULL);
    bus->host_program = g_canonicalize_filename(host_program, NULL);
    bus->links = g_ptr_array_new_with_free_func(free_link);
    bus->pools = g_ptr_array_new();
    bus->ends_fd = -1;
    /* The options that go to the hosts hold secrets. */
    if (!confine_dumps(error) || !open_sockets(bus, run_dir, publish, error)) {
        g_prefix_error(error, "the bus cannot be opened: ");
        bus_free(bus);
        return NULL;
    }
    return bus;
}

/* Real time: the hosts do not live by the clock of a test. */
static void stop_hosts(Bus *bus)
{
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        if (link->peer != NULL) {
            link_begin_stop(bus, link, "the hub stops");
        }
    }
    int64_t until = g_get_monotonic_time() + INT64_C(1000) * FREE_WAIT_MS;
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        int64_t left_ms = MAX(0, (until - g_get_monotonic_time()) / 1000);
        if (link->child.pid > 0 && link->peer != NULL) {
            child_ended(&link->child, left_ms, &link->end_status);
        }
        link_drop_host(bus, link);
    }
}

void bus_free(Bus *bus)
{
    if (bus == NULL) {
        return;
    }
    stop_hosts(bus);
    for (guint i = 0; i < bus->links->len; i++) {
        limits_leave(bus, g_ptr_array_index(bus->links, i));
    }
    g_ptr_array_unref(bus->links);
    g_ptr_array_unref(bus->pools);
    if (bus->router != NULL) {
        zmq_close(bus->router);
        g_unlink(bus->socket_path);
    }
    if (bus->publisher != NULL) {
        zmq_close(bus->publisher);
    }
    if (bus->context != NULL) {
        zmq_ctx_term(bus->context);
    }
    if (bus->ends_fd >= 0) {
        close(bus->ends_fd);
    }
    g_free(bus->plugin_dir);
    g_free(bus->host_program);
    g_free(bus->socket_path);
    g_free(bus->process_endpoint);
    g_free(bus->thread_endpoint);
    g_free(bus);
}

/* ---- instances
 * -----------------------------------------------------------------------------------------------------
 */

Link *bus_link(const Bus *bus, const char *instance)
{
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        if (!link->removing && g_str_equal(link->name, instance)) {
            return link;
        }
    }
    return NULL;
}

static bool check_instance(const Bus *bus, const InstanceConfig *config, GError **error)
{
    const char *problem = NULL;
    g_autofree char *file = g_strconcat(config->plugin, ".so", NULL);
    g_autofree char *path = g_build_filename(bus->plugin_dir, file, NULL);
    if (!text_is_name(config->name, 64)) {
        problem = "its name is no name (letters, digits, '_', '-', '.', at most 64)";
    } else if (!text_is_name(config->plugin, 64) || !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        problem = "there is no such plugin file";
    } else if (bus_link(bus, config->name) != NULL) {
        problem = "it is there already";
    } else if (bus->links->len >= BUS_INSTANCES_MAX) {
        problem = "there are too many instances";
    }
    if (problem != NULL) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_INSTANCE, "instance '%s' of plugin '%s' (%s): %s",
                    config->name, config->plugin, path, problem);
    }
    return problem == NULL;
}

bool bus_add(Bus *bus, const InstanceConfig *config, GError **error)
{
    if (!check_instance(bus, config, error)) {
        return false;
    }
    Link *link = link_new(config);
    g_ptr_array_add(bus->links, link);
    link_set_state(bus, link, LINK_BACKING_OFF);
    link->retry_at_ms = bus_now_ms(bus);
    return true;
}

bool bus_remove(Bus *bus, const char *instance)
{
    Link *link = bus_link(bus, instance);
    if (link != NULL) {
        link->removing = true;
    }
    return link != NULL;
}

size_t bus_credit(const Bus *bus, const char *instance)
{
    const Link *link = bus_link(bus, instance);
    return link != NULL ? link_credit(bus, link) : 0;
}

bool bus_send(Bus *bus, const char *instance, const BusCall *call, GError **error)
{
    Link *link = bus_link(bus, instance);
    if (link == NULL) {
        g_set_error(error, BUS_ERROR, BUS_ERROR_INSTANCE, "there is no instance '%s'", instance);
        return false;
    }
    return link_send(bus, link, call, error);
}

void bus_cancel(Bus *bus, const char *instance, uint64_t call)
{
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        if (g_str_equal(link->name, instance) && g_hash_table_contains(link->flights, &call)) {
            bus_say(bus, link, wire_message_new(WIRE_CANCEL, call));
        }
    }
}

size_t bus_in_flight(const Bus *bus)
{
    size_t n = 0;
    for (guint i = 0; i < bus->links->len; i++) {
        n += ((const Link *)g_ptr_array_index(bus->links, i))->n_open;
    }
    return n;
}

/* ---- messages
 * ------------------------------------------------------------------------------------------------------
 */

void bus_say(Bus *bus, Link *link, WireMessage *message)
{
    g_autoptr(WireMessage) owned = message;
    if (link->peer != NULL) {
        wire_send(bus->router, link->peer, owned, NULL);
    }
}

static Link *link_of_peer(const Bus *bus, GBytes *peer)
{
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        if (link->peer != NULL && g_bytes_equal(link->peer, peer)) {
            return link;
        }
    }
    return NULL;
}

/* A token opens the door once: for the host it was handed to. */
static Link *link_of_token(const Bus *bus, const char *token)
{
    for (guint i = 0; i < bus->links->len; i++) {
        Link *link = g_ptr_array_index(bus->links, i);
        if (link->state == LINK_STARTING && link->peer == NULL && link->token[0] != '\0' &&
            g_str_equal(link->token, token)) {
            return link;
        }
    }
    return NULL;
}

static void greet(Bus *bus, GBytes *peer, const WireMessage *hello)
{
    Link *link = hello->verb == WIRE_HELLO ? link_of_token(bus, wire_text(hello, "token")) : NULL;
    if (link == NULL) {
        bus->strangers++;
        return;
    }
    link->peer = g_bytes_ref(peer);
    link->heard_ms = bus_now_ms(bus);
    link->token[0] = '\0';
    int64_t major = wire_int(hello, "abi_major", 0);
    if (major != DUNHUB_ABI_MAJOR) {
        link->last_words =
            g_strdup_printf("%s speaks plugin ABI %d, this hub %d: install the two together",
                            bus->host_program, (int)CLAMP(major, 0, 99999), DUNHUB_ABI_MAJOR);
        link->final = true;
        link->kill_at_ms = bus_now_ms(bus);
    }
}

static size_t receive_waiting(Bus *bus)
{
    size_t n = 0;
    for (; n < RECEIVE_PER_TURN; n++) {
        g_autoptr(GBytes) peer = NULL;
        WireMessage *message = NULL;
        WireReceived received = wire_receive(bus->router, WIRE_FROM_HOST, &peer, &message, NULL);
        if (received == WIRE_NOTHING) {
            break;
        }
        Link *link = link_of_peer(bus, peer);
        if (received == WIRE_MALFORMED) {
            bus->strangers++;
        } else if (link != NULL) {
            link_take(bus, link, message);
        } else {
            greet(bus, peer, message);
            wire_message_free(message);
        }
    }
    return n;
}

/* ---- turning
 * -------------------------------------------------------------------------------------------------------
 */

static void look_for_ends(Bus *bus)
{
    struct epoll_event events[ENDS_PER_TURN];
    if (epoll_wait(bus->ends_fd, events, ENDS_PER_TURN, 0) <= 0) {
        return;
    }
    for (guint i = 0; i < bus->links->len; i++) {
        link_see_end(bus, g_ptr_array_index(bus->links, i));
    }
}

static void sweep(Bus *bus)
{
    for (guint i = bus->links->len; i > 0; i--) {
        Link *link = g_ptr_array_index(bus->links, i - 1);
        if (link->state == LINK_REMOVED) {
            limits_leave(bus, link);
            g_ptr_array_remove_index(bus->links, i - 1);
        }
    }
}

void bus_turn(Bus *bus)
{
    bool drained = receive_waiting(bus) < RECEIVE_PER_TURN;
    look_for_ends(bus);
    /* What a host has said counts before what its silence would mean. */
    for (guint i = 0; drained && i < bus->links->len; i++) {
        link_watch(bus, g_ptr_array_index(bus->links, i));
    }
    sweep(bus);
}

size_t bus_poll_items(Bus *bus, void *ret_zmq_pollitems, size_t max)
{
    const zmq_pollitem_t items[] = {
        {bus->router, 0, ZMQ_POLLIN, 0},
        {NULL, bus->ends_fd, ZMQ_POLLIN, 0},
    };
    size_t n = MIN(max, G_N_ELEMENTS(items));
    memcpy(ret_zmq_pollitems, items, n * sizeof items[0]);
    return n;
}

int64_t bus_wait_ms(const Bus *bus)
{
    int64_t now = bus_now_ms(bus);
    int64_t next = now + WAIT_MAX_MS;
    for (guint i = 0; i < bus->links->len; i++) {
        next = MIN(next, link_next_ms(bus, g_ptr_array_index(bus->links, i)));
    }
    return MAX(0, next - now);
}

/* ---- looking on
 * ----------------------------------------------------------------------------------------------------
 */

void bus_publish(Bus *bus, const char *type, uint64_t position, const char *cloud_event)
{
    char number[24];
    if (bus->publisher == NULL) {
        return;
    }
    g_snprintf(number, sizeof number, "%" G_GUINT64_FORMAT, position);
    zmq_send(bus->publisher, type, strlen(type), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(bus->publisher, number, strlen(number), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(bus->publisher, cloud_event, strlen(cloud_event), ZMQ_DONTWAIT);
}

static const char *state_name(const Link *link)
{
    static const char *const names[] = {
        [LINK_BACKING_OFF] = "backing_off", [LINK_STOPPED] = "stopped",
        [LINK_STARTING] = "starting",       [LINK_UP] = "up",
        [LINK_DRAINING] = "draining",       [LINK_REMOVED] = "draining",
    };
    bool first_start = link->state == LINK_BACKING_OFF && link->restarts == 0;
    return link->removing ? "draining" : first_start ? "starting" : names[link->state];
}

size_t bus_status(const Bus *bus, BusStatus *ret_rows, size_t max)
{
    size_t n = MIN(max, bus->links->len);
    for (size_t i = 0; i < n; i++) {
        Link *link = g_ptr_array_index(bus->links, (guint)i);
        g_free(link->held);
        link->held = link->state == LINK_UP ? limits_why(bus, link) : NULL;
        ret_rows[i] = (BusStatus){
            .instance = link->name,
            .plugin = link->plugin,
            .state = state_name(link),
            .why = link->why,
            .pid = (int)link->child.pid,
            .restarts = link->restarts,
            .in_flight = (unsigned)link->n_open,
            .lost_workers = link->lost,
            .since = link->since,
            .strays = link->strays,
            .held = link->held,
        };
        limits_today(bus, link, &ret_rows[i].today, &ret_rows[i].per_day);
    }
    return n;
}

unsigned bus_strangers(const Bus *bus)
{
    return bus->strangers;
}
