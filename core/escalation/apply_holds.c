/* What people do to holds (§5), and one invoice left out of dunning: set, moved, ended, taken in again. */
#include <string.h>

#include "escalation/deciding.h"

enum { HELP_BUSINESS_DAYS = 2, BREATHING_DAYS = 60, AFTER_CRISIS_DAYS = 30 };

static const Rule *breathing_rule(const Deciding *d)
{
    RuleSubject subject = rules_subject(&d->state->account);
    return rules_cited(&d->book->rules, RULE_UK_BREATHING, &subject, d->today);
}

/* Counted from the day on which it begins. */
static Date hold_until(const Deciding *d, const HoldRequest *request)
{
    Date begins = MAX(request->from, d->today);
    if (request->until != DATE_NONE)
        return request->until;
    if (request->kind == HOLD_HELP)
        return calendar_add_business_days(d->calendar, begins, HELP_BUSINESS_DAYS);
    if (request->kind == HOLD_BREATHING_SPACE && !request->crisis) {
        const Rule *rule = breathing_rule(d);
        return dates_add(begins, rule ? rule->days : BREATHING_DAYS);
    }
    return DATE_NONE;
}

/* By its id, or by the number that people read on it. */
static const Invoice *invoice_meant(const Deciding *d, const char *name)
{
    const Invoice *found = state_find(d->look, KIND_INVOICE, name);
    if (found)
        return found;
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, invoice)
        if (g_strcmp0(invoice->number, name) == 0)
            return invoice;
    return NULL;
}

static void reject_invoice(Deciding *d, const char *name)
{
    reject(d, "unknown_invoice", NULL, "the account has no invoice '%s'; `dunhub show` lists them",
           name);
}

static bool is_settable(Deciding *d, int kind)
{
    if (kind >= HOLD_HELP && kind <= HOLD_PAUSE)
        return true;
    reject(d, "hold_not_settable", NULL,
           "that hold follows from a payment, a grace period, a promise, a plan or a dispute: "
           "record that instead");
    return false;
}

/* A period that lies in the past, or ends before it begins, would hold nothing. */
static bool days_are_good(Deciding *d, Date from, Date until)
{
    char first[16], last[16], today[16];
    if (from != DATE_NONE && from < d->today)
        reject(d, "date_passed", NULL, "a hold cannot begin on %s, before today, %s",
               date_format(from, first), date_format(d->today, today));
    else if (until != DATE_NONE && until < d->today)
        reject(d, "date_passed", NULL,
               "%s, its last held day, is past; `dunhub hold end` ends a hold at once",
               date_format(until, last));
    else if (from != DATE_NONE && until != DATE_NONE && until < from)
        reject(d, "ends_before_start", NULL, "a hold from %s cannot end on %s, before it begins",
               date_format(from, first), date_format(until, last));
    return !d->rejection;
}

/* A misspelt word would block nothing, a wrong invoice would hold nothing: neither is taken. */
static bool read_hold(Deciding *d, const HoldRequest *request, const char **ret_blocks,
                      const char **ret_invoice)
{
    const char *unknown = NULL;
    const Invoice *invoice = request->invoice ? invoice_meant(d, request->invoice) : NULL;
    *ret_invoice = invoice ? invoice->id : NULL;
    if (!hold_read_blocks(d->arena, request->blocks, ret_blocks, &unknown))
        reject(d, "unknown_block", NULL,
               "a pause cannot block '%s'; it can block entry, messages, suspension, collections "
               "and fees",
               unknown);
    else if (request->invoice && !invoice)
        reject_invoice(d, request->invoice);
    return !d->rejection && days_are_good(d, request->from, request->until);
}

/* Set ahead, it holds from its first day; set for today, from this moment. */
static void begin_on(Deciding *d, Hold *hold, Date day)
{
    bool ahead = day != DATE_NONE && day > d->today;
    hold->starts_on = ahead ? day : DATE_NONE;
    hold->from = ahead ? day : deciding_first_held_day(d);
}

void apply_hold(Deciding *d)
{
    const HoldRequest *request = d->in->event->payload;
    const char *blocks, *invoice;
    if (!is_settable(d, request->kind) || !read_hold(d, request, &blocks, &invoice))
        return;
    Hold *hold = hold_add(d, request->kind, deciding_actor(d, request->by), request->reason);
    hold->invoice = arena_strdup(d->arena, invoice);
    hold->contact = arena_strdup(d->arena, request->contact);
    hold->petition_on = request->petition_on;
    hold->crisis = request->kind == HOLD_BREATHING_SPACE && request->crisis;
    hold->blocks = blocks;
    hold->until = hold_until(d, request);
    begin_on(d, hold, request->from);
}

/* ---- moved ----------------------------------------------------------------------------------- */

static bool is_over(const Deciding *d, const Hold *hold)
{
    return hold->over_on != DATE_NONE || (hold->until != DATE_NONE && hold->until < d->today);
}

/* NULL and a rejection: there is none, or more than one and no id says which. */
static Hold *hold_meant(Deciding *d, const HoldRequest *request)
{
    Hold *found = NULL;
    const char *ids = NULL;
    STATE_FOREACH (d->state, KIND_HOLD, Hold, hold) {
        if (hold->kind != request->kind || is_over(d, hold) ||
            (request->id && strcmp(hold->id, request->id) != 0))
            continue;
        found = hold;
        ids = ids ? arena_printf(d->arena, "%s, %s", ids, hold->id) : hold->id;
    }
    if (!found)
        reject(d, "no_such_hold", NULL, "no hold of that kind runs; `dunhub show` lists them");
    else if (strchr(ids, ','))
        reject(d, "which_hold", NULL, "several holds of that kind run: say which of %s", ids);
    return d->rejection ? NULL : found;
}

void apply_hold_move(Deciding *d)
{
    const HoldRequest *request = d->in->event->payload;
    Hold *hold = is_settable(d, request->kind) ? hold_meant(d, request) : NULL;
    if (!hold)
        return;
    bool begun = hold->starts_on == DATE_NONE || hold->starts_on <= d->today;
    Date from = request->from != DATE_NONE ? request->from : begun ? DATE_NONE : hold->starts_on;
    Date until = event_has(d->in->event, "until") ? request->until : hold->until;
    if (begun && request->from != DATE_NONE) {
        reject(d, "hold_began", NULL, "hold %s has begun; only its end can be moved", hold->id);
        return;
    }
    if (!days_are_good(d, from, until))
        return;
    if (!begun)
        begin_on(d, hold, from);
    hold->until = until;
    char first[16] = "now", last[16] = "a person ends it";
    reason_add(d, "hold_moved", "§5", hold->id, hold_kind_words[hold->kind],
               json_pack("{s:s?,s:s?,s:s?}", "from",
                         hold->starts_on != DATE_NONE ? date_format(hold->starts_on, first) : NULL,
                         "until", until != DATE_NONE ? date_format(until, last) : NULL, "reason",
                         request->reason),
               "%s moves the hold: it holds from %s through %s", deciding_actor(d, request->by),
               begun ? "its beginning" : first, until != DATE_NONE ? last : "whenever it is ended");
}

/* The treatment ended: a breathing space for a crisis runs on for some days (SI 2020/1311). */
static void run_on(Deciding *d, Hold *hold)
{
    const Rule *rule = breathing_rule(d);
    hold->until = dates_add(d->today, rule ? rule->after_days : AFTER_CRISIS_DAYS);
    char day[16];
    reason_add(d, "event_applied", "§9 uk_breathing", hold->id, "breathing_space", NULL,
               "the treatment has ended; the breathing space runs on through %s",
               date_format(hold->until, day));
}

void apply_hold_end(Deciding *d)
{
    const HoldRequest *request = d->in->event->payload;
    bool any = false;
    STATE_FOREACH (d->state, KIND_HOLD, Hold, hold) {
        bool fits = hold->kind == request->kind && !is_over(d, hold) &&
                    (!request->invoice || g_strcmp0(request->invoice, hold->invoice) == 0) &&
                    (!request->contact || g_strcmp0(request->contact, hold->contact) == 0);
        if (!fits)
            continue;
        any = true;
        if (hold->crisis && hold->until == DATE_NONE)
            run_on(d, hold);
        else
            hold_finish(d, hold, true);
    }
    if (!any)
        reject(d, "no_such_hold", NULL, "no hold of that kind runs; `dunhub show` lists them");
}

/* ---- one invoice ----------------------------------------------------------------------------- */

void invoice_exclusion_changed(Deciding *d, const Invoice *invoice)
{
    d->cause = "excluded";
    if (!invoice->excluded)
        d->included = words_add(d->arena, d->included, invoice->currency.code);
}

void apply_exclusion(Deciding *d)
{
    const ExclusionRequest *request = d->in->event->payload;
    Invoice *invoice = deciding_invoice(d, invoice_meant(d, request->invoice));
    if (!invoice) {
        reject_invoice(d, request->invoice);
        return;
    }
    if (invoice->excluded == request->excluded) {
        reject(d, "nothing_to_change", NULL, "invoice %s %s", request->invoice,
               invoice->excluded ? "is left out already" : "is not left out");
        return;
    }
    invoice->excluded = request->excluded;
    invoice->changed_on = d->today;
    invoice_exclusion_changed(d, invoice);
    reason_add(d, request->excluded ? "invoice_excluded" : "invoice_included", "invoice.excluded",
               invoice->id, NULL, json_pack("{s:s?}", "reason", request->reason),
               request->excluded ? "%s leaves invoice %s out of dunning; the others stay"
                                 : "%s takes invoice %s in again",
               deciding_actor(d, request->by), request->invoice);
}
