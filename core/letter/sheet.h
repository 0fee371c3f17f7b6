/* A document being laid out: pages, the place on them, text measured and drawn. The same code runs twice: first to count
 * pages and to find missing glyphs, then to draw; layouts made in the first run are taken again in the second, in order. */
#ifndef DUNHUB_LETTER_SHEET_H
#define DUNHUB_LETTER_SHEET_H

#include <pango/pangocairo.h>

#include "document/document.h"

#define MM (72.0 / 25.4)
#define INCH 72.0

typedef enum { INK_TEXT, INK_SOFT, INK_LINE, INK_HEAD } Ink;

typedef struct {
    double size;     /* points */
    bool bold;
    double width;    /* points; < 0: as wide as it gets */
    double spacing;  /* of lines, 1 = the font's own; 0: 1 */
    bool plain;      /* text in its own direction, not markup in that of the document */
    Align align;     /* within the width */
} Style;

typedef struct {
    const Document *document;
    cairo_t *cairo;
    PangoContext *pango;
    bool drawing;        /* second run */
    bool rtl;
    bool tags;           /* structure is written */
    double width, height, left, right, top, bottom; /* of the page and of its text, points */
    double y;            /* where the next thing goes */
    int page, pages;     /* pages: known in the second run */
    GPtrArray *layouts;
    guint next_layout;
    GHashTable *missing; /* gunichar without a glyph */
    const char *problem; /* static; NULL none: the first thing that cannot be drawn */
} Sheet;

/* ---- text ---- */
PangoLayout *sheet_layout(Sheet *sheet, const char *text, const Style *style); /* borrowed */
double layout_height(PangoLayout *layout);
double layout_width(PangoLayout *layout);
/* At x, y: the layout's upper corner at the left. */
void sheet_put(Sheet *sheet, PangoLayout *layout, double x, double y, Ink ink);
/* Where a thing of that width begins if it stands at the start, at the end, in the middle of from..to. */
double sheet_x(const Sheet *sheet, Align align, double from, double to, double width);
void sheet_rule(Sheet *sheet, double from, double to, double y, double thickness);
void sheet_ink(Sheet *sheet, Ink ink);

/* ---- structure: a tag with something drawn in it ends on the page where it began ---- */
void sheet_tag(Sheet *sheet, const char *tag, const char *attributes);
void sheet_untag(Sheet *sheet, const char *tag);

/* ---- pages ---- */
void sheet_first_page(Sheet *sheet);
void sheet_end(Sheet *sheet);
void sheet_break(Sheet *sheet);
/* Room for so much, or a new page. */
void sheet_need(Sheet *sheet, double height);

/* ---- parts ---- */
void letterhead_draw(Sheet *sheet);       /* first page; leaves y where the text begins */
void letterhead_draw_next(Sheet *sheet);  /* the others */
void foot_draw(Sheet *sheet);
double foot_height(const Document *document);
void block_draw(Sheet *sheet, size_t i);
void table_draw(Sheet *sheet, const Block *block);

/* The document as PDF. NULL and *error: glyphs are missing, or it cannot be laid out. */
GBytes *letter_draw(const Document *document, int *ret_pages, GError **error);
/* The PDF with its language and what a reader shows as its title, as an update behind its end. NULL: not of the form that
 * Cairo writes. */
GByteArray *letter_finish(const guint8 *pdf, gsize n, const char *language);

typedef enum { LETTER_ERROR_GLYPHS, LETTER_ERROR_LAYOUT, LETTER_ERROR_CAIRO } LetterError;
GQuark letter_error_quark(void);
#define LETTER_ERROR letter_error_quark()

#endif
