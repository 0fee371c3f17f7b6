/* dunhub test FILE… */
#include <glib.h>
#include <string.h>

#include "cases/graft.h"
#include "cases/run.h"
#include "cmd/cmd.h"
#include "cmd/station.h"

#define FOLDER "conf.d"

static char *law_folder(void)
{
    return g_file_test(FOLDER, G_FILE_TEST_IS_DIR)
               ? g_strdup(FOLDER)
               : station_place("../" FOLDER, "share/dunhub/" FOLDER);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The packs of the law that came with the program. */
static GPtrArray *law_files(void)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder = law_folder();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir))
        if (g_pattern_match_simple("*-rules-*.yaml", name))
            g_ptr_array_add(files, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(files, by_name);
    return files;
}

static bool take_rules(const char *path, Arena *arena, Diags *diags, Node **rules)
{
    const Node *root = tree_parse_file(path, arena, diags);
    const Node *own = root != NULL ? node_get(root, "rules") : NULL;
    if (own != NULL)
        *rules = graft_overlay(arena, *rules, own);
    else if (root != NULL)
        command_fail("test", EXIT_USAGE, "%s has no section 'rules'", path);
    return own != NULL;
}

/* False after saying why; *ret_rules NULL: none are there. */
static bool read_rules(const CommandLine *line, Arena *arena, Diags *diags, const Node **ret_rules)
{
    const char *given = line_option(line, "rules");
    g_autoptr(GPtrArray) files =
        given == NULL ? law_files() : g_ptr_array_new_with_free_func(g_free);
    if (given != NULL)
        g_ptr_array_add(files, g_strdup(given));
    Node *rules = NULL;
    bool good = true;
    for (guint i = 0; i < files->len && good; i++)
        good = take_rules(files->pdata[i], arena, diags, &rules);
    diags_print(diags, stderr, false);
    *ret_rules = rules;
    return good;
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
