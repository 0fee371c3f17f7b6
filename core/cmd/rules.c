/* dunhub rules [ACCOUNT]: which rows of the law hold today, and what changes on which date; the holidays of a calendar. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/disparity.h"
#include "cmd/table.h"
#include "compliance/calendars.h"

typedef struct {
    const Rule *rule;
    Date on;
    bool begins; /* else it has ended on that day */
} RuleChange;

typedef struct {
    const RuleSet *set;
    const RuleSubject *subject; /* NULL: every row */
    int gate;                   /* -1: every gate */
    Date today;
} Question;

static bool concerns(const Question *asked, const Rule *rule)
{
    return (asked->gate < 0 || rule->gate == asked->gate) &&
           (asked->subject == NULL || rule_is_about(rule, asked->subject));
}

static int by_date(gconstpointer a, gconstpointer b)
{
    const RuleChange *x = a, *y = b;
    if (x->on != y->on)
        return x->on < y->on ? -1 : 1;
    return (int)x->begins - (int)y->begins;
}

/* A row that ends tells so on the first day without it. */
static GArray *changes_after(const Question *asked)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(RuleChange));
    for (size_t i = 0; i < asked->set->n; i++) {
        const Rule *rule = &asked->set->rules[i];
        if (!concerns(asked, rule))
            continue;
        RuleChange begins = {rule, rule->effective_from, true};
        RuleChange ends = {
            rule, rule->effective_to == DATE_NONE ? DATE_NONE : rule->effective_to + 1, false};
        if (begins.on > asked->today)
            g_array_append_val(changes, begins);
        if (ends.on > asked->today)
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

static void print_today(const Question *asked)
{
    static const char *const titles[] = {"rule",     "gate",        "where", "says",
                                         "citation", "reviewed by", NULL};
    g_autoptr(Table) table = table_new(titles, 3);
    size_t n = 0;
    for (size_t i = 0; i < asked->set->n; i++) {
        const Rule *rule = &asked->set->rules[i];
        if (!concerns(asked, rule) || !rule_in_force(rule, asked->today))
            continue;
        add_row(table, rule->id, rule);
        n++;
    }
    char day[16];
    printf("in force on %s: %zu\n", date_format(asked->today, day), n);
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

static void print_all_json(const Question *asked, const GArray *changes)
{
    for (size_t i = 0; i < asked->set->n; i++) {
        const Rule *rule = &asked->set->rules[i];
        if (concerns(asked, rule) && rule_in_force(rule, asked->today))
            print_json(rule, "in_force", asked->today);
    }
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

static bool gate_asked(const CommandLine *line, int *ret_gate)
{
    const char *name = line_option(line, "gate");
    *ret_gate = -1;
    for (int i = 0; name != NULL && rule_gate_names[i] != NULL; i++)
        if (strcmp(name, rule_gate_names[i]) == 0)
            *ret_gate = i;
    if (name == NULL || *ret_gate >= 0)
        return true;
    const char *nearest = diag_nearest(name, rule_gate_names);
    g_autofree char *all = g_strjoinv(", ", (char **)rule_gate_names);
    command_fail("rules", EXIT_USAGE, "--gate: there is no gate '%s'%s%s; there are: %s", name,
                 nearest != NULL ? ", did you mean " : "", nearest != NULL ? nearest : "", all);
    return false;
}

static int print_rules(const CommandLine *line, const Rulebook *book, const RuleSubject *subject,
                       const Zone *zone)
{
    Question asked = {.set = &book->rules, .subject = subject};
    if (!day_asked(line, zone, &asked.today) || !gate_asked(line, &asked.gate))
        return EXIT_USAGE;
    g_autoptr(GArray) changes = changes_after(&asked);
    if (line_flag(line, "json")) {
        print_all_json(&asked, changes);
        return EXIT_GOOD;
    }
    print_today(&asked);
    print_changes(changes);
    return EXIT_GOOD;
}

/* ---- a calendar ------------------------------------------------------------------------------ */

/* A day of the lists alone is called by none of the rules. */
static const Holiday *of_rules(const Holiday *days, size_t n, Date date)
{
    for (size_t i = 0; i < n; i++)
        if (days[i].date == date)
            return &days[i];
    return NULL;
}

static void print_day(const CommandLine *line, Table *table, Date date, const Holiday *known,
                      bool closed)
{
    static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    char day[16];
    date_format(date, day);
    g_autofree char *name =
        g_strdup_printf("%s%s", known != NULL ? known->rule->name : "listed",
                        known != NULL && known->substitute ? " (observed)" : "");
    if (line_flag(line, "json")) {
        g_autoptr(json_t) row =
            json_pack("{s:s, s:s, s:b}", "day", day, "name", name, "closed", closed);
        g_autofree char *text = json_canonical(row);
        printf("%s\n", text);
        return;
    }
    const char *cells[] = {day, weekdays[date_weekday(date) - 1], name, closed ? "closed" : "",
                           NULL};
    table_add(table, cells);
}

/* A substitute for the first of January may be the last day of the year before. */
static size_t rules_around(const PlaceCalendar *place, int year, Holiday *ret_days)
{
    size_t n = 0;
    for (int y = year - 1; y <= year + 1; y++)
        n += holidays_of_year(place->rules, place->n_rules, y, ret_days + n);
    return n;
}

static void print_year(const CommandLine *line, const PlaceCalendar *place, int year)
{
    static const char *const titles[] = {"day", "", "holiday", "", NULL};
    g_autoptr(Table) table = table_new(titles, 2);
    g_autofree Holiday *days = g_new(Holiday, 3 * HOLIDAYS_OF_YEAR_MAX);
    size_t n = rules_around(place, year, days);
    Date end = date_from_ymd(year + 1, 1, 1);
    for (Date date = date_from_ymd(year, 1, 1); date < end; date++) {
        bool closed = calendar_is_closed(&place->calendar, date);
        if (closed || calendar_is_holiday(&place->calendar, date))
            print_day(line, table, date, of_rules(days, n, date), closed);
    }
    if (!line_flag(line, "json"))
        table_print(table, stdout);
}

static int print_calendar(const CommandLine *line, const RuleSet *set, const Zone *zone)
{
    const char *name = line_option(line, "calendar"), *text = line_argument(line, 0);
    const PlaceCalendar *place = calendar_named(set, name);
    if (place == NULL) {
        g_autoptr(GString) names = g_string_new(NULL);
        for (size_t i = 0; i < set->n_calendars; i++)
            g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                                   set->calendars[i].jurisdiction);
        return command_fail("rules", EXIT_USAGE, "there is no calendar '%s'; there are: %s", name,
                            names->str);
    }
    int year, month, day;
    date_to_ymd(zone_date(zone, desk_now()), &year, &month, &day);
    guint64 given = 0;
    if (text != NULL && (!g_ascii_string_to_unsigned(text, 10, CALENDAR_FIRST_YEAR,
                                                     CALENDAR_LAST_YEAR, &given, NULL)))
        return command_fail("rules", EXIT_USAGE, "'%s' is no year from %d to %d", text,
                            CALENDAR_FIRST_YEAR, CALENDAR_LAST_YEAR);
    print_year(line, place, given > 0 ? (int)given : year);
    return EXIT_GOOD;
}

int cmd_rules(const CommandLine *line)
{
    g_autoptr(Station) station = NULL;
    g_autoptr(Arena) arena = arena_new();
    bool of_calendar = line_option(line, "calendar") != NULL;
    const char *id = of_calendar ? NULL : line_argument(line, 0);
    AccountState state;
    if (line_flag(line, "disparity"))
        return disparity_report(line);
    int code = desk_open(line, id != NULL ? STATION_READ : STATION_CONFIGURATION, &station);
    if (code == EXIT_GOOD && id != NULL)
        code = desk_account(line, station, id, arena, &state);
    if (code != EXIT_GOOD)
        return code;
    const Rulebook *book = &station->configuration->book;
    if (of_calendar)
        return print_calendar(line, &book->rules, book->zone);
    if (id == NULL)
        return print_rules(line, book, NULL, book->zone);
    RuleSubject subject = rules_subject(&state.account);
    const Zone *own = state.account.zone != NULL ? zone_get(state.account.zone, NULL) : NULL;
    return print_rules(line, book, &subject, own != NULL ? own : book->zone);
}
