/* What the names of a condition mean (condition.h): read from the account, or from the cycle that
 * is judged. */
#include <string.h>

#include "escalation/deciding.h"

typedef Value (*Reader)(const ScopeContext *c);

static Value of_int(int64_t integer)
{
    return (Value){.type = TYPE_INT, .as.integer = integer};
}

static Value of_bool(bool boolean)
{
    return (Value){.type = TYPE_BOOL, .as.boolean = boolean};
}

static Value of_text(const char *text)
{
    return (Value){.type = TYPE_TEXT, .absent = !text, .as.text = text};
}

static Value of_money(const ScopeContext *c, int64_t minor)
{
    return (Value){.type = TYPE_MONEY, .as.money = {minor, c->currency}};
}

static Value of_list(const ScopeContext *c, const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words ? words : "", ",", -1);
    size_t n = words ? g_strv_length(parts) : 0;
    const char **list = arena_new0(c->d->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        list[i] = arena_strdup(c->d->arena, parts[i]);
    return (Value){.type = TYPE_LIST, .as.list = list};
}

static const Account *account_of(const ScopeContext *c)
{
    return &c->d->state->account;
}

static CurrencyBalance balance_of(const ScopeContext *c)
{
    return ledger_currency(&c->d->ledger, c->currency);
}

static Value read_age(const ScopeContext *c)
{
    int64_t age;
    age_anchor(c->d->state, &c->d->ledger, c->currency, &age);
    return of_int(age);
}

static Value read_due_month_age(const ScopeContext *c)
{
    return of_int(age_greatest(c->d->state, &c->d->ledger, c->currency, AGE_FROM_DUE_MONTH_END));
}

static Value read_overdue_month_age(const ScopeContext *c)
{
    return of_int(
        age_greatest(c->d->state, &c->d->ledger, c->currency, AGE_FROM_OVERDUE_MONTH_END));
}

static Value read_days_since_notice(const ScopeContext *c)
{
    bool executed = c->cycle && c->cycle->step && c->cycle->executed_on != DATE_NONE;
    Value value = of_int(executed ? (int64_t)c->d->today - c->cycle->executed_on : 0);
    value.absent = !executed;
    return value;
}

static Value read_days_overdue(const ScopeContext *c)
{
    return of_int(age_calendar(&c->d->ledger, c->currency));
}

static Value read_overdue(const ScopeContext *c)
{
    return of_money(c, balance_of(c).overdue);
}

static Value read_balance(const ScopeContext *c)
{
    return of_money(c, balance_of(c).balance);
}

static Value read_pending(const ScopeContext *c)
{
    return of_money(c, balance_of(c).pending);
}

static Value read_overdue_invoices(const ScopeContext *c)
{
    return of_int(balance_of(c).overdue_invoices);
}

static Value read_currency(const ScopeContext *c)
{
    return of_text(arena_strdup(c->d->arena, c->currency.code));
}

static Value read_segment(const ScopeContext *c)
{
    return of_text(account_of(c)->segment);
}

static Value read_step(const ScopeContext *c)
{
    return of_text(c->cycle ? c->cycle->step : NULL);
}

static Value read_days_in_step(const ScopeContext *c)
{
    bool in_step = c->cycle && c->cycle->step;
    Value value = of_int(in_step ? (int64_t)c->d->today - c->cycle->step_since : 0);
    value.absent = !in_step;
    return value;
}

static Value read_policy(const ScopeContext *c)
{
    return of_text(c->cycle && c->cycle->policy ? c->cycle->policy : c->d->policy->name);
}

static Value read_today(const ScopeContext *c)
{
    return (Value){.type = TYPE_DATE, .as.date = c->d->today};
}

static Value read_kind(const ScopeContext *c)
{
    static const char *const words[] = {"tenant", "subscriber", "business"};
    int kind = account_of(c)->kind;
    return of_text(kind >= 0 && kind <= ACCOUNT_BUSINESS ? words[kind] : NULL);
}

static Value read_is_consumer(const ScopeContext *c)
{
    return of_bool(account_of(c)->is_consumer);
}

static Value read_is_test(const ScopeContext *c)
{
    return of_bool(account_of(c)->is_test);
}

static Value read_failed_code(const ScopeContext *c)
{
    return of_text(account_of(c)->failed_code);
}

static Value read_failed_days(const ScopeContext *c)
{
    Date on = account_of(c)->failed_on;
    Value value = of_int(on != DATE_NONE ? (int64_t)c->d->today - on : 0);
    value.absent = on == DATE_NONE;
    return value;
}

static Value read_tags(const ScopeContext *c)
{
    return of_list(c, account_of(c)->tags);
}

static Value read_service(const ScopeContext *c)
{
    return of_text(account_of(c)->service == SERVICE_SUSPENDED ? "suspended" : "active");
}

static Value read_language(const ScopeContext *c)
{
    return of_text(account_of(c)->language);
}

static Value read_property(const ScopeContext *c)
{
    return of_text(account_of(c)->property);
}

static Value read_lease(const ScopeContext *c)
{
    return of_text(account_of(c)->lease);
}

static Value read_source(const ScopeContext *c)
{
    return of_text(account_of(c)->source);
}

static Value read_jurisdiction(const ScopeContext *c)
{
    return of_text(account_of(c)->jurisdiction);
}

static Value read_path(const ScopeContext *c)
{
    return of_text(account_of(c)->path);
}

static Value read_assigned(const ScopeContext *c)
{
    return of_bool(account_of(c)->assignee != NULL);
}

static Value read_holds(const ScopeContext *c)
{
    return of_list(c, holds_words(c->d));
}

static Value read_outcome(const ScopeContext *c)
{
    return of_text(c->cycle ? c->cycle->outcome : NULL);
}

static Value read_broken_promises(const ScopeContext *c)
{
    return of_int(c->cycle ? c->cycle->broken_promises : 0);
}

static Value read_needs_person(const ScopeContext *c)
{
    return of_bool(account_of(c)->reasons || (c->cycle && c->cycle->reasons));
}

static Value read_severity(const ScopeContext *c)
{
    static const char *const words[] = {"low", "medium", "high"};
    const Step *step = c->cycle ? cycle_step(c->d, c->cycle) : NULL;
    return of_text(step && step->severity >= 0 && step->severity <= SEVERITY_HIGH
                       ? words[step->severity]
                       : NULL);
}

/* The notice that executed the step went by post. */
static bool is_mailed(const Deciding *d, const Cycle *cycle)
{
    STATE_FOREACH (d->look, KIND_NOTICE, const Notice, notice)
        if (notice->state == NOTICE_ACCEPTED && notice->entry == cycle->entry &&
            g_strcmp0(notice->cycle, cycle->id) == 0 && g_strcmp0(notice->step, cycle->step) == 0)
            return g_strcmp0(notice->channel, "letter") == 0;
    return false;
}

bool statutory_period_over(const Deciding *d, const Cycle *cycle)
{
    RuleSubject subject = rules_subject(&d->state->account);
    NoticePeriod law =
        rules_notice_period(&d->book->rules, &subject, cycle->executed_on, is_mailed(d, cycle));
    bool agreed = d->settings->notice_days == 0 ||
                  (cycle->executed_on != DATE_NONE &&
                   d->today > dates_add(cycle->executed_on, d->settings->notice_days));
    return agreed && (!law.rule || d->today >= law.next_act_from);
}

/* The step's notice was accepted and its days have passed, the day of service not counted; for a
 * tenant also the days of the law. */
static Value read_notice_period_over(const ScopeContext *c)
{
    const Cycle *cycle = c->cycle;
    return of_bool(cycle && cycle->executed_on != DATE_NONE &&
                   c->d->today > dates_add(cycle->dwell_from, cycle->dwell_days) &&
                   statutory_period_over(c->d, cycle));
}

#define NAMES(ROW)                                                                                 \
    ROW("age", TYPE_INT, read_age, "Escalation age of the account in this currency, in days.")     \
    ROW("age_from_due_month_end", TYPE_INT, read_due_month_age,                                    \
        "The same counted from the end of the month in which the invoice was due; 0 before.")      \
    ROW("age_from_overdue_month_end", TYPE_INT, read_overdue_month_age,                            \
        "The same counted from the end of the month in which it fell overdue; 0 before.")          \
    ROW("days_overdue", TYPE_INT, read_days_overdue,                                               \
        "Calendar age: days overdue of the oldest counted invoice.")                               \
    ROW("overdue", TYPE_MONEY, read_overdue, "Sum that is overdue in the currency of the case.")   \
    ROW("balance", TYPE_MONEY, read_balance, "Everything open less unapplied credit, due or not.") \
    ROW("pending", TYPE_MONEY, read_pending, "Money that is announced and not settled.")           \
    ROW("overdue_invoices", TYPE_INT, read_overdue_invoices,                                       \
        "Number of counted overdue invoices.")                                                     \
    ROW("failed_payment.code", TYPE_TEXT, read_failed_code,                                        \
        "Code of the latest payment that failed, was declined or taken back; absent: none.")       \
    ROW("failed_payment.days", TYPE_INT, read_failed_days,                                         \
        "Days since the hub learnt of that; absent: none.")                                        \
    ROW("currency", TYPE_TEXT, read_currency, "Currency of the case, ISO 4217.")                   \
    ROW("segment", TYPE_TEXT, read_segment, "Segment as last judged: standard, vip, high_risk.")   \
    ROW("step", TYPE_TEXT, read_step, "Current step; absent outside delinquency.")                 \
    ROW("days_in_step", TYPE_INT, read_days_in_step, "Days since the step was entered.")           \
    ROW("days_since_notice", TYPE_INT, read_days_since_notice,                                     \
        "Days since the step's notice was accepted; absent before.")                               \
    ROW("severity", TYPE_TEXT, read_severity, "Severity of the current step: low, medium, high.")  \
    ROW("policy", TYPE_TEXT, read_policy, "Name of the policy of the current step.")               \
    ROW("today", TYPE_DATE, read_today, "Business date of the account.")                           \
    ROW("account.kind", TYPE_TEXT, read_kind, "tenant, subscriber or business.")                   \
    ROW("account.is_consumer", TYPE_BOOL, read_is_consumer, "A natural person outside a trade.")   \
    ROW("account.tags", TYPE_LIST, read_tags, "Tags of the account.")                              \
    ROW("account.service", TYPE_TEXT, read_service, "active or suspended.")                        \
    ROW("account.language", TYPE_TEXT, read_language, "Language of the account, BCP 47.")          \
    ROW("account.property", TYPE_TEXT, read_property, "Site or property.")                         \
    ROW("account.lease", TYPE_TEXT, read_lease, "Lease or contract.")                              \
    ROW("account.is_test", TYPE_BOOL, read_is_test, "An internal or test account.")                \
    ROW("account.source", TYPE_TEXT, read_source, "Ledger instance the account came from.")        \
    ROW("jurisdiction", TYPE_TEXT, read_jurisdiction,                                              \
        "Path of the jurisdiction, as US/OH/Columbus.")                                            \
    ROW("path", TYPE_TEXT, read_path, "former_tenant once the tenant moved out; else absent.")     \
    ROW("assigned", TYPE_BOOL, read_assigned, "Someone looks after the account.")                  \
    ROW("holds", TYPE_LIST, read_holds, "Kinds of holds in force.")                                \
    ROW("collections_outcome", TYPE_TEXT, read_outcome,                                            \
        "successful or unsuccessful once the agency has reported.")                                \
    ROW("broken_promises", TYPE_INT, read_broken_promises, "Promises broken in this cycle.")       \
    ROW("needs_intervention", TYPE_BOOL, read_needs_person, "Something waits for a person.")       \
    ROW("notice_period_over", TYPE_BOOL, read_notice_period_over,                                  \
        "The step's notice was accepted; its wait has passed, the day of service not counted, "    \
        "and for a tenant the statutory period of the place.")

#define NAME_ROW(NAME, TYPE, READER, DOC) {NAME, TYPE, DOC},
#define READER_ROW(NAME, TYPE, READER, DOC) READER,

const ConditionName condition_names[] = {NAMES(NAME_ROW)};
const size_t n_condition_names = G_N_ELEMENTS(condition_names);
static const Reader readers[] = {NAMES(READER_ROW)};

static Value value_of(const void *context, size_t name)
{
    return readers[name](context);
}

bool approval_valid(const Deciding *d, const Cycle *cycle, const char *what)
{
    STATE_FOREACH (d->look, KIND_APPROVAL, const Approval, approval)
        if (g_strcmp0(approval->what, what) == 0 && d->today >= approval->given_on &&
            (approval->valid_through == DATE_NONE || d->today <= approval->valid_through) &&
            (!approval->cycle || !cycle || g_strcmp0(approval->cycle, cycle->id) == 0))
            return true;
    return false;
}

static bool approved(const void *context, const char *what)
{
    const ScopeContext *c = context;
    return approval_valid(c->d, c->cycle, what);
}

ConditionScope scope_of(const ScopeContext *context)
{
    return (ConditionScope){.value = value_of, .approved = approved, .context = context};
}

bool rule_applies(const Deciding *d, Cycle *cycle, const Condition *when)
{
    if (!when)
        return true;
    ScopeContext context = {d, cycle, cycle ? cycle->currency : d->settings->currency};
    ConditionScope scope = scope_of(&context);
    return condition_holds(when, &scope);
}
