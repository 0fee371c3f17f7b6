/* What a host is handed before its first word: by an inherited descriptor (never argv or environment, where others can
 * read it) or, as a thread, in memory. */
#ifndef DUNHUB_WIRE_START_H
#define DUNHUB_WIRE_START_H

#include "wire/wire.h"

#define WIRE_START_MAX (1u << 20)
#define WIRE_START_FD 3 /* where an exec'd host finds it */

typedef struct {
    char *instance, *plugin /* path of the .so */, *endpoint, *token;
    int64_t hub_pid;
    json_t *options;       /* object; secrets resolved */
    json_t *private_paths; /* array of absolute paths of the hub's own: no path of the options may include one; may be NULL */
} WireStart;

GBytes *wire_start_write(const WireStart *start, GError **error);
bool wire_start_read(const void *bytes, size_t n, WireStart *ret_start, GError **error);
void wire_start_clear(WireStart *start);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WireStart, wire_start_clear)

#endif
