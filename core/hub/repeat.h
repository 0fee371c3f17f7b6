/* What follows from the outcome of a call: the table of docs/architecture.md §5. Pure. */
#ifndef DUNHUB_HUB_REPEAT_H
#define DUNHUB_HUB_REPEAT_H

#include "base/clock.h"
#include "base/json.h"
#include "model/event.h"

typedef enum { REPEAT_NONE, REPEAT_KEY, REPEAT_LOOKUP, REPEAT_SAFE } Repeat;

/* As the manifest declares the action; nothing declared: the most careful reading. */
typedef struct {
    int effect;           /* Effect */
    int repeat;           /* Repeat */
    int64_t key_valid_ms; /* life of the platform's key; 0 for ever */
    bool key_saves_errors;
    int64_t lookup_lag_ms; /* "absent" counts only this long after the attempt */
} RepeatFacts;
RepeatFacts repeat_facts(const json_t *manifest, const char *verb);

typedef struct {
    int outcome;     /* CallOutcome that came */
    bool lookup;     /* of a look-up, not of the action */
    int64_t attempt; /* from 1 */
    Instant now;
    Instant first_sent_at; /* of this act; INSTANT_NONE unknown */
    Instant last_sent_at;
    int64_t retry_after_ms; /* what the platform asks for; 0 nothing */
    const char *code, *message;
} RepeatIn;

/* What is journalled as the act's result. RETRY: again at retry_at, with the same key. UNCERTAIN
 * with retry_at: looked up then; without (INSTANT_NONE): held for a person. PERMANENT: dead, or the
 * next channel of its notice. */
typedef struct {
    int outcome;
    Instant retry_at;
    const char *code; /* the platform's, or why the hub judged so */
    bool credential;  /* the instance is to be paused and checked */
} RepeatOut;
RepeatOut repeat_judge(const RepeatFacts *facts, const RepeatIn *in, Random *random);

/* The code of a RETRY or UNCERTAIN that stands for an attempt nobody knows the end of. */
#define REPEAT_UNCERTAIN "uncertain"
enum { REPEAT_ATTEMPTS_MAX = 24 };
/* Capped back-off with full jitter: uniform in (0, min(most, least * 2^n)]. */
int64_t repeat_backoff_ms(Random *random, int64_t n, int64_t least_ms, int64_t most_ms);

#endif
