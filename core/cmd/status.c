/* dunhub status: whether a hub runs here, what its instances do, what waits for a person. Never takes the store's lock. */
#include <glib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/control.h"
#include "cmd/desk.h"
#include "cmd/table.h"

enum {
    ANSWER_MS = 10 * 1000,
};

typedef struct {
    size_t waiting, dead,
        of_person; /* acts: on their way, failed for good, waiting for a person's word */
} Acts;

static bool count_act(const char *account, const Act *act, void *data)
{
    (void)account;
    Acts *acts = data;
    acts->dead += act->state == ACT_DEAD;
    acts->of_person += act->state == ACT_HELD;
    acts->waiting += act->state != ACT_DEAD && act->state != ACT_HELD;
    return true;
}

static bool count_acts(const Station *station, Acts *ret_acts, GError **error)
{
    const unsigned settled = 1u << ACT_DONE | 1u << ACT_SUPPRESSED;
    *ret_acts = (Acts){0};
    return station->store == NULL ||
           store_acts(station->store, NULL, ~settled & ((1u << (ACT_SUPPRESSED + 1)) - 1), SIZE_MAX,
                      count_act, ret_acts, error);
}

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

static bool is(const json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member));
}

static const json_t *named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (g_strcmp0(text_of(json_array_get(list, i), "name"), name) == 0)
            return json_array_get(list, i);
    return NULL;
}

/* The earliest next poll of an instance, or how often it failed in a row. NULL: it has no source. */
static char *reading_of(const json_t *feed)
{
    const json_t *sources = json_object_get(feed, "sources");
    const char *next = NULL;
    json_int_t failures = 0;
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);
        const char *at = text_of(source, "next");
        failures = MAX(failures, json_integer_value(json_object_get(source, "failures")));
        next = next == NULL || g_strcmp0(at, next) < 0 ? at : next;
    }
    if (failures > 0)
        return g_strdup_printf("failed %" JSON_INTEGER_FORMAT " times", failures);
    return next != NULL ? g_strdup_printf("next %s", next) : NULL;
}

static const char *trouble_of(const json_t *row, const json_t *feed)
{
    if (text_of(row, "why") != NULL)
        return text_of(row, "why");
    if (text_of(row, "held") != NULL)
        return text_of(row, "held");
    if (is(feed, "held"))
        return "a first import: see dunhub outbox, then dunhub approve --source";
    return is(feed, "paused") ? "paused: its last calls were refused" : NULL;
}

/* NULL: there is nothing to say. Caller frees. */
static char *note_of(const json_t *row, const json_t *feed)
{
    const char *trouble = trouble_of(row, feed);
    const json_t *per_day = json_object_get(row, "per_day");
    if (trouble != NULL || per_day == NULL)
        return g_strdup(trouble);
    return g_strdup_printf(
        "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " calls of the day are used",
        json_integer_value(json_object_get(row, "today")), json_integer_value(per_day));
}

static void print_instances(const json_t *status)
{
    static const char *const titles[] = {"instance",  "plugin", "state", "pid", "restarts",
                                         "in flight", "reads",  "note",  NULL};
    const json_t *rows = json_object_get(status, "bus"),
                 *feeds = json_object_get(json_object_get(status, "hub"), "instances");
    if (json_array_size(rows) == 0)
        return;
    g_autoptr(Table) table = table_new(titles, 7);
    static const size_t yielding[] = {1, 5, 3}; /* plugin, in flight, pid */
    table_yields(table, yielding, G_N_ELEMENTS(yielding));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i), *feed = named(feeds, text_of(row, "instance"));
        g_autofree char *reading = reading_of(feed), *note = note_of(row, feed);
        g_autofree char *pid = g_strdup_printf("%" JSON_INTEGER_FORMAT,
                                               json_integer_value(json_object_get(row, "pid")));
        g_autofree char *restarts = g_strdup_printf(
            "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(row, "restarts")));
        g_autofree char *in_flight = g_strdup_printf(
            "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(row, "in_flight")));
        const char *cells[] = {text_of(row, "instance"),
                               text_of(row, "plugin"),
                               text_of(row, "state"),
                               pid,
                               restarts,
                               in_flight,
                               reading,
                               note,
                               NULL};
        table_add(table, cells);
    }
    printf("\n");
    table_print(table, stdout);
}

static void print_hub(const json_t *status)
{
    const json_t *hub = json_object_get(status, "hub");
    printf("a hub runs on %s with the configuration %s; its clock says %s\n",
           text_of(status, "store"), text_of(status, "conf"), text_of(hub, "now"));
    if (is(hub, "observe"))
        printf(
            "the clock jumped: nothing is sent until 'dunhub approve --clock' takes it as right\n");
    if (is(hub, "fuse_blown"))
        printf("unusually many notices for one day: they wait until 'dunhub approve --fuse'\n");
}

static void print_acts(const Acts *acts)
{
    printf("%zu act%s wait to leave ('dunhub outbox'), %zu died and %zu wait for a person ('dunhub "
           "dead')\n",
           acts->waiting, acts->waiting == 1 ? "" : "s", acts->dead, acts->of_person);
}

static void print_json(const Station *station, json_t *status, const Acts *acts)
{
    g_autoptr(json_t) own = json_pack(
        "{s:b, s:s, s:s, s:I, s:I, s:I}", "running", status != NULL, "store", station->store_path,
        "conf", station->conf_dir, "waiting", (json_int_t)acts->waiting, "dead",
        (json_int_t)acts->dead, "for_a_person", (json_int_t)acts->of_person);
    if (status != NULL)
        json_object_update_missing(own, status);
    json_object_del(own, "ok");
    g_autofree char *text = json_canonical(own);
    printf("%s\n", text);
}

static void print_status(const Station *station, const json_t *status, const Acts *acts)
{
    if (status != NULL)
        print_hub(status);
    else
        printf("no hub runs on %s; 'dunhub run' starts one\n", station->store_path);
    if (station->store == NULL)
        printf("there is no store yet\n");
    else
        print_acts(acts);
    print_instances(status);
}

/* *ret_status NULL: no hub runs. */
static bool ask(const Station *station, json_t **ret_status, GError **error)
{
    g_autoptr(json_t) request = json_pack("{s:s}", "command", "status");
    g_autoptr(GError) problem = NULL;
    *ret_status = NULL;
    if (control_request(station->run_dir, request, ANSWER_MS, NULL, NULL, ret_status, &problem) ||
        g_error_matches(problem, CONTROL_ERROR, CONTROL_ERROR_NO_HUB))
        return true;
    g_propagate_error(error, g_steal_pointer(&problem));
    return false;
}

int cmd_status(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(json_t) status = NULL;
    g_autoptr(GError) error = NULL;
    Acts acts = {0};
    int code = desk_look(line, &station);
    if (code != EXIT_GOOD)
        return code;
    if (!ask(station, &status, &error) || !count_acts(station, &acts, &error))
        return command_fail("status", EXIT_ENVIRONMENT, "%s", error->message);
    if (line_flag(line, "json"))
        print_json(station, status, &acts);
    else
        print_status(station, status, &acts);
    return status != NULL ? EXIT_GOOD : EXIT_FINDING;
}
