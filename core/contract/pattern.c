#include "contract/pattern.h"

#include <string.h>

#include "base/json.h"

#define ANY "{any}"
enum { SHOWN_MAX = 300 };

/* ---- words -------------------------------------------------------------------------------- */

char *pattern_fill(const char *text, const PatternWords *words)
{
    const struct {
        const char *name, *value;
    } rows[] = {
        {"{server}", words->server}, {"{elsewhere}", words->elsewhere}, {"{key}", words->key}};
    GString *filled = g_string_new(text);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].value != NULL)
            g_string_replace(filled, rows[i].name, rows[i].value, 0);
    return g_string_free(filled, FALSE);
}

json_t *pattern_fill_json(const json_t *json, const PatternWords *words)
{
    if (json_is_string(json)) {
        g_autofree char *text = pattern_fill(json_string_value(json), words);
        return json_string(text);
    }
    if (json_is_array(json)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(json); i++)
            json_array_append_new(list, pattern_fill_json(json_array_get(json, i), words));
        return list;
    }
    if (!json_is_object(json))
        return json_deep_copy(json);
    json_t *object = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)json, name, value)
    {
        g_autofree char *filled = pattern_fill(name, words);
        json_object_set_new(object, filled, pattern_fill_json(value, words));
    }
    return object;
}

/* ---- fitting ------------------------------------------------------------------------------ */

bool pattern_fits(const char *pattern, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(pattern, ANY, -1);
    guint n = g_strv_length(parts);
    if (n <= 1)
        return strcmp(pattern, text) == 0;
    const char *last = parts[n - 1];
    if (!g_str_has_prefix(text, parts[0]))
        return false;
    text += strlen(parts[0]);
    for (guint i = 1; i + 1 < n; i++) {
        const char *at = strstr(text, parts[i]);
        if (at == NULL)
            return false;
        text = at + strlen(parts[i]);
    }
    return g_str_has_suffix(text, last);
}

static char *shown(const json_t *json)
{
    g_autofree char *text = json != NULL
                                ? json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS)
                                : g_strdup("nothing");
    return strlen(text) > SHOWN_MAX ? g_strdup_printf("%.*s…", SHOWN_MAX, text) : g_strdup(text);
}

static char *unlike(const char *place, const json_t *expected, const json_t *actual)
{
    g_autofree char *a = shown(expected), *b = shown(actual);
    return *place != '\0' ? g_strdup_printf("at %s: %s is expected, %s came", place, a, b)
                          : g_strdup_printf("%s is expected, %s came", a, b);
}

static char *differs(const char *place, const json_t *expected, const json_t *actual);

static char *list_differs(const char *place, const json_t *expected, const json_t *actual)
{
    if (json_array_size(expected) != json_array_size(actual))
        return unlike(place, expected, actual);
    for (size_t i = 0; i < json_array_size(expected); i++) {
        g_autofree char *at = g_strdup_printf("%s/%zu", place, i);
        char *found = differs(at, json_array_get(expected, i), json_array_get(actual, i));
        if (found != NULL)
            return found;
    }
    return NULL;
}

static char *object_differs(const char *place, const json_t *expected, const json_t *actual)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)expected, name, value)
    {
        g_autofree char *at = g_strdup_printf("%s/%s", place, name);
        char *found = differs(at, value, json_object_get(actual, name));
        if (found != NULL)
            return found;
    }
    json_object_foreach((json_t *)actual, name, value)
    {
        g_autofree char *at = g_strdup_printf("%s/%s", place, name);
        if (json_object_get(expected, name) == NULL)
            return unlike(at, NULL, value);
    }
    return NULL;
}

static char *differs(const char *place, const json_t *expected, const json_t *actual)
{
    if (json_is_array(expected) && json_is_array(actual))
        return list_differs(place, expected, actual);
    if (json_is_object(expected) && json_is_object(actual))
        return object_differs(place, expected, actual);
    const char *text = json_string_value(expected);
    bool good = text != NULL && strcmp(text, ANY) == 0 ? actual != NULL
                : json_is_string(expected) && json_is_string(actual)
                    ? pattern_fits(json_string_value(expected), json_string_value(actual))
                : json_is_number(expected) && json_is_number(actual)
                    ? !(json_number_value(expected) < json_number_value(actual)) &&
                          !(json_number_value(expected) > json_number_value(actual))
                    : json_equal(expected, actual);
    return good ? NULL : unlike(place, expected, actual);
}

char *pattern_difference(const json_t *expected, const json_t *actual)
{
    return differs("", expected, actual);
}

/* ---- requests ----------------------------------------------------------------------------- */

static void add_value(json_t *form, const char *name, const char *value)
{
    json_t *before = json_object_get(form, name);
    if (json_is_array(before))
        json_array_append_new(before, json_string(value));
    else if (before != NULL)
        json_object_set_new(form, name, json_pack("[O,s]", before, value));
    else
        json_object_set_new(form, name, json_string(value));
}

json_t *form_read(const char *text)
{
    GUriParamsIter iter;
    g_autoptr(GError) error = NULL;
    char *name, *value;
    json_t *form = json_object();
    g_uri_params_iter_init(&iter, text, -1, "&", G_URI_PARAMS_WWW_FORM);
    while (*text != '\0' && g_uri_params_iter_next(&iter, &name, &value, &error)) {
        add_value(form, name, value);
        g_free(name);
        g_free(value);
    }
    if (error == NULL)
        return form;
    json_decref(form);
    return NULL;
}

static char *text_differs(const char *what, const char *expected, const char *actual,
                          const PatternWords *words)
{
    g_autofree char *filled = expected != NULL ? pattern_fill(expected, words) : NULL;
    return filled == NULL || pattern_fits(filled, actual)
               ? NULL
               : g_strdup_printf("%s: '%s' is expected, '%s' came", what, filled, actual);
}

static char *headers_differ(const json_t *expected, const MimicRequest *actual,
                            const PatternWords *words)
{
    g_autoptr(json_t) filled = pattern_fill_json(expected, words);
    const char *name;
    json_t *value;
    json_object_foreach(filled, name, value)
    {
        g_autofree char *lower = g_ascii_strdown(name, -1);
        const json_t *came = json_object_get(actual->headers, lower);
        g_autofree char *found =
            json_is_null(value) && came == NULL ? NULL : pattern_difference(value, came);
        if (found != NULL)
            return g_strdup_printf("header %s: %s", name, found);
    }
    return NULL;
}

static char *json_differs(const char *what, const json_t *expected, json_t *actual,
                          const PatternWords *words)
{
    g_autoptr(json_t) came = actual;
    g_autoptr(json_t) filled = pattern_fill_json(expected, words);
    g_autofree char *found =
        came != NULL ? pattern_difference(filled, came) : g_strdup("it cannot be read");
    return found != NULL ? g_strdup_printf("%s %s", what, found) : NULL;
}

static char *body_text(const MimicRequest *request)
{
    gsize n;
    const char *bytes = g_bytes_get_data(request->body, &n);
    return g_strndup(bytes != NULL ? bytes : "", n);
}

char *request_difference(const RequestPattern *expected, const MimicRequest *actual,
                         const PatternWords *words)
{
    g_autofree char *body = body_text(actual);
    char *found = text_differs("method", expected->method, actual->method, words);
    if (found == NULL)
        found = text_differs("path", expected->path, actual->path, words);
    if (found == NULL && expected->query != NULL)
        found = json_differs("query", expected->query, form_read(actual->query), words);
    if (found == NULL)
        found = headers_differ(expected->headers, actual, words);
    if (found == NULL && expected->form != NULL)
        found = json_differs("form", expected->form, form_read(body), words);
    if (found == NULL && expected->json != NULL)
        found =
            json_differs("JSON", expected->json,
                         json_loads(body, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL), words);
    return found != NULL ? found : text_differs("body", expected->body, body, words);
}
