/* Works only with its option, and at most thirty times a minute. */
#include <dunhub/plugin.h>

static void echo(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->outcome = DUNHUB_OK;
    ret_result->message = host->option(call, "account");
}

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "account", DUNHUB_OPTION_TEXT, DUNHUB_OPTION_REQUIRED, 0, 0,
     "Whose it is."},
};

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction), .verb = "test.echo", .effect = DUNHUB_READ, .run = echo},
};

static const DunhubLimits limits = {
    .size = sizeof(DunhubLimits), .concurrency = 4, .per_minute = 30, .per_day = 1000};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .name = "needy",
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
