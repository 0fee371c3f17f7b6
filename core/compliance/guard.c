/* Guards: what the law wants to have happened before service is cut, a debt is handed over or reported, a court is asked
 * (domain.md §9). Each answers for the row in force on the day of the act. */
#include <string.h>

#include "compliance/gate.h"

static const GateAnswer allow = {.verdict = GATE_ALLOW, .until = INSTANT_NONE};

enum {
    SUSPENSION = 1 << GUARD_SUSPENSION,
    DISCONNECTION = 1 << GUARD_DISCONNECTION,
    COLLECTIONS = 1 << GUARD_COLLECTIONS,
    LEGAL = 1 << GUARD_LEGAL,
    CREDIT = 1 << GUARD_CREDIT
};
enum { MONTHS_OF_YEAR = 12 };

/* One row's guard. today: the local day. */
typedef GateAnswer (*Guard)(const GateIn *in, const Rule *rule, Date today, Arena *arena);

static GateAnswer refused(RuleGate gate, const char *reason, const Rule *rule, Arena *arena)
{
    return (GateAnswer){
        .verdict = GATE_REFUSE,
        .until = INSTANT_NONE,
        .gate = rule_gate_names[gate],
        .reason =
            rule ? arena_printf(arena, "%s (%s: %s)", reason, rule->id, rule->citation) : reason,
        .rule = rule};
}

/* The period that began on that day is over on the day after its last; ALLOW from then on. */
static GateAnswer after(const GateIn *in, Date began, int64_t days, const char *reason,
                        const Rule *rule, Date today, Arena *arena)
{
    Date first_free = began + (Date)days + 1;
    return today >= first_free
               ? allow
               : gate_until(in, first_free, rule_gate_names[rule->gate], reason, rule, arena);
}

/* ---- people in service ------------------------------------------------------------------------ */

/* Eviction of someone in service needs an order below the rent limit; above it the affidavit is enough. */
static bool needs_order(const Account *account, const Rule *rule)
{
    if (!account->active_duty)
        return false;
    bool above = rule->cap_fixed != AMOUNT_NONE && account->kind == ACCOUNT_TENANT &&
                 account->monthly_rent_minor != AMOUNT_NONE &&
                 account->monthly_rent_minor > rule->cap_fixed;
    return !above;
}

static GateAnswer guard_military(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    const Account *account = &in->state->account;
    bool ordered = account->court_order_on != DATE_NONE && account->court_order_on <= today;
    if (ordered)
        return allow;
    if (needs_order(account, rule))
        return gate_tomorrow(in, "military",
                             "the person is in military service: a court has to allow it first",
                             rule, arena);
    bool checked = account->military_checked_on != DATE_NONE &&
                   account->military_checked_on <= today &&
                   today - account->military_checked_on < rule->days;
    return checked ? allow
                   : gate_tomorrow(in, "military",
                                   "the military status was not checked lately: check it and keep "
                                   "the affidavit",
                                   rule, arena);
}

/* ---- barred debt ------------------------------------------------------------------------------- */

static bool is_barred(const InvoiceBalance *b, const Rule *rule, Date today)
{
    if (b->invoice->time_barred_on != DATE_NONE)
        return b->invoice->time_barred_on <= today;
    if (rule->years == 0)
        return false;
    Date end = date_add_months(b->overdue_on, (int)rule->years * MONTHS_OF_YEAR, 0);
    return end != DATE_NONE && end <= today;
}

static GateAnswer guard_time_barred(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    for (size_t i = 0; in->ledger && i < in->ledger->n_invoices; i++) {
        const InvoiceBalance *b = &in->ledger->invoices[i];
        if (b->counted && currency_equal(b->invoice->currency, in->currency) &&
            is_barred(b, rule, today))
            return refused(RULE_TIME_BARRED,
                           arena_printf(arena, "invoice %s is time-barred: leave it out first",
                                        b->invoice->id),
                           rule, arena);
    }
    return allow;
}

/* ---- third-party collectors -------------------------------------------------------------------- */

static Date validation_on(const AccountState *state)
{
    Date told = state->account.validation_sent_on;
    return told != DATE_NONE ? told : gate_notice_on(state, "validation");
}

static GateAnswer guard_validation(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    Date sent = validation_on(in->state);
    if (sent == DATE_NONE)
        return gate_tomorrow(in, "validation", "the validation notice was not sent", rule, arena);
    return after(in, sent, rule->days,
                 "the person may still dispute the debt after the validation notice", rule, today,
                 arena);
}

static GateAnswer guard_credit_report(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    STATE_FOREACH (in->state, KIND_PHONE_CALL, const PhoneCall, call)
        if (call->outcome == PHONE_ANSWERED)
            return allow;
    Date sent = validation_on(in->state);
    if (sent == DATE_NONE)
        sent = gate_notice_on(in->state, "credit_warning");
    if (sent == DATE_NONE)
        return gate_tomorrow(in, "credit_report",
                             "nobody spoke with the person and no notice of the debt was sent",
                             rule, arena);
    /* the 14th day is past when it may be reported */
    return after(in, sent, rule->days - 1, "the notice of the debt may still come back", rule,
                 today, arena);
}

static GateAnswer guard_dispute(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    (void)today;
    STATE_FOREACH (in->state, KIND_DISPUTE, const Dispute, dispute)
        if (dispute->written && dispute->outcome == DISPUTE_OPEN &&
            dispute->verified_on == DATE_NONE)
            return gate_tomorrow(in, "dispute_verify",
                                 "the debt is disputed in writing: verification was not sent", rule,
                                 arena);
    return allow;
}

/* ---- United Kingdom ---------------------------------------------------------------------------- */

static GateAnswer guard_preaction(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    const Account *account = &in->state->account;
    Date letter = account->preaction_letter_on != DATE_NONE
                      ? account->preaction_letter_on
                      : gate_notice_on(in->state, "letter_of_claim");
    if (letter == DATE_NONE)
        return gate_tomorrow(in, "uk_preaction", "no letter of claim with its forms was sent", rule,
                             arena);
    GateAnswer answer = after(in, letter, rule->days,
                              "the person has time to answer the letter "
                              "of claim",
                              rule, today, arena);
    if (answer.verdict != GATE_ALLOW || account->reply_form_on == DATE_NONE)
        return answer;
    answer = after(in, account->reply_form_on, rule->reply_days,
                   "a reply form came: no claim for some time", rule, today, arena);
    if (answer.verdict != GATE_ALLOW)
        return answer;
    if (account->preaction_warning_on == DATE_NONE ||
        account->preaction_warning_on < account->reply_form_on)
        return gate_tomorrow(in, "uk_preaction",
                             "after a reply form a claim needs a warning before it", rule, arena);
    return after(in, account->preaction_warning_on, rule->warning_days,
                 "the warning before the claim still runs", rule, today, arena);
}

static GateAnswer guard_gdpr(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    (void)today;
    return in->person_decided
               ? allow
               : gate_tomorrow(in, "gdpr",
                               "a person has to decide on what weighs so heavily on an individual",
                               rule, arena);
}

/* ---- tenants, internet ------------------------------------------------------------------------- */

/* The portal stays allowed: paying and reading are possible without it. */
static GateAnswer guard_self_help(const GateIn *in, Arena *arena)
{
    const Account *account = &in->state->account;
    if (account->kind != ACCOUNT_TENANT || !in->act || !g_str_has_prefix(in->act->verb, "service."))
        return allow;
    RuleSubject subject = rules_subject(account);
    const Rule *rule =
        rules_cited(in->rules, RULE_SELF_HELP, &subject, zone_date(in->zone, in->now));
    return refused(RULE_SELF_HELP,
                   "a tenant's utilities are not cut off: that amounts to an eviction", rule,
                   arena);
}

/* First day after the months past the due date; DATE_NONE: nothing is overdue. */
static Date long_overdue_from(const GateIn *in, int64_t months)
{
    Date first = DATE_NONE;
    for (size_t i = 0; i < in->ledger->n_invoices; i++) {
        const InvoiceBalance *b = &in->ledger->invoices[i];
        if (!b->counted || !b->charge || !currency_equal(b->invoice->currency, in->currency))
            continue;
        Date due = b->invoice->due_on != DATE_NONE ? b->invoice->due_on : b->overdue_on - 1;
        Date from = date_add_months(due, (int)months, 0);
        if (from != DATE_NONE && (first == DATE_NONE || from + 1 < first))
            first = from + 1;
    }
    return first;
}

/* Day of the earliest and of the latest message of the collection. */
static void message_days(const AccountState *state, Date *ret_first, Date *ret_last)
{
    *ret_first = *ret_last = DATE_NONE;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice) {
        if (notice->accepted_on == DATE_NONE || !notice->step)
            continue;
        if (*ret_first == DATE_NONE || notice->accepted_on < *ret_first)
            *ret_first = notice->accepted_on;
        if (*ret_last == DATE_NONE || notice->accepted_on > *ret_last)
            *ret_last = notice->accepted_on;
    }
}

static GateAnswer guard_notices(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    Date first, last;
    message_days(in->state, &first, &last);
    if (first == DATE_NONE || first == last)
        return gate_tomorrow(in, "ca_internet",
                             "a cut-off needs two messages before it, the second nearer to it",
                             rule, arena);
    Date day = MAX(first + (Date)rule->days, last + (Date)rule->warning_days);
    return today >= day
               ? allow
               : gate_until(in, day, "ca_internet",
                            "the messages before a cut-off are not old enough", rule, arena);
}

static GateAnswer guard_internet(const GateIn *in, const Rule *rule, Date today, Arena *arena)
{
    if (!in->ledger)
        return allow;
    int64_t owed = ledger_currency(in->ledger, in->currency).overdue;
    if (!currency_equal(in->currency, rule->cap_currency) || owed <= rule->least)
        return gate_tomorrow(in, "ca_internet",
                             "too little is owed for cutting off internet service", rule, arena);
    Date from = long_overdue_from(in, rule->months);
    if (from == DATE_NONE)
        return gate_tomorrow(in, "ca_internet", "no charge is past due", rule, arena);
    if (today < from)
        return gate_until(in, from, "ca_internet", "the debt is not past due for long enough", rule,
                          arena);
    return guard_notices(in, rule, today, arena);
}

/* ---- the table --------------------------------------------------------------------------------- */

static const struct {
    RuleGate gate;
    unsigned effects;
    bool holds_step; /* a step with that effect waits as a whole; else only the act does */
    Guard ask;
} guards[] = {
    {RULE_TIME_BARRED, LEGAL, true, guard_time_barred},
    {RULE_MILITARY, LEGAL, true, guard_military},
    {RULE_UK_PREACTION, LEGAL, true, guard_preaction},
    {RULE_VALIDATION, COLLECTIONS | LEGAL | CREDIT, true, guard_validation},
    {RULE_DISPUTE_VERIFY, COLLECTIONS | LEGAL | CREDIT, true, guard_dispute},
    {RULE_CREDIT_REPORT, CREDIT, false, guard_credit_report},
    {RULE_CA_INTERNET, SUSPENSION | DISCONNECTION, false, guard_internet},
    {RULE_GDPR, SUSPENSION | DISCONNECTION | COLLECTIONS | LEGAL, false, guard_gdpr},
};

/* Of the rows of one gate the most protective: a refusal, else the longest wait. */
static bool is_stricter(const GateAnswer *a, const GateAnswer *than)
{
    if (a->verdict == GATE_ALLOW || than->verdict == GATE_REFUSE)
        return false;
    return than->verdict == GATE_ALLOW || a->verdict == GATE_REFUSE || a->until > than->until;
}

GateAnswer guard_effect(const GateIn *in, Arena *arena)
{
    if (in->effect == GUARD_NONE)
        return allow;
    GateAnswer strictest = guard_self_help(in, arena);
    Date today = zone_date(in->zone, in->now);
    RuleSubject subject = rules_subject(&in->state->account);
    for (size_t i = 0; i < G_N_ELEMENTS(guards) && strictest.verdict == GATE_ALLOW; i++) {
        if (!(guards[i].effects & (1U << in->effect)) || (!in->act && !guards[i].holds_step))
            continue;
        RuleWalk walk = rules_walk(in->rules, guards[i].gate, &subject, today);
        for (const Rule *rule = rules_step(&walk); rule; rule = rules_step(&walk)) {
            GateAnswer answer = guards[i].ask(in, rule, today, arena);
            if (is_stricter(&answer, &strictest))
                strictest = answer;
        }
    }
    return strictest;
}
