/* What a start or reload of the rules costs: 2,000 routes and every rule row of conf.d, read from
 * files and compiled to a rulebook. A folder is made of conf.d as it lies there and of one more file
 * with 2,000 routes on the hub's own events, half of them with a condition of three parts.
 *
 * The floor in the same round is libyaml's own parser over the same bytes, its events thrown away.
 * Medians of several rounds, in processor time of the thread; wanted is the absolute figure. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yaml.h>

#include "escalation/policy.h"

enum { ROUNDS = 15, ROUTES = 2000, WANTED_MS = 100 };

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

/* ---- the folder ------------------------------------------------------------------------------ */

typedef struct {
    char *dir;
    GPtrArray *files; /* paths in it */
    size_t bytes;
} Folder;

static char *routes_text(void)
{
    static const char *const events[] = {"case.opened", "case.step_entered", "case.step_left",
                                         "case.needs_intervention", "case.resolved"};
    g_autoptr(GString) text = g_string_new("routes:\n");
    for (int i = 0; i < ROUTES; i++) {
        const char *event = events[i % (int)G_N_ELEMENTS(events)];
        if (i % 2 == 0)
            g_string_append_printf(text, "  - {event: %s, do: [audit_row, finance_alert]}\n",
                                   event);
        else
            g_string_append_printf(text,
                                   "  - {event: %s, when: 'age >= %d and overdue > money(\"%d.00 "
                                   "USD\") and segment != "
                                   "\"vip\"', do: [audit_row]}\n",
                                   event, i % 90, i);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void folder_add(Folder *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder->dir, name, NULL);
    if (!g_file_set_contents(path, text, -1, NULL))
        exit(1);
    folder->bytes += strlen(text);
    g_ptr_array_add(folder->files, path);
}

/* Its own few routes give way to ours: a list stands in one file. */
static Folder folder_make(void)
{
    Folder folder = {g_dir_make_tmp("bench-XXXXXX", NULL), g_ptr_array_new_with_free_func(g_free),
                     0};
    g_autoptr(GDir) conf = g_dir_open("conf.d", 0, NULL);
    for (const char *name = conf ? g_dir_read_name(conf) : NULL; name;
         name = g_dir_read_name(conf)) {
        g_autofree char *path = g_build_filename("conf.d", name, NULL);
        g_autofree char *text = NULL;
        if (g_str_has_suffix(name, ".yaml") && strcmp(name, "40-routes.yaml") != 0 &&
            g_file_get_contents(path, &text, NULL, NULL))
            folder_add(&folder, name, text);
    }
    g_autofree char *routes = routes_text();
    folder_add(&folder, "40-routes.yaml", routes);
    return folder;
}

static void folder_remove(Folder *folder)
{
    for (guint i = 0; i < folder->files->len; i++)
        g_unlink(folder->files->pdata[i]);
    g_rmdir(folder->dir);
    g_free(folder->dir);
    g_ptr_array_unref(folder->files);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static double load_ms(const Folder *folder, size_t *ret_routes, size_t *ret_rules)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Rulebook book = {0};
    double start = cpu_ms();
    const Node *root = tree_parse_dir(folder->dir, arena, diags);
    bool good = root && rulebook_load(root, NULL, 0, 1, arena, diags, &book);
    double ms = cpu_ms() - start;
    if (!good) {
        diags_print(diags, stderr, false);
        exit(1);
    }
    *ret_routes = book.n_routes;
    *ret_rules = book.rules.n;
    return ms;
}

static double floor_ms(const Folder *folder)
{
    double start = cpu_ms();
    for (guint i = 0; i < folder->files->len; i++) {
        g_autofree char *text = NULL;
        gsize n = 0;
        yaml_parser_t parser;
        if (!g_file_get_contents(folder->files->pdata[i], &text, &n, NULL) ||
            !yaml_parser_initialize(&parser))
            exit(1);
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
        for (bool more = true; more;) {
            yaml_event_t event;
            if (!yaml_parser_parse(&parser, &event))
                exit(1);
            more = event.type != YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        }
        yaml_parser_delete(&parser);
    }
    return cpu_ms() - start;
}

int main(void)
{
    Folder folder = folder_make();
    double ours[ROUNDS], least[ROUNDS];
    size_t routes = 0, rules = 0;
    for (int round = 0; round < ROUNDS; round++) {
        least[round] = floor_ms(&folder);
        ours[round] = load_ms(&folder, &routes, &rules);
    }
    double ms = median(ours), bare = median(least);
    printf("loading the rules: %zu routes, %zu rule rows, %.0f KB of YAML\n", routes, rules,
           (double)folder.bytes / 1024);
    printf("  to a rulebook  %8.1f ms\n  libyaml alone  %8.1f ms   %.1fx of it\n", ms, bare,
           ms / bare);
    printf("  wanted: at most %d ms: %s\n", WANTED_MS, ms <= WANTED_MS ? "met" : "missed");
    printf("{\"load_ms\": %.2f, \"libyaml_ms\": %.2f, \"ratio\": %.2f, \"routes\": %zu, "
           "\"rules\": %zu, \"wanted_ms\": %d}\n",
           ms, bare, ms / bare, routes, rules, WANTED_MS);
    folder_remove(&folder);
    return 0;
}
