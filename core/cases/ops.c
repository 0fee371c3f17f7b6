#include "cases/ops.h"

#include <glib.h>
#include <string.h>

const Op case_ops[] = {
    /* op, platform, verb, fan */
    {"suspend_service", NULL, "service.suspend", FAN_NONE},
    {"reactivate_service", NULL, "service.restore", FAN_NONE},
    {"cancel_subscription", NULL, "service.cancel", FAN_NONE},
    {"call_task", NULL, "task.create", FAN_NONE},
    {"account_manager_task", NULL, "task.create", FAN_NONE},
    {"manager_task", NULL, "task.create", FAN_NONE},
    {"agency_handover", NULL, "agency.place", FAN_NONE},
    {"pay_or_quit", NULL, "document.send", FAN_NONE},
    {"write_note", "quickbooks", "note.write", FAN_STEP},
    {"write_note", "xero", "note.write", FAN_STEP},
    {"mark_delinquent", "stripe", "account.mark", FAN_ENTRY},
    {"clear_mark", "stripe", "account.unmark", FAN_NONE},
    {"create_case", "salesforce", "case.open", FAN_ENTRY},
    {"close_case", "salesforce", "case.close", FAN_NONE},
    {"set_delinquent_status", "salesforce", "account.mark", FAN_ENTRY},
    {"clear_delinquent_status", "salesforce", "account.unmark", FAN_NONE},
    {"create_task", "hubspot", "task.create", FAN_PERSON},
    {"complete_task", "hubspot", "task.close", FAN_NONE},
    {"set_stage", "hubspot", "account.mark", FAN_STEP},
    {"set_payment_past_due", "dynamics", "account.mark", FAN_ENTRY},
    {"clear_payment_past_due", "dynamics", "account.unmark", FAN_NONE},
    {"start_collections", "dynamics", "case.open", FAN_NONE},
    {"tag_delinquent", "zoho", "account.mark", FAN_ENTRY},
    {"untag_delinquent", "zoho", "account.unmark", FAN_NONE},
    {"post_alert", "slack", "chat.post", FAN_ENTRY},
    {"reply_in_thread", "slack", "chat.update", FAN_NONE},
    {"suspend_user", "okta", "access.suspend", FAN_HIGH},
    {"unsuspend_user", "okta", "access.restore", FAN_NONE},
    {"append_row", "google_sheets", "row.append", FAN_STEP},
    {"append_row", "google_sheets", "row.append", FAN_LEFT},
    {"update_row", "smartsheet", "row.update", FAN_STEP},
    {"create_item", "monday", "task.create", FAN_PERSON},
    {"set_done", "monday", "task.close", FAN_NONE},
    {"open_ticket", "freshdesk", "ticket.open", FAN_NONE},
    {"resolve_ticket", "freshdesk", "ticket.close", FAN_NONE},
    {"send_envelope", "docusign", "document.send", FAN_NONE},
    {"void_envelope", "docusign", "document.void", FAN_NONE},
    {"send_agreement", "adobe_sign", "document.send", FAN_NONE},
    {"cancel_agreement", "adobe_sign", "document.void", FAN_NONE},
    {"export_package", "legalzoom", "document.generate", FAN_NONE},
    {"place_call", "ringcentral", "call.voice", FAN_NONE},
    {"show_notice", "intercom", "message.in_app", FAN_NONE},
    {"hide_widget", "intercom", "message.withdraw", FAN_NONE},
    {"post_hook", "zapier", "hook.send", FAN_STEP},
    {"send", "sendgrid", "message.email", FAN_NONE},
    {"send", "twilio", "message.sms", FAN_NONE},
    {"send", "mailgun", "message.letter", FAN_NONE},
};
const size_t n_case_ops = G_N_ELEMENTS(case_ops);

const Carrier case_carriers[] = {
    {"email", "sendgrid", "message.email"},
    {"sms", "twilio", "message.sms"},
    {"voice", "twilio", "call.voice"},
    {"letter", "mailgun", "message.letter"},
};
const size_t n_case_carriers = G_N_ELEMENTS(case_carriers);

static bool same(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

const Op *op_find(const char *op, const char *platform)
{
    for (size_t i = 0; i < n_case_ops; i++)
        if (same(case_ops[i].op, op) && (platform == NULL || same(case_ops[i].platform, platform)))
            return &case_ops[i];
    return NULL;
}

const Op *op_of_act(const char *action, const char *instance, const char *verb)
{
    for (size_t i = 0; i < n_case_ops; i++) {
        g_autofree char *name = op_action_name(&case_ops[i]);
        if (same(name, action) && same(case_ops[i].verb, verb))
            return &case_ops[i];
    }
    for (size_t i = 0; i < n_case_ops; i++)
        if (same(case_ops[i].platform, instance) && same(case_ops[i].verb, verb))
            return &case_ops[i];
    return NULL;
}

char *op_action_name(const Op *op)
{
    return op->platform != NULL ? g_strconcat(op->platform, ".", op->op, NULL) : g_strdup(op->op);
}

bool platform_known(const char *name)
{
    for (size_t i = 0; i < n_case_ops; i++)
        if (same(case_ops[i].platform, name))
            return true;
    return false;
}
