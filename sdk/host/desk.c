/* Between the main loop and the workers: queues, the pool, and the end of a call. */
#include "host/call.h"
#include "host/host.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* Straight-line handlers with TLS and name look-ups below them; only touched pages cost memory. */
#define STACK_BYTES ((size_t)512 << 10)

typedef struct {
    pthread_t thread;
    Desk *desk;
    DunhubCall *call; /* inside a handler; under desk->lock */
    bool left_behind; /* nobody joins it: it frees itself; under desk->lock */
} Worker;

static const char *const kind_names[N_KINDS] = {"action", "lookup", "poll",   "read",
                                                "check",  "map",    "answer", "setup"};

Desk *desk_new(Contract *contract, GHashTable *options, int wake_fd)
{
    Desk *desk = g_new0(Desk, 1);
    desk->contract = contract;
    desk->options = options;
    desk->wake_fd = wake_fd;
    desk->refs = 1;
    g_mutex_init(&desk->lock);
    g_cond_init(&desk->drained);
    g_cond_init(&desk->work);
    g_queue_init(&desk->outbox);
    g_queue_init(&desk->waiting);
    desk->return_by_us = INT64_MAX;
    desk->calls = g_hash_table_new(g_int64_hash, g_int64_equal);
    desk->workers = g_ptr_array_new();
    return desk;
}

static void desk_free(Desk *desk)
{
    contract_free(desk->contract);
    g_hash_table_unref(desk->options);
    g_hash_table_unref(desk->calls);
    g_ptr_array_unref(desk->workers);
    g_queue_clear_full(&desk->outbox, (GDestroyNotify)wire_message_free);
    g_mutex_clear(&desk->lock);
    g_cond_clear(&desk->drained);
    g_cond_clear(&desk->work);
    close(desk->wake_fd);
    g_free(desk);
}

void desk_unref(Desk *desk)
{
    g_mutex_lock(&desk->lock);
    bool last = --desk->refs == 0;
    g_mutex_unlock(&desk->lock);
    if (last) {
        desk_free(desk);
    }
}

/* ---- messages to the hub
 * ------------------------------------------------------------------------------------------- */

/* Who is woken inside the lock only runs into it: so queues are changed inside, and wake-ups are
 * given outside. */

/* True: the main loop has to be woken; it takes all that has gathered. */
static bool push_locked(Desk *desk, WireMessage *message)
{
    bool wake = desk->listening;
    desk->listening = false;
    g_queue_push_tail(&desk->outbox, message);
    return wake;
}

bool desk_listen(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    desk->listening = g_queue_is_empty(&desk->outbox);
    return desk->listening;
}

void desk_stop_listening(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    desk->listening = false;
}

static void wake_main_loop(Desk *desk)
{
    const uint64_t one = 1;
    while (write(desk->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
}

void desk_post(Desk *desk, WireMessage *message)
{
    g_mutex_lock(&desk->lock);
    bool wake = push_locked(desk, message);
    g_mutex_unlock(&desk->lock);
    if (wake) {
        wake_main_loop(desk);
    }
}

WireMessage *desk_take(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    WireMessage *message = g_queue_pop_head(&desk->outbox);
    if (desk->crowded > 0 && g_queue_get_length(&desk->outbox) < OUTBOX_SOFT_MAX) {
        g_cond_broadcast(&desk->drained);
    }
    return message;
}

void desk_put_back(Desk *desk, WireMessage *message)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    g_queue_push_head(&desk->outbox, message);
}

/* ---- results
 * -------------------------------------------------------------------------------------------------------
 */

static WireMessage *short_result(uint64_t call, DunhubOutcome outcome, const char *code,
                                 const char *message)
{
    WireMessage *result = wire_message_new(WIRE_RESULT, call);
    wire_put_int(result, "outcome", outcome);
    wire_put_text(result, "code", code, strlen(code), WIRE_NAME_MAX);
    wire_put_text(result, "message", message, strlen(message), WIRE_TEXT_MAX);
    return result;
}

/* What was applied stays applied: data that cannot be carried is dropped and said, the outcome
 * stands. */
static void add_json(DunhubCall *call, WireMessage *result, const char *what, DunhubBytes bytes,
                     char first)
{
    g_autoptr(GError) error = NULL;
    bool good = bytes.n == 0 || wire_json_scan(bytes.p, bytes.n, WIRE_INPUT_MAX, WIRE_JSON_DEPTH,
                                               first, NULL, 0, &error);
    if (!good) {
        g_autofree char *text =
            g_strdup_printf("%s of a result was dropped: %s", what, error->message);
        call_functions.log(call, 3, (DunhubBytes){text, strlen(text)});
    }
    wire_add_bytes(result, bytes.p, good ? bytes.n : 0);
}

static bool outcome_fits(const DunhubCall *call, int32_t outcome)
{
    return outcome >= DUNHUB_OK && outcome <= DUNHUB_ABSENT &&
           (outcome != DUNHUB_ABSENT || call->kind == KIND_LOOKUP);
}

static WireMessage *make_result(DunhubCall *call, const DunhubResult *from)
{
    uint64_t id = call->message->call;
    if (!outcome_fits(call, from->outcome)) {
        g_autofree char *text =
            g_strdup_printf("plugin '%s' returned outcome %d, which means nothing here",
                            call->desk->contract->plugin.name, from->outcome);
        return short_result(id, DUNHUB_UNCERTAIN, "plugin", text);
    }
    if (from->outcome == DUNHUB_OK && call->page_events > 0 &&
        !call_flush(call, (DunhubBytes){NULL, 0})) {
        return short_result(id, DUNHUB_RETRY, "page", "the hub did not take the last page");
    }
    WireMessage *result = wire_message_new(WIRE_RESULT, id);
    wire_put_int(result, "outcome", from->outcome);
    wire_put_int(result, "retry_after_ms", CLAMP(from->retry_after_ms, 0, INT64_C(31) * 86400000));
    wire_put_text(result, "code", from->code.p, from->code.n, WIRE_NAME_MAX);
    wire_put_text(result, "message", from->message.p, from->message.n, WIRE_TEXT_MAX);
    wire_put_text(result, "external_id", from->external_id.p, from->external_id.n, WIRE_TEXT_MAX);
    wire_put_int(result, "pause_ms", CLAMP(from->pause_ms, 0, INT64_C(31) * 86400000));
    add_json(call, result, "data", from->data, '{');
    if (from->items.n > 0) {
        add_json(call, result, "items", from->items, '[');
    }
    return result;
}

/* ---- calls
 * ---------------------------------------------------------------------------------------------------------
 */

static DunhubCall *call_new(Desk *desk, WireMessage *message, CallKind kind, DunhubHandler handler)
{
    DunhubCall *call = g_new0(DunhubCall, 1);
    int64_t limit_ms = CLAMP(wire_int(message, "deadline_ms", 0), 1, INT32_MAX);
    call->desk = desk;
    call->message = message;
    call->kind = kind;
    call->handler = handler;
    call->deadline_us = g_get_monotonic_time() + limit_ms * 1000;
    call->return_by_us = call->deadline_us + INT64_C(1000) * HOST_LOST_GRACE_MS;
    call->page = g_string_new(NULL);
    g_cond_init(&call->changed);
    return call;
}

static void call_free(DunhubCall *call)
{
    wire_message_free(call->message);
    wire_message_free(call->answer);
    memory_free(&call->memory);
    g_string_free(call->page, TRUE);
    g_cond_clear(&call->changed);
    g_free(call);
}

static void run_call(DunhubCall *call)
{
    Desk *desk = call->desk;
    DunhubResult result = {.size = sizeof result, .outcome = DUNHUB_RETRY};
    call->handler(&call_functions, call, &result);
    WireMessage *message = make_result(call, &result);
    call_tell_suppressed(call);
    g_mutex_lock(&desk->lock);
    g_hash_table_remove(desk->calls, &call->message->call);
    desk->idle++;
    desk->lost_inside -= call->lost;
    /* The hub was told that a lost call has ended. */
    bool wake = !call->lost && push_locked(desk, message);
    bool late = call->lost;
    g_mutex_unlock(&desk->lock);
    if (wake) {
        wake_main_loop(desk);
    }
    if (late) {
        wire_message_free(message);
    }
}

/* One at a time: who is awake takes what it can, and before each handler wakes the next. Many short
 * calls then cost few wake-ups, and a long one holds up none. */
static bool needs_worker_locked(Desk *desk)
{
    if (desk->waking || desk->asleep == 0 || g_queue_is_empty(&desk->waiting)) {
        return false;
    }
    desk->waking = true;
    return true;
}

static void *work(void *data)
{
    Worker *worker = data;
    Desk *desk = worker->desk;
    g_mutex_lock(&desk->lock);
    while (!desk->closing) {
        DunhubCall *call = g_queue_pop_head(&desk->waiting);
        if (call == NULL) {
            desk->asleep++;
            g_cond_wait(&desk->work, &desk->lock);
            desk->asleep--;
            desk->waking = false;
            continue;
        }
        desk->idle--;
        worker->call = call;
        bool wake = needs_worker_locked(desk);
        g_mutex_unlock(&desk->lock);
        if (wake) {
            g_cond_signal(&desk->work);
        }
        run_call(call);
        call_free(call);
        g_mutex_lock(&desk->lock);
        worker->call = NULL;
    }
    bool left_behind = worker->left_behind;
    g_mutex_unlock(&desk->lock);
    desk_unref(desk);
    if (left_behind) {
        g_free(worker);
    }
    return NULL;
}

static bool start_worker(Desk *desk)
{
    Worker *worker = g_new0(Worker, 1);
    worker->desk = desk;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    desk->refs++;
    bool started = pthread_create(&worker->thread, &attributes, work, worker) == 0;
    pthread_attr_destroy(&attributes);
    if (started) {
        desk->idle++;
        g_ptr_array_add(desk->workers, worker);
    } else {
        desk->refs--;
        g_free(worker);
    }
    return started;
}

/* *ret_why: what to answer when there is no handler; the outcome says whether that can change. */
static DunhubHandler find_handler(const Desk *desk, CallKind kind, const char *verb,
                                  DunhubOutcome *ret_outcome)
{
    const Contract *contract = desk->contract;
    *ret_outcome = DUNHUB_PERMANENT;
    if (kind == KIND_CHECK || kind == KIND_SETUP) {
        *ret_outcome = DUNHUB_OK;
        return kind == KIND_CHECK ? contract->plugin.check : contract->plugin.setup;
    }
    if (kind == KIND_MAP || kind == KIND_ANSWER) {
        const DunhubHook *hook = contract_hook(contract, verb);
        return hook == NULL ? NULL : kind == KIND_MAP ? hook->map : hook->answer;
    }
    if (kind == KIND_ACTION || kind == KIND_LOOKUP) {
        const DunhubAction *action = contract_action(contract, verb);
        return action == NULL ? NULL : kind == KIND_LOOKUP ? action->lookup : action->run;
    }
    const DunhubSource *source = contract_source(contract, verb);
    if (source == NULL) {
        return NULL;
    }
    return kind == KIND_READ && source->read != NULL ? source->read : source->poll;
}

static CallKind kind_of(const WireMessage *message)
{
    size_t kind = 0;
    while (kind < N_KINDS && strcmp(kind_names[kind], wire_text(message, "kind")) != 0) {
        kind++;
    }
    return (CallKind)kind;
}

static WireMessage *no_handler(const Desk *desk, const WireMessage *message, DunhubOutcome outcome)
{
    if (outcome == DUNHUB_OK) {
        return short_result(message->call, DUNHUB_OK, "unchecked",
                            "this plugin has nothing to check or to set up");
    }
    const char *verb = wire_text(message, "verb");
    g_autofree char *text =
        g_strdup_printf("plugin '%s' offers no %s '%s'", desk->contract->plugin.name,
                        wire_text(message, "kind"), verb != NULL ? verb : "");
    return short_result(message->call, DUNHUB_PERMANENT, "not_offered", text);
}

static bool begin_locked(Desk *desk, DunhubCall *call)
{
    if (desk->closing || desk->lost > 0 ||
        g_hash_table_size(desk->calls) >= desk->contract->limits.concurrency ||
        g_hash_table_contains(desk->calls, &call->message->call)) {
        return false;
    }
    bool wanting = g_queue_get_length(&desk->waiting) >= desk->idle &&
                   desk->workers->len < desk->contract->limits.concurrency;
    if (wanting && !start_worker(desk) && desk->workers->len == 0) {
        return false;
    }
    g_hash_table_insert(desk->calls, &call->message->call, call);
    g_queue_push_tail(&desk->waiting, call);
    desk->return_by_us = MIN(desk->return_by_us, call->return_by_us);
    return true;
}

/* False: nothing was begun, so it may come again. */
static bool begin(Desk *desk, DunhubCall *call)
{
    g_mutex_lock(&desk->lock);
    bool begun = begin_locked(desk, call);
    bool wake = begun && needs_worker_locked(desk);
    g_mutex_unlock(&desk->lock);
    if (wake) {
        g_cond_signal(&desk->work);
    }
    return begun;
}

void desk_call(Desk *desk, WireMessage *message)
{
    CallKind kind = kind_of(message);
    DunhubOutcome outcome = DUNHUB_PERMANENT;
    DunhubHandler handler =
        kind < N_KINDS ? find_handler(desk, kind, wire_text(message, "verb"), &outcome) : NULL;
    if (handler == NULL) {
        desk_post(desk, no_handler(desk, message, outcome));
        wire_message_free(message);
        return;
    }
    DunhubCall *call = call_new(desk, message, kind, handler);
    if (!begin(desk, call)) {
        desk_post(desk, short_result(message->call, DUNHUB_RETRY, "busy",
                                     "the host takes no more calls at the moment"));
        call_free(call);
    }
}

static void cancel_locked(DunhubCall *call)
{
    int64_t by = g_get_monotonic_time() + INT64_C(1000) * HOST_LOST_GRACE_MS;
    call->cancelled = true;
    call->return_by_us = MIN(call->return_by_us, by);
    call->desk->return_by_us = MIN(call->desk->return_by_us, by);
    g_cond_broadcast(&call->changed);
}

void desk_cancel(Desk *desk, uint64_t id)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    DunhubCall *call = g_hash_table_lookup(desk->calls, &id);
    if (call != NULL) {
        cancel_locked(call);
    }
}

static void cancel_all_locked(Desk *desk)
{
    GHashTableIter iter;
    gpointer call;
    g_hash_table_iter_init(&iter, desk->calls);
    while (g_hash_table_iter_next(&iter, NULL, &call)) {
        cancel_locked(call);
    }
    g_cond_broadcast(&desk->drained);
}

void desk_cancel_all(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    cancel_all_locked(desk);
}

void desk_answer(Desk *desk, WireMessage *message)
{
    g_mutex_lock(&desk->lock);
    DunhubCall *call = g_hash_table_lookup(desk->calls, &message->call);
    WireMessage *unread = message;
    if (call != NULL) {
        unread = call->answer;
        call->answer = message;
        g_cond_broadcast(&call->changed);
    }
    g_mutex_unlock(&desk->lock);
    wire_message_free(unread);
}

/* ---- workers that never come back
 * ---------------------------------------------------------------------------------- */

static void report_lost(Desk *desk, DunhubCall *call)
{
    call->lost = true;
    desk->lost++;
    desk->lost_inside++;
    WireMessage *credit = wire_message_new(WIRE_CREDIT, call->message->call);
    wire_put_int(credit, "credit", 0);
    wire_put_int(credit, "lost", desk->lost);
    push_locked(desk, credit); /* by the main loop itself, which sends next */
}

int64_t desk_look_for_lost(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    int64_t now = g_get_monotonic_time();
    if (now < desk->return_by_us) {
        return desk->return_by_us;
    }
    int64_t next = INT64_MAX;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, desk->calls);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        DunhubCall *call = value;
        if (!call->lost && now >= call->return_by_us) {
            report_lost(desk, call);
        } else if (!call->lost) {
            next = MIN(next, call->return_by_us);
        }
    }
    desk->return_by_us = next;
    return next;
}

size_t desk_busy(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    return g_hash_table_size(desk->calls) - desk->lost_inside;
}

unsigned desk_lost(Desk *desk)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&desk->lock);
    return desk->lost;
}

static void drop_waiting_locked(Desk *desk)
{
    for (DunhubCall *call; (call = g_queue_pop_head(&desk->waiting)) != NULL;) {
        g_hash_table_remove(desk->calls, &call->message->call);
        call_free(call);
    }
}

/* Those inside a handler may never return; the others are as good as ended. */
static GPtrArray *part_workers_locked(Desk *desk)
{
    GPtrArray *ended = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < desk->workers->len; i++) {
        Worker *worker = g_ptr_array_index(desk->workers, i);
        if (worker->call == NULL) {
            g_ptr_array_add(ended, worker);
        } else {
            worker->left_behind = true;
            pthread_detach(worker->thread);
        }
    }
    return ended;
}

void desk_close(Desk *desk)
{
    g_mutex_lock(&desk->lock);
    desk->closing = true;
    drop_waiting_locked(desk);
    cancel_all_locked(desk);
    g_cond_broadcast(&desk->work);
    g_autoptr(GPtrArray) ended = part_workers_locked(desk);
    g_mutex_unlock(&desk->lock);
    for (guint i = 0; i < ended->len; i++) {
        pthread_join(((Worker *)g_ptr_array_index(ended, i))->thread, NULL);
    }
    desk_unref(desk);
}
