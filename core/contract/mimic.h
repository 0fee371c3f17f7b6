/* The other side of a contract: an HTTP/1.1 server on a free loopback port that answers what it is told, or misbehaves in a
 * given way. Written by hand because a well-made server cannot be made to break off, fall silent or lie about a length.
 *
 * Each connection has a thread; the answerer is called on it under the mimic's lock, one at a time. */
#ifndef DUNHUB_CONTRACT_MIMIC_H
#define DUNHUB_CONTRACT_MIMIC_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>

#define MIMIC_HEAD_MAX (64u << 10)
#define MIMIC_BODY_MAX (32u << 20)
#define MIMIC_HUGE_BYTES (24u << 20) /* of a HUGE answer, and of what a GZIP_BOMB becomes */

typedef enum {
    MIMIC_GOOD,
    MIMIC_DROP,      /* closed after the request was read, without an answer */
    MIMIC_RESET,     /* the same with a reset */
    MIMIC_HANG,      /* silence until the peer goes */
    MIMIC_HANG_HEAD, /* half of the head, then silence */
    MIMIC_HANG_BODY, /* half of the body, then silence */
    MIMIC_TRUNCATED, /* half of the body, then closed */
    MIMIC_MALFORMED, /* 200 with half of the body and broken JSON */
    MIMIC_HTML,      /* 200 with a page for people */
    MIMIC_HUGE,      /* 200 with MIMIC_HUGE_BYTES of JSON text */
    MIMIC_GZIP_BOMB, /* 200 with a gzip body that becomes MIMIC_HUGE_BYTES */
} MimicFault;

typedef struct {
    char *method, *path, *query; /* path decoded as it stands, query without '?', "" none */
    json_t *headers;             /* lower-case name -> value; repeated ones joined by ", " */
    char *head;                  /* as it came, without the empty line */
    GBytes *body;
} MimicRequest;
MimicRequest *mimic_request_copy(const MimicRequest *request);
void mimic_request_free(MimicRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MimicRequest, mimic_request_free)

typedef struct {
    int status;
    char *headers; /* "Name: value\r\n" lines; NULL none */
    char *body;    /* NULL: empty */
    MimicFault fault;
} MimicAnswer;

/* Fills ret_answer (zeroed before); its texts are g_free'd by the mimic. */
typedef void (*MimicAnswerer)(void *data, const MimicRequest *request, MimicAnswer *ret_answer);

typedef struct Mimic Mimic;
Mimic *mimic_new(MimicAnswerer answerer, void *data, GError **error);
/* Ends every connection, also a silent one. */
void mimic_free(Mimic *mimic);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mimic, mimic_free)
const char *mimic_url(const Mimic *mimic); /* "http://127.0.0.1:PORT" */
unsigned mimic_connections(const Mimic *mimic);
/* While held no request is answered. */
void mimic_lock(Mimic *mimic);
void mimic_unlock(Mimic *mimic);

#endif
