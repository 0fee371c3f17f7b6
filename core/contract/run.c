/* One run: cases, then laws. */
#include <stdlib.h>
#include <string.h>

#include "contract/report.h"

bool run_wants(const Run *run, const char *name)
{
    return run->options->only == NULL || g_pattern_match_simple(run->options->only, name);
}

void run_tell(const Run *run, const char *name, char *why)
{
    g_autofree char *owned = why;
    if (owned == NULL)
        run->tally->passed++;
    else
        run->tally->failed++;
    fprintf(run->options->out, "%sok %s: %s\n", owned != NULL ? "not " : "", run->suite->plugin,
            name);
    if (owned != NULL)
        fprintf(run->options->out, "#   %s\n", owned);
    fflush(run->options->out);
}

/* ---- secrets ------------------------------------------------------------------------------ */

static char *shown_in(const Run *run, const char *where, const char *text)
{
    for (guint i = 0; text != NULL && i < run->secrets->len; i++)
        if (strstr(text, g_ptr_array_index(run->secrets, i)) != NULL)
            return g_strdup_printf("a secret option shows in the %s: %s", where, text);
    return NULL;
}

char *run_secret_shown(const Run *run, const PlayResult *result)
{
    const struct {
        const char *where, *text;
    } rows[] = {{"code", result->code},
                {"message", result->message},
                {"external_id", result->external_id},
                {"data", result->data}};
    char *found = NULL;
    for (size_t i = 0; found == NULL && i < G_N_ELEMENTS(rows); i++)
        found = shown_in(run, rows[i].where, rows[i].text);
    for (guint i = 0; found == NULL && i < result->findings->len; i++)
        found = shown_in(run, "findings", g_ptr_array_index(result->findings, i));
    for (guint i = 0; found == NULL && i < result->events->len; i++) {
        char *text = json_dumps(g_ptr_array_index(result->events, i), JSON_COMPACT);
        found = shown_in(run, "events", text);
        free(text);
    }
    for (guint i = 0; found == NULL && i < result->cursors->len; i++)
        found = shown_in(run, "cursors", g_ptr_array_index(result->cursors, i));
    return found;
}

char *run_call(const Run *run, const PlayCall *call, const PlayResult **ret_result)
{
    char *why = NULL;
    *ret_result = trial_call(run->trial, call, &why);
    if (*ret_result == NULL)
        return why;
    if ((*ret_result)->made_by_hub)
        return g_strdup_printf("the plugin gave no result: %s", (*ret_result)->message);
    return run_secret_shown(run, *ret_result);
}

/* What is long enough not to stand in a text by chance. */
static void add_secret(GPtrArray *secrets, const json_t *value)
{
    enum { SHORTEST = 8 };
    const char *text = json_string_value(value);
    if (text != NULL && strlen(text) >= SHORTEST)
        g_ptr_array_add(secrets, g_strdup(text));
    const char *name;
    json_t *item;
    size_t i;
    json_array_foreach((json_t *)value, i, item) add_secret(secrets, item);
    json_object_foreach((json_t *)value, name, item) add_secret(secrets, item);
}

static GPtrArray *secrets_of(const Suite *suite, const json_t *manifest)
{
    GPtrArray *secrets = g_ptr_array_new_with_free_func(g_free);
    const json_t *options = json_object_get(manifest, "options");
    for (size_t i = 0; i < json_array_size(options); i++) {
        const json_t *option = json_array_get(options, i);
        const char *name = json_string_value(json_object_get(option, "name"));
        if (json_is_true(json_object_get(option, "secret")))
            add_secret(secrets, json_object_get(suite->options, name));
    }
    return secrets;
}

bool suite_run(const Suite *suite, const json_t *manifest, const SuiteOptions *options,
               SuiteTally *tally, GError **error)
{
    g_autoptr(Trial) trial = trial_new(suite, options, error);
    if (trial == NULL)
        return false;
    g_autoptr(GPtrArray) secrets = secrets_of(suite, manifest);
    const Run run = {suite, manifest, options, tally, trial, secrets};
    suite_run_cases(&run);
    suite_run_laws(&run);
    return true;
}
