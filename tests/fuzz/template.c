/* Templates, alone and as their own partials, rendered from a context that has every kind of value.
 */
#include "notice/template.h"

#include <string.h>

#include "base/text.h"
#include "fuzz.h"

enum { OUTPUT_MAX = 65536 };

static const char context_text[] =
    "{\"name\":\"<Ann> & 'Bob'\",\"n\":7,\"x\":1.25,\"yes\":true,\"no\":false,\"nil\":null,"
    "\"none\":[],\"list\":[1,\"two\",[3]],\"who\":{\"name\":\"Cid\",\"who\":{\"name\":\"Dee\"}},"
    "\"lines\":\"one\\ntwo\",\"a\":[{\"a\":[{\"b\":1},{\"b\":2}]},{\"b\":3}]}";

static const Template *itself(const void *data, const char *name)
{
    (void)name;
    return data;
}

static void render(const Template *t, const json_t *context, EscapeMode mode,
                   TemplatePartial partial)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *out = template_render(t, context, mode, partial, t, OUTPUT_MAX, &error);
    g_assert_true((out == NULL) == (error != NULL));
    g_assert_true(!out || (strlen(out) <= OUTPUT_MAX && text_is_clean(out, strlen(out))));
}

void fuzz_template(const uint8_t *bytes, size_t n)
{
    if (!text_is_clean((const char *)bytes, n)) /* the loader of template files has seen to that */
        return;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const char *text = arena_strndup(arena, (const char *)bytes, n);
    static const char *const names[] = {"name", "list", "a", "a.b", "who", "who.name", NULL};
    template_compile(text, "strict.txt", names, arena, diags);
    const Template *t = template_compile(text, "free.txt", NULL, arena, diags);
    if (!t) {
        g_assert_cmpuint(diags_count(diags, DIAG_ERROR), >, 0);
        return;
    }
    g_autoptr(json_t) context =
        json_parse(context_text, strlen(context_text), sizeof context_text, NULL);
    render(t, context, ESCAPE_HTML, NULL);
    render(t, context, ESCAPE_NONE, itself);
}
