/* Forward moves (§6.2-6.5, §7): one a day, when age, dwell, guards, holds and pending money all
 * allow it. */
#include <string.h>

#include "escalation/deciding.h"

static bool is_ladder(const Policy *policy)
{
    return policy->form == POLICY_LADDER || policy->form == POLICY_SCAN;
}

/* The account's age as step `i` counts it. Days since the notice before it are those of the step that stands there. */
static int64_t age_for(const Deciding *d, const Cycle *cycle, const Policy *policy, size_t i)
{
    const Step *step = &policy->steps[i];
    if (step->count_from != COUNT_PREVIOUS_NOTICE)
        return age_greatest(d->state, &d->ledger, cycle->currency, (AgeBasis)step->count_from);
    bool is_next = i > 0 && g_strcmp0(cycle->step, policy->steps[i - 1].name) == 0;
    int64_t age;
    const InvoiceBalance *anchor = age_anchor(d->state, &d->ledger, cycle->currency, &age);
    if (!is_next || !anchor || cycle->dwell_from == DATE_NONE)
        return 0;
    return (int64_t)d->today - cycle->dwell_from -
           age_held_days(d->state, anchor, dates_add(cycle->dwell_from, 1), d->today);
}

/* From `i` on, over skippable steps whose range is past; stops at the first that is not, or that
 * holds the age (§6.5). */
static size_t over_past_steps(const Deciding *d, const Cycle *cycle, const Policy *policy, size_t i)
{
    while (i + 1 < policy->n_steps && policy->steps[i].skippable &&
           age_for(d, cycle, policy, i) > policy->steps[i].to &&
           age_for(d, cycle, policy, i + 1) >= policy->steps[i + 1].from)
        i++;
    return i;
}

static void tell_skipped(Deciding *d, const Policy *policy, size_t from, size_t until, int64_t age)
{
    for (size_t i = from; i < until; i++)
        reason_add(
            d, "step_skipped", "§6.5", policy->steps[i].name, "catch_up",
            json_pack("{s:I,s:I}", "age", (json_int_t)age, "to", (json_int_t)policy->steps[i].to),
            "step %s is skipped: at age %" G_GINT64_FORMAT " its range is past",
            policy->steps[i].name, age);
}

static int64_t age_of(const Deciding *d, Currency currency)
{
    int64_t age;
    age_anchor(d->state, &d->ledger, currency, &age);
    return age;
}

const Step *moves_first_step(const Deciding *d, const Policy *policy, const Cycle *cycle)
{
    if (policy->n_steps == 0)
        return NULL;
    size_t i = is_ladder(policy) ? over_past_steps(d, cycle, policy, 0) : 0;
    return &policy->steps[i];
}

const Step *moves_entry_step(Deciding *d, const Policy *policy, Cycle *cycle)
{
    const Step *step = moves_first_step(d, policy, cycle);
    if (step && is_ladder(policy))
        tell_skipped(d, policy, 0, step_index(policy, step), age_of(d, cycle->currency));
    return step;
}

/* ---- guards ---------------------------------------------------------------------------------- */

static const Limit *limit_of(const Step *step, Currency currency)
{
    if (step->minimum.minor != AMOUNT_NONE && currency_equal(step->minimum.currency, currency))
        return &step->minimum;
    for (size_t i = 0; i < step->n_minimums; i++)
        if (currency_equal(step->minimums[i].currency, currency))
            return &step->minimums[i];
    return NULL;
}

static bool has_limit(const Step *step)
{
    return step->minimum.minor != AMOUNT_NONE || step->n_minimums > 0;
}

/* Balance times expected rate above expected cost; passes if they are not set (§7 collections). */
static bool is_worth_it(const Deciding *d, int64_t balance)
{
    const Settings *s = d->settings;
    if (s->expected_cost == AMOUNT_NONE || s->expected_rate_permille == AMOUNT_NONE)
        return true;
    int64_t expected;
    return money_scale(balance, s->expected_rate_permille, 1000, &expected) &&
           expected > s->expected_cost;
}

static int effect_of_step(const Step *step)
{
    return step->legal         ? GUARD_LEGAL
           : step->collections ? GUARD_COLLECTIONS
           : step->disconnects ? GUARD_DISCONNECTION
           : step->suspends    ? GUARD_SUSPENSION
                               : GUARD_NONE;
}

/* Of an individual in the UK or the Union a person decides (§9 gdpr). */
static bool lacks_person(const Deciding *d, const Cycle *cycle, const Step *step)
{
    int effect = effect_of_step(step);
    RuleSubject subject = rules_subject(&d->state->account);
    return effect != GUARD_NONE && rules_cited(&d->book->rules, RULE_GDPR, &subject, d->today) &&
           !person_decided(d, cycle, effect);
}

static const char *missing_decisions(Deciding *d, const Cycle *cycle, const Step *step)
{
    const char *missing = NULL;
    if (lacks_person(d, cycle, step))
        missing = words_add(d->arena, missing, "person_decision");
    if ((step->needs & NEED_COLLECTIONS_UNSUCCESSFUL) &&
        g_strcmp0(cycle->outcome, "unsuccessful") != 0)
        missing = words_add(d->arena, missing, "collections_unsuccessful");
    if ((step->needs & NEED_LEGAL_APPROVAL) && !approval_valid(d, cycle, "legal"))
        missing = words_add(d->arena, missing, "legal_approval");
    bool manager = (step->needs & NEED_MANAGER_APPROVAL) ||
                   (d->policy->needs_manager_approval && (step->collections || step->legal));
    if (manager && !approval_valid(d, cycle, step->legal ? "vip_legal" : "vip_collections"))
        missing = words_add(d->arena, missing, "account_manager_approval");
    return missing;
}

static void await(Deciding *d, Cycle *cycle, const char *missing)
{
    const char *kept =
        words_have(cycle->awaiting, "suspension_confirmation") ? "suspension_confirmation" : NULL;
    if (kept)
        missing = words_add(d->arena, missing, kept);
    if (g_strcmp0(cycle->awaiting, missing) == 0)
        return;
    cycle->awaiting = missing;
    if (missing)
        reason_add(d, "awaiting", "§7 collections, legal", missing, NULL, NULL,
                   "the next step waits for: %s", missing);
}

static bool amount_allows(Deciding *d, Cycle *cycle, const Step *step, bool *ret_no_limit,
                          bool *ret_below)
{
    *ret_no_limit = *ret_below = false;
    if (!has_limit(step))
        return true;
    int64_t balance = ledger_currency(&d->ledger, cycle->currency).overdue;
    const Limit *limit = limit_of(step, cycle->currency);
    *ret_no_limit = !limit;
    *ret_below = limit && step->collections && (balance < limit->minor || !is_worth_it(d, balance));
    return limit && balance >= limit->minor && !*ret_below;
}

static void tell_amount(Deciding *d, Cycle *cycle, bool no_limit, bool below)
{
    intervene(d, &cycle->reasons, "no_minimum_for_currency", no_limit, "§7 collections",
              "the next step has no limit in this currency");
    intervene(d, &cycle->reasons, "below_minimum", below, "§7 collections",
              "the balance is below the minimum of the next step: a person chooses how to go on");
}

bool moves_guard(Deciding *d, Cycle *cycle, const Step *step)
{
    bool no_limit, below;
    bool enough = amount_allows(d, cycle, step, &no_limit, &below);
    tell_amount(d, cycle, no_limit, below);
    const char *missing = enough ? missing_decisions(d, cycle, step) : NULL;
    await(d, cycle, missing);
    return enough && !missing;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static bool rules_suspend(const ActionRule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (g_str_has_suffix(rules[i].verb, ".suspend"))
            return true;
    return false;
}

static bool would_suspend(const Cycle *cycle, const Policy *policy, const Step *step)
{
    bool first =
        cycle->first_notice_under == DATE_NONE || g_strcmp0(cycle->policy, policy->name) != 0;
    return (step->suspends && !step->disconnects) ||
           (step->notice && first &&
            rules_suspend(policy->with_first_notice, policy->n_with_first_notice));
}

/* A move into a step with a blocked action or message waits as a whole (§5), one to court also for
 * the notice period (§9). NULL: free. */
static const char *blocked_by(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step,
                              GateAnswer *ret_law)
{
    unsigned holds = holds_block(d, cycle->currency);
    bool suspends = would_suspend(cycle, policy, step);
    bool collects = step->collections || step->legal;
    if ((step->notice && (holds & BLOCKS_MESSAGES)) || (suspends && (holds & BLOCKS_SUSPENSION)) ||
        (collects && (holds & BLOCKS_COLLECTIONS)))
        return "hold";
    if (collects && words_have(d->state->account.reasons, "ledgers_disagree"))
        return "ledgers_disagree";
    if (step->legal && !statutory_period_over(d, cycle))
        return "pay_or_quit";
    const char *effect = step->legal         ? "legal"
                         : step->collections ? "collections"
                         : step->disconnects ? "disconnection"
                         : suspends          ? "suspension"
                                             : NULL;
    if (effect && pending_blocks_act(d, cycle, effect))
        return "pending";
    *ret_law = release_guard(d, cycle, effect_of_step(step));
    return ret_law->verdict != GATE_ALLOW ? ret_law->gate : NULL;
}

/* ---- the move -------------------------------------------------------------------------------- */

/* The notice of a manual entry goes out today (§4): no other step overtakes it on that day. */
static bool begins_by_rule(const Deciding *d, const Cycle *cycle)
{
    return text_same(cycle->entry_reason, "manual") && cycle->rule_since == d->today;
}

static bool may_leave(const Deciding *d, const Cycle *cycle)
{
    if (cycle->executed_on == DATE_NONE || cycle->step_since == d->today ||
        begins_by_rule(d, cycle) || cycle->rule_since == DATE_NONE || !acts_required_done(d, cycle))
        return false;
    return cycle->migrated_on == DATE_NONE ||
           d->today >= dates_add(cycle->migrated_on, d->settings->min_notice_days);
}

static const Policy *newest_of(const Deciding *d, const Policy *policy)
{
    const Policy *newest = rulebook_policy(d->book, policy->name, NULL);
    return newest ? newest : policy;
}

static void move_to(Deciding *d, Cycle *cycle, const Policy *guard, const Step *step)
{
    const Policy *policy = newest_of(d, guard);
    const char *name = policy_map_step(policy, step->name);
    const Step *target = name ? policy_step(policy, name) : NULL;
    step_enter(d, cycle, target ? policy : guard, target ? target : step, "move");
}

static void tell_wait(Deciding *d, const Step *step, const char *block, const GateAnswer *law)
{
    if (!d->daily)
        return;
    bool by_law = law->verdict != GATE_ALLOW || strcmp(block, "pay_or_quit") == 0;
    json_t *detail =
        law->rule ? json_pack("{s:s,s:s}", "rule", law->rule->id, "citation", law->rule->citation)
                  : NULL;
    reason_add(d, "move_waits", by_law ? arena_printf(d->arena, "§9 %s", block) : "§5", step->name,
               block, detail, "the move to %s is due and waits: %s", step->name,
               law->reason ? law->reason : block);
}

static void try_move(Deciding *d, Cycle *cycle, const Policy *policy, size_t target, bool due)
{
    const Step *step = &policy->steps[target];
    if (!moves_guard(d, cycle, step) || !due || !rule_applies(d, cycle, step->when))
        return;
    GateAnswer law = {.verdict = GATE_ALLOW};
    const char *block = blocked_by(d, cycle, policy, step, &law);
    if (block) {
        tell_wait(d, step, block, &law);
        return;
    }
    if (is_ladder(policy))
        tell_skipped(d, policy, step_index(policy, policy_step(policy, cycle->step)) + 1, target,
                     age_of(d, cycle->currency));
    move_to(d, cycle, policy, step);
}

static void forget_amount(Deciding *d, Cycle *cycle)
{
    tell_amount(d, cycle, false, false);
    await(d, cycle, NULL);
}

static void judge_ladder(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step)
{
    size_t next = step_index(policy, step) + 1;
    bool failed_plan =
        next < policy->n_steps && policy->steps[next].collections && plan_failed(d, cycle);
    if (next >= policy->n_steps ||
        (age_for(d, cycle, policy, next) < policy->steps[next].from && !failed_plan)) {
        forget_amount(d, cycle);
        return;
    }
    bool dwelt = cycle->dwell_from != DATE_NONE &&
                 d->today >= dates_add(cycle->dwell_from, cycle->dwell_days);
    try_move(d, cycle, policy, over_past_steps(d, cycle, policy, next),
             dwelt && may_leave(d, cycle));
}

static bool move_holds(Deciding *d, Cycle *cycle, const Policy *policy, const Move *move)
{
    if (d->today < dates_add(cycle->dwell_from, move->wait_days))
        return false;
    if (move->when)
        return rule_applies(d, cycle, move->when);
    return age_of(d, cycle->currency) >= policy->steps[move->to].from;
}

static void judge_graph(Deciding *d, Cycle *cycle, const Policy *policy, const Step *step)
{
    forget_amount(d, cycle);
    if (!may_leave(d, cycle))
        return;
    for (size_t i = 0; i < policy->n_moves; i++) {
        const Move *move = &policy->moves[i];
        if (move->from != step_index(policy, step) || !move_holds(d, cycle, policy, move))
            continue;
        try_move(d, cycle, policy, move->to, true);
        return;
    }
}

void moves_judge(Deciding *d, Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    if (!step || step->final || d->state->account.path)
        return;
    if (is_ladder(policy))
        judge_ladder(d, cycle, policy, step);
    else
        judge_graph(d, cycle, policy, step);
}

/* A step that follows the notice before it is above the account as long as that step is. */
static bool is_above(const Deciding *d, const Cycle *cycle, const Policy *policy, size_t i)
{
    while (i > 0 && policy->steps[i].count_from == COUNT_PREVIOUS_NOTICE)
        i--;
    return age_for(d, cycle, policy, i) < policy->steps[i].from;
}

void moves_recompute(Deciding *d, Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    if (!step || !is_ladder(policy) || d->settings->on_anchor_shift != ANCHOR_RECOMPUTE ||
        age_of(d, cycle->currency) == 0)
        return;
    size_t now = step_index(policy, step), i = now;
    while (i > 0 && is_above(d, cycle, policy, i))
        i--;
    if (i == now)
        return;
    reason_add(d, "step_lowered", "settings.on_anchor_shift", policy->steps[i].name, NULL, NULL,
               "the anchor got younger: back from %s to %s, without a notice", step->name,
               policy->steps[i].name);
    cycle->step = arena_strdup(d->arena, policy->steps[i].name);
    cycle->step_since = d->today;
    cycle->entry++;
    cycle->executed_on = cycle->dwell_from = d->today;
    cycle->dwell_days = policy->steps[i].wait;
}
