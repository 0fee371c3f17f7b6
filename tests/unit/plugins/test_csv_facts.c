/* Every fact that a ledger file can tell of an account, by a column of its own. */
#include <utime.h>

#include "lib/ledger_columns.h"
#include "model/event.h"
#include "testkit/testkit.h"

typedef struct {
    char *folder, *file;
    Testkit *kit;
} Ledger;

static Ledger ledger_new(const char *columns, const char *content)
{
    Ledger l = {.folder = testkit_folder(), .kit = testkit_new("csv_ledger")};
    l.file = g_build_filename(l.folder, "ledger.csv", NULL);
    testkit_write(l.folder, "ledger.csv", content);
    testkit_option(l.kit, "path", l.file);
    testkit_option(l.kit, "columns", columns);
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

/* Every member of account.updated that may be told from outside can come from a column. */
static void test_every_member(void)
{
    static const char *const by_hand[] = {"external_id", "is_consumer", NULL};
    for (size_t i = 0; i < account_type.n_fields; i++) {
        const Field *field = &account_type.fields[i];
        bool found = (field->flags & FIELD_DERIVED) || g_strv_contains(by_hand, field->name);
        for (size_t k = 0; !found && k < n_ledger_fact_columns; k++)
            found = (ledger_fact_columns[k].of & LEDGER_OF_ACCOUNT) &&
                    strcmp(ledger_fact_columns[k].member, field->name) == 0;
        if (!found)
            g_test_message("no column tells '%s'", field->name);
        g_assert_true(found);
    }
}

/* The core takes what is told. */
static void assert_taken(const TestkitResult *result)
{
    for (guint i = 0; i < result->events->len; i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        const json_t *told = result->events->pdata[i];
        Event event;
        event_decode(dunhub_find_text(told, "type"), json_object_get(told, "data"), arena, &event,
                     &error);
        g_assert_no_error(error);
    }
}

/* One column beside an account: what is told of it. NULL: nothing beyond the account's id. */
static void test_facts(void)
{
    static const struct {
        const char *column, *cell, *type, *data;
    } rows[] = {
        {"zones", "America/Denver,America/Chicago", "account.updated",
         "\"zones\":\"America/Denver,America/Chicago\""},
        {"pinned_segment", "vip", "account.updated", "\"pinned_segment\":\"vip\""},
        {"tags", "vip,autopay", "account.updated", "\"tags\":\"vip,autopay\""},
        {"tags", "", "account.updated", "\"tags\":null"},
        {"property", "Oak Court", "account.updated", "\"property\":\"Oak Court\""},
        {"lease", "", "account.updated", "\"lease\":null"},
        {"parent", "P-1", "account.updated", "\"parent\":\"P-1\""},
        {"collect_with_parent", "yes", "account.updated", "\"collect_with_parent\":true"},
        {"is_test", "Y", "account.updated", "\"is_test\":true"},
        {"is_test", "no", "account.updated", "\"is_test\":false"},
        {"channel_order", "sms,email", "account.updated", "\"channel_order\":\"sms,email\""},
        {"service", "Suspended", "account.updated", "\"service\":\"suspended\""},
        {"service", "off", NULL, "known are active, suspended"},
        {"service_reasons", "damage", "account.updated", "\"service_reasons\":\"damage\""},
        {"portal", "active", "account.updated", "\"portal\":\"active\""},
        {"annual_revenue", "1234.50", "account.updated", "\"annual_revenue_minor\":123450"},
        {"annual_revenue", "much", NULL, "column 'x' is 'much'"},
        {"history", "poor", "account.updated", "\"history\":\"poor\""},
        {"strategic", "1", "account.updated", "\"strategic\":true"},
        {"overdue_invoices", "3", "account.updated", "\"overdue_invoices\":3"},
        {"overdue_invoices", "-3", NULL, "it is no whole number from 0"},
        {"collections_case_on", "2026-01-31", "account.updated",
         "\"collections_case_on\":\"2026-01-31\""},
        {"collections_case_on", "2026-02-30", NULL, "there is no such day"},
        {"subscription_price", "29.90", "account.updated", "\"subscription_price_minor\":2990"},
        {"third_party", "yes", "account.updated", "\"third_party\":true"},
        {"sole_trader", "yes", "account.updated", "\"sole_trader\":true"},
        {"covered_dwelling", "yes", "account.updated", "\"covered_dwelling\":true"},
        {"subsidised", "yes", "account.updated", "\"subsidised\":true"},
        {"units", "12", "account.updated", "\"units\":12"},
        {"monthly_rent", "1900", "account.updated", "\"monthly_rent_minor\":190000"},
        {"late_fee_agreed", "yes", "account.updated", "\"late_fee_agreed\":\"yes\""},
        {"late_fee_agreed", "no", "account.updated", "\"late_fee_agreed\":\"no\""},
        {"late_fee_agreed", "", "account.updated", "\"late_fee_agreed\":null"},
        {"inconvenient_times", "sun", "account.updated", "\"inconvenient_times\":\"sun\""},
        {"active_duty", "yes", "account.updated", "\"active_duty\":true"},
        {"military_checked_on", "2026-07-01", "account.updated",
         "\"military_checked_on\":\"2026-07-01\""},
        {"court_order_on", "2026-07-01", "account.updated", "\"court_order_on\":\"2026-07-01\""},
        {"validation_sent_on", "2026-07-01", "account.updated",
         "\"validation_sent_on\":\"2026-07-01\""},
        {"preaction_letter_on", "2026-07-01", "account.updated",
         "\"preaction_letter_on\":\"2026-07-01\""},
        {"reply_form_on", "2026-07-01", "account.updated", "\"reply_form_on\":\"2026-07-01\""},
        {"preaction_warning_on", "2026-07-01", "account.updated",
         "\"preaction_warning_on\":\"2026-07-01\""},
        {"consumer", "no", "account.updated", "\"is_consumer\":false"},
        {"call_phone", "+13125550100", "contact.updated",
         "\"address\":\"+13125550100\",\"channel\":\"voice\",\"position\":3"},
        {"tenant_status", "at_risk", "account.status_changed", "\"status\":\"at_risk\""},
        {"tenant_status", "gone", NULL, "known are ok, grace_period"},
        {"bankruptcy_on", "2026-06-15", "hold.set",
         "\"kind\":\"bankruptcy\",\"petition_on\":\"2026-06-15\""},
        {"deceased", "yes", "hold.set", "\"kind\":\"deceased\""},
        {"deceased", "no", "hold.set", NULL},
        {"attorney", "yes", "hold.set", "\"kind\":\"attorney\""},
        {"cease_contact", "yes", "hold.set", "\"kind\":\"cease\""},
        {"breathing_space_until", "2026-08-30", "hold.set",
         "\"kind\":\"breathing_space\",\"until\":\"2026-08-30\""},
        {"paused_until", "2026-08-30", "hold.set", "\"kind\":\"pause\",\"until\":\"2026-08-30\""},
        {"paused_until", "2026-07-01", "hold.set", "\"kind\":\"pause\",\"until\":\"2026-07-01\""},
        {"paused_until", "2026-06-30", "hold.set", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s: '%s'", rows[i].column, rows[i].cell);
        g_autofree char *content = g_strdup_printf("id,x\nC1,\"%s\"\n", rows[i].cell);
        g_autofree char *columns =
            g_strdup_printf("{\"account\":\"id\",\"%s\":\"x\"}", rows[i].column);
        Ledger l = ledger_new(columns, content);
        const TestkitResult *result =
            testkit_poll(l.kit, "ledger", NULL, "{\"now\":\"2026-07-01T07:00:00.000Z\"}");
        g_assert_cmpstr(result->message, ==, "");
        assert_taken(result);
        if (!rows[i].type) {
            g_assert_cmpuint(result->findings->len, ==, 1);
            g_assert_nonnull(strstr(result->findings->pdata[0], rows[i].data));
        } else {
            char *data = data_of(result->events, rows[i].type, 0);
            g_assert_true(rows[i].data ? data && strstr(data, rows[i].data) != NULL : !data);
            free(data);
        }
        ledger_free(&l);
    }
}

static void test_contacts(void)
{
    Ledger l = ledger_new(
        "{\"account\":\"id\",\"email\":\"mail\",\"phone\":\"tel\",\"call_phone\":"
        "\"call\",\"contact_role\":\"role\",\"sms_consent\":\"sms\","
        "\"voice_consent\":\"voice\",\"consent_on\":\"day\",\"consent_wording\":"
        "\"words\",\"email_opt_out\":\"out\",\"email_shared\":\"ms\","
        "\"phone_shared\":\"ps\",\"phone_reassigned\":\"pr\","
        "\"reassigned_checked_on\":\"pc\"}",
        "id,mail,tel,call,role,sms,voice,day,words,out,ms,ps,pr,pc\n"
        "C1,a@x.example,+13125550100,+13125550101,guarantor,yes,no,2026-01-03,I agree,yes,yes,no,"
        "yes,2026-05-01\n"
        "C2,b@x.example,+13125550102,,,,,,,no,,,,\n");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpuint(result->findings->len, ==, 0);
    assert_taken(result);
    assert_data(result, "contact.updated", 0,
                "{\"address\":\"a@x.example\",\"channel\":\"email\",\"consent\":\"revoked\","
                "\"position\":0,\"role\":\"guarantor\",\"shared\":true}");
    assert_data(result, "contact.updated", 1,
                "{\"address\":\"+13125550100\",\"channel\":\"sms\",\"consent\":\"granted\","
                "\"consent_at\":\"2026-01-03T00:00:00.000Z\",\"consent_wording\":\"I agree\","
                "\"position\":1,\"reassigned\":true,\"reassigned_checked_on\":\"2026-05-01\","
                "\"role\":\"guarantor\",\"shared\":false}");
    assert_data(result, "contact.updated", 2,
                "{\"address\":\"+13125550101\",\"channel\":\"voice\",\"consent\":\"none\","
                "\"consent_at\":\"2026-01-03T00:00:00.000Z\",\"consent_wording\":\"I agree\","
                "\"position\":3,\"reassigned\":true,\"reassigned_checked_on\":\"2026-05-01\","
                "\"role\":\"guarantor\",\"shared\":false}");
    assert_data(result, "contact.updated", 3,
                "{\"address\":\"b@x.example\",\"channel\":\"email\",\"position\":0}");
    assert_data(result, "contact.updated", 4,
                "{\"address\":\"+13125550102\",\"channel\":\"sms\",\"position\":1}");
    ledger_free(&l);
}

static void test_row_facts(void)
{
    Ledger l = ledger_new(
        "{\"account\":\"id\",\"invoice\":\"no\",\"amount\":\"sum\",\"issued_on\":\"day\","
        "\"status\":\"stand\",\"payment_method\":\"how\",\"failure_code\":\"code\","
        "\"fee_type\":\"fee\",\"excluded\":\"out\",\"time_barred_on\":\"barred\","
        "\"disputed\":\"dis\",\"disputed_on\":\"since\",\"dispute_written\":\"w\","
        "\"dispute_verified_on\":\"v\"}",
        "id,no,sum,day,stand,how,code,fee,out,barred,dis,since,w,v\n"
        "C1,I1,10,2026-07-01,failed,ach,R01,late_fee,yes,2030-01-01,yes,"
        "2026-07-05,yes,2026-07-09\n"
        "C2,I2,10,2026-07-01,paid,card,,,no,,no,,,\n");
    const TestkitResult *result = testkit_poll(l.kit, "ledger", NULL, NULL);
    g_assert_cmpuint(result->findings->len, ==, 0);
    assert_taken(result);
    assert_data(result, "invoice.updated", 0,
                "{\"amount\":1000,\"currency\":\"USD\",\"excluded\":true,\"fee_type\":\"late_fee\","
                "\"id\":\"I1\",\"issued_on\":\"2026-07-01\",\"status\":\"open\","
                "\"time_barred_on\":\"2030-01-01\"}");
    assert_data(result, "payment.updated", 0,
                "{\"amount\":1000,\"code\":\"R01\",\"currency\":\"USD\",\"id\":\"I1:failed\","
                "\"invoice\":\"I1\",\"method\":\"ach\",\"state\":\"failed\"}");
    assert_data(result, "dispute.updated", 0,
                "{\"amount\":1000,\"id\":\"I1:disputed\",\"invoice\":\"I1\",\"opened_on\":"
                "\"2026-07-05\",\"outcome\":\"open\",\"verified_on\":\"2026-07-09\","
                "\"written\":true}");
    assert_data(result, "payment.updated", 1,
                "{\"amount\":1000,\"currency\":\"USD\",\"id\":\"I2:paid\",\"invoice\":\"I2\","
                "\"method\":\"card\",\"state\":\"settled\"}");
    ledger_free(&l);
}

/* What a file states of holds and status, day by day: what is told once, moved, and taken back. */
static void test_turns(void)
{
    static const struct {
        const char *day, *cells, *type, *data; /* type NULL: nothing */
    } days[] = {
        {"2026-07-01", ",,", NULL, NULL},
        {"2026-07-02", "2026-07-10,,", "hold.set", "{\"kind\":\"pause\",\"until\":\"2026-07-10\"}"},
        {"2026-07-03", "2026-07-20,,", "hold.moved",
         "{\"kind\":\"pause\",\"until\":\"2026-07-20\"}"},
        {"2026-07-04", ",,", "hold.ended", "{\"kind\":\"pause\"}"},
        {"2026-07-05", "2026-07-20,,", "hold.set", "{\"kind\":\"pause\",\"until\":\"2026-07-20\"}"},
        {"2026-07-21", "2026-07-20,,", NULL, NULL}, /* it ran out by itself */
        {"2026-07-22", "2026-08-01,,", "hold.set", "{\"kind\":\"pause\",\"until\":\"2026-08-01\"}"},
        {"2026-08-05", ",,", NULL, NULL},
        {"2026-08-06", ",2026-08-01,", "hold.set",
         "{\"kind\":\"bankruptcy\",\"petition_on\":\"2026-08-01\"}"},
        {"2026-08-07", ",2026-08-01,moved_out", "account.status_changed",
         "{\"status\":\"moved_out\"}"},
        {"2026-08-08", ",,moved_out", "hold.ended", "{\"kind\":\"bankruptcy\"}"},
        {"2026-08-09", ",,", "account.status_changed", "{\"status\":\"ok\"}"},
        {"2026-08-10", ",,ok", NULL, NULL},
        {"2026-08-11", ",,at_risk", "account.status_changed", "{\"status\":\"at_risk\"}"},
    };
    static const char *const types[] = {"hold.set", "hold.moved", "hold.ended",
                                        "account.status_changed"};
    Ledger l = ledger_new("{\"account\":\"id\",\"paused_until\":\"p\",\"bankruptcy_on\":\"b\","
                          "\"tenant_status\":\"s\"}",
                          "");
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *cursor = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_test_message("%s: %s", days[i].day, days[i].cells);
        g_autofree char *content = g_strdup_printf("id,p,b,s\nC1,%s\n", days[i].cells);
        g_autofree char *more = g_strdup_printf("{\"now\":\"%sT07:00:00.000Z\"}", days[i].day);
        ledger_rewrite(&l, content);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, more);
        g_assert_cmpstr(result->message, ==, "");
        guint n = 0;
        for (size_t t = 0; t < G_N_ELEMENTS(types); t++)
            n += count(result->events, types[t]);
        g_assert_cmpuint(n, ==, days[i].type ? 1 : 0);
        for (guint k = 0; k < result->events->len; k++)
            g_assert_true(
                g_hash_table_add(ids, g_strdup(dunhub_find_text(result->events->pdata[k], "id"))));
        if (days[i].type)
            assert_data(result, days[i].type, 0, days[i].data);
        g_free(cursor);
        cursor = g_strdup(testkit_cursor(result));
    }
    ledger_free(&l);
}

/* A read before an act tells a hold under the id of the poll that follows: the hub takes one of them. */
static void test_hold_is_told_once(void)
{
    Ledger l = ledger_new("{\"account\":\"id\",\"bankruptcy_on\":\"b\"}", "id,b\nC1,\n");
    g_autofree char *cursor = g_strdup(testkit_cursor(testkit_poll(l.kit, "ledger", NULL, NULL)));
    ledger_rewrite(&l, "id,b\nC1,2026-08-01\n");
    const TestkitResult *result = testkit_read(l.kit, "ledger", "[\"C1\"]", cursor);
    g_assert_cmpuint(count(result->events, "hold.set"), ==, 1);
    g_autofree char *id = g_strdup(dunhub_find_text(result->events->pdata[1], "id"));
    result = testkit_poll(l.kit, "ledger", cursor, NULL);
    g_assert_cmpuint(count(result->events, "hold.set"), ==, 1);
    g_assert_cmpstr(dunhub_find_text(result->events->pdata[0], "id"), ==, id);
    g_autofree char *after = g_strdup(testkit_cursor(result));
    result = testkit_read(l.kit, "ledger", "[\"C1\"]", after);
    g_assert_cmpuint(count(result->events, "hold.set"), ==, 0);
    ledger_free(&l);
}

/* A consent that comes back is told again. */
static void test_consent_comes_back(void)
{
    static const char *const cells[] = {"yes", "no", "yes"};
    static const char *const consents[] = {"granted", "none", "granted"};
    Ledger l = ledger_new("{\"account\":\"id\",\"phone\":\"p\",\"sms_consent\":\"c\"}", "");
    g_autofree char *cursor = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
        g_autofree char *content = g_strdup_printf("id,p,c\nC1,+13125550100,%s\n", cells[i]);
        ledger_rewrite(&l, content);
        const TestkitResult *result = testkit_poll(l.kit, "ledger", cursor, NULL);
        g_assert_cmpuint(count(result->events, "contact.updated"), ==, 1);
        guint last = result->events->len - 1;
        g_assert_cmpstr(
            dunhub_find_text(json_object_get(result->events->pdata[last], "data"), "consent"), ==,
            consents[i]);
        g_free(cursor);
        cursor = g_strdup(testkit_cursor(result));
    }
    ledger_free(&l);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv_facts/every_member", test_every_member);
    g_test_add_func("/csv_facts/facts", test_facts);
    g_test_add_func("/csv_facts/contacts", test_contacts);
    g_test_add_func("/csv_facts/row_facts", test_row_facts);
    g_test_add_func("/csv_facts/turns", test_turns);
    g_test_add_func("/csv_facts/hold_is_told_once", test_hold_is_told_once);
    g_test_add_func("/csv_facts/consent_comes_back", test_consent_comes_back);
    return g_test_run();
}
