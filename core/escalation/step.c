/* A step's life: entered, executed when its notice is accepted, left (§6.1), and what a person has
 * to see about it. */
#include <string.h>

#include "escalation/deciding.h"

static bool needs_notice(const Deciding *d, const Policy *policy, const Step *step,
                         const Cycle *cycle)
{
    (void)d;
    if (policy->form == POLICY_MODULE)
        return (policy->notices & NOTICES_DELINQUENCY) &&
               cycle->delinquent_since == cycle->step_since && !cycle->last_step;
    return step->notice != NULL;
}

static bool needs_task(const Policy *policy, const Step *step)
{
    return policy->became && step->notice && (!policy->automated_notices || step->executes_by);
}

static const char *notice_name(const Policy *policy, const Step *step)
{
    return policy->form == POLICY_MODULE ? "delinquency" : step->notice;
}

static void stand_on(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step)
{
    if (!text_same(cycle->policy, policy->name))
        cycle->first_notice_under = DATE_NONE;
    cycle->policy = arena_strdup(d->arena, policy->name);
    cycle->policy_hash = arena_strdup(d->arena, policy->hash);
    cycle->policy_version = policy->version;
    cycle->segment = arena_strdup(d->arena, d->state->account.segment);
    cycle->step = arena_strdup(d->arena, step->name);
    cycle->step_since = d->today;
    cycle->entry++;
}

static json_t *step_detail(const Deciding *d, const Cycle *cycle, const char *how)
{
    int64_t age;
    const InvoiceBalance *anchor = age_anchor(d->state, &d->ledger, cycle->currency, &age);
    return json_pack("{s:s,s:s,s:s,s:I,s:I,s:s?,s:I,s:s}", "how", how, "cycle", cycle->id, "policy",
                     cycle->policy, "policy_version", (json_int_t)cycle->policy_version, "age",
                     (json_int_t)age, "anchor", anchor ? anchor->invoice->id : NULL, "overdue",
                     (json_int_t)ledger_currency(&d->ledger, cycle->currency).overdue, "currency",
                     cycle->currency.code);
}

static const char *rule_of(Deciding *d, const Policy *policy)
{
    return arena_printf(d->arena, "policy %s version %" G_GINT64_FORMAT, policy->name,
                        policy->version);
}

void step_enter(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step, const char *how)
{
    bool is_entry = strcmp(how, "entry") == 0;
    bool by_hand = strcmp(how, "person") == 0;
    const char *left = cycle->step;
    if (left)
        hub_event(d, cycle, "case.step_left", json_pack("{s:s}", "reason", how));
    cycle->last_step = NULL;
    stand_on(d, cycle, policy, step);
    cycle->executed_on = cycle->dwell_from = DATE_NONE;
    cycle->dwell_days = step->wait;
    cycle->awaiting = NULL;
    if (step->disconnects)
        d->state->account.disconnected = true;
    reason_add(d, "step_entered", rule_of(d, policy), step->name, NULL, step_detail(d, cycle, how),
               "step %s begins", step->name);
    hub_event(d, cycle, "case.step_entered", json_pack("{s:s}", "how", how));
    fee_on_step(d, cycle, step);
    d->stepped = words_add(d->arena, d->stepped, cycle->currency.code);
    bool silent = policy->form == POLICY_MODULE ? !is_entry || !needs_notice(d, policy, step, cycle)
                                                : !step->notice;
    if (silent || (by_hand && policy->form == POLICY_MODULE))
        step_execute(d, cycle);
    else
        step_ensure(d, cycle);
}

void step_resume(Deciding *d, Cycle *cycle, const char *how)
{
    const Policy *policy = cycle_policy(d, cycle);
    if (!text_same(policy->name, d->policy->name) && policy_step(d->policy, cycle->last_step))
        policy = d->policy;
    const Step *step = policy_step(policy, cycle->last_step);
    bool executed = cycle->executed_on != DATE_NONE;
    int64_t dwell_days = cycle->dwell_days;
    stand_on(d, cycle, policy, step);
    cycle->dwell_days = executed ? dwell_days : step->wait;
    cycle->dwell_from = d->today;
    cycle->last_step = NULL;
    reason_add(d, "resumed", "§4 reversal, §5", step->name, how, step_detail(d, cycle, how),
               "the account goes on at step %s; nothing is repeated, the dwell counts from today",
               step->name);
    hub_event(d, cycle, "case.step_entered", json_pack("{s:s}", "how", how));
    acts_redo_cycle(d, cycle);
}

/* ---- execution ------------------------------------------------------------------------------- */

static bool suspends_by_itself(const Step *step)
{
    for (size_t i = 0; i < step->n_on_enter; i++)
        if (strcmp(step->on_enter[i].verb, "service.suspend") == 0)
            return true;
    return false;
}

static void plan_actions(Deciding *d, Cycle *cycle, const ActionRule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (g_str_has_prefix(rules[i].verb, "message.") || !rule_applies(d, cycle, rules[i].when))
            continue;
        ActPlan plan = {.rule = &rules[i], .cycle = cycle, .purpose = "step_entered"};
        act_plan(d, &plan);
    }
}

static void plan_module_suspension(Deciding *d, Cycle *cycle, const Policy *policy,
                                   const Step *step)
{
    if (policy->form != POLICY_MODULE || !step->suspends || step->disconnects ||
        !d->settings->auto_suspend || suspends_by_itself(step))
        return;
    ActionRule rule = action_of_verb(d, "service.suspend");
    ActPlan plan = {.rule = &rule, .cycle = cycle, .purpose = "step_entered"};
    act_plan(d, &plan);
}

void step_execute(Deciding *d, Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    if (!step || cycle->executed_on != DATE_NONE)
        return;
    cycle->executed_on = cycle->dwell_from = d->today;
    cycle->dwell_days = step->wait;
    reason_add(d, "step_executed", "§6.1", step->name, NULL, NULL, "step %s is executed",
               step->name);
    bool is_module = policy->form == POLICY_MODULE;
    if (!is_module || !step->suspends || d->settings->auto_suspend)
        plan_actions(d, cycle, step->on_enter, step->n_on_enter);
    plan_module_suspension(d, cycle, policy, step);
    if (cycle->first_notice_under == DATE_NONE && step->notice && !is_module) {
        cycle->first_notice_under = d->today;
        plan_actions(d, cycle, policy->with_first_notice, policy->n_with_first_notice);
    }
}

void step_unexecute(Deciding *d, Cycle *cycle)
{
    if (cycle->executed_on == DATE_NONE)
        return;
    cycle->executed_on = cycle->dwell_from = DATE_NONE;
    reason_add(d, "step_unexecuted", "§8", cycle->step, NULL, NULL,
               "the message came back: step %s is not executed", cycle->step);
}

/* A manual entry sends no demand before the rule holds by itself (§4). */
static bool rule_holds_now(Deciding *d, Cycle *cycle)
{
    if (cycle->rule_since != DATE_NONE)
        return true;
    if (!entry_holds(d, cycle))
        return false;
    cycle->rule_since = d->today;
    return true;
}

static void open_task(Deciding *d, Cycle *cycle, const Policy *policy)
{
    if (holds_block(d, cycle->currency) & BLOCKS_MESSAGES)
        return;
    ActPlan plan = {
        .rule = policy->became, .cycle = cycle, .purpose = "step_entered", .target = "outreach"};
    act_plan(d, &plan);
}

/* Who asked for silence hears of a specific remedy only; a milder step is recorded as skipped (§5
 * cease). */
static bool is_silenced(const Deciding *d, const Policy *policy, const Step *step)
{
    bool remedy = policy->form == POLICY_MODULE ? step->suspends : !step->skippable;
    return holds_cease(d) && !remedy;
}

static void pass_in_silence(Deciding *d, Cycle *cycle, const Step *step)
{
    reason_add(d, "step_skipped", "§5 cease", step->name, "cease", NULL,
               "step %s passes without its message: the customer asked for silence", step->name);
    step_execute(d, cycle);
}

static void plan_step_notice(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step)
{
    unsigned blocked = holds_block(d, cycle->currency);
    bool demand = ledger_currency(&d->ledger, cycle->currency).overdue > 0;
    if ((blocked & BLOCKS_MESSAGES) || !demand)
        return;
    NoticePlan plan = {
        .name = notice_name(policy, step),
        .template_name = step->notice_template ? step->notice_template : notice_name(policy, step),
        .cycle = cycle,
        .step = step,
        .currency = cycle->currency,
        .severity = NOTICE_SEVERITY_STEP,
    };
    notice_plan(d, &plan);
}

void step_ensure(Deciding *d, Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    bool was_waiting = cycle->rule_since == DATE_NONE;
    bool holds = step && rule_holds_now(d, cycle);
    if (!step || !holds || d->state->account.path ||
        (cycle->executed_on != DATE_NONE && !was_waiting))
        return;
    if (policy->form != POLICY_MODULE && !step->notice)
        return;
    if (needs_task(policy, step))
        open_task(d, cycle, policy);
    else if (is_silenced(d, policy, step))
        pass_in_silence(d, cycle, step);
    else if (policy->form != POLICY_MODULE || (policy->notices & NOTICES_DELINQUENCY))
        plan_step_notice(d, cycle, policy, step);
}

/* ---- what a person has to see ---------------------------------------------------------------- */

Date step_due(const Deciding *d, const Cycle *cycle)
{
    for (size_t i = 0; cycle->step && i < d->settings->n_step_days; i++)
        if (text_same(d->settings->step_days[i].step, cycle->step))
            return dates_add(cycle->step_since, d->settings->step_days[i].days);
    return DATE_NONE;
}

bool step_asks_suspension(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (act_suspends(act) && text_same(act->cycle, cycle->id) &&
            (act->state == ACT_DONE || text_same(act->reason, "already_suspended")))
            return true;
    return false;
}

static bool counts_something(const Deciding *d, Currency currency)
{
    int64_t age;
    return age_anchor(d->state, &d->ledger, currency, &age) != NULL;
}

static void judge_confirmation(Deciding *d, Cycle *cycle)
{
    bool waits = false, by_hand = cycle->rule_since == DATE_NONE;
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (by_hand && act_suspends(act) && act->state == ACT_PLANNED &&
            text_same(act->cycle, cycle->id))
            waits = true;
    const Step *step = cycle_step(d, cycle);
    bool asks = waits || (step && step->suspends && cycle->executed_on == DATE_NONE &&
                          (d->policy->form != POLICY_MODULE || d->settings->auto_suspend));
    bool wanted = asks && cycle->rule_since == DATE_NONE && !cycle->suspension_confirmed;
    if (words_have(cycle->awaiting, "suspension_confirmation") == wanted)
        return;
    if (wanted)
        reason_add(d, "awaiting", "§4 manual entry", "suspension_confirmation", NULL, NULL,
                   "a manual entry suspends only once a person has confirmed it");
    cycle->awaiting = wanted ? words_add(d->arena, cycle->awaiting, "suspension_confirmation")
                             : words_remove(d->arena, cycle->awaiting, "suspension_confirmation");
}

static void judge_module_reasons(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step)
{
    intervene(d, &cycle->reasons, "review",
              step == &policy->steps[0] && !d->state->account.assignee, "§4 steps",
              "a new delinquency is to be reviewed: assign it or move it");
    intervene(d, &cycle->reasons, "suspend_manually",
              step->suspends && !step->disconnects && !d->settings->auto_suspend &&
                  d->state->account.service == SERVICE_ACTIVE,
              "§4 steps", "the step suspends, but not by itself: a person suspends the service");
    intervene(d, &cycle->reasons, "anchor_shift",
              cycle->rule_since != DATE_NONE && counts_something(d, cycle->currency) &&
                  !entry_e1(d, cycle->currency),
              "§6.2", "the oldest debt is paid; no invoice left would lead into delinquency");
    intervene(d, &cycle->reasons, "cancel_manually", step->disconnects, "§4 steps",
              "the subscription is cancelled by a person only");
}

void step_judge_reasons(Deciding *d, Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    if (!step)
        return;
    if (policy->form == POLICY_MODULE)
        judge_module_reasons(d, cycle, policy, step);
    Date due = step_due(d, cycle);
    intervene(d, &cycle->reasons, "step_due",
              policy->form == POLICY_MODULE && due != DATE_NONE && d->today > due, "§4 steps",
              "the step is past its due date");
    judge_confirmation(d, cycle);
}
