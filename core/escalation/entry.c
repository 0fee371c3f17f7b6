/* Entry into delinquency: E1 to E5 of domain.md §4, by rule and by hand, and the cycle around it.
 */
#include <string.h>

#include "escalation/deciding.h"

#include <inttypes.h>

static bool by_age(const Policy *policy)
{
    return policy->form != POLICY_MODULE && policy->n_steps > 0 && policy->steps[0].from > 0;
}

/* Held days are not foreseen: of the module the setting counts, else the first step's range. */
Date entry_first_day(const Policy *policy, const Settings *settings, const InvoiceBalance *b)
{
    if (!by_age(policy))
        return dates_add(b->overdue_on, settings->days_to_delinquent);
    const Step *first = &policy->steps[0];
    return dates_add(age_first_day(b, (AgeBasis)first->count_from), first->from - 1);
}

static Date first_day(const Deciding *d, const InvoiceBalance *b)
{
    return entry_first_day(d->policy, d->settings, b);
}

bool entry_meets_e1(const Deciding *d, const InvoiceBalance *b)
{
    if (!b->counted || !b->charge || b->invoice->spent)
        return false;
    const Step *first = d->policy->steps;
    if (by_age(d->policy))
        return age_on_basis(d->state, b, (AgeBasis)first->count_from, d->today) >= first->from;
    return d->today >= first_day(d, b);
}

bool entry_e1(const Deciding *d, Currency currency)
{
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (currency_equal(b->invoice->currency, currency) && entry_meets_e1(d, b))
            return true;
    }
    return false;
}

/* What is compared with the minimum (§3.7). */
static int64_t sum_for_entry(const Deciding *d, Currency currency)
{
    CurrencyBalance balance = ledger_currency(&d->ledger, currency);
    if (d->settings->minimum_basis == BASIS_ALL_OVERDUE)
        return balance.overdue_charges;
    int64_t sum = 0;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (currency_equal(b->invoice->currency, currency) && entry_meets_e1(d, b))
            sum = ledger_sum(sum, b->rest);
    }
    return MAX(0, sum - balance.unapplied);
}

bool entry_e2(const Deciding *d, Currency currency)
{
    const Limit *minimum = settings_minimum(d->settings, currency);
    return minimum && sum_for_entry(d, currency) > minimum->minor;
}

/* The policy's own condition, and that of the step where it would begin. One that goes on where it
 * stood has been let in before. */
static bool guards_let_in(Deciding *d, Cycle *cycle)
{
    if (cycle->last_step)
        return true;
    const Step *first = moves_first_step(d, d->policy, cycle);
    return rule_applies(d, cycle, d->policy->enter_when) &&
           (!first || rule_applies(d, cycle, first->when));
}

bool entry_holds(Deciding *d, Cycle *cycle)
{
    Currency currency = cycle->currency;
    if (!entry_e1(d, currency) || !entry_e2(d, currency) || grace_runs(d, currency) ||
        (holds_block(d, currency) & BLOCKS_ENTRY) || !guards_let_in(d, cycle))
        return false;
    return !pending_blocks_entry(d, cycle);
}

/* ---- the first day on which it would come to that -------------------------------------------- */

static bool would_enter_on(const Deciding *d, Currency currency, Date day)
{
    const Limit *minimum = settings_minimum(d->settings, currency);
    int64_t sum = 0;
    bool late = false;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (!b->charge || b->rest <= 0 || b->in_plan || day < b->overdue_on ||
            !currency_equal(b->invoice->currency, currency))
            continue;
        sum = ledger_sum(sum, b->rest);
        late = late || (!b->invoice->spent && day >= first_day(d, b));
    }
    sum -= ledger_currency(&d->ledger, currency).unapplied;
    return late && minimum && sum > minimum->minor;
}

static Date first_e1(const Deciding *d, Currency currency)
{
    Date first = DATE_NEVER;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (b->charge && b->rest > 0 && !b->in_plan && !b->invoice->spent &&
            currency_equal(b->invoice->currency, currency))
            first = MIN(first, first_day(d, b));
    }
    return first;
}

Date entry_date(const Deciding *d, Currency currency, Date from)
{
    Date best = DATE_NEVER;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        Date days[] = {b->overdue_on, first_day(d, b), from};
        for (size_t k = 0; k < G_N_ELEMENTS(days); k++) {
            Date day = MAX(days[k], from);
            if (day < best && would_enter_on(d, currency, day))
                best = day;
        }
    }
    Date alone = first_e1(d, currency);
    if (best == DATE_NEVER && alone != DATE_NEVER)
        return MAX(alone, from);
    return best;
}

/* ---- entering -------------------------------------------------------------------------------- */

static json_t *entry_detail(const Deciding *d, const Cycle *cycle)
{
    int64_t age;
    const InvoiceBalance *anchor = age_anchor(d->state, &d->ledger, cycle->currency, &age);
    const Limit *minimum = settings_minimum(d->settings, cycle->currency);
    CurrencyBalance balance = ledger_currency(&d->ledger, cycle->currency);
    return json_pack("{s:s,s:s,s:I,s:I,s:s?,s:I,s:I}", "cycle", cycle->id, "currency",
                     cycle->currency.code, "overdue", (json_int_t)balance.overdue, "minimum",
                     (json_int_t)(minimum ? minimum->minor : 0), "anchor",
                     anchor ? anchor->invoice->id : NULL, "age", (json_int_t)age, "pending",
                     (json_int_t)balance.pending);
}

static void mark_entered(Deciding *d, Cycle *cycle, const char *how)
{
    cycle->delinquent_since = d->today;
    cycle->entry_reason = how;
    cycle->parked = false;
    cycle->exit_reason = NULL;
    cycle->left_on = DATE_NONE;
    cycle->awaiting = NULL;
    cycle->suspension_confirmed = false;
    bool by_rule = strcmp(how, "rule") == 0;
    cycle->manual_shield = !by_rule;
    cycle->rule_since = by_rule ? d->today : DATE_NONE;
    int64_t overdue = ledger_currency(&d->ledger, cycle->currency).overdue;
    g_autofree char *amount = money_to_text((Money){overdue, cycle->currency});
    int64_t age = 0;
    age_anchor(d->state, &d->ledger, cycle->currency, &age);
    reason_add(d, "entered", "§4 entry", cycle->id, how, entry_detail(d, cycle),
               by_rule ? "%s is overdue (day %" PRId64 "): the account is delinquent"
                       : "a person put the account into the delinquency module (%s, day %" PRId64
                         ")",
               amount, age);
}

static const Step *first_step(Deciding *d, Cycle *cycle)
{
    if (d->policy->form == POLICY_MODULE) {
        const Step *step =
            d->settings->first_step ? policy_step(d->policy, d->settings->first_step) : NULL;
        return step ? step : &d->policy->steps[0];
    }
    return moves_entry_step(d, d->policy, cycle);
}

static void enter_first(Deciding *d, Cycle *cycle, const char *how)
{
    mark_entered(d, cycle, how);
    d->entered = words_add(d->arena, d->entered, cycle->currency.code);
    fee_on_entry(d, cycle, strcmp(how, "rule") == 0);
    cycle->executed_on = cycle->dwell_from = DATE_NONE;
    cycle->first_notice_under = DATE_NONE;
    const Step *step = first_step(d, cycle);
    if (!step)
        return;
    step_enter(d, cycle, d->policy, step, "entry");
    hub_event(d, cycle, "case.opened", json_pack("{s:s}", "entry", how));
}

/* A cycle that was left before goes on where it stood; under the module the end of a grace period
 * begins anew (§4). */
static bool goes_on(const Deciding *d, const Cycle *cycle)
{
    if (!cycle->last_step)
        return false;
    bool anew = d->policy->form == POLICY_MODULE && g_strcmp0(cycle->exit_reason, "grace") == 0;
    return !anew && policy_step(cycle_policy(d, cycle), cycle->last_step);
}

void entry_by_rule(Deciding *d, Cycle *cycle)
{
    if (!goes_on(d, cycle)) {
        enter_first(d, cycle, "rule");
        return;
    }
    const char *how =
        cycle->reopened && reversal_happened(d, cycle->currency) ? "reversal" : "resume";
    mark_entered(d, cycle, "rule");
    step_resume(d, cycle, how);
    hub_event(d, cycle, "case.opened", json_pack("{s:s}", "entry", how));
}

void entry_by_hand(Deciding *d, Currency currency, const char *by, const char *why)
{
    Cycle *cycle = cycle_current(d->state, currency);
    if (!cycle)
        cycle = cycle_new(d, currency);
    enter_first(d, cycle, "manual");
    reason_add(d, "event_applied", "§4 manual entry", cycle->id, "manual",
               json_pack("{s:s,s:s?}", "by", by, "reason", why), "%s flagged the account", by);
}

/* ---- the cycle of an account outside --------------------------------------------------------- */

static bool is_taken_back(const Deciding *d, const Cycle *cycle)
{
    return g_strcmp0(cycle->closed_reason, "excluded") == 0 &&
           words_have(d->included, cycle->currency.code);
}

static Cycle *open_or_reopen(Deciding *d, Currency currency)
{
    Cycle *latest = cycle_latest(d->state, currency);
    bool reversed = reversal_happened(d, currency);
    if (!latest || latest->closed_on == DATE_NONE || (!reversed && !is_taken_back(d, latest)))
        return cycle_new(d, currency);
    latest->closed_on = DATE_NONE;
    latest->closed_reason = NULL;
    latest->reopened = true;
    reason_add(d, "cycle_reopened", reversed ? "§4 reversal" : "invoice.excluded", latest->id, NULL,
               NULL,
               reversed ? "money was taken back: the same cycle goes on"
                        : "an invoice that was left out counts again: the same cycle goes on");
    hub_event(d, latest, "case.reopened", NULL);
    return latest;
}

/* A cycle without a step ends when nothing is overdue any more, unless a dispute or a plan only
 * hides it. */
static void close_if_settled(Deciding *d, Cycle *cycle)
{
    CurrencyBalance balance = ledger_currency(&d->ledger, cycle->currency);
    if (balance.overdue_charges == 0 && balance.contested == 0)
        cycle_close(d, cycle, d->cause ? d->cause : "payment");
}

static void delay_told(Deciding *d, const Cycle *cycle, bool was_delayed)
{
    if (was_delayed || cycle->pending_from != d->today)
        return;
    reason_add(d, "entry_delayed", "§4 pending payment", cycle->id, "pending",
               json_pack("{s:I}", "days", (json_int_t)d->settings->pending_grace_days),
               "money is pending: the account becomes delinquent %" G_GINT64_FORMAT
               " days later, unless it settles",
               d->settings->pending_grace_days);
}

void entry_judge(Deciding *d, Currency currency)
{
    Cycle *cycle = cycle_current(d->state, currency);
    bool e12 = entry_e1(d, currency) && entry_e2(d, currency);
    if (e12 && !cycle)
        cycle = open_or_reopen(d, currency);
    if (!cycle)
        return;
    bool was_delayed = cycle->pending_from != DATE_NONE;
    if (e12 && entry_holds(d, cycle))
        entry_by_rule(d, cycle);
    else
        close_if_settled(d, cycle);
    delay_told(d, cycle, was_delayed);
}
