/* Signed posts, as a receiver checks them. */
#include <stdlib.h>
#include <string.h>

#include "testkit/server.h"
#include "testkit/testkit.h"

#define SECRET "0123456789abcdef-new"
#define OLD_SECRET "0123456789abcdef-old"
static const char *const good[] = {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\":\"r-7\"}"};

typedef struct {
    TestkitHttp http;
    TestkitServer *server;
    Testkit *kit;
} World;

static void world_start(World *world, const char *const *answers, size_t n)
{
    testkit_http_init(&world->http, answers, n);
    world->server = testkit_server_new(testkit_http_talk, &world->http);
    world->kit = testkit_new("webhook_out");
    g_autofree char *url =
        g_strdup_printf("http://127.0.0.1:%u/hooks/dunhub", testkit_server_port(world->server));
    testkit_option(world->kit, "url", url);
    testkit_option(world->kit, "secrets", "[\"" SECRET "\",\"" OLD_SECRET "\"]");
}

static void world_end(World *world)
{
    testkit_server_free(world->server);
    testkit_http_done(&world->http);
    testkit_free(world->kit);
}

/* What a receiver with one of the secrets computes. */
static void assert_signed(const char *request, const char *secret, guint nth)
{
    g_autofree char *timestamp = testkit_http_header(request, "Dunhub-Timestamp");
    g_autofree char *signatures = testkit_http_header(request, "Dunhub-Signature");
    const char *body = strstr(request, "\n\n") + 2;
    g_autofree char *part = g_strconcat(timestamp, ".", body, NULL);
    char hex[DUNHUB_HEX_SHA256];
    dunhub_hmac_sha256_hex(secret, strlen(secret), part, strlen(part), hex);
    g_auto(GStrv) each = g_strsplit(signatures, ",", -1);
    g_assert_cmpuint(g_strv_length(each), ==, 2);
    g_assert_cmpstr(each[nth], ==, hex);
    gint64 age = g_get_real_time() / G_USEC_PER_SEC - g_ascii_strtoll(timestamp, NULL, 10);
    g_assert_cmpint(age, >=, -1);
    g_assert_cmpint(age, <=, 60);
}

static void test_signed(void)
{
    World world = {0};
    world_start(&world, good, 1);
    testkit_option(world.kit, "headers", "{\"Authorization\":\"Bearer t\"}");
    const TestkitResult *result = testkit_run(world.kit, "hook.send", "C1/1/hook",
                                              "{\"account\":\"C1\",\"name\":\"M\xc3\xbcller\"}");
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "r-7");
    const char *request = world.http.requests->pdata[0];
    g_assert_true(g_str_has_prefix(request, "POST /hooks/dunhub HTTP/1.1\n"));
    g_assert_cmpstr(strstr(request, "\n\n") + 2, ==,
                    "{\"data\":{\"account\":\"C1\",\"name\":\"M\xc3\xbcller\"},\"key\":\"C1/1/"
                    "hook\",\"verb\":\"hook.send\"}");
    g_autofree char *key = testkit_http_header(request, "Dunhub-Key"),
                    *type = testkit_http_header(request, "Content-Type"),
                    *own = testkit_http_header(request, "Authorization");
    g_assert_cmpstr(key, ==, "C1/1/hook");
    g_assert_cmpstr(type, ==, "application/json");
    g_assert_cmpstr(own, ==, "Bearer t");
    assert_signed(request, SECRET, 0);
    assert_signed(request, OLD_SECRET, 1);
    /* A repeat has the same key and body. */
    testkit_run(world.kit, "hook.send", "C1/1/hook",
                "{\"account\":\"C1\",\"name\":\"M\xc3\xbcller\"}");
    const char *again = world.http.requests->pdata[1];
    g_assert_cmpstr(strstr(again, "\n\n"), ==, strstr(request, "\n\n"));
    world_end(&world);
}

static void test_outcomes(void)
{
    static const struct {
        const char *answer;
        int outcome;
        int64_t retry_after_ms;
    } rows[] = {
        {"HTTP/1.1 202 X\r\nContent-Length: 2\r\n\r\nok", DUNHUB_OK, 0},
        {"HTTP/1.1 429 X\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n", DUNHUB_RETRY, 9000},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_RETRY, 0},
        {"HTTP/1.1 410 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_PERMANENT, 0},
        {"HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_AUTH, 0},
        {"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", DUNHUB_PERMANENT, 0},
        {"", DUNHUB_RETRY, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        World world = {0};
        world_start(&world, &rows[i].answer, 1);
        const TestkitResult *result = testkit_run(world.kit, "hook.send", "k", "{}");
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpint(result->retry_after_ms, ==, rows[i].retry_after_ms);
        g_assert_null(strstr(result->message, SECRET));
        if (rows[i].outcome == DUNHUB_OK)
            g_assert_cmpstr(result->external_id, ==, "k"); /* the answer names no id */
        world_end(&world);
    }
}

static void test_options(void)
{
    static const struct {
        const char *option, *value, *message;
    } rows[] = {
        {"secrets", "[]", "option 'secrets' is empty"},
        {"secrets", "[\"short\"]", "each needs at least 16 signs"},
        {"secrets", "[1]", "each needs at least 16 signs"},
        {"headers", "{\"X\":\"a\\r\\nY: b\"}", "'X' is no header that can be set here"},
        {"headers", "{\"X Y\":\"a\"}", "'X Y' is no header"},
        {"headers", "{\"Dunhub-Key\":\"a\"}", "'Dunhub-Key' is no header"},
        {"headers", "{\"content-type\":\"a\"}", "'content-type' is no header"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        World world = {0};
        world_start(&world, good, 1);
        g_assert_cmpint(testkit_check(world.kit)->outcome, ==, DUNHUB_OK);
        testkit_option(world.kit, rows[i].option, rows[i].value);
        g_assert_cmpint(testkit_check(world.kit)->outcome, ==, DUNHUB_PERMANENT);
        const TestkitResult *result = testkit_run(world.kit, "hook.send", "k", "{}");
        g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
        g_assert_nonnull(strstr(result->message, rows[i].message));
        g_assert_cmpuint(testkit_server_connections(world.server), ==, 0);
        world_end(&world);
    }
    World world = {0};
    world_start(&world, good, 1);
    g_assert_cmpint(testkit_run(world.kit, "hook.send", "", "{}")->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpint(testkit_run(world.kit, "hook.send", "a\nb", "{}")->outcome, ==,
                    DUNHUB_PERMANENT);
    world_end(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/webhook_out/signed", test_signed);
    g_test_add_func("/webhook_out/outcomes", test_outcomes);
    g_test_add_func("/webhook_out/options", test_options);
    return g_test_run();
}
