/* One message as RFC 5322 text, made here and not by the carrier, so that a file of it, its transport and what is kept as
 * proof are the same bytes. CRLF everywhere; text parts quoted-printable, attachments base64, names and subjects RFC 2047. */
#include "dunhub/sdk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QP_LINE = 76,
    BASE64_LINE_BYTES = 57,
    WORD_BYTES = 45,
    HEADER_LINE = 76,
    FILE_NAME_MAX = 120,
    ATTACHMENTS_MAX = 32
};

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

/* Longest run of whole characters of text within max bytes. */
static size_t whole_characters(const char *text, size_t max)
{
    size_t n = strnlen(text, max + 1);
    if (n <= max)
        return n;
    n = max;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* ---- headers ---- */

/* Plain text is folded at blanks, everything else becomes encoded words. */
static void append_unstructured(DunhubBuffer *out, const char *name, const char *text)
{
    dunhub_append_format(out, "%s:", name);
    size_t column = strlen(name) + 1;
    if (is_plain(text) && !strstr(text, "=?")) {
        while (*text) {
            size_t n = strcspn(text + 1, " ") + 1;
            bool fold = *text == ' ' && column > strlen(name) + 1 && column + n > HEADER_LINE;
            dunhub_append_text(out, fold ? "\r\n" : column == strlen(name) + 1 ? " " : "");
            dunhub_append(out, text, n);
            column = fold ? n : column + n;
            text += n;
        }
        dunhub_append_text(out, "\r\n");
        return;
    }
    for (const char *separator = " "; *text; separator = "\r\n ") {
        size_t n = whole_characters(text, WORD_BYTES), length = 0;
        char *word = dunhub_base64_encode(text, n, &length);
        dunhub_append_format(out, "%s=?UTF-8?B?%s?=", separator, word ? word : "");
        out->failed |= !word;
        free(word);
        text += n;
    }
    dunhub_append_text(out, "\r\n");
}

/* Where the bare address of a mailbox stands. */
static bool split_mailbox(const char *mailbox, const char **ret_address, size_t *ret_n)
{
    const char *open = strrchr(mailbox, '<'), *from = open ? open + 1 : mailbox;
    from += strspn(from, " ");
    size_t n = open ? strcspn(from, ">") : strlen(from);
    if (open && (from[n] != '>' || from[n + 1]))
        return false;
    while (n && from[n - 1] == ' ')
        n--;
    *ret_address = from;
    *ret_n = n;
    return true;
}

char *dunhub_mail_address(const DunhubTask *task, const char *mailbox)
{
    const char *address;
    size_t n;
    if (!split_mailbox(mailbox, &address, &n) || n > 254 || !dunhub_utf8(address, n))
        return NULL;
    const char *at = memchr(address, '@', n);
    if (!at || at == address || at + 1 == address + n ||
        memchr(at + 1, '@', n - (size_t)(at + 1 - address)))
        return NULL;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)address[i] <= 0x20 || address[i] == 0x7f ||
            strchr("<>(),;:\\\"[]", address[i]))
            return NULL;
    return dunhub_text(task, (DunhubBytes){address, n});
}

static void append_mailbox(DunhubBuffer *out, const DunhubTask *task, const char *name,
                           const char *mailbox)
{
    const char *address = dunhub_mail_address(task, mailbox);
    const char *open = strrchr(mailbox, '<');
    size_t n = open ? (size_t)(open - mailbox) : 0;
    while (n && mailbox[n - 1] == ' ')
        n--;
    const char *start = mailbox;
    if (n >= 2 && start[0] == '"' && start[n - 1] == '"') {
        start++;
        n -= 2;
    }
    const char *person = n ? dunhub_text(task, (DunhubBytes){start, n}) : NULL;
    if (!person) {
        dunhub_append_format(out, "%s: %s\r\n", name, address);
        return;
    }
    if (!is_plain(person) || strstr(person, "=?")) {
        append_unstructured(out, name, person);
        out->n -= 2; /* goes on in the next line */
        dunhub_append_format(out, "\r\n <%s>\r\n", address);
        return;
    }
    dunhub_append_format(out, "%s: \"", name);
    for (const char *p = person; *p; p++) {
        if (*p == '"' || *p == '\\')
            dunhub_append_text(out, "\\");
        dunhub_append(out, p, 1);
    }
    dunhub_append_format(out, "\" <%s>\r\n", address);
}

/* ---- bodies ---- */

/* RFC 2045 quoted-printable; every kind of line end becomes CRLF first, for a bare LF would be coded as =0A. */
static void append_quoted_printable(DunhubBuffer *out, const char *text)
{
    size_t column = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\r' && p[1] == '\n')
            continue;
        if (*p == '\n' || *p == '\r') {
            dunhub_append_text(out, "\r\n");
            column = 0;
            continue;
        }
        unsigned char c = (unsigned char)*p;
        bool line_ends = p[1] == 0 || p[1] == '\n' || p[1] == '\r';
        bool literal =
            (c >= 0x21 && c <= 0x7e && c != '=') || ((c == ' ' || c == '\t') && !line_ends);
        size_t width = literal ? 1 : 3;
        if (column + width > QP_LINE - (line_ends ? 0 : 1)) {
            dunhub_append_text(out, "=\r\n");
            column = 0;
        }
        if (literal)
            dunhub_append(out, p, 1);
        else
            dunhub_append_format(out, "=%02X", c);
        column += width;
    }
    dunhub_append_text(out, "\r\n");
}

static void append_text_part(DunhubBuffer *out, const char *type, const char *text)
{
    dunhub_append_format(out,
                         "Content-Type: %s; charset=utf-8\r\n"
                         "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                         type);
    append_quoted_printable(out, text);
}

static void append_attachment(DunhubBuffer *out, const DunhubTask *task,
                              const DunhubAttachment *attachment)
{
    const char *plain = dunhub_safe_name(task, attachment->name, FILE_NAME_MAX);
    dunhub_append_format(out,
                         "Content-Type: %s\r\n"
                         "Content-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment; filename=\"%s\"\r\n\r\n",
                         attachment->type, plain);
    for (size_t at = 0; at < attachment->bytes.n; at += BASE64_LINE_BYTES) {
        size_t left = attachment->bytes.n - at, length = 0;
        char *line = dunhub_base64_encode(
            attachment->bytes.p + at, left < BASE64_LINE_BYTES ? left : BASE64_LINE_BYTES, &length);
        dunhub_append_format(out, "%s\r\n", line ? line : "");
        out->failed |= !line;
        free(line);
    }
}

static void append_alternative(DunhubBuffer *out, const DunhubMail *mail, const char *boundary)
{
    if (!mail->text || !mail->html) {
        append_text_part(out, mail->html ? "text/html" : "text/plain",
                         mail->html ? mail->html : mail->text);
        return;
    }
    dunhub_append_format(out,
                         "Content-Type: multipart/alternative; boundary=\"%s-a\"\r\n\r\n--%s-a\r\n",
                         boundary, boundary);
    append_text_part(out, "text/plain", mail->text);
    dunhub_append_format(out, "\r\n--%s-a\r\n", boundary);
    append_text_part(out, "text/html", mail->html);
    dunhub_append_format(out, "\r\n--%s-a--\r\n", boundary);
}

static void append_content(DunhubBuffer *out, const DunhubTask *task, const DunhubMail *mail,
                           const char *boundary)
{
    dunhub_append_text(out, "MIME-Version: 1.0\r\n");
    if (!mail->n_attachments) {
        append_alternative(out, mail, boundary);
        return;
    }
    dunhub_append_format(out, "Content-Type: multipart/mixed; boundary=\"%s-m\"\r\n\r\n--%s-m\r\n",
                         boundary, boundary);
    append_alternative(out, mail, boundary);
    for (size_t i = 0; i < mail->n_attachments; i++) {
        dunhub_append_format(out, "\r\n--%s-m\r\n", boundary);
        append_attachment(out, task, &mail->attachments[i]);
    }
    dunhub_append_format(out, "\r\n--%s-m--\r\n", boundary);
}

/* ---- the message ---- */

char *dunhub_message_id(const DunhubTask *task, const DunhubMail *mail)
{
    char hash[DUNHUB_HEX_SHA256];
    dunhub_sha256_hex(mail->key, strlen(mail->key), hash);
    const char *from = dunhub_mail_address(task, mail->from);
    const char *domain = mail->domain ? mail->domain : from ? strchr(from, '@') + 1 : "localhost";
    return dunhub_format(task, "<%.40s@%s>", hash, domain);
}

static const char *find_fault(const DunhubTask *task, const DunhubMail *mail)
{
    const struct {
        const char *name, *text;
        bool is_mailbox;
    } headers[] = {
        {"from", mail->from, true},
        {"to", mail->to, true},
        {"reply_to", mail->reply_to, true},
        {"subject", mail->subject, false},
        {"list_unsubscribe", mail->list_unsubscribe, false},
        {"domain", mail->domain, false},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const char *text = headers[i].text;
        if (!text)
            continue;
        if (!dunhub_utf8(text, strlen(text)))
            return dunhub_format(task, "'%s' is no UTF-8", headers[i].name);
        for (const char *p = text; *p; p++)
            if ((unsigned char)*p < 0x20 || *p == 0x7f)
                return dunhub_format(
                    task, "'%s' holds a line break or control character, which no header may",
                    headers[i].name);
        if (headers[i].is_mailbox && !dunhub_mail_address(task, text))
            return dunhub_format(task, "'%s' is no mail address: %s", headers[i].name, text);
    }
    if (mail->list_unsubscribe &&
        (!is_plain(mail->list_unsubscribe) || strpbrk(mail->list_unsubscribe, "<> ")))
        return "'list_unsubscribe' is no URL";
    if (mail->domain &&
        (!is_plain(mail->domain) || !*mail->domain || strpbrk(mail->domain, "<>@ ")))
        return "'domain' is no domain";
    if (!mail->text && !mail->html)
        return "it has neither 'text' nor 'html'";
    const char *parts[] = {mail->text, mail->html};
    for (size_t i = 0; i < 2; i++)
        if (parts[i] && !dunhub_utf8(parts[i], strlen(parts[i])))
            return "its text is no UTF-8";
    return NULL;
}

const char *dunhub_mail_build(const DunhubTask *task, const DunhubMail *mail,
                              DunhubBuffer *ret_message)
{
    const char *fault = find_fault(task, mail);
    if (fault)
        return fault;
    char date[40], hash[DUNHUB_HEX_SHA256];
    DunhubBuffer out = {0};
    append_mailbox(&out, task, "From", mail->from);
    append_mailbox(&out, task, "To", mail->to);
    if (mail->reply_to)
        append_mailbox(&out, task, "Reply-To", mail->reply_to);
    append_unstructured(&out, "Subject", mail->subject ? mail->subject : "");
    dunhub_append_format(&out, "Date: %s\r\n", dunhub_mail_date(mail->date, date));
    dunhub_append_format(&out, "Message-ID: %s\r\n", dunhub_message_id(task, mail));
    if (mail->list_unsubscribe)
        dunhub_append_format(&out, "List-Unsubscribe: <%s>\r\n", mail->list_unsubscribe);
    dunhub_append_text(&out, "Auto-Submitted: auto-generated\r\n");
    /* A boundary that no text of this message can hold by chance. */
    dunhub_sha256_hex(mail->key, strlen(mail->key), hash);
    append_content(&out, task, mail, dunhub_format(task, "=_%.32s", hash + 24));
    if (out.failed) {
        dunhub_buffer_done(&out);
        return "it is larger than 64 MiB";
    }
    *ret_message = out;
    return NULL;
}

/* ---- attachments ---- */

static const char *type_of(DunhubBytes bytes)
{
    static const struct {
        const char *start, *type;
    } rows[] = {{"%PDF-", "application/pdf"},
                {"\x89PNG", "image/png"},
                {"\xff\xd8\xff", "image/jpeg"},
                {"PK\3\4", "application/zip"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = strlen(rows[i].start);
        if (bytes.n >= n && memcmp(bytes.p, rows[i].start, n) == 0)
            return rows[i].type;
    }
    return "application/octet-stream";
}

/* "type/subtype" of RFC 2045 tokens: it goes into a header as it is. */
static bool is_type(const char *text)
{
    const char *slash = strchr(text, '/');
    if (!slash || slash == text || !slash[1] || strchr(slash + 1, '/') || strlen(text) > 100)
        return false;
    return strspn(text,
                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-/") ==
           strlen(text);
}

bool dunhub_attachments(const DunhubTask *task, const json_t *input,
                        const DunhubAttachment **ret_rows, size_t *ret_n)
{
    const json_t *named = json_object_get(input, "attachments");
    size_t n = json_array_size(named);
    DunhubAttachment *rows = task->host->alloc(task->call, (n + 1) * sizeof *rows);
    if (!rows || n > ATTACHMENTS_MAX) {
        dunhub_permanent(task, "attachment", "there are too many attachments: %zu", n);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *entry = json_array_get(named, i), *body = json_object_get(entry, "body");
        const char *name = dunhub_find_text(entry, "name"), *type = dunhub_find_text(entry, "type");
        rows[i].bytes = task->host->body(
            task->call, json_is_integer(body) ? (uint32_t)json_integer_value(body) : (uint32_t)i);
        if (!rows[i].bytes.p) {
            dunhub_permanent(task, "attachment",
                             "attachment %zu ('%s') is named in the input and did not come with it",
                             i + 1, name ? name : "");
            return false;
        }
        rows[i].type = type && is_type(type) ? type : type_of(rows[i].bytes);
        bool is_pdf = strcmp(rows[i].type, "application/pdf") == 0;
        rows[i].name =
            name ? name : dunhub_format(task, "attachment-%zu%s", i + 1, is_pdf ? ".pdf" : "");
    }
    *ret_rows = rows;
    *ret_n = n;
    return true;
}
