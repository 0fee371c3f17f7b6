/* The parts of dunhub audit. */
#ifndef DUNHUB_CMD_AUDIT_H
#define DUNHUB_CMD_AUDIT_H

#include "cmd/command.h"
#include "cmd/station.h"

/* account NULL: all. EXIT_FINDING if one comes out otherwise than the store holds it. */
int audit_replay(const CommandLine *line, const Station *station, const char *account);

/* dunhub audit export ACCOUNT, audit key, audit verify FILE: the last needs neither store nor configuration. */
int audit_export(const CommandLine *line);
int audit_key(const CommandLine *line);
int audit_verify_file(const CommandLine *line, const char *path);

#endif
