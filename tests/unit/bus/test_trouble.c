/* Hosts that crash, hang, leave, lie or never come up: what it costs, and whom. */
#include "rig.h"

#include "model/event.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

static const char *last_down(const Rig *rig)
{
    return g_ptr_array_index(rig->downs, rig->downs->len - 1);
}

static void assert_says(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL) {
        g_error("'%s' does not say '%s'", text, part);
    }
}

static void assert_gone(int pid)
{
    g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, -1); /* reaped, no longer a child */
}

/* The call and its companion in the same host are uncertain, another instance does not notice, the
 * host comes back. */
static void check_host_death(const char *verb, const char *why)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "bad", "unruly", ISOLATE_PROCESS, NULL);
    rig_add(rig, "good", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "bad");
    rig_wait_up(rig, "good");
    int good_pid = rig_status(rig, "good").pid;
    int bad_pid = rig_status(rig, "bad").pid;
    rig_send(rig, "good", 1, CALL_ACTION, "test.slow", "{}");
    rig_send(rig, "bad", 2, CALL_ACTION, "test.slow", "{}");
    rig_send(rig, "bad", 3, CALL_ACTION, verb, "{}");
    rig_wait_downs(rig, 1);
    g_assert_cmpuint(rig->results->len, ==, 2);
    for (uint64_t id = 2; id <= 3; id++) {
        g_assert_cmpint(rig_result(rig, id)->outcome, ==, OUTCOME_UNCERTAIN);
        g_assert_true(rig_result(rig, id)->made_by_hub);
        assert_says(rig_result(rig, id)->message, why);
    }
    assert_says(last_down(rig), why);
    assert_gone(bad_pid);
    BusStatus status = rig_status(rig, "bad");
    g_assert_cmpstr(status.state, ==, "backing_off");
    g_assert_cmpuint(status.restarts, ==, 1);
    g_assert_cmpuint(bus_credit(rig->bus, "bad"), ==, 0);
    rig_advance(rig, 200);
    rig_wait_up(rig, "bad");
    rig_call(rig, "bad", 4, CALL_ACTION, "test.echo", "{}");
    g_assert_cmpint(rig_status(rig, "good").pid, ==, good_pid);
    g_assert_null(rig_result(rig, 1));
    bus_cancel(rig->bus, "good", 1);
    rig_wait_results(rig, 4);
    g_assert_false(rig_result(rig, 1)->made_by_hub);
}

static void test_crash(void)
{
    check_host_death("test.crash", "signal 9");
}

static void test_leave(void)
{
    check_host_death("test.leave", "exit status 7");
}

/* The handler never returns: its call ends, its companion still gets its own answer, then the host
 * is replaced. */
static void test_hang(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "bad", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "bad");
    int pid = rig_status(rig, "bad").pid;
    rig_send(rig, "bad", 1, CALL_ACTION, "test.slow", "{}");
    BusCall call = {.id = 2, .verb = "test.hang", .deadline_ms = 1};
    g_assert_true(bus_send(rig->bus, "bad", &call, NULL));
    rig_wait_results(rig, 1);
    g_assert_cmpint(rig_result(rig, 2)->outcome, ==, OUTCOME_UNCERTAIN);
    g_assert_true(rig_result(rig, 2)->made_by_hub);
    assert_says(rig_result(rig, 2)->message, "did not return");
    g_assert_cmpuint(rig_status(rig, "bad").lost_workers, ==, 1);
    g_assert_cmpuint(bus_credit(rig->bus, "bad"), ==, 0);
    g_assert_cmpint(rig_status(rig, "bad").pid, ==, pid);
    bus_cancel(rig->bus, "bad", 1);
    rig_wait_downs(rig, 1);
    g_assert_cmpstr(rig_result(rig, 1)->code, ==, "cancelled");
    g_assert_false(rig_result(rig, 1)->made_by_hub);
    assert_says(last_down(rig), "has to be replaced");
    rig_advance(rig, 200);
    rig_wait_up(rig, "bad");
    g_assert_cmpint(rig_status(rig, "bad").pid, !=, pid);
    g_assert_cmpuint(rig_status(rig, "bad").lost_workers, ==, 0);
}

/* The whole process stands still: only the heartbeat shows it. */
static void test_stopped_process(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "bad", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "bad");
    int pid = rig_status(rig, "bad").pid;
    rig_advance(rig, 5000);
    rig_call(rig, "bad", 1, CALL_ACTION, "test.echo", "{}");
    kill(pid, SIGSTOP);
    BusCall call = {.id = 2, .verb = "test.echo", .deadline_ms = 600000};
    g_assert_true(bus_send(rig->bus, "bad", &call, NULL));
    for (int second = 0; second < 14; second++) {
        rig_advance(rig, 1000);
        bus_turn(rig->bus);
    }
    g_assert_cmpuint(rig->downs->len, ==, 0);
    for (int second = 0; second < 3; second++) {
        rig_advance(rig, 1000);
        bus_turn(rig->bus);
    }
    g_assert_cmpuint(rig->downs->len, ==, 1);
    assert_says(last_down(rig), "heartbeat");
    g_assert_true(rig_result(rig, 2)->made_by_hub);
    assert_gone(pid);
}

static void test_heartbeat_is_answered(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_add(rig, "two", "unruly", ISOLATE_THREAD, NULL);
    rig_wait_up(rig, "one");
    rig_wait_up(rig, "two");
    for (uint64_t round = 1; round < 20; round++) {
        rig_advance(rig, 5000);
        bus_turn(rig->bus); /* asks */
        rig_call(rig, "one", 2 * round, CALL_ACTION, "test.echo",
                 "{}"); /* answered behind the heartbeat */
        rig_call(rig, "two", 2 * round + 1, CALL_ACTION, "test.echo", "{}");
    }
    g_assert_cmpuint(rig->downs->len, ==, 0);
}

/* The hub's own deadline, when a host says nothing of the call; the late answer is counted and goes
 * nowhere. */
static void test_late_answer(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    rig_send(rig, "one", 1, CALL_ACTION, "test.slow", "{}");
    BusCall later = {.id = 3, .verb = "test.slow", .deadline_ms = 12000};
    g_assert_true(bus_send(rig->bus, "one", &later, NULL));
    rig_advance(rig, 4900);
    bus_turn(rig->bus);
    rig_call(rig, "one", 2, CALL_ACTION, "test.echo", "{}");
    rig_advance(rig, 4200);
    bus_turn(rig->bus);
    g_assert_nonnull(rig_result(rig, 1));
    g_assert_true(rig_result(rig, 1)->made_by_hub);
    assert_says(rig_result(rig, 1)->message, "deadline");
    /* The worker is busy still: the instance takes one call less. */
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 30);
    bus_cancel(rig->bus, "one", 1);
    while (rig_status(rig, "one").strays == 0) {
        rig_turn(rig);
    }
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 31);
    g_assert_cmpuint(rig->results->len, ==, 2);
    for (int second = 0; second < 8; second++) { /* the other one's turn */
        rig_call(rig, "one", (uint64_t)(10 + second), CALL_ACTION, "test.echo", "{}");
        rig_advance(rig, 1000);
    }
    bus_turn(rig->bus);
    assert_says(rig_result(rig, 3)->message, "deadline");
}

static void test_back_off_grows(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "bad", "crash_on_load", ISOLATE_PROCESS, NULL);
    int64_t waits[6];
    for (unsigned i = 0; i < G_N_ELEMENTS(waits); i++) {
        rig_wait_downs(rig, i + 1);
        assert_says(last_down(rig), "signal 9");
        waits[i] = bus_wait_ms(rig->bus);
        rig_advance(rig, waits[i]);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(waits); i++) {
        int64_t middle = INT64_C(100) << i;
        g_assert_cmpint(waits[i], >=, middle * 3 / 4);
        g_assert_cmpint(waits[i], <=, middle * 5 / 4);
    }
    g_assert_cmpuint(rig_status(rig, "bad").restarts, ==, 6);
    assert_says(rig_status(rig, "bad").why, "signal 9");
}

static void test_never_up(void)
{
    static const struct {
        const char *plugin, *why;
    } rows[] = {
        {"foreign", "ABI 7.2, this hub speaks 1.2"},
        {"not_a_plugin", "exports no dunhub_plugin"},
        {"needy", "has no option 'account', which plugin 'needy' needs"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (int isolate = ISOLATE_PROCESS; isolate <= ISOLATE_THREAD; isolate++) {
            g_autoptr(Rig) rig = rig_new(NULL);
            rig_add(rig, "bad", rows[i].plugin, isolate, NULL);
            rig_wait_downs(rig, 1);
            assert_says(last_down(rig), rows[i].why);
            g_assert_cmpstr(rig_status(rig, "bad").state, ==, "stopped");
            g_assert_cmpint(bus_wait_ms(rig->bus), ==,
                            60000); /* somebody may put the right file there */
        }
    }
}

static void test_hang_on_load(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "bad", "hang_on_load", ISOLATE_PROCESS, NULL);
    bus_turn(rig->bus);
    int pid = rig_status(rig, "bad").pid;
    g_assert_cmpint(pid, >, 0);
    rig_advance(rig, 10000);
    rig_wait_downs(rig, 1);
    assert_says(last_down(rig), "not ready in time");
    assert_gone(pid);
}

static void test_remove_and_replace(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, "{\"greeting\":\"old\"}");
    rig_wait_up(rig, "one");
    rig_send(rig, "one", 1, CALL_ACTION, "test.rest", "{\"ms\":20}");
    g_assert_true(bus_remove(rig->bus, "one"));
    g_assert_false(bus_remove(rig->bus, "one"));
    g_assert_cmpstr(rig_status(rig, "one").state, ==, "draining");
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, "{\"greeting\":\"new\"}");
    g_assert_cmpuint(bus_credit(rig->bus, "one"), ==, 0);
    rig_wait_results(rig, 1);
    g_assert_cmpint(rig_result(rig, 1)->outcome, ==, OUTCOME_OK);
    rig_wait_up(rig, "one");
    g_assert_cmpstr(g_ptr_array_index(rig->downs, 0), ==, "one: removed");
    g_assert_cmpstr(rig_call(rig, "one", 2, CALL_ACTION, "test.options", "{}")->message, ==, "new");
    BusStatus rows[4];
    g_assert_cmpuint(bus_status(rig->bus, rows, 4), ==, 1);
    g_assert_cmpuint(rows[0].restarts, ==, 0);
}

/* Nobody speaks to the hub without the token that was handed to a host. */
static void test_strangers(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    g_autoptr(GDir) dir = g_dir_open(rig->run_dir, 0, NULL);
    g_autofree char *endpoint = g_strdup_printf("ipc://%s/%s", rig->run_dir, g_dir_read_name(dir));
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    g_assert_cmpint(zmq_connect(socket, endpoint), ==, 0);
    static const char *const messages[][5] = {
        {"DHP1", "HELLO", "12345678",
         "{\"token\":\"\",\"protocol\":0,\"abi_major\":1,\"abi_minor\":0}", ""},
        {"DHP1", "RESULT", "12345678", "{\"outcome\":0}", ""},
        {"GET / HTTP/1.1", "", "", "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(messages); i++) {
        for (int frame = 0; frame < 5; frame++) {
            const char *bytes = messages[i][frame];
            zmq_send(socket, bytes, strlen(bytes), frame < 4 ? ZMQ_SNDMORE : 0);
        }
    }
    while (bus_strangers(rig->bus) < G_N_ELEMENTS(messages)) {
        rig_turn(rig);
    }
    g_assert_cmpint(rig_call(rig, "one", 1, CALL_ACTION, "test.echo", "{}")->outcome, ==,
                    OUTCOME_OK);
    zmq_close(socket);
    zmq_ctx_term(context);
}

static void test_free_leaves_nobody(void)
{
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "idle", "unruly", ISOLATE_PROCESS, NULL);
    rig_add(rig, "loading", "hang_on_load", ISOLATE_PROCESS, NULL);
    rig_add(rig, "stopped", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "idle");
    rig_wait_up(rig, "stopped");
    int pids[] = {rig_status(rig, "idle").pid, rig_status(rig, "loading").pid,
                  rig_status(rig, "stopped").pid};
    kill(pids[2], SIGSTOP);
    g_clear_pointer(&rig, rig_free);
    for (size_t i = 0; i < G_N_ELEMENTS(pids); i++) {
        assert_gone(pids[i]);
    }
}

/* What a killed hub would do: says the pid of its host, then stands still. */
static void run_hub_to_kill(void)
{
    Rig *rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    rig_wait_up(rig, "one");
    printf("%d %s\n", rig_status(rig, "one").pid, rig->run_dir);
    fflush(stdout);
    for (;;) {
        pause();
    }
}

static void test_killed_hub(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    char *arguments[] = {self, (char *)(uintptr_t) "--hub-to-kill", NULL};
    GPid hub = 0;
    int out = -1;
    g_assert_true(g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                           NULL, &hub, NULL, &out, NULL, NULL));
    FILE *said = fdopen(out, "r");
    int host = 0;
    char run_dir[200] = "";
    g_assert_cmpint(fscanf(said, "%d %199s", &host, run_dir), ==, 2);
    int host_end = pidfd_open(host, 0);
    g_assert_cmpint(host_end, >=, 0);
    kill(hub, SIGKILL);
    waitpid(hub, NULL, 0);
    struct pollfd item = {host_end, POLLIN, 0};
    g_assert_cmpint(poll(&item, 1, RIG_PATIENCE_MS), ==, 1); /* it ended with its hub */
    close(host_end);
    fclose(said);
    /* The next hub in the same folder clears away the socket that was left. */
    const BusEvents events = {0};
    g_autoptr(Bus) bus = bus_new(run_dir, "/", "/bin/true", NULL, clock_system(), &events, NULL);
    g_assert_nonnull(bus);
    g_clear_pointer(&bus, bus_free);
    g_assert_cmpint(remove(run_dir), ==, 0);
}

static void test_refused_instances(void)
{
    static const struct {
        const char *name, *plugin, *why;
    } rows[] = {
        {"../x", "unruly", "is no name"},
        {"x", "../unruly", "no such plugin file"},
        {"x", "nowhere", "no such plugin file"},
        {"one", "unruly", "there already"},
    };
    g_autoptr(Rig) rig = rig_new(NULL);
    rig_add(rig, "one", "unruly", ISOLATE_PROCESS, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        InstanceConfig config = {rows[i].name, rows[i].plugin, ISOLATE_PROCESS, NULL, NULL, false};
        g_assert_false(bus_add(rig->bus, &config, &error));
        g_assert_error(error, BUS_ERROR, BUS_ERROR_INSTANCE);
        assert_says(error->message, rows[i].why);
    }
}

static void test_refused_endpoints(void)
{
    static const char *const endpoints[] = {"tcp://0.0.0.0:5556", "tcp://*:5556", "nonsense"};
    const BusEvents events = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(endpoints); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *dir = g_dir_make_tmp("dunhub-bus-XXXXXX", NULL);
        g_assert_null(
            bus_new(dir, "/", "/bin/true", endpoints[i], clock_system(), &events, &error));
        g_assert_error(error, BUS_ERROR, BUS_ERROR_SETUP);
        assert_says(error->message, endpoints[i]);
        g_assert_cmpint(remove(dir), ==, 0);
    }
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--hub-to-kill") == 0) {
        run_hub_to_kill();
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus/trouble/crash", test_crash);
    g_test_add_func("/bus/trouble/leave", test_leave);
    g_test_add_func("/bus/trouble/hang", test_hang);
    g_test_add_func("/bus/trouble/stopped_process", test_stopped_process);
    g_test_add_func("/bus/trouble/heartbeat_is_answered", test_heartbeat_is_answered);
    g_test_add_func("/bus/trouble/late_answer", test_late_answer);
    g_test_add_func("/bus/trouble/back_off_grows", test_back_off_grows);
    g_test_add_func("/bus/trouble/never_up", test_never_up);
    g_test_add_func("/bus/trouble/hang_on_load", test_hang_on_load);
    g_test_add_func("/bus/trouble/remove_and_replace", test_remove_and_replace);
    g_test_add_func("/bus/trouble/strangers", test_strangers);
    g_test_add_func("/bus/trouble/free_leaves_nobody", test_free_leaves_nobody);
    g_test_add_func("/bus/trouble/killed_hub", test_killed_hub);
    g_test_add_func("/bus/trouble/refused_instances", test_refused_instances);
    g_test_add_func("/bus/trouble/refused_endpoints", test_refused_endpoints);
    return g_test_run();
}
