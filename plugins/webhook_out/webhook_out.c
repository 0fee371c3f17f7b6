/* A signed JSON POST to a program of one's own, or to a catch-hook.
 *
 *   POST …
 *   Content-Type: application/json
 *   Dunhub-Key: the action's key, the same on every attempt: do nothing for one that was seen before
 *   Dunhub-Timestamp: unix seconds
 *   Dunhub-Signature: hex HMAC-SHA256 of TIMESTAMP "." BODY; one for each secret, separated by commas
 *
 *   {"data": {…the action's input…}, "key": "…", "verb": "hook.send"} */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "dunhub/sdk.h"

enum { HEADERS_MAX = 40, SECRETS_MAX = 8, SECRET_BYTES_MIN = 16 };

typedef struct {
    const char *rows[HEADERS_MAX + 1];
    size_t n;
} Headers;

static void add_header(Headers *headers, const char *line)
{
    if (line && headers->n < HEADERS_MAX)
        headers->rows[headers->n++] = line;
}

/* All secrets sign: a receiver that knows one of them accepts, so each side can change when it likes. */
static const char *sign(const DunhubTask *task, const json_t *secrets, const char *timestamp,
                        const char *body, size_t n)
{
    DunhubBuffer signed_part = {0}, signatures = {0};
    dunhub_append_format(&signed_part, "%s.", timestamp);
    dunhub_append(&signed_part, body, n);
    for (size_t i = 0; i < json_array_size(secrets) && !signed_part.failed; i++) {
        const char *secret = json_string_value(json_array_get(secrets, i));
        char hex[DUNHUB_HEX_SHA256];
        dunhub_hmac_sha256_hex(secret, strlen(secret), signed_part.p, signed_part.n, hex);
        dunhub_append_format(&signatures, "%s%s", i ? "," : "", hex);
    }
    const char *text =
        signed_part.failed || signatures.failed ? NULL : dunhub_format(task, "%s", signatures.p);
    dunhub_buffer_done(&signed_part);
    dunhub_buffer_done(&signatures);
    return text;
}

/* New reference; NULL: they are no good and the result says why. */
static json_t *read_secrets(const DunhubTask *task)
{
    json_t *secrets = dunhub_option_json(task, "secrets");
    size_t n = json_array_size(secrets);
    const char *wrong = !n                ? "option 'secrets' is empty: give at least one"
                        : n > SECRETS_MAX ? "option 'secrets' has more than 8"
                                          : NULL;
    for (size_t i = 0; !wrong && i < n; i++) {
        const char *secret = json_string_value(json_array_get(secrets, i));
        if (!secret || strlen(secret) < SECRET_BYTES_MIN)
            wrong = "option 'secrets': each needs at least 16 signs; make one with: openssl rand "
                    "-hex 32";
    }
    if (!wrong)
        return secrets;
    dunhub_permanent(task, "option", "%s", wrong);
    json_decref(secrets);
    return NULL;
}

/* Headers of the configuration; none may take the place of ours. */
static bool add_own_headers(const DunhubTask *task, const json_t *own, Headers *headers)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)own, name, value)
    {
        const char *text = json_string_value(value);
        bool good =
            text && *name &&
            name[strspn(name,
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == 0 &&
            strncasecmp(name, "dunhub-", 7) != 0 && strcasecmp(name, "content-type") != 0 &&
            !strpbrk(text, "\r\n");
        if (!good) {
            dunhub_permanent(task, "option",
                             "option 'headers': '%s' is no header that can be set here", name);
            return false;
        }
        add_header(headers, dunhub_format(task, "%s: %s", name, text));
    }
    return true;
}

/* The receiver's own id of what it made, if it says one. */
static const char *id_in(const DunhubTask *task, const DunhubHttpResponse *response)
{
    json_t *answer = json_loads(response->body, 0, NULL);
    const char *id = dunhub_find_text(answer, "id");
    const char *kept = id ? dunhub_one_line(task, id, 200) : NULL;
    json_decref(answer);
    return kept;
}

static const DunhubAction action;

static void post(const DunhubTask *task, const json_t *secrets, const json_t *own, const char *body)
{
    const char *key = dunhub_key(task);
    char timestamp[24];
    snprintf(timestamp, sizeof timestamp, "%" PRId64, (int64_t)time(NULL));
    Headers headers = {0};
    add_header(&headers, "Content-Type: application/json");
    add_header(&headers, dunhub_format(task, "Dunhub-Key: %s", key));
    add_header(&headers, dunhub_format(task, "Dunhub-Timestamp: %s", timestamp));
    const char *signatures = sign(task, secrets, timestamp, body, strlen(body));
    if (!signatures) {
        dunhub_permanent(task, "size", "the input is too large to be signed");
        return;
    }
    add_header(&headers, dunhub_format(task, "Dunhub-Signature: %s", signatures));
    if (!add_own_headers(task, own, &headers))
        return;
    const DunhubHttpRequest request = {
        .url = dunhub_option(task, "url"),
        .headers = headers.rows,
        .body = body,
        .body_bytes = strlen(body),
        .ca_file = dunhub_option(task, "ca_file"),
        .timeout_ms = dunhub_option_int(task, "timeout_ms", 30000),
        .response_max_bytes = 65536,
        .action = &action,
    };
    DunhubHttpResponse response;
    if (dunhub_http(task, &request, &response)) {
        const char *id = id_in(task, &response);
        dunhub_ok(task, id ? id : key);
    }
}

static void send_hook(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *key = dunhub_key(&task);
    json_t *input = dunhub_input(&task);
    json_t *secrets = input ? read_secrets(&task) : NULL;
    json_t *own = dunhub_option_json(&task, "headers");
    json_t *envelope = secrets ? json_pack("{s:s, s:s, s:O}", "key", key ? key : "", "verb",
                                           dunhub_verb(&task), "data", input)
                               : NULL;
    char *body = envelope ? json_dumps(envelope, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (secrets && (!key || !*key))
        dunhub_permanent(&task, "key", "the call has no key: the receiver knows a repeat by it");
    else if (secrets && !body)
        dunhub_permanent(&task, "input", "the input cannot be written as JSON");
    else if (secrets)
        post(&task, secrets, own, body);
    free(body);
    json_decref(envelope);
    json_decref(own);
    json_decref(secrets);
    json_decref(input);
}

/* The options only: a POST without a reason would be a hook. */
static void check_options(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *secrets = read_secrets(&task), *own = dunhub_option_json(&task, "headers");
    Headers headers = {0};
    if (secrets && add_own_headers(&task, own, &headers))
        dunhub_ok(&task, NULL);
    json_decref(secrets);
    json_decref(own);
}

/* ---- declaration ---- */

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "url", DUNHUB_OPTION_URL, DUNHUB_OPTION_REQUIRED, NULL, NULL,
     "Where to post: https, or http on one's own network."},
    {sizeof(DunhubOption), "secrets", DUNHUB_OPTION_LIST,
     DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET, NULL, NULL,
     "Secrets of at least 16 signs that sign; while one is replaced both stand here."},
    {sizeof(DunhubOption), "headers", DUNHUB_OPTION_MAP, DUNHUB_OPTION_SECRET, NULL, NULL,
     "Further headers, such as Authorization: a token of the receiver."},
    {sizeof(DunhubOption), "ca_file", DUNHUB_OPTION_PATH, 0, NULL, NULL,
     "File of the authorities to trust (PEM) instead of the system's."},
    {sizeof(DunhubOption), "timeout_ms", DUNHUB_OPTION_INT, 0, "30000", "100..300000",
     "Longest time for one post."},
};

static const DunhubAction action = {
    .size = sizeof(DunhubAction),
    .verb = "hook.send",
    .doc = "Posts the input as signed JSON; the receiver knows a repeat by Dunhub-Key.",
    .effect = DUNHUB_WRITE,
    .repeat = DUNHUB_REPEAT_KEY,
    .run = send_hook,
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 16, .timeout_ms = 60000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "webhook_out",
    .version = "1.0",
    .doc = "Signed JSON posts to programs of one's own.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = &action,
    .n_actions = 1,
    .limits = &limits,
    .check = check_options,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
