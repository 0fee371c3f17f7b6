#include "bus/manifest.h"

#include "base/hash.h"
#include "base/log.h"
#include "bus/probe.h"

#include <dunhub/plugin.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define CACHE_MAX (64u << 20)
#define FILE_MAX (256u << 20)
#define CACHE_FORM 1

struct Manifests {
    GPtrArray *rows; /* json_t, by name */
};

static const char *name_of(const json_t *manifest)
{
    const char *name = json_string_value(json_object_get(manifest, "name"));
    return name != NULL ? name : "";
}

/* ---- what a file is, for the cache
 * ---------------------------------------------------------------------------------- */

/* {"path","size","mtime_ns","sha256"}; NULL and *error when it cannot be read. */
static json_t *fingerprint(const char *path, GError **error)
{
    struct stat at;
    if (g_stat(path, &at) != 0 || !S_ISREG(at.st_mode) || at.st_size > (off_t)FILE_MAX) {
        g_set_error(error, JSON_ERROR, JSON_ERROR_LIMIT,
                    "%s is not a readable file of at most %u bytes", path, FILE_MAX);
        return NULL;
    }
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    if (file == NULL) {
        return NULL;
    }
    char hex[HASH_HEX];
    Hash hash = hash_of(g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    int64_t mtime_ns = (int64_t)at.st_mtim.tv_sec * 1000000000 + at.st_mtim.tv_nsec;
    return json_pack("{ss sI sI ss}", "path", path, "size", (json_int_t)at.st_size, "mtime_ns",
                     (json_int_t)mtime_ns, "sha256", hash_hex(&hash, hex));
}

/* A host of another build may read the same file differently. */
static json_t *fingerprint_of_host(const char *host_program)
{
    struct stat at = {0};
    (void)g_stat(host_program, &at);
    return json_pack("{ss si sI sI}", "path", host_program, "abi",
                     DUNHUB_ABI_MAJOR * 10000 + DUNHUB_ABI_MINOR, "size", (json_int_t)at.st_size,
                     "mtime_ns",
                     (json_int_t)at.st_mtim.tv_sec * 1000000000 + (json_int_t)at.st_mtim.tv_nsec);
}

/* ---- cache
 * ---------------------------------------------------------------------------------------------------------
 */

/* {"form","host","files":{PATH:{"file":fingerprint,"manifest":…}}}. A cache that cannot be used is
 * made anew. */
static json_t *read_cache(const char *cache_file, const json_t *host)
{
    g_autofree char *text = NULL;
    size_t n = 0;
    json_t *cache = NULL;
    if (cache_file != NULL && g_file_get_contents(cache_file, &text, &n, NULL)) {
        cache = json_parse(text, n, CACHE_MAX, NULL);
    }
    if (json_integer_value(json_object_get(cache, "form")) == CACHE_FORM &&
        json_equal(json_object_get(cache, "host"), host) &&
        json_is_object(json_object_get(cache, "files"))) {
        return cache;
    }
    json_decref(cache);
    return json_pack("{si sO s{}}", "form", CACHE_FORM, "host", host, "files");
}

static void write_cache(const char *cache_file, const json_t *cache)
{
    g_autofree char *text = json_canonical(cache);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents_full(cache_file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                  &error)) {
        log_message(LOG_WARN, "bus", "manifests are read anew at every start: %s", error->message);
    }
}

static json_t *cached(const json_t *cache, const char *path, const json_t *file)
{
    const json_t *entry = json_object_get(json_object_get(cache, "files"), path);
    json_t *manifest = json_object_get(entry, "manifest");
    bool same = json_equal(json_object_get(entry, "file"), file) && json_is_object(manifest);
    return same ? json_incref(manifest) : NULL;
}

/* ---- loading
 * -------------------------------------------------------------------------------------------------------
 */

static json_t *unreadable(const char *file_name, const char *why)
{
    g_autofree char *stem = g_strndup(file_name, strlen(file_name) - 3);
    g_autofree char *name = g_utf8_make_valid(stem, -1);
    g_autofree char *valid = g_utf8_make_valid(why, -1);
    return json_pack("{ss ss}", "name", name, "error", valid);
}

typedef struct {
    const char *plugin_dir, *host_program;
    const json_t *old; /* cache as it was */
    json_t *files;     /* of the cache as it will be: only what is still there */
} Loading;

static json_t *load_file(Loading *loading, const char *file_name)
{
    g_autofree char *path = g_build_filename(loading->plugin_dir, file_name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) file = fingerprint(path, &error);
    if (file == NULL) {
        return unreadable(file_name, error != NULL ? error->message : "its name is not UTF-8");
    }
    json_t *manifest = cached(loading->old, path, file);
    bool lasting = true;
    if (manifest == NULL) {
        manifest = probe_file(loading->host_program, path, PROBE_LIMIT_MS, &lasting);
    }
    if (lasting) {
        json_object_set_new(loading->files, path,
                            json_pack("{sO sO}", "file", file, "manifest", manifest));
    }
    return manifest;
}

static GPtrArray *list_files(const char *plugin_dir)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(plugin_dir, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".so") && name[0] != '.') {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    return names;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(name_of(*(json_t *const *)a), name_of(*(json_t *const *)b));
}

Manifests *manifests_load(const char *plugin_dir, const char *host_program, const char *cache_file)
{
    g_autofree char *dir = g_canonicalize_filename(plugin_dir, NULL);
    g_autoptr(json_t) host = fingerprint_of_host(host_program);
    g_autoptr(json_t) old = read_cache(cache_file, host);
    g_autoptr(json_t) new = json_pack("{si sO s{}}", "form", CACHE_FORM, "host", host, "files");
    Loading loading = {dir, host_program, old, json_object_get(new, "files")};
    Manifests *manifests = g_new0(Manifests, 1);
    manifests->rows = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
    g_autoptr(GPtrArray) names = list_files(dir);
    for (guint i = 0; i < names->len; i++) {
        g_ptr_array_add(manifests->rows, load_file(&loading, g_ptr_array_index(names, i)));
    }
    g_ptr_array_sort(manifests->rows, by_name);
    if (cache_file != NULL && !json_equal(old, new)) {
        write_cache(cache_file, new);
    }
    return manifests;
}

void manifests_free(Manifests *manifests)
{
    if (manifests == NULL) {
        return;
    }
    g_ptr_array_unref(manifests->rows);
    g_free(manifests);
}

/* ---- reading
 * -------------------------------------------------------------------------------------------------------
 */

size_t manifests_count(const Manifests *manifests)
{
    return manifests->rows->len;
}

const json_t *manifests_at(const Manifests *manifests, size_t i)
{
    return i < manifests->rows->len ? g_ptr_array_index(manifests->rows, (guint)i) : NULL;
}

const json_t *manifests_get(const Manifests *manifests, const char *plugin)
{
    for (guint i = 0; i < manifests->rows->len; i++) {
        const json_t *manifest = g_ptr_array_index(manifests->rows, i);
        if (strcmp(name_of(manifest), plugin) == 0) {
            return manifest;
        }
    }
    return NULL;
}

const json_t *manifest_action(const json_t *manifest, const char *verb)
{
    size_t i;
    json_t *action;
    json_array_foreach(json_object_get(manifest, "actions"), i, action)
    {
        if (g_strcmp0(json_string_value(json_object_get(action, "verb")), verb) == 0) {
            return action;
        }
    }
    return NULL;
}
