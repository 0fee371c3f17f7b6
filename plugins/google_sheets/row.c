#include "row.h"

#include <string.h>

#define KEY_TITLE "dunhub_key"
enum { CELL_MAX_CHARACTERS = 5000 };

/* Where a column of that name is looked for, in this order. */
static const struct {
    const char *name, *path;
} known[] = {
    {"date", "/today"},
    {"customer", "/customer/name"},
    {"email", "/customer/email"},
    {"phone", "/customer/phone"},
    {"external_id", "/customer/external_id"},
    {"segment", "/customer/segment"},
    {"step", "/case/step"},
    {"status", "/case/status"},
    {"currency", "/case/currency"},
    {"days_overdue", "/case/days_overdue"},
};

/* Amounts are minor units in the case: a sheet shows them in the currency's own. */
static json_t *amount(const json_t *input, const char *name)
{
    const char *currency = dunhub_at_text(input, "/case/currency");
    const json_t *minor = json_object_get(json_object_get(input, "case"), name);
    return currency && json_is_integer(minor)
               ? dunhub_money_json(json_integer_value(minor), currency)
               : NULL;
}

/* New reference; NULL: the act has no such value. */
static json_t *find(const json_t *input, const char *name)
{
    const json_t *own = json_object_get(json_object_get(input, "row"), name);
    const json_t *plain = json_object_get(input, name);
    if (!own && !json_is_object(plain) && !json_is_array(plain))
        own = plain;
    for (size_t i = 0; !own && i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            own = dunhub_at(input, known[i].path);
    if (own)
        return json_incref((json_t *)(uintptr_t)own);
    return strcmp(name, "overdue") == 0 || strcmp(name, "balance") == 0 ? amount(input, name)
                                                                        : NULL;
}

/* Objects and lists are refused by the platform: as their JSON. Consumes value. */
static json_t *cell(const DunhubTask *task, json_t *value)
{
    if (!value)
        return json_string("");
    const char *text = json_string_value(value);
    char *dumped = NULL;
    if (json_is_object(value) || json_is_array(value))
        text = dumped = json_dumps(value, JSON_COMPACT);
    if (!text)
        return value;
    json_t *kept = json_string(dunhub_shorten(task, text, CELL_MAX_CHARACTERS));
    free(dumped);
    json_decref(value);
    return kept;
}

json_t *row_values(const DunhubTask *task, const json_t *columns, const json_t *input,
                   const char *key)
{
    json_t *values = json_array();
    json_array_append_new(values, json_string(key));
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *name = json_string_value(json_array_get(columns, i));
        json_array_append_new(values, cell(task, name ? find(input, name) : NULL));
    }
    return values;
}

json_t *row_cells(const json_t *values)
{
    json_t *cells = json_array();
    for (size_t i = 0; i < json_array_size(values); i++) {
        json_t *value = json_array_get(values, i);
        const char *kind = json_is_number(value)    ? "numberValue"
                           : json_is_boolean(value) ? "boolValue"
                                                    : "stringValue";
        json_array_append_new(cells, json_pack("{s:{s:O}}", "userEnteredValue", kind, value));
    }
    return json_pack("{s:o}", "values", cells);
}

json_t *row_titles(const json_t *columns)
{
    json_t *titles = json_array();
    json_array_append_new(titles, json_string(KEY_TITLE));
    json_array_extend(titles, (json_t *)(uintptr_t)columns);
    return titles;
}
