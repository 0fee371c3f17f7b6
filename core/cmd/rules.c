/* dunhub rules [ACCOUNT]: which rows of the law hold today, and what changes on which date. */
#include <glib.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/table.h"

typedef struct {
    const Rule *rule;
    Date on;
    bool begins; /* else it has ended on that day */
} RuleChange;

/* subject NULL: every row. */
static bool concerns(const Rule *rule, const RuleSubject *subject)
{
    return subject == NULL || rule_is_about(rule, subject);
}

static int by_date(gconstpointer a, gconstpointer b)
{
    const RuleChange *x = a, *y = b;
    if (x->on != y->on)
        return x->on < y->on ? -1 : 1;
    return (int)x->begins - (int)y->begins;
}

/* A row that ends tells so on the first day without it. */
static GArray *changes_after(const RuleSet *set, const RuleSubject *subject, Date today)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(RuleChange));
    for (size_t i = 0; i < set->n; i++) {
        const Rule *rule = &set->rules[i];
        RuleChange begins = {rule, rule->effective_from, true};
        RuleChange ends = {
            rule, rule->effective_to == DATE_NONE ? DATE_NONE : rule->effective_to + 1, false};
        if (concerns(rule, subject) && begins.on > today)
            g_array_append_val(changes, begins);
        if (concerns(rule, subject) && ends.on > today)
            g_array_append_val(changes, ends);
    }
    g_array_sort(changes, by_date);
    return changes;
}

static const char *place_of(const Rule *rule)
{
    return rule->jurisdiction != NULL ? rule->jurisdiction : "any";
}

static void add_row(Table *table, const char *first, const Rule *rule)
{
    g_autofree char *says = rule_text(rule);
    const char *cells[] = {
        first, rule_gate_names[rule->gate], place_of(rule), says, rule->citation, rule->reviewed_by,
        NULL};
    table_add(table, cells);
}

static void print_today(const RuleSet *set, const RuleSubject *subject, Date today)
{
    static const char *const titles[] = {"rule",     "gate",        "where", "says",
                                         "citation", "reviewed by", NULL};
    g_autoptr(Table) table = table_new(titles, 3);
    size_t n = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!concerns(&set->rules[i], subject) || !rule_in_force(&set->rules[i], today))
            continue;
        add_row(table, set->rules[i].id, &set->rules[i]);
        n++;
    }
    char day[16];
    printf("in force on %s: %zu\n", date_format(today, day), n);
    if (n > 0)
        table_print(table, stdout);
}

static void print_changes(const GArray *changes)
{
    static const char *const titles[] = {"from",     "gate",        "where", "says",
                                         "citation", "reviewed by", NULL};
    if (changes->len == 0) {
        printf("\nno change is known\n");
        return;
    }
    g_autoptr(Table) table = table_new(titles, 3);
    for (guint i = 0; i < changes->len; i++) {
        const RuleChange *change = &g_array_index(changes, RuleChange, i);
        char day[16];
        g_autofree char *first =
            g_strdup_printf("%s %s %s", date_format(change->on, day),
                            change->begins ? "begins" : "ends", change->rule->id);
        add_row(table, first, change->rule);
    }
    printf("\nchanges\n");
    table_print(table, stdout);
}

static void print_json(const Rule *rule, const char *state, Date on)
{
    g_autofree char *says = rule_text(rule);
    char day[16], reviewed[16];
    g_autoptr(json_t) line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?}", "rule", rule->id, "gate",
                  rule_gate_names[rule->gate], "jurisdiction", place_of(rule), "says", says,
                  "citation", rule->citation, "reviewed_by", rule->reviewed_by, "state", state,
                  "on", date_format(on, day), "reviewed_on",
                  rule->reviewed_on != DATE_NONE ? date_format(rule->reviewed_on, reviewed) : NULL,
                  "note", rule->note);
    g_autofree char *text = json_canonical(line);
    printf("%s\n", text);
}

static void print_all_json(const RuleSet *set, const RuleSubject *subject, Date today,
                           const GArray *changes)
{
    for (size_t i = 0; i < set->n; i++)
        if (concerns(&set->rules[i], subject) && rule_in_force(&set->rules[i], today))
            print_json(&set->rules[i], "in_force", today);
    for (guint i = 0; i < changes->len; i++) {
        const RuleChange *change = &g_array_index(changes, RuleChange, i);
        print_json(change->rule, change->begins ? "begins" : "ends", change->on);
    }
}

/* False after saying what is wrong. */
static bool day_asked(const CommandLine *line, const Zone *zone, Date *ret_day)
{
    const char *text = line_option(line, "on");
    g_autoptr(GError) error = NULL;
    *ret_day = zone_date(zone, desk_now());
    if (text == NULL || date_parse(text, ret_day, &error))
        return true;
    command_fail("rules", EXIT_USAGE, "--on: %s", error->message);
    return false;
}

static int print_rules(const CommandLine *line, const Rulebook *book, const RuleSubject *subject,
                       const Zone *zone)
{
    Date today;
    if (!day_asked(line, zone, &today))
        return EXIT_USAGE;
    g_autoptr(GArray) changes = changes_after(&book->rules, subject, today);
    if (line_flag(line, "json")) {
        print_all_json(&book->rules, subject, today, changes);
        return EXIT_GOOD;
    }
    print_today(&book->rules, subject, today);
    print_changes(changes);
    return EXIT_GOOD;
}

int cmd_rules(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    const char *id = line_argument(line, 0);
    AccountState state;
    int code = desk_open(line, id != NULL ? STATION_READ : STATION_CONFIGURATION, &station);
    if (code == EXIT_GOOD && id != NULL)
        code = desk_account(line, station, id, arena, &state);
    if (code != EXIT_GOOD)
        return code;
    const Rulebook *book = &station->configuration->book;
    if (id == NULL)
        return print_rules(line, book, NULL, book->zone);
    RuleSubject subject = rules_subject(&state.account);
    const Zone *own = state.account.zone != NULL ? zone_get(state.account.zone, NULL) : NULL;
    return print_rules(line, book, &subject, own != NULL ? own : book->zone);
}
