/* What must never happen, whatever happens: thousands of random histories in random zones, and after every decision an
 * oracle of its own that knows domain.md and not the code. DUNHUB_SEED and DUNHUB_HISTORIES in the environment choose other
 * seeds; a failure names its seed. */
#include "chance.h"

enum { HISTORIES = 500, EVENTS = 40 };

/* ---- where and when ---------------------------------------------------------------------------- */

/* The ends of the earth, half and quarter hours, changes of the clock at odd hours and dates. */
static const char *const zones[] = {
    "Pacific/Kiritimati",  "Pacific/Pago_Pago", "Asia/Kolkata",      "Asia/Kathmandu",
    "Australia/Lord_Howe", "America/St_Johns",  "Europe/London",     "America/Chicago",
    "America/Sao_Paulo",   "Asia/Tehran",       "Africa/Casablanca", "Pacific/Chatham",
};

static const char *const starts[] = {"2026-03-01 06:00", "2026-10-20 13:00", "2028-02-20 03:00",
                                     "2026-12-20 09:00"};

static const char *const ladder[] = {"first_reminder", "second_notice", "final_notice",
                                     "pre_collections", "collections"};
enum { UNSKIPPABLE_FROM = 2 };

static int rank(const char *step)
{
    for (int i = 0; step && i < (int)G_N_ELEMENTS(ladder); i++)
        if (strcmp(ladder[i], step) == 0)
            return i;
    return -1;
}

/* ---- the table of §5, written down a second time ------------------------------------------------ */

typedef struct {
    bool messages, suspension, collections;
} Forbids;

static const Forbids forbids[HOLD_PAUSE + 1] = {
    [HOLD_GRACE] = {false, true, true},    [HOLD_PROMISE] = {true, true, true},
    [HOLD_HELP] = {true, true, true},      [HOLD_BREATHING_SPACE] = {true, true, true},
    [HOLD_DECEASED] = {false, true, true}, [HOLD_PAUSE] = {true, true, true},
};

static Forbids forbidden(const AccountState *state, Currency code, Date today)
{
    Forbids all = {0};
    STATE_FOREACH (state, KIND_HOLD, const Hold, hold) {
        bool runs =
            hold->over_on == DATE_NONE && (hold->until == DATE_NONE || hold->until >= today);
        bool here = !hold->currency.code[0] || currency_equal(hold->currency, code);
        if (!runs || !here || hold->invoice || hold->contact)
            continue;
        all.messages = all.messages || forbids[hold->kind].messages;
        all.suspension = all.suspension || forbids[hold->kind].suspension;
        all.collections = all.collections || forbids[hold->kind].collections;
    }
    return all;
}

/* ---- the laws ------------------------------------------------------------------------------------ */

typedef struct {
    guint32 seed;
    Date moved_on[2]; /* by currency: the day of the last forward move */
} Watch;

#define BROKEN(v, ...) broken(v, g_strdup_printf(__VA_ARGS__))
static void broken(const Driver *v, char *what)
{
    for (guint i = v->log->len > 25 ? v->log->len - 25 : 0; i < v->log->len; i++)
        g_printerr("# %s\n", (const char *)g_ptr_array_index(v->log, i));
    g_error("seed %u: %s", ((const Watch *)v->look)->seed, what);
}

static bool has_left(const Act *before, const Act *after)
{
    bool out = after->state == ACT_READY || after->state == ACT_DONE;
    bool was = before && (before->state == ACT_READY || before->state == ACT_DONE ||
                          before->state == ACT_SENT || before->state == ACT_RETRY ||
                          before->state == ACT_UNCERTAIN);
    return out && !was;
}

static Currency currency_of(const AccountState *state, const Act *act)
{
    const Notice *notice = act->notice ? state_find(state, KIND_NOTICE, act->notice) : NULL;
    const Cycle *cycle = act->cycle ? state_find(state, KIND_CYCLE, act->cycle) : NULL;
    return notice ? notice->currency : cycle ? cycle->currency : (Currency){"USD"};
}

/* Nothing adverse under a hold that forbids it. */
static void check_adverse(const Driver *v, const Act *act, Date today)
{
    Forbids no = forbidden(&v->state, currency_of(&v->state, act), today);
    bool suspends = g_str_has_suffix(act->verb, ".suspend");
    if (act->adverse && !act->undo && (suspends ? no.suspension : no.collections))
        BROKEN(v, "%s was released under a hold that forbids it", act->key);
}

static bool is_reminder_of_hold(const Notice *notice)
{
    return strcmp(notice->name, "promise_reminder") == 0 ||
           strcmp(notice->name, "instalment_reminder") == 0;
}

static void check_hour(const Driver *v, const Act *act, const char *zone, int from, int to)
{
    LocalTime t = zone_local(zone_get(zone, NULL), v->now);
    int64_t ms = t.minute * INSTANT_MINUTE + t.millisecond;
    if (ms < from * INSTANT_MINUTE || ms > to * INSTANT_MINUTE)
        BROKEN(v, "%s goes at %02d:%02d in %s", act->key, t.minute / 60, t.minute % 60, zone);
}

/* Nobody is contacted outside of the window, anywhere the person may be (§6.8, §9 contact_window). */
static void check_contact(const Driver *v, const Act *act, Date today)
{
    const Account *account = &v->state.account;
    if (act->effect != EFFECT_CONTACT || g_strcmp0(act->purpose, "answer") == 0)
        return;
    check_hour(v, act, account->zone, 9 * 60, 18 * 60);
    g_auto(GStrv) others = g_strsplit(account->zones ? account->zones : "", ",", -1);
    for (char **zone = others; *zone && account->is_consumer; zone++)
        check_hour(v, act, *zone, 8 * 60, 21 * 60);
    const Notice *notice = act->notice ? state_find(&v->state, KIND_NOTICE, act->notice) : NULL;
    if (!notice || is_reminder_of_hold(notice))
        return;
    if (forbidden(&v->state, notice->currency, today).messages)
        BROKEN(v, "%s was released under a hold that forbids messages", act->key);
    STATE_FOREACH (&v->state, KIND_CONTACT_POINT, const ContactPoint, point)
        if (g_strcmp0(point->address, act->address) == 0 &&
            g_strcmp0(point->channel, act->channel) == 0 &&
            (point->undeliverable ||
             (strcmp(point->channel, "sms") == 0 && point->consent != CONSENT_GRANTED)))
            BROKEN(v, "%s goes to an address that may not be used", act->key);
}

static void check_acts(const Driver *v, const AccountState *before, Date today)
{
    for (size_t i = 0; i < STATE_COUNT(&v->state, KIND_ACT); i++) {
        const Act *act = &STATE_ROWS(&v->state, KIND_ACT, const Act)[i];
        const Act *was =
            i < STATE_COUNT(before, KIND_ACT) ? &STATE_ROWS(before, KIND_ACT, const Act)[i] : NULL;
        if (act->state == ACT_SUPPRESSED && (!act->reason || !*act->reason))
            BROKEN(v, "%s is suppressed without a reason", act->key);
        if (!has_left(was, act))
            continue;
        check_adverse(v, act, today);
        check_contact(v, act, today);
    }
    STATE_FOREACH (&v->state, KIND_NOTICE, const Notice, notice)
        if (notice->state == NOTICE_SUPPRESSED && (!notice->reason || !*notice->reason))
            BROKEN(v, "notice %s is suppressed without a reason", notice->key);
}

static bool is_detail(const Reason *reason, const char *name, const char *value)
{
    g_autoptr(json_t) detail = reason->detail ? json_loads(reason->detail, 0, NULL) : NULL;
    return g_strcmp0(json_string_value(json_object_get(detail, name)), value) == 0;
}

/* A forward move by the clock: one a day, from an executed step, over skippable ones only. */
static void check_move(const Driver *v, const AccountState *before, const Reason *reason,
                       Date today)
{
    Watch *watch = v->look;
    int currency = is_detail(reason, "currency", "USD") ? 0 : 1;
    if (watch->moved_on[currency] == today)
        BROKEN(v, "two steps on one day: %s", reason->subject);
    watch->moved_on[currency] = today;
    STATE_FOREACH (before, KIND_CYCLE, const Cycle, cycle) {
        if (!is_detail(reason, "cycle", cycle->id) || rank(cycle->step) < 0)
            continue;
        if (cycle->executed_on == DATE_NONE)
            BROKEN(v, "%s was left before it was executed", cycle->step);
        for (int i = rank(cycle->step) + 1; i < rank(reason->subject); i++)
            if (i >= UNSKIPPABLE_FROM)
                BROKEN(v, "%s was passed over", ladder[i]);
    }
}

static void check_steps(const Driver *v, const AccountState *before, Date today)
{
    for (size_t i = 0; i < v->out.n_reasons; i++) {
        const Reason *reason = &v->out.reasons[i];
        if (strcmp(reason->event, "step_entered") == 0 && is_detail(reason, "how", "move"))
            check_move(v, before, reason, today);
        if (strcmp(reason->event, "step_entered") == 0 && is_detail(reason, "how", "entry"))
            for (int k = UNSKIPPABLE_FROM; k < rank(reason->subject); k++)
                BROKEN(v, "an account enters at %s, past %s", reason->subject, ladder[k]);
        if (strcmp(reason->event, "step_skipped") == 0 && g_strcmp0(reason->reason, "cease") != 0 &&
            rank(reason->subject) >= UNSKIPPABLE_FROM)
            BROKEN(v, "%s was skipped", reason->subject);
    }
}

static void check_fees(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, a)
        STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, b)
            if (a < b && a->kind == INVOICE_FEE && b->kind == INVOICE_FEE &&
                g_strcmp0(a->cycle, b->cycle) == 0)
                BROKEN(v, "cycle %s has two fees", a->cycle);
}

static void watch(Driver *v, const DecideIn *in)
{
    const AccountState *before = in->state;
    Driver after = *v;
    after.state = v->out.after;
    Date today = after.state.account.business_date;
    if (before->account.business_date > today)
        BROKEN(v, "the business date went back");
    check_acts(&after, before, today);
    check_steps(&after, before, today);
    check_fees(&after);
}

/* ---- playing -------------------------------------------------------------------------------------- */

typedef struct {
    const char *name, *policies, *policy, *settings;
} World;

static const World worlds[] = {
    {"module", MODULE, "isp",
     "first_step: suspended, auto_suspend: true, auto_reactivate: true, late_fee_cents: 1500"},
    {"module-by-hand", MODULE, "isp",
     "auto_resolve: false, pending_must_cover: true, late_fee_cents: 700, fee_on_manual_entry: "
     "true"},
    {"ladder", LADDER, "b2b", ""},
    {"ladder-recompute", LADDER, "b2b",
     "on_anchor_shift: recompute, no_cutoff_before_closed_day: true, minimum_basis: "
     "past_allowed_days"},
};

static void add_point(Driver *v, const char *channel, const char *address, int64_t position)
{
    ContactPoint *point = state_add(&v->state, KIND_CONTACT_POINT);
    point->channel = channel;
    point->address = address;
    point->position = position;
    point->consent = CONSENT_GRANTED;
}

static const char *pick(GRand *rand, const char *const *from, size_t n)
{
    return from[g_rand_int_range(rand, 0, (gint32)n)];
}

static void play(const World *world, guint32 seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Watch laws = {.seed = seed, .moved_on = {DATE_NONE, DATE_NONE}};
    Driver v;
    driver_open(&v, world->policies, world->settings, world->policy,
                pick(rand, starts, G_N_ELEMENTS(starts)));
    v.state.account.zone = pick(rand, zones, G_N_ELEMENTS(zones));
    v.state.account.zones = pick(rand, zones, G_N_ELEMENTS(zones));
    v.state.account.is_consumer = g_rand_boolean(rand);
    add_point(&v, "sms", "+13125550100", 1);
    add_point(&v, "letter", "1 Main Street", 2);
    v.decided = watch;
    v.look = &laws;
    driver_invoice(&v, "X0", 6500, NULL, "USD");
    for (int n = 1; n < EVENTS; n++) {
        driver_run_every(
            &v, v.now + g_rand_int_range(rand, 1, 60) * INSTANT_HOUR + 7 * INSTANT_MINUTE, false);
        chance_anything(&v, rand, n);
    }
    driver_close(&v);
}

static guint32 from_environment(const char *name, guint32 otherwise)
{
    const char *text = g_getenv(name);
    return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static void test_laws(gconstpointer data)
{
    guint32 first = from_environment("DUNHUB_SEED", 1);
    guint32 n = from_environment("DUNHUB_HISTORIES", HISTORIES);
    g_test_message("seeds %u to %u", first, first + n - 1);
    for (guint32 seed = first; seed < first + n; seed++)
        play(data, seed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *path = g_strdup_printf("/decide/laws/%s", worlds[i].name);
        g_test_add_data_func(path, &worlds[i], test_laws);
    }
    return g_test_run();
}
