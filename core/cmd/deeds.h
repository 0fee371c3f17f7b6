/* Acts of people as commands (core/hub/deeds.h). */
#ifndef DUNHUB_CMD_DEEDS_H
#define DUNHUB_CMD_DEEDS_H

#include "cmd/command.h"

/* The commands and, before "approve", one for each act of people that has none of its own yet. Ended by a NULL name; lives
 * as long as the program. */
const Command *deeds_with_commands(const Command *own);
/* Who may, whether a second person is needed and what is recorded, if the command is an act of people. */
void deeds_help(const char *name, FILE *out);

#endif
