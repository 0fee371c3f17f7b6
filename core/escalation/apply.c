#include "escalation/deciding.h"

/* What each kind of event does before the books are read again. The clock and a new epoch bring no
 * facts. */
typedef void (*Apply)(Deciding *d);

static const Apply table[N_EVENTS] = {
    [EVENT_ACCOUNT_UPDATED] = apply_account,
    [EVENT_INVOICE_UPDATED] = apply_invoice,
    [EVENT_PAYMENT_UPDATED] = apply_payment,
    [EVENT_CREDIT_UPDATED] = apply_credit,
    [EVENT_DISPUTE_UPDATED] = apply_dispute,
    [EVENT_CONTACT_UPDATED] = apply_contact,
    [EVENT_PAYMENT_ATTEMPTED] = apply_attempt,
    [EVENT_LEDGER_READ] = apply_ledger_read,
    [EVENT_MESSAGE_ACCEPTED] = apply_message_accepted,
    [EVENT_MESSAGE_DELIVERED] = apply_message_delivered,
    [EVENT_MESSAGE_FAILED] = apply_message_failed,
    [EVENT_MESSAGE_REPLIED] = apply_reply,
    [EVENT_REPLY_DECIDED] = apply_reply_decision,
    [EVENT_CONSENT_SHARED] = apply_shared_consent,
    [EVENT_CALL_COMPLETED] = apply_call,
    [EVENT_DOCUMENT_SIGNED] = apply_document_signed,
    [EVENT_DOCUMENT_DECLINED] = apply_document_declined,
    [EVENT_ACCOUNT_FLAGGED] = apply_flag,
    [EVENT_ACCOUNT_STATUS_CHANGED] = apply_status,
    [EVENT_ACCOUNT_ASSIGNED] = apply_assignment,
    [EVENT_STEP_CHANGE_REQUESTED] = apply_step_change,
    [EVENT_GRACE_REQUESTED] = apply_grace,
    [EVENT_HOLD_SET] = apply_hold,
    [EVENT_HOLD_MOVED] = apply_hold_move,
    [EVENT_HOLD_ENDED] = apply_hold_end,
    [EVENT_INVOICE_EXCLUDED] = apply_exclusion,
    [EVENT_SUSPENSION_CONFIRMED] = apply_confirmation,
    [EVENT_PROMISE_MADE] = apply_promise,
    [EVENT_PLAN_CREATED] = apply_plan,
    [EVENT_OUTREACH_DONE] = apply_outreach,
    [EVENT_COLLECTIONS_CLOSED] = apply_collections,
    [EVENT_APPROVAL_REQUESTED] = apply_approval_request,
    [EVENT_APPROVAL_WITHDRAWN] = apply_approval_withdrawal,
    [EVENT_APPROVAL_DECIDED] = apply_approval,
    [EVENT_POLICY_MIGRATED] = apply_migration,
    [EVENT_ERASURE_REQUESTED] = apply_erasure,
    [EVENT_ACT_DECIDED] = apply_act_decision,
    [EVENT_ACT_RESULT] = apply_act_result,
    [EVENT_ACT_SENT] = apply_act_sent,
    [EVENT_ACT_DOCUMENT] = apply_act_document,
    [EVENT_FAMILY_PLACED] = apply_family_placed,
    [EVENT_FAMILY_FACTS] = apply_family_facts,
    [EVENT_FAMILY_LEFT] = apply_family_left,
    [EVENT_FAMILY_SERVICE] = apply_family_service,
};

void apply_event(Deciding *d)
{
    Apply apply = d->in->event ? table[d->in->event->kind] : NULL;
    if (apply && !family_refuses(d))
        apply(d);
}
