/* Late fee of the module (§4): once per cycle, only if it was configured before the account became
 * delinquent. */
#include "escalation/deciding.h"

static bool is_configured(const Deciding *d, const Cycle *cycle)
{
    return d->policy->form == POLICY_MODULE && d->settings->late_fee != AMOUNT_NONE &&
           d->settings->late_fee > 0 && currency_equal(cycle->currency, d->settings->currency);
}

void fee_on_entry(Deciding *d, Cycle *cycle, bool by_rule)
{
    if (!is_configured(d, cycle) || cycle->fee_charged || cycle->fee_dropped ||
        (!by_rule && !d->settings->fee_on_manual_entry))
        return;
    if (holds_block(d, cycle->currency) & BLOCKS_FEES) {
        cycle->fee_dropped = true;
        reason_add(d, "fee_dropped", "§4 late fee", "late_fee", "hold", NULL,
                   "a hold forbids the late fee on its day: none in this cycle");
        return;
    }
    cycle->fee_due_on = d->today;
}

static void charge(Deciding *d, Cycle *cycle)
{
    const char *id = arena_printf(d->arena, "late_fee:%s", cycle->id);
    Invoice *fee = state_add(d->state, KIND_INVOICE);
    fee->id = id;
    fee->currency = cycle->currency;
    fee->amount = d->settings->late_fee;
    fee->issued_on = d->today;
    fee->kind = INVOICE_FEE;
    fee->status = INVOICE_OPEN;
    fee->fee_type = "late_fee";
    fee->sequence = ++d->state->account.next_id;
    fee->cycle = cycle->id;
    fee->seen_at = d->now;
    cycle->fee_charged = true;
    cycle->fee_due_on = DATE_NONE;
    reason_add(d, "fee_charged", "§4 late fee", "late_fee", NULL,
               json_pack("{s:s,s:I,s:s}", "invoice", id, "amount",
                         (json_int_t)d->settings->late_fee, "currency", cycle->currency.code),
               "a late fee is charged, once in this cycle");
    deciding_read_ledger(d);
}

/* Nothing is charged while nothing is overdue (manual entry). */
void fee_judge(Deciding *d, Cycle *cycle)
{
    if (cycle->fee_due_on == DATE_NONE || d->today < cycle->fee_due_on || cycle->fee_charged ||
        !is_configured(d, cycle) ||
        ledger_currency(&d->ledger, cycle->currency).overdue_charges <= 0)
        return;
    charge(d, cycle);
}
