/* decide on hand-made accounts: the module and the ladder day by day, and what must not change
 * anything. */
#include "driver.h"

static void assert_logged(const Driver *v, const char *line)
{
    if (driver_logged(v, line))
        return;
    for (guint i = 0; i < v->log->len; i++)
        g_test_message("%s", (const char *)g_ptr_array_index(v->log, i));
    g_test_message("missing: %s", line);
    g_test_fail();
}

static void test_module_unpaid(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-16 23:59");
    assert_logged(&v, "2026-07-01 notice_released invoice email");
    assert_logged(&v, "2026-07-06 notice_released reminder email");
    assert_logged(&v, "2026-07-11 notice_released overdue email");
    assert_logged(&v, "2026-07-16 notice_released delinquency email");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 4);
    AccountView view = driver_view(&v);
    g_assert_cmpint(view.status, ==, STATUS_DELINQUENT);
    g_assert_cmpstr(view.step, ==, "new");
    g_assert_cmpstr(view.reasons, ==, "review");
    driver_close(&v);
}

static void test_ladder_to_collections(void)
{
    static const char *const lines[] = {"2026-09-01 notice_released first_reminder email",
                                        "2026-09-08 notice_released second_notice email",
                                        "2026-09-15 notice_released final_notice email",
                                        "2026-09-30 notice_released pre_collections email",
                                        "2026-09-30 service_suspended c2 delinquency",
                                        "2026-10-15 notice_released collections email",
                                        "2026-10-15 act_done agency_handover -"};
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-10-20 00:00");
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        assert_logged(&v, lines[i]);
    driver_payment(&v, "P1", 240000, PAYMENT_SETTLED, "USD");
    g_assert_cmpint(v.state.account.service, ==, SERVICE_ACTIVE);
    g_assert_cmpint(driver_view(&v).status, ==, STATUS_CURRENT);
    driver_close(&v);
}

static void test_ledger_silent(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    v.deaf = true;
    driver_until(&v, "2026-09-03 12:00");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    g_assert_cmpint(driver_count(&v, "ledger_unread"), >, 0);
    v.deaf = false;
    driver_until(&v, "2026-09-03 23:00");
    assert_logged(&v, "2026-09-03 notice_released first_reminder email");
    driver_close(&v);
}

static void test_switches_hold_everything(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    v.switches = HUB_SOURCE_HELD;
    driver_until(&v, "2026-09-02 12:00");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    g_assert_cmpstr(driver_view(&v).stage, ==, "first_reminder");
    v.switches = 0;
    driver_until(&v, "2026-09-03 23:00");
    g_assert_cmpint(driver_count(&v, "notice_released first_reminder"), ==, 1);
    driver_close(&v);
}

static void test_looking_on_asks_for_no_wake(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-08-31 23:00");
    v.switches = HUB_OBSERVE;
    driver_until(&v, "2026-09-02 12:00");
    g_assert_cmpint(v.wake_at, ==, INSTANT_NEVER);
    g_assert_null(driver_view(&v).stage);
    driver_close(&v);
}

static void test_observing_policy_goes_on(void)
{
    Driver v;
    driver_open(&v, LADDER "    mode: observe\n", "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-10-20 00:00");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    g_assert_cmpint(driver_count(&v, "service_suspended"), ==, 0);
    g_assert_cmpstr(driver_view(&v).stage, ==, "collections");
    driver_close(&v);
}

static void test_planned_waits_for_person(void)
{
    Driver v;
    driver_open(&v, LADDER "    mode: plan\n", "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-02 12:00");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    const Act *act = STATE_ROWS(&v.state, KIND_ACT, Act);
    ActDecision *release = arena_new0(v.arena, ActDecision, 1);
    *release = (ActDecision){.key = act->key, .decision = DECIDED_RELEASE, .by = "maria"};
    driver_event(&v, EVENT_ACT_DECIDED, release);
    assert_logged(&v, "2026-09-02 notice_released first_reminder email");
    driver_close(&v);
}

static void test_test_account_acts_nowhere(void)
{
    Driver v;
    driver_open(&v, MODULE, "first_step: suspended, auto_suspend: true", "isp", "2026-07-01 06:00");
    v.state.account.is_test = true;
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-20 12:00");
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    g_assert_cmpint(v.state.account.service, ==, SERVICE_ACTIVE);
    g_assert_cmpint(driver_view(&v).status, ==, STATUS_DELINQUENT);
    driver_close(&v);
}

/* ---- commands that are refused --------------------------------------------------------------- */

typedef struct {
    const char *code;
    EventKind kind;
    const void *payload;
} Refusal;

static void test_refused_changes_nothing(void)
{
    static const GraceRequest too_long = {.extended_to = 30000};
    static const GraceRequest passed = {.extended_to = 100};
    static const StepRequest unknown = {.step = "nowhere", .by = "maria"};
    static const StepRequest same = {.step = "new", .by = "maria"};
    static const FlagRequest again = {.by = "maria"};
    static const HoldRequest derived = {
        .kind = HOLD_PENDING, .until = DATE_NONE, .petition_on = DATE_NONE};
    static const HoldRequest absent = {
        .kind = HOLD_PAUSE, .until = DATE_NONE, .petition_on = DATE_NONE};
    static const HoldRequest misspelt = {.kind = HOLD_PAUSE,
                                         .until = DATE_NONE,
                                         .petition_on = DATE_NONE,
                                         .blocks = "fees, mesages"};
    static const HoldRequest elsewhere = {
        .kind = HOLD_PAUSE, .until = DATE_NONE, .petition_on = DATE_NONE, .invoice = "I9"};
    static const ApprovalDecision alone = {.what = "legal", .by = "maria"};
    static const ApprovalDecision own = {.what = "legal", .by = "maria", .requested_by = "maria"};
    static const ApprovalDecision nothing = {.what = "backdated_correction", .by = "maria"};
    static const PlanRequest short_plan = {
        .id = "X", .invoices = "I1", .instalments = 1, .first_on = 30000};
    static const PlanRequest strange = {
        .id = "X", .invoices = "I9", .instalments = 3, .first_on = 30000};
    static const PersonalAct person = {.by = "maria"};
    static const ActDecision unknown_act = {.key = "nothing", .decision = DECIDED_RETRY};
    static const Refusal refusals[] = {
        {"grace_too_long", EVENT_GRACE_REQUESTED, &too_long},
        {"date_passed", EVENT_GRACE_REQUESTED, &passed},
        {"unknown_step", EVENT_STEP_CHANGE_REQUESTED, &unknown},
        {"same_step", EVENT_STEP_CHANGE_REQUESTED, &same},
        {"already_delinquent", EVENT_ACCOUNT_FLAGGED, &again},
        {"hold_not_settable", EVENT_HOLD_SET, &derived},
        {"no_such_hold", EVENT_HOLD_ENDED, &absent},
        {"unknown_block", EVENT_HOLD_SET, &misspelt},
        {"unknown_invoice", EVENT_HOLD_SET, &elsewhere},
        {"requester_missing", EVENT_APPROVAL_DECIDED, &alone},
        {"self_approval", EVENT_APPROVAL_DECIDED, &own},
        {"nothing_proposed", EVENT_APPROVAL_DECIDED, &nothing},
        {"plan_length", EVENT_PLAN_CREATED, &short_plan},
        {"invoice_not_coverable", EVENT_PLAN_CREATED, &strange},
        {"nothing_to_confirm", EVENT_SUSPENSION_CONFIRMED, &person},
        {"no_outreach_due", EVENT_OUTREACH_DONE, &person},
        {"unknown_act", EVENT_ACT_DECIDED, &unknown_act},
    };
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-18 12:00");
    g_autofree char *before = state_fingerprint(&v.state);
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        driver_decide(&v, refusals[i].kind, refusals[i].payload);
        g_assert_nonnull(v.out.rejection);
        g_assert_cmpstr(v.out.rejection->code, ==, refusals[i].code);
        g_assert_cmpuint(v.out.n_changes, ==, 0);
        g_autofree char *after = state_fingerprint(&v.state);
        g_assert_cmpstr(after, ==, before);
    }
    driver_close(&v);
}

/* Nobody moves an account into the hands of counsel alone (domain.md §1 approval, §7 legal). */
static void test_legal_needs_two(void)
{
    static const char policy[] =
        "  b2b:\n    source: S3\n    stages:\n"
        "      - {name: first, from: 1, to: 89, wait: 7}\n"
        "      - {name: legal, from: 90, wait: 0, needs: [legal_approval]}\n";
    static const StepRequest move = {.step = "legal", .by = "maria"};
    static const ApprovalDecision given = {.what = "legal", .by = "jonas", .requested_by = "maria"};
    Driver v;
    driver_open(&v, policy, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 900000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-03 12:00");
    driver_decide(&v, EVENT_STEP_CHANGE_REQUESTED, &move);
    g_assert_nonnull(v.out.rejection);
    g_assert_cmpstr(v.out.rejection->code, ==, "approval_missing");
    driver_decide(&v, EVENT_APPROVAL_DECIDED, &given);
    driver_decide(&v, EVENT_STEP_CHANGE_REQUESTED, &move);
    g_assert_null(v.out.rejection);
    g_assert_cmpstr(driver_view(&v).stage, ==, "legal");
    driver_close(&v);
}

/* ---- backdated money ------------------------------------------------------------------------- */

static void settle_backdated(Driver *v, const char *effective_on, int64_t amount)
{
    Payment *p = arena_new0(v->arena, Payment, 1);
    record_init(&payment_type, p);
    p->id = "P1";
    p->amount = amount;
    p->state = PAYMENT_SETTLED;
    p->effective_on = day_of(effective_on);
    driver_fact(v, EVENT_PAYMENT_UPDATED, p,
                (const char *const[]){"id", "amount", "state", "effective_on", NULL});
}

static void test_backdated_is_corrected(void)
{
    Driver v;
    driver_open(
        &v, MODULE,
        "first_step: suspended, auto_suspend: true, auto_reactivate: true, late_fee_cents: 1500",
        "isp", "2026-07-01 06:00");
    v.state.account.subscription_price_minor = 6200;
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-21 12:00");
    settle_backdated(&v, "2026-07-15", 6500);
    g_assert_cmpstr(driver_view(&v).proposals, ==, "credit_suspension,retract_notices,reverse_fee");
    ApprovalDecision *yes = arena_new0(v.arena, ApprovalDecision, 1);
    *yes = (ApprovalDecision){.what = "backdated_correction", .by = "maria"};
    driver_event(&v, EVENT_APPROVAL_DECIDED, yes);
    assert_logged(&v, "2026-07-21 fee_reversed late_fee backdated_payment");
    assert_logged(&v, "2026-07-21 notice_retracted delinquency backdated_payment");
    int64_t credited = 0;
    STATE_FOREACH (&v.state, KIND_CREDIT, Credit, c)
        credited += c->amount;
    g_assert_cmpint(credited, ==, 1500 + 1000);
    g_assert_cmpint(driver_view(&v).currencies[0].balance, ==, -1000);
    driver_close(&v);
}

static void test_backdated_too_late_proposes_nothing(void)
{
    Driver v;
    driver_open(&v, MODULE, "late_fee_cents: 1500", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-21 12:00");
    settle_backdated(&v, "2026-07-16", 6500);
    g_assert_cmpstr(driver_view(&v).proposals, ==, NULL);
    driver_close(&v);
}

/* No fee was charged and nothing was suspended: only the notices are there to be taken back. */
static void test_backdated_proposes_what_happened(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-21 12:00");
    settle_backdated(&v, "2026-07-15", 6500);
    g_assert_cmpstr(driver_view(&v).proposals, ==, "retract_notices");
    driver_close(&v);
}

/* It came in time and was too little: the entry would have happened all the same. */
static void test_backdated_too_little_proposes_nothing(void)
{
    Driver v;
    driver_open(&v, MODULE, "late_fee_cents: 1500", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 9000, NULL, "USD");
    driver_until(&v, "2026-07-21 12:00");
    settle_backdated(&v, "2026-07-10", 6500);
    g_assert_cmpstr(driver_view(&v).proposals, ==, NULL);
    driver_close(&v);
}

/* ---- deliveries, books, hand-overs ------------------------------------------------------------- */

/* Refused is not undeliverable: the address stays good for other messages, but this one was tried there. */
static void test_refused_is_not_tried_again(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-01 10:00");
    MessageReport *report = arena_new0(v.arena, MessageReport, 1);
    *report = (MessageReport){.channel = "email", .outcome = MESSAGE_REFUSED};
    driver_event(&v, EVENT_MESSAGE_FAILED, report);
    size_t deliveries = 0;
    STATE_FOREACH (&v.state, KIND_ACT, const Act, act)
        deliveries += act->notice != NULL;
    g_assert_cmpuint(deliveries, ==, 1);
    assert_logged(&v, "2026-09-01 notice_unreachable first_reminder unreachable");
    g_assert_cmpint(driver_view(&v).currencies[0].cycle->executed_on, ==, DATE_NONE);
    driver_close(&v);
}

static void test_void_before_the_invoice(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    Invoice *invoice = arena_new0(v.arena, Invoice, 1);
    record_init(&invoice_type, invoice);
    invoice->id = "I1";
    invoice->status = INVOICE_VOID;
    driver_fact(&v, EVENT_INVOICE_UPDATED, invoice, (const char *const[]){"id", "status", NULL});
    invoice->status = INVOICE_OPEN;
    invoice->amount = 6500;
    invoice->currency = currency("USD");
    invoice->issued_on = day_of("2026-07-01");
    driver_fact(&v, EVENT_INVOICE_UPDATED, invoice,
                (const char *const[]){"id", "status", "amount", "currency", "issued_on", NULL});
    driver_until(&v, "2026-07-20 12:00");
    g_assert_cmpint(driver_view(&v).status, ==, STATUS_CURRENT);
    g_assert_cmpint(driver_count(&v, "notice_released"), ==, 0);
    driver_close(&v);
}

/* Two ledgers that say different things: the message goes, what is hard to undo waits (§6.6). */
static void test_adverse_acts_wait_for_ledgers_that_agree(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-29 12:00");
    v.disagree = true;
    driver_until(&v, "2026-10-01 12:00");
    assert_logged(&v, "2026-09-30 notice_released pre_collections email");
    g_assert_cmpint(v.state.account.service, ==, SERVICE_ACTIVE);
    v.disagree = false;
    LedgerRead *read = arena_new0(v.arena, LedgerRead, 1);
    *read = (LedgerRead){.source = "ledger", .began_at = v.now};
    driver_event(&v, EVENT_LEDGER_READ, read);
    g_assert_cmpint(v.state.account.service, ==, SERVICE_SUSPENDED);
    driver_close(&v);
}

/* What is expected back has to be more than it costs, not as much (§7). */
static void test_cost_benefit(void)
{
    static const struct {
        const char *settings, *step;
    } rows[] = {
        {"expected_rate_permille: 100, expected_cost_cents: 24000", "pre_collections"},
        {"expected_rate_permille: 100, expected_cost_cents: 23999", "collections"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Driver v;
        driver_open(&v, LADDER, rows[i].settings, "b2b", "2026-08-01 09:00");
        driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
        driver_until(&v, "2026-11-01 12:00");
        g_assert_cmpstr(driver_view(&v).stage, ==, rows[i].step);
        driver_close(&v);
    }
}

static void test_broken_promises_are_counted(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-02 12:00");
    PromiseRequest *promise = arena_new0(v.arena, PromiseRequest, 1);
    *promise = (PromiseRequest){.id = "R1",
                                .amount = 100000,
                                .currency = currency("USD"),
                                .by = "maria",
                                .promised_on = day_of("2026-09-04")};
    driver_event(&v, EVENT_PROMISE_MADE, promise);
    driver_until(&v, "2026-09-07 12:00");
    g_assert_cmpint(driver_view(&v).currencies[0].cycle->broken_promises, ==, 0);
    driver_until(&v, "2026-09-08 12:00");
    g_assert_cmpint(driver_view(&v).currencies[0].cycle->broken_promises, ==, 1);
    driver_close(&v);
}

/* ---- in somebody's place --------------------------------------------------------------------- */

/* Who has an attorney, or died, is not written to; who stands in that place is (§5). */
static void check_place(int kind, const char *role)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    ContactPoint *point = state_add(&v.state, KIND_CONTACT_POINT);
    point->channel = "email";
    point->address = "place@example.test";
    point->role = role;
    point->position = 1;
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-02 12:00");
    HoldRequest *hold = arena_new0(v.arena, HoldRequest, 1);
    *hold = (HoldRequest){.kind = kind,
                          .by = "maria",
                          .from = DATE_NONE,
                          .until = DATE_NONE,
                          .petition_on = DATE_NONE};
    driver_event(&v, EVENT_HOLD_SET, hold);
    driver_payment(&v, "P1", 240000, PAYMENT_SETTLED, "USD");
    driver_payment(&v, "P1", 240000, PAYMENT_REVERSED, "USD");
    driver_until(&v, "2026-09-04 12:00");
    int to_place = 0;
    STATE_FOREACH (&v.state, KIND_ACT, const Act, act) {
        bool after = act->notice && act->state == ACT_DONE && act->done_on > day_of("2026-09-01");
        g_assert_false(after && strcmp(act->address, "payer@example.test") == 0);
        to_place += after && strcmp(act->address, "place@example.test") == 0;
    }
    g_assert_cmpint(to_place, ==, 1);
    driver_close(&v);
}

static void test_attorney_hears(void)
{
    check_place(HOLD_ATTORNEY, "attorney");
}

static void test_estate_hears(void)
{
    check_place(HOLD_DECEASED, "estate");
}

/* ---- manual entry ---------------------------------------------------------------------------- */

static void test_manual_entry_waits_for_the_rule(void)
{
    static const FlagRequest flag = {.by = "maria", .reason = "moved abroad"};
    Driver v;
    driver_open(&v, MODULE, "first_step: suspended, auto_suspend: true, late_fee_cents: 1500",
                "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-03 10:00");
    driver_event(&v, EVENT_ACCOUNT_FLAGGED, &flag);
    g_assert_cmpstr(driver_view(&v).awaiting, ==, "suspension_confirmation");
    driver_until(&v, "2026-07-15 23:00");
    assert_logged(&v, "2026-07-06 notice_released reminder email");
    assert_logged(&v, "2026-07-11 notice_released overdue email");
    g_assert_cmpint(v.state.account.service, ==, SERVICE_ACTIVE);
    driver_until(&v, "2026-07-16 23:00");
    assert_logged(&v, "2026-07-16 notice_released delinquency email");
    assert_logged(&v, "2026-07-16 service_suspended c2 delinquency");
    g_assert_cmpint(driver_count(&v, "fee_charged"), ==, 0);
    g_assert_cmpstr(driver_view(&v).awaiting, ==, NULL);
    driver_close(&v);
}

static void test_manual_entry_confirmed(void)
{
    static const FlagRequest flag = {.by = "maria"};
    static const PersonalAct yes = {.by = "joe"};
    Driver v;
    driver_open(&v, MODULE, "first_step: suspended, auto_suspend: true", "isp", "2026-07-03 10:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_event(&v, EVENT_ACCOUNT_FLAGGED, &flag);
    g_assert_cmpint(v.state.account.service, ==, SERVICE_ACTIVE);
    driver_event(&v, EVENT_SUSPENSION_CONFIRMED, &yes);
    g_assert_cmpint(v.state.account.service, ==, SERVICE_SUSPENDED);
    driver_close(&v);
}

/* ---- views ----------------------------------------------------------------------------------- */

static void test_explain_tells_what_follows(void)
{
    Driver v;
    driver_open(&v, LADDER, "", "b2b", "2026-08-01 09:00");
    driver_invoice(&v, "I1", 240000, "2026-08-31", "USD");
    driver_until(&v, "2026-09-03 12:00");
    json_t *list = explain_account(&v.state, &v.book, v.now, v.arena);
    g_autofree char *text = json_dumps(list, 0);
    g_assert_nonnull(strstr(text, "first_reminder"));
    g_assert_nonnull(strstr(text, "Next is step second_notice, on 2026-09-08"));
    json_decref(list);
    driver_close(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/decide/module/unpaid", test_module_unpaid);
    g_test_add_func("/decide/ladder/to-collections", test_ladder_to_collections);
    g_test_add_func("/decide/freshness/ledger-silent", test_ledger_silent);
    g_test_add_func("/decide/switches/source-held", test_switches_hold_everything);
    g_test_add_func("/decide/mode/observe", test_observing_policy_goes_on);
    g_test_add_func("/decide/mode/plan", test_planned_waits_for_person);
    g_test_add_func("/decide/mode/test-account", test_test_account_acts_nowhere);
    g_test_add_func("/decide/commands/refused", test_refused_changes_nothing);
    g_test_add_func("/decide/commands/legal_needs_two", test_legal_needs_two);
    g_test_add_func("/decide/switches/looking-on", test_looking_on_asks_for_no_wake);
    g_test_add_func("/decide/backdated/corrected", test_backdated_is_corrected);
    g_test_add_func("/decide/backdated/too-late", test_backdated_too_late_proposes_nothing);
    g_test_add_func("/decide/backdated/proposes-what-happened",
                    test_backdated_proposes_what_happened);
    g_test_add_func("/decide/backdated/too-little", test_backdated_too_little_proposes_nothing);
    g_test_add_func("/decide/refused-is-not-tried-again", test_refused_is_not_tried_again);
    g_test_add_func("/decide/void-before-the-invoice", test_void_before_the_invoice);
    g_test_add_func("/decide/ledgers-disagree", test_adverse_acts_wait_for_ledgers_that_agree);
    g_test_add_func("/decide/cost-benefit", test_cost_benefit);
    g_test_add_func("/decide/broken-promises", test_broken_promises_are_counted);
    g_test_add_func("/decide/place/attorney", test_attorney_hears);
    g_test_add_func("/decide/place/estate", test_estate_hears);
    g_test_add_func("/decide/manual/rule", test_manual_entry_waits_for_the_rule);
    g_test_add_func("/decide/manual/confirmed", test_manual_entry_confirmed);
    g_test_add_func("/decide/views/explain", test_explain_tells_what_follows);
    return g_test_run();
}
