/* dunhub simulate: what would have happened with a ledger under a policy, or under two, and what it came to. */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/progress.h"
#include "cmd/replay.h"
#include "cmd/simulate_lines.h"
#include "cmd/simulate_report.h"
#include "cmd/simulate_sides.h"
#include "simulate/pair.h"
#include "simulate/simulation.h"

enum { PAGE = 500, SHOWN = 20, SHOWN_MAX = 10000 };

typedef struct {
    const CommandLine *line;
    Station *station;
    ReportFormat format;
    Date from, to;
    Lines *lines; /* NULL: none are wanted */
    Tally *tally;
    Progress progress;
    size_t findings;
    GError *error; /* of the lines */
} Simulation;

/* ---- what comes in --------------------------------------------------------------------------- */

static void take_reason(Simulation *simulation, const char *account, Instant now,
                        const AccountState *after, const Reason *reason)
{
    tally_reason(simulation->tally, account, now, after, reason);
    if (simulation->lines != NULL && simulation->error == NULL)
        lines_add(simulation->lines, account, now, after, reason, &simulation->error);
}

static void on_reason(void *data, size_t side, const char *account, Instant now,
                      const AccountState *after, const Reason *reason)
{
    (void)side;
    take_reason(data, account, now, after, reason);
}

static void on_watched(void *data, const char *account, Instant now, const AccountState *after,
                       const Reason *reason)
{
    take_reason(data, account, now, after, reason);
}

static void on_ended(void *data, size_t side, const char *account, const AccountState *state)
{
    (void)side;
    tally_account(((Simulation *)data)->tally, account, state);
}

static bool on_next(void *data, const AccountHistory *history)
{
    (void)history;
    return ((const Simulation *)data)->error == NULL;
}

static void on_finding(void *data, const char *text)
{
    Simulation *simulation = data;
    simulation->findings++;
    fprintf(stderr, "%s\n", text);
}

static void on_place(void *data, const char *place, const char *text)
{
    g_autofree char *whole =
        g_strdup_printf("%s%s%s", place != NULL ? place : "", place != NULL ? ": " : "", text);
    on_finding(data, whole);
}

static void on_progress(void *data, size_t part, size_t parts)
{
    Simulation *simulation = data;
    (void)parts;
    progress_at(&simulation->progress, (int64_t)part);
}

/* ---- day by day ------------------------------------------------------------------------------ */

typedef struct {
    Simulation *simulation;
    size_t n;
    char *last;
    GError *error;
} Summing;

static bool sum_account(const char *account, const ListRow *row, void *data)
{
    (void)row;
    Summing *summing = data;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    g_free(summing->last);
    summing->last = g_strdup(account);
    summing->n++;
    if (!store_load_account(summing->simulation->station->store, account, arena, &state, &found,
                            &summing->error))
        return false;
    tally_account(summing->simulation->tally, account, &state);
    return true;
}

static bool sum_all(Summing *summing, GError **error)
{
    bool good = true;
    do {
        summing->n = 0;
        g_autofree char *after = g_steal_pointer(&summing->last);
        good = store_accounts(summing->simulation->station->store, after, PAGE, sum_account,
                              summing, error) &&
               summing->error == NULL;
    } while (good && summing->n == PAGE);
    g_free(summing->last);
    if (summing->error != NULL)
        g_propagate_error(error, summing->error);
    return good;
}

/* Through the hub itself, as `run` goes on a moved clock: slow, and the same decisions. */
static bool play_by_day(Simulation *simulation, GError **error)
{
    g_autoptr(Replay) replay = NULL;
    if (!replay_open(simulation->station, line_option(simulation->line, "ledger"), simulation->from,
                     on_watched, simulation, &replay, error))
        return false;
    simulation->progress = progress_start("simulating", simulation->to - simulation->from + 1);
    for (Date day = simulation->from; day <= simulation->to; day++) {
        if (!replay_day(replay, day, error))
            return false;
        progress_at(&simulation->progress, day - simulation->from + 1);
    }
    progress_end(&simulation->progress);
    simulation->findings += replay_findings(replay);
    Summing summing = {.simulation = simulation};
    return sum_all(&summing, error);
}

/* ---- by account ------------------------------------------------------------------------------ */

static bool read_history(Simulation *simulation, const Configuration *configuration,
                         History **ret_history, char **ret_why, GError **error)
{
    HistorySetup setup = {
        .configuration = configuration,
        .plugin_dir = simulation->station->plugin_dir,
        .ledger = line_option(simulation->line, "ledger"),
        .from = simulation->from,
        .to = simulation->to,
        .finding = on_place,
        .data = simulation,
    };
    return history_read(&setup, ret_history, ret_why, error);
}

static bool play_by_account(Simulation *simulation, History *history, GError **error)
{
    SimulationSetup setup = {
        .configurations = {simulation->station->configuration},
        .n_sides = 1,
        .from = simulation->from,
        .to = simulation->to,
        .bare = simulation->lines == NULL,
        .data = simulation,
        .reason = on_reason,
        .ended = on_ended,
        .next = on_next,
        .finding = on_finding,
        .progress = on_progress,
    };
    simulation_let_go(simulation->station->configuration);
    simulation->progress = progress_start("simulating", (int64_t)history_parts(history));
    bool good = simulation_play(&setup, history, error);
    progress_end(&simulation->progress);
    return good;
}

static bool play(Simulation *simulation, GError **error)
{
    g_autoptr(History) history = NULL;
    g_autofree char *why = NULL;
    if (line_flag(simulation->line, "day-by-day"))
        return play_by_day(simulation, error);
    if (!read_history(simulation, simulation->station->configuration, &history, &why, error))
        return false;
    if (history != NULL)
        return play_by_account(simulation, history, error);
    fprintf(stderr, "Played day by day, which takes longer: %s.\n", why);
    return play_by_day(simulation, error);
}

/* ---- what goes out --------------------------------------------------------------------------- */

static int report_out(const Simulation *simulation, const Report *report)
{
    g_autoptr(GError) error = NULL;
    const char *folder = line_option(simulation->line, "out");
    bool lines_only = simulation->format == REPORT_TABLE && folder == NULL;
    if (lines_only && (line_flag(simulation->line, "json") || line_flag(simulation->line, "all")))
        report_print_json(report);
    else if (!report_write(report, simulation->format, folder, &error))
        return command_fail("simulate", EXIT_ENVIRONMENT, "%s", error->message);
    return simulation->findings > 0 ? EXIT_FINDING : EXIT_GOOD;
}

static bool print_lines(Simulation *simulation, GError **error)
{
    for (Date day = simulation->from; simulation->lines != NULL && day <= simulation->to; day++)
        if (!lines_print(simulation->lines, day, stdout, error))
            return false;
    return true;
}

static int simulate(Simulation *simulation)
{
    g_autoptr(GError) error = NULL;
    bool good = play(simulation, &error);
    if (good && simulation->error != NULL) {
        g_propagate_error(&error, g_steal_pointer(&simulation->error));
        good = false;
    }
    progress_end(&simulation->progress);
    if (!good || !print_lines(simulation, &error))
        return command_fail("simulate", EXIT_ENVIRONMENT, "%s", error->message);
    Report report = {.sides = {tally_finish(simulation->tally)}, .n_sides = 1};
    return report_out(simulation, &report);
}

/* ---- two side by side ------------------------------------------------------------------------ */

typedef struct {
    Configuration *configurations[2];
    Tally *tallies[2];
    Compare *compare;
} Sides;

static void sides_done(Sides *sides)
{
    for (size_t i = 0; i < 2; i++) {
        tally_free(sides->tallies[i]);
        configuration_free(sides->configurations[i]);
    }
    compare_free(sides->compare);
}

static bool sides_open(Simulation *simulation, size_t shown, Sides *ret_sides)
{
    *ret_sides = (Sides){.compare = compare_new(shown)};
    for (size_t i = 0; i < 2; i++) {
        Configuration *side = side_load(simulation->station, line_argument(simulation->line, i));
        if (side == NULL)
            return false;
        simulation_let_go(side);
        ret_sides->configurations[i] = side;
        ret_sides->tallies[i] = tally_new(side, simulation->from, simulation->to);
    }
    if (!sides_read_the_same(simulation->station, ret_sides->configurations[0],
                             ret_sides->configurations[1]))
        fprintf(stderr, "The ledgers of %s serve both sides; those of %s are others.\n",
                line_argument(simulation->line, 0), line_argument(simulation->line, 1));
    return true;
}

static bool play_both(Simulation *simulation, const Sides *sides, GError **error)
{
    g_autoptr(History) history = NULL;
    g_autofree char *why = NULL;
    if (!read_history(simulation, sides->configurations[0], &history, &why, error))
        return false;
    if (history == NULL) {
        g_set_error(error, HISTORY_ERROR, 1,
                    "two policies are compared account by account, and that cannot be done here: "
                    "%s. Simulate each of them and compare their reports",
                    why);
        return false;
    }
    PairSetup setup = {
        .configurations = {sides->configurations[0], sides->configurations[1]},
        .tallies = {sides->tallies[0], sides->tallies[1]},
        .compare = sides->compare,
        .from = simulation->from,
        .to = simulation->to,
        .data = simulation,
        .finding = on_finding,
        .progress = on_progress,
    };
    simulation->progress = progress_start("comparing", (int64_t)history_parts(history));
    bool good = pair_play(&setup, history, error);
    progress_end(&simulation->progress);
    return good;
}

static int compare(Simulation *simulation)
{
    g_autoptr(GError) error = NULL;
    Sides sides;
    long shown = SHOWN;
    int code = EXIT_GOOD;
    if (!line_integer(simulation->line, "limit", 0, SHOWN_MAX, &shown))
        return EXIT_USAGE;
    if (!sides_open(simulation, (size_t)shown, &sides)) {
        code = EXIT_USAGE;
    } else if (!play_both(simulation, &sides, &error)) {
        code = command_fail("simulate", EXIT_ENVIRONMENT, "%s", error->message);
    } else {
        Report report = {
            .sides = {tally_finish(sides.tallies[0]), tally_finish(sides.tallies[1])},
            .names = {line_argument(simulation->line, 0), line_argument(simulation->line, 1)},
            .n_sides = 2,
            .compare = sides.compare,
        };
        code = report_out(simulation, &report);
    }
    sides_done(&sides);
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool read_day(const CommandLine *line, const char *name, Date *ret_day)
{
    g_autoptr(GError) error = NULL;
    const char *text = line_option(line, name);
    if (text == NULL)
        command_fail("simulate", EXIT_USAGE, "say which days: --from 2026-01-01 --to 2026-06-30");
    else if (!date_parse(text, ret_day, &error))
        command_fail("simulate", EXIT_USAGE, "--%s: %s", name, error->message);
    else
        return true;
    return false;
}

static bool read_format(const CommandLine *line, ReportFormat *ret_format)
{
    static const char *const words[] = {"table", "csv", "json", "svg", NULL};
    const char *word = line_option(line, "format");
    *ret_format = REPORT_TABLE;
    for (size_t i = 0; word != NULL && words[i] != NULL; i++)
        if (strcmp(word, words[i]) == 0)
            *ret_format = (ReportFormat)i;
    if (word != NULL && !g_strv_contains(words, word))
        command_fail("simulate", EXIT_USAGE, "--format is table, csv, json or svg, not '%s'", word);
    else if (*ret_format == REPORT_SVG && line_option(line, "out") == NULL)
        command_fail("simulate", EXIT_USAGE,
                     "charts are files: say where they go with --out FOLDER");
    else
        return true;
    return false;
}

static bool read_line(const CommandLine *line, Simulation *ret)
{
    size_t sides = line_count(line);
    *ret = (Simulation){.line = line};
    if (!read_day(line, "from", &ret->from) || !read_day(line, "to", &ret->to) ||
        !read_format(line, &ret->format))
        return false;
    if (ret->to < ret->from)
        command_fail("simulate", EXIT_USAGE, "--to is before --from");
    else if (line_flag(line, "compare") != (sides > 0) || sides == 1)
        command_fail("simulate", EXIT_USAGE,
                     "two policies are compared with --compare A B: folders of a configuration, or "
                     "files that are laid over it");
    else
        return true;
    return false;
}

static bool wants_lines(const Simulation *simulation)
{
    return simulation->format == REPORT_TABLE && !line_flag(simulation->line, "summary");
}

static int simulate_one(Simulation *simulation)
{
    const CommandLine *line = simulation->line;
    LinesSetup lines = {
        .form = line_flag(line, "json") || line_flag(line, "all") ? LINES_JSON : LINES_TEXT,
        .all = line_flag(line, "all"),
        .zone = simulation->station->configuration->book.zone,
        .from = simulation->from,
        .to = simulation->to,
    };
    simulation->lines = wants_lines(simulation) ? lines_new(&lines) : NULL;
    simulation->tally =
        tally_new(simulation->station->configuration, simulation->from, simulation->to);
    int code = simulate(simulation);
    lines_free(simulation->lines);
    tally_free(simulation->tally);
    g_clear_error(&simulation->error);
    return code;
}

int cmd_simulate(const CommandLine *line)
{
    Simulation simulation;
    if (!read_line(line, &simulation))
        return EXIT_USAGE;
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD)
        return code;
    simulation.station = station;
    return line_flag(line, "compare") ? compare(&simulation) : simulate_one(&simulation);
}
