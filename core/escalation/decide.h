/* The one function that decides. The scan, the webhook, the command line, the simulator, the policy tests and the replay
 * all call it. It does no I/O, reads no clock and makes no ids but from the account's own counter. domain.md is its law. */
#ifndef DUNHUB_ESCALATION_DECIDE_H
#define DUNHUB_ESCALATION_DECIDE_H

#include "compliance/gate.h"
#include "escalation/policy.h"
#include "ledger/balance.h"
#include "model/event.h"
#include "model/state.h"

/* Switches of the whole hub that a decision sees; they are journalled with the entry. */
typedef enum {
    HUB_OBSERVE = 1 << 0,      /* clock suspect (§6.11) or set by an operator: no sends, no moves, no adverse act */
    HUB_FUSE_BLOWN = 1 << 1,   /* too many notices today: nothing is released until someone approves */
    HUB_SOURCE_HELD = 1 << 2,  /* first import of this account's ledger: plans only, until a person has released it */
} HubSwitches;

typedef struct {
    const AccountState *state; /* borrowed, unchanged */
    const Event *event;        /* EVENT_WAKE: the clock */
    Instant now;
    const Rulebook *book;
    unsigned switches;
    bool bare;                 /* for counting: reasons without text and detail, acts without input, notices without their
                                  list of invoices, nothing to publish; what is decided is the same */
} DecideIn;

/* Why: becomes an entry of the account's audit chain. */
typedef struct {
    const char *event;   /* "step_entered" "step_skipped" "notice_suppressed" "entered" "left" "fee_charged" "act_released"
                            "gate" "rejected" "event_applied" "event_stale" … : catalogue in escalation/reasons.c */
    const char *rule;    /* "§6.3", "settings.minimum", "graph tenant_formal move 2" */
    const char *subject; /* step, notice name, act key, invoice … ; NULL none */
    const char *reason;  /* "paid" "void" "dispute" "hold" "catch_up" … ; NULL none */
    const char *text;    /* one sentence for people */
    const char *detail;  /* canonical JSON object: the inputs seen */
} Reason;

/* A wish the hub must carry out outside decide. */
typedef enum {
    WISH_FRESHNESS, /* read the account's ledger again; answer with EVENT_LEDGER_READ that began after `after` */
    WISH_RENDER,    /* act `key` became READY with a notice or template: render, keep the bytes, store their hash */
    WISH_SHARE,     /* the address in `key` revoked or gave consent (SharedConsent in `detail`): tell every other account that uses it */
    WISH_TELL,      /* an event for another account: `key` the account, `event` its type, `detail` its data */
    WISH_PUBLISH,   /* publish a case.* event on the PUB socket: name in `key`, data in `detail` */
} WishKind;
typedef struct {
    WishKind kind;
    const char *key;
    Instant after;
    const char *detail;
    const char *event;
} Wish;

typedef struct {
    const char *code;   /* "grace_too_long" "plan_length" "promise_limit" "self_approval" "unknown_step" … */
    const char *text;   /* for a person: what happened and what to do */
    const char *detail; /* JSON: {"latest_allowed":"2026-07-30"} */
} Rejection;

typedef struct {
    AccountState after;
    const Change *changes; size_t n_changes;
    const Reason *reasons; size_t n_reasons;
    const Wish *wishes; size_t n_wishes;
    const Rejection *rejection; /* NULL: accepted */
    const char *result;         /* JSON answer of a command; NULL none */
    Instant wake_at;            /* next instant at which time alone can change the decision; INSTANT_NEVER */
} DecideOut;

/* Never fails: what is wrong becomes a reason. What *ret_out points to lives in the arena, in the rulebook or, where a record
 * was not changed, in the memory of in->state: texts of `after` are those of the state it came from. So the memory of
 * in->state must last as long as `after` is used; state_copy makes it stand alone, state_take_over gives the state its changes. */
void decide(const DecideIn *in, Arena *arena, DecideOut *ret_out);

/* ---- views on the same rules, for lists, explain and the case runner ---------------------------------------------- */
typedef struct {
    Currency currency;
    int64_t overdue;          /* overdue(c), §3.6 */
    int64_t balance;          /* open of all invoices less unapplied credit and payments */
    int64_t pending;
    int64_t days_overdue, escalation_age;
    const char *anchor;       /* invoice id or NULL */
    const Cycle *cycle;       /* the running or parked one; NULL */
    bool delinquent;
} CurrencyView;
typedef enum { STATUS_CURRENT, STATUS_OVERDUE, STATUS_DELINQUENT } AccountStatus;
typedef struct {
    int status;               /* AccountStatus, worst of all currencies */
    Date today;
    const CurrencyView *currencies; size_t n_currencies; /* by code */
    const InvoiceBalance *invoices; size_t n_invoices;   /* in the order of the state's rows */
    const char *holds;        /* running kinds of §5, comma separated */
    Date grace_until;         /* extended date; DATE_NONE */
    bool needs_intervention;
    const char *reasons, *awaiting, *proposals;
    /* row of S2's list */
    Date delinquent_since, step_since, step_due, new_payment_since;
    const char *step, *stage, *policy, *segment;
    int64_t policy_version;
} AccountView;
/* At `now` of the state as it stands; texts in the arena. */
void account_view(const AccountState *state, const Rulebook *book, Instant now, Arena *arena, AccountView *ret_view);

/* The condition as it stands in that currency and its cycle (NULL: none), in words with the values seen: `age 12 is not at
 * least 30`. Text in the arena. */
const char *condition_seen(const AccountState *state, const Rulebook *book, Instant now, const Cycle *cycle, Currency currency,
                           const Condition *condition, Arena *arena);

/* What the gates say of that act if it were to leave at that instant. */
GateAnswer act_gate_seen(const AccountState *state, const Rulebook *book, Instant at, const Act *act, Arena *arena);

/* Sentences: why it is where it is, what happens next, when, and what would change it. JSON array of
 * {"text","rule","on"?}; new reference. */
json_t *explain_account(const AccountState *state, const Rulebook *book, Instant now, Arena *arena);

/* The first day on which an invoice is late enough (E1), if no hold stops its clock. */
Date entry_first_day(const Policy *policy, const Settings *settings, const InvoiceBalance *b);
/* §3.1–§3.3 for one date. */
typedef struct { Date reminder_on, overdue_on, delinquent_on; } InvoiceDates;
InvoiceDates invoice_dates(const Settings *settings, Date issued_on, Date due_on);
const char *segment_of(const AccountState *state, const Rulebook *book, Date today);

#endif
