/* Decimal text to minor units by ISO 4217 exponent. The core has the full table with names; a plugin needs the codes. */
#include "dunhub/sdk.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Active codes of ISO 4217 by decimal places, each followed by one blank. */
static const char *const codes_by_exponent[] = {
    [0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
    [2] = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP "
          "BYN BZD CAD CDF CHE "
          "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
          "GMD GTQ GYD HKD HNL "
          "HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
          "MMK MNT MOP MRU MUR "
          "MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB "
          "SAR SBD SCR SDG SEK "
          "SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU "
          "UZS VED VES WST XCD "
          "XCG YER ZAR ZMW ZWG ",
    [3] = "BHD IQD JOD KWD LYD OMR TND ",
    [4] = "CLF UYW ",
};

int dunhub_currency_exponent(const char *code)
{
    /* Asked for every amount of a ledger: four bytes are compared at a time. */
    uint32_t wanted, row;
    if (strlen(code) != 3)
        return -1;
    const char padded[4] = {code[0], code[1], code[2], ' '};
    memcpy(&wanted, padded, sizeof wanted);
    for (size_t exponent = 0; exponent < sizeof codes_by_exponent / sizeof *codes_by_exponent;
         exponent++) {
        const char *codes = codes_by_exponent[exponent];
        for (; codes && *codes; codes += sizeof row) {
            memcpy(&row, codes, sizeof row);
            if (row == wanted)
                return (int)exponent;
        }
    }
    return -1;
}

/* The number without its sign: from..to. */
typedef struct {
    const char *from, *to;
    bool negative;
} Digits;

static Digits strip_sign(const char *text)
{
    Digits d = {text, text + strlen(text), false};
    while (d.from < d.to && isspace((unsigned char)*d.from))
        d.from++;
    while (d.to > d.from && isspace((unsigned char)d.to[-1]))
        d.to--;
    if (d.to - d.from >= 2 && *d.from == '(' && d.to[-1] == ')')
        return (Digits){d.from + 1, d.to - 1, true};
    if (d.from < d.to && (*d.from == '-' || *d.from == '+')) {
        d.negative = *d.from == '-';
        d.from++;
    } else if (d.from < d.to && d.to[-1] == '-') {
        d.negative = true;
        d.to--;
    }
    return d;
}

/* 1,234,567: one to three digits, then groups of three. */
static const char *whole_part(const char *from, const char *to, char thousands, int64_t *ret_value)
{
    int64_t value = 0;
    bool grouped = false;
    size_t in_group = 0;
    for (const char *p = from; p < to; p++) {
        if (thousands && *p == thousands) {
            if (grouped ? in_group != 3 : in_group < 1 || in_group > 3)
                return "the thousands sign does not group by three digits";
            grouped = true;
            in_group = 0;
            continue;
        }
        if (*p < '0' || *p > '9')
            return "there is something that is no digit, decimal or thousands sign";
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *p - '0', &value))
            return "it is too large";
        in_group++;
    }
    if (grouped && in_group != 3)
        return "the thousands sign does not group by three digits";
    *ret_value = value;
    return NULL;
}

static const char *fraction_part(const char *from, const char *to, int exponent, int64_t *io_value)
{
    int64_t value = *io_value;
    int places = 0;
    for (const char *p = from; p < to; p++) {
        if (*p < '0' || *p > '9')
            return "there is something that is no digit after the decimal sign";
        if (places == exponent) {
            if (*p != '0')
                return "it has more decimals than the currency";
            continue;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *p - '0', &value))
            return "it is too large";
        places++;
    }
    for (; places < exponent; places++)
        if (__builtin_mul_overflow(value, 10, &value))
            return "it is too large";
    *io_value = value;
    return NULL;
}

const char *dunhub_money_parse(const char *text, const char *currency, char decimal, char thousands,
                               int64_t *ret_minor)
{
    int exponent = dunhub_currency_exponent(currency);
    if (exponent < 0)
        return "its currency is no ISO 4217 code";
    Digits digits = strip_sign(text);
    if (digits.from == digits.to)
        return "it is empty";
    size_t length = (size_t)(digits.to - digits.from);
    const char *sign = decimal ? memchr(digits.from, decimal, length) : NULL;
    const char *whole_end = sign ? sign : digits.to;
    if (whole_end == digits.from && (!sign || sign + 1 == digits.to))
        return "there is no digit";
    int64_t value;
    const char *wrong = whole_part(digits.from, whole_end, thousands, &value);
    if (!wrong)
        wrong = fraction_part(sign ? sign + 1 : digits.to, digits.to, exponent, &value);
    if (wrong)
        return wrong;
    *ret_minor = digits.negative ? -value : value;
    return NULL;
}

char *dunhub_money_format(int64_t minor, const char *currency, char ret[32])
{
    int exponent = dunhub_currency_exponent(currency);
    uint64_t value = minor < 0 ? 0 - (uint64_t)minor : (uint64_t)minor;
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%05" PRIu64,
                     value); /* five: a digit before four decimals */
    int whole = n - (exponent > 0 ? exponent : 0), skip = 0;
    while (skip + 1 < whole && digits[skip] == '0')
        skip++;
    char *out = ret;
    if (minor < 0)
        *out++ = '-';
    for (int i = skip; i < n; i++) {
        if (i == whole)
            *out++ = '.';
        *out++ = digits[i];
    }
    *out = 0;
    return ret;
}
