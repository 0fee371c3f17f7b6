/* Interest on what is paid late (§9, settings.interest): simple, worked out anew from the facts
 * whenever it is booked, rounded half up once for each invoice. What was booked before is taken off,
 * so the bookings of an invoice always add up to the one rounded total; where that turns out to be
 * less (money that is learnt of late, a void), the difference is credited. */
#include <string.h>

#include "escalation/deciding.h"
#include "ledger/principal.h"

__extension__ typedef __int128 Wide; /* amounts times days times rates */

enum { SHARE = 10000, LEAP_FREE = 365, LEAP = 366 };

typedef struct {
    const InterestRule *rule;
    const Rule *law; /* statutory: the row; NULL contractual */
    DueRules due;
    Arena *scratch;
} Terms;

typedef struct {
    int64_t amount;    /* all that accrued */
    int64_t fixed_sum; /* of the law */
    bool known;        /* false: a reference rate is missing */
} Accrued;

/* ---- how much -------------------------------------------------------------------------------- */

static Date last_day(const Terms *terms, const InvoiceBalance *b)
{
    (void)terms;
    return b->invoice->due_on != DATE_NONE ? b->invoice->due_on : b->overdue_on - 1;
}

static Date first_bearing_day(const Terms *terms, const InvoiceBalance *b)
{
    bool from_due = terms->law || terms->rule->from == INTEREST_FROM_DUE;
    return from_due ? last_day(terms, b) + 1 : b->overdue_on;
}

static int64_t leap_days(Date from, Date until)
{
    int64_t n = 0;
    for (Date day = from; day < until;) {
        int year, month, of_month;
        date_to_ymd(day, &year, &month, &of_month);
        Date next = MIN(until, date_from_ymd(year + 1, 1, 1));
        if (date_days_in_month(year, 2) == 29)
            n += (int64_t)next - day;
        day = next;
    }
    return n;
}

/* Rate times days of a span; with `actual` in days of 1 / (365 x 366). */
static bool weigh(const Terms *terms, const InvoiceBalance *b, const PrincipalSpan *span,
                  int64_t *ret_weight)
{
    int64_t days = (int64_t)span->until - span->from;
    if (terms->law)
        return rule_interest_weight(terms->law, last_day(terms, b), span->from, span->until - 1,
                                    ret_weight);
    if (terms->rule->day_count == COUNT_ACTUAL) {
        int64_t leap = leap_days(span->from, span->until);
        days = (days - leap) * LEAP + leap * LEAP_FREE;
    }
    *ret_weight = days * terms->rule->basis_points;
    return true;
}

static int64_t denominator(const Terms *terms)
{
    if (terms->law)
        return SHARE * terms->law->day_count;
    static const int64_t year[] = {
        [COUNT_365] = 365, [COUNT_360] = 360, [COUNT_ACTUAL] = (int64_t)LEAP_FREE * LEAP};
    return SHARE * year[terms->rule->day_count];
}

static Accrued accrued(const Terms *terms, const AccountState *state, const InvoiceBalance *b,
                       Date through)
{
    const PrincipalSpan *spans = NULL;
    size_t n = principal_spans(state, &terms->due, b->invoice, first_bearing_day(terms, b),
                               through + 1, terms->scratch, &spans);
    Wide sum = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t weight;
        if (!weigh(terms, b, &spans[i], &weight))
            return (Accrued){.known = false};
        sum += (Wide)spans[i].amount * weight;
    }
    int64_t part = denominator(terms);
    sum = (2 * sum + part) / (2 * (Wide)part);
    Accrued all = {.amount = sum > INT64_MAX ? INT64_MAX : (int64_t)sum, .known = true};
    if (terms->law && n > 0)
        all.fixed_sum = rule_fixed_sum(terms->law, b->invoice->currency, spans[0].amount);
    return all;
}

/* False: no interest is configured, or the law has no row about them. */
static bool terms_of(const Rulebook *book, const Settings *settings, const AccountState *state,
                     Date today, Arena *scratch, Terms *ret_terms)
{
    const InterestRule *rule = &settings->interest;
    if (rule->kind == INTEREST_NONE || state->account.collector)
        return false;
    *ret_terms = (Terms){rule, NULL, deciding_due_rules(settings), scratch};
    if (rule->kind != INTEREST_STATUTORY)
        return true;
    RuleSubject subject = rules_subject(&state->account);
    ret_terms->law = rules_interest_row(&book->rules, &subject, today);
    return ret_terms->law != NULL;
}

/* ---- what was booked ------------------------------------------------------------------------- */

static const InterestAccrual *accrual_of(const AccountState *state, const char *invoice)
{
    return state_find(state, KIND_INTEREST_ACCRUAL, invoice);
}

static int64_t amount_or_nothing(int64_t amount)
{
    return amount == AMOUNT_NONE ? 0 : amount;
}

/* DATE_NONE: not paid, or nobody knows since when. */
static Date paid_on(const InvoiceBalance *b)
{
    if (b->open > 0 || b->invoice->status != INVOICE_OPEN)
        return DATE_NONE;
    return b->settled_on != DATE_NONE ? b->settled_on : principal_stated_on(b->invoice);
}

/* Nothing of it can have changed since it was booked last. */
static bool is_over(const InvoiceBalance *b, const InterestAccrual *accrual)
{
    if (b->invoice->status == INVOICE_WRITTEN_OFF || b->invoice->status == INVOICE_DRAFT ||
        b->invoice->excluded)
        return true;
    if (b->invoice->status == INVOICE_VOID)
        return !accrual || amount_or_nothing(accrual->booked) == 0;
    Date paid = paid_on(b);
    return paid != DATE_NONE && (accrual ? accrual->through == paid : paid < b->overdue_on);
}

static Date bears_through(const InvoiceBalance *b, Date through)
{
    Date paid = paid_on(b);
    return paid != DATE_NONE ? MIN(paid, through) : through;
}

static void note_accrual(Deciding *d, const Terms *terms, const Invoice *invoice, Date through,
                         int64_t booked)
{
    const char *id = invoice->id;
    Currency currency = invoice->currency;
    InterestAccrual *accrual = state_find(d->state, KIND_INTEREST_ACCRUAL, id);
    if (!accrual) {
        accrual = state_add(d->state, KIND_INTEREST_ACCRUAL);
        accrual->invoice = id;
        accrual->currency = currency;
        accrual->booked = 0;
    }
    accrual->booked = booked;
    accrual->through = through;
    accrual->rule = terms->law ? terms->law->id : "contract";
}

/* ---- booking --------------------------------------------------------------------------------- */

static Invoice *add_invoice(Deciding *d, const char *id, Currency currency, int64_t amount,
                            int kind)
{
    Invoice *row = state_add(d->state, KIND_INVOICE);
    row->id = id;
    row->currency = currency;
    row->amount = amount;
    row->issued_on = d->today;
    row->kind = kind;
    row->status = INVOICE_OPEN;
    row->sequence = ++d->state->account.next_id;
    row->seen_at = d->now;
    return row;
}

static void book_sum(Deciding *d, const Terms *terms, Currency currency, int64_t amount,
                     const char *moment)
{
    const char *rule = terms->law ? terms->law->id : "settings.interest";
    json_t *detail =
        json_pack("{s:I,s:s,s:s,s:s?}", "amount", (json_int_t)amount, "currency", currency.code,
                  "moment", moment, "citation", terms->law ? terms->law->citation : NULL);
    if (amount > 0) {
        const char *id = deciding_next_id(d, "interest");
        booking_of_invoice(d, add_invoice(d, id, currency, amount, INVOICE_INTEREST));
        reason_add(d, "interest_booked", rule, id, moment, detail, "interest is booked");
        return;
    }
    Credit *credit = state_add(d->state, KIND_CREDIT);
    credit->id = deciding_next_id(d, "credit");
    credit->currency = currency;
    credit->amount = -amount;
    credit->issued_on = d->today;
    credit->kind = "correction";
    credit->sequence = ++d->state->account.next_id;
    booking_of_credit(d, credit);
    reason_add(d, "interest_corrected", rule, credit->id, moment, detail,
               "less interest is owed than was booked: the difference is credited");
}

/* Once for an invoice, as soon as it bears interest (§9 uk_interest, eu_interest). */
static void book_fixed_sum(Deciding *d, const Terms *terms, const char *invoice, Currency currency,
                           int64_t sum)
{
    InterestAccrual *accrual = state_find(d->state, KIND_INTEREST_ACCRUAL, invoice);
    if (sum <= 0 || !accrual || accrual->fixed != AMOUNT_NONE)
        return;
    accrual->fixed = sum;
    const char *id = arena_printf(d->arena, "fixed_sum:%s", invoice);
    Invoice *fee = add_invoice(d, id, currency, sum, INVOICE_FEE);
    fee->fee_type = "fixed_sum";
    booking_of_invoice(d, fee);
    reason_add(d, "fee_charged", terms->law->id, "fixed_sum", NULL,
               json_pack("{s:s,s:I,s:s,s:s}", "invoice", id, "amount", (json_int_t)sum, "currency",
                         currency.code, "citation", terms->law->citation),
               "the law grants a fixed sum for invoice %s, which was paid late", invoice);
}

typedef struct {
    int64_t sum;
    bool touched;
} Round;

static void book_invoice(Deciding *d, const Terms *terms, const InvoiceBalance *b, Date through,
                         Round *round)
{
    const InterestAccrual *before = accrual_of(d->state, b->invoice->id);
    if (is_over(b, before))
        return;
    Date end = bears_through(b, through);
    Accrued all = accrued(terms, d->state, b, end);
    int64_t booked = before ? amount_or_nothing(before->booked) : 0;
    if (!all.known || (all.amount == booked && !before))
        return;
    int64_t change = all.amount - booked;
    round->sum = ledger_sum(round->sum, change);
    round->touched = true;
    const char *invoice = b->invoice->id;
    Currency currency = b->invoice->currency;
    note_accrual(d, terms, b->invoice, end, all.amount);
    book_fixed_sum(d, terms, invoice, currency, all.fixed_sum);
}

/* Whose the rows are that bear interest in that currency; ids, because booking adds rows. */
static bool bears(const InvoiceBalance *b, Currency currency, Date through)
{
    return b->charge && currency_equal(b->invoice->currency, currency) && b->overdue_on <= through;
}

static void book(Deciding *d, Currency currency, Date through, const char *moment)
{
    g_autoptr(Arena) scratch = arena_new();
    Terms terms;
    if ((holds_block(d, currency) & BLOCKS_FEES) ||
        !terms_of(d->book, d->settings, d->state, d->today, scratch, &terms))
        return;
    Round round = {0, false};
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        InvoiceBalance b = d->ledger.invoices[i];
        b.invoice = &STATE_ROWS(d->look, KIND_INVOICE, const Invoice)[i]; /* they may have moved */
        if (bears(&b, currency, through))
            book_invoice(d, &terms, &b, through, &round);
    }
    if (round.sum != 0)
        book_sum(d, &terms, currency, round.sum, moment);
    if (round.touched)
        deciding_read_ledger(d);
}

/* ---- the moments ----------------------------------------------------------------------------- */

void interest_on_step(Deciding *d, const Cycle *cycle)
{
    if ((d->settings->interest.book & BOOK_STEP_ENTRY) && cycle->step_since == d->today &&
        words_have(d->stepped, cycle->currency.code))
        book(d, cycle->currency, d->today, "step_entry");
}

static Date month_ends(Date today)
{
    int year, month, day;
    date_to_ymd(today, &year, &month, &day);
    return today + date_days_in_month(year, month) - day;
}

/* The last end of a month that has come. */
static Date month_ended(Date today)
{
    int year, month, day;
    date_to_ymd(today, &year, &month, &day);
    return month_ends(today) == today ? today : today - day;
}

/* Some invoice paid, voided or credited by this event bore interest. */
static bool was_settled(const Deciding *d, Currency currency)
{
    for (size_t i = 0; i < d->before.n_invoices && i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *was = &d->before.invoices[i], *is = &d->ledger.invoices[i];
        if (was->open > 0 && is->open == 0 && is->charge && is->overdue_on <= d->today &&
            currency_equal(is->invoice->currency, currency))
            return true;
    }
    return false;
}

void interest_judge(Deciding *d)
{
    const InterestRule *rule = &d->settings->interest;
    if (rule->kind == INTEREST_NONE)
        return;
    Date end = month_ended(d->today);
    for (size_t i = 0; i < d->ledger.n_currencies; i++) {
        Currency currency = d->ledger.currencies[i].currency;
        if ((rule->book & BOOK_SETTLEMENT) && was_settled(d, currency))
            book(d, currency, d->today, "settlement");
        if ((rule->book & BOOK_MONTH_END) && d->daily && d->state->account.evaluated_on < end)
            book(d, currency, end, "month_end");
    }
}

/* A debt that was paid late and whose interest waits for the end of the month. */
Date interest_wakes_on(const Deciding *d)
{
    if (d->settings->interest.kind == INTEREST_NONE ||
        !(d->settings->interest.book & BOOK_MONTH_END))
        return DATE_NEVER;
    Date end = month_ended(d->today);
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (b->charge && b->overdue_on <= d->today && paid_on(b) != DATE_NONE && paid_on(b) > end &&
            !is_over(b, accrual_of(d->state, b->invoice->id)))
            return month_ends(d->today);
    }
    return DATE_NEVER;
}

int64_t interest_unbooked(const AccountState *state, const Rulebook *book, const Settings *settings,
                          const Ledger *ledger, Currency currency)
{
    g_autoptr(Arena) scratch = arena_new();
    Terms terms;
    if (!terms_of(book, settings, state, ledger->today, scratch, &terms))
        return 0;
    int64_t sum = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        const InterestAccrual *before = accrual_of(state, b->invoice->id);
        if (!bears(b, currency, ledger->today) || is_over(b, before))
            continue;
        Accrued all = accrued(&terms, state, b, bears_through(b, ledger->today));
        sum = ledger_sum(sum, all.amount - (before ? amount_or_nothing(before->booked) : 0));
    }
    return sum;
}
