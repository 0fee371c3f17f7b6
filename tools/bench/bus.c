/* The round trip of a call to an isolated plugin against bare ZeroMQ: ROUTER and DEALER over ipc to
 * another process that sends the same five frames back. Both on one CPU, in turn, medians of
 * several rounds (docs/architecture.md: speed). */
#include "bus/bus.h"
#include "model/event.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define ROUNDS 7
#define TRIPS 2000
#define MANY 64
#define MANY_TRIPS 20000
#define FRAMES 5

static const char input[] = "{\"to\":\"someone@example.org\",\"subject\":\"Invoice 1042 is "
                            "overdue\",\"text\":\"Dear customer, our records show "
                            "that invoice 1042 of 1,234.50 USD, due on 1 July 2026, has not been "
                            "paid yet. If your payment has crossed this "
                            "message, please disregard it. Otherwise we ask you to settle the "
                            "amount within seven days. With kind regards, "
                            "Accounts "
                            "Receivable\",\"template\":\"friendly\",\"amount\":\"1234.50\","
                            "\"currency\":\"USD\",\"invoices\":[\"1042\"]}";

static void die(const char *what)
{
    fprintf(stderr, "bench bus: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static double now_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

/* ---- bare
 * ----------------------------------------------------------------------------------------------------------
 */

static int run_peer(const char *endpoint)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (zmq_connect(socket, endpoint) != 0) {
        die(endpoint);
    }
    zmq_send(socket, "ready", 5, 0);
    for (;;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) {
            return 1;
        }
        int more = zmq_msg_more(&frame);
        zmq_msg_send(&frame, socket, more ? ZMQ_SNDMORE : 0);
    }
}

typedef struct {
    void *context, *router;
    GPid pid;
    char peer[64];
    size_t n_peer;
} Bare;

static void bare_send(const Bare *bare)
{
    static const char head[] = "{\"kind\":\"action\",\"verb\":\"test.echo\",\"key\":"
                               "\"0123456789abcdef0123456789abcdef\",\"deadline_ms\":30000}";
    zmq_send(bare->router, bare->peer, bare->n_peer, ZMQ_SNDMORE);
    zmq_send(bare->router, "DHP1", 4, ZMQ_SNDMORE);
    zmq_send(bare->router, "CALL", 4, ZMQ_SNDMORE);
    zmq_send(bare->router, "12345678", 8, ZMQ_SNDMORE);
    zmq_send(bare->router, head, sizeof head - 1, ZMQ_SNDMORE);
    zmq_send(bare->router, input, sizeof input - 1, 0);
}

static void bare_receive(const Bare *bare)
{
    char frame[1024];
    for (int i = 0; i < 1 + FRAMES; i++) {
        if (zmq_recv(bare->router, frame, sizeof frame, 0) < 0) {
            die("bare answer");
        }
    }
}

static Bare bare_start(const char *self, const char *dir)
{
    Bare bare = {.context = zmq_ctx_new()};
    g_autofree char *endpoint = g_strdup_printf("ipc://%s/bare", dir);
    bare.router = zmq_socket(bare.context, ZMQ_ROUTER);
    char *arguments[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--peer", endpoint, NULL};
    if (zmq_bind(bare.router, endpoint) != 0 ||
        !g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &bare.pid,
                       NULL)) {
        die(endpoint);
    }
    int n = zmq_recv(bare.router, bare.peer, sizeof bare.peer, 0);
    char ready[8];
    if (n < 0 || zmq_recv(bare.router, ready, sizeof ready, 0) < 0) {
        die("bare peer");
    }
    bare.n_peer = (size_t)n;
    return bare;
}

static void bare_stop(Bare *bare)
{
    kill(bare->pid, SIGKILL);
    waitpid(bare->pid, NULL, 0);
    zmq_close(bare->router);
    zmq_ctx_term(bare->context);
}

static double bare_trip_us(const Bare *bare)
{
    static double times[TRIPS];
    for (int i = 0; i < TRIPS; i++) {
        double begin = now_us();
        bare_send(bare);
        bare_receive(bare);
        times[i] = now_us() - begin;
    }
    return median(times, TRIPS);
}

static double bare_rate(const Bare *bare)
{
    double begin = now_us();
    for (int sent = 0, received = 0; received < MANY_TRIPS; received++) {
        for (; sent < MANY_TRIPS && sent - received < MANY; sent++) {
            bare_send(bare);
        }
        bare_receive(bare);
    }
    return MANY_TRIPS / (now_us() - begin) * 1e6;
}

/* ---- the bus
 * -------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Bus *bus;
    uint64_t sent, received;
    bool up;
} Ours;

static void on_result(void *data, const char *instance, const BusResult *result)
{
    (void)instance;
    ((Ours *)data)->received++;
    if (result->outcome != OUTCOME_OK || result->data == NULL) {
        fprintf(stderr, "bench bus: a call failed: %s\n", result->message);
        exit(1);
    }
}

static void on_up(void *data, const char *instance)
{
    (void)instance;
    ((Ours *)data)->up = true;
}

static void turn(Ours *ours)
{
    zmq_pollitem_t items[4];
    int n = (int)bus_poll_items(ours->bus, items, G_N_ELEMENTS(items));
    zmq_poll(items, n, (long)bus_wait_ms(ours->bus));
    bus_turn(ours->bus);
}

static void ours_start(Ours *ours, const char *dir, const char *build, int isolate)
{
    g_autofree char *plugins = g_build_filename(build, "tests/plugins", NULL);
    g_autofree char *host = g_build_filename(build, "dunhub-host", NULL);
    const BusEvents events = {.data = ours, .result = on_result, .up = on_up};
    const InstanceConfig config = {"echo", "echo", isolate, NULL, NULL, false};
    g_autoptr(GError) error = NULL;
    *ours = (Ours){0};
    ours->bus = bus_new(dir, plugins, host, NULL, clock_system(), &events, &error);
    if (ours->bus == NULL || !bus_add(ours->bus, &config, &error)) {
        fprintf(stderr, "bench bus: %s\n", error->message);
        exit(1);
    }
    while (!ours->up) {
        turn(ours);
    }
}

static void ours_send(Ours *ours)
{
    BusCall call = {.id = ++ours->sent,
                    .kind = CALL_ACTION,
                    .verb = "test.echo",
                    .key = "0123456789abcdef0123456789abcdef",
                    .input = input};
    if (!bus_send(ours->bus, "echo", &call, NULL)) {
        die("bus_send");
    }
}

static double ours_trip_us(Ours *ours)
{
    static double times[TRIPS];
    for (int i = 0; i < TRIPS; i++) {
        double begin = now_us();
        ours_send(ours);
        while (ours->received < ours->sent) {
            turn(ours);
        }
        times[i] = now_us() - begin;
    }
    return median(times, TRIPS);
}

static double ours_rate(Ours *ours)
{
    uint64_t until = ours->received + MANY_TRIPS;
    double begin = now_us();
    while (ours->received < until) {
        while (ours->sent < until && bus_credit(ours->bus, "echo") > 0) {
            ours_send(ours);
        }
        turn(ours);
    }
    return MANY_TRIPS / (now_us() - begin) * 1e6;
}

/* ---- report
 * --------------------------------------------------------------------------------------------------------
 */

typedef struct {
    double trip_us[3][ROUNDS], rate[3][ROUNDS]; /* bare, process, thread */
} Figures;

static void measure(Bare *bare, Ours *process, Ours *thread, Figures *ret_figures)
{
    for (int round = 0; round < ROUNDS; round++) {
        ret_figures->trip_us[0][round] = bare_trip_us(bare);
        ret_figures->trip_us[1][round] = ours_trip_us(process);
        ret_figures->trip_us[2][round] = ours_trip_us(thread);
        ret_figures->rate[0][round] = bare_rate(bare);
        ret_figures->rate[1][round] = ours_rate(process);
        ret_figures->rate[2][round] = ours_rate(thread);
    }
}

static void report(Figures *figures)
{
    double trip[3], rate[3];
    for (int i = 0; i < 3; i++) {
        trip[i] = median(figures->trip_us[i], ROUNDS);
        rate[i] = median(figures->rate[i], ROUNDS);
    }
    printf("bus, one CPU, %zu bytes            bare ipc    own process  ratio     thread  ratio\n",
           sizeof input - 1);
    printf("  one in flight, p50 us          %10.1f     %10.1f  %5.2f %10.1f  %5.2f\n", trip[0],
           trip[1], trip[1] / trip[0], trip[2], trip[2] / trip[0]);
    printf("  %d in flight, calls/s          %10.0f     %10.0f  %5.2f %10.0f  %5.2f\n", MANY,
           rate[0], rate[1], rate[1] / rate[0], rate[2], rate[2] / rate[0]);
    printf("{\"trip_us_bare\": %.1f, \"trip_us_process\": %.1f, \"trip_us_thread\": %.1f, "
           "\"trip_ratio_process\": %.3f, "
           "\"rate_bare\": %.0f, \"rate_process\": %.0f, \"rate_thread\": %.0f, "
           "\"rate_ratio_process\": %.3f, "
           "\"rounds\": %d}\n",
           trip[0], trip[1], trip[2], trip[1] / trip[0], rate[0], rate[1], rate[2],
           rate[1] / rate[0], ROUNDS);
}

static void pin(void)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) {
        fputs("bench bus: not pinned to one CPU; the figures hold less well\n", stderr);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--peer") == 0) {
        return run_peer(argv[2]);
    }
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bench = g_path_get_dirname(self);
    g_autofree char *tools = g_path_get_dirname(bench);
    g_autofree char *build = g_path_get_dirname(tools);
    g_autofree char *dir = g_dir_make_tmp("dunhub-bench-XXXXXX", NULL);
    pin();
    Bare bare = bare_start(self, dir);
    Ours process, thread;
    ours_start(&process, dir, build, ISOLATE_PROCESS);
    ours_start(&thread, dir, build, ISOLATE_THREAD);
    static Figures figures;
    measure(&bare, &process, &thread, &figures);
    bus_free(process.bus);
    bus_free(thread.bus);
    bare_stop(&bare);
    g_autofree char *socket = g_build_filename(dir, "bare", NULL);
    g_unlink(socket);
    g_rmdir(dir);
    report(&figures);
    return 0;
}
