/* A small HTTP server on libmicrohttpd: whole requests in, one answer each, now or later, from any thread. The listener of
 * webhooks and events is built on it, and so is whatever plays a platform in tests.
 *
 * Everything is bounded: head, body, bodies held at once, connections, connections of one address, and the time from a
 * connection's first byte to the end of a request (a slow one is closed, however steadily it drips). Refused before the
 * handler hears of them: two lengths, a length beside a transfer coding, a body that is too long (413), no room (503).
 *
 * Threads: http_server_new and http_server_free belong to one thread; the handler is called on threads of the server. */
#ifndef DUNHUB_HTTP_SERVER_H
#define DUNHUB_HTTP_SERVER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { HTTP_ERROR_ADDRESS /* not to be listened on */, HTTP_ERROR_TLS } HttpError;
GQuark http_error_quark(void);
#define HTTP_ERROR http_error_quark()

typedef struct HttpServer HttpServer;
typedef struct HttpExchange HttpExchange; /* one request that waits for its answer */

typedef struct {
    const char *name, *value;
} HttpField;

/* Borrowed: until the exchange is answered. */
typedef struct {
    const char *method;
    const char *target;       /* as it came: path and query, nothing decoded */
    const char *path;         /* of the target, decoded once */
    const char *query;        /* of the target, as it came; NULL none */
    const HttpField *headers; /* in their order, names as they came */
    size_t n_headers;
    const void *body;         /* "" if there is none; NUL-ended beyond its length */
    size_t body_bytes;
    const char *peer;         /* numeric address of the other end */
    bool is_tls;
} HttpRequest;

/* Must see to it that http_answer is called exactly once for the exchange. */
typedef void (*HttpHandler)(void *data, HttpExchange *exchange, const HttpRequest *request);

/* 0 and NULL: the default that is named. Texts are used during http_server_new only. */
typedef struct {
    const char *address;            /* numeric, v4 or v6; 127.0.0.1 */
    unsigned port;                  /* 0: a free one */
    const char *certificate, *key;  /* PEM texts; NULL: no TLS */
    unsigned threads;               /* 2 */
    unsigned connections_max;       /* 512 */
    unsigned connections_of_one_max; /* of one address; as many as there may be */
    size_t head_max_bytes;          /* request line and headers; 32 KiB */
    size_t body_max_bytes;          /* 1 MiB */
    size_t bodies_max_bytes;        /* of all requests at once; 64 MiB */
    unsigned request_ms;            /* for a whole request to arrive, and for its answer to be taken; 10,000 */
    unsigned idle_ms;               /* between two requests of one connection; 30,000 */
    HttpHandler handler;
    void *data;
} HttpServerSetup;

HttpServer *http_server_new(const HttpServerSetup *setup, GError **error);
/* Takes no more, answers what still waits with 503, ends its threads. Nobody may answer any more once this is called. */
void http_server_free(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)
unsigned http_server_port(const HttpServer *server);

typedef struct {
    unsigned status;
    const char *type;         /* Content-Type; NULL none */
    const void *body;         /* copied */
    size_t body_bytes;
    const HttpField *headers; /* further ones; those whose name or value is no header text are left out */
    size_t n_headers;
} HttpAnswer;
/* Thread-safe. The exchange and its request are gone when this returns. */
void http_answer(HttpExchange *exchange, const HttpAnswer *answer);
/* With text as text/plain; NULL: no body. */
void http_answer_text(HttpExchange *exchange, unsigned status, const char *text);

/* The value of the first header of that name, whatever its case; NULL none. */
const char *http_header(const HttpRequest *request, const char *name);
/* Decodes %XX, and '+' to a blank where forms do so; NULL: not well formed, or it holds a NUL. Caller frees. */
char *http_decode(const char *text, size_t n, bool is_form);

/* What happened since the server began. */
typedef struct {
    uint64_t connections, requests;
    uint64_t refused;   /* before the handler: malformed, too long, no room */
    uint64_t timed_out; /* connections that were closed because they were too slow */
    uint64_t open;      /* connections now */
} HttpCounters;
HttpCounters http_server_counters(HttpServer *server);

#endif
