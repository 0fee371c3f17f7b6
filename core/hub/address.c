/* One address, several accounts (domain.md §8): what a person answers about a number or a mailbox binds
 * every account that uses it, also one that comes to use it later. */
#include "hub/loop.h"

#include <string.h>

enum {
    SHARED_MAX = 1000, /* accounts that one answer reaches; an address of more is nobody's own */
    PAGE = 100,
};

static bool tell_one(Group *group, const char *account, const json_t *detail, GError **error)
{
    return engine_own(group, account, "hub", EVENT_CONSENT_SHARED, json_deep_copy(detail), NULL,
                      error);
}

bool address_share(Group *group, const char *account, const Wish *wish, GError **error)
{
    g_autoptr(json_t) detail = json_loads(wish->detail, 0, NULL);
    const char *after = "";
    size_t n = PAGE, told = 0;
    while (n == PAGE && told <= SHARED_MAX) {
        const char **accounts;
        if (!store_accounts_at(group->hub->setup.store, wish->key, after, PAGE, group->arena,
                               &accounts, &n, error))
            return false;
        for (size_t i = 0; i < n; i++) {
            after = accounts[i];
            if (strcmp(accounts[i], account) == 0)
                continue;
            if (told++ == SHARED_MAX) {
                hub_alert(group->hub, "address_shared", account,
                          "an answer of account '%s' came from an address of more than %d "
                          "accounts; it reached the first of them: look whose address that is",
                          account, SHARED_MAX);
                return true;
            }
            if (!tell_one(group, accounts[i], detail, error))
                return false;
        }
    }
    return true;
}

/* An address that comes to an account brings along that its owner revoked it elsewhere, unless consent
 * was given later. */
bool address_greet(Group *group, const Slot *slot, const ContactPoint *came, GError **error)
{
    const ContactPoint *point = NULL;
    STATE_FOREACH (slot->state, KIND_CONTACT_POINT, ContactPoint, p)
        if (record_same_key(&contact_point_type, p, came))
            point = p;
    Instant at = INSTANT_NONE;
    if (!point || point->consent == CONSENT_REVOKED)
        return true;
    if (!store_revoked_at(group->hub->setup.store, point->address, point->channel, &at, error))
        return false;
    bool later = point->consent == CONSENT_GRANTED && point->consent_at != INSTANT_NONE &&
                 point->consent_at > at;
    if (at == INSTANT_NONE || later)
        return true;
    char text[32];
    g_autoptr(json_t) detail =
        json_pack("{s:s,s:s,s:s,s:s}", "channel", point->channel, "address", point->address,
                  "consent", "revoked", "since", instant_format(at, text));
    return tell_one(group, slot->account, detail, error);
}

/* Of several accounts at that address the one that was written to last; among equals the first. */
bool address_answered(Group *group, const char *address, const char **ret_account, GError **error)
{
    const char **accounts;
    size_t n = 0;
    Instant latest = INSTANT_NONE;
    *ret_account = NULL;
    if (!store_accounts_at(group->hub->setup.store, address, "", PAGE, group->arena, &accounts, &n,
                           error))
        return false;
    for (size_t i = 0; i < n; i++) {
        Slot *slot = engine_slot(group, accounts[i], error);
        if (!slot)
            return false;
        Instant own = INSTANT_NONE;
        STATE_FOREACH (slot->state, KIND_ACT, Act, act)
            if (act->state == ACT_DONE && g_strcmp0(act->address, address) == 0)
                own = MAX(own, act->done_at);
        if (!*ret_account || own > latest) {
            *ret_account = slot->account;
            latest = own;
        }
    }
    return true;
}
