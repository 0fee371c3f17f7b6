/* The law as rows: what each row of domain.md §9's tables demands, with month ends, holidays and
 * the days on which a law changes. The rows are those of conf.d/50-rules-us.yaml. */
#include "compliance/rules.h"

#include <string.h>

#define PACK "conf.d/50-rules-us.yaml"

typedef struct {
    Arena *arena;
    RuleSet set;
} Law;

static Date day(const char *text)
{
    Date date = DATE_NONE;
    if (text)
        g_assert_true(date_parse(text, &date, NULL));
    return date;
}

static void law_load(Law *law, const char *yaml)
{
    g_autoptr(Diags) diags = diags_new();
    law->arena = arena_new();
    const Node *root = yaml ? tree_parse(yaml, strlen(yaml), "rules.yaml", law->arena, diags)
                            : tree_parse_file(PACK, law->arena, diags);
    law->set = (RuleSet){0};
    bool good = root && rules_load(node_get(root, "rules"), law->arena, diags, &law->set);
    if (!good)
        diags_print(diags, stderr, false);
    g_assert_true(good);
}

static RuleSubject tenant(const char *jurisdiction)
{
    return (RuleSubject){.jurisdiction = jurisdiction, .is = FOR_CONSUMER | FOR_TENANT};
}

/* ---- notice periods -------------------------------------------------------------------------- */

typedef struct {
    const char *place, *served, *ends, *next;
    int64_t days;
} PeriodRow;

/* 2026-07-01 is a Wednesday, 2026-07-03 a holiday of every place here; so is 2026-12-25, a Friday. */
static const PeriodRow periods[] = {
    {"US/CA", "2026-07-01", "2026-07-07", "2026-07-08", 3},
    {"US/CA", "2026-07-02", "2026-07-08", "2026-07-09", 3}, /* holiday and weekend at once */
    {"US/CA", "2026-12-24", "2026-12-30", "2026-12-31", 3},
    {"US/CA/Los Angeles", "2026-07-01", "2026-07-07", "2026-07-08", 3},
    {"US/NY", "2026-07-01", "2026-07-15", "2026-07-16", 14},
    {"US/NY", "2026-02-20", "2026-03-06", "2026-03-07", 14},
    {"US/NY", "2028-02-20", "2028-03-05", "2028-03-06", 14}, /* leap year */
    {"US/TX", "2026-12-30", "2027-01-02", "2027-01-03", 3},
    {"US/FL", "2026-07-01", "2026-07-07", "2026-07-08", 3},
    {"US/WA", "2026-07-20", "2026-08-03", "2026-08-04", 14},
    {"US/IL", "2026-07-01", "2026-07-06", "2026-07-07", 5},
    {"US/GA", "2026-07-01", "2026-07-07", "2026-07-08", 3},
    {"US/NC", "2026-07-25", "2026-08-04", "2026-08-05", 10},
    {"US/AZ", "2026-07-01", "2026-07-06", "2026-07-07", 5},
    {"US/CO", "2026-07-01", "2026-07-11", "2026-07-12", 10},
    {"US/MA", "2026-07-01", "2026-07-15", "2026-07-16", 14},
    {"US/NJ", "2026-07-01", NULL, "2026-07-01", 0},
    {"US/PA", "2026-07-01", "2026-07-11", "2026-07-12", 10},
    {"US/OH", "2026-07-01", "2026-07-04", "2026-07-05", 3},
    {"US/VA", "2026-06-30", "2026-07-05", "2026-07-06", 5}, /* the day before the change */
    {"US/VA", "2026-07-01", "2026-07-15", "2026-07-16", 14},
};

static void test_period(gconstpointer data)
{
    const PeriodRow *row = data;
    Law law;
    law_load(&law, NULL);
    Date holidays[] = {day("2026-07-03"), day("2026-12-25")};
    law.set.calendar = (Calendar){.holidays = holidays, .n_holidays = G_N_ELEMENTS(holidays)};
    RuleSubject subject = tenant(row->place);
    NoticePeriod period = rules_notice_period(&law.set, &subject, day(row->served), false);
    g_assert_nonnull(period.rule);
    g_assert_cmpint(period.days, ==, row->days);
    g_assert_cmpint(period.ends_on, ==, day(row->ends));
    g_assert_cmpint(period.next_act_from, ==, day(row->next));
    arena_free(law.arena);
}

static void test_period_of_others(void)
{
    Law law;
    law_load(&law, NULL);
    RuleSubject business = {.jurisdiction = "US/NY", .is = FOR_COMPANY | FOR_BUSINESS};
    RuleSubject elsewhere = tenant("CA/ON"), nowhere = tenant(NULL), similar = tenant("US/NYX");
    RuleSubject covered = {.jurisdiction = "US/OH", .is = FOR_CONSUMER | FOR_TENANT | FOR_COVERED};
    Date served = day("2026-07-01");
    g_assert_null(rules_notice_period(&law.set, &business, served, false).rule);
    g_assert_null(rules_notice_period(&law.set, &elsewhere, served, false).rule);
    g_assert_null(rules_notice_period(&law.set, &nowhere, served, false).rule);
    g_assert_null(rules_notice_period(&law.set, &similar, served, false).rule);
    /* the federal 30 days protect more than Ohio's 3 */
    NoticePeriod period = rules_notice_period(&law.set, &covered, served, false);
    g_assert_cmpstr(period.rule->id, ==, "us.covered_30d");
    g_assert_cmpint(period.next_act_from, ==, day("2026-08-01"));
    arena_free(law.arena);
}

static void test_holidays_of_the_place(void)
{
    Law law;
    law_load(&law, NULL);
    Date general[] = {day("2026-07-03")}, own[] = {day("2026-07-02"), day("2026-07-03")};
    PlaceCalendar places[] = {
        {.jurisdiction = "US/CA", .calendar = {.holidays = own, .n_holidays = 2}}};
    law.set.calendar = (Calendar){.holidays = general, .n_holidays = 1};
    law.set.calendars = places;
    law.set.n_calendars = 1;
    RuleSubject california = tenant("US/CA"), florida = tenant("US/FL");
    Date served = day("2026-07-01");
    g_assert_cmpint(rules_notice_period(&law.set, &california, served, false).ends_on, ==,
                    day("2026-07-08"));
    g_assert_cmpint(rules_notice_period(&law.set, &florida, served, false).ends_on, ==,
                    day("2026-07-07"));
    arena_free(law.arena);
}

static void test_form(void)
{
    static const struct {
        const char *place, *served;
        bool first_late;
        int form;
    } rows[] = {
        {"US/TX", "2025-12-31", true, FORM_VACATE},
        {"US/TX", "2026-01-01", true, FORM_PAY_OR_VACATE},
        {"US/TX", "2026-01-01", false, FORM_VACATE},
        {"US/NY", "2026-01-01", false, FORM_PAY_OR_VACATE},
        {"GB", "2026-01-01", false, -1},
    };
    Law law;
    law_load(&law, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        RuleSubject subject = tenant(rows[i].place);
        g_assert_cmpint(
            rules_notice_form(&law.set, &subject, day(rows[i].served), rows[i].first_late, NULL),
            ==, rows[i].form);
    }
    arena_free(law.arena);
}

/* ---- late fees ------------------------------------------------------------------------------- */

typedef struct {
    const char *place;
    int64_t rent, past_due;
    const char *due, *earliest;
    int64_t amount; /* of a configured fee of 75.00 */
} FeeRow;

static const FeeRow fees[] = {
    {"US/CA", 80000, 80000, "2026-07-01", "2026-07-02", 7500},
    {"US/NY", 80000, 80000, "2026-07-01", "2026-07-07", 4000},
    {"US/NY", 100000, 100000, "2026-07-01", "2026-07-07", 5000}, /* both caps the same */
    {"US/NY", 200000, 200000, "2026-07-01", "2026-07-07", 5000},
    {"US/NY", 80019, 80019, "2026-01-28", "2026-02-03", 4000}, /* never half a cent above */
    {"US/TX", 60000, 60000, "2026-07-01", "2026-07-04", 6000},
    {"US/FL", 80000, 80000, "2026-07-01", "2026-07-02", 7500},
    {"US/WA", 80000, 80000, "2026-07-01", "2026-07-07", 7500},
    {"US/NC", 120000, 120000, "2026-07-01", "2026-07-06", 6000},
    {"US/NC", 20000, 20000, "2026-07-01", "2026-07-06", 1500},
    {"US/CO", 90000, 90000, "2026-07-01", "2026-07-08", 5000},
    {"US/CO", 90000, 120000, "2026-07-01", "2026-07-08", 6000},
    {"US/MA", 80000, 80000, "2026-01-31", "2026-03-03", 7500},
    {"US/NJ", 80000, 80000, "2026-07-01", "2026-07-10", 7500}, /* 07-03 is no business day */
    {"US/VA", 150000, 30000, "2026-07-01", "2026-07-02", 3000},
    {"US/VA", 30000, 150000, "2026-07-01", "2026-07-02", 3000},
    {"US/VA", 150000, 0, "2026-07-01", "2026-07-02", 0},
};

static void test_fee(gconstpointer data)
{
    const FeeRow *row = data;
    Law law;
    law_load(&law, NULL);
    Date holidays[] = {day("2026-07-03")};
    law.set.calendar = (Calendar){.holidays = holidays, .n_holidays = 1};
    RuleSubject subject = tenant(row->place);
    LateFee fee = {{"USD"}, 7500, row->rent, row->past_due, day(row->due)};
    Date earliest = day(row->earliest);
    LateFeeAnswer before = rules_late_fee(&law.set, &subject, &fee, earliest - 1);
    LateFeeAnswer on = rules_late_fee(&law.set, &subject, &fee, earliest);
    g_assert_false(before.allowed);
    g_assert_cmpint(before.earliest, ==, earliest);
    g_assert_cmpint(on.allowed, ==, row->amount > 0);
    g_assert_cmpint(on.amount, ==, row->amount);
    g_assert_cmpint(on.cap_rule != NULL, ==, row->amount < 7500);
    arena_free(law.arena);
}

static void test_fee_currency(void)
{
    Law law;
    law_load(&law, NULL);
    LateFee fee = {{"EUR"}, 7500, 200000, 200000, day("2026-07-01")};
    RuleSubject new_york = tenant("US/NY");
    /* 50 USD say nothing of a fee in euros; the share does */
    g_assert_cmpint(rules_late_fee(&law.set, &new_york, &fee, day("2026-08-01")).amount, ==, 7500);
    fee.rent = 100000;
    g_assert_cmpint(rules_late_fee(&law.set, &new_york, &fee, day("2026-08-01")).amount, ==, 5000);
    arena_free(law.arena);
}

static const char *const overlay =
    "rules:\n"
    "  state: {gate: late_fee, jurisdiction: US/IL, after_days: 3, cap_permille: 100, citation: a,"
    " reviewed_by: b}\n"
    "  city: {gate: late_fee, jurisdiction: US/IL/Chicago, after_days: 5, cap_permille: 50,"
    " citation: a, reviewed_by: b}\n"
    "  lenient: {gate: late_fee, jurisdiction: US/IL/Chicago, cap_permille: 200, citation: a,"
    " reviewed_by: b}\n";

static void test_most_protective(void)
{
    Law law;
    law_load(&law, overlay);
    LateFee fee = {{"USD"}, 9000, 100000, 100000, day("2026-07-01")};
    RuleSubject chicago = tenant("US/IL/Chicago"), peoria = tenant("US/IL/Peoria");
    LateFeeAnswer city = rules_late_fee(&law.set, &chicago, &fee, day("2026-07-10"));
    LateFeeAnswer state = rules_late_fee(&law.set, &peoria, &fee, day("2026-07-10"));
    g_assert_cmpint(city.amount, ==, 5000);
    g_assert_cmpint(city.earliest, ==, day("2026-07-07"));
    g_assert_cmpstr(city.cap_rule->id, ==, "city");
    g_assert_cmpint(state.amount, ==, 9000);
    g_assert_cmpint(state.earliest, ==, day("2026-07-05"));
    arena_free(law.arena);
}

/* ---- contact hours --------------------------------------------------------------------------- */

static void test_hours(void)
{
    static const struct {
        const char *at, *home, *zones;
        bool fits;
    } rows[] = {
        {"2026-07-13T07:59:59.999-07:00", NULL, "America/Los_Angeles", false},
        {"2026-07-13T08:00:00-07:00", NULL, "America/Los_Angeles", true},
        {"2026-07-13T21:00:00-07:00", NULL, "America/Los_Angeles", true},
        {"2026-07-13T21:00:01-07:00", NULL, "America/Los_Angeles", false},
        /* of several places every one has to fit */
        {"2026-07-13T10:59:59-04:00", "America/New_York", "America/Los_Angeles", false},
        {"2026-07-13T11:00:00-04:00", "America/New_York", "America/Los_Angeles", true},
        {"2026-07-13T21:00:00-04:00", "America/New_York", "America/Los_Angeles", true},
        {"2026-07-13T21:00:01-04:00", "America/New_York", "America/Los_Angeles", false},
        {"2026-07-13T13:00:00-04:00", "America/New_York", "Pacific/Honolulu,Asia/Tokyo", false},
        /* both days of a change of the clocks */
        {"2026-03-08T08:00:00-07:00", "America/Los_Angeles", NULL, true},
        {"2026-03-08T07:59:59-07:00", "America/Los_Angeles", NULL, false},
        {"2026-11-01T08:00:00-08:00", "America/Los_Angeles", NULL, true},
        {"2026-11-01T21:00:01-08:00", "America/Los_Angeles", NULL, false},
    };
    Law law;
    law_load(&law, NULL);
    RuleSubject consumer = {.is = FOR_CONSUMER};
    RuleSubject company = {.jurisdiction = "US/NY", .is = FOR_COMPANY};
    ContactHours hours = rules_contact_hours(&law.set, &consumer, day("2026-07-13"));
    g_assert_cmpstr(hours.rule->id, ==, "us.contact_window");
    g_assert_false(rules_contact_hours(&law.set, &company, day("2026-07-13")).any);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Instant at;
        g_assert_true(instant_parse(rows[i].at, &at, NULL));
        const Zone *home = rows[i].home ? zone_get(rows[i].home, NULL) : NULL;
        if (contact_hours_fit(&hours, home, rows[i].zones, at) != rows[i].fits)
            g_error("%s %s %s", rows[i].at, rows[i].home, rows[i].zones);
    }
    /* consumers have the hours even where no row is configured */
    RuleSet none = {0};
    ContactHours fallback = rules_contact_hours(&none, &consumer, day("2026-07-13"));
    g_assert_true(fallback.any && !fallback.rule && fallback.from == 480 && fallback.to == 1260);
    arena_free(law.arena);
}

static void test_narrower_hours(void)
{
    Law law;
    law_load(&law, "rules:\n"
                   "  wide: {gate: contact_window, jurisdiction: any, window: ['08:00', '21:00'],"
                   " citation: a, reviewed_by: b}\n"
                   "  late: {gate: contact_window, jurisdiction: US/MA, window: ['09:00', '22:00'],"
                   " citation: a, reviewed_by: b}\n");
    RuleSubject here = tenant("US/MA/Boston");
    ContactHours hours = rules_contact_hours(&law.set, &here, day("2026-07-13"));
    g_assert_cmpint(hours.from, ==, 540);
    g_assert_cmpint(hours.to, ==, 1260);
    g_assert_cmpstr(hours.rule->id, ==, "late");
    arena_free(law.arena);
}

/* ---- calls ----------------------------------------------------------------------------------- */

typedef struct {
    const char *on;
    int outcome;
    const char *consent;
} Placed;

static void place(AccountState *state, const Placed *placed, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PhoneCall *call = state_add(state, KIND_PHONE_CALL);
        call->placed_on = day(placed[i].on);
        call->outcome = placed[i].outcome;
        call->prior_consent_on = day(placed[i].consent);
    }
}

static void assert_call(const Law *law, const AccountState *state, const char *on, const char *why,
                        const char *next, int64_t counted)
{
    RuleSubject consumer = {.is = FOR_CONSUMER}, company = {.is = FOR_COMPANY};
    CallAnswer answer = rules_call(&law->set, &consumer, state, day(on));
    g_assert_cmpstr(answer.why, ==, why);
    g_assert_cmpint(answer.allowed, ==, why == NULL);
    g_assert_cmpint(answer.next_on, ==, day(next));
    g_assert_cmpint(answer.counted, ==, counted);
    g_assert_true(rules_call(&law->set, &company, state, day(on)).allowed);
}

static void test_seven_calls(void)
{
    static const Placed seven[] = {
        {"2026-06-28", PHONE_NO_ANSWER, NULL}, {"2026-06-29", PHONE_VOICEMAIL, NULL},
        {"2026-06-29", PHONE_PLACED, NULL},    {"2026-06-30", PHONE_NO_ANSWER, NULL},
        {"2026-07-01", PHONE_NO_ANSWER, NULL}, {"2026-07-01", PHONE_NOT_CONNECTED, NULL},
        {"2026-07-02", PHONE_VOICEMAIL, NULL},
    };
    static const Placed last[] = {{"2026-07-02", PHONE_NO_ANSWER, NULL}};
    Law law;
    law_load(&law, NULL);
    AccountState state;
    state_init(&state, law.arena, "A");
    assert_call(&law, &state, "2026-07-02", NULL, "2026-07-02", 0);
    place(&state, seven, G_N_ELEMENTS(seven));
    assert_call(&law, &state, "2026-07-02", NULL, "2026-07-02", 6); /* one was not connected */
    place(&state, last, 1);
    assert_call(&law, &state, "2026-07-02", "cap", "2026-07-05", 7);
    assert_call(&law, &state, "2026-07-04", "cap", "2026-07-05", 7);
    assert_call(&law, &state, "2026-07-05", NULL, "2026-07-05", 6);
    arena_free(law.arena);
}

static void test_conversation(void)
{
    static const Placed talk[] = {{"2026-02-26", PHONE_ANSWERED, NULL}};
    Law law;
    law_load(&law, NULL);
    AccountState state;
    state_init(&state, law.arena, "A");
    place(&state, talk, 1);
    assert_call(&law, &state, "2026-02-26", "conversation", "2026-03-05", 1);
    assert_call(&law, &state, "2026-03-04", "conversation", "2026-03-05", 1);
    assert_call(&law, &state, "2026-03-05", NULL, "2026-03-05", 0);
    arena_free(law.arena);
}

static void test_prior_consent(void)
{
    static const Placed agreed[] = {
        {"2026-07-01", PHONE_NO_ANSWER, "2026-07-01"}, /* the day of the consent is the first */
        {"2026-07-07", PHONE_NO_ANSWER, "2026-07-01"},
        {"2026-07-08", PHONE_NO_ANSWER, "2026-07-01"}, /* the eighth counts */
        {"2026-07-06", PHONE_NO_ANSWER, "2026-07-07"}, /* given after the call */
    };
    Law law;
    law_load(&law, NULL);
    AccountState state;
    state_init(&state, law.arena, "A");
    place(&state, agreed, G_N_ELEMENTS(agreed));
    assert_call(&law, &state, "2026-07-08", NULL, "2026-07-08", 2);
    arena_free(law.arena);
}

/* ---- loading --------------------------------------------------------------------------------- */

static void test_findings(void)
{
#define ROW "r: {jurisdiction: US, citation: a, reviewed_by: b, "
    static const struct {
        const char *row, *code;
    } bad[] = {
        {"r: 5", "C030"},
        {"r: {jurisdiction: US}", "C034"},
        {ROW "gate: curfew}", "C036"},
        {"r: {gate: sms_consent, jurisdiction: US, citation: a}", "C034"},
        {ROW "gate: sms_consent, calls: 3}", "C031"},
        {ROW "gate: sms_consent, applies_to: [tenants]}", "C036"},
        {ROW "gate: sms_consent, effective_from: 2026-02-02, effective_to: 2026-02-01}", "C033"},
        {ROW "gate: contact_window, window: ['21:00', '08:00']}", "C033"},
        {ROW "gate: contact_window, window: '21:00'}", "C030"},
        {ROW "gate: late_fee, after_days: 3, from_day: 4}", "C037"},
        {ROW "gate: late_fee, cap_fixed: fifty}", "C032"},
        {ROW "gate: pay_or_quit, notice_days: 3, skip: [friday]}", "C036"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autofree char *yaml = g_strdup_printf("rules:\n  %s\n", bad[i].row);
        const Node *root = tree_parse(yaml, strlen(yaml), "rules.yaml", arena, diags);
        RuleSet set = {0};
        if (!root || rules_load(node_get(root, "rules"), arena, diags, &set) ||
            diags_length(diags) == 0)
            g_error("taken: %s", bad[i].row);
        g_assert_cmpstr(diags_get(diags, 0)->code, ==, bad[i].code);
    }
}

static void test_words(void)
{
    static const struct {
        const char *id, *text;
    } rows[] = {
        {"us.contact_window", "contact from 08:00 to 21:00"},
        {"us.call_cap", "at most 7 calls in 7 days, none for 7 days from a conversation on"},
        {"us.sms_consent", "texts and automated calls need consent"},
        {"us.ca.late_fee", "from day 1"},
        {"us.ny.late_fee", "from day 6, at most the lower of USD 50.00 and 5.0 % of the rent"},
        {"us.va.late_fee", "from day 1, at most 10.0 % of the lower of rent and what is past due"},
        {"us.nj.late_fee", "after 5 business days"},
        {"us.ca.pay_or_quit", "3 days without Saturdays, Sundays, holidays, for rent alone"},
        {"us.nj.pay_or_quit", "no notice is required"},
        {"us.tx.pay_or_quit.2026",
         "3 days, to vacate; to pay or vacate where it is the first time"},
    };
    Law law;
    law_load(&law, NULL);
    size_t found = 0;
    for (size_t i = 0; i < law.set.n; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(rows); k++) {
            if (strcmp(rows[k].id, law.set.rules[i].id) != 0)
                continue;
            g_autofree char *text = rule_text(&law.set.rules[i]);
            g_assert_cmpstr(text, ==, rows[k].text);
            found++;
        }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(rows));
    arena_free(law.arena);
}

/* Nothing of the pack was read by counsel, and it says so. */
static void test_pack(void)
{
    Law law;
    law_load(&law, NULL);
    g_assert_cmpuint(law.set.n, >=, 25);
    for (size_t i = 0; i < law.set.n; i++) {
        g_assert_cmpstr(law.set.rules[i].reviewed_by, ==, "nobody yet");
        g_assert_cmpuint(strlen(law.set.rules[i].citation), >, 4);
        g_assert_true(i < law.set.first[law.set.rules[i].gate + 1] &&
                      i >= law.set.first[law.set.rules[i].gate]);
    }
    arena_free(law.arena);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(periods); i++) {
        g_autofree char *path =
            g_strdup_printf("/rules/period/%s %s", periods[i].place, periods[i].served);
        g_test_add_data_func(path, &periods[i], test_period);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fees); i++) {
        g_autofree char *path = g_strdup_printf("/rules/fee/%zu %s", i, fees[i].place);
        g_test_add_data_func(path, &fees[i], test_fee);
    }
    g_test_add_func("/rules/period/whom", test_period_of_others);
    g_test_add_func("/rules/period/holidays of the place", test_holidays_of_the_place);
    g_test_add_func("/rules/form", test_form);
    g_test_add_func("/rules/fee/currency", test_fee_currency);
    g_test_add_func("/rules/most protective", test_most_protective);
    g_test_add_func("/rules/hours", test_hours);
    g_test_add_func("/rules/hours/narrower", test_narrower_hours);
    g_test_add_func("/rules/calls/seven", test_seven_calls);
    g_test_add_func("/rules/calls/conversation", test_conversation);
    g_test_add_func("/rules/calls/prior consent", test_prior_consent);
    g_test_add_func("/rules/findings", test_findings);
    g_test_add_func("/rules/words", test_words);
    g_test_add_func("/rules/pack", test_pack);
    return g_test_run();
}
