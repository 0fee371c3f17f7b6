/* How many decisions a second, every gate on: decide about typed states in memory, one account a
 * decision, no JSON read.
 *
 * The inputs come from lives, not from a drawing board: 240 accounts under the policies, channels,
 * routes and rule rows of conf.d (late fee and voice added) go through a year of facts, wakes,
 * look-ups and answers of platforms with decide itself. Of the last 92 days every 41st decision is
 * kept as it was: the state before it, the event, the instant. All of these in their order are the
 * mix that is measured, so what is rare in a year is rare in it. Every account is woken each
 * morning, due or not, as a nightly look at a whole portfolio does.
 *
 * The accounts: a third each businesses on the ladders, subscribers in the module, tenants on the
 * scan or the graph, in nine jurisdictions with rows; 13 invoices and their payments, two to four
 * contact points with every state of consent, one in ten addresses undeliverable, one in eight
 * preferring the telephone. Of 40, 32 pay in time, four some days late, one after weeks, one stops
 * paying, one is under disputes, promises and other holds most of the time, one pays in parts
 * without naming an invoice.
 *
 * Each kind is also shown alone: quiet (a wake that changes the day's mark and no more), waiting
 * (in a step, nothing due), held (two or more holds), facts (what a ledger tells), acts (planned,
 * released, delayed by a gate, answered), moving (a step entered or left). Bare is a decision
 * without JSON (DecideIn.bare), as the simulator counts; the hub wants the words too: texts, details
 * and publications. The floor in the same round is what no decision can do without: copying what
 * it may write, reading the books once, comparing. Medians of several rounds, in processor time of the thread. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "escalation/decide.h"

enum {
    ROUNDS = 9,
    REPEATS = 10,
    ACCOUNTS = 240,
    DAYS = 365,
    KEPT_DAYS = 92,
    KEEP_EACH = 41,
    WANTED = 500000
};

typedef enum { QUIET, WAITING, HELD, FACTS, ACTS, MOVING, N_SORTS } Sort;
static const char *const sort_names[] = {"quiet", "waiting", "held", "facts", "acts", "moving"};

typedef struct {
    AccountState state;
    Event event;
    Instant now;
    Sort sort;
} Input;

typedef struct {
    const Rulebook *book;
    Arena *kept, *scratch; /* inputs; one decision */
    GArray *inputs;        /* Input */
    Date first_kept;
    unsigned seen;
} Year;

typedef struct {
    Year *year;
    int number;
    Arena *own;
    AccountState state;
    Instant now, wake_at;
} Life;

/* ---- the rulebook ------------------------------------------------------------------------------ */

static const char extra[] = "channels: {voice: {verb: call.voice, via: inbox}}\n"
                            "settings: {late_fee: \"15.00 USD\"}\n";

/* conf.d as it lies there, and a file of our own beside it. */
static const Rulebook *load_book(Arena *arena)
{
    g_autofree char *dir = g_dir_make_tmp("bench-XXXXXX", NULL);
    g_autofree char *own = g_build_filename(dir, "90-bench.yaml", NULL);
    g_autoptr(GPtrArray) links = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) conf = g_dir_open("conf.d", 0, NULL);
    g_autofree char *here = g_get_current_dir();
    for (const char *name = conf ? g_dir_read_name(conf) : NULL; name;
         name = g_dir_read_name(conf)) {
        g_autofree char *from = g_build_filename(here, "conf.d", name, NULL);
        char *to = g_build_filename(dir, name, NULL);
        g_ptr_array_add(links, to);
        if (!g_str_has_suffix(name, ".yaml") || symlink(from, to) != 0)
            g_ptr_array_remove(links, to);
    }
    g_file_set_contents(own, extra, -1, NULL);
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse_dir(dir, arena, diags);
    Rulebook *book = arena_new0(arena, Rulebook, 1);
    bool good = root && rulebook_load(root, NULL, 0, 1, arena, diags, book);
    for (guint i = 0; i < links->len; i++)
        g_unlink(links->pdata[i]);
    g_unlink(own);
    g_rmdir(dir);
    if (!good) {
        diags_print(diags, stderr, false);
        exit(1);
    }
    return book;
}

/* ---- what kind of decision it was -------------------------------------------------------------- */

static bool tells(const DecideOut *out, const char *event)
{
    for (size_t i = 0; i < out->n_reasons; i++)
        if (strcmp(out->reasons[i].event, event) == 0)
            return true;
    return false;
}

static size_t running_holds(const AccountState *state, Date today)
{
    size_t n = 0;
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold)
        n += hold->over_on == DATE_NONE && (hold->until == DATE_NONE || hold->until >= today);
    STATE_FOREACH (state, KIND_DISPUTE, const Dispute, dispute)
        n += dispute->outcome == DISPUTE_OPEN;
    return n;
}

static bool is_delinquent(const AccountState *state)
{
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        if (cycle->step && cycle->closed_on == DATE_NONE)
            return true;
    return false;
}

static Sort sort_of(const Event *event, const DecideOut *out)
{
    if (tells(out, "step_entered") || tells(out, "left"))
        return MOVING;
    if (event->kind == EVENT_ACT_RESULT || event->kind == EVENT_ACT_SENT ||
        event->kind == EVENT_LEDGER_READ || tells(out, "gate") || tells(out, "notice_planned") ||
        tells(out, "notice_released") || tells(out, "act_released") || out->n_wishes > 0)
        return ACTS;
    if (event->kind != EVENT_WAKE)
        return FACTS;
    if (running_holds(&out->after, out->after.account.business_date) >= 2)
        return HELD;
    return is_delinquent(&out->after) ? WAITING : QUIET;
}

/* ---- living ------------------------------------------------------------------------------------ */

static void keep(Year *year, const Life *life, const Event *event, const DecideOut *out)
{
    const Zone *zone = year->book->zone;
    if (zone_date(zone, life->now) < year->first_kept || year->seen++ % KEEP_EACH != 0)
        return;
    Input input = {.event = *event, .now = life->now, .sort = sort_of(event, out)};
    state_copy(&life->state, year->kept, &input.state);
    const RecordType *type = event_types[event->kind].payload;
    if (event->payload) {
        void *payload = arena_alloc(year->kept, type->size);
        record_copy(type, year->kept, event->payload, payload);
        input.event.payload = payload;
    }
    g_array_append_val(year->inputs, input);
}

static void ask(Life *life, Event event)
{
    DecideOut out;
    event.id = "e";
    event.account = life->state.account.id;
    event.time = event.received_at = life->now;
    DecideIn in = {&life->state, &event, life->now, life->year->book, 0, false};
    arena_reset(life->year->scratch);
    decide(&in, life->year->scratch, &out);
    keep(life->year, life, &event, &out);
    life->wake_at = out.wake_at;
    state_take_over(&life->state, out.changes, out.n_changes);
}

static void answer_call(Life *life, const Act *act)
{
    CallReport report;
    record_init(event_types[EVENT_CALL_COMPLETED].payload, &report);
    report.outcome =
        (life->number + (int)STATE_COUNT(&life->state, KIND_PHONE_CALL)) % PHONE_PLACED;
    report.act = act->key;
    ask(life, (Event){.kind = EVENT_CALL_COMPLETED, .source = "inbox", .payload = &report});
}

/* Platforms say ok at once, a ledger is read when it is asked for. */
static void settle(Life *life)
{
    for (int round = 0; round < 100; round++) {
        const Act *ready = NULL;
        bool reads = false;
        STATE_FOREACH (&life->state, KIND_ACT, Act, act) {
            reads = reads || (act->state == ACT_FRESHNESS && act->next_at == INSTANT_NONE);
            ready = !ready && act->state == ACT_READY ? act : ready;
        }
        if (reads) {
            LedgerRead read = {.source = "ledger", .began_at = life->now};
            ask(life, (Event){.kind = EVENT_LEDGER_READ, .source = "ledger", .payload = &read});
        } else if (ready) {
            g_autofree char *key = g_strdup(ready->key);
            Act called = {.key = key};
            bool is_call = g_str_has_prefix(ready->verb, "call.");
            ActResult result = {
                .key = key, .outcome = OUTCOME_OK, .retry_at = INSTANT_NONE, .attempt = 1};
            ask(life, (Event){.kind = EVENT_ACT_SENT, .source = "hub", .payload = &result});
            ask(life, (Event){.kind = EVENT_ACT_RESULT, .source = "inbox", .payload = &result});
            if (is_call)
                answer_call(life, &called);
        } else {
            return;
        }
    }
}

static void tell(Life *life, EventKind kind, const void *payload, const char *const *fields)
{
    Event event = {.kind = kind, .source = fields ? "ledger" : "person:maria", .payload = payload};
    const RecordType *type = event_types[kind].payload;
    for (size_t i = 0; i < type->n_fields; i++)
        for (const char *const *f = fields; f && *f; f++)
            if (strcmp(type->fields[i].name, *f) == 0)
                event.present[i / 64] |= UINT64_C(1) << (i % 64);
    ask(life, event);
    settle(life);
}

/* ---- what the accounts do ---------------------------------------------------------------------- */

static const Currency usd = {"USD"};
/* Of 40 accounts: those below IN_TIME pay in time, those below DAYS_LATE some days late, then one each. */
enum { IN_TIME = 32, DAYS_LATE = 36, WEEKS_LATE = DAYS_LATE, STOPS, CONTESTS, IN_PARTS, HABITS };

static void tell_invoice(Life *life, Date today, int month)
{
    g_autofree char *id = g_strdup_printf("INV-2025-%06d", life->number * 100 + month);
    Invoice invoice;
    record_init(&invoice_type, &invoice);
    invoice.id = id;
    invoice.number = id;
    invoice.currency = usd;
    invoice.amount = 24000 + life->number * 1000;
    invoice.issued_on = today;
    invoice.due_on = today + 14;
    tell(life, EVENT_INVOICE_UPDATED, &invoice,
         (const char *const[]){"id", "number", "currency", "amount", "issued_on", "due_on", NULL});
}

static void tell_payment(Life *life, int month, bool in_parts)
{
    g_autofree char *id = g_strdup_printf("PAY-%06d", life->number * 100 + month);
    g_autofree char *about = g_strdup_printf("INV-2025-%06d", life->number * 100 + month);
    Payment payment;
    record_init(&payment_type, &payment);
    payment.id = id;
    payment.currency = usd;
    payment.amount = (24000 + life->number * 1000) * (in_parts ? 3 : 4) / 4;
    payment.state = PAYMENT_SETTLED;
    payment.invoice = about;
    tell(life, EVENT_PAYMENT_UPDATED, &payment,
         (const char *const[]){"id", "currency", "amount", "state", in_parts ? "id" : "invoice",
                               NULL});
}

static void set_hold(Life *life, int kind, Date until)
{
    HoldRequest hold;
    record_init(event_types[EVENT_HOLD_SET].payload, &hold);
    hold.kind = kind;
    hold.until = until;
    tell(life, EVENT_HOLD_SET, &hold, NULL);
}

static void contest(Life *life, Date today, int month, int day)
{
    g_autofree char *id = g_strdup_printf("D%d", month);
    g_autofree char *about = g_strdup_printf("INV-2025-%06d", life->number * 100 + month);
    Dispute dispute;
    record_init(&dispute_type, &dispute);
    dispute.id = id;
    dispute.invoice = about;
    dispute.amount = 12000;
    dispute.outcome = day < 25    ? DISPUTE_OPEN
                      : month % 2 ? DISPUTE_FOR_CREDITOR
                                  : DISPUTE_FOR_DEBTOR;
    PromiseRequest promise = {.amount = 5000, .currency = usd, .promised_on = today + 6};
    if (day == 3 || day == 25)
        tell(life, EVENT_DISPUTE_UPDATED, &dispute,
             (const char *const[]){"id", "invoice", "amount", "outcome", NULL});
    if (day == 8)
        tell(life, EVENT_PROMISE_MADE, &promise, NULL);
    if (day == 5)
        set_hold(life, HOLD_ATTORNEY, today + 20);
    if (day == 10)
        set_hold(life, life->number % 2 ? HOLD_HELP : HOLD_PAUSE, today + 9);
    if (day == 20)
        set_hold(life, HOLD_CEASE, today + 12);
}

/* day: of the 30 since the month's invoice. */
static void act_as_usual(Life *life, Date today, int month, int day)
{
    int habit = life->number * 7 % HABITS;
    int months_late = habit == WEEKS_LATE;
    int pays = habit < IN_TIME ? 12 : habit < DAYS_LATE ? 19 : 29;
    bool stopped = habit == STOPS && month > 6;
    if (day == 0)
        tell_invoice(life, today, month);
    if (habit == CONTESTS)
        contest(life, today, month, day);
    if (day == pays && month >= months_late && !stopped)
        tell_payment(life, month - months_late, habit == IN_PARTS);
}

static void add_point(Life *life, const char *channel, const char *address, int consent)
{
    ContactPoint point;
    record_init(&contact_point_type, &point);
    point.channel = channel;
    point.address = address;
    point.role = "payer";
    point.consent = consent;
    point.position = (int64_t)STATE_COUNT(&life->state, KIND_CONTACT_POINT);
    tell(life, EVENT_CONTACT_UPDATED, &point,
         (const char *const[]){"channel", "address", "role", "consent", "position", NULL});
    if (strcmp(channel, "email") == 0 && life->number % 10 == 7)
        STATE_ROWS(&life->state, KIND_CONTACT_POINT, ContactPoint)[0].undeliverable = true;
}

static void be_born(Life *life)
{
    static const char *const places[] = {"US/NY", "US/CA", "US/TX", "US/IL/Chicago", "US/MA",
                                         "US/CO", "US/NC", "US/WA", "US/NJ"};
    static const char *const zones[] = {NULL, "America/New_York", "America/Los_Angeles",
                                        "America/Denver"};
    int n = life->number;
    Arena *own = life->own;
    state_init(&life->state, own, arena_printf(own, "ledger:%d", n));
    Account *account = &life->state.account;
    account->source = arena_strdup(own, "ledger");
    account->external_id = arena_printf(own, "%d", n);
    account->name = arena_printf(own, "Customer number %d", n);
    account->kind = n % 3;
    account->is_consumer = account->kind != ACCOUNT_BUSINESS;
    account->jurisdiction = arena_strdup(own, places[n / 3 % (int)G_N_ELEMENTS(places)]);
    account->zone = arena_strdup(own, zones[n / 2 % (int)G_N_ELEMENTS(zones)]);
    if (account->kind != ACCOUNT_BUSINESS)
        account->policy = arena_strdup(own, account->kind == ACCOUNT_SUBSCRIBER ? "isp_default"
                                            : n % 2                             ? "tenant_rent"
                                                                                : "tenant_formal");
    if (n % 8 == 3)
        account->channel_order = arena_strdup(own, "voice,sms,email,letter");
    add_point(life, "email", "payer@example.test", CONSENT_NONE);
    add_point(life, "letter", "1 Main Street", CONSENT_NONE);
    if (n % 4 != 0)
        add_point(life, "sms", "+13125550100", n % 5 ? CONSENT_GRANTED : CONSENT_REVOKED);
    if (n % 4 == 3)
        add_point(life, "voice", "+13125550100", n % 3 ? CONSENT_GRANTED : CONSENT_NONE);
}

static void live(Year *year, int number, Date first)
{
    g_autoptr(Arena) own = arena_new();
    Life life = {.year = year, .number = number, .own = own, .wake_at = INSTANT_NEVER};
    const Zone *zone = year->book->zone;
    life.now = zone_instant(zone, first, 0);
    be_born(&life);
    const Zone *home = life.state.account.zone ? zone_get(life.state.account.zone, NULL) : zone;
    for (int day = 0; day < DAYS; day++) {
        Date today = first + day;
        Instant morning = zone_instant(home, today, 6), midday = zone_instant(home, today, 13 * 60);
        Instant night = zone_instant(home, today + 1, 0);
        life.wake_at = MIN(life.wake_at, morning);
        for (int facts = 0; facts < 2; facts++) {
            Instant until = facts ? night : midday;
            while (life.wake_at < until) {
                life.now = MAX(life.now, MAX(life.wake_at, morning));
                ask(&life, (Event){.kind = EVENT_WAKE, .source = "hub"});
                settle(&life);
            }
            life.now = MAX(life.now, until - 1);
            if (!facts)
                act_as_usual(&life, today, day / 30, day % 30);
        }
    }
}

/* ---- measuring --------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The core's own time: what neighbours on the machine take does not count. */
static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

/* sort N_SORTS: all. Repeated so that each figure is one of some thousand decisions. */
static double decisions_us(const Year *year, int sort, bool bare)
{
    size_t n = 0;
    int64_t start = cpu_ns();
    for (int repeat = 0; repeat < REPEATS; repeat++)
        for (guint i = 0; i < year->inputs->len; i++) {
            const Input *input = &g_array_index(year->inputs, Input, i);
            if (sort != N_SORTS && (int)input->sort != sort)
                continue;
            DecideOut out;
            arena_reset(year->scratch);
            decide(&(DecideIn){&input->state, &input->event, input->now, year->book, 0, bare},
                   year->scratch, &out);
            n++;
        }
    return n ? (double)(cpu_ns() - start) / 1e3 / (double)n : 0;
}

static double floor_us(const Year *year)
{
    int64_t start = cpu_ns();
    const Settings *settings = &year->book->settings;
    DueRules rules = {settings->days_to_overdue, settings->ledger_grace_days};
    for (int repeat = 0; repeat < REPEATS; repeat++)
        for (guint i = 0; i < year->inputs->len; i++) {
            const Input *input = &g_array_index(year->inputs, Input, i);
            AccountState copy;
            Ledger ledger;
            size_t n;
            arena_reset(year->scratch);
            state_share(&input->state, year->scratch, &copy);
            ledger_read(&copy, &rules, input->state.account.business_date, year->scratch, &ledger);
            state_diff(&input->state, &copy, year->scratch, &n);
        }
    return (double)(cpu_ns() - start) / 1e3 / (double)(REPEATS * year->inputs->len);
}

/* Of each sort and of all: with the words for audit and publication, and without them. */
typedef struct {
    double whole[N_SORTS + 1], bare[N_SORTS + 1], least;
} Result;

static void report(const Year *year, const Result *r)
{
    size_t counts[N_SORTS + 1] = {0}, rows = 0;
    for (guint i = 0; i < year->inputs->len; i++) {
        const Input *input = &g_array_index(year->inputs, Input, i);
        counts[input->sort]++;
        for (int kind = 0; kind < N_KINDS; kind++)
            rows += input->state.sets[kind].n;
    }
    guint n = year->inputs->len;
    counts[N_SORTS] = n;
    double mix = r->bare[N_SORTS], whole = r->whole[N_SORTS];
    printf("a decision        share   µs bare   with its words   (%u states, %.0f rows and %.1f KB "
           "each)\n",
           n, (double)rows / n, (double)arena_used(year->kept) / 1024 / n);
    g_autoptr(GString) json = g_string_new("{");
    for (int sort = 0; sort <= N_SORTS; sort++) {
        const char *name = sort == N_SORTS ? "mix" : sort_names[sort];
        printf("  %-14s %5.1f %%  %8.2f   %14.2f\n", name, 100.0 * (double)counts[sort] / (double)n,
               r->bare[sort], r->whole[sort]);
        g_string_append_printf(json, "\"%s_bare_us\": %.3f, \"%s_us\": %.3f, ", name, r->bare[sort],
                               name, r->whole[sort]);
    }
    printf("  copy, read, compare      %8.2f   the mix is %.1fx of it, %.1fx with words\n",
           r->least, mix / r->least, whole / r->least);
    printf("  the mix a second         %8.0f   %14.0f   wanted: %d without JSON: %s\n", 1e6 / mix,
           1e6 / whole, WANTED, 1e6 / mix >= WANTED ? "met" : "missed");
    printf("%s\"floor_us\": %.3f, \"mix_bare_ratio\": %.2f, \"mix_ratio\": %.2f, "
           "\"mix_bare_per_second\": %.0f, \"mix_per_second\": %.0f, \"wanted_per_second\": %d}\n",
           json->str, r->least, mix / r->least, whole / r->least, 1e6 / mix, 1e6 / whole, WANTED);
}

static Result measure(const Year *year)
{
    static double whole[N_SORTS + 1][ROUNDS], bare[N_SORTS + 1][ROUNDS], least[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        least[round] = floor_us(year);
        for (int sort = 0; sort <= N_SORTS; sort++) {
            whole[sort][round] = decisions_us(year, sort, false);
            bare[sort][round] = decisions_us(year, sort, true);
        }
    }
    Result result = {.least = median(least)};
    for (int sort = 0; sort <= N_SORTS; sort++) {
        result.whole[sort] = median(whole[sort]);
        result.bare[sort] = median(bare[sort]);
    }
    return result;
}

int main(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Arena) scratch = arena_new();
    g_autoptr(Arena) kept = arena_new();
    g_autoptr(GArray) inputs = g_array_new(FALSE, FALSE, sizeof(Input));
    Date first = date_from_ymd(2025, 12, 1);
    Year year = {load_book(arena), kept, scratch, inputs, first + DAYS - KEPT_DAYS, 0};
    for (int i = 0; i < ACCOUNTS; i++)
        live(&year, i, first);
    Result result = measure(&year);
    report(&year, &result);
    return 0;
}
