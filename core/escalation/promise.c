/* Promise to pay (§7): a hold through the first business day after the promised date; at most so
 * many per cycle. */
#include "escalation/deciding.h"

int64_t promise_paid(const AccountState *state, const Promise *promise)
{
    int64_t paid = 0;
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, p)
        if (p->state == PAYMENT_SETTLED && currency_equal(p->currency, promise->currency) &&
            (p->sequence > promise->made_after || p->settled_on > promise->made_on))
            paid = ledger_sum(paid, p->amount);
    return paid;
}

static const char *hold_id(Deciding *d, const Promise *promise)
{
    return arena_printf(d->arena, "promise:%s", promise->id);
}

/* In the cycle, those made since the previous one closed included. */
static int64_t promises_used(const Deciding *d, Currency currency)
{
    Date since = DATE_NONE;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (currency_equal(cycle->currency, currency) && cycle->closed_on != DATE_NONE)
            since = MAX(since, cycle->closed_on);
    int64_t n = 0;
    STATE_FOREACH (d->look, KIND_PROMISE, const Promise, promise)
        n += currency_equal(promise->currency, currency) && promise->made_on >= since &&
             promise->state != PROMISE_CANCELLED;
    return n;
}

static bool is_acceptable(Deciding *d, const PromiseRequest *request, Currency currency)
{
    if (request->promised_on == DATE_NONE || request->promised_on < d->today)
        reject(d, "date_passed", NULL, "a promise needs a date from today on");
    else if (request->amount <= 0)
        reject(d, "amount_not_positive", NULL, "a promise needs an amount above 0");
    else if (state_find(d->state, KIND_PROMISE, request->id))
        reject(d, "promise_exists", NULL, "promise %s is recorded already", request->id);
    else if (promises_used(d, currency) >= d->settings->promises_per_cycle)
        reject(d, "promise_limit",
               json_pack("{s:I}", "limit", (json_int_t)d->settings->promises_per_cycle),
               "%" G_GINT64_FORMAT " promises were made in this cycle: no further one is taken",
               d->settings->promises_per_cycle);
    return !d->rejection;
}

void apply_promise(Deciding *d)
{
    const PromiseRequest *request = d->in->event->payload;
    Currency currency = request->currency.code[0] ? request->currency : d->settings->currency;
    if (!is_acceptable(d, request, currency))
        return;
    Cycle *cycle = cycle_current(d->state, currency);
    Promise *promise = state_add(d->state, KIND_PROMISE);
    promise->id = request->id ? arena_strdup(d->arena, request->id) : deciding_next_id(d, "p");
    promise->cycle = cycle ? cycle->id : NULL;
    promise->currency = currency;
    promise->amount = request->amount;
    promise->promised_on = request->promised_on;
    promise->made_on = d->today;
    promise->made_after = d->state->account.next_id;
    promise->state = PROMISE_OPEN;
    if (cycle)
        cycle->promises++;
    Hold *hold = hold_add(d, HOLD_PROMISE, deciding_actor(d, request->by), "promise to pay");
    hold->id = hold_id(d, promise);
    hold->currency = currency;
    hold->until = calendar_business_day_from(d->calendar, request->promised_on + 1);
    char day[16];
    reason_add(d, "promise_made", "§7 promise", promise->id, NULL,
               json_pack("{s:I,s:s}", "amount", (json_int_t)promise->amount, "promised_on",
                         date_format(promise->promised_on, day)),
               "a payment is promised by %s", day);
}

static void keep(Deciding *d, Promise *promise)
{
    promise->state = PROMISE_KEPT;
    reason_add(d, "promise_kept", "§7 promise", promise->id, NULL, NULL, "promise %s is kept",
               promise->id);
    Hold *hold = state_find(d->state, KIND_HOLD, hold_id(d, promise));
    if (hold && hold_is_running(hold, d->today))
        hold_finish(d, hold, false);
}

static void break_it(Deciding *d, Promise *promise)
{
    promise->state = PROMISE_BROKEN;
    Cycle *cycle = cycle_by_id(d->state, promise->cycle);
    if (cycle)
        cycle->broken_promises++;
    reason_add(d, "promise_broken", "§7 promise", promise->id, NULL, NULL, "promise %s is broken",
               promise->id);
}

/* Broken at the first evaluation after its hold; kept as soon as the sum is there. */
void promises_judge(Deciding *d)
{
    size_t n = STATE_COUNT(d->look, KIND_PROMISE);
    for (size_t i = 0; i < n; i++) {
        if (STATE_ROWS(d->look, KIND_PROMISE, const Promise)[i].state != PROMISE_OPEN)
            continue;
        Promise *promise = &STATE_ROWS(d->state, KIND_PROMISE, Promise)[i];
        const Hold *hold = state_find(d->look, KIND_HOLD, hold_id(d, promise));
        if (promise_paid(d->state, promise) >= promise->amount)
            keep(d, promise);
        else if (!hold || !hold_is_running(hold, d->today))
            break_it(d, promise);
    }
}

void promises_remind(Deciding *d)
{
    STATE_FOREACH (d->look, KIND_PROMISE, const Promise, promise) {
        if (promise->state != PROMISE_OPEN || promise->made_on >= d->today ||
            d->today != promise->promised_on - 1)
            continue;
        NoticePlan plan = {.name = "promise_reminder",
                           .target = promise->id,
                           .currency = promise->currency,
                           .severity = NOTICE_SEVERITY_PROMISE};
        notice_plan(d, &plan);
    }
}
