/* Ledger files, good and bad, as people export them. */
#include <utime.h>

#include "testkit/testkit.h"

#define COLUMNS                                                                                    \
    "{\"account\":\"customer\",\"account_name\":\"name\",\"email\":\"mail\",\"invoice\":\"no\","   \
    "\"amount\":\"amount\","                                                                       \
    "\"issued_on\":\"issued\",\"due_on\":\"due\",\"settled_on\":\"settled\",\"disputed\":"         \
    "\"disputed\"}"
#define TITLES "customer,name,mail,no,amount,issued,due,settled,disputed\n"
#define GOOD "C1,Ada Moore,ada@x.example,INV-1,100.00,2026-07-01,2026-07-31,,no\n"

typedef struct {
    char *folder, *file;
    Testkit *kit;
} Ledger;

static Ledger ledger_new(const char *content)
{
    Ledger l = {.folder = testkit_folder(), .kit = testkit_new("csv_ledger")};
    l.file = g_build_filename(l.folder, "ledger.csv", NULL);
    testkit_write(l.folder, "ledger.csv", content);
    testkit_option(l.kit, "path", l.file);
    testkit_option(l.kit, "columns", COLUMNS);
    testkit_option(l.kit, "currency", "USD");
    testkit_option(l.kit, "count_disputed", "true");
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
    testkit_write(l->folder, "ledger.csv", content);
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

static char *data_of(const GPtrArray *events, const char *type, guint nth)
{
    for (guint i = 0; i < events->len; i++)
        if (strcmp(dunhub_find_text(events->pdata[i], "type"), type) == 0 && nth-- == 0)
            return json_dumps(json_object_get(events->pdata[i], "data"),
                              JSON_COMPACT | JSON_SORT_KEYS);
    return NULL;
}

static void assert_data(const TestkitResult *result, const char *type, guint nth,
                        const char *expected)
{
    char *data = data_of(result->events, type, nth);
    g_assert_cmpstr(data, ==, expected);
    free(data);
}

/* ---- one row at a time ---- */

static void test_rows(void)
{
    static const struct {
        const char *row, *finding; /* NULL: good */
    } rows[] = {
        {GOOD, NULL},
        {"C1,Ada,a@x.example,I1,12,34.5,2026-07-01,,,no\n",
         "the row has 10 fields, the header has 9"},
        {"C1,Ada,a@x.example,I1,\"12,34.5\",2026-07-01,,,no\n",
         "column 'amount' is '12,34.5': the thousands sign does not group by three digits (decimal "
         "sign '.', thousands sign ',')"},
        {"C1,Ada,a@x.example,I1,\"1,234.50\",2026-07-01,,,no\n", NULL},
        {"C1,Ada,a@x.example,I1,12.345,2026-07-01,,,no\n",
         "column 'amount' is '12.345': it has more decimals than the currency"},
        {"C1,Ada,a@x.example,I1,twelve,2026-07-01,,,no\n",
         "column 'amount' is 'twelve': there is something that is no digit"},
        {"C1,Ada,a@x.example,I1,,2026-07-01,,,no\n", "column 'amount' is empty"},
        {"C1,Ada,a@x.example,I1,99999999999999999999,2026-07-01,,,no\n", "it is too large"},
        {"C1,Ada,a@x.example,I1,10,2026-02-31,,,no\n",
         "column 'issued' is '2026-02-31': there is no such day"},
        {"C1,Ada,a@x.example,I1,10,31/02/2026,,,no\n",
         "column 'issued' is '31/02/2026': it does not have the form of the date format: %Y-%m-%d"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01 00:00,,,no\n", "something follows the date"},
        {"C1,Ada,a@x.example,I1,10,,,,no\n", "column 'issued' is empty"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01,2026-13-01,,no\n",
         "column 'due' is '2026-13-01': there is no such day"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01,,never,no\n", "column 'settled' is 'never'"},
        {"C1,Ada,a@x.example,,10,2026-07-01,,,no\n",
         "column 'no' is empty: a row without an invoice number"},
        {",Ada,a@x.example,I1,10,2026-07-01,,,no\n",
         "column 'customer' is empty: a row without an account"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01\n", "the row has 6 fields, the header has 9"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01,,,no,extra\n",
         "the row has 10 fields, the header has 9"},
        {"just one field\n", "the row has 1 fields, the header has 9"},
        {"C1,\"Moore, Ada\",a@x.example,I1,10,2026-07-01,,,no\n", NULL},
        {"C1,\"Ada \"\"A\"\" Moore\",a@x.example,I1,10,2026-07-01,,,no\n", NULL},
        {"C1,\"Ada\nMoore\",a@x.example,I1,10,2026-07-01,,,no\n", NULL},
        {"C1,5\" pipe,a@x.example,I1,10,2026-07-01,,,no\n", NULL},
        {"C1,\"Ada\"x,a@x.example,I1,10,2026-07-01,,,no\n", "something follows a closing quote"},
        {"C1,\"Ada,a@x.example,I1,10,2026-07-01,,,no\n", "a quote is opened and never closed"},
        {"C1,Ada,a@x.example,\"I\n1\",10,2026-07-01,,,no\n",
         "column 'no' is 'I 1': it holds a line break"},
        {"C1,Ada\xff,a@x.example,I1,10,2026-07-01,,,no\n",
         "column 'name' holds bytes that are no utf-8: set option 'encoding'"},
        {"C1,Ada,a@x.example,I1,10,2026-07-01,,,no\r\n", NULL},
        {"  C1 , Ada ,a@x.example, I1 , 10 , 2026-07-01 ,,, no \n", NULL},
        {"C1,Ada,a@x.example,I1,10,2026-07-01,,,no", NULL},
        {"C1,=cmd|' /C calc'!A0,a@x.example,I1,10,2026-07-01,,,no\n", NULL},
        {"C1,Ada,a@x.example,I1,-10.00,2026-07-01,,,no\n", NULL},
        {"C1,Ada,a@x.example,I1,0,2026-07-01,,,no\n", NULL},
        {"\n\n" GOOD, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *content =
            g_strconcat(TITLES "K0,Known,k@x.example,K-0,5,2026-07-01,,,no\n", rows[i].row, NULL);
        Ledger l = ledger_new(content);
        testkit_option(l.kit, "thousands_sign", ",");
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        guint told =
            count(result->events, "invoice.updated") + count(result->events, "credit.updated");
        g_assert_cmpuint(told, ==, rows[i].finding ? 1 : 2);
        g_assert_cmpuint(result->findings->len, ==, rows[i].finding ? 1 : 0);
        if (rows[i].finding) {
            const char *finding = result->findings->pdata[0];
            g_autofree char *place = g_strdup_printf("%s:3: ", l.file);
            g_test_message("%s", finding);
            g_assert_true(g_str_has_prefix(finding, place));
            g_assert_nonnull(strstr(finding, rows[i].finding));
        }
        ledger_free(&l);
    }
}

/* The good rows around a bad one are told, and lines are counted through embedded line breaks. */
static void test_rest_goes_on(void)
{
    Ledger l = ledger_new(TITLES GOOD "C2,\"two\nlines\",,INV-2,10,2026-07-01,,,no\n"
                                      "C3,bad,,INV-3,x,2026-07-01,,,no\n"
                                      "C4,\"open quote,,INV-4,10,2026-07-01,,,no\n"
                                      "C5,good,,INV-5,10,2026-07-01,,,no\n" GOOD);
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 3);
    g_assert_cmpuint(result->findings->len, ==, 3);
    g_assert_nonnull(strstr(result->findings->pdata[0], "ledger.csv:5: column 'amount' is 'x'"));
    g_assert_nonnull(
        strstr(result->findings->pdata[1], "ledger.csv:6: a quote is opened and never closed"));
    g_assert_nonnull(strstr(result->findings->pdata[2],
                            "ledger.csv:8: invoice 'INV-1' of account 'C1' stands "
                            "already in line 2; this row is left out"));
    ledger_free(&l);
}

static void test_events(void)
{
    Ledger l = ledger_new(
        TITLES
        "C1,Ada \"A\" Moore,ada@x.example,INV-1,100.00,2026-07-01,2026-07-31,2026-08-03,yes\n"
        "C2,,,INV-2,10.5,2026-07-02,,,\n"
        "C2,,,CN-1,-4.00,2026-07-03,,,\n");
    testkit_option(l.kit, "defaults", "{\"kind\":\"business\",\"policy\":\"standard\"}");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    assert_data(result, "account.updated", 0,
                "{\"external_id\":\"C1\",\"is_consumer\":false,\"kind\":\"business\",\"name\":"
                "\"Ada \\\"A\\\" Moore\",\"policy\":"
                "\"standard\"}");
    assert_data(result, "contact.updated", 0,
                "{\"address\":\"ada@x.example\",\"channel\":\"email\",\"position\":0}");
    assert_data(result, "invoice.updated", 0,
                "{\"amount\":10000,\"currency\":\"USD\",\"due_on\":\"2026-07-31\",\"id\":\"INV-1\","
                "\"issued_on\":\"2026-07-01\","
                "\"status\":\"open\"}");
    assert_data(result, "payment.updated", 0,
                "{\"amount\":10000,\"currency\":\"USD\",\"effective_on\":\"2026-08-03\",\"id\":"
                "\"INV-1:paid\",\"invoice\":\"INV-1\","
                "\"state\":\"settled\"}");
    assert_data(result, "dispute.updated", 0,
                "{\"amount\":10000,\"closed_on\":\"2026-08-03\",\"id\":\"INV-1:disputed\","
                "\"invoice\":\"INV-1\",\"opened_on\":"
                "\"2026-07-01\",\"outcome\":\"creditor\"}");
    assert_data(result, "invoice.updated", 1,
                "{\"amount\":1050,\"currency\":\"USD\",\"id\":\"INV-2\",\"issued_on\":\"2026-07-"
                "02\",\"status\":\"open\"}");
    assert_data(result, "credit.updated", 0,
                "{\"amount\":400,\"cancelled\":false,\"currency\":\"USD\",\"id\":\"CN-1\",\"issued_"
                "on\":\"2026-07-03\"}");
    g_assert_cmpuint(count(result->events, "account.updated"), ==, 2);
    g_assert_cmpuint(count(result->events, "payment.updated"), ==, 1);
    g_assert_cmpstr(dunhub_find_text(result->events->pdata[2], "account"), ==, "C1");
    g_assert_true(
        g_str_has_prefix(dunhub_find_text(result->events->pdata[2], "id"), "invoice:C1/INV-1:"));
    ledger_free(&l);
}

/* Every way of writing a file that people's programs have. */
static void test_formats(void)
{
    static const struct {
        const char *name, *content, *options[8][2];
        const char *name_of_account, *invoice;
    } rows[] = {
        {"european",
         "Kunde;Name;RechNr;Betrag;Datum\nK1;M\xc3\xbcller & "
         "S\xc3\xb6hne;R-1;\"1.234,50\";31.12.2025\n",
         {{"delimiter", ";"},
          {"decimal_sign", ","},
          {"thousands_sign", "."},
          {"date_format", "%d.%m.%Y"},
          {"currency", "EUR"},
          {"columns", "{\"account\":\"Kunde\",\"account_name\":\"Name\",\"invoice\":\"RechNr\","
                      "\"amount\":\"Betrag\",\"issued_on\":"
                      "\"Datum\"}"}},
         "M\xc3\xbcller & S\xc3\xb6hne",
         "R-1 123450 EUR 2025-12-31"},
        {"windows-1252 with its own header",
         "Kunde;Stra\xdf"
         "e;RechNr;Betrag;Datum\nK1;\x80 M\xfcller;R-1;99,00;1.2.26\n",
         {{"delimiter", ";"},
          {"decimal_sign", ","},
          {"date_format", "%d.%m.%y"},
          {"currency", "EUR"},
          {"encoding", "windows-1252"},
          {"columns", "{\"account\":\"Kunde\",\"account_name\":\"Stra\xc3\x9f"
                      "e\",\"invoice\":\"RechNr\",\"amount\":\"Betrag\","
                      "\"issued_on\":\"Datum\"}"}},
         "\xe2\x82\xac M\xc3\xbcller",
         "R-1 9900 EUR 2026-02-01"},
        {"tabs and a mark",
         "\xef\xbb\xbf"
         "id\tname\tno\tsum\tday\nK1\tAda\tR-1\t5\t7/1/2026\n",
         {{"delimiter", "tab"},
          {"date_format", "%m/%d/%Y"},
          {"currency", "JPY"},
          {"columns", "{\"account\":\"id\",\"account_name\":\"name\",\"invoice\":\"no\",\"amount\":"
                      "\"sum\",\"issued_on\":\"day\"}"}},
         "Ada",
         "R-1 5 JPY 2026-07-01"},
        {"no header",
         "K1|Ada|R-1|5.00|20260701\n",
         {{"delimiter", "|"},
          {"date_format", "%Y%m%d"},
          {"currency", "GBP"},
          {"header", "false"},
          {"columns", "{\"account\":\"#1\",\"account_name\":\"#2\",\"invoice\":\"#3\",\"amount\":"
                      "\"#4\",\"issued_on\":\"#5\"}"}},
         "Ada",
         "R-1 500 GBP 2026-07-01"},
        {"french spaces and single quotes",
         "id,name,no,sum,day\nK1,'A, B',R-1,'1\xc2\xa0"
         "234,50',01/07/2026\n",
         {{"quote", "'"},
          {"decimal_sign", ","},
          {"thousands_sign", "space"},
          {"date_format", "%d/%m/%Y"},
          {"currency", "EUR"},
          {"columns", "{\"account\":\"id\",\"account_name\":\"name\",\"invoice\":\"no\",\"amount\":"
                      "\"sum\",\"issued_on\":\"day\"}"}},
         "A, B",
         "R-1 123450 EUR 2026-07-01"},
        {"timestamps, in the zone of the ledger",
         "id,name,no,sum,day\nK1,Ada,R-1,5.00,1782856800\n",
         {{"date_format", "unix"},
          {"timestamp_zone", "Europe/Berlin"},
          {"currency", "eur"},
          {"columns", "{\"account\":\"id\",\"account_name\":\"name\",\"invoice\":\"no\",\"amount\":"
                      "\"sum\",\"issued_on\":\"day\"}"}},
         "Ada",
         "R-1 500 EUR 2026-07-01"},
        {"titles in another case",
         "ID,NAME,NO,SUM,DAY\nK1,Ada,R-1,5.00,2026-07-01\n",
         {{"currency", "USD"},
          {"columns", "{\"account\":\"id\",\"account_name\":\"name\",\"invoice\":\"no\",\"amount\":"
                      "\"sum\",\"issued_on\":\"day\"}"}},
         "Ada",
         "R-1 500 USD 2026-07-01"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s", rows[i].name);
        Ledger l = ledger_new(rows[i].content);
        for (size_t k = 0; k < 8 && rows[i].options[k][0]; k++)
            testkit_option(l.kit, rows[i].options[k][0], rows[i].options[k][1]);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_assert_cmpstr(result->message, ==, "");
        g_assert_cmpuint(result->findings->len, ==, 0);
        g_assert_cmpuint(result->events->len, ==, 2);
        const json_t *account = json_object_get(result->events->pdata[0], "data");
        const json_t *invoice = json_object_get(result->events->pdata[1], "data");
        g_assert_cmpstr(dunhub_find_text(account, "name"), ==, rows[i].name_of_account);
        g_autofree char *seen = g_strdup_printf(
            "%s %d %s %s", dunhub_find_text(invoice, "id"),
            (int)json_integer_value(json_object_get(invoice, "amount")),
            dunhub_find_text(invoice, "currency"), dunhub_find_text(invoice, "issued_on"));
        g_assert_cmpstr(seen, ==, rows[i].invoice);
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
        {"customer,name,mail,no,amuont,issued,due,settled,disputed\n" GOOD, NULL, NULL,
         DUNHUB_PERMANENT,
         "ledger.csv:1: there is no column 'amount' (columns: amount), did you mean 'amuont'?; the "
         "file has: customer, name, mail, no, "
         "amuont, issued, due, settled, disputed"},
        {"customer;name;mail\n", NULL, NULL, DUNHUB_PERMANENT,
         "it looks as if the delimiter were ';'"},
        {"", NULL, NULL, DUNHUB_RETRY, "is empty"},
        {"\xff\xfe"
         "c\1u\1",
         NULL, NULL, DUNHUB_PERMANENT, "is UTF-16: save it as UTF-8"},
        {"customer,n\xffme\n", NULL, NULL, DUNHUB_PERMANENT, "the header is no utf-8"},
        {TITLES, "columns", "{\"acount\":\"customer\"}", DUNHUB_PERMANENT,
         "unknown column 'acount', did you mean 'account'?"},
        {TITLES, "columns", "{\"account\":5}", DUNHUB_PERMANENT, "'account' is no text"},
        {TITLES, "columns", "{\"invoice\":\"no\"}", DUNHUB_PERMANENT,
         "option 'columns' maps no 'account'"},
        {TITLES, "columns", "{\"account\":\"customer\",\"invoice\":\"no\"}", DUNHUB_PERMANENT,
         "option 'columns' maps no 'amount'"},
        {TITLES, "currency", NULL, DUNHUB_PERMANENT,
         "option 'columns' maps no 'currency': say which column of the file holds it, or"},
        {TITLES, "delimiter", "ab", DUNHUB_PERMANENT, "option 'delimiter' is 'ab': give one sign"},
        {TITLES, "thousands_sign", ".", DUNHUB_PERMANENT,
         "'decimal_sign' and 'thousands_sign' are the same"},
        {TITLES, "as_of", "1.7.2026", DUNHUB_PERMANENT, "option 'as_of' is '1.7.2026'"},
        {TITLES, "encoding", "latin-9", DUNHUB_PERMANENT, "option 'encoding' is 'latin-9'"},
        {TITLES, "path", "/nowhere/ledger.csv", DUNHUB_RETRY,
         "opening the ledger /nowhere/ledger.csv failed: No such file"},
        {TITLES, "path", "/dev/null", DUNHUB_PERMANENT, "/dev/null is no file"},
        {TITLES, "header", "false", DUNHUB_PERMANENT,
         "is no column number: without a header write '#1' to '#9'"},
        {TITLES GOOD, "currency", "XXQ", DUNHUB_OK, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Ledger l = ledger_new(rows[i].content);
        if (rows[i].option)
            testkit_option(l.kit, rows[i].option, rows[i].value);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
        g_test_message("%s", result->message);
        g_assert_cmpint(result->outcome, ==, rows[i].outcome);
        g_assert_nonnull(strstr(result->message, rows[i].message));
        if (rows[i].outcome == DUNHUB_OK)
            g_assert_nonnull(strstr(result->findings->pdata[0], "it is no ISO 4217 code"));
        ledger_free(&l);
    }
}

/* ---- read again ---- */

static void test_changes(void)
{
    static const char with[] =
        TITLES "C1,Ada,a@x.example,INV-1,100.00,2026-07-01,2026-07-31,2026-08-03,yes\n" GOOD;
    static const struct {
        const char *what, *content;
        guint invoices, payments, disputes;
        const char *last_payment, *last_dispute;
    } steps[] = {
        {"first", TITLES GOOD, 1, 0, 0, NULL, NULL},
        {"the same bytes, written again", TITLES GOOD, 0, 0, 0, NULL, NULL},
        {"settled and disputed", with, 1, 1, 1, "settled", "creditor"},
        {"back as it was", TITLES GOOD, 1, 1, 1, "reversed", "withdrawn"},
        {"nothing new", TITLES "\n" GOOD, 0, 0, 0, NULL, NULL},
        {"settled again", with, 1, 1, 1, "settled", "creditor"},
        {"gone", TITLES, 0, 0, 0, NULL, NULL},
    };
    Ledger l = ledger_new(TITLES);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *cursor = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_test_message("%s", steps[i].what);
        ledger_rewrite(&l, steps[i].content);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, NULL);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(count(result->events, "invoice.updated"), ==, steps[i].invoices);
        g_assert_cmpuint(count(result->events, "payment.updated"), ==, steps[i].payments);
        g_assert_cmpuint(count(result->events, "dispute.updated"), ==, steps[i].disputes);
        for (guint k = 0; k < result->events->len; k++) {
            const char *id = dunhub_find_text(result->events->pdata[k], "id");
            g_assert_true(
                g_hash_table_add(ids, g_strdup(id))); /* an id that came before would be dropped */
            const json_t *data = json_object_get(result->events->pdata[k], "data");
            const char *type = dunhub_find_text(result->events->pdata[k], "type");
            if (strcmp(type, "payment.updated") == 0)
                g_assert_cmpstr(dunhub_find_text(data, "state"), ==, steps[i].last_payment);
            if (strcmp(type, "dispute.updated") == 0)
                g_assert_cmpstr(dunhub_find_text(data, "outcome"), ==, steps[i].last_dispute);
        }
        if (i + 1 == G_N_ELEMENTS(steps))
            g_assert_nonnull(strstr(result->log->pdata[0], "no longer in it: 1; they stay"));
        g_free(cursor);
        cursor = g_strdup(testkit_cursor(result));
    }
    /* A file that is as it was is not even opened. */
    const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, NULL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(result->cursors->len, ==, 0);
    ledger_free(&l);
}

/* The same change told twice has the same id: an import from nothing, twice. */
static void test_stable_ids(void)
{
    Ledger l = ledger_new(TITLES GOOD);
    g_autofree char *first = g_strdup(
        dunhub_find_text(testkit_poll(l.kit, "ledger", NULL, NULL)->events->pdata[2], "id"));
    testkit_free(l.kit);
    Ledger again = ledger_new(TITLES GOOD);
    g_assert_cmpstr(
        dunhub_find_text(testkit_poll(again.kit, "ledger", NULL, NULL)->events->pdata[2], "id"), ==,
        first);
    l.kit = NULL;
    ledger_free(&l);
    ledger_free(&again);
}

static char *many_rows(int n, const char *amount)
{
    GString *text = g_string_new(TITLES);
    for (int i = 0; i < n; i++)
        g_string_append_printf(text, "C%d,Name %d,c%d@x.example,INV-%d,%s,2026-07-01,,,no\n",
                               i % 50, i % 50, i % 50, i, amount);
    return g_string_free(text, FALSE);
}

/* Whatever the host refuses in the middle: the next poll goes on, nothing is lost, and what is told twice has the same id. */
static void test_interrupted(void)
{
    static const TestkitFunction functions[] = {TESTKIT_EMIT, TESTKIT_PAGE_DONE, TESTKIT_STATE_PUT,
                                                TESTKIT_STATE_GET};
    static const int nths[] = {0, 1, 2, 3};
    g_autofree char *content = many_rows(3000, "10.00");
    for (size_t f = 0; f < G_N_ELEMENTS(functions); f++)
        for (size_t k = 0; k < G_N_ELEMENTS(nths); k++) {
            Ledger l = ledger_new(content);
            g_autoptr(GHashTable) ids =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
            g_autofree char *cursor = NULL;
            guint told = 0;
            testkit_fail_from(l.kit, functions[f],
                              functions[f] == TESTKIT_EMIT ? nths[k] * 500 : nths[k]);
            for (int attempt = 0; attempt < 2; attempt++) {
                const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, NULL);
                g_assert_cmpint(result->outcome, ==, attempt ? DUNHUB_OK : DUNHUB_RETRY);
                g_assert_cmpuint(result->largest_page, <=, 500);
                for (guint i = 0; i < result->events->len; i++, told++)
                    g_hash_table_add(ids,
                                     g_strdup(dunhub_find_text(result->events->pdata[i], "id")));
                if (result->cursors->len) {
                    g_free(cursor);
                    cursor = g_strdup(testkit_cursor(result));
                }
                testkit_fail_from(l.kit, functions[f], -1);
            }
            g_assert_cmpuint(g_hash_table_size(ids), ==, 3000 + 50 + 50);
            g_assert_cmpuint(told, <=, 3100 + 500);
            ledger_free(&l);
        }
}

/* Polled every day for a long time the state does not grow, and still nothing is told twice or missed. */
static void test_memory_stays_small(void)
{
    Ledger l = ledger_new(TITLES);
    g_autofree char *cursor = NULL;
    for (int day = 0; day < 120; day++) {
        g_autofree char *amount = g_strdup_printf("%d.00", day + 1);
        g_autofree char *content = many_rows(40, amount);
        ledger_rewrite(&l, content);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, NULL);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 40);
        g_free(cursor);
        cursor = g_strdup(testkit_cursor(result));
    }
    json_auto_t *parsed = json_loads(cursor, 0, NULL);
    g_assert_cmpint(json_integer_value(json_object_get(parsed, "chunks")), <=, 33);
    size_t bytes = 0;
    for (int i = 0; i < 200; i++) {
        g_autofree char *name = g_strdup_printf("rows.%06d", i);
        bytes += testkit_state(l.kit, name) && *testkit_state(l.kit, name) ? 1 : 0;
    }
    g_assert_cmpuint(bytes, <=, 34);
    ledger_free(&l);
}

/* ---- replays, reads, folders ---- */

static void test_as_of(void)
{
    static const struct {
        const char *day;
        guint invoices, payments, disputes;
    } days[] = {{"2026-06-30", 0, 0, 0}, {"2026-07-01", 1, 0, 1}, {"2026-07-02", 0, 0, 0},
                {"2026-07-10", 1, 1, 1}, {"2026-08-01", 1, 0, 0}, {"2026-08-02", 0, 0, 0}};
    Ledger l = ledger_new(TITLES "C1,Ada,,INV-1,100.00,2026-07-01,,2026-07-10,yes\nC1,Ada,,INV-2,"
                                 "50.00,2026-08-01,,2026-12-31,no\n"
                                 "C1,Ada,,INV-3,bad,2026-08-01,,,no\n");
    testkit_option(l.kit, "as_of", "now");
    g_autofree char *cursor = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_autofree char *more = g_strdup_printf("{\"now\":\"%sT07:00:00.000Z\"}", days[i].day);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, more);
        g_test_message("%s", days[i].day);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        g_assert_cmpuint(count(result->events, "invoice.updated"), ==, days[i].invoices);
        g_assert_cmpuint(count(result->events, "payment.updated"), ==, days[i].payments);
        g_assert_cmpuint(count(result->events, "dispute.updated"), ==, days[i].disputes);
        g_assert_cmpuint(result->findings->len, ==, i == 0 ? 1 : 0); /* said once, not every day */
        g_free(cursor);
        cursor = g_strdup(testkit_cursor(result));
    }
    ledger_free(&l);
}

static void test_read(void)
{
    Ledger l = ledger_new(TITLES GOOD
                          "C2,Bob,,INV-2,10,2026-07-01,,,no\nC3,Eve,,INV-3,10,2026-07-01,,,no\n");
    const TestkitResult *result = testkit_read(l.kit, "ledger", "[\"C2\",\"C9\"]", NULL);
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_assert_cmpuint(result->events->len, ==, 2);
    g_assert_cmpstr(dunhub_find_text(result->events->pdata[1], "account"), ==, "C2");
    g_assert_cmpuint(result->cursors->len, ==, 0);
    g_assert_cmpuint(testkit_state_count(l.kit), ==, 0);
    g_autofree char *id = g_strdup(dunhub_find_text(result->events->pdata[1], "id"));
    result = testkit_read(l.kit, "ledger", "[\"C2\"]", NULL);
    g_assert_cmpstr(dunhub_find_text(result->events->pdata[1], "id"), ==, id);
    result = testkit_poll(l.kit, "ledger", NULL, NULL);
    for (guint i = 0; i < result->events->len; i++)
        g_assert_cmpstr(dunhub_find_text(result->events->pdata[i], "id"), !=, id);
    testkit_option(l.kit, "path", l.folder);
    g_assert_cmpint(testkit_check(l.kit)->outcome, ==, DUNHUB_OK);
    ledger_free(&l);
}

static void test_folder(void)
{
    Ledger l = ledger_new(TITLES GOOD);
    testkit_write(l.folder, "b.csv", TITLES "C2,Bob,,INV-2,10,2026-07-01,,,no\n");
    testkit_write(l.folder, "notes.md", "not a ledger");
    testkit_option(l.kit, "path", l.folder);
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 2);
    g_autofree char *cursor = g_strdup(testkit_cursor(result));
    testkit_write(l.folder, "c.tsv", TITLES "C3,Eve,,INV-3,10,2026-07-01,,,no\n");
    result = testkit_poll(l.kit, "ledger", cursor, NULL);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 1);
    g_autofree char *pattern = g_build_filename(l.folder, "*.csv", NULL);
    testkit_option(l.kit, "path", pattern);
    result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 2);
    ledger_free(&l);
}

static void test_words(void)
{
    Ledger l = ledger_new("id,typ,land,no,sum,day,offen,bezahlt,stand,tel,ok\n"
                          "K1,Mieter,OH,R-1,100,2026-07-01,60,40,teilweise,+1 312 555 0100,ja\n"
                          "K2,Firma,TX,R-2,100,2026-07-01,0,100,Storno,,nein\n"
                          "K3,Firma,TX,R-3,100,2026-07-01,0,100,paid,,nein\n"
                          "K4,Firma,TX,R-4,100,2026-07-01,0,100,seltsam,,nein\n");
    testkit_option(l.kit, "columns",
                   "{\"account\":\"id\",\"kind\":\"typ\",\"jurisdiction\":\"land\",\"invoice\":"
                   "\"no\",\"amount\":\"sum\",\"issued_on\":"
                   "\"day\",\"open\":\"offen\",\"paid_amount\":\"bezahlt\",\"status\":\"stand\","
                   "\"phone\":\"tel\",\"sms_consent\":"
                   "\"ok\"}");
    testkit_option(l.kit, "values",
                   "{\"kind:Mieter\":\"tenant\",\"kind:Firma\":\"business\",\"status:teilweise\":"
                   "\"open\",\"status:Storno\":\"void\"}");
    testkit_option(l.kit, "prefixes", "{\"jurisdiction\":\"US/\"}");
    testkit_option(l.kit, "yes_words", "[\"ja\"]");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    assert_data(result, "account.updated", 0,
                "{\"external_id\":\"K1\",\"is_consumer\":true,\"jurisdiction\":\"US/"
                "OH\",\"kind\":\"tenant\"}");
    assert_data(result, "contact.updated", 0,
                "{\"address\":\"+1 312 555 "
                "0100\",\"channel\":\"sms\",\"consent\":\"granted\",\"position\":1}");
    assert_data(result, "invoice.updated", 0,
                "{\"amount\":10000,\"currency\":\"USD\",\"id\":\"R-1\",\"issued_on\":\"2026-07-"
                "01\",\"ledger_open\":6000,"
                "\"status\":\"open\"}");
    assert_data(result, "payment.updated", 0,
                "{\"amount\":4000,\"currency\":\"USD\",\"id\":\"R-1:paid\",\"invoice\":\"R-1\","
                "\"state\":\"settled\"}");
    assert_data(result, "invoice.updated", 1,
                "{\"amount\":10000,\"currency\":\"USD\",\"id\":\"R-2\",\"issued_on\":\"2026-07-"
                "01\",\"ledger_open\":0,"
                "\"status\":\"void\"}");
    g_assert_cmpuint(count(result->events, "payment.updated"), ==, 2);
    g_assert_cmpuint(result->findings->len, ==, 1);
    g_assert_nonnull(
        strstr(result->findings->pdata[0], ":5: column 'stand' is 'seltsam': open, draft, void"));
    ledger_free(&l);
}

/* The real ledger: mapped by configuration alone. */
static void test_ibm(void)
{
    static const char file[] = "../shared/data/ledgers/ibm-accounts-receivable.csv";
    if (!g_file_test(file, G_FILE_TEST_EXISTS)) {
        g_test_skip("../shared/data/ledgers is not there (run from the top of the project)");
        return;
    }
    g_autoptr(Testkit) kit = testkit_new("csv_ledger");
    testkit_option(kit, "path", file);
    testkit_option(kit, "currency", "USD");
    testkit_option(kit, "date_format", "%m/%d/%Y");
    testkit_option(kit, "count_disputed", "true");
    testkit_option(kit, "defaults", "{\"kind\":\"business\"}");
    testkit_option(
        kit, "columns",
        "{\"account\":\"customerID\",\"invoice\":\"invoiceNumber\",\"issued_on\":\"InvoiceDate\","
        "\"due_on\":\"DueDate\","
        "\"amount\":\"InvoiceAmount\",\"disputed\":\"Disputed\",\"settled_on\":\"SettledDate\"}");
    const TestkitResult *result = testkit_poll(kit, "ledger", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpuint(result->findings->len, ==, 0);
    g_assert_cmpuint(count(result->events, "account.updated"), ==, 100);
    g_assert_cmpuint(count(result->events, "invoice.updated"), ==, 2466);
    g_assert_cmpuint(count(result->events, "payment.updated"), ==, 2466);
    g_assert_cmpuint(count(result->events, "dispute.updated"), ==, 561);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv_ledger/rows", test_rows);
    g_test_add_func("/csv_ledger/rest_goes_on", test_rest_goes_on);
    g_test_add_func("/csv_ledger/events", test_events);
    g_test_add_func("/csv_ledger/formats", test_formats);
    g_test_add_func("/csv_ledger/whole_file", test_whole_file);
    g_test_add_func("/csv_ledger/changes", test_changes);
    g_test_add_func("/csv_ledger/stable_ids", test_stable_ids);
    g_test_add_func("/csv_ledger/interrupted", test_interrupted);
    g_test_add_func("/csv_ledger/memory_stays_small", test_memory_stays_small);
    g_test_add_func("/csv_ledger/as_of", test_as_of);
    g_test_add_func("/csv_ledger/read", test_read);
    g_test_add_func("/csv_ledger/folder", test_folder);
    g_test_add_func("/csv_ledger/words", test_words);
    g_test_add_func("/csv_ledger/ibm", test_ibm);
    return g_test_run();
}
