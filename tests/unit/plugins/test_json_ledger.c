/* Ledgers as JSON, good and bad, as platforms hand them out. */
#include <utime.h>

#include "testkit/testkit.h"

#define COLUMNS                                                                                    \
    "{\"account\":\"customer\",\"account_name\":\"who.name\",\"email\":\"who['e.mail']\","         \
    "\"invoice\":\"no\","                                                                          \
    "\"amount\":\"lines[0].amount\",\"issued_on\":\"issued\",\"settled_on\":\"paid\",\"status\":"  \
    "\"status\"}"
#define GOOD                                                                                       \
    "{\"customer\":\"C1\",\"who\":{\"name\":\"Ada\",\"e.mail\":\"ada@x.example\"},\"no\":\"INV-"   \
    "1\","                                                                                         \
    "\"lines\":[{\"amount\":100.10},{\"amount\":7}],\"issued\":\"2026-07-01\",\"paid\":null,"      \
    "\"status\":\"open\"}"
#define KNOWN                                                                                      \
    "{\"customer\":\"K0\",\"no\":\"K-0\",\"lines\":[{\"amount\":\"5.00\"}],\"issued\":\"2026-07-"  \
    "01\"}"

typedef struct {
    char *folder, *file;
    Testkit *kit;
} Ledger;

static Ledger ledger_new(const char *content)
{
    Ledger l = {.folder = testkit_folder(), .kit = testkit_new("json_ledger")};
    l.file = g_build_filename(l.folder, "ledger.json", NULL);
    testkit_write(l.folder, "ledger.json", content);
    testkit_option(l.kit, "path", l.file);
    testkit_option(l.kit, "columns", COLUMNS);
    testkit_option(l.kit, "currency", "USD");
    return l;
}

static void ledger_free(Ledger *l)
{
    testkit_free(l->kit);
    testkit_folder_free(l->folder);
    g_free(l->file);
}

/* A file as of another second: what a clock would do between two exports. */
static void ledger_rewrite(const Ledger *l, const char *content)
{
    static time_t second = 1000000000;
    testkit_write(l->folder, "ledger.json", content);
    struct utimbuf times = {second, second};
    second++;
    utime(l->file, &times);
}

static guint count(const GPtrArray *events, const char *type)
{
    guint n = 0;
    for (guint i = 0; i < events->len; i++)
        n += strcmp(dunhub_find_text(events->pdata[i], "type"), type) == 0;
    return n;
}

static const json_t *data_of(const GPtrArray *events, const char *type, guint nth)
{
    for (guint i = 0; i < events->len; i++)
        if (strcmp(dunhub_find_text(events->pdata[i], "type"), type) == 0 && nth-- == 0)
            return json_object_get(events->pdata[i], "data");
    return NULL;
}

static void assert_data(const TestkitResult *result, const char *type, guint nth,
                        const char *expected)
{
    char *data = json_dumps(data_of(result->events, type, nth), JSON_COMPACT | JSON_SORT_KEYS);
    g_assert_cmpstr(data, ==, expected);
    free(data);
}

/* ---- one record at a time, between two good ones ---- */

static void test_records(void)
{
    static const struct {
        const char *record, *finding; /* NULL: good */
    } rows[] = {
        {GOOD, NULL},
        {"{\"customer\":\"C1\"}", NULL}, /* only an account */
        {"{\"customer\":7,\"no\":12345678901234567890,\"lines\":[{\"amount\":0.1}],\"issued\":"
         "\"2026-07-01T08:00:00Z\"}",
         NULL},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":12.345}],\"issued\":\"2026-07-"
         "01\"}",
         "column 'lines[0].amount' is '12.345': it has more decimals than the currency"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":1e3}],\"issued\":\"2026-07-"
         "01\"}",
         "column 'lines[0].amount' is '1e3': there is something that is no digit"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[],\"issued\":\"2026-07-01\"}",
         "column 'lines[0].amount' is empty"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":{\"value\":1}}],\"issued\":"
         "\"2026-07-01\"}",
         "field 'lines[0].amount': it is a list or an object: name a value in it"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":1}],\"issued\":\"2026-02-31\"}",
         "there is no such day"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":1}],\"issued\":\"2026-07-"
         "01Tnoon\"}",
         "the time after the date cannot be read"},
        {"{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":1}],\"issued\":\"2026-07-01\","
         "\"status\":\"odd\"}",
         "column 'status' is 'odd': open, draft, void, written off, paid and failed are known"},
        {"{\"no\":\"I1\",\"lines\":[{\"amount\":1}],\"issued\":\"2026-07-01\"}",
         "column 'customer' is empty: a row without an account"},
        {"{\"customer\":\"C1\",\"lines\":[{\"amount\":1}],\"issued\":\"2026-07-01\"}",
         "column 'no' is empty"},
        {"{\"customer\":\"C\\n1\"}", "it holds a line break"},
        {"{\"customer\":\"C1\",}", "it is no JSON: "},
        {"{\"customer\":'C1'}", "it is no JSON: "},
        {"{\"customer\":\"C1\",\"x\":01}", "it is no JSON: "},
        {"{\"customer\":\"C1\",\"x\":\"\xff\"}", "it is no JSON: "},
        {"{\"customer\":\"C1\"]", "it is no JSON: "},
        {"\"C1\"", "it is no object"},
        {"[1,[2]]", "it is no object"},
        {"17", "it is no object"},
        {"nul", "it is no JSON: "},
        {"{\"customer\":11111111111111111111111111111111111111111111111111111111111111e+5}",
         "it is a number of too many digits"},
        {"{\"customer\":1111111111111111111111111111111111111111111111111111111111111111111}",
         "it is no JSON: "},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int in_lines = 0; in_lines < 2; in_lines++) {
            g_autofree char *content =
                in_lines ? g_strconcat(KNOWN "\n", rows[i].record, "\r\n\n" GOOD, NULL)
                         : g_strconcat("[" KNOWN ",\n", rows[i].record, " , " GOOD "]\n", NULL);
            Ledger l = ledger_new(content);
            const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
            g_test_message("%d %s: %s", in_lines, rows[i].record, result->message);
            g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
            guint repeated = strcmp(rows[i].record, GOOD) == 0;
            g_assert_cmpuint(result->findings->len, ==, (rows[i].finding ? 1 : 0) + repeated);
            g_assert_cmpuint(count(result->events, "invoice.updated"), >=, 2);
            if (rows[i].finding) {
                const char *finding = result->findings->pdata[0];
                g_autofree char *place = g_strdup_printf("%s record 2: ", l.file);
                g_test_message("%s", finding);
                g_assert_true(g_str_has_prefix(finding, place));
                g_assert_nonnull(strstr(finding, rows[i].finding));
            }
            ledger_free(&l);
        }
}

static void test_exact(void)
{
    static const struct {
        const char *amount, *options[4][2];
        json_int_t expected;
    } rows[] = {
        {"0.1", {{0}}, 10},
        {"90071992547409.93",
         {{0}},
         INT64_C(9007199254740993)}, /* no double holds it in minor units */
        {"\"1,234.50\"", {{"thousands_sign", ","}}, 123450},
        {"\"1.234,50\"", {{"thousands_sign", "."}, {"decimal_sign", ","}}, 123450},
        {"1234.5",
         {{"thousands_sign", "."}, {"decimal_sign", ","}},
         123450}, /* a number has its own point */
        {"292800", {{"amounts", "minor"}}, 292800},
        {"\"292800\"", {{"amounts", "minor"}}, 292800},
        {"292800", {{"amounts", "minor"}, {"currency", "jpy"}}, 292800},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *content = g_strdup_printf("[{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":["
                                                   "{\"amount\":%s}],\"issued\":\"2026-07-01\"}]",
                                                   rows[i].amount);
        Ledger l = ledger_new(content);
        for (size_t k = 0; k < 4 && rows[i].options[k][0]; k++)
            testkit_option(l.kit, rows[i].options[k][0], rows[i].options[k][1]);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_test_message("%s", rows[i].amount);
        g_assert_cmpuint(result->findings->len, ==, 0);
        g_assert_cmpint(json_integer_value(json_object_get(
                            data_of(result->events, "invoice.updated", 0), "amount")),
                        ==, rows[i].expected);
        ledger_free(&l);
    }
}

static void test_dates(void)
{
    static const struct {
        const char *value, *format, *zone, *day; /* day NULL: a finding */
    } rows[] = {
        {"\"2026-07-01\"", "iso", NULL, "2026-07-01"},
        {"\"2026-06-30T22:00:00Z\"", "iso", NULL, "2026-06-30"},
        {"\"2026-06-30T22:00:00Z\"", "iso", "Europe/Berlin", "2026-07-01"},
        {"\"2026-06-30T23:30:00+02:00\"", "iso", "Europe/Berlin", "2026-06-30"},
        {"\"2026-06-30T23:30:00\"", "iso", "Europe/Berlin", "2026-06-30"},
        {"1782856800", "unix", "Europe/Berlin", "2026-07-01"},
        {"1782856799", "unix", "Europe/Berlin", "2026-06-30"},
        {"\"1782856800000\"", "unix_ms", NULL, "2026-06-30"},
        {"-1", "unix", NULL, "1969-12-31"},
        {"1.5", "unix", NULL, NULL},
        {"99999999999999999", "unix", NULL, NULL},
        {"\"07/01/2026\"", "%m/%d/%Y", NULL, "2026-07-01"},
        {"\"07/01/2026\"", "iso", NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *content = g_strdup_printf(
            "[{\"customer\":\"C1\",\"no\":\"I1\",\"lines\":[{\"amount\":1}],\"issued\":%s}]",
            rows[i].value);
        Ledger l = ledger_new(content);
        testkit_option(l.kit, "date_format", rows[i].format);
        if (rows[i].zone)
            testkit_option(l.kit, "timestamp_zone", rows[i].zone);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_test_message("%s", rows[i].value);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(result->findings->len, ==, rows[i].day ? 0 : 1);
        const json_t *invoice = data_of(result->events, "invoice.updated", 0);
        g_assert_cmpstr(dunhub_find_text(invoice, "issued_on"), ==, rows[i].day);
        ledger_free(&l);
    }
}

static void test_fields(void)
{
    static const struct {
        const char *spec, *name;
    } rows[] = {
        {"a.b", "deep"},
        {"a['b']", "deep"},
        {"l[1].x", "two"},
        {"l[-1].x", "two"},
        {"l[5].x | a.b", "deep"},
        {"none | empty | n", "3"},
        {"{a.b}, {none}{n}", "deep, 3"},
        {"{none}, {empty}", NULL},
        {"tags", "x,y"},
        {"yes", "true"},
        {"none", NULL},
        {"null", NULL},
        {"a.b.c", NULL},
        {"l.x", NULL},
        {"n[0]", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Ledger l = ledger_new("[{\"id\":\"C1\",\"a\":{\"b\":\"deep\"},\"l\":[{\"x\":\"one\"},{"
                              "\"x\":\"two\"}],\"n\":3,\"empty\":\"\","
                              "\"tags\":[\"x\",\"y\"],\"yes\":true,\"null\":null}]");
        g_autofree char *columns =
            g_strdup_printf("{\"account\":\"id\",\"account_name\":\"%s\"}", rows[i].spec);
        testkit_option(l.kit, "columns", columns);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_test_message("%s: %s", rows[i].spec, result->message);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpstr(dunhub_find_text(data_of(result->events, "account.updated", 0), "name"), ==,
                        rows[i].name);
        ledger_free(&l);
    }
}

/* What is wrong as a whole is one clear sentence. */
static void test_whole_file(void)
{
    static const struct {
        const char *content, *option, *value;
        int outcome;
        const char *message;
    } rows[] = {
        {"", NULL, NULL, DUNHUB_RETRY, "is empty"},
        {"[" GOOD ",", NULL, NULL, DUNHUB_RETRY,
         "record 2 (line 1): the file ends inside of this record: is it still being written?"},
        {"[" GOOD, NULL, NULL, DUNHUB_RETRY, "the file ends before its list does"},
        {"[" GOOD " " KNOWN "]", NULL, NULL, DUNHUB_RETRY,
         "neither ',' nor ']' follows the record before"},
        {"{\"data\":{\"items\":[]}}", "records", "data.rows", DUNHUB_PERMANENT,
         "there is no 'rows', which option 'records' names"},
        {"{\"data\":{\"items\":{}}}", "records", "data.items", DUNHUB_PERMANENT,
         "what option 'records' names is no list"},
        {"[]", "records", "data", DUNHUB_PERMANENT,
         "there is no object in which 'data' (option 'records') could stand"},
        {"[]", "columns", "{\"acount\":\"customer\"}", DUNHUB_PERMANENT,
         "unknown column 'acount', did you mean 'account'?"},
        {"[]", "columns", "{\"account\":\"a[x]\"}", DUNHUB_PERMANENT,
         "'a[x]' (account): between '[' and ']' stands a number"},
        {"[]", "columns", "{\"account\":\"a..b\"}", DUNHUB_PERMANENT, "a name is missing"},
        {"[]", "columns", "{\"account\":\"{a\"}", DUNHUB_PERMANENT, "a '{' is not closed"},
        {"[]", "columns", "{\"account\":\"a[0\"}", DUNHUB_PERMANENT, "a '[' is not closed"},
        {"[]", "date_format", "ISO8601", DUNHUB_PERMANENT, "option 'date_format' is 'ISO8601'"},
        {"[]", "timestamp_zone", "Mars/Base", DUNHUB_PERMANENT, "there is no such time zone"},
        {"[]", NULL, NULL, DUNHUB_OK, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Ledger l = ledger_new(rows[i].content);
        if (rows[i].option)
            testkit_option(l.kit, rows[i].option, rows[i].value);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_test_message("%s", result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_nonnull(strstr(result->message, rows[i].message));
        ledger_free(&l);
    }
}

/* A list inside of an object, with everything around it that a platform's answer has. */
static void test_list_inside(void)
{
    Ledger l = ledger_new(
        "\xef\xbb\xbf{\"object\":\"list\",\"meta\":{\"data\":[1,{\"x\":\"]}\"}],\"q\":\"\\\"{\"},\n"
        "\"data\":{\"n\":2,\"items\":[\n" GOOD ",\n" KNOWN "]},\"has_more\":false}");
    testkit_option(l.kit, "records", "data.items");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 2);
    assert_data(result, "account.updated", 0, "{\"external_id\":\"C1\",\"name\":\"Ada\"}");
    assert_data(result, "contact.updated", 0,
                "{\"address\":\"ada@x.example\",\"channel\":\"email\",\"position\":0}");
    assert_data(result, "invoice.updated", 0,
                "{\"amount\":10010,\"currency\":\"USD\",\"id\":\"INV-1\",\"issued_on\":\"2026-07-"
                "01\",\"status\":\"open\"}");
    g_assert_cmpint(testkit_check(l.kit)->outcome, ==, DUNHUB_OK);
    testkit_option(l.kit, "columns", "{\"account\":\"custommer\"}");
    result = testkit_check(l.kit);
    g_assert_cmpint(result->outcome, ==, DUNHUB_PERMANENT);
    g_assert_nonnull(strstr(
        result->message,
        "record 1: column 'custommer' is empty: a row without an account; it has: customer, who"));
    ledger_free(&l);
}

/* Memory is bounded by the longest record, not by the file. */
static void test_long_record(void)
{
    g_autofree char *long_text = g_strnfill(5000, 'x');
    g_autofree char *content =
        g_strdup_printf("[{\"customer\":\"C1\",\"note\":\"%s\"},\n" GOOD "]", long_text);
    Ledger l = ledger_new(content);
    testkit_option(l.kit, "record_max_bytes", "2048");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 1);
    g_assert_cmpuint(result->findings->len, ==, 1);
    g_assert_nonnull(
        strstr(result->findings->pdata[0],
               "record 1: line 1: it is longer than 2048 bytes (option 'record_max_bytes')"));
    ledger_free(&l);
}

/* Bytes of a good file changed at random: whatever comes of it, the poll ends and says so in its own words. */
static void test_damaged(void)
{
    static const char signs[] = "{}[]\",:\\\n 0e.\xff";
    static const char good[] = "{\"data\":{\"items\":[" GOOD ",\n" KNOWN "]},\"more\":false}";
    g_autoptr(GRand) random = g_rand_new_with_seed(20260701);
    Ledger l = ledger_new("");
    testkit_option(l.kit, "records", "data.items");
    testkit_option(l.kit, "record_max_bytes", "1024");
    for (int round = 0; round < 400; round++) {
        g_autofree char *content = g_strdup(good);
        for (int n = g_rand_int_range(random, 1, 4); n; n--)
            content[g_rand_int_range(random, 0, sizeof good - 1)] =
                signs[g_rand_int_range(random, 0, sizeof signs - 1)];
        g_assert_true(
            g_file_set_contents_full(l.file, content, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_assert_true(result->outcome == DUNHUB_OK || *result->message);
        g_assert_true(g_utf8_validate(result->message, -1, NULL));
    }
    ledger_free(&l);
}

/* ---- what changes ---- */

#define RENT(STATUS)                                                                               \
    "[{\"customer\":\"C1\",\"no\":\"R-1\",\"lines\":[{\"amount\":100}],\"issued\":\"2026-07-01\"," \
    "\"paid\":\"2026-07-01\",\"status\":\"" STATUS "\"}]"

/* A payment that failed reopens the debt, also one that had been told as settled. */
static void test_failed(void)
{
    Ledger l = ledger_new(RENT("succeeded"));
    testkit_option(l.kit, "values", "{\"status:succeeded\":\"paid\"}");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    assert_data(result, "payment.updated", 0,
                "{\"amount\":10000,\"currency\":\"USD\",\"effective_on\":\"2026-07-01\",\"id\":\"R-"
                "1:paid\",\"invoice\":\"R-1\","
                "\"state\":\"settled\"}");
    g_autofree char *cursor = g_strdup(testkit_cursor(result));
    ledger_rewrite(&l, RENT("failed"));
    result = testkit_poll(l.kit, "ledger", cursor, NULL);
    assert_data(
        result, "payment.updated", 0,
        "{\"currency\":\"USD\",\"id\":\"R-1:paid\",\"invoice\":\"R-1\",\"state\":\"reversed\"}");
    g_free(cursor);
    cursor = g_strdup(testkit_cursor(result));
    result = testkit_poll(l.kit, "ledger", cursor, NULL);
    g_assert_cmpuint(result->events->len, ==, 0);
    ledger_rewrite(&l, RENT("succeeded"));
    result = testkit_poll(l.kit, "ledger", cursor, NULL);
    g_assert_cmpstr(dunhub_find_text(data_of(result->events, "payment.updated", 0), "state"), ==,
                    "settled");
    ledger_free(&l);
}

/* A record that only refers to its account does not take back what another file says of it. */
static void test_reference_only(void)
{
    Ledger l = ledger_new("[{\"customer\":\"C1\",\"who\":{\"name\":\"Ada\"}}]");
    testkit_write(l.folder, "rents.json",
                  "[" KNOWN ",{\"customer\":\"C1\",\"no\":\"I\",\"lines\":[{\"amount\":1}],"
                  "\"issued\":\"2026-07-01\"}]");
    testkit_option(l.kit, "path", l.folder);
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpuint(count(result->events, "account.updated"), ==, 2);
    assert_data(result, "account.updated", 0, "{\"external_id\":\"C1\",\"name\":\"Ada\"}");
    assert_data(result, "account.updated", 1, "{\"external_id\":\"K0\"}");
    result = testkit_read(l.kit, "ledger", "[\"K0\"]", NULL);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 1);
    ledger_free(&l);
}

/* ---- rents of a real platform's shape, mapped by configuration alone ---- */

#define RENTS "../shared/data/propertyflow/"

static void map_rents(Testkit *kit)
{
    testkit_option(kit, "path", RENTS "{properties,rent_payments,late_payments}.json");
    testkit_option(kit, "amounts", "minor");
    testkit_option(kit, "date_format", "unix");
    testkit_option(kit, "timestamp_zone", "America/Los_Angeles");
    testkit_option(kit, "defaults", "{\"kind\":\"tenant\"}");
    testkit_option(kit, "prefixes", "{\"jurisdiction\":\"US/\"}");
    testkit_option(kit, "values", "{\"status:succeeded\":\"paid\",\"status:failed\":\"failed\"}");
    testkit_option(
        kit, "columns",
        "{\"account\":\"customer | "
        "tenant.id\",\"account_name\":\"tenant.name\",\"email\":\"tenant.email\",\"phone\":"
        "\"tenant.phone\",\"jurisdiction\":\"address.state\",\"address\":\"{tenant.name}\\n{"
        "address.line1}\\n{address.city}, "
        "{address.state} "
        "{address.postal_code}\",\"invoice\":\"transfer_group\",\"number\":\"description\","
        "\"currency\":"
        "\"currency\",\"amount\":\"metadata.rent_amount\",\"issued_on\":\"created\",\"due_on\":"
        "\"created\",\"settled_on\":"
        "\"created + metadata.days_late\",\"status\":\"status\"}");
}

static void test_rents(void)
{
    if (!g_file_test(RENTS "rent_payments.json", G_FILE_TEST_EXISTS)) {
        g_test_skip("../shared/data/propertyflow is not there (run from the top of the project)");
        return;
    }
    g_autoptr(Testkit) kit = testkit_new("json_ledger");
    map_rents(kit);
    g_assert_cmpint(testkit_check(kit)->outcome, ==, DUNHUB_OK);
    const TestkitResult *result = testkit_poll(kit, "ledger", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpuint(result->findings->len, ==, 0);
    g_assert_cmpuint(count(result->events, "account.updated"), ==, 126);
    g_assert_cmpuint(count(result->events, "contact.updated"), ==, 3 * 126);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 1988);
    g_assert_cmpuint(count(result->events, "payment.updated"), ==, 1988 - 34);
    assert_data(result, "account.updated", 0,
                "{\"external_id\":\"cus_TENANT_d1aa5de1adf54529\",\"is_consumer\":true,"
                "\"jurisdiction\":\"US/GA\",\"kind\":\"tenant\","
                "\"name\":\"Lisa Jackson\"}");
    assert_data(result, "contact.updated", 2,
                "{\"address\":\"Lisa Jackson\\n341 Michelle Light\\nShawnstad, GA "
                "49021\",\"channel\":\"letter\",\"position\":2}");
    assert_data(
        result, "invoice.updated", 0,
        "{\"amount\":292800,\"currency\":\"USD\",\"due_on\":\"2022-01-01\",\"id\":\"rent_prop_"
        "P000001_202201\",\"issued_on\":"
        "\"2022-01-01\",\"number\":\"Monthly rent - 341 Michelle Light\",\"status\":\"open\"}");
    guint late = 0;
    for (guint i = 0; i < result->events->len; i++)
        if (g_strcmp0(dunhub_find_text(result->events->pdata[i], "type"), "payment.updated") == 0)
            late += !g_str_has_suffix(
                dunhub_find_text(json_object_get(result->events->pdata[i], "data"), "effective_on"),
                "-01");
    g_assert_cmpuint(late, ==, 83);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json_ledger/records", test_records);
    g_test_add_func("/json_ledger/exact", test_exact);
    g_test_add_func("/json_ledger/dates", test_dates);
    g_test_add_func("/json_ledger/fields", test_fields);
    g_test_add_func("/json_ledger/whole_file", test_whole_file);
    g_test_add_func("/json_ledger/list_inside", test_list_inside);
    g_test_add_func("/json_ledger/long_record", test_long_record);
    g_test_add_func("/json_ledger/damaged", test_damaged);
    g_test_add_func("/json_ledger/failed", test_failed);
    g_test_add_func("/json_ledger/reference_only", test_reference_only);
    g_test_add_func("/json_ledger/rents", test_rents);
    return g_test_run();
}
