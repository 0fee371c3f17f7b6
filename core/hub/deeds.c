#include "hub/deeds.h"

#include <string.h>

#define ANYONE "anyone who may speak to the hub"
#define EVENTS(...)                                                                                \
    .events = {__VA_ARGS__}, .n_events = sizeof((EventKind[]){__VA_ARGS__}) / sizeof(EventKind)

const Deed deeds[] = {
    {.name = "move",
     EVENTS(EVENT_STEP_CHANGE_REQUESTED),
     .usage = "ACCOUNT STEP",
     .arguments = {"step"},
     .options = {"reason", "currency"},
     .who = ANYONE,
     .second = "a step of counsel needs the approval legal, asked for by one and given by another",
     .summary = "move an account to a step, or out by paid_by_customer",
     .effect = "The step is entered at once; what it does follows as if a rule had moved it."},
    {.name = "assign",
     EVENTS(EVENT_ACCOUNT_ASSIGNED),
     .usage = "ACCOUNT [PERSON]",
     .arguments = {"to"},
     .options = {"item"},
     .who = ANYONE,
     .summary = "assign an account, or one item of the worklist, to a person",
     .effect = "That person has the account or the item; a new delinquency counts as reviewed."},
    {.name = "grace",
     EVENTS(EVENT_GRACE_REQUESTED),
     .usage = "ACCOUNT DATE",
     .arguments = {"extended_to"},
     .options = {"reason", "currency"},
     .who = ANYONE,
     .summary = "postpone delinquency to a date",
     .effect = "The account cannot become delinquent before that day; at most max_grace_days in a "
               "cycle."},
    {.name = "flag",
     EVENTS(EVENT_ACCOUNT_FLAGGED),
     .usage = "ACCOUNT",
     .options = {"reason", "currency"},
     .who = ANYONE,
     .summary = "make an account delinquent by hand",
     .effect = "It goes to the first step; nothing is demanded while nothing is overdue."},
    {.name = "hold",
     EVENTS(EVENT_HOLD_SET, EVENT_HOLD_MOVED, EVENT_HOLD_ENDED),
     .usage = "set|move|end ACCOUNT KIND",
     .arguments = {"kind"},
     .options = {"invoice", "contact", "from", "until", "petition_on", "reason", "blocks"},
     .who = ANYONE,
     .summary = "set, move or end a hold",
     .effect = "What the hold blocks waits until it is over, and then follows."},
    {.name = "exclude",
     EVENTS(EVENT_INVOICE_EXCLUDED),
     .usage = "ACCOUNT INVOICE",
     .arguments = {"invoice"},
     .options = {"excluded", "reason"},
     .who = ANYONE,
     .summary = "leave one invoice out of dunning",
     .effect = "It stays open in the books and is neither demanded nor counted."},
    {.name = "tenant",
     EVENTS(EVENT_ACCOUNT_STATUS_CHANGED),
     .usage = "ACCOUNT STATUS",
     .arguments = {"status"},
     .options = {"until", "moved_out_on"},
     .who = ANYONE,
     .summary = "tell the status of a tenant: grace_period, at_risk, moved_out, ok",
     .effect = "grace_period grants grace and sends a courtesy message; at_risk opens a ticket and "
               "a task; moved_out ends the steps of the tenancy and leaves the debt to a person.",
     .examples = "tenant C-1007 grace_period --until 2026-07-25\ntenant C-1007 at_risk\n"
                 "tenant C-1007 moved_out --moved-out-on 2026-07-31"},
    {.name = "promise",
     EVENTS(EVENT_PROMISE_MADE),
     .usage = "ACCOUNT AMOUNT DATE",
     .arguments = {"amount", "promised_on"},
     .who = ANYONE,
     .summary = "record that the customer promised to pay",
     .effect = "The account rests through the first business day after the date; at most "
               "promises_per_cycle in a cycle.",
     .examples = "promise C-1007 \"65.00 USD\" 2026-07-20"},
    {.name = "plan",
     EVENTS(EVENT_PLAN_CREATED),
     .usage = "ACCOUNT INVOICES NUMBER DATE",
     .arguments = {"invoices", "instalments", "first_on"},
     .options = {"reason", "id"},
     .who = ANYONE,
     .summary = "agree a payment plan",
     .effect =
         "The invoices' open, undisputed amount is split in monthly instalments; a missed one "
         "makes all of its rest due. --reason says why: willingness, hardship, relationship.",
     .examples = "plan C-1007 2026-0071,2026-0072 3 2026-08-01 --reason 'hardship: lost a job'"},
    {.name = "confirm",
     EVENTS(EVENT_SUSPENSION_CONFIRMED),
     .usage = "ACCOUNT",
     .options = {"reason"},
     .who = ANYONE,
     .summary = "confirm the suspension of a manual entry",
     .effect = "The service is suspended although no rule asks for it yet.",
     .examples = "confirm C-1007 --reason 'agreed with the landlord'"},
    {.name = "outreach",
     EVENTS(EVENT_OUTREACH_DONE),
     .usage = "ACCOUNT",
     .options = {"reason"},
     .who = ANYONE "; meant for the account manager",
     .summary = "report that the customer was spoken to",
     .effect = "The step that waits for it is executed today, and the account can go on.",
     .examples = "outreach C-1007 --reason 'spoke with the CFO'"},
    {.name = "agency",
     EVENTS(EVENT_COLLECTIONS_CLOSED),
     .usage = "ACCOUNT OUTCOME",
     .arguments = {"outcome"},
     .who = ANYONE,
     .summary = "record how an agency closed its case: successful or unsuccessful",
     .effect = "The placement is over; an unsuccessful one is a condition of a step of counsel.",
     .examples = "agency C-1007 unsuccessful"},
    {.name = "reply",
     EVENTS(EVENT_REPLY_DECIDED),
     .usage = "ACCOUNT REPLY",
     .arguments = {"reply"},
     .options = {"class", "invoice", "reason"},
     .who = ANYONE,
     .summary = "say what a reply of the customer means",
     .effect = "What the rules did because of it is kept where it fits and taken back where not, "
               "its channel is free or stays off, and the reply is settled.",
     .examples = "reply C-1007 reply2 --class dispute --invoice 2026-0071\n"
                 "reply C-1007 reply2 --class nothing"},
    {.name = "request",
     EVENTS(EVENT_APPROVAL_REQUESTED),
     .usage = "ACCOUNT WHAT",
     .arguments = {"what"},
     .options = {"evidence", "reason"},
     .who = ANYONE,
     .second = "always: another person approves or refuses",
     .summary = "ask for an approval",
     .effect = "It stands in the worklist for approval_days; legal needs --evidence.",
     .examples = "request C-1007 legal --evidence 'file 4711, letter of 1 July'"},
    {.name = "withdraw",
     EVENTS(EVENT_APPROVAL_WITHDRAWN),
     .usage = "ACCOUNT WHAT",
     .arguments = {"what"},
     .options = {"reason"},
     .who = "who asked for it",
     .summary = "take a request for an approval back",
     .effect = "Nobody can approve it any more until somebody asks again.",
     .examples = "withdraw C-1007 legal"},
    {.name = "approve",
     EVENTS(EVENT_APPROVAL_DECIDED),
     .usage = "[ACCOUNT WHAT]",
     .arguments = {"what"},
     .options = {"requested_by", "evidence", "refused"},
     .who = "anyone but who asked for it",
     .second = "it is the word of the second person",
     .summary = "approve what waits for a second person",
     .effect = "The approval holds for approval_days; a refusal ends the request."},
    {.name = "retry",
     EVENTS(EVENT_ACT_DECIDED),
     .usage = "KEY",
     .arguments = {"key"},
     .options = {"decision", "reason"},
     .who = ANYONE,
     .summary = "send a dead or held act again, close it, or release a planned one",
     .effect = "It goes again with the same key, is given up, or leaves its plan."},
    {.name = "called",
     EVENTS(EVENT_CALL_COMPLETED),
     .usage = "ACCOUNT OUTCOME",
     .arguments = {"outcome"},
     .options = {"prior_consent_on", "act"},
     .who = ANYONE,
     .summary = "report a call that was made outside the hub",
     .effect = "It counts for the limits of the law on calls.",
     .examples = "called C-1007 voicemail"},
    {.name = "erase",
     EVENTS(EVENT_ERASURE_REQUESTED),
     .usage = "ACCOUNT",
     .options = {"reason"},
     .who = ANYONE,
     .second = "where a row of retention says approval: true, the approval erasure",
     .summary = "erase the personal data of an account whose case is over",
     .effect =
         "Name, addresses, free texts, messages and what was taken in are gone; ids, amounts, "
         "dates and the chain stay. Refused while anything runs or it must be kept."},
    {.name = "migrate",
     EVENTS(EVENT_POLICY_MIGRATED),
     .usage = "ACCOUNT VERSION",
     .arguments = {"to_version"},
     .who = ANYONE,
     .summary = "move an account to another version of its policy",
     .effect = "Its step goes on under that version; no move before min_notice_days are over.",
     .examples = "migrate C-1007 2"},
    {.name = "evaluate",
     EVENTS(EVENT_EVALUATE_REQUESTED),
     .usage = "ACCOUNT",
     .who = ANYONE,
     .summary = "look at an account now",
     .effect = "The rules are asked at once; nothing happens that would not happen by itself.",
     .examples = "evaluate C-1007"},
};
const size_t n_deeds = G_N_ELEMENTS(deeds);

const Deed *deed_by_name(const char *name)
{
    for (size_t i = 0; i < n_deeds; i++)
        if (g_strcmp0(deeds[i].name, name) == 0)
            return &deeds[i];
    return NULL;
}

const Deed *deed_of_event(EventKind kind)
{
    for (size_t i = 0; i < n_deeds; i++)
        for (size_t e = 0; e < deeds[i].n_events; e++)
            if (deeds[i].events[e] == kind)
                return &deeds[i];
    return NULL;
}

const Field *deed_field(const Deed *deed, const char *member)
{
    for (size_t e = 0; e < deed->n_events; e++) {
        const RecordType *type = event_types[deed->events[e]].payload;
        for (size_t i = 0; type && i < type->n_fields; i++)
            if (strcmp(type->fields[i].name, member) == 0)
                return &type->fields[i];
    }
    return NULL;
}

bool deed_check(const char *type, const char *person, const json_t *data, char **ret_why)
{
    const EventType *known = event_type_by_name(type);
    if (known && !deed_of_event(known->kind)) {
        *ret_why = g_strdup_printf("%s is no act of a person; 'dunhub help' lists those", type);
        return false;
    }
    const char *by = json_string_value(json_object_get(data, "by"));
    if (by && strcmp(by, person) != 0) {
        *ret_why = g_strdup_printf("it is handed in by %s in the name of %s", person, by);
        return false;
    }
    return true;
}
