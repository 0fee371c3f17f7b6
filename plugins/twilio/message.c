/* Text messages. */
#include "twilio.h"

#include <string.h>

enum { TEXT_MAX = 1600 };

/* Characters, as Twilio counts its limit. */
static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

typedef struct {
    const char *to, *text, *service, *from;
} Message;

static bool message_of(const DunhubTask *task, const json_t *input, Message *ret_message)
{
    Message message = {.service = dunhub_option(task, "messaging_service_sid"),
                       .from = dunhub_option(task, "from")};
    message.to = twilio_number(task, input, "to");
    if (!message.to || !dunhub_need_text(task, input, "text", &message.text))
        return false;
    if (!message.service && !message.from) {
        dunhub_permanent(task, "sender",
                         "nobody sends it: set the option 'messaging_service_sid' or 'from'");
        return false;
    }
    if (characters(message.text) > TEXT_MAX) {
        dunhub_permanent(task, "too_long", "the text has more than %d characters", TEXT_MAX);
        return false;
    }
    *ret_message = message;
    return true;
}

static void send(const DunhubTask *task, const json_t *input, const Message *message)
{
    const DunhubAction *action = &twilio_actions[TWILIO_SMS];
    const char *url = twilio_hook_url(task), *sid;
    const DunhubField fields[] = {
        {"To", message->to},
        {"MessagingServiceSid", message->service},
        {"From", message->from ? dunhub_e164(task, message->from) : NULL},
        {"Body", message->text},
        {"StatusCallback", url ? twilio_callback(task, input, url, "status") : NULL},
        {"ValidityPeriod", dunhub_option(task, "validity_s")},
        {"SmartEncoded", dunhub_option_bool(task, "smart_encoding") ? "true" : NULL},
    };
    json_t *answer = NULL;
    const char *form = dunhub_form(task, fields, sizeof fields / sizeof *fields);
    if (twilio_call(task, action, "Messages.json", form, &answer) &&
        dunhub_need_at(task, action, answer, "/sid", &sid)) {
        const char *status = dunhub_at_text(answer, "/status");
        json_t *data = json_pack("{s:s}", "status", status ? status : "accepted");
        dunhub_ok_data(task, dunhub_format(task, "%s", sid), data);
        json_decref(data);
    }
    json_decref(answer);
}

void twilio_send(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    Message message;
    if (input && message_of(&task, input, &message))
        send(&task, input, &message);
    json_decref(input);
}

/* By number and text: of a service's pool the sender is not known before. */
void twilio_find_message(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    Message message;
    if (input && message_of(&task, input, &message))
        twilio_find(&task, input,
                    &(TwilioSearch){"Messages.json", "messages", message.to,
                                    message.service ? NULL : dunhub_e164(&task, message.from),
                                    message.text});
    json_decref(input);
}
