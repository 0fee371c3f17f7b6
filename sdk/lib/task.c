/* Options, input and results of one call. */
#include "dunhub/sdk.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX_BYTES 1000

char *dunhub_text(const DunhubTask *task, DunhubBytes bytes)
{
    if (!bytes.p || memchr(bytes.p, 0, bytes.n))
        return NULL;
    char *text = task->host->alloc(task->call, bytes.n + 1);
    if (text)
        memcpy(text, bytes.p, bytes.n);
    return text;
}

static char *format_list(const DunhubTask *task, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));
static char *format_list(const DunhubTask *task, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = n < 0 ? NULL : task->host->alloc(task->call, (size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, list);
    return text;
}

char *dunhub_format(const DunhubTask *task, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = format_list(task, format, list);
    va_end(list);
    return text;
}

static DunhubBytes bytes_of(const char *text)
{
    return text ? (DunhubBytes){text, strlen(text)} : (DunhubBytes){0};
}

char *dunhub_verb(const DunhubTask *task)
{
    return dunhub_text(task, task->host->verb(task->call));
}

char *dunhub_key(const DunhubTask *task)
{
    return dunhub_text(task, task->host->key(task->call));
}

void dunhub_log(const DunhubTask *task, int level, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *text = format_list(task, format, list);
    va_end(list);
    if (text)
        task->host->log(task->call, level,
                        bytes_of(dunhub_one_line(task, text, MESSAGE_MAX_BYTES)));
}

void dunhub_finding(const DunhubTask *task, const char *place, const char *format, ...)
{
    char text[MESSAGE_MAX_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    /* No call memory: a file may have a million bad rows. */
    size_t n = strlen(text);
    while (n && !dunhub_utf8(text, n))
        n--;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = ' ';
    task->host->finding(task->call, bytes_of(place), (DunhubBytes){text, n});
}

/* ---- options ---- */

const char *dunhub_option(const DunhubTask *task, const char *name)
{
    const char *text = dunhub_text(task, task->host->option(task->call, name));
    return text && *text ? text : NULL;
}

int64_t dunhub_option_int(const DunhubTask *task, const char *name, int64_t absent)
{
    const char *text = dunhub_option(task, name);
    if (!text)
        return absent;
    char *end;
    long long value = strtoll(text, &end, 10);
    return *end ? absent : value;
}

bool dunhub_option_bool(const DunhubTask *task, const char *name)
{
    const char *text = dunhub_option(task, name);
    return text && strcmp(text, "true") == 0;
}

static json_t *split_list(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        const char *end = strchrnul(text, ',');
        const char *from = text, *to = end;
        while (from < to && isspace((unsigned char)*from))
            from++;
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
        if (to > from)
            json_array_append_new(list, json_stringn(from, (size_t)(to - from)));
        text = *end ? end + 1 : end;
    }
    return list;
}

json_t *dunhub_option_json(const DunhubTask *task, const char *name)
{
    const char *text = dunhub_option(task, name);
    if (!text)
        return NULL;
    if (*text != '[' && *text != '{')
        return split_list(text);
    return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
}

/* ---- input ---- */

json_t *dunhub_input(const DunhubTask *task)
{
    DunhubBytes bytes = task->host->input(task->call);
    json_error_t error = {0};
    json_t *input = json_loadb(bytes.p ? bytes.p : "", bytes.n, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(input))
        return input;
    if (input)
        dunhub_permanent(task, "input", "the input is no JSON object: give {\"name\": value, ...}");
    else
        dunhub_permanent(task, "input", "the input is no JSON: %s (line %d, column %d)", error.text,
                         error.line, error.column);
    json_decref(input);
    return NULL;
}

const char *dunhub_find_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

bool dunhub_need_text(const DunhubTask *task, const json_t *object, const char *name,
                      const char **ret_text)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (text && *text) {
        *ret_text = text;
        return true;
    }
    const char *verb = dunhub_verb(task);
    dunhub_permanent(task, "input", "%s needs '%s': it %s", verb ? verb : "the action", name,
                     !value || json_is_null(value) ? "is missing in the input"
                     : text                        ? "is empty"
                                                   : "is no text");
    return false;
}

/* ---- results ---- */

static void set_result(const DunhubTask *task, DunhubOutcome outcome, const char *code,
                       const char *message)
{
    DunhubResult *result = task->result;
    result->outcome = (int32_t)outcome;
    result->retry_after_ms = 0;
    result->code = bytes_of(code ? dunhub_format(task, "%s", code) : NULL);
    result->message = bytes_of(message ? dunhub_one_line(task, message, MESSAGE_MAX_BYTES) : NULL);
    result->external_id = result->data = (DunhubBytes){0};
}

void dunhub_ok(const DunhubTask *task, const char *external_id)
{
    set_result(task, DUNHUB_OK, NULL, NULL);
    task->result->external_id =
        bytes_of(external_id ? dunhub_format(task, "%s", external_id) : NULL);
}

void dunhub_ok_data(const DunhubTask *task, const char *external_id, const json_t *data)
{
    dunhub_ok(task, external_id);
    char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;
    task->result->data = bytes_of(text ? dunhub_format(task, "%s", text) : NULL);
    free(text);
}

#define SET_RESULT(outcome, code)                                                                  \
    va_list list;                                                                                  \
    va_start(list, format);                                                                        \
    const char *message = format_list(task, format, list);                                         \
    va_end(list);                                                                                  \
    set_result(task, outcome, code, message)

void dunhub_retry(const DunhubTask *task, int64_t after_ms, const char *code, const char *format,
                  ...)
{
    SET_RESULT(DUNHUB_RETRY, code);
    task->result->retry_after_ms = after_ms;
}

void dunhub_permanent(const DunhubTask *task, const char *code, const char *format, ...)
{
    SET_RESULT(DUNHUB_PERMANENT, code);
}

void dunhub_auth(const DunhubTask *task, const char *code, const char *format, ...)
{
    SET_RESULT(DUNHUB_AUTH, code);
}

void dunhub_uncertain(const DunhubTask *task, const char *code, const char *format, ...)
{
    SET_RESULT(DUNHUB_UNCERTAIN, code);
}

void dunhub_absent(const DunhubTask *task, const char *format, ...)
{
    SET_RESULT(DUNHUB_ABSENT, NULL);
}
