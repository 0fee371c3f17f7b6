/* Late fees (§4): of the module at entry, and of any step that names one. At most one in a cycle
 * unless the setting allows one for each step; charged on the first day the law allows, and all of
 * a cycle together at most what it allows (§9 late_fee). What a hold blocks is dropped, not kept.
 * Fees and interest never bear a fee: the sum it is taken of leaves them out. */
#include <string.h>

#include "escalation/deciding.h"

#define ENTRY_FEE "@entry" /* no step can have this name */

/* ---- what is configured ---------------------------------------------------------------------- */

static const Policy *policy_of(const FeeScene *scene, const Cycle *cycle)
{
    const Policy *policy = rulebook_policy(scene->book, cycle->policy, cycle->policy_hash);
    return policy ? policy : rulebook_policy(scene->book, cycle->policy, NULL);
}

static const FeeRule *rule_of(const FeeScene *scene, const Cycle *cycle, const char *word)
{
    if (strcmp(word, ENTRY_FEE) == 0)
        return scene->settings->late_fee;
    const Policy *policy = cycle->policy ? policy_of(scene, cycle) : NULL;
    const Step *step = policy ? policy_step(policy, word) : NULL;
    return step ? step->fee : NULL;
}

static int64_t charged_in(const AccountState *state, const Cycle *cycle)
{
    int64_t sum = 0;
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_FEE && g_strcmp0(invoice->cycle, cycle->id) == 0)
            sum = ledger_sum(sum, invoice->amount);
    return sum;
}

bool fee_by_law(const FeeScene *scene, const Cycle *cycle, const char *word,
                LateFeeAnswer *ret_answer)
{
    int64_t age, amount;
    const InvoiceBalance *oldest = age_anchor(scene->state, scene->ledger, cycle->currency, &age);
    int64_t overdue = ledger_currency(scene->ledger, cycle->currency).overdue_charges;
    if (!oldest || !fee_amount(rule_of(scene, cycle, word), cycle->currency, overdue, &amount))
        return false;
    const Invoice *invoice = oldest->invoice;
    int64_t before = charged_in(scene->state, cycle);
    LateFee fee = {
        .currency = cycle->currency,
        .configured = ledger_sum(before, amount),
        .rent = invoice->amount,
        .past_due = overdue,
        .due_on = invoice->due_on != DATE_NONE ? invoice->due_on : oldest->overdue_on - 1,
    };
    RuleSubject subject = rules_subject(&scene->state->account);
    LateFeeAnswer answer =
        rules_late_fee(&scene->book->rules, &subject, &fee, scene->ledger->today);
    answer.amount -= before;
    answer.allowed = answer.allowed && answer.amount > 0;
    *ret_answer = answer;
    return true;
}

const char *fee_waiting(const Cycle *cycle)
{
    if (cycle->fee_due_on == DATE_NONE)
        return NULL;
    return cycle->fee_for ? cycle->fee_for : ENTRY_FEE; /* a store of before had none but this */
}

/* ---- wanted ---------------------------------------------------------------------------------- */

static bool may_still(const Deciding *d, const Cycle *cycle, const char *word)
{
    if (d->settings->fee_once_per == FEE_ONCE_PER_STEP)
        return !words_have(cycle->fee_steps, word) && !words_have(cycle->fee_for, word);
    return !cycle->fee_charged && !cycle->fee_dropped && cycle->fee_due_on == DATE_NONE;
}

static void settled(Deciding *d, Cycle *cycle, const char *word)
{
    cycle->fee_for = words_remove(d->arena, fee_waiting(cycle), word);
    cycle->fee_steps = words_add(d->arena, cycle->fee_steps, word);
    if (!cycle->fee_for)
        cycle->fee_due_on = DATE_NONE;
}

static void drop(Deciding *d, Cycle *cycle, const char *word, const char *why, const char *text)
{
    settled(d, cycle, word);
    if (d->settings->fee_once_per == FEE_ONCE_PER_CYCLE)
        cycle->fee_dropped = true;
    reason_add(d, "fee_dropped", "§4 late fee", "late_fee", why, json_pack("{s:s}", "fee_of", word),
               "%s", text);
}

/* Announced money forbids a fee as long as it may hold anything back (§5). At the entry itself it
 * has had its say already. */
static bool is_announced(const Deciding *d, const Cycle *cycle)
{
    if (cycle->step_since == cycle->delinquent_since)
        return false;
    STATE_FOREACH (d->state, KIND_PAYMENT, Payment, p)
        if (p->state == PAYMENT_PENDING && currency_equal(p->currency, cycle->currency) &&
            d->today <= dates_add(p->initiated_on, d->settings->pending_grace_days))
            return true;
    return false;
}

static void want(Deciding *d, Cycle *cycle, const char *word, const FeeRule *rule, bool by_rule)
{
    int64_t amount;
    int64_t overdue = ledger_currency(&d->ledger, cycle->currency).overdue_charges;
    if (!rule || (!by_rule && !d->settings->fee_on_manual_entry) || !may_still(d, cycle, word) ||
        !fee_amount(rule, cycle->currency, MAX(overdue, 1), &amount))
        return;
    cycle->fee_for = words_add(d->arena, fee_waiting(cycle), word);
    cycle->fee_due_on = d->today;
    if (holds_block(d, cycle->currency) & BLOCKS_FEES)
        drop(d, cycle, word, "hold", "a hold forbids the late fee on its day: it is dropped");
    else if (is_announced(d, cycle))
        drop(d, cycle, word, "pending",
             "money is announced on the day of the late fee: it is dropped");
}

void fee_on_entry(Deciding *d, Cycle *cycle, bool by_rule)
{
    if (d->policy->form == POLICY_MODULE)
        want(d, cycle, ENTRY_FEE, d->settings->late_fee, by_rule);
}

void fee_on_step(Deciding *d, Cycle *cycle, const Step *step)
{
    if (step->fee)
        want(d, cycle, cycle->step, step->fee, cycle->rule_since != DATE_NONE);
}

/* ---- charged --------------------------------------------------------------------------------- */

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

static void forbid(Deciding *d, Cycle *cycle, const char *word, const Rule *rule, const char *why)
{
    settled(d, cycle, word);
    cycle->fee_dropped = true;
    reason_add(d, "fee_dropped", rule ? rule->id : "late_fee", "late_fee", "late_fee",
               json_pack("{s:s,s:s?,s:s?}", "fee_of", word, "rule", rule ? rule->id : NULL,
                         "citation", rule ? rule->citation : NULL),
               "%s: it is dropped", why);
}

/* What is not known of the contract counts as agreed where no row asks for it in writing. */
static bool is_agreed(const Deciding *d, const Rule **ret_rule)
{
    RuleSubject subject = rules_subject(&d->state->account);
    int agreed = d->state->account.late_fee_agreed;
    *ret_rule = rules_fee_in_writing(&d->book->rules, &subject, d->today);
    return agreed == AGREED_YES || (agreed != AGREED_NO && !*ret_rule);
}

static json_t *fee_detail(const Cycle *cycle, const char *word, const Invoice *fee,
                          int64_t configured, const Rule *cap)
{
    json_t *detail =
        json_pack("{s:s,s:I,s:s,s:s}", "invoice", fee->id, "amount", (json_int_t)fee->amount,
                  "currency", cycle->currency.code, "fee_of", word);
    if (cap) {
        json_object_set_new(detail, "configured", json_integer(configured));
        json_object_set_new(detail, "rule", json_string(cap->id));
        json_object_set_new(detail, "citation", json_string(cap->citation));
    }
    return detail;
}

static Invoice *book(Deciding *d, const Cycle *cycle, const char *word, int64_t amount)
{
    bool first = !cycle->fee_charged;
    Invoice *fee = state_add(d->state, KIND_INVOICE);
    fee->id = first ? arena_printf(d->arena, "late_fee:%s", cycle->id)
                    : arena_printf(d->arena, "late_fee:%s:%s", cycle->id, word);
    fee->currency = cycle->currency;
    fee->amount = amount;
    fee->issued_on = d->today;
    fee->kind = INVOICE_FEE;
    fee->status = INVOICE_OPEN;
    fee->fee_type = "late_fee";
    fee->sequence = ++d->state->account.next_id;
    fee->cycle = cycle->id;
    fee->seen_at = d->now;
    return fee;
}

static void charge(Deciding *d, Cycle *cycle, const char *word, const LateFeeAnswer *law,
                   int64_t configured)
{
    const Rule *cap = law->cap_rule;
    Invoice *fee = book(d, cycle, word, law->amount);
    booking_of_invoice(d, fee);
    cycle->fee_charged = true;
    settled(d, cycle, word);
    reason_add(d, "fee_charged", "§4 late fee", "late_fee", NULL,
               fee_detail(cycle, word, fee, configured, cap), "a late fee is charged%s%s",
               cap ? "; it is capped by law: " : "", cap ? cap->citation : "");
    deciding_read_ledger(d);
}

/* Nothing is charged while nothing is overdue (manual entry). */
static void judge(Deciding *d, Cycle *cycle, const char *word)
{
    FeeScene scene = {d->book, d->state, &d->ledger, d->settings};
    int64_t configured = 0;
    int64_t overdue = ledger_currency(&d->ledger, cycle->currency).overdue_charges;
    LateFeeAnswer law;
    if (overdue <= 0 || !fee_by_law(&scene, cycle, word, &law))
        return;
    const Rule *in_writing;
    fee_amount(rule_of(&scene, cycle, word), cycle->currency, overdue, &configured);
    if (law.amount <= 0)
        forbid(d, cycle, word, law.cap_rule, "the law leaves nothing of the late fee");
    else if (!is_agreed(d, &in_writing))
        forbid(d, cycle, word, in_writing,
               "the contract does not provide for a late fee in writing");
    else if (!law.allowed)
        defer(d, cycle, &law);
    else if (holds_block(d, cycle->currency) & BLOCKS_FEES)
        drop(d, cycle, word, "hold", "a hold forbids the late fee on its day: it is dropped");
    else
        charge(d, cycle, word, &law, configured);
}

void fee_judge(Deciding *d, Cycle *cycle)
{
    const char *waiting = fee_waiting(cycle);
    if (!waiting || d->today < cycle->fee_due_on)
        return;
    g_auto(GStrv) words = g_strsplit(waiting, ",", -1);
    for (char **word = words; *word; word++)
        if (words_have(fee_waiting(cycle), *word))
            judge(d, cycle, arena_strdup(d->arena, *word));
}
