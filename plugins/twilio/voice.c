/* Calls that say a text. What an answering machine may hear is another text than a person's: only the hub's own answer, given when it is
 * known who picked up, can tell them apart. */
#include "twilio.h"

#include <string.h>

enum { TWIML_MAX = 4000, URL_MAX = 4000 };

/* ---- what is said ---- */

/* text NULL: nothing, the line is closed. */
static const char *twiml(const DunhubTask *task, const char *text, const char *language)
{
    const char *voice = dunhub_option(task, "voice");
    if (!text || !*text)
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>";
    return dunhub_format(task,
                         "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say%s%s%s%s%s%s>%s</"
                         "Say><Hangup/></Response>",
                         voice ? " voice=\"" : "", voice ? dunhub_xml_escape(task, voice) : "",
                         voice ? "\"" : "", language ? " language=\"" : "",
                         language ? dunhub_xml_escape(task, language) : "", language ? "\"" : "",
                         dunhub_xml_escape(task, text));
}

static bool says_all(const DunhubTask *task)
{
    return strcmp(dunhub_option(task, "machine"), "say") == 0;
}

void twilio_answer_voice(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    DunhubDelivery delivery;
    if (!dunhub_delivery(&task, &delivery))
        return;
    const char *query = dunhub_find_text(delivery.input, "query");
    json_t *asked = dunhub_form_parse(query ? query : "", query ? strlen(query) : 0);
    json_t *form = dunhub_form_parse(delivery.body.p, delivery.body.n);
    const char *by = dunhub_form_value(form, "AnsweredBy");
    bool machine = by && (strncmp(by, "machine", 7) == 0 || strcmp(by, "fax") == 0);
    /* Unknown is no person: better nothing than a debt on a stranger's tape. */
    bool person = by && strcmp(by, "human") == 0;
    const char *left = dunhub_form_value(asked, "machine");
    const char *say = person ? dunhub_form_value(asked, "say") : left;
    if (machine && by && strcmp(by, "fax") == 0)
        say = NULL;
    json_t *data = json_pack("{s:i, s:s, s:s}", "status", 200, "type", "text/xml", "body",
                             twiml(&task, say, dunhub_form_value(asked, "language")));
    dunhub_ok_data(&task, NULL, data);
    json_decref(data);
    json_decref(form);
    json_decref(asked);
    dunhub_delivery_done(&delivery);
}

/* ---- the call ---- */

typedef struct {
    const char *to, *from, *text, *machine, *language;
} Ring;

static bool ring_of(const DunhubTask *task, const json_t *input, Ring *ret_ring)
{
    const char *own = dunhub_option(task, "voice_from"),
               *from = own ? own : dunhub_option(task, "from");
    Ring ring = {.to = twilio_number(task, input, "to"),
                 .machine = dunhub_find_text(input, "voicemail"),
                 .language = dunhub_find_text(input, "language")};
    if (!ring.to || !dunhub_need_text(task, input, "text", &ring.text))
        return false;
    ring.from = from ? dunhub_e164(task, from) : NULL;
    if (!ring.from) {
        dunhub_permanent(task, "sender", "nobody calls: set the option 'voice_from' or 'from'");
        return false;
    }
    if (!ring.machine && says_all(task))
        ring.machine = ring.text;
    *ret_ring = ring;
    return true;
}

/* Where Twilio asks what to say; its texts travel along, and Twilio signs them. NULL: the result is set. */
static const char *voice_url(const DunhubTask *task, const Ring *ring, const char *url)
{
    const DunhubField fields[] = {
        {"say", ring->text}, {"machine", ring->machine}, {"language", ring->language}};
    const char *whole = dunhub_query(task, dunhub_format(task, "%s/voice", url), fields, 3);
    if (whole && strlen(whole) <= URL_MAX)
        return whole;
    dunhub_permanent(task, "too_long", "the texts of the call are too long: shorten the template");
    return NULL;
}

/* Without the hub's answer everybody hears the same. NULL: that is not allowed, and the result says so. */
static const char *plain_twiml(const DunhubTask *task, const Ring *ring)
{
    bool same = ring->machine && strcmp(ring->machine, ring->text) == 0;
    const char *xml = twiml(task, ring->text, ring->language);
    if (!same)
        dunhub_permanent(
            task, "callback",
            "an answering machine may not hear this text, and without a public address "
            "nobody tells them apart: set http.public_url, or the option "
            "'callback_url', or 'machine: say'");
    else if (strlen(xml) > TWIML_MAX)
        dunhub_permanent(task, "too_long",
                         "the text of the call is too long: shorten the template");
    else
        return xml;
    return NULL;
}

static void ring(const DunhubTask *task, const json_t *input, const Ring *ring)
{
    const DunhubAction *action = &twilio_actions[TWILIO_VOICE];
    const char *url = twilio_hook_url(task), *sid;
    const char *address = url ? voice_url(task, ring, url) : NULL;
    const char *xml = url ? NULL : plain_twiml(task, ring);
    if (!address && !xml)
        return;
    const DunhubField fields[] = {
        {"To", ring->to},
        {"From", ring->from},
        {"Url", address},
        {"Twiml", xml},
        {"Timeout", dunhub_option(task, "ring_s")},
        {"MachineDetection", "DetectMessageEnd"},
        {"StatusCallback", url ? twilio_callback(task, input, url, "call") : NULL},
    };
    json_t *answer = NULL;
    const char *form = dunhub_form(task, fields, sizeof fields / sizeof *fields);
    if (twilio_call(task, action, "Calls.json", form, &answer) &&
        dunhub_need_at(task, action, answer, "/sid", &sid))
        dunhub_ok(task, dunhub_format(task, "%s", sid));
    json_decref(answer);
}

void twilio_ring(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    Ring made;
    if (input && ring_of(&task, input, &made))
        ring(&task, input, &made);
    json_decref(input);
}

/* Of a call only the numbers are known afterwards. */
void twilio_find_call(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    Ring made;
    if (input && ring_of(&task, input, &made))
        twilio_find(&task, input, &(TwilioSearch){"Calls.json", "calls", made.to, made.from, NULL});
    json_decref(input);
}
