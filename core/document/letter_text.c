/* Reads the text of a letter, line by line, into blocks. Rows that follow each other are one table. */
#include <string.h>

#include "document/document.h"

typedef struct {
    Arena *arena;
    GArray *blocks;   /* Block */
    GString *lines;   /* of the paragraph that is being read */
    GArray *columns;  /* Column: of the table that is being read */
    GPtrArray *cells; /* of it; texts of the arena */
    size_t totals;
    size_t n_cells; /* in all tables */
    int line;
    GError **error;
} Reading;

G_GNUC_PRINTF(2, 3)
static bool refuse(Reading *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(r->error, DOCUMENT_ERROR, DOCUMENT_ERROR_FORM, "line %d of the letter: %s", r->line,
                message);
    return false;
}

static bool check_markup(Reading *r, const char *markup)
{
    if (document_check_markup(markup, r->error))
        return true;
    g_prefix_error(r->error, "line %d of the letter: ", r->line);
    return false;
}

static bool add_block(Reading *r, Block block)
{
    if (r->blocks->len == DOCUMENT_MOST_BLOCKS)
        return refuse(r, "it has more than %d blocks", DOCUMENT_MOST_BLOCKS);
    g_array_append_val(r->blocks, block);
    return true;
}

static bool add_text(Reading *r, BlockKind kind, int64_t level, const char *markup)
{
    if (strlen(markup) > DOCUMENT_LONGEST_TEXT)
        return refuse(r, "a paragraph is longer than %d bytes", DOCUMENT_LONGEST_TEXT);
    return check_markup(r, markup) &&
           add_block(r, (Block){.kind = (int)kind,
                                .level = level,
                                .markup = arena_strdup(r->arena, markup)});
}

static bool end_paragraph(Reading *r)
{
    if (r->lines->len == 0)
        return true;
    bool good = add_text(r, BLOCK_PARAGRAPH, 0, r->lines->str);
    g_string_truncate(r->lines, 0);
    return good;
}

static bool end_table(Reading *r)
{
    if (r->columns->len == 0)
        return true;
    Block table = {.kind = BLOCK_TABLE,
                   .columns =
                       arena_dup(r->arena, r->columns->data, r->columns->len * sizeof(Column)),
                   .n_columns = r->columns->len,
                   .cells = arena_dup(r->arena, r->cells->pdata, r->cells->len * sizeof(char *)),
                   .n_rows = r->cells->len / r->columns->len,
                   .n_totals = r->totals};
    g_array_set_size(r->columns, 0);
    g_ptr_array_set_size(r->cells, 0);
    r->totals = 0;
    return add_block(r, table);
}

/* "| a | b |" without its sign: the pieces, stripped; a last empty one is the closing bar. */
static GStrv split_row(const char *row)
{
    GStrv cells = g_strsplit(row, "|", -1);
    guint n = g_strv_length(cells);
    for (guint i = 0; i < n; i++)
        g_strstrip(cells[i]);
    if (n > 1 && cells[n - 1][0] == '\0') {
        g_free(cells[n - 1]);
        cells[n - 1] = NULL;
    }
    return cells;
}

static bool add_titles(Reading *r, char **cells)
{
    if (!end_table(r))
        return false;
    if (g_strv_length(cells) > DOCUMENT_MOST_COLUMNS)
        return refuse(r, "a table has at most %d columns", DOCUMENT_MOST_COLUMNS);
    for (; *cells != NULL; cells++) {
        size_t n = strlen(*cells);
        char sign = n > 0 ? (*cells)[n - 1] : '\0';
        Column column = {.align = sign == '>'   ? ALIGN_END
                                  : sign == '^' ? ALIGN_CENTRE
                                                : ALIGN_START};
        bool marked = column.align != ALIGN_START && (n == 1 || (*cells)[n - 2] == ' ');
        if (marked)
            (*cells)[n - 1] = '\0';
        else
            column.align = ALIGN_START;
        g_strchomp(*cells);
        if (!check_markup(r, *cells))
            return false;
        column.title = arena_strdup(r->arena, *cells);
        g_array_append_val(r->columns, column);
    }
    return true;
}

static bool add_row(Reading *r, char **cells, bool total)
{
    guint n = g_strv_length(cells);
    if (r->columns->len == 0)
        return refuse(r, "a row has no titles before it; begin the table with |= title | title |");
    if (n != r->columns->len)
        return refuse(r, "the row has %u cells, its titles are %u", n, r->columns->len);
    if (r->totals > 0 && !total)
        return refuse(r, "a row stands after the totals of its table");
    if ((r->n_cells += n) > DOCUMENT_MOST_CELLS)
        return refuse(r, "its tables have more than %d cells", DOCUMENT_MOST_CELLS);
    r->totals += total;
    for (; *cells != NULL; cells++) {
        if (strlen(*cells) > DOCUMENT_LONGEST_TEXT)
            return refuse(r, "a cell is longer than %d bytes", DOCUMENT_LONGEST_TEXT);
        if (!check_markup(r, *cells))
            return false;
        g_ptr_array_add(r->cells, arena_strdup(r->arena, *cells));
    }
    return true;
}

static bool take_row(Reading *r, const char *line)
{
    bool titles = line[1] == '=', total = line[1] == '+';
    g_auto(GStrv) cells = split_row(line + 1 + (titles || total));
    return end_paragraph(r) && (titles ? add_titles(r, cells) : add_row(r, cells, total));
}

static bool take_heading(Reading *r, const char *line)
{
    size_t level = strspn(line, "#");
    if (level > 3 || line[level] != ' ')
        return refuse(r, "a heading is '# text', '## text' or '### text'");
    return add_text(r, BLOCK_HEADING, (int64_t)level, line + level + 1);
}

static bool take_line(Reading *r, char *line)
{
    static const struct {
        const char *sign;
        BlockKind kind;
    } bare[] = {{"---", BLOCK_RULE}, {"+++", BLOCK_PAGE_BREAK}};
    g_strstrip(line);
    if (line[0] == '|')
        return take_row(r, line);
    if (!end_table(r))
        return false;
    if (line[0] == '\0')
        return end_paragraph(r);
    for (size_t i = 0; i < G_N_ELEMENTS(bare); i++) {
        if (strcmp(line, bare[i].sign) == 0)
            return end_paragraph(r) && add_block(r, (Block){.kind = (int)bare[i].kind});
    }
    if (line[0] == '#')
        return end_paragraph(r) && take_heading(r, line);
    if (g_str_has_prefix(line, "- "))
        return end_paragraph(r) && add_text(r, BLOCK_ITEM, 1, line + 2);
    g_string_append_printf(r->lines, "%s%s", r->lines->len > 0 ? "\n" : "", line);
    return true;
}

bool document_read_text(const char *text, Arena *arena, const Block **ret_blocks, size_t *ret_n,
                        GError **error)
{
    g_autoptr(GArray) blocks = g_array_new(FALSE, FALSE, sizeof(Block));
    g_autoptr(GString) lines = g_string_new(NULL);
    g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(Column));
    g_autoptr(GPtrArray) cells = g_ptr_array_new();
    Reading r = {arena, blocks, lines, columns, cells, 0, 0, 0, error};
    g_auto(GStrv) all = g_strsplit(text, "\n", -1);
    for (size_t i = 0; all[i] != NULL; i++) {
        r.line = (int)i + 1;
        if (!take_line(&r, all[i]))
            return false;
    }
    if (!end_paragraph(&r) || !end_table(&r))
        return false;
    *ret_blocks = arena_dup(arena, blocks->data, blocks->len * sizeof(Block));
    *ret_n = blocks->len;
    return true;
}
