/* Input, options, results, texts and files of the SDK. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "testkit/testkit.h"

static void test_input(void)
{
    static const struct {
        const char *input, *message; /* NULL message: good */
    } rows[] = {
        {"{\"to\":\"a@b.c\"}", NULL},
        {"{}", "message.email needs 'to': it is missing in the input"},
        {"{\"to\":null}", "message.email needs 'to': it is missing in the input"},
        {"{\"to\":\"\"}", "message.email needs 'to': it is empty"},
        {"{\"to\":5}", "message.email needs 'to': it is no text"},
        {"[1]", "the input is no JSON object: give {\"name\": value, ...}"},
        {"{\"to\":", "the input is no JSON:"},
        {"", "the input is no JSON:"},
    };
    g_autoptr(Testkit) kit = testkit_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const DunhubTask *task = testkit_task(kit, "message.email", "k", rows[i].input);
        json_auto_t *input = dunhub_input(task);
        const char *to = NULL;
        bool good = input && dunhub_need_text(task, input, "to", &to);
        g_assert_cmpint(good, ==, !rows[i].message);
        if (good) {
            g_assert_cmpstr(to, ==, "a@b.c");
            continue;
        }
        const TestkitResult *result = testkit_result(kit);
        g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
        g_assert_true(g_str_has_prefix(result->message, rows[i].message));
    }
}

static void test_results(void)
{
    g_autoptr(Testkit) kit = testkit_new(NULL);
    const DunhubTask *task = testkit_task(kit, "a.b", "k", "{}");
    dunhub_retry(task, 1500, "429", "wait %d\nor more", 5);
    const TestkitResult *result = testkit_result(kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpint(result->retry_after_ms, ==, 1500);
    g_assert_cmpstr(result->code, ==, "429");
    g_assert_cmpstr(result->message, ==, "wait 5 or more");
    json_auto_t *data = json_pack("{s:i}", "n", 1);
    dunhub_ok_data(task, "id-1", data);
    result = testkit_result(kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "id-1");
    g_assert_cmpstr(result->data, ==, "{\"n\":1}");
    g_assert_cmpstr(result->message, ==, "");
    dunhub_uncertain(task, "no_answer", "gone");
    result = testkit_result(kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_UNCERTAIN);
    g_assert_cmpstr(result->external_id, ==, "");
}

static void test_options(void)
{
    g_autoptr(Testkit) kit = testkit_new(NULL);
    testkit_option(kit, "n", "30");
    testkit_option(kit, "words", "yes, y ,, true");
    testkit_option(kit, "list", "[\"a\",\"b\"]");
    testkit_option(kit, "map", "{\"account\":\"customerID\"}");
    testkit_option(kit, "on", "true");
    testkit_option(kit, "empty", "");
    const DunhubTask *task = testkit_task(kit, "a.b", "k", "{}");
    g_assert_cmpint(dunhub_option_int(task, "n", 7), ==, 30);
    g_assert_cmpint(dunhub_option_int(task, "none", 7), ==, 7);
    g_assert_true(dunhub_option_bool(task, "on"));
    g_assert_false(dunhub_option_bool(task, "none"));
    g_assert_null(dunhub_option(task, "empty"));
    json_auto_t *words = dunhub_option_json(task, "words"),
                *list = dunhub_option_json(task, "list"), *map = dunhub_option_json(task, "map");
    g_assert_cmpuint(json_array_size(words), ==, 3);
    g_assert_cmpstr(json_string_value(json_array_get(words, 1)), ==, "y");
    g_assert_cmpuint(json_array_size(list), ==, 2);
    g_assert_cmpstr(dunhub_find_text(map, "account"), ==, "customerID");
}

static void test_texts(void)
{
    static const struct {
        const char *text, *safe;
    } names[] = {
        {"C-1001", "C-1001"},
        {"../../etc/passwd", "-.-..-etc-passwd"},
        {"..", "-."},
        {"a/b\\c:d", "a-b-c-d"},
        {"", "-"},
        {"M\xc3\xbcller", "M--ller"},
        {"x\ny", "x-y"},
        {".hidden", "-hidden"},
    };
    g_autoptr(Testkit) kit = testkit_new(NULL);
    const DunhubTask *task = testkit_task(kit, "a.b", "k", "{}");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        g_assert_cmpstr(dunhub_safe_name(task, names[i].text, 60), ==, names[i].safe);
    g_assert_cmpstr(dunhub_safe_name(task, "abcdef", 3), ==, "abc");
    g_assert_cmpstr(dunhub_one_line(task, "a\r\nb\x1b[0m", 100), ==, "a  b [0m");
    g_assert_cmpstr(dunhub_one_line(task,
                                    "a\xff"
                                    "b",
                                    100),
                    ==, "a?b");
    g_assert_cmpstr(dunhub_one_line(task, "\xc3\xa9\xc3\xa9", 3), ==, "\xc3\xa9");
    g_assert_false(dunhub_utf8("\xc0\x80", 2));
    g_assert_false(dunhub_utf8("\xed\xa0\x80", 3));
    g_assert_false(dunhub_utf8("\xe2\x82", 2));
    g_assert_true(dunhub_utf8("\xf0\x9f\x98\x80", 4));
    static const char *const words[] = {"InvoiceAmount", "DueDate", "customerID", NULL};
    g_assert_cmpstr(dunhub_nearest("invoiceamount", words), ==, "InvoiceAmount");
    g_assert_cmpstr(dunhub_nearest("customreID", words), ==, "customerID");
    g_assert_cmpstr(dunhub_nearest("DueDates", words), ==, "DueDate");
    g_assert_null(dunhub_nearest("phone", words));
}

static void test_cells(void)
{
    static const struct {
        const char *text, *cell;
    } rows[] = {
        {"plain", "plain"},
        {"=1+1", "'=1+1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"-12.50", "-12.50"},
        {"+49 30 1234", "+49 30 1234"},
        {"-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"},
        {"+a", "'+a"},
        {"a,b", "\"a,b\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"a\nb", "\"a\nb\""},
        {"\t=1", "\"'\t=1\""},
        {"=\"x\"", "\"'=\"\"x\"\"\""},
        {"", ""},
        {"-", "'-"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        DunhubBuffer buffer = {0};
        dunhub_append_text(&buffer, "");
        dunhub_append_cell(&buffer, rows[i].text);
        g_assert_cmpstr(buffer.p, ==, rows[i].cell);
        dunhub_buffer_done(&buffer);
    }
}

static void test_files(void)
{
    g_autofree char *content = NULL;
    char *folder = testkit_folder();
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint(dunhub_file_write(dir, "a.txt", "one", 3, DUNHUB_FILE_NEW), ==, 0);
    g_assert_cmpint(dunhub_file_write(dir, "a.txt", "two", 3, DUNHUB_FILE_NEW), ==, EEXIST);
    size_t n = 0;
    g_assert_cmpint(dunhub_file_read(dir, "a.txt", 100, &content, &n), ==, 0);
    g_assert_cmpstr(content, ==, "one");
    g_assert_cmpint(dunhub_file_write(dir, "a.txt", "three", 5, DUNHUB_FILE_REPLACE), ==, 0);
    g_clear_pointer(&content, free);
    g_assert_cmpint(dunhub_file_read(dir, "a.txt", 100, &content, &n), ==, 0);
    g_assert_cmpstr(content, ==, "three");
    char *unread = NULL;
    g_assert_cmpint(dunhub_file_read(dir, "a.txt", 4, &unread, &n), ==, -EFBIG);
    g_assert_cmpint(dunhub_file_read(dir, "none", 4, &unread, &n), ==, -ENOENT);
    g_assert_cmpint(dunhub_file_write(dir, "../a.txt", "x", 1, DUNHUB_FILE_NEW), !=, 0);
    g_autofree char *outside = g_build_filename(folder, "..", "a.txt", NULL);
    g_assert_false(g_file_test(outside, G_FILE_TEST_EXISTS));
    int sub = dunhub_folder_open(dir, "2026-11-22"), again = dunhub_folder_open(dir, "2026-11-22");
    g_assert_cmpint(sub, >=, 0);
    g_assert_cmpint(again, >=, 0);
    g_assert_cmpint(dunhub_folder_open(dir, "a.txt"), ==, -ENOTDIR);
    /* No part file stays behind. */
    GDir *listing = g_dir_open(folder, 0, NULL);
    int entries = 0;
    while (g_dir_read_name(listing))
        entries++;
    g_assert_cmpint(entries, ==, 2);
    g_dir_close(listing);
    close(sub), close(again), close(dir);
    testkit_folder_free(folder);
}

static void test_file_failed(void)
{
    g_autoptr(Testkit) kit = testkit_new(NULL);
    dunhub_file_failed(testkit_task(kit, "a.b", "k", "{}"), ENOSPC, "writing", "/inbox/a.eml");
    const TestkitResult *result = testkit_result(kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpstr(result->code, ==, "disk_full");
    g_assert_cmpstr(result->message, ==,
                    "writing /inbox/a.eml failed: No space left on device; free space there; it is "
                    "tried again by itself");
}

/* FIPS 180-4, RFC 4231 case 2, RFC 4648 section 10. */
static void test_digests(void)
{
    char hex[DUNHUB_HEX_SHA256];
    g_assert_cmpstr(dunhub_sha256_hex("abc", 3, hex), ==,
                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    g_assert_cmpstr(dunhub_hmac_sha256_hex("Jefe", 4, "what do ya want for nothing?", 28, hex), ==,
                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        size_t n = 0;
        g_autofree char *encoded = dunhub_base64_encode(pairs[i][0], strlen(pairs[i][0]), &n);
        g_assert_cmpstr(encoded, ==, pairs[i][1]);
        g_autofree char *decoded = dunhub_base64_decode(encoded, &n);
        g_assert_cmpuint(n, ==, strlen(pairs[i][0]));
        g_assert_cmpstr(decoded, ==, pairs[i][0]);
    }
    static const char *const bad[] = {"Zg=", "Z===", "Zm9v!", "Zg==Zg==", "Z g="};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        size_t n = 0;
        g_assert_null(dunhub_base64_decode(bad[i], &n));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdk/task/input", test_input);
    g_test_add_func("/sdk/task/results", test_results);
    g_test_add_func("/sdk/task/options", test_options);
    g_test_add_func("/sdk/words/texts", test_texts);
    g_test_add_func("/sdk/words/cells", test_cells);
    g_test_add_func("/sdk/file/write", test_files);
    g_test_add_func("/sdk/file/failed", test_file_failed);
    g_test_add_func("/sdk/digest/vectors", test_digests);
    return g_test_run();
}
