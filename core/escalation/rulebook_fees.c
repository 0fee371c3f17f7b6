/* Fees as the configuration writes them: "15.00 USD", or a map with sums for each currency or a
 * share of what is overdue. */
#include "escalation/rulebook_load.h"

typedef struct {
    const Node *fixed, *fixed_cents, *least, *least_cents, *most, *most_cents;
    int64_t basis_points;
} Source;

#define AT(member) .offset = offsetof(Source, member)

const Key fee_keys[] = {
    {.name = "fixed",
     .type = KEY_NODE,
     AT(fixed),
     .doc = "A sum: \"15.00 USD\", or one for each currency: {USD: \"15.00\", EUR: \"12.00\"}; in "
            "other currencies there is no fee."},
    {.name = "fixed_cents", .type = KEY_NODE, AT(fixed_cents), .doc = "The same in minor units."},
    {.name = "basis_points",
     .type = KEY_INT,
     AT(basis_points),
     .least = 1,
     .most = 10000,
     .doc = "A share of what is overdue without fees and interest, in hundredths of a per cent: "
            "500 is 5 %; rounded half up."},
    {.name = "least",
     .type = KEY_NODE,
     AT(least),
     .doc = "Least fee where it is a share, as fixed is written."},
    {.name = "least_cents", .type = KEY_NODE, AT(least_cents), .doc = "The same in minor units."},
    {.name = "most",
     .type = KEY_NODE,
     AT(most),
     .doc = "Greatest fee where it is a share; the law may allow less."},
    {.name = "most_cents", .type = KEY_NODE, AT(most_cents), .doc = "The same in minor units."},
};
const size_t n_fee_keys = G_N_ELEMENTS(fee_keys);

static const Limit *find_limit(const Limit *limits, size_t n, Currency currency)
{
    for (size_t i = 0; i < n; i++)
        if (currency_equal(limits[i].currency, currency))
            return &limits[i];
    return NULL;
}

/* In every currency that names both, the least is not above the most. */
static bool bounds_in_order(const Loader *loader, const Node *map, const FeeRule *fee)
{
    for (size_t i = 0; i < fee->n_least; i++) {
        const Limit *most = find_limit(fee->most, fee->n_most, fee->least[i].currency);
        if (!most || fee->least[i].minor <= most->minor)
            continue;
        diags_add(loader->diags, "C033", map->place, "'least' is above 'most' in %s",
                  most->currency.code);
        return false;
    }
    return true;
}

static bool one_kind(const Loader *loader, const Node *map, const FeeRule *fee)
{
    bool share = fee->basis_points > 0, fixed = fee->n_fixed > 0;
    bool bounded = fee->n_least > 0 || fee->n_most > 0;
    if (share != fixed && (share || !bounded))
        return true;
    if (share || fixed)
        diags_add(loader->diags, "C037", map->place,
                  share ? "'fixed' and 'basis_points' exclude each other; keep one"
                        : "'least' and 'most' bound a share; they need 'basis_points'");
    else
        diags_add(loader->diags, "C034", map->place,
                  "a fee needs 'fixed' or 'basis_points'; null: none");
    return false;
}

static bool read_map(const Loader *loader, const Node *map, Currency currency, FeeRule *fee)
{
    Source source = {0};
    if (!tree_read(map, fee_keys, n_fee_keys, loader->arena, loader->diags, &source))
        return false;
    fee->basis_points = source.basis_points;
    bool good =
        limits_read(loader, source.fixed_cents, source.fixed, currency, &fee->fixed, &fee->n_fixed);
    good = limits_read(loader, source.least_cents, source.least, currency, &fee->least,
                       &fee->n_least) &&
           good;
    good =
        limits_read(loader, source.most_cents, source.most, currency, &fee->most, &fee->n_most) &&
        good;
    return good && one_kind(loader, map, fee) && bounds_in_order(loader, map, fee);
}

bool fee_read(const Loader *loader, const Node *node, Currency currency, const FeeRule **ret_fee)
{
    if (node_is_null(node)) {
        *ret_fee = NULL;
        return true;
    }
    FeeRule *fee = arena_new0(loader->arena, FeeRule, 1);
    bool good = node->kind == NODE_MAP
                    ? read_map(loader, node, currency, fee)
                    : limits_read(loader, NULL, node, currency, &fee->fixed, &fee->n_fixed);
    if (good)
        *ret_fee = fee;
    return good;
}

bool fee_read_cents(const Loader *loader, const Node *node, Currency currency,
                    const FeeRule **ret_fee)
{
    FeeRule *fee = arena_new0(loader->arena, FeeRule, 1);
    if (!limits_read(loader, node, NULL, currency, &fee->fixed, &fee->n_fixed))
        return false;
    *ret_fee = fee->n_fixed > 0 ? fee : NULL;
    return true;
}

bool fee_amount(const FeeRule *fee, Currency currency, int64_t overdue, int64_t *ret_amount)
{
    if (!fee)
        return false;
    if (fee->basis_points == 0) {
        const Limit *fixed = find_limit(fee->fixed, fee->n_fixed, currency);
        if (!fixed || fixed->minor <= 0)
            return false;
        *ret_amount = fixed->minor;
        return true;
    }
    int64_t amount;
    if (!money_scale(overdue, fee->basis_points, 10000, &amount))
        return false;
    const Limit *least = find_limit(fee->least, fee->n_least, currency);
    const Limit *most = find_limit(fee->most, fee->n_most, currency);
    if (least)
        amount = MAX(amount, least->minor);
    if (most)
        amount = MIN(amount, most->minor);
    *ret_amount = amount;
    return amount > 0;
}
