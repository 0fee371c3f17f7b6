/* From the tree to structs, by tables of keys. Every finding of a map is reported, not the first.
 */
#include "config/tree.h"

#include "base/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *key_type_name(KeyType type)
{
    static const char *const names[] = {
        [KEY_TEXT] = "a text",
        [KEY_NAME] = "a name (letters, digits, '_', '-', '.')",
        [KEY_BOOL] = "true or false",
        [KEY_INT] = "a whole number",
        [KEY_DATE] = "a date such as 2026-07-01",
        [KEY_MINUTE] = "a time of day such as \"09:00\"",
        [KEY_ZONE] = "a time zone such as America/Chicago",
        [KEY_CURRENCY] = "a currency such as USD",
        [KEY_DURATION] = "a duration such as 30s, 5m, 36h or 2d",
        [KEY_CHOICE] = "one of its words",
        [KEY_AMOUNT] = "a whole number of minor units (cents)",
        [KEY_TEXTS] = "a list of texts",
        [KEY_DATES] = "a list of dates",
        [KEY_NODE] = "a section",
    };
    return names[type];
}

static bool wrong_type(const Node *value, const Key *key, Diags *diags)
{
    if (value->plain)
        diags_add(diags, "C032", value->place, "'%s' must be %s, not '%s'", key->name,
                  key_type_name(key->type), value->text);
    else
        diags_add(diags, "C032", value->place, "'%s' must be %s, not the text \"%s\"", key->name,
                  key_type_name(key->type), value->text);
    return false;
}

static bool in_range(const Node *value, const Key *key, int64_t number, Diags *diags)
{
    if ((key->least == 0 && key->most == 0) || (number >= key->least && number <= key->most))
        return true;
    if (key->most == INT64_MAX)
        diags_add(diags, "C033", value->place, "'%s' must be at least %" PRId64 ", not %s",
                  key->name, key->least, value->text);
    else
        diags_add(diags, "C033", value->place,
                  "'%s' must be between %" PRId64 " and %" PRId64 ", not %s", key->name, key->least,
                  key->most, value->text);
    return false;
}

static bool parse_integer(const char *text, int64_t *ret_value)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    if (text[sign] == '\0' || text[sign + strspn(text + sign, "0123456789")] != '\0')
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    *ret_value = value;
    return errno == 0;
}

static bool read_integer(const Node *value, const Key *key, Diags *diags, int64_t *ret_value)
{
    int64_t number;
    if (!value->plain || !parse_integer(value->text, &number)) {
        if (!value->plain && parse_integer(value->text, &number)) {
            diags_add(diags, "C032", value->place,
                      "'%s' must be %s, not the text \"%s\"; remove the quotes", key->name,
                      key_type_name(key->type), value->text);
            return false;
        }
        return wrong_type(value, key, diags);
    }
    if (!in_range(value, key, number, diags))
        return false;
    *ret_value = number;
    return true;
}

static bool read_bool(const Node *value, const Key *key, Diags *diags, bool *ret_value)
{
    bool is_true = strcmp(value->text, "true") == 0;
    if (!value->plain || (!is_true && strcmp(value->text, "false") != 0))
        return wrong_type(value, key, diags);
    *ret_value = is_true;
    return true;
}

static bool read_duration(const Node *value, const Key *key, Diags *diags, int64_t *ret_value)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {
        {"ms", 1}, {"s", 1000}, {"m", INSTANT_MINUTE}, {"h", INSTANT_HOUR}, {"d", INSTANT_DAY}};
    size_t digits = strspn(value->text, "0123456789");
    g_autofree char *number_text = g_strndup(value->text, digits);
    int64_t number, product;
    if (!parse_integer(number_text, &number))
        return wrong_type(value, key, diags);
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(value->text + digits, units[i].unit) != 0)
            continue;
        if (__builtin_mul_overflow(number, units[i].ms, &product))
            return wrong_type(value, key, diags);
        bool any = key->least == 0 && key->most == 0;
        if (!any && (product < key->least || product > key->most)) {
            diags_add(diags, "C033", value->place,
                      "'%s' must be between %" PRId64 " and %" PRId64 " milliseconds, not %s",
                      key->name, key->least, key->most, value->text);
            return false;
        }
        *ret_value = product;
        return true;
    }
    return wrong_type(value, key, diags);
}

static bool read_choice(const Node *value, const Key *key, Diags *diags, int *ret_value)
{
    for (int i = 0; key->choices[i]; i++) {
        if (strcmp(key->choices[i], value->text) == 0) {
            *ret_value = i;
            return true;
        }
    }
    g_autofree char *allowed = g_strjoinv(", ", (char **)key->choices);
    const char *near = diag_nearest(value->text, key->choices);
    if (near)
        diags_add(diags, "C036", value->place,
                  "'%s' must be one of %s, not '%s', did you mean '%s'?", key->name, allowed,
                  value->text, near);
    else
        diags_add(diags, "C036", value->place, "'%s' must be one of %s, not '%s'", key->name,
                  allowed, value->text);
    return false;
}

static bool read_currency(const Node *value, const Key *key, Diags *diags, Currency *ret_value)
{
    if (currency_parse(value->text, ret_value, NULL))
        return true;
    diags_add(diags, "C038", value->place,
              "'%s' must be an ISO 4217 currency code such as USD, not '%s'", key->name,
              value->text);
    return false;
}

static bool read_zone(const Node *value, const Key *key, Diags *diags, const Zone **ret_value)
{
    const Zone *zone = zone_get(value->text, NULL);
    if (!zone) {
        diags_add(diags, "C032", value->place,
                  "'%s' must be %s; the time zone database has no '%s'", key->name,
                  key_type_name(key->type), value->text);
        return false;
    }
    *ret_value = zone;
    return true;
}

static bool read_text(const Node *value, const Key *key, Arena *arena, Diags *diags,
                      const char **ret_value)
{
    if (key->flags & KEY_SECRET && reference_parse(value->text, arena, NULL) == REFERENCE_NONE) {
        diags_add(diags, "C035", value->place,
                  "'%s' is a secret: refer to it as ${file:/path}, ${credential:name} or "
                  "${env:NAME}, do not write it here",
                  key->name);
        return false;
    }
    if (key->type == KEY_NAME && !text_is_name(value->text, 64))
        return wrong_type(value, key, diags);
    *ret_value = arena_strdup(arena, value->text);
    return true;
}

static bool must_be(const Node *value, const Key *key, NodeKind kind, Diags *diags)
{
    if (value->kind == kind)
        return true;
    diags_add(diags, "C030", value->place, "'%s' must be %s, not %s", key->name,
              kind == NODE_SCALAR ? key_type_name(key->type) : node_kind_name(kind),
              node_kind_name(value->kind));
    return false;
}

static bool read_texts(const Node *value, const Key *key, Arena *arena, Diags *diags,
                       const char *const **ret_value)
{
    bool single = value->kind == NODE_SCALAR;
    if (!single && !must_be(value, key, NODE_LIST, diags))
        return false;
    size_t n = single ? 1 : value->n, i = 0;
    const char **texts = arena_new0(arena, const char *, n + 1);
    bool good = true;
    for (const Node *item = single ? value : value->first; item && i < n; item = item->next, i++) {
        if (item->kind != NODE_SCALAR) {
            diags_add(diags, "C030", item->place, "'%s' must be a list of texts; this is %s",
                      key->name, node_kind_name(item->kind));
            good = false;
        } else {
            texts[i] = arena_strdup(arena, item->text);
        }
    }
    if (good)
        *ret_value = (const char *const *)texts;
    return good;
}

static int compare_dates(const void *a, const void *b)
{
    Date x = *(const Date *)a, y = *(const Date *)b;
    return (x > y) - (x < y);
}

static bool read_date(const Node *value, const Key *key, Diags *diags, Date *ret_value)
{
    g_autoptr(GError) error = NULL;
    if (date_parse(value->text, ret_value, &error))
        return true;
    if (g_error_matches(error, DATE_ERROR, DATE_ERROR_RANGE)) {
        diags_add(diags, "C033", value->place, "'%s': there is no day '%s'", key->name,
                  value->text);
        return false;
    }
    return wrong_type(value, key, diags);
}

static bool read_dates(const Node *value, const Key *key, Arena *arena, Diags *diags,
                       DateList *ret_value)
{
    if (!must_be(value, key, NODE_LIST, diags))
        return false;
    Date *dates = arena_new0(arena, Date, value->n);
    size_t n = 0;
    bool good = true;
    Key one = *key;
    one.type = KEY_DATE;
    for (const Node *item = value->first; item; item = item->next)
        good = must_be(item, &one, NODE_SCALAR, diags) &&
               read_date(item, &one, diags, &dates[n++]) && good;
    if (!good)
        return false;
    if (n > 0)
        qsort(dates, n, sizeof *dates, compare_dates);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || dates[kept - 1] != dates[i])
            dates[kept++] = dates[i];
    *ret_value = (DateList){dates, kept};
    return true;
}

static bool read_minute(const Node *value, const Key *key, Diags *diags, int *ret_value)
{
    return minute_parse(value->text, ret_value, NULL) || wrong_type(value, key, diags);
}

bool tree_read_value(const Node *value, const Key *key, Arena *arena, Diags *diags, void *ret_field)
{
    if (key->type == KEY_NODE) {
        *(const Node **)ret_field = value;
        return true;
    }
    if (key->type == KEY_TEXTS)
        return read_texts(value, key, arena, diags, ret_field);
    if (key->type == KEY_DATES)
        return read_dates(value, key, arena, diags, ret_field);
    if (!must_be(value, key, NODE_SCALAR, diags))
        return false;
    switch (key->type) {
    case KEY_BOOL:
        return read_bool(value, key, diags, ret_field);
    case KEY_INT:
        return read_integer(value, key, diags, ret_field);
    case KEY_AMOUNT:
        if (!node_is_null(value))
            return read_integer(value, key, diags, ret_field);
        *(int64_t *)ret_field = INT64_MIN;
        return true;
    case KEY_DATE:
        return read_date(value, key, diags, ret_field);
    case KEY_MINUTE:
        return read_minute(value, key, diags, ret_field);
    case KEY_ZONE:
        return read_zone(value, key, diags, ret_field);
    case KEY_CURRENCY:
        return read_currency(value, key, diags, ret_field);
    case KEY_DURATION:
        return read_duration(value, key, diags, ret_field);
    case KEY_CHOICE:
        return read_choice(value, key, diags, ret_field);
    default:
        return read_text(value, key, arena, diags, ret_field);
    }
}

static bool report_unknown(const Node *child, const Key *keys, size_t n_keys, Diags *diags)
{
    g_autofree const char **names = g_new0(const char *, n_keys + 1);
    for (size_t i = 0; i < n_keys; i++)
        names[i] = keys[i].name;
    const char *near = diag_nearest(child->key, names);
    if (near) {
        diags_add(diags, "C031", child->key_place, "unknown key '%s', did you mean '%s'?",
                  child->key, near);
        return false;
    }
    g_autofree char *known = g_strjoinv(", ", (char **)names);
    diags_add(diags, "C031", child->key_place, "unknown key '%s'; known here: %s", child->key,
              known);
    return false;
}

static const Key *find_key(const Key *keys, size_t n_keys, const char *name)
{
    for (size_t i = 0; i < n_keys; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool apply_default(const Key *key, Arena *arena, Diags *diags, void *ret_struct)
{
    Node written = {
        .kind = NODE_SCALAR, .plain = true, .text = key->default_text, .text_offset = -1};
    return tree_read_value(&written, key, arena, diags, (char *)ret_struct + key->offset);
}

static bool read_map(const Node *map, const Key *keys, size_t n_keys, bool defaults, Arena *arena,
                     Diags *diags, void *ret_struct)
{
    if (map->kind != NODE_MAP) {
        diags_add(diags, "C030", map->place, "'%s' must be a map, not %s",
                  map->key ? map->key : "this entry", node_kind_name(map->kind));
        return false;
    }
    bool good = true;
    for (const Node *child = map->first; child; child = child->next)
        if (!find_key(keys, n_keys, child->key))
            good = report_unknown(child, keys, n_keys, diags);
    for (size_t i = 0; i < n_keys; i++) {
        const Key *key = &keys[i];
        const Node *value = node_get(map, key->name);
        if (value && (!node_is_null(value) || key->type == KEY_AMOUNT)) {
            good =
                tree_read_value(value, key, arena, diags, (char *)ret_struct + key->offset) && good;
        } else if (key->flags & KEY_REQUIRED) {
            diags_add(diags, "C034", value ? value->key_place : map->place,
                      value ? "'%s' is empty" : "'%s' is missing", key->name);
            good = false;
        } else if (key->default_text && defaults) {
            good = apply_default(key, arena, diags, ret_struct) && good;
        }
    }
    return good;
}

bool tree_read(const Node *map, const Key *keys, size_t n_keys, Arena *arena, Diags *diags,
               void *ret_struct)
{
    return read_map(map, keys, n_keys, true, arena, diags, ret_struct);
}

bool tree_read_over(const Node *map, const Key *keys, size_t n_keys, Arena *arena, Diags *diags,
                    void *ret_struct)
{
    return read_map(map, keys, n_keys, false, arena, diags, ret_struct);
}

ReferenceKind reference_parse(const char *text, Arena *arena, const char **ret_name)
{
    static const struct {
        const char *prefix;
        ReferenceKind kind;
    } kinds[] = {{"${file:", REFERENCE_FILE},
                 {"${env:", REFERENCE_ENV},
                 {"${credential:", REFERENCE_CREDENTIAL}};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!g_str_has_prefix(text, kinds[i].prefix))
            continue;
        const char *name = text + strlen(kinds[i].prefix);
        size_t length = strcspn(name, "}");
        if (length == 0 || name[length] != '}' || name[length + 1] != '\0')
            return REFERENCE_NONE;
        if (ret_name)
            *ret_name = arena_strndup(arena, name, length);
        return kinds[i].kind;
    }
    return REFERENCE_NONE;
}
