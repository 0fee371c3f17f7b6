/* Views on the same rules, for lists and the case runner: what stands, never what is decided. */
#include <string.h>

#include "escalation/deciding.h"

static const Event no_event = {.kind = EVENT_WAKE};

/* A Deciding over the state as it stands; nothing of it is written back. */
static void look(Deciding *d, DecideIn *in, AccountState *copy, const AccountState *state,
                 const Rulebook *book, Instant now, Arena *arena)
{
    *in = (DecideIn){.state = state, .event = &no_event, .now = now, .book = book};
    state_share(state, arena, copy);
    deciding_init(d, in, arena, copy);
}

/* Running, else parked or waiting, else the latest that was left. */
static const Cycle *shown_cycle(const AccountState *state, Currency currency)
{
    const Cycle *found = NULL;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, c) {
        if (!currency_equal(c->currency, currency))
            continue;
        if (!found || !cycle_is_running(found) || cycle_is_running(c))
            found = c;
    }
    return found;
}

static CurrencyView currency_view(const Deciding *d, const CurrencyBalance *balance)
{
    int64_t age;
    const InvoiceBalance *anchor = age_anchor(d->state, &d->ledger, balance->currency, &age);
    const Cycle *cycle = shown_cycle(d->in->state, balance->currency);
    return (CurrencyView){
        .currency = balance->currency,
        .overdue = balance->overdue,
        .balance = balance->balance,
        .pending = balance->pending,
        .days_overdue = age_calendar(&d->ledger, balance->currency),
        .escalation_age = age,
        .anchor = anchor ? anchor->invoice->id : NULL,
        .cycle = cycle,
        .delinquent = cycle_is_running(cycle),
    };
}

static const char *join(Arena *arena, const char *words, const char *more)
{
    if (!more)
        return words;
    g_auto(GStrv) parts = g_strsplit(more, ",", -1);
    for (char **part = parts; *part; part++)
        words = words_add(arena, words, *part);
    return words;
}

static void gather_words(const Deciding *d, AccountView *view)
{
    view->reasons = join(d->arena, NULL, d->state->account.reasons);
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle) {
        if (cycle->closed_on == DATE_NONE) {
            view->reasons = join(d->arena, view->reasons, cycle->reasons);
            view->awaiting = join(d->arena, view->awaiting, cycle->awaiting);
        }
        view->proposals = join(d->arena, view->proposals, cycle->proposals);
    }
    view->needs_intervention = view->reasons != NULL;
}

/* The case a list shows: a running one before others, the usual currency before others. */
static const Cycle *main_cycle(const Deciding *d)
{
    const Cycle *found = NULL;
    STATE_FOREACH (d->in->state, KIND_CYCLE, const Cycle, c) {
        bool better = !found || (cycle_is_running(c) && !cycle_is_running(found)) ||
                      (cycle_is_running(c) == cycle_is_running(found) &&
                       (currency_equal(c->currency, d->settings->currency) ||
                        !currency_equal(found->currency, d->settings->currency)));
        if (better)
            found = c;
    }
    return found;
}

static Date new_payment_since(const Deciding *d, const Cycle *cycle)
{
    Date latest = DATE_NONE;
    STATE_FOREACH (d->look, KIND_PAYMENT, const Payment, p)
        if (p->state == PAYMENT_SETTLED && p->settled_on != DATE_NONE &&
            p->settled_on >= cycle->delinquent_since &&
            currency_equal(p->currency, cycle->currency))
            latest = MAX(latest, p->settled_on);
    return latest;
}

static void fill_row(const Deciding *d, const Cycle *cycle, AccountView *view)
{
    view->policy = d->policy->name;
    view->policy_version = d->policy->version;
    view->segment = d->state->account.segment;
    if (!cycle)
        return;
    bool running = cycle_is_running(cycle);
    const Policy *policy = cycle_policy(d, cycle);
    if (cycle->policy) {
        view->policy = policy->name;
        view->policy_version = policy->version;
    }
    view->delinquent_since = running ? cycle->delinquent_since : DATE_NONE;
    bool module = policy->form == POLICY_MODULE; /* there "paid by customer" is a step as well */
    view->step_since = running ? cycle->step_since : module ? cycle->left_on : DATE_NONE;
    if (module)
        view->step = running ? cycle->step : cycle->exit_reason ? "paid_by_customer" : NULL;
    else
        view->stage = cycle->step;
    view->step_due = running && policy->form == POLICY_MODULE ? step_due(d, cycle) : DATE_NONE;
    view->new_payment_since =
        cycle->delinquent_since != DATE_NONE ? new_payment_since(d, cycle) : DATE_NONE;
}

static int status_of(const AccountView *view)
{
    int status = STATUS_CURRENT;
    for (size_t i = 0; i < view->n_currencies; i++) {
        if (view->currencies[i].delinquent)
            return STATUS_DELINQUENT;
        if (view->currencies[i].overdue > 0)
            status = STATUS_OVERDUE;
    }
    return status;
}

void account_view(const AccountState *state, const Rulebook *book, Instant now, Arena *arena,
                  AccountView *ret_view)
{
    Deciding d;
    DecideIn in;
    AccountState copy;
    look(&d, &in, &copy, state, book, now, arena);
    *ret_view = (AccountView){.today = d.today,
                              .grace_until = DATE_NONE,
                              .delinquent_since = DATE_NONE,
                              .step_since = DATE_NONE,
                              .step_due = DATE_NONE,
                              .new_payment_since = DATE_NONE};
    CurrencyView *currencies = arena_new0(arena, CurrencyView, d.ledger.n_currencies);
    for (size_t i = 0; i < d.ledger.n_currencies; i++) {
        currencies[i] = currency_view(&d, &d.ledger.currencies[i]);
        ret_view->grace_until = MAX(ret_view->grace_until,
                                    grace_until(state, d.ledger.currencies[i].currency, d.today));
    }
    ret_view->grace_until =
        MAX(ret_view->grace_until, grace_until(state, d.settings->currency, d.today));
    ret_view->currencies = currencies;
    ret_view->n_currencies = d.ledger.n_currencies;
    ret_view->invoices = d.ledger.invoices;
    ret_view->n_invoices = d.ledger.n_invoices;
    ret_view->status = status_of(ret_view);
    ret_view->holds = holds_words(&d);
    gather_words(&d, ret_view);
    fill_row(&d, main_cycle(&d), ret_view);
}

const char *condition_seen(const AccountState *state, const Rulebook *book, Instant now,
                           const Cycle *cycle, Currency currency, const Condition *condition,
                           Arena *arena)
{
    Deciding d;
    DecideIn in;
    AccountState copy;
    look(&d, &in, &copy, state, book, now, arena);
    ScopeContext context = {&d, cycle ? cycle_by_id(&copy, cycle->id) : NULL, currency};
    ConditionScope scope = scope_of(&context);
    const char *words = condition_explain(condition, &scope, arena);
    return words;
}

GateAnswer act_gate_seen(const AccountState *state, const Rulebook *book, Instant at,
                         const Act *act, Arena *arena)
{
    Deciding d;
    DecideIn in;
    AccountState copy;
    look(&d, &in, &copy, state, book, at, arena);
    const Notice *notice = act->notice ? state_find(state, KIND_NOTICE, act->notice) : NULL;
    GateAnswer answer = release_gate(&d, act, notice);
    return answer;
}

InvoiceDates invoice_dates(const Settings *settings, Date issued_on, Date due_on)
{
    DueRules rules = deciding_due_rules(settings);
    Date overdue_on = dates_overdue_on(&rules, issued_on, due_on);
    return (InvoiceDates){
        .reminder_on = dates_add(issued_on, settings->reminder_delay),
        .overdue_on = overdue_on,
        .delinquent_on = dates_add(overdue_on, settings->days_to_delinquent),
    };
}
