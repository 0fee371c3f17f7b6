/* Journal, decide, apply, audit: one event of one account inside a group. */
#include "hub/loop.h"

#include <string.h>

#include "escalation/work.h"

/* ---- states as they are inside the transaction
 * -------------------------------------------------------------------------- */

Slot *engine_slot(Group *group, const char *account, GError **error)
{
    Slot *slot = g_hash_table_lookup(group->slots, account);
    if (slot)
        return slot;
    AccountState *state = arena_new0(group->arena, AccountState, 1);
    bool found = false;
    if (!store_load_account(group->hub->setup.store, account, group->arena, state, &found, error))
        return NULL;
    if (!found)
        state_init(state, group->arena, account);
    slot = g_new0(Slot, 1);
    *slot = (Slot){.account = g_strdup(account), .state = state, .found = found};
    g_hash_table_insert(group->slots, slot->account, slot);
    return slot;
}

/* ---- one step: decide, then the bytes of what it released
 * ------------------------------------------------------------------ */

bool engine_step(Store *store, const Configuration *configuration, const AccountState *before,
                 const Event *event, Instant now, unsigned switches, Arena *arena,
                 DecideOut *ret_out, GPtrArray *ret_unrendered, GError **error)
{
    DecideIn in = {.state = before,
                   .event = event,
                   .now = now,
                   .book = &configuration->book,
                   .switches = switches};
    bool rendered = false;
    decide(&in, arena, ret_out); /* its changes point into *ret_out, which must stay where it is */
    if (!render_wishes(store, configuration, ret_out, now, arena, ret_unrendered, &rendered, error))
        return false;
    if (rendered)
        ret_out->changes = state_diff(before, &ret_out->after, arena, &ret_out->n_changes);
    return true;
}

/* ---- deeds
 * --------------------------------------------------------------------------------------------------------------------
 */

typedef struct {
    Deed deed;
    const char *account;
    Instant now;
    const AccountState *after;
    const Reason *reasons;
    size_t n;
} Watched;

static void tell_watcher(Hub *hub, Deed *deed)
{
    Watched *watched = (Watched *)deed;
    for (size_t i = 0; i < watched->n; i++)
        hub->watcher(hub->watcher_data, watched->account, watched->now, watched->after,
                     &watched->reasons[i]);
}

typedef struct {
    Deed deed;
    const char *type, *text;
    uint64_t position;
} Published;

static void publish(Hub *hub, Deed *deed)
{
    Published *p = (Published *)deed;
    hub->setup.ports.publish(hub->setup.ports.data, p->type, p->position, p->text);
}

typedef struct {
    Deed deed;
    const char *account, *source, *external;
    bool member; /* another account, of the same family */
    Instant after;
} Wanted;

static void want(Hub *hub, Deed *deed)
{
    Wanted *wanted = (Wanted *)deed;
    if (wanted->member)
        freshness_want_member(hub, wanted->account, wanted->after);
    else
        freshness_want(hub, wanted->account, wanted->source, wanted->external, wanted->after);
}

/* CloudEvents 1.0. What the hub made itself is named by its place in the journal. */
static void plan_publication(Group *group, const char *type, const char *source, const char *id,
                             const char *account, uint64_t position, const char *data)
{
    if (!group->hub->setup.ports.publish)
        return;
    char at[32];
    g_autofree char *own = id ? NULL : g_strdup_printf("%" G_GUINT64_FORMAT "/%s", position, type);
    g_autoptr(json_t) body = data ? json_loads(data, JSON_DECODE_ANY, NULL) : NULL;
    g_autoptr(json_t) event =
        json_pack("{s:s,s:s,s:s,s:s,s:s*,s:s,s:O*}", "specversion", "1.0", "id", id ? id : own,
                  "source", source ? source : "hub", "type", type, "subject", account, "time",
                  instant_format(group->hub->now, at), "data", body);
    g_autofree char *text = json_canonical(event);
    Published *p = group_deed(group, sizeof *p, publish);
    p->type = arena_strdup(group->arena, type);
    p->position = position;
    p->text = arena_strdup(group->arena, text);
}

/* ---- audit
 * ----------------------------------------------------------------------------------------------------------------------
 */

bool engine_audit(Group *group, const char *account, uint64_t position, const char *actor,
                  const Reason *reason, GError **error)
{
    AuditEntry entry = {
        .position = position,
        .at = group->hub->now,
        .actor = actor ? actor : "hub",
        .event = reason->event,
        .rule = reason->rule,
        .subject = reason->subject,
        .reason = reason->reason,
        .text = reason->text,
        .detail = reason->detail,
        /* nobody's, or what tells of an erasure: these texts stay */
        .is_open = strcmp(account, HUB_STATE) == 0 || strcmp(reason->event, "erased") == 0,
    };
    return store_audit(group->hub->setup.store, account, &entry, error);
}

bool engine_note(Group *group, const char *type, const char *by, const char *text, json_t *detail,
                 GError **error)
{
    Hub *hub = group->hub;
    g_autoptr(json_t) owned = detail;
    g_autofree char *data = owned ? json_canonical(owned) : NULL;
    JournalEntry entry = {
        .source = by ? by : "hub",
        .type = type,
        .data = data,
        .time = INSTANT_NONE,
        .received_at = hub->now,
        .epoch = hub->epoch,
        .switches = hub->switches,
        .decided = true,
    };
    uint64_t position = 0;
    bool duplicate = false;
    if (!store_journal(hub->setup.store, &entry, &position, &duplicate, error))
        return false;
    Reason reason = {.event = type, .rule = "hub", .text = text, .detail = data};
    return engine_audit(group, HUB_STATE, position, by, &reason, error);
}

/* ---- what a decision leads to
 * ------------------------------------------------------------------------------------------------------
 */

static const char *status_name(int status)
{
    static const char *const names[] = {"current", "overdue", "delinquent"};
    return names[status];
}

/* A decision that wants to be woken at once, again and again, is a defect; it must not stop the
 * others. */
static Instant guarded_wake(Hub *hub, const char *account, const Event *event, Instant wake_at)
{
    if (event->kind != EVENT_WAKE || wake_at > hub->now)
        return wake_at;
    if (hub->spin_at != hub->now) {
        g_hash_table_remove_all(hub->spins);
        hub->spin_at = hub->now;
    }
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(hub->spins, account)) + 1;
    g_hash_table_insert(hub->spins, g_strdup(account), GUINT_TO_POINTER(n));
    if (n <= SAME_INSTANT_WAKES)
        return wake_at;
    hub_alert(hub, "stuck", account,
              "account '%s' asks to be looked at again without end; it waits a minute now",
              account);
    return hub->now + INSTANT_MINUTE;
}

static bool apply(Group *group, Slot *slot, uint64_t position, const Event *event,
                  const DecideOut *out, GError **error)
{
    Hub *hub = group->hub;
    AccountView view = {0};
    account_view(&out->after, &hub->setup.configuration->book, hub->now, group->arena, &view);
    const WorkItem *work;
    size_t n_work;
    work_items(&out->after, &hub->setup.configuration->book, &view, group->arena, &work, &n_work);
    ListRow row = {
        .work = work,
        .n_work = n_work,
        .status = status_name(view.status),
        .step = view.step ? view.step : view.stage,
        .needs = view.reasons,
        .since = view.delinquent_since,
    };
    const Change *changes = out->changes;
    size_t n = out->n_changes;
    if (!slot->found) { /* the identity that intake gave it is new to the store as well */
        AccountState blank;
        state_init(&blank, group->arena, slot->account);
        changes = state_diff(&blank, &out->after, group->arena, &n);
    }
    Instant wake_at = guarded_wake(hub, slot->account, event, out->wake_at);
    return store_apply(hub->setup.store, slot->account, position, changes, n, wake_at, &row, error);
}

static void follow_wishes(Group *group, const char *account, const DecideOut *out,
                          uint64_t position)
{
    for (size_t i = 0; i < out->n_wishes; i++) {
        const Wish *wish = &out->wishes[i];
        if (wish->kind == WISH_PUBLISH)
            plan_publication(group, wish->key, "hub", NULL, account, position, wish->detail);
        if (wish->kind != WISH_FRESHNESS)
            continue;
        Wanted *wanted = group_deed(group, sizeof *wanted, want);
        wanted->member = strcmp(wish->key, account) != 0;
        wanted->account = wanted->member ? arena_strdup(group->arena, wish->key) : account;
        wanted->source = out->after.account.source;
        wanted->external = out->after.account.external_id;
        wanted->after = wish->after;
    }
}

static void plan_watching(Group *group, const char *account, const DecideOut *out)
{
    if (!group->hub->watcher || !out->n_reasons)
        return;
    AccountState *after = arena_new0(group->arena, AccountState, 1);
    *after = out->after;
    Watched *watched = group_deed(group, sizeof *watched, tell_watcher);
    watched->account = account;
    watched->now = group->hub->now;
    watched->after = after;
    watched->reasons = out->reasons;
    watched->n = out->n_reasons;
}

static void count_acts(Hub *hub, const DecideOut *out)
{
    for (size_t i = 0; i < out->n_changes; i++) {
        if (out->changes[i].kind != KIND_ACT)
            continue;
        const Act *act = out->changes[i].row;
        hub->counters.held += act->state == ACT_HELD;
        hub->counters.dead += act->state == ACT_DEAD;
    }
}

/* A message that cannot be written is an act that failed: said in the journal, so that a replay
 * sees the same. */
static bool report_unrendered(Group *group, const char *account, const GPtrArray *unrendered,
                              GError **error)
{
    for (guint i = 0; i < unrendered->len; i++) {
        const Unrendered *failed = unrendered->pdata[i];
        ActResult result;
        record_init(event_types[EVENT_ACT_RESULT].payload, &result);
        result.key = failed->key;
        result.outcome = OUTCOME_PERMANENT;
        result.code = "render_failed";
        result.message = failed->why;
        if (!engine_own(group, account, "hub", EVENT_ACT_RESULT,
                        own_data(EVENT_ACT_RESULT, &result), NULL, error))
            return false;
    }
    return true;
}

/* What was sent is known once it is written: its bytes by hash, the template's version, the amounts shown. */
static bool audit_content(Group *group, const char *account, uint64_t position, const char *actor,
                          const Act *act, const Notice *notice, GError **error)
{
    const Templates *templates = group->hub->setup.configuration->templates;
    const char *name = act->template_name ? act->template_name
                       : notice           ? notice->template_name
                                          : NULL;
    g_autoptr(json_t) detail =
        json_pack("{s:s,s:s?,s:s?,s:s,s:s?,s:s?}", "key", act->key, "notice", act->notice,
                  "channel", act->channel, "content", act->content, "template", name,
                  "template_hash", name && templates ? templates_hash(templates, name) : NULL);
    if (notice && notice->amount != AMOUNT_NONE) {
        json_object_set_new(detail, "amount", json_integer(notice->amount));
        json_object_set_new(detail, "currency", json_string(notice->currency.code));
    }
    if (notice && notice->invoices)
        json_object_set_new(detail, "invoices", json_loads(notice->invoices, 0, NULL));
    g_autofree char *text = json_canonical(detail);
    Reason reason = {.event = "notice_kept",
                     .rule = "§2 notice",
                     .subject = notice ? notice->name : act->action,
                     .reason = act->channel,
                     .text = "the message is kept exactly as it is sent",
                     .detail = text};
    return engine_audit(group, account, position, actor, &reason, error);
}

static bool audit_contents(Group *group, const char *account, uint64_t position, const char *actor,
                           const DecideOut *out, GError **error)
{
    for (size_t i = 0; i < out->n_wishes; i++) {
        const Act *act = out->wishes[i].kind == WISH_RENDER
                             ? state_find(&out->after, KIND_ACT, out->wishes[i].key)
                             : NULL;
        const Notice *notice =
            act && act->notice ? state_find(&out->after, KIND_NOTICE, act->notice) : NULL;
        if (act && act->content &&
            !audit_content(group, account, position, actor, act, notice, error))
            return false;
    }
    return true;
}

/* What one account learnt about an address is told where else it is used. */
static bool follow_address(Group *group, const Slot *slot, const Event *event, const DecideOut *out,
                           GError **error)
{
    for (size_t i = 0; i < out->n_wishes; i++)
        if (out->wishes[i].kind == WISH_SHARE &&
            !address_share(group, slot->account, &out->wishes[i], error))
            return false;
    return event->kind != EVENT_CONTACT_UPDATED ||
           address_greet(group, slot, event->payload, error);
}

static bool audit_reasons(Group *group, const char *account, uint64_t position, const char *actor,
                          const DecideOut *out, const Reason **ret_erased, GError **error)
{
    for (size_t i = 0; i < out->n_reasons; i++) {
        const Reason *reason = &out->reasons[i];
        if (strcmp(reason->event, "erased") == 0)
            *ret_erased = reason;
        else if (!engine_audit(group, account, position, actor, reason, error))
            return false;
    }
    return true;
}

/* The last entry of the decision: it vouches for all before it, whose texts go. */
static bool erase(Group *group, uint64_t position, const char *actor, const Reason *reason,
                  AccountState *after, GError **error)
{
    const char *account = after->account.id;
    after->account.salt = intake_salt(group->hub, group->arena);
    return engine_audit(group, account, position, actor, reason, error) &&
           store_erase(group->hub->setup.store, account, after->account.salt, error);
}

static bool decide_at(Group *group, Slot *slot, const Event *event, uint64_t position, Instant now,
                      unsigned switches, DecideOut *ret_out, GError **error)
{
    Hub *hub = group->hub;
    g_autoptr(GPtrArray) unrendered = g_ptr_array_new();
    DecideOut out = {0};
    if (!engine_step(hub->setup.store, hub->setup.configuration, slot->state, event, now, switches,
                     group->arena, &out, unrendered, error) ||
        !apply(group, slot, position, event, &out, error))
        return false;
    const Reason *erased = NULL;
    if (!audit_reasons(group, slot->account, position, event->source, &out, &erased, error) ||
        !audit_contents(group, slot->account, position, event->source, &out, error) ||
        (erased && !erase(group, position, event->source, erased, &out.after, error)))
        return false;
    const char *account = arena_strdup(group->arena, slot->account);
    switches_count_notices(group, slot->state, &out.after);
    count_acts(hub, &out);
    plan_watching(group, account, &out);
    follow_wishes(group, account, &out, position);
    *slot->state = out.after;
    slot->found = true;
    group->decisions++;
    hub->counters.decisions++;
    if (ret_out)
        *ret_out = out;
    return report_unrendered(group, account, unrendered, error) &&
           follow_address(group, slot, event, &out, error) &&
           family_tell_others(group, account, &out, error);
}

/* ---- rows that waited
 * ------------------------------------------------------------------------------------------------------------------
 */

/* docs/adr/0004-rows-that-waited.md */
static bool note_epoch(Group *group, const char *account, const JournalEntry *entry, GError **error)
{
    if (entry->epoch == group->hub->epoch)
        return true;
    g_autoptr(json_t) detail = json_pack("{s:I,s:I}", "came_in", (json_int_t)entry->epoch,
                                         "decided_under", (json_int_t)group->hub->epoch);
    g_autofree char *text = json_canonical(detail);
    Reason reason = {
        .event = "decided_later",
        .rule = "epoch",
        .subject = entry->event_id,
        .text = "It waited over a change of the configuration and was decided under the new one.",
        .detail = text,
    };
    return engine_audit(group, account, entry->position, entry->source, &reason, error);
}

static bool decide_row(Group *group, const JournalEntry *entry, GError **error)
{
    Event event = {0};
    g_autoptr(json_t) data = entry->data ? json_loads(entry->data, 0, NULL) : NULL;
    Slot *slot = engine_slot(group, entry->account, error);
    if (!slot)
        return false;
    g_autoptr(GError) problem = NULL;
    if (!event_decode(entry->type, data, group->arena, &event, &problem)) {
        hub_alert(group->hub, "event_invalid", entry->account,
                  "journal entry %" G_GUINT64_FORMAT " cannot be read: %s", entry->position,
                  problem->message);
        return store_journal_decided(group->hub->setup.store, entry->position, group->hub->epoch,
                                     error);
    }
    event.id = entry->event_id;
    event.source = entry->source;
    event.account = slot->account;
    event.time = entry->time;
    event.received_at = entry->received_at;
    return decide_at(group, slot, &event, entry->position, entry->received_at, entry->switches,
                     NULL, error) &&
           note_epoch(group, slot->account, entry, error) &&
           store_journal_decided(group->hub->setup.store, entry->position, group->hub->epoch,
                                 error);
}

typedef struct {
    Arena *arena;
    GPtrArray *rows; /* JournalEntry */
    size_t most;
} RowList;

static bool keep_row(const JournalEntry *entry, void *data)
{
    RowList *list = data;
    if (!entry->account)
        return true;
    JournalEntry *copy = arena_dup(list->arena, entry, sizeof *entry);
    copy->account = arena_strdup(list->arena, entry->account);
    copy->source = arena_strdup(list->arena, entry->source);
    copy->event_id = arena_strdup(list->arena, entry->event_id);
    copy->type = arena_strdup(list->arena, entry->type);
    copy->data = arena_strdup(list->arena, entry->data);
    g_ptr_array_add(list->rows, copy);
    return list->rows->len < list->most;
}

bool engine_rows(Group *group, const char *account, size_t most, size_t *ret_n, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    RowList list = {.arena = group->arena, .rows = rows, .most = most};
    if (!store_journal_read(group->hub->setup.store, account, 0, true, keep_row, &list, error))
        return false;
    for (guint i = 0; i < rows->len; i++)
        if (!decide_row(group, rows->pdata[i], error))
            return false;
    *ret_n = rows->len;
    return true;
}

/* ---- one event
 * ---------------------------------------------------------------------------------------------------------------------------
 */

static bool journal(Group *group, const Event *event, const char *data, unsigned switches,
                    uint64_t *ret_position, bool *ret_duplicate, GError **error)
{
    JournalEntry entry = {
        .account = event->account,
        .source = event->source,
        .event_id = event->id,
        .type = event_types[event->kind].name,
        .data = data,
        .time = event->time,
        .received_at = event->received_at,
        .epoch = group->hub->epoch,
        .switches = switches,
        .decided = true,
    };
    return store_journal(group->hub->setup.store, &entry, ret_position, ret_duplicate, error);
}

bool engine_event(Group *group, const char *account, const Event *event, const char *data,
                  Decision *ret_decision, GError **error)
{
    Hub *hub = group->hub;
    Slot *slot = engine_slot(group, account, error);
    if (!slot)
        return false;
    Event own = *event;
    own.account = slot->account;
    own.received_at = hub->now;
    unsigned switches = switches_for(hub, &slot->state->account);
    Decision decision = {0};
    if (!journal(group, &own, data, switches, &decision.position, &decision.duplicate, error))
        return false;
    if (!decision.duplicate) {
        if (!decide_at(group, slot, &own, decision.position, hub->now, switches, &decision.out,
                       error))
            return false;
        if (!family_place(group, account, &own, error))
            return false;
        if (own.kind != EVENT_WAKE)
            plan_publication(group, event_types[own.kind].name, own.source, own.id, account,
                             decision.position, data);
    }
    if (ret_decision)
        *ret_decision = decision;
    return true;
}

json_t *own_data(EventKind kind, const void *payload)
{
    return record_to_json(event_types[kind].payload, payload);
}

bool engine_own(Group *group, const char *account, const char *source, EventKind kind, json_t *data,
                Decision *ret_decision, GError **error)
{
    g_autoptr(json_t) owned = data;
    g_autofree char *text = owned ? json_canonical(owned) : NULL;
    Event event = {0};
    if (!event_decode(event_types[kind].name, owned, group->arena, &event, error)) {
        g_prefix_error(error, "the hub's own %s of account '%s' is not well formed: ",
                       event_types[kind].name, account);
        return false;
    }
    event.source = source;
    event.time = INSTANT_NONE;
    return engine_event(group, account, &event, text, ret_decision, error);
}
