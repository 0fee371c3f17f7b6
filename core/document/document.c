/* The JSON form of a document: one table of members, read and written. */
#include "document/document.h"

#include <string.h>

G_DEFINE_QUARK(document_error_quark, document_error)

enum { LINES_MOST = 40, LINE_LONGEST = 2000, RECIPIENT_MOST = 7, FOOT_MOST = 4, TOTALS_MOST = 8 };

static const char *const papers[] = {"a4", "us_letter", NULL};
static const char *const envelopes[] = {"none", "din_5008_b", "us_10", NULL};
static const char *const aligns[] = {"start", "end", "centre", NULL};
static const char *const kinds[] = {"heading", "paragraph", "item",       "table",
                                    "rule",    "space",     "page_break", NULL};

typedef enum { MEMBER_LINE, MEMBER_CHOICE, MEMBER_DATE, MEMBER_LINES } MemberType;

typedef struct {
    const char *name;
    MemberType type;
    bool required;
    size_t offset, count_offset; /* count: LINES */
    size_t most;                 /* LINES */
    const char *const *choices;
} Member;

#define TEXT(member, needed)                                                                       \
    {                                                                                              \
#member, MEMBER_LINE, needed, offsetof(Document, member), 0, 0, NULL                       \
    }
#define CHOICE(member, words)                                                                      \
    {                                                                                              \
#member, MEMBER_CHOICE, true, offsetof(Document, member), 0, 0, words                      \
    }
#define LINES(member, most)                                                                        \
    {                                                                                              \
#member, MEMBER_LINES, false, offsetof(Document, member), offsetof(Document, n_##member),  \
            most, NULL                                                                             \
    }

static const Member members[] = {
    TEXT(language, true),
    TEXT(title, true),
    TEXT(author, false),
    TEXT(subject, false),
    {"date", MEMBER_DATE, true, offsetof(Document, date), 0, 0, NULL},
    CHOICE(paper, papers),
    CHOICE(envelope, envelopes),
    TEXT(font, false),
    TEXT(sender, false),
    LINES(sender_lines, LINES_MOST),
    TEXT(return_line, false),
    LINES(recipient, RECIPIENT_MOST),
    LINES(foot, FOOT_MOST),
    TEXT(page_label, false),
};

typedef struct {
    Arena *arena;
    size_t cells; /* read so far, in all tables */
    GError **error;
} Reader;

G_GNUC_PRINTF(3, 4)
static bool refuse(Reader *r, DocumentError code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(r->error, DOCUMENT_ERROR, (gint)code, "document: %s", message);
    return false;
}

/* ---- texts ---- */

static bool has_control(const char *text, bool breaks)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        if ((c < 0x20 && !(breaks && c == '\n')) || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
            c == 0x2029)
            return true;
    }
    return false;
}

static bool read_line(Reader *r, const json_t *json, const char *what, const char **ret_text)
{
    const char *text = json_string_value(json);
    if (text == NULL)
        return refuse(r, DOCUMENT_ERROR_FORM, "'%s' is not a text", what);
    if (strlen(text) != json_string_length(json) || has_control(text, false))
        return refuse(r, DOCUMENT_ERROR_FORM, "'%s' has a control character in it", what);
    if (strlen(text) > LINE_LONGEST)
        return refuse(r, DOCUMENT_ERROR_LIMIT, "'%s' is longer than %d bytes", what, LINE_LONGEST);
    *ret_text = arena_strdup(r->arena, text);
    return true;
}

static bool read_markup(Reader *r, const json_t *json, const char *what, const char **ret_text)
{
    const char *text = json_string_value(json);
    if (text == NULL)
        return refuse(r, DOCUMENT_ERROR_FORM, "'%s' is not a text", what);
    if (strlen(text) != json_string_length(json) || has_control(text, true))
        return refuse(r, DOCUMENT_ERROR_FORM, "'%s' has a control character in it", what);
    if (strlen(text) > DOCUMENT_LONGEST_TEXT)
        return refuse(r, DOCUMENT_ERROR_LIMIT, "'%s' is longer than %d bytes", what,
                      DOCUMENT_LONGEST_TEXT);
    if (!document_check_markup(text, r->error)) {
        g_prefix_error(r->error, "document: '%s': ", what);
        return false;
    }
    *ret_text = arena_strdup(r->arena, text);
    return true;
}

static bool read_choice(Reader *r, const json_t *json, const char *what, const char *const *choices,
                        int *ret_choice)
{
    const char *word = json_string_value(json);
    for (int i = 0; word != NULL && choices[i] != NULL; i++) {
        if (strcmp(choices[i], word) == 0) {
            *ret_choice = i;
            return true;
        }
    }
    g_autofree char *known = g_strjoinv(", ", (char **)choices);
    return refuse(r, DOCUMENT_ERROR_FORM, "'%s' is one of %s", what, known);
}

static bool read_lines(Reader *r, const json_t *json, const Member *member,
                       const char *const **ret_lines, size_t *ret_n)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > member->most)
        return refuse(r, DOCUMENT_ERROR_FORM, "'%s' is a list of at most %zu lines", member->name,
                      member->most);
    const char **lines = arena_new0(r->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        if (!read_line(r, json_array_get(json, i), member->name, &lines[i]))
            return false;
    }
    *ret_lines = lines;
    *ret_n = n;
    return true;
}

/* Every member of the object is one of the names. */
static bool only_knows(Reader *r, const json_t *json, const char *what, const char *const *known)
{
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return refuse(r, DOCUMENT_ERROR_FORM, "%s is not an object", what);
    json_object_foreach((json_t *)json, key, value)
    {
        if (!g_strv_contains(known, key))
            return refuse(r, DOCUMENT_ERROR_FORM, "%s has an unknown member '%s'", what, key);
    }
    return true;
}

/* ---- blocks ---- */

static bool read_columns(Reader *r, const json_t *json, Block *block)
{
    static const char *const known[] = {"title", "align", NULL};
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n == 0 || n > DOCUMENT_MOST_COLUMNS)
        return refuse(r, DOCUMENT_ERROR_FORM, "a table has 1 to %d columns", DOCUMENT_MOST_COLUMNS);
    Column *columns = arena_new0(r->arena, Column, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *column = json_array_get(json, i);
        if (!only_knows(r, column, "a column", known) ||
            !read_markup(r, json_object_get(column, "title"), "title", &columns[i].title) ||
            !read_choice(r, json_object_get(column, "align"), "align", aligns, &columns[i].align))
            return false;
    }
    block->columns = columns;
    block->n_columns = n;
    return true;
}

static bool read_rows(Reader *r, const json_t *json, Block *block)
{
    size_t n = json_array_size(json), width = block->n_columns;
    if (!json_is_array(json) || n > DOCUMENT_MOST_CELLS / width ||
        (r->cells += n * width) > DOCUMENT_MOST_CELLS)
        return refuse(r, DOCUMENT_ERROR_LIMIT, "its tables have more than %d cells",
                      DOCUMENT_MOST_CELLS);
    const char **cells = arena_new0(r->arena, const char *, n *width);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(json, i);
        if (!json_is_array(row) || json_array_size(row) != width)
            return refuse(r, DOCUMENT_ERROR_FORM, "row %zu of a table has not %zu cells", i + 1,
                          width);
        for (size_t k = 0; k < width; k++) {
            if (!read_markup(r, json_array_get(row, k), "cell", &cells[i * width + k]))
                return false;
        }
    }
    block->cells = cells;
    block->n_rows = n;
    return true;
}

static bool read_table(Reader *r, const json_t *json, Block *block)
{
    static const char *const known[] = {"kind", "columns", "rows", "totals", NULL};
    const json_t *totals = json_object_get(json, "totals");
    json_int_t n = json_integer_value(totals);
    if (!only_knows(r, json, "a table", known) ||
        !read_columns(r, json_object_get(json, "columns"), block) ||
        !read_rows(r, json_object_get(json, "rows"), block))
        return false;
    if (totals != NULL &&
        (!json_is_integer(totals) || n < 0 || n > TOTALS_MOST || (size_t)n > block->n_rows))
        return refuse(r, DOCUMENT_ERROR_FORM, "'totals' counts its last rows, at most %d",
                      TOTALS_MOST);
    block->n_totals = (size_t)n;
    return true;
}

static bool read_level(Reader *r, const json_t *json, Block *block)
{
    const json_t *level = json_object_get(json, "level");
    block->level = level != NULL ? json_integer_value(level) : 1;
    if (block->kind == BLOCK_HEADING ? block->level < 1 || block->level > 3 : block->level != 1)
        return refuse(r, DOCUMENT_ERROR_FORM, "'level' of a heading is 1, 2 or 3");
    return true;
}

static bool read_block(Reader *r, const json_t *json, Block *block)
{
    static const char *const with_text[] = {"kind", "level", "markup", NULL};
    static const char *const bare[] = {"kind", NULL};
    if (!read_choice(r, json_object_get(json, "kind"), "kind", kinds, &block->kind))
        return false;
    if (block->kind == BLOCK_TABLE)
        return read_table(r, json, block);
    if (block->kind > BLOCK_TABLE)
        return only_knows(r, json, "a block", bare);
    return only_knows(r, json, "a block", with_text) &&
           read_markup(r, json_object_get(json, "markup"), "markup", &block->markup) &&
           read_level(r, json, block);
}

static bool read_blocks(Reader *r, const json_t *json, Document *document)
{
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > DOCUMENT_MOST_BLOCKS)
        return refuse(r, DOCUMENT_ERROR_LIMIT, "'blocks' is a list of at most %d",
                      DOCUMENT_MOST_BLOCKS);
    Block *blocks = arena_new0(r->arena, Block, n);
    for (size_t i = 0; i < n; i++) {
        if (!read_block(r, json_array_get(json, i), &blocks[i]))
            return false;
    }
    document->blocks = blocks;
    document->n_blocks = n;
    return true;
}

static bool read_facts(Reader *r, const json_t *json, Document *document)
{
    size_t n = json_array_size(json);
    if (json == NULL)
        return true;
    if (!json_is_array(json) || n > LINES_MOST)
        return refuse(r, DOCUMENT_ERROR_FORM, "'facts' is a list of at most %d", LINES_MOST);
    Fact *facts = arena_new0(r->arena, Fact, n);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(json, i);
        if (json_array_size(row) != 2)
            return refuse(r, DOCUMENT_ERROR_FORM, "a fact is [label, value]");
        if (!read_line(r, json_array_get(row, 0), "facts", &facts[i].label) ||
            !read_line(r, json_array_get(row, 1), "facts", &facts[i].value))
            return false;
    }
    document->facts = facts;
    document->n_facts = n;
    return true;
}

/* ---- the whole ---- */

static bool read_date(Reader *r, const json_t *json, const char *what, Date *ret_date)
{
    const char *text = json_string_value(json);
    if (text != NULL && date_parse(text, ret_date, NULL))
        return true;
    return refuse(r, DOCUMENT_ERROR_FORM, "'%s' is a day such as 2026-07-01", what);
}

static bool read_member(Reader *r, const Member *member, const json_t *json, Document *document)
{
    void *place = (char *)document + member->offset;
    if (json == NULL && !member->required)
        return true;
    switch (member->type) {
    case MEMBER_LINE:
        return read_line(r, json, member->name, place);
    case MEMBER_CHOICE:
        return read_choice(r, json, member->name, member->choices, place);
    case MEMBER_DATE:
        return read_date(r, json, member->name, place);
    case MEMBER_LINES: {
        size_t *n = (size_t *)(void *)((char *)document + member->count_offset);
        return read_lines(r, json, member, place, n);
    }
    }
    g_assert_not_reached();
}

const Document *document_parse(const json_t *json, Arena *arena, GError **error)
{
    const char *known[G_N_ELEMENTS(members) + 3] = {0};
    size_t n = 0;
    Reader r = {arena, 0, error};
    Document *document = arena_new0(arena, Document, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        known[n++] = members[i].name;
    known[n++] = "facts";
    known[n++] = "blocks";
    if (!only_knows(&r, json, "it", known))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        if (!read_member(&r, &members[i], json_object_get(json, members[i].name), document))
            return NULL;
    }
    if (!read_facts(&r, json_object_get(json, "facts"), document) ||
        !read_blocks(&r, json_object_get(json, "blocks"), document))
        return NULL;
    return document;
}

const Document *document_parse_bytes(const char *bytes, size_t n, Arena *arena, GError **error)
{
    g_autoptr(json_t) json = json_parse(bytes, n, DOCUMENT_LARGEST_BYTES, error);
    return json != NULL ? document_parse(json, arena, error) : NULL;
}

/* ---- writing ---- */

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, name, json_string(text));
}

static json_t *lines_json(const char *const *lines, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(lines[i]));
    return list;
}

static void write_member(const Member *member, const Document *document, json_t *object)
{
    const void *place = (const char *)document + member->offset;
    char day[16];
    switch (member->type) {
    case MEMBER_LINE:
        set_text(object, member->name, *(const char *const *)place);
        return;
    case MEMBER_CHOICE:
        set_text(object, member->name, member->choices[*(const int *)place]);
        return;
    case MEMBER_DATE:
        set_text(object, member->name, date_format(*(const Date *)place, day));
        return;
    case MEMBER_LINES: {
        size_t n = *(const size_t *)(const void *)((const char *)document + member->count_offset);
        if (n > 0)
            json_object_set_new(object, member->name,
                                lines_json(*(const char *const *const *)place, n));
    }
    }
}

static json_t *table_json(const Block *block)
{
    json_t *columns = json_array(), *rows = json_array();
    for (size_t i = 0; i < block->n_columns; i++)
        json_array_append_new(columns, json_pack("{s:s,s:s}", "title", block->columns[i].title,
                                                 "align", aligns[block->columns[i].align]));
    for (size_t i = 0; i < block->n_rows; i++)
        json_array_append_new(rows,
                              lines_json(block->cells + i * block->n_columns, block->n_columns));
    return json_pack("{s:s,s:o,s:o,s:I}", "kind", kinds[BLOCK_TABLE], "columns", columns, "rows",
                     rows, "totals", (json_int_t)block->n_totals);
}

static json_t *block_json(const Block *block)
{
    if (block->kind == BLOCK_TABLE)
        return table_json(block);
    json_t *json = json_pack("{s:s}", "kind", kinds[block->kind]);
    set_text(json, "markup", block->markup);
    if (block->kind == BLOCK_HEADING)
        json_object_set_new(json, "level", json_integer(block->level));
    return json;
}

json_t *document_json(const Document *document)
{
    json_t *json = json_object(), *blocks = json_array(), *facts = json_array();
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        write_member(&members[i], document, json);
    for (size_t i = 0; i < document->n_facts; i++)
        json_array_append_new(
            facts, json_pack("[s,s]", document->facts[i].label, document->facts[i].value));
    for (size_t i = 0; i < document->n_blocks; i++)
        json_array_append_new(blocks, block_json(&document->blocks[i]));
    json_object_set_new(json, "facts", facts);
    json_object_set_new(json, "blocks", blocks);
    return json;
}
