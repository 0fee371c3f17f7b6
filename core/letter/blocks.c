/* Headings, paragraphs, items: text that runs over pages line by line. */
#include "sheet.h"

enum { UNPARTED_LINES = 4 };

#define BODY_SIZE 10.2
#define BODY_SPACING 1.12
#define PARAGRAPH_GAP 7.0
#define ITEM_INDENT 14.0

typedef struct {
    double height, baseline; /* baseline: from the line's top */
    double x;                /* of its first glyph, in the layout */
    PangoLayoutLine *line;
} Line;

static GArray *lines_of(PangoLayout *layout)
{
    GArray *lines = g_array_new(FALSE, FALSE, sizeof(Line));
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    do {
        int top = 0, bottom = 0;
        PangoRectangle logical;
        pango_layout_iter_get_line_yrange(iter, &top, &bottom);
        pango_layout_iter_get_line_extents(iter, NULL, &logical);
        Line line = {(double)(bottom - top) / PANGO_SCALE,
                     (double)(pango_layout_iter_get_baseline(iter) - top) / PANGO_SCALE,
                     (double)logical.x / PANGO_SCALE, pango_layout_iter_get_line_readonly(iter)};
        g_array_append_val(lines, line);
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    return lines;
}

static double height_of(const GArray *lines, guint from, guint to)
{
    double height = 0;
    for (guint i = from; i < to && i < lines->len; i++)
        height += g_array_index(lines, Line, i).height;
    return height;
}

/* No line stands alone on a page: short paragraphs stay whole, of long ones two lines at least. */
static bool breaks_before(const Sheet *sheet, const GArray *lines, guint i)
{
    guint together = 1;
    if (i == 0)
        together = lines->len <= UNPARTED_LINES ? lines->len : 2;
    else if (lines->len > UNPARTED_LINES && i == lines->len - 2)
        together = 2;
    else if (lines->len <= UNPARTED_LINES)
        return false;
    return sheet->y + height_of(lines, i, i + together) > sheet->bottom;
}

static void put_line(Sheet *sheet, const Line *line, double x)
{
    if (sheet->drawing) {
        sheet_ink(sheet, INK_TEXT);
        cairo_move_to(sheet->cairo, x + line->x, sheet->y + line->baseline);
        pango_cairo_show_layout_line(sheet->cairo, line->line);
    }
    sheet->y += line->height;
}

static void run_lines(Sheet *sheet, PangoLayout *layout, double x, const char *tag)
{
    GArray *lines = lines_of(layout);
    for (guint i = 0; i < lines->len; i++) {
        if (breaks_before(sheet, lines, i)) {
            if (i > 0)
                sheet_untag(sheet, tag);
            sheet_break(sheet);
            if (i > 0)
                sheet_tag(sheet, tag, NULL);
        }
        if (i == 0)
            sheet_tag(sheet, tag, NULL);
        put_line(sheet, &g_array_index(lines, Line, i), x);
    }
    sheet_untag(sheet, tag);
    g_array_unref(lines);
}

/* A heading is not the last thing of a page. */
static void draw_heading(Sheet *sheet, const Block *block)
{
    static const struct {
        double size, before, after;
        const char *tag;
    } levels[] = {{13.0, 4, 7, "H1"}, {11.2, 7, 4, "H2"}, {10.2, 5, 3, "H3"}};
    size_t level = (size_t)block->level - 1;
    const Style style = {.size = levels[level].size,
                         .bold = true,
                         .width = sheet->right - sheet->left,
                         .spacing = 1.05};
    PangoLayout *layout = sheet_layout(sheet, block->markup, &style);
    double height = layout_height(layout);
    if (sheet->y > sheet->top + 1)
        sheet->y += levels[level].before;
    sheet_need(sheet, height + levels[level].after + 3 * BODY_SIZE * 1.4);
    sheet_tag(sheet, levels[level].tag, NULL);
    sheet_put(sheet, layout, sheet->left, sheet->y, INK_HEAD);
    sheet_untag(sheet, levels[level].tag);
    sheet->y += height + levels[level].after;
}

static void draw_paragraph(Sheet *sheet, const Block *block)
{
    const Style style = {
        .size = BODY_SIZE, .width = sheet->right - sheet->left, .spacing = BODY_SPACING};
    PangoLayout *layout = sheet_layout(sheet, block->markup, &style);
    run_lines(sheet, layout, sheet->left, "P");
    sheet->y += PARAGRAPH_GAP;
}

static bool is_item(const Document *document, size_t i)
{
    return i < document->n_blocks && document->blocks[i].kind == BLOCK_ITEM;
}

static void draw_item(Sheet *sheet, size_t i)
{
    const Document *document = sheet->document;
    double width = sheet->right - sheet->left - ITEM_INDENT;
    const Style bullet = {.size = BODY_SIZE, .width = -1, .plain = true, .spacing = BODY_SPACING};
    const Style style = {.size = BODY_SIZE, .width = width, .spacing = BODY_SPACING};
    PangoLayout *sign = sheet_layout(sheet, "•", &bullet);
    PangoLayout *layout = sheet_layout(sheet, document->blocks[i].markup, &style);
    GArray *lines = lines_of(layout);
    double together = height_of(lines, 0, lines->len <= UNPARTED_LINES ? lines->len : 2);
    g_array_unref(lines);
    if (i == 0 || !is_item(document, i - 1)) {
        sheet_need(sheet, together);
        sheet_tag(sheet, "L", NULL);
    }
    sheet_need(sheet, together);
    sheet_tag(sheet, "LI", NULL);
    double x = sheet_x(sheet, ALIGN_START, sheet->left, sheet->right, layout_width(sign));
    sheet_tag(sheet, "Lbl", NULL);
    sheet_put(sheet, sign, x + (sheet->rtl ? -2 : 2), sheet->y, INK_SOFT);
    sheet_untag(sheet, "Lbl");
    run_lines(sheet, layout, sheet->left + (sheet->rtl ? 0 : ITEM_INDENT), "LBody");
    sheet_untag(sheet, "LI");
    bool last = !is_item(document, i + 1);
    if (last)
        sheet_untag(sheet, "L");
    sheet->y += last ? PARAGRAPH_GAP : 2.5;
}

void block_draw(Sheet *sheet, size_t i)
{
    const Block *block = &sheet->document->blocks[i];
    switch (block->kind) {
    case BLOCK_HEADING:
        draw_heading(sheet, block);
        return;
    case BLOCK_PARAGRAPH:
        draw_paragraph(sheet, block);
        return;
    case BLOCK_ITEM:
        draw_item(sheet, i);
        return;
    case BLOCK_TABLE:
        table_draw(sheet, block);
        return;
    case BLOCK_RULE:
        sheet_need(sheet, 2 * PARAGRAPH_GAP);
        sheet_rule(sheet, sheet->left, sheet->right, sheet->y + 2, 0.6);
        sheet->y += 4 + PARAGRAPH_GAP;
        return;
    case BLOCK_SPACE:
        sheet->y += 2 * PARAGRAPH_GAP;
        return;
    default:
        sheet_break(sheet);
    }
}
