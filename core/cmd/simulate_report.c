#include "cmd/simulate_report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/table.h"

enum { NAME_CHARS = 60 };

/* ---- tables ---------------------------------------------------------------------------------- */

static void print_head(const Report *report)
{
    char from[16], to[16];
    for (size_t i = 0; i < report->n_sides; i++) {
        const TallyResult *side = report->sides[i];
        printf("%s%s%s%s to %s: %" PRIu64 " accounts, %" PRIu64 " became delinquent, %" PRIu64
               " decisions\n",
               report->n_sides > 1 ? (i ? "B " : "A ") : "",
               report->n_sides > 1 ? report->names[i] : "", report->n_sides > 1 ? ": " : "",
               date_format(side->from, from), date_format(side->to, to), side->accounts,
               side->delinquent, side->decisions);
    }
}

static char *value_text(const ReportRow *row, size_t side)
{
    const char *value = row->values[side] ? row->values[side] : "nothing to judge";
    const char *target = row->targets[side];
    return target ? g_strdup_printf("%s (target %s)", value, target) : g_strdup(value);
}

static bool is_empty(const ReportRow *row, size_t n_sides)
{
    for (size_t i = 0; i < n_sides; i++)
        if (g_strcmp0(row->values[i], "0") != 0)
            return false;
    return true;
}

static void print_section(const Report *report, const GPtrArray *rows, const char *section)
{
    const char *const one[] = {section, " ", NULL}, *const two[] = {section, "A", "B", "B - A",
                                                                    NULL};
    g_autoptr(Table) table = table_new(report->n_sides > 1 ? two : one, 0);
    bool any = false;
    for (guint i = 0; i < rows->len; i++) {
        const ReportRow *row = rows->pdata[i];
        if (strcmp(row->section, section) != 0 || is_empty(row, report->n_sides))
            continue;
        g_autofree char *a = value_text(row, 0);
        g_autofree char *b = report->n_sides > 1 ? value_text(row, 1) : NULL;
        const char *const cells[] = {row->name, a, report->n_sides > 1 ? b : NULL, row->difference,
                                     NULL};
        table_add(table, cells);
        any = true;
    }
    if (!any)
        return;
    putchar('\n');
    table_print(table, stdout);
}

static const char *decision_text(const CompareSide *side, char at[static 32], char **ret_text)
{
    if (side->at == INSTANT_NEVER) {
        *ret_text = g_strdup("nothing more");
        return "-";
    }
    instant_format(side->at, at);
    at[10] = '\0';
    *ret_text = g_strdup_printf("%s%s%s: %s", side->event, side->subject ? " " : "",
                                side->subject ? side->subject : "", side->text ? side->text : "");
    return at;
}

static void print_differences(const Compare *compare)
{
    size_t shown = compare->differences->len;
    printf("\n%zu of %zu accounts are treated differently", compare->different, compare->accounts);
    if (shown == 0) {
        puts("");
        return;
    }
    puts(". Where they part first:");
    static const char *const titles[] = {"account", " ", "on", "decision", NULL};
    g_autoptr(Table) table = table_new(titles, 3);
    for (size_t i = 0; i < shown; i++) {
        const Difference *difference = compare->differences->pdata[i];
        for (size_t k = 0; k < 2; k++) {
            char at[32];
            g_autofree char *text = NULL;
            const char *day = decision_text(&difference->sides[k], at, &text);
            const char *const cells[] = {k == 0 ? difference->account : " ", k == 0 ? "A" : "B",
                                         day, text, NULL};
            table_add(table, cells);
        }
    }
    table_print(table, stdout);
    if (compare->different > shown)
        printf("and %zu more; --limit says how many are shown\n", compare->different - shown);
}

static void print_tables(const Report *report)
{
    static const char *const sections[] = {"notices", "steps", "acts", "figures", "costs"};
    g_autoptr(GPtrArray) rows = report_rows(report);
    putchar('\n');
    print_head(report);
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
        print_section(report, rows, sections[i]);
    if (report->compare)
        print_differences(report->compare);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool write_file(const char *folder, const char *name, const char *ending, const char *text,
                       GError **error)
{
    g_autofree char *file = g_strconcat(name, ending, NULL);
    g_autofree char *path = g_build_filename(folder, file, NULL);
    if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error)) {
        g_prefix_error(error, "the report cannot be written: ");
        return false;
    }
    printf("%s\n", path);
    return true;
}

static char *json_document(const Report *report)
{
    g_autoptr(json_t) json = report_json(report);
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    char *owned = g_strconcat(text, "\n", NULL);
    free(text);
    return owned;
}

static bool write_csv(const Report *report, const char *folder, GError **error)
{
    g_autofree char *summary = report_csv(report);
    if (!folder) {
        fputs(summary, stdout);
        return true;
    }
    g_autofree char *days = report_days_csv(report);
    g_autofree char *differences = report->compare ? report_differences_csv(report) : NULL;
    return write_file(folder, "summary", ".csv", summary, error) &&
           write_file(folder, "days", ".csv", days, error) &&
           (!differences || write_file(folder, "differences", ".csv", differences, error));
}

static bool write_json(const Report *report, const char *folder, GError **error)
{
    g_autofree char *text = json_document(report);
    if (folder)
        return write_file(folder, "report", ".json", text, error);
    fputs(text, stdout);
    return true;
}

static bool write_svg(const Report *report, const char *folder, GError **error)
{
    g_autoptr(GHashTable) charts = report_charts(report);
    GList *names = g_list_sort(g_hash_table_get_keys(charts), (GCompareFunc)strcmp);
    bool good = true;
    for (const GList *name = names; good && name; name = name->next)
        good =
            write_file(folder, name->data, ".svg", g_hash_table_lookup(charts, name->data), error);
    g_list_free(names);
    return good;
}

bool report_write(const Report *report, ReportFormat format, const char *folder, GError **error)
{
    if (folder && g_mkdir_with_parents(folder, 0755) != 0) {
        int failed = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(failed),
                    "the folder %s cannot be made: %s", folder, g_strerror(failed));
        return false;
    }
    switch (format) {
    case REPORT_CSV:
        return write_csv(report, folder, error);
    case REPORT_JSON:
        return write_json(report, folder, error);
    case REPORT_SVG:
        return write_svg(report, folder, error);
    case REPORT_TABLE:
        break;
    }
    print_tables(report);
    return !folder || (write_csv(report, folder, error) && write_json(report, folder, error) &&
                       write_svg(report, folder, error));
}

void report_print_json(const Report *report)
{
    g_autoptr(json_t) json = report_json(report);
    g_autofree char *text = json_canonical(json);
    puts(text);
}
