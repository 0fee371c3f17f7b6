#include "contract/mimic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, READ_BYTES = 16384 };

typedef struct {
    Mimic *mimic;
    int fd; /* -1: closed; under lock */
    GThread *thread;
    GByteArray *read; /* what has come and was not taken yet */
} Peer;

struct Mimic {
    MimicAnswerer answerer;
    void *data;
    int fd;
    char *url;
    GThread *thread;
    GMutex lock, answering;
    GPtrArray *peers;
    unsigned connections;
    GBytes *bomb; /* NULL until one is asked for */
    bool ending;
};

MimicRequest *mimic_request_copy(const MimicRequest *request)
{
    MimicRequest *copy = g_new0(MimicRequest, 1);
    *copy = (MimicRequest){
        .method = g_strdup(request->method),
        .path = g_strdup(request->path),
        .query = g_strdup(request->query),
        .headers = json_deep_copy(request->headers),
        .head = g_strdup(request->head),
        .body = g_bytes_ref(request->body),
    };
    return copy;
}

void mimic_request_free(MimicRequest *request)
{
    g_free(request->method);
    g_free(request->path);
    g_free(request->query);
    json_decref(request->headers);
    g_free(request->head);
    g_clear_pointer(&request->body, g_bytes_unref);
    g_free(request);
}

/* ---- reading ------------------------------------------------------------------------------ */

static bool read_more(Peer *peer)
{
    char bytes[READ_BYTES];
    ssize_t n = recv(peer->fd, bytes, sizeof bytes, 0);
    if (n > 0)
        g_byte_array_append(peer->read, (const guint8 *)bytes, (guint)n);
    return n > 0;
}

/* Up to and without the end mark, taken off; NULL: the peer has gone, or it is too long. */
static char *read_until(Peer *peer, const char *mark)
{
    for (;;) {
        const guint8 *at = peer->read->len > 0
                               ? memmem(peer->read->data, peer->read->len, mark, strlen(mark))
                               : NULL;
        if (at != NULL) {
            gsize n = (gsize)(at - peer->read->data);
            char *text = g_strndup((const char *)peer->read->data, n);
            g_byte_array_remove_range(peer->read, 0, (guint)(n + strlen(mark)));
            return text;
        }
        if (peer->read->len > MIMIC_HEAD_MAX || !read_more(peer))
            return NULL;
    }
}

static bool read_exactly(Peer *peer, gsize n, GByteArray *body)
{
    if (n > MIMIC_BODY_MAX || body->len + n > MIMIC_BODY_MAX)
        return false;
    while (peer->read->len < n)
        if (!read_more(peer))
            return false;
    g_byte_array_append(body, peer->read->data, (guint)n);
    g_byte_array_remove_range(peer->read, 0, (guint)n);
    return true;
}

static bool read_chunks(Peer *peer, GByteArray *body)
{
    for (;;) {
        g_autofree char *size = read_until(peer, "\r\n");
        guint64 n = size != NULL ? g_ascii_strtoull(size, NULL, 16) : G_MAXUINT64;
        if (n > MIMIC_BODY_MAX || (n > 0 && !read_exactly(peer, n, body)))
            return false;
        g_autofree char *end = read_until(peer, "\r\n");
        if (end == NULL || n == 0)
            return end != NULL;
    }
}

static void add_header(json_t *headers, const char *line)
{
    const char *colon = strchr(line, ':');
    if (colon == NULL)
        return;
    g_autofree char *raw = g_strndup(line, (gsize)(colon - line));
    g_autofree char *name = g_ascii_strdown(raw, -1);
    g_autofree char *value = g_strstrip(g_utf8_make_valid(colon + 1, -1));
    const char *before = json_string_value(json_object_get(headers, name));
    g_autofree char *joined = before != NULL ? g_strconcat(before, ", ", value, NULL) : NULL;
    json_object_set_new(headers, name, json_string(joined != NULL ? joined : value));
}

static bool read_head(const char *head, MimicRequest *request)
{
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
    g_auto(GStrv) words = g_strsplit(lines[0] != NULL ? lines[0] : "", " ", -1);
    if (g_strv_length(words) != 3)
        return false;
    char *mark = strchr(words[1], '?');
    request->query = g_utf8_make_valid(mark != NULL ? mark + 1 : "", -1);
    if (mark != NULL)
        *mark = '\0';
    request->method = g_utf8_make_valid(words[0], -1);
    request->path = g_utf8_make_valid(words[1], -1);
    request->headers = json_object();
    for (char **line = lines + 1; *line != NULL; line++)
        add_header(request->headers, *line);
    return true;
}

static const char *header_of(const MimicRequest *request, const char *name)
{
    return json_string_value(json_object_get(request->headers, name));
}

static MimicRequest *read_request(Peer *peer)
{
    g_autoptr(MimicRequest) request = g_new0(MimicRequest, 1);
    request->head = read_until(peer, "\r\n\r\n");
    if (request->head == NULL || !read_head(request->head, request))
        return NULL;
    g_autoptr(GByteArray) body = g_byte_array_new();
    const char *length = header_of(request, "content-length");
    const char *coding = header_of(request, "transfer-encoding");
    bool good = coding != NULL   ? read_chunks(peer, body)
                : length != NULL ? read_exactly(peer, g_ascii_strtoull(length, NULL, 10), body)
                                 : true;
    request->body = g_bytes_new(body->data, body->len);
    return good ? g_steal_pointer(&request) : NULL;
}

/* ---- answering ---------------------------------------------------------------------------- */

static bool send_all(const Peer *peer, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(peer->fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool send_text(const Peer *peer, const char *text)
{
    return send_all(peer, text, strlen(text));
}

static char *head_text(const MimicAnswer *answer, size_t length)
{
    return g_strdup_printf("HTTP/1.1 %d Answer\r\nContent-Length: %zu\r\n%s\r\n", answer->status,
                           length, answer->headers != NULL ? answer->headers : "");
}

static void wait_for_end(const Peer *peer)
{
    char bytes[READ_BYTES];
    while (recv(peer->fd, bytes, sizeof bytes, 0) > 0) {}
}

static const char *body_of(const MimicAnswer *answer)
{
    return answer->body != NULL ? answer->body : "";
}

static bool send_good(const Peer *peer, const MimicAnswer *answer)
{
    size_t n = strlen(body_of(answer));
    g_autofree char *head = head_text(answer, n);
    return send_text(peer, head) && send_all(peer, body_of(answer), n);
}

static bool send_reset(const Peer *peer, const MimicAnswer *answer)
{
    (void)answer;
    const struct linger now = {1, 0};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
}

static bool send_nothing(const Peer *peer, const MimicAnswer *answer)
{
    (void)peer, (void)answer;
    return false;
}

static bool send_silence(const Peer *peer, const MimicAnswer *answer)
{
    (void)answer;
    wait_for_end(peer);
    return false;
}

static bool send_half_head(const Peer *peer, const MimicAnswer *answer)
{
    g_autofree char *head = head_text(answer, strlen(body_of(answer)));
    if (send_all(peer, head, strlen(head) / 2))
        wait_for_end(peer);
    return false;
}

/* The head promises more than the half that comes. */
static bool send_half_body(const Peer *peer, const MimicAnswer *answer)
{
    size_t n = strlen(body_of(answer));
    g_autofree char *head = head_text(answer, n + 512);
    return send_text(peer, head) && send_all(peer, body_of(answer), n / 2);
}

static bool send_truncated(const Peer *peer, const MimicAnswer *answer)
{
    send_half_body(peer, answer);
    return false;
}

static bool send_body_and_silence(const Peer *peer, const MimicAnswer *answer)
{
    if (send_half_body(peer, answer))
        wait_for_end(peer);
    return false;
}

static bool send_malformed(const Peer *peer, const MimicAnswer *answer)
{
    const char *body = body_of(answer);
    g_autofree char *broken = g_strdup_printf("%.*s,,]", (int)(strlen(body) / 2), body);
    const MimicAnswer changed = {200, answer->headers, broken, MIMIC_GOOD};
    return send_good(peer, &changed);
}

static bool send_html(const Peer *peer, const MimicAnswer *answer)
{
    (void)answer;
    const MimicAnswer page = {
        200, (char *)"Content-Type: text/html; charset=utf-8\r\n",
        (char *)"<!doctype html><title>Maintenance</title><h1>We will be back</h1>", MIMIC_GOOD};
    return send_good(peer, &page);
}

static bool send_huge(const Peer *peer, const MimicAnswer *answer)
{
    (void)answer;
    enum { BLOCK = 1 << 20 };
    g_autofree char *block = g_malloc(BLOCK);
    memset(block, 'a', BLOCK);
    const MimicAnswer json = {200, (char *)"Content-Type: application/json\r\n", NULL, MIMIC_GOOD};
    g_autofree char *head = head_text(&json, MIMIC_HUGE_BYTES + strlen("{\"x\":\"\"}"));
    bool good = send_text(peer, head) && send_text(peer, "{\"x\":\"");
    for (unsigned i = 0; good && i < MIMIC_HUGE_BYTES / BLOCK; i++)
        good = send_all(peer, block, BLOCK);
    return good && send_text(peer, "\"}");
}

static GBytes *make_bomb(void)
{
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GZlibCompressor) squeeze = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
    g_autoptr(GOutputStream) stream = g_converter_output_stream_new(memory, G_CONVERTER(squeeze));
    g_autofree char *block = g_malloc(1 << 20);
    memset(block, 'a', 1 << 20);
    g_output_stream_write_all(stream, "{\"x\":\"", 6, NULL, NULL, NULL);
    for (unsigned i = 0; i < MIMIC_HUGE_BYTES >> 20; i++)
        g_output_stream_write_all(stream, block, 1 << 20, NULL, NULL, NULL);
    g_output_stream_write_all(stream, "\"}", 2, NULL, NULL, NULL);
    g_output_stream_close(stream, NULL, NULL);
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
}

/* Made at the first use, under no lock but this. */
static GBytes *bomb_bytes(Mimic *mimic)
{
    g_mutex_lock(&mimic->lock);
    if (mimic->bomb == NULL)
        mimic->bomb = make_bomb();
    GBytes *bomb = g_bytes_ref(mimic->bomb);
    g_mutex_unlock(&mimic->lock);
    return bomb;
}

static bool send_bomb(const Peer *peer, const MimicAnswer *answer)
{
    (void)answer;
    g_autoptr(GBytes) bomb = bomb_bytes(peer->mimic);
    const MimicAnswer packed = {
        200, (char *)"Content-Type: application/json\r\nContent-Encoding: gzip\r\n", NULL,
        MIMIC_GOOD};
    g_autofree char *head = head_text(&packed, g_bytes_get_size(bomb));
    return send_text(peer, head) &&
           send_all(peer, g_bytes_get_data(bomb, NULL), g_bytes_get_size(bomb));
}

/* Whether the connection goes on. */
static bool answer(const Peer *peer, const MimicAnswer *given)
{
    static bool (*const ways[])(const Peer *peer, const MimicAnswer *answer) = {
        [MIMIC_GOOD] = send_good,           [MIMIC_DROP] = send_nothing,
        [MIMIC_RESET] = send_reset,         [MIMIC_HANG] = send_silence,
        [MIMIC_HANG_HEAD] = send_half_head, [MIMIC_HANG_BODY] = send_body_and_silence,
        [MIMIC_TRUNCATED] = send_truncated, [MIMIC_MALFORMED] = send_malformed,
        [MIMIC_HTML] = send_html,           [MIMIC_HUGE] = send_huge,
        [MIMIC_GZIP_BOMB] = send_bomb,
    };
    return ways[given->fault](peer, given);
}

/* ---- connections -------------------------------------------------------------------------- */

static void end_peer(Peer *peer)
{
    g_mutex_lock(&peer->mimic->lock);
    int fd = peer->fd;
    peer->fd = -1;
    g_mutex_unlock(&peer->mimic->lock);
    if (fd >= 0)
        close(fd);
}

static void *serve(void *data)
{
    Peer *peer = data;
    bool open = true;
    while (open) {
        g_autoptr(MimicRequest) request = read_request(peer);
        if (request == NULL)
            break;
        MimicAnswer given = {0};
        g_mutex_lock(&peer->mimic->answering);
        peer->mimic->answerer(peer->mimic->data, request, &given);
        g_mutex_unlock(&peer->mimic->answering);
        open = answer(peer, &given);
        g_free(given.headers);
        g_free(given.body);
    }
    end_peer(peer);
    return NULL;
}

static bool add_peer(Mimic *mimic, int fd)
{
    g_mutex_lock(&mimic->lock);
    bool room = !mimic->ending && mimic->connections < CONNECTIONS_MAX;
    if (room) {
        Peer *peer = g_new0(Peer, 1);
        *peer = (Peer){mimic, fd, NULL, g_byte_array_new()};
        mimic->connections++;
        g_ptr_array_add(mimic->peers, peer);
        peer->thread = g_thread_new("peer", serve, peer);
    }
    g_mutex_unlock(&mimic->lock);
    return room;
}

static void *take_connections(void *data)
{
    Mimic *mimic = data;
    for (;;) {
        int fd = accept4(mimic->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        if (!add_peer(mimic, fd))
            close(fd);
    }
}

static bool listen_on_loopback(Mimic *mimic, GError **error)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    mimic->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mimic->fd < 0 || bind(mimic->fd, (struct sockaddr *)&at, n) != 0 ||
        listen(mimic->fd, 256) != 0 || getsockname(mimic->fd, (struct sockaddr *)&at, &n) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "no server could be started on loopback: %s", g_strerror(errno));
        return false;
    }
    mimic->url = g_strdup_printf("http://127.0.0.1:%u", ntohs(at.sin_port));
    return true;
}

Mimic *mimic_new(MimicAnswerer answerer, void *data, GError **error)
{
    Mimic *mimic = g_new0(Mimic, 1);
    mimic->answerer = answerer;
    mimic->data = data;
    mimic->peers = g_ptr_array_new();
    g_mutex_init(&mimic->lock);
    g_mutex_init(&mimic->answering);
    if (!listen_on_loopback(mimic, error)) {
        mimic_free(mimic);
        return NULL;
    }
    mimic->thread = g_thread_new("mimic", take_connections, mimic);
    return mimic;
}

static void end_peers(Mimic *mimic)
{
    g_mutex_lock(&mimic->lock);
    mimic->ending = true;
    for (guint i = 0; i < mimic->peers->len; i++) {
        const Peer *peer = g_ptr_array_index(mimic->peers, i);
        if (peer->fd >= 0)
            shutdown(peer->fd, SHUT_RDWR);
    }
    g_mutex_unlock(&mimic->lock);
    for (guint i = 0; i < mimic->peers->len; i++) {
        Peer *peer = g_ptr_array_index(mimic->peers, i);
        g_thread_join(peer->thread);
        g_byte_array_unref(peer->read);
        g_free(peer);
    }
}

void mimic_free(Mimic *mimic)
{
    if (mimic->fd >= 0)
        shutdown(mimic->fd, SHUT_RDWR);
    if (mimic->thread != NULL)
        g_thread_join(mimic->thread);
    end_peers(mimic);
    if (mimic->fd >= 0)
        close(mimic->fd);
    g_ptr_array_unref(mimic->peers);
    g_mutex_clear(&mimic->lock);
    g_mutex_clear(&mimic->answering);
    g_clear_pointer(&mimic->bomb, g_bytes_unref);
    g_free(mimic->url);
    g_free(mimic);
}

const char *mimic_url(const Mimic *mimic)
{
    return mimic->url;
}

unsigned mimic_connections(const Mimic *mimic)
{
    Mimic *locked = (Mimic *)mimic;
    g_mutex_lock(&locked->lock);
    unsigned n = mimic->connections;
    g_mutex_unlock(&locked->lock);
    return n;
}

void mimic_lock(Mimic *mimic)
{
    g_mutex_lock(&mimic->answering);
}

void mimic_unlock(Mimic *mimic)
{
    g_mutex_unlock(&mimic->answering);
}
