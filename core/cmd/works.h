/* The works: a hub with a bus behind it, and the requests that other commands may make of it. `run` keeps one turning; a
 * command that finds no hub running makes one for itself, without sends, does its request and closes it again. */
#ifndef DUNHUB_CMD_WORKS_H
#define DUNHUB_CMD_WORKS_H

#include "bus/bus.h"
#include "cmd/station.h"
#include "hub/hub.h"

typedef struct Works Works;

typedef struct {
    void *data;
    void (*alert)(void *data, const HubAlert *alert);
    /* A bad row or record that a plugin skipped. */
    void (*finding)(void *data, const char *instance, const char *place, const char *message);
    void (*answer)(void *data, uint64_t connection, json_t *line); /* consumes the line */
    void (*stop)(void *data);
    bool (*reload)(void *data, char **ret_why);
} WorksEvents;

typedef struct {
    Station *station; /* borrowed; opened for writing */
    Clock *clock;     /* of the decisions; the bus keeps to the machine's */
    Random *random;
    bool polls;       /* asks the sources; false: requests only */
    bool acts;        /* and sends */
    bool plans;       /* with acts: what would leave is taken as done here, and nothing leaves */
    bool moved_clock; /* the clock is moved on purpose: no jump is suspect */
    bool keeps_calling; /* also what does not answer: nobody waits for it to come back */
    bool by_hand;     /* sources are polled on hub_poll_now and before an act only */
    WorksEvents events;
} WorksSetup;

Works *works_open(const WorksSetup *setup, GError **error);
void works_close(Works *works);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Works, works_close)

Hub *works_hub(Works *works);
Bus *works_bus(Works *works);
unsigned works_http_port(const Works *works); /* where platforms deliver; 0: nothing listens */
bool works_start_instance(Works *works, const Instance *instance, GError **error);
/* Every configured instance gets its host; one that cannot start is an alert. */
void works_start_instances(Works *works);
/* Waits for the bus and the given items (zmq_pollitem_t, whose revents are set), at most max_wait_ms and not past what the
 * hub has to do, then one turn of bus and hub. False: the store cannot be written. */
bool works_turn(Works *works, void *zmq_pollitems, size_t n, int64_t max_wait_ms, GError **error);
/* Nothing to do now: no input, no call in flight, nothing due that an instance could take. */
bool works_idle(Works *works);
/* Takes the new configuration: instances that changed are restarted, the others are not touched. */
bool works_reload(Works *works, Configuration *configuration, GError **error);
/* One request of a command (docs/operations.md): answered through events.answer, now or in a later turn. */
void works_request(Works *works, uint64_t connection, const json_t *request);

/* A command's way to a hub: the running one's socket, or, where none runs, works of its own under the store's lock.
 * on_line: the lines before the last one. New reference in *ret_answer, also where "ok" is false. */
bool works_ask(const StationPlaces *places, const json_t *request, void (*on_line)(void *data, const json_t *line), void *data,
               Diags *diags, json_t **ret_answer, GError **error);

#endif
