#include "config/amount.h"

#include <string.h>

bool amount_parse(const char *text, Money *ret_money, GError **error)
{
    const char *blank = strrchr(text, ' ');
    if (!blank || blank == text) {
        g_set_error(error, MONEY_ERROR, MONEY_ERROR_SYNTAX,
                    "'%s' is not an amount and a currency such as 10.00 USD", text);
        return false;
    }
    Money money;
    g_autofree char *number = g_strndup(text, (gsize)(blank - text));
    if (!currency_parse(blank + 1, &money.currency, error) ||
        !money_parse(number, money.currency, (NumberFormat){'.', 0}, &money.minor, error))
        return false;
    *ret_money = money;
    return true;
}
