/* Requests of Twilio's API of 2010, what its errors mean, and how what was sent is found again: there is no key for a repeat. */
#include "twilio.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_PAGES_MAX = 20, CLOCK_SLACK_MS = 60000, LOOK_BACK_MS = 86400000 };

/* ---- errors: what is not listed is judged by its status, as Twilio advises: its codes keep changing ---- */

static const struct {
    int code;
    bool again;
    const char *hint;
} errors[] = {
    {21211, false, "correct the number"},
    {21217, false, "correct the number"},
    {21214, false, "correct the number"},
    {21614, false, "it is no mobile number: take another channel"},
    {21612, false, "it cannot be reached by text message from this sender: take another channel"},
    {21610, false, "the person has opted out of this sender"},
    {21212, false, "correct the options 'from' and 'messaging_service_sid'"},
    {21606, false, "correct the options 'from' and 'messaging_service_sid'"},
    {21659, false, "correct the options 'from' and 'messaging_service_sid'"},
    {21603, false, "correct the options 'from' and 'messaging_service_sid'"},
    {21408, false, "switch the country on under Messaging, Geographic permissions"},
    {21215, false, "switch the country on under Voice, Geographic permissions"},
    {21602, false, "the text is empty"},
    {21617, false, "the text is longer than 1,600 characters"},
    {21611, true, "the sender's queue is full"},
    {30001, true, "the queue is full"},
    {30034, false, "register the number for A2P 10DLC"},
};

/* The statuses that the house table knows better than a body. */
static bool is_about_request(int status)
{
    return status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 &&
           status != 425 && status != 429;
}

static bool judge(const DunhubTask *task, const DunhubHttpResponse *response, const json_t *answer)
{
    int64_t code = dunhub_at_int(answer, "/code", 0);
    const char *said = dunhub_at_text(answer, "/message");
    if (!is_about_request(response->status) || code <= 0)
        return false;
    const char *name = dunhub_format(task, "%" PRId64, code), *hint = NULL;
    bool again = false;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].code == code) {
            hint = errors[i].hint;
            again = errors[i].again;
        }
    const char *text = dunhub_one_line(task, said ? said : "no reason given", 200);
    if (again)
        dunhub_retry(task, response->retry_after_ms, name, "Twilio asks to wait: %s", text);
    else
        dunhub_permanent(task, name, "Twilio refuses it: %s%s%s", text, hint ? "; " : "",
                         hint ? hint : "");
    return true;
}

static bool ask(const DunhubTask *task, const DunhubAction *action, const char *path,
                const char *form, json_t **ret_answer)
{
    const DunhubApi api = {.action = action,
                           .path = path,
                           .form = form,
                           .response_max_bytes = 4 << 20,
                           .judge = judge};
    *ret_answer = NULL;
    if (dunhub_json_call(task, &api, ret_answer))
        return true;
    json_decref(*ret_answer);
    *ret_answer = NULL;
    return false;
}

bool twilio_call(const DunhubTask *task, const DunhubAction *action, const char *what,
                 const char *form, json_t **ret_answer)
{
    const char *account = dunhub_url_escape(task, dunhub_option(task, "account_sid"));
    return ask(task, action, dunhub_format(task, "/2010-04-01/Accounts/%s/%s", account, what), form,
               ret_answer);
}

/* ---- what requests are made of ---- */

const char *twilio_number(const DunhubTask *task, const json_t *input, const char *name)
{
    const char *text;
    if (!dunhub_need_text(task, input, name, &text))
        return NULL;
    const char *number = dunhub_e164(task, text);
    if (!number)
        dunhub_permanent(task, "number",
                         "'%s' is no number in international form, such as +16145550100",
                         dunhub_one_line(task, text, 40));
    return number;
}

const char *twilio_hook_url(const DunhubTask *task)
{
    const char *own = dunhub_option(task, "callback_url");
    DunhubBytes bytes = {0};
    uint64_t version;
    if (!own && task->host->state_get(task->call, TWILIO_URL_STATE, &bytes, &version) == 1)
        own = dunhub_text(task, bytes);
    if (!own || !*own)
        return NULL;
    size_t n = strlen(own);
    while (n && own[n - 1] == '/')
        n--;
    return dunhub_format(task, "%.*s", (int)n, own);
}

const char *twilio_callback(const DunhubTask *task, const json_t *input, const char *url,
                            const char *part)
{
    const DunhubField fields[] = {{"act", dunhub_key(task)},
                                  {"account", dunhub_find_text(input, "account")}};
    return dunhub_query(task, dunhub_format(task, "%s/%s", url, part), fields, 2);
}

/* ---- look-up ---- */

static int64_t since_ms(const json_t *input)
{
    const char *sent = dunhub_find_text(input, "first_sent_at");
    int64_t ms;
    return sent && dunhub_instant_parse(sent, &ms) ? ms - CLOCK_SLACK_MS
                                                   : dunhub_now_ms() - LOOK_BACK_MS;
}

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool fits(const json_t *row, const TwilioSearch *search, int64_t since)
{
    const char *direction = dunhub_at_text(row, "/direction");
    const char *created = dunhub_at_text(row, "/date_created");
    int64_t ms;
    return direction && strncmp(direction, "outbound", 8) == 0 && created &&
           dunhub_instant_parse(created, &ms) && ms >= since &&
           same(dunhub_at_text(row, "/to"), search->to) &&
           (!search->from || same(dunhub_at_text(row, "/from"), search->from)) &&
           (!search->body || same(dunhub_at_text(row, "/body"), search->body));
}

/* The first, that is the oldest, that fits: pages come with the newest in front. */
static const char *find_on(const DunhubTask *task, const json_t *answer, const TwilioSearch *search,
                           int64_t since)
{
    const json_t *rows = json_object_get(answer, search->list);
    const char *found = NULL;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *sid = dunhub_at_text(row, "/sid");
        if (sid && fits(row, search, since))
            found = dunhub_format(task, "%s", sid);
    }
    return found;
}

/* No filter by date: what still waits to be sent has none. */
void twilio_find(const DunhubTask *task, const json_t *input, const TwilioSearch *search)
{
    const DunhubField fields[] = {{"To", search->to}, {"PageSize", "200"}};
    const char *path = dunhub_format(task, "/2010-04-01/Accounts/%s/%s",
                                     dunhub_url_escape(task, dunhub_option(task, "account_sid")),
                                     dunhub_query(task, search->what, fields, 2));
    for (int i = 0; path && i < LOOK_PAGES_MAX; i++) {
        json_t *answer = NULL;
        if (!ask(task, NULL, path, NULL, &answer))
            return;
        const char *sid = find_on(task, answer, search, since_ms(input));
        const char *next = dunhub_at_text(answer, "/next_page_uri");
        bool is_list = json_is_array(json_object_get(answer, search->list));
        path = next && *next ? dunhub_format(task, "%s", next) : NULL;
        json_decref(answer);
        if (sid) {
            dunhub_ok(task, sid);
            return;
        }
        if (!is_list) {
            dunhub_retry(task, 0, "answer", "Twilio's answer holds no list; it is asked again");
            return;
        }
    }
    if (path)
        dunhub_retry(task, 0, "too_many", "too much went to %s to be searched", search->to);
    else
        dunhub_absent(task, "nothing like it went to %s", search->to);
}
