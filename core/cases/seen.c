#include "cases/seen.h"

#include <string.h>

#include "cases/ops.h"

static json_t *date_or_null(Date date)
{
    char text[16];
    return date == DATE_NONE ? json_null() : json_string(date_format(date, text));
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

/* "a,b" as a list. */
static json_t *list_of_words(const char *words)
{
    json_t *list = json_array();
    if (words == NULL || words[0] == '\0')
        return list;
    g_auto(GStrv) parts = g_strsplit(words, ",", -1);
    for (size_t i = 0; parts[i] != NULL; i++)
        json_array_append_new(list, json_string(parts[i]));
    return list;
}

/* ---- state -------------------------------------------------------------------------------- */

/* The cycle an assertion speaks of: the one of the view, else the latest of the currency. */
static const Cycle *cycle_of(const AccountState *state, const CurrencyView *view, Currency currency)
{
    if (view != NULL && view->cycle != NULL)
        return view->cycle;
    const Cycle *latest = NULL;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (currency_equal(cycle->currency, currency))
            latest = cycle;
    return latest;
}

static const CurrencyView *view_of(const AccountView *view, Currency currency)
{
    for (size_t i = 0; i < view->n_currencies; i++)
        if (currency_equal(view->currencies[i].currency, currency))
            return &view->currencies[i];
    return NULL;
}

static const Policy *policy_of(const Play *play, const Cycle *cycle)
{
    const Policy *policy = cycle->policy != NULL
                               ? rulebook_policy(play->book, cycle->policy, cycle->policy_hash)
                               : NULL;
    return policy != NULL || cycle->policy == NULL
               ? policy
               : rulebook_policy(play->book, cycle->policy, NULL);
}

static void put_step(json_t *seen, const Play *play, const Cycle *cycle)
{
    const Policy *policy = cycle != NULL ? policy_of(play, cycle) : NULL;
    bool module = policy == NULL || policy->form == POLICY_MODULE;
    const char *step = cycle != NULL ? cycle->step : NULL;
    bool left = cycle != NULL && step == NULL && cycle->left_on != DATE_NONE;
    json_object_set_new(seen, "step",
                        module ? text_or_null(left ? "paid_by_customer" : step) : json_null());
    json_object_set_new(seen, "stage", module ? json_null() : text_or_null(step));
}

/* Thresholds up to the step that is held or was held last. */
static json_t *scan_passed(const Play *play, const Cycle *cycle)
{
    json_t *passed = json_array();
    const Policy *policy = cycle != NULL ? policy_of(play, cycle) : NULL;
    const char *held = cycle != NULL && cycle->step != NULL ? cycle->step
                       : cycle != NULL                      ? cycle->last_step
                                                            : NULL;
    if (policy == NULL || policy->form != POLICY_SCAN || held == NULL)
        return passed;
    for (size_t i = 0; i < policy->n_steps; i++) {
        json_array_append_new(passed, json_integer(policy->steps[i].from - 1));
        if (strcmp(policy->steps[i].name, held) == 0)
            break;
    }
    return passed;
}

static void put_cycle(json_t *seen, const Play *play, const Cycle *cycle)
{
    put_step(seen, play, cycle);
    json_object_set_new(seen, "scan_passed", scan_passed(play, cycle));
    json_object_set_new(seen, "delinquent_since",
                        date_or_null(cycle != NULL ? cycle->delinquent_since : DATE_NONE));
    json_object_set_new(seen, "entry_reason",
                        text_or_null(cycle != NULL ? cycle->entry_reason : NULL));
    json_object_set_new(seen, "exit_reason",
                        text_or_null(cycle != NULL ? cycle->exit_reason : NULL));
    json_object_set_new(seen, "cycle_closed",
                        text_or_null(cycle != NULL ? cycle->closed_reason : NULL));
    json_object_set_new(seen, "cycle_reopened", json_boolean(cycle != NULL && cycle->reopened));
    json_object_set_new(seen, "policy_version",
                        json_integer(cycle != NULL ? cycle->policy_version : 0));
}

static void put_currencies(json_t *seen, const AccountView *view, const CurrencyView *own)
{
    json_object_set_new(seen, "days_overdue", json_integer(own != NULL ? own->days_overdue : 0));
    json_object_set_new(seen, "escalation_age",
                        json_integer(own != NULL ? own->escalation_age : 0));
    json_object_set_new(seen, "anchor", text_or_null(own != NULL ? own->anchor : NULL));
    json_object_set_new(seen, "overdue_cents", json_integer(own != NULL ? own->overdue : 0));
    json_t *by_currency = json_object();
    for (size_t i = 0; i < view->n_currencies; i++)
        json_object_set_new(by_currency, view->currencies[i].currency.code,
                            json_integer(view->currencies[i].overdue));
    json_object_set_new(seen, "overdue_by_currency", by_currency);
}

static json_t *latest_plan(const AccountState *state)
{
    static const char *const words[] = {"active", "defaulted", "completed", "cancelled"};
    const Plan *latest = NULL;
    STATE_FOREACH (state, KIND_PLAN, const Plan, plan)
        latest = plan;
    return latest != NULL ? json_string(words[latest->state]) : json_null();
}

static json_t *consent_of(const AccountState *state, const char *channel)
{
    static const char *const words[] = {"none", "granted", "revoked", "held_for_review"};
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point)
        if (g_strcmp0(point->channel, channel) == 0)
            return json_string(words[point->consent]);
    return json_null();
}

/* What the latest one was read as, and how many wait for a person. */
static void put_replies(json_t *seen, const AccountState *state)
{
    const Reply *latest = NULL;
    json_int_t open = 0;
    STATE_FOREACH (state, KIND_REPLY, const Reply, reply) {
        latest = reply;
        open += reply->state == REPLY_OPEN;
    }
    json_object_set_new(seen, "reply",
                        text_or_null(latest != NULL ? reply_class_words[latest->class_] : NULL));
    json_object_set_new(seen, "reply_rules", text_or_null(latest != NULL ? latest->rules : NULL));
    json_object_set_new(seen, "open_replies", json_integer(open));
}

static json_t *members_of(const AccountState *state)
{
    json_t *list = json_array();
    STATE_FOREACH (state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (member->left_on == DATE_NONE)
            json_array_append_new(list, json_string(member->child));
    return list;
}

/* "platform.op" of acts that have left decide and are not done. */
static json_t *pending_actions(const AccountState *state)
{
    json_t *list = json_array();
    STATE_FOREACH (state, KIND_ACT, const Act, act) {
        bool open = act->state < ACT_DONE || act->state == ACT_DEAD;
        const Op *op =
            open && act->notice == NULL ? op_of_act(act->action, act->instance, act->verb) : NULL;
        if (op == NULL)
            continue;
        g_autofree char *name = op_action_name(op);
        json_array_append_new(list, json_string(name));
    }
    return list;
}

static void put_account(json_t *seen, const Play *play, const AccountState *state,
                        const AccountView *view)
{
    static const char *const statuses[] = {"current", "overdue", "delinquent"};
    json_object_set_new(seen, "status", json_string(statuses[view->status]));
    json_object_set_new(seen, "new_payment_since", date_or_null(view->new_payment_since));
    json_object_set_new(seen, "needs_intervention", json_boolean(view->needs_intervention));
    json_object_set_new(seen, "reasons", list_of_words(view->reasons));
    json_object_set_new(seen, "awaiting", list_of_words(view->awaiting));
    json_object_set_new(seen, "proposals", list_of_words(view->proposals));
    json_object_set_new(seen, "holds", list_of_words(view->holds));
    json_object_set_new(seen, "grace_until", date_or_null(view->grace_until));
    json_object_set_new(
        seen, "service",
        json_string(state->account.service == SERVICE_SUSPENDED ? "suspended" : "active"));
    json_object_set_new(
        seen, "portal",
        json_string(state->account.portal == SERVICE_SUSPENDED ? "suspended" : "active"));
    json_object_set_new(seen, "segment", text_or_null(view->segment));
    json_object_set_new(seen, "path", text_or_null(state->account.path));
    json_object_set_new(seen, "collector", text_or_null(state->account.collector));
    json_object_set_new(seen, "members", members_of(state));
    json_object_set_new(seen, "plan", latest_plan(state));
    json_object_set_new(seen, "sms_consent", consent_of(state, "sms"));
    json_object_set_new(seen, "voice_consent", consent_of(state, "voice"));
    json_object_set_new(seen, "email_consent", consent_of(state, "email"));
    put_replies(seen, state);
    json_object_set_new(seen, "pending_actions", pending_actions(state));
    (void)play;
}

static void put_hub(json_t *seen, const Play *play)
{
    bool observes = (stage_switches(play->stage) & HUB_OBSERVE) != 0;
    json_object_set_new(seen, "hub", json_string(observes ? "observe" : "normal"));
    json_object_set_new(seen, "alert", text_or_null(observes ? "clock_suspect" : NULL));
}

json_t *seen_state(Play *play, const char *account, const char *currency)
{
    json_t *seen = json_object();
    put_hub(seen, play);
    const AccountState *state = account != NULL ? stage_state(play->stage, account) : NULL;
    Currency own = {""};
    if (state == NULL || !currency_parse(currency, &own, NULL))
        return seen;
    AccountView view;
    account_view(state, play->book, stage_now(play->stage), play->arena, &view);
    const CurrencyView *in_currency = view_of(&view, own);
    put_account(seen, play, state, &view);
    put_currencies(seen, &view, in_currency);
    put_cycle(seen, play, cycle_of(state, in_currency, own));
    return seen;
}

json_t *seen_row(Play *play, const char *account)
{
    const AccountState *state = stage_state(play->stage, account);
    json_t *row = json_object();
    if (state == NULL)
        return row;
    AccountView view;
    account_view(state, play->book, stage_now(play->stage), play->arena, &view);
    json_object_set_new(row, "name", text_or_null(state->account.name));
    json_object_set_new(row, "delinquent_since", date_or_null(view.delinquent_since));
    json_object_set_new(row, "step", text_or_null(view.step != NULL ? view.step : view.stage));
    json_object_set_new(row, "step_since", date_or_null(view.step_since));
    json_object_set_new(row, "step_due", date_or_null(view.step_due));
    json_object_set_new(row, "new_payment_since", date_or_null(view.new_payment_since));
    json_object_set_new(row, "assignee", text_or_null(state->account.assignee));
    json_object_set_new(row, "needs_intervention", json_boolean(view.needs_intervention));
    return row;
}

/* ---- books -------------------------------------------------------------------------------- */

static void add_sum(json_t *sums, const char *kind, int64_t amount)
{
    json_int_t before = json_integer_value(json_object_get(sums, kind));
    json_object_set_new(sums, kind, json_integer(before + amount));
}

json_t *seen_fees(Play *play, const char *account)
{
    json_t *sums = json_pack("{s:i, s:i, s:i}", "late_fee", 0, "interest", 0, "fixed_sum", 0);
    const AccountState *state = stage_state(play->stage, account);
    if (state == NULL)
        return sums;
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice) {
        if (invoice->kind == INVOICE_FEE && invoice->status != INVOICE_VOID)
            add_sum(sums, invoice->fee_type != NULL ? invoice->fee_type : "late_fee",
                    invoice->amount);
        if (invoice->kind == INVOICE_INTEREST && invoice->status != INVOICE_VOID)
            add_sum(sums, "interest", invoice->amount);
    }
    return sums;
}

json_t *seen_credits(Play *play, const char *account)
{
    json_t *sums = json_pack("{s:i, s:i}", "suspension_proration", 0, "correction", 0);
    const AccountState *state = stage_state(play->stage, account);
    if (state == NULL)
        return sums;
    STATE_FOREACH (state, KIND_CREDIT, const Credit, credit)
        if (credit->kind != NULL && !credit->cancelled)
            add_sum(sums, credit->kind, credit->amount);
    return sums;
}

/* ---- what left the house ------------------------------------------------------------------ */

bool seen_is_confirmation(const Handover *handover)
{
    return strcmp(handover->notice, "opt_out_confirmation") == 0;
}

bool seen_is_first(const Play *play, const Handover *handover)
{
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *other = &g_array_index(play->chronicle.handovers, Handover, i);
        if (other == handover)
            return true;
        if (strcmp(other->notice_key, handover->notice_key) == 0 &&
            strcmp(other->account, handover->account) == 0)
            return false;
    }
    return true;
}

static json_t *sent_item(const Handover *handover)
{
    json_t *item =
        json_pack("{s:s, s:s}", "notice", handover->notice, "currency", handover->currency.code);
    json_object_set_new(item, "channel", text_or_null(handover->channel));
    json_object_set_new(item, "amount_cents",
                        handover->amount == AMOUNT_NONE ? json_null()
                                                        : json_integer(handover->amount));
    json_t *invoices = json_array();
    for (size_t i = 0; handover->invoices[i] != NULL; i++)
        json_array_append_new(invoices, json_string(handover->invoices[i]));
    json_object_set_new(item, "invoices", invoices);
    return item;
}

static bool concerns(const char *wanted, const char *account)
{
    return wanted == NULL || strcmp(wanted, account) == 0;
}

/* The last hand-over of each notice on that day. */
json_t *seen_sent(Play *play, const char *account, Date day)
{
    json_t *list = json_array();
    g_autoptr(GHashTable) shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = play->chronicle.handovers->len; i > 0; i--) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i - 1);
        if (!concerns(account, handover->account) || seen_is_confirmation(handover) ||
            play_date(play, handover->account, handover->at) != day)
            continue;
        if (g_hash_table_add(shown,
                             g_strconcat(handover->account, " ", handover->notice_key, NULL)))
            json_array_insert_new(list, 0, sent_item(handover));
    }
    return list;
}

static bool same_deed(const json_t *item, const Deed *deed)
{
    return g_strcmp0(json_string_value(json_object_get(item, "op")), deed->op) == 0 &&
           g_strcmp0(json_string_value(json_object_get(item, "platform")), deed->platform) == 0 &&
           g_strcmp0(json_string_value(json_object_get(item, "for")), deed->purpose) == 0;
}

static void count_deed(json_t *list, const Deed *deed)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        if (!same_deed(item, deed))
            continue;
        json_object_set_new(item, "count",
                            json_integer(json_integer_value(json_object_get(item, "count")) + 1));
        return;
    }
    json_t *item = json_pack("{s:s, s:i}", "op", deed->op, "count", 1);
    if (deed->platform != NULL)
        json_object_set_new(item, "platform", json_string(deed->platform));
    if (deed->purpose != NULL)
        json_object_set_new(item, "for", json_string(deed->purpose));
    json_array_append_new(list, item);
}

json_t *seen_actions(Play *play, const char *account, Date day)
{
    json_t *list = json_array();
    for (guint i = 0; i < play->chronicle.deeds->len; i++) {
        const Deed *deed = &g_array_index(play->chronicle.deeds, Deed, i);
        if (concerns(account, deed->account) && play_date(play, deed->account, deed->at) == day)
            count_deed(list, deed);
    }
    return list;
}

json_t *seen_deliveries(Play *play, const char *account, Date day)
{
    json_t *list = json_array();
    for (guint i = 0; i < play->chronicle.handovers->len; i++) {
        const Handover *handover = &g_array_index(play->chronicle.handovers, Handover, i);
        bool answered = handover->answered_at != INSTANT_NONE &&
                        play_date(play, handover->account, handover->answered_at) == day;
        bool that_day =
            day == DATE_NONE || answered || play_date(play, handover->account, handover->at) == day;
        if (!concerns(account, handover->account) || !that_day || seen_is_confirmation(handover))
            continue;
        json_t *item = json_object();
        json_object_set_new(item, "channel", text_or_null(handover->channel));
        json_object_set_new(item, "outcome", text_or_null(handover->outcome));
        json_array_append_new(list, item);
    }
    return list;
}

/* ---- daily evaluations --------------------------------------------------------------------- */

static bool was_down(const Play *play, Instant at, Instant *ret_up)
{
    for (guint i = 0; i + 1 < play->downs->len; i += 2) {
        Instant from = g_array_index(play->downs, Instant, i),
                until = g_array_index(play->downs, Instant, i + 1);
        if (from <= at && at < until) {
            *ret_up = until;
            return true;
        }
    }
    return false;
}

int64_t seen_evaluations(const Play *play, const char *account, Date day)
{
    const AccountState *state = stage_state(play->stage, account);
    const Zone *zone = state != NULL && state->account.zone != NULL
                           ? zone_get(state->account.zone, NULL)
                           : play->zone;
    int64_t n = 0;
    bool caught_up = false;
    Date first = zone_date(zone, play->started);
    for (Date due = first; due <= day + 1; due++) {
        Instant at = zone_instant(zone, due, play->book->settings.evaluate_at), up;
        if (!was_down(play, at, &up))
            n += zone_date(zone, at) == day;
        else if (up != INSTANT_NEVER && zone_date(zone, up) == day)
            caught_up = true; /* all that were missed collapse into one */
    }
    return n + caught_up;
}
