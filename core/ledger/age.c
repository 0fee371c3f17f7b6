#include "ledger/age.h"

#include <stdlib.h>

enum { FEW = 32 }; /* intervals for which no memory is asked for */

typedef struct {
    Date from, through;
} Interval;

static const bool stops_clock[HOLD_PAUSE + 1] = {
    [HOLD_PROMISE] = true,         [HOLD_PLAN] = true,
    [HOLD_DISPUTE] = true,         [HOLD_HELP] = true,
    [HOLD_BREATHING_SPACE] = true, [HOLD_BANKRUPTCY] = true,
    [HOLD_DECEASED] = true,        [HOLD_PAUSE] = true,
};

bool age_hold_stops_clock(int hold_kind)
{
    return hold_kind >= 0 && hold_kind <= HOLD_PAUSE && stops_clock[hold_kind];
}

bool age_hold_covers(const Hold *hold, const Invoice *invoice)
{
    if (hold->contact)
        return false;
    if (hold->invoice)
        return g_strcmp0(hold->invoice, invoice->id) == 0;
    if (hold->kind == HOLD_BANKRUPTCY && hold->petition_on != DATE_NONE)
        return invoice->issued_on == DATE_NONE || invoice->issued_on < hold->petition_on;
    return true;
}

/* One ended by a person was in force at that day's evaluation; one that ran out, through its last
 * day. */
static Interval hold_interval(const Hold *hold)
{
    Date through = hold->until == DATE_NONE ? DATE_NEVER : hold->until;
    if (hold->over_on != DATE_NONE)
        through = MIN(through, hold->over_on);
    return (Interval){hold->from, through};
}

bool age_hold_runs_on(const Hold *hold, Date day)
{
    Interval i = hold_interval(hold);
    return i.from <= day && day <= i.through;
}

static Interval dispute_interval(const Dispute *dispute)
{
    bool open = dispute->outcome == DISPUTE_OPEN || dispute->closed_on == DATE_NONE;
    return (Interval){dispute->whole_from, open ? DATE_NEVER : dispute->closed_on};
}

/* A plan's hold is over on the day of its default or end. */
static Interval plan_interval(const Plan *plan)
{
    bool runs = plan->state == PLAN_ACTIVE || plan->ended_on == DATE_NONE;
    return (Interval){dates_add(plan->made_on, 1),
                      runs ? DATE_NEVER : dates_add(plan->ended_on, -1)};
}

static int interval_compare(const void *pa, const void *pb)
{
    const Interval *a = pa, *b = pb;
    return a->from < b->from ? -1 : a->from > b->from;
}

static int64_t days_of_union(Interval *list, size_t n, Date from, Date through)
{
    if (n > 1)
        qsort(list, n, sizeof *list, interval_compare);
    int64_t days = 0;
    Date next = from; /* first day not yet counted */
    for (size_t i = 0; i < n; i++) {
        Date a = MAX(list[i].from, next), b = MIN(list[i].through, through);
        if (a > b)
            continue;
        days += (int64_t)b - a + 1;
        next = b + 1;
    }
    return days;
}

int64_t age_held_days(const AccountState *state, const InvoiceBalance *invoice, Date from,
                      Date today)
{
    size_t most = STATE_COUNT(state, KIND_HOLD) + STATE_COUNT(state, KIND_DISPUTE) +
                  STATE_COUNT(state, KIND_PLAN);
    if (most == 0 || from > today)
        return 0;
    Interval few[FEW];
    g_autofree Interval *many = most > FEW ? g_new(Interval, most) : NULL;
    Interval *list = many ? many : few;
    size_t n = 0;
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        if (age_hold_stops_clock(hold->kind) && age_hold_covers(hold, invoice->invoice))
            list[n++] = hold_interval(hold);
    STATE_FOREACH (state, KIND_DISPUTE, const Dispute, dispute)
        if (dispute->whole_from != DATE_NONE &&
            g_strcmp0(dispute->invoice, invoice->invoice->id) == 0)
            list[n++] = dispute_interval(dispute);
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        if (ledger_lists(plan->invoices, invoice->invoice->id))
            list[n++] = plan_interval(plan);
    return days_of_union(list, n, from, today);
}

static Date after_month_of(Date day)
{
    if (day == DATE_NEVER || day == DATE_NONE)
        return day;
    int year, month, of_month;
    date_to_ymd(day, &year, &month, &of_month);
    return dates_add(day, date_days_in_month(year, month) - of_month + 1);
}

Date age_first_day(const InvoiceBalance *invoice, AgeBasis basis)
{
    Date due = invoice->invoice->due_on;
    if (basis == AGE_FROM_DUE_MONTH_END)
        return MAX(invoice->overdue_on,
                   after_month_of(due != DATE_NONE ? due : dates_add(invoice->overdue_on, -1)));
    return basis == AGE_FROM_OVERDUE_MONTH_END ? after_month_of(invoice->overdue_on)
                                               : invoice->overdue_on;
}

int64_t age_on_basis(const AccountState *state, const InvoiceBalance *invoice, AgeBasis basis,
                     Date today)
{
    Date first = age_first_day(invoice, basis);
    if (invoice->days_overdue == 0 || today < first)
        return 0;
    return (int64_t)today - first + 1 - age_held_days(state, invoice, first, today);
}

int64_t age_greatest(const AccountState *state, const Ledger *ledger, Currency currency,
                     AgeBasis basis)
{
    int64_t greatest = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        if (b->counted && b->charge && currency_equal(b->invoice->currency, currency))
            greatest = MAX(greatest, age_on_basis(state, b, basis, ledger->today));
    }
    return greatest;
}

/* Which of two that are equally old speaks for the account does not depend on the order of arrival. */
static bool is_elder(const InvoiceBalance *a, const InvoiceBalance *b)
{
    if (a->overdue_on != b->overdue_on)
        return a->overdue_on < b->overdue_on;
    if (a->invoice->issued_on != b->invoice->issued_on)
        return a->invoice->issued_on < b->invoice->issued_on;
    return ledger_goes_before(a->invoice, b->invoice);
}

int64_t age_escalation(const AccountState *state, const InvoiceBalance *invoice, Date today)
{
    return invoice->days_overdue - age_held_days(state, invoice, invoice->overdue_on, today);
}

const InvoiceBalance *age_anchor(const AccountState *state, const Ledger *ledger, Currency currency,
                                 int64_t *ret_age)
{
    const InvoiceBalance *anchor = NULL;
    int64_t greatest = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        if (!b->counted || !b->charge || !currency_equal(b->invoice->currency, currency))
            continue;
        int64_t age = age_escalation(state, b, ledger->today);
        if (!anchor || age > greatest || (age == greatest && is_elder(b, anchor))) {
            anchor = b;
            greatest = age;
        }
    }
    *ret_age = greatest;
    return anchor;
}

int64_t age_calendar(const Ledger *ledger, Currency currency)
{
    int64_t greatest = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        if (b->counted && b->charge && currency_equal(b->invoice->currency, currency))
            greatest = MAX(greatest, b->days_overdue);
    }
    return greatest;
}
