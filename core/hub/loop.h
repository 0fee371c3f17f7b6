/* The inside of the hub, shared by its files and by nobody else.
 *
 * Everything the hub decides goes through one group: a transaction of the store and, beside it, what is to happen in the
 * world once that transaction is durable (answers, sends, publications, alerts). A group that fails leaves no trace in
 * memory either: its inputs go back to the head of the queue. */
#ifndef DUNHUB_HUB_LOOP_H
#define DUNHUB_HUB_LOOP_H

#include "hub/hub.h"
#include "hub/repeat.h"

enum {
    QUEUE_MAX = 8192,         /* inputs that wait; beyond: INTAKE_FULL */
    GROUP_MAX = 256,          /* decisions of one transaction */
    LEASE_MS = 10 * 60 * 1000,
    SAME_INSTANT_WAKES = 32,  /* of one account without the clock moving: more is a defect that must not spin */
};

#define HUB_STATE "@hub" /* no instance and no account can have this name */

/* ---- what goes in -------------------------------------------------------------------------------------------------- */
typedef enum { INPUT_EVENT, INPUT_OWN, INPUT_RESULT, INPUT_DRAWN, INPUT_REQUEST } InputKind;

/* A call that has left. */
typedef struct {
    uint64_t id;
    int kind;             /* CallKind */
    char *instance, *verb;
    uint64_t row;         /* of the inbox; MAP */
    int64_t tries;        /* of that row so far; MAP */
    char *account, *key;  /* of an act */
    char *platform_key;   /* what the platform is given as its key */
    uint64_t fence;
    int64_t attempt;
    int64_t expires_ms;   /* monotonic: given up then */
    Instant began_at;
    bool gone;            /* given up; a late answer is only noted */
} Call;

/* A letter between the lease of its act and its call (drawing.c). */
typedef struct {
    uint64_t id;
    char *account, *key, *instance, *verb;
    uint64_t fence;
    int64_t attempt;
} Drawing;

typedef struct {
    InputKind kind;
    char *source, *id, *type, *account;
    Instant time;
    json_t *data, *refs;
    IntakeDone done;
    void *done_data;
    bool from_page;       /* of a poll: duplicates are counted, not audited */
    /* INPUT_RESULT */
    Call *call;
    int outcome;
    int64_t retry_after_ms;
    char *code, *message, *external_id, *result;
    /* INPUT_DRAWN: outcome and message too */
    Drawing *drawing;
    GBytes *pdf;          /* NULL: not drawn */
    int pages;
    /* INPUT_REQUEST: source is the instance, type the hook, id the delivery */
    char *head;
    GBytes *body;
} Input;

Input *input_new(InputKind kind);
void input_free(Input *input);
void call_free(Call *call);

/* ---- instances and sources ------------------------------------------------------------------------------------------ */
typedef struct {
    char *name;           /* of the plugin's source */
    bool ledger, reads;
    int64_t every_ms;
    Instant next_at;      /* of the next poll */
    unsigned failures;    /* in a row */
    bool wanted;          /* as soon as the instance has credit */
    uint64_t call;        /* running poll or read, 0 none */
    Instant began_at;
    GHashTable *waiting;  /* account -> Waiting: asked for since the running poll began */
    GHashTable *serving;  /* account -> Waiting: the running poll answers these */
} Source;

typedef struct {
    char *external;       /* its id in that ledger */
    Instant after;
    bool told;            /* that it failed */
} Waiting;

typedef struct {
    char *name;
    const json_t *manifest;
    GPtrArray *sources;   /* Source */
    bool held;            /* first import, not released */
    bool paused;
    uint64_t check;       /* running check, 0 none */
    Instant check_at;
    unsigned check_failures;
    char *suspect_account, *suspect_key; /* the act that met the refused credential */
    Instant inbox_at;     /* when a request of it is to be mapped; INSTANT_NEVER: none waits */
    size_t mapping;       /* MAP calls in flight */
} Feed;

/* ---- the hub --------------------------------------------------------------------------------------------------------- */
typedef struct {
    Date day;             /* organisation's local day */
    int64_t count;        /* notices released */
    int64_t approved;     /* those of them that a person has let through beforehand */
} DayCount;

struct Hub {
    HubSetup setup;
    GQueue queue;             /* Input */
    GHashTable *feeds;        /* name -> Feed */
    GPtrArray *feed_order;    /* as configured; borrowed */
    size_t n_ledgers;
    GHashTable *calls;        /* id -> Call */
    GHashTable *drawings;     /* id -> Drawing */
    GHashTable *spins;        /* account -> wakes at `spin_at` */
    Instant spin_at;
    uint64_t last_call;
    uint64_t epoch;
    Instant now;              /* of the running turn: never below the high-water mark */
    Instant high_water, persisted_high_water;
    unsigned switches;        /* HUB_OBSERVE, HUB_FUSE_BLOWN */
    bool clock_back;          /* told once */
    GArray *days;             /* DayCount, ascending: notices released */
    int64_t allowance;        /* notices a person has let through beyond the usual */
    Date open_through;        /* a ledger was released unseen: no number surprises through this day */
    bool dirty;               /* the switches are to be written down */
    Date swept_on;            /* all accounts were looked at for retention */
    char *sweep_after;        /* the look of today goes on behind this account; NULL: from the first */
    bool frozen;              /* the clock is not believed: now stands still */
    bool progress;            /* the last turn did something */
    Instant outbox_at;        /* next act that becomes due after now */
    HubCounters counters;
    HubWatcher watcher;
    void *watcher_data;
};

/* ---- one group ------------------------------------------------------------------------------------------------------- */
typedef struct {
    char *account;
    AccountState *state;
    bool found;           /* in the store */
} Slot;

typedef struct {
    Hub *hub;
    Arena *arena;
    GPtrArray *inputs;    /* taken from the queue; go back if the group fails */
    GHashTable *slots;    /* account -> Slot: states as they are inside the transaction */
    GPtrArray *after;     /* Deed, in order: once durable */
    GPtrArray *contents;  /* GBytes that go with calls */
    size_t decisions;
    bool swept;           /* accounts were looked at for retention */
    HubCounters counters; /* as before the group */
    GArray *days;         /* as before the group */
    int64_t allowance;
    unsigned switches;
    bool dirty;
    Instant persisted_high_water;
} Group;

/* Something to do once the group is durable. */
typedef struct Deed Deed;
struct Deed {
    void (*run)(Hub *hub, Deed *deed);
};

bool group_begin(Hub *hub, Group *ret_group, GError **error);
/* Commits and does the deeds, or undoes all. Frees the group either way. */
bool group_end(Group *group, bool good, GError **error);
/* A zeroed deed of that size in the group's arena, in the list. */
void *group_deed(Group *group, size_t bytes, void (*run)(Hub *hub, Deed *deed));

/* ---- engine ---------------------------------------------------------------------------------------------------------- */
typedef struct {
    bool duplicate;
    uint64_t position;
    DecideOut out;
} Decision;

/* Journals and decides one event of a known account; loads, applies, audits, wishes. */
bool engine_event(Group *group, const char *account, const Event *event, const char *data, Decision *ret_decision, GError **error);
/* Decides journal rows that waited (account NULL: of all), as they were journalled; *ret_n: how many there were, up to most. */
bool engine_rows(Group *group, const char *account, size_t most, size_t *ret_n, GError **error);
/* One of the hub's own events: data is consumed. */
bool engine_own(Group *group, const char *account, const char *source, EventKind kind, json_t *data, Decision *ret_decision, GError **error);
/* The data member of one of the hub's own events; new reference. */
json_t *own_data(EventKind kind, const void *payload);
Slot *engine_slot(Group *group, const char *account, GError **error);
bool engine_audit(Group *group, const char *account, uint64_t position, const char *actor, const Reason *reason, GError **error);
/* A journal row of the hub itself (epoch, switches), with its audit entry in the hub's own chain. */
bool engine_note(Group *group, const char *type, const char *by, const char *text, json_t *detail, GError **error);
/* What decide and the rendering make of one event: pure but for the kept bytes. Used by the engine and by replay. */
bool engine_step(Store *store, const Configuration *configuration, const AccountState *before, const Event *event, Instant now,
                 unsigned switches, Arena *arena, DecideOut *ret_out, GPtrArray *ret_unrendered, GError **error);

/* ---- render ---------------------------------------------------------------------------------------------------------- */
/* Renders what the wishes ask for into the rows of `after`; keys of acts that could not be rendered, with why, as
 * Unrendered in the arena. *ret_changed: rows of `after` were touched. */
typedef struct { const char *key, *why; } Unrendered;
bool render_wishes(Store *store, const Configuration *configuration, DecideOut *out, Instant now, Arena *arena,
                   GPtrArray *ret_unrendered, bool *ret_changed, GError **error);
/* What the instance is given: the act's own input, the rendered message, whose and when it is. *ret_document: bytes that go
 * along; NULL none. */
char *render_input(Store *store, const Configuration *configuration, const AccountState *state, const Act *act, Instant now,
                   GBytes **ret_document, GError **error);
/* subject.c: adds {"customer": {"external_id","name","email","phone","segment"}, "case": {"step","cycle","status","currency",
 * "overdue","balance" (minor units),"days_overdue","invoices":[ids]}} unless the act has them or is a message. */
void subject_add(const Configuration *configuration, const AccountState *state, const Act *act, Instant now, json_t *input);

/* ---- intake ---------------------------------------------------------------------------------------------------------- */
bool intake_take(Group *group, Input *input, GError **error);
/* The account that this source calls so; NULL: there is none. */
bool intake_account(Group *group, const char *source, const char *name, const char **ret_account, GError **error);
void intake_push(Hub *hub, Input *input);
/* What the texts of one account are hashed with from now on. */
const char *intake_salt(Hub *hub, Arena *arena);
/* Queues one of the hub's own events. */
void intake_own(Hub *hub, EventKind kind, const char *account, const char *source, const void *payload);

/* ---- address --------------------------------------------------------------------------------------------------------- */
/* Tells the other accounts of an address what its owner answered (WISH_SHARE). */
bool address_share(Group *group, const char *account, const Wish *wish, GError **error);
/* A contact point that was just told: was its address revoked on another account? */
bool address_greet(Group *group, const Slot *slot, const ContactPoint *came, GError **error);
/* Which of several accounts a reply from that address answers; NULL: none uses it. */
bool address_answered(Group *group, const char *address, const char **ret_account, GError **error);

/* ---- family ---------------------------------------------------------------------------------------------------------- */
/* After an event of the account was decided: its parent is looked up where that may have changed. */
bool family_place(Group *group, const char *account, const Event *event, GError **error);
/* Carries out what a decision has to tell other accounts. */
bool family_tell_others(Group *group, const char *account, const DecideOut *out, GError **error);

/* ---- outbox ---------------------------------------------------------------------------------------------------------- */
bool outbox_lease(Group *group, GError **error);
bool outbox_result(Group *group, Input *input, GError **error);
/* Calls that nobody answered in time become uncertain. */
void outbox_expire(Hub *hub);
/* Leases of a hub that died. */
bool outbox_recover(Hub *hub, GError **error);
/* The port's send; a refusal comes back as a result that says so. Takes the call. */
void outbox_send(Hub *hub, Call *call, const char *input, GBytes *content);
size_t outbox_credit(Hub *hub, const Feed *feed);

/* Journals that the act is about to leave, and plans the call for after the commit; or has its letter drawn first. */
bool outbox_take(Group *group, const Lease *lease, GError **error);
/* Ends the lease; one that was ended already is no error. */
bool outbox_give_back(Hub *hub, const Lease *lease, GError **error);

/* ---- drawing: letters become PDFs before they leave (docs/adr/0012) ------------------------------------------------- */
void drawing_free(Drawing *drawing);
/* *ret_begun: the act waits for its letter; drawing_take goes on with the lease. */
bool drawing_begin(Group *group, const Lease *lease, const Act *act, bool *ret_begun, GError **error);
bool drawing_take(Group *group, Input *input, GError **error);
size_t drawing_count(const Hub *hub, const char *instance); /* NULL: all */

/* ---- schedule, freshness ---------------------------------------------------------------------------------------------- */
void feeds_build(Hub *hub);
void feed_free(Feed *feed);
Feed *feed_get(const Hub *hub, const char *name);
Source *feed_ledger(const Feed *feed);       /* NULL: none of its sources is a ledger */
bool feed_is_only_ledger(const Hub *hub, const char *name);
void schedule_start(Hub *hub);               /* polls and checks that are due and have credit */
void schedule_done(Hub *hub, Call *call, int outcome, const char *message);
Instant schedule_next(const Hub *hub);
bool schedule_idle(const Hub *hub);
bool schedule_due(Group *group, GError **error); /* accounts whose instant has come */
void freshness_want(Hub *hub, const char *account, const char *source, const char *external, Instant after);
/* The same for an account of which no more is known here. */
void freshness_want_member(Hub *hub, const char *account, Instant after);
/* The running poll or read has ended; why NULL: well. */
void freshness_answer(Hub *hub, Feed *feed, Source *source, const char *why);
void waiting_free(void *waiting);
bool freshness_recover(Hub *hub, GError **error);

/* ---- inbox: requests of platforms become events ------------------------------------------------------------------------- */
bool inbox_recover(Hub *hub, GError **error);
bool inbox_take(Group *group, const Input *input, GError **error);
bool inbox_result(Group *group, const Input *input, GError **error);
void inbox_start(Hub *hub);
Instant inbox_next(const Hub *hub);
bool inbox_idle(const Hub *hub);

/* ---- retention ------------------------------------------------------------------------------------------------------------ */
bool retention_read_day(Hub *hub, GError **error);
bool retention_turn(Group *group, GError **error);
bool retention_waits(const Hub *hub);        /* today's look is not over */
Instant retention_next(const Hub *hub);

/* ---- switches, epoch ---------------------------------------------------------------------------------------------------- */
bool switches_read(Hub *hub, GError **error);
bool switches_sources(Hub *hub, GError **error); /* which ledgers are held: never released by a person */
void switches_clock(Hub *hub);               /* one look at the clock per turn */
/* The last thing of every group: the high-water mark goes with whatever is written anyway, and alone once a minute. */
bool switches_persist(Group *group, GError **error);
void switches_count_notices(Group *group, const AccountState *before, const AccountState *after);
unsigned switches_for(const Hub *hub, const Account *account);
bool epoch_enter(Hub *hub, GError **error);
void hub_alert(Hub *hub, const char *code, const char *subject, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* JSON the hub keeps under its own name. NULL in *ret: nothing kept. */
bool state_read(Hub *hub, const char *name, json_t **ret_value, GError **error);
bool state_write(Hub *hub, const char *name, const json_t *value, GError **error);

#endif
