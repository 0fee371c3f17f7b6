/* Requests to a platform's API: address, sign-in, one repeat with a new token, and what the answer means. */
#include "lib/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADERS_MAX = 32 };

typedef struct {
    const char *rows[HEADERS_MAX + 1];
    size_t n;
} Headers;

static void add(Headers *headers, const char *row)
{
    if (row && headers->n < HEADERS_MAX)
        headers->rows[headers->n++] = row;
}

/* ---- the address ---- */

/* Length of "https://host:port". 0: no such address. */
static size_t origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

/* A whole URL may only name the host that the credential is for. NULL: the result is set. */
static const char *address(const DunhubTask *task, const DunhubApi *api)
{
    const char *base = api->base ? api->base : auth_option(task, "base_url");
    if (!base) {
        dunhub_permanent(task, "base_url", "the instance has no address: set its option base_url");
        return NULL;
    }
    if (*api->path == '/') {
        size_t n = strlen(base);
        while (n && base[n - 1] == '/')
            n--;
        return dunhub_format(task, "%.*s%s", (int)n, base, api->path);
    }
    size_t n = origin_of(base);
    if (n && n == origin_of(api->path) && strncasecmp(base, api->path, n) == 0)
        return api->path;
    dunhub_permanent(task, "other_host",
                     "%.200s is not at %.*s: a credential is not sent to another host", api->path,
                     (int)n, base);
    return NULL;
}

/* ---- one request ---- */

typedef struct {
    DunhubHttpRequest http;
    Headers headers;
    char *json; /* malloc'd */
} Request;

static void set_body(const DunhubApi *api, Request *request, const DunhubTask *task)
{
    const char *type = api->type;
    if (api->json) {
        request->json = json_dumps(api->json, JSON_COMPACT | JSON_REAL_PRECISION(15));
        request->http.body = request->json;
        type = type ? type : "application/json; charset=utf-8";
    } else if (api->form) {
        request->http.body = api->form;
        type = "application/x-www-form-urlencoded";
    } else {
        request->http.body = api->body;
    }
    if (!request->http.body)
        return;
    request->http.body_bytes =
        api->body && !api->json && !api->form ? api->body_bytes : strlen(request->http.body);
    add(&request->headers, dunhub_format(task, "Content-Type: %s", type ? type : "text/plain"));
}

static bool has_header(const DunhubApi *api, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *row = api->headers; row && *row; row++)
        if (strncasecmp(*row, name, n) == 0 && (*row)[n] == ':')
            return true;
    return false;
}

static bool prepare(const DunhubTask *task, const DunhubApi *api, Request *request)
{
    *request = (Request){.http = {
                             .method = api->method,
                             .url = address(task, api),
                             .ca_file = auth_option(task, "ca_file"),
                             .proxy = auth_option(task, "proxy"),
                             .timeout_ms = auth_timeout_ms(task),
                             .response_max_bytes = api->response_max_bytes,
                             .action = api->action,
                         }};
    if (!request->http.url)
        return false;
    for (const char *const *row = api->headers; row && *row; row++)
        add(&request->headers, *row);
    if (!has_header(api, "Accept"))
        add(&request->headers, "Accept: application/json");
    const char *key = api->key_header ? dunhub_key(task) : NULL;
    if (key && *key)
        add(&request->headers, dunhub_format(task, "%s: %s", api->key_header, key));
    set_body(api, request, task);
    return true;
}

/* The last row of the headers is the sign-in, which changes from one try to the next. */
static bool ask_signed(const DunhubTask *task, const DunhubAuth *auth, const char *refused,
                       Request *request, char **ret_token, DunhubHttpResponse *ret_response)
{
    Headers headers = request->headers;
    *ret_token = NULL;
    if (auth) {
        const char *row = auth_header(task, auth, refused, ret_token);
        if (!row)
            return false;
        add(&headers, row);
    }
    request->http.headers = headers.rows;
    return dunhub_http_ask(task, &request->http, ret_response);
}

/* Would a newer token change the answer? A 403 to a token of this minute is about rights, not about age. */
static bool wants_new_token(const DunhubTask *task, const DunhubAuth *auth, int status)
{
    return auth_has_tokens(auth) && (status == 401 || (status == 403 && !auth_is_fresh(task)));
}

static bool ask(const DunhubTask *task, const DunhubApi *api, Request *request,
                DunhubHttpResponse *ret_response)
{
    const DunhubAuth *auth = api->unsigned_in ? NULL : auth_row(task);
    char *token, *again;
    if (!ask_signed(task, auth, NULL, request, &token, ret_response))
        return false;
    if (!wants_new_token(task, auth, ret_response->status))
        return true;
    return ask_signed(task, auth, token, request, &again, ret_response);
}

/* ---- what it means ---- */

static json_t *read_json(const DunhubHttpResponse *response)
{
    return response->cut ? NULL
                         : json_loadb(response->body, response->body_bytes,
                                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

static bool is_good(const DunhubHttpResponse *response)
{
    return response->status >= 200 && response->status < 300;
}

static void set_unreadable(const DunhubTask *task, const DunhubApi *api, const char *url,
                           const DunhubHttpResponse *response)
{
    const char *what = response->cut ? "an answer that is too long" : "an answer that is no JSON";
    const char *code = response->cut ? "too_long" : "unreadable";
    if (dunhub_repeat_is_harmless(api->action))
        dunhub_retry(task, 0, code, "%s gave %s; it is asked again", url, what);
    else
        dunhub_uncertain(task, code, "%s took it and gave %s: look there before it is repeated",
                         url, what);
}

/* reads: a good answer has to be JSON. */
static bool call(const DunhubTask *task, const DunhubApi *api, bool reads, json_t **ret_answer,
                 DunhubHttpResponse *ret_response)
{
    Request request;
    *ret_answer = NULL;
    *ret_response = (DunhubHttpResponse){.body = "", .headers = ""};
    bool asked = prepare(task, api, &request) && ask(task, api, &request, ret_response);
    free(request.json);
    if (!asked)
        return false;
    *ret_answer = ret_response->body_bytes ? read_json(ret_response) : NULL;
    if (ret_response->status && api->judge && api->judge(task, ret_response, *ret_answer))
        return false;
    if (!dunhub_http_judge(task, &request.http, ret_response))
        return false;
    if (reads && !*ret_answer && ret_response->body_bytes && is_good(ret_response)) {
        set_unreadable(task, api, request.http.url, ret_response);
        return false;
    }
    return true;
}

bool dunhub_call(const DunhubTask *task, const DunhubApi *api, DunhubHttpResponse *ret_response)
{
    json_t *answer;
    bool good = call(task, api, false, &answer, ret_response);
    json_decref(answer);
    return good;
}

bool dunhub_json_call(const DunhubTask *task, const DunhubApi *api, json_t **ret_answer)
{
    DunhubHttpResponse response;
    return call(task, api, true, ret_answer, &response);
}

const char *dunhub_response_header(const DunhubTask *task, const DunhubHttpResponse *response,
                                   const char *name)
{
    size_t n = strlen(name);
    for (const char *row = response->headers; *row;) {
        size_t length = strcspn(row, "\n");
        if (length > n && strncasecmp(row, name, n) == 0 && row[n] == ':') {
            const char *value = row + n + 1, *end = row + length;
            while (value < end && (*value == ' ' || *value == '\t'))
                value++;
            return dunhub_text(task, (DunhubBytes){value, (size_t)(end - value)});
        }
        row += length + (row[length] == '\n');
    }
    return NULL;
}
