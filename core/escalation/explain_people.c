/* What is told of people and of ways to them: replies, approvals, contact points, what a gate says of a message that waits,
 * what was left out, and what a pending payment delays (domain.md §4, §7, §8, §9). */
#include "escalation/explain.h"

#include <inttypes.h>
#include <string.h>

enum { SUPPRESSED_DAYS = 14, SUPPRESSED_MOST = 5 };

/* ---- words as a person says them ------------------------------------------------------------ */

typedef struct {
    const char *word, *text;
} Saying;

static const Saying suppressions[] = {
    {"paid", "what it is about was paid"},
    {"void", "its invoice was withdrawn"},
    {"write_off", "its invoice was written off"},
    {"dispute", "what it is about is disputed"},
    {"plan", "what it is about is under a payment plan"},
    {"grace", "the account was given grace"},
    {"hold", "a hold forbids it"},
    {"lapsed", "its day passed while it could not go"},
    {"covered", "a more severe one of the day stood for it"},
    {"observe", "the policy only observes"},
    {"test_account", "it is a test account"},
    {"moved_out", "the tenant moved out"},
    {"closed", "a person closed it"},
    {"undeliverable", "its address fails, and it may go nowhere else"},
    {"unreachable", "nobody can be reached"},
    {"already_suspended", "the service was off already"},
    {"staff", "a person ended the delinquency"},
    {"excluded", "its invoice was left out by a person"},
    {"reversed", "what it would have booked was taken back first"},
    {"not_charged", "the fee that it is about never reached the ledger"},
};

static const Saying exits[] = {
    {"payment", "it was paid"},
    {"credit", "a credit took what was owed"},
    {"void", "its invoices were withdrawn"},
    {"write_off", "its invoices were written off"},
    {"grace", "it was given grace"},
    {"dispute", "what is owed is disputed"},
    {"plan", "a payment plan was agreed"},
    {"staff", "a person ended it"},
    {"excluded", "a person left its invoices out"},
    {"family", "its invoices are collected with its parent"},
};

static const char *said(const Saying *sayings, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (g_strcmp0(sayings[i].word, word) == 0)
            return sayings[i].text;
    return word ? word : "no reason is recorded";
}

const char *explain_why_suppressed(const char *reason)
{
    return said(suppressions, G_N_ELEMENTS(suppressions), reason);
}

const char *explain_why_left(const char *reason)
{
    return said(exits, G_N_ELEMENTS(exits), reason);
}

static const char *account_id(const Telling *t)
{
    return t->state->account.id;
}

/* ---- replies, approvals --------------------------------------------------------------------- */

static void say_reply(Telling *t, const Reply *reply)
{
    const char *held =
        reply->held ? arena_printf(t->arena, "; %s rests until then", reply->held) : "";
    const char *rules =
        reply->rules ? arena_printf(t->arena, " by %s", reply->rules) : ", which no rule knows";
    explain_say(
        t, "§8 replies", reply->received_on,
        "reply %s of %s by %s was read as %s%s; a person decides: 'dunhub reply %s %s --class "
        "CLASS'%s",
        reply->id, explain_day(t, reply->received_on),
        reply->channel ? reply->channel : "an unknown channel", reply_class_words[reply->class_],
        rules, account_id(t), reply->id, held);
}

static void say_request(Telling *t, const Request *request)
{
    explain_say(t, "§7 approvals", request->expires_on,
                "%s asked for the approval %s on %s; someone else approves it through %s ('dunhub "
                "approve %s %s')",
                request->by, request->what, explain_day(t, request->asked_on),
                explain_day(t, request->expires_on), account_id(t), request->what);
}

static void say_approval(Telling *t, const Approval *approval)
{
    if (approval->valid_through != DATE_NONE && approval->valid_through < t->view.today)
        explain_say(t, "§7 approvals", approval->valid_through,
                    "the approval %s by %s ran out on %s", approval->what, approval->by,
                    explain_day(t, approval->valid_through));
    else if (approval->valid_through != DATE_NONE)
        explain_say(t, "§7 approvals", approval->valid_through,
                    "%s was approved by %s on %s and holds through %s", approval->what,
                    approval->by, explain_day(t, approval->given_on),
                    explain_day(t, approval->valid_through));
}

/* ---- ways to the customer ------------------------------------------------------------------- */

/* The address itself is not repeated: whoever may see it looks it up. */
static void say_point(Telling *t, const ContactPoint *point)
{
    Date since =
        point->consent_at != INSTANT_NONE ? zone_date(t->zone, point->consent_at) : DATE_NONE;
    const char *on =
        since != DATE_NONE ? arena_printf(t->arena, " since %s", explain_day(t, since)) : "";
    if (point->undeliverable)
        explain_say(t, "§8", DATE_NONE,
                    "messages by %s came back: that address is not used again before it is "
                    "corrected",
                    point->channel);
    else if (point->consent == CONSENT_REVOKED)
        explain_say(t, "§8 replies", since, "the customer wants nothing by %s%s: that way is off",
                    point->channel, on);
    else if (point->consent == CONSENT_HELD_FOR_REVIEW)
        explain_say(t, "§8 replies", since, "%s is held%s until a person has decided about a reply",
                    point->channel, on);
}

/* ---- what a gate says of what waits ---------------------------------------------------------- */

static const char *gate_source(const Telling *t, const GateAnswer *answer)
{
    if (!answer->rule)
        return answer->gate;
    return arena_printf(t->arena, "%s, %s", answer->rule->id, answer->rule->citation);
}

static const char *act_words(const Telling *t, const Act *act)
{
    const Notice *notice = act->notice ? state_find(t->state, KIND_NOTICE, act->notice) : NULL;
    return notice ? arena_printf(t->arena, "message %s by %s", notice->name,
                                 act->channel ? act->channel : act->action)
                  : arena_printf(t->arena, "action %s", act->action);
}

static void say_gate(Telling *t, const Act *act)
{
    GateAnswer answer = act_gate_seen(t->state, t->book, t->now, act, t->arena);
    if (answer.verdict == GATE_ALLOW && act->release_at > t->now)
        answer = act_gate_seen(t->state, t->book, act->release_at, act, t->arena);
    const char *what = act_words(t, act);
    const char *reason = answer.reason ? answer.reason : "a gate stands before it";
    if (answer.verdict == GATE_DELAY)
        explain_say(t, gate_source(t, &answer), zone_date(t->zone, answer.until),
                    "%s does not go before %s: %s", what, explain_hour(t, answer.until), reason);
    else if (answer.verdict == GATE_REDIRECT)
        explain_say(t, gate_source(t, &answer), DATE_NONE, "%s takes another way: %s", what,
                    reason);
    else if (answer.verdict == GATE_REFUSE)
        explain_say(t, gate_source(t, &answer), DATE_NONE, "%s does not go: %s", what, reason);
}

/* ---- what did not go ------------------------------------------------------------------------- */

static void say_suppressed(Telling *t)
{
    size_t n = STATE_COUNT(t->state, KIND_NOTICE), told = 0;
    for (size_t i = n; i > 0 && told < SUPPRESSED_MOST; i--) {
        const Notice *notice = &STATE_ROWS(t->state, KIND_NOTICE, const Notice)[i - 1];
        bool recent = notice->planned_on >= t->view.today - SUPPRESSED_DAYS &&
                      notice->planned_on < t->view.today;
        if (notice->state != NOTICE_SUPPRESSED || !recent)
            continue;
        told++;
        explain_say(t, notice->covered_by ? "§6.4" : "§6.6", notice->planned_on,
                    "message %s of %s did not go: %s", notice->name,
                    explain_day(t, notice->planned_on),
                    notice->covered_by ? "a more severe one of the day stood for it"
                                       : explain_why_suppressed(notice->reason));
    }
}

/* ---- what money that is on its way delays ----------------------------------------------------- */

static void say_pending(Telling *t, const Cycle *cycle)
{
    bool outside = !cycle->step;
    if (outside && cycle->pending_until != DATE_NONE && cycle->pending_until >= t->view.today)
        explain_say(t, "§4 pending payment", dates_add(cycle->pending_until, 1),
                    "money that is on its way puts delinquency in %s off through %s, once in this "
                    "cycle; if it fails the account is delinquent that day",
                    cycle->currency.code, explain_day(t, cycle->pending_until));
    if (!outside && cycle->pending_act && cycle->pending_act_until != DATE_NONE &&
        cycle->pending_act_until >= t->view.today)
        explain_say(t, "§4 pending payment", dates_add(cycle->pending_act_until, 1),
                    "money that is on its way holds %s back through %s, once in this cycle",
                    cycle->pending_act, explain_day(t, cycle->pending_act_until));
}

/* ---- the account itself ------------------------------------------------------------------------ */

static void say_invoices_left_out(Telling *t)
{
    STATE_FOREACH (t->state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->excluded && invoice->status == INVOICE_OPEN)
            explain_say(
                t, "§6.7", DATE_NONE,
                "invoice %s is left out of dunning by a person ('dunhub exclude %s %s --undo' "
                "takes it in again)",
                invoice->number ? invoice->number : invoice->id, account_id(t),
                invoice->number ? invoice->number : invoice->id);
}

static void say_path(Telling *t)
{
    const Account *account = &t->state->account;
    if (g_strcmp0(account->path, "former_tenant") == 0)
        explain_say(t, "§8 moved out", DATE_NONE,
                    "it is on the path former_tenant: steps of the tenancy ended, the portal shows "
                    "the final account, the debt stays");
    if (account->portal == SERVICE_SUSPENDED)
        explain_say(t, "§8", DATE_NONE,
                    "its portal access is suspended; it returns when the account leaves");
}

void explain_people(Telling *t)
{
    say_path(t);
    say_invoices_left_out(t);
    STATE_FOREACH (t->state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->closed_on == DATE_NONE)
            say_pending(t, cycle);
    STATE_FOREACH (t->state, KIND_REPLY, const Reply, reply)
        if (reply->state == REPLY_OPEN)
            say_reply(t, reply);
    STATE_FOREACH (t->state, KIND_REQUEST, const Request, request)
        if (request->state == REQUEST_OPEN)
            say_request(t, request);
    STATE_FOREACH (t->state, KIND_APPROVAL, const Approval, approval)
        say_approval(t, approval);
    STATE_FOREACH (t->state, KIND_CONTACT_POINT, const ContactPoint, point)
        say_point(t, point);
    STATE_FOREACH (t->state, KIND_ACT, const Act, act)
        if (act->state == ACT_PLANNED && !act->undo)
            say_gate(t, act);
    say_suppressed(t);
}
