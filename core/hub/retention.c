/* Once a day all accounts are looked at, some in every turn: whose personal data is to go by a row of `retention:`. */
#include "hub/loop.h"

#include <string.h>

#include "escalation/retention.h"

enum {
    LOOKED_AT_MAX = 64, /* accounts in one turn */
    ERASED_MAX = 8,
};
#define STATE_NAME "retention"

static bool erases_by_itself(const Rulebook *book)
{
    for (size_t i = 0; i < book->n_retention; i++)
        if (book->retention[i].erase_after_years > 0)
            return true;
    return false;
}

static Date today_of(const Hub *hub)
{
    return zone_date(hub->setup.configuration->book.zone, hub->now);
}

bool retention_waits(const Hub *hub)
{
    return !hub->setup.dry && !hub->frozen && !(hub->switches & HUB_OBSERVE) &&
           hub->swept_on < today_of(hub) && erases_by_itself(&hub->setup.configuration->book);
}

Instant retention_next(const Hub *hub)
{
    const Rulebook *book = &hub->setup.configuration->book;
    if (retention_waits(hub))
        return hub->now;
    bool sleeps =
        hub->setup.dry || hub->frozen || (hub->switches & HUB_OBSERVE) || !erases_by_itself(book);
    return sleeps ? INSTANT_NEVER : zone_instant(book->zone, today_of(hub) + 1, 0);
}

bool retention_read_day(Hub *hub, GError **error)
{
    g_autoptr(json_t) value = NULL;
    hub->swept_on = DATE_NONE;
    if (!state_read(hub, STATE_NAME, &value, error))
        return false;
    const char *day = json_string_value(json_object_get(value, "swept_on"));
    if (day)
        date_parse(day, &hub->swept_on, NULL);
    return true;
}

/* ---- one turn's part --------------------------------------------------------------------------- */

typedef struct {
    Deed deed;
    char *after; /* goes on behind this account; NULL: all were looked at */
    Date day;
} Swept;

static void note_swept(Hub *hub, Deed *deed)
{
    Swept *swept = (Swept *)deed;
    g_free(hub->sweep_after);
    hub->sweep_after = g_strdup(swept->after);
    if (!swept->after)
        hub->swept_on = swept->day;
}

typedef struct {
    Arena *arena;
    GPtrArray *current; /* accounts where nothing is overdue */
    const char *last;
    size_t n;
} Look;

static bool look_at(const char *account, const ListRow *row, void *data)
{
    Look *look = data;
    look->last = arena_strdup(look->arena, account);
    look->n++;
    if (g_strcmp0(row->status, "current") == 0)
        g_ptr_array_add(look->current, (gpointer)look->last);
    return true;
}

static bool owes(const AccountState *state, const Rulebook *book, Instant now, Arena *arena)
{
    AccountView view = {0};
    account_view(state, book, now, arena, &view);
    for (size_t i = 0; i < view.n_currencies; i++)
        if (view.currencies[i].balance > 0)
            return true;
    return false;
}

static bool erase_if_due(Group *group, const char *account, bool *ret_erased, GError **error)
{
    Hub *hub = group->hub;
    const Rulebook *book = &hub->setup.configuration->book;
    Date today = today_of(hub);
    Slot *slot = engine_slot(group, account, error);
    if (!slot)
        return false;
    const Retention *row = erasure_due(slot->state, book, today);
    if (!row || erasure_obstacle(slot->state, book, owes(slot->state, book, hub->now, group->arena),
                                 "hub", today, group->arena))
        return true;
    *ret_erased = true;
    return engine_own(group, account, "hub", EVENT_ERASURE_REQUESTED,
                      json_pack("{s:s,s:s}", "by", "hub", "reason", row->name), NULL, error);
}

static bool finish_sweep(Group *group, const Look *look, const char *after, GError **error)
{
    Hub *hub = group->hub;
    Swept *swept = group_deed(group, sizeof *swept, note_swept);
    char day[16];
    swept->after = arena_strdup(look->arena, after);
    swept->day = today_of(hub);
    group->swept = true;
    if (after)
        return true;
    g_autoptr(json_t) value = json_pack("{s:s}", "swept_on", date_format(swept->day, day));
    return state_write(hub, STATE_NAME, value, error);
}

bool retention_turn(Group *group, GError **error)
{
    Hub *hub = group->hub;
    g_autoptr(GPtrArray) current = g_ptr_array_new();
    Look look = {.arena = group->arena, .current = current};
    size_t erased = 0;
    if (!retention_waits(hub))
        return true;
    if (!store_accounts(hub->setup.store, hub->sweep_after, LOOKED_AT_MAX, look_at, &look, error))
        return false;
    const char *after = look.n == LOOKED_AT_MAX ? look.last : NULL;
    for (guint i = 0; i < current->len; i++) {
        bool one = false;
        if (!erase_if_due(group, current->pdata[i], &one, error))
            return false;
        erased += one;
        if (erased < ERASED_MAX)
            continue;
        after = current->pdata[i];
        break;
    }
    return finish_sweep(group, &look, after, error);
}
