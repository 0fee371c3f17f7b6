/* A plugin against a scripted platform on loopback: answers in the order in which they are given, requests kept as they came. */
#ifndef DUNHUB_TESTKIT_PLATFORM_H
#define DUNHUB_TESTKIT_PLATFORM_H

#include "testkit/testkit.h"

typedef struct TestkitPlatform TestkitPlatform;

/* base: path that goes into the option base_url behind the address ("" none). */
TestkitPlatform *testkit_platform_new(const char *plugin, const char *base);
void testkit_platform_free(TestkitPlatform *platform);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TestkitPlatform, testkit_platform_free)
Testkit *testkit_platform_kit(TestkitPlatform *platform);
/* "http://127.0.0.1:PORT" */
const char *testkit_platform_url(const TestkitPlatform *platform);

/* The next answer: "200 OK", further header lines ("A: b\r\n", "" none) and the body. status "": the connection is reset after
 * the request was read. A request that finds no answer left is answered 599. */
void testkit_platform_answer(TestkitPlatform *platform, const char *status, const char *headers, const char *body);
/* The same with 200 and application/json. */
void testkit_platform_json(TestkitPlatform *platform, const char *body);

guint testkit_platform_count(TestkitPlatform *platform);
/* Request number i: "METHOD /path", to be compared; its body; a header (free it). Each ends the test when there is none. */
void testkit_platform_assert(TestkitPlatform *platform, guint i, const char *method_and_path);
const char *testkit_platform_body(TestkitPlatform *platform, guint i);
char *testkit_platform_header(TestkitPlatform *platform, guint i, const char *name);
/* The JSON body equals `expect` (quotes as in C). */
void testkit_platform_assert_json(TestkitPlatform *platform, guint i, const char *expect);

#endif
