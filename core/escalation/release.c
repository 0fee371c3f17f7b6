/* Release (§6.6, §6.8): an act that is due waits for its switches, its gates and a fresh look at
 * the ledger, in this order; then it goes to the outbox, or the hub does it itself. Everything is
 * asked again after the ledger was read. */
#include <string.h>

#include "compliance/gate.h"
#include "escalation/deciding.h"

enum { ROUNDS_MAX = 64 };

Instant release_hour(const Deciding *d)
{
    if (!d->daily)
        return d->now;
    Instant hour = zone_instant(d->zone, d->local.date, d->settings->send_at);
    return MAX(hour, d->now);
}

/* A person's decision on that effect, whatever it was given as (§9 gdpr). */
bool person_decided(const Deciding *d, const Cycle *cycle, int effect)
{
    if (approval_valid(d, cycle, "person_decision"))
        return true;
    if (effect == GUARD_SUSPENSION)
        return cycle && cycle->suspension_confirmed;
    if (effect == GUARD_COLLECTIONS)
        return approval_valid(d, cycle, "vip_collections");
    return effect == GUARD_LEGAL &&
           (approval_valid(d, cycle, "legal") || approval_valid(d, cycle, "vip_legal"));
}

static int effect_of_act(const Deciding *d, const Act *act, const Cycle *cycle)
{
    const Verb *verb = act->verb ? verb_by_name(act->verb) : NULL;
    unsigned flags = verb ? verb->flags : 0;
    if (flags & VERB_REPORTS)
        return GUARD_CREDIT;
    if (!act->adverse)
        return GUARD_NONE;
    if (flags & VERB_DISCONNECTS)
        return GUARD_DISCONNECTION;
    if (flags & VERB_SUSPENDS || act_suspends(act))
        return GUARD_SUSPENSION;
    if (flags & VERB_COLLECTS)
        return GUARD_COLLECTIONS;
    const Step *step = cycle && act->step ? policy_step(cycle_policy(d, cycle), act->step) : NULL;
    return step && step->legal ? GUARD_LEGAL : GUARD_NONE;
}

static GateIn gate_in(const Deciding *d, const Cycle *cycle)
{
    return (GateIn){
        .state = d->look,
        .zone = d->zone,
        .calendar = d->calendar,
        .rules = &d->book->rules,
        .now = d->now,
        .window_from = d->settings->window_from,
        .window_to = d->settings->window_to,
        .send_at = d->settings->send_at,
        .no_cutoff_before_closed_day = d->settings->no_cutoff_before_closed_day,
        .ledger = &d->ledger,
        .currency = cycle ? cycle->currency : d->settings->currency,
    };
}

GateAnswer release_gate(const Deciding *d, const Act *act, const Notice *notice)
{
    const Cycle *cycle = cycle_by_id(d->state, act->cycle);
    GateIn in = gate_in(d, cycle);
    in.act = act;
    in.notice = notice;
    in.effect = effect_of_act(d, act, cycle);
    in.person_decided = in.effect != GUARD_NONE &&
                        (text_same(act->reason, "released") || person_decided(d, cycle, in.effect));
    return gate_act(&in, d->arena);
}

GateAnswer release_guard(const Deciding *d, const Cycle *cycle, int effect)
{
    GateIn in = gate_in(d, cycle);
    in.effect = effect;
    return guard_effect(&in, d->arena);
}

static bool is_answer(const Act *act)
{
    return text_same(act->purpose, "answer");
}

static const Policy *policy_of(const Deciding *d, const Act *act)
{
    const Cycle *cycle = cycle_by_id(d->state, act->cycle);
    return cycle ? cycle_policy(d, cycle) : d->policy;
}

/* ---- switches -------------------------------------------------------------------------------- */

/* Why what is due is only recorded; NULL: it goes. */
static const char *only_observes(const Deciding *d, const Act *act)
{
    if (d->state->account.is_test && !d->settings->act_on_test_accounts)
        return "test_account";
    return policy_of(d, act)->mode == MODE_OBSERVE ? "observe" : NULL;
}

static bool waits_for_person(const Deciding *d, const Act *act)
{
    if (text_same(act->reason, "released") || act->undo)
        return false;
    return policy_of(d, act)->mode == MODE_PLAN;
}

static bool hub_stands_still(const Deciding *d, const Act *act)
{
    unsigned all = HUB_OBSERVE | HUB_FUSE_BLOWN | HUB_SOURCE_HELD;
    return (d->in->switches & all) && !act->undo && !is_answer(act);
}

static void observe(Deciding *d, Act *act, Notice *notice, const char *why)
{
    bool is_test = strcmp(why, "test_account") == 0;
    reason_add(d, "mode", is_test ? "settings.act_on_test_accounts" : "mode observe", act->action,
               why, json_pack("{s:s}", "key", act->key), "%s would go now; %s",
               notice ? notice->name : act->action,
               is_test ? "it is a test account" : "the policy only observes");
    if (!notice) {
        act_suppress(d, act, why);
        return;
    }
    notice_show(d, notice);
    notice->channel = act->channel;
    Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    bool executes = cycle_is_running(cycle) && text_same(notice->step, cycle->step);
    notice_suppress(d, notice, why);
    if (executes)
        step_execute(d, cycle);
}

/* ---- one a day ------------------------------------------------------------------------------- */

static bool is_limited(const Notice *notice)
{
    return notice->severity != NOTICE_SEVERITY_NONE;
}

static const Notice *sent_today(const Deciding *d, const Notice *notice)
{
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, other)
        if (other != notice && is_limited(other) && other->handed_on == d->today &&
            currency_equal(other->currency, notice->currency))
            return other;
    return NULL;
}

static void cover(Deciding *d, Notice *notice, const Notice *by)
{
    notice->state = NOTICE_SUPPRESSED;
    notice->reason = "covered";
    notice->covered_by = by->key;
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (text_same(act->notice, notice->key) && act_is_open(act))
            act_suppress(d, act, "covered");
    reason_add(d, "notice_covered", "§6.4", notice->name, by->name, NULL,
               "%s of the same day stands for %s", by->name, notice->name);
    Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    if (by->state == NOTICE_ACCEPTED && cycle_is_running(cycle) &&
        text_same(notice->step, cycle->step))
        step_execute(d, cycle);
}

/* True: not today. A milder one is covered by what went; a more severe one goes on the next day. */
static bool day_is_taken(Deciding *d, Act *act, Notice *notice)
{
    if (!is_limited(notice) || notice->handed_on != DATE_NONE)
        return false;
    const Notice *other = sent_today(d, notice);
    if (!other)
        return false;
    if (other->severity >= notice->severity) {
        cover(d, notice, other);
        return true;
    }
    act->state = ACT_PLANNED;
    act->release_at = notice->release_at =
        zone_instant(d->zone, d->today + 1, d->settings->send_at);
    return true;
}

/* A more severe one of the same day is also due: it goes first and then stands for this one. */
static bool yields(const Deciding *d, const Notice *notice)
{
    if (!is_limited(notice))
        return false;
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, other)
        if (other != notice && other->state == NOTICE_PLANNED && other->handed_on == DATE_NONE &&
            currency_equal(other->currency, notice->currency) && other->release_at <= d->now &&
            (other->severity > notice->severity ||
             (other->severity == notice->severity && other < notice)))
            return true;
    return false;
}

/* ---- what stands before an act --------------------------------------------------------------- */

static bool is_suspension(const Act *act)
{
    return g_str_has_suffix(act->verb, ".suspend");
}

static unsigned blocks_of(const Act *act)
{
    return is_suspension(act) ? BLOCKS_SUSPENSION : BLOCKS_COLLECTIONS;
}

static bool confirmed(const Cycle *cycle, const Act *act)
{
    return cycle->rule_since != DATE_NONE || cycle->suspension_confirmed || !is_suspension(act);
}

/* Adverse acts wait for the notice, for holds, for pending money and for ledgers that agree (§4,
 * §5, §6.1, §6.6). */
static bool adverse_waits(Deciding *d, const Act *act)
{
    Cycle *cycle = cycle_by_id(d->state, act->cycle);
    if (!act->adverse || !cycle)
        return false;
    if (notice_of_stay_is_open(d, cycle) || !confirmed(cycle, act) ||
        words_have(d->state->account.reasons, "ledgers_disagree") ||
        cycle->executed_on == DATE_NONE)
        return true;
    if (holds_block(d, cycle->currency) & blocks_of(act))
        return true;
    return is_suspension(act) && pending_blocks_act(d, cycle, "suspension");
}

static bool already_off(Deciding *d, Act *act)
{
    Account *account = &d->state->account;
    if (!act_suspends(act) || account->service != SERVICE_SUSPENDED)
        return false;
    if (act->cycle)
        account->service_reasons = words_add(d->arena, account->service_reasons, "delinquency");
    act_suppress(d, act, "already_suspended");
    return true;
}

/* False: it may not go now; the act and its notice say when and why. */
static bool passes_gates(Deciding *d, Act *act, Notice *notice)
{
    GateAnswer answer = release_gate(d, act, notice);
    if (answer.verdict == GATE_ALLOW || answer.verdict == GATE_REDIRECT)
        return true;
    bool refused = answer.verdict == GATE_REFUSE;
    act->state = ACT_PLANNED;
    if (!refused)
        act->release_at = answer.until;
    if (notice && !refused)
        notice->release_at = answer.until;
    char until[32];
    reason_add(d, "gate", answer.gate, notice ? notice->name : act->action, answer.gate,
               json_pack("{s:s?,s:s,s:s?,s:s?}", "until",
                         refused ? NULL : instant_format(answer.until, until), "key", act->key,
                         "rule", answer.rule ? answer.rule->id : NULL, "citation",
                         answer.rule ? answer.rule->citation : NULL),
               "%s", answer.reason);
    if (refused && notice)
        notice_suppress(d, notice, answer.gate);
    else if (refused)
        act_suppress(d, act, answer.gate);
    return false;
}

static bool is_read_since(const Deciding *d, Instant after)
{
    return d->state->account.ledger_began_at != INSTANT_NONE &&
           d->state->account.ledger_began_at >= after && family_is_read_since(d->state, after);
}

static bool needs_reading(const Act *act)
{
    return (act->notice && !is_answer(act)) || act->adverse;
}

static void ask_freshness(Deciding *d, Act *act)
{
    act->state = ACT_FRESHNESS;
    act->fresh_after = d->now;
    act->next_at = INSTANT_NONE;
    for (size_t i = 0; i < d->n_wishes; i++)
        if (d->wishes[i].kind == WISH_FRESHNESS)
            return;
    wish_add(d, WISH_FRESHNESS, d->state->account.id, d->now, NULL);
    family_ask_freshness(d);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void hand_out_notice(Deciding *d, const Act *act, Notice *notice)
{
    notice_show(d, notice);
    notice->state = NOTICE_RELEASED;
    notice->channel = act->channel;
    if (notice->handed_on == DATE_NONE || notice->handed_on < d->today)
        notice->handed_on = d->today;
    reason_add(d, "notice_released", "§6.6", notice->name, act->channel,
               json_pack("{s:s,s:I,s:s}", "key", notice->key, "amount", (json_int_t)notice->amount,
                         "currency", notice->currency.code),
               "notice %s goes by %s", notice->name, act->channel);
}

static void hand_out(Deciding *d, Act *act, Notice *notice)
{
    if (!act->instance) {
        act_finish(d, act);
        return;
    }
    act->state = ACT_READY;
    if (notice)
        hand_out_notice(d, act, notice);
    else
        reason_add(d, "act_released", act->purpose, act->action, NULL,
                   json_pack("{s:s}", "key", act->key), "%s goes to %s", act->action,
                   act->instance);
    if (notice || act->template_name)
        wish_add(d, WISH_RENDER, act->key, INSTANT_NONE, NULL);
}

static bool advance_notice(Deciding *d, Act *act, Notice *notice)
{
    const char *obsolete = notice_obsolete(d, notice);
    if (obsolete) {
        notice_suppress(d, notice, obsolete);
        return true;
    }
    if (day_is_taken(d, act, notice))
        return true;
    if (!is_answer(act) && !delivery_choose(d, notice, act)) {
        act_suppress(d, act, "unreachable");
        delivery_lost(d, notice);
        return true;
    }
    if (!passes_gates(d, act, notice))
        return true;
    bool fresh = act->state == ACT_FRESHNESS || is_answer(act);
    if (!fresh) {
        ask_freshness(d, act);
        return false;
    }
    if (yields(d, notice))
        return false;
    hand_out(d, act, notice);
    return true;
}

static bool advance_plain(Deciding *d, Act *act)
{
    if (adverse_waits(d, act)) {
        act->state = ACT_PLANNED;
        return false;
    }
    if (already_off(d, act))
        return true;
    if (booking_waits(d, act))
        return false;
    if (!act->undo && !passes_gates(d, act, NULL))
        return true;
    if (needs_reading(act) && act->state != ACT_FRESHNESS) {
        ask_freshness(d, act);
        return false;
    }
    hand_out(d, act, NULL);
    return true;
}

static bool is_due(const Deciding *d, const Act *act)
{
    bool due = (act->state == ACT_PLANNED && act->release_at <= d->now) ||
               (act->state == ACT_FRESHNESS && is_read_since(d, act->fresh_after));
    return due && !hub_stands_still(d, act);
}

/* Of one that is due. True: something changed that other acts may depend on. */
static bool advance(Deciding *d, Act *act)
{
    Notice *notice = act->notice ? state_find(d->state, KIND_NOTICE, act->notice) : NULL;
    const char *observed = act->undo ? NULL : only_observes(d, act);
    if (observed) {
        const char *obsolete = notice ? notice_obsolete(d, notice) : NULL;
        if (obsolete)
            notice_suppress(d, notice, obsolete);
        else if (notice || !adverse_waits(d, act))
            observe(d, act, notice, observed);
        else
            return false;
        return true;
    }
    if (waits_for_person(d, act))
        return false;
    return notice ? advance_notice(d, act, notice) : advance_plain(d, act);
}

/* A read that failed is asked for again after a while. */
static void ask_again(Deciding *d)
{
    size_t n = STATE_COUNT(d->look, KIND_ACT);
    for (size_t i = 0; i < n; i++) {
        const Act *act = &STATE_ROWS(d->look, KIND_ACT, const Act)[i];
        if (act->state == ACT_FRESHNESS && act->next_at != INSTANT_NONE && act->next_at <= d->now)
            ask_freshness(d, &STATE_ROWS(d->state, KIND_ACT, Act)[i]);
    }
}

/* Someone can be reached again: what reached nobody is tried anew, if it still has something to
 * say. */
static void retry_unreachable(Deciding *d)
{
    size_t n = STATE_COUNT(d->state, KIND_NOTICE);
    for (size_t i = 0; i < n; i++) {
        const Notice *notice = &STATE_ROWS(d->look, KIND_NOTICE, const Notice)[i];
        if (notice->state == NOTICE_UNREACHABLE && !notice_obsolete(d, notice) &&
            delivery_possible(d, notice))
            delivery_next(d, &STATE_ROWS(d->state, KIND_NOTICE, Notice)[i]);
    }
}

void release_due(Deciding *d)
{
    ask_again(d);
    retry_unreachable(d);
    bool progress = true;
    for (int round = 0; progress && round < ROUNDS_MAX; round++) {
        progress = false;
        size_t n = STATE_COUNT(d->state, KIND_ACT);
        for (size_t i = 0; i < n; i++)
            if (is_due(d, &STATE_ROWS(d->look, KIND_ACT, const Act)[i]))
                progress = advance(d, &STATE_ROWS(d->state, KIND_ACT, Act)[i]) || progress;
    }
}
