/* A hub in miniature for tests of decide: one account, a clock that jumps from wake to wake, a
 * ledger that is always fresh and platforms that say ok at once. */
#ifndef TESTS_ESCALATION_DRIVER_H
#define TESTS_ESCALATION_DRIVER_H

#include "escalation/decide.h"

#include <string.h>

typedef struct Driver Driver;
struct Driver {
    Arena *arena;
    Rulebook book;
    AccountState state;
    Instant now, wake_at;
    unsigned switches;
    DecideOut out;  /* of the latest decision */
    GPtrArray *log; /* "2026-07-16 delinquency" for each notice that was handed out,
                       "event/subject/reason" lines */
    bool deaf;      /* the ledger cannot be read */
    bool disagree;  /* its mirror says something else */
    void (*decided)(Driver *v, const DecideIn *in); /* looks at every decision before its state is
                                                       taken over; NULL: nobody does */
    void *look;                                     /* what such a look keeps */
};

static inline void driver_ask(Driver *v, const Event *event)
{
    DecideIn in = {&v->state, event, v->now, &v->book, v->switches, false};
    decide(&in, v->arena, &v->out);
    if (v->decided)
        v->decided(v, &in);
    v->state = v->out.after;
    v->wake_at = v->out.wake_at;
}

static inline Instant at(const char *local)
{
    Date day = DATE_NONE;
    g_autofree char *date = g_strndup(local, 10);
    g_assert_true(date_parse(date, &day, NULL));
    int minute = 0;
    if (strlen(local) > 10)
        g_assert_true(minute_parse(local + 11, &minute, NULL));
    return zone_instant(zone_get("America/Chicago", NULL), day, minute);
}

static inline Date day_of(const char *text)
{
    Date day = DATE_NONE;
    g_assert_true(date_parse(text, &day, NULL));
    return day;
}

static inline void driver_load(Driver *v, const char *policies, const char *settings)
{
    g_autoptr(Diags) diags = diags_new();
    g_autofree char *yaml = g_strdup_printf(
        "organisation: {name: Example, zone: America/Chicago}\n"
        "settings: {currency: USD, minimum_cents: {USD: 1000, EUR: 1000}%s%s}\n"
        "channels: {email: {via: mailer}, sms: {via: texter}, letter: {via: printer}}\n"
        "actions:\n"
        "  call_task: {verb: task.create}\n"
        "  account_manager_task: {verb: task.create}\n"
        "  suspend_service: {verb: service.suspend}\n"
        "  agency_handover: {verb: agency.place}\n"
        "policies:\n%s",
        *settings ? ", " : "", settings, policies);
    const Node *root = tree_parse(yaml, strlen(yaml), "t.yaml", v->arena, diags);
    if (!root || !rulebook_load(root, NULL, 0, 1, v->arena, diags, &v->book)) {
        diags_print(diags, stderr, false);
        g_error("the test's rulebook does not load");
    }
}

#define MODULE                                                                                     \
    "  isp: {source: S2, steps: [new, suspended, disconnected, paid_by_customer], notices: "       \
    "[invoice, reminder, overdue, "                                                                \
    "delinquency]}\n"
#define LADDER                                                                                     \
    "  b2b:\n    source: S3\n    stages:\n"                                                        \
    "      - {name: first_reminder, from: 1, to: 7, wait: 7, skippable: true}\n"                   \
    "      - {name: second_notice, from: 8, to: 14, wait: 7, skippable: true}\n"                   \
    "      - {name: final_notice, from: 15, to: 29, wait: 14, skippable: false, also: "            \
    "[call_task]}\n"                                                                               \
    "      - {name: pre_collections, from: 30, to: 44, wait: 14, skippable: false, also: "         \
    "[suspend_service]}\n"                                                                         \
    "      - {name: collections, from: 45, wait: 0, skippable: false, minimum_cents: 50000, "      \
    "also: [agency_handover]}\n"

static inline void driver_open(Driver *v, const char *policies, const char *settings,
                               const char *policy, const char *start)
{
    *v = (Driver){.arena = arena_new(),
                  .log = g_ptr_array_new_with_free_func(g_free),
                  .wake_at = INSTANT_NEVER};
    driver_load(v, policies, settings);
    state_init(&v->state, v->arena, "A");
    v->state.account.policy = policy;
    v->state.account.history = HISTORY_AVERAGE;
    v->state.account.pinned_segment = "standard";
    ContactPoint *email = state_add(&v->state, KIND_CONTACT_POINT);
    *email = (ContactPoint){
        .channel = "email", .address = "payer@example.test", .consent_at = INSTANT_NONE};
    v->now = at(start);
}

static inline void driver_close(Driver *v)
{
    arena_free(v->arena);
    g_ptr_array_unref(v->log);
}

static inline void driver_note(Driver *v)
{
    char day[16];
    date_format(zone_date(v->book.zone, v->now), day);
    for (size_t i = 0; i < v->out.n_reasons; i++) {
        const Reason *r = &v->out.reasons[i];
        g_ptr_array_add(v->log,
                        g_strdup_printf("%s %s %s %s", day, r->event, r->subject ? r->subject : "-",
                                        r->reason ? r->reason : "-"));
    }
}

static inline void driver_decide(Driver *v, EventKind kind, const void *payload)
{
    static int next;
    Event event = {.kind = kind,
                   .id = arena_printf(v->arena, "e%d", ++next),
                   .source = "person:maria",
                   .account = "A",
                   .time = v->now,
                   .received_at = v->now,
                   .payload = payload,
                   .present = {UINT64_MAX, UINT64_MAX}};
    driver_ask(v, &event);
    driver_note(v);
}

/* Answers what decide asked for, until it asks for nothing any more. */
static inline void driver_settle(Driver *v)
{
    for (int round = 0; round < 200; round++) {
        Act *ready = NULL;
        bool reads = false;
        STATE_FOREACH(&v->state, KIND_ACT, Act, act)
        {
            reads = reads || (act->state == ACT_FRESHNESS && act->next_at == INSTANT_NONE);
            if (act->state == ACT_READY && !ready)
                ready = act;
        }
        if (reads) {
            LedgerRead *read = arena_new0(v->arena, LedgerRead, 1);
            *read = (LedgerRead){.source = "ledger", .began_at = v->now, .failed = v->deaf, .disagree = v->disagree};
            driver_decide(v, EVENT_LEDGER_READ, read);
            if (v->deaf)
                return;
        } else if (ready) {
            ActResult *result = arena_new0(v->arena, ActResult, 1);
            *result = (ActResult){
                .key = ready->key, .outcome = OUTCOME_OK, .retry_at = INSTANT_NONE, .attempt = 1};
            driver_decide(v, EVENT_ACT_RESULT, result);
        } else {
            return;
        }
    }
    g_error("two rules ask for each other");
}

/* Runs the clock to that instant, waking when decide wanted to be woken, or every hour if dense. */
static inline void driver_run_every(Driver *v, Instant until, bool dense)
{
    for (int steps = 0; steps < 100000; steps++) {
        Instant next = MAX(v->wake_at, v->now);
        if (dense)
            next = MIN(next, v->now + INSTANT_HOUR - v->now % INSTANT_HOUR);
        if (next > until)
            break;
        v->now = next;
        driver_decide(v, EVENT_WAKE, NULL);
        driver_settle(v);
    }
    v->now = MAX(v->now, until);
}

static inline void driver_until(Driver *v, const char *local)
{
    driver_run_every(v, at(local), false);
}

static inline void driver_event(Driver *v, EventKind kind, const void *payload)
{
    driver_decide(v, kind, payload);
    driver_settle(v);
}

/* ---- the usual facts: each snapshot says which of its fields it gives ------------------------ */
static inline void driver_fact(Driver *v, EventKind kind, const void *payload,
                               const char *const *fields)
{
    Event event = {.kind = kind,
                   .id = "f",
                   .source = "ledger",
                   .account = "A",
                   .time = v->now,
                   .received_at = v->now,
                   .payload = payload};
    const RecordType *type = event_types[kind].payload;
    for (size_t i = 0; i < type->n_fields; i++)
        for (const char *const *f = fields; *f; f++)
            if (strcmp(type->fields[i].name, *f) == 0)
                event.present[i / 64] |= UINT64_C(1) << (i % 64);
    driver_ask(v, &event);
    driver_note(v);
    driver_settle(v);
}

static inline Currency currency(const char *code)
{
    Currency c = {""};
    g_assert_true(currency_parse(code, &c, NULL));
    return c;
}

static inline void driver_invoice(Driver *v, const char *id, int64_t amount, const char *due_on,
                                  const char *code)
{
    Invoice *i = arena_new0(v->arena, Invoice, 1);
    record_init(&invoice_type, i);
    i->id = id;
    i->amount = amount;
    i->currency = currency(code);
    i->issued_on = zone_date(v->book.zone, v->now);
    i->due_on = due_on ? day_of(due_on) : DATE_NONE;
    driver_fact(v, EVENT_INVOICE_UPDATED, i,
                (const char *const[]){"id", "amount", "currency", "issued_on",
                                      due_on ? "due_on" : "id", NULL});
}

static inline void driver_payment(Driver *v, const char *id, int64_t amount, PaymentState state,
                                  const char *code)
{
    Payment *p = arena_new0(v->arena, Payment, 1);
    record_init(&payment_type, p);
    p->id = id;
    p->amount = amount;
    p->currency = currency(code);
    p->state = (int)state;
    driver_fact(v, EVENT_PAYMENT_UPDATED, p,
                (const char *const[]){"id", "amount", "currency", "state", NULL});
}

static inline bool driver_logged(const Driver *v, const char *line)
{
    for (guint i = 0; i < v->log->len; i++)
        if (strcmp(g_ptr_array_index(v->log, i), line) == 0)
            return true;
    return false;
}

static inline int driver_count(const Driver *v, const char *part)
{
    int n = 0;
    for (guint i = 0; i < v->log->len; i++)
        n += strstr(g_ptr_array_index(v->log, i), part) != NULL;
    return n;
}

static inline AccountView driver_view(Driver *v)
{
    AccountView view;
    account_view(&v->state, &v->book, v->now, v->arena, &view);
    return view;
}

#endif
