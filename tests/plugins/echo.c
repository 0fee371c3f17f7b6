/* Answers with its input, at once, as often as one likes: what a round trip costs by itself. */
#include <dunhub/plugin.h>

static void echo(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->outcome = DUNHUB_OK;
    ret_result->data = host->input(call);
}

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction), .verb = "test.echo", .effect = DUNHUB_READ, .run = echo},
};

static const DunhubLimits limits = {.size = sizeof(DunhubLimits), .concurrency = 64};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .action_size = sizeof(DunhubAction),
    .name = "echo",
    .version = "1.0",
    .actions = actions,
    .n_actions = 1,
    .limits = &limits,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
