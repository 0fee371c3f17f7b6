#include "wire/start.h"

#include <string.h>

GBytes *wire_start_write(const WireStart *start, GError **error)
{
    json_t *json = json_pack("{ss ss ss ss sI sO sO*}", "instance", start->instance, "plugin",
                             start->plugin, "endpoint", start->endpoint, "token", start->token,
                             "hub_pid", (json_int_t)start->hub_pid, "options", start->options,
                             "private", start->private_paths);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (text == NULL || strlen(text) > WIRE_START_MAX) {
        free(text);
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_LIMIT,
                    "the options of '%s' are not UTF-8 text or take more than %u bytes",
                    start->instance, WIRE_START_MAX);
        return NULL;
    }
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

static bool all_absolute(const json_t *paths)
{
    size_t i;
    json_t *path;
    bool all = paths == NULL || json_is_array(paths);
    json_array_foreach(paths, i, path) all =
        all && json_is_string(path) && json_string_value(path)[0] == '/';
    return all;
}

bool wire_start_read(const void *bytes, size_t n, WireStart *ret_start, GError **error)
{
    json_t *json = wire_json(bytes, n, WIRE_START_MAX, WIRE_JSON_DEPTH, error);
    const char *instance, *plugin, *endpoint, *token;
    json_t *options, *private_paths = NULL;
    json_int_t hub_pid;
    bool good = json != NULL &&
                json_unpack(json, "{ss ss ss ss sI so s?o}", "instance", &instance, "plugin",
                            &plugin, "endpoint", &endpoint, "token", &token, "hub_pid", &hub_pid,
                            "options", &options, "private", &private_paths) == 0 &&
                json_is_object(options) && all_absolute(private_paths);
    if (good) {
        *ret_start = (WireStart){g_strdup(instance),        g_strdup(plugin), g_strdup(endpoint),
                                 g_strdup(token),           (int64_t)hub_pid, json_incref(options),
                                 json_incref(private_paths)};
    } else if (json != NULL) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_HEAD,
                    "what the hub handed over is not the start of a host");
    }
    json_decref(json);
    return good;
}

void wire_start_clear(WireStart *start)
{
    g_clear_pointer(&start->instance, g_free);
    g_clear_pointer(&start->plugin, g_free);
    g_clear_pointer(&start->endpoint, g_free);
    g_clear_pointer(&start->token, g_free);
    g_clear_pointer(&start->options, json_decref);
    g_clear_pointer(&start->private_paths, json_decref);
}
