/* The vocabulary of case files (format delinquency-cases/1) as data: which keys a map may have and
 * what stands in them. Everything that is not in the table is an error of the runner, with its
 * place and the nearest known word. */
#ifndef DUNHUB_CASES_SHAPE_H
#define DUNHUB_CASES_SHAPE_H

#include "config/tree.h"

/* Fields: "key:type" separated by blanks, "key?:type" when it may be absent. A type is one of text
 * int date time minute zone currency bool any, "=a|b" one of these words, "@shape" a map of that
 * shape; then any of "[]" a list of it, "[2]" a list of two, "{}" a map with it in every value, "!"
 * may be null. */
typedef struct {
    const char *name;
    const char *fields;
} Shape;

extern const Shape case_shapes[];
extern const size_t n_case_shapes;

/* Checks a node against the named shape; findings go to diags. False if there was any. */
bool shape_check(const Node *node, const char *shape, Diags *diags);
/* The shape of an event's verb is named "do " and the verb. NULL-ended list of all verbs, for "did
 * you mean". */
const char *const *shape_verbs(void);

/* Reading of checked nodes. Absent or null: NULL, fallback, DATE_NONE. */
const char *node_text(const Node *map, const char *key);
int64_t node_int(const Node *map, const char *key, int64_t fallback);
bool node_bool(const Node *map, const char *key, bool fallback);
Date node_date(const Node *map, const char *key);
/* true if `word` stands in the list. */
bool node_list_has(const Node *list, const char *word);

#endif
