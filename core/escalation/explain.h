/* The inside of explain: what is told of the present (explain.c) and of what is to come
 * (explain_outlook.c). */
#ifndef DUNHUB_ESCALATION_EXPLAIN_H
#define DUNHUB_ESCALATION_EXPLAIN_H

#include "escalation/decide.h"
#include "ledger/age.h"

typedef struct {
    const AccountState *state;
    const Rulebook *book;
    const Settings *settings; /* of the policy the account is on */
    const Zone *zone;
    Instant now;
    Arena *arena;
    AccountView view;
    Ledger ledger;
    json_t *out;
} Telling;

/* One sentence. on: the day it is about; DATE_NONE: no day. */
void explain_say(Telling *t, const char *rule, Date on, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

const char *explain_money(const Telling *t, int64_t minor, Currency currency);
const char *explain_day(const Telling *t, Date date);
const char *explain_days(const Telling *t, int64_t n); /* "1 day", "12 days" */

bool explain_is_of(const InvoiceBalance *b, Currency currency);
/* The version the cycle stands on; NULL: the configuration has none of that name. */
const Policy *explain_policy(const Telling *t, const Cycle *cycle);
bool explain_is_in_step(const CurrencyView *c);
/* Next step or entry of that currency, and what would change it. */
void explain_outlook(Telling *t, const CurrencyView *c);

/* What the law says of calls, the late fee and the notice before a court step. */
void explain_law(Telling *t);

#endif
