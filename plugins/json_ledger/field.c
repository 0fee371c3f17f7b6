#include "field.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"

enum { DAYS_MAX = 36600 };

typedef struct {
    const char *p, *end;
} Span;

static Span trimmed(const char *p, const char *end)
{
    while (p < end && isspace((unsigned char)*p))
        p++;
    while (end > p && isspace((unsigned char)end[-1]))
        end--;
    return (Span){p, end};
}

/* ---- paths ---- */

typedef struct {
    const char *name; /* NULL: a number */
    size_t name_n;
    long index; /* negative: from the end */
} Segment;

/* "[0]", "[-1]" or "['a.b']" */
static const char *bracket(Span *path, Segment *ret)
{
    const char *close = memchr(path->p, ']', (size_t)(path->end - path->p));
    if (!close)
        return "a '[' is not closed";
    const char *from = path->p + 1;
    if (close - from >= 2 && *from == '\'' && close[-1] == '\'') {
        *ret = (Segment){from + 1, (size_t)(close - from - 2), 0};
    } else {
        char *end;
        *ret = (Segment){NULL, 0, strtol(from, &end, 10)};
        if (end != close || end == from)
            return "between '[' and ']' stands a number such as 0 or -1, or a name in single "
                   "quotes";
    }
    path->p = close + 1;
    return NULL;
}

/* Takes the first segment off the path. */
static const char *next_segment(Span *path, bool is_first, Segment *ret)
{
    if (*path->p == '[')
        return bracket(path, ret);
    path->p += !is_first && *path->p == '.';
    const char *from = path->p;
    while (path->p < path->end && *path->p != '.' && *path->p != '[')
        path->p++;
    *ret = (Segment){from, (size_t)(path->p - from), 0};
    return ret->name_n ? NULL : "a name is missing";
}

static const json_t *step_into(const json_t *value, const Segment *segment)
{
    if (segment->name)
        return json_object_getn(value, segment->name, segment->name_n);
    long n = (long)json_array_size(value),
         at = segment->index < 0 ? n + segment->index : segment->index;
    return at < 0 ? NULL : json_array_get(value, (size_t)at);
}

/* record NULL: only the form is checked. */
static const char *find(const json_t *record, Span path, const json_t **ret_value)
{
    Segment segment;
    const json_t *value = record;
    if (path.p == path.end)
        return "a path is missing";
    for (bool is_first = true; path.p < path.end; is_first = false) {
        const char *why = next_segment(&path, is_first, &segment);
        if (why)
            return why;
        value = step_into(value, &segment);
    }
    *ret_value = json_is_null(value) ? NULL : value;
    return NULL;
}

/* ---- values as texts, at the end of scratch ---- */

static const char *add(LedgerScratch *scratch, const char *text, size_t n)
{
    if (n >= scratch->size - scratch->used)
        return "its values are too long together";
    memcpy(scratch->p + scratch->used, text, n);
    scratch->used += n;
    return NULL;
}

static const char *add_scalar(LedgerScratch *scratch, const json_t *value, bool *ret_is_number)
{
    if (json_is_object(value) || json_is_array(value))
        return "it is a list or an object: name a value in it";
    if (json_is_null(value))
        return NULL;
    const char *text = json_is_true(value)    ? "true"
                       : json_is_false(value) ? "false"
                                              : json_string_value(value);
    if (!text)
        return "it is a number of too many digits";
    *ret_is_number = *text == RECORDS_NUMBER;
    text += *ret_is_number;
    return add(scratch, text, strlen(text));
}

/* A list of plain values becomes "a,b". */
static const char *add_value(LedgerScratch *scratch, const json_t *value, bool *ret_is_number)
{
    const char *why = NULL;
    if (!json_is_array(value))
        return add_scalar(scratch, value, ret_is_number);
    for (size_t i = 0; !why && i < json_array_size(value); i++) {
        why = i ? add(scratch, ",", 1) : NULL;
        why = why ? why : add_scalar(scratch, json_array_get(value, i), ret_is_number);
    }
    *ret_is_number = false;
    return why;
}

/* ---- specs ---- */

static const char *read_days(const json_t *record, Span path, int32_t *ret_days)
{
    const json_t *value = NULL;
    const char *why = find(record, trimmed(path.p, path.end), &value);
    const char *text = json_string_value(value);
    *ret_days = 0;
    if (why || !value || !text)
        return why ? why : value ? "what follows '+' is no number of days" : NULL;
    char *end;
    text += *text == RECORDS_NUMBER;
    long days = strtol(text, &end, 10);
    if (*end || end == text || labs(days) > DAYS_MAX)
        return "what follows '+' is no number of days";
    *ret_days = (int32_t)days;
    return NULL;
}

/* "path" or "path + path" */
static const char *read_one(const json_t *record, Span spec, LedgerScratch *scratch,
                            FieldValue *ret_value)
{
    const json_t *value = NULL;
    const char *plus = memchr(spec.p, '+', (size_t)(spec.end - spec.p));
    const char *why = find(record, trimmed(spec.p, plus ? plus : spec.end), &value);
    if (!why && plus)
        why = read_days(record, (Span){plus + 1, spec.end}, &ret_value->plus_days);
    return why || !value ? why : add_value(scratch, value, &ret_value->is_number);
}

static const char *read_template(const json_t *record, Span spec, LedgerScratch *scratch)
{
    size_t start = scratch->used;
    bool has_value = false, is_number;
    const char *why = NULL;
    while (!why && spec.p < spec.end) {
        const json_t *value = NULL;
        const char *open = memchr(spec.p, '{', (size_t)(spec.end - spec.p));
        why = add(scratch, spec.p, (size_t)((open ? open : spec.end) - spec.p));
        if (why || !open)
            break;
        const char *close = memchr(open, '}', (size_t)(spec.end - open));
        if (!close)
            return "a '{' is not closed";
        size_t before = scratch->used;
        why = find(record, trimmed(open + 1, close), &value);
        why = why || !value ? why : add_value(scratch, value, &is_number);
        has_value |= scratch->used > before;
        spec.p = close + 1;
    }
    if (!has_value) /* only the words around nothing */
        scratch->used = start;
    return why;
}

/* "a | b": the first that is not empty */
static const char *read_alternatives(const json_t *record, Span spec, LedgerScratch *scratch,
                                     FieldValue *ret_value)
{
    size_t start = scratch->used;
    while (scratch->used == start && spec.p <= spec.end) {
        const char *bar = memchr(spec.p, '|', (size_t)(spec.end - spec.p));
        const char *why =
            read_one(record, (Span){spec.p, bar ? bar : spec.end}, scratch, ret_value);
        if (why)
            return why;
        spec.p = bar ? bar + 1 : spec.end + 1;
    }
    return NULL;
}

const char *field_read(const json_t *record, const char *spec, LedgerScratch *scratch,
                       FieldValue *ret_value)
{
    *ret_value = (FieldValue){0};
    size_t start = scratch->used;
    const Span whole = {spec, spec + strlen(spec)};
    const char *why = strchr(spec, '{') ? read_template(record, whole, scratch)
                                        : read_alternatives(record, whole, scratch, ret_value);
    if (!why && scratch->used > start) {
        ret_value->text = scratch->p + start;
        scratch->p[scratch->used++] = 0;
    }
    return why;
}

const char *field_check(const char *spec)
{
    char room[4096];
    FieldValue value;
    LedgerScratch scratch = {room, 0, sizeof room};
    return strlen(spec) < sizeof room / 2 ? field_read(NULL, spec, &scratch, &value)
                                          : "it is too long";
}
