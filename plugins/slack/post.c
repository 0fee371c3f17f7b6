/* Posts, their later states, requests for approvals; and how an unanswered one is found again: each carries its key as
 * metadata, which only the app that wrote it reads. */
#include "slack.h"

#include <inttypes.h>
#include <string.h>

#define EVENT_TYPE "dunhub_act"

enum { LOOK_PAGES_MAX = 10, CLOCK_SLACK_MS = 120000, LOOK_BACK_MS = 86400000 };

bool slack_is_channel(const char *text)
{
    return text && strchr("CGDUW", *text) && strlen(text) >= 2 &&
           text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == 0;
}

static const char *channel_of(const DunhubTask *task, const json_t *input)
{
    const char *own = dunhub_find_text(input, "channel");
    const char *channel = own && *own ? own : dunhub_option(task, "channel");
    if (slack_is_channel(channel))
        return dunhub_format(task, "%s", channel);
    dunhub_permanent(task, "channel",
                     "'%s' is no channel id: take the one that begins with C from the channel's "
                     "details, names change",
                     channel ? dunhub_one_line(task, channel, 80) : "");
    return NULL;
}

static json_t *metadata(const DunhubTask *task)
{
    const char *key = dunhub_key(task);
    return json_pack("{s:s, s:{s:s}}", "event_type", EVENT_TYPE, "event_payload", "key",
                     key ? key : "");
}

/* "C0ARREARS/1503435956.000247" */
typedef struct {
    const char *channel, *ts;
} Place;

static bool place_of(const DunhubTask *task, const json_t *input, Place *ret_place)
{
    const char *id;
    if (!dunhub_need_text(task, input, "object_id", &id))
        return false;
    const char *slash = strchr(id, '/');
    const char *channel = slash ? dunhub_format(task, "%.*s", (int)(slash - id), id) : NULL;
    bool good =
        slack_is_channel(channel) && slash[1] && slash[1 + strspn(slash + 1, "0123456789.")] == 0;
    if (!good) {
        dunhub_permanent(task, "object_id", "'%s' is no post of Slack",
                         dunhub_one_line(task, id, 80));
        return false;
    }
    *ret_place = (Place){channel, dunhub_format(task, "%s", slash + 1)};
    return true;
}

/* A post as the result names it. False: the result is set. */
static bool take_place(const DunhubTask *task, const DunhubAction *action, const json_t *answer,
                       const char **ret_id)
{
    const char *channel, *ts;
    if (!dunhub_need_at(task, action, answer, "/channel", &channel) ||
        !dunhub_need_at(task, action, answer, "/ts", &ts))
        return false;
    *ret_id = dunhub_format(task, "%s/%s", channel, ts);
    return true;
}

/* message is consumed. thread NULL: into the channel. */
static void post(const DunhubTask *task, const DunhubAction *action, const char *channel,
                 const char *thread, json_t *message)
{
    json_t *answer = NULL;
    const char *id;
    json_object_set_new(message, "channel", json_string(channel));
    json_object_set_new(message, "metadata", metadata(task));
    json_object_set_new(message, "unfurl_links", json_false());
    if (thread)
        json_object_set_new(message, "thread_ts", json_string(thread));
    if (slack_write(task, action, "chat.postMessage", message, &answer) &&
        take_place(task, action, answer, &id))
        dunhub_ok(task, id);
    json_decref(answer);
}

void slack_post(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *channel = input ? channel_of(&task, input) : NULL;
    if (channel)
        post(&task, &slack_actions[SLACK_POST], channel, NULL, slack_alert(&task, input));
    json_decref(input);
}

void slack_ask(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *what, *channel = input ? channel_of(&task, input) : NULL;
    if (channel && dunhub_need_text(&task, input, "what", &what))
        post(&task, &slack_actions[SLACK_ASK], channel, NULL, slack_request(&task, input, what));
    json_decref(input);
}

/* ---- later states ---- */

static bool updates(const DunhubTask *task, const char *part)
{
    const char *how = dunhub_option(task, "update");
    return strcmp(how, "both") == 0 || strcmp(how, part) == 0;
}

/* The message as it is now: doing it again changes nothing. *ret_gone: somebody deleted it, or it is too old to change. */
static bool change(const DunhubTask *task, const Place *place, const json_t *input, bool *ret_gone)
{
    static const DunhubAction safe = {
        .size = sizeof(DunhubAction), .effect = DUNHUB_WRITE, .repeat = DUNHUB_REPEAT_SAFE};
    static const char *const gone[] = {"message_not_found", "cant_update_message",
                                       "edit_window_closed"};
    json_t *message = slack_alert(task, input), *answer = NULL;
    json_object_set_new(message, "channel", json_string(place->channel));
    json_object_set_new(message, "ts", json_string(place->ts));
    bool good = slack_write(task, &safe, "chat.update", message, &answer);
    json_decref(answer);
    for (size_t i = 0; !good && i < sizeof gone / sizeof *gone; i++)
        *ret_gone |= slack_code_is(task, gone[i]);
    return good;
}

/* What happened, without buttons: those are on the message itself. */
static json_t *reply(const DunhubTask *task, const json_t *input)
{
    json_t *message = slack_alert(task, input);
    json_t *blocks = slack_settled(task, json_object_get(message, "blocks"), ":thread: dunhub");
    json_object_set_new(message, "blocks", blocks);
    return message;
}

static void update(const DunhubTask *task, const json_t *input)
{
    const DunhubAction *action = &slack_actions[SLACK_UPDATE];
    Place place;
    bool gone = false;
    if (!place_of(task, input, &place))
        return;
    if (updates(task, "message") && !change(task, &place, input, &gone) && !gone)
        return;
    if (gone)
        post(task, action, place.channel, NULL, reply(task, input));
    else if (updates(task, "thread"))
        post(task, action, place.channel, place.ts, reply(task, input));
    else
        dunhub_ok(task, dunhub_format(task, "%s/%s", place.channel, place.ts));
}

void slack_update(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    if (input)
        update(&task, input);
    json_decref(input);
}

/* ---- look-up ---- */

/* A moment before the first attempt, as Slack writes moments; without one a day ago. */
static const char *oldest(const DunhubTask *task, const json_t *input)
{
    const char *sent = dunhub_find_text(input, "first_sent_at");
    int64_t ms;
    if (sent && dunhub_instant_parse(sent, &ms))
        ms -= CLOCK_SLACK_MS;
    else
        ms = dunhub_now_ms() - LOOK_BACK_MS;
    return dunhub_format(task, "%" PRId64 ".%06d", ms / 1000, 0);
}

static const char *find_key(const json_t *answer, const char *key)
{
    const json_t *messages = json_object_get(answer, "messages");
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        const char *type = dunhub_at_text(message, "/metadata/event_type");
        const char *own = dunhub_at_text(message, "/metadata/event_payload/key");
        if (type && own && strcmp(type, EVENT_TYPE) == 0 && strcmp(own, key) == 0)
            return dunhub_at_text(message, "/ts");
    }
    return NULL;
}

/* What the history of a channel, or of a thread, is asked by. */
typedef struct {
    const char *method, *channel, *thread, *oldest;
} Search;

/* false: the result is set. *ret_ts NULL: it is not there. */
static bool search(const DunhubTask *task, const Search *in, const char **ret_ts)
{
    const char *key = dunhub_key(task), *cursor = NULL;
    *ret_ts = NULL;
    for (int i = 0; i < LOOK_PAGES_MAX; i++) {
        const DunhubField fields[] = {{"channel", in->channel},         {"ts", in->thread},
                                      {"oldest", in->oldest},           {"limit", "100"},
                                      {"include_all_metadata", "true"}, {"cursor", cursor}};
        json_t *answer = NULL;
        if (!slack_look(task, in->method, fields, sizeof fields / sizeof *fields, &answer))
            return false;
        const char *ts = find_key(answer, key ? key : "");
        const char *next = dunhub_at_text(answer, "/response_metadata/next_cursor");
        *ret_ts = ts ? dunhub_format(task, "%s", ts) : NULL;
        cursor = next && *next ? dunhub_format(task, "%s", next) : NULL;
        json_decref(answer);
        if (*ret_ts || !cursor)
            return true;
    }
    dunhub_retry(task, 0, "too_many",
                 "the channel has too many messages to be searched for the post");
    return false;
}

/* A message to a person stands in the conversation with them, which has its own id. */
static const char *conversation(const DunhubTask *task, const char *channel)
{
    if (*channel != 'U' && *channel != 'W')
        return channel;
    const DunhubField fields[] = {{"users", channel}};
    json_t *answer = NULL;
    const char *id, *kept = NULL;
    if (slack_look(task, "conversations.open", fields, 1, &answer) &&
        dunhub_need_at(task, NULL, answer, "/channel/id", &id))
        kept = dunhub_format(task, "%s", id);
    json_decref(answer);
    return kept;
}

static void tell(const DunhubTask *task, const char *channel, const char *ts)
{
    if (ts)
        dunhub_ok(task, dunhub_format(task, "%s/%s", channel, ts));
    else
        dunhub_absent(task, "the channel %s has no message with this key", channel);
}

void slack_find_post(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    const char *channel = input ? channel_of(&task, input) : NULL, *ts;
    channel = channel ? conversation(&task, channel) : NULL;
    if (channel &&
        search(&task, &(Search){"conversations.history", channel, NULL, oldest(&task, input)}, &ts))
        tell(&task, channel, ts);
    json_decref(input);
}

/* The reply in the thread, or, where the post was gone, the new one in the channel. */
void slack_find_update(const DunhubHost *host, DunhubCall *call, DunhubResult *ret_result)
{
    const DunhubTask task = {host, call, ret_result};
    json_t *input = dunhub_input(&task);
    Place place;
    const char *ts = NULL;
    bool good = input && place_of(&task, input, &place);
    if (good) {
        const char *since = oldest(&task, input);
        const Search thread = {"conversations.replies", place.channel, place.ts, since};
        const Search channel = {"conversations.history", place.channel, NULL, since};
        good = search(&task, &thread, &ts) || slack_code_is(&task, "thread_not_found");
        if ((good && ts) || (good && search(&task, &channel, &ts)))
            tell(&task, place.channel, ts);
    }
    json_decref(input);
}
