/* The tables of fields, and records from and to JSON. */
#include <string.h>

#include "model/event.h"
#include "model/records.h"

static const size_t field_bytes[] = {
    [FIELD_TEXT] = sizeof(char *),    [FIELD_NAME] = sizeof(char *),
    [FIELD_INT] = sizeof(int64_t),    [FIELD_BOOL] = sizeof(bool),
    [FIELD_DATE] = sizeof(Date),      [FIELD_INSTANT] = sizeof(Instant),
    [FIELD_AMOUNT] = sizeof(int64_t), [FIELD_CURRENCY] = sizeof(Currency),
    [FIELD_CHOICE] = sizeof(int),     [FIELD_ZONE] = sizeof(char *),
    [FIELD_JSON] = sizeof(char *),
};

static size_t alignment(FieldType type)
{
    return type == FIELD_CURRENCY ? 1 : field_bytes[type];
}

/* A member that has no row in the table leaves a hole between its neighbours. */
static void assert_no_hole(const RecordType *type)
{
    size_t end = 0;
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        size_t align = alignment(field->type);
        size_t expected = (end + align - 1) / align * align;
        if (field->offset != expected)
            g_error("%s: a member before '%s' has no field", type->name, field->name);
        end = field->offset + field_bytes[field->type];
    }
    if (type->size - end >= sizeof(void *))
        g_error("%s: a member after '%s' has no field", type->name,
                type->fields[type->n_fields - 1].name);
}

static void test_tables_cover_structs(void)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        assert_no_hole(record_types[kind]);
}

static void assert_described(const RecordType *type)
{
    g_assert_cmpuint(type->n_fields, <=, 128);
    g_assert_cmpuint(strlen(type->doc), >, 10);
    for (size_t i = 0; i < type->n_fields; i++) {
        const Field *field = &type->fields[i];
        g_assert_true(g_str_has_suffix(field->doc, "."));
        g_assert_true(g_ascii_isupper(field->doc[0]));
        g_assert_cmpint(field->type == FIELD_CHOICE, ==, field->choices != NULL);
        for (size_t j = 0; j < i; j++)
            g_assert_cmpstr(type->fields[j].name, !=, field->name);
    }
}

static void test_tables_are_described(void)
{
    for (int kind = 0; kind < N_KINDS; kind++)
        assert_described(record_types[kind]);
    for (size_t i = 0; i < N_EVENTS; i++) {
        if (event_types[i].payload)
            assert_described(event_types[i].payload);
    }
}

static void test_init_is_absent(void)
{
    Cycle cycle;
    record_init(&cycle_type, &cycle);
    g_assert_null(cycle.id);
    g_assert_cmpint(cycle.opened_on, ==, DATE_NONE);
    g_assert_cmpint(cycle.entry, ==, 0);
    g_assert_false(cycle.parked);
    g_assert_cmpstr(cycle.currency.code, ==, "");
    Notice notice;
    record_init(&notice_type, &notice);
    g_assert_cmpint(notice.amount, ==, AMOUNT_NONE);
    g_assert_cmpint(notice.release_at, ==, INSTANT_NONE);
    g_assert_cmpint(notice.state, ==, -1);
}

static bool read_text(const RecordType *type, const char *text, Arena *arena, void *ret_record,
                      GError **error)
{
    g_autoptr(json_t) json = json_loads(text, 0, NULL);
    g_assert_nonnull(json);
    return record_from_json(type, json, arena, ret_record, error);
}

static void test_reads_every_kind_of_field(void)
{
    g_autoptr(Arena) arena = arena_new();
    Invoice invoice;
    g_assert_true(read_text(&invoice_type,
                            "{\"id\":\"I-1\",\"currency\":\"USD\",\"amount\":-5,\"kind\":\"fee\","
                            "\"issued_on\":\"2026-07-01\",\"excluded\":true,\"version\":7}",
                            arena, &invoice, NULL));
    g_assert_cmpstr(invoice.id, ==, "I-1");
    g_assert_cmpint(invoice.amount, ==, -5);
    g_assert_cmpint(invoice.kind, ==, INVOICE_FEE);
    g_assert_cmpint(invoice.status, ==, -1);
    g_assert_cmpint(invoice.issued_on, ==, date_from_ymd(2026, 7, 1));
    g_assert_cmpint(invoice.due_on, ==, DATE_NONE);
    g_assert_true(invoice.excluded);
    g_assert_cmpint(invoice.version, ==, 7);
}

typedef struct {
    const RecordType *type;
    const char *json;
    RecordError code;
    const char *message;
} Refusal;

static const Refusal refusals[] = {
    {&invoice_type, "{\"id\":\"I\",\"amuont\":1}", RECORD_ERROR_UNKNOWN_FIELD,
     "invoice: unknown member 'amuont', did you mean 'amount'?"},
    {&invoice_type, "{\"amount\":1}", RECORD_ERROR_MISSING,
     "invoice.id: is missing; expected one line of text of 1 to 200 bytes"},
    {&invoice_type, "{\"id\":null}", RECORD_ERROR_MISSING,
     "invoice.id: expected one line of text of 1 to 200 bytes, got null"},
    {&invoice_type, "{\"id\":\"I\",\"amount\":\"12\"}", RECORD_ERROR_TYPE,
     "invoice.amount: expected a whole number of minor units, such as cents, got \"12\""},
    {&invoice_type, "{\"id\":\"I\",\"amount\":12.5}", RECORD_ERROR_TYPE,
     "invoice.amount: expected a whole number of minor units, such as cents, got 12.5"},
    {&invoice_type, "{\"id\":\"I\",\"due_on\":\"2026-02-31\"}", RECORD_ERROR_VALUE,
     "invoice.due_on: expected a date like \"2026-07-01\", got \"2026-02-31\""},
    {&invoice_type, "{\"id\":\"I\",\"currency\":\"QQQ\"}", RECORD_ERROR_VALUE,
     "invoice.currency: expected an ISO 4217 code like \"USD\", got \"QQQ\""},
    {&invoice_type, "{\"id\":\"I\",\"status\":\"paid\"}", RECORD_ERROR_VALUE,
     "invoice.status: expected one of draft, open, void, written_off, got \"paid\""},
    {&invoice_type, "{\"id\":\"a\\nb\"}", RECORD_ERROR_VALUE,
     "invoice.id: expected one line of text of 1 to 200 bytes, got \"a\\nb\""},
    {&invoice_type, "{\"id\":\"\"}", RECORD_ERROR_VALUE,
     "invoice.id: expected one line of text of 1 to 200 bytes, got \"\""},
    {&invoice_type, "{\"id\":\"I\",\"spent\":true}", RECORD_ERROR_VALUE,
     "invoice.spent: is kept by the hub and cannot be set from outside; leave it out"},
    {&invoice_type, "[]", RECORD_ERROR_TYPE, "invoice: expected a JSON object"},
    {&account_type, "{\"zone\":\"Amerika/Chicago\"}", RECORD_ERROR_VALUE,
     "account.zone: expected a time zone like \"America/Chicago\", got \"Amerika/Chicago\""},
    {&account_type, "{\"strategic\":1}", RECORD_ERROR_TYPE,
     "account.strategic: expected true or false, got 1"},
    {&contact_point_type, "{\"channel\":\"sms\",\"address\":\"1\",\"consent_at\":\"now\"}",
     RECORD_ERROR_VALUE,
     "contact_point.consent_at: expected an instant like \"2026-07-01T06:00:00Z\", got \"now\""},
};

static void test_refuses(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const Refusal *refusal = &refusals[i];
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GError) error = NULL;
        void *record = arena_alloc(arena, refusal->type->size);
        g_assert_false(read_text(refusal->type, refusal->json, arena, record, &error));
        g_assert_error(error, RECORD_ERROR, (gint)refusal->code);
        g_assert_cmpstr(error->message, ==, refusal->message);
    }
}

static void test_refuses_hidden_nul(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json = json_object();
    json_object_set_new(json, "id", json_stringn("I\0J", 3));
    Invoice invoice;
    g_assert_false(record_from_json(&invoice_type, json, arena, &invoice, &error));
    g_assert_error(error, RECORD_ERROR, RECORD_ERROR_VALUE);
}

static void test_copy_is_deep(void)
{
    g_autoptr(Arena) arena = arena_new();
    char id[] = "P-1";
    Payment payment, copy;
    record_init(&payment_type, &payment);
    payment.id = id;
    payment.amount = 100;
    record_copy(&payment_type, arena, &payment, &copy);
    g_assert_true(record_equal(&payment_type, &payment, &copy));
    id[2] = '2';
    g_assert_cmpstr(copy.id, ==, "P-1");
    g_assert_false(record_equal(&payment_type, &payment, &copy));
    g_assert_false(record_same_key(&payment_type, &payment, &copy));
    id[2] = '1';
    payment.amount = 200;
    g_assert_true(record_same_key(&payment_type, &payment, &copy));
    g_assert_false(record_equal(&payment_type, &payment, &copy));
}

static void test_to_json_leaves_out_what_is_absent(void)
{
    Credit credit;
    record_init(&credit_type, &credit);
    credit.id = "K-1";
    credit.currency = (Currency){"EUR"};
    credit.issued_on = date_from_ymd(2026, 7, 1);
    g_autoptr(json_t) json = record_to_json(&credit_type, &credit);
    g_autofree char *text = json_canonical(json);
    g_assert_cmpstr(text, ==,
                    "{\"cancelled\":false,\"currency\":\"EUR\",\"id\":\"K-1\","
                    "\"issued_on\":\"2026-07-01\",\"sequence\":0,\"version\":0}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/record/tables-cover-structs", test_tables_cover_structs);
    g_test_add_func("/record/tables-are-described", test_tables_are_described);
    g_test_add_func("/record/init", test_init_is_absent);
    g_test_add_func("/record/reads", test_reads_every_kind_of_field);
    g_test_add_func("/record/refuses", test_refuses);
    g_test_add_func("/record/refuses-nul", test_refuses_hidden_nul);
    g_test_add_func("/record/copy", test_copy_is_deep);
    g_test_add_func("/record/to-json", test_to_json_leaves_out_what_is_absent);
    return g_test_run();
}
