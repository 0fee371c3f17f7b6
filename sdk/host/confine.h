/* What a host process gives up before it loads foreign code. */
#ifndef DUNHUB_HOST_CONFINE_H
#define DUNHUB_HOST_CONFINE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* No core file of this process holds what its memory holds, also where a program takes core dumps through a pipe. */
bool confine_dumps(GError **error);
/* Dies with its parent, dumps no core, gains no privileges, inherits no environment. parent 0: whoever it is. Call it
 * before any thread is started. False: the parent is gone already, or the kernel refused. */
bool confine_process(pid_t parent, GError **error);
/* A descriptor that becomes readable at SIGTERM or SIGINT, which are blocked; -1 and *error. */
int confine_stop_fd(GError **error);

#endif
