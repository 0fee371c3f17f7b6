/* Which calls of the kernel a plugin's process may still make. */
#ifndef DUNHUB_HOST_SYSTEM_CALLS_H
#define DUNHUB_HOST_SYSTEM_CALLS_H

#include <stdbool.h>

/* Refuses other programs and processes (threads stay allowed), tracing, mounts, and interfaces by which the other rules
 * could be evaded, with EPERM; clone3 with ENOSYS, so that the C library falls back to clone. For the calling thread and
 * those it starts. False: the kernel has no filter. */
bool system_calls_filter(void);

#endif
