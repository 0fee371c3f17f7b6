#include "base/money.h"

#include <string.h>

__extension__ typedef __int128 Wide;

static const NumberFormat english = {'.', ','};
static const NumberFormat german = {',', '.'};
static const NumberFormat french = {',', ' '};
static const NumberFormat plain = {'.', '\0'};
static const NumberFormat whole = {'\0', '\0'};

static Currency currency_of(const char *code)
{
    Currency currency = {""};
    g_autoptr(GError) error = NULL;
    g_assert_true(currency_parse(code, &currency, &error));
    return currency;
}

static void test_currencies(void)
{
    static const struct {
        const char *code;
        int exponent;
    } rows[] = {
        {"USD", 2}, {"EUR", 2}, {"AED", 2}, {"ZWG", 2}, {"JPY", 0}, {"KRW", 0},
        {"CLP", 0}, {"XPF", 0}, {"BIF", 0}, {"KWD", 3}, {"BHD", 3}, {"TND", 3},
        {"CLF", 4}, {"UYW", 4}, {"ISK", 0}, {"HUF", 2}, {"TWD", 2}, {"UGX", 0},
        {"VND", 0}, {"XCG", 2}, {"MRU", 2}, {"SLE", 2}, {"IQD", 3}, {"UYI", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(currency_exponent(currency_of(rows[i].code)), ==, rows[i].exponent);
    static const char *const bad[] = {"",    "usd", "US",  "USDX", "ZZZ", "XTS",
                                      "XAU", "DEM", "US ", " US",  "AE ", "D A"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Currency currency = {"EUR"};
        g_autoptr(GError) error = NULL;
        g_assert_false(currency_parse(bad[i], &currency, &error));
        g_assert_error(error, MONEY_ERROR, MONEY_ERROR_CURRENCY);
        g_autofree char *quoted = g_strdup_printf("\"%s\"", bad[i]);
        g_assert_nonnull(strstr(error->message, quoted));
        g_assert_cmpstr(currency.code, ==, "EUR");
    }
    g_assert_cmpint(currency_exponent((Currency){""}), ==, -1);
    g_assert_true(currency_equal(currency_of("USD"), currency_of("USD")));
    g_assert_false(currency_equal(currency_of("USD"), currency_of("EUR")));
    g_assert_cmpint(currency_compare(currency_of("EUR"), currency_of("USD")), <, 0);
}

static void test_parse(void)
{
    static const struct {
        const char *text, *currency;
        const NumberFormat *format;
        int64_t minor;
    } rows[] = {
        {"1,234.50", "USD", &english, 123450},
        {"1234.5", "USD", &english, 123450},
        {"1234", "USD", &english, 123400},
        {" 1234.50 ", "USD", &english, 123450},
        {"-1,234.50", "USD", &english, -123450},
        {"(1,234.50)", "USD", &english, -123450},
        {"0", "USD", &english, 0},
        {"-0.00", "USD", &english, 0},
        {"0.07", "USD", &english, 7},
        {"1.234,50", "EUR", &german, 123450},
        {"1.234.567,89", "EUR", &german, 123456789},
        {"1.234", "EUR", &german, 123400},
        {"1 234,50", "EUR", &french, 123450},
        {"1\u00a0234,50", "EUR", &french, 123450},
        {"1\u202f234,50", "EUR", &french, 123450},
        {"1.234", "KWD", &plain, 1234},
        {"1.23", "KWD", &plain, 1230},
        {"0.0001", "CLF", &plain, 1},
        {"500", "JPY", &plain, 500},
        {"500.00", "JPY", &plain, 500},
        {"12.3000", "USD", &plain, 1230},
        {"500", "USD", &whole, 50000},
        {"92233720368547758.07", "USD", &plain, INT64_MAX},
        {"-92233720368547758.07", "USD", &plain, -INT64_MAX},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t minor = -1;
        g_autoptr(GError) error = NULL;
        bool taken = money_parse(rows[i].text, currency_of(rows[i].currency), *rows[i].format,
                                 &minor, &error);
        g_assert_no_error(error);
        g_assert_true(taken);
        g_assert_cmpint(minor, ==, rows[i].minor);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text, *currency;
        const NumberFormat *format;
        int code;
        const char *says; /* beside the text itself */
    } rows[] = {
        {"12,34.5", "USD", &english, MONEY_ERROR_SYNTAX, "expected USD such as 1,234.50"},
        {"1,2345", "USD", &english, MONEY_ERROR_SYNTAX, "groups of three"},
        {"1234,567", "USD", &english, MONEY_ERROR_SYNTAX, "groups of three"},
        {",123", "USD", &english, MONEY_ERROR_SYNTAX, "groups of three"},
        {"1,,234", "USD", &english, MONEY_ERROR_SYNTAX, "groups of three"},
        {"1,234,", "USD", &english, MONEY_ERROR_SYNTAX, "groups of three"},
        {"1.234,50", "USD", &english, MONEY_ERROR_SYNTAX, "more decimals"},
        {"1.234.50", "USD", &plain, MONEY_ERROR_SYNTAX, "more decimals"},
        {"1,234", "EUR", &german, MONEY_ERROR_SYNTAX, "expected EUR such as 1.234,50"},
        {"1,234", "USD", &plain, MONEY_ERROR_SYNTAX, "goes on after"},
        {"12.345", "USD", &english, MONEY_ERROR_SYNTAX, "more decimals"},
        {"12.5", "JPY", &english, MONEY_ERROR_SYNTAX, "expected JPY such as 1,234;"},
        {"12.", "USD", &english, MONEY_ERROR_SYNTAX, "after the decimal sign"},
        {".50", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"-", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"(", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"(5", "USD", &english, MONEY_ERROR_SYNTAX, "parenthesis"},
        {"5)", "USD", &english, MONEY_ERROR_SYNTAX, "goes on after"},
        {"(-5)", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"--5", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"+5", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"5-", "USD", &english, MONEY_ERROR_SYNTAX, "goes on after"},
        {"$5", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"5 USD", "USD", &english, MONEY_ERROR_SYNTAX, "goes on after"},
        {"1e3", "USD", &english, MONEY_ERROR_SYNTAX, "goes on after"},
        {"0x10", "USD", &english, MONEY_ERROR_SYNTAX, "goes on after"},
        {"NaN", "USD", &english, MONEY_ERROR_SYNTAX, "digit is missing"},
        {"1.5", "USD", &whole, MONEY_ERROR_SYNTAX, "expected USD such as 1234;"},
        {"92233720368547758.08", "USD", &plain, MONEY_ERROR_RANGE, "too large"},
        {"99999999999999999999999999", "USD", &plain, MONEY_ERROR_RANGE, "too large"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t minor = 77;
        g_autoptr(GError) error = NULL;
        g_assert_false(money_parse(rows[i].text, currency_of(rows[i].currency), *rows[i].format,
                                   &minor, &error));
        g_assert_error(error, MONEY_ERROR, rows[i].code);
        g_autofree char *quoted = g_strdup_printf("amount \"%s\"", rows[i].text);
        g_assert_nonnull(strstr(error->message, quoted));
        g_assert_nonnull(strstr(error->message, rows[i].says));
        g_assert_cmpint(minor, ==, 77);
    }
    g_autoptr(GError) error = NULL;
    int64_t minor = 0;
    g_assert_false(money_parse("5", (Currency){"ZZZ"}, english, &minor, &error));
    g_assert_error(error, MONEY_ERROR, MONEY_ERROR_CURRENCY);
}

static void test_write(void)
{
    static const struct {
        int64_t minor;
        const char *currency, *decimal, *text;
    } rows[] = {
        {123450, "USD", "1234.50", "USD 1,234.50"},
        {-123450, "USD", "-1234.50", "USD -1,234.50"},
        {0, "USD", "0.00", "USD 0.00"},
        {-7, "USD", "-0.07", "USD -0.07"},
        {500, "JPY", "500", "JPY 500"},
        {1234567, "JPY", "1234567", "JPY 1,234,567"},
        {1234567, "KWD", "1234.567", "KWD 1,234.567"},
        {1, "CLF", "0.0001", "CLF 0.0001"},
        {INT64_MIN, "USD", "-92233720368547758.08", "USD -92,233,720,368,547,758.08"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Money money = {rows[i].minor, currency_of(rows[i].currency)};
        g_autofree char *decimal = money_to_decimal(money);
        g_autofree char *text = money_to_text(money);
        g_assert_cmpstr(decimal, ==, rows[i].decimal);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

/* 64 bits, of which small numbers and the ends are as likely as the rest. */
static int64_t any_int64(GRand *random)
{
    uint64_t bits = ((uint64_t)g_rand_int(random) << 32) | g_rand_int(random);
    return (int64_t)bits >> g_rand_int_range(random, 0, 64);
}

static bool fits(Wide value)
{
    return value >= INT64_MIN && value <= INT64_MAX;
}

static void test_sums(void)
{
    GRand *random = g_rand_new_with_seed(4217);
    for (int i = 0; i < 50000; i++) {
        int64_t a = any_int64(random), b = any_int64(random), sum = 77, difference = 77;
        Wide exact_sum = (Wide)a + b, exact_difference = (Wide)a - b;
        g_assert_true(money_add(a, b, &sum) == fits(exact_sum));
        g_assert_true(sum == (fits(exact_sum) ? exact_sum : 77));
        g_assert_true(money_subtract(a, b, &difference) == fits(exact_difference));
        g_assert_true(difference == (fits(exact_difference) ? exact_difference : 77));
    }
    g_rand_free(random);
}

/* The result r of half up, away from zero: |2r·d - 2n| <= |d|, and a tie is away from zero. */
static void check_scale(int64_t a, int64_t numerator, int64_t denominator)
{
    int64_t result = 77;
    Wide product = (Wide)a * numerator;
    if (!money_scale(a, numerator, denominator, &result)) {
        g_assert_cmpint(result, ==, 77);
        Wide quotient = denominator == 0 ? 0 : product / denominator;
        g_assert_true(denominator == 0 || quotient >= INT64_MAX || quotient <= INT64_MIN);
        return;
    }
    Wide rest = product - (Wide)result * denominator;
    Wide size = rest < 0 ? -rest : rest;
    Wide half = denominator < 0 ? -(Wide)denominator : denominator;
    g_assert_true(size * 2 <= half);
    if (size * 2 == half) /* what is left over points towards zero: the result lies further out */
        g_assert_true(((rest < 0) != (denominator < 0)) == (result > 0));
}

static void test_scale(void)
{
    static const struct {
        int64_t a, numerator, denominator, result;
    } rows[] = {
        {100, 1, 3, 33},
        {200, 1, 3, 67},
        {5, 1, 2, 3},
        {-5, 1, 2, -3},
        {5, -1, 2, -3},
        {5, 1, -2, -3},
        {1, 1, 2, 1},
        {-1, 1, 2, -1},
        {49, 1, 100, 0},
        {50, 1, 100, 1},
        {10000, 150, 10000, 150},
        {INT64_MAX, 1, 1, INT64_MAX},
        {0, 5, 7, 0},
        {INT64_MIN, 1, 1, INT64_MIN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t result = 0;
        g_assert_true(money_scale(rows[i].a, rows[i].numerator, rows[i].denominator, &result));
        g_assert_cmpint(result, ==, rows[i].result);
    }
    int64_t untouched = 77;
    g_assert_false(money_scale(5, 1, 0, &untouched));
    g_assert_false(money_scale(INT64_MAX, 2, 1, &untouched));
    g_assert_cmpint(untouched, ==, 77);
    GRand *random = g_rand_new_with_seed(128);
    for (int i = 0; i < 50000; i++)
        check_scale(any_int64(random), any_int64(random), any_int64(random));
    g_rand_free(random);
}

static void test_round_trip(void)
{
    static const char *const codes[] = {"JPY", "USD", "KWD", "CLF"};
    GRand *random = g_rand_new_with_seed(31);
    for (int i = 0; i < 20000; i++) {
        Money money = {any_int64(random), currency_of(codes[i % 4])};
        if (money.minor == INT64_MIN)
            continue;
        g_autofree char *decimal = money_to_decimal(money);
        g_autofree char *text = money_to_text(money);
        int64_t from_decimal = 0, from_text = 0;
        g_assert_true(money_parse(decimal, money.currency, plain, &from_decimal, NULL));
        g_assert_true(money_parse(text + 4, money.currency, english, &from_text, NULL));
        g_assert_cmpint(from_decimal, ==, money.minor);
        g_assert_cmpint(from_text, ==, money.minor);
    }
    g_rand_free(random);
}

/* What is accepted has to be the number it would be without blanks, grouping and parentheses. */
static void check_accepted(const char *text, Currency currency, NumberFormat format, int64_t minor)
{
    GString *bare = g_string_new(NULL);
    for (const char *at = text; *at != '\0'; at++) {
        if (format.thousands == ' ' && (*at & 0x80) != 0)
            continue; /* a no-break space */
        if (*at == '(')
            g_string_append_c(bare, '-');
        else if (*at == format.decimal)
            g_string_append_c(bare, '.');
        else if (*at == '-' || g_ascii_isdigit(*at))
            g_string_append_c(bare, *at);
        else
            g_assert_true(*at == format.thousands || strchr(" \t)", *at) != NULL);
    }
    char *end = NULL;
    double value = g_ascii_strtod(bare->str, &end);
    g_assert_cmpint(*end, ==, '\0');
    for (int i = currency_exponent(currency); i > 0; i--)
        value *= 10;
    g_assert_cmpfloat(ABS(value - (double)minor), <, 0.5);
    g_string_free(bare, TRUE);
}

static void test_fuzz(void)
{
    static const char letters[] = "0123456789012345678900,,,...  -()+$eExX\t'\xc2\xa0_";
    static const NumberFormat *const formats[] = {&english, &german, &french, &plain, &whole};
    static const char *const codes[] = {"JPY", "USD", "KWD", "CLF"};
    GRand *random = g_rand_new_with_seed(99);
    int accepted = 0;
    for (int i = 0; i < 100000; i++) {
        char text[12] = "";
        int n = g_rand_int_range(random, 0, 9);
        for (int j = 0; j < n; j++)
            text[j] = letters[g_rand_int_range(random, 0, sizeof letters - 1)];
        Currency currency = currency_of(codes[i % 4]);
        NumberFormat format = *formats[g_rand_int_range(random, 0, G_N_ELEMENTS(formats))];
        int64_t minor = 0;
        g_autoptr(GError) error = NULL;
        if (money_parse(text, currency, format, &minor, &error)) {
            accepted++;
            g_assert_no_error(error);
            check_accepted(text, currency, format, minor);
        } else
            g_assert_nonnull(error);
    }
    g_assert_cmpint(accepted, >, 5000);
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/money/currencies", test_currencies);
    g_test_add_func("/money/parse", test_parse);
    g_test_add_func("/money/refused", test_refused);
    g_test_add_func("/money/write", test_write);
    g_test_add_func("/money/sums", test_sums);
    g_test_add_func("/money/scale", test_scale);
    g_test_add_func("/money/round-trip", test_round_trip);
    g_test_add_func("/money/fuzz", test_fuzz);
    return g_test_run();
}
