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

/* A word of the records as a person would say it: why a message did not go, why the account left. */
const char *explain_why_suppressed(const char *reason);
const char *explain_why_left(const char *reason);

/* One sentence. on: the day it is about; DATE_NONE: no day. */
void explain_say(Telling *t, const char *rule, Date on, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

const char *explain_money(const Telling *t, int64_t minor, Currency currency);
/* "2026-07-11 at 09:00", in the account's zone. */
const char *explain_hour(const Telling *t, Instant instant);
const char *explain_day(const Telling *t, Date date);
const char *explain_days(const Telling *t, int64_t n); /* "1 day", "12 days" */

bool explain_is_of(const InvoiceBalance *b, Currency currency);
/* The version the cycle stands on; NULL: the configuration has none of that name. */
const Policy *explain_policy(const Telling *t, const Cycle *cycle);
bool explain_is_in_step(const CurrencyView *c);
/* Next step or entry of that currency, and what would change it. */
void explain_outlook(Telling *t, const CurrencyView *c);

/* Replies, approvals, contact points, gates before what waits, what was left out. */
void explain_people(Telling *t);
/* With whom it is collected, or whom it is collected for. */
void explain_family(Telling *t);
/* What the law says of calls, the late fee and the notice before a court step. */
void explain_law(Telling *t);

#endif
