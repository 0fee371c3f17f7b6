#include "lib/ledger_columns.h"

#include <ctype.h>
#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 200, SHOWN_BYTES = 60 };

/* ---- cells ---- */

typedef struct {
    const LedgerMapping *mapping;
    LedgerRow *row;
} Reading;

bool ledger_row_bad(LedgerRow *row, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(row->why, sizeof row->why, format, list);
    va_end(list);
    return false;
}

const char *ledger_title(const LedgerMapping *mapping, LedgerColumn column)
{
    const char *theirs = mapping->theirs[column];
    return theirs ? theirs : ledger_columns[column];
}

static bool bad_cell(const Reading *in, LedgerColumn column, const char *why)
{
    return ledger_row_bad(in->row, "column '%s' is '%.*s': %s", ledger_title(in->mapping, column),
                          SHOWN_BYTES, in->row->text[column], why);
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
static const char *translate(const LedgerMapping *mapping, LedgerColumn column, const char *text)
{
    char key[256];
    int n = snprintf(key, sizeof key, "%s:%s", ledger_columns[column], text);
    const char *ours = n < (int)sizeof key ? dunhub_find_text(mapping->values, key) : NULL;
    return ours ? ours : text;
}

static const char *prefixed(const char *prefix, const char *text, LedgerScratch *scratch)
{
    size_t room = scratch->size - scratch->used;
    if (!prefix || strlen(prefix) + strlen(text) + 1 > room)
        return text;
    char *out = scratch->p + scratch->used;
    scratch->used += (size_t)snprintf(out, room, "%s%s", prefix, text) + 1;
    return out;
}

void ledger_row_begin(LedgerRow *row)
{
    memset(row->text, 0, sizeof row->text);
    memset(row->plus_days, 0, sizeof row->plus_days);
    memset(row->is_empty, 0, sizeof row->is_empty);
    row->has_invoice = row->says_all = row->says_no_account_facts = false;
    *row->why = 0;
}

void ledger_row_cell(const LedgerMapping *mapping, LedgerRow *row, LedgerColumn column,
                     char *theirs, LedgerScratch *scratch)
{
    const char *ours = NULL;
    char *text = theirs ? trim(theirs) : NULL;
    if (text && *text)
        ours = prefixed(mapping->prefixes[column],
                        mapping->values ? translate(mapping, column, text) : text, scratch);
    if (!ours)
        ours = mapping->defaults[column];
    row->text[column] = ours && *ours ? ours : NULL;
    row->is_empty[column] = row->says_all && mapping->theirs[column] && !row->text[column];
}

/* What becomes an id or a name in the hub: short, one line. */
static bool check_name(const Reading *in, LedgerColumn column)
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
    static const LedgerColumn names[] = {COLUMN_account,    COLUMN_email,   COLUMN_phone,
                                         COLUMN_call_phone, COLUMN_invoice, COLUMN_number};
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

static bool read_minor(const Reading *in, LedgerColumn column, int64_t *ret_amount)
{
    const char *text = in->row->text[column];
    const char *digits = text + (*text == '-');
    if (!*digits || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 17)
        return bad_cell(in, column,
                        "it is no whole number of minor units (option 'amounts' is minor)");
    *ret_amount = strtoll(text, NULL, 10);
    return true;
}

static const char *sign_name(char sign, char name[static 8])
{
    if (!sign)
        return "none";
    snprintf(name, 8, "'%c'", sign);
    return name;
}

static bool read_amount(const Reading *in, LedgerColumn column, int64_t *ret_amount)
{
    const char *text = in->row->text[column];
    *ret_amount = LEDGER_NO_AMOUNT;
    if (!text)
        return true;
    char plain[64];
    if (strlen(text) >= sizeof plain)
        return bad_cell(in, column, "it is too long for an amount");
    if (in->mapping->minor_units)
        return read_minor(in, column, ret_amount);
    memcpy(plain, text, strlen(text) + 1);
    if (in->mapping->thousands == ' ')
        plain_spaces(plain);
    const char *why = dunhub_money_parse(plain, in->row->currency, in->mapping->decimal,
                                         in->mapping->thousands, ret_amount);
    if (!why)
        return true;
    char said[200], decimal[8], thousands[8];
    snprintf(said, sizeof said, "%s (decimal sign %s, thousands sign %s)", why,
             sign_name(in->mapping->decimal, decimal),
             sign_name(in->mapping->thousands, thousands));
    return bad_cell(in, column, strstr(why, "sign") || strstr(why, "digit") ? said : why);
}

/* Seconds since 1970 as a day of the zone. */
static bool day_of(const LedgerMapping *mapping, int64_t seconds, int32_t *ret_day)
{
    int64_t offset = 0;
    if (seconds < -INT64_C(62135596800) || seconds > INT64_C(253402300799)) /* years 1 to 9999 */
        return false;
    if (mapping->zone) {
        int interval = g_time_zone_find_interval(mapping->zone, G_TIME_TYPE_UNIVERSAL, seconds);
        offset = interval < 0 ? 0 : g_time_zone_get_offset(mapping->zone, interval);
    }
    int64_t local = seconds + offset;
    *ret_day = (int32_t)(local / 86400 - (local % 86400 < 0));
    return true;
}

static const char *read_timestamp(const LedgerMapping *mapping, const char *text,
                                  int64_t per_second, int32_t *ret_day)
{
    const char *digits = text + (*text == '-');
    if (!*digits || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 17)
        return per_second == 1 ? "it is no whole number of seconds since 1970"
                               : "it is no whole number of milliseconds since 1970";
    int64_t value = strtoll(text, NULL, 10);
    return day_of(mapping, value / per_second - (value % per_second < 0), ret_day)
               ? NULL
               : "it lies outside of the years 1 to 9999";
}

/* A date, or a date and time: with a zone of its own the day of ours, without one the day that is written there. */
static const char *read_iso(const LedgerMapping *mapping, const char *text, int32_t *ret_day)
{
    char day[11];
    size_t n = strlen(text);
    if (n <= 10 || (text[10] != 'T' && text[10] != ' '))
        return dunhub_date_parse(text, "%Y-%m-%d", ret_day);
    snprintf(day, sizeof day, "%.10s", text);
    const char *why = dunhub_date_parse(day, "%Y-%m-%d", ret_day);
    if (why)
        return why;
    bool has_zone = text[n - 1] == 'Z' || strpbrk(text + 11, "+-") != NULL;
    GTimeZone *utc = g_time_zone_new_utc();
    GDateTime *time = g_date_time_new_from_iso8601(text, utc);
    g_time_zone_unref(utc);
    if (!time)
        return "the time after the date cannot be read (such as 2026-07-01T08:00:00Z)";
    bool good = !has_zone || day_of(mapping, g_date_time_to_unix(time), ret_day);
    g_date_time_unref(time);
    return good ? NULL : "it lies outside of the years 1 to 9999";
}

static const char *parse_date(const LedgerMapping *mapping, const char *text, int32_t *ret_date)
{
    switch (mapping->dates) {
    case LEDGER_DATES_UNIX:
        return read_timestamp(mapping, text, 1, ret_date);
    case LEDGER_DATES_UNIX_MS:
        return read_timestamp(mapping, text, 1000, ret_date);
    case LEDGER_DATES_ISO:
        return read_iso(mapping, text, ret_date);
    default:
        return dunhub_date_parse(text, mapping->date_format, ret_date);
    }
}

static bool read_date(const Reading *in, LedgerColumn column, int32_t *ret_date)
{
    const char *text = in->row->text[column];
    *ret_date = DUNHUB_NO_DATE;
    const char *why = text ? parse_date(in->mapping, text, ret_date) : NULL;
    if (text && !why)
        *ret_date += in->row->plus_days[column];
    if (!why)
        return true;
    char said[120];
    bool names_form = strchr(why, 'f') && in->mapping->dates == LEDGER_DATES_PATTERN;
    snprintf(said, sizeof said, "%s%s%s", why, names_form ? ": " : "",
             names_form ? in->mapping->date_format : "");
    return bad_cell(in, column, said);
}

static bool is_yes(const LedgerMapping *mapping, const char *text)
{
    for (size_t i = 0; text && i < json_array_size(mapping->yes_words); i++) {
        const char *word = json_string_value(json_array_get(mapping->yes_words, i));
        if (word && strcasecmp(word, text) == 0)
            return true;
    }
    return false;
}

static bool read_status(const Reading *in, LedgerStatus *ret_status)
{
    static const struct {
        const char *word;
        LedgerStatus status;
    } words[] = {
        {"open", LEDGER_OPEN},
        {"unpaid", LEDGER_OPEN},
        {"overdue", LEDGER_OPEN},
        {"partial", LEDGER_OPEN},
        {"sent", LEDGER_OPEN},
        {"draft", LEDGER_DRAFT},
        {"void", LEDGER_VOID},
        {"voided", LEDGER_VOID},
        {"cancelled", LEDGER_VOID},
        {"canceled", LEDGER_VOID},
        {"paid", LEDGER_PAID},
        {"settled", LEDGER_PAID},
        {"closed", LEDGER_PAID},
        {"written off", LEDGER_WRITTEN_OFF},
        {"written_off", LEDGER_WRITTEN_OFF},
        {"write-off", LEDGER_WRITTEN_OFF},
        {"failed", LEDGER_FAILED},
        {"returned", LEDGER_FAILED},
    };
    const char *text = in->row->text[COLUMN_status];
    *ret_status = LEDGER_OPEN;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, text) == 0) {
            *ret_status = words[i].status;
            return true;
        }
    return bad_cell(in, COLUMN_status,
                    "open, draft, void, written off, paid and failed are known; name others in "
                    "option 'values', "
                    "such as {\"status:Storno\": \"void\"}");
}

static bool check_choice(const Reading *in, LedgerColumn column, const char *const *words)
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
    snprintf(said + strlen(said), sizeof said - strlen(said),
             "; translate others with option 'values'");
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

static bool read_number(const Reading *in, LedgerColumn column, int64_t *ret_value)
{
    const char *text = in->row->text[column];
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 9)
        return bad_cell(in, column, "it is no whole number from 0 to 999999999");
    *ret_value = strtoll(text, NULL, 10);
    return true;
}

/* A cell that is not empty, by its row of the table. */
static bool read_fact(const Reading *in, const LedgerFactColumn *fact)
{
    LedgerColumn column = fact->column;
    int64_t *value = &in->row->value[column];
    int32_t date = DUNHUB_NO_DATE;
    switch (fact->type) {
    case LEDGER_TEXT:
        return true;
    case LEDGER_NAME:
        return check_name(in, column);
    case LEDGER_CHOICE:
        return check_choice(in, column, fact->words);
    case LEDGER_AMOUNT:
        return read_amount(in, column, value);
    case LEDGER_NUMBER:
        return read_number(in, column, value);
    case LEDGER_DATE:
    case LEDGER_INSTANT:
        if (!read_date(in, column, &date))
            return false;
        *value = date;
        return true;
    default:
        *value = is_yes(in->mapping, in->row->text[column]);
        return true;
    }
}

static bool needs_currency(const LedgerRow *row)
{
    for (size_t i = 0; i < n_ledger_fact_columns; i++)
        if (ledger_fact_columns[i].type == LEDGER_AMOUNT &&
            row->text[ledger_fact_columns[i].column])
            return true;
    return row->has_invoice;
}

static bool read_currency(const Reading *in)
{
    LedgerRow *row = in->row;
    const char *currency = row->text[COLUMN_currency];
    if (!needs_currency(row))
        return true;
    if (!currency)
        return ledger_row_bad(
            row, "column '%s' is empty: the currency is not known; set option 'currency'",
            ledger_title(in->mapping, COLUMN_currency));
    for (size_t i = 0; i < sizeof row->currency; i++) {
        row->currency[i] =
            i < 3 && strlen(currency) == 3 ? (char)toupper((unsigned char)currency[i]) : 0;
    }
    return dunhub_currency_exponent(row->currency) >= 0 ||
           bad_cell(in, COLUMN_currency, "it is no ISO 4217 code such as USD");
}

static bool read_facts(const Reading *in)
{
    for (size_t i = 0; i < n_ledger_fact_columns; i++)
        if (in->row->text[ledger_fact_columns[i].column] && !read_fact(in, &ledger_fact_columns[i]))
            return false;
    return true;
}

static bool read_invoice(const Reading *in)
{
    LedgerRow *row = in->row;
    if (!read_amount(in, COLUMN_amount, &row->amount) ||
        !read_amount(in, COLUMN_open, &row->open) ||
        !read_amount(in, COLUMN_paid_amount, &row->paid) ||
        !read_amount(in, COLUMN_disputed_amount, &row->disputed_amount) ||
        !read_date(in, COLUMN_issued_on, &row->issued_on) ||
        !read_date(in, COLUMN_due_on, &row->due_on) ||
        !read_date(in, COLUMN_settled_on, &row->settled_on) || !read_status(in, &row->status) ||
        !read_version(in))
        return false;
    if (row->amount == LEDGER_NO_AMOUNT)
        row->amount = row->open;
    if (row->amount == LEDGER_NO_AMOUNT)
        return ledger_row_bad(row, "column '%s' is empty: a row without an amount",
                              ledger_title(in->mapping, COLUMN_amount));
    if (row->issued_on == DUNHUB_NO_DATE)
        return ledger_row_bad(row, "column '%s' is empty: a row without a date of issue",
                              ledger_title(in->mapping, COLUMN_issued_on));
    const struct {
        LedgerColumn column;
        int64_t amount;
    } positive[] = {{COLUMN_open, row->open},
                    {COLUMN_paid_amount, row->paid},
                    {COLUMN_disputed_amount, row->disputed_amount}};
    for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
        if (row->amount >= 0 && positive[i].amount != LEDGER_NO_AMOUNT && positive[i].amount < 0)
            return bad_cell(in, positive[i].column, "it is negative where the invoice is not");
    return true;
}

bool ledger_row_end(const LedgerMapping *mapping, LedgerRow *row)
{
    const Reading in = {mapping, row};
    if (!row->text[COLUMN_account])
        return ledger_row_bad(row, "column '%s' is empty: a row without an account",
                              ledger_title(mapping, COLUMN_account));
    if (row->has_invoice && !row->text[COLUMN_invoice])
        return ledger_row_bad(row, "column '%s' is empty: a row without an invoice number",
                              ledger_title(mapping, COLUMN_invoice));
    if (!check_names(&in) || !read_currency(&in) || !read_facts(&in))
        return false;
    row->disputed = is_yes(mapping, row->text[COLUMN_disputed]);
    return !row->has_invoice || read_invoice(&in);
}
