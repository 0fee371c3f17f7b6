/* Reading the rows of `rules:`. */
#include "compliance/rules_load.h"

#include <string.h>

#include "compliance/fair.h"
#include "config/amount.h"

static const char *const subject_words[] = {
    "consumer",    "company",     "tenant",  "subscriber", "business",
    "sole_trader", "third_party", "covered", "subsidised", NULL};
static const char *const skip_words[] = {"saturday", "sunday", "holiday", NULL};

/* ---- a row ----------------------------------------------------------------------------------- */

static bool read_words(const char *const *given, const char *const *words, const Node *node,
                       const char *what, Diags *diags, unsigned *ret_bits)
{
    bool good = true;
    for (; given && *given; given++) {
        size_t i = 0;
        while (words[i] && strcmp(words[i], *given) != 0)
            i++;
        if (words[i]) {
            *ret_bits |= 1U << i;
            continue;
        }
        g_autofree char *all = g_strjoinv(", ", (char **)words);
        diags_add(diags, "C036", node->place, "'%s' may name %s, not '%s'", what, all, *given);
        good = false;
    }
    return good;
}

static bool read_window(const Node *list, Arena *arena, Diags *diags, int *ret_from, int *ret_to)
{
    static const Key minute = {.name = "window", .type = KEY_MINUTE};
    if (list->kind != NODE_LIST || list->n != 2) {
        diags_add(diags, "C030", list->place, "'%s' must be a list of two times of day", list->key);
        return false;
    }
    if (!tree_read_value(list->first, &minute, arena, diags, ret_from) ||
        !tree_read_value(list->first->next, &minute, arena, diags, ret_to))
        return false;
    if (*ret_from < *ret_to)
        return true;
    diags_add(diags, "C033", list->place, "'%s' must begin before it ends", list->key);
    return false;
}

static bool read_first_day(const RuleSource *source, const Node *map, Diags *diags, Rule *rule)
{
    static const char *const names[] = {"after_days", "from_day", "after_business_days"};
    int given = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        given += node_get(map, names[i]) ? 1 : 0;
    if (given > 1) {
        diags_add(
            diags, "C037", map->place,
            "'after_days', 'from_day' and 'after_business_days' exclude each other; keep one");
        return false;
    }
    rule->first_day = source->from_day > 0 ? source->from_day : source->after_days + 1;
    return true;
}

static bool read_sum(const char *text, const Node *map, const char *key, Diags *diags,
                     int64_t *ret_minor, Currency *ret_currency)
{
    if (!text)
        return true;
    Money money;
    g_autoptr(GError) error = NULL;
    if (!amount_parse(text, &money, &error) || money.minor < 0) {
        diags_add(diags, "C032", node_get(map, key)->place,
                  "'%s' must be an amount such as \"50.00 USD\"%s%s", key, error ? ": " : "",
                  error ? error->message : "");
        return false;
    }
    if (ret_currency->code[0] && !currency_equal(*ret_currency, money.currency)) {
        diags_add(diags, "C038", node_get(map, key)->place, "'%s' is in another currency", key);
        return false;
    }
    *ret_minor = money.minor;
    *ret_currency = money.currency;
    return true;
}

static bool read_cap(const RuleSource *source, const Node *map, Diags *diags, Rule *rule)
{
    return read_sum(source->cap_fixed, map, "cap_fixed", diags, &rule->cap_fixed,
                    &rule->cap_currency) &&
           read_sum(source->cap_above, map, "cap_above", diags, &rule->cap_above,
                    &rule->cap_currency);
}

static bool read_gate(const Node *map, Arena *arena, Diags *diags, int *ret_gate)
{
    const Node *gate = node_get(map, "gate");
    if (gate)
        return tree_read_value(gate, &rule_row_keys[0], arena, diags, ret_gate);
    diags_add(diags, "C034", map->place, "the rule '%s' says no 'gate'", map->key);
    return false;
}

static bool dates_in_order(const Node *map, const Rule *rule, Diags *diags)
{
    if (rule->effective_from == DATE_NONE || rule->effective_to == DATE_NONE ||
        rule->effective_from <= rule->effective_to)
        return true;
    diags_add(diags, "C033", node_get(map, "effective_to")->place,
              "'effective_to' lies before 'effective_from'");
    return false;
}

static bool tags_are_fair(const Rule *rule, const Node *map, Diags *diags)
{
    bool good = !rule->tag || fair_check(rule->tag, map->place, diags);
    for (const char *const *tag = rule->not_tags; tag && *tag; tag++)
        good = fair_check(*tag, map->place, diags) && good;
    return good;
}

static bool read_parameters(const RuleSource *source, const Node *map, Arena *arena, Diags *diags,
                            Rule *rule)
{
    switch (rule->gate) {
    case RULE_ON_CONTACT:
        if (!read_window(source->sunday_window, arena, diags, &rule->sunday_from, &rule->sunday_to))
            return false;
        /* fall through */
    case RULE_CONTACT_WINDOW:
        return read_window(source->window, arena, diags, &rule->window_from, &rule->window_to);
    case RULE_LATE_FEE:
        return read_first_day(source, map, diags, rule) && read_cap(source, map, diags, rule);
    case RULE_PAY_OR_QUIT:
    case RULE_COVERED_30D:
        return read_words(source->skip, skip_words, map, "skip", diags, &rule->skips);
    case RULE_MILITARY:
        return read_sum(source->cap_fixed, map, "rent_limit", diags, &rule->cap_fixed,
                        &rule->cap_currency);
    case RULE_CA_INTERNET:
        return read_sum(source->least, map, "least", diags, &rule->least, &rule->cap_currency);
    case RULE_EU_INTEREST:
        rule->resets = true;
        /* fall through */
    case RULE_UK_INTEREST:
        return rule_read_interest(source, map, arena, diags, rule);
    default:
        return true;
    }
}

static bool read_rule(const Node *map, Arena *arena, Diags *diags, Rule *ret_rule)
{
    int gate = -1;
    if (map->kind != NODE_MAP) {
        diags_add(diags, "C030", map->place, "the rule '%s' must be a map, not %s", map->key,
                  node_kind_name(map->kind));
        return false;
    }
    if (!read_gate(map, arena, diags, &gate))
        return false;
    Key keys[RULE_KEYS_MAX];
    const RuleSection *own = &rule_sections[gate + 1];
    g_assert(n_rule_row_keys + own->n_keys <= RULE_KEYS_MAX);
    memcpy(keys, rule_row_keys, n_rule_row_keys * sizeof *keys);
    for (size_t i = 0; i < own->n_keys; i++)
        keys[n_rule_row_keys + i] = own->keys[i];
    RuleSource source = {.rule = {.effective_from = DATE_NONE,
                                  .effective_to = DATE_NONE,
                                  .reviewed_on = DATE_NONE,
                                  .cap_fixed = AMOUNT_NONE,
                                  .form_first_late = -1}};
    if (!tree_read(map, keys, n_rule_row_keys + own->n_keys, arena, diags, &source))
        return false;
    Rule *rule = &source.rule;
    rule->id = map->key;
    rule->place = map->key_place;
    rule->jurisdiction = strcmp(source.jurisdiction, "any") == 0 ? NULL : source.jurisdiction;
    bool good =
        read_words(source.applies_to, subject_words, map, "applies_to", diags, &rule->applies_to);
    good = read_words(source.only, subject_words, map, "only", diags, &rule->only) && good;
    good = tags_are_fair(rule, map, diags) && good;
    good = dates_in_order(map, rule, diags) && good;
    good = read_parameters(&source, map, arena, diags, rule) && good;
    *ret_rule = *rule;
    return good;
}

/* ---- all of them ----------------------------------------------------------------------------- */

bool rules_load(const Node *map, Arena *arena, Diags *diags, RuleSet *ret_set)
{
    if (node_is_null(map))
        return true;
    if (map->kind != NODE_MAP) {
        diags_add(diags, "C030", map->place, "'rules' must be a map of ids to rules, not %s",
                  node_kind_name(map->kind));
        return false;
    }
    Rule *read = arena_new0(arena, Rule, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *node = map->first; node; node = node->next)
        good = read_rule(node, arena, diags, &read[n++]) && good;
    if (good)
        rules_settle(read, n, arena, ret_set);
    return good;
}
