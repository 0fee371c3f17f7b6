/* Notices (§6.4, §6.7): which ones exist, when each still has something to say, what they show. */
#include <string.h>

#include "escalation/deciding.h"

bool notice_is_live(const Notice *notice)
{
    if (notice->state != NOTICE_SUPPRESSED)
        return true;
    return notice->covered_by || text_same(notice->reason, "observe") ||
           text_same(notice->reason, "test_account");
}

bool notice_is_remembered(const Notice *notice)
{
    return notice->severity == NOTICE_SEVERITY_RETURNED ||
           notice->severity == NOTICE_SEVERITY_COURTESY;
}

const char *notice_stem(Deciding *d, const NoticePlan *plan)
{
    const char *account = d->state->account.id;
    const char *target = plan->target ? plan->target : "";
    if (!plan->cycle) { /* asked for every invoice every day */
        size_t a = strlen(account), n = strlen(plan->name), t = strlen(target);
        char *stem = arena_take(d->arena, a + n + t + 3);
        memcpy(stem, account, a);
        stem[a] = '/';
        memcpy(stem + a + 1, plan->name, n);
        stem[a + 1 + n] = '/';
        memcpy(stem + a + n + 2, target, t + 1);
        return stem;
    }
    return arena_printf(d->arena, "%s/%s/%" G_GINT64_FORMAT "/%s%s%s", account, plan->cycle->id,
                        plan->cycle->entry, plan->name, *target ? "/" : "", target);
}

static bool is_of_stem(const Notice *notice, const char *stem, size_t n)
{
    return strncmp(notice->key, stem, n) == 0 && notice->key[n] == '/' &&
           !strchr(notice->key + n + 1, '/');
}

/* There is one at most, and it was planned lately, most often. */
const Notice *notice_find(const Deciding *d, const char *stem)
{
    const Notice *notices = STATE_ROWS(d->look, KIND_NOTICE, const Notice);
    size_t n = strlen(stem);
    for (size_t i = STATE_COUNT(d->look, KIND_NOTICE); i-- > 0;)
        if (is_of_stem(&notices[i], stem, n) && notice_is_live(&notices[i]))
            return &notices[i];
    return NULL;
}

static int occurrences(const Deciding *d, const char *stem)
{
    int n = 0;
    size_t length = strlen(stem);
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, notice)
        n += is_of_stem(notice, stem, length);
    return n;
}

static Notice drafted(Deciding *d, const NoticePlan *plan, const char *stem)
{
    Notice notice;
    record_init(&notice_type, &notice);
    notice.key = arena_printf(d->arena, "%s/%d", stem, occurrences(d, stem) + 1);
    notice.cycle = plan->cycle ? plan->cycle->id : NULL;
    notice.entry = plan->cycle ? plan->cycle->entry : 0;
    notice.name = arena_strdup(d->arena, plan->name);
    notice.template_name =
        arena_strdup(d->arena, plan->template_name ? plan->template_name : plan->name);
    notice.step = plan->step ? arena_strdup(d->arena, plan->step->name) : NULL;
    notice.currency = plan->currency;
    notice.invoice = arena_strdup(d->arena, plan->invoice);
    notice.severity = plan->severity;
    notice.planned_on = d->today;
    notice.release_at = plan->severity == NOTICE_SEVERITY_NONE ? d->now : release_hour(d);
    notice.state = NOTICE_PLANNED;
    return notice;
}

Notice *notice_plan(Deciding *d, const NoticePlan *plan)
{
    const char *stem = notice_stem(d, plan);
    if (notice_find(d, stem))
        return NULL;
    Notice draft = drafted(d, plan, stem);
    const char *obsolete = notice_obsolete(d, &draft);
    bool waits = text_same(obsolete, "hold") && notice_is_remembered(&draft);
    if (obsolete && !waits)
        return NULL;
    Notice *notice = state_add(d->state, KIND_NOTICE);
    *notice = draft;
    if (waits) {
        notice_suppress(d, notice, "hold");
        return NULL;
    }
    const char *key = notice->key;
    reason_add(d, "notice_planned", "§6.4", notice->name, NULL,
               json_pack("{s:s,s:s}", "key", key, "currency", plan->currency.code),
               "notice %s is planned", notice->name);
    ContactPoint answer = {.channel = plan->channel, .address = plan->address};
    delivery_plan(d, notice, plan->channel ? &answer : NULL);
    return notice;
}

void notice_suppress(Deciding *d, Notice *notice, const char *reason)
{
    notice->state = NOTICE_SUPPRESSED;
    notice->reason = arena_strdup(d->arena, reason);
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (text_same(act->notice, notice->key) && act_is_open(act))
            act_suppress(d, act, reason);
    reason_add(d, "notice_suppressed", "§6.6", notice->name, reason,
               json_pack("{s:s,s:I}", "key", notice->key, "overdue",
                         (json_int_t)ledger_currency(&d->ledger, notice->currency).overdue),
               "notice %s does not go: %s", notice->name, reason);
    hub_event(d, cycle_by_id(d->state, notice->cycle), "notice.suppressed",
              json_pack("{s:s,s:s}", "notice", notice->name, "reason", reason));
}

void notices_suppress_cycle(Deciding *d, const Cycle *cycle, const char *reason)
{
    STATE_FOREACH (d->state, KIND_NOTICE, Notice, notice)
        if (text_same(notice->cycle, cycle->id) &&
            (notice->state == NOTICE_PLANNED || notice->state == NOTICE_UNREACHABLE))
            notice_suppress(d, notice, reason);
}

/* ---- does it still have something to say? ---------------------------------------------------- */

static bool is_about_invoice(const Notice *notice)
{
    return notice->invoice != NULL;
}

static bool delinquent_by_rule(const Deciding *d, Currency currency)
{
    const Cycle *cycle = cycle_current(d->state, currency);
    return cycle_is_running(cycle) && cycle->rule_since != DATE_NONE;
}

static const char *obsolete_about_invoice(const Deciding *d, const Notice *notice)
{
    const InvoiceBalance *b = ledger_invoice(&d->ledger, notice->invoice);
    if (!b || b->invoice->status != INVOICE_OPEN)
        return "void";
    if (b->open == 0)
        return "paid";
    if (b->invoice->excluded)
        return "excluded";
    if (b->rest == 0)
        return "dispute";
    if (b->in_plan)
        return "hold";
    if (strcmp(notice->name, "overdue") == 0) {
        if (ledger_currency(&d->ledger, notice->currency).overdue == 0)
            return "paid";
        return delinquent_by_rule(d, notice->currency) ? "lapsed" : NULL;
    }
    if (strcmp(notice->name, "reminder") != 0)
        return NULL;
    if (b->days_overdue > 0)
        return "lapsed";
    return pending_covers(d, b) ? "pending" : NULL;
}

static const char *obsolete_of_step(const Deciding *d, const Notice *notice)
{
    const Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    if (!cycle_is_running(cycle))
        return cycle ? exit_suppression(cycle->exit_reason) : "left";
    if (ledger_currency(&d->ledger, notice->currency).overdue == 0)
        return "paid";
    bool moved = notice->entry != cycle->entry;
    return moved && cycle_policy(d, cycle)->form != POLICY_MODULE ? "lapsed" : NULL;
}

/* Cease: nothing but what tells of a specific remedy, final notice and later (§5). */
static bool is_ceased(const Deciding *d, const Notice *notice)
{
    if (!holds_cease(d))
        return false;
    const Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    const Policy *policy = cycle ? cycle_policy(d, cycle) : NULL;
    const Step *step = policy && notice->step ? policy_step(policy, notice->step) : NULL;
    return !step || (policy->form == POLICY_MODULE ? !step->suspends : step->skippable);
}

static bool is_promise_reminder(const Notice *notice)
{
    return strcmp(notice->name, "promise_reminder") == 0 ||
           strcmp(notice->name, "instalment_reminder") == 0;
}

const char *notice_obsolete(const Deciding *d, const Notice *notice)
{
    if (notice->severity == NOTICE_SEVERITY_NONE && !is_about_invoice(notice))
        return NULL;
    const char *why = NULL;
    if (is_about_invoice(notice))
        why = obsolete_about_invoice(d, notice);
    else if (notice->severity == NOTICE_SEVERITY_STEP)
        why = obsolete_of_step(d, notice);
    else if (notice->severity == NOTICE_SEVERITY_RETURNED)
        why = ledger_currency(&d->ledger, notice->currency).overdue == 0 ? "paid" : NULL;
    if (why)
        return why;
    int own = is_promise_reminder(notice) ? HOLD_PROMISE : -1;
    bool blocked = holds_block_besides(d, notice->currency, own) & BLOCKS_MESSAGES;
    return blocked || is_ceased(d, notice) ? "hold" : NULL;
}

/* ---- what it shows --------------------------------------------------------------------------- */

static const char *shown_kind(const Invoice *invoice)
{
    return invoice->kind == INVOICE_FEE        ? "fee"
           : invoice->kind == INVOICE_INTEREST ? "interest"
                                               : NULL;
}

static json_t *shown_invoice(const Deciding *d, const InvoiceBalance *b)
{
    char due[16];
    return json_pack("{s:s*,s:s*,s:s,s:s,s:I,s:s,s:I}", "kind", shown_kind(b->invoice), "child",
                     family_name(d->state, b->invoice->child), "id", b->invoice->id, "number",
                     b->invoice->number ? b->invoice->number : b->invoice->id, "open",
                     (json_int_t)b->rest, "due_on",
                     date_format(b->invoice->due_on != DATE_NONE ? b->invoice->due_on
                                                                 : dates_add(b->overdue_on, -1),
                                 due),
                     "days_overdue", (json_int_t)b->days_overdue);
}

static bool leads_to_court(const Policy *policy, const Step *step)
{
    size_t at = step_index(policy, step);
    if (policy->form != POLICY_GRAPH)
        return at + 1 < policy->n_steps && policy->steps[at + 1].legal;
    for (size_t i = 0; i < policy->n_moves; i++)
        if (policy->moves[i].from == at && policy->steps[policy->moves[i].to].legal)
            return true;
    return false;
}

/* The statutory notice before a court step, where it may demand rent alone (§9 pay_or_quit). */
static bool demands_rent_only(const Deciding *d, const Notice *notice)
{
    const Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    const Policy *policy = cycle && notice->step ? cycle_policy(d, cycle) : NULL;
    const Step *step = policy ? policy_step(policy, notice->step) : NULL;
    RuleSubject subject = rules_subject(&d->state->account);
    return step && leads_to_court(policy, step) &&
           rules_rent_only(&d->book->rules, &subject, d->today);
}

static bool is_shown(const InvoiceBalance *b, const Notice *notice, bool single, bool rent_only)
{
    if (single)
        return text_same(b->invoice->id, notice->invoice);
    return b->counted && (b->charge || !rent_only) &&
           currency_equal(b->invoice->currency, notice->currency);
}

static int64_t amount_promised(const Deciding *d, const Notice *notice)
{
    STATE_FOREACH (d->look, KIND_PROMISE, const Promise, promise)
        if (g_str_has_suffix(notice->key, arena_printf(d->arena, "/%s/1", promise->id)))
            return MAX(0, promise->amount - promise_paid(d->state, promise));
    STATE_FOREACH (d->look, KIND_INSTALMENT, const Instalment, i)
        if (strstr(notice->key,
                   arena_printf(d->arena, "/%s.%" G_GINT64_FORMAT "/", i->plan, i->number)))
            return instalment_open(d->state, i);
    return 0;
}

/* What was booked beside the debt and is not overdue yet: the amount leaves it out (§3.9). */
static const char *charges_shown(Deciding *d, const Notice *notice)
{
    g_autoptr(json_t) list = json_array();
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        if (!b->charge && b->days_overdue == 0 && b->rest > 0 && !b->in_plan &&
            currency_equal(b->invoice->currency, notice->currency))
            json_array_append_new(list, shown_invoice(d, b));
    }
    return json_array_size(list) > 0 ? json_text(d, json_incref(list)) : NULL;
}

static const char *shown_invoices(Deciding *d, const Notice *notice, bool single)
{
    bool rent_only = demands_rent_only(d, notice);
    json_t *list = json_array();
    for (size_t i = 0; i < d->ledger.n_invoices; i++)
        if (is_shown(&d->ledger.invoices[i], notice, single, rent_only))
            json_array_append_new(list, shown_invoice(d, &d->ledger.invoices[i]));
    return json_text(d, list);
}

void notice_show(Deciding *d, Notice *notice)
{
    bool single = is_about_invoice(notice) && strcmp(notice->name, "overdue") != 0;
    notice->invoices = d->in->bare ? NULL : shown_invoices(d, notice, single);
    notice->charges =
        d->in->bare || single || is_promise_reminder(notice) ? NULL : charges_shown(d, notice);
    const InvoiceBalance *b = single ? ledger_invoice(&d->ledger, notice->invoice) : NULL;
    if (b)
        notice->amount = b->open;
    else if (is_promise_reminder(notice))
        notice->amount = amount_promised(d, notice);
    else {
        CurrencyBalance owed = ledger_currency(&d->ledger, notice->currency);
        notice->amount = demands_rent_only(d, notice) ? owed.overdue_charges : owed.overdue;
    }
}

/* ---- accepted -------------------------------------------------------------------------------- */

static void execute_for(Deciding *d, const Notice *notice)
{
    Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    if (cycle_is_running(cycle) && notice->step && text_same(notice->step, cycle->step))
        step_execute(d, cycle);
}

/* What it covered is carried by it: their steps are executed too. */
void notice_accept(Deciding *d, Notice *notice)
{
    if (notice->state == NOTICE_ACCEPTED || notice->state == NOTICE_SUPPRESSED)
        return;
    notice->state = NOTICE_ACCEPTED;
    notice->accepted_on = d->today;
    reason_add(d, "notice_accepted", "§6.1", notice->name, notice->channel, NULL,
               "%s took notice %s", notice->channel ? notice->channel : "a channel", notice->name);
    execute_for(d, notice);
    size_t n = STATE_COUNT(d->state, KIND_NOTICE);
    for (size_t i = 0; i < n; i++) {
        const Notice *other = &STATE_ROWS(d->state, KIND_NOTICE, Notice)[i];
        if (text_same(other->covered_by, notice->key))
            execute_for(d, other);
    }
    hub_event(d, cycle_by_id(d->state, notice->cycle), "notice.accepted",
              json_pack("{s:s,s:s?}", "notice", notice->name, "channel", notice->channel));
}

/* A message of this stay is still on its way or reached nobody: nothing that requires it may follow
 * (§8). */
bool notice_of_stay_is_open(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, notice)
        if (text_same(notice->cycle, cycle->id) && notice->planned_on >= cycle->delinquent_since &&
            notice->severity >= NOTICE_SEVERITY_STEP &&
            (notice->state == NOTICE_PLANNED || notice->state == NOTICE_RELEASED ||
             notice->state == NOTICE_UNREACHABLE))
            return true;
    return false;
}

/* ---- the notices besides the steps' own (§6.4) ----------------------------------------------- */

static void plan_about(Deciding *d, const InvoiceBalance *b, const char *name, int severity)
{
    NoticePlan plan = {
        .name = name,
        .target = b->invoice->id,
        .currency = b->invoice->currency,
        .invoice = b->invoice->id,
        .severity = severity,
    };
    notice_plan(d, &plan);
}

static bool issue_is_news(const Deciding *d, const InvoiceBalance *b)
{
    Date issued = b->invoice->issued_on;
    bool known_at_issue = issued != DATE_NONE && b->invoice->seen_at != INSTANT_NONE &&
                          issued >= zone_date(d->zone, b->invoice->seen_at);
    return known_at_issue && d->today >= issued;
}

/* The day it fell overdue passed while the account was delinquent: the step's notice spoke for it
 * (§6.5 "they lapse"). */
static bool overdue_lapsed(const Deciding *d, const InvoiceBalance *b)
{
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (currency_equal(cycle->currency, b->invoice->currency) && cycle->left_on != DATE_NONE &&
            cycle->left_on >= b->overdue_on)
            return true;
    return delinquent_by_rule(d, b->invoice->currency);
}

static void judge_invoice(Deciding *d, const InvoiceBalance *b)
{
    unsigned wanted = d->policy->notices;
    if (!b->charge || b->rest <= 0 || b->in_plan ||
        (holds_block(d, b->invoice->currency) & BLOCKS_MESSAGES))
        return;
    bool before = b->days_overdue == 0;
    if ((wanted & NOTICES_INVOICE) && before && issue_is_news(d, b))
        plan_about(d, b, "invoice", NOTICE_SEVERITY_NONE);
    bool due = b->invoice->issued_on != DATE_NONE &&
               d->today >= dates_add(b->invoice->issued_on, d->settings->reminder_delay);
    if ((wanted & NOTICES_REMINDER) && before && due && !pending_covers(d, b))
        plan_about(d, b, "reminder", NOTICE_SEVERITY_REMINDER);
    bool owed = ledger_currency(&d->ledger, b->invoice->currency).overdue > 0;
    if ((wanted & NOTICES_OVERDUE) && b->counted && owed && !overdue_lapsed(d, b))
        plan_about(d, b, "overdue", NOTICE_SEVERITY_OVERDUE);
}

void notices_judge(Deciding *d)
{
    promises_remind(d);
    plans_remind(d);
    if (!(d->policy->notices & (NOTICES_INVOICE | NOTICES_REMINDER | NOTICES_OVERDUE)) ||
        holds_cease(d))
        return;
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        const InvoiceBalance *b = &d->ledger.invoices[i];
        bool silent = !settings_minimum(d->settings, b->invoice->currency) &&
                      ledger_currency(&d->ledger, b->invoice->currency).overdue > 0;
        if (!silent)
            judge_invoice(d, b);
    }
}
