#include "bus/probe.h"

#include "bus/child.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* "folder/csv_ledger.so" -> "csv_ledger" */
static char *name_of(const char *file)
{
    g_autofree char *base = g_path_get_basename(file);
    g_autofree char *valid = g_utf8_make_valid(base, -1);
    return g_str_has_suffix(valid, ".so") ? g_strndup(valid, strlen(valid) - 3)
                                          : g_steal_pointer(&valid);
}

static json_t *refused(const char *file, const char *why)
{
    g_autofree char *name = name_of(file);
    g_autofree char *valid = g_utf8_make_valid(why, -1);
    return json_pack("{ss ss}", "name", name, "error", valid);
}

static json_t *read_output(int out, GError **error)
{
    off_t n = lseek(out, 0, SEEK_END);
    if (n <= 0 || n > (off_t)PROBE_OUTPUT_MAX) {
        g_set_error(error, JSON_ERROR, JSON_ERROR_LIMIT, "it wrote %ld bytes, at most %u are read",
                    (long)n, PROBE_OUTPUT_MAX);
        return NULL;
    }
    g_autofree char *text = g_malloc((size_t)n);
    ssize_t got = pread(out, text, (size_t)n, 0);
    return json_parse(text, got > 0 ? (size_t)got : 0, PROBE_OUTPUT_MAX, error);
}

static json_t *judge(const char *file, int out, int status)
{
    bool orderly = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    g_autoptr(GError) error = NULL;
    json_t *manifest = orderly ? read_output(out, &error) : NULL;
    if (json_is_object(manifest) && json_is_string(json_object_get(manifest, "name"))) {
        return manifest;
    }
    json_decref(manifest);
    g_autofree char *end = child_describe_end(status);
    g_autofree char *why = g_strdup_printf(
        "%s could not be read: the process that loaded it ended with %s%s%s; the file is not used "
        "until it changes",
        file, end, error != NULL ? ": " : "", error != NULL ? error->message : "");
    return refused(file, why);
}

json_t *probe_file(const char *host_program, const char *file, int64_t limit_ms, bool *ret_lasting)
{
    *ret_lasting = false;
    g_autoptr(GError) error = NULL;
    int out = child_memory("probe", NULL, 0, &error);
    if (out < 0) {
        return refused(file, error->message);
    }
    char *arguments[] = {(char *)(uintptr_t)host_program, (char *)(uintptr_t) "--probe",
                         (char *)(uintptr_t)file, NULL};
    Child child = {0, -1};
    json_t *manifest = NULL;
    int status = 0;
    if (!child_start(&child, arguments, -1, out, &error)) {
        close(out);
        return refused(file, error->message);
    }
    *ret_lasting = true;
    if (child_ended(&child, limit_ms, &status)) {
        manifest = judge(file, out, status);
    } else {
        child_kill(&child);
        g_autofree char *why = g_strdup_printf("%s did not finish loading within %" G_GINT64_FORMAT
                                               " ms; the file is not used until it changes",
                                               file, limit_ms);
        manifest = refused(file, why);
    }
    close(out);
    return manifest;
}
