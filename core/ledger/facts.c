/* Reading the books twice gives the same where nothing that they are made of has changed. That is asked of the bytes of the
 * rows and of nobody's memory: a rule that changes an invoice need not say so. */
#include <string.h>

#include "ledger/balance.h"

/* Of a cycle nothing but its currency is read, and that never changes. */
static const RecordKind kinds[] = {KIND_INVOICE, KIND_PAYMENT, KIND_CREDIT, KIND_DISPUTE,
                                   KIND_PLAN};

void ledger_facts_of(const AccountState *state, const DueRules *rules, Date today,
                     LedgerFacts *ret_facts)
{
    *ret_facts = (LedgerFacts){.rules = *rules, .today = today, .any = true};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        ret_facts->rows[kinds[i]] = state->sets[kinds[i]].rows;
        ret_facts->n[kinds[i]] = state->sets[kinds[i]].n;
    }
    ret_facts->n[KIND_CYCLE] = STATE_COUNT(state, KIND_CYCLE);
}

void ledger_facts_note(const AccountState *state, const DueRules *rules, Date today, Arena *arena,
                       LedgerFacts *ret_facts)
{
    ledger_facts_of(state, rules, today, ret_facts);
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const RecordSet *set = &state->sets[kinds[i]];
        if (set->capacity >= set->n) /* the state's own: it may be written */
            ret_facts->rows[kinds[i]] = arena_dup(arena, set->rows, set->n * set->type->size);
    }
}

static bool same_rows(const LedgerFacts *facts, const RecordSet *set, RecordKind kind)
{
    if (facts->n[kind] != set->n)
        return false;
    return set->n == 0 || facts->rows[kind] == set->rows ||
           memcmp(facts->rows[kind], set->rows, set->n * set->type->size) == 0;
}

bool ledger_facts_stand(const LedgerFacts *facts, const AccountState *state, const DueRules *rules,
                        Date today)
{
    if (!facts->any || facts->today != today ||
        facts->rules.days_to_overdue != rules->days_to_overdue ||
        facts->rules.ledger_grace_days != rules->ledger_grace_days ||
        facts->n[KIND_CYCLE] != STATE_COUNT(state, KIND_CYCLE))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (!same_rows(facts, &state->sets[kinds[i]], kinds[i]))
            return false;
    return true;
}
