/* One transaction of the store and what follows from it. */
#include "hub/loop.h"

static void slot_free(void *slot)
{
    g_free(((Slot *)slot)->account);
    g_free(slot);
}

bool group_begin(Hub *hub, Group *ret_group, GError **error)
{
    if (!store_begin(hub->setup.store, error))
        return false;
    *ret_group = (Group){
        .hub = hub,
        .arena = arena_new(),
        .inputs = g_ptr_array_new(),
        .slots = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, slot_free),
        .after = g_ptr_array_new(),
        .contents = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
        .counters = hub->counters,
        .days = g_array_copy(hub->days),
        .allowance = hub->allowance,
        .switches = hub->switches,
        .dirty = hub->dirty,
        .persisted_high_water = hub->persisted_high_water,
    };
    return true;
}

void *group_deed(Group *group, size_t bytes, void (*run)(Hub *hub, Deed *deed))
{
    Deed *deed = arena_alloc(group->arena, bytes);
    deed->run = run;
    g_ptr_array_add(group->after, deed);
    return deed;
}

/* As if the group had never been: the inputs wait again in their old order. */
static void undo(Group *group)
{
    Hub *hub = group->hub;
    store_rollback(hub->setup.store);
    for (guint i = group->inputs->len; i > 0; i--)
        g_queue_push_head(&hub->queue, group->inputs->pdata[i - 1]);
    uint64_t rollbacks = hub->counters.rollbacks + 1;
    hub->counters = group->counters;
    hub->counters.rollbacks = rollbacks;
    g_array_set_size(hub->days, 0);
    if (group->days->len)
        g_array_append_vals(hub->days, group->days->data, group->days->len);
    hub->allowance = group->allowance;
    hub->switches = group->switches;
    hub->dirty = group->dirty;
    hub->persisted_high_water = group->persisted_high_water;
}

static void follow(Group *group)
{
    group->hub->counters.commits++;
    for (guint i = 0; i < group->after->len; i++) {
        Deed *deed = group->after->pdata[i];
        deed->run(group->hub, deed);
    }
    for (guint i = 0; i < group->inputs->len; i++)
        input_free(group->inputs->pdata[i]);
}

bool group_end(Group *group, bool good, GError **error)
{
    good = good && switches_persist(group, error) && store_commit(group->hub->setup.store, error);
    if (good)
        follow(group);
    else
        undo(group);
    g_ptr_array_unref(group->inputs);
    g_ptr_array_unref(group->after);
    g_ptr_array_unref(group->contents);
    g_hash_table_unref(group->slots);
    g_array_unref(group->days);
    arena_free(group->arena);
    return good;
}
