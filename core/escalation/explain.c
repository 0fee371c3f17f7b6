/* An account in sentences: why it is where it is, what waits for what, what comes next and when,
 * and what would change it. Every sentence names its rule. It reads the same view, ledger and
 * rulebook that decide works with and changes nothing; the same state at the same instant gives the
 * same sentences. */
#include "escalation/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "escalation/meaning.h"

enum { INVOICES_NAMED = 5, SENTENCE_MAX = 1000 };

void explain_say(Telling *t, const char *rule, Date on, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    text[0] = g_ascii_toupper(text[0]);
    g_autofree char *closed = g_strconcat(text, ".", NULL);
    g_autofree char *line = text_one_line(closed, SENTENCE_MAX);
    json_t *sentence = json_pack("{s:s,s:s}", "text", line, "rule", rule);
    char day[16];
    if (on != DATE_NONE && on != DATE_NEVER)
        json_object_set_new(sentence, "on", json_string(date_format(on, day)));
    json_array_append_new(t->out, sentence);
}

/* ---- words ---- */

const char *explain_money(const Telling *t, int64_t minor, Currency currency)
{
    g_autofree char *text = money_to_text((Money){minor, currency});
    return arena_strdup(t->arena, text);
}

const char *explain_day(const Telling *t, Date date)
{
    char text[16];
    return arena_strdup(t->arena, date_format(date, text));
}

const char *explain_days(const Telling *t, int64_t n)
{
    return arena_printf(t->arena, "%" PRId64 " %s", n, n == 1 ? "day" : "days");
}

const char *explain_hour(const Telling *t, Instant instant)
{
    LocalTime local = zone_local(t->zone, instant);
    return arena_printf(t->arena, "%s at %02d:%02d", explain_day(t, local.date), local.minute / 60,
                        local.minute % 60);
}

static Date day_of(const Telling *t, Instant instant)
{
    return instant == INSTANT_NONE || instant == INSTANT_NEVER ? DATE_NONE
                                                               : zone_date(t->zone, instant);
}

static const char *spaced(const Telling *t, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words ? words : "", ",", -1);
    g_autofree char *joined = g_strjoinv(", ", parts);
    return arena_strdup(t->arena, joined);
}

static const char *invoice_name(const Invoice *invoice)
{
    return invoice->number ? invoice->number : invoice->id;
}

static void say_words(Telling *t, const char *words, const Meaning *(*meaning_of)(const char *word),
                      const char *otherwise)
{
    g_auto(GStrv) parts = g_strsplit(words ? words : "", ",", -1);
    for (size_t p = 0; parts[p] && parts[p][0]; p++) {
        const Meaning *meaning = meaning_of(parts[p]);
        if (meaning)
            explain_say(t, meaning->rule, DATE_NONE, "%s: %s", meaning->text,
                        meaning_deed(meaning, t->state->account.id, t->arena));
        else
            explain_say(t, "§4 list columns", DATE_NONE, "%s: %s", otherwise, parts[p]);
    }
}

/* ---- what is owed ---- */

bool explain_is_of(const InvoiceBalance *b, Currency currency)
{
    return currency_equal(b->invoice->currency, currency);
}

static const char *overdue_invoices(const Telling *t, Currency currency)
{
    g_autoptr(GString) out = g_string_new(NULL);
    size_t n = 0;
    for (size_t i = 0; i < t->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &t->ledger.invoices[i];
        if (!b->counted || !explain_is_of(b, currency) || n++ >= INVOICES_NAMED)
            continue;
        g_string_append_printf(out, "%s%s %s, overdue since %s (%s)", n > 1 ? "; " : "",
                               invoice_name(b->invoice), explain_money(t, b->rest, currency),
                               explain_day(t, b->overdue_on), explain_days(t, b->days_overdue));
    }
    if (n > INVOICES_NAMED)
        g_string_append_printf(out, "; and %zu more", n - INVOICES_NAMED);
    return arena_strdup(t->arena, out->str);
}

static void say_owed(Telling *t, const CurrencyView *c)
{
    CurrencyBalance balance = ledger_currency(&t->ledger, c->currency);
    const char *invoices = overdue_invoices(t, c->currency);
    const char *credit =
        balance.unapplied > 0
            ? arena_printf(t->arena, "; %s of credit belongs to no invoice and lowers the sum",
                           explain_money(t, balance.unapplied, c->currency))
            : "";
    if (c->overdue > 0)
        explain_say(t, "§3.6", t->view.today, "%s is overdue: %s%s",
                    explain_money(t, c->overdue, c->currency), invoices, credit);
    else if (c->balance > 0)
        explain_say(t, "§3.6", t->view.today, "nothing is overdue in %s; %s is open",
                    c->currency.code, explain_money(t, c->balance, c->currency));
    else
        explain_say(t, "§3.6", t->view.today, "nothing is owed in %s", c->currency.code);
    if (c->pending > 0)
        explain_say(t, "§4 pending payment", t->view.today,
                    "%s is announced and not settled: it lowers nothing yet",
                    explain_money(t, c->pending, c->currency));
}

static void say_status(Telling *t)
{
    static const char *const words[] = {"current", "overdue", "delinquent"};
    const Account *account = &t->state->account;
    if (t->view.status == STATUS_DELINQUENT && t->view.delinquent_since != DATE_NONE)
        explain_say(t, "§4", t->view.delinquent_since, "the account is delinquent since %s",
                    explain_day(t, t->view.delinquent_since));
    else
        explain_say(t, "§3.6", t->view.today, "the account is %s", words[t->view.status]);
    for (size_t i = 0; i < t->view.n_currencies; i++)
        say_owed(t, &t->view.currencies[i]);
    if (account->is_test)
        explain_say(t, "account.is_test", DATE_NONE,
                    "it is a test account: it is decided on, and nothing is carried out");
    if (account->at_risk)
        explain_say(t, "§8 T4", DATE_NONE, "it is marked at risk, which demands nothing by itself");
    if (account->disconnected)
        explain_say(t, "§4 reactivation", DATE_NONE,
                    "it was disconnected: nothing is switched on again");
    else if (account->service == SERVICE_SUSPENDED)
        explain_say(t, "§4 reactivation", account->service_suspended_on,
                    "its service is suspended (%s); it returns when no reason is left",
                    account->service_reasons ? spaced(t, account->service_reasons)
                                             : "no reason is recorded");
}

/* ---- where it stands ---- */

const Policy *explain_policy(const Telling *t, const Cycle *cycle)
{
    const Policy *policy = rulebook_policy(t->book, cycle->policy, cycle->policy_hash);
    return policy ? policy : rulebook_policy(t->book, cycle->policy, NULL);
}

static void say_execution(Telling *t, const Cycle *cycle, const Step *step)
{
    if (cycle->executed_on != DATE_NONE)
        explain_say(t, "§6.1", cycle->executed_on, "step %s was executed on %s", cycle->step,
                    explain_day(t, cycle->executed_on));
    else if (step && step->executes_by)
        explain_say(t, "§6.1", DATE_NONE,
                    "step %s is not executed: that is done when the outreach of %s is reported as "
                    "done; until then the "
                    "account does not move on",
                    cycle->step, step->executes_by);
    else
        explain_say(t, "§6.1", DATE_NONE,
                    "step %s is not executed: a channel has not accepted its message yet; until "
                    "then the account does "
                    "not move on",
                    cycle->step);
}

static void say_age(Telling *t, const CurrencyView *c)
{
    const InvoiceBalance *anchor = c->anchor ? ledger_invoice(&t->ledger, c->anchor) : NULL;
    if (!anchor)
        return;
    int64_t held = c->days_overdue - c->escalation_age;
    if (held > 0)
        explain_say(t, "§1 escalation age", t->view.today,
                    "its age is %s: invoice %s is %s overdue, of which %s passed under a hold",
                    explain_days(t, c->escalation_age), invoice_name(anchor->invoice),
                    explain_days(t, c->days_overdue), explain_days(t, held));
    else
        explain_say(t, "§1 escalation age", t->view.today, "its age is %s, that of invoice %s",
                    explain_days(t, c->escalation_age), invoice_name(anchor->invoice));
}

static void say_mode(Telling *t, const Policy *policy)
{
    if (policy->mode == MODE_PLAN)
        explain_say(t, "§6.13", DATE_NONE,
                    "policy %s only plans: nothing is sent and nothing is carried out",
                    policy->name);
    else if (policy->mode == MODE_OBSERVE)
        explain_say(t, "§6.11", DATE_NONE,
                    "policy %s only observes: no message, no move and no action", policy->name);
}

static void say_step(Telling *t, const CurrencyView *c)
{
    const Cycle *cycle = c->cycle;
    const Policy *policy = explain_policy(t, cycle);
    bool by_hand = g_strcmp0(cycle->entry_reason, "manual") == 0;
    explain_say(t, "§4 entry", cycle->delinquent_since, "in %s it became delinquent on %s, %s",
                c->currency.code, explain_day(t, cycle->delinquent_since),
                by_hand ? "because a person flagged it"
                        : "because the sum was above the minimum and an invoice was late enough");
    explain_say(t, "§6.2", cycle->step_since,
                "it is in step %s of policy %s, version %" PRId64 ", since %s; %s%s", cycle->step,
                cycle->policy, cycle->policy_version, explain_day(t, cycle->step_since),
                t->state->account.assignee ? "assigned to " : "assigned to nobody",
                t->state->account.assignee ? t->state->account.assignee : "");
    say_execution(t, cycle, policy ? policy_step(policy, cycle->step) : NULL);
    say_age(t, c);
    if (policy)
        say_mode(t, policy);
    if (by_hand && cycle->rule_since == DATE_NONE)
        explain_say(t, "§4 manual entry", DATE_NONE,
                    "no demand is sent and nothing is suspended by rule before the entry "
                    "conditions hold by "
                    "themselves");
}

static void say_outside(Telling *t, const CurrencyView *c)
{
    const Cycle *cycle = c->cycle;
    if (!cycle || !cycle->exit_reason)
        return;
    explain_say(t, "§4 exit", cycle->left_on, "in %s it left step %s on %s: %s", c->currency.code,
                cycle->last_step ? cycle->last_step : "(none)", explain_day(t, cycle->left_on),
                explain_why_left(cycle->exit_reason));
    if (cycle->parked)
        explain_say(t, "§5", DATE_NONE,
                    "its cycle stays open: it goes on at step %s if the amount counts again",
                    cycle->last_step);
}

bool explain_is_in_step(const CurrencyView *c)
{
    return c->cycle && c->cycle->step;
}

/* ---- messages ---- */

static void say_last_message(Telling *t)
{
    const Notice *last = NULL;
    STATE_FOREACH (t->state, KIND_NOTICE, const Notice, notice)
        if (notice->state == NOTICE_ACCEPTED && (!last || notice->accepted_on >= last->accepted_on))
            last = notice;
    if (!last)
        return;
    const char *shown = last->amount != AMOUNT_NONE && last->currency.code[0]
                            ? arena_printf(t->arena, "; it showed %s",
                                           explain_money(t, last->amount, last->currency))
                            : "";
    explain_say(t, "§6.1", last->accepted_on,
                "the last message that went out is %s, accepted by %s on %s%s", last->name,
                last->channel ? last->channel : "a channel", explain_day(t, last->accepted_on),
                shown);
}

/* Its policy acts on a person's word alone, and nobody has given it. */
static bool waits_for_release(const Telling *t, const Notice *notice)
{
    const Cycle *cycle = notice->cycle ? state_find(t->state, KIND_CYCLE, notice->cycle) : NULL;
    const Policy *policy = cycle && cycle->policy ? explain_policy(t, cycle)
                           : t->view.policy       ? rulebook_policy(t->book, t->view.policy, NULL)
                                                  : NULL;
    if (!policy || policy->mode != MODE_PLAN)
        return false;
    STATE_FOREACH (t->state, KIND_ACT, const Act, act)
        if (g_strcmp0(act->notice, notice->key) == 0 && act->state == ACT_PLANNED &&
            g_strcmp0(act->reason, "released") != 0)
            return true;
    return false;
}

static void say_planned_message(Telling *t, const Notice *notice)
{
    if (notice->state == NOTICE_RELEASED)
        explain_say(t, "§6.1", notice->handed_on,
                    "message %s was handed to %s, which has not answered yet", notice->name,
                    notice->channel ? notice->channel : "a channel");
    else if (waits_for_release(t, notice))
        explain_say(t, "§6.13", notice->planned_on,
                    "message %s is planned and goes on a person's word alone: 'dunhub outbox %s' "
                    "lists its key, 'dunhub retry KEY --release' lets it go",
                    notice->name, t->state->account.id);
    else if (notice->release_at != INSTANT_NONE && notice->release_at > t->now)
        explain_say(t, "§6.8", day_of(t, notice->release_at),
                    "message %s goes out on %s, unless what it is about is settled by then",
                    notice->name, explain_hour(t, notice->release_at));
    else
        explain_say(t, "§6.6", t->view.today,
                    "message %s is due; it goes as soon as the ledger was read again and the gates "
                    "allow it",
                    notice->name);
}

static void say_messages(Telling *t)
{
    say_last_message(t);
    STATE_FOREACH (t->state, KIND_NOTICE, const Notice, notice) {
        if (notice->state == NOTICE_PLANNED || notice->state == NOTICE_RELEASED)
            say_planned_message(t, notice);
        else if (notice->state == NOTICE_UNREACHABLE && notice->planned_on >= t->view.today)
            explain_say(t, "§8", notice->planned_on, "message %s found no channel", notice->name);
        else if (notice->state == NOTICE_SUPPRESSED && notice->planned_on == t->view.today)
            explain_say(t, notice->covered_by ? "§6.4" : "§6.6", notice->planned_on,
                        "message %s does not go: %s", notice->name,
                        notice->covered_by ? "a more severe one of the day stands for it"
                                           : explain_why_suppressed(notice->reason));
    }
}

/* ---- actions ---- */

static const char *act_name(const Telling *t, const Act *act)
{
    if (act->notice)
        return arena_printf(t->arena, "delivery by %s", act->channel ? act->channel : act->action);
    return arena_printf(t->arena, "action %s (%s)", act->action, act->verb);
}

static const char *act_trouble(const Telling *t, const Act *act)
{
    return act->error ? arena_printf(t->arena, ": %s", act->error) : "";
}

static void say_waiting_act(Telling *t, const Act *act)
{
    if (act->state == ACT_FRESHNESS)
        explain_say(t, "§6.6", t->view.today, "%s is due; the ledger is being read again first",
                    act_name(t, act));
    else if (act->state != ACT_PLANNED)
        explain_say(t, "§6.9", t->view.today, "%s is on its way to %s", act_name(t, act),
                    act->instance ? act->instance : "the hub");
    else if (act->release_at != INSTANT_NONE && act->release_at > t->now)
        explain_say(t, "§6.8", day_of(t, act->release_at), "%s is planned for %s", act_name(t, act),
                    explain_hour(t, act->release_at));
    else
        explain_say(t, "§6.1", act->planned_on,
                    "%s is planned since %s and waits for its message, a gate or a person",
                    act_name(t, act), explain_day(t, act->planned_on));
}

static void say_failed_act(Telling *t, const Act *act)
{
    const char *next = act->next_at != INSTANT_NONE && act->next_at != INSTANT_NEVER
                           ? explain_hour(t, act->next_at)
                           : "a later time";
    switch (act->state) {
    case ACT_RETRY:
        explain_say(t, "§6.9", day_of(t, act->next_at),
                    "%s was not applied%s; it goes again on %s, with the same key",
                    act_name(t, act), act_trouble(t, act), next);
        return;
    case ACT_UNCERTAIN:
        explain_say(
            t, "§6.9", day_of(t, act->next_at),
            "%s may have been applied%s; that is looked up on %s, before anything goes again",
            act_name(t, act), act_trouble(t, act), next);
        return;
    case ACT_HELD:
        explain_say(t, "§6.9", act->planned_on,
                    "%s may have been applied and there is no way to look it up%s: see there, then "
                    "'dunhub retry %s "
                    "--close' if it was, 'dunhub retry %s' if not",
                    act_name(t, act), act_trouble(t, act), act->key, act->key);
        return;
    default:
        explain_say(t, "§8", act->planned_on,
                    "%s failed for good%s: put its cause right and 'dunhub retry %s', or give it "
                    "up with --close",
                    act_name(t, act), act_trouble(t, act), act->key);
    }
}

static void say_acts(Telling *t)
{
    STATE_FOREACH (t->state, KIND_ACT, const Act, act) {
        if (act->state == ACT_DONE || act->state == ACT_SUPPRESSED)
            continue;
        if (act->state >= ACT_RETRY)
            say_failed_act(t, act);
        else if (!act->notice) /* a delivery is told with its message */
            say_waiting_act(t, act);
    }
}

/* ---- holds ---- */

static const char *const hold_effects[] = {
    [HOLD_PENDING] = "entry, suspension and collections wait",
    [HOLD_GRACE] = "the account cannot become delinquent; reminders go on",
    [HOLD_PROMISE] = "its age stands still; nothing is demanded and nothing escalates",
    [HOLD_PLAN] = "its invoices are under a plan; nothing is demanded for them",
    [HOLD_DISPUTE] = "the amount is neither counted nor demanded",
    [HOLD_HELP] = "its age stands still and automated messages wait",
    [HOLD_BREATHING_SPACE] = "contact, enforcement, interest and fees are frozen",
    [HOLD_BANKRUPTCY] = "debt from before the petition is neither demanded nor enforced",
    [HOLD_ATTORNEY] = "only the attorney is written to",
    [HOLD_CEASE] = "no message but the notice of a specific remedy",
    [HOLD_DECEASED] = "only the estate's representative is written to",
    [HOLD_PAUSE] = "what its author blocked waits, and its age stands still",
};

static void say_hold(Telling *t, const Hold *hold)
{
    const char *kind = hold_kind_words[hold->kind];
    const char *scope = hold->invoice   ? arena_printf(t->arena, " on invoice %s", hold->invoice)
                        : hold->contact ? " on one contact point"
                                        : "";
    const char *until = hold->until != DATE_NONE
                            ? arena_printf(t->arena, "through %s", explain_day(t, hold->until))
                            : "until a person ends it";
    explain_say(t, "§5", hold->from,
                "hold %s%s, set by %s%s%s, since %s, %s: %s ('dunhub hold end %s %s' ends it)",
                kind, scope, hold->author ? hold->author : "the hub",
                hold->reason ? ", because " : "", hold->reason ? hold->reason : "",
                explain_day(t, MIN(hold->from, t->view.today)), until, hold_effects[hold->kind],
                t->state->account.id, kind);
    if (age_hold_stops_clock(hold->kind) && hold->from > t->view.today && !hold->contact)
        explain_say(t, "§5", hold->from,
                    "its age stands still from %s on: today's evaluation was before the hold",
                    explain_day(t, hold->from));
}

/* One set today holds at once, though its first held day is the next evaluation's; one set ahead begins on
 * its day. */
static bool is_in_force(const Telling *t, const Hold *hold)
{
    bool over =
        hold->over_on != DATE_NONE || (hold->until != DATE_NONE && hold->until < t->view.today);
    return !over && (hold->starts_on == DATE_NONE || hold->starts_on <= t->view.today);
}

static void say_hold_ahead(Telling *t, const Hold *hold)
{
    explain_say(t, "§5", hold->starts_on,
                "hold %s, set by %s, begins on %s ('dunhub hold end %s %s' takes it back)",
                hold_kind_words[hold->kind], hold->author ? hold->author : "the hub",
                explain_day(t, hold->starts_on), t->state->account.id, hold_kind_words[hold->kind]);
}

/* Told with the promise itself, which says more. */
static bool is_told_elsewhere(const Hold *hold)
{
    return hold->kind == HOLD_PROMISE;
}

static Currency currency_of_invoice(const Telling *t, const char *id)
{
    const Invoice *invoice = state_find(t->state, KIND_INVOICE, id);
    return invoice ? invoice->currency : (Currency){""};
}

static void say_plan(Telling *t, const Plan *plan)
{
    Date next = DATE_NONE;
    STATE_FOREACH (t->state, KIND_INSTALMENT, const Instalment, instalment)
        if (g_strcmp0(instalment->plan, plan->id) == 0 && instalment->due_on >= t->view.today &&
            (next == DATE_NONE || instalment->due_on < next))
            next = instalment->due_on;
    explain_say(t, "§7 plan", next,
                "plan %s runs over %s in %" PRId64
                " instalments for %s%s%s; a missed one ends it and the rest falls due",
                plan->id, explain_money(t, plan->amount, plan->currency), plan->instalments,
                spaced(t, plan->invoices), next != DATE_NONE ? ", the next on " : "",
                next != DATE_NONE ? explain_day(t, next) : "");
}

/* The latest promise or plan that failed, while its money is owed. */
static void say_broken(Telling *t)
{
    size_t promises = STATE_COUNT(t->state, KIND_PROMISE), plans = STATE_COUNT(t->state, KIND_PLAN);
    const Promise *promise =
        promises ? &STATE_ROWS(t->state, KIND_PROMISE, const Promise)[promises - 1] : NULL;
    const Plan *plan = plans ? &STATE_ROWS(t->state, KIND_PLAN, const Plan)[plans - 1] : NULL;
    const Cycle *cycle =
        promise && promise->cycle ? state_find(t->state, KIND_CYCLE, promise->cycle) : NULL;
    if (promise && promise->state == PROMISE_BROKEN && cycle && cycle->step)
        explain_say(t, "§7 promise", promise->promised_on,
                    "%s promised for %s did not come; %" PRId64 " of %" PRId64
                    " promises of this cycle are used",
                    explain_money(t, promise->amount, promise->currency),
                    explain_day(t, promise->promised_on), cycle->promises,
                    t->settings->promises_per_cycle);
    if (plan && plan->state == PLAN_DEFAULTED &&
        ledger_currency(&t->ledger, plan->currency).overdue > 0)
        explain_say(
            t, "§7 plan", plan->ended_on,
            "plan %s over %s failed on %s: an instalment was missed, so all of its rest is due",
            plan->id, explain_money(t, plan->amount, plan->currency),
            explain_day(t, plan->ended_on));
}

static void say_holds(Telling *t)
{
    STATE_FOREACH (t->state, KIND_HOLD, const Hold, hold)
        if (is_in_force(t, hold) && !is_told_elsewhere(hold))
            say_hold(t, hold);
        else if (hold->over_on == DATE_NONE && hold->starts_on > t->view.today)
            say_hold_ahead(t, hold);
    STATE_FOREACH (t->state, KIND_DISPUTE, const Dispute, dispute)
        if (dispute->outcome == DISPUTE_OPEN)
            explain_say(t, "§5", dispute->opened_on,
                        "%s of invoice %s is disputed since %s: it is neither counted nor demanded",
                        explain_money(t, dispute->amount, currency_of_invoice(t, dispute->invoice)),
                        dispute->invoice, explain_day(t, dispute->opened_on));
    STATE_FOREACH (t->state, KIND_PROMISE, const Promise, promise)
        if (promise->state == PROMISE_OPEN)
            explain_say(
                t, "§7 promise", promise->promised_on,
                "%s is promised for %s; if it does not come the account goes on, its dwell anew",
                explain_money(t, promise->amount, promise->currency),
                explain_day(t, promise->promised_on));
    STATE_FOREACH (t->state, KIND_PLAN, const Plan, plan)
        if (plan->state == PLAN_ACTIVE)
            say_plan(t, plan);
    say_broken(t);
}

/* ---- what a person has to do ---- */

static void say_open_matters(Telling *t)
{
    say_words(t, t->view.reasons, meaning_of_reason, "a person has to look at it");
    say_words(t, t->view.awaiting, meaning_of_awaited, "it waits for");
    say_words(t, t->view.proposals, meaning_of_proposal, "it is proposed");
}

/* ---- all of it ---- */

static const Zone *zone_of(const AccountState *state, const Rulebook *book)
{
    const Zone *zone = state->account.zone ? zone_get(state->account.zone, NULL) : NULL;
    return zone ? zone : book->zone;
}

static void telling_init(Telling *t, const AccountState *state, const Rulebook *book, Instant now,
                         Arena *arena)
{
    *t = (Telling){.state = state,
                   .book = book,
                   .now = now,
                   .arena = arena,
                   .out = json_array(),
                   .zone = zone_of(state, book)};
    account_view(state, book, now, arena, &t->view);
    t->settings =
        account_settings(book, &state->account, segment_policy(&state->account, book), arena);
    DueRules rules = {t->settings->days_to_overdue, t->settings->ledger_grace_days};
    ledger_read(state, &rules, t->view.today, arena, &t->ledger);
}

/* What differs for this account, and who says so (§2). */
static void say_origins(Telling *t)
{
    const Account *account = &t->state->account;
    size_t n = 0;
    const SettingOrigin *rows =
        account_origins(t->book, account, segment_policy(account, t->book), t->arena, &n);
    for (size_t i = 0; i < n; i++)
        explain_say(t, "§2 settings", DATE_NONE, "for this account %s is %s, by %s",
                    rows[i].setting, rows[i].value, rows[i].origin);
}

json_t *explain_account(const AccountState *state, const Rulebook *book, Instant now, Arena *arena)
{
    Telling t;
    telling_init(&t, state, book, now, arena);
    say_status(&t);
    explain_family(&t);
    for (size_t i = 0; i < t.view.n_currencies; i++) {
        if (explain_is_in_step(&t.view.currencies[i]))
            say_step(&t, &t.view.currencies[i]);
        else
            say_outside(&t, &t.view.currencies[i]);
    }
    say_holds(&t);
    say_open_matters(&t);
    say_origins(&t);
    say_messages(&t);
    say_acts(&t);
    explain_people(&t);
    explain_law(&t);
    for (size_t i = 0; i < t.view.n_currencies; i++)
        explain_outlook(&t, &t.view.currencies[i]);
    return t.out;
}
