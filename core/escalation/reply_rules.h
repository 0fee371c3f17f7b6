/* What a reply of the customer says, found by a table of phrases (domain.md §8). Every verdict names the rules that spoke, so
 * that a person can see why; a phrase that is denied ("no attorney") or qualified counts as doubt, never as certainty. Pure. */
#ifndef DUNHUB_ESCALATION_REPLY_RULES_H
#define DUNHUB_ESCALATION_REPLY_RULES_H

#include "model/records.h"

enum {
    REPLY_BYTES_MAX = 2000,  /* of the customer's own words that are looked at and kept */
    REPLY_HITS_MAX = 16,     /* rules that are told of one reply; further ones count as doubt */
};

typedef struct {
    const char *name;
    int class_;                     /* ReplyClass */
    bool whole;                     /* a phrase must be the whole text */
    bool doubt;                     /* it is only a hint: a person decides */
    const char *channel;            /* class channel: the one that is meant; NULL: the one it came on */
    const char *const *phrases;     /* as reply_needle makes them, NULL-ended */
    const char *const *unless;      /* with one of these it is only a hint; NULL-ended, or NULL */
} ReplyRule;

typedef struct { const ReplyRule *rules; size_t n; } ReplyRules;

typedef struct {
    const ReplyRule *rule;
    bool sure;
} ReplyHit;

typedef struct {
    const char *words; /* the customer's own, bounded */
    ReplyHit hits[REPLY_HITS_MAX];
    size_t n;
    int class_;        /* the most protective sure one, else REPLY_UNCLEAR */
    unsigned classes;  /* bit set of all sure ones, 1 << ReplyClass */
    const char *rules; /* names, comma separated, "?" after a hint; NULL: none spoke */
} ReplyReading;

/* Text as it came from the channel, of any length and content. Results live in the arena. */
void reply_read(const ReplyRules *rules, const char *channel, const char *text, Arena *arena, ReplyReading *ret_reading);

/* Without what an e-mail quotes, without its signature, at most REPLY_BYTES_MAX bytes of valid UTF-8 without control
 * characters but line breaks. */
const char *reply_own_words(const char *channel, const char *text, Arena *arena);
/* " i cant pay ": lower case, accents and punctuation gone, negations in one form, a space before, between and after words. */
const char *reply_plain(const char *text, Arena *arena);
/* A phrase of a rule in the same form; "bankrupt*" begins a word. NULL: nothing is left of it. */
const char *reply_needle(const char *phrase, Arena *arena);

/* The rules of §8 that hold without any configuration; phrases are separated by commas. */
typedef struct {
    const char *name;
    int class_;
    bool whole, doubt;
    const char *channel, *phrases, *unless;
} ReplyRuleText;
extern const ReplyRuleText reply_builtin_rules[];
extern const size_t n_reply_builtin_rules;
/* Those, in the arena. */
ReplyRules reply_builtin(Arena *arena);

#endif
