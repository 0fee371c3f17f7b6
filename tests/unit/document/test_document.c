/* The form of documents and the text of letters. */
#include <string.h>

#include "document/document.h"

static const Document *parse(const char *blocks, Arena *arena, GError **error)
{
    g_autofree char *text =
        g_strdup_printf("{\"language\":\"en\",\"title\":\"T\",\"date\":\"2026-07-01\",\"paper\":"
                        "\"a4\",\"envelope\":\"none\",\"blocks\":[%s]}",
                        blocks);
    return document_parse_bytes(text, strlen(text), arena, error);
}

static void test_form(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    static const char whole[] =
        "{\"language\":\"de\",\"title\":\"T\",\"author\":\"A\",\"subject\":\"S\",\"date\":\"2026-"
        "07-01\",\"paper\":"
        "\"us_letter\",\"envelope\":\"us_10\",\"font\":\"Noto "
        "Serif\",\"sender\":\"X\",\"sender_lines\":[\"a\",\"b\"],"
        "\"return_line\":\"r\",\"recipient\":[\"Ann\"],\"facts\":[[\"Date\",\"today\"]],\"foot\":["
        "\"f\"],\"page_label\":"
        "\"%1/"
        "%2\",\"blocks\":[{\"kind\":\"heading\",\"level\":2,\"markup\":\"H\"},{\"kind\":"
        "\"paragraph\",\"markup\":"
        "\"a <b>b</b> &amp; "
        "c\"},{\"kind\":\"item\",\"markup\":\"i\"},{\"kind\":\"rule\"},{\"kind\":\"page_break\"},{"
        "\"kind\":\"table\",\"columns\":[{\"title\":\"x\",\"align\":\"end\"}],\"rows\":[[\"1\"],["
        "\"2\"]],\"totals\":1}]}";
    const Document *document = document_parse_bytes(whole, strlen(whole), arena, &error);
    g_assert_no_error(error);
    g_assert_cmpint(document->paper, ==, PAPER_US_LETTER);
    g_assert_cmpuint(document->n_sender_lines, ==, 2);
    g_assert_cmpuint(document->blocks[5].n_totals, ==, 1);
    g_autoptr(json_t) given = json_loads(whole, 0, NULL);
    g_autoptr(json_t) written = document_json(document);
    g_assert_true(json_equal(given, written));
}

static void test_refused(void)
{
    static const struct {
        const char *block;
        int code;
    } rows[] = {
        {"{\"kind\":\"poem\"}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"rule\",\"x\":1}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"paragraph\"}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"heading\",\"level\":4,\"markup\":\"x\"}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"paragraph\",\"markup\":\"\\u0007\"}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"paragraph\",\"markup\":\"<b>x\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"paragraph\",\"markup\":\"<span>x</span>\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"paragraph\",\"markup\":\"<b size='9'>x</b>\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"paragraph\",\"markup\":\"</text><text>\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"paragraph\",\"markup\":\"<!-- x -->\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"paragraph\",\"markup\":\"a & b\"}", DOCUMENT_ERROR_MARKUP},
        {"{\"kind\":\"table\",\"columns\":[],\"rows\":[]}", DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"table\",\"columns\":[{\"title\":\"\",\"align\":\"end\"}],\"rows\":[[]]}",
         DOCUMENT_ERROR_FORM},
        {"{\"kind\":\"table\",\"columns\":[{\"title\":\"\",\"align\":\"end\"}],\"rows\":[],"
         "\"totals\":1}",
         DOCUMENT_ERROR_FORM},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(rows[i].block, arena, &error));
        g_assert_error(error, DOCUMENT_ERROR, rows[i].code);
    }
}

static void test_letter_text(void)
{
    static const char text[] =
        "# Second notice\nDear Ann,\n\nplease pay\nsoon.\n- one\n- two\n"
        "|= Invoice | Open > | x ^ |\n| INV-1 | 5 | |\n|+ Total | 5 | y |\n---\nBye\n+++\n";
    static const int kinds[] = {BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_PARAGRAPH,
                                BLOCK_ITEM,    BLOCK_ITEM,      BLOCK_TABLE,
                                BLOCK_RULE,    BLOCK_PARAGRAPH, BLOCK_PAGE_BREAK};
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    const Block *blocks = NULL;
    size_t n = 0;
    g_assert_true(document_read_text(text, arena, &blocks, &n, &error));
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(kinds));
    for (size_t i = 0; i < n; i++)
        g_assert_cmpint(blocks[i].kind, ==, kinds[i]);
    g_assert_cmpstr(blocks[2].markup, ==, "please pay\nsoon.");
    const Block *table = &blocks[5];
    g_assert_cmpuint(table->n_columns, ==, 3);
    g_assert_cmpstr(table->columns[1].title, ==, "Open");
    g_assert_cmpint(table->columns[1].align, ==, ALIGN_END);
    g_assert_cmpint(table->columns[2].align, ==, ALIGN_CENTRE);
    g_assert_cmpuint(table->n_rows, ==, 2);
    g_assert_cmpuint(table->n_totals, ==, 1);
    g_assert_cmpstr(table->cells[2], ==, "");
}

static void test_letter_text_refused(void)
{
    static const struct {
        const char *text, *line;
    } rows[] = {
        {"| a | b |", "line 1 "},  {"|= a | b |\n| 1 |", "line 2 "},
        {"x\n####  y", "line 2 "}, {"|= a |\n|+ 1 |\n| 2 |", "line 3 "},
        {"a\n\n<i>b", "line 3 "},  {"#x", "line 1 "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        const Block *blocks = NULL;
        size_t n = 0;
        g_assert_false(document_read_text(rows[i].text, arena, &blocks, &n, &error));
        g_assert_nonnull(strstr(error->message, rows[i].line));
    }
}

/* What comes from a ledger is text, at the begin of a line and in a row too. */
static void test_escape(void)
{
    static const char *const texts[] = {"# x",   "- x", "---",   "+++", "| a",
                                        "a | b", "<b>", "&amp;", "'\"", "R&D"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *escaped = document_escape(texts[i]);
        const Block *blocks = NULL;
        size_t n = 0;
        g_assert_true(document_read_text(escaped, arena, &blocks, &n, &error));
        g_assert_cmpuint(n, ==, 1);
        g_assert_cmpint(blocks[0].kind, ==, BLOCK_PARAGRAPH);
    }
}

static void test_direction(void)
{
    g_assert_true(language_is_rtl("ar"));
    g_assert_true(language_is_rtl("he-IL"));
    g_assert_false(language_is_rtl("arn"));
    g_assert_false(language_is_rtl("de"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/document/form", test_form);
    g_test_add_func("/document/refused", test_refused);
    g_test_add_func("/document/letter-text", test_letter_text);
    g_test_add_func("/document/letter-text-refused", test_letter_text_refused);
    g_test_add_func("/document/escape", test_escape);
    g_test_add_func("/document/direction", test_direction);
    return g_test_run();
}
