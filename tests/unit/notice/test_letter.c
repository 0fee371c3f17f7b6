/* Which text is taken, and the letters that are drawn from it. */
#include "sample.h"

/* Jurisdiction before tone, language before both; what a variant does not have comes from the plain folder. */
static void test_variants(void)
{
    static const struct {
        const char *language, *jurisdiction, *tone, *text;
    } rows[] = {
        {NULL, NULL, NULL, "plain"},
        {NULL, NULL, "firm", "firm"},
        {NULL, NULL, "urgent", "plain"},
        {NULL, "US/CA/San Diego", NULL, "California"},
        {NULL, "US/CA", "firm", "California"},
        {NULL, "US/NY", "firm", "firm"},
        {"de", NULL, "firm", "deutsch bestimmt"},
        {"de-AT", "US/CA", NULL, "deutsch"},
    };
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "S", -1);
    scratch_write(&scratch, "n/body.txt", "plain", -1);
    scratch_write(&scratch, "n@firm/body.txt", "firm", -1);
    scratch_write(&scratch, "n@US-CA/body.txt", "California", -1);
    scratch_write(&scratch, "n.de/subject.txt", "S", -1);
    scratch_write(&scratch, "n.de/body.txt", "deutsch", -1);
    scratch_write(&scratch, "n@firm.de/body.txt", "deutsch bestimmt", -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_nonnull(templates);
    Sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        sample.state.account.language = rows[i].language;
        sample.state.account.jurisdiction = rows[i].jurisdiction;
        sample.in.tone = rows[i].tone;
        g_autoptr(json_t) message = render(templates, &sample, "n", "email");
        g_assert_cmpstr(member(message, "text"), ==, rows[i].text);
        g_assert_cmpstr(member(message, "subject"), ==, "S");
    }
    sample_done(&sample);
    scratch_done(&scratch);
}

static const char letter_text[] =
    "Dear {{account.name}},\n\nyou owe <b>{{amount}}</b>{{{account.property}}}.\n\n"
    "|= Invoice | Open > |\n{{#invoices}}\n| {{number}} | {{open}} |\n{{/invoices}}\n"
    "|+ Total | {{amount}} |\n";

/* What is drawn: values are text wherever they stand, amounts hold together, the frame is that of the house. */
static void test_letter(void)
{
    static const char *const address[] = {"1 High St", "Columbus, OH 43215", NULL};
    static const char *const foot[] = {"Bank 123", NULL};
    const Letterhead head = {.address = address,
                             .phone = "614",
                             .foot = foot,
                             .paper = PAPER_A4,
                             .envelope = ENVELOPE_DIN_5008_B};
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "Second notice: {{amount}}", -1);
    scratch_write(&scratch, "n/body.txt", "text", -1);
    scratch_write(&scratch, "n/body.html", "<p>", -1);
    scratch_write(&scratch, "n/letter.txt", letter_text, -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_nonnull(templates);
    Sample sample;
    sample_init(&sample);
    sample.in.letterhead = &head;
    sample.state.account.language = "en-US";
    sample.state.account.name = "Miller | <b>Sons</b>";
    sample.state.account.property = "|= # x";
    sample.act->address = "12 Elm St, Columbus, OH 43215";
    g_autoptr(json_t) message = render(templates, &sample, "n", "letter");
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    const Document *document = document_parse(json_object_get(message, "document"), arena, &error);
    g_assert_no_error(error);
    g_assert_null(json_object_get(message, "html"));
    g_assert_cmpstr(document->title, ==, "Second notice: $1,234.50");
    g_assert_cmpstr(document->language, ==, "en-US");
    g_assert_cmpint(document->envelope, ==, ENVELOPE_DIN_5008_B);
    g_assert_cmpuint(document->n_recipient, ==, 3);
    g_assert_cmpstr(document->recipient[0], ==, "Miller | <b>Sons</b>");
    g_assert_cmpstr(document->recipient[2], ==, "Columbus, OH 43215");
    g_assert_cmpstr(document->sender_lines[2], ==, "614");
    g_assert_cmpstr(document->facts[0].value, ==, "July 1, 2026");
    g_assert_cmpint(document->blocks[1].kind, ==, BLOCK_PARAGRAPH);
    g_assert_cmpstr(document->blocks[2].markup, ==, "you owe <b>$1,234.50</b>&#124;= &#35; x.");
    const Block *table = &document->blocks[3];
    g_assert_cmpint(table->kind, ==, BLOCK_TABLE);
    g_assert_cmpuint(table->n_totals, ==, 1);
    sample_done(&sample);
    scratch_done(&scratch);
}

/* In a language from right to left, names and numbers keep their own direction; in a text message nothing is added. */
static void test_right_to_left(void)
{
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "S", -1);
    scratch_write(&scratch, "n/body.txt", "en", -1);
    scratch_write(&scratch, "n.ar/subject.txt", "S", -1);
    scratch_write(&scratch, "n.ar/body.txt", "{{language.dir}} {{amount}}", -1);
    scratch_write(&scratch, "n.ar/sms.txt", "{{amount}} STOP", -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_nonnull(templates);
    Sample sample;
    sample_init(&sample);
    sample.state.account.language = "ar-EG";
    g_autoptr(json_t) mail = render(templates, &sample, "n", "email");
    g_assert_cmpstr(member(mail, "text"), ==, "rtl \u20681,234.50 USD\u2069");
    g_autoptr(json_t) sms = render(templates, &sample, "n", "sms");
    g_assert_cmpstr(member(sms, "text"), ==, "1,234.50 USD STOP");
    sample_done(&sample);
    scratch_done(&scratch);
}

static void test_segments_limit(void)
{
    const Letterhead head = {.sms_segments = 1};
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "S", -1);
    scratch_write(&scratch, "n/body.txt", "en STOP", -1);
    scratch_write(&scratch, "n/sms.txt",
                  "{{account.name}}: {{invoice_numbers}} {{amount}} STOP {{account.property}} "
                  "{{account.property}} "
                  "{{account.property}} {{account.property}}",
                  -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_cmpuint(diags_length(diags), ==, 0);
    templates_check_sms(templates, 1, diags);
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "C315");
    Sample sample;
    sample_init(&sample);
    sample.in.letterhead = &head;
    g_autoptr(json_t) message = render(templates, &sample, "n", "sms");
    const json_t *size = json_object_get(message, "sms");
    g_assert_cmpstr(json_string_value(json_object_get(size, "encoding")), ==, "gsm7");
    g_assert_cmpint(json_integer_value(json_object_get(size, "segments")), ==, 1);
    sample.state.account.property = "Ελληνική Οδός 100, Διαμέρισμα 4";
    g_autoptr(GError) error = NULL;
    g_assert_null(notice_render(templates, &sample.in, &error));
    g_assert_error(error, NOTICE_ERROR, NOTICE_ERROR_LIMIT);
    sample_done(&sample);
    scratch_done(&scratch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/letter/variants", test_variants);
    g_test_add_func("/letter/letter", test_letter);
    g_test_add_func("/letter/right-to-left", test_right_to_left);
    g_test_add_func("/letter/segments-limit", test_segments_limit);
    return g_test_run();
}
