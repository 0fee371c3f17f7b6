/* The dates of an invoice (domain.md §3.1-3.5). Calendar days throughout: no clock and no zone come near them. */
#ifndef DUNHUB_LEDGER_DATES_H
#define DUNHUB_LEDGER_DATES_H

#include "base/date.h"

typedef struct {
    int64_t days_to_overdue;   /* from issue, where the ledger states no due date */
    int64_t ledger_grace_days; /* added to a stated due date */
} DueRules;

/* They are written here because every decision asks them of every invoice. */

/* date + days; DATE_NONE and DATE_NEVER stay what they are. */
static inline Date dates_add(Date date, int64_t days)
{
    if (date == DATE_NONE || date == DATE_NEVER)
        return date;
    int64_t sum = (int64_t)date + days;
    if (sum >= DATE_NEVER)
        return DATE_NEVER;
    return sum <= DATE_NONE ? DATE_NONE + 1 : (Date)sum;
}

/* First overdue day. DATE_NEVER if neither date is known. */
static inline Date dates_overdue_on(const DueRules *rules, Date issued_on, Date due_on)
{
    if (due_on != DATE_NONE)
        return dates_add(due_on, 1 + rules->ledger_grace_days);
    if (issued_on == DATE_NONE)
        return DATE_NEVER;
    return dates_add(issued_on, rules->days_to_overdue);
}

/* Days overdue, the first overdue day being day 1; 0 before it. */
static inline int64_t dates_days_overdue(Date overdue_on, Date today)
{
    return today < overdue_on ? 0 : (int64_t)today - overdue_on + 1;
}

#endif
