/* When time alone can next change something. Every rule that looks at time has its day here; a day
 * too many is only work, a day too few would be a defect (tests compare a sparse schedule with a
 * daily one). */
#include "escalation/deciding.h"

static Instant evaluation_on(const Deciding *d, Date day)
{
    return day == DATE_NEVER ? INSTANT_NEVER : zone_instant(d->zone, day, d->settings->evaluate_at);
}

/* Something runs whose rules look at every day: delinquency, delays, holds, promises, plans. */
static bool is_alive(const Deciding *d)
{
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (cycle->closed_on == DATE_NONE)
            return true;
    STATE_FOREACH (d->look, KIND_HOLD, const Hold, hold)
        if (hold->over_on == DATE_NONE && hold->until != DATE_NONE)
            return true;
    STATE_FOREACH (d->look, KIND_PROMISE, const Promise, promise)
        if (promise->state == PROMISE_OPEN)
            return true;
    STATE_FOREACH (d->look, KIND_PLAN, const Plan, plan)
        if (plan->state == PLAN_ACTIVE)
            return true;
    return false;
}

static Date later(Date day, Date after)
{
    return day > after ? day : DATE_NEVER;
}

/* The next day on which an invoice is announced, reminded of, overdue, or old enough for E1. */
static Date invoice_day(const Deciding *d, const InvoiceBalance *b, Date after)
{
    if (b->open <= 0)
        return DATE_NEVER;
    Date issued = b->invoice->issued_on;
    Date day =
        MIN(later(b->overdue_on, after), issued == DATE_NONE ? DATE_NEVER : later(issued, after));
    if (issued != DATE_NONE && (d->policy->notices & NOTICES_REMINDER))
        day = MIN(day, later(dates_add(issued, d->settings->reminder_delay), after));
    if (b->days_overdue > 0 && !b->invoice->spent)
        day = MIN(day, after + 1);
    return day;
}

static Instant next_evaluation(const Deciding *d)
{
    bool done_today = d->state->account.evaluated_on >= d->today;
    Date after = done_today ? d->today : d->today - 1;
    if (is_alive(d))
        return evaluation_on(d, after + 1);
    Date day = DATE_NEVER;
    for (size_t i = 0; !d->state->account.collector && i < d->ledger.n_invoices; i++)
        day = MIN(day, invoice_day(d, &d->ledger.invoices[i], after));
    day = MIN(day, later(interest_wakes_on(d), after));
    return evaluation_on(d, day);
}

static Instant act_instant(const Deciding *d, const Act *act)
{
    if (act->state == ACT_PLANNED && act->release_at > d->now)
        return act->release_at;
    if (act->state == ACT_FRESHNESS && act->next_at != INSTANT_NONE && act->next_at > d->now)
        return act->next_at;
    return INSTANT_NEVER;
}

Instant wake_instant(const Deciding *d)
{
    Instant at = next_evaluation(d);
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        at = MIN(at, act_instant(d, act));
    return at;
}
