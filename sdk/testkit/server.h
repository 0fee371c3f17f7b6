/* A scripted server on a free loopback port, one thread, one connection at a time: for tests of what a plugin does when the
 * other side answers, refuses, is silent or goes away. */
#ifndef DUNHUB_TESTKIT_SERVER_H
#define DUNHUB_TESTKIT_SERVER_H

#include <glib.h>

typedef struct TestkitServer TestkitServer;
typedef struct TestkitPeer TestkitPeer;

/* Called on the server's thread for each connection; it is closed when this returns. */
typedef void (*TestkitTalk)(TestkitPeer *peer, void *data);

TestkitServer *testkit_server_new(TestkitTalk talk, void *data);
/* Ends the thread, also one that waits for a silent peer. */
void testkit_server_free(TestkitServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestkitServer, testkit_server_free)
unsigned testkit_server_port(const TestkitServer *server);
unsigned testkit_server_connections(const TestkitServer *server);
/* A port of loopback on which nobody listens. */
unsigned testkit_closed_port(void);

/* A line without its end; NULL when the peer has gone. Free it. */
char *testkit_peer_line(TestkitPeer *peer);
/* Exactly n bytes, NUL-ended; NULL when the peer has gone. Free it. */
char *testkit_peer_bytes(TestkitPeer *peer, size_t n);
void testkit_peer_send(TestkitPeer *peer, const char *text);
/* Ends the connection with a reset instead of a close. */
void testkit_peer_reset(TestkitPeer *peer);
/* Says nothing until the peer goes away or the server ends. */
void testkit_peer_silent(TestkitPeer *peer);

/* HTTP: the nth request gets the nth answer ("HTTP/1.1 200 OK\r\n…"), the last one again and again. "" is no answer: the
 * connection is reset; NULL: silence. */
typedef struct {
    const char *const *answers; /* NULL-ended would end silence: n says how many */
    size_t n_answers;
    GMutex lock;
    GPtrArray *requests; /* char *: head and body; under lock */
} TestkitHttp;
void testkit_http_init(TestkitHttp *ret_http, const char *const *answers, size_t n);
void testkit_http_done(TestkitHttp *http);
void testkit_http_talk(TestkitPeer *peer, void *http);
/* Value of a header of a request as it came, NULL none. Free it. */
char *testkit_http_header(const char *request, const char *name);

#endif
