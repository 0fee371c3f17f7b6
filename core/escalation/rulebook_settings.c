/* The section settings, and amounts as configuration writes them. */
#include "escalation/rulebook_load.h"

#include "config/amount.h"
#include <inttypes.h>
#include <string.h>

/* Settings, and what needs more than one key to be read. */
typedef struct {
    Settings settings;
    const Node *minimum, *minimum_cents, *late_fee, *late_fee_cents, *interest, *expected_cost,
        *send_window, *step_days;
} Source;

static const char *const basis_names[] = {"all_overdue", "past_allowed_days", NULL};
static const char *const once_names[] = {"cycle", "step", NULL};
static const char *const shift_names[] = {"hold", "recompute", NULL};

#define SETTING(member, TYPE)                                                                      \
    .name = #member, .type = KEY_##TYPE, .offset = offsetof(Source, settings.member)
#define SOURCE(member) .name = #member, .type = KEY_NODE, .offset = offsetof(Source, member)
#define DAYS .least = 0, .most = 3650

const Key settings_keys[] = {
    {SETTING(currency, CURRENCY), .default_text = "USD",
     .doc = "Currency of amounts that are written without one."},
    {SETTING(days_to_overdue, INT), DAYS, .default_text = "10",
     .doc = "Days from issue to overdue, where the ledger states no due date."},
    {SETTING(reminder_delay, INT), DAYS, .default_text = "5",
     .doc = "Days from issue to the reminder."},
    {SETTING(ledger_grace_days, INT), DAYS, .default_text = "0",
     .doc = "Days added to a due date stated by the ledger."},
    {SETTING(days_to_delinquent, INT), DAYS, .default_text = "5",
     .doc = "Days from overdue to delinquent."},
    {SETTING(pending_grace_days, INT), DAYS, .default_text = "5",
     .doc = "Days that a pending payment delays delinquency and cut-off."},
    {SETTING(max_grace_days, INT), DAYS, .default_text = "14",
     .doc = "Days of grace that may be granted in a cycle."},
    {SOURCE(minimum), .doc = "Overdue amount for each currency above which an account may become "
                             "delinquent: {USD: \"10.00\"}. "
                             "A currency without one is never dunned."},
    {SOURCE(minimum_cents), .doc = "The same in minor units: {USD: 1000}."},
    {SETTING(minimum_basis, CHOICE), .choices = basis_names, .default_text = "all_overdue",
     .doc = "What is compared with the minimum: all overdue invoices, or those past the allowed "
            "days."},
    {SETTING(first_step, NAME), .default_text = "new",
     .doc = "First step of the S2 module: new or suspended."},
    {SOURCE(step_days),
     .doc =
         "Days after which a step of the S2 module is due for a person: {new: 5, suspended: 10}."},
    {SETTING(auto_resolve, BOOL), .default_text = "true",
     .doc = "Leave delinquency by payment without a person."},
    {SETTING(auto_suspend, BOOL), .default_text = "false",
     .doc = "S2 module: suspend service on entering Suspended without a person."},
    {SETTING(auto_reactivate, BOOL), .default_text = "false",
     .doc = "S2 module: give service back on leaving."},
    {SETTING(prorate_suspension, BOOL), .default_text = "false",
     .doc = "Credit suspended days of the subscription."},
    {SETTING(pending_must_cover, BOOL), .default_text = "false",
     .doc = "Pending money delays delinquency only if it brings "
            "the sum down to the minimum."},
    {SETTING(no_cutoff_before_closed_day, BOOL), .default_text = "false",
     .doc = "No suspension on a closed day or the day before."},
    {SOURCE(late_fee),
     .doc = "S2 module: fee charged at entry, \"15.00 USD\" or a map as a step's fee; absent or "
            "null: none."},
    {SOURCE(late_fee_cents), .doc = "The same in minor units of the settings' currency."},
    {SOURCE(interest),
     .doc = "Interest on charges that are paid late: none (the default), or a map; booked as an "
            "invoice of its own."},
    {SETTING(fee_once_per, CHOICE), .choices = once_names, .default_text = "cycle",
     .doc = "How often fees are charged: at most one in a cycle, or each step's once in a cycle; "
            "the law caps their sum either way."},
    {SETTING(fee_on_manual_entry, BOOL), .default_text = "false",
     .doc = "Charge the late fee on a manual entry too."},
    {SETTING(act_on_test_accounts, BOOL), .default_text = "false",
     .doc = "Write to internal and test accounts and act on them as on any other; false: they are "
            "decided on, and what would go out is only recorded."},
    {SETTING(on_anchor_shift, CHOICE), .choices = shift_names, .default_text = "hold",
     .doc = "When the oldest invoice is paid: hold the step, or recompute it."},
    {SETTING(evaluate_at, MINUTE), .default_text = "00:05",
     .doc = "Local time of the daily evaluation."},
    {SETTING(send_at, MINUTE), .default_text = "09:00",
     .doc = "Local time at which the day's notices go."},
    {SOURCE(send_window),
     .doc = "First and last local time of sending; default [\"09:00\", \"18:00\"]."},
    {.name = "max_ledger_age",
     .type = KEY_DURATION,
     .offset = offsetof(Source, settings.max_ledger_age_ms),
     .least = INSTANT_MINUTE,
     .most = 30 * INSTANT_DAY,
     .default_text = "24h",
     .doc = "Notices and adverse actions wait when ledger data is older than this."},
    {.name = "max_clock_jump",
     .type = KEY_DURATION,
     .offset = offsetof(Source, settings.max_clock_jump_ms),
     .least = INSTANT_HOUR,
     .most = 365 * INSTANT_DAY,
     .default_text = "36h",
     .doc = "A forward jump of the clock above this stops the hub's acting."},
    {SETTING(approval_days, INT), DAYS, .default_text = "60",
     .doc = "Days that a legal approval is valid."},
    {SETTING(notice_days, INT), DAYS, .default_text = "0",
     .doc = "Days after a notice before a court step, as the contract says; those of the law count "
            "where they are more."},
    {SETTING(min_notice_days, INT), DAYS, .default_text = "1",
     .doc = "Days after a migration before the first move."},
    {SETTING(promises_per_cycle, INT), .least = 0, .most = 100, .default_text = "2",
     .doc = "Promises to pay accepted in one cycle."},
    {SETTING(plan_least, INT), .least = 1, .most = 120, .default_text = "2",
     .doc = "Fewest instalments of a payment plan."},
    {SETTING(plan_most, INT), .least = 1, .most = 120, .default_text = "6",
     .doc = "Most instalments of a payment plan."},
    {SETTING(expected_rate_permille, INT), .least = 0, .most = 1000,
     .doc = "Share of a placed balance that an agency is expected to recover, in thousandths; "
            "absent: not judged."},
    {SOURCE(expected_cost), .doc = "Cost of a placement, \"50.00 USD\": placed only if balance "
                                   "times rate is more; absent: not judged."},
    {.name = "expected_cost_cents",
     .type = KEY_AMOUNT,
     .offset = offsetof(Source, settings.expected_cost),
     .default_text = "null",
     .least = 0,
     .most = INT64_MAX,
     .doc = "The same in minor units."},
};
const size_t n_settings_keys = G_N_ELEMENTS(settings_keys);

/* Defaults stand in the table; what is no single value stands here. */
void settings_init(const Loader *loader, Settings *ret_settings)
{
    static const Node nothing = {.kind = NODE_MAP};
    Source source = {.settings = {.window_from = 9 * 60,
                                  .window_to = 18 * 60,
                                  .expected_rate_permille = AMOUNT_NONE}};
    bool good =
        tree_read(&nothing, settings_keys, n_settings_keys, loader->arena, loader->diags, &source);
    g_assert(good);
    *ret_settings = source.settings;
}

/* ---- amounts ---- */

static bool is_text(const Loader *loader, const Node *node, const char *what)
{
    if (node->kind == NODE_SCALAR)
        return true;
    diags_add(loader->diags, "C030", node->place, "'%s' must be %s, not %s",
              node->key ? node->key : "entry", what, node_kind_name(node->kind));
    return false;
}

bool amount_read(const Loader *loader, const Node *text, Currency currency, int64_t *ret_minor)
{
    Money money;
    g_autoptr(GError) error = NULL;
    if (!is_text(loader, text, "an amount such as \"15.00 USD\""))
        return false;
    if (!amount_parse(text->text, &money, &error)) {
        diags_add(loader->diags, "C032", text->place, "'%s': %s", text->key, error->message);
        return false;
    }
    if (!currency_equal(money.currency, currency)) {
        diags_add(loader->diags, "C038", text->place,
                  "'%s' must be in %s, the settings' currency, not in %s", text->key, currency.code,
                  money.currency.code);
        return false;
    }
    *ret_minor = money.minor;
    return true;
}

static bool minor_read(const Loader *loader, const Node *node, int64_t *ret_minor)
{
    Key key = {.name = node->key, .type = KEY_AMOUNT, .least = 0, .most = INT64_MAX};
    return tree_read_value(node, &key, loader->arena, loader->diags, ret_minor);
}

/* An entry of a map by currency. */
static bool limit_of_currency(const Loader *loader, const Node *entry, bool decimal,
                              Limit *ret_limit)
{
    g_autoptr(GError) error = NULL;
    Limit limit;
    if (!currency_parse(entry->key, &limit.currency, &error)) {
        diags_add(loader->diags, "C038", entry->key_place, "'%s' is no ISO 4217 currency code",
                  entry->key);
        return false;
    }
    if (!decimal) {
        if (!minor_read(loader, entry, &limit.minor))
            return false;
    } else if (!is_text(loader, entry, "an amount such as \"10.00\"")) {
        return false;
    } else if (!money_parse(entry->text, limit.currency, (NumberFormat){'.', 0}, &limit.minor,
                            &error)) {
        diags_add(loader->diags, "C032", entry->place, "'%s': %s", entry->key, error->message);
        return false;
    }
    if (limit.minor < 0) {
        diags_add(loader->diags, "C033", entry->place, "'%s' must be at least 0", entry->key);
        return false;
    }
    *ret_limit = limit;
    return true;
}

static bool single_limit(const Loader *loader, const Node *node, bool decimal, Currency currency,
                         Limit *ret_limit)
{
    g_autoptr(GError) error = NULL;
    Money money = {0, currency};
    if (!decimal) {
        if (!minor_read(loader, node, &money.minor))
            return false;
    } else if (!amount_parse(node->text, &money, &error)) {
        diags_add(loader->diags, "C032", node->place, "'%s': %s", node->key, error->message);
        return false;
    }
    *ret_limit = (Limit){money.currency, money.minor};
    return true;
}

bool limits_read(const Loader *loader, const Node *cents, const Node *text, Currency currency,
                 const Limit **ret_limits, size_t *ret_n)
{
    const Node *node = cents ? cents : text;
    if (cents && text) {
        diags_add(loader->diags, "C037", text->key_place, "'%s' and '%s' say the same; keep one",
                  text->key, cents->key);
        return false;
    }
    if (!node || node_is_null(node)) {
        *ret_n = 0;
        return true;
    }
    if (node->kind == NODE_LIST)
        return is_text(loader, node, "an amount, or a map of currencies to amounts");
    size_t n = node->kind == NODE_MAP ? node->n : 1, i = 0;
    Limit *limits = arena_new0(loader->arena, Limit, n);
    bool good = true;
    if (node->kind == NODE_SCALAR)
        good = single_limit(loader, node, node == text, currency, &limits[0]);
    else
        for (const Node *entry = node->first; entry; entry = entry->next)
            good = limit_of_currency(loader, entry, node == text, &limits[i++]) && good;
    *ret_limits = limits;
    *ret_n = n;
    return good;
}

/* ---- settings ---- */

static bool read_window(const Loader *loader, const Node *node, Settings *settings)
{
    static const Key key = {.name = "send_window", .type = KEY_MINUTE};
    if (node->kind != NODE_LIST || node->n != 2) {
        diags_add(loader->diags, "C030", node->place,
                  "'send_window' must be a list of two times such as [\"09:00\", \"18:00\"]");
        return false;
    }
    int from, to;
    if (!tree_read_value(node->first, &key, loader->arena, loader->diags, &from) ||
        !tree_read_value(node->first->next, &key, loader->arena, loader->diags, &to))
        return false;
    if (from >= to) {
        diags_add(loader->diags, "C033", node->place, "'send_window' must end after it begins");
        return false;
    }
    settings->window_from = from;
    settings->window_to = to;
    return true;
}

static bool read_step_days(const Loader *loader, const Node *node, Settings *settings)
{
    if (node->kind != NODE_MAP) {
        diags_add(loader->diags, "C030", node->place,
                  "'step_days' must be a map of steps to days, not %s", node_kind_name(node->kind));
        return false;
    }
    StepDays *days = arena_new0(loader->arena, StepDays, node->n);
    bool good = true;
    size_t i = 0;
    for (const Node *entry = node->first; entry; entry = entry->next, i++) {
        Key key = {.name = entry->key, .type = KEY_INT, DAYS};
        days[i].step = arena_strdup(loader->arena, entry->key);
        good = tree_read_value(entry, &key, loader->arena, loader->diags, &days[i].days) && good;
    }
    settings->step_days = days;
    settings->n_step_days = node->n;
    return good;
}

/* A single sum is in the settings' currency; others are named in a map. */
static bool read_late_fee(const Loader *loader, const Node *node, Settings *settings)
{
    int64_t minor;
    if (node->kind == NODE_SCALAR && !amount_read(loader, node, settings->currency, &minor))
        return false;
    return fee_read(loader, node, settings->currency, &settings->late_fee);
}

static bool both(const Loader *loader, const Node *map, const char *first, const char *second)
{
    const Node *a = node_get(map, first), *b = node_get(map, second);
    if (!a || !b || node_is_null(a) || node_is_null(b))
        return false;
    diags_add(loader->diags, "C037", a->key_place, "'%s' and '%s' say the same; keep one", first,
              second);
    return true;
}

bool settings_read(const Loader *loader, const Node *map, Settings *settings)
{
    Source source = {.settings = *settings};
    bool good =
        tree_read_over(map, settings_keys, n_settings_keys, loader->arena, loader->diags, &source);
    Settings *read = &source.settings;
    if (source.minimum || source.minimum_cents)
        good = limits_read(loader, source.minimum_cents, source.minimum, read->currency,
                           &read->minimums, &read->n_minimums) &&
               good;
    if (source.send_window)
        good = read_window(loader, source.send_window, read) && good;
    if (source.step_days)
        good = read_step_days(loader, source.step_days, read) && good;
    if (both(loader, map, "late_fee", "late_fee_cents") ||
        both(loader, map, "expected_cost", "expected_cost_cents"))
        return false;
    if ((node_get(map, "late_fee") && !source.late_fee) ||
        (node_get(map, "late_fee_cents") && !source.late_fee_cents))
        read->late_fee = NULL;
    if (source.interest)
        good = interest_read(loader, source.interest, &read->interest) && good;
    else if (node_get(map, "interest"))
        read->interest = (InterestRule){.kind = INTEREST_NONE};
    if (source.late_fee)
        good = read_late_fee(loader, source.late_fee, read) && good;
    if (source.late_fee_cents)
        good =
            fee_read_cents(loader, source.late_fee_cents, read->currency, &read->late_fee) && good;
    if (source.expected_cost)
        good =
            amount_read(loader, source.expected_cost, read->currency, &read->expected_cost) && good;
    if (good && read->plan_least > read->plan_most) {
        diags_add(loader->diags, "C033", map->place,
                  "'plan_least' %" PRId64 " is more than 'plan_most' %" PRId64, read->plan_least,
                  read->plan_most);
        good = false;
    }
    if (good)
        *settings = *read;
    return good;
}

const Limit *settings_minimum(const Settings *settings, Currency currency)
{
    for (size_t i = 0; i < settings->n_minimums; i++)
        if (currency_equal(settings->minimums[i].currency, currency))
            return &settings->minimums[i];
    return NULL;
}

/* ---- laid over ---- */

/* What a key sets: a single value lies where the table says, these are more than one. */
static const struct {
    const char *key;
    size_t offset, size;
} wide[] = {
#define SPAN(first, last)                                                                          \
    offsetof(Settings, first),                                                                     \
        offsetof(Settings, last) + sizeof(((Settings *)NULL)->last) - offsetof(Settings, first)
    {"send_window", SPAN(window_from, window_to)},         {"late_fee", SPAN(late_fee, late_fee)},
    {"late_fee_cents", SPAN(late_fee, late_fee)},          {"interest", SPAN(interest, interest)},
    {"expected_cost", SPAN(expected_cost, expected_cost)},
};

static size_t size_of(KeyType type)
{
    static const size_t sizes[] = {
        [KEY_NAME] = sizeof(const char *), [KEY_TEXT] = sizeof(const char *),
        [KEY_BOOL] = sizeof(bool),         [KEY_INT] = sizeof(int64_t),
        [KEY_MINUTE] = sizeof(int),        [KEY_CURRENCY] = sizeof(Currency),
        [KEY_DURATION] = sizeof(int64_t),  [KEY_CHOICE] = sizeof(int),
        [KEY_AMOUNT] = sizeof(int64_t),
    };
    return (size_t)type < G_N_ELEMENTS(sizes) ? sizes[type] : 0;
}

static bool is_limits(const char *key)
{
    return strcmp(key, "minimum") == 0 || strcmp(key, "minimum_cents") == 0;
}

static bool place_of(const char *name, size_t *ret_offset, size_t *ret_size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++)
        if (strcmp(wide[i].key, name) == 0) {
            *ret_offset = wide[i].offset;
            *ret_size = wide[i].size;
            return true;
        }
    for (size_t i = 0; i < n_settings_keys; i++) {
        const Key *key = &settings_keys[i];
        if (strcmp(key->name, name) != 0 || size_of(key->type) == 0)
            continue;
        *ret_offset = key->offset - offsetof(Source, settings);
        *ret_size = size_of(key->type);
        return true;
    }
    return false;
}

static void lay_limits(const Settings *from, Arena *arena, Settings *settings)
{
    Limit *limits = arena_new0(arena, Limit, from->n_minimums + settings->n_minimums);
    size_t n = 0;
    for (size_t i = 0; i < from->n_minimums; i++)
        limits[n++] = from->minimums[i];
    for (size_t i = 0; i < settings->n_minimums; i++)
        if (!settings_minimum(from, settings->minimums[i].currency))
            limits[n++] = settings->minimums[i];
    settings->minimums = limits;
    settings->n_minimums = n;
}

static void lay_step_days(const Settings *from, Arena *arena, Settings *settings)
{
    StepDays *days = arena_new0(arena, StepDays, from->n_step_days + settings->n_step_days);
    size_t n = 0;
    for (size_t i = 0; i < from->n_step_days; i++)
        days[n++] = from->step_days[i];
    for (size_t i = 0; i < settings->n_step_days; i++) {
        bool named = false;
        for (size_t k = 0; k < from->n_step_days; k++)
            named = named || strcmp(from->step_days[k].step, settings->step_days[i].step) == 0;
        if (!named)
            days[n++] = settings->step_days[i];
    }
    settings->step_days = days;
    settings->n_step_days = n;
}

void settings_lay_over(const Node *written, const Settings *from, Arena *arena, Settings *settings)
{
    size_t offset, size;
    for (const Node *entry = written->first; entry; entry = entry->next)
        if (is_limits(entry->key))
            lay_limits(from, arena, settings);
        else if (strcmp(entry->key, "step_days") == 0)
            lay_step_days(from, arena, settings);
        else if (place_of(entry->key, &offset, &size))
            memcpy((char *)settings + offset, (const char *)from + offset, size);
}

const char *settings_unlaid_key(void)
{
    size_t offset, size;
    for (size_t i = 0; i < n_settings_keys; i++) {
        const char *name = settings_keys[i].name;
        if (!is_limits(name) && strcmp(name, "step_days") != 0 && !place_of(name, &offset, &size))
            return name;
    }
    return NULL;
}
