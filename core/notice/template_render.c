#include <string.h>

#include "document/document.h"
#include "notice/template_tree.h"

G_DEFINE_QUARK(template_error_quark, template_error)

enum { PARTIALS_DEEPEST = 20, MOST_STEPS = 1000000 };

/* The values whose names are known, the innermost first. */
typedef struct Frame Frame;
struct Frame {
    const json_t *value;
    const Frame *outer;
};

/* The blanks before the partials that are being written, the innermost first. */
typedef struct Indent Indent;
struct Indent {
    const char *text;
    const Indent *outer;
};

typedef struct {
    GString *out;
    EscapeMode mode;
    TemplatePartial partial;
    const void *partial_data;
    size_t max;
    int steps;
    int depth;
    GError **error;
} Writer;

static bool put(Writer *w, const char *bytes, size_t n)
{
    if (n > w->max - w->out->len) {
        g_set_error(w->error, TEMPLATE_ERROR, TEMPLATE_ERROR_LIMIT,
                    "the text is longer than %zu bytes; shorten the template, or list less in it",
                    w->max);
        return false;
    }
    g_string_append_len(w->out, bytes, (gssize)n);
    return true;
}

static bool put_indent(Writer *w, const Indent *indent)
{
    if (indent == NULL)
        return true;
    return put_indent(w, indent->outer) && put(w, indent->text, strlen(indent->text));
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool put_html(Writer *w, const char *text)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");
        if (!put(w, text, plain))
            return false;
        text += plain;
        const char *entity = entity_of(*text);
        if (entity != NULL && !put(w, entity, strlen(entity)))
            return false;
        text += entity != NULL;
    }
    return true;
}

/* Of what is no text; lists, objects and null have none. */
static char *text_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_TRUE:
        return g_strdup("true");
    case JSON_FALSE:
        return g_strdup("false");
    case JSON_INTEGER:
        return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL: {
        char digits[G_ASCII_DTOSTR_BUF_SIZE];
        return g_strdup(g_ascii_formatd(digits, sizeof digits, "%.15g", json_real_value(value)));
    }
    default:
        return g_strdup("");
    }
}

/* The first word is looked for from the inside out; the others only in what was found. */
static const json_t *look_up(const Frame *frame, const char *const *path)
{
    if (path[0] == NULL)
        return frame->value;
    const json_t *value = NULL;
    for (; frame != NULL && value == NULL; frame = frame->outer)
        value = json_object_get(frame->value, path[0]);
    for (size_t i = 1; path[i] != NULL && value != NULL; i++)
        value = json_object_get(value, path[i]);
    return value;
}

static bool is_nothing(const json_t *value)
{
    return value == NULL || json_is_null(value) || json_is_false(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static bool write_parts(Writer *w, const Part *part, const Frame *frame, const Indent *indent);

static bool write_value(Writer *w, const Part *part, const Frame *frame)
{
    const json_t *value = look_up(frame, part->path);
    if (value == NULL)
        return true;
    g_autofree char *made = json_is_string(value) ? NULL : text_of(value);
    const char *text = made != NULL ? made : json_string_value(value);
    bool raw =
        part->raw && w->mode != ESCAPE_LETTER; /* structure of a letter never comes from data */
    if (raw || w->mode == ESCAPE_NONE)
        return put(w, text, strlen(text));
    if (w->mode == ESCAPE_HTML)
        return put_html(w, text);
    g_autofree char *escaped = document_escape(text);
    return put(w, escaped, strlen(escaped));
}

static bool write_section(Writer *w, const Part *part, const Frame *frame, const Indent *indent)
{
    const json_t *value = look_up(frame, part->path);
    if (is_nothing(value))
        return true;
    if (!json_is_array(value))
        return write_parts(w, part->first, &(Frame){value, frame}, indent);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!write_parts(w, part->first, &(Frame){json_array_get(value, i), frame}, indent))
            return false;
    }
    return true;
}

static bool write_partial(Writer *w, const Part *part, const Frame *frame, const Indent *indent)
{
    const Template *template = w->partial != NULL ? w->partial(w->partial_data, part->text) : NULL;
    if (template == NULL)
        return true;
    if (w->depth == PARTIALS_DEEPEST) {
        g_set_error(w->error, TEMPLATE_ERROR, TEMPLATE_ERROR_LIMIT,
                    "partial '%s' is nested deeper than %d; it must not call itself without end",
                    part->text, PARTIALS_DEEPEST);
        return false;
    }
    w->depth++;
    /* A partial inside of a line stays as it is; one on a line of its own is as far in as its tag.
     */
    bool written = write_parts(w, template->first, frame,
                               part->indent != NULL ? &(Indent){part->indent, indent} : NULL);
    w->depth--;
    return written;
}

static bool write_part(Writer *w, const Part *part, const Frame *frame, const Indent *indent)
{
    switch (part->kind) {
    case PART_TEXT:
        return put(w, part->text, part->n);
    case PART_VALUE:
        return write_value(w, part, frame);
    case PART_SECTION:
        return write_section(w, part, frame, indent);
    case PART_INVERTED:
        return !is_nothing(look_up(frame, part->path)) ||
               write_parts(w, part->first, frame, indent);
    case PART_PARTIAL:
        return write_partial(w, part, frame, indent);
    }
    g_assert_not_reached();
}

static bool write_parts(Writer *w, const Part *part, const Frame *frame, const Indent *indent)
{
    for (; part != NULL; part = part->next) {
        if (++w->steps > MOST_STEPS) {
            g_set_error(
                w->error, TEMPLATE_ERROR, TEMPLATE_ERROR_LIMIT,
                "the template takes more than %d steps; look for partials that call each other",
                MOST_STEPS);
            return false;
        }
        if (part->begins_line && !put_indent(w, indent))
            return false;
        if (!write_part(w, part, frame, indent))
            return false;
    }
    return true;
}

char *template_render(const Template *t, const json_t *context, EscapeMode mode,
                      TemplatePartial partial, const void *partial_data, size_t max, GError **error)
{
    g_autoptr(GString) out = g_string_sized_new(1024);
    Writer w = {.out = out,
                .mode = mode,
                .partial = partial,
                .partial_data = partial_data,
                .max = max,
                .error = error};
    if (!write_parts(&w, t->first, &(Frame){context, NULL}, NULL))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
