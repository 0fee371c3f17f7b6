/* Views on the same rules, for lists and the case runner: what stands, never what is decided. */
#include <string.h>

#include "escalation/deciding.h"

static const Event no_event = {.kind = EVENT_WAKE};

/* A Deciding over the state as it stands; nothing of it is written back. */
static void look(Deciding *d, DecideIn *in, AccountState *copy, const AccountState *state,
                 const Rulebook *book, Instant now, Arena *arena)
{
    *in = (DecideIn){.state = state, .event = &no_event, .now = now, .book = book};
    state_copy(state, arena, copy);
    deciding_init(d, in, arena, copy);
}

static void look_away(Deciding *d)
{
    g_ptr_array_unref(d->reasons);
    g_ptr_array_unref(d->wishes);
}

/* Running, else parked or waiting, else the latest that was left. */
static const Cycle *shown_cycle(const AccountState *state, Currency currency)
{
    const Cycle *found = NULL;
    STATE_FOREACH(state, KIND_CYCLE, Cycle, c)
    {
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
    STATE_FOREACH(d->state, KIND_CYCLE, Cycle, cycle)
    {
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
    STATE_FOREACH(d->in->state, KIND_CYCLE, Cycle, c)
    {
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
    STATE_FOREACH(d->state, KIND_PAYMENT, Payment, p)
    if (p->state == PAYMENT_SETTLED && p->settled_on != DATE_NONE &&
        p->settled_on >= cycle->delinquent_since && currency_equal(p->currency, cycle->currency))
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
    view->step_since = running ? cycle->step_since : cycle->left_on;
    if (policy->form == POLICY_MODULE)
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
    ret_view->status = status_of(ret_view);
    ret_view->holds = holds_words(&d);
    gather_words(&d, ret_view);
    fill_row(&d, main_cycle(&d), ret_view);
    look_away(&d);
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

/* ---- explain --------------------------------------------------------------------------------- */

static void say(json_t *list, const char *rule, Date on, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
static void say(json_t *list, const char *rule, Date on, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    json_t *row = json_pack("{s:s,s:s}", "text", text, "rule", rule);
    char day[16];
    if (on != DATE_NONE && on != DATE_NEVER)
        json_object_set_new(row, "on", json_string(date_format(on, day)));
    json_array_append_new(list, row);
}

static void say_debt(json_t *list, const Deciding *d, const CurrencyView *view)
{
    g_autofree char *overdue = money_to_text((Money){view->overdue, view->currency});
    if (view->overdue == 0) {
        say(list, "§3.6", DATE_NONE, "Nothing is overdue in %s.", view->currency.code);
        return;
    }
    const Limit *minimum = settings_minimum(d->settings, view->currency);
    if (!minimum) {
        say(list, "§3.8", DATE_NONE,
            "%s is overdue, but no minimum is set for %s: nothing is sent.", overdue,
            view->currency.code);
        return;
    }
    g_autofree char *least = money_to_text((Money){minimum->minor, view->currency});
    say(list, "§3.6", DATE_NONE,
        "%s is overdue, the oldest of it for %" G_GINT64_FORMAT
        " days (invoice %s, escalation age %" G_GINT64_FORMAT "); the minimum is %s.",
        overdue, view->days_overdue, view->anchor ? view->anchor : "none", view->escalation_age,
        least);
}

static void say_entry(json_t *list, Deciding *d, const CurrencyView *view)
{
    Date on = entry_date(d, view->currency, d->today);
    Date extended = grace_until(d->state, view->currency, d->today);
    char day[16];
    if (extended != DATE_NONE)
        say(list, "§4 grace", extended,
            "A grace period runs: the account cannot become delinquent before %s.",
            date_format(extended, day));
    if (view->pending > 0)
        say(list, "§4 pending payment", DATE_NONE,
            "Money is pending: entry would be delayed by %" G_GINT64_FORMAT " days, once.",
            d->settings->pending_grace_days);
    if (on != DATE_NEVER)
        say(list, "§4 entry", MAX(on, extended),
            "Without a payment the account becomes delinquent on %s.",
            date_format(MAX(on, extended), day));
}

static void say_step(json_t *list, const Deciding *d, const Cycle *cycle)
{
    char day[16], other[16];
    const Policy *policy = cycle_policy(d, cycle);
    say(list, "§6.1", cycle->step_since,
        "Delinquent since %s, in step %s of %s version %" G_GINT64_FORMAT " since %s.",
        date_format(cycle->delinquent_since, day), cycle->step, policy->name, cycle->policy_version,
        date_format(cycle->step_since, other));
    if (cycle->executed_on == DATE_NONE)
        say(list, "§6.1", DATE_NONE,
            "The step is not executed yet: its notice was not accepted. It is not left before.");
    if (cycle->awaiting)
        say(list, "§7", DATE_NONE, "The next step waits for: %s.", cycle->awaiting);
    if (cycle->reasons)
        say(list, "§4 list columns", DATE_NONE, "A person is needed: %s.", cycle->reasons);
}

static void say_next(json_t *list, const Deciding *d, const Cycle *cycle, const CurrencyView *view)
{
    const Policy *policy = cycle_policy(d, cycle);
    const Step *step = cycle_step(d, cycle);
    if (!step || cycle->executed_on == DATE_NONE || step->final)
        return;
    char day[16];
    for (size_t i = 0; i < policy->n_moves; i++) {
        const Move *move = &policy->moves[i];
        if (move->from != step_index(policy, step))
            continue;
        const Step *next = &policy->steps[move->to];
        bool by_age = !move->when && next->from > 0;
        Date dwelt = dates_add(cycle->dwell_from, by_age ? cycle->dwell_days : move->wait_days);
        Date aged = by_age ? dates_add(d->today, next->from - view->escalation_age) : DATE_NONE;
        Date on = MAX(MAX(dwelt, aged), d->today + 1);
        say(list, "§6.3", on, "%s follows on %s at the earliest%s%s.", next->name,
            date_format(on, day), move->when_text ? ", when " : "",
            move->when_text ? move->when_text : "");
    }
}

static void say_exit(json_t *list, const Deciding *d, const CurrencyView *view)
{
    const Limit *minimum = settings_minimum(d->settings, view->currency);
    if (!minimum)
        return;
    g_autofree char *least = money_to_text((Money){minimum->minor, view->currency});
    say(list, "§4 exit", DATE_NONE,
        d->settings->auto_resolve ? "It leaves as soon as less than %s is overdue, or nothing."
                                  : "Below %s a person decides whether it leaves.",
        least);
}

static void say_waiting(json_t *list, const Deciding *d)
{
    STATE_FOREACH(d->state, KIND_NOTICE, Notice, notice)
    {
        char at[32];
        if (notice->state == NOTICE_PLANNED)
            say(list, "§6.8", zone_date(d->zone, notice->release_at),
                "Notice %s is planned for %s.", notice->name,
                instant_format(notice->release_at, at));
        else if (notice->state == NOTICE_UNREACHABLE && !notice_obsolete(d, notice))
            say(list, "§8", DATE_NONE, "Notice %s reaches nobody: no channel is left.",
                notice->name);
    }
}

json_t *explain_account(const AccountState *state, const Rulebook *book, Instant now, Arena *arena)
{
    Deciding d;
    DecideIn in;
    AccountState copy;
    look(&d, &in, &copy, state, book, now, arena);
    json_t *list = json_array();
    for (size_t i = 0; i < d.ledger.n_currencies; i++) {
        CurrencyView view = currency_view(&d, &d.ledger.currencies[i]);
        say_debt(list, &d, &view);
        if (view.delinquent) {
            say_step(list, &d, view.cycle);
            say_next(list, &d, view.cycle, &view);
            say_exit(list, &d, &view);
        } else {
            say_entry(list, &d, &view);
        }
    }
    const char *holds = holds_words(&d);
    if (holds)
        say(list, "§5", DATE_NONE, "In force: %s.", holds);
    if (state->account.reasons)
        say(list, "§4 list columns", DATE_NONE, "A person is needed: %s.", state->account.reasons);
    say_waiting(list, &d);
    look_away(&d);
    return list;
}
