/* What a printed document is made of: letters, legal notices, the timeline of a case. Data only: dunhub-letter draws it
 * (press/press.h). Its JSON form is what is kept and hashed; document_parse is the one place that checks it.
 * Texts called markup are Pango markup with the elements b i u s small big sub sup tt and no attributes; escape what comes
 * from outside with document_escape. All texts are UTF-8 without control characters; '\n' breaks a line in markup. */
#ifndef DUNHUB_DOCUMENT_DOCUMENT_H
#define DUNHUB_DOCUMENT_DOCUMENT_H

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"

typedef enum { PAPER_A4, PAPER_US_LETTER } Paper;
/* Where the address must stand to be read through the window: DIN 5008 form B (A4, DL or C6/5 with window at the left), US
 * #10 (letter folded in three). NONE: no address field, the text begins under the letterhead. */
typedef enum { ENVELOPE_NONE, ENVELOPE_DIN_5008_B, ENVELOPE_US_10 } Envelope;
typedef enum { BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_ITEM, BLOCK_TABLE, BLOCK_RULE, BLOCK_SPACE, BLOCK_PAGE_BREAK } BlockKind;
typedef enum { ALIGN_START, ALIGN_END, ALIGN_CENTRE } Align;

typedef struct {
    const char *title; /* markup; "" none */
    int align;         /* Align: of the title and of the cells */
} Column;

typedef struct {
    int kind;           /* BlockKind */
    int64_t level;      /* heading: 1..3; item: 1 (a bullet) */
    const char *markup; /* heading, paragraph, item */
    /* table; its titles are repeated on every page */
    const Column *columns;
    size_t n_columns;
    const char *const *cells; /* n_rows * n_columns markups, row by row */
    size_t n_rows;
    size_t n_totals; /* so many last rows are set in bold under a line, and not parted from the row before */
} Block;

typedef struct {
    const char *label, *value; /* plain text */
} Fact;

typedef struct {
    const char *language; /* BCP 47: shaping, direction, the PDF's language */
    const char *title, *author, *subject; /* the PDF's metadata; plain text */
    Date date;            /* of creation, in the metadata too: the same document gives the same bytes */
    int paper;            /* Paper */
    int envelope;         /* Envelope */
    const char *font;     /* family; NULL: "Noto Sans" */
    const char *sender;   /* letterhead: name; NULL: no letterhead */
    const char *const *sender_lines; size_t n_sender_lines;       /* address, telephone, … */
    const char *return_line;                                      /* small, above the address; NULL none */
    const char *const *recipient; size_t n_recipient;             /* lines of the address, at most 7 */
    const Fact *facts; size_t n_facts;                            /* date, customer number, … beside the address */
    const Block *blocks; size_t n_blocks;
    const char *const *foot; size_t n_foot;                       /* on every page: bank, register, … at most 4 */
    const char *page_label; /* "Page %1 of %2"; NULL: none */
} Document;

typedef enum { DOCUMENT_ERROR_FORM, DOCUMENT_ERROR_MARKUP, DOCUMENT_ERROR_LIMIT } DocumentError;
GQuark document_error_quark(void);
#define DOCUMENT_ERROR document_error_quark()

#define DOCUMENT_LARGEST_BYTES (4 * 1024 * 1024)
#define DOCUMENT_MOST_BLOCKS 20000
#define DOCUMENT_MOST_COLUMNS 12
#define DOCUMENT_MOST_CELLS 50000
#define DOCUMENT_LONGEST_TEXT 20000 /* bytes of one markup */

/* Every member checked; NULL and *error that names the member. The document lives in the arena. */
const Document *document_parse(const json_t *json, Arena *arena, GError **error);
/* The same from bytes, at most DOCUMENT_LARGEST_BYTES. */
const Document *document_parse_bytes(const char *bytes, size_t n, Arena *arena, GError **error);
/* New reference; document_parse of it gives the same document. */
json_t *document_json(const Document *document);

/* The text of a letter as templates write it, line by line (docs/notices.md):
 *   # heading (## ###)      - item      ---  a rule      +++  a new page
 *   |= title | title > |    titles of a table; '>' after one: its column stands at the end, '^': in the middle
 *   | cell | cell |         a row       |+ cell | cell |  a row of totals
 *   other lines             a paragraph, line by line, ended by an empty line
 * False and *error with the line. */
bool document_read_text(const char *text, Arena *arena, const Block **ret_blocks, size_t *ret_n, GError **error);
/* Text from outside, so that it is read as text wherever it stands in such a text or in markup. Caller frees. */
char *document_escape(const char *text);
/* Whether it is markup of the kind above. */
bool document_check_markup(const char *markup, GError **error);

/* Whether the language is written from right to left. */
bool language_is_rtl(const char *language);

#endif
