/* Tables: widths by what stands in them, titles again on every page, totals never alone. */
#include <math.h>

#include "sheet.h"

#define CELL_SIZE 9.2
#define CELL_PAD_X 5.0
#define CELL_PAD_Y 3.4
#define TABLE_GAP 9.0

typedef struct {
    Sheet *sheet;
    const Block *block;
    double widths[DOCUMENT_MOST_COLUMNS]; /* with the pads */
    PangoLayout *titles[DOCUMENT_MOST_COLUMNS];
    double titles_height;
    PangoLayout **cells;
    bool has_titles;
} Table;

static PangoLayout *cell_layout(Table *t, const char *markup, size_t column, bool bold)
{
    const Style style = {.size = CELL_SIZE,
                         .bold = bold,
                         .width = -1,
                         .spacing = 1.05,
                         .align = (Align)t->block->columns[column].align};
    return sheet_layout(t->sheet, markup, &style);
}

static void make_layouts(Table *t)
{
    const Block *block = t->block;
    size_t n = block->n_rows * block->n_columns;
    size_t bold_from = (block->n_rows - block->n_totals) * block->n_columns;
    for (size_t i = 0; i < block->n_columns; i++) {
        t->titles[i] = cell_layout(t, block->columns[i].title, i, true);
        t->has_titles = t->has_titles || block->columns[i].title[0] != '\0';
    }
    t->cells = g_new(PangoLayout *, n);
    for (size_t i = 0; i < n; i++)
        t->cells[i] = cell_layout(t, block->cells[i], i % block->n_columns, i >= bold_from);
}

/* What each column would like to have. */
static void wished_widths(Table *t)
{
    const Block *block = t->block;
    for (size_t c = 0; c < block->n_columns; c++) {
        double widest = layout_width(t->titles[c]);
        for (size_t r = 0; r < block->n_rows; r++)
            widest = fmax(widest, layout_width(t->cells[r * block->n_columns + c]));
        t->widths[c] = ceil(widest) + 1 + 2 * CELL_PAD_X;
    }
}

/* Columns that ask for little get it; the rest is shared by those that ask for more. */
static void squeeze_widths(Table *t, double room)
{
    size_t n = t->block->n_columns;
    bool settled[DOCUMENT_MOST_COLUMNS] = {false};
    for (size_t left = n, settled_now = 1; left > 0 && settled_now > 0;) {
        double share = room / (double)left;
        settled_now = 0;
        for (size_t c = 0; c < n; c++) {
            if (settled[c] || t->widths[c] > share)
                continue;
            settled[c] = true;
            room -= t->widths[c];
            settled_now++;
            left--;
        }
        for (size_t c = 0; settled_now == 0 && c < n; c++) {
            if (!settled[c])
                t->widths[c] = share;
        }
    }
}

/* Room that is left goes to the columns of text, so that figures stand close to each other at the end. */
static void stretch_widths(Table *t, double spare)
{
    const Block *block = t->block;
    size_t texts = 0;
    for (size_t c = 0; c < block->n_columns; c++)
        texts += block->columns[c].align == ALIGN_START;
    for (size_t c = 0; c < block->n_columns; c++) {
        if (texts == 0)
            t->widths[c] += spare / (double)block->n_columns;
        else if (block->columns[c].align == ALIGN_START)
            t->widths[c] += spare / (double)texts;
    }
}

static void fit_layouts(Table *t)
{
    const Block *block = t->block;
    if (t->sheet->drawing)
        return; /* fitted in the first run */
    for (size_t c = 0; c < block->n_columns; c++) {
        int width = (int)floor((t->widths[c] - 2 * CELL_PAD_X) * PANGO_SCALE);
        pango_layout_set_width(t->titles[c], MAX(width, PANGO_SCALE));
        pango_layout_set_wrap(t->titles[c], PANGO_WRAP_WORD_CHAR);
        for (size_t r = 0; r < block->n_rows; r++) {
            PangoLayout *cell = t->cells[r * block->n_columns + c];
            pango_layout_set_width(cell, MAX(width, PANGO_SCALE));
            pango_layout_set_wrap(cell, PANGO_WRAP_WORD_CHAR);
        }
    }
}

static void set_widths(Table *t)
{
    double room = t->sheet->right - t->sheet->left, sum = 0;
    if (t->sheet->drawing) { /* as the first run left them */
        for (size_t c = 0; c < t->block->n_columns; c++)
            t->widths[c] =
                (double)pango_layout_get_width(t->titles[c]) / PANGO_SCALE + 2 * CELL_PAD_X;
        return;
    }
    wished_widths(t);
    for (size_t c = 0; c < t->block->n_columns; c++)
        sum += t->widths[c];
    if (sum > room)
        squeeze_widths(t, room);
    else
        stretch_widths(t, room - sum);
}

static double row_height(PangoLayout *const *cells, size_t n)
{
    double highest = 0;
    for (size_t i = 0; i < n; i++)
        highest = fmax(highest, layout_height(cells[i]));
    return highest + 2 * CELL_PAD_Y;
}

static void put_row(Table *t, PangoLayout *const *cells, double height, const char *tag, Ink ink)
{
    Sheet *sheet = t->sheet;
    double at = sheet->rtl ? sheet->right : sheet->left;
    sheet_tag(sheet, "TR", NULL);
    for (size_t c = 0; c < t->block->n_columns; c++) {
        double from = sheet->rtl ? at - t->widths[c] : at;
        sheet_tag(sheet, tag, NULL);
        sheet_put(sheet, cells[c], from + CELL_PAD_X, sheet->y + CELL_PAD_Y, ink);
        sheet_untag(sheet, tag);
        at += sheet->rtl ? -t->widths[c] : t->widths[c];
    }
    sheet_untag(sheet, "TR");
    sheet->y += height;
}

static void put_titles(Table *t)
{
    if (!t->has_titles)
        return;
    put_row(t, t->titles, t->titles_height, "TH", INK_SOFT);
    sheet_rule(t->sheet, t->sheet->left, t->sheet->right, t->sheet->y, 0.9);
}

/* The rows that may not be parted from row r, itself included. */
static double together(const Table *t, size_t r)
{
    const Block *block = t->block;
    size_t n = block->n_columns, last_plain = block->n_rows - block->n_totals;
    double height = row_height(t->cells + r * n, n);
    if (block->n_totals == 0 || r + 1 < last_plain)
        return height;
    for (size_t k = r + 1; k < block->n_rows; k++)
        height += row_height(t->cells + k * n, n);
    return height;
}

static void put_rows(Table *t)
{
    Sheet *sheet = t->sheet;
    const Block *block = t->block;
    size_t n = block->n_columns, last_plain = block->n_rows - block->n_totals;
    for (size_t r = 0; r < block->n_rows; r++) {
        double height = row_height(t->cells + r * n, n);
        if (height + t->titles_height > sheet->bottom - sheet->top)
            sheet->problem = "a row of a table is higher than a page; shorten what stands in it";
        if (r < last_plain || block->n_totals == block->n_rows) {
            int page = sheet->page;
            sheet_need(sheet, together(t, r));
            if (sheet->page != page)
                put_titles(t);
        }
        bool total = r >= last_plain;
        if (r == last_plain)
            sheet_rule(sheet, sheet->left, sheet->right, sheet->y, 0.9);
        put_row(t, t->cells + r * n, height, "TD", INK_TEXT);
        if (!total && r + 1 < last_plain)
            sheet_rule(sheet, sheet->left, sheet->right, sheet->y, 0.3);
    }
    if (last_plain > 0 && block->n_totals == 0)
        sheet_rule(sheet, sheet->left, sheet->right, sheet->y, 0.3);
}

void table_draw(Sheet *sheet, const Block *block)
{
    Table t = {.sheet = sheet, .block = block};
    make_layouts(&t);
    set_widths(&t);
    fit_layouts(&t);
    t.titles_height = t.has_titles ? row_height(t.titles, block->n_columns) : 0;
    sheet->y += 1;
    sheet_need(sheet, t.titles_height + (block->n_rows > 0 ? together(&t, 0) : 0));
    sheet_tag(sheet, "Table", NULL);
    put_titles(&t);
    put_rows(&t);
    sheet_untag(sheet, "Table");
    sheet->y += TABLE_GAP;
    g_free(t.cells);
}
