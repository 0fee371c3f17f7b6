/* Reading of interest rows: the margin, the reference rates by day, the sums beside the interest. */
#include <stdlib.h>
#include <string.h>

#include "compliance/rules_load.h"
#include "config/amount.h"

enum { PERCENT_MAX = 100 };

bool rule_read_percent(const char *text, int64_t *ret_hundredths)
{
    bool negative = *text == '-';
    const char *p = text + negative;
    int64_t whole = 0, part = 0;
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || digits > 3)
        return false;
    for (; g_ascii_isdigit(*p); p++)
        whole = whole * 10 + (*p - '0');
    if (*p == '.') {
        size_t n = strspn(++p, "0123456789");
        if (n == 0 || n > 2)
            return false;
        part = (p[0] - '0') * 10 + (n == 2 ? p[1] - '0' : 0);
        p += n;
    }
    if (*p != '\0' || whole > PERCENT_MAX)
        return false;
    *ret_hundredths = (negative ? -1 : 1) * (whole * 100 + part);
    return true;
}

static int by_day(const void *a, const void *b)
{
    Date x = ((const ReferenceRate *)a)->from, y = ((const ReferenceRate *)b)->from;
    return (x > y) - (x < y);
}

static bool read_rates(const Node *map, Arena *arena, Diags *diags, Rule *rule)
{
    if (map->kind != NODE_MAP || map->n == 0) {
        diags_add(diags, "C030", map->place, "'rates' must be a map of days to percents");
        return false;
    }
    ReferenceRate *rates = arena_new0(arena, ReferenceRate, map->n);
    size_t n = 0;
    for (const Node *node = map->first; node; node = node->next, n++) {
        if (!date_parse(node->key, &rates[n].from, NULL)) {
            diags_add(diags, "C032", node->key_place, "'%s' is no day such as 2026-01-01",
                      node->key);
            return false;
        }
        if (node->kind != NODE_SCALAR || !rule_read_percent(node->text, &rates[n].hundredths)) {
            diags_add(diags, "C032", node->place,
                      "the rate from %s must be a percent with at most two decimals", node->key);
            return false;
        }
    }
    qsort(rates, n, sizeof *rates, by_day);
    rule->rates = rates;
    rule->n_rates = n;
    return true;
}

static bool read_money(const Node *map, const char *key, Diags *diags, Currency *currency,
                       int64_t *ret_minor)
{
    const Node *node = node_get(map, key);
    Money money;
    if (!node || node->kind != NODE_SCALAR || !amount_parse(node->text, &money, NULL) ||
        (currency->code[0] && !currency_equal(*currency, money.currency))) {
        diags_add(diags, "C032", node ? node->place : map->place,
                  "'%s' must be an amount such as \"40.00 GBP\", of one currency in all", key);
        return false;
    }
    *currency = money.currency;
    *ret_minor = money.minor;
    return true;
}

static bool read_fixed_sums(const Node *list, Arena *arena, Diags *diags, Rule *rule)
{
    if (list->kind != NODE_LIST) {
        diags_add(diags, "C030", list->place, "'fixed_sums' must be a list");
        return false;
    }
    FixedSum *sums = arena_new0(arena, FixedSum, list->n);
    size_t n = 0;
    for (const Node *item = list->first; item; item = item->next, n++) {
        sums[n].below = INT64_MAX;
        if (item->kind != NODE_MAP ||
            (node_get(item, "below") &&
             !read_money(item, "below", diags, &rule->cap_currency, &sums[n].below)) ||
            !read_money(item, "sum", diags, &rule->cap_currency, &sums[n].sum))
            return false;
        if (n > 0 && sums[n].below <= sums[n - 1].below) {
            diags_add(diags, "C033", item->place, "'below' must rise from item to item");
            return false;
        }
    }
    rule->fixed_sums = sums;
    rule->n_fixed_sums = n;
    return true;
}

bool rule_read_interest(const RuleSource *source, const Node *map, Arena *arena, Diags *diags,
                        Rule *rule)
{
    if (!rule_read_percent(source->margin, &rule->margin)) {
        diags_add(diags, "C032", node_get(map, "margin")->place,
                  "'margin' must be a percent with at most two decimals");
        return false;
    }
    return read_rates(source->rates, arena, diags, rule) &&
           (!source->fixed_sums || read_fixed_sums(source->fixed_sums, arena, diags, rule));
}
