#include "host/sandbox.h"

#include "host/landlock.h"
#include "host/system_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define DATA_MAX_BYTES (UINT64_C(1) << 30)
enum { DESCRIPTORS_MAX = 2048, VALUES_MAX = 4096, DEPTH_LEAST = 2 };

/* Libraries, names, certificates, time zones. Nothing of it may be changed. */
static const char *const system_paths[] = {
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/localtime",
    "/etc/timezone",
    "/dev/urandom",
    "/dev/random",
    "/sys/devices/system/cpu",
#ifdef __SANITIZE_ADDRESS__
    "/proc", /* its reports read the process's own maps */
#endif
};

/* A sanitizer's own memory and threads are none of a plugin's. */
#if defined(__SANITIZE_ADDRESS__)
enum { FILTERS_CALLS = 0, LIMITS_MEMORY = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { FILTERS_CALLS = 0, LIMITS_MEMORY = 0 };
#else
enum { FILTERS_CALLS = 1, LIMITS_MEMORY = 1 };
#endif
#else
enum { FILTERS_CALLS = 1, LIMITS_MEMORY = 1 };
#endif

static bool refused(const char *what, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                "the host's sandbox cannot be closed: %s: %s", what, g_strerror(errno));
    return false;
}

/* ---- configured paths ---------------------------------------------------------------------------- */

/* The part of a path or pattern up to its first folder that is no pattern. */
static char *without_pattern(const char *value)
{
    size_t plain = strcspn(value, "*?[{");
    g_autofree char *head = g_strndup(value, plain);
    if (value[plain] != '\0') {
        char *slash = strrchr(head, '/');
        slash[slash == head ? 1 : 0] = '\0';
    }
    return g_canonicalize_filename(head, NULL);
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (const char *p = path; *p != '\0'; p++) {
        depth += *p == '/' && p[1] != '\0' && p[1] != '/';
    }
    return depth;
}

static bool holds(const char *folder, const char *path)
{
    size_t n = strlen(folder);
    return strcmp(folder, "/") == 0 ||
           (strncmp(folder, path, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

/* The hub's own folder that would be granted with this one; NULL: none. */
static const char *private_in(const WireStart *start, const char *folder)
{
    size_t i;
    json_t *own;
    json_array_foreach(start->private_paths, i, own)
    {
        if (holds(folder, json_string_value(own))) {
            return json_string_value(own);
        }
    }
    return NULL;
}

/* A file is granted with its folder, because it may be replaced by another of the same name; not where that folder is
 * large, or holds what is the hub's: then the file alone. A folder that is not there yet, with the one above it. */
static char *folder_of(const WireStart *start, const char *path, bool is_folder)
{
    if (is_folder) {
        return g_strdup(path);
    }
    g_autofree char *parent = g_path_get_dirname(path);
    bool narrow = depth_of(parent) < DEPTH_LEAST || private_in(start, parent) != NULL ||
                  !g_file_test(parent, G_FILE_TEST_IS_DIR);
    return narrow ? g_strdup(path) : g_steal_pointer(&parent);
}

static bool allow_value(Landlock *landlock, const WireStart *start, const char *value,
                        unsigned reach, GError **error)
{
    if (value[0] != '/') {
        return true;
    }
    g_autofree char *path = without_pattern(value);
    bool is_folder = g_file_test(path, G_FILE_TEST_IS_DIR);
    const char *own = is_folder ? private_in(start, path) : NULL;
    if (own != NULL) {
        g_set_error(
            error, CONTRACT_ERROR, CONTRACT_ERROR_FORM,
            "instance '%s' is configured with the folder %s, which also holds the hub's %s: "
            "a plugin must not reach that; give the instance a folder of its own",
            start->instance, path, own);
        return false;
    }
    g_autofree char *granted = folder_of(start, path, is_folder);
    return landlock_allow(landlock, granted, reach) || refused(granted, error);
}

/* Every text in a configured value, lists and maps included. */
static bool allow_values(Landlock *landlock, const WireStart *start, const json_t *value,
                         unsigned reach, unsigned *left, GError **error)
{
    if (json_is_string(value)) {
        return *left == 0 ||
               ((*left)--, allow_value(landlock, start, json_string_value(value), reach, error));
    }
    size_t i;
    const char *name;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)value, i, item)
    {
        if (!allow_values(landlock, start, item, reach, left, error)) {
            return false;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, item)
    {
        if (!allow_values(landlock, start, item, reach, left, error)) {
            return false;
        }
    }
    return true;
}

static bool allow_system(Landlock *landlock, const char *plugin, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(system_paths); i++) {
        if (!landlock_allow(landlock, system_paths[i], REACH_READ)) {
            return refused(system_paths[i], error);
        }
    }
    /* resolv.conf is often a link into a folder that is written anew. */
    g_autofree char *names = realpath("/etc/resolv.conf", NULL);
    if (names != NULL && !landlock_allow(landlock, names, REACH_READ)) {
        return refused(names, error);
    }
    return (landlock_allow(landlock, "/dev/null", REACH_READ | REACH_WRITE) &&
            landlock_allow(landlock, plugin, REACH_READ)) ||
           refused(plugin, error);
}

/* ---- the three of them ---------------------------------------------------------------------------- */

static void limit(int what, uint64_t most)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)what, &now) == 0 && now.rlim_max > most) {
        now.rlim_cur = now.rlim_max = most;
        setrlimit((__rlimit_resource_t)what, &now);
    }
}

static void note(Sandbox *sandbox, const char *what)
{
    size_t n = strlen(sandbox->missing);
    g_snprintf(sandbox->missing + n, sizeof sandbox->missing - n, "%s%s", n > 0 ? ", " : "", what);
}

bool sandbox_enter(const char *plugin, const WireStart *start, Sandbox *ret_sandbox, GError **error)
{
    Sandbox sandbox = {.landlock = landlock_version()};
    if (sandbox.landlock == 0) {
        note(&sandbox, "files (the kernel has no Landlock)");
    }
    limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
    if (LIMITS_MEMORY) {
        limit(RLIMIT_DATA, DATA_MAX_BYTES);
    }
    Landlock landlock;
    unsigned left = VALUES_MAX;
    if (!landlock_begin(sandbox.landlock, true, &landlock)) {
        return refused("Landlock", error);
    }
    bool good = allow_system(&landlock, plugin, error) &&
                (start == NULL || allow_values(&landlock, start, start->options,
                                               REACH_READ | REACH_WRITE, &left, error));
    if (!good || !landlock_enforce(&landlock)) {
        return good ? refused("Landlock", error) : false;
    }
    sandbox.system_calls = FILTERS_CALLS && system_calls_filter();
    if (FILTERS_CALLS && !sandbox.system_calls) {
        note(&sandbox, "system calls (no seccomp filter)");
    }
    *ret_sandbox = sandbox;
    return true;
}

bool sandbox_narrow(const Sandbox *sandbox, const Contract *contract, const WireStart *start,
                    GError **error)
{
    Landlock landlock;
    if (!landlock_begin(sandbox->landlock, false, &landlock)) {
        return refused("Landlock", error);
    }
    if (!allow_system(&landlock, start->plugin, error)) {
        return false;
    }
    for (uint32_t i = 0; i < contract->plugin.n_options; i++) {
        const DunhubOption *option = &contract->options[i];
        const json_t *value = json_object_get(start->options, option->name);
        bool writes = (option->flags & DUNHUB_OPTION_WRITABLE) != 0;
        unsigned reach = writes ? REACH_READ | REACH_WRITE : REACH_READ, left = VALUES_MAX;
        if (option->type == DUNHUB_OPTION_PATH && value != NULL &&
            !allow_values(&landlock, start, value, reach, &left, error)) {
            return false;
        }
    }
    return landlock_enforce(&landlock) || refused("Landlock", error);
}
