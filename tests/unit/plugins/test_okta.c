/* Logins suspended and restored at Okta, against scripted answers. */
#include "testkit/platform.h"

#include <string.h>

#define USER(status)                                                                               \
    "{\"id\":\"00u1\",\"status\":\"" status "\",\"profile\":{\"login\":\"ann@x.example\"}}"
#define ERROR(code) "{\"errorCode\":\"" code "\",\"errorSummary\":\"s\"}"
#define BY_LOGIN "{\"login\":\"ann@x.example\"}"

static TestkitPlatform *okta(void)
{
    TestkitPlatform *platform = testkit_platform_new("okta", "");
    testkit_option(testkit_platform_kit(platform), "token", "sesame");
    return platform;
}

static const TestkitResult *run(TestkitPlatform *platform, const char *verb, const char *input)
{
    return testkit_run(testkit_platform_kit(platform), verb, "A/c1/1/access", input);
}

static void test_suspend(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_platform_json(platform, USER("ACTIVE"));
    testkit_platform_answer(platform, "200 OK", "", "");
    const TestkitResult *result = run(platform, "access.suspend", BY_LOGIN);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "00u1");
    testkit_platform_assert(platform, 0, "GET /api/v1/users/ann%40x.example");
    testkit_platform_assert(platform, 1, "POST /api/v1/users/00u1/lifecycle/suspend");
    g_autofree char *authorization = testkit_platform_header(platform, 1, "Authorization");
    g_assert_cmpstr(authorization, ==, "SSWS sesame");
    g_assert_cmpstr(testkit_state(testkit_platform_kit(platform), "suspended:00u1"), ==,
                    "A/c1/1/access");

    testkit_platform_json(platform, USER("SUSPENDED"));
    testkit_platform_answer(platform, "200 OK", "", "{}");
    g_assert_cmpint(run(platform, "access.restore", BY_LOGIN)->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 3, "POST /api/v1/users/00u1/lifecycle/unsuspend");

    /* now nothing is ours any more */
    testkit_platform_json(platform, USER("SUSPENDED"));
    result = run(platform, "access.restore", BY_LOGIN);
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpstr(result->code, ==, "not_ours");
}

static void test_states(void)
{
    static const struct {
        const char *user, *verb;
        int outcome;
        const char *code;
    } rows[] = {
        {USER("SUSPENDED"), "access.suspend", DUNHUB_OK, ""},
        {USER("ACTIVE"), "access.restore", DUNHUB_OK, ""},
        {USER("DEPROVISIONED"), "access.restore", DUNHUB_OK, ""},
        {USER("STAGED"), "access.suspend", DUNHUB_PERMANENT, "not_suspendable"},
        {USER("ACTIVATING"), "access.suspend", DUNHUB_PERMANENT, "not_suspendable"},
        {"{}", "access.suspend", DUNHUB_RETRY, "answer"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = okta();
        testkit_platform_json(platform, rows[i].user);
        const TestkitResult *result = run(platform, rows[i].verb, BY_LOGIN);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_cmpstr(result->code, ==, rows[i].code);
        g_assert_cmpuint(testkit_platform_count(platform), ==, 1);
    }
}

/* An answer that is lost is asked for: the state tells. */
static void test_lost_answer(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_platform_json(platform, USER("ACTIVE"));
    testkit_platform_answer(platform, "", "", "");
    g_assert_cmpint(run(platform, "access.suspend", BY_LOGIN)->outcome, ==, DUNHUB_RETRY);
    testkit_platform_json(platform, USER("SUSPENDED"));
    g_assert_cmpint(run(platform, "access.suspend", BY_LOGIN)->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(testkit_platform_count(platform), ==, 3); /* not suspended twice */
    testkit_platform_json(platform, USER("SUSPENDED"));
    testkit_platform_json(platform, "{}");
    g_assert_cmpint(run(platform, "access.restore", BY_LOGIN)->outcome, ==, DUNHUB_OK);
}

static void test_changed_in_between(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_platform_json(platform, USER("ACTIVE"));
    testkit_platform_answer(platform, "400 Bad", "", ERROR("E0000001"));
    testkit_platform_json(platform, USER("SUSPENDED"));
    g_assert_cmpint(run(platform, "access.suspend", BY_LOGIN)->outcome, ==, DUNHUB_OK);
}

static void test_refused_is_not_ours(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_platform_json(platform, USER("ACTIVE"));
    testkit_platform_answer(platform, "403 No", "", ERROR("E0000006"));
    g_assert_cmpint(run(platform, "access.suspend", BY_LOGIN)->outcome, ==, DUNHUB_AUTH);
    testkit_platform_json(platform, USER("SUSPENDED"));
    g_assert_cmpstr(run(platform, "access.restore", BY_LOGIN)->code, ==, "not_ours");
}

static void test_protected(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_option(testkit_platform_kit(platform), "never_suspend", "[\"ann@x.example\"]");
    testkit_platform_json(platform, USER("ACTIVE"));
    g_assert_cmpstr(run(platform, "access.suspend", BY_LOGIN)->code, ==, "protected");
    g_assert_cmpuint(testkit_platform_count(platform), ==, 1);
}

static void test_by_email(void)
{
    static const char input[] = "{\"customer\":{\"email\":\"a\\\"b@x.example\"}}";
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_option(testkit_platform_kit(platform), "end_sessions", "true");
    testkit_platform_json(platform, "[" USER("DEPROVISIONED") "]");
    testkit_platform_json(platform, USER("ACTIVE")); /* the index was late */
    testkit_platform_json(platform, "{}");
    testkit_platform_answer(platform, "204 No Content", "", "");
    g_assert_cmpint(run(platform, "access.suspend", input)->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(
        platform, 0,
        "GET /api/v1/users?search=profile.email%20eq%20%22a%5C%22b%40x.example%22&limit=2");
    testkit_platform_assert(
        platform, 3, "DELETE /api/v1/users/00u1/sessions?oauthTokens=true&forgetDevices=false");

    testkit_platform_json(platform, "[" USER("ACTIVE") "," USER("ACTIVE") "]");
    g_assert_cmpstr(run(platform, "access.suspend", input)->code, ==, "ambiguous");
    testkit_platform_json(platform, "[]");
    g_assert_cmpstr(run(platform, "access.suspend", input)->code, ==, "no_user");
    g_assert_cmpstr(run(platform, "access.suspend", "{}")->code, ==, "no_user");
}

/* The reset is by the platform's clock, not ours. */
static void test_rate_limit(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    testkit_platform_answer(
        platform, "429 Slow",
        "Date: Sun, 22 Nov 2026 08:00:00 GMT\r\nX-Rate-Limit-Reset: 1795334420\r\n",
        ERROR("E0000047"));
    const TestkitResult *result = run(platform, "access.suspend", BY_LOGIN);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpint(result->retry_after_ms, ==, 21000);
}

static void test_hook(void)
{
    g_autoptr(TestkitPlatform) platform = okta();
    Testkit *kit = testkit_platform_kit(platform);
    static const char body[] =
        "{\"eventType\":\"com.okta.event_hook\",\"eventId\":\"e1\",\"data\":{\"events\":["
        "{\"uuid\":\"u1\",\"published\":\"2026-11-22T08:00:00Z\",\"eventType\":\"user.lifecycle."
        "suspend\","
        "\"target\":[{\"id\":\"00u1\",\"alternateId\":\"ann@x.example\"}],\"outcome\":{\"result\":"
        "\"SUCCESS\"}},"
        "{\"uuid\":\"u2\",\"eventType\":\"user.lifecycle.unsuspend\",\"target\":[{\"alternateId\":"
        "\"bo@x.example\"}],"
        "\"outcome\":{\"result\":\"FAILURE\"}},{\"eventType\":\"user.session.start\",\"uuid\":"
        "\"u3\"}]}}";
    const TestkitResult *result = testkit_map(kit, "", "application/json", "", body);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(result->events->len, ==, 1);
    const json_t *event = g_ptr_array_index(result->events, 0);
    g_assert_cmpstr(dunhub_find_text(event, "type"), ==, "account.updated");
    g_assert_cmpstr(dunhub_find_text(json_object_get(event, "refs"), "address"), ==,
                    "ann@x.example");
    g_assert_cmpstr(dunhub_find_text(json_object_get(event, "data"), "portal"), ==, "suspended");
    g_assert_cmpint(testkit_map(kit, "", "application/json", "", "no")->outcome, ==,
                    DUNHUB_PERMANENT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plugins/okta/suspend", test_suspend);
    g_test_add_func("/plugins/okta/states", test_states);
    g_test_add_func("/plugins/okta/lost_answer", test_lost_answer);
    g_test_add_func("/plugins/okta/changed_in_between", test_changed_in_between);
    g_test_add_func("/plugins/okta/refused_is_not_ours", test_refused_is_not_ours);
    g_test_add_func("/plugins/okta/protected", test_protected);
    g_test_add_func("/plugins/okta/by_email", test_by_email);
    g_test_add_func("/plugins/okta/rate_limit", test_rate_limit);
    g_test_add_func("/plugins/okta/hook", test_hook);
    return g_test_run();
}
