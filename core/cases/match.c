#include "cases/match.h"

#include <string.h>

#include "cases/shape.h"

static bool match_scalar(const Node *wanted, const json_t *seen)
{
    if (seen == NULL || json_is_null(seen))
        return node_is_null(wanted);
    if (node_is_null(wanted))
        return false;
    if (json_is_string(seen))
        return strcmp(json_string_value(seen), wanted->text) == 0;
    if (json_is_boolean(seen))
        return strcmp(json_is_true(seen) ? "true" : "false", wanted->text) == 0;
    if (!json_is_integer(seen))
        return false;
    gint64 value;
    return g_ascii_string_to_signed(wanted->text, 10, G_MININT64 + 1, G_MAXINT64, &value, NULL) &&
           value == json_integer_value(seen);
}

bool match_value(const Node *wanted, const json_t *seen)
{
    if (wanted->kind == NODE_SCALAR)
        return match_scalar(wanted, seen);
    if (wanted->kind == NODE_MAP) {
        if (!json_is_object(seen))
            return false;
        for (const Node *item = wanted->first; item != NULL; item = item->next)
            if (!match_value(item, json_object_get(seen, item->key)))
                return false;
        return true;
    }
    if (!json_is_array(seen) || json_array_size(seen) != wanted->n)
        return false;
    size_t i = 0;
    for (const Node *item = wanted->first; item != NULL; item = item->next)
        if (!match_value(item, json_array_get(seen, i++)))
            return false;
    return true;
}

/* Lists inside an item (the invoices of a notice) are sets too. */
static bool match_item(const Node *wanted, const json_t *seen)
{
    if (wanted->kind != NODE_MAP)
        return match_value(wanted, seen);
    for (const Node *item = wanted->first; item != NULL; item = item->next) {
        const json_t *value = json_object_get(seen, item->key);
        if (item->kind == NODE_LIST ? !match_set(item, value, true) : !match_value(item, value))
            return false;
    }
    return true;
}

/* Partners are found greedily; an item with fewer keys comes last so that it does not take a better
 * one's partner. */
bool match_set(const Node *wanted, const json_t *seen, bool whole)
{
    size_t n = json_array_size(seen);
    if (!json_is_array(seen) || (whole ? n != wanted->n : n < wanted->n))
        return false;
    g_autofree bool *taken = g_new0(bool, n + 1);
    size_t most = 0;
    for (const Node *item = wanted->first; item != NULL; item = item->next)
        most = MAX(most, item->n);
    for (size_t keys = most + 1; keys-- > 0;) {
        for (const Node *item = wanted->first; item != NULL; item = item->next) {
            if (item->n != keys)
                continue;
            size_t i = 0;
            while (i < n && (taken[i] || !match_item(item, json_array_get(seen, i))))
                i++;
            if (i == n)
                return false;
            taken[i] = true;
        }
    }
    return true;
}

char *match_wanted(const Node *wanted)
{
    if (wanted->kind == NODE_SCALAR)
        return g_strdup(node_is_null(wanted) ? "null" : wanted->text);
    g_autoptr(json_t) json = node_to_json(wanted);
    return match_seen(json);
}

char *match_seen(const json_t *seen)
{
    if (seen == NULL)
        return g_strdup("nothing");
    if (json_is_string(seen))
        return g_strdup(json_string_value(seen));
    char *text = json_dumps(seen, JSON_ENCODE_ANY | JSON_COMPACT);
    char *ret = g_strdup(text != NULL ? text : "?");
    free(text);
    return ret;
}
