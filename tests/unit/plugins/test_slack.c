/* Alerts, their later states, approvals and what people answer, against a scripted Slack. */
#include <string.h>

#include "dunhub/platform.h"
#include "testkit/server.h"
#include "testkit/testkit.h"

typedef struct {
    TestkitHttp http;
    TestkitServer *server;
    Testkit *kit;
    GPtrArray *answers;
    char *base;
} World;

/* bodies: of answers with status 200, or whole answers. */
static World *world_new(const char *const *bodies, size_t n)
{
    World *world = g_new0(World, 1);
    world->answers = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(
            world->answers,
            *bodies[i] == '{'
                ? g_strdup_printf(
                      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                      strlen(bodies[i]), bodies[i])
                : g_strdup(bodies[i]));
    testkit_http_init(&world->http, (const char *const *)world->answers->pdata, n);
    world->server = testkit_server_new(testkit_http_talk, &world->http);
    world->kit = testkit_new("slack");
    world->base = g_strdup_printf("http://127.0.0.1:%u", testkit_server_port(world->server));
    testkit_option(world->kit, "base_url", world->base);
    testkit_option(world->kit, "hooks_url", world->base);
    testkit_option(world->kit, "token", "xoxb-planted-secret");
    testkit_option(world->kit, "channel", "C0ARREARS");
    testkit_option(world->kit, "approvers", "[\"Maria@kestrel.example\"]");
    testkit_option(world->kit, "people", "{\"maria@kestrel.example\":\"maria\"}");
    return world;
}

static void world_free(World *world)
{
    testkit_server_free(world->server);
    testkit_http_done(&world->http);
    testkit_free(world->kit);
    g_ptr_array_unref(world->answers);
    g_free(world->base);
    g_free(world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static guint requests(const World *world)
{
    return world->http.requests->len;
}

static json_t *sent(const World *world, guint i, const char *method)
{
    const char *request = world->http.requests->pdata[i];
    g_autofree char *line = g_strdup_printf("POST /%s HTTP/1.1\n", method);
    g_assert_true(g_str_has_prefix(request, line));
    json_t *body = json_loads(strstr(request, "\n\n") + 2, 0, NULL);
    g_assert_nonnull(body);
    return body;
}

static void assert_form(const World *world, guint i, const char *method, const char *part)
{
    const char *request = world->http.requests->pdata[i];
    g_autofree char *line = g_strdup_printf("POST /%s HTTP/1.1\n", method);
    g_assert_true(g_str_has_prefix(request, line));
    g_assert_nonnull(strstr(strstr(request, "\n\n"), part));
}

static void assert_text(const json_t *root, const char *path, const char *expected)
{
    g_assert_cmpstr(dunhub_at_text(root, path), ==, expected);
}

static const char posted[] = "{\"ok\":true,\"channel\":\"C0ARREARS\",\"ts\":\"1503435956.000247\"}";
static const char said_ok[] = "{\"ok\":true}";
#define CASE                                                                                       \
    "{\"account\":\"C-1 & <Co>\",\"event\":\"case.opened\",\"case\":\"c1\",\"step\":\"reminder\"," \
    "\"currency\":\"JPY\",\"overdue\":12050}"

/* ---- posts ---- */

static void test_post(void)
{
    const char *const answers[] = {posted};
    g_autoptr(World) world = world_new(answers, 1);
    testkit_option(world->kit, "case_url", "https://hub.kestrel.example/a/{account}");
    const TestkitResult *result = testkit_run(world->kit, "chat.post", "C-1/c1/1/alert", CASE);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "C0ARREARS/1503435956.000247");
    json_auto_t *body = sent(world, 0, "chat.postMessage");
    assert_text(body, "/channel", "C0ARREARS");
    assert_text(body, "/text", "C-1 &amp; &lt;Co&gt; is overdue and became delinquent: 12050 JPY");
    assert_text(body, "/blocks/0/text/text",
                "C-1 &amp; &lt;Co&gt; is overdue and became delinquent: 12050 JPY");
    assert_text(body, "/metadata/event_payload/key", "C-1/c1/1/alert");
    assert_text(body, "/blocks/2/elements/0/action_id", "dunhub_assign");
    assert_text(body, "/blocks/2/elements/0/value", "{\"account\":\"C-1 & <Co>\",\"case\":\"c1\"}");
    assert_text(body, "/blocks/2/elements/1/url",
                "https://hub.kestrel.example/a/C-1%20%26%20%3CCo%3E");
    g_assert_true(json_is_false(json_object_get(body, "unfurl_links")));
    g_autofree char *sign_in = testkit_http_header(world->http.requests->pdata[0], "Authorization");
    g_assert_cmpstr(sign_in, ==, "Bearer xoxb-planted-secret");
    g_autofree char *type = testkit_http_header(world->http.requests->pdata[0], "Content-Type");
    g_assert_cmpstr(type, ==, "application/json; charset=utf-8");
}

/* A text of a template, a channel of its own, no buttons where none are wanted. */
static void test_post_text(void)
{
    const char *const answers[] = {posted};
    g_autoptr(World) world = world_new(answers, 1);
    testkit_option(world->kit, "buttons", "false");
    testkit_run(world->kit, "chat.post", "k",
                "{\"text\":\"<!channel> M\xc3\xbcller\",\"channel\":\"C2\",\"account\":\"A\"}");
    json_auto_t *body = sent(world, 0, "chat.postMessage");
    assert_text(body, "/channel", "C2");
    assert_text(body, "/text", "&lt;!channel&gt; M\xc3\xbcller");
    testkit_run(
        world->kit, "chat.post", "k",
        "{\"account\":\"A\",\"event\":\"case.opened\",\"customer\":{\"name\":\"Ada Moore\"}}");
    json_auto_t *named = sent(world, 1, "chat.postMessage");
    assert_text(named, "/text", "Ada Moore (A) is overdue and became delinquent");
    g_assert_cmpuint(json_array_size(json_object_get(body, "blocks")), ==, 2);
    const TestkitResult *result =
        testkit_run(world->kit, "chat.post", "k", "{\"channel\":\"#finance\"}");
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpuint(requests(world), ==, 2);
}

static void test_outcomes(void)
{
    static const struct {
        const char *answer;
        int outcome;
        const char *code;
    } rows[] = {
        {"{\"ok\":false,\"error\":\"ratelimited\"}", DUNHUB_RETRY, "ratelimited"},
        {"{\"ok\":false,\"error\":\"fatal_error\"}", DUNHUB_UNCERTAIN, "fatal_error"},
        {"{\"ok\":false,\"error\":\"internal_error\"}", DUNHUB_UNCERTAIN, "internal_error"},
        {"{\"ok\":false,\"error\":\"invalid_auth\"}", DUNHUB_AUTH, "invalid_auth"},
        {"{\"ok\":false,\"error\":\"missing_scope\",\"needed\":\"chat:write\"}", DUNHUB_AUTH,
         "missing_scope"},
        {"{\"ok\":false,\"error\":\"channel_not_found\"}", DUNHUB_PERMANENT, "channel_not_found"},
        {"{\"ok\":false,\"error\":\"invalid_blocks\"}", DUNHUB_PERMANENT, "invalid_blocks"},
        {"{\"ok\":false,\"error\":\"never_seen_before\"}", DUNHUB_PERMANENT, "never_seen_before"},
        {"{\"ok\":false}", DUNHUB_PERMANENT, "no_error_named"},
        {"{\"ok\":true}", DUNHUB_UNCERTAIN, "answer"}, /* posted, but where? */
        {"{}", DUNHUB_UNCERTAIN, "answer"},
        {"{\"ok\":true,\"channel\":\"C1\"", DUNHUB_UNCERTAIN, "unreadable"},
        {"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_UNCERTAIN, "answer"},
        {"HTTP/1.1 200 X\r\nContent-Length: 6\r\n\r\n<html>", DUNHUB_UNCERTAIN, "unreadable"},
        {"HTTP/1.1 429 X\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n", DUNHUB_RETRY, "429"},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_UNCERTAIN, "500"},
        {"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", DUNHUB_RETRY, "503"},
        {"HTTP/1.1 302 X\r\nLocation: http://other.example/\r\nContent-Length: 0\r\n\r\n",
         DUNHUB_PERMANENT, "302"},
        {"", DUNHUB_UNCERTAIN, "no_answer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(World) world = world_new(&rows[i].answer, 1);
        const TestkitResult *result = testkit_run(world->kit, "chat.post", "k", CASE);
        g_test_message("row %zu: %s", i, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_null(strstr(result->message, "planted"));
        g_assert_cmpuint(requests(world), ==, 1);
        if (strcmp(result->code, "429") == 0)
            g_assert_cmpint(result->retry_after_ms, ==, 30000);
    }
}

/* ---- later states ---- */

#define OF_POST(event)                                                                             \
    "{\"object_id\":\"C0ARREARS/1503435956.000247\",\"account\":\"A\",\"event\":\"" event "\"}"

static void test_update(void)
{
    const char *const answers[] = {
        said_ok, "{\"ok\":true,\"channel\":\"C0ARREARS\",\"ts\":\"1503435999.1\"}"};
    g_autoptr(World) world = world_new(answers, 2);
    const TestkitResult *result =
        testkit_run(world->kit, "chat.update", "k2", OF_POST("case.resolved"));
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "C0ARREARS/1503435999.1");
    json_auto_t *changed = sent(world, 0, "chat.update"),
                *reply = sent(world, 1, "chat.postMessage");
    assert_text(changed, "/ts", "1503435956.000247");
    assert_text(changed, "/text", "A is resolved");
    g_assert_cmpuint(json_array_size(json_object_get(changed, "blocks")), ==,
                     2); /* no buttons left */
    assert_text(reply, "/thread_ts", "1503435956.000247");
    assert_text(reply, "/metadata/event_payload/key", "k2");
}

static void test_update_ways(void)
{
    static const struct {
        const char *how, *first;
        int outcome;
        guint requests;
    } rows[] = {
        {"message", "{\"ok\":true}", DUNHUB_OK, 1},
        {"message", "", DUNHUB_RETRY, 1}, /* changing it again is harmless */
        {"message", "{\"ok\":false,\"error\":\"fatal_error\"}", DUNHUB_RETRY, 1},
        {"both", "{\"ok\":false,\"error\":\"message_not_found\"}", DUNHUB_OK, 2},
        {"both", "{\"ok\":false,\"error\":\"is_archived\"}", DUNHUB_PERMANENT, 1},
        {"thread", posted, DUNHUB_OK, 1},
        {"thread", "", DUNHUB_UNCERTAIN, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const answers[] = {rows[i].first, posted};
        g_autoptr(World) world = world_new(answers, 2);
        testkit_option(world->kit, "update", rows[i].how);
        const TestkitResult *result =
            testkit_run(world->kit, "chat.update", "k", OF_POST("case.step_entered"));
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpuint(requests(world), ==, rows[i].requests);
    }
    static const char *const wrong[] = {"{}", "{\"object_id\":\"C0ARREARS\"}",
                                        "{\"object_id\":\"x/1.2\"}",
                                        "{\"object_id\":\"C1/1.2&a=b\"}"};
    const char *const answers[] = {posted};
    g_autoptr(World) world = world_new(answers, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_cmpint(testkit_run(world->kit, "chat.update", "k", wrong[i])->outcome, ==,
                        DUNHUB_PERMANENT);
    g_assert_cmpuint(requests(world), ==, 0);
}

/* ---- look-up ---- */

#define MESSAGE(type, key)                                                                         \
    "{\"ts\":\"1.5\",\"metadata\":{\"event_type\":\"" type "\",\"event_payload\":{\"key\":\"" key  \
    "\"}}}"
#define HISTORY(messages, next)                                                                    \
    "{\"ok\":true,\"messages\":[{\"ts\":\"1.1\"}," messages                                        \
    "],\"response_metadata\":{\"next_cursor\":\"" next "\"}}"

static void test_look_up(void)
{
    static const struct {
        const char *verb, *input, *answers[3];
        int outcome;
        const char *id;
    } rows[] = {
        {"chat.post", CASE, {HISTORY(MESSAGE("dunhub_act", "k"), "")}, DUNHUB_OK, "C0ARREARS/1.5"},
        {"chat.post", CASE, {HISTORY(MESSAGE("dunhub_act", "k2"), "")}, DUNHUB_ABSENT, ""},
        {"chat.post", CASE, {HISTORY(MESSAGE("another", "k"), "")}, DUNHUB_ABSENT, ""},
        {"approval.request",
         CASE,
         {HISTORY(MESSAGE("dunhub_act", "x"), "n=="), HISTORY(MESSAGE("dunhub_act", "k"), "")},
         DUNHUB_OK,
         "C0ARREARS/1.5"},
        {"chat.post", CASE, {"{\"ok\":false,\"error\":\"missing_scope\"}"}, DUNHUB_PERMANENT, ""},
        {"chat.post", CASE, {"{\"ok\":false,\"error\":\"invalid_auth\"}"}, DUNHUB_AUTH, ""},
        {"chat.post", CASE, {""}, DUNHUB_RETRY, ""},
        {"chat.post", CASE, {"{\"ok\":true,\"messages\":["}, DUNHUB_RETRY, ""},
        {"chat.post",
         "{\"channel\":\"U7\"}",
         {"{\"ok\":true,\"channel\":{\"id\":\"D7\"}}", HISTORY(MESSAGE("dunhub_act", "k"), "")},
         DUNHUB_OK,
         "D7/1.5"},
        {"chat.update",
         OF_POST("x"),
         {HISTORY(MESSAGE("dunhub_act", "k"), "")},
         DUNHUB_OK,
         "C0ARREARS/1.5"},
        {"chat.update",
         OF_POST("x"),
         {"{\"ok\":false,\"error\":\"thread_not_found\"}", HISTORY(MESSAGE("dunhub_act", "k"), "")},
         DUNHUB_OK,
         "C0ARREARS/1.5"},
        {"chat.update", OF_POST("x"), {HISTORY("{}", ""), HISTORY("{}", "")}, DUNHUB_ABSENT, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t n = 1;
        while (n < 3 && rows[i].answers[n])
            n++;
        g_autoptr(World) world = world_new(rows[i].answers, n);
        const TestkitResult *result = testkit_lookup(world->kit, rows[i].verb, "k", rows[i].input);
        g_test_message("row %zu: %s", i, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->external_id, ==, rows[i].id);
    }
}

/* From a moment before the first attempt on; a channel that never ends is searched for a while only. */
static void test_look_up_bounds(void)
{
    const char *const answers[] = {HISTORY("{}", "next")};
    g_autoptr(World) world = world_new(answers, 1);
    const TestkitResult *result = testkit_lookup(
        world->kit, "chat.post", "k", "{\"first_sent_at\":\"2026-11-22T08:00:00.000Z\"}");
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpuint(requests(world), ==, 10);
    assert_form(world, 0, "conversations.history",
                "channel=C0ARREARS&oldest=1795334280.000000&limit=100&include_all_metadata=true");
    assert_form(world, 1, "conversations.history", "&cursor=next");
}

/* ---- approvals ---- */

#define WANTS                                                                                      \
    "{\"what\":\"legal\",\"account\":\"C-1\",\"by\":\"person:jonas\",\"evidence\":\"ticket "       \
    "4711\"}"

static void test_request(void)
{
    const char *const answers[] = {posted};
    g_autoptr(World) world = world_new(answers, 1);
    g_assert_cmpint(testkit_run(world->kit, "approval.request", "k", WANTS)->outcome, ==,
                    DUNHUB_OK);
    json_auto_t *body = sent(world, 0, "chat.postMessage");
    assert_text(body, "/blocks/2/elements/0/action_id", "dunhub_approve");
    assert_text(body, "/blocks/2/elements/1/action_id", "dunhub_refuse");
    assert_text(body, "/blocks/2/elements/1/value",
                "{\"account\":\"C-1\",\"by\":\"person:jonas\",\"what\":\"legal\"}");
    testkit_option(world->kit, "approvers", NULL);
    testkit_run(world->kit, "approval.request", "k", WANTS);
    json_auto_t *bare = sent(world, 1, "chat.postMessage");
    g_assert_cmpuint(json_array_size(json_object_get(bare, "blocks")), ==, 2);
    g_assert_cmpint(testkit_run(world->kit, "approval.request", "k", "{}")->outcome, ==,
                    DUNHUB_PERMANENT);
}

/* A click as Slack sends it (payload of a form), with the answer address of this test's server. */
static char *click(const World *world, const char *action_id, const char *value)
{
    json_auto_t *payload = json_pack(
        "{s:s, s:{s:s}, s:{s:s, s:s}, s:{s:s, s:[{s:s, s:{s:s, s:s}}, {s:s, s:[]}]}, s:o, s:[{s:s, "
        "s:s, s:s}]}",
        "type", "block_actions", "user", "id", "U2CERLKJA", "container", "message_ts",
        "1548261231.000200", "channel_id", "CBR2V3XEX", "message", "text", "old text", "blocks",
        "type", "section", "text", "type", "mrkdwn", "text", "Case", "type", "actions", "elements",
        "response_url", json_sprintf("%s/actions/T1/2/x", world->base), "actions", "action_id",
        action_id, "value", value, "action_ts", "1548426417.840180");
    char *text = json_dumps(payload, JSON_COMPACT);
    g_autofree char *escaped = g_uri_escape_string(text, NULL, FALSE);
    free(text);
    return g_strconcat("payload=", escaped, NULL);
}

#define FORM "application/x-www-form-urlencoded"
#define USER(more)                                                                                 \
    "{\"ok\":true,\"user\":{" more "\"profile\":{\"email\":\"maria@Kestrel.example\"}}}"
#define OUR_VALUE "{\"account\":\"C-1\",\"what\":\"legal\",\"by\":\"person:jonas\"}"

static void test_decision(void)
{
    static const char *const ids[] = {"dunhub_approve", "dunhub_refuse"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        const char *const answers[] = {USER(""), said_ok};
        g_autoptr(World) world = world_new(answers, 2);
        g_autofree char *body = click(world, ids[i], OUR_VALUE);
        const TestkitResult *result = testkit_map(world->kit, "", FORM, "", body);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(result->events->len, ==, 1);
        const json_t *event = result->events->pdata[0];
        assert_text(event, "/type", "approval.decided");
        assert_text(event, "/account", "C-1");
        assert_text(event, "/data/what", "legal");
        assert_text(event, "/data/by", "person:maria");
        assert_text(event, "/data/requested_by", "person:jonas");
        assert_text(event, "/id",
                    i ? "slack:1548261231.000200:refuse:1548426417.840180"
                      : "slack:1548261231.000200:approve:1548426417.840180");
        g_assert_cmpint(dunhub_at_bool(event, "/data/refused"), ==, i == 1);
        assert_form(world, 0, "users.info", "user=U2CERLKJA");
        json_auto_t *changed = sent(world, 1, "chat.update");
        assert_text(changed, "/channel", "CBR2V3XEX");
        assert_text(changed, "/blocks/1/type", "context"); /* in place of the buttons */
        assert_text(changed, "/blocks/0/text/text", "Case");
    }
}

/* The message that could not be changed does not lose the decision. */
static void test_decision_stands(void)
{
    const char *const answers[] = {USER(""), "{\"ok\":false,\"error\":\"message_not_found\"}"};
    g_autoptr(World) world = world_new(answers, 2);
    g_autofree char *body = click(world, "dunhub_approve", OUR_VALUE);
    const TestkitResult *result = testkit_map(world->kit, "", FORM, "", body);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(result->events->len, ==, 1);
    g_assert_cmpuint(result->findings->len, ==, 1);
}

static void test_nobody(void)
{
    static const struct {
        const char *user, *value, *finding;
        int outcome;
    } rows[] = {
        {"{\"ok\":true,\"user\":{\"profile\":{\"email\":\"eve@kestrel.example\"}}}", OUR_VALUE,
         "'approvers'", DUNHUB_OK},
        {"{\"ok\":true,\"user\":{\"profile\":{}}}", OUR_VALUE, "users:read.email", DUNHUB_OK},
        {USER("\"deleted\":true,"), OUR_VALUE, "deactivated", DUNHUB_OK},
        {USER("\"is_bot\":true,"), OUR_VALUE, "a bot", DUNHUB_OK},
        {USER("\"is_restricted\":true,"), OUR_VALUE, "a guest", DUNHUB_OK},
        {USER("\"is_stranger\":true,"), OUR_VALUE, "another company", DUNHUB_OK},
        {"{\"ok\":false,\"error\":\"user_not_found\"}", OUR_VALUE, "does not know", DUNHUB_OK},
        {"{\"ok\":false,\"error\":\"ratelimited\"}", OUR_VALUE, NULL, DUNHUB_RETRY},
        {"{\"ok\":false,\"error\":\"token_revoked\"}", OUR_VALUE, NULL, DUNHUB_AUTH},
        {"", OUR_VALUE, NULL, DUNHUB_RETRY},
        {USER(""), "{\"account\":\"C-1\"}", "left out", DUNHUB_OK},
        {USER(""), "no JSON", "left out", DUNHUB_OK},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const answers[] = {rows[i].user, said_ok};
        g_autoptr(World) world = world_new(answers, 2);
        g_autofree char *body = click(world, "dunhub_approve", rows[i].value);
        const TestkitResult *result = testkit_map(world->kit, "", FORM, "", body);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpuint(result->events->len, ==, 0);
        g_assert_cmpuint(result->findings->len, ==, rows[i].finding ? 1 : 0);
        if (rows[i].finding)
            g_assert_nonnull(strstr(result->findings->pdata[0], rows[i].finding));
    }
}

static void test_assign(void)
{
    const char *const answers[] = {USER(""), said_ok};
    g_autoptr(World) world = world_new(answers, 2);
    testkit_option(world->kit, "approvers", NULL); /* taking a case is no approval */
    g_autofree char *body = click(world, "dunhub_assign", "{\"account\":\"C-1\"}");
    const TestkitResult *result = testkit_map(world->kit, "", FORM, "", body);
    g_assert_cmpuint(result->events->len, ==, 1);
    assert_text(result->events->pdata[0], "/type", "account.assigned");
    assert_text(result->events->pdata[0], "/data/to", "maria");
    json_auto_t *told = sent(world, 1, "actions/T1/2/x");
    assert_text(told, "/response_type", "ephemeral");
    g_autofree char *sign_in = testkit_http_header(world->http.requests->pdata[1], "Authorization");
    g_assert_null(sign_in); /* the address itself is the secret */
}

/* An address that is not Slack's gets nothing. */
static void test_answer_elsewhere(void)
{
    const char *const answers[] = {USER("")};
    g_autoptr(World) world = world_new(answers, 1);
    static const char *const hosts[] = {"https://hooks.slack.com", "http://127.0.0.1:1"};
    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        testkit_option(world->kit, "hooks_url", hosts[i]);
        g_autofree char *body = click(world, "dunhub_assign", "{\"account\":\"C-1\"}");
        g_assert_cmpuint(testkit_map(world->kit, "", FORM, "", body)->events->len, ==, 1);
    }
    g_assert_cmpuint(requests(world), ==, 2); /* users.info only */
}

static void test_command(void)
{
    static const struct {
        const char *text, *type, *deed;
    } rows[] = {
        {"approve+C-1+legal", "approval.decided", "legal"},
        {"refuse+C-1+legal", "approval.decided", "legal"},
        {"assign+C-1", "account.assigned", NULL},
        {"", NULL, NULL},
        {"help", NULL, NULL},
        {"approve+C-1", NULL, NULL},
        {"assign+C-1+x+y", NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const answers[] = {USER(""), said_ok};
        g_autoptr(World) world = world_new(answers, 2);
        g_autofree char *body = g_strdup_printf(
            "command=%%2Farrears&text=%s&user_id=U2&trigger_id=3.4.x&response_url=", rows[i].text);
        const TestkitResult *result = testkit_map(world->kit, "", FORM, "", body);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(result->events->len, ==, rows[i].type ? 1 : 0);
        if (rows[i].type) {
            assert_text(result->events->pdata[0], "/type", rows[i].type);
            assert_text(result->events->pdata[0], "/account", "C-1");
            assert_text(result->events->pdata[0], "/data/what", rows[i].deed);
        }
    }
}

/* What means nothing to us is answered and forgotten; what is broken says so. */
static void test_other_deliveries(void)
{
    static const struct {
        const char *type, *body;
        int outcome;
    } rows[] = {
        {"application/json",
         "{\"type\":\"event_callback\",\"event_id\":\"Ev1\",\"event\":{\"type\":\"message\"}}",
         DUNHUB_OK},
        {FORM, "ssl_check=1", DUNHUB_OK},
        {FORM, "payload=%7B%22type%22%3A%22view_closed%22%7D", DUNHUB_OK},
        {FORM,
         "payload=%7B%22type%22%3A%22block_actions%22%2C%22actions%22%3A%5B%7B%22action_id%22%3A%"
         "22dunhub_open%22%7D%5D%7D",
         DUNHUB_OK},
        {FORM, "payload=%7B", DUNHUB_PERMANENT},
        {FORM, "payload=%zz", DUNHUB_PERMANENT},
        {"text/plain", "payload", DUNHUB_OK},
    };
    const char *const answers[] = {said_ok};
    g_autoptr(World) world = world_new(answers, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const TestkitResult *result = testkit_map(world->kit, "", rows[i].type, "", rows[i].body);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpuint(result->events->len, ==, 0);
    }
    g_assert_cmpuint(requests(world), ==, 0);
}

/* The row is what the vendor's own vectors are signed by (Slack's documentation; bolt 5.1). */
static void test_signature(void)
{
    static const char secret[] = "8f742231b10e8888abcd99yyyzzz85a5";
    static const char body[] = "{\"token\":\"Jhj5dZrVaK7ZwHHjRyZWjbDl\",\"challenge\":"
                               "\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7t"
                               "YXAYM8P\",\"type\":\"url_verification\"}";
    const char *const answers[] = {said_ok};
    g_autoptr(World) world = world_new(answers, 1);
    const DunhubHook *hook = &testkit_plugin(world->kit)->hooks[0];
    g_assert_cmpstr(hook->signed_text, ==, "v0:{timestamp}:{body}");
    g_assert_cmpstr(hook->prefix, ==, "v0=");
    g_autofree char *text = g_strdup_printf("v0:1700000000:%s", body);
    char hex[DUNHUB_HEX_SHA256];
    dunhub_hmac_sha256_hex(secret, strlen(secret), text, strlen(text), hex);
    g_assert_cmpstr(hex, ==, "76c303eba32e8ec5639c84f822b2c64cdb1ea7e94fdd6d7b0b958d8e40c0959f");
}

/* ---- check ---- */

static void test_check(void)
{
    static const struct {
        const char *test, *channel;
        int outcome;
    } rows[] = {
        {said_ok, "{\"ok\":true,\"channel\":{\"id\":\"C0ARREARS\"}}", DUNHUB_OK},
        {said_ok, "{\"ok\":false,\"error\":\"missing_scope\"}", DUNHUB_OK},
        {said_ok, "{\"ok\":true,\"channel\":{\"is_archived\":true}}", DUNHUB_PERMANENT},
        {said_ok, "{\"ok\":false,\"error\":\"channel_not_found\"}", DUNHUB_PERMANENT},
        {"{\"ok\":false,\"error\":\"invalid_auth\"}", said_ok, DUNHUB_AUTH},
        {"", said_ok, DUNHUB_RETRY},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *const answers[] = {rows[i].test, rows[i].channel};
        g_autoptr(World) world = world_new(answers, 2);
        g_assert_cmpint(testkit_check(world->kit)->outcome, ==, rows[i].outcome);
    }
    const char *const answers[] = {said_ok};
    g_autoptr(World) world = world_new(answers, 1);
    testkit_option(world->kit, "channel", "#finance");
    g_assert_cmpint(testkit_check(world->kit)->outcome, ==, DUNHUB_PERMANENT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/slack/post", test_post);
    g_test_add_func("/slack/post/text", test_post_text);
    g_test_add_func("/slack/post/outcomes", test_outcomes);
    g_test_add_func("/slack/update", test_update);
    g_test_add_func("/slack/update/ways", test_update_ways);
    g_test_add_func("/slack/look_up", test_look_up);
    g_test_add_func("/slack/look_up/bounds", test_look_up_bounds);
    g_test_add_func("/slack/request", test_request);
    g_test_add_func("/slack/decision", test_decision);
    g_test_add_func("/slack/decision/stands", test_decision_stands);
    g_test_add_func("/slack/nobody", test_nobody);
    g_test_add_func("/slack/assign", test_assign);
    g_test_add_func("/slack/answer_elsewhere", test_answer_elsewhere);
    g_test_add_func("/slack/command", test_command);
    g_test_add_func("/slack/other_deliveries", test_other_deliveries);
    g_test_add_func("/slack/signature", test_signature);
    g_test_add_func("/slack/check", test_check);
    return g_test_run();
}
