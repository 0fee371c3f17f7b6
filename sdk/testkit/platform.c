#include "testkit/platform.h"

#include "testkit/server.h"

#include <string.h>

struct TestkitPlatform {
    Testkit *kit;
    TestkitServer *server;
    char *url;
    GMutex lock;
    GQueue answers;      /* char * */
    GPtrArray *requests; /* char *: head and body */
};

/* Head up to the empty line, then as many bytes as it says. */
static char *read_request(TestkitPeer *peer)
{
    GString *request = g_string_new(NULL);
    size_t n = 0;
    for (char *line; (line = testkit_peer_line(peer)); g_free(line)) {
        g_string_append_printf(request, "%s\n", line);
        if (g_ascii_strncasecmp(line, "Content-Length:", 15) == 0)
            n = g_ascii_strtoull(line + 15, NULL, 10);
        if (!*line) {
            g_free(line);
            g_autofree char *body = n ? testkit_peer_bytes(peer, n) : g_strdup("");
            g_string_append(request, body ? body : "");
            return g_string_free(request, FALSE);
        }
    }
    g_string_free(request, TRUE);
    return NULL;
}

static void talk(TestkitPeer *peer, void *data)
{
    TestkitPlatform *platform = data;
    char *request = read_request(peer);
    if (!request)
        return;
    g_mutex_lock(&platform->lock);
    g_ptr_array_add(platform->requests, request);
    g_autofree char *answer = g_queue_pop_head(&platform->answers);
    g_mutex_unlock(&platform->lock);
    if (!answer)
        answer =
            g_strdup("HTTP/1.1 599 Unscripted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    if (*answer)
        testkit_peer_send(peer, answer);
    else
        testkit_peer_reset(peer);
}

TestkitPlatform *testkit_platform_new(const char *plugin, const char *base)
{
    TestkitPlatform *platform = g_new0(TestkitPlatform, 1);
    platform->requests = g_ptr_array_new_with_free_func(g_free);
    g_mutex_init(&platform->lock);
    platform->kit = testkit_new(plugin);
    platform->server = testkit_server_new(talk, platform);
    platform->url = g_strdup_printf("http://127.0.0.1:%u", testkit_server_port(platform->server));
    g_autofree char *base_url = g_strconcat(platform->url, base, NULL);
    testkit_option(platform->kit, "base_url", base_url);
    return platform;
}

void testkit_platform_free(TestkitPlatform *platform)
{
    testkit_server_free(platform->server);
    testkit_free(platform->kit);
    g_queue_clear_full(&platform->answers, g_free);
    g_ptr_array_unref(platform->requests);
    g_mutex_clear(&platform->lock);
    g_free(platform->url);
    g_free(platform);
}

Testkit *testkit_platform_kit(TestkitPlatform *platform)
{
    return platform->kit;
}

const char *testkit_platform_url(const TestkitPlatform *platform)
{
    return platform->url;
}

void testkit_platform_answer(TestkitPlatform *platform, const char *status, const char *headers,
                             const char *body)
{
    char *answer = *status
                       ? g_strdup_printf("HTTP/1.1 %s\r\nConnection: close\r\n%sContent-Length: "
                                         "%zu\r\n\r\n%s",
                                         status, headers, strlen(body), body)
                       : g_strdup("");
    g_mutex_lock(&platform->lock);
    g_queue_push_tail(&platform->answers, answer);
    g_mutex_unlock(&platform->lock);
}

void testkit_platform_json(TestkitPlatform *platform, const char *body)
{
    testkit_platform_answer(platform, "200 OK", "Content-Type: application/json\r\n", body);
}

guint testkit_platform_count(TestkitPlatform *platform)
{
    g_mutex_lock(&platform->lock);
    guint n = platform->requests->len;
    g_mutex_unlock(&platform->lock);
    return n;
}

static const char *request_at(TestkitPlatform *platform, guint i)
{
    guint n = testkit_platform_count(platform);
    if (i >= n)
        g_error("there were %u requests, none with number %u", n, i);
    g_mutex_lock(&platform->lock);
    const char *request = g_ptr_array_index(platform->requests, i);
    g_mutex_unlock(&platform->lock);
    return request;
}

void testkit_platform_assert(TestkitPlatform *platform, guint i, const char *method_and_path)
{
    const char *request = request_at(platform, i);
    const char *end = strstr(request, " HTTP/1.");
    g_autofree char *line =
        g_strndup(request, end ? (gsize)(end - request) : strcspn(request, "\n"));
    g_assert_cmpstr(line, ==, method_and_path);
}

const char *testkit_platform_body(TestkitPlatform *platform, guint i)
{
    return strstr(request_at(platform, i), "\n\n") + 2;
}

char *testkit_platform_header(TestkitPlatform *platform, guint i, const char *name)
{
    return testkit_http_header(request_at(platform, i), name);
}

void testkit_platform_assert_json(TestkitPlatform *platform, guint i, const char *expect)
{
    json_auto_t *body = json_loads(testkit_platform_body(platform, i), JSON_DECODE_ANY, NULL);
    json_auto_t *wanted = json_loads(expect, JSON_DECODE_ANY, NULL);
    g_assert_nonnull(wanted);
    if (!body || !json_equal(body, wanted))
        g_error("request %u has the body\n%s\nexpected\n%s", i, testkit_platform_body(platform, i),
                expect);
}
