/* Bank statements and notifications: what is told of money that comes, is announced, and goes back. */
#include <utime.h>

#include "testkit/testkit.h"

#define DOCUMENT(KIND, BODY)                                                                       \
    "<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt." KIND         \
    "\">" BODY "</Document>\n"
#define STATEMENT(ENTRIES)                                                                         \
    "<Stmt><Id>S1</Id><Acct><Id><IBAN>DE02</IBAN></Id></Acct>" ENTRIES "</Stmt>"
#define C53(ENTRIES)                                                                               \
    DOCUMENT("053.001.02", "<BkToCstmrStmt><GrpHdr/>" STATEMENT(ENTRIES) "</BkToCstmrStmt>")
#define C54(ENTRIES)                                                                               \
    DOCUMENT("054.001.08",                                                                         \
             "<BkToCstmrDbtCdtNtfctn><Ntfctn><Acct><Id><IBAN>DE02</IBAN></Id></Acct>" ENTRIES      \
             "</Ntfctn>"                                                                           \
             "</BkToCstmrDbtCdtNtfctn>")
#define ENTRY(AMOUNT, SIGN, STATUS, MORE)                                                          \
    "<Ntry><Amt Ccy=\"EUR\">" AMOUNT "</Amt><CdtDbtInd>" SIGN "</CdtDbtInd><Sts>" STATUS           \
    "</Sts><BookgDt><Dt>2026-07-01</Dt>"                                                           \
    "</BookgDt><ValDt><Dt>2026-07-02</Dt></ValDt>" MORE "</Ntry>"
#define DETAILS(BODY) "<NtryDtls>" BODY "</NtryDtls>"
#define TX(REF, E2E, MORE)                                                                         \
    "<TxDtls><Refs><AcctSvcrRef>" REF "</AcctSvcrRef><EndToEndId>" E2E "</EndToEndId></Refs>" MORE \
    "</TxDtls>"
#define TEXT(UNSTRUCTURED) "<RmtInf><Ustrd>" UNSTRUCTURED "</Ustrd></RmtInf>"
#define CREDITOR(REF) "<RmtInf><Strd><CdtrRefInf><Ref>" REF "</Ref></CdtrRefInf></Strd></RmtInf>"
#define PAID(REF, E2E) ENTRY("10.00", "CRDT", "BOOK", DETAILS(TX(REF, E2E, TEXT("INV-7"))))
#define BACK(REF, E2E)                                                                             \
    ENTRY("10.00", "DBIT", "BOOK",                                                                 \
          DETAILS(TX(REF, E2E, "<RtrInf><Rsn><Cd>AC06</Cd></Rsn></RtrInf>")))

typedef struct {
    char *folder, *cursor;
    Testkit *kit;
} Bank;

static Bank bank_new(void)
{
    Bank b = {.folder = testkit_folder(), .kit = testkit_new("camt_bank")};
    testkit_option(b.kit, "path", b.folder);
    testkit_option(b.kit, "invoice_pattern", "INV-[0-9]+");
    return b;
}

static void bank_free(Bank *b)
{
    testkit_free(b->kit);
    testkit_folder_free(b->folder);
    g_free(b->cursor);
}

/* Another file comes, the next poll is run. */
static const TestkitResult *bank_poll(Bank *b, const char *name, const char *content)
{
    testkit_write(b->folder, name, content);
    const TestkitResult *result = testkit_poll(b->kit, "statements", b->cursor, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
    g_free(b->cursor);
    b->cursor = g_strdup(testkit_cursor(result));
    return result;
}

static const char *member(const TestkitResult *result, guint i, const char *name)
{
    g_assert_cmpuint(i, <, result->events->len);
    return dunhub_find_text(json_object_get(result->events->pdata[i], "data"), name);
}

static void assert_event(const TestkitResult *result, guint i, const char *data, const char *refs)
{
    g_assert_cmpuint(i, <, result->events->len);
    const json_t *event = result->events->pdata[i];
    g_assert_cmpstr(dunhub_find_text(event, "type"), ==, "payment.updated");
    g_assert_null(json_object_get(event, "account"));
    char *seen = json_dumps(json_object_get(event, "data"), JSON_COMPACT | JSON_SORT_KEYS);
    g_assert_cmpstr(seen, ==, data);
    free(seen);
    g_assert_cmpstr(dunhub_find_text(json_object_get(event, "refs"), "invoice"), ==, refs);
}

/* ---- one transaction ---- */

static void test_transactions(void)
{
    static const struct {
        const char *content, *expected,
            *finding; /* expected: "id amount currency state invoice", NULL: nothing is told */
    } rows[] = {
        {C53(PAID("A1", "E1")), "A1 1000 EUR settled INV-7", NULL},
        {C54(ENTRY("10.00", "CRDT", "<Cd>PDNG</Cd>",
                   DETAILS(TX("A1", "E1", TEXT("Rent INV-7 thanks"))))),
         "A1 1000 EUR pending INV-7", NULL},
        {C53(ENTRY("10.00", "CRDT", "INFO", DETAILS(TX("A1", "E1", "")))), NULL, NULL},
        {C53(ENTRY("10.00", "DBIT", "BOOK", DETAILS(TX("A1", "E1", "")))), NULL, NULL},
        {C53(ENTRY("10.00", "CRDT", "BOOK", "<RvslInd>true</RvslInd>" DETAILS(TX("A1", "E1", "")))),
         NULL, NULL},
        {C53(ENTRY("10.00", "DBIT", "PDNG", DETAILS(TX("A1", "E1", "<RtrInf/>")))), NULL, NULL},
        {C53(BACK("A1", "E1")), "A1 1000 EUR reversed -",
         "the payment that it takes back was not seen here"},
        {C53(ENTRY("10.00", "DBIT", "BOOK", "<RvslInd>true</RvslInd>" DETAILS(TX("A1", "E1", "")))),
         "A1 1000 EUR reversed -", "was not seen here"},
        {C53(ENTRY("10.00000", "CRDT", "BOOK", DETAILS(TX("A1", "E1", CREDITOR("inv-7"))))),
         "A1 1000 EUR settled inv-7", NULL},
        {C53(ENTRY("10", "CRDT", "BOOK", DETAILS(TX("A1", "INV-9", TEXT("none"))))),
         "A1 1000 EUR settled INV-9", NULL},
        {C53(ENTRY("10.00", "CRDT", "BOOK", DETAILS(TX("A1", "NOTPROVIDED", TEXT("rent"))))),
         "A1 1000 EUR settled -",
         "payment 'A1' of 10.00 EUR (rent) names no invoice: a person must say whose it is"},
        {C53(ENTRY("10.00", "CRDT", "BOOK",
                   DETAILS(TX("A1", "E1", TEXT("INV-7, INV-8 and INV-7"))))),
         "A1 1000 EUR settled -", NULL},
        {C53(ENTRY("10.001", "CRDT", "BOOK", DETAILS(TX("A1", "E1", "")))), NULL,
         "it has more decimals than the currency"},
        {C53(ENTRY("ten", "CRDT", "BOOK", DETAILS(TX("A1", "E1", "")))), NULL,
         "the amount 'ten' EUR: there is something that is no digit"},
        {C53(ENTRY("99999999999999999999", "CRDT", "BOOK", "")), NULL, "it is too large"},
        {C53(ENTRY("10.00", "CRDT", "BOOK",
                   "<AcctSvcrRef>B1</AcctSvcrRef><AddtlNtryInf>INV-3</AddtlNtryInf>")),
         "B1 1000 EUR settled -", "names no invoice"}, /* the entry is the transaction */
        {C53(ENTRY("10.00", "CRDT", "BOOK", DETAILS("<Btch><NbOfTxs>3</NbOfTxs></Btch>"))), NULL,
         "an entry of 10.00 EUR stands for 3 transactions and holds none: let the bank send them "
         "as camt.054"},
        /* paid in dollars, booked in euros */
        {C53(ENTRY("10.00", "CRDT", "BOOK",
                   DETAILS(TX("A1", "E1",
                              "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">11.00</Amt></InstdAmt>"
                              "</AmtDtls>" TEXT("INV-7"))))),
         "A1 1000 EUR settled INV-7", NULL},
        {C53("<Ntry><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>"),
         NULL, "has no date"},
        {C53("<Ntry/>"), NULL, NULL},
        {C53(""), NULL, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Bank b = bank_new();
        const TestkitResult *result = bank_poll(&b, "a.xml", rows[i].content);
        const char *finding = result->findings->len ? result->findings->pdata[0] : "";
        g_test_message("%zu: %s", i, finding);
        g_assert_cmpuint(result->findings->len, ==, rows[i].finding ? 1 : 0);
        g_assert_nonnull(strstr(finding, rows[i].finding ? rows[i].finding : ""));
        g_assert_true(!*finding || g_str_has_prefix(strstr(finding, "/a.xml"), "/a.xml:2: "));
        g_assert_cmpuint(result->events->len, ==, rows[i].expected ? 1 : 0);
        if (rows[i].expected) {
            const json_t *data = json_object_get(result->events->pdata[0], "data");
            g_autofree char *seen =
                g_strdup_printf("%s %d %s %s %s", member(result, 0, "id"),
                                (int)json_integer_value(json_object_get(data, "amount")),
                                member(result, 0, "currency"), member(result, 0, "state"),
                                member(result, 0, "invoice") ? member(result, 0, "invoice") : "-");
            g_assert_cmpstr(seen, ==, rows[i].expected);
        }
        bank_free(&b);
    }
}

static void test_event(void)
{
    Bank b = bank_new();
    const TestkitResult *result = bank_poll(
        &b, "a.xml",
        C53(ENTRY("1234.50", "CRDT", "BOOK",
                  "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd></Fmly></Domn></BkTxCd>" DETAILS(
                      TX("A1", "E1",
                         "<RltdPties><Dbtr><Pty><Nm>M\xc3\xbcller &amp; "
                         "Co</Nm></Pty></Dbtr></RltdPties>" TEXT("Rent\n  July  INV-7"))))));
    assert_event(
        result, 0,
        "{\"amount\":123450,\"currency\":\"EUR\",\"effective_on\":\"2026-07-02\",\"id\":\"A1\","
        "\"invoice\":\"INV-7\",\"method\":"
        "\"transfer\",\"origin\":\"M\xc3\xbcller & Co: Rent July INV-7\",\"state\":\"settled\"}",
        "INV-7");
    g_assert_true(
        g_str_has_prefix(dunhub_find_text(result->events->pdata[0], "id"), "payment:A1:"));
    bank_free(&b);
}

static void test_patterns(void)
{
    static const struct {
        const char *options[3][2], *details, *invoice; /* NULL: none */
    } rows[] = {
        {{{"invoice_pattern", "[0-9]{6}"}, {"invoice_prefix", "R-"}},
         TEXT("Nr 123456"),
         "R-123456"},
        {{{"invoice_pattern", "RF[0-9]{2}0*([1-9][0-9]*)"}}, CREDITOR("RF180000539007"), "539007"},
        {{{"invoice_pattern", "^([0-9]{4})"}},
         TEXT("1234 5678"),
         "1234"}, /* only at the beginning */
        {{{"invoice_pattern", NULL}}, CREDITOR("000003"), "000003"},
        {{{"invoice_pattern", NULL}}, TEXT("INV-7"), "E1"},
        {{{"invoice_pattern", NULL}, {"look_in", "[\"remittance\"]"}}, TEXT("INV-7"), NULL},
        {{{"look_in", "additional"}}, "<AddtlTxInf>see INV-8</AddtlTxInf>" TEXT("INV-7"), "INV-8"},
        {{{"invoice_pattern", "x*"}}, TEXT("abc"), NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Bank b = bank_new();
        for (size_t k = 0; k < 3 && rows[i].options[k][0]; k++)
            testkit_option(b.kit, rows[i].options[k][0], rows[i].options[k][1]);
        g_autofree char *content = g_strconcat(
            DOCUMENT("053.001.02",
                     "<BkToCstmrStmt><Stmt><Ntry><Amt "
                     "Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
                     "<BookgDt><Dt>2026-07-01</Dt></"
                     "BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>"
                     "%s</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt>"),
            NULL);
        g_auto(GStrv) parts = g_strsplit(content, "%s", 2);
        g_autofree char *whole = g_strconcat(parts[0], rows[i].details, parts[1], NULL);
        const TestkitResult *result = bank_poll(&b, "a.xml", whole);
        g_test_message("%zu", i);
        g_assert_cmpstr(member(result, 0, "invoice"), ==, rows[i].invoice);
        bank_free(&b);
    }
}

/* ---- several files: what is one payment, and what is not ---- */

static void test_sequences(void)
{
    static const struct {
        const char *name, *files[4],
            *expected; /* "id state" of every event that has an id of its own */
    } rows[] = {
        {"notified, then stated", {C54(PAID("A1", "E1")), C53(PAID("A1", "E1"))}, "A1 settled"},
        {"announced, then booked",
         {C54(ENTRY("10.00", "CRDT", "PDNG", DETAILS(TX("A1", "E1", "")))), C53(PAID("A1", "E1"))},
         "A1 pending, A1 settled"},
        {"booked under another reference",
         {C54(ENTRY("10.00", "CRDT", "PDNG", DETAILS(TX("P1", "E1", "")))), C53(PAID("A1", "E1")),
          C53(PAID("A1", "E1"))},
         "P1 pending, P1 settled"},
        {"the same every month",
         {C53(PAID("A1", "rent")), C53(PAID("A2", "rent")), C53(PAID("A3", "rent"))},
         "A1 settled, A2 settled, A3 settled"},
        {"returned",
         {C53(PAID("A1", "E1")), C53(BACK("R1", "E1")), C53(BACK("R1", "E1"))},
         "A1 settled, A1 reversed"},
        {"returned and paid again",
         {C53(PAID("A1", "E1")), C53(BACK("R1", "E1")), C53(PAID("A2", "E1")),
          C53(BACK("R2", "E1"))},
         "A1 settled, A1 reversed, A2 settled, A2 reversed"},
        {"two returns, one payment",
         {C53(PAID("A1", "E1")), C53(BACK("R1", "E1")), C53(BACK("R2", "E1"))},
         "A1 settled, A1 reversed, R2 reversed"},
        {"the payment comes again after its return",
         {C53(PAID("A1", "E1")), C53(BACK("R1", "E1")), C54(PAID("A1", "E1")),
          C54(BACK("R1", "E1"))},
         "A1 settled, A1 reversed"},
        {"the announcement comes again",
         {C54(ENTRY("10.00", "CRDT", "PDNG", DETAILS(TX("P1", "E1", "")))), C53(PAID("A1", "E1")),
          C54(ENTRY("10.00", "CRDT", "PDNG", DETAILS(TX("P1", "E1", "")))), C53(PAID("A2", "E1"))},
         "P1 pending, P1 settled, A2 settled"},
        {"no reference at all: alike in one file are two, the file again is none",
         {C53(ENTRY("10.00", "CRDT", "BOOK", "") ENTRY("10.00", "CRDT", "BOOK", "")),
          C53(ENTRY("10.00", "CRDT", "BOOK", "") ENTRY("10.00", "CRDT", "BOOK", ""))},
         "x settled, x settled"},
        {"a part goes back",
         {C53(PAID("A1", "E1")),
          C53(ENTRY("4.00", "DBIT", "BOOK", DETAILS(TX("R1", "E1", "<RtrInf/>"))))},
         "A1 settled, R1 reversed"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Bank b = bank_new();
        g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GString) seen = g_string_new("");
        g_test_message("%s", rows[i].name);
        for (size_t k = 0; k < 4 && rows[i].files[k]; k++) {
            g_autofree char *name = g_strdup_printf("%zu.xml", k);
            const TestkitResult *result = bank_poll(&b, name, rows[i].files[k]);
            for (guint e = 0; e < result->events->len; e++) {
                if (!g_hash_table_add(ids,
                                      g_strdup(dunhub_find_text(result->events->pdata[e], "id"))))
                    continue; /* the hub drops it */
                const char *id = member(result, e, "id");
                g_string_append_printf(seen, "%s%.*s %s", seen->len ? ", " : "",
                                       *id == 'x' ? 1 : 100, id, member(result, e, "state"));
            }
        }
        g_assert_cmpstr(seen->str, ==, rows[i].expected);
        bank_free(&b);
    }
}

/* Interrupted anywhere, the next poll tells what is missing under the same ids. */
static void test_interrupted(void)
{
    static const TestkitFunction functions[] = {TESTKIT_EMIT, TESTKIT_STATE_GET, TESTKIT_STATE_PUT,
                                                TESTKIT_PAGE_DONE};
    for (size_t f = 0; f < G_N_ELEMENTS(functions); f++)
        for (int nth = 0; nth < 6; nth++) {
            Bank b = bank_new();
            g_autoptr(GHashTable) seen =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
            testkit_write(b.folder, "1.xml",
                          C54(ENTRY("10.00", "CRDT", "PDNG", DETAILS(TX("P1", "E1", "")))));
            testkit_write(b.folder, "2.xml", C53(PAID("A1", "E1")));
            testkit_write(b.folder, "3.xml", C53(BACK("R1", "E1")));
            testkit_write(b.folder, "4.xml", C53(PAID("A2", "E1")));
            for (int attempt = 0; attempt < 2; attempt++) {
                if (attempt == 0)
                    testkit_fail_from(b.kit, functions[f], nth);
                const TestkitResult *result = testkit_poll(b.kit, "statements", b.cursor, NULL);
                g_assert_true(attempt == 0 || result->outcome == DUNHUB_OK);
                for (guint e = 0; e < result->events->len; e++)
                    g_hash_table_add(seen, g_strdup_printf("%s %s", member(result, e, "id"),
                                                           member(result, e, "state")));
                testkit_fail_from(b.kit, functions[f], -1);
                g_free(b.cursor);
                b.cursor = result->cursors->len ? g_strdup(testkit_cursor(result)) : NULL;
            }
            static const char *const expected[] = {"P1 pending", "P1 settled", "P1 reversed",
                                                   "A2 settled"};
            g_test_message("%zu %d", f, nth);
            g_assert_cmpuint(g_hash_table_size(seen), ==, G_N_ELEMENTS(expected));
            for (size_t k = 0; k < G_N_ELEMENTS(expected); k++)
                g_assert_true(g_hash_table_contains(seen, expected[k]));
            bank_free(&b);
        }
}

static void test_batches(void)
{
    Bank b = bank_new();
    const char *two = "<AcctSvcrRef>B1</AcctSvcrRef>" DETAILS(
        "<Btch><NbOfTxs>2</NbOfTxs></Btch>"
        "<TxDtls><Amt Ccy=\"EUR\">6.00</Amt>" TEXT(
            "INV-1") "</TxDtls><TxDtls><AmtDtls><TxAmt><Amt "
                     "Ccy=\"EUR\">4.00</Amt></TxAmt></AmtDtls>" TEXT("INV-2") "</TxDtls>");
    g_autofree char *good = g_strconcat(
        "<Ntry><Amt "
        "Ccy=\"EUR\">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>"
        "2026-07-01T23:59:59+02:00</DtTm></BookgDt>",
        two, "</Ntry>", NULL);
    g_autofree char *odd = g_strconcat(
        "<Ntry><Amt "
        "Ccy=\"EUR\">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-07-01"
        "</Dt></BookgDt>",
        two, "</Ntry>", NULL);
    g_autofree char *content =
        g_strconcat("<Document "
                    "xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>"
                    "<Acct><Id><IBAN>X</IBAN></Id></Acct>",
                    good, "</Stmt><Stmt><Acct><Id><Othr><Id>Y</Id></Othr></Id></Acct>", odd,
                    "</Stmt></BkToCstmrStmt></Document>", NULL);
    const TestkitResult *result = bank_poll(&b, "a.xml", content);
    g_assert_cmpuint(result->events->len, ==, 4);
    /* References are the bank's: the same of another account of ours is another payment. */
    g_assert_cmpstr(dunhub_find_text(result->events->pdata[0], "id"), !=,
                    dunhub_find_text(result->events->pdata[2], "id"));
    assert_event(result, 0,
                 "{\"amount\":600,\"currency\":\"EUR\",\"effective_on\":\"2026-07-01\",\"id\":"
                 "\"B1\",\"invoice\":\"INV-1\",\"origin\":"
                 "\"INV-1\",\"state\":\"settled\"}",
                 "INV-1");
    assert_event(result, 1,
                 "{\"amount\":400,\"currency\":\"EUR\",\"effective_on\":\"2026-07-01\",\"id\":\"B1/"
                 "2\",\"invoice\":\"INV-2\",\"origin\":"
                 "\"INV-2\",\"state\":\"settled\"}",
                 "INV-2");
    g_assert_cmpuint(result->findings->len, ==, 1);
    g_assert_nonnull(strstr(result->findings->pdata[0],
                            "the 2 transactions of an entry do not add up to its 9.00 EUR"));
    bank_free(&b);
}

/* ---- files that are none of ours ---- */

static void test_bad_files(void)
{
    static const struct {
        const char *content, *finding;
    } rows[] = {
        {"", ":1: "},
        {"plain text", ":1: "},
        {"<Document/>", "it is no camt.053 or camt.054 of ISO 20022; it is passed over"},
        {DOCUMENT("052.001.02", ""), "it is no camt.053 or camt.054"},
        {DOCUMENT("053.001.02", "<BkToCstmrStmt><Stmt>"), "it is read again when it changes"},
        {"<!DOCTYPE d [<!ENTITY a \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY b "
         "\"&a;&a;&a;\">]><Document>&a;</Document>",
         "entity reference loop"},
        {"<!DOCTYPE d [<!ENTITY a \"INV-1\">]><Document "
         "xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">&a;</Document>",
         "it holds a document type, which no statement needs; it is refused"},
        {"<!DOCTYPE d SYSTEM \"file:///etc/passwd\"><Document "
         "xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"/>",
         "it holds a document type"},
        {DOCUMENT("053.001.02", "<BkToCstmrStmt><Stmt><Ntry>&x;</Ntry></Stmt></BkToCstmrStmt>"),
         "Entity 'x' not defined"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Bank b = bank_new();
        testkit_write(b.folder, "b.xml", C53(PAID("A1", "E1")));
        const TestkitResult *result = bank_poll(&b, "a.xml", rows[i].content);
        g_assert_cmpuint(result->findings->len, ==, 1);
        g_test_message("%s", (char *)result->findings->pdata[0]);
        g_assert_nonnull(strstr(result->findings->pdata[0], rows[i].finding));
        g_assert_cmpuint(result->events->len, ==, 1); /* of the other file */
        g_autofree char *bad = g_build_filename(b.folder, "a.xml", NULL);
        testkit_option(b.kit, "path", bad);
        g_assert_cmpint(testkit_check(b.kit)->outcome, ==, DUNHUB_PERMANENT);
        bank_free(&b);
    }
    Bank b = bank_new();
    testkit_option(b.kit, "file_max_bytes", "1024");
    g_autofree char *blank = g_strnfill(2000, ' ');
    const TestkitResult *result = bank_poll(&b, "a.xml", blank);
    g_assert_nonnull(
        strstr(result->findings->pdata[0],
               "it is longer than 1024 bytes (option 'file_max_bytes') and is not read"));
    bank_free(&b);
}

/* Bytes of a good file changed at random: whatever comes of it, it is a finding and never a failure. */
static void test_damaged(void)
{
    static const char signs[] = "<>&/\"'=A0 \xff";
    static const char good[] = C53(PAID("A1", "E1") BACK("R1", "E1"));
    g_autoptr(GRand) random = g_rand_new_with_seed(20260702);
    Bank b = bank_new();
    g_autofree char *file = g_build_filename(b.folder, "a.xml", NULL);
    for (int round = 0; round < 300; round++) {
        g_autofree char *content = g_strdup(good);
        for (int n = g_rand_int_range(random, 1, 4); n; n--)
            content[g_rand_int_range(random, 0, sizeof good - 1)] =
                signs[g_rand_int_range(random, 0, sizeof signs - 1)];
        g_assert_true(
            g_file_set_contents_full(file, content, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
        const TestkitResult *result = testkit_poll(b.kit, "statements", NULL, NULL);
        g_assert_cmpint(result->outcome, ==, DUNHUB_OK);
        for (guint i = 0; i < result->events->len; i++)
            g_assert_nonnull(member(result, i, "id"));
    }
    bank_free(&b);
}

static void test_options(void)
{
    static const struct {
        const char *option, *value, *message;
    } rows[] = {
        {"invoice_pattern", "INV-[0-9", "option 'invoice_pattern' is 'INV-[0-9': "},
        {"look_in", "[\"remitance\"]", "'remitance' is no place, did you mean 'remittance'?"},
        {"as_of", "July", "option 'as_of' is 'July'"},
        {"path", "/nowhere/at/all.xml", "/nowhere/at/all.xml"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Bank b = bank_new();
        testkit_write(b.folder, "a.xml", C53(""));
        testkit_option(b.kit, rows[i].option, rows[i].value);
        const TestkitResult *result = testkit_poll(b.kit, "statements", NULL, NULL);
        g_test_message("%s", result->message);
        g_assert_cmpint(result->outcome, !=, DUNHUB_OK);
        g_assert_nonnull(strstr(result->message, rows[i].message));
        bank_free(&b);
    }
    Bank b = bank_new();
    testkit_option(b.kit, "as_of", "2026-06-30");
    testkit_option(b.kit, "date", "booking");
    g_assert_cmpuint(bank_poll(&b, "a.xml", C53(PAID("A1", "E1")))->events->len, ==, 0);
    testkit_option(b.kit, "as_of", "2026-07-01");
    const TestkitResult *result = testkit_poll(b.kit, "statements", b.cursor, NULL);
    g_assert_cmpuint(result->events->len, ==, 1);
    g_assert_cmpstr(member(result, 0, "effective_on"), ==, "2026-07-01");
    bank_free(&b);
}

/* ---- samples of real banks ---- */

static void test_samples(void)
{
    if (!g_file_test("../shared/data/bank/camt053-sample.xml", G_FILE_TEST_EXISTS)) {
        g_test_skip("../shared/data/bank is not there (run from the top of the project)");
        return;
    }
    g_autoptr(Testkit) kit = testkit_new("camt_bank");
    testkit_option(kit, "path", "../shared/data/bank");
    g_assert_cmpint(testkit_check(kit)->outcome, ==, DUNHUB_OK);
    const TestkitResult *result = testkit_poll(kit, "statements", NULL, NULL);
    g_assert_cmpstr(result->message, ==, "");
    g_assert_cmpuint(result->events->len, ==, 4);
    for (guint i = 0; i < 2; i++) { /* direct debits that went back, of before the statement */
        g_assert_cmpstr(member(result, i, "state"), ==, "reversed");
        g_assert_cmpstr(member(result, i, "code"), ==, "AC06");
    }
    g_assert_cmpint(json_integer_value(json_object_get(
                        json_object_get(result->events->pdata[0], "data"), "amount")),
                    ==, 56405);
    g_assert_cmpint(json_integer_value(json_object_get(
                        json_object_get(result->events->pdata[1], "data"), "amount")),
                    ==, 10000);
    g_assert_cmpstr(member(result, 2, "state"), ==, "settled");
    g_assert_cmpstr(member(result, 2, "invoice"), ==, "115");
    g_assert_cmpstr(member(result, 2, "origin"), ==,
                    "3rd party Media: #RD PARTY MEDIA CUSNO 90782 4210773");
    assert_event(result, 3,
                 "{\"amount\":500,\"currency\":\"EUR\",\"effective_on\":\"2022-01-26\",\"id\":"
                 "\"15180015077602405\",\"invoice\":"
                 "\"000000000000000000000000003\",\"method\":\"transfer\",\"origin\":\"Test "
                 "Customer: Additional entry info\",\"state\":"
                 "\"settled\"}",
                 "000000000000000000000000003");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/camt_bank/transactions", test_transactions);
    g_test_add_func("/camt_bank/event", test_event);
    g_test_add_func("/camt_bank/patterns", test_patterns);
    g_test_add_func("/camt_bank/sequences", test_sequences);
    g_test_add_func("/camt_bank/interrupted", test_interrupted);
    g_test_add_func("/camt_bank/batches", test_batches);
    g_test_add_func("/camt_bank/bad_files", test_bad_files);
    g_test_add_func("/camt_bank/damaged", test_damaged);
    g_test_add_func("/camt_bank/options", test_options);
    g_test_add_func("/camt_bank/samples", test_samples);
    return g_test_run();
}
