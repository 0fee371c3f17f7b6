/* The tree as JSON and back: the canonical form that is hashed and kept. */
#include "config/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Only as JSON itself would write it: 007 and +1 stay text. */
static bool is_integer(const char *text, int64_t *ret_value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] == '\0' || (digits[0] == '0' && (digits[1] != '\0' || digits != text)) ||
        digits[strspn(digits, "0123456789")] != '\0')
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return false;
    *ret_value = value;
    return true;
}

static json_t *scalar_to_json(const Node *node)
{
    int64_t integer;
    if (node->plain) {
        if (node_is_null(node))
            return json_null();
        if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
            return json_boolean(node->text[0] == 't');
        if (is_integer(node->text, &integer))
            return json_integer(integer);
    }
    return json_string(node->text);
}

json_t *node_to_json(const Node *node)
{
    if (node->kind == NODE_SCALAR)
        return scalar_to_json(node);
    json_t *json = node->kind == NODE_LIST ? json_array() : json_object();
    for (const Node *child = node->first; child; child = child->next) {
        if (node->kind == NODE_LIST)
            json_array_append_new(json, node_to_json(child));
        else
            json_object_set_new(json, child->key, node_to_json(child));
    }
    return json;
}

static const char *scalar_of(const json_t *json, Arena *arena)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        return arena_strdup(arena, json_string_value(json));
    case JSON_INTEGER:
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    case JSON_REAL: {
        char buffer[G_ASCII_DTOSTR_BUF_SIZE];
        return arena_strdup(arena, g_ascii_dtostr(buffer, sizeof buffer, json_real_value(json)));
    }
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}

static Node *convert(const json_t *json, DiagPlace place, Arena *arena);

static void add_child(Node *parent, Node **last, Node *child)
{
    if (*last)
        (*last)->next = child;
    else
        parent->first = child;
    *last = child;
    parent->n++;
}

static Node *convert(const json_t *json, DiagPlace place, Arena *arena)
{
    Node *node = arena_new0(arena, Node, 1), *last = NULL;
    node->place = place;
    node->text_offset = -1;
    if (json_is_array(json)) {
        node->kind = NODE_LIST;
        for (size_t i = 0; i < json_array_size(json); i++)
            add_child(node, &last, convert(json_array_get(json, i), place, arena));
    } else if (json_is_object(json)) {
        const char *key;
        json_t *value;
        node->kind = NODE_MAP;
        json_object_foreach((json_t *)json, key, value)
        {
            Node *child = convert(value, place, arena);
            child->key = arena_strdup(arena, key);
            child->key_place = place;
            add_child(node, &last, child);
        }
    } else {
        node->kind = NODE_SCALAR;
        node->text = scalar_of(json, arena);
        node->plain = !json_is_string(json);
    }
    return node;
}

const Node *node_from_json(const json_t *json, const char *file, Arena *arena)
{
    return convert(json, (DiagPlace){g_intern_string(file), 0, 0}, arena);
}
