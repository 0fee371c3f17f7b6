/* Money: int64 minor units and an ISO 4217 code. No floats anywhere (domain.md §2). */
#ifndef DUNHUB_BASE_MONEY_H
#define DUNHUB_BASE_MONEY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Upper-case ISO 4217 alphabetic code, NUL-terminated and NUL-padded; "" means none. Compare with currency_equal. */
typedef struct {
    char code[4];
} Currency;

typedef struct {
    int64_t minor;
    Currency currency;
} Money;

typedef enum { MONEY_ERROR_SYNTAX, MONEY_ERROR_CURRENCY, MONEY_ERROR_RANGE } MoneyError;
GQuark money_error_quark(void);
#define MONEY_ERROR money_error_quark()

/* Knows every active ISO 4217 code that has a minor unit (metals, XDR, XTS have none: nobody is billed in them).
 * False and *error (names the word) for anything else. */
bool currency_parse(const char *text, Currency *ret_currency, GError **error);
/* 0, 2, 3 or 4 decimal places; -1 for a code ISO does not list. */
int currency_exponent(Currency currency);
static inline bool currency_equal(Currency a, Currency b)
{
    return memcmp(a.code, b.code, sizeof a.code) == 0;
}
int currency_compare(Currency a, Currency b); /* by code, for sorting */

/* Checked arithmetic on minor units: false (ret untouched) on overflow. */
bool money_add(int64_t a, int64_t b, int64_t *ret);
bool money_subtract(int64_t a, int64_t b, int64_t *ret);
/* a * numerator / denominator, rounded half up (away from zero for negatives) once; 128 bits between. False (ret
 * untouched) on overflow or a denominator of 0. */
bool money_scale(int64_t a, int64_t numerator, int64_t denominator, int64_t *ret);

/* Writing of decimal numbers in a file: '.' or ',' or 0 for "no such sign". */
typedef struct {
    char decimal;
    char thousands;
} NumberFormat;
/* "1,234.50" with {'.', ','} -> 123450 for USD. Refuses digits after the exponent's places unless they are 0, and
 * thousands signs that do not group by three. Leading '-' or parentheses mean negative; ' ' as thousands sign also
 * takes no-break spaces. */
bool money_parse(const char *text, Currency currency, NumberFormat format, int64_t *ret_minor,
                 GError **error);
/* "1234.50": plain, '.' and no grouping, the currency's own number of decimals. Caller frees. */
char *money_to_decimal(Money money);
/* "USD 1,234.50": for people, locale independent. Caller frees. */
char *money_to_text(Money money);

#endif
