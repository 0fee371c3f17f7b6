#include "cmd/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

enum {
    CONNECTIONS_MAX = 32,
    LINE_MAX_BYTES = 1024 * 1024,
    UNSENT_MAX_BYTES = 4 * 1024 * 1024,
    READ_BYTES = 16 * 1024,
    BACKLOG = 16,
};

G_DEFINE_QUARK(dunhub - control - error - quark, control_error)

typedef struct {
    uint64_t id;
    int fd;
    GByteArray *in, *out;
    bool ended; /* nothing more is read; closed when all is written */
} Connection;

struct Control {
    int fd;
    char *path;
    ControlHandler handler;
    void *data;
    GPtrArray *connections; /* Connection */
    uint64_t last_id;
};

/* ---- addresses --------------------------------------------------------------------------------
 */

static bool socket_address(const char *run_dir, struct sockaddr_un *ret_address, GError **error)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = g_snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "%s/control", run_dir);
    if (n >= 0 && (size_t)n < sizeof ret_address->sun_path)
        return true;
    g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_PATH,
                "the name of the folder %s is too long for a socket; set run_dir to a shorter one",
                run_dir);
    return false;
}

/* ---- connections ------------------------------------------------------------------------------
 */

static void connection_free(void *data)
{
    Connection *connection = data;
    close(connection->fd);
    g_byte_array_unref(connection->in);
    g_byte_array_unref(connection->out);
    g_free(connection);
}

static bool same_user(int fd)
{
    struct ucred peer = {0};
    socklen_t n = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void accept_all(Control *control)
{
    while (control->connections->len < CONNECTIONS_MAX) {
        int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return;
        if (!same_user(fd)) {
            close(fd);
            continue;
        }
        Connection *connection = g_new0(Connection, 1);
        connection->id = ++control->last_id;
        connection->fd = fd;
        connection->in = g_byte_array_new();
        connection->out = g_byte_array_new();
        g_ptr_array_add(control->connections, connection);
    }
}

static Connection *find(Control *control, uint64_t id)
{
    for (guint i = 0; i < control->connections->len; i++) {
        Connection *connection = control->connections->pdata[i];
        if (connection->id == id)
            return connection;
    }
    return NULL;
}

static void write_some(Connection *connection)
{
    while (connection->out->len) {
        ssize_t n = send(connection->fd, connection->out->data, connection->out->len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) {
                g_byte_array_set_size(connection->out, 0);
                connection->ended = true;
            }
            return;
        }
        g_byte_array_remove_range(connection->out, 0, (guint)n);
    }
}

void control_answer(Control *control, uint64_t id, json_t *line)
{
    g_autoptr(json_t) owned = line;
    Connection *connection = find(control, id);
    if (!connection || connection->ended)
        return;
    g_autofree char *text = json_canonical(owned);
    size_t n = strlen(text);
    if (connection->out->len + n + 1 > UNSENT_MAX_BYTES) { /* it does not read: it is let go */
        connection->ended = true;
        return;
    }
    g_byte_array_append(connection->out, (const guint8 *)text, (guint)n);
    g_byte_array_append(connection->out, (const guint8 *)"\n", 1);
    write_some(connection);
}

static void hand_over(Control *control, Connection *connection, const char *line, size_t n)
{
    uint64_t id = connection->id;
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) request = json_parse(line, n, LINE_MAX_BYTES, &problem);
    if (json_is_object(request)) {
        control->handler(control->data, id, request);
        return;
    }
    control_answer(control, id,
                   json_pack("{s:b,s:s,s:s}", "ok", false, "code", "form", "text",
                             problem ? problem->message : "a request is one JSON object a line"));
}

static void take_lines(Control *control, Connection *connection)
{
    guint8 *end;
    while (connection->in->len &&
           (end = memchr(connection->in->data, '\n', connection->in->len)) != NULL) {
        size_t n = (size_t)(end - connection->in->data);
        g_autofree char *line = g_strndup((const char *)connection->in->data, n);
        g_byte_array_remove_range(connection->in, 0, (guint)n + 1);
        hand_over(control, connection, line, n);
    }
    if (connection->in->len > LINE_MAX_BYTES) {
        connection->ended = true;
        g_byte_array_set_size(connection->in, 0);
    }
}

static void read_some(Control *control, Connection *connection)
{
    guint8 bytes[READ_BYTES];
    ssize_t n = recv(connection->fd, bytes, sizeof bytes, 0);
    if (n > 0) {
        g_byte_array_append(connection->in, bytes, (guint)n);
        take_lines(control, connection);
    } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        connection->ended = true;
    }
}

/* ---- the hub's end ----------------------------------------------------------------------------
 */

static bool listen_at(int fd, const struct sockaddr_un *address, GError **error)
{
    unlink(address->sun_path);
    mode_t before = umask(0177);
    bool good = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0 &&
                listen(fd, BACKLOG) == 0;
    int code = errno;
    umask(before);
    if (!good)
        g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_PATH,
                    "cannot listen at %s: %s; check the folder, or set run_dir to another one",
                    address->sun_path, g_strerror(code));
    return good;
}

Control *control_listen(const char *run_dir, ControlHandler handler, void *data, GError **error)
{
    struct sockaddr_un address;
    if (!socket_address(run_dir, &address, error))
        return NULL;
    if (g_mkdir_with_parents(run_dir, 0700) != 0) {
        g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_PATH,
                    "cannot make the folder %s: %s; set run_dir to one that this user may write",
                    run_dir, g_strerror(errno));
        return NULL;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !listen_at(fd, &address, error)) {
        if (fd >= 0)
            close(fd);
        else
            g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_PATH, "cannot make a socket: %s",
                        g_strerror(errno));
        return NULL;
    }
    Control *control = g_new0(Control, 1);
    control->fd = fd;
    control->path = g_strdup(address.sun_path);
    control->handler = handler;
    control->data = data;
    control->connections = g_ptr_array_new_with_free_func(connection_free);
    return control;
}

void control_close(Control *control)
{
    if (!control)
        return;
    for (guint i = 0; i < control->connections->len; i++)
        write_some(control->connections->pdata[i]);
    g_ptr_array_unref(control->connections);
    close(control->fd);
    unlink(control->path);
    g_free(control->path);
    g_free(control);
}

size_t control_poll_items(Control *control, void *ret_zmq_pollitems, size_t max)
{
    zmq_pollitem_t *items = ret_zmq_pollitems;
    size_t n = 0;
    if (n < max && control->connections->len < CONNECTIONS_MAX)
        items[n++] = (zmq_pollitem_t){.fd = control->fd, .events = ZMQ_POLLIN};
    for (guint i = 0; i < control->connections->len && n < max; i++) {
        const Connection *connection = control->connections->pdata[i];
        short events = (short)((connection->ended ? 0 : ZMQ_POLLIN) |
                               (connection->out->len ? ZMQ_POLLOUT : 0));
        items[n++] = (zmq_pollitem_t){.fd = connection->fd, .events = events};
    }
    return n;
}

void control_turn(Control *control)
{
    accept_all(control);
    for (guint i = control->connections->len; i > 0; i--) {
        Connection *connection = control->connections->pdata[i - 1];
        if (!connection->ended)
            read_some(control, connection);
        write_some(connection);
        if (connection->ended && !connection->out->len)
            g_ptr_array_remove_index(control->connections, i - 1);
    }
}

/* ---- a command's end --------------------------------------------------------------------------
 */

static bool broken(GError **error, const char *why)
{
    g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_BROKEN,
                "the hub did not answer: %s; `dunhub status` shows whether it still runs", why);
    return false;
}

static int connect_to(const char *run_dir, GError **error)
{
    struct sockaddr_un address;
    if (!socket_address(run_dir, &address, error))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_NO_HUB, "no hub runs at %s: %s", run_dir,
                g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool send_line(int fd, const json_t *request, GError **error)
{
    g_autofree char *text = json_canonical(request);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    size_t n = strlen(line);
    for (size_t done = 0; done < n;) {
        ssize_t sent = send(fd, line + done, n - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return broken(error, g_strerror(errno));
        done += (size_t)sent;
    }
    return true;
}

static bool receive_some(int fd, int timeout_ms, GByteArray *in, GError **error)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    int ready = poll(&item, 1, timeout_ms > 0 ? timeout_ms : -1);
    if (ready < 0 && errno == EINTR)
        return true;
    if (ready <= 0)
        return broken(error, ready == 0 ? "it took too long" : g_strerror(errno));
    guint8 bytes[READ_BYTES];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0)
        return broken(error, n == 0 ? "it closed the connection" : g_strerror(errno));
    if (in->len + (size_t)n > UNSENT_MAX_BYTES)
        return broken(error, "its answer is too long");
    g_byte_array_append(in, bytes, (guint)n);
    return true;
}

/* True with *ret_answer NULL: more is to come. */
static bool take_answers(GByteArray *in, ControlLine on_line, void *data, json_t **ret_answer,
                         GError **error)
{
    guint8 *end;
    while (!*ret_answer && in->len && (end = memchr(in->data, '\n', in->len)) != NULL) {
        size_t n = (size_t)(end - in->data);
        g_autoptr(json_t) line = json_parse((const char *)in->data, n, UNSENT_MAX_BYTES, error);
        g_byte_array_remove_range(in, 0, (guint)n + 1);
        if (!line)
            return false;
        if (json_object_get(line, "ok"))
            *ret_answer = g_steal_pointer(&line);
        else if (on_line)
            on_line(data, line);
    }
    return true;
}

bool control_request(const char *run_dir, const json_t *request, int timeout_ms,
                     ControlLine on_line, void *data, json_t **ret_answer, GError **error)
{
    int fd = connect_to(run_dir, error);
    if (fd < 0)
        return false;
    g_autoptr(GByteArray) in = g_byte_array_new();
    json_t *answer = NULL;
    bool good = send_line(fd, request, error);
    while (good && !answer)
        good = receive_some(fd, timeout_ms, in, error) &&
               take_answers(in, on_line, data, &answer, error);
    close(fd);
    if (good)
        *ret_answer = answer;
    return good;
}
