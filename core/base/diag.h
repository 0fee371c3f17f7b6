/* Diagnostics: what is wrong in a file, where, what was expected, what to do. All findings, not the first.
 * Codes are stable; docs/reference/diagnostics.md is generated from the table in diag_codes.c. */
#ifndef DUNHUB_BASE_DIAG_H
#define DUNHUB_BASE_DIAG_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

typedef enum { DIAG_ERROR, DIAG_WARNING } DiagSeverity;

/* A place in a file; line and column count from 1 (column in code points), 0 = unknown. file is borrowed from the
 * list (interned) and lives as long as it does. */
typedef struct {
    const char *file;
    int line;
    int column;
} DiagPlace;

typedef struct {
    DiagSeverity severity;
    DiagPlace place;
    char code[8];  /* "C031" */
    char *message; /* one line, no trailing period, no control characters */
} Diag;

typedef struct Diags Diags;
Diags *diags_new(void);
void diags_free(Diags *diags);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Diags, diags_free)

/* code must be in the table of diag_codes.c. At most 1,000 are kept; the rest is counted and said. */
void diags_add(Diags *diags, const char *code, DiagPlace place, const char *format, ...) G_GNUC_PRINTF(4, 5);
size_t diags_count(const Diags *diags, DiagSeverity severity);
size_t diags_length(const Diags *diags);
const Diag *diags_get(const Diags *diags, size_t i); /* sorted by file, line, column once diags_sort was called */
void diags_sort(Diags *diags);
/* "conf.d/30-graph.yaml:14:9: error: unknown key 'whn', did you mean 'when'? [C031]\n" per finding. */
void diags_print(const Diags *diags, FILE *out, bool colour);

/* What a code means and what to do about it: the rows of docs/reference/diagnostics.md. */
typedef struct {
    const char *code;
    DiagSeverity severity;
    const char *title;
    const char *remedy;
} DiagCode;
const DiagCode *diag_codes(size_t *ret_n);

/* Nearest of a NULL-ended list within edit distance 2, or NULL: for "did you mean". */
const char *diag_nearest(const char *word, const char *const *candidates);

#endif
