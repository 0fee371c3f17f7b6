/* One thing that waits for a person: an item of the worklist (domain.md §4 needs_intervention, §7 approvals, §8 replies). It
 * follows from the account's state; core/escalation/work.c makes it, the store keeps it in order for all accounts. */
#ifndef DUNHUB_MODEL_WORK_H
#define DUNHUB_MODEL_WORK_H

#include "base/date.h"

/* How soon: the list is sorted by it, then by the day it is due. */
typedef enum {
    URGENCY_HARM = 1, /* the law, or an act nobody knows the outcome of: before anything else */
    URGENCY_WAITED,   /* somebody waits for this word: an approval, a release, an answer */
    URGENCY_STUCK,    /* the case stands still or broke: nobody can be reached, a plan failed, an act died */
    URGENCY_ROUTINE,  /* the work of the day: a review, a step that is due, a promise that is due */
    URGENCY_TIDY,     /* nothing hangs on it today */
} Urgency;
extern const char *const urgency_words[]; /* by Urgency, from 1 ([0] is ""), NULL-ended */
extern const char *const work_kind_words[]; /* NULL-ended: approval, contact, dead, held, intervention, outreach, plan,
                                               promise, release, reply */

typedef struct {
    const char *account;  /* set by the store */
    const char *item;     /* unique within the account: "reason:review", "reply:reply2", "act:KEY" … */
    const char *kind;     /* of work_kind_words */
    const char *reason;   /* one word: review, legal, bankruptcy, suspend_service … */
    int urgency;
    Date due;             /* DATE_NONE: no day */
    const char *assignee; /* of the item, else of the account; NULL: nobody */
    const char *property, *source; /* of the account */
    const char *text;     /* what it is, in words */
    const char *deed;     /* what a person does about it, with the command */
} WorkItem;

#endif
