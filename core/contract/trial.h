/* One plugin on a mimic: its library in a host process as the hub's, a platform that answers by script, and another host that
 * nobody should reach. One thread drives it; the mimic answers on its own. */
#ifndef DUNHUB_CONTRACT_TRIAL_H
#define DUNHUB_CONTRACT_TRIAL_H

#include "contract/suite.h"

#define TRIAL_PATIENCE_MS 30000

/* What the platform does instead of its script, from attempt `first` through `last` (from 0). An attempt is a request that no
 * row of the file's own `server` answers. */
typedef struct {
    int status;            /* 0: as scripted */
    int retry_after_s;     /* 0: not sent */
    const char *location;  /* NULL: not sent */
    MimicFault fault;
    bool of_server;        /* the file's `server` rows misbehave instead: a token endpoint that refuses */
    unsigned first, last;
} Misconduct;

typedef struct {
    unsigned times;        /* results that came: 1 */
    int outcome;
    int64_t retry_after_ms;
    char *code, *message, *external_id, *data; /* NULL absent */
    bool made_by_hub;
    GPtrArray *events;     /* json_t *, durable ones */
    GPtrArray *cursors;    /* char *, "" none */
    GArray *page_ends;     /* unsigned: number of events when each page was durable */
    GPtrArray *findings;   /* char *: "place: text" */
} PlayResult;
const char *play_outcome(int outcome);

typedef struct {
    int kind;
    const char *verb, *key, *input; /* input: JSON */
    const char *const *bodies;      /* NULL-ended; NULL none */
    int64_t deadline_ms;            /* 0: the plugin's own */
} PlayCall;

typedef struct Trial Trial;
Trial *trial_new(const Suite *suite, const SuiteOptions *options, GError **error);
void trial_free(Trial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)
const PatternWords *trial_words(const Trial *trial);

/* A new host with nothing remembered. ordered: exactly these requests, each a trouble if it differs; else any of `server`.
 * over: options over the file's; state: name -> text; NULL none. unreachable: nobody listens at {server}. */
typedef struct {
    const Script *ordered, *server;
    const json_t *over, *state;
    bool unreachable;
} PlayScene;
bool trial_begin(Trial *trial, const PlayScene *scene, char **ret_why);
void trial_misconduct(Trial *trial, const Misconduct *misconduct); /* NULL: none; counts attempts anew */
void trial_refuse_pages(Trial *trial, int after);                 /* of polls; -1: none */
/* Sends when there is credit and waits for the result. Lives until trial_begin. NULL: none came, *ret_why says so. */
const PlayResult *trial_call(Trial *trial, const PlayCall *call, char **ret_why);
/* Sends; trial_wait waits for all that were sent. */
uint64_t trial_send(Trial *trial, const PlayCall *call, char **ret_why); /* 0: not sent */
bool trial_wait(Trial *trial, char **ret_why);
const PlayResult *trial_result(const Trial *trial, uint64_t id);
/* Waits until so many attempts stand at the platform; then cancels. */
bool trial_wait_attempts(Trial *trial, unsigned n);
void trial_cancel(Trial *trial, uint64_t id);

/* ---- what was seen since trial_begin or the last misconduct; copies, caller frees ---- */
GPtrArray *trial_attempts(Trial *trial);       /* MimicRequest * */
GPtrArray *trial_troubles(Trial *trial);       /* char *: requests that nothing expected */
unsigned trial_server_requests(Trial *trial);  /* that the file's own `server` rows answered */
unsigned trial_elsewhere(const Trial *trial);  /* connections to the other host, ever */
size_t trial_missing(Trial *trial);            /* requests of `ordered` that never came */
char *trial_state(const Trial *trial, const char *name); /* NULL absent */
int64_t trial_memory_kib(const Trial *trial);  /* the most the host's process ever had; 0 unknown */
unsigned trial_strays(const Trial *trial);     /* results that came twice or for no call */

#endif
