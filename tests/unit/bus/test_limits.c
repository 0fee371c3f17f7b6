/* What holds calls back: a day's quota, what several instances share, what a platform asks for, an outage. */
#include "rig.h"

#include "bus/limits.h"
#include "model/event.h"

#include <string.h>

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define FAILS "{\"outcome\":1,\"code\":1}"

static uint64_t last_call;

static const RigResult *ask(Rig *rig, const char *name, const char *input)
{
    return rig_call(rig, name, ++last_call, CALL_ACTION, "test.answer", input);
}

static void add(Rig *rig, const char *name, const char *options)
{
    rig_add(rig, name, "counted", ISOLATE_THREAD, options);
    rig_wait_up(rig, name);
}

static unsigned ask_all(Rig *rig, const char *name)
{
    unsigned n = 0;
    for (; bus_credit(rig->bus, name) > 0; n++) {
        ask(rig, name, "{}");
    }
    return n;
}

/* ---- the day's quota --------------------------------------------------------------------------- */

static void test_quota(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "one", "{}");
    g_assert_cmpuint(ask_all(rig, "one"), ==, 10);
    BusStatus status = rig_status(rig, "one");
    g_assert_cmpint(status.today, ==, 10);
    g_assert_cmpint(status.per_day, ==, 10);
    g_assert_cmpstr(status.held, ==,
                    "the 10 calls of the day are used up: it goes on at 1970-01-02T00:00:00.000Z");
    BusCall call = {.id = ++last_call, .verb = "test.answer", .key = "k"};
    g_autoptr(GError) error = NULL;
    g_assert_false(bus_send(rig->bus, "one", &call, &error));
    g_assert_error(error, BUS_ERROR, BUS_ERROR_CREDIT);
    /* The hub is woken by the end of the day. */
    rig_advance(rig, DAY_MS - 1000);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    g_assert_cmpint(bus_wait_ms(rig->bus), <=, 1000);
    rig_advance(rig, 1000);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 4);
    g_assert_null(rig_status(rig, "one").held);
    g_assert_cmpuint(ask_all(rig, "one"), ==, 10);
    /* A clock that goes back begins no day anew. */
    virtual_clock_set(&rig->clock, 1000);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
}

static Rig *with_quotas_of(Rig *old)
{
    Rig *rig = rig_new(NULL);
    g_hash_table_unref(rig->quotas);
    rig->quotas = g_hash_table_ref(old->quotas);
    rig_free(old);
    return rig;
}

/* What was counted outlives the hub, exactly where it ended well. */
static void test_restart(void)
{
    Rig *rig = rig_new(NULL);
    add(rig, "one", "{}");
    for (int i = 0; i < 7; i++) {
        ask(rig, "one", "{}");
    }
    rig = with_quotas_of(rig);
    add(rig, "one", "{}");
    g_assert_cmpuint(ask_all(rig, "one"), ==, 3);
    rig_free(rig);
}

static int written(const Rig *rig, const char *place)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(rig->quotas, place));
}

/* A part of the day is written down ahead, and what of it was not used is given back at a good end. */
static void test_ahead(void)
{
    Rig *rig = rig_new(NULL);
    rig_add(rig, "one", "needy", ISOLATE_THREAD, "{\"account\":\"me\"}");
    rig_wait_up(rig, "one");
    for (int i = 0; i < 3; i++) {
        rig_call(rig, "one", ++last_call, CALL_ACTION, "test.echo", "{}");
    }
    g_assert_cmpuint(rig->quota_writes, ==, 1);
    g_assert_cmpint(written(rig, "one@0"), ==, 1000 / LIMITS_RESERVE_PART);
    rig = with_quotas_of(rig);
    g_assert_cmpint(written(rig, "one@0"), ==, 3);
    rig_free(rig);
}

/* Every call is written down before it leaves: one that cannot be does not. */
static void test_unwritable(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "one", "{}");
    ask(rig, "one", "{}");
    rig->quota_fails = true;
    BusCall call = {.id = ++last_call, .verb = "test.answer", .key = "k"};
    g_autoptr(GError) error = NULL;
    g_assert_false(bus_send(rig->bus, "one", &call, &error));
    g_assert_error(error, BUS_ERROR, BUS_ERROR_CREDIT);
    rig->quota_fails = false;
    g_assert_cmpuint(ask_all(rig, "one"), ==, 9);
    g_assert_cmpuint(rig->quota_writes, >=, 10);
}

static void test_unreadable(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig->quota_fails = true;
    add(rig, "one", "{}");
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    rig->quota_fails = false;
    g_assert_cmpuint(ask_all(rig, "one"), ==, 10);
}

/* ---- shared ------------------------------------------------------------------------------------ */

static void test_shared(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "north", "{\"account\":\"AC1\"}");
    add(rig, "south", "{\"account\":\"AC1\"}");
    add(rig, "other", "{\"account\":\"AC2\"}");
    for (int i = 0; i < 4; i++) {
        ask(rig, "north", "{}");
    }
    g_assert_cmpuint(ask_all(rig, "south"), ==, 6);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 0);
    g_assert_cmpuint(bus_credit(rig->bus, "other"), ==, 4);
    g_assert_cmpint(rig_status(rig, "north").today, ==, 10);
    g_assert_cmpint(rig_status(rig, "other").today, ==, 0);
    /* No name of a pool gives away what is shared. */
    GHashTableIter iter;
    gpointer place;
    g_hash_table_iter_init(&iter, rig->quotas);
    while (g_hash_table_iter_next(&iter, &place, NULL)) {
        g_assert_null(strstr(place, "AC1"));
    }
    /* One goes, the count stays with the other. */
    g_assert_true(bus_remove(rig->bus, "south"));
    rig_wait_downs(rig, 1);
    rig_turn(rig);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 0);
    g_assert_cmpint(rig_status(rig, "north").today, ==, 10);
}

static void test_shared_concurrency(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "north", "{\"account\":\"AC1\"}");
    add(rig, "south", "{\"account\":\"AC1\"}");
    for (int i = 0; i < 3; i++) {
        rig_send(rig, "north", ++last_call, CALL_ACTION, "test.answer", "{\"wait\":200}");
    }
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 1);
    g_assert_cmpuint(bus_credit(rig->bus, "south"), ==, 1);
    rig_send(rig, "south", ++last_call, CALL_ACTION, "test.answer", "{}");
    /* Promised to both, taken by one: it leaves all the same. */
    rig_send(rig, "north", ++last_call, CALL_ACTION, "test.answer", "{}");
    rig_wait_results(rig, 5);
    g_assert_cmpuint(bus_credit(rig->bus, "south"), ==, 4);
}

/* ---- what a platform asks for ------------------------------------------------------------------ */

static void test_pause(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "north", "{\"account\":\"AC1\"}");
    add(rig, "south", "{\"account\":\"AC1\"}");
    ask(rig, "north", "{\"outcome\":0,\"pause\":30000}");
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 0);
    g_assert_cmpuint(bus_credit(rig->bus, "south"), ==, 0);
    g_assert_cmpstr(rig_status(rig, "south").held, ==,
                    "the platform wants no calls before 1970-01-01T00:00:30.000Z");
    rig_advance(rig, 29000);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 0);
    g_assert_cmpint(bus_wait_ms(rig->bus), <=, 1000);
    rig_advance(rig, 1000);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 4);
    /* At most an hour, whatever is asked. */
    ask(rig, "north", "{\"outcome\":1,\"code\":429,\"pause\":999999999}");
    rig_advance(rig, LIMITS_PAUSE_MAX_MS - 1);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 0);
    rig_advance(rig, 1);
    g_assert_cmpuint(bus_credit(rig->bus, "north"), ==, 4);
    g_assert_cmpuint(rig->helds->len, ==, 0);
}

/* ---- an outage --------------------------------------------------------------------------------- */

static void test_breaker(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    add(rig, "one", "{}");
    for (int i = 0; i < BREAKER_FAILURES - 1; i++) {
        ask(rig, "one", FAILS);
    }
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 4);
    ask(rig, "one", FAILS);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    g_assert_cmpstr(rig_status(rig, "one").held, ==,
                    "5 calls in a row failed (unreachable): all wait, one tries again at "
                    "1970-01-01T00:00:05.000Z");
    g_assert_cmpstr(g_ptr_array_index(rig->helds, 0), ==,
                    "one: 5 calls in a row failed (unreachable): all wait, one tries again at "
                    "1970-01-01T00:00:05.000Z");
    /* One tries; it fails, and the next one tries after twice as long. */
    rig_advance(rig, BREAKER_WAIT_MS);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 1);
    ask(rig, "one", FAILS);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    rig_advance(rig, 2 * BREAKER_WAIT_MS - 1);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    rig_advance(rig, 1);
    /* While it tries, no other does. */
    rig_send(rig, "one", ++last_call, CALL_ACTION, "test.answer", "{\"wait\":50}");
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    rig_wait_results(rig, BREAKER_FAILURES + 2);
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 3); /* of the day's ten */
    g_assert_null(rig_status(rig, "one").held);
    g_assert_cmpuint(rig->helds->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(rig->helds, 1), ==, "one: goes on");
}

/* Which results speak of an outage, and which tell that the platform is there. */
static void test_signs(void)
{
    static const struct {
        const char *input;
        bool outage;
    } rows[] = {
        {"{\"outcome\":1,\"code\":1}", true},    {"{\"outcome\":4,\"code\":2}", true},
        {"{\"outcome\":1,\"code\":503}", true},  {"{\"outcome\":4,\"code\":500}", true},
        {"{\"outcome\":1,\"code\":429}", false}, {"{\"outcome\":2,\"code\":550}", false},
        {"{\"outcome\":3,\"code\":401}", false}, {"{\"outcome\":0,\"code\":0}", false},
        {"{\"outcome\":1,\"code\":0}", false},   {"{\"outcome\":1,\"code\":451}", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Rig) rig = rig_new(NULL);
        add(rig, "one", "{}");
        for (int k = 0; k < BREAKER_FAILURES - 1; k++) {
            ask(rig, "one", FAILS);
        }
        g_test_message("%s", rows[i].input);
        ask(rig, "one", rows[i].input);
        g_assert_cmpint(bus_credit(rig->bus, "one") == 0, ==, rows[i].outage);
        /* What is no outage has begun the count anew. */
        for (int k = 0; !rows[i].outage && k < BREAKER_FAILURES - 1; k++) {
            g_assert_cmpuint(bus_credit(rig->bus, "one"), >, 0);
            ask(rig, "one", FAILS);
        }
    }
}

/* Where the clock of the caller is not the machine's, nobody waits. */
static void test_keeps_calling(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    g_autoptr(GError) error = NULL;
    InstanceConfig config = {"one", "counted", ISOLATE_THREAD, NULL, NULL, true};
    g_assert_true(bus_add(rig->bus, &config, &error));
    rig_wait_up(rig, "one");
    for (int i = 0; i < 9; i++) {
        ask(rig, "one", FAILS);
    }
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 1); /* of the day's ten */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/limits/quota", test_quota);
    g_test_add_func("/limits/restart", test_restart);
    g_test_add_func("/limits/ahead", test_ahead);
    g_test_add_func("/limits/unwritable", test_unwritable);
    g_test_add_func("/limits/unreadable", test_unreadable);
    g_test_add_func("/limits/shared", test_shared);
    g_test_add_func("/limits/shared-concurrency", test_shared_concurrency);
    g_test_add_func("/limits/pause", test_pause);
    g_test_add_func("/limits/breaker", test_breaker);
    g_test_add_func("/limits/signs", test_signs);
    g_test_add_func("/limits/keeps-calling", test_keeps_calling);
    return g_test_run();
}
