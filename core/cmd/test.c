/* dunhub test FILE… */
#include <glib.h>
#include <unistd.h>

#include "cases/run.h"
#include "cmd/cmd.h"

int cmd_test(const CommandLine *line)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    for (size_t i = 0; i < line_count(line); i++)
        g_ptr_array_add(paths, (char *)line_argument(line, i));
    CaseSet set;
    bool good = cases_load((const char *const *)paths->pdata, paths->len, arena, diags, &set);
    diags_sort(diags);
    diags_print(diags, stderr, false);
    if (!good)
        return command_fail("test", EXIT_USAGE, "%zu error%s in the case files; nothing was played",
                            diags_count(diags, DIAG_ERROR),
                            diags_count(diags, DIAG_ERROR) == 1 ? "" : "s");
    CasesOptions options = {.only = line_option(line, "case"),
                            .json = line_flag(line, "json"),
                            .verbose = line_flag(line, "verbose"),
                            .out = stdout};
    CasesTally tally;
    g_autoptr(GError) error = NULL;
    if (!cases_run(&set, &options, &tally, &error))
        return command_fail("test", EXIT_ENVIRONMENT, "%s", error->message);
    if (tally.passed + tally.failed == 0)
        return command_fail("test", EXIT_USAGE, "no case is called '%s'",
                            options.only != NULL ? options.only : "");
    return tally.failed == 0 ? EXIT_GOOD : EXIT_FINDING;
}
