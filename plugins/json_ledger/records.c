#include "records.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_AHEAD_BYTES = 65536, NUMBER_MAX = 64, NAME_SHOWN = 60 };

bool records_init(Records *ret_records, int fd, size_t record_max)
{
    *ret_records = (Records){.fd = fd, .text_max = record_max, .line = 1};
    ret_records->buffer = malloc(READ_AHEAD_BYTES);
    ret_records->text = malloc(record_max + NUMBER_MAX);
    return ret_records->buffer && ret_records->text;
}

void records_done(Records *records)
{
    free(records->buffer);
    free(records->text);
}

static RecordsOutcome say(Records *r, RecordsOutcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static RecordsOutcome say(Records *r, RecordsOutcome outcome, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(r->why, sizeof r->why, format, list);
    va_end(list);
    return r->error ? RECORDS_FAILED : outcome;
}

/* ---- bytes ---- */

/* -1: the end, or error is set. */
static int peek(Records *r)
{
    if (r->at == r->filled && !r->error) {
        ssize_t got;
        do
            got = read(r->fd, r->buffer, READ_AHEAD_BYTES);
        while (got < 0 && errno == EINTR);
        r->error = got < 0 ? errno : 0;
        r->at = 0;
        r->filled = got > 0 ? (size_t)got : 0;
    }
    return r->at < r->filled ? (unsigned char)r->buffer[r->at] : -1;
}

static int take(Records *r)
{
    int c = peek(r);
    if (c >= 0)
        r->at++;
    r->line += c == '\n';
    return c;
}

static void keep(Records *r, const char *bytes, size_t n)
{
    if (n > r->text_max - r->text_n) {
        r->overflowed = true;
        return;
    }
    memcpy(r->text + r->text_n, bytes, n);
    r->text_n += n;
}

static int next_sign(Records *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r' || peek(r) == '\n')
        take(r);
    return peek(r);
}

/* ---- values, by their brackets and quotes alone: jansson says later whether they are JSON ---- */

/* False: the file, or in lines the line, ends before the value does. */
static bool is_over(Records *r, int c)
{
    return c < 0 || (r->in_lines && c == '\n');
}

static bool take_string(Records *r)
{
    bool escaped = false, opened = false;
    for (;;) {
        int c = peek(r);
        if (is_over(r, c))
            return false;
        char byte = (char)take(r);
        keep(r, &byte, 1);
        if (byte == '"' && !escaped && opened)
            return true;
        opened = true;
        escaped = byte == '\\' && !escaped;
    }
}

/* RFC 8259, section 6. */
static bool is_number(const char *p)
{
    p += *p == '-';
    if (*p == '0')
        p++;
    else if (isdigit((unsigned char)*p))
        p += strspn(p, "0123456789");
    else
        return false;
    if (*p == '.') {
        size_t n = strspn(p + 1, "0123456789");
        if (!n)
            return false;
        p += 1 + n;
    }
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '+' || p[1] == '-');
        size_t n = strspn(p, "0123456789");
        if (!n)
            return false;
        p += n;
    }
    return !*p;
}

/* A number, true, false, null, or something that is none of them. */
static void take_word(Records *r)
{
    char word[NUMBER_MAX];
    size_t n = 0;
    for (int c = peek(r); c >= 0 && (isalnum(c) || strchr("+-.", c)) && n < sizeof word - 1;
         c = peek(r))
        word[n++] = (char)take(r);
    word[n] = 0;
    if (n == 0) { /* nothing that JSON knows: kept, so that jansson names it */
        word[n++] = (char)take(r);
        keep(r, word, n);
    } else if (is_number(word)) {
        static const char mark[] = "\"\\u0001";
        keep(r, mark, sizeof mark - 1);
        keep(r, word, n);
        keep(r, "\"", 1);
    } else {
        keep(r, word, n);
    }
}

/* One value into text. False: it does not end. */
static bool take_value(Records *r)
{
    size_t depth = 0;
    r->text_n = 0;
    r->overflowed = false;
    do {
        int c = peek(r);
        if (is_over(r, c) || (c == '"' && !take_string(r)))
            return false;
        if (c == '"')
            continue;
        if (strchr("{}[],: \t\r\n", c)) {
            char byte = (char)take(r);
            depth += c == '{' || c == '[';
            depth -= (c == '}' || c == ']') && depth > 0;
            keep(r, &byte, 1);
        } else {
            take_word(r);
        }
    } while (depth);
    return true;
}

/* ---- to the records ---- */

static bool is_name(const Records *r, const char *name, size_t n)
{
    return r->text_n == n + 2 && memcmp(r->text + 1, name, n) == 0;
}

static RecordsOutcome broken_object(Records *r)
{
    return say(r, RECORDS_BROKEN, "what stands there is no JSON object");
}

/* Into the object that comes next, to the value of one of its names. */
static RecordsOutcome enter(Records *r, const char *name, size_t n)
{
    int shown = (int)(n < NAME_SHOWN ? n : NAME_SHOWN);
    if (next_sign(r) != '{')
        return say(r, RECORDS_BROKEN,
                   "there is no object in which '%.*s' (option 'records') could stand", shown,
                   name);
    take(r);
    while (next_sign(r) == '"') {
        r->text_n = 0;
        r->overflowed = false;
        if (!take_string(r) || next_sign(r) != ':')
            return broken_object(r);
        take(r);
        bool found = !r->overflowed && is_name(r, name, n);
        next_sign(r);
        if (found)
            return RECORDS_ONE;
        if (!take_value(r))
            return broken_object(r);
        if (next_sign(r) != ',')
            break;
        take(r);
    }
    return say(r, RECORDS_BROKEN, "there is no '%.*s', which option 'records' names", shown, name);
}

static void skip_mark(Records *r)
{
    if (peek(r) == 0xef && r->filled - r->at >= 3 &&
        memcmp(r->buffer + r->at, "\xef\xbb\xbf", 3) == 0)
        r->at += 3;
}

RecordsOutcome records_begin(Records *r, const char *path)
{
    skip_mark(r);
    while (path && *path) {
        size_t n = strcspn(path, ".");
        RecordsOutcome outcome = enter(r, path, n);
        if (outcome != RECORDS_ONE)
            return outcome;
        path += n + (path[n] == '.');
        if (!*path && next_sign(r) != '[')
            return say(r, RECORDS_BROKEN, "what option 'records' names is no list");
    }
    int c = next_sign(r);
    if (c < 0)
        return say(r, RECORDS_END, "it is empty");
    r->in_lines = c != '[';
    if (!r->in_lines)
        take(r);
    return RECORDS_ONE;
}

/* ---- records ---- */

static RecordsOutcome parse(Records *r, json_t **ret_record)
{
    json_error_t error;
    if (r->overflowed)
        return say(r, RECORDS_BAD,
                   "it is longer than %zu bytes (option 'record_max_bytes'); it is left out",
                   r->text_max);
    json_t *record = json_loadb(r->text, r->text_n, JSON_DECODE_ANY, &error);
    if (!record)
        return say(r, RECORDS_BAD, "it is no JSON: %s", error.text);
    if (!json_is_object(record)) {
        json_decref(record);
        return say(r, RECORDS_BAD, "it is no object");
    }
    *ret_record = record;
    return RECORDS_ONE;
}

static void skip_line(Records *r)
{
    while (peek(r) >= 0 && take(r) != '\n')
        ;
}

static RecordsOutcome next_line(Records *r, json_t **ret_record)
{
    if (next_sign(r) < 0)
        return say(r, RECORDS_END, "the end");
    r->number++;
    r->began_on = r->line;
    bool whole = take_value(r);
    if (!whole && r->error)
        return RECORDS_FAILED;
    if (!whole) {
        skip_line(r);
        return say(r, RECORDS_BAD,
                   "the line ends inside the record; where the records are a list inside of an "
                   "object, option "
                   "'records' names it");
    }
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r')
        take(r);
    if (peek(r) >= 0 && peek(r) != '\n') {
        skip_line(r);
        return say(r, RECORDS_BAD, "something follows the record in its line");
    }
    return parse(r, ret_record);
}

static RecordsOutcome next_item(Records *r, json_t **ret_record)
{
    int c = next_sign(r);
    if (c == ']')
        return say(r, RECORDS_END, "the end");
    if (r->begun) {
        if (c != ',')
            return say(r, RECORDS_BROKEN,
                       c < 0 ? "the file ends before its list does: is it still being written?"
                             : "neither ',' nor ']' follows the record before");
        take(r);
        next_sign(r);
    }
    r->begun = true;
    r->number++;
    r->began_on = r->line;
    if (!take_value(r))
        return say(r, RECORDS_BROKEN,
                   "the file ends inside of this record: is it still being written?");
    return parse(r, ret_record);
}

RecordsOutcome records_next(Records *r, json_t **ret_record)
{
    return r->in_lines ? next_line(r, ret_record) : next_item(r, ret_record);
}
