/* A command's way to a hub: the running one, or one made for this request alone. */
#include "cmd/control.h"
#include "cmd/works.h"

#include <string.h>

enum { START_MS = 20 * 1000, TURN_MS = 200, ANSWER_MS = 120 * 1000 };

typedef struct {
    void (*on_line)(void *data, const json_t *line);
    void *data;
    json_t *answer;
} Asked;

static void take_answer(void *data, uint64_t connection, json_t *line)
{
    (void)connection;
    Asked *asked = data;
    g_autoptr(json_t) owned = line;
    if (json_object_get(owned, "ok"))
        asked->answer = g_steal_pointer(&owned);
    else if (asked->on_line)
        asked->on_line(asked->data, owned);
}

/* What the hub made for one request has to say of itself: that the clock is in doubt, that an
 * instance cannot start. */
static void tell_alert(void *data, const HubAlert *alert)
{
    (void)data;
    fprintf(stderr, "dunhub: %s: %s\n", alert->code, alert->text);
}

static bool is_command(const json_t *request, const char *name)
{
    return g_strcmp0(json_string_value(json_object_get(request, "command")), name) == 0;
}

static bool needs_instance(const json_t *request)
{
    return is_command(request, "call") || is_command(request, "poll") ||
           is_command(request, "poll_now");
}

/* A host needs a moment until it takes calls. */
static bool wait_for_instance(Works *works, Bus *bus, const char *instance, GError **error)
{
    Clock *clock = clock_system();
    int64_t until = clock->monotonic_ms(clock) + START_MS;
    while (!bus_credit(bus, instance)) {
        if (clock->monotonic_ms(clock) > until) {
            g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_BROKEN,
                        "%s did not start within %d seconds; `dunhub check --live` says why",
                        instance, START_MS / 1000);
            return false;
        }
        if (!works_turn(works, NULL, 0, TURN_MS, error))
            return false;
    }
    return true;
}

/* A command about an account or a switch needs what a hub has read; it does not begin a store. */
static bool has_store(const Station *look, const json_t *request, GError **error)
{
    if (needs_instance(request) || g_file_test(look->store_path, G_FILE_TEST_EXISTS))
        return true;
    g_set_error(error, CONTROL_ERROR, CONTROL_ERROR_NO_HUB,
                "there is no store %s yet; 'dunhub run' makes it at its first start",
                look->store_path);
    return false;
}

static bool run_here(Station *station, const json_t *request, Asked *asked, GError **error)
{
    WorksSetup setup = {
        .station = station,
        .clock = clock_system(),
        .random = random_system(),
        .polls = is_command(request, "poll_now"),
        .by_hand = true,
        .events = {.data = asked, .answer = take_answer, .alert = tell_alert},
    };
    g_autoptr(Works) works = works_open(&setup, error);
    if (!works)
        return false;
    const char *name = json_string_value(json_object_get(request, "instance"));
    const Instance *instance = station_instance(station, name);
    if (needs_instance(request) && instance &&
        (!works_start_instance(works, instance, error) ||
         !wait_for_instance(works, works_bus(works), name, error)))
        return false;
    works_request(works, 1, request);
    bool polls = setup.polls && instance;
    while (!asked->answer || (polls && !works_idle(works)))
        if (!works_turn(works, NULL, 0, TURN_MS, error))
            return false;
    return true;
}

bool works_ask(const StationPlaces *places, const json_t *request,
               void (*on_line)(void *data, const json_t *line), void *data, Diags *diags,
               json_t **ret_answer, GError **error)
{
    g_autoptr(Station) look = NULL;
    if (!station_open(places, STATION_CONFIGURATION, diags, &look, error))
        return false;
    g_autoptr(GError) problem = NULL;
    if (control_request(look->run_dir, request, ANSWER_MS, on_line, data, ret_answer, &problem))
        return true;
    if (!g_error_matches(problem, CONTROL_ERROR, CONTROL_ERROR_NO_HUB)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!has_store(look, request, error))
        return false;
    g_autoptr(Station) station = NULL;
    Asked asked = {.on_line = on_line, .data = data};
    if (!station_open(places, STATION_WRITE, diags, &station, error) ||
        !run_here(station, request, &asked, error))
        return false;
    *ret_answer = asked.answer;
    return true;
}
