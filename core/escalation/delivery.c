/* One notice, one channel after the other (§8): consent and gates are asked anew each time. */
#include <string.h>

#include "escalation/deciding.h"

typedef struct {
    const ActionRule *rules;
    size_t n;
} Channels;

static Channels channels_of(const Deciding *d, const Notice *notice)
{
    const Cycle *cycle = cycle_by_id(d->state, notice->cycle);
    const Step *step =
        cycle && notice->step ? policy_step(cycle_policy(d, cycle), notice->step) : NULL;
    if (step && step->n_deliveries > 0)
        return (Channels){step->deliveries, step->n_deliveries};
    return (Channels){d->book->message_channels, d->book->n_message_channels};
}

static const ActionRule *carrier(Channels channels, const char *channel)
{
    for (size_t i = 0; i < channels.n; i++)
        if (text_same(channels.rules[i].name, channel) && channels.rules[i].via &&
            channels.rules[i].via[0])
            return &channels.rules[i];
    return NULL;
}

/* The account's own order of channels, else that of its contact points. */
static int64_t rank_of(const Deciding *d, const ContactPoint *point)
{
    const char *word = d->state->account.channel_order;
    if (!word)
        return point->position;
    size_t n = point->channel ? strlen(point->channel) : 0;
    for (int64_t i = 0; *word && n > 0; i++) {
        const char *end = strchrnul(word, ',');
        if ((size_t)(end - word) == n && memcmp(word, point->channel, n) == 0)
            return i * 1000 + point->position;
        word = *end ? end + 1 : end;
    }
    return INT32_MAX + point->position;
}

static bool plays_role(const ContactPoint *point, const char *role)
{
    const char *own = point->role ? point->role : "payer";
    return strcmp(own, role ? role : "payer") == 0;
}

/* A delivery is planned with its notice or later: the old ones need no look at their texts. */
static bool delivers(const Act *act, const Notice *notice)
{
    return act->planned_on >= notice->planned_on && text_same(act->notice, notice->key);
}

static bool was_tried(const Deciding *d, const Notice *notice, const ContactPoint *point,
                      const Act *self)
{
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        if (act != self && act->state != ACT_SUPPRESSED && delivers(act, notice) &&
            text_same(act->channel, point->channel) && text_same(act->address, point->address))
            return true;
    return false;
}

static Act probe_of(const ContactPoint *point)
{
    Act probe;
    record_init(&act_type, &probe);
    probe.verb = "message";
    probe.channel = point->channel;
    probe.address = point->address;
    return probe;
}

static bool is_allowed(Deciding *d, const Notice *notice, const ContactPoint *point)
{
    Act probe = probe_of(point);
    return release_gate(d, &probe, notice).verdict != GATE_REDIRECT;
}

static const ContactPoint *next_point(Deciding *d, const Notice *notice, const Act *self)
{
    Channels channels = channels_of(d, notice);
    const char *role = holds_role(d);
    const ContactPoint *best = NULL;
    STATE_FOREACH (d->look, KIND_CONTACT_POINT, const ContactPoint, point) {
        if (!plays_role(point, role) || !carrier(channels, point->channel))
            continue;
        /* the gates are asked only about one that would be taken */
        if ((!best || rank_of(d, point) < rank_of(d, best)) && !was_tried(d, notice, point, self) &&
            is_allowed(d, notice, point))
            best = point;
    }
    return best;
}

static void fill(Deciding *d, const Notice *notice, const ContactPoint *point, Act *act)
{
    const ActionRule *rule = carrier(channels_of(d, notice), point->channel);
    act->channel = arena_strdup(d->arena, point->channel);
    act->address = arena_strdup(d->arena, point->address);
    act->verb = arena_strdup(d->arena, rule->verb);
    act->instance = arena_strdup(d->arena, rule->via[0]);
    act->input = arena_strdup(d->arena, rule->input);
}

bool delivery_choose(Deciding *d, const Notice *notice, Act *act)
{
    const ContactPoint *point = next_point(d, notice, act);
    if (!point)
        return false;
    if (!text_same(act->channel, point->channel) || !text_same(act->address, point->address))
        fill(d, notice, point, act);
    return true;
}

bool delivery_possible(Deciding *d, const Notice *notice)
{
    return next_point(d, notice, NULL) != NULL;
}

static int deliveries(const Deciding *d, const Notice *notice)
{
    int n = 0;
    STATE_FOREACH (d->look, KIND_ACT, const Act, act)
        n += delivers(act, notice);
    return n;
}

/* Why none of the points was good enough, once. */
static void tell_refused(Deciding *d, const Notice *notice)
{
    Channels channels = channels_of(d, notice);
    STATE_FOREACH (d->look, KIND_CONTACT_POINT, const ContactPoint, point) {
        if (!carrier(channels, point->channel))
            continue;
        Act probe = probe_of(point);
        GateAnswer answer = release_gate(d, &probe, notice);
        if (answer.verdict == GATE_REDIRECT)
            reason_add(d, "gate", answer.gate, notice->name, answer.gate,
                       json_pack("{s:s,s:s,s:s?,s:s?}", "channel", point->channel, "key",
                                 notice->key, "rule", answer.rule ? answer.rule->id : NULL,
                                 "citation", answer.rule ? answer.rule->citation : NULL),
                       "not by %s: %s", point->channel, answer.reason);
    }
}

void delivery_lost(Deciding *d, Notice *notice)
{
    if (notice->state == NOTICE_UNREACHABLE)
        return;
    notice->state = NOTICE_UNREACHABLE;
    tell_refused(d, notice);
    reason_add(d, "notice_unreachable", "§8", notice->name, "unreachable", NULL,
               "no channel is left for notice %s", notice->name);
}

/* The key names the delivery's place among those of its notice, never an attempt at it. */
Act *delivery_plan(Deciding *d, Notice *notice, const ContactPoint *fixed)
{
    const ContactPoint *point = fixed ? fixed : next_point(d, notice, NULL);
    if (!point || !carrier(channels_of(d, notice), point->channel)) {
        delivery_lost(d, notice);
        return NULL;
    }
    const char *key = arena_printf(d->arena, "%s/%d", notice->key, deliveries(d, notice) + 1);
    Act *act = state_add(d->state, KIND_ACT);
    act->key = key;
    act->cycle = notice->cycle;
    act->step = notice->step;
    act->entry = notice->entry;
    act->purpose = fixed ? "answer" : "notice";
    act->notice = notice->key;
    act->template_name = notice->template_name;
    act->effect = EFFECT_CONTACT;
    act->state = ACT_PLANNED;
    act->planned_on = d->today;
    act->release_at = notice->release_at;
    act->sequence = (int64_t)STATE_COUNT(d->state, KIND_ACT);
    fill(d, notice, point, act);
    act->action = act->verb;
    return act;
}

void delivery_next(Deciding *d, Notice *notice)
{
    notice->state = NOTICE_PLANNED;
    notice->accepted_on = DATE_NONE;
    notice->release_at = d->now;
    delivery_plan(d, notice, NULL);
}
