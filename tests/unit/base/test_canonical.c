/* The canonical form is, byte for byte, what jansson writes with sorted keys: hashes of earlier versions stand. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { DOCUMENTS = 3000, DEEPEST = 4, WIDEST = 5 };

static const char *const texts[] = {"",
                                    "a",
                                    "b",
                                    "ab",
                                    "a\"b\\c/d",
                                    "\x01\x1f\x7f",
                                    "tab\tnl\n",
                                    "é€😀",
                                    "\b\f\r",
                                    "aé",
                                    "Z",
                                    "_",
                                    "10",
                                    "9",
                                    "\u2028\u2029",
                                    "longer text without anything to escape in it"};

static const char *any_text(GRand *chance)
{
    return texts[g_rand_int_range(chance, 0, G_N_ELEMENTS(texts))];
}

static json_t *any_value(GRand *chance, int depth)
{
    int kind = g_rand_int_range(chance, 0, depth < DEEPEST ? 8 : 6);
    json_t *many = kind == 6 ? json_object() : kind == 7 ? json_array() : NULL;
    switch (kind) {
    case 0:
        return json_string(any_text(chance));
    case 1:
        return json_integer((json_int_t)g_rand_int(chance) *
                            (g_rand_boolean(chance) ? 1 : -100000));
    case 2:
        return json_real(g_rand_double_range(chance, -1e9, 1e9));
    case 3:
        return json_boolean(g_rand_boolean(chance));
    case 4:
        return json_null();
    case 5:
        return json_stringn("a\0b", 3);
    default:
        break;
    }
    for (int i = g_rand_int_range(chance, 0, WIDEST); i > 0; i--) {
        if (kind == 6)
            json_object_set_new(many, any_text(chance), any_value(chance, depth + 1));
        else
            json_array_append_new(many, any_value(chance, depth + 1));
    }
    return many;
}

static void test_same_bytes(void)
{
    GRand *chance = g_rand_new_with_seed((guint32)g_test_rand_int());
    for (int i = 0; i < DOCUMENTS; i++) {
        g_autoptr(json_t) value = any_value(chance, 0);
        char *expected = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        g_autofree char *canonical = json_canonical(value);
        g_assert_cmpstr(canonical, ==, expected);
        free(expected);
    }
    g_rand_free(chance);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/canonical/same-bytes", test_same_bytes);
    return g_test_run();
}
