#include "http/listener.h"

#include "base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    WAITING_MAX = 1024, /* deliveries that the engine has not taken */
    NAME_BYTES_MAX = 200,
};

#define HOOKS_PATH "/hooks/"

typedef struct {
    Arrival arrival; /* first: handed out */
    HttpExchange *exchange;
    HookReply reply;
    char *instance, *head;
    char *hook;
} Delivery;

struct Listener {
    HttpServer *server;
    char *public_url;
    int fd;
    GMutex lock; /* of all below */
    GPtrArray *doors;
    GQueue waiting; /* Delivery */
    bool ending;
    ListenerCounters counters;
};

void door_free(void *data)
{
    Door *door = data;
    g_free(door->instance);
    hook_free(door->hook);
    g_free(door);
}

/* ---- one request -----------------------------------------------------------------------------
 */

static Hook *find_hook(const GPtrArray *doors, const char *instance, const char *name)
{
    for (guint i = 0; i < doors->len; i++) {
        const Door *door = doors->pdata[i];
        if (strcmp(door->instance, instance) == 0 && strcmp(hook_name(door->hook), name) == 0)
            return door->hook;
    }
    return NULL;
}

static char *url_of(const Listener *listener, const HttpRequest *request)
{
    const char *host = http_header(request, "Host");
    if (listener->public_url)
        return g_strconcat(listener->public_url, request->target, NULL);
    return g_strconcat(request->is_tls ? "https://" : "http://", host ? host : "", request->target,
                       NULL);
}

/* Values that are no text are made text: the body alone is kept as it came. */
static json_t *text_json(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static json_t *headers_json(const HttpRequest *request, const Hook *hook)
{
    json_t *headers = json_object();
    for (size_t i = 0; i < request->n_headers; i++) {
        const HttpField *field = &request->headers[i];
        if (hook_hides_header(hook, field->name))
            continue;
        g_autofree char *valid = g_utf8_make_valid(field->name, -1);
        g_autofree char *name = g_ascii_strdown(valid, -1);
        const char *before = json_string_value(json_object_get(headers, name));
        g_autofree char *both = before ? g_strconcat(before, ", ", field->value, NULL) : NULL;
        json_object_set_new(headers, name, text_json(both ? both : field->value));
    }
    return headers;
}

static char *head_of(const HttpRequest *request, const Hook *hook)
{
    g_autoptr(json_t) head = json_object();
    json_object_set_new(head, "method", text_json(request->method));
    json_object_set_new(head, "path", text_json(request->path));
    if (request->query && !hook_hides_query(hook))
        json_object_set_new(head, "query", text_json(request->query));
    json_object_set_new(head, "headers", headers_json(request, hook));
    return json_canonical(head);
}

static void answer_reply(HttpExchange *exchange, const HookReply *reply,
                         const ArrivalAnswer *answer)
{
    HttpField header = {reply->header_name, reply->header_value};
    bool own = answer && answer->status;
    const char *body = own ? answer->body : reply->body;
    HttpAnswer given = {
        .status = own ? answer->status : reply->status,
        .type = own ? answer->type : reply->type,
        .body = body ? body : "",
        .body_bytes = body ? strlen(body) : 0,
        .headers = &header,
        .n_headers = reply->header_name != NULL,
    };
    http_answer(exchange, &given);
}

static void answer_again(HttpExchange *exchange)
{
    static const HttpField later = {"Retry-After", "5"};
    http_answer(exchange,
                &(HttpAnswer){.status = 503, .body = "", .headers = &later, .n_headers = 1});
}

static void delivery_free(Delivery *delivery)
{
    hook_reply_clear(&delivery->reply);
    g_bytes_unref(delivery->arrival.body);
    g_free(delivery->instance);
    g_free(delivery->hook);
    g_free(delivery->head);
    g_free(delivery);
}

static Delivery *delivery_new(HttpExchange *exchange, const HttpRequest *request,
                              const char *instance, const Hook *hook, HookReply *reply)
{
    Delivery *delivery = g_new0(Delivery, 1);
    delivery->exchange = exchange;
    delivery->reply = *reply;
    *reply = (HookReply){0};
    delivery->instance = g_strdup(instance);
    delivery->hook = g_strdup(hook_name(hook));
    delivery->head = head_of(request, hook);
    delivery->arrival = (Arrival){
        .instance = delivery->instance,
        .hook = delivery->hook,
        .delivery = delivery->reply.delivery,
        .head = delivery->head,
        .body = g_bytes_new(request->body, request->body_bytes),
        .answer_ms = hook_answers(hook) ? hook_answer_ms(hook) : 0,
    };
    return delivery;
}

static void wake(const Listener *listener)
{
    uint64_t one = 1;
    ssize_t written = write(listener->fd, &one, sizeof one);
    (void)written; /* a counter that is full is readable as well */
}

/* Under the lock. */
static bool enqueue(Listener *listener, Delivery *delivery)
{
    bool room = !listener->ending && listener->waiting.length < WAITING_MAX;
    listener->counters.overflowed += !room;
    if (room) {
        listener->counters.deliveries++;
        g_queue_push_tail(&listener->waiting, delivery);
        wake(listener);
    }
    return room;
}

static void hand_in(Listener *listener, Delivery *delivery)
{
    HttpExchange *exchange = delivery->exchange;
    g_mutex_lock(&listener->lock);
    bool room = enqueue(listener, delivery);
    g_mutex_unlock(&listener->lock);
    if (room)
        return; /* the engine may have answered already: nothing of it is touched any more */
    delivery_free(delivery);
    answer_again(exchange);
}

static void count(Listener *listener, uint64_t *counter)
{
    g_mutex_lock(&listener->lock);
    ++*counter;
    g_mutex_unlock(&listener->lock);
}

static void take_verdict(Listener *listener, HttpExchange *exchange, const HttpRequest *request,
                         const char *instance, const Hook *hook, HookReply *reply)
{
    if (reply->verdict == HOOK_DELIVERY) {
        hand_in(listener, delivery_new(exchange, request, instance, hook, reply));
        return;
    }
    bool refused = reply->verdict == HOOK_REFUSED;
    count(listener, refused ? &listener->counters.refused : &listener->counters.challenges);
    if (refused)
        log_message(LOG_WARN, "http", "a request to the webhook of %s is refused: %s", instance,
                    reply->why);
    answer_reply(exchange, reply, NULL);
}

static void take_hook(Listener *listener, HttpExchange *exchange, const HttpRequest *request,
                      const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, "/", 3);
    const char *name = words[0] && words[1] ? words[1] : "";
    g_mutex_lock(&listener->lock);
    g_autoptr(GPtrArray) doors = g_ptr_array_ref(listener->doors);
    g_mutex_unlock(&listener->lock);
    bool shaped = words[0] && strlen(rest) <= NAME_BYTES_MAX && g_strv_length(words) <= 2;
    const Hook *hook = shaped ? find_hook(doors, words[0], name) : NULL;
    if (!hook) {
        count(listener, &listener->counters.unknown);
        http_answer_text(exchange, 404, NULL);
        return;
    }
    g_auto(HookReply) reply = {0};
    g_autofree char *url = url_of(listener, request);
    hook_judge(hook, request, url, (int64_t)time(NULL), &reply);
    take_verdict(listener, exchange, request, words[0], hook, &reply);
}

static void on_request(void *data, HttpExchange *exchange, const HttpRequest *request)
{
    Listener *listener = data;
    if (g_str_has_prefix(request->path, HOOKS_PATH)) {
        take_hook(listener, exchange, request, request->path + strlen(HOOKS_PATH));
        return;
    }
    count(listener, &listener->counters.unknown);
    http_answer_text(exchange, 404, NULL);
}

/* ---- the engine's side -----------------------------------------------------------------------
 */

int listener_fd(const Listener *listener)
{
    return listener->fd;
}

Arrival *listener_take(Listener *listener)
{
    uint64_t count_of_wakes;
    g_mutex_lock(&listener->lock);
    Delivery *delivery = g_queue_pop_head(&listener->waiting);
    if (!delivery && read(listener->fd, &count_of_wakes, sizeof count_of_wakes) < 0)
        errno = 0; /* it was not set */
    g_mutex_unlock(&listener->lock);
    return delivery ? &delivery->arrival : NULL;
}

void listener_end(Listener *listener, Arrival *arrival, const ArrivalAnswer *answer)
{
    Delivery *delivery = (Delivery *)(void *)arrival;
    (void)listener;
    answer_reply(delivery->exchange, &delivery->reply, answer);
    delivery_free(delivery);
}

void listener_fail(Listener *listener, Arrival *arrival)
{
    Delivery *delivery = (Delivery *)(void *)arrival;
    (void)listener;
    answer_again(delivery->exchange);
    delivery_free(delivery);
}

void listener_set_doors(Listener *listener, GPtrArray *doors)
{
    g_mutex_lock(&listener->lock);
    GPtrArray *old = listener->doors;
    listener->doors = doors;
    g_mutex_unlock(&listener->lock);
    g_ptr_array_unref(old);
}

/* ---- beginning and end -----------------------------------------------------------------------
 */

Listener *listener_new(const HttpServerSetup *setup, const char *public_url, GError **error)
{
    g_autoptr(Listener) listener = g_new0(Listener, 1);
    HttpServerSetup own = *setup;
    g_mutex_init(&listener->lock);
    g_queue_init(&listener->waiting);
    listener->public_url = g_strdup(public_url);
    listener->doors = g_ptr_array_new_with_free_func(door_free);
    listener->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    own.handler = on_request;
    own.data = listener;
    listener->server = http_server_new(&own, error);
    return listener->server ? g_steal_pointer(&listener) : NULL;
}

void listener_free(Listener *listener)
{
    if (!listener)
        return;
    g_mutex_lock(&listener->lock);
    listener->ending = true;
    g_mutex_unlock(&listener->lock);
    Arrival *arrival;
    while ((arrival = listener_take(listener)) != NULL)
        listener_fail(listener, arrival);
    http_server_free(listener->server);
    g_ptr_array_unref(listener->doors);
    g_free(listener->public_url);
    close(listener->fd);
    g_mutex_clear(&listener->lock);
    g_free(listener);
}

unsigned listener_port(const Listener *listener)
{
    return http_server_port(listener->server);
}

ListenerCounters listener_counters(Listener *listener)
{
    g_mutex_lock(&listener->lock);
    ListenerCounters counters = listener->counters;
    counters.waiting = listener->waiting.length;
    g_mutex_unlock(&listener->lock);
    counters.http = http_server_counters(listener->server);
    return counters;
}
