/* `rules:` of the configuration: what every row may say, and what the rows of each gate may say
 * besides. */
#include <stddef.h>
#include <string.h>

#include "compliance/rules.h"
#include "config/amount.h"

typedef struct {
    Rule rule;
    const char *const *applies_to, *const *skip;
    const char *jurisdiction, *cap_fixed;
    int64_t after_days, from_day;
    const Node *window;
} Source;

enum { KEYS_MAX = 24, DAYS_MAX = 3650, MIDNIGHT = 24 * 60 };

static const char *const subject_words[] = {"consumer",   "company",  "tenant",
                                            "subscriber", "business", NULL};
static const char *const skip_words[] = {"saturday", "sunday", "holiday", NULL};
static const char *const base_words[] = {"rent", "past_due", "lower", NULL};
static const char *const take_words[] = {"lower", "greater", NULL};

#define PLACE(member) .offset = offsetof(Source, member)

static const Key row_keys[] = {
    {.name = "gate",
     .type = KEY_CHOICE,
     PLACE(rule.gate),
     .flags = KEY_REQUIRED,
     .choices = rule_gate_names,
     .doc = "What the row is about."},
    {.name = "jurisdiction",
     .type = KEY_TEXT,
     PLACE(jurisdiction),
     .flags = KEY_REQUIRED,
     .doc = "Path that the account's own must lie under, as US or US/NY; any: everywhere."},
    {.name = "applies_to",
     .type = KEY_TEXTS,
     PLACE(applies_to),
     .doc = "Whom it is about, any of these: consumer, company, tenant, subscriber, business; "
            "absent: everyone."},
    {.name = "tag",
     .type = KEY_NAME,
     PLACE(rule.tag),
     .doc = "Only accounts with this tag; absent: all."},
    {.name = "effective_from",
     .type = KEY_DATE,
     PLACE(rule.effective_from),
     .doc = "First day in force; absent: always was."},
    {.name = "effective_to",
     .type = KEY_DATE,
     PLACE(rule.effective_to),
     .doc = "Last day in force; absent: no end."},
    {.name = "citation",
     .type = KEY_TEXT,
     PLACE(rule.citation),
     .flags = KEY_REQUIRED,
     .doc = "The law, as the audit names it."},
    {.name = "reviewed_on",
     .type = KEY_DATE,
     PLACE(rule.reviewed_on),
     .doc = "Day on which the row was last compared with the law."},
    {.name = "reviewed_by",
     .type = KEY_TEXT,
     PLACE(rule.reviewed_by),
     .flags = KEY_REQUIRED,
     .doc = "Who compared it; 'nobody yet' for an example."},
    {.name = "note", .type = KEY_TEXT, PLACE(rule.note), .doc = "For those who read the row."},
};

static const Key window_keys[] = {
    {.name = "window",
     .type = KEY_NODE,
     PLACE(window),
     .flags = KEY_REQUIRED,
     .doc = "First and last minute of contact, both allowed: [\"08:00\", \"21:00\"]."},
};

static const Key call_keys[] = {
    {.name = "calls",
     .type = KEY_INT,
     PLACE(rule.calls),
     .flags = KEY_REQUIRED,
     .least = 1,
     .most = 1000,
     .doc = "Calls that may be placed in the days."},
    {.name = "days",
     .type = KEY_INT,
     PLACE(rule.days),
     .least = 1,
     .most = 366,
     .default_text = "7",
     .doc = "Any so many consecutive days; also how long a prior consent leaves calls uncounted."},
    {.name = "quiet_days",
     .type = KEY_INT,
     PLACE(rule.quiet_days),
     .least = 0,
     .most = 366,
     .default_text = "7",
     .doc = "Days without a call after a conversation, its day being the first."},
};

static const Key fee_keys[] = {
    {.name = "after_days",
     .type = KEY_INT,
     PLACE(after_days),
     .least = 0,
     .most = DAYS_MAX,
     .doc = "The fee may be charged from the day after so many days from the due date."},
    {.name = "from_day",
     .type = KEY_INT,
     PLACE(from_day),
     .least = 1,
     .most = DAYS_MAX,
     .doc = "The fee may be charged from due date and so many days."},
    {.name = "after_business_days",
     .type = KEY_INT,
     PLACE(rule.after_business_days),
     .least = 1,
     .most = 366,
     .doc = "As after_days, in business days."},
    {.name = "cap_fixed",
     .type = KEY_TEXT,
     PLACE(cap_fixed),
     .doc = "Greatest fee as a sum: \"50.00 USD\"."},
    {.name = "cap_permille",
     .type = KEY_INT,
     PLACE(rule.cap_permille),
     .least = 1,
     .most = 1000,
     .doc = "Greatest fee as a share, in thousandths."},
    {.name = "cap_of",
     .type = KEY_CHOICE,
     PLACE(rule.cap_of),
     .choices = base_words,
     .default_text = "rent",
     .doc = "Of what the share is taken: the rent, what is past due, or the lower of both."},
    {.name = "cap_takes",
     .type = KEY_CHOICE,
     PLACE(rule.cap_takes),
     .choices = take_words,
     .default_text = "lower",
     .doc = "Which counts where sum and share are given."},
};

static const Key notice_keys[] = {
    {.name = "notice_days",
     .type = KEY_INT,
     PLACE(rule.notice_days),
     .flags = KEY_REQUIRED,
     .least = 0,
     .most = DAYS_MAX,
     .doc = "Days of the notice, the day after service being day 1; 0: none is required."},
    {.name = "skip",
     .type = KEY_TEXTS,
     PLACE(skip),
     .doc = "Days that do not count: saturday, sunday, holiday (of the place's calendar)."},
    {.name = "form",
     .type = KEY_CHOICE,
     PLACE(rule.form),
     .choices = notice_form_names,
     .default_text = "pay_or_vacate",
     .doc = "What the notice must say."},
    {.name = "form_first_late",
     .type = KEY_CHOICE,
     PLACE(rule.form_first_late),
     .choices = notice_form_names,
     .doc = "What it must say to a tenant who is late for the first time; absent: as form."},
};

#define SECTION(name, doc, keys)                                                                   \
    {                                                                                              \
        name, doc, keys, G_N_ELEMENTS(keys)                                                        \
    }

/* After the first in the order of RuleGate. */
const RuleSection rule_sections[] = {
    SECTION("rules.<id>", "The law as rows with a place and dates; what every row may say.",
            row_keys),
    SECTION("rules.<id> of contact_window", "When a person may be contacted.", window_keys),
    SECTION("rules.<id> of call_cap", "How often a person may be called.", call_keys),
    {"rules.<id> of sms_consent", "Texts and automated calls need consent.", NULL, 0},
    SECTION("rules.<id> of late_fee", "When a late fee may be charged, and how much.", fee_keys),
    SECTION("rules.<id> of pay_or_quit", "How long the notice before a court step runs.",
            notice_keys),
};
const size_t n_rule_sections = G_N_ELEMENTS(rule_sections);
G_STATIC_ASSERT(G_N_ELEMENTS(rule_sections) == N_RULE_GATES + 1);

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

static bool read_window(const Node *list, Arena *arena, Diags *diags, Rule *rule)
{
    static const Key minute = {.name = "window", .type = KEY_MINUTE};
    if (list->kind != NODE_LIST || list->n != 2) {
        diags_add(diags, "C030", list->place, "'window' must be a list of two times of day");
        return false;
    }
    if (!tree_read_value(list->first, &minute, arena, diags, &rule->window_from) ||
        !tree_read_value(list->first->next, &minute, arena, diags, &rule->window_to))
        return false;
    if (rule->window_from < rule->window_to)
        return true;
    diags_add(diags, "C033", list->place, "'window' must begin before it ends");
    return false;
}

static bool read_first_day(const Source *source, const Node *map, Diags *diags, Rule *rule)
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

static bool read_cap(const Source *source, const Node *map, Diags *diags, Rule *rule)
{
    if (!source->cap_fixed)
        return true;
    Money money;
    g_autoptr(GError) error = NULL;
    if (!amount_parse(source->cap_fixed, &money, &error) || money.minor < 0) {
        diags_add(diags, "C032", node_get(map, "cap_fixed")->place,
                  "'cap_fixed' must be an amount such as \"50.00 USD\"%s%s", error ? ": " : "",
                  error ? error->message : "");
        return false;
    }
    rule->cap_fixed = money.minor;
    rule->cap_currency = money.currency;
    return true;
}

static bool read_gate(const Node *map, Arena *arena, Diags *diags, int *ret_gate)
{
    const Node *gate = node_get(map, "gate");
    if (gate)
        return tree_read_value(gate, &row_keys[0], arena, diags, ret_gate);
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

static bool read_parameters(const Source *source, const Node *map, Arena *arena, Diags *diags,
                            Rule *rule)
{
    if (rule->gate == RULE_CONTACT_WINDOW)
        return read_window(source->window, arena, diags, rule);
    if (rule->gate == RULE_LATE_FEE)
        return read_first_day(source, map, diags, rule) && read_cap(source, map, diags, rule);
    if (rule->gate == RULE_PAY_OR_QUIT)
        return read_words(source->skip, skip_words, map, "skip", diags, &rule->skips);
    return true;
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
    Key keys[KEYS_MAX];
    const RuleSection *own = &rule_sections[gate + 1];
    memcpy(keys, row_keys, sizeof row_keys);
    for (size_t i = 0; i < own->n_keys; i++)
        keys[G_N_ELEMENTS(row_keys) + i] = own->keys[i];
    Source source = {.rule = {.effective_from = DATE_NONE,
                              .effective_to = DATE_NONE,
                              .reviewed_on = DATE_NONE,
                              .cap_fixed = AMOUNT_NONE,
                              .form_first_late = -1}};
    if (!tree_read(map, keys, G_N_ELEMENTS(row_keys) + own->n_keys, arena, diags, &source))
        return false;
    Rule *rule = &source.rule;
    rule->id = map->key;
    rule->place = map->key_place;
    rule->jurisdiction = strcmp(source.jurisdiction, "any") == 0 ? NULL : source.jurisdiction;
    bool good =
        read_words(source.applies_to, subject_words, map, "applies_to", diags, &rule->applies_to);
    good = dates_in_order(map, rule, diags) && good;
    good = read_parameters(&source, map, arena, diags, rule) && good;
    *ret_rule = *rule;
    return good;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void sort_by_gate(const Rule *read, size_t n, Rule *rules, RuleSet *set)
{
    size_t at = 0;
    for (int gate = 0; gate < N_RULE_GATES; gate++) {
        set->first[gate] = at;
        for (size_t i = 0; i < n; i++)
            if (read[i].gate == gate)
                rules[at++] = read[i];
    }
    set->first[N_RULE_GATES] = at;
    set->rules = rules;
    set->n = n;
}

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
        sort_by_gate(read, n, arena_new0(arena, Rule, n), ret_set);
    return good;
}
