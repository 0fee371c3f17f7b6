#include "base/json.h"

#include <string.h>

G_DEFINE_QUARK(json_error_quark, json_error)

enum { JSON_DEEPEST = 64 };

/* jansson would go 2,048 deep. Brackets outside of texts are counted before it sees the bytes. */
static bool check_depth(const char *bytes, size_t n, GError **error)
{
    int depth = 0, line = 1;
    bool in_text = false;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (c == '\n')
            line++;
        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '[' || c == '{'))
            depth++;
        else if (!in_text && (c == ']' || c == '}'))
            depth--;
        if (depth > JSON_DEEPEST) {
            g_set_error(error, JSON_ERROR, JSON_ERROR_LIMIT,
                        "JSON line %d: nested deeper than %d; flatten the document", line,
                        JSON_DEEPEST);
            return false;
        }
    }
    return true;
}

json_t *json_parse(const char *bytes, size_t n, size_t max, GError **error)
{
    if (n > max) {
        g_set_error(error, JSON_ERROR, JSON_ERROR_LIMIT,
                    "JSON of %zu bytes: at most %zu are taken; send it in smaller parts", n, max);
        return NULL;
    }
    if (!check_depth(bytes, n, error))
        return NULL;
    json_error_t where;
    json_t *json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
    if (json == NULL)
        g_set_error(error, JSON_ERROR, JSON_ERROR_SYNTAX, "JSON line %d, column %d: %s", where.line,
                    where.column, where.text);
    return json;
}

static int append(const char *bytes, size_t n, void *string)
{
    g_string_append_len(string, bytes, (gssize)n);
    return 0;
}

char *json_canonical(const json_t *json)
{
    g_autoptr(GString) text = g_string_sized_new(256);
    int failed =
        json_dump_callback(json, append, text, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    g_assert(failed == 0);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
