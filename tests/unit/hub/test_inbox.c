/* Requests of platforms: durable before they are answered, events once, whatever ends badly in between. */
#include "scene.h"

typedef struct {
    int accepted, duplicates, others;
} Answers;

static void count(void *data, const IntakeAnswer *answer)
{
    Answers *answers = data;
    answers->accepted += answer->verdict == INTAKE_ACCEPTED;
    answers->duplicates += answer->verdict == INTAKE_DUPLICATE;
    answers->others += answer->verdict != INTAKE_ACCEPTED && answer->verdict != INTAKE_DUPLICATE;
}

static bool keep(Scene *scene, const char *instance, const char *delivery, const char *body,
                 Answers *answers)
{
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    HubRequest request = {
        instance, "status", delivery,
        "{\"headers\":{\"x-a\":\"1\"},\"method\":\"POST\",\"path\":\"/hooks/mail\"}", bytes};
    return hub_keep(scene->hub, &request, count, answers);
}

static size_t maps(const Scene *scene)
{
    size_t n = 0;
    for (guint i = 0; i < scene->calls->len; i++)
        n += ((SceneCall *)scene->calls->pdata[i])->kind == CALL_MAP;
    return n;
}

static SceneCall *last_map(const Scene *scene)
{
    for (guint i = scene->calls->len; i > 0; i--) {
        SceneCall *call = scene->calls->pdata[i - 1];
        if (call->kind == CALL_MAP)
            return call;
    }
    return NULL;
}

static Scene *begin_scene(void)
{
    Scene *scene = scene_new("2026-07-01T12:00:00Z", "key");
    scene->silent = true;
    scene_rest(scene);
    return scene;
}

static void waiting_and_dead(const Scene *scene, uint64_t waiting, uint64_t dead)
{
    g_autoptr(GError) error = NULL;
    uint64_t n = 0, n_dead = 0;
    g_assert_true(store_inbox_count(scene->store, &n, &n_dead, &error));
    g_assert_cmpuint(n, ==, waiting);
    g_assert_cmpuint(n_dead, ==, dead);
}

static void test_order_of_things(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    scene->credit = 0; /* its host is not up */
    g_assert_true(keep(scene, "mail", "d-1", "body", &answers));
    g_assert_cmpint(answers.accepted, ==, 0); /* not before it is durable */
    scene_rest(scene);
    g_assert_cmpint(answers.accepted, ==, 1); /* and without its plugin */
    g_assert_cmpuint(maps(scene), ==, 0);
    waiting_and_dead(scene, 1, 0);
    scene->credit = 100;
    scene_rest(scene);
    SceneCall *call = last_map(scene);
    g_assert_nonnull(call);
    g_assert_cmpstr(call->verb, ==, "status");
    gsize n = 0;
    const char *body = g_bytes_get_data(call->content, &n);
    g_assert_cmpuint(n, ==, 4);
    g_assert_true(memcmp(body, "body", 4) == 0);
    g_assert_cmpstr(call->input, ==,
                    "{\"headers\":{\"x-a\":\"1\"},\"hook\":\"status\",\"method\":\"POST\","
                    "\"path\":\"/hooks/mail\",\"received_at\":\"2026-07-01T12:00:00.000Z\"}");
    scene_answer(scene, call, OUTCOME_OK, NULL);
    scene_rest(scene);
    waiting_and_dead(scene, 0, 0);
    g_assert_cmpuint(maps(scene), ==, 1);
    scene_free(scene);
}

static void test_repeats(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    keep(scene, "mail", "d-1", "body", &answers);
    keep(scene, "mail", "d-1", "other", &answers); /* in the same group */
    scene_rest(scene);
    scene_answer(scene, last_map(scene), OUTCOME_OK, NULL);
    scene_rest(scene);
    keep(scene, "mail", "d-1", "body", &answers);  /* after it is over */
    keep(scene, "rents", "d-1", "body", &answers); /* of another instance: another one */
    scene_rest(scene);
    g_assert_cmpint(answers.accepted, ==, 2);
    g_assert_cmpint(answers.duplicates, ==, 2);
    g_assert_cmpuint(maps(scene), ==, 2);
    scene_free(scene);
}

static void test_events(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    keep(scene, "mail", "d-1", "body", &answers);
    scene_rest(scene);
    g_autoptr(json_t) events =
        json_pack("[{s:s,s:s,s:{s:s},s:{s:s,s:s}}]", "id", "e-1", "type", "message.replied", "refs",
                  "address", "nobody@example.test", "data", "channel", "email", "text", "hello");
    SceneCall *call = last_map(scene);
    g_assert_true(scene_page(scene, call, events, NULL));
    scene_answer(scene, call, OUTCOME_OK, NULL);
    scene_rest(scene);
    g_assert_cmpuint(hub_counters(scene->hub)->page_events, ==, 1);
    g_assert_cmpuint(hub_counters(scene->hub)->unresolved, ==, 1);
    g_assert_false(scene_page(scene, call, events, NULL)); /* the call is over */
    scene_free(scene);
}

/* The hub dies before the plugin has answered: it is mapped again, and the same events have no second effect. */
static void test_death(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    g_autoptr(json_t) events =
        json_pack("[{s:s,s:s,s:{s:s},s:{s:s,s:s}}]", "id", "e-1", "type", "message.replied", "refs",
                  "address", "nobody@example.test", "data", "channel", "email", "text", "hello");
    keep(scene, "mail", "d-1", "body", &answers);
    scene_rest(scene);
    g_assert_true(scene_page(scene, last_map(scene), events, NULL));
    scene_die(scene);
    scene_rest(scene);
    g_assert_cmpuint(maps(scene), ==, 1);
    g_assert_true(scene_page(scene, last_map(scene), events, NULL));
    scene_answer(scene, last_map(scene), OUTCOME_OK, NULL);
    scene_rest(scene);
    g_assert_cmpuint(hub_counters(scene->hub)->page_duplicates, ==, 1);
    g_assert_cmpuint(hub_counters(scene->hub)->unresolved, ==, 0);
    waiting_and_dead(scene, 0, 0);
    scene_free(scene);
}

static void test_failures(void)
{
    static const struct {
        int outcome;
        bool again;
    } rows[] = {
        {OUTCOME_RETRY, true},
        {OUTCOME_UNCERTAIN, true}, /* its host died: events are known by their ids */
        {OUTCOME_AUTH, true},
        {OUTCOME_PERMANENT, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Scene *scene = begin_scene();
        Answers answers = {0};
        keep(scene, "mail", "d-1", "body", &answers);
        scene_rest(scene);
        scene_answer(scene, last_map(scene), rows[i].outcome, NULL);
        scene_rest(scene);
        g_assert_cmpuint(maps(scene), ==, 1); /* not at once */
        waiting_and_dead(scene, rows[i].again, !rows[i].again);
        scene_until(scene, "2026-07-01T12:30:00Z");
        g_assert_cmpuint(maps(scene), ==, rows[i].again ? 2 : 1);
        scene_free(scene);
    }
}

/* What can never be mapped is given up, and told. */
static void test_given_up(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    keep(scene, "mail", "d-1", "body", &answers);
    for (int i = 0; i < 100; i++) {
        scene_rest(scene);
        SceneCall *call = last_map(scene);
        if (!call->answered)
            scene_answer(scene, call, OUTCOME_RETRY, NULL);
        virtual_clock_set(&scene->clock, scene->clock.instant + 20 * INSTANT_MINUTE);
    }
    g_assert_cmpuint(maps(scene), ==, 24);
    waiting_and_dead(scene, 0, 1);
    g_assert_cmpuint(hub_counters(scene->hub)->requests_dead, ==, 1);
    bool told = false;
    for (guint i = 0; i < scene->alerts->len; i++)
        told = told || strcmp(scene->alerts->pdata[i], "request_dead") == 0;
    g_assert_true(told);
    scene_free(scene);
}

/* A few of one instance at once; the others follow as these end. */
static void test_many(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    for (int i = 0; i < 50; i++) {
        g_autofree char *delivery = g_strdup_printf("d-%d", i);
        keep(scene, "mail", delivery, "body", &answers);
    }
    scene_rest(scene);
    g_assert_cmpint(answers.accepted, ==, 50);
    g_assert_cmpuint(maps(scene), ==, 4);
    for (guint i = 0; i < scene->calls->len; i++) {
        SceneCall *call = scene->calls->pdata[i];
        if (call->kind != CALL_MAP || call->answered)
            continue;
        scene_answer(scene, call, OUTCOME_OK, NULL);
        scene_rest(scene);
    }
    g_assert_cmpuint(maps(scene), ==, 50);
    waiting_and_dead(scene, 0, 0);
    scene_free(scene);
}

static void test_bounds(void)
{
    Scene *scene = begin_scene();
    Answers answers = {0};
    g_assert_false(keep(scene, "nobody", "d-1", "body", &answers));
    g_assert_cmpint(answers.others, ==, 1);
    bool taken = true;
    int n = 0;
    for (; taken && n < 10000; n++) {
        g_autofree char *delivery = g_strdup_printf("d-%d", n);
        taken = keep(scene, "mail", delivery, "body", &answers);
    }
    g_assert_cmpint(n, ==, 8193);
    g_assert_cmpint(answers.others, ==, 2);
    g_assert_cmpuint(hub_counters(scene->hub)->overflowed, ==, 1);
    scene_free(scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/inbox/order_of_things", test_order_of_things);
    g_test_add_func("/inbox/repeats", test_repeats);
    g_test_add_func("/inbox/events", test_events);
    g_test_add_func("/inbox/death", test_death);
    g_test_add_func("/inbox/failures", test_failures);
    g_test_add_func("/inbox/given_up", test_given_up);
    g_test_add_func("/inbox/many", test_many);
    g_test_add_func("/inbox/bounds", test_bounds);
    return g_test_run();
}
