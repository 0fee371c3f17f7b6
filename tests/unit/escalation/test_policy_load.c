/* Policies and rulebooks: what the forms compile to, and what is refused with which words. */
#include "escalation/policy.h"
#include "escalation/rulebook_load.h"

#include <stdlib.h>
#include <string.h>

/* The policies of cases.yaml, in its words. */
static const char b2b[] =
    "organisation: {name: Example, zone: America/Chicago}\n"
    "settings: {currency: USD, minimum_cents: {USD: 1000}}\n"
    "actions:\n"
    "  call_task: {verb: task.create}\n"
    "  account_manager_task: {verb: task.create}\n"
    "  suspend_service: {verb: service.suspend}\n"
    "  agency_handover: {verb: agency.place}\n"
    "policies:\n"
    "  b2b_high_risk:\n"
    "    extends: b2b_standard\n"
    "    ranges: {first_reminder: [1, 3], second_notice: [4, 7], final_notice: [8, 14], "
    "pre_collections: [15, 29], collections: [30, null]}\n"
    "    waits: {first_reminder: 3, second_notice: 4, final_notice: 7, pre_collections: 14}\n"
    "    with_first_notice: [suspend_service]\n"
    "  b2b_standard:\n"
    "    source: S3\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 7, wait: 7, skippable: true}\n"
    "      - {name: second_notice, from: 8, to: 14, wait: 7, skippable: true}\n"
    "      - {name: final_notice, from: 15, to: 29, wait: 14, skippable: false, also: "
    "[call_task]}\n"
    "      - {name: pre_collections, from: 30, to: 44, wait: 14, skippable: false, also: "
    "[suspend_service]}\n"
    "      - {name: collections, from: 45, wait: 0, skippable: false, minimum_cents: 50000, also: "
    "[agency_handover]}\n"
    "      - {name: legal, from: 90, wait: 0, skippable: false, minimum_cents: 500000, needs: "
    "[collections_unsuccessful, legal_approval]}\n"
    "  b2b_vip: {extends: b2b_standard, offset_days: 15, automated_notices: false, executes_by: "
    "account_manager_task, auto_suspend: false}\n"
    "  by_segment: {vip: b2b_vip, standard: b2b_standard, high_risk: b2b_high_risk}\n"
    "  tenant_rent: {source: S1, scan_over_days: [5, 10, 30], notices: {\"5\": rent_reminder, "
    "\"10\": rent_notice, \"30\": formal_notice}}\n"
    "  isp_default: {source: S2, steps: [new, suspended, disconnected, paid_by_customer], notices: "
    "[invoice, reminder, overdue, delinquency]}\n";

static char *load_older(const char *yaml, const StoredPolicy *older, size_t n_older, Arena *arena,
                        Rulebook *ret_book)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(yaml, strlen(yaml), "a.yaml", arena, diags);
    bool good = root && rulebook_load(root, older, n_older, 7, arena, diags, ret_book);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_sort(diags);
    diags_print(diags, out, false);
    fclose(out);
    if (good != (diags_count(diags, DIAG_ERROR) == 0))
        g_error("loaded: %d, findings: %s", good, text);
    return text;
}

static void load(const char *yaml, Arena *arena, Rulebook *ret_book)
{
    char *text = load_older(yaml, NULL, 0, arena, ret_book);
    g_assert_cmpstr(text, ==, "");
    free(text);
}

static const Step *step_of(const Rulebook *book, const char *policy, const char *step)
{
    const Policy *found = rulebook_policy(book, policy, NULL);
    g_assert_nonnull(found);
    const Step *result = policy_step(found, step);
    g_assert_nonnull(result);
    return result;
}

static void ladder(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(b2b, arena, &book);
    g_assert_cmpuint(book.epoch, ==, 7);
    g_assert_cmpstr(book.default_policy, ==, "by_segment");
    const Policy *policy = rulebook_policy(&book, "b2b_standard", NULL);
    g_assert_cmpint(policy->form, ==, POLICY_LADDER);
    g_assert_cmpint(policy->mode, ==, MODE_LIVE);
    g_assert_cmpint(policy->version, ==, 1);
    g_assert_cmpuint(policy->n_steps, ==, 6);
    g_assert_cmpuint(policy->n_moves, ==, 5);
    g_assert_cmpuint(policy->moves[2].from, ==, 2);
    g_assert_cmpuint(policy->moves[2].to, ==, 3);
    g_assert_cmpint(policy->moves[2].wait_days, ==, 14);
    static const struct {
        const char *name, *notice, *action;
        int64_t from, to;
        int severity;
        unsigned needs;
        bool skippable, suspends, collections, legal;
    } rows[] = {
        {"first_reminder", "first_reminder", NULL, 1, 7, SEVERITY_LOW, 0, true, false, false,
         false},
        {"second_notice", "second_notice", NULL, 8, 14, SEVERITY_LOW, 0, true, false, false, false},
        {"final_notice", "final_notice", "call_task", 15, 29, SEVERITY_MEDIUM, 0, false, false,
         false, false},
        {"pre_collections", "pre_collections", "suspend_service", 30, 44, SEVERITY_HIGH, 0, false,
         true, false, false},
        {"collections", "collections", "agency_handover", 45, INT64_MAX, SEVERITY_HIGH, 0, false,
         false, true, false},
        {"legal", NULL, NULL, 90, INT64_MAX, SEVERITY_HIGH,
         NEED_COLLECTIONS_UNSUCCESSFUL | NEED_LEGAL_APPROVAL, false, false, false, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Step *step = &policy->steps[i];
        g_assert_cmpstr(step->name, ==, rows[i].name);
        g_assert_cmpstr(step->notice, ==, rows[i].notice);
        g_assert_cmpstr(step->notice_template, ==, rows[i].notice);
        g_assert_cmpstr(step->n_on_enter ? step->on_enter[0].name : NULL, ==, rows[i].action);
        g_assert_cmpint(step->from, ==, rows[i].from);
        g_assert_cmpint(step->to, ==, rows[i].to);
        g_assert_cmpint(step->severity, ==, rows[i].severity);
        g_assert_cmpuint(step->needs, ==, rows[i].needs);
        g_assert_true(step->skippable == rows[i].skippable && step->suspends == rows[i].suspends &&
                      step->collections == rows[i].collections && step->legal == rows[i].legal);
        g_assert_true(step->final == (i == 5));
    }
    g_assert_cmpint(policy->steps[4].minimum.minor, ==, 50000);
    g_assert_cmpstr(policy->steps[4].minimum.currency.code, ==, "USD");
    g_assert_true(policy->steps[3].minimum.minor == AMOUNT_NONE);
    const ActionRule *suspend = &policy->steps[3].on_enter[0];
    g_assert_true(suspend->adverse && !suspend->required && suspend->via[0] == NULL);
    g_assert_cmpstr(suspend->undo, ==, "service.restore");
    g_assert_cmpint(settings_minimum(&book.settings, (Currency){"USD"})->minor, ==, 1000);
    g_assert_null(settings_minimum(&book.settings, (Currency){"EUR"}));
}

static void extended(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(b2b, arena, &book);
    const Policy *risk = rulebook_policy(&book, "b2b_high_risk", NULL),
                 *vip = rulebook_policy(&book, "b2b_vip", NULL);
    g_assert_cmpint(policy_step(risk, "second_notice")->from, ==, 4);
    g_assert_cmpint(policy_step(risk, "second_notice")->to, ==, 7);
    g_assert_cmpint(policy_step(risk, "second_notice")->wait, ==, 4);
    g_assert_true(policy_step(risk, "collections")->to == INT64_MAX);
    g_assert_cmpint(policy_step(risk, "legal")->from, ==, 90);
    g_assert_cmpuint(risk->n_with_first_notice, ==, 1);
    g_assert_cmpstr(risk->with_first_notice[0].verb, ==, "service.suspend");
    g_assert_cmpint(policy_step(vip, "legal")->from, ==, 105);
    g_assert_cmpint(policy_step(vip, "first_reminder")->to, ==, 22);
    g_assert_false(vip->automated_notices || vip->auto_suspend);
    g_assert_true(vip->needs_manager_approval);
    g_assert_cmpstr(vip->became->name, ==, "account_manager_task");
    g_assert_cmpstr(policy_step(vip, "final_notice")->executes_by, ==, "account_manager_task");
    g_assert_cmpuint(policy_step(vip, "pre_collections")->n_on_enter, ==, 0);
    g_assert_false(policy_step(vip, "pre_collections")->suspends);
    g_assert_cmpuint(policy_step(vip, "collections")->needs, ==, NEED_MANAGER_APPROVAL);
    g_assert_cmpuint(book.n_by_segment, ==, 3);
    g_assert_cmpstr(book.by_segment[0].policy, ==, "b2b_vip");
    /* the base is untouched by what is built on it */
    g_assert_cmpint(step_of(&book, "b2b_standard", "legal")->from, ==, 90);
}

static void scan_and_module(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(b2b, arena, &book);
    const Policy *scan = rulebook_policy(&book, "tenant_rent", NULL);
    g_assert_cmpint(scan->form, ==, POLICY_SCAN);
    g_assert_cmpuint(scan->n_steps, ==, 3);
    g_assert_cmpint(scan->steps[1].from, ==, 11);
    g_assert_cmpint(scan->steps[1].to, ==, 30);
    g_assert_cmpstr(scan->steps[1].notice, ==, "rent_notice");
    g_assert_cmpint(scan->steps[1].severity, ==, SEVERITY_LOW);
    g_assert_cmpint(scan->steps[2].severity, ==, SEVERITY_HIGH);
    g_assert_true(scan->steps[2].skippable && scan->steps[2].wait == 0 && scan->steps[2].final);
    const Policy *module = rulebook_policy(&book, "isp_default", NULL);
    g_assert_cmpint(module->form, ==, POLICY_MODULE);
    g_assert_cmpuint(module->notices, ==,
                     NOTICES_INVOICE | NOTICES_REMINDER | NOTICES_OVERDUE | NOTICES_DELINQUENCY);
    g_assert_cmpuint(module->n_moves, ==, 0);
    g_assert_cmpstr(policy_step(module, "suspended")->on_enter[0].verb, ==, "service.suspend");
    g_assert_true(policy_step(module, "suspended")->suspends &&
                  policy_step(module, "disconnected")->disconnects);
    g_assert_true(policy_step(module, "paid_by_customer")->final);
    g_assert_null(policy_step(module, "new")->notice);
}

#define GRAPH(steps, moves)                                                                        \
    "organisation: {name: E, zone: UTC}\nchannels: {letter: {via: [print, file]}}\n"               \
    "graphs:\n  g:\n    steps:\n" steps "    moves:\n" moves

static void graph(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(GRAPH("      notice: {on_enter: [{verb: message.letter, template: rent_notice, required: "
               "true}]}\n"
               "      formal: {on_enter: [{verb: document.send, via: docusign, template: "
               "pay_or_quit, required: true}], undo: [document.void]}\n"
               "      court: {final: true, on_enter: [{verb: case.open, via: salesforce, input: "
               "{kind: court}, when: 'age > 40'}], undo: []}\n",
               "      - {from: notice, to: formal, when: 'age > 30 and approved(\"legal\")', "
               "wait_days: 14}\n"
               "      - {from: formal, to: court, when: 'overdue >= money(\"5000.00 USD\")', "
               "wait_days: 1}\n"),
         arena, &book);
    const Policy *policy = rulebook_policy(&book, "g", NULL);
    g_assert_cmpint(policy->form, ==, POLICY_GRAPH);
    g_assert_cmpstr(book.default_policy, ==, "g");
    const Step *notice = &policy->steps[0];
    g_assert_cmpstr(notice->notice, ==, "notice");
    g_assert_cmpstr(notice->notice_template, ==, "rent_notice");
    g_assert_cmpuint(notice->n_on_enter, ==, 0);
    g_assert_cmpuint(notice->n_deliveries, ==, 1);
    g_assert_cmpstr(notice->deliveries[0].name, ==, "letter");
    g_assert_cmpstr(notice->deliveries[0].via[1], ==, "file");
    const ActionRule *formal = &policy->steps[1].on_enter[0];
    g_assert_cmpstr(formal->undo, ==, "document.void");
    g_assert_cmpint(formal->effect, ==, EFFECT_LEGAL);
    g_assert_true(formal->adverse && formal->required);
    const ActionRule *court = &policy->steps[2].on_enter[0];
    g_assert_null(court->undo);
    g_assert_cmpstr(court->input, ==, "{\"kind\":\"court\"}");
    g_assert_nonnull(court->when);
    g_assert_cmpint(policy->moves[0].wait_days, ==, 14);
    g_assert_cmpstr(policy->moves[0].when_text, ==, "age > 30 and approved(\"legal\")");
    g_assert_true(condition_reads(policy->moves[1].when, "overdue"));
    g_assert_cmpstr(
        policy_to_dot(policy, arena), ==,
        "digraph \"g\" {\n  rankdir=LR;\n  node [shape=box];\n"
        "  s0 [label=\"notice\\nnotice notice\"];\n"
        "  s1 [label=\"formal\\ndocument.send\"];\n"
        "  s2 [label=\"court\\ncase.open\" peripheries=2];\n"
        "  s0 -> s1 [label=\"age > 30 and approved(\\\"legal\\\")\\nafter 14 days\"];\n"
        "  s1 -> s2 [label=\"overdue >= money(\\\"5000.00 USD\\\")\\nafter 1 day\"];\n}\n");
}

static void settings(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load("organisation: {name: E, zone: Europe/Berlin, language: de, fuse_factor: 3}\n"
         "settings:\n  currency: EUR\n  minimum: {EUR: \"10.00\", JPY: \"1500\"}\n  late_fee: "
         "\"15.50 EUR\"\n"
         "  step_days: {new: 5}\n  evaluate_at: \"06:30\"\n  send_window: [\"08:00\", \"20:00\"]\n "
         " max_clock_jump: 2d\n"
         "  expected_rate_permille: 400\n  expected_cost: \"50.00 EUR\"\n  minimum_basis: "
         "past_allowed_days\n"
         "calendars: {default: {holidays: [2026-12-25], closed_days: [2026-11-01]}}\n"
         "segments: {vip_revenue: \"5000.00 EUR\"}\n"
         "policies:\n  p: {steps: [new, paid_by_customer], mode: observe, settings: {late_fee: "
         "null, days_to_overdue: 3}}\n"
         "routes:\n  - {event: case.step_entered, when: 'age > 3', do: [{verb: hook.send, via: "
         "hook}]}\n",
         arena, &book);
    g_assert_cmpint(book.settings.minimums[1].minor, ==, 1500);
    g_assert_cmpint(book.settings.late_fee->fixed[0].minor, ==, 1550);
    g_assert_cmpint(book.settings.step_days[0].days, ==, 5);
    g_assert_cmpint(book.settings.evaluate_at, ==, 390);
    g_assert_cmpint(book.settings.window_to, ==, 1200);
    g_assert_cmpint(book.settings.max_clock_jump_ms, ==, 2 * INSTANT_DAY);
    g_assert_cmpint(book.settings.expected_cost, ==, 5000);
    g_assert_cmpint(book.settings.minimum_basis, ==, BASIS_PAST_ALLOWED_DAYS);
    g_assert_cmpint(book.settings.max_grace_days, ==, 14);
    g_assert_cmpuint(book.calendar.n_holidays, ==, 1);
    g_assert_cmpint(book.segment_rules.vip_revenue, ==, 500000);
    g_assert_cmpint(book.segment_rules.collections_months, ==, 24);
    g_assert_cmpint(book.fuse_factor, ==, 3);
    const Policy *policy = rulebook_policy(&book, "p", NULL);
    g_assert_cmpint(policy->mode, ==, MODE_OBSERVE);
    g_assert_null(policy->settings->late_fee);
    g_assert_cmpint(policy->settings->days_to_overdue, ==, 3);
    g_assert_cmpint(policy->settings->minimums[0].minor, ==, 1000);
    g_assert_cmpstr(book.routes[0].actions[0].via[0], ==, "hook");
}

/* DN-15: published versions, what they change, what they lose. */
static void versions(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Rulebook book;
    load(b2b, arena, &book);
    const Policy *first = rulebook_policy(&book, "b2b_standard", NULL);
    const char yaml[] =
        "v2: {second_notice: {to: 9, wait: 1}, final_notice: {from: 10}}\nv3: {second_notice: "
        "removed}\n"
        "v4: {second_notice: removed, mapping: {second_notice: final_notice}, mode: plan}\n";
    const Node *changes = tree_parse(yaml, strlen(yaml), "c.yaml", arena, diags);
    Policy second, third, fourth;
    const Node *source = policy_changed(first, node_get(changes, "v2"), arena, diags);
    g_assert_true(policy_load("b2b_standard", source, &book, 2, arena, diags, &second));
    g_assert_cmpint(second.version, ==, 2);
    g_assert_cmpint(policy_step(&second, "second_notice")->to, ==, 9);
    g_assert_cmpint(policy_step(&second, "second_notice")->wait, ==, 1);
    g_assert_cmpint(policy_step(&second, "final_notice")->from, ==, 10);
    g_assert_cmpstr(second.hash, !=, first->hash);
    g_assert_null(policy_unmapped_steps(first, &second, arena)[0]);
    source = policy_changed(&second, node_get(changes, "v3"), arena, diags);
    g_assert_true(policy_load("b2b_standard", source, &book, 3, arena, diags, &third));
    g_assert_cmpstr(policy_unmapped_steps(&second, &third, arena)[0], ==, "second_notice");
    g_assert_null(policy_unmapped_steps(&second, &third, arena)[1]);
    source = policy_changed(&second, node_get(changes, "v4"), arena, diags);
    g_assert_true(policy_load("b2b_standard", source, &book, 3, arena, diags, &fourth));
    g_assert_null(policy_unmapped_steps(&second, &fourth, arena)[0]);
    g_assert_cmpstr(policy_map_step(&fourth, "second_notice"), ==, "final_notice");
    g_assert_cmpint(fourth.mode, ==, MODE_PLAN);
    g_assert_cmpuint(diags_count(diags, DIAG_ERROR), ==, 0);
}

static void stored_versions(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book, again;
    load(b2b, arena, &book);
    const Policy *standard = rulebook_policy(&book, "b2b_standard", NULL),
                 *risk = rulebook_policy(&book, "b2b_high_risk", NULL);
    /* the tree's policy is version 4 of the store; version 3 is what high_risk has become there */
    StoredPolicy older[] = {
        {"b2b_standard", 4, standard->source_json},
        {"b2b_standard", 3, risk->source_json},
        {"tenant_rent", 1, "{\"scan_over_days\":[7],\"notices\":{\"7\":\"rent_reminder\"}}"}};
    char *findings = load_older(b2b, older, G_N_ELEMENTS(older), arena, &again);
    g_assert_cmpstr(findings, ==, "");
    free(findings);
    g_assert_cmpint(rulebook_policy(&again, "b2b_standard", NULL)->version, ==, 4);
    g_assert_cmpstr(rulebook_policy(&again, "b2b_standard", NULL)->hash, ==, standard->hash);
    const Policy *third = rulebook_policy(&again, "b2b_standard", risk->hash);
    g_assert_cmpint(third->version, ==, 3);
    g_assert_cmpstr(third->hash, ==, risk->hash);
    g_assert_cmpint(policy_step(third, "second_notice")->from, ==, 4);
    g_assert_cmpint(rulebook_policy(&again, "tenant_rent", NULL)->version, ==, 2);
    g_assert_cmpuint(again.n_policies, ==, book.n_policies + 2);
    /* a version in use that names what is gone */
    StoredPolicy broken[] = {
        {"old", 2, "{\"stages\":[{\"name\":\"a\",\"from\":1,\"also\":[\"gone\"]}]}"}};
    findings = load_older(b2b, broken, 1, arena, &again);
    g_assert_cmpstr(findings, ==,
                    "policy old version 2: error: unknown action 'gone'; there are: call_task, "
                    "account_manager_task, suspend_service, "
                    "agency_handover [C055]\n"
                    "policy old version 2: error: accounts are still on this version, and it "
                    "cannot be loaded [C064]\n");
    free(findings);
}

#define TOP "organisation: {name: E, zone: UTC}\n"
#define LADDER TOP "policies:\n  p:\n    stages:\n"

/* What a newcomer gets wrong, and the exact words that say so. */
static void mistakes(void)
{
    static const struct {
        const char *yaml, *findings;
    } rows[] = {
        {"settings: {}\n", "a.yaml:1:1: error: the section 'organisation' is missing [C034]\n"},
        {TOP "settings: {days_to_ovredue: 3}\n",
         "a.yaml:2:12: error: unknown key 'days_to_ovredue', did you mean 'days_to_overdue'? "
         "[C031]\n"},
        {TOP "settings: {late_fee: \"15.00 EUR\"}\n",
         "a.yaml:2:22: error: 'late_fee' must be in USD, the settings' currency, not in EUR "
         "[C038]\n"},
        {TOP "settings: {late_fee: \"1.00 USD\", late_fee_cents: 3}\n",
         "a.yaml:2:12: error: 'late_fee' and 'late_fee_cents' say the same; keep one [C037]\n"},
        {TOP "settings: {minimum: {EURO: \"1\"}}\n",
         "a.yaml:2:22: error: 'EURO' is no ISO 4217 currency code [C038]\n"},
        {TOP "settings: {send_window: [\"18:00\", \"09:00\"]}\n",
         "a.yaml:2:25: error: 'send_window' must end after it begins [C033]\n"},
        {LADDER "      - {name: a, from: 8, to: 9}\n      - {name: b, from: 5}\n",
         "a.yaml:6:9: error: stage 'b' begins at age 5, not after 'a', which begins at 8 [C053]\n"},
        {LADDER "      - {name: a, from: 8, to: 9}\n      - {name: b, from: 9}\n",
         "a.yaml:6:9: error: stage 'b' begins at age 9, but 'a' lasts to 9 [C053]\n"},
        {LADDER "      - {name: a, from: 8}\n      - {name: b, from: 8}\n",
         "a.yaml:6:9: error: stage 'b' begins at age 8, not after 'a', which begins at 8 [C053]\n"},
        {TOP "policies: {p: {steps: [new], mapping: {old: nwe}}}\n",
         "a.yaml:2:45: error: unknown step 'nwe', did you mean 'new'? [C054]\n"},
        {TOP "policies: {p: {scan_over_days: [5, 10], notices: {\"5\": a}}}\n",
         "a.yaml:2:50: error: the threshold 10 has no notice here [C034]\n"},
        {GRAPH("      a: {final: true, on_enter: [{verb: task.create}], undo: [case.close]}\n", ""),
         "a.yaml:6:64: error: 'case.close' takes back nothing that 'on_enter' of step 'a' does "
         "[C056]\n"},
        {LADDER "      - {name: a, from: 8, to: 5}\n",
         "a.yaml:5:9: error: stage 'a' ends at age 5, before it begins at 8 [C053]\n"},
        {LADDER "      - {name: a, from: 1, to: 2}\n      - {name: b, from: 5}\n",
         "a.yaml:6:9: warning: no stage covers ages 3 to 4; the account stays in 'a' [C061]\n"},
        {LADDER "      - {name: a, from: soon}\n      - {name: a, form: 3}\n",
         "a.yaml:5:25: error: 'from' must be a whole number, not 'soon' [C032]\n"
         "a.yaml:6:9: error: 'from' is missing [C034]\n"
         "a.yaml:6:19: error: unknown key 'form', did you mean 'from'? [C031]\n"},
        {LADDER "      - {name: a, from: 1}\n      - {name: a, from: 3}\n",
         "a.yaml:6:16: error: a step called 'a' stands at 5:9 already [C059]\n"},
        {LADDER "      - {name: a, from: 1, also: [cal_task]}\nactions: {call_task: {verb: "
                "task.create}}\n",
         "a.yaml:5:35: error: unknown action 'cal_task', did you mean 'call_task'? [C055]\n"},
        {LADDER "      - {name: a, from: 1, do: [{verb: task.crate}]}\n",
         "a.yaml:5:40: error: unknown verb 'task.crate', did you mean 'task.create'? [C056]\n"},
        {LADDER "      - {name: a, from: 1, needs: [legal_aproval]}\n",
         "a.yaml:5:36: error: a need must be one of collections_unsuccessful, legal_approval, "
         "account_manager_approval, not "
         "'legal_aproval', did you mean 'legal_approval'? [C036]\n"},
        {TOP "policies: {p: {extends: q}, q: {extends: p}}\n",
         "a.yaml:2:25: error: policy 'q' extends itself by way of 'p' [C060]\n"},
        {TOP "policies: {p: {extends: standrad}, standard: {steps: [new]}}\n",
         "a.yaml:2:25: error: unknown policy 'standrad', did you mean 'standard'? [C058]\n"},
        {TOP
         "policies: {p: {extends: q, waits: {secnd: 3}}, q: {stages: [{name: second, from: 1}]}}\n",
         "a.yaml:2:36: error: unknown stage 'secnd', did you mean 'second'? [C054]\n"},
        {TOP "policies: {p: {mode: live}}\n",
         "a.yaml:2:15: error: policy 'p' has none of 'stages', 'scan_over_days', 'steps' and "
         "'extends' [C034]\n"},
        {TOP "policies: {p: {steps: [nwe, suspended]}}\n",
         "a.yaml:2:23: error: unknown 'first_step' 'new', did you mean 'nwe'? [C054]\n"},
        {TOP "policies: {p: {scan_over_days: [5, 3], notices: {\"5\": a, \"3\": b}}}\n",
         "a.yaml:2:36: error: the threshold 3 does not rise above 5 [C053]\n"},
        {TOP "policies: {p: {scan_over_days: [5, 10], notices: {\"5\": a, \"11\": b}}}\n",
         "a.yaml:2:59: error: unknown threshold '11', did you mean '10'? [C054]\n"},
        {TOP "policies: {p: {steps: [new]}, by_segment: {standard: q}}\n",
         "a.yaml:2:54: error: unknown policy 'q'; there are: p [C058]\n"},
        {TOP "policies: {p: {steps: [new]}, by_segment: {vip: p}}\n",
         "a.yaml:2:43: error: the segment 'standard' has no policy [C034]\n"},
        {"organisation: {name: E, zone: UTC, default_policy: q}\npolicies: {p: {steps: [new]}}\n",
         "a.yaml:1:52: error: unknown policy 'q'; there are: p [C058]\n"},
        {TOP "policies: {p: {steps: [new]}}\ngraphs: {p: {steps: {a: {final: true}}}}\n",
         "a.yaml:3:10: error: a policy is called 'p' already [C059]\n"},
        {GRAPH("      a:\n      b: {final: true}\n      c: {final: true}\n",
               "      - {from: a, to: b}\n"),
         "a.yaml:8:7: error: step 'c' is never reached from 'a'; add a move to it, or remove it "
         "[C050]\n"},
        {GRAPH("      a:\n      b:\n", "      - {from: a, to: b}\n"),
         "a.yaml:7:7: error: step 'b' has no way out and is not 'final: true' [C051]\n"},
        {GRAPH("      a: {final: true}\n      b: {final: true}\n", "      - {from: a, to: b}\n"),
         "a.yaml:9:9: error: step 'a' is final; no move may begin there [C062]\n"},
        {GRAPH("      a:\n      b:\n      c: {final: true}\n",
               "      - {from: a, to: b}\n      - {from: b, to: a}\n      - {from: b, to: c, "
               "wait_days: 2}\n"),
         "a.yaml:11:9: error: nothing waits on the way a -> b -> a; give one of its moves "
         "'wait_days' [C052]\n"},
        {GRAPH("      a:\n      b: {final: true}\n", "      - {from: a, to: c}\n"),
         "a.yaml:9:23: error: unknown step 'c'; there are: a, b [C054]\n"},
        {GRAPH("      a:\n      b: {final: true}\n", "      - {from: a, to: b, whn: 'age > 3'}\n"),
         "a.yaml:9:26: error: unknown key 'whn', did you mean 'when'? [C031]\n"},
        {GRAPH("      a:\n      b: {final: true}\n",
               "      - {from: a, to: b, when: 'age > 3 and ovredue > 5'}\n"),
         "a.yaml:9:45: error: unknown name 'ovredue', did you mean 'overdue'? [C042]\n"},
        {GRAPH("      a:\n      b: {final: true}\n", "      - {from: a, to: b, when: age}\n"),
         "a.yaml:9:32: error: a condition must be true or false, this is a whole number; compare "
         "it with something [C043]\n"},
        {GRAPH(
             "      a:\n      b: {final: true}\n",
             "      - from: a\n        to: b\n        when: >\n          age >\n          \"3\"\n"),
         "a.yaml:11:15: error: cannot compare a whole number with a text (at character 5 of the "
         "condition) [C043]\n"},
        {TOP
         "policies:\n  p:\n    stages:\n      - {name: a, from: 1, count_from: previous_notice}\n",
         "a.yaml:5:9: error: stage 'a' is the first: no notice comes before it to count from "
         "[C068]\n"},
        {TOP "policies:\n  p:\n    stages:\n      - {name: a, from: 9}\n"
             "      - {name: b, from: 1, to: 3, count_from: previous_notice}\n",
         "a.yaml:6:9: error: stage 'b' counts from the previous notice: it ends when the next "
         "stage "
         "begins, take out 'to' [C068]\n"},
        {TOP "policies:\n  p:\n    count_from: due_month_ends\n    stages:\n      - {name: a, "
             "from: 1}\n",
         "a.yaml:4:17: error: 'count_from' must be one of overdue, due_month_end, "
         "overdue_month_end, previous_notice, not 'due_month_ends', did you mean 'due_month_end'? "
         "[C036]\n"},
        {TOP
         "policies:\n  p:\n    count_from: due_month_end\n    stages:\n      - {name: a, from: 5}\n"
         "      - {name: b, from: 5}\n",
         "a.yaml:7:9: error: stage 'b' begins at age 5, not after 'a', which begins at 5 [C053]\n"},
        {TOP "policies: {p: {steps: [new]}}\nleases:\n  L-1: {settngs: {}}\n  L-2: {policy: q}\n"
             "  L-3: {calendar: nowhere}\n  L-4: {settings: {max_grace_dys: 3}}\n",
         "a.yaml:4:9: error: unknown key 'settngs', did you mean 'settings'? [C031]\n"
         "a.yaml:5:17: error: unknown policy 'q'; there are: p [C058]\n"
         "a.yaml:6:19: error: unknown calendar 'nowhere'; there are: default [C065]\n"
         "a.yaml:7:20: error: unknown key 'max_grace_dys', did you mean 'max_grace_days'? "
         "[C031]\n"},
        {TOP "policies: {p: {steps: [new]}}\nsegments:\n  settings: {vip: {currency: EUR}}\n"
             "accounts: {A: {settings: {first_step: new, max_clock_jump: 3h}}}\nproperties: [a]\n",
         "a.yaml:4:20: error: 'currency' cannot differ here; write it in the section settings "
         "[C069]\n"
         "a.yaml:5:27: error: 'first_step' cannot differ here; write it in the section settings or "
         "in a policy [C069]\n"
         "a.yaml:5:44: error: 'max_clock_jump' cannot differ here; write it in the section "
         "settings "
         "[C069]\n"
         "a.yaml:6:13: error: 'properties' must be a map by name, not a list [C030]\n"},
        {TOP "policies:\n  p:\n    enter_when: overdue_invoces >= 2\n    steps: [new]\n",
         "a.yaml:4:17: error: unknown name 'overdue_invoces', did you mean 'overdue_invoices'? "
         "[C042]\n"},
        {TOP
         "policies:\n  p:\n    stages:\n      - {name: a, from: 1, when: 'failed_payment.cod == "
         "\"R01\"'}\n",
         "a.yaml:5:35: error: unknown name 'failed_payment.cod', did you mean "
         "'failed_payment.code'? [C042]\n"},
        {TOP "policies:\n  p:\n    stages:\n      - {name: a, from: 1, when: 'account.is_test == "
             "3'}\n",
         "a.yaml:5:51: error: cannot compare true or false with a whole number [C043]\n"},
        {TOP "routes:\n  - {event: case.step_enterd, do: [{verb: task.create}]}\n",
         "a.yaml:3:13: error: unknown event 'case.step_enterd', did you mean 'case.step_entered'? "
         "[C057]\n"},
        {TOP "routes: {event: case.opened}\n",
         "a.yaml:2:9: error: 'routes' must be a list, not a map [C030]\n"},
        {TOP "routes:\n  - {event: case.opened, do: [{verb: task.create}, {verb: task.create}]}\n",
         "a.yaml:3:52: error: two actions are called 'task.create' here; give one of them a 'name' "
         "[C059]\n"},
        {TOP "actions: {a: {verb: chat.pots}, b: {via: x, verb: chat post}}\n",
         "a.yaml:2:21: error: unknown verb 'chat.pots', did you mean 'chat.post'? [C056]\n"
         "a.yaml:2:51: error: unknown verb 'chat post', did you mean 'chat.post'? [C056]\n"},
        {LADDER "      - {name: a, from: 1, fee: {basis_point: 5}}\n",
         "a.yaml:5:34: error: unknown key 'basis_point', did you mean 'basis_points'? [C031]\n"},
        {LADDER "      - {name: a, from: 1, fee: {fixed: 1.00 USD, basis_points: 5}}\n",
         "a.yaml:5:33: error: 'fixed' and 'basis_points' exclude each other; keep one [C037]\n"},
        {LADDER "      - {name: a, from: 1, fee: {fixed: 1.00 USD, most: 5.00 USD}}\n",
         "a.yaml:5:33: error: 'least' and 'most' bound a share; they need 'basis_points' [C037]\n"},
        {LADDER "      - {name: a, from: 1, fee: {}}\n",
         "a.yaml:5:33: error: a fee needs 'fixed' or 'basis_points'; null: none [C034]\n"},
        {LADDER
         "      - {name: a, from: 1, fee: {basis_points: 5, least_cents: 10, most_cents: 5}}\n",
         "a.yaml:5:33: error: 'least' is above 'most' in USD [C033]\n"},
        {LADDER "      - {name: a, from: 1, fee: {basis_points: 10001}}\n",
         "a.yaml:5:48: error: 'basis_points' must be between 1 and 10000, not 10001 [C033]\n"},
        {LADDER "      - {name: a, from: 1, fee: fifteen}\n",
         "a.yaml:5:33: error: 'fee': 'fifteen' is not an amount and a currency such as 10.00 USD "
         "[C032]\n"},
        {TOP "policies: {p: {steps: [new], fees: {nwe: 1.00 USD}}}\n",
         "a.yaml:2:37: error: unknown step 'nwe', did you mean 'new'? [C054]\n"},
        {TOP "policies: {p: {scan_over_days: [5], notices: {\"5\": a}, fees: {\"6\": 1.00 USD}}}\n",
         "a.yaml:2:63: error: unknown threshold '6'; there are: 5 [C054]\n"},
        {TOP "settings: {interest: {kind: statutory, basis_points: 5}}\n",
         "a.yaml:2:22: error: 'basis_points' is the rate of a contract; interest of kind "
         "'statutory' has none [C037]\n"},
        {TOP "settings: {interest: {kind: contractual}}\n",
         "a.yaml:2:22: error: interest of kind 'contractual' needs 'basis_points' [C034]\n"},
        {TOP "settings: {interest: some}\n",
         "a.yaml:2:22: error: 'interest' must be none, or a map, not a single value [C030]\n"},
        {TOP "settings: {interest: {basis_points: 5, book: [month_ends]}}\n",
         "a.yaml:2:47: error: a moment of booking must be one of step_entry, month_end, "
         "settlement, "
         "not 'month_ends', did you mean 'month_end'? [C036]\n"},
        {TOP "channels: {email: {verb: message.email}}\n",
         "a.yaml:2:19: error: 'via' is missing [C034]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        Rulebook book;
        char *text = load_older(rows[i].yaml, NULL, 0, arena, &book);
        g_assert_cmpstr(text, ==, rows[i].findings);
        free(text);
    }
}

/* A base that is broken is reported once, not once for each policy built on it. */
static void base_is_reported_once(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    char *text = load_older(TOP "policies:\n  a: {extends: base}\n  b: {extends: base}\n  base: "
                                "{stages: [{name: x, from: 0}]}\n",
                            NULL, 0, arena, &book);
    g_assert_cmpstr(text, ==,
                    "a.yaml:5:35: error: 'from' must be between 1 and 36500, not 0 [C033]\n");
    free(text);
}

/* JSON keeps no order of members: where accounts begin is part of the version. */
static void stored_graph_begins_where_it_did(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook book, again;
    static const char yaml[] =
        TOP "graphs:\n  g:\n    steps: {reminder: {}, court: {final: true}}\n    moves: [{from: "
            "reminder, to: court, when: 'age > 9'}]\n";
    load(yaml, arena, &book);
    const Policy *policy = book.policies[0];
    g_assert_cmpstr(policy->steps[0].name, ==, "reminder");
    StoredPolicy older = {"g", 6, policy->source_json};
    char *findings = load_older(yaml, &older, 1, arena, &again);
    g_assert_cmpstr(findings, ==, "");
    free(findings);
    g_assert_cmpint(again.policies[0]->version, ==, 6);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(json_t) source =
        json_parse(policy->source_json, strlen(policy->source_json), TREE_MAX_BYTES, NULL);
    Policy alone;
    g_assert_true(
        policy_load("g", node_from_json(source, "stored", arena), &book, 6, arena, diags, &alone));
    g_assert_cmpstr(alone.steps[0].name, ==, "reminder");
    g_assert_cmpstr(alone.hash, ==, policy->hash);
}

static void hash_ignores_order(void)
{
    g_autoptr(Arena) arena = arena_new();
    Rulebook a, b;
    load(TOP "policies: {p: {stages: [{name: x, from: 1, wait: 2}], mode: plan, source: S3}}\n",
         arena, &a);
    load(TOP "# the same, written otherwise\npolicies:\n  p:\n    stages:\n      - wait: 2\n       "
             " from: 1\n        name: x\n",
         arena, &b);
    g_assert_cmpstr(a.policies[0]->hash, ==, b.policies[0]->hash);
    load(TOP "policies: {p: {stages: [{name: x, from: 1, wait: 3}]}}\n", arena, &b);
    g_assert_cmpstr(a.policies[0]->hash, !=, b.policies[0]->hash);
}

/* A text with words and signs moved, doubled, dropped: a rulebook, or findings; never both, never
 * neither. */
static void damaged(void)
{
    static const char *const pieces[] = {
        "{",           "}",       "[",       "]",
        ": ",          ", ",      "null",    "\n    ",
        "extends: ",   "b2b_vip", "removed", "-1",
        "99999999999", "stages",  "'age >'", "steps: {a: {final: true}}, moves: []",
        "by_segment"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(31);
    int loaded = 0;
    for (int round = 0; round < 1500; round++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(GString) text = g_string_new(b2b);
        for (int n = g_rand_int_range(rand, 1, 4); n > 0; n--) {
            gssize at = g_rand_int_range(rand, 0, (gint32)text->len),
                   length = g_rand_int_range(rand, 0, 12);
            if (g_rand_boolean(rand))
                g_string_erase(text, at, MIN(length, (gssize)text->len - at));
            else
                g_string_insert(text, at, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
        }
        const Node *root = tree_parse(text->str, text->len, "a.yaml", arena, diags);
        Rulebook book;
        bool good = root && rulebook_load(root, NULL, 0, 1, arena, diags, &book);
        if (good != (diags_count(diags, DIAG_ERROR) == 0))
            g_error("loaded: %d, findings: %zu\n%s", good, diags_length(diags), text->str);
        loaded += good;
        for (size_t i = 0; good && i < book.n_policies; i++) {
            Policy again;
            const Node *source = policy_changed(
                book.policies[i], tree_parse("{}", 2, "c", arena, diags), arena, diags);
            g_assert_true(
                policy_load(book.policies[i]->name, source, &book, 2, arena, diags, &again));
            g_assert_cmpstr(again.hash, ==, book.policies[i]->hash);
        }
    }
    g_assert_cmpint(loaded, >, 50);
}

/* The most specific wins, key by key; the others stay, and so does what nobody names. */
static const char *policy_for(const Rulebook *book, const Account *account)
{
    AccountLayers layers = account_layers(book, account);
    return layers_policy(&layers, book, account)->name;
}

static void layers(void)
{
    static const char yaml[] =
        "organisation: {name: Example, zone: America/Chicago}\n"
        "settings: {currency: USD, minimum: {USD: \"10.00\", EUR: \"20.00\"}, step_days: {new: 5, "
        "suspended: 10}}\n"
        "calendars: {default: {holidays: [2026-12-25]}, riverside: {closed_days: [2026-07-03]}}\n"
        "policies: {p: {steps: [new], settings: {approval_days: 7}}, q: {steps: [new]}}\n"
        "segments: {settings: {vip: {max_grace_days: 30, send_window: [\"10:00\", \"16:00\"]}}}\n"
        "properties:\n"
        "  riverside: {calendar: riverside, policy: q, settings: {max_grace_days: 3, late_fee: "
        "\"9.00 USD\"}}\n"
        "leases:\n"
        "  L-1: {settings: {minimum: {EUR: \"5.00\"}, step_days: {new: 1}, late_fee: null}}\n"
        "accounts:\n"
        "  rents:7: {settings: {auto_suspend: true}}\n";
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(yaml, arena, &book);
    const Policy *p = rulebook_policy(&book, "p", NULL);
    Account account = {.id = "rents:8", .segment = "standard"};
    g_assert_true(account_settings(&book, &account, p, arena) == p->settings);
    g_assert_true(account_calendar(&book, &account) == &book.calendar);
    g_assert_cmpstr(policy_for(&book, &account), ==, "p"); /* the first, as none is the default */
    account = (Account){.id = "rents:7", .segment = "vip", .property = "riverside", .lease = "L-1"};
    const Settings *own = account_settings(&book, &account, p, arena);
    g_assert_cmpint(own->max_grace_days, ==, 3);
    g_assert_cmpint(own->window_from, ==, 600);
    g_assert_cmpint(own->window_to, ==, 960);
    g_assert_true(own->auto_suspend && own->late_fee == NULL);
    g_assert_cmpint(own->approval_days, ==, 7);
    g_assert_cmpint(settings_minimum(own, (Currency){"EUR"})->minor, ==, 500);
    g_assert_cmpint(settings_minimum(own, (Currency){"USD"})->minor, ==, 1000);
    g_assert_cmpuint(own->n_step_days, ==, 2);
    g_assert_cmpint(own->step_days[0].days, ==, 1);
    g_assert_cmpint(own->step_days[1].days, ==, 10);
    g_assert_cmpint(p->settings->max_grace_days, ==, 14);
    g_assert_true(calendar_is_closed(account_calendar(&book, &account), date_from_ymd(2026, 7, 3)));
    g_assert_cmpstr(policy_for(&book, &account), ==, "q");
    account.policy = "p";
    g_assert_cmpstr(policy_for(&book, &account), ==, "p");
}

static void origins(void)
{
    static const char yaml[] =
        "organisation: {name: Example, zone: America/Chicago}\n"
        "settings: {currency: USD}\n"
        "policies: {p: {steps: [new], settings: {approval_days: 7, max_grace_days: 1}}}\n"
        "segments: {settings: {standard: {max_grace_days: 30}}}\n"
        "leases:\n"
        "  L-1: {policy: p, settings: {minimum: {EUR: \"5.00\"}}}\n";
    static const SettingOrigin rows[] = {
        {"policy", "p", "lease L-1, a.yaml:6"},
        {"minimum", "{\"EUR\":\"5.00\"}", "lease L-1, a.yaml:6"},
        {"max_grace_days", "30", "segment standard, a.yaml:4"},
        {"approval_days", "7", "policy p"},
    };
    g_autoptr(Arena) arena = arena_new();
    Rulebook book;
    load(yaml, arena, &book);
    Account account = {.id = "A", .lease = "L-1"};
    size_t n = 0;
    const SettingOrigin *seen =
        account_origins(&book, &account, rulebook_policy(&book, "p", NULL), arena, &n);
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < n; i++) {
        g_assert_cmpstr(seen[i].setting, ==, rows[i].setting);
        g_assert_cmpstr(seen[i].value, ==, rows[i].value);
        g_assert_cmpstr(seen[i].origin, ==, rows[i].origin);
    }
}

/* A setting that is added and not laid over would be ignored in silence. */
static void every_setting_can_be_laid_over(void)
{
    g_assert_cmpstr(settings_unlaid_key(), ==, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/escalation/policy/ladder", ladder);
    g_test_add_func("/escalation/policy/extended", extended);
    g_test_add_func("/escalation/policy/scan_and_module", scan_and_module);
    g_test_add_func("/escalation/policy/graph", graph);
    g_test_add_func("/escalation/policy/settings", settings);
    g_test_add_func("/escalation/policy/versions", versions);
    g_test_add_func("/escalation/policy/stored_versions", stored_versions);
    g_test_add_func("/escalation/policy/mistakes", mistakes);
    g_test_add_func("/escalation/policy/base_is_reported_once", base_is_reported_once);
    g_test_add_func("/escalation/policy/stored_graph_begins_where_it_did",
                    stored_graph_begins_where_it_did);
    g_test_add_func("/escalation/policy/hash_ignores_order", hash_ignores_order);
    g_test_add_func("/escalation/policy/damaged", damaged);
    g_test_add_func("/escalation/policy/layers", layers);
    g_test_add_func("/escalation/policy/origins", origins);
    g_test_add_func("/escalation/policy/every-setting-can-be-laid-over",
                    every_setting_can_be_laid_over);
    return g_test_run();
}
