#include "http/select.h"

#include "base/json.h"

#include <string.h>

enum { PAIRS_MAX = 1000 };

struct HttpView {
    const HttpRequest *request;
    GArray *form, *query; /* HttpPair; NULL: not read yet */
    json_t *json;
    bool json_read;
};

HttpView *http_view_new(const HttpRequest *request)
{
    HttpView *view = g_new0(HttpView, 1);
    view->request = request;
    return view;
}

void http_view_free(HttpView *view)
{
    if (!view)
        return;
    if (view->form)
        g_array_unref(view->form);
    if (view->query)
        g_array_unref(view->query);
    json_decref(view->json);
    g_free(view);
}

const HttpRequest *http_view_request(const HttpView *view)
{
    return view->request;
}

/* ---- pairs -----------------------------------------------------------------------------------
 */

static void clear_pair(void *data)
{
    HttpPair *pair = data;
    g_free(pair->name);
    g_free(pair->value);
}

static void add_pair(GArray *pairs, const char *text, size_t n)
{
    const char *equals = memchr(text, '=', n);
    size_t n_name = equals ? (size_t)(equals - text) : n;
    HttpPair pair = {http_decode(text, n_name, true), NULL};
    pair.value = equals ? http_decode(equals + 1, n - n_name - 1, true) : g_strdup("");
    if (pair.name && pair.value)
        g_array_append_val(pairs, pair);
    else
        clear_pair(&pair);
}

/* Pairs that are not well formed are left out: a signature over them does not fit then. */
static GArray *read_pairs(const char *text, size_t n)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(HttpPair));
    g_array_set_clear_func(pairs, clear_pair);
    for (size_t at = 0; at < n && pairs->len < PAIRS_MAX;) {
        const char *end = memchr(text + at, '&', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at;
        if (length)
            add_pair(pairs, text + at, length);
        at += length + 1;
    }
    return pairs;
}

static bool is_form(const HttpRequest *request)
{
    static const char type[] = "application/x-www-form-urlencoded";
    const char *given = http_header(request, "Content-Type");
    return given && g_ascii_strncasecmp(given, type, sizeof type - 1) == 0;
}

const GArray *http_view_form(HttpView *view)
{
    const HttpRequest *request = view->request;
    if (!view->form)
        view->form = read_pairs(request->body, is_form(request) ? request->body_bytes : 0);
    return view->form;
}

static const GArray *query_of(HttpView *view)
{
    const char *query = view->request->query;
    if (!view->query)
        view->query = read_pairs(query, query ? strlen(query) : 0);
    return view->query;
}

/* ---- JSON ------------------------------------------------------------------------------------
 */

const json_t *http_view_json(HttpView *view)
{
    const HttpRequest *request = view->request;
    if (!view->json_read)
        view->json = json_parse(request->body, request->body_bytes, request->body_bytes, NULL);
    view->json_read = true;
    return view->json;
}

static const json_t *step_into(const json_t *value, const char *word)
{
    char *end = NULL;
    if (!json_is_array(value))
        return json_object_get(value, word);
    uint64_t place = g_ascii_strtoull(word, &end, 10);
    return *word && !*end ? json_array_get(value, place) : NULL;
}

static const json_t *json_at(const json_t *value, const char *pointer)
{
    g_auto(GStrv) words = g_strsplit(pointer, "/", 64);
    for (size_t i = 1; words[0] && words[i] && value; i++) {
        g_auto(GStrv) slashes = g_strsplit(words[i], "~1", -1);
        g_autofree char *slashed = g_strjoinv("/", slashes);
        g_auto(GStrv) tildes = g_strsplit(slashed, "~0", -1);
        g_autofree char *word = g_strjoinv("~", tildes);
        value = step_into(value, word);
    }
    return value;
}

static char *scalar_text(const json_t *value)
{
    if (json_is_string(value))
        return g_strdup(json_string_value(value));
    if (json_is_integer(value))
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_boolean(value))
        return g_strdup(json_is_true(value) ? "true" : "false");
    return NULL;
}

/* ---- selecting -------------------------------------------------------------------------------
 */

static void select_header(HttpView *view, const char *name, GPtrArray *found)
{
    const HttpRequest *request = view->request;
    size_t n = strlen(name);
    bool begins = n && name[n - 1] == '*';
    for (size_t i = 0; i < request->n_headers; i++) {
        const HttpField *field = &request->headers[i];
        bool fits = begins ? g_ascii_strncasecmp(field->name, name, n - 1) == 0
                           : g_ascii_strcasecmp(field->name, name) == 0;
        if (fits)
            g_ptr_array_add(found, g_strdup(field->value));
    }
}

static void select_piece(const char *value, const char *piece, size_t n, GPtrArray *found)
{
    g_auto(GStrv) pieces = g_strsplit(value, ",", 64);
    for (size_t i = 0; pieces[i]; i++) {
        const char *text = g_strstrip(pieces[i]);
        if (strncmp(text, piece, n) == 0 && text[n] == '=')
            g_ptr_array_add(found, g_strdup(text + n + 1));
    }
}

static void select_header_or_piece(HttpView *view, const char *name, GPtrArray *found)
{
    const char *bracket = strchr(name, '[');
    if (!bracket) {
        select_header(view, name, found);
        return;
    }
    g_autofree char *whole = g_strndup(name, (size_t)(bracket - name));
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    select_header(view, whole, values);
    for (guint i = 0; i < values->len; i++)
        select_piece(values->pdata[i], bracket + 1, strlen(bracket + 1) - 1, found);
}

static void select_pairs(const GArray *pairs, const char *name, GPtrArray *found)
{
    for (guint i = 0; i < pairs->len; i++) {
        const HttpPair *pair = &g_array_index(pairs, HttpPair, i);
        if (strcmp(pair->name, name) == 0)
            g_ptr_array_add(found, g_strdup(pair->value));
    }
}

static void select_query(HttpView *view, const char *name, GPtrArray *found)
{
    select_pairs(query_of(view), name, found);
}

static void select_form(HttpView *view, const char *name, GPtrArray *found)
{
    select_pairs(http_view_form(view), name, found);
}

static void select_json(HttpView *view, const char *pointer, GPtrArray *found)
{
    char *text = scalar_text(json_at(http_view_json(view), pointer));
    if (text)
        g_ptr_array_add(found, text);
}

static void select_method(HttpView *view, const char *name, GPtrArray *found)
{
    (void)name;
    g_ptr_array_add(found, g_strdup(view->request->method));
}

typedef void (*Select)(HttpView *view, const char *name, GPtrArray *found);

static const struct {
    const char *prefix;
    Select select;
} kinds[] = {
    {"header:", select_header_or_piece},
    {"query:", select_query},
    {"form:", select_form},
    {"json:", select_json},
    {"method", select_method},
};

static Select kind_of(const char *selector, const char **ret_name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_has_prefix(selector, kinds[i].prefix))
            continue;
        *ret_name = selector + strlen(kinds[i].prefix);
        return kinds[i].select;
    }
    return NULL;
}

bool selector_valid(const char *selector)
{
    const char *name = NULL;
    Select select = kind_of(selector, &name);
    if (!select)
        return false;
    if (select == select_method)
        return !*name;
    const char *bracket = strchr(name, '[');
    bool closed = !bracket || (select == select_header_or_piece && bracket > name &&
                               bracket[1] != ']' && g_str_has_suffix(bracket, "]"));
    return select == select_json ? *name == '/' : *name && closed;
}

GPtrArray *selector_all(HttpView *view, const char *selector)
{
    GPtrArray *found = g_ptr_array_new_with_free_func(g_free);
    const char *name = NULL;
    Select select = kind_of(selector, &name);
    if (select)
        select(view, name, found);
    return found;
}

char *selector_one(HttpView *view, const char *selector)
{
    g_autoptr(GPtrArray) found = selector_all(view, selector);
    return found->len ? g_strdup(found->pdata[0]) : NULL;
}
