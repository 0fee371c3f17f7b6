/* One poll of a plugin's source, straight in the calling thread: no socket, no worker, no page that waits. For readers of whole
 * histories, whose millions of events a host would copy three times. The plugin has the rights of this process, as a
 * host in a thread (thread.h) gives them, and its state is empty and forgotten. */
#ifndef DUNHUB_HOST_STRAIGHT_H
#define DUNHUB_HOST_STRAIGHT_H

#include "host/contract.h"

typedef struct {
    void *data;
    /* One event as the plugin wrote it, unchecked; dies when this returns. False: enough, the poll ends. */
    bool (*event)(void *data, const char *bytes, size_t n);
    void (*finding)(void *data, const char *place, const char *message);
} StraightEvents;

typedef struct {
    int outcome; /* DunhubOutcome */
    char *code, *message; /* one line each; NULL none */
} StraightResult;
void straight_result_clear(StraightResult *result);

/* options: of the instance, references resolved. input: JSON of the poll. False and *error: the options are not as the
 * plugin needs them; else *ret_result says how it went. */
bool straight_poll(const Contract *contract, const DunhubSource *source, const char *instance, const json_t *options,
                   const char *input, const StraightEvents *events, StraightResult *ret_result, GError **error);

#endif
