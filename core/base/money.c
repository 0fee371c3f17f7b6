#include "base/money.h"

#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK(money_error_quark, money_error)

/* ISO 4217 list one: codes by their number of decimal places, sorted within each. Codes that ISO
 * gives no minor unit (metals, bond units, XDR, XSU, XUA, XTS and the code for none) are no money
 * an invoice can be in. ANG and BGN were withdrawn in 2025 and 2026 and stay for claims from
 * before. */
static const char *const codes_0 =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char *const codes_2 =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD "
    "CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS "
    "GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
    "LSL "
    "MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK "
    "PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG ";
static const char *const codes_3 = "BHD IQD JOD KWD LYD OMR TND ";
static const char *const codes_4 = "CLF UYW ";

enum { CODE_STEP = 4 }; /* three letters and a blank */

static int compare_code(const void *code, const void *listed)
{
    return memcmp(code, listed, CODE_STEP - 1);
}

static bool lists(const char *codes, const char *code)
{
    return bsearch(code, codes, strlen(codes) / CODE_STEP, CODE_STEP, compare_code) != NULL;
}

int currency_exponent(Currency currency)
{
    static const struct {
        const char *const *codes;
        int exponent;
    } table[] = {{&codes_2, 2}, {&codes_0, 0}, {&codes_3, 3}, {&codes_4, 4}};
    if (strlen(currency.code) != 3)
        return -1;
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        if (lists(*table[i].codes, currency.code))
            return table[i].exponent;
    }
    return -1;
}

bool currency_parse(const char *text, Currency *ret_currency, GError **error)
{
    Currency currency = {""};
    if (strlen(text) == 3)
        memcpy(currency.code, text, 3);
    if (currency_exponent(currency) < 0) {
        g_set_error(error, MONEY_ERROR, MONEY_ERROR_CURRENCY,
                    "currency \"%s\" is not an active ISO 4217 code; use three capital letters "
                    "such as USD or EUR",
                    text);
        return false;
    }
    *ret_currency = currency;
    return true;
}

int currency_compare(Currency a, Currency b)
{
    return strcmp(a.code, b.code);
}

bool money_add(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

bool money_subtract(int64_t a, int64_t b, int64_t *ret)
{
    int64_t difference = 0;
    if (__builtin_sub_overflow(a, b, &difference))
        return false;
    *ret = difference;
    return true;
}

__extension__ typedef __int128 Wide;

bool money_scale(int64_t a, int64_t numerator, int64_t denominator, int64_t *ret)
{
    if (denominator == 0)
        return false;
    Wide product = (Wide)a * numerator;
    Wide divisor = denominator;
    if (divisor < 0) {
        product = -product;
        divisor = -divisor;
    }
    bool negative = product < 0;
    Wide size = negative ? -product : product;
    Wide quotient = size / divisor;
    if (size % divisor >= divisor - size % divisor)
        quotient++;
    if (negative)
        quotient = -quotient;
    if (quotient > INT64_MAX || quotient < INT64_MIN)
        return false;
    *ret = (int64_t)quotient;
    return true;
}

/* What is being read of one number. digits counts those after the last thousands sign. */
typedef struct {
    const char *at;
    const char *wrong; /* why the text is no amount, NULL: it is one so far */
    uint64_t size;
    bool overflow;
} Reading;

static bool push_digit(Reading *r, int digit)
{
    if (__builtin_mul_overflow(r->size, 10u, &r->size) ||
        __builtin_add_overflow(r->size, (uint64_t)digit, &r->size))
        r->overflow = true;
    return !r->overflow;
}

/* Some programs group by a no-break space where others write a space. */
static size_t thousands_length(const char *at, char thousands)
{
    if (thousands == '\0')
        return 0;
    if (*at == thousands)
        return 1;
    if (thousands == ' ' && strncmp(at, "\u00a0", 2) == 0)
        return 2;
    if (thousands == ' ' && strncmp(at, "\u202f", 3) == 0)
        return 3;
    return 0;
}

static void read_whole(Reading *r, NumberFormat format)
{
    int digits = 0;
    bool grouped = false;
    for (;;) {
        if (g_ascii_isdigit(*r->at)) {
            push_digit(r, *r->at - '0');
            r->at++;
            digits++;
            continue;
        }
        size_t sign = thousands_length(r->at, format.thousands);
        if (sign == 0)
            break;
        if (digits == 0 || digits > 3 || (grouped && digits != 3)) {
            r->wrong = "the thousands signs do not stand between groups of three digits";
            return;
        }
        grouped = true;
        digits = 0;
        r->at += sign;
    }
    if (grouped && digits != 3)
        r->wrong = "the thousands signs do not stand between groups of three digits";
    else if (digits == 0)
        r->wrong = "a digit is missing";
}

static void read_decimals(Reading *r, NumberFormat format, int exponent)
{
    int places = 0;
    if (format.decimal != '\0' && *r->at == format.decimal) {
        r->at++;
        for (; g_ascii_isdigit(*r->at); r->at++, places++) {
            if (places < exponent)
                push_digit(r, *r->at - '0');
            else if (*r->at != '0') {
                r->wrong = "it has more decimals than the currency";
                return;
            }
        }
        if (places == 0)
            r->wrong = "a digit is missing after the decimal sign";
    }
    for (; places < exponent; places++)
        push_digit(r, 0);
}

static void skip_blanks(Reading *r)
{
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
}

static bool read_amount(Reading *r, NumberFormat format, int exponent)
{
    skip_blanks(r);
    bool parentheses = *r->at == '(';
    bool negative = parentheses || *r->at == '-';
    if (negative)
        r->at++;
    read_whole(r, format);
    if (r->wrong == NULL)
        read_decimals(r, format, exponent);
    if (r->wrong != NULL)
        return negative;
    if (parentheses && *r->at++ != ')') {
        r->wrong = "the closing parenthesis is missing";
        return negative;
    }
    skip_blanks(r);
    if (*r->at != '\0')
        r->wrong = "it goes on after the number";
    return negative;
}

static void set_syntax_error(const char *text, const char *wrong, Currency currency,
                             NumberFormat format, GError **error)
{
    static const char *const decimals[] = {"", "50", "500", "500", "5000"};
    int exponent = currency_exponent(currency);
    GString *sample = g_string_new("1");
    if (format.thousands != '\0')
        g_string_append_c(sample, format.thousands);
    g_string_append(sample, "234");
    if (format.decimal != '\0' && exponent > 0)
        g_string_append_printf(sample, "%c%s", format.decimal, decimals[exponent]);
    g_set_error(error, MONEY_ERROR, MONEY_ERROR_SYNTAX,
                "amount \"%s\": %s; expected %s such as %s; correct it, or the number format of "
                "this source",
                text, wrong, currency.code, sample->str);
    g_string_free(sample, TRUE);
}

bool money_parse(const char *text, Currency currency, NumberFormat format, int64_t *ret_minor,
                 GError **error)
{
    int exponent = currency_exponent(currency);
    if (exponent < 0) {
        g_set_error(error, MONEY_ERROR, MONEY_ERROR_CURRENCY,
                    "amount \"%s\": currency \"%s\" is not an active ISO 4217 code; use three "
                    "capital letters such as USD or EUR",
                    text, currency.code);
        return false;
    }
    Reading r = {.at = text};
    bool negative = read_amount(&r, format, exponent);
    if (r.wrong != NULL) {
        set_syntax_error(text, r.wrong, currency, format, error);
        return false;
    }
    if (r.overflow || r.size > (uint64_t)INT64_MAX) {
        g_set_error(error, MONEY_ERROR, MONEY_ERROR_RANGE,
                    "amount \"%s\": too large for %s; check for digits too many", text,
                    currency.code);
        return false;
    }
    *ret_minor = negative ? -(int64_t)r.size : (int64_t)r.size;
    return true;
}

static GString *write_decimal(Money money, const char *thousands)
{
    int exponent = MAX(currency_exponent(money.currency), 0);
    uint64_t size = money.minor < 0 ? -(uint64_t)money.minor : (uint64_t)money.minor;
    uint64_t unit = 1;
    for (int i = 0; i < exponent; i++)
        unit *= 10;
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%" G_GUINT64_FORMAT, size / unit);
    for (gssize at = (gssize)text->len - 3; at > 0; at -= 3)
        g_string_insert(text, at, thousands);
    if (exponent > 0)
        g_string_append_printf(text, ".%0*" G_GUINT64_FORMAT, exponent, size % unit);
    if (money.minor < 0)
        g_string_prepend_c(text, '-');
    return text;
}

char *money_to_decimal(Money money)
{
    return g_string_free(write_decimal(money, ""), FALSE);
}

char *money_to_text(Money money)
{
    GString *text = write_decimal(money, ",");
    g_string_prepend_c(text, ' ');
    g_string_prepend(text, money.currency.code);
    return g_string_free(text, FALSE);
}
