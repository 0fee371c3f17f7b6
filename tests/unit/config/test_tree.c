/* YAML to the marked tree: what is taken, what is refused, and where the finding points. */
#include "config/tree.h"

#include <glib/gstdio.h>
#include <string.h>

/* All findings as they would be printed, sorted. */
static char *printed(Diags *diags)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_sort(diags);
    diags_print(diags, out, false);
    fclose(out);
    return text;
}

static void assert_findings(const char *yaml, const char *expected)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(yaml, strlen(yaml), "a.yaml", arena, diags);
    char *text = printed(diags);
    g_assert_cmpstr(text, ==, expected);
    g_assert_true((root == NULL) == (diags_count(diags, DIAG_ERROR) > 0));
    free(text);
}

static void refused(void)
{
    static const struct {
        const char *yaml, *findings;
    } rows[] = {
        {"when: !x and y\n", "a.yaml:1:7: error: the tag '!x' is not taken; put text that begins "
                             "with '!' in quotes [C005]\n"},
        {"a: &b 1\nc: *b\n", "a.yaml:1:4: error: the anchor '&b' is not taken; write the value out "
                             "where it is used [C006]\n"
                             "a.yaml:2:4: error: the alias '*b' is not taken; write the value out "
                             "where it is used [C006]\n"},
        {"a: 1\n---\nb: 2\n",
         "a.yaml:2:1: error: a second document begins here; one file holds one document [C008]\n"},
        {"a: 1\nb: 2\na: 3\n",
         "a.yaml:3:1: error: the key 'a' is given twice, first at 1:1 [C009]\n"},
        {"? [a, b]\n: 1\n", "a.yaml:1:3: error: a key must be a single word, not a list [C010]\n"},
        {"a: [1, 2\nb: 3\n", "a.yaml:2:2: error: not valid YAML: did not find expected ',' or ']' "
                             "while parsing a flow sequence that begins at 1:4 "
                             "[C003]\n"},
        {"a: b: c\n", "a.yaml:1:5: error: not valid YAML: mapping values are not allowed in this "
                      "context [C003]\n"},
        {"a: \"\\0\"\n",
         "a.yaml:1:4: error: not valid YAML: a text may not hold the character NUL [C003]\n"},
        {"ä: \xff\n", "a.yaml:1:4: error: not valid UTF-8; save the file as UTF-8 [C004]\n"},
        {"a: 1\nb: \x01\n",
         "a.yaml:2:4: error: not valid YAML: control characters are not allowed [C003]\n"},
        {"!a b: &c 1\nd: *e\n", "a.yaml:1:1: error: the tag '!a' is not taken; put text that "
                                "begins with '!' in quotes [C005]\n"
                                "a.yaml:1:7: error: the anchor '&c' is not taken; write the value "
                                "out where it is used [C006]\n"
                                "a.yaml:2:4: error: the alias '*e' is not taken; write the value "
                                "out where it is used [C006]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_findings(rows[i].yaml, rows[i].findings);
}

static void depth(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 64; i++)
        g_string_append_c(text, '[');
    for (int i = 0; i < 64; i++)
        g_string_append_c(text, ']');
    assert_findings(text->str, "");
    g_string_prepend_c(text, '[');
    g_string_append_c(text, ']');
    assert_findings(text->str, "a.yaml:1:65: error: nested deeper than 64 levels [C007]\n");
}

static void too_large(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autofree char *text = g_strnfill(TREE_MAX_BYTES + 1, ' ');
    g_assert_null(tree_parse(text, TREE_MAX_BYTES + 1, "big.yaml", arena, diags));
    char *found = printed(diags);
    g_assert_cmpstr(found, ==, "big.yaml: error: larger than 4 MiB [C002]\n");
    free(found);
}

static const Node *parse(const char *yaml, Arena *arena)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(yaml, strlen(yaml), "a.yaml", arena, diags);
    g_assert_nonnull(root);
    return root;
}

static void places(void)
{
    g_autoptr(Arena) arena = arena_new();
    const Node *root = parse("name: Straße\nsteps:\n  - {from: 1, when: 'age > 3'}\n  - {when: "
                             "\"a\\tb\"}\nnote: |\n  two\n  lines\n"
                             "quoted: 'it''s'\n",
                             arena);
    g_assert_cmpint(root->kind, ==, NODE_MAP);
    g_assert_cmpuint(root->n, ==, 4);
    const Node *steps = node_get(root, "steps");
    g_assert_cmpint(steps->key_place.line, ==, 2);
    g_assert_cmpint(steps->key_place.column, ==, 1);
    const Node *when = node_get(steps->first, "when");
    g_assert_cmpint(when->place.line, ==, 3);
    g_assert_cmpint(when->place.column, ==, 21);
    bool exact;
    g_assert_cmpint(node_text_place(when, &exact).column, ==, 22);
    g_assert_true(exact);
    g_assert_false(when->plain);
    g_assert_true(node_get(steps->first, "from")->plain);
    /* an escape, a block and a doubled quote: columns inside cannot be told */
    g_assert_cmpint(node_get(steps->first->next, "when")->text_offset, ==, -1);
    g_assert_cmpint(node_get(root, "note")->text_offset, ==, -1);
    g_assert_cmpint(node_get(root, "quoted")->text_offset, ==, -1);
    g_assert_cmpint(node_get(root, "name")->text_offset, ==, 0);
    g_assert_null(node_get(root, "nothing"));
    g_assert_null(node_get(when, "nothing"));
}

static void empty(void)
{
    static const char *const rows[] = {"", "# only a comment\n", "---\n", "---\n...\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        const Node *root = parse(rows[i], arena);
        g_assert_cmpint(root->kind, ==, NODE_MAP);
        g_assert_cmpuint(root->n, ==, 0);
    }
}

static void json_and_back(void)
{
    g_autoptr(Arena) arena = arena_new();
    const Node *root = parse("b: [1, -2, 007, 1.50, '3', 9999999999999999999]\na: {t: true, s: "
                             "'true', n: null, e: , no: NO}\n",
                             arena);
    g_autoptr(json_t) json = node_to_json(root);
    g_autofree char *canonical = json_canonical(json);
    g_assert_cmpstr(canonical, ==,
                    "{\"a\":{\"e\":null,\"n\":null,\"no\":\"NO\",\"s\":\"true\",\"t\":true},"
                    "\"b\":[1,-2,\"007\",\"1.50\",\"3\",\"9999999999999999999\"]}");
    const Node *again = node_from_json(json, "kept", arena);
    g_autoptr(json_t) json_again = node_to_json(again);
    g_assert_true(json_equal(json, json_again));
    g_assert_true(node_get(node_get(again, "a"), "t")->plain);
    g_assert_false(node_get(node_get(again, "a"), "s")->plain);
    g_assert_true(node_is_null(node_get(node_get(again, "a"), "n")));
}

typedef struct {
    char *path;
} Folder;

static void folder_init(Folder *folder)
{
    folder->path = g_dir_make_tmp("dunhub-tree-XXXXXX", NULL);
    g_assert_nonnull(folder->path);
}

static void folder_put(const Folder *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder->path, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void folder_done(Folder *folder)
{
    GDir *dir = g_dir_open(folder->path, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder->path, name, NULL);
        g_remove(path);
    }
    g_dir_close(dir);
    g_rmdir(folder->path);
    g_free(folder->path);
}

static void files_merge(void)
{
    Folder folder;
    folder_init(&folder);
    folder_put(&folder, "20-b.yaml", "policies:\n  second: {x: 2}\nroutes: [r]\n");
    folder_put(&folder, "10-a.yaml", "policies:\n  first: {x: 1}\n");
    folder_put(&folder, ".hidden.yaml", "[");
    folder_put(&folder, "notes.txt", "[");
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse_dir(folder.path, arena, diags);
    g_assert_nonnull(root);
    g_autoptr(json_t) json = node_to_json(root);
    g_autofree char *canonical = json_canonical(json);
    g_assert_cmpstr(canonical, ==,
                    "{\"policies\":{\"first\":{\"x\":1},\"second\":{\"x\":2}},\"routes\":[\"r\"]}");
    g_assert_cmpstr(node_get(root, "policies")->first->key, ==, "first");
    g_assert_cmpuint(diags_length(diags), ==, 0);
    folder_done(&folder);
}

static void assert_folder_findings(const Folder *folder, const char *expected)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_assert_null(tree_parse_dir(folder->path, arena, diags));
    char *text = printed(diags);
    g_autoptr(GString) found = g_string_new(text);
    g_string_replace(found, folder->path, "conf.d", 0);
    g_assert_cmpstr(found->str, ==, expected);
    free(text);
}

static void files_disagree(void)
{
    Folder folder;
    folder_init(&folder);
    assert_folder_findings(&folder, "conf.d: error: holds no file that ends in .yaml [C012]\n");
    folder_put(&folder, "10-a.yaml", "settings:\n  send_at: \"09:00\"\n");
    folder_put(&folder, "20-b.yaml", "settings:\n  send_at: \"10:00\"\n");
    folder_put(&folder, "30-c.yaml", "[1]\n");
    folder_put(&folder, "40-d.yaml", "a: [\n");
    folder_put(&folder, "50-e.yml", "a: 1\n");
    assert_folder_findings(
        &folder, "conf.d/20-b.yaml:2:3: error: 'send_at' is given already at conf.d/10-a.yaml:2:3; "
                 "keep one of the two [C011]\n"
                 "conf.d/30-c.yaml:1:1: error: a configuration file must be a map of sections, not "
                 "a list [C030]\n"
                 "conf.d/40-d.yaml:2:1: error: not valid YAML: did not find expected node content "
                 "while parsing a flow node that "
                 "begins at 2:1 [C003]\n"
                 "conf.d/50-e.yml: warning: is not read: the name must end in .yaml [C013]\n");
    folder_done(&folder);
}

static void files_unreadable(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_assert_null(tree_parse_dir("/nonexistent/conf.d", arena, diags));
    g_assert_null(tree_parse_file("/nonexistent/a.yaml", arena, diags));
    g_assert_null(tree_parse_file("/", arena, diags));
    char *text = printed(diags);
    g_assert_cmpstr(text, ==,
                    "/: error: cannot be read: not a regular file [C001]\n"
                    "/nonexistent/a.yaml: error: cannot be read: No such file or directory [C001]\n"
                    "/nonexistent/conf.d: error: the folder cannot be read: No such file or "
                    "directory; make it, or name another with --conf [C001]\n");
    free(text);
}

/* Whatever the bytes: a tree, or at least one finding; never both absent, never a crash. */
static void random_bytes(void)
{
    static const char alphabet[] = "ab:-[]{},'\"\n  #&*!|>?%@`\\0\t~";
    g_autoptr(GRand) rand = g_rand_new_with_seed(20261122);
    for (int round = 0; round < 4000; round++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        char text[120];
        size_t n = (size_t)g_rand_int_range(rand, 0, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = g_rand_int_range(rand, 0, 50) == 0
                          ? (char)g_rand_int_range(rand, 0, 256)
                          : alphabet[g_rand_int_range(rand, 0, sizeof alphabet - 1)];
        const Node *root = tree_parse(text, n, "fuzz.yaml", arena, diags);
        g_assert_true((root != NULL) == (diags_count(diags, DIAG_ERROR) == 0));
        if (!root)
            continue;
        g_autoptr(json_t) json = node_to_json(root);
        g_assert_nonnull(json);
    }
}

int main(int argc, char **argv)
{
    g_setenv("LC_ALL", "C", TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/tree/refused", refused);
    g_test_add_func("/config/tree/depth", depth);
    g_test_add_func("/config/tree/too_large", too_large);
    g_test_add_func("/config/tree/places", places);
    g_test_add_func("/config/tree/empty", empty);
    g_test_add_func("/config/tree/json", json_and_back);
    g_test_add_func("/config/tree/files_merge", files_merge);
    g_test_add_func("/config/tree/files_disagree", files_disagree);
    g_test_add_func("/config/tree/files_unreadable", files_unreadable);
    g_test_add_func("/config/tree/random_bytes", random_bytes);
    return g_test_run();
}
