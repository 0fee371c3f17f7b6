/* The journal alone gives the same state, and time between an account's decision and its next wake changes nothing. */
#include "sim/world.h"

enum { HORIZON_DAYS = 60 };

typedef struct {
    World *world;
    Arena *arena;
    const AccountState *stored;
    AccountState state;
} Course;

/* The bytes of a notice are the store's: what was rendered then is taken as it is. */
static void take_kept(Course *course, AccountState *after, const char *key)
{
    Act *act = state_find(after, KIND_ACT, key);
    const Act *stored = state_find(course->stored, KIND_ACT, key);
    if (!act || !stored)
        return;
    act->content = stored->content;
    Notice *notice = act->notice ? state_find(after, KIND_NOTICE, act->notice) : NULL;
    if (notice)
        notice->content = act->content;
}

static bool decide_again(const JournalEntry *entry, void *data)
{
    Course *course = data;
    const Configuration *configuration = setting_epoch(course->world, entry->epoch);
    g_autoptr(json_t) body = entry->data ? json_loads(entry->data, 0, NULL) : NULL;
    g_autoptr(GError) error = NULL;
    Event event = {0};
    if (!configuration || !event_decode(entry->type, body, course->arena, &event, &error)) {
        world_fail(course->world, "journal entry %" G_GUINT64_FORMAT " cannot be replayed: %s",
                   entry->position, error ? error->message : "its configuration is not known");
        return false;
    }
    event.id = arena_strdup(course->arena, entry->event_id);
    event.source = arena_strdup(course->arena, entry->source);
    event.account = course->state.account.id;
    event.time = entry->time;
    event.received_at = entry->received_at;
    DecideIn in = {.state = &course->state,
                   .event = &event,
                   .now = entry->received_at,
                   .book = &configuration->book,
                   .switches = entry->switches};
    DecideOut out = {0};
    decide(&in, course->arena, &out);
    for (size_t i = 0; i < out.n_wishes; i++)
        if (out.wishes[i].kind == WISH_RENDER)
            take_kept(course, &out.after, out.wishes[i].key);
    course->state = out.after;
    return true;
}

void replay_account(World *world, const char *account)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState stored;
    bool found = false;
    store_load_account(world->reader, account, arena, &stored, &found, NULL);
    if (!found)
        return;
    Course course = {.world = world, .arena = arena, .stored = &stored};
    state_init(&course.state, arena, account);
    course.state.account.source = stored.account.source;
    course.state.account.external_id = stored.account.external_id;
    course.state.account.salt = stored.account.salt;
    store_journal_read(world->reader, account, 0, false, decide_again, &course, NULL);
    g_autofree char *got = state_fingerprint(&course.state), *want = state_fingerprint(&stored);
    if (strcmp(got, want) != 0)
        world_fail(world, "the journal of %s gives another state than the store holds", account);
}

/* ---- sparse equals dense -------------------------------------------------------------------------- */

static Instant wake_of(World *world, const char *account)
{
    g_autoptr(Arena) arena = arena_new();
    const char **due = NULL;
    size_t n = 0;
    Instant low = world->clock.instant, high = low + HORIZON_DAYS * INSTANT_DAY;
    while (high - low > INSTANT_MINUTE) { /* the store tells who is due, not when */
        Instant middle = low + (high - low) / 2;
        bool is_due = false;
        store_due(world->reader, middle, SIZE_MAX, arena, &due, &n, NULL);
        for (size_t i = 0; i < n && !is_due; i++)
            is_due = strcmp(due[i], account) == 0;
        *(is_due ? &high : &low) = middle;
    }
    return low;
}

/* Woken at any instant before its own, it changes nothing but the date of its books, and says nothing. */
void replay_between(World *world, const char *account)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    if (world_failed(world) || hub_switches(world->hub))
        return;
    store_load_account(world->reader, account, arena, &state, &found, NULL);
    Instant from = world->clock.instant, wake = found ? wake_of(world, account) : from;
    if (wake - from < INSTANT_MINUTE || world->skew_ms)
        return;
    Instant now = from + (Instant)random_below(&world->chance.random, (uint64_t)(wake - from));
    const Rulebook *book = &world->configuration->book;
    if (zone_local(book->zone, now).minute <= book->settings.evaluate_at)
        return; /* the date is new and its day has not begun */
    Event event = {.kind = EVENT_WAKE,
                   .source = "hub",
                   .account = account,
                   .time = INSTANT_NONE,
                   .received_at = now};
    DecideIn in = {.state = &state, .event = &event, .now = now, .book = book};
    DecideOut out = {0};
    decide(&in, arena, &out);
    out.after.account.business_date =
        state.account.business_date; /* dates of the books, not of a decision */
    out.after.account.evaluated_on = state.account.evaluated_on;
    g_autofree char *got = state_fingerprint(&out.after), *want = state_fingerprint(&state);
    char at[32], until[32];
    if (out.n_reasons || strcmp(got, want) != 0)
        world_fail(world, "%s changes at %s although its next wake is %s (%s)", account,
                   instant_format(now, at), instant_format(wake, until),
                   out.n_reasons ? out.reasons[0].event : "its state");
}
