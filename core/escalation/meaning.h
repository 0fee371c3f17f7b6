/* What the words of an account's open matters mean, by which rule, what a person does about them, and how soon: explain and
 * the worklist say the same. */
#ifndef DUNHUB_ESCALATION_MEANING_H
#define DUNHUB_ESCALATION_MEANING_H

#include "base/arena.h"

typedef struct {
    const char *word, *rule;
    int urgency;      /* model/work.h */
    const char *text; /* what it is */
    const char *deed; /* what to do; ACCOUNT stands for the account's id */
} Meaning;

/* NULL: the word is not in the table. */
const Meaning *meaning_of_reason(const char *word);  /* needs_intervention */
const Meaning *meaning_of_awaited(const char *word);
const Meaning *meaning_of_proposal(const char *word);
/* The deed for that account; arena text. */
const char *meaning_deed(const Meaning *meaning, const char *account, Arena *arena);

#endif
