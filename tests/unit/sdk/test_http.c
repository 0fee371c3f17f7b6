/* What answers, and the lack of one, mean for an action (docs/architecture.md, results of a call). */
#include "testkit/server.h"
#include "testkit/testkit.h"

#define ANSWER(status, more, body)                                                                 \
    "HTTP/1.1 " status " X\r\n" more "Content-Length: " G_STRINGIFY(body) "\r\n\r\n"

static const DunhubAction unprotected = {
    .size = sizeof(DunhubAction), .effect = DUNHUB_CONTACT, .repeat = DUNHUB_REPEAT_NONE};
static const DunhubAction keyed = {
    .size = sizeof(DunhubAction), .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_KEY};
static const DunhubAction looked_up = {
    .size = sizeof(DunhubAction), .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_LOOKUP};

typedef struct {
    Testkit *kit;
    TestkitHttp http;
    TestkitServer *server;
    char *url;
} World;

static World world_new(const char *const *answers, size_t n)
{
    World world = {.kit = testkit_new(NULL)};
    testkit_http_init(&world.http, answers, n);
    return world;
}

/* The server's thread keeps the address of `http`: not before the World stands still. */
static void world_start(World *world)
{
    world->server = testkit_server_new(testkit_http_talk, &world->http);
    world->url = g_strdup_printf("http://127.0.0.1:%u/hook", testkit_server_port(world->server));
}

static void world_end(World *world)
{
    testkit_server_free(world->server);
    testkit_http_done(&world->http);
    testkit_free(world->kit);
    g_free(world->url);
}

static const TestkitResult *post(World *world, const DunhubAction *action, int64_t timeout_ms,
                                 DunhubHttpResponse *ret_response)
{
    const DunhubTask *task = testkit_task(world->kit, "hook.send", "k", "{}");
    static const char *const headers[] = {"X-One: 1", NULL};
    const DunhubHttpRequest request = {.url = world->url,
                                       .body = "{\"a\":1}",
                                       .body_bytes = 7,
                                       .headers = headers,
                                       .timeout_ms = timeout_ms,
                                       .response_max_bytes = 64,
                                       .action = action};
    if (dunhub_http(task, &request, ret_response))
        dunhub_ok(task, NULL);
    return testkit_result(world->kit);
}

static void test_statuses(void)
{
    static const struct {
        const char *answer;
        const DunhubAction *action;
        int outcome;
        int64_t retry_after_ms;
        const char *code;
    } rows[] = {
        {ANSWER("200", "", 0), &unprotected, DUNHUB_OK, 0, ""},
        {ANSWER("204", "", 0), &keyed, DUNHUB_OK, 0, ""},
        {ANSWER("301", "Location: http://127.0.0.1:1/\r\n", 0), &keyed, DUNHUB_PERMANENT, 0, "301"},
        {ANSWER("400", "", 0), &keyed, DUNHUB_PERMANENT, 0, "400"},
        {ANSWER("401", "", 0), &keyed, DUNHUB_AUTH, 0, "401"},
        {ANSWER("403", "", 0), &unprotected, DUNHUB_AUTH, 0, "403"},
        {ANSWER("404", "", 0), NULL, DUNHUB_PERMANENT, 0, "404"},
        {ANSWER("408", "", 0), &unprotected, DUNHUB_RETRY, 0, "408"},
        {ANSWER("409", "", 0), &keyed, DUNHUB_PERMANENT, 0, "409"},
        {ANSWER("425", "", 0), &unprotected, DUNHUB_RETRY, 0, "425"},
        {ANSWER("429", "Retry-After: 7\r\n", 0), &unprotected, DUNHUB_RETRY, 7000, "429"},
        {ANSWER("429", "Retry-After: 99999999\r\n", 0), &unprotected, DUNHUB_RETRY,
         INT64_C(604800000), "429"},
        {ANSWER("503", "Retry-After: 2\r\n", 0), &unprotected, DUNHUB_RETRY, 2000, "503"},
        {ANSWER("500", "", 0), &unprotected, DUNHUB_UNCERTAIN, 0, "500"},
        {ANSWER("500", "", 0), &looked_up, DUNHUB_UNCERTAIN, 0, "500"},
        {ANSWER("500", "", 0), &keyed, DUNHUB_RETRY, 0, "500"},
        {ANSWER("502", "Retry-After: 3\r\n", 0), &keyed, DUNHUB_RETRY, 3000, "502"},
        {ANSWER("504", "", 0), NULL, DUNHUB_RETRY, 0, "504"},
        {ANSWER("501", "", 0), &keyed, DUNHUB_PERMANENT, 0, "501"},
        {"", &unprotected, DUNHUB_UNCERTAIN, 0, "no_answer"},
        {"", &looked_up, DUNHUB_UNCERTAIN, 0, "no_answer"},
        {"", &keyed, DUNHUB_RETRY, 0, "no_answer"},
        {"", NULL, DUNHUB_RETRY, 0, "no_answer"},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\ncut", &unprotected,
         DUNHUB_UNCERTAIN, 0, "no_answer"},
        {"HTTP/1.1 422 X\r\nConnection: close\r\nContent-Length: 100\r\n\r\ncut", &unprotected,
         DUNHUB_PERMANENT, 0, "422"},
        {"no http at all\r\nConnection: close\r\n\r\n", &unprotected, DUNHUB_UNCERTAIN, 0,
         "no_answer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        World world = world_new(&rows[i].answer, 1);
        world_start(&world);
        DunhubHttpResponse response;
        const TestkitResult *result = post(&world, rows[i].action, 0, &response);
        g_test_message("%.30s: %s", rows[i].answer, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpint(result->retry_after_ms, ==, rows[i].retry_after_ms);
        bool for_all = response.status == 429 || response.status == 503;
        g_assert_cmpint(result->pause_ms, ==, for_all ? rows[i].retry_after_ms : 0);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_cmpuint(world.http.requests->len, ==, 1); /* no redirect, no repeat of its own */
        world_end(&world);
    }
}

static void test_time_outs(void)
{
    static const char *const silence[] = {NULL};
    World world = world_new(silence, 1);
    world_start(&world);
    DunhubHttpResponse response;
    g_assert_cmpint(post(&world, &unprotected, 60, &response)->outcome, ==, DUNHUB_UNCERTAIN);
    g_assert_true(response.sent);
    g_assert_cmpint(post(&world, &keyed, 60, &response)->outcome, ==, DUNHUB_RETRY);
    testkit_left_ms(world.kit, 60); /* the call itself ends */
    g_assert_cmpint(post(&world, &unprotected, 0, &response)->outcome, ==, DUNHUB_UNCERTAIN);
    testkit_left_ms(world.kit, 0);
    const TestkitResult *result = post(&world, &unprotected, 0, &response);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpstr(result->code, ==, "cancelled");
    world_end(&world);
}

static void test_unreachable(void)
{
    static const char *const places[] = {"http://127.0.0.1", "https://127.0.0.1",
                                         "http://no-such-host.invalid"};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        World world = world_new(NULL, 0);
        world.url = g_strdup_printf("%s:%u/", places[i], testkit_closed_port());
        DunhubHttpResponse response;
        const TestkitResult *result = post(&world, &unprotected, 2000, &response);
        g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
        g_assert_cmpstr(result->code, ==, "unreachable");
        g_assert_nonnull(strstr(result->message, "nothing was sent"));
        testkit_http_done(&world.http);
        testkit_free(world.kit);
        g_free(world.url);
    }
}

/* No TLS where TLS was asked for, other protocols, headers that would split. */
static void test_refused(void)
{
    static const char *const plain[] = {ANSWER("200", "", 0)};
    World world = world_new(plain, 1);
    world_start(&world);
    g_autofree char *right = world.url;
    world.url = g_strdup_printf("https://127.0.0.1:%u/hook", testkit_server_port(world.server));
    DunhubHttpResponse response;
    g_assert_cmpint(post(&world, &unprotected, 2000, &response)->outcome, ==, DUNHUB_RETRY);
    for (guint i = 0; i < world.http.requests->len; i++)
        g_assert_null(
            strstr(world.http.requests->pdata[i], "POST")); /* only the start of a handshake */
    g_free(world.url);
    world.url = g_strdup("file:///etc/passwd");
    g_assert_cmpint(post(&world, NULL, 2000, &response)->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpuint(response.body_bytes, ==, 0);
    const DunhubTask *task = testkit_task(world.kit, "hook.send", "k", "{}");
    static const char *const split[] = {"X: 1\r\nY: 2", NULL};
    const DunhubHttpRequest request = {.url = right, .headers = split};
    g_assert_false(dunhub_http(task, &request, &response));
    g_assert_cmpint(testkit_result(world.kit)->outcome, ==, DUNHUB_PERMANENT);
    world_end(&world);
}

static void test_exchange(void)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\":\"x-1\"}",
        "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n"
        "0123456789012345678901234567890123456789012345678901234567890123456789"};
    World world = world_new(answers, 2);
    world_start(&world);
    DunhubHttpResponse response;
    g_assert_cmpint(post(&world, &keyed, 0, &response)->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(response.body, ==, "{\"id\":\"x-1\"}");
    g_assert_cmpint(post(&world, &keyed, 0, &response)->outcome, ==, DUNHUB_OK);
    g_assert_true(response.cut);
    g_assert_cmpuint(response.body_bytes, ==, 64);
    const char *request = world.http.requests->pdata[0];
    g_assert_true(g_str_has_prefix(request, "POST /hook HTTP/1.1\n"));
    g_assert_true(g_str_has_suffix(request, "\n\n{\"a\":1}"));
    g_autofree char *one = testkit_http_header(request, "x-one");
    g_assert_cmpstr(one, ==, "1");
    g_assert_cmpuint(testkit_server_connections(world.server), ==, 1); /* kept */
    world_end(&world);
}

/* curl repeats by itself what it sent on a kept connection that was dead: only where that is harmless. */
static void test_own_connection(void)
{
    static const char *const answers[] = {ANSWER("200", "", 0)};
    const DunhubAction *actions[] = {&unprotected, &looked_up};
    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        World world = world_new(answers, 1);
        world_start(&world);
        DunhubHttpResponse response;
        post(&world, actions[i], 0, &response);
        post(&world, actions[i], 0, &response);
        g_assert_cmpuint(testkit_server_connections(world.server), ==, 2);
        world_end(&world);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdk/http/statuses", test_statuses);
    g_test_add_func("/sdk/http/time_outs", test_time_outs);
    g_test_add_func("/sdk/http/unreachable", test_unreachable);
    g_test_add_func("/sdk/http/refused", test_refused);
    g_test_add_func("/sdk/http/exchange", test_exchange);
    g_test_add_func("/sdk/http/own_connection", test_own_connection);
    return g_test_run();
}
