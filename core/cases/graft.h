/* New trees out of old ones: what a case overrides laid over the defaults of its file, the
 * configuration a case stands for. Nodes keep the place they were written at, so that a finding of
 * the loader points into the case file. */
#ifndef DUNHUB_CASES_GRAFT_H
#define DUNHUB_CASES_GRAFT_H

#include "config/tree.h"

Node *graft_map(Arena *arena, DiagPlace place);
Node *graft_list(Arena *arena, DiagPlace place);
Node *graft_scalar(Arena *arena, DiagPlace place, const char *text, bool plain);
/* A copy of `value` under `key`, in place of what stood there; the copy is returned. */
Node *graft_put(Arena *arena, Node *map, const char *key, const Node *value);
/* Copies value under key if value is not NULL. */
void graft_take(Arena *arena, Node *map, const char *key, const Node *value);
void graft_put_text(Arena *arena, Node *map, const char *key, const char *text);
void graft_put_int(Arena *arena, Node *map, const char *key, int64_t value);
void graft_put_bool(Arena *arena, Node *map, const char *key, bool value);
Node *graft_append(Arena *arena, Node *list, const Node *value);
void graft_append_text(Arena *arena, Node *list, const char *text);
/* A new map: base with the keys of `over` replaced or added. Either may be NULL, or no map (then it
 * adds nothing: whoever read it has said so). */
Node *graft_overlay(Arena *arena, const Node *base, const Node *over);

#endif
