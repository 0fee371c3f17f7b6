/* dunhub test FILE… */
#include <glib.h>
#include <unistd.h>

#include "cases/run.h"
#include "cmd/cmd.h"
#include "cmd/station.h"

#define RULES_FILE "50-rules-us.yaml"

static char *rules_place(void)
{
    const char *here = "conf.d/" RULES_FILE;
    return g_file_test(here, G_FILE_TEST_EXISTS)
               ? g_strdup(here)
               : station_place("../conf.d/" RULES_FILE, "share/dunhub/conf.d/" RULES_FILE);
}

/* The rows that came with the program, unless a file is named. False after saying why; *ret_rules NULL: none are there. */
static bool read_rules(const CommandLine *line, Arena *arena, Diags *diags, const Node **ret_rules)
{
    const char *given = line_option(line, "rules");
    g_autofree char *path = given != NULL ? g_strdup(given) : rules_place();
    *ret_rules = NULL;
    if (given == NULL && !g_file_test(path, G_FILE_TEST_EXISTS))
        return true;
    const Node *root = tree_parse_file(path, arena, diags);
    *ret_rules = root != NULL ? node_get(root, "rules") : NULL;
    diags_print(diags, stderr, false);
    if (root != NULL && *ret_rules == NULL)
        command_fail("test", EXIT_USAGE, "%s has no section 'rules'", path);
    return *ret_rules != NULL;
}

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
    const Node *rules;
    if (!read_rules(line, arena, diags, &rules))
        return EXIT_USAGE;
    CasesOptions options = {.only = line_option(line, "case"),
                            .rules = rules,
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
