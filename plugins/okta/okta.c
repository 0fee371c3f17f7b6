/* Okta: suspends a customer's login and gives it back. State decides, not keys: the user is read before and, where an answer was
 * lost, after; what is as it should be is done. Only a suspension that the hub made is lifted by it. */
#include "dunhub/platform.h"

#include <stdlib.h>
#include <string.h>

enum { RESET_MAX_S = 300 };

#define SUSPENDED_STATE "suspended:" /* + user id: the key of the suspension that was made here */

static void suspend(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void restore(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

#define USER_SCHEMA                                                                                \
    "{\"type\":\"object\",\"properties\":{\"login\":{\"type\":\"string\"},\"okta_id\":{\"type\":"  \
    "\"string\"},\"customer\":{\"type\":\"object\"}}}"

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction),
     .verb = "access.suspend",
     .object = "login",
     .input_schema = USER_SCHEMA,
     .doc = "Suspends the customer's login; one that is suspended already is done.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_SAFE,
     .run = suspend},
    {.size = sizeof(DunhubAction),
     .verb = "access.restore",
     .object = "login",
     .input_schema = USER_SCHEMA,
     .doc = "Lifts a suspension that the hub made, and no other.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_SAFE,
     .run = restore},
};
#define SUSPEND (&actions[0])
#define RESTORE (&actions[1])

/* ---- errors: E0000047 says when, E0000001 is for the state to decide ---- */

/* Seconds between the answer's own clock and the reset of the window. 0: not said. */
static int64_t until_reset_ms(const DunhubTask *task, const DunhubHttpResponse *response)
{
    const char *reset = dunhub_response_header(task, response, "X-Rate-Limit-Reset");
    const char *date = dunhub_response_header(task, response, "Date");
    int64_t now_ms, reset_ms;
    if (!reset || strchr(reset, ',') || !dunhub_instant_parse(reset, &reset_ms))
        return 0;
    if (!date || !dunhub_instant_parse(date, &now_ms))
        now_ms = dunhub_now_ms();
    int64_t wait_ms = reset_ms - now_ms + 1000;
    return wait_ms < 0 ? 1000 : wait_ms > RESET_MAX_S * 1000 ? RESET_MAX_S * 1000 : wait_ms;
}

static bool judge(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer)
{
    static const char *const rights[] = {"E0000014", "E0000016", "E0000038"};
    const char *code = dunhub_at_text(answer, "/errorCode");
    const char *summary = dunhub_at_text(answer, "/errorSummary");
    if (!code)
        return false;
    summary = summary ? summary : "no reason given";
    if (response->status == 429) {
        int64_t wait_ms =
            response->retry_after_ms ? response->retry_after_ms : until_reset_ms(task, response);
        dunhub_retry(task, wait_ms, code, "Okta asks to wait: %s", summary);
        return true;
    }
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
        if (response->status == 403 && strcmp(code, rights[i]) == 0) {
            dunhub_permanent(task, code, "Okta refuses it: %s", summary);
            return true;
        }
    if (response->status == 400 || response->status == 404) {
        dunhub_permanent(task, code, "Okta refuses it: %s", summary);
        return true;
    }
    return false;
}

static bool ask(const DunhubTask *task, const char *method, const char *path,
                const DunhubAction *action, json_t **ret_answer)
{
    const DunhubApi api = {.method = method, .path = path, .action = action, .judge = judge};
    return dunhub_json_call(task, &api, ret_answer);
}

/* ---- whose login ---- */

typedef struct {
    const char *id, *status, *login;
} User;

static bool take_user(const DunhubTask *task, const json_t *object, User *ret_user)
{
    const char *id = dunhub_at_text(object, "/id"), *status = dunhub_at_text(object, "/status");
    const char *login = dunhub_at_text(object, "/profile/login");
    if (!id || !status) {
        dunhub_retry(task, 0, "answer", "Okta's answer holds no user; it is asked again");
        return false;
    }
    *ret_user = (User){dunhub_format(task, "%s", id), dunhub_format(task, "%s", status),
                       dunhub_format(task, "%s", login ? login : id)};
    return true;
}

static bool by_id(const DunhubTask *task, const char *id, User *ret_user)
{
    json_t *answer = NULL;
    const char *path = dunhub_format(task, "/api/v1/users/%s", dunhub_url_escape(task, id));
    bool good = ask(task, "GET", path, NULL, &answer) && take_user(task, answer, ret_user);
    json_decref(answer);
    return good;
}

/* The index may be seconds late: what it finds is read again by id. */
static bool by_email(const DunhubTask *task, const char *email, User *ret_user)
{
    const char *search =
        dunhub_format(task, "profile.email eq %s", dunhub_quote_like(task, email, '"'));
    const DunhubField fields[] = {{"search", search}, {"limit", "2"}};
    json_t *answer = NULL;
    if (!ask(task, "GET", dunhub_query(task, "/api/v1/users", fields, 2), NULL, &answer)) {
        json_decref(answer);
        return false;
    }
    size_t n = json_array_size(answer);
    const char *id = dunhub_at_text(answer, "/0/id");
    id = n == 1 && id ? dunhub_format(task, "%s", id) : NULL;
    json_decref(answer);
    if (id)
        return by_id(task, id, ret_user);
    dunhub_permanent(task, n ? "ambiguous" : "no_user", "%s the e-mail %s: %s",
                     n ? "several users have" : "no user of Okta has", email,
                     "name the login in the customer's contacts or the act's input");
    return false;
}

/* "okta_id" or "login" of the input, else the customer's e-mail, as the option find_by says. */
static bool find_user(const DunhubTask *task, const json_t *input, User *ret_user)
{
    const char *id = dunhub_find_text(input, "okta_id"), *login = dunhub_find_text(input, "login");
    const char *email = dunhub_find_text(json_object_get(input, "customer"), "email");
    const char *external = dunhub_find_text(json_object_get(input, "customer"), "external_id");
    const char *find_by = dunhub_option(task, "find_by");
    if (id || login)
        return by_id(task, id ? id : login, ret_user);
    if (strcmp(find_by, "external_id") == 0 && external)
        return by_id(task, external, ret_user);
    if (strcmp(find_by, "login") == 0 && email)
        return by_id(task, email, ret_user);
    if (strcmp(find_by, "email") == 0 && email)
        return by_email(task, email, ret_user);
    dunhub_permanent(task, "no_user",
                     "the customer has no %s to find the login by: give the act's input a 'login'",
                     strcmp(find_by, "external_id") == 0 ? "external id" : "e-mail address");
    return false;
}

static bool is_protected(const DunhubTask *task, const User *user)
{
    json_t *list = dunhub_option_json(task, "never_suspend");
    bool found = false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        found |= name && (strcmp(name, user->login) == 0 || strcmp(name, user->id) == 0);
    }
    json_decref(list);
    return found;
}

/* ---- what we did ---- */

static const char *state_name(const DunhubTask *task, const User *user)
{
    return dunhub_format(task, "%s%s", SUSPENDED_STATE, user->id);
}

/* The key of our suspension of that user; NULL: none. */
static const char *our_mark(const DunhubTask *task, const User *user, uint64_t *ret_version)
{
    DunhubBytes value = {0};
    *ret_version = 0;
    int found = task->host->state_get(task->call, state_name(task, user), &value, ret_version);
    const char *text = found == 1 ? dunhub_text(task, value) : NULL;
    return text && *text ? text : NULL;
}

/* false: the result is set. */
static bool set_mark(const DunhubTask *task, const User *user, const char *text)
{
    uint64_t version;
    const char *now = our_mark(task, user, &version);
    if (now && strcmp(now, text) == 0)
        return true;
    int status = task->host->state_put(task->call, state_name(task, user),
                                       (DunhubBytes){text, strlen(text)}, version);
    if (status != 0)
        dunhub_retry(task, 0, "state", "what is done to %s could not be noted first", user->login);
    return status == 0;
}

static void done(const DunhubTask *task, const User *user, const char *what)
{
    json_t *data =
        json_pack("{s:s, s:s, s:s}", "user", user->id, "login", user->login, "done", what);
    dunhub_ok_data(task, user->id, data);
    json_decref(data);
}

static void end_sessions(const DunhubTask *task, const User *user)
{
    if (!dunhub_option_bool(task, "end_sessions"))
        return;
    json_t *answer = NULL;
    const DunhubField fields[] = {{"oauthTokens", "true"}, {"forgetDevices", "false"}};
    const char *path =
        dunhub_format(task, "/api/v1/users/%s/sessions", dunhub_url_escape(task, user->id));
    bool ended = ask(task, "DELETE", dunhub_query(task, path, fields, 2), SUSPEND, &answer);
    json_decref(answer);
    if (ended)
        done(task, user, "suspended, sessions ended");
}

/* ---- the two verbs ---- */

static bool change(const DunhubTask *task, const User *user, const char *operation,
                   const DunhubAction *action)
{
    const char *path = dunhub_format(task, "/api/v1/users/%s/lifecycle/%s",
                                     dunhub_url_escape(task, user->id), operation);
    const DunhubApi api = {
        .method = "POST", .path = path, .action = action, .judge = judge, .body = ""};
    DunhubHttpResponse response;
    return dunhub_call(task, &api, &response);
}

/* E0000001 may mean that it became so in between: the state is asked once more. */
static bool became(const DunhubTask *task, const User *user, const char *status)
{
    const char *code = task->result->code.p;
    if (task->result->outcome != DUNHUB_PERMANENT || !code || strcmp(code, "E0000001") != 0)
        return false;
    DunhubResult before = *task->result;
    User now;
    bool same = by_id(task, user->id, &now) && strcmp(now.status, status) == 0;
    if (!same)
        *task->result = before;
    return same;
}

/* What was refused for good was not done: a suspension that others make later is theirs. */
static void take_back_mark(const DunhubTask *task, const User *user)
{
    DunhubResult refused = *task->result;
    if (refused.outcome == DUNHUB_PERMANENT || refused.outcome == DUNHUB_AUTH) {
        set_mark(task, user, "");
        *task->result = refused;
    }
}

static void suspend_user(const DunhubTask *task, const User *user)
{
    uint64_t version;
    if (is_protected(task, user)) {
        dunhub_permanent(task, "protected", "%s stands in never_suspend", user->login);
        return;
    }
    if (strcmp(user->status, "SUSPENDED") == 0) {
        done(task, user, our_mark(task, user, &version) ? "suspended" : "was suspended by others");
        return;
    }
    if (strcmp(user->status, "ACTIVE") != 0) {
        dunhub_permanent(task, "not_suspendable",
                         "%s is %s, and only an active login can be suspended", user->login,
                         user->status);
        return;
    }
    /* Noted first: a suspension whose answer is lost is ours to lift all the same. */
    if (!set_mark(task, user, dunhub_key(task)))
        return;
    if (!change(task, user, "suspend", SUSPEND) && !became(task, user, "SUSPENDED")) {
        take_back_mark(task, user);
        return;
    }
    done(task, user, "suspended");
    end_sessions(task, user);
}

static void restore_user(const DunhubTask *task, const User *user)
{
    uint64_t version;
    const char *mark = our_mark(task, user, &version);
    if (strcmp(user->status, "SUSPENDED") != 0) {
        if (!mark || set_mark(task, user, ""))
            done(task, user, "is not suspended");
        return;
    }
    if (!mark) {
        dunhub_permanent(task, "not_ours", "%s was suspended by somebody else, who has to lift it",
                         user->login);
        return;
    }
    if (!change(task, user, "unsuspend", RESTORE) && !became(task, user, "ACTIVE"))
        return;
    if (set_mark(task, user, ""))
        done(task, user, "restored");
}

static void with_user(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result,
                      void (*act)(const DunhubTask *task, const User *user))
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    User user;
    if (input && find_user(&task, input, &user))
        act(&task, &user);
    json_decref(input);
}

static void suspend(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    with_user(host, call, ret_result, suspend_user);
}

static void restore(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    with_user(host, call, ret_result, restore_user);
}

/* Rights to read users are what both verbs begin with. */
static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *answer = NULL;
    if (ask(&task, "GET", "/api/v1/users?limit=1", NULL, &answer))
        dunhub_ok(&task, NULL);
    json_decref(answer);
}

/* ---- event hook: what others did to a login ---- */

static void tell(const DunhubTask *task, const json_t *event)
{
    static const struct {
        const char *type, *portal;
    } rows[] = {{"user.lifecycle.suspend", "suspended"}, {"user.lifecycle.unsuspend", "active"}};
    const char *type = dunhub_at_text(event, "/eventType"), *uuid = dunhub_at_text(event, "/uuid");
    const char *login = dunhub_at_text(event, "/target/0/alternateId");
    const char *outcome = dunhub_at_text(event, "/outcome/result");
    if (!type || !uuid || !login || (outcome && strcmp(outcome, "SUCCESS") != 0))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(type, rows[i].type) == 0)
            dunhub_emit(task, "account.updated", uuid, NULL, dunhub_at_text(event, "/published"),
                        json_pack("{s:s}", "address", login),
                        json_pack("{s:s}", "portal", rows[i].portal));
}

static void map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    DunhubDelivery delivery;
    if (!dunhub_delivery(&task, &delivery))
        return;
    json_t *body = json_loadb(delivery.body.p, delivery.body.n, 0, NULL);
    const json_t *events = dunhub_at(body, "/data/events");
    if (json_is_array(events)) {
        for (size_t i = 0; i < json_array_size(events); i++)
            tell(&task, json_array_get(events, i));
        dunhub_ok(&task, NULL);
    } else {
        dunhub_permanent(&task, "body", "the delivery holds no data.events");
    }
    json_decref(body);
    dunhub_delivery_done(&delivery);
}

static const DunhubHook hooks[] = {
    {.size = sizeof(DunhubHook),
     .name = "",
     .emits = "account.updated",
     .doc = "Event hook of user.lifecycle.suspend and user.lifecycle.unsuspend.",
     .flags = DUNHUB_HOOK_CHALLENGE_UNSIGNED,
     .scheme = DUNHUB_SIGNED_SECRET,
     .signature = "header:Authorization",
     .secret = "hook_secret",
     .delivery = "json:/eventId",
     .challenge = "header:X-Okta-Verification-Challenge",
     .challenge_reply = "{\"verification\":{challenge_json}}",
     .challenge_type = "application/json",
     .map = map},
};

/* ---- declaration ---- */

static const DunhubOption options[] = {
    DUNHUB_API_OPTIONS(NULL),
    {.size = sizeof(DunhubOption),
     .name = "auth",
     .type = DUNHUB_OPTION_CHOICE,
     .fallback = "token",
     .allowed = "token|app",
     .doc = "token: an API token; app: a service app with a private key."},
    {.size = sizeof(DunhubOption),
     .name = "token",
     .flags = DUNHUB_OPTION_SECRET,
     .doc = "API token (auth: token)."},
    {.size = sizeof(DunhubOption),
     .name = "client_id",
     .doc = "Client id of the service app (auth: app)."},
    {.size = sizeof(DunhubOption),
     .name = "private_key",
     .flags = DUNHUB_OPTION_SECRET,
     .doc = "Private key of the service app, PEM (auth: app)."},
    {.size = sizeof(DunhubOption),
     .name = "key_id",
     .doc = "Its kid as registered at Okta (auth: app)."},
    {.size = sizeof(DunhubOption),
     .name = "scope",
     .fallback = "okta.users.read okta.users.manage",
     .doc = "Scopes of the service app."},
    {.size = sizeof(DunhubOption),
     .name = "audience",
     .doc = "Audience of the key's assertion; absent: the token address."},
    {.size = sizeof(DunhubOption),
     .name = "find_by",
     .type = DUNHUB_OPTION_CHOICE,
     .fallback = "email",
     .allowed = "email|login|external_id",
     .doc = "How a customer's login is found: the profile's e-mail, the e-mail as login, or the "
            "external id as Okta's id or login."},
    {.size = sizeof(DunhubOption),
     .name = "end_sessions",
     .type = DUNHUB_OPTION_BOOL,
     .fallback = "false",
     .doc = "End the running sessions and tokens of a suspended login."},
    {.size = sizeof(DunhubOption),
     .name = "never_suspend",
     .type = DUNHUB_OPTION_LIST,
     .doc = "Logins or ids that are never suspended, the token's own administrator among them."},
    {.size = sizeof(DunhubOption),
     .name = "hook_secret",
     .type = DUNHUB_OPTION_LIST,
     .flags = DUNHUB_OPTION_SECRET,
     .doc = "Value of the Authorization header of Okta's event hook; while it is replaced both "
            "stand here."},
};

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth),
     .name = "token",
     .kind = DUNHUB_AUTH_HEADER,
     .header = "Authorization",
     .value = "SSWS {token}",
     .doc = "API token of an administrator of its own."},
    {.size = sizeof(DunhubAuth),
     .name = "app",
     .kind = DUNHUB_AUTH_CLIENT,
     .token_url = "{base_url}/oauth2/v1/token",
     .client_id = "{client_id}",
     .private_key = "{private_key}",
     .key_id = "{key_id}",
     .scope = "{scope}",
     .audience = "{audience}",
     .expires_s = 3600,
     .doc = "Service app with private_key_jwt."},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 5, .per_minute = 300, .timeout_ms = 60000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "okta",
    .version = "1.0",
    .doc = "Suspends and restores customers' logins at Okta.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = actions,
    .n_actions = sizeof actions / sizeof *actions,
    .limits = &limits,
    .check = check,
    .auth_size = sizeof(DunhubAuth),
    .hook_size = sizeof(DunhubHook),
    .auths = auths,
    .n_auths = sizeof auths / sizeof *auths,
    .hooks = hooks,
    .n_hooks = sizeof hooks / sizeof *hooks,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
