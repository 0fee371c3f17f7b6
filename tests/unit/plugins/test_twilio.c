/* Texts, calls, receipts and replies, against a scripted Twilio. */
#include <string.h>

#include "dunhub/platform.h"
#include "testkit/platform.h"
#include "testkit/server.h"

#define SID "AC00000000000000000000000000000001"
#define ACCOUNT "/2010-04-01/Accounts/" SID
#define FORM "application/x-www-form-urlencoded"

static TestkitPlatform *platform_new(void)
{
    TestkitPlatform *platform = testkit_platform_new("twilio", "");
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "account_sid", SID);
    testkit_option(kit, "auth_token", "planted-secret");
    testkit_option(kit, "from", "+1 500 555 0006");
    testkit_option(kit, "callback_url", "https://hub.example.com/hooks/twilio/");
    return platform;
}

#define TEXT "{\"to\":\"+1 (415) 555-2345\",\"text\":\"Your balance & more\",\"account\":\"C 1\"}"
#define CREATED "{\"sid\":\"SM7\",\"status\":\"queued\",\"error_code\":null}"

/* ---- texts ---- */

static void test_send(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    testkit_platform_answer(platform, "201 Created", "", CREATED);
    const TestkitResult *result =
        testkit_run(testkit_platform_kit(platform), "message.sms", "C 1/c1/1/n/1", TEXT);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "SM7");
    testkit_platform_assert(platform, 0, "POST " ACCOUNT "/Messages.json");
    g_assert_cmpstr(
        testkit_platform_body(platform, 0), ==,
        "To=%2B14155552345&From=%2B15005550006&Body=Your%20balance%20%26%20more&"
        "StatusCallback=https%3A%2F%2Fhub.example.com%2Fhooks%2Ftwilio%2Fstatus%3Fact%3DC%25201%"
        "252Fc1%252F1%252Fn%252F1%26account%3DC%25201&ValidityPeriod=14400");
    g_autofree char *basic = testkit_platform_header(platform, 0, "Authorization");
    const char user[] = SID ":planted-secret";
    g_autofree char *code = g_base64_encode((const guchar *)user, strlen(user));
    g_autofree char *expected = g_strconcat("Basic ", code, NULL);
    g_assert_cmpstr(basic, ==, expected);
}

static void test_service_and_key(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "from", NULL);
    testkit_option(kit, "callback_url", NULL);
    testkit_option(kit, "messaging_service_sid", "MG1");
    testkit_option(kit, "auth", "api_key");
    testkit_option(kit, "api_key_sid", "SK1");
    testkit_option(kit, "api_key_secret", "s");
    testkit_platform_answer(platform, "201 Created", "", CREATED);
    testkit_run(kit, "message.sms", "k",
                "{\"to\":\"0049 151 1234567\",\"text\":\"M\xc3\xbcller\"}");
    g_assert_cmpstr(
        testkit_platform_body(platform, 0), ==,
        "To=%2B491511234567&MessagingServiceSid=MG1&Body=M%C3%BCller&ValidityPeriod=14400");
    g_autofree char *basic = testkit_platform_header(platform, 0, "Authorization");
    g_assert_cmpstr(basic, ==, "Basic U0sxOnM=");
}

/* Nothing leaves. */
static void test_bad_input(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    g_autofree char *many = g_strnfill(1601, 'x');
    g_autofree char *too_long = g_strdup_printf("{\"to\":\"+14155552345\",\"text\":\"%s\"}", many);
    const char *const rows[] = {"{\"text\":\"x\"}",
                                "{\"to\":\"555-2345\",\"text\":\"x\"}",
                                "{\"to\":\"+14155552345\"}",
                                "{\"to\":\"whatsapp:+14155552345\",\"text\":\"x\"}",
                                too_long,
                                "[]"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(testkit_run(kit, "message.sms", "k", rows[i])->outcome, ==,
                        DUNHUB_PERMANENT);
        g_assert_cmpint(testkit_lookup(kit, "message.sms", "k", rows[i])->outcome, ==,
                        DUNHUB_PERMANENT);
    }
    testkit_option(kit, "from", NULL);
    g_assert_cmpint(testkit_run(kit, "message.sms", "k", TEXT)->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpuint(testkit_platform_count(platform), ==, 0);
}

static void test_outcomes(void)
{
    static const struct {
        const char *status, *headers, *body;
        int outcome;
        const char *code;
    } rows[] = {
        {"400 X", "", "{\"code\":21610,\"message\":\"opted out\",\"status\":400}", DUNHUB_PERMANENT,
         "21610"},
        {"400 X", "", "{\"code\":99999,\"message\":\"new\",\"status\":400}", DUNHUB_PERMANENT,
         "99999"},
        {"400 X", "", "{\"code\":21611,\"message\":\"queue full\"}", DUNHUB_RETRY, "21611"},
        {"400 X", "", "<html>", DUNHUB_PERMANENT, "400"},
        {"404 X", "", "{\"code\":20404,\"message\":\"no\"}", DUNHUB_PERMANENT, "20404"},
        {"401 X", "", "{\"code\":20003,\"message\":\"no\"}", DUNHUB_AUTH, "401"},
        {"403 X", "", "{\"code\":20008,\"message\":\"no\"}", DUNHUB_AUTH, "403"},
        {"429 X", "Retry-After: 7\r\n", "{\"code\":20429,\"message\":\"slow\"}", DUNHUB_RETRY,
         "429"},
        {"500 X", "", "{\"code\":20500,\"message\":\"oh\"}", DUNHUB_UNCERTAIN, "500"},
        {"503 X", "", "", DUNHUB_RETRY, "503"},
        {"302 X", "Location: http://other.example/\r\n", "", DUNHUB_PERMANENT, "302"},
        {"201 X", "", "{\"status\":\"queued\"}", DUNHUB_UNCERTAIN, "answer"},
        {"201 X", "", "{\"sid\":", DUNHUB_UNCERTAIN, "unreadable"},
        {"", "", "", DUNHUB_UNCERTAIN, "no_answer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = platform_new();
        testkit_platform_answer(platform, rows[i].status, rows[i].headers, rows[i].body);
        const TestkitResult *result =
            testkit_run(testkit_platform_kit(platform), "message.sms", "k", TEXT);
        g_test_message("row %zu: %s", i, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_null(strstr(result->message, "planted"));
        g_assert_cmpuint(testkit_platform_count(platform), ==, 1);
        if (strcmp(result->code, "429") == 0)
            g_assert_cmpint(result->retry_after_ms, ==, 7000);
    }
}

/* ---- look-up ---- */

#define ROW(sid, direction, to, body, created)                                                     \
    "{\"sid\":\"" sid "\",\"direction\":\"" direction "\",\"to\":\"" to                            \
    "\",\"from\":\"+15005550006\",\"body\":\"" body "\",\"date_created\":\"" created "\"}"
#define FIT(sid, created) ROW(sid, "outbound-api", "+14155552345", "Your balance & more", created)
#define LIST(rows, next) "{\"messages\":[" rows "],\"next_page_uri\":" next "}"
#define AT                                                                                         \
    "{\"to\":\"+14155552345\",\"text\":\"Your balance & "                                          \
    "more\",\"first_sent_at\":\"2026-11-22T08:00:00.000Z\"}"

static void test_look_up(void)
{
    static const struct {
        const char *answer;
        int outcome;
        const char *sid;
    } rows[] = {
        {LIST(FIT("SM1", "Sun, 22 Nov 2026 08:00:01 +0000"), "null"), DUNHUB_OK, "SM1"},
        {LIST(FIT("SM1", "Sun, 22 Nov 2026 07:59:30 +0000"), "null"), DUNHUB_OK,
         "SM1"}, /* clocks differ a little */
        {LIST(FIT("SM1", "Sun, 22 Nov 2026 07:00:00 +0000"), "null"), DUNHUB_ABSENT,
         ""}, /* an earlier act */
        {LIST(FIT("SM2", "Sun, 22 Nov 2026 08:05:00 +0000") "," FIT(
                  "SM1", "Sun, 22 Nov 2026 08:00:01 +0000"),
              "null"),
         DUNHUB_OK, "SM1"},
        {LIST(ROW("SM1", "inbound", "+14155552345", "Your balance & more",
                  "Sun, 22 Nov 2026 08:00:01 +0000"),
              "null"),
         DUNHUB_ABSENT, ""},
        {LIST(ROW("SM1", "outbound-api", "+14155552345", "another",
                  "Sun, 22 Nov 2026 08:00:01 +0000"),
              "null"),
         DUNHUB_ABSENT, ""},
        {LIST("", "null"), DUNHUB_ABSENT, ""},
        {"{}", DUNHUB_RETRY, ""},
        {"{\"messages\":[", DUNHUB_RETRY, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = platform_new();
        Testkit *kit = testkit_platform_kit(platform);
        testkit_option(kit, "from", "+15005550006");
        testkit_platform_json(platform, rows[i].answer);
        const TestkitResult *result = testkit_lookup(kit, "message.sms", "k", AT);
        g_test_message("row %zu: %s", i, result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->external_id, ==, rows[i].sid);
        testkit_platform_assert(platform, 0,
                                "GET " ACCOUNT "/Messages.json?To=%2B14155552345&PageSize=200");
    }
}

static void test_look_up_pages(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "from", "+15005550006");
    testkit_platform_json(platform,
                          LIST("", "\"" ACCOUNT "/Messages.json?Page=1&PageToken=PA%2B1\""));
    testkit_platform_json(platform, LIST(FIT("SM1", "Sun, 22 Nov 2026 08:00:01 +0000"), "null"));
    g_assert_cmpstr(testkit_lookup(kit, "message.sms", "k", AT)->external_id, ==, "SM1");
    testkit_platform_assert(platform, 1, "GET " ACCOUNT "/Messages.json?Page=1&PageToken=PA%2B1");
    /* A next page on another host would take the credential along. */
    testkit_platform_json(platform, LIST("", "\"https://evil.example/\""));
    g_assert_cmpint(testkit_lookup(kit, "message.sms", "k", AT)->outcome, ==, DUNHUB_PERMANENT);
    /* One that never ends is given up. */
    for (int i = 0; i < 25; i++)
        testkit_platform_json(platform, LIST("", "\"" ACCOUNT "/Messages.json?Page=1\""));
    guint before = testkit_platform_count(platform);
    g_assert_cmpint(testkit_lookup(kit, "message.sms", "k", AT)->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpuint(testkit_platform_count(platform) - before, ==, 20);
}

/* ---- calls ---- */

#define RING                                                                                       \
    "{\"to\":\"+14155552345\",\"text\":\"You owe <5>\",\"voicemail\":\"Please call "               \
    "us\",\"language\":\"en-US\"}"

static void test_call(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    testkit_platform_answer(platform, "201 Created", "", "{\"sid\":\"CA7\"}");
    const TestkitResult *result =
        testkit_run(testkit_platform_kit(platform), "call.voice", "k", RING);
    g_assert_cmpstr(result->external_id, ==, "CA7");
    testkit_platform_assert(platform, 0, "POST " ACCOUNT "/Calls.json");
    g_assert_cmpstr(testkit_platform_body(platform, 0), ==,
                    "To=%2B14155552345&From=%2B15005550006&Url=https%3A%2F%2Fhub.example.com%"
                    "2Fhooks%2Ftwilio%2Fvoice%3Fsay%"
                    "3DYou%2520owe%2520%253C5%253E%26machine%3DPlease%2520call%2520us%26language%"
                    "3Den-US&Timeout=25&"
                    "MachineDetection=DetectMessageEnd&StatusCallback=https%3A%2F%2Fhub.example."
                    "com%2Fhooks%2Ftwilio%2Fcall%"
                    "3Fact%3Dk");
    testkit_platform_json(
        platform,
        "{\"calls\":[{\"sid\":\"CA7\",\"direction\":\"outbound-api\",\"to\":\"+14155552345\","
        "\"from\":\"+15005550006\",\"date_created\":\"Sun, 22 Nov 2026 08:00:01 +0000\"}]}");
    g_assert_cmpstr(
        testkit_lookup(testkit_platform_kit(platform), "call.voice", "k", AT)->external_id, ==,
        "CA7");
}

/* Without a public address an answering machine would hear everything. */
static void test_call_alone(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "callback_url", NULL);
    g_assert_cmpstr(testkit_run(kit, "call.voice", "k", RING)->code, ==, "callback");
    g_assert_cmpstr(
        testkit_run(kit, "call.voice", "k", "{\"to\":\"+14155552345\",\"text\":\"x\"}")->code, ==,
        "callback");
    g_assert_cmpuint(testkit_platform_count(platform), ==, 0);
    testkit_option(kit, "machine", "say");
    g_assert_cmpstr(testkit_run(kit, "call.voice", "k", RING)->code, ==, "callback");
    testkit_platform_answer(platform, "201 Created", "", "{\"sid\":\"CA7\"}");
    g_assert_cmpint(
        testkit_run(kit, "call.voice", "k", "{\"to\":\"+14155552345\",\"text\":\"<x>\"}")->outcome,
        ==, DUNHUB_OK);
    g_assert_nonnull(
        strstr(testkit_platform_body(platform, 0), "%3CSay%3E%26lt%3Bx%26gt%3B%3C%2FSay%3E"));
}

static void test_said(void)
{
    static const struct {
        const char *by, *query, *said;
    } rows[] = {
        {"human", "say=You+owe+%3C5%3E&machine=Please+call", "<Say>You owe &lt;5&gt;</Say>"},
        {"machine_end_beep", "say=You+owe&machine=Please+call", "<Say>Please call</Say>"},
        {"machine_end_beep", "say=You+owe", "<Response><Hangup/>"},
        {"unknown", "say=You+owe&machine=Please+call", "<Say>Please call</Say>"},
        {"unknown", "say=You+owe", "<Response><Hangup/>"},
        {"fax", "say=You+owe&machine=Please+call", "<Response><Hangup/>"},
        {"", "say=You+owe", "<Response><Hangup/>"},
        {"human", "", "<Response><Hangup/>"},
        {"human", "say=x&language=en%22%3E%3CDial", "language=\"en&quot;&gt;&lt;Dial\""},
    };
    g_autoptr(TestkitPlatform) platform = platform_new();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body = g_strconcat("CallSid=CA1&AnsweredBy=", rows[i].by, NULL);
        const TestkitResult *result =
            testkit_answer(testkit_platform_kit(platform), "voice", FORM, rows[i].query, body);
        json_auto_t *data = json_loads(result->data, 0, NULL);
        g_assert_cmpstr(dunhub_at_text(data, "/type"), ==, "text/xml");
        g_test_message("row %zu: %s", i, dunhub_at_text(data, "/body"));
        g_assert_nonnull(strstr(dunhub_at_text(data, "/body"), rows[i].said));
    }
}

/* ---- what comes back ---- */

static void test_receipts(void)
{
    static const struct {
        const char *body, *type, *outcome;
    } rows[] = {
        {"MessageStatus=queued", NULL, NULL},
        {"MessageStatus=sending", NULL, NULL},
        {"MessageStatus=sent", "message.accepted", "accepted"},
        {"MessageStatus=delivered", "message.delivered", "delivered"},
        {"MessageStatus=read", "message.delivered", "delivered"},
        {"MessageStatus=undelivered&ErrorCode=30003", "message.failed", NULL},
        {"MessageStatus=undelivered&ErrorCode=30005", "message.failed", "hard_bounce"},
        {"MessageStatus=failed&ErrorCode=30007", "message.failed", "refused"},
        {"MessageStatus=canceled", "message.failed", NULL},
        {"MessageStatus=new_one", NULL, NULL},
    };
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body =
            g_strconcat("MessageSid=SM7&To=%2B14155552345&ToCity=&", rows[i].body, NULL);
        const TestkitResult *result =
            testkit_map(kit, "status", FORM, "act=C1%2Fc1%2Fn&account=C1", body);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(result->events->len, ==, rows[i].type ? 1 : 0);
        if (!rows[i].type)
            continue;
        const json_t *event = result->events->pdata[0];
        g_assert_cmpstr(dunhub_at_text(event, "/type"), ==, rows[i].type);
        g_assert_cmpstr(dunhub_at_text(event, "/data/outcome"), ==, rows[i].outcome);
        g_assert_cmpstr(dunhub_at_text(event, "/account"), ==, "C1");
        g_assert_cmpstr(dunhub_at_text(event, "/data/act"), ==, "C1/c1/n");
        g_assert_cmpstr(dunhub_at_text(event, "/refs/object"), ==, "SM7");
        g_assert_true(g_str_has_prefix(dunhub_at_text(event, "/id"), "SM7:"));
    }
    g_assert_cmpuint(testkit_map(kit, "status", FORM, "", "MessageStatus=sent")->findings->len, ==,
                     1);
    g_assert_cmpint(testkit_map(kit, "status", FORM, "", "a=%zz")->outcome, ==, DUNHUB_PERMANENT);
}

static void test_replies(void)
{
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    const TestkitResult *result = testkit_map(
        kit, "", FORM, "", "MessageSid=SM9&From=%2B14155552345&Body=I+need+help+%26+more+time");
    g_assert_cmpuint(result->events->len, ==, 1);
    const json_t *event = result->events->pdata[0];
    g_assert_cmpstr(dunhub_at_text(event, "/type"), ==, "message.replied");
    g_assert_cmpstr(dunhub_at_text(event, "/data/text"), ==, "I need help & more time");
    g_assert_cmpstr(dunhub_at_text(event, "/refs/address"), ==, "+14155552345");
    g_assert_cmpstr(dunhub_at_text(event, "/id"), ==, "SM9");
    g_assert_null(dunhub_at(event, "/account"));
    result = testkit_map(kit, "", FORM, "",
                         "MessageSid=SM9&From=%2B14155552345&Body=Basta&OptOutType=STOP");
    g_assert_cmpuint(result->events->len, ==, 2);
    g_assert_cmpstr(dunhub_at_text(result->events->pdata[1], "/data/consent"), ==, "revoked");
    result =
        testkit_map(kit, "", FORM, "", "MessageSid=SM9&From=%2B14155552345&Body=&OptOutType=HELP");
    g_assert_cmpuint(result->events->len, ==, 1);
    result = testkit_map(kit, "", FORM, "", "MessageSid=SM9&From=SHORTCODE&Body=x");
    g_assert_cmpuint(result->events->len, ==, 0);
    g_assert_cmpuint(result->findings->len, ==, 1);
}

static void test_calls_end(void)
{
    static const struct {
        const char *body, *outcome;
    } rows[] = {
        {"CallStatus=ringing", NULL},
        {"CallStatus=in-progress", NULL},
        {"CallStatus=completed&AnsweredBy=human", "answered"},
        {"CallStatus=completed", "answered"},
        {"CallStatus=completed&AnsweredBy=machine_end_silence", "voicemail"},
        {"CallStatus=completed&AnsweredBy=fax", "not_connected"},
        {"CallStatus=busy", "no_answer"},
        {"CallStatus=no-answer", "no_answer"},
        {"CallStatus=failed", "not_connected"},
        {"CallStatus=canceled", "not_connected"},
    };
    g_autoptr(TestkitPlatform) platform = platform_new();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *body = g_strconcat("CallSid=CA7&To=%2B14155552345&", rows[i].body, NULL);
        const TestkitResult *result =
            testkit_map(testkit_platform_kit(platform), "call", FORM, "act=k&account=C1", body);
        g_assert_cmpuint(result->events->len, ==, rows[i].outcome ? 1 : 0);
        if (rows[i].outcome) {
            g_assert_cmpstr(dunhub_at_text(result->events->pdata[0], "/data/outcome"), ==,
                            rows[i].outcome);
            g_assert_cmpstr(dunhub_at_text(result->events->pdata[0], "/data/act"), ==, "k");
        }
    }
}

/* The vendor SDK's own vectors: the address, then names and values of the form in the order of their names. */
static void test_signature(void)
{
    static const char token[] = "12345678901234567890123456789012";
    static const struct {
        const char *text, *signature;
    } rows[] = {
        {"https://hub.example.com/hooks/twilio/"
         "statusAccountSidAC00000000000000000000000000000001ApiVersion2010-04-"
         "01ErrorCode30003From+"
         "15005550006MessageSidSM22222222222222222222222222222222MessageStatusundeliveredSmsSidSM22"
         "222222"
         "222222222222222222222222SmsStatusundeliveredTo+14155552345",
         "7pZMeaasSCRb5sx9j1+Tdp7o77s="},
        {"https://hub.example.com/hooks/twilio/"
         "events?bodySHA256=936d18807130196da6f21a53786ccdb7db92353822a229a9ad53bb481ab8f149",
         "tx2yu4SmdSJ2vyh9g/wJXLrjuWE="},
    };
    g_autoptr(TestkitPlatform) platform = platform_new();
    const DunhubPlugin *plugin = testkit_plugin(testkit_platform_kit(platform));
    for (uint32_t i = 0; i < plugin->n_hooks; i++) {
        g_assert_cmpstr(plugin->hooks[i].signed_text, ==, "{url}{form}");
        g_assert_cmpuint(plugin->hooks[i].hash, ==, DUNHUB_SHA1);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        unsigned char mac[64];
        size_t n =
            dunhub_hmac("sha1", token, strlen(token), rows[i].text, strlen(rows[i].text), mac);
        g_autofree char *signature = g_base64_encode(mac, n);
        g_assert_cmpstr(signature, ==, rows[i].signature);
    }
}

/* ---- set-up and check ---- */

#define NUMBER(url) "{\"incoming_phone_numbers\":[{\"sid\":\"PN1\",\"sms_url\":\"" url "\"}]}"

static void test_setup(void)
{
    static const struct {
        const char *number;
        guint requests, findings;
    } rows[] = {
        {NUMBER(""), 2, 0},
        {NUMBER("https://demo.twilio.com/welcome/sms/reply"), 2, 0},
        {NUMBER("https://hub.example.com/hooks/t"), 1, 0},
        {NUMBER("https://other.example.com/"), 1, 1},
        {"{\"incoming_phone_numbers\":[]}", 1, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = platform_new();
        Testkit *kit = testkit_platform_kit(platform);
        testkit_option(kit, "callback_url", NULL);
        testkit_platform_json(platform, rows[i].number);
        testkit_platform_json(platform, "{\"sid\":\"PN1\"}");
        const TestkitResult *result = testkit_setup(kit, "https://hub.example.com/hooks/t");
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(result->findings->len, ==, rows[i].findings);
        g_assert_cmpuint(testkit_platform_count(platform), ==, rows[i].requests);
        testkit_platform_assert(
            platform, 0, "GET " ACCOUNT "/IncomingPhoneNumbers.json?PhoneNumber=%2B15005550006");
        if (rows[i].requests == 2)
            g_assert_cmpstr(testkit_platform_body(platform, 1), ==,
                            "SmsUrl=https%3A%2F%2Fhub.example.com%2Fhooks%2Ft&SmsMethod=POST");
        /* From now on receipts come there. */
        g_assert_cmpstr(testkit_state(kit, "hook_url"), ==, "https://hub.example.com/hooks/t");
    }
    g_autoptr(TestkitPlatform) platform = platform_new();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "callback_url", NULL);
    testkit_option(kit, "register_webhooks", "false");
    g_assert_cmpint(testkit_setup(kit, "https://hub.example.com/hooks/t")->outcome, ==, DUNHUB_OK);
    testkit_platform_answer(platform, "201 Created", "", CREATED);
    testkit_run(kit, "message.sms", "k", TEXT);
    g_assert_nonnull(strstr(testkit_platform_body(platform, 0),
                            "StatusCallback=https%3A%2F%2Fhub.example.com%2Fhooks%2Ft%2Fstatus"));
}

static void test_check(void)
{
    static const struct {
        const char *status, *body;
        int outcome;
    } rows[] = {
        {"200 OK", "{\"status\":\"active\"}", DUNHUB_OK},
        {"200 OK", "{\"status\":\"suspended\"}", DUNHUB_AUTH},
        {"401 X", "{\"code\":20003}", DUNHUB_AUTH},
        {"500 X", "", DUNHUB_RETRY},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = platform_new();
        testkit_platform_answer(platform, rows[i].status, "", rows[i].body);
        g_assert_cmpint(testkit_check(testkit_platform_kit(platform))->outcome, ==,
                        rows[i].outcome);
        testkit_platform_assert(platform, 0, "GET " ACCOUNT ".json");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/twilio/send", test_send);
    g_test_add_func("/twilio/send/service", test_service_and_key);
    g_test_add_func("/twilio/send/bad_input", test_bad_input);
    g_test_add_func("/twilio/send/outcomes", test_outcomes);
    g_test_add_func("/twilio/look_up", test_look_up);
    g_test_add_func("/twilio/look_up/pages", test_look_up_pages);
    g_test_add_func("/twilio/call", test_call);
    g_test_add_func("/twilio/call/alone", test_call_alone);
    g_test_add_func("/twilio/call/said", test_said);
    g_test_add_func("/twilio/receipts", test_receipts);
    g_test_add_func("/twilio/replies", test_replies);
    g_test_add_func("/twilio/calls_end", test_calls_end);
    g_test_add_func("/twilio/signature", test_signature);
    g_test_add_func("/twilio/setup", test_setup);
    g_test_add_func("/twilio/check", test_check);
    return g_test_run();
}
