/* Inside of the host: calls, workers and what they share with the main loop. Everything below `lock` is under it. */
#ifndef DUNHUB_HOST_CALL_H
#define DUNHUB_HOST_CALL_H

#include "host/contract.h"
#include "host/memory.h"
#include "wire/wire.h"

#define OUTBOX_SOFT_MAX 256 /* log lines and findings wait beyond it */
#define FINDINGS_MAX 1000   /* of one call; the rest is counted */
#define LOGS_MAX 200

typedef struct {
    Contract *contract;
    GHashTable *options; /* name -> GBytes, only what has a value; immutable while workers run */
    int wake_fd;         /* tells the main loop that the outbox has something */
    GMutex lock;
    unsigned refs;
    bool closing;
    GQueue outbox; /* WireMessage, for the main loop to send */
    GCond drained;
    unsigned crowded; /* workers that wait for the outbox to drain */
    bool listening;   /* the main loop sleeps, or is about to */
    GQueue waiting; /* DunhubCall without a worker */
    GCond work;
    GHashTable *calls; /* id -> DunhubCall, waiting and running, lost ones too */
    GPtrArray *workers;
    unsigned idle; /* workers that are not inside a handler */
    unsigned asleep;      /* of these, waiting for work */
    bool waking;          /* one was woken and has not looked yet */
    unsigned lost;        /* handlers that did not return in time */
    unsigned lost_inside; /* and have not returned since */
    int64_t return_by_us; /* the first of the calls', or earlier */
} Desk;

typedef enum {
    KIND_ACTION, KIND_LOOKUP, KIND_POLL, KIND_READ, KIND_CHECK, KIND_MAP, KIND_ANSWER, KIND_SETUP, N_KINDS
} CallKind;

struct DunhubCall {
    Desk *desk;
    WireMessage *message; /* CALL: verb, key, input and bodies live in it */
    CallKind kind;
    DunhubHandler handler;
    int64_t deadline_us; /* of g_get_monotonic_time */
    Memory memory;
    GString *page; /* events emitted and not yet handed on: a JSON array without its end */
    unsigned page_events, findings, logs;
    int64_t seq;
    /* under desk->lock */
    GCond changed;
    bool cancelled, lost;
    int64_t return_by_us; /* past it the worker is lost */
    WireMessage *answer;
};

Desk *desk_new(Contract *contract, GHashTable *options, int wake_fd); /* takes both */
void desk_unref(Desk *desk);
void desk_post(Desk *desk, WireMessage *message); /* takes; any thread */
WireMessage *desk_take(Desk *desk);               /* next to send; NULL: none */
void desk_put_back(Desk *desk, WireMessage *message);
/* From the main loop, around its sleep. False: there is something to send, do not sleep. */
bool desk_listen(Desk *desk);
void desk_stop_listening(Desk *desk);

/* From the main loop. A call that cannot run is answered at once. */
void desk_call(Desk *desk, WireMessage *message); /* takes a CALL */
void desk_cancel(Desk *desk, uint64_t call);
void desk_answer(Desk *desk, WireMessage *message); /* takes PAGE_OK or STATE */
/* Marks calls whose time to return has passed and tells the hub. Returns when to look again (monotonic us). */
int64_t desk_look_for_lost(Desk *desk);
size_t desk_busy(Desk *desk); /* calls that are not lost */
unsigned desk_lost(Desk *desk);
void desk_cancel_all(Desk *desk);
/* Ends the workers; waits for those that are not inside a handler. */
void desk_close(Desk *desk);

/* The functions a handler may use; what is left of its page and of its counters is handed on by call_flush. */
extern const DunhubHost call_functions;
bool call_flush(DunhubCall *call, DunhubBytes cursor);
void call_tell_suppressed(DunhubCall *call);

#endif
