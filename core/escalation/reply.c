/* Replies of the customer (§8, trigger T5): listed keywords act at once; other texts are classified
 * by phrases; doubt holds the channel until a person has decided. */
#include <string.h>

#include "escalation/deciding.h"

enum { WORDS_MAX = 2000, HELP_BUSINESS_DAYS = 2 };

typedef enum {
    REPLY_STOP,
    REPLY_START,
    REPLY_HELP,
    REPLY_HARDSHIP,
    REPLY_CHANNEL,
    REPLY_HOLD,
    REPLY_OTHER
} ReplyKind;

static const struct {
    const char *word;
    ReplyKind kind;
} keywords[] = {
    {"stop", REPLY_STOP},        {"quit", REPLY_STOP},    {"end", REPLY_STOP},
    {"revoke", REPLY_STOP},      {"opt out", REPLY_STOP}, {"cancel", REPLY_STOP},
    {"unsubscribe", REPLY_STOP}, {"start", REPLY_START},  {"help", REPLY_HELP},
};

static const struct {
    const char *phrase;
    ReplyKind kind;
    int hold; /* HoldKind, for REPLY_HOLD */
} phrases[] = {
    {"bankrupt", REPLY_HOLD, HOLD_BANKRUPTCY},
    {"chapter 7", REPLY_HOLD, HOLD_BANKRUPTCY},
    {"chapter 13", REPLY_HOLD, HOLD_BANKRUPTCY},
    {"attorney", REPLY_HOLD, HOLD_ATTORNEY},
    {"lawyer", REPLY_HOLD, HOLD_ATTORNEY},
    {"stop contact", REPLY_HOLD, HOLD_CEASE},
    {"do not contact", REPLY_HOLD, HOLD_CEASE},
    {"don't contact", REPLY_HOLD, HOLD_CEASE},
    {"stop calling", REPLY_CHANNEL, 0},
    {"stop texting", REPLY_CHANNEL, 0},
    {"stop emailing", REPLY_CHANNEL, 0},
    {"don't text", REPLY_CHANNEL, 0},
    {"do not text", REPLY_CHANNEL, 0},
    {"don't call", REPLY_CHANNEL, 0},
    {"do not call", REPLY_CHANNEL, 0},
    {"don't email", REPLY_CHANNEL, 0},
    {"need help", REPLY_HARDSHIP, 0},
    {"can't pay", REPLY_HARDSHIP, 0},
    {"cannot pay", REPLY_HARDSHIP, 0},
    {"lost my job", REPLY_HARDSHIP, 0},
    {"hardship", REPLY_HARDSHIP, 0},
    {"payment plan", REPLY_HARDSHIP, 0},
    {"already paid", REPLY_HOLD, HOLD_PAUSE},
    {"wrong person", REPLY_HOLD, HOLD_PAUSE},
    {"wrong number", REPLY_HOLD, HOLD_PAUSE},
    {"dispute", REPLY_HOLD, HOLD_PAUSE},
    {"don't owe", REPLY_HOLD, HOLD_PAUSE},
    {"passed away", REPLY_HOLD, HOLD_DECEASED},
    {"deceased", REPLY_HOLD, HOLD_DECEASED},
};

/* Lower case, one space between words, no punctuation at either end. */
static char *normalised(const char *text)
{
    g_autofree char *cut = g_strndup(text ? text : "", WORDS_MAX);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);
    g_autofree char *lower = g_utf8_strdown(valid, -1);
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *p = lower; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == 0x2019)
            c = '\'';
        if (g_unichar_isspace(c)) {
            if (out->len && out->str[out->len - 1] != ' ')
                g_string_append_c(out, ' ');
        } else {
            g_string_append_unichar(out, c);
        }
    }
    while (out->len && strchr(" .,!?;:\"'", out->str[out->len - 1]))
        g_string_truncate(out, out->len - 1);
    const char *start = out->str + strspn(out->str, " .,!?;:\"'");
    return g_strdup(start);
}

static ReplyKind classify(const char *text, int *ret_hold)
{
    g_autofree char *words = normalised(text);
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (strcmp(keywords[i].word, words) == 0)
            return keywords[i].kind;
    for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++)
        if (strstr(words, phrases[i].phrase)) {
            *ret_hold = phrases[i].hold;
            return phrases[i].kind;
        }
    return REPLY_OTHER;
}

/* ---- what follows ---------------------------------------------------------------------------- */

static bool is_phone(const char *channel)
{
    return g_strcmp0(channel, "sms") == 0 || g_strcmp0(channel, "voice") == 0;
}

/* A number is one thing for texts and automated calls; another channel is only itself. */
static bool concerns(const ContactPoint *point, const MessageReport *reply)
{
    if (g_strcmp0(point->address, reply->address) != 0)
        return false;
    return g_strcmp0(point->channel, reply->channel) == 0 ||
           (is_phone(point->channel) && is_phone(reply->channel));
}

static void set_consent(Deciding *d, const MessageReport *reply, int consent, bool only_texts)
{
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, point) {
        if (!concerns(point, reply) || (only_texts && g_strcmp0(point->channel, "sms") != 0))
            continue;
        point->consent = consent;
        point->consent_at = d->now;
        static const char *const words[] = {"none", "granted", "revoked", "held_for_review"};
        reason_add(d, "consent_changed", "§8 replies", point->channel, words[consent], NULL,
                   "consent for %s: %s", point->channel, words[consent]);
    }
}

static void answer(Deciding *d, const MessageReport *reply, const char *name)
{
    NoticePlan plan = {.name = name,
                       .target = deciding_next_id(d, "r"),
                       .currency = d->settings->currency,
                       .severity = NOTICE_SEVERITY_NONE,
                       .channel = reply->channel,
                       .address = reply->address};
    notice_plan(d, &plan);
}

static void open_ticket(Deciding *d, const char *target)
{
    ActionRule rule = action_of_verb(d, "ticket.open");
    ActPlan plan = {.rule = &rule, .purpose = "reply", .target = target};
    act_plan(d, &plan);
}

static void hold_channel(Deciding *d, const MessageReport *reply)
{
    if (is_phone(reply->channel)) {
        set_consent(d, reply, CONSENT_HELD_FOR_REVIEW, false);
    } else {
        Hold *hold = hold_add(d, HOLD_PAUSE, "customer", "reply");
        hold->contact = arena_strdup(d->arena, reply->address);
    }
    intervene(d, &d->state->account.reasons, "reply", true, "§8 replies",
              "a reply has to be read by a person; the channel is held until then");
}

static void set_hold(Deciding *d, int kind)
{
    Hold *hold = hold_add(d, kind, "customer", "reply");
    if (kind == HOLD_HELP)
        hold->until = calendar_add_business_days(&d->book->calendar, d->today, HELP_BUSINESS_DAYS);
    else if (kind == HOLD_BANKRUPTCY)
        hold->petition_on = d->today + 1;
    intervene(d, &d->state->account.reasons, "reply", kind != HOLD_HELP, "§8 replies",
              "a reply set a hold; a person confirms or ends it");
    open_ticket(d, hold->id);
}

void apply_reply(Deciding *d)
{
    static const char *const words[] = {"stop",    "start", "help", "hardship",
                                        "channel", "hold",  "other"};
    const MessageReport *reply = d->in->event->payload;
    int hold = HOLD_PAUSE;
    ReplyKind kind = classify(reply->text, &hold);
    reason_add(d, "reply", "§8 replies", reply->channel, words[kind], NULL,
               "the customer answered: %s", words[kind]);
    switch (kind) {
    case REPLY_STOP:
        set_consent(d, reply, CONSENT_REVOKED, false);
        answer(d, reply, "opt_out_confirmation");
        return;
    case REPLY_START:
        set_consent(d, reply, CONSENT_GRANTED, true);
        return;
    case REPLY_HELP:
        answer(d, reply, "help_info");
        return;
    case REPLY_HARDSHIP:
        set_hold(d, HOLD_HELP);
        return;
    case REPLY_HOLD:
        set_hold(d, hold);
        return;
    default:
        hold_channel(d, reply);
    }
}
