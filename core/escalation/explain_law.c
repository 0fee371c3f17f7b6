/* What the law has to say of an account now: the telephone, the late fee, the notice before a court
 * step (domain.md §9). */
#include "escalation/explain.h"

#include <inttypes.h>
#include <string.h>

#include "escalation/deciding.h"

static const char *cited(const Telling *t, const Rule *rule)
{
    return arena_printf(t->arena, "%s, %s", rule->id, rule->citation);
}

static void say_calls(Telling *t, const RuleSubject *subject)
{
    if (STATE_COUNT(t->state, KIND_PHONE_CALL) == 0)
        return;
    CallAnswer call = rules_call(&t->book->rules, subject, t->state, t->view.today);
    if (call.allowed)
        return;
    const char *why = strcmp(call.why, "conversation") == 0
                          ? "there was a conversation"
                          : arena_printf(t->arena, "%" PRId64 " calls count in %s", call.counted,
                                         explain_days(t, call.rule->days));
    explain_say(t, cited(t, call.rule), call.next_on, "it may not be called before %s: %s",
                explain_day(t, call.next_on), why);
}

static void say_fee(Telling *t, const Cycle *cycle)
{
    LateFeeAnswer law;
    FeeScene scene = {t->book, t->state, &t->ledger, t->settings};
    const char *waiting = fee_waiting(cycle);
    if (!waiting || cycle->fee_due_on <= t->view.today)
        return;
    const char *first = arena_printf(t->arena, "%.*s", (int)strcspn(waiting, ","), waiting);
    if (!fee_by_law(&scene, cycle, first, &law))
        return;
    const Rule *rule = law.day_rule ? law.day_rule : law.cap_rule;
    explain_say(t, rule ? cited(t, rule) : "§4 late fee", cycle->fee_due_on,
                "a late fee of %s is charged on %s, the first day the law allows, if it is still "
                "overdue then",
                explain_money(t, law.amount, cycle->currency), explain_day(t, cycle->fee_due_on));
}

static void say_unbooked_interest(Telling *t, Currency currency)
{
    int64_t amount = interest_unbooked(t->state, t->book, t->settings, &t->ledger, currency);
    if (amount > 0)
        explain_say(t, "settings.interest", t->view.today,
                    "interest of %s has accrued by today that is not booked yet",
                    explain_money(t, amount, currency));
}

static void say_notice_period(Telling *t, const RuleSubject *subject, const Cycle *cycle)
{
    if (!cycle_is_running(cycle) || cycle->executed_on == DATE_NONE)
        return;
    NoticePeriod period = rules_notice_period(&t->book->rules, subject, cycle->executed_on, false);
    if (!period.rule || period.days == 0)
        return;
    bool over = t->view.today >= period.next_act_from;
    explain_say(t, cited(t, period.rule), period.next_act_from,
                "counted from the message of %s, the period of %s %s on %s; a court step is "
                "possible from %s",
                explain_day(t, cycle->executed_on), explain_days(t, period.days),
                over ? "ended" : "ends", explain_day(t, period.ends_on),
                explain_day(t, period.next_act_from));
}

/* Interest that the law gives a business on what another one owes, where the hub is not set to book it. */
static void say_legal_interest(Telling *t, const RuleSubject *subject, const Cycle *cycle)
{
    const Rule *row = t->settings->interest.kind == INTEREST_NONE
                          ? rules_interest_row(&t->book->rules, subject, t->view.today)
                          : NULL;
    int64_t interest = 0, sums = 0;
    for (size_t i = 0; row && i < t->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &t->ledger.invoices[i];
        StatutoryInterest one;
        if (!b->counted || !b->charge || !explain_is_of(b, cycle->currency))
            continue;
        Date due = b->invoice->due_on != DATE_NONE ? b->invoice->due_on : b->overdue_on - 1;
        if (!rule_interest(row, b->rest, due, t->view.today, &one))
            return;
        interest = ledger_sum(interest, one.interest);
        sums = ledger_sum(sums, one.fixed_sum);
    }
    bool same = row && currency_equal(row->cap_currency, cycle->currency);
    if (interest > 0)
        explain_say(t, cited(t, row), t->view.today,
                    "statutory interest of %s has accrued through %s%s%s",
                    explain_money(t, interest, cycle->currency), explain_day(t, t->view.today),
                    same ? ", and fixed sums of " : "",
                    same ? explain_money(t, sums, cycle->currency) : "");
}

static void say_records(Telling *t, const RuleSubject *subject)
{
    Date last = DATE_NONE;
    STATE_FOREACH (t->state, KIND_CYCLE, const Cycle, cycle) {
        if (cycle->closed_on == DATE_NONE)
            return;
        last = MAX(last, cycle->closed_on);
    }
    const Rule *rule = NULL;
    Date until =
        last == DATE_NONE ? DATE_NONE : rules_keep_until(&t->book->rules, subject, last, &rule);
    if (rule)
        explain_say(t, cited(t, rule), until, "the records of this account are kept through %s",
                    explain_day(t, until));
}

void explain_law(Telling *t)
{
    RuleSubject subject = rules_subject(&t->state->account);
    say_calls(t, &subject);
    say_records(t, &subject);
    for (size_t i = 0; i < t->ledger.n_currencies; i++)
        say_unbooked_interest(t, t->ledger.currencies[i].currency);
    STATE_FOREACH (t->state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on == DATE_NONE) {
            say_fee(t, cycle);
            say_legal_interest(t, &subject, cycle);
            say_notice_period(t, &subject, cycle);
        }
}
