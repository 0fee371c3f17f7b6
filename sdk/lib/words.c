/* Texts from outside: checked, shortened, made harmless where they leave. */
#include "dunhub/sdk.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_MAX_BYTES (64u << 20)

/* Length of the UTF-8 character at p, 0 if there is none that is well formed (RFC 3629: no surrogates, no overlong). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    static const struct {
        unsigned char first, last, second_first, second_last;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (p[0] < forms[i].first || p[0] > forms[i].last)
            continue;
        size_t length = forms[i].length;
        if (length > n)
            return 0;
        if (length > 1 && (p[1] < forms[i].second_first || p[1] > forms[i].second_last))
            return 0;
        for (size_t k = 2; k < length; k++)
            if (p[k] < 0x80 || p[k] > 0xbf)
                return 0;
        return length;
    }
    return 0;
}

bool dunhub_utf8(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length((const unsigned char *)bytes + i, n - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}

char *dunhub_one_line(const DunhubTask *task, const char *text, size_t max)
{
    size_t n = strlen(text);
    char *line = task->host->alloc(task->call, (n < max ? n : max) + 1);
    if (!line)
        return NULL;
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length((const unsigned char *)text + i, n - i);
        size_t step = length ? length : 1;
        if (used + step > max)
            break;
        bool control = length == 1 && ((unsigned char)text[i] < 0x20 || text[i] == 0x7f);
        if (!length || control)
            line[used] = control ? ' ' : '?';
        else
            memcpy(line + used, text + i, step);
        used += step;
        i += step;
    }
    line[used] = 0;
    return line;
}

char *dunhub_safe_name(const DunhubTask *task, const char *text, size_t max)
{
    size_t n = strlen(text);
    if (n > max)
        n = max;
    char *name = task->host->alloc(task->call, n + 2);
    if (!name)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        name[i] =
            (c < 0x80 && isalnum(c)) || c == '_' || c == '-' || (c == '.' && i) ? (char)c : '-';
    }
    if (!n)
        name[0] = '-';
    return name;
}

/* ---- nearest word ---- */

enum { WORD_MAX = 64, SLIPS_MAX = 2 };

/* Damerau-Levenshtein of neighbours, case aside; a large number for long words. */
static int distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    int rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = above[j - 1] + (ca != cb);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool swapped = i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                           cb == tolower((unsigned char)a[i - 2]);
            if (swapped && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[n % 3][m];
}

const char *dunhub_nearest(const char *text, const char *const *words)
{
    const char *nearest = NULL;
    int least = SLIPS_MAX + 1;
    for (; *words; words++) {
        int d = distance(text, *words);
        /* Two slips make another word of a word of three letters. */
        if (d < least && (size_t)d < strlen(*words) / 2 + 1) {
            least = d;
            nearest = *words;
        }
    }
    return nearest;
}

/* ---- buffers ---- */

void dunhub_append(DunhubBuffer *buffer, const void *bytes, size_t n)
{
    if (buffer->failed)
        return;
    if (n > BUFFER_MAX_BYTES || buffer->n + n + 1 > BUFFER_MAX_BYTES) {
        buffer->failed = true;
        return;
    }
    if (buffer->n + n + 1 > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
        while (capacity < buffer->n + n + 1)
            capacity *= 2;
        char *p = realloc(buffer->p, capacity);
        if (!p) {
            buffer->failed = true;
            return;
        }
        buffer->p = p;
        buffer->capacity = capacity;
    }
    if (n)
        memcpy(buffer->p + buffer->n, bytes, n);
    buffer->n += n;
    buffer->p[buffer->n] = 0;
}

void dunhub_append_text(DunhubBuffer *buffer, const char *text)
{
    dunhub_append(buffer, text, strlen(text));
}

void dunhub_append_format(DunhubBuffer *buffer, const char *format, ...)
{
    char small[128], *text = small;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(small, sizeof small, format, list);
    va_end(list);
    if (n >= (int)sizeof small) {
        va_start(list, format);
        n = vasprintf(&text, format, list);
        va_end(list);
    }
    if (n < 0)
        buffer->failed = true;
    else
        dunhub_append(buffer, text, (size_t)n);
    if (n >= 0 && text != small)
        free(text);
}

/* "-12.50" and "+49 30 1234" begin like a formula and are none. */
static bool is_number(const char *text)
{
    if (*text == '-' || *text == '+')
        text++;
    return *text && text[strspn(text, "0123456789 .,")] == 0;
}

void dunhub_append_cell(DunhubBuffer *buffer, const char *text)
{
    bool formula = *text && strchr("=+-@\t\r", *text) && !is_number(text);
    bool quoted = text[strcspn(text, "\",\r\n;\t")] != 0;
    if (quoted)
        dunhub_append_text(buffer, "\"");
    if (formula)
        dunhub_append_text(buffer, "'");
    for (const char *end; *text; text = end) {
        end = strchrnul(text, '"');
        dunhub_append(buffer, text, (size_t)(end - text));
        if (*end) {
            dunhub_append_text(buffer, "\"\"");
            end++;
        }
    }
    if (quoted)
        dunhub_append_text(buffer, "\"");
}

void dunhub_buffer_done(DunhubBuffer *buffer)
{
    free(buffer->p);
    *buffer = (DunhubBuffer){0};
}

char *dunhub_buffer_text(const DunhubTask *task, DunhubBuffer *buffer)
{
    const DunhubBytes bytes = {buffer->p ? buffer->p : "", buffer->n};
    char *text = buffer->failed ? NULL : dunhub_text(task, bytes);
    dunhub_buffer_done(buffer);
    return text;
}
