/* One method of the Web API. Its HTTP status is 200 for most failures: what happened stands in "ok" and "error". */
#include "slack.h"

#include <string.h>

typedef enum {
    CLASS_RETRY,
    CLASS_LOST,
    CLASS_AUTH,
    CLASS_RIGHT,
    CLASS_SETTING,
    CLASS_CONTENT
} ErrorClass;

/* What is not listed is permanent: the names of errors grow. */
static const struct {
    const char *error;
    ErrorClass class;
} errors[] = {
    {"ratelimited", CLASS_RETRY},
    {"rate_limited", CLASS_RETRY},
    {"service_unavailable", CLASS_RETRY},
    {"request_timeout", CLASS_RETRY},
    {"team_added_to_org", CLASS_RETRY},
    {"internal_error", CLASS_LOST},
    {"fatal_error", CLASS_LOST},
    {"invalid_auth", CLASS_AUTH},
    {"not_authed", CLASS_AUTH},
    {"account_inactive", CLASS_AUTH},
    {"token_revoked", CLASS_AUTH},
    {"token_expired", CLASS_AUTH},
    {"no_permission", CLASS_RIGHT},
    {"org_login_required", CLASS_AUTH},
    {"missing_scope", CLASS_RIGHT},
    {"not_allowed_token_type", CLASS_RIGHT},
    {"ekm_access_denied", CLASS_AUTH},
    {"channel_not_found", CLASS_SETTING},
    {"not_in_channel", CLASS_SETTING},
    {"is_archived", CLASS_SETTING},
    {"restricted_action", CLASS_SETTING},
    {"restricted_action_read_only_channel", CLASS_SETTING},
    {"cant_update_message", CLASS_SETTING},
    {"edit_window_closed", CLASS_SETTING},
};

static ErrorClass class_of(const char *error)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].error, error) == 0)
            return errors[i].class;
    return CLASS_CONTENT;
}

/* ", needed chat:write" or what Slack says of the arguments. */
static const char *detail_of(const DunhubTask *task, const json_t *answer)
{
    const char *needed = dunhub_at_text(answer, "/needed");
    const char *said = dunhub_at_text(answer, "/response_metadata/messages/0");
    const char *text = needed ? needed : said;
    return text ? dunhub_format(task, " (%s%s)", needed ? "it needs the scope " : "",
                                dunhub_one_line(task, text, 200))
                : "";
}

static bool refuse(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer,
                   bool harmless, bool looking)
{
    const char *named = dunhub_at_text(answer, "/error");
    const char *error = named ? dunhub_one_line(task, named, 80) : "no_error_named";
    const char *detail = detail_of(task, answer);
    ErrorClass class = class_of(error);
    if (class == CLASS_RIGHT && looking)
        dunhub_permanent(task, error,
                         "Slack does not let the app look: %s%s; look into the channel yourself",
                         error, detail);
    else if (class == CLASS_AUTH || class == CLASS_RIGHT)
        dunhub_auth(task, error,
                    "Slack refused the token: %s%s; correct the option 'token' or install the app "
                    "again with its scopes",
                    error, detail);
    else if (class == CLASS_RETRY || (class == CLASS_LOST && harmless))
        dunhub_retry(task, response->retry_after_ms, error, "Slack asks to try again: %s", error);
    else if (class == CLASS_LOST)
        dunhub_uncertain(task, error, "Slack failed with %s: it may have been posted", error);
    else if (class == CLASS_SETTING)
        dunhub_permanent(task, error,
                         "Slack refused it: %s%s; correct the option 'channel', or invite the app "
                         "to that channel",
                         error, detail);
    else
        dunhub_permanent(task, error, "Slack refused it: %s%s", error, detail);
    return true;
}

static bool says_no(const DunhubHttpResponse *response, const json_t *answer)
{
    const json_t *ok = json_object_get(answer, "ok");
    return response->status == 200 && json_is_boolean(ok) && !json_is_true(ok);
}

static bool judge_write(const DunhubTask *task, const DunhubHttpResponse *response,
                        const json_t *answer)
{
    return says_no(response, answer) && refuse(task, response, answer, false, false);
}

static bool judge_safe(const DunhubTask *task, const DunhubHttpResponse *response,
                       const json_t *answer)
{
    return says_no(response, answer) && refuse(task, response, answer, true, false);
}

static bool judge_look(const DunhubTask *task, const DunhubHttpResponse *response,
                       const json_t *answer)
{
    return says_no(response, answer) && refuse(task, response, answer, true, true);
}

/* A good answer says so: anything else with 200 came from somebody in between. */
static bool good(const DunhubTask *task, const DunhubApi *api, json_t **ret_answer)
{
    const char *ok;
    json_t *answer = NULL;
    if (dunhub_json_call(task, api, &answer) &&
        dunhub_need_at(task, api->action, answer, "/ok", &ok)) {
        *ret_answer = answer;
        return true;
    }
    json_decref(answer);
    return false;
}

bool slack_write(const DunhubTask *task, const DunhubAction *action, const char *method,
                 json_t *body, json_t **ret_answer)
{
    const DunhubApi api = {
        .action = action,
        .path = dunhub_format(task, "/%s", method),
        .json = body,
        .judge = dunhub_repeat_is_harmless(action) ? judge_safe : judge_write,
    };
    bool done = good(task, &api, ret_answer);
    json_decref(body);
    return done;
}

static bool ask(const DunhubTask *task, const char *method, const DunhubField *fields, size_t n,
                DunhubJudge judge, json_t **ret_answer)
{
    const DunhubApi api = {
        .method = "POST",
        .path = dunhub_format(task, "/%s", method),
        .form = dunhub_form(task, fields, n),
        .response_max_bytes = 4 << 20,
        .judge = judge,
    };
    return good(task, &api, ret_answer);
}

bool slack_read(const DunhubTask *task, const char *method, const DunhubField *fields, size_t n,
                json_t **ret_answer)
{
    return ask(task, method, fields, n, judge_safe, ret_answer);
}

bool slack_look(const DunhubTask *task, const char *method, const DunhubField *fields, size_t n,
                json_t **ret_answer)
{
    return ask(task, method, fields, n, judge_look, ret_answer);
}

/* The address is a secret that anybody may have written into a form: it has to be one of Slack's own. */
void slack_whisper(const DunhubTask *task, const char *response_url, const char *text)
{
    const char *own = dunhub_option(task, "hooks_url");
    size_t n = strlen(own);
    while (n && own[n - 1] == '/')
        n--;
    if (!response_url || strncmp(response_url, own, n) != 0 || response_url[n] != '/')
        return;
    json_t *body = json_pack("{s:s, s:s}", "response_type", "ephemeral", "text", text);
    const DunhubApi api = {.base = dunhub_format(task, "%.*s", (int)n, own),
                           .path = response_url + n,
                           .json = body,
                           .unsigned_in = true};
    const DunhubResult before = *task->result;
    DunhubHttpResponse response;
    if (!dunhub_call(task, &api, &response))
        dunhub_log(task, 2, "the answer to a person could not be given: status %d",
                   response.status);
    *task->result = before;
    json_decref(body);
}

bool slack_code_is(const DunhubTask *task, const char *code)
{
    DunhubBytes is = task->result->code;
    return is.n == strlen(code) && memcmp(is.p, code, is.n) == 0;
}
