#include "hub/repeat.h"

#include "bus/manifest.h"

#include <string.h>

enum { RETRY_LEAST_MS = 2000, RETRY_MOST_MS = 60 * 60 * 1000, LOOKUP_LEAST_MS = 1000 };

static int choice(const json_t *action, const char *member, const char *const *names, int otherwise)
{
    const char *text = json_string_value(json_object_get(action, member));
    for (int i = 0; text && names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return otherwise;
}

RepeatFacts repeat_facts(const json_t *manifest, const char *verb)
{
    static const char *const effects[] = {"read", "write", "contact", "legal", NULL};
    static const char *const repeats[] = {"none", "key", "lookup", "safe", NULL};
    const json_t *action = manifest ? manifest_action(manifest, verb) : NULL;
    return (RepeatFacts){
        .effect = choice(action, "effect", effects, EFFECT_LEGAL),
        .repeat = choice(action, "repeat", repeats, REPEAT_NONE),
        .key_valid_ms = 1000 * json_integer_value(json_object_get(action, "key_valid_s")),
        .key_saves_errors = json_integer_value(json_object_get(action, "key_saves_errors")) != 0 ||
                            json_is_true(json_object_get(action, "key_saves_errors")),
        .lookup_lag_ms = 1000 * json_integer_value(json_object_get(action, "lookup_lag_s")),
    };
}

int64_t repeat_backoff_ms(Random *random, int64_t n, int64_t least_ms, int64_t most_ms)
{
    int64_t cap = least_ms;
    for (int64_t i = 1; i < n && cap < most_ms; i++)
        cap *= 2;
    return 1 + (int64_t)random_below(random, (uint64_t)MIN(cap, most_ms));
}

static RepeatOut again(const RepeatIn *in, Random *random, const char *code)
{
    int64_t wait = repeat_backoff_ms(random, in->attempt, RETRY_LEAST_MS, RETRY_MOST_MS);
    return (RepeatOut){.outcome = OUTCOME_RETRY,
                       .retry_at = in->now + MAX(wait, in->retry_after_ms),
                       .code = code};
}

static RepeatOut held(const char *code)
{
    return (RepeatOut){.outcome = OUTCOME_UNCERTAIN, .retry_at = INSTANT_NONE, .code = code};
}

static RepeatOut look_up(const RepeatFacts *facts, const RepeatIn *in, Random *random,
                         const char *code)
{
    if (in->attempt >= REPEAT_ATTEMPTS_MAX)
        return held("lookups_exhausted");
    Instant at =
        in->now + MAX(repeat_backoff_ms(random, in->attempt, LOOKUP_LEAST_MS, RETRY_MOST_MS),
                      in->retry_after_ms);
    if (in->last_sent_at != INSTANT_NONE && facts->lookup_lag_ms)
        at = MAX(at, in->last_sent_at + facts->lookup_lag_ms);
    return (RepeatOut){.outcome = OUTCOME_UNCERTAIN, .retry_at = at, .code = code};
}

/* The act may have been applied: what its declaration makes of that. */
static RepeatOut uncertain(const RepeatFacts *facts, const RepeatIn *in, Random *random)
{
    const char *code = REPEAT_UNCERTAIN;
    if (facts->effect == EFFECT_READ)
        return again(in, random, code);
    if (facts->repeat == REPEAT_LOOKUP)
        return look_up(facts, in, random, code);
    if (facts->repeat == REPEAT_NONE)
        return held(code);
    if (in->attempt >= REPEAT_ATTEMPTS_MAX)
        return held("attempts_exhausted");
    bool lapsed = facts->repeat == REPEAT_KEY && facts->key_valid_ms &&
                  in->first_sent_at != INSTANT_NONE &&
                  in->now - in->first_sent_at >= facts->key_valid_ms;
    return lapsed ? held("key_lapsed") : again(in, random, code);
}

static RepeatOut looked_up(const RepeatFacts *facts, const RepeatIn *in, Random *random)
{
    switch (in->outcome) {
    case OUTCOME_OK:
        return (RepeatOut){.outcome = OUTCOME_OK, .retry_at = INSTANT_NONE, .code = in->code};
    case OUTCOME_ABSENT:
        if (in->last_sent_at != INSTANT_NONE && in->now < in->last_sent_at + facts->lookup_lag_ms)
            return look_up(facts, in, random, "absent_too_early");
        return (RepeatOut){.outcome = OUTCOME_RETRY, .retry_at = in->now, .code = "absent"};
    case OUTCOME_PERMANENT:
        return held(in->code ? in->code : "lookup_refused");
    default: {
        RepeatOut out = look_up(facts, in, random, in->code);
        out.credential = in->outcome == OUTCOME_AUTH;
        return out;
    }
    }
}

RepeatOut repeat_judge(const RepeatFacts *facts, const RepeatIn *in, Random *random)
{
    if (in->lookup)
        return looked_up(facts, in, random);
    switch (in->outcome) {
    case OUTCOME_OK:
        return (RepeatOut){.outcome = OUTCOME_OK, .retry_at = INSTANT_NONE, .code = in->code};
    case OUTCOME_RETRY:
        if (in->attempt >= REPEAT_ATTEMPTS_MAX)
            return (RepeatOut){.outcome = OUTCOME_PERMANENT,
                               .retry_at = INSTANT_NONE,
                               .code = "attempts_exhausted"};
        return again(in, random, in->code);
    case OUTCOME_AUTH:
        return (RepeatOut){
            .outcome = OUTCOME_RETRY, .retry_at = in->now, .code = "auth", .credential = true};
    case OUTCOME_UNCERTAIN:
        return uncertain(facts, in, random);
    default:
        return (RepeatOut){
            .outcome = OUTCOME_PERMANENT, .retry_at = INSTANT_NONE, .code = in->code};
    }
}
