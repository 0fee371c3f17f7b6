/* The loop (docs/architecture.md): intake, engine, outbox, schedule. One thread, no waiting inside: `run` drives it with
 * sockets and a system clock, `simulate`, `test` and tests/sim with a virtual clock and a scripted bus. */
#ifndef DUNHUB_HUB_HUB_H
#define DUNHUB_HUB_HUB_H

#include "base/clock.h"
#include "escalation/decide.h"
#include "hub/configuration.h"
#include "store/store.h"

typedef struct Hub Hub;

typedef enum { HUB_ERROR_UNKNOWN /* no such ledger or instance */ } HubError;
GQuark hub_error_quark(void);
#define HUB_ERROR hub_error_quark()

/* What an operator should hear of, by a stable code: "clock_suspect" "clock_back" "fuse_blown" "instance_paused"
 * "instance_resumed" "source_held" "event_invalid" "event_unresolved" "poll_failed" "request_dead" "setup_failed" "result_late" "act_held" "stuck". */
typedef struct {
    const char *code, *subject, *text; /* subject: instance, source or account; NULL none */
} HubAlert;

/* Where calls go: the bus, or a script. Answers come back through hub_result and hub_page, never from inside send. Every
 * member may be NULL: no call leaves, nothing is published, nothing is told. */
typedef struct {
    void *data;
    size_t (*credit)(void *data, const char *instance);
    bool (*send)(void *data, const char *instance, uint64_t call, int kind /* CallKind */, const char *verb, const char *key,
                 const char *input, GBytes *content, GError **error);
    void (*publish)(void *data, const char *type, uint64_t position, const char *cloud_event);
    /* What the plugin of an instance declares (bus/manifest.h); borrowed; NULL: not known, nothing is assumed harmless. */
    const json_t *(*manifest)(void *data, const char *instance);
    /* A time source trusted more than the machine's clock; false: there is none (§6.11). */
    bool (*trusted_now)(void *data, Instant *ret_now);
    void (*alert)(void *data, const HubAlert *alert);
    /* Draws a letter (document.h, canonical JSON): answered by hub_drawn, never from inside. NULL: letters are sent as their
     * text. False and *error: not now. */
    bool (*draw)(void *data, uint64_t job, const char *document, GError **error);
} HubPorts;

typedef struct {
    Clock *clock;
    Random *random;
    Store *store;                    /* owned by the caller, used by the hub's thread only */
    const Configuration *configuration;
    HubPorts ports;
    bool polls_by_hand;              /* sources are polled on hub_poll_now and before an act, never for time alone */
    bool holds_acts;                 /* sources are polled, no act leaves */
    bool dry;                        /* none leaves: the outbox itself answers each act with ok; no fuse, no held source */
} HubSetup;

Hub *hub_new(const HubSetup *setup, GError **error); /* reads what was left: leases given back, undecided journal decided */
void hub_free(Hub *hub);

/* ---- intake: what was taken is durable when the answer callback runs -------------------------------------------------- */
typedef enum { INTAKE_ACCEPTED, INTAKE_DUPLICATE, INTAKE_REJECTED, INTAKE_INVALID, INTAKE_FULL } IntakeVerdict;
typedef struct {
    IntakeVerdict verdict;
    uint64_t position;
    const char *code, *text; /* REJECTED, INVALID */
    const char *result;      /* JSON of a command's answer */
} IntakeAnswer;
typedef void (*IntakeDone)(void *data, const IntakeAnswer *answer);
/* One event of CloudEvents form; account may be NULL if the member `refs` of the data resolves it: {"external","invoice",
 * "address","object"}. Queued (bounded) until hub_turn, which answers; false: refused at once, and `done` was called with why. */
bool hub_submit(Hub *hub, const char *source, const char *id, const char *type, const char *account, Instant time, const json_t *data,
                IntakeDone done, void *done_data);

/* A request of a platform, checked and to be answered once it is durable: its plugin makes events of it afterwards. Queued as
 * hub_submit's; a repeat of the same delivery is answered as a duplicate. */
typedef struct {
    const char *instance, *hook, *delivery;
    const char *head;  /* canonical JSON: method, path, query, headers in lower case */
    GBytes *body;      /* taken over by reference */
} HubRequest;
bool hub_keep(Hub *hub, const HubRequest *request, IntakeDone done, void *done_data);

/* ---- what the bus brings ------------------------------------------------------------------------------------------------ */
void hub_result(Hub *hub, const char *instance, uint64_t call, int outcome, int64_t retry_after_ms, const char *code, const char *message,
                const char *external_id, const char *data);
/* pdf NULL: why; refused: another try would be refused again. */
void hub_drawn(Hub *hub, uint64_t job, GBytes *pdf, int pages, bool refused, const char *why);
/* A page of events of a poll with its cursor: true once durable. */
bool hub_page(Hub *hub, const char *instance, uint64_t call, const json_t *const *events, size_t n, const char *cursor);
/* Puts the events of one page in the order in which they are taken: who it is, what was paid and credited, then all else, each
 * kind as it came. An invoice that was paid long ago is so never seen unpaid (domain.md §6.5: a late import is one evaluation,
 * not a history played again). hub_page does so by itself. */
void hub_order_page(const json_t **events, size_t n);
void hub_instance_up(Hub *hub, const char *instance);
/* An id no call of the hub will carry: for calls that a person makes past it. */
uint64_t hub_reserve_call(Hub *hub);
/* Polls the instance's sources at the next turn, whatever the interval. False: it has none. */
bool hub_poll_now(Hub *hub, const char *instance);

/* ---- turning ------------------------------------------------------------------------------------------------------------ */
/* One bounded turn: takes what waits, wakes who is due, decides, commits one group, answers, leases and sends.
 * Returns false and *error when the store cannot be written: nothing was acknowledged. */
bool hub_turn(Hub *hub, GError **error);
/* When to turn again at the latest, if nothing arrives. */
Instant hub_next(Hub *hub);
/* Calls that have left and are not answered, letters that are being drawn. */
size_t hub_in_flight(const Hub *hub);
/* Nothing can be done at the hub's now: nothing waits, nothing is in flight, nothing is due. */
bool hub_idle(Hub *hub, GError **error);
/* Turns until nothing is due at the clock's now. For virtual clocks: set the clock to hub_next and settle again. */
bool hub_settle(Hub *hub, GError **error);

/* ---- the day's switches ---------------------------------------------------------------------------------------------------- */
unsigned hub_switches(const Hub *hub);            /* HUB_OBSERVE, HUB_FUSE_BLOWN */
bool hub_clear_clock(Hub *hub, const char *by, GError **error);
bool hub_release_source(Hub *hub, const char *source, const char *by, GError **error); /* the plan of a first import */
bool hub_reset_fuse(Hub *hub, const char *by, GError **error);
bool hub_reload(Hub *hub, const Configuration *configuration, GError **error);

typedef struct {
    uint64_t accepted, duplicates, rejected, invalid, unresolved, overflowed; /* intake */
    uint64_t decisions, wakes, turns, commits, rollbacks;
    uint64_t sent, lookups, answered, late, held, dead;                       /* outbox */
    uint64_t polls, polls_failed, pages, page_events, page_duplicates, page_invalid, reads;
    uint64_t requests, request_duplicates, mapped, map_failures, requests_dead; /* of platforms */
    size_t waiting, most_waiting;                                             /* intake queue now, and at its highest */
} HubCounters;
const HubCounters *hub_counters(const Hub *hub);
/* Switches, counters, sources and instances as one JSON object; new reference. */
json_t *hub_status(Hub *hub);

/* Each reason of a decision as it is committed: `simulate`'s lines, `run`'s terminal. */
typedef void (*HubWatcher)(void *data, const char *account, Instant now, const AccountState *after, const Reason *reason);
void hub_watch(Hub *hub, HubWatcher watcher, void *data);

#endif
