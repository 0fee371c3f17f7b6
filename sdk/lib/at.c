/* JSON by path, and amounts in it. */
#include "dunhub/platform.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_MAX_BYTES 200

/* One segment of an RFC 6901 pointer, unescaped. False: too long, or '~' without 0 or 1. */
static bool read_segment(const char **path, char ret[SEGMENT_MAX_BYTES])
{
    size_t n = 0;
    const char *p = *path + 1;
    for (; *p && *p != '/'; p++) {
        char c = *p;
        if (c == '~') {
            p++;
            if (*p != '0' && *p != '1')
                return false;
            c = *p == '0' ? '~' : '/';
        }
        if (n + 1 >= SEGMENT_MAX_BYTES)
            return false;
        ret[n++] = c;
    }
    ret[n] = 0;
    *path = p;
    return true;
}

static const json_t *step(const json_t *node, const char *segment)
{
    if (json_is_object(node))
        return json_object_get(node, segment);
    char *end;
    unsigned long i = strtoul(segment, &end, 10);
    bool is_index = *segment >= '0' && *segment <= '9' && !*end;
    return json_is_array(node) && is_index ? json_array_get(node, i) : NULL;
}

const json_t *dunhub_at(const json_t *root, const char *path)
{
    char segment[SEGMENT_MAX_BYTES];
    while (root && *path == '/') {
        if (!read_segment(&path, segment))
            return NULL;
        root = step(root, segment);
    }
    return *path ? NULL : root;
}

const char *dunhub_at_text(const json_t *root, const char *path)
{
    return json_string_value(dunhub_at(root, path));
}

const char *dunhub_at_any(const DunhubTask *task, const json_t *root, const char *path)
{
    const json_t *value = dunhub_at(root, path);
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        return dunhub_format(task, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_real(value))
        return dunhub_format(task, "%.15g", json_real_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return NULL;
}

int64_t dunhub_at_int(const json_t *root, const char *path, int64_t absent)
{
    const json_t *value = dunhub_at(root, path);
    if (json_is_integer(value))
        return json_integer_value(value);
    const char *text = json_string_value(value);
    if (!text || !*text)
        return absent;
    char *end;
    long long number = strtoll(text, &end, 10);
    return *end ? absent : number;
}

bool dunhub_at_bool(const json_t *root, const char *path)
{
    const json_t *value = dunhub_at(root, path);
    const char *text = json_string_value(value);
    return json_is_true(value) || (text && strcmp(text, "true") == 0);
}

bool dunhub_need_at(const DunhubTask *task, const DunhubAction *action, const json_t *root,
                    const char *path, const char **ret_text)
{
    const char *text = dunhub_at_any(task, root, path);
    if (text && *text) {
        *ret_text = text;
        return true;
    }
    if (dunhub_repeat_is_harmless(action))
        dunhub_retry(task, 0, "answer", "the answer lacks '%s'; it is asked again", path);
    else
        dunhub_uncertain(task, "answer",
                         "the answer lacks '%s': it may have been done, look there first", path);
    return false;
}

/* ---- amounts ---- */

/* A JSON number lost its text: it is rounded to the currency's places, where a double is exact up to 2^53. */
static const char *from_real(double value, const char *currency, int64_t *ret_minor)
{
    int exponent = dunhub_currency_exponent(currency);
    if (exponent < 0)
        return "the currency is none of ISO 4217";
    double minor = value * pow(10, exponent);
    if (!isfinite(minor) || fabs(minor) > 9007199254740992.0)
        return "the amount is too large";
    if (fabs(minor - round(minor)) > 0.01)
        return "the amount has more places than its currency";
    *ret_minor = llround(minor);
    return NULL;
}

const char *dunhub_at_money(const json_t *root, const char *path, const char *currency,
                            int64_t *ret_minor)
{
    const json_t *value = dunhub_at(root, path);
    if (json_is_string(value))
        return dunhub_money_parse(json_string_value(value), currency, '.', 0, ret_minor);
    if (json_is_integer(value)) {
        char text[32];
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return dunhub_money_parse(text, currency, '.', 0, ret_minor);
    }
    if (json_is_real(value))
        return from_real(json_real_value(value), currency, ret_minor);
    return "there is no amount";
}

json_t *dunhub_money_json(int64_t minor, const char *currency)
{
    char text[32];
    return json_loads(dunhub_money_format(minor, currency, text), JSON_DECODE_ANY, NULL);
}
