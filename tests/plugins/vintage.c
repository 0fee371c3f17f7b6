/* One plugin, built against headers of different times (vintage.sh). It knows only what its header
 * says. */
#include <dunhub/plugin.h>

static void greet(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    ret_result->external_id = host->key(call);
    ret_result->message = host->option(call, "greeting");
    ret_result->code = DUNHUB_LITERAL("known");
#if DUNHUB_ABI_MINOR == 99
    if (!DUNHUB_HAS(host, DunhubHost, fortune)) {
        ret_result->code = DUNHUB_LITERAL("older_host");
    }
    if (DUNHUB_HAS(ret_result, DunhubResult, horoscope)) {
        ret_result->horoscope = "never reached";
    }
#endif
    ret_result->outcome = DUNHUB_OK;
}

static const DunhubOption options[] = {
    {.size = sizeof(DunhubOption), .name = "first", .fallback = "1"},
    {.size = sizeof(DunhubOption), .name = "greeting", .fallback = "good day"},
};

static const DunhubAction actions[] = {
    {.size = sizeof(DunhubAction), .verb = "test.first", .effect = DUNHUB_READ, .run = greet},
    {.size = sizeof(DunhubAction), .verb = "test.greet", .effect = DUNHUB_CONTACT, .run = greet},
};

static const DunhubSource sources[] = {
    {.size = sizeof(DunhubSource), .name = "first", .poll = greet},
    {.size = sizeof(DunhubSource), .name = "second", .every_s = 60, .poll = greet},
};

static const DunhubLimits limits = {.size = sizeof(DunhubLimits), .concurrency = 3};

static const DunhubPlugin plugin = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = VINTAGE,
    .version = "1",
    .options = options,
    .n_options = 2,
    .actions = actions,
    .n_actions = 2,
    .sources = sources,
    .n_sources = 2,
    .limits = &limits,
};

const DunhubPlugin *dunhub_plugin(void)
{
    return &plugin;
}
