/* A plugin host: one plugin, one instance, one main loop that speaks with the hub, and a bounded pool of workers on which
 * the handlers run. The same code is a process of its own (main.c) and a thread of the hub (thread.h).
 *
 * The main loop owns the socket and never runs code of the plugin after loading it, so it answers the heartbeat whatever
 * a handler does. Workers hand it finished messages and sleep until it brings an answer. A handler that does not return
 * within LOST_GRACE_MS of its deadline or cancellation is lost: its call is reported, no more calls are taken, and when
 * the others are done the host ends, to be replaced. */
#ifndef DUNHUB_HOST_HOST_H
#define DUNHUB_HOST_HOST_H

#include "host/sandbox.h"

#define HOST_LOST_GRACE_MS 2000
#define HOST_STOP_MS 1000       /* for handlers to return after the hub said BYE or SIGTERM came */
#define HOST_SILENCE_MS 120000  /* a hub that said nothing for so long is gone */

/* Runs until the hub says BYE, stop_fd becomes readable, the hub is silent or the host wants to be replaced. sandbox: what was closed
 * around this process, NULL for a thread. context: a ZeroMQ context; the socket is made, used and closed in the calling thread. Workers that never returned are left behind;
 * *ret_lost says how many. False and *error: it never became ready, and the hub was told why. */
bool host_run(void *context, const WireStart *start, int stop_fd, const Sandbox *sandbox, unsigned *ret_lost, GError **error);
/* Tells the hub why this host cannot run at all, and that another start would end the same way. */
void host_refuse(void *context, const WireStart *start, const char *why);

#endif
