/* Every seed of tests/fuzz/corpus and every input that once broke something (tests/fuzz/crashes),
 * through its target. */
#include "../../fuzz/fuzz.h"

#include <string.h>

#define FUZZ_DIR "tests/fuzz"

static void replay(const FuzzTarget *target, const char *path)
{
    g_autofree char *bytes = NULL;
    gsize n = 0;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &bytes, &n, &error);
    g_assert_no_error(error);
    g_test_message("%s", path);
    /* a copy of exactly that size, so that reading past its end is seen */
    g_autofree uint8_t *copy = g_memdup2(bytes, n);
    target->run(copy ? copy : (const uint8_t *)"", n);
}

static GPtrArray *files_in(const char *dir, const char *prefix)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
    for (const char *name; open && (name = g_dir_read_name(open));)
        if (g_str_has_prefix(name, prefix))
            g_ptr_array_add(paths, g_build_filename(dir, name, NULL));
    return paths;
}

static void test_target(gconstpointer data)
{
    const FuzzTarget *target = data;
    g_autofree char *corpus = g_build_filename(FUZZ_DIR, "corpus", target->name, NULL);
    g_autofree char *prefix = g_strconcat(target->name, "-", NULL);
    g_autoptr(GPtrArray) seeds = files_in(corpus, "");
    g_autoptr(GPtrArray) crashes = files_in(FUZZ_DIR "/crashes", prefix);
    g_assert_cmpuint(seeds->len, >, 0);
    for (guint i = 0; i < seeds->len; i++)
        replay(target, g_ptr_array_index(seeds, i));
    for (guint i = 0; i < crashes->len; i++)
        replay(target, g_ptr_array_index(crashes, i));
    target->run((const uint8_t *)"", 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const FuzzTarget *target = fuzz_targets; target->name; target++) {
        g_autofree char *path = g_strconcat("/fuzz/replay/", target->name, NULL);
        g_test_add_data_func(path, target, test_target);
    }
    return g_test_run();
}
