/* The running hub's ear for other commands: a unix socket in its run folder, one JSON object a line in each direction.
 * Only the user who runs the hub (and root) may speak. Every buffer, line and connection is bounded.
 *
 * A request is {"command": NAME, …}. It is answered by any number of {"event": …} lines and one last {"ok": true, …} or
 * {"ok": false, "code", "text"}. Several requests may follow each other on one connection. */
#ifndef DUNHUB_CMD_CONTROL_H
#define DUNHUB_CMD_CONTROL_H

#include <stdint.h>

#include "base/json.h"

typedef enum {
    CONTROL_ERROR_NO_HUB, /* no hub runs there: the command may take the store itself */
    CONTROL_ERROR_PATH,   /* the folder's name is too long for a socket, or may not be written */
    CONTROL_ERROR_BROKEN, /* the hub went away, or answered what is no answer */
} ControlError;
GQuark control_error_quark(void);
#define CONTROL_ERROR control_error_quark()

/* ---- the hub's end --------------------------------------------------------------------------------------------------- */
typedef struct Control Control;
/* connection: for control_answer, now or later. The request is borrowed. */
typedef void (*ControlHandler)(void *data, uint64_t connection, const json_t *request);
/* A socket file left by a dead hub is replaced: the caller holds the store's lock, so no other hub can be there. */
Control *control_listen(const char *run_dir, ControlHandler handler, void *data, GError **error);
void control_close(Control *control);
/* Fills zmq_pollitem_t; returns how many. */
size_t control_poll_items(Control *control, void *ret_zmq_pollitems, size_t max);
/* One bounded turn: accepts, reads, hands over, writes. */
void control_turn(Control *control);
/* One line; the object is consumed. A connection that is gone, or does not read, loses it. */
void control_answer(Control *control, uint64_t connection, json_t *line);

/* ---- a command's end --------------------------------------------------------------------------------------------------- */
typedef void (*ControlLine)(void *data, const json_t *line);
/* Waits for the last line, handing over the ones before it (on_line may be NULL). New reference in *ret_answer, also where
 * "ok" is false. timeout_ms 0: for ever. */
bool control_request(const char *run_dir, const json_t *request, int timeout_ms, ControlLine on_line, void *data,
                     json_t **ret_answer, GError **error);

#endif
