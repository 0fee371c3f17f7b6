/* Strings from outside: bytes until checked here. */
#ifndef DUNHUB_BASE_TEXT_H
#define DUNHUB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* NULL is the same as NULL alone. Texts of one account share their memory or differ early, most often. */
static inline bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && *a == *b && strcmp(a, b) == 0);
}

/* Valid UTF-8 without NUL. */
bool text_is_clean(const char *bytes, size_t n);
/* Letters, digits, '_', '-', '.', not starting with '.' or '-', 1..max: fit for a file name or an instance name. */
bool text_is_name(const char *text, size_t max);
/* Control characters (also CR, LF, bidi overrides) become U+FFFD; at most max code points then "…". Caller frees. */
char *text_one_line(const char *text, size_t max);
/* A cell that a spreadsheet would take for a formula gets a leading apostrophe. Caller frees. */
char *text_cell(const char *text);
int text_distance(const char *a, const char *b); /* Damerau-Levenshtein, code points; 99 above 64 of them */

#endif
