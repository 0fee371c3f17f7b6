/* dunhub contract FOLDER…: what a plugin asks of its platform and makes of the answers. */
#include <glib.h>

#include "bus/probe.h"
#include "cmd/cmd.h"
#include "cmd/station.h"
#include "contract/suite.h"

typedef struct {
    const CommandLine *line;
    SuiteOptions options;
    SuiteTally tally;
    Diags *diags;
} Contracts;

static int run_folder(Contracts *contracts, const char *folder)
{
    g_autofree char *name = g_path_get_basename(folder);
    g_autofree char *file = g_strdup_printf("%s/%s.so", contracts->options.plugin_dir, name);
    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return command_fail("contract", EXIT_ENVIRONMENT, "there is no %s: build the plugin first",
                            file);
    bool lasting;
    g_autoptr(json_t) manifest =
        probe_file(contracts->options.host_program, file, PROBE_LIMIT_MS, &lasting);
    const char *error = json_string_value(json_object_get(manifest, "error"));
    if (error != NULL)
        return command_fail("contract", EXIT_ENVIRONMENT, "%s", error);
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Suite) suite = suite_load(folder, manifest, arena, contracts->diags);
    if (suite == NULL)
        return EXIT_USAGE;
    g_autoptr(GError) problem = NULL;
    if (!suite_run(suite, manifest, &contracts->options, &contracts->tally, &problem))
        return command_fail("contract", EXIT_ENVIRONMENT, "%s", problem->message);
    return EXIT_GOOD;
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int run_folders(Contracts *contracts)
{
    int code = EXIT_GOOD;
    for (size_t i = 0; i < line_count(contracts->line) && code != EXIT_ENVIRONMENT; i++)
        code = worse(code, run_folder(contracts, line_argument(contracts->line, i)));
    diags_sort(contracts->diags);
    diags_print(contracts->diags, stderr, false);
    if (code != EXIT_GOOD)
        return code;
    printf("%u passed, %u failed\n", contracts->tally.passed, contracts->tally.failed);
    return contracts->tally.failed == 0 ? EXIT_GOOD : EXIT_FINDING;
}

int cmd_contract(const CommandLine *line)
{
    const char *given = line_option(line, "plugins");
    g_autofree char *dir =
        given != NULL ? g_strdup(given) : station_place("plugins", "lib/dunhub/plugins");
    g_autofree char *host = station_place("dunhub-host", "lib/dunhub/dunhub-host");
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        return command_fail("contract", EXIT_ENVIRONMENT,
                            "there is no plugin folder %s; name one with --plugins, or run 'make'",
                            dir);
    g_autoptr(Diags) diags = diags_new();
    Contracts contracts = {
        .line = line,
        .options = {dir, host, line_option(line, "only"), stdout},
        .diags = diags,
    };
    return run_folders(&contracts);
}
