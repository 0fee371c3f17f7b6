/* What stops the whole hub or one ledger: a clock that cannot be right (domain.md §6.11), a day
 * with far too many notices, a first import that nobody has looked at. All of it survives a
 * restart. */
#include "hub/loop.h"

#include <string.h>

enum {
    FUSE_DAYS = 14,  /* days that make the usual number */
    FUSE_FLOOR = 50, /* so many notices a day are never too many */
    PERSIST_EVERY_MS = 60 * 1000,
    CLOCK_AGREES_MS = 5 * 60 * 1000,
    CLOCK_SLEW_MS = 5 * 1000, /* a step back below this is a clock being kept in time */
};

void hub_alert(Hub *hub, const char *code, const char *subject, const char *format, ...)
{
    const HubPorts *ports = &hub->setup.ports;
    if (!ports->alert)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    ports->alert(ports->data, &(HubAlert){.code = code, .subject = subject, .text = text});
}

/* ---- what is kept
 * ---------------------------------------------------------------------------------------------------------
 */

bool state_read(Hub *hub, const char *name, json_t **ret_value, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    uint64_t version = 0;
    if (!store_state_get(hub->setup.store, HUB_STATE, name, &bytes, &version, error))
        return false;
    gsize n = 0;
    const char *text = bytes ? g_bytes_get_data(bytes, &n) : NULL;
    *ret_value = text ? json_loadb(text, n, 0, NULL) : NULL;
    return true;
}

bool state_write(Hub *hub, const char *name, const json_t *value, GError **error)
{
    g_autofree char *text = json_canonical(value);
    g_autoptr(GBytes) old = NULL;
    uint64_t version = 0;
    return store_state_get(hub->setup.store, HUB_STATE, name, &old, &version, error) &&
           store_state_put(hub->setup.store, HUB_STATE, name, text, strlen(text), version, error);
}

static json_t *switches_json(const Hub *hub)
{
    json_t *days = json_array();
    for (guint i = 0; i < hub->days->len; i++) {
        const DayCount *day = &g_array_index(hub->days, DayCount, i);
        json_array_append_new(days, json_pack("[I,I,I]", (json_int_t)day->day,
                                              (json_int_t)day->count, (json_int_t)day->approved));
    }
    return json_pack("{s:I,s:b,s:b,s:I,s:I,s:o}", "high_water", (json_int_t)hub->high_water,
                     "observe", (hub->switches & HUB_OBSERVE) != 0, "fuse",
                     (hub->switches & HUB_FUSE_BLOWN) != 0, "allowance", (json_int_t)hub->allowance,
                     "open_through", (json_int_t)hub->open_through, "days", days);
}

bool switches_sources(Hub *hub, GError **error)
{
    for (guint i = 0; i < hub->feed_order->len; i++) {
        Feed *feed = hub->feed_order->pdata[i];
        g_autofree char *name = g_strconcat("released/", feed->name, NULL);
        g_autoptr(json_t) released = NULL;
        if (!state_read(hub, name, &released, error))
            return false;
        feed->held = feed_ledger(feed) && !released && !hub->setup.dry;
    }
    return true;
}

bool switches_read(Hub *hub, GError **error)
{
    g_autoptr(json_t) kept = NULL;
    if (!state_read(hub, "switches", &kept, error))
        return false;
    hub->high_water = INSTANT_NONE;
    if (kept) {
        hub->high_water = json_integer_value(json_object_get(kept, "high_water"));
        hub->switches = (json_is_true(json_object_get(kept, "observe")) ? HUB_OBSERVE : 0u) |
                        (json_is_true(json_object_get(kept, "fuse")) ? HUB_FUSE_BLOWN : 0u);
        hub->allowance = json_integer_value(json_object_get(kept, "allowance"));
        hub->open_through = (Date)json_integer_value(json_object_get(kept, "open_through"));
        const json_t *days = json_object_get(kept, "days");
        for (size_t i = 0; i < json_array_size(days); i++) {
            const json_t *row = json_array_get(days, i);
            DayCount day = {(Date)json_integer_value(json_array_get(row, 0)),
                            json_integer_value(json_array_get(row, 1)),
                            json_integer_value(json_array_get(row, 2))};
            g_array_append_val(hub->days, day);
        }
    }
    hub->persisted_high_water = hub->high_water;
    return true;
}

bool switches_persist(Group *group, GError **error)
{
    Hub *hub = group->hub;
    bool far = hub->persisted_high_water == INSTANT_NONE ||
               hub->high_water - hub->persisted_high_water >= PERSIST_EVERY_MS;
    bool along =
        hub->high_water != hub->persisted_high_water && store_group_writes(hub->setup.store);
    if (!hub->dirty && !far && !along)
        return true;
    g_autoptr(json_t) json = switches_json(hub);
    if (!state_write(hub, "switches", json, error))
        return false;
    hub->persisted_high_water = hub->high_water;
    hub->dirty = false;
    return true;
}

unsigned switches_for(const Hub *hub, const Account *account)
{
    const Feed *feed = feed_get(hub, account->source);
    return hub->switches | (feed && feed->held ? HUB_SOURCE_HELD : 0u);
}

unsigned hub_switches(const Hub *hub)
{
    return hub->switches;
}

/* ---- the clock
 * --------------------------------------------------------------------------------------------------------------
 */

static bool trusted_agrees(Hub *hub, Instant wall)
{
    const HubPorts *ports = &hub->setup.ports;
    Instant trusted = 0;
    return ports->trusted_now && ports->trusted_now(ports->data, &trusted) &&
           ABS(trusted - wall) <= CLOCK_AGREES_MS;
}

static int64_t greatest_jump(const Hub *hub)
{
    int64_t jump = hub->setup.configuration->book.settings.max_clock_jump_ms;
    return jump > 0 ? jump : 36 * INSTANT_HOUR;
}

static void suspect(Hub *hub, Instant wall)
{
    hub->frozen = true;
    if (hub->switches & HUB_OBSERVE)
        return;
    hub->switches |= HUB_OBSERVE;
    hub->dirty = true;
    char from[32], to[32];
    hub_alert(
        hub, "clock_suspect", NULL,
        "the clock went from %s to %s and no trusted time agrees: nothing is sent, and time "
        "stands still, until the clock is right or `dunhub approve --clock` takes it as right",
        instant_format(hub->high_water, from), instant_format(wall, to));
}

void switches_clock(Hub *hub)
{
    Instant wall = hub->setup.clock->now(hub->setup.clock);
    hub->frozen = false;
    if (hub->high_water == INSTANT_NONE) {
        hub->high_water = wall;
    } else if (wall > hub->high_water + greatest_jump(hub) && !hub->setup.dry &&
               !trusted_agrees(hub, wall)) {
        suspect(hub, wall);
    } else {
        bool back = wall < hub->high_water - CLOCK_SLEW_MS;
        if (back && !hub->clock_back)
            hub_alert(hub, "clock_back", NULL,
                      "the clock went back; dates are kept where they were until it has caught up");
        hub->clock_back = back;
        hub->high_water = MAX(hub->high_water, wall);
    }
    hub->now = hub->high_water;
}

/* ---- the fuse
 * ------------------------------------------------------------------------------------------------------------------
 */

static Date organisation_day(const Hub *hub)
{
    return zone_date(hub->setup.configuration->book.zone, hub->now);
}

static bool was_released(const AccountState *before, size_t i)
{
    const Notice *rows = STATE_ROWS(before, KIND_NOTICE, const Notice);
    return i < STATE_COUNT(before, KIND_NOTICE) &&
           (rows[i].state == NOTICE_RELEASED || rows[i].state == NOTICE_ACCEPTED);
}

static int64_t newly_released(const AccountState *before, const AccountState *after)
{
    const Notice *rows = STATE_ROWS(after, KIND_NOTICE, const Notice);
    int64_t n = 0;
    for (size_t i = 0; i < STATE_COUNT(after, KIND_NOTICE); i++)
        n += (rows[i].state == NOTICE_RELEASED || rows[i].state == NOTICE_ACCEPTED) &&
             !was_released(before, i);
    return n;
}

static DayCount *count_of(Hub *hub, Date today)
{
    if (!hub->days->len || g_array_index(hub->days, DayCount, hub->days->len - 1).day < today) {
        DayCount day = {today, 0, 0};
        g_array_append_val(hub->days, day);
    }
    while (hub->days->len > FUSE_DAYS + 1)
        g_array_remove_index(hub->days, 0);
    return &g_array_index(hub->days, DayCount, hub->days->len - 1);
}

/* Days without any notice say nothing about what is usual on a day that has some. */
static int64_t most_today(const Hub *hub)
{
    int64_t sum = 0, n = 0;
    for (guint i = 0; i + 1 < hub->days->len; i++) {
        int64_t count = g_array_index(hub->days, DayCount, i).count;
        sum += count;
        n += count > 0;
    }
    int64_t usual = n ? (sum + n - 1) / n : 0;
    return MAX(FUSE_FLOOR, usual * hub->setup.configuration->book.fuse_factor);
}

void switches_count_notices(Group *group, const AccountState *before, const AccountState *after)
{
    Hub *hub = group->hub;
    int64_t released = newly_released(before, after);
    if (!released || hub->setup.dry)
        return;
    DayCount *today = count_of(hub, organisation_day(hub));
    int64_t approved = today->day <= hub->open_through ? released : MIN(released, hub->allowance);
    hub->allowance = MAX(hub->allowance - approved, 0);
    today->count += released;
    today->approved += approved;
    hub->dirty = true;
    bool fused = hub->setup.configuration->book.fuse_factor > 0 && released > approved;
    if (!fused || today->count - today->approved < most_today(hub) ||
        (hub->switches & HUB_FUSE_BLOWN))
        return;
    hub->switches |= HUB_FUSE_BLOWN;
    hub_alert(hub, "fuse_blown", NULL,
              "%" G_GINT64_FORMAT " notices went out today, as many as are usual at the very most: "
              "no more go until `dunhub approve --fuse`",
              today->count);
}

/* ---- what a person does
 * -----------------------------------------------------------------------------------------------------------
 */

/* Journals who switched what, and has the accounts looked at again. */
static bool switched(Hub *hub, Group *group, const char *what, const char *source, const char *by,
                     const char *text, GError **error)
{
    json_t *detail = json_pack("{s:s,s:s,s:s*}", "switch", what, "by", by, "source", source);
    hub->dirty = true;
    bool good = engine_note(group, "hub.switched", by, text, detail, error) &&
                store_wake_all(hub->setup.store, source, hub->now, error);
    return group_end(group, good, error);
}

bool hub_clear_clock(Hub *hub, const char *by, GError **error)
{
    hub->high_water = MAX(hub->high_water, hub->setup.clock->now(hub->setup.clock));
    hub->now = hub->high_water;
    hub->frozen = false;
    Group group;
    if (!group_begin(hub, &group, error))
        return false;
    hub->switches &= ~(unsigned)HUB_OBSERVE;
    return switched(hub, &group, "clock_cleared", NULL, by,
                    "The clock was found right; the hub acts again.", error);
}

static bool count_planned(const char *account, const Act *act, void *data)
{
    (void)account;
    *(int64_t *)data += act->notice != NULL;
    return true;
}

/* The plan that a person has let through is no surprise to the fuse. Who lets a ledger through
 * before it was ever read takes what its first import brings. */
static bool allow_plan(Hub *hub, GError **error)
{
    int64_t planned = 0;
    if (!store_acts(hub->setup.store, NULL, 1u << ACT_PLANNED | 1u << ACT_FRESHNESS, SIZE_MAX,
                    count_planned, &planned, error))
        return false;
    hub->allowance = MAX(hub->allowance, planned);
    if (planned == 0)
        hub->open_through = organisation_day(hub) + 1;
    return true;
}

bool hub_release_source(Hub *hub, const char *source, const char *by, GError **error)
{
    Feed *feed = feed_get(hub, source);
    if (!feed || !feed_ledger(feed)) {
        g_set_error(error, HUB_ERROR, HUB_ERROR_UNKNOWN,
                    "there is no ledger '%s' among the instances of the configuration", source);
        return false;
    }
    if (!feed->held)
        return true;
    switches_clock(hub);
    Group group;
    if (!group_begin(hub, &group, error))
        return false;
    g_autofree char *name = g_strconcat("released/", source, NULL);
    char at[32];
    g_autoptr(json_t) released =
        json_pack("{s:s,s:s}", "by", by, "at", instant_format(hub->now, at));
    feed->held = false;
    if (!allow_plan(hub, error) || !state_write(hub, name, released, error)) {
        feed->held = true;
        return group_end(&group, false, error);
    }
    feed->held = !switched(hub, &group, "source_released", source, by,
                           "The plan of the first import was seen and released.", error);
    return !feed->held;
}

bool hub_reset_fuse(Hub *hub, const char *by, GError **error)
{
    switches_clock(hub);
    Group group;
    if (!group_begin(hub, &group, error))
        return false;
    hub->switches &= ~(unsigned)HUB_FUSE_BLOWN;
    if (!allow_plan(hub, error))
        return group_end(&group, false, error);
    return switched(hub, &group, "fuse_reset", NULL, by,
                    "The many notices of this day were approved.", error);
}
