/* Texts, JSON, diagnostics and the log. */
#include "base/text.h"

#include <string.h>

#include "base/diag.h"
#include "base/json.h"
#include "base/log.h"

static void test_clean(void)
{
    g_assert_true(text_is_clean("Grüße", strlen("Grüße")));
    g_assert_true(text_is_clean("", 0));
    g_assert_false(text_is_clean("a\0b", 3));
    g_assert_false(text_is_clean("\xff", 1));
    g_assert_false(text_is_clean("\xc3", 1));
    g_assert_false(text_is_clean("\xed\xa0\x80", 3));
}

static void test_names(void)
{
    static const char *const good[] = {"a", "slack-main", "mail_2", "v1.2", "_x", "0"};
    static const char *const bad[] = {"",    ".",   "..", ".x",  "-x",
                                      "a/b", "a b", "ä",  "a\n", "aaaaaaaaaaaaa"};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(text_is_name(good[i], 12));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(text_is_name(bad[i], 12));
}

static void test_one_line(void)
{
    static const struct {
        const char *text;
        size_t max;
        const char *line;
    } rows[] = {
        {"plain", 10, "plain"},
        {"plain", 5, "plain"},
        {"plain", 4, "plai…"},
        {"äöü", 2, "äö…"},
        {"a\r\nb\tc", 10, "a\ufffd\ufffdb\ufffdc"},
        {"a\033[31m", 10, "a\ufffd[31m"},
        {"a\u202eb", 10, "a\ufffdb"},
        {"a\u2028b\xc2\x85", 10, "a\ufffdb\ufffd"},
        {"a\xff", 10, "a\ufffd"},
        {"", 3, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *line = text_one_line(rows[i].text, rows[i].max);
        g_assert_cmpstr(line, ==, rows[i].line);
    }
}

static void test_cells(void)
{
    static const struct {
        const char *text, *cell;
    } rows[] = {
        {"=1+1", "'=1+1"},    {"+4930123", "'+4930123"},
        {"-1+2", "'-1+2"},    {"@x", "'@x"},
        {"\t=1", "'\t=1"},    {"＝1", "'＝1"},
        {"-12.50", "-12.50"}, {"-", "'-"},
        {"a=1", "a=1"},       {"", ""},
        {"12", "12"},         {"\xff", "\xff"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *cell = text_cell(rows[i].text);
        g_assert_cmpstr(cell, ==, rows[i].cell);
    }
}

static void test_distance(void)
{
    static const struct {
        const char *a, *b;
        int distance;
    } rows[] = {
        {"", "", 0},
        {"a", "", 1},
        {"when", "whn", 1},
        {"when", "wehn", 1},
        {"kitten", "sitting", 3},
        {"müde", "mude", 1},
        {"ca", "abc", 3},
        {"abcd", "badc", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpint(text_distance(rows[i].a, rows[i].b), ==, rows[i].distance);
        g_assert_cmpint(text_distance(rows[i].b, rows[i].a), ==, rows[i].distance);
    }
    g_autofree char *longest = g_strnfill(64, 'x');
    g_autofree char *longer = g_strnfill(65, 'x');
    g_assert_cmpint(text_distance(longest, longest), ==, 0);
    g_assert_cmpint(text_distance(longer, longer), ==, 99);
    g_assert_cmpint(text_distance("\xff", "\xfe"), ==, 1);
}

static void test_json(void)
{
    static const struct {
        const char *text, *canonical; /* NULL: refused */
        int code;
        const char *says;
    } rows[] = {
        {"{\"b\": 1, \"a\": [true, null, \"ü\\u00e9/\"]}", "{\"a\":[true,null,\"üé/\"],\"b\":1}", 0,
         NULL},
        {"[1.5, -3]", "[1.5,-3]", 0, NULL},
        {"\"text\"", "\"text\"", 0, NULL},
        {" {} ", "{}", 0, NULL},
        {"{\"[\": \"]{\\\"\"}", "{\"[\":\"]{\\\"\"}", 0, NULL},
        {"", NULL, JSON_ERROR_SYNTAX, "line 1"},
        {"{\n\"a\": }", NULL, JSON_ERROR_SYNTAX, "line 2, column"},
        {"{\"a\":1,\"a\":2}", NULL, JSON_ERROR_SYNTAX, "duplicate"},
        {"{} x", NULL, JSON_ERROR_SYNTAX, "end of file"},
        {"\"\\u0000\"", NULL, JSON_ERROR_SYNTAX, "line 1"},
        {"[\"\xff\"]", NULL, JSON_ERROR_SYNTAX, "decode byte 0xff"},
        {"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]", NULL, JSON_ERROR_LIMIT, "at most 48"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = json_parse(rows[i].text, strlen(rows[i].text), 48, &error);
        if (rows[i].canonical != NULL) {
            g_assert_no_error(error);
            g_autofree char *canonical = json_canonical(json);
            g_assert_cmpstr(canonical, ==, rows[i].canonical);
        } else {
            g_assert_null(json);
            g_assert_error(error, JSON_ERROR, rows[i].code);
            g_assert_nonnull(strstr(error->message, rows[i].says));
        }
    }
}

static void test_json_depth(void)
{
    for (size_t depth = 64; depth <= 65; depth++) {
        g_autofree char *open = g_strnfill(depth, '['), *close = g_strnfill(depth, ']');
        g_autofree char *text = g_strconcat(open, close, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) json = json_parse(text, strlen(text), 1000, &error);
        g_assert_true((json != NULL) == (depth == 64));
        g_assert_true(json != NULL || g_error_matches(error, JSON_ERROR, JSON_ERROR_LIMIT));
    }
}

static char *printed(const Diags *diags, bool colour)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_print(diags, out, colour);
    fclose(out);
    return text;
}

static void test_diags(void)
{
    g_autoptr(Diags) diags = diags_new();
    char file[] = "conf.d/30-graph.yaml";
    diags_add(diags, "C031", (DiagPlace){file, 14, 9}, "unknown key '%s', did you mean '%s'?",
              "whn", "when");
    diags_add(diags, "C013", (DiagPlace){"a.yaml", 2, 0}, "line\nbreak");
    diags_add(diags, "C034", (DiagPlace){"a.yaml", 0, 0}, "whole file");
    diags_add(diags, "C012", (DiagPlace){0}, "no file");
    diags_add(diags, "C031", (DiagPlace){file, 14, 3}, "earlier");
    memset(file, 'x', sizeof file - 1);
    g_assert_cmpuint(diags_count(diags, DIAG_ERROR), ==, 4);
    g_assert_cmpuint(diags_count(diags, DIAG_WARNING), ==, 1);
    diags_sort(diags);
    g_autofree char *text = printed(diags, false);
    g_assert_cmpstr(
        text, ==,
        "error: no file [C012]\n"
        "a.yaml: error: whole file [C034]\n"
        "a.yaml:2: warning: line\ufffdbreak [C013]\n"
        "conf.d/30-graph.yaml:14:3: error: earlier [C031]\n"
        "conf.d/30-graph.yaml:14:9: error: unknown key 'whn', did you mean 'when'? [C031]\n");
    g_autofree char *coloured = printed(diags, true);
    g_assert_nonnull(strstr(coloured, "\033[1;31merror:\033[0m"));
}

static void test_diags_bound(void)
{
    g_autoptr(Diags) diags = diags_new();
    for (int i = 0; i < 1005; i++)
        diags_add(diags, "C001", (DiagPlace){"f", i + 1, 1}, "finding %d", i);
    g_assert_cmpuint(diags_length(diags), ==, 1000);
    g_assert_cmpuint(diags_count(diags, DIAG_ERROR), ==, 1005);
    g_autofree char *text = printed(diags, false);
    g_assert_true(g_str_has_suffix(text, "\n5 more findings are not shown; correct these first\n"));
}

static void test_diag_codes(void)
{
    size_t n = 0;
    const DiagCode *codes = diag_codes(&n);
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpuint(strlen(codes[i].code), ==, 4);
        g_assert_true(strchr("CKLT", codes[i].code[0]) != NULL);
        g_assert_true(strlen(codes[i].title) > 5 && !g_str_has_suffix(codes[i].title, "."));
        g_assert_true(g_str_has_suffix(codes[i].remedy, "."));
        for (size_t j = 0; j < i; j++)
            g_assert_cmpstr(codes[i].code, !=, codes[j].code);
    }
}

static void test_unknown_code(void)
{
    if (g_test_subprocess()) {
        g_autoptr(Diags) diags = diags_new();
        diags_add(diags, "X999", (DiagPlace){0}, "no such code");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
}

static void test_nearest(void)
{
    static const char *const words[] = {"when", "then", "dwell_days", "on", NULL};
    g_assert_cmpstr(diag_nearest("whn", words), ==, "when");
    g_assert_cmpstr(diag_nearest("dwel_day", words), ==, "dwell_days");
    g_assert_cmpstr(diag_nearest("dwell", words), ==, NULL);
    g_assert_cmpstr(diag_nearest("xy", words), ==, NULL);
    g_assert_cmpstr(diag_nearest("", words), ==, NULL);
    g_assert_cmpstr(diag_nearest("o", words), ==, NULL);
}

static void test_log(void)
{
    if (g_test_subprocess()) {
        log_setup(LOG_INFO, g_getenv("DUNHUB_TEST_JSON") != NULL);
        log_message(LOG_DEBUG, "bus", "not shown");
        log_message(LOG_WARN, "bus", "host %s\ngone", "a\033b");
        g_message("from %s", "elsewhere");
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*Z warn   bus: host a\ufffdb\ufffdgone\n*notice*: from elsewhere\n");
    g_test_trap_assert_stderr_unmatched("*not shown*");
    g_setenv("DUNHUB_TEST_JSON", "1", TRUE);
    g_test_trap_subprocess(NULL, 0, 0);
    g_unsetenv("DUNHUB_TEST_JSON");
    g_test_trap_assert_stderr("{\"level\":\"warn\",\"message\":\"host "
                              "a\ufffdb\ufffdgone\",\"room\":\"bus\",\"time\":\"*Z\"}\n*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/clean", test_clean);
    g_test_add_func("/text/names", test_names);
    g_test_add_func("/text/one-line", test_one_line);
    g_test_add_func("/text/cells", test_cells);
    g_test_add_func("/text/distance", test_distance);
    g_test_add_func("/json/documents", test_json);
    g_test_add_func("/json/depth", test_json_depth);
    g_test_add_func("/diag/print", test_diags);
    g_test_add_func("/diag/bound", test_diags_bound);
    g_test_add_func("/diag/codes", test_diag_codes);
    g_test_add_func("/diag/unknown-code", test_unknown_code);
    g_test_add_func("/diag/nearest", test_nearest);
    g_test_add_func("/log/lines", test_log);
    return g_test_run();
}
