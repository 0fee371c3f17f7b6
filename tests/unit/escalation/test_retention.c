/* How long data is kept, what stands in the way of its end, and what is left then. */
#include <glib.h>
#include <string.h>

#include "escalation/retention.h"

#define DAY(y, m, d) date_from_ymd(y, m, d)

typedef struct {
    Arena *arena;
    AccountState state;
    Rulebook book;
} Scene;

static const Retention rows[] = {
    {.name = "us_records", .jurisdiction = "US", .keep_years = 3, .citation = "12 CFR 1006.100"},
    {.name = "house", .erase_after_years = 5},
    {.name = "minors",
     .jurisdiction = "DE",
     .accounts = RETENTION_CONSUMERS,
     .keep_years = 1,
     .erase_after_years = 2,
     .approval = true},
};

/* A tenant of a place whose last payment was that day and who owes nothing. */
static Scene open_scene(const char *jurisdiction, Date paid)
{
    Scene scene = {.arena = arena_new()};
    state_init(&scene.state, scene.arena, "A");
    scene.state.account.name = "Ada Moore";
    scene.state.account.is_consumer = true;
    scene.state.account.jurisdiction = jurisdiction;
    Payment *payment = state_add(&scene.state, KIND_PAYMENT);
    payment->id = "P";
    payment->settled_on = paid;
    scene.book.retention = rows;
    scene.book.n_retention = G_N_ELEMENTS(rows);
    return scene;
}

static const char *code_of(const Scene *scene, Date today)
{
    const Obstacle *obstacle =
        erasure_obstacle(&scene->state, &scene->book, false, "person:maria", today, scene->arena);
    return obstacle ? obstacle->code : "";
}

/* ---- days --------------------------------------------------------------------------------------- */

static const struct {
    const char *doc, *jurisdiction;
    int paid[3], today[3];
    const char *code, *due; /* due NULL: nothing is */
} days[] = {
    {"last kept day", "US/OH", {2023, 7, 1}, {2026, 7, 1}, "retention", NULL},
    {"the day after", "US/OH", {2023, 7, 1}, {2026, 7, 2}, "", NULL},
    {"a leap day ends on the 28th", "US", {2024, 2, 29}, {2027, 2, 28}, "retention", NULL},
    {"and is over on the first", "US", {2024, 2, 29}, {2027, 3, 1}, "", NULL},
    {"another country whose name begins so", "USX", {2023, 7, 1}, {2024, 7, 1}, "", NULL},
    {"nothing known of the place", NULL, {2023, 7, 1}, {2024, 7, 1}, "", NULL},
    {"last day before it goes by itself", "US", {2020, 7, 1}, {2025, 7, 1}, "", NULL},
    {"the day it goes", "US", {2020, 7, 1}, {2025, 7, 2}, "", "house"},
    {"the shortest row", "DE/BE", {2020, 7, 1}, {2022, 7, 2}, "approval", "minors"},
    {"an approval is asked for", "DE", {2020, 7, 1}, {2021, 7, 2}, "approval", NULL},
};

static void test_days(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_test_message("%s", days[i].doc);
        const int *paid = days[i].paid, *on = days[i].today;
        Scene scene = open_scene(days[i].jurisdiction, DAY(paid[0], paid[1], paid[2]));
        Date today = DAY(on[0], on[1], on[2]);
        const Retention *due = erasure_due(&scene.state, &scene.book, today);
        g_assert_cmpstr(code_of(&scene, today), ==, days[i].code);
        g_assert_cmpstr(due ? due->name : NULL, ==, days[i].due);
        arena_free(scene.arena);
    }
}

static void test_companies_are_no_consumers(void)
{
    Scene scene = open_scene("DE", DAY(2020, 7, 1));
    scene.state.account.is_consumer = false;
    g_assert_cmpstr(code_of(&scene, DAY(2020, 7, 2)), ==, "");
    arena_free(scene.arena);
}

static void test_the_law_says_until_when(void)
{
    Scene scene = open_scene("US", DAY(2023, 7, 1));
    const Obstacle *obstacle = erasure_obstacle(&scene.state, &scene.book, false, "person:maria",
                                                DAY(2024, 1, 1), scene.arena);
    g_assert_cmpint(obstacle->until, ==, DAY(2026, 7, 1));
    g_assert_cmpstr(obstacle->text, ==,
                    "it must be kept through 2026-07-01 by us_records, 12 CFR 1006.100");
    arena_free(scene.arena);
}

/* ---- what stands in the way --------------------------------------------------------------------- */

static void open_cycle(AccountState *state)
{
    ((Cycle *)state_add(state, KIND_CYCLE))->id = "c1";
}

static void open_hold(AccountState *state)
{
    Hold *hold = state_add(state, KIND_HOLD);
    hold->kind = HOLD_BANKRUPTCY;
}

static void open_dispute(AccountState *state)
{
    ((Dispute *)state_add(state, KIND_DISPUTE))->outcome = DISPUTE_OPEN;
}

static void open_plan(AccountState *state)
{
    ((Plan *)state_add(state, KIND_PLAN))->state = PLAN_ACTIVE;
}

static void open_promise(AccountState *state)
{
    ((Promise *)state_add(state, KIND_PROMISE))->state = PROMISE_OPEN;
}

static void open_reply(AccountState *state)
{
    ((Reply *)state_add(state, KIND_REPLY))->state = REPLY_OPEN;
}

static void open_act(AccountState *state)
{
    Act *act = state_add(state, KIND_ACT);
    act->key = "A/1";
    act->state = ACT_RETRY;
}

static void open_matter(AccountState *state)
{
    state->account.collections_case_on = DAY(2019, 1, 1);
}

static void erase_before(AccountState *state)
{
    state->account.name = NULL;
    state->account.erased_on = DAY(2025, 1, 1);
}

static void test_obstacles(void)
{
    static const struct {
        void (*open)(AccountState *state);
        const char *code;
    } table[] = {
        {open_cycle, "case_open"},
        {open_hold, "hold"},
        {open_dispute, "dispute"},
        {open_plan, "plan"},
        {open_promise, "promise"},
        {open_reply, "reply"},
        {open_act, "act"},
        {open_matter, "legal_matter"},
        {erase_before, "nothing_to_erase"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        Scene scene = open_scene("US", DAY(2020, 7, 1));
        g_assert_cmpstr(code_of(&scene, DAY(2026, 1, 1)), ==, "");
        table[i].open(&scene.state);
        g_assert_cmpstr(code_of(&scene, DAY(2026, 1, 1)), ==, table[i].code);
        arena_free(scene.arena);
    }
    Scene scene = open_scene("US", DAY(2020, 7, 1));
    const Obstacle *owes = erasure_obstacle(&scene.state, &scene.book, true, "person:maria",
                                            DAY(2026, 1, 1), scene.arena);
    g_assert_cmpstr(owes->code, ==, "owes");
    arena_free(scene.arena);
}

static void test_one_asks_another_approves(void)
{
    Scene scene = open_scene("DE", DAY(2020, 7, 1));
    Approval *approval = state_add(&scene.state, KIND_APPROVAL);
    approval->what = "erasure";
    approval->by = "person:maria";
    approval->given_on = DAY(2022, 1, 1);
    g_assert_cmpstr(code_of(&scene, DAY(2022, 1, 2)), ==, "approval");
    approval->by = "person:jonas";
    g_assert_cmpstr(code_of(&scene, DAY(2022, 1, 2)), ==, "");
    arena_free(scene.arena);
}

/* ---- what is left ------------------------------------------------------------------------------- */

static bool is_text(const Field *field)
{
    return field->type == FIELD_TEXT || field->type == FIELD_NAME || field->type == FIELD_JSON;
}

static void put_secret(const RecordType *type, void *record)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if ((type->fields[i].flags & FIELD_PERSONAL) && is_text(&type->fields[i]))
            *(const char **)((char *)record + type->fields[i].offset) = "secret";
}

/* Every field of every record that is called personal, whatever is added later. */
static void test_no_personal_field_is_left(void)
{
    Scene scene = open_scene("US", DAY(2020, 7, 1));
    put_secret(&account_type, &scene.state.account);
    scene.state.account.property = scene.state.account.tags = "secret";
    for (int kind = KIND_ACCOUNT + 1; kind < N_KINDS; kind++)
        put_secret(record_types[kind], state_add(&scene.state, (RecordKind)kind));
    ((Act *)STATE_ROWS(&scene.state, KIND_ACT, Act))->error = "secret";
    erasure_apply(&scene.state, scene.arena, DAY(2026, 1, 1));
    g_autoptr(json_t) json = state_to_json(&scene.state);
    g_autofree char *text = json_canonical(json);
    g_assert_null(strstr(text, "secret"));
    g_assert_nonnull(strstr(text, "\"address\":\"erased-1\""));
    g_assert_nonnull(strstr(text, "\"erased_on\":\"2026-01-01\""));
    g_assert_cmpstr(code_of(&scene, DAY(2026, 1, 2)), ==, "nothing_to_erase");
    g_assert_null(erasure_due(&scene.state, &scene.book, DAY(2099, 1, 1)));
    arena_free(scene.arena);
}

/* ---- the configuration -------------------------------------------------------------------------- */

static void test_loading(void)
{
    static const char yaml[] = "organisation: {name: Site, zone: UTC}\n"
                               "retention:\n  a: {jurisdiction: US, keep_years: 3}\n"
                               "  b: {jurisdiction: US}\n  c: {keep_years: 1000}\n";
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    Rulebook book;
    const Node *root = tree_parse(yaml, strlen(yaml), "r.yaml", arena, diags);
    g_assert_false(rulebook_load(root, NULL, 0, 1, arena, diags, &book));
    g_assert_cmpuint(diags_count(diags, DIAG_ERROR), ==, 2);
    g_assert_cmpstr(diags_get(diags, 0)->code, ==, "C034");
    g_assert_cmpstr(diags_get(diags, 1)->code, ==, "C033");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retention/days", test_days);
    g_test_add_func("/retention/companies", test_companies_are_no_consumers);
    g_test_add_func("/retention/until", test_the_law_says_until_when);
    g_test_add_func("/retention/obstacles", test_obstacles);
    g_test_add_func("/retention/approval", test_one_asks_another_approves);
    g_test_add_func("/retention/left", test_no_personal_field_is_left);
    g_test_add_func("/retention/loading", test_loading);
    return g_test_run();
}
