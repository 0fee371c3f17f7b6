#include "escalation/deciding.h"

bool cycle_is_running(const Cycle *cycle)
{
    return cycle && cycle->step && cycle->closed_on == DATE_NONE;
}

static bool is_parked_by_plan(const Cycle *cycle)
{
    return cycle->parked && text_same(cycle->exit_reason, "plan");
}

Cycle *cycle_current(AccountState *state, Currency currency)
{
    Cycle *found = NULL;
    STATE_FOREACH (state, KIND_CYCLE, Cycle, c)
        if (c->closed_on == DATE_NONE && currency_equal(c->currency, currency) &&
            !is_parked_by_plan(c))
            found = c;
    return found;
}

Cycle *cycle_latest(AccountState *state, Currency currency)
{
    Cycle *found = NULL;
    STATE_FOREACH (state, KIND_CYCLE, Cycle, c)
        if (currency_equal(c->currency, currency))
            found = c;
    return found;
}

Cycle *cycle_by_id(AccountState *state, const char *id)
{
    return id ? state_find(state, KIND_CYCLE, id) : NULL;
}

Cycle *cycle_meant(const Deciding *d, Currency currency)
{
    Cycle *found = NULL;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, c) {
        if (!cycle_is_running(c) || (currency.code[0] && !currency_equal(c->currency, currency)))
            continue;
        if (!found || currency_equal(c->currency, d->settings->currency))
            found = c;
    }
    return found;
}

Cycle *cycle_new(Deciding *d, Currency currency)
{
    const char *id = deciding_next_id(d, "c");
    Cycle *cycle = state_add(d->state, KIND_CYCLE);
    cycle->id = id;
    cycle->currency = currency;
    cycle->opened_on = d->today;
    reason_add(d, "cycle_opened", "§1 cycle", id, NULL,
               json_pack("{s:s,s:I}", "currency", currency.code, "overdue",
                         (json_int_t)ledger_currency(&d->ledger, currency).overdue),
               "a cycle of %s begins", currency.code);
    return cycle;
}

void cycle_close(Deciding *d, Cycle *cycle, const char *reason)
{
    cycle->closed_on = d->today;
    cycle->closed_reason = arena_strdup(d->arena, reason);
    cycle->parked = false;
    cycle->awaiting = NULL;
    int64_t used = 0;
    STATE_FOREACH (d->look, KIND_HOLD, const Hold, hold)
        if (hold->kind == HOLD_GRACE && currency_equal(hold->currency, cycle->currency))
            used += hold->days_granted;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, c)
        if (c != cycle && c->closed_on != DATE_NONE && currency_equal(c->currency, cycle->currency))
            used -= c->grace_days_used;
    cycle->grace_days_used = used;
    reason_add(d, "cycle_closed", "§1 cycle", cycle->id, reason, NULL, "the cycle ends: %s",
               reason);
}

const Policy *cycle_policy(const Deciding *d, const Cycle *cycle)
{
    bool newest = cycle->policy && text_same(cycle->policy_hash, d->policy->hash) &&
                  text_same(cycle->policy, d->policy->name);
    if (newest)
        return d->policy;
    const Policy *policy =
        cycle->policy ? rulebook_policy(d->book, cycle->policy, cycle->policy_hash) : NULL;
    if (!policy && cycle->policy)
        policy = rulebook_policy(d->book, cycle->policy, NULL);
    return policy ? policy : d->policy;
}

const Step *cycle_step(const Deciding *d, const Cycle *cycle)
{
    return cycle->step ? policy_step(cycle_policy(d, cycle), cycle->step) : NULL;
}

size_t step_index(const Policy *policy, const Step *step)
{
    return (size_t)(step - policy->steps);
}
