/* YAML as a marked tree: every node knows its file, line and column to the end. Refused with a diagnostic: tags, anchors
 * and aliases, depth over 64, a second document, duplicate or non-scalar keys. Scalars stay text until a schema types them. */
#ifndef DUNHUB_CONFIG_TREE_H
#define DUNHUB_CONFIG_TREE_H

#include "base/arena.h"
#include "base/date.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/money.h"
#include "base/zone.h"

typedef enum { NODE_SCALAR, NODE_LIST, NODE_MAP } NodeKind;

typedef struct Node Node;
struct Node {
    NodeKind kind;
    DiagPlace place;
    bool plain;        /* scalar: written without quotes */
    int text_offset;   /* scalar on one line: columns from place to the first character of text (1 if quoted), else -1 */
    const char *text;  /* scalar */
    const Node *first; /* list: items; map: values, in order of the file */
    const Node *next;  /* sibling */
    const char *key;   /* in a map */
    DiagPlace key_place;
    size_t n;          /* children */
};

#define TREE_MAX_BYTES (4 * 1024 * 1024) /* of one file */
#define TREE_MAX_DEPTH 64
#define TREE_MAX_FILES 1000

/* NULL (and diagnostics) if the text is no YAML we take. An empty document is an empty map. Nodes live in the arena. */
const Node *tree_parse(const char *text, size_t n, const char *file, Arena *arena, Diags *diags);
const Node *tree_parse_file(const char *path, Arena *arena, Diags *diags);
/* conf.d/ *.yaml in file-name order, merged: maps merge by key, a scalar or list that is given twice is an error that names both places. */
const Node *tree_parse_dir(const char *dir, Arena *arena, Diags *diags);

const Node *node_get(const Node *map, const char *key); /* NULL: absent */
bool node_is_null(const Node *node); /* written as nothing, null or ~ */
/* "a list", "a map", "a single value": for findings. */
const char *node_kind_name(NodeKind kind);
/* The tree as JSON (scalars as text; plain null, true, false, integers typed): the canonical form that is hashed. New reference. */
json_t *node_to_json(const Node *node);
/* Back from stored canonical JSON (places unknown): old versions load through the same code. */
const Node *node_from_json(const json_t *json, const char *file, Arena *arena);

/* A section declared as data: each room has such a table for what it reads. */
typedef enum {
    KEY_TEXT, KEY_NAME, KEY_BOOL, KEY_INT /* int64_t */, KEY_DATE, KEY_MINUTE /* "09:00" -> int */, KEY_ZONE /* const Zone * */, KEY_CURRENCY,
    KEY_DURATION /* "36h" "5m" "30s" "2d" -> int64_t ms */, KEY_CHOICE /* int */, KEY_AMOUNT /* int64_t minor units, integer; null: INT64_MIN */,
    KEY_TEXTS /* const char *const *, NULL-ended; one text counts as a list of one */, KEY_DATES /* DateList, ascending, each once */, KEY_NODE /* const Node *: the room reads it itself */,
} KeyType;
typedef enum { KEY_REQUIRED = 1, KEY_SECRET = 2 /* must be a ${…} reference */ } KeyFlags;
typedef struct { const Date *dates; size_t n; } DateList;
typedef struct {
    const char *name;
    KeyType type;
    size_t offset;
    unsigned flags;
    const char *const *choices;
    int64_t least, most;      /* INT, AMOUNT, DURATION; both 0: any */
    const char *default_text; /* of a single value, as one would write it; NULL none: the struct's own value stays */
    const char *doc;          /* one sentence with units; goes to docs/reference/configuration.md */
} Key;
/* Fills ret_struct (already holding defaults) from the map; unknown keys (with "did you mean"), wrong types and missing
 * required keys become diagnostics. Returns false if there was any. */
bool tree_read(const Node *map, const Key *keys, size_t n_keys, Arena *arena, Diags *diags, void *ret_struct);
/* The same for overrides: absent keys leave the struct as it is, defaults are not applied. */
bool tree_read_over(const Node *map, const Key *keys, size_t n_keys, Arena *arena, Diags *diags, void *ret_struct);
/* One value against one key; ret_field is the field itself. */
bool tree_read_value(const Node *value, const Key *key, Arena *arena, Diags *diags, void *ret_field);
/* What a type takes, in words: "whole number", "true or false" … for findings and the reference. */
const char *key_type_name(KeyType type);

/* ${file:PATH} ${env:NAME} ${credential:NAME}: how a secret is referred to. */
typedef enum { REFERENCE_NONE, REFERENCE_FILE, REFERENCE_ENV, REFERENCE_CREDENTIAL } ReferenceKind;
/* The whole text must be one reference; *ret_name (may be NULL) is its inner part, in the arena. */
ReferenceKind reference_parse(const char *text, Arena *arena, const char **ret_name);

/* Where a scalar's text begins, if columns inside it can be told; else its own place and *ret_exact false. */
DiagPlace node_text_place(const Node *scalar, bool *ret_exact);

#endif
