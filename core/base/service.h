/* What a service manager is told of a running hub, by the protocol of sd_notify(3): ready, reloading, stopping, a line of
 * status, and that it is alive. Without a manager every function does nothing. */
#ifndef DUNHUB_BASE_SERVICE_H
#define DUNHUB_BASE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Service Service;

/* socket: NOTIFY_SOCKET, a path or "@" and an abstract name; NULL, or one that cannot be reached: no manager.
 * watchdog_usec: WATCHDOG_USEC, 0: it watches nothing. Never NULL. */
Service *service_open(const char *socket, int64_t watchdog_usec);
/* As the environment of this process says. */
Service *service_of_environment(void);
void service_close(Service *service);

void service_ready(Service *service, const char *status);
void service_reloading(Service *service, int64_t monotonic_ms);
void service_stopping(Service *service);
/* The main loop turned: told to a watchdog, at most once in a quarter of its patience; also while the store refuses, because a
 * restart mends no full disk. */
void service_alive(Service *service, int64_t monotonic_ms);
void service_status(Service *service, const char *status);
/* How long the main loop may wait at most, so that the watchdog hears of it in time. */
int64_t service_wait_ms(const Service *service, int64_t most_ms);

#endif
