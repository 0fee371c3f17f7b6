/* Descriptors in memory: what is taken, what is refused and how that is said. */
#include "host/contract.h"

#include <string.h>

static void handler(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    (void)host, (void)call, (void)ret_result;
}

static const DunhubOption options[] = {
    {sizeof(DunhubOption), "o", DUNHUB_OPTION_INT, 0, "7", "1..9", "doc"}};
static const DunhubAction actions[] = {{.size = sizeof(DunhubAction),
                                        .verb = "v",
                                        .effect = DUNHUB_LEGAL,
                                        .repeat = DUNHUB_REPEAT_KEY,
                                        .run = handler}};
static const DunhubSource sources[] = {
    {.size = sizeof(DunhubSource), .name = "s", .poll = handler}};

static const DunhubPlugin good = {
    .magic = DUNHUB_MAGIC,
    .abi_major = DUNHUB_ABI_MAJOR,
    .abi_minor = DUNHUB_ABI_MINOR,
    .size = sizeof(DunhubPlugin),
    .option_size = sizeof(DunhubOption),
    .action_size = sizeof(DunhubAction),
    .source_size = sizeof(DunhubSource),
    .name = "x",
    .version = "1",
    .options = options,
    .n_options = 1,
    .actions = actions,
    .n_actions = 1,
    .sources = sources,
    .n_sources = 1,
};

static void test_good(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Contract) contract = contract_read(&good, "folder/x.so", &error);
    g_assert_no_error(error);
    g_assert_nonnull(contract_action(contract, "v"));
    g_assert_null(contract_action(contract, "w"));
    g_assert_nonnull(contract_source(contract, "s"));
    g_assert_nonnull(contract_option(contract, "o"));
    g_assert_cmpuint(contract->limits.concurrency, ==, CONTRACT_CONCURRENCY);
    g_assert_cmpuint(contract->limits.timeout_ms, ==, CONTRACT_TIMEOUT_MS);
    json_t *manifest = contract_manifest(contract, &error);
    g_assert_no_error(error);
    json_t *expect = json_loads(
        "{\"name\":\"x\",\"version\":\"1\",\"check\":false,\"setup\":false,\"abi\":\"1.2\","
        "\"options\":[{\"name\":"
        "\"o\","
        "\"type\":\"int\",\"required\":false,\"secret\":false,\"writable\":false,\"default\":\"7\","
        "\"allowed\":\"1.."
        "9\","
        "\"doc\":\"doc\"}],\"actions\":[{\"verb\":\"v\",\"effect\":\"legal\",\"repeat\":\"key\","
        "\"batch_max\":0,\"key_valid_s\":0,\"key_saves_errors\":false,\"lookup_lag_s\":0,"
        "\"lookup\":false}],\"sources\":[{\"name\":\"s\",\"every_s\":0,\"ledger\":false,"
        "\"read\":false}],\"limits\":{\"concurrency\":4,\"per_minute\":0,\"timeout_ms\":30000,"
        "\"per_day\":0},"
        "\"auths\":[],\"hooks\":[]}",
        0, NULL);
    g_assert_true(json_equal(manifest, expect));
    json_decref(expect);
    json_decref(manifest);
}

static DunhubAction bent_action;
static DunhubSource bent_source;
static DunhubOption bent_option;
static const DunhubLimits greedy = {.size = sizeof(DunhubLimits), .concurrency = 100000};

typedef struct {
    const char *what;
    void (*bend)(DunhubPlugin *plugin);
    int code; /* -1: taken */
    const char *says;
} BentRow;

static void no_magic(DunhubPlugin *plugin)
{
    plugin->magic = 0;
}
static void foreign(DunhubPlugin *plugin)
{
    plugin->abi_major = 2, plugin->abi_minor = 5;
}
static void newer(DunhubPlugin *plugin)
{
    plugin->abi_minor = 99;
}
static void other_name(DunhubPlugin *plugin)
{
    plugin->name = "y";
}
static void no_name(DunhubPlugin *plugin)
{
    plugin->name = NULL;
}
static void no_stride(DunhubPlugin *plugin)
{
    plugin->action_size = 0;
}
static void no_rows(DunhubPlugin *plugin)
{
    plugin->options = NULL;
}
static void many_rows(DunhubPlugin *plugin)
{
    plugin->n_sources = 100000;
}
static void greedy_limits(DunhubPlugin *plugin)
{
    plugin->limits = &greedy;
}
static void with_action(DunhubPlugin *plugin)
{
    plugin->actions = &bent_action;
}
static void large_row(DunhubPlugin *plugin)
{
    bent_action = actions[0];
    bent_action.size = sizeof(DunhubAction) + 8;
    with_action(plugin);
}
static void no_run(DunhubPlugin *plugin)
{
    bent_action = actions[0];
    bent_action.run = NULL;
    with_action(plugin);
}
static void odd_effect(DunhubPlugin *plugin)
{
    bent_action = actions[0];
    bent_action.effect = 17;
    with_action(plugin);
}
static void no_lookup(DunhubPlugin *plugin)
{
    bent_action = actions[0];
    bent_action.repeat = DUNHUB_REPEAT_LOOKUP;
    with_action(plugin);
}
static void no_poll(DunhubPlugin *plugin)
{
    bent_source = sources[0];
    bent_source.poll = NULL;
    plugin->sources = &bent_source;
}
static void odd_type(DunhubPlugin *plugin)
{
    bent_option = options[0];
    bent_option.type = 99;
    plugin->options = &bent_option;
}
static void blind_hook(DunhubPlugin *plugin)
{
    static const DunhubHook hook = {.size = sizeof hook,
                                    .name = "",
                                    .scheme = DUNHUB_SIGNED_HMAC,
                                    .signature = "header:X-Signature",
                                    .secret = "none_such",
                                    .map = handler};
    plugin->hooks = &hook;
    plugin->n_hooks = 1;
    plugin->hook_size = sizeof hook;
}
static void two_auths(DunhubPlugin *plugin)
{
    static const DunhubAuth auths[] = {
        {.size = sizeof auths[0], .name = "a"},
        {.size = sizeof auths[0], .name = "b", .kind = DUNHUB_AUTH_JWT},
    };
    plugin->auths = auths;
    plugin->n_auths = 2;
    plugin->auth_size = sizeof auths[0];
}
static void shares_nothing(DunhubPlugin *plugin)
{
    static const DunhubLimits limits = {.size = sizeof limits, .shared_by = "none_such"};
    plugin->limits = &limits;
}
/* A plugin of a time when there was nothing behind the name. */
static void short_prefix(DunhubPlugin *plugin)
{
    plugin->size = offsetof(DunhubPlugin, version);
}

static const BentRow bent_rows[] = {
    {"no magic", no_magic, CONTRACT_ERROR_FORM, "DUNHUB_MAGIC"},
    {"foreign major", foreign, CONTRACT_ERROR_ABI,
     "plugin 'x' (folder/x.so) was built for plugin ABI 2.5, this hub speaks 1.2"},
    {"newer minor", newer, -1, NULL},
    {"older, shorter", short_prefix, -1, NULL},
    {"too much at once", greedy_limits, -1, NULL},
    {"another name", other_name, CONTRACT_ERROR_FORM, "calls itself 'y'"},
    {"no name", no_name, CONTRACT_ERROR_FORM, "calls itself ''"},
    {"no row size", no_stride, CONTRACT_ERROR_FORM, "table of actions says 1 rows of 0 bytes"},
    {"no rows", no_rows, CONTRACT_ERROR_FORM, "table of options"},
    {"many rows", many_rows, CONTRACT_ERROR_FORM, "100000 rows"},
    {"row past its place", large_row, CONTRACT_ERROR_FORM, "row 0 of actions"},
    {"no run", no_run, CONTRACT_ERROR_FORM, "no run"},
    {"odd effect", odd_effect, CONTRACT_ERROR_FORM, "unknown effect"},
    {"no lookup", no_lookup, CONTRACT_ERROR_FORM, "DUNHUB_REPEAT_LOOKUP"},
    {"no poll", no_poll, CONTRACT_ERROR_FORM, "no poll"},
    {"odd type", odd_type, CONTRACT_ERROR_FORM, "unknown type"},
    {"hook without its secret", blind_hook, CONTRACT_ERROR_FORM, "by which option it is checked"},
    {"no choice of sign-in", two_auths, CONTRACT_ERROR_FORM, "no option 'auth'"},
    {"limits shared by nothing", shares_nothing, CONTRACT_ERROR_FORM, "shared_by an option"},
};

static void test_bent(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bent_rows); i++) {
        DunhubPlugin plugin = good;
        bent_rows[i].bend(&plugin);
        g_test_message("%s", bent_rows[i].what);
        g_autoptr(GError) error = NULL;
        g_autoptr(Contract) contract = contract_read(&plugin, "folder/x.so", &error);
        if (bent_rows[i].code < 0) {
            g_assert_no_error(error);
            g_assert_cmpuint(contract->limits.concurrency, <=, CONTRACT_CONCURRENCY_MAX);
        } else {
            g_assert_error(error, CONTRACT_ERROR, bent_rows[i].code);
            g_assert_nonnull(strstr(error->message, bent_rows[i].says));
        }
    }
}

static void test_broken_schema(void)
{
    bent_action = actions[0];
    bent_action.input_schema = "{\"type\":";
    DunhubPlugin plugin = good;
    with_action(&plugin);
    g_autoptr(GError) error = NULL;
    g_autoptr(Contract) contract = contract_read(&plugin, "x.so", &error);
    g_assert_no_error(error);
    g_assert_null(contract_manifest(contract, &error));
    g_assert_nonnull(strstr(error->message, "plugin 'x': input_schema: "));
}

static void test_no_file(void)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(contract_load("/nowhere/x.so", &error));
    g_assert_error(error, CONTRACT_ERROR, CONTRACT_ERROR_LOAD);
    g_assert_nonnull(strstr(error->message, "/nowhere/x.so could not be loaded"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/contract/good", test_good);
    g_test_add_func("/host/contract/bent", test_bent);
    g_test_add_func("/host/contract/broken_schema", test_broken_schema);
    g_test_add_func("/host/contract/no_file", test_no_file);
    return g_test_run();
}
