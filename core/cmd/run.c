/* dunhub run: the hub, its bus, its control socket, in one thread. */
#include "cmd/cmd.h"
#include "cmd/control.h"
#include "cmd/desk.h"
#include "cmd/terminal.h"
#include "cmd/works.h"

#include "base/log.h"
#include "base/service.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

enum {
    TURN_MS = 60 * 1000, /* the hub looks at the clock at least so often */
    BRIEF_MS = 100,
    STALL_MS =
        30 * 1000, /* so long nothing moves although something waits: it will not move by itself */
    FAILING_MS = 1000, /* between two tries to write to a store that refuses */
    ITEMS_MAX = 64,
};

typedef struct {
    Station *station;
    Works *works;
    Control *control;
    Terminal *terminal;
    Service *service;
    VirtualClock moved;
    bool moves; /* the clock is a moved one */
    int signals;
    bool stopping, reloading, failing;
    bool store_failed; /* once or more */
    GHashTable *told;  /* names of held ledgers that a person has heard of */
} Run;

/* ---- events of the works ----------------------------------------------------------------------
 */

static void on_alert(void *data, const HubAlert *alert)
{
    Run *run = data;
    run->store_failed = run->store_failed || strcmp(alert->code, "store_failed") == 0;
    terminal_alert(run->terminal, alert);
}

static void on_finding(void *data, const char *instance, const char *place, const char *message)
{
    Run *run = data;
    terminal_finding(run->terminal, instance, place, message);
}

static void on_answer(void *data, uint64_t connection, json_t *line)
{
    Run *run = data;
    control_answer(run->control, connection, line);
}

static void on_stop(void *data)
{
    ((Run *)data)->stopping = true;
}

static char *first_finding(const Diags *diags)
{
    for (size_t i = 0; i < diags_length(diags); i++) {
        const Diag *diag = diags_get(diags, i);
        if (diag->severity == DIAG_ERROR)
            return g_strdup_printf("%s:%d:%d: %s", diag->place.file ? diag->place.file : "conf.d",
                                   diag->place.line, diag->place.column, diag->message);
    }
    return g_strdup("the configuration cannot be used");
}

/* A configuration that is wrong changes nothing. */
static bool reload(void *data, char **ret_why)
{
    Run *run = data;
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) problem = NULL;
    Configuration *configuration = station_reload(run->station, diags, &problem);
    if (!configuration) {
        diags_sort(diags);
        *ret_why = problem ? g_strdup(problem->message) : first_finding(diags);
        return false;
    }
    if (works_reload(run->works, configuration, &problem)) {
        terminal_said(run->terminal, "the configuration was read again and is in force");
        return true;
    }
    configuration_free(configuration);
    *ret_why = g_strdup(problem->message);
    return false;
}

static int64_t machine_ms(void)
{
    Clock *clock = clock_system();
    return clock->monotonic_ms(clock);
}

static void tell_ready(Run *run)
{
    const Configuration *configuration = run->station->configuration;
    g_autofree char *status = g_strdup_printf("%zu instances, configuration %.12s",
                                              configuration->n_instances, configuration->hash);
    service_ready(run->service, status);
}

static void reload_on_signal(Run *run)
{
    g_autofree char *why = NULL;
    run->reloading = false;
    service_reloading(run->service, machine_ms());
    if (!reload(run, &why))
        on_alert(run, &(HubAlert){"reload_refused", NULL, why});
    tell_ready(run);
}

/* ---- one turn ---------------------------------------------------------------------------------
 */

static bool open_signals(Run *run)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signals >= 0;
}

static void take_signals(Run *run)
{
    struct signalfd_siginfo info;
    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            run->reloading = true;
        else
            run->stopping = true;
    }
}

static void tell_failure(Run *run, const GError *problem)
{
    if (!run->failing)
        on_alert(run, &(HubAlert){"store_failed", NULL, problem->message});
    run->failing = true;
    service_status(run->service, problem->message);
}

static void tell_recovery(Run *run)
{
    if (run->failing)
        tell_ready(run);
    run->failing = false;
}

/* False: the store could not be written in this turn; nothing was acknowledged, and it is tried
 * again. */
static bool turn(Run *run, int64_t max_wait_ms)
{
    zmq_pollitem_t items[ITEMS_MAX];
    g_autoptr(GError) problem = NULL;
    items[0] = (zmq_pollitem_t){.fd = run->signals, .events = ZMQ_POLLIN};
    size_t n = 1 + control_poll_items(run->control, items + 1, ITEMS_MAX - 1);
    bool good = works_turn(run->works, items, n, max_wait_ms, &problem);
    if (good)
        tell_recovery(run);
    else
        tell_failure(run, problem);
    control_turn(run->control);
    take_signals(run);
    if (run->reloading)
        reload_on_signal(run);
    service_alive(run->service, machine_ms());
    terminal_counts(run->terminal, hub_counters(works_hub(run->works)));
    return good;
}

/* ---- what waits for a person -------------------------------------------------------------------
 */

static bool count_act(const char *account, const Act *act, void *data)
{
    (void)account;
    (void)act;
    ++*(size_t *)data;
    return true;
}

static bool is_failing(const json_t *instance)
{
    const json_t *sources = json_object_get(instance, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++)
        if (json_integer_value(json_object_get(json_array_get(sources, i), "failures")) > 0)
            return true;
    return false;
}

static size_t acts_in(Run *run, unsigned states)
{
    size_t n = 0;
    store_acts(run->station->store, NULL, states, SIZE_MAX, count_act, &n, NULL);
    return n;
}

/* A switch that an earlier run left set is not news to the hub, but it is to the person. */
static void tell_switches(Run *run)
{
    unsigned switches = hub_switches(works_hub(run->works));
    if (switches & HUB_OBSERVE)
        on_alert(run,
                 &(HubAlert){"clock_suspect", NULL,
                             "the clock is in doubt since an earlier run: nothing is sent, and "
                             "time stands still, until `dunhub approve --clock`"});
    if (switches & HUB_FUSE_BLOWN)
        on_alert(run, &(HubAlert){"fuse_blown", NULL,
                                  "unusually many notices were due on this day: no more go until "
                                  "`dunhub approve --fuse`"});
}

/* A first import that nobody has looked at yet: said once, when its plan is there. */
static void tell_held(Run *run)
{
    g_autoptr(json_t) status = hub_status(works_hub(run->works));
    const json_t *instances = json_object_get(status, "instances");
    bool any = false;
    for (size_t i = 0; i < json_array_size(instances); i++) {
        const json_t *instance = json_array_get(instances, i);
        const char *name = json_string_value(json_object_get(instance, "name"));
        if (!json_is_true(json_object_get(instance, "held")) || is_failing(instance) ||
            !g_hash_table_add(run->told, g_strdup(name)))
            continue;
        any = true;
        terminal_said(run->terminal,
                      "%s is new here: nothing of it is sent before a person has seen the plan and "
                      "says: dunhub approve --source %s",
                      name, name);
    }
    if (any)
        terminal_said(run->terminal, "the plan: %zu act(s) wait; they are listed by: dunhub outbox",
                      acts_in(run, 1u << ACT_PLANNED));
}

/* What a run that ended by itself has come to. */
static int result_of(Run *run)
{
    g_autoptr(json_t) status = hub_status(works_hub(run->works));
    const json_t *instances = json_object_get(status, "instances");
    if (run->store_failed)
        return EXIT_ENVIRONMENT;
    for (size_t i = 0; i < json_array_size(instances); i++)
        if (is_failing(json_array_get(instances, i)))
            return EXIT_FINDING;
    return EXIT_GOOD;
}

static void tell_trouble(Run *run)
{
    size_t failing = acts_in(run, 1u << ACT_RETRY | 1u << ACT_UNCERTAIN);
    if (failing > 0)
        terminal_said(run->terminal,
                      "%zu act(s) failed and are tried again later; why: dunhub outbox", failing);
}

static void tell_rest(Run *run)
{
    tell_trouble(run);
    const HubCounters *counters = hub_counters(works_hub(run->works));
    Instant next = hub_next(works_hub(run->works));
    char at[32];
    terminal_said(run->terminal,
                  "nothing more to do now: %" G_GUINT64_FORMAT " decisions, %" G_GUINT64_FORMAT
                  " acts sent%s%s",
                  counters->decisions, counters->sent,
                  next == INSTANT_NEVER ? "" : "; the next look is at ",
                  next == INSTANT_NEVER ? "" : instant_format(next, at));
}

/* ---- ways to run ------------------------------------------------------------------------------
 */

static int until_stopped(Run *run)
{
    while (!run->stopping) {
        if (!turn(run, service_wait_ms(run->service, TURN_MS)))
            g_usleep(FAILING_MS * 1000);
        if (works_idle(run->works))
            tell_held(run);
    }
    return EXIT_GOOD;
}

static uint64_t movement(Run *run)
{
    const HubCounters *counters = hub_counters(works_hub(run->works));
    return counters->decisions + counters->answered + counters->page_events + counters->sent;
}

/* Turns until nothing more can be done at this instant; at least once, since the clock may have moved. */
static int until_idle(Run *run)
{
    Clock *clock = clock_system();
    int64_t moved_ms = clock->monotonic_ms(clock);
    uint64_t before = movement(run);
    int wait_ms = 0;
    do {
        if (!turn(run, wait_ms))
            return EXIT_ENVIRONMENT;
        wait_ms = BRIEF_MS;
        uint64_t after = movement(run);
        if (after != before)
            moved_ms = clock->monotonic_ms(clock);
        before = after;
        if (clock->monotonic_ms(clock) - moved_ms > STALL_MS)
            return command_fail("run", EXIT_ENVIRONMENT,
                                "something waits, but nothing has moved for %d seconds; `dunhub "
                                "status` and `dunhub outbox` show what",
                                STALL_MS / 1000);
    } while (!run->stopping && !works_idle(run->works));
    return EXIT_GOOD;
}

static void poll_all(Run *run)
{
    const Configuration *configuration = run->station->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++)
        hub_poll_now(works_hub(run->works), configuration->instances[i].name);
}

/* From one instant at which something can change to the next; the ledgers are asked as every local
 * day begins. */
static int through_days(Run *run, const Zone *zone, Date from, Date to)
{
    int code = EXIT_GOOD;
    for (Date day = from; day <= to && code == EXIT_GOOD && !run->stopping; day++) {
        Instant end = zone_instant(zone, day + 1, 0);
        virtual_clock_set(&run->moved, zone_instant(zone, day, 0));
        poll_all(run);
        code = until_idle(run);
        Instant next = hub_next(works_hub(run->works));
        while (code == EXIT_GOOD && !run->stopping && next < end) {
            virtual_clock_set(&run->moved, MAX(next, run->moved.instant));
            code = until_idle(run);
            next = hub_next(works_hub(run->works));
        }
    }
    return code;
}

/* ---- the command ------------------------------------------------------------------------------
 */

typedef struct {
    Date from, to; /* DATE_NONE: the machine's clock */
} Days;

static bool read_day(const CommandLine *line, const char *option, Date *ret_date)
{
    g_autoptr(GError) problem = NULL;
    const char *text = line_option(line, option);
    if (!text || date_parse(text, ret_date, &problem))
        return true;
    command_fail("run", EXIT_USAGE, "--%s: %s", option, problem->message);
    return false;
}

static bool read_days(const CommandLine *line, Days *days)
{
    *days = (Days){DATE_NONE, DATE_NONE};
    if (!read_day(line, "as-of", &days->from) || !read_day(line, "to", &days->to))
        return false;
    if (days->to != DATE_NONE && (days->from == DATE_NONE || days->to < days->from)) {
        command_fail("run", EXIT_USAGE, "--to is the last of the days that begin with --as-of");
        return false;
    }
    if (days->from != DATE_NONE && days->to == DATE_NONE)
        days->to = days->from;
    return true;
}

static void release_all(Run *run)
{
    const Configuration *configuration = run->station->configuration;
    for (size_t i = 0; i < configuration->n_instances; i++)
        hub_release_source(works_hub(run->works), configuration->instances[i].name, "run --release",
                           NULL);
}

static bool open_run(Run *run, const CommandLine *line, const Days *days, GError **error)
{
    run->moves = days->from != DATE_NONE;
    const Zone *zone = run->station->configuration->book.zone;
    if (run->moves)
        virtual_clock_init(&run->moved, zone_instant(zone, days->from, 0));
    run->terminal = terminal_new(line_flag(line, "quiet"), zone);
    WorksSetup setup = {
        .station = run->station,
        .clock = run->moves ? &run->moved.clock : clock_system(),
        .random = random_system(),
        .polls = true,
        .acts = true,
        .moved_clock = run->moves,
        .by_hand = run->moves,
        .keeps_calling = line_flag(line, "until-idle"),
        .events = {.data = run,
                   .alert = on_alert,
                   .finding = on_finding,
                   .answer = on_answer,
                   .stop = on_stop,
                   .reload = reload},
    };
    run->works = works_open(&setup, error);
    if (!run->works)
        return false;
    hub_watch(works_hub(run->works), terminal_reason, run->terminal);
    works_start_instances(run->works);
    if (line_flag(line, "release"))
        release_all(run);
    return true;
}

static void on_request(void *data, uint64_t connection, const json_t *request)
{
    Run *run = data;
    works_request(run->works, connection, request);
}

static int run_opened(Run *run, const CommandLine *line, const Days *days)
{
    g_autoptr(GError) problem = NULL;
    run->control = control_listen(run->station->run_dir, on_request, run, &problem);
    if (!run->control || !open_run(run, line, days, &problem))
        return command_fail("run", EXIT_ENVIRONMENT, "%s", problem->message);
    const Configuration *configuration = run->station->configuration;
    terminal_said(run->terminal, "%zu instances, store %s, configuration %s (%.12s)",
                  configuration->n_instances, run->station->store_path, run->station->conf_dir,
                  configuration->hash);
    if (works_http_port(run->works))
        terminal_said(run->terminal, "webhooks are taken at %s port %u, /hooks/INSTANCE",
                      configuration->http.address, works_http_port(run->works));
    tell_switches(run);
    tell_ready(run);
    if (!run->moves && !line_flag(line, "until-idle"))
        return until_stopped(run);
    int code = run->moves ? through_days(run, configuration->book.zone, days->from, days->to)
                          : until_idle(run);
    tell_held(run);
    if (!run->moves)
        tell_rest(run);
    return code == EXIT_GOOD ? result_of(run) : code;
}

static void close_run(Run *run)
{
    service_stopping(run->service);
    works_close(run->works);
    control_close(run->control);
    terminal_free(run->terminal);
    station_close(run->station);
    if (run->signals >= 0)
        close(run->signals);
    service_close(run->service);
}

int cmd_run(const CommandLine *line)
{
    Days days;
    log_setup(LOG_INFO, line_flag(line, "json"));
    if (!read_days(line, &days))
        return EXIT_USAGE;
    Run run = {.signals = -1,
               .service = service_of_environment(),
               .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    int code = open_signals(&run)
                   ? EXIT_GOOD
                   : command_fail("run", EXIT_ENVIRONMENT, "signals cannot be taken");
    if (code == EXIT_GOOD)
        code = desk_open(line, STATION_WRITE, &run.station);
    if (code == EXIT_GOOD)
        code = run_opened(&run, line, &days);
    close_run(&run);
    g_hash_table_unref(run.told);
    return code;
}
