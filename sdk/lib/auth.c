/* Signing in as a plugin declares it. A token is durable in the instance's state before it is used: of a platform that rotates
 * its refresh tokens, one that was used and then lost would end the integration. In one host one call at a time fetches a
 * token; against others the state's version decides (architecture.md §3). */
#include "lib/auth.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN_STATE "token"

enum {
    EARLY_S = 120, /* before its end a token is replaced */
    FRESH_S = 60,
    LIFE_S = 1800,
    ANSWER_MAX_BYTES = 64 << 10,
};

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

const char *auth_option(const DunhubTask *task, const char *name)
{
    const DunhubPlugin *plugin = dunhub_plugin();
    for (uint32_t i = 0; i < plugin->n_options; i++)
        if (strcmp(plugin->options[i].name, name) == 0)
            return dunhub_option(task, name);
    return NULL;
}

const DunhubAuth *auth_row(const DunhubTask *task)
{
    const DunhubPlugin *plugin = dunhub_plugin();
    const char *chosen = plugin->n_auths > 1 ? dunhub_option(task, "auth") : NULL;
    for (uint32_t i = 0; chosen && i < plugin->n_auths; i++)
        if (strcmp(plugin->auths[i].name, chosen) == 0)
            return &plugin->auths[i];
    return plugin->n_auths ? &plugin->auths[0] : NULL;
}

bool auth_has_tokens(const DunhubAuth *auth)
{
    return auth && auth->kind >= DUNHUB_AUTH_REFRESH;
}

char *auth_expand(const DunhubTask *task, const char *text, const json_t *more)
{
    if (!text)
        return NULL;
    DunhubBuffer buffer = {0};
    while (*text) {
        size_t n = strcspn(text, "{");
        dunhub_append(&buffer, text, n);
        text += n;
        const char *end = *text && text[1] != '{' ? strchr(text, '}') : NULL;
        if (end) {
            const char *name = dunhub_format(task, "%.*s", (int)(end - text - 1), text + 1);
            const char *value = name ? dunhub_find_text(more, name) : NULL;
            value = value || !name ? value : auth_option(task, name);
            dunhub_append_text(&buffer, value ? value : "");
            text = end + 1;
        } else if (*text) {
            dunhub_append_text(&buffer, "{");
            text += 1 + (text[1] == '{');
        }
    }
    return dunhub_buffer_text(task, &buffer);
}

/* ---- the durable token: {"access_token","refresh_token","expires_at","since","values":{}} ---- */

static json_t *load(const DunhubTask *task, uint64_t *ret_version)
{
    DunhubBytes bytes = {0};
    *ret_version = 0;
    if (task->host->state_get(task->call, TOKEN_STATE, &bytes, ret_version) != 1)
        return json_object();
    json_t *token = json_loadb(bytes.p, bytes.n, 0, NULL);
    return token ? token : json_object();
}

static int64_t now_s(void)
{
    return dunhub_now_ms() / 1000;
}

static bool is_usable(const json_t *token, const char *refused)
{
    const char *access = dunhub_find_text(token, "access_token");
    return access && dunhub_at_int(token, "/expires_at", 0) - EARLY_S > now_s() &&
           (!refused || strcmp(access, refused) != 0);
}

const char *dunhub_auth_value(const DunhubTask *task, const char *name)
{
    uint64_t version;
    json_t *token = load(task, &version);
    const char *value = dunhub_find_text(json_object_get(token, "values"), name);
    const char *kept = value ? dunhub_format(task, "%s", value) : NULL;
    json_decref(token);
    return kept;
}

bool auth_is_fresh(const DunhubTask *task)
{
    uint64_t version;
    json_t *token = load(task, &version);
    bool fresh = dunhub_at_int(token, "/since", 0) + FRESH_S > now_s();
    json_decref(token);
    return fresh;
}

int64_t auth_timeout_ms(const DunhubTask *task)
{
    return auth_option(task, "timeout_ms") ? dunhub_option_int(task, "timeout_ms", 0) : 0;
}

/* ---- asking for one ---- */

typedef struct {
    DunhubField fields[8];
    size_t n;
    const char *basic; /* header; NULL none */
} Grant;

static void add(Grant *grant, const char *name, const char *value)
{
    if (value && *value)
        grant->fields[grant->n++] = (DunhubField){name, value};
}

static const char *basic_header(const DunhubTask *task, const char *user, const char *password)
{
    const char *pair = dunhub_format(task, "%s:%s", user ? user : "", password ? password : "");
    size_t n = 0;
    char *encoded = pair ? dunhub_base64_encode(pair, strlen(pair), &n) : NULL;
    const char *header = encoded ? dunhub_format(task, "Authorization: Basic %s", encoded) : NULL;
    free(encoded);
    return header;
}

static void add_client(const DunhubTask *task, const DunhubAuth *auth, Grant *grant)
{
    const char *id = auth_expand(task, auth->client_id, NULL);
    const char *secret = auth_expand(task, auth->client_secret, NULL);
    if (auth->flags & DUNHUB_AUTH_IN_BODY || !secret || !*secret) {
        add(grant, "client_id", id);
        add(grant, "client_secret", secret);
    } else {
        grant->basic = basic_header(task, id, secret);
    }
}

/* False: the result is set. */
static bool make_grant(const DunhubTask *task, const DunhubAuth *auth, const char *refresh_token,
                       Grant *grant)
{
    if (auth->kind == DUNHUB_AUTH_REFRESH) {
        add(grant, "grant_type", "refresh_token");
        add(grant, "refresh_token", refresh_token);
        add_client(task, auth, grant);
        return true;
    }
    if (auth->kind == DUNHUB_AUTH_CLIENT && !auth->private_key) {
        add(grant, "grant_type", "client_credentials");
        add(grant, "scope", auth_expand(task, auth->scope, NULL));
        add_client(task, auth, grant);
        return true;
    }
    bool of_client = auth->kind == DUNHUB_AUTH_CLIENT;
    const char *assertion = auth_assertion(task, auth, of_client);
    add(grant, "grant_type",
        of_client ? "client_credentials" : "urn:ietf:params:oauth:grant-type:jwt-bearer");
    if (of_client) {
        add(grant, "scope", auth_expand(task, auth->scope, NULL));
        add(grant, "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    }
    add(grant, of_client ? "client_assertion" : "assertion", assertion);
    return assertion != NULL;
}

static const char *grant_body(const DunhubTask *task, const DunhubAuth *auth, const Grant *grant)
{
    const char *extra = auth_expand(task, auth->token_extra, NULL);
    if (auth->flags & DUNHUB_AUTH_TOKEN_JSON) {
        json_t *object = json_object();
        for (size_t i = 0; i < grant->n; i++)
            json_object_set_new(object, grant->fields[i].name, json_string(grant->fields[i].value));
        char *text = json_dumps(object, JSON_COMPACT);
        const char *kept = text ? dunhub_format(task, "%s", text) : NULL;
        free(text);
        json_decref(object);
        return kept;
    }
    const char *form = dunhub_form(task, grant->fields, grant->n);
    return form && extra && *extra ? dunhub_format(task, "%s&%s", form, extra) : form;
}

/* RFC 6749 §5.2 and its relatives: what the endpoint says is wrong. */
static const char *said(const DunhubTask *task, const json_t *answer, const char *body)
{
    static const char *const paths[] = {"/error_description", "/errorSummary", "/message",
                                        "/Detail"};
    const char *error = dunhub_at_text(answer, "/error");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const char *text = dunhub_at_text(answer, paths[i]);
        if (text)
            return dunhub_format(task, "%s%s%s", error ? error : "", error ? ": " : "", text);
    }
    return error ? error : dunhub_one_line(task, body, 200);
}

static void judge_refusal(const DunhubTask *task, const DunhubAuth *auth, const char *url,
                          const DunhubHttpResponse *response, const json_t *answer)
{
    const char *text = said(task, answer, response->body);
    int status = response->status;
    bool waits = !status || status == 408 || status == 425 || status == 429 || status >= 500;
    if (waits)
        dunhub_retry(task, response->retry_after_ms, "token",
                     "%s gave no token now (%s); nothing was sent yet", url,
                     status ? text : response->error);
    else
        dunhub_auth(task, "token", "%s refuses to sign in with %d: %s; %s", url, status, text,
                    auth->kind == DUNHUB_AUTH_REFRESH
                        ? "consent anew and give the instance the new refresh_token"
                        : "correct the instance's credential");
}

/* New reference; NULL: the result is set. */
static json_t *ask_endpoint(const DunhubTask *task, const DunhubAuth *auth,
                            const char *refresh_token)
{
    Grant grant = {.n = 0};
    if (!make_grant(task, auth, refresh_token, &grant))
        return NULL;
    const char *body = grant_body(task, auth, &grant);
    const char *type = auth->flags & DUNHUB_AUTH_TOKEN_JSON
                           ? "Content-Type: application/json"
                           : "Content-Type: application/x-www-form-urlencoded";
    const char *headers[] = {type, "Accept: application/json", grant.basic, NULL};
    const DunhubHttpRequest request = {
        .method = "POST",
        .url = auth_expand(task, auth->token_url, NULL),
        .headers = headers,
        .body = body,
        .body_bytes = body ? strlen(body) : 0,
        .ca_file = auth_option(task, "ca_file"),
        .proxy = auth_option(task, "proxy"),
        .timeout_ms = auth_timeout_ms(task),
        .response_max_bytes = ANSWER_MAX_BYTES,
    };
    DunhubHttpResponse response;
    if (!body || !dunhub_http_ask(task, &request, &response))
        return NULL;
    json_t *answer = json_loadb(response.body, response.body_bytes, 0, NULL);
    bool good = response.status >= 200 && response.status < 300;
    if (good && dunhub_find_text(answer, "access_token"))
        return answer;
    if (good)
        dunhub_retry(task, 0, "token", "%s answered without an access token", request.url);
    else
        judge_refusal(task, auth, request.url, &response, answer);
    json_decref(answer);
    return NULL;
}

/* ---- what is kept of it ---- */

static void keep_values(const DunhubAuth *auth, const json_t *answer, json_t *token)
{
    json_t *values = json_object_get(token, "values");
    if (!values)
        json_object_set_new(token, "values", values = json_object());
    const char *name = auth->keep;
    while (name && *name) {
        size_t n = strcspn(name, ",");
        json_t *value = json_object_getn(answer, name, n);
        if (json_is_string(value))
            json_object_setn(values, name, n, value);
        name += n + (name[n] == ',');
    }
}

static void take_answer(const DunhubAuth *auth, const json_t *answer, json_t *token)
{
    int64_t life = dunhub_at_int(answer, "/expires_in", auth->expires_s ? auth->expires_s : LIFE_S);
    /* A life shorter than what we replace it before would be asked for at every call. */
    int64_t expires_at = now_s() + (life > 2 * EARLY_S ? life : life + EARLY_S);
    json_object_set(token, "access_token", json_object_get(answer, "access_token"));
    json_object_set_new(token, "expires_at", json_integer(expires_at));
    json_object_set_new(token, "since", json_integer(now_s()));
    if (dunhub_find_text(answer, "refresh_token"))
        json_object_set(token, "refresh_token", json_object_get(answer, "refresh_token"));
    keep_values(auth, answer, token);
}

/* 0 durable, 1 somebody else was faster, -1 failed. */
static int store(const DunhubTask *task, const json_t *token, uint64_t version)
{
    char *text = json_dumps(token, JSON_COMPACT);
    int status = text ? task->host->state_put(task->call, TOKEN_STATE,
                                              (DunhubBytes){text, strlen(text)}, version)
                      : -1;
    free(text);
    return status;
}

/* The stored refresh token, until a person gives another one as option than that which the stored one came of. */
static const char *refresh_token_of(const DunhubTask *task, const json_t *token)
{
    const char *stored = dunhub_find_text(token, "refresh_token");
    const char *given = auth_option(task, "refresh_token");
    const char *came_of = dunhub_find_text(token, "given");
    bool is_new = given && (!came_of || strcmp(given, came_of) != 0);
    return is_new || !stored ? given : stored;
}

static void remember_given(const DunhubTask *task, json_t *token)
{
    const char *given = auth_option(task, "refresh_token");
    if (given)
        json_object_set_new(token, "given", json_string(given));
}

/* Under the lock. New reference to a usable token; NULL: the result is set. */
static json_t *renew(const DunhubTask *task, const DunhubAuth *auth, const char *refused)
{
    uint64_t version;
    json_t *token = load(task, &version);
    if (is_usable(token, refused))
        return token;
    const char *refresh = refresh_token_of(task, token);
    json_t *answer = NULL;
    if (auth->kind == DUNHUB_AUTH_REFRESH && !refresh)
        dunhub_auth(task, "token", "nobody has consented yet: give the instance a refresh_token");
    else
        answer = ask_endpoint(task, auth, refresh);
    int stored = -1;
    if (answer) {
        take_answer(auth, answer, token);
        remember_given(task, token);
        stored = store(task, token, version);
        if (stored < 0)
            dunhub_retry(task, 0, "token", "the new token could not be stored, so it is not used");
    }
    json_decref(answer);
    if (stored == 1) {
        json_decref(token);
        token = load(task, &version);
        if (is_usable(token, refused))
            return token;
        dunhub_retry(task, 1000, "token", "another process is fetching a token");
    }
    if (stored == 0)
        return token;
    json_decref(token);
    return NULL;
}

static bool lock_in_time(const DunhubTask *task)
{
    int64_t left_ms = task->host->left_ms(task->call);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    left_ms = left_ms > 0 ? left_ms : 0;
    until.tv_sec += left_ms / 1000;
    until.tv_nsec += left_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (pthread_mutex_timedlock(&one_at_a_time, &until) == 0)
        return true;
    dunhub_retry(task, 0, "token", "no time was left to wait for a token");
    return false;
}

/* New reference; NULL: the result is set. */
static json_t *usable_token(const DunhubTask *task, const DunhubAuth *auth, const char *refused)
{
    uint64_t version;
    json_t *token = load(task, &version);
    if (is_usable(token, refused))
        return token;
    json_decref(token);
    if (!lock_in_time(task))
        return NULL;
    token = renew(task, auth, refused);
    pthread_mutex_unlock(&one_at_a_time);
    return token;
}

/* ---- the header ---- */

static char *token_header(const DunhubTask *task, const DunhubAuth *auth, const char *refused,
                          char **ret_token)
{
    json_t *token = usable_token(task, auth, refused);
    if (!token)
        return NULL;
    const char *name = auth->header ? auth->header : "Authorization";
    const char *value =
        auth_expand(task, auth->value ? auth->value : "Bearer {access_token}", token);
    *ret_token = dunhub_format(task, "%s", dunhub_find_text(token, "access_token"));
    json_decref(token);
    return value ? dunhub_format(task, "%s: %s", name, value) : NULL;
}

char *auth_header(const DunhubTask *task, const DunhubAuth *auth, const char *refused,
                  char **ret_token)
{
    *ret_token = NULL;
    if (auth_has_tokens(auth))
        return token_header(task, auth, refused, ret_token);
    if (auth->kind == DUNHUB_AUTH_BASIC)
        return (char *)basic_header(task, auth_expand(task, auth->client_id, NULL),
                                    auth_expand(task, auth->client_secret, NULL));
    const char *value = auth_expand(task, auth->value, NULL);
    return dunhub_format(task, "%s: %s", auth->header, value ? value : "");
}
