/* Case files: what is refused, where, and with which word. */
#include <glib/gstdio.h>

#include "cases/case.h"
#include "cases/shape.h"

static const char head[] = "format: delinquency-cases/1\n"
                           "defaults: {tz: America/Chicago, currency: USD, settings: "
                           "{days_to_overdue: 10, step_days: {new: 5}}}\n"
                           "policies: {ladder: {stages: [{name: nudge, from: 1, to: 7}]}}\n"
                           "cases:\n";

typedef struct {
    const char *name, *text, *code, *message;
    int line, column;
} Row;

static const Row rows[] = {
    {"unknown verb",
     "- {id: A, title: t, source: s, when: [{at: \"2026-07-01T06:00\", do: invoice_isued}], then: "
     "[]}\n",
     "T006", "unknown verb 'invoice_isued', did you mean 'invoice_issued'?", 5, 68},
    {"unknown key of an event",
     "- id: A\n  title: t\n  source: s\n  given: {accounts: [{id: A}]}\n  when:\n"
     "  - {at: \"2026-07-01T06:00\", do: evaluate_now, acount: A, account: A}\n  then: []\n",
     "T002", "unknown key 'acount', did you mean 'account'?", 10, 48},
    {"missing key",
     "- {id: A, title: t, source: s, when: [{at: \"2026-07-01T06:00\", do: query_dates, issued_on: "
     "2026-07-01}], then: []}\n",
     "T004", "'account' is missing here", 5, 39},
    {"wrong value",
     "- {id: A, title: t, source: s, when: [], then: [{day: 2026-07-01, state: {status: "
     "overdu}}]}\n",
     "T005", "unknown value 'overdu', did you mean 'overdue'?", 5, 83},
    {"not a date", "- {id: A, title: t, source: s, when: [], then: [{day: 2026-02-30}]}\n", "T003",
     "'2026-02-30' is not a date like 2026-07-01", 5, 55},
    {"unknown account",
     "- {id: A, title: t, source: s, when: [], then: [{day: 2026-07-01, account: Z}]}\n", "T008",
     "account 'Z' is not among the accounts of 'given'", 5, 76},
    {"unknown op", "- {id: A, title: t, source: s, when: [], then: [{never: [suspend_servic]}]}\n",
     "T010", "unknown op or notice 'suspend_servic', did you mean 'suspend_service'?", 5, 58},
    {"unknown notice",
     "- {id: A, title: t, source: s, when: [], then: [{day: 2026-07-01, sent: [{notice: "
     "nudges}]}]}\n",
     "T010", "unknown notice 'nudges', did you mean 'nudge'?", 5, 83},
    {"no time", "- {id: A, title: t, source: s, when: [], then: [{sent: []}]}\n", "T013",
     "an assertion needs one of at, day, between, after, never, audit", 5, 49},
    {"out of order",
     "- id: A\n  title: t\n  source: s\n  when:\n  - {at: \"2026-07-02T06:00\", do: hub_down}\n  - "
     "{at: \"2026-07-01T06:00\", do: hub_up}\n  then: "
     "[]\n",
     "T009", "events stand in order of time; this one is earlier than the one before it", 10, 10},
    {"twice",
     "- {id: A, title: t, source: s, when: [], then: []}\n- {id: A, title: t, source: s, when: [], "
     "then: []}\n",
     "T011", NULL, 6, 8},
    {"a setting",
     "- {id: A, title: t, source: s, given: {settings: {days_to_overdu: 3}}, when: [], then: []}\n",
     "T002", "unknown key 'days_to_overdu', did you mean 'days_to_overdue'?", 5, 51},
    {"settings as a list",
     "- {id: A, title: t, source: s, given: {settings: [days_to_overdue, 3]}, when: [], then: "
     "[]}\n",
     "T003", "'settings' must be a map, not a list", 5, 50},
};

static char *write_file(const char *dir, const char *name, const char *text)
{
    char *path = g_build_filename(dir, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void test_findings(gconstpointer data)
{
    const Row *row = data;
    g_autofree char *dir = g_dir_make_tmp("cases-XXXXXX", NULL);
    g_autofree char *text = g_strconcat(head, row->text, NULL);
    g_autofree char *path = write_file(dir, "a.yaml", text);
    const char *paths[] = {path};
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    CaseSet set;
    g_assert_false(cases_load(paths, 1, arena, diags, &set));
    diags_sort(diags);
    const Diag *diag = diags_get(diags, 0);
    g_assert_cmpstr(diag->code, ==, row->code);
    if (row->message != NULL)
        g_assert_cmpstr(diag->message, ==, row->message);
    g_assert_cmpint(diag->place.line, ==, row->line);
    g_assert_cmpint(diag->place.column, ==, row->column);
    g_assert_cmpuint(diags_length(diags), ==, 1);
    g_unlink(path);
    g_rmdir(dir);
}

/* A later file takes defaults and policies from the one before it; its own keys are laid over them.
 */
static void test_inherits(void)
{
    g_autofree char *dir = g_dir_make_tmp("cases-XXXXXX", NULL);
    g_autofree char *base =
        g_strconcat(head, "- {id: A, title: t, source: s, when: [], then: []}\n", NULL);
    g_autofree char *first = write_file(dir, "a.yaml", base);
    g_autofree char *second = write_file(
        dir, "b.yaml",
        "format: delinquency-cases/1\ninherits: [defaults, policies]\ncases:\n"
        "- {id: B, title: t, source: s, given: {settings: {days_to_overdue: 3}}, when: [], "
        "then: [{day: 2026-07-01, sent: [{notice: nudge}]}]}\n");
    const char *paths[] = {first, second};
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    CaseSet set;
    g_assert_true(cases_load(paths, 2, arena, diags, &set));
    g_assert_cmpuint(set.n, ==, 2);
    const Node *settings = node_get(set.cases[1].given, "settings");
    g_assert_cmpint(node_int(settings, "days_to_overdue", 0), ==, 3);
    g_assert_nonnull(node_get(settings, "step_days"));
    g_assert_cmpstr(node_text(set.cases[1].given, "tz"), ==, "America/Chicago");
    g_assert_nonnull(node_get(set.cases[1].policies, "ladder"));
    g_assert_false(cases_load(paths + 1, 1, arena, diags, &set));
    g_unlink(first);
    g_unlink(second);
    g_rmdir(dir);
}

static void test_instants(void)
{
    const Zone *chicago = zone_get("America/Chicago", NULL);
    static const struct {
        const char *text, *utc;
    } table[] = {
        {"2026-07-01T06:00", "2026-07-01T11:00:00.000Z"},
        {"2026-12-01T06:00", "2026-12-01T12:00:00.000Z"},
        {"2026-07-11T05:00:00Z", "2026-07-11T05:00:00.000Z"},
        {"2026-07-13T07:59:59-07:00", "2026-07-13T14:59:59.000Z"},
        {"2027-03-14T02:30", "2027-03-14T08:00:00.000Z"}, /* skipped: the next existing minute */
        {"2026-11-01T01:30", "2026-11-01T06:30:00.000Z"}, /* twice: the first */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        char text[32];
        g_assert_cmpstr(instant_format(case_instant(table[i].text, chicago), text), ==,
                        table[i].utc);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *path = g_strconcat("/cases/parse/", rows[i].name, NULL);
        g_test_add_data_func(path, &rows[i], test_findings);
    }
    g_test_add_func("/cases/parse/inherits", test_inherits);
    g_test_add_func("/cases/parse/instants", test_instants);
    return g_test_run();
}
