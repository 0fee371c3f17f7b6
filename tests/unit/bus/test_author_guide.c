/* What docs/plugin-author.md and sdk/template promise: the smallest plugin compiles with plugin.h
 * alone and runs, and what `make new-plugin` makes is a plugin. */
#include "rig.h"

#include "bus/probe.h"
#include "model/event.h"

#include <glib/gstdio.h>
#include <string.h>

/* The folder that holds the sources: above the build folder, or where the test was started. */
static char *source_path(const char *below)
{
    g_autofree char *dir = rig_path("..");
    for (int up = 0; up < 4; up++) {
        g_autofree char *header = g_build_filename(dir, "sdk/include/dunhub/plugin.h", NULL);
        if (g_file_test(header, G_FILE_TEST_EXISTS)) {
            return g_build_filename(dir, below, NULL);
        }
        char *above = g_build_filename(dir, "..", NULL);
        g_free(dir);
        dir = above;
    }
    return g_strdup(below);
}

static char *read_source(const char *below)
{
    g_autofree char *path = source_path(below);
    g_autoptr(GError) error = NULL;
    char *text = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

static char *first_c_block(const char *page)
{
    const char *begin = strstr(page, "\n```c\n");
    g_assert_nonnull(begin);
    begin += strlen("\n```c\n");
    const char *end = strstr(begin, "\n```\n");
    g_assert_nonnull(end);
    return g_strndup(begin, (size_t)(end + 1 - begin));
}

static void write_file(const char *dir, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void run(const char *const *arguments)
{
    g_autofree char *said = NULL;
    int status = 1;
    g_autoptr(GError) error = NULL;
    g_spawn_sync(NULL, (char **)(uintptr_t)arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                 &said, &status, &error);
    g_assert_no_error(error);
    if (status != 0) {
        g_error("%s ended with %d: %s", arguments[0], status, said);
    }
}

static void remove_all(const char *dir)
{
    g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_unlink(path);
    }
    g_rmdir(dir);
}

static void test_smallest_plugin(void)
{
    g_autofree char *page = read_source("docs/plugin-author.md");
    g_autofree char *source = first_c_block(page);
    g_autofree char *dir = g_dir_make_tmp("dunhub-guide-XXXXXX", NULL);
    g_autofree char *include = source_path("sdk/include");
    g_autofree char *flag = g_strconcat("-I", include, NULL);
    g_autofree char *file = g_build_filename(dir, "lines.c", NULL);
    g_autofree char *library = g_build_filename(dir, "lines.so", NULL);
    write_file(dir, "lines.c", source);
    const char *compile[] = {"cc",          "-std=gnu11", "-Wall",
                             "-Wextra",     "-Wpedantic", "-Werror",
                             "-shared",     "-fPIC",      "-fvisibility=hidden",
                             "-Wl,-z,defs", flag,         file,
                             "-o",          library,      NULL};
    run(compile);
    g_autofree char *rows = g_build_filename(dir, "rows.ndjson", NULL);
    g_autofree char *options = g_strdup_printf("{\"path\":\"%s\"}", rows);
    g_autoptr(Rig) rig = rig_new_with(dir);
    rig_add(rig, "one", "lines", ISOLATE_PROCESS, options);
    rig_wait_up(rig, "one");
    const RigResult *result = rig_call(rig, "one", 1, CALL_ACTION, "row.append", "{\"row\":[1,2]}");
    g_assert_cmpint(result->outcome, ==, OUTCOME_OK);
    g_assert_cmpstr(result->external_id, ==, "key-1");
    rig_call(rig, "one", 2, CALL_ACTION, "row.append", "{\"row\":[3]}");
    g_autofree char *written = NULL;
    g_assert_true(g_file_get_contents(rows, &written, NULL, NULL));
    g_assert_cmpstr(written, ==, "{\"row\":[1,2]}\n{\"row\":[3]}\n");
    rig_add(rig, "two", "lines", ISOLATE_PROCESS, "{\"path\":\"/nowhere/at/all\"}");
    rig_wait_up(rig, "two");
    result = rig_call(rig, "two", 3, CALL_ACTION, "row.append", "{}");
    g_assert_cmpint(result->outcome, ==, OUTCOME_RETRY);
    g_assert_cmpstr(
        result->message, ==,
        "/nowhere/at/all: No such file or directory; check the option 'path' and the disk");
    remove_all(dir);
}

static char *named(const char *text, const char *name)
{
    g_auto(GStrv) parts = g_strsplit(text, "@NAME@", -1);
    return g_strjoinv(name, parts);
}

static void test_template(void)
{
    g_autofree char *given = read_source("sdk/template/@NAME@.c");
    g_autofree char *source = named(given, "my_crm");
    g_autofree char *dir = g_dir_make_tmp("dunhub-guide-XXXXXX", NULL);
    g_autofree char *include = source_path("sdk/include");
    g_autofree char *flag = g_strconcat("-I", include, NULL);
    g_autofree char *file = g_build_filename(dir, "my_crm.c", NULL);
    g_autofree char *library = g_build_filename(dir, "my_crm.so", NULL);
    write_file(dir, "my_crm.c", source);
    g_autofree char *sdk = rig_path("lib/libdunhub-sdk.a");
    const char *compile[] = {"cc",      "-std=gnu17", "-Wall", "-Wextra",
                             "-Werror", "-shared",    "-fPIC", "-fvisibility=hidden",
                             flag,      file,         sdk,     "-ljansson",
                             "-lcurl",  "-lcrypto",   "-lm",   "-o",
                             library,   NULL};
    run(compile);
    g_autofree char *host = rig_path("dunhub-host");
    bool lasting;
    g_autoptr(json_t) manifest = probe_file(host, library, PROBE_LIMIT_MS, &lasting);
    g_assert_cmpstr(json_string_value(json_object_get(manifest, "error")), ==, NULL);
    g_assert_nonnull(manifest_action(manifest, "note.write"));
    g_assert_true(json_is_true(json_object_get(manifest, "check")));
    remove_all(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus/author_guide/smallest_plugin", test_smallest_plugin);
    g_test_add_func("/bus/author_guide/template", test_template);
    return g_test_run();
}
