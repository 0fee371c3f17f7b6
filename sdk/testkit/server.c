#include "testkit/server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct TestkitServer {
    int listener, stop; /* stop: an eventfd that becomes readable */
    unsigned port;
    int connections;
    TestkitTalk talk;
    void *data;
    GThread *thread;
};

struct TestkitPeer {
    int fd, stop;
    char buffer[65536];
    size_t at, n;
};

/* false: the server ends. */
static bool wait_for(int fd, int stop)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = stop, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0)
        continue;
    return !(fds[1].revents & POLLIN);
}

static gpointer serve(gpointer data)
{
    TestkitServer *server = data;
    while (wait_for(server->listener, server->stop)) {
        TestkitPeer peer = {.fd = accept(server->listener, NULL, NULL), .stop = server->stop};
        if (peer.fd < 0)
            continue;
        g_atomic_int_inc(&server->connections);
        server->talk(&peer, server->data);
        if (peer.fd >= 0)
            close(peer.fd);
    }
    return NULL;
}

static int listen_on(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 16) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        g_error("no loopback port for a test server");
    *ret_port = ntohs(address.sin_port);
    return fd;
}

TestkitServer *testkit_server_new(TestkitTalk talk, void *data)
{
    TestkitServer *server = g_new0(TestkitServer, 1);
    server->listener = listen_on(&server->port);
    server->stop = eventfd(0, EFD_CLOEXEC);
    server->talk = talk;
    server->data = data;
    server->thread = g_thread_new("test-server", serve, server);
    return server;
}

void testkit_server_free(TestkitServer *server)
{
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    g_thread_join(server->thread);
    close(server->listener);
    close(server->stop);
    g_free(server);
}

unsigned testkit_server_port(const TestkitServer *server)
{
    return server->port;
}

unsigned testkit_server_connections(const TestkitServer *server)
{
    return (unsigned)g_atomic_int_get(&server->connections);
}

unsigned testkit_closed_port(void)
{
    unsigned port;
    close(listen_on(&port));
    return port;
}

/* ---- peers ---- */

static bool fill(TestkitPeer *peer)
{
    if (peer->fd < 0 || !wait_for(peer->fd, peer->stop))
        return false;
    ssize_t got = recv(peer->fd, peer->buffer, sizeof peer->buffer, 0);
    peer->at = 0;
    peer->n = got > 0 ? (size_t)got : 0;
    return got > 0;
}

char *testkit_peer_line(TestkitPeer *peer)
{
    GString *line = g_string_new(NULL);
    for (;;) {
        if (peer->at == peer->n && !fill(peer)) {
            g_string_free(line, TRUE);
            return NULL;
        }
        char c = peer->buffer[peer->at++];
        if (c == '\n')
            break;
        if (c != '\r')
            g_string_append_c(line, c);
    }
    return g_string_free(line, FALSE);
}

char *testkit_peer_bytes(TestkitPeer *peer, size_t n)
{
    GString *bytes = g_string_new(NULL);
    while (bytes->len < n) {
        if (peer->at == peer->n && !fill(peer)) {
            g_string_free(bytes, TRUE);
            return NULL;
        }
        size_t take = MIN(n - bytes->len, peer->n - peer->at);
        g_string_append_len(bytes, peer->buffer + peer->at, (gssize)take);
        peer->at += take;
    }
    return g_string_free(bytes, FALSE);
}

void testkit_peer_send(TestkitPeer *peer, const char *text)
{
    for (size_t n = strlen(text); n && peer->fd >= 0;) {
        ssize_t sent = send(peer->fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

void testkit_peer_reset(TestkitPeer *peer)
{
    struct linger none = {1, 0};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(peer->fd);
    peer->fd = -1;
}

void testkit_peer_silent(TestkitPeer *peer)
{
    while (fill(peer))
        peer->at = peer->n;
}

/* ---- HTTP ---- */

void testkit_http_init(TestkitHttp *ret_http, const char *const *answers, size_t n)
{
    *ret_http = (TestkitHttp){
        .answers = answers, .n_answers = n, .requests = g_ptr_array_new_with_free_func(g_free)};
    g_mutex_init(&ret_http->lock);
}

void testkit_http_done(TestkitHttp *http)
{
    g_ptr_array_unref(http->requests);
    g_mutex_clear(&http->lock);
}

/* Head and body of one request; NULL when the peer has gone. */
static char *read_request(TestkitPeer *peer)
{
    GString *request = g_string_new(NULL);
    size_t length = 0;
    for (;;) {
        g_autofree char *line = testkit_peer_line(peer);
        if (!line) {
            g_string_free(request, TRUE);
            return NULL;
        }
        if (g_ascii_strncasecmp(line, "content-length:", 15) == 0)
            length = (size_t)g_ascii_strtoull(line + 15, NULL, 10);
        g_string_append_printf(request, "%s\n", line);
        if (!*line)
            break;
    }
    g_autofree char *body = testkit_peer_bytes(peer, length);
    g_string_append(request, body ? body : "");
    return g_string_free(request, FALSE);
}

void testkit_http_talk(TestkitPeer *peer, void *data)
{
    TestkitHttp *http = data;
    for (char *request; (request = read_request(peer));) {
        g_mutex_lock(&http->lock);
        size_t i = http->requests->len;
        g_ptr_array_add(http->requests, request);
        g_mutex_unlock(&http->lock);
        const char *answer = http->answers[i < http->n_answers ? i : http->n_answers - 1];
        if (!answer)
            testkit_peer_silent(peer);
        else if (!*answer)
            testkit_peer_reset(peer);
        else
            testkit_peer_send(peer, answer);
        if (!answer || !*answer || strstr(answer, "Connection: close"))
            return;
    }
}

char *testkit_http_header(const char *request, const char *name)
{
    size_t n = strlen(name);
    for (const char *line = request; line && *line && *line != '\n';
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return g_strstrip(g_strndup(line + n + 1, strcspn(line + n + 1, "\n")));
    return NULL;
}
