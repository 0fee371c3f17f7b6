#include "cmd/desk.h"

#include <glib.h>
#include <string.h>

#include "cmd/table.h"
#include "cmd/works.h"

enum {
    ACCOUNTS_MAX = 100000,
};

static const char *name_of(const CommandLine *line)
{
    return line_command(line)->name;
}

Instant desk_now(void)
{
    Clock *clock = clock_system();
    return clock->now(clock);
}

char *desk_person_named(const char *name)
{
    return strchr(name, ':') != NULL ? g_strdup(name) : g_strconcat("person:", name, NULL);
}

char *desk_person(const CommandLine *line)
{
    const char *by = line_option(line, "by");
    return desk_person_named(by != NULL ? by : g_get_user_name());
}

/* ---- opening ------------------------------------------------------------------------------ */

StationPlaces desk_places(const CommandLine *line)
{
    return (StationPlaces){
        .conf_dir = line_option(line, "conf"),
        .store_path = line_option(line, "store"),
        .run_dir = line_option(line, "run-dir"),
        .plugin_dir = line_option(line, "plugins"),
    };
}

static int environment_failed(const CommandLine *line, const GError *error)
{
    return command_fail(name_of(line), EXIT_ENVIRONMENT, "%s", error->message);
}

/* A configuration with findings, or an environment that refuses. */
static int not_opened(const CommandLine *line, Diags *diags, const GError *error)
{
    diags_sort(diags);
    diags_print(diags, stderr, table_colours(stderr));
    if (error != NULL)
        return environment_failed(line, error);
    size_t n = diags_count(diags, DIAG_ERROR);
    return command_fail(name_of(line), EXIT_USAGE,
                        "%zu error%s in the configuration; nothing was done", n, n == 1 ? "" : "s");
}

static int open_station(const CommandLine *line, StationMode mode, Station **ret_station)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(Station) station = NULL;
    StationPlaces places = desk_places(line);
    if (!station_open(&places, mode, diags, &station, &error))
        return not_opened(line, diags, error);
    *ret_station = g_steal_pointer(&station);
    return EXIT_GOOD;
}

int desk_open(const CommandLine *line, StationMode mode, Station **ret_station)
{
    g_autoptr(Station) station = NULL;
    int code = open_station(line, mode, &station);
    if (code != EXIT_GOOD)
        return code;
    if (mode == STATION_READ && station->store == NULL)
        return command_fail(name_of(line), EXIT_ENVIRONMENT,
                            "there is no store %s yet; 'dunhub run' makes it at its first start",
                            station->store_path);
    *ret_station = g_steal_pointer(&station);
    return EXIT_GOOD;
}

int desk_look(const CommandLine *line, Station **ret_station)
{
    return open_station(line, STATION_READ, ret_station);
}

/* ---- accounts ---------------------------------------------------------------------------- */

static bool add_name(const char *account, const ListRow *row, void *data)
{
    (void)row;
    g_ptr_array_add(data, g_strdup(account));
    return true;
}

/* Where there are several ledgers an account carries the name of its own: "rents:T-1" is meant by
 * "T-1". */
static const char *with_ledger(const GPtrArray *names, const char *account)
{
    g_autofree char *end = g_strconcat(":", account, NULL);
    for (guint i = 0; i + 1 < names->len; i++)
        if (g_str_has_suffix(names->pdata[i], end))
            return names->pdata[i];
    return NULL;
}

static int unknown_account(const CommandLine *line, const Station *station, const char *account)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    store_accounts(station->store, NULL, ACCOUNTS_MAX, add_name, names, NULL);
    g_ptr_array_add(names, NULL);
    const char *near = with_ledger(names, account);
    near = near != NULL ? near : diag_nearest(account, (const char *const *)names->pdata);
    if (near != NULL)
        return command_fail(name_of(line), EXIT_FINDING,
                            "there is no account '%s', did you mean '%s'?", account, near);
    return command_fail(name_of(line), EXIT_FINDING,
                        "there is no account '%s'; 'dunhub accounts' lists them", account);
}

int desk_account(const CommandLine *line, const Station *station, const char *account, Arena *arena,
                 AccountState *ret_state)
{
    g_autoptr(GError) error = NULL;
    bool found = false;
    if (!store_load_account(station->store, account, arena, ret_state, &found, &error))
        return environment_failed(line, error);
    return found ? EXIT_GOOD : unknown_account(line, station, account);
}

int desk_known_account(const CommandLine *line, const Station *station, const char *account)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    return desk_account(line, station, account, arena, &state);
}

/* ---- asking ------------------------------------------------------------------------------ */

static void print_line(void *data, const json_t *line)
{
    (void)data;
    g_autofree char *text = json_canonical(line);
    printf("%s\n", text);
}

int desk_ask(const CommandLine *line, json_t *request, json_t **ret_answer)
{
    g_autoptr(json_t) owned = request;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    StationPlaces places = desk_places(line);
    if (!works_ask(&places, owned, print_line, NULL, diags, ret_answer, &error))
        return not_opened(line, diags, error);
    return EXIT_GOOD;
}

static const char *text_of(const json_t *answer, const char *member)
{
    return json_string_value(json_object_get(answer, member));
}

/* The hub knows only that there is none; a look into the store tells which one is near. */
static int refused_account(const CommandLine *line, const char *account)
{
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_READ, &station);
    return code != EXIT_GOOD ? code : unknown_account(line, station, account);
}

static int refused(const CommandLine *line, const char *account, const json_t *answer)
{
    const char *text = text_of(answer, "text"), *reason = text_of(answer, "code");
    if (account != NULL && g_strcmp0(reason, "unknown_account") == 0)
        return refused_account(line, account);
    return command_fail(name_of(line), EXIT_FINDING, "refused%s%s%s%s%s",
                        reason != NULL ? " (" : "", reason != NULL ? reason : "",
                        reason != NULL ? ")" : "", text != NULL ? ": " : "",
                        text != NULL ? text : "");
}

int desk_ask_and_tell(const CommandLine *line, json_t *request, const char *done)
{
    g_autoptr(json_t) answer = NULL;
    g_autofree char *account = g_strdup(text_of(request, "account"));
    int code = desk_ask(line, request, &answer);
    if (code != EXIT_GOOD)
        return code;
    bool good = json_is_true(json_object_get(answer, "ok"));
    if (line_flag(line, "json")) {
        print_line(NULL, answer);
        return good ? EXIT_GOOD : EXIT_FINDING;
    }
    if (!good)
        return refused(line, account, answer);
    printf("%s\n", done);
    return EXIT_GOOD;
}
