/* Every situation an account can be in, and the exact sentences that explain it: tests/unit/escalation/golden/explain.txt. With
 * DUNHUB_GOLDEN=write in the environment the file is written anew, to be read before it is kept. */
#include "driver.h"

#define GOLDEN "tests/unit/escalation/golden/explain.txt"
#define OBSERVING                                                                                  \
    "  isp: {mode: observe, source: S2, steps: [new, suspended, disconnected, paid_by_customer], " \
    "notices: [invoice, reminder, overdue, delinquency]}\n"
#define PLANNING                                                                                   \
    "  isp: {mode: plan, source: S2, steps: [new, suspended, disconnected, paid_by_customer], "    \
    "notices: [overdue, delinquency]}\n"
#define COUNSEL                                                                                    \
    LADDER                                                                                         \
    "      - {name: legal, from: 90, wait: 0, skippable: false, minimum_cents: 500000, needs: "    \
    "[collections_unsuccessful, legal_approval]}\n"
#define MANAGED                                                                                    \
    LADDER "  vip: {extends: b2b, offset_days: 15, automated_notices: false, executes_by: "        \
           "account_manager_task, auto_suspend: false}\n"

static void open_invoice(Driver *v, const char *until)
{
    driver_invoice(v, "I1", 65000, NULL, "USD");
    driver_until(v, until);
}

static void nothing(Driver *v)
{
    (void)v;
}
static void not_due(Driver *v)
{
    open_invoice(v, "2026-07-03 12:00");
}
static void overdue(Driver *v)
{
    open_invoice(v, "2026-07-12 12:00");
}
static void small(Driver *v)
{
    driver_invoice(v, "I1", 900, NULL, "USD");
    driver_until(v, "2026-07-20 12:00");
}
static void delinquent(Driver *v)
{
    open_invoice(v, "2026-07-16 12:00");
}
static void step_is_due(Driver *v)
{
    open_invoice(v, "2026-07-23 12:00");
}
static void grace(Driver *v)
{
    open_invoice(v, "2026-07-12 12:00");
    GraceRequest request = {.extended_to = day_of("2026-07-25"), .by = "person:maria"};
    driver_event(v, EVENT_GRACE_REQUESTED, &request);
}
static void promise(Driver *v)
{
    delinquent(v);
    PromiseRequest request = {.amount = 65000, .currency = currency("USD"), .by = "person:maria"};
    request.promised_on = day_of("2026-07-20");
    driver_event(v, EVENT_PROMISE_MADE, &request);
}
static void broken_promise(Driver *v)
{
    promise(v);
    driver_until(v, "2026-07-23 12:00");
}
static void plan(Driver *v)
{
    delinquent(v);
    PlanRequest request = {
        .invoices = "I1", .instalments = 3, .by = "person:maria", .reason = "hardship"};
    request.first_on = day_of("2026-08-01");
    driver_event(v, EVENT_PLAN_CREATED, &request);
}
static void failed_plan(Driver *v)
{
    plan(v);
    driver_until(v, "2026-08-03 12:00");
}
static void dispute(Driver *v)
{
    delinquent(v);
    Dispute *d = arena_new0(v->arena, Dispute, 1);
    record_init(&dispute_type, d);
    d->id = "D1";
    d->invoice = "I1";
    d->amount = 65000;
    driver_fact(v, EVENT_DISPUTE_UPDATED, d,
                (const char *const[]){"id", "invoice", "amount", NULL});
}
static void hold(Driver *v, HoldKind kind, const char *until)
{
    HoldRequest request;
    record_init(event_types[EVENT_HOLD_SET].payload, &request);
    request.kind = (int)kind;
    request.by = "person:maria";
    request.until = until ? day_of(until) : DATE_NONE;
    driver_event(v, EVENT_HOLD_SET, &request);
}
static void help(Driver *v)
{
    delinquent(v);
    hold(v, HOLD_HELP, NULL);
}
static void bankrupt(Driver *v)
{
    delinquent(v);
    hold(v, HOLD_BANKRUPTCY, NULL);
}
static void attorney(Driver *v)
{
    delinquent(v);
    hold(v, HOLD_ATTORNEY, NULL);
}
static void pause_until(Driver *v)
{
    delinquent(v);
    hold(v, HOLD_PAUSE, "2026-08-31");
}
static void outreach(Driver *v)
{
    driver_invoice(v, "I1", 65000, "2026-07-05", "USD");
    driver_until(v, "2026-07-21 12:00");
}
static void near_counsel(Driver *v)
{
    driver_invoice(v, "I1", 650000, "2026-07-05", "USD");
    driver_until(v, "2026-10-20 12:00");
}
static void asked_for_counsel(Driver *v)
{
    near_counsel(v);
    ApprovalRequest request = {.what = "legal", .by = "person:maria", .evidence = "file 7"};
    driver_event(v, EVENT_APPROVAL_REQUESTED, &request);
}
static void approved(Driver *v)
{
    asked_for_counsel(v);
    ApprovalDecision decision = {.what = "legal", .by = "person:jonas"};
    driver_event(v, EVENT_APPROVAL_DECIDED, &decision);
}
static void ran_out(Driver *v)
{
    approved(v);
    driver_until(v, "2026-12-25 12:00");
}
static void pending_entry(Driver *v)
{
    open_invoice(v, "2026-07-14 12:00");
    driver_payment(v, "P1", 65000, PAYMENT_PENDING, "USD");
    driver_until(v, "2026-07-17 12:00");
}
static void status_of(Driver *v, TenantStatus status)
{
    StatusChange change = {
        .status = (int)status, .until = DATE_NONE, .moved_out_on = DATE_NONE, .by = "person:maria"};
    driver_event(v, EVENT_ACCOUNT_STATUS_CHANGED, &change);
}
static void moved_out(Driver *v)
{
    delinquent(v);
    status_of(v, TENANT_MOVED_OUT);
}
static void at_risk(Driver *v)
{
    not_due(v);
    status_of(v, TENANT_AT_RISK);
}
static void replied(Driver *v, const char *channel, const char *text)
{
    MessageReport report = {.channel = channel, .text = text, .address = "payer@example.test"};
    driver_event(v, EVENT_MESSAGE_REPLIED, &report);
}
static void unclear_reply(Driver *v)
{
    overdue(v);
    replied(v, "email", "who are you");
}
static void clear_reply(Driver *v)
{
    overdue(v);
    replied(v, "email", "I dispute this, my attorney will call");
}
static void stopped(Driver *v)
{
    overdue(v);
    replied(v, "email", "unsubscribe");
    driver_until(v, "2026-07-16 12:00");
}
static void bounced(Driver *v)
{
    overdue(v);
    MessageReport report = {
        .channel = "email", .address = "payer@example.test", .outcome = MESSAGE_HARD_BOUNCE};
    driver_event(v, EVENT_MESSAGE_FAILED, &report);
}
static void by_hand(Driver *v)
{
    FlagRequest request = {.by = "person:maria", .reason = "two bounced cheques"};
    driver_invoice(v, "I1", 65000, NULL, "USD");
    driver_event(v, EVENT_ACCOUNT_FLAGGED, &request);
}
static void left_out(Driver *v)
{
    delinquent(v);
    ExclusionRequest request = {.invoice = "I1", .excluded = true, .by = "person:maria"};
    driver_event(v, EVENT_INVOICE_EXCLUDED, &request);
}
static void deaf(Driver *v)
{
    open_invoice(v, "2026-07-10 12:00");
    v->deaf = true;
    driver_until(v, "2026-07-11 12:00");
}
static void outside_hours(Driver *v)
{
    v->state.account.is_consumer = true;
    v->state.account.zones = "Pacific/Honolulu";
    v->state.account.zone = "America/Chicago";
    open_invoice(v, "2026-07-11 09:30");
}
static void act_in(Driver *v, ActState state, const char *error)
{
    Act *act = state_add(&v->state, KIND_ACT);
    act->key = "A/c2/1/suspend_service";
    act->action = "suspend_service";
    act->verb = "service.suspend";
    act->instance = "billing";
    act->state = (int)state;
    act->planned_on = zone_date(v->book.zone, v->now);
    act->error = error;
}
static void uncertain(Driver *v)
{
    delinquent(v);
    act_in(v, ACT_HELD, "the connection broke");
}
static void dead(Driver *v)
{
    delinquent(v);
    act_in(v, ACT_DEAD, "no such customer");
}
static void two_currencies(Driver *v)
{
    driver_invoice(v, "I2", 80000, NULL, "EUR");
    open_invoice(v, "2026-07-16 12:00");
}
static void no_minimum(Driver *v)
{
    driver_invoice(v, "I1", 80000, NULL, "GBP");
    driver_until(v, "2026-07-12 12:00");
}
static void paid(Driver *v)
{
    delinquent(v);
    driver_payment(v, "P1", 65000, PAYMENT_SETTLED, "USD");
}
static void test_account(Driver *v)
{
    v->state.account.is_test = true;
    delinquent(v);
}
static void suspended(Driver *v)
{
    driver_invoice(v, "I1", 65000, "2026-07-05", "USD");
    driver_until(v, "2026-08-06 12:00");
}

static const struct {
    const char *name, *policies, *settings, *policy;
    void (*make)(Driver *v);
} situations[] = {
    {"nothing owed", MODULE, "", "isp", nothing},
    {"open and not due", MODULE, "", "isp", not_due},
    {"overdue, not yet delinquent", MODULE, "", "isp", overdue},
    {"below the minimum", MODULE, "", "isp", small},
    {"newly delinquent", MODULE, "step_days: {new: 5}", "isp", delinquent},
    {"a step past its date", MODULE, "step_days: {new: 5}", "isp", step_is_due},
    {"grace", MODULE, "", "isp", grace},
    {"a promise", MODULE, "", "isp", promise},
    {"a broken promise", MODULE, "", "isp", broken_promise},
    {"a payment plan, its cycle parked", MODULE, "", "isp", plan},
    {"a plan that failed", MODULE, "", "isp", failed_plan},
    {"all of it disputed, its cycle parked", MODULE, "", "isp", dispute},
    {"help", MODULE, "", "isp", help},
    {"bankruptcy", MODULE, "", "isp", bankrupt},
    {"an attorney", MODULE, "", "isp", attorney},
    {"a pause with an end", MODULE, "", "isp", pause_until},
    {"a VIP step waits for the outreach", MANAGED, "", "vip", outreach},
    {"counsel is near, nothing approved", COUNSEL, "", "b2b", near_counsel},
    {"an approval was asked for", COUNSEL, "", "b2b", asked_for_counsel},
    {"an approval holds", COUNSEL, "", "b2b", approved},
    {"an approval ran out", COUNSEL, "", "b2b", ran_out},
    {"pending money delays entry", MODULE, "", "isp", pending_entry},
    {"moved out", MODULE, "", "isp", moved_out},
    {"at risk", MODULE, "", "isp", at_risk},
    {"a reply nobody understands", MODULE, "", "isp", unclear_reply},
    {"a reply that says two things", MODULE, "", "isp", clear_reply},
    {"the only channel stopped", MODULE, "", "isp", stopped},
    {"a message bounced", MODULE, "", "isp", bounced},
    {"the policy observes", OBSERVING, "", "isp", delinquent},
    {"the policy plans", PLANNING, "", "isp", delinquent},
    {"entered by hand", MODULE, "", "isp", by_hand},
    {"an invoice is left out", MODULE, "", "isp", left_out},
    {"the ledger does not answer", MODULE, "", "isp", deaf},
    {"the hours of the law", MODULE, "", "isp", outside_hours},
    {"nobody knows whether an act happened", MODULE, "", "isp", uncertain},
    {"an act died", MODULE, "", "isp", dead},
    {"two currencies", MODULE, "", "isp", two_currencies},
    {"a currency without a minimum", MODULE, "", "isp", no_minimum},
    {"paid", MODULE, "", "isp", paid},
    {"a test account", MODULE, "", "isp", test_account},
    {"service suspended by a stage", LADDER, "", "b2b", suspended},
};

static void tell(GString *out, size_t i)
{
    Driver v;
    driver_open(&v, situations[i].policies, situations[i].settings, situations[i].policy,
                "2026-07-01 06:00");
    situations[i].make(&v);
    g_autoptr(json_t) told = explain_account(&v.state, &v.book, v.now, v.arena);
    g_string_append_printf(out, "## %s\n", situations[i].name);
    for (size_t s = 0; s < json_array_size(told); s++) {
        const json_t *sentence = json_array_get(told, s);
        const char *on = json_string_value(json_object_get(sentence, "on"));
        g_string_append_printf(out, "%s  %s  [%s]\n", on ? on : "-",
                               json_string_value(json_object_get(sentence, "text")),
                               json_string_value(json_object_get(sentence, "rule")));
    }
    g_string_append_c(out, '\n');
    driver_close(&v);
}

static void test_golden(void)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(situations); i++)
        tell(out, i);
    g_autoptr(GError) error = NULL;
    if (g_strcmp0(g_getenv("DUNHUB_GOLDEN"), "write") == 0)
        g_assert_true(g_file_set_contents(GOLDEN, out->str, (gssize)out->len, NULL));
    g_autofree char *kept = NULL;
    g_file_get_contents(GOLDEN, &kept, NULL, &error);
    g_assert_no_error(error);
    g_auto(GStrv) wanted = g_strsplit(kept, "\n", -1), seen = g_strsplit(out->str, "\n", -1);
    for (size_t i = 0; wanted[i] && seen[i]; i++)
        g_assert_cmpstr(seen[i], ==, wanted[i]);
    g_assert_cmpuint(g_strv_length(seen), ==, g_strv_length(wanted));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/golden", test_golden);
    return g_test_run();
}
