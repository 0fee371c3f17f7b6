/* Messages as RFC 5322 text: one compared byte by byte, many read back by a reader of the test's own. */
#include <stdlib.h>
#include <string.h>

#include "testkit/testkit.h"

static char *build(Testkit *kit, const DunhubMail *mail)
{
    const DunhubTask *task = testkit_task(kit, "message.email", "k", "{}");
    DunhubBuffer message = {0};
    const char *wrong = dunhub_mail_build(task, mail, &message);
    g_assert_cmpstr(wrong, ==, NULL);
    char *copy = g_strndup(message.p, message.n);
    dunhub_buffer_done(&message);
    return copy;
}

static void test_golden(void)
{
    static const char expected[] =
        "From: \"Billing, Ltd.\" <billing@company.example>\r\n"
        "To: =?UTF-8?B?QW5hIM6cw7xsbGVy?=\r\n"
        " <ana@x.example>\r\n"
        "Reply-To: help@company.example\r\n"
        "Subject: =?UTF-8?B?UmVjaG51bmcgw7xiZXIgMTAg4oKs?=\r\n"
        "Date: Sun, 22 Nov 2026 08:00:00 +0000\r\n"
        "Message-ID: <8254c329a92850f6d539dd376f4816ee2764517d@company.example>\r\n"
        "List-Unsubscribe: <https://company.example/stop>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=\"=_6f4816ee2764517da5e0235514af4331-m\"\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-m\r\n"
        "Content-Type: multipart/alternative; boundary=\"=_6f4816ee2764517da5e0235514af4331-a\"\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-a\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "You owe 10 =E2=82=AC=20\r\n"
        "1=3D1\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-a\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
        "<p>10 &euro;</p>\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-a--\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-m\r\n"
        "Content-Type: application/pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=\"a-b.pdf\"\r\n"
        "\r\n"
        "JVBERi0xLjc=\r\n"
        "\r\n"
        "--=_6f4816ee2764517da5e0235514af4331-m--\r\n";
    const DunhubAttachment attachment = {"a/b.pdf", "application/pdf", {"%PDF-1.7", 8}};
    const DunhubMail mail = {
        .from = "\"Billing, Ltd.\" <billing@company.example>",
        .to = "Ana \xce\x9c\xc3\xbcller <ana@x.example>",
        .reply_to = "help@company.example",
        .subject = "Rechnung \xc3\xbc"
                   "ber 10 \xe2\x82\xac",
        .list_unsubscribe = "https://company.example/stop",
        .text = "You owe 10 \xe2\x82\xac \n1=1",
        .html = "<p>10 &euro;</p>",
        .key = "k",
        .date = 1795334400,
        .attachments = &attachment,
        .n_attachments = 1,
    };
    g_autoptr(Testkit) kit = testkit_new(NULL);
    g_autofree char *message = build(kit, &mail);
    g_assert_cmpstr(message, ==, expected);
    g_autofree char *again = build(kit, &mail);
    g_assert_cmpstr(again, ==, expected);
}

/* ---- a reader ---- */

/* Unfolded value of a header. */
static char *header_of(const char *message, const char *name)
{
    g_autofree char *start = g_strdup_printf("\r\n%s:", name);
    g_autofree char *all = g_strconcat("\r\n", message, NULL);
    const char *found = strstr(all, start);
    if (!found || found > strstr(all, "\r\n\r\n"))
        return NULL;
    GString *value = g_string_new(NULL);
    for (const char *p = found + strlen(start); *p; p++) {
        if (p[0] == '\r' && p[2] != ' ')
            break;
        if (*p != '\r' && *p != '\n')
            g_string_append_c(value, *p);
    }
    return g_strstrip(g_string_free(value, FALSE));
}

/* RFC 2047, base64 words only; blanks between two words are none. */
static char *decode_words(const char *value)
{
    GString *text = g_string_new(NULL);
    while (*value) {
        if (!g_str_has_prefix(value, "=?UTF-8?B?")) {
            g_string_append_c(text, *value++);
            continue;
        }
        const char *end = strstr(value, "?=");
        g_autofree char *word = g_strndup(value + 10, (size_t)(end - value - 10));
        g_assert_cmpint(end + 2 - value, <=, 75);
        size_t n;
        char *decoded = dunhub_base64_decode(word, &n);
        g_assert_true(
            g_utf8_validate(decoded, (gssize)n, NULL)); /* no character is cut between two words */
        g_string_append_len(text, decoded, (gssize)n);
        free(decoded);
        value = end + 2;
        if (g_str_has_prefix(value, " =?UTF-8?B?"))
            value++;
    }
    return g_string_free(text, FALSE);
}

static char *decode_quoted_printable(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (text[0] == '=' && text[1] == '\r') {
            text += 2;
        } else if (text[0] == '=') {
            g_string_append_c(
                out, (char)(g_ascii_xdigit_value(text[1]) * 16 + g_ascii_xdigit_value(text[2])));
            text += 2;
        } else if (*text != '\r') {
            g_string_append_c(out, *text);
        }
    }
    return g_string_free(out, FALSE);
}

/* Every kind of line end is one. */
static char *with_line_feeds(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (text[0] == '\r' && text[1] == '\n')
            continue;
        g_string_append_c(out, *text == '\r' ? '\n' : *text);
    }
    return g_string_free(out, FALSE);
}

static char *random_text(GRand *random, int length, bool line_ends)
{
    static const char *const pieces[] = {"a",
                                         " ",
                                         "=",
                                         ".",
                                         "\xc3\xa4",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\t",
                                         "=?",
                                         "word",
                                         "\"",
                                         "<",
                                         ",",
                                         "verylongwordverylongwordverylongword",
                                         "\n",
                                         "\r\n",
                                         "\r",
                                         "\n.\n",
                                         " \n"};
    GString *text = g_string_new("x");
    for (int i = 0; i < length; i++)
        g_string_append(text, pieces[g_rand_int_range(
                                  random, 0, (gint32)G_N_ELEMENTS(pieces) - (line_ends ? 0 : 5))]);
    return g_string_free(text, FALSE);
}

static void assert_transportable(const char *message)
{
    size_t column = 0;
    for (const char *p = message; *p; p++) {
        g_assert_cmpint((unsigned char)*p, <, 0x80);
        g_assert_true(*p != '\n' || p[-1] == '\r');
        g_assert_true(*p != '\r' || p[1] == '\n');
        column = *p == '\n' ? 0 : column + 1;
        g_assert_cmpuint(column, <=, 200); /* 998 is the law (RFC 5322 2.1.1) */
    }
}

static void test_round_trip(void)
{
    GRand *random = g_rand_new_with_seed(5322);
    g_autoptr(Testkit) kit = testkit_new(NULL);
    for (int i = 0; i < 3000; i++) {
        g_autofree char *text = random_text(random, g_rand_int_range(random, 0, 120), true);
        g_autofree char *subject =
            g_strdelimit(random_text(random, g_rand_int_range(random, 0, 40), false), "\t", ' ');
        g_strstrip(subject);
        const DunhubMail mail = {.from = "a@b.example",
                                 .to = "c@d.example",
                                 .subject = subject,
                                 .text = text,
                                 .key = "k",
                                 .date = 0};
        g_autofree char *message = build(kit, &mail);
        assert_transportable(message);
        g_autofree char *raw = header_of(message, "Subject"), *read_back = decode_words(raw);
        g_assert_cmpstr(read_back, ==, subject);
        g_autofree char *body = decode_quoted_printable(strstr(message, "\r\n\r\n") + 4);
        g_autofree char *expected = with_line_feeds(text);
        g_assert_true(g_str_has_prefix(body, expected));
        g_assert_cmpstr(body + strlen(expected), ==, "\n");
    }
    g_rand_free(random);
}

static void test_quoted_printable_lines(void)
{
    g_autoptr(Testkit) kit = testkit_new(NULL);
    for (int n = 70; n < 160; n++) {
        g_autofree char *text = g_strnfill((gsize)n, n % 2 ? 'a' : '=');
        const DunhubMail mail = {
            .from = "a@b.example", .to = "c@d.example", .subject = "s", .text = text, .key = "k"};
        g_autofree char *message = build(kit, &mail);
        g_auto(GStrv) lines = g_strsplit(strstr(message, "\r\n\r\n") + 4, "\r\n", -1);
        for (guint i = 0; lines[i]; i++)
            g_assert_cmpuint(strlen(lines[i]), <=, 76);
    }
}

static void test_addresses(void)
{
    static const struct {
        const char *mailbox, *address; /* NULL: none */
    } rows[] = {
        {"a@b.example", "a@b.example"},
        {" a@b.example ", "a@b.example"},
        {"Ada <a@b.example>", "a@b.example"},
        {"\"Moore, Ada\" <a+x@b.example>", "a+x@b.example"},
        {"<a@b.example>", "a@b.example"},
        {"\xc3\xa4@b.example", "\xc3\xa4@b.example"},
        {"a@b@c.example", NULL},
        {"a", NULL},
        {"@b.example", NULL},
        {"a@", NULL},
        {"", NULL},
        {"a b@c.example", NULL},
        {"a@b.example, c@d.example", NULL},
        {"a@b.example>", NULL},
        {"Ada <a@b.example> x", NULL},
        {"Ada <a@b.example", NULL},
        {"a@b.example\r\nBcc: x@y.example", NULL},
    };
    g_autoptr(Testkit) kit = testkit_new(NULL);
    const DunhubTask *task = testkit_task(kit, "message.email", "k", "{}");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(dunhub_mail_address(task, rows[i].mailbox), ==, rows[i].address);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdk/mail/golden", test_golden);
    g_test_add_func("/sdk/mail/round_trip", test_round_trip);
    g_test_add_func("/sdk/mail/quoted_printable_lines", test_quoted_printable_lines);
    g_test_add_func("/sdk/mail/addresses", test_addresses);
    return g_test_run();
}
