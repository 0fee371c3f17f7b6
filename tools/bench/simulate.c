/* What a year of a portfolio costs: tenants, subscribers and businesses with an invoice a month each, about as many payments, under
 * conf.d as it stands (three policies, segments, routes, the rules of US law), account by account as `dunhub simulate` does it.
 *
 *   build/tools/bench/simulate            a sample of the full size, what it costs an account, and twice as many for the growth
 *   build/tools/bench/simulate --full     100,000 accounts, then two policies side by side
 *   build/tools/bench/simulate --accounts 50000
 *
 * About one invoice in six is paid late or not at all. Memory is the highest of the process, files for reading included. */
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bus/manifest.h"
#include "simulate/simulation.h"
#include "simulate/tally.h"

enum { MONTHS = 12, SAMPLE = 4000, FULL = 100000 };

static uint64_t state = 11;

static uint32_t draw(uint32_t bound)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % bound;
}

/* ---- the portfolio --------------------------------------------------------------------------- */

typedef struct {
    int habit;   /* of 100 */
    int stopped; /* month from which nothing is paid any more */
} Payer;

static Payer draw_payer(void)
{
    return (Payer){(int)draw(100), (int)draw(MONTHS)};
}

/* DATE_NONE: never. 55 of 100 always in time, 30 late now and then, 10 often, 4 stop one day, 1 has never paid. */
static Date draw_payment(Payer payer, int month, Date due)
{
    bool sometimes = payer.habit >= 55 && payer.habit < 85 && draw(10) < 3;
    bool often = payer.habit >= 85 && payer.habit < 95 && draw(10) < 6;
    if (payer.habit == 99 || (payer.habit >= 95 && month >= payer.stopped))
        return DATE_NONE;
    if (sometimes)
        return due + 2 + (Date)draw(11);
    return often ? due + 5 + (Date)draw(36) : due - (Date)draw(8);
}

typedef enum { RENTS, SUBSCRIPTIONS, INVOICES, N_FILES } File;

static const char *write_date(File file, Date date, char ret[static 32])
{
    int year, month, day;
    if (date == DATE_NONE)
        return "";
    date_to_ymd(date, &year, &month, &day);
    if (file == RENTS)
        g_snprintf(ret, 32, "%02d/%02d/%04d", month, day, year);
    else if (file == SUBSCRIPTIONS)
        g_snprintf(ret, 32, "%02d.%02d.%04d", day, month, year);
    else
        g_snprintf(ret, 32, "%04d-%02d-%02d", year, month, day);
    return ret;
}

static void write_row(FILE *out, File file, int id, int month, Payer payer, int64_t amount,
                      Date first)
{
    static const char *const states[] = {"OH", "TX", "NY", "CA", "FL", "WA", "CO", "VA"};
    Date issued = date_add_months(first, month, 1) + id % 27;
    Date due = issued + (file == RENTS ? 7 : file == SUBSCRIPTIONS ? 10 : 30);
    Date paid = draw_payment(payer, month, due);
    char a[32], b[32], c[32];
    write_date(file, issued, a);
    write_date(file, due, b);
    const char *paid_text = write_date(file, paid, c);
    int64_t whole = amount / 100, cents = amount % 100;
    if (file == RENTS)
        fprintf(out,
                "T%06d,Tenant %d,t%d@tenants.example,(312) 555-%04d,Row %d,%s,R%06d-%d,%" PRId64
                ".%02" PRId64 ",%s,%s,%s,\n",
                id, id, id, id % 10000, id % 900, states[id % 8], id, month + 1, whole, cents, a, b,
                paid_text);
    else if (file == SUBSCRIPTIONS)
        fprintf(out, "S%06d;Abo %d;a%d@netz.example;S%06d-%d;%" PRId64 ",%02" PRId64 ";%s;%s\n", id,
                id, id, id, month + 1, whole, cents, a, paid_text);
    else
        fprintf(out,
                "B%06d,Company %d,b%d@business.example,INV-%06d-%d,%" PRId64 ".%02" PRId64
                ",USD,%s,%s,%s,no\n",
                id, id, id, id, month + 1, whole, cents, a, b, paid_text);
}

/* Rows as an export has them: month after month, all accounts in each. */
static void write_file(const char *dir, File file, int accounts, Date first)
{
    static const struct {
        const char *name, *titles;
        int64_t least, spread;
    } files[N_FILES] = {
        {"rents.csv",
         "Tenant ID,Tenant,Email,Phone,Property,State,Charge ID,Rent,Posted,Due Date,Paid On,"
         "Amount Paid",
         85000, 100000},
        {"subscriptions.csv", "Kunde;Name;E-Mail;Rechnung;Betrag;Datum;Bezahlt am", 2990, 3500},
        {"invoices.csv",
         "customer,company,email,invoice,amount,currency,issued,due,settled,disputed", 12000,
         900000},
    };
    g_autofree char *path = g_build_filename(dir, "ledgers", files[file].name, NULL);
    FILE *out = fopen(path, "we");
    if (out == NULL) {
        fprintf(stderr, "simulate: cannot write %s: %s\n", path, strerror(errno));
        exit(1);
    }
    g_autofree Payer *payers = g_new(Payer, accounts);
    for (int i = 0; i < accounts; i++)
        payers[i] = draw_payer();
    fprintf(out, "%s\n", files[file].titles);
    for (int month = 0; month < MONTHS; month++)
        for (int i = 0; i < accounts; i++)
            write_row(out, file, i, month, payers[i],
                      files[file].least + (int64_t)draw((uint32_t)files[file].spread), first);
    fclose(out);
}

static void make_folder(const char *path)
{
    if (g_mkdir_with_parents(path, 0700) == 0)
        return;
    fprintf(stderr, "simulate: cannot make %s: %s\n", path, strerror(errno));
    exit(1);
}

static char *make_site(int accounts, Date first)
{
    char *dir = g_dir_make_tmp("dunhub-bench-XXXXXX", NULL);
    g_autofree char *ledgers = g_build_filename(dir, "ledgers", NULL);
    g_autofree char *inbox = g_build_filename(dir, "inbox", NULL);
    make_folder(ledgers);
    make_folder(inbox);
    write_file(dir, RENTS, accounts * 2 / 5, first);
    write_file(dir, SUBSCRIPTIONS, accounts * 2 / 5, first);
    write_file(dir, INVOICES, accounts - 2 * (accounts * 2 / 5), first);
    g_autofree char *copy = g_strdup_printf("cp -r conf.d '%s/conf.d'", dir);
    g_autofree char *paths = g_strdup_printf(
        "sed -i 's#path: \\.\\./#path: %s/#' '%s/conf.d/10-instances.yaml'", dir, dir);
    if (!g_spawn_command_line_sync(copy, NULL, NULL, NULL, NULL) ||
        !g_spawn_command_line_sync(paths, NULL, NULL, NULL, NULL))
        exit(1);
    return dir;
}

static void remove_site(const char *dir)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", dir);
    g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL);
}

/* ---- a run ----------------------------------------------------------------------------------- */

typedef struct {
    Tally *tallies[SIDES_MAX];
    size_t n_sides;
} Run;

static void on_reason(void *data, size_t side, const char *account, Instant now,
                      const AccountState *after, const Reason *reason)
{
    tally_reason(((Run *)data)->tallies[side], account, now, after, reason);
}

static void on_ended(void *data, size_t side, const char *account, const AccountState *end)
{
    tally_account(((Run *)data)->tallies[side], account, end);
}

static bool on_next(void *data, const AccountHistory *history)
{
    (void)history;
    (void)data;
    return true;
}

static void on_finding(void *data, const char *text)
{
    (void)data;
    fprintf(stderr, "simulate: %s\n", text);
}

static void on_place(void *data, const char *place, const char *text)
{
    fprintf(stderr, "%s: ", place ? place : "");
    on_finding(data, text);
}

static void on_progress(void *data, size_t part, size_t parts)
{
    (void)data, (void)part, (void)parts;
}

typedef struct {
    double seconds, reading;
    uint64_t decisions, facts, notices, delinquent;
} Cost;

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double highest_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static Configuration *load(const char *conf)
{
    g_autoptr(Diags) diags = diags_new();
    Configuration *configuration = configuration_load(conf, NULL, NULL, 0, 1, diags);
    if (configuration == NULL) {
        diags_print(diags, stderr, false);
        exit(1);
    }
    simulation_let_go(configuration);
    return configuration;
}

static Cost run(const char *dir, const char *build, size_t sides, Date from, Date to)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *conf = g_build_filename(dir, "conf.d", NULL);
    g_autofree char *plugins = g_build_filename(build, "plugins", NULL);
    g_autoptr(Configuration) first = load(conf), second = load(conf);
    const Configuration *configurations[SIDES_MAX] = {first, second};
    double start = cpu_seconds();
    HistorySetup reading = {.configuration = configurations[0],
                            .plugin_dir = plugins,
                            .from = from,
                            .to = to,
                            .finding = on_place};
    g_autoptr(History) history = NULL;
    g_autofree char *why = NULL;
    if (!history_read(&reading, &history, &why, &error) || history == NULL) {
        fprintf(stderr, "simulate: %s\n", error ? error->message : why);
        exit(1);
    }
    Cost cost = {.reading = cpu_seconds() - start, .facts = history_facts(history)};
    Run tallies = {.n_sides = sides};
    SimulationSetup setup = {.n_sides = sides,
                             .bare = true,
                             .from = from,
                             .to = to,
                             .data = &tallies,
                             .reason = on_reason,
                             .ended = on_ended,
                             .next = on_next,
                             .finding = on_finding,
                             .progress = on_progress};
    for (size_t i = 0; i < sides; i++) {
        setup.configurations[i] = configurations[i];
        tallies.tallies[i] = tally_new(configurations[i], from, to);
    }
    uint64_t before = simulation_decisions();
    if (!simulation_play(&setup, history, &error)) {
        fprintf(stderr, "simulate: %s\n", error->message);
        exit(1);
    }
    const TallyResult *result = tally_finish(tallies.tallies[0]);
    for (size_t i = 0; i < result->n_notices; i++)
        cost.notices += result->notices[i].n;
    cost.delinquent = result->delinquent;
    cost.decisions = simulation_decisions() - before;
    cost.seconds = cpu_seconds() - start;
    for (size_t i = 0; i < sides; i++)
        tally_free(tallies.tallies[i]);
    return cost;
}

static void say(const char *what, int accounts, Cost cost)
{
    printf("  %-26s %8d %9.1f %9.1f %9.1f %11" PRIu64 " %9.2f\n", what, accounts, cost.seconds,
           cost.reading, cost.seconds * 1e6 / accounts, cost.decisions,
           (cost.seconds - cost.reading) * 1e6 / (double)cost.decisions);
}

static Cost measure(const char *what, const char *build, int accounts, size_t sides, Date from,
                    Date to)
{
    g_autofree char *dir = make_site(accounts, from);
    Cost cost = run(dir, build, sides, from, to);
    remove_site(dir);
    say(what, accounts, cost);
    return cost;
}

int main(int argc, char **argv)
{
    const char *build = g_getenv("DUNHUB_BUILD") ? g_getenv("DUNHUB_BUILD") : "build";
    int accounts = SAMPLE;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--full") == 0)
            accounts = FULL;
        else if (strcmp(argv[i], "--accounts") == 0 && i + 1 < argc)
            accounts = atoi(argv[++i]);
    }
    Date from = date_from_ymd(2025, 9, 1), to = date_from_ymd(2026, 8, 31);
    printf("a year simulated            accounts   seconds   reading  µs/acct.   decisions  "
           "µs/dec.\n");
    Cost tenth = measure("a tenth", build, accounts / 10, 1, from, to);
    Cost one = measure("one policy", build, accounts, 1, from, to);
    double mb = highest_mb();
    Cost two = measure("two side by side", build, accounts, 2, from, to);
    double growth = one.seconds / tenth.seconds, compare = two.seconds / one.seconds;
    double full = one.seconds * FULL / accounts;
    printf("  %" PRIu64 " facts, %" PRIu64 " of %d accounts delinquent, %" PRIu64 " notices\n",
           one.facts, one.delinquent, accounts, one.notices);
    printf("  ten times the accounts: %.2fx   two policies: %.2fx   highest memory: %.0f MB\n",
           growth, compare, mb);
    printf("  %s of 100,000 accounts: %.1f s\n",
           accounts == FULL ? "the year" : "at this rate the year", full);
    printf(
        "{\"accounts\": %d, \"seconds\": %.2f, \"year_of_100000_s\": %.1f, \"measured_full\": %s, "
        "\"ten_times\": %.2f, \"compare\": %.2f, \"highest_mb\": %.0f, \"decision_us\": %.2f}\n",
        accounts, one.seconds, full, accounts == FULL ? "true" : "false", growth, compare, mb,
        (one.seconds - one.reading) * 1e6 / (double)one.decisions);
    return 0;
}
