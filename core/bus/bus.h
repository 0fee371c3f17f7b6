/* The hub's side of the bus: a host per instance, credit, deadlines, restarts; and the PUB socket.
 * Everything here belongs to the engine thread. What arrives is given to the BusEvents callbacks from bus_turn. */
#ifndef DUNHUB_BUS_BUS_H
#define DUNHUB_BUS_BUS_H

#include "base/clock.h"
#include "bus/manifest.h"

typedef enum { ISOLATE_PROCESS, ISOLATE_THREAD } Isolation;

/* One configured instance; texts are copied. */
typedef struct {
    const char *name, *plugin;  /* plugin: name of the .so without its ending */
    int isolate;                /* Isolation */
    const json_t *options;      /* object: name -> text, number, bool, list or map; references already resolved */
} InstanceConfig;

typedef enum { CALL_ACTION, CALL_LOOKUP, CALL_POLL, CALL_READ, CALL_CHECK } CallKind;

typedef struct {
    uint64_t id;                /* chosen by the caller, never 0, unique while in flight */
    int kind;                   /* CallKind */
    const char *verb;           /* verb, or source name */
    const char *key;            /* NULL for polls and checks */
    const char *input;          /* JSON */
    const GBytes *const *bodies; size_t n_bodies;
    int64_t deadline_ms;        /* from now; 0: the plugin's own limit */
} BusCall;

typedef struct {
    uint64_t call;
    int outcome;                /* CallOutcome of model/event.h, as DunhubOutcome */
    int64_t retry_after_ms;
    const char *code, *message, *external_id, *data; /* NULL absent */
    bool made_by_hub;           /* the host died, hung or never answered */
} BusResult;

/* Borrowed for the duration of the callback. */
typedef struct {
    void *data;
    void (*result)(void *data, const char *instance, const BusResult *result);
    /* A page of a poll: must be durable when it returns true; false: the poll is told to stop. */
    bool (*page)(void *data, const char *instance, uint64_t call, const json_t *const *events, size_t n_events, const char *cursor);
    bool (*state_get)(void *data, const char *instance, const char *name, GBytes **ret_value, uint64_t *ret_version);
    int (*state_put)(void *data, const char *instance, const char *name, const void *bytes, size_t n, uint64_t expected_version); /* 0, 1 stale, -1 */
    void (*finding)(void *data, const char *instance, uint64_t call, const char *place, const char *message);
    void (*up)(void *data, const char *instance);                    /* ready for calls */
    void (*down)(void *data, const char *instance, const char *why); /* after the results of its calls in flight */
} BusEvents;

typedef struct Bus Bus;
/* run_dir: for the ipc sockets, made 0700. publish: endpoint of the PUB socket, NULL none. */
Bus *bus_new(const char *run_dir, const char *plugin_dir, const char *host_program, const char *publish, Clock *clock,
             const BusEvents *events, GError **error);
void bus_free(Bus *bus); /* stops all hosts, bounded in time; none is left behind */

bool bus_add(Bus *bus, const InstanceConfig *config, GError **error);
bool bus_remove(Bus *bus, const char *instance); /* after its calls in flight have ended */
/* Calls that may be sent now: the instance's concurrency less those in flight; 0 while it is not up. */
size_t bus_credit(const Bus *bus, const char *instance);
bool bus_send(Bus *bus, const char *instance, const BusCall *call, GError **error);
void bus_cancel(Bus *bus, const char *instance, uint64_t call);

/* File descriptors to wait for, and the time to wait at most; then one bounded turn that drains, times out, restarts. */
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
} BusStatus;
size_t bus_status(const Bus *bus, BusStatus *ret_rows, size_t max);

#endif
