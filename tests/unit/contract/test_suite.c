/* The contract suite itself: a plugin that keeps the laws passes, and each law goes red when it is broken. */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/probe.h"
#include "contract/suite.h"

static char *place(const char *below)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *room = g_path_get_dirname(self);
    return g_build_filename(room, "../../..", below, NULL);
}

typedef struct {
    char *plugins, *host, *folder, *text;
    json_t *manifest;
} Desk;

static Desk desk;

static void open_desk(void)
{
    g_autoptr(GError) error = NULL;
    desk.plugins = place("tests/plugins");
    desk.host = place("dunhub-host");
    g_autofree char *file = g_build_filename(desk.plugins, "careless.so", NULL);
    bool lasting;
    desk.manifest = probe_file(desk.host, file, PROBE_LIMIT_MS, &lasting);
    g_assert_null(json_object_get(desk.manifest, "error"));
    g_autofree char *top = g_dir_make_tmp("dunhub-contract-test-XXXXXX", &error);
    g_assert_no_error(error);
    desk.folder = g_build_filename(top, "careless", NULL);
    g_assert_cmpint(g_mkdir(desk.folder, 0700), ==, 0);
    g_file_get_contents("tests/plugins/careless/contract.yaml", &desk.text, NULL, &error);
    g_assert_no_error(error);
}

static void close_desk(void)
{
    g_autofree char *file = g_build_filename(desk.folder, "contract.yaml", NULL);
    g_autofree char *top = g_path_get_dirname(desk.folder);
    g_unlink(file);
    g_rmdir(desk.folder);
    g_rmdir(top);
    json_decref(desk.manifest);
    g_free(desk.plugins);
    g_free(desk.host);
    g_free(desk.folder);
    g_free(desk.text);
}

static Suite *load(const char *text, Arena *arena, Diags *diags)
{
    g_autofree char *file = g_build_filename(desk.folder, "contract.yaml", NULL);
    g_assert_true(g_file_set_contents(file, text, -1, NULL));
    return suite_load(desk.folder, desk.manifest, arena, diags);
}

/* What the run printed; *ret_tally counts it. */
static char *run_with(const char *fault, const char *only, SuiteTally *ret_tally)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GString) text = g_string_new(desk.text);
    g_autofree char *chosen = g_strdup_printf("fault: %s", fault);
    g_assert_cmpuint(g_string_replace(text, "fault: none", chosen, 0), ==, 1);
    g_autoptr(Suite) suite = load(text->str, arena, diags);
    diags_print(diags, stderr, false);
    g_assert_nonnull(suite);
    char *printed = NULL;
    size_t n;
    FILE *out = open_memstream(&printed, &n);
    const SuiteOptions options = {desk.plugins, desk.host, only, out};
    g_autoptr(GError) error = NULL;
    *ret_tally = (SuiteTally){0};
    g_assert_true(suite_run(suite, desk.manifest, &options, ret_tally, &error));
    g_assert_no_error(error);
    fclose(out);
    char *owned = g_strdup(printed);
    free(printed);
    return owned;
}

static const struct {
    const char *fault, *law;
} faults[] = {
    {"429_dead", "note.write: 429 with Retry-After is waited for"},
    {"no_retry_after", "note.write: 429 with Retry-After is waited for"},
    {"408_uncertain", "note.write: 408 is tried again"},
    {"401_retry", "note.write: 401 is the credential"},
    {"422_retry", "note.write: 422 will never work"},
    {"500_retry", "message.sms: 500 may have been done"},
    {"500_ok", "note.write: 500 may have been done"},
    {"loops", "note.write: 503 is tried again"},
    {"lost_retry", "message.sms: an answer is lost"},
    {"unreadable_ok", "message.sms: a page for people"},
    {"unreadable_ok", "note.write: a body that is malformed"},
    {"follows", "note.write: a redirect to another host is not followed"},
    {"no_key", "note.write: the key is the same on every attempt"},
    {"key_changes", "note.write: the key is the same on every attempt"},
    {"leaks", "note.write: the example is good"},
    {"raw_json", "message.sms: hostile texts"},
    {"yen_in_cents", "note.write: amounts of other currencies"},
    {"skips", "flags: pages are neither skipped nor repeated"},
    {"repeats", "flags: pages are neither skipped nor repeated"},
    {"new_ids", "flags: learned again has the same id"},
    {"undeclared", "flags: only declared events"},
    {"no_key", "a note with its key"},
    {"skips", "a poll goes on where it was"},
};

static void test_each_law_goes_red(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        SuiteTally tally;
        g_autofree char *printed = run_with(faults[i].fault, faults[i].law, &tally);
        g_autofree char *line = g_strdup_printf("not ok careless: %s\n", faults[i].law);
        if (strstr(printed, line) == NULL)
            g_error("with '%s' the law '%s' stays green:\n%s", faults[i].fault, faults[i].law,
                    printed);
    }
}

static void test_all_hold(void)
{
    static const char *const parts[] = {"note.write: 4*", "note.write: a*", "flags: p*", "a *"};
    unsigned passed = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        SuiteTally tally;
        g_autofree char *printed = run_with("none", parts[i], &tally);
        if (tally.failed > 0)
            g_error("%s", printed);
        passed += tally.passed;
    }
    g_assert_cmpuint(passed, >, 20);
}

static void test_diagnostics(void)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"cases:\n- {name: x, call: note.wrte, expect: {outcome: ok}}\n", "K002"},
        {"cases:\n- {name: x, expect: {outcome: ok}}\n", "K001"},
        {"cases:\n- {name: x, call: note.write, check: true, expect: {outcome: ok}}\n", "K001"},
        {"cases:\n- {name: x, call: note.write, expect: {outcome: fine}}\n", "C036"},
        {"cases:\n- {name: x, call: note.write}\n", "C034"},
        {"cases: {a: 1}\n", "K001"},
        {"options: {tokn: x}\n", "K002"},
        {"examples: []\n", "K003"},
        {"nothing: 1\n", "C031"},
        {"examples:\n- {action: note.write, server: [{answer: {json: '{\"a\":'}}]}\n", "K001"},
        {"examples:\n- {server: []}\n", "K001"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_assert_null(load(rows[i].text, arena, diags));
        bool found = false;
        for (size_t j = 0; j < diags_length(diags); j++)
            found |= strcmp(diags_get(diags, j)->code, rows[i].code) == 0;
        if (!found)
            g_error("%s: no %s", rows[i].text, rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    open_desk();
    g_test_add_func("/contract/suite/diagnostics", test_diagnostics);
    g_test_add_func("/contract/suite/all-hold", test_all_hold);
    g_test_add_func("/contract/suite/each-law-goes-red", test_each_law_goes_red);
    int status = g_test_run();
    close_desk();
    return status;
}
