/* Markup of a document: which elements it may have, and how text becomes part of it. */
#include <string.h>

#include "document/document.h"

enum { ELEMENTS_DEEPEST = 16 };

/* Beside the five that markup itself asks for, the signs that mean something at the begin of a line or in a row of a letter's
 * text. */
static const struct {
    char sign;
    const char *written;
} escapes[] = {
    {'&', "&amp;"},  {'<', "&lt;"},  {'>', "&gt;"},  {'"', "&quot;"}, {'\'', "&#39;"},
    {'|', "&#124;"}, {'#', "&#35;"}, {'-', "&#45;"}, {'+', "&#43;"},
};

char *document_escape(const char *text)
{
    GString *out = g_string_sized_new(strlen(text) + 16);
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < G_N_ELEMENTS(escapes) && escapes[i].sign != *text)
            i++;
        if (i < G_N_ELEMENTS(escapes))
            g_string_append(out, escapes[i].written);
        else
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

typedef struct {
    int depth;
    bool wrapped; /* the element around the whole was seen */
} Checking;

static void check_element(GMarkupParseContext *context, const char *name, const char **attributes,
                          const char **values, gpointer data, GError **error)
{
    static const char *const known[] = {"b",   "i",   "u",  "s",    "small", "big",
                                        "sub", "sup", "tt", "text", NULL};
    Checking *checking = data;
    (void)context;
    (void)values;
    if (++checking->depth > ELEMENTS_DEEPEST)
        g_set_error(error, DOCUMENT_ERROR, DOCUMENT_ERROR_MARKUP, "elements are nested too deep");
    else if (!g_strv_contains(known, name) || (checking->wrapped && strcmp(name, "text") == 0))
        g_set_error(error, DOCUMENT_ERROR, DOCUMENT_ERROR_MARKUP,
                    "<%s> is no element of a letter; it may have b i u s small big sub sup tt",
                    name);
    else if (attributes[0] != NULL)
        g_set_error(error, DOCUMENT_ERROR, DOCUMENT_ERROR_MARKUP,
                    "<%s> has an attribute; elements of a letter have none", name);
    checking->wrapped = true;
}

static void end_element(GMarkupParseContext *context, const char *name, gpointer data,
                        GError **error)
{
    Checking *checking = data;
    (void)context;
    (void)name;
    (void)error;
    checking->depth--;
}

/* Comments, declarations and the like. */
static void refuse_other(GMarkupParseContext *context, const char *text, gsize n, gpointer data,
                         GError **error)
{
    (void)context;
    (void)text;
    (void)n;
    (void)data;
    g_set_error(error, DOCUMENT_ERROR, DOCUMENT_ERROR_MARKUP,
                "markup is text and elements; write '<' as &lt;");
}

bool document_check_markup(const char *markup, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = check_element, .end_element = end_element, .passthrough = refuse_other};
    if (strpbrk(markup, "<&") == NULL)
        return true;
    Checking checking = {0};
    g_autoptr(GError) problem = NULL;
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &checking, NULL);
    bool good = g_markup_parse_context_parse(context, "<text>", -1, &problem) &&
                g_markup_parse_context_parse(context, markup, -1, &problem) &&
                g_markup_parse_context_parse(context, "</text>", -1, &problem) &&
                g_markup_parse_context_end_parse(context, &problem);
    g_markup_parse_context_free(context);
    if (!good)
        g_set_error(error, DOCUMENT_ERROR, DOCUMENT_ERROR_MARKUP, "%s", problem->message);
    return good;
}

bool language_is_rtl(const char *language)
{
    static const char *const languages[] = {"ar", "he", "fa", "ur", "yi", "ps", "sd", "ug", "dv"};
    for (size_t i = 0; i < G_N_ELEMENTS(languages); i++) {
        size_t n = strlen(languages[i]);
        if (g_ascii_strncasecmp(language, languages[i], n) == 0 &&
            (language[n] == '\0' || language[n] == '-'))
            return true;
    }
    return false;
}
