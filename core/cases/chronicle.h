/* What could be seen from outside while a case ran: messages handed over, effects on platforms.
 * Assertions ask this, the state and the audit, nothing else. */
#ifndef DUNHUB_CASES_CHRONICLE_H
#define DUNHUB_CASES_CHRONICLE_H

#include "cases/case.h"
#include "escalation/decide.h"

typedef struct {
    Instant at, answered_at;
    const char *account, *act, *notice_key, *notice, *channel, *address,
        *outcome; /* outcome NULL: no answer yet */
    Currency currency;
    int64_t amount;        /* AMOUNT_NONE: none shown */
    const char **invoices; /* NULL-ended ids */
} Handover;

typedef struct {
    Instant at;
    const char *account, *platform, *op, *purpose; /* platform NULL: the hub itself */
} Deed;

typedef struct {
    Arena *arena;
    GArray *handovers, *deeds;
    GHashTable *done;  /* "account key" of acts of the hub itself that were seen done */
    GString *timeline; /* NULL: nobody wants it */
    const Zone *zone;
} Chronicle;

void chronicle_init(Chronicle *ret_chronicle, Arena *arena, const Zone *zone, bool verbose);
void chronicle_done(Chronicle *chronicle);

/* A delivery leaves: amounts and invoices as its notice shows them. */
void chronicle_handover(Chronicle *chronicle, Instant at, const AccountState *state,
                        const Act *act);
/* The latest delivery to the account over that channel got its answer. NULL: there is none. */
const Handover *chronicle_answer(Chronicle *chronicle, Instant at, const char *account,
                                 const char *channel, const char *outcome);
void chronicle_effect(Chronicle *chronicle, Instant at, const char *account, const char *platform,
                      const char *op, const char *purpose);
/* A line of the timeline. */
void chronicle_reason(Chronicle *chronicle, Instant at, const char *account, const Reason *reason);
/* Acts that the hub itself has done since the last look. */
void chronicle_look(Chronicle *chronicle, Instant at, const AccountState *state);
void chronicle_line(Chronicle *chronicle, Instant at, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
