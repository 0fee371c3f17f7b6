/* dunhub graph POLICY: a policy as a picture (Graphviz DOT), or as a table of its steps. */
#include <glib.h>
#include <inttypes.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

static int unknown_policy(const Rulebook *book, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < book->n_policies; i++)
        g_ptr_array_add(names, (char *)book->policies[i]->name);
    g_ptr_array_add(names, NULL);
    const char *near = diag_nearest(name, (const char *const *)names->pdata);
    g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
    if (near != NULL)
        return command_fail("graph", EXIT_FINDING, "there is no policy '%s', did you mean '%s'?",
                            name, near);
    return command_fail("graph", EXIT_FINDING, "there is no policy '%s'; there are: %s", name, all);
}

static void print_steps(const Policy *policy)
{
    static const char *const titles[] = {"step",    "age",       "wait", "notice",
                                         "actions", "skippable", NULL};
    g_autoptr(Table) table = table_new(titles, 4);
    for (size_t i = 0; i < policy->n_steps; i++) {
        const Step *step = &policy->steps[i];
        g_autofree char *ages = policy_step_ages(step);
        g_autofree char *wait = g_strdup_printf("%" PRId64, step->wait);
        g_autoptr(GString) actions = g_string_new(NULL);
        for (size_t k = 0; k < step->n_on_enter; k++)
            g_string_append_printf(actions, "%s%s", k > 0 ? ", " : "", step->on_enter[k].name);
        const char *cells[] = {step->name,   ages,         wait,
                               step->notice, actions->str, step->skippable ? "yes" : "no",
                               NULL};
        table_add(table, cells);
    }
    table_print(table, stdout);
}

static void print_name(const Policy *policy, bool as_json)
{
    if (!as_json) {
        printf("%s\n", policy->name);
        return;
    }
    json_t *steps = json_array();
    for (size_t i = 0; i < policy->n_steps; i++)
        json_array_append_new(steps, json_string(policy->steps[i].name));
    g_autoptr(json_t) json = json_pack("{s:s, s:I, s:o}", "policy", policy->name, "version",
                                       (json_int_t)policy->version, "steps", steps);
    g_autofree char *text = json_canonical(json);
    printf("%s\n", text);
}

int cmd_graph(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD)
        return code;
    const Rulebook *book = &station->configuration->book;
    const char *name = line_argument(line, 0);
    if (name == NULL) {
        for (size_t i = 0; i < book->n_policies; i++)
            print_name(book->policies[i], line_flag(line, "json"));
        return EXIT_GOOD;
    }
    const Policy *policy = rulebook_policy(book, name, NULL);
    if (policy == NULL)
        return unknown_policy(book, name);
    if (line_flag(line, "dot"))
        fputs(policy_to_dot(policy, arena), stdout);
    else if (line_flag(line, "json"))
        printf("%s\n", policy->source_json);
    else
        print_steps(policy);
    return EXIT_GOOD;
}
