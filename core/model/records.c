#include "model/records.h"

/* Who may set a field: an event from outside, which must name the record by its KEY fields, or
 * the hub alone. Free text about people and their addresses is PERSONAL. */
enum {
    GIVEN = 0,
    KEY = FIELD_KEY | FIELD_REQUIRED,
    KEPT = FIELD_DERIVED,
    KEPT_KEY = FIELD_DERIVED | FIELD_KEY,
    PERSON = FIELD_PERSONAL,
    PERSON_KEY = FIELD_KEY | FIELD_REQUIRED | FIELD_PERSONAL,
    KEPT_PERSON = FIELD_DERIVED | FIELD_PERSONAL,
};

static const char *const account_kinds[] = {"tenant", "subscriber", "business", NULL};
static const char *const service_states[] = {"active", "suspended", NULL};
static const char *const histories[] = {"excellent", "average", "poor", NULL};
static const char *const invoice_kinds[] = {"charge", "fee", "interest", "instalment", NULL};
static const char *const invoice_states[] = {"draft", "open", "void", "written_off", NULL};
static const char *const payment_states[] = {"pending", "settled", "failed", "reversed", NULL};
static const char *const dispute_outcomes[] = {"open", "creditor", "debtor", "withdrawn", NULL};
static const char *const consents[] = {"none", "granted", "revoked", "held_for_review", NULL};
const char *const hold_kind_words[] = {
    "pending",    "grace",    "promise", "plan",     "dispute", "help", "breathing_space",
    "bankruptcy", "attorney", "cease",   "deceased", "pause",   NULL};
static const char *const promise_states[] = {"open", "kept", "broken", "cancelled", NULL};
static const char *const plan_states[] = {"active", "defaulted", "completed", "cancelled", NULL};
static const char *const notice_states[] = {"planned",    "released",    "accepted",
                                            "suppressed", "unreachable", NULL};
static const char *const act_states[] = {"planned", "freshness",  "ready", "sent",
                                         "retry",   "uncertain",  "held",  "done",
                                         "dead",    "suppressed", NULL};
const char *const phone_outcome_words[] = {"no_answer", "voicemail", "not_connected",
                                           "answered",  "placed",    NULL};
static const char *const agreed[] = {"no", "yes", NULL};
const char *const reply_class_words[] = {
    "stop",         "start", "help",     "bankruptcy", "deceased", "attorney", "cease", "dispute",
    "wrong_person", "paid",  "hardship", "channel",    "nothing",  "unclear",  NULL};
static const char *const reply_states[] = {"settled", "open", "decided", NULL};
static const char *const request_states[] = {"open",      "approved", "refused",
                                             "withdrawn", "expired",  NULL};
static const char *const effects[] = {"read", "write", "contact", "legal", NULL};

static const Field account_fields[] = {
    FIELD(Account, id, NAME, KEPT_KEY, NULL, "The hub's own id of the account."),
    FIELD(Account, source, NAME, KEPT, NULL, "Ledger instance that told of the account."),
    FIELD(Account, external_id, NAME, GIVEN, NULL, "Customer id in that ledger."),
    FIELD(Account, name, TEXT, PERSON, NULL, "Name of the customer as letters show it."),
    FIELD(Account, kind, CHOICE, GIVEN, account_kinds, "What kind of customer it is."),
    FIELD(Account, is_consumer, BOOL, GIVEN, NULL,
          "Whether consumer protection rules apply to the customer."),
    FIELD(Account, zone, ZONE, GIVEN, NULL,
          "Time zone of the account's business dates; absent: the organisation's."),
    FIELD(Account, zones, TEXT, GIVEN, NULL,
          "Further possible time zones of the person, comma separated; a contact must fit all."),
    FIELD(Account, jurisdiction, NAME, GIVEN, NULL,
          "Path of the law that applies, such as US/OH/Columbus; absent: unknown."),
    FIELD(Account, language, NAME, GIVEN, NULL,
          "BCP 47 tag of the customer's language; absent: the organisation's."),
    FIELD(Account, policy, NAME, GIVEN, NULL,
          "Policy fixed for this account; absent: by its segment."),
    FIELD(Account, property, NAME, GIVEN, NULL, "Site or property the account belongs to."),
    FIELD(Account, lease, NAME, GIVEN, NULL,
          "Lease or contract of the account; settings may differ by it."),
    FIELD(Account, tags, TEXT, GIVEN, NULL, "Free words of the ledger, comma separated."),
    FIELD(Account, segment, NAME, GIVEN, NULL,
          "Segment to start with; judged anew by the hub at every evaluation."),
    FIELD(Account, pinned_segment, NAME, GIVEN, NULL,
          "Segment set by a person, which no rule changes."),
    FIELD(Account, channel_order, TEXT, GIVEN, NULL,
          "Channels in order of preference, comma separated; absent: order of contact points."),
    FIELD(Account, assignee, NAME, KEPT, NULL, "Person who looks after the account."),
    FIELD(Account, path, NAME, KEPT, NULL,
          "Special path of the account, such as former_tenant; absent: none."),
    FIELD(Account, service, CHOICE, GIVEN, service_states,
          "Whether the service runs, as acted and confirmed."),
    FIELD(Account, service_reasons, TEXT, GIVEN, NULL,
          "Why the service is suspended, comma separated; delinquency is one of them."),
    FIELD(Account, portal, CHOICE, GIVEN, service_states,
          "Whether the customer can use the portal."),
    FIELD(Account, disconnected, BOOL, KEPT, NULL,
          "Whether the account was disconnected for good; nothing is switched on again."),
    FIELD(Account, service_suspended_on, DATE, KEPT, NULL,
          "First suspended day of the running suspension."),
    FIELD(Account, annual_revenue_minor, AMOUNT, GIVEN, NULL,
          "Revenue of a year in minor units of the organisation's currency; absent: unknown."),
    FIELD(Account, history, CHOICE, GIVEN, histories,
          "Payment history; absent: computed from the ledger."),
    FIELD(Account, strategic, BOOL, GIVEN, NULL, "Whether the account is strategic."),
    FIELD(Account, overdue_invoices, INT, GIVEN, NULL,
          "Number of overdue invoices told by a CRM; the larger of it and the count is used."),
    FIELD(Account, collections_case_on, DATE, GIVEN, NULL, "Day of the latest collections case."),
    FIELD(Account, subscription_price_minor, AMOUNT, GIVEN, NULL,
          "Price of one billing period in minor units of settings.currency, for proration of a "
          "suspension."),
    FIELD(Account, at_risk, BOOL, KEPT, NULL, "Whether staff or a CRM judge the account at risk."),
    FIELD(Account, is_test, BOOL, GIVEN, NULL,
          "Whether it is an internal account: decided on, and acted upon only where "
          "act_on_test_accounts allows it."),
    FIELD(Account, failed_code, NAME, KEPT, NULL,
          "Code of the latest payment that failed, was declined or taken back."),
    FIELD(Account, failed_on, DATE, KEPT, NULL, "Local day on which the hub learnt of that."),
    FIELD(Account, third_party, BOOL, GIVEN, NULL,
          "Whether the debt was bought or assigned, so that a third-party collector collects it."),
    FIELD(Account, sole_trader, BOOL, GIVEN, NULL, "Whether the business is a person's own."),
    FIELD(Account, covered_dwelling, BOOL, GIVEN, NULL,
          "Whether the dwelling is federally covered (15 U.S.C. 9058)."),
    FIELD(Account, subsidised, BOOL, GIVEN, NULL, "Whether the housing is assisted."),
    FIELD(Account, units, INT, GIVEN, NULL, "Dwelling units of the building; 0: unknown."),
    FIELD(Account, monthly_rent_minor, AMOUNT, GIVEN, NULL,
          "Rent of a month in minor units; absent: unknown."),
    FIELD(Account, late_fee_agreed, CHOICE, GIVEN, agreed,
          "Whether the contract provides for a late fee in writing; absent: unknown."),
    FIELD(Account, inconvenient_times, TEXT, GIVEN, NULL,
          "Times at which the person asked not to be contacted: mon-fri 09:00-17:00, sun."),
    FIELD(Account, active_duty, BOOL, GIVEN, NULL, "Whether the person is in military service."),
    FIELD(Account, military_checked_on, DATE, GIVEN, NULL,
          "Day on which the military status was last asked of the register."),
    FIELD(Account, court_order_on, DATE, GIVEN, NULL,
          "Day on which a court allowed the eviction of a person in military service."),
    FIELD(Account, validation_sent_on, DATE, GIVEN, NULL,
          "Day on which the validation notice went; absent: none but the hub's own."),
    FIELD(Account, preaction_letter_on, DATE, GIVEN, NULL,
          "Day of the letter of claim with its forms; absent: none but the hub's own."),
    FIELD(Account, reply_form_on, DATE, GIVEN, NULL, "Day on which the reply form came back."),
    FIELD(Account, preaction_warning_on, DATE, GIVEN, NULL,
          "Day of the warning that a claim follows, given after the reply form."),
    FIELD(Account, parent, NAME, GIVEN, NULL,
          "Account it belongs to, as its ledger names it; absent: none."),
    FIELD(Account, collect_with_parent, BOOL, GIVEN, NULL,
          "Whether its invoices are dunned on its parent."),
    FIELD(Account, business_date, DATE, KEPT, NULL,
          "Highest local date ever decided on; it never goes back."),
    FIELD(Account, evaluated_on, DATE, KEPT, NULL, "Local date of the last daily evaluation."),
    FIELD(Account, ledger_began_at, INSTANT, KEPT, NULL,
          "Start of the ledger read that last confirmed the account."),
    FIELD(Account, next_id, INT, KEPT, NULL, "Counter for ids that decisions make."),
    FIELD(Account, erased_on, DATE, KEPT, NULL,
          "Local day on which its personal data was erased last; absent: never."),
    FIELD(Account, reasons, TEXT, KEPT, NULL,
          "Open reasons for intervention of the account itself, comma separated, sorted."),
    FIELD(Account, salt, NAME, KEPT, NULL,
          "Random hex text that personal data is hashed with; forgotten when data is erased."),
    FIELD(Account, collector, NAME, KEPT, NULL,
          "Account on which its invoices are collected now; absent: itself."),
};

static const Field invoice_fields[] = {
    FIELD(Invoice, id, NAME, KEY, NULL, "Id of the invoice, unique within the account."),
    FIELD(Invoice, number, NAME, GIVEN, NULL, "Number shown to the customer; absent: the id."),
    FIELD(Invoice, currency, CURRENCY, GIVEN, NULL, "Currency of the invoice."),
    FIELD(Invoice, amount, AMOUNT, GIVEN, NULL, "Amount of the invoice in minor units."),
    FIELD(Invoice, issued_on, DATE, GIVEN, NULL, "Day of issue."),
    FIELD(Invoice, due_on, DATE, GIVEN, NULL,
          "Due date that the ledger states; absent: derived from the day of issue."),
    FIELD(Invoice, kind, CHOICE, GIVEN, invoice_kinds, "What the invoice is for."),
    FIELD(Invoice, status, CHOICE, GIVEN, invoice_states, "State of the invoice in the ledger."),
    FIELD(Invoice, fee_type, NAME, GIVEN, NULL, "Kind of fee, such as late_fee; absent: no fee."),
    FIELD(Invoice, ledger_open, AMOUNT, GIVEN, NULL,
          "Open amount that the ledger states, in minor units; absent: computed."),
    FIELD(Invoice, stated_after, INT, KEPT, NULL,
          "Sequence of the last record known when ledger_open was stated."),
    FIELD(Invoice, version, INT, GIVEN, NULL,
          "Version of the object in its ledger; an older one is ignored; 0: none given."),
    FIELD(Invoice, sequence, INT, KEPT, NULL, "Order of arrival among the account's invoices."),
    FIELD(Invoice, plan, NAME, KEPT, NULL, "Running payment plan that covers the invoice."),
    FIELD(Invoice, cycle, NAME, KEPT, NULL, "For fees: the cycle that charged it."),
    FIELD(Invoice, excluded, BOOL, GIVEN, NULL,
          "Whether a person left this invoice out of dunning."),
    FIELD(Invoice, spent, BOOL, KEPT, NULL,
          "Whether it was counted when staff ended a delinquency and cannot start one again."),
    FIELD(Invoice, seen_at, INSTANT, KEPT, NULL, "When the hub first heard of it."),
    FIELD(Invoice, changed_on, DATE, KEPT, NULL, "Local day of the latest change of its status."),
    FIELD(Invoice, time_barred_on, DATE, GIVEN, NULL,
          "First day on which no court hears the claim any more; absent: unknown."),
    FIELD(Invoice, child, NAME, GIVEN, NULL,
          "Member of the family whose debt it is; absent: the account's own."),
    FIELD(Invoice, left_on, DATE, KEPT, NULL,
          "Day that member left the family; what others had paid of it by then stays."),
    FIELD(Invoice, external_id, NAME, KEPT, NULL,
          "Of what the hub booked: its id in the ledger; absent: the ledger has not taken it."),
    FIELD(Invoice, key, NAME, GIVEN, NULL,
          "Key under which the hub booked it, where the ledger keeps that."),
    FIELD(Invoice, opens, TEXT, KEPT, NULL,
          "Open amounts that the ledger stated, each with its day, for interest."),
};

static const Field payment_fields[] = {
    FIELD(Payment, id, NAME, KEY, NULL, "Id of the payment, unique within the account."),
    FIELD(Payment, currency, CURRENCY, GIVEN, NULL, "Currency of the payment."),
    FIELD(Payment, amount, AMOUNT, GIVEN, NULL, "Amount of the payment in minor units."),
    FIELD(Payment, state, CHOICE, GIVEN, payment_states,
          "How far the payment is; only a settled one lowers what is owed."),
    FIELD(Payment, invoice, NAME, GIVEN, NULL, "Invoice that it settles first."),
    FIELD(Payment, plan, NAME, GIVEN, NULL, "Payment plan whose instalments it settles."),
    FIELD(Payment, method, NAME, GIVEN, NULL, "Means of payment, such as ach, card or cheque."),
    FIELD(Payment, origin, NAME, GIVEN, NULL, "Where it was made, such as phone or web."),
    FIELD(Payment, code, NAME, GIVEN, NULL, "Code of the failure or return."),
    FIELD(Payment, effective_on, DATE, GIVEN, NULL,
          "Day that counts in the books; absent: the day on which the hub learnt of it."),
    FIELD(Payment, initiated_on, DATE, GIVEN, NULL, "Day on which the payer started it."),
    FIELD(Payment, settled_on, DATE, KEPT, NULL, "Local day on which the hub learnt it settled."),
    FIELD(Payment, ended_on, DATE, KEPT, NULL,
          "Local day on which the hub learnt that it failed or was reversed."),
    FIELD(Payment, version, INT, GIVEN, NULL,
          "Version of the object in its ledger; an older one is ignored; 0: none given."),
    FIELD(Payment, sequence, INT, KEPT, NULL, "Order of arrival among the account's payments."),
    FIELD(Payment, child, NAME, GIVEN, NULL,
          "Member of the family that paid it; absent: the account itself."),
    FIELD(Payment, left_on, DATE, KEPT, NULL,
          "Day that member left the family and took its money along."),
};

static const Field credit_fields[] = {
    FIELD(Credit, id, NAME, KEY, NULL, "Id of the credit note, unique within the account."),
    FIELD(Credit, currency, CURRENCY, GIVEN, NULL, "Currency of the credit note."),
    FIELD(Credit, amount, AMOUNT, GIVEN, NULL, "Amount of the credit note in minor units."),
    FIELD(Credit, invoice, NAME, GIVEN, NULL, "Invoice it is applied to; absent: unapplied."),
    FIELD(Credit, cancelled, BOOL, GIVEN, NULL, "Whether it was cancelled; the debt is back."),
    FIELD(Credit, issued_on, DATE, GIVEN, NULL, "Day of issue."),
    FIELD(Credit, cancelled_on, DATE, GIVEN, NULL, "Day on which it was cancelled."),
    FIELD(Credit, kind, NAME, KEPT, NULL,
          "Why the hub booked it, such as suspension_proration; absent: the ledger did."),
    FIELD(Credit, version, INT, GIVEN, NULL,
          "Version of the object in its ledger; an older one is ignored; 0: none given."),
    FIELD(Credit, sequence, INT, KEPT, NULL, "Order of arrival among the account's credits."),
    FIELD(Credit, child, NAME, GIVEN, NULL,
          "Member of the family it was given to; absent: the account itself."),
    FIELD(Credit, left_on, DATE, KEPT, NULL, "Day that member left the family and took it along."),
    FIELD(Credit, external_id, NAME, KEPT, NULL,
          "Of what the hub booked: its id in the ledger; absent: the ledger has not taken it."),
    FIELD(Credit, key, NAME, GIVEN, NULL,
          "Key under which the hub booked it, where the ledger keeps that."),
};

static const Field dispute_fields[] = {
    FIELD(Dispute, id, NAME, KEY, NULL, "Id of the dispute, unique within the account."),
    FIELD(Dispute, invoice, NAME, GIVEN, NULL, "Invoice that is disputed."),
    FIELD(Dispute, amount, AMOUNT, GIVEN, NULL,
          "Disputed amount in minor units of the invoice's currency; at most the open one counts."),
    FIELD(Dispute, opened_on, DATE, GIVEN, NULL, "Day on which it was opened."),
    FIELD(Dispute, closed_on, DATE, GIVEN, NULL, "Day on which it was closed."),
    FIELD(Dispute, outcome, CHOICE, GIVEN, dispute_outcomes, "For whom it was decided, or open."),
    FIELD(Dispute, written, BOOL, GIVEN, NULL,
          "Whether it was stated in writing: collection rests until it was verified."),
    FIELD(Dispute, verified_on, DATE, GIVEN, NULL, "Day on which verification was sent."),
    FIELD(Dispute, whole_from, DATE, KEPT, NULL,
          "First day on which all that was open was disputed, so that the invoice does not age."),
};

static const Field contact_point_fields[] = {
    FIELD(ContactPoint, channel, NAME, KEY, NULL,
          "Channel: email, sms, voice, letter, in_app or one of the configuration."),
    FIELD(ContactPoint, address, NAME, PERSON_KEY, NULL, "Address on that channel."),
    FIELD(ContactPoint, role, NAME, GIVEN, NULL,
          "Whose it is: payer, occupant, guarantor, account_manager, attorney or estate."),
    FIELD(ContactPoint, position, INT, GIVEN, NULL, "Order of preference, from 0."),
    FIELD(ContactPoint, consent, CHOICE, GIVEN, consents,
          "Consent to automated messages and calls on this point."),
    FIELD(ContactPoint, consent_at, INSTANT, GIVEN, NULL, "When consent was given or revoked."),
    FIELD(ContactPoint, consent_wording, TEXT, GIVEN, NULL, "Words to which consent was given."),
    FIELD(ContactPoint, undeliverable, BOOL, GIVEN, NULL,
          "Whether a delivery failed for good; the point rests until it is corrected."),
    FIELD(ContactPoint, inconvenient, BOOL, GIVEN, NULL,
          "Whether the person asked not to be contacted there, at work for example."),
    FIELD(ContactPoint, shared, BOOL, GIVEN, NULL, "Whether others read or hear what comes there."),
    FIELD(ContactPoint, reassigned, BOOL, GIVEN, NULL,
          "Whether the number belongs to someone else now."),
    FIELD(ContactPoint, reassigned_checked_on, DATE, GIVEN, NULL,
          "Day on which the register of reassigned numbers was last asked."),
    FIELD(ContactPoint, consent_before, CHOICE, KEPT, consents,
          "Consent that stood before it was held for review."),
};

static const Field hold_fields[] = {
    FIELD(Hold, id, NAME, KEPT_KEY, NULL, "Id of the hold, unique within the account."),
    FIELD(Hold, kind, CHOICE, KEPT, hold_kind_words, "What kind of hold it is."),
    FIELD(Hold, invoice, NAME, KEPT, NULL, "Invoice it is limited to; absent: the account."),
    FIELD(Hold, contact, NAME, KEPT_PERSON, NULL, "Address it is limited to; absent: all."),
    FIELD(Hold, currency, CURRENCY, KEPT, NULL, "Currency it is limited to; absent: all."),
    FIELD(Hold, from, DATE, KEPT, NULL, "First held day."),
    FIELD(Hold, starts_on, DATE, KEPT, NULL,
          "First day on which it blocks anything; absent: from the moment it was set."),
    FIELD(Hold, until, DATE, KEPT, NULL, "Last held day; absent: until a person ends it."),
    FIELD(Hold, over_on, DATE, KEPT, NULL, "Local day on which it was over; absent: it runs."),
    FIELD(Hold, petition_on, DATE, KEPT, NULL, "Bankruptcy: debt from before this day is held."),
    FIELD(Hold, crisis, BOOL, KEPT, NULL,
          "Breathing space: for a mental health crisis; it runs on after the treatment."),
    FIELD(Hold, days_granted, INT, KEPT, NULL, "Grace: granted calendar days."),
    FIELD(Hold, author, NAME, KEPT, NULL, "Who set it."),
    FIELD(Hold, reason, TEXT, KEPT_PERSON, NULL, "Why, in the author's words."),
    FIELD(Hold, blocks, TEXT, KEPT, NULL,
          "Pause: what it blocks, comma separated; absent: everything a pause can block."),
};

static const Field promise_fields[] = {
    FIELD(Promise, id, NAME, KEPT_KEY, NULL, "Id of the promise, unique within the account."),
    FIELD(Promise, cycle, NAME, KEPT, NULL, "Cycle it counts in."),
    FIELD(Promise, currency, CURRENCY, KEPT, NULL, "Currency of the promised amount."),
    FIELD(Promise, amount, AMOUNT, KEPT, NULL, "Promised amount in minor units."),
    FIELD(Promise, promised_on, DATE, KEPT, NULL, "Day by which it was promised."),
    FIELD(Promise, made_on, DATE, KEPT, NULL, "Local day on which it was made."),
    FIELD(Promise, made_after, INT, KEPT, NULL,
          "Sequence of the last payment before it; later ones count towards it."),
    FIELD(Promise, state, CHOICE, KEPT, promise_states, "What became of it."),
};

static const Field plan_fields[] = {
    FIELD(Plan, id, NAME, KEPT_KEY, NULL, "Id of the payment plan, unique within the account."),
    FIELD(Plan, currency, CURRENCY, KEPT, NULL, "Currency of the plan."),
    FIELD(Plan, amount, AMOUNT, KEPT, NULL, "Sum of its instalments in minor units."),
    FIELD(Plan, invoices, TEXT, KEPT, NULL, "Invoices it covers, comma separated."),
    FIELD(Plan, instalments, INT, KEPT, NULL, "Number of monthly instalments."),
    FIELD(Plan, first_on, DATE, KEPT, NULL, "Day of the first instalment."),
    FIELD(Plan, made_on, DATE, KEPT, NULL, "Local day on which it was agreed."),
    FIELD(Plan, state, CHOICE, KEPT, plan_states, "What became of it."),
    FIELD(Plan, held_cycle, NAME, KEPT, NULL, "Cycle parked while it runs; absent: none ran."),
    FIELD(Plan, delayed_from, DATE, KEPT, NULL,
          "Day from which pending money delays its default; absent: not used yet."),
    FIELD(Plan, ended_on, DATE, KEPT, NULL, "Local day on which it ended."),
    FIELD(Plan, reason, TEXT, KEPT_PERSON, NULL, "Why it was offered, and by whom."),
};

static const Field instalment_fields[] = {
    FIELD(Instalment, plan, NAME, KEPT_KEY, NULL, "Plan it belongs to."),
    FIELD(Instalment, number, INT, KEPT_KEY, NULL, "Number within the plan, from 1."),
    FIELD(Instalment, due_on, DATE, KEPT, NULL, "Day on which it is due."),
    FIELD(Instalment, amount, AMOUNT, KEPT, NULL, "Amount in minor units of the plan's currency."),
};

static const Field cycle_fields[] = {
    FIELD(Cycle, id, NAME, KEPT_KEY, NULL, "Id of the cycle, unique within the account."),
    FIELD(Cycle, currency, CURRENCY, KEPT, NULL, "Currency whose debt it is about."),
    FIELD(Cycle, opened_on, DATE, KEPT, NULL, "Local day on which it opened."),
    FIELD(Cycle, closed_on, DATE, KEPT, NULL, "Local day on which it closed; absent: open."),
    FIELD(Cycle, closed_reason, NAME, KEPT, NULL,
          "Why it closed: payment, credit, void, write_off or staff."),
    FIELD(Cycle, parked, BOOL, KEPT, NULL,
          "Whether a dispute or a plan parks it: open, but outside delinquency."),
    FIELD(Cycle, reopened, BOOL, KEPT, NULL, "Whether a reversal opened it again."),
    FIELD(Cycle, policy, NAME, KEPT, NULL, "Policy of the current step."),
    FIELD(Cycle, policy_hash, NAME, KEPT, NULL, "Content hash of that policy's version."),
    FIELD(Cycle, policy_version, INT, KEPT, NULL, "Number of that version, from 1."),
    FIELD(Cycle, segment, NAME, KEPT, NULL, "Segment when the step was entered."),
    FIELD(Cycle, step, NAME, KEPT, NULL, "Current step; absent: not delinquent."),
    FIELD(Cycle, last_step, NAME, KEPT, NULL,
          "Step held before leaving, where a reopened cycle goes on."),
    FIELD(Cycle, entry, INT, KEPT, NULL, "Number of the current step entry, from 1."),
    FIELD(Cycle, step_since, DATE, KEPT, NULL, "Local day on which the step was entered."),
    FIELD(Cycle, executed_on, DATE, KEPT, NULL,
          "Local day on which a channel accepted the step's notice; absent: not yet."),
    FIELD(Cycle, dwell_from, DATE, KEPT, NULL, "Day from which the least stay counts."),
    FIELD(Cycle, dwell_days, INT, KEPT, NULL,
          "Least stay in calendar days, of the policy under which the notice was executed."),
    FIELD(Cycle, delinquent_since, DATE, KEPT, NULL, "First day of the current or last stay."),
    FIELD(Cycle, entry_reason, NAME, KEPT, NULL, "Why it was entered: rule or manual."),
    FIELD(Cycle, rule_since, DATE, KEPT, NULL,
          "Day since which the conditions of entry hold by themselves; absent: not yet."),
    FIELD(Cycle, exit_reason, NAME, KEPT, NULL,
          "Why it was last left: payment, credit, void, write_off, grace, dispute, plan, staff."),
    FIELD(Cycle, left_on, DATE, KEPT, NULL, "Local day on which it was last left."),
    FIELD(Cycle, manual_shield, BOOL, KEPT, NULL,
          "Whether a manual entry is still exempt from leaving by itself."),
    FIELD(Cycle, suspension_confirmed, BOOL, KEPT, NULL,
          "Whether a person confirmed the suspension of a manual entry."),
    FIELD(Cycle, fee_charged, BOOL, KEPT, NULL, "Whether the late fee was charged."),
    FIELD(Cycle, fee_dropped, BOOL, KEPT, NULL, "Whether a hold dropped the late fee."),
    FIELD(Cycle, fee_due_on, DATE, KEPT, NULL,
          "First day on which law allows the late fee; absent: no fee waits."),
    FIELD(Cycle, fee_for, TEXT, KEPT, NULL,
          "Steps whose fee waits, comma separated; @entry: that of the entry itself."),
    FIELD(Cycle, fee_steps, TEXT, KEPT, NULL,
          "Steps whose fee was charged or dropped, comma separated, sorted."),
    FIELD(Cycle, pending_from, DATE, KEPT, NULL,
          "Day from which pending money delays the entry; absent: not used yet."),
    FIELD(Cycle, pending_until, DATE, KEPT, NULL, "Last day of that delay."),
    FIELD(Cycle, pending_act_from, DATE, KEPT, NULL,
          "Day from which pending money delays adverse acts; absent: not used yet."),
    FIELD(Cycle, pending_act_until, DATE, KEPT, NULL, "Last day of that delay."),
    FIELD(Cycle, pending_act, NAME, KEPT, NULL,
          "Effect that it holds back: suspension, disconnection, collections or legal."),
    FIELD(Cycle, pending_used, TEXT, KEPT, NULL,
          "Effects that were held back in this cycle, comma separated: each once."),
    FIELD(Cycle, grace_days_used, INT, KEPT, NULL, "Calendar days of grace granted so far."),
    FIELD(Cycle, broken_promises, INT, KEPT, NULL, "Number of broken promises."),
    FIELD(Cycle, promises, INT, KEPT, NULL, "Number of promises made."),
    FIELD(Cycle, anchor, NAME, KEPT, NULL, "Invoice with the greatest escalation age."),
    FIELD(Cycle, outcome, NAME, KEPT, NULL,
          "How collections ended: successful or unsuccessful; absent: not ended."),
    FIELD(Cycle, migrated_on, DATE, KEPT, NULL,
          "Local day on which the cycle was moved to another version of its policy."),
    FIELD(Cycle, reasons, TEXT, KEPT, NULL,
          "Open reasons for intervention, comma separated, sorted."),
    FIELD(Cycle, awaiting, TEXT, KEPT, NULL, "What it waits for, comma separated, sorted."),
    FIELD(Cycle, proposals, TEXT, KEPT, NULL,
          "Corrections proposed to people, comma separated, sorted."),
    FIELD(Cycle, first_notice_under, DATE, KEPT, NULL,
          "Local day on which the first notice of the current policy was executed."),
};

static const Field notice_fields[] = {
    FIELD(Notice, key, NAME, KEPT_KEY, NULL,
          "Key of the message; a repeat of the same message has the same one."),
    FIELD(Notice, cycle, NAME, KEPT, NULL, "Cycle it belongs to; absent: outside one."),
    FIELD(Notice, name, NAME, KEPT, NULL, "Name of the message, such as delinquency."),
    FIELD(Notice, template_name, NAME, KEPT, NULL, "Template it is written with."),
    FIELD(Notice, step, NAME, KEPT, NULL, "Step that it executes; absent: none."),
    FIELD(Notice, entry, INT, KEPT, NULL, "Number of the step entry."),
    FIELD(Notice, currency, CURRENCY, KEPT, NULL, "Currency it is about."),
    FIELD(Notice, invoice, NAME, KEPT, NULL, "Invoice it is about; absent: consolidated."),
    FIELD(Notice, severity, INT, KEPT, NULL, "The most severe message of a day goes."),
    FIELD(Notice, planned_on, DATE, KEPT, NULL, "Local day on which it was planned."),
    FIELD(Notice, release_at, INSTANT, KEPT, NULL, "Planned instant of its release."),
    FIELD(Notice, state, CHOICE, KEPT, notice_states, "How far it is."),
    FIELD(Notice, reason, NAME, KEPT, NULL, "Why it was suppressed."),
    FIELD(Notice, covered_by, NAME, KEPT, NULL, "Message of the same day that stands for it."),
    FIELD(Notice, amount, AMOUNT, KEPT, NULL, "Amount shown, in minor units."),
    FIELD(Notice, invoices, JSON, KEPT, NULL, "Invoices shown, with number, amount and age."),
    FIELD(Notice, channel, NAME, KEPT, NULL, "Channel that was used last."),
    FIELD(Notice, handed_on, DATE, KEPT, NULL, "Local day of the first hand-over to a channel."),
    FIELD(Notice, accepted_on, DATE, KEPT, NULL, "Local day on which a channel accepted it."),
    FIELD(Notice, content, NAME, KEPT, NULL, "Content hash of what was sent."),
    FIELD(Notice, charges, JSON, KEPT, NULL,
          "Fees and interest shown that are booked and not overdue yet, as invoices are."),
};

static const Field act_fields[] = {
    FIELD(Act, key, NAME, KEPT_KEY, NULL, "Key of the act; every attempt has the same one."),
    FIELD(Act, cycle, NAME, KEPT, NULL, "Cycle it belongs to; absent: outside one."),
    FIELD(Act, step, NAME, KEPT, NULL, "Step it belongs to."),
    FIELD(Act, entry, INT, KEPT, NULL, "Number of the step entry."),
    FIELD(Act, action, NAME, KEPT, NULL, "Name in the configuration, or the verb."),
    FIELD(Act, verb, NAME, KEPT, NULL, "What is asked for, such as message.email."),
    FIELD(Act, instance, NAME, KEPT, NULL,
          "Plugin instance that carries it out; absent: the hub itself."),
    FIELD(Act, purpose, NAME, KEPT, NULL, "What it answers to, such as step_entered."),
    FIELD(Act, notice, NAME, KEPT, NULL, "Message that it delivers; absent: none."),
    FIELD(Act, channel, NAME, KEPT, NULL, "Channel of the delivery."),
    FIELD(Act, address, NAME, KEPT_PERSON, NULL, "Address of the delivery."),
    FIELD(Act, template_name, NAME, KEPT, NULL, "Template of the document it carries."),
    FIELD(Act, object, NAME, KEPT, NULL, "Act that made the object it works on."),
    FIELD(Act, effect, CHOICE, KEPT, effects, "Effect that its plugin declares."),
    FIELD(Act, adverse, BOOL, KEPT, NULL,
          "Whether it harms the customer: the ledger is read before it."),
    FIELD(Act, required, BOOL, KEPT, NULL, "Whether its step waits until it is done."),
    FIELD(Act, undo, BOOL, KEPT, NULL, "Whether it takes back an earlier act."),
    FIELD(Act, undo_verb, NAME, KEPT, NULL,
          "Verb that takes it back when the account leaves; absent: none."),
    FIELD(Act, state, CHOICE, KEPT, act_states, "How far it is."),
    FIELD(Act, reason, NAME, KEPT, NULL, "Why it was suppressed or waits."),
    FIELD(Act, planned_on, DATE, KEPT, NULL, "Local day on which it was decided."),
    FIELD(Act, release_at, INSTANT, KEPT, NULL, "Planned instant of its release."),
    FIELD(Act, fresh_after, INSTANT, KEPT, NULL,
          "It needs a ledger read that began after this instant."),
    FIELD(Act, next_at, INSTANT, KEPT, NULL, "It is tried or looked up not before this instant."),
    FIELD(Act, attempts, INT, KEPT, NULL, "Number of attempts so far."),
    FIELD(Act, external_id, NAME, KEPT, NULL, "Id of what it made on the platform."),
    FIELD(Act, done_on, DATE, KEPT, NULL, "Local day on which it was done."),
    FIELD(Act, done_at, INSTANT, KEPT, NULL, "Instant at which it was done."),
    FIELD(Act, input, JSON, KEPT_PERSON, NULL, "Input of the plugin, without the document."),
    FIELD(Act, content, NAME, KEPT, NULL, "Content hash of the document it carries."),
    FIELD(Act, document, NAME, KEPT, NULL,
          "Content hash of the PDF that was drawn from it; absent: none."),
    FIELD(Act, error, TEXT, KEPT, NULL, "Last message of the platform, one line."),
    FIELD(Act, sequence, INT, KEPT, NULL, "Order among the account's acts."),
};

static const Field approval_fields[] = {
    FIELD(Approval, what, NAME, KEPT_KEY, NULL, "What was approved, such as legal."),
    FIELD(Approval, cycle, NAME, KEPT_KEY, NULL, "Cycle it is for; absent: the account."),
    FIELD(Approval, by, NAME, KEPT_KEY, NULL, "Who approved."),
    FIELD(Approval, requested_by, NAME, KEPT, NULL, "Who asked for it."),
    FIELD(Approval, at, INSTANT, KEPT_KEY, NULL, "When it was given."),
    FIELD(Approval, given_on, DATE, KEPT, NULL, "Local day on which it was given."),
    FIELD(Approval, valid_through, DATE, KEPT, NULL, "Last day it holds; absent: no end."),
    FIELD(Approval, evidence, TEXT, KEPT_PERSON, NULL, "Where the approval can be seen."),
};

static const Field phone_call_fields[] = {
    FIELD(PhoneCall, id, NAME, KEPT_KEY, NULL, "Id of the call."),
    FIELD(PhoneCall, act, NAME, KEPT, NULL, "Act that placed it; absent: a person did."),
    FIELD(PhoneCall, placed_at, INSTANT, KEPT, NULL, "When it was placed."),
    FIELD(PhoneCall, placed_on, DATE, KEPT, NULL, "Local day on which it was placed."),
    FIELD(PhoneCall, outcome, CHOICE, KEPT, phone_outcome_words,
          "How it ended; placed: not reported yet."),
    FIELD(PhoneCall, prior_consent_on, DATE, KEPT, NULL,
          "Day on which the person agreed to it; absent: no such consent."),
    FIELD(PhoneCall, by, NAME, KEPT, NULL, "Who reported it."),
};

static const Field reply_fields[] = {
    FIELD(Reply, id, NAME, KEPT_KEY, NULL, "Id of the reply, unique within the account."),
    FIELD(Reply, channel, NAME, KEPT, NULL, "Channel on which it came."),
    FIELD(Reply, address, NAME, KEPT_PERSON, NULL, "Address from which it came."),
    FIELD(Reply, text, TEXT, KEPT_PERSON, NULL,
          "The customer's own words, without what was quoted; bounded."),
    FIELD(Reply, received_on, DATE, KEPT, NULL, "Local day on which it came."),
    {"class", FIELD_CHOICE, offsetof(Reply, class_), KEPT, reply_class_words,
     "What it says, by rule or by a person."},
    FIELD(Reply, rules, TEXT, KEPT, NULL, "Rules that spoke, comma separated; absent: none."),
    FIELD(Reply, state, CHOICE, KEPT, reply_states, "Whether a person has to decide about it."),
    FIELD(Reply, holds, TEXT, KEPT, NULL, "Holds that it set, comma separated."),
    FIELD(Reply, held, TEXT, KEPT, NULL,
          "Channels that are held until it is decided, comma separated."),
    FIELD(Reply, decided_by, NAME, KEPT, NULL, "Who decided about it."),
    FIELD(Reply, decided_on, DATE, KEPT, NULL, "Local day of that decision."),
};

static const Field request_fields[] = {
    FIELD(Request, id, NAME, KEPT_KEY, NULL, "Id of the request, unique within the account."),
    FIELD(Request, what, NAME, KEPT, NULL, "What is to be approved, such as legal."),
    FIELD(Request, cycle, NAME, KEPT, NULL, "Cycle it is for; absent: the account."),
    FIELD(Request, by, NAME, KEPT, NULL, "Who asks."),
    FIELD(Request, asked_on, DATE, KEPT, NULL, "Local day on which it was asked for."),
    FIELD(Request, expires_on, DATE, KEPT, NULL, "Last day on which it can be approved."),
    FIELD(Request, evidence, TEXT, KEPT_PERSON, NULL, "What it rests on, and where it is seen."),
    FIELD(Request, state, CHOICE, KEPT, request_states, "What became of it."),
    FIELD(Request, ended_by, NAME, KEPT, NULL, "Who approved, refused or withdrew it."),
    FIELD(Request, ended_on, DATE, KEPT, NULL, "Local day on which it ended."),
};

static const Field duty_fields[] = {
    FIELD(Duty, item, NAME, KEPT_KEY, NULL, "Item of the worklist."),
    FIELD(Duty, to, NAME, KEPT, NULL, "Who has it; absent: whoever has the account."),
    FIELD(Duty, by, NAME, KEPT, NULL, "Who gave it."),
    FIELD(Duty, since, DATE, KEPT, NULL, "Local day on which it was given."),
};

static const Field interest_accrual_fields[] = {
    FIELD(InterestAccrual, invoice, NAME, KEPT_KEY, NULL, "Invoice that bears the interest."),
    FIELD(InterestAccrual, currency, CURRENCY, KEPT, NULL, "Currency of the amounts."),
    FIELD(InterestAccrual, booked, AMOUNT, KEPT, NULL,
          "Interest booked so far, less corrections, in minor units."),
    FIELD(InterestAccrual, through, DATE, KEPT, NULL, "Last day up to which it was booked."),
    FIELD(InterestAccrual, fixed, AMOUNT, KEPT, NULL,
          "Fixed sum of the law that was booked, once for the invoice, in minor units."),
    FIELD(InterestAccrual, rule, NAME, KEPT, NULL,
          "Row of the law that the rate comes from, or contract."),
};

static const Field family_member_fields[] = {
    FIELD(FamilyMember, child, NAME, KEPT_KEY, NULL, "Account that is collected with this one."),
    FIELD(FamilyMember, name, TEXT, KEPT_PERSON, NULL, "Name of that customer."),
    FIELD(FamilyMember, joined_on, DATE, KEPT, NULL, "Local day on which it joined."),
    FIELD(FamilyMember, left_on, DATE, KEPT, NULL, "Local day on which it left; absent: it stays."),
    FIELD(FamilyMember, ledger_began_at, INSTANT, KEPT, NULL,
          "Start of the ledger read that last confirmed it."),
};

#define TYPE(variable, Struct, NAME, DOC)                                                          \
    static RecordLayout variable##_layout;                                                         \
    const RecordType variable##_type = {                                                           \
        NAME, sizeof(Struct),    variable##_fields, G_N_ELEMENTS(variable##_fields),               \
        DOC,  &variable##_layout}

TYPE(account, Account, "account", "A customer with its service, its facts and its book-keeping.");
TYPE(invoice, Invoice, "invoice", "What is owed: a charge, a fee, interest or an instalment.");
TYPE(payment, Payment, "payment", "Money announced, received, failed or taken back.");
TYPE(credit, Credit, "credit", "A credit note; unapplied it lowers the sum, not the age.");
TYPE(dispute, Dispute, "dispute", "An amount of an invoice that the customer contests.");
TYPE(contact_point, ContactPoint, "contact_point", "A way to reach the customer, with consent.");
TYPE(hold, Hold, "hold", "A reason to stop some effects for some time.");
TYPE(promise, Promise, "promise", "A promise to pay an amount by a day.");
TYPE(plan, Plan, "plan", "A payment plan for named invoices.");
TYPE(instalment, Instalment, "instalment", "One part of a payment plan.");
TYPE(cycle, Cycle, "cycle", "One run of an escalation graph for one currency.");
TYPE(notice, Notice, "notice", "One logical message to the customer.");
TYPE(act, Act, "act", "One action on one platform, from intent to outcome.");
TYPE(approval, Approval, "approval", "What a person approved.");
TYPE(phone_call, PhoneCall, "phone_call",
     "A telephone call to the person, for the limits on calls.");
TYPE(reply, Reply, "reply", "What the customer answered, and what was made of it.");
TYPE(request, Request, "request", "A person asks that another one approve.");
TYPE(duty, Duty, "duty", "Who looks after one item of the worklist.");
TYPE(interest_accrual, InterestAccrual, "interest_accrual",
     "What interest of an invoice was booked.");
TYPE(family_member, FamilyMember, "family_member",
     "An account whose invoices are collected on this one.");

const RecordType *const record_types[N_KINDS] = {
    [KIND_ACCOUNT] = &account_type,
    [KIND_INVOICE] = &invoice_type,
    [KIND_PAYMENT] = &payment_type,
    [KIND_CREDIT] = &credit_type,
    [KIND_DISPUTE] = &dispute_type,
    [KIND_CONTACT_POINT] = &contact_point_type,
    [KIND_HOLD] = &hold_type,
    [KIND_PROMISE] = &promise_type,
    [KIND_PLAN] = &plan_type,
    [KIND_INSTALMENT] = &instalment_type,
    [KIND_CYCLE] = &cycle_type,
    [KIND_NOTICE] = &notice_type,
    [KIND_ACT] = &act_type,
    [KIND_APPROVAL] = &approval_type,
    [KIND_PHONE_CALL] = &phone_call_type,
    [KIND_REPLY] = &reply_type,
    [KIND_REQUEST] = &request_type,
    [KIND_DUTY] = &duty_type,
    [KIND_INTEREST_ACCRUAL] = &interest_accrual_type,
    [KIND_FAMILY_MEMBER] = &family_member_type,
};
