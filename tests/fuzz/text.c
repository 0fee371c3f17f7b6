/* Amounts, dates, instants, minutes, currencies and texts. What is read is written and read again
 * as the same; the plugins' reader of amounts and the hub's agree wherever both take a text. */
#include "base/text.h"

#include <string.h>

#include "base/date.h"
#include "base/money.h"
#include "dunhub/sdk.h"
#include "fuzz.h"

static void amounts(const char *text)
{
    static const NumberFormat formats[] = {
        {'.', ','}, {',', '.'}, {'.', 0}, {',', ' '}, {'.', '\''}};
    static const Currency currencies[] = {{"USD"}, {"JPY"}, {"KWD"}, {"CLF"}};
    for (size_t f = 0; f < G_N_ELEMENTS(formats); f++)
        for (size_t c = 0; c < G_N_ELEMENTS(currencies); c++) {
            int64_t minor = 0, again = 0, theirs = 0;
            bool good = money_parse(text, currencies[c], formats[f], &minor, NULL);
            const char *why = dunhub_money_parse(text, currencies[c].code, formats[f].decimal,
                                                 formats[f].thousands, &theirs);
            if (good && !why)
                g_assert_cmpint(minor, ==, theirs);
            if (!good)
                continue;
            g_autofree char *decimal = money_to_decimal((Money){minor, currencies[c]});
            g_assert_true(
                money_parse(decimal, currencies[c], (NumberFormat){'.', 0}, &again, NULL));
            g_assert_cmpint(minor, ==, again);
        }
}

static void dates(const char *text)
{
    static const char *const formats[] = {"%Y-%m-%d", "%m/%d/%y", "%d-%b-%Y", "%e.%m.%Y"};
    char written[32];
    Date date, again;
    if (date_parse(text, &date, NULL)) {
        g_assert_true(date_parse(date_format(date, written), &again, NULL));
        g_assert_cmpint(date, ==, again);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        int32_t theirs;
        if (date_parse_format(text, formats[i], &date, NULL)) {
            g_assert_true(date_parse(date_format(date, written), &again, NULL));
            g_assert_cmpint(date, ==, again);
        }
        dunhub_date_parse(text, formats[i], &theirs);
    }
    Instant instant, later;
    if (instant_parse(text, &instant, NULL)) {
        g_assert_true(instant_parse(instant_format(instant, written), &later, NULL));
        g_assert_cmpint(instant, ==, later);
    }
    int minute;
    if (minute_parse(text, &minute, NULL))
        g_assert_true(minute >= 0 && minute <= 1440);
}

static void lines(const char *text)
{
    g_autofree char *line = text_one_line(text, 80), *cell = text_cell(text);
    g_assert_cmpint(g_utf8_strlen(line, -1), <=, 81);
    g_assert_true(text_is_clean(line, strlen(line)) && !strpbrk(line, "\r\n"));
    if (cell[0] && strchr("=+-@\t\r", cell[0])) /* "-12.50" is a number */
        g_assert_true(cell[0] == '-' && g_ascii_isdigit(cell[1]) &&
                      !cell[1 + strspn(cell + 1, "0123456789.,")]);
    g_assert_cmpint(text_distance(text, text), >=, 0);
}

void fuzz_text(const uint8_t *bytes, size_t n)
{
    g_autofree char *text = g_strndup((const char *)bytes, n);
    Currency currency;
    if (currency_parse(text, &currency, NULL))
        g_assert_cmpint(currency_exponent(currency), >=, 0);
    amounts(text);
    dates(text);
    if (text_is_clean(text, strlen(text)))
        lines(text);
}
