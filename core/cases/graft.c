#include "cases/graft.h"

#include <string.h>

static Node *new_node(Arena *arena, NodeKind kind, DiagPlace place)
{
    Node *node = arena_new0(arena, Node, 1);
    node->kind = kind;
    node->place = place;
    node->key_place = place;
    node->text_offset = -1;
    return node;
}

Node *graft_map(Arena *arena, DiagPlace place)
{
    return new_node(arena, NODE_MAP, place);
}

Node *graft_list(Arena *arena, DiagPlace place)
{
    return new_node(arena, NODE_LIST, place);
}

Node *graft_scalar(Arena *arena, DiagPlace place, const char *text, bool plain)
{
    Node *node = new_node(arena, NODE_SCALAR, place);
    node->text = arena_strdup(arena, text);
    node->plain = plain;
    return node;
}

static void append(Node *parent, Node *child)
{
    child->next = NULL;
    const Node **end = &parent->first;
    while (*end != NULL)
        end = (const Node **)&((Node *)*end)->next;
    *end = child;
    parent->n++;
}

Node *graft_put(Arena *arena, Node *map, const char *key, const Node *value)
{
    Node *copy = arena_dup(arena, value, sizeof *value);
    copy->key = arena_strdup(arena, key);
    if (value->key == NULL)
        copy->key_place = value->place;
    for (const Node **at = &map->first; *at != NULL; at = (const Node **)&((Node *)*at)->next) {
        if (strcmp((*at)->key, key) != 0)
            continue;
        copy->next = (*at)->next;
        *at = copy;
        return copy;
    }
    append(map, copy);
    return copy;
}

void graft_take(Arena *arena, Node *map, const char *key, const Node *value)
{
    if (value != NULL)
        graft_put(arena, map, key, value);
}

void graft_put_text(Arena *arena, Node *map, const char *key, const char *text)
{
    graft_put(arena, map, key, graft_scalar(arena, map->place, text, false));
}

void graft_put_int(Arena *arena, Node *map, const char *key, int64_t value)
{
    char text[32];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
    graft_put(arena, map, key, graft_scalar(arena, map->place, text, true));
}

void graft_put_bool(Arena *arena, Node *map, const char *key, bool value)
{
    graft_put(arena, map, key, graft_scalar(arena, map->place, value ? "true" : "false", true));
}

Node *graft_append(Arena *arena, Node *list, const Node *value)
{
    Node *copy = arena_dup(arena, value, sizeof *value);
    append(list, copy);
    return copy;
}

void graft_append_text(Arena *arena, Node *list, const char *text)
{
    append(list, graft_scalar(arena, list->place, text, false));
}

static const Node *members_of(const Node *node)
{
    return node != NULL && node->kind == NODE_MAP ? node->first : NULL;
}

Node *graft_overlay(Arena *arena, const Node *base, const Node *over)
{
    DiagPlace place = over != NULL ? over->place : base != NULL ? base->place : (DiagPlace){0};
    Node *map = graft_map(arena, place);
    const Node *const layers[] = {base, over};
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++)
        for (const Node *value = members_of(layers[i]); value != NULL; value = value->next)
            graft_put(arena, map, value->key, value);
    return map;
}
