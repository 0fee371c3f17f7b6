/* The records of an account (domain.md §2). Money in int64 minor units, dates local to the account, instants UTC.
 * Nothing is deleted: a correction is a new record or a changed state. Texts belong to the arena of the AccountState. */
#ifndef DUNHUB_MODEL_RECORDS_H
#define DUNHUB_MODEL_RECORDS_H

#include "model/record.h"

typedef enum { ACCOUNT_TENANT, ACCOUNT_SUBSCRIBER, ACCOUNT_BUSINESS } AccountKind;
typedef enum { SERVICE_ACTIVE, SERVICE_SUSPENDED } ServiceState;
typedef enum { HISTORY_EXCELLENT, HISTORY_AVERAGE, HISTORY_POOR } PaymentHistory;

typedef struct {
    const char *id;          /* the hub's own id: "<source>:<external id>" or the external id where there is one source */
    const char *source;      /* ledger instance it came from; NULL: made by hand or by a webhook */
    const char *external_id; /* customer id in that ledger */
    const char *name;        /* personal */
    int kind;                /* AccountKind */
    bool is_consumer;
    const char *zone;         /* NULL: the organisation's */
    const char *zones;        /* further possible zones of the person, comma separated; a time must fit all (§9) */
    const char *jurisdiction; /* path "US/OH/Columbus"; NULL unknown */
    const char *language;     /* BCP 47, NULL: the organisation's */
    const char *policy;       /* named on the account; NULL: by segment */
    const char *property;     /* site or property, NULL none */
    const char *lease;        /* lease or contract, NULL none; settings are looked up by it (§2) */
    const char *tags;         /* comma separated, sorted */
    const char *segment;      /* as last judged: "standard", "vip", "high_risk", or one of the configuration */
    const char *pinned_segment;
    const char *channel_order; /* comma separated; NULL: order of the contact points */
    const char *assignee;
    const char *path;           /* "former_tenant" or NULL */
    int service;                /* ServiceState, as acted and confirmed */
    const char *service_reasons; /* why it is suspended: comma separated, "delinquency" among them */
    int portal;                 /* ServiceState */
    bool disconnected;          /* final: nothing is switched on again (§4) */
    Date service_suspended_on;  /* first suspended day of the running suspension */
    /* facts for segments (§7); absent ones are computed from the ledger */
    int64_t annual_revenue_minor; /* AMOUNT_NONE unknown */
    int history;                  /* PaymentHistory, -1: compute */
    bool strategic;
    int64_t overdue_invoices;   /* told by a CRM; the larger of this and the count is used */
    Date collections_case_on;   /* of the latest one, DATE_NONE none */
    int64_t subscription_price_minor; /* for proration */
    bool at_risk;
    bool is_test;               /* internal or test account: decides, acts nowhere unless act_on_test_accounts */
    const char *failed_code;    /* of the latest payment that failed, was declined or taken back; NULL none */
    Date failed_on;             /* the local day on which that was learnt */
    /* facts that the law asks for (§9) */
    bool third_party;           /* the debt was bought or assigned: who collects it is a third-party collector */
    bool sole_trader;           /* a person in business: protected like an individual in the UK and the Union */
    bool covered_dwelling;      /* federally covered (CARES Act) */
    bool subsidised;            /* assisted housing */
    int64_t units;              /* dwelling units of the building, 0 unknown */
    int64_t monthly_rent_minor; /* AMOUNT_NONE unknown */
    int late_fee_agreed;        /* Agreed, -1 unknown */
    const char *inconvenient_times; /* "mon-fri 09:00-17:00, sun" */
    bool active_duty;           /* in military service */
    Date military_checked_on;   /* status asked of the register */
    Date court_order_on;        /* a court allowed the eviction */
    Date validation_sent_on;    /* notice of 12 CFR 1006.34; DATE_NONE: none but the hub's own */
    Date preaction_letter_on;   /* letter of claim with its forms; as above */
    Date reply_form_on;         /* reply form came back */
    Date preaction_warning_on;  /* 14 days' warning after it */
    const char *parent;         /* account it belongs to, as its ledger names it; NULL none */
    bool collect_with_parent;   /* its invoices are dunned on the parent */
    /* the hub's own book-keeping */
    Date business_date;   /* highest local date ever decided on; never goes back (§6.11) */
    Date evaluated_on;    /* last daily evaluation */
    Instant ledger_began_at; /* start of the ledger read that last confirmed this account */
    int64_t next_id;      /* counter for ids made by decide, so that it makes the same ones in a replay */
    Date erased_on;       /* local day on which its personal data was erased last; DATE_NONE never */
    const char *reasons;  /* open needs_intervention reasons of the account itself, comma separated, sorted */
    const char *salt;     /* hex, for H(salt, text); made when the account is first seen */
    const char *collector; /* account on which its invoices are collected now; NULL: itself */
} Account;

typedef enum { INVOICE_CHARGE, INVOICE_FEE, INVOICE_INTEREST, INVOICE_INSTALMENT } InvoiceKind;
typedef enum { INVOICE_DRAFT, INVOICE_OPEN, INVOICE_VOID, INVOICE_WRITTEN_OFF } InvoiceStatus;

typedef struct {
    const char *id;     /* unique within the account */
    const char *number; /* shown to the customer; NULL: the id */
    Currency currency;
    int64_t amount;
    Date issued_on;
    Date due_on;          /* stated by the ledger; DATE_NONE: derived from issued_on (§3.1) */
    int kind;             /* InvoiceKind */
    int status;           /* InvoiceStatus */
    const char *fee_type; /* "late_fee" … for fees */
    int64_t ledger_open;  /* what the ledger says is open; AMOUNT_NONE: computed from payments and credits */
    int64_t stated_after; /* sequence of the last record that was known when ledger_open was stated: later money comes on top */
    int64_t version;      /* object version of the ledger, 0 = none given; older ones are ignored (§6.10) */
    int64_t sequence;     /* order of arrival */
    const char *plan;     /* running plan that covers it, NULL none */
    const char *cycle;    /* for fees: the cycle that charged it */
    bool excluded;        /* left out of dunning by a person, the others stay */
    bool spent;           /* counted at a staff exit: does not meet E1 again (§4) */
    Instant seen_at;      /* when it was first heard of */
    Date changed_on;      /* latest change of status */
    Date time_barred_on;  /* first day on which no court hears it any more; DATE_NONE unknown */
    const char *child;       /* member of the family whose debt it is; NULL: the account's own */
    Date left_on;            /* that member left: what its parent's money had paid by then stays here; DATE_NONE: not */
    const char *external_id; /* of what the hub booked: its id in the ledger once that has taken it */
    const char *key;         /* told by a ledger that keeps it: the key under which the hub booked it */
    const char *opens;       /* what its ledger has stated as open, and since when: "2026-07-14:3000,…" in minor units */
} Invoice;

typedef enum { AGREED_NO, AGREED_YES } Agreed;

typedef enum { PAYMENT_PENDING, PAYMENT_SETTLED, PAYMENT_FAILED, PAYMENT_REVERSED } PaymentState;

typedef struct {
    const char *id;
    Currency currency;
    int64_t amount;
    int state;           /* PaymentState */
    const char *invoice; /* settles this one first; NULL: by §3.10 */
    const char *plan;    /* settles this plan's instalments in order */
    const char *method;
    const char *origin;  /* "phone", "web" … */
    const char *code;    /* failure or return code */
    Date effective_on;   /* date that counts in the books; DATE_NONE: the day it was learnt */
    Date initiated_on;
    Date settled_on;     /* local day on which the hub learnt that it settled */
    Date ended_on;       /* local day on which it failed or was reversed */
    int64_t version;
    int64_t sequence;    /* order of arrival */
    const char *child;   /* member of the family that paid it; NULL: the account itself */
    Date left_on;        /* that member left and took its money along; DATE_NONE: not */
} Payment;

typedef struct {
    const char *id;
    Currency currency;
    int64_t amount;
    const char *invoice; /* NULL: unapplied, lowers the sum and not the anchor (§3.10) */
    bool cancelled;
    Date issued_on;
    Date cancelled_on;
    const char *kind; /* NULL; "suspension_proration", "correction" … for credits the hub booked */
    int64_t version;
    int64_t sequence;
    const char *child;       /* member of the family it was given to; NULL: the account itself */
    Date left_on;            /* that member left and took it along; DATE_NONE: not */
    const char *external_id; /* of what the hub booked: its id in the ledger once that has taken it */
    const char *key;         /* told by a ledger that keeps it: the key under which the hub booked it */
} Credit;

typedef enum { DISPUTE_OPEN, DISPUTE_FOR_CREDITOR, DISPUTE_FOR_DEBTOR, DISPUTE_WITHDRAWN } DisputeOutcome;

typedef struct {
    const char *id;
    const char *invoice;
    int64_t amount; /* of the invoice's currency; at most what is open counts */
    Date opened_on;
    Date closed_on;
    int outcome; /* DisputeOutcome */
    bool written;     /* stated in writing: collection stops until it was verified (§9 dispute_verify) */
    Date verified_on; /* verification was sent */
    Date whole_from; /* first day on which the invoice's clock stands still: all that was open was disputed; DATE_NONE: not */
} Dispute;

/* What stands for an address that was erased, with a number. */
#define ERASED_ADDRESS "erased-"

typedef enum { CONSENT_NONE, CONSENT_GRANTED, CONSENT_REVOKED, CONSENT_HELD_FOR_REVIEW } Consent;

typedef struct {
    const char *channel; /* "email" "sms" "voice" "letter" "in_app" … */
    const char *address; /* personal */
    const char *role;    /* payer (default), occupant, guarantor, account_manager, attorney, estate */
    int64_t position;    /* order of preference, from 0 */
    int consent;         /* Consent; needed for sms and automated voice */
    Instant consent_at;
    const char *consent_wording;
    bool undeliverable; /* bad until corrected (§8) */
    bool inconvenient;  /* the person asked not to be contacted there */
    bool shared;        /* others read or hear what comes there */
    bool reassigned;    /* the number belongs to someone else now */
    Date reassigned_checked_on; /* in the register of reassigned numbers */
    int consent_before; /* Consent that stood before it was held for review; -1: not held */
} ContactPoint;

typedef enum {
    HOLD_PENDING, HOLD_GRACE, HOLD_PROMISE, HOLD_PLAN, HOLD_DISPUTE, HOLD_HELP, HOLD_BREATHING_SPACE,
    HOLD_BANKRUPTCY, HOLD_ATTORNEY, HOLD_CEASE, HOLD_DECEASED, HOLD_PAUSE,
} HoldKind; /* §5, in its order; pending, plan and dispute are derived and never stored */

typedef struct {
    const char *id;
    int kind;            /* HoldKind */
    const char *invoice; /* scope; NULL: the account */
    const char *contact; /* scope: an address; NULL none */
    Currency currency;   /* scope of grace; "" all */
    Date from;           /* first held day */
    Date starts_on;      /* set ahead: nothing is blocked before this day; DATE_NONE: from the moment it was set */
    Date until;          /* last held day; DATE_NONE: until ended. Grace: the day before the extended date */
    Date over_on;        /* local day on which it was over (ended by a person or run out); DATE_NONE: running */
    Date petition_on;    /* bankruptcy: debt before this day is held */
    bool crisis;         /* breathing space: for a mental health crisis, runs on after the treatment */
    int64_t days_granted; /* grace */
    const char *author;
    const char *reason;
    const char *blocks;  /* pause: what it blocks, comma separated; NULL: everything of §5 */
} Hold;

typedef enum { PROMISE_OPEN, PROMISE_KEPT, PROMISE_BROKEN, PROMISE_CANCELLED } PromiseState;

typedef struct {
    const char *id;
    const char *cycle;
    Currency currency;
    int64_t amount;
    Date promised_on;
    Date made_on;
    int64_t made_after; /* payments with a greater sequence count towards it */
    int state;          /* PromiseState */
} Promise;

typedef enum { PLAN_ACTIVE, PLAN_DEFAULTED, PLAN_COMPLETED, PLAN_CANCELLED } PlanState;

typedef struct {
    const char *id;
    Currency currency;
    int64_t amount;
    const char *invoices; /* comma separated */
    int64_t instalments;
    Date first_on;
    Date made_on;
    int state;              /* PlanState */
    const char *held_cycle; /* parked cycle, NULL: none was running */
    Date delayed_from;      /* pending money delays default from this day, once; DATE_NONE unused */
    Date ended_on;
    const char *reason;     /* willingness, hardship, relationship: who says so and why */
} Plan;

typedef struct {
    const char *plan;
    int64_t number; /* from 1 */
    Date due_on;
    int64_t amount;
} Instalment;

/* One run of an escalation graph, per account and currency (§1 Cycle). `step` is NULL outside delinquency. */
typedef struct {
    const char *id;
    Currency currency;
    Date opened_on;
    Date closed_on;            /* DATE_NONE: open */
    const char *closed_reason; /* payment credit void write_off staff … (§1) */
    bool parked;               /* by a dispute or a plan: open, outside delinquency */
    bool reopened;
    const char *policy;        /* name of the policy of the current step */
    const char *policy_hash;   /* version by content, §6.12 */
    int64_t policy_version;    /* 1, 2, … in order of publication, for people */
    const char *segment;       /* when the step was entered */
    const char *step;          /* current step; NULL outside */
    const char *last_step;     /* held before leaving: where a reopened or resumed cycle goes on */
    int64_t entry;             /* number of the step entry, from 1: part of every key */
    Date step_since;
    Date executed_on;          /* the day the step's notice was accepted; DATE_NONE not yet */
    Date dwell_from;           /* dwell counts from here: executed_on, or the day a hold ended, or of reopening */
    int64_t dwell_days;        /* of the policy under which the notice was executed */
    Date delinquent_since;     /* of the current or last stay */
    const char *entry_reason;  /* "rule" "manual" */
    Date rule_since;           /* E1-E5 hold by themselves since; DATE_NONE: a manual entry that waits for them (§4) */
    const char *exit_reason;   /* of the last leaving */
    Date left_on;
    bool manual_shield;        /* manual entry, exempt from auto-exit until the minimum was exceeded once (§4) */
    bool suspension_confirmed;
    bool fee_charged;          /* once per cycle */
    bool fee_dropped;
    Date fee_due_on;           /* a fee waits: charge from this day */
    const char *fee_for;       /* steps whose fee waits, comma separated; "@entry" that of the entry itself */
    const char *fee_steps;     /* those whose fee was charged or dropped, comma separated, sorted: each once */
    Date pending_from;         /* pending delay of entry, used once per cycle; DATE_NONE unused */
    Date pending_until;        /* last day of that delay */
    Date pending_act_from;     /* the same for suspension, collections, legal after entry */
    Date pending_act_until;
    const char *pending_act;   /* the effect that is held back: suspension, disconnection, collections, legal; NULL none yet */
    const char *pending_used;  /* effects that were held back in this cycle, comma separated: each once */
    int64_t grace_days_used;
    int64_t broken_promises;
    int64_t promises;
    const char *anchor;        /* invoice id */
    const char *outcome;       /* of collections: successful, unsuccessful */
    Date migrated_on;          /* to the current policy version; no move before + min_notice_days */
    const char *reasons;       /* open needs_intervention reasons of this cycle, comma separated, sorted */
    const char *awaiting;      /* comma separated, sorted */
    const char *proposals;     /* comma separated, sorted: reverse_fee … */
    Date first_notice_under;   /* the day the first notice of the current policy was executed */
} Cycle;

typedef enum {
    NOTICE_PLANNED,    /* decided, not released */
    NOTICE_RELEASED,   /* handed to a channel, not yet answered */
    NOTICE_ACCEPTED,   /* a channel took it: the step is executed */
    NOTICE_SUPPRESSED, /* never goes: see reason */
    NOTICE_UNREACHABLE /* no channel left */
} NoticeState;

/* One logical message to the customer; deliveries are its acts (Act.notice). */
typedef struct {
    const char *key;      /* account/cycle/entry/name/occurrence (§6.9) */
    const char *cycle;    /* NULL: outside a cycle (invoice, reminder, overdue before entry) */
    const char *name;     /* "delinquency", "first_reminder", … */
    const char *template_name;
    const char *step;     /* whose execution it is; NULL none */
    int64_t entry;
    Currency currency;
    const char *invoice;  /* the one it is about (invoice, reminder); NULL: consolidated */
    int64_t severity;     /* §6.4: the greater goes, the others are covered */
    Date planned_on;
    Instant release_at;   /* planned hour; windows are computed when it is released */
    int state;            /* NoticeState */
    const char *reason;   /* of suppression */
    const char *covered_by; /* key of the notice that stands for it the same day */
    int64_t amount;       /* shown, set at release */
    const char *invoices; /* shown: JSON [{"id","number","open","due_on","days_overdue"}], set at release */
    const char *channel;  /* last used */
    Date handed_on;       /* first handed to a channel */
    Date accepted_on;
    const char *content;  /* blob hash of what was sent */
    const char *charges;  /* fees and interest that are booked and not due yet: as invoices, shown beside the amount */
} Notice;

typedef enum {
    ACT_PLANNED,    /* decided; waits for its hour, its notice, an approval */
    ACT_FRESHNESS,  /* due; the ledger is being read again (§6.6) */
    ACT_READY,      /* released: in the outbox, not taken */
    ACT_SENT,       /* leased and handed to an instance */
    ACT_RETRY,      /* not applied; goes again at next_at */
    ACT_UNCERTAIN,  /* may have been applied; is looked up at next_at */
    ACT_HELD,       /* uncertain and no way to find out: a person decides */
    ACT_DONE,
    ACT_DEAD,       /* dead letter */
    ACT_SUPPRESSED, /* never goes: see reason */
} ActState;

typedef enum { EFFECT_READ, EFFECT_WRITE, EFFECT_CONTACT, EFFECT_LEGAL } Effect;

/* One action on one platform: an intent while PLANNED, an outbox entry once READY. */
typedef struct {
    const char *key;       /* cycle, step entry, action, target: never the attempt (architecture §5) */
    const char *cycle;
    const char *step;
    int64_t entry;
    const char *action;    /* name in `actions:` of the configuration, or the verb */
    const char *verb;
    const char *instance;  /* carries it out; NULL: done by the hub itself (task lists, service without a platform) */
    const char *purpose;   /* "step_entered", "step_left" … what it answers to */
    const char *notice;    /* delivery of this notice; NULL: none */
    const char *channel;   /* of a delivery */
    const char *address;   /* of a delivery; personal */
    const char *template_name;
    const char *object;    /* act whose external_id this verb works on; NULL none */
    int effect;            /* Effect */
    bool adverse;          /* suspension, disconnection, collections, legal: read before, after the notice */
    bool required;         /* the step stays executing until it is done */
    bool undo;             /* compensates an earlier act; always allowed */
    const char *undo_verb; /* takes this act back when the account leaves; NULL none */
    int state;             /* ActState */
    const char *reason;
    Date planned_on;
    Instant release_at;
    Instant fresh_after;   /* FRESHNESS: needs a ledger read that began after this */
    Instant next_at;       /* RETRY, UNCERTAIN: not before */
    int64_t attempts;
    const char *external_id;
    Date done_on;
    Instant done_at;
    const char *input;     /* JSON given to the plugin, without the rendered notice */
    const char *content;   /* blob hash of the rendered notice or document */
    const char *document;  /* blob hash of the PDF that was drawn from it; NULL: none, or not yet */
    const char *error;     /* last message from the platform, one line */
    int64_t sequence;      /* order within the account */
} Act;

typedef struct {
    const char *what; /* "legal", "vip_collections", "backdated_correction", "plan:<source>" … */
    const char *cycle;
    const char *by;
    const char *requested_by;
    Instant at;
    Date given_on;
    Date valid_through; /* DATE_NONE: no end */
    const char *evidence;
} Approval;

typedef enum { PHONE_NO_ANSWER, PHONE_VOICEMAIL, PHONE_NOT_CONNECTED, PHONE_ANSWERED, PHONE_PLACED /* not reported yet */ } PhoneOutcome;
extern const char *const phone_outcome_words[]; /* by PhoneOutcome, NULL-ended */

/* A telephone call to the person; what limits on calls count. */
typedef struct {
    const char *id;
    const char *act;       /* that placed it; NULL: a person did */
    Instant placed_at;
    Date placed_on;        /* local day */
    int outcome;           /* PhoneOutcome */
    Date prior_consent_on; /* the person agreed to it that day; DATE_NONE: not */
    const char *by;
} PhoneCall;

/* What a reply of the customer says (§8). The order is that in which the most protective one names the whole reply. */
typedef enum {
    REPLY_STOP, REPLY_START, REPLY_HELP, REPLY_BANKRUPTCY, REPLY_DECEASED, REPLY_ATTORNEY, REPLY_CEASE, REPLY_DISPUTE,
    REPLY_WRONG_PERSON, REPLY_PAID, REPLY_HARDSHIP, REPLY_CHANNEL, REPLY_NOTHING, REPLY_UNCLEAR, N_REPLY_CLASSES,
} ReplyClass;
extern const char *const reply_class_words[]; /* by ReplyClass, NULL-ended */
typedef enum { REPLY_SETTLED, REPLY_OPEN, REPLY_DECIDED } ReplyState;

typedef struct {
    const char *id;
    const char *channel;
    const char *address;   /* personal */
    const char *text;      /* personal: the customer's own words, without what was quoted */
    Date received_on;
    int class_;            /* ReplyClass */
    const char *rules;     /* that spoke, comma separated; NULL: none did */
    int state;             /* ReplyState */
    const char *holds;     /* ids of the holds that it set, comma separated */
    const char *held;      /* channels that it holds until it is decided, comma separated */
    const char *decided_by;
    Date decided_on;
} Reply;

typedef enum { REQUEST_OPEN, REQUEST_APPROVED, REQUEST_REFUSED, REQUEST_WITHDRAWN, REQUEST_EXPIRED } RequestState;

/* A person asks that another one approve. */
typedef struct {
    const char *id;
    const char *what;      /* as of an Approval */
    const char *cycle;     /* NULL: of the account */
    const char *by;
    Date asked_on;
    Date expires_on;       /* last day on which it can be approved */
    const char *evidence;  /* personal */
    int state;             /* RequestState */
    const char *ended_by;
    Date ended_on;
} Request;

/* Who looks after one item of the worklist; the account's assignee has the others. */
typedef struct {
    const char *item; /* of core/escalation/work.h */
    const char *to;   /* NULL: nobody, whoever has the account */
    const char *by;
    Date since;
} Duty;

/* What interest of one invoice was booked (escalation/interest.c works out what has accrued). */
typedef struct {
    const char *invoice;
    Currency currency;
    int64_t booked;      /* interest booked so far, less corrections */
    Date through;        /* last day up to which it was booked */
    int64_t fixed;       /* fixed sum of the law that was booked; once for an invoice */
    const char *rule;    /* row of the law or "contract" */
} InterestAccrual;

/* An account whose invoices are collected on this one. */
typedef struct {
    const char *child;
    const char *name;
    Date joined_on;
    Date left_on;            /* DATE_NONE: still there */
    Instant ledger_began_at; /* start of the ledger read that last confirmed it */
} FamilyMember;

extern const RecordType account_type, invoice_type, payment_type, credit_type, dispute_type, contact_point_type, hold_type,
    promise_type, plan_type, instalment_type, cycle_type, notice_type, act_type, approval_type, phone_call_type,
    reply_type, request_type, duty_type, interest_accrual_type, family_member_type;

/* The kinds in the order of AccountState's arrays; record_types[KIND_ACT] == &act_type. */
typedef enum {
    KIND_ACCOUNT, KIND_INVOICE, KIND_PAYMENT, KIND_CREDIT, KIND_DISPUTE, KIND_CONTACT_POINT, KIND_HOLD, KIND_PROMISE,
    KIND_PLAN, KIND_INSTALMENT, KIND_CYCLE, KIND_NOTICE, KIND_ACT, KIND_APPROVAL, KIND_PHONE_CALL,
    KIND_REPLY, KIND_REQUEST, KIND_DUTY, KIND_INTEREST_ACCRUAL, KIND_FAMILY_MEMBER, N_KINDS,
} RecordKind;
extern const RecordType *const record_types[N_KINDS];

extern const char *const hold_kind_words[]; /* by HoldKind, NULL-ended */

#endif
