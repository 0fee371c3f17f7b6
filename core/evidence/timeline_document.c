/* The timeline as a document for the press: dunhub-letter draws it, with page x of y. */
#include <string.h>

#include "evidence/timeline.h"

enum {
    COLUMNS = 5,
    ROWS_MAX = 9000, /* more are in the other forms */
    INVOICES_MAX = 500,
};

typedef struct {
    Arena *arena;
    GArray *blocks; /* Block */
} Drafting;

static const char *markup(Drafting *drafting, const char *text)
{
    g_autofree char *escaped = document_escape(text != NULL ? text : "");
    return arena_strdup(drafting->arena, escaped);
}

static void add(Drafting *drafting, Block block)
{
    g_array_append_val(drafting->blocks, block);
}

static void add_heading(Drafting *drafting, int64_t level, const char *text)
{
    add(drafting, (Block){.kind = BLOCK_HEADING, .level = level, .markup = text});
}

static void add_paragraph(Drafting *drafting, const char *text)
{
    add(drafting, (Block){.kind = BLOCK_PARAGRAPH, .markup = text});
}

static const char *day(Drafting *drafting, Date date)
{
    char text[16];
    const char *shown = date_format(date, text);
    return arena_strdup(drafting->arena, shown != NULL ? shown : "");
}

static void add_invoices(Drafting *drafting, const AccountState *state)
{
    static const Column columns[] = {{"Invoice", ALIGN_START},
                                     {"Issued", ALIGN_START},
                                     {"Due", ALIGN_START},
                                     {"Amount", ALIGN_END}};
    size_t n = MIN(STATE_COUNT(state, KIND_INVOICE), (size_t)INVOICES_MAX);
    const char **cells = arena_new0(drafting->arena, const char *, n *G_N_ELEMENTS(columns) + 1);
    const Invoice *invoices = STATE_ROWS(state, KIND_INVOICE, const Invoice);
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        const Invoice *invoice = &invoices[i];
        g_autofree char *amount = money_to_text((Money){invoice->amount, invoice->currency});
        const char **row = &cells[i * G_N_ELEMENTS(columns)];
        row[0] = markup(drafting, invoice->number != NULL ? invoice->number : invoice->id);
        row[1] = day(drafting, invoice->issued_on);
        row[2] = day(drafting, invoice->due_on);
        row[3] = markup(drafting, amount);
    }
    add_heading(drafting, 2, "Invoices");
    add(drafting, (Block){.kind = BLOCK_TABLE,
                          .columns = columns,
                          .n_columns = G_N_ELEMENTS(columns),
                          .cells = cells,
                          .n_rows = n});
}

static void append_under(GString *out, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_autofree char *escaped = document_escape(text);
    g_string_append_printf(out, "%s<small>%s%s</small>", out->len > 0 ? "\n" : "", label, escaped);
}

static const char *what_of(Drafting *drafting, const TimelineRow *row)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *what = document_escape(row->what);
    g_string_append(out, what);
    append_under(out, "by ", row->by);
    append_under(out, "template ", row->version);
    append_under(out, "sent: ", row->content);
    return arena_strdup(drafting->arena, out->str);
}

static const char *rule_of(Drafting *drafting, const TimelineRow *row)
{
    g_autoptr(GString) out = g_string_new(NULL);
    append_under(out, "", row->rule);
    append_under(out, "", row->citation);
    return arena_strdup(drafting->arena, out->str);
}

static void add_rows(Drafting *drafting, const Timeline *timeline)
{
    static const Column columns[COLUMNS] = {{"No", ALIGN_END},
                                            {"Local time", ALIGN_START},
                                            {"What", ALIGN_START},
                                            {"Rule", ALIGN_START},
                                            {"Amount", ALIGN_END}};
    size_t n = MIN(timeline->n, (size_t)ROWS_MAX);
    const char **cells = arena_new0(drafting->arena, const char *, n *COLUMNS + 1);
    for (size_t i = 0; i < n; i++) {
        const TimelineRow *row = &timeline->rows[i];
        g_autoptr(GString) time = g_string_new(NULL);
        append_under(time, "", row->local);
        append_under(time, "", row->kind);
        cells[i * COLUMNS] = arena_printf(drafting->arena, "%zu", i + 1);
        cells[i * COLUMNS + 1] = arena_strdup(drafting->arena, time->str);
        cells[i * COLUMNS + 2] = what_of(drafting, row);
        cells[i * COLUMNS + 3] = rule_of(drafting, row);
        cells[i * COLUMNS + 4] = markup(drafting, row->amount);
    }
    add_heading(drafting, 2, "What happened");
    if (n > 0)
        add(drafting, (Block){.kind = BLOCK_TABLE,
                              .columns = columns,
                              .n_columns = COLUMNS,
                              .cells = cells,
                              .n_rows = n});
    if (timeline->n > n)
        add_paragraph(drafting, arena_printf(drafting->arena,
                                             "%zu more rows are in the other forms of this "
                                             "timeline.",
                                             timeline->n - n));
}

Document timeline_document(const Timeline *timeline, Arena *arena)
{
    g_autoptr(GArray) blocks = g_array_new(FALSE, TRUE, sizeof(Block));
    Drafting drafting = {arena, blocks};
    const char *jurisdiction = timeline->state->account.jurisdiction;
    bool american = jurisdiction != NULL && g_str_has_prefix(jurisdiction, "US");
    const char *title = arena_printf(arena, "Timeline of account %s", timeline->account);
    Instant last = timeline->n > 0 ? timeline->rows[timeline->n - 1].at : 0;
    add_heading(&drafting, 1, markup(&drafting, title));
    add_paragraph(&drafting, arena_printf(arena, "%s\nTimes are local, with their offset: %s",
                                          markup(&drafting, timeline->name),
                                          markup(&drafting, timeline->zone)));
    add_invoices(&drafting, timeline->state);
    add_rows(&drafting, timeline);
    return (Document){
        .language = "en",
        .title = title,
        .author = timeline->organisation,
        .subject = "Evidence",
        .date = (Date)(last / INSTANT_DAY),
        .paper = american ? PAPER_US_LETTER : PAPER_A4,
        .envelope = ENVELOPE_NONE,
        .sender = timeline->organisation,
        .blocks = arena_dup(arena, blocks->data, blocks->len * sizeof(Block)),
        .n_blocks = blocks->len,
        .page_label = "Page %1 of %2",
    };
}
