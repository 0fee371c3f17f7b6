/* Chance decides when the hub dies, which answers are lost and what the platform really did; a failing seed is a
 * reproduction. Whatever happens: nothing that may have been applied is blindly repeated, nothing is lost, the proof holds. */
#include "scene.h"

enum { STEPS = 250, ACCOUNTS = 6 };

/* What the platform knows of one key. */
typedef struct {
    int applied;   /* times it took effect there */
    int sent;      /* attempts, look-ups not counted */
    bool in_doubt; /* an attempt's end is unknown to the hub */
} Platform;

typedef struct {
    Scene *scene;
    const char *repeat;
    GRand *chance;
    GHashTable *keys; /* key -> Platform */
    guint seen;       /* calls of scene->calls that were looked at */
    int invoices;
} Storm;

static Platform *platform(Storm *storm, const char *key)
{
    Platform *known = g_hash_table_lookup(storm->keys, key);
    if (!known) {
        known = g_new0(Platform, 1);
        g_hash_table_insert(storm->keys, g_strdup(key), known);
    }
    return known;
}

static bool is_repeat(const Storm *storm, const char *repeat)
{
    return strcmp(storm->repeat, repeat) == 0;
}

/* The promise itself, at the moment a call leaves. */
static void look_at_calls(Storm *storm)
{
    for (; storm->seen < storm->scene->calls->len; storm->seen++) {
        const SceneCall *call = storm->scene->calls->pdata[storm->seen];
        if (call->kind != CALL_ACTION)
            continue;
        Platform *known = platform(storm, call->key);
        g_assert_true(is_repeat(storm, "key") || !known->in_doubt);
        known->sent++;
    }
}

/* The platform recognises a key where it says so. */
static void apply(Storm *storm, const SceneCall *call)
{
    Platform *known = platform(storm, call->key);
    known->applied = is_repeat(storm, "key") ? 1 : known->applied + 1;
}

static void answer_lookup(Storm *storm, SceneCall *call)
{
    Platform *known = platform(storm, call->key);
    if (g_rand_int_range(storm->chance, 0, 3) == 0) {
        scene_answer(storm->scene, call, OUTCOME_RETRY, NULL);
        return;
    }
    known->in_doubt = false;
    scene_answer(storm->scene, call, known->applied ? OUTCOME_OK : OUTCOME_ABSENT, NULL);
}

static void answer_action(Storm *storm, SceneCall *call, bool kindly)
{
    int draw = kindly ? 0 : g_rand_int_range(storm->chance, 0, 6);
    bool applied = draw <= 2 || (draw == 3 && g_rand_boolean(storm->chance));
    if (applied)
        apply(storm, call);
    platform(storm, call->key)->in_doubt = draw == 3 && !is_repeat(storm, "key");
    if (draw == 3)
        scene_answer(storm->scene, call, OUTCOME_UNCERTAIN, NULL);
    else
        scene_answer(storm->scene, call, applied ? OUTCOME_OK : OUTCOME_RETRY, "x");
}

static void answer_call(Storm *storm, SceneCall *call, bool kindly)
{
    if (call->kind == CALL_POLL)
        scene_answer_poll(storm->scene, call);
    else if (call->kind == CALL_LOOKUP)
        answer_lookup(storm, call);
    else
        answer_action(storm, call, kindly);
}

static void answer_one(Storm *storm)
{
    guint n = storm->scene->calls->len,
          start = n ? (guint)g_rand_int_range(storm->chance, 0, (gint32)n) : 0;
    for (guint i = 0; i < n; i++) {
        SceneCall *call = storm->scene->calls->pdata[(start + i) % n];
        if (call->answered)
            continue;
        answer_call(storm, call, false);
        return;
    }
}

/* What was under way may or may not have arrived. */
static void die(Storm *storm)
{
    look_at_calls(storm);
    for (guint i = 0; i < storm->scene->calls->len; i++) {
        const SceneCall *call = storm->scene->calls->pdata[i];
        if (call->answered || call->kind != CALL_ACTION)
            continue;
        if (g_rand_boolean(storm->chance))
            apply(storm, call);
        platform(storm, call->key)->in_doubt = !is_repeat(storm, "key");
    }
    scene_die(storm->scene);
    storm->seen = 0;
}

static void give_invoice(Storm *storm)
{
    g_autofree char *account = g_strdup_printf("A%d", g_rand_int_range(storm->chance, 0, ACCOUNTS));
    g_autofree char *id = g_strdup_printf("I%d", ++storm->invoices);
    g_autofree char *contact = g_strdup_printf("c-%s", id);
    g_autofree char *mail =
        g_strdup_printf("{'channel':'email','address':'%s@example.test'}", account);
    g_autofree char *data = g_strdup_printf(
        "{'id':'%s','currency':'USD','amount':%d,'issued_on':'2026-08-01','due_on':'2026-08-31'}",
        id, 100 * storm->invoices);
    scene_submit(storm->scene, "rents", contact, "contact.updated", account, mail, NULL);
    scene_submit(storm->scene, "rents", id, "invoice.updated", account, data, NULL);
    scene_submit(storm->scene, "rents", id, "invoice.updated", account, data,
                 NULL); /* webhooks repeat themselves */
}

static void turn(Storm *storm)
{
    g_autoptr(GError) error = NULL;
    hub_turn(storm->scene->hub, &error);
    g_assert_no_error(error);
    look_at_calls(storm);
}

static void pass_time(Storm *storm)
{
    Instant next = hub_next(storm->scene->hub), now = storm->scene->clock.instant;
    Instant later = now + g_rand_int_range(storm->chance, 1, 40) * INSTANT_MINUTE;
    virtual_clock_set(&storm->scene->clock, MAX(now, MIN(next, later)));
}

static void step(Storm *storm)
{
    switch (g_rand_int_range(storm->chance, 0, 12)) {
    case 0:
        if (storm->invoices < 20)
            give_invoice(storm);
        break;
    case 1:
        die(storm);
        break;
    case 2:
    case 3:
    case 4:
        pass_time(storm);
        break;
    case 5:
    case 6:
    case 7:
        answer_one(storm);
        break;
    default:
        turn(storm);
    }
}

/* Everything answers kindly now, for two days. */
static void calm(Storm *storm)
{
    Instant until = storm->scene->clock.instant + 2 * INSTANT_DAY;
    for (Instant next = 0; next <= until; next = hub_next(storm->scene->hub)) {
        virtual_clock_set(&storm->scene->clock, MAX(next, storm->scene->clock.instant));
        bool any;
        do {
            any = false;
            scene_settle(storm->scene);
            look_at_calls(storm);
            for (guint i = 0; i < storm->scene->calls->len; i++) {
                SceneCall *call = storm->scene->calls->pdata[i];
                if (call->answered)
                    continue;
                answer_call(storm, call, true);
                any = true;
            }
        } while (any);
    }
}

static void check_account(Storm *storm, const char *account)
{
    const AccountState *state = scene_state(storm->scene, account);
    if (!state)
        return;
    STATE_FOREACH (state, KIND_ACT, const Act, act) {
        if (act->state == ACT_SUPPRESSED || act->state == ACT_PLANNED || !act->instance)
            continue;
        const Platform *known = g_hash_table_lookup(storm->keys, act->key);
        g_assert_nonnull(known);
        g_assert_cmpint(known->applied, <=, 1);
        if (act->state == ACT_DONE)
            g_assert_cmpint(known->applied, ==, 1);
        else
            g_assert_true(act->state == ACT_HELD && is_repeat(storm, "none"));
    }
}

static void test_storm(gconstpointer data)
{
    const char *repeat = data;
    for (guint32 seed = 1; seed <= 3; seed++) {
        Storm storm = {
            .scene = scene_new("2026-09-01T14:30:00Z", repeat),
            .repeat = repeat,
            .chance = g_rand_new_with_seed(seed),
            .keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        };
        for (int i = 0; i < STEPS; i++)
            step(&storm);
        calm(&storm);
        for (int i = 0; i < ACCOUNTS; i++) {
            g_autofree char *account = g_strdup_printf("A%d", i);
            check_account(&storm, account);
        }
        scene_assert_proof(storm.scene);
        g_hash_table_unref(storm.keys);
        g_rand_free(storm.chance);
        scene_free(storm.scene);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/storm/key", "key", test_storm);
    g_test_add_data_func("/storm/lookup", "lookup", test_storm);
    g_test_add_data_func("/storm/none", "none", test_storm);
    return g_test_run();
}
