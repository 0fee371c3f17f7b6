/* The catalogue of events that go into the loop (CloudEvents 1.0, docs/reference/events.md is made from it). An event is
 * checked and decoded at the door; decide only ever sees a typed payload. */
#ifndef DUNHUB_MODEL_EVENT_H
#define DUNHUB_MODEL_EVENT_H

#include "model/records.h"

typedef enum {
    /* ledger: snapshots with a version; late and repeated ones are harmless */
    EVENT_ACCOUNT_UPDATED,   /* Account fields that came, others stay as they are */
    EVENT_INVOICE_UPDATED,   /* Invoice */
    EVENT_PAYMENT_UPDATED,   /* Payment */
    EVENT_CREDIT_UPDATED,    /* Credit */
    EVENT_DISPUTE_UPDATED,   /* Dispute */
    EVENT_CONTACT_UPDATED,   /* ContactPoint */
    EVENT_PAYMENT_ATTEMPTED, /* autopay: outcome declined | paid; a declined one changes no date */
    EVENT_LEDGER_READ,       /* this account was read at its source by a read that began at `began_at` */
    /* contact */
    EVENT_MESSAGE_ACCEPTED, EVENT_MESSAGE_DELIVERED, EVENT_MESSAGE_FAILED, EVENT_MESSAGE_REPLIED,
    EVENT_CALL_COMPLETED,
    EVENT_DOCUMENT_SIGNED, EVENT_DOCUMENT_DECLINED,
    /* people and systems */
    EVENT_ACCOUNT_FLAGGED,         /* manual entry */
    EVENT_ACCOUNT_STATUS_CHANGED,  /* grace_period | at_risk | moved_out | ok */
    EVENT_ACCOUNT_ASSIGNED, EVENT_STEP_CHANGE_REQUESTED, EVENT_GRACE_REQUESTED, EVENT_HOLD_SET, EVENT_HOLD_MOVED,
    EVENT_HOLD_ENDED, EVENT_INVOICE_EXCLUDED,
    EVENT_SUSPENSION_CONFIRMED, EVENT_PROMISE_MADE, EVENT_PLAN_CREATED, EVENT_OUTREACH_DONE, EVENT_COLLECTIONS_CLOSED,
    EVENT_APPROVAL_DECIDED, EVENT_POLICY_MIGRATED, EVENT_ACT_DECIDED, /* a person on a held, dead or planned act: retry | close | release */
    EVENT_REPLY_DECIDED,           /* a person says what a reply means */
    EVENT_APPROVAL_REQUESTED, EVENT_APPROVAL_WITHDRAWN,
    EVENT_EVALUATE_REQUESTED, EVENT_ERASURE_REQUESTED,
    /* the hub's own */
    EVENT_ACT_RESULT,  /* what an instance answered */
    EVENT_ACT_SENT,    /* an instance's lease was taken: the act is in flight */
    EVENT_ACT_DOCUMENT, /* its letter was drawn: hash of the PDF, before the act is sent */
    EVENT_CONSENT_SHARED, /* the same address revoked or gave consent on another account */
    EVENT_FAMILY_PLACED,  /* where the account is collected, as the hub found its parent */
    EVENT_FAMILY_FACTS,   /* a child's books, or what changed in them, for the account that collects them */
    EVENT_FAMILY_LEFT,    /* the child is collected there no longer */
    EVENT_FAMILY_SERVICE, /* the service of the parent was suspended or restored */
    EVENT_WAKE,        /* the clock: no payload */
    EVENT_EPOCH,       /* a new configuration, calendar or tz database: no payload */
    N_EVENTS,
} EventKind;

typedef struct {
    EventKind kind;
    const char *name;        /* "invoice.updated" */
    const RecordType *payload; /* NULL: none */
    bool from_outside;       /* plugins may emit it; the others come from people and the hub */
    bool is_command;         /* may be rejected; a person or an API waits for the answer */
    const char *doc;
    const char *example;     /* data member, JSON */
} EventType;
extern const EventType event_types[N_EVENTS];
const EventType *event_type_by_name(const char *name); /* NULL: unknown */

typedef struct {
    EventKind kind;
    const char *id;         /* unique per source */
    const char *source;     /* instance, "person:maria", "hub" */
    const char *account;    /* subject; the core has resolved references before */
    Instant time;           /* when it happened, as the source says */
    Instant received_at;    /* when the hub took it: the `now` of its decision */
    const void *payload;    /* struct of event_types[kind].payload */
    uint64_t present[2];    /* bit i: field i of the payload type was given (partial snapshots) */
} Event;

/* Values of the payloads' choices. */
typedef enum { ATTEMPT_DECLINED, ATTEMPT_PAID } AttemptOutcome;
typedef enum { MESSAGE_ACCEPTED, MESSAGE_DELIVERED, MESSAGE_HARD_BOUNCE, MESSAGE_RETURNED, MESSAGE_REFUSED } MessageOutcome;
typedef enum { TENANT_GRACE_PERIOD, TENANT_AT_RISK, TENANT_MOVED_OUT, TENANT_OK } TenantStatus;
typedef enum { COLLECTIONS_SUCCESSFUL, COLLECTIONS_UNSUCCESSFUL } CollectionsOutcome;
typedef enum { DECIDED_RETRY, DECIDED_CLOSE, DECIDED_RELEASE } ActDecisionKind;

/* Payloads that are not records. `by` absent: the event's source. act.sent carries an ActResult of which only key, lookup
 * and attempt are given. */
typedef struct { const char *invoice; int outcome; const char *code; } PaymentAttempt;              /* outcome 0 declined, 1 paid */
typedef struct { const char *source; Instant began_at; bool failed; const char *error; bool disagree; } LedgerRead;
typedef struct { const char *act; const char *object; const char *by; const char *text; } DocumentReport;
typedef struct { const char *notice; const char *act; const char *channel; const char *address; int outcome; const char *text; const char *code; } MessageReport;
typedef struct { int outcome; Date prior_consent_on; const char *act, *by; } CallReport;             /* PhoneOutcome, never placed */
typedef struct { const char *by; const char *reason; Currency currency; } FlagRequest;
typedef struct { int status; Date until; Date moved_out_on; const char *by; } StatusChange;
typedef struct { const char *to; const char *by; const char *item; } Assignment;                      /* item NULL: the account */
typedef struct { const char *step; const char *by; const char *reason; Currency currency; } StepRequest;
typedef struct { Date extended_to; const char *by; const char *reason; Currency currency; } GraceRequest;
typedef struct { int kind; const char *id; const char *invoice; const char *contact; Date from; Date until; Date petition_on; const char *by; const char *reason; const char *blocks; bool crisis; } HoldRequest;
typedef struct { const char *invoice; bool excluded; const char *by; const char *reason; } ExclusionRequest;
typedef struct { const char *by; const char *reason; } PersonalAct;                                   /* suspension confirmed, outreach done */
typedef struct { const char *id; int64_t amount; Currency currency; Date promised_on; const char *by; } PromiseRequest;
typedef struct { const char *id; const char *invoices; int64_t instalments; Date first_on; const char *by; const char *reason; } PlanRequest;
typedef struct { int outcome; const char *by; } CollectionsReport;                                    /* successful unsuccessful */
typedef struct { const char *what; const char *by; const char *requested_by; const char *evidence; bool refused; } ApprovalDecision;
typedef struct { int64_t to_version; const char *by; } MigrationRequest;
typedef struct { const char *by; const char *reason; } ErasureRequest;                                /* by a person, or by the schedule */
typedef struct { const char *key; int decision; const char *by; const char *reason; } ActDecision;    /* retry close release */
typedef struct { const char *key; const char *document; int64_t pages; } ActDocument;                 /* hash of the PDF */
typedef struct { const char *reply; int class_; const char *by; const char *reason; const char *invoice; } ReplyDecision;
typedef struct { const char *what; const char *by; const char *evidence; const char *reason; } ApprovalRequest; /* asked for, withdrawn */
typedef struct { const char *channel; const char *address; int consent; const char *from; Instant since; } SharedConsent; /* revoked granted */
typedef enum { PARENT_UNKNOWN, PARENT_CYCLE, PARENT_NESTED } ParentProblem;
typedef struct { const char *collector; int problem; /* ParentProblem, -1 none */ } FamilyPlacement;
typedef struct { const char *child, *name, *records; Instant read_at; bool unread; } FamilyFacts; /* records: JSON {"invoices":[…],…} */
typedef struct { const char *child; } FamilyExit;
typedef struct { bool suspended; } FamilyService;
/* What an instance answered, as the outbox judged it by the declaration of the action (architecture §5), so that decide needs
 * no manifest: OK done; RETRY not applied or harmless, again at retry_at; UNCERTAIN with retry_at: state UNCERTAIN, looked up
 * then; UNCERTAIN without: HELD for a person; PERMANENT dead letter, or the next channel of its notice. AUTH and ABSENT never
 * come here: they have become RETRY or PERMANENT. A result may also come for an act in state RETRY or READY (its message could
 * not be rendered; its credential was found to be good). act.sent carries key, attempt, lookup. */
typedef struct {
    const char *key; int outcome; /* CallOutcome */ Instant retry_at; const char *external_id, *code, *message, *data; bool lookup; int64_t attempt;
} ActResult;
typedef enum { OUTCOME_OK, OUTCOME_RETRY, OUTCOME_PERMANENT, OUTCOME_AUTH, OUTCOME_UNCERTAIN, OUTCOME_ABSENT /* a look-up found nothing */ } CallOutcome;

typedef enum { EVENT_ERROR_TYPE, EVENT_ERROR_FIELD, EVENT_ERROR_FORM } EventError;
GQuark event_error_quark(void);
#define EVENT_ERROR event_error_quark()

/* From the CloudEvent's members; data is checked against the catalogue. The event and its texts live in the arena. */
bool event_decode(const char *type, const json_t *data, Arena *arena, Event *ret_event, GError **error);
/* The same from the bytes of the data member; n 0: it has none. The plain case costs no tree. */
bool event_decode_bytes(EventKind kind, const char *bytes, size_t n, Arena *arena, Event *ret_event, GError **error);
/* The data member; new reference, NULL for events without payload. */
json_t *event_encode(const Event *event);
bool event_has(const Event *event, const char *field);

#endif
