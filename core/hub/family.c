/* Where an account is collected: the parent that its ledger names is looked up here, because a
 * decision sees one account alone; what was found goes to the account as an event of the hub. */
#include "hub/loop.h"

static const char *const problem_words[] = {"unknown_parent", "parent_cycle", "parent_nested",
                                            NULL};

static int problem_known(const Account *account)
{
    for (int i = 0; problem_words[i]; i++)
        if (words_have(account->reasons, problem_words[i]))
            return i;
    return -1;
}

static bool has_members(const AccountState *state)
{
    STATE_FOREACH (state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (member->left_on == DATE_NONE)
            return true;
    return false;
}

/* One parent and its children: nobody collects for one that is collected itself. */
static int problem_of(const AccountState *child, const Slot *parent)
{
    if (!parent || !parent->found)
        return PARENT_UNKNOWN;
    const Account *account = &parent->state->account;
    if (g_strcmp0(account->id, child->account.id) == 0 ||
        g_strcmp0(account->collector, child->account.id) == 0)
        return PARENT_CYCLE;
    return account->collector || has_members(child) ? PARENT_NESTED : -1;
}

static bool find_parent(Group *group, const Account *account, Slot **ret_parent, GError **error)
{
    const char *id = NULL;
    *ret_parent = NULL;
    if (!intake_account(group, account->source ? account->source : "hub", account->parent, &id,
                        error))
        return false;
    if (id)
        *ret_parent = engine_slot(group, id, error);
    return !id || *ret_parent;
}

static bool is_settled(const Account *account, const Event *event)
{
    bool wanted = account->parent && account->collect_with_parent;
    if (event->kind == EVENT_FAMILY_PLACED ||
        (!wanted && !account->collector && problem_known(account) < 0))
        return true;
    return wanted && account->collector && event->kind != EVENT_ACCOUNT_UPDATED;
}

bool family_place(Group *group, const char *name, const Event *event, GError **error)
{
    Slot *slot = engine_slot(group, name, error);
    if (!slot)
        return false;
    const Account *account = &slot->state->account;
    if (is_settled(account, event))
        return true;
    Slot *parent = NULL;
    FamilyPlacement placed = {.problem = -1};
    if (account->parent && account->collect_with_parent) {
        if (!find_parent(group, account, &parent, error))
            return false;
        placed.problem = problem_of(slot->state, parent);
        placed.collector = placed.problem < 0 ? parent->account : NULL;
    }
    if (g_strcmp0(placed.collector, account->collector) == 0 &&
        placed.problem == problem_known(account))
        return true;
    return engine_own(group, name, "hub", EVENT_FAMILY_PLACED,
                      own_data(EVENT_FAMILY_PLACED, &placed), NULL, error);
}

/* ---- what one account tells another ------------------------------------------------------------ */

static bool tell(Group *group, const char *from, const Wish *wish, GError **error)
{
    const EventType *type = event_type_by_name(wish->event);
    g_autoptr(json_t) data = json_loads(wish->detail, 0, NULL);
    g_autoptr(GError) problem = NULL;
    Event event = {0};
    if (!event_decode(type->name, data, group->arena, &event, &problem)) {
        hub_alert(group->hub, "event_invalid", from,
                  "what account '%s' has to tell '%s' is left out: %s", from, wish->key,
                  problem->message);
        return true;
    }
    g_autofree char *source = g_strconcat("account:", from, NULL);
    return engine_own(group, wish->key, arena_strdup(group->arena, source), type->kind,
                      json_incref(data), NULL, error);
}

bool family_tell_others(Group *group, const char *account, const DecideOut *out, GError **error)
{
    for (size_t i = 0; i < out->n_wishes; i++)
        if (out->wishes[i].kind == WISH_TELL && !tell(group, account, &out->wishes[i], error))
            return false;
    return true;
}
