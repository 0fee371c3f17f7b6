/* Where platforms deliver: /hooks/INSTANCE[/NAME]. Threads of the server judge each request by its hook's row; challenges and
 * refusals they answer themselves. What is a delivery waits in one bounded queue for the engine, which makes it durable and
 * only then has it answered. Past the queue's bound, or while the engine cannot write, the answer is 503: it comes again.
 *
 * listener_take, listener_end and listener_fail belong to the engine's thread. */
#ifndef DUNHUB_HTTP_LISTENER_H
#define DUNHUB_HTTP_LISTENER_H

#include "http/hook.h"

typedef struct Listener Listener;

typedef struct {
    char *instance;
    Hook *hook; /* owned */
} Door;
void door_free(void *door);

/* A delivery on its way. Owned by the listener. */
typedef struct {
    const char *instance, *hook, *delivery;
    const char *head;   /* canonical JSON: method, path, query, headers by lower-case name */
    GBytes *body;
    unsigned answer_ms; /* the plugin's own answer is asked, and has so long; 0: the row's is given */
} Arrival;

/* setup: handler and data are the listener's. public_url: scheme, host and perhaps a path, without a slash at its end: what
 * signed addresses begin with; NULL: the scheme of the connection and the Host header, for trials. X-Forwarded headers are
 * never looked at: anyone can send them. */
Listener *listener_new(const HttpServerSetup *setup, const char *public_url, GError **error);
void listener_free(Listener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)
unsigned listener_port(const Listener *listener);
/* Which doors there are from now on: Door, taken. */
void listener_set_doors(Listener *listener, GPtrArray *doors);

/* Readable while deliveries wait. */
int listener_fd(const Listener *listener);
Arrival *listener_take(Listener *listener); /* NULL: none waits */
/* It is durable: the answer of its row, or the plugin's (a status of 0: the row's), is given. */
typedef struct {
    unsigned status;
    const char *type, *body;
} ArrivalAnswer;
void listener_end(Listener *listener, Arrival *arrival, const ArrivalAnswer *answer);
/* It is not, or nobody can say: 503 and when to come again. */
void listener_fail(Listener *listener, Arrival *arrival);

typedef struct {
    HttpCounters http;
    uint64_t deliveries, challenges, refused, unknown, overflowed;
    size_t waiting;
} ListenerCounters;
ListenerCounters listener_counters(Listener *listener);

#endif
