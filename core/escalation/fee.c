/* Late fee of the module (§4): once per cycle, only if it was configured before the account became
 * delinquent, on the first day the law allows and at most what it allows (§9 late_fee). */
#include "escalation/deciding.h"

static bool is_configured(const Deciding *d, const Cycle *cycle)
{
    return d->policy->form == POLICY_MODULE && d->settings->late_fee != AMOUNT_NONE &&
           d->settings->late_fee > 0 && currency_equal(cycle->currency, d->settings->currency);
}

void fee_on_entry(Deciding *d, Cycle *cycle, bool by_rule)
{
    if (!is_configured(d, cycle) || cycle->fee_charged || cycle->fee_dropped ||
        (!by_rule && !d->settings->fee_on_manual_entry))
        return;
    if (holds_block(d, cycle->currency) & BLOCKS_FEES) {
        cycle->fee_dropped = true;
        reason_add(d, "fee_dropped", "§4 late fee", "late_fee", "hold", NULL,
                   "a hold forbids the late fee on its day: none in this cycle");
        return;
    }
    cycle->fee_due_on = d->today;
}

bool fee_by_law(const RuleSet *rules, const AccountState *state, const Ledger *ledger,
                const Settings *settings, Currency currency, LateFeeAnswer *ret_answer)
{
    int64_t age;
    const InvoiceBalance *oldest = age_anchor(state, ledger, currency, &age);
    if (!oldest)
        return false;
    const Invoice *invoice = oldest->invoice;
    LateFee fee = {
        .currency = currency,
        .configured = settings->late_fee,
        .rent = invoice->amount,
        .past_due = ledger_currency(ledger, currency).overdue_charges,
        .due_on = invoice->due_on != DATE_NONE ? invoice->due_on : oldest->overdue_on - 1,
    };
    RuleSubject subject = rules_subject(&state->account);
    *ret_answer = rules_late_fee(rules, &subject, &fee, ledger->today);
    return true;
}

/* Told once: the day is kept until the law names another. */
static void defer(Deciding *d, Cycle *cycle, const LateFeeAnswer *law)
{
    if (cycle->fee_due_on == law->earliest)
        return;
    cycle->fee_due_on = law->earliest;
    const Rule *rule = law->day_rule;
    char day[16];
    date_format(law->earliest, day);
    reason_add(d, "gate", rule ? rule->id : "late_fee", "late_fee", "late_fee",
               json_pack("{s:s,s:s?,s:s?}", "earliest", day, "rule", rule ? rule->id : NULL,
                         "citation", rule ? rule->citation : NULL),
               "a late fee may be charged from %s%s%s", day, rule ? ": " : "",
               rule ? rule->citation : "");
}

static void forbid(Deciding *d, Cycle *cycle, const Rule *rule, const char *why)
{
    cycle->fee_dropped = true;
    cycle->fee_due_on = DATE_NONE;
    reason_add(d, "fee_dropped", rule ? rule->id : "late_fee", "late_fee", "late_fee",
               json_pack("{s:s?,s:s?}", "rule", rule ? rule->id : NULL, "citation",
                         rule ? rule->citation : NULL),
               "%s: none in this cycle", why);
}

/* What is not known of the contract counts as agreed where no row asks for it in writing. */
static bool is_agreed(const Deciding *d, const Rule **ret_rule)
{
    RuleSubject subject = rules_subject(&d->state->account);
    int agreed = d->state->account.late_fee_agreed;
    *ret_rule = rules_fee_in_writing(&d->book->rules, &subject, d->today);
    return agreed == AGREED_YES || (agreed != AGREED_NO && !*ret_rule);
}

static json_t *fee_detail(const Deciding *d, const Cycle *cycle, const char *id, int64_t amount,
                          const Rule *cap)
{
    json_t *detail = json_pack("{s:s,s:I,s:s}", "invoice", id, "amount", (json_int_t)amount,
                               "currency", cycle->currency.code);
    if (cap) {
        json_object_set_new(detail, "configured", json_integer(d->settings->late_fee));
        json_object_set_new(detail, "rule", json_string(cap->id));
        json_object_set_new(detail, "citation", json_string(cap->citation));
    }
    return detail;
}

static void charge(Deciding *d, Cycle *cycle, int64_t amount, const Rule *cap)
{
    const char *id = arena_printf(d->arena, "late_fee:%s", cycle->id);
    Invoice *fee = state_add(d->state, KIND_INVOICE);
    fee->id = id;
    fee->currency = cycle->currency;
    fee->amount = amount;
    fee->issued_on = d->today;
    fee->kind = INVOICE_FEE;
    fee->status = INVOICE_OPEN;
    fee->fee_type = "late_fee";
    fee->sequence = ++d->state->account.next_id;
    fee->cycle = cycle->id;
    fee->seen_at = d->now;
    cycle->fee_charged = true;
    cycle->fee_due_on = DATE_NONE;
    reason_add(d, "fee_charged", "§4 late fee", "late_fee", NULL,
               fee_detail(d, cycle, id, amount, cap),
               "a late fee is charged, once in this cycle%s%s",
               cap ? "; it is capped by law: " : "", cap ? cap->citation : "");
    deciding_read_ledger(d);
}

/* Nothing is charged while nothing is overdue (manual entry). */
void fee_judge(Deciding *d, Cycle *cycle)
{
    if (cycle->fee_due_on == DATE_NONE || d->today < cycle->fee_due_on || cycle->fee_charged ||
        !is_configured(d, cycle) ||
        ledger_currency(&d->ledger, cycle->currency).overdue_charges <= 0)
        return;
    LateFeeAnswer law;
    if (!fee_by_law(&d->book->rules, d->state, &d->ledger, d->settings, cycle->currency, &law))
        return;
    const Rule *in_writing;
    if (law.amount <= 0)
        forbid(d, cycle, law.cap_rule, "the law leaves nothing of the late fee");
    else if (!is_agreed(d, &in_writing))
        forbid(d, cycle, in_writing, "the contract does not provide for a late fee in writing");
    else if (!law.allowed)
        defer(d, cycle, &law);
    else
        charge(d, cycle, law.amount, law.cap_rule);
}
