#include "base/json_scan.h"

#include <string.h>

#include "base/text.h"

enum { DIGITS_MAX = 18, DEPTH_MAX = 8 };

static void skip_blanks(JsonScan *scan)
{
    while (scan->p < scan->end &&
           (*scan->p == ' ' || *scan->p == '\n' || *scan->p == '\t' || *scan->p == '\r'))
        scan->p++;
}

static bool take(JsonScan *scan, char sign)
{
    skip_blanks(scan);
    if (scan->p == scan->end || *scan->p != sign)
        return false;
    scan->p++;
    return true;
}

static bool take_string(JsonScan *scan, ScanValue *ret)
{
    if (!take(scan, '"'))
        return false;
    const char *start = scan->p;
    unsigned char all = 0;
    while (scan->p < scan->end && *scan->p != '"') {
        unsigned char c = (unsigned char)*scan->p++;
        if (c < 0x20 || c == '\\' || c == 0x7f)
            return false;
        all |= c;
    }
    if (scan->p == scan->end)
        return false;
    *ret = (ScanValue){SCAN_STRING, start, (size_t)(scan->p - start), 0};
    scan->p++;
    return all < 0x80 || text_is_clean(start, ret->n);
}

static bool take_integer(JsonScan *scan, ScanValue *ret)
{
    bool negative = *scan->p == '-';
    scan->p += negative;
    const char *start = scan->p;
    int64_t value = 0;
    while (scan->p < scan->end && *scan->p >= '0' && *scan->p <= '9' &&
           scan->p - start < DIGITS_MAX)
        value = value * 10 + (*scan->p++ - '0');
    bool ends = scan->p < scan->end && (*scan->p == ',' || *scan->p == '}' || *scan->p == ' ');
    bool plain = scan->p > start && (*start != '0' || scan->p - start == 1);
    *ret = (ScanValue){.kind = SCAN_INTEGER, .integer = negative ? -value : value};
    return ends && plain;
}

static bool take_word(JsonScan *scan, const char *word, ScanKind kind, ScanValue *ret)
{
    size_t n = strlen(word);
    if ((size_t)(scan->end - scan->p) < n || memcmp(scan->p, word, n) != 0)
        return false;
    scan->p += n;
    *ret = (ScanValue){.kind = kind};
    return true;
}

/* Its members are looked at when it is read itself. */
static bool take_object(JsonScan *scan, ScanValue *ret)
{
    const char *start = scan->p;
    int depth = 0;
    while (scan->p < scan->end) {
        ScanValue text;
        if (*scan->p == '"') {
            if (!take_string(scan, &text))
                return false;
            continue;
        }
        char c = *scan->p++;
        depth += c == '{';
        depth -= c == '}';
        if (c == '[' || depth > DEPTH_MAX)
            return false;
        if (depth == 0) {
            *ret = (ScanValue){SCAN_OBJECT, start, (size_t)(scan->p - start), 0};
            return true;
        }
    }
    return false;
}

static bool take_value(JsonScan *scan, ScanValue *ret)
{
    skip_blanks(scan);
    if (scan->p == scan->end)
        return false;
    switch (*scan->p) {
    case '"':
        return take_string(scan, ret);
    case '{':
        return take_object(scan, ret);
    case 't':
        return take_word(scan, "true", SCAN_TRUE, ret);
    case 'f':
        return take_word(scan, "false", SCAN_FALSE, ret);
    case 'n':
        return take_word(scan, "null", SCAN_NULL, ret);
    default:
        return take_integer(scan, ret);
    }
}

bool json_scan_begin(JsonScan *ret_scan, const char *bytes, size_t n)
{
    *ret_scan = (JsonScan){bytes, bytes + n, false};
    return take(ret_scan, '{');
}

ScanStep json_scan_next(JsonScan *scan, ScanValue *ret_name, ScanValue *ret_value)
{
    if (take(scan, '}')) {
        skip_blanks(scan);
        return scan->p == scan->end ? SCAN_END : SCAN_ODD;
    }
    if (scan->any && !take(scan, ','))
        return SCAN_ODD;
    scan->any = true;
    return take_string(scan, ret_name) && take(scan, ':') && take_value(scan, ret_value)
               ? SCAN_MEMBER
               : SCAN_ODD;
}

bool json_scan_is(const ScanValue *value, const char *text)
{
    size_t n = strlen(text);
    return value->kind == SCAN_STRING && value->n == n && memcmp(value->p, text, n) == 0;
}
