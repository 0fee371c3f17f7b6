/* Between the listener and the hub: a delivery of a platform becomes durable in the hub's next group, and is answered then;
 * where its plugin has the answer, that is asked for first. One thread: the engine's. */
#ifndef DUNHUB_CMD_DOORWAY_H
#define DUNHUB_CMD_DOORWAY_H

#include "bus/bus.h"
#include "cmd/station.h"
#include "hub/hub.h"

typedef struct Doorway Doorway;

/* NULL without an error: the configuration has nothing listen. Hub, bus and station are borrowed. */
Doorway *doorway_open(const Station *station, Hub *hub, Bus *bus, GError **error);
void doorway_close(Doorway *doorway); /* before hub and bus */

unsigned doorway_port(const Doorway *doorway);
/* The hooks of the instances as they are configured now; one that cannot be is told in ret_why, a line each. */
void doorway_reload(Doorway *doorway, GString *ret_why);
int doorway_fd(const Doorway *doorway);
int64_t doorway_wait_ms(const Doorway *doorway); /* until an answer is given up; -1: none is waited for */
void doorway_turn(Doorway *doorway);             /* hands what came to the hub, and gives up what is late */
void doorway_fail(Doorway *doorway);             /* the store cannot be written: 503 to all that waits for it */
bool doorway_result(Doorway *doorway, const BusResult *result); /* true: it was the answer of a plugin */
json_t *doorway_status(Doorway *doorway);        /* new reference */

#endif
