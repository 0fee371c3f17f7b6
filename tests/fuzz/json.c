/* JSON from outside; its canonical form parses and is its own canonical form. */
#include "base/json.h"

#include <string.h>

#include "fuzz.h"

void fuzz_json(const uint8_t *bytes, size_t n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = json_parse((const char *)bytes, n, FUZZ_INPUT_MAX, &error);
    g_assert_true((json == NULL) == (error != NULL));
    if (!json)
        return;
    g_autofree char *first = json_canonical(json);
    g_autoptr(json_t) parsed = json_parse(first, strlen(first), 16 * FUZZ_INPUT_MAX, &error);
    g_assert_no_error(error);
    g_autofree char *again = json_canonical(parsed);
    g_assert_cmpstr(first, ==, again);
}
