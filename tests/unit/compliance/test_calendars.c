/* Calendars of the configuration: rules, lists, what extends what, and what is refused. */
#include "compliance/calendars.h"

#include <string.h>

#define PACK "conf.d/45-calendars.yaml"

static Date day(const char *text)
{
    Date date = DATE_NONE;
    g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static bool load(const char *yaml, Arena *arena, Diags *diags, RuleSet *ret_set)
{
    const Node *root = yaml ? tree_parse(yaml, strlen(yaml), "c.yaml", arena, diags)
                            : tree_parse_file(PACK, arena, diags);
    *ret_set = (RuleSet){0};
    return root && calendars_load(node_get(root, "calendars"), arena, diags, ret_set);
}

/* ---- the pack, against days that are known --------------------------------------------------- */

static const struct {
    const char *calendar, *day;
    bool business;
} known[] = {
    {"US", "2026-07-03", false},     {"US", "2026-07-06", true},
    {"US", "2021-12-31", false}, /* New Year's Day of 2022, a Saturday */
    {"US", "2020-06-19", true},      {"US", "2026-06-19", false},
    {"US", "2026-11-27", true},      {"US/CA", "2026-11-27", false},
    {"US/CA", "2026-03-31", false},  {"US/CA", "2026-09-25", false},
    {"US/CA", "2026-10-12", true},   {"US/CA", "2021-10-11", false},
    {"US/FL", "2026-04-03", false},  {"US/GA", "2026-04-03", false},
    {"US/NY", "2026-02-12", false},  {"US/NY", "2026-11-03", false},
    {"US/NJ", "2026-11-03", false},  {"GB", "2026-04-06", false},
    {"GB", "2026-05-04", false},     {"GB", "2026-08-31", false},
    {"GB", "2026-12-28", false}, /* Boxing Day on a Saturday */
    {"GB", "2022-05-30", true},      {"GB", "2022-06-02", false},
    {"GB/SCT", "2026-04-06", true},  {"GB/SCT", "2026-08-03", false},
    {"GB/NIR", "2026-07-13", false}, {"CA", "2026-05-18", false},
    {"CA/ON", "2026-02-16", false},  {"CA/ON", "2026-11-11", true},
    {"CA", "2026-11-11", false},     {"EU", "2026-05-01", false},
    {"EU", "2026-05-14", true},      {"EU/DE", "2026-05-14", false},
    {"EU/DE", "2026-05-25", false},  {"EU/FR", "2026-07-14", false},
};

static void test_known_days(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    RuleSet set;
    bool good = load(NULL, arena, diags, &set);
    diags_print(diags, stderr, false);
    g_assert_true(good);
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        const PlaceCalendar *place = calendar_named(&set, known[i].calendar);
        g_assert_nonnull(place);
        if (calendar_is_business_day(&place->calendar, day(known[i].day)) != known[i].business)
            g_error("%s %s", known[i].calendar, known[i].day);
    }
}

/* The most specific path wins; a place without a calendar has that of the place it lies in. */
static void test_places(void)
{
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    RuleSet set;
    g_assert_true(load(NULL, arena, diags, &set));
    Date after_thanksgiving = day("2026-11-27");
    g_assert_false(
        calendar_is_business_day(rules_calendar(&set, "US/CA/Los Angeles"), after_thanksgiving));
    g_assert_true(calendar_is_business_day(rules_calendar(&set, "US/OH"), after_thanksgiving));
    g_assert_false(calendar_is_business_day(rules_calendar(&set, "US/OH"), day("2026-11-26")));
    g_assert_true(calendar_is_business_day(rules_calendar(&set, "USA"), day("2026-11-26")));
}

static void test_lists(void)
{
    static const char yaml[] =
        "calendars:\n"
        "  base:\n"
        "    rules: [{name: a, date: 03-02, closed: true}, {name: b, date: 03-03}]\n"
        "    holidays: [2026-03-05]\n"
        "  default:\n"
        "    extends: base\n"
        "    closed_days: [2026-03-06, 2026-03-09]\n"
        "    without: [2026-03-03, 2026-03-09]\n";
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    RuleSet set;
    g_assert_true(load(yaml, arena, diags, &set));
    static const struct {
        const char *day;
        bool holiday, closed;
    } days[] = {{"2026-03-02", true, true},  {"2026-03-03", false, false},
                {"2027-03-03", true, false}, {"2026-03-05", true, false},
                {"2026-03-06", false, true}, {"2026-03-09", false, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_assert_cmpint(calendar_is_holiday(&set.calendar, day(days[i].day)), ==, days[i].holiday);
        g_assert_cmpint(calendar_is_closed(&set.calendar, day(days[i].day)), ==, days[i].closed);
    }
    g_assert_cmpint(calendar_open_day_from(&set.calendar, day("2026-03-02")), ==,
                    day("2026-03-03"));
}

/* ---- what is refused ------------------------------------------------------------------------- */

static const struct {
    const char *calendar, *code;
} wrong[] = {
    {"{rules: [{name: a}]}", "C034"},
    {"{rules: [{date: 01-01}]}", "C034"},
    {"{rules: [{name: a, date: 13-01}]}", "C032"},
    {"{rules: [{name: a, date: 02-30}]}", "C032"},
    {"{rules: [{name: a, date: 1-1}]}", "C032"},
    {"{rules: [{name: a, weekday: monday}]}", "C034"},
    {"{rules: [{name: a, weekday: monday, nth: 6, month: may}]}", "C036"},
    {"{rules: [{name: a, weekday: mon, nth: 1, month: may}]}", "C036"},
    {"{rules: [{name: a, date: 01-01, nth: 1}]}", "C037"},
    {"{rules: [{name: a, date: 01-01, easter: 1}]}", "C037"},
    {"{rules: [{name: a, easter: 101}]}", "C033"},
    {"{rules: [{name: a, date: 01-01, from: 2030, until: 2029}]}", "C033"},
    {"{rules: [{name: a, date: 01-01, observed: always}]}", "C036"},
    {"{rules: {name: a}}", "C030"},
    {"{extends: nowhere}", "C065"},
    {"{extends: here}", "C060"},
    {"{holiday: [2026-01-01]}", "C031"},
    {"[]", "C030"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autofree char *yaml = g_strdup_printf("calendars:\n  here: %s\n", wrong[i].calendar);
        RuleSet set;
        g_assert_false(load(yaml, arena, diags, &set));
        g_assert_cmpuint(diags_length(diags), >, 0);
        g_assert_cmpstr(diags_get(diags, 0)->code, ==, wrong[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calendars/known days", test_known_days);
    g_test_add_func("/calendars/places", test_places);
    g_test_add_func("/calendars/lists", test_lists);
    g_test_add_func("/calendars/wrong", test_wrong);
    return g_test_run();
}
