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
        return command_fail("call", EXIT_ENVIRONMENT, "%s", error->message);
    *ret_input = json_parse(text, n, INPUT_MAX, &error);
    if (*ret_input == NULL)
        return command_fail("call", EXIT_USAGE, "%s is not the JSON of an input: %s",
                            piped ? "standard input" : path, error->message);
    return EXIT_GOOD;
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
    return good && (outcome == NULL || strcmp(outcome, "ok") == 0) ? EXIT_GOOD : EXIT_FINDING;
}

int cmd_call(const CommandLine *line)
{
    json_t *input = NULL;
    int code = read_input(line, &input);
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
    json_t *request =
        json_pack("{s:s, s:s}", "command", line_flag(line, "keep") ? "poll_now" : "poll",
                  "instance", line_argument(line, 0));
    if (line_argument(line, 1) != NULL)
        json_object_set_new(request, "source", json_string(line_argument(line, 1)));
    return tell(line, request);
}
