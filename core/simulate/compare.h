/* Two policies on the same account: where they part. Of each account only what people are told of is remembered; of the accounts that
 * are treated differently the first ones, by day and account, are kept with both reasons. */
#ifndef DUNHUB_SIMULATE_COMPARE_H
#define DUNHUB_SIMULATE_COMPARE_H

#include "escalation/decide.h"

typedef struct {
    Instant at; /* INSTANT_NEVER: nothing more is decided on that side */
    char *event, *subject, *reason, *text, *rule;
} CompareSide;

typedef struct {
    char *account;
    Instant at;           /* of the earlier of both */
    CompareSide sides[2]; /* the first decision that differs */
    size_t decisions[2];  /* of the whole simulation */
} Difference;

typedef struct {
    GPtrArray *differences; /* Difference, by instant, then account; at most `most` */
    size_t most, different, accounts;
} Compare;

Compare *compare_new(size_t most);
void compare_free(Compare *compare);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Compare, compare_free)

/* What one account was told on one side. */
typedef struct Trace Trace;
Trace *trace_new(void);
void trace_free(Trace *trace);
void trace_reset(Trace *trace);
void trace_reason(Trace *trace, Instant now, const Reason *reason);

/* Both sides of that account have ended: counts it. True: it differs, and is to be kept with compare_keep. */
bool compare_account(Compare *compare, const char *account, const Trace *a, const Trace *b);
/* With the texts of its reasons. */
void compare_keep(Compare *compare, const char *account, const Trace *a, const Trace *b);

#endif
