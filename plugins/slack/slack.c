/* Slack: alerts into a channel, the same message as the case moves on, requests for approvals with buttons, and what people answer.
 * One app of the customer's own workspace with a bot token; facts from Slack's Web API and its SDKs. */
#include "slack.h"

#include <string.h>

/* ---- check ---- */

static bool check_channel(const DunhubTask *task)
{
    const char *channel = dunhub_option(task, "channel");
    if (!slack_is_channel(channel)) {
        dunhub_permanent(task, "option",
                         "option 'channel' is no channel id: take the one that begins with C from "
                         "the channel's details");
        return false;
    }
    if (*channel == 'U' || *channel == 'W' || *channel == 'D')
        return true;
    const DunhubField fields[] = {{"channel", channel}};
    json_t *answer = NULL;
    bool good = slack_look(task, "conversations.info", fields, 1, &answer);
    if (good && dunhub_at_bool(answer, "/channel/is_archived")) {
        dunhub_permanent(task, "is_archived", "the channel %s is archived", channel);
        good = false;
    }
    json_decref(answer);
    /* Without channels:read it can post and not look: then the first post tells. */
    return good || slack_code_is(task, "missing_scope");
}

static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *answer = NULL;
    if (slack_read(&task, "auth.test", NULL, 0, &answer) && check_channel(&task))
        dunhub_ok(&task, NULL);
    json_decref(answer);
}

/* ---- declaration ---- */

#define OPTION(NAME, TYPE, FLAGS, FALLBACK, ALLOWED, DOC)                                          \
    {                                                                                              \
        sizeof(DunhubOption), NAME, DUNHUB_OPTION_##TYPE, FLAGS, FALLBACK, ALLOWED, DOC            \
    }

static const DunhubOption options[] = {
    OPTION("token", TEXT, DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET, NULL, NULL,
           "Bot User OAuth Token of the app (xoxb-...)."),
    OPTION(
        "channel", TEXT, DUNHUB_OPTION_REQUIRED, NULL, NULL,
        "Id of the channel (C...), or of a person (U...), that gets posts whose input names none."),
    OPTION("signing_secrets", LIST, DUNHUB_OPTION_SECRET, NULL, NULL,
           "Signing Secret of the app, which proves that a click came from Slack; two while one is "
           "replaced."),
    OPTION("approvers", LIST, 0, NULL, NULL,
           "Who may approve and refuse, as e-mail addresses or @company.example; absent: nobody, "
           "and requests have no "
           "buttons."),
    OPTION("people", MAP, 0, NULL, NULL,
           "What the hub calls a person, by e-mail address, such as maria@company.example: maria; "
           "so one who asks cannot "
           "approve under another name."),
    OPTION("update", CHOICE, 0, "both", "both|message|thread",
           "How a post moves on: the message itself is changed, a reply in its thread says so, or "
           "both."),
    OPTION("buttons", BOOL, 0, "true", NULL,
           "Whether an alert has the buttons Assign to me and Open."),
    OPTION(
        "case_url", URL, 0, NULL, NULL,
        "Where Open leads, with {account} in it: https://hub.company.example/accounts/{account}."),
    OPTION("hooks_url", URL, 0, "https://hooks.slack.com", NULL,
           "Where answers to a click or command go; an answer address elsewhere is not used."),
    DUNHUB_API_OPTIONS("https://slack.com/api"),
};

#define TEXT_PROPERTIES                                                                            \
    "\"text\":{\"type\":\"string\"},\"channel\":{\"type\":\"string\"},\"account\":{\"type\":"      \
    "\"string\"},\"event\":{\"type\":\"string\"}"

const DunhubAction slack_actions[N_SLACK_ACTIONS] = {
    [SLACK_POST] = {.size = sizeof(DunhubAction),
                    .verb = "chat.post",
                    .object = "post",
                    .input_schema = "{\"type\":\"object\",\"properties\":{" TEXT_PROPERTIES "}}",
                    .doc = "Posts an alert into a channel.",
                    .effect = DUNHUB_WRITE,
                    .repeat = DUNHUB_REPEAT_LOOKUP,
                    .lookup_lag_s = 5,
                    .run = slack_post,
                    .lookup = slack_find_post},
    [SLACK_UPDATE] = {.size = sizeof(DunhubAction),
                      .verb = "chat.update",
                      .input_schema =
                          "{\"type\":\"object\",\"required\":[\"object_id\"],\"properties\":{"
                          "\"object_id\":{\"type\":\"string\"}," TEXT_PROPERTIES "}}",
                      .doc =
                          "Changes an earlier post to what is true now, and says so in its thread.",
                      .effect = DUNHUB_WRITE,
                      .repeat = DUNHUB_REPEAT_LOOKUP,
                      .lookup_lag_s = 5,
                      .run = slack_update,
                      .lookup = slack_find_update},
    [SLACK_ASK] =
        {.size = sizeof(DunhubAction),
         .verb = "approval.request",
         .object = "approval",
         .input_schema =
             "{\"type\":\"object\",\"required\":[\"what\"],\"properties\":{"
             "\"what\":{\"type\":\"string\"},\"by\":{\"type\":\"string\"},"
             "\"evidence\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"}," TEXT_PROPERTIES
             "}}",
         .doc = "Asks for an approval, with buttons for those who may give it.",
         .effect = DUNHUB_WRITE,
         .repeat = DUNHUB_REPEAT_LOOKUP,
         .lookup_lag_s = 5,
         .run = slack_ask,
         .lookup = slack_find_post},
};

static const DunhubAuth auths[] = {{
    .size = sizeof(DunhubAuth),
    .name = "token",
    .kind = DUNHUB_AUTH_HEADER,
    .header = "Authorization",
    .value = "Bearer {token}",
    .doc = "Bot token; it does not expire unless the app rotates its tokens, so leave that off.",
}};

static const DunhubHook hooks[] = {{
    .size = sizeof(DunhubHook),
    .name = "",
    .emits = "approval.decided,account.assigned",
    .doc = "Interactivity, slash commands and events of the app, all at one Request URL.",
    .scheme = DUNHUB_SIGNED_HMAC,
    .hash = DUNHUB_SHA256,
    .encoding = DUNHUB_HEX,
    .signature = "header:X-Slack-Signature",
    .prefix = "v0=",
    .secret = "signing_secrets",
    .signed_text = "v0:{timestamp}:{body}",
    .timestamp = "header:X-Slack-Request-Timestamp",
    .tolerance_s = 300,
    .challenge = "json:/challenge",
    .challenge_when = "json:/type=url_verification",
    .map = slack_map,
}};

/* One message a second and channel, and some room for what is read. */
static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 4, .per_minute = 50, .timeout_ms = 30000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "slack",
    .version = "1.0",
    .doc = "Alerts, approvals and assignments in Slack.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = slack_actions,
    .n_actions = N_SLACK_ACTIONS,
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
