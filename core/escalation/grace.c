/* Grace (§4): an extended delinquency date, limited per cycle. Due dates, overdue notices and
 * reminders do not notice it. */
#include "escalation/deciding.h"

static bool is_for(const Hold *hold, Currency currency)
{
    return hold->kind == HOLD_GRACE &&
           (!hold->currency.code[0] || currency_equal(hold->currency, currency));
}

Date grace_until(const AccountState *state, Currency currency, Date today)
{
    Date until = DATE_NONE;
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        if (is_for(hold, currency) && hold_is_running(hold, today))
            until = MAX(until, hold->until + 1);
    return until;
}

bool grace_runs(const Deciding *d, Currency currency)
{
    return grace_until(d->state, currency, d->today) != DATE_NONE;
}

/* Used in this cycle, what was used since the previous one closed included (§1 cycle). */
int64_t grace_days_used(const AccountState *state, Currency currency)
{
    int64_t used = 0;
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        if (is_for(hold, currency))
            used += hold->days_granted;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on != DATE_NONE && currency_equal(cycle->currency, currency))
            used -= cycle->grace_days_used;
    return used;
}

static bool has_open_invoice(const Deciding *d, Currency currency)
{
    for (size_t i = 0; i < d->ledger.n_invoices; i++)
        if (d->ledger.invoices[i].open > 0 && d->ledger.invoices[i].charge &&
            currency_equal(d->ledger.invoices[i].invoice->currency, currency))
            return true;
    return false;
}

/* Where the granted days begin: the delinquency date as it stands, or today. */
static Date start_of(const Deciding *d, Currency currency)
{
    const Cycle *cycle = cycle_current(d->state, currency);
    if (cycle_is_running(cycle) || !has_open_invoice(d, currency))
        return d->today;
    Date date = entry_date(d, currency, d->today);
    if (date == DATE_NEVER)
        return d->today;
    Date extended = grace_until(d->state, currency, d->today);
    date = extended == DATE_NONE ? date : MAX(date, extended);
    bool delayed = cycle && cycle->pending_from != DATE_NONE && cycle->pending_until >= d->today;
    return delayed ? MAX(date, dates_add(cycle->pending_until, 1)) : date;
}

bool grace_grant(Deciding *d, Currency currency, Date extended_to, const char *by,
                 const char *reason)
{
    Date start = start_of(d, currency);
    int64_t days = (int64_t)extended_to - start;
    int64_t left = d->settings->max_grace_days - grace_days_used(d->state, currency);
    char latest[16];
    date_format(dates_add(start, MAX(left, 0)), latest);
    if (days > left) {
        reject(d, "grace_too_long",
               json_pack("{s:s,s:I}", "latest_allowed", latest, "days_left", (json_int_t)left),
               "%" G_GINT64_FORMAT " days of grace are asked for and %" G_GINT64_FORMAT
               " are left in this cycle; the latest date is %s",
               days, left, latest);
        return false;
    }
    if (days <= 0) {
        reject(
            d, "grace_too_short", json_pack("{s:s}", "latest_allowed", latest),
            "that date is not after the one on which the account would become delinquent anyway; "
            "name a later one, up to %s",
            latest);
        return false;
    }
    Hold *hold = hold_add(d, HOLD_GRACE, by, reason);
    hold->currency = currency;
    hold->from = d->today;
    hold->until = extended_to - 1;
    hold->days_granted = days;
    char text[16];
    reason_add(d, "grace_set", "§4 grace", hold->id, NULL,
               json_pack("{s:s,s:I}", "extended_to", date_format(extended_to, text), "days",
                         (json_int_t)days),
               "the account cannot become delinquent before %s", text);
    return true;
}

/* Removed when the account balance returns to 0 or below (§4). */
void grace_judge(Deciding *d)
{
    size_t n = STATE_COUNT(d->look, KIND_HOLD);
    for (size_t i = 0; i < n; i++) {
        const Hold *hold = &STATE_ROWS(d->look, KIND_HOLD, const Hold)[i];
        if (hold->kind != HOLD_GRACE || !hold_is_running(hold, d->today))
            continue;
        int64_t before = ledger_currency(&d->before, hold->currency).balance;
        int64_t now = ledger_currency(&d->ledger, hold->currency).balance;
        if (before > 0 && now <= 0)
            hold_finish(d, &STATE_ROWS(d->state, KIND_HOLD, Hold)[i], false);
    }
}
