#include "cmd/simulate_sides.h"

#include <string.h>

#include "cmd/table.h"

/* Maps are merged, everything else is replaced. */
static void lay_over(json_t *base, const json_t *over)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)over, key, value)
    {
        json_t *below = json_object_get(base, key);
        if (json_is_object(below) && json_is_object(value))
            lay_over(below, value);
        else
            json_object_set(base, key, value);
    }
}

static Configuration *load_over(const Station *base, const char *file, Diags *diags)
{
    g_autoptr(Arena) arena = arena_new();
    const Node *root = tree_parse_file(file, arena, diags);
    if (root == NULL)
        return NULL;
    g_autoptr(json_t) over = node_to_json(root);
    const char *canonical = base->configuration->canonical;
    g_autoptr(json_t) whole = json_loads(canonical, 0, NULL);
    lay_over(json_object_get(whole, "configuration"), over);
    char *text = json_dumps(whole, JSON_COMPACT);
    Configuration *configuration =
        configuration_load_kept(text, base->conf_dir, base->manifests, NULL, 0, 1, diags);
    free(text);
    return configuration;
}

Configuration *side_load(const Station *base, const char *name)
{
    g_autoptr(Diags) diags = diags_new();
    bool is_folder = g_file_test(name, G_FILE_TEST_IS_DIR);
    Configuration *configuration =
        is_folder ? configuration_load(name, base->manifests, NULL, 0, 1, diags)
                  : load_over(base, name, diags);
    if (configuration == NULL) {
        diags_sort(diags);
        diags_print(diags, stderr, table_colours(stderr));
        fprintf(stderr, "dunhub simulate: %s cannot be compared%s\n", name,
                is_folder
                    ? ""
                    : ": laid over the configuration of --conf, it makes none that can be used");
    }
    return configuration;
}

/* ---- ledgers --------------------------------------------------------------------------------- */

static bool has_ledger(const json_t *manifest)
{
    const json_t *sources = json_object_get(manifest, "sources");
    for (size_t i = 0; i < json_array_size(sources); i++)
        if (json_is_true(json_object_get(json_array_get(sources, i), "ledger")))
            return true;
    return false;
}

static const Instance *named(const Configuration *configuration, const char *name)
{
    for (size_t i = 0; i < configuration->n_instances; i++)
        if (strcmp(configuration->instances[i].name, name) == 0)
            return &configuration->instances[i];
    return NULL;
}

static bool has_ledgers_of(const Station *base, const Configuration *a, const Configuration *b)
{
    for (size_t i = 0; i < a->n_instances; i++) {
        const Instance *mine = &a->instances[i], *other = named(b, mine->name);
        bool same = other != NULL && strcmp(mine->plugin, other->plugin) == 0 &&
                    json_equal((json_t *)mine->options, (json_t *)other->options);
        if (has_ledger(manifests_get(base->manifests, mine->plugin)) && !same)
            return false;
    }
    return true;
}

bool sides_read_the_same(const Station *base, const Configuration *a, const Configuration *b)
{
    return has_ledgers_of(base, a, b) && has_ledgers_of(base, b, a);
}
