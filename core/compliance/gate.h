/* Gates: rules that may refuse, delay or redirect one action and must say why (domain.md §6.8, §9). Pure. */
#ifndef DUNHUB_COMPLIANCE_GATE_H
#define DUNHUB_COMPLIANCE_GATE_H

#include "compliance/rules.h"

typedef enum { GATE_ALLOW, GATE_DELAY, GATE_REDIRECT, GATE_REFUSE } GateVerdict;
typedef struct {
    GateVerdict verdict;
    Instant until;       /* DELAY: ask again then */
    const char *channel; /* REDIRECT: NULL = next channel of the notice */
    const char *gate;    /* "send_window" "contact_window" "closed_day" "sms_consent" … */
    const char *reason;  /* one sentence */
    const Rule *rule;    /* row of the law that says so; NULL: a setting, or the default of the law */
} GateAnswer;

typedef struct {
    const AccountState *state;
    const Act *act;
    const Notice *notice;  /* NULL: not a message */
    const Zone *zone;      /* of the account */
    const Calendar *calendar;
    const RuleSet *rules;  /* NULL: none */
    Instant now;
    int window_from, window_to, send_at; /* minutes of the local day */
    bool no_cutoff_before_closed_day;
} GateIn;

/* First answer that is not ALLOW, in the fixed order of gate.c's table. */
GateAnswer gate_act(const GateIn *in, Arena *arena);

#endif
