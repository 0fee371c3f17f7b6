/* Mail against a scripted server: what it gets, and what each of its answers and silences means. */
#include <stdlib.h>
#include <string.h>

#include "testkit/server.h"
#include "testkit/testkit.h"

#define INPUT                                                                                      \
    "{\"to\":\"Ada Moore <ada@x.example>\",\"subject\":\"Your account\",\"text\":\"Dear "          \
    "Ada,\\n.\\nplease pay.\\n\",\"html\":\""                                                      \
    "<p>Dear Ada</p>\"}"

/* Answers by command; NULL: the ordinary one; "": the connection is reset; "-": silence. */
typedef struct {
    const char *hello, *login, *from, *to, *data, *end;
    const char *capabilities;
    GMutex lock;
    GString *commands, *message; /* under lock */
    guint mails;
} Script;

static void script_init(Script *script)
{
    g_mutex_init(&script->lock);
    script->commands = g_string_new(NULL);
    script->message = g_string_new(NULL);
}

static void script_done(Script *script)
{
    g_mutex_clear(&script->lock);
    g_string_free(script->commands, TRUE);
    g_string_free(script->message, TRUE);
}

/* False: the talk is over. */
static bool answer(TestkitPeer *peer, const char *scripted, const char *ordinary)
{
    const char *text = scripted ? scripted : ordinary;
    if (strcmp(text, "-") == 0)
        testkit_peer_silent(peer);
    else if (!*text)
        testkit_peer_reset(peer);
    else
        testkit_peer_send(peer, text);
    return *text && strcmp(text, "-") != 0;
}

static bool take_message(TestkitPeer *peer, Script *script)
{
    for (char *line; (line = testkit_peer_line(peer));) {
        bool end = strcmp(line, ".") == 0;
        if (!end) {
            g_mutex_lock(&script->lock);
            g_string_append_printf(script->message, "%s\n",
                                   line + (*line == '.')); /* RFC 5321 4.5.2 */
            g_mutex_unlock(&script->lock);
        }
        g_free(line);
        if (end)
            return answer(peer, script->end, "250 2.0.0 queued as 7F3A\r\n");
    }
    return false;
}

static bool obey(TestkitPeer *peer, Script *script, const char *line)
{
    g_autofree char *hello = g_strdup_printf("250-mail.example\r\n%s250 8BITMIME\r\n",
                                             script->capabilities ? script->capabilities : "");
    if (g_str_has_prefix(line, "EHLO"))
        return answer(peer, script->hello, hello);
    if (g_str_has_prefix(line, "AUTH")) {
        answer(peer, NULL, "334 \r\n");
        g_autofree char *credential = testkit_peer_line(peer);
        return credential && answer(peer, script->login, "235 2.7.0 welcome\r\n");
    }
    if (g_str_has_prefix(line, "MAIL FROM"))
        return answer(peer, script->from, "250 ok\r\n");
    if (g_str_has_prefix(line, "RCPT TO"))
        return answer(peer, script->to, "250 ok\r\n");
    if (g_str_has_prefix(line, "DATA"))
        return answer(peer, script->data, "354 go on\r\n") &&
               (script->data || take_message(peer, script));
    if (g_str_has_prefix(line, "QUIT")) {
        answer(peer, NULL, "221 bye\r\n");
        return false;
    }
    return answer(peer, NULL, "250 ok\r\n");
}

static void talk(TestkitPeer *peer, void *data)
{
    Script *script = data;
    testkit_peer_send(peer, "220 mail.example ESMTP\r\n");
    for (bool going = true; going;) {
        g_autofree char *line = testkit_peer_line(peer);
        if (!line)
            return;
        g_mutex_lock(&script->lock);
        g_string_append_printf(script->commands, "%s\n", line);
        g_mutex_unlock(&script->lock);
        going = obey(peer, script, line);
    }
}

typedef struct {
    Script script;
    TestkitServer *server;
    Testkit *kit;
} World;

static void world_start(World *world)
{
    script_init(&world->script);
    world->server = testkit_server_new(talk, &world->script);
    world->kit = testkit_new("smtp");
    g_autofree char *port = g_strdup_printf("%u", testkit_server_port(world->server));
    testkit_option(world->kit, "host", "127.0.0.1");
    testkit_option(world->kit, "port", port);
    testkit_option(world->kit, "tls", "none");
    testkit_option(world->kit, "from", "Billing <billing@company.example>");
}

static void world_end(World *world)
{
    testkit_free(world->kit);
    testkit_server_free(world->server);
    script_done(&world->script);
}

static void test_sent(void)
{
    World world = {0};
    world_start(&world);
    testkit_option(world.kit, "helo_name", "hub.company.example");
    testkit_option(world.kit, "reply_to", "help@company.example");
    testkit_option(world.kit, "list_unsubscribe", "https://company.example/stop?a=1");
    testkit_option(world.kit, "envelope_from", "bounces@company.example");
    testkit_body(world.kit, "%PDF-1.7", 8);
    json_auto_t *input = json_loads(INPUT, 0, NULL);
    json_object_set_new(input, "attachments", json_pack("[{s:s}]", "name", "letter.pdf"));
    char *text = json_dumps(input, 0);
    const TestkitResult *result =
        testkit_run(world.kit, "message.email", "C1/1/notice/email", text);
    free(text);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_true(
        g_regex_match_simple("^<[0-9a-f]{40}@company\\.example>$", result->external_id, 0, 0));
    g_assert_nonnull(strstr(result->data, "\"reply\":\"250 2.0.0 queued as 7F3A\""));
    g_mutex_lock(&world.script.lock);
    const char *commands = world.script.commands->str, *message = world.script.message->str;
    g_assert_true(g_str_has_prefix(
        commands, "EHLO hub.company.example\nMAIL FROM:<bounces@company.example>"));
    g_assert_nonnull(strstr(commands, "RCPT TO:<ada@x.example>"));
    static const char *const wanted[] = {
        "From: \"Billing\" <billing@company.example>\n",
        "To: \"Ada Moore\" <ada@x.example>\n",
        "Subject: Your account\n",
        "Reply-To: help@company.example\n",
        "List-Unsubscribe: <https://company.example/stop?a=1>\n",
        "\nDate: ",
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/alternative",
        "Dear Ada,\n.\nplease pay.\n",
        "filename=\"letter.pdf\"\n\nJVBERi0xLjc=\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (!strstr(message, wanted[i]))
            g_error("the mail lacks '%s':\n%s", wanted[i], message);
    g_assert_nonnull(strstr(message, result->external_id));
    g_mutex_unlock(&world.script.lock);
    world_end(&world);
}

/* RFC 5321 replies and broken connections at every point of the talk. */
static void test_outcomes(void)
{
    static const struct {
        const char *what;
        Script script;
        const char *user;
        int outcome;
        const char *code;
    } rows[] = {
        {"greylisted", {.to = "450 4.2.0 try later\r\n"}, NULL, DUNHUB_RETRY, "450"},
        {"no such user", {.to = "550 5.1.1 no such user\r\n"}, NULL, DUNHUB_PERMANENT, "550"},
        {"sender refused", {.from = "553 5.7.1 not yours\r\n"}, NULL, DUNHUB_PERMANENT, "553"},
        {"sender too fast", {.from = "421 4.7.0 too fast\r\n"}, NULL, DUNHUB_RETRY, "421"},
        {"login needed",
         {.from = "530 5.7.0 authentication required\r\n"},
         NULL,
         DUNHUB_AUTH,
         "530"},
        {"login refused",
         {.login = "535 5.7.8 bad\r\n", .capabilities = "250-AUTH PLAIN\r\n"},
         "me",
         DUNHUB_AUTH,
         "535"},
        {"login broken",
         {.login = "454 4.7.0 later\r\n", .capabilities = "250-AUTH PLAIN\r\n"},
         "me",
         DUNHUB_RETRY,
         "454"},
        {"login unknown", {.capabilities = ""}, "me", DUNHUB_OK, ""},
        {"data refused", {.data = "554 5.7.1 no\r\n"}, NULL, DUNHUB_PERMANENT, "554"},
        {"data later", {.data = "451 4.3.0 later\r\n"}, NULL, DUNHUB_RETRY, "451"},
        {"content refused", {.end = "550 5.7.1 spam\r\n"}, NULL, DUNHUB_PERMANENT, "550"},
        {"disk full there", {.end = "452 4.3.1 full\r\n"}, NULL, DUNHUB_RETRY, "452"},
        {"reset at hello", {.hello = ""}, NULL, DUNHUB_RETRY, "unreachable"},
        {"reset at recipient", {.to = ""}, NULL, DUNHUB_RETRY, "unreachable"},
        {"reset before data", {.data = ""}, NULL, DUNHUB_RETRY, "unreachable"},
        {"reset after data", {.end = ""}, NULL, DUNHUB_UNCERTAIN, "no_answer"},
        {"silent at recipient", {.to = "-"}, NULL, DUNHUB_RETRY, "unreachable"},
        {"silent after data", {.end = "-"}, NULL, DUNHUB_UNCERTAIN, "no_answer"},
        {"good", {.mails = 0}, NULL, DUNHUB_OK, ""},
        {"logged in", {.capabilities = "250-AUTH PLAIN\r\n"}, "me", DUNHUB_OK, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        World world = {.script = rows[i].script};
        world_start(&world);
        testkit_option(world.kit, "timeout_ms", strstr(rows[i].what, "silent") ? "150" : "5000");
        testkit_option(world.kit, "user", rows[i].user);
        testkit_option(world.kit, "password", rows[i].user ? "secret-word" : NULL);
        const TestkitResult *result = testkit_run(world.kit, "message.email", "k", INPUT);
        g_test_message("%s: %s", rows[i].what, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_null(strstr(result->message, "secret-word"));
        if (g_ascii_isdigit(*rows[i].code))
            g_assert_nonnull(strstr(result->message, rows[i].code)); /* in the server's own words */
        world_end(&world);
    }
}

/* Nothing of a mail leaves without the TLS that was asked for. */
static void test_tls(void)
{
    static const char *const modes[] = {"starttls", "tls"};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        World world = {0};
        world_start(&world);
        testkit_option(world.kit, "tls", modes[i]);
        testkit_option(world.kit, "timeout_ms", "300");
        testkit_option(world.kit, "user", "me");
        const TestkitResult *result = testkit_run(world.kit, "message.email", "k", INPUT);
        g_test_message("%s", result->message);
        g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
        g_mutex_lock(&world.script.lock);
        g_assert_null(strstr(world.script.commands->str, "MAIL"));
        g_assert_null(strstr(world.script.commands->str, "AUTH"));
        g_assert_cmpuint(world.script.message->len, ==, 0);
        g_mutex_unlock(&world.script.lock);
        world_end(&world);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *input, *message;
    } rows[] = {
        {"{\"to\":\"a@b.example\\r\\nRCPT TO:<x@y.example>\",\"subject\":\"s\",\"text\":\"t\"}",
         "'to' holds a line break"},
        {"{\"to\":\"a@b.example\",\"subject\":\"s\\r\\nBcc: x@y.example\",\"text\":\"t\"}",
         "'subject' holds a line break"},
        {"{\"to\":\"a@b.example\",\"subject\":\"s\",\"text\":\"t\",\"reply_to\":\"a@b.example\\nX: "
         "y\"}",
         "'reply_to' holds a line break"},
        {"{\"to\":\"a@b.example\",\"subject\":\"s\",\"text\":\"t\",\"unsubscribe_url\":\"https://x/"
         "> <y\"}",
         "is no URL"},
        {"{\"to\":\"two@b.example, three@b.example\",\"subject\":\"s\",\"text\":\"t\"}",
         "'to' is no mail address"},
        {"{\"to\":\"a@b.example\",\"subject\":\"s\"}", "neither 'text' nor 'html'"},
        {"{\"to\":\"a@b.example\",\"text\":\"t\"}", "message.email needs 'subject'"},
        {"{\"subject\":\"s\",\"text\":\"t\"}", "message.email needs 'to'"},
        {"{\"to\":\"a@b.example\",\"subject\":\"s\",\"text\":\"t\",\"attachments\":[{\"name\":"
         "\"x\"}]}",
         "did not come with it"},
    };
    World world = {0};
    world_start(&world);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const TestkitResult *result = testkit_run(world.kit, "message.email", "k", rows[i].input);
        g_test_message("%s", result->message);
        g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
        g_assert_nonnull(strstr(result->message, rows[i].message));
    }
    g_assert_cmpuint(testkit_server_connections(world.server), ==, 0);
    world_end(&world);
}

static void test_check(void)
{
    World world = {.script = {.capabilities = "250-AUTH PLAIN\r\n"}};
    world_start(&world);
    testkit_option(world.kit, "user", "me");
    g_assert_cmpint(testkit_check(world.kit)->outcome, ==, DUNHUB_OK);
    g_mutex_lock(&world.script.lock);
    g_assert_nonnull(strstr(world.script.commands->str, "NOOP"));
    g_mutex_unlock(&world.script.lock);
    testkit_option(world.kit, "from", "nobody");
    g_assert_cmpint(testkit_check(world.kit)->outcome, ==, DUNHUB_PERMANENT);
    testkit_option(world.kit, "from", "a@b.example");
    g_autofree char *port = g_strdup_printf("%u", testkit_closed_port());
    testkit_option(world.kit, "port", port);
    const TestkitResult *result = testkit_check(world.kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpstr(result->code, ==, "unreachable");
    world_end(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/smtp/sent", test_sent);
    g_test_add_func("/smtp/outcomes", test_outcomes);
    g_test_add_func("/smtp/tls", test_tls);
    g_test_add_func("/smtp/refused", test_refused);
    g_test_add_func("/smtp/check", test_check);
    return g_test_run();
}
