/* Which rules speak in a reply, and the rules that always hold. */
#include "escalation/reply_rules.h"

#include <string.h>

/* ---- the rules of §8 ------------------------------------------------------------------------- */

const ReplyRuleText reply_builtin_rules[] = {
    {"stop", REPLY_STOP, .whole = true,
     .phrases = "stop, stopall, stop all, quit, end, revoke, opt out, optout, cancel, unsubscribe"},
    {"start", REPLY_START, .whole = true, .phrases = "start, unstop"},
    {"help", REPLY_HELP, .whole = true, .phrases = "help, info"},
    {"bankruptcy", REPLY_BANKRUPTCY,
     .phrases = "bankrupt*, chapter 7, chapter 11, chapter 13, automatic stay, insolven*",
     .unless = "avoid bankrupt*, go bankrupt, going bankrupt, be bankrupt, you are bankrupt, "
               "considering bankrupt*, might file, may file, threat*"},
    {"deceased", REPLY_DECEASED,
     .phrases = "passed away, deceased, has died, he is dead, she is dead, he died, she died, "
                "my late husband, my late wife, executor, estate of, probate",
     .unless = "phone, battery, car, computer"},
    {"attorney", REPLY_ATTORNEY,
     .phrases = "my attorney, our attorney, my lawyer, our lawyer, my solicitor, our solicitor, "
                "my counsel, our counsel, have an attorney, have a lawyer, hired an attorney, "
                "hired a lawyer, retained an attorney, retained a lawyer, retained counsel, "
                "represented by, my attorneys, my lawyers"},
    {"attorney_mentioned", REPLY_ATTORNEY, .doubt = true,
     .phrases = "attorney*, lawyer*, solicitor*, law firm"},
    {"cease", REPLY_CEASE,
     .phrases = "stop contact*, cease contact*, cease and desist, cease communicat*, cease all, "
                "stop all contact, stop all communicat*, stop communicat*, dont contact, "
                "never contact, no further contact, no more contact, leave me alone, "
                "stop harass*, stop bothering",
     .unless = "by phone, by text, by email, by sms, by mail, by letter, at work, at my work, "
               "at my job, before, after, until"},
    {"stop_texts", REPLY_CHANNEL, .channel = "sms",
     .phrases = "stop text*, dont text, no more text*, no texts, quit text*, stop sending texts, "
                "stop sending text messages, dont send texts, stop sms, no sms, stop messag*, "
                "dont message, dont contact me by text, dont contact me by sms, "
                "stop contacting me by text"},
    {"stop_calls", REPLY_CHANNEL, .channel = "voice",
     .phrases = "stop call*, dont call, no more call*, no calls, quit calling, stop phon*, "
                "dont phone, dont contact me by phone, stop contacting me by phone"},
    {"stop_mails", REPLY_CHANNEL, .channel = "email",
     .phrases = "stop email*, dont email, no more email*, no emails, stop sending emails, "
                "stop sending me emails, dont send emails, unsubscribe me, "
                "dont contact me by email, stop contacting me by email"},
    {"stop_letters", REPLY_CHANNEL, .channel = "letter",
     .phrases = "no more letters, stop sending letters, stop writing, dont send letters, "
                "dont contact me by letter, dont contact me by mail"},
    {"stop_here", REPLY_CHANNEL,
     .phrases = "please stop, stop please, stop it, stop this, stop now, stop sending, opt me out, "
                "want to opt out, like to opt out, take me off, remove me, remove my number, "
                "take my number off, unsubscribe, opt out",
     .unless = "stop the service, stop my service, cancel my service, stop payment"},
    {"dispute", REPLY_DISPUTE,
     .phrases = "i dispute, we dispute, disput*, contest*, dont owe, not my debt, isnt my debt, "
                "wrong amount, incorrect amount, amount is wrong, amount is incorrect, "
                "overcharged, billing error, charged twice, double charged, never received, "
                "never ordered, proof of the debt, proof of this debt, prove i owe, prove it, "
                "validate the debt, validate this debt, validation of, verify the debt, "
                "verify this debt, identity theft, fraudulent"},
    {"wrong_person", REPLY_WRONG_PERSON,
     .phrases = "wrong person, wrong number, not the person, isnt my account, not my account, "
                "isnt me, not me, dont know who, dont know this person, dont know him, "
                "dont know her, no longer at this number, nobody by that name, no one by that "
                "name, nobody here by, no one here by, you have the wrong, never heard of"},
    {"paid", REPLY_PAID,
     .phrases = "already paid, have paid, ive paid, i paid, we paid, was paid, been paid, "
                "paid this, paid it, paid that, paid in full, paid yesterday, paid last, "
                "paid on the, sent the payment, sent payment, sent my payment, payment was sent, "
                "made the payment, made a payment, made my payment, payment went through, "
                "payment cleared",
     .unless = "part of, half, partial*, when i get paid, until i get paid, once i get paid, "
               "will be paid"},
    {"hardship", REPLY_HARDSHIP,
     .phrases = "need help, cant pay, cant afford, unable to pay, lost my job, lost his job, "
                "lost her job, laid off, out of work, unemploy*, hardship, payment plan, "
                "payment arrangement, payment agreement, instalment*, installment*, "
                "more time, extension, medical bill*, in the hospital, in hospital, struggling, "
                "breathing space, no money, dont have the money, dont have money, help me pay"},
    {"thanks", REPLY_NOTHING, .whole = true,
     .phrases =
         "ok, okay, k, thanks, thank you, thank you very much, ok thanks, ok thank you, got it"},
    {"automatic", REPLY_NOTHING,
     .phrases = "out of office, out of the office, automatic reply, auto reply, autoreply, "
                "automatically generated, do not reply to this"},
};
const size_t n_reply_builtin_rules = G_N_ELEMENTS(reply_builtin_rules);

static const char *const *needles(const char *phrases, Arena *arena)
{
    if (!phrases)
        return NULL;
    g_auto(GStrv) parts = g_strsplit(phrases, ",", -1);
    const char **all = arena_new0(arena, const char *, g_strv_length(parts) + 1);
    size_t n = 0;
    for (char **part = parts; *part; part++) {
        const char *needle = reply_needle(*part, arena);
        if (needle)
            all[n++] = needle;
    }
    return all;
}

ReplyRules reply_builtin(Arena *arena)
{
    ReplyRule *rules = arena_new0(arena, ReplyRule, n_reply_builtin_rules);
    for (size_t i = 0; i < n_reply_builtin_rules; i++) {
        const ReplyRuleText *text = &reply_builtin_rules[i];
        rules[i] = (ReplyRule){
            .name = text->name,
            .class_ = text->class_,
            .whole = text->whole,
            .doubt = text->doubt,
            .channel = text->channel,
            .phrases = needles(text->phrases, arena),
            .unless = needles(text->unless, arena),
        };
    }
    return (ReplyRules){rules, n_reply_builtin_rules};
}

/* ---- reading --------------------------------------------------------------------------------- */

/* "no attorney", "if i cant pay": the word before a phrase that turns it into a hint. */
static bool is_denied(const char *text, const char *at)
{
    static const char *const words[] = {" not",  " no",     " never", " dont",    " didnt",
                                        " isnt", " arent",  " wasnt", " without", " if",
                                        " wont", " doesnt", " unless"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(at - text) >= n && strncmp(at - n, words[i], n) == 0)
            return true;
    }
    return false;
}

/* False: not there. *ret_denied: wherever it stands, it is denied. */
static bool stands(const char *text, const char *needle, bool *ret_denied)
{
    bool found = false, denied = true;
    for (const char *at = strstr(text, needle); at && denied; at = strstr(at + 1, needle)) {
        found = true;
        denied = is_denied(text, at);
    }
    *ret_denied = denied;
    return found;
}

static bool any_stands(const char *text, const char *const *needles)
{
    for (; needles && *needles; needles++)
        if (strstr(text, *needles))
            return true;
    return false;
}

static bool speaks(const ReplyRule *rule, const char *text, bool *ret_sure)
{
    bool found = false, sure = false;
    for (const char *const *needle = rule->phrases; *needle && !sure; needle++) {
        bool denied = false;
        bool here = rule->whole ? strcmp(text, *needle) == 0 : stands(text, *needle, &denied);
        found = found || here;
        sure = sure || (here && !denied);
    }
    *ret_sure = sure && !rule->doubt && !any_stands(text, rule->unless);
    return found;
}

/* A keyword that is the whole text says all of it. */
static bool read_whole(const ReplyRules *rules, const char *text, ReplyReading *reading)
{
    bool sure;
    for (size_t i = 0; i < rules->n; i++)
        if (rules->rules[i].whole && speaks(&rules->rules[i], text, &sure)) {
            reading->hits[reading->n++] = (ReplyHit){&rules->rules[i], sure};
            return true;
        }
    return false;
}

static void read_phrases(const ReplyRules *rules, const char *text, ReplyReading *reading)
{
    bool sure;
    for (size_t i = 0; i < rules->n && reading->n < REPLY_HITS_MAX; i++)
        if (!rules->rules[i].whole && speaks(&rules->rules[i], text, &sure))
            reading->hits[reading->n++] = (ReplyHit){&rules->rules[i], sure};
}

/* An automatic answer that quotes a demand says nothing of its own; whatever else is said counts. */
static void conclude(ReplyReading *reading, Arena *arena)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < reading->n; i++) {
        const ReplyHit *hit = &reading->hits[i];
        if (hit->sure)
            reading->classes |= 1u << hit->rule->class_;
        g_string_append_printf(names, "%s%s%s", i ? "," : "", hit->rule->name,
                               hit->sure ? "" : "?");
    }
    unsigned nothing = 1u << REPLY_NOTHING;
    if (reading->classes & ~nothing)
        reading->classes &= ~nothing;
    else if (reading->n > 1)
        reading->classes = 0;
    reading->class_ = REPLY_UNCLEAR;
    for (int i = N_REPLY_CLASSES - 1; i >= 0; i--)
        if (reading->classes & (1u << i))
            reading->class_ = i;
    reading->rules = names->len ? arena_strdup(arena, names->str) : NULL;
}

void reply_read(const ReplyRules *rules, const char *channel, const char *text, Arena *arena,
                ReplyReading *ret_reading)
{
    ReplyReading reading = {.words = reply_own_words(channel, text, arena)};
    const char *words = reply_plain(reading.words, arena);
    if (!read_whole(rules, words, &reading))
        read_phrases(rules, words, &reading);
    conclude(&reading, arena);
    *ret_reading = reading;
}
