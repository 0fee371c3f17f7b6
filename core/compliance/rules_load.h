/* What is read of a row before it becomes a Rule; shared by the files that declare the keys and that read them. */
#ifndef DUNHUB_COMPLIANCE_RULES_LOAD_H
#define DUNHUB_COMPLIANCE_RULES_LOAD_H

#include <stddef.h>

#include "compliance/rules.h"

typedef struct {
    Rule rule;
    const char *const *applies_to, *const *only, *const *skip;
    const char *jurisdiction, *cap_fixed, *cap_above, *least, *margin;
    int64_t after_days, from_day;
    const Node *window, *sunday_window, *rates, *fixed_sums;
} RuleSource;

enum { RULE_ROW_KEYS_MAX = 20, RULE_KEYS_MAX = 40, RULE_DAYS_MAX = 3650 };
extern const Key *const rule_row_keys;
extern const size_t n_rule_row_keys;

/* margin, rates and fixed_sums of an interest row. */
bool rule_read_interest(const RuleSource *source, const Node *map, Arena *arena, Diags *diags, Rule *rule);
/* Groups the rows by gate and works out which of them each place has. */
void rules_settle(const Rule *read, size_t n, Arena *arena, RuleSet *ret_set);

#endif
