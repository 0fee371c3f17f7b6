/* dunhub-host: runs one instance of one plugin for a hub, or tells what a plugin file declares. */
#include "host/confine.h"
#include "host/contract.h"
#include "host/host.h"
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { EXIT_GOOD = 0, EXIT_FINDING = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

static const char usage[] =
    "usage: dunhub-host --probe FILE    print what a plugin file declares, as JSON\n"
    "       dunhub-host --serve NAME    run an instance; a hub starts it, with what it needs in "
    "descriptor 3\n"
    "       dunhub-host --version\n";

static int fail(int status, const GError *error)
{
    fprintf(stderr, "dunhub-host: %s\n", error->message);
    return status;
}

/* ---- probe
 * ---------------------------------------------------------------------------------------------------------
 */

static json_t *probe(const char *file, GError **error)
{
    g_autoptr(Contract) contract = contract_load(file, error);
    return contract != NULL ? contract_manifest(contract, error) : NULL;
}

static json_t *refusal(const char *file, const GError *error)
{
    g_autofree char *base = g_path_get_basename(file);
    if (g_str_has_suffix(base, ".so")) {
        base[strlen(base) - 3] = '\0';
    }
    g_autofree char *name = g_utf8_make_valid(base, -1);
    g_autofree char *why = g_utf8_make_valid(error->message, -1);
    return json_pack("{ss ss}", "name", name, "error", why);
}

/* Foreign code may write to standard output while it loads: it writes to standard error instead. */
static FILE *reserve_output(void)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        return NULL;
    }
    return fdopen(fd, "w");
}

static int run_probe(const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_canonicalize_filename(file, NULL);
    Sandbox sandbox;
    if (!confine_process(0, &error) || !sandbox_enter(path, NULL, &sandbox, &error)) {
        return fail(EXIT_ENVIRONMENT, error);
    }
    FILE *out = reserve_output();
    if (out == NULL) {
        perror("dunhub-host: standard output");
        return EXIT_ENVIRONMENT;
    }
    json_t *manifest = probe(file, &error);
    int status = manifest != NULL ? EXIT_GOOD : EXIT_FINDING;
    if (manifest == NULL) {
        manifest = refusal(file, error);
    }
    bool written = json_dumpf(manifest, out, JSON_INDENT(1)) == 0 && fputc('\n', out) != EOF &&
                   fclose(out) == 0;
    json_decref(manifest);
    return written ? status : EXIT_ENVIRONMENT;
}

/* ---- serve
 * ---------------------------------------------------------------------------------------------------------
 */

static bool read_start(WireStart *ret_start, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 chunk[4096];
    ssize_t n;
    while ((n = read(WIRE_START_FD, chunk, sizeof chunk)) > 0 && bytes->len <= WIRE_START_MAX) {
        g_byte_array_append(bytes, chunk, (guint)n);
    }
    if (n < 0) {
        g_set_error(error, WIRE_ERROR, WIRE_ERROR_SOCKET,
                    "nothing to read in descriptor %d (%s): --serve is for a hub to use",
                    WIRE_START_FD, g_strerror(errno));
        return false;
    }
    close(WIRE_START_FD);
    bool good = wire_start_read(bytes->data, bytes->len, ret_start, error);
    explicit_bzero(chunk, sizeof chunk);
    explicit_bzero(bytes->data, bytes->len);
    return good;
}

static int run_serve(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(WireStart) start = {0};
    if (!read_start(&start, &error)) {
        return fail(EXIT_USAGE, error);
    }
    int stop_fd = confine_process((pid_t)start.hub_pid, &error) ? confine_stop_fd(&error) : -1;
    if (stop_fd < 0) {
        return fail(EXIT_ENVIRONMENT, error);
    }
    Sandbox sandbox;
    bool closed = sandbox_enter(start.plugin, &start, &sandbox, &error);
    void *context = zmq_ctx_new();
    if (!closed) {
        host_refuse(context, &start, error->message);
        zmq_ctx_term(context);
        return fail(EXIT_FINDING, error);
    }
    unsigned lost = 0;
    bool good = host_run(context, &start, stop_fd, &sandbox, &lost, &error);
    zmq_ctx_term(context);
    /* A handler that never returned is still inside the plugin: nothing of it may be torn down
     * below its feet. */
    if (lost > 0) {
        _exit(EXIT_FINDING);
    }
    /* What is wrong with the plugin was said to the hub, which tells people. */
    if (!good && error->domain != CONTRACT_ERROR) {
        return fail(EXIT_ENVIRONMENT, error);
    }
    return good ? EXIT_GOOD : EXIT_FINDING;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--probe") == 0) {
        return run_probe(argv[2]);
    }
    if (argc >= 3 && strcmp(argv[1], "--serve") == 0) {
        return run_serve();
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("dunhub-host, plugin ABI %d.%d, protocol " WIRE_SIGNATURE ".%d\n", DUNHUB_ABI_MAJOR,
               DUNHUB_ABI_MINOR, WIRE_PROTOCOL_MINOR);
        return EXIT_GOOD;
    }
    bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
    fputs(usage, asked ? stdout : stderr);
    return asked ? EXIT_GOOD : EXIT_USAGE;
}
