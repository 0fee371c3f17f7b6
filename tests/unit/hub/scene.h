/* A hub with everything around it scripted: a virtual clock, a seeded chance, a store in a folder of its own, and ports that
 * write down what leaves and answer when the test says so. */
#ifndef DUNHUB_TESTS_HUB_SCENE_H
#define DUNHUB_TESTS_HUB_SCENE_H

#include "bus/bus.h"
#include "hub/hub.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    uint64_t id;
    int kind;
    char *instance, *verb, *key, *input;
    bool answered;
    GBytes *content;
} SceneCall;

typedef struct {
    char *folder;
    Store *store;
    VirtualClock clock;
    SeededRandom random;
    Arena *arena;
    Templates *templates;
    Configuration configuration;
    Hub *hub;
    GPtrArray *calls;     /* SceneCall, in order of leaving */
    GPtrArray *alerts;    /* codes */
    GPtrArray *published; /* types */
    size_t credit;
    json_t *mail, *ledger;
    json_t *pages;        /* events the ledger tells at its next poll */
    const char *trusted;  /* what a trusted time source says; NULL: as the clock; empty: there is none */
    bool fails;           /* polls fail */
    bool silent;          /* acts are not answered */
    bool draws;           /* letters are drawn: the test answers */
    uint64_t drawing;     /* the last letter that was to be drawn */
    size_t drawings;
} Scene;

static const char scene_conf[] =
    "organisation: {name: Acme, zone: America/Chicago, default_policy: ladder, fuse_factor: 3}\n"
    "settings: {minimum: {USD: \"0.00\"}}\n"
    "channels: {email: {via: [mail]}}\n"
    "policies:\n"
    "  ladder:\n"
    "    stages:\n"
    "      - {name: first_reminder, from: 1, to: 7, wait: 7, skippable: true}\n"
    "      - {name: second_notice, from: 8, to: null, wait: 7, skippable: false}\n";

/* ---- ports ------------------------------------------------------------------------------------ */

static inline size_t scene_credit(void *data, const char *instance)
{
    (void)instance;
    return ((Scene *)data)->credit;
}

static inline bool scene_send(void *data, const char *instance, uint64_t id, int kind, const char *verb,
                       const char *key, const char *input, GBytes *content, GError **error)
{
    (void)error;
    Scene *scene = data;
    SceneCall *call = g_new0(SceneCall, 1);
    *call = (SceneCall){id, kind, g_strdup(instance), g_strdup(verb), g_strdup(key), g_strdup(input), false,
                        content ? g_bytes_ref(content) : NULL};
    g_ptr_array_add(scene->calls, call);
    return true;
}

static inline void scene_publish(void *data, const char *type, uint64_t position, const char *event)
{
    (void)position;
    (void)event;
    g_ptr_array_add(((Scene *)data)->published, g_strdup(type));
}

static inline const json_t *scene_manifest(void *data, const char *instance)
{
    const Scene *scene = data;
    return strcmp(instance, "mail") == 0 ? scene->mail : scene->ledger;
}

static inline bool scene_trusted(void *data, Instant *ret_now)
{
    const Scene *scene = data;
    *ret_now = scene->clock.instant;
    return !scene->trusted || (*scene->trusted && instant_parse(scene->trusted, ret_now, NULL));
}

static inline void scene_alert(void *data, const HubAlert *alert)
{
    g_ptr_array_add(((Scene *)data)->alerts, g_strdup(alert->code));
}

static inline bool scene_draw(void *data, uint64_t job, const char *document, GError **error)
{
    Scene *scene = data;
    (void)error;
    g_assert_nonnull(strstr(document, "\"blocks\""));
    scene->drawing = job;
    scene->drawings++;
    return true;
}

/* ---- making ----------------------------------------------------------------------------------- */

static inline void scene_free_call(void *data)
{
    SceneCall *call = data;
    g_free(call->instance);
    g_free(call->verb);
    g_free(call->key);
    g_free(call->input);
    if (call->content)
        g_bytes_unref(call->content);
    g_free(call);
}

static inline void scene_write(const Scene *scene, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(scene->folder, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static inline void scene_templates(Scene *scene, Diags *diags)
{
    static const char *const names[] = {"first_reminder", "second_notice", "payment_returned"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *subject = g_strdup_printf("templates/%s/subject.txt", names[i]);
        g_autofree char *body = g_strdup_printf("templates/%s/body.txt", names[i]);
        scene_write(scene, subject, "About your account");
        scene_write(scene, body, "Please pay what is open.");
    }
    g_autofree char *folder = g_build_filename(scene->folder, "templates", NULL);
    scene->templates = templates_load(folder, diags);
}

static inline void scene_configure(Scene *scene, const char *conf)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(conf, strlen(conf), "test.yaml", scene->arena, diags);
    Rulebook book = {0};
    bool good = root && rulebook_load(root, NULL, 0, 1, scene->arena, diags, &book);
    if (!scene->templates)
        scene_templates(scene, diags);
    if (!good || !scene->templates)
        diags_print(diags, stderr, false);
    g_assert_true(good && scene->templates);
    static const Instance instances[] = {{.name = "rents", .plugin = "ledger"}, {.name = "mail", .plugin = "mail"}};
    scene->configuration = (Configuration){
        .canonical = arena_strdup(scene->arena, conf),
        .book = book,
        .instances = instances,
        .n_instances = G_N_ELEMENTS(instances),
        .templates = scene->templates,
    };
}

static inline void scene_store(Scene *scene)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(scene->folder, "store.db", NULL);
    store_open(&store_sqlite, path, STORE_READ_WRITE, NULL, &scene->store, &error);
    g_assert_no_error(error);
}

static inline void scene_hub_with(Scene *scene, bool dry, bool by_hand)
{
    g_autoptr(GError) error = NULL;
    HubSetup setup = {
        .clock = &scene->clock.clock,
        .random = &scene->random.random,
        .store = scene->store,
        .configuration = &scene->configuration,
        .ports = {scene, scene_credit, scene_send, scene_publish, scene_manifest, scene_trusted, scene_alert,
                  scene->draws ? scene_draw : NULL},
        .polls_by_hand = by_hand,
        .dry = dry,
    };
    scene->hub = hub_new(&setup, &error);
    g_assert_no_error(error);
}

/* repeat: how a repeat of message.email is made harmless. The ledger is released. */
static inline Scene *scene_new(const char *start, const char *repeat)
{
    g_autoptr(GError) error = NULL;
    Scene *scene = g_new0(Scene, 1);
    Instant at = 0;
    g_assert_true(instant_parse(start, &at, NULL));
    /* memory where there is some: these tests are about what is written, not about how fast a disk syncs */
    const char *base = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
    scene->folder = g_build_filename(base, "dunhub-hub-XXXXXX", NULL);
    g_assert_nonnull(g_mkdtemp(scene->folder));
    scene->arena = arena_new();
    scene->calls = g_ptr_array_new_with_free_func(scene_free_call);
    scene->alerts = g_ptr_array_new_with_free_func(g_free);
    scene->published = g_ptr_array_new_with_free_func(g_free);
    scene->credit = 100;
    scene->mail = json_pack("{s:s,s:[{s:s,s:s,s:s}]}", "name", "mail", "actions", "verb", "message.email", "effect", "contact",
                            "repeat", repeat);
    scene->ledger = json_pack("{s:s,s:[{s:s,s:b,s:b,s:i}]}", "name", "ledger", "sources", "name", "ledger", "ledger", true, "read",
                              false, "every_s", 3600);
    scene->pages = json_array();
    virtual_clock_init(&scene->clock, at);
    seeded_random_init(&scene->random, 42);
    scene_configure(scene, scene_conf);
    scene_store(scene);
    scene_hub_with(scene, false, true);
    hub_release_source(scene->hub, "rents", "person:test", &error);
    g_assert_no_error(error);
    return scene;
}

/* The hub dies here and now; another one opens the same store. */
static inline void scene_die(Scene *scene)
{
    hub_free(scene->hub);
    store_close(scene->store);
    g_ptr_array_set_size(scene->calls, 0);
    scene_store(scene);
    scene_hub_with(scene, false, true);
}

static inline void scene_remove(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        scene_remove(child);
    }
    if (dir)
        g_dir_close(dir);
    g_remove(path);
}

static inline void scene_free(Scene *scene)
{
    hub_free(scene->hub);
    store_close(scene->store);
    templates_free(scene->templates);
    arena_free(scene->arena);
    g_ptr_array_unref(scene->calls);
    g_ptr_array_unref(scene->alerts);
    g_ptr_array_unref(scene->published);
    json_decref(scene->mail);
    json_decref(scene->ledger);
    json_decref(scene->pages);
    scene_remove(scene->folder);
    g_free(scene->folder);
    g_free(scene);
}

/* ---- playing ---------------------------------------------------------------------------------- */

static inline void scene_settle(Scene *scene)
{
    g_autoptr(GError) error = NULL;
    hub_settle(scene->hub, &error);
    g_assert_no_error(error);
}

static inline void scene_answer(Scene *scene, SceneCall *call, int outcome, const char *external_id)
{
    call->answered = true;
    hub_result(scene->hub, call->instance, call->id, outcome, 0, NULL, outcome == OUTCOME_OK ? NULL : "said the test", external_id,
               NULL);
}

static inline bool scene_page(Scene *scene, const SceneCall *call, const json_t *events, const char *cursor)
{
    g_autofree const json_t **rows = g_new0(const json_t *, json_array_size(events) + 1);
    for (size_t i = 0; i < json_array_size(events); i++)
        rows[i] = json_array_get(events, i);
    return hub_page(scene->hub, call->instance, call->id, rows, json_array_size(events), cursor);
}

static inline bool scene_answer_poll(Scene *scene, SceneCall *call)
{
    if (scene->fails) {
        scene_answer(scene, call, OUTCOME_RETRY, NULL);
        return true;
    }
    bool taken = scene_page(scene, call, scene->pages, "c"); /* not if the hub has given the poll up */
    if (taken)
        json_array_clear(scene->pages);
    scene_answer(scene, call, taken ? OUTCOME_OK : OUTCOME_RETRY, NULL);
    return true;
}

/* Answers what has left; true if there was anything. */
static inline bool scene_answer_all(Scene *scene)
{
    bool any = false;
    for (guint i = 0; i < scene->calls->len; i++) {
        SceneCall *call = scene->calls->pdata[i];
        if (call->answered || (scene->silent && call->kind != CALL_POLL))
            continue;
        any = true;
        if (call->kind == CALL_POLL)
            scene_answer_poll(scene, call);
        else
            scene_answer(scene, call, OUTCOME_OK, "x-1");
    }
    return any;
}

static inline void scene_rest(Scene *scene)
{
    do
        scene_settle(scene);
    while (scene_answer_all(scene));
}

/* From one instant at which something can change to the next. */
static inline void scene_until(Scene *scene, const char *text)
{
    Instant until = 0;
    g_assert_true(instant_parse(text, &until, NULL));
    scene_rest(scene);
    for (Instant next = hub_next(scene->hub); next <= until; next = hub_next(scene->hub)) {
        virtual_clock_set(&scene->clock, MAX(next, scene->clock.instant));
        scene_rest(scene);
    }
    virtual_clock_set(&scene->clock, until);
    scene_rest(scene);
}

typedef struct {
    int verdict; /* -1: not answered yet */
    char *code;
} SceneTaken;

static inline void scene_taken(void *data, const IntakeAnswer *answer)
{
    SceneTaken *taken = data;
    taken->verdict = (int)answer->verdict;
    g_free(taken->code);
    taken->code = g_strdup(answer->code);
}

static inline json_t *scene_json(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json)
        g_error("%s: %s", error.text, text);
    return json;
}

/* data: JSON with ' for ". Queued, not turned. */
static inline void scene_submit(Scene *scene, const char *source, const char *id, const char *type, const char *account, const char *data,
                         SceneTaken *taken)
{
    g_autofree char *text = g_strdup(data);
    g_autoptr(json_t) json = scene_json(g_strdelimit(text, "'", '"'));
    if (taken)
        taken->verdict = -1;
    hub_submit(scene->hub, source, id, type, account, INSTANT_NONE, json, taken ? scene_taken : NULL, taken);
}

/* What the ledger tells at its next poll. */
static inline void scene_tells(Scene *scene, const char *id, const char *type, const char *account, const char *data)
{
    g_autofree char *text = g_strdup(data);
    json_array_append_new(scene->pages, json_pack("{s:s,s:s,s:s,s:o}", "id", id, "type", type, "account", account, "data",
                                                  scene_json(g_strdelimit(text, "'", '"'))));
}

/* ---- looking ---------------------------------------------------------------------------------- */

static inline const AccountState *scene_state(Scene *scene, const char *account)
{
    g_autoptr(GError) error = NULL;
    AccountState *state = arena_new0(scene->arena, AccountState, 1);
    bool found = false;
    store_load_account(scene->store, account, scene->arena, state, &found, &error);
    g_assert_no_error(error);
    return found ? state : NULL;
}

static inline const Act *scene_act(Scene *scene, const char *account, const char *verb)
{
    const AccountState *state = scene_state(scene, account);
    g_assert_nonnull(state);
    STATE_FOREACH(state, KIND_ACT, const Act, act)
        if (strcmp(act->verb, verb) == 0)
            return act;
    return NULL;
}

static inline size_t scene_sent(const Scene *scene, const char *verb)
{
    size_t n = 0;
    for (guint i = 0; i < scene->calls->len; i++) {
        const SceneCall *call = scene->calls->pdata[i];
        n += call->kind == CALL_ACTION && strcmp(call->verb, verb) == 0;
    }
    return n;
}

static inline SceneCall *scene_call(const Scene *scene, int kind)
{
    for (guint i = 0; i < scene->calls->len; i++) {
        SceneCall *call = scene->calls->pdata[i];
        if (!call->answered && call->kind == kind)
            return call;
    }
    return NULL;
}

static inline bool scene_alerted(const Scene *scene, const char *code)
{
    return g_ptr_array_find_with_equal_func(scene->alerts, code, g_str_equal, NULL);
}

typedef struct {
    const char *event;
    size_t n;
} SceneAudit;

static inline bool scene_count_audit(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    SceneAudit *audit = data;
    audit->n += g_strcmp0(entry->event, audit->event) == 0;
    return true;
}

static inline size_t scene_audited(Scene *scene, const char *account, const char *event)
{
    SceneAudit audit = {event, 0};
    g_assert_true(store_audit_read(scene->store, account, scene_count_audit, &audit, NULL));
    return audit.n;
}

static inline bool scene_no_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    (void)data;
    g_error("audit of %s, entry %" G_GUINT64_FORMAT ": %s", account, sequence, what);
    return false;
}

static inline void scene_assert_proof(Scene *scene)
{
    uint64_t entries = 0, seals = 0;
    g_assert_true(store_audit_verify(scene->store, scene_no_finding, NULL, &entries, &seals, NULL));
    g_assert_cmpuint(entries, >, 0);
}

#endif
