/* dunhub rules --disparity: how groups of accounts were treated, side by side (domain.md §9 fair_housing). */
#ifndef DUNHUB_CMD_DISPARITY_H
#define DUNHUB_CMD_DISPARITY_H

#include "cmd/command.h"

/* An ExitCode; EXIT_FINDING if an override of a person has no reason. */
int disparity_report(const CommandLine *line);

#endif
