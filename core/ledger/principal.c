#include "ledger/principal.h"

#include <stdlib.h>
#include <string.h>

enum { OPENS_MAX = 60 }; /* statements kept of one invoice; the oldest go first */

typedef struct {
    const AccountState *state;
    const DueRules *rules;
    const Invoice *invoice;
    Date from, until;
    Arena *arena;
    Date *days; /* on which something may change, each within the time asked about */
    size_t n_days, most_days;
} Scene;

/* ---- what the ledger stated ------------------------------------------------------------------ */

/* "2026-07-14:3000": the day and the amount; the rest of the text, NULL at its end. */
static const char *next_open(const char *text, Date *ret_day, int64_t *ret_open)
{
    char day[11] = "";
    g_strlcpy(day, text, sizeof day);
    char *end = NULL;
    bool good = strlen(text) > 11 && text[10] == ':' && date_parse(day, ret_day, NULL);
    *ret_open = good ? g_ascii_strtoll(text + 11, &end, 10) : 0;
    return good && *end == ',' ? end + 1 : NULL;
}

/* The first statement also speaks for the days before it: that favours the debtor. */
static int64_t stated_open(const Invoice *invoice, Date day)
{
    if (invoice->ledger_open == AMOUNT_NONE || !invoice->opens)
        return INT64_MAX;
    int64_t open = INT64_MAX;
    for (const char *at = invoice->opens; at;) {
        Date since;
        int64_t stated;
        at = next_open(at, &since, &stated);
        if (open == INT64_MAX || since < day)
            open = stated;
    }
    return MAX(0, open);
}

Date principal_stated_on(const Invoice *invoice)
{
    Date day = DATE_NONE;
    int64_t open;
    for (const char *at = invoice->opens; at;)
        at = next_open(at, &day, &open);
    return day;
}

static const char *without_oldest(const char *opens)
{
    size_t n = 1;
    for (const char *p = opens; *p; p++)
        n += *p == ',';
    return n < OPENS_MAX ? opens : strchr(opens, ',') + 1;
}

void principal_note_open(Invoice *invoice, Date day, int64_t open, Arena *arena)
{
    char text[16];
    date_format(day, text);
    const char *entry = arena_printf(arena, "%s:%" G_GINT64_FORMAT, text, open);
    const char *last = invoice->opens ? strrchr(invoice->opens, ',') : NULL;
    const char *newest = last ? last + 1 : invoice->opens;
    if (newest && strcmp(strchr(newest, ':'), strchr(entry, ':')) == 0)
        return;
    if (newest && strncmp(newest, text, 10) == 0) /* the last statement of a day counts */
        invoice->opens =
            arena_printf(arena, "%.*s%s", (int)(newest - invoice->opens), invoice->opens, entry);
    else if (newest)
        invoice->opens = arena_printf(arena, "%s,%s", without_oldest(invoice->opens), entry);
    else
        invoice->opens = entry;
}

/* ---- when something may change --------------------------------------------------------------- */

bool principal_hold_freezes(const Hold *hold)
{
    switch (hold->kind) {
    case HOLD_HELP:
    case HOLD_BREATHING_SPACE:
    case HOLD_BANKRUPTCY:
    case HOLD_DECEASED:
        return true;
    case HOLD_PAUSE:
        return ledger_lists(hold->blocks, "fees");
    default:
        return false;
    }
}

static void note_day(Scene *s, Date day)
{
    if (day == DATE_NONE || day == DATE_NEVER || day <= s->from || day >= s->until)
        return;
    if (s->n_days == s->most_days) {
        size_t most = s->most_days ? 2 * s->most_days : 16;
        Date *days = arena_new0(s->arena, Date, most);
        for (size_t i = 0; i < s->n_days; i++)
            days[i] = s->days[i];
        s->days = days;
        s->most_days = most;
    }
    s->days[s->n_days++] = day;
}

/* Money lowers what is open at the start of the day after it took effect. */
static void note_money(Scene *s)
{
    Currency currency = s->invoice->currency;
    STATE_FOREACH (s->state, KIND_PAYMENT, const Payment, p)
        if (p->state == PAYMENT_SETTLED && currency_equal(p->currency, currency))
            note_day(s,
                     dates_add(p->effective_on != DATE_NONE ? p->effective_on : p->settled_on, 1));
    STATE_FOREACH (s->state, KIND_CREDIT, const Credit, c)
        if (!c->cancelled && currency_equal(c->currency, currency))
            note_day(s, dates_add(c->issued_on, 1));
    for (const char *at = s->invoice->opens; at;) {
        Date day;
        int64_t open;
        at = next_open(at, &day, &open);
        note_day(s, dates_add(day, 1));
    }
}

static void note_holds(Scene *s)
{
    STATE_FOREACH (s->state, KIND_HOLD, const Hold, hold) {
        if (!principal_hold_freezes(hold) || !age_hold_covers(hold, s->invoice))
            continue;
        note_day(s, hold->from);
        note_day(s, dates_add(hold->until, 1));
        note_day(s, dates_add(hold->over_on, 1));
    }
    STATE_FOREACH (s->state, KIND_DISPUTE, const Dispute, dispute)
        if (g_strcmp0(dispute->invoice, s->invoice->id) == 0) {
            note_day(s, dispute->opened_on);
            note_day(s, dispute->closed_on);
            note_day(s, dates_add(dispute->closed_on, 1));
        }
    STATE_FOREACH (s->state, KIND_PLAN, const Plan, plan)
        if (ledger_lists(plan->invoices, s->invoice->id)) {
            note_day(s, dates_add(plan->made_on, 1));
            note_day(s, plan->ended_on);
        }
}

static int day_compare(const void *a, const void *b)
{
    Date x = *(const Date *)a, y = *(const Date *)b;
    return x < y ? -1 : x > y;
}

/* ---- a single day ---------------------------------------------------------------------------- */

static bool is_frozen(const Scene *s, Date day)
{
    STATE_FOREACH (s->state, KIND_HOLD, const Hold, hold)
        if (principal_hold_freezes(hold) && age_hold_covers(hold, s->invoice) &&
            age_hold_runs_on(hold, day))
            return true;
    STATE_FOREACH (s->state, KIND_PLAN, const Plan, plan)
        if (ledger_lists(plan->invoices, s->invoice->id) && day > plan->made_on &&
            (plan->ended_on == DATE_NONE || day < plan->ended_on))
            return true;
    return false;
}

static int64_t disputed_on(const Scene *s, Date day)
{
    int64_t sum = 0;
    STATE_FOREACH (s->state, KIND_DISPUTE, const Dispute, dispute) {
        bool open = dispute->outcome == DISPUTE_OPEN || dispute->closed_on == DATE_NONE;
        if (g_strcmp0(dispute->invoice, s->invoice->id) == 0 && dispute->opened_on <= day &&
            (open || day < dispute->closed_on))
            sum = ledger_sum(sum, dispute->amount);
    }
    return sum;
}

static int64_t principal_on(const Scene *s, Date day)
{
    if (is_frozen(s, day))
        return 0;
    Ledger ledger;
    ledger_read_as_of(s->state, s->rules, day, s->arena, &ledger);
    const InvoiceBalance *b = ledger_invoice(&ledger, s->invoice->id);
    int64_t open = b ? MIN(b->open, stated_open(s->invoice, day)) : 0;
    return MAX(0, open - disputed_on(s, day));
}

size_t principal_spans(const AccountState *state, const DueRules *rules, const Invoice *invoice,
                       Date from, Date until, Arena *arena, const PrincipalSpan **ret_spans)
{
    Scene s = {state, rules, invoice, from, until, arena, NULL, 0, 0};
    if (from >= until)
        return 0;
    note_money(&s);
    note_holds(&s);
    if (s.n_days > 1)
        qsort(s.days, s.n_days, sizeof *s.days, day_compare);
    PrincipalSpan *spans = arena_new0(arena, PrincipalSpan, s.n_days + 1);
    size_t n = 0;
    Date begins = from;
    for (size_t i = 0; i <= s.n_days; i++) {
        Date ends = i < s.n_days ? s.days[i] : until;
        int64_t amount = ends > begins ? principal_on(&s, begins) : 0;
        if (amount > 0)
            spans[n++] = (PrincipalSpan){begins, ends, amount};
        begins = ends;
    }
    *ret_spans = spans;
    return n;
}
