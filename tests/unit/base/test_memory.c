/* Arena, hashes, clocks and randomness. */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"

static bool is_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static void test_arena(void)
{
    GRand *random = g_rand_new_with_seed(3);
    g_autoptr(Arena) arena = arena_new();
    for (int round = 0; round < 20; round++) {
        unsigned char *pieces[200];
        size_t sizes[200];
        for (size_t i = 0; i < 200; i++) {
            sizes[i] = (size_t)g_rand_int_range(random, 0, i % 50 == 0 ? 100000 : 300);
            pieces[i] = arena_alloc(arena, sizes[i]);
            g_assert_true((uintptr_t)pieces[i] % _Alignof(max_align_t) == 0);
            g_assert_true(is_zero(pieces[i], sizes[i]));
            memset(pieces[i], (int)i + 1, sizes[i]);
        }
        for (size_t i = 0; i < 200; i++) {
            for (size_t j = 0; j < sizes[i]; j++)
                g_assert_true(pieces[i][j] == (unsigned char)(i + 1));
        }
        arena_reset(arena);
    }
    g_rand_free(random);
}

static void test_arena_reuse(void)
{
    g_autoptr(Arena) arena = arena_new();
    arena_reset(arena);
    arena_alloc(arena, 10);
    void *large = arena_alloc(arena, 500000);
    arena_alloc(arena, 1000000 / 2);
    arena_reset(arena);
    void *first = arena_alloc(arena, 500000);
    arena_reset(arena);
    g_assert_true(arena_alloc(arena, 500000) == first);
    g_assert_nonnull(large);
    arena_free(NULL);
}

static void test_arena_knows_its_own(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Arena) other = arena_new();
    g_assert_cmpuint(arena_used(arena), ==, 0);
    const char *small = arena_strdup(arena, "dun");
    const char *large = arena_alloc(arena, 100000);
    g_assert_true(arena_holds(arena, small) && arena_holds(arena, large + 99999));
    g_assert_false(arena_holds(arena, arena_strdup(other, "dun")));
    g_assert_false(arena_holds(arena, "dun"));
    g_assert_cmpuint(arena_used(arena), ==, 16 + 100000);
    arena_reset(arena);
    g_assert_cmpuint(arena_used(arena), ==, 0);
    g_assert_false(arena_holds(arena, large));
}

static void test_arena_texts(void)
{
    g_autoptr(Arena) arena = arena_new();
    static const int numbers[] = {1, 2, 3};
    g_assert_cmpstr(arena_strdup(arena, "dun"), ==, "dun");
    g_assert_null(arena_strdup(arena, NULL));
    g_assert_cmpstr(arena_strndup(arena, "dunning", 3), ==, "dun");
    g_assert_cmpstr(arena_strndup(arena, "dun", 30), ==, "dun");
    g_assert_null(arena_strndup(arena, NULL, 3));
    g_assert_cmpstr(arena_printf(arena, "%s-%d", "a", 7), ==, "a-7");
    g_assert_true(memcmp(arena_dup(arena, numbers, sizeof numbers), numbers, sizeof numbers) == 0);
    g_assert_nonnull(arena_dup(arena, NULL, 0));
    g_autofree char *long_text = g_strnfill(1000, 'x');
    for (int width = 250; width < 260; width++) {
        g_autofree char *wanted = g_strndup(long_text, (gsize)width);
        g_assert_cmpstr(arena_printf(arena, "%.*s", width, long_text), ==, wanted);
    }
    g_assert_cmpint(arena_new0(arena, int, 4)[3], ==, 0);
}

static void test_hash(void)
{
    char hex[HASH_HEX];
    Hash hash = hash_of("abc", 3);
    g_assert_cmpstr(hash_hex(&hash, hex), ==,
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash = hash_of("", 0);
    g_assert_cmpstr(hash_hex(&hash, hex), ==,
                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    const HashPart parts[] = {{"ab", 2}, {"c", 1}};
    const HashPart moved[] = {{"a", 1}, {"bc", 2}};
    const unsigned char written[] = {0, 0, 0, 0, 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
    Hash of_parts = hash_of_parts(parts, 2), of_moved = hash_of_parts(moved, 2);
    Hash of_written = hash_of(written, sizeof written);
    g_assert_true(memcmp(&of_parts, &of_written, sizeof of_parts) == 0);
    g_assert_true(memcmp(&of_parts, &of_moved, sizeof of_parts) != 0);

    Hash personal = hash_personal("ab", "c");
    g_assert_true(memcmp(&personal, &of_parts, sizeof personal) == 0);
}

static void test_virtual_clock(void)
{
    VirtualClock virtual;
    virtual_clock_init(&virtual, 1000);
    Clock *clock = &virtual.clock;
    g_assert_cmpint(clock->now(clock), ==, 1000);
    g_assert_cmpint(clock->monotonic_ms(clock), ==, 0);
    virtual_clock_set(&virtual, 1500);
    g_assert_cmpint(clock->now(clock), ==, 1500);
    g_assert_cmpint(clock->monotonic_ms(clock), ==, 500);
    virtual_clock_set(&virtual, 200);
    g_assert_cmpint(clock->now(clock), ==, 200);
    g_assert_cmpint(clock->monotonic_ms(clock), ==, 500);
    virtual_clock_set(&virtual, 300);
    g_assert_cmpint(clock->monotonic_ms(clock), ==, 600);
}

static void test_system_clock(void)
{
    Clock *clock = clock_system();
    int64_t first = clock->monotonic_ms(clock);
    g_assert_cmpint(clock->monotonic_ms(clock), >=, first);
    g_assert_cmpint(clock->now(clock), >, INT64_C(1700000000000));
}

static void test_seeded_random(void)
{
    SeededRandom a, b, other;
    seeded_random_init(&a, 42);
    seeded_random_init(&b, 42);
    seeded_random_init(&other, 43);
    unsigned char x[100], y[100], z[100];
    a.random.fill(&a.random, x, sizeof x);
    b.random.fill(&b.random, y, sizeof y);
    other.random.fill(&other.random, z, sizeof z);
    g_assert_true(memcmp(x, y, sizeof x) == 0);
    g_assert_true(memcmp(x, z, sizeof x) != 0);
}

static void test_random_below(void)
{
    SeededRandom random;
    seeded_random_init(&random, 1);
    int counts[6] = {0};
    for (int i = 0; i < 60000; i++)
        counts[random_below(&random.random, 6)]++;
    for (int i = 0; i < 6; i++) {
        g_assert_cmpint(counts[i], >, 9500);
        g_assert_cmpint(counts[i], <, 10500);
    }
    g_assert_cmpuint(random_below(&random.random, 1), ==, 0);
    for (int i = 0; i < 100; i++)
        g_assert_cmpuint(random_below(&random.random, UINT64_MAX), <, UINT64_MAX);
}

static void test_system_random(void)
{
    unsigned char x[32] = {0}, y[32] = {0};
    Random *random = random_system();
    random->fill(random, x, sizeof x);
    random->fill(random, y, sizeof y);
    g_assert_true(memcmp(x, y, sizeof x) != 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arena/pieces", test_arena);
    g_test_add_func("/arena/reuse", test_arena_reuse);
    g_test_add_func("/arena/own", test_arena_knows_its_own);
    g_test_add_func("/arena/texts", test_arena_texts);
    g_test_add_func("/hash/known", test_hash);
    g_test_add_func("/clock/virtual", test_virtual_clock);
    g_test_add_func("/clock/system", test_system_clock);
    g_test_add_func("/random/seeded", test_seeded_random);
    g_test_add_func("/random/below", test_random_below);
    g_test_add_func("/random/system", test_system_random);
    return g_test_run();
}
