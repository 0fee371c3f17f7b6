/* The setting interest: none, what the contract says, or what the law grants. */
#include "escalation/policy_load.h"

#include <string.h>

static const char *const kind_names[] = {"none", "contractual", "statutory", NULL};
static const char *const from_names[] = {"overdue", "due", NULL};
static const char *const year_names[] = {"365", "360", "actual", NULL};
static const char *const moment_names[] = {"step_entry", "month_end", "settlement", NULL};

typedef struct {
    InterestRule rule;
    const Node *book;
} Source;

#define AT(member) .offset = offsetof(Source, member)

const Key interest_keys[] = {
    {.name = "kind",
     .type = KEY_CHOICE,
     AT(rule.kind),
     .choices = kind_names,
     .default_text = "contractual",
     .doc = "none; contractual: basis_points a year; statutory: the rate and the fixed sums of the "
            "row of uk_interest or eu_interest that is about the account."},
    {.name = "basis_points",
     .type = KEY_INT,
     AT(rule.basis_points),
     .least = 1,
     .most = 100000,
     .doc = "Rate a year in hundredths of a per cent: 900 is 9 %; simple, never on interest or "
            "fees."},
    {.name = "day_count",
     .type = KEY_CHOICE,
     AT(rule.day_count),
     .choices = year_names,
     .default_text = "365",
     .doc = "Days of a year that the rate is divided by; actual: those of each day's own year."},
    {.name = "from",
     .type = KEY_CHOICE,
     AT(rule.from),
     .choices = from_names,
     .default_text = "overdue",
     .doc = "First day that bears interest: the first overdue day, or the day after the due date; "
            "statutory interest counts from the due date."},
    {.name = "book",
     .type = KEY_NODE,
     AT(book),
     .doc = "When it becomes an invoice: step_entry, month_end, settlement; default settlement."},
};
const size_t n_interest_keys = G_N_ELEMENTS(interest_keys);

static bool read_map(const Loader *loader, const Node *map, InterestRule *ret_rule)
{
    Source source = {0};
    if (!tree_read(map, interest_keys, n_interest_keys, loader->arena, loader->diags, &source))
        return false;
    InterestRule *rule = &source.rule;
    bool rated = rule->basis_points > 0;
    if (rated != (rule->kind == INTEREST_CONTRACTUAL)) {
        diags_add(loader->diags, rated ? "C037" : "C034", map->place,
                  rated ? "'basis_points' is the rate of a contract; interest of kind '%s' has none"
                        : "interest of kind '%s' needs 'basis_points'",
                  kind_names[rule->kind]);
        return false;
    }
    rule->book = BOOK_SETTLEMENT;
    if (source.book) {
        rule->book = 0;
        if (!read_words(loader, source.book, moment_names, "a moment of booking", &rule->book))
            return false;
    }
    *ret_rule = *rule;
    return true;
}

bool interest_read(const Loader *loader, const Node *node, InterestRule *ret_rule)
{
    if (node_is_null(node) || (node->kind == NODE_SCALAR && strcmp(node->text, "none") == 0)) {
        *ret_rule = (InterestRule){.kind = INTEREST_NONE};
        return true;
    }
    if (node->kind != NODE_MAP)
        return wrong_shape(loader, node, "none, or a map");
    return read_map(loader, node, ret_rule);
}
