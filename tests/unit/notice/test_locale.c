/* Amounts and dates as people of a language write them, and the segments of text messages. */
#include "notice/locale.h"

#include <string.h>

#include "notice/notice.h"

#define NBSP "\u00a0"

static void test_amounts(void)
{
    static const struct {
        const char *language, *currency;
        int64_t minor;
        const char *text;
    } rows[] = {
        {"en-US", "USD", 123450, "$1,234.50"},
        {"en-US", "EUR", 123450, "€1,234.50"},
        {"en-US", "CAD", 123450, "CAD" NBSP "1,234.50"},
        {"en-US", "USD", -5, "-$0.05"},
        {"en-GB", "GBP", 99, "£0.99"},
        {"en-GB", "USD", 100000000, "USD" NBSP "1,000,000.00"},
        {"en", "USD", 123450, "USD" NBSP "1,234.50"},
        {"en", "GBP", 123450, "GBP" NBSP "1,234.50"},
        {"en-ZA", "USD", 123450, "USD" NBSP "1,234.50"},
        {"de", "EUR", 123450, "1.234,50" NBSP "€"},
        {"de-LU", "USD", 123450, "1.234,50" NBSP "USD"},
        {"de-AT", "EUR", 123450, "€" NBSP "1" NBSP "234,50"},
        {"de-CH", "CHF", 123450, "CHF" NBSP "1’234.50"},
        {"fr", "EUR", 123456789, "1\u202f234\u202f567,89" NBSP "€"},
        {"fr-CA", "CAD", 123450, "1" NBSP "234,50" NBSP "$"},
        {"es", "EUR", 123450, "1234,50" NBSP "€"},
        {"es", "EUR", 1234500, "12.345,00" NBSP "€"},
        {"es-MX", "MXN", 123450, "$1,234.50"},
        {"nl", "EUR", 123450, "€" NBSP "1.234,50"},
        {"it", "EUR", 123450, "1.234,50" NBSP "€"},
        {"pl", "PLN", 123450, "1234,50" NBSP "zł"},
        {"ar", "USD", 123450, "1,234.50" NBSP "USD"},
        {"hi", "INR", 12345678900, "₹12,34,56,789.00"},
        {"hi", "INR", 12345, "₹123.45"},
        {"ja", "JPY", 123456, "¥123,456"},
        {"ja", "CNY", 123450, "CNY" NBSP "1,234.50"},
        {"zh", "CNY", 123450, "¥1,234.50"},
        {"zh", "JPY", 1234, "JPY" NBSP "1,234"},
        {"de", "KWD", 1234567, "1.234,567" NBSP "KWD"},
        {"sv", "SEK", 123450, "SEK 1,234.50"},
        {"den", "EUR", 123450, "EUR 1,234.50"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Money money = {rows[i].minor, {""}};
        g_assert_true(currency_parse(rows[i].currency, &money.currency, NULL));
        g_autofree char *text = locale_amount(rows[i].language, money);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

static void test_dates(void)
{
    static const struct {
        const char *language, *text;
    } rows[] = {
        {"en", "1 July 2026"},           {"en-US", "July 1, 2026"},  {"en-GB", "1 July 2026"},
        {"de", "1. Juli 2026"},          {"fr", "1er juillet 2026"}, {"es", "1 de julio de 2026"},
        {"pt-BR", "1 de julho de 2026"}, {"nl", "1 juli 2026"},      {"it", "1 luglio 2026"},
        {"pl", "1 lipca 2026"},          {"ru", "1 июля 2026 г."},   {"ar", "1 يوليو 2026"},
        {"he", "1 ביולי 2026"},          {"hi", "1 जुलाई 2026"},      {"ja", "2026年7月1日"},
        {"zh-TW", "2026年7月1日"},       {"sv", "2026-07-01"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = locale_date(rows[i].language, date_from_ymd(2026, 7, 1));
        g_assert_cmpstr(text, ==, rows[i].text);
    }
    g_autofree char *january = locale_date("de-AT", date_from_ymd(2026, 1, 31));
    g_assert_cmpstr(january, ==, "31. Jänner 2026");
    g_autofree char *later = locale_date("fr", date_from_ymd(2026, 8, 2));
    g_assert_cmpstr(later, ==, "2 août 2026");
    for (const char *const *tag = locale_tags(); *tag != NULL;
         tag++) { /* every row knows its months */
        for (int month = 1; month <= 12; month++) {
            g_autofree char *text = locale_date(*tag, date_from_ymd(2026, month, 2));
            g_assert_nonnull(strstr(text, "2026"));
        }
        g_assert_nonnull(strstr(locale_word(*tag, WORD_PAGE), "%1"));
        g_assert_nonnull(strstr(locale_word(*tag, WORD_PAGE), "%2"));
    }
}

static char *repeated(const char *what, size_t n)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        g_string_append(text, what);
    return g_string_free(text, FALSE);
}

static void test_segments(void)
{
    static const struct {
        const char *what;
        size_t n;
        bool ucs2;
        int64_t segments;
    } rows[] = {
        {"a", 0, false, 0},   {"a", 160, false, 1}, {"a", 161, false, 2}, {"a", 306, false, 2},
        {"a", 307, false, 3}, {"é", 160, false, 1}, {"€", 80, false, 1},  {"€", 81, false, 2},
        {"€", 152, false, 2}, {"€", 153, false, 3}, {"ñ", 160, false, 1}, {"á", 70, true, 1},
        {"á", 71, true, 2},   {"中", 134, true, 2}, {"中", 135, true, 3}, {"😀", 35, true, 1},
        {"😀", 36, true, 2},   {"😀", 66, true, 2},   {"😀", 67, true, 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = repeated(rows[i].what, rows[i].n);
        SmsSize size = sms_size(text);
        g_assert_cmpint(size.ucs2, ==, rows[i].ucs2);
        g_assert_cmpint(size.segments, ==, rows[i].segments);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/locale/amounts", test_amounts);
    g_test_add_func("/locale/dates", test_dates);
    g_test_add_func("/sms/segments", test_segments);
    return g_test_run();
}
