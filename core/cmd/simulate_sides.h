/* What `simulate --compare A B` compares: a folder is a configuration of its own; a file is laid over the configuration. */
#ifndef DUNHUB_CMD_SIMULATE_SIDES_H
#define DUNHUB_CMD_SIMULATE_SIDES_H

#include "cmd/station.h"

/* A file's maps are merged into the configuration's, its texts and lists replace them. NULL after saying on stderr what is
 * wrong. */
Configuration *side_load(const Station *base, const char *name);
/* Whether both read the same ledgers in the same way; plays go with those of the first. */
bool sides_read_the_same(const Station *base, const Configuration *a, const Configuration *b);

#endif
