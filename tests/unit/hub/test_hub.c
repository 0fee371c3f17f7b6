/* The loop against real decisions and a real store: what is promised of it, with everything outside scripted. */
#include "scene.h"

#include "hub/loop.h"

#define INVOICE                                                                                    \
    "{'id':'%s','currency':'USD','amount':240000,'issued_on':'2026-08-01','due_on':'2026-08-31','" \
    "status':'open'}"
#define EMAIL "{'channel':'email','address':'ada@example.test'}"

static void give_invoice(Scene *scene, const char *account, const char *id)
{
    g_autofree char *data = g_strdup_printf(INVOICE, id);
    g_autofree char *contact = g_strdup_printf("contact-%s-%s", account, id);
    scene_submit(scene, "rents", contact, "contact.updated", account, EMAIL, NULL);
    scene_submit(scene, "rents", id, "invoice.updated", account, data, NULL);
    scene_rest(scene);
}

#define PAID "{'id':'P1','currency':'USD','amount':240000,'state':'settled','invoice':'I1'}"

/* ---- intake ----------------------------------------------------------------------------------- */

static void test_duplicate_has_no_second_effect(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    SceneTaken first = {0}, second = {0};
    g_autofree char *data = g_strdup_printf(INVOICE, "I1");
    scene_submit(scene, "rents", "e1", "invoice.updated", "A", data, &first);
    g_assert_cmpint(first.verdict, ==, -1); /* not before it is durable */
    scene_settle(scene);
    g_assert_cmpint(first.verdict, ==, INTAKE_ACCEPTED);
    g_autofree char *before = state_fingerprint(scene_state(scene, "A"));
    scene_submit(scene, "rents", "e1", "invoice.updated", "A", data, &second);
    scene_settle(scene);
    g_assert_cmpint(second.verdict, ==, INTAKE_DUPLICATE);
    g_autofree char *after = state_fingerprint(scene_state(scene, "A"));
    g_assert_cmpstr(before, ==, after);
    g_assert_cmpuint(scene_audited(scene, "A", "event_duplicate"), ==, 1);
    scene_assert_proof(scene);
    g_free(first.code);
    g_free(second.code);
    scene_free(scene);
}

static void test_events_of_one_turn_keep_their_order(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    for (int version = 1; version <= 5; version++) {
        g_autofree char *id = g_strdup_printf("e%d", version);
        g_autofree char *data = g_strdup_printf(
            "{'id':'I1','currency':'USD','amount':%d,'issued_on':'2026-08-01','version':%d}",
            version * 100, version);
        scene_submit(scene, "rents", id, "invoice.updated", "A", data, NULL);
    }
    scene_settle(scene);
    const AccountState *state = scene_state(scene, "A");
    g_assert_cmpuint(STATE_COUNT(state, KIND_INVOICE), ==, 1);
    g_assert_cmpint(STATE_ROWS(state, KIND_INVOICE, const Invoice)->amount, ==, 500);
    scene_free(scene);
}

static bool count_template(const char *name, int64_t version, const char *hash, void *data)
{
    const Scene *scene = data;
    g_autoptr(GBytes) kept = NULL;
    g_assert_cmpint(version, ==, 1);
    g_assert_cmpstr(hash, ==, templates_hash(scene->templates, name));
    g_assert_true(store_blob_get(scene->store, hash, &kept, NULL));
    const char *source = templates_source(scene->templates, name);
    g_autoptr(GBytes) wanted = g_bytes_new_static(source, strlen(source));
    g_assert_true(g_bytes_equal(kept, wanted));
    return true;
}

static void test_templates_are_kept_by_content(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    scene_settle(scene);
    g_assert_nonnull(templates_hash(scene->templates, "first_reminder"));
    char hash[HASH_HEX];
    const char *source = templates_source(scene->templates, "first_reminder");
    g_autoptr(GBytes) kept = NULL;
    Hash of = hash_of(source, strlen(source));
    g_assert_true(store_blob_get(scene->store, hash_hex(&of, hash), &kept, NULL));
    g_assert_nonnull(kept);
    g_assert_true(store_versions(scene->store, "template", count_template, scene, NULL));
    scene_free(scene);
}

static void test_the_door_refuses_with_a_reason(void)
{
    static const struct {
        const char *type, *account, *data;
        int verdict;
        const char *code;
    } rows[] = {
        {"invoice.exploded", "A", "{}", INTAKE_INVALID, "unknown_type"},
        {"wake", "A", "{}", INTAKE_INVALID, "hub_only"},
        {"invoice.updated", "A", "{'id':'I1','amount':'much'}", INTAKE_INVALID, "invalid"},
        {"grace.requested", "nobody", "{'extended_to':'2026-09-30'}", INTAKE_INVALID,
         "unknown_account"},
        {"account.updated", "@hub", "{'name':'Eve'}", INTAKE_INVALID, "reserved"},
        {"message.replied", NULL, "{'refs':{'address':'+1555'},'text':'STOP'}", INTAKE_ACCEPTED,
         "unresolved"},
    };
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        SceneTaken taken = {0};
        scene_submit(scene, "person:maria", NULL, rows[i].type, rows[i].account, rows[i].data,
                     &taken);
        scene_settle(scene);
        g_assert_cmpint(taken.verdict, ==, rows[i].verdict);
        g_assert_cmpstr(taken.code, ==, rows[i].code);
        g_free(taken.code);
    }
    g_assert_true(scene_alerted(scene, "event_unresolved"));
    scene_free(scene);
}

static void test_a_full_queue_says_so(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    SceneTaken taken = {0};
    for (int i = 0; i < QUEUE_MAX; i++)
        hub_submit(scene->hub, "person:maria", NULL, "evaluate.requested", "A", INSTANT_NONE, NULL,
                   NULL, NULL);
    g_assert_false(hub_submit(scene->hub, "person:maria", NULL, "evaluate.requested", "A",
                              INSTANT_NONE, NULL, scene_taken, &taken));
    g_assert_cmpint(taken.verdict, ==, INTAKE_FULL);
    g_assert_cmpuint(hub_counters(scene->hub)->overflowed, ==, 1);
    g_free(taken.code);
    scene_free(scene);
}

static void test_references_find_the_account(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    SceneTaken taken = {0};
    give_invoice(scene, "A", "I1");
    scene_submit(scene, "mail", "r1", "message.replied", NULL,
                 "{'refs':{'address':'ada@example.test'},'channel':'email','text':'hello'}",
                 &taken);
    scene_settle(scene);
    g_assert_cmpint(taken.verdict, ==, INTAKE_ACCEPTED);
    g_assert_cmpstr(taken.code, ==, NULL);
    scene_free(scene);
}

/* ---- from a due notice to its acceptance ------------------------------------------------------ */

static void test_a_notice_goes_after_the_ledger_was_read_again(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-09-01T13:59:00Z"); /* a minute before 09:00 in Chicago */
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    guint before = scene->calls->len;
    scene_until(scene, "2026-09-01T14:01:00Z");
    g_assert_cmpint(((SceneCall *)scene->calls->pdata[before])->kind, ==, CALL_POLL);
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    const Act *act = scene_act(scene, "A", "message.email");
    g_assert_cmpint(act->state, ==, ACT_DONE);
    g_assert_cmpstr(act->external_id, ==, "x-1");
    g_assert_nonnull(act->content);
    g_autoptr(GBytes) kept = NULL;
    g_assert_true(store_blob_get(scene->store, act->content, &kept, NULL));
    g_assert_nonnull(kept);
    scene_assert_proof(scene);
    scene_free(scene);
}

static void test_what_was_paid_meanwhile_is_not_demanded(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-09-01T13:59:00Z");
    scene_tells(scene, "p1", "payment.updated", "A",
                PAID); /* the ledger knows it, and has told nobody */
    scene_until(scene, "2026-09-01T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    g_assert_cmpint(STATE_ROWS(scene_state(scene, "A"), KIND_NOTICE, const Notice)->state, ==,
                    NOTICE_SUPPRESSED);
    scene_free(scene);
}

static void test_an_unread_ledger_holds_the_notice_back(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene->fails = true;
    scene_until(scene, "2026-09-01T16:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    g_assert_true(scene_alerted(scene, "poll_failed"));
    scene->fails = false;
    scene_until(scene, "2026-09-01T17:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    scene_free(scene);
}

static void test_one_poll_serves_all_who_wait(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    for (int i = 0; i < 20; i++) {
        g_autofree char *account = g_strdup_printf("A%d", i);
        g_autofree char *invoice = g_strdup_printf("I-%d", i);
        give_invoice(scene, account, invoice);
    }
    scene_until(scene, "2026-09-01T13:59:00Z");
    uint64_t polls = hub_counters(scene->hub)->polls;
    scene_until(scene, "2026-09-01T14:10:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 20);
    g_assert_cmpuint(hub_counters(scene->hub)->polls - polls, <=, 2);
    scene_free(scene);
}

/* ---- crashes and repeats ---------------------------------------------------------------------- */

/* Up to the moment at which the mail has left and nobody has answered. */
static Scene *scene_with_mail_under_way(const char *repeat)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", repeat);
    give_invoice(scene, "A", "I1");
    scene->silent = true;
    scene_until(scene, "2026-09-01T14:00:10Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_SENT);
    return scene;
}

static void test_a_crash_after_sending_repeats_with_the_same_key(void)
{
    Scene *scene = scene_with_mail_under_way("key");
    g_autofree char *key = g_strdup(scene_call(scene, CALL_ACTION)->key);
    scene_die(scene);
    scene->silent = false;
    scene_until(scene, "2026-09-01T15:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_DONE);
    g_assert_cmpstr(scene_act(scene, "A", "message.email")->key, ==, key);
    scene_assert_proof(scene);
    scene_free(scene);
}

static void test_a_crash_after_sending_without_protection_is_held(void)
{
    Scene *scene = scene_with_mail_under_way("none");
    scene_die(scene);
    scene->silent = false;
    scene_until(scene, "2026-09-02T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_HELD);
    scene_free(scene);
}

static void test_a_crash_after_sending_is_looked_up(void)
{
    Scene *scene = scene_with_mail_under_way("lookup");
    scene_die(scene);
    scene_until(scene, "2026-09-01T14:05:00Z");
    SceneCall *lookup = scene_call(scene, CALL_LOOKUP);
    g_assert_nonnull(lookup);
    g_assert_nonnull(strstr(lookup->input, "\"first_sent_at\":\"2026-09-01T14:00:"));
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    scene_answer(scene, lookup, OUTCOME_ABSENT, NULL);
    scene->silent = false;
    scene_until(scene, "2026-09-01T15:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_DONE);
    scene_free(scene);
}

static void test_a_late_answer_counts_for_nothing(void)
{
    Scene *scene = scene_with_mail_under_way("key");
    SceneCall *first = scene_call(scene, CALL_ACTION);
    virtual_clock_set(&scene->clock, scene->clock.instant + LEASE_MS + 1);
    scene_settle(scene); /* the lease is over: uncertain, so again */
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_RETRY);
    scene_answer(scene, first, OUTCOME_PERMANENT, NULL);
    scene_settle(scene);
    g_assert_true(scene_alerted(scene, "result_late"));
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_RETRY);
    scene->silent = false;
    scene_until(scene, "2026-09-01T15:00:00Z");
    g_assert_cmpint(scene_act(scene, "A", "message.email")->state, ==, ACT_DONE);
    g_assert_cmpuint(hub_counters(scene->hub)->late, ==, 1);
    scene_free(scene);
}

static void test_a_refused_credential_pauses_until_the_check_passes(void)
{
    Scene *scene = scene_with_mail_under_way("key");
    scene_answer(scene, scene_call(scene, CALL_ACTION), OUTCOME_AUTH, NULL);
    scene_settle(scene);
    g_assert_true(scene_alerted(scene, "instance_paused"));
    SceneCall *check = scene_call(scene, CALL_CHECK);
    g_assert_nonnull(check);
    scene_answer(scene, check, OUTCOME_AUTH, NULL);
    scene_settle(scene);
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_null(scene_call(scene, CALL_CHECK)); /* it backs off */
    scene_until(scene, "2026-09-01T14:01:00Z");
    check = scene_call(scene, CALL_CHECK);
    g_assert_nonnull(check);
    scene_answer(scene, check, OUTCOME_OK, NULL);
    scene_settle(scene);
    g_assert_true(scene_alerted(scene, "instance_resumed"));
    scene_free(scene);
}

/* ---- polls ------------------------------------------------------------------------------------ */

static void test_a_page_and_its_cursor_are_one(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    g_autofree char *data = g_strdup_printf(INVOICE, "I1");
    hub_poll_now(scene->hub, "rents");
    scene_settle(scene);
    SceneCall *poll = scene_call(scene, CALL_POLL);
    g_assert_nonnull(strstr(poll->input, "\"cursor\":null"));
    scene_tells(scene, "e1", "invoice.updated", "A", data);
    g_assert_true(scene_page(scene, poll, scene->pages, "after e1"));
    scene_die(scene); /* before the poll has ended */
    g_assert_nonnull(scene_state(scene, "A"));
    hub_poll_now(scene->hub, "rents");
    scene_settle(scene);
    poll = scene_call(scene, CALL_POLL);
    g_assert_nonnull(strstr(poll->input, "\"cursor\":\"after e1\""));
    g_assert_true(
        scene_page(scene, poll, scene->pages, "after e1")); /* told again: known by its id */
    g_assert_cmpuint(hub_counters(scene->hub)->page_duplicates, ==, 1);
    scene_free(scene);
}

static void test_a_bad_event_of_a_page_is_left_out(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    g_autofree char *data = g_strdup_printf(INVOICE, "I1");
    scene_tells(scene, "e1", "invoice.updated", "A", "{'id':'I0','amount':'none'}");
    scene_tells(scene, "e2", "act.result", "A", "{'key':'k','outcome':'ok'}");
    scene_tells(scene, "e3", "invoice.updated", "A", data);
    hub_poll_now(scene->hub, "rents");
    scene_rest(scene);
    g_assert_cmpuint(STATE_COUNT(scene_state(scene, "A"), KIND_INVOICE), ==, 1);
    g_assert_cmpuint(hub_counters(scene->hub)->page_invalid, ==, 2);
    g_assert_true(scene_alerted(scene, "event_invalid"));
    scene_free(scene);
}

static void test_a_page_is_taken_money_first(void)
{
    Scene *scene = scene_new("2026-09-20T15:00:00Z", "key");
    g_autofree char *data = g_strdup_printf(INVOICE, "I1");
    scene_tells(scene, "e1", "invoice.updated", "A",
                data); /* overdue for weeks, were it not for the next line */
    scene_tells(scene, "e2", "payment.updated", "A", PAID);
    scene_tells(scene, "e3", "contact.updated", "A", EMAIL);
    hub_poll_now(scene->hub, "rents");
    scene_rest(scene);
    g_assert_cmpuint(STATE_COUNT(scene_state(scene, "A"), KIND_INVOICE), ==, 1);
    g_assert_cmpuint(STATE_COUNT(scene_state(scene, "A"), KIND_NOTICE), ==, 0);
    g_assert_cmpuint(scene_audited(scene, "A", "entered"), ==, 0);
    scene_free(scene);
}

static void test_an_unknown_page_is_refused(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    g_assert_false(hub_page(scene->hub, "rents", 4711, NULL, 0, "c"));
    scene_free(scene);
}

/* ---- switches --------------------------------------------------------------------------------- */

static void test_a_first_import_sends_nothing_until_it_is_released(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    g_autoptr(GError) error = NULL;
    g_assert_true(store_begin(scene->store, NULL));
    uint64_t version = 0;
    g_autoptr(GBytes) released = NULL;
    store_state_get(scene->store, HUB_STATE, "released/rents", &released, &version, NULL);
    store_state_put(scene->store, HUB_STATE, "released/rents", "null", 4, version, NULL);
    g_assert_true(store_commit(scene->store, NULL));
    scene_die(scene);
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-09-01T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    g_assert_true(hub_release_source(scene->hub, "rents", "person:maria", &error));
    g_assert_no_error(error);
    scene_until(scene, "2026-09-02T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_false(hub_release_source(scene->hub, "rent", "person:maria", &error));
    g_assert_error(error, HUB_ERROR, HUB_ERROR_UNKNOWN);
    scene_free(scene);
}

static void test_the_fuse_stops_a_flood(void)
{
    enum { ACCOUNTS = 80 };
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    for (int i = 0; i < ACCOUNTS; i++) {
        g_autofree char *account = g_strdup_printf("A%d", i);
        g_autofree char *invoice = g_strdup_printf("I-%d", i);
        give_invoice(scene, account, invoice);
    }
    scene_until(scene, "2026-09-01T22:00:00Z");
    size_t sent = scene_sent(scene, "message.email");
    g_assert_cmpuint(sent, ==, 50);
    g_assert_true(hub_switches(scene->hub) & HUB_FUSE_BLOWN);
    scene_die(scene);
    g_assert_true(hub_switches(scene->hub) & HUB_FUSE_BLOWN); /* a restart approves nothing */
    g_assert_true(hub_reset_fuse(scene->hub, "person:maria", NULL));
    scene_until(scene, "2026-09-02T22:00:00Z");
    g_assert_cmpuint(sent + scene_sent(scene, "message.email"), ==, ACCOUNTS);
    scene_free(scene);
}

static void set_clock(Scene *scene, const char *text)
{
    Instant at = 0;
    g_assert_true(instant_parse(text, &at, NULL));
    virtual_clock_set(&scene->clock, at);
    scene_rest(scene);
}

static void test_a_clock_that_jumps_is_not_believed(void)
{
    Scene *scene = scene_new("2026-08-30T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene->trusted = "";
    set_clock(scene, "2026-10-20T13:00:00Z");
    g_assert_true(hub_switches(scene->hub) & HUB_OBSERVE);
    g_assert_true(scene_alerted(scene, "clock_suspect"));
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 0);
    g_assert_cmpint(hub_next(scene->hub), ==,
                    INSTANT_NEVER); /* nothing to do until someone has looked */
    g_assert_true(hub_clear_clock(scene->hub, "person:maria", NULL));
    g_assert_false(hub_switches(scene->hub) & HUB_OBSERVE);
    scene_until(scene, "2026-10-20T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    scene_free(scene);
}

/* Found by the simulation: what was released before and is due again does not leave either (§6.11: no sends). */
static void test_nothing_is_repeated_while_the_clock_is_not_believed(void)
{
    Scene *scene = scene_new("2026-08-30T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene->silent = true;
    scene_until(scene, "2026-09-01T15:00:00Z");
    SceneCall *call = scene_call(scene, CALL_ACTION);
    g_assert_nonnull(call);
    scene->trusted = "";
    set_clock(scene, "2026-10-20T13:00:00Z");
    scene_answer(scene, call, OUTCOME_RETRY, NULL);
    scene_settle(scene);
    set_clock(scene, "2026-09-01T18:00:00Z"); /* right again; nobody has looked yet */
    g_assert_true(hub_switches(scene->hub) & HUB_OBSERVE);
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_true(hub_clear_clock(scene->hub, "person:maria", NULL));
    scene_settle(scene);
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 2);
    scene_free(scene);
}

static void test_a_trusted_source_explains_the_jump(void)
{
    Scene *scene = scene_new("2026-08-30T15:00:00Z", "key");
    scene->trusted = "2026-10-20T13:01:00Z";
    set_clock(scene, "2026-10-20T13:00:00Z");
    g_assert_false(hub_switches(scene->hub) & HUB_OBSERVE);
    scene_free(scene);
}

static void test_a_clock_that_goes_back_repeats_nothing(void)
{
    Scene *scene = scene_new("2026-08-30T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-08-31T20:00:00Z");
    scene_until(scene, "2026-09-01T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    set_clock(scene, "2026-08-31T12:00:00Z");
    g_assert_true(scene_alerted(scene, "clock_back"));
    scene_until(scene, "2026-09-01T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    g_assert_false(hub_switches(scene->hub) & HUB_OBSERVE);
    scene_free(scene);
}

static bool greatest_now(const JournalEntry *entry, void *data)
{
    *(Instant *)data = MAX(*(Instant *)data, entry->received_at);
    return true;
}

/* Killed seconds after a decision, and started with the clock an hour back: no later decision is earlier. */
static void test_a_crash_forgets_no_instant_that_was_decided_at(void)
{
    Scene *scene = scene_new("2026-08-30T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    set_clock(scene, "2026-08-30T15:00:07Z");
    scene_submit(scene, "person:maria", NULL, "evaluate.requested", "A", "{}", NULL);
    scene_rest(scene);
    Instant decided = INSTANT_NONE, back;
    g_assert_true(store_journal_read(scene->store, "A", 0, false, greatest_now, &decided, NULL));
    g_assert_true(instant_parse("2026-08-30T14:00:00Z", &back, NULL));
    scene->clock.instant = back;
    scene_die(scene);
    g_autoptr(json_t) status = hub_status(scene->hub);
    char now[32];
    g_assert_cmpstr(json_string_value(json_object_get(status, "now")), ==,
                    instant_format(decided, now));
    g_assert_true(scene_alerted(scene, "clock_back"));
    scene_free(scene);
}

/* ---- dry, reload, replay ---------------------------------------------------------------------- */

static void test_dry_runs_the_whole_ladder_and_sends_nothing(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    hub_free(scene->hub);
    scene_hub_with(scene, true, true);
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-09-12T23:00:00Z");
    g_assert_cmpuint(scene->calls->len, ==, 0);
    g_assert_cmpstr(STATE_ROWS(scene_state(scene, "A"), KIND_CYCLE, const Cycle)->step, ==,
                    "second_notice");
    scene_free(scene);
}

static bool count_epochs(const JournalEntry *entry, void *data)
{
    *(uint64_t *)data = MAX(*(uint64_t *)data, entry->epoch);
    return true;
}

static void test_a_reload_is_a_new_epoch_for_all(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    uint64_t wakes = hub_counters(scene->hub)->wakes;
    g_autofree char *conf = g_strconcat(scene_conf, "routes: []\n", NULL);
    scene_configure(scene, conf);
    g_assert_true(hub_reload(scene->hub, &scene->configuration, NULL));
    scene_rest(scene);
    uint64_t epoch = 0;
    g_assert_true(store_journal_read(scene->store, "A", 0, false, count_epochs, &epoch, NULL));
    g_assert_cmpuint(epoch, ==, 2);
    g_assert_cmpuint(hub_counters(scene->hub)->wakes, >, wakes);
    scene_die(scene); /* the same configuration again: no new epoch */
    scene_submit(scene, "person:maria", NULL, "evaluate.requested", "A", "{}", NULL);
    scene_rest(scene);
    g_assert_true(store_journal_read(scene->store, "A", 0, false, count_epochs, &epoch, NULL));
    g_assert_cmpuint(epoch, ==, 2);
    scene_free(scene);
}

static bool epoch_of_e9(const JournalEntry *entry, void *data)
{
    if (g_strcmp0(entry->event_id, "e9") == 0 && entry->decided)
        *(uint64_t *)data = entry->epoch;
    return true;
}

static bool count_decided_later(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    *(int *)data += strcmp(entry->event, "decided_later") == 0;
    return true;
}

static void test_rows_that_waited_are_decided_at_the_start(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    JournalEntry entry = {
        .account = "A",
        .source = "rents",
        .event_id = "e9",
        .type = "invoice.updated",
        .data = "{\"amount\":5000,\"currency\":\"USD\",\"id\":\"I9\",\"issued_on\":\"2026-08-01\"}",
        .time = INSTANT_NONE,
        .received_at = scene->clock.instant,
        .epoch = 1,
    };
    uint64_t position = 0;
    bool duplicate = false;
    g_assert_true(store_begin(scene->store, NULL));
    g_assert_true(store_journal(scene->store, &entry, &position, &duplicate, NULL));
    g_assert_true(store_commit(scene->store, NULL));
    g_autofree char *conf = g_strconcat(scene_conf, "routes: []\n", NULL);
    scene_configure(scene, conf); /* while nobody ran */
    scene_die(scene);
    g_assert_nonnull(state_find(scene_state(scene, "A"), KIND_INVOICE, "I9"));
    uint64_t epoch = 0;
    int noted = 0;
    g_assert_true(store_journal_read(scene->store, "A", 0, false, epoch_of_e9, &epoch, NULL));
    g_assert_cmpuint(epoch, ==, 2);
    g_assert_true(store_audit_read(scene->store, "A", count_decided_later, &noted, NULL));
    g_assert_cmpint(noted, ==, 1);
    scene_assert_proof(scene);
    scene_free(scene);
}

typedef struct {
    Scene *scene;
    AccountState *state;
} Replay;

static bool replay_entry(const JournalEntry *entry, void *data)
{
    Replay *replay = data;
    Scene *scene = replay->scene;
    g_autoptr(json_t) body = entry->data ? json_loads(entry->data, 0, NULL) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) unrendered = g_ptr_array_new();
    Event event = {0};
    event_decode(entry->type, body, scene->arena, &event, &error);
    g_assert_no_error(error);
    event.id = entry->event_id;
    event.source = entry->source;
    event.account = entry->account;
    event.time = entry->time;
    event.received_at = entry->received_at;
    DecideOut out = {0};
    engine_step(scene->store, &scene->configuration, replay->state, &event, entry->received_at,
                entry->switches, scene->arena, &out, unrendered, &error);
    g_assert_no_error(error);
    *replay->state = out.after;
    return true;
}

static void test_the_journal_alone_gives_the_same_state(void)
{
    Scene *scene = scene_new("2026-08-01T15:00:00Z", "key");
    give_invoice(scene, "A", "I1");
    scene_until(scene, "2026-09-05T20:00:00Z");
    scene_submit(scene, "rents", "p1", "payment.updated", "A",
                 "{'id':'P1','currency':'USD','amount':1000,'state':'settled'}", NULL);
    scene_until(scene, "2026-09-12T20:00:00Z");
    scene_submit(scene, "rents", "p2", "payment.updated", "A",
                 "{'id':'P2','currency':'USD','amount':239000,'state':'settled'}", NULL);
    scene_until(scene, "2026-09-14T20:00:00Z");
    const AccountState *stored = scene_state(scene, "A");
    AccountState state;
    state_init(&state, scene->arena, "A");
    state.account.source = stored->account.source;
    state.account.external_id = stored->account.external_id;
    state.account.salt = stored->account.salt;
    Replay replay = {scene, &state};
    g_assert_true(
        store_begin(scene->store, NULL)); /* rendered bytes are put once more, and taken back */
    g_assert_true(store_journal_read(scene->store, "A", 0, false, replay_entry, &replay, NULL));
    store_rollback(scene->store);
    g_autofree char *want = state_fingerprint(stored), *got = state_fingerprint(&state);
    g_assert_cmpstr(got, ==, want);
    g_assert_cmpuint(scene_sent(scene, "message.email"), >=, 2);
    scene_assert_proof(scene);
    scene_free(scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hub/templates-are-kept", test_templates_are_kept_by_content);
    g_test_add_func("/hub/intake/duplicate", test_duplicate_has_no_second_effect);
    g_test_add_func("/hub/intake/order", test_events_of_one_turn_keep_their_order);
    g_test_add_func("/hub/intake/refused", test_the_door_refuses_with_a_reason);
    g_test_add_func("/hub/intake/full", test_a_full_queue_says_so);
    g_test_add_func("/hub/intake/references", test_references_find_the_account);
    g_test_add_func("/hub/notice/sent", test_a_notice_goes_after_the_ledger_was_read_again);
    g_test_add_func("/hub/notice/paid", test_what_was_paid_meanwhile_is_not_demanded);
    g_test_add_func("/hub/notice/unread", test_an_unread_ledger_holds_the_notice_back);
    g_test_add_func("/hub/notice/one-poll", test_one_poll_serves_all_who_wait);
    g_test_add_func("/hub/crash/key", test_a_crash_after_sending_repeats_with_the_same_key);
    g_test_add_func("/hub/crash/none", test_a_crash_after_sending_without_protection_is_held);
    g_test_add_func("/hub/crash/lookup", test_a_crash_after_sending_is_looked_up);
    g_test_add_func("/hub/crash/late", test_a_late_answer_counts_for_nothing);
    g_test_add_func("/hub/auth", test_a_refused_credential_pauses_until_the_check_passes);
    g_test_add_func("/hub/poll/cursor", test_a_page_and_its_cursor_are_one);
    g_test_add_func("/hub/poll/bad-event", test_a_bad_event_of_a_page_is_left_out);
    g_test_add_func("/hub/poll/money-first", test_a_page_is_taken_money_first);
    g_test_add_func("/hub/poll/unknown", test_an_unknown_page_is_refused);
    g_test_add_func("/hub/switches/first-import",
                    test_a_first_import_sends_nothing_until_it_is_released);
    g_test_add_func("/hub/switches/fuse", test_the_fuse_stops_a_flood);
    g_test_add_func("/hub/switches/jump", test_a_clock_that_jumps_is_not_believed);
    g_test_add_func("/hub/switches/not-believed",
                    test_nothing_is_repeated_while_the_clock_is_not_believed);
    g_test_add_func("/hub/switches/trusted", test_a_trusted_source_explains_the_jump);
    g_test_add_func("/hub/switches/back", test_a_clock_that_goes_back_repeats_nothing);
    g_test_add_func("/hub/switches/crash", test_a_crash_forgets_no_instant_that_was_decided_at);
    g_test_add_func("/hub/dry", test_dry_runs_the_whole_ladder_and_sends_nothing);
    g_test_add_func("/hub/reload", test_a_reload_is_a_new_epoch_for_all);
    g_test_add_func("/hub/waiting-rows", test_rows_that_waited_are_decided_at_the_start);
    g_test_add_func("/hub/replay", test_the_journal_alone_gives_the_same_state);
    return g_test_run();
}
