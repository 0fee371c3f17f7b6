/* What must hold after every step (docs/architecture.md, the three promises), seen from outside: through a second connection,
 * against what the ledger told, what was acknowledged and what the platforms did. */
#include "sim/world.h"

#include "ledger/balance.h"

enum { OPEN_STATES = 1 << ACT_READY | 1 << ACT_SENT | 1 << ACT_RETRY | 1 << ACT_UNCERTAIN };

/* ---- the journal: what was accepted is there, once, decided -------------------------------------- */

static char *event_key(const char *source, const char *id)
{
    return g_strdup_printf("%s %s", source, id);
}

bool check_is_kept(const World *world, const Told *told)
{
    g_autofree char *key = event_key(told->source, told->id);
    return g_hash_table_contains(world->journal, key);
}

static bool note_entry(const JournalEntry *entry, void *data)
{
    World *world = data;
    world->checked_position = MAX(world->checked_position, entry->position);
    if (!entry->decided)
        world_fail(world, "journal entry %" G_GUINT64_FORMAT " was never decided", entry->position);
    if (!entry->event_id)
        return true;
    char *key = event_key(entry->source, entry->event_id);
    if (g_hash_table_contains(world->journal, key))
        world_fail(world, "%s is in the journal twice", key);
    uint64_t position = entry->position;
    g_hash_table_insert(world->journal, key, g_memdup2(&position, sizeof position));
    return true;
}

static void check_told(World *world, const Told *told)
{
    if (!told->journalled || world_failed(world))
        return;
    g_autofree char *key = event_key(told->source, told->id);
    const uint64_t *position = g_hash_table_lookup(world->journal, key);
    if (!position)
        world_fail(world, "%s was acknowledged and is gone", told->id);
    else if (told->position && told->position != *position)
        world_fail(world,
                   "%s was acknowledged at %" G_GUINT64_FORMAT " and stands at %" G_GUINT64_FORMAT,
                   told->id, told->position, *position);
}

static void check_journal(World *world, bool whole)
{
    g_autoptr(GError) error = NULL;
    if (whole) {
        g_hash_table_remove_all(world->journal);
        world->checked_position = 0;
    }
    if (!store_journal_read(world->reader, NULL, world->checked_position + 1, false, note_entry,
                            world, &error))
        world_fail(world, "the journal cannot be read: %s", error->message);
    for (guint i = 0; i < world->told->len; i++)
        check_told(world, world->told->pdata[i]);
    for (guint i = 0; i < world->pages->len; i++)
        check_told(world, world->pages->pdata[i]);
}

/* ---- balances: against the journal's own sums ----------------------------------------------------- */

static int64_t sum_of(json_t *rows, bool (*counts)(const json_t *row))
{
    int64_t sum = 0;
    const char *id;
    json_t *row;
    json_object_foreach(rows, id, row) sum +=
        counts(row) ? json_integer_value(json_object_get(row, "amount")) : 0;
    return sum;
}

typedef struct {
    json_t *invoices, *payments, *credits; /* id -> newest version */
} Books;

/* Snapshots with a version: an older one that comes late changes nothing; members that are left out stay. */
static void take_snapshot(json_t *rows, json_t *data)
{
    const char *id = json_string_value(json_object_get(data, "id"));
    json_t *known = id ? json_object_get(rows, id) : NULL;
    json_int_t before = json_integer_value(json_object_get(known, "version"));
    json_int_t version = json_integer_value(json_object_get(data, "version"));
    if (!id || (known && version && version < before))
        return;
    if (known)
        json_object_update(known, data);
    else
        json_object_set(rows, id, data);
}

static bool keep_books(const JournalEntry *entry, void *data)
{
    Books *books = data;
    json_t *rows = strcmp(entry->type, "invoice.updated") == 0   ? books->invoices
                   : strcmp(entry->type, "payment.updated") == 0 ? books->payments
                   : strcmp(entry->type, "credit.updated") == 0  ? books->credits
                                                                 : NULL;
    g_autoptr(json_t) body = rows && entry->data ? json_loads(entry->data, 0, NULL) : NULL;
    if (body)
        take_snapshot(rows, body);
    return true;
}

static bool counts_always(const json_t *row)
{
    (void)row;
    return true;
}

static bool counts_settled(const json_t *row)
{
    return g_strcmp0(json_string_value(json_object_get(row, "state")), "settled") == 0;
}

static int64_t fees_of(const AccountState *state)
{
    int64_t sum = 0;
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, invoice)
        sum += invoice->kind != INVOICE_CHARGE && invoice->status == INVOICE_OPEN ? invoice->amount
                                                                                  : 0;
    return sum;
}

static void check_balance(World *world, const AccountState *state)
{
    g_autoptr(json_t) invoices = json_object(), payments = json_object(), credits = json_object();
    Books books = {invoices, payments, credits};
    store_journal_read(world->reader, state->account.id, 0, false, keep_books, &books, NULL);
    int64_t expected = sum_of(invoices, counts_always) + fees_of(state) -
                       sum_of(payments, counts_settled) - sum_of(credits, counts_always);
    AccountView view = {0};
    g_autoptr(Arena) arena = arena_new();
    account_view(state, &world->configuration->book, world->clock.instant, arena, &view);
    int64_t balance = view.n_currencies ? view.currencies[0].balance : 0;
    if (balance != expected)
        world_fail(world,
                   "%s has a balance of %" G_GINT64_FORMAT
                   ", its journal adds up to %" G_GINT64_FORMAT,
                   state->account.id, balance, expected);
}

/* At most one fee in a cycle (§4), whatever happened in between. */
static void check_fees(World *world, const AccountState *state)
{
    STATE_FOREACH (state, KIND_INVOICE, const Invoice, one) {
        if (one->kind != INVOICE_FEE)
            continue;
        STATE_FOREACH (state, KIND_INVOICE, const Invoice, other)
            if (other > one && other->kind == INVOICE_FEE &&
                g_strcmp0(one->cycle, other->cycle) == 0)
                world_fail(world, "%s was charged two fees in cycle %s", state->account.id,
                           one->cycle);
    }
}

/* ---- acts ----------------------------------------------------------------------------------------- */

static bool is_same_act(const Act *one, const Act *other)
{
    return g_strcmp0(one->cycle, other->cycle) == 0 && one->entry == other->entry &&
           g_strcmp0(one->action, other->action) == 0 &&
           g_strcmp0(one->notice, other->notice) == 0 &&
           g_strcmp0(one->address, other->address) == 0 &&
           g_strcmp0(one->purpose, other->purpose) == 0 &&
           g_strcmp0(one->object, other->object) == 0;
}

static void check_act(World *world, const AccountState *state, const Act *act)
{
    STATE_FOREACH (state, KIND_ACT, const Act, other)
        if (other > act && is_same_act(act, other))
            world_fail(world, "%s and %s are one act under two keys", act->key, other->key);
    Deed *deed = g_hash_table_lookup(world->deeds, act->key);
    if (act->state == ACT_SUPPRESSED && !act->reason)
        world_fail(world, "%s is suppressed without a reason", act->key);
    if (!deed)
        return;
    deed->done |= act->state == ACT_DONE;
    if (deed->done && act->state != ACT_DONE)
        world_fail(world, "%s was done and is open again", act->key);
    if (act->state == ACT_DONE && !deed->applied && !deed->lied_about)
        world_fail(world, "%s counts as done and never reached its platform", act->key);
}

/* ---- every suppression has its reason -------------------------------------------------------------- */

typedef struct {
    const char *event, *key;
    const char *subject;
    bool found;
} Explained;

static bool look_for(const char *account, const AuditEntry *entry, void *data)
{
    (void)account;
    Explained *explained = data;
    bool names = (entry->detail && strstr(entry->detail, explained->key)) ||
                 g_strcmp0(entry->subject, explained->subject) == 0;
    explained->found = strcmp(entry->event, explained->event) == 0 && names && entry->reason;
    return !explained->found;
}

static void check_explained(World *world, const AccountState *state, const char *event,
                            const char *key, const char *subject)
{
    Explained explained = {.event = event, .key = key, .subject = subject};
    store_audit_read(world->reader, state->account.id, look_for, &explained, NULL);
    if (!explained.found)
        world_fail(world, "nothing in the audit of %s says why %s does not happen",
                   state->account.id, key);
}

static void check_suppressions(World *world, const AccountState *state)
{
    STATE_FOREACH (state, KIND_NOTICE, const Notice, notice) {
        if (notice->state != NOTICE_SUPPRESSED)
            continue;
        if (!notice->reason && !notice->covered_by)
            world_fail(world, "%s is suppressed without a reason", notice->key);
        check_explained(world, state, notice->covered_by ? "notice_covered" : "notice_suppressed",
                        notice->key, notice->name);
    }
    STATE_FOREACH (state, KIND_ACT, const Act, act)
        if (act->state == ACT_SUPPRESSED && !act->notice)
            check_explained(world, state, "act_suppressed", act->key, act->action);
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static bool on_finding(const char *account, uint64_t sequence, const char *what, void *data)
{
    world_fail(data, "audit of %s, entry %" G_GUINT64_FORMAT ": %s", account ? account : "the hub",
               sequence, what);
    return false;
}

static void check_audit(World *world)
{
    g_autoptr(GError) error = NULL;
    uint64_t entries = 0, seals = 0;
    if (!store_audit_verify(world->reader, on_finding, world, &entries, &seals, &error))
        world_fail(world, "the audit chain cannot be read: %s", error->message);
}

static void check_account(World *world, const char *account, bool whole)
{
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    g_autoptr(GError) error = NULL;
    if (!store_load_account(world->reader, account, arena, &state, &found, &error))
        world_fail(world, "account %s cannot be read: %s", account, error->message);
    if (!found || world_failed(world))
        return;
    const AccountState *look = &state;
    STATE_FOREACH (look, KIND_ACT, const Act, act)
        check_act(world, look, act);
    check_fees(world, look);
    check_balance(world, look);
    if (!whole)
        return;
    check_suppressions(world, look);
    replay_account(world, account);
}

void check_world(World *world, bool whole)
{
    if (world_failed(world) || !world->reader)
        return;
    disk_calm(world->disk, true);
    world->report.checks++;
    check_journal(world, whole);
    if (whole)
        check_audit(world);
    for (int i = 0; i < ACCOUNTS; i++) {
        char name[3] = {'A', (char)('0' + i), '\0'};
        check_account(world, name, whole);
    }
    replay_between(world, world_account(world));
    disk_calm(world->disk, false);
}

/* ---- at the end ------------------------------------------------------------------------------------------ */

static bool check_closed(const char *account, const Act *act, void *data)
{
    World *world = data;
    world->report.held += act->state == ACT_HELD;
    if (act->instance && (1u << act->state & OPEN_STATES) && act->next_at <= world->clock.instant)
        world_fail(world, "%s of %s is still open although everybody answers", act->key, account);
    return true;
}

void check_calm(World *world)
{
    if (source_waits(world))
        world_fail(world, "something that was told was never acknowledged");
    disk_calm(world->disk, true);
    store_acts(world->reader, NULL, OPEN_STATES | 1 << ACT_HELD, SIZE_MAX, check_closed, world,
               NULL);
    disk_calm(world->disk, false);
}

/* ---- when a call leaves ------------------------------------------------------------------------------------- */

/* One at a time of an account, while anybody may still be at it. */
static void check_alone(World *world, const Sent *sent)
{
    for (guint i = 0; i < world->calls->len; i++) {
        const Sent *other = world->calls->pdata[i];
        bool acts = other->kind == CALL_ACTION || other->kind == CALL_LOOKUP;
        bool open = !other->answers && world->clock.elapsed_ms - other->sent_ms < LEASE_LEAST_MS;
        if (acts && open && g_strcmp0(other->account, sent->account) == 0)
            world_fail(world, "%s leaves while %s of the same account is under way", sent->key,
                       other->key);
    }
}

static void check_order(World *world, const AccountState *state, const Act *act)
{
    STATE_FOREACH (state, KIND_ACT, const Act, other)
        if (other->sequence < act->sequence && g_strcmp0(other->instance, act->instance) == 0 &&
            (1u << other->state & OPEN_STATES))
            world_fail(world, "%s leaves before %s, which came first", act->key, other->key);
}

static void check_repeat(World *world, const Sent *sent)
{
    const Deed *deed = g_hash_table_lookup(world->deeds, sent->key);
    if (!deed || sent->kind != CALL_ACTION)
        return;
    bool knows = deed->repeat == REPEAT_KEY || deed->repeat == REPEAT_SAFE;
    bool same = g_strcmp0(deed->platform_key, sent->platform_key) == 0;
    if (deed->done)
        world_fail(world, "%s was done and is attempted again", sent->key);
    else if (deed->in_doubt && !knows)
        world_fail(world, "%s may have been applied and is blindly repeated", sent->key);
    else if (deed->in_doubt && !same)
        world_fail(world, "%s may have been applied and goes again as %s", deed->platform_key,
                   sent->platform_key);
}

static void check_key(World *world, const Sent *sent, const AccountState *state)
{
    const Act *act = state_find(state, KIND_ACT, sent->key);
    RepeatFacts facts = repeat_facts(setting_manifest(world, sent->instance), sent->verb);
    bool suffix = strcmp(sent->key, sent->platform_key) != 0;
    if (!act)
        world_fail(world, "%s leaves and is no act of %s", sent->platform_key, sent->account);
    else if (hub_switches(world->hub) & HUB_OBSERVE && !act->undo && sent->kind == CALL_ACTION)
        world_fail(world, "%s leaves although the clock is not believed", sent->key);
    else if (suffix && !facts.key_saves_errors)
        world_fail(world, "%s leaves under another key, %s", sent->key, sent->platform_key);
    else if (act->state != ACT_SENT && !(sent->kind == CALL_LOOKUP && act->state == ACT_UNCERTAIN))
        world_fail(world, "%s leaves before it is written down that it does", sent->key);
    else
        check_order(world, state, act);
}

void check_sent(World *world, const Sent *sent)
{
    if (sent->kind != CALL_ACTION && sent->kind != CALL_LOOKUP)
        return;
    g_autoptr(Arena) arena = arena_new();
    AccountState state;
    bool found = false;
    check_alone(world, sent);
    check_repeat(world, sent);
    if (!world->reader || !sent->account)
        return;
    disk_calm(world->disk, true);
    store_load_account(world->reader, sent->account, arena, &state, &found, NULL);
    disk_calm(world->disk, false);
    check_key(world, sent, &state);
}
