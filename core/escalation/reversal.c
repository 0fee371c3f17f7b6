/* Money that was taken back (§4): a return, a chargeback, a credit that was cancelled. */
#include "escalation/deciding.h"

bool reversal_happened(const Deciding *d, Currency currency)
{
    return words_have(d->reversed, currency.code);
}

/* Told once a day, unless the account enters at a first step: that step's notice speaks then. */
void reversal_notice(Deciding *d, Currency currency, Cycle *cycle)
{
    if (ledger_currency(&d->ledger, currency).overdue <= 0 || words_have(d->entered, currency.code))
        return;
    char day[16];
    bool running = cycle_is_running(cycle);
    NoticePlan plan = {
        .name = "payment_returned",
        .target = date_format(d->today, day),
        .cycle = running ? cycle : NULL,
        .step = running && cycle->executed_on == DATE_NONE ? cycle_step(d, cycle) : NULL,
        .currency = currency,
        .severity = NOTICE_SEVERITY_RETURNED,
    };
    notice_plan(d, &plan);
}
