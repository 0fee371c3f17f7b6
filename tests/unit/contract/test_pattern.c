/* What a contract expects against what came. */
#include "contract/pattern.h"

#include <string.h>

static const PatternWords words = {"http://127.0.0.1:1", "http://127.0.0.1:2", "k-1"};

static void test_fits(void)
{
    static const struct {
        const char *pattern, *text;
        bool fits;
    } rows[] = {
        {"a", "a", true},
        {"a", "ab", false},
        {"{any}", "", true},
        {"a{any}", "a", true},
        {"{any}b", "ab", true},
        {"{any}b", "abc", false},
        {"a{any}c{any}e", "abcde", true},
        {"a{any}c{any}e", "acxe", true},
        {"a{any}c{any}e", "aexc", false},
        {"ab{any}bc", "abc", false}, /* no sign counts twice */
        {"{any}", "line\nline", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpint(pattern_fits(rows[i].pattern, rows[i].text), ==, rows[i].fits);
}

static void test_difference(void)
{
    static const struct {
        const char *expected, *actual, *where; /* NULL: it fits */
    } rows[] = {
        {"{\"a\": [1, {\"b\": \"x{any}\"}]}", "{\"a\": [1, {\"b\": \"xy\"}]}", NULL},
        {"{\"a\": 1}", "{\"a\": 1.0}", NULL},
        {"{\"a\": \"{any}\"}", "{\"a\": {\"b\": 1}}", NULL},
        {"{\"a\": \"{any}\"}", "{}", "at /a: "},
        {"{\"a\": 1}", "{\"a\": 1, \"b\": 2}", "at /b: nothing is expected, 2 came"},
        {"{\"a\": 1}", "{\"a\": \"1\"}", "at /a: 1 is expected, \"1\" came"},
        {"[1, 2]", "[1]", "[1,2] is expected, [1] came"},
        {"{\"a\": null}", "{\"a\": null}", NULL},
        {"{\"a\": [{\"b\": true}]}", "{\"a\": [{\"b\": false}]}", "at /a/0/b: "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_t *expected = json_loads(rows[i].expected, 0, NULL);
        json_t *actual = json_loads(rows[i].actual, 0, NULL);
        g_autofree char *found = pattern_difference(expected, actual);
        if (rows[i].where == NULL)
            g_assert_cmpstr(found, ==, NULL);
        else
            g_assert_true(found != NULL && g_str_has_prefix(found, rows[i].where));
        json_decref(expected);
        json_decref(actual);
    }
}

static void test_fill(void)
{
    json_t *json = json_pack("{s:[s,i], s:s}", "{key}", "{server}/x", 7, "b", "{elsewhere}{any}");
    json_t *filled = pattern_fill_json(json, &words);
    json_t *expected = json_pack("{s:[s,i], s:s}", "k-1", "http://127.0.0.1:1/x", 7, "b",
                                 "http://127.0.0.1:2{any}");
    g_assert_true(json_equal(filled, expected));
    json_decref(json);
    json_decref(filled);
    json_decref(expected);
}

static void test_form(void)
{
    json_t *form = form_read("b=2&b=1&b=2&a=x+y%26&empty=&c=%C3%A9");
    json_t *expected = json_pack("{s:[s,s,s], s:s, s:s, s:s}", "b", "2", "1", "2", "a", "x y&",
                                 "empty", "", "c", "\xc3\xa9");
    g_assert_true(json_equal(form, expected));
    g_assert_null(form_read("a=%zz"));
    json_decref(form);
    json_decref(expected);
}

static void test_request(void)
{
    static const struct {
        const char *method, *path, *query, *headers, *body, *where; /* where NULL: it fits */
    } rows[] = {
        {"POST", "/notes/7", "tenant=7", "{\"idempotency-key\": \"k-1\"}", "{\"text\":\"x\"}",
         NULL},
        {"PUT", "/notes/7", "tenant=7", "{\"idempotency-key\": \"k-1\"}", "{}", "method"},
        {"POST", "/note/7", "tenant=7", "{\"idempotency-key\": \"k-1\"}", "{}", "path"},
        {"POST", "/notes/7", "tenant=7&x=1", "{\"idempotency-key\": \"k-1\"}", "{}", "query at /x"},
        {"POST", "/notes/7", "tenant=7", "{}", "{}", "header Idempotency-Key"},
        {"POST", "/notes/7", "tenant=7", "{\"idempotency-key\": \"k-1\", \"cookie\": \"a\"}", "{}",
         "header Cookie"},
        {"POST", "/notes/7", "tenant=7", "{\"idempotency-key\": \"k-1\"}", "{\"text\":1}",
         "JSON at /text"},
        {"POST", "/notes/7", "tenant=7", "{\"idempotency-key\": \"k-1\"}", "text",
         "JSON it cannot"},
    };
    json_t *query = json_pack("{s:s}", "tenant", "7"), *body = json_pack("{s:s}", "text", "x{any}");
    json_t *headers = json_pack("{s:s, s:n}", "Idempotency-Key", "{key}", "Cookie");
    const RequestPattern expected = {
        .method = "POST", .path = "/notes/{any}", .query = query, .headers = headers, .json = body};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MimicRequest) request = g_new0(MimicRequest, 1);
        request->method = g_strdup(rows[i].method);
        request->path = g_strdup(rows[i].path);
        request->query = g_strdup(rows[i].query);
        request->headers = json_loads(rows[i].headers, 0, NULL);
        request->body = g_bytes_new(rows[i].body, strlen(rows[i].body));
        g_autofree char *found = request_difference(&expected, request, &words);
        if (rows[i].where == NULL)
            g_assert_cmpstr(found, ==, NULL);
        else
            g_assert_true(found != NULL && g_str_has_prefix(found, rows[i].where));
    }
    json_decref(query);
    json_decref(headers);
    json_decref(body);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/contract/pattern/fits", test_fits);
    g_test_add_func("/contract/pattern/difference", test_difference);
    g_test_add_func("/contract/pattern/fill", test_fill);
    g_test_add_func("/contract/pattern/form", test_form);
    g_test_add_func("/contract/pattern/request", test_request);
    return g_test_run();
}
