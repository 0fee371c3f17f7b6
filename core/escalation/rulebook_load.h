/* What the parts of the loader share. */
#ifndef DUNHUB_ESCALATION_RULEBOOK_LOAD_H
#define DUNHUB_ESCALATION_RULEBOOK_LOAD_H

#include "escalation/policy.h"

#define POLICY_MAX_STEPS 200

typedef struct {
    Arena *arena;
    Diags *diags;
    const Rulebook *book;        /* settings, channels, actions and policies as far as they are loaded */
    const Node *siblings;        /* policies: of the tree being loaded; NULL none */
} Loader;

/* A finding with "did you mean" out of a list of names, NULL-ended: "unknown step 'x' …". */
void loader_unknown(const Loader *loader, const char *code, DiagPlace place, const char *what, const char *word,
                    const char *const *names);

/* ---- settings (rulebook_settings.c) */
void settings_init(const Loader *loader, Settings *ret_settings);
/* Lays the map over what stands in *settings. */
bool settings_read(const Loader *loader, const Node *map, Settings *settings);
/* One limit, or one for each currency: minor units in `cents`, decimals in `text`; either may be NULL, both are refused. */
bool limits_read(const Loader *loader, const Node *cents, const Node *text, Currency currency, const Limit **ret_limits,
                 size_t *ret_n);
bool amount_read(const Loader *loader, const Node *text, Currency currency, int64_t *ret_minor);
/* Lays what `written` names out of *from over *settings, currency by currency and step by step. */
void settings_lay_over(const Node *written, const Settings *from, Arena *arena, Settings *settings);
/* Every key names something that settings_lay_over knows; NULL, or one that does not. For the tests. */
const char *settings_unlaid_key(void);
/* ---- fees (rulebook_fees.c); *ret_fee NULL: none */
bool fee_read(const Loader *loader, const Node *node, Currency currency, const FeeRule **ret_fee);
/* One sum in minor units, or one for each currency. */
bool fee_read_cents(const Loader *loader, const Node *node, Currency currency, const FeeRule **ret_fee);
/* ---- interest (rulebook_interest.c) */
bool interest_read(const Loader *loader, const Node *node, InterestRule *ret_rule);
extern const Key interest_keys[];
extern const size_t n_interest_keys;
extern const Key fee_keys[];
extern const size_t n_fee_keys;
extern const Key settings_keys[];
extern const size_t n_settings_keys;

/* ---- actions (rulebook_actions.c) */
bool channels_read(const Loader *loader, const Node *map, Rulebook *book);
bool actions_read(const Loader *loader, const Node *map, Rulebook *book);
/* A list of names of `actions:` and of actions written in place; either node may be NULL. */
bool action_list_read(const Loader *loader, const Node *names, const Node *list, const ActionRule **ret_rules, size_t *ret_n);
bool routes_read(const Loader *loader, const Node *list, Rulebook *book);
/* NULL and a finding if there is none. */
const ActionRule *action_named(const Loader *loader, const char *name, DiagPlace place);
/* NULL and findings; *ret_text (may be NULL) is the text in the arena. */
const Condition *condition_read(const Loader *loader, const Node *scalar, const char **ret_text);
/* ---- replies (reply_rules_load.c): over the rules that always hold, which stand in book->replies */
bool replies_read(const Loader *loader, const Node *map, Rulebook *book);
extern const Key reply_keys[];
extern const size_t n_reply_keys;

extern const Key action_keys[], channel_keys[], route_keys[];
extern const size_t n_action_keys, n_channel_keys, n_route_keys;

/* ---- layers (layers_load.c) */
/* of_segments: `settings` of the section segments; NULL none. After policies and calendars. */
bool layers_read(const Loader *loader, const Node *root, const Node *of_segments, Rulebook *book);
extern const Key layer_keys[];
extern const size_t n_layer_keys;

/* ---- policies (policy_load.c, policy_extends.c) */
/* The map with extends, ranges, waits, offset_days and changes carried out. NULL and findings. */
const Node *policy_expand(const Loader *loader, const char *name, const Node *map);
const Node *policy_with_changes(const Loader *loader, const Node *map, const Node *changes);
bool policy_compile(const Loader *loader, const char *name, const Node *map, int64_t version, Policy *ret_policy);
const ConfigSection *policy_sections(size_t *ret_n);

/* ---- proofs (graph_check.c) */
bool ladder_check(const Loader *loader, const Policy *policy);
bool graph_check(const Loader *loader, const Policy *policy);

extern const Key retention_keys[];
extern const size_t n_retention_keys;
bool retention_read(const Loader *loader, const Node *map, Rulebook *book);

#endif
