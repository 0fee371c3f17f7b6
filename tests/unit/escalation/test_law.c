/* The rows of the law inside a decision: a late fee waits and is capped, the telephone rests, a
 * court step waits for the period of the place; each with its row in the reason and in explain. */
#include "driver.h"

static const char rules[] =
    "rules:\n"
    "  cap: {gate: call_cap, jurisdiction: any, applies_to: consumer, calls: 7, citation: law A,"
    " reviewed_by: b}\n"
    "  hours: {gate: contact_window, jurisdiction: any, applies_to: consumer, window: ['10:00',"
    " '20:00'], citation: law B, reviewed_by: b}\n"
    "  fee.late: {gate: late_fee, jurisdiction: US/MA, applies_to: tenant, after_days: 30,"
    " citation: law C, reviewed_by: b}\n"
    "  fee.capped: {gate: late_fee, jurisdiction: US/NY, applies_to: tenant, after_days: 5,"
    " cap_fixed: 50.00 USD, cap_permille: 50, citation: law D, reviewed_by: b}\n"
    "  fee.none: {gate: late_fee, jurisdiction: US/ZZ, cap_fixed: 0.00 USD, citation: law E,"
    " reviewed_by: b}\n"
    "  five: {gate: pay_or_quit, jurisdiction: US/VA, applies_to: tenant, notice_days: 5,"
    " effective_to: 2026-06-30, citation: law F, reviewed_by: b}\n"
    "  fourteen: {gate: pay_or_quit, jurisdiction: US/VA, applies_to: tenant, notice_days: 14,"
    " effective_from: 2026-07-01, citation: law G, reviewed_by: b}\n";

#define CALLING                                                                                    \
    "  b2b: {stages: [{name: first, from: 1, wait: 7}]}\n"                                         \
    "routes: [{event: case.step_entered, do: [{name: place_call, verb: call.voice, via: "          \
    "dialer}]}]\n"
#define COURT                                                                                      \
    "  rent: {stages: [{name: a, from: 1}]}\n"                                                     \
    "graphs:\n"                                                                                    \
    "  asks:\n"                                                                                    \
    "    steps: {notice: {notice: formal_notice, wait: 1}, court: {final: true}}\n"                \
    "    moves: [{from: notice, to: court, when: notice_period_over, wait_days: 1}]\n"             \
    "  legal:\n"                                                                                   \
    "    steps: {notice: {notice: formal_notice, wait: 1}, legal: {final: true}}\n"                \
    "    moves: [{from: notice, to: legal, when: age >= 1, wait_days: 2}]\n"

static void open_with_law(Driver *v, const char *policies, const char *settings, const char *policy,
                          const char *start, const char *jurisdiction)
{
    driver_open(v, policies, settings, policy, start);
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(rules, strlen(rules), "rules.yaml", v->arena, diags);
    g_assert_true(root && rules_load(node_get(root, "rules"), v->arena, diags, &v->book.rules));
    v->state.account.kind = ACCOUNT_TENANT;
    v->state.account.is_consumer = true;
    v->state.account.jurisdiction = jurisdiction;
}

static const Invoice *late_fee(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_FEE)
            return invoice;
    return NULL;
}

static const char *reason_rule(const Driver *v, const char *subject)
{
    for (size_t i = 0; i < v->out.n_reasons; i++)
        if (strcmp(v->out.reasons[i].event, "gate") == 0 &&
            g_strcmp0(v->out.reasons[i].subject, subject) == 0)
            return v->out.reasons[i].rule;
    return NULL;
}

static bool explained(Driver *v, const char *rule, const char *text)
{
    g_autoptr(json_t) sentences = explain_account(&v->state, &v->book, v->now, v->arena);
    for (size_t i = 0; i < json_array_size(sentences); i++) {
        const json_t *sentence = json_array_get(sentences, i);
        if (strcmp(json_string_value(json_object_get(sentence, "rule")), rule) == 0 &&
            strstr(json_string_value(json_object_get(sentence, "text")), text))
            return true;
    }
    return false;
}

/* Rent of 800.00 due on 1 July: delinquent on 7 July, and the fee of 75.00 that is configured. */
static void open_rent(Driver *v, const char *jurisdiction)
{
    open_with_law(v, MODULE, "late_fee_cents: 7500", "isp", "2026-06-20 10:00", jurisdiction);
    driver_invoice(v, "I1", 80000, "2026-07-01", "USD");
}

static void test_fee_waits(void)
{
    Driver v;
    open_rent(&v, "US/MA/Boston");
    driver_until(&v, "2026-07-20 12:00");
    g_assert_null(late_fee(&v));
    g_assert_cmpint(driver_count(&v, "gate late_fee late_fee"), ==, 1);
    g_assert_true(explained(&v, "fee.late, law C", "2026-08-01"));
    driver_until(&v, "2026-07-31 23:00");
    g_assert_null(late_fee(&v));
    driver_until(&v, "2026-08-01 12:00");
    g_assert_cmpint(late_fee(&v)->amount, ==, 7500);
    g_assert_cmpint(late_fee(&v)->issued_on, ==, day_of("2026-08-01"));
    driver_until(&v, "2026-10-01 12:00");
    g_assert_cmpint(driver_count(&v, "fee_charged"), ==, 1);
    driver_close(&v);
}

static void test_fee_paid_before(void)
{
    Driver v;
    open_rent(&v, "US/MA");
    driver_until(&v, "2026-07-20 12:00");
    driver_payment(&v, "P1", 80000, PAYMENT_SETTLED, "USD");
    driver_until(&v, "2026-10-01 12:00");
    g_assert_null(late_fee(&v));
    driver_close(&v);
}

static void test_fee_is_capped(void)
{
    Driver v;
    open_rent(&v, "US/NY");
    driver_until(&v, "2026-08-01 12:00");
    g_assert_cmpint(late_fee(&v)->amount, ==, 4000);
    driver_close(&v);
    /* no row is about the place: what is configured */
    open_rent(&v, "US/FL");
    driver_until(&v, "2026-08-01 12:00");
    g_assert_cmpint(late_fee(&v)->amount, ==, 7500);
    driver_close(&v);
    open_rent(&v, "US/ZZ");
    driver_until(&v, "2026-08-01 12:00");
    g_assert_null(late_fee(&v));
    g_assert_cmpint(driver_count(&v, "fee_dropped late_fee late_fee"), ==, 1);
    driver_close(&v);
}

static void report_call(Driver *v, PhoneOutcome outcome, const char *act)
{
    CallReport report;
    record_init(event_types[EVENT_CALL_COMPLETED].payload, &report);
    report.outcome = (int)outcome;
    report.act = act;
    driver_event(v, EVENT_CALL_COMPLETED, &report);
}

static const Act *call_act(const Driver *v)
{
    STATE_FOREACH (&v->state, KIND_ACT, const Act, act)
        if (strcmp(act->verb, "call.voice") == 0)
            return act;
    return NULL;
}

/* The step is entered on 2 July and asks for a call. */
static void open_calling(Driver *v)
{
    open_with_law(v, CALLING, "", "b2b", "2026-06-20 10:00", "US/OH");
    driver_invoice(v, "I1", 80000, "2026-07-01", "USD");
}

static void test_calls_wait(void)
{
    Driver v;
    open_calling(&v);
    driver_until(&v, "2026-07-01 10:00");
    report_call(&v, PHONE_ANSWERED, NULL);
    driver_until(&v, "2026-07-02 12:00");
    g_assert_nonnull(call_act(&v));
    g_assert_cmpint(call_act(&v)->state, ==, ACT_PLANNED);
    g_assert_true(driver_logged(&v, "2026-07-02 gate place_call call_cap"));
    g_assert_true(explained(&v, "cap, law A", "2026-07-08"));
    driver_until(&v, "2026-07-07 23:59");
    g_assert_cmpint(call_act(&v)->state, ==, ACT_PLANNED);
    /* hours of the row: it may go at 10:00, an hour after the usual one */
    driver_until(&v, "2026-07-08 09:59");
    g_assert_cmpint(call_act(&v)->state, ==, ACT_PLANNED);
    driver_until(&v, "2026-07-08 10:00");
    g_assert_cmpint(call_act(&v)->state, ==, ACT_DONE);
    driver_close(&v);
}

static void test_own_calls_count(void)
{
    Driver v;
    open_calling(&v);
    driver_until(&v, "2026-07-03 12:00");
    g_assert_cmpint(call_act(&v)->state, ==, ACT_DONE);
    g_assert_cmpuint(STATE_COUNT(&v.state, KIND_PHONE_CALL), ==, 1);
    const PhoneCall *call = STATE_ROWS(&v.state, KIND_PHONE_CALL, PhoneCall);
    g_assert_cmpint(call->outcome, ==, PHONE_PLACED);
    /* the report is about that very call */
    report_call(&v, PHONE_ANSWERED, call_act(&v)->key);
    g_assert_cmpuint(STATE_COUNT(&v.state, KIND_PHONE_CALL), ==, 1);
    call = STATE_ROWS(&v.state, KIND_PHONE_CALL, PhoneCall);
    g_assert_cmpint(call->outcome, ==, PHONE_ANSWERED);
    g_assert_cmpint(call->placed_on, ==, day_of("2026-07-02"));
    driver_close(&v);
}

typedef struct {
    const char *policy, *jurisdiction, *due, *before, *court;
} CourtRow;

/* The notice goes on the day after the due date and is served that day. */
static const CourtRow courts[] = {
    {"asks", "US/VA", "2026-06-29", "2026-07-05", "2026-07-06"},
    {"asks", "US/VA", "2026-06-30", "2026-07-15", "2026-07-16"},
    {"asks", "US/FL", "2026-06-30", "2026-07-02", "2026-07-03"}, /* no row: the policy's wait */
    /* a court step waits, whether the policy asks for it or not */
    {"legal", "US/VA", "2026-06-29", "2026-07-05", "2026-07-06"},
    {"legal", "US/VA", "2026-06-30", "2026-07-15", "2026-07-16"},
    {"legal", "US/FL", "2026-06-30", "2026-07-02", "2026-07-03"},
};

static void test_court(gconstpointer data)
{
    const CourtRow *row = data;
    Driver v;
    open_with_law(&v, COURT, "days_to_delinquent: 0", row->policy, "2026-06-20 10:00",
                  row->jurisdiction);
    driver_invoice(&v, "I1", 80000, row->due, "USD");
    g_autofree char *before = g_strconcat(row->before, " 23:00", NULL),
                    *on = g_strconcat(row->court, " 23:00", NULL);
    driver_until(&v, before);
    const Cycle *cycle = STATE_ROWS(&v.state, KIND_CYCLE, Cycle);
    g_assert_cmpint(cycle->executed_on, ==, day_of(row->due) + 1);
    g_assert_cmpstr(cycle->step, ==, "notice");
    if (strcmp(row->jurisdiction, "US/VA") == 0)
        g_assert_true(explained(
            &v, day_of(row->due) < day_of("2026-06-30") ? "five, law F" : "fourteen, law G",
            row->court));
    driver_until(&v, on);
    cycle = STATE_ROWS(&v.state, KIND_CYCLE, Cycle);
    g_assert_cmpstr(cycle->step, !=, "notice");
    if (strcmp(row->policy, "legal") == 0 && strcmp(row->jurisdiction, "US/VA") == 0)
        g_assert_cmpint(driver_count(&v, "move_waits legal pay_or_quit"), >=, 3);
    driver_close(&v);
}

/* The row and its citation stand in the reason of the gate. */
static void test_reason(void)
{
    Driver v;
    open_rent(&v, "US/MA");
    for (int hours = 0; hours < 24 * 30 && !reason_rule(&v, "late_fee"); hours++) {
        v.now = MIN(v.wake_at, v.now + INSTANT_HOUR);
        driver_decide(&v, EVENT_WAKE, NULL);
        if (!reason_rule(&v, "late_fee"))
            driver_settle(&v);
    }
    g_assert_cmpstr(reason_rule(&v, "late_fee"), ==, "fee.late");
    driver_close(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/law/fee/waits", test_fee_waits);
    g_test_add_func("/law/fee/paid before", test_fee_paid_before);
    g_test_add_func("/law/fee/capped", test_fee_is_capped);
    g_test_add_func("/law/calls/wait", test_calls_wait);
    g_test_add_func("/law/calls/own", test_own_calls_count);
    for (size_t i = 0; i < G_N_ELEMENTS(courts); i++) {
        g_autofree char *path = g_strdup_printf("/law/court/%s %s %s", courts[i].policy,
                                                courts[i].jurisdiction, courts[i].due);
        g_test_add_data_func(path, &courts[i], test_court);
    }
    g_test_add_func("/law/reason", test_reason);
    return g_test_run();
}
