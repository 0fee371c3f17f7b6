/* Payment plans (§7): instalments that sum exactly, a parked cycle, default on the day after a
 * missed date. */
#include <string.h>

#include "escalation/deciding.h"

enum { REMINDER_DAYS = 3 };

/* ---- making one ------------------------------------------------------------------------------ */

static bool length_allowed(Deciding *d, const PlanRequest *request)
{
    const Settings *s = d->settings;
    if (request->instalments >= s->plan_least && request->instalments <= s->plan_most)
        return true;
    reject(d, "plan_length",
           json_pack("{s:[I,I]}", "allowed", (json_int_t)s->plan_least, (json_int_t)s->plan_most),
           "a plan has %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
           " monthly instalments, not %" G_GINT64_FORMAT,
           s->plan_least, s->plan_most, request->instalments);
    return false;
}

/* Sum of what is open and undisputed on the named invoices; all of one currency, none in another
 * running plan. */
static bool sum_invoices(Deciding *d, const PlanRequest *request, int64_t *ret_sum,
                         Currency *ret_currency)
{
    int64_t sum = 0;
    Currency currency = {""};
    g_auto(GStrv) ids = g_strsplit(request->invoices ? request->invoices : "", ",", -1);
    for (char **id = ids; *id; id++) {
        const InvoiceBalance *b = ledger_invoice(&d->ledger, *id);
        if (!b || b->rest <= 0 || b->in_plan) {
            reject(d, "invoice_not_coverable", json_pack("{s:s}", "invoice", *id),
                   "invoice %s is unknown, settled, disputed or in another plan", *id);
            return false;
        }
        if (currency.code[0] && !currency_equal(currency, b->invoice->currency)) {
            reject(d, "several_currencies", NULL, "a plan covers invoices of one currency");
            return false;
        }
        currency = b->invoice->currency;
        sum = ledger_sum(sum, b->rest);
    }
    if (sum <= 0)
        reject(d, "invoice_not_coverable", NULL, "a plan needs at least one open invoice");
    *ret_sum = sum;
    *ret_currency = currency;
    return sum > 0;
}

static void add_instalments(Deciding *d, const Plan *plan, json_t *list)
{
    int year, month, wish;
    date_to_ymd(plan->first_on, &year, &month, &wish);
    int64_t part = plan->amount / plan->instalments;
    for (int64_t k = 0; k < plan->instalments; k++) {
        Instalment *row = state_add(d->state, KIND_INSTALMENT);
        row->plan = plan->id;
        row->number = k + 1;
        row->due_on = date_add_months(plan->first_on, (int)k, wish);
        row->amount = k == 0 ? plan->amount - part * (plan->instalments - 1) : part;
        char day[16];
        json_array_append_new(list, json_pack("{s:s,s:I}", "due_on", date_format(row->due_on, day),
                                              "amount", (json_int_t)row->amount));
    }
}

static void cover_invoices(Deciding *d, const Plan *plan)
{
    Invoice *invoices = deciding_invoices(d);
    for (size_t i = 0; i < STATE_COUNT(d->state, KIND_INVOICE); i++)
        if (ledger_lists(plan->invoices, invoices[i].id))
            invoices[i].plan = plan->id;
}

void apply_plan(Deciding *d)
{
    const PlanRequest *request = d->in->event->payload;
    int64_t sum;
    Currency currency;
    if (!length_allowed(d, request))
        return;
    if (request->id && state_find(d->state, KIND_PLAN, request->id)) {
        reject(d, "plan_exists", NULL, "plan %s is recorded already", request->id);
        return;
    }
    if (request->first_on == DATE_NONE || request->first_on < d->today) {
        reject(d, "date_passed", NULL, "the first instalment must lie on today or later");
        return;
    }
    if (!sum_invoices(d, request, &sum, &currency))
        return;
    Cycle *cycle = cycle_current(d->state, currency);
    Plan *plan = state_add(d->state, KIND_PLAN);
    plan->id = request->id ? arena_strdup(d->arena, request->id) : deciding_next_id(d, "plan");
    plan->currency = currency;
    plan->amount = sum;
    plan->invoices = arena_strdup(d->arena, request->invoices);
    plan->instalments = request->instalments;
    plan->first_on = request->first_on;
    plan->made_on = d->today;
    plan->state = PLAN_ACTIVE;
    plan->held_cycle = cycle ? cycle->id : NULL;
    plan->reason = arena_strdup(d->arena, request->reason);
    json_t *list = json_array();
    add_instalments(d, plan, list);
    cover_invoices(d, plan);
    d->cause = "plan";
    d->result = json_text(d, json_pack("{s:s,s:o}", "plan", plan->id, "instalments", list));
    reason_add(d, "plan_made", "§7 plan", plan->id, NULL, json_loads(d->result, 0, NULL),
               "%s agreed a plan of %" G_GINT64_FORMAT " instalments",
               deciding_actor(d, request->by), plan->instalments);
}

/* ---- paying it ------------------------------------------------------------------------------- */

static int64_t paid_towards(const AccountState *state, const Plan *plan)
{
    int64_t paid = 0;
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, p) {
        bool named = g_strcmp0(p->plan, plan->id) == 0;
        bool covered = p->settled_on >= plan->made_on && ledger_lists(plan->invoices, p->invoice);
        if (p->state == PAYMENT_SETTLED && (named || covered))
            paid = ledger_sum(paid, p->amount);
    }
    return paid;
}

int64_t instalment_open(const AccountState *state, const Instalment *instalment)
{
    const Plan *plan = state_find(state, KIND_PLAN, instalment->plan);
    int64_t before = 0;
    STATE_FOREACH (state, KIND_INSTALMENT, const Instalment, i)
        if (g_strcmp0(i->plan, instalment->plan) == 0 && i->number < instalment->number)
            before = ledger_sum(before, i->amount);
    int64_t left = plan ? paid_towards(state, plan) - before : 0;
    return instalment->amount - CLAMP(left, 0, instalment->amount);
}

static const Instalment *first_missed(const Deciding *d, const Plan *plan)
{
    STATE_FOREACH (d->look, KIND_INSTALMENT, const Instalment, i)
        if (g_strcmp0(i->plan, plan->id) == 0 && i->due_on < d->today &&
            instalment_open(d->state, i) > 0)
            return i;
    return NULL;
}

static bool is_pending_for(const Deciding *d, const Plan *plan)
{
    STATE_FOREACH (d->look, KIND_PAYMENT, const Payment, p)
        if (p->state == PAYMENT_PENDING &&
            (g_strcmp0(p->plan, plan->id) == 0 || ledger_lists(plan->invoices, p->invoice)))
            return true;
    return false;
}

/* Money on its way delays the default, once per plan, counted from the day after the missed date.
 */
static bool is_delayed(Deciding *d, Plan *plan, const Instalment *missed)
{
    bool pending = is_pending_for(d, plan);
    if (plan->delayed_from == DATE_NONE && pending && d->settings->pending_grace_days > 0)
        plan->delayed_from = missed->due_on + 1;
    return pending && plan->delayed_from == missed->due_on + 1 &&
           d->today < dates_add(plan->delayed_from, d->settings->pending_grace_days);
}

/* ---- its end --------------------------------------------------------------------------------- */

static void release_invoices(Deciding *d, const Plan *plan)
{
    Invoice *invoices = deciding_invoices(d);
    for (size_t i = 0; i < STATE_COUNT(d->state, KIND_INVOICE); i++)
        if (g_strcmp0(invoices[i].plan, plan->id) == 0)
            invoices[i].plan = NULL;
}

static size_t step_rank(const Deciding *d, const Cycle *cycle)
{
    const Policy *policy = cycle_policy(d, cycle);
    const char *name = cycle->step ? cycle->step : cycle->last_step;
    const Step *step = name ? policy_step(policy, name) : NULL;
    return step ? step_index(policy, step) + 1 : 0;
}

/* The parked cycle and one of other invoices become one again; the higher step counts. Returns what
 * goes on. */
static Cycle *rejoin(Deciding *d, const Plan *plan)
{
    Cycle *other = cycle_current(d->state, plan->currency);
    Cycle *held = cycle_by_id(d->state, plan->held_cycle);
    if (!held || held->closed_on != DATE_NONE)
        return other;
    held->parked = false;
    if (!other || other == held)
        return held;
    Cycle *kept = step_rank(d, other) > step_rank(d, held) ? other : held;
    Cycle *gone = kept == held ? other : held;
    kept->fee_charged = kept->fee_charged || gone->fee_charged;
    kept->promises += gone->promises;
    if (kept == held && cycle_is_running(gone)) {
        kept->step = kept->last_step;
        kept->last_step = NULL;
        kept->delinquent_since = gone->delinquent_since;
        kept->rule_since = gone->rule_since;
    }
    gone->step = NULL;
    cycle_close(d, gone, "merged");
    return kept;
}

static void end_plan(Deciding *d, Plan *plan, int state, const char *event)
{
    plan->state = state;
    plan->ended_on = d->today;
    release_invoices(d, plan);
    reason_add(d, event, "§7 plan", plan->id, NULL, NULL, "plan %s: %s", plan->id,
               state == PLAN_COMPLETED ? "all instalments are paid"
                                       : "an instalment was missed, the whole rest is due");
    deciding_read_ledger(d);
}

/* Collections at once if the amount allows it; else one step above the one held, never into
 * collections or beyond. */
static const Step *step_after_default(Deciding *d, Cycle *cycle, const Policy *policy,
                                      const char *held)
{
    const Step *step = held ? policy_step(policy, held) : NULL;
    for (size_t i = 0; i < policy->n_steps; i++)
        if (policy->steps[i].collections && moves_guard(d, cycle, &policy->steps[i]))
            return &policy->steps[i];
    if (!step)
        return &policy->steps[0];
    size_t next = step_index(policy, step) + 1;
    if (next >= policy->n_steps || policy->steps[next].collections || policy->steps[next].legal) {
        intervene(d, &cycle->reasons, "below_minimum", true, "§7 plan",
                  "the plan failed and the balance is below the minimum of collections");
        return NULL;
    }
    return &policy->steps[next];
}

static bool is_moved_by_age(const Policy *policy)
{
    return policy->form == POLICY_LADDER || policy->form == POLICY_SCAN;
}

/* The one move of a default: the dwell is waived, holds are not. */
static void move_on_default(Deciding *d, Cycle *cycle)
{
    const char *held = cycle->step ? cycle->step : cycle->last_step;
    const Policy *policy = d->policy;
    unsigned holds = holds_block(d, cycle->currency);
    if (!is_moved_by_age(policy) ||
        (holds & (BLOCKS_ENTRY | BLOCKS_COLLECTIONS | BLOCKS_MESSAGES)) ||
        !entry_e2(d, cycle->currency))
        return;
    const Step *step = step_after_default(d, cycle, policy, held);
    if (!step)
        return;
    cycle->delinquent_since = cycle->step ? cycle->delinquent_since : d->today;
    cycle->rule_since = d->today;
    cycle->entry_reason = "rule";
    cycle->exit_reason = NULL;
    cycle->left_on = DATE_NONE;
    bool outside = !cycle->step;
    step_enter(d, cycle, policy, step, "plan_default");
    if (outside)
        hub_event(d, cycle, "case.opened", json_pack("{s:s}", "entry", "plan_default"));
}

static void default_on(Deciding *d, Plan *plan)
{
    end_plan(d, plan, PLAN_DEFAULTED, "plan_defaulted");
    Cycle *cycle = rejoin(d, plan);
    if (!cycle)
        cycle = cycle_new(d, plan->currency);
    move_on_default(d, cycle);
}

static bool is_paid(const Deciding *d, const Plan *plan, int64_t number)
{
    STATE_FOREACH (d->look, KIND_INSTALMENT, const Instalment, i)
        if (g_strcmp0(i->plan, plan->id) == 0 && (number == 0 || i->number == number) &&
            instalment_open(d->state, i) > 0)
            return false;
    return true;
}

static Cycle *held_cycle(const Deciding *d, const Plan *plan)
{
    Cycle *cycle = cycle_by_id(d->state, plan->held_cycle);
    return cycle && cycle->closed_on == DATE_NONE ? cycle : NULL;
}

/* The cycle of its invoices is parked with its step. */
static void park(Deciding *d, const Plan *plan)
{
    Cycle *cycle = held_cycle(d, plan);
    if (!cycle)
        return;
    if (cycle->step) {
        exit_leave(d, cycle, "plan");
    } else if (!cycle->parked) {
        cycle->parked = true;
        cycle->exit_reason = "plan";
    }
}

/* A suspension is lifted with the first paid instalment (§5), as soon as no other cycle asks for it. */
void plans_lift(Deciding *d)
{
    STATE_FOREACH (d->look, KIND_PLAN, const Plan, plan) {
        Cycle *cycle = plan->state == PLAN_ACTIVE ? held_cycle(d, plan) : NULL;
        if (cycle && is_paid(d, plan, 1))
            acts_undo_cycle(d, cycle);
    }
}

void plans_judge(Deciding *d)
{
    size_t n = STATE_COUNT(d->state, KIND_PLAN);
    for (size_t i = 0; i < n; i++) {
        if (STATE_ROWS(d->look, KIND_PLAN, const Plan)[i].state != PLAN_ACTIVE)
            continue;
        Plan *plan = &STATE_ROWS(d->state, KIND_PLAN, Plan)[i];
        park(d, plan);
        const Instalment *missed = first_missed(d, plan);
        if (is_paid(d, plan, 0)) {
            end_plan(d, plan, PLAN_COMPLETED, "plan_completed");
            rejoin(d, plan);
        } else if (missed && !is_delayed(d, plan, missed)) {
            default_on(d, plan);
        }
    }
}

bool plan_failed(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_PLAN, const Plan, plan)
        if (plan->state == PLAN_DEFAULTED && currency_equal(plan->currency, cycle->currency) &&
            plan->ended_on >= cycle->opened_on)
            return true;
    return false;
}

void plans_remind(Deciding *d)
{
    STATE_FOREACH (d->look, KIND_INSTALMENT, const Instalment, i) {
        const Plan *plan = state_find(d->look, KIND_PLAN, i->plan);
        Date day = i->due_on - REMINDER_DAYS;
        if (!plan || plan->state != PLAN_ACTIVE || day <= plan->made_on || d->today != day ||
            instalment_open(d->state, i) <= 0)
            continue;
        NoticePlan notice = {.name = "instalment_reminder",
                             .target =
                                 arena_printf(d->arena, "%s.%" G_GINT64_FORMAT, i->plan, i->number),
                             .currency = plan->currency,
                             .severity = NOTICE_SEVERITY_PROMISE};
        notice_plan(d, &notice);
    }
}
