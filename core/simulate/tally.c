#include "simulate/tally.h"

#include <string.h>

#include "base/text.h"
#include "ledger/balance.h"
#include "ledger/metrics_account.h"

enum { ACTIVE_DAYS = 90 };

/* Of one account that is being played. */
typedef struct {
    char *name;
    const char *step; /* interned; NULL none */
    Date step_since, suspended_since, placed_on;
    bool delinquent;
    GArray *resolved; /* Date: left by payment */
} Tracked;

struct Tally {
    const Configuration *configuration;
    TallyResult result;
    GHashTable *tracked; /* name -> Tracked */
    Tracked *latest;
    GHashTable *steps;   /* interned name -> StepTally */
    GHashTable *notices; /* "notice\nchannel" -> NoticeTally */
    GArray *currencies;  /* CurrencyTally, by code */
    int64_t *notices_by_day;
    StepTally *step_rows;
    NoticeTally *notice_rows;
};

static void tracked_free(void *data)
{
    Tracked *tracked = data;
    g_free(tracked->name);
    if (tracked->resolved)
        g_array_unref(tracked->resolved);
    g_free(tracked);
}

static void step_free(void *data)
{
    g_free(((StepTally *)data)->by_day);
    g_free(data);
}

Tally *tally_new(const Configuration *configuration, Date from, Date to)
{
    Tally *tally = g_new0(Tally, 1);
    tally->configuration = configuration;
    tally->result = (TallyResult){.from = from, .to = to, .n_days = (size_t)(to - from) + 1};
    tally->tracked = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, tracked_free);
    tally->steps = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, step_free);
    tally->notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    tally->currencies = g_array_new(FALSE, TRUE, sizeof(CurrencyTally));
    tally->notices_by_day = g_new0(int64_t, tally->result.n_days);
    return tally;
}

void tally_free(Tally *tally)
{
    if (!tally)
        return;
    for (guint i = 0; i < tally->currencies->len; i++)
        g_free(g_array_index(tally->currencies, CurrencyTally, i).collected);
    g_hash_table_unref(tally->tracked);
    g_hash_table_unref(tally->steps);
    g_hash_table_unref(tally->notices);
    g_array_unref(tally->currencies);
    g_free(tally->notices_by_day);
    g_free(tally->step_rows);
    g_free(tally->notice_rows);
    g_free(tally);
}

static Tracked *tracked_of(Tally *tally, const char *account)
{
    if (tally->latest && strcmp(tally->latest->name, account) == 0)
        return tally->latest;
    Tracked *tracked = g_hash_table_lookup(tally->tracked, account);
    if (!tracked) {
        tracked = g_new0(Tracked, 1);
        *tracked = (Tracked){.name = g_strdup(account),
                             .step_since = DATE_NONE,
                             .suspended_since = DATE_NONE,
                             .placed_on = DATE_NONE};
        g_hash_table_insert(tally->tracked, tracked->name, tracked);
    }
    tally->latest = tracked;
    return tracked;
}

/* ---- days ------------------------------------------------------------------------------------ */

static size_t day_index(const Tally *tally, Date day)
{
    return (size_t)(CLAMP(day, tally->result.from, tally->result.to) - tally->result.from);
}

static Date day_of(const Tally *tally, Instant now)
{
    return zone_date(tally->configuration->book.zone, now);
}

static StepTally *step_of(Tally *tally, const char *name)
{
    StepTally *step = g_hash_table_lookup(tally->steps, name);
    if (!step) {
        step = g_new0(StepTally, 1);
        *step = (StepTally){.name = name, .by_day = g_new0(int64_t, tally->result.n_days + 1)};
        g_hash_table_insert(tally->steps, (char *)(uintptr_t)name, step);
    }
    return step;
}

/* The step of the cycle that is furthest: the last one that is in a step. */
static const char *current_step(const AccountState *state)
{
    const char *step = NULL;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on == DATE_NONE && cycle->step)
            step = cycle->step;
    return step ? g_intern_string(step) : NULL;
}

/* by_day holds differences until tally_finish. */
static void leave_step(Tally *tally, Tracked *tracked, Date day)
{
    StepTally *step = step_of(tally, tracked->step);
    step->days += (uint64_t)MAX(day - tracked->step_since, 0);
    step->by_day[day_index(tally, day)]--;
}

static void follow_step(Tally *tally, Tracked *tracked, const AccountState *after, Date day)
{
    const char *now = current_step(after);
    if (now == tracked->step)
        return;
    if (tracked->step)
        leave_step(tally, tracked, day);
    tracked->step = now;
    tracked->step_since = day;
    if (!now)
        return;
    StepTally *step = step_of(tally, now);
    step->entries++;
    step->by_day[day_index(tally, day)]++;
}

/* ---- reasons --------------------------------------------------------------------------------- */

static void on_released(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)tracked;
    g_autofree char *key = g_strconcat(reason->subject ? reason->subject : "-", "\n",
                                       reason->reason ? reason->reason : "-", NULL);
    NoticeTally *row = g_hash_table_lookup(tally->notices, key);
    if (!row) {
        row = g_new0(NoticeTally, 1);
        row->notice = g_intern_string(reason->subject ? reason->subject : "-");
        row->channel = g_intern_string(reason->reason ? reason->reason : "-");
        g_hash_table_insert(tally->notices, g_steal_pointer(&key), row);
    }
    row->n++;
    tally->notices_by_day[day_index(tally, day)]++;
}

static void on_entered(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)day, (void)reason;
    tally->result.delinquent += !tracked->delinquent;
    tracked->delinquent = true;
}

static void on_left(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)tally;
    if (g_strcmp0(reason->reason, "payment") != 0)
        return;
    if (!tracked->resolved)
        tracked->resolved = g_array_new(FALSE, FALSE, sizeof(Date));
    g_array_append_val(tracked->resolved, day);
}

static void on_suspended(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)reason;
    tally->result.suspensions++;
    tracked->suspended_since = day;
}

static void on_restored(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)reason;
    tally->result.restored++;
    if (tracked->suspended_since != DATE_NONE)
        tally->result.suspended_days += (uint64_t)(day - tracked->suspended_since);
    tracked->suspended_since = DATE_NONE;
}

static const char *verb_of(const Tally *tally, const char *action)
{
    const Rulebook *book = &tally->configuration->book;
    for (size_t i = 0; action && i < book->n_actions; i++)
        if (strcmp(book->actions[i].name, action) == 0)
            return book->actions[i].verb;
    return action;
}

static void on_done(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    const char *verb = verb_of(tally, reason->subject);
    const Verb *known = verb ? verb_by_name(verb) : NULL;
    if (known && (known->flags & VERB_COLLECTS)) {
        tally->result.handovers++;
        if (tracked->placed_on == DATE_NONE)
            tracked->placed_on = day;
    }
    tally->result.tasks +=
        verb && (strcmp(verb, "task.create") == 0 || strcmp(verb, "ticket.open") == 0);
}

static void on_fee(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)tracked, (void)day, (void)reason;
    tally->result.fees++;
}

static void on_intervention(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)tracked, (void)day, (void)reason;
    tally->result.interventions++;
}

static void on_suppressed(Tally *tally, Tracked *tracked, Date day, const Reason *reason)
{
    (void)tracked, (void)day, (void)reason;
    tally->result.suppressed++;
}

static const struct {
    const char *event;
    void (*count)(Tally *tally, Tracked *tracked, Date day, const Reason *reason);
    bool is_told; /* of the decisions that people are told of */
} counted[] = {
    {"entered", on_entered, true},
    {"left", on_left, true},
    {"notice_released", on_released, true},
    {"service_suspended", on_suspended, true},
    {"service_restored", on_restored, true},
    {"act_done", on_done, true},
    {"fee_charged", on_fee, true},
    {"needs_intervention", on_intervention, true},
    {"notice_suppressed", on_suppressed, true},
    {"step_entered", NULL, true},
    {"step_skipped", NULL, true},
    {"resumed", NULL, true},
    {"cycle_reopened", NULL, true},
    {"notice_unreachable", NULL, true},
    {"awaiting", NULL, true},
    {"step_lowered", NULL, false},
    {"policy_followed", NULL, false},
    {"cycle_closed", NULL, false},
    {"plan_made", NULL, false},
};

void tally_reason(Tally *tally, const char *account, Instant now, const AccountState *after,
                  const Reason *reason)
{
    for (size_t i = 0; i < G_N_ELEMENTS(counted); i++) {
        if (!text_same(counted[i].event, reason->event))
            continue;
        Tracked *tracked = tracked_of(tally, account);
        Date day = day_of(tally, now);
        tally->result.decisions += counted[i].is_told;
        if (counted[i].count)
            counted[i].count(tally, tracked, day, reason);
        follow_step(tally, tracked, after, day);
        return;
    }
}

/* ---- an account's end ------------------------------------------------------------------------ */

static CurrencyTally *currency_of(Tally *tally, Currency currency)
{
    guint i = 0;
    while (i < tally->currencies->len &&
           currency_compare(g_array_index(tally->currencies, CurrencyTally, i).currency, currency) <
               0)
        i++;
    if (i == tally->currencies->len ||
        !currency_equal(g_array_index(tally->currencies, CurrencyTally, i).currency, currency)) {
        CurrencyTally fresh = {.currency = currency,
                               .metrics = {.recovered = {0, 1}},
                               .collected = g_new0(int64_t, tally->result.n_days)};
        g_array_insert_val(tally->currencies, i, fresh);
    }
    return &g_array_index(tally->currencies, CurrencyTally, i);
}

static void collect(Tally *tally, const Tracked *tracked, CurrencyTally *currency,
                    const MetricInvoice *invoice)
{
    const TallyResult *result = &tally->result;
    for (size_t i = 0; i < invoice->n_payments; i++) {
        const MetricPayment *payment = &invoice->payments[i];
        if (payment->day < result->from || payment->day > result->to ||
            payment->day < invoice->overdue_on || payment->reversed_on != DATE_NONE)
            continue;
        currency->collected[payment->day - result->from] += payment->amount;
        if (tracked->placed_on != DATE_NONE && payment->day > tracked->placed_on)
            currency->placed_cash += payment->amount;
    }
}

static void sum_invoices(Tally *tally, const Tracked *tracked, const AccountState *state)
{
    const TallyResult *result = &tally->result;
    g_autoptr(Arena) arena = arena_new();
    const Rulebook *book = &tally->configuration->book;
    const Settings *settings =
        account_settings(book, &state->account, segment_policy(&state->account, book), arena);
    DueRules rules = {.days_to_overdue = settings->days_to_overdue,
                      .ledger_grace_days = settings->ledger_grace_days};
    Ledger ledger;
    ledger_read(state, &rules, result->to, arena, &ledger);
    for (size_t i = 0; i < ledger.n_invoices; i++) {
        if (!ledger.invoices[i].charge)
            continue;
        MetricInvoice invoice = metrics_invoice_of(state, &ledger.invoices[i], arena);
        CurrencyTally *own = currency_of(tally, ledger.invoices[i].invoice->currency);
        own->metrics = metrics_join(own->metrics,
                                    metrics_of(&invoice, 1, result->from, result->to, result->to));
        collect(tally, tracked, own, &invoice);
    }
}

/* Active: the ledger goes on issuing to it, and it is neither disconnected nor moved out. */
static bool is_active_after(const AccountState *state, Date day)
{
    if (state->account.disconnected || state->account.path)
        return false;
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_CHARGE && invoice->issued_on > day &&
            invoice->issued_on <= day + ACTIVE_DAYS)
            return true;
    return false;
}

static void judge_retention(Tally *tally, const Tracked *tracked, const AccountState *state)
{
    for (guint i = 0; tracked->resolved && i < tracked->resolved->len; i++) {
        Date day = g_array_index(tracked->resolved, Date, i);
        if (day > tally->result.to - ACTIVE_DAYS)
            continue;
        tally->result.retention.denominator++;
        tally->result.retention.numerator += is_active_after(state, day);
    }
}

void tally_account(Tally *tally, const char *account, const AccountState *state)
{
    Tracked *tracked = tracked_of(tally, account);
    Date after = tally->result.to + 1;
    tally->result.accounts++;
    sum_invoices(tally, tracked, state);
    judge_retention(tally, tracked, state);
    if (tracked->step)
        step_of(tally, tracked->step)->days += (uint64_t)MAX(after - tracked->step_since, 0);
    if (tracked->suspended_since != DATE_NONE)
        tally->result.suspended_days += (uint64_t)(after - tracked->suspended_since);
    tally->latest = NULL;
    g_hash_table_remove(tally->tracked, account);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static size_t place_of(const Tally *tally, const char *step)
{
    const Rulebook *book = &tally->configuration->book;
    size_t place = 0;
    for (size_t i = 0; i < book->n_policies; i++)
        for (size_t k = 0; k < book->policies[i]->n_steps; k++, place++)
            if (strcmp(book->policies[i]->steps[k].name, step) == 0)
                return place;
    return place;
}

static int by_place(const void *a, const void *b)
{
    const StepTally *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int by_notice(const void *a, const void *b)
{
    const NoticeTally *x = a, *y = b;
    int order = strcmp(x->notice, y->notice);
    return order != 0 ? order : strcmp(x->channel, y->channel);
}

static void finish_steps(Tally *tally)
{
    GHashTableIter iter;
    void *value;
    size_t n = 0;
    tally->step_rows = g_new0(StepTally, g_hash_table_size(tally->steps) + 1);
    g_hash_table_iter_init(&iter, tally->steps);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        StepTally *step = value;
        for (size_t i = 1; i < tally->result.n_days; i++)
            step->by_day[i] += step->by_day[i - 1];
        step->place = place_of(tally, step->name);
        tally->step_rows[n++] = *step;
    }
    qsort(tally->step_rows, n, sizeof *tally->step_rows, by_place);
    tally->result.steps = tally->step_rows;
    tally->result.n_steps = n;
}

static void finish_notices(Tally *tally)
{
    GHashTableIter iter;
    void *value;
    size_t n = 0;
    tally->notice_rows = g_new0(NoticeTally, g_hash_table_size(tally->notices) + 1);
    g_hash_table_iter_init(&iter, tally->notices);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        tally->notice_rows[n++] = *(NoticeTally *)value;
    qsort(tally->notice_rows, n, sizeof *tally->notice_rows, by_notice);
    tally->result.notices = tally->notice_rows;
    tally->result.n_notices = n;
    tally->result.notices_by_day = tally->notices_by_day;
}

static void finish_costs(Tally *tally)
{
    const Costs *costs = &tally->configuration->costs;
    TallyResult *result = &tally->result;
    g_autofree uint64_t *deliveries = g_new0(uint64_t, costs->n_deliveries + 1);
    CostCounts counts = {.deliveries = deliveries,
                         .handovers = result->handovers,
                         .tasks = result->tasks + result->interventions};
    for (size_t i = 0; i < result->n_notices; i++)
        deliveries[costs_channel(costs, result->notices[i].channel)] += result->notices[i].n;
    for (size_t i = 0; i < result->n_currencies; i++)
        if (currency_equal(result->currencies[i].currency, costs->currency))
            counts.placed_cash = result->currencies[i].placed_cash;
    result->cost = costs_of(costs, &counts);
}

const TallyResult *tally_finish(Tally *tally)
{
    finish_steps(tally);
    finish_notices(tally);
    tally->result.currencies = (const CurrencyTally *)(void *)tally->currencies->data;
    tally->result.n_currencies = tally->currencies->len;
    finish_costs(tally);
    return &tally->result;
}

Ratio tally_cost_per_recovery(const TallyResult *result)
{
    for (size_t i = 0; i < result->n_currencies; i++)
        if (currency_equal(result->currencies[i].currency, result->cost.currency))
            return (Ratio){result->cost.total,
                           MAX(result->currencies[i].metrics.recovered.numerator, 0)};
    return (Ratio){0, 0};
}
