/* Ways out of delinquency (§4): auto-exit, grace, dispute, plan, staff. Every one lifts a
 * suspension for delinquency. */
#include <string.h>

#include "escalation/deciding.h"

bool exit_due(const Deciding *d, const Cycle *cycle)
{
    if (cycle->manual_shield)
        return false;
    const Limit *minimum = settings_minimum(d->settings, cycle->currency);
    int64_t overdue = ledger_currency(&d->ledger, cycle->currency).overdue_charges;
    return overdue == 0 || (minimum && overdue < minimum->minor);
}

/* Disputes and plans hide a debt, they do not settle it: the cycle stays open, parked with its step
 * (§5). */
static const char *reason_hidden(const Deciding *d, const Cycle *cycle)
{
    const Limit *minimum = settings_minimum(d->settings, cycle->currency);
    int64_t contested = ledger_currency(&d->ledger, cycle->currency).contested;
    if (contested == 0 || (minimum && contested < minimum->minor))
        return NULL;
    int64_t disputed = 0, planned = 0;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (b->days_overdue == 0 || !b->charge ||
            !currency_equal(b->invoice->currency, cycle->currency))
            continue;
        if (b->in_plan)
            planned = ledger_sum(planned, b->rest);
        disputed = ledger_sum(disputed, b->disputed);
    }
    return planned > disputed ? "plan" : "dispute";
}

const char *exit_suppression(const char *exit_reason)
{
    static const char *const table[][2] = {
        {"payment", "paid"},    {"credit", "paid"}, {"void", "void"},  {"write_off", "void"},
        {"dispute", "dispute"}, {"plan", "hold"},   {"grace", "hold"}, {"excluded", "excluded"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        if (text_same(table[i][0], exit_reason))
            return table[i][1];
    return "left";
}

static bool stays_open(const char *reason)
{
    return strcmp(reason, "grace") == 0 || strcmp(reason, "dispute") == 0 ||
           strcmp(reason, "plan") == 0;
}

/* Reasons about the step go with it (§4 list columns). */
static void drop_step_reasons(Deciding *d, Cycle *cycle)
{
    if (cycle->reasons)
        reason_add(d, "intervention_ended", "§4 list columns", cycle->reasons, "left", NULL,
                   "the account left");
    cycle->reasons = NULL;
    cycle->awaiting = NULL;
}

void exit_leave(Deciding *d, Cycle *cycle, const char *reason)
{
    reason_add(d, "left", "§4 exit", cycle->id, reason,
               json_pack("{s:s,s:s,s:I}", "step", cycle->step, "currency", cycle->currency.code,
                         "overdue",
                         (json_int_t)ledger_currency(&d->ledger, cycle->currency).overdue),
               "the account left step %s: %s", cycle->step, reason);
    notices_suppress_cycle(d, cycle, exit_suppression(reason));
    acts_suppress_cycle(d, cycle, exit_suppression(reason));
    cycle->last_step = cycle->step;
    cycle->step = NULL;
    cycle->exit_reason = arena_strdup(d->arena, reason);
    cycle->left_on = d->today;
    cycle->manual_shield = false;
    drop_step_reasons(d, cycle);
    if (stays_open(reason))
        cycle->parked = strcmp(reason, "grace") != 0;
    else
        cycle_close(d, cycle, reason);
    if (strcmp(reason, "plan") != 0)
        acts_undo_cycle(d, cycle);
    hub_event(d, cycle, "case.step_left", json_pack("{s:s}", "reason", reason));
    hub_event(d, cycle, "case.resolved", json_pack("{s:s}", "reason", reason));
}

/* A person who flags an account in spite of its grace means it. */
static bool grants_grace(const Deciding *d)
{
    EventKind kind = d->in->event->kind;
    return kind == EVENT_GRACE_REQUESTED || kind == EVENT_ACCOUNT_STATUS_CHANGED;
}

void exit_judge(Deciding *d, Cycle *cycle)
{
    const Limit *minimum = settings_minimum(d->settings, cycle->currency);
    int64_t overdue = ledger_currency(&d->ledger, cycle->currency).overdue_charges;
    if (minimum && overdue > minimum->minor)
        cycle->manual_shield = false;
    bool due = exit_due(d, cycle);
    if (due && d->settings->auto_resolve) {
        const char *hidden = reason_hidden(d, cycle);
        exit_leave(d, cycle, hidden ? hidden : d->cause ? d->cause : "payment");
        return;
    }
    intervene(d, &cycle->reasons, "payment_received", due, "§4 exit",
              "the debt is below the minimum; a person decides whether the account leaves");
    if (d->settings->auto_resolve && grace_runs(d, cycle->currency) &&
        (!cycle->manual_shield || grants_grace(d)))
        exit_leave(d, cycle, "grace");
}

void exit_by_staff(Deciding *d, Cycle *cycle, const char *by)
{
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (b->counted && currency_equal(b->invoice->currency, cycle->currency))
            deciding_invoices(d)[i].spent = true;
    }
    reason_add(d, "event_applied", "§4 staff exit", cycle->id, "staff",
               json_pack("{s:s}", "by", by), "%s ended the delinquency", by);
    exit_leave(d, cycle, "staff");
}
