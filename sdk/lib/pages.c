/* Polls that read page by page, the events they tell, and what a webhook's map is given. */
#include "dunhub/platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 1000 };

bool dunhub_emit(const DunhubTask *task, const char *type, const char *id, const char *account,
                 const char *time, json_t *refs, json_t *data)
{
    json_t *event =
        json_pack("{s:s, s:s, s:o}", "id", id, "type", type, "data", data ? data : json_object());
    if (event && account)
        json_object_set_new(event, "account", json_string(account));
    if (event && time)
        json_object_set_new(event, "time", json_string(time));
    if (event && refs)
        json_object_set(event, "refs", refs);
    json_decref(refs);
    char *text = event ? json_dumps(event, JSON_COMPACT) : NULL;
    bool taken = text && task->host->emit(task->call, (DunhubBytes){text, strlen(text)}) == 0;
    free(text);
    json_decref(event);
    return taken;
}

/* ---- cursor: {"from": …, "mark": …} while pages are left, {"from": …} after the last ---- */

static json_t *cursor_of(const DunhubTask *task)
{
    json_t *input =
        json_loadb(task->host->input(task->call).p, task->host->input(task->call).n, 0, NULL);
    const char *text = dunhub_find_text(input, "cursor");
    json_t *cursor = text ? json_loads(text, 0, NULL) : NULL;
    json_decref(input);
    return cursor;
}

static const char *kept_member(const DunhubTask *task, const json_t *cursor, const char *name)
{
    const char *text = dunhub_find_text(cursor, name);
    return text ? dunhub_format(task, "%s", text) : NULL;
}

const char *dunhub_poll_from(const DunhubTask *task)
{
    json_t *cursor = cursor_of(task);
    const char *from = kept_member(task, cursor, "from");
    json_decref(cursor);
    return from;
}

/* The done cursor of the running poll travels along: what changed while it ran is seen by the next one. */
static bool commit(const DunhubTask *task, const char *from, const char *mark, const char *done)
{
    json_t *cursor = json_object();
    if (from)
        json_object_set_new(cursor, "from", json_string(from));
    if (mark)
        json_object_set_new(cursor, "mark", json_string(mark));
    if (mark && done)
        json_object_set_new(cursor, "done", json_string(done));
    char *text = json_dumps(cursor, JSON_COMPACT);
    bool durable =
        text && task->host->page_done(task->call, (DunhubBytes){text, strlen(text)}) == 0;
    free(text);
    json_decref(cursor);
    if (!durable)
        dunhub_retry(task, 0, "page", "the hub did not take the page; the poll goes on there");
    return durable;
}

bool dunhub_pages(const DunhubTask *task, const DunhubPages *pages)
{
    json_t *cursor = cursor_of(task);
    const char *from = kept_member(task, cursor, "from"), *mark = kept_member(task, cursor, "mark");
    const char *done = mark ? kept_member(task, cursor, "done") : pages->done_cursor;
    json_decref(cursor);
    unsigned most = pages->pages_max ? pages->pages_max : PAGES_MAX;
    for (unsigned i = 0; i < most; i++) {
        json_t *answer = NULL;
        const char *next = NULL;
        bool good = pages->fetch(task, mark, pages->data, &answer, &next) &&
                    pages->tell(task, answer, pages->data);
        json_decref(answer);
        if (good && next && mark && strcmp(next, mark) == 0) {
            dunhub_retry(task, 0, "paging", "the platform names the same page again: %.100s", mark);
            good = false;
        }
        if (!good || !commit(task, next ? from : done, next, done))
            return false;
        if (!next) {
            dunhub_ok(task, NULL);
            return true;
        }
        mark = next;
    }
    dunhub_finding(task, "paging", "more than %u pages: the poll goes on there the next time",
                   most);
    dunhub_ok(task, NULL);
    return true;
}

/* ---- what a webhook's map or answer is given ---- */

bool dunhub_delivery(const DunhubTask *task, DunhubDelivery *ret_delivery)
{
    *ret_delivery =
        (DunhubDelivery){.input = dunhub_input(task), .body = task->host->body(task->call, 0)};
    if (ret_delivery->input && !ret_delivery->body.p)
        ret_delivery->body = (DunhubBytes){"", 0};
    return ret_delivery->input;
}

void dunhub_delivery_done(DunhubDelivery *delivery)
{
    json_decref(delivery->input);
    delivery->input = NULL;
}

const char *dunhub_delivery_header(const DunhubDelivery *delivery, const char *name)
{
    char lower[128];
    size_t n = strlen(name);
    if (n >= sizeof lower)
        return NULL;
    for (size_t i = 0; i <= n; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    return dunhub_find_text(json_object_get(delivery->input, "headers"), lower);
}
