/* Money that took effect before the account became delinquent but was learnt later (§4): nothing is
 * erased; what would not have happened is proposed for correction, and a correction is booked when
 * a person approves. */
#include <string.h>

#include "escalation/deciding.h"

static const Payment *late_payment(const Deciding *d)
{
    if (d->in->event->kind != EVENT_PAYMENT_UPDATED)
        return NULL;
    const Payment *came = d->in->event->payload;
    const Payment *row = state_find(d->state, KIND_PAYMENT, came->id);
    bool late = row && row->state == PAYMENT_SETTLED && row->effective_on != DATE_NONE &&
                row->settled_on == d->today && row->effective_on < d->today;
    return late ? row : NULL;
}

/* As the books would have stood on that day, E1 and E2 asked again. */
static bool would_have_entered(Deciding *d, Currency currency, Date day)
{
    Deciding then = *d;
    DueRules rules = deciding_due_rules(d->settings);
    then.today = day;
    ledger_read_as_of(d->state, &rules, day, d->arena, &then.ledger);
    return entry_e1(&then, currency) && entry_e2(&then, currency);
}

static bool was_suspended(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (act_suspends(act) && act->state == ACT_DONE && g_strcmp0(act->cycle, cycle->id) == 0)
            return true;
    return false;
}

static bool is_sent_demand(const Notice *notice, const Cycle *cycle)
{
    return g_strcmp0(notice->cycle, cycle->id) == 0 && notice->severity == NOTICE_SEVERITY_STEP &&
           (notice->state == NOTICE_ACCEPTED || notice->state == NOTICE_RELEASED) &&
           !notice->reason;
}

static bool sent_demands(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, notice)
        if (is_sent_demand(notice, cycle))
            return true;
    return false;
}

/* With proration on, the suspended days are credited at reactivation anyway. */
static const char *proposals_for(Deciding *d, const Cycle *cycle)
{
    const char *words = NULL;
    if (cycle->fee_charged)
        words = words_add(d->arena, words, "reverse_fee");
    if (was_suspended(d, cycle) && !d->settings->prorate_suspension)
        words = words_add(d->arena, words, "credit_suspension");
    if (sent_demands(d, cycle))
        words = words_add(d->arena, words, "retract_notices");
    return words;
}

void backdated_judge(Deciding *d)
{
    const Payment *payment = late_payment(d);
    Cycle *cycle = payment ? cycle_latest(d->state, payment->currency) : NULL;
    if (!cycle || cycle->delinquent_since == DATE_NONE || cycle->proposals ||
        g_strcmp0(cycle->entry_reason, "rule") != 0 ||
        payment->effective_on >= cycle->delinquent_since ||
        would_have_entered(d, cycle->currency, cycle->delinquent_since))
        return;
    cycle->proposals = proposals_for(d, cycle);
    if (cycle->proposals)
        reason_add(d, "correction_proposed", "§4 backdated payment", cycle->id, "backdated_payment",
                   json_pack("{s:s,s:s}", "payment", payment->id, "proposals", cycle->proposals),
                   "payment %s took effect before the entry, which would not have happened: %s",
                   payment->id, cycle->proposals);
}

static void reverse_fee(Deciding *d, const Invoice *invoice)
{
    const char *fee = invoice->id, *id = arena_printf(d->arena, "correction:%s", fee);
    if (invoice->status != INVOICE_OPEN || state_find(d->look, KIND_CREDIT, id))
        return;
    Credit *credit = state_add(d->state, KIND_CREDIT);
    credit->id = id;
    credit->currency = invoice->currency;
    credit->amount = invoice->amount;
    credit->invoice = invoice->id;
    credit->issued_on = d->today;
    credit->kind = "correction";
    credit->sequence = ++d->state->account.next_id;
    booking_of_credit(d, credit);
    reason_add(d, "fee_reversed", "§4 backdated payment", "late_fee", "backdated_payment",
               json_pack("{s:s,s:I}", "invoice", fee, "amount", (json_int_t)invoice->amount),
               "the late fee is taken back by a credit");
}

static void reverse_fees(Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_FEE && g_strcmp0(invoice->cycle, cycle->id) == 0)
            reverse_fee(d, invoice);
}

static void credit_suspension(Deciding *d, const Cycle *cycle)
{
    Date from = DATE_NONE, before = d->today;
    STATE_FOREACH (d->look, KIND_ACT, const Act, act) {
        if (g_strcmp0(act->cycle, cycle->id) != 0 || act->state != ACT_DONE)
            continue;
        if (act_suspends(act))
            from = act->done_on;
        else if (strcmp(act->verb, "service.restore") == 0)
            before = act->done_on;
    }
    if (from != DATE_NONE)
        proration_book(d, from, before, "suspension_proration");
}

static void retract_notices(Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->state, KIND_NOTICE, Notice, notice) {
        if (!is_sent_demand(notice, cycle))
            continue;
        notice->reason = "retracted";
        reason_add(d, "notice_retracted", "§4 backdated payment", notice->name, "backdated_payment",
                   json_pack("{s:s}", "key", notice->key), "notice %s is taken back", notice->name);
    }
}

void backdated_correct(Deciding *d, Cycle *cycle, const char *by)
{
    if (words_have(cycle->proposals, "reverse_fee"))
        reverse_fees(d, cycle);
    if (words_have(cycle->proposals, "credit_suspension"))
        credit_suspension(d, cycle);
    if (words_have(cycle->proposals, "retract_notices"))
        retract_notices(d, cycle);
    reason_add(d, "correction_booked", "§4 backdated payment", cycle->id, "backdated_payment",
               json_pack("{s:s}", "by", by), "%s approved the correction", by);
    cycle->proposals = NULL;
}
