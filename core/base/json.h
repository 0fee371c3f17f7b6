/* jansson with a memory of places: accessors that say what was missing, and one canonical form for hashing. */
#ifndef DUNHUB_BASE_JSON_H
#define DUNHUB_BASE_JSON_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

typedef enum { JSON_ERROR_SYNTAX, JSON_ERROR_MISSING, JSON_ERROR_TYPE, JSON_ERROR_LIMIT } JsonError;
GQuark json_error_quark(void);
#define JSON_ERROR json_error_quark()

/* At most max bytes, depth 64, no duplicate keys. Errors carry line and column. */
json_t *json_parse(const char *bytes, size_t n, size_t max, GError **error);
/* Sorted keys, no spaces, UTF-8 as is: equal documents give equal bytes. Caller frees with g_free. */
char *json_canonical(const json_t *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

#endif
