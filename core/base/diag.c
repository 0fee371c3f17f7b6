#include "base/diag.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { DIAGS_KEPT = 1000, MESSAGE_LONGEST = 600 };

static const DiagCode *code_find(const char *code)
{
    size_t n = 0;
    const DiagCode *codes = diag_codes(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(codes[i].code, code) == 0)
            return &codes[i];
    }
    return NULL;
}

struct Diags {
    GPtrArray *list; /* of Diag */
    GStringChunk *files;
    size_t counts[2];
};

static void diag_free(void *data)
{
    Diag *diag = data;
    g_free(diag->message);
    g_free(diag);
}

Diags *diags_new(void)
{
    Diags *diags = g_new0(Diags, 1);
    diags->list = g_ptr_array_new_with_free_func(diag_free);
    diags->files = g_string_chunk_new(256);
    return diags;
}

void diags_free(Diags *diags)
{
    if (diags == NULL)
        return;
    g_ptr_array_unref(diags->list);
    g_string_chunk_free(diags->files);
    g_free(diags);
}

void diags_add(Diags *diags, const char *code, DiagPlace place, const char *format, ...)
{
    const DiagCode *row = code_find(code);
    g_assert(row != NULL);
    diags->counts[row->severity]++;
    if (diags->list->len >= DIAGS_KEPT)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    Diag *diag = g_new0(Diag, 1);
    diag->severity = row->severity;
    diag->place = place;
    if (place.file != NULL)
        diag->place.file = g_string_chunk_insert_const(diags->files, place.file);
    g_strlcpy(diag->code, code, sizeof diag->code);
    diag->message = text_one_line(message, MESSAGE_LONGEST);
    g_ptr_array_add(diags->list, diag);
}

size_t diags_count(const Diags *diags, DiagSeverity severity)
{
    return diags->counts[severity];
}

size_t diags_length(const Diags *diags)
{
    return diags->list->len;
}

const Diag *diags_get(const Diags *diags, size_t i)
{
    g_assert(i < diags->list->len);
    return diags->list->pdata[i];
}

static int compare_diags(const void *a, const void *b)
{
    const Diag *x = *(Diag *const *)a, *y = *(Diag *const *)b;
    int by_file = g_strcmp0(x->place.file, y->place.file);
    if (by_file != 0)
        return by_file;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    if (x->place.column != y->place.column)
        return x->place.column < y->place.column ? -1 : 1;
    return 0;
}

void diags_sort(Diags *diags)
{
    g_ptr_array_sort(diags->list, compare_diags); /* stable: findings of one place stay in order */
}

static void print_place(DiagPlace place, FILE *out)
{
    if (place.file == NULL)
        return;
    fputs(place.file, out);
    if (place.line > 0)
        fprintf(out, ":%d", place.line);
    if (place.line > 0 && place.column > 0)
        fprintf(out, ":%d", place.column);
    fputs(": ", out);
}

void diags_print(const Diags *diags, FILE *out, bool colour)
{
    static const char *const words[] = {"error", "warning"};
    static const char *const colours[] = {"\033[1;31m", "\033[1;33m"};
    for (size_t i = 0; i < diags_length(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        print_place(diag->place, out);
        fprintf(out, "%s%s:%s %s [%s]\n", colour ? colours[diag->severity] : "",
                words[diag->severity], colour ? "\033[0m" : "", diag->message, diag->code);
    }
    size_t all = diags->counts[DIAG_ERROR] + diags->counts[DIAG_WARNING];
    if (all > diags_length(diags))
        fprintf(out, "%zu more findings are not shown; correct these first\n",
                all - diags_length(diags));
}

const char *diag_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    /* Replacing every letter of a short word would make anything near. */
    int least = MIN(3, (int)g_utf8_strlen(word, -1));
    for (; *candidates != NULL; candidates++) {
        int distance = text_distance(word, *candidates);
        if (distance < least) {
            least = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
