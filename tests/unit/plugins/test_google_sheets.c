/* Rows of a spreadsheet, against scripted answers. */
#include "testkit/platform.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#define TABS                                                                                       \
    "{\"spreadsheetId\":\"S\",\"sheets\":[{\"properties\":{\"sheetId\":0,\"title\":\"other\"}},"   \
    "{\"properties\":{\"sheetId\":77,\"title\":\"dunning\"}}]}"
#define TOKEN "{\"access_token\":\"ya29\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"
#define INPUT                                                                                      \
    "{\"account\":\"C1\",\"today\":\"2026-11-22\",\"text\":\"=HYPERLINK(1)\","                     \
    "\"customer\":{\"name\":\"+Ann\"},\"case\":{\"step\":\"final\",\"currency\":\"USD\","          \
    "\"overdue\":125050,\"days_overdue\":12}}"

static char *pem;

static void make_pem(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long n = BIO_get_mem_data(bio, &p);
    pem = g_strndup(p, (gsize)n);
    BIO_free(bio);
    EVP_PKEY_free(key);
}

static TestkitPlatform *sheets(void)
{
    TestkitPlatform *platform = testkit_platform_new("google_sheets", "");
    Testkit *kit = testkit_platform_kit(platform);
    g_autofree char *token_url = g_strconcat(testkit_platform_url(platform), "/token", NULL);
    testkit_option(kit, "token_url", token_url);
    testkit_option(kit, "client_email", "hub@x.iam.gserviceaccount.com");
    testkit_option(kit, "private_key", pem);
    testkit_option(kit, "spreadsheet_id", "S");
    testkit_platform_json(platform, TOKEN);
    return platform;
}

/* Token, tabs, the first cell, the titles. */
static void first_time(TestkitPlatform *platform)
{
    testkit_platform_json(platform, TABS);
    testkit_platform_json(platform, "{\"range\":\"A1\"}");
    testkit_platform_json(platform, "{}");
}

static const TestkitResult *run(TestkitPlatform *platform, const char *verb)
{
    return testkit_run(testkit_platform_kit(platform), verb, "A/c1/1/row", INPUT);
}

static void test_append(void)
{
    g_autoptr(TestkitPlatform) platform = sheets();
    first_time(platform);
    testkit_platform_json(platform, "{\"replies\":[{},{},{\"createDeveloperMetadata\":{"
                                    "\"developerMetadata\":{\"metadataId\":123}}}]}");
    const TestkitResult *result = run(platform, "row.append");
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "123");
    testkit_platform_assert(platform, 1,
                            "GET /v4/spreadsheets/S?fields=spreadsheetId%2Csheets.properties");
    testkit_platform_assert(platform, 2, "GET /v4/spreadsheets/S/values/%27dunning%27%21A1%3AA1");
    testkit_platform_assert(
        platform, 3, "PUT /v4/spreadsheets/S/values/%27dunning%27%21A1?valueInputOption=RAW");
    testkit_platform_assert_json(platform, 3,
                                 "{\"values\":[[\"dunhub_key\",\"date\",\"account\",\"customer\","
                                 "\"step\",\"overdue\",\"currency\","
                                 "\"days_overdue\",\"text\"]]}");
    testkit_platform_assert(platform, 4, "POST /v4/spreadsheets/S:batchUpdate");
    /* texts that look like formulas are stringValue */
    testkit_platform_assert_json(platform, 4,
                                 "{\"requests\":[{\"insertDimension\":{\"range\":{\"sheetId\":77,"
                                 "\"dimension\":\"ROWS\",\"startIndex\":1,\"endIndex\":2},"
                                 "\"inheritFromBefore\":false}},{\"updateCells\":{\"start\":{"
                                 "\"sheetId\":77,\"rowIndex\":1,\"columnIndex\":0},"
                                 "\"fields\":\"userEnteredValue\",\"rows\":[{\"values\":[{"
                                 "\"userEnteredValue\":{\"stringValue\":\"A/c1/1/row\"}},"
                                 "{\"userEnteredValue\":{\"stringValue\":\"2026-11-22\"}},{"
                                 "\"userEnteredValue\":{\"stringValue\":\"C1\"}},"
                                 "{\"userEnteredValue\":{\"stringValue\":\"+Ann\"}},{"
                                 "\"userEnteredValue\":{\"stringValue\":\"final\"}},"
                                 "{\"userEnteredValue\":{\"numberValue\":1250.5}},{"
                                 "\"userEnteredValue\":{\"stringValue\":\"USD\"}},"
                                 "{\"userEnteredValue\":{\"numberValue\":12}},{"
                                 "\"userEnteredValue\":{\"stringValue\":\"=HYPERLINK(1)\"}}]}]}},"
                                 "{\"createDeveloperMetadata\":{\"developerMetadata\":{"
                                 "\"metadataKey\":\"dunhub_key\",\"metadataValue\":\"A/c1/1/row\","
                                 "\"visibility\":\"DOCUMENT\",\"location\":{\"dimensionRange\":{"
                                 "\"sheetId\":77,\"dimension\":\"ROWS\",\"startIndex\":1,"
                                 "\"endIndex\":2}}}}}]}");
    /* the tab's number is known now */
    testkit_platform_json(platform, "{}");
    g_assert_cmpint(run(platform, "row.append")->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(testkit_platform_count(platform), ==, 6);
}

static void test_lost_and_looked_up(void)
{
    g_autoptr(TestkitPlatform) platform = sheets();
    first_time(platform);
    testkit_platform_answer(platform, "", "", "");
    g_assert_cmpint(run(platform, "row.append")->outcome, ==, DUNHUB_UNCERTAIN);
    Testkit *kit = testkit_platform_kit(platform);
    testkit_platform_json(platform, "{}");
    g_assert_cmpint(testkit_lookup(kit, "row.append", "A/c1/1/row", INPUT)->outcome, ==,
                    DUNHUB_ABSENT);
    testkit_platform_assert(platform, 5, "POST /v4/spreadsheets/S/developerMetadata:search");
    testkit_platform_json(
        platform, "{\"matchedDeveloperMetadata\":[{\"developerMetadata\":{\"metadataId\":5}}]}");
    const TestkitResult *result = testkit_lookup(kit, "row.append", "A/c1/1/row", INPUT);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpstr(result->external_id, ==, "5");
}

static void test_update(void)
{
    g_autoptr(TestkitPlatform) platform = sheets();
    first_time(platform);
    testkit_platform_json(
        platform, "{\"matchedDeveloperMetadata\":[{\"developerMetadata\":{\"metadataId\":5}}]}");
    testkit_platform_json(platform, "{}");
    const TestkitResult *result = run(platform, "row.update");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 5, "POST /v4/spreadsheets/S/values:batchUpdateByDataFilter");
    g_assert_nonnull(strstr(testkit_platform_body(platform, 5), "\"valueInputOption\":\"RAW\""));
    g_assert_nonnull(
        strstr(testkit_platform_body(platform, 5), "\"metadataValue\":\"account:C1:77\""));
    testkit_platform_json(platform, "{\"matchedDeveloperMetadata\":[{},{}]}");
    g_assert_cmpstr(run(platform, "row.update")->code, ==, "ambiguous");
    testkit_platform_json(platform, "{}");
    testkit_platform_json(platform, "{}");
    g_assert_cmpint(run(platform, "row.update")->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 8, "POST /v4/spreadsheets/S:batchUpdate");
}

static void test_no_tab(void)
{
    g_autoptr(TestkitPlatform) platform = sheets();
    testkit_option(testkit_platform_kit(platform), "sheet", "missing");
    testkit_platform_json(platform, TABS);
    const TestkitResult *result = run(platform, "row.append");
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_nonnull(strstr(result->message, "no tab 'missing'"));
}

static void test_not_shared(void)
{
    g_autoptr(TestkitPlatform) platform = sheets();
    testkit_platform_answer(platform, "403 No", "",
                            "{\"error\":{\"status\":\"PERMISSION_DENIED\"}}");
    g_assert_cmpint(run(platform, "row.append")->outcome, ==, DUNHUB_AUTH);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_pem();
    g_test_add_func("/plugins/google_sheets/append", test_append);
    g_test_add_func("/plugins/google_sheets/lost_and_looked_up", test_lost_and_looked_up);
    g_test_add_func("/plugins/google_sheets/update", test_update);
    g_test_add_func("/plugins/google_sheets/no_tab", test_no_tab);
    g_test_add_func("/plugins/google_sheets/not_shared", test_not_shared);
    int failures = g_test_run();
    g_free(pem);
    return failures;
}
