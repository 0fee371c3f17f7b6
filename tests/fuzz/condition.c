/* Conditions: compiled, asked and put in words, with everything known and with nothing known. */
#include "escalation/condition.h"

#include <string.h>

#include "base/text.h"
#include "fuzz.h"

static const ConditionName names[] = {
    {"age", TYPE_INT, ""},    {"overdue", TYPE_MONEY, ""}, {"segment", TYPE_TEXT, ""},
    {"today", TYPE_DATE, ""}, {"waited", TYPE_DAYS, ""},   {"held", TYPE_BOOL, ""},
    {"tags", TYPE_LIST, ""},
};

static Value value_of(const void *context, size_t name)
{
    static const char *const tags[] = {"late", "north", NULL};
    Value value = {.type = names[name].type, .absent = context == NULL};
    if (value.type == TYPE_TEXT)
        value.as.text = "vip";
    else if (value.type == TYPE_LIST)
        value.as.list = tags;
    else if (value.type == TYPE_MONEY)
        value.as.money = (Money){6500, {"USD"}};
    else if (value.type == TYPE_DATE)
        value.as.date = date_from_ymd(2026, 7, 16);
    else if (value.type != TYPE_BOOL)
        value.as.integer = INT64_MAX;
    return value;
}

static bool approved(const void *context, const char *what)
{
    return context && strcmp(what, "legal") == 0;
}

static void ask(const Condition *condition, const void *context, Arena *arena)
{
    ConditionScope scope = {value_of, approved, context};
    condition_holds(condition, &scope);
    const char *words = condition_explain(condition, &scope, arena);
    g_assert_true(text_is_clean(words, strlen(words)));
}

void fuzz_condition(const uint8_t *bytes, size_t n)
{
    if (!text_is_clean((const char *)bytes, n)) /* the tree it stands in has seen to that */
        return;
    g_autoptr(Arena) arena = arena_new();
    g_autoptr(Diags) diags = diags_new();
    const char *text = arena_strndup(arena, (const char *)bytes, n);
    DiagPlace place = {"fuzz.yaml", 1, 1};
    const Condition *condition =
        condition_compile(text, place, names, G_N_ELEMENTS(names), arena, diags);
    if (!condition) {
        g_assert_cmpuint(diags_count(diags, DIAG_ERROR), >, 0);
        return;
    }
    ask(condition, names, arena);
    ask(condition, NULL, arena);
}
