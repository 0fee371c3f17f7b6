#include "cmd/doorway.h"

#include "http/listener.h"

#include <string.h>

enum { TAKEN_MAX = 512, PEM_MAX_BYTES = 1024 * 1024 };

struct Doorway {
    const Station *station;
    Hub *hub;
    Bus *bus;
    Listener *listener;
    GHashTable *passing; /* Passage: all that are on their way */
    GHashTable *asked;   /* call id -> Passage, of those whose plugin answers */
};

/* One delivery between its arrival and its answer. */
typedef struct {
    Doorway *doorway;
    Arrival *arrival; /* NULL: it was answered already; the hub has yet to say that it is done */
    bool in_hub;
    uint64_t call;         /* to the plugin; 0 none */
    int64_t give_up_at_ms; /* of that call */
} Passage;

static int64_t now_ms(void)
{
    Clock *clock = clock_system();
    return clock->monotonic_ms(clock);
}

/* ---- ends of a delivery ----------------------------------------------------------------------
 */

static void leave(Passage *passage)
{
    if (!passage->arrival && !passage->in_hub)
        g_hash_table_remove(passage->doorway->passing, passage);
}

static void end(Passage *passage, const ArrivalAnswer *answer)
{
    Arrival *arrival = g_steal_pointer(&passage->arrival);
    if (answer)
        listener_end(passage->doorway->listener, arrival, answer);
    else
        listener_fail(passage->doorway->listener, arrival);
    leave(passage);
}

static void give_up(Passage *passage)
{
    g_hash_table_remove(passage->doorway->asked, &passage->call);
    end(passage, NULL);
}

/* ---- the plugin's own answer -----------------------------------------------------------------
 */

static char *answer_input(const Arrival *arrival)
{
    Clock *clock = clock_system();
    char at[32];
    g_autoptr(json_t) head = json_loads(arrival->head, 0, NULL);
    json_object_set_new(head, "hook", json_string(arrival->hook));
    json_object_set_new(head, "received_at", json_string(instant_format(clock->now(clock), at)));
    return json_canonical(head);
}

static void ask_plugin(Passage *passage)
{
    Doorway *doorway = passage->doorway;
    const Arrival *arrival = passage->arrival;
    g_autofree char *input = answer_input(arrival);
    GBytes *const bodies[] = {arrival->body};
    passage->call = hub_reserve_call(doorway->hub);
    passage->give_up_at_ms = now_ms() + arrival->answer_ms;
    BusCall call = {
        .id = passage->call,
        .kind = CALL_ANSWER,
        .verb = arrival->hook,
        .input = input,
        .bodies = bodies,
        .n_bodies = 1,
        .deadline_ms = arrival->answer_ms,
    };
    g_hash_table_insert(doorway->asked, &passage->call, passage);
    if (!bus_send(doorway->bus, arrival->instance, &call, NULL))
        give_up(passage);
}

static bool read_answer(const json_t *data, ArrivalAnswer *ret_answer)
{
    int64_t status = json_integer_value(json_object_get(data, "status"));
    if (status < 200 || status > 599)
        return false;
    *ret_answer = (ArrivalAnswer){
        .status = (unsigned)status,
        .type = json_string_value(json_object_get(data, "type")),
        .body = json_string_value(json_object_get(data, "body")),
    };
    return true;
}

bool doorway_result(Doorway *doorway, const BusResult *result)
{
    Passage *passage = doorway ? g_hash_table_lookup(doorway->asked, &result->call) : NULL;
    if (!passage)
        return false;
    g_autoptr(json_t) data = result->data ? json_loads(result->data, 0, NULL) : NULL;
    ArrivalAnswer answer;
    g_hash_table_remove(doorway->asked, &passage->call);
    bool good = result->outcome == OUTCOME_OK && read_answer(data, &answer);
    end(passage, good ? &answer : NULL);
    return true;
}

/* ---- into the hub ----------------------------------------------------------------------------
 */

static void on_kept(void *data, const IntakeAnswer *answer)
{
    static const ArrivalAnswer of_row = {0};
    Passage *passage = data;
    bool kept = answer->verdict == INTAKE_ACCEPTED || answer->verdict == INTAKE_DUPLICATE;
    passage->in_hub = false;
    if (!passage->arrival)
        leave(passage);
    else if (!kept)
        end(passage, NULL);
    else if (passage->arrival->answer_ms)
        ask_plugin(passage);
    else
        end(passage, &of_row);
}

static void take(Doorway *doorway, Arrival *arrival)
{
    Passage *passage = g_new0(Passage, 1);
    *passage = (Passage){.doorway = doorway, .arrival = arrival, .in_hub = true};
    g_hash_table_add(doorway->passing, passage);
    HubRequest request = {arrival->instance, arrival->hook, arrival->delivery, arrival->head,
                          arrival->body};
    hub_keep(doorway->hub, &request, on_kept, passage);
}

static GPtrArray *passages(const Doorway *doorway)
{
    GPtrArray *list = g_ptr_array_new();
    GHashTableIter iter;
    void *passage;
    g_hash_table_iter_init(&iter, doorway->passing);
    while (g_hash_table_iter_next(&iter, &passage, NULL))
        g_ptr_array_add(list, passage);
    return list;
}

static void give_up_late(Doorway *doorway)
{
    g_autoptr(GPtrArray) list = passages(doorway);
    int64_t now = now_ms();
    for (guint i = 0; i < list->len; i++) {
        Passage *passage = list->pdata[i];
        if (passage->call && passage->arrival && now >= passage->give_up_at_ms)
            give_up(passage);
    }
}

void doorway_turn(Doorway *doorway)
{
    if (g_hash_table_size(doorway->asked))
        give_up_late(doorway);
    for (size_t i = 0; i < TAKEN_MAX; i++) {
        Arrival *arrival = listener_take(doorway->listener);
        if (!arrival)
            return;
        take(doorway, arrival);
    }
}

void doorway_fail(Doorway *doorway)
{
    g_autoptr(GPtrArray) list = passages(doorway);
    for (guint i = 0; i < list->len; i++) {
        Passage *passage = list->pdata[i];
        if (passage->in_hub && passage->arrival)
            end(passage, NULL);
    }
}

int doorway_fd(const Doorway *doorway)
{
    return listener_fd(doorway->listener);
}

int64_t doorway_wait_ms(const Doorway *doorway)
{
    int64_t first = INT64_MAX;
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, doorway->asked);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        first = MIN(first, ((const Passage *)value)->give_up_at_ms);
    return first == INT64_MAX ? -1 : MAX(0, first - now_ms());
}

/* ---- which doors there are -------------------------------------------------------------------
 */

static void add_door(GPtrArray *doors, const Instance *instance, const json_t *row,
                     const json_t *options, GString *ret_why)
{
    g_autoptr(GError) problem = NULL;
    const char *secret = json_string_value(json_object_get(row, "secret"));
    Hook *hook = hook_new(row, secret ? json_object_get(options, secret) : NULL, &problem);
    if (!hook) {
        g_string_append_printf(ret_why, "%s: %s\n", instance->name, problem->message);
        return;
    }
    Door *door = g_new0(Door, 1);
    *door = (Door){g_strdup(instance->name), hook};
    g_ptr_array_add(doors, door);
}

static void add_doors(const Doorway *doorway, GPtrArray *doors, const Instance *instance,
                      GString *ret_why)
{
    const json_t *rows =
        json_object_get(station_manifest(doorway->station, instance->name), "hooks");
    if (!json_array_size(rows))
        return;
    g_autoptr(GError) problem = NULL;
    g_autoptr(json_t) options = configuration_resolve(instance, &problem);
    if (!options)
        g_string_append_printf(ret_why, "%s: %s\n", instance->name, problem->message);
    for (size_t i = 0; options && i < json_array_size(rows); i++)
        add_door(doors, instance, json_array_get(rows, i), options, ret_why);
}

void doorway_reload(Doorway *doorway, GString *ret_why)
{
    const Configuration *configuration = doorway->station->configuration;
    GPtrArray *doors = g_ptr_array_new_with_free_func(door_free);
    for (size_t i = 0; i < configuration->n_instances; i++)
        add_doors(doorway, doors, &configuration->instances[i], ret_why);
    listener_set_doors(doorway->listener, doors);
}

/* ---- beginning and end -----------------------------------------------------------------------
 */

static bool read_pem(const char *path, char **ret_text, GError **error)
{
    gsize n = 0;
    if (!path)
        return true;
    if (!g_file_get_contents(path, ret_text, &n, error))
        return false;
    if (n <= PEM_MAX_BYTES)
        return true;
    g_set_error(error, HTTP_ERROR, HTTP_ERROR_TLS, "%s is too long to be a PEM file", path);
    return false;
}

static Listener *start_listener(const HttpDoor *door, GError **error)
{
    g_autofree char *certificate = NULL, *key = NULL;
    if (!read_pem(door->certificate, &certificate, error) || !read_pem(door->key, &key, error))
        return NULL;
    HttpServerSetup setup = {
        .address = door->address,
        .port = door->port,
        .certificate = certificate,
        .key = key,
        .connections_max = (unsigned)door->connections,
        .connections_of_one_max = (unsigned)door->connections_of_one,
        .body_max_bytes = (size_t)door->body_max_bytes,
        .request_ms = (unsigned)door->request_ms,
    };
    return listener_new(&setup, door->public_url, error);
}

Doorway *doorway_open(const Station *station, Hub *hub, Bus *bus, GError **error)
{
    const HttpDoor *door = &station->configuration->http;
    Listener *listener = door->address ? start_listener(door, error) : NULL;
    if (!listener)
        return NULL;
    Doorway *doorway = g_new0(Doorway, 1);
    *doorway = (Doorway){
        .station = station,
        .hub = hub,
        .bus = bus,
        .listener = listener,
        .passing = g_hash_table_new_full(NULL, NULL, g_free, NULL),
        .asked = g_hash_table_new(g_int64_hash, g_int64_equal),
    };
    return doorway;
}

void doorway_close(Doorway *doorway)
{
    if (!doorway)
        return;
    g_autoptr(GPtrArray) list = passages(doorway);
    for (guint i = 0; i < list->len; i++) {
        Passage *passage = list->pdata[i];
        if (passage->arrival)
            listener_fail(doorway->listener, passage->arrival);
    }
    g_hash_table_unref(doorway->asked);
    g_hash_table_unref(doorway->passing);
    listener_free(doorway->listener);
    g_free(doorway);
}

unsigned doorway_port(const Doorway *doorway)
{
    return listener_port(doorway->listener);
}

json_t *doorway_status(Doorway *doorway)
{
    ListenerCounters n = listener_counters(doorway->listener);
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "port",
                     (json_int_t)doorway_port(doorway), "connections", (json_int_t)n.http.open,
                     "requests", (json_int_t)n.http.requests, "malformed",
                     (json_int_t)n.http.refused, "too_slow", (json_int_t)n.http.timed_out,
                     "deliveries", (json_int_t)n.deliveries, "challenges", (json_int_t)n.challenges,
                     "refused", (json_int_t)n.refused, "unknown", (json_int_t)n.unknown,
                     "overflowed", (json_int_t)n.overflowed);
}
