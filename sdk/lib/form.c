/* Forms, queries and multipart bodies. */
#include "dunhub/platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 1000

/* RFC 3986: everything but the unreserved. */
static void append_escaped(DunhubBuffer *buffer, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        bool plain = isalnum(*p) ? *p < 0x80 : *p && strchr("-._~", *p);
        if (plain) {
            dunhub_append(buffer, p, 1);
        } else {
            const char escaped[3] = {'%', digits[*p >> 4], digits[*p & 15]};
            dunhub_append(buffer, escaped, sizeof escaped);
        }
    }
}

static void append_fields(DunhubBuffer *buffer, const DunhubField *fields, size_t n, char first)
{
    char before = first;
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].value)
            continue;
        if (before)
            dunhub_append(buffer, &before, 1);
        append_escaped(buffer, fields[i].name);
        dunhub_append_text(buffer, "=");
        append_escaped(buffer, fields[i].value);
        before = '&';
    }
}

char *dunhub_form(const DunhubTask *task, const DunhubField *fields, size_t n)
{
    DunhubBuffer buffer = {0};
    append_fields(&buffer, fields, n, 0);
    return dunhub_buffer_text(task, &buffer);
}

char *dunhub_url_escape(const DunhubTask *task, const char *text)
{
    DunhubBuffer buffer = {0};
    append_escaped(&buffer, text);
    return dunhub_buffer_text(task, &buffer);
}

char *dunhub_query(const DunhubTask *task, const char *path, const DunhubField *fields, size_t n)
{
    DunhubBuffer buffer = {0};
    dunhub_append_text(&buffer, path);
    append_fields(&buffer, fields, n, strchr(path, '?') ? '&' : '?');
    return dunhub_buffer_text(task, &buffer);
}

/* ---- reading ---- */

static int hex_value(int c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* NULL: a broken escape, a NUL, or no UTF-8. */
static json_t *unescape(const char *text, size_t n)
{
    char *plain = malloc(n + 1);
    size_t used = 0;
    bool good = plain != NULL;
    for (size_t i = 0; good && i < n; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            bool whole = n - i > 2;
            int high = whole ? hex_value((unsigned char)text[i + 1]) : -1;
            int low = whole ? hex_value((unsigned char)text[i + 2]) : -1;
            good = high >= 0 && low >= 0;
            c = (char)(high * 16 + low);
            i += 2;
        }
        good = good && c;
        if (good)
            plain[used++] = c;
    }
    json_t *value = good ? json_stringn(plain, used) : NULL;
    free(plain);
    return value;
}

json_t *dunhub_form_parse(const char *text, size_t n)
{
    json_t *form = json_array();
    const char *end = text + n;
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        stop = stop ? stop : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
        if (stop > text) {
            json_t *name = unescape(text, (size_t)(name_end - text));
            json_t *decoded = unescape(value, (size_t)(stop - value));
            json_t *field =
                name && decoded ? json_pack("{s:O, s:O}", "name", name, "value", decoded) : NULL;
            json_decref(name);
            json_decref(decoded);
            if (!field || json_array_size(form) >= FIELDS_MAX) {
                json_decref(field);
                json_decref(form);
                return NULL;
            }
            json_array_append_new(form, field);
        }
        text = stop + 1;
    }
    return form;
}

const char *dunhub_form_value(const json_t *form, const char *name)
{
    for (size_t i = 0; i < json_array_size(form); i++) {
        const json_t *field = json_array_get(form, i);
        if (strcmp(dunhub_find_text(field, "name"), name) == 0)
            return dunhub_find_text(field, "value");
    }
    return NULL;
}

/* ---- multipart ---- */

/* Quotes and line breaks as browsers write them. */
static void append_quoted(DunhubBuffer *buffer, const char *text)
{
    for (; *text; text++) {
        const char *out = *text == '"'    ? "%22"
                          : *text == '\r' ? "%0D"
                          : *text == '\n' ? "%0A"
                                          : NULL;
        dunhub_append(buffer, out ? out : text, out ? 3 : 1);
    }
}

static void append_part(DunhubBuffer *buffer, const DunhubPart *part, const char *boundary)
{
    dunhub_append_format(buffer, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
    append_quoted(buffer, part->name);
    if (part->file_name) {
        dunhub_append_text(buffer, "\"; filename=\"");
        append_quoted(buffer, part->file_name);
    }
    dunhub_append_text(buffer, "\"\r\n");
    if (part->type)
        dunhub_append_format(buffer, "Content-Type: %s\r\n", part->type);
    dunhub_append_text(buffer, "\r\n");
    dunhub_append(buffer, part->bytes.p, part->bytes.n);
    dunhub_append_text(buffer, "\r\n");
}

/* The same bytes on every attempt: the boundary is made of the content, which therefore cannot hold it but by design of
 * SHA-256. */
static void make_boundary(const DunhubPart *parts, size_t n, char ret[DUNHUB_HEX_SHA256])
{
    DunhubBuffer all = {0};
    for (size_t i = 0; i < n; i++) {
        dunhub_append_format(&all, "%s %zu ", parts[i].name, parts[i].bytes.n);
        dunhub_append(&all, parts[i].bytes.p, parts[i].bytes.n);
    }
    dunhub_sha256_hex(all.p ? all.p : "", all.n, ret);
    dunhub_buffer_done(&all);
}

char *dunhub_multipart(const DunhubTask *task, const DunhubPart *parts, size_t n,
                       const char **ret_type, size_t *ret_bytes)
{
    char hash[DUNHUB_HEX_SHA256];
    make_boundary(parts, n, hash);
    hash[40] = 0;
    DunhubBuffer buffer = {0};
    for (size_t i = 0; i < n; i++)
        append_part(&buffer, &parts[i], hash);
    dunhub_append_format(&buffer, "--%s--\r\n", hash);
    *ret_type = dunhub_format(task, "multipart/form-data; boundary=%s", hash);
    char *bytes = buffer.failed ? NULL : task->host->alloc(task->call, buffer.n + 1);
    if (bytes)
        memcpy(bytes, buffer.p, buffer.n);
    *ret_bytes = bytes ? buffer.n : 0;
    dunhub_buffer_done(&buffer);
    return bytes && *ret_type ? bytes : NULL;
}
