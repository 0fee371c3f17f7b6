/* Sections by tables of keys: every finding at once, exact. */
#include "config/tree.h"

#include <string.h>

typedef struct {
    const char *name, *text, *secret;
    bool on;
    int64_t days, open_end, amount, wait_ms;
    int minute, mode;
    Date date;
    const Zone *zone;
    Currency currency;
    const char *const *via;
    DateList holidays;
    const Node *section;
} Sample;

static const char *const modes[] = {"observe", "plan", "live", NULL};

#define KEY(member, TYPE) .name = #member, .type = KEY_##TYPE, .offset = offsetof(Sample, member)
static const Key keys[] = {
    {KEY(name, NAME), .flags = KEY_REQUIRED},
    {KEY(text, TEXT)},
    {KEY(secret, TEXT), .flags = KEY_SECRET},
    {KEY(on, BOOL), .default_text = "true"},
    {KEY(days, INT), .least = 0, .most = 365, .default_text = "10"},
    {KEY(open_end, INT), .least = 1, .most = INT64_MAX},
    {KEY(amount, AMOUNT)},
    {KEY(wait_ms, DURATION), .least = 1000, .most = INSTANT_DAY, .default_text = "36s"},
    {KEY(minute, MINUTE), .default_text = "09:00"},
    {KEY(mode, CHOICE), .choices = modes, .default_text = "live"},
    {KEY(date, DATE)},
    {KEY(zone, ZONE)},
    {KEY(currency, CURRENCY)},
    {KEY(via, TEXTS)},
    {KEY(holidays, DATES)},
    {KEY(section, NODE)},
};

static char *read_sample(const char *yaml, bool over, Arena *arena, Sample *ret_sample)
{
    g_autoptr(Diags) diags = diags_new();
    const Node *root = tree_parse(yaml, strlen(yaml), "a.yaml", arena, diags);
    g_assert_nonnull(root);
    bool good = over ? tree_read_over(root, keys, G_N_ELEMENTS(keys), arena, diags, ret_sample)
                     : tree_read(root, keys, G_N_ELEMENTS(keys), arena, diags, ret_sample);
    g_assert_true(good == (diags_length(diags) == 0));
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    diags_sort(diags);
    diags_print(diags, out, false);
    fclose(out);
    return text;
}

static void findings(void)
{
    static const struct {
        const char *yaml, *findings;
    } rows[] = {
        {"name: a\ndasy: 3\n",
         "a.yaml:2:1: error: unknown key 'dasy', did you mean 'days'? [C031]\n"},
        {"name: a\nnonsense: 3\n",
         "a.yaml:2:1: error: unknown key 'nonsense'; known here: name, text, secret, on, days, "
         "open_end, amount, wait_ms, "
         "minute, mode, date, zone, currency, via, holidays, section [C031]\n"},
        {"days: soon\n", "a.yaml:1:1: error: 'name' is missing [C034]\n"
                         "a.yaml:1:7: error: 'days' must be a whole number, not 'soon' [C032]\n"},
        {"name:\n", "a.yaml:1:1: error: 'name' is empty [C034]\n"},
        {"name: ../etc\n", "a.yaml:1:7: error: 'name' must be a name (letters, digits, '_', '-', "
                           "'.'), not '../etc' [C032]\n"},
        {"name: a\ndays: '3'\n", "a.yaml:2:7: error: 'days' must be a whole number, not the text "
                                 "\"3\"; remove the quotes [C032]\n"},
        {"name: a\ndays: 400\n",
         "a.yaml:2:7: error: 'days' must be between 0 and 365, not 400 [C033]\n"},
        {"name: a\nopen_end: 0\n",
         "a.yaml:2:11: error: 'open_end' must be at least 1, not 0 [C033]\n"},
        {"name: a\ndays: 99999999999999999999\n",
         "a.yaml:2:7: error: 'days' must be a whole number, not '99999999999999999999' [C032]\n"},
        {"name: a\ndays: [3]\n",
         "a.yaml:2:7: error: 'days' must be a whole number, not a list [C030]\n"},
        {"name: a\non: yes\n", "a.yaml:2:5: error: 'on' must be true or false, not 'yes' [C032]\n"},
        {"name: a\nsecret: hunter2\n",
         "a.yaml:2:9: error: 'secret' is a secret: refer to it as ${file:/path}, "
         "${credential:name} or ${env:NAME}, do not write "
         "it here [C035]\n"},
        {"name: a\nwait_ms: 5\n", "a.yaml:2:10: error: 'wait_ms' must be a duration such as 30s, "
                                  "5m, 36h or 2d, not '5' [C032]\n"},
        {"name: a\nwait_ms: 2d\n", "a.yaml:2:10: error: 'wait_ms' must be between 1000 and "
                                   "86400000 milliseconds, not 2d [C033]\n"},
        {"name: a\nminute: 25:00\n", "a.yaml:2:9: error: 'minute' must be a time of day such as "
                                     "\"09:00\", not '25:00' [C032]\n"},
        {"name: a\nmode: liev\n", "a.yaml:2:7: error: 'mode' must be one of observe, plan, live, "
                                  "not 'liev', did you mean 'live'? [C036]\n"},
        {"name: a\nmode: nothing\n",
         "a.yaml:2:7: error: 'mode' must be one of observe, plan, live, not 'nothing' [C036]\n"},
        {"name: a\ndate: 2026-02-31\n",
         "a.yaml:2:7: error: 'date': there is no day '2026-02-31' [C033]\n"},
        {"name: a\ndate: 31.2.\n",
         "a.yaml:2:7: error: 'date' must be a date such as 2026-07-01, not '31.2.' [C032]\n"},
        {"name: a\nzone: America/Chicgo\n", "a.yaml:2:7: error: 'zone' must be a time zone such as "
                                            "America/Chicago; the time zone database has no "
                                            "'America/Chicgo' [C032]\n"},
        {"name: a\ncurrency: EURO\n", "a.yaml:2:11: error: 'currency' must be an ISO 4217 currency "
                                      "code such as USD, not 'EURO' [C038]\n"},
        {"name: a\nvia: {b: c}\n", "a.yaml:2:6: error: 'via' must be a list, not a map [C030]\n"},
        {"name: a\nvia: [b, [c]]\n",
         "a.yaml:2:10: error: 'via' must be a list of texts; this is a list [C030]\n"},
        {"name: a\nholidays: [2026-01-01, x]\n",
         "a.yaml:2:24: error: 'holidays' must be a date such as 2026-07-01, not 'x' [C032]\n"},
        {"[1]\n", "a.yaml:1:1: error: 'this entry' must be a map, not a list [C030]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        Sample sample = {0};
        char *text = read_sample(rows[i].yaml, false, arena, &sample);
        g_assert_cmpstr(text, ==, rows[i].findings);
        free(text);
    }
}

static void values(void)
{
    g_autoptr(Arena) arena = arena_new();
    Sample sample = {.open_end = 7};
    char *text = read_sample("name: a-1\ntext: NO\nsecret: '${file:/etc/x}'\namount: null\nminute: "
                             "24:00\nopen_end: null\n"
                             "date: 2026-07-01\nzone: Europe/Berlin\ncurrency: EUR\nvia: mail\n"
                             "holidays: [2026-12-25, 2026-01-01, 2026-12-25]\nsection: {x: 1}\n",
                             false, arena, &sample);
    g_assert_cmpstr(text, ==, "");
    free(text);
    g_assert_cmpstr(sample.name, ==, "a-1");
    g_assert_cmpstr(sample.text, ==, "NO");
    g_assert_cmpstr(sample.secret, ==, "${file:/etc/x}");
    g_assert_true(sample.on);
    g_assert_cmpint(sample.days, ==, 10);
    g_assert_cmpint(sample.open_end, ==, 7); /* null: as if the key were absent */
    g_assert_true(sample.amount == INT64_MIN);
    g_assert_cmpint(sample.wait_ms, ==, 36000);
    g_assert_cmpint(sample.minute, ==, 1440);
    g_assert_cmpint(sample.mode, ==, 2);
    g_assert_cmpint(sample.date, ==, date_from_ymd(2026, 7, 1));
    g_assert_cmpstr(zone_name(sample.zone), ==, "Europe/Berlin");
    g_assert_cmpstr(sample.currency.code, ==, "EUR");
    g_assert_cmpstr(sample.via[0], ==, "mail");
    g_assert_null(sample.via[1]);
    g_assert_cmpuint(sample.holidays.n, ==, 2);
    g_assert_cmpint(sample.holidays.dates[0], ==, date_from_ymd(2026, 1, 1));
    g_assert_cmpint(sample.section->kind, ==, NODE_MAP);
}

static void overrides(void)
{
    g_autoptr(Arena) arena = arena_new();
    Sample sample = {.days = 3, .on = false, .minute = 5};
    char *text = read_sample("name: b\ndays: 4\n", true, arena, &sample);
    g_assert_cmpstr(text, ==, "");
    free(text);
    g_assert_cmpint(sample.days, ==, 4);
    g_assert_false(sample.on);
    g_assert_cmpint(sample.minute, ==, 5);
}

static void references(void)
{
    static const struct {
        const char *text;
        ReferenceKind kind;
        const char *name;
    } rows[] = {
        {"${file:/etc/token}", REFERENCE_FILE, "/etc/token"},
        {"${env:TOKEN}", REFERENCE_ENV, "TOKEN"},
        {"${credential:smtp}", REFERENCE_CREDENTIAL, "smtp"},
        {"${file:}", REFERENCE_NONE, NULL},
        {"${file:/a} ", REFERENCE_NONE, NULL},
        {"${file:/a", REFERENCE_NONE, NULL},
        {"x${file:/a}", REFERENCE_NONE, NULL},
        {"${vault:a}", REFERENCE_NONE, NULL},
        {"", REFERENCE_NONE, NULL},
    };
    g_autoptr(Arena) arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *name = NULL;
        g_assert_cmpint(reference_parse(rows[i].text, arena, &name), ==, rows[i].kind);
        g_assert_cmpstr(name, ==, rows[i].name);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/config/read/findings", findings);
    g_test_add_func("/config/read/values", values);
    g_test_add_func("/config/read/overrides", overrides);
    g_test_add_func("/config/read/references", references);
    return g_test_run();
}
