/* What `run` shows: to a person one coloured line for each thing that happened to an account, and a count of what was read;
 * to a log the same as messages of the one log function. */
#ifndef DUNHUB_CMD_TERMINAL_H
#define DUNHUB_CMD_TERMINAL_H

#include "hub/hub.h"

typedef struct Terminal Terminal;
/* quiet: alerts only. zone: of the times shown. */
Terminal *terminal_new(bool quiet, const Zone *zone);
void terminal_free(Terminal *terminal);
void terminal_said(Terminal *terminal, const char *format, ...) G_GNUC_PRINTF(2, 3);
void terminal_reason(void *terminal, const char *account, Instant now, const AccountState *after, const Reason *reason);
void terminal_alert(Terminal *terminal, const HubAlert *alert);
void terminal_finding(Terminal *terminal, const char *instance, const char *place, const char *message);
/* What was read since the last call, in one line; nothing if nothing was. */
void terminal_counts(Terminal *terminal, const HubCounters *counters);

#endif
