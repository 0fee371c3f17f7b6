/* Runs a plugin's handlers in this process with a scripted host: a test gives options, input, key and bodies, and looks at
 * the result, the events, cursors and findings. It loads the same NAME.so that is shipped, from ../../../plugins beside the
 * test program (build/tests/unit/<room>/test_x). Built on GLib's g_test: what cannot go on ends the test with a message. */
#ifndef DUNHUB_TESTKIT_H
#define DUNHUB_TESTKIT_H

#include <glib.h>
#include <jansson.h>

#include "dunhub/sdk.h"

typedef struct Testkit Testkit;

/* plugin: its name, checked by testkit_check_plugin; NULL: no plugin, only a host for tests of the SDK. */
Testkit *testkit_new(const char *plugin);
void testkit_free(Testkit *kit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Testkit, testkit_free)
const DunhubPlugin *testkit_plugin(const Testkit *kit);

/* Text as the host gives it (a map or list as JSON); NULL: not configured. The plugin must declare it. */
void testkit_option(Testkit *kit, const char *name, const char *text);
/* Content that travels with the next calls. Copied. */
void testkit_body(Testkit *kit, const void *bytes, size_t n);
void testkit_clear_bodies(Testkit *kit);
/* What left_ms starts with, for every call; default 30,000. It counts down in real time; 0: cancelled at once. */
void testkit_left_ms(Testkit *kit, int64_t ms);

/* The host misbehaves: from the nth call on (0: the first) of that function it fails. -1: never. */
typedef enum { TESTKIT_EMIT, TESTKIT_PAGE_DONE, TESTKIT_STATE_GET, TESTKIT_STATE_PUT, N_TESTKIT_FUNCTIONS } TestkitFunction;
void testkit_fail_from(Testkit *kit, TestkitFunction function, int nth);

/* Of the latest call; lives until the next one. */
typedef struct {
    int outcome;
    int64_t retry_after_ms, pause_ms;
    const char *code, *message, *external_id, *data; /* "" absent */
    GPtrArray *events;   /* json_t *, those that are durable: handed on by page_done, or by a result OK */
    GPtrArray *lost;     /* json_t *, emitted and then forgotten */
    GPtrArray *cursors;  /* char * */
    GPtrArray *findings; /* char *, "place: message" */
    GPtrArray *log;      /* char * */
    size_t largest_page; /* events between two page_done */
} TestkitResult;

const TestkitResult *testkit_run(Testkit *kit, const char *verb, const char *key, const char *input);
const TestkitResult *testkit_lookup(Testkit *kit, const char *verb, const char *key, const char *input);
/* cursor: NULL, or what an earlier poll ended with. more: further members of the input, JSON object, NULL none. */
const TestkitResult *testkit_poll(Testkit *kit, const char *source, const char *cursor, const char *more);
/* accounts: JSON array of text. */
const TestkitResult *testkit_read(Testkit *kit, const char *source, const char *accounts, const char *cursor);
const TestkitResult *testkit_check(Testkit *kit);
/* A delivery to a hook, as its map or answer is given it once its signature was checked. type: Content-Type; query "": none.
 * The body takes the place of all bodies. */
const TestkitResult *testkit_map(Testkit *kit, const char *hook, const char *type, const char *query, const char *body);
const TestkitResult *testkit_answer(Testkit *kit, const char *hook, const char *type, const char *query, const char *body);
/* url: public address of /hooks/INSTANCE. */
const TestkitResult *testkit_setup(Testkit *kit, const char *url);
/* A call without a handler: for tests of the SDK's own functions. Valid until the next call. */
const DunhubTask *testkit_task(Testkit *kit, const char *verb, const char *key, const char *input);
/* What the task's result says, as a handler's would be. */
const TestkitResult *testkit_result(Testkit *kit);
/* Last cursor, "" none. */
const char *testkit_cursor(const TestkitResult *result);
/* Value of the instance's durable state, NULL absent. */
const char *testkit_state(const Testkit *kit, const char *name);
size_t testkit_state_count(const Testkit *kit);

/* Asserts what every plugin must keep: magic, sizes, names, docs, options that are declared once, effects and look-ups. */
void testkit_check_plugin(const DunhubPlugin *plugin, const char *name);
/* A new empty folder, removed with all it holds by testkit_folder_free. */
char *testkit_folder(void);
void testkit_folder_free(char *folder);
/* Writes FOLDER/name (folders on the way are made). */
void testkit_write(const char *folder, const char *name, const char *text);

#endif
