/* Mustache templates (the whole official specification but lambdas), strict: an unknown name is a diagnostic at load. */
#ifndef DUNHUB_NOTICE_TEMPLATE_H
#define DUNHUB_NOTICE_TEMPLATE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/json.h"

typedef enum { ESCAPE_NONE, ESCAPE_HTML } EscapeMode;
typedef struct Template Template;

/* names: NULL-ended list of what may be read ("account.name", "invoices", "invoices.number" …); NULL: anything (spec mode). */
const Template *template_compile(const char *text, const char *file, const char *const *names, Arena *arena, Diags *diags);
/* partials: name -> template, may be NULL. Output at most max bytes; NULL and *error beyond. Caller frees. */
typedef const Template *(*TemplatePartial)(const void *data, const char *name);
char *template_render(const Template *t, const json_t *context, EscapeMode mode, TemplatePartial partial, const void *partial_data,
                      size_t max, GError **error);

#endif
