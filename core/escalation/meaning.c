#include "escalation/meaning.h"

#include <string.h>

#include "model/work.h"

static const Meaning reasons[] = {
    {"review", "§4 steps", URGENCY_ROUTINE, "a new delinquency is to be reviewed",
     "assign it ('dunhub assign ACCOUNT') or move it ('dunhub move ACCOUNT STEP')"},
    {"suspend_manually", "§4 steps", URGENCY_ROUTINE, "its step suspends, but not by itself",
     "suspend the service by hand, or move the account ('dunhub move ACCOUNT STEP')"},
    {"step_due", "§4 steps", URGENCY_ROUTINE, "its step is past its due date",
     "move it ('dunhub move ACCOUNT STEP'), or give it grace ('dunhub grace ACCOUNT DATE')"},
    {"anchor_shift", "§6.2", URGENCY_ROUTINE,
     "the oldest debt is paid and no invoice left is late enough",
     "keep the step, lower it or end it ('dunhub move ACCOUNT STEP')"},
    {"payment_received", "§4 exit", URGENCY_WAITED,
     "the debt is below the minimum and accounts do not leave by themselves",
     "end it ('dunhub move ACCOUNT paid_by_customer')"},
    {"below_minimum", "§7 collections", URGENCY_ROUTINE,
     "the amount is below the minimum of the next step, or not worth its cost",
     "choose how to go on ('dunhub move ACCOUNT STEP')"},
    {"cancel_manually", "§4 steps", URGENCY_ROUTINE, "the subscription is never cancelled by rule",
     "cancel it where it is kept, or move the account ('dunhub move ACCOUNT STEP')"},
    {"no_minimum_for_currency", "§3.8", URGENCY_STUCK, "a currency it owes in has no minimum",
     "nothing is sent for it until 'settings.minimum' names one"},
    {"unreachable", "§8", URGENCY_STUCK, "no channel is left for a message",
     "correct or add a contact point, then the message goes again"},
    {"ledgers_disagree", "§6.6", URGENCY_STUCK, "its ledgers disagree",
     "the lower amount counts and adverse actions wait until they agree: put the wrong one right"},
    {"document_declined", "§8", URGENCY_WAITED, "a formal document was declined",
     "read why ('dunhub show ACCOUNT') and choose how to go on ('dunhub move ACCOUNT STEP')"},
    {"moved_out", "§8", URGENCY_STUCK, "the tenant moved out",
     "the debt stays, and a person chooses how to go on ('dunhub move ACCOUNT STEP')"},
    {"reply", "§8 replies", URGENCY_WAITED, "a reply of the customer waits for a person",
     "read it and decide ('dunhub worklist --account ACCOUNT', 'dunhub reply ACCOUNT ID --class "
     "CLASS')"},
    {"held_for_review", "§8 replies", URGENCY_WAITED,
     "a channel is held because of a reply that is not decided yet",
     "decide about the reply ('dunhub reply ACCOUNT ID --class CLASS'), then the channel is free "
     "or stays off"},
};

static const Meaning awaited[] = {
    {"suspension_confirmation", "§4 manual entry", URGENCY_WAITED,
     "suspension waits for a person's confirmation", "confirm it ('dunhub confirm ACCOUNT')"},
    {"legal_approval", "§7 legal", URGENCY_WAITED, "the next step waits for a legal approval",
     "ask for it ('dunhub request ACCOUNT legal --evidence TEXT'), and someone else approves it "
     "('dunhub approve ACCOUNT legal')"},
    {"collections_unsuccessful", "§7 legal", URGENCY_ROUTINE,
     "the next step waits until the placement is closed without success",
     "record how the agency ended it ('dunhub agency ACCOUNT unsuccessful')"},
    {"person_decision", "§9 gdpr", URGENCY_WAITED,
     "the next step weighs heavily on an individual: a person decides",
     "approve it ('dunhub approve ACCOUNT person_decision'), or move the account"},
    {"account_manager_approval", "§7 VIP", URGENCY_WAITED,
     "the next step waits for the account manager",
     "approve it ('dunhub approve ACCOUNT vip_collections', or vip_legal)"},
};

static const Meaning proposals[] = {
    {"reverse_fee", "§4 backdated payment", URGENCY_WAITED,
     "money that took effect earlier came: taking back the late fee is proposed",
     "'dunhub approve ACCOUNT backdated_correction', or the same with --refuse"},
    {"credit_suspension", "§4 backdated payment", URGENCY_WAITED,
     "money that took effect earlier came: crediting the suspended days is proposed",
     "'dunhub approve ACCOUNT backdated_correction', or the same with --refuse"},
    {"retract_notices", "§4 backdated payment", URGENCY_WAITED,
     "money that took effect earlier came: taking back its notices is proposed",
     "'dunhub approve ACCOUNT backdated_correction', or the same with --refuse"},
};

static const Meaning *find(const Meaning *table, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].word, word) == 0)
            return &table[i];
    return NULL;
}

const Meaning *meaning_of_reason(const char *word)
{
    return find(reasons, G_N_ELEMENTS(reasons), word);
}

const Meaning *meaning_of_awaited(const char *word)
{
    return find(awaited, G_N_ELEMENTS(awaited), word);
}

const Meaning *meaning_of_proposal(const char *word)
{
    return find(proposals, G_N_ELEMENTS(proposals), word);
}

const char *meaning_deed(const Meaning *meaning, const char *account, Arena *arena)
{
    g_auto(GStrv) parts = g_strsplit(meaning->deed, "ACCOUNT", -1);
    g_autofree char *text = g_strjoinv(account, parts);
    return arena_strdup(arena, text);
}
