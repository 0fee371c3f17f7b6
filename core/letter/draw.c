/* A document becomes a PDF: pages, the two runs, what the file says of itself. */
#include <cairo-pdf.h>
#include <string.h>

#include "sheet.h"

G_DEFINE_QUARK(letter_error_quark, letter_error)

#define DEFAULT_FONT "Noto Sans"

enum { PAGES_MOST = 2000, CHARACTERS_NAMED = 8 };

/* ---- structure ---- */

void sheet_tag(Sheet *sheet, const char *tag, const char *attributes)
{
    if (sheet->drawing && sheet->tags)
        cairo_tag_begin(sheet->cairo, tag, attributes);
}

void sheet_untag(Sheet *sheet, const char *tag)
{
    if (sheet->drawing && sheet->tags)
        cairo_tag_end(sheet->cairo, tag);
}

/* ---- pages ---- */

void sheet_first_page(Sheet *sheet)
{
    sheet->page = 1;
    sheet_tag(sheet, "Document", NULL);
    letterhead_draw(sheet);
}

static void end_page(Sheet *sheet)
{
    foot_draw(sheet);
    if (sheet->drawing)
        cairo_show_page(sheet->cairo);
}

void sheet_end(Sheet *sheet)
{
    sheet_untag(sheet, "Document");
    end_page(sheet);
}

void sheet_break(Sheet *sheet)
{
    end_page(sheet);
    if (++sheet->page > PAGES_MOST)
        sheet->problem = "it has more than 2000 pages";
    letterhead_draw_next(sheet);
}

void sheet_need(Sheet *sheet, double height)
{
    if (sheet->y + height > sheet->bottom && sheet->y > sheet->top + 1)
        sheet_break(sheet);
}

/* ---- the two runs ---- */

static void run(Sheet *sheet)
{
    sheet_first_page(sheet);
    for (size_t i = 0; i < sheet->document->n_blocks && sheet->problem == NULL; i++)
        block_draw(sheet, i);
    sheet_end(sheet);
}

static const char *package_of(gunichar c)
{
    switch (g_unichar_get_script(c)) {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_HANGUL:
    case G_UNICODE_SCRIPT_BOPOMOFO:
        return "fonts-noto-cjk";
    default:
        return c >= 0x1f000 && c < 0x1fb00 ? "fonts-noto-color-emoji" : "fonts-noto-core";
    }
}

static int by_code(gconstpointer a, gconstpointer b)
{
    guint x = GPOINTER_TO_UINT(*(const gpointer *)a), y = GPOINTER_TO_UINT(*(const gpointer *)b);
    return x < y ? -1 : x > y;
}

static GPtrArray *missing_codes(const Sheet *sheet)
{
    GPtrArray *codes = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer code = NULL;
    g_hash_table_iter_init(&iterator, sheet->missing);
    while (g_hash_table_iter_next(&iterator, &code, NULL))
        g_ptr_array_add(codes, code);
    g_ptr_array_sort(codes, by_code);
    return codes;
}

static bool has_all_glyphs(const Sheet *sheet, GError **error)
{
    if (g_hash_table_size(sheet->missing) == 0)
        return true;
    g_autoptr(GPtrArray) codes = missing_codes(sheet);
    g_autoptr(GString) text = g_string_new(NULL);
    const char *package = package_of(GPOINTER_TO_UINT(codes->pdata[0]));
    for (guint i = 0; i < MIN(codes->len, CHARACTERS_NAMED); i++) {
        gunichar c = GPOINTER_TO_UINT(codes->pdata[i]);
        char utf8[8] = {0};
        g_unichar_to_utf8(c, utf8);
        g_string_append_printf(text, "%s%s (U+%04X)", i > 0 ? ", " : "",
                               g_unichar_isprint(c) ? utf8 : "?", c);
        package = package_of(c);
    }
    if (codes->len > CHARACTERS_NAMED)
        g_string_append_printf(text, " and %u more", codes->len - CHARACTERS_NAMED);
    g_set_error(error, LETTER_ERROR, LETTER_ERROR_GLYPHS,
                "no font has %s; install %s (Debian package), or correct the text", text->str,
                package);
    return false;
}

static void set_frame(Sheet *sheet)
{
    const Document *document = sheet->document;
    bool us = document->paper == PAPER_US_LETTER;
    sheet->width = us ? 8.5 * INCH : 210 * MM;
    sheet->height = us ? 11 * INCH : 297 * MM;
    sheet->left = us ? 0.95 * INCH : 25 * MM;
    sheet->right = sheet->width - (us ? 0.95 * INCH : 20 * MM);
    sheet->top = 22 * MM;
    sheet->bottom = sheet->height - 12 * MM - foot_height(document) - 8;
}

static PangoContext *new_context(const Sheet *sheet)
{
    const Document *document = sheet->document;
    PangoContext *context = pango_cairo_create_context(sheet->cairo);
    PangoFontDescription *font = pango_font_description_new();
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_cairo_context_set_resolution(context, 72);
    pango_font_description_set_family(font, document->font != NULL ? document->font : DEFAULT_FONT);
    pango_context_set_font_description(context, font);
    pango_context_set_language(context, pango_language_from_string(document->language));
    pango_context_set_base_dir(context, sheet->rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR);
    pango_context_set_round_glyph_positions(context, FALSE);
    cairo_font_options_destroy(options);
    pango_font_description_free(font);
    return context;
}

static void set_metadata(cairo_surface_t *surface, const Document *document)
{
    char day[16];
    g_autofree char *date = g_strdup_printf("%sT00:00:00Z", date_format(document->date, day));
    const struct {
        cairo_pdf_metadata_t kind;
        const char *text;
    } rows[] = {
        {CAIRO_PDF_METADATA_TITLE, document->title},
        {CAIRO_PDF_METADATA_AUTHOR, document->author},
        {CAIRO_PDF_METADATA_SUBJECT, document->subject},
        {CAIRO_PDF_METADATA_CREATOR, "dunhub"},
        {CAIRO_PDF_METADATA_CREATE_DATE, date},
        {CAIRO_PDF_METADATA_MOD_DATE, date},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].text != NULL)
            cairo_pdf_surface_set_metadata(surface, rows[i].kind, rows[i].text);
    }
}

static cairo_status_t append(void *array, const unsigned char *bytes, unsigned int n)
{
    g_byte_array_append(array, bytes, n);
    return CAIRO_STATUS_SUCCESS;
}

static bool draw_twice(Sheet *sheet, GError **error)
{
    run(sheet);
    if (!has_all_glyphs(sheet, error))
        return false;
    sheet->pages = sheet->page;
    if (sheet->problem == NULL) {
        sheet->drawing = true;
        run(sheet);
    }
    if (sheet->problem == NULL)
        return true;
    g_set_error(error, LETTER_ERROR, LETTER_ERROR_LAYOUT, "%s", sheet->problem);
    return false;
}

GBytes *letter_draw(const Document *document, int *ret_pages, GError **error)
{
    g_autoptr(GByteArray) pdf = g_byte_array_new();
    Sheet sheet = {.document = document, .rtl = language_is_rtl(document->language), .tags = true};
    set_frame(&sheet);
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(append, pdf, sheet.width, sheet.height);
    set_metadata(surface, document);
    sheet.cairo = cairo_create(surface);
    sheet.pango = new_context(&sheet);
    sheet.layouts = g_ptr_array_new_with_free_func(g_object_unref);
    sheet.missing = g_hash_table_new(NULL, NULL);
    bool drawn = draw_twice(&sheet, error);
    cairo_status_t status = cairo_status(sheet.cairo);
    g_ptr_array_unref(sheet.layouts);
    g_hash_table_unref(sheet.missing);
    g_object_unref(sheet.pango);
    cairo_destroy(sheet.cairo);
    cairo_surface_finish(surface);
    status = status != CAIRO_STATUS_SUCCESS ? status : cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (!drawn)
        return NULL;
    GByteArray *whole = status == CAIRO_STATUS_SUCCESS
                            ? letter_finish(pdf->data, pdf->len, document->language)
                            : NULL;
    if (whole == NULL) {
        g_set_error(error, LETTER_ERROR, LETTER_ERROR_CAIRO, "the PDF could not be written: %s",
                    status != CAIRO_STATUS_SUCCESS ? cairo_status_to_string(status)
                                                   : "Cairo wrote it in an unknown form");
        return NULL;
    }
    *ret_pages = sheet.pages;
    return g_byte_array_free_to_bytes(whole);
}
