/* What the hub books - fees, interest, credits - leaves for the ledger (docs/adr/0022-bookings-in-the-ledger.md) where the
 * configuration has an action of the verb that the account's own ledger carries out. Its answer gives the id in that ledger;
 * what the ledger tells of it afterwards, under that id or under the key, is the hub's own booking coming back. */
#include <string.h>

#include "escalation/deciding.h"

/* The instance of `via` that the account came from; of one that came from nowhere the first. */
static const char *carrier(const Deciding *d, const ActionRule *rule)
{
    const char *source = d->state->account.source;
    for (size_t i = 0; rule->via && rule->via[i]; i++)
        if (!source || text_same(rule->via[i], source))
            return rule->via[i];
    return NULL;
}

static const ActionRule *action_for(const Deciding *d, const char *verb)
{
    for (size_t i = 0; i < d->book->n_actions; i++)
        if (text_same(d->book->actions[i].verb, verb) && carrier(d, &d->book->actions[i]))
            return &d->book->actions[i];
    return NULL;
}

/* Of no cycle: it is owed whether or not the account leaves before it went out. data is consumed. */
static const char *push(Deciding *d, const ActionRule *rule, const char *purpose,
                        const char *target, const char *object, json_t *data)
{
    const char *via[] = {carrier(d, rule), NULL};
    ActionRule carried = *rule;
    carried.via = via;
    ActPlan plan = {
        .rule = &carried, .purpose = purpose, .target = target, .object = object, .data = data};
    const Act *act = act_plan(d, &plan);
    json_decref(data);
    return act ? act->key : NULL;
}

static json_t *sum_of(const Deciding *d, const char *member, const char *id, int64_t amount,
                      Currency currency, Date issued_on)
{
    char day[16];
    if (d->in->bare)
        return NULL;
    return json_pack("{s:s,s:I,s:s,s:s}", member, id, "amount", (json_int_t)amount, "currency",
                     currency.code, "issued_on", date_format(issued_on, day));
}

void booking_of_invoice(Deciding *d, Invoice *invoice)
{
    const ActionRule *rule = action_for(d, "fee.charge");
    if (!rule)
        return;
    json_t *data =
        sum_of(d, "invoice", invoice->id, invoice->amount, invoice->currency, invoice->issued_on);
    if (data) {
        json_object_set_new(data, "kind",
                            json_string(invoice->kind == INVOICE_FEE ? "fee" : "interest"));
        if (invoice->fee_type)
            json_object_set_new(data, "fee_type", json_string(invoice->fee_type));
    }
    invoice->key = push(d, rule, "fee_charged", invoice->id, NULL, data);
}

/* What never left is not taken back from the ledger: it just does not go. */
static bool never_left(Deciding *d, const char *key)
{
    Act *act = key ? state_find(d->state, KIND_ACT, key) : NULL;
    if (act && act_is_open(act) && act->attempts == 0)
        act_suppress(d, act, "reversed");
    return !act || act->state == ACT_SUPPRESSED;
}

void booking_of_credit(Deciding *d, Credit *credit)
{
    const Invoice *about =
        credit->invoice ? state_find(d->look, KIND_INVOICE, credit->invoice) : NULL;
    bool takes_back = about && about->kind != INVOICE_CHARGE;
    if (takes_back && never_left(d, about->key))
        return;
    bool whole = takes_back && credit->amount == about->amount;
    const ActionRule *rule = whole ? action_for(d, "fee.void") : NULL;
    rule = rule ? rule : action_for(d, "credit.grant");
    if (!rule)
        return;
    json_t *data =
        sum_of(d, "credit", credit->id, credit->amount, credit->currency, credit->issued_on);
    if (data && credit->kind)
        json_object_set_new(data, "kind", json_string(credit->kind));
    if (data && credit->invoice)
        json_object_set_new(data, "invoice", json_string(credit->invoice));
    credit->key = push(d, rule, "credit_booked", credit->id, takes_back ? about->key : NULL, data);
}

bool booking_waits(Deciding *d, Act *act)
{
    const Act *object = text_same(act->purpose, "credit_booked") && act->object
                            ? state_find(d->look, KIND_ACT, act->object)
                            : NULL;
    if (!object || object->state == ACT_DONE)
        return false;
    if (object->state == ACT_DEAD || object->state == ACT_SUPPRESSED)
        act_suppress(d, act, "not_charged");
    return true;
}

/* ---- its echo -------------------------------------------------------------------------------- */

static bool is_booked_as(const char *own_key, const char *own_external, const char *id,
                         const char *key)
{
    return own_key && ((id && text_same(own_external, id)) || text_same(own_key, key));
}

const Invoice *booked_invoice(const Deciding *d, const char *id, const char *key)
{
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, row)
        if (is_booked_as(row->key, row->external_id, id, key))
            return row;
    return NULL;
}

Credit *booked_credit(const Deciding *d, const char *id, const char *key)
{
    const Credit *rows = STATE_ROWS(d->look, KIND_CREDIT, const Credit);
    for (size_t i = 0; i < STATE_COUNT(d->look, KIND_CREDIT); i++)
        if (is_booked_as(rows[i].key, rows[i].external_id, id, key))
            return &STATE_ROWS(d->state, KIND_CREDIT, Credit)[i];
    return NULL;
}

/* The ledger was read before its answer came, and knew no key: what it told is the booking itself. */
static void take_for_invoice(Deciding *d, Invoice *own, const char *external)
{
    Invoice *told = deciding_invoice(d, state_find(d->look, KIND_INVOICE, external));
    own->external_id = external;
    if (!told || told == own)
        return;
    own->number = told->number ? told->number : own->number;
    told->status = INVOICE_VOID;
    told->changed_on = d->today;
}

static void take_for_credit(Deciding *d, Credit *own, const char *external)
{
    Credit *told = state_find(d->state, KIND_CREDIT, external);
    own->external_id = external;
    if (!told || told == own || told->cancelled)
        return;
    told->cancelled = true;
    told->cancelled_on = d->today;
}

void booking_done(Deciding *d, const Act *act)
{
    if (!act->external_id || act->cycle)
        return;
    Invoice *invoice = text_same(act->purpose, "fee_charged")
                           ? deciding_invoice(d, booked_invoice(d, NULL, act->key))
                           : NULL;
    Credit *credit = text_same(act->verb, "credit.grant") ? booked_credit(d, NULL, act->key) : NULL;
    if (invoice)
        take_for_invoice(d, invoice, act->external_id);
    if (credit)
        take_for_credit(d, credit, act->external_id);
}

/* The ledger itself has taken the fee back: what the hub credited for it does not count beside that, and does not go out. */
void booking_voided(Deciding *d, const Invoice *invoice)
{
    if (invoice->kind == INVOICE_CHARGE)
        return;
    Credit *credit =
        state_find(d->state, KIND_CREDIT, arena_printf(d->arena, "correction:%s", invoice->id));
    if (!credit || credit->cancelled || credit->external_id)
        return;
    credit->cancelled = true;
    credit->cancelled_on = d->today;
    Act *act = credit->key ? state_find(d->state, KIND_ACT, credit->key) : NULL;
    if (act && act_is_open(act) && act->attempts == 0)
        act_suppress(d, act, "void");
}
