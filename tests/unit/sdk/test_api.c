/* Requests to an API with declared sign-in: what is sent, when a token is fetched, and that it is durable before it is used. */
#include "dunhub/platform.h"
#include "testkit/server.h"
#include "testkit/testkit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

/* ---- a plugin with every way to sign in ---- */

static const DunhubOption options[] = {
    DUNHUB_API_OPTIONS(NULL),
    {.size = sizeof(DunhubOption), .name = "auth", .fallback = "key"},
    {.size = sizeof(DunhubOption), .name = "token"},
    {.size = sizeof(DunhubOption), .name = "client_id"},
    {.size = sizeof(DunhubOption), .name = "client_secret"},
    {.size = sizeof(DunhubOption), .name = "refresh_token"},
    {.size = sizeof(DunhubOption), .name = "private_key"},
    {.size = sizeof(DunhubOption), .name = "token_url"},
};

#define TOKENS                                                                                     \
    .size = sizeof(DunhubAuth), .token_url = "{token_url}", .client_id = "{client_id}",            \
    .client_secret = "{client_secret}"

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth), .name = "key", .header = "X-Key", .value = "Key {token}"},
    {.size = sizeof(DunhubAuth),
     .name = "basic",
     .kind = DUNHUB_AUTH_BASIC,
     .client_id = "{client_id}",
     .client_secret = "{client_secret}"},
    {TOKENS, .name = "refresh", .kind = DUNHUB_AUTH_REFRESH, .keep = "instance_url,realm"},
    {TOKENS, .name = "client", .kind = DUNHUB_AUTH_CLIENT, .flags = DUNHUB_AUTH_IN_BODY,
     .scope = "a b"},
    {.size = sizeof(DunhubAuth),
     .name = "jwt",
     .kind = DUNHUB_AUTH_JWT,
     .token_url = "{token_url}",
     .client_id = "{client_id}",
     .private_key = "{private_key}",
     .subject = "me",
     .audience = "https://aud",
     .scope = "sign"},
};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof plugin,
    .name = "x",
    .options = options,
    .n_options = G_N_ELEMENTS(options),
    .auths = auths,
    .n_auths = G_N_ELEMENTS(auths),
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}

static const DunhubAction keyed = {
    .size = sizeof keyed, .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_KEY};
static const DunhubAction bare = {
    .size = sizeof bare, .effect = DUNHUB_CONTACT, .repeat = DUNHUB_REPEAT_NONE};

/* ---- the platform ---- */

typedef struct {
    Testkit *kit;
    TestkitHttp http;
    TestkitServer *server;
    json_t *answer;
} World;

/* A body with its length in front of it. */
static char *answer(const char *status, const char *body)
{
    return g_strdup_printf(
        "HTTP/1.1 %s\r\nX-Left: 7\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", status,
        strlen(body), body);
}

static void world_begin(World *world, const char *auth, const char *const *answers, size_t n)
{
    world->kit = testkit_new(NULL);
    world->answer = NULL;
    testkit_http_init(&world->http, answers, n);
    world->server = testkit_server_new(testkit_http_talk, &world->http);
    g_autofree char *base =
        g_strdup_printf("http://127.0.0.1:%u/", testkit_server_port(world->server));
    g_autofree char *token_url = g_strconcat(base, "token", NULL);
    testkit_option(world->kit, "base_url", base);
    testkit_option(world->kit, "token_url", token_url);
    testkit_option(world->kit, "auth", auth);
    testkit_option(world->kit, "token", "t0");
    testkit_option(world->kit, "client_id", "me");
    testkit_option(world->kit, "client_secret", "hush");
}

static void world_end(World *world)
{
    testkit_server_free(world->server);
    testkit_http_done(&world->http);
    testkit_free(world->kit);
    json_decref(world->answer);
}

static const TestkitResult *ask(World *world, const DunhubApi *api, const char *key)
{
    const DunhubTask *task = testkit_task(world->kit, "note.write", key, "{}");
    json_decref(world->answer);
    if (dunhub_json_call(task, api, &world->answer))
        dunhub_ok(task, dunhub_at_text(world->answer, "/id"));
    return testkit_result(world->kit);
}

static const char *request_at(World *world, guint i)
{
    g_assert_cmpuint(i, <, world->http.requests->len);
    return g_ptr_array_index(world->http.requests, i);
}

static void assert_header(World *world, guint i, const char *name, const char *expect)
{
    g_autofree char *value = testkit_http_header(request_at(world, i), name);
    g_assert_cmpstr(value, ==, expect);
}

#define WITH(world, auth, ...)                                                                     \
    World world;                                                                                   \
    const char *const world##_answers[] = {__VA_ARGS__};                                           \
    world_begin(&world, auth, world##_answers, G_N_ELEMENTS(world##_answers))

/* ---- tests ---- */

static void test_header_and_body(void)
{
    g_autofree char *good = answer("200 OK", "{\"id\":\"n-1\",\"x\":1}");
    WITH(world, "key", good);
    json_auto_t *body = json_pack("{s:f}", "amount", 1234.1);
    const DunhubApi api = {
        .action = &keyed, .path = "/notes", .json = body, .key_header = "Idempotency-Key"};
    const TestkitResult *result = ask(&world, &api, "k-7");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "n-1");
    g_assert_true(g_str_has_prefix(request_at(&world, 0), "POST /notes HTTP/1.1"));
    assert_header(&world, 0, "X-Key", "Key t0");
    assert_header(&world, 0, "Idempotency-Key", "k-7");
    assert_header(&world, 0, "Accept", "application/json");
    assert_header(&world, 0, "Content-Type", "application/json; charset=utf-8");
    g_assert_nonnull(strstr(request_at(&world, 0), "{\"amount\":1234.1}"));
    world_end(&world);
}

static void test_basic(void)
{
    g_autofree char *good = answer("200 OK", "{}");
    WITH(world, "basic", good);
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x", .form = "a=1"}, "k")->outcome, ==,
                    DUNHUB_OK);
    assert_header(&world, 0, "Authorization", "Basic bWU6aHVzaA==");
    assert_header(&world, 0, "Content-Type", "application/x-www-form-urlencoded");
    world_end(&world);
}

/* Rotation: the new refresh token is durable before the request that follows, and used the next time. */
static void test_refresh_rotates(void)
{
    g_autofree char *token =
        answer("200 OK", "{\"access_token\":\"a1\",\"refresh_token\":\"r1\",\"expires_in\":3600,"
                         "\"instance_url\":\"https://i\"}");
    g_autofree char *good = answer("200 OK", "{}");
    g_autofree char *gone = answer("401 Unauthorized", "{}");
    g_autofree char *token2 =
        answer("200 OK", "{\"access_token\":\"a2\",\"refresh_token\":\"r2\",\"expires_in\":3600}");
    WITH(world, "refresh", token, good, good, gone, token2, good);
    testkit_option(world.kit, "refresh_token", "r0");
    const DunhubApi api = {.path = "/x"};
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_OK);
    assert_header(&world, 0, "Authorization", "Basic bWU6aHVzaA==");
    g_assert_nonnull(strstr(request_at(&world, 0), "grant_type=refresh_token&refresh_token=r0"));
    assert_header(&world, 1, "Authorization", "Bearer a1");
    g_assert_nonnull(strstr(testkit_state(world.kit, "token"), "\"r1\""));
    g_assert_cmpstr(dunhub_auth_value(testkit_task(world.kit, "x", "k", "{}"), "instance_url"), ==,
                    "https://i");
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_OK); /* no new token */
    assert_header(&world, 2, "Authorization", "Bearer a1");
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==,
                    DUNHUB_OK); /* 401: one new token, one repeat */
    g_assert_nonnull(strstr(request_at(&world, 4), "refresh_token=r1"));
    assert_header(&world, 5, "Authorization", "Bearer a2");
    g_assert_cmpuint(world.http.requests->len, ==, 6);
    world_end(&world);
}

/* What a person gives after a refusal is used, and only once: then it is the rotated one's turn again. */
static void test_given_anew(void)
{
    g_autofree char *refused = answer("400 Bad", "{\"error\":\"invalid_grant\"}");
    g_autofree char *first =
        answer("200 OK", "{\"access_token\":\"a1\",\"refresh_token\":\"r1\",\"expires_in\":3600}");
    g_autofree char *second =
        answer("200 OK", "{\"access_token\":\"a2\",\"refresh_token\":\"r2\",\"expires_in\":3600}");
    g_autofree char *gone = answer("401 Unauthorized", "{}");
    g_autofree char *good = answer("200 OK", "{}");
    WITH(world, "refresh", first, good, gone, refused, gone, second, good, gone, refused);
    const DunhubApi api = {.path = "/x"};
    testkit_option(world.kit, "refresh_token", "old");
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_OK);
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_AUTH);
    g_assert_nonnull(strstr(request_at(&world, 3), "refresh_token=r1"));
    testkit_option(world.kit, "refresh_token", "new");
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_OK);
    g_assert_nonnull(strstr(request_at(&world, 5), "refresh_token=new"));
    g_assert_cmpint(ask(&world, &api, "k")->outcome, ==, DUNHUB_AUTH);
    g_assert_nonnull(strstr(request_at(&world, 8), "refresh_token=r2"));
    world_end(&world);
}

static void test_refused_twice(void)
{
    g_autofree char *token = answer("200 OK", "{\"access_token\":\"a1\"}");
    g_autofree char *gone = answer("401 Unauthorized", "{}");
    WITH(world, "client", token, gone, token, gone);
    const TestkitResult *result = ask(&world, &(DunhubApi){.path = "/x", .action = &bare}, "k");
    g_assert_cmpint(result->outcome, ==, DUNHUB_AUTH);
    g_assert_cmpuint(world.http.requests->len, ==, 4);
    g_assert_nonnull(
        strstr(request_at(&world, 0),
               "grant_type=client_credentials&scope=a%20b&client_id=me&client_secret=hush"));
    world_end(&world);
}

/* A 403 to a token of this minute is about rights: no new token. */
static void test_forbidden(void)
{
    g_autofree char *token = answer("200 OK", "{\"access_token\":\"a1\"}");
    g_autofree char *refused = answer("403 Forbidden", "{}");
    WITH(world, "client", token, refused);
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x"}, "k")->outcome, ==, DUNHUB_AUTH);
    g_assert_cmpuint(world.http.requests->len, ==, 2);
    world_end(&world);
}

static void test_token_endpoint(void)
{
    static const struct {
        const char *status, *body;
        int outcome;
    } rows[] = {
        {"400 Bad", "{\"error\":\"invalid_grant\"}", DUNHUB_AUTH},
        {"401 Bad", "{\"error\":\"invalid_client\",\"error_description\":\"who\"}", DUNHUB_AUTH},
        {"429 Slow", "", DUNHUB_RETRY},
        {"500 Oops", "<html>", DUNHUB_RETRY},
        {"503 Down", "", DUNHUB_RETRY},
        {"200 OK", "{}", DUNHUB_RETRY},
        {"200 OK", "<html>", DUNHUB_RETRY},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *said = answer(rows[i].status, rows[i].body);
        WITH(world, "refresh", said);
        testkit_option(world.kit, "refresh_token", "r0");
        /* nothing was sent, so also an act that cannot be repeated is only retried */
        const TestkitResult *result = ask(&world, &(DunhubApi){.path = "/x", .action = &bare}, "k");
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_null(strstr(result->message, "r0"));
        g_assert_cmpuint(world.http.requests->len, ==, 1);
        world_end(&world);
    }
    WITH(world, "refresh", "");
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x"}, "k")->outcome, ==, DUNHUB_AUTH);
    g_assert_nonnull(
        strstr(testkit_result(world.kit)->message, "give the instance a refresh_token"));
    g_assert_cmpuint(world.http.requests->len, ==, 0);
    world_end(&world);
}

/* A token that could not be stored is not used. */
static void test_not_durable(void)
{
    g_autofree char *token = answer("200 OK", "{\"access_token\":\"a1\",\"refresh_token\":\"r1\"}");
    WITH(world, "refresh", token);
    testkit_option(world.kit, "refresh_token", "r0");
    testkit_fail_from(world.kit, TESTKIT_STATE_PUT, 0);
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x"}, "k")->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpuint(world.http.requests->len, ==, 1);
    world_end(&world);
}

static char *new_key(EVP_PKEY **ret_key)
{
    *ret_key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, *ret_key, NULL, NULL, 0, NULL, NULL);
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    char *pem = g_strndup(p, (gsize)n);
    BIO_free(bio);
    return pem;
}

static GBytes *unbase64url(const char *text, size_t n)
{
    g_autofree char *plain = g_strndup(text, n);
    g_strdelimit(plain, "-", '+');
    g_strdelimit(plain, "_", '/');
    g_autofree char *padded = g_strconcat(plain, n % 4 == 2 ? "==" : n % 4 == 3 ? "=" : "", NULL);
    gsize length;
    guchar *bytes = g_base64_decode(padded, &length);
    return g_bytes_new_take(bytes, length);
}

static void test_jwt(void)
{
    EVP_PKEY *key;
    g_autofree char *pem = new_key(&key);
    g_autofree char *token = answer("200 OK", "{\"access_token\":\"a1\",\"expires_in\":3600}");
    g_autofree char *good = answer("200 OK", "{}");
    WITH(world, "jwt", token, good);
    testkit_option(world.kit, "private_key", pem);
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x"}, "k")->outcome, ==, DUNHUB_OK);
    const char *request = request_at(&world, 0);
    g_assert_nonnull(strstr(
        request, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="));
    const char *assertion = strstr(request, "assertion=") + strlen("assertion=");
    g_auto(GStrv) parts = g_strsplit(assertion, ".", 3);
    g_autoptr(GBytes) claims = unbase64url(parts[1], strlen(parts[1]));
    g_autoptr(GBytes) signature = unbase64url(parts[2], strlen(parts[2]));
    json_auto_t *said =
        json_loadb(g_bytes_get_data(claims, NULL), g_bytes_get_size(claims), 0, NULL);
    g_assert_cmpstr(dunhub_at_text(said, "/iss"), ==, "me");
    g_assert_cmpstr(dunhub_at_text(said, "/sub"), ==, "me");
    g_assert_cmpstr(dunhub_at_text(said, "/aud"), ==, "https://aud");
    g_assert_cmpstr(dunhub_at_text(said, "/scope"), ==, "sign");
    g_assert_cmpint(dunhub_at_int(said, "/exp", 0) - dunhub_at_int(said, "/iat", 0), ==, 300);
    g_autofree char *text = g_strconcat(parts[0], ".", parts[1], NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    g_assert_cmpint(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), ==, 1);
    g_assert_cmpint(EVP_DigestVerify(context, g_bytes_get_data(signature, NULL),
                                     g_bytes_get_size(signature), (const unsigned char *)text,
                                     strlen(text)),
                    ==, 1);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    world_end(&world);

    WITH(other, "jwt", "");
    testkit_option(other.kit, "private_key", "no key");
    g_assert_cmpint(ask(&other, &(DunhubApi){.path = "/x"}, "k")->outcome, ==, DUNHUB_AUTH);
    world_end(&other);
}

static void test_unreadable(void)
{
    static const struct {
        const DunhubAction *action;
        int outcome;
    } rows[] = {{NULL, DUNHUB_RETRY}, {&keyed, DUNHUB_RETRY}, {&bare, DUNHUB_UNCERTAIN}};
    static const char *const bodies[] = {"<html>", "{\"a\":", "{\"a\":1,\"a\":2}"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(bodies); k++) {
            g_autofree char *said = answer("200 OK", bodies[k]);
            WITH(world, "key", said);
            g_assert_cmpint(
                ask(&world, &(DunhubApi){.path = "/x", .action = rows[i].action}, "k")->outcome, ==,
                rows[i].outcome);
            world_end(&world);
        }
    g_autofree char *empty = answer("204 None", "");
    WITH(world, "key", empty);
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = "/x", .action = &bare}, "k")->outcome, ==,
                    DUNHUB_OK);
    g_assert_null(world.answer);
    world_end(&world);
}

/* "next" links may only lead to the same host. */
static void test_other_host(void)
{
    g_autofree char *good = answer("200 OK", "{}");
    WITH(world, "key", good);
    g_autofree char *same =
        g_strdup_printf("http://127.0.0.1:%u/next?x=1", testkit_server_port(world.server));
    g_autofree char *longer =
        g_strdup_printf("http://127.0.0.1:%u0/next", testkit_server_port(world.server));
    g_assert_cmpint(ask(&world, &(DunhubApi){.path = same}, "k")->outcome, ==, DUNHUB_OK);
    const char *const others[] = {"http://evil.example/x", longer, "file:///etc/passwd", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_cmpint(ask(&world, &(DunhubApi){.path = others[i]}, "k")->outcome, ==,
                        DUNHUB_PERMANENT);
    g_assert_cmpuint(world.http.requests->len, ==, 1);
    world_end(&world);
}

static bool judge_teapot(const DunhubTask *task, const DunhubHttpResponse *response,
                         const json_t *said)
{
    if (response->status != 418)
        return false;
    g_assert_cmpstr(dunhub_response_header(task, response, "x-left"), ==, "7");
    dunhub_retry(task, 5000, dunhub_at_text(said, "/code"), "a teapot");
    return true;
}

static void test_judge(void)
{
    g_autofree char *teapot = answer("418 Teapot", "{\"code\":\"short\"}");
    WITH(world, "key", teapot);
    const TestkitResult *result =
        ask(&world, &(DunhubApi){.path = "/x", .judge = judge_teapot}, "k");
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpint(result->retry_after_ms, ==, 5000);
    g_assert_cmpstr(result->code, ==, "short");
    world_end(&world);
}

/* A body far over the limit is read as far as that, and the connection given up soon after. */
static void test_too_long(void)
{
    g_autofree char *long_text = g_strnfill(6 << 20, 'x');
    g_autofree char *said = answer("200 OK", long_text);
    WITH(world, "key", said);
    const TestkitResult *result = ask(&world, &(DunhubApi){.path = "/x"}, "k");
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpstr(result->code, ==, "too_long");
    world_end(&world);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdk/api/header_and_body", test_header_and_body);
    g_test_add_func("/sdk/api/basic", test_basic);
    g_test_add_func("/sdk/api/refresh_rotates", test_refresh_rotates);
    g_test_add_func("/sdk/api/given_anew", test_given_anew);
    g_test_add_func("/sdk/api/refused_twice", test_refused_twice);
    g_test_add_func("/sdk/api/forbidden", test_forbidden);
    g_test_add_func("/sdk/api/token_endpoint", test_token_endpoint);
    g_test_add_func("/sdk/api/not_durable", test_not_durable);
    g_test_add_func("/sdk/api/jwt", test_jwt);
    g_test_add_func("/sdk/api/unreadable", test_unreadable);
    g_test_add_func("/sdk/api/other_host", test_other_host);
    g_test_add_func("/sdk/api/judge", test_judge);
    g_test_add_func("/sdk/api/too_long", test_too_long);
    return g_test_run();
}
