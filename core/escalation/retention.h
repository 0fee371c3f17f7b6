/* How long the personal data of an account is kept once its case is over, and when it goes (domain.md §9 us_records, gdpr).
 * Rows of law and of the house: `retention:` in the configuration. Pure. */
#ifndef DUNHUB_ESCALATION_RETENTION_H
#define DUNHUB_ESCALATION_RETENTION_H

#include "escalation/policy.h"

/* What stands in the way; NULL: nothing. code: case_open owes hold dispute plan promise reply act legal_matter retention approval
 * nothing_to_erase. */
typedef struct {
    const char *code;
    const char *text; /* in the arena */
    const char *rule; /* retention, approval: the row's name */
    const char *citation;
    Date until;       /* retention: last day on which it must be kept; DATE_NONE else */
} Obstacle;
/* by: who asks, whose own approval counts for nothing. balance: of all currencies, whether anything is owed. */
const Obstacle *erasure_obstacle(const AccountState *state, const Rulebook *book, bool owes, const char *by, Date today, Arena *arena);

/* The row by which the data is to go today, whoever asks; NULL: not yet, or never by itself. Obstacles stand apart. */
const Retention *erasure_due(const AccountState *state, const Rulebook *book, Date today);
/* Latest day on which anything was done about the account: retention counts from it. */
Date retention_last_act(const AccountState *state);

/* Takes name, addresses and free texts out of every record; ids, amounts and dates stay. */
void erasure_apply(AccountState *state, Arena *arena, Date today);

#endif
