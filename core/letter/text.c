/* Text measured and drawn. */
#include <math.h>
#include <string.h>

#include "sheet.h"

static const double inks[][3] = {
    [INK_TEXT] = {0.10, 0.10, 0.12},
    [INK_SOFT] = {0.36, 0.36, 0.40},
    [INK_LINE] = {0.62, 0.62, 0.66},
    [INK_HEAD] = {0.11, 0.18, 0.32},
};

void sheet_ink(Sheet *sheet, Ink ink)
{
    if (sheet->drawing)
        cairo_set_source_rgb(sheet->cairo, inks[ink][0], inks[ink][1], inks[ink][2]);
}

/* Which characters have no glyph in any font. */
static void note_missing(Sheet *sheet, PangoLayout *layout)
{
    if (pango_layout_get_unknown_glyphs_count(layout) == 0)
        return;
    PangoLayoutIter *iter = pango_layout_get_iter(layout);
    do {
        PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);
        for (int i = 0; run != NULL && i < run->glyphs->num_glyphs; i++) {
            PangoGlyph glyph = run->glyphs->glyphs[i].glyph;
            if (glyph != PANGO_GLYPH_EMPTY && glyph != PANGO_GLYPH_INVALID_INPUT &&
                (glyph & PANGO_GLYPH_UNKNOWN_FLAG) != 0)
                g_hash_table_add(sheet->missing,
                                 GUINT_TO_POINTER(glyph & ~PANGO_GLYPH_UNKNOWN_FLAG));
        }
    } while (pango_layout_iter_next_run(iter));
    pango_layout_iter_free(iter);
}

static PangoAlignment alignment_of(const Sheet *sheet, Align align)
{
    if (align == ALIGN_CENTRE)
        return PANGO_ALIGN_CENTER;
    return (align == ALIGN_END) != sheet->rtl ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
}

/* Names, numbers and addresses keep their own direction, digits without letters run from left to right (first strong isolate). */
static void set_plain(PangoLayout *layout, const char *text)
{
    g_autofree char *isolated = g_strconcat("\u2068", text, "\u2069", NULL);
    pango_layout_set_text(layout, isolated, -1);
}

static PangoLayout *new_layout(Sheet *sheet, const char *text, const Style *style)
{
    PangoLayout *layout = pango_layout_new(sheet->pango);
    PangoFontDescription *font =
        pango_font_description_copy(pango_context_get_font_description(sheet->pango));
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    if (style->bold)
        pango_font_description_set_weight(font, PANGO_WEIGHT_SEMIBOLD);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_auto_dir(layout, FALSE);
    if (style->width >= 0) {
        pango_layout_set_width(layout, (int)floor(style->width * PANGO_SCALE));
        pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    }
    pango_layout_set_line_spacing(layout, (float)(style->spacing > 0 ? style->spacing : 1));
    if (style->plain)
        set_plain(layout, text);
    else
        pango_layout_set_markup(layout, text, -1);
    pango_layout_set_alignment(layout, alignment_of(sheet, style->align));
    note_missing(sheet, layout);
    return layout;
}

PangoLayout *sheet_layout(Sheet *sheet, const char *text, const Style *style)
{
    if (sheet->drawing)
        return sheet->layouts->pdata[sheet->next_layout++];
    PangoLayout *layout = new_layout(sheet, text, style);
    g_ptr_array_add(sheet->layouts, layout);
    return layout;
}

double layout_height(PangoLayout *layout)
{
    int height = 0;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

double layout_width(PangoLayout *layout)
{
    int width = 0;
    pango_layout_get_size(layout, &width, NULL);
    return (double)width / PANGO_SCALE;
}

void sheet_put(Sheet *sheet, PangoLayout *layout, double x, double y, Ink ink)
{
    if (!sheet->drawing)
        return;
    sheet_ink(sheet, ink);
    cairo_move_to(sheet->cairo, x, y);
    pango_cairo_show_layout(sheet->cairo, layout);
}

double sheet_x(const Sheet *sheet, Align align, double from, double to, double width)
{
    if (align == ALIGN_CENTRE)
        return from + (to - from - width) / 2;
    return (align == ALIGN_START) != sheet->rtl ? from : to - width;
}

void sheet_rule(Sheet *sheet, double from, double to, double y, double thickness)
{
    if (!sheet->drawing)
        return;
    sheet_ink(sheet, INK_LINE);
    cairo_set_line_width(sheet->cairo, thickness);
    cairo_move_to(sheet->cairo, from, y);
    cairo_line_to(sheet->cairo, to, y);
    cairo_stroke(sheet->cairo);
}
