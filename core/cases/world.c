/* The installation a case stands for, written as one would write conf.d, and read by the loader of conf.d. */
#include <string.h>

#include "cases/graft.h"
#include "cases/ops.h"
#include "cases/play.h"
#include "cases/shape.h"

/* ---- settings ------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *of_case, *of_conf;
} setting_names[] = {
    {"days_to_overdue", NULL},
    {"reminder_delay", NULL},
    {"minimum_cents", NULL},
    {"days_to_delinquent", NULL},
    {"pending_grace_days", NULL},
    {"max_grace_days", NULL},
    {"first_step", NULL},
    {"auto_resolve", NULL},
    {"auto_suspend", NULL},
    {"auto_reactivate", NULL},
    {"late_fee_cents", NULL},
    {"prorate_suspension", NULL},
    {"step_days", NULL},
    {"pending_must_cover", NULL},
    {"no_cutoff_before_closed_day", NULL},
    {"approval_days", NULL},
};

static void put_settings(Node *root, const Case *c, const Node *settings, Arena *arena)
{
    Node *map = graft_map(arena, c->place);
    for (size_t i = 0; i < G_N_ELEMENTS(setting_names); i++) {
        const Node *value = settings != NULL ? node_get(settings, setting_names[i].of_case) : NULL;
        const char *name = setting_names[i].of_conf != NULL ? setting_names[i].of_conf : setting_names[i].of_case;
        if (value != NULL && !node_is_null(value))
            graft_put(arena, map, name, value);
    }
    graft_take(arena, map, "evaluate_at", node_get(c->given, "evaluate_at"));
    graft_take(arena, map, "send_at", node_get(c->given, "send_at"));
    graft_take(arena, map, "send_window", node_get(c->given, "send_window"));
    graft_take(arena, map, "currency", node_get(c->given, "currency"));
    if (g_strcmp0(node_text(c->given, "cost_benefit"), "fail") == 0) {
        graft_put_int(arena, map, "expected_rate_permille", 0);
        graft_put_int(arena, map, "expected_cost_cents", 1);
    }
    graft_put(arena, root, "settings", map);
}

static void put_calendars(Node *root, const Case *c, Arena *arena)
{
    Node *calendar = graft_map(arena, c->place);
    const Node *holidays = node_get(c->given, "holidays");
    if (holidays != NULL)
        graft_take(arena, calendar, "holidays", node_get(holidays, "default"));
    graft_take(arena, calendar, "closed_days", node_get(c->given, "closed_days"));
    Node *calendars = graft_map(arena, c->place);
    graft_put(arena, calendars, "default", calendar);
    graft_put(arena, root, "calendars", calendars);
}

static void put_organisation(Node *root, const Case *c, Arena *arena)
{
    Node *map = graft_map(arena, c->place);
    graft_put_text(arena, map, "name", "Example");
    graft_take(arena, map, "zone", node_get(c->given, "tz"));
    graft_put(arena, root, "organisation", map);
}

/* ---- actions --------------------------------------------------------------------------------------------------------------- */

static bool connected(const Case *c, const char *platform)
{
    const Node *list = node_get(c->given, "connected");
    return platform == NULL || list == NULL || node_list_has(list, platform);
}

static void put_actions(Node *root, const Case *c, Arena *arena)
{
    Node *actions = graft_map(arena, c->place);
    for (size_t i = 0; i < n_case_ops; i++) {
        const Op *op = &case_ops[i];
        g_autofree char *name = op_action_name(op);
        if (!connected(c, op->platform) || node_get(actions, name) != NULL || strcmp(op->op, "send") == 0)
            continue;
        Node *action = graft_map(arena, c->place);
        graft_put_text(arena, action, "verb", op->verb);
        if (op->platform != NULL)
            graft_put_text(arena, action, "via", op->platform);
        const Op *undo = op->undo != NULL ? op_find(op->undo, op->platform) : NULL;
        if (undo != NULL)
            graft_put_text(arena, action, "undo", undo->verb);
        if (op->adverse)
            graft_put_bool(arena, action, "adverse", true);
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
        graft_put_text(arena, channel, "via", case_carriers[i].platform);
        graft_put(arena, channels, case_carriers[i].channel, channel);
    }
    graft_put(arena, root, "channels", channels);
}

/* ---- S1's fan-out ----------------------------------------------------------------------------------------------------------- */

static const struct {
    Fan fan;
    const char *event, *when;
} fans[] = {
    {FAN_ENTRY, "case.opened", NULL},
    {FAN_STEP, "case.step_entered", NULL},
    {FAN_LEFT, "case.resolved", NULL},
    {FAN_PERSON, "case.step_entered", NULL},
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

/* ---- policies --------------------------------------------------------------------------------------------------------------- */

/* `source` says where a policy comes from and means nothing to the loader. */
static const Node *without_source(const Node *policy, Arena *arena)
{
    Node *map = graft_map(arena, policy->place);
    for (const Node *item = policy->first; item != NULL; item = item->next)
        if (strcmp(item->key, "source") != 0)
            graft_put(arena, map, item->key, item);
    return map;
}

static void put_policies(Node *root, const Case *c, Arena *arena)
{
    Node *policies = graft_map(arena, c->place);
    for (const Node *policy = c->policies != NULL ? c->policies->first : NULL; policy != NULL; policy = policy->next) {
        if (strcmp(policy->key, "by_segment") == 0 || policy->kind != NODE_MAP)
            continue;
        graft_put(arena, policies, policy->key, without_source(policy, arena));
    }
    graft_put(arena, root, "policies", policies);
    const Node *by_segment = c->policies != NULL ? node_get(c->policies, "by_segment") : NULL;
    if (by_segment == NULL)
        return;
    Node *segments = graft_map(arena, c->place);
    graft_put(arena, segments, "policies", by_segment);
    graft_put(arena, root, "segments", segments);
}

const Node *world_configuration(const Case *c, const Node *settings, Arena *arena)
{
    Node *root = graft_map(arena, c->place);
    put_organisation(root, c, arena);
    put_settings(root, c, settings, arena);
    put_calendars(root, c, arena);
    put_actions(root, c, arena);
    put_channels(root, c, arena);
    put_policies(root, c, arena);
    put_routes(root, c, arena);
    return root;
}

/* Versions published later stand in the tree; those they replaced are older ones still in use. */
Rulebook *world_rulebook(const Case *c, const Node *settings, const GPtrArray *changes, uint64_t epoch, Arena *arena, Diags *diags)
{
    Node *root = (Node *)world_configuration(c, settings, arena);
    StoredPolicy *older = arena_new0(arena, StoredPolicy, changes->len);
    size_t n_older = 0;
    for (guint i = 0; i < changes->len; i++) {
        const PolicyChange *change = changes->pdata[i];
        older[n_older++] = (StoredPolicy){change->policy, change->version, change->source_json};
    }
    Rulebook *book = arena_new0(arena, Rulebook, 1);
    return rulebook_load(root, older, n_older, epoch, arena, diags, book) ? book : NULL;
}

/* ---- accounts --------------------------------------------------------------------------------------------------------------- */

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
    date_format(date_add_months(today, -(int)node_int(facts, "collections_case_months_ago", 0), day), text);
    json_object_set_new(data, "collections_case_on", json_string(text));
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
    set_words(data, "zones", node_get(account, "zones"));
    set_words(data, "channel_order", node_get(account, "channel_order"));
    set_words(data, "service_reasons", node_get(account, "service_reasons"));
    set_int(data, "subscription_price_minor", node_get(account, "subscription"), "price_cents");
    const char *state = node_text(account, "state");
    if (state != NULL) {
        g_autofree char *path = g_strconcat("US/", state, NULL);
        set_text(data, "jurisdiction", path);
    }
    set_facts(data, node_get(account, "facts"), today);
    return data;
}

json_t *world_contact(const Node *point, size_t position)
{
    json_t *data = json_pack("{s:s, s:s, s:I}", "channel", node_text(point, "channel"), "address", node_text(point, "address"), "position",
                             (json_int_t)position);
    if (node_get(point, "consent") != NULL)
        set_text(data, "consent", node_bool(point, "consent", false) ? "granted" : "none");
    return data;
}
