/* Keeps a secret in its state, as a connector keeps a token that rotates, and says only what became of it. */
#include <dunhub/plugin.h>
#include <string.h>

static int same(DunhubBytes a, DunhubBytes b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static void keep(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    DunhubBytes token = host->option(call, "token"), kept = {NULL, 0};
    uint64_t version = 0;
    int32_t got = host->state_get(call, "token", &kept, &version);
    ret_result->outcome = DUNHUB_PERMANENT;
    if (got == 1 && same(kept, token)) {
        ret_result->outcome = DUNHUB_OK;
        ret_result->code = DUNHUB_LITERAL("kept");
    } else if (got == 1) {
        ret_result->code = DUNHUB_LITERAL("another");
    } else if (host->state_put(call, "token", token, 0) == 0) {
        ret_result->outcome = DUNHUB_OK;
        ret_result->code = DUNHUB_LITERAL("stored");
    } else {
        ret_result->code = DUNHUB_LITERAL("not_stored");
    }
}

static const DunhubOption options[] = {
    {.size = sizeof(DunhubOption),
     .name = "token",
     .type = DUNHUB_OPTION_TEXT,
     .flags = DUNHUB_OPTION_SECRET | DUNHUB_OPTION_REQUIRED,
     .doc = "What is kept."},
};

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction), .verb = "test.keep", .effect = DUNHUB_READ, .run = keep},
};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .name = "keeper",
    .version = "1.0",
    .options = options,
    .n_options = 1,
    .actions = actions,
    .n_actions = 1,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
