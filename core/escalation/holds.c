/* Holds combine by the strictest effect; the end of one never cancels another (§5). */
#include <string.h>

#include "escalation/deciding.h"

typedef struct {
    const char *word;
    unsigned blocks;
} HoldEffect;

/* The table of §5. Grace, pending money, plans and disputes act through rules of their own. */
static const HoldEffect effects[HOLD_PAUSE + 1] = {
    [HOLD_PENDING] = {"pending", 0},
    [HOLD_GRACE] = {"grace", BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS | BLOCKS_FEES},
    [HOLD_PROMISE] = {"promise",
                      BLOCKS_ENTRY | BLOCKS_MESSAGES | BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS},
    [HOLD_PLAN] = {"plan", 0},
    [HOLD_DISPUTE] = {"dispute", 0},
    [HOLD_HELP] = {"help", BLOCKS_MESSAGES | BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS | BLOCKS_FEES},
    [HOLD_BREATHING_SPACE] = {"breathing_space", BLOCKS_ENTRY | BLOCKS_MESSAGES |
                                                     BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS |
                                                     BLOCKS_FEES},
    [HOLD_BANKRUPTCY] = {"bankruptcy", BLOCKS_ENTRY | BLOCKS_MESSAGES | BLOCKS_SUSPENSION |
                                           BLOCKS_COLLECTIONS | BLOCKS_FEES},
    [HOLD_ATTORNEY] = {"attorney", 0},
    [HOLD_CEASE] = {"cease", 0},
    [HOLD_DECEASED] = {"deceased",
                       BLOCKS_ENTRY | BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS | BLOCKS_FEES},
    [HOLD_PAUSE] = {"pause",
                    BLOCKS_ENTRY | BLOCKS_MESSAGES | BLOCKS_SUSPENSION | BLOCKS_COLLECTIONS},
};

static const struct {
    const char *word;
    unsigned blocks;
} block_words[] = {
    {"entry", BLOCKS_ENTRY},
    {"messages", BLOCKS_MESSAGES},
    {"suspension", BLOCKS_SUSPENSION},
    {"collections", BLOCKS_COLLECTIONS},
    {"fees", BLOCKS_FEES},
};

static bool is_block(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(block_words); i++)
        if (strcmp(word, block_words[i].word) == 0)
            return true;
    return false;
}

bool hold_read_blocks(Arena *arena, const char *text, const char **ret_blocks,
                      const char **ret_unknown)
{
    *ret_blocks = NULL;
    g_auto(GStrv) words = g_strsplit_set(text ? text : "", ", ", -1);
    for (char **word = words; *word; word++) {
        if (!**word)
            continue;
        if (!is_block(*word)) {
            *ret_unknown = arena_strdup(arena, *word);
            return false;
        }
        *ret_blocks = words_add(arena, *ret_blocks, *word);
    }
    return true;
}

bool hold_is_running(const Hold *hold, Date today)
{
    return hold->over_on == DATE_NONE && (hold->until == DATE_NONE || hold->until >= today) &&
           (hold->starts_on == DATE_NONE || hold->starts_on <= today);
}

/* A hold on some invoices reaches a currency when nothing counted is left outside it; bankruptcy as
 * soon as old debt counts. */
bool hold_reaches(const Hold *hold, const Ledger *ledger, Currency currency)
{
    if (hold->contact || (hold->currency.code[0] && !currency_equal(hold->currency, currency)))
        return false;
    bool partial =
        hold->invoice || (hold->kind == HOLD_BANKRUPTCY && hold->petition_on != DATE_NONE);
    if (!partial)
        return true;
    size_t covered = 0, outside = 0;
    for (size_t i = 0; i < ledger->n_invoices; i++) {
        const InvoiceBalance *b = &ledger->invoices[i];
        if (!b->counted || !currency_equal(b->invoice->currency, currency))
            continue;
        covered += age_hold_covers(hold, b->invoice);
        outside += !age_hold_covers(hold, b->invoice);
    }
    return hold->invoice ? covered > 0 && outside == 0 : covered > 0 || outside == 0;
}

static unsigned blocks_of(const Hold *hold)
{
    if (hold->kind < 0 || hold->kind > HOLD_PAUSE)
        return 0;
    if (hold->kind != HOLD_PAUSE || !hold->blocks)
        return effects[hold->kind].blocks;
    unsigned blocks = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(block_words); i++)
        if (ledger_lists(hold->blocks, block_words[i].word))
            blocks |= block_words[i].blocks;
    return blocks;
}

unsigned holds_block_besides(const Deciding *d, Currency currency, int kind)
{
    unsigned blocks = 0;
    STATE_FOREACH (d->look, KIND_HOLD, const Hold, hold)
        if (hold->kind != kind && hold_is_running(hold, d->today) &&
            hold_reaches(hold, &d->ledger, currency))
            blocks |= blocks_of(hold);
    return blocks;
}

unsigned holds_block(const Deciding *d, Currency currency)
{
    return holds_block_besides(d, currency, -1);
}

static bool any_running(const Deciding *d, int kind)
{
    STATE_FOREACH (d->look, KIND_HOLD, const Hold, hold)
        if (hold->kind == kind && hold_is_running(hold, d->today))
            return true;
    return false;
}

const char *holds_role(const Deciding *d)
{
    if (any_running(d, HOLD_DECEASED))
        return "estate";
    return any_running(d, HOLD_ATTORNEY) ? "attorney" : NULL;
}

bool holds_cease(const Deciding *d)
{
    return any_running(d, HOLD_CEASE);
}

Hold *hold_add(Deciding *d, int kind, const char *author, const char *reason)
{
    const char *id = deciding_next_id(d, "h");
    Hold *hold = state_add(d->state, KIND_HOLD);
    hold->id = id;
    hold->kind = kind;
    hold->from = deciding_first_held_day(d);
    hold->author = arena_strdup(d->arena, author);
    hold->reason = arena_strdup(d->arena, reason);
    reason_add(d, "hold_set", "§5", id, effects[kind].word, NULL, "%s sets a hold: %s",
               author ? author : "the hub", effects[kind].word);
    return hold;
}

/* Age continues where it stopped, and the step's dwell restarts (§5); one invoice's hold leaves the
 * account's dwell alone. */
static void restart_dwell(Deciding *d, const Hold *hold)
{
    bool never_began = hold->starts_on != DATE_NONE && hold->starts_on > d->today;
    if (!age_hold_stops_clock(hold->kind) || hold->invoice || hold->contact || never_began)
        return;
    STATE_FOREACH (d->state, KIND_CYCLE, Cycle, cycle)
        if (cycle_is_running(cycle) && cycle->executed_on != DATE_NONE &&
            hold_reaches(hold, &d->ledger, cycle->currency))
            cycle->dwell_from = MAX(cycle->dwell_from, d->today);
}

void hold_finish(Deciding *d, Hold *hold, bool by_person)
{
    hold->over_on = d->today;
    restart_dwell(d, hold);
    reason_add(d, hold->kind == HOLD_GRACE ? "grace_ended" : "hold_ended", "§5", hold->id,
               effects[hold->kind].word, NULL, by_person ? "%s ended by a person" : "%s is over",
               effects[hold->kind].word);
}

void holds_expire(Deciding *d)
{
    size_t n = STATE_COUNT(d->look, KIND_HOLD);
    for (size_t i = 0; i < n; i++) {
        const Hold *hold = &STATE_ROWS(d->look, KIND_HOLD, const Hold)[i];
        if (hold->over_on == DATE_NONE && hold->until != DATE_NONE && hold->until < d->today)
            hold_finish(d, &STATE_ROWS(d->state, KIND_HOLD, Hold)[i], false);
    }
}

static bool in_force(const Deciding *d, int kind)
{
    switch (kind) {
    case HOLD_PENDING:
        STATE_FOREACH (d->look, KIND_PAYMENT, const Payment, p)
            if (p->state == PAYMENT_PENDING)
                return true;
        return false;
    case HOLD_PLAN:
        STATE_FOREACH (d->look, KIND_PLAN, const Plan, plan)
            if (plan->state == PLAN_ACTIVE)
                return true;
        return false;
    case HOLD_DISPUTE:
        STATE_FOREACH (d->look, KIND_DISPUTE, const Dispute, dispute)
            if (dispute->outcome == DISPUTE_OPEN)
                return true;
        return false;
    default:
        return any_running(d, kind);
    }
}

const char *holds_words(const Deciding *d)
{
    g_autoptr(GString) words = g_string_new(NULL);
    for (int kind = 0; kind <= HOLD_PAUSE; kind++)
        if (in_force(d, kind))
            g_string_append_printf(words, "%s%s", words->len ? "," : "", effects[kind].word);
    return words->len ? arena_strdup(d->arena, words->str) : NULL;
}
