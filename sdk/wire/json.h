/* JSON as the wire needs it: checked in one pass without building anything, and built only where it is read. */
#ifndef DUNHUB_WIRE_JSON_H
#define DUNHUB_WIRE_JSON_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A member to look for in the outermost object. */
typedef struct {
    const char *name;
    const char *p; /* its value as it stands in the document; NULL: not there */
    size_t n;
} WireMember;

/* Is it one document of RFC 8259 in UTF-8, of at most max bytes, that depth, and beginning with `first` ('{' or '[')?
 * Members are found by their name as written without escapes; one that comes twice is refused. */
bool wire_json_scan(const void *bytes, size_t n, size_t max, int depth, char first, WireMember *members,
                    size_t n_members, GError **error);

/* The text of a scanned string value (with its quotes); caller frees with g_free. */
char *wire_json_text(const WireMember *member);
bool wire_json_is_text(const WireMember *member);
/* A whole number within int64. */
bool wire_json_integer(const WireMember *member, int64_t *ret_value);
/* Appends text, which is UTF-8, as a JSON string. */
void wire_json_quote(GString *json, const char *text, size_t n);

/* One JSON object or array of at most max bytes and that depth, no duplicate keys; new reference. */
json_t *wire_json(const void *bytes, size_t n, size_t max, int depth, GError **error);

#endif
