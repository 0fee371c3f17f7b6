/* Webhooks, for tests: the body of a delivery is the event itself. While the folder `gate` holds a file "closed", map waits. */
#include <dunhub/plugin.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int is_closed(const DunhubHost *host, DunhubCall *call)
{
    char path[512];
    DunhubBytes gate = host->option(call, "gate");
    if (gate.n == 0 || gate.n > 400) {
        return 0;
    }
    (void)snprintf(path, sizeof path, "%.*s/closed", (int)gate.n, gate.p);
    return access(path, F_OK) == 0;
}

static void map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    DunhubBytes body = host->body(call, 0);
    while (is_closed(host, call)) {
        if (host->wait(call, 20) <= 0) {
            return;
        }
    }
    if (host->emit(call, body) == 0) {
        ret_result->outcome = DUNHUB_OK;
        return;
    }
    ret_result->outcome = DUNHUB_PERMANENT;
    ret_result->message = DUNHUB_LITERAL("the body is no event");
}

static void answer(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    while (is_closed(host, call)) {
        if (host->wait(call, 20) <= 0) {
            return;
        }
    }
    ret_result->outcome = DUNHUB_OK;
    ret_result->data =
        DUNHUB_LITERAL("{\"status\":201,\"type\":\"text/plain\",\"body\":\"heard\"}");
}

static const DunhubOption options[] = {
    {.size = sizeof(DunhubOption),
     .name = "secrets",
     .type = DUNHUB_OPTION_LIST,
     .flags = DUNHUB_OPTION_REQUIRED | DUNHUB_OPTION_SECRET,
     .doc = "What deliveries are signed with; two while one is replaced."},
    {.size = sizeof(DunhubOption),
     .name = "gate",
     .type = DUNHUB_OPTION_PATH,
     .doc = "Folder that may hold the file closed."},
};

static const DunhubHook hooks[] = {
    {.size = sizeof(DunhubHook),
     .name = "",
     .emits = "account.assigned",
     .doc = "Events.",
     .scheme = DUNHUB_SIGNED_HMAC,
     .signature = "header:X-Sign",
     .prefix = "v1=",
     .secret = "secrets",
     .signed_text = "{timestamp}.{body}",
     .timestamp = "header:X-Time",
     .delivery = "header:X-Delivery",
     .challenge = "json:/challenge",
     .reply_body = "thanks",
     .reply_type = "text/plain",
     .map = map},
    {.size = sizeof(DunhubHook),
     .name = "asked",
     .emits = "account.assigned",
     .doc = "Events whose reply is the plugin's.",
     .scheme = DUNHUB_SIGNED_SECRET,
     .signature = "header:Authorization",
     .secret = "secrets",
     .answer_ms = 1500,
     .map = map,
     .answer = answer},
};

static void setup(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubBytes input = host->input(call);
    host->log(call, 2, input);
    ret_result->outcome = DUNHUB_PERMANENT;
    ret_result->message = DUNHUB_LITERAL("the vendor knows no such bell");
}

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .hook_size = sizeof(DunhubHook),
    .name = "doorbell",
    .version = "1.0",
    .options = options,
    .n_options = 2,
    .hooks = hooks,
    .n_hooks = 2,
    .setup = setup,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
