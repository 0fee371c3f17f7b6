#include "escalation/decide.h"

#include <string.h>

#include "escalation/deciding.h"

enum { ROUNDS_MAX = 4 };

DueRules deciding_due_rules(const Settings *settings)
{
    return (DueRules){settings->days_to_overdue, settings->ledger_grace_days};
}

void deciding_read_ledger(Deciding *d)
{
    DueRules rules = deciding_due_rules(d->settings);
    if (ledger_facts_stand(&d->read_from, d->state, &rules, d->today))
        return;
    ledger_read(d->state, &rules, d->today, d->arena, &d->ledger);
    ledger_facts_note(d->state, &rules, d->today, d->arena, &d->read_from);
}

static void show_rows(Ledger *ledger, const Invoice *rows)
{
    for (size_t i = 0; i < ledger->n_invoices && ledger->invoices[i].invoice != &rows[i]; i++)
        ledger->invoices[i].invoice = &rows[i];
}

Invoice *deciding_invoices(Deciding *d)
{
    Invoice *rows = STATE_ROWS(d->state, KIND_INVOICE, Invoice);
    show_rows(&d->ledger, rows);
    show_rows(&d->before, rows);
    return rows;
}

Invoice *deciding_invoice(Deciding *d, const Invoice *seen)
{
    const Invoice *first = STATE_ROWS(d->look, KIND_INVOICE, const Invoice);
    return seen ? &deciding_invoices(d)[seen - first] : NULL;
}

/* What is picked follows from the account and the rulebook alone. */
void deciding_pick_policy(Deciding *d)
{
    if (d->policy && memcmp(&d->picked_for, &d->state->account, sizeof d->picked_for) == 0)
        return;
    memcpy(&d->picked_for, &d->state->account, sizeof d->picked_for);
    AccountLayers layers = account_layers(d->book, &d->state->account);
    d->policy = layers_policy(&layers, d->book, &d->state->account);
    d->settings = layers_settings(&layers, d->book, d->policy, d->arena);
    d->calendar = layers_calendar(&layers, d->book);
}

Date deciding_first_held_day(const Deciding *d)
{
    return d->local.minute < d->settings->evaluate_at ? d->today : d->today + 1;
}

const char *deciding_actor(const Deciding *d, const char *by)
{
    if (by)
        return by;
    return d->in->event->source ? d->in->event->source : "hub";
}

const char *deciding_next_id(Deciding *d, const char *prefix)
{
    return arena_printf(d->arena, "%s%" G_GINT64_FORMAT, prefix, ++d->state->account.next_id);
}

static const Zone *account_zone(const Account *account, const Rulebook *book)
{
    const Zone *zone = account->zone ? zone_get(account->zone, NULL) : NULL;
    return zone ? zone : book->zone;
}

void deciding_init(Deciding *d, const DecideIn *in, Arena *arena, AccountState *copy)
{
    *d = (Deciding){
        .in = in, .arena = arena, .state = copy, .look = copy, .book = in->book, .now = in->now};
    d->zone = account_zone(&copy->account, in->book);
    d->local = zone_local(d->zone, in->now);
    d->today = MAX(d->local.date, copy->account.business_date);
    deciding_pick_policy(d);
    d->daily = copy->account.evaluated_on < d->today && d->local.minute >= d->settings->evaluate_at;
    DueRules rules = deciding_due_rules(d->settings);
    ledger_read(d->state, &rules, d->today, arena, &d->ledger);
    /* the state that came in stays as it is: it shows what was read, until something else is */
    ledger_facts_of(in->state, &rules, d->today, &d->read_from);
    d->before = d->ledger;
}

/* ---- evaluation ------------------------------------------------------------------------------ */

/* The clock of an invoice stands still while all that is open on it is disputed (§5). True: one
 * was marked. */
static bool mark_whole_disputes(Deciding *d)
{
    bool marked = false;
    size_t n = STATE_COUNT(d->look, KIND_DISPUTE);
    for (size_t i = 0; i < n; i++) {
        const Dispute *dispute = &STATE_ROWS(d->look, KIND_DISPUTE, const Dispute)[i];
        if (dispute->outcome != DISPUTE_OPEN || dispute->whole_from != DATE_NONE)
            continue;
        const InvoiceBalance *b = ledger_invoice(&d->ledger, dispute->invoice);
        if (!b || b->open <= 0 || b->disputed != b->open)
            continue;
        STATE_ROWS(d->state, KIND_DISPUTE, Dispute)[i].whole_from = deciding_first_held_day(d);
        marked = true;
    }
    return marked;
}

/* First overdue day of a currency for which nobody has said from what amount on it counts (§3.8).
 */
static bool has_minimum(Deciding *d, const CurrencyBalance *balance)
{
    return settings_minimum(d->settings, balance->currency) || balance->overdue <= 0;
}

static void judge_minimums(Deciding *d)
{
    bool missing = false;
    for (size_t i = 0; i < d->ledger.n_currencies; i++)
        missing = missing || !has_minimum(d, &d->ledger.currencies[i]);
    intervene(
        d, &d->state->account.reasons, "no_minimum_for_currency", missing, "§3.8",
        "a currency has overdue invoices and no minimum: nothing is sent for it until one is set");
}

/* Told once per step, as soon as a first reason is open. */
static void tell_person(Deciding *d, Cycle *cycle)
{
    const Cycle *before = state_find(d->in->state, KIND_CYCLE, cycle->id);
    bool had = before && before->reasons && before->entry == cycle->entry;
    if (cycle->reasons && !had)
        hub_event(d, cycle, "case.needs_intervention",
                  json_pack("{s:s}", "reasons", cycle->reasons));
}

/* Nobody enters and nothing moves, but what is paid leaves. */
static void judge_without_minimum(Deciding *d, Cycle *cycle)
{
    if (cycle_is_running(cycle))
        exit_judge(d, cycle);
    if (cycle_is_running(cycle))
        step_judge_reasons(d, cycle);
}

static void judge_currency(Deciding *d, Currency currency)
{
    Cycle *cycle = cycle_current(d->state, currency);
    if (!settings_minimum(d->settings, currency)) {
        judge_without_minimum(d, cycle);
        return;
    }
    if (cycle_is_running(cycle)) {
        segment_follow(d, cycle);
        exit_judge(d, cycle);
    }
    if (!cycle_is_running(cycle)) {
        entry_judge(d, currency);
        cycle = cycle_current(d->state, currency);
    }
    if (reversal_happened(d, currency))
        reversal_notice(d, currency, cycle);
    if (!cycle_is_running(cycle))
        return;
    moves_recompute(d, cycle);
    moves_judge(d, cycle);
    step_ensure(d, cycle);
    fee_judge(d, cycle);
    interest_on_step(d, cycle);
    step_judge_reasons(d, cycle);
    tell_person(d, cycle);
}

static void judge_unreachable(Deciding *d)
{
    bool lost = false;
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, notice)
        lost = lost || (notice->state == NOTICE_UNREACHABLE && !notice_obsolete(d, notice));
    intervene(d, &d->state->account.reasons, "unreachable", lost, "§8",
              "no channel is left on which a message may go");
}

static void evaluate(Deciding *d)
{
    holds_expire(d);
    requests_expire(d);
    promises_judge(d);
    plans_judge(d);
    deciding_read_ledger(d);
    if (mark_whole_disputes(d))
        deciding_read_ledger(d);
    grace_judge(d);
    segment_judge(d);
    judge_minimums(d);
    for (size_t i = 0; i < d->ledger.n_currencies; i++)
        judge_currency(d, d->ledger.currencies[i].currency);
    plans_lift(d);
    remembered_follow(d);
    interest_judge(d);
    notices_judge(d);
    backdated_judge(d);
    if (d->daily)
        d->state->account.evaluated_on = d->today;
    d->state->account.business_date = d->today;
}

/* Time alone changes nothing between midnight and the daily evaluation; a fact or a command is
 * judged at any hour. */
static bool is_too_early(const Deciding *d)
{
    return d->in->event->kind == EVENT_WAKE && !d->daily &&
           d->state->account.evaluated_on < d->today;
}

/* ---- the result ------------------------------------------------------------------------------ */

static void hand_over(Deciding *d, DecideOut *ret_out)
{
    ret_out->reasons = d->reasons;
    ret_out->n_reasons = d->n_reasons;
    ret_out->wishes = d->wishes;
    ret_out->n_wishes = d->n_wishes;
}

/* A refused command leaves everything as it was. */
static void undo_all(Deciding *d)
{
    const Rejection *rejection = d->rejection;
    state_share(d->in->state, d->arena, d->state);
    d->n_reasons = d->n_wishes = 0;
    d->read_from = (LedgerFacts){0}; /* its rows are those of the copy that is given up */
    d->result = NULL;
    json_t *detail = json_loads(rejection->detail, 0, NULL);
    reason_add(d, "rejected", "command", d->in->event->id, rejection->code, detail, "%s",
               rejection->text);
    deciding_pick_policy(d);
    deciding_read_ledger(d);
}

/* What is released can book a credit, and a credit can open a way out: judged again until nothing
 * new is booked. */
static void settle(Deciding *d)
{
    size_t booked;
    int rounds = 0;
    do {
        booked = STATE_COUNT(d->state, KIND_CREDIT);
        deciding_pick_policy(d);
        deciding_read_ledger(d);
        if (!(d->in->switches & HUB_OBSERVE) && !is_too_early(d))
            evaluate(d);
        release_due(d);
        d->reversed = NULL;
    } while (STATE_COUNT(d->state, KIND_CREDIT) != booked && ++rounds < ROUNDS_MAX);
}

void decide(const DecideIn *in, Arena *arena, DecideOut *ret_out)
{
    *ret_out = (DecideOut){.wake_at = INSTANT_NEVER};
    AccountState *after = &ret_out->after;
    state_share(in->state, arena, after);
    Deciding d;
    deciding_init(&d, in, arena, after);
    apply_event(&d);
    if (d.rejection) {
        undo_all(&d);
    } else {
        settle(&d);
        judge_unreachable(&d);
        family_tell(&d);
    }
    ret_out->rejection = d.rejection;
    ret_out->result = d.result;
    /* while the hub only looks on, time changes nothing; the hub looks at all again when that ends */
    ret_out->wake_at = in->switches & HUB_OBSERVE ? INSTANT_NEVER : wake_instant(&d);
    hand_over(&d, ret_out);
    ret_out->changes = state_diff(in->state, after, arena, &ret_out->n_changes);
}
