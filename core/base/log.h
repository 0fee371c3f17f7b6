/* The one log function. JSON lines or text on stderr, journald fields where GLib sees journald. Never secrets, never
 * full phone numbers or addresses; control characters in values are neutralised here. Thread-safe. */
#ifndef DUNHUB_BASE_LOG_H
#define DUNHUB_BASE_LOG_H

#include <glib.h>
#include <stdbool.h>

typedef enum { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARN, LOG_FAIL } LogLevel;

void log_setup(LogLevel least, bool json);
/* room: "store", "bus", … */
void log_message(LogLevel level, const char *room, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
