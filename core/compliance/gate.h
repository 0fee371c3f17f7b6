/* Gates: rules that may refuse, delay or redirect one action and must say why (domain.md §6.8, §9). Pure. */
#ifndef DUNHUB_COMPLIANCE_GATE_H
#define DUNHUB_COMPLIANCE_GATE_H

#include "compliance/rules.h"
#include "ledger/balance.h"

typedef enum { GATE_ALLOW, GATE_DELAY, GATE_REDIRECT, GATE_REFUSE } GateVerdict;
typedef struct {
    GateVerdict verdict;
    Instant until;       /* DELAY: ask again then */
    const char *channel; /* REDIRECT: NULL = next channel of the notice */
    const char *gate;    /* "send_window" "contact_window" "closed_day" "sms_consent" … */
    const char *reason;  /* one sentence */
    const Rule *rule;    /* row of the law that says so; NULL: a setting, or the default of the law */
} GateAnswer;

/* What an act or a step does to the person, as the law looks at it. */
typedef enum { GUARD_NONE, GUARD_SUSPENSION, GUARD_DISCONNECTION, GUARD_COLLECTIONS, GUARD_LEGAL, GUARD_CREDIT } GuardEffect;

typedef struct {
    const AccountState *state;
    const Act *act;        /* NULL: asked of a step that is to be entered */
    const Notice *notice;  /* NULL: not a message */
    const Zone *zone;      /* of the account */
    const Calendar *calendar;
    const RuleSet *rules;  /* NULL: none */
    Instant now;
    int window_from, window_to, send_at; /* minutes of the local day */
    bool no_cutoff_before_closed_day;
    int effect;            /* GuardEffect of the act or step */
    const Ledger *ledger;  /* NULL: what depends on the debt is not asked */
    Currency currency;     /* of the debt it is about */
    bool person_decided;   /* a person decided on this effect (gdpr) */
    const ContactPoint *point; /* of the message, found by gate_act */
} GateIn;

/* First answer that is not ALLOW, in the fixed order of gate.c's table, then of guard.c's. */
GateAnswer gate_act(const GateIn *asked, Arena *arena);
/* guard.c: what the law wants to have happened before suspension, collections, a report to a bureau, a court step. Of a step
 * only those are asked that hold it back as a whole. */
GateAnswer guard_effect(const GateIn *in, Arena *arena);
/* The day after now, at the hour of sending. */
GateAnswer gate_tomorrow(const GateIn *in, const char *gate, const char *reason, const Rule *rule, Arena *arena);
GateAnswer gate_until(const GateIn *in, Date day, const char *gate, const char *reason, const Rule *rule, Arena *arena);
/* Day the notice of that name was accepted, at the earliest; DATE_NONE. */
Date gate_notice_on(const AccountState *state, const char *name);

#endif
