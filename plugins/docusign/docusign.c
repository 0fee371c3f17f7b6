/* DocuSign: formal documents to be signed. There is no key that the platform recognises: every envelope carries a transaction id
 * made of the act's key, by which it is found for seven days, and a custom field, by which it is found for ever. */
#include "docusign.h"

#include <string.h>

enum { SEARCH_BACK_S = 90 * 86400, LOOKUP_LAG_S = 60 };

static void send(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void find(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void void_envelope(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);
static void status(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction),
     .verb = "document.send",
     .object = "envelope",
     .input_schema = "{\"type\":\"object\",\"properties\":{\"to\":{\"type\":\"string\"},\"signer_"
                     "name\":{\"type\":\"string\"},"
                     "\"template_id\":{\"type\":\"string\"},\"subject\":{\"type\":\"string\"},"
                     "\"customer\":{\"type\":\"object\"}}}",
     .doc = "Sends an envelope to be signed, from a template or around the letter of the act.",
     .effect = DUNHUB_LEGAL,
     .repeat = DUNHUB_REPEAT_LOOKUP,
     .lookup_lag_s = LOOKUP_LAG_S,
     .run = send,
     .lookup = find},
    {.size = sizeof(DunhubAction),
     .verb = "document.void",
     .object = "envelope",
     .input_schema = "{\"type\":\"object\",\"required\":[\"object_id\"],\"properties\":{\"object_"
                     "id\":{\"type\":\"string\"},"
                     "\"reason\":{\"type\":\"string\"}}}",
     .doc = "Voids an envelope that is not signed yet.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_SAFE,
     .run = void_envelope},
    {.size = sizeof(DunhubAction),
     .verb = "document.status",
     .input_schema = "{\"type\":\"object\",\"required\":[\"object_id\"],\"properties\":{\"object_"
                     "id\":{\"type\":\"string\"}}}",
     .doc = "Tells the state of an envelope; not more often than every 15 minutes.",
     .effect = DUNHUB_READ,
     .repeat = DUNHUB_REPEAT_SAFE,
     .run = status},
};
#define SEND (&actions[0])
#define VOID (&actions[1])

static bool ask(const DunhubTask *task, const DunhubAction *action, const char *method,
                const char *root, const char *path, const json_t *body, json_t **ret_answer)
{
    const DunhubApi api = {.action = action,
                           .method = method,
                           .base = root,
                           .path = path,
                           .json = body,
                           .judge = judge};
    return dunhub_json_call(task, &api, ret_answer);
}

static void send(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task), *answer = NULL;
    const char *id;
    json_t *body = input ? envelope_body(&task, input, dunhub_key(&task)) : NULL;
    const char *root = body ? account_root(&task) : NULL;
    if (root && ask(&task, SEND, "POST", root, "/envelopes", body, &answer) &&
        dunhub_need_at(&task, SEND, answer, "/envelopeId", &id))
        dunhub_ok(&task, id);
    json_decref(answer);
    json_decref(body);
    json_decref(input);
}

/* NULL: none in this answer. */
static const char *envelope_in(const json_t *answer)
{
    const char *id = dunhub_at_text(answer, "/envelopes/0/envelopeId");
    return id ? id : dunhub_at_text(answer, "/envelopeTransactionStatuses/0/envelopeId");
}

/* 1 found, 0 not there, -1 the result is set. */
static int search(const DunhubTask *task, const char *root, const DunhubField *fields, size_t n)
{
    json_t *answer = NULL;
    bool good =
        ask(task, NULL, "GET", root, dunhub_query(task, "/envelopes", fields, n), NULL, &answer);
    const char *id = good ? envelope_in(answer) : NULL;
    if (id)
        dunhub_ok(task, id);
    json_decref(answer);
    return id ? 1 : good ? 0 : -1;
}

static void find(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *key = dunhub_key(&task), *root = account_root(&task);
    if (!root)
        return;
    const DunhubField by_transaction[] = {{"transaction_ids", transaction_id(&task, key)}};
    int found = search(&task, root, by_transaction, 1);
    if (found != 0)
        return;
    char from[32];
    const DunhubField by_field[] = {
        {"from_date", dunhub_instant_format(dunhub_now_ms() - SEARCH_BACK_S * INT64_C(1000), from)},
        {"custom_field", dunhub_format(&task, "%s=%s", CASE_FIELD, key)}};
    if (search(&task, root, by_field, 2) == 0)
        dunhub_absent(&task, "no envelope carries the key of this act");
}

/* ---- what exists ---- */

static const char *path_of(const DunhubTask *task, const char *id)
{
    return dunhub_format(task, "/envelopes/%s", dunhub_url_escape(task, id));
}

/* NULL: the result is set. */
static const char *status_of(const DunhubTask *task, const char *root, const char *id)
{
    json_t *answer = NULL;
    const char *word = NULL;
    if (ask(task, NULL, "GET", root, path_of(task, id), NULL, &answer) &&
        dunhub_need_at(task, NULL, answer, "/status", &word))
        word = dunhub_format(task, "%s", word);
    json_decref(answer);
    return word;
}

/* It may have been voided by a lost attempt, or have ended another way. */
static void explain_refusal(const DunhubTask *task, const char *root, const char *id)
{
    const char *code = task->result->code.p;
    if (task->result->outcome != DUNHUB_PERMANENT || !code ||
        strcmp(code, "ENVELOPE_CANNOT_VOID_INVALID_STATE") != 0)
        return;
    const char *word = status_of(task, root, id);
    if (word && strcmp(word, "voided") == 0)
        dunhub_ok(task, id);
    else if (word)
        dunhub_permanent(task, word, "the envelope is %s and can no longer be voided", word);
}

static void void_envelope(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task), *answer = NULL;
    const char *id, *root = NULL;
    if (input && dunhub_need_text(&task, input, "object_id", &id) && (root = account_root(&task))) {
        const char *reason = dunhub_find_text(input, "reason");
        json_t *body =
            json_pack("{s:s, s:s}", "status", "voided", "voidedReason",
                      dunhub_shorten(&task, reason ? reason : "The matter is settled.", 200));
        if (ask(&task, VOID, "PUT", root, path_of(&task, id), body, &answer))
            dunhub_ok(&task, id);
        else
            explain_refusal(&task, root, id);
        json_decref(body);
    }
    json_decref(answer);
    json_decref(input);
}

static void status(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *id, *root = NULL;
    if (input && dunhub_need_text(&task, input, "object_id", &id) && (root = account_root(&task))) {
        const char *word = status_of(&task, root, id);
        json_t *data = word ? json_pack("{s:s}", "status", word) : NULL;
        if (word)
            dunhub_ok_data(&task, id, data);
        json_decref(data);
    }
    json_decref(input);
}

/* The token works, and the template has the role and the labels that the options name: the platform would send to a second
 * recipient, or drop the values, without a word. */
static void check_template(const DunhubTask *task, const char *root, const char *template_id)
{
    const char *role = dunhub_option(task, "role_name");
    const char *path = dunhub_format(task, "/templates/%s/recipients?include_tabs=true",
                                     dunhub_url_escape(task, template_id));
    json_t *answer = NULL;
    bool known = false, good = ask(task, NULL, "GET", root, path, NULL, &answer);
    const json_t *signers = json_object_get(answer, "signers");
    for (size_t i = 0; i < json_array_size(signers); i++) {
        const char *name = dunhub_find_text(json_array_get(signers, i), "roleName");
        known |= name && strcmp(name, role) == 0;
    }
    json_decref(answer);
    if (good && known)
        dunhub_ok(task, NULL);
    else if (good)
        dunhub_permanent(task, "role", "the template has no role '%s': correct role_name", role);
}

static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *root = account_root(&task), *template_id = dunhub_option(&task, "template_id");
    json_t *answer = NULL;
    if (root && template_id)
        check_template(&task, root, template_id);
    else if (root && ask(&task, NULL, "GET", root, "/templates?count=1", NULL, &answer))
        dunhub_ok(&task, NULL);
    json_decref(answer);
}

/* Nothing is registered at the vendor: each envelope names where to tell. */
static void setup(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *url;
    DunhubBytes value = {0};
    uint64_t version = 0;
    if (input && dunhub_need_text(&task, input, "url", &url)) {
        host->state_get(call, HOOK_STATE, &value, &version);
        if (host->state_put(call, HOOK_STATE, (DunhubBytes){url, strlen(url)}, version) == 0)
            dunhub_ok(&task, NULL);
    }
    json_decref(input);
}

/* ---- declaration ---- */

static const DunhubHook hooks[] = {
    {.size = sizeof(DunhubHook),
     .name = "",
     .emits = "document.signed, document.declined",
     .doc = "Connect, JSON (SIM) or legacy XML.",
     .flags = DUNHUB_HOOK_SIGNED_BY_ANY,
     .scheme = DUNHUB_SIGNED_HMAC,
     .encoding = DUNHUB_BASE64,
     .signature = "header:X-DocuSign-Signature-*",
     .secret = "connect_key",
     .map = map},
};

static const DunhubOption options[] = {
    DUNHUB_API_OPTIONS(NULL),
    {.size = sizeof(DunhubOption),
     .name = "oauth_url",
     .type = DUNHUB_OPTION_URL,
     .fallback = "https://account.docusign.com",
     .doc = "Account server; https://account-d.docusign.com for the demo environment."},
    {.size = sizeof(DunhubOption),
     .name = "audience",
     .fallback = "account.docusign.com",
     .doc = "Bare host of the account server, which the token request names."},
    {.size = sizeof(DunhubOption),
     .name = "integration_key",
     .flags = DUNHUB_OPTION_REQUIRED,
     .doc = "Integration key of the app."},
    {.size = sizeof(DunhubOption),
     .name = "user_id",
     .flags = DUNHUB_OPTION_REQUIRED,
     .doc = "GUID of the user in whose name it is sent."},
    {.size = sizeof(DunhubOption),
     .name = "private_key",
     .flags = DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET,
     .doc = "Private key of the app, PEM."},
    {.size = sizeof(DunhubOption),
     .name = "account_id",
     .doc = "API account id; absent: the user's default account."},
    {.size = sizeof(DunhubOption),
     .name = "template_id",
     .doc = "Template of the envelope; absent: the letter of the act is sent."},
    {.size = sizeof(DunhubOption),
     .name = "role_name",
     .fallback = "Tenant",
     .doc = "Role of the customer in the template, exactly."},
    {.size = sizeof(DunhubOption),
     .name = "tabs",
     .type = DUNHUB_OPTION_MAP,
     .doc = "Label of a text tab: path in the act's input, such as {amount_due: /case/overdue}."},
    {.size = sizeof(DunhubOption),
     .name = "subject",
     .fallback = "A document to sign",
     .doc = "Subject where the act has none."},
    {.size = sizeof(DunhubOption),
     .name = "connect_key",
     .type = DUNHUB_OPTION_LIST,
     .flags = DUNHUB_OPTION_SECRET,
     .doc =
         "Connect's HMAC keys as the console shows them; while one is replaced both stand here."},
};

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth),
     .name = "jwt",
     .kind = DUNHUB_AUTH_JWT,
     .token_url = "{oauth_url}/oauth/token",
     .client_id = "{integration_key}",
     .private_key = "{private_key}",
     .subject = "{user_id}",
     .audience = "{audience}",
     .scope = "signature impersonation",
     .expires_s = 3600,
     .doc = "JWT grant in the name of a user who has consented once."},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 4, .per_minute = 50, .timeout_ms = 60000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "docusign",
    .version = "1.0",
    .doc = "Formal documents to be signed, by DocuSign.",
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
    .setup = setup,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
