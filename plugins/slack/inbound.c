/* What people do in Slack becomes events: buttons and the slash command. Slack signed the request; who the person is and what they
 * may do is asked anew here, and the hub decides what follows. */
#include "slack.h"

#include <string.h>

enum { WORDS_MAX = 4, WORD_MAX = 200 };

/* What a person asked for. */
typedef struct {
    const char *deed; /* "approve", "refuse", "assign" */
    const char *account, *what, *asked_by;
    const char *user; /* Slack's id */
    const char *id;   /* of the event: the same click has the same */
    const char *response_url;
    const char *channel, *ts; /* of the message with the button; NULL: a command */
    const json_t *blocks;     /* of that message */
    const char *text;
} Wish;

/* ---- the event ---- */

static json_t *decision(const Wish *wish, const SlackPerson *person)
{
    json_t *data =
        json_pack("{s:s, s:s, s:s}", "what", wish->what, "by", person->name, "evidence", wish->id);
    if (wish->asked_by)
        json_object_set_new(data, "requested_by", json_string(wish->asked_by));
    if (strcmp(wish->deed, "refuse") == 0)
        json_object_set_new(data, "refused", json_true());
    return data;
}

static const char *bare(const char *name)
{
    return strncmp(name, "person:", 7) == 0 ? name + 7 : name;
}

static bool emit(const DunhubTask *task, const Wish *wish, const SlackPerson *person)
{
    bool assigns = strcmp(wish->deed, "assign") == 0;
    json_t *data = assigns ? json_pack("{s:s, s:s}", "to", bare(person->name), "by", person->name)
                           : decision(wish, person);
    const char *type = assigns ? "account.assigned" : "approval.decided";
    bool taken = dunhub_emit(task, type, wish->id, wish->account, NULL, NULL, data);
    if (!taken)
        dunhub_retry(task, 0, "emit", "the hub did not take what %s asked for", person->mail);
    return taken;
}

/* ---- the message afterwards ---- */

/* After a decision the message has no buttons; who takes the case is written below it, and it keeps them. */
static void settle(const DunhubTask *task, const Wish *wish)
{
    static const DunhubAction safe = {
        .size = sizeof(DunhubAction), .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_SAFE};
    bool assigns = strcmp(wish->deed, "assign") == 0;
    const char *line =
        dunhub_format(task, "<@%s> %s: handed to dunhub", slack_escape(task, wish->user),
                      strcmp(wish->deed, "refuse") == 0 ? "refused" : "approved");
    if (assigns || !wish->channel || !wish->ts) {
        slack_whisper(task, wish->response_url,
                      dunhub_format(task, "%s: %s, handed to dunhub",
                                    slack_escape(task, wish->account),
                                    assigns ? "yours" : wish->deed));
        return;
    }
    json_t *answer = NULL, *body = json_pack("{s:s, s:s, s:s, s:o}", "channel", wish->channel, "ts",
                                             wish->ts, "text", wish->text ? wish->text : line,
                                             "blocks", slack_settled(task, wish->blocks, line));
    if (!slack_write(task, &safe, "chat.update", body, &answer))
        dunhub_finding(task, wish->id,
                       "the decision was taken, but its message could not be changed");
    json_decref(answer);
}

/* ---- a wish ---- */

static void refuse(const DunhubTask *task, const Wish *wish, const char *why)
{
    dunhub_finding(task, wish->id, "%s by %s is not taken: %s", wish->deed,
                   dunhub_one_line(task, wish->user, 40), why);
    slack_whisper(task, wish->response_url, dunhub_format(task, "That was not taken: %s.", why));
    dunhub_ok(task, NULL);
}

static void carry_out(const DunhubTask *task, const Wish *wish)
{
    SlackPerson person;
    const char *why;
    if (!slack_person(task, wish->user, &person, &why)) {
        if (why)
            refuse(task, wish, why);
        return;
    }
    if (strcmp(wish->deed, "assign") != 0 && !person.may_approve)
        refuse(task, wish, "the option 'approvers' does not name you");
    else if (emit(task, wish, &person)) {
        settle(task, wish);
        dunhub_ok(task, NULL);
    }
}

/* ---- buttons ---- */

static const char *deed_of(const char *action_id)
{
    static const char *const rows[][2] = {
        {SLACK_APPROVE, "approve"}, {SLACK_REFUSE, "refuse"}, {SLACK_ASSIGN, "assign"}};
    for (size_t i = 0; action_id && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i][0], action_id) == 0)
            return rows[i][1];
    return NULL;
}

static void click(const DunhubTask *task, const json_t *payload, const json_t *action)
{
    const char *written = dunhub_at_text(action, "/value");
    json_t *value = written ? json_loads(written, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *ts = dunhub_at_text(payload, "/container/message_ts");
    const char *at = dunhub_at_text(action, "/action_ts");
    Wish wish = {
        .deed = deed_of(dunhub_at_text(action, "/action_id")),
        .account = dunhub_at_text(value, "/account"),
        .what = dunhub_at_text(value, "/what"),
        .asked_by = dunhub_at_text(value, "/by"),
        .user = dunhub_at_text(payload, "/user/id"),
        .response_url = dunhub_at_text(payload, "/response_url"),
        .channel = dunhub_at_text(payload, "/container/channel_id"),
        .ts = ts,
        .blocks = dunhub_at(payload, "/message/blocks"),
        .text = dunhub_at_text(payload, "/message/text"),
    };
    wish.id = dunhub_format(task, "slack:%s:%s:%s", ts ? ts : "", wish.deed ? wish.deed : "",
                            at ? at : "");
    bool decides = wish.deed && strcmp(wish.deed, "assign") != 0;
    if (!wish.deed) /* a link, or a button of another app's making */
        dunhub_ok(task, NULL);
    else if (wish.account && wish.user && at && ts && (!decides || wish.what))
        carry_out(task, &wish);
    else {
        dunhub_finding(task, wish.id, "a click without account, person or instant is left out");
        dunhub_ok(task, NULL);
    }
    json_decref(value);
}

/* Only clicks on our messages mean anything; other kinds of interaction are answered and forgotten. */
static void interact(const DunhubTask *task, const char *text)
{
    json_t *payload = json_loads(text, 0, NULL);
    const char *type = dunhub_at_text(payload, "/type");
    const json_t *actions = json_object_get(payload, "actions");
    dunhub_ok(task, NULL);
    if (!payload)
        dunhub_permanent(task, "payload", "the interaction is no JSON");
    else if (type && strcmp(type, "block_actions") == 0)
        for (size_t i = 0; i < json_array_size(actions) && task->result->outcome == DUNHUB_OK; i++)
            click(task, payload, json_array_get(actions, i));
    json_decref(payload);
}

/* ---- the slash command ---- */

static size_t split(const DunhubTask *task, const char *text, const char *words[WORDS_MAX])
{
    size_t n = 0;
    while (n < WORDS_MAX) {
        text += strspn(text, " \t\r\n");
        size_t length = strcspn(text, " \t\r\n");
        if (!length)
            break;
        words[n++] = length <= WORD_MAX ? dunhub_format(task, "%.*s", (int)length, text) : "";
        text += length;
    }
    return n;
}

static const char usage[] = "`assign ACCOUNT`, `approve ACCOUNT WHAT` or `refuse ACCOUNT WHAT`";

static void command(const DunhubTask *task, const json_t *form)
{
    const char *words[WORDS_MAX] = {NULL}, *text = dunhub_form_value(form, "text");
    const char *trigger = dunhub_form_value(form, "trigger_id");
    size_t n = split(task, text ? text : "", words);
    Wish wish = {
        .deed = n ? words[0] : "",
        .account = words[1],
        .what = words[2],
        .user = dunhub_form_value(form, "user_id"),
        .response_url = dunhub_form_value(form, "response_url"),
        .id = dunhub_format(task, "slack:%s", trigger ? trigger : ""),
    };
    bool assigns = n == 2 && strcmp(words[0], "assign") == 0;
    bool decides = n == 3 && (strcmp(words[0], "approve") == 0 || strcmp(words[0], "refuse") == 0);
    if ((assigns || decides) && wish.user && trigger && *trigger) {
        carry_out(task, &wish);
        return;
    }
    slack_whisper(task, wish.response_url, usage);
    dunhub_ok(task, NULL);
}

/* ---- a delivery ---- */

void slack_map(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    DunhubDelivery delivery;
    if (!dunhub_delivery(&task, &delivery))
        return;
    const char *type = dunhub_delivery_header(&delivery, "Content-Type");
    bool is_form = type && strncmp(type, "application/x-www-form-urlencoded", 33) == 0;
    json_t *form = is_form ? dunhub_form_parse(delivery.body.p, delivery.body.n) : NULL;
    const char *payload = dunhub_form_value(form, "payload");
    dunhub_ok(&task, NULL); /* events of the Events API, ssl_check: nothing follows from them */
    if (is_form && !form)
        dunhub_permanent(&task, "form", "the request is no form");
    else if (payload)
        interact(&task, payload);
    else if (dunhub_form_value(form, "command"))
        command(&task, form);
    json_decref(form);
    dunhub_delivery_done(&delivery);
}
