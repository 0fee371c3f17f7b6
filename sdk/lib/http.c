/* HTTP by libcurl: one easy handle for each worker thread, so that connections are kept. What an answer, or the lack of
 * one, means for the action is one table here (docs/architecture.md, results of a call). */
#include "lib/pace.h"

#include "dunhub/platform.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    RESPONSE_MAX_BYTES = 1 << 20,
    HEADERS_MAX_BYTES = 64 << 10,
    CONNECT_TIMEOUT_MS = 10000,
    RETRY_AFTER_MAX_S = 7 * 86400,
    /* What is read beyond the limit before the connection is given up: a cut answer is still an answer, but nobody is read
     * for ever. */
    OVERFLOW_MAX_BYTES = 4 << 20,
};

static pthread_key_t handle_key;
static pthread_once_t handle_once = PTHREAD_ONCE_INIT;

static void make_handle_key(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_key_create(&handle_key, curl_easy_cleanup);
}

static int stop_if_cancelled(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    const DunhubTask *task = data;
    return task->host->left_ms(task->call) <= 0;
}

void *dunhub_curl(const DunhubTask *task, const char *protocols, int64_t timeout_ms,
                  const char *ca_file)
{
    pthread_once(&handle_once, make_handle_key);
    CURL *curl = pthread_getspecific(handle_key);
    if (!curl) {
        curl = curl_easy_init();
        pthread_setspecific(handle_key, curl);
    }
    int64_t left_ms = task->host->left_ms(task->call);
    if (!curl || left_ms <= 0)
        return NULL;
    if (timeout_ms > 0 && timeout_ms < left_ms)
        left_ms = timeout_ms;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_if_cancelled);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, task);
    if (ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file);
    return curl;
}

typedef struct {
    DunhubBuffer body, headers;
    size_t max, over;
    bool cut;
} Transfer;

static size_t take_body(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;
    size_t room = transfer->max - transfer->body.n, length = size * n;
    if (length > room) {
        /* The rest is read and dropped: ending here would look like a lost answer. */
        transfer->cut = true;
        transfer->over += length - room;
        dunhub_append(&transfer->body, bytes, room);
        return transfer->over > OVERFLOW_MAX_BYTES ? 0 : length;
    }
    dunhub_append(&transfer->body, bytes, length);
    return transfer->body.failed ? 0 : length;
}

/* A status line begins anew: what an interim answer or a proxy said is forgotten. */
static size_t take_header(char *bytes, size_t size, size_t n, void *data)
{
    Transfer *transfer = data;
    size_t length = size * n, text = length;
    while (text && (bytes[text - 1] == '\r' || bytes[text - 1] == '\n'))
        text--;
    if (text > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        transfer->headers.n = 0;
    } else if (text && transfer->headers.n + text + 1 <= HEADERS_MAX_BYTES) {
        dunhub_append(&transfer->headers, bytes, text);
        dunhub_append_text(&transfer->headers, "\n");
    }
    return length;
}

static struct curl_slist *header_list(const char *const *headers, bool *ret_bad)
{
    struct curl_slist *list = NULL;
    *ret_bad = false;
    for (; headers && *headers; headers++) {
        if (strpbrk(*headers, "\r\n"))
            *ret_bad = true;
        else
            list = curl_slist_append(list, *headers);
    }
    return curl_slist_append(list, "Expect:");
}

static void set_options(CURL *curl, const DunhubHttpRequest *request, Transfer *transfer)
{
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "dunhub/1");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(curl, CURLOPT_PROXY, request->proxy ? request->proxy : "");
    if (request->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    }
    if (request->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    /* curl repeats a request by itself when a kept connection turns out dead. Where that is not harmless it gets a
     * connection of its own, which is closed after it: the next such request would not use it either. */
    if (!dunhub_repeat_is_harmless(request->action)) {
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    }
}

static int64_t read_retry_after(CURL *curl)
{
    curl_off_t seconds = 0; /* curl reads both forms, seconds and date */
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > RETRY_AFTER_MAX_S)
        seconds = RETRY_AFTER_MAX_S;
    return seconds > 0 ? (int64_t)seconds * 1000 : 0;
}

/* The body may hold NUL: it is kept with its length. */
static void keep_body(const DunhubTask *task, DunhubBuffer *body, DunhubHttpResponse *response)
{
    char *kept = body->failed ? NULL : task->host->alloc(task->call, body->n + 1);
    if (kept && body->n)
        memcpy(kept, body->p, body->n);
    response->body = kept ? kept : "";
    response->body_bytes = kept ? body->n : 0;
    dunhub_buffer_done(body);
}

static void exchange(CURL *curl, const DunhubTask *task, const DunhubHttpRequest *request,
                     struct curl_slist *headers, DunhubHttpResponse *response)
{
    char why[CURL_ERROR_SIZE] = "";
    Transfer transfer = {.max = request->response_max_bytes ? request->response_max_bytes
                                                            : RESPONSE_MAX_BYTES};
    set_options(curl, request, &transfer);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    long status = 0, request_bytes = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &request_bytes);
    response->sent = request_bytes > 0;
    response->cut = transfer.cut;
    const char *kept = dunhub_buffer_text(task, &transfer.headers);
    response->headers = kept ? kept : "";
    keep_body(task, &transfer.body, response);
    response->retry_after_ms = read_retry_after(curl);
    if (code != CURLE_OK)
        response->error = dunhub_format(task, "%s", *why ? why : curl_easy_strerror(code));
    /* An answer whose status came but whose body broke off is still known by its status, a good one excepted, unless it was
     * only too long. */
    if (code == CURLE_OK || status >= 300 || (status && transfer.cut))
        response->status = (int)status;
}

/* ---- what it means ---- */

enum { RANGE_OK, RANGE_MOVED, RANGE_AUTH, RANGE_RETRY, RANGE_LOST, RANGE_PERMANENT };

static int range_of(int status)
{
    static const struct {
        int first, last, range;
    } rows[] = {
        {200, 299, RANGE_OK},    {300, 399, RANGE_MOVED}, {401, 401, RANGE_AUTH},
        {403, 403, RANGE_AUTH},  {408, 408, RANGE_RETRY}, {425, 425, RANGE_RETRY},
        {429, 429, RANGE_RETRY}, {503, 503, RANGE_RETRY}, {501, 501, RANGE_PERMANENT},
        {500, 599, RANGE_LOST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (status >= rows[i].first && status <= rows[i].last)
            return rows[i].range;
    return RANGE_PERMANENT;
}

bool dunhub_repeat_is_harmless(const DunhubAction *action)
{
    return !action || action->effect == DUNHUB_READ || action->repeat == DUNHUB_REPEAT_KEY ||
           action->repeat == DUNHUB_REPEAT_SAFE;
}

static void set_lost(const DunhubTask *task, const DunhubHttpRequest *request, const char *code,
                     const char *what)
{
    if (dunhub_repeat_is_harmless(request->action))
        dunhub_retry(task, 0, code, "%s: %s; it is tried again", request->url, what);
    else
        dunhub_uncertain(task, code,
                         "%s: %s; it may have been done: look there before it is repeated",
                         request->url, what);
}

static bool judge_answer(const DunhubTask *task, const DunhubHttpRequest *request,
                         const DunhubHttpResponse *response)
{
    char code[16];
    snprintf(code, sizeof code, "%d", response->status);
    const char *body = dunhub_one_line(task, response->body, 200);
    const char *said = body && *body ? dunhub_format(task, ": %s", body) : "";
    const char *url = request->url;
    switch (range_of(response->status)) {
    case RANGE_OK:
        return true;
    case RANGE_AUTH:
        dunhub_auth(task, code,
                    "%s refused the credential with %s%s; correct the instance's secret", url, code,
                    said);
        return false;
    case RANGE_RETRY:
        dunhub_retry(task, response->retry_after_ms, code, "%s asks to wait with %s%s", url, code,
                     said);
        return false;
    case RANGE_LOST:
        set_lost(task, request, code, dunhub_format(task, "answered %s%s", code, said));
        if (task->result->outcome == DUNHUB_RETRY)
            task->result->retry_after_ms = response->retry_after_ms;
        return false;
    case RANGE_MOVED:
        dunhub_permanent(task, code,
                         "%s answered %s: it points elsewhere, which is not followed with a "
                         "credential; correct the address",
                         url, code);
        return false;
    default:
        dunhub_permanent(task, code, "%s refused it with %s%s", url, code, said);
        return false;
    }
}

/* Whatever this call comes to, other calls have to know; a host of an older time has no place for it. */
static void note_pace(const DunhubTask *task, const DunhubHttpResponse *response)
{
    int64_t wait_ms = pace_wait_ms(response->status, response->retry_after_ms, response->headers,
                                   dunhub_now_ms() / 1000);
    if (DUNHUB_HAS(task->result, DunhubResult, pause_ms) && wait_ms > task->result->pause_ms)
        task->result->pause_ms = wait_ms;
}

bool dunhub_http_ask(const DunhubTask *task, const DunhubHttpRequest *request,
                     DunhubHttpResponse *ret_response)
{
    *ret_response = (DunhubHttpResponse){.body = "", .headers = ""};
    CURL *curl = dunhub_curl(task, "https,http", request->timeout_ms, request->ca_file);
    bool bad_header = false;
    struct curl_slist *headers = header_list(request->headers, &bad_header);
    if (!bad_header && curl)
        exchange(curl, task, request, headers, ret_response);
    note_pace(task, ret_response);
    curl_slist_free_all(headers);
    if (bad_header)
        dunhub_permanent(
            task, "header",
            "a header for %s holds a line break: correct the option or input it is made of",
            request->url);
    else if (!curl)
        dunhub_retry(task, 0, "cancelled", "%s: no time was left for the request", request->url);
    return !bad_header && curl;
}

bool dunhub_http_judge(const DunhubTask *task, const DunhubHttpRequest *request,
                       const DunhubHttpResponse *response)
{
    if (response->status)
        return judge_answer(task, request, response);
    if (response->sent)
        set_lost(task, request, "no_answer", response->error);
    else
        dunhub_retry(task, 0, "unreachable", "%s could not be reached: %s; nothing was sent",
                     request->url, response->error);
    return false;
}

bool dunhub_http(const DunhubTask *task, const DunhubHttpRequest *request,
                 DunhubHttpResponse *ret_response)
{
    return dunhub_http_ask(task, request, ret_response) &&
           dunhub_http_judge(task, request, ret_response);
}
