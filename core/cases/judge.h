/* Assertions: what a case says against what was seen, with the place of the word that does not
 * hold. */
#ifndef DUNHUB_CASES_JUDGE_H
#define DUNHUB_CASES_JUDGE_H

#include "cases/play.h"

typedef struct {
    DiagPlace place;
    char *what, *expected, *seen;
} Finding;

void finding_free(gpointer finding);

/* When an assertion can be judged: INSTANT_NEVER: after the whole case; else when everything up to
 * and at that instant has been played. */
Instant judge_instant(const Play *play, const Node *expect);
/* The latest instant the clock must reach for this assertion. */
Instant judge_reach(const Play *play, const Node *expect);
void judge(Play *play, const Node *expect, GPtrArray *findings);

#endif
