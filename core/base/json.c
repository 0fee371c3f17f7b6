#include "base/json.h"

#include <stdlib.h>
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

/* ---- the canonical form: the bytes that jansson writes, without its look at every code point ---- */

static void put_escape(GString *out, char c)
{
    static const char named[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                    {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++) {
        if (named[i][0] == c) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, named[i][1]);
            return;
        }
    }
    g_string_append_printf(out, "\\u%04X", (unsigned)(unsigned char)c);
}

static bool is_escaped(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_text(GString *out, const char *text, size_t n)
{
    g_string_append_c(out, '"');
    for (size_t from = 0, at = 0; from < n; from = ++at) {
        while (at < n && !is_escaped(text[at]))
            at++;
        g_string_append_len(out, text + from, (gssize)(at - from));
        if (at < n)
            put_escape(out, text[at]);
    }
    g_string_append_c(out, '"');
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_value(GString *out, const json_t *json);

static void put_object(GString *out, const json_t *json)
{
    size_t n = json_object_size(json), i = 0;
    g_autofree const char **keys = g_new(const char *, n + 1);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) keys[i++] = key;
    qsort(keys, n, sizeof *keys, compare_keys);
    g_string_append_c(out, '{');
    for (i = 0; i < n; i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        put_text(out, keys[i], strlen(keys[i]));
        g_string_append_c(out, ':');
        put_value(out, json_object_get(json, keys[i]));
    }
    g_string_append_c(out, '}');
}

static void put_array(GString *out, const json_t *json)
{
    g_string_append_c(out, '[');
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        put_value(out, json_array_get(json, i));
    }
    g_string_append_c(out, ']');
}

/* How reals are written is jansson's own affair. */
static void put_real(GString *out, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    g_assert(text != NULL);
    g_string_append(out, text);
    free(text);
}

static void put_value(GString *out, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        put_object(out, json);
        return;
    case JSON_ARRAY:
        put_array(out, json);
        return;
    case JSON_STRING:
        put_text(out, json_string_value(json), json_string_length(json));
        return;
    case JSON_INTEGER:
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
        return;
    case JSON_REAL:
        put_real(out, json);
        return;
    case JSON_TRUE:
        g_string_append(out, "true");
        return;
    case JSON_FALSE:
        g_string_append(out, "false");
        return;
    case JSON_NULL:
        g_string_append(out, "null");
    }
}

char *json_canonical(const json_t *json)
{
    g_autoptr(GString) text = g_string_sized_new(256);
    put_value(text, json);
    return g_string_free(g_steal_pointer(&text), FALSE);
}
