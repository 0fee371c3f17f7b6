/* The sections of the merged tree, in the order in which they need each other. */
#include "escalation/rulebook_load.h"

#include <inttypes.h>
#include <string.h>

#include "compliance/calendars.h"

typedef struct {
    const char *name, *language, *default_policy;
    const Zone *zone;
    int64_t fuse_factor;
} Organisation;

typedef struct {
    SegmentRules rules;
    const Node *vip_revenue, *policies, *settings;
} Segments;

static const Key organisation_keys[] = {
    {.name = "name",
     .type = KEY_TEXT,
     .offset = offsetof(Organisation, name),
     .flags = KEY_REQUIRED,
     .doc = "Name that notices are signed with."},
    {.name = "zone",
     .type = KEY_ZONE,
     .offset = offsetof(Organisation, zone),
     .flags = KEY_REQUIRED,
     .doc = "Time zone of accounts that have none of their own: America/Chicago."},
    {.name = "language",
     .type = KEY_TEXT,
     .offset = offsetof(Organisation, language),
     .default_text = "en",
     .doc = "Language (BCP 47) of accounts that have none of their own."},
    {.name = "default_policy",
     .type = KEY_NAME,
     .offset = offsetof(Organisation, default_policy),
     .doc = "Policy of accounts that name none; default by_segment, or the only policy."},
    {.name = "fuse_factor",
     .type = KEY_INT,
     .offset = offsetof(Organisation, fuse_factor),
     .least = 1,
     .most = 1000,
     .default_text = "5",
     .doc = "A day that would send more than this many times the usual number of notices stops "
            "until a person approves."},
};
static const Key segment_keys[] = {
    {.name = "policies",
     .type = KEY_NODE,
     .offset = offsetof(Segments, policies),
     .doc = "Policy of each segment: {vip: b2b_vip, standard: b2b_standard, high_risk: "
            "b2b_high_risk}."},
    {.name = "settings",
     .type = KEY_NODE,
     .offset = offsetof(Segments, settings),
     .doc = "Settings that differ by segment: {vip: {max_grace_days: 30}}; properties, leases and "
            "accounts win over them."},
    {.name = "vip_revenue",
     .type = KEY_NODE,
     .offset = offsetof(Segments, vip_revenue),
     .doc =
         "Annual revenue above which an account with excellent history is vip: \"100000.00 USD\"."},
    {.name = "vip_revenue_cents",
     .type = KEY_AMOUNT,
     .offset = offsetof(Segments, rules.vip_revenue),
     .least = 0,
     .most = INT64_MAX,
     .default_text = "10000000",
     .doc = "The same in minor units."},
    {.name = "excellent_share_permille",
     .type = KEY_INT,
     .offset = offsetof(Segments, rules.excellent_share_permille),
     .least = 0,
     .most = 1000,
     .default_text = "950",
     .doc = "Share of invoices settled in time for an excellent history, in thousandths."},
    {.name = "poor_share_permille",
     .type = KEY_INT,
     .offset = offsetof(Segments, rules.poor_share_permille),
     .least = 0,
     .most = 1000,
     .default_text = "600",
     .doc = "Below this share the history is poor, in thousandths."},
    {.name = "high_risk_overdue",
     .type = KEY_INT,
     .offset = offsetof(Segments, rules.high_risk_overdue),
     .least = 1,
     .most = 1000,
     .default_text = "2",
     .doc = "Invoices overdue at once that make an account high_risk."},
    {.name = "collections_months",
     .type = KEY_INT,
     .offset = offsetof(Segments, rules.collections_months),
     .least = 0,
     .most = 600,
     .default_text = "24",
     .doc = "Months for which a collections case makes an account high_risk."},
};

const ConfigSection *rulebook_sections(size_t *ret_n)
{
    static ConfigSection sections[96];
    static gsize ready;
    static size_t n;
    if (g_once_init_enter(&ready)) {
        const ConfigSection own[] = {
            {"organisation", "Who sends, and where the day begins.", organisation_keys,
             G_N_ELEMENTS(organisation_keys)},
            {"settings", "Every rule of the domain that may differ; a policy may override them.",
             settings_keys, n_settings_keys},
            {"calendars.<name>",
             "Business days: default is the organisation's; a calendar called by a jurisdiction, "
             "as "
             "US/CA, holds the holidays that its law counts by.",
             calendar_keys, n_calendar_keys},
            {"calendars.<name>.rules[]", "A holiday as a rule.", holiday_keys, n_holiday_keys},
            {"retention.<name>",
             "How long personal data is kept after the last act about an account, and when it "
             "goes.",
             retention_keys, n_retention_keys},
            {"segments", "What makes an account vip or high_risk, and the policy of each segment.",
             segment_keys, G_N_ELEMENTS(segment_keys)},
            {"properties.<name>, leases.<name>, accounts.<id>",
             "What differs for the accounts of a property, of a lease or contract, or for one "
             "account: the most specific wins, then segments, then policies.",
             layer_keys, n_layer_keys},
            {"channels.<channel>", "How notices are carried: email, sms, letter, voice, in_app.",
             channel_keys, n_channel_keys},
            {"actions.<name>", "Actions, named once and used by policies, graphs and routes.",
             action_keys, n_action_keys},
            {"replies.<rule>",
             "What the customer's replies say, beside the rules that always hold; one of the same "
             "name takes its place.",
             reply_keys, n_reply_keys},
            {"settings.late_fee, fee, fees",
             "A fee that is more than one sum, wherever one may be written.", fee_keys, n_fee_keys},
            {"settings.interest", "Interest on what is paid late.", interest_keys, n_interest_keys},
            {"routes[]", "On this event, when this holds, do that.", route_keys, n_route_keys},
        };
        size_t n_more;
        const ConfigSection *more = policy_sections(&n_more);
        g_assert(G_N_ELEMENTS(own) + n_more + n_rule_sections <= G_N_ELEMENTS(sections));
        for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
            sections[n++] = own[i];
        for (size_t i = 0; i < n_more; i++)
            sections[n++] = more[i];
        for (size_t i = 0; i < n_rule_sections; i++)
            if (rule_sections[i].n_keys > 0)
                sections[n++] = (ConfigSection){rule_sections[i].name, rule_sections[i].doc,
                                                rule_sections[i].keys, rule_sections[i].n_keys};
        g_once_init_leave(&ready, 1);
    }
    *ret_n = n;
    return sections;
}

/* ---- simple sections ---- */

static bool read_organisation(const Loader *loader, const Node *root, Rulebook *book)
{
    Organisation source = {0};
    const Node *map = node_get(root, "organisation");
    if (!map || node_is_null(map)) {
        diags_add(loader->diags, "C034", root->place, "the section 'organisation' is missing");
        return false;
    }
    if (!tree_read(map, organisation_keys, G_N_ELEMENTS(organisation_keys), loader->arena,
                   loader->diags, &source))
        return false;
    book->organisation = source.name;
    book->zone = source.zone;
    book->language = source.language;
    book->default_policy = source.default_policy;
    book->fuse_factor = source.fuse_factor;
    return true;
}

static bool read_settings(const Loader *loader, const Node *root, Rulebook *book)
{
    const Node *map = node_get(root, "settings");
    settings_init(loader, &book->settings);
    return !map || node_is_null(map) || settings_read(loader, map, &book->settings);
}

/* `default` is the organisation's; the others are called by a jurisdiction and count the days of
 * its law. */
static bool read_calendars(const Loader *loader, const Node *map, Rulebook *book)
{
    if (!calendars_load(map, loader->arena, loader->diags, &book->rules))
        return false;
    book->calendar = book->rules.calendar;
    return true;
}

static bool read_rules(const Loader *loader, const Node *map, Rulebook *book)
{
    return rules_load(map, loader->arena, loader->diags, &book->rules);
}

static bool read_segments(const Loader *loader, const Node *root, Rulebook *book,
                          const Node **ret_policies, const Node **ret_settings)
{
    static const Node nothing = {.kind = NODE_MAP};
    const Node *map = node_get(root, "segments");
    Segments source = {0};
    if (!map || node_is_null(map))
        map = &nothing;
    if (!tree_read(map, segment_keys, G_N_ELEMENTS(segment_keys), loader->arena, loader->diags,
                   &source))
        return false;
    if (source.vip_revenue && node_get(map, "vip_revenue_cents")) {
        diags_add(loader->diags, "C037", source.vip_revenue->key_place,
                  "'vip_revenue' and 'vip_revenue_cents' say the same; keep one");
        return false;
    }
    if (source.vip_revenue && !amount_read(loader, source.vip_revenue, book->settings.currency,
                                           &source.rules.vip_revenue))
        return false;
    book->segment_rules = source.rules;
    *ret_policies = source.policies;
    *ret_settings = source.settings;
    return true;
}

static bool read_section(const Loader *loader, const Node *root, const char *name, Rulebook *book,
                         bool (*read)(const Loader *loader, const Node *node, Rulebook *book))
{
    const Node *node = node_get(root, name);
    return !node || read(loader, node, book);
}

/* ---- policies ---- */

/* Policies of the tree as they are loaded, a base before those that extend it. */
typedef struct {
    Loader *loader;
    Rulebook *book;
    const Policy **policies; /* room for all */
    const StoredPolicy *older;
    size_t n_older;
    GHashTable *state; /* name -> LOADING, LOADED or BROKEN */
} Shelf;
enum { LOADING = 1, LOADED, BROKEN };

static void shelve(Shelf *shelf, const Policy *policy)
{
    shelf->policies[shelf->book->n_policies++] = policy;
    shelf->book->policies = shelf->policies;
}

static int64_t version_of(const Shelf *shelf, const Policy *policy)
{
    int64_t highest = 0;
    for (size_t i = 0; i < shelf->n_older; i++) {
        const StoredPolicy *stored = &shelf->older[i];
        if (strcmp(stored->name, policy->name) != 0)
            continue;
        if (strcmp(stored->source_json, policy->source_json) == 0)
            return stored->version;
        highest = MAX(highest, stored->version);
    }
    return highest + 1;
}

static int state_of(const Shelf *shelf, const char *name)
{
    return GPOINTER_TO_INT(g_hash_table_lookup(shelf->state, name));
}

static bool load_policy(Shelf *shelf, const Node *node)
{
    if (state_of(shelf, node->key))
        return state_of(shelf, node->key) != BROKEN;
    g_hash_table_insert(shelf->state, (gpointer)node->key, GINT_TO_POINTER(LOADING));
    const Node *extends = node_get(node, "extends"), *siblings = shelf->loader->siblings;
    const Node *base = extends && extends->kind == NODE_SCALAR && siblings
                           ? node_get(siblings, extends->text)
                           : NULL;
    Policy *policy = arena_new0(shelf->loader->arena, Policy, 1);
    /* what is wrong with the base is said once, there */
    bool good = (!base || load_policy(shelf, base)) &&
                policy_compile(shelf->loader, node->key, node, 1, policy);
    g_hash_table_insert(shelf->state, (gpointer)node->key, GINT_TO_POINTER(good ? LOADED : BROKEN));
    if (!good)
        return false;
    policy->version = version_of(shelf, policy);
    shelve(shelf, policy);
    return true;
}

static bool same_place(DiagPlace a, DiagPlace b)
{
    return a.line == b.line && a.column == b.column && g_strcmp0(a.file, b.file) == 0;
}

static bool load_section(Shelf *shelf, const Node *section)
{
    if (!section || node_is_null(section))
        return true;
    if (section->kind != NODE_MAP) {
        diags_add(shelf->loader->diags, "C030", section->place, "'%s' must be a map, not %s",
                  section->key, node_kind_name(section->kind));
        return false;
    }
    bool good = true;
    shelf->loader->siblings = section;
    for (const Node *node = section->first; node; node = node->next) {
        if (strcmp(node->key, "by_segment") == 0)
            continue;
        const Policy *same = rulebook_policy(shelf->book, node->key, NULL);
        if (same && !same_place(same->place, node->key_place)) {
            diags_add(shelf->loader->diags, "C059", node->key_place,
                      "a policy is called '%s' already", node->key);
            good = false;
            continue;
        }
        good = load_policy(shelf, node) && good;
    }
    shelf->loader->siblings = NULL;
    return good;
}

static bool load_older_one(Shelf *shelf, const StoredPolicy *stored)
{
    const Policy *newest = rulebook_policy(shelf->book, stored->name, NULL);
    if (newest && strcmp(newest->source_json, stored->source_json) == 0)
        return true;
    const Loader *loader = shelf->loader;
    const char *label =
        arena_printf(loader->arena, "policy %s version %" PRId64, stored->name, stored->version);
    Policy *policy = arena_new0(loader->arena, Policy, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(json_t) json =
        json_parse(stored->source_json, strlen(stored->source_json), TREE_MAX_BYTES, &error);
    if (!json || !policy_compile(loader, stored->name, node_from_json(json, label, loader->arena),
                                 stored->version, policy)) {
        diags_add(loader->diags, "C064", (DiagPlace){g_intern_string(label), 0, 0},
                  "accounts are still on this version, and it cannot be loaded%s%s",
                  error ? ": " : "", error ? error->message : "");
        return false;
    }
    if (newest)
        policy->mode = newest->mode;
    shelve(shelf, policy);
    return true;
}

static bool load_policies(Loader *loader, const Node *root, const StoredPolicy *older,
                          size_t n_older, Rulebook *book)
{
    const Node *policies = node_get(root, "policies"), *graphs = node_get(root, "graphs");
    size_t room = (policies ? policies->n : 0) + (graphs ? graphs->n : 0) + n_older;
    g_autoptr(GHashTable) state = g_hash_table_new(g_str_hash, g_str_equal);
    Shelf shelf = {loader, book,    arena_new0(loader->arena, const Policy *, room),
                   older,  n_older, state};
    bool good = load_section(&shelf, policies);
    good = load_section(&shelf, graphs) && good;
    for (size_t i = 0; i < n_older && good; i++)
        good = load_older_one(&shelf, &older[i]);
    return good;
}

/* ---- which account has which policy ---- */

static bool check_policy_name(const Loader *loader, const Rulebook *book, const char *name,
                              DiagPlace place)
{
    if (rulebook_policy(book, name, NULL))
        return true;
    const char **names = arena_new0(loader->arena, const char *, book->n_policies + 1);
    for (size_t i = 0; i < book->n_policies; i++)
        names[i] = book->policies[i]->name;
    loader_unknown(loader, "C058", place, "policy", name, (const char *const *)names);
    return false;
}

static bool read_by_segment(const Loader *loader, const Node *map, Rulebook *book)
{
    if (map->kind != NODE_MAP) {
        diags_add(loader->diags, "C030", map->place,
                  "'%s' must be a map of segments to policies, not %s", map->key,
                  node_kind_name(map->kind));
        return false;
    }
    SegmentPolicy *pairs = arena_new0(loader->arena, SegmentPolicy, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *entry = map->first; entry; entry = entry->next) {
        if (entry->kind != NODE_SCALAR) {
            diags_add(loader->diags, "C030", entry->place,
                      "'%s' must be the name of a policy, not %s", entry->key,
                      node_kind_name(entry->kind));
            good = false;
            continue;
        }
        good = check_policy_name(loader, book, entry->text, entry->place) && good;
        pairs[n++] = (SegmentPolicy){arena_strdup(loader->arena, entry->key),
                                     arena_strdup(loader->arena, entry->text)};
    }
    if (!node_get(map, "standard")) {
        diags_add(loader->diags, "C034", map->place, "the segment 'standard' has no policy");
        good = false;
    }
    book->by_segment = pairs;
    book->n_by_segment = n;
    return good;
}

static bool assign_policies(const Loader *loader, const Node *root, const Node *of_segments,
                            Rulebook *book)
{
    const Node *policies = node_get(root, "policies");
    const Node *by_segment = policies ? node_get(policies, "by_segment") : NULL;
    if (by_segment && of_segments) {
        diags_add(loader->diags, "C037", by_segment->key_place,
                  "'policies' of the section 'segments' says the same; keep one");
        return false;
    }
    by_segment = by_segment ? by_segment : of_segments;
    if (by_segment && !read_by_segment(loader, by_segment, book))
        return false;
    const char *name = book->default_policy;
    if (!name)
        book->default_policy = by_segment             ? "by_segment"
                               : book->n_policies > 0 ? book->policies[0]->name
                                                      : NULL;
    else if (strcmp(name, "by_segment") != 0 || !by_segment)
        return check_policy_name(loader, book, name,
                                 node_get(node_get(root, "organisation"), "default_policy")->place);
    return true;
}

/* ---- the whole ---- */

bool rulebook_load(const Node *root, const StoredPolicy *older, size_t n_older, uint64_t epoch,
                   Arena *arena, Diags *diags, Rulebook *ret_book)
{
    Rulebook book = {.epoch = epoch};
    Loader loader = {arena, diags, &book, NULL};
    const Node *of_segments = NULL, *segment_settings = NULL;
    bool good = read_organisation(&loader, root, &book);
    good = read_settings(&loader, root, &book) && good;
    good = read_section(&loader, root, "calendars", &book, read_calendars) && good;
    good = read_section(&loader, root, "rules", &book, read_rules) && good;
    good = read_section(&loader, root, "retention", &book, retention_read) && good;
    good = read_segments(&loader, root, &book, &of_segments, &segment_settings) && good;
    good = read_section(&loader, root, "channels", &book, channels_read) && good;
    book.replies = reply_builtin(arena);
    good = read_section(&loader, root, "replies", &book, replies_read) && good;
    good = read_section(&loader, root, "actions", &book, actions_read) && good;
    bool loaded = load_policies(&loader, root, older, n_older, &book);
    /* names of policies are only looked up where all of them are known */
    good = loaded && assign_policies(&loader, root, of_segments, &book) && good;
    good = good && layers_read(&loader, root, segment_settings, &book);
    good = read_section(&loader, root, "routes", &book, routes_read) && good;
    if (good)
        *ret_book = book;
    return good;
}

const Policy *rulebook_policy(const Rulebook *book, const char *name, const char *hash)
{
    for (size_t i = 0; name && i < book->n_policies; i++) {
        const Policy *policy = book->policies[i];
        if (*policy->name == *name && strcmp(policy->name, name) == 0 &&
            (!hash || (*policy->hash == *hash && strcmp(policy->hash, hash) == 0)))
            return policy;
    }
    return NULL;
}
