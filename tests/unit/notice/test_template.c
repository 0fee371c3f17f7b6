/* The whole ground of the mustache specification in rows of our own, then strict mode and the
 * bounds. */
#include "notice/template.h"

#include <string.h>

#define DATA                                                                                       \
    "{\"name\":\"Ann\",\"html\":\"<b> & \\\"q\\\" "                                                \
    "'a'\",\"n\":7,\"x\":1.25,\"yes\":true,\"no\":false,"                                          \
    "\"nil\":null,\"empty\":\"\",\"none\":[],\"list\":[1,2,3],\"words\":[\"a\",\"<\"],"            \
    "\"who\":{\"name\":\"Bob\",\"age\":44,\"of\":{\"city\":\"Rome\"}},\"bare\":{},"                \
    "\"people\":[{\"name\":\"Cid\"},{\"name\":\"Dee\",\"n\":8}],\"nest\":[[1,2],[3]],"             \
    "\"lines\":\"one\\ntwo\",\"deep\":{\"deep\":{\"name\":\"low\"}},"                              \
    "\"tree\":{\"v\":\"a\",\"kids\":[{\"v\":\"b\",\"kids\":[]},{\"v\":\"c\",\"kids\":[]}]}}"

typedef struct {
    const char *name, *text;
} PartialText;

static const PartialText partial_texts[] = {
    {"hello", "Hello {{name}}"},
    {"two", "one\ntwo\n"},
    {"bar", "|"},
    {"swap", "{{=<% %>=}}<%n%>"},
    {"tagged", "[\n{{lines}}\n]\n"},
    {"node", "{{v}}<{{#kids}}{{>node}}{{/kids}}>"},
    {"outer", "a\n  {{>two}}\nb\n"},
    {"inline", "{{>hello}}!\nend\n"},
    {"sections", "{{#yes}}\n in\n{{/yes}}\nout\n"},
    {"blank", ""},
    {"commented", "{{! gone }}x\n"},
};

typedef struct {
    Arena *arena;
    Diags *diags;
} Parts;

static const Template *find_partial(const void *data, const char *name)
{
    const Parts *parts = data;
    for (size_t i = 0; i < G_N_ELEMENTS(partial_texts); i++) {
        if (strcmp(partial_texts[i].name, name) == 0)
            return template_compile(partial_texts[i].text, name, NULL, parts->arena, parts->diags);
    }
    return NULL;
}

static const struct {
    const char *template, *output;
} rows[] = {
    /* values */
    {"", ""},
    {"no tags, {one} brace\n", "no tags, {one} brace\n"},
    {"Hi {{name}}.", "Hi Ann."},
    {"{{ name }}{{\tname\t}}", "AnnAnn"},
    {"{{\nname\n}}", "Ann"},
    {"{{html}}", "&lt;b&gt; &amp; &quot;q&quot; &#39;a&#39;"},
    {"{{{html}}}", "<b> & \"q\" 'a'"},
    {"{{{ html }}}", "<b> & \"q\" 'a'"},
    {"{{&html}}|{{& html }}", "<b> & \"q\" 'a'|<b> & \"q\" 'a'"},
    {"{{n}} {{x}} {{yes}} {{no}}", "7 1.25 true false"},
    {"[{{nil}}{{missing}}{{empty}}{{{nil}}}{{&missing}}]", "[]"},
    {"[{{who}}{{list}}]", "[]"},
    {"{{who.name}} {{who.of.city}}", "Bob Rome"},
    {"{{{who.of.city}}} {{&who.of.city}}", "Rome Rome"},
    {"[{{who.gone}}{{gone.name}}{{name.name}}{{who.gone.name}}]", "[]"},
    {"  {{name}}\n", "  Ann\n"},
    {" | {{{name}}} | ", " | Ann | "},
    {"{{name}}\n{{name}}\n", "Ann\nAnn\n"},
    /* sections */
    {"{{#yes}}in{{/yes}}", "in"},
    {"{{#no}}in{{/no}}", ""},
    {"{{#nil}}in{{/nil}}{{#missing}}in{{/missing}}{{#none}}in{{/none}}{{#empty}}in{{/empty}}", ""},
    {"{{#bare}}in{{/bare}}", "in"},
    {"{{#n}}in{{/n}}", "in"},
    {"{{#who}}{{name}} {{age}} {{n}}{{/who}}", "Bob 44 7"},
    {"{{#name}}{{.}}{{/name}}", "Ann"},
    {"{{#list}}({{.}}){{/list}}", "(1)(2)(3)"},
    {"{{#words}}{{.}}{{{.}}}{{&.}}{{/words}}", "aaa&lt;<<"},
    {"{{#people}}{{name}}{{n}} {{/people}}", "Cid7 Dee8 "},
    {"{{#nest}}{{#.}}{{.}}{{/.}};{{/nest}}", "12;3;"},
    {"{{#people}}{{#who}}{{name}}{{/who}}{{/people}}", "BobBob"},
    {"{{#who.of}}{{city}}{{/who.of}}", "Rome"},
    {"{{#who.gone}}in{{/who.gone}}{{#gone.name}}in{{/gone.name}}", ""},
    {"{{#deep}}{{#deep}}{{name}}{{/deep}}{{/deep}}", "low"},
    {"{{#deep}}{{deep.name}}{{/deep}}", "low"},
    {"{{#who}}{{of.city}}{{who.name}}{{/who}}", "RomeBob"},
    {"{{#who}}{{#of}}{{of.city}}{{age}}{{/of}}{{/who}}", "Rome44"},
    {"{{#yes}}a{{/yes}} {{#yes}}b{{/yes}}", "a b"},
    {"{{# yes }}in{{/ yes }}", "in"},
    {"{{#yes}}{{#no}}a{{/no}}{{^no}}b{{/no}}{{/yes}}", "b"},
    /* inverted sections */
    {"{{^no}}in{{/no}}{{^nil}}in{{/nil}}{{^missing}}in{{/missing}}{{^none}}in{{/none}}",
     "inininin"},
    {"{{^yes}}in{{/yes}}{{^who}}in{{/who}}{{^list}}in{{/list}}{{^bare}}in{{/bare}}", ""},
    {"{{^who.gone}}in{{/who.gone}}{{^gone.name}}in{{/gone.name}}{{^who.name}}no{{/who.name}}",
     "inin"},
    {"{{^no}}{{name}}{{/no}}", "Ann"},
    {"{{^empty}}in{{/empty}}", "in"},
    /* lines of their own */
    {"a\n{{#yes}}\nb\n{{/yes}}\nc\n", "a\nb\nc\n"},
    {"a\n  {{#yes}}\t\nb\n\t{{/yes}}  \nc\n", "a\nb\nc\n"},
    {"a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\nc\r\n", "a\r\nb\r\nc\r\n"},
    {"{{#yes}}\nb\n{{/yes}}", "b\n"},
    {"  {{#yes}}\nb\n  {{/yes}}", "b\n"},
    {"a\n{{^no}}\nb\n{{/no}}\nc", "a\nb\nc"},
    {"a\n{{#no}}\nb\n{{/no}}\nc", "a\nc"},
    {"a {{#yes}}\nb\n{{/yes}} c\n", "a \nb\n c\n"},
    {"{{#yes}}{{name}}\n{{/yes}}\n", "Ann\n"},
    {"{{#yes}} {{#yes}}\n{{/yes}} {{/yes}}\n", " \n \n"},
    {"{{#list}}\n- {{.}}\n{{/list}}\n", "- 1\n- 2\n- 3\n"},
    {"  {{name}}\n  {{#yes}}\n    x\n  {{/yes}}\n", "  Ann\n    x\n"},
    /* comments */
    {"a{{! gone }}b", "ab"},
    {"a{{!\n gone\n gone }}b", "ab"},
    {"a\n{{! gone }}\nb\n", "a\nb\n"},
    {"a\n  {{! gone }}\nb\n", "a\nb\n"},
    {"a\n{{!\ngone\n}}\nb\n", "a\nb\n"},
    {"a\n  {{!\n  gone\n  }}  \nb\n", "a\nb\n"},
    {"a\r\n{{! gone }}\r\nb", "a\r\nb"},
    {"{{! gone }}\nb", "b"},
    {"b\n  {{! gone }}", "b\n"},
    {"  12 {{! gone }}\n", "  12 \n"},
    {"{{! {{name} }}{{!name}}", ""},
    {"{{!}}x", "x"},
    /* delimiters */
    {"{{=<% %>=}}<%name%> {{name}}", "Ann {{name}}"},
    {"{{=| |=}}|name|", "Ann"},
    {"{{= @   @ =}}@name@", "Ann"},
    {"{{={ }=}}{name}", "Ann"},
    {"{{=<% %>=}}<%={{ }}=%>{{name}}", "Ann"},
    {"{{=<% %>=}}<%#who%><%name%><%/who%>", "Bob"},
    {"{{=<% %>=}}<%&html%><%{html}%>", "<b> & \"q\" 'a'<b> & \"q\" 'a'"},
    {"{{=<% %>=}}<%! gone %><%^no%>in<%/no%>", "in"},
    {"a\n{{=<% %>=}}\nb<%n%>\n", "a\nb7\n"},
    {"a\n  {{=<% %>=}}  \nb\n", "a\nb\n"},
    {"a\r\n{{=<% %>=}}\r\nb", "a\r\nb"},
    {"  {{=<% %>=}}\nb", "b"},
    {"b\n  {{=<% %>=}}", "b\n"},
    {"| {{=<% %>=}} |", "|  |"},
    {"{{#yes}}{{=| |=}}|name||/yes||name|", "AnnAnn"},
    /* partials */
    {"{{>hello}}", "Hello Ann"},
    {"{{> hello }}", "Hello Ann"},
    {"{{#who}}{{>hello}}{{/who}}", "Hello Bob"},
    {"[{{>missing}}]", "[]"},
    {"[{{>blank}}]", "[]"},
    {"{{>swap}} {{n}} <%n%>", "7 7 <%n%>"},
    {"{{=<% %>=}}<%>hello%>", "Hello Ann"},
    {"{{#tree}}{{>node}}{{/tree}}", "a<b<>c<>>"},
    {"x {{>two}} y", "x one\ntwo\n y"},
    {"  {{name}}  {{>bar}}\n", "  Ann  |\n"},
    {"a\n  {{>two}}\nb\n", "a\n  one\n  two\nb\n"},
    {"a\r\n\t{{>two}}\r\nb", "a\r\n\tone\n\ttwo\nb"},
    {"  {{>bar}}\n>", "  |>"},
    {">\n  {{>bar}}", ">\n  |"},
    {" {{>tagged}}\n", " [\n one\ntwo\n ]\n"},
    {"  {{>outer}}\n", "  a\n    one\n    two\n  b\n"},
    {"  {{>inline}}\n", "  Hello Ann!\n  end\n"},
    {"  {{>sections}}\n", "   in\n  out\n"},
    {"  {{>commented}}\n", "  x\n"},
    {"{{#list}}\n {{>two}}\n{{/list}}\n", " one\n two\n one\n two\n one\n two\n"},
};

static char *render(const char *text, EscapeMode mode, size_t max, GError **error)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(json_t) data = json_loads(DATA, 0, NULL);
    g_assert_nonnull(data);
    const Template *template = template_compile(text, "t", NULL, arena, diags);
    diags_print(diags, stderr, false);
    g_assert_nonnull(template);
    const Parts parts = {arena, diags};
    return template_render(template, data, mode, find_partial, &parts, max, error);
}

static void test_specification(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *output = render(rows[i].template, ESCAPE_HTML, 10000, &error);
        g_assert_no_error(error);
        if (strcmp(output, rows[i].output) != 0)
            g_error("row %zu, template [%s]: expected [%s], got [%s]", i, rows[i].template,
                    rows[i].output, output);
    }
}

static void test_unescaped(void)
{
    g_autofree char *output = render("{{html}} {{{html}}}", ESCAPE_NONE, 100, NULL);
    g_assert_cmpstr(output, ==, "<b> & \"q\" 'a' <b> & \"q\" 'a'");
}

/* Every finding, at its place, with what to do. */
static void test_findings(void)
{
    static const char *const names[] = {
        "amount",          "account.name",      "invoices", "invoices.number",
        "invoices.due_on", "organisation.name", NULL};
    static const struct {
        const char *template, *finding; /* NULL: none */
    } bad[] = {
        {"{{amount}} {{account.name}} {{#invoices}}{{number}} {{amount}}{{/invoices}}", NULL},
        {"{{#account}}{{name}}{{/account}}{{#organisation.name}}{{.}}{{/organisation.name}}", NULL},
        {"{{^invoices}}{{amount}}{{/invoices}}{{#invoices}}{{^due_on}}{{number}}{{/due_on}}{{/"
         "invoices}}",
         NULL},
        {"x {{amont}}", "t:1:3: error: unknown name 'amont', did you mean 'amount'? [C301]\n"},
        {"ä\n ü {{zebra}}", "t:2:4: error: unknown name 'zebra'; the catalogue of template names "
                            "lists what a template "
                            "may read [C301]\n"},
        {"{{#invoices}}{{numbr}}{{/invoices}}",
         "t:1:14: error: unknown name 'numbr', did you mean 'number'? [C301]\n"},
        {"{{number}}", "t:1:1: error: unknown name 'number'; the catalogue of template names lists "
                       "what a template may "
                       "read [C301]\n"},
        {"{{^invoices}}{{number}}{{/invoices}}",
         "t:1:14: error: unknown name 'number'; the catalogue of template names lists what a "
         "template may read [C301]\n"},
        {"{{#invoice}}{{number}}{{/invoice}}{{amonut}}",
         "t:1:1: error: unknown name 'invoice', did you mean 'invoices'? [C301]\n"
         "t:1:35: error: unknown name 'amonut', did you mean 'amount'? [C301]\n"},
        {"{{invoices}}", "t:1:1: error: 'invoices' is a list or a group, not a single value; open "
                         "it with {{#invoices}} [C305]\n"},
        {"{{.}}", "t:1:1: error: unknown name '.'; the catalogue of template names lists what a "
                  "template may read "
                  "[C301]\n"},
        {"{{#invoices}}",
         "t:1:1: error: section 'invoices' is not closed; add {{/invoices}} [C302]\n"},
        {"{{#invoices}}\n{{^amount}}{{/invoices}}",
         "t:2:12: error: section 'invoices' is closed, but 'amount' of line 2 is open [C303]\n"},
        {"{{/amount}}", "t:1:1: error: section 'amount' is closed, but none is open [C303]\n"},
        {"a\n {{amount",
         "t:2:2: error: the tag that begins here has no end; close it with }} [C304]\n"},
        {"{{{amount}}",
         "t:1:1: error: the tag that begins here has no end; close it with }}} [C304]\n"},
        {"{{=<% %>}}",
         "t:1:1: error: the tag that begins here has no end; close it with =}} [C304]\n"},
        {"{{}}", "t:1:1: error: '' is not a name; write one word, or words joined by '.' [C305]\n"},
        {"{{a b}}{{.a}}{{a.}}{{a..b}}",
         "t:1:1: error: 'a b' is not a name; write one word, or words joined by '.' [C305]\n"
         "t:1:8: error: '.a' is not a name; write one word, or words joined by '.' [C305]\n"
         "t:1:14: error: 'a.' is not a name; write one word, or words joined by '.' [C305]\n"
         "t:1:20: error: 'a..b' is not a name; write one word, or words joined by '.' [C305]\n"},
        {"{{=<%=}}",
         "t:1:1: error: delimiters are two words without '=', as in {{=<% %>=}} [C309]\n"},
        {"{{=<% a %>=}}",
         "t:1:1: error: delimiters are two words without '=', as in {{=<% %>=}} [C309]\n"},
        {"{{=<% %==}}",
         "t:1:1: error: delimiters are two words without '=', as in {{=<% %>=}} [C309]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        const Template *template = template_compile(bad[i].template, "t", names, arena, diags);
        char *text = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&text, &n);
        diags_print(diags, out, false);
        fclose(out);
        g_assert_cmpstr(text, ==, bad[i].finding != NULL ? bad[i].finding : "");
        g_assert_true((template == NULL) == (bad[i].finding != NULL));
        free(text);
    }
}

static void test_deep_sections(void)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < 33; i++)
        g_string_append(text, "{{#a}}");
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_assert_null(template_compile(text->str, "t", NULL, arena, diags));
    g_assert_cmpuint(diags_length(diags), ==, 1);
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "C312");
    g_assert_cmpint(diags_get(diags, 0)->place.column, ==, 32 * 6 + 1);
    g_string_free(text, TRUE);
}

static void test_unknown_partials(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const Parts parts = {arena, diags};
    const Template *template = template_compile("{{>hello}}\n{{#yes}}{{>helo}}{{/yes}} {{>gone}}",
                                                "t", NULL, arena, diags);
    g_assert_false(template_check_partials(template, find_partial, &parts, diags));
    g_assert_cmpuint(diags_length(diags), ==, 2);
    g_assert_cmpstr(diags_get(diags, 0)->message, ==, "unknown partial 'helo'");
    g_assert_cmpint(diags_get(diags, 0)->place.line, ==, 2);
    g_assert_cmpint(diags_get(diags, 1)->place.column, ==, 27);
    template = template_compile("{{>hello}}", "t", NULL, arena, diags);
    g_assert_true(template_check_partials(template, find_partial, &parts, diags));
}

static const Template *find_itself(const void *data, const char *name)
{
    return strcmp(name, "self") == 0 ? data : NULL;
}

static void test_bounds(void)
{
    static const struct {
        const char *template;
        size_t max;
        const char *says; /* NULL: fits */
    } bounds[] = {
        {"12345", 5, NULL},
        {"123456", 5, "longer than 5 bytes"},
        {"{{#list}}{{name}}{{/list}}", 9, NULL},
        {"{{#list}}{{name}}{{/list}}", 8, "longer than 8 bytes"},
        {"{{>self}}", 100, "deeper than 20"},
        {"{{#list}}{{>self}}{{/list}}", 100, "deeper than 20"},
        {"{{>none}}{{^yes}}{{>self}}{{/yes}}", 100, NULL},
    };
    g_autoptr(json_t) data = json_loads(DATA, 0, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(bounds); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(GError) error = NULL;
        const Template *template = template_compile(bounds[i].template, "t", NULL, arena, diags);
        g_autofree char *output = template_render(template, data, ESCAPE_HTML, find_itself,
                                                  template, bounds[i].max, &error);
        g_assert_true((output == NULL) == (bounds[i].says != NULL));
        g_assert_true(output != NULL ||
                      g_error_matches(error, TEMPLATE_ERROR, TEMPLATE_ERROR_LIMIT));
        g_assert_true(output != NULL || strstr(error->message, bounds[i].says) != NULL);
    }
}

/* A million empty lists in a million: the work is bounded where the output is not. */
static void test_work(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    json_t *list = json_array();
    for (int i = 0; i < 2000; i++)
        json_array_append_new(list, json_integer(i));
    g_autoptr(json_t) data = json_pack("{s:o}", "list", list);
    const Template *template =
        template_compile("{{#list}}{{#list}}{{none}}{{/list}}{{/list}}", "t", NULL, arena, diags);
    g_assert_null(template_render(template, data, ESCAPE_NONE, NULL, NULL, 100, &error));
    g_assert_error(error, TEMPLATE_ERROR, TEMPLATE_ERROR_LIMIT);
    g_assert_nonnull(strstr(error->message, "steps"));
}

/* Any text compiles or is refused; what compiles renders within its bound. */
static void test_fuzz(void)
{
    static const char *const pieces[] = {
        "{{", "}}",  "{{{", "}}}", "#",    "^",   "/",        "!",        "=",
        "&",  ">",   " ",   "\n",  "name", "who", "people",   "{{#yes}}", "{{/yes}}",
        ".",  "<% ", "%>",  "=}}", "\r\n", "ä",   "{{>two}}", "{{name}}", "\xff"};
    GRand *random = g_rand_new_with_seed(136);
    g_autoptr(json_t) data = json_loads(DATA, 0, NULL);
    int compiled = 0;
    for (int i = 0; i < 20000; i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        GString *text = g_string_new(NULL);
        for (int j = g_rand_int_range(random, 0, 12); j > 0; j--)
            g_string_append(text, pieces[g_rand_int_range(random, 0, G_N_ELEMENTS(pieces))]);
        const Parts parts = {arena, diags};
        const Template *template = template_compile(text->str, "t", NULL, arena, diags);
        g_assert_true((template == NULL) == (diags_count(diags, DIAG_ERROR) > 0));
        if (template != NULL) {
            compiled++;
            g_autofree char *output =
                template_render(template, data, ESCAPE_HTML, find_partial, &parts, 500, NULL);
            g_assert_true(output == NULL || strlen(output) <= 500);
        }
        g_string_free(text, TRUE);
    }
    g_assert_cmpint(compiled, >, 2000);
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/template/specification", test_specification);
    g_test_add_func("/template/unescaped", test_unescaped);
    g_test_add_func("/template/findings", test_findings);
    g_test_add_func("/template/deep-sections", test_deep_sections);
    g_test_add_func("/template/unknown-partials", test_unknown_partials);
    g_test_add_func("/template/bounds", test_bounds);
    g_test_add_func("/template/work", test_work);
    g_test_add_func("/template/fuzz", test_fuzz);
    return g_test_run();
}
