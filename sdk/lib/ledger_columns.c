#include "lib/ledger_columns.h"

static const char *const kinds[] = {"tenant", "subscriber", "business", NULL};
static const char *const invoice_kinds[] = {"charge", "fee", "interest", NULL};
static const char *const services[] = {"active", "suspended", NULL};
static const char *const histories[] = {"excellent", "average", "poor", NULL};
static const char *const roles[] = {"payer",    "occupant", "guarantor", "account_manager",
                                    "attorney", "estate",   NULL};
static const char *const statuses[] = {"ok", "grace_period", "at_risk", "moved_out", NULL};

#define FACT(OF, COLUMN, MEMBER, TYPE)                                                             \
    {                                                                                              \
        LEDGER_OF_##OF, COLUMN_##COLUMN, MEMBER, LEDGER_##TYPE, NULL                               \
    }
#define SAME(OF, COLUMN, TYPE) FACT(OF, COLUMN, #COLUMN, TYPE)
#define WORD(OF, COLUMN, MEMBER, WORDS)                                                            \
    {                                                                                              \
        LEDGER_OF_##OF, COLUMN_##COLUMN, MEMBER, LEDGER_CHOICE, WORDS                              \
    }

const LedgerFactColumn ledger_fact_columns[] = {
    FACT(ACCOUNT, account_name, "name", TEXT),
    WORD(ACCOUNT, kind, "kind", kinds),
    SAME(ACCOUNT, zone, NAME),
    SAME(ACCOUNT, zones, NAME),
    SAME(ACCOUNT, jurisdiction, NAME),
    SAME(ACCOUNT, language, NAME),
    SAME(ACCOUNT, policy, NAME),
    SAME(ACCOUNT, property, NAME),
    SAME(ACCOUNT, lease, NAME),
    SAME(ACCOUNT, tags, TEXT),
    SAME(ACCOUNT, segment, NAME),
    SAME(ACCOUNT, pinned_segment, NAME),
    SAME(ACCOUNT, parent, NAME),
    SAME(ACCOUNT, collect_with_parent, YES),
    SAME(ACCOUNT, is_test, YES),
    SAME(ACCOUNT, channel_order, NAME),
    WORD(ACCOUNT, service, "service", services),
    SAME(ACCOUNT, service_reasons, NAME),
    WORD(ACCOUNT, portal, "portal", services),
    FACT(ACCOUNT, annual_revenue, "annual_revenue_minor", AMOUNT),
    WORD(ACCOUNT, history, "history", histories),
    SAME(ACCOUNT, strategic, YES),
    SAME(ACCOUNT, overdue_invoices, NUMBER),
    SAME(ACCOUNT, collections_case_on, DATE),
    FACT(ACCOUNT, subscription_price, "subscription_price_minor", AMOUNT),
    SAME(ACCOUNT, third_party, YES),
    SAME(ACCOUNT, sole_trader, YES),
    SAME(ACCOUNT, covered_dwelling, YES),
    SAME(ACCOUNT, subsidised, YES),
    SAME(ACCOUNT, units, NUMBER),
    FACT(ACCOUNT, monthly_rent, "monthly_rent_minor", AMOUNT),
    SAME(ACCOUNT, late_fee_agreed, AGREED),
    SAME(ACCOUNT, inconvenient_times, NAME),
    SAME(ACCOUNT, active_duty, YES),
    SAME(ACCOUNT, military_checked_on, DATE),
    SAME(ACCOUNT, court_order_on, DATE),
    SAME(ACCOUNT, validation_sent_on, DATE),
    SAME(ACCOUNT, preaction_letter_on, DATE),
    SAME(ACCOUNT, reply_form_on, DATE),
    SAME(ACCOUNT, preaction_warning_on, DATE),

    FACT(ROW, consumer, NULL, YES),
    WORD(ROW, tenant_status, NULL, statuses),
    FACT(ROW, grace_until, NULL, DATE),
    FACT(ROW, moved_out_on, NULL, DATE),
    FACT(ROW, bankruptcy_on, NULL, DATE),
    FACT(ROW, deceased, NULL, YES),
    FACT(ROW, attorney, NULL, YES),
    FACT(ROW, cease_contact, NULL, YES),
    FACT(ROW, breathing_space_until, NULL, DATE),
    FACT(ROW, paused_until, NULL, DATE),

    WORD(CONTACT, contact_role, "role", roles),
    FACT(SMS, sms_consent, "consent", CONSENT),
    FACT(VOICE, voice_consent, "consent", CONSENT),
    FACT(EMAIL, email_opt_out, "consent", OPT_OUT),
    FACT(PHONE, consent_on, "consent_at", INSTANT),
    SAME(PHONE, consent_wording, TEXT),
    FACT(EMAIL, email_shared, "shared", YES),
    FACT(PHONE, phone_shared, "shared", YES),
    FACT(PHONE, phone_reassigned, "reassigned", YES),
    SAME(PHONE, reassigned_checked_on, DATE),

    WORD(INVOICE, invoice_kind, "kind", invoice_kinds),
    SAME(INVOICE, fee_type, NAME),
    SAME(INVOICE, excluded, YES),
    SAME(INVOICE, time_barred_on, DATE),
    FACT(ROW, payment_method, NULL, NAME),
    FACT(ROW, failure_code, NULL, NAME),

    FACT(ROW, disputed_on, NULL, DATE),
    FACT(DISPUTE, dispute_written, "written", YES),
    FACT(DISPUTE, dispute_verified_on, "verified_on", DATE),
};
const size_t n_ledger_fact_columns = sizeof ledger_fact_columns / sizeof *ledger_fact_columns;

const LedgerChannel ledger_channels[LEDGER_CHANNELS] = {
    {"email", COLUMN_email, LEDGER_OF_EMAIL},
    {"sms", COLUMN_phone, LEDGER_OF_SMS},
    {"letter", COLUMN_address, LEDGER_OF_LETTER},
    {"voice", COLUMN_call_phone, LEDGER_OF_VOICE},
};

const LedgerHold ledger_holds[LEDGER_HOLDS] = {
    {COLUMN_bankruptcy_on, "bankruptcy", "petition_on", false},
    {COLUMN_deceased, "deceased", NULL, false},
    {COLUMN_attorney, "attorney", NULL, false},
    {COLUMN_cease_contact, "cease", NULL, false},
    {COLUMN_breathing_space_until, "breathing_space", "until", true},
    {COLUMN_paused_until, "pause", "until", true},
};
