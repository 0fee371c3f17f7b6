/* The section notices. */
#include "hub/configuration_load.h"

#include <string.h>

typedef struct {
    Letterhead head;
    const Node *tones;
} Source;

static const char *const papers[] = {"a4", "us_letter", NULL};
static const char *const envelopes[] = {"none", "din_5008_b", "us_10", NULL};
static const char *const tones[] = {"friendly", "urgent", "firm", NULL};

#define HEAD(member) offsetof(Source, head.member)

const Key notice_keys[] = {
    {.name = "address",
     .type = KEY_TEXTS,
     .offset = HEAD(address),
     .doc = "Lines of the organisation's address, for the letterhead and for templates."},
    {.name = "phone",
     .type = KEY_TEXT,
     .offset = HEAD(phone),
     .doc = "Telephone number for customers."},
    {.name = "email",
     .type = KEY_TEXT,
     .offset = HEAD(email),
     .doc = "E-mail address for customers."},
    {.name = "website", .type = KEY_TEXT, .offset = HEAD(website), .doc = "Address in the web."},
    {.name = "payment",
     .type = KEY_TEXT,
     .offset = HEAD(payment),
     .doc = "Where or how to pay: a link, or an account."},
    {.name = "contact",
     .type = KEY_TEXT,
     .offset = HEAD(contact),
     .doc = "A person to speak to; named in voicemail."},
    {.name = "return_line",
     .type = KEY_TEXT,
     .offset = HEAD(return_line),
     .doc = "Small line above the address of a letter, for what comes back."},
    {.name = "foot",
     .type = KEY_TEXTS,
     .offset = HEAD(foot),
     .doc = "Up to four lines at the foot of each page of a letter: bank, register."},
    {.name = "font",
     .type = KEY_TEXT,
     .offset = HEAD(font),
     .doc = "Family of a letter's typeface; absent: Noto Sans."},
    {.name = "paper",
     .type = KEY_CHOICE,
     .offset = HEAD(paper),
     .choices = papers,
     .default_text = "us_letter",
     .doc = "Paper of letters."},
    {.name = "envelope",
     .type = KEY_CHOICE,
     .offset = HEAD(envelope),
     .choices = envelopes,
     .default_text = "us_10",
     .doc = "Envelope whose window shows the address; none: the text begins under the letterhead."},
    {.name = "sms_segments",
     .type = KEY_INT,
     .offset = HEAD(sms_segments),
     .default_text = "4",
     .doc = "A text message has at most so many segments; 0: any. One that has more is not sent by "
            "this channel."},
    {.name = "tones",
     .type = KEY_NODE,
     .offset = offsetof(Source, tones),
     .doc = "Map of segments to friendly, urgent or firm: NAME@TONE is used in place of NAME where "
            "it is there."},
};
const size_t n_notice_keys = G_N_ELEMENTS(notice_keys);

static bool read_tone(Loading *loading, const Node *node, SegmentTone *ret_tone)
{
    if (node->kind != NODE_SCALAR || !g_strv_contains(tones, node->text)) {
        diags_add(loading->diags, "C036", node->place,
                  "the tone of segment '%s' is one of friendly, urgent, firm", node->key);
        return false;
    }
    *ret_tone = (SegmentTone){node->key, node->text};
    return true;
}

static bool read_tones(Loading *loading, const Node *map)
{
    Configuration *configuration = loading->configuration;
    if (!map || node_is_null(map))
        return true;
    if (map->kind != NODE_MAP) {
        diags_add(loading->diags, "C036", map->place,
                  "'tones' must be a map of segments to tones, not %s", node_kind_name(map->kind));
        return false;
    }
    SegmentTone *rows = arena_new0(loading->arena, SegmentTone, map->n);
    bool good = true;
    for (const Node *node = map->first; node; node = node->next)
        good = read_tone(loading, node, &rows[configuration->n_tones++]) && good;
    configuration->tones = rows;
    return good;
}

bool notices_load(Loading *loading, const Node *map)
{
    static const Node nothing = {.kind = NODE_MAP};
    Source *source = arena_new0(loading->arena, Source, 1);
    if (!tree_read(map && !node_is_null(map) ? map : &nothing, notice_keys, n_notice_keys,
                   loading->arena, loading->diags, source))
        return false;
    loading->configuration->letterhead = &source->head;
    return read_tones(loading, source->tones);
}
