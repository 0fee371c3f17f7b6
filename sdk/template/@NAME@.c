/* @NAME@: says in one sentence which platform this is and what it is used for. docs/plugin-author.md explains the parts. */
#include "dunhub/sdk.h"

static const DunhubOption options[] = {
    {.size = sizeof(DunhubOption),
     .name = "url",
     .type = DUNHUB_OPTION_URL,
     .flags = DUNHUB_OPTION_REQUIRED,
     .doc = "Where the platform takes notes, for example https://crm.example.org/api/notes."},
    {.size = sizeof(DunhubOption),
     .name = "token",
     .type = DUNHUB_OPTION_TEXT,
     .flags = DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET,
     .doc = "The access token; a reference such as ${file:/etc/dunhub/@NAME@.token}."},
};

static void write_note(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result);

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction),
     .verb = "note.write",
     .object = "note",
     .input_schema = "{\"type\":\"object\",\"required\":[\"text\"],\"properties\":{\"text\":{\"type\":\"string\"}}}",
     .doc = "Writes a note at the platform.",
     .effect = DUNHUB_WRITE,
     .repeat = DUNHUB_REPEAT_KEY,
     .run = write_note},
};

/* The bearer header; NULL when no memory is left. */
static const char *authorization(const DunhubTask *task)
{
    const char *token = dunhub_option(task, "token");
    return dunhub_format(task, "Authorization: Bearer %s", token ? token : "");
}

static void write_note(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_auto_t *input = dunhub_input(&task);
    const char *text;
    if (!input || !dunhub_need_text(&task, input, "text", &text))
        return;
    DunhubBytes body = host->input(call);
    const char *headers[] = {authorization(&task), "Content-Type: application/json",
                             dunhub_format(&task, "Idempotency-Key: %s", dunhub_key(&task)), NULL};
    const DunhubHttpRequest request = {
        .url = dunhub_option(&task, "url"),
        .headers = headers,
        .body = body.p,
        .body_bytes = body.n,
        .action = &actions[0],
    };
    DunhubHttpResponse response;
    if (!headers[0] || !headers[2] || !dunhub_http(&task, &request, &response))
        return;
    json_auto_t *answer = json_loadb(response.body, response.body_bytes, 0, NULL);
    dunhub_ok(&task, dunhub_find_text(answer, "id"));
}

/* Do the address and the token work? Changes nothing. */
static void check(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    const char *headers[] = {authorization(&task), NULL};
    const DunhubHttpRequest request = {.url = dunhub_option(&task, "url"), .headers = headers};
    DunhubHttpResponse response;
    if (headers[0] && dunhub_http(&task, &request, &response))
        dunhub_ok(&task, NULL);
}

static const DunhubLimits limits = {.size = sizeof(DunhubLimits), .concurrency = 4, .timeout_ms = 30000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "@NAME@",
    .version = "0.1",
    .doc = "Writes notes at a platform.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .actions = actions,
    .n_actions = sizeof actions / sizeof actions[0],
    .limits = &limits,
    .check = check,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
