#include "sample.h"

#include "base/hash.h"

#include <glib/gstdio.h>
#include <string.h>

#define GOLDEN "tests/unit/notice/golden/"

static const struct {
    const char *name;
    bool demand; /* shows amount, invoices, ways to pay, to ask for a plan, to dispute (domain.md
                    §7) */
} starters[] = {
    {"delinquency", true},
    {"firm", true},
    {"formal_demand", true},
    {"formal_notice", true},
    {"friendly", true},
    {"grace_courtesy", false},
    {"help_info", false},
    {"instalment_reminder", false},
    {"invoice", true},
    {"letter_of_claim", false},
    {"opt_out_confirmation", false},
    {"overdue", true},
    {"pay_or_quit", false},
    {"payment_returned", true},
    {"placement", true},
    {"promise_reminder", false},
    {"reminder", true},
    {"rent_notice", true},
    {"rent_reminder", true},
    {"severe", true},
    {"urgent", true},
    {"validation_notice", false},
};

static void test_starter_set(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    const char *const *names = templates_names(templates);
    for (size_t i = 0; i < G_N_ELEMENTS(starters); i++) {
        g_assert_cmpstr(names[i], ==, starters[i].name);
        g_assert_true(templates_has(templates, starters[i].name));
        g_assert_cmpuint(strlen(templates_hash(templates, starters[i].name)), ==, 64);
        Hash source = hash_of(templates_source(templates, starters[i].name),
                              strlen(templates_source(templates, starters[i].name)));
        char hex[HASH_HEX];
        g_assert_cmpstr(hash_hex(&source, hex), ==, templates_hash(templates, starters[i].name));
    }
    g_assert_null(names[G_N_ELEMENTS(starters)]);
    g_assert_false(templates_has(templates, "parts"));
    g_assert_null(templates_hash(templates, "nothing"));
}

static void check_email(const json_t *message, bool demand)
{
    const char *text = member(message, "text"), *html = member(message, "html");
    g_assert_cmpuint(strlen(member(message, "subject")), >, 10);
    g_assert_true(g_str_has_prefix(text, "Dear Miller & Sons <Ltd>,\n"));
    g_assert_nonnull(strstr(text, "word STOP"));
    g_assert_nonnull(strstr(html, "word STOP"));
    g_assert_nonnull(strstr(html, "Miller &amp; Sons &lt;Ltd&gt;"));
    g_assert_null(strstr(html, "<Ltd>"));
    g_assert_null(strstr(text, "{{"));
    g_assert_null(strstr(text, "\n\n\n"));
    static const char *const said[] = {
        "USD 1,234.50", "INV-1001", "INV-1002", "Pay:", "Ask for a payment plan:", "Dispute:"};
    for (size_t i = 0; demand && i < G_N_ELEMENTS(said); i++) {
        g_assert_nonnull(strstr(text, said[i]));
        g_assert_nonnull(strstr(html, said[i]));
    }
}

static void check_sms(const json_t *message, bool demand)
{
    const char *text = member(message, "text");
    g_assert_true(g_str_has_prefix(text, "Lakeside Utilities: "));
    g_assert_nonnull(strstr(text, "STOP"));
    g_assert_null(strchr(text, '\n'));
    g_assert_cmpuint(strlen(text), <, 480);
    g_assert_null(json_object_get(message, "subject"));
    g_assert_null(json_object_get(message, "html"));
    if (demand) {
        g_assert_nonnull(strstr(text, "USD 1,234.50"));
        g_assert_nonnull(strstr(text, "INV-1001, INV-1002"));
    }
}

static void test_all_render(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < G_N_ELEMENTS(starters); i++) {
        g_autoptr(json_t) email = render(templates, &sample, starters[i].name, "email");
        check_email(email, starters[i].demand);
        g_autoptr(json_t) sms = render(templates, &sample, starters[i].name, "sms");
        check_sms(sms, starters[i].demand);
        g_autoptr(json_t) letter = render(templates, &sample, starters[i].name, "letter");
        g_assert_null(strstr(member(letter, "text"), "email"));
        g_assert_null(strstr(member(letter, "text"), "STOP"));
    }
    sample_done(&sample);
}

static void check_golden(const char *file, const char *text)
{
    g_autofree char *path = g_strconcat(GOLDEN, file, NULL);
    g_autofree char *expected = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &expected, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(text, ==, expected);
}

/* The core of the starter set, in the languages that it speaks, on every channel. */
static void test_translations(void)
{
    static const char *const names[] = {"delinquency", "firm",   "friendly", "overdue",
                                        "placement",   "severe", "urgent"};
    static const struct {
        const char *language, *lang, *says, *amount;
    } rows[] = {{"de-DE", "<html lang=\"de-DE\" dir=\"ltr\">", "Rechnung", "1.234,50 USD"},
                {"es-MX", "<html lang=\"es-MX\" dir=\"ltr\">", "actura", "USD 1,234.50"},
                {"en-US", "<html lang=\"en-US\" dir=\"ltr\">", "nvoice", "$1,234.50"}};
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    for (size_t k = 0; k < G_N_ELEMENTS(rows) * G_N_ELEMENTS(names); k++) {
        const char *name = names[k / G_N_ELEMENTS(rows)];
        size_t i = k % G_N_ELEMENTS(rows);
        sample.state.account.language = rows[i].language;
        g_autoptr(json_t) email = render(templates, &sample, name, "email");
        g_assert_nonnull(strstr(member(email, "html"), rows[i].lang));
        g_assert_nonnull(strstr(member(email, "text"), rows[i].says));
        g_assert_nonnull(strstr(member(email, "text"), rows[i].amount));
        g_autoptr(json_t) sms = render(templates, &sample, name, "sms");
        g_assert_nonnull(strstr(member(sms, "text"), "STOP"));
        g_assert_nonnull(strstr(member(sms, "text"), rows[i].amount));
        g_autoptr(json_t) letter = render(templates, &sample, name, "letter");
        g_assert_nonnull(json_object_get(letter, "document"));
    }
    sample_done(&sample);
}

static void test_golden(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    g_autoptr(json_t) firm = render(templates, &sample, "firm", "email");
    g_assert_cmpstr(member(firm, "subject"), ==, "Final notice: USD 1,234.50 is overdue");
    check_golden("firm.txt", member(firm, "text"));
    check_golden("firm.html", member(firm, "html"));
    sample.notice->name = "instalment_reminder";
    sample.notice->amount = 41151;
    sample.notice->invoices = NULL;
    g_autoptr(json_t) instalment = render(templates, &sample, "instalment_reminder", "letter");
    g_assert_cmpstr(member(instalment, "subject"), ==,
                    "Your next instalment: USD 411.51 on 15 July 2026");
    check_golden("instalment_reminder.txt", member(instalment, "text"));
    sample_done(&sample);
}

static void test_message(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    sample.notice->template_name = "urgent";
    g_autoptr(json_t) message = render(templates, &sample, NULL, "email");
    g_assert_cmpstr(member(message, "to"), ==, "ap@miller.example");
    g_assert_cmpstr(member(message, "name"), ==, "Miller & Sons <Ltd>");
    g_assert_cmpstr(member(message, "channel"), ==, "email");
    g_assert_cmpstr(member(message, "template"), ==, "urgent");
    g_assert_cmpstr(member(message, "template_hash"), ==, templates_hash(templates, "urgent"));
    g_assert_cmpstr(member(message, "language"), ==, "en");
    g_assert_cmpstr(member(message, "notice"), ==, "final_notice");
    g_assert_cmpstr(member(message, "currency"), ==, "USD");
    g_assert_cmpint(json_integer_value(json_object_get(message, "amount")), ==, 123450);
    g_assert_cmpuint(json_array_size(json_object_get(message, "invoices")), ==, 2);

    sample.in.notice = NULL;
    g_autoptr(json_t) help = render(templates, &sample, "help_info", "sms");
    g_assert_null(json_object_get(help, "amount"));
    g_assert_null(json_object_get(help, "notice"));
    sample_done(&sample);
}

/* What comes from a ledger cannot break out of its line, least of all into the headers of an email.
 */
static void test_hostile_values(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    sample.in.organisation = "Evil\r\nBcc: all@example.com";
    sample.state.account.name = "{{organisation.name}}\r\n.\r\n<script>";
    g_autoptr(json_t) message = render(templates, &sample, "help_info", "email");
    g_assert_cmpstr(member(message, "subject"), ==,
                    "How to reach Evil\ufffd\ufffdBcc: all@example.com");
    g_assert_nonnull(strstr(member(message, "text"),
                            "Dear {{organisation.name}}\ufffd\ufffd.\ufffd\ufffd<script>,"));
    g_assert_null(strstr(member(message, "html"), "<script>"));

    g_autofree char *endless = g_strnfill(250, 'x');
    sample.in.organisation = endless;
    g_autoptr(json_t) cut = render(templates, &sample, "help_info", "email");
    g_assert_cmpint(g_utf8_strlen(member(cut, "subject"), -1), ==, 201);
    g_assert_true(g_str_has_suffix(member(cut, "subject"), "x…"));
    sample_done(&sample);
}

static void test_subject_matter(void)
{
    static const struct {
        const char *notice, *invoice, *template_name, *says;
    } rows[] = {
        {"promise_reminder", NULL, "promise_reminder", "pay USD 1,234.50 on 20 July 2026"},
        {"instalment_reminder", NULL, "instalment_reminder",
         "(instalment 2 of 3) is due on 15 July 2026"},
        {"reminder", "i2", "reminder", "USD 1,234.50 is due on 20 June 2026"},
        {"reminder", "gone", "reminder", "USD 1,234.50 is due."},
        {"grace_courtesy", NULL, "grace_courtesy", "more time, through 31 July 2026"},
        {"final_notice", NULL, "firm", "overdue for 16 days"},
    };
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        sample.notice->name = rows[i].notice;
        sample.notice->invoice = rows[i].invoice;
        g_autoptr(json_t) message = render(templates, &sample, rows[i].template_name, "email");
        if (strstr(member(message, "text"), rows[i].says) == NULL)
            g_error("row %zu: '%s' is not in: %s", i, rows[i].says, member(message, "text"));
    }
    sample_done(&sample);
}

static void test_refused(void)
{
    static const struct {
        const char *template_name, *channel, *invoices;
        int code;
        const char *says;
    } rows[] = {
        {"frendly", "email", NULL, NOTICE_ERROR_UNKNOWN, "no template 'frendly'"},
        {NULL, "email", NULL, NOTICE_ERROR_UNKNOWN, "no template"},
        {"friendly", "voice", NULL, NOTICE_ERROR_CHANNEL,
         "no text for channel 'voice'; add voice.txt"},
        {"friendly", "email", "{}", NOTICE_ERROR_DATA, "notice 'n1': its invoices cannot be read"},
        {"friendly", "email", "[", NOTICE_ERROR_DATA, "cannot be read"},
        {"friendly", "email", "[{\"id\":\"x\",\"open\":\"5\"}]", NOTICE_ERROR_DATA,
         "cannot be read"},
        {"friendly", "email", "[{\"open\":5}]", NOTICE_ERROR_DATA, "cannot be read"},
        {"friendly", "email", "[{\"id\":\"x\",\"open\":5,\"due_on\":\"soon\"}]", NOTICE_ERROR_DATA,
         "cannot be read"},
    };
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        sample.act->template_name = rows[i].template_name;
        sample.act->channel = rows[i].channel;
        sample.notice->invoices = rows[i].invoices;
        g_assert_null(notice_render(templates, &sample.in, &error));
        g_assert_error(error, NOTICE_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].says));
    }
    sample_done(&sample);
}

/* Hundreds of invoices: the email lists all, the text message names five. */
static void test_many_invoices(void)
{
    g_autoptr(Templates) templates = load_starter_set();
    Sample sample;
    sample_init(&sample);
    GString *rows = g_string_new("[");
    for (int i = 1; i <= 300; i++)
        g_string_append_printf(rows, "%s{\"id\":\"B%d\",\"open\":100,\"days_overdue\":3}",
                               i > 1 ? "," : "", i);
    sample.notice->invoices = g_string_append_c(rows, ']')->str;
    g_autoptr(json_t) email = render(templates, &sample, "urgent", "email");
    g_assert_nonnull(strstr(member(email, "text"), "Invoice B300: USD 1.00, days overdue: 3\n"));
    g_autoptr(json_t) sms = render(templates, &sample, "urgent", "sms");
    g_assert_nonnull(strstr(member(sms, "text"), "(invoice B1, B2, B3, B4, B5 (+295))"));
    g_string_free(rows, TRUE);
    sample_done(&sample);
}

static void test_languages(void)
{
    static const struct {
        const char *language, *channel, *text, *in;
    } rows[] = {
        {"de", "email", "Hallo, 1. Juli 2026. Gruß", "de"},
        {"de-AT", "email", "Servus, 1. Juli 2026. Gruß", "de-AT"},
        {"de-CH", "email", "Hallo, 1. Juli 2026. Gruß", "de"},
        {"de-AT", "sms", "Hi, 1 July 2026. STOP", "en"},
        {"it", "email", "Ciao, 1 luglio 2026. Bye", "it"},
        {"fr", "email", "Hello, 1 July 2026. Bye", "en"},
        {NULL, "email", "Hello, 1 July 2026. Bye", "en"},
    };
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "S", -1);
    scratch_write(&scratch, "n/body.txt", "Hello, {{notice.date}}. {{>end}}", -1);
    scratch_write(&scratch, "n/sms.txt", "Hi, {{notice.date}}. STOP\n", -1);
    scratch_write(&scratch, "n.de/subject.txt", "S", -1);
    scratch_write(&scratch, "n.de/body.txt", "Hallo, {{notice.date}}. {{>end}}", -1);
    scratch_write(&scratch, "n.de-AT/subject.txt", "S", -1);
    scratch_write(&scratch, "n.de-AT/body.txt", "Servus, {{notice.date}}. {{>end}}", -1);
    scratch_write(&scratch, "n.it/subject.txt", "S", -1);
    scratch_write(&scratch, "n.it/body.txt", "Ciao, {{notice.date}}. {{>end}}", -1);
    scratch_write(&scratch, "parts/end.txt", "Bye", -1);
    scratch_write(&scratch, "parts.de/end.txt", "Gruß", -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_nonnull(templates);
    Sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        sample.state.account.language = rows[i].language;
        g_autoptr(json_t) message = render(templates, &sample, "n", rows[i].channel);
        g_assert_cmpstr(member(message, "text"), ==, rows[i].text);
        g_assert_cmpstr(member(message, "language"), ==, rows[i].in);
    }
    sample_done(&sample);
    scratch_done(&scratch);
}

/* The version changes with each byte of the template and of the parts, and with nothing else. */
static void test_versions(void)
{
    static const struct {
        const char *file, *text;
        bool changes;
    } rows[] = {
        {"n/body.txt", "b2", true},  {"n.de/body.txt", "d2", true}, {"parts/x.txt", "x2", true},
        {"o/body.txt", "o2", false}, {"README", "r", false},
    };
    Scratch scratch;
    scratch_init(&scratch);
    static const char *const files[] = {"n/subject.txt", "n/body.txt",    "n.de/subject.txt",
                                        "n.de/body.txt", "o/subject.txt", "o/body.txt",
                                        "parts/x.txt"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        scratch_write(&scratch, files[i], "same", -1);
    g_autofree char *before = NULL;
    for (size_t i = 0; i <= G_N_ELEMENTS(rows); i++) {
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
        const char *hash = templates_hash(templates, "n");
        if (i > 0)
            g_assert_true((strcmp(hash, before) != 0) == rows[i - 1].changes);
        g_free(before);
        before = g_strdup(hash);
        if (i < G_N_ELEMENTS(rows))
            scratch_write(&scratch, rows[i].file, rows[i].text, -1);
    }
    scratch_done(&scratch);
}

static void test_findings(void)
{
    static const struct {
        const char *file, *text;
        gssize n;
        const char *finding; /* without the path of the folder; NULL: none */
    } rows[] = {
        {"n/voice.txt", "Please call us.\n", -1, NULL},
        {"n/subject.txt", "S\nT", -1,
         "/n/subject.txt:2:1: error: a subject is one line; remove what follows the first "
         "[C311]\n"},
        {"n/body.txt", "ok\n {{amuont}}", -1,
         "/n/body.txt:2:2: error: unknown name 'amuont', did you mean 'amount'? [C301]\n"},
        {"n/body.txt", "{{>nowhere}}", -1,
         "/n/body.txt:1:1: error: unknown partial 'nowhere' [C308]\n"},
        {"n/body.html", "<p>STOP{{>end}}", -1,
         "/n/body.html:1:8: error: unknown partial 'end' [C308]\n"},
        {"parts/loop.txt", "x\n{{>nowhere}}", -1,
         "/parts/loop.txt:2:1: error: unknown partial 'nowhere' [C308]\n"},
        {"parts/end.txt", "{{#invoices}}", -1,
         "/parts/end.txt:1:1: error: section 'invoices' is not closed; add {{/invoices}} [C302]\n"},
        {"n/body.txt", "a\0b", 3,
         "/n/body.txt: error: the template is not UTF-8 text; save it as UTF-8 [C307]\n"},
        {"n/body.txt", "\xff", -1,
         "/n/body.txt: error: the template is not UTF-8 text; save it as UTF-8 [C307]\n"},
        {"n/sms.txt", "Pay.", -1,
         "/n/sms.txt: warning: the text message does not say how to opt out; add 'Reply STOP to "
         "end texts' [C313]\n"},
        {"n/sms.txt", "Pay. {{>end}}", -1, NULL},
        {"n/body.txt", "Pay.", -1,
         "/n/body.txt: warning: as an e-mail the text does not say how to opt out; add 'If you do "
         "not want to receive emails about this account, reply to this one with the word STOP', or "
         "a link to unsubscribe [C317]\n"},
        {"n/body.txt", "Pay. Stop it.", -1,
         "/n/body.txt: warning: as an e-mail the text does not say how to opt out; add 'If you do "
         "not want to receive emails about this account, reply to this one with the word STOP', or "
         "a link to unsubscribe [C317]\n"},
        {"n/body.txt", "Pay.{{#by.sms}} Reply STOP.{{/by.sms}}", -1,
         "/n/body.txt: warning: as an e-mail the text does not say how to opt out; add 'If you do "
         "not want to receive emails about this account, reply to this one with the word STOP', or "
         "a link to unsubscribe [C317]\n"},
        {"n/body.txt", "Pay.{{#by.email}} Reply STOP.{{/by.email}}", -1, NULL},
        {"n/body.txt", "Pay. To unsubscribe: https://x.example/u", -1, NULL},
        {"n/body.html", "<p>Pay.", -1,
         "/n/body.html: warning: the e-mail does not say how to opt out; add 'If you do not want "
         "to receive emails about this account, reply to this one with the word STOP', or a link "
         "to unsubscribe [C317]\n"},
        {"n/body.html", "<a href=\"https://x.example/u\">unsubscribe</a>", -1, NULL},
        {"n.de/body.txt", "Reply QUIT.", -1,
         "/n.de: error: the template lacks subject.txt; add it [C306]\n"
         "/n.de/body.txt: warning: as an e-mail the text does not say how to opt out; add 'If you "
         "do not want to receive emails about this account, reply to this one with the word STOP', "
         "or a link to unsubscribe [C317]\n"},
        {"n/body.md", "x", -1,
         "/n/body.md: warning: not used: a template is made of subject.txt, body.txt, body.html, "
         "sms.txt, voice.txt, voice.ssml, voicemail.txt, letter.txt [C310]\n"},
        {"parts/x.md", "x", -1,
         "/parts/x.md: warning: not used: a part is a file NAME.txt, NAME.html or NAME.letter "
         "[C310]\n"},
        {"stray.txt", "x", -1, "/stray.txt: warning: not used: a template is a folder [C310]\n"},
        {".hidden", "x", -1, NULL},
        {"README.md", "x", -1, NULL},
        {"n.german/body.txt", "x", -1,
         "/n.german: warning: not used: a folder is called NAME, NAME.LANGUAGE or NAME@VARIANT, "
         "such as friendly, "
         "friendly.de or friendly@firm [C310]\n"},
        {"m/body.txt", "STOP", -1, "/m: error: the template lacks subject.txt; add it [C306]\n"},
        {"m/subject.txt", "x", -1, "/m: error: the template lacks body.txt; add it [C306]\n"},
        {"m.de/subject.txt", "x", -1,
         "/m.de: error: the template lacks body.txt; add it [C306]\n"
         "/m.de: error: there is no folder 'm' that other languages and variants fall back "
         "to; add it [C306]\n"},
        {"n/voicemail.txt", "This is {{organisation.name}}, {{organisation.phone}}.", -1, NULL},
        {"n/voicemail.txt", "You owe {{amount}}", -1,
         "/n/voicemail.txt:1:9: error: unknown name 'amount'; the catalogue of template names "
         "lists what a "
         "template may read [C301]\n"},
        {"n/voicemail.txt", "{{>end}}", -1,
         "/n/voicemail.txt:1:1: error: unknown partial 'end' [C308]\n"},
        {"n/letter.txt", "Dear {{account.name}},\n| {{amount}} |", -1,
         "/n/letter.txt: error: with sample values, line 2 of the letter: a row has no titles "
         "before it; begin "
         "the table with |= title | title | [C316]\n"},
        {"n@firm/sms.txt", "Pay. STOP", -1, NULL},
        {"x@firm/sms.txt", "Pay. STOP", -1,
         "/x@firm: error: there is no folder 'x' that other languages and variants fall back to; "
         "add it "
         "[C306]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Scratch scratch;
        scratch_init(&scratch);
        scratch_write(&scratch, "n/subject.txt", "S", -1);
        scratch_write(&scratch, "n/body.txt", "{{>end}} STOP", -1);
        scratch_write(&scratch, "parts/end.txt", "Reply STOP to end texts.", -1);
        scratch_write(&scratch, rows[i].file, rows[i].text, rows[i].n);
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
        g_autofree char *findings = printed(diags);
        g_autoptr(GString) got = g_string_new(findings);
        g_string_replace(got, scratch.dir, "", 0);
        g_assert_cmpstr(got->str, ==, rows[i].finding != NULL ? rows[i].finding : "");
        g_assert_true((templates == NULL) == (diags_count(diags, DIAG_ERROR) > 0));
        scratch_done(&scratch);
    }
}

static void test_no_folder(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load("/nonexistent/templates", diags);
    g_assert_nonnull(templates);
    g_assert_cmpuint(diags_length(diags), ==, 0);
    g_assert_null(templates_names(templates)[0]);
    g_autoptr(Templates) file = templates_load("/dev/null", diags);
    g_assert_null(file);
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "C307");
}

static void test_catalogue(void)
{
    size_t n = 0;
    const TemplateName *names = template_names(&n);
    g_assert_cmpuint(n, >, 20);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(g_str_has_suffix(names[i].doc, "."));
        for (size_t j = 0; j < i; j++)
            g_assert_cmpstr(names[i].name, !=, names[j].name);
    }
}

/* Each name of the catalogue gets a value from a notice that has everything. */
static void test_catalogue_is_filled(void)
{
    g_autoptr(GString) body = g_string_new(NULL);
    size_t n = 0;
    const TemplateName *names = template_names(&n);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(body, "{{#%s}}[%s]{{/%s}}\n", names[i].name, names[i].name,
                               names[i].name);
    g_string_append(
        body,
        "{{#invoices}}{{#number}}[invoices.number]{{/number}}{{#open}}[invoices.open]{{/open}}"
        "{{#due_on}}[invoices.due_on]{{/due_on}}{{#days_overdue}}[invoices.days_overdue]{{/"
        "days_overdue}}{{#child}}[invoices.child]{{/child}}{{#is_fee}}[invoices.is_fee]{{/is_fee}}"
        "{{#is_interest}}[invoices.is_interest]{{/is_interest}}{{/invoices}}"
        "{{#charges}}{{#number}}[charges.number]{{/number}}{{#open}}[charges.open]{{/open}}"
        "{{#due_on}}[charges.due_on]{{/due_on}}{{#child}}[charges.child]{{/child}}"
        "{{#is_fee}}[charges.is_fee]{{/is_fee}}"
        "{{#is_interest}}[charges.is_interest]{{/is_interest}}{{/charges}}");
    Scratch scratch;
    scratch_init(&scratch);
    scratch_write(&scratch, "n/subject.txt", "S", -1);
    scratch_write(&scratch, "n/body.txt", body->str, -1);
    scratch_write(&scratch, "n/sms.txt", "{{#by.sms}}[by.sms]{{/by.sms}}STOP", -1);
    scratch_write(&scratch, "n/voice.txt", "{{#by.voice}}[by.voice]{{/by.voice}}", -1);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(Templates) templates = templates_load(scratch.dir, diags);
    g_assert_nonnull(templates);
    Sample sample;
    sample_init(&sample);
    sample.notice->name = "instalment_reminder";
    sample.state.account.is_consumer = true;
    sample.notice->charges =
        "[{\"id\":\"F1\",\"number\":\"F1\",\"open\":1500,\"due_on\":\"2026-07-28\",\"days_"
        "overdue\":0,"
        "\"kind\":\"fee\",\"child\":\"Unit 4\"},{\"id\":\"N1\",\"number\":\"N1\",\"open\":20,"
        "\"due_on\":\"2026-07-28\",\"days_overdue\":0,\"kind\":\"interest\"}]";
    sample.notice->invoices =
        "[{\"id\":\"I1\",\"number\":\"I1\",\"open\":1500,\"due_on\":\"2026-06-28\",\"days_"
        "overdue\":3,"
        "\"kind\":\"fee\",\"child\":\"Unit 4\"},{\"id\":\"I2\",\"number\":\"I2\",\"open\":20,"
        "\"due_on\":\"2026-06-28\",\"days_overdue\":3,\"kind\":\"interest\"}]";
    g_autoptr(GString) seen = g_string_new(NULL);
    static const char *const channels[] = {"email", "letter", "in_app", "sms", "voice"};
    static const char *const tones[] = {"friendly", "urgent", "firm", NULL, NULL};
    static const char *const address[] = {"1 High St", NULL};
    const Letterhead head = {.address = address,
                             .phone = "1",
                             .email = "a@b",
                             .website = "w",
                             .payment = "p",
                             .contact = "Ann"};
    sample.in.letterhead = &head;
    for (size_t i = 0; i < G_N_ELEMENTS(channels); i++) {
        sample.in.tone = tones[i];
        g_autoptr(json_t) message = render(templates, &sample, "n", channels[i]);
        g_string_append(seen, member(message, "text"));
    }
    for (size_t i = 0; i < n; i++) {
        g_autofree char *wanted = g_strdup_printf("[%s]", names[i].name);
        if (strstr(seen->str, wanted) == NULL)
            g_error("name %s has no value", names[i].name);
    }
    sample_done(&sample);
    scratch_done(&scratch);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notice/starter-set", test_starter_set);
    g_test_add_func("/notice/all-render", test_all_render);
    g_test_add_func("/notice/translations", test_translations);
    g_test_add_func("/notice/golden", test_golden);
    g_test_add_func("/notice/message", test_message);
    g_test_add_func("/notice/hostile-values", test_hostile_values);
    g_test_add_func("/notice/subject-matter", test_subject_matter);
    g_test_add_func("/notice/refused", test_refused);
    g_test_add_func("/notice/many-invoices", test_many_invoices);
    g_test_add_func("/notice/languages", test_languages);
    g_test_add_func("/notice/versions", test_versions);
    g_test_add_func("/notice/findings", test_findings);
    g_test_add_func("/notice/no-folder", test_no_folder);
    g_test_add_func("/notice/catalogue", test_catalogue);
    g_test_add_func("/notice/catalogue-is-filled", test_catalogue_is_filled);
    return g_test_run();
}
