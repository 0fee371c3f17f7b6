/* "15.00 USD": how amounts are written in configuration and conditions. */
#ifndef DUNHUB_CONFIG_AMOUNT_H
#define DUNHUB_CONFIG_AMOUNT_H

#include "base/money.h"

/* Decimal with '.', no grouping, a blank, an ISO 4217 code. MONEY_ERROR otherwise. */
bool amount_parse(const char *text, Money *ret_money, GError **error);

#endif
