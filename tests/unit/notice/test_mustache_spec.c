/* Every case of the official mustache specification (mustache-spec/, its required modules), with unknown names allowed. */
#include <string.h>

#include "notice/template.h"

static const char folder[] = "tests/unit/notice/mustache-spec";

typedef struct {
    const json_t *partials; /* name -> text */
    Arena *arena;
    Diags *diags;
} Partials;

static const Template *find_partial(const void *data, const char *name)
{
    const Partials *p = data;
    const char *text = json_string_value(json_object_get(p->partials, name));
    return text ? template_compile(text, name, NULL, p->arena, p->diags) : NULL;
}

static void run_case(gconstpointer data)
{
    const json_t *spec = data;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    const char *text = json_string_value(json_object_get(spec, "template"));
    const char *expected = json_string_value(json_object_get(spec, "expected"));
    g_assert_true(text && expected);
    const Template *template = template_compile(text, "template", NULL, arena, diags);
    g_assert_nonnull(template);
    Partials partials = {json_object_get(spec, "partials"), arena, diags};
    g_autofree char *out = template_render(template, json_object_get(spec, "data"), ESCAPE_HTML,
                                           find_partial, &partials, 100000, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(out, ==, expected);
    g_assert_cmpuint(diags_length(diags), ==, 0);
}

static size_t add_module(const char *module, json_t *ret_files)
{
    g_autofree char *path = g_strdup_printf("%s/%s.json", folder, module);
    json_error_t where;
    json_t *file = json_load_file(path, 0, &where);
    if (!file)
        g_error("%s: %s", path, where.text);
    json_array_append_new(ret_files, file); /* lives as long as the cases */
    const json_t *tests = json_object_get(file, "tests");
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        g_autofree char *name = g_strdup_printf("/mustache-spec/%s/%zu/%s", module, i,
                                                json_string_value(json_object_get(test, "name")));
        g_strdelimit(name + strlen("/mustache-spec/") + strlen(module) + 1, "()", '_');
        g_test_add_data_func(name, test, run_case);
    }
    return json_array_size(tests);
}

/* So that a file cut short is noticed. */
enum { CASES = 136 };

int main(int argc, char **argv)
{
    static const char *const modules[] = {"comments", "delimiters", "interpolation",
                                          "inverted", "partials",   "sections"};
    size_t n = 0;
    json_t *files = json_array();
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(modules); i++)
        n += add_module(modules[i], files);
    g_assert_cmpuint(n, ==, CASES);
    int status = g_test_run();
    json_decref(files);
    return status;
}
