/* The condition language: what it means, what it refuses and where, what it says. */
#include "escalation/condition.h"

#include <stdlib.h>
#include <string.h>

enum { AGE, OVERDUE, PENDING, SEGMENT, KIND, TODAY, DUE, WAITED, HELD, TAGS, UNKNOWN };
static const ConditionName names[] = {
    {"age", TYPE_INT, ""},      {"overdue", TYPE_MONEY, ""},     {"pending", TYPE_MONEY, ""},
    {"segment", TYPE_TEXT, ""}, {"account.kind", TYPE_TEXT, ""}, {"today", TYPE_DATE, ""},
    {"due", TYPE_DATE, ""},     {"waited", TYPE_DAYS, ""},       {"held", TYPE_BOOL, ""},
    {"tags", TYPE_LIST, ""},    {"absent", TYPE_INT, ""},
};

static Value value_of(const void *context, size_t name)
{
    static const char *const tags[] = {"late", "north", NULL};
    const Currency usd = {"USD"};
    Date today = date_from_ymd(2026, 7, 16);
    (void)context;
    switch (name) {
    case AGE:
        return (Value){.type = TYPE_INT, .as.integer = 12};
    case OVERDUE:
        return (Value){.type = TYPE_MONEY, .as.money = {6500, usd}};
    case PENDING:
        return (Value){.type = TYPE_MONEY, .as.money = {500, usd}};
    case SEGMENT:
        return (Value){.type = TYPE_TEXT, .as.text = "vip"};
    case KIND:
        return (Value){.type = TYPE_TEXT, .as.text = "tenant"};
    case TODAY:
        return (Value){.type = TYPE_DATE, .as.date = today};
    case DUE:
        return (Value){.type = TYPE_DATE, .as.date = today - 3};
    case WAITED:
        return (Value){.type = TYPE_DAYS, .as.integer = 3};
    case HELD:
        return (Value){.type = TYPE_BOOL, .as.boolean = false};
    case TAGS:
        return (Value){.type = TYPE_LIST, .as.list = tags};
    default:
        return (Value){.type = TYPE_INT, .absent = true};
    }
}

static bool is_approved(const void *context, const char *what)
{
    (void)context;
    return strcmp(what, "legal") == 0;
}

static const ConditionScope scope = {value_of, is_approved, NULL};
static const DiagPlace place = {"a.yaml", 14, 9};

static const Condition *compile(const char *text, Arena *arena, char **ret_findings)
{
    g_autoptr(Diags) diags = diags_new();
    const Condition *condition =
        condition_compile(text, place, names, G_N_ELEMENTS(names), arena, diags);
    g_assert_true((condition != NULL) == (diags_count(diags, DIAG_ERROR) == 0));
    size_t n = 0;
    FILE *out = open_memstream(ret_findings, &n);
    diags_print(diags, out, false);
    fclose(out);
    return condition;
}

static void meaning(void)
{
    static const struct {
        const char *text;
        bool holds;
    } rows[] = {
        {"age >= 8 and overdue > money(\"10.00 USD\") and segment == \"vip\"", true},
        {"age == 12", true},
        {"age != 12", false},
        {"age < 12", false},
        {"age <= 12", true},
        {"age > 11", true},
        {"age >= 13", false},
        {"age == 5 + 7", true},
        {"age == 5 + 8 - 1", true},
        {"age > -1", true},
        {"not age > 30", true},
        {"not not held", false},
        {"held or age > 1 and not held", true},
        {"(held or age > 1) and held", false},
        {"segment in [\"standard\", \"vip\"]", true},
        {"segment in []", false},
        {"segment != 'vip'", false},
        {"\"late\" in tags", true},
        {"\"x\" in tags", false},
        {"account.kind == \"tenant\"", true},
        {"today == date(\"2026-07-16\")", true},
        {"today - due == days(3)", true},
        {"today - days(3) == due", true},
        {"due + waited + days(1) > today", true},
        {"waited >= days(3)", true},
        {"overdue - pending == money(\"60.00 USD\")", true},
        {"overdue > money(\"1.00 EUR\")", false}, /* never compared across currencies */
        {"overdue != money(\"65.00 EUR\")", false},
        {"not overdue > money(\"1.00 EUR\")", true},
        {"overdue > money(\"1.00 EUR\") or overdue > money(\"64.99 USD\")", true},
        {"absent == 1", false},
        {"absent != 1", false},
        {"absent + 1 > 0", false},
        {"approved(\"legal\")", true},
        {"approved(\"vip_legal\")", false},
        {"held == false", true},
        {"true", true},
        {"age + 9223372036854775807 > 0", false}, /* overflow: no value */
        {"due + days(9223372036854775807) > due", false},
        {"segment == \"a\\\"b\\\\\"", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        char *findings = NULL;
        const Condition *condition = compile(rows[i].text, arena, &findings);
        g_assert_cmpstr(findings, ==, "");
        if (condition_holds(condition, &scope) != rows[i].holds)
            g_error("wrong: %s", rows[i].text);
        free(findings);
    }
}

static void findings(void)
{
    static const struct {
        const char *text;
        int column; /* within the condition, from 0 */
        const char *message;
    } rows[] = {
        {"ovredue > money(\"1.00 USD\")", 0,
         "unknown name 'ovredue', did you mean 'overdue'? [C042]"},
        {"segment == vip", 11, "unknown name 'vip'; a text is written in quotes [C042]"},
        {"age >= \"8\"", 4, "cannot compare a whole number with a text [C043]"},
        {"overdue > 10", 8,
         "cannot compare an amount with a whole number; an amount is written money(\"10.00 USD\") "
         "[C043]"},
        {"waited > 3", 7,
         "cannot compare a number of days with a whole number; a number of days is written days(5) "
         "[C043]"},
        {"age and held", 0, "'and' needs true or false here, this is a whole number [C043]"},
        {"held or age", 8, "'or' needs true or false here, this is a whole number [C043]"},
        {"not age", 4, "'not' needs true or false here, this is a whole number [C043]"},
        {"age", 0,
         "a condition must be true or false, this is a whole number; compare it with something "
         "[C043]"},
        {"segment > \"a\"", 8, "a text has no order; use '==' or '!=' [C043]"},
        {"age in [\"1\"]", 4,
         "'in' looks for a text in a list of texts, not for a whole number in a list of texts "
         "[C043]"},
        {"tags == tags", 5, "cannot compare a list of texts with a list of texts [C043]"},
        {"age + segment == 3", 4, "cannot add a text to a whole number [C043]"},
        {"age - today == 3", 4, "cannot subtract a date from a whole number [C043]"},
        {"money(\"1.00 USD\") < money(\"1.00 EUR\")", 18,
         "USD and EUR cannot be compared or added [C044]"},
        {"overdue > money(\"1.00 USD\") + money(\"1.00 EUR\")", 28,
         "USD and EUR cannot be compared or added [C044]"},
        {"age = 3", 4, "write '==' to compare [C041]"},
        {"held && held", 5, "write 'and' [C041]"},
        {"held || held", 5, "write 'or' [C041]"},
        {"!held", 0, "write 'not' [C041]"},
        {"age >= ", 7, "expected a value, found the end of the condition [C041]"},
        {"age >= 8 8", 9, "expected 'and', 'or' or the end, found '8' [C041]"},
        {"(age >= 8", 9, "expected ')', found the end of the condition [C041]"},
        {"age >= and", 7, "expected a value, found 'and' [C041]"},
        {"segment == \"vip", 11, "the text that begins here has no closing quote [C041]"},
        {"segment == \"ä\" § age", 15, "'§' has no meaning in a condition [C041]"},
        {"age > 1.5", 6, "numbers are whole; an amount is written money(\"10.50 USD\") [C041]"},
        {"age > 99999999999999999999", 6, "the number is too large [C041]"},
        {"mony(\"1 USD\") > overdue", 0, "there is no 'mony(…)', did you mean 'money'? [C042]"},
        {"now() > today", 0, "there is no 'now(…)', only money, date, days and approved [C042]"},
        {"money(10) > overdue", 6, "expected an amount such as \"10.00 USD\", found '10' [C041]"},
        {"days(\"5\") > waited", 5, "expected a whole number, found '\"5\"' [C041]"},
        {"segment in [1]", 12, "expected a text in quotes, found '1' [C041]"},
        {"age > - held", 8, "expected a number, found 'held' [C041]"},
        {"", 0, "expected a value, found the end of the condition [C041]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        char *text = NULL;
        compile(rows[i].text, arena, &text);
        g_autofree char *expected =
            g_strdup_printf("a.yaml:14:%d: error: %s\n", 9 + rows[i].column, rows[i].message);
        g_assert_cmpstr(text, ==, expected);
        free(text);
    }
}

/* Several findings about names and types of one condition are all reported. */
static void all_at_once(void)
{
    g_autoptr(Arena) arena = arena_new();
    char *text = NULL;
    compile("agee > 3 and overdue > 5 and date(\"2026-02-31\") < today", arena, &text);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 4);
    g_assert_true(g_str_has_prefix(lines[0], "a.yaml:14:9: "));
    g_assert_true(g_str_has_prefix(lines[1], "a.yaml:14:30: "));
    g_assert_true(g_str_has_prefix(lines[2], "a.yaml:14:43: "));
    free(text);
}

static void limits(void)
{
    static const struct {
        const char *repeat, *end;
        int n;
        const char *finding;
    } rows[] = {
        {"(", "held", 65, "a.yaml:14:73: error: nested deeper than 64 levels [C045]\n"},
        {"not ", "held", 65, "a.yaml:14:269: error: nested deeper than 64 levels [C045]\n"},
        {"held or ", "held", 500, ""},
        {"held or ", "held", 600,
         "a.yaml:14:9: error: a condition is UTF-8 of at most 4096 bytes [C045]\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(GString) text = g_string_new(NULL);
        for (int k = 0; k < rows[i].n; k++)
            g_string_append(text, rows[i].repeat);
        g_string_append(text, rows[i].end);
        char *found = NULL;
        compile(text->str, arena, &found);
        g_assert_cmpstr(found, ==, rows[i].finding);
        free(found);
    }
}

static void explanations(void)
{
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"age >= 8 and segment == \"vip\"", "age 12 is at least 8, and segment is \"vip\""},
        {"age >= 13", "age 12 is not at least 13"},
        {"segment == \"standard\"", "segment is \"vip\", not \"standard\""},
        {"segment != \"standard\"", "segment is \"vip\", not \"standard\""},
        {"segment in [\"vip\", \"x\"]", "segment \"vip\" is one of \"vip\", \"x\""},
        {"overdue > money(\"10.00 USD\")", "overdue 65.00 USD is more than 10.00 USD"},
        {"overdue > money(\"10.00 EUR\")", "overdue 65.00 USD cannot be compared with 10.00 EUR"},
        {"overdue - pending > money(\"60.00 USD\")",
         "overdue - pending = 60.00 USD is not more than 60.00 USD"},
        {"today > due", "today 2026-07-16 is after due 2026-07-13"},
        {"waited < days(1)", "waited 3 days is not less than 1 day"},
        {"absent > 3", "absent (not known) cannot be compared with 3"},
        {"held or (age > 3 and approved(\"legal\"))",
         "held is false, or (age 12 is more than 3, and approval \"legal\" is given)"},
        {"not approved(\"x\")", "not (approval \"x\" is not given)"},
        {"age == age", "age is 12"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Arena) arena = arena_new();
        char *findings = NULL;
        const Condition *condition = compile(rows[i].text, arena, &findings);
        g_assert_cmpstr(findings, ==, "");
        g_assert_cmpstr(condition_explain(condition, &scope, arena), ==, rows[i].words);
        free(findings);
    }
}

static void reads(void)
{
    g_autoptr(Arena) arena = arena_new();
    char *findings = NULL;
    const Condition *condition =
        compile("age > 3 or age < 1 and account.kind == \"x\"", arena, &findings);
    g_assert_true(condition_reads(condition, "age"));
    g_assert_true(condition_reads(condition, "account.kind"));
    g_assert_false(condition_reads(condition, "today"));
    g_assert_false(condition_reads(condition, "approved"));
    free(findings);
    condition = compile("approved(\"legal\")", arena, &findings);
    g_assert_true(condition_reads(condition, "approved"));
    free(findings);
}

/* Words of the language and stray bytes in any order: either a condition that can be asked and
 * explained, or findings. */
static void random_conditions(void)
{
    static const char *const pieces[] = {"age",
                                         "overdue",
                                         "segment",
                                         "today",
                                         "held",
                                         "tags",
                                         "and ",
                                         "or ",
                                         "not ",
                                         "in ",
                                         "==",
                                         ">=",
                                         "<",
                                         "+",
                                         "-",
                                         "(",
                                         ")",
                                         "[",
                                         "]",
                                         ",",
                                         "\"vip\"",
                                         "12",
                                         "money(\"1.00 USD\")",
                                         "date(",
                                         "days(3)",
                                         "approved(\"legal\")",
                                         "\"",
                                         "\xc3",
                                         ".",
                                         " ",
                                         "true"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(13);
    int good = 0;
    for (int round = 0; round < 20000; round++) {
        g_autoptr(Arena) arena = arena_new();
        g_autoptr(Diags) diags = diags_new();
        g_autoptr(GString) text = g_string_new(NULL);
        for (int n = g_rand_int_range(rand, 1, 9); n > 0; n--) {
            g_string_append(text, pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
            g_string_append(text, g_rand_boolean(rand) ? " " : "");
        }
        const Condition *condition =
            condition_compile(text->str, place, names, G_N_ELEMENTS(names), arena, diags);
        g_assert_true((condition != NULL) == (diags_length(diags) == 0));
        if (!condition)
            continue;
        good++;
        condition_holds(condition, &scope);
        g_assert_cmpuint(strlen(condition_explain(condition, &scope, arena)), >, 0);
    }
    g_assert_cmpint(good, >, 100);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/escalation/condition/meaning", meaning);
    g_test_add_func("/escalation/condition/findings", findings);
    g_test_add_func("/escalation/condition/all_at_once", all_at_once);
    g_test_add_func("/escalation/condition/limits", limits);
    g_test_add_func("/escalation/condition/explanations", explanations);
    g_test_add_func("/escalation/condition/reads", reads);
    g_test_add_func("/escalation/condition/random", random_conditions);
    return g_test_run();
}
