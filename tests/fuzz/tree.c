/* YAML to a marked tree, to JSON and back: the stored form of a policy must load again as the same.
 */
#include "config/tree.h"
#include "fuzz.h"

static char *canonical(const Node *root)
{
    g_autoptr(json_t) json = node_to_json(root);
    return json_canonical(json);
}

void fuzz_tree(const uint8_t *bytes, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse((const char *)bytes, n, "fuzz.yaml", arena, diags);
    if (!root) {
        g_assert_cmpuint(diags_count(diags, DIAG_ERROR), >, 0);
        return;
    }
    g_autoptr(json_t) json = node_to_json(root);
    g_autofree char *first = json_canonical(json);
    g_autofree char *again = canonical(node_from_json(json, "stored", arena));
    g_assert_cmpstr(first, ==, again);
}
