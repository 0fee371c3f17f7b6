/* Which account, on which host, and what the platform's refusals mean. */
#include "docusign.h"

#include <string.h>

#define ACCOUNT_STATE "account_root"
enum { BURST_WAIT_MS = 30000, HOUR_MS = 3600000 };

static const json_t *choose(const json_t *accounts, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        const json_t *account = json_array_get(accounts, i);
        const char *id = dunhub_find_text(account, "account_id");
        bool fits = wanted ? id && strcmp(id, wanted) == 0 : dunhub_at_bool(account, "/is_default");
        if (fits)
            return account;
    }
    return NULL;
}

static const char *ask_root(const DunhubTask *task)
{
    const char *wanted = dunhub_option(task, "account_id"), *root = NULL;
    json_t *answer = NULL;
    const DunhubApi api = {.base = dunhub_option(task, "oauth_url"), .path = "/oauth/userinfo"};
    if (!dunhub_json_call(task, &api, &answer)) {
        json_decref(answer);
        return NULL;
    }
    const json_t *account = choose(json_object_get(answer, "accounts"), wanted);
    const char *id = dunhub_find_text(account, "account_id");
    const char *base = dunhub_find_text(account, "base_uri");
    if (id && base)
        root =
            dunhub_format(task, "%s/restapi/v2.1/accounts/%s", base, dunhub_url_escape(task, id));
    else
        dunhub_auth(task, "account", "the user may not use the account %s: correct account_id",
                    wanted ? wanted : "(none is the default)");
    json_decref(answer);
    return root;
}

const char *account_root(const DunhubTask *task)
{
    const char *base = dunhub_option(task, "base_url"), *id = dunhub_option(task, "account_id");
    DunhubBytes value = {0};
    uint64_t version = 0;
    if (base && id)
        return dunhub_format(task, "%s/restapi/v2.1/accounts/%s", base,
                             dunhub_url_escape(task, id));
    if (task->host->state_get(task->call, ACCOUNT_STATE, &value, &version) == 1)
        return dunhub_text(task, value);
    const char *root = ask_root(task);
    if (root)
        task->host->state_put(task->call, ACCOUNT_STATE, (DunhubBytes){root, strlen(root)},
                              version);
    return root;
}

/* The hourly limit ends on the clock hour that the answer names. */
static int64_t wait_ms(const DunhubTask *task, const DunhubHttpResponse *response, const char *code)
{
    int64_t reset_ms;
    const char *reset = dunhub_response_header(task, response, "X-RateLimit-Reset");
    if (strncasecmp(code, "BURST", 5) == 0 || !reset || !dunhub_instant_parse(reset, &reset_ms))
        return BURST_WAIT_MS;
    int64_t left_ms = reset_ms - dunhub_now_ms();
    return left_ms < 1000 ? 1000 : left_ms > HOUR_MS ? HOUR_MS : left_ms;
}

/* The limits come with 400 as well as 429: the code decides, not the status. */
bool judge(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer)
{
    static const char *const credential[] = {
        "USER_AUTHENTICATION_FAILED", "AUTHORIZATION_INVALID_TOKEN",
        "PARTNER_AUTHENTICATION_FAILED", "consent_required", "USER_LACKS_PERMISSIONS"};
    const char *code = dunhub_at_text(answer, "/errorCode");
    const char *message = dunhub_at_text(answer, "/message");
    if (response->status < 400 || response->status >= 500 || !code)
        return false;
    message = message ? message : "no reason given";
    if (strcasestr(code, "limit_exceeded")) {
        dunhub_retry(task, wait_ms(task, response, code), code, "DocuSign asks to wait: %s",
                     message);
        return true;
    }
    for (size_t i = 0; i < sizeof credential / sizeof *credential; i++)
        if (strcmp(code, credential[i]) == 0) {
            dunhub_auth(task, code, "DocuSign refuses the credential: %s", message);
            return true;
        }
    if (response->status == 401 || response->status == 403)
        return false;
    dunhub_permanent(task, code, "DocuSign refuses it: %s", message);
    return true;
}
