/* A flat JSON object read where it lies, without a tree: for millions of events that our own plugins write. It knows only
 * the plain forms; whatever is anything else is "odd", and the caller takes json_parse, which knows all and says what is wrong. */
#ifndef DUNHUB_BASE_JSON_SCAN_H
#define DUNHUB_BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { SCAN_STRING, SCAN_INTEGER, SCAN_TRUE, SCAN_FALSE, SCAN_NULL, SCAN_OBJECT } ScanKind;

typedef struct {
    ScanKind kind;
    const char *p; /* STRING: without its quotes, printable ASCII or valid UTF-8, no escapes; OBJECT: with its braces */
    size_t n;
    int64_t integer;
} ScanValue;

typedef struct {
    const char *p, *end;
    bool any; /* a member was read */
} JsonScan;

typedef enum { SCAN_MEMBER, SCAN_END, SCAN_ODD } ScanStep;

/* False: it does not begin as an object does. */
bool json_scan_begin(JsonScan *ret_scan, const char *bytes, size_t n);
/* The next member; END: the object is complete and nothing follows it. Nested objects are found, not looked into. */
ScanStep json_scan_next(JsonScan *scan, ScanValue *ret_name, ScanValue *ret_value);
bool json_scan_is(const ScanValue *value, const char *text);

#endif
