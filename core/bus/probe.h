/* What a plugin file says about itself, read by a child process that a bad file may crash. */
#ifndef DUNHUB_BUS_PROBE_H
#define DUNHUB_BUS_PROBE_H

#include "base/json.h"

#define PROBE_LIMIT_MS 10000
#define PROBE_OUTPUT_MAX (4u << 20)

/* The manifest, or {"name","error"}: never NULL. New reference. *ret_lasting: it is about the file, so another look at the
 * same file would give the same; false where no child could be started. */
json_t *probe_file(const char *host_program, const char *file, int64_t limit_ms, bool *ret_lasting);

#endif
