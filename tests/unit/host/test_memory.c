#include "host/memory.h"

#include <glib.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

/* Random sizes: aligned, zeroed, apart from each other, and whole until the end. */
static void test_random_sizes(void)
{
    GRand *rand = g_rand_new_with_seed(11);
    Memory memory = {0};
    unsigned char *kept[500];
    size_t sizes[500];
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        sizes[i] = (size_t)g_rand_int_range(rand, 0, i % 50 == 0 ? 100000 : 300);
        kept[i] = memory_alloc(&memory, sizes[i]);
        g_assert_nonnull(kept[i]);
        g_assert_cmpuint((uintptr_t)kept[i] % alignof(max_align_t), ==, 0);
        for (size_t k = 0; k < sizes[i]; k++) {
            g_assert_cmpint(kept[i][k], ==, 0);
        }
        memset(kept[i], (int)(i % 251) + 1, sizes[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            g_assert_cmpint(kept[i][k], ==, (int)(i % 251) + 1);
        }
    }
    memory_free(&memory);
    g_rand_free(rand);
}

static void test_limit(void)
{
    Memory memory = {0};
    g_assert_null(memory_alloc(&memory, MEMORY_CALL_MAX + 1));
    g_assert_null(memory_alloc(&memory, SIZE_MAX));
    g_assert_nonnull(memory_alloc(&memory, MEMORY_CALL_MAX - 64));
    g_assert_nonnull(memory_alloc(&memory, 64));
    g_assert_null(memory_alloc(&memory, 1));
    memory_free(&memory);
    g_assert_nonnull(memory_alloc(&memory, 1));
    memory_free(&memory);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/host/memory/random_sizes", test_random_sizes);
    g_test_add_func("/host/memory/limit", test_limit);
    return g_test_run();
}
