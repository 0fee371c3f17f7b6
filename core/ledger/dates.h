/* The dates of an invoice (domain.md §3.1-3.5). Calendar days throughout: no clock and no zone come near them. */
#ifndef DUNHUB_LEDGER_DATES_H
#define DUNHUB_LEDGER_DATES_H

#include "base/date.h"

typedef struct {
    int64_t days_to_overdue;   /* from issue, where the ledger states no due date */
    int64_t ledger_grace_days; /* added to a stated due date */
} DueRules;

/* First overdue day. DATE_NEVER if neither date is known. */
Date dates_overdue_on(const DueRules *rules, Date issued_on, Date due_on);
/* date + days; DATE_NONE and DATE_NEVER stay what they are. */
Date dates_add(Date date, int64_t days);
/* Days overdue, the first overdue day being day 1; 0 before it. */
int64_t dates_days_overdue(Date overdue_on, Date today);

#endif
