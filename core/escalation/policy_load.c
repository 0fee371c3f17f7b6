/* Four ways to write a policy, one graph of steps and moves (docs/adr/0002-one-graph.md). */
#include "escalation/rulebook_load.h"

#include <inttypes.h>
#include <string.h>

/* ---- what may be written
 * ---------------------------------------------------------------------------------------- */

typedef struct {
    const char *source;
    int mode;
    const Node *settings, *mapping;
    const Node *extends, *ranges, *waits, *offset_days,
        *changes; /* carried out before: policy_extends.c */
} Common;

typedef struct {
    Common common;
    const Node *stages, *with_first_notice;
    const char *const *notices;
    bool automated_notices, auto_suspend;
    const char *executes_by;
} LadderSource;

typedef struct {
    Common common;
    const Node *thresholds, *notices, *also;
} ScanSource;

typedef struct {
    Common common;
    const char *const *steps, *const *notices;
    const Node *also;
} ModuleSource;

typedef struct {
    Common common;
    const char *start;
    const Node *steps, *moves;
    const char *const *notices;
} GraphSource;

/* A stage or a step. */
typedef struct {
    const char *name, *notice, *template_name, *executes_by;
    int64_t from, to, wait;
    bool skippable, final;
    int severity;
    const Node *also, *acts, *minimum, *minimum_cents, *needs, *undo;
} StepSource;

typedef struct {
    const char *const *from;
    const char *to;
    const Node *when;
    int64_t wait_days;
} MoveSource;

static const char *const mode_names[] = {"live", "plan", "observe", NULL};
static const char *const severity_names[] = {"low", "medium", "high", NULL};
static const char *const notice_names[] = {"invoice", "reminder", "overdue", "delinquency", NULL};
static const char *const need_names[] = {"collections_unsuccessful", "legal_approval",
                                         "account_manager_approval", NULL};

#define COMMON(Source)                                                                             \
    {.name = "source",                                                                             \
     .type = KEY_TEXT,                                                                             \
     .offset = offsetof(Source, common.source),                                                    \
     .doc = "Where the policy comes from, for readers; means nothing."},                           \
        {.name = "mode",                                                                           \
         .type = KEY_CHOICE,                                                                       \
         .offset = offsetof(Source, common.mode),                                                  \
         .choices = mode_names,                                                                    \
         .default_text = "live",                                                                   \
         .doc = "live: acts; plan: a person releases; observe: decides and acts nowhere."},        \
        {.name = "settings",                                                                       \
         .type = KEY_NODE,                                                                         \
         .offset = offsetof(Source, common.settings),                                              \
         .doc = "Settings that differ from the section settings."},                                \
    {                                                                                              \
        .name = "mapping", .type = KEY_NODE, .offset = offsetof(Source, common.mapping),           \
        .doc = "Where accounts go whose step of an older version is gone: {old_step: new_step}."   \
    }
#define EXTENDING(Source)                                                                          \
    {.name = "extends",                                                                            \
     .type = KEY_NODE,                                                                             \
     .offset = offsetof(Source, common.extends),                                                   \
     .doc = "Name of the policy this one is built on; own keys replace its keys."},                \
        {.name = "ranges",                                                                         \
         .type = KEY_NODE,                                                                         \
         .offset = offsetof(Source, common.ranges),                                                \
         .doc = "Other ages for stages: {stage: [from, to]}; to null: open."},                     \
        {.name = "waits",                                                                          \
         .type = KEY_NODE,                                                                         \
         .offset = offsetof(Source, common.waits),                                                 \
         .doc = "Other waits: {stage: days}."},                                                    \
        {.name = "offset_days",                                                                    \
         .type = KEY_NODE,                                                                         \
         .offset = offsetof(Source, common.offset_days),                                           \
         .doc = "Days added to every from and to."},                                               \
    {                                                                                              \
        .name = "changes", .type = KEY_NODE, .offset = offsetof(Source, common.changes),           \
        .doc = "Other keys for single stages: {stage: {key: value}}, or {stage: removed}."         \
    }
#define AT(Source, member) .offset = offsetof(Source, member)

static const Key ladder_keys[] = {
    COMMON(LadderSource),
    EXTENDING(LadderSource),
    {.name = "stages",
     .type = KEY_NODE,
     AT(LadderSource, stages),
     .flags = KEY_REQUIRED,
     .doc = "List of stages by age, mildest first."},
    {.name = "notices",
     .type = KEY_TEXTS,
     AT(LadderSource, notices),
     .doc = "Further notices: invoice, reminder, overdue; absent: one for each stage only."},
    {.name = "with_first_notice",
     .type = KEY_NODE,
     AT(LadderSource, with_first_notice),
     .doc = "Actions that follow the first notice executed under this policy."},
    {.name = "automated_notices",
     .type = KEY_BOOL,
     AT(LadderSource, automated_notices),
     .default_text = "true",
     .doc = "false: nothing is sent automatically, a task stands for each notice."},
    {.name = "executes_by",
     .type = KEY_NAME,
     AT(LadderSource, executes_by),
     .doc = "Action (a task) whose report executes a stage in place of its notice; collections and "
            "legal then need the account "
            "manager's approval."},
    {.name = "auto_suspend",
     .type = KEY_BOOL,
     AT(LadderSource, auto_suspend),
     .default_text = "true",
     .doc = "false: suspending actions of the stages are left out."},
};
static const Key scan_keys[] = {
    COMMON(ScanSource),
    EXTENDING(ScanSource),
    {.name = "scan_over_days",
     .type = KEY_NODE,
     AT(ScanSource, thresholds),
     .flags = KEY_REQUIRED,
     .doc = "Thresholds in days, rising: [5, 10, 30]; 5 acts on day 6."},
    {.name = "notices",
     .type = KEY_NODE,
     AT(ScanSource, notices),
     .flags = KEY_REQUIRED,
     .doc = "Notice of each threshold: {\"5\": rent_reminder}."},
    {.name = "also",
     .type = KEY_NODE,
     AT(ScanSource, also),
     .doc = "Actions of a threshold: {\"30\": [pay_or_quit]}."},
};
static const Key module_keys[] = {
    COMMON(ModuleSource),
    EXTENDING(ModuleSource),
    {.name = "steps",
     .type = KEY_TEXTS,
     AT(ModuleSource, steps),
     .flags = KEY_REQUIRED,
     .doc = "Steps of the S2 module: new, suspended, disconnected, paid_by_customer."},
    {.name = "notices",
     .type = KEY_TEXTS,
     AT(ModuleSource, notices),
     .doc = "Which of invoice, reminder, overdue, delinquency are sent."},
    {.name = "also",
     .type = KEY_NODE,
     AT(ModuleSource, also),
     .doc = "Actions of a step: {suspended: [suspend_portal]}."},
};
static const Key graph_keys[] = {
    COMMON(GraphSource),
    {.name = "start",
     .type = KEY_NAME,
     AT(GraphSource, start),
     .doc = "First step; default the first that is written."},
    {.name = "steps",
     .type = KEY_NODE,
     AT(GraphSource, steps),
     .flags = KEY_REQUIRED,
     .doc = "Map of steps by name."},
    {.name = "moves",
     .type = KEY_NODE,
     AT(GraphSource, moves),
     .doc = "List of moves; the first that may be made is."},
    {.name = "notices",
     .type = KEY_TEXTS,
     AT(GraphSource, notices),
     .doc = "Further notices: invoice, reminder, overdue, delinquency."},
};

#define STEP_COMMON                                                                                \
    {.name = "notice",                                                                             \
     .type = KEY_NAME,                                                                             \
     AT(StepSource, notice),                                                                       \
     .doc = "Name of its notice; none: no notice. Default: see template."},                        \
        {.name = "template",                                                                       \
         .type = KEY_NAME,                                                                         \
         AT(StepSource, template_name),                                                            \
         .doc = "Template of its notice; default the notice's name."},                             \
        {.name = "executes_by",                                                                    \
         .type = KEY_NAME,                                                                         \
         AT(StepSource, executes_by),                                                              \
         .doc = "Action whose report executes the step in place of its notice."},                  \
        {.name = "severity",                                                                       \
         .type = KEY_CHOICE,                                                                       \
         AT(StepSource, severity),                                                                 \
         .choices = severity_names,                                                                \
         .doc = "low, medium or high; default by what the step does."},                            \
        {.name = "minimum",                                                                        \
         .type = KEY_NODE,                                                                         \
         AT(StepSource, minimum),                                                                  \
         .doc = "Overdue amount needed to enter: \"500.00 USD\" or {USD: \"500.00\", EUR: "        \
                "\"450.00\"}."},                                                                   \
        {.name = "minimum_cents",                                                                  \
         .type = KEY_NODE,                                                                         \
         AT(StepSource, minimum_cents),                                                            \
         .doc = "The same in minor units."},                                                       \
    {                                                                                              \
        .name = "needs", .type = KEY_NODE, AT(StepSource, needs),                                  \
        .doc = "List of collections_unsuccessful, legal_approval, account_manager_approval."       \
    }

static const Key stage_keys[] = {
    {.name = "name",
     .type = KEY_NAME,
     AT(StepSource, name),
     .flags = KEY_REQUIRED,
     .doc = "Name of the stage and of its notice."},
    {.name = "from",
     .type = KEY_INT,
     AT(StepSource, from),
     .flags = KEY_REQUIRED,
     .least = 1,
     .most = 36500,
     .doc = "First age in days."},
    {.name = "to",
     .type = KEY_INT,
     AT(StepSource, to),
     .least = 0,
     .most = 36500,
     .doc = "Last age in days; absent or null: open."},
    {.name = "wait",
     .type = KEY_INT,
     AT(StepSource, wait),
     .least = 0,
     .most = 3650,
     .doc = "Least days from the stage's execution until it is left forward; default 0."},
    {.name = "skippable",
     .type = KEY_BOOL,
     AT(StepSource, skippable),
     .doc = "May be skipped when it is late; default false."},
    {.name = "also",
     .type = KEY_NODE,
     AT(StepSource, also),
     .doc = "Names of actions that follow the notice."},
    {.name = "do",
     .type = KEY_NODE,
     AT(StepSource, acts),
     .doc = "The same, names or written in place; message.… verbs say how the notice is carried."},
    STEP_COMMON,
};
static const Key step_keys[] = {
    {.name = "on_enter",
     .type = KEY_NODE,
     AT(StepSource, acts),
     .doc =
         "Actions, names or written in place; message.… verbs make and carry the step's notice."},
    {.name = "undo",
     .type = KEY_NODE,
     AT(StepSource, undo),
     .doc = "Verbs that take back what on_enter did when the account leaves; default those of the "
            "verbs."},
    {.name = "final",
     .type = KEY_BOOL,
     AT(StepSource, final),
     .doc = "No move begins here; default false."},
    {.name = "wait",
     .type = KEY_INT,
     AT(StepSource, wait),
     .least = 0,
     .most = 3650,
     .doc = "Default of its moves' wait_days."},
    STEP_COMMON,
};
static const Key move_keys[] = {
    {.name = "from",
     .type = KEY_TEXTS,
     AT(MoveSource, from),
     .flags = KEY_REQUIRED,
     .doc = "Step, or list of steps."},
    {.name = "to", .type = KEY_TEXT, AT(MoveSource, to), .flags = KEY_REQUIRED, .doc = "Step."},
    {.name = "when",
     .type = KEY_NODE,
     AT(MoveSource, when),
     .doc = "Condition, docs/reference/conditions.md; absent: always."},
    {.name = "wait_days",
     .type = KEY_INT,
     AT(MoveSource, wait_days),
     .least = 0,
     .most = 3650,
     .doc = "Least days from the execution of the step it leaves; default the step's wait."},
};

const ConfigSection *policy_sections(size_t *ret_n)
{
#define SECTION(name, doc, keys)                                                                   \
    {                                                                                              \
        name, doc, keys, G_N_ELEMENTS(keys)                                                        \
    }
    static const ConfigSection sections[] = {
        SECTION("policies.<name> with stages", "A ladder of stages by age.", ladder_keys),
        SECTION("policies.<name>.stages[]", "One stage.", stage_keys),
        SECTION("policies.<name> with scan_over_days", "A scan with thresholds.", scan_keys),
        SECTION("policies.<name> with steps", "The delinquency module, moved by people.",
                module_keys),
        SECTION("graphs.<name>", "A policy as a graph of steps and moves.", graph_keys),
        SECTION("graphs.<name>.steps.<step>", "One step.", step_keys),
        SECTION("graphs.<name>.moves[]", "One move.", move_keys),
    };
    *ret_n = G_N_ELEMENTS(sections);
    return sections;
}

/* ---- steps
 * ------------------------------------------------------------------------------------------------------
 */

static bool wrong_shape(const Loader *loader, const Node *node, const char *what)
{
    diags_add(loader->diags, "C030", node->place, "'%s' must be %s, not %s",
              node->key ? node->key : "this entry", what, node_kind_name(node->kind));
    return false;
}

static int index_in(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* Words of a fixed set as bits. */
static bool read_words(const Loader *loader, const Node *node, const char *const *names,
                       const char *what, unsigned *ret_bits)
{
    const char *const *words = NULL;
    const Key key = {.name = node->key, .type = KEY_TEXTS};
    if (!tree_read_value(node, &key, loader->arena, loader->diags, &words))
        return false;
    bool good = true;
    const Node *item = node->kind == NODE_LIST ? node->first : node;
    for (size_t i = 0; words[i]; i++, item = item->next) {
        int index = index_in(names, words[i]);
        if (index >= 0) {
            *ret_bits |= 1u << index;
            continue;
        }
        g_autofree char *allowed = g_strjoinv(", ", (char **)names);
        const char *near = diag_nearest(words[i], names);
        diags_add(loader->diags, "C036", item->place, "%s must be one of %s, not '%s'%s%s%s", what,
                  allowed, words[i], near ? ", did you mean '" : "", near ? near : "",
                  near ? "'?" : "");
        good = false;
    }
    return good;
}

static int default_severity(const Step *step)
{
    static const struct {
        const char *name;
        int severity;
    } known[] = {{"final_notice", SEVERITY_MEDIUM},
                 {"suspended", SEVERITY_HIGH},
                 {"disconnected", SEVERITY_HIGH},
                 {"formal_notice", SEVERITY_HIGH},
                 {"pre_collections", SEVERITY_HIGH}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, step->name) == 0)
            return known[i].severity;
    return step->suspends || step->collections || step->legal || step->disconnects ? SEVERITY_HIGH
                                                                                   : SEVERITY_LOW;
}

static void derive(Step *step)
{
    for (size_t i = 0; i < step->n_on_enter; i++) {
        const Verb *verb = verb_by_name(step->on_enter[i].verb);
        unsigned flags = verb ? verb->flags : 0;
        step->suspends = step->suspends || flags & VERB_SUSPENDS;
        step->collections = step->collections || flags & VERB_COLLECTS;
        step->disconnects = step->disconnects || flags & VERB_DISCONNECTS;
    }
    step->collections = step->collections || strcmp(step->name, "collections") == 0;
    step->legal =
        step->legal || strcmp(step->name, "legal") == 0 || step->needs & NEED_LEGAL_APPROVAL;
}

/* The notice's carriers leave the list of actions: they are one notice, whichever channel takes it.
 */
static void part_deliveries(const Loader *loader, const ActionRule *rules, size_t n, Step *step)
{
    ActionRule *acts = arena_new0(loader->arena, ActionRule, n),
               *deliveries = arena_new0(loader->arena, ActionRule, n);
    for (size_t i = 0; i < n; i++) {
        const Verb *verb = verb_by_name(rules[i].verb);
        if (!verb || !(verb->flags & VERB_MESSAGE)) {
            acts[step->n_on_enter++] = rules[i];
            continue;
        }
        ActionRule *delivery = &deliveries[step->n_deliveries++];
        *delivery = rules[i];
        const char *channel = strchr(rules[i].verb, '.') + 1;
        for (size_t c = 0; c < loader->book->n_message_channels; c++)
            if (strcmp(loader->book->message_channels[c].verb, rules[i].verb) == 0)
                channel = loader->book->message_channels[c].name;
        delivery->name = channel;
    }
    step->on_enter = acts;
    step->deliveries = deliveries;
}

static bool read_undo(const Loader *loader, const Node *undo, Step *step)
{
    const char *const *undone = NULL;
    const Key key = {.name = "undo", .type = KEY_TEXTS};
    if (!tree_read_value(undo, &key, loader->arena, loader->diags, &undone))
        return false;
    bool good = true;
    ActionRule *rules = (ActionRule *)step->on_enter; /* the step's own copy */
    for (size_t i = 0; i < step->n_on_enter; i++)
        if (rules[i].undo && index_in(undone, rules[i].undo) < 0)
            rules[i].undo = NULL;
    const Node *item = undo->kind == NODE_LIST ? undo->first : undo;
    for (size_t u = 0; undone[u]; u++, item = item->next) {
        bool used = false;
        for (size_t i = 0; i < step->n_on_enter; i++)
            used = used || g_strcmp0(rules[i].undo, undone[u]) == 0;
        if (!used) {
            diags_add(loader->diags, "C056", item->place,
                      "'%s' takes back nothing that 'on_enter' of step '%s' does", undone[u],
                      step->name);
            good = false;
        }
    }
    return good;
}

static bool read_minimum(const Loader *loader, const StepSource *source, const Settings *settings,
                         Step *step)
{
    const Limit *limits = NULL;
    size_t n = 0;
    if (!limits_read(loader, source->minimum_cents, source->minimum, settings->currency, &limits,
                     &n))
        return false;
    step->minimum = n > 0 ? limits[0] : (Limit){.minor = AMOUNT_NONE};
    step->minimums = n > 1 ? limits + 1 : NULL;
    step->n_minimums = n > 1 ? n - 1 : 0;
    return true;
}

static void name_notice(const StepSource *source, bool has_notice, Step *step)
{
    if (source->notice && strcmp(source->notice, "none") == 0)
        has_notice = false;
    else if (source->notice || source->template_name || step->n_deliveries > 0)
        has_notice = true;
    if (!has_notice)
        return;
    step->notice = source->notice ? source->notice : step->name;
    step->notice_template = source->template_name ? source->template_name : step->notice;
    for (size_t i = step->n_deliveries; i-- > 0 && !source->template_name;)
        if (step->deliveries[i].template_name)
            step->notice_template = step->deliveries[i].template_name;
}

/* names: those of `also`. */
static bool build_step(const Loader *loader, const StepSource *source, const Settings *settings,
                       bool has_notice, Step *step)
{
    *step = (Step){.name = source->name,
                   .place = step->place,
                   .from = source->from,
                   .to = source->to,
                   .wait = source->wait,
                   .skippable = source->skippable,
                   .final = source->final,
                   .executes_by = source->executes_by};
    const ActionRule *rules;
    size_t n;
    bool good = action_list_read(loader, source->also, source->acts, &rules, &n);
    part_deliveries(loader, rules, n, step);
    if (source->undo)
        good = read_undo(loader, source->undo, step) && good;
    if (source->needs)
        good = read_words(loader, source->needs, need_names, "a need", &step->needs) && good;
    if (source->executes_by)
        good = action_named(loader, source->executes_by, step->place) && good;
    good = read_minimum(loader, source, settings, step) && good;
    derive(step);
    name_notice(source, has_notice && !step->legal, step);
    step->severity = source->severity >= 0 ? source->severity : default_severity(step);
    return good;
}

static bool step_name_is_free(const Loader *loader, const Step *steps, size_t n, const char *name,
                              DiagPlace place)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(steps[i].name, name) != 0)
            continue;
        diags_add(loader->diags, "C059", place, "a step called '%s' stands at %d:%d already", name,
                  steps[i].place.line, steps[i].place.column);
        return false;
    }
    return true;
}

static bool count_is_good(const Loader *loader, const Node *node, size_t n)
{
    if (n >= 1 && n <= POLICY_MAX_STEPS)
        return true;
    diags_add(loader->diags, "C033", node->place, "a policy has 1 to %d steps, not %zu",
              POLICY_MAX_STEPS, n);
    return false;
}

/* ---- forms
 * ------------------------------------------------------------------------------------------------------
 */

static bool read_notices(const Loader *loader, const Node *map, Policy *policy)
{
    const Node *notices = node_get(map, "notices");
    return !notices || node_is_null(notices) ||
           read_words(loader, notices, notice_names, "a notice", &policy->notices);
}

/* Stage after stage; the target's first age decides, the wait governs when late (§6.3). */
static void chain_moves(const Loader *loader, Policy *policy)
{
    size_t n = policy->n_steps - 1;
    Move *moves = arena_new0(loader->arena, Move, n);
    for (size_t i = 0; i < n; i++)
        moves[i] = (Move){.from = i,
                          .to = i + 1,
                          .wait_days = policy->steps[i].wait,
                          .place = policy->steps[i + 1].place};
    policy->moves = moves;
    policy->n_moves = n;
    ((Step *)policy->steps)[n].final = true;
}

/* Where `auto_suspend: false`, what a policy may not do is not in its steps. */
static size_t without_suspending(ActionRule *rules, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const Verb *verb = verb_by_name(rules[i].verb);
        if (!verb || !(verb->flags & VERB_SUSPENDS))
            rules[kept++] = rules[i];
    }
    return kept;
}

static bool executes_by(const Loader *loader, const Node *map, const LadderSource *source,
                        Policy *policy, Step *steps)
{
    if (!source->executes_by)
        return true;
    policy->became = action_named(loader, source->executes_by, node_get(map, "executes_by")->place);
    policy->needs_manager_approval = true;
    for (size_t i = 0; i < policy->n_steps; i++) {
        if (!steps[i].executes_by)
            steps[i].executes_by = source->executes_by;
        if (steps[i].collections || steps[i].legal)
            steps[i].needs |= NEED_MANAGER_APPROVAL;
    }
    return policy->became != NULL;
}

static bool read_stage(const Loader *loader, const Node *node, const LadderSource *ladder,
                       const Policy *policy, Step *steps, size_t i)
{
    StepSource source = {.to = INT64_MAX, .severity = -1};
    if (!tree_read(node, stage_keys, G_N_ELEMENTS(stage_keys), loader->arena, loader->diags,
                   &source) ||
        !step_name_is_free(loader, steps, i, source.name, node_get(node, "name")->place))
        return false;
    steps[i].place = node->place;
    bool good = build_step(loader, &source, policy->settings, true, &steps[i]);
    if (!ladder->auto_suspend) {
        steps[i].n_on_enter =
            without_suspending((ActionRule *)steps[i].on_enter, steps[i].n_on_enter);
        steps[i].suspends = false;
    }
    return good;
}

static bool compile_ladder(const Loader *loader, const Node *map, Policy *policy)
{
    LadderSource source = {0};
    policy->form = POLICY_LADDER;
    if (!tree_read(map, ladder_keys, G_N_ELEMENTS(ladder_keys), loader->arena, loader->diags,
                   &source))
        return false;
    if (source.stages->kind != NODE_LIST)
        return wrong_shape(loader, source.stages, "a list of stages");
    if (!count_is_good(loader, source.stages, source.stages->n))
        return false;
    policy->automated_notices = source.automated_notices;
    policy->auto_suspend = source.auto_suspend;
    Step *steps = arena_new0(loader->arena, Step, source.stages->n);
    bool good = read_notices(loader, map, policy);
    size_t i = 0;
    for (const Node *stage = source.stages->first; stage; stage = stage->next, i++)
        if (!read_stage(loader, stage, &source, policy, steps, i)) {
            steps[i].name = steps[i].name ? steps[i].name : "";
            good = false;
        }
    policy->steps = steps;
    policy->n_steps = i;
    if (source.with_first_notice)
        good = action_list_read(loader, NULL, source.with_first_notice, &policy->with_first_notice,
                                &policy->n_with_first_notice) &&
               good;
    good = executes_by(loader, map, &source, policy, steps) && good;
    if (!good)
        return false;
    chain_moves(loader, policy);
    return ladder_check(loader, policy);
}

static bool read_threshold(const Loader *loader, const ScanSource *scan, const Node *threshold,
                           const Policy *policy, Step *steps, size_t i)
{
    static const Key key = {.name = "scan_over_days", .type = KEY_INT, .least = 0, .most = 3650};
    int64_t days;
    if (!tree_read_value(threshold, &key, loader->arena, loader->diags, &days))
        return false;
    const Node *notice = node_get(scan->notices, threshold->text);
    if (!notice || notice->kind != NODE_SCALAR) {
        diags_add(loader->diags, "C034", scan->notices->place,
                  "the threshold %s has no notice here", threshold->text);
        return false;
    }
    StepSource source = {
        .name = notice->text, .from = days + 1, .to = INT64_MAX, .severity = -1, .skippable = true};
    source.also = scan->also ? node_get(scan->also, threshold->text) : NULL;
    if (!step_name_is_free(loader, steps, i, source.name, notice->place))
        return false;
    steps[i].place = threshold->place;
    if (i > 0 && days < steps[i - 1].from) {
        diags_add(loader->diags, "C053", threshold->place,
                  "the threshold %" PRId64 " does not rise above %" PRId64, days,
                  steps[i - 1].from - 1);
        return false;
    }
    if (i > 0)
        steps[i - 1].to = days;
    return build_step(loader, &source, policy->settings, true, &steps[i]);
}

/* Keys of a map by threshold that are no threshold. */
static bool check_thresholds(const Loader *loader, const Node *map, const Node *thresholds)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map by threshold");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const Node *item = thresholds->first; item; item = item->next)
        g_ptr_array_add(names, (gpointer)(item->kind == NODE_SCALAR ? item->text : ""));
    g_ptr_array_add(names, NULL);
    bool good = true;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (index_in((const char *const *)names->pdata, entry->key) >= 0)
            continue;
        loader_unknown(loader, "C054", entry->key_place, "threshold", entry->key,
                       (const char *const *)names->pdata);
        good = false;
    }
    return good;
}

static bool compile_scan(const Loader *loader, const Node *map, Policy *policy)
{
    ScanSource source = {0};
    policy->form = POLICY_SCAN;
    if (!tree_read(map, scan_keys, G_N_ELEMENTS(scan_keys), loader->arena, loader->diags, &source))
        return false;
    if (source.thresholds->kind != NODE_LIST)
        return wrong_shape(loader, source.thresholds, "a list of days");
    if (!count_is_good(loader, source.thresholds, source.thresholds->n) ||
        !check_thresholds(loader, source.notices, source.thresholds) ||
        !check_thresholds(loader, source.also, source.thresholds))
        return false;
    Step *steps = arena_new0(loader->arena, Step, source.thresholds->n);
    bool good = true;
    size_t i = 0;
    for (const Node *threshold = source.thresholds->first; threshold && good;
         threshold = threshold->next, i++)
        good = read_threshold(loader, &source, threshold, policy, steps, i);
    policy->steps = steps;
    policy->n_steps = i;
    if (!good)
        return false;
    chain_moves(loader, policy);
    return ladder_check(loader, policy);
}

/* Entering Suspended suspends the service: by the action of `actions:` that does it, or by the hub
 * itself. */
static void give_suspension(const Loader *loader, Step *step)
{
    static const char *const nobody[] = {NULL};
    static const ActionRule built_in = {.name = "suspend_service",
                                        .verb = "service.suspend",
                                        .via = nobody,
                                        .effect = EFFECT_WRITE,
                                        .adverse = true,
                                        .undo = "service.restore"};
    const ActionRule *chosen = &built_in;
    for (size_t i = 0; i < step->n_on_enter; i++)
        if (strcmp(step->on_enter[i].verb, "service.suspend") == 0)
            return;
    for (size_t i = 0; i < loader->book->n_actions; i++)
        if (strcmp(loader->book->actions[i].verb, "service.suspend") == 0)
            chosen = &loader->book->actions[i];
    ActionRule *rules = arena_new0(loader->arena, ActionRule, step->n_on_enter + 1);
    rules[0] = *chosen;
    for (size_t i = 0; i < step->n_on_enter; i++)
        rules[i + 1] = step->on_enter[i];
    step->on_enter = rules;
    step->n_on_enter++;
}

static bool check_steps_named(const Loader *loader, const Node *map, const Policy *policy)
{
    if (!map)
        return true;
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map by step");
    const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
    for (size_t i = 0; i < policy->n_steps; i++)
        names[i] = policy->steps[i].name;
    bool good = true;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (policy_step(policy, entry->key))
            continue;
        loader_unknown(loader, "C054", entry->key_place, "step", entry->key,
                       (const char *const *)names);
        good = false;
    }
    return good;
}

static bool compile_module(const Loader *loader, const Node *map, Policy *policy)
{
    ModuleSource source = {0};
    policy->form = POLICY_MODULE;
    if (!tree_read(map, module_keys, G_N_ELEMENTS(module_keys), loader->arena, loader->diags,
                   &source))
        return false;
    const Node *list = node_get(map, "steps"), *item = list->kind == NODE_LIST ? list->first : list;
    size_t n = g_strv_length((char **)source.steps);
    if (!count_is_good(loader, list, n))
        return false;
    Step *steps = arena_new0(loader->arena, Step, n);
    bool good = read_notices(loader, map, policy);
    for (size_t i = 0; i < n; i++, item = item->next) {
        StepSource step = {.name = source.steps[i], .severity = -1, .to = INT64_MAX};
        step.also =
            source.also && source.also->kind == NODE_MAP ? node_get(source.also, step.name) : NULL;
        step.final = strcmp(step.name, "paid_by_customer") == 0;
        good = step_name_is_free(loader, steps, i, step.name, item->place) && good;
        steps[i].place = item->place;
        good = build_step(loader, &step, policy->settings, false, &steps[i]) && good;
        if (strcmp(step.name, "suspended") == 0) {
            give_suspension(loader, &steps[i]);
            steps[i].suspends = true;
        }
        steps[i].disconnects = steps[i].disconnects || strcmp(step.name, "disconnected") == 0;
    }
    policy->steps = steps;
    policy->n_steps = n;
    good = check_steps_named(loader, source.also, policy) && good;
    if (good && !policy_step(policy, policy->settings->first_step)) {
        loader_unknown(loader, "C054", list->place, "'first_step'", policy->settings->first_step,
                       source.steps);
        good = false;
    }
    return good;
}

/* ---- graphs
 * -----------------------------------------------------------------------------------------------------
 */

static bool read_graph_step(const Loader *loader, const Node *node, const Policy *policy,
                            Step *step)
{
    StepSource source = {
        .name = arena_strdup(loader->arena, node->key), .to = INT64_MAX, .severity = -1};
    *step = (Step){.name = source.name, .place = node->key_place};
    if (!node_is_null(node) &&
        !tree_read(node, step_keys, G_N_ELEMENTS(step_keys), loader->arena, loader->diags, &source))
        return false;
    return build_step(loader, &source, policy->settings, false, step);
}

/* The step where accounts begin stands first. */
static bool read_graph_steps(const Loader *loader, const Node *map, const GraphSource *source,
                             Policy *policy)
{
    if (source->steps->kind != NODE_MAP)
        return wrong_shape(loader, source->steps, "a map of steps");
    if (!count_is_good(loader, source->steps, source->steps->n))
        return false;
    Step *steps = arena_new0(loader->arena, Step, source->steps->n);
    const Node *start =
        source->start ? node_get(source->steps, source->start) : source->steps->first;
    policy->steps = steps;
    bool good = true;
    if (start)
        good = read_graph_step(loader, start, policy, &steps[policy->n_steps++]);
    for (const Node *entry = source->steps->first; entry; entry = entry->next)
        if (entry != start)
            good = read_graph_step(loader, entry, policy, &steps[policy->n_steps++]) && good;
    if (!start) {
        const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
        for (size_t i = 0; i < policy->n_steps; i++)
            names[i] = steps[i].name;
        loader_unknown(loader, "C054", node_get(map, "start")->place, "step", source->start,
                       (const char *const *)names);
        good = false;
    }
    return good;
}

static bool find_step(const Loader *loader, const Policy *policy, const char *name, DiagPlace place,
                      size_t *ret_index)
{
    const Step *step = policy_step(policy, name);
    if (step) {
        *ret_index = (size_t)(step - policy->steps);
        return true;
    }
    const char **names = arena_new0(loader->arena, const char *, policy->n_steps + 1);
    for (size_t i = 0; i < policy->n_steps; i++)
        names[i] = policy->steps[i].name;
    loader_unknown(loader, "C054", place, "step", name, (const char *const *)names);
    return false;
}

static bool read_move(const Loader *loader, const Node *node, const Policy *policy, GArray *moves)
{
    MoveSource source = {.wait_days = -1};
    Move move = {.place = node->place};
    if (!tree_read(node, move_keys, G_N_ELEMENTS(move_keys), loader->arena, loader->diags, &source))
        return false;
    bool good = find_step(loader, policy, source.to, node_get(node, "to")->place, &move.to);
    if (source.when) {
        move.when = condition_read(loader, source.when, &move.when_text);
        good = move.when && good;
    }
    const Node *from = node_get(node, "from"), *item = from->kind == NODE_LIST ? from->first : from;
    for (size_t i = 0; source.from[i]; i++, item = item->next) {
        if (!find_step(loader, policy, source.from[i], item->place, &move.from)) {
            good = false;
            continue;
        }
        move.wait_days = source.wait_days >= 0 ? source.wait_days : policy->steps[move.from].wait;
        g_array_append_val(moves, move);
    }
    return good;
}

static bool compile_graph(const Loader *loader, const Node *map, Policy *policy)
{
    GraphSource source = {0};
    policy->form = POLICY_GRAPH;
    if (!tree_read(map, graph_keys, G_N_ELEMENTS(graph_keys), loader->arena, loader->diags,
                   &source))
        return false;
    bool good = read_notices(loader, map, policy);
    good = read_graph_steps(loader, map, &source, policy) && good;
    g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(Move));
    if (source.moves && source.moves->kind != NODE_LIST)
        return wrong_shape(loader, source.moves, "a list of moves");
    for (const Node *move = source.moves ? source.moves->first : NULL; move; move = move->next)
        good = read_move(loader, move, policy, moves) && good;
    policy->moves = arena_dup(loader->arena, moves->data, moves->len * sizeof(Move));
    policy->n_moves = moves->len;
    return good && graph_check(loader, policy);
}

/* ---- one policy
 * -------------------------------------------------------------------------------------------------
 */

static bool read_mapping(const Loader *loader, const Node *node, Policy *policy)
{
    if (node->kind != NODE_MAP)
        return wrong_shape(loader, node, "a map of old steps to new ones");
    StepMapping *mappings = arena_new0(loader->arena, StepMapping, node->n);
    bool good = true;
    size_t n = 0, index;
    for (const Node *entry = node->first; entry; entry = entry->next) {
        if (entry->kind != NODE_SCALAR) {
            good = wrong_shape(loader, entry, "the name of a step");
            continue;
        }
        good = find_step(loader, policy, entry->text, entry->place, &index) && good;
        mappings[n++] = (StepMapping){arena_strdup(loader->arena, entry->key),
                                      arena_strdup(loader->arena, entry->text)};
    }
    policy->mappings = mappings;
    policy->n_mappings = n;
    return good;
}

/* The mode is no part of a version: an account on an old one goes live with the newest. */
static void keep_source(const Loader *loader, const Node *map, Policy *policy)
{
    g_autoptr(json_t) json = node_to_json(map);
    json_object_del(json, "mode");
    json_object_del(json, "source");
    g_autofree char *canonical = json_canonical(json);
    policy->source_json = arena_strdup(loader->arena, canonical);
    Hash hash = hash_of(canonical, strlen(canonical));
    hash_hex(&hash, policy->hash);
}

static bool read_own_settings(const Loader *loader, const Node *map, Policy *policy)
{
    Settings *settings = arena_dup(loader->arena, &loader->book->settings, sizeof *settings);
    policy->settings = settings;
    const Node *own = node_get(map, "settings");
    return !own || node_is_null(own) || settings_read(loader, own, settings);
}

static bool compile_form(const Loader *loader, const Node *map, Policy *policy)
{
    const Node *steps = node_get(map, "steps");
    if (node_get(map, "stages"))
        return compile_ladder(loader, map, policy);
    if (node_get(map, "scan_over_days"))
        return compile_scan(loader, map, policy);
    if (node_get(map, "moves") || (steps && steps->kind == NODE_MAP))
        return compile_graph(loader, map, policy);
    if (steps)
        return compile_module(loader, map, policy);
    diags_add(loader->diags, "C034", map->place,
              "policy '%s' has none of 'stages', 'scan_over_days', 'steps' and 'extends'",
              policy->name);
    return false;
}

bool policy_compile(const Loader *loader, const char *name, const Node *map, int64_t version,
                    Policy *ret_policy)
{
    static const Key mode_key = {.name = "mode", .type = KEY_CHOICE, .choices = mode_names};
    if (map->kind != NODE_MAP)
        return wrong_shape(loader, map, "a map");
    Policy policy = {.name = arena_strdup(loader->arena, name),
                     .version = version,
                     .automated_notices = true,
                     .auto_suspend = true,
                     .place = map->key_place};
    const Node *whole = policy_expand(loader, name, map);
    if (!whole || !read_own_settings(loader, whole, &policy) ||
        !compile_form(loader, whole, &policy))
        return false;
    const Node *mode = node_get(whole, "mode"), *mapping = node_get(whole, "mapping");
    if (mode && !tree_read_value(mode, &mode_key, loader->arena, loader->diags, &policy.mode))
        return false;
    if (mapping && !node_is_null(mapping) && !read_mapping(loader, mapping, &policy))
        return false;
    keep_source(loader, whole, &policy);
    *ret_policy = policy;
    return true;
}

bool policy_load(const char *name, const Node *node, const Rulebook *book, int64_t version,
                 Arena *arena, Diags *diags, Policy *ret_policy)
{
    Loader loader = {arena, diags, book, NULL};
    return policy_compile(&loader, name, node, version, ret_policy);
}

const Node *policy_changed(const Policy *policy, const Node *changes, Arena *arena, Diags *diags)
{
    Loader loader = {arena, diags, NULL, NULL};
    g_autoptr(json_t) json =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    json_object_set_new(json, "mode", json_string(mode_names[policy->mode]));
    const Node *source =
        node_from_json(json, arena_printf(arena, "policy %s", policy->name), arena);
    return policy_with_changes(&loader, source, changes);
}

/* ---- lookups
 * ----------------------------------------------------------------------------------------------------
 */

const Step *policy_step(const Policy *policy, const char *name)
{
    for (size_t i = 0; name && i < policy->n_steps; i++)
        if (strcmp(policy->steps[i].name, name) == 0)
            return &policy->steps[i];
    return NULL;
}

const char *policy_map_step(const Policy *policy, const char *step)
{
    if (policy_step(policy, step))
        return step;
    for (size_t i = 0; i < policy->n_mappings; i++)
        if (strcmp(policy->mappings[i].from, step) == 0)
            return policy->mappings[i].to;
    return NULL;
}

const char *const *policy_unmapped_steps(const Policy *older, const Policy *newer, Arena *arena)
{
    const char **steps = arena_new0(arena, const char *, older->n_steps + 1);
    size_t n = 0;
    for (size_t i = 0; i < older->n_steps; i++)
        if (!policy_map_step(newer, older->steps[i].name))
            steps[n++] = older->steps[i].name;
    return (const char *const *)steps;
}
