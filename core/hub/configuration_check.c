/* What only the whole can tell: that somebody offers every verb, and that every template exists. */
#include "hub/configuration_load.h"

#include <string.h>

typedef struct {
    Loading *loading;
    const char *const *instance_names;
    GHashTable *seen; /* places: an action that is used by many is checked once */
    bool good;
} Check;

/* ---- who carries it ---- */

static const json_t *manifest_of(const Check *check, const Instance *instance)
{
    const Manifests *manifests = check->loading->manifests;
    const json_t *manifest = manifests ? manifests_get(manifests, instance->plugin) : NULL;
    return manifest && !json_object_get(manifest, "error") ? manifest : NULL;
}

static char *offered(const json_t *manifest)
{
    g_autoptr(GString) verbs_text = g_string_new(NULL);
    size_t i;
    json_t *action;
    json_array_foreach(json_object_get(manifest, "actions"), i, action)
    {
        g_string_append_printf(verbs_text, "%s%s", i ? ", " : "",
                               json_string_value(json_object_get(action, "verb")));
    }
    return g_strdup(verbs_text->len ? verbs_text->str : "no verb");
}

static const char *nearest_verb(const Check *check, const json_t *manifest, const char *verb)
{
    const json_t *actions = json_object_get(manifest, "actions");
    const char **names =
        arena_new0(check->loading->arena, const char *, json_array_size(actions) + 1);
    for (size_t i = 0; i < json_array_size(actions); i++)
        names[i] = json_string_value(json_object_get(json_array_get(actions, i), "verb"));
    return diag_nearest(verb, (const char *const *)names);
}

static void check_offer(Check *check, const ActionRule *rule, const Instance *instance)
{
    const json_t *manifest = manifest_of(check, instance);
    if (!manifest || manifest_action(manifest, rule->verb))
        return;
    const char *near = nearest_verb(check, manifest, rule->verb);
    g_autofree char *list = offered(manifest);
    if (near)
        diags_add(check->loading->diags, "C075", rule->place,
                  "instance '%s' (plugin %s) does not offer '%s', did you mean '%s'?",
                  instance->name, instance->plugin, rule->verb, near);
    else
        diags_add(check->loading->diags, "C075", rule->place,
                  "instance '%s' (plugin %s) does not offer '%s'; it offers %s", instance->name,
                  instance->plugin, rule->verb, list);
    check->good = false;
}

static bool takes_back(const Check *check, const ActionRule *rule)
{
    for (size_t i = 0; rule->via[i]; i++) {
        const Instance *instance = instance_named(check->loading->configuration, rule->via[i]);
        const json_t *manifest = instance ? manifest_of(check, instance) : NULL;
        if (!manifest || manifest_action(manifest, rule->undo))
            return true;
    }
    return rule->via[0] == NULL;
}

static void check_undo(Check *check, ActionRule *rule)
{
    if (!rule->undo || takes_back(check, rule))
        return;
    if (rule->undo_written) {
        diags_add(check->loading->diags, "C075", rule->place,
                  "'%s' cannot be taken back: no instance in 'via' offers '%s'", rule->verb,
                  rule->undo);
        check->good = false;
    }
    rule->undo = NULL;
}

static void check_carrier(Check *check, const ActionRule *rule)
{
    const Verb *verb = verb_by_name(rule->verb);
    if (rule->via[0] || (verb && verb->flags & VERB_HUB))
        return;
    bool message = verb && verb->flags & VERB_MESSAGE;
    diags_add(check->loading->diags, "C063", rule->place,
              "nobody carries '%s': name an instance in 'via'%s", rule->verb,
              message ? ", or set the channel up in 'channels'" : "");
    check->good = false;
}

static void check_template(Check *check, DiagPlace place, const char *who, const char *name)
{
    const Templates *templates = check->loading->configuration->templates;
    if (!templates || !name || templates_has(templates, name))
        return;
    const char *near = diag_nearest(name, templates_names(templates));
    if (near)
        diags_add(check->loading->diags, "C300", place,
                  "%s uses the unknown template '%s', did you mean '%s'?", who, name, near);
    else
        diags_add(check->loading->diags, "C300", place,
                  "%s uses the unknown template '%s'; add the folder %s/%s", who, name,
                  check->loading->configuration->templates_dir, name);
    check->good = false;
}

/* Rules were copied from `actions:` to where they are used: what is wrong with one is said once. */
static bool is_new(Check *check, const ActionRule *rule)
{
    g_autofree char *place =
        g_strdup_printf("%s:%d:%d %s", rule->place.file ? rule->place.file : "", rule->place.line,
                        rule->place.column, rule->place.line ? "" : rule->name);
    return g_hash_table_add(check->seen, g_steal_pointer(&place));
}

static void check_rule(Check *check, const ActionRule *rule)
{
    if (rule->verb[0] == '\0')
        return;
    bool first = is_new(check, rule);
    if (first) {
        g_autofree char *who = g_strdup_printf("action '%s'", rule->name);
        check_carrier(check, rule);
        check_template(check, rule->place, who, rule->template_name);
        for (size_t i = 0; rule->via[i]; i++) {
            const Instance *instance = instance_named(check->loading->configuration, rule->via[i]);
            if (instance) {
                check_offer(check, rule, instance);
                continue;
            }
            loading_unknown(check->loading, "C074", rule->place, "instance", rule->via[i],
                            check->instance_names);
            check->good = false;
        }
    }
    /* the arena is ours until the configuration is handed out; every copy loses an undo that nobody
     * offers */
    check_undo(check, (ActionRule *)rule);
}

static void check_rules(Check *check, const ActionRule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_rule(check, &rules[i]);
}

/* ---- notices ---- */

static void check_notices(Check *check, const Policy *policy)
{
    static const struct {
        unsigned notice;
        const char *name;
    } named[] = {{NOTICES_INVOICE, "invoice"},
                 {NOTICES_REMINDER, "reminder"},
                 {NOTICES_OVERDUE, "overdue"},
                 {NOTICES_DELINQUENCY, "delinquency"}};
    static const char *const always[] = {"payment_returned", "instalment_reminder",
                                         "promise_reminder"};
    g_autofree char *who = g_strdup_printf("policy '%s'", policy->name);
    bool sends = policy->notices != 0;
    for (size_t i = 0; i < G_N_ELEMENTS(named); i++)
        if (policy->notices & named[i].notice)
            check_template(check, policy->place, who, named[i].name);
    for (size_t i = 0; i < policy->n_steps && policy->automated_notices; i++) {
        check_template(check, policy->steps[i].place, who, policy->steps[i].notice_template);
        sends = sends || policy->steps[i].notice;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(always) && sends; i++)
        check_template(check, policy->place, who, always[i]);
    if (sends && check->loading->configuration->book.n_message_channels == 0) {
        diags_add(check->loading->diags, "C063", policy->place,
                  "%s sends notices, and no channel is set up in 'channels'", who);
        check->good = false;
    }
}

static void check_policy(Check *check, const Policy *policy)
{
    for (size_t i = 0; i < policy->n_steps; i++) {
        check_rules(check, policy->steps[i].on_enter, policy->steps[i].n_on_enter);
        check_rules(check, policy->steps[i].deliveries, policy->steps[i].n_deliveries);
    }
    check_rules(check, policy->with_first_notice, policy->n_with_first_notice);
    check_notices(check, policy);
}

static const char *const *names_of_instances(const Loading *loading)
{
    const Configuration *configuration = loading->configuration;
    const char **names = arena_new0(loading->arena, const char *, configuration->n_instances + 1);
    for (size_t i = 0; i < configuration->n_instances; i++)
        names[i] = configuration->instances[i].name;
    return (const char *const *)names;
}

bool configuration_check(Loading *loading)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Check check = {loading, names_of_instances(loading), seen, true};
    const Rulebook *book = &loading->configuration->book;
    check_rules(&check, book->message_channels, book->n_message_channels);
    check_rules(&check, book->actions, book->n_actions);
    for (size_t i = 0; i < book->n_policies; i++)
        check_policy(&check, book->policies[i]);
    for (size_t i = 0; i < book->n_routes; i++)
        check_rules(&check, book->routes[i].actions, book->routes[i].n_actions);
    return check.good;
}
