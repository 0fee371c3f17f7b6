/* What travels between the hub and a plugin host: one table of verbs, a codec that reads it, nothing else.
 *
 *   message   = signature verb call head body *body       ; one ZeroMQ frame each; five in the normal case
 *   signature = "DHP1"                                    ; a foreign protocol is dropped here
 *   verb      = 2*9(%x41-5A / "_")                        ; a row of wire_verbs
 *   call      = 8OCTET                                    ; big-endian id, 0: belongs to no call
 *   head      = "" / json-object                          ; <= 64 KiB, depth <= 8, the row's fields; unknown ones are
 *                                                         ; skipped: that is how a newer side speaks to an older one
 *   body      = *OCTET                                    ; meaning and limit: the row
 *
 *   host:  HELLO ( READY | BYE )  *( RESULT | PAGE | STATE_GET | STATE_PUT | FINDING | LOG | PONG | CREDIT )  [ BYE ]
 *   hub:   *( CALL | CANCEL | PAGE_OK | STATE | PING )  [ BYE ]
 *
 * HELLO carries the one-time token that was handed to that host: before it nothing from a peer is read. A call ends with
 * exactly one RESULT; what a worker asks in between (PAGE, STATE_GET, STATE_PUT) carries a seq which the answer repeats.
 * Decoding is pure, allocates no more than the bytes it was given allow, and never aborts. */
#ifndef DUNHUB_WIRE_WIRE_H
#define DUNHUB_WIRE_WIRE_H

#include "wire/json.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_SIGNATURE "DHP1"
#define WIRE_PROTOCOL_MINOR 0

#define WIRE_HEAD_MAX 65536u
#define WIRE_HEAD_DEPTH 8
#define WIRE_JSON_DEPTH 64
#define WIRE_INPUT_MAX (1u << 20)        /* the JSON input of a call, the data of a result */
#define WIRE_BODY_MAX (16u << 20)        /* one attachment */
#define WIRE_BODIES_MAX 33               /* the input and 32 attachments */
#define WIRE_FRAMES_MAX (4 + WIRE_BODIES_MAX)
#define WIRE_TOTAL_MAX (32u << 20)       /* all frames of one message */
#define WIRE_EVENT_MAX (256u << 10)      /* one event of a page */
#define WIRE_PAGE_MAX (2u << 20)         /* all events of a page */
#define WIRE_PAGE_EVENTS 1000
#define WIRE_CURSOR_MAX (256u << 10)
#define WIRE_STATE_MAX (256u << 10)
#define WIRE_NAME_MAX 200
#define WIRE_FIELDS_MAX 7               /* of a head */
#define WIRE_TEXT_MAX 2000               /* a message for a person */

typedef enum {
    WIRE_HELLO, WIRE_READY, WIRE_CREDIT, WIRE_CALL, WIRE_CANCEL, WIRE_RESULT, WIRE_PAGE, WIRE_PAGE_OK, WIRE_STATE_GET,
    WIRE_STATE_PUT, WIRE_STATE, WIRE_FINDING, WIRE_LOG, WIRE_PING, WIRE_PONG, WIRE_BYE,
    N_WIRE_VERBS,
} WireVerb;

typedef enum { WIRE_FROM_HOST = 1, WIRE_FROM_HUB = 2 } WireSide;
typedef enum { WIRE_TEXT, WIRE_INT, WIRE_BOOL } WireType;

typedef struct {
    const char *name;
    WireType type;
    bool required;
} WireField;

typedef struct {
    const char *name;
    unsigned from;            /* WireSide bits: who may say it */
    bool of_call;             /* the call id must not be 0 */
    unsigned bodies_max;      /* 0: the body frame is empty */
    size_t body_max;
    WireField fields[WIRE_FIELDS_MAX + 1]; /* of the head, ended by a NULL name; none: the head is empty */
    const char *doc;
} WireRow;
extern const WireRow wire_verbs[N_WIRE_VERBS];

typedef enum { WIRE_ERROR_FRAMES, WIRE_ERROR_VERB, WIRE_ERROR_HEAD, WIRE_ERROR_LIMIT, WIRE_ERROR_SOCKET } WireError;
GQuark wire_error_quark(void);
#define WIRE_ERROR wire_error_quark()

/* The values of a head, in the order of the row's fields. */
typedef struct {
    bool present;
    int64_t number; /* INT, BOOL */
    char *text;     /* TEXT; owned */
} WireValue;

typedef struct {
    WireVerb verb;
    uint64_t call;
    WireValue values[WIRE_FIELDS_MAX];
    GBytes *bodies[WIRE_BODIES_MAX]; /* owned */
    size_t n_bodies;
} WireMessage;

WireMessage *wire_message_new(WireVerb verb, uint64_t call);
void wire_message_free(WireMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WireMessage, wire_message_free)

/* Building. The name is one of the row's fields. Text is made valid UTF-8 and cut to max bytes; NULL is left out. Bodies
 * keep their order; NULL is empty. */
void wire_put_text(WireMessage *message, const char *name, const char *text, size_t n, size_t max);
void wire_put_int(WireMessage *message, const char *name, int64_t value);
void wire_put_bool(WireMessage *message, const char *name, bool value);
void wire_add_body(WireMessage *message, GBytes *body);                   /* takes a reference of its own */
void wire_add_bytes(WireMessage *message, const void *bytes, size_t n);   /* copies */

/* Reading. */
const char *wire_text(const WireMessage *message, const char *name);      /* NULL: absent */
int64_t wire_int(const WireMessage *message, const char *name, int64_t fallback);
bool wire_bool(const WireMessage *message, const char *name);
GBytes *wire_body(const WireMessage *message, size_t i);                  /* borrowed; NULL past the last */

/* A frame on its way: bytes, and who keeps them (NULL: the caller does). */
typedef struct {
    const void *p;
    size_t n;
    GBytes *owner;
} WireFrame;

/* Frames to message and back. `from`: the side that sent it, a verb of the other one is refused. A body refers to the
 * frame's owner, or is copied where there is none. */
WireMessage *wire_decode(const WireFrame *frames, size_t n_frames, WireSide from, GError **error);

/* Frames that live as long as the message and this do. */
typedef struct {
    WireFrame frames[WIRE_FRAMES_MAX];
    size_t n;
    uint64_t call;  /* big-endian */
    GString *head;
} WireEncoded;
bool wire_encode(const WireMessage *message, WireEncoded *ret_encoded, GError **error);
void wire_encoded_clear(WireEncoded *encoded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WireEncoded, wire_encoded_clear)

#endif
