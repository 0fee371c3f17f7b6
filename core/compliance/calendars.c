/* A calendar is read with the one it is built on: rules of both, then days added and days taken
 * out. Substitute days are found among all rules of a calendar, so they are never inherited as
 * days. */
#include "compliance/calendars.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

typedef struct {
    DateList holidays, closed_days, without;
    const char *extends;
    const Node *rules;
} Source;

typedef struct {
    const char *name, *date, *nth;
    int weekday, month, observed;
    int64_t easter, offset, from, until;
    bool closed;
} RuleSource;

static const char *const weekday_words[] = {"monday", "tuesday",  "wednesday", "thursday",
                                            "friday", "saturday", "sunday",    NULL};
static const char *const observed_words[] = {"none", "nearest", "sunday", "next", NULL};
static const char *const month_words[] = {"january",  "february", "march",  "april",     "may",
                                          "june",     "july",     "august", "september", "october",
                                          "november", "december", NULL};
static const char *const nth_words[] = {"1", "2", "3", "4", "5", "last", NULL};

#define PLACE(Struct, member) .offset = offsetof(Struct, member)

const Key calendar_keys[] = {
    {.name = "extends",
     .type = KEY_TEXT,
     PLACE(Source, extends),
     .doc = "Calendar whose rules and days belong to this one too."},
    {.name = "rules",
     .type = KEY_NODE,
     PLACE(Source, rules),
     .doc = "List of holidays as rules; worked out for the years 2000 to 2149."},
    {.name = "holidays",
     .type = KEY_DATES,
     PLACE(Source, holidays),
     .doc = "Further days that are no business days."},
    {.name = "closed_days",
     .type = KEY_DATES,
     PLACE(Source, closed_days),
     .doc = "Days on which nothing is sent."},
    {.name = "without",
     .type = KEY_DATES,
     PLACE(Source, without),
     .doc = "Days that are none of both, whatever the rules say."},
};
const size_t n_calendar_keys = G_N_ELEMENTS(calendar_keys);

enum { NO_OFFSET = INT32_MIN };

const Key holiday_keys[] = {
    {.name = "name",
     .type = KEY_TEXT,
     PLACE(RuleSource, name),
     .flags = KEY_REQUIRED,
     .doc = "What it is called."},
    {.name = "date",
     .type = KEY_TEXT,
     PLACE(RuleSource, date),
     .doc = "Month and day: 07-04; with weekday, the first such day on or after it."},
    {.name = "weekday",
     .type = KEY_CHOICE,
     PLACE(RuleSource, weekday),
     .choices = weekday_words,
     .doc = "The nth such day of the month, or the first from date on."},
    {.name = "nth",
     .type = KEY_TEXT,
     PLACE(RuleSource, nth),
     .doc = "1 to 5, or last; with weekday and month."},
    {.name = "month",
     .type = KEY_CHOICE,
     PLACE(RuleSource, month),
     .choices = month_words,
     .doc = "With weekday."},
    {.name = "easter",
     .type = KEY_INT,
     PLACE(RuleSource, easter),
     .least = -100,
     .most = 100,
     .doc = "Days from Easter Sunday: -2 Good Friday, 1 Easter Monday."},
    {.name = "offset",
     .type = KEY_INT,
     PLACE(RuleSource, offset),
     .least = -31,
     .most = 31,
     .default_text = "0",
     .doc = "Days added: 1 with the fourth Thursday of November is the day after Thanksgiving."},
    {.name = "observed",
     .type = KEY_CHOICE,
     PLACE(RuleSource, observed),
     .choices = observed_words,
     .default_text = "none",
     .doc = "A further day where it falls on a weekend: nearest (Saturday: Friday, Sunday: "
            "Monday), sunday (Sunday: Monday), next (the next weekday that is no holiday)."},
    {.name = "from",
     .type = KEY_INT,
     PLACE(RuleSource, from),
     .least = 1,
     .most = 9999,
     .doc = "First year in which it is kept."},
    {.name = "until",
     .type = KEY_INT,
     PLACE(RuleSource, until),
     .least = 1,
     .most = 9999,
     .doc = "Last year in which it is kept."},
    {.name = "closed",
     .type = KEY_BOOL,
     PLACE(RuleSource, closed),
     .default_text = "false",
     .doc = "Nothing is sent on it and on its substitute."},
};
const size_t n_holiday_keys = G_N_ELEMENTS(holiday_keys);

/* ---- one rule -------------------------------------------------------------------------------- */

static bool refuse(Diags *diags, const char *code, const Node *map, const char *key,
                   const char *text)
{
    const Node *node = key ? node_get(map, key) : NULL;
    diags_add(diags, code, node ? node->place : map->place, "%s", text);
    return false;
}

/* A leap year, so that 02-29 can be kept in the years that have one. */
static bool read_fixed(const RuleSource *source, const Node *map, Diags *diags, HolidayRule *rule)
{
    const char *t = source->date;
    bool formed = strlen(t) == 5 && g_ascii_isdigit(t[0]) && g_ascii_isdigit(t[1]) && t[2] == '-' &&
                  g_ascii_isdigit(t[3]) && g_ascii_isdigit(t[4]);
    rule->month = formed ? (t[0] - '0') * 10 + t[1] - '0' : 0;
    rule->day = formed ? (t[3] - '0') * 10 + t[4] - '0' : 0;
    if (date_from_ymd(CALENDAR_FIRST_YEAR, rule->month, rule->day) != DATE_NONE)
        return true;
    return refuse(diags, "C032", map, "date", "'date' must be a month and a day such as 07-04");
}

static bool read_nth(const RuleSource *source, const Node *map, Diags *diags, HolidayRule *rule)
{
    rule->kind = HOLIDAY_WEEKDAY;
    rule->month = source->month + 1;
    if (source->month < 0 || !source->nth)
        return refuse(diags, "C034", map, "weekday",
                      "'weekday' needs 'nth' and 'month', or 'date'");
    for (int i = 0; nth_words[i]; i++)
        if (strcmp(nth_words[i], source->nth) == 0) {
            rule->nth = nth_words[i + 1] ? i + 1 : -1;
            return true;
        }
    return refuse(diags, "C036", map, "nth", "'nth' must be 1 to 5, or last");
}

static bool read_day(const RuleSource *source, const Node *map, Diags *diags, HolidayRule *rule)
{
    bool on_date = source->date != NULL, on_weekday = source->weekday >= 0;
    bool by_easter = source->easter != NO_OFFSET;
    if (by_easter ? on_date || on_weekday : !on_date && !on_weekday)
        return refuse(diags, by_easter ? "C037" : "C034", map, by_easter ? "easter" : NULL,
                      "a holiday says its 'date', its 'weekday', or 'easter' alone");
    if ((source->nth || source->month >= 0) && (on_date || !on_weekday))
        return refuse(diags, "C037", map, source->nth ? "nth" : "month",
                      "'nth' and 'month' belong to 'weekday' without 'date'");
    rule->weekday = source->weekday + 1;
    if (by_easter) {
        rule->kind = HOLIDAY_EASTER;
        rule->offset += (int)source->easter;
        return true;
    }
    rule->kind = on_weekday ? HOLIDAY_FROM : HOLIDAY_FIXED;
    return on_date ? read_fixed(source, map, diags, rule) : read_nth(source, map, diags, rule);
}

static bool read_rule(const Node *map, Arena *arena, Diags *diags, HolidayRule *ret_rule)
{
    RuleSource source = {.weekday = -1, .month = -1, .easter = NO_OFFSET};
    if (!tree_read(map, holiday_keys, n_holiday_keys, arena, diags, &source))
        return false;
    HolidayRule rule = {.name = source.name,
                        .kind = HOLIDAY_FIXED,
                        .offset = (int)source.offset,
                        .observed = source.observed,
                        .from_year = (int)source.from,
                        .until_year = (int)source.until,
                        .closed = source.closed};
    if (rule.from_year && rule.until_year && rule.from_year > rule.until_year)
        return refuse(diags, "C033", map, "until", "'until' lies before 'from'");
    if (!read_day(&source, map, diags, &rule))
        return false;
    *ret_rule = rule;
    return true;
}

static bool read_rules(const Node *list, Arena *arena, Diags *diags, GArray *rules)
{
    if (!list)
        return true;
    if (list->kind != NODE_LIST)
        return refuse(diags, "C030", list, NULL, "'rules' of a calendar must be a list");
    bool good = true;
    for (const Node *item = list->first; item; item = item->next) {
        HolidayRule rule;
        if (rules->len >= HOLIDAY_RULES_MAX)
            return refuse(diags, "C033", item, NULL, "a calendar has at most 100 rules");
        if (read_rule(item, arena, diags, &rule))
            g_array_append_val(rules, rule);
        else
            good = false;
    }
    return good;
}

/* ---- one calendar ---------------------------------------------------------------------------- */

typedef struct {
    GArray *rules;                    /* HolidayRule */
    GArray *holidays, *closed, *gone; /* Date */
} Gathering;

static void append(GArray *dates, DateList list)
{
    if (list.n > 0)
        g_array_append_vals(dates, list.dates, (guint)list.n);
}

static bool gather(const Node *all, const Node *map, int depth, Arena *arena, Diags *diags,
                   Gathering *g)
{
    Source source = {0};
    if (depth > DEPTH_MAX)
        return refuse(diags, "C060", map, NULL, "calendars extend each other in a circle");
    if (!tree_read(map, calendar_keys, n_calendar_keys, arena, diags, &source))
        return false;
    const Node *base = source.extends ? node_get(all, source.extends) : NULL;
    if (source.extends && !base) {
        diags_add(diags, "C065", node_get(map, "extends")->place, "there is no calendar '%s'",
                  source.extends);
        return false;
    }
    if (base && !gather(all, base, depth + 1, arena, diags, g))
        return false;
    append(g->holidays, source.holidays);
    append(g->closed, source.closed_days);
    append(g->gone, source.without);
    return read_rules(source.rules, arena, diags, g->rules);
}

static void work_out(const Gathering *g)
{
    Holiday days[HOLIDAYS_OF_YEAR_MAX];
    const HolidayRule *rules = (const HolidayRule *)(void *)g->rules->data;
    for (int year = CALENDAR_FIRST_YEAR; year <= CALENDAR_LAST_YEAR && g->rules->len > 0; year++) {
        size_t n = holidays_of_year(rules, g->rules->len, year, days);
        for (size_t i = 0; i < n; i++) {
            g_array_append_val(g->holidays, days[i].date);
            if (days[i].rule->closed)
                g_array_append_val(g->closed, days[i].date);
        }
    }
}

static int compare_dates(const void *a, const void *b)
{
    Date x = *(const Date *)a, y = *(const Date *)b;
    return (x > y) - (x < y);
}

static bool has_date(const GArray *dates, Date date)
{
    return dates->len > 0 &&
           bsearch(&date, dates->data, dates->len, sizeof date, compare_dates) != NULL;
}

/* Ascending, each once, without those that are taken out. */
static const Date *settle(GArray *dates, GArray *gone, Arena *arena, size_t *ret_n)
{
    Date *days = arena_new0(arena, Date, dates->len);
    size_t n = 0;
    g_array_sort(dates, compare_dates);
    for (guint i = 0; i < dates->len; i++) {
        Date date = g_array_index(dates, Date, i);
        if ((n == 0 || days[n - 1] != date) && !has_date(gone, date))
            days[n++] = date;
    }
    *ret_n = n;
    return days;
}

static bool load_one(const Node *all, const Node *map, Arena *arena, Diags *diags,
                     PlaceCalendar *ret_place)
{
    g_autoptr(GArray) rules = g_array_new(FALSE, TRUE, sizeof(HolidayRule));
    g_autoptr(GArray) holidays = g_array_new(FALSE, TRUE, sizeof(Date));
    g_autoptr(GArray) closed = g_array_new(FALSE, TRUE, sizeof(Date));
    g_autoptr(GArray) gone = g_array_new(FALSE, TRUE, sizeof(Date));
    Gathering g = {rules, holidays, closed, gone};
    if (!gather(all, map, 0, arena, diags, &g))
        return false;
    work_out(&g);
    g_array_sort(gone, compare_dates);
    PlaceCalendar place = {.jurisdiction = map->key, .n_rules = rules->len};
    place.rules = arena_dup(arena, rules->data, rules->len * sizeof(HolidayRule));
    place.calendar.holidays = settle(holidays, gone, arena, &place.calendar.n_holidays);
    place.calendar.closed = settle(closed, gone, arena, &place.calendar.n_closed);
    *ret_place = place;
    return true;
}

/* ---- all ------------------------------------------------------------------------------------- */

bool calendars_load(const Node *map, Arena *arena, Diags *diags, RuleSet *ret_set)
{
    if (node_is_null(map))
        return true;
    if (map->kind != NODE_MAP) {
        diags_add(diags, "C030", map->place, "'calendars' must be a map, not %s",
                  node_kind_name(map->kind));
        return false;
    }
    PlaceCalendar *places = arena_new0(arena, PlaceCalendar, map->n);
    bool good = true;
    size_t n = 0;
    for (const Node *node = map->first; node; node = node->next) {
        good = load_one(map, node, arena, diags, &places[n]) && good;
        if (strcmp(node->key, "default") == 0)
            ret_set->calendar = places[n].calendar;
        n++;
    }
    ret_set->calendars = places;
    ret_set->n_calendars = n;
    return good;
}

const PlaceCalendar *calendar_named(const RuleSet *set, const char *name)
{
    for (size_t i = 0; i < set->n_calendars; i++)
        if (strcmp(set->calendars[i].jurisdiction, name) == 0)
            return &set->calendars[i];
    return NULL;
}
