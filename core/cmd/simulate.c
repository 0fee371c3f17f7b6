/* dunhub simulate: a line for each decision of a replayed ledger, and what it came to. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/progress.h"
#include "cmd/replay.h"
#include "ledger/balance.h"
#include "ledger/metrics.h"

enum {
    TEXT_MAX = 400,
    PAGE = 500,
};

/* A line waits for the end of its day: within a day they stand in order of instant and account. */
typedef struct {
    Instant at;
    char *account, *text;
    size_t order;
} Line;

typedef struct {
    bool json;
    const Zone *zone;
    GArray *lines;       /* of the day */
    GHashTable *notices; /* name -> count */
    GHashTable *entered; /* accounts that became delinquent */
    size_t decisions;
    Date from, to;
} Simulation;

/* ---- lines -------------------------------------------------------------------------------- */

/* What is told of a decision; everything else is its working. */
static const char *const told[] = {"entered",
                                   "left",
                                   "step_entered",
                                   "step_skipped",
                                   "resumed",
                                   "cycle_reopened",
                                   "notice_released",
                                   "notice_suppressed",
                                   "notice_unreachable",
                                   "fee_charged",
                                   "service_suspended",
                                   "service_restored",
                                   "act_done",
                                   "needs_intervention",
                                   "awaiting",
                                   NULL};

/* The latest notice of that name: what it showed. */
static const Notice *notice_named(const AccountState *state, const char *name)
{
    const Notice *latest = NULL;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        if (g_strcmp0(notice->name, name) == 0)
            latest = notice;
    return latest;
}

static const Cycle *latest_cycle(const AccountState *state)
{
    const Cycle *latest = NULL;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        latest = cycle;
    return latest;
}

static bool is_about_notice(const Reason *reason)
{
    return g_str_has_prefix(reason->event, "notice_");
}

static json_t *invoices_of(const Notice *notice)
{
    json_t *list = notice->invoices != NULL
                       ? json_parse(notice->invoices, strlen(notice->invoices), 1 << 20, NULL)
                       : NULL;
    json_t *ids = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *number = json_object_get(json_array_get(list, i), "number");
        const json_t *id = json_object_get(json_array_get(list, i), "id");
        json_array_append_new(ids, json_copy((json_t *)(json_is_string(number) ? number : id)));
    }
    json_decref(list);
    return ids;
}

static json_t *line_json(const char *date, const char *account, const AccountState *after,
                         const Reason *reason)
{
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?}", "date", date, "account", account, "decision",
                  reason->event, "rule", reason->rule, "reason",
                  reason->reason != NULL ? reason->reason : reason->text, "text", reason->text);
    const Cycle *cycle = latest_cycle(after);
    json_object_set_new(line, "step",
                        cycle != NULL && cycle->step != NULL ? json_string(cycle->step)
                                                             : json_null());
    const Notice *notice = is_about_notice(reason) ? notice_named(after, reason->subject) : NULL;
    json_object_set_new(line, "notice", notice != NULL ? json_string(notice->name) : json_null());
    json_object_set_new(line, "invoices", notice != NULL ? invoices_of(notice) : json_array());
    if (notice != NULL && notice->amount != AMOUNT_NONE) {
        g_autofree char *amount = money_to_decimal((Money){notice->amount, notice->currency});
        json_object_set_new(line, "amount", json_string(amount));
        json_object_set_new(line, "currency", json_string(notice->currency.code));
    } else {
        json_object_set_new(line, "amount", json_null());
    }
    return line;
}

/* Ids of cycles say nothing to a reader. */
static const char *subject_of(const Reason *reason)
{
    static const char *const about_cycles[] = {"entered", "left", "resumed", "cycle_reopened",
                                               NULL};
    return reason->subject != NULL && !g_strv_contains(about_cycles, reason->event)
               ? reason->subject
               : "-";
}

static char *line_text(const char *date, const char *account, const AccountState *after,
                       const Reason *reason)
{
    g_autofree char *text = text_one_line(reason->text != NULL ? reason->text : "", TEXT_MAX);
    const Notice *notice = is_about_notice(reason) ? notice_named(after, reason->subject) : NULL;
    g_autofree char *amount = notice != NULL && notice->amount != AMOUNT_NONE
                                  ? money_to_text((Money){notice->amount, notice->currency})
                                  : NULL;
    return g_strdup_printf("%s  %-14s %-18s %-16s %s%s%s", date, account, reason->event,
                           subject_of(reason), amount != NULL ? amount : "",
                           amount != NULL ? "  " : "", text);
}

static void count(GHashTable *counts, const char *name)
{
    size_t n = GPOINTER_TO_SIZE(g_hash_table_lookup(counts, name));
    g_hash_table_replace(counts, g_strdup(name), GSIZE_TO_POINTER(n + 1));
}

static void watch(void *data, const char *account, Instant now, const AccountState *after,
                  const Reason *reason)
{
    Simulation *simulation = data;
    if (!g_strv_contains(told, reason->event))
        return;
    const Zone *own =
        after->account.zone != NULL ? zone_get(after->account.zone, NULL) : simulation->zone;
    char date[16];
    date_format(zone_date(own, now), date);
    if (strcmp(reason->event, "notice_released") == 0 && reason->subject != NULL)
        count(simulation->notices, reason->subject);
    if (strcmp(reason->event, "entered") == 0)
        g_hash_table_add(simulation->entered, g_strdup(account));
    Line line = {.at = now, .account = g_strdup(account), .order = simulation->lines->len};
    if (simulation->json) {
        g_autoptr(json_t) json = line_json(date, account, after, reason);
        line.text = json_canonical(json);
    } else {
        line.text = line_text(date, account, after, reason);
    }
    g_array_append_val(simulation->lines, line);
    simulation->decisions++;
}

static int by_instant(gconstpointer a, gconstpointer b)
{
    const Line *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    int order = strcmp(x->account, y->account);
    return order != 0 ? order : x->order < y->order ? -1 : 1;
}

static void clear_line(gpointer data)
{
    Line *line = data;
    g_free(line->account);
    g_free(line->text);
}

static void print_day(Simulation *simulation)
{
    g_array_sort(simulation->lines, by_instant);
    for (guint i = 0; i < simulation->lines->len; i++)
        puts(g_array_index(simulation->lines, Line, i).text);
    g_array_set_size(simulation->lines, 0);
}

/* ---- summary ------------------------------------------------------------------------------ */

typedef struct {
    Currency currency;
    Metrics metrics;
} CurrencyMetrics;

typedef struct {
    const Station *station;
    const Simulation *simulation;
    GArray *currencies; /* CurrencyMetrics, by code */
    size_t accounts, n;
    char *last;
    GError *error;
} Summing;

static Metrics *metrics_in(Summing *summing, Currency currency)
{
    guint i = 0;
    while (i < summing->currencies->len &&
           currency_compare(g_array_index(summing->currencies, CurrencyMetrics, i).currency,
                            currency) < 0)
        i++;
    if (i == summing->currencies->len ||
        !currency_equal(g_array_index(summing->currencies, CurrencyMetrics, i).currency,
                        currency)) {
        CurrencyMetrics fresh = {currency, {.recovered = {0, 1}}};
        g_array_insert_val(summing->currencies, i, fresh);
    }
    return &g_array_index(summing->currencies, CurrencyMetrics, i).metrics;
}

static int by_day(gconstpointer a, gconstpointer b)
{
    const MetricPayment *x = a, *y = b;
    return x->day < y->day ? -1 : x->day > y->day;
}

/* Money that names the invoice; where the ledger states what is open, its own word on the rest is
 * taken on the day it settled. */
static MetricInvoice metric_invoice(const AccountState *state, const InvoiceBalance *balance,
                                    Arena *arena)
{
    const Invoice *invoice = balance->invoice;
    MetricPayment *payments =
        arena_new0(arena, MetricPayment, STATE_COUNT(state, KIND_PAYMENT) + 1);
    size_t n = 0;
    int64_t named = 0;
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, payment) {
        bool settled = payment->state == PAYMENT_SETTLED || payment->state == PAYMENT_REVERSED;
        if (!settled || g_strcmp0(payment->invoice, invoice->id) != 0 ||
            !currency_equal(payment->currency, invoice->currency))
            continue;
        Date day = payment->effective_on != DATE_NONE ? payment->effective_on : payment->settled_on;
        payments[n++] =
            (MetricPayment){day, payment->amount,
                            payment->state == PAYMENT_REVERSED ? payment->ended_on : DATE_NONE};
        named += payment->state == PAYMENT_SETTLED ? payment->amount : 0;
    }
    int64_t rest = invoice->amount - balance->open - named;
    if (rest > 0 && balance->settled_on != DATE_NONE)
        payments[n++] = (MetricPayment){balance->settled_on, rest, DATE_NONE};
    qsort(payments, n, sizeof *payments, by_day);
    int64_t credited = invoice->status == INVOICE_VOID ? invoice->amount : 0;
    STATE_FOREACH (state, KIND_CREDIT, const Credit, credit)
        if (!credit->cancelled && g_strcmp0(credit->invoice, invoice->id) == 0)
            credited += credit->amount;
    return (MetricInvoice){invoice->amount, credited, balance->overdue_on, payments, n};
}

static bool sum_account(const char *account, const ListRow *row, void *data)
{
    (void)row;
    Summing *summing = data;
    const Simulation *simulation = summing->simulation;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    g_free(summing->last);
    summing->last = g_strdup(account);
    summing->n++;
    summing->accounts++;
    if (!store_load_account(summing->station->store, account, arena, &state, &found,
                            &summing->error))
        return false;
    const Rulebook *book = &summing->station->configuration->book;
    const Settings *settings =
        account_settings(book, &state.account, segment_policy(&state.account, book), arena);
    DueRules rules = {.days_to_overdue = settings->days_to_overdue,
                      .ledger_grace_days = settings->ledger_grace_days};
    Ledger ledger;
    ledger_read(&state, &rules, simulation->to, arena, &ledger);
    for (size_t i = 0; i < ledger.n_invoices; i++) {
        if (!ledger.invoices[i].charge)
            continue;
        MetricInvoice invoice = metric_invoice(&state, &ledger.invoices[i], arena);
        Metrics *metrics = metrics_in(summing, ledger.invoices[i].invoice->currency);
        *metrics = metrics_join(
            *metrics, metrics_of(&invoice, 1, simulation->from, simulation->to, simulation->to));
    }
    return true;
}

static bool sum_all(Summing *summing)
{
    do {
        summing->n = 0;
        g_autofree char *after = g_steal_pointer(&summing->last);
        if (!store_accounts(summing->station->store, after, PAGE, sum_account, summing,
                            summing->error == NULL ? &summing->error : NULL))
            return false;
    } while (summing->n == PAGE && summing->error == NULL);
    return summing->error == NULL;
}

static GList *sorted_names(GHashTable *counts)
{
    return g_list_sort(g_hash_table_get_keys(counts), (GCompareFunc)strcmp);
}

static json_t *ratio_json(Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    return text != NULL ? json_string(text) : json_null();
}

static void print_summary_json(const Simulation *simulation, const Summing *summing)
{
    char from[16], to[16];
    json_t *notices = json_object(), *metrics = json_object();
    g_autoptr(GList) names = sorted_names(simulation->notices);
    for (const GList *name = names; name != NULL; name = name->next)
        json_object_set_new(notices, name->data,
                            json_integer((json_int_t)GPOINTER_TO_SIZE(
                                g_hash_table_lookup(simulation->notices, name->data))));
    for (guint i = 0; i < summing->currencies->len; i++) {
        const CurrencyMetrics *own = &g_array_index(summing->currencies, CurrencyMetrics, i);
        json_object_set_new(metrics, own->currency.code,
                            json_pack("{s:o, s:o}", "collection_rate_45d",
                                      ratio_json(own->metrics.collection_rate_45d),
                                      "days_to_payment", ratio_json(own->metrics.days_to_payment)));
    }
    g_autoptr(json_t) line =
        json_pack("{s:{s:s, s:s, s:I, s:I, s:I, s:o, s:o}}", "summary", "from",
                  date_format(simulation->from, from), "to", date_format(simulation->to, to),
                  "accounts", (json_int_t)summing->accounts, "delinquent",
                  (json_int_t)g_hash_table_size(simulation->entered), "decisions",
                  (json_int_t)simulation->decisions, "notices", notices, "metrics", metrics);
    g_autofree char *text = json_canonical(line);
    puts(text);
}

static void print_ratio(const char *label, const char *currency, const char *metric, Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    const char *target = metrics_target(metric, ratio);
    printf("%-26s %s %s%s%s%s\n", label, currency, text != NULL ? text : "nothing to judge",
           target != NULL ? " (target " : "", target != NULL ? target : "",
           target != NULL ? ")" : "");
}

static void print_summary(const Simulation *simulation, const Summing *summing)
{
    char from[16], to[16];
    printf("\n%s to %s: %zu accounts, %u became delinquent, %zu decisions\n",
           date_format(simulation->from, from), date_format(simulation->to, to), summing->accounts,
           g_hash_table_size(simulation->entered), simulation->decisions);
    g_autoptr(GList) names = sorted_names(simulation->notices);
    for (const GList *name = names; name != NULL; name = name->next)
        printf("%-26s %zu\n", (const char *)name->data,
               GPOINTER_TO_SIZE(g_hash_table_lookup(simulation->notices, name->data)));
    for (guint i = 0; i < summing->currencies->len; i++) {
        const CurrencyMetrics *own = &g_array_index(summing->currencies, CurrencyMetrics, i);
        print_ratio("collection rate 45 days", own->currency.code, "collection_rate_45d",
                    own->metrics.collection_rate_45d);
        print_ratio("days to payment", own->currency.code, "days_to_payment",
                    own->metrics.days_to_payment);
    }
}

static int summarise(const Simulation *simulation, const Station *station)
{
    Summing summing = {.station = station,
                       .simulation = simulation,
                       .currencies = g_array_new(FALSE, FALSE, sizeof(CurrencyMetrics))};
    int code = EXIT_GOOD;
    if (!sum_all(&summing))
        code = command_fail("simulate", EXIT_ENVIRONMENT, "%s",
                            summing.error != NULL ? summing.error->message
                                                  : "the store cannot be read");
    else if (simulation->json)
        print_summary_json(simulation, &summing);
    else
        print_summary(simulation, &summing);
    g_array_free(summing.currencies, TRUE);
    g_free(summing.last);
    g_clear_error(&summing.error);
    return code;
}

/* ---- the command -------------------------------------------------------------------------- */

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

static int play(Simulation *simulation, Station *station, const char *ledger)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Replay) replay = NULL;
    if (!replay_open(station, ledger, simulation->from, watch, simulation, &replay, &error))
        return command_fail("simulate", EXIT_ENVIRONMENT, "%s", error->message);
    Progress progress = progress_start("simulating", simulation->to - simulation->from + 1);
    for (Date day = simulation->from; day <= simulation->to && error == NULL; day++) {
        replay_day(replay, day, &error);
        if (progress.active)
            progress_clear(&progress);
        print_day(simulation);
        progress_at(&progress, day - simulation->from + 1);
    }
    progress_end(&progress);
    if (error != NULL)
        return command_fail("simulate", EXIT_ENVIRONMENT, "%s", error->message);
    int code = summarise(simulation, station);
    return code == EXIT_GOOD && replay_findings(replay) > 0 ? EXIT_FINDING : code;
}

int cmd_simulate(const CommandLine *line)
{
    Simulation simulation = {.json = line_flag(line, "json")};
    if (!read_day(line, "from", &simulation.from) || !read_day(line, "to", &simulation.to))
        return EXIT_USAGE;
    if (simulation.to < simulation.from)
        return command_fail("simulate", EXIT_USAGE, "--to is before --from");
    g_autoptr(Station) station = NULL;
    int code = desk_open(line, STATION_CONFIGURATION, &station);
    if (code != EXIT_GOOD)
        return code;
    simulation.zone = station->configuration->book.zone;
    simulation.lines = g_array_new(FALSE, FALSE, sizeof(Line));
    g_array_set_clear_func(simulation.lines, clear_line);
    simulation.notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    simulation.entered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    code = play(&simulation, station, line_option(line, "ledger"));
    g_array_free(simulation.lines, TRUE);
    g_hash_table_unref(simulation.notices);
    g_hash_table_unref(simulation.entered);
    return code;
}
