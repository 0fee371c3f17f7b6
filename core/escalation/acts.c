/* Acts (§6.9, §8): planned by steps and routes, finished by platforms or by the hub itself, taken
 * back on leaving. Keys come from account, cycle, entry, action and target, never from an attempt.
 */
#include <string.h>

#include "escalation/deciding.h"

bool act_is_open(const Act *act)
{
    switch (act->state) {
    case ACT_PLANNED:
    case ACT_FRESHNESS:
    case ACT_READY:
    case ACT_RETRY:
        return true;
    default:
        return false;
    }
}

bool act_suspends(const Act *act)
{
    return text_same(act->verb, "service.suspend") && !act->undo;
}

static const char *key_of(Deciding *d, const ActPlan *plan)
{
    g_autoptr(GString) key = g_string_new(d->state->account.id);
    if (plan->cycle)
        g_string_append_printf(key, "/%s/%" G_GINT64_FORMAT, plan->cycle->id, plan->cycle->entry);
    const char *parts[] = {plan->purpose, plan->rule->name ? plan->rule->name : plan->rule->verb,
                           plan->target};
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (parts[i])
            g_string_append_printf(key, "/%s", parts[i]);
    return arena_strdup(d->arena, key->str);
}

static const char *input_of(Deciding *d, const ActPlan *plan)
{
    if (d->in->bare)
        return NULL;
    json_t *input = plan->rule->input ? json_loads(plan->rule->input, 0, NULL) : NULL;
    input = input ? input : json_object();
    const Cycle *cycle = plan->cycle;
    if (plan->data)
        json_object_update(input, plan->data);
    json_object_set_new(input, "account", json_string(d->state->account.id));
    if (plan->purpose)
        json_object_set_new(input, "event", json_string(plan->purpose));
    if (cycle) {
        const char *step = cycle->step ? cycle->step : cycle->last_step;
        json_object_set_new(input, "case", json_string(cycle->id));
        json_object_set_new(input, "currency", json_string(cycle->currency.code));
        json_object_set_new(input, "step", step ? json_string(step) : json_null());
        json_object_set_new(
            input, "overdue",
            json_integer((json_int_t)ledger_currency(&d->ledger, cycle->currency).overdue));
    }
    return json_text(d, input);
}

/* The latest act of that action in this cycle that made something on the platform. */
static const char *object_of(const Deciding *d, const ActPlan *plan)
{
    if (plan->object || !plan->rule->object_of || !plan->cycle)
        return plan->object;
    const char *key = NULL;
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (text_same(act->cycle, plan->cycle->id) && text_same(act->action, plan->rule->object_of))
            key = act->key;
    return key;
}

Act *act_plan(Deciding *d, const ActPlan *plan)
{
    const ActionRule *rule = plan->rule;
    const char *key = key_of(d, plan);
    if (state_find(d->state, KIND_ACT, key))
        return NULL;
    const char *input = input_of(d, plan), *object = object_of(d, plan);
    Act *act = state_add(d->state, KIND_ACT);
    act->key = key;
    act->cycle = plan->cycle ? plan->cycle->id : NULL;
    act->step = plan->cycle ? plan->cycle->step : NULL;
    act->entry = plan->cycle ? plan->cycle->entry : 0;
    act->action = arena_strdup(d->arena, rule->name ? rule->name : rule->verb);
    act->verb = arena_strdup(d->arena, rule->verb);
    act->instance = rule->via && rule->via[0] ? arena_strdup(d->arena, rule->via[0]) : NULL;
    act->purpose = arena_strdup(d->arena, plan->purpose);
    act->template_name = arena_strdup(d->arena, rule->template_name);
    act->object = arena_strdup(d->arena, object);
    act->effect = rule->effect;
    act->adverse = rule->adverse && !plan->undo;
    act->required = rule->required;
    act->undo = plan->undo;
    act->undo_verb = plan->undo ? NULL : arena_strdup(d->arena, rule->undo);
    act->state = ACT_PLANNED;
    act->planned_on = d->today;
    act->release_at = d->now;
    act->input = input;
    act->sequence = (int64_t)STATE_COUNT(d->state, KIND_ACT);
    reason_add(d, "act_planned", plan->purpose, act->action, NULL,
               json_pack("{s:s,s:s}", "key", key, "verb", act->verb), "%s is planned", act->action);
    return act;
}

void act_suppress(Deciding *d, Act *act, const char *reason)
{
    act->state = ACT_SUPPRESSED;
    act->reason = arena_strdup(d->arena, reason);
    if (!act->notice)
        reason_add(d, "act_suppressed", "§6.6", act->action, reason,
                   json_pack("{s:s}", "key", act->key), "%s does not happen: %s", act->action,
                   reason);
}

/* Internal tasks that were opened stay; what would touch the customer goes. */
void acts_suppress_cycle(Deciding *d, const Cycle *cycle, const char *reason)
{
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (text_same(act->cycle, cycle->id) && act_is_open(act) && !act->undo && !act->notice &&
            (act->adverse || strcmp(reason, "segment") != 0))
            act_suppress(d, act, reason);
}

/* ---- effects of what was done ---------------------------------------------------------------- */

/* An act without a cycle follows the parent's service: its reason stands there already. */
static void service_off(Deciding *d, Cycle *cycle)
{
    Account *account = &d->state->account;
    if (cycle) {
        account->service_reasons = words_add(d->arena, account->service_reasons, "delinquency");
        family_tell_service(d, true);
    }
    if (account->service == SERVICE_SUSPENDED)
        return;
    account->service = SERVICE_SUSPENDED;
    account->service_suspended_on = d->today;
    reason_add(d, "service_suspended", "§4 steps", cycle ? cycle->id : NULL, "delinquency", NULL,
               "the service is suspended");
}

static void service_on(Deciding *d, Cycle *cycle)
{
    Account *account = &d->state->account;
    if (cycle && words_have(account->service_reasons, "delinquency")) {
        account->service_reasons = words_remove(d->arena, account->service_reasons, "delinquency");
        family_tell_service(d, false);
    }
    if (account->service_reasons || account->service == SERVICE_ACTIVE)
        return;
    account->service = SERVICE_ACTIVE;
    reason_add(d, "service_restored", "§4 reactivation", cycle ? cycle->id : NULL, NULL, NULL,
               "the service is restored");
    Date from = account->service_suspended_on;
    account->service_suspended_on = DATE_NONE;
    if (d->settings->prorate_suspension && from != DATE_NONE)
        proration_book(d, from, d->today, "suspension_proration");
}

static void portal_off(Deciding *d, Cycle *cycle)
{
    (void)cycle;
    d->state->account.portal = SERVICE_SUSPENDED;
}

static void portal_on(Deciding *d, Cycle *cycle)
{
    (void)cycle;
    d->state->account.portal = SERVICE_ACTIVE;
}

static const struct {
    const char *verb;
    void (*run)(Deciding *d, Cycle *cycle);
} effects[] = {
    {"service.suspend", service_off},
    {"service.restore", service_on},
    {"access.suspend", portal_off},
    {"access.restore", portal_on},
};

/* It came too late: the account has left in the meantime, so it is taken back at once. */
static void undo_if_left(Deciding *d, const Act *act)
{
    Cycle *cycle = cycle_by_id(d->state, act->cycle);
    if (cycle && !act->undo && act->undo_verb && !cycle_is_running(cycle))
        acts_undo_cycle(d, cycle);
}

/* Routes on this event cannot ask for each other without end: what one of them asked for is not
 * told again. */
static void tell_success(Deciding *d, const char *key, const char *cycle, const char *purpose)
{
    if (!text_same(purpose, "action.succeeded"))
        hub_event(d, cycle_by_id(d->state, cycle), "action.succeeded",
                  json_pack("{s:s}", "key", key));
}

void act_finish(Deciding *d, Act *act)
{
    act->state = ACT_DONE;
    act->done_on = d->today;
    act->done_at = d->now;
    const Act done = *act; /* the row moves when acts are added */
    reason_add(d, "act_done", done.purpose, done.action, NULL,
               json_pack("{s:s,s:s?}", "key", done.key, "external_id", done.external_id),
               "%s is done", done.action);
    for (size_t i = 0; i < G_N_ELEMENTS(effects); i++)
        if (strcmp(effects[i].verb, done.verb) == 0)
            effects[i].run(d, cycle_by_id(d->state, done.cycle));
    undo_if_left(d, &done);
    tell_success(d, done.key, done.cycle, done.purpose);
}

/* ---- taking back ----------------------------------------------------------------------------- */

/* instance NULL: any. */
static const ActionRule *configured(const Deciding *d, const char *verb, const char *instance)
{
    for (size_t i = 0; i < d->book->n_actions; i++) {
        const ActionRule *rule = &d->book->actions[i];
        if (text_same(rule->verb, verb) &&
            (!instance || (rule->via && text_same(rule->via[0], instance))))
            return rule;
    }
    return NULL;
}

static ActionRule bare_action(const char *verb)
{
    const Verb *declared = verb_by_name(verb);
    return (ActionRule){
        .name = verb,
        .verb = verb,
        .effect = declared ? declared->effect : EFFECT_WRITE,
        .adverse = declared && (declared->flags & VERB_ADVERSE),
        .undo = declared ? declared->undo : NULL,
    };
}

/* As the configuration's own action of that verb says; without one the hub carries it out itself.
 */
ActionRule action_of_verb(const Deciding *d, const char *verb)
{
    const ActionRule *known = configured(d, verb, NULL);
    return known ? *known : bare_action(verb);
}

static bool is_undone(const Deciding *d, const Act *act)
{
    STATE_FOREACH (d->look, KIND_ACT, const Act, other)
        if (other->undo && text_same(other->object, act->key))
            return true;
    return false;
}

static void plan_undo(Deciding *d, Cycle *cycle, const Act *act)
{
    const ActionRule *known = act->instance ? configured(d, act->undo_verb, act->instance)
                                            : configured(d, act->undo_verb, NULL);
    ActionRule rule = known ? *known : bare_action(act->undo_verb);
    const char *via[] = {act->instance, NULL};
    rule.via = act->instance ? via : rule.via;
    rule.adverse = false;
    ActPlan plan = {.rule = &rule,
                    .cycle = cycle,
                    .purpose = "step_left",
                    .target = act->action,
                    .undo = true,
                    .object = act->key};
    const char *key = act->key;
    Act *undo = act_plan(d, &plan);
    if (undo)
        undo->object = key;
}

bool any_cycle_asks_suspension(const Deciding *d)
{
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (cycle_is_running(cycle) && step_asks_suspension(d, cycle))
            return true;
    return false;
}

static bool restores(const Deciding *d, const Cycle *cycle)
{
    bool automatic = cycle_policy(d, cycle)->form != POLICY_MODULE || d->settings->auto_reactivate;
    return automatic && !d->state->account.disconnected;
}

static const Act *suspension_of(const Deciding *d, const Cycle *cycle)
{
    const Act *found = NULL;
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (act_suspends(act) && act->state == ACT_DONE && act->undo_verb &&
            (!found || text_same(act->cycle, cycle->id)))
            found = act;
    return found;
}

/* Service is one: it stays off while any currency asks for it or another reason is left (§3.8, §4).
 */
void service_lift(Deciding *d, Cycle *cycle)
{
    Account *account = &d->state->account;
    if (!words_have(account->service_reasons, "delinquency") || any_cycle_asks_suspension(d) ||
        !restores(d, cycle))
        return;
    const char *others = words_remove(d->arena, account->service_reasons, "delinquency");
    if (others) {
        account->service_reasons = others;
        return;
    }
    const Act *act = suspension_of(d, cycle);
    if (act) {
        plan_undo(d, cycle, act);
        return;
    }
    ActionRule rule = action_of_verb(d, "service.restore");
    ActPlan plan = {.rule = &rule, .cycle = cycle, .purpose = "step_left", .undo = true};
    act_plan(d, &plan);
}

/* The portal of someone who moved out stays open whatever happens (§8); everything else done in
 * this cycle is taken back. */
void acts_undo_cycle(Deciding *d, Cycle *cycle)
{
    service_lift(d, cycle);
    size_t n = STATE_COUNT(d->state, KIND_ACT);
    for (size_t i = 0; i < n; i++) {
        Act *act = &STATE_ROWS(d->state, KIND_ACT, Act)[i];
        if (!text_same(act->cycle, cycle->id) || act->undo || !act->undo_verb ||
            act_suspends(act) || act->state != ACT_DONE || is_undone(d, act))
            continue;
        plan_undo(d, cycle, act);
    }
}

void acts_undo_one(Deciding *d, const char *key)
{
    const Act *act = state_find(d->state, KIND_ACT, key);
    Cycle *cycle = act ? cycle_by_id(d->state, act->cycle) : NULL;
    if (act && cycle && !is_undone(d, act))
        plan_undo(d, cycle, act);
}

/* A cycle that goes on at its step gets back what leaving took away, as far as it is adverse: the
 * step still says so. */
void acts_redo_cycle(Deciding *d, Cycle *cycle)
{
    size_t n = STATE_COUNT(d->state, KIND_ACT);
    for (size_t i = 0; i < n; i++) {
        const Act *act = &STATE_ROWS(d->state, KIND_ACT, Act)[i];
        if (!text_same(act->cycle, cycle->id) || act->undo || !act->adverse || !act->undo_verb ||
            !text_same(act->step, cycle->step) || act->entry >= cycle->entry || !is_undone(d, act))
            continue;
        const char *via[] = {act->instance, NULL};
        ActionRule rule = {.name = act->action,
                           .verb = act->verb,
                           .via = act->instance ? via : NULL,
                           .template_name = act->template_name,
                           .effect = act->effect,
                           .adverse = true,
                           .required = act->required,
                           .undo = act->undo_verb};
        ActPlan plan = {.rule = &rule, .cycle = cycle, .purpose = "step_entered"};
        act_plan(d, &plan);
    }
}

bool acts_required_done(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (act->required && !act->undo && text_same(act->cycle, cycle->id) &&
            act->entry == cycle->entry && act->state != ACT_DONE && act->state != ACT_SUPPRESSED)
            return false;
    return true;
}

/* ---- the hub's own events -------------------------------------------------------------------- */

static json_t *event_data(const Deciding *d, const Cycle *cycle, json_t *detail)
{
    json_t *data = detail ? detail : json_object();
    json_object_set_new(data, "account", json_string(d->state->account.id));
    if (d->state->account.segment)
        json_object_set_new(data, "segment", json_string(d->state->account.segment));
    if (!cycle)
        return data;
    const char *step = cycle->step ? cycle->step : cycle->last_step;
    json_object_set_new(data, "case", json_string(cycle->id));
    json_object_set_new(data, "currency", json_string(cycle->currency.code));
    json_object_set_new(
        data, "overdue",
        json_integer((json_int_t)ledger_currency(&d->ledger, cycle->currency).overdue));
    if (step)
        json_object_set_new(data, "step", json_string(step));
    if (cycle->policy)
        json_object_set_new(data, "policy", json_string(cycle->policy));
    return data;
}

void hub_event_with(Deciding *d, Cycle *cycle, const char *name, json_t *detail)
{
    if (!d->in->bare)
        wish_add(d, WISH_PUBLISH, name, INSTANT_NONE, json_text(d, event_data(d, cycle, detail)));
    const char *purpose = g_str_has_prefix(name, "case.") ? name + strlen("case.") : name;
    for (size_t i = 0; i < d->book->n_routes; i++) {
        const Route *route = &d->book->routes[i];
        if (strcmp(route->event, name) != 0 || !rule_applies(d, cycle, route->when))
            continue;
        for (size_t k = 0; k < route->n_actions; k++) {
            if (!rule_applies(d, cycle, route->actions[k].when))
                continue;
            ActPlan plan = {.rule = &route->actions[k], .cycle = cycle, .purpose = purpose};
            act_plan(d, &plan);
        }
    }
}
