/* What decide obeys: one immutable rulebook per configuration epoch. Three short forms (the S2 module, a plain ladder, a
 * scan) and the long form (`graphs:`) all compile to the same graph of steps and moves; the engine knows only the graph. */
#ifndef DUNHUB_ESCALATION_POLICY_H
#define DUNHUB_ESCALATION_POLICY_H

#include "base/calendar.h"
#include "base/hash.h"
#include "base/zone.h"
#include "compliance/rules.h"
#include "config/tree.h"
#include "escalation/condition.h"
#include "escalation/reply_rules.h"
#include "model/records.h"

/* ---- settings (domain.md: every [D] is one) ------------------------------------------------------------------------ */
typedef struct { Currency currency; int64_t minor; } Limit;
typedef struct { const char *step; int64_t days; } StepDays;
/* A sum for each currency, or a share of what is overdue that is held between two sums. */
typedef struct {
    const Limit *fixed; size_t n_fixed;
    int64_t basis_points;      /* of what is overdue without fees and interest; 0: the fixed sum */
    const Limit *least, *most; size_t n_least, n_most;
} FeeRule;
typedef enum { INTEREST_NONE, INTEREST_CONTRACTUAL, INTEREST_STATUTORY } InterestKind;
typedef enum { COUNT_365, COUNT_360, COUNT_ACTUAL } YearDays;
typedef enum { INTEREST_FROM_OVERDUE, INTEREST_FROM_DUE } InterestFrom;
enum { BOOK_STEP_ENTRY = 1, BOOK_MONTH_END = 2, BOOK_SETTLEMENT = 4 };
typedef struct {
    int kind;                  /* InterestKind */
    int64_t basis_points;      /* a year; contractual */
    int day_count, from;       /* YearDays, InterestFrom */
    unsigned book;             /* BOOK_… */
} InterestRule;
typedef enum { FEE_ONCE_PER_CYCLE, FEE_ONCE_PER_STEP } FeeOncePer;
typedef enum { BASIS_ALL_OVERDUE, BASIS_PAST_ALLOWED_DAYS } MinimumBasis;
typedef enum { ANCHOR_HOLD, ANCHOR_RECOMPUTE } AnchorShift;

typedef struct {
    int64_t days_to_overdue, reminder_delay, ledger_grace_days, days_to_delinquent, pending_grace_days, max_grace_days;
    const Limit *minimums; size_t n_minimums;         /* entry and exit minimum per currency */
    const char *first_step;
    bool auto_resolve, auto_suspend, auto_reactivate, prorate_suspension, pending_must_cover, no_cutoff_before_closed_day;
    bool fee_on_manual_entry;
    bool act_on_test_accounts;
    const FeeRule *late_fee;                          /* of the S2 module, at entry; NULL none */
    int fee_once_per;                                 /* FeeOncePer */
    InterestRule interest;
    const StepDays *step_days; size_t n_step_days;
    int minimum_basis, on_anchor_shift;
    int evaluate_at, send_at, window_from, window_to; /* minutes of the local day */
    int64_t max_ledger_age_ms, max_clock_jump_ms, approval_days, min_notice_days;
    int64_t promises_per_cycle, plan_least, plan_most;
    int64_t expected_rate_permille, expected_cost;    /* cost-benefit; AMOUNT_NONE: not judged */
    int64_t notice_days;                              /* agreed: days after a notice before a court step; the law's where they are more */
    Currency currency;                                /* of amounts without one */
} Settings;

/* ---- layers: settings that differ by segment, property, lease or account (§2) --------------------------------------- */
typedef enum { LAYER_SEGMENT, LAYER_PROPERTY, LAYER_LEASE, LAYER_ACCOUNT, N_LAYERS } LayerKind; /* least specific first */
typedef struct {
    const char *name;             /* of the segment, property, lease or account */
    DiagPlace place;
    const char *policy;           /* accounts below it that name none themselves; NULL: none */
    const char *calendar_name;    /* NULL: none */
    const Calendar *calendar;
    const Node *written;          /* its settings as written; NULL: none */
    Settings values;              /* the same, read; only what is written counts */
} Layer;
typedef struct { const Layer *rows; size_t n; } LayerSet; /* by name, for bsearch */

/* ---- steps --------------------------------------------------------------------------------------------------------- */
/* A named action of the configuration (`actions:`), or one written in place. */
typedef struct {
    const char *name;          /* for audit and `explain` */
    const char *verb;          /* "service.suspend" */
    const char *const *via;    /* instances, the first carries it, NULL-ended; empty: the hub itself */
    const char *template_name; /* NULL none */
    int effect;                /* Effect */
    bool adverse, required;
    const char *undo;          /* verb that compensates it when the account leaves; NULL none */
    bool undo_written;         /* `undo` was written; otherwise it is the verb's own, dropped where no instance offers it */
    const char *object_of;     /* action whose object this verb works on; NULL none */
    const Condition *when;     /* NULL always */
    DiagPlace place;
    const char *input;         /* constant JSON merged into the input */
} ActionRule;

typedef enum { NEED_COLLECTIONS_UNSUCCESSFUL = 1, NEED_LEGAL_APPROVAL = 2, NEED_MANAGER_APPROVAL = 4 } Needs;
typedef enum { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH } Severity;

/* What a step's days are counted from; the first three are an AgeBasis. */
typedef enum { COUNT_OVERDUE, COUNT_DUE_MONTH_END, COUNT_OVERDUE_MONTH_END, COUNT_PREVIOUS_NOTICE } CountFrom;

typedef struct {
    const char *name;
    DiagPlace place;
    int count_from;            /* CountFrom */
    int64_t from, to;          /* age counted so, inclusive; from 0: not by age; to INT64_MAX: open */
    int64_t wait;              /* days from execution before leaving it forward */
    bool skippable, final;
    const char *notice;        /* name of its notice; NULL: none */
    const char *notice_template;
    const char *executes_by;   /* NULL: its notice; else the action whose report (outreach.done) executes it */
    const ActionRule *on_enter; size_t n_on_enter; /* besides its notice; run once that is accepted */
    const ActionRule *deliveries; size_t n_deliveries; /* message.… verbs of the step, template_name set: channels its notice may take, in order: name = "letter" …; none:
                                                          message_channels by the account's own order */
    Limit minimum;             /* balance needed to enter; minor AMOUNT_NONE: none */
    const Limit *minimums; size_t n_minimums; /* same, of further currencies */
    unsigned needs;            /* Needs */
    const Condition *when;     /* NULL, or what must hold to come here, entry and moves alike */
    const char *when_text;
    const FeeRule *fee;        /* charged when the step is entered; NULL none */
    bool suspends, collections, legal, disconnects; /* derived from its actions, or by name in the S2 module */
    int severity;
} Step;

typedef struct {
    size_t from, to;           /* indexes of steps */
    const Condition *when;     /* NULL: the target's age range decides */
    int64_t wait_days;         /* from execution of `from` */
    const char *when_text;
    DiagPlace place;
} Move;

typedef struct { const char *from, *to; } StepMapping;

typedef enum { POLICY_MODULE /* S2 */, POLICY_LADDER /* S3 */, POLICY_SCAN /* S1 */, POLICY_GRAPH } PolicyForm;
typedef enum { MODE_LIVE, MODE_PLAN, MODE_OBSERVE } PolicyMode;
enum { NOTICES_INVOICE = 1, NOTICES_REMINDER = 2, NOTICES_OVERDUE = 4, NOTICES_DELINQUENCY = 8 };

typedef struct {
    const char *name;
    int form, mode;
    int64_t version;           /* 1, 2, … */
    char hash[HASH_HEX];       /* of the canonical source */
    const char *source_json;   /* canonical; kept by hash in the store, loads again through policy_load */
    unsigned notices;          /* NOTICES_…: those of §6.4 besides the steps' own */
    const Step *steps; size_t n_steps;
    const Move *moves; size_t n_moves;
    const ActionRule *with_first_notice; size_t n_with_first_notice;
    bool automated_notices;    /* false: a task for a person stands for each (VIP) */
    bool auto_suspend;         /* ladder: stages may suspend; false: its steps carry no suspending action */
    bool needs_manager_approval; /* collections and legal (VIP) */
    const ActionRule *became;  /* executes_by: the task that stands for each automated notice, and is opened when an account
                                  comes to this policy in mid-cycle; it is not among the steps' on_enter */
    const Condition *enter_when; /* NULL, or what must hold besides E1-E5 to become delinquent */
    const char *enter_when_text;
    const Settings *settings;  /* with the policy's own overrides */
    const StepMapping *mappings; size_t n_mappings; /* `mapping:` steps of older versions that are gone here */
    DiagPlace place;
} Policy;

typedef struct {
    const char *event;         /* catalogue name of the hub's own events: "case.opened" … */
    const Condition *when;
    const ActionRule *actions; size_t n_actions;
    DiagPlace place;
} Route;

typedef struct { const char *segment, *policy; } SegmentPolicy;
typedef struct {
    int64_t vip_revenue, poor_share_permille, excellent_share_permille, high_risk_overdue, collections_months;
} SegmentRules;

typedef enum { RETENTION_ALL, RETENTION_CONSUMERS, RETENTION_COMPANIES } RetentionAccounts;
/* How long the personal data of accounts is kept after the last act, and when it goes by itself. */
typedef struct {
    const char *name;
    const char *jurisdiction;   /* path; NULL: everywhere */
    int accounts;               /* RetentionAccounts */
    int64_t keep_years;         /* 0: no row of law asks for it */
    int64_t erase_after_years;  /* 0: never by itself */
    bool approval;              /* another person has to approve each erasure */
    const char *citation, *reviewed_by;
    Date reviewed_on;
} Retention;

typedef struct {
    uint64_t epoch;
    Settings settings;         /* the organisation's */
    const Zone *zone;
    Calendar calendar;         /* default: holidays, closed days */
    RuleSet rules;             /* the law, with the holidays of places */
    const char *organisation, *language;
    const Retention *retention; size_t n_retention;
    const Policy *const *policies; size_t n_policies;   /* newest version of each name first, then older ones in use */
    const SegmentPolicy *by_segment; size_t n_by_segment;
    SegmentRules segment_rules;
    const char *default_policy;  /* for accounts that name none; "by_segment" allowed */
    const Route *routes; size_t n_routes;
    const ActionRule *message_channels; size_t n_message_channels; /* how each channel is carried: name = "email" "sms" … */
    const ActionRule *actions; size_t n_actions;        /* `actions:` by name */
    ReplyRules replies;        /* what replies say */
    LayerSet layers[N_LAYERS]; bool has_layers;         /* has_layers false: nothing differs for anybody */
    int64_t fuse_factor;       /* a day above this many times the usual number of notices stops */
} Rulebook;

const Policy *rulebook_policy(const Rulebook *book, const char *name, const char *hash); /* hash NULL: newest */
const Step *policy_step(const Policy *policy, const char *name);
const Limit *settings_minimum(const Settings *settings, Currency currency); /* NULL: none configured */
/* Before the law has looked at it; overdue without fees and interest. False: no fee in that currency. */
bool fee_amount(const FeeRule *fee, Currency currency, int64_t overdue, int64_t *ret_amount);

/* What holds for an account (escalation/layers.c): the policy's settings with the layers it stands in laid over them, the most
 * specific last; a limit or a step's days that a layer does not name stay. Where nothing differs it is the policy's own and
 * takes no memory. The law caps each (§9), whoever wrote it. */
const Settings *account_settings(const Rulebook *book, const Account *account, const Policy *policy, Arena *arena);
const Calendar *account_calendar(const Rulebook *book, const Account *account);
/* The same where both are asked: the layers are looked up once. */
typedef struct { const Layer *of[N_LAYERS]; } AccountLayers; /* NULL: none is meant for it */
AccountLayers account_layers(const Rulebook *book, const Account *account);
const Settings *layers_settings(const AccountLayers *layers, const Rulebook *book, const Policy *policy, Arena *arena);
const Calendar *layers_calendar(const AccountLayers *layers, const Rulebook *book);
/* The newest version of the policy that the account, its lease or its property names, in this order, else of its segment's or
 * the default one. Never NULL where there is a policy at all. */
const Policy *layers_policy(const AccountLayers *layers, const Rulebook *book, const Account *account);
const Policy *segment_policy(const Account *account, const Rulebook *book);
/* Where each value that is not the organisation's comes from, most specific first, for `show` and `explain`. */
typedef struct {
    const char *setting; /* "max_grace_days", "policy", "calendar" */
    const char *value;   /* as written */
    const char *origin;  /* "lease L-7, 60-places.yaml:14" */
} SettingOrigin;
const SettingOrigin *account_origins(const Rulebook *book, const Account *account, const Policy *policy, Arena *arena, size_t *ret_n);
extern const char *const layer_words[]; /* by LayerKind, NULL-ended: "segment" … */

/* ---- loading ------------------------------------------------------------------------------------------------------- */
/* The names conditions may read (age, overdue, balance, segment, account.kind, …). */
extern const ConditionName condition_names[];
extern const size_t n_condition_names;

/* Reads the sections organisation, settings, calendars, segments, channels, actions, policies, graphs and routes of the
 * merged tree (docs/reference/configuration.md); other keys of the root are not looked at. Also proves: every step
 * reachable, every step has a way out or is final, no cycle without a wait. Which segment has which policy stands in
 * `segments: {policies: …}` or `policies: {by_segment: …}`.
 * `older`: canonical sources of all versions that the store keeps of policies accounts are on. A policy of the tree whose
 * source is among them has that version's number; one that is not gets the number after the highest. False and
 * diagnostics on any error. Case files load through this very function. */
typedef struct { const char *name; int64_t version; const char *source_json; } StoredPolicy;
bool rulebook_load(const Node *root, const StoredPolicy *older, size_t n_older, uint64_t epoch, Arena *arena, Diags *diags,
                   Rulebook *ret_book);
/* One policy or graph out of its node, against actions, settings and policies already in `book`: policy_published of case
 * files. Texts live in the arena; so does everything `policy` points to but the actions' conditions, which are book's. */
bool policy_load(const char *name, const Node *node, const Rulebook *book, int64_t version, Arena *arena, Diags *diags,
                 Policy *ret_policy);

/* The source of `policy` with `changes` merged in: {final_notice: {from: 10, wait: 1}, second_notice: removed}; other keys
 * (mode, settings, mapping …) replace those of the policy. Give the result to policy_load. NULL and diagnostics on errors. */
const Node *policy_changed(const Policy *policy, const Node *changes, Arena *arena, Diags *diags);
/* Where an account in `step` of an older version goes on: the step of that name, or what `mapping:` says; NULL: nowhere. */
const char *policy_map_step(const Policy *policy, const char *step);
/* Steps of `older` that have no place in `newer`, NULL-ended: if one is occupied, publishing is refused (§6.12). */
const char *const *policy_unmapped_steps(const Policy *older, const Policy *newer, Arena *arena);

/* The hub's own events, which routes listen to and the PUB socket carries. */
typedef struct { const char *name, *doc; } HubEvent;
extern const HubEvent hub_events[];
extern const size_t n_hub_events;

/* Verbs the core knows. A plugin may offer others: those are written out in full where they are used. */
enum {
    VERB_HUB = 1,          /* the hub carries it out itself where no instance is named */
    VERB_ADVERSE = 2, VERB_SUSPENDS = 4, VERB_COLLECTS = 8, VERB_DISCONNECTS = 16,
    VERB_MESSAGE = 32,     /* message.<channel>: carries a notice */
    VERB_REPORTS = 64,     /* tells a credit bureau */
};
typedef struct {
    const char *name;
    int effect;            /* Effect */
    unsigned flags;
    const char *undo;      /* verb that takes it back; NULL none */
    const char *doc;
} Verb;
extern const Verb verbs[];
extern const size_t n_verbs;
const Verb *verb_by_name(const char *name); /* NULL: not one of the core's */

/* The sections with their keys: docs/reference/configuration.md. */
typedef struct {
    const char *name;  /* "settings", "actions.<name>", "policies.<name>.stages[]" */
    const char *doc;
    const Key *keys; size_t n_keys;
} ConfigSection;
const ConfigSection *rulebook_sections(size_t *ret_n);

/* "age 8-14", "day 5+ after the month it was due in", "14 days after the last notice"; NULL: not by age. Caller frees. */
char *policy_step_ages(const Step *step);
/* Graphviz DOT of a policy; arena text. */
const char *policy_to_dot(const Policy *policy, Arena *arena);

#endif
