/* What an account is told about itself: rows of a portfolio, and the sentences a person has to find
 * there. */
#include <string.h>

#include "base/json.h"
#include "escalation/decide.h"

static const char configuration[] =
    "organisation: {name: Example, zone: America/Chicago}\n"
    "settings: {currency: USD, minimum_cents: {USD: 1000}}\n"
    "actions:\n"
    "  call_task: {verb: task.create}\n"
    "  suspend_service: {verb: service.suspend}\n"
    "  agency_handover: {verb: agency.place}\n"
    "policies:\n"
    "  b2b:\n"
    "    source: S3\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 7, wait: 7, skippable: true}\n"
    "      - {name: second_notice, from: 8, to: 14, wait: 7, skippable: true}\n"
    "      - {name: final_notice, from: 15, to: 29, wait: 14, also: [call_task]}\n"
    "      - {name: collections, from: 45, wait: 0, minimum_cents: 50000, also: "
    "[agency_handover]}\n"
    "      - {name: legal, from: 90, wait: 0, minimum_cents: 500000, needs: "
    "[collections_unsuccessful, legal_approval]}\n"
    "  monthly:\n"
    "    count_from: due_month_end\n"
    "    enter_when: overdue_invoices >= 2\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 9, wait: 7}\n"
    "      - {name: second_notice, from: 10, wait: 7}\n"
    "      - {name: final_notice, from: 20, count_from: previous_notice, when: assigned}\n"
    "graphs:\n"
    "  formal:\n"
    "    steps:\n"
    "      notice: {}\n"
    "      court: {final: true}\n"
    "    moves:\n"
    "      - {from: notice, to: court, when: 'age > 30 and approved(\"legal\")', wait_days: 14}\n";

typedef struct {
    Arena *arena;
    Rulebook book;
    AccountState state;
    Instant now;
} Scene;

static const Currency usd = {"USD"};

static Date date(const char *text)
{
    Date result = DATE_NONE;
    g_assert_true(date_parse(text, &result, NULL));
    return result;
}

static void scene_open(Scene *scene, const char *now)
{
    g_autoptr(Diags) diags = diags_new();
    scene->arena = arena_new();
    const Node *root =
        tree_parse(configuration, strlen(configuration), "a.yaml", scene->arena, diags);
    g_assert_true(root && rulebook_load(root, NULL, 0, 1, scene->arena, diags, &scene->book));
    state_init(&scene->state, scene->arena, "acme");
    scene->state.account.policy = "b2b";
    g_assert_true(instant_parse(now, &scene->now, NULL));
}

static void scene_invoice(Scene *scene, const char *id, int64_t amount, const char *due_on)
{
    Invoice *invoice = state_add(&scene->state, KIND_INVOICE);
    invoice->id = id;
    invoice->currency = usd;
    invoice->amount = amount;
    invoice->issued_on = date(due_on) - 14;
    invoice->due_on = date(due_on);
    invoice->status = INVOICE_OPEN;
}

static Cycle *scene_cycle(Scene *scene, const char *step, const char *since)
{
    Cycle *cycle = state_add(&scene->state, KIND_CYCLE);
    cycle->id = "c1";
    cycle->currency = usd;
    cycle->opened_on = cycle->delinquent_since = cycle->rule_since = cycle->step_since =
        date(since);
    cycle->policy = "b2b";
    cycle->policy_version = 1;
    cycle->policy_hash = rulebook_policy(&scene->book, "b2b", NULL)->hash;
    cycle->step = step;
    cycle->entry = 1;
    cycle->entry_reason = "rule";
    cycle->executed_on = cycle->dwell_from = date(since);
    cycle->dwell_days = policy_step(rulebook_policy(&scene->book, "b2b", NULL), step)->wait;
    return cycle;
}

/* The sentences, a line each: "RULE|ON|TEXT". */
static char *told(Scene *scene)
{
    g_autoptr(json_t) all = explain_account(&scene->state, &scene->book, scene->now, scene->arena);
    g_autoptr(GString) out = g_string_new(NULL);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        const char *on = json_string_value(json_object_get(one, "on"));
        g_string_append_printf(out, "%s|%s|%s\n", json_string_value(json_object_get(one, "rule")),
                               on ? on : "", json_string_value(json_object_get(one, "text")));
    }
    return g_strdup(out->str);
}

static void expect(Scene *scene, const char *const *lines)
{
    g_autofree char *text = told(scene);
    for (; *lines; lines++)
        if (!strstr(text, *lines))
            g_error("nothing like '%s' is told; but:\n%s", *lines, text);
}

static void expect_silence(Scene *scene, const char *words)
{
    g_autofree char *text = told(scene);
    if (strstr(text, words))
        g_error("'%s' is told:\n%s", words, text);
}

static void nothing_owed(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    expect(&scene, (const char *const[]){"§3.6|2026-07-20|The account is current", NULL});
    expect_silence(&scene, "delinquent");
    arena_free(scene.arena);
}

/* 15 days overdue on July 20: in second_notice since July 13, next final_notice; both dates at
 * hand. */
static void in_a_step(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    scene_cycle(&scene, "second_notice", "2026-07-15");
    scene.state.account.assignee = "maria";
    expect(
        &scene,
        (const char *const[]){
            "§3.6|2026-07-20|USD 150.00 is overdue: INV-7 USD 150.00, overdue since 2026-07-08 "
            "(13 days)",
            "§6.2|2026-07-15|It is in step second_notice of policy b2b, version 1, since "
            "2026-07-15; assigned to maria",
            "§6.1|2026-07-15|Step second_notice was executed on 2026-07-15",
            "§6.3|2026-07-22|Next is step final_notice, on 2026-07-22 if nothing changes: its age "
            "begins on 2026-07-22, the wait of 7 days in step second_notice ends on 2026-07-22",
            "A settled payment of USD 140.01 or more on its overdue invoices ends", "§4 grace|",
            NULL});
    arena_free(scene.arena);
}

static void dwell_governs_when_late(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-01");
    scene_cycle(&scene, "second_notice", "2026-07-19");
    expect(&scene, (const char *const[]){"§6.3|2026-07-26|Next is step final_notice", NULL});
    arena_free(scene.arena);
}

static void step_not_executed(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    Cycle *cycle = scene_cycle(&scene, "second_notice", "2026-07-15");
    cycle->executed_on = cycle->dwell_from = DATE_NONE;
    expect(&scene, (const char *const[]){"Step second_notice is not executed: a channel has not",
                                         "7 days after step second_notice was executed", NULL});
    arena_free(scene.arena);
}

static void amounts_and_approvals(void)
{
    Scene scene;
    scene_open(&scene, "2026-09-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 60000, "2026-07-01");
    scene_cycle(&scene, "collections", "2026-08-20");
    expect(&scene,
           (const char *const[]){"Step legal takes USD 5,000.00 or more; it is USD 600.00 now",
                                 "Step legal needs a recorded legal approval, valid for 60 days",
                                 "Step legal needs a placement", NULL});
    arena_free(scene.arena);
}

static void holds_and_reasons(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    Cycle *cycle = scene_cycle(&scene, "second_notice", "2026-07-15");
    cycle->reasons = "review,something_new";
    Hold *hold = state_add(&scene.state, KIND_HOLD);
    hold->id = "h1";
    hold->kind = HOLD_PAUSE;
    hold->from = date("2026-07-16");
    hold->until = date("2026-07-31");
    hold->author = "maria";
    hold->reason = "they\r\nasked";
    expect(&scene, (const char *const[]){
                       "§5|2026-07-16|Hold pause, set by maria, because they", "through 2026-07-31",
                       "'dunhub hold end acme pause' ends it", "its age stands still now",
                       "'dunhub assign acme'", "A person has to look at it: something_new", NULL});
    expect_silence(&scene, "\r");
    arena_free(scene.arena);
}

static Act *scene_act(Scene *scene, const char *key, ActState state)
{
    Act *act = state_add(&scene->state, KIND_ACT);
    act->key = key;
    act->cycle = "c1";
    act->action = "suspend_service";
    act->verb = "service.suspend";
    act->instance = "billing";
    act->state = (int)state;
    act->planned_on = date("2026-07-19");
    return act;
}

static void messages_and_acts(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    scene_cycle(&scene, "second_notice", "2026-07-15");
    Notice *notice = state_add(&scene.state, KIND_NOTICE);
    notice->key = "acme/c1/2/final_notice/1";
    notice->name = "final_notice";
    notice->state = NOTICE_PLANNED;
    g_assert_true(instant_parse("2026-07-21T14:00:00Z", &notice->release_at, NULL));
    Act *retry = scene_act(&scene, "k-retry", ACT_RETRY);
    retry->error = "503 from billing";
    g_assert_true(instant_parse("2026-07-20T16:00:00Z", &retry->next_at, NULL));
    scene_act(&scene, "k-held", ACT_HELD);
    scene_act(&scene, "k-dead", ACT_DEAD);
    scene_act(&scene, "k-done", ACT_DONE);
    expect(&scene, (const char *const[]){
                       "Message final_notice goes out on 2026-07-21 at 09:00",
                       "was not applied: 503 from billing; it goes again on 2026-07-20 at 11:00",
                       "'dunhub retry k-held --close'", "'dunhub retry k-dead'", NULL});
    expect_silence(&scene, "k-done");
    arena_free(scene.arena);
}

static void before_it_is_delinquent(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-05T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    expect(&scene,
           (const char *const[]){"Nothing is overdue in USD; USD 150.00 is open",
                                 "§4 entry|2026-07-08|It becomes delinquent in USD on 2026-07-08",
                                 "§4 grace|", NULL});
    arena_free(scene.arena);
}

static void below_the_minimum(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 1000, "2026-07-07");
    expect(&scene,
           (const char *const[]){"§4 E2|2026-07-08|It does not become delinquent: USD 10.00 "
                                 "is not more than the minimum of USD 10.00",
                                 NULL});
    arena_free(scene.arena);
}

/* A guard is told as it is written, and as it stands. */
static void a_guard_with_the_values_seen(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    scene.state.account.policy = "formal";
    Cycle *cycle = scene_cycle(&scene, "second_notice", "2026-07-15");
    cycle->policy = "formal";
    cycle->policy_hash = rulebook_policy(&scene.book, "formal", NULL)->hash;
    cycle->step = "notice";
    expect(&scene,
           (const char *const[]){
               "graph formal move 1|2026-07-29|It moves to step court when age > 30 and "
               "approved(\"legal\"), not before 2026-07-29; now: age 13 is not more than 30",
               NULL});
    arena_free(scene.arena);
}

/* Days counted from a month's end and from the notice before, and what else must hold. */
static void other_counts(void)
{
    Scene scene;
    scene_open(&scene, "2026-08-03T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    scene.state.account.policy = "monthly";
    expect(&scene,
           (const char *const[]){"policy monthly enter_when||Policy monthly lets an account in "
                                 "only while overdue_invoices >= 2; now: overdue_invoices 1 is not "
                                 "at least 2",
                                 NULL});
    Cycle *cycle = scene_cycle(&scene, "first_reminder", "2026-08-01");
    cycle->policy = "monthly";
    cycle->policy_hash = rulebook_policy(&scene.book, "monthly", NULL)->hash;
    expect(&scene,
           (const char *const[]){
               "§6.3|2026-08-10|Next is step second_notice, on 2026-08-10 if nothing changes: "
               "its range, day 10+ after the month it was due in, begins on 2026-08-10, the wait "
               "of 7 days in step first_reminder ends on 2026-08-08",
               NULL});
    cycle->step = "second_notice";
    expect(&scene,
           (const char *const[]){
               "§6.3|2026-08-21|Next is step final_notice, on 2026-08-21 if nothing changes: its "
               "range, 20 days after the last notice, begins on 2026-08-21",
               "policy monthly, stage final_notice||Step final_notice is entered only while "
               "assigned; now: assigned is false",
               NULL});
    arena_free(scene.arena);
}

static void same_state_same_words(void)
{
    Scene scene;
    scene_open(&scene, "2026-07-20T15:00:00Z");
    scene_invoice(&scene, "INV-7", 15000, "2026-07-07");
    scene_cycle(&scene, "second_notice", "2026-07-15");
    g_autofree char *before = state_fingerprint(&scene.state);
    g_autofree char *first = told(&scene);
    g_autofree char *second = told(&scene);
    g_autofree char *after = state_fingerprint(&scene.state);
    g_assert_cmpstr(first, ==, second);
    g_assert_cmpstr(before, ==, after);
    arena_free(scene.arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/nothing-owed", nothing_owed);
    g_test_add_func("/explain/in-a-step", in_a_step);
    g_test_add_func("/explain/dwell-governs-when-late", dwell_governs_when_late);
    g_test_add_func("/explain/step-not-executed", step_not_executed);
    g_test_add_func("/explain/amounts-and-approvals", amounts_and_approvals);
    g_test_add_func("/explain/holds-and-reasons", holds_and_reasons);
    g_test_add_func("/explain/messages-and-acts", messages_and_acts);
    g_test_add_func("/explain/before-it-is-delinquent", before_it_is_delinquent);
    g_test_add_func("/explain/below-the-minimum", below_the_minimum);
    g_test_add_func("/explain/a-guard-with-the-values-seen", a_guard_with_the_values_seen);
    g_test_add_func("/explain/other-counts", other_counts);
    g_test_add_func("/explain/same-state-same-words", same_state_same_words);
    return g_test_run();
}
