/* JSON by path, forms, quoting, XML, phone numbers, instants, signatures. */
#include "dunhub/platform.h"
#include "testkit/testkit.h"

#include <string.h>

static Testkit *kit;

static const DunhubTask *a_task(void)
{
    return testkit_task(kit, "a.b", "k", "{}");
}

static void test_at(void)
{
    json_auto_t *root = json_loads(
        "{\"a\":[{\"b/c\":\"x\",\"n\":7,\"t\":\"12\",\"f\":1.5,\"y\":true}],\"~\":\"tilde\"}", 0,
        NULL);
    g_assert_cmpstr(dunhub_at_text(root, "/a/0/b~1c"), ==, "x");
    g_assert_cmpstr(dunhub_at_text(root, "/~0"), ==, "tilde");
    g_assert_null(dunhub_at(root, "/a/1"));
    g_assert_null(dunhub_at(root, "/a/x"));
    g_assert_null(dunhub_at(root, "/a/0/~2"));
    g_assert_null(dunhub_at(root, "a"));
    g_assert_true(dunhub_at(root, "") == root);
    g_assert_cmpint(dunhub_at_int(root, "/a/0/n", -1), ==, 7);
    g_assert_cmpint(dunhub_at_int(root, "/a/0/t", -1), ==, 12);
    g_assert_cmpint(dunhub_at_int(root, "/a/0/b~1c", -1), ==, -1);
    g_assert_cmpstr(dunhub_at_any(a_task(), root, "/a/0/f"), ==, "1.5");
    g_assert_cmpstr(dunhub_at_any(a_task(), root, "/a/0/n"), ==, "7");
    g_assert_true(dunhub_at_bool(root, "/a/0/y"));
    g_assert_false(dunhub_at_bool(root, "/a/0/n"));
}

static void test_money(void)
{
    static const struct {
        const char *json, *currency;
        int64_t minor;
        bool bad;
    } rows[] = {
        {"1234.10", "USD", 123410, false},
        {"0.29", "USD", 29, false},
        {"\"19.99\"", "USD", 1999, false},
        {"5", "USD", 500, false},
        {"1000", "JPY", 1000, false},
        {"1.234", "KWD", 1234, false},
        {"-12.5", "EUR", -1250, false},
        {"1.005", "USD", 0, true},
        {"1e300", "USD", 0, true},
        {"\"ten\"", "USD", 0, true},
        {"null", "USD", 0, true},
        {"1", "XXQ", 0, true},
        {"70368744177.63", "USD", 7036874417763, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        json_auto_t *value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        int64_t minor = 0;
        const char *why = dunhub_at_money(value, "", rows[i].currency, &minor);
        g_assert_cmpint(why != NULL, ==, rows[i].bad);
        if (!why)
            g_assert_cmpint(minor, ==, rows[i].minor);
    }
    json_auto_t *number = dunhub_money_json(123410, "USD");
    g_autofree char *text = json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    g_assert_cmpstr(text, ==, "1234.1");
}

static void test_forms(void)
{
    static const DunhubField fields[] = {
        {"To", "+1 415"}, {"left out", NULL}, {"Body", "a&b=ü"}, {"e", ""}};
    const DunhubTask *task = a_task();
    g_assert_cmpstr(dunhub_form(task, fields, 4), ==, "To=%2B1%20415&Body=a%26b%3D%C3%BC&e=");
    g_assert_cmpstr(dunhub_query(task, "/x", fields, 1), ==, "/x?To=%2B1%20415");
    g_assert_cmpstr(dunhub_query(task, "/x?a=1", fields, 1), ==, "/x?a=1&To=%2B1%20415");
    static const char form[] = "a=1+2&b=%2B%c3%bc&c&d=&a=3";
    json_auto_t *parsed = dunhub_form_parse(form, strlen(form));
    g_assert_cmpuint(json_array_size(parsed), ==, 5);
    g_assert_cmpstr(dunhub_form_value(parsed, "a"), ==, "1 2");
    g_assert_cmpstr(dunhub_form_value(parsed, "b"), ==, "+ü");
    g_assert_cmpstr(dunhub_form_value(parsed, "c"), ==, "");
    g_assert_null(dunhub_form_value(parsed, "x"));
    static const char *const broken[] = {"a=%", "a=%4", "a=%zz", "a=%00", "a=%ff"};
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++)
        g_assert_null(dunhub_form_parse(broken[i], strlen(broken[i])));
}

static void test_multipart(void)
{
    const DunhubPart parts[] = {
        {.name = "json", .type = "application/json", .bytes = DUNHUB_LITERAL("{}")},
        {.name = "file",
         .file_name = "a\"b\r\n.pdf",
         .type = "application/pdf",
         .bytes = {"\0x", 2}},
    };
    const char *type = NULL, *again = NULL;
    size_t n = 0, m = 0;
    const char *body = dunhub_multipart(a_task(), parts, 2, &type, &n);
    g_assert_nonnull(body);
    const char *boundary = strstr(type, "boundary=") + strlen("boundary=");
    g_autofree char *expect = g_strdup_printf(
        "--%s\r\nContent-Disposition: form-data; name=\"json\"\r\nContent-Type: "
        "application/json\r\n\r\n{}\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%%22b%%0D%%0A.pdf\"\r\n"
        "Content-Type: application/pdf\r\n\r\n",
        boundary, boundary);
    g_assert_true(strncmp(body, expect, strlen(expect)) == 0);
    g_assert_cmpint(memcmp(body + strlen(expect), "\0x\r\n--", 6), ==, 0);
    g_autofree char *first = g_memdup2(body, n);
    g_autofree char *first_type = g_strdup(type);
    const char *second = dunhub_multipart(a_task(), parts, 2, &again, &m);
    /* the same on every attempt */
    g_assert_true(m == n && memcmp(second, first, n) == 0);
    g_assert_cmpstr(again, ==, first_type);
}

static void test_quotes(void)
{
    const DunhubTask *task = a_task();
    g_assert_cmpstr(dunhub_quote_odata(task, "O'Brien \\"), ==, "'O''Brien \\'");
    g_assert_cmpstr(dunhub_quote_soql(task, "O'Brien \\\n' OR Id != '"), ==,
                    "'O\\'Brien \\\\\\n\\' OR Id != \\''");
    g_assert_cmpstr(dunhub_quote_like(task, "a\"b", '"'), ==, "\"a\\\"b\"");
    g_assert_cmpstr(dunhub_xml_escape(task, "<a b='c'>&\"\x01"), ==,
                    "&lt;a b=&apos;c&apos;&gt;&amp;&quot;");
    g_assert_cmpstr(dunhub_shorten(task, "größer", 6), ==, "größer");
    g_assert_cmpstr(dunhub_shorten(task, "größer", 5), ==, "größ…");
    g_assert_cmpstr(dunhub_shorten(task, "größer", 1), ==, "…");
    g_assert_cmpstr(dunhub_shorten(task, "x", 0), ==, "");
    g_assert_cmpstr(dunhub_no_formula(task, "=1+1"), ==, "'=1+1");
    g_assert_cmpstr(dunhub_no_formula(task, "1+1"), ==, "1+1");
}

static void test_xml(void)
{
    static const char text[] =
        "<s:Envelope xmlns:s='x'><s:Body><n><Id>1</Id><Name>A &amp; <![CDATA[B]]></Name></n>"
        "<n><Id>2</Id></n><other/></s:Body></s:Envelope>";
    const DunhubTask *task = a_task();
    const DunhubXml *root = dunhub_xml(task, text, strlen(text));
    g_assert_nonnull(root);
    g_assert_cmpstr(dunhub_xml_name(root), ==, "Envelope");
    const DunhubXml *n = dunhub_xml_at(root, "Body/n");
    g_assert_cmpstr(dunhub_xml_text(n, "Name"), ==, "A & B");
    n = dunhub_xml_next(n);
    g_assert_cmpstr(dunhub_xml_text(n, "Id"), ==, "2");
    g_assert_null(dunhub_xml_next(n));
    g_assert_null(dunhub_xml_text(n, "Name"));
    static const char *const bad[] = {
        "",
        "<a>",
        "no",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
        "<!DOCTYPE l [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><l>&b;</l>",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_null(dunhub_xml(task, bad[i], strlen(bad[i])));
    g_autoptr(GString) deep = g_string_new(NULL);
    for (int i = 0; i < 200; i++)
        g_string_append(deep, "<a>");
    for (int i = 0; i < 200; i++)
        g_string_append(deep, "</a>");
    g_assert_null(dunhub_xml(task, deep->str, deep->len));
}

static void test_phones(void)
{
    static const struct {
        const char *text, *e164;
    } rows[] = {
        {"+1 (415) 555-2345", "+14155552345"},
        {"0044 20 7946 0958", "+442079460958"},
        {" +49.30/123456", "+4930123456"},
        {"415 555 2345", NULL},
        {"+1", NULL},
        {"+0123456789", NULL},
        {"+1415555234x", NULL},
        {"+1234567890123456", NULL},
        {"", NULL},
        {"+1415\r\n5552345", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_assert_cmpstr(dunhub_e164(a_task(), rows[i].text), ==, rows[i].e164);
}

static void test_instants(void)
{
    static const struct {
        const char *text;
        int64_t ms; /* INT64_MIN: refused */
    } rows[] = {
        {"2026-11-22T08:00:00Z", 1795334400000},
        {"2026-11-22T08:00:00.250Z", 1795334400250},
        {"2026-11-22T09:00:00+01:00", 1795334400000},
        {"2026-11-22T09:00:00.000+0100", 1795334400000},
        {"2026-11-22T08:00:00", 1795334400000},
        {"2026-11-22 08:00", 1795334400000},
        {"2026-11-22", 1795305600000},
        {"/Date(1552326816230)/", 1552326816230},
        {"/Date(1552326816230+0000)/", 1552326816230},
        {"1531420618", 1531420618000},
        {"1503435956.000247", 1503435956000},
        {"Sun, 22 Nov 2026 08:00:00 +0000", 1795334400000},
        {"Sun, 22 Nov 2026 08:00:00 GMT", 1795334400000},
        {"2026-02-30", INT64_MIN},
        {"2026-11-22T25:00:00Z", INT64_MIN},
        {"2026-11-22T08:00:00Zz", INT64_MIN},
        {"2026-11-22T08:00:00+1", INT64_MIN},
        {"/Date(x)/", INT64_MIN},
        {"", INT64_MIN},
        {"yesterday", INT64_MIN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t ms = INT64_MIN;
        bool good = dunhub_instant_parse(rows[i].text, &ms);
        g_test_message("%s", rows[i].text);
        g_assert_cmpint(good, ==, rows[i].ms != INT64_MIN);
        if (good)
            g_assert_cmpint(ms, ==, rows[i].ms);
    }
    char text[32];
    g_assert_cmpstr(dunhub_instant_format(1795334400999, text), ==, "2026-11-22T08:00:00Z");
    g_assert_cmpstr(dunhub_instant_format(-1, text), ==, "1969-12-31T23:59:59Z");
}

static void test_signatures(void)
{
    unsigned char mac[64];
    char hex[129];
    /* RFC 4231 case 2, RFC 2202 case 2 */
    size_t n = dunhub_hmac("sha256", "Jefe", 4, "what do ya want for nothing?", 28, mac);
    dunhub_hex(mac, n, hex);
    g_assert_cmpstr(hex, ==, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    n = dunhub_hmac("sha1", "Jefe", 4, "what do ya want for nothing?", 28, mac);
    dunhub_hex(mac, n, hex);
    g_assert_cmpstr(hex, ==, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    g_assert_cmpuint(dunhub_hmac("none", "k", 1, "b", 1, mac), ==, 0);
    g_assert_true(dunhub_same("abc", "abc"));
    g_assert_false(dunhub_same("abc", "abd"));
    g_assert_false(dunhub_same("abc", "ab"));
    g_assert_cmpstr(dunhub_base64url(a_task(), "\xfb\xff\xfe", 3), ==, "-__-");
    g_assert_cmpstr(dunhub_base64url(a_task(), "a", 1), ==, "YQ");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    kit = testkit_new(NULL);
    g_test_add_func("/sdk/comfort/at", test_at);
    g_test_add_func("/sdk/comfort/money", test_money);
    g_test_add_func("/sdk/comfort/forms", test_forms);
    g_test_add_func("/sdk/comfort/multipart", test_multipart);
    g_test_add_func("/sdk/comfort/quotes", test_quotes);
    g_test_add_func("/sdk/comfort/xml", test_xml);
    g_test_add_func("/sdk/comfort/phones", test_phones);
    g_test_add_func("/sdk/comfort/instants", test_instants);
    g_test_add_func("/sdk/comfort/signatures", test_signatures);
    int failures = g_test_run();
    testkit_free(kit);
    return failures;
}
