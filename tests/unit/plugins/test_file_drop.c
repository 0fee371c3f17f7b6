/* The folder as a person finds it, and what a killed or repeated attempt leaves there. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testkit/testkit.h"

#define MAIL                                                                                       \
    "{\"account\":\"C-1001\",\"notice\":\"first_reminder\",\"to\":\"Ada Moore "                    \
    "<ada@x.example>\",\"subject\":\"Your account\","                                              \
    "\"text\":\"Dear Ada,\\nplease pay.\\n\",\"html\":\"<p>Dear "                                  \
    "Ada</p>\",\"today\":\"2026-11-22\"}"

typedef struct {
    char *folder;
    Testkit *kit;
} Inbox;

static Inbox inbox_new(void)
{
    Inbox inbox = {testkit_folder(), testkit_new("file_drop")};
    testkit_option(inbox.kit, "folder", inbox.folder);
    testkit_option(inbox.kit, "from", "Billing <billing@company.example>");
    return inbox;
}

static void inbox_free(Inbox *inbox)
{
    testkit_free(inbox->kit);
    testkit_folder_free(inbox->folder);
}

static char *content_of(const Inbox *inbox, const char *name)
{
    g_autofree char *path = g_build_filename(inbox->folder, name, NULL);
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* Entries of a folder below the inbox, hidden ones left out. */
static guint count_entries(const Inbox *inbox, const char *name)
{
    g_autofree char *path = g_build_filename(inbox->folder, name, NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    guint n = 0;
    for (const char *entry; dir && (entry = g_dir_read_name(dir));)
        n += *entry != '.';
    if (dir)
        g_dir_close(dir);
    return n;
}

static void test_mail(void)
{
    Inbox inbox = inbox_new();
    const TestkitResult *result = testkit_run(inbox.kit, "message.email", "key-1", MAIL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "2026-11-22/C-1001-first_reminder-be2974546978.eml");
    g_autofree char *mail = content_of(&inbox, result->external_id);
    g_assert_true(g_str_has_prefix(
        mail,
        "From: \"Billing\" <billing@company.example>\r\nTo: \"Ada Moore\" <ada@x.example>\r\n"));
    g_assert_nonnull(strstr(mail, "Content-Type: multipart/alternative"));
    inbox_free(&inbox);
}

/* Whatever the day, the input or the state of the file: a key writes once and answers the same. */
static void test_never_twice(void)
{
    Inbox inbox = inbox_new();
    g_autofree char *id =
        g_strdup(testkit_run(inbox.kit, "message.email", "key-1", MAIL)->external_id);
    g_autofree char *path = g_build_filename(inbox.folder, id, NULL);
    const char *other_day = "{\"account\":\"C-1001\",\"to\":\"a@b.example\",\"subject\":\"s\","
                            "\"text\":\"t\",\"today\":\"2026-11-23\"}";
    const TestkitResult *result = testkit_run(inbox.kit, "message.email", "key-1", other_day);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, id);
    g_assert_cmpint(unlink(path), ==, 0); /* a person has dealt with it */
    result = testkit_run(inbox.kit, "message.email", "key-1", MAIL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(count_entries(&inbox, "."), ==, 1);
    g_assert_cmpint(testkit_run(inbox.kit, "message.email", "key-2", other_day)->outcome, ==,
                    DUNHUB_OK);
    g_assert_cmpuint(count_entries(&inbox, "2026-11-23"), ==, 1);
    inbox_free(&inbox);
}

/* A kill after each step of writing: the next attempt, on the next day, ends with exactly one file. */
static void test_killed(void)
{
    static const char *const verbs[] = {"message.email", "package.write", "row.append"};
    for (size_t v = 0; v < G_N_ELEMENTS(verbs); v++)
        for (int step = 0; step < 2; step++) {
            Inbox inbox = inbox_new();
            g_autofree char *id =
                g_strdup(testkit_run(inbox.kit, verbs[v], "key-1", MAIL)->external_id);
            g_autofree char *first = g_strndup(id, strcspn(id, "#")),
                            *before = content_of(&inbox, first);
            char hash[DUNHUB_HEX_SHA256];
            dunhub_sha256_hex("key-1", 5, hash);
            g_autofree char *done = g_build_filename(inbox.folder, ".keys", hash, NULL),
                            *claim = g_strconcat(done, ".claim", NULL);
            g_assert_cmpint(rename(done, claim), ==,
                            0); /* killed before the key was marked as done */
            if (step == 1) {    /* or before the thing itself was there */
                g_autofree char *path = g_build_filename(inbox.folder, first, NULL),
                                *away = g_strconcat(path, ".away", NULL);
                g_assert_cmpint(rename(path, away), ==, 0);
            }
            const char *next_day = "{\"account\":\"C-1001\",\"notice\":\"first_reminder\",\"to\":"
                                   "\"ada@x.example\",\"subject\":\"s\","
                                   "\"text\":\"t\",\"today\":\"2026-11-23\"}";
            const TestkitResult *result = testkit_run(inbox.kit, verbs[v], "key-1", next_day);
            g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
            g_assert_cmpstr(result->external_id, ==, id);
            g_autofree char *path = g_build_filename(inbox.folder, first, NULL);
            g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
            g_assert_cmpuint(count_entries(&inbox, "2026-11-23"), ==, 0);
            if (step == 0) {
                g_autofree char *after = content_of(&inbox, first);
                g_assert_cmpstr(after, ==, before);
            }
            g_assert_false(g_file_test(claim, G_FILE_TEST_EXISTS));
            inbox_free(&inbox);
        }
}

static void test_layouts(void)
{
    static const struct {
        const char *verb, *input, *name, *file, *content; /* content: "" any */
    } rows[] = {
        {"message.sms",
         "{\"account\":\"C1\",\"notice\":\"final\",\"channel\":\"sms\",\"to\":\"+13125550100\","
         "\"text\":\"Please call us.\"}",
         "C1-final-", ".txt",
         "To: +13125550100\nChannel: sms\nNotice: final\nAccount: C1\n\nPlease call us.\n"},
        {"message.letter", "{\"account\":\"C1\",\"html\":\"<h1>Notice</h1>\",\"text\":\"Notice\"}",
         "C1-message.letter-", ".html", "<h1>Notice</h1>"},
        {"message.letter", "{\"account\":\"C1\",\"template\":\"rent\",\"text\":\"Notice\"}",
         "C1-rent-", ".txt", "Notice"},
        {"case.open", "{\"account\":\"C1\",\"amount\":5}", "C1-case.open-", ".json",
         "{\n  \"input\": {\n    \"account\": \"C1\",\n    \"amount\": 5\n  },\n  \"key\": "
         "\"k\",\n  \"verb\": \"case.open\"\n}"},
        {"chat.post", "{\"text\":\"C1 is newly delinquent\"}", "hub-chat.post-", ".txt",
         "\nC1 is newly delinquent\n"},
        {"note.write", "{\"account\":\"C1\"}", "C1-note.write-", ".json", ""},
        {"service.suspend", "{\"account\":\"C1\"}", "C1-service.suspend-", ".json", ""},
        {"agency.place", "{\"account\":\"C1\",\"text\":\"placement\"}", "C1-agency.place-",
         "/document.txt", "placement"},
        {"agency.place", "{\"account\":\"C1\",\"text\":\"placement\"}", "C1-agency.place-",
         "/record.json", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Inbox inbox = inbox_new();
        testkit_option(inbox.kit, "day_folders", "false");
        const TestkitResult *result = testkit_run(inbox.kit, rows[i].verb, "k", rows[i].input);
        g_assert_cmpstr(result->message, ==, "");
        g_autofree char *name = g_strdup_printf("%s8254c329a928%s", rows[i].name, rows[i].file);
        g_test_message("%s", result->external_id);
        g_assert_true(g_str_has_prefix(name, result->external_id));
        g_autofree char *content = content_of(&inbox, name);
        g_assert_nonnull(content);
        if (*rows[i].content)
            g_assert_cmpstr(content, ==, rows[i].content);
        inbox_free(&inbox);
    }
}

static void test_package(void)
{
    Inbox inbox = inbox_new();
    testkit_body(inbox.kit, "{}", 2); /* the rendered notice, which the input does not name */
    testkit_body(inbox.kit, "%PDF-1.7 x", 10);
    testkit_body(inbox.kit, "note", 4);
    const TestkitResult *result =
        testkit_run(inbox.kit, "package.write", "k",
                    "{\"account\":\"C1\",\"today\":\"2026-11-22\",\"html\":\"<p>claim</"
                    "p>\",\"attachments\":[{\"name\":\"../../ledger.pdf\","
                    "\"body\":1},{\"name\":\"note.txt\",\"type\":\"text/plain\",\"body\":2}]}");
    g_assert_cmpstr(result->external_id, ==, "2026-11-22/C1-package.write-8254c329a928");
    g_assert_cmpuint(count_entries(&inbox, result->external_id), ==, 4);
    g_autofree char *name = g_strconcat(result->external_id, "/01--.-..-ledger.pdf", NULL);
    g_autofree char *pdf = content_of(&inbox, name);
    g_assert_cmpstr(pdf, ==, "%PDF-1.7 x");
    result =
        testkit_run(inbox.kit, "package.write", "k2",
                    "{\"account\":\"C1\",\"attachments\":[{\"name\":\"lost.pdf\",\"body\":9}]}");
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpstr(result->message, ==,
                    "attachment 1 ('lost.pdf') is named in the input and did not come with it");
    inbox_free(&inbox);
}

static void test_hostile(void)
{
    static const struct {
        const char *verb, *input, *id, *message; /* id NULL: refused */
    } rows[] = {
        {"case.open", "{\"account\":\"../../../etc/passwd\"}",
         "2026-11-22/-.-..-..-etc-passwd-case.open-8254c329a928.json", ""},
        {"case.open", "{\"account\":\"..\",\"notice\":\"a/b\"}",
         "2026-11-22/-.-a-b-8254c329a928.json", ""},
        {"case.open", "{\"account\":\".hidden\",\"notice\":\"x\\u0000y\"}", NULL,
         "the input is no JSON"},
        {"case.open", "{\"account\":\"C\\r\\n1\"}", "2026-11-22/C--1-case.open-8254c329a928.json",
         ""},
        {"message.email",
         "{\"to\":\"a@b.example\\r\\nBcc: all@x.example\",\"subject\":\"s\",\"text\":\"t\"}", NULL,
         "the message cannot be written: 'to' holds a line break or control character, which no "
         "header may"},
        {"message.email", "{\"to\":\"a@b.example\",\"subject\":\"s\\nX: y\",\"text\":\"t\"}", NULL,
         "'subject' holds a line break"},
        {"message.email", "{\"to\":\"nobody\",\"subject\":\"s\",\"text\":\"t\"}", NULL,
         "'to' is no mail address: nobody"},
        {"message.email", "{\"to\":\"a@b.example\",\"subject\":\"s\"}", NULL,
         "it has neither 'text' nor 'html'"},
        {"message.email", "{\"subject\":\"s\",\"text\":\"t\"}", NULL,
         "message.email needs 'to': it is missing in the input"},
        {"message.sms", "{\"to\":\"+1\"}", NULL,
         "message.sms needs 'text': it is missing in the input"},
        {"message.letter", "{\"to\":\"x\"}", NULL,
         "message.letter needs 'text': it is missing in the input"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Inbox inbox = inbox_new();
        json_auto_t *input = json_loads(rows[i].input, 0, NULL);
        if (input)
            json_object_set_new(input, "today", json_string("2026-11-22"));
        char *text = input ? json_dumps(input, 0) : strdup(rows[i].input);
        const TestkitResult *result = testkit_run(inbox.kit, rows[i].verb, "k", text);
        free(text);
        g_test_message("%s", result->message);
        g_assert_nonnull(strstr(result->message, rows[i].message));
        g_assert_cmpint(result->outcome, ==, rows[i].id ? DUNHUB_OK : DUNHUB_PERMANENT);
        if (rows[i].id)
            g_assert_cmpstr(result->external_id, ==, rows[i].id);
        g_assert_cmpuint(count_entries(&inbox, "."), ==, rows[i].id ? 1 : 0);
        inbox_free(&inbox);
    }
}

/* ---- rows ---- */

static void test_rows(void)
{
    Inbox inbox = inbox_new();
    const char *first = "{\"sheet\":\"audit\",\"row\":{\"account\":\"C1\",\"what\":\"=HYPERLINK("
                        "\\\"x\\\")\",\"amount\":-1250,\"note\":\"a,\\\"b\\\"\"}}";
    const TestkitResult *result = testkit_run(inbox.kit, "row.append", "k1", first);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "audit.csv#6ab9f1eb8f7d3388");
    testkit_run(inbox.kit, "row.append", "k1", first);
    testkit_run(inbox.kit, "row.append", "k2",
                "{\"sheet\":\"audit\",\"row\":{\"note\":\"later\",\"extra\":{\"x\":1}}}");
    g_autofree char *sheet = content_of(&inbox, "audit.csv");
    g_assert_cmpstr(sheet, ==,
                    "dunhub_key,account,what,amount,note,more\r\n"
                    "6ab9f1eb8f7d3388,C1,\"'=HYPERLINK(\"\"x\"\")\",-1250,\"a,\"\"b\"\"\",\r\n"
                    "015f7e6bc5aeaf48,,,,later,\"{\"\"extra\"\":{\"\"x\"\":1}}\"\r\n");
    result = testkit_run(inbox.kit, "row.append", "k3",
                         "{\"account\":\"C1\",\"html\":\"<p>\",\"text\":\"said\"}");
    g_autofree char *own = content_of(&inbox, "rows.csv");
    g_assert_nonnull(strstr(own, "dunhub_key,account,text,more\r\n"));
    inbox_free(&inbox);
}

/* A row that a kill cut off is taken away before the next one; a last line that a person left open is kept. */
static void test_torn_rows(void)
{
    static const struct {
        const char *claim; /* of which key; NULL none */
        const char *tail, *kept;
    } rows[] = {
        {"k2", "015f7e6bc5aeaf48,C2,ha", ""},
        {"k2", "015f7e", ""},
        {NULL, "015f7e6bc5aeaf48,C2,whole", "015f7e6bc5aeaf48,C2,whole\r\n"},
        {NULL, "written by hand", "written by hand\r\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Inbox inbox = inbox_new();
        const char *head = "dunhub_key,account,what,more\r\n6ab9f1eb8f7d3388,C1,one,\r\n";
        g_autofree char *before = g_strconcat(head, rows[i].tail, NULL);
        testkit_write(inbox.folder, "rows.csv", before);
        if (rows[i].claim) {
            char hash[DUNHUB_HEX_SHA256];
            g_autofree char *name = g_strdup_printf(
                ".keys/%s.claim", dunhub_sha256_hex(rows[i].claim, strlen(rows[i].claim), hash));
            testkit_write(inbox.folder, name, "rows.csv#015f7e6bc5aeaf48");
        }
        const TestkitResult *result = testkit_run(
            inbox.kit, "row.append", "k3", "{\"row\":{\"account\":\"C3\",\"what\":\"three\"}}");
        g_assert_cmpstr(result->message, ==, "");
        g_autofree char *sheet = content_of(&inbox, "rows.csv");
        g_autofree char *expected =
            g_strdup_printf("%s%s%s", head, rows[i].kept, "2f5052c9fd15b19a,C3,three,\r\n");
        g_assert_cmpstr(sheet, ==, expected);
        inbox_free(&inbox);
    }
    Inbox inbox = inbox_new();
    testkit_write(inbox.folder, "rows.csv", "account,what\r\n");
    const TestkitResult *result =
        testkit_run(inbox.kit, "row.append", "k", "{\"row\":{\"account\":\"C\"}}");
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_nonnull(strstr(result->message, "the first column of rows.csv is not 'dunhub_key'"));
    inbox_free(&inbox);
}

/* ---- folders that do not work ---- */

static void test_folder(void)
{
    Inbox inbox = inbox_new();
    g_assert_cmpint(testkit_check(inbox.kit)->outcome, ==, DUNHUB_OK);
    testkit_option(inbox.kit, "folder", "/nowhere/inbox");
    const TestkitResult *result = testkit_check(inbox.kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    g_assert_cmpstr(result->message, ==,
                    "opening the folder /nowhere/inbox failed: No such file or directory; make it, "
                    "or correct the path in the "
                    "instance's options");
    result = testkit_run(inbox.kit, "case.open", "k", "{}");
    g_assert_cmpint(result->outcome, ==, DUNHUB_RETRY);
    testkit_option(inbox.kit, "folder", "/dev/full");
    result = testkit_run(inbox.kit, "case.open", "k", "{}");
    g_assert_cmpstr(result->code, ==, "no_folder");
    testkit_option(inbox.kit, "folder", inbox.folder);
    testkit_option(inbox.kit, "from", "nobody");
    g_assert_cmpint(testkit_check(inbox.kit)->outcome, ==, DUNHUB_PERMANENT);
    result = testkit_run(inbox.kit, "case.open", "", "{}");
    g_assert_cmpstr(result->code, ==, "key");
    inbox_free(&inbox);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/file_drop/mail", test_mail);
    g_test_add_func("/file_drop/never_twice", test_never_twice);
    g_test_add_func("/file_drop/killed", test_killed);
    g_test_add_func("/file_drop/layouts", test_layouts);
    g_test_add_func("/file_drop/package", test_package);
    g_test_add_func("/file_drop/hostile", test_hostile);
    g_test_add_func("/file_drop/rows", test_rows);
    g_test_add_func("/file_drop/torn_rows", test_torn_rows);
    g_test_add_func("/file_drop/folder", test_folder);
    return g_test_run();
}
