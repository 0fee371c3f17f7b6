/* Memory at rest: the hub, and the hub with its hosts, against a bare program that opens the same libraries.
 *
 * Figures are the proportional set size of processes that have been idle for a moment, medians of several starts. The bare program is
 * this one: a SQLite store in WAL mode, a ZeroMQ context with a bound ROUTER, GLib; nothing of ours. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { ROUNDS = 3, SETTLE_MS = 1500, MAX_CHILDREN = 64 };

static int bare(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "bare.db", NULL);
    g_autofree char *endpoint = g_strdup_printf("ipc://%s/bare.sock", folder);
    sqlite3 *db = NULL;
    void *context = zmq_ctx_new();
    void *router = zmq_socket(context, ZMQ_ROUTER);
    bool good =
        sqlite3_open(path, &db) == SQLITE_OK && zmq_bind(router, endpoint) == 0 &&
        sqlite3_exec(
            db,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(a INTEGER) STRICT;",
            NULL, NULL, NULL) == SQLITE_OK;
    while (good)
        pause();
    return 1;
}

static pid_t start(char **argv)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(127);
        execv(argv[0], argv);
        _exit(127);
    }
    return pid;
}

/* Kilobytes; 0 if the process is gone. */
static long pss_kb(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", (int)pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *line = strstr(text, "\nPss:");
    return line ? strtol(line + 5, NULL, 10) : 0;
}

/* Direct children of a process. */
static size_t children(pid_t pid, pid_t *ret_pids, size_t max)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)pid, (int)pid);
    g_autofree char *text = NULL;
    size_t n = 0;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    for (char *at = text; n < max;) {
        char *end = NULL;
        long child = strtol(at, &end, 10);
        if (end == at)
            break;
        ret_pids[n++] = (pid_t)child;
        at = end;
    }
    return n;
}

typedef struct {
    long alone, with_children;
    size_t n_children;
} Rest;

static Rest rest_of(char **argv)
{
    Rest rest = {0};
    pid_t pid = start(argv);
    g_usleep(SETTLE_MS * 1000);
    pid_t pids[MAX_CHILDREN];
    rest.n_children = children(pid, pids, MAX_CHILDREN);
    rest.alone = rest.with_children = pss_kb(pid);
    for (size_t i = 0; i < rest.n_children; i++)
        rest.with_children += pss_kb(pids[i]);
    kill(pid, SIGTERM);
    for (int i = 0; i < 100 && waitpid(pid, NULL, WNOHANG) == 0; i++)
        g_usleep(50 * 1000);
    kill(pid, SIGKILL);
    return rest;
}

static int by_alone(const void *a, const void *b)
{
    const Rest *x = a, *y = b;
    return (x->alone > y->alone) - (x->alone < y->alone);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!g_file_set_contents(path, text, -1, NULL)) {
        fprintf(stderr, "rest: cannot write %s\n", path);
        exit(3);
    }
}

/* A configuration of n_instances idle file_drop instances. */
static char *configuration(const char *folder, int n_instances)
{
    g_autofree char *name = g_strdup_printf("conf%d", n_instances);
    char *conf = g_build_filename(folder, name, NULL);
    g_mkdir_with_parents(conf, 0700);
    g_autoptr(GString) text =
        g_string_new("organisation: {name: Bench, zone: UTC, default_policy: plain}\n"
                     "settings: {minimum_cents: {USD: 1000}}\n"
                     "policies:\n  plain: {source: S2, steps: [new, suspended, disconnected, "
                     "paid_by_customer], notices: []}\n");
    if (n_instances)
        g_string_append(text, "instances:\n");
    for (int i = 0; i < n_instances; i++)
        g_string_append_printf(text,
                               "  drop%d: {plugin: file_drop, options: {folder: \"%s/drop%d\"}}\n",
                               i, folder, i);
    write_file(conf, "bench.yaml", text->str);
    return conf;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--bare") == 0)
        return bare(argv[2]);
    const char *build = getenv("DUNHUB_BUILD") ? getenv("DUNHUB_BUILD") : "build";
    g_autofree char *program = g_build_filename(build, "dunhub", NULL);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    static const int instances[] = {0, 22};
    Rest rests[3][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        g_autofree char *folder = g_dir_make_tmp("dunhub-rest-XXXXXX", NULL);
        char *bare_argv[] = {self, (char *)"--bare", folder, NULL};
        rests[0][round] = rest_of(bare_argv);
        for (size_t i = 0; i < G_N_ELEMENTS(instances); i++) {
            g_autofree char *conf = configuration(folder, instances[i]);
            g_autofree char *store = g_strdup_printf("%s/store%d.db", folder, instances[i]);
            char *run_argv[] = {program,           (char *)"run", (char *)"--conf",  conf,
                                (char *)"--store", store,         (char *)"--quiet", NULL};
            rests[i + 1][round] = rest_of(run_argv);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rests); i++)
        qsort(rests[i], ROUNDS, sizeof(Rest), by_alone);
    Rest base = rests[0][ROUNDS / 2], core = rests[1][ROUNDS / 2], full = rests[2][ROUNDS / 2];
    if (!base.alone || !core.alone || !full.alone) {
        fputs("rest: a program ended before it was measured\n", stderr);
        return 1;
    }
    printf("memory at rest (PSS)          MB    against the bare program\n");
    printf("  bare SQLite + ZeroMQ    %6.1f\n", (double)base.alone / 1024);
    printf("  hub, no instance        %6.1f    %.2fx\n", (double)core.alone / 1024,
           (double)core.alone / (double)base.alone);
    printf("  hub with %2zu hosts       %6.1f    %.2fx\n", full.n_children,
           (double)full.with_children / 1024, (double)full.with_children / (double)base.alone);
    printf("{\"bare_mb\": %.1f, \"core_mb\": %.1f, \"with_hosts_mb\": %.1f, \"hosts\": %zu, "
           "\"core_ratio\": %.2f}\n",
           (double)base.alone / 1024, (double)core.alone / 1024, (double)full.with_children / 1024,
           full.n_children, (double)core.alone / (double)base.alone);
    return 0;
}
