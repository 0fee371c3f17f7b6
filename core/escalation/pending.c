/* Money that is announced but not settled (§4): it delays entry once, and afterwards what is hard
 * to undo, once each. */
#include "escalation/deciding.h"

static bool has_pending(const Deciding *d, Currency currency)
{
    CurrencyBalance balance = ledger_currency(&d->ledger, currency);
    if (balance.pending <= 0)
        return false;
    const Limit *minimum = settings_minimum(d->settings, currency);
    return !d->settings->pending_must_cover ||
           balance.overdue_charges - balance.pending <= (minimum ? minimum->minor : 0);
}

bool pending_blocks_entry(Deciding *d, Cycle *cycle)
{
    int64_t days = d->settings->pending_grace_days;
    bool pending = has_pending(d, cycle->currency);
    if (cycle->pending_from == DATE_NONE) {
        if (!pending || days <= 0)
            return false;
        cycle->pending_from = d->today;
        cycle->pending_until = dates_add(d->today, days - 1);
        return true;
    }
    if (pending && d->today <= cycle->pending_until)
        return true;
    cycle->pending_until = MIN(cycle->pending_until, d->today - 1);
    return false;
}

bool pending_blocks_act(Deciding *d, Cycle *cycle, const char *effect)
{
    int64_t days = d->settings->pending_grace_days;
    bool pending = ledger_currency(&d->ledger, cycle->currency).pending > 0;
    if (!pending || days <= 0)
        return false;
    if (!words_have(cycle->pending_used, effect)) {
        cycle->pending_used = words_add(d->arena, cycle->pending_used, effect);
        cycle->pending_act = arena_strdup(d->arena, effect);
        cycle->pending_act_from = d->today;
        cycle->pending_act_until = dates_add(d->today, days - 1);
        return true;
    }
    return g_strcmp0(cycle->pending_act, effect) == 0 && d->today <= cycle->pending_act_until;
}

bool pending_covers(const Deciding *d, const InvoiceBalance *invoice)
{
    return invoice->open > 0 &&
           ledger_currency(&d->ledger, invoice->invoice->currency).pending >= invoice->open;
}
