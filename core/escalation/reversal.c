/* Money that was taken back (§4): a return, a chargeback, a credit that was cancelled. */
#include <string.h>

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

/* ---- what a hold kept back ------------------------------------------------------------------- */

static void forget(Deciding *d, Notice *notice, const char *why)
{
    notice->reason = why;
    reason_add(d, "notice_suppressed", "§5", notice->name, why,
               json_pack("{s:s}", "key", notice->key),
               "notice %s, which a hold kept back, does not follow: %s", notice->name, why);
}

/* NULL: it has something to say still. */
static const char *is_pointless(const Deciding *d, const Notice *notice)
{
    if (notice->severity == NOTICE_SEVERITY_COURTESY)
        return grace_runs(d, notice->currency) ? NULL : "lapsed";
    if (ledger_currency(&d->ledger, notice->currency).overdue <= 0)
        return "paid";
    return words_have(d->entered, notice->currency.code) ? "covered" : NULL;
}

static bool is_blocked(const Deciding *d, Currency currency)
{
    return (holds_block(d, currency) & BLOCKS_MESSAGES) || holds_cease(d);
}

static void follow(Deciding *d, size_t row)
{
    const Notice old = STATE_ROWS(d->state, KIND_NOTICE, Notice)[row];
    Cycle *cycle = cycle_current(d->state, old.currency);
    char day[16];
    bool returned = old.severity == NOTICE_SEVERITY_RETURNED, running = cycle_is_running(cycle);
    NoticePlan plan = {
        .name = old.name,
        .template_name = old.template_name,
        .target = date_format(old.planned_on, day),
        .cycle = returned && running ? cycle : NULL,
        .step =
            returned && running && cycle->executed_on == DATE_NONE ? cycle_step(d, cycle) : NULL,
        .currency = old.currency,
        .severity = (int)old.severity,
    };
    const char *why = notice_plan(d, &plan) ? "followed" : "covered";
    Notice *notice = &STATE_ROWS(d->state, KIND_NOTICE, Notice)[row]; /* the rows may have moved */
    if (strcmp(why, "followed") == 0)
        notice->reason = why;
    else
        forget(d, notice, why);
}

void remembered_follow(Deciding *d)
{
    size_t n = STATE_COUNT(d->state, KIND_NOTICE);
    for (size_t i = 0; i < n; i++) {
        const Notice *notice = &STATE_ROWS(d->look, KIND_NOTICE, const Notice)[i];
        if (notice->state != NOTICE_SUPPRESSED || !notice_is_remembered(notice) ||
            !text_same(notice->reason, "hold"))
            continue;
        const char *why = is_pointless(d, notice);
        if (why)
            forget(d, &STATE_ROWS(d->state, KIND_NOTICE, Notice)[i], why);
        else if (!is_blocked(d, notice->currency))
            follow(d, i);
    }
}
