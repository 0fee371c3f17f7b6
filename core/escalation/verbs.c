/* What the core knows by name: verbs (the intent, never the platform) and its own events. */
#include "escalation/policy.h"

#include <string.h>

#include "base/text.h"

const Verb verbs[] = {
    {"message.email", EFFECT_CONTACT, VERB_MESSAGE, NULL, "Carry a notice by email."},
    {"message.sms", EFFECT_CONTACT, VERB_MESSAGE, NULL, "Carry a notice by text message."},
    {"message.letter", EFFECT_CONTACT, VERB_MESSAGE, NULL, "Carry a notice by post."},
    {"message.in_app", EFFECT_CONTACT, VERB_MESSAGE, "message.withdraw",
     "Show a notice inside the product."},
    {"message.withdraw", EFFECT_WRITE, 0, NULL,
     "Take back a notice that is shown or not yet sent."},
    {"call.voice", EFFECT_CONTACT, VERB_MESSAGE, NULL, "Carry a notice by telephone."},
    {"chat.post", EFFECT_WRITE, 0, "chat.update", "Post into a team's chat."},
    {"chat.update", EFFECT_WRITE, 0, NULL, "Answer in the thread of an earlier post."},
    {"approval.request", EFFECT_WRITE, VERB_HUB, NULL, "Ask a person for an approval."},
    {"case.open", EFFECT_WRITE, 0, "case.close", "Open a case in a CRM."},
    {"case.update", EFFECT_WRITE, 0, NULL, "Update an open case."},
    {"case.close", EFFECT_WRITE, 0, NULL, "Close a case."},
    {"account.mark", EFFECT_WRITE, VERB_HUB, "account.unmark", "Mark the account as delinquent."},
    {"account.unmark", EFFECT_WRITE, VERB_HUB, NULL, "Clear the mark."},
    {"task.create", EFFECT_WRITE, VERB_HUB, "task.close", "Open a task for a person."},
    {"task.close", EFFECT_WRITE, VERB_HUB, NULL, "Complete a task."},
    {"ticket.open", EFFECT_WRITE, 0, "ticket.close", "Open a ticket in a help desk."},
    {"ticket.close", EFFECT_WRITE, 0, NULL, "Resolve a ticket."},
    {"row.append", EFFECT_WRITE, 0, NULL, "Append a row to a sheet."},
    {"row.update", EFFECT_WRITE, 0, NULL, "Update the account's row of a sheet."},
    {"record.write", EFFECT_WRITE, 0, NULL, "Write a record of what happened into a file."},
    {"package.write", EFFECT_LEGAL, VERB_ADVERSE, NULL,
     "Write the documents of a case into a folder for counsel."},
    {"access.suspend", EFFECT_WRITE, VERB_HUB | VERB_ADVERSE | VERB_SUSPENDS, "access.restore",
     "Suspend the portal access."},
    {"access.restore", EFFECT_WRITE, VERB_HUB, NULL, "Give the portal access back."},
    {"service.suspend", EFFECT_WRITE, VERB_HUB | VERB_ADVERSE | VERB_SUSPENDS, "service.restore",
     "Suspend the service."},
    {"service.restore", EFFECT_WRITE, VERB_HUB, NULL, "Give the service back."},
    {"service.disconnect", EFFECT_WRITE, VERB_HUB | VERB_ADVERSE | VERB_DISCONNECTS, NULL,
     "Disconnect the service for good."},
    {"service.cancel", EFFECT_WRITE, VERB_HUB | VERB_ADVERSE | VERB_DISCONNECTS, NULL,
     "Cancel the subscription."},
    {"agency.place", EFFECT_LEGAL, VERB_HUB | VERB_ADVERSE | VERB_COLLECTS, NULL,
     "Hand the debt over to a collection agency."},
    {"bureau.report", EFFECT_LEGAL, VERB_ADVERSE | VERB_REPORTS, "bureau.correct",
     "Report the debt to a credit bureau."},
    {"bureau.correct", EFFECT_WRITE, 0, NULL, "Correct or withdraw what was reported."},
    {"credit.grant", EFFECT_WRITE, VERB_HUB, NULL,
     "Book a credit; what the hub books itself goes there as well."},
    {"fee.charge", EFFECT_WRITE, VERB_HUB, NULL,
     "Charge a fee or interest; what the hub books itself goes there as well."},
    {"fee.void", EFFECT_WRITE, VERB_HUB, NULL,
     "Void a fee that was charged; where no ledger does so, credit.grant takes it back."},
    {"document.send", EFFECT_LEGAL, VERB_HUB | VERB_ADVERSE, "document.void",
     "Send a formal document to be served or signed."},
    {"document.void", EFFECT_WRITE, VERB_HUB, NULL, "Void a document that is not signed yet."},
    {"document.generate", EFFECT_WRITE, 0, NULL, "Draft a document."},
    {"note.write", EFFECT_WRITE, VERB_HUB, NULL, "Write a note into the books."},
    {"payment.retry", EFFECT_WRITE, 0, NULL, "Try a payment again."},
    {"hook.send", EFFECT_WRITE, 0, NULL, "Send a signed web hook."},
};
const size_t n_verbs = G_N_ELEMENTS(verbs);

const Verb *verb_by_name(const char *name)
{
    for (size_t i = 0; i < n_verbs; i++)
        if (text_same(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

/* A row for each event that decide tells, no more. */
const HubEvent hub_events[] = {
    {"case.opened",
     "The account became delinquent, or did so again in the same cycle; `entry` says how."},
    {"case.step_entered", "A step was entered, the first one included; `how` says why."},
    {"case.step_left", "A step was left, forward or out; `reason` says why."},
    {"case.needs_intervention", "A person is needed; `reasons` says for what."},
    {"case.resolved", "The account left delinquency; `reason` says by what."},
    {"action.dead", "An action failed for good and waits for a person."},
};
const size_t n_hub_events = G_N_ELEMENTS(hub_events);
