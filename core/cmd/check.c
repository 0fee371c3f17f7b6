/* dunhub check [DIR]: every finding of the configuration; --live also asks each instance whether it
 * can do its work. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

static void print_findings(const Diags *diags, bool json)
{
    for (size_t i = 0; json && i < diags_length(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        g_autoptr(json_t) line =
            json_pack("{s:s, s:s, s:s?, s:i, s:i, s:s}", "severity",
                      diag->severity == DIAG_ERROR ? "error" : "warning", "code", diag->code,
                      "file", diag->place.file, "line", diag->place.line, "column",
                      diag->place.column, "message", diag->message);
        g_autofree char *text = json_canonical(line);
        printf("%s\n", text);
    }
    if (!json)
        diags_print(diags, stdout, table_colours(stdout));
}

static int check_instance(const CommandLine *line, const char *instance)
{
    g_autoptr(json_t) answer = NULL;
    int code = desk_ask(
        line,
        json_pack("{s:s, s:s, s:s}", "command", "call", "instance", instance, "verb", "check"),
        &answer);
    if (code != EXIT_GOOD)
        return code;
    const char *outcome = json_string_value(json_object_get(answer, "outcome"));
    const char *message = json_string_value(json_object_get(answer, "text"));
    bool good = json_is_true(json_object_get(answer, "ok")) &&
                (outcome == NULL || strcmp(outcome, "ok") == 0);
    if (line_flag(line, "json")) {
        json_object_set_new(answer, "instance", json_string(instance));
        g_autofree char *text = json_canonical(answer);
        printf("%s\n", text);
    } else {
        printf("%s: %s%s%s\n", instance,
               good              ? "ok"
               : outcome != NULL ? outcome
                                 : "not reached",
               message != NULL ? ": " : "", message != NULL ? message : "");
    }
    return good ? EXIT_GOOD : EXIT_FINDING;
}

static int check_live(const CommandLine *line, const Configuration *configuration)
{
    int worst = EXIT_GOOD;
    for (size_t i = 0; i < configuration->n_instances; i++) {
        int code = check_instance(line, configuration->instances[i].name);
        worst = MAX(worst, code);
    }
    return worst;
}

static void tell_good(const Station *station, bool as_json)
{
    const Rulebook *book = &station->configuration->book;
    size_t n = station->configuration->n_instances;
    if (!as_json) {
        printf("%s: good: %zu policies, %zu routes, %zu instances\n", station->conf_dir,
               book->n_policies, book->n_routes, n);
        return;
    }
    g_autoptr(json_t) line = json_pack("{s:s, s:I, s:I, s:I}", "conf", station->conf_dir,
                                       "policies", (json_int_t)book->n_policies, "routes",
                                       (json_int_t)book->n_routes, "instances", (json_int_t)n);
    g_autofree char *text = json_canonical(line);
    printf("%s\n", text);
}

int cmd_check(const CommandLine *line)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Station) station = NULL;
    StationPlaces places = desk_places(line);
    if (line_argument(line, 0) != NULL)
        places.conf_dir = line_argument(line, 0);
    bool good = station_open(&places, STATION_CONFIGURATION, diags, &station, &error);
    diags_sort(diags);
    print_findings(diags, line_flag(line, "json"));
    if (error != NULL)
        return command_fail("check", EXIT_ENVIRONMENT, "%s", error->message);
    size_t n = diags_count(diags, DIAG_ERROR);
    if (!good)
        return command_fail("check", EXIT_USAGE, "%zu error%s", n, n == 1 ? "" : "s");
    tell_good(station, line_flag(line, "json"));
    return line_flag(line, "live") ? check_live(line, station->configuration) : EXIT_GOOD;
}
