/* What Twilio tells: replies, receipts, how calls ended. The listener has checked its signature, over the address too: what this plugin
 * wrote into a callback's query comes back as it was. */
#include "twilio.h"

#include <string.h>

typedef struct {
    DunhubDelivery delivery;
    json_t *form, *query;
} Told;

static void told_done(Told *told)
{
    json_decref(told->form);
    json_decref(told->query);
    dunhub_delivery_done(&told->delivery);
}

static bool told_of(const DunhubTask *task, Told *ret_told)
{
    *ret_told = (Told){0};
    if (!dunhub_delivery(task, &ret_told->delivery))
        return false;
    const char *query = dunhub_find_text(ret_told->delivery.input, "query");
    ret_told->form = dunhub_form_parse(ret_told->delivery.body.p, ret_told->delivery.body.n);
    ret_told->query = dunhub_form_parse(query ? query : "", query ? strlen(query) : 0);
    if (ret_told->form && ret_told->query)
        return true;
    dunhub_permanent(task, "form", "the request is no form");
    told_done(ret_told);
    return false;
}

static const char *value_of(const Told *told, const char *name)
{
    const char *text = dunhub_form_value(told->form, name);
    return text && *text ? text : NULL;
}

/* data is consumed. Whose it is: the account that the callback names, else by what it is about. */
static void tell(const DunhubTask *task, const Told *told, const char *type, const char *id,
                 const char *address, const char *object, json_t *data)
{
    const char *account = dunhub_form_value(told->query, "account");
    json_t *refs = json_object();
    if (address)
        json_object_set_new(refs, "address", json_string(address));
    if (object)
        json_object_set_new(refs, "object", json_string(object));
    if (dunhub_emit(task, type, id, account && *account ? account : NULL, NULL, refs, data))
        dunhub_ok(task, NULL);
    else
        dunhub_retry(task, 0, "emit", "the hub did not take %s", id);
}

static void leave_out(const DunhubTask *task, const char *id, const char *why)
{
    dunhub_finding(task, id ? dunhub_one_line(task, id, 80) : "delivery", "%s", why);
    dunhub_ok(task, NULL);
}

/* ---- replies ---- */

/* A word of one's own list that Twilio took for STOP: the hub may not know it. */
static void tell_stop(const DunhubTask *task, const Told *told, const char *from, const char *sid)
{
    tell(task, told, "contact.updated", dunhub_format(task, "%s:stop", sid), from, NULL,
         json_pack("{s:s, s:s, s:s, s:s}", "channel", "sms", "address", from, "consent", "revoked",
                   "consent_wording", "opted out at Twilio"));
}

void twilio_map_reply(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Told told;
    if (!told_of(&task, &told))
        return;
    const char *sid = value_of(&told, "MessageSid"), *sender = value_of(&told, "From");
    const char *from = sender ? dunhub_e164(&task, sender) : NULL;
    const char *text = dunhub_form_value(told.form, "Body"), *opted = value_of(&told, "OptOutType");
    if (!sid || !from)
        leave_out(&task, sid, "a message without id or from no telephone number is left out");
    else
        tell(&task, &told, "message.replied", sid, from, NULL,
             json_pack("{s:s, s:s, s:s}", "channel", "sms", "address", from, "text",
                       text ? text : ""));
    if (sid && from && opted && strcmp(opted, "STOP") == 0 && ret_result->outcome == DUNHUB_OK)
        tell_stop(&task, &told, from, sid);
    told_done(&told);
}

/* ---- receipts ---- */

static const char *type_of(const char *status)
{
    static const char *const rows[][2] = {
        {"sent", "message.accepted"},  {"delivered", "message.delivered"},
        {"read", "message.delivered"}, {"undelivered", "message.failed"},
        {"failed", "message.failed"},  {"canceled", "message.failed"},
    };
    for (size_t i = 0; status && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i][0], status) == 0)
            return rows[i][1];
    return NULL;
}

/* hard_bounce: the number itself is no good for texts; refused: the person or a carrier does not want it. */
static const char *outcome_of(const char *type, const char *code)
{
    static const char *const rows[][2] = {
        {"30005", "hard_bounce"}, {"30006", "hard_bounce"}, {"21211", "hard_bounce"},
        {"21614", "hard_bounce"}, {"21610", "refused"},     {"30004", "refused"},
        {"30007", "refused"},
    };
    if (strcmp(type, "message.accepted") == 0)
        return "accepted";
    if (strcmp(type, "message.delivered") == 0)
        return "delivered";
    for (size_t i = 0; code && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i][0], code) == 0)
            return rows[i][1];
    return NULL;
}

static void add(json_t *data, const char *name, const char *value)
{
    if (value && *value)
        json_object_set_new(data, name, json_string(value));
}

void twilio_map_status(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Told told;
    if (!told_of(&task, &told))
        return;
    const char *sid = value_of(&told, "MessageSid"), *status = value_of(&told, "MessageStatus");
    const char *type = type_of(status), *code = value_of(&told, "ErrorCode");
    if (!sid || !status)
        leave_out(&task, sid, "a receipt without id or status is left out");
    else if (!type)
        dunhub_ok(&task, NULL); /* on its way: queued, sending */
    else {
        json_t *data = json_pack("{s:s}", "channel", "sms");
        const char *to = value_of(&told, "To");
        add(data, "act", dunhub_form_value(told.query, "act"));
        add(data, "address", to);
        add(data, "outcome", outcome_of(type, code));
        add(data, "code", code);
        tell(&task, &told, type, dunhub_format(&task, "%s:%s", sid, status), to, sid, data);
    }
    told_done(&told);
}

/* ---- calls ---- */

/* NULL: it is not over. */
static const char *call_outcome(const char *status, const char *by)
{
    static const char *const rows[][2] = {{"busy", "no_answer"},
                                          {"no-answer", "no_answer"},
                                          {"failed", "not_connected"},
                                          {"canceled", "not_connected"}};
    if (status && strcmp(status, "completed") == 0)
        return !by                              ? "answered"
               : strcmp(by, "fax") == 0         ? "not_connected"
               : strncmp(by, "machine", 7) == 0 ? "voicemail"
                                                : "answered";
    for (size_t i = 0; status && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i][0], status) == 0)
            return rows[i][1];
    return NULL;
}

void twilio_map_call(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    Told told;
    if (!told_of(&task, &told))
        return;
    const char *sid = value_of(&told, "CallSid"), *status = value_of(&told, "CallStatus");
    const char *outcome = call_outcome(status, value_of(&told, "AnsweredBy"));
    if (!sid || !status)
        leave_out(&task, sid, "a report of a call without id or status is left out");
    else if (!outcome)
        dunhub_ok(&task, NULL);
    else {
        json_t *data = json_pack("{s:s}", "outcome", outcome);
        add(data, "act", dunhub_form_value(told.query, "act"));
        tell(&task, &told, "call.completed", dunhub_format(&task, "%s:%s", sid, status),
             value_of(&told, "To"), sid, data);
    }
    told_done(&told);
}

/* The question what to say was answered at once; how the call ended comes by itself. */
void twilio_map_voice(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    dunhub_ok(&task, NULL);
}
