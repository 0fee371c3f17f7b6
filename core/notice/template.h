/* Mustache templates (the whole official specification 1.4.2 but lambdas, inheritance and dynamic names), strict: an
 * unknown name is a diagnostic at load. A compiled template is immutable: any thread may render it. */
#ifndef DUNHUB_NOTICE_TEMPLATE_H
#define DUNHUB_NOTICE_TEMPLATE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"

/* NONE: texts for people. HTML: HTML and XML (SSML). LETTER: markup of a document, where no value may become structure. */
typedef enum { ESCAPE_NONE, ESCAPE_HTML, ESCAPE_LETTER } EscapeMode;
typedef struct Template Template;

/* The output is too long, partials are nested too deep, or the work does not end. */
typedef enum { TEMPLATE_ERROR_LIMIT } TemplateError;
GQuark template_error_quark(void);
#define TEMPLATE_ERROR template_error_quark()

/* names: NULL-ended list of what may be read ("account.name", "invoices", "invoices.number" …); NULL: anything (spec
 * mode). A name inside of {{#invoices}} is looked for under "invoices." first. NULL and diagnostics (all of them) on
 * errors. The template lives in the arena. */
const Template *template_compile(const char *text, const char *file, const char *const *names, Arena *arena, Diags *diags);
/* partials: name -> template, NULL if there is none of that name: nothing is written in its place. */
typedef const Template *(*TemplatePartial)(const void *data, const char *name);
/* A diagnostic for each {{>name}} that partial does not know; false if there was any. */
bool template_check_partials(const Template *t, TemplatePartial partial, const void *partial_data, Diags *diags);
/* partial may be NULL. Output at most max bytes; NULL and *error beyond, at partials nested deeper than 20, and after a
 * million steps. Values are texts, integers, reals, booleans; false, null, "" and [] do not open a section. Caller frees. */
char *template_render(const Template *t, const json_t *context, EscapeMode mode, TemplatePartial partial, const void *partial_data,
                      size_t max, GError **error);

#endif
