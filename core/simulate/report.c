#include "simulate/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* ---- rows ------------------------------------------------------------------------------------ */

static void row_free(void *data)
{
    ReportRow *row = data;
    g_free(row->name);
    g_free(row->values[0]);
    g_free(row->values[1]);
    g_free(row->difference);
    g_free(row);
}

static ReportRow *row_of(GPtrArray *rows, const char *section, const char *name)
{
    for (guint i = 0; i < rows->len; i++) {
        ReportRow *row = rows->pdata[i];
        if (strcmp(row->section, section) == 0 && strcmp(row->name, name) == 0)
            return row;
    }
    ReportRow *row = g_new0(ReportRow, 1);
    row->section = section;
    row->name = g_strdup(name);
    g_ptr_array_add(rows, row);
    return row;
}

static void put(GPtrArray *rows, size_t side, const char *section, const char *name, uint64_t n)
{
    ReportRow *row = row_of(rows, section, name);
    g_free(row->values[side]);
    row->values[side] = g_strdup_printf("%" PRIu64, n);
}

static void put_ratio(GPtrArray *rows, size_t side, const char *name, const char *metric,
                      Ratio ratio)
{
    ReportRow *row = row_of(rows, "figures", name);
    row->values[side] = ratio_text(ratio);
    row->targets[side] = metrics_target(metric, ratio);
}

static void put_money(GPtrArray *rows, size_t side, const char *section, const char *name,
                      Money money)
{
    ReportRow *row = row_of(rows, section, name);
    row->values[side] = money_to_decimal(money);
}

static void put_notices(GPtrArray *rows, size_t side, const TallyResult *result)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < result->n_notices; i++) {
        g_autofree char *name =
            g_strdup_printf("%s by %s", result->notices[i].notice, result->notices[i].channel);
        put(rows, side, "notices", name, result->notices[i].n);
        sum += result->notices[i].n;
    }
    put(rows, side, "notices", "all notices", sum);
    put(rows, side, "notices", "suppressed before they went", result->suppressed);
}

static void put_steps(GPtrArray *rows, size_t side, const TallyResult *result)
{
    for (size_t i = 0; i < result->n_steps; i++) {
        g_autofree char *entries = g_strdup_printf("%s entered", result->steps[i].name);
        g_autofree char *days = g_strdup_printf("%s account-days", result->steps[i].name);
        put(rows, side, "steps", entries, result->steps[i].entries);
        put(rows, side, "steps", days, result->steps[i].days);
    }
}

static void put_acts(GPtrArray *rows, size_t side, const TallyResult *result)
{
    const struct {
        const char *name;
        uint64_t n;
    } acts[] = {
        {"suspensions", result->suspensions},
        {"services given back", result->restored},
        {"suspended account-days", result->suspended_days},
        {"hand-overs", result->handovers},
        {"late fees", result->fees},
        {"tasks and tickets", result->tasks},
        {"needs a person", result->interventions},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
        put(rows, side, "acts", acts[i].name, acts[i].n);
}

static void put_figures(GPtrArray *rows, size_t side, const TallyResult *result)
{
    for (size_t i = 0; i < result->n_currencies; i++) {
        const CurrencyTally *own = &result->currencies[i];
        g_autofree char *rate = g_strdup_printf("collection rate 45 days, %s", own->currency.code);
        g_autofree char *days = g_strdup_printf("days to payment, %s", own->currency.code);
        g_autofree char *cash = g_strdup_printf("recovered cash, %s", own->currency.code);
        put_ratio(rows, side, rate, "collection_rate_45d", own->metrics.collection_rate_45d);
        put_ratio(rows, side, days, "days_to_payment", own->metrics.days_to_payment);
        put_money(rows, side, "figures", cash,
                  (Money){own->metrics.recovered.numerator, own->currency});
    }
    put_ratio(rows, side, "retention", "retention", result->retention);
    put_ratio(rows, side, "cost per recovery", "cost_per_recovery",
              tally_cost_per_recovery(result));
}

static void put_costs(GPtrArray *rows, size_t side, const TallyResult *result)
{
    const CostSum *cost = &result->cost;
    const struct {
        const char *name;
        int64_t minor;
    } costs[] = {
        {"messages and postage", cost->messages},
        {"agency", cost->agency},
        {"staff", cost->staff},
        {"together", cost->total},
    };
    if (!cost->currency.code[0])
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(costs); i++) {
        g_autofree char *name = g_strdup_printf("%s, %s", costs[i].name, cost->currency.code);
        put_money(rows, side, "costs", name, (Money){costs[i].minor, cost->currency});
    }
}

static int rank_of(const char *section)
{
    static const char *const order[] = {"accounts", "notices", "steps", "acts",
                                        "figures",  "costs",   NULL};
    int i = 0;
    while (order[i] && strcmp(order[i], section) != 0)
        i++;
    return i;
}

static int by_section(gconstpointer a, gconstpointer b)
{
    const ReportRow *x = *(ReportRow *const *)a, *y = *(ReportRow *const *)b;
    return rank_of(x->section) - rank_of(y->section);
}

/* A count that one side does not have is none; a figure is not. */
static void fill(ReportRow *row, size_t n_sides)
{
    bool counts = strcmp(row->section, "figures") != 0 && strcmp(row->section, "costs") != 0;
    for (size_t i = 0; i < n_sides; i++)
        if (!row->values[i] && counts)
            row->values[i] = g_strdup("0");
    if (n_sides < 2 || !row->values[0] || !row->values[1])
        return;
    const char *point = strchr(row->values[0], '.');
    int decimals = point ? (int)strlen(point + 1) : 0;
    double difference = g_ascii_strtod(row->values[1], NULL) - g_ascii_strtod(row->values[0], NULL);
    char format[8], text[64];
    g_snprintf(format, sizeof format, "%%+.%df", MIN(decimals, 9));
    row->difference =
        g_strdup(difference == 0 ? "=" : g_ascii_formatd(text, 64, format, difference));
}

GPtrArray *report_rows(const Report *report)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    for (size_t i = 0; i < report->n_sides; i++) {
        const TallyResult *result = report->sides[i];
        put(rows, i, "accounts", "accounts", result->accounts);
        put(rows, i, "accounts", "became delinquent", result->delinquent);
        put(rows, i, "accounts", "decisions", result->decisions);
        put_notices(rows, i, result);
        put_steps(rows, i, result);
        put_acts(rows, i, result);
        put_figures(rows, i, result);
        put_costs(rows, i, result);
    }
    g_ptr_array_sort(rows, by_section); /* stable: GLib sorts by merging */
    for (guint i = 0; i < rows->len; i++)
        fill(rows->pdata[i], report->n_sides);
    return rows;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *ratio_json(Ratio ratio)
{
    g_autofree char *text = ratio_text(ratio);
    return text ? json_string(text) : json_null();
}

static json_t *money_json(Money money)
{
    g_autofree char *text = money_to_decimal(money);
    return json_string(text);
}

static void count(json_t *object, const char *name, uint64_t n)
{
    json_int_t before = json_integer_value(json_object_get(object, name));
    json_object_set_new(object, name, json_integer(before + (json_int_t)n));
}

static json_t *steps_json(const TallyResult *result)
{
    json_t *steps = json_object();
    for (size_t i = 0; i < result->n_steps; i++)
        json_object_set_new(steps, result->steps[i].name,
                            json_pack("{s:I,s:I}", "entered", (json_int_t)result->steps[i].entries,
                                      "account_days", (json_int_t)result->steps[i].days));
    return steps;
}

static json_t *metrics_json(const TallyResult *result)
{
    json_t *metrics = json_object();
    for (size_t i = 0; i < result->n_currencies; i++) {
        const CurrencyTally *own = &result->currencies[i];
        json_object_set_new(
            metrics, own->currency.code,
            json_pack("{s:o, s:o, s:o}", "collection_rate_45d",
                      ratio_json(own->metrics.collection_rate_45d), "days_to_payment",
                      ratio_json(own->metrics.days_to_payment), "recovered",
                      money_json((Money){own->metrics.recovered.numerator, own->currency})));
    }
    return metrics;
}

static json_t *costs_json(const TallyResult *result)
{
    const CostSum *cost = &result->cost;
    if (!cost->currency.code[0])
        return json_null();
    return json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "currency", cost->currency.code, "messages",
                     money_json((Money){cost->messages, cost->currency}), "agency",
                     money_json((Money){cost->agency, cost->currency}), "staff",
                     money_json((Money){cost->staff, cost->currency}), "total",
                     money_json((Money){cost->total, cost->currency}), "per_recovery",
                     ratio_json(tally_cost_per_recovery(result)));
}

json_t *report_summary(const TallyResult *result)
{
    char from[16], to[16];
    json_t *notices = json_object(), *channels = json_object();
    for (size_t i = 0; i < result->n_notices; i++) {
        count(notices, result->notices[i].notice, result->notices[i].n);
        count(channels, result->notices[i].channel, result->notices[i].n);
    }
    json_t *acts = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "suspensions", (json_int_t)result->suspensions,
        "restored", (json_int_t)result->restored, "suspended_days",
        (json_int_t)result->suspended_days, "handovers", (json_int_t)result->handovers, "fees",
        (json_int_t)result->fees, "tasks", (json_int_t)result->tasks, "interventions",
        (json_int_t)result->interventions, "suppressed", (json_int_t)result->suppressed);
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "from",
                     date_format(result->from, from), "to", date_format(result->to, to), "accounts",
                     (json_int_t)result->accounts, "delinquent", (json_int_t)result->delinquent,
                     "decisions", (json_int_t)result->decisions, "notices", notices, "channels",
                     channels, "metrics", metrics_json(result), "steps", steps_json(result), "acts",
                     acts, "retention", ratio_json(result->retention), "costs", costs_json(result));
}

static json_t *side_json(const CompareSide *side)
{
    char at[32];
    if (side->at == INSTANT_NEVER)
        return json_null();
    return json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:s?}", "at", instant_format(side->at, at),
                     "decision", side->event, "subject", side->subject, "reason", side->reason,
                     "text", side->text, "rule", side->rule);
}

static json_t *differences_json(const Compare *compare)
{
    json_t *list = json_array();
    for (guint i = 0; i < compare->differences->len; i++) {
        const Difference *difference = compare->differences->pdata[i];
        json_array_append_new(list, json_pack("{s:s,s:o,s:o}", "account", difference->account, "a",
                                              side_json(&difference->sides[0]), "b",
                                              side_json(&difference->sides[1])));
    }
    return list;
}

json_t *report_json(const Report *report)
{
    if (report->n_sides < 2)
        return json_pack("{s:o}", "summary", report_summary(report->sides[0]));
    json_t *comparison = json_object();
    static const char *const names[] = {"a", "b"};
    for (size_t i = 0; i < 2; i++) {
        json_t *side = report_summary(report->sides[i]);
        json_object_set_new(side, "name", json_string(report->names[i]));
        json_object_set_new(comparison, names[i], side);
    }
    const Compare *compare = report->compare;
    json_object_set_new(comparison, "different_accounts",
                        json_integer((json_int_t)compare->different));
    json_object_set_new(comparison, "differences", differences_json(compare));
    json_object_set_new(comparison, "left_out",
                        json_integer((json_int_t)(compare->different - compare->differences->len)));
    return json_pack("{s:o}", "comparison", comparison);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void cell(GString *out, const char *text)
{
    bool is_first = out->len == 0 || out->str[out->len - 1] == '\n';
    g_autofree char *safe = text_cell(text ? text : "");
    if (!is_first)
        g_string_append_c(out, ',');
    if (strpbrk(safe, ",\"\r\n") == NULL) {
        g_string_append(out, safe);
        return;
    }
    g_string_append_c(out, '"');
    for (const char *p = safe; *p; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

static void number(GString *out, int64_t n)
{
    g_string_append_printf(out, ",%" PRId64, n);
}

static void end_row(GString *out)
{
    g_string_append(out, "\r\n");
}

char *report_csv(const Report *report)
{
    g_autoptr(GPtrArray) rows = report_rows(report);
    GString *out = g_string_new(NULL);
    cell(out, "section");
    cell(out, "name");
    for (size_t k = 0; k < report->n_sides; k++)
        cell(out, report->n_sides > 1 ? report->names[k] : "value");
    end_row(out);
    for (guint i = 0; i < rows->len; i++) {
        const ReportRow *row = rows->pdata[i];
        cell(out, row->section);
        cell(out, row->name);
        for (size_t k = 0; k < report->n_sides; k++) /* our own numbers: a minus is no formula */
            g_string_append_printf(out, ",%s", row->values[k] ? row->values[k] : "");
        end_row(out);
    }
    return g_string_free(out, FALSE);
}

static void day_title(GString *out, const Report *report, size_t side, const char *what,
                      const char *name)
{
    g_autofree char *title =
        g_strdup_printf("%s%s%s%s", report->n_sides > 1 ? side ? "B " : "A " : "", what,
                        name ? " " : "", name ? name : "");
    cell(out, title);
}

char *report_days_csv(const Report *report)
{
    GString *out = g_string_new(NULL);
    cell(out, "day");
    for (size_t k = 0; k < report->n_sides; k++) {
        const TallyResult *side = report->sides[k];
        day_title(out, report, k, "notices", NULL);
        for (size_t c = 0; c < side->n_currencies; c++)
            day_title(out, report, k, "collected minor units", side->currencies[c].currency.code);
        for (size_t s = 0; s < side->n_steps; s++)
            day_title(out, report, k, "in step", side->steps[s].name);
    }
    end_row(out);
    for (size_t day = 0; day < report->sides[0]->n_days; day++) {
        char text[16];
        cell(out, date_format(report->sides[0]->from + (Date)day, text));
        for (size_t k = 0; k < report->n_sides; k++) {
            const TallyResult *side = report->sides[k];
            number(out, side->notices_by_day[day]);
            for (size_t c = 0; c < side->n_currencies; c++)
                number(out, side->currencies[c].collected[day]);
            for (size_t s = 0; s < side->n_steps; s++)
                number(out, side->steps[s].by_day[day]);
        }
        end_row(out);
    }
    return g_string_free(out, FALSE);
}

char *report_differences_csv(const Report *report)
{
    GString *out = g_string_new(NULL);
    static const char *const titles[] = {"account",   "at A",     "decision A", "subject A",
                                         "reason A",  "text A",   "at B",       "decision B",
                                         "subject B", "reason B", "text B",     NULL};
    for (size_t i = 0; titles[i]; i++)
        cell(out, titles[i]);
    end_row(out);
    for (guint i = 0; report->compare && i < report->compare->differences->len; i++) {
        const Difference *difference = report->compare->differences->pdata[i];
        cell(out, difference->account);
        for (size_t k = 0; k < 2; k++) {
            const CompareSide *side = &difference->sides[k];
            char at[32];
            const char *const cells[] = {instant_format(side->at, at), side->event, side->subject,
                                         side->reason, side->text};
            for (size_t c = 0; c < G_N_ELEMENTS(cells); c++)
                cell(out, cells[c]);
        }
        end_row(out);
    }
    return g_string_free(out, FALSE);
}
