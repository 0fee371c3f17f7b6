#include "host/call.h"

#include <string.h>

static GBytes *text_of(const json_t *value)
{
    if (json_is_string(value)) {
        return g_bytes_new(json_string_value(value), json_string_length(value));
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

GHashTable *options_resolve(const Contract *contract, const json_t *configured,
                            const char *instance, GError **error)
{
    g_autoptr(GHashTable) options =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_bytes_unref);
    for (uint32_t i = 0; i < contract->plugin.n_options; i++) {
        const DunhubOption *option = &contract->options[i];
        const json_t *value = json_object_get(configured, option->name);
        if (value != NULL && !json_is_null(value)) {
            g_hash_table_insert(options, (char *)(uintptr_t)option->name, text_of(value));
        } else if (option->fallback != NULL) {
            g_hash_table_insert(options, (char *)(uintptr_t)option->name,
                                g_bytes_new(option->fallback, strlen(option->fallback)));
        } else if ((option->flags & DUNHUB_OPTION_REQUIRED) != 0) {
            g_set_error(error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
                        "instance '%s' has no option '%s', which plugin '%s' needs: set it under "
                        "instances.%s.options",
                        instance, option->name, contract->plugin.name, instance);
            return NULL;
        }
    }
    return g_steal_pointer(&options);
}
