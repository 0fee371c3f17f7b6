/* What an act tells its platform of whom and what it is about: enough to find the customer there and to word an alert. A
 * message carries its own address and words, so it is told nothing beside them. */
#include "hub/loop.h"
#include "hub/preview.h"

static const char *best_address(const AccountState *state, const char *channel)
{
    const ContactPoint *best = NULL;
    STATE_FOREACH (state, KIND_CONTACT_POINT, const ContactPoint, point) {
        bool fits = g_str_equal(point->channel, channel) && !point->undeliverable &&
                    !point->reassigned && (!point->role || g_str_equal(point->role, "payer"));
        if (fits && (!best || point->position < best->position))
            best = point;
    }
    return best ? best->address : NULL;
}

static json_t *customer(const AccountState *state)
{
    const Account *account = &state->account;
    const char *phone = best_address(state, "voice");
    return json_pack("{s:s*, s:s*, s:s*, s:s*, s:s*}", "external_id", account->external_id, "name",
                     account->name, "email", best_address(state, "email"), "phone",
                     phone ? phone : best_address(state, "sms"), "segment", account->segment);
}

/* Of the currency of the act's cycle; without one, of what is oldest. */
static const CurrencyView *figures(const AccountView *view, const AccountState *state,
                                   const Act *act)
{
    const Cycle *cycle = act->cycle ? state_find(state, KIND_CYCLE, act->cycle) : NULL;
    const CurrencyView *best = NULL;
    for (size_t i = 0; i < view->n_currencies; i++) {
        const CurrencyView *row = &view->currencies[i];
        if (cycle ? currency_equal(row->currency, cycle->currency)
                  : !best || row->days_overdue > best->days_overdue)
            best = row;
    }
    return best;
}

static void add_invoices(const AccountView *view, Currency currency, json_t *ret_case)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->n_invoices; i++) {
        const Invoice *invoice = view->invoices[i].invoice;
        if (view->invoices[i].counted && currency_equal(invoice->currency, currency))
            json_array_append_new(list, json_string(invoice->id));
    }
    json_object_set_new(ret_case, "invoices", list);
}

static json_t *case_of(const Configuration *configuration, const AccountState *state,
                       const Act *act, Instant now)
{
    g_autoptr(Arena) arena = arena_new();
    AccountView view = {0};
    account_view(state, &configuration->book, now, arena, &view);
    static const char *const statuses[] = {"current", "overdue", "delinquent"};
    json_t *object = json_pack("{s:s*, s:s*, s:s}", "step", act->step, "cycle", act->cycle,
                               "status", statuses[view.status]);
    const CurrencyView *row = figures(&view, state, act);
    if (!row)
        return object;
    json_object_set_new(object, "currency", json_string(row->currency.code));
    json_object_set_new(object, "overdue", json_integer(row->overdue));
    json_object_set_new(object, "balance", json_integer(row->balance));
    json_object_set_new(object, "days_overdue", json_integer(row->days_overdue));
    add_invoices(&view, row->currency, object);
    return object;
}

void subject_add(const Configuration *configuration, const AccountState *state, const Act *act,
                 Instant now, json_t *input)
{
    if (!act->verb || g_str_has_prefix(act->verb, "message."))
        return;
    if (!json_object_get(input, "customer"))
        json_object_set_new(input, "customer", customer(state));
    if (!json_object_get(input, "case"))
        json_object_set_new(input, "case", case_of(configuration, state, act, now));
}
