/* Keeps the laws of contracts, but for the one that the option `fault` names: the tests of `dunhub contract` see each go red. */
#include <stdio.h>
#include <string.h>

#include "dunhub/platform.h"

static bool is(const DunhubTask *task, const char *fault)
{
    const char *chosen = dunhub_option(task, "fault");
    return chosen && strcmp(chosen, fault) == 0;
}

static const DunhubAction actions[2];

/* A fault says what an answer of this status is taken for. */
static bool misjudges(const DunhubTask *task, int status)
{
    static const struct {
        const char *fault;
        int status, outcome;
    } rows[] = {{"429_dead", 429, DUNHUB_PERMANENT}, {"401_retry", 401, DUNHUB_RETRY},
                {"500_retry", 500, DUNHUB_RETRY},    {"422_retry", 422, DUNHUB_RETRY},
                {"500_ok", 500, DUNHUB_OK},          {"408_uncertain", 408, DUNHUB_UNCERTAIN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status && is(task, rows[i].fault)) {
            task->result->outcome = rows[i].outcome;
            return true;
        }
    return false;
}

static void forget_wait(const DunhubTask *task, const DunhubHttpResponse *response)
{
    if (response->status == 429 && is(task, "no_retry_after"))
        task->result->retry_after_ms = 0;
}

static bool ask(const DunhubTask *task, const DunhubAction *action, const char *path,
                const json_t *json, const char *base, json_t **ret_answer)
{
    const char *const bare[] = {NULL};
    const DunhubApi api = {.action = is(task, "lost_retry") ? NULL : action,
                           .base = base,
                           .path = path,
                           .json = json,
                           .headers = bare,
                           .key_header = is(task, "no_key") ? NULL : "Idempotency-Key"};
    DunhubHttpResponse response = {0};
    *ret_answer = NULL;
    bool good = dunhub_call(task, &api, &response);
    if (!good && misjudges(task, response.status))
        return false;
    if (!good && is(task, "follows") && response.status == 307)
        return ask(task, action, "/stolen", json, dunhub_option(task, "other_url"), ret_answer);
    if (!good && is(task, "loops") && response.status == 503)
        dunhub_call(task, &api, &response);
    forget_wait(task, &response);
    if (good)
        *ret_answer = json_loads(response.body, 0, NULL);
    if (good && !*ret_answer && action && action->repeat == DUNHUB_REPEAT_NONE)
        dunhub_uncertain(task, "unreadable", "%s: the answer cannot be read", path);
    else if (good && !*ret_answer)
        dunhub_retry(task, 0, "unreadable", "%s: the answer cannot be read", path);
    return good && (*ret_answer || is(task, "unreadable_ok"));
}

static const char *key_of(const DunhubTask *task)
{
    static int attempts;
    const char *key = dunhub_key(task);
    return is(task, "key_changes") ? dunhub_format(task, "%s-%d", key, attempts++) : key;
}

static json_t *note_of(const DunhubTask *task, json_t *input)
{
    char amount[32];
    const char *currency = dunhub_find_text(input, "currency");
    int64_t minor = json_integer_value(json_object_get(input, "amount_minor"));
    const char *text = dunhub_find_text(input, "text");
    if (is(task, "yen_in_cents") && currency && strcmp(currency, "JPY") == 0)
        snprintf(amount, sizeof amount, "%.2f", (double)minor / 100);
    else
        dunhub_money_format(minor, currency ? currency : "USD", amount);
    const char *key = is(task, "no_key") ? NULL : key_of(task);
    return json_pack("{s:s, s:s, s:s*}", "text", text, "amount", amount, "key", key);
}

/* Written without a writer of JSON: a quotation mark in the text gets out. */
static void write_raw(const DunhubTask *task, const DunhubAction *action, const char *text)
{
    DunhubHttpResponse response;
    const char *body = dunhub_format(task, "{\"text\":\"%s\"}", text);
    const DunhubApi api = {.action = action,
                           .path = "/notes",
                           .body = body,
                           .body_bytes = strlen(body),
                           .type = "application/json"};
    if (dunhub_call(task, &api, &response))
        dunhub_ok(task, "n-1");
}

static void write_note(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *text, *verb = dunhub_verb(&task);
    const DunhubAction *action = &actions[strcmp(verb, "note.write") == 0 ? 0 : 1];
    json_t *input = dunhub_input(&task), *answer = NULL, *found = NULL;
    if (!input || !dunhub_need_text(&task, input, "text", &text)) {
        json_decref(input);
        return;
    }
    json_t *note = note_of(&task, input);
    if (is(&task, "raw_json"))
        write_raw(&task, action, text);
    else if (ask(&task, NULL, "/people/1", NULL, NULL, &found) &&
             ask(&task, action, "/notes", note, NULL, &answer))
        dunhub_ok(&task, is(&task, "leaks") ? dunhub_option(&task, "token") : "n-1");
    json_decref(note);
    json_decref(answer);
    json_decref(found);
    json_decref(input);
}

/* ---- a source of three pages ---- */

static bool tell_page(const DunhubTask *task, int page)
{
    enum { PER_PAGE = 2 };
    for (int i = 0; i < PER_PAGE; i++) {
        static int told;
        int number = page * PER_PAGE + i - (is(task, "repeats") && page == 1);
        const char *id = is(task, "new_ids") ? dunhub_format(task, "e-%d", told++)
                                             : dunhub_format(task, "e-%d", number);
        if (!dunhub_emit(task, is(task, "undeclared") ? "message.failed" : "account.flagged", id,
                         "C-1", NULL, NULL, json_pack("{s:s}", "flag", "vip")))
            return false;
    }
    return true;
}

static void poll_pages(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    enum { PAGES = 3 };
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *cursor = dunhub_find_text(input, "cursor");
    int page = cursor ? cursor[0] - '0' + is(&task, "skips") : 0;
    for (; page < PAGES; page++) {
        json_t *answer = NULL;
        bool good = ask(&task, NULL, dunhub_format(&task, "/page/%d", page), NULL, NULL, &answer);
        json_decref(answer);
        const char *next = dunhub_format(&task, "%d", page + 1);
        if (!good || !tell_page(&task, page) ||
            host->page_done(call, (DunhubBytes){next, strlen(next)}) != 0) {
            json_decref(input);
            return;
        }
    }
    json_decref(input);
    dunhub_ok(&task, NULL);
}

static void map_reply(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    DunhubDelivery delivery;
    if (!dunhub_delivery(&task, &delivery))
        return;
    json_t *form = dunhub_form_parse(delivery.body.p, delivery.body.n);
    const char *id = dunhub_form_value(form, "Id"), *body = dunhub_form_value(form, "Body");
    if (id && body &&
        dunhub_emit(&task, "message.replied", id, NULL, NULL,
                    json_pack("{s:s}", "number", dunhub_form_value(form, "From")),
                    json_pack("{s:s}", "text", body)))
        dunhub_ok(&task, NULL);
    else
        dunhub_permanent(&task, "form", "the delivery has no Id or Body");
    json_decref(form);
    dunhub_delivery_done(&delivery);
}

/* ---- declaration ---- */

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "base_url", DUNHUB_OPTION_URL, DUNHUB_OPTION_REQUIRED, NULL, NULL,
     "Where the platform is."},
    {sizeof(DunhubOption), "other_url", DUNHUB_OPTION_URL, 0, NULL, NULL, "Another host."},
    {sizeof(DunhubOption), "token", DUNHUB_OPTION_TEXT,
     DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET, NULL, NULL, "A token."},
    {sizeof(DunhubOption), "fault", DUNHUB_OPTION_TEXT, 0, "none", NULL, "What it does wrong."},
};

static const DunhubAction actions[2] = {
    {.size = sizeof(DunhubAction),
     .verb = "note.write",
     .doc = "Writes a note under a key.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_KEY,
     .run = write_note},
    {.size = sizeof(DunhubAction),
     .verb = "message.sms",
     .doc = "Sends a text that nothing protects.",
     .effect = DUNHUB_CONTACT,
     .repeat = DUNHUB_REPEAT_NONE,
     .run = write_note},
};

static const DunhubSource sources[] = {
    {.size = sizeof(DunhubSource),
     .name = "flags",
     .emits = "account.flagged",
     .doc = "Three pages of two flags.",
     .poll = poll_pages},
};

static const DunhubAuth auths[] = {
    {.size = sizeof(DunhubAuth),
     .name = "token",
     .kind = DUNHUB_AUTH_HEADER,
     .header = "Authorization",
     .value = "Bearer {token}",
     .doc = "A token in a header."},
};

static const DunhubHook hooks[] = {
    {.size = sizeof(DunhubHook),
     .name = "reply",
     .emits = "message.replied",
     .doc = "A reply to a text.",
     .scheme = DUNHUB_SIGNED_SECRET,
     .signature = "header:X-Token",
     .secret = "token",
     .map = map_reply},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 16, .per_minute = 60};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .auth_size = sizeof(DunhubAuth),
    .hook_size = sizeof(DunhubHook),
    .name = "careless",
    .version = "1.0",
    .doc = "Keeps all laws but one.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .actions = actions,
    .n_actions = sizeof actions / sizeof *actions,
    .sources = sources,
    .n_sources = 1,
    .limits = &limits,
    .auths = auths,
    .n_auths = 1,
    .hooks = hooks,
    .n_hooks = 1,
};

DUNHUB_EXPORT const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
