#include "rig.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zmq.h>

char *rig_path(const char *below)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *room = g_path_get_dirname(self);
    g_autofree char *unit = g_path_get_dirname(room);
    g_autofree char *tests = g_path_get_dirname(unit);
    g_autofree char *build = g_path_get_dirname(tests);
    return g_build_filename(build, below, NULL);
}

static void result_free(void *data)
{
    RigResult *result = data;
    g_free(result->instance);
    g_free(result->code);
    g_free(result->message);
    g_free(result->external_id);
    g_free(result->data);
    g_free(result->items);
    g_free(result);
}

static void on_result(void *data, const char *instance, const BusResult *from)
{
    Rig *rig = data;
    RigResult *result = g_new0(RigResult, 1);
    *result = (RigResult){.call = from->call,
                          .outcome = from->outcome,
                          .retry_after_ms = from->retry_after_ms,
                          .instance = g_strdup(instance),
                          .code = g_strdup(from->code),
                          .message = g_strdup(from->message),
                          .external_id = g_strdup(from->external_id),
                          .data = g_strdup(from->data),
                          .items = g_strdup(from->items),
                          .made_by_hub = from->made_by_hub};
    g_assert_null(rig_result(rig, from->call));
    g_ptr_array_add(rig->results, result);
}

static bool on_page(void *data, const char *instance, uint64_t call, const json_t *const *events,
                    size_t n_events, const char *cursor)
{
    (void)instance, (void)call;
    Rig *rig = data;
    if (rig->refuse_after > 0 && rig->pages >= rig->refuse_after) {
        return false;
    }
    for (size_t i = 0; i < n_events; i++) {
        g_assert_nonnull(json_string_value(json_object_get(events[i], "id")));
    }
    rig->pages++;
    rig->events += (unsigned)n_events;
    g_ptr_array_add(rig->cursors, g_strdup(cursor != NULL ? cursor : "-"));
    return true;
}

static bool on_state_get(void *data, const char *instance, const char *name, GBytes **ret_value,
                         uint64_t *ret_version)
{
    (void)instance;
    const Rig *rig = data;
    g_assert_cmpstr(name, ==, "token");
    if (rig->state == NULL) {
        return false;
    }
    *ret_value = g_bytes_ref(rig->state);
    *ret_version = rig->state_version;
    return true;
}

static int on_state_put(void *data, const char *instance, const char *name, const void *bytes,
                        size_t n, uint64_t expected_version)
{
    (void)instance;
    Rig *rig = data;
    g_assert_cmpstr(name, ==, "token");
    if (expected_version != rig->state_version) {
        return 1;
    }
    g_clear_pointer(&rig->state, g_bytes_unref);
    rig->state = g_bytes_new(bytes, n);
    rig->state_version++;
    return 0;
}

static void on_finding(void *data, const char *instance, uint64_t call, const char *place,
                       const char *message)
{
    (void)instance, (void)call;
    g_ptr_array_add(((Rig *)data)->findings, g_strdup_printf("%s: %s", place, message));
}

static void on_up(void *data, const char *instance)
{
    g_ptr_array_add(((Rig *)data)->ups, g_strdup(instance));
}

static void on_down(void *data, const char *instance, const char *why)
{
    g_ptr_array_add(((Rig *)data)->downs, g_strdup_printf("%s: %s", instance, why));
}

static bool on_quota_get(void *data, const char *pool, int64_t day, int64_t *ret_used)
{
    Rig *rig = data;
    g_autofree char *place = g_strdup_printf("%s@%" G_GINT64_FORMAT, pool, day);
    rig->quota_reads++;
    *ret_used = GPOINTER_TO_INT(g_hash_table_lookup(rig->quotas, place));
    return !rig->quota_fails;
}

static bool on_quota_put(void *data, const char *pool, int64_t day, int64_t used)
{
    Rig *rig = data;
    rig->quota_writes++;
    if (!rig->quota_fails) {
        g_hash_table_insert(rig->quotas, g_strdup_printf("%s@%" G_GINT64_FORMAT, pool, day),
                            GINT_TO_POINTER((int)used));
    }
    return !rig->quota_fails;
}

static void on_held(void *data, const char *instance, const char *why)
{
    g_ptr_array_add(((Rig *)data)->helds,
                    g_strdup_printf("%s: %s", instance, why != NULL ? why : "goes on"));
}

static Rig *open_rig(const char *plugins, const char *publish)
{
    Rig *rig = g_new0(Rig, 1);
    virtual_clock_init(&rig->clock, 0);
    g_autoptr(GError) error = NULL;
    g_autofree char *host = rig_path("dunhub-host");
    rig->run_dir = g_dir_make_tmp("dunhub-bus-XXXXXX", &error);
    g_assert_no_error(error);
    rig->results = g_ptr_array_new_with_free_func(result_free);
    rig->cursors = g_ptr_array_new_with_free_func(g_free);
    rig->findings = g_ptr_array_new_with_free_func(g_free);
    rig->downs = g_ptr_array_new_with_free_func(g_free);
    rig->ups = g_ptr_array_new_with_free_func(g_free);
    rig->helds = g_ptr_array_new_with_free_func(g_free);
    rig->quotas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const BusEvents events = {rig,          on_result,    on_page, on_state_get,
                              on_state_put, on_finding,   on_up,   on_down,
                              on_quota_get, on_quota_put, on_held};
    rig->bus = bus_new(rig->run_dir, plugins, host, publish, &rig->clock.clock, &events, &error);
    g_assert_no_error(error);
    return rig;
}

Rig *rig_new(const char *publish)
{
    g_autofree char *plugins = rig_path("tests/plugins");
    return open_rig(plugins, publish);
}

Rig *rig_new_with(const char *plugin_dir)
{
    return open_rig(plugin_dir, NULL);
}

void rig_free(Rig *rig)
{
    bus_free(rig->bus);
    g_assert_cmpint(g_rmdir(rig->run_dir), ==, 0); /* nothing is left in it */
    g_free(rig->run_dir);
    g_ptr_array_unref(rig->results);
    g_ptr_array_unref(rig->cursors);
    g_ptr_array_unref(rig->findings);
    g_ptr_array_unref(rig->downs);
    g_ptr_array_unref(rig->ups);
    g_ptr_array_unref(rig->helds);
    g_hash_table_unref(rig->quotas);
    g_clear_pointer(&rig->state, g_bytes_unref);
    g_free(rig);
}

void rig_add(Rig *rig, const char *name, const char *plugin, int isolate, const char *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) parsed = options != NULL ? json_loads(options, 0, NULL) : NULL;
    InstanceConfig config = {name, plugin, isolate, parsed, NULL, false};
    g_assert_true(bus_add(rig->bus, &config, &error));
    g_assert_no_error(error);
}

void rig_advance(Rig *rig, int64_t ms)
{
    virtual_clock_set(&rig->clock, rig->clock.instant + ms);
}

void rig_turn(Rig *rig)
{
    zmq_pollitem_t items[4];
    int n = (int)bus_poll_items(rig->bus, items, G_N_ELEMENTS(items));
    /* The clock stands still, so a short wait is only there for a bus that asks to be turned soon.
     */
    zmq_poll(items, n, (long)MIN(bus_wait_ms(rig->bus), 50));
    bus_turn(rig->bus);
}

static int64_t patience(void)
{
    return g_get_monotonic_time() / 1000 + RIG_PATIENCE_MS;
}

static void check_patience(const Rig *rig, int64_t until, const char *what)
{
    if (g_get_monotonic_time() / 1000 > until) {
        const char *last =
            rig->downs->len > 0 ? g_ptr_array_index(rig->downs, rig->downs->len - 1) : "";
        g_error("waited in vain for %s; %s", what, last);
    }
}

void rig_wait_up(Rig *rig, const char *name)
{
    int64_t until = patience();
    while (strcmp(rig_status(rig, name).state, "up") != 0) {
        rig_turn(rig);
        check_patience(rig, until, name);
    }
}

void rig_wait_downs(Rig *rig, unsigned n)
{
    int64_t until = patience();
    while (rig->downs->len < n) {
        rig_turn(rig);
        check_patience(rig, until, "a host to end");
    }
}

void rig_wait_results(Rig *rig, unsigned n)
{
    int64_t until = patience();
    while (rig->results->len < n) {
        rig_turn(rig);
        check_patience(rig, until, "results");
    }
}

void rig_send(Rig *rig, const char *name, uint64_t id, int kind, const char *verb,
              const char *input)
{
    g_autoptr(GError) error = NULL;
    BusCall call = {.id = id, .kind = kind, .verb = verb, .key = "key-1", .input = input};
    g_assert_true(bus_send(rig->bus, name, &call, &error));
    g_assert_no_error(error);
}

const RigResult *rig_result(const Rig *rig, uint64_t id)
{
    for (guint i = 0; i < rig->results->len; i++) {
        const RigResult *result = g_ptr_array_index(rig->results, i);
        if (result->call == id) {
            return result;
        }
    }
    return NULL;
}

const RigResult *rig_call(Rig *rig, const char *name, uint64_t id, int kind, const char *verb,
                          const char *input)
{
    rig_send(rig, name, id, kind, verb, input);
    int64_t until = patience();
    while (rig_result(rig, id) == NULL) {
        rig_turn(rig);
        check_patience(rig, until, verb);
    }
    return rig_result(rig, id);
}

BusStatus rig_status(const Rig *rig, const char *name)
{
    BusStatus rows[16];
    size_t n = bus_status(rig->bus, rows, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rows[i].instance, name) == 0) {
            return rows[i];
        }
    }
    return (BusStatus){.instance = name, .state = "gone"};
}
