/* The tables of keys of policies and graphs. */
#include "escalation/policy_load.h"

const char *const mode_names[] = {"live", "plan", "observe", NULL};
const char *const count_names[] = {"overdue", "due_month_end", "overdue_month_end",
                                   "previous_notice", NULL};
static const char *const severity_names[] = {"low", "medium", "high", NULL};
const char *const notice_names[] = {"invoice", "reminder", "overdue", "delinquency", NULL};
const char *const need_names[] = {"collections_unsuccessful", "legal_approval",
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
        {.name = "enter_when",                                                                     \
         .type = KEY_NODE,                                                                         \
         .offset = offsetof(Source, common.enter_when),                                            \
         .doc = "Condition that must hold too before an account becomes delinquent, "              \
                "docs/reference/conditions.md; one that is delinquent stays so."},                 \
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

const Key ladder_keys[] = {
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
    {.name = "count_from",
     .type = KEY_CHOICE,
     AT(LadderSource, count_from),
     .choices = count_names,
     .default_text = "overdue",
     .doc = "What the stages' days are counted from: overdue, day 1 is the overdue date; "
            "due_month_end or overdue_month_end, day 1 is the day after the end of the month in "
            "which the invoice was due or fell overdue; previous_notice is for single stages."},
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
const size_t n_ladder_keys = G_N_ELEMENTS(ladder_keys);
const Key scan_keys[] = {
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
    {.name = "fees",
     .type = KEY_NODE,
     AT(ScanSource, fees),
     .doc = "Fee of a threshold, as a step's fee: {\"10\": \"15.00 USD\"}."},
};
const size_t n_scan_keys = G_N_ELEMENTS(scan_keys);
const Key module_keys[] = {
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
    {.name = "fees",
     .type = KEY_NODE,
     AT(ModuleSource, fees),
     .doc = "Fee of a step, beside the late fee of the settings: {suspended: \"15.00 USD\"}."},
};
const size_t n_module_keys = G_N_ELEMENTS(module_keys);
const Key graph_keys[] = {
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
const size_t n_graph_keys = G_N_ELEMENTS(graph_keys);

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
        {.name = "fee",                                                                            \
         .type = KEY_NODE,                                                                         \
         AT(StepSource, fee),                                                                      \
         .doc = "Fee charged when the step is entered: \"15.00 USD\", or a map of fixed or "       \
                "basis_points."},                                                                  \
        {.name = "minimum_cents",                                                                  \
         .type = KEY_NODE,                                                                         \
         AT(StepSource, minimum_cents),                                                            \
         .doc = "The same in minor units."},                                                       \
    {                                                                                              \
        .name = "needs", .type = KEY_NODE, AT(StepSource, needs),                                  \
        .doc = "List of collections_unsuccessful, legal_approval, account_manager_approval."       \
    }

const Key stage_keys[] = {
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
     .doc = "First age in days; after previous_notice: days since the stage before was executed."},
    {.name = "count_from",
     .type = KEY_CHOICE,
     AT(StepSource, count_from),
     .choices = count_names,
     .doc = "What from and to are counted from; default that of the policy. previous_notice: days "
            "since the stage before was executed, a hold's not counted; such a stage has no to."},
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
     .default_text = "0",
     .doc = "Least days from the stage's execution until it is left forward."},
    {.name = "when",
     .type = KEY_NODE,
     AT(StepSource, when),
     .doc = "Condition that must hold too before the stage is entered, "
            "docs/reference/conditions.md; until then the account stays where it is."},
    {.name = "skippable",
     .type = KEY_BOOL,
     AT(StepSource, skippable),
     .default_text = "false",
     .doc = "May be skipped when it is late."},
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
const size_t n_stage_keys = G_N_ELEMENTS(stage_keys);
const Key step_keys[] = {
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
     .default_text = "false",
     .doc = "No move begins here."},
    {.name = "wait",
     .type = KEY_INT,
     AT(StepSource, wait),
     .least = 0,
     .most = 3650,
     .doc = "Default of its moves' wait_days."},
    STEP_COMMON,
};
const size_t n_step_keys = G_N_ELEMENTS(step_keys);
const Key move_keys[] = {
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
const size_t n_move_keys = G_N_ELEMENTS(move_keys);

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
