/* What is told of the time to come: the next step and when, or when the account would become
 * delinquent; what each needs, and what would change it. Days are those on which it happens if
 * nothing else does. */
#include "escalation/explain.h"

#include <inttypes.h>

/* ---- what comes next ---- */

static bool clock_stands(const Telling *t)
{
    STATE_FOREACH (t->state, KIND_HOLD, const Hold, hold)
        if (age_hold_stops_clock(hold->kind) && hold->over_on == DATE_NONE && !hold->invoice &&
            age_hold_runs_on(hold, t->view.today))
            return true;
    return false;
}

static const Limit *limit_of(const Step *step, Currency currency)
{
    if (step->minimum.minor != AMOUNT_NONE && currency_equal(step->minimum.currency, currency))
        return &step->minimum;
    for (size_t i = 0; i < step->n_minimums; i++)
        if (currency_equal(step->minimums[i].currency, currency))
            return &step->minimums[i];
    return NULL;
}

static void say_needs(Telling *t, const CurrencyView *c, const Policy *policy, const Step *step)
{
    const Limit *limit = limit_of(step, c->currency);
    if (limit)
        explain_say(t, "§7 collections, legal", DATE_NONE, "step %s takes %s or more; it is %s now",
                    step->name, explain_money(t, limit->minor, c->currency),
                    explain_money(t, c->overdue, c->currency));
    else if (step->minimum.minor != AMOUNT_NONE || step->n_minimums > 0)
        explain_say(t, "§7 collections, legal", DATE_NONE,
                    "step %s has no limit in %s: nothing moves there before one is set", step->name,
                    c->currency.code);
    if (step->when)
        explain_say(
            t, arena_printf(t->arena, "policy %s, stage %s", policy->name, step->name), DATE_NONE,
            "step %s is entered only while %s; now: %s", step->name, step->when_text,
            condition_seen(t->state, t->book, t->now, c->cycle, c->currency, step->when, t->arena));
    if (step->needs & NEED_COLLECTIONS_UNSUCCESSFUL)
        explain_say(t, "§7 legal", DATE_NONE,
                    "step %s needs a placement that was closed without success", step->name);
    if (step->needs & NEED_LEGAL_APPROVAL)
        explain_say(t, "§7 legal", DATE_NONE,
                    "step %s needs a recorded legal approval, valid for %s", step->name,
                    explain_days(t, t->settings->approval_days));
    if ((step->needs & NEED_MANAGER_APPROVAL) ||
        (policy->needs_manager_approval && (step->collections || step->legal)))
        explain_say(t, "§7 VIP", DATE_NONE, "step %s needs the account manager's approval",
                    step->name);
}

/* Not before the message is accepted; not before the day after a migration (§6.12). */
static Date dwell_ends(const Telling *t, const Cycle *cycle, int64_t wait)
{
    if (cycle->dwell_from == DATE_NONE)
        return DATE_NONE;
    Date end = dates_add(cycle->dwell_from, wait);
    if (cycle->migrated_on != DATE_NONE)
        end = MAX(end, dates_add(cycle->migrated_on, t->settings->min_notice_days));
    return end;
}

/* The first day on which an invoice is old enough for the step, the days held so far added. */
static Date age_reached(const Telling *t, const CurrencyView *c, const Step *step)
{
    if (step->count_from == COUNT_OVERDUE)
        return dates_add(t->view.today, MAX(0, step->from - c->escalation_age));
    if (step->count_from == COUNT_PREVIOUS_NOTICE)
        return dates_add(c->cycle->dwell_from, step->from);
    Date first = DATE_NEVER;
    for (size_t i = 0; i < t->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &t->ledger.invoices[i];
        if (!b->counted || !b->charge || !explain_is_of(b, c->currency))
            continue;
        AgeBasis basis = (AgeBasis)step->count_from;
        Date day = age_first_day(b, basis);
        int64_t passed = MAX(0, (int64_t)t->view.today - day + 1);
        int64_t held = passed - age_on_basis(t->state, b, basis, t->view.today);
        first = MIN(first, dates_add(day, step->from - 1 + held));
    }
    return MAX(first, t->view.today);
}

static void say_move(Telling *t, const CurrencyView *c, const Step *step, int64_t wait)
{
    Date by_age = age_reached(t, c, step);
    Date by_dwell = dwell_ends(t, c->cycle, wait);
    g_autofree char *ages = policy_step_ages(step);
    bool plain = step->count_from == COUNT_OVERDUE;
    const char *range = plain ? arena_printf(t->arena, "age %" PRId64, step->from) : ages;
    const char *still =
        clock_stands(t) ? "; its age stands still now, so it is later by the days of the hold" : "";
    if (by_dwell == DATE_NONE) {
        explain_say(t, "§6.3", by_age,
                    "next is step %s: at %s%s%s%s, and %s after step %s was executed%s", step->name,
                    range, by_age != DATE_NONE ? ", on " : "",
                    by_age != DATE_NONE ? explain_day(t, by_age) : "",
                    by_age != DATE_NONE ? " at the earliest" : "", explain_days(t, wait),
                    c->cycle->step, still);
        return;
    }
    Date on = MAX(MAX(by_age, by_dwell), t->view.today);
    explain_say(
        t, "§6.3", on,
        "next is step %s, on %s if nothing changes: its %s begins on %s, the wait of %s in step %s "
        "ends on %s%s",
        step->name, explain_day(t, on), plain ? "age" : arena_printf(t->arena, "range, %s,", range),
        explain_day(t, by_age), explain_days(t, wait), c->cycle->step, explain_day(t, by_dwell),
        still);
}

/* The step that will be entered: steps whose range is past by then are skipped (§6.5). */
static size_t ladder_target(const Telling *t, const CurrencyView *c, const Policy *policy,
                            size_t next)
{
    Date dwell = dwell_ends(t, c->cycle, c->cycle->dwell_days);
    for (size_t i = next; i < policy->n_steps; i++)
        if (policy->steps[i].count_from != COUNT_OVERDUE)
            return next; /* what will be past then is not foreseen across months and notices */
    Date on = MAX(age_reached(t, c, &policy->steps[next]), MAX(dwell, t->view.today));
    int64_t age = c->escalation_age + (on - t->view.today);
    while (next + 1 < policy->n_steps && policy->steps[next].skippable &&
           age > policy->steps[next].to && age >= policy->steps[next + 1].from)
        next++;
    return next;
}

static void say_ladder(Telling *t, const CurrencyView *c, const Policy *policy, size_t at)
{
    size_t next = ladder_target(t, c, policy, at + 1);
    for (size_t i = at + 1; i < next; i++)
        explain_say(t, "§6.5", DATE_NONE, "step %s is skipped: its range will be past by then",
                    policy->steps[i].name);
    say_move(t, c, &policy->steps[next], c->cycle->dwell_days);
    say_needs(t, c, policy, &policy->steps[next]);
}

static void say_graph(Telling *t, const CurrencyView *c, const Policy *policy, size_t at)
{
    for (size_t i = 0; i < policy->n_moves; i++) {
        const Move *move = &policy->moves[i];
        const Step *target = &policy->steps[move->to];
        if (move->from != at)
            continue;
        if (!move->when) {
            say_move(t, c, target, move->wait_days);
        } else {
            Date from = dwell_ends(t, c->cycle, move->wait_days);
            explain_say(t, arena_printf(t->arena, "graph %s move %zu", policy->name, i + 1), from,
                        "it moves to step %s when %s%s%s; now: %s", target->name, move->when_text,
                        from != DATE_NONE ? ", not before " : ", once executed",
                        from != DATE_NONE ? explain_day(t, from) : "",
                        condition_seen(t->state, t->book, t->now, c->cycle, c->currency, move->when,
                                       t->arena));
        }
        say_needs(t, c, policy, target);
    }
}

static bool leads_on(const Policy *policy, size_t at)
{
    bool ladder = policy->form == POLICY_LADDER || policy->form == POLICY_SCAN;
    if (policy->steps[at].final)
        return false;
    if (ladder)
        return at + 1 < policy->n_steps;
    for (size_t i = 0; i < policy->n_moves; i++)
        if (policy->moves[i].from == at)
            return true;
    return false;
}

static void say_next_step(Telling *t, const CurrencyView *c)
{
    const Policy *policy = explain_policy(t, c->cycle);
    const Step *step = policy ? policy_step(policy, c->cycle->step) : NULL;
    if (!step) {
        explain_say(
            t, "§6.12", DATE_NONE,
            "step %s of policy %s is not in the configuration: it stays until a person moves it",
            c->cycle->step, c->cycle->policy);
        return;
    }
    size_t at = (size_t)(step - policy->steps);
    if (!leads_on(policy, at))
        explain_say(t, "§4 steps", t->view.step_due,
                    "no rule leads on from step %s%s%s: a person moves it ('dunhub move')",
                    step->name, t->view.step_due != DATE_NONE ? ", which is due on " : "",
                    t->view.step_due != DATE_NONE ? explain_day(t, t->view.step_due) : "");
    else if (policy->form == POLICY_LADDER || policy->form == POLICY_SCAN)
        say_ladder(t, c, policy, at);
    else
        say_graph(t, c, policy, at);
}

/* ---- when it would become delinquent ---- */

static bool may_count(const InvoiceBalance *b, Currency currency)
{
    return b->charge && b->rest > 0 && !b->in_plan && explain_is_of(b, currency);
}

static Date late_enough(const Telling *t, Currency currency)
{
    Date first = DATE_NEVER;
    const Policy *policy = t->view.policy ? rulebook_policy(t->book, t->view.policy, NULL) : NULL;
    for (size_t i = 0; i < t->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &t->ledger.invoices[i];
        if (may_count(b, currency) && !b->invoice->spent)
            first = MIN(first, policy ? entry_first_day(policy, t->settings, b)
                                      : dates_add(b->overdue_on, t->settings->days_to_delinquent));
    }
    return first;
}

static int64_t sum_by(const Telling *t, Currency currency, Date on)
{
    int64_t sum = 0;
    for (size_t i = 0; i < t->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &t->ledger.invoices[i];
        if (may_count(b, currency) && b->overdue_on <= on)
            sum = ledger_sum(sum, b->rest);
    }
    return MAX(0, sum - ledger_currency(&t->ledger, currency).unapplied);
}

/* DATE_NEVER: by what is known today, not at all. */
static Date would_enter(const Telling *t, const CurrencyView *c)
{
    Date on = late_enough(t, c->currency);
    const Limit *minimum = settings_minimum(t->settings, c->currency);
    if (on == DATE_NEVER || !minimum)
        return DATE_NEVER;
    on = MAX(on, t->view.today);
    if (t->view.grace_until != DATE_NONE)
        on = MAX(on, t->view.grace_until);
    if (c->cycle && c->cycle->pending_until != DATE_NONE)
        on = MAX(on, dates_add(c->cycle->pending_until, 1));
    return sum_by(t, c->currency, on) > minimum->minor ? on : DATE_NEVER;
}

static bool keeps_out(const Telling *t, const Hold *hold)
{
    static const bool kinds[HOLD_PAUSE + 1] = {[HOLD_PROMISE] = true,
                                               [HOLD_BREATHING_SPACE] = true,
                                               [HOLD_BANKRUPTCY] = true,
                                               [HOLD_DECEASED] = true,
                                               [HOLD_PAUSE] = true};
    bool over =
        hold->over_on != DATE_NONE || (hold->until != DATE_NONE && hold->until < t->view.today);
    bool ahead = hold->starts_on != DATE_NONE && hold->starts_on > t->view.today;
    bool named = !hold->blocks || ledger_lists(hold->blocks, "entry");
    return kinds[hold->kind] && named && !over && !ahead && !hold->contact && !hold->invoice;
}

/* A hold of the account that blocks entry on that day; NULL. One without an end before others. */
static const Hold *hold_before(const Telling *t, Date on)
{
    const Hold *found = NULL;
    STATE_FOREACH (t->state, KIND_HOLD, const Hold, hold)
        if (keeps_out(t, hold) && (hold->until == DATE_NONE || hold->until >= on) &&
            (!found || (found->until != DATE_NONE &&
                        (hold->until == DATE_NONE || hold->until > found->until))))
            found = hold;
    return found;
}

static void say_kept_out(Telling *t, const CurrencyView *c, Date on, const Hold *hold)
{
    const char *kind = hold_kind_words[hold->kind];
    if (hold->until == DATE_NONE)
        explain_say(t, "§4 E5", DATE_NONE,
                    "it would become delinquent in %s on %s, but hold %s stands before it until a "
                    "person ends it",
                    c->currency.code, explain_day(t, on), kind);
    else
        explain_say(
            t, "§4 E5", dates_add(hold->until, 1),
            "it would become delinquent in %s on %s, but hold %s stands before it: on %s at "
            "the earliest",
            c->currency.code, explain_day(t, on), kind, explain_day(t, dates_add(hold->until, 1)));
}

static void say_entry(Telling *t, const CurrencyView *c)
{
    const Limit *minimum = settings_minimum(t->settings, c->currency);
    Date late = late_enough(t, c->currency), on = would_enter(t, c);
    if (!minimum || late == DATE_NEVER)
        return;
    const char *least = explain_money(t, minimum->minor, c->currency);
    const Policy *policy = t->view.policy ? rulebook_policy(t->book, t->view.policy, NULL) : NULL;
    if (policy && policy->enter_when)
        explain_say(t, arena_printf(t->arena, "policy %s enter_when", policy->name), DATE_NONE,
                    "policy %s lets an account in only while %s; now: %s", policy->name,
                    policy->enter_when_text,
                    condition_seen(t->state, t->book, t->now, c->cycle, c->currency,
                                   policy->enter_when, t->arena));
    if (on == DATE_NEVER)
        explain_say(t, "§4 E2", late,
                    "it does not become delinquent: %s is not more than the minimum of %s",
                    explain_money(t, sum_by(t, c->currency, MAX(late, t->view.today)), c->currency),
                    least);
    else if (hold_before(t, on))
        say_kept_out(t, c, on, hold_before(t, on));
    else if (on > t->view.today)
        explain_say(t, "§4 entry", on,
                    "it becomes delinquent in %s on %s if more than %s is still overdue then",
                    c->currency.code, explain_day(t, on), least);
    else
        explain_say(t, "§4 entry", on,
                    "it is late enough and above the minimum of %s in %s: it becomes delinquent at "
                    "the next evaluation unless a "
                    "hold, grace or pending money stands before it",
                    least, c->currency.code);
}

/* ---- what would change it ---- */

static int64_t payment_to_leave(const Telling *t, Currency currency)
{
    int64_t charges = ledger_currency(&t->ledger, currency).overdue_charges;
    const Limit *minimum = settings_minimum(t->settings, currency);
    return minimum && minimum->minor > 0 ? charges - minimum->minor + 1 : charges;
}

static void say_payment(Telling *t, const CurrencyView *c)
{
    int64_t least = payment_to_leave(t, c->currency);
    if (least <= 0)
        return;
    if (t->settings->auto_resolve)
        explain_say(t, "§4 exit", DATE_NONE,
                    "a settled payment of %s or more on its overdue invoices ends the delinquency "
                    "in %s at once",
                    explain_money(t, least, c->currency), c->currency.code);
    else
        explain_say(t, "§4 exit", DATE_NONE,
                    "a settled payment of %s or more on its overdue invoices lets a person end the "
                    "delinquency in %s",
                    explain_money(t, least, c->currency), c->currency.code);
}

/* Granted in this cycle, what was granted since the previous one closed included (§1 cycle). */
static int64_t grace_used(const Telling *t, Currency currency)
{
    int64_t used = 0;
    STATE_FOREACH (t->state, KIND_HOLD, const Hold, hold)
        if (hold->kind == HOLD_GRACE &&
            (!hold->currency.code[0] || currency_equal(hold->currency, currency)))
            used += hold->days_granted;
    STATE_FOREACH (t->state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on != DATE_NONE && currency_equal(cycle->currency, currency))
            used -= cycle->grace_days_used;
    return used;
}

static void say_grace(Telling *t, const CurrencyView *c, Date start)
{
    int64_t left = t->settings->max_grace_days - grace_used(t, c->currency);
    if (left <= 0) {
        explain_say(t, "§4 grace", DATE_NONE, "no grace is left: the %s of this cycle are used",
                    explain_days(t, t->settings->max_grace_days));
        return;
    }
    Date latest = dates_add(start, left);
    const char *effect = !explain_is_in_step(c) ? "puts that off"
                         : t->settings->auto_resolve
                             ? "takes it off the list until then"
                             : "keeps suspension and collections off until then";
    explain_say(t, "§4 grace", latest,
                "a grace period %s; %s is the latest date ('dunhub grace %s %s')", effect,
                explain_day(t, latest), t->state->account.id, explain_day(t, latest));
}

void explain_outlook(Telling *t, const CurrencyView *c)
{
    if (explain_is_in_step(c)) {
        say_next_step(t, c);
        say_payment(t, c);
        say_grace(t, c, t->view.today);
        if (c->overdue > 0)
            explain_say(t, "§5", DATE_NONE,
                        "a dispute or a payment plan over what is overdue takes it off the list "
                        "and parks it in step %s",
                        c->cycle->step);
        return;
    }
    say_entry(t, c);
    Date on = would_enter(t, c);
    if (on != DATE_NEVER)
        say_grace(t, c, on);
}
