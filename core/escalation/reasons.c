#include <stdarg.h>
#include <string.h>

#include "escalation/deciding.h"

/* Every event a decision can write into the audit: rows of docs/reference/reasons.md. */
const ReasonType reason_types[] = {
    {"event_applied", "a fact from a ledger or a person was taken over"},
    {"event_stale", "an older version than the one known: recorded, without effect"},
    {"rejected", "a command was refused and changed nothing"},
    {"cycle_opened", "E1 and E2 hold for the first time"},
    {"cycle_closed", "the account left for good, or owes nothing any more"},
    {"cycle_reopened", "money was taken back after the way out"},
    {"entered", "the account became delinquent"},
    {"entry_delayed", "entry would be due but pending money, grace or a hold stands before it"},
    {"left", "the account is no longer delinquent"},
    {"resumed", "the account goes on at the step held before"},
    {"step_entered", "a step was entered"},
    {"step_skipped", "a skippable step whose range was past"},
    {"step_executed", "the step's notice was accepted, or it needs none"},
    {"step_unexecuted", "the acceptance of the step's notice turned out to be none"},
    {"step_lowered", "the step follows a younger anchor"},
    {"move_waits", "a forward move is due but blocked"},
    {"policy_followed", "the cycle goes on under another policy or version"},
    {"segment_changed", "the account's segment was judged anew"},
    {"needs_intervention", "something a person has to look at"},
    {"intervention_ended", "its cause is gone"},
    {"awaiting", "a step waits for a person's decision"},
    {"hold_set", "a hold began"},
    {"hold_moved", "the days of a hold were moved"},
    {"hold_ended", "a hold is over"},
    {"invoice_excluded", "a person left one invoice out of dunning"},
    {"invoice_included", "an invoice that was left out counts again"},
    {"grace_set", "the delinquency date was moved"},
    {"grace_ended", "a grace period is over"},
    {"promise_made", "the debtor promised a payment"},
    {"promise_kept", "the promised sum came"},
    {"promise_broken", "the promised sum did not come"},
    {"plan_made", "a payment plan began"},
    {"plan_completed", "all instalments are paid"},
    {"plan_defaulted", "an instalment was missed"},
    {"notice_planned", "a message to the customer was decided"},
    {"notice_released", "a message was handed to a channel"},
    {"notice_accepted", "a channel took the message"},
    {"notice_delivered", "a channel reports that the message arrived"},
    {"document_signed", "a formal document was signed"},
    {"document_declined", "somebody declined to sign a formal document"},
    {"notice_suppressed", "a planned message does not go"},
    {"notice_covered", "a more severe message of the day stands for it"},
    {"notice_failed", "a delivery came back"},
    {"notice_unreachable", "no channel is left"},
    {"notice_retracted", "a message that was sent is taken back"},
    {"act_planned", "an action was decided"},
    {"act_released", "an action may go"},
    {"act_done", "an action took effect"},
    {"act_suppressed", "a planned action does not happen"},
    {"act_failed", "an action cannot be carried out"},
    {"act_held", "an action may have been applied and nobody can tell: a person decides"},
    {"letter_drawn", "the letter of an action became the PDF that is sent"},
    {"act_decided", "a person decided about an action"},
    {"gate", "a rule delayed, redirected or refused an action"},
    {"fee_charged", "a late fee was booked"},
    {"family_joined", "the account's invoices are collected with its parent from now on"},
    {"family_left", "the account's invoices are collected alone again"},
    {"member_joined", "a child's invoices are collected here from now on"},
    {"member_left", "a child's invoices are collected here no longer"},
    {"copy_refused", "a record of a child that cannot be taken over"},
    {"interest_booked", "interest that accrued became an invoice"},
    {"interest_corrected", "less interest is owed than was booked: a credit"},
    {"fee_dropped", "a late fee was due while a hold forbade it: none in this cycle"},
    {"fee_reversed", "a late fee was taken back"},
    {"credit_booked", "a credit was booked"},
    {"correction_proposed", "money that took effect earlier would have prevented the entry"},
    {"correction_booked", "a person approved the correction"},
    {"approved", "a person approved"},
    {"refused", "a person refused"},
    {"assigned", "someone looks after the account"},
    {"service_suspended", "the service is off"},
    {"service_restored", "the service is on"},
    {"consent_changed", "consent of a contact point changed"},
    {"reply", "the customer answered"},
    {"reply_decided", "a person said what a reply means"},
    {"approval_requested", "a person asks for an approval"},
    {"request_ended", "a request for an approval was withdrawn or ran out"},
    {"call", "a call was made"},
    {"ledger_unread", "the ledger could not be read: notices and adverse actions wait"},
    {"erased", "personal data was erased, by request or by a row of retention"},
    {"mode", "nothing is released: the policy observes or a switch of the hub is set"},
};
const size_t n_reason_types = G_N_ELEMENTS(reason_types);

static bool is_known(const char *event)
{
    for (size_t i = 0; i < n_reason_types; i++)
        if (strcmp(reason_types[i].event, event) == 0)
            return true;
    return false;
}

/* Room for at least one more row; full is the number of rows there were. */
static void *one_more(Arena *arena, const void *rows, size_t size, size_t *most)
{
    size_t full = *most;
    *most = full ? full * 2 : 8;
    void *larger = arena_alloc(arena, *most * size);
    return full ? memcpy(larger, rows, full * size) : larger;
}

const char *json_text(Deciding *d, json_t *json)
{
    if (!json)
        return "{}";
    g_autofree char *text = json_canonical(json);
    json_decref(json);
    return arena_strdup(d->arena, text);
}

static Reason *next_reason(Deciding *d, const char *event, const char *rule, const char *subject,
                           const char *reason)
{
    if (d->n_reasons == d->most_reasons)
        d->reasons = one_more(d->arena, d->reasons, sizeof(Reason), &d->most_reasons);
    Reason *row = &d->reasons[d->n_reasons++];
    *row = (Reason){.event = event,
                    .rule = rule,
                    .subject = arena_strdup(d->arena, subject),
                    .reason = arena_strdup(d->arena, reason)};
    return row;
}

void reason_add_bare(Deciding *d, const char *event, const char *rule, const char *subject,
                     const char *reason)
{
    next_reason(d, event, rule, subject, reason);
}

void reason_add_whole(Deciding *d, const char *event, const char *rule, const char *subject,
                      const char *reason, json_t *detail, const char *format, ...)
{
    g_assert(is_known(event));
    Reason *row = next_reason(d, event, rule, subject, reason);
    va_list args;
    va_start(args, format);
    row->text = arena_vprintf(d->arena, format, args);
    row->detail = json_text(d, detail);
    va_end(args);
}

void wish_add(Deciding *d, WishKind kind, const char *key, Instant after, const char *detail)
{
    if (d->n_wishes == d->most_wishes)
        d->wishes = one_more(d->arena, d->wishes, sizeof(Wish), &d->most_wishes);
    d->wishes[d->n_wishes++] = (Wish){kind, arena_strdup(d->arena, key), after, detail, NULL};
}

void tell_add(Deciding *d, const char *account, const char *event, json_t *data)
{
    wish_add(d, WISH_TELL, account, INSTANT_NONE, json_text(d, data));
    d->wishes[d->n_wishes - 1].event = event;
}

void reject(Deciding *d, const char *code, json_t *detail, const char *format, ...)
{
    Rejection *row = arena_new0(d->arena, Rejection, 1);
    va_list args;
    va_start(args, format);
    *row = (Rejection){code, arena_vprintf(d->arena, format, args), json_text(d, detail)};
    va_end(args);
    d->rejection = row;
}

void intervene(Deciding *d, const char **words, const char *word, bool wanted, const char *rule,
               const char *text)
{
    if (words_have(*words, word) == wanted)
        return;
    *words = wanted ? words_add(d->arena, *words, word) : words_remove(d->arena, *words, word);
    reason_add(d, wanted ? "needs_intervention" : "intervention_ended", rule, word, NULL, NULL,
               "%s", wanted ? text : "the cause is gone");
}
