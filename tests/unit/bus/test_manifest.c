/* Manifests of real plugin files, good and bad, and what the cache remembers of them. */
#include "rig.h"

#include "bus/probe.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

typedef struct {
    char *dir, *cache, *host;
} Folder;

static void copy_plugin(const Folder *folder, const char *plugin)
{
    g_autofree char *from_name = g_strdup_printf("tests/plugins/%s.so", plugin);
    g_autofree char *from = rig_path(from_name);
    g_autofree char *to = g_strdup_printf("%s/%s.so", folder->dir, plugin);
    g_autofree char *bytes = NULL;
    size_t n;
    g_assert_true(g_file_get_contents(from, &bytes, &n, NULL));
    g_assert_true(g_file_set_contents(to, bytes, (gssize)n, NULL));
}

static Folder folder_new(void)
{
    Folder folder = {.dir = g_dir_make_tmp("dunhub-plugins-XXXXXX", NULL),
                     .host = rig_path("dunhub-host")};
    folder.cache = g_build_filename(folder.dir, "manifests.json", NULL);
    return folder;
}

static void folder_done(Folder *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder->dir, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder->dir, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder->dir);
    g_free(folder->dir);
    g_free(folder->cache);
    g_free(folder->host);
}

static const char *error_of(const Manifests *manifests, const char *plugin)
{
    return json_string_value(json_object_get(manifests_get(manifests, plugin), "error"));
}

static void test_good_and_bad_files(void)
{
    static const struct {
        const char *plugin, *error;
    } rows[] = {
        {"crash_on_load", "ended with signal 9"},
        {"foreign", "ABI 7.2, this hub speaks 1.2"},
        {"newer", NULL},
        {"not_a_plugin", "exports no dunhub_plugin"},
        {"older", NULL},
        {"unruly", NULL},
    };
    Folder folder = folder_new();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        copy_plugin(&folder, rows[i].plugin);
    }
    g_autoptr(Manifests) manifests = manifests_load(folder.dir, folder.host, NULL);
    g_assert_cmpuint(manifests_count(manifests), ==, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_true(manifests_at(manifests, i) == manifests_get(manifests, rows[i].plugin));
        const char *error = error_of(manifests, rows[i].plugin);
        g_assert_cmpint(error != NULL, ==, rows[i].error != NULL);
        g_assert_true(error == NULL || strstr(error, rows[i].error) != NULL);
    }
    const json_t *unruly = manifests_get(manifests, "unruly");
    g_assert_nonnull(manifest_action(unruly, "test.echo"));
    g_assert_null(manifest_action(unruly, "test.nothing"));
    g_assert_null(manifests_get(manifests, "nowhere"));
    g_assert_null(manifests_at(manifests, G_N_ELEMENTS(rows)));
    g_assert_false(g_file_test(folder.cache, G_FILE_TEST_EXISTS));
    folder_done(&folder);
}

/* Changes what the cache says of a plugin, so that it shows when the cache was asked. */
static void mark_cache(const Folder *folder, const char *plugin)
{
    json_t *cache = json_load_file(folder->cache, 0, NULL);
    const char *path;
    json_t *entry;
    json_object_foreach(json_object_get(cache, "files"), path, entry)
    {
        json_t *manifest = json_object_get(entry, "manifest");
        if (g_str_equal(json_string_value(json_object_get(manifest, "name")), plugin)) {
            json_object_set_new(manifest, "error", json_string("from the cache"));
        }
    }
    g_assert_cmpint(json_dump_file(cache, folder->cache, 0), ==, 0);
    json_decref(cache);
}

static void touch(const Folder *folder, const char *plugin)
{
    g_autofree char *path = g_strdup_printf("%s/%s.so", folder->dir, plugin);
    const struct utimbuf long_ago = {1000000000, 1000000000};
    g_assert_cmpint(utime(path, &long_ago), ==, 0);
}

static void test_cache(void)
{
    Folder folder = folder_new();
    copy_plugin(&folder, "unruly");
    copy_plugin(&folder, "crash_on_load");
    g_autoptr(Manifests) first = manifests_load(folder.dir, folder.host, folder.cache);
    g_assert_null(error_of(first, "unruly"));
    mark_cache(&folder, "unruly");
    mark_cache(&folder, "crash_on_load");
    g_autoptr(Manifests) second = manifests_load(folder.dir, folder.host, folder.cache);
    g_assert_cmpstr(error_of(second, "unruly"), ==, "from the cache");
    g_assert_cmpstr(error_of(second, "crash_on_load"), ==, "from the cache"); /* not run again */
    touch(&folder, "crash_on_load");
    g_autoptr(Manifests) third = manifests_load(folder.dir, folder.host, folder.cache);
    g_assert_cmpstr(error_of(third, "unruly"), ==, "from the cache");
    g_assert_nonnull(strstr(error_of(third, "crash_on_load"), "signal 9"));
    g_assert_true(g_file_set_contents(folder.cache, "{\"form\":", -1, NULL));
    g_autoptr(Manifests) fourth = manifests_load(folder.dir, folder.host, folder.cache);
    g_assert_null(error_of(fourth, "unruly"));
    g_autoptr(Manifests) other_host = manifests_load(folder.dir, "/bin/true", folder.cache);
    g_assert_nonnull(strstr(error_of(other_host, "unruly"), "exit status 0"));
    folder_done(&folder);
}

static void test_hanging_file(void)
{
    g_autofree char *host = rig_path("dunhub-host");
    g_autofree char *file = rig_path("tests/plugins/hang_on_load.so");
    bool lasting = false;
    g_autoptr(json_t) manifest = probe_file(host, file, 100, &lasting);
    g_assert_nonnull(strstr(json_string_value(json_object_get(manifest, "error")),
                            "did not finish loading within 100 ms"));
    g_assert_cmpstr(json_string_value(json_object_get(manifest, "name")), ==, "hang_on_load");
    g_assert_true(lasting);
    g_autoptr(json_t) none = probe_file("/nowhere/dunhub-host", file, 100, &lasting);
    g_assert_nonnull(
        strstr(json_string_value(json_object_get(none, "error")), "could not be started"));
    g_assert_false(lasting);
}

static void test_no_folder(void)
{
    g_autoptr(Manifests) manifests = manifests_load("/nowhere", "/bin/true", NULL);
    g_assert_cmpuint(manifests_count(manifests), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bus/manifest/good_and_bad_files", test_good_and_bad_files);
    g_test_add_func("/bus/manifest/cache", test_cache);
    g_test_add_func("/bus/manifest/hanging_file", test_hanging_file);
    g_test_add_func("/bus/manifest/no_folder", test_no_folder);
    return g_test_run();
}
