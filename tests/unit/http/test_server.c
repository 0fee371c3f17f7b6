/* The server as hostile and slow clients find it; loopback, a free port each. */
#include "http/server.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    HttpServer *server;
    GAsyncQueue *kept; /* exchanges of /later */
} World;

static void echo(void *data, HttpExchange *exchange, const HttpRequest *request)
{
    World *world = data;
    if (strcmp(request->path, "/later") == 0) {
        g_async_queue_push(world->kept, exchange);
        return;
    }
    g_autofree char *text = g_strdup_printf(
        "%s|%s|%s|%s|%.*s", request->method, request->path, request->query ? request->query : "-",
        http_header(request, "x-one") ? http_header(request, "x-one") : "-",
        (int)request->body_bytes, (const char *)request->body);
    http_answer_text(exchange, 200, text);
}

static World *world_new(HttpServerSetup setup)
{
    World *world = g_new0(World, 1);
    g_autoptr(GError) error = NULL;
    world->kept = g_async_queue_new();
    setup.handler = echo;
    setup.data = world;
    world->server = http_server_new(&setup, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(http_server_port(world->server), !=, 0);
    return world;
}

static void world_end(World *world)
{
    http_server_free(world->server);
    g_async_queue_unref(world->kept);
    g_free(world);
}

static int dial(const World *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_server_port(world->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static bool say(int fd, const char *text, size_t n)
{
    return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* All until the other side closes. */
static char *hear(int fd)
{
    GString *heard = g_string_new(NULL);
    char bytes[4096];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0)
        g_string_append_len(heard, bytes, n);
    close(fd);
    return g_string_free(heard, FALSE);
}

static char *ask(const World *world, const char *request)
{
    int fd = dial(world);
    say(fd, request, strlen(request));
    return hear(fd);
}

/* ---- what is taken and what is refused -------------------------------------------------------
 */

#define POST "POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"

static void test_requests(void)
{
    static const struct {
        const char *request, *status, *body;
    } rows[] = {
        {"GET /a%2Fb%20c?x=%20y&z HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nConnection: close\r\n\r\n",
         "200", "GET|/a/b c|x=%20y&z|1|"},
        {POST "Content-Length: 3\r\n\r\nabc", "200", "POST|/a|-|-|abc"},
        {POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "200",
         "POST|/a|-|-|abcde"},
        {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400", NULL},
        {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400", NULL},
        {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", NULL},
        {POST "Content-Length: +3\r\n\r\nabc", "400", NULL},
        {POST "Content-Length: 3, 3\r\n\r\nabc", "400", NULL},
        {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501", NULL},
        {POST "Host: other\r\n\r\n", "400", NULL},
        {POST "Content-Length: 65\r\n\r\n", "413", NULL},
        {POST "Content-Length: 99999999999999999999999\r\n\r\n", "4", NULL},
        {POST "Transfer-Encoding: chunked\r\n\r\n"
              "28\r\n0123456789012345678901234567890123456789\r\n"
              "28\r\n0123456789012345678901234567890123456789\r\n0\r\n\r\n",
         "413", NULL},
        {"GET /%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", NULL},
        {"GET /%00 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", NULL},
        {"GET /%ff HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", NULL},
        {"GET http://x/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", NULL},
        {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400", NULL},
    };
    World *world = world_new((HttpServerSetup){.body_max_bytes = 64});
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *heard = ask(world, rows[i].request);
        g_autofree char *status = g_strconcat("HTTP/1.1 ", rows[i].status, NULL);
        g_test_message("%s -> %.40s", rows[i].request, heard);
        g_assert_true(g_str_has_prefix(heard, status));
        const char *body = strstr(heard, "\r\n\r\n");
        if (rows[i].body)
            g_assert_cmpstr(body + 4, ==, rows[i].body);
    }
    world_end(world);
}

static void test_long_head(void)
{
    World *world = world_new((HttpServerSetup){.head_max_bytes = 4096});
    g_autofree char *long_text = g_strnfill(8000, 'a');
    g_autofree char *request =
        g_strdup_printf("GET / HTTP/1.1\r\nHost: h\r\nX-One: %s\r\n\r\n", long_text);
    g_autofree char *heard = ask(world, request);
    g_assert_true(g_str_has_prefix(heard, "HTTP/1.1 431") || !*heard);
    g_autoptr(GString) many = g_string_new("GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 200; i++)
        g_string_append(many, "a: b\r\n");
    g_string_append(many, "\r\n");
    g_autofree char *answer = ask(world, many->str);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 431") || !*answer);
    g_assert_cmpuint(http_server_counters(world->server).requests, ==, 0);
    world_end(world);
}

/* Two requests at once on one connection, each with its answer, in their order. */
static void test_pipelined(void)
{
    World *world = world_new((HttpServerSetup){0});
    g_autofree char *heard =
        ask(world, "GET /one HTTP/1.1\r\nHost: h\r\n\r\n"
                   "GET /two HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const char *one = strstr(heard, "GET|/one"), *two = strstr(heard, "GET|/two");
    g_assert_true(one && two && one < two);
    world_end(world);
}

/* ---- bounds ----------------------------------------------------------------------------------
 */

/* A client that never stops sending, and never says a whole request, is closed all the same. */
static void test_slow(void)
{
    static const char *const beginnings[] = {
        "",
        "GET / HTTP/1.1\r\nHost: h\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n",
    };
    World *world = world_new((HttpServerSetup){.request_ms = 150});
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        int fd = dial(world);
        char byte;
        say(fd, beginnings[i], strlen(beginnings[i]));
        while (recv(fd, &byte, 1, MSG_DONTWAIT) != 0 && say(fd, "a", 1))
            g_usleep(5000);
        close(fd);
        g_assert_cmpuint(http_server_counters(world->server).timed_out, ==, i + 1);
    }
    g_assert_cmpuint(http_server_counters(world->server).requests, ==, 0);
    world_end(world);
}

static void test_connections_of_one(void)
{
    World *world = world_new((HttpServerSetup){.connections_of_one_max = 2, .threads = 2});
    int first = dial(world), second = dial(world);
    while (http_server_counters(world->server).open < 2)
        g_usleep(1000);
    g_autofree char *third = ask(world, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    g_assert_cmpstr(third, ==, "");
    close(first);
    close(second);
    world_end(world);
}

/* Bodies of requests that wait count together. */
static void test_bodies(void)
{
    World *world = world_new((HttpServerSetup){.bodies_max_bytes = 100});
    g_autofree char *body = g_strnfill(60, 'b');
    g_autofree char *request = g_strdup_printf(
        "POST /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 60\r\n\r\n%s",
        body);
    int fd = dial(world);
    say(fd, request, strlen(request));
    HttpExchange *kept = g_async_queue_pop(world->kept);
    g_autofree char *refused = ask(world, request);
    g_assert_true(g_str_has_prefix(refused, "HTTP/1.1 503"));
    http_answer_text(kept, 202, "kept");
    g_autofree char *heard = hear(fd);
    g_assert_true(g_str_has_prefix(heard, "HTTP/1.1 202"));
    g_assert_true(g_str_has_suffix(heard, "kept"));
    int again = dial(world); /* the room is free again */
    say(again, request, strlen(request));
    http_answer_text(g_async_queue_pop(world->kept), 202, NULL);
    g_autofree char *last = hear(again);
    g_assert_true(g_str_has_prefix(last, "HTTP/1.1 202"));
    world_end(world);
}

/* ---- answers ---------------------------------------------------------------------------------
 */

static void test_answered_at_the_end(void)
{
    World *world = world_new((HttpServerSetup){0});
    static const char request[] = "GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    int fds[8];
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        fds[i] = dial(world);
        say(fds[i], request, strlen(request));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++)
        g_async_queue_pop(world->kept);
    world_end(world);
    for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_autofree char *heard = hear(fds[i]);
        g_assert_true(g_str_has_prefix(heard, "HTTP/1.1 503"));
    }
}

/* Text of others in a header never makes a second header. */
static void test_header_injection(void)
{
    World *world = world_new((HttpServerSetup){0});
    static const HttpField fields[] = {{"X-Good", "1"}, {"X-Bad", "a\r\nX-Injected: 1"}};
    int fd = dial(world);
    static const char request[] = "GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    say(fd, request, strlen(request));
    http_answer(g_async_queue_pop(world->kept),
                &(HttpAnswer){.status = 204, .body = "", .headers = fields, .n_headers = 2});
    g_autofree char *heard = hear(fd);
    g_assert_nonnull(strstr(heard, "X-Good: 1\r\n"));
    g_assert_null(strstr(heard, "X-Injected"));
    world_end(world);
}

static void test_addresses(void)
{
    World *world = world_new((HttpServerSetup){0});
    const HttpServerSetup rows[] = {
        {.address = "localhost.example", .handler = echo},
        {.address = "127.0.0.1", .port = http_server_port(world->server), .handler = echo},
        {.address = "127.0.0.1", .certificate = "no PEM", .key = "no PEM", .handler = echo},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(http_server_new(&rows[i], &error));
        int code = rows[i].certificate ? HTTP_ERROR_TLS : HTTP_ERROR_ADDRESS;
        g_assert_error(error, HTTP_ERROR, code);
    }
    world_end(world);
}

static void test_decode(void)
{
    static const struct {
        const char *text, *as_path, *as_form;
    } rows[] = {
        {"a+b%2b", "a+b+", "a b+"}, {"%41", "A", "A"},   {"%4", NULL, NULL}, {"%", NULL, NULL},
        {"%g0", NULL, NULL},        {"%00", NULL, NULL}, {"", "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = http_decode(rows[i].text, strlen(rows[i].text), false);
        g_autofree char *form = http_decode(rows[i].text, strlen(rows[i].text), true);
        g_assert_cmpstr(path, ==, rows[i].as_path);
        g_assert_cmpstr(form, ==, rows[i].as_form);
    }
    g_assert_null(http_decode("a\0b", 3, false));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/requests", test_requests);
    g_test_add_func("/server/long_head", test_long_head);
    g_test_add_func("/server/pipelined", test_pipelined);
    g_test_add_func("/server/slow", test_slow);
    g_test_add_func("/server/connections_of_one", test_connections_of_one);
    g_test_add_func("/server/bodies", test_bodies);
    g_test_add_func("/server/answered_at_the_end", test_answered_at_the_end);
    g_test_add_func("/server/header_injection", test_header_injection);
    g_test_add_func("/server/addresses", test_addresses);
    g_test_add_func("/server/decode", test_decode);
    return g_test_run();
}
