/* Texts on their way into somebody's language: queries, markup, cells. */
#include "dunhub/platform.h"

#include <string.h>

/* OData writes a quote twice and knows no other escape. */
char *dunhub_quote_odata(const DunhubTask *task, const char *text)
{
    DunhubBuffer buffer = {0};
    dunhub_append_text(&buffer, "'");
    for (; *text; text++)
        dunhub_append(&buffer, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    dunhub_append_text(&buffer, "'");
    return dunhub_buffer_text(task, &buffer);
}

char *dunhub_quote_like(const DunhubTask *task, const char *text, char quote)
{
    DunhubBuffer buffer = {0};
    dunhub_append(&buffer, &quote, 1);
    for (; *text; text++) {
        const char *named = *text == '\n'   ? "\\n"
                            : *text == '\r' ? "\\r"
                            : *text == '\t' ? "\\t"
                                            : NULL;
        if (named)
            dunhub_append_text(&buffer, named);
        else if ((unsigned char)*text < 0x20)
            dunhub_append_text(&buffer, " ");
        else {
            if (*text == quote || *text == '\\')
                dunhub_append_text(&buffer, "\\");
            dunhub_append(&buffer, text, 1);
        }
    }
    dunhub_append(&buffer, &quote, 1);
    return dunhub_buffer_text(task, &buffer);
}

char *dunhub_quote_soql(const DunhubTask *task, const char *text)
{
    return dunhub_quote_like(task, text, '\'');
}

char *dunhub_xml_escape(const DunhubTask *task, const char *text)
{
    static const struct {
        char c;
        const char *entity;
    } rows[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    DunhubBuffer buffer = {0};
    for (; *text; text++) {
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (*text == rows[i].c)
                entity = rows[i].entity;
        bool held = (unsigned char)*text >= 0x20 || strchr("\t\n\r", *text);
        if (entity)
            dunhub_append_text(&buffer, entity);
        else if (held)
            dunhub_append(&buffer, text, 1);
    }
    return dunhub_buffer_text(task, &buffer);
}

char *dunhub_shorten(const DunhubTask *task, const char *text, size_t max)
{
    size_t characters = 0, cut = 0;
    for (size_t i = 0; text[i]; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80)
            continue;
        characters++;
        if (characters == max)
            cut = i; /* where "…" goes if there are more */
    }
    if (characters <= max)
        return dunhub_format(task, "%s", text);
    return max == 0 ? dunhub_format(task, "%s", "") : dunhub_format(task, "%.*s…", (int)cut, text);
}

char *dunhub_no_formula(const DunhubTask *task, const char *text)
{
    return dunhub_format(task, "%s%s", *text && strchr("=+-@\t\r\n", *text) ? "'" : "", text);
}
