/* What of an account stands in the worklist, and what no longer does. */
#include "driver.h"

#include "escalation/meaning.h"
#include "escalation/work.h"

/* "kind reason urgency assignee" of each item, in order. */
static char *listed(Driver *v)
{
    AccountView view = driver_view(v);
    const WorkItem *items;
    size_t n;
    work_items(&v->state, &v->book, &view, v->arena, &items, &n);
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        g_assert_true(g_strv_contains(work_kind_words, items[i].kind));
        g_assert_true(items[i].urgency >= URGENCY_HARM && items[i].urgency <= URGENCY_TIDY);
        g_assert_true(*items[i].text && *items[i].deed && !strstr(items[i].deed, "ACCOUNT"));
        for (size_t k = 0; k < i; k++)
            g_assert_cmpstr(items[k].item, !=, items[i].item);
        g_string_append_printf(out, "%s %s %s %s; ", items[i].item, items[i].reason,
                               urgency_words[items[i].urgency],
                               items[i].assignee ? items[i].assignee : "-");
    }
    return g_string_free(out, FALSE);
}

static void assert_listed(Driver *v, const char *wanted)
{
    g_autofree char *seen = listed(v);
    g_assert_cmpstr(seen, ==, wanted);
}

/* A quiet account has nothing; a new delinquency is reviewed; assigning it settles that. */
static void review(void)
{
    Driver v;
    driver_open(&v, MODULE, "step_days: {new: 5, suspended: 10}", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-15 12:00");
    assert_listed(&v, "");
    driver_until(&v, "2026-07-16 12:00");
    assert_listed(&v, "reason:review review routine -; ");
    Assignment to = {.to = "maria", .by = "person:maria"};
    driver_event(&v, EVENT_ACCOUNT_ASSIGNED, &to);
    assert_listed(&v, "");
    driver_until(&v, "2026-07-22 12:00");
    assert_listed(&v, "reason:step_due step_due routine maria; ");
    Assignment item = {.to = "jonas", .by = "person:maria", .item = "reason:step_due"};
    driver_event(&v, EVENT_ACCOUNT_ASSIGNED, &item);
    assert_listed(&v, "reason:step_due step_due routine jonas; ");
    item.to = NULL;
    driver_event(&v, EVENT_ACCOUNT_ASSIGNED, &item);
    assert_listed(&v, "reason:step_due step_due routine maria; ");
    driver_close(&v);
}

static void reply_of(Driver *v, const char *text)
{
    MessageReport report = {.channel = "email", .address = "payer@example.test", .text = text};
    driver_event(v, EVENT_MESSAGE_REPLIED, &report);
}

static void replies_and_requests(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    reply_of(&v, "I filed for bankruptcy");
    reply_of(&v, "I already paid");
    reply_of(&v, "thanks");
    assert_listed(&v, "reply:reply1 bankruptcy harm -; reply:reply2 paid waited -; ");
    ReplyDecision decision = {.reply = "reply1", .class_ = REPLY_NOTHING, .by = "person:maria"};
    driver_event(&v, EVENT_REPLY_DECIDED, &decision);
    ApprovalRequest request = {.what = "legal", .by = "person:maria", .evidence = "file 7"};
    driver_event(&v, EVENT_APPROVAL_REQUESTED, &request);
    assert_listed(&v, "reply:reply2 paid waited -; request:request1 legal waited -; ");
    ApprovalDecision approval = {.what = "legal", .by = "person:jonas"};
    driver_event(&v, EVENT_APPROVAL_DECIDED, &approval);
    assert_listed(&v, "reply:reply2 paid waited -; ");
    driver_close(&v);
}

static void promises(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-16 12:00");
    Assignment to = {.to = "maria", .by = "person:maria"};
    driver_event(&v, EVENT_ACCOUNT_ASSIGNED, &to);
    PromiseRequest promise = {.amount = 6500, .currency = currency("USD"), .by = "person:maria"};
    promise.promised_on = day_of("2026-07-20");
    driver_event(&v, EVENT_PROMISE_MADE, &promise);
    g_autofree char *open = listed(&v);
    g_assert_nonnull(strstr(open, "due routine maria"));
    driver_until(&v, "2026-07-24 12:00");
    g_autofree char *broken = listed(&v);
    g_assert_nonnull(strstr(broken, "broken stuck maria"));
    driver_payment(&v, "P1", 6500, PAYMENT_SETTLED, "USD");
    assert_listed(&v, "");
    driver_close(&v);
}

static Act *act_in(Driver *v, ActState state, const char *key)
{
    Act *act = state_add(&v->state, KIND_ACT);
    act->key = key;
    act->action = "suspend_service";
    act->verb = "service.suspend";
    act->state = (int)state;
    return act;
}

static void acts_and_contacts(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    act_in(&v, ACT_HELD, "k1");
    act_in(&v, ACT_DEAD, "k2")->required = true;
    act_in(&v, ACT_DEAD, "k3");
    act_in(&v, ACT_DEAD, "k4")->notice = "n"; /* a delivery: its notice went on */
    act_in(&v, ACT_PLANNED, "k5");            /* its policy is live */
    STATE_ROWS(&v.state, KIND_CONTACT_POINT, ContactPoint)[0].undeliverable = true;
    assert_listed(&v, "act:k1 suspend_service harm -; act:k2 suspend_service stuck -; "
                      "act:k3 suspend_service tidy -; contact:1 undeliverable tidy -; ");
    driver_close(&v);
}

static void planned_acts_wait_for_release(void)
{
    Driver v;
    driver_open(&v,
                "  isp: {mode: plan, source: S2, steps: [new, suspended, disconnected, "
                "paid_by_customer], notices: [overdue]}\n",
                "", "isp", "2026-07-01 06:00");
    driver_invoice(&v, "I1", 6500, NULL, "USD");
    driver_until(&v, "2026-07-11 12:00");
    g_autofree char *seen = listed(&v);
    g_assert_nonnull(strstr(seen, "message.email waited -"));
    driver_close(&v);
}

/* However much there is of one account, the list stays bounded. */
static void bounded(void)
{
    Driver v;
    driver_open(&v, MODULE, "", "isp", "2026-07-01 06:00");
    for (int i = 0; i < 2 * WORK_ITEMS_MAX; i++)
        act_in(&v, ACT_HELD, arena_printf(v.arena, "k%d", i));
    AccountView view = driver_view(&v);
    const WorkItem *items;
    size_t n;
    work_items(&v.state, &v.book, &view, v.arena, &items, &n);
    g_assert_cmpuint(n, ==, WORK_ITEMS_MAX);
    driver_close(&v);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/work/review", review);
    g_test_add_func("/work/replies-and-requests", replies_and_requests);
    g_test_add_func("/work/promises", promises);
    g_test_add_func("/work/acts-and-contacts", acts_and_contacts);
    g_test_add_func("/work/planned", planned_acts_wait_for_release);
    g_test_add_func("/work/bounded", bounded);
    return g_test_run();
}
