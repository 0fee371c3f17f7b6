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
    if (fixed && share && rule->cap_takes == TAKE_SUM) {
        g_autofree char *above = money_to_text((Money){rule->cap_above, rule->cap_currency});
        return g_strdup_printf("%s and %s above %s", fixed, share, above);
    }
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
    if (rule->in_writing)
        g_string_append(text, ", only if agreed in writing");
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
    if (rule->mail_days > 0)
        g_string_append_printf(text, ", %" PRId64 " more by post", rule->mail_days);
    if (rule->rent_only)
        g_string_append(text, ", for rent alone");
    if (rule->form == FORM_VACATE)
        g_string_append(text, ", to vacate");
    if (rule->form_first_late == FORM_PAY_OR_VACATE)
        g_string_append(text, "; to pay or vacate where it is the first time");
}

static void say_validation(const Rule *rule, GString *text)
{
    g_string_append_printf(text,
                           "validation notice within %" PRId64 " days of the first communication; "
                           "nothing adverse for %" PRId64 " days",
                           rule->within_days, rule->days);
}

static void say_credit(const Rule *rule, GString *text)
{
    g_string_append_printf(
        text, "reported only after speaking with the person, or %" PRId64 " days after the notice",
        rule->days);
}

static void say_barred(const Rule *rule, GString *text)
{
    g_string_append(text, "no court step on what is barred");
    if (rule->years > 0)
        g_string_append_printf(text, ", after %" PRId64 " years", rule->years);
}

static void say_records(const Rule *rule, GString *text)
{
    g_string_append_printf(text, "records are kept for %" PRId64 " years after the last act",
                           rule->years);
}

static void say_reassigned(const Rule *rule, GString *text)
{
    g_string_append(text, "no text or automated call to a reassigned number");
    if (rule->days > 0)
        g_string_append_printf(text, "; the register is asked every %" PRId64 " days", rule->days);
}

static void say_military(const Rule *rule, GString *text)
{
    g_string_append_printf(text, "military status checked within %" PRId64 " days of a court step",
                           rule->days);
    if (rule->cap_fixed == AMOUNT_NONE)
        return;
    g_autofree char *limit = money_to_text((Money){rule->cap_fixed, rule->cap_currency});
    g_string_append_printf(text, "; in service, up to %s of rent a month, by court order", limit);
}

static void say_preaction(const Rule *rule, GString *text)
{
    g_string_append_printf(text,
                           "letter of claim %" PRId64 " days before; after a reply form %" PRId64
                           " days, and a warning of %" PRId64 " days",
                           rule->days, rule->reply_days, rule->warning_days);
}

static void say_breathing(const Rule *rule, GString *text)
{
    g_string_append_printf(text,
                           "%" PRId64 " days, or %" PRId64 " days after the treatment of a crisis",
                           rule->days, rule->after_days);
}

static void say_interest(const Rule *rule, GString *text)
{
    g_string_append_printf(text, "%" PRId64 ".%02d points above the reference rate, %s",
                           rule->margin / 100, (int)(rule->margin % 100),
                           rule->resets ? "set anew each half-year" : "fixed when it begins");
    for (size_t i = 0; i < rule->n_fixed_sums; i++) {
        g_autofree char *sum = money_to_text((Money){rule->fixed_sums[i].sum, rule->cap_currency});
        g_string_append_printf(text, "%s%s", i == 0 ? ", and " : ", ", sum);
    }
}

static void say_internet(const Rule *rule, GString *text)
{
    g_autofree char *least = money_to_text((Money){rule->least, rule->cap_currency});
    g_string_append_printf(text,
                           "cut off only above %s and more than %" PRId64
                           " months past due, after messages %" PRId64 " days and %" PRId64
                           " day before",
                           least, rule->months, rule->days, rule->warning_days);
}

static void say_contacts(const Rule *rule, GString *text)
{
    say_window(rule, text);
    g_string_append_printf(text,
                           ", on Sundays %02d:%02d to %02d:%02d, not on holidays; %" PRId64
                           " in %" PRId64 " days",
                           rule->sunday_from / 60, rule->sunday_from % 60, rule->sunday_to / 60,
                           rule->sunday_to % 60, rule->contacts, rule->days);
}

/* A gate without figures says the same in every row. */
static const struct {
    void (*say)(const Rule *rule, GString *text);
    const char *words;
} says[N_RULE_GATES] = {
    [RULE_CONTACT_WINDOW] = {say_window, NULL},
    [RULE_INCONVENIENT] = {NULL, "not at times and places the person asked to be spared"},
    [RULE_CALL_CAP] = {say_calls, NULL},
    [RULE_ATTORNEY] = {NULL, "only through the attorney where there is one"},
    [RULE_CEASE] = {NULL, "after a written stop only a specific remedy is announced"},
    [RULE_THIRD_PARTY] = {NULL, "nothing about the debt where others read or hear it"},
    [RULE_E_OPTOUT] = {NULL, "every e-mail and text can be opted out of"},
    [RULE_VALIDATION] = {say_validation, NULL},
    [RULE_DISPUTE_VERIFY] = {NULL, "a dispute in writing stops collection until it was verified"},
    [RULE_CREDIT_REPORT] = {say_credit, NULL},
    [RULE_TIME_BARRED] = {say_barred, NULL},
    [RULE_US_RECORDS] = {say_records, NULL},
    [RULE_SMS_CONSENT] = {say_consent, NULL},
    [RULE_REVOKE_ALL] = {NULL, "a revocation holds for every automated use of the number"},
    [RULE_REASSIGNED] = {say_reassigned, NULL},
    [RULE_COMMERCIAL_EMAIL] = {NULL, "no promotion in collection mail; refused mail goes no more"},
    [RULE_MILITARY] = {say_military, NULL},
    [RULE_BANKRUPTCY] = {NULL, "a stay on debt from before the petition"},
    [RULE_DECEASED] = {NULL, "only those who stand for the estate"},
    [RULE_FAIR_HOUSING] = {NULL, "no rule reads a protected trait; same facts, same step"},
    [RULE_SELF_HELP] = {NULL, "no utility of a tenant is cut off"},
    [RULE_LATE_FEE] = {say_fee, NULL},
    [RULE_PAY_OR_QUIT] = {say_notice, NULL},
    [RULE_COVERED_30D] = {say_notice, NULL},
    [RULE_UK_PREACTION] = {say_preaction, NULL},
    [RULE_UK_BREATHING] = {say_breathing, NULL},
    [RULE_UK_INTEREST] = {say_interest, NULL},
    [RULE_EU_INTEREST] = {say_interest, NULL},
    [RULE_GDPR] = {NULL, "a person decides on suspension, collections and court steps"},
    [RULE_CA_INTERNET] = {say_internet, NULL},
    [RULE_ON_CONTACT] = {say_contacts, NULL},
};

char *rule_text(const Rule *rule)
{
    GString *text = g_string_new(says[rule->gate].words);
    if (says[rule->gate].say)
        says[rule->gate].say(rule, text);
    return g_string_free(text, FALSE);
}
