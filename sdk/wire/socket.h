/* Wire messages over a ZeroMQ socket. Never waits. A socket belongs to one thread. */
#ifndef DUNHUB_WIRE_SOCKET_H
#define DUNHUB_WIRE_SOCKET_H

#include "wire/wire.h"

typedef enum { WIRE_RECEIVED, WIRE_NOTHING, WIRE_MALFORMED } WireReceived;

/* The options every socket of the protocol has: no lingering, bounded frames and queues. */
bool wire_socket_prepare(void *socket, GError **error);

/* peer NULL: a DEALER. False: errno is EAGAIN (full) or EHOSTUNREACH (no such peer), or *error is a limit of the message
 * itself; nothing was sent. */
bool wire_send(void *socket, GBytes *peer, const WireMessage *message, GError **error);

/* ret_peer NULL: a DEALER. MALFORMED: the message was taken and thrown away, *error says why, *ret_peer who. */
WireReceived wire_receive(void *socket, WireSide from, GBytes **ret_peer, WireMessage **ret_message,
                          GError **error);

#endif
