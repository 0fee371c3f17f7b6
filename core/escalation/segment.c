/* Segments (§7): pinned, vip, high_risk, standard; and the policy that follows from them. */
#include <string.h>

#include "escalation/deciding.h"

enum { ON_TIME_DAYS = 5, LATE_DAYS = 30, HISTORY_LEAST = 3 };

typedef struct {
    int64_t settled, within, on_time;
    bool long_overdue;
} History;

/* Invoices of the last twelve months that are settled; open ones only tell whether something is
 * very late. */
static History history_of(const Ledger *ledger)
{
    History h = {0};
    Date since = date_add_months(ledger->today, -12, 31);
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        if (!b->charge || b->overdue_on < since || b->overdue_on == DATE_NEVER)
            continue;
        Date end = b->settled_on != DATE_NONE ? b->settled_on : ledger->today;
        if ((b->open > 0 || b->settled_on != DATE_NONE) && end >= b->overdue_on + LATE_DAYS)
            h.long_overdue = true;
        if (b->settled_on == DATE_NONE || b->open > 0)
            continue;
        h.settled++;
        h.within += b->settled_on < b->overdue_on + ON_TIME_DAYS;
        h.on_time += b->settled_on < b->overdue_on;
    }
    return h;
}

/* Too few settled invoices say nothing: average. */
static int history_judged(const Account *account, const SegmentRules *rules, const Ledger *ledger)
{
    if (account->history >= 0)
        return account->history;
    History h = history_of(ledger);
    if (h.settled < HISTORY_LEAST)
        return HISTORY_AVERAGE;
    if (h.on_time * 1000 < rules->poor_share_permille * h.settled)
        return HISTORY_POOR;
    bool excellent = h.within * 1000 >= rules->excellent_share_permille * h.settled;
    return excellent && !h.long_overdue ? HISTORY_EXCELLENT : HISTORY_AVERAGE;
}

static int64_t overdue_at_once(const Account *account, const Ledger *ledger)
{
    int64_t n = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++)
        n += ledger->invoices[i].counted && ledger->invoices[i].charge;
    return MAX(n, account->overdue_invoices);
}

static bool had_collections_case(const Account *account, const SegmentRules *rules, Date today)
{
    Date on = account->collections_case_on;
    return on != DATE_NONE && rules->collections_months > 0 &&
           on >= date_add_months(today, (int)-rules->collections_months, 31);
}

const char *segment_judged(const AccountState *state, const Rulebook *book, const Ledger *ledger)
{
    const Account *account = &state->account;
    const SegmentRules *rules = &book->segment_rules;
    if (account->pinned_segment)
        return account->pinned_segment;
    int history = history_judged(account, rules, ledger);
    bool large = account->annual_revenue_minor != AMOUNT_NONE &&
                 account->annual_revenue_minor > rules->vip_revenue;
    if (account->strategic || (large && history == HISTORY_EXCELLENT))
        return "vip";
    if (history == HISTORY_POOR || had_collections_case(account, rules, ledger->today) ||
        (rules->high_risk_overdue > 0 &&
         overdue_at_once(account, ledger) >= rules->high_risk_overdue))
        return "high_risk";
    return "standard";
}

const char *segment_of(const AccountState *state, const Rulebook *book, Date today)
{
    g_autoptr(Arena) arena = arena_new();
    const Policy *policy = segment_policy(&state->account, book);
    DueRules rules = deciding_due_rules(account_settings(book, &state->account, policy, arena));
    Ledger ledger;
    ledger_read(state, &rules, today, arena, &ledger);
    return segment_judged(state, book, &ledger);
}

/* Becoming vip: what was planned and has not left is taken back, and one task for the account
 * manager opens (§7). */
static void become_personal(Deciding *d)
{
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle) {
        if (!cycle_is_running(cycle) || !segment_policy(&d->state->account, d->book)->became)
            continue;
        notices_suppress_cycle(d, cycle, "segment");
        acts_suppress_cycle(d, cycle, "segment");
        if (cycle->executed_on == DATE_NONE)
            return; /* the step opens its own task instead of the notice */
        ActPlan plan = {.rule = segment_policy(&d->state->account, d->book)->became,
                        .cycle = cycle,
                        .purpose = "segment_changed",
                        .target = "segment"};
        act_plan(d, &plan);
        return;
    }
}

void segment_judge(Deciding *d)
{
    Account *account = &d->state->account;
    const char *judged = segment_judged(d->state, d->book, &d->ledger);
    if (text_same(account->segment, judged))
        return;
    const char *before = account->segment;
    const Policy *old = d->policy;
    account->segment = arena_strdup(d->arena, judged);
    if (before)
        reason_add(d, "segment_changed", "§7 segment", judged, before, NULL,
                   "the account is %s now, it was %s", judged, before);
    deciding_pick_policy(d);
    deciding_read_ledger(d);
    if (before && old->automated_notices && !d->policy->automated_notices)
        become_personal(d);
}

void segment_follow(Deciding *d, Cycle *cycle)
{
    if (!cycle->policy || text_same(cycle->policy, d->policy->name))
        return;
    if (!policy_step(d->policy, cycle->step))
        return;
    reason_add(d, "policy_followed", "§7 segment", d->policy->name, NULL,
               json_pack("{s:s,s:s}", "from", cycle->policy, "to", d->policy->name),
               "the step is kept; later ranges and waits are those of %s", d->policy->name);
    cycle->policy = arena_strdup(d->arena, d->policy->name);
    cycle->policy_hash = arena_strdup(d->arena, d->policy->hash);
    cycle->policy_version = d->policy->version;
    cycle->first_notice_under = DATE_NONE;
}
