#include "ledger/treatment.h"

#include <string.h>

const char *const treatment_words[] = {"message",       "call",        "fee",   "suspension",
                                       "disconnection", "collections", "legal", "grace",
                                       "plan",          "promise",     "hold",  NULL};

typedef struct {
    const AccountState *state;
    Date from, to;
    const Cycle *cases[64]; /* further ones are counted as cases, and nothing that came to them */
    Date first[64][N_TREATMENTS];
    size_t n;
    Treatments *into;
} Counting;

static bool in_period(const Counting *c, Date day)
{
    return day != DATE_NONE && day >= c->from && day <= c->to;
}

static bool is_case(const Counting *c, const Cycle *cycle)
{
    Date ended = cycle->left_on != DATE_NONE && cycle->left_on >= cycle->delinquent_since
                     ? cycle->left_on
                     : cycle->closed_on;
    return cycle->delinquent_since != DATE_NONE && cycle->delinquent_since <= c->to &&
           (cycle->step != NULL || ended == DATE_NONE || ended >= c->from);
}

static void find_cases(Counting *c)
{
    STATE_FOREACH (c->state, KIND_CYCLE, const Cycle, cycle) {
        if (!is_case(c, cycle))
            continue;
        c->into->cases++;
        if (c->n == G_N_ELEMENTS(c->cases))
            continue;
        for (int t = 0; t < N_TREATMENTS; t++)
            c->first[c->n][t] = DATE_NONE;
        c->cases[c->n++] = cycle;
    }
}

static void count(Counting *c, size_t at, Treatment treatment, Date day)
{
    Date *first = &c->first[at][treatment];
    c->into->treated[treatment].n++;
    if (*first == DATE_NONE || day < *first)
        *first = day;
}

static void count_of_cycle(Counting *c, const char *cycle, Treatment treatment, Date day)
{
    for (size_t i = 0; cycle != NULL && i < c->n; i++)
        if (strcmp(c->cases[i]->id, cycle) == 0)
            count(c, i, treatment, day);
}

/* The latest case that had begun by that day. */
static void count_of_account(Counting *c, Treatment treatment, Date day)
{
    size_t found = c->n;
    for (size_t i = 0; in_period(c, day) && i < c->n; i++)
        if (c->cases[i]->delinquent_since <= day &&
            (found == c->n || c->cases[i]->delinquent_since > c->cases[found]->delinquent_since))
            found = i;
    if (found < c->n)
        count(c, found, treatment, day);
}

/* Which treatment an act is; N_TREATMENTS: none that is counted. */
static Treatment treatment_of(const Act *act)
{
    static const struct {
        const char *verb;
        Treatment treatment;
    } verbs[] = {
        {"call.voice", TREATED_CALL},
        {"service.suspend", TREATED_SUSPENSION},
        {"access.suspend", TREATED_SUSPENSION},
        {"service.disconnect", TREATED_DISCONNECTION},
        {"service.cancel", TREATED_DISCONNECTION},
        {"agency.place", TREATED_COLLECTIONS},
        {"bureau.report", TREATED_COLLECTIONS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (strcmp(act->verb, verbs[i].verb) == 0)
            return verbs[i].treatment;
    return act->notice != NULL           ? TREATED_MESSAGE
           : act->effect == EFFECT_LEGAL ? TREATED_LEGAL
                                         : N_TREATMENTS;
}

static void count_acts(Counting *c)
{
    STATE_FOREACH (c->state, KIND_ACT, const Act, act) {
        Treatment treatment = treatment_of(act);
        if (act->state == ACT_DONE && !act->undo && treatment != N_TREATMENTS &&
            in_period(c, act->done_on))
            count_of_cycle(c, act->cycle, treatment, act->done_on);
    }
    STATE_FOREACH (c->state, KIND_INVOICE, const Invoice, invoice)
        if (invoice->kind == INVOICE_FEE && in_period(c, invoice->issued_on))
            count_of_cycle(c, invoice->cycle, TREATED_FEE, invoice->issued_on);
}

static void count_leniency(Counting *c)
{
    STATE_FOREACH (c->state, KIND_HOLD, const Hold, hold) {
        if (hold->kind == HOLD_GRACE)
            count_of_account(c, TREATED_GRACE, hold->from);
        else if (hold->kind >= HOLD_HELP)
            count_of_account(c, TREATED_HOLD, hold->from);
    }
    STATE_FOREACH (c->state, KIND_PLAN, const Plan, plan)
        count_of_account(c, TREATED_PLAN, plan->made_on);
    STATE_FOREACH (c->state, KIND_PROMISE, const Promise, promise)
        count_of_account(c, TREATED_PROMISE, promise->made_on);
}

void treatments_add(const AccountState *state, Date from, Date to, Treatments *treatments)
{
    Counting c = {.state = state, .from = from, .to = to, .into = treatments};
    int64_t before = treatments->cases;
    find_cases(&c);
    treatments->accounts += treatments->cases > before;
    count_acts(&c);
    count_leniency(&c);
    for (size_t i = 0; i < c.n; i++)
        for (int t = 0; t < N_TREATMENTS; t++) {
            if (c.first[i][t] == DATE_NONE)
                continue;
            treatments->treated[t].cases++;
            treatments->treated[t].days += MAX(c.first[i][t] - c.cases[i]->delinquent_since + 1, 1);
        }
}

Ratio treatments_share(const Treatments *treatments, Treatment treatment)
{
    return (Ratio){treatments->treated[treatment].cases, treatments->cases};
}

/* (a / b) / (c / d) = ad / bc */
Ratio treatments_against(const Treatments *group, const Treatments *all, Treatment treatment)
{
    int64_t others = all->cases - group->cases;
    int64_t treated = all->treated[treatment].cases - group->treated[treatment].cases;
    if (group->cases == 0 || others == 0 || treated == 0)
        return (Ratio){0, 0};
    return (Ratio){group->treated[treatment].cases * others, group->cases * treated};
}

const char *treatments_sign(const Treatments *group, const Treatments *all, Treatment treatment)
{
    Ratio ratio = treatments_against(group, all, treatment);
    if (group->cases < TREATMENT_FEW || all->cases - group->cases < TREATMENT_FEW)
        return group->cases == all->cases ? NULL : "few";
    if (ratio.denominator == 0) /* nobody else was treated so */
        return group->treated[treatment].cases > 0 ? "more" : NULL;
    if (ratio.numerator * 4 >= ratio.denominator * 5)
        return "more";
    return ratio.numerator * 5 <= ratio.denominator * 4 ? "less" : "alike";
}
