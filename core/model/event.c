#include "model/event.h"

#include <string.h>

#include "base/diag.h"

G_DEFINE_QUARK(dunhub - event - error - quark, event_error)

enum { OPTIONAL = 0, REQUIRED = FIELD_REQUIRED, PERSON = FIELD_PERSONAL, DATA_MAX_BYTES = 1 << 20 };

/* The member that half of the payloads share. */
#define BY(Struct)                                                                                 \
    FIELD(Struct, by, NAME, OPTIONAL, NULL, "Who asks for it; absent: the event's source.")
#define REASON(Struct) FIELD(Struct, reason, TEXT, PERSON, NULL, "Why, in that person's words.")

static const char *const attempt_outcomes[] = {"declined", "paid", NULL};
static const char *const message_outcomes[] = {"accepted", "delivered", "hard_bounce",
                                               "returned", "refused",   NULL};
static const char *const phone_outcomes[] = {"no_answer", "voicemail", "not_connected", "answered",
                                             NULL};
static const char *const tenant_statuses[] = {"grace_period", "at_risk", "moved_out", "ok", NULL};
static const char *const collections_outcomes[] = {"successful", "unsuccessful", NULL};
static const char *const shared_consents[] = {"revoked", "granted", NULL};
static const char *const act_decisions[] = {"retry", "close", "release", NULL};
static const char *const call_outcomes[] = {"ok",        "retry",  "permanent", "auth",
                                            "uncertain", "absent", NULL};

static const Field attempt_fields[] = {
    FIELD(PaymentAttempt, invoice, NAME, OPTIONAL, NULL, "Invoice that was to be paid."),
    FIELD(PaymentAttempt, outcome, CHOICE, REQUIRED, attempt_outcomes,
          "What the automatic payment came to; a declined one changes no date."),
    FIELD(PaymentAttempt, code, NAME, OPTIONAL, NULL, "Code of the refusal."),
};

static const Field ledger_read_fields[] = {
    FIELD(LedgerRead, source, NAME, REQUIRED, NULL, "Ledger instance that was read."),
    FIELD(LedgerRead, began_at, INSTANT, REQUIRED, NULL, "When the read began."),
    FIELD(LedgerRead, failed, BOOL, OPTIONAL, NULL, "Whether the ledger could not be read."),
    FIELD(LedgerRead, error, TEXT, OPTIONAL, NULL, "Why it could not be read."),
    FIELD(LedgerRead, disagree, BOOL, OPTIONAL, NULL,
          "Whether ledgers that mirror the account state different open amounts."),
};

static const Field message_fields[] = {
    FIELD(MessageReport, notice, NAME, OPTIONAL, NULL, "Key of the message it is about."),
    FIELD(MessageReport, act, NAME, OPTIONAL, NULL, "Key of the delivery it is about."),
    FIELD(MessageReport, channel, NAME, OPTIONAL, NULL, "Channel."),
    FIELD(MessageReport, address, NAME, PERSON, NULL, "Address of the customer on that channel."),
    FIELD(MessageReport, outcome, CHOICE, OPTIONAL, message_outcomes,
          "What became of the delivery; after hard_bounce and returned the address rests."),
    FIELD(MessageReport, text, TEXT, PERSON, NULL, "Text of a reply."),
    FIELD(MessageReport, code, NAME, OPTIONAL, NULL, "Code of the failure."),
};

static const Field call_fields[] = {
    FIELD(CallReport, outcome, CHOICE, REQUIRED, phone_outcomes, "How the call ended."),
    FIELD(CallReport, prior_consent_on, DATE, OPTIONAL, NULL,
          "Day on which the person agreed to this call; absent: no such consent."),
    FIELD(CallReport, act, NAME, OPTIONAL, NULL,
          "Key of the act that placed it; absent: a person placed it."),
    BY(CallReport),
};

static const Field flag_fields[] = {
    BY(FlagRequest),
    REASON(FlagRequest),
    FIELD(FlagRequest, currency, CURRENCY, OPTIONAL, NULL,
          "Currency to enter; absent: the one that is owed, or the organisation's."),
};

static const Field status_fields[] = {
    FIELD(StatusChange, status, CHOICE, REQUIRED, tenant_statuses, "New status."),
    FIELD(StatusChange, until, DATE, OPTIONAL, NULL,
          "Grace period: first day on which the account may become delinquent."),
    FIELD(StatusChange, moved_out_on, DATE, OPTIONAL, NULL, "Last day of the tenancy."),
    BY(StatusChange),
};

static const Field assignment_fields[] = {
    FIELD(Assignment, to, NAME, OPTIONAL, NULL, "Who looks after the account; absent: nobody."),
    BY(Assignment),
    FIELD(Assignment, item, NAME, OPTIONAL, NULL,
          "Only this item of the worklist; absent: the account."),
};

static const Field step_fields[] = {
    FIELD(StepRequest, step, NAME, REQUIRED, NULL,
          "Step to move to; paid_by_customer ends the delinquency."),
    BY(StepRequest),
    REASON(StepRequest),
    FIELD(StepRequest, currency, CURRENCY, OPTIONAL, NULL,
          "Currency of the cycle; absent: the only one."),
};

static const Field grace_fields[] = {
    FIELD(GraceRequest, extended_to, DATE, REQUIRED, NULL,
          "First day on which the account may become delinquent."),
    BY(GraceRequest),
    REASON(GraceRequest),
    FIELD(GraceRequest, currency, CURRENCY, OPTIONAL, NULL,
          "Currency it is for; absent: the only one."),
};

static const Field hold_set_fields[] = {
    FIELD(HoldRequest, kind, CHOICE, REQUIRED, hold_kind_words, "Kind of hold."),
    FIELD(HoldRequest, invoice, NAME, OPTIONAL, NULL, "Invoice to hold; absent: the account."),
    FIELD(HoldRequest, contact, NAME, PERSON, NULL, "Address to hold; absent: all."),
    FIELD(HoldRequest, from, DATE, OPTIONAL, NULL,
          "First day of a hold that is set ahead; absent: it begins at once."),
    FIELD(HoldRequest, until, DATE, OPTIONAL, NULL,
          "Last held day; absent: as the kind says, or until it is ended."),
    FIELD(HoldRequest, petition_on, DATE, OPTIONAL, NULL, "Bankruptcy: day of the petition."),
    FIELD(HoldRequest, crisis, BOOL, OPTIONAL, NULL,
          "Breathing space: for a mental health crisis; it runs until the treatment has ended, and "
          "on."),
    BY(HoldRequest),
    REASON(HoldRequest),
    FIELD(HoldRequest, blocks, TEXT, OPTIONAL, NULL,
          "Pause: what to block, comma separated; absent: everything a pause can block."),
};

static const Field hold_move_fields[] = {
    FIELD(HoldRequest, kind, CHOICE, REQUIRED, hold_kind_words, "Kind of the hold to move."),
    FIELD(HoldRequest, id, NAME, OPTIONAL, NULL,
          "Id of the hold; absent: the only one of that kind that is not over."),
    FIELD(HoldRequest, from, DATE, OPTIONAL, NULL,
          "New first day, of a hold that has not begun; absent: as it is."),
    FIELD(HoldRequest, until, DATE, OPTIONAL, NULL,
          "New last held day; null: until it is ended; absent: as it is."),
    BY(HoldRequest),
    REASON(HoldRequest),
};

static const Field hold_end_fields[] = {
    FIELD(HoldRequest, kind, CHOICE, REQUIRED, hold_kind_words, "Kind of hold to end."),
    FIELD(HoldRequest, invoice, NAME, OPTIONAL, NULL, "Invoice it was limited to."),
    FIELD(HoldRequest, contact, NAME, PERSON, NULL, "Address it was limited to."),
    BY(HoldRequest),
    REASON(HoldRequest),
};

static const Field exclusion_fields[] = {
    FIELD(ExclusionRequest, invoice, NAME, REQUIRED, NULL, "Invoice, by its id or number."),
    FIELD(ExclusionRequest, excluded, BOOL, REQUIRED, NULL,
          "Whether it is left out of dunning from now on; false: it counts again."),
    BY(ExclusionRequest),
    REASON(ExclusionRequest),
};

static const Field personal_fields[] = {
    BY(PersonalAct),
    REASON(PersonalAct),
};

static const Field promise_request_fields[] = {
    FIELD(PromiseRequest, id, NAME, OPTIONAL, NULL, "Id; absent: the hub makes one."),
    FIELD(PromiseRequest, amount, AMOUNT, REQUIRED, NULL, "Promised amount in minor units."),
    FIELD(PromiseRequest, currency, CURRENCY, OPTIONAL, NULL,
          "Currency of the amount; absent: the only one that is owed."),
    FIELD(PromiseRequest, promised_on, DATE, REQUIRED, NULL, "Day by which it is promised."),
    BY(PromiseRequest),
};

static const Field plan_request_fields[] = {
    FIELD(PlanRequest, id, NAME, OPTIONAL, NULL, "Id; absent: the hub makes one."),
    FIELD(PlanRequest, invoices, TEXT, REQUIRED, NULL, "Invoices to cover, comma separated."),
    FIELD(PlanRequest, instalments, INT, REQUIRED, NULL, "Number of monthly instalments."),
    FIELD(PlanRequest, first_on, DATE, REQUIRED, NULL, "Day of the first instalment."),
    BY(PlanRequest),
    REASON(PlanRequest),
};

static const Field collections_fields[] = {
    FIELD(CollectionsReport, outcome, CHOICE, REQUIRED, collections_outcomes,
          "How the placement ended."),
    BY(CollectionsReport),
};

static const Field approval_request_fields[] = {
    FIELD(
        ApprovalDecision, what, NAME, REQUIRED, NULL,
        "What is approved: legal, vip_collections, vip_legal, backdated_correction or plan:NAME."),
    BY(ApprovalDecision),
    FIELD(ApprovalDecision, requested_by, NAME, OPTIONAL, NULL,
          "Who asked for it; must be another person."),
    FIELD(ApprovalDecision, evidence, TEXT, PERSON, NULL, "Where the approval can be seen."),
    FIELD(ApprovalDecision, refused, BOOL, OPTIONAL, NULL, "Whether it was refused."),
};

static const Field approval_ask_fields[] = {
    FIELD(ApprovalRequest, what, NAME, REQUIRED, NULL,
          "What is asked for: legal, vip_collections, vip_legal, or a name that a condition asks "
          "for."),
    BY(ApprovalRequest),
    FIELD(ApprovalRequest, evidence, TEXT, PERSON, NULL, "What it rests on, and where it is seen."),
    REASON(ApprovalRequest),
};

static const Field reply_decision_fields[] = {
    FIELD(ReplyDecision, reply, NAME, REQUIRED, NULL, "Id of the reply."),
    {"class", FIELD_CHOICE, offsetof(ReplyDecision, class_), REQUIRED, reply_class_words,
     "What it says; nothing: nothing follows from it."},
    BY(ReplyDecision),
    REASON(ReplyDecision),
    FIELD(ReplyDecision, invoice, NAME, OPTIONAL, NULL,
          "Dispute: the invoice whose open amount is disputed."),
};

static const Field shared_fields[] = {
    FIELD(SharedConsent, channel, NAME, REQUIRED, NULL, "Channel of the answer."),
    FIELD(SharedConsent, address, NAME, REQUIRED | PERSON, NULL, "Address that it came from."),
    FIELD(SharedConsent, consent, CHOICE, REQUIRED, shared_consents, "What it came to."),
    FIELD(SharedConsent, from, NAME, OPTIONAL, NULL, "Account that was answered."),
    FIELD(SharedConsent, since, INSTANT, OPTIONAL, NULL, "When it was answered; absent: now."),
};

static const Field migration_fields[] = {
    FIELD(MigrationRequest, to_version, INT, REQUIRED, NULL,
          "Number of the policy's version to go on with."),
    BY(MigrationRequest),
};

static const Field erasure_fields[] = {
    BY(ErasureRequest),
    FIELD(ErasureRequest, reason, TEXT, OPTIONAL, NULL,
          "Why; it outlives the erasure, so it must not say whom it is about."),
};

static const Field act_decision_fields[] = {
    FIELD(ActDecision, key, NAME, REQUIRED, NULL, "Key of the act."),
    FIELD(ActDecision, decision, CHOICE, REQUIRED, act_decisions, "What to do with it."),
    BY(ActDecision),
    REASON(ActDecision),
};

static const Field act_result_fields[] = {
    FIELD(ActResult, key, NAME, REQUIRED, NULL, "Key of the act."),
    FIELD(ActResult, outcome, CHOICE, REQUIRED, call_outcomes,
          "What the instance answered; absent is the answer of a look-up."),
    FIELD(ActResult, retry_at, INSTANT, OPTIONAL, NULL,
          "Earliest instant of the next attempt, as the platform asks."),
    FIELD(ActResult, external_id, NAME, OPTIONAL, NULL, "Id of what was made on the platform."),
    FIELD(ActResult, code, NAME, OPTIONAL, NULL, "Code of the failure."),
    FIELD(ActResult, message, TEXT, OPTIONAL, NULL, "Message of the platform, one line."),
    FIELD(ActResult, data, JSON, OPTIONAL, NULL, "What the plugin returned."),
    FIELD(ActResult, lookup, BOOL, OPTIONAL, NULL, "Whether it answers a look-up."),
    FIELD(ActResult, attempt, INT, OPTIONAL, NULL, "Number of the attempt, from 1."),
};

static const Field act_sent_fields[] = {
    FIELD(ActResult, key, NAME, REQUIRED, NULL, "Key of the act."),
    FIELD(ActResult, lookup, BOOL, OPTIONAL, NULL, "Whether it is looked up, not attempted."),
    FIELD(ActResult, attempt, INT, OPTIONAL, NULL, "Number of the attempt, from 1."),
};

static const Field act_document_fields[] = {
    FIELD(ActDocument, key, NAME, REQUIRED, NULL, "Key of the act."),
    FIELD(ActDocument, document, NAME, REQUIRED, NULL, "Content hash of the PDF."),
    FIELD(ActDocument, pages, INT, OPTIONAL, NULL, "Number of its pages."),
};

static const char *const parent_problems[] = {"unknown_parent", "parent_cycle", "parent_nested",
                                              NULL};

static const Field placement_fields[] = {
    FIELD(FamilyPlacement, collector, NAME, OPTIONAL, NULL,
          "Account that collects its invoices; absent: itself."),
    FIELD(FamilyPlacement, problem, CHOICE, OPTIONAL, parent_problems,
          "Why the parent that is named does not."),
};

static const Field facts_fields[] = {
    FIELD(FamilyFacts, child, NAME, REQUIRED, NULL, "Account they are of."),
    FIELD(FamilyFacts, name, TEXT, PERSON, NULL, "Name of that customer."),
    FIELD(FamilyFacts, records, JSON, OPTIONAL, NULL,
          "Lists of invoices, payments, credits and disputes, under ids of the parent's own."),
    FIELD(FamilyFacts, read_at, INSTANT, OPTIONAL, NULL,
          "Start of the read of its ledger that confirmed it."),
    FIELD(FamilyFacts, unread, BOOL, OPTIONAL, NULL, "Whether its ledger could not be read."),
};

static const Field family_exit_fields[] = {
    FIELD(FamilyExit, child, NAME, REQUIRED, NULL, "Account that left."),
};

static const Field document_fields[] = {
    FIELD(DocumentReport, act, NAME, OPTIONAL, NULL, "Key of the act that sent it."),
    FIELD(DocumentReport, object, NAME, OPTIONAL, NULL,
          "The platform's own id of the document, where the act is not named."),
    FIELD(DocumentReport, by, NAME, PERSON, NULL, "Who signed or declined, as the platform says."),
    FIELD(DocumentReport, text, TEXT, PERSON, NULL, "What that person gave as reason."),
};

static const Field family_service_fields[] = {
    FIELD(FamilyService, suspended, BOOL, REQUIRED, NULL,
          "Whether the parent's service is suspended for delinquency now."),
};

#define TYPE(variable, Struct, DOC)                                                                \
    static RecordLayout variable##_layout;                                                         \
    static const RecordType variable##_type = {                                                    \
        #variable, sizeof(Struct),    variable##_fields, G_N_ELEMENTS(variable##_fields),          \
        DOC,       &variable##_layout}

TYPE(attempt, PaymentAttempt, "An automatic payment was attempted.");
TYPE(ledger_read, LedgerRead, "A read of the ledger covered the account.");
TYPE(message, MessageReport, "What became of a message, or a reply.");
TYPE(document, DocumentReport, "What became of a formal document.");
TYPE(call, CallReport, "A call to the customer ended.");
TYPE(flag, FlagRequest, "A person enters the account by hand.");
TYPE(status, StatusChange, "The status of the account changed elsewhere.");
TYPE(assignment, Assignment, "Somebody else looks after the account.");
TYPE(step, StepRequest, "A person moves the account.");
TYPE(grace, GraceRequest, "A person postpones delinquency.");
TYPE(hold_set, HoldRequest, "A hold begins.");
TYPE(hold_move, HoldRequest, "The days of a hold are moved.");
TYPE(hold_end, HoldRequest, "A hold ends.");
TYPE(exclusion, ExclusionRequest, "A person leaves one invoice out of dunning, or takes it in.");
TYPE(personal, PersonalAct, "A person reports an act.");
TYPE(promise_request, PromiseRequest, "The customer promised to pay.");
TYPE(plan_request, PlanRequest, "A payment plan was agreed.");
TYPE(collections, CollectionsReport, "The agency closed its case.");
TYPE(approval_request, ApprovalDecision, "A person approved or refused.");
TYPE(approval_ask, ApprovalRequest, "A person asks for an approval, or takes that back.");
TYPE(reply_decision, ReplyDecision, "A person says what a reply means.");
TYPE(shared, SharedConsent, "An address answered on another account.");
TYPE(migration, MigrationRequest, "A person moves the cycle to another policy version.");
TYPE(erasure, ErasureRequest, "Personal data is to be erased.");
TYPE(act_decision, ActDecision, "A person decided about an act.");
TYPE(act_result, ActResult, "What an instance answered.");
TYPE(act_sent, ActResult, "An act was handed to its instance.");
TYPE(act_document, ActDocument, "The letter of an act was drawn.");
TYPE(placement, FamilyPlacement, "Where an account is collected.");
TYPE(facts, FamilyFacts, "What the account that collects a child has to know of its books.");
TYPE(family_exit, FamilyExit, "A child left the family.");
TYPE(family_service, FamilyService, "The service of the family.");

/* Who emits it; what is neither OUTSIDE nor COMMAND comes from the hub alone. */
enum { HUB = 0, OUTSIDE = 1, COMMAND = 2 };

#define EVENT(KIND, NAME, PAYLOAD, FROM, DOC, EXAMPLE)                                             \
    [EVENT_##KIND] = {EVENT_##KIND,          NAME, PAYLOAD, ((FROM)&OUTSIDE) != 0,                 \
                      ((FROM)&COMMAND) != 0, DOC,  EXAMPLE}

const EventType event_types[N_EVENTS] = {
    EVENT(ACCOUNT_UPDATED, "account.updated", &account_type, OUTSIDE,
          "The ledger, a CRM or a person told facts of the account; what is not given stays.",
          "{\"external_id\":\"C-1007\",\"name\":\"Ada Moore\",\"kind\":\"tenant\","
          "\"is_consumer\":true,\"zone\":\"America/Chicago\",\"jurisdiction\":\"US/OH/Columbus\"}"),
    EVENT(INVOICE_UPDATED, "invoice.updated", &invoice_type, OUTSIDE,
          "An invoice as its ledger has it now; what is not given stays.",
          "{\"id\":\"I-1\",\"number\":\"2026-0071\",\"currency\":\"USD\",\"amount\":6500,"
          "\"issued_on\":\"2026-07-01\",\"due_on\":\"2026-07-10\",\"kind\":\"charge\","
          "\"status\":\"open\",\"version\":3}"),
    EVENT(PAYMENT_UPDATED, "payment.updated", &payment_type, OUTSIDE,
          "A payment as its ledger has it now; what is not given stays.",
          "{\"id\":\"P-1\",\"currency\":\"USD\",\"amount\":6500,\"state\":\"settled\","
          "\"method\":\"ach\",\"effective_on\":\"2026-07-14\"}"),
    EVENT(CREDIT_UPDATED, "credit.updated", &credit_type, OUTSIDE,
          "A credit note as its ledger has it now; what is not given stays.",
          "{\"id\":\"K-1\",\"currency\":\"USD\",\"amount\":500,\"issued_on\":\"2026-07-12\"}"),
    EVENT(DISPUTE_UPDATED, "dispute.updated", &dispute_type, OUTSIDE,
          "A dispute as its ledger has it now; what is not given stays.",
          "{\"id\":\"D-1\",\"invoice\":\"I-1\",\"amount\":2500,\"opened_on\":\"2026-07-12\","
          "\"outcome\":\"open\"}"),
    EVENT(CONTACT_UPDATED, "contact.updated", &contact_point_type, OUTSIDE,
          "A contact point of the customer; what is not given stays.",
          "{\"channel\":\"sms\",\"address\":\"+16145550100\",\"role\":\"payer\",\"position\":1,"
          "\"consent\":\"granted\",\"consent_at\":\"2026-01-03T15:00:00.000Z\"}"),
    EVENT(PAYMENT_ATTEMPTED, "payment.attempted", &attempt_type, OUTSIDE,
          "An automatic payment was attempted; a declined one changes no date.",
          "{\"invoice\":\"I-1\",\"outcome\":\"declined\",\"code\":\"card_expired\"}"),
    EVENT(LEDGER_READ, "ledger.read", &ledger_read_type, HUB,
          "The account was read at its ledger by a read that began at the given instant.",
          "{\"source\":\"rents\",\"began_at\":\"2026-07-16T14:00:00.000Z\"}"),
    EVENT(MESSAGE_ACCEPTED, "message.accepted", &message_type, OUTSIDE,
          "A channel accepted a message.",
          "{\"act\":\"A/c1/1/delinquency/email\",\"channel\":\"email\",\"outcome\":\"accepted\"}"),
    EVENT(MESSAGE_DELIVERED, "message.delivered", &message_type, OUTSIDE,
          "A message reached its address.",
          "{\"act\":\"A/c1/1/delinquency/email\",\"channel\":\"email\",\"outcome\":\"delivered\"}"),
    EVENT(MESSAGE_FAILED, "message.failed", &message_type, OUTSIDE,
          "A message did not reach its address; the next channel is tried.",
          "{\"act\":\"A/c1/1/delinquency/email\",\"address\":\"ada@example.test\","
          "\"channel\":\"email\",\"code\":\"550\",\"outcome\":\"hard_bounce\"}"),
    EVENT(MESSAGE_REPLIED, "message.replied", &message_type, OUTSIDE, "The customer answered.",
          "{\"address\":\"+16145550100\",\"channel\":\"sms\",\"text\":\"STOP\"}"),
    EVENT(CALL_COMPLETED, "call.completed", &call_type, OUTSIDE,
          "A call to the customer ended; it counts for the limits on calls.",
          "{\"outcome\":\"voicemail\",\"by\":\"person:maria\"}"),
    EVENT(DOCUMENT_SIGNED, "document.signed", &document_type, OUTSIDE,
          "All who had to sign a formal document have signed it.",
          "{\"act\":\"A/c1/3/pay_or_quit\",\"by\":\"Ann Example\"}"),
    EVENT(DOCUMENT_DECLINED, "document.declined", &document_type, OUTSIDE,
          "Somebody declined to sign a formal document; a person has to look at it.",
          "{\"act\":\"A/c1/3/pay_or_quit\",\"by\":\"Ann Example\",\"text\":\"not my debt\"}"),
    EVENT(ACCOUNT_FLAGGED, "account.flagged", &flag_type, OUTSIDE | COMMAND,
          "Manual entry: the account goes to the first step.",
          "{\"by\":\"person:maria\",\"reason\":\"two bounced cheques\"}"),
    EVENT(ACCOUNT_STATUS_CHANGED, "account.status_changed", &status_type, OUTSIDE | COMMAND,
          "A property system or a person set the customer's status.",
          "{\"status\":\"grace_period\",\"until\":\"2026-07-25\"}"),
    EVENT(ACCOUNT_ASSIGNED, "account.assigned", &assignment_type, OUTSIDE | COMMAND,
          "Somebody looks after the account from now on, or nobody.",
          "{\"to\":\"maria\",\"by\":\"person:maria\"}"),
    EVENT(STEP_CHANGE_REQUESTED, "step.change_requested", &step_type, COMMAND,
          "A person moves the account to a step, or out by paid_by_customer.",
          "{\"step\":\"suspended\",\"by\":\"person:maria\"}"),
    EVENT(GRACE_REQUESTED, "grace.requested", &grace_type, COMMAND,
          "A person postpones delinquency; refused beyond max_grace_days.",
          "{\"extended_to\":\"2026-07-25\",\"by\":\"person:maria\"}"),
    EVENT(HOLD_SET, "hold.set", &hold_set_type, OUTSIDE | COMMAND,
          "A hold begins now, or on the day that is named.",
          "{\"kind\":\"bankruptcy\",\"petition_on\":\"2026-07-10\",\"by\":\"person:maria\"}"),
    EVENT(HOLD_MOVED, "hold.moved", &hold_move_type, OUTSIDE | COMMAND,
          "The start of a hold that has not begun, or the end of one that is not over, is moved.",
          "{\"kind\":\"pause\",\"until\":\"2026-08-31\",\"by\":\"person:maria\"}"),
    EVENT(HOLD_ENDED, "hold.ended", &hold_end_type, OUTSIDE | COMMAND, "A hold is over at once.",
          "{\"kind\":\"help\",\"by\":\"person:maria\"}"),
    EVENT(INVOICE_EXCLUDED, "invoice.excluded", &exclusion_type, COMMAND,
          "A person leaves one invoice out of dunning, or takes it in again; the others stay.",
          "{\"invoice\":\"I-1\",\"excluded\":true,\"by\":\"person:maria\","
          "\"reason\":\"settled by offset\"}"),
    EVENT(SUSPENSION_CONFIRMED, "suspension.confirmed", &personal_type, COMMAND,
          "A person confirmed the suspension of a manual entry.", "{\"by\":\"person:maria\"}"),
    EVENT(PROMISE_MADE, "promise.made", &promise_request_type, OUTSIDE | COMMAND,
          "The customer promised to pay an amount by a day.",
          "{\"amount\":6500,\"currency\":\"USD\",\"promised_on\":\"2026-07-24\"}"),
    EVENT(PLAN_CREATED, "plan.created", &plan_request_type, COMMAND,
          "A person agreed on a payment plan for named invoices.",
          "{\"invoices\":\"I-1,I-2\",\"instalments\":3,\"first_on\":\"2026-08-01\","
          "\"by\":\"person:maria\",\"reason\":\"hardship: lost a job\"}"),
    EVENT(OUTREACH_DONE, "outreach.done", &personal_type, OUTSIDE | COMMAND,
          "The account manager reports that the customer was spoken to.",
          "{\"by\":\"person:jonas\"}"),
    EVENT(COLLECTIONS_CLOSED, "collections.closed", &collections_type, OUTSIDE | COMMAND,
          "The agency closed its case.", "{\"outcome\":\"unsuccessful\"}"),
    EVENT(APPROVAL_DECIDED, "approval.decided", &approval_request_type, OUTSIDE | COMMAND,
          "A person approved or refused what another one asked for.",
          "{\"what\":\"legal\",\"by\":\"person:jonas\",\"requested_by\":\"person:maria\","
          "\"evidence\":\"ticket 4711\"}"),
    EVENT(POLICY_MIGRATED, "policy.migrated", &migration_type, COMMAND,
          "A person moves the account to another version of its policy.",
          "{\"to_version\":2,\"by\":\"person:maria\"}"),
    EVENT(ACT_DECIDED, "act.decided", &act_decision_type, COMMAND,
          "A person decided about a held, dead or planned act.",
          "{\"key\":\"A/c1/2/suspend\",\"decision\":\"retry\",\"by\":\"person:maria\"}"),
    EVENT(REPLY_DECIDED, "reply.decided", &reply_decision_type, COMMAND,
          "A person says what a reply of the customer means; what was held for it is released.",
          "{\"reply\":\"reply3\",\"class\":\"dispute\",\"invoice\":\"I-1\","
          "\"by\":\"person:maria\"}"),
    EVENT(APPROVAL_REQUESTED, "approval.requested", &approval_ask_type, OUTSIDE | COMMAND,
          "A person asks that another one approve.",
          "{\"what\":\"legal\",\"by\":\"person:maria\",\"evidence\":\"ticket 4711\"}"),
    EVENT(APPROVAL_WITHDRAWN, "approval.withdrawn", &approval_ask_type, COMMAND,
          "A request for an approval is taken back.",
          "{\"what\":\"legal\",\"by\":\"person:maria\"}"),
    EVENT(EVALUATE_REQUESTED, "evaluate.requested", NULL, COMMAND,
          "A person wants the account evaluated now.", NULL),
    EVENT(ERASURE_REQUESTED, "erasure.requested", &erasure_type, COMMAND,
          "The personal data of an account whose case is over is to be erased.",
          "{\"by\":\"person:maria\",\"reason\":\"request under GDPR article 17\"}"),
    EVENT(ACT_RESULT, "act.result", &act_result_type, HUB, "What an instance answered to an act.",
          "{\"key\":\"A/c1/2/suspend\",\"outcome\":\"retry\","
          "\"retry_at\":\"2026-07-16T14:00:30.000Z\",\"code\":\"429\",\"attempt\":1}"),
    EVENT(ACT_SENT, "act.sent", &act_sent_type, HUB, "An act was handed to its instance.",
          "{\"key\":\"A/c1/2/suspend\",\"attempt\":1}"),
    EVENT(ACT_DOCUMENT, "act.document", &act_document_type, HUB,
          "The letter of an act was drawn; what is sent has this hash.",
          "{\"key\":\"A/c1/2/n/1\",\"document\":"
          "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\",\"pages\":2}"),
    EVENT(CONSENT_SHARED, "consent.shared", &shared_type, HUB,
          "The same address answered on another account: a revocation binds all of them.",
          "{\"channel\":\"sms\",\"address\":\"+16145550100\",\"consent\":\"revoked\","
          "\"from\":\"C-1008\"}"),
    EVENT(FAMILY_PLACED, "family.placed", &placement_type, HUB,
          "The parent of the account was looked up: its invoices are collected there, or alone.",
          "{\"collector\":\"P-1\"}"),
    EVENT(FAMILY_FACTS, "family.facts", &facts_type, HUB,
          "A child that is collected with this account joined, or its books changed.",
          "{\"child\":\"C-1\",\"name\":\"Unit 4\",\"records\":{\"invoices\":[{\"id\":\"C-1/I-1\","
          "\"amount\":6500,\"currency\":\"USD\",\"child\":\"C-1\"}]}}"),
    EVENT(FAMILY_LEFT, "family.left", &family_exit_type, HUB,
          "A child is collected with this account no longer.", "{\"child\":\"C-1\"}"),
    EVENT(FAMILY_SERVICE, "family.service", &family_service_type, HUB,
          "The service of the account that collects this one was suspended or restored.",
          "{\"suspended\":true}"),
    EVENT(WAKE, "wake", NULL, HUB, "Time alone may change the decision.", NULL),
    EVENT(EPOCH, "epoch", NULL, HUB,
          "The configuration, a calendar or the time zone database changed.", NULL),
};

const EventType *event_type_by_name(const char *name)
{
    for (size_t i = 0; i < N_EVENTS; i++) {
        if (strcmp(event_types[i].name, name) == 0)
            return &event_types[i];
    }
    return NULL;
}

static const EventType *known_type(const char *name, GError **error)
{
    const EventType *type = event_type_by_name(name);
    if (type)
        return type;
    const char *names[N_EVENTS + 1] = {NULL};
    for (size_t i = 0; i < N_EVENTS; i++)
        names[i] = event_types[i].name;
    const char *nearest = diag_nearest(name, names);
    g_set_error(error, EVENT_ERROR, EVENT_ERROR_TYPE, "unknown event type '%.100s'%s%s%s", name,
                nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return NULL;
}

static bool decode_payload(const EventType *type, const json_t *data, Arena *arena, Event *event,
                           GError **error)
{
    if (!json_is_object(data)) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_FORM,
                    "%s: needs a JSON object as data, such as %s", type->name, type->example);
        return false;
    }
    void *payload = arena_alloc(arena, type->payload->size);
    g_autoptr(GError) inner = NULL;
    if (!record_decode(type->payload, data, arena, payload, event->present, &inner)) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_FIELD, "%s: %s", type->name, inner->message);
        return false;
    }
    event->payload = payload;
    return true;
}

bool event_decode(const char *type_name, const json_t *data, Arena *arena, Event *ret_event,
                  GError **error)
{
    const EventType *type = known_type(type_name, error);
    if (!type)
        return false;
    Event event = {.kind = type->kind, .time = INSTANT_NONE, .received_at = INSTANT_NONE};
    bool is_empty = !data || json_is_null(data) || json_object_size(data) == 0;
    if (type->payload) {
        if (!decode_payload(type, data, arena, &event, error))
            return false;
    } else if (!is_empty || json_is_array(data)) {
        g_set_error(error, EVENT_ERROR, EVENT_ERROR_FORM, "%s: carries no data; leave it out",
                    type->name);
        return false;
    }
    *ret_event = event;
    return true;
}

bool event_decode_bytes(EventKind kind, const char *bytes, size_t n, Arena *arena, Event *ret_event,
                        GError **error)
{
    const EventType *type = &event_types[kind];
    if (type->payload && n > 0) {
        Event event = {.kind = kind, .time = INSTANT_NONE, .received_at = INSTANT_NONE};
        void *payload = arena_alloc(arena, type->payload->size);
        event.payload = payload;
        if (record_decode_flat(type->payload, bytes, n, arena, payload, event.present)) {
            *ret_event = event;
            return true;
        }
    }
    g_autoptr(json_t) data = n > 0 ? json_parse(bytes, n, DATA_MAX_BYTES, error) : NULL;
    return (n == 0 || data) && event_decode(type->name, data, arena, ret_event, error);
}

static bool is_present(const Event *event, size_t i)
{
    return (event->present[i / 64] & (UINT64_C(1) << (i % 64))) != 0;
}

json_t *event_encode(const Event *event)
{
    const RecordType *type = event_types[event->kind].payload;
    if (!type)
        return NULL;
    json_t *object = json_object();
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!is_present(event, i))
            continue;
        json_t *value = record_field_to_json(&type->fields[i], event->payload);
        json_object_set_new(object, type->fields[i].name, value ? value : json_null());
    }
    return object;
}

bool event_has(const Event *event, const char *field)
{
    const RecordType *type = event_types[event->kind].payload;
    for (size_t i = 0; type && i < type->n_fields; i++) {
        if (strcmp(type->fields[i].name, field) == 0)
            return is_present(event, i);
    }
    return false;
}
