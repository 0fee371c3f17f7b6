/* What people and systems of record ask for. A command that cannot be done is refused with what
 * would be possible. */
#include <string.h>

#include "escalation/deciding.h"

static Currency currency_of(const Deciding *d, Currency currency)
{
    return currency.code[0] ? currency : d->settings->currency;
}

void apply_flag(Deciding *d)
{
    const FlagRequest *request = d->in->event->payload;
    Currency currency = currency_of(d, request->currency);
    if (cycle_is_running(cycle_current(d->state, currency))) {
        reject(d, "already_delinquent", NULL,
               "the account is delinquent already; `dunhub show` tells since when");
        return;
    }
    entry_by_hand(d, currency, deciding_actor(d, request->by), request->reason);
}

/* One item of the worklist; the rest stays with whoever has the account. */
static void give_item(Deciding *d, const Assignment *request)
{
    const char *by = deciding_actor(d, request->by);
    Duty *duty = state_find(d->state, KIND_DUTY, request->item);
    if (!duty) {
        duty = state_add(d->state, KIND_DUTY);
        duty->item = arena_strdup(d->arena, request->item);
    }
    duty->to = arena_strdup(d->arena, request->to);
    duty->by = arena_strdup(d->arena, by);
    duty->since = d->today;
    reason_add(d, "assigned", "§4 list columns", request->item, NULL,
               json_pack("{s:s?}", "to", request->to), "%s gave %s to %s", by, request->item,
               request->to ? request->to : "whoever has the account");
}

void apply_assignment(Deciding *d)
{
    const Assignment *request = d->in->event->payload;
    if (request->item) {
        give_item(d, request);
        return;
    }
    d->state->account.assignee = arena_strdup(d->arena, request->to);
    reason_add(d, "assigned", "§4 list columns", request->to, NULL, NULL,
               "%s assigned the account to %s", deciding_actor(d, request->by),
               request->to ? request->to : "nobody");
}

/* ---- steps by hand --------------------------------------------------------------------------- */

static json_t *step_names(const Policy *policy)
{
    json_t *names = json_array();
    for (size_t i = 0; i < policy->n_steps; i++)
        json_array_append_new(names, json_string(policy->steps[i].name));
    return json_pack("{s:o}", "steps", names);
}

static char *steps_listed(const Policy *policy)
{
    GString *all = g_string_new(NULL);
    for (size_t i = 0; i < policy->n_steps; i++)
        g_string_append_printf(all, "%s%s", i ? ", " : "", policy->steps[i].name);
    return g_string_free(all, FALSE);
}

static void follow_newest(Deciding *d, Cycle *cycle, const char *name, const Policy **ret_policy,
                          const Step **ret_step)
{
    *ret_policy = cycle_policy(d, cycle);
    const Policy *newest = rulebook_policy(d->book, (*ret_policy)->name, NULL);
    if (newest && policy_step(newest, name))
        *ret_policy = newest;
    *ret_step = policy_step(*ret_policy, name);
}

/* Who moves an individual by hand has decided on what the step does (§9 gdpr). */
static void note_person(Deciding *d, const Cycle *cycle, const char *by)
{
    RuleSubject subject = rules_subject(&d->state->account);
    if (!rules_cited(&d->book->rules, RULE_GDPR, &subject, d->today))
        return;
    Approval *row = state_add(d->state, KIND_APPROVAL);
    row->what = "person_decision";
    row->cycle = cycle->id;
    row->by = arena_strdup(d->arena, by);
    row->at = d->now;
    row->given_on = d->today;
    row->valid_through = dates_add(d->today, d->settings->approval_days);
}

void apply_step_change(Deciding *d)
{
    const StepRequest *request = d->in->event->payload;
    const char *by = deciding_actor(d, request->by);
    Cycle *cycle = cycle_meant(d, request->currency);
    if (!cycle) {
        reject(d, "not_delinquent", NULL,
               "the account is not delinquent: flag it first, then move it");
        return;
    }
    if (g_strcmp0(request->step, "paid_by_customer") == 0) {
        exit_by_staff(d, cycle, by);
        return;
    }
    const Policy *policy;
    const Step *step;
    follow_newest(d, cycle, request->step, &policy, &step);
    if (!step) {
        g_autofree char *all = steps_listed(policy);
        reject(d, "unknown_step", step_names(policy), "policy %s has no step '%s'; it has %s",
               policy->name, request->step ? request->step : "", all);
        return;
    }
    if (g_strcmp0(cycle->step, step->name) == 0) {
        reject(d, "same_step", NULL, "the account is in step %s already", step->name);
        return;
    }
    if ((step->needs & NEED_LEGAL_APPROVAL) && !approval_valid(d, cycle, "legal")) {
        reject(d, "approval_missing", NULL,
               "step %s needs a legal approval that one person asked for and another gave; `dunhub "
               "approve` records it",
               step->name);
        return;
    }
    reason_add(d, "event_applied", "§4 steps", step->name, "person",
               json_pack("{s:s,s:s?}", "by", by, "reason", request->reason),
               "%s moved the account to %s", by, step->name);
    note_person(d, cycle, by);
    step_enter(d, cycle, policy, step, "person");
}

void apply_confirmation(Deciding *d)
{
    const PersonalAct *act = d->in->event->payload;
    Cycle *cycle = NULL;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, c)
        if (cycle_is_running(c) && words_have(c->awaiting, "suspension_confirmation"))
            cycle = c;
    if (!cycle) {
        reject(d, "nothing_to_confirm", NULL,
               "no suspension of this account waits for a confirmation");
        return;
    }
    cycle->suspension_confirmed = true;
    reason_add(d, "approved", "§4 manual entry", "suspension", NULL, NULL,
               "%s confirmed the suspension", deciding_actor(d, act->by));
    step_execute(d, cycle);
}

/* ---- grace, status of a tenant --------------------------------------------------------------- */

static bool owes_in(const Deciding *d, Currency currency)
{
    return ledger_currency(&d->ledger, currency).balance > 0 ||
           cycle_is_running(cycle_current(d->state, currency));
}

/* Without a currency it is meant for all in which something is owed, or for the usual one. */
static bool grant_everywhere(Deciding *d, Currency currency, Date until, const char *by,
                             const char *reason)
{
    if (currency.code[0])
        return grace_grant(d, currency, until, by, reason);
    bool any = false;
    for (size_t i = 0; i < d->ledger.n_currencies; i++) {
        if (!owes_in(d, d->ledger.currencies[i].currency))
            continue;
        any = true;
        if (!grace_grant(d, d->ledger.currencies[i].currency, until, by, reason))
            return false;
    }
    return any || grace_grant(d, d->settings->currency, until, by, reason);
}

void apply_grace(Deciding *d)
{
    const GraceRequest *request = d->in->event->payload;
    if (request->extended_to == DATE_NONE || request->extended_to <= d->today) {
        reject(d, "date_passed", NULL, "the extended delinquency date must lie after today");
        return;
    }
    grant_everywhere(d, request->currency, request->extended_to, deciding_actor(d, request->by),
                     request->reason);
}

static void open_task(Deciding *d, const char *name, const char *verb, const char *purpose,
                      const char *target)
{
    ActionRule rule = action_of_verb(d, verb);
    for (size_t i = 0; name && i < d->book->n_actions; i++)
        if (g_strcmp0(d->book->actions[i].name, name) == 0)
            rule = d->book->actions[i];
    if (name && g_strcmp0(rule.name, name) != 0)
        rule = (ActionRule){.name = name, .verb = verb, .effect = EFFECT_WRITE};
    ActPlan plan = {.rule = &rule, .purpose = purpose, .target = target};
    act_plan(d, &plan);
}

/* A ticket and a task, once while the status lasts; no demand, no fee, not delinquent (§8 T4). */
static void become_at_risk(Deciding *d, const char *by)
{
    if (d->state->account.at_risk)
        return;
    d->state->account.at_risk = true;
    const char *flag = deciding_next_id(d, "flag");
    reason_add(d, "event_applied", "§8 T4", flag, "at_risk", NULL, "%s judges the account at risk",
               by);
    open_task(d, NULL, "ticket.open", "at_risk", flag);
    open_task(d, "manager_task", "task.create", "at_risk", flag);
}

static void send_courtesy(Deciding *d)
{
    char day[16];
    NoticePlan plan = {.name = "grace_courtesy",
                       .target = date_format(d->today, day),
                       .currency = d->settings->currency,
                       .severity = NOTICE_SEVERITY_COURTESY};
    notice_plan(d, &plan);
}

static bool is_legal_act(const Act *act)
{
    return act->effect == EFFECT_LEGAL || g_str_has_prefix(act->verb, "document.");
}

/* Tenancy steps end, unsigned envelopes are taken back, the portal shows the final account (§8). */
static void move_out(Deciding *d, const char *by)
{
    Account *account = &d->state->account;
    account->path = "former_tenant";
    reason_add(d, "event_applied", "§8 moved out", "former_tenant", NULL, NULL,
               "%s: the tenant moved out", by);
    intervene(d, &account->reasons, "moved_out", true, "§8 moved out",
              "the debt stays; a person chooses how to go on");
    size_t n = STATE_COUNT(d->state, KIND_CYCLE);
    for (size_t i = 0; i < n; i++) {
        Cycle *cycle = &STATE_ROWS(d->state, KIND_CYCLE, Cycle)[i];
        if (!cycle_is_running(cycle))
            continue;
        notices_suppress_cycle(d, cycle, "moved_out");
        acts_suppress_cycle(d, cycle, "moved_out");
    }
    n = STATE_COUNT(d->state, KIND_ACT);
    for (size_t i = 0; i < n; i++) {
        const Act *act = &STATE_ROWS(d->state, KIND_ACT, Act)[i];
        bool portal = strcmp(act->verb, "access.suspend") == 0;
        if (act->state == ACT_DONE && act->undo_verb && !act->undo && (portal || is_legal_act(act)))
            acts_undo_one(d, act->key);
    }
}

void apply_status(Deciding *d)
{
    const StatusChange *change = d->in->event->payload;
    const char *by = deciding_actor(d, change->by);
    switch (change->status) {
    case TENANT_GRACE_PERIOD:
        if (change->until == DATE_NONE || change->until <= d->today)
            reject(d, "date_passed", NULL, "a grace period needs a date after today");
        else if (grant_everywhere(d, (Currency){""}, change->until, by, "tenant status"))
            send_courtesy(d);
        return;
    case TENANT_AT_RISK:
        become_at_risk(d, by);
        return;
    case TENANT_MOVED_OUT:
        move_out(d, by);
        return;
    default:
        d->state->account.at_risk = false;
        reason_add(d, "event_applied", "§8 T4", "ok", NULL, NULL, "%s: the status is normal again",
                   by);
    }
}

/* ---- decisions ------------------------------------------------------------------------------- */

void apply_outreach(Deciding *d)
{
    const PersonalAct *act = d->in->event->payload;
    Cycle *cycle = NULL;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, c)
        if (cycle_is_running(c) && c->executed_on == DATE_NONE)
            cycle = c;
    if (!cycle) {
        reject(d, "no_outreach_due", NULL, "no step of this account waits for an outreach");
        return;
    }
    reason_add(d, "event_applied", "§7 VIP", cycle->step, "outreach", NULL,
               "%s reports the outreach for %s", deciding_actor(d, act->by), cycle->step);
    step_execute(d, cycle);
}

void apply_collections(Deciding *d)
{
    const CollectionsReport *report = d->in->event->payload;
    Cycle *cycle = cycle_meant(d, (Currency){""});
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, c) {
        const Step *step = cycle_is_running(c) ? cycle_step(d, c) : NULL;
        if (step && (step->collections || step->legal))
            cycle = c;
    }
    if (!cycle) {
        reject(d, "not_placed", NULL, "the account is not with an agency");
        return;
    }
    cycle->outcome = report->outcome == COLLECTIONS_SUCCESSFUL ? "successful" : "unsuccessful";
    reason_add(d, "event_applied", "§7 collections", cycle->id, cycle->outcome, NULL,
               "%s: collections closed, %s", deciding_actor(d, report->by), cycle->outcome);
}

/* ---- migration (§6.12) ----------------------------------------------------------------------- */

static const Policy *version_of(const Deciding *d, const char *name, int64_t version)
{
    for (size_t i = 0; i < d->book->n_policies; i++)
        if (g_strcmp0(d->book->policies[i]->name, name) == 0 &&
            d->book->policies[i]->version == version)
            return d->book->policies[i];
    return NULL;
}

static void migrate(Deciding *d, Cycle *cycle, const Policy *target)
{
    const char *name = policy_map_step(target, cycle->step);
    const Step *step = name ? policy_step(target, name) : NULL;
    if (!step) {
        reject(d, "occupied_step_without_mapping", json_pack("{s:[s]}", "steps", cycle->step),
               "version %" G_GINT64_FORMAT " has no place for step %s: give it a mapping",
               target->version, cycle->step);
        return;
    }
    cycle->policy_hash = arena_strdup(d->arena, target->hash);
    cycle->policy_version = target->version;
    cycle->step = arena_strdup(d->arena, step->name);
    cycle->dwell_days = step->wait;
    cycle->migrated_on = d->today;
    reason_add(d, "policy_followed", "§6.12", target->name, "migration", NULL,
               "the account goes on under version %" G_GINT64_FORMAT
               "; no move before %" G_GINT64_FORMAT " more days",
               target->version, d->settings->min_notice_days);
}

void apply_migration(Deciding *d)
{
    const MigrationRequest *request = d->in->event->payload;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle) {
        if (!cycle_is_running(cycle) || d->rejection)
            continue;
        const Policy *target = version_of(d, cycle->policy, request->to_version);
        if (!target)
            reject(d, "unknown_version", NULL, "policy %s has no version %" G_GINT64_FORMAT,
                   cycle->policy, request->to_version);
        else
            migrate(d, cycle, target);
    }
}
