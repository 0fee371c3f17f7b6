/* dunhub plugins [NAME]: what the plugin files declare of themselves. */
#include <glib.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

/* "a, b, c" of one member of a list's items. */
static char *names_of(const json_t *list, const char *member)
{
    GString *names = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(list); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               text_of(json_array_get(list, i), member));
    return g_string_free(names, FALSE);
}

static void print_all(const Manifests *manifests)
{
    static const char *const titles[] = {"plugin", "version", "actions", "sources", "about", NULL};
    g_autoptr(Table) table = table_new(titles, 4);
    for (size_t i = 0; i < manifests_count(manifests); i++) {
        const json_t *manifest = manifests_at(manifests, i);
        g_autofree char *actions =
            g_strdup_printf("%zu", json_array_size(json_object_get(manifest, "actions")));
        g_autofree char *sources = names_of(json_object_get(manifest, "sources"), "name");
        const char *error = text_of(manifest, "error");
        const char *cells[] = {text_of(manifest, "name"),
                               text_of(manifest, "version"),
                               actions,
                               sources,
                               error != NULL ? error : text_of(manifest, "doc"),
                               NULL};
        table_add(table, cells);
    }
    table_print(table, stdout);
}

static void print_section(const json_t *manifest, const char *section, const char *title,
                          const char *name, const char *const *columns)
{
    const json_t *list = json_object_get(manifest, section);
    if (json_array_size(list) == 0)
        return;
    printf("\n%s\n", title);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        g_autoptr(GString) notes = g_string_new(NULL);
        for (const char *const *column = columns; *column != NULL; column++) {
            const json_t *value = json_object_get(item, *column);
            if (json_is_string(value))
                g_string_append_printf(notes, "%s%s", notes->len > 0 ? ", " : "",
                                       json_string_value(value));
            else if (json_is_true(value))
                g_string_append_printf(notes, "%s%s", notes->len > 0 ? ", " : "", *column);
        }
        printf("  %-22s %-28s %s\n", text_of(item, name), notes->str,
               text_of(item, "doc") != NULL ? text_of(item, "doc") : "");
    }
}

static void print_one(const json_t *manifest)
{
    static const char *const of_option[] = {"type", "required", "secret", "default", NULL};
    static const char *const of_action[] = {"effect", "repeat", NULL};
    static const char *const of_source[] = {"emits", "ledger", NULL};
    printf("%s %s: %s\n", text_of(manifest, "name"), text_of(manifest, "version"),
           text_of(manifest, "doc"));
    print_section(manifest, "options", "Options", "name", of_option);
    print_section(manifest, "actions", "Actions", "verb", of_action);
    print_section(manifest, "sources", "Sources", "name", of_source);
}

static int unknown_plugin(const Manifests *manifests, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < manifests_count(manifests); i++)
        g_ptr_array_add(names, (char *)text_of(manifests_at(manifests, i), "name"));
    g_ptr_array_add(names, NULL);
    const char *near = diag_nearest(name, (const char *const *)names->pdata);
    if (near != NULL)
        return command_fail("plugins", EXIT_FINDING, "there is no plugin '%s', did you mean '%s'?",
                            name, near);
    return command_fail("plugins", EXIT_FINDING,
                        "there is no plugin '%s'; 'dunhub plugins' lists them", name);
}

static void print_json(const json_t *manifest)
{
    g_autofree char *text = json_canonical(manifest);
    printf("%s\n", text);
}

int cmd_plugins(const CommandLine *line)
{
    const char *given = line_option(line, "plugins");
    g_autofree char *dir =
        given != NULL ? g_strdup(given) : station_place("plugins", "lib/dunhub/plugins");
    g_autofree char *host = station_place("dunhub-host", "lib/dunhub/dunhub-host");
    if (!g_file_test(dir, G_FILE_TEST_IS_DIR))
        return command_fail("plugins", EXIT_ENVIRONMENT,
                            "there is no plugin folder %s; name one with --plugins, or run 'make'",
                            dir);
    g_autoptr(Manifests) manifests = manifests_load(dir, host, NULL);
    const char *name = line_argument(line, 0);
    const json_t *one = name != NULL ? manifests_get(manifests, name) : NULL;
    if (name != NULL && one == NULL)
        return unknown_plugin(manifests, name);
    if (!line_flag(line, "json")) {
        if (one != NULL)
            print_one(one);
        else
            print_all(manifests);
        return EXIT_GOOD;
    }
    if (one != NULL)
        print_json(one);
    for (size_t i = 0; one == NULL && i < manifests_count(manifests); i++)
        print_json(manifests_at(manifests, i));
    return EXIT_GOOD;
}
