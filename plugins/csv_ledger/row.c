#include "row.h"

#include <ctype.h>
#include <iconv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 200, SHOWN_BYTES = 60 };

/* ---- encodings ---- */

bool decoder_init(Decoder *ret_decoder, const char *encoding, size_t row_max)
{
    /* A byte of the single-byte encodings becomes at most three; values, prefixes and ends need room too. */
    *ret_decoder = (Decoder){.size = row_max * 3 + 65536};
    ret_decoder->scratch = malloc(ret_decoder->size);
    if (!ret_decoder->scratch || strcasecmp(encoding, "utf-8") == 0)
        return ret_decoder->scratch != NULL;
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return false;
    ret_decoder->iconv = converter;
    return true;
}

void decoder_done(Decoder *decoder)
{
    if (decoder->iconv)
        iconv_close(decoder->iconv);
    free(decoder->scratch);
}

void decoder_reset(Decoder *decoder)
{
    decoder->used = 0;
}

const char *decoder_text(Decoder *decoder, Cell cell)
{
    char *out = decoder->scratch + decoder->used;
    size_t room = decoder->size - decoder->used;
    if (memchr(cell.p, 0, cell.n) || cell.n * 3 + 1 > room)
        return NULL;
    char *end = out;
    if (decoder->iconv) {
        char *in = (char *)(uintptr_t)cell.p;
        size_t left = cell.n, left_out = room - 1;
        if (iconv(decoder->iconv, &in, &left, &end, &left_out) == (size_t)-1 || left) {
            iconv(decoder->iconv, NULL, NULL, NULL, NULL);
            return NULL;
        }
    } else {
        if (!dunhub_utf8(cell.p, cell.n))
            return NULL;
        memcpy(out, cell.p, cell.n);
        end = out + cell.n;
    }
    *end = 0;
    decoder->used += (size_t)(end - out) + 1;
    return out;
}

/* ---- cells ---- */

typedef struct {
    const Mapping *mapping;
    const Header *header;
    const Reader *reader;
    Decoder *decoder;
    LedgerRow *row;
} Reading;

static bool bad(LedgerRow *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool bad(LedgerRow *row, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(row->why, sizeof row->why, format, list);
    va_end(list);
    return false;
}

static const char *title(const Reading *in, Column column)
{
    const char *theirs = in->mapping->theirs[column];
    return theirs ? theirs : column_names[column];
}

static bool bad_cell(const Reading *in, Column column, const char *why)
{
    return bad(in->row, "column '%s' is '%.*s': %s", title(in, column), SHOWN_BYTES, in->row->text[column], why);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t n = strlen(text);
    while (n && isspace((unsigned char)text[n - 1]))
        text[--n] = 0;
    return text;
}

/* Their word for ours, by option values: {"status:Storniert": "void"}. */
static const char *translate(const Reading *in, Column column, const char *text)
{
    char key[256];
    int n = snprintf(key, sizeof key, "%s:%s", column_names[column], text);
    const char *ours = n < (int)sizeof key ? dunhub_find_text(in->mapping->values, key) : NULL;
    return ours ? ours : text;
}

static const char *prefixed(const Reading *in, Column column, const char *text)
{
    const char *prefix = in->mapping->prefixes[column];
    Decoder *decoder = in->decoder;
    size_t room = decoder->size - decoder->used;
    if (!prefix || strlen(prefix) + strlen(text) + 1 > room)
        return text;
    char *out = decoder->scratch + decoder->used;
    decoder->used += (size_t)snprintf(out, room, "%s%s", prefix, text) + 1;
    return out;
}

static bool read_cell(const Reading *in, Column column)
{
    int field = in->header->fields[column];
    LedgerRow *row = in->row;
    row->text[column] = NULL;
    if (field >= 0) {
        char *text = (char *)(uintptr_t)decoder_text(in->decoder, in->reader->cells[field]);
        if (!text)
            return bad(row, "column '%s' holds bytes that are no %s: set option 'encoding'", title(in, column),
                       in->mapping->encoding);
        text = trim(text);
        if (*text) {
            const char *ours = in->mapping->values ? translate(in, column, text) : text;
            row->text[column] = prefixed(in, column, ours);
        }
    }
    if (!row->text[column])
        row->text[column] = in->mapping->defaults[column];
    if (row->text[column] && !*row->text[column])
        row->text[column] = NULL;
    return true;
}

/* What becomes an id or a name in the hub: short, one line. */
static bool check_name(const Reading *in, Column column)
{
    const char *text = in->row->text[column];
    if (!text)
        return true;
    if (strlen(text) > NAME_MAX_BYTES)
        return bad_cell(in, column, "it is longer than 200 bytes");
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return bad_cell(in, column, "it holds a line break or control character");
    return true;
}

static bool check_names(const Reading *in)
{
    static const Column names[] = {COLUMN_account, COLUMN_segment,  COLUMN_policy, COLUMN_zone,    COLUMN_jurisdiction,
                                   COLUMN_language, COLUMN_property, COLUMN_email,  COLUMN_phone,   COLUMN_invoice,
                                   COLUMN_number};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!check_name(in, names[i]))
            return false;
    return true;
}

/* ---- typed cells ---- */

/* A no-break space groups digits as a space does. */
static void plain_spaces(char *text)
{
    char *out = text;
    for (const char *p = text; *p;) {
        if (strncmp(p, "\xc2\xa0", 2) == 0) {
            *out++ = ' ';
            p += 2;
        } else if (strncmp(p, "\xe2\x80\xaf", 3) == 0) {
            *out++ = ' ';
            p += 3;
        } else {
            *out++ = *p++;
        }
    }
    *out = 0;
}

static bool read_amount(const Reading *in, Column column, int64_t *ret_amount)
{
    const char *text = in->row->text[column];
    *ret_amount = NO_AMOUNT;
    if (!text)
        return true;
    char plain[64];
    if (strlen(text) >= sizeof plain)
        return bad_cell(in, column, "it is too long for an amount");
    memcpy(plain, text, strlen(text) + 1);
    if (in->mapping->thousands == ' ')
        plain_spaces(plain);
    const char *why =
        dunhub_money_parse(plain, in->row->currency, in->mapping->decimal, in->mapping->thousands, ret_amount);
    if (!why)
        return true;
    char said[200];
    snprintf(said, sizeof said, "%s (decimal sign '%c', thousands sign '%c')", why, in->mapping->decimal ? in->mapping->decimal : '-',
             in->mapping->thousands ? in->mapping->thousands : '-');
    return bad_cell(in, column, strstr(why, "sign") || strstr(why, "digit") ? said : why);
}

static bool read_date(const Reading *in, Column column, int32_t *ret_date)
{
    const char *text = in->row->text[column];
    *ret_date = DUNHUB_NO_DATE;
    const char *why = text ? dunhub_date_parse(text, in->mapping->date_format, ret_date) : NULL;
    if (!why)
        return true;
    char said[120];
    snprintf(said, sizeof said, "%s%s%s", why, strchr(why, 'f') ? ": " : "", strchr(why, 'f') ? in->mapping->date_format : "");
    return bad_cell(in, column, said);
}

static bool is_yes(const Mapping *mapping, const char *text)
{
    for (size_t i = 0; text && i < json_array_size(mapping->yes_words); i++) {
        const char *word = json_string_value(json_array_get(mapping->yes_words, i));
        if (word && strcasecmp(word, text) == 0)
            return true;
    }
    return false;
}

static bool read_status(const Reading *in, RowStatus *ret_status)
{
    static const struct {
        const char *word;
        RowStatus status;
    } words[] = {
        {"open", STATUS_OPEN},     {"unpaid", STATUS_OPEN},      {"overdue", STATUS_OPEN},
        {"partial", STATUS_OPEN},  {"sent", STATUS_OPEN},        {"draft", STATUS_DRAFT},
        {"void", STATUS_VOID},     {"voided", STATUS_VOID},      {"cancelled", STATUS_VOID},
        {"canceled", STATUS_VOID}, {"paid", STATUS_PAID},        {"settled", STATUS_PAID},
        {"closed", STATUS_PAID},   {"written off", STATUS_WRITTEN_OFF}, {"written_off", STATUS_WRITTEN_OFF},
        {"write-off", STATUS_WRITTEN_OFF},
    };
    const char *text = in->row->text[COLUMN_status];
    *ret_status = STATUS_OPEN;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, text) == 0) {
            *ret_status = words[i].status;
            return true;
        }
    return bad_cell(in, COLUMN_status, "open, draft, void, written off and paid are known; name others in option 'values', "
                                       "such as {\"status:Storno\": \"void\"}");
}

static bool check_choice(const Reading *in, Column column, const char *const *words)
{
    const char *text = in->row->text[column];
    for (size_t i = 0; text && words[i]; i++)
        if (strcasecmp(words[i], text) == 0) {
            in->row->text[column] = words[i];
            return true;
        }
    if (!text)
        return true;
    char said[160] = "known are";
    for (size_t i = 0; words[i]; i++)
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s %s", i ? "," : "", words[i]);
    snprintf(said + strlen(said), sizeof said - strlen(said), "; translate others with option 'values'");
    return bad_cell(in, column, said);
}

static bool read_version(const Reading *in)
{
    const char *text = in->row->text[COLUMN_version];
    in->row->version = 0;
    if (!text)
        return true;
    char *end;
    long long value = strtoll(text, &end, 10);
    if (*end || value < 0 || strlen(text) > 18)
        return bad_cell(in, COLUMN_version, "it is no whole number");
    in->row->version = value;
    return true;
}

static bool read_invoice(const Reading *in)
{
    static const char *const kinds[] = {"charge", "fee", "interest", NULL};
    LedgerRow *row = in->row;
    const char *currency = row->text[COLUMN_currency];
    if (!row->text[COLUMN_invoice])
        return bad(row, "column '%s' is empty: a row without an invoice number", title(in, COLUMN_invoice));
    if (!currency)
        return bad(row, "column '%s' is empty: the currency is not known; set option 'currency'", title(in, COLUMN_currency));
    if (dunhub_currency_exponent(currency) < 0)
        return bad_cell(in, COLUMN_currency, "it is no ISO 4217 code such as USD");
    memcpy(row->currency, currency, sizeof row->currency);
    if (!check_choice(in, COLUMN_invoice_kind, kinds) || !read_amount(in, COLUMN_amount, &row->amount) ||
        !read_amount(in, COLUMN_open, &row->open) || !read_amount(in, COLUMN_paid_amount, &row->paid) ||
        !read_amount(in, COLUMN_disputed_amount, &row->disputed_amount) ||
        !read_date(in, COLUMN_issued_on, &row->issued_on) || !read_date(in, COLUMN_due_on, &row->due_on) ||
        !read_date(in, COLUMN_settled_on, &row->settled_on) || !read_status(in, &row->status) || !read_version(in))
        return false;
    if (row->amount == NO_AMOUNT)
        row->amount = row->open;
    if (row->amount == NO_AMOUNT)
        return bad(row, "column '%s' is empty: a row without an amount", title(in, COLUMN_amount));
    if (row->issued_on == DUNHUB_NO_DATE)
        return bad(row, "column '%s' is empty: a row without a date of issue", title(in, COLUMN_issued_on));
    const struct {
        Column column;
        int64_t amount;
    } positive[] = {{COLUMN_open, row->open}, {COLUMN_paid_amount, row->paid}, {COLUMN_disputed_amount, row->disputed_amount}};
    for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
        if (row->amount >= 0 && positive[i].amount != NO_AMOUNT && positive[i].amount < 0)
            return bad_cell(in, positive[i].column, "it is negative where the invoice is not");
    return true;
}

bool row_read(const Mapping *mapping, const Header *header, const Reader *reader, Decoder *decoder, LedgerRow *ret_row)
{
    static const char *const kinds[] = {"tenant", "subscriber", "business", NULL};
    const Reading in = {mapping, header, reader, decoder, ret_row};
    decoder_reset(decoder);
    *ret_row->why = 0;
    if (reader->n_cells != header->n_fields)
        return bad(ret_row, "the row has %zu fields, the header has %zu: is a sign inside a field not quoted?", reader->n_cells,
                   header->n_fields);
    for (int column = 0; column < N_COLUMNS; column++)
        if (!read_cell(&in, (Column)column))
            return false;
    if (!ret_row->text[COLUMN_account])
        return bad(ret_row, "column '%s' is empty: a row without an account", title(&in, COLUMN_account));
    if (!check_names(&in) || !check_choice(&in, COLUMN_kind, kinds))
        return false;
    ret_row->disputed = is_yes(mapping, ret_row->text[COLUMN_disputed]);
    ret_row->consumer = is_yes(mapping, ret_row->text[COLUMN_consumer]);
    ret_row->sms_consent = is_yes(mapping, ret_row->text[COLUMN_sms_consent]);
    ret_row->has_invoice = mapping->theirs[COLUMN_invoice] != NULL;
    return !ret_row->has_invoice || read_invoice(&in);
}
