/* libmicrohttpd reads and writes on its own threads; a request that waits for its answer is a suspended connection. What
 * libmicrohttpd leaves to its user stands here: strictness about lengths, and deadlines that dripping does not extend. */
#include "http/server.h"

#include "base/log.h"

#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

G_DEFINE_QUARK(dunhub - http - error - quark, http_error)

enum {
    THREADS = 2,
    CONNECTIONS_MAX = 512,
    HEAD_MAX = 32 * 1024,
    BODY_MAX = 1024 * 1024,
    BODIES_MAX = 64 * 1024 * 1024,
    REQUEST_MS = 10 * 1000,
    IDLE_MS = 30 * 1000,
    HEADERS_MAX = 128,
    PEER_BYTES = 64,
    LAST_ANSWERS_US = 500 * 1000,
};

/* One connection, for the clock that watches it. */
typedef struct {
    HttpServer *server;
    int fd;
    int64_t deadline_us; /* INT64_MAX: it waits for us */
    bool closed;         /* by that clock */
} Line;

struct HttpServer {
    HttpServerSetup setup;
    struct MHD_Daemon *daemon;
    unsigned port;
    GMutex lock; /* of all below */
    GCond changed;
    GThread *sweeper;
    GHashTable *lines; /* Line: those that are open */
    GHashTable
        *exchanges; /* HttpExchange: those that the handler was told of and nobody answered */
    int64_t next_sweep_us;
    size_t bodies_bytes;
    size_t in_handler, alive; /* requests: whose handler runs; that have begun and not ended */
    bool ending;
    HttpCounters counters;
};

typedef enum { EXCHANGE_READING, EXCHANGE_HANDLED, EXCHANGE_SUSPENDED, EXCHANGE_ANSWERED } Stage;

struct HttpExchange {
    HttpServer *server;
    struct MHD_Connection *connection;
    Line *line;
    Stage stage; /* under the server's lock once it is handled */
    char *target, *path;
    GArray *headers; /* HttpField */
    GByteArray *body;
    unsigned refusal; /* status that is answered without the handler; 0 none */
    bool begun;
    char peer[PEER_BYTES];
    HttpRequest request;
    struct MHD_Response *response;
    unsigned status;
};

/* ---- deadlines --------------------------------------------------------------------------------
 */

/* Under the lock. */
static void set_deadline(Line *line, int64_t deadline_us)
{
    line->deadline_us = deadline_us;
    if (deadline_us < line->server->next_sweep_us)
        g_cond_signal(&line->server->changed);
}

static void allow(Line *line, unsigned ms)
{
    g_mutex_lock(&line->server->lock);
    set_deadline(line, g_get_monotonic_time() + (int64_t)ms * 1000);
    g_mutex_unlock(&line->server->lock);
}

/* Under the lock: closes what is late; returns when to look again. */
static int64_t sweep(HttpServer *server, int64_t now_us)
{
    int64_t next = INT64_MAX;
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, server->lines);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Line *line = key;
        if (line->closed)
            continue;
        if (line->deadline_us > now_us) {
            next = MIN(next, line->deadline_us);
            continue;
        }
        line->closed = true;
        server->counters.timed_out++;
        shutdown(line->fd, SHUT_RDWR); /* libmicrohttpd sees its end and closes it */
    }
    return next;
}

static void *run_sweeper(void *data)
{
    HttpServer *server = data;
    g_mutex_lock(&server->lock);
    while (!server->ending) {
        server->next_sweep_us = sweep(server, g_get_monotonic_time());
        if (server->next_sweep_us == INT64_MAX)
            g_cond_wait(&server->changed, &server->lock);
        else
            g_cond_wait_until(&server->changed, &server->lock, server->next_sweep_us);
    }
    g_mutex_unlock(&server->lock);
    return NULL;
}

static void on_connection(void *data, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    HttpServer *server = data;
    g_mutex_lock(&server->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *socket =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        Line *line = g_new0(Line, 1);
        line->server = server;
        line->fd = socket->connect_fd;
        g_hash_table_add(server->lines, line);
        server->counters.connections++;
        set_deadline(line, g_get_monotonic_time() + (int64_t)server->setup.request_ms * 1000);
        *socket_context = line;
    } else {
        g_hash_table_remove(server->lines, *socket_context);
        *socket_context = NULL;
    }
    g_mutex_unlock(&server->lock);
}

/* ---- text -------------------------------------------------------------------------------------
 */

char *http_decode(const char *text, size_t n, bool is_form)
{
    g_autofree char *copy = g_strndup(text, n);
    if (strlen(copy) != n)
        return NULL;
    if (is_form)
        g_strdelimit(copy, "+", ' ');
    return g_uri_unescape_segment(copy, copy + n, NULL);
}

const char *http_header(const HttpRequest *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++)
        if (g_ascii_strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

/* ---- one request -----------------------------------------------------------------------------
 */

/* libmicrohttpd's first word of a request: its line has come. */
static void *on_target(void *data, const char *target, struct MHD_Connection *connection)
{
    HttpServer *server = data;
    HttpExchange *exchange = g_new0(HttpExchange, 1);
    const union MHD_ConnectionInfo *context =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    exchange->server = server;
    exchange->connection = connection;
    exchange->line = context->socket_context;
    exchange->target = g_strdup(target);
    exchange->headers = g_array_new(FALSE, FALSE, sizeof(HttpField));
    exchange->body = g_byte_array_new();
    g_mutex_lock(&server->lock);
    server->alive++;
    g_mutex_unlock(&server->lock);
    allow(exchange->line, server->setup.request_ms);
    return exchange;
}

static void exchange_free(HttpExchange *exchange)
{
    HttpServer *server = exchange->server;
    g_mutex_lock(&server->lock);
    server->bodies_bytes -= exchange->body->len;
    server->alive--;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
    if (exchange->response)
        MHD_destroy_response(exchange->response);
    g_byte_array_unref(exchange->body);
    g_array_unref(exchange->headers);
    g_free(exchange->target);
    g_free(exchange->path);
    g_free(exchange);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    HttpServer *server = data;
    HttpExchange *exchange = *context;
    (void)connection;
    (void)how;
    *context = NULL;
    if (!exchange)
        return;
    allow(exchange->line, server->setup.idle_ms);
    exchange_free(exchange);
}

static enum MHD_Result add_header(void *data, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    HttpExchange *exchange = data;
    HttpField field = {name, value ? value : ""};
    (void)kind;
    g_array_append_val(exchange->headers, field);
    return exchange->headers->len < HEADERS_MAX ? MHD_YES : MHD_NO;
}

static size_t count_headers(const HttpExchange *exchange, const char *name, const char **ret_value)
{
    size_t n = 0;
    for (guint i = 0; i < exchange->headers->len; i++) {
        const HttpField *field = &g_array_index(exchange->headers, HttpField, i);
        if (g_ascii_strcasecmp(field->name, name) != 0)
            continue;
        *ret_value = field->value;
        n++;
    }
    return n;
}

static bool is_number(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 18 && !text[n];
}

/* Two servers in a row must agree on where a request ends, or the second reads what the first never saw. */
static unsigned judge_lengths(const HttpExchange *exchange)
{
    const char *length = NULL, *coding = NULL, *host = NULL;
    size_t n_length = count_headers(exchange, "Content-Length", &length);
    size_t n_coding = count_headers(exchange, "Transfer-Encoding", &coding);
    if (n_length > 1 || n_coding > 1 || (n_length && n_coding))
        return 400;
    if (count_headers(exchange, "Host", &host) > 1)
        return 400;
    if (coding && g_ascii_strcasecmp(coding, "chunked") != 0)
        return 501;
    if (length && !is_number(length))
        return 400;
    bool fits =
        !length || g_ascii_strtoull(length, NULL, 10) <= exchange->server->setup.body_max_bytes;
    return fits ? 0 : 413;
}

static unsigned judge_target(HttpExchange *exchange)
{
    const char *query = strchr(exchange->target, '?');
    size_t n = query ? (size_t)(query - exchange->target) : strlen(exchange->target);
    exchange->path = http_decode(exchange->target, n, false);
    bool good = exchange->target[0] == '/' && exchange->path && !strchr(exchange->target, '#') &&
                g_utf8_validate(exchange->path, -1, NULL);
    return good ? 0 : 400;
}

static unsigned judge_head(HttpExchange *exchange)
{
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, add_header, exchange);
    if (exchange->headers->len >= HEADERS_MAX)
        return 431;
    unsigned refusal = judge_target(exchange);
    return refusal ? refusal : judge_lengths(exchange);
}

/* More than may be is read and forgotten: the connection's deadline ends it. */
static void take_body(HttpExchange *exchange, const char *bytes, size_t n)
{
    HttpServer *server = exchange->server;
    if (exchange->refusal)
        return;
    if (exchange->body->len + n > server->setup.body_max_bytes) {
        exchange->refusal = 413;
        return;
    }
    g_mutex_lock(&server->lock);
    bool room = server->bodies_bytes + n <= server->setup.bodies_max_bytes;
    server->bodies_bytes += room ? n : 0;
    g_mutex_unlock(&server->lock);
    if (room)
        g_byte_array_append(exchange->body, (const guint8 *)bytes, (guint)n);
    else
        exchange->refusal = 503;
}

static void read_peer(HttpExchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    socklen_t n = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                           : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, n, exchange->peer, sizeof exchange->peer, NULL, 0,
                    NI_NUMERICHOST) != 0)
        exchange->peer[0] = '\0';
}

static void complete_request(HttpExchange *exchange, const char *method)
{
    const char *query = strchr(exchange->target, '?');
    size_t n = exchange->body->len;
    g_byte_array_append(exchange->body, (const guint8 *)"", 1);
    g_byte_array_set_size(exchange->body, (guint)n);
    read_peer(exchange);
    exchange->request = (HttpRequest){
        .method = method,
        .target = exchange->target,
        .path = exchange->path,
        .query = query ? query + 1 : NULL,
        .headers = (const HttpField *)(void *)exchange->headers->data,
        .n_headers = exchange->headers->len,
        .body = exchange->body->data,
        .body_bytes = n,
        .peer = exchange->peer,
        .is_tls = exchange->server->setup.certificate != NULL,
    };
}

/* ---- answers ---------------------------------------------------------------------------------
 */

static void add_field(struct MHD_Response *response, const HttpField *field)
{
    if (MHD_add_response_header(response, field->name, field->value) != MHD_YES)
        log_message(LOG_WARN, "http", "an answer's header is left out: it is no header text");
}

static struct MHD_Response *make_response(const HttpAnswer *answer)
{
    static const HttpField always[] = {
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
    };
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body_bytes, (void *)(uintptr_t)answer->body, MHD_RESPMEM_MUST_COPY);
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        add_field(response, &always[i]);
    if (answer->type)
        add_field(response, &(HttpField){"Content-Type", answer->type});
    for (size_t i = 0; i < answer->n_headers; i++)
        add_field(response, &answer->headers[i]);
    return response;
}

void http_answer(HttpExchange *exchange, const HttpAnswer *answer)
{
    HttpServer *server = exchange->server;
    struct MHD_Response *response = make_response(answer);
    g_mutex_lock(&server->lock);
    g_hash_table_remove(server->exchanges, exchange);
    exchange->response = response;
    exchange->status = answer->status;
    bool suspended = exchange->stage == EXCHANGE_SUSPENDED;
    exchange->stage = EXCHANGE_ANSWERED;
    if (suspended)
        MHD_resume_connection(exchange->connection);
    g_mutex_unlock(&server->lock);
}

void http_answer_text(HttpExchange *exchange, unsigned status, const char *text)
{
    http_answer(exchange, &(HttpAnswer){.status = status,
                                        .type = text ? "text/plain; charset=utf-8" : NULL,
                                        .body = text ? text : "",
                                        .body_bytes = text ? strlen(text) : 0});
}

static enum MHD_Result send_response(HttpExchange *exchange)
{
    allow(exchange->line, exchange->server->setup.request_ms);
    return MHD_queue_response(exchange->connection, exchange->status, exchange->response);
}

static enum MHD_Result refuse(HttpExchange *exchange, unsigned status)
{
    static const HttpField last = {"Connection", "close"};
    HttpServer *server = exchange->server;
    exchange->stage = EXCHANGE_ANSWERED;
    exchange->status = status;
    exchange->response = make_response(&(HttpAnswer){.body = "", .headers = &last, .n_headers = 1});
    g_mutex_lock(&server->lock);
    server->counters.refused++;
    g_mutex_unlock(&server->lock);
    return send_response(exchange);
}

/* The whole request is there: the handler has it, and unless it answers at once the connection sleeps. */
static enum MHD_Result hand_over(HttpExchange *exchange)
{
    HttpServer *server = exchange->server;
    g_mutex_lock(&server->lock);
    bool ending = server->ending;
    if (!ending) {
        g_hash_table_add(server->exchanges, exchange);
        exchange->stage = EXCHANGE_HANDLED;
        set_deadline(exchange->line, INT64_MAX);
        server->in_handler++;
        server->counters.requests++;
    }
    g_mutex_unlock(&server->lock);
    if (ending)
        return refuse(exchange, 503);
    server->setup.handler(server->setup.data, exchange, &exchange->request);
    g_mutex_lock(&server->lock);
    bool answered = exchange->stage == EXCHANGE_ANSWERED;
    if (!answered) {
        exchange->stage = EXCHANGE_SUSPENDED;
        MHD_suspend_connection(exchange->connection);
    }
    server->in_handler--;
    g_cond_broadcast(&server->changed);
    g_mutex_unlock(&server->lock);
    return answered ? send_response(exchange) : MHD_YES;
}

static enum MHD_Result on_access(void *data, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_bytes, void **context)
{
    HttpExchange *exchange = *context;
    (void)data, (void)connection, (void)url, (void)version;
    if (exchange->stage == EXCHANGE_ANSWERED)
        return send_response(exchange);
    if (!exchange->begun) {
        exchange->begun = true;
        exchange->refusal = judge_head(exchange);
        return exchange->refusal ? refuse(exchange, exchange->refusal) : MHD_YES;
    }
    if (*upload_bytes) {
        take_body(exchange, upload, *upload_bytes);
        *upload_bytes = 0;
        return MHD_YES;
    }
    if (exchange->refusal)
        return refuse(exchange, exchange->refusal);
    complete_request(exchange, method);
    return hand_over(exchange);
}

/* ---- beginning and end -----------------------------------------------------------------------
 */

static void G_GNUC_PRINTF(2, 0) on_trouble(void *data, const char *format, va_list arguments)
{
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    (void)data;
    log_message(LOG_DEBUG, "http", "%s", g_strchomp(text));
}

static void take_defaults(HttpServerSetup *setup)
{
    setup->address = setup->address ? setup->address : "127.0.0.1";
    setup->threads = setup->threads ? setup->threads : THREADS;
    setup->connections_max = setup->connections_max ? setup->connections_max : CONNECTIONS_MAX;
    setup->head_max_bytes = setup->head_max_bytes ? setup->head_max_bytes : HEAD_MAX;
    setup->body_max_bytes = setup->body_max_bytes ? setup->body_max_bytes : BODY_MAX;
    setup->bodies_max_bytes = setup->bodies_max_bytes ? setup->bodies_max_bytes : BODIES_MAX;
    setup->request_ms = setup->request_ms ? setup->request_ms : REQUEST_MS;
    setup->idle_ms = setup->idle_ms ? setup->idle_ms : IDLE_MS;
}

static struct addrinfo *find_address(const HttpServerSetup *setup, GError **error)
{
    g_autofree char *port = g_strdup_printf("%u", setup->port);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(setup->address, port, &hints, &found) == 0)
        return found;
    g_set_error(
        error, HTTP_ERROR, HTTP_ERROR_ADDRESS,
        "'%s' port %u is no address to listen on: write a numeric one such as 127.0.0.1 or ::",
        setup->address, setup->port);
    return NULL;
}

static struct MHD_Daemon *start_daemon(HttpServer *server, const struct addrinfo *address)
{
    const HttpServerSetup *setup = &server->setup;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)setup->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)setup->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    if (setup->certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_trouble, NULL,
        MHD_OPTION_SOCK_ADDR, address->ai_addr, MHD_OPTION_THREAD_POOL_SIZE, setup->threads,
        MHD_OPTION_CONNECTION_LIMIT, setup->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        setup->connections_of_one_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, setup->head_max_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static bool listen_on(HttpServer *server, GError **error)
{
    struct addrinfo *address = find_address(&server->setup, error);
    if (!address)
        return false;
    server->daemon = start_daemon(server, address);
    freeaddrinfo(address);
    if (server->daemon) {
        server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
        return true;
    }
    g_set_error(
        error, HTTP_ERROR, server->setup.certificate ? HTTP_ERROR_TLS : HTTP_ERROR_ADDRESS,
        "%s port %u cannot be listened on%s: is another program there, or is the port below 1024?",
        server->setup.address, server->setup.port,
        server->setup.certificate ? " with this certificate and key" : "");
    return false;
}

HttpServer *http_server_new(const HttpServerSetup *setup, GError **error)
{
    HttpServer *server = g_new0(HttpServer, 1);
    server->setup = *setup;
    take_defaults(&server->setup);
    g_mutex_init(&server->lock);
    g_cond_init(&server->changed);
    server->next_sweep_us = INT64_MAX;
    server->lines = g_hash_table_new_full(NULL, NULL, g_free, NULL);
    server->exchanges = g_hash_table_new(NULL, NULL);
    bool good = listen_on(server, error);
    if (good)
        server->sweeper = g_thread_new("http-clock", run_sweeper, server);
    else
        g_clear_pointer(&server, http_server_free);
    return server;
}

static void wait_for_handlers(HttpServer *server)
{
    g_mutex_lock(&server->lock);
    server->ending = true;
    g_cond_broadcast(&server->changed);
    while (server->in_handler)
        g_cond_wait(&server->changed, &server->lock);
    g_mutex_unlock(&server->lock);
}

/* Nothing new is handed over once `ending` is set, so the table only shrinks. */
static void answer_rest(HttpServer *server)
{
    for (;;) {
        GHashTableIter iter;
        gpointer exchange = NULL;
        g_mutex_lock(&server->lock);
        g_hash_table_iter_init(&iter, server->exchanges);
        bool any = g_hash_table_iter_next(&iter, &exchange, NULL);
        g_mutex_unlock(&server->lock);
        if (!any)
            return;
        http_answer_text(exchange, 503, NULL);
    }
}

/* Last answers leave on the server's threads; those that nobody takes are not waited for. */
static void wait_for_answers(HttpServer *server)
{
    int64_t until_us = g_get_monotonic_time() + LAST_ANSWERS_US;
    g_mutex_lock(&server->lock);
    while (server->alive && g_cond_wait_until(&server->changed, &server->lock, until_us))
        continue;
    g_mutex_unlock(&server->lock);
}

void http_server_free(HttpServer *server)
{
    if (!server)
        return;
    wait_for_handlers(server);
    answer_rest(server);
    wait_for_answers(server);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (server->sweeper)
        g_thread_join(server->sweeper);
    g_hash_table_unref(server->exchanges);
    g_hash_table_unref(server->lines);
    g_mutex_clear(&server->lock);
    g_cond_clear(&server->changed);
    g_free(server);
}

unsigned http_server_port(const HttpServer *server)
{
    return server->port;
}

HttpCounters http_server_counters(HttpServer *server)
{
    g_mutex_lock(&server->lock);
    HttpCounters counters = server->counters;
    counters.open = g_hash_table_size(server->lines);
    g_mutex_unlock(&server->lock);
    return counters;
}
