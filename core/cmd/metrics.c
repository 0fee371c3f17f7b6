/* dunhub metrics: how well the portfolio is collected, from what the store holds (domain.md §7, Metrics). */
#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"
#include "ledger/metrics_account.h"

enum {
    PAGE = 500,
    PERIOD_DAYS = 365,
    GROUPS_MAX = 10000, /* further ones are counted together, as "(others)" */
};

typedef struct {
    char *group;
    Currency currency;
    Metrics metrics;
    Ratio retention;
    int64_t accounts, messages;
    uint64_t *deliveries; /* by channel of the prices; NULL: the row is not in their currency */
    CostCounts counts;
} Row;

typedef struct {
    const Station *station;
    const char *by; /* NULL: all together */
    Date from, to, as_of;
    GHashTable *rows; /* "group\ncurrency" -> Row */
    char *last;
    size_t n; /* of this page */
    GError *error;
} Measuring;

static void row_free(void *data)
{
    Row *row = data;
    g_free(row->group);
    g_free(row->deliveries);
    g_free(row);
}

static Row *row_of(Measuring *m, const char *group, Currency currency)
{
    const char *name =
        m->by != NULL && g_hash_table_size(m->rows) >= GROUPS_MAX ? "(others)" : group;
    g_autofree char *wanted = g_strdup_printf("%s\n%s", group, currency.code);
    Row *row = g_hash_table_lookup(m->rows, wanted);
    if (row != NULL)
        return row;
    char *key = g_strdup_printf("%s\n%s", name, currency.code);
    row = g_hash_table_lookup(m->rows, key);
    if (row != NULL) {
        g_free(key);
        return row;
    }
    row = g_new0(Row, 1);
    *row = (Row){.group = g_strdup(name), .currency = currency, .metrics = {.recovered = {0, 1}}};
    const Costs *costs = &m->station->configuration->costs;
    if (costs->currency.code[0] && currency_equal(costs->currency, currency))
        row->deliveries = g_new0(uint64_t, costs->n_deliveries + 1);
    row->counts.deliveries = row->deliveries;
    g_hash_table_insert(m->rows, key, row);
    return row;
}

/* ---- one account --------------------------------------------------------------------------- */

static const char *group_of(const Measuring *m, const AccountState *state)
{
    const Account *account = &state->account;
    const char *policy = account->policy;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        policy = cycle->policy != NULL ? cycle->policy : policy;
    const char *group = m->by == NULL                   ? "all"
                        : strcmp(m->by, "policy") == 0  ? policy
                        : strcmp(m->by, "segment") == 0 ? account->segment
                                                        : account->property;
    return group != NULL ? group : "(none)";
}

static int64_t messages_of(const Measuring *m, const AccountState *state, Currency currency)
{
    int64_t n = 0;
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice)
        n += notice->state == NOTICE_ACCEPTED && currency_equal(notice->currency, currency) &&
             notice->accepted_on >= m->from && notice->accepted_on <= m->to;
    return n;
}

/* ---- what it cost ---------------------------------------------------------------------------- */

static bool in_period(const Measuring *m, Date day)
{
    return day != DATE_NONE && day >= m->from && day <= m->to;
}

static void count_act(const Measuring *m, const Act *act, Row *row)
{
    if (act->state != ACT_DONE || act->undo || !in_period(m, act->done_on))
        return;
    if (act->notice)
        row->deliveries[costs_channel(&m->station->configuration->costs, act->channel)]++;
    else if (strcmp(act->verb, "agency.place") == 0)
        row->counts.handovers++;
    else if (strcmp(act->verb, "task.create") == 0 || strcmp(act->verb, "ticket.open") == 0)
        row->counts.tasks++;
}

static Date placed_on(const AccountState *state)
{
    Date first = DATE_NEVER;
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        if (act->state == ACT_DONE && strcmp(act->verb, "agency.place") == 0)
            first = MIN(first, act->done_on);
    return first;
}

/* All prices are in one currency: what is done for an account in any of its currencies is counted there. */
static void count_costs(Measuring *m, const char *group, const AccountState *state)
{
    const Costs *costs = &m->station->configuration->costs;
    if (!costs->currency.code[0])
        return;
    Row *row = row_of(m, group, costs->currency);
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        count_act(m, act, row);
    Date placed = placed_on(state);
    STATE_FOREACH (state, KIND_PAYMENT, const Payment, payment)
        if (payment->state == PAYMENT_SETTLED && payment->settled_on > placed &&
            in_period(m, payment->settled_on) && currency_equal(payment->currency, costs->currency))
            row->counts.placed_cash = ledger_sum(row->counts.placed_cash, payment->amount);
}

static Ratio cost_per_recovery(const Costs *costs, const Row *row)
{
    if (!row->deliveries)
        return (Ratio){0, 0};
    return (Ratio){costs_of(costs, &row->counts).total, MAX(row->metrics.recovered.numerator, 0)};
}

static DueRules rules_of(const Measuring *m, const AccountState *state)
{
    const Rulebook *book = &m->station->configuration->book;
    const Policy *policy = rulebook_policy(book, state->account.policy, NULL);
    const Settings *settings = policy && policy->settings ? policy->settings : &book->settings;
    return (DueRules){settings->days_to_overdue, settings->ledger_grace_days};
}

static void measure(Measuring *m, const AccountState *state, Arena *arena)
{
    DueRules rules = rules_of(m, state);
    const char *group = group_of(m, state);
    Ledger ledger;
    ledger_read(state, &rules, m->as_of, arena, &ledger);
    for (size_t i = 0; i < ledger.n_invoices; i++) {
        if (!ledger.invoices[i].charge)
            continue;
        MetricInvoice invoice = metrics_invoice_of(state, &ledger.invoices[i], arena);
        Row *row = row_of(m, group, ledger.invoices[i].invoice->currency);
        row->metrics =
            metrics_join(row->metrics, metrics_of(&invoice, 1, m->from, m->to, m->as_of));
    }
    for (size_t i = 0; i < ledger.n_currencies; i++) {
        Currency currency = ledger.currencies[i].currency;
        Row *row = row_of(m, group, currency);
        Ratio kept = metrics_retention_of(state, currency, m->from, m->to, m->as_of);
        row->retention.numerator += kept.numerator;
        row->retention.denominator += kept.denominator;
        row->messages += messages_of(m, state, currency);
        row->accounts++;
    }
    count_costs(m, group, state);
}

static bool visit(const char *account, const ListRow *list, void *data)
{
    (void)list;
    Measuring *m = data;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    g_free(m->last);
    m->last = g_strdup(account);
    m->n++;
    if (!store_load_account(m->station->store, account, arena, &state, &found, &m->error))
        return false;
    measure(m, &state, arena);
    return true;
}

static bool measure_all(Measuring *m)
{
    do {
        m->n = 0;
        g_autofree char *after = g_steal_pointer(&m->last);
        if (!store_accounts(m->station->store, after, PAGE, visit, m,
                            m->error == NULL ? &m->error : NULL))
            return false;
    } while (m->n == PAGE && m->error == NULL);
    return m->error == NULL;
}

/* ---- showing ------------------------------------------------------------------------------- */

static void put_ratio(json_t *json, json_t *targets, const char *name, Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    const char *target = metrics_target(name, ratio);
    json_object_set_new(json, name, text != NULL ? json_string(text) : json_null());
    json_object_set_new(targets, name, target != NULL ? json_string(target) : json_null());
}

static void print_json(const Costs *costs, const Row *row)
{
    json_t *targets = json_object();
    g_autoptr(json_t) json = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:o}", "group", row->group, "currency", row->currency.code,
        "accounts", (json_int_t)row->accounts, "messages", (json_int_t)row->messages, "recovered",
        (json_int_t)row->metrics.recovered.numerator, "targets", targets);
    put_ratio(json, targets, "collection_rate_45d", row->metrics.collection_rate_45d);
    put_ratio(json, targets, "days_to_payment", row->metrics.days_to_payment);
    put_ratio(json, targets, "retention", row->retention);
    put_ratio(json, targets, "cost_per_recovery", cost_per_recovery(costs, row));
    g_autofree char *text = json_canonical(json);
    printf("%s\n", text);
}

static void print_csv(const Costs *costs, const Row *row)
{
    g_autofree char *rate = ratio_text(row->metrics.collection_rate_45d);
    g_autofree char *days = ratio_text(row->metrics.days_to_payment);
    g_autofree char *kept = ratio_text(row->retention);
    g_autofree char *cost = ratio_text(cost_per_recovery(costs, row));
    g_autofree char *cell = text_cell(row->group);
    g_auto(GStrv) parts = g_strsplit(cell, "\"", -1);
    g_autofree char *quoted = g_strjoinv("\"\"", parts);
    printf("\"%s\",%s,%" G_GINT64_FORMAT ",%s,%s,%s,%s,%" G_GINT64_FORMAT ",%" G_GINT64_FORMAT "\n",
           quoted, row->currency.code, row->accounts, rate != NULL ? rate : "",
           days != NULL ? days : "", kept != NULL ? kept : "", cost != NULL ? cost : "",
           row->metrics.recovered.numerator, row->messages);
}

static char *with_target(const char *name, Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    const char *target = metrics_target(name, ratio);
    return text == NULL ? NULL : g_strdup_printf("%s (%s)", text, target);
}

static void add_row(Table *table, const Costs *costs, const Row *row)
{
    g_autofree char *rate = with_target("collection_rate_45d", row->metrics.collection_rate_45d);
    g_autofree char *days = with_target("days_to_payment", row->metrics.days_to_payment);
    g_autofree char *kept = with_target("retention", row->retention);
    g_autofree char *cost = with_target("cost_per_recovery", cost_per_recovery(costs, row));
    g_autofree char *cash = money_to_text((Money){row->metrics.recovered.numerator, row->currency});
    g_autofree char *accounts = g_strdup_printf("%" G_GINT64_FORMAT, row->accounts);
    g_autofree char *messages = g_strdup_printf("%" G_GINT64_FORMAT, row->messages);
    const char *cells[] = {row->group, row->currency.code, accounts, rate, days, kept, cost,
                           cash,       messages,           NULL};
    table_add(table, cells);
}

static void print_rows(const Measuring *m, const CommandLine *line)
{
    static const char *const titles[] = {
        "group",           "currency",  "accounts",          "collected in 45 days",
        "days to payment", "retention", "cost per recovery", "recovered",
        "messages",        NULL};
    const Costs *costs = &m->station->configuration->costs;
    bool json = line_flag(line, "json"), csv = line_flag(line, "csv");
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(m->rows), (GCompareFunc)strcmp);
    g_autoptr(Table) table = json || csv ? NULL : table_new(titles, 0);
    if (csv)
        printf("group,currency,accounts,collection_rate_45d,days_to_payment,retention,"
               "cost_per_recovery,recovered_minor,messages\n");
    for (const GList *key = keys; key != NULL; key = key->next) {
        const Row *row = g_hash_table_lookup(m->rows, key->data);
        if (json)
            print_json(costs, row);
        else if (csv)
            print_csv(costs, row);
        else
            add_row(table, costs, row);
    }
    if (table != NULL && keys != NULL)
        table_print(table, stdout);
    else if (table != NULL)
        printf("no account; 'dunhub run' reads the ledgers\n");
}

/* ---- what is asked for --------------------------------------------------------------------- */

static int read_day(const CommandLine *line, const char *option, Date *ret_day)
{
    const char *text = line_option(line, option);
    g_autoptr(GError) error = NULL;
    if (text == NULL || date_parse(text, ret_day, &error))
        return EXIT_GOOD;
    return command_fail("metrics", EXIT_USAGE, "--%s: %s", option, error->message);
}

static int read_words(const CommandLine *line, Measuring *m)
{
    static const char *const groups[] = {"policy", "segment", "property", NULL};
    m->by = line_option(line, "by");
    if (m->by != NULL && !g_strv_contains(groups, m->by))
        return command_fail("metrics", EXIT_USAGE,
                            "--by takes policy, segment or property, not '%s'", m->by);
    if (line_flag(line, "json") && line_flag(line, "csv"))
        return command_fail("metrics", EXIT_USAGE, "--json and --csv exclude each other");
    int code = read_day(line, "from", &m->from);
    return code == EXIT_GOOD ? read_day(line, "to", &m->to) : code;
}

int cmd_metrics(const CommandLine *line)
{
    Measuring m = {.from = DATE_NONE, .to = DATE_NONE};
    g_autoptr(Station) station = NULL;
    int code = read_words(line, &m);
    if (code == EXIT_GOOD)
        code = desk_open(line, STATION_READ, &station);
    if (code != EXIT_GOOD)
        return code;
    m.station = station;
    m.as_of = zone_date(station->configuration->book.zone, desk_now());
    m.to = m.to == DATE_NONE ? m.as_of : m.to;
    m.from = m.from == DATE_NONE ? m.to - PERIOD_DAYS + 1 : m.from;
    if (m.from > m.to)
        return command_fail("metrics", EXIT_USAGE, "--from lies after --to");
    m.rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, row_free);
    bool good = measure_all(&m);
    if (good)
        print_rows(&m, line);
    else
        code = command_fail("metrics", EXIT_ENVIRONMENT, "%s", m.error->message);
    g_hash_table_destroy(m.rows);
    g_free(m.last);
    g_clear_error(&m.error);
    return code;
}
