/* The groups come from facts of the accounts, or from a file that is read here and kept nowhere: what a person's traits are is
 * not known to the hub, and no rule can read it. */
#include "cmd/disparity.h"

#include <glib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/desk.h"
#include "cmd/table.h"
#include "ledger/treatment.h"

enum {
    PAGE = 500,
    GROUPS_MAX = 1000,          /* further ones are counted together, as "(others)" */
    REASONS_MAX = 1000,         /* of a group: further ones as "(others)" */
    GROUPS_FILE_MAX = 64 << 20, /* bytes */
    GROUP_SHOWN = 60,
    REASON_SHOWN = 120,
};
#define NO_REASON "(none was given)"

typedef struct {
    char *name;
    Treatments treatments;
    GHashTable *overrides; /* "what\nreason" -> int64_t */
    int64_t n_overrides, without_reason;
} Group;

typedef struct {
    const Station *station;
    const char *by;
    GHashTable *of_account; /* account -> group, of --groups; NULL: by */
    GHashTable *groups;     /* name -> Group */
    Treatments all;
    Date from, to;
    Instant begins, ends;
    char *last;
    size_t n;                  /* of this page */
    const AccountState *state; /* whose audit is read */
    Group *group;
    GError *error;
} Comparing;

static void group_free(void *data)
{
    Group *group = data;
    g_free(group->name);
    g_hash_table_destroy(group->overrides);
    g_free(group);
}

static Group *group_named(Comparing *c, const char *name)
{
    Group *group = g_hash_table_lookup(c->groups, name);
    if (group == NULL && g_hash_table_size(c->groups) >= GROUPS_MAX)
        group = g_hash_table_lookup(c->groups, name = "(others)");
    if (group != NULL)
        return group;
    group = g_new0(Group, 1);
    *group = (Group){.name = g_strdup(name),
                     .overrides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
    g_hash_table_insert(c->groups, group->name, group);
    return group;
}

/* ---- which group ----------------------------------------------------------------------------- */

static const char *const by_words[] = {"segment",      "policy",   "property", "lease",
                                       "jurisdiction", "language", "kind",     NULL};

static const char *policy_of(const AccountState *state)
{
    const char *policy = state->account.policy;
    STATE_FOREACH (state, KIND_CYCLE, const Cycle, cycle)
        policy = cycle->policy != NULL ? cycle->policy : policy;
    return policy;
}

static const char *fact_of(const char *by, const AccountState *state)
{
    static const char *const kinds[] = {"tenant", "subscriber", "business"};
    const Account *account = &state->account;
    const struct {
        const char *by, *fact;
    } facts[] = {
        {"segment", account->segment},   {"policy", policy_of(state)},
        {"property", account->property}, {"lease", account->lease},
        {"language", account->language}, {"jurisdiction", account->jurisdiction},
        {"kind", kinds[account->kind]},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++)
        if (strcmp(facts[i].by, by) == 0)
            return facts[i].fact;
    return NULL;
}

static Group *group_of(Comparing *c, const AccountState *state)
{
    const Account *account = &state->account;
    const char *name = NULL;
    if (c->of_account == NULL)
        name = fact_of(c->by, state);
    else if ((name = g_hash_table_lookup(c->of_account, account->id)) == NULL &&
             account->external_id != NULL)
        name = g_hash_table_lookup(c->of_account, account->external_id);
    return group_named(c, name != NULL ? name : "(none)");
}

/* One field of a line, with or without quotes; *at behind it and its comma. NULL: a quote is not closed. */
static char *csv_field(const char **at)
{
    g_autoptr(GString) field = g_string_new(NULL);
    const char *p = *at;
    bool quoted = *p == '"';
    for (p += quoted; *p != '\0' && (quoted || *p != ','); p++) {
        if (quoted && *p == '"' && p[1] != '"')
            break;
        p += quoted && *p == '"';
        g_string_append_c(field, *p);
    }
    if (quoted && *p != '"')
        return NULL;
    p += quoted;
    *at = p + (*p == ',');
    return g_strstrip(g_string_free(g_steal_pointer(&field), FALSE));
}

static int read_line(const char *file, guint number, const char *text, GHashTable *groups)
{
    const char *at = text;
    g_autofree char *account = csv_field(&at);
    g_autofree char *group = account != NULL ? csv_field(&at) : NULL;
    if (group == NULL || *account == '\0' || *group == '\0' || *at != '\0')
        return command_fail("rules", EXIT_USAGE,
                            "%s:%u: a line is an account and its group, such as C-1007,north", file,
                            number);
    g_autofree char *name = text_one_line(group, GROUP_SHOWN);
    g_hash_table_insert(groups, g_steal_pointer(&account), g_steal_pointer(&name));
    return EXIT_GOOD;
}

/* The first line of titles, where it is called account, is passed over. */
static int read_groups(const char *file, GHashTable *groups)
{
    g_autofree char *text = NULL;
    gsize n = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &text, &n, &error))
        return command_fail("rules", EXIT_ENVIRONMENT, "--groups: %s", error->message);
    if (n > GROUPS_FILE_MAX || !text_is_clean(text, n))
        return command_fail("rules", EXIT_USAGE,
                            "--groups: %s is no UTF-8 text of at most 64 MiB; save it as CSV UTF-8",
                            file);
    g_auto(GStrv) lines =
        g_strsplit(g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
    int code = EXIT_GOOD;
    for (guint i = 0; code == EXIT_GOOD && lines[i] != NULL; i++) {
        g_strchomp(lines[i]);
        bool titles = i == 0 && g_ascii_strncasecmp(lines[i], "account,", 8) == 0;
        if (*lines[i] != '\0' && !titles)
            code = read_line(file, i + 1, lines[i], groups);
    }
    return code;
}

/* ---- what people did otherwise ----------------------------------------------------------------- */

/* Entries of the audit that a person's own act led to. */
static const struct {
    const char *event, *rule, *what;
} overrides[] = {
    {"event_applied", "§4 steps", "moved"},
    {"event_applied", "§4 manual entry", "flagged"},
    {"grace_set", "§4 grace", "grace"},
    {"hold_set", "§5", "hold"},
    {"hold_moved", "§5", "hold moved"},
    {"invoice_excluded", "invoice.excluded", "invoice left out"},
    {"invoice_included", "invoice.excluded", "invoice taken in"},
    {"plan_made", "§7 plan", "plan"},
    {"act_decided", "command", "act decided"},
};

static const char *override_of(const AuditEntry *entry)
{
    if (!g_str_has_prefix(entry->actor, "person:"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(overrides); i++)
        if (strcmp(entry->event, overrides[i].event) == 0 &&
            g_strcmp0(entry->rule, overrides[i].rule) == 0)
            return overrides[i].what;
    return NULL;
}

/* The words of that person: in the entry, or in the hold or plan that it made. Caller frees. */
static char *reason_of(const AccountState *state, const AuditEntry *entry)
{
    const Hold *hold = entry->subject != NULL ? state_find(state, KIND_HOLD, entry->subject) : NULL;
    const Plan *plan = entry->subject != NULL ? state_find(state, KIND_PLAN, entry->subject) : NULL;
    g_autoptr(json_t) detail = entry->detail != NULL
                                   ? json_parse(entry->detail, strlen(entry->detail), 1 << 20, NULL)
                                   : NULL;
    const char *said = json_string_value(json_object_get(detail, "reason"));
    if (said == NULL)
        said = hold != NULL ? hold->reason : plan != NULL ? plan->reason : NULL;
    if (said == NULL && strcmp(entry->event, "act_decided") == 0)
        said = entry->reason;
    return said != NULL && *said != '\0' ? text_one_line(said, REASON_SHOWN) : NULL;
}

static void count_override(Group *group, const char *what, const char *reason)
{
    g_autofree char *key = g_strdup_printf("%s\n%s", what, reason);
    int64_t *n = g_hash_table_lookup(group->overrides, key);
    if (n == NULL && g_hash_table_size(group->overrides) >= REASONS_MAX) {
        g_free(key);
        key = g_strdup_printf("%s\n(others)", what);
        n = g_hash_table_lookup(group->overrides, key);
    }
    if (n == NULL) {
        n = g_new0(int64_t, 1);
        g_hash_table_insert(group->overrides, g_steal_pointer(&key), n);
    }
    ++*n;
}

static bool visit_entry(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    Comparing *c = data;
    const char *what = entry->at >= c->begins && entry->at < c->ends ? override_of(entry) : NULL;
    if (what == NULL)
        return true;
    g_autofree char *reason = reason_of(c->state, entry);
    bool erased = c->state->account.erased_on != DATE_NONE;
    c->group->n_overrides++;
    c->group->without_reason += reason == NULL && !erased;
    count_override(c->group, what, reason != NULL ? reason : erased ? "(erased)" : NO_REASON);
    return true;
}

/* ---- all accounts ------------------------------------------------------------------------------ */

static void join(Treatments *into, const Treatments *one)
{
    into->accounts += one->accounts;
    into->cases += one->cases;
    for (int t = 0; t < N_TREATMENTS; t++) {
        into->treated[t].n += one->treated[t].n;
        into->treated[t].cases += one->treated[t].cases;
        into->treated[t].days += one->treated[t].days;
    }
}

static bool visit_account(const char *account, const ListRow *list, void *data)
{
    (void)list;
    Comparing *c = data;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    Treatments one = {0};
    bool found = false;
    g_free(c->last);
    c->last = g_strdup(account);
    c->n++;
    if (!store_load_account(c->station->store, account, arena, &state, &found, &c->error))
        return false;
    treatments_add(&state, c->from, c->to, &one);
    c->state = &state;
    c->group = group_of(c, &state);
    join(&c->group->treatments, &one);
    join(&c->all, &one);
    return store_audit_read(c->station->store, account, visit_entry, c, &c->error);
}

static bool compare_all(Comparing *c)
{
    do {
        c->n = 0;
        g_autofree char *after = g_steal_pointer(&c->last);
        if (!store_accounts(c->station->store, after, PAGE, visit_account, c,
                            c->error == NULL ? &c->error : NULL))
            return false;
    } while (c->n == PAGE && c->error == NULL);
    return c->error == NULL;
}

/* ---- showing ----------------------------------------------------------------------------------- */

static char *hundredths(Ratio ratio)
{
    return ratio.denominator == 0
               ? NULL
               : g_strdup_printf("%.2f", (double)ratio.numerator / (double)ratio.denominator);
}

static char *per_hundred(Ratio ratio)
{
    return ratio.denominator == 0
               ? NULL
               : g_strdup_printf("%.1f", 100 * (double)ratio.numerator / (double)ratio.denominator);
}

static char *mean_day(const Treated *treated)
{
    return treated->cases == 0
               ? NULL
               : g_strdup_printf("%.1f", (double)treated->days / (double)treated->cases);
}

static void add_group(const Comparing *c, Table *table, const Group *group, Treatment t)
{
    const Treated *treated = &group->treatments.treated[t];
    g_autofree char *cases = g_strdup_printf("%" G_GINT64_FORMAT, group->treatments.cases);
    g_autofree char *n = g_strdup_printf("%" G_GINT64_FORMAT, treated->n);
    g_autofree char *share = per_hundred(treatments_share(&group->treatments, t));
    g_autofree char *day = mean_day(treated);
    g_autofree char *against = hundredths(treatments_against(&group->treatments, &c->all, t));
    const char *cells[] = {treatment_words[t],
                           group->name,
                           cases,
                           n,
                           share,
                           day,
                           against,
                           treatments_sign(&group->treatments, &c->all, t),
                           NULL};
    table_add(table, cells);
}

static void print_overrides(const GList *names, const Comparing *c)
{
    static const char *const titles[] = {"group", "a person's act", "times", "reason", NULL};
    g_autoptr(Table) table = table_new(titles, 3);
    int64_t n = 0, without = 0;
    for (const GList *name = names; name != NULL; name = name->next) {
        const Group *group = g_hash_table_lookup(c->groups, name->data);
        g_autoptr(GList) keys =
            g_list_sort(g_hash_table_get_keys(group->overrides), (GCompareFunc)strcmp);
        n += group->n_overrides;
        without += group->without_reason;
        for (const GList *key = keys; key != NULL; key = key->next) {
            g_auto(GStrv) parts = g_strsplit(key->data, "\n", 2);
            g_autofree char *times = g_strdup_printf(
                "%" G_GINT64_FORMAT, *(int64_t *)g_hash_table_lookup(group->overrides, key->data));
            const char *cells[] = {group->name, parts[0], times, parts[1], NULL};
            table_add(table, cells);
        }
    }
    printf("\nwhat people decided otherwise than the rules: %" G_GINT64_FORMAT
           "; without a reason: %" G_GINT64_FORMAT "\n",
           n, without);
    if (n > 0)
        table_print(table, stdout);
}

static void print_tables(const GList *names, const Comparing *c)
{
    static const char *const titles[] = {"treatment",      "group",   "cases",
                                         "times",          "per 100", "first on day",
                                         "against others", "sign",    NULL};
    char from[16], to[16];
    g_autoptr(Table) table = table_new(titles, 1);
    printf("%s to %s: %" G_GINT64_FORMAT " cases of %" G_GINT64_FORMAT " accounts\n",
           date_format(c->from, from), date_format(c->to, to), c->all.cases, c->all.accounts);
    for (int t = 0; t < N_TREATMENTS; t++) {
        if (c->all.treated[t].n == 0)
            continue;
        for (const GList *name = names; name != NULL; name = name->next) {
            const Group *group = g_hash_table_lookup(c->groups, name->data);
            if (group->treatments.cases > 0)
                add_group(c, table, group, (Treatment)t);
        }
    }
    if (c->all.cases > 0)
        table_print(table, stdout);
    print_overrides(names, c);
}

static void print_line(json_t *line)
{
    g_autofree char *text = json_canonical(line);
    printf("%s\n", text);
    json_decref(line);
}

static json_t *number_or_null(char *text)
{
    json_t *value = text != NULL ? json_string(text) : json_null();
    g_free(text);
    return value;
}

static void print_group_json(const Comparing *c, const Group *group)
{
    for (int t = 0; t < N_TREATMENTS; t++) {
        const Treated *treated = &group->treatments.treated[t];
        if (group->treatments.cases == 0)
            continue;
        print_line(json_pack(
            "{s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:s?}", "treatment", treatment_words[t],
            "group", group->name, "accounts", (json_int_t)group->treatments.accounts, "cases",
            (json_int_t)group->treatments.cases, "times", (json_int_t)treated->n, "treated",
            (json_int_t)treated->cases, "share",
            number_or_null(ratio_text(treatments_share(&group->treatments, (Treatment)t))),
            "first_day", number_or_null(mean_day(treated)), "against_others",
            number_or_null(
                hundredths(treatments_against(&group->treatments, &c->all, (Treatment)t))),
            "sign", treatments_sign(&group->treatments, &c->all, (Treatment)t)));
    }
    g_autoptr(GList) keys =
        g_list_sort(g_hash_table_get_keys(group->overrides), (GCompareFunc)strcmp);
    for (const GList *key = keys; key != NULL; key = key->next) {
        g_auto(GStrv) parts = g_strsplit(key->data, "\n", 2);
        print_line(json_pack(
            "{s:s, s:s, s:s, s:I}", "override", parts[0], "group", group->name, "reason", parts[1],
            "times", (json_int_t) * (int64_t *)g_hash_table_lookup(group->overrides, key->data)));
    }
}

static int print_all(const Comparing *c, bool json)
{
    g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(c->groups), (GCompareFunc)strcmp);
    int code = EXIT_GOOD;
    for (const GList *name = names; name != NULL; name = name->next) {
        const Group *group = g_hash_table_lookup(c->groups, name->data);
        if (json)
            print_group_json(c, group);
        if (group->without_reason > 0)
            code = EXIT_FINDING;
    }
    if (!json)
        print_tables(names, c);
    return code;
}

/* ---- what is asked for ------------------------------------------------------------------------- */

static int read_words(const CommandLine *line, Comparing *c)
{
    const char *file = line_option(line, "groups");
    c->by = line_option(line, "by") != NULL ? line_option(line, "by") : "segment";
    if (line_count(line) > 0 || line_option(line, "gate") != NULL ||
        line_option(line, "on") != NULL || line_option(line, "calendar") != NULL)
        return command_fail("rules", EXIT_USAGE,
                            "--disparity is about all accounts: --by, --groups, --from, --to and "
                            "--json go with it");
    if (!g_strv_contains(by_words, c->by)) {
        g_autofree char *all = g_strjoinv(", ", (char **)by_words);
        return command_fail("rules", EXIT_USAGE, "--by: there is no '%s'; there are: %s", c->by,
                            all);
    }
    if (file == NULL)
        return EXIT_GOOD;
    if (line_option(line, "by") != NULL)
        return command_fail("rules", EXIT_USAGE, "--by and --groups exclude each other");
    c->of_account = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return read_groups(file, c->of_account);
}

/* The month before, where nothing is said. */
static int read_period(const CommandLine *line, Comparing *c)
{
    const Zone *zone = c->station->configuration->book.zone;
    int year, month, day;
    date_to_ymd(zone_date(zone, desk_now()), &year, &month, &day);
    Date first = date_from_ymd(year, month, 1);
    struct {
        const char *option;
        Date *day;
    } days[] = {{"from", &c->from}, {"to", &c->to}};
    c->from = date_add_months(first, -1, 0);
    c->to = first - 1;
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        const char *text = line_option(line, days[i].option);
        g_autoptr(GError) error = NULL;
        if (text != NULL && !date_parse(text, days[i].day, &error))
            return command_fail("rules", EXIT_USAGE, "--%s: %s", days[i].option, error->message);
    }
    if (c->from > c->to)
        return command_fail("rules", EXIT_USAGE, "--from lies after --to");
    c->begins = zone_instant(zone, c->from, 0);
    c->ends = zone_instant(zone, c->to + 1, 0);
    return EXIT_GOOD;
}

int disparity_report(const CommandLine *line)
{
    Comparing c = {0};
    g_autoptr(Station) station = NULL;
    int code = read_words(line, &c);
    if (code == EXIT_GOOD)
        code = desk_open(line, STATION_READ, &station);
    c.station = station;
    if (code == EXIT_GOOD)
        code = read_period(line, &c);
    if (code == EXIT_GOOD) {
        c.groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
        code = compare_all(&c) ? print_all(&c, line_flag(line, "json"))
                               : command_fail("rules", EXIT_ENVIRONMENT, "%s", c.error->message);
        g_hash_table_destroy(c.groups);
    }
    g_clear_pointer(&c.of_account, g_hash_table_destroy);
    g_clear_error(&c.error);
    g_free(c.last);
    return code;
}
