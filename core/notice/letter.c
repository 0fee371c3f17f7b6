/* From the text of a letter to the document that is drawn: letterhead, address, facts, language. */
#include <string.h>

#include "base/text.h"
#include "notice/folder.h"
#include "notice/locale.h"

enum { LINE_LONGEST = 120, RECIPIENT_MOST = 7, FOOT_MOST = 4, FACTS_MOST = 4, LINES_MOST = 12 };

typedef struct {
    Arena *arena;
    const char **lines;
    size_t n, most;
} Lines;

static void add_line(Lines *lines, const char *text)
{
    if (text == NULL || lines->n == lines->most)
        return;
    g_autofree char *line = text_one_line(text, LINE_LONGEST);
    if (g_strstrip(line)[0] != '\0')
        lines->lines[lines->n++] = arena_strdup(lines->arena, line);
}

static Lines new_lines(Arena *arena, size_t most)
{
    return (Lines){arena, arena_new0(arena, const char *, most), 0, most};
}

/* "OH 43215": belongs to the line before it where an address was written in one line. */
static bool is_state_and_code(const char *text)
{
    return g_ascii_isupper(text[0]) && g_ascii_isupper(text[1]) && text[2] == ' ' &&
           g_ascii_isdigit(text[3]);
}

/* An address has its own lines, or is one line with commas. */
static void add_address(Lines *lines, const char *address)
{
    bool broken = strpbrk(address, "\n;") != NULL;
    g_auto(GStrv) pieces = g_strsplit_set(address, broken ? "\n;" : ",", -1);
    for (size_t i = 0; pieces[i] != NULL; i++) {
        g_strstrip(pieces[i]);
        if (!broken && pieces[i + 1] != NULL && is_state_and_code(g_strstrip(pieces[i + 1]))) {
            g_autofree char *whole = g_strdup_printf("%s, %s", pieces[i], pieces[i + 1]);
            add_line(lines, whole);
            i++;
        } else
            add_line(lines, pieces[i]);
    }
}

static void set_recipient(Document *document, const NoticeIn *in, Arena *arena)
{
    Lines lines = new_lines(arena, RECIPIENT_MOST);
    const char *name = in->state->account.name, *address = in->act->address;
    if (name != NULL && (address == NULL || !g_str_has_prefix(address, name)))
        add_line(&lines, name);
    if (address != NULL)
        add_address(&lines, address);
    document->recipient = lines.lines;
    document->n_recipient = lines.n;
}

static void set_facts(Document *document, const NoticeIn *in, Arena *arena)
{
    const Account *account = &in->state->account;
    const char *language = document->language;
    Fact *facts = arena_new0(arena, Fact, FACTS_MOST);
    size_t n = 0;
    g_autofree char *date = locale_date(language, in->today);
    const struct {
        LocaleWord word;
        const char *value;
    } rows[] = {{WORD_DATE, date},
                {WORD_CUSTOMER, account->external_id != NULL ? account->external_id : account->id},
                {WORD_PROPERTY, account->property}};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].value == NULL)
            continue;
        g_autofree char *value = text_one_line(rows[i].value, LINE_LONGEST);
        facts[n++] = (Fact){locale_word(language, rows[i].word), arena_strdup(arena, value)};
    }
    document->facts = facts;
    document->n_facts = n;
}

static void set_letterhead(Document *document, const Letterhead *head, Arena *arena)
{
    Lines sender = new_lines(arena, LINES_MOST), foot = new_lines(arena, FOOT_MOST);
    const char *const *line = head->address;
    for (; line != NULL && *line != NULL; line++)
        add_line(&sender, *line);
    add_line(&sender, head->phone);
    add_line(&sender, head->email);
    add_line(&sender, head->website);
    for (line = head->foot; line != NULL && *line != NULL; line++)
        add_line(&foot, *line);
    document->sender_lines = sender.lines;
    document->n_sender_lines = sender.n;
    document->foot = foot.lines;
    document->n_foot = foot.n;
    document->return_line = head->return_line;
    document->font = head->font;
    document->paper = head->paper;
    document->envelope = head->envelope;
}

static void set_blocks(Document *document, const char *title, const Block *blocks, size_t n,
                       Arena *arena)
{
    Block *all = arena_new0(arena, Block, n + 1);
    g_autofree char *heading = g_markup_escape_text(title, -1);
    all[0] = (Block){.kind = BLOCK_HEADING, .level = 1, .markup = arena_strdup(arena, heading)};
    if (n > 0)
        memcpy(all + 1, blocks, n * sizeof *blocks);
    document->blocks = all;
    document->n_blocks = n + 1;
}

json_t *letter_document(const NoticeIn *in, const char *language, const char *title,
                        const char *text, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    const Block *blocks = NULL;
    size_t n = 0;
    if (!document_read_text(text, arena, &blocks, &n, error))
        return NULL;
    const Account *account = &in->state->account;
    Document document = {.language = language,
                         .title = title,
                         .author = in->organisation,
                         .subject =
                             account->external_id != NULL ? account->external_id : account->id,
                         .date = in->today,
                         .paper = PAPER_US_LETTER,
                         .envelope = ENVELOPE_US_10,
                         .sender = in->organisation,
                         .page_label = locale_word(language, WORD_PAGE)};
    if (in->letterhead != NULL)
        set_letterhead(&document, in->letterhead, arena);
    set_recipient(&document, in, arena);
    set_facts(&document, in, arena);
    set_blocks(&document, title, blocks, n, arena);
    g_autoptr(json_t) json = document_json(&document);
    return document_parse(json, arena, error) != NULL ? g_steal_pointer(&json)
                                                      : NULL; /* as the program will read it */
}
