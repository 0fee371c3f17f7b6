/* Twilio: text messages and calls, their receipts, and what people reply. Facts from Twilio's own description of its API and SDKs. */
#include "twilio.h"

#include <string.h>

/* ---- check and set-up ---- */

static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *answer = NULL;
    const char *sid = dunhub_url_escape(&task, dunhub_option(&task, "account_sid"));
    if (!dunhub_option(&task, "messaging_service_sid") && !dunhub_option(&task, "from")) {
        dunhub_permanent(&task, "option", "set the option 'messaging_service_sid' or 'from'");
        return;
    }
    const DunhubApi api = {.path = dunhub_format(&task, "/2010-04-01/Accounts/%s.json", sid)};
    if (dunhub_json_call(&task, &api, &answer)) {
        const char *status = dunhub_at_text(answer, "/status");
        if (status && strcmp(status, "active") != 0)
            dunhub_auth(&task, status, "the Twilio account is %s",
                        dunhub_one_line(&task, status, 40));
        else
            dunhub_ok(&task, NULL);
    }
    json_decref(answer);
}

static bool keep_url(const DunhubTask *task, const char *url)
{
    DunhubBytes before = {0}, now = {url, strlen(url)};
    uint64_t version = 0;
    int found = task->host->state_get(task->call, TWILIO_URL_STATE, &before, &version);
    bool same = found == 1 && before.n == now.n && memcmp(before.p, now.p, now.n) == 0;
    if (same ||
        (found >= 0 && task->host->state_put(task->call, TWILIO_URL_STATE, now, version) == 0))
        return true;
    dunhub_retry(task, 0, "state", "the address of the hooks could not be kept");
    return false;
}

/* Only a number that points nowhere yet is pointed here: another one's set-up is not ours to change. */
static bool point_number(const DunhubTask *task, const char *from, const char *url)
{
    const DunhubField sought[] = {{"PhoneNumber", from}};
    json_t *answer = NULL, *changed = NULL;
    if (!twilio_call(task, NULL, dunhub_query(task, "IncomingPhoneNumbers.json", sought, 1), NULL,
                     &answer))
        return false;
    const char *sid = dunhub_at_text(answer, "/incoming_phone_numbers/0/sid");
    const char *sms = dunhub_at_text(answer, "/incoming_phone_numbers/0/sms_url");
    bool free_to_use = sid && (!sms || !*sms || strncmp(sms, "https://demo.twilio.com/", 24) == 0);
    const DunhubField fields[] = {{"SmsUrl", url}, {"SmsMethod", "POST"}};
    static const DunhubAction safe = {
        .size = sizeof(DunhubAction), .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_SAFE};
    bool good = true;
    if (free_to_use)
        good = twilio_call(
            task, &safe,
            dunhub_format(task, "IncomingPhoneNumbers/%s.json", dunhub_url_escape(task, sid)),
            dunhub_form(task, fields, 2), &changed);
    else if (!sid || strcmp(sms, url) != 0)
        dunhub_finding(task, from, "replies do not come here: %s; set 'A message comes in' to %s",
                       sid ? "the number points elsewhere" : "the number is not this account's",
                       url);
    json_decref(changed);
    json_decref(answer);
    return good;
}

static void setup(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *url, *own = dunhub_option(&task, "from");
    const char *from = own ? dunhub_e164(&task, own) : NULL;
    bool points = from && dunhub_option_bool(&task, "register_webhooks");
    if (input && dunhub_need_text(&task, input, "url", &url) && keep_url(&task, url) &&
        (!points || point_number(&task, from, url))) {
        json_t *data = json_pack("{s:i}", "renew_after_s", 86400);
        dunhub_ok_data(&task, NULL, data);
        json_decref(data);
    }
    json_decref(input);
}

/* ---- declaration ---- */

#define OPTION(NAME, TYPE, FLAGS, FALLBACK, ALLOWED, DOC)                                          \
    {                                                                                              \
        sizeof(DunhubOption), NAME, DUNHUB_OPTION_##TYPE, FLAGS, FALLBACK, ALLOWED, DOC            \
    }

static const DunhubOption options[] = {
    OPTION("account_sid", TEXT, DUNHUB_OPTION_REQUIRED, NULL, NULL, "Account SID (AC...)."),
    OPTION("auth", CHOICE, 0, "token", "token|api_key",
           "Whether auth_token or an API key signs in."),
    OPTION("auth_token", TEXT, DUNHUB_OPTION_SECRET, NULL, NULL,
           "Auth Token of the account, for auth: token."),
    OPTION("api_key_sid", TEXT, 0, NULL, NULL, "API key (SK...), for auth: api_key."),
    OPTION("api_key_secret", TEXT, DUNHUB_OPTION_SECRET, NULL, NULL, "Secret of that key."),
    OPTION("webhook_tokens", LIST, DUNHUB_OPTION_SECRET, NULL, NULL,
           "Auth Token that signs what Twilio sends, also where an API key signs in; two while it "
           "is replaced."),
    OPTION("messaging_service_sid", TEXT, 0, NULL, NULL,
           "Messaging Service that sends texts (MG...); opt-outs then cover its whole pool."),
    OPTION("from", TEXT, 0, NULL, NULL,
           "Number that sends texts, where there is no service, and calls: +16145550100."),
    OPTION("voice_from", TEXT, 0, NULL, NULL, "Number that calls, where it is not 'from'."),
    OPTION("validity_s", INT, 0, "14400", "1..36000",
           "How long a text may wait at Twilio; then it fails instead of coming too late."),
    OPTION("smart_encoding", BOOL, 0, "false", NULL,
           "Whether Twilio replaces signs that only look different, so that fewer segments are "
           "needed."),
    OPTION("ring_s", INT, 0, "25", "5..600", "How long a call rings."),
    OPTION("voice", TEXT, 0, NULL, NULL,
           "Voice that speaks, such as Polly.Joanna; absent: Twilio's own."),
    OPTION("machine", CHOICE, 0, "hangup", "hangup|say",
           "What an answering machine hears where the notice has no text for it: nothing, or the "
           "same."),
    OPTION("callback_url", URL, 0, NULL, NULL,
           "Public address of this instance's hooks, https://hub.example/hooks/INSTANCE; absent: "
           "as the hub says."),
    OPTION(
        "register_webhooks", BOOL, 0, "true", NULL,
        "Whether the number 'from' is pointed to the hub for replies, if it points nowhere yet."),
    DUNHUB_API_OPTIONS("https://api.twilio.com"),
};

#define SCHEMA(more)                                                                               \
    "{\"type\":\"object\",\"required\":[\"to\",\"text\"],\"properties\":{\"to\":{\"type\":"        \
    "\"string\"},\"text\":{\"type\":\"string\"}" more "}}"

const DunhubAction twilio_actions[N_TWILIO_ACTIONS] = {
    [TWILIO_SMS] = {.size = sizeof(DunhubAction),
                    .verb = "message.sms",
                    .object = "message",
                    .input_schema = SCHEMA(""),
                    .doc = "Sends a text message.",
                    .effect = DUNHUB_CONTACT,
                    .repeat = DUNHUB_REPEAT_LOOKUP,
                    .lookup_lag_s = 120,
                    .run = twilio_send,
                    .lookup = twilio_find_message},
    [TWILIO_VOICE] =
        {.size = sizeof(DunhubAction),
         .verb = "call.voice",
         .object = "call",
         .input_schema =
             SCHEMA(",\"voicemail\":{\"type\":\"string\"},\"language\":{\"type\":\"string\"}"),
         .doc = "Calls and says a text; an answering machine hears its own, or nothing.",
         .effect = DUNHUB_CONTACT,
         .repeat = DUNHUB_REPEAT_LOOKUP,
         .lookup_lag_s = 120,
         .run = twilio_ring,
         .lookup = twilio_find_call},
};

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth),
     .name = "token",
     .kind = DUNHUB_AUTH_BASIC,
     .client_id = "{account_sid}",
     .client_secret = "{auth_token}",
     .doc = "Account SID and Auth Token."},
    {.size = sizeof(DunhubAuth),
     .name = "api_key",
     .kind = DUNHUB_AUTH_BASIC,
     .client_id = "{api_key_sid}",
     .client_secret = "{api_key_secret}",
     .doc = "An API key, which can be withdrawn alone."},
};

/* HMAC-SHA1 over the public address and the sorted form; of a JSON body its hash stands in the address. */
#define SIGNED                                                                                     \
    .size = sizeof(DunhubHook), .scheme = DUNHUB_SIGNED_HMAC, .hash = DUNHUB_SHA1,                 \
    .encoding = DUNHUB_BASE64, .signature = "header:X-Twilio-Signature",                           \
    .secret = "webhook_tokens", .signed_text = "{url}{form}", .body_digest = "query:bodySHA256"

static const DunhubHook hooks[] = {
    {SIGNED, .name = "", .emits = "message.replied,contact.updated",
     .doc = "Text messages of customers.", .delivery = "form:MessageSid", .reply_type = "text/xml",
     .reply_body = "<Response/>", .map = twilio_map_reply},
    {SIGNED, .name = "status", .emits = "message.accepted,message.delivered,message.failed",
     .doc = "What became of a text message.", .map = twilio_map_status},
    {SIGNED, .name = "call", .emits = "call.completed", .doc = "How a call ended.",
     .map = twilio_map_call},
    {SIGNED, .name = "voice", .emits = "",
     .doc = "Asked when a call is answered: what is said depends on who answered.",
     .map = twilio_map_voice, .answer = twilio_answer_voice},
};

static const DunhubLimits limits = {.size = sizeof(DunhubLimits),
                                    .concurrency = 8,
                                    .timeout_ms = 30000,
                                    .shared_by = "account_sid"};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "twilio",
    .version = "1.0",
    .doc = "Text messages and calls by Twilio, with receipts and replies.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = twilio_actions,
    .n_actions = N_TWILIO_ACTIONS,
    .limits = &limits,
    .check = check,
    .auth_size = sizeof(DunhubAuth),
    .hook_size = sizeof(DunhubHook),
    .auths = auths,
    .n_auths = sizeof auths / sizeof *auths,
    .hooks = hooks,
    .n_hooks = sizeof hooks / sizeof *hooks,
    .setup = setup,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
