/* What a row demands, in words. */
#include <inttypes.h>

#include "compliance/rules.h"

static void say_window(const Rule *rule, GString *text)
{
    g_string_append_printf(text, "contact from %02d:%02d to %02d:%02d", rule->window_from / 60,
                           rule->window_from % 60, rule->window_to / 60, rule->window_to % 60);
}

static void say_calls(const Rule *rule, GString *text)
{
    g_string_append_printf(text, "at most %" PRId64 " calls in %" PRId64 " days", rule->calls,
                           rule->days);
    if (rule->quiet_days > 0)
        g_string_append_printf(text, ", none for %" PRId64 " days from a conversation on",
                               rule->quiet_days);
}

static void say_consent(const Rule *rule, GString *text)
{
    (void)rule;
    g_string_append(text, "texts and automated calls need consent");
}

static char *cap_text(const Rule *rule)
{
    static const char *const bases[] = {"the rent", "what is past due",
                                        "the lower of rent and what is past due"};
    bool has_fixed = rule->cap_fixed != AMOUNT_NONE;
    g_autofree char *fixed =
        has_fixed ? money_to_text((Money){rule->cap_fixed, rule->cap_currency}) : NULL;
    g_autofree char *share =
        rule->cap_permille > 0
            ? g_strdup_printf("%" PRId64 ".%" PRId64 " %% of %s", rule->cap_permille / 10,
                              rule->cap_permille % 10, bases[rule->cap_of])
            : NULL;
    if (fixed && share)
        return g_strdup_printf("the %s of %s and %s",
                               rule->cap_takes == TAKE_GREATER ? "greater" : "lower", fixed, share);
    return g_strdup(fixed ? fixed : share);
}

static void say_fee(const Rule *rule, GString *text)
{
    if (rule->after_business_days > 0)
        g_string_append_printf(text, "after %" PRId64 " business days", rule->after_business_days);
    else
        g_string_append_printf(text, "from day %" PRId64, rule->first_day);
    g_autofree char *cap = cap_text(rule);
    if (cap)
        g_string_append_printf(text, ", at most %s", cap);
}

static void say_notice(const Rule *rule, GString *text)
{
    static const char *const days[] = {"Saturdays", "Sundays", "holidays"};
    if (rule->notice_days == 0) {
        g_string_append(text, "no notice is required");
        return;
    }
    g_string_append_printf(text, "%" PRId64 " days", rule->notice_days);
    const char *before = " without ";
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        if (!(rule->skips & (1U << i)))
            continue;
        g_string_append_printf(text, "%s%s", before, days[i]);
        before = ", ";
    }
    if (rule->form == FORM_VACATE)
        g_string_append(text, ", to vacate");
    if (rule->form_first_late == FORM_PAY_OR_VACATE)
        g_string_append(text, "; to pay or vacate where it is the first time");
}

char *rule_text(const Rule *rule)
{
    static void (*const says[N_RULE_GATES])(const Rule *rule, GString *text) = {
        [RULE_CONTACT_WINDOW] = say_window, [RULE_CALL_CAP] = say_calls,
        [RULE_SMS_CONSENT] = say_consent,   [RULE_LATE_FEE] = say_fee,
        [RULE_PAY_OR_QUIT] = say_notice,
    };
    GString *text = g_string_new(NULL);
    says[rule->gate](rule, text);
    return g_string_free(text, FALSE);
}
