/* How much of an invoice bore interest, day by day, from the facts alone (domain.md §5 fees and interest, §9): what was
 * open at the start of each day, less what was disputed; nothing while a hold freezes it or a plan covers it. Worked out anew
 * each time, so that money which is learnt of late, or taken back, gives what it would have given in time. */
#ifndef DUNHUB_LEDGER_PRINCIPAL_H
#define DUNHUB_LEDGER_PRINCIPAL_H

#include "ledger/age.h"

typedef struct {
    Date from, until; /* first day; the day after the last */
    int64_t amount;   /* minor units, above 0 */
} PrincipalSpan;

/* Help, breathing space, bankruptcy, deceased; a pause that blocks fees. */
bool principal_hold_freezes(const Hold *hold);
/* Days from `from` to before `until`, ascending; spans in the arena. Its number. */
size_t principal_spans(const AccountState *state, const DueRules *rules, const Invoice *invoice, Date from, Date until,
                       Arena *arena, const PrincipalSpan **ret_spans);
/* Notes what its ledger states as open from the end of that day on: "2026-07-14:3000,2026-08-01:0" in `opens`. The first
 * statement speaks for the days before it too. */
void principal_note_open(Invoice *invoice, Date day, int64_t open, Arena *arena);
/* Day of the latest such statement; DATE_NONE: its ledger stated nothing. */
Date principal_stated_on(const Invoice *invoice);

#endif
