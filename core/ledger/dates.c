#include "ledger/dates.h"

Date dates_add(Date date, int64_t days)
{
    if (date == DATE_NONE || date == DATE_NEVER)
        return date;
    int64_t sum = (int64_t)date + days;
    if (sum >= DATE_NEVER)
        return DATE_NEVER;
    return sum <= DATE_NONE ? DATE_NONE + 1 : (Date)sum;
}

Date dates_overdue_on(const DueRules *rules, Date issued_on, Date due_on)
{
    if (due_on != DATE_NONE)
        return dates_add(due_on, 1 + rules->ledger_grace_days);
    if (issued_on == DATE_NONE)
        return DATE_NEVER;
    return dates_add(issued_on, rules->days_to_overdue);
}

int64_t dates_days_overdue(Date overdue_on, Date today)
{
    return today < overdue_on ? 0 : (int64_t)today - overdue_on + 1;
}
