/* What an answer says about further calls, inside of the SDK. */
#ifndef DUNHUB_LIB_PACE_H
#define DUNHUB_LIB_PACE_H

#include <stdint.h>

/* Milliseconds for which the platform wants no other call, of any input; 0: it said nothing. headers: "Name: value\n" each. */
int64_t pace_wait_ms(int status, int64_t retry_after_ms, const char *headers, int64_t now_s);

#endif
