/* Lives of the hub and the steps between them. */
#include "sim/world.h"

#include "store/sqlite/sqlite.h"

#include <stdio.h>

enum { OPEN_TRIES = 200, CALM_DAYS = 3, CALM_ROUNDS = 4000, JUMP_HOURS = 80, FLOW = 8 };

static const char store_path[] = "/sim/store.db";

/* ---- chance, time, findings --------------------------------------------------------------------- */

unsigned world_draw(World *world, unsigned n)
{
    return (unsigned)random_below(&world->chance.random, n);
}

bool world_chance(World *world, unsigned n)
{
    return world_draw(world, n) == 0;
}

Instant world_true_now(const World *world)
{
    return world->clock.instant - world->skew_ms;
}

const char *world_account(World *world)
{
    static const char *const names[ACCOUNTS] = {"A0", "A1", "A2", "A3", "A4", "A5"};
    return names[world_draw(world, ACCOUNTS)];
}

bool world_failed(const World *world)
{
    return world->report.failure != NULL;
}

void world_fail(World *world, const char *format, ...)
{
    if (world_failed(world))
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    world->report.failure =
        g_strdup_printf("step %u, life %" G_GUINT64_FORMAT ": %s", world->step, world->life, text);
}

void world_say(const World *world, const char *format, ...)
{
    if (!world->setup.verbose)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char now[32];
    fprintf(stderr, "%5u %s  %s\n", world->step, instant_format(world->clock.instant, now), text);
}

/* True time goes on by so much; the wall clock and the monotonic one go along. */
static void pass(World *world, int64_t ms)
{
    world->clock.instant += ms;
    world->clock.elapsed_ms += ms;
}

static void set_skew(World *world, int64_t skew_ms)
{
    world->clock.instant += skew_ms - world->skew_ms;
    world->skew_ms = skew_ms;
}

/* ---- a life ------------------------------------------------------------------------------------- */

static bool set_synchronous(const World *world)
{
    if (!world->setup.synchronous)
        return true;
    g_autofree char *sql = g_strdup_printf("PRAGMA synchronous = %s", world->setup.synchronous);
    return sqlite3_exec(sqlite_store(world->store)->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void end_life(World *world)
{
    hub_free(world->hub);
    world->hub = NULL;
    store_close(world->reader);
    world->reader = NULL;
    store_close(world->store);
    world->store = NULL;
}

static bool open_store(World *world, GError **error)
{
    return store_open(&store_sqlite, store_path, STORE_READ_WRITE, disk_vfs, &world->store,
                      error) &&
           set_synchronous(world);
}

static bool open_hub(World *world, GError **error)
{
    world->configuration = setting_load(world, world->store, world->variant, error);
    if (!world->configuration)
        return false;
    HubSetup setup = {
        .clock = &world->clock.clock,
        .random = &world->hub_chance.random,
        .store = world->store,
        .configuration = world->configuration,
        .ports = bus_ports(world),
    };
    world->hub = hub_new(&setup, error);
    return world->hub && hub_release_source(world->hub, "rents", "person:sim", error);
}

static bool is_dark(const World *world)
{
    return world->dead || disk_is_off(world->disk);
}

static bool open_reader(World *world)
{
    g_autoptr(GError) error = NULL;
    disk_calm(world->disk, true);
    bool good =
        store_open(&store_sqlite, store_path, STORE_READ_ONLY, disk_vfs, &world->reader, &error);
    disk_calm(world->disk, false);
    if (!good)
        world_fail(world, "the store cannot be read after its recovery: %s", error->message);
    return good;
}

/* Also a start may meet a crash or a disk that fails; in the end the weather is kind. */
static void begin_life(World *world)
{
    for (int try = 0; try < OPEN_TRIES; try++) {
        g_autoptr(GError) error = NULL;
        bool kind = world->quiet || try > 5;
        world->life++;
        world->report.lives++;
        world->dead = false;
        disk_power_on(world->disk);
        if (kind)
            disk_weather(world->disk, &(DiskWeather){0});
        disk_crash_in(world->disk,
                      !kind && world_chance(world, 4) ? 1 + world_draw(world, 600) : 0);
        if (open_store(world, &error) && open_hub(world, &error) && !is_dark(world)) {
            if (open_reader(world))
                check_world(world, true);
            return;
        }
        world_say(world, "no start: %s", error ? error->message : "it died");
        if (kind && error && !is_dark(world))
            world_fail(world, "the hub does not start on a sound disk: %s", error->message);
        if (world_failed(world))
            return;
        bus_hub_died(world);
        if (!disk_is_off(world->disk) && world_chance(world, 2))
            disk_crash(world->disk);
        end_life(world);
    }
    world_fail(world, "the hub does not start");
}

/* The power goes, or only the process: then the disk keeps all that was written. */
static void die(World *world, bool power)
{
    world_say(world, "%s", power ? "the power goes" : "the process is killed");
    world->dead = true;
    bus_hub_died(world);
    if (power)
        disk_crash(world->disk);
    else
        disk_kill(world->disk);
    end_life(world);
    begin_life(world);
}

/* ---- steps -------------------------------------------------------------------------------------- */

static bool turn(World *world, GError **error)
{
    world->turned_ms = world->clock.elapsed_ms;
    return hub_turn(world->hub, error);
}

static void step_turn(World *world)
{
    g_autoptr(GError) error = NULL;
    world->credit = world_chance(world, 8) ? 0 : 1 + world_draw(world, 4);
    if (!turn(world, &error))
        world_say(world, "no turn: %s", error->message);
}

/* A while in which all goes as it should, as far as platforms let it. */
static void step_flow(World *world)
{
    for (int i = 0; i < FLOW && !is_dark(world) && !world_failed(world); i++) {
        step_turn(world);
        if (!is_dark(world))
            bus_answer_one(world, false);
    }
}

static void step_answer(World *world)
{
    bus_answer_one(world, false);
}

static void step_time(World *world)
{
    Instant now = world->clock.instant, next = hub_next(world->hub);
    int64_t most = (1 + (int64_t)world_draw(world, 360)) * INSTANT_MINUTE;
    int64_t left = next > now ? next - now : world_draw(world, 60000);
    pass(world, MIN(left, most));
}

static void step_long_time(World *world)
{
    pass(world, (1 + (int64_t)world_draw(world, 20)) * INSTANT_HOUR);
}

static void step_power(World *world)
{
    die(world, true);
}

static void step_kill(World *world)
{
    die(world, false);
}

static void step_fuse(World *world)
{
    disk_crash_in(world->disk, 1 + world_draw(world, 300));
}

static void step_weather(World *world)
{
    static const DiskWeather kinds[] = {
        {0},
        {0},
        {.read_fails = 400, .write_fails = 60, .sync_fails = 12, .busy = 200},
        {.sync_fails = 3},
    };
    DiskWeather weather = kinds[world_draw(world, G_N_ELEMENTS(kinds))];
    if (world_chance(world, 4))
        weather.capacity_bytes = disk_bytes(world->disk) + (int64_t)world_draw(world, 200) * 1024;
    disk_weather(world->disk, &weather);
}

/* The wall clock is set by someone: forward, back, or right again. */
static void step_jump(World *world)
{
    static const int64_t most[] = {INSTANT_MINUTE, INSTANT_HOUR, JUMP_HOURS * INSTANT_HOUR};
    int64_t size = most[world_draw(world, G_N_ELEMENTS(most))];
    int64_t skew = (int64_t)random_below(&world->chance.random, (uint64_t)(2 * size)) - size;
    set_skew(world, world_chance(world, 2) ? 0 : skew);
    world->report.jumps++;
    world_say(world, "the clock is %" G_GINT64_FORMAT " minutes off",
              world->skew_ms / INSTANT_MINUTE);
}

static void step_reload(World *world)
{
    g_autoptr(GError) error = NULL;
    int variant = (int)world_draw(world, 4);
    Configuration *configuration = setting_load(world, world->store, variant, &error);
    if (!configuration || !hub_reload(world->hub, configuration, &error)) {
        world_say(world, "no reload: %s", error->message);
        return;
    }
    world->variant = variant;
    world->configuration = configuration;
    world->report.reloads++;
}

static void step_person(World *world)
{
    g_autoptr(GError) error = NULL;
    if (hub_switches(world->hub) & HUB_OBSERVE && world->skew_ms == 0)
        hub_clear_clock(world->hub, "person:sim", &error);
    else
        hub_poll_now(world->hub, "rents");
}

static void step_checkpoint(World *world)
{
    sqlite3 *other = NULL;
    if (sqlite3_open_v2(store_path, &other, SQLITE_OPEN_READWRITE, disk_vfs) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(other, NULL, (int)world_draw(world, 4), NULL, NULL);
    sqlite3_close(other);
}

typedef struct {
    const char *name;
    unsigned weight;
    void (*run)(World *world);
} Happening;

static const Happening steps[] = {
    {"flow", 30, step_flow},
    {"turn", 40, step_turn},
    {"answer", 30, step_answer},
    {"tell", 16, source_tell},
    {"repeat", 8, source_repeat},
    {"time", 30, step_time},
    {"long time", 4, step_long_time},
    {"power", 2, step_power},
    {"kill", 2, step_kill},
    {"fuse", 4, step_fuse},
    {"weather", 3, step_weather},
    {"jump", 2, step_jump},
    {"reload", 1, step_reload},
    {"person", 2, step_person},
    {"checkpoint", 2, step_checkpoint},
};

static const Happening *draw_happening(World *world)
{
    unsigned sum = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        sum += steps[i].weight;
    unsigned draw = world_draw(world, sum);
    const Happening *step = steps;
    while (draw >= step->weight)
        draw -= (step++)->weight;
    return step;
}

static void one_step(World *world)
{
    const Happening *step = draw_happening(world);
    world_say(world, "-- %s", step->name);
    step->run(world);
    if (world_failed(world))
        return;
    if (is_dark(world)) /* the crash came from within */
        die(world, disk_is_off(world->disk) || world_chance(world, 2));
    else
        check_world(world, world_chance(world, 16));
}

/* ---- the end ------------------------------------------------------------------------------------ */

static void settle(World *world)
{
    for (int round = 0; round < CALM_ROUNDS && !world_failed(world); round++) {
        g_autoptr(GError) error = NULL;
        if (!turn(world, &error))
            world_fail(world, "a turn fails on a sound disk: %s", error->message);
        else if (!is_dark(world) && !bus_answer_one(world, true) && hub_idle(world->hub, &error))
            return;
        if (is_dark(world))
            die(world, false);
    }
}

/* Everybody is kind now, for some days: what was told is heard, what was owed is done. */
static void calm(World *world)
{
    disk_weather(world->disk, &(DiskWeather){0});
    set_skew(world, 0);
    world->quiet = true;
    die(world, true);
    if (world_failed(world))
        return;
    world->credit = 8;
    if (hub_switches(world->hub) & HUB_OBSERVE)
        hub_clear_clock(world->hub, "person:sim", NULL);
    Instant until = world->clock.instant + CALM_DAYS * INSTANT_DAY;
    while (!world_failed(world) && world->clock.instant < until) {
        for (int i = 0; i < 40 && source_waits(world); i++)
            source_repeat(world);
        settle(world);
        if (world_failed(world))
            return;
        check_world(world, false);
        Instant next = hub_next(world->hub), now = world->clock.instant;
        pass(world, CLAMP(next - now, 1000, 6 * INSTANT_HOUR));
    }
    if (!world_failed(world))
        check_world(world, true);
    if (!world_failed(world))
        check_calm(world);
}

/* ---- the run ------------------------------------------------------------------------------------ */

static World *world_new(const SimSetup *setup)
{
    Instant start = 0;
    World *world = g_new0(World, 1);
    world->setup = *setup;
    seeded_random_init(&world->chance, setup->seed);
    seeded_random_init(&world->hub_chance, setup->seed ^ 0x5eed);
    instant_parse("2026-09-01T14:30:00Z", &start, NULL);
    virtual_clock_init(&world->clock, start);
    world->disk = disk_new(setup->seed);
    world->arena = arena_new();
    world->trusted = world_chance(world, 2);
    world->credit = 4;
    world->epochs = g_array_new(FALSE, FALSE, sizeof(EpochConfiguration));
    world->calls = g_ptr_array_new_with_free_func(sent_free);
    world->deeds = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, deed_free);
    world->journal = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    world->told = g_ptr_array_new_with_free_func(told_free);
    world->pages = g_ptr_array_new_with_free_func(told_free);
    return world;
}

static void world_free(World *world)
{
    world->dead = true;
    end_life(world);
    setting_free(world);
    disk_free(world->disk);
    g_array_unref(world->epochs);
    g_ptr_array_unref(world->calls);
    g_hash_table_unref(world->deeds);
    g_hash_table_unref(world->journal);
    g_ptr_array_unref(world->told);
    g_ptr_array_unref(world->pages);
    arena_free(world->arena);
    g_free(world);
}

static void take_counts(World *world, Instant start)
{
    const DiskCounters *disk = disk_counters(world->disk);
    SimReport *report = &world->report;
    report->steps = world->step;
    report->crashes = disk->crashes;
    report->torn_writes = disk->torn_writes;
    report->lost_writes = disk->lost_writes;
    report->failed_calls = disk->failed_calls;
    report->full_calls = disk->full_calls;
    report->days = (uint64_t)((world_true_now(world) - start) / INSTANT_DAY);
}

SimReport sim_run(const SimSetup *setup)
{
    World *world = world_new(setup);
    Instant start = world_true_now(world);
    if (!setting_make(world))
        world_fail(world, "the templates of the simulation cannot be read");
    if (!world_failed(world))
        begin_life(world);
    while (!world_failed(world) && world->step < setup->steps) {
        world->step++;
        one_step(world);
    }
    if (!world_failed(world))
        calm(world);
    take_counts(world, start);
    SimReport report = world->report;
    world_free(world);
    return report;
}

void sim_report_done(SimReport *report)
{
    g_clear_pointer(&report->failure, g_free);
}

void sim_report_add(SimReport *sum, const SimReport *report)
{
    uint64_t *to = (uint64_t *)(void *)sum;
    const uint64_t *from = (const uint64_t *)(const void *)report;
    for (size_t i = 0; i < offsetof(SimReport, failure) / sizeof *to; i++)
        to[i] += from[i];
}
