/* The section costs: what acting costs, for the figures of `simulate` and `metrics`. */
#include "hub/configuration_load.h"

#include "config/amount.h"

#include <string.h>

typedef struct {
    const Node *deliveries;
    const char *agency, *staff_minute;
    int64_t agency_permille, task_minutes;
} Source;

const Key costs_keys[] = {
    {.name = "deliveries_per_1000",
     .type = KEY_NODE,
     .offset = offsetof(Source, deliveries),
     .doc = "Price of 1,000 deliveries by each channel, postage included: {email: \"1.00 USD\", "
            "letter: \"1100.00 USD\"}."},
    {.name = "agency",
     .type = KEY_TEXT,
     .offset = offsetof(Source, agency),
     .doc = "Price of one hand-over to an agency: \"15.00 USD\"."},
    {.name = "agency_permille",
     .type = KEY_INT,
     .offset = offsetof(Source, agency_permille),
     .least = 0,
     .most = 1000,
     .default_text = "0",
     .doc = "What the agency keeps of cash that comes after the hand-over, in parts of 1,000."},
    {.name = "staff_minute",
     .type = KEY_TEXT,
     .offset = offsetof(Source, staff_minute),
     .doc = "Price of a minute of staff: \"0.70 USD\"."},
    {.name = "task_minutes",
     .type = KEY_INT,
     .offset = offsetof(Source, task_minutes),
     .least = 0,
     .most = 10000,
     .default_text = "10",
     .doc = "Minutes that a task, a ticket or an account that needs a person takes."},
};
const size_t n_costs_keys = G_N_ELEMENTS(costs_keys);

/* All prices are of one currency, so that they can be added. */
static bool read_price(const Loading *loading, const char *name, const char *text, DiagPlace place,
                       Costs *costs, int64_t *ret_minor)
{
    g_autoptr(GError) error = NULL;
    Money money;
    if (!text)
        return true;
    if (!amount_parse(text, &money, &error) || money.minor < 0) {
        diags_add(loading->diags, "C032", place, "'%s': %s", name,
                  error ? error->message : "a price is not negative");
        return false;
    }
    if (costs->currency.code[0] && !currency_equal(costs->currency, money.currency)) {
        diags_add(loading->diags, "C032", place,
                  "'%s' is in %s and another price in %s: write all costs in one currency", name,
                  money.currency.code, costs->currency.code);
        return false;
    }
    costs->currency = money.currency;
    *ret_minor = money.minor;
    return true;
}

static bool read_deliveries(const Loading *loading, const Node *map, Costs *costs)
{
    if (map->kind != NODE_MAP) {
        diags_add(loading->diags, "C030", map->place,
                  "'%s' must be a map of channels to prices, not %s", map->key,
                  node_kind_name(map->kind));
        return false;
    }
    DeliveryCost *rows = arena_new0(loading->arena, DeliveryCost, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry; entry = entry->next, n++) {
        rows[n].channel = arena_strdup(loading->arena, entry->key);
        bool is_text = entry->kind == NODE_SCALAR;
        if (!is_text)
            diags_add(loading->diags, "C032", entry->place, "'%s': a price such as \"1.00 USD\"",
                      entry->key);
        good = is_text &&
               read_price(loading, entry->key, entry->text, entry->place, costs,
                          &rows[n].minor_per_1000) &&
               good;
    }
    costs->deliveries = rows;
    costs->n_deliveries = n;
    return good;
}

bool costs_load(Loading *loading, const Node *map)
{
    static const Node nothing = {.kind = NODE_MAP};
    Source source = {0};
    Costs *costs = &loading->configuration->costs;
    if (!map || node_is_null(map))
        map = &nothing;
    bool good = tree_read(map, costs_keys, n_costs_keys, loading->arena, loading->diags, &source);
    costs->agency_permille = source.agency_permille;
    costs->task_minutes = source.task_minutes;
    if (source.deliveries)
        good = read_deliveries(loading, source.deliveries, costs) && good;
    return read_price(loading, "agency", source.agency, map->place, costs, &costs->agency) &&
           read_price(loading, "staff_minute", source.staff_minute, map->place, costs,
                      &costs->staff_minute) &&
           good;
}
