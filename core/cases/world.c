/* The installation a case stands for, written as one would write conf.d, and read by the loader of
 * conf.d. */
#include <string.h>

#include "cases/graft.h"
#include "cases/ops.h"
#include "cases/play.h"
#include "cases/shape.h"

/* ---- settings ----------------------------------------------------------------------------- */

static void put_settings(Node *root, const Case *c, const Node *settings, Arena *arena)
{
    static const char *const of_given[] = {"evaluate_at", "send_at", "send_window", "currency"};
    Node *map = graft_overlay(arena, NULL, settings);
    for (size_t i = 0; i < G_N_ELEMENTS(of_given); i++)
        graft_take(arena, map, of_given[i], node_get(c->given, of_given[i]));
    if (g_strcmp0(node_text(c->given, "cost_benefit"), "fail") == 0) {
        graft_put_int(arena, map, "expected_rate_permille", 0);
        graft_put_int(arena, map, "expected_cost_cents", 1);
    }
    graft_put(arena, root, "settings", map);
}

/* `holidays` names states, the configuration the paths of their law. */
static void put_calendars(Node *root, const Case *c, Arena *arena)
{
    Node *calendars = graft_map(arena, c->place);
    Node *calendar = graft_map(arena, c->place);
    const Node *holidays = node_get(c->given, "holidays");
    for (const Node *days = holidays != NULL ? holidays->first : NULL; days != NULL;
         days = days->next) {
        bool is_default = strcmp(days->key, "default") == 0;
        Node *place = is_default ? calendar : graft_map(arena, c->place);
        graft_take(arena, place, "holidays", days);
        g_autofree char *path = g_strconcat("US/", days->key, NULL);
        if (!is_default)
            graft_put(arena, calendars, arena_strdup(arena, path), place);
    }
    graft_take(arena, calendar, "closed_days", node_get(c->given, "closed_days"));
    graft_put(arena, calendars, "default", calendar);
    const Node *more = node_get(c->given, "calendars");
    for (const Node *own = more != NULL ? more->first : NULL; own != NULL; own = own->next)
        graft_put(arena, calendars, own->key, own);
    graft_put(arena, root, "calendars", calendars);
}

static void put_organisation(Node *root, const Case *c, Arena *arena)
{
    Node *map = graft_map(arena, c->place);
    graft_put_text(arena, map, "name", "Example");
    graft_take(arena, map, "zone", node_get(c->given, "tz"));
    graft_put_int(arena, map, "fuse_factor", 1000);
    graft_put(arena, root, "organisation", map);
}

/* ---- actions ------------------------------------------------------------------------------ */

static bool connected(const Case *c, const char *platform)
{
    const Node *list = node_get(c->given, "connected");
    return platform == NULL || list == NULL || node_list_has(list, platform);
}

static void put_via(Node *map, const char *platform, Arena *arena)
{
    Node *via = graft_list(arena, map->place);
    graft_append_text(arena, via, platform);
    graft_put(arena, map, "via", via);
}

static void put_actions(Node *root, const Case *c, Arena *arena)
{
    Node *actions = graft_map(arena, c->place);
    for (size_t i = 0; i < n_case_ops; i++) {
        const Op *op = &case_ops[i];
        g_autofree char *name = op_action_name(op);
        if (!connected(c, op->platform) || node_get(actions, name) != NULL ||
            strcmp(op->op, "send") == 0)
            continue;
        Node *action = graft_map(arena, c->place);
        graft_put_text(arena, action, "verb", op->verb);
        if (op->platform != NULL)
            put_via(action, op->platform, arena);
        graft_put(arena, actions, name, action);
    }
    graft_put(arena, root, "actions", actions);
}

static void put_channels(Node *root, const Case *c, Arena *arena)
{
    Node *channels = graft_map(arena, c->place);
    for (size_t i = 0; i < n_case_carriers; i++) {
        Node *channel = graft_map(arena, c->place);
        graft_put_text(arena, channel, "verb", case_carriers[i].verb);
        put_via(channel, case_carriers[i].platform, arena);
        graft_put(arena, channels, case_carriers[i].channel, channel);
    }
    graft_put(arena, root, "channels", channels);
}

/* ---- S1's fan-out ------------------------------------------------------------------------- */

static const struct {
    Fan fan;
    const char *event, *when;
} fans[] = {
    {FAN_ENTRY, "case.opened", NULL},
    {FAN_STEP, "case.step_entered", NULL},
    {FAN_LEFT, "case.step_left", NULL},
    {FAN_PERSON, "case.needs_intervention", NULL},
    {FAN_HIGH, "case.step_entered", "severity == \"high\""},
};

static void put_routes(Node *root, const Case *c, Arena *arena)
{
    Node *routes = graft_list(arena, c->place);
    for (size_t f = 0; f < G_N_ELEMENTS(fans); f++) {
        Node *acts = graft_list(arena, c->place);
        for (size_t i = 0; i < n_case_ops; i++) {
            if (case_ops[i].fan != fans[f].fan || !connected(c, case_ops[i].platform))
                continue;
            g_autofree char *name = op_action_name(&case_ops[i]);
            graft_append_text(arena, acts, name);
        }
        if (acts->n == 0)
            continue;
        Node *route = graft_map(arena, c->place);
        graft_put_text(arena, route, "event", fans[f].event);
        if (fans[f].when != NULL)
            graft_put_text(arena, route, "when", fans[f].when);
        graft_put(arena, route, "do", acts);
        graft_append(arena, routes, route);
    }
    graft_put(arena, root, "routes", routes);
}

/* ---- policies ----------------------------------------------------------------------------- */

/* As the file has them; a version published later stands in place of the one before it. */
static void put_policies(Node *root, const Case *c, const GPtrArray *published, Arena *arena)
{
    Node *policies = graft_overlay(arena, NULL, c->policies);
    for (guint i = 0; i < published->len; i++) {
        const PolicyVersion *version = published->pdata[i];
        g_autoptr(json_t) json =
            json_parse(version->source_json, strlen(version->source_json), 1 << 20, NULL);
        graft_put(arena, policies, version->policy, node_from_json(json, c->place.file, arena));
    }
    graft_put(arena, root, "policies", policies);
}

/* Sections as conf.d has them; `accounts` of a case are the accounts themselves. */
static void put_layers(Node *root, const Case *c, Arena *arena)
{
    static const char *const sections[][2] = {{"properties", "properties"},
                                              {"leases", "leases"},
                                              {"account_settings", "accounts"},
                                              {"segments", "segments"}};
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
        graft_take(arena, root, sections[i][1], node_get(c->given, sections[i][0]));
}

static const Node *configuration_tree(const Case *c, const Node *settings,
                                      const GPtrArray *published, const Node *rules, Arena *arena)
{
    Node *root = graft_map(arena, c->place);
    put_organisation(root, c, arena);
    put_settings(root, c, settings, arena);
    put_calendars(root, c, arena);
    graft_take(arena, root, "rules", rules);
    graft_take(arena, root, "replies", node_get(c->given, "replies"));
    put_actions(root, c, arena);
    put_channels(root, c, arena);
    put_policies(root, c, published, arena);
    put_routes(root, c, arena);
    put_layers(root, c, arena);
    return root;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void add_instance(GArray *instances, const char *name)
{
    for (guint i = 0; i < instances->len; i++)
        if (strcmp(g_array_index(instances, Instance, i).name, name) == 0)
            return;
    Instance instance = {.name = name, .plugin = "scripted"};
    g_array_append_val(instances, instance);
}

static void put_instances(Configuration *configuration, const Case *c, Arena *arena)
{
    g_autoptr(GArray) instances = g_array_new(FALSE, TRUE, sizeof(Instance));
    add_instance(instances, STAGE_LEDGER);
    for (size_t i = 0; i < n_case_carriers; i++)
        add_instance(instances, case_carriers[i].platform);
    for (size_t i = 0; i < n_case_ops; i++)
        if (case_ops[i].platform != NULL && connected(c, case_ops[i].platform))
            add_instance(instances, case_ops[i].platform);
    configuration->instances = arena_dup(arena, instances->data, instances->len * sizeof(Instance));
    configuration->n_instances = instances->len;
}

static bool load_rulebook(const Node *root, const GPtrArray *published, uint64_t epoch,
                          Arena *arena, Diags *diags, Rulebook *ret_book)
{
    StoredPolicy *older = arena_new0(arena, StoredPolicy, published->len);
    for (guint i = 0; i < published->len; i++) {
        const PolicyVersion *version = published->pdata[i];
        older[i] = (StoredPolicy){version->policy, version->version, version->source_json};
    }
    return rulebook_load(root, older, published->len, epoch, arena, diags, ret_book);
}

const Configuration *world_configuration(const Case *c, const Node *settings,
                                         const GPtrArray *published, const Node *rules,
                                         const Templates *templates, uint64_t epoch, Arena *arena,
                                         Diags *diags)
{
    const Node *root = configuration_tree(c, settings, published, rules, arena);
    Configuration *configuration = arena_new0(arena, Configuration, 1);
    if (!load_rulebook(root, published, epoch, arena, diags, &configuration->book))
        return NULL;
    g_autoptr(json_t) json = node_to_json(root);
    g_autofree char *canonical = json_canonical(json);
    Hash hash = hash_of(canonical, strlen(canonical));
    configuration->canonical = arena_strdup(arena, canonical);
    hash_hex(&hash, configuration->hash);
    configuration->templates = templates;
    put_instances(configuration, c, arena);
    return configuration;
}

/* ---- accounts ----------------------------------------------------------------------------- */

static void set_text(json_t *object, const char *member, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, member, json_string(text));
}

static void set_bool(json_t *object, const char *member, const Node *map, const char *key)
{
    if (map != NULL && node_get(map, key) != NULL)
        json_object_set_new(object, member, json_boolean(node_bool(map, key, false)));
}

static void set_int(json_t *object, const char *member, const Node *map, const char *key)
{
    if (map != NULL && node_get(map, key) != NULL)
        json_object_set_new(object, member, json_integer(node_int(map, key, 0)));
}

static void set_words(json_t *object, const char *member, const Node *list)
{
    if (list == NULL)
        return;
    g_autoptr(GString) words = g_string_new(NULL);
    for (const Node *item = list->first; item != NULL; item = item->next)
        g_string_append_printf(words, "%s%s", words->len > 0 ? "," : "", item->text);
    json_object_set_new(object, member, json_string(words->str));
}

static void set_facts(json_t *data, const Node *facts, Date today)
{
    if (facts == NULL)
        return;
    set_int(data, "annual_revenue_minor", facts, "annual_revenue_cents");
    set_text(data, "history", node_text(facts, "history"));
    set_bool(data, "strategic", facts, "strategic");
    set_int(data, "overdue_invoices", facts, "overdue_invoices");
    if (node_get(facts, "collections_case_months_ago") == NULL)
        return;
    int year, month, day;
    date_to_ymd(today, &year, &month, &day);
    char text[16];
    date_format(
        date_add_months(today, -(int)node_int(facts, "collections_case_months_ago", 0), day), text);
    json_object_set_new(data, "collections_case_on", json_string(text));
}

/* Facts of the law, by the names of the records' fields. */
void world_put_law(json_t *data, const Node *law)
{
    if (law == NULL)
        return;
    g_autoptr(json_t) facts = node_to_json(law);
    json_object_update(data, facts);
}

json_t *world_account(const Case *c, const Node *account, Date today)
{
    (void)c;
    json_t *data = json_object();
    static const char *const texts[] = {"name", "kind", "segment", "pinned_segment", "service"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        set_text(data, texts[i], node_text(account, texts[i]));
    const char *policy = node_text(account, "policy");
    if (g_strcmp0(policy, "by_segment") != 0)
        set_text(data, "policy", policy);
    set_bool(data, "is_consumer", account, "is_consumer");
    set_text(data, "parent", node_text(account, "parent"));
    set_bool(data, "collect_with_parent", account, "collect_with_parent");
    set_bool(data, "is_test", account, "is_test");
    set_text(data, "property", node_text(account, "property"));
    set_text(data, "lease", node_text(account, "lease"));
    set_words(data, "tags", node_get(account, "tags"));
    set_words(data, "zones", node_get(account, "zones"));
    set_words(data, "channel_order", node_get(account, "channel_order"));
    set_words(data, "service_reasons", node_get(account, "service_reasons"));
    set_int(data, "subscription_price_minor", node_get(account, "subscription"), "price_cents");
    set_text(data, "jurisdiction", node_text(account, "jurisdiction"));
    const char *state = node_text(account, "state");
    if (state != NULL) {
        g_autofree char *path = g_strconcat("US/", state, NULL);
        set_text(data, "jurisdiction", path);
    }
    set_text(data, "jurisdiction", node_text(account, "jurisdiction"));
    world_put_law(data, node_get(account, "law"));
    set_facts(data, node_get(account, "facts"), today);
    return data;
}

json_t *world_contact(const Node *point, size_t position)
{
    json_t *data = json_pack("{s:s, s:s, s:I}", "channel", node_text(point, "channel"), "address",
                             node_text(point, "address"), "position", (json_int_t)position);
    if (node_get(point, "consent") != NULL)
        set_text(data, "consent", node_bool(point, "consent", false) ? "granted" : "none");
    world_put_law(data, node_get(point, "law"));
    return data;
}
