/* Letterhead, address field, facts, foot. */
#include <math.h>
#include <string.h>

#include "sheet.h"

#define FOOT_SIZE 7.4
#define FOOT_LINE 9.6

/* Where things stand on the first page, by envelope; points from the upper corner at the left. */
static const struct {
    double head_y;
    double address_x, address_y, address_width, address_height; /* the lines of the address */
    double facts_x, facts_y;
    double text_y;
} places[] = {
    [ENVELOPE_NONE] = {14 * MM, 0, 0, 0, 0, 0, 0, 0},
    /* DIN 5008 form B: field 45 mm from the top, 85 x 45 mm; the address in its lower 27.3 mm. */
    [ENVELOPE_DIN_5008_B] = {14 * MM, 25 * MM, 62.7 * MM, 80 * MM, 27.3 * MM, 125 * MM, 50 * MM,
                             98.5 * MM},
    /* #10, window 4 1/2 x 1 1/8 in at 7/8 in from the left and 1/2 in from the bottom; the sheet folded in three can lie
     * 0.46 in higher or lower and an inch to either side, so the address stands where the window shows it in any case. */
    [ENVELOPE_US_10] = {0.5 * INCH, 0.95 * INCH, 2.3 * INCH, 2.4 * INCH, 0.9 * INCH, 4.6 * INCH,
                        2.05 * INCH, 3.6 * INCH},
};

double foot_height(const Document *document)
{
    size_t lines = MAX(document->n_foot, document->page_label != NULL ? 1 : 0);
    return lines > 0 ? (double)lines * FOOT_LINE + 6 : 0;
}

static double put_text(Sheet *sheet, const char *text, Style style, Align align, double from,
                       double to, double y, Ink ink)
{
    style.plain = true;
    PangoLayout *layout = sheet_layout(sheet, text, &style);
    double width = layout_width(layout);
    sheet_put(sheet, layout, sheet_x(sheet, align, from, to, width), y, ink);
    return layout_height(layout);
}

/* At the left, whatever the direction: an envelope has its window there. */
static double put_at_left(Sheet *sheet, const char *text, Style style, double x, double y, Ink ink)
{
    style.plain = true;
    PangoLayout *layout = sheet_layout(sheet, text, &style);
    sheet_put(sheet, layout, x, y, ink);
    return layout_height(layout);
}

/* The name at the start, the lines at the end. Returns where it ends. */
static double put_sender(Sheet *sheet, double y)
{
    const Document *document = sheet->document;
    double half = (sheet->right - sheet->left) * 0.58;
    double names_from = sheet->rtl ? sheet->right - half : sheet->left;
    sheet_tag(sheet, "P", NULL);
    double name_height = put_text(sheet, document->sender,
                                  (Style){.size = 15, .bold = true, .width = -1, .spacing = 1.0},
                                  ALIGN_START, names_from, names_from + half, y, INK_HEAD);
    double line_y = y + 2;
    for (size_t i = 0; i < document->n_sender_lines; i++)
        line_y += put_text(sheet, document->sender_lines[i],
                           (Style){.size = 8, .width = -1, .spacing = 1.05}, ALIGN_END, sheet->left,
                           sheet->right, line_y, INK_SOFT);
    sheet_untag(sheet, "P");
    double end = fmax(y + name_height, line_y) + 5;
    sheet_rule(sheet, sheet->left, sheet->right, end, 0.8);
    return end + 6;
}

/* In one size that lets the longest line and all lines into the window. */
static void put_recipient(Sheet *sheet)
{
    const Document *document = sheet->document;
    int envelope = document->envelope;
    double x = places[envelope].address_x, y = places[envelope].address_y, widest = 0, height = 0;
    PangoLayout *lines[16] = {NULL};
    size_t n = MIN(document->n_recipient, G_N_ELEMENTS(lines));
    const Style style = {.size = 10.2, .width = -1, .plain = true, .spacing = 1.0};
    if (document->return_line != NULL)
        put_at_left(sheet, document->return_line, (Style){.size = 6.6, .width = -1}, x, y - 12,
                    INK_SOFT);
    for (size_t i = 0; i < n; i++) {
        lines[i] = sheet_layout(sheet, document->recipient[i], &style);
        widest = fmax(widest, layout_width(lines[i]));
        height += layout_height(lines[i]);
    }
    if (n == 0 || !sheet->drawing)
        return;
    double scale = fmin(
        1, fmin(places[envelope].address_width / widest, places[envelope].address_height / height));
    sheet_tag(sheet, "P", NULL);
    cairo_save(sheet->cairo);
    cairo_translate(sheet->cairo, x, y);
    cairo_scale(sheet->cairo, scale, scale);
    double at = 0;
    for (size_t i = 0; i < n; i++) {
        sheet_put(sheet, lines[i], 0, at, INK_TEXT);
        at += layout_height(lines[i]);
    }
    cairo_restore(sheet->cairo);
    sheet_untag(sheet, "P");
}

/* Label and value, one below the other; returns where they end. */
static double put_facts(Sheet *sheet, double from, double to, double y)
{
    const Document *document = sheet->document;
    double labels = 0;
    const Style label = {.size = 8, .width = -1, .plain = true, .spacing = 1.0};
    PangoLayout *layouts[64];
    size_t n = MIN(document->n_facts, G_N_ELEMENTS(layouts));
    for (size_t i = 0; i < n; i++) {
        layouts[i] = sheet_layout(sheet, document->facts[i].label, &label);
        labels = fmax(labels, layout_width(layouts[i]));
    }
    labels = fmin(labels + 8, (to - from) * 0.5);
    double value_from = sheet->rtl ? from : from + labels, value_to = sheet->rtl ? to - labels : to;
    for (size_t i = 0; i < n; i++) {
        const Style style = {
            .size = 9, .width = value_to - value_from, .plain = true, .spacing = 1.05};
        PangoLayout *value = sheet_layout(sheet, document->facts[i].value, &style);
        sheet_tag(sheet, "P", NULL);
        sheet_put(sheet, layouts[i],
                  sheet_x(sheet, ALIGN_START, from, to, layout_width(layouts[i])), y + 0.9,
                  INK_SOFT);
        sheet_put(sheet, value, value_from, y, INK_TEXT);
        sheet_untag(sheet, "P");
        y += layout_height(value) + 2;
    }
    return y;
}

/* DIN 5008: where the sheet is folded, and its middle for the punch. */
static void put_folds(Sheet *sheet)
{
    static const double marks[][2] = {{105, 5}, {148.5, 7}, {210, 5}};
    for (size_t i = 0; sheet->document->envelope == ENVELOPE_DIN_5008_B && i < G_N_ELEMENTS(marks);
         i++)
        sheet_rule(sheet, 4 * MM, (4 + marks[i][1]) * MM, marks[i][0] * MM, 0.4);
}

void letterhead_draw(Sheet *sheet)
{
    const Document *document = sheet->document;
    int envelope = document->envelope;
    double y = document->sender != NULL ? put_sender(sheet, places[envelope].head_y) : sheet->top;
    if (envelope == ENVELOPE_NONE) {
        sheet->y = put_facts(sheet, sheet->left, sheet->right, y + 4) + 8;
        return;
    }
    put_folds(sheet);
    put_recipient(sheet);
    double facts_end =
        put_facts(sheet, places[envelope].facts_x, sheet->right, fmax(y, places[envelope].facts_y));
    sheet->y = fmax(places[envelope].text_y, facts_end + 6 * MM);
}

void letterhead_draw_next(Sheet *sheet)
{
    const Document *document = sheet->document;
    const Style style = {.size = 8, .width = -1};
    const char *name = document->sender != NULL ? document->sender : document->author;
    double y = 12 * MM;
    if (name != NULL)
        put_text(sheet, name, style, ALIGN_START, sheet->left, sheet->right, y, INK_SOFT);
    put_text(sheet, document->title, (Style){.size = 8, .width = -1}, ALIGN_END, sheet->left,
             sheet->right, y, INK_SOFT);
    sheet_rule(sheet, sheet->left, sheet->right, y + 12, 0.4);
    sheet->y = sheet->top;
}

/* "Page %1 of %2" */
static char *page_text(const Sheet *sheet)
{
    GString *text = g_string_new(NULL);
    for (const char *c = sheet->document->page_label; *c != '\0'; c++) {
        if (c[0] == '%' && (c[1] == '1' || c[1] == '2')) {
            g_string_append_printf(text, "%d", c[1] == '1' ? sheet->page : sheet->pages);
            c++;
        } else
            g_string_append_c(text, *c);
    }
    return g_string_free(text, FALSE);
}

/* The number of pages is known in the second run only: its layout is not kept from the first. */
static void put_page_label(Sheet *sheet, double y)
{
    if (sheet->document->page_label == NULL || !sheet->drawing)
        return;
    g_autofree char *text = page_text(sheet);
    PangoLayout *layout = pango_layout_new(sheet->pango);
    PangoFontDescription *font =
        pango_font_description_copy(pango_context_get_font_description(sheet->pango));
    pango_font_description_set_absolute_size(font, FOOT_SIZE * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_text(layout, text, -1);
    sheet_put(sheet, layout,
              sheet_x(sheet, ALIGN_END, sheet->left, sheet->right, layout_width(layout)), y,
              INK_SOFT);
    pango_font_description_free(font);
    g_object_unref(layout);
}

void foot_draw(Sheet *sheet)
{
    const Document *document = sheet->document;
    double y = sheet->bottom + 12;
    if (foot_height(document) <= 0)
        return;
    sheet_rule(sheet, sheet->left, sheet->right, y - 4, 0.4);
    put_page_label(sheet, y);
    for (size_t i = 0; i < document->n_foot; i++) {
        put_text(sheet, document->foot[i], (Style){.size = FOOT_SIZE, .width = -1}, ALIGN_START,
                 sheet->left, sheet->right, y, INK_SOFT);
        y += FOOT_LINE;
    }
}
