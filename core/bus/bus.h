/* The hub's side of the bus: a host per instance, credit, deadlines, restarts; and the PUB socket.
 *
 * Everything here belongs to one thread, which has to live as long as the bus: hosts die with the thread that started
 * them. Callbacks come from bus_turn only; they may call everything but bus_turn and bus_free.
 *
 * Each successful bus_send ends in exactly one `result`, unless the bus is freed before. An answer of the plugin comes as
 * it is. Where none can come any more (the host died, was killed because it hung, a handler did not return within 2 s of
 * its deadline) the result is OUTCOME_UNCERTAIN with made_by_hub: what that means for an act is the caller's to decide
 * from the declared effect. Answers that come later, twice or for no call are counted and go nowhere. */
#ifndef DUNHUB_BUS_BUS_H
#define DUNHUB_BUS_BUS_H

#include "base/clock.h"
#include "bus/manifest.h"

typedef enum { BUS_ERROR_SETUP, BUS_ERROR_INSTANCE, BUS_ERROR_CREDIT, BUS_ERROR_CALL } BusError;
GQuark bus_error_quark(void);
#define BUS_ERROR bus_error_quark()

#define BUS_INSTANCES_MAX 256

typedef enum { ISOLATE_PROCESS, ISOLATE_THREAD } Isolation;

/* One configured instance; texts are copied. */
typedef struct {
    const char *name, *plugin;  /* plugin: name of the .so without its ending */
    int isolate;                /* Isolation */
    const json_t *options;      /* object: name -> text, number, bool, list or map; references already resolved */
    const json_t *private_paths; /* array of absolute paths of the hub's own, which no host may reach; NULL none */
    bool keeps_calling;         /* also a platform that does not answer: the clock of the caller is not the machine's */
} InstanceConfig;

typedef enum {
    CALL_ACTION, CALL_LOOKUP, CALL_POLL, CALL_READ, CALL_CHECK,
    CALL_MAP,    /* of a webhook's request: pages as of a poll, without cursor */
    CALL_ANSWER, /* the reply to one */
    CALL_SETUP,
} CallKind;

typedef struct {
    uint64_t id;                /* chosen by the caller, never 0, unique while in flight */
    int kind;                   /* CallKind */
    const char *verb;           /* verb, source or hook name; NULL for check and setup */
    const char *key;            /* NULL for polls and checks */
    const char *input;          /* JSON; NULL: {} */
    GBytes *const *bodies; size_t n_bodies; /* at most 32 of 16 MiB, 32 MiB together with the input */
    int64_t deadline_ms;        /* from now; 0: the plugin's own limit */
} BusCall;

/* Texts are borrowed for the duration of the callback. */
typedef struct {
    uint64_t call;
    int outcome;                /* CallOutcome of model/event.h, as DunhubOutcome */
    int64_t retry_after_ms;     /* of RETRY; 0: the caller's back-off */
    const char *code, *message, *external_id; /* NULL absent */
    const char *data;           /* a JSON object, NULL absent */
    bool made_by_hub;           /* the host died, hung or never answered */
    const char *items;          /* batch: a JSON array, NULL absent */
} BusResult;

/* All but result may be NULL: pages, gets and puts are refused then, the others not told. */
typedef struct {
    void *data;
    void (*result)(void *data, const char *instance, const BusResult *result);
    /* A page of a poll: must be durable when it returns true; false: the poll is told to stop. cursor NULL: it stays
     * where it is (a full page in between, the rest of a poll, the events of a read). */
    bool (*page)(void *data, const char *instance, uint64_t call, const json_t *const *events, size_t n_events, const char *cursor);
    bool (*state_get)(void *data, const char *instance, const char *name, GBytes **ret_value, uint64_t *ret_version); /* false: absent */
    int (*state_put)(void *data, const char *instance, const char *name, const void *bytes, size_t n, uint64_t expected_version); /* 0, 1 stale, -1 */
    void (*finding)(void *data, const char *instance, uint64_t call, const char *place, const char *message);
    void (*up)(void *data, const char *instance);                    /* ready for calls */
    /* A host ended, after the results of its calls in flight; also one that never came up: `why` says what is wrong. */
    void (*down)(void *data, const char *instance, const char *why);
    /* Calls counted against the quota of a day (of UTC, since 1970): those so far, 0 of a day that is not known; and a new
     * number, durable when it returns true. NULL: a restart forgets them. False: no call leaves that would have to count. */
    bool (*quota_get)(void *data, const char *pool, int64_t day, int64_t *ret_used);
    bool (*quota_put)(void *data, const char *pool, int64_t day, int64_t used);
    /* An outage: its calls wait, and why; NULL: it answers again. */
    void (*held)(void *data, const char *instance, const char *why);
} BusEvents;

typedef struct Bus Bus;
/* run_dir: for the ipc sockets, made 0700. publish: endpoint of the PUB socket (ipc://, inproc:// or tcp:// on loopback),
 * NULL none. */
Bus *bus_new(const char *run_dir, const char *plugin_dir, const char *host_program, const char *publish, Clock *clock,
             const BusEvents *events, GError **error);
/* Stops all hosts, within about two seconds of real time; none is left behind. No callbacks but quota_put: calls in flight have no
 * result. To end them first, send no more and turn until bus_in_flight is 0. */
void bus_free(Bus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, bus_free)

/* Starts its host with the next turn; `up` or `down` tells. A name that is being removed may be added again: the new one
 * starts when the old host is gone. */
bool bus_add(Bus *bus, const InstanceConfig *config, GError **error);
bool bus_remove(Bus *bus, const char *instance); /* after its calls in flight have ended; false: not there */
/* Calls that may be sent now: the instance's concurrency less those in flight, within its calls per minute and per day; 0
 * while it is not up, while its platform wants none, and in an outage, but for one that tries (bus/limits.h). */
size_t bus_credit(const Bus *bus, const char *instance);
/* False: nothing was sent. */
bool bus_send(Bus *bus, const char *instance, const BusCall *call, GError **error);
void bus_cancel(Bus *bus, const char *instance, uint64_t call); /* its result still comes */
size_t bus_in_flight(const Bus *bus);

/* Descriptors to wait for (zmq_pollitem_t, at most 2), and the time to wait at most (0..60,000); then one bounded turn
 * that drains, times out, restarts. */
size_t bus_poll_items(Bus *bus, void *ret_zmq_pollitems, size_t max);
int64_t bus_wait_ms(const Bus *bus);
void bus_turn(Bus *bus);

/* topic = event type; frames: topic, position (decimal), CloudEvent JSON. May drop: a gap shows in the position. */
void bus_publish(Bus *bus, const char *type, uint64_t position, const char *cloud_event);

typedef struct {
    const char *instance, *plugin, *state /* starting up draining backing_off stopped */, *why;
    int pid;
    unsigned restarts, in_flight, lost_workers;
    Instant since;
    unsigned strays; /* results that came late, twice or for no call */
    const char *held; /* why its calls wait although it is up; NULL: they do not */
    int64_t today, per_day; /* calls that count against a quota; 0: there is none */
} BusStatus;
/* Texts live until the next call of it. */
size_t bus_status(const Bus *bus, BusStatus *ret_rows, size_t max);
/* Messages from nobody that was started here, or that are no messages. */
unsigned bus_strangers(const Bus *bus);

#endif
