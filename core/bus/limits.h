/* Inside of the bus: what holds the calls of an instance back although its host would take them: the pace of a minute, the
 * quota of a day, what the platform asked for, an outage. The first three may count for several instances together
 * (DunhubLimits.shared_by); an outage is an instance's own. */
#ifndef DUNHUB_BUS_LIMITS_H
#define DUNHUB_BUS_LIMITS_H

#include "bus/bus.h"

#define LIMITS_PAUSE_MAX_MS (60 * 60 * 1000)   /* asked for by an answer; the next one may ask again */
#define LIMITS_RESERVE_PART 50                 /* of a day's quota is written down ahead: a crash counts so many too many */
#define BREAKER_FAILURES 5                     /* in a row, each of a platform that cannot be reached or is broken */
#define BREAKER_WAIT_MS 5000                   /* until one call tries it, then doubled */
#define BREAKER_WAIT_MAX_MS (5 * 60 * 1000)

typedef struct Link Link;

typedef struct Pool Pool;

typedef struct {
    bool off;          /* calls go on whatever happens */
    unsigned failures; /* in a row */
    int64_t retry_at_ms, wait_ms; /* open: when one call may try; wait_ms 0: closed */
    char *code;        /* of the last failure */
} Breaker;

/* What the host said with READY. shared NULL: the instance alone. */
typedef struct {
    int64_t concurrency, per_minute, per_day;
    const char *shared;
} LimitsGiven;

/* A link that comes up, also again; one that goes for good. */
void limits_join(Bus *bus, Link *link, const LimitsGiven *given);
void limits_leave(Bus *bus, Link *link);
/* Calls that these limits allow now; may be below 0. */
int64_t limits_credit(const Bus *bus, const Link *link);
/* Whether one call more must not leave. Where several instances share, each may have been promised what another has taken
 * since: that much is let through, and paid off later. */
bool limits_refuse(const Bus *bus, const Link *link);
/* When time alone allows calls again (monotonic); INT64_MAX: time holds nothing back now. */
int64_t limits_free_ms(const Bus *bus, const Link *link);
/* One call is about to leave. False: the quota could not be written down. */
bool limits_take(Bus *bus, Link *link, GError **error);
/* What a result says about the platform; code NULL: none. */
void limits_hear(Bus *bus, Link *link, int outcome, const char *code, int64_t pause_ms);
/* One sentence, caller frees; NULL: nothing is held back. */
char *limits_why(const Bus *bus, const Link *link);
/* Calls counted today and the quota; both 0: there is none. */
void limits_today(const Bus *bus, const Link *link, int64_t *ret_used, int64_t *ret_per_day);

#endif
