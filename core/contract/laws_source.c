/* Laws of sources: pages never skip and never repeat, and a poll that was stopped goes on at the last cursor. */
#include <string.h>

#include "base/json.h"
#include "contract/report.h"
#include "model/event.h"

static char *poll_input(const char *cursor)
{
    g_autoptr(json_t) input =
        json_pack("{s:s?, s:s}", "cursor", cursor, "now", "2026-07-01T06:00:00Z");
    return json_canonical(input);
}

/* In the host that is there. refuse_after -1: takes every page. *ret_result lives until the next scene. */
static char *poll_again(const Run *run, const SuiteExample *example, const char *cursor,
                        int refuse_after, const PlayResult **ret_result)
{
    trial_misconduct(run->trial, NULL);
    trial_refuse_pages(run->trial, refuse_after);
    g_autofree char *input = poll_input(cursor);
    const PlayCall call = example_call(example, input, NULL);
    return run_call(run, &call, ret_result);
}

static char *poll_from(const Run *run, const SuiteExample *example, const char *cursor,
                       int refuse_after, const PlayResult **ret_result)
{
    char *why = NULL;
    const PlayScene scene = {.server = &example->server};
    if (!trial_begin(run->trial, &scene, &why))
        return why;
    return poll_again(run, example, cursor, refuse_after, ret_result);
}

static GPtrArray *ids_of(const PlayResult *result, unsigned n)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < n && i < result->events->len; i++) {
        const char *id =
            json_string_value(json_object_get(g_ptr_array_index(result->events, i), "id"));
        g_ptr_array_add(ids, g_strdup(id != NULL ? id : ""));
    }
    return ids;
}

static char *repeats(const GPtrArray *ids)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < ids->len; i++)
        if (!g_hash_table_add(seen, g_ptr_array_index(ids, i)))
            return g_strdup_printf("the event '%s' was told twice in one poll",
                                   (const char *)g_ptr_array_index(ids, i));
    return NULL;
}

/* What was durable together with the last cursor, and that cursor. */
static unsigned at_last_cursor(const PlayResult *result, char **ret_cursor)
{
    *ret_cursor = NULL;
    for (guint i = result->cursors->len; i > 0; i--) {
        const char *cursor = g_ptr_array_index(result->cursors, i - 1);
        if (*cursor == '\0')
            continue;
        *ret_cursor = g_strdup(cursor);
        return g_array_index(result->page_ends, unsigned, i - 1);
    }
    return 0;
}

static char *lists_differ(const GPtrArray *expected, const GPtrArray *first,
                          const GPtrArray *second, int page)
{
    for (guint i = 0; i < MAX(expected->len, first->len + second->len); i++) {
        const char *want = i < expected->len ? g_ptr_array_index(expected, i) : "nothing";
        const char *came = i < first->len ? g_ptr_array_index(first, i)
                           : i - first->len < second->len
                               ? g_ptr_array_index(second, i - first->len)
                               : "nothing";
        if (strcmp(want, came) != 0)
            return g_strdup_printf("stopped after %d pages and asked again, event %u is '%s' "
                                   "instead of '%s'",
                                   page, i + 1, came, want);
    }
    return NULL;
}

static char *stop_after(const Run *run, const SuiteExample *example, const GPtrArray *all, int page)
{
    const PlayResult *result;
    char *why = poll_from(run, example, NULL, page, &result);
    if (why != NULL)
        return why;
    g_autofree char *cursor = NULL;
    unsigned durable = at_last_cursor(result, &cursor);
    g_autoptr(GPtrArray) first = ids_of(result, durable);
    why = poll_from(run, example, cursor, -1, &result);
    if (why != NULL)
        return why;
    g_autoptr(GPtrArray) second = ids_of(result, result->events->len);
    return lists_differ(all, first, second, page);
}

static char *try_pages(const Run *run, const SuiteExample *example)
{
    const PlayResult *result;
    char *why = poll_from(run, example, NULL, -1, &result);
    if (why != NULL)
        return why;
    g_autoptr(GPtrArray) all = ids_of(result, result->events->len);
    int pages = (int)result->cursors->len;
    if (all->len == 0)
        return g_strdup("the example tells no event, so nothing can be skipped or repeated");
    why = repeats(all);
    for (int i = 0; i < pages && why == NULL; i++)
        why = stop_after(run, example, all, i);
    return why;
}

/* The same thing learned again has the same id. */
static char *try_same_ids(const Run *run, const SuiteExample *example)
{
    const PlayResult *result;
    char *why = poll_from(run, example, NULL, -1, &result);
    if (why != NULL)
        return why;
    g_autoptr(GPtrArray) first = ids_of(result, result->events->len);
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    why = poll_again(run, example, NULL, -1, &result);
    if (why != NULL)
        return why;
    g_autoptr(GPtrArray) second = ids_of(result, result->events->len);
    return lists_differ(first, none, second, 0);
}

static bool lists_word(const char *list, const char *word)
{
    g_auto(GStrv) words = g_strsplit(list != NULL ? list : "", ",", -1);
    for (char **one = words; *one != NULL; one++)
        if (strcmp(g_strstrip(*one), word) == 0)
            return true;
    return false;
}

/* Only what the manifest says, and only what the hub takes. */
static char *try_events(const Run *run, const SuiteExample *example)
{
    const json_t *sources = json_object_get(run->manifest, "sources");
    const char *emits = NULL;
    for (size_t i = 0; i < json_array_size(sources); i++) {
        const json_t *source = json_array_get(sources, i);
        if (g_strcmp0(json_string_value(json_object_get(source, "name")), example->source) == 0)
            emits = json_string_value(json_object_get(source, "emits"));
    }
    const PlayResult *result;
    char *why = poll_from(run, example, NULL, -1, &result);
    for (guint i = 0; why == NULL && i < result->events->len; i++) {
        const json_t *event = g_ptr_array_index(result->events, i);
        const char *type = json_string_value(json_object_get(event, "type"));
        if (type == NULL || !lists_word(emits, type))
            why = g_strdup_printf("event %u is a '%s', which the source does not declare", i + 1,
                                  type != NULL ? type : "");
    }
    return why;
}

void suite_run_source_laws(const Run *run, const SuiteExample *example)
{
    static const struct {
        const char *name;
        char *(*try)(const Run *run, const SuiteExample *example);
    } rows[] = {
        {"pages are neither skipped nor repeated", try_pages},
        {"learned again has the same id", try_same_ids},
        {"only declared events", try_events},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("%s: %s", example->source, rows[i].name);
        if (run_wants(run, name))
            run_tell(run, name, rows[i].try(run, example));
    }
}
