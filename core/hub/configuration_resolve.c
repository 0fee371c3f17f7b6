/* References to secrets: the one place of the core that reads the environment, and the only one
 * that holds a secret. */
#include "hub/configuration.h"

#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

GQuark configuration_error_quark(void)
{
    return g_quark_from_static_string("dunhub-configuration-error");
}

static bool fail(GError **error, const char *what, const char *name, const char *why,
                 const char *remedy)
{
    g_set_error(error, CONFIGURATION_ERROR, CONFIGURATION_ERROR_SECRET, "%s %s %s; %s", what, name,
                why, remedy);
    return false;
}

static bool fail_file(GError **error, const char *path, const char *why)
{
    g_autofree char *text = g_strdup_printf("cannot be read: %s", why);
    return fail(error, "the secret file", path, text, "check the path and its permissions");
}

static bool read_secret_file(const char *path, char **ret_text, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return fail_file(error, path, g_strerror(errno));
    struct stat status;
    g_autofree char *text = g_malloc0(SECRET_MAX_BYTES + 2);
    size_t n = 0;
    ssize_t got = 0;
    bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    while (regular && n <= SECRET_MAX_BYTES &&
           (got = read(fd, text + n, SECRET_MAX_BYTES + 1 - n)) > 0)
        n += (size_t)got;
    int why = errno;
    close(fd);
    if (!regular)
        return fail_file(error, path, "not a regular file");
    if (got < 0)
        return fail_file(error, path, g_strerror(why));
    if (n > SECRET_MAX_BYTES)
        return fail_file(error, path, "larger than 64 KiB");
    if (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    if (n > 0 && text[n - 1] == '\r')
        text[--n] = '\0';
    if (n == 0 || !text_is_clean(text, n))
        return fail_file(error, path, n == 0 ? "it is empty" : "it is no text");
    *ret_text = g_steal_pointer(&text);
    return true;
}

static bool read_variable(const char *name, char **ret_text, GError **error)
{
    const char *text = g_getenv(name); /* lint: allow getenv */
    if (!text || !*text)
        return fail(error, "the environment variable", name, "is not set",
                    "set it where the hub is started");
    if (!text_is_clean(text, strlen(text)))
        return fail(error, "the environment variable", name, "is not UTF-8",
                    "put the secret into a file");
    *ret_text = g_strdup(text);
    return true;
}

/* systemd's credentials: one file each in a folder that it names. */
static bool read_credential(const char *name, char **ret_text, GError **error)
{
    const char *dir = g_getenv("CREDENTIALS_DIRECTORY"); /* lint: allow getenv */
    if (!text_is_name(name, 255))
        return fail(error, "the credential", name, "has no possible name",
                    "use letters, digits, '_', '-' and '.'");
    if (!dir)
        return fail(error, "the credential", name, "was not handed over by the service manager",
                    "add LoadCredential= to the unit");
    g_autofree char *path = g_build_filename(dir, name, NULL);
    return read_secret_file(path, ret_text, error);
}

static json_t *resolve(const json_t *value, Arena *arena, GError **error);

/* NULL without *error: it is none. */
static char *resolve_reference(const char *reference, Arena *arena, GError **error)
{
    const char *name = NULL;
    char *text = NULL;
    switch (reference_parse(reference, arena, &name)) {
    case REFERENCE_FILE:
        read_secret_file(name, &text, error);
        break;
    case REFERENCE_ENV:
        read_variable(name, &text, error);
        break;
    case REFERENCE_CREDENTIAL:
        read_credential(name, &text, error);
        break;
    default:
        break;
    }
    return text;
}

static json_t *resolve_text(const json_t *value, Arena *arena, GError **error)
{
    const char *reference = json_string_value(value);
    if (reference_parse(reference, arena, NULL) == REFERENCE_NONE)
        return json_incref((json_t *)value);
    g_autofree char *text = resolve_reference(reference, arena, error);
    return text ? json_string(text) : NULL;
}

static json_t *resolve_list(const json_t *list, Arena *arena, GError **error)
{
    g_autoptr(json_t) result = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = resolve(json_array_get(list, i), arena, error);
        if (!item)
            return NULL;
        json_array_append_new(result, item);
    }
    return g_steal_pointer(&result);
}

static json_t *resolve_map(const json_t *map, Arena *arena, GError **error)
{
    g_autoptr(json_t) result = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value)
    {
        json_t *resolved = resolve(value, arena, error);
        if (!resolved) {
            g_prefix_error(error, "option '%s': ", key);
            return NULL;
        }
        json_object_set_new(result, key, resolved);
    }
    return g_steal_pointer(&result);
}

/* Depth is that of the tree: bounded. */
static json_t *resolve(const json_t *value, Arena *arena, GError **error)
{
    if (json_is_string(value))
        return resolve_text(value, arena, error);
    if (json_is_array(value))
        return resolve_list(value, arena, error);
    if (json_is_object(value))
        return resolve_map(value, arena, error);
    return json_incref((json_t *)value);
}

json_t *configuration_resolve(const Instance *instance, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    json_t *options = resolve_map(instance->options, arena, error);
    if (!options)
        g_prefix_error(error, "instance '%s', ", instance->name);
    return options;
}

char *configuration_secret(const char *reference, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    return resolve_reference(reference, arena, error);
}
