/* Has a quota of ten calls a day, shared by all instances of one account, and answers what it is told to. */
#include <dunhub/plugin.h>
#include <stdlib.h>
#include <string.h>

/* The number behind "name": in a flat object; 0: there is none. */
static long number(DunhubBytes input, const char *name)
{
    const char *at = memmem(input.p, input.n, name, strlen(name));
    return at ? strtol(at + strlen(name) + 2, NULL, 10) : 0;
}

/* {"outcome":1,"code":503,"pause":2000}; codes 1 and 2 are words. */
static void answer(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    static const char *const words[] = {"", "unreachable", "no_answer"};
    DunhubBytes input = host->input(call);
    long code = number(input, "code");
    char *text = host->alloc(call, 16);
    if (code > 2) {
        text[0] = (char)('0' + code / 100);
        text[1] = (char)('0' + code / 10 % 10);
        text[2] = (char)('0' + code % 10);
    } else {
        strcpy(text, words[code]);
    }
    ret_result->outcome = (int32_t)number(input, "outcome");
    ret_result->code = (DunhubBytes){text, strlen(text)};
    ret_result->pause_ms = number(input, "pause");
    /* So long it takes. */
    if (number(input, "wait"))
        host->wait(call, number(input, "wait"));
}

static const DunhubOption options[] = {
    {.size = sizeof(DunhubOption),
     .name = "account",
     .type = DUNHUB_OPTION_TEXT,
     .doc = "Whose quota it is."},
};

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction), .verb = "test.answer", .effect = DUNHUB_READ, .run = answer},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 4, .per_day = 10, .shared_by = "account"};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .name = "counted",
    .version = "1.0",
    .options = options,
    .n_options = 1,
    .actions = actions,
    .n_actions = 1,
    .limits = &limits,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
