/* Inside of the bus: one instance, its host and its calls in flight. */
#ifndef DUNHUB_BUS_LINK_H
#define DUNHUB_BUS_LINK_H

#include "bus/bus.h"
#include "bus/child.h"
#include "bus/limits.h"
#include "host/thread.h"
#include "wire/wire.h"

#define LINK_TOKEN_BYTES 32
#define LINK_START_MS 10000      /* from exec to READY */
#define LINK_PING_MS 5000        /* of silence before it is asked */
#define LINK_PONG_MS 10000       /* for the answer */
#define LINK_EXPIRE_MS 4000      /* after a call's deadline; the host itself reports after half of it */
#define LINK_DRAIN_MS 3000       /* from BYE to the kill */
#define LINK_BACK_OFF_MS 100     /* the first, then doubled */
#define LINK_BACK_OFF_MAX_MS 60000
#define LINK_STABLE_MS 60000     /* up for so long: the next end counts as the first */
#define LINK_LAST_WORDS_US 20000   /* for the results of an ended host to arrive; real time */
#define LINK_FIRST_WORDS_US 500000 /* for why it never came up: a loaded machine is late with it */
#define LINK_LOGS_PER_MINUTE 600

typedef enum { LINK_BACKING_OFF, LINK_STOPPED, LINK_STARTING, LINK_UP, LINK_DRAINING, LINK_REMOVED } LinkState;

typedef struct {
    uint64_t call;
    char *verb;
    int64_t expires_ms;
    bool ended; /* the result was given; the worker may still be busy */
} Flight;

struct Link {
    char *name, *plugin;
    Isolation isolate;
    json_t *options, *private_paths;
    LinkState state;
    bool removing;
    Instant since;
    char *why;
    /* the host that is running, if one is */
    char token[2 * LINK_TOKEN_BYTES + 1];
    GBytes *peer; /* NULL until its HELLO */
    Child child;
    HostThread *thread;
    int64_t end_seen_us; /* 0: running */
    int end_status;
    char *last_words; /* of its BYE */
    bool final;
    size_t credit;
    unsigned lost;
    int64_t timeout_ms;
    Pool *pool;       /* NULL before it was up for the first time */
    Breaker breaker;
    char *held;       /* of the last status */
    /* calls */
    GHashTable *flights; /* id -> Flight */
    size_t n_open;       /* those that have not ended */
    int64_t expires_ms;  /* the first of them, or earlier */
    /* times of Clock.monotonic_ms */
    int64_t start_by_ms, retry_at_ms, up_at_ms, heard_ms, pinged_ms /* 0: not asked */, kill_at_ms;
    unsigned failures, restarts, strays, logs;
    int64_t log_window_ms;
};

struct Bus {
    void *context, *router, *publisher;
    int ends_fd; /* epoll over pidfds and threads' ends */
    Clock *clock;
    BusEvents events;
    char *plugin_dir, *host_program, *socket_path, *process_endpoint, *thread_endpoint;
    GPtrArray *links;
    GPtrArray *pools;
    unsigned strangers;
};

int64_t bus_now_ms(const Bus *bus);
Link *bus_link(const Bus *bus, const char *instance); /* NULL: not there, or being removed */
void bus_say(Bus *bus, Link *link, WireMessage *message); /* takes; a host that does not read is noticed by its silence */

/* link.c: calls and messages */
Link *link_new(const InstanceConfig *config);
void link_free(Link *link);
size_t link_credit(const Bus *bus, const Link *link);
bool link_send(Bus *bus, Link *link, const BusCall *call, GError **error);
void link_take(Bus *bus, Link *link, WireMessage *message); /* takes */
void link_expire(Bus *bus, Link *link);
void link_fail_all(Bus *bus, Link *link, const char *why);

/* supervisor.c: hosts */
void link_set_state(Bus *bus, Link *link, LinkState state);
void link_see_end(Bus *bus, Link *link);      /* has its host ended? */
void link_watch(Bus *bus, Link *link);        /* whatever the clock asks for */
int64_t link_next_ms(const Bus *bus, const Link *link); /* when to watch again; INT64_MAX: no need */
void link_begin_stop(Bus *bus, Link *link, const char *why);
void link_drop_host(Bus *bus, Link *link);    /* at once, without callbacks */

#endif
