/* dunhub call INSTANCE VERB, dunhub poll INSTANCE: one action, one look at a source, through the
 * same host as the hub's. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"

enum {
    INPUT_MAX = 4 * 1024 * 1024,
};

/* --input FILE, or "-" for standard input; absent: an empty object. */
static int read_input(const CommandLine *line, json_t **ret_input)
{
    const char *path = line_option(line, "input");
    if (path == NULL) {
        *ret_input = json_object();
        return EXIT_GOOD;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize n = 0;
    bool piped = strcmp(path, "-") == 0;
    if (!g_file_get_contents(piped ? "/dev/stdin" : path, &text, &n, &error))
        return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                   ? command_fail("call", EXIT_ENVIRONMENT, "there is no file %s", path)
                   : command_fail("call", EXIT_ENVIRONMENT, "%s", error->message);
    *ret_input = json_parse(text, n, INPUT_MAX, &error);
    if (*ret_input == NULL)
        return command_fail("call", EXIT_USAGE, "%s is not the JSON of an input: %s",
                            piped ? "standard input" : path, error->message);
    return EXIT_GOOD;
}

static void add_names(GPtrArray *names, const json_t *list, const char *member)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        g_ptr_array_add(
            names, (char *)json_string_value(json_object_get(json_array_get(list, i), member)));
}

/* Whether `word` is one of a section of the instance's manifest; if not, says what there is. */
static int known_part(const char *command, const char *instance, const json_t *manifest,
                      const char *section, const char *member, const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    add_names(names, json_object_get(manifest, section), member);
    g_ptr_array_add(names, NULL);
    const char *const *all = (const char *const *)names->pdata;
    if (names->len == 1)
        return command_fail(command, EXIT_FINDING, "instance '%s' has no %s", instance, section);
    if (word == NULL || g_strv_contains(all, word))
        return EXIT_GOOD;
    const char *near = diag_nearest(word, all);
    g_autofree char *listed = g_strjoinv(", ", (char **)names->pdata);
    return command_fail(command, EXIT_FINDING, "instance '%s' does not offer '%s'%s%s%s", instance,
                        word, near != NULL ? ", did you mean '" : "; it offers ",
                        near != NULL ? near : listed, near != NULL ? "'?" : "");
}

static int known_instance(const char *command, const Configuration *configuration, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < configuration->n_instances; i++)
        g_ptr_array_add(names, (char *)configuration->instances[i].name);
    g_ptr_array_add(names, NULL);
    const char *const *all = (const char *const *)names->pdata;
    if (g_strv_contains(all, name))
        return EXIT_GOOD;
    const char *near = diag_nearest(name, all);
    g_autofree char *listed = g_strjoinv(", ", (char **)names->pdata);
    return command_fail(command, EXIT_FINDING, "there is no instance '%s'%s%s%s", name,
                        near != NULL ? ", did you mean '" : "; there are: ",
                        near != NULL ? near : listed, near != NULL ? "'?" : "");
}

/* The words of the command line against configuration and manifest, before anything is started. */
static int known_words(const CommandLine *line, const char *section, const char *member)
{
    g_autoptr(Station) station = NULL;
    const char *command = line_command(line)->name, *instance = line_argument(line, 0);
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code == EXIT_GOOD)
        code = known_instance(command, station->configuration, instance);
    if (code != EXIT_GOOD)
        return code;
    return known_part(command, instance, station_manifest(station, instance), section, member,
                      line_argument(line, 1));
}

/* The result as JSON; 1 unless the outcome is ok. */
static int tell(const CommandLine *line, json_t *request)
{
    g_autoptr(json_t) answer = NULL;
    int code = desk_ask(line, request, &answer);
    if (code != EXIT_GOOD)
        return code;
    bool good = json_is_true(json_object_get(answer, "ok"));
    const char *outcome = json_string_value(json_object_get(answer, "outcome"));
    const char *text = json_string_value(json_object_get(answer, "text"));
    if (!good && outcome == NULL)
        return command_fail(line_command(line)->name, EXIT_FINDING, "%s",
                            text != NULL ? text : "refused");
    g_autofree char *printed = json_canonical(answer);
    printf("%s\n", printed);
    bool whole = json_integer_value(json_object_get(answer, "findings")) == 0;
    return good && whole && (outcome == NULL || strcmp(outcome, "ok") == 0) ? EXIT_GOOD
                                                                            : EXIT_FINDING;
}

int cmd_call(const CommandLine *line)
{
    json_t *input = NULL;
    int code = known_words(line, "actions", "verb");
    if (code == EXIT_GOOD)
        code = read_input(line, &input);
    if (code != EXIT_GOOD)
        return code;
    json_t *request =
        json_pack("{s:s, s:s, s:s, s:o}", "command", "call", "instance", line_argument(line, 0),
                  "verb", line_argument(line, 1), "input", input);
    if (line_option(line, "key") != NULL)
        json_object_set_new(request, "key", json_string(line_option(line, "key")));
    return tell(line, request);
}

int cmd_poll(const CommandLine *line)
{
    int code = known_words(line, "sources", "name");
    if (code != EXIT_GOOD)
        return code;
    json_t *request =
        json_pack("{s:s, s:s}", "command", line_flag(line, "keep") ? "poll_now" : "poll",
                  "instance", line_argument(line, 0));
    if (line_argument(line, 1) != NULL)
        json_object_set_new(request, "source", json_string(line_argument(line, 1)));
    return tell(line, request);
}
