/* A whole configuration. What loads is also drawn, and loads again from its stored source as the
 * same version. */
#include "escalation/policy.h"

#include <string.h>

#include "fuzz.h"

static void load_again(const Policy *policy, const Rulebook *book, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(json_t) source =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    g_assert_nonnull(source);
    Policy again;
    const Node *node = node_from_json(source, "stored", arena);
    if (!policy_load(policy->name, node, book, policy->version, arena, diags, &again))
        g_error("the stored source of policy %s does not load: %s", policy->name,
                diags_get(diags, 0)->message);
    g_assert_cmpstr(again.hash, ==, policy->hash);
    g_assert_cmpuint(again.n_steps, ==, policy->n_steps);
    g_assert_cmpuint(again.n_moves, ==, policy->n_moves);
}

void fuzz_rulebook(const uint8_t *bytes, size_t n)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse((const char *)bytes, n, "fuzz.yaml", arena, diags);
    Rulebook book;
    if (!root || !rulebook_load(root, NULL, 0, 1, arena, diags, &book)) {
        g_assert_cmpuint(diags_count(diags, DIAG_ERROR), >, 0);
        return;
    }
    for (size_t i = 0; i < book.n_policies; i++) {
        policy_to_dot(book.policies[i], arena);
        load_again(book.policies[i], &book, arena);
    }
}
