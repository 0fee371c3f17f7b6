/* Letters between release and call: drawn elsewhere, kept by hash, journalled before they leave. */
#include "scene.h"

static const char letters_conf[] =
    "organisation: {name: Acme, zone: America/Chicago, default_policy: ladder, fuse_factor: 3}\n"
    "settings: {minimum: {USD: \"0.00\"}}\n"
    "channels: {letter: {via: [mail]}, email: {via: [mail]}}\n"
    "policies:\n"
    "  ladder:\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: null, wait: 7, skippable: true}\n";

static Scene *letters_scene(void)
{
    Scene *scene = scene_new("2026-07-10T06:00:00Z", "key");
    g_autoptr(Diags) diags = diags_new();
    hub_free(scene->hub);
    templates_free(scene->templates);
    scene_write(scene, "templates/first_reminder/letter.txt",
                "Dear {{account.name}},\n\nplease pay {{amount}}.\n");
    scene_templates(scene, diags);
    scene_configure(scene, letters_conf);
    scene->draws = true;
    scene_hub_with(scene, false, true);
    scene_submit(scene, "rents", "1", "account.updated", "A",
                 "{'external_id':'A','name':'Ann','kind':'business'}", NULL);
    scene_submit(scene, "rents", "2", "contact.updated", "A",
                 "{'channel':'letter','address':'1 High St, Columbus, OH 43215','position':0}",
                 NULL);
    scene_submit(scene, "rents", "3", "contact.updated", "A",
                 "{'channel':'email','address':'a@x.example','position':1}", NULL);
    scene_submit(scene, "rents", "4", "invoice.updated", "A",
                 "{'id':'I1','currency':'USD','amount':50000,'issued_on':'2026-06-01','due_on':'"
                 "2026-07-01','kind':'charge',"
                 "'status':'open'}",
                 NULL);
    scene_rest(scene);
    return scene;
}

/* Up to the hour at which the letter is to be drawn. */
static const Act *until_drawing(Scene *scene)
{
    g_autoptr(GError) error = NULL;
    Instant end = 0;
    g_assert_true(instant_parse("2026-07-12T20:00:00Z", &end, NULL));
    while (scene->drawings == 0 && scene->clock.instant < end) {
        scene_rest(scene);
        virtual_clock_set(&scene->clock, MAX(scene->clock.instant, MIN(end, hub_next(scene->hub))));
    }
    g_assert_cmpuint(scene->drawings, ==, 1);
    g_assert_cmpuint(scene_sent(scene, "message.letter"), ==, 0);
    g_assert_false(hub_idle(scene->hub, &error));
    g_assert_cmpuint(hub_in_flight(scene->hub), ==, 1);
    const Act *act = scene_act(scene, "A", "message.letter");
    g_assert_cmpint(act->state, ==, ACT_READY);
    return act;
}

static void draw(Scene *scene, const char *bytes, bool refused)
{
    g_autoptr(GBytes) pdf = bytes ? g_bytes_new(bytes, strlen(bytes)) : NULL;
    hub_drawn(scene->hub, scene->drawing, pdf, 2, refused, bytes ? NULL : "no font has it");
    scene_rest(scene);
}

static void test_drawn(void)
{
    Scene *scene = letters_scene();
    until_drawing(scene);
    draw(scene, "%PDF-1", false);
    g_assert_cmpuint(scene_sent(scene, "message.letter"), ==, 1);
    const Act *act = scene_act(scene, "A", "message.letter");
    g_assert_cmpint(act->state, ==, ACT_DONE);
    Hash hash = hash_of("%PDF-1", 6);
    char hex[HASH_HEX];
    g_assert_cmpstr(act->document, ==, hash_hex(&hash, hex));
    g_autoptr(GBytes) kept = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_true(store_blob_get(scene->store, act->document, &kept, &error));
    g_assert_nonnull(kept);
    for (guint i = 0; i < scene->calls->len; i++) {
        const SceneCall *call = scene->calls->pdata[i];
        if (strcmp(call->verb, "message.letter") != 0)
            continue;
        g_assert_true(g_bytes_equal(call->content, kept));
        g_assert_nonnull(
            strstr(call->input, "\"attachments\":[{\"body\":0,\"name\":\"A-first_reminder.pdf\""));
        g_assert_null(strstr(call->input, "\"document\""));
    }
    scene_free(scene);
}

/* A refused letter failed for good: the notice goes by the next channel. */
static void test_refused(void)
{
    Scene *scene = letters_scene();
    until_drawing(scene);
    draw(scene, NULL, true);
    g_assert_cmpint(scene_act(scene, "A", "message.letter")->state, ==, ACT_DEAD);
    scene_until(scene, "2026-07-14T20:00:00Z");
    g_assert_cmpuint(scene_sent(scene, "message.letter"), ==, 0);
    g_assert_cmpuint(scene_sent(scene, "message.email"), ==, 1);
    scene_free(scene);
}

/* One that could not be drawn now is tried again, and nothing else happens meanwhile. */
static void test_again(void)
{
    Scene *scene = letters_scene();
    until_drawing(scene);
    draw(scene, NULL, false);
    g_assert_cmpint(scene_act(scene, "A", "message.letter")->state, ==, ACT_RETRY);
    scene_until(scene, "2026-07-11T20:00:00Z");
    g_assert_cmpuint(scene->drawings, ==, 2);
    draw(scene, "%PDF-1", false);
    g_assert_cmpint(scene_act(scene, "A", "message.letter")->state, ==, ACT_DONE);
    scene_free(scene);
}

/* The hub dies while the letter is drawn: nothing had left, so there is no doubt; it is drawn anew. */
static void test_death(void)
{
    Scene *scene = letters_scene();
    until_drawing(scene);
    scene_die(scene);
    scene_rest(scene);
    scene_until(scene, "2026-07-11T20:00:00Z");
    g_assert_cmpuint(scene->drawings, ==, 2);
    draw(scene, "%PDF-1", false);
    g_assert_cmpuint(scene_sent(scene, "message.letter"), ==, 1);
    g_assert_cmpint(scene_act(scene, "A", "message.letter")->state, ==, ACT_DONE);
    scene_free(scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/drawing/drawn", test_drawn);
    g_test_add_func("/drawing/refused", test_refused);
    g_test_add_func("/drawing/again", test_again);
    g_test_add_func("/drawing/death", test_death);
    return g_test_run();
}
