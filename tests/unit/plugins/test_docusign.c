/* Envelopes at DocuSign, against scripted answers. */
#include "testkit/platform.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#define ROOT "/restapi/v2.1/accounts/acc"
#define TOKEN "{\"access_token\":\"t\",\"expires_in\":3600}"
#define INPUT                                                                                      \
    "{\"subject\":\"Notice "                                                                       \
    "1\",\"customer\":{\"name\":\"Ann\\r\\nExample\",\"email\":\"ann@x.example\"},"                \
    "\"case\":{\"overdue\":125000,\"currency\":\"USD\"}}"

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

static TestkitPlatform *docusign(void)
{
    TestkitPlatform *platform = testkit_platform_new("docusign", "");
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "oauth_url", testkit_platform_url(platform));
    testkit_option(kit, "integration_key", "key");
    testkit_option(kit, "user_id", "user");
    testkit_option(kit, "private_key", pem);
    testkit_option(kit, "account_id", "acc");
    testkit_platform_json(platform, TOKEN);
    return platform;
}

static const TestkitResult *run(TestkitPlatform *platform, const char *verb, const char *input)
{
    return testkit_run(testkit_platform_kit(platform), verb, "A/c1/3/pay_or_quit", input);
}

static void test_template(void)
{
    g_autoptr(TestkitPlatform) platform = docusign();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "template_id", "T");
    testkit_option(kit, "tabs", "{\"amount_due\":\"/case/overdue\",\"none\":\"/x\"}");
    g_assert_cmpint(testkit_setup(kit, "https://hub.example/hooks/signing")->outcome, ==,
                    DUNHUB_OK);
    testkit_platform_answer(platform, "201 Created", "",
                            "{\"envelopeId\":\"E1\",\"status\":\"sent\"}");
    const TestkitResult *result = run(platform, "document.send", INPUT);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpstr(result->external_id, ==, "E1");
    testkit_platform_assert(platform, 0, "POST /oauth/token");
    testkit_platform_assert(platform, 1, "POST " ROOT "/envelopes");
    json_auto_t *body = json_loads(testkit_platform_body(platform, 1), 0, NULL);
    g_assert_cmpstr(dunhub_find_text(body, "templateId"), ==, "T");
    const json_t *role = json_array_get(json_object_get(body, "templateRoles"), 0);
    g_assert_cmpstr(dunhub_find_text(role, "roleName"), ==, "Tenant");
    g_assert_cmpstr(dunhub_find_text(role, "name"), ==, "Ann  Example");
    const json_t *tabs = json_object_get(json_object_get(role, "tabs"), "textTabs");
    g_assert_cmpuint(json_array_size(tabs), ==, 1);
    g_assert_cmpstr(dunhub_find_text(json_array_get(tabs, 0), "value"), ==, "1250.00");
    g_assert_cmpstr(dunhub_find_text(json_object_get(body, "eventNotification"), "url"), ==,
                    "https://hub.example/hooks/signing");
    g_assert_cmpuint(strlen(dunhub_find_text(body, "transactionId")), ==, 36);
}

static void test_letter(void)
{
    g_autoptr(TestkitPlatform) platform = docusign();
    g_assert_cmpstr(run(platform, "document.send", INPUT)->code, ==, "input");
    testkit_body(testkit_platform_kit(platform), "%PDF", 4);
    testkit_platform_answer(platform, "201 Created", "", "{\"envelopeId\":\"E1\"}");
    const TestkitResult *result =
        run(platform, "document.send",
            "{\"attachments\":[{\"name\":\"n.pdf\",\"type\":\"application/pdf\",\"body\":0}],"
            "\"customer\":{\"name\":\"Ann\",\"email\":\"ann@x.example\"}}");
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_nonnull(strstr(testkit_platform_body(platform, 1), "\"documentBase64\":\"JVBERg==\""));
    g_assert_cmpstr(run(platform, "document.send", "{\"customer\":{\"name\":\"Ann\"}}")->code, ==,
                    "input");
}

static void test_lost_and_found(void)
{
    g_autoptr(TestkitPlatform) platform = docusign();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "template_id", "T");
    testkit_platform_answer(platform, "", "", "");
    g_assert_cmpint(run(platform, "document.send", INPUT)->outcome, ==, DUNHUB_UNCERTAIN);
    g_autofree char *sent = g_strdup(testkit_platform_body(platform, 1));
    testkit_platform_json(platform, "{\"envelopeTransactionStatuses\":[{\"envelopeId\":\"E9\"}]}");
    const TestkitResult *result = testkit_lookup(kit, "document.send", "A/c1/3/pay_or_quit", INPUT);
    g_assert_cmpstr(result->external_id, ==, "E9");
    json_auto_t *body = json_loads(sent, 0, NULL);
    g_autofree char *path = g_strdup_printf("GET " ROOT "/envelopes?transaction_ids=%s",
                                            dunhub_find_text(body, "transactionId"));
    testkit_platform_assert(platform, 2, path);
    testkit_platform_json(platform, "{\"envelopes\":[]}");
    testkit_platform_json(platform, "{\"envelopes\":[]}");
    g_assert_cmpint(testkit_lookup(kit, "document.send", "A/c1/3/pay_or_quit", INPUT)->outcome, ==,
                    DUNHUB_ABSENT);
}

static void test_void(void)
{
    static const char input[] = "{\"object_id\":\"E1\"}";
    static const char refused[] =
        "{\"errorCode\":\"ENVELOPE_CANNOT_VOID_INVALID_STATE\",\"message\":\"m\"}";
    g_autoptr(TestkitPlatform) platform = docusign();
    testkit_platform_json(platform, "{}");
    g_assert_cmpint(run(platform, "document.void", input)->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 1, "PUT " ROOT "/envelopes/E1");
    testkit_platform_answer(platform, "400 Bad", "", refused);
    testkit_platform_json(platform, "{\"status\":\"voided\"}");
    g_assert_cmpint(run(platform, "document.void", input)->outcome, ==, DUNHUB_OK);
    testkit_platform_answer(platform, "400 Bad", "", refused);
    testkit_platform_json(platform, "{\"status\":\"completed\"}");
    const TestkitResult *result = run(platform, "document.void", input);
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_cmpstr(result->code, ==, "completed");
}

static void test_errors(void)
{
    static const struct {
        const char *status, *code;
        int outcome;
    } rows[] = {
        {"400 Bad", "Hourly_Envelope_Polling_Limit_Exceeded", DUNHUB_RETRY},
        {"400 Bad", "BURST_APIINVOCATION_LIMIT_EXCEEDED", DUNHUB_RETRY},
        {"400 Bad", "INVALID_REQUEST_BODY", DUNHUB_PERMANENT},
        {"400 Bad", "USER_AUTHENTICATION_FAILED", DUNHUB_AUTH},
        {"500 Oops", "UNSPECIFIED_ERROR", DUNHUB_UNCERTAIN},
        {"503 Down", "x", DUNHUB_RETRY},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(TestkitPlatform) platform = docusign();
        testkit_option(testkit_platform_kit(platform), "template_id", "T");
        g_autofree char *body =
            g_strdup_printf("{\"errorCode\":\"%s\",\"message\":\"m\"}", rows[i].code);
        testkit_platform_answer(platform, rows[i].status, "", body);
        g_assert_cmpint(run(platform, "document.send", INPUT)->outcome, ==, rows[i].outcome);
    }
}

static void assert_news(TestkitPlatform *platform, const char *type, const char *body,
                        const char *expect)
{
    const TestkitResult *result = testkit_map(testkit_platform_kit(platform), "", type, "", body);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(result->events->len, ==, expect ? 1 : 0);
    if (!expect)
        return;
    const json_t *event = g_ptr_array_index(result->events, 0);
    g_assert_cmpstr(dunhub_find_text(event, "type"), ==, expect);
    g_assert_cmpstr(dunhub_find_text(json_object_get(event, "refs"), "object"), ==, "E1");
    g_assert_cmpstr(dunhub_find_text(json_object_get(event, "data"), "act"), ==, "A/c1/3/x");
}

#define SIM(event)                                                                                 \
    "{\"event\":\"" event                                                                          \
    "\",\"generatedDateTime\":\"2026-11-22T05:00:00Z\",\"data\":{\"envelopeId\":\"E1\","           \
    "\"envelopeSummary\":{\"customFields\":{\"textCustomFields\":[{\"name\":\"dunhub_case\","      \
    "\"value\":\"A/c1/3/x\"}]},"                                                                   \
    "\"recipients\":{\"signers\":[{\"name\":\"Ann\",\"status\":\"declined\",\"declinedReason\":"   \
    "\"no\"}]}}}}"
#define XML(status)                                                                                \
    "<?xml version=\"1.0\"?><DocuSignEnvelopeInformation "                                         \
    "xmlns=\"http://www.docusign.net/API/3.0\"><EnvelopeStatus>"                                   \
    "<EnvelopeID>E1</EnvelopeID><Status>" status                                                   \
    "</Status><CustomFields><CustomField><Name>dunhub_case</Name>"                                 \
    "<Value>A/c1/3/x</Value></CustomField></CustomFields></EnvelopeStatus></"                      \
    "DocuSignEnvelopeInformation>"

static void test_connect(void)
{
    g_autoptr(TestkitPlatform) platform = docusign();
    assert_news(platform, "application/json", SIM("envelope-completed"), "document.signed");
    assert_news(platform, "application/json", SIM("envelope-declined"), "document.declined");
    assert_news(platform, "application/json", SIM("envelope-sent"), NULL);
    assert_news(platform, "application/json", SIM("recipient-completed"), NULL);
    assert_news(platform, "text/xml", XML("Completed"), "document.signed");
    assert_news(platform, "text/xml", XML("Declined"), "document.declined");
    assert_news(platform, "text/xml", XML("Sent"), NULL);
    static const char *const bad[] = {
        "", "{}", "<a/>", "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_cmpint(
            testkit_map(testkit_platform_kit(platform), "", "text/xml", "", bad[i])->outcome, ==,
            DUNHUB_PERMANENT);
}

/* Without a base_url the account tells its own host, and that is asked once. */
static void test_userinfo(void)
{
    g_autoptr(TestkitPlatform) platform = docusign();
    Testkit *kit = testkit_platform_kit(platform);
    testkit_option(kit, "base_url", NULL);
    testkit_option(kit, "account_id", NULL);
    testkit_option(kit, "template_id", "T");
    g_autofree char *info =
        g_strdup_printf("{\"accounts\":[{\"account_id\":\"x\",\"base_uri\":\"http://127.0.0.1:1\"},"
                        "{\"account_id\":\"acc\",\"is_default\":true,\"base_uri\":\"%s\"}]}",
                        testkit_platform_url(platform));
    testkit_platform_json(platform, info);
    testkit_platform_answer(platform, "201 Created", "", "{\"envelopeId\":\"E1\"}");
    g_assert_cmpint(run(platform, "document.send", INPUT)->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 1, "GET /oauth/userinfo");
    testkit_platform_answer(platform, "201 Created", "", "{\"envelopeId\":\"E2\"}");
    g_assert_cmpint(run(platform, "document.send", INPUT)->outcome, ==, DUNHUB_OK);
    testkit_platform_assert(platform, 3, "POST " ROOT "/envelopes");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    make_pem();
    g_test_add_func("/plugins/docusign/template", test_template);
    g_test_add_func("/plugins/docusign/letter", test_letter);
    g_test_add_func("/plugins/docusign/lost_and_found", test_lost_and_found);
    g_test_add_func("/plugins/docusign/void", test_void);
    g_test_add_func("/plugins/docusign/errors", test_errors);
    g_test_add_func("/plugins/docusign/connect", test_connect);
    g_test_add_func("/plugins/docusign/userinfo", test_userinfo);
    int failures = g_test_run();
    g_free(pem);
    return failures;
}
