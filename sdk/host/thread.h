/* A plugin host as a thread of the hub (`isolate: thread`): the same main loop over inproc, without the protection. */
#ifndef DUNHUB_HOST_THREAD_H
#define DUNHUB_HOST_THREAD_H

#include "wire/start.h"

typedef struct HostThread HostThread;

/* Copies start. The context must live until the thread was freed. */
HostThread *host_thread_start(void *context, const WireStart *start, GError **error);
/* Readable once the main loop has ended. Stays the thread's. */
int host_thread_ended_fd(const HostThread *thread);
/* Asks it to end if it has not, and waits for its main loop (bounded: HOST_STOP_MS). Handlers that never return are left
 * behind. */
void host_thread_free(HostThread *thread);

#endif
