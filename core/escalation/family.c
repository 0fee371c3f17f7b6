/* Parents and children collected together (docs/adr/0015-money-in-policies.md). Each account is
 * decided alone: a child that is collected with its parent keeps its own books and demands nothing;
 * whatever changes in them it tells the parent, as an event of the hub, where copies are dunned as
 * the parent's own. When it leaves, the copies go, the child takes its money along, and what others
 * of the family had paid of its debt becomes a credit of the child. */
#include <string.h>

#include "escalation/deciding.h"

enum { N_FACTS = 4 };

static const struct {
    RecordKind kind;
    EventKind event;
    const char *member; /* of FamilyFacts.records */
} fact_kinds[N_FACTS] = {
    {KIND_PAYMENT, EVENT_PAYMENT_UPDATED, "payments"},
    {KIND_CREDIT, EVENT_CREDIT_UPDATED, "credits"},
    {KIND_DISPUTE, EVENT_DISPUTE_UPDATED, "disputes"},
    {KIND_INVOICE, EVENT_INVOICE_UPDATED, "invoices"},
};

/* ---- on the child: telling ------------------------------------------------------------------- */

static const char *copy_id(Deciding *d, const char *id)
{
    return arena_printf(d->arena, "%s/%s", d->state->account.id, id);
}

/* The invoice that money or a dispute names, by id or by its number, as the parent knows it. */
static const char *copy_of_named(Deciding *d, const char *name)
{
    if (state_find(d->look, KIND_INVOICE, name))
        return copy_id(d, name);
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, invoice)
        if (g_strcmp0(invoice->number, name) == 0)
            return copy_id(d, invoice->id);
    return copy_id(d, name);
}

static bool stays_behind(const Field *field)
{
    static const char *const names[] = {"version", "plan", "key", "child"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(field->name, names[i]) == 0)
            return true;
    return (field->flags & FIELD_DERIVED) != 0;
}

static json_t *copy_fields(const RecordType *type, const void *row)
{
    json_t *copy = json_object();
    for (size_t i = 0; i < type->n_fields; i++) {
        json_t *value =
            stays_behind(&type->fields[i]) ? NULL : record_field_to_json(&type->fields[i], row);
        if (value)
            json_object_set_new(copy, type->fields[i].name, value);
    }
    return copy;
}

static json_t *copy_of(Deciding *d, RecordKind kind, const void *row)
{
    char day[16];
    json_t *copy = copy_fields(record_types[kind], row);
    const char *id = json_string_value(json_object_get(copy, "id"));
    const char *named = json_string_value(json_object_get(copy, "invoice"));
    if (named)
        json_object_set_new(copy, "invoice", json_string(copy_of_named(d, named)));
    if (kind == KIND_INVOICE && !json_object_get(copy, "number"))
        json_object_set_new(copy, "number", json_string(id));
    if (kind == KIND_PAYMENT && ((const Payment *)row)->effective_on == DATE_NONE &&
        ((const Payment *)row)->settled_on != DATE_NONE)
        json_object_set_new(copy, "effective_on",
                            json_string(date_format(((const Payment *)row)->settled_on, day)));
    json_object_set_new(copy, "id", json_string(copy_id(d, id)));
    if (kind != KIND_DISPUTE)
        json_object_set_new(copy, "child", json_string(d->state->account.id));
    return copy;
}

static bool is_news(const Deciding *d, RecordKind kind, size_t i, const void *row)
{
    const RecordSet *before = &d->in->state->sets[kind];
    const char *old = before->rows;
    return i >= before->n || !record_equal(before->type, old + i * before->type->size, row);
}

/* Rows that this decision changed, or all of them; NULL: nothing to tell. */
static json_t *records_to_tell(Deciding *d, bool all)
{
    json_t *records = json_object();
    for (size_t f = 0; f < N_FACTS; f++) {
        const RecordSet *set = &d->state->sets[fact_kinds[f].kind];
        g_autoptr(json_t) list = json_array();
        for (size_t i = 0; i < set->n; i++) {
            const char *row = (const char *)set->rows + i * set->type->size;
            if (all || is_news(d, fact_kinds[f].kind, i, row))
                json_array_append_new(list, copy_of(d, fact_kinds[f].kind, row));
        }
        if (json_array_size(list) > 0)
            json_object_set(records, fact_kinds[f].member, list);
    }
    if (json_object_size(records) > 0 || all)
        return records;
    json_decref(records);
    return NULL;
}

static json_t *facts_of(const Deciding *d, json_t *records)
{
    return json_pack("{s:s,s:s*,s:o*}", "child", d->state->account.id, "name",
                     d->state->account.name, "records", records);
}

static bool name_changed(const Deciding *d)
{
    return g_strcmp0(d->in->state->account.name, d->state->account.name) != 0;
}

/* The ledger of the child was read for the parent's sake (§6.6). */
static void tell_read(Deciding *d, json_t *facts)
{
    if (d->in->event->kind != EVENT_LEDGER_READ)
        return;
    const LedgerRead *read = d->in->event->payload;
    char text[32];
    if (read->failed)
        json_object_set_new(facts, "unread", json_true());
    else
        json_object_set_new(facts, "read_at", json_string(instant_format(read->began_at, text)));
}

void family_tell(Deciding *d)
{
    const Account *account = &d->state->account;
    if (!account->collector)
        return;
    bool joins = g_strcmp0(d->in->state->account.collector, account->collector) != 0;
    bool read = d->in->event->kind == EVENT_LEDGER_READ;
    json_t *records = records_to_tell(d, joins);
    if (!records && !read && !name_changed(d))
        return;
    json_t *facts = facts_of(d, records);
    tell_read(d, facts);
    tell_add(d, account->collector, "family.facts", facts);
}

/* ---- on the child: where it is collected ------------------------------------------------------ */

static const struct {
    const char *word, *text;
} problems[] = {
    {"unknown_parent", "the parent that is named is not known: the account is collected alone"},
    {"parent_cycle", "the account is its own parent, by way of others: it is collected alone"},
    {"parent_nested", "a family has one parent and its children: the account is collected alone"},
};

static void restore_service(Deciding *d);

static void leave_family(Deciding *d, const char *collector)
{
    tell_add(d, collector, "family.left", json_pack("{s:s}", "child", d->state->account.id));
    restore_service(d);
    reason_add(d, "family_left", "families", collector, NULL, NULL,
               "its invoices are collected with account %s no longer", collector);
}

/* What the family had paid of its debt when it left counts there again. */
static void give_back_credits(Deciding *d, const char *collector)
{
    const char *prefix = arena_printf(d->arena, "family:%s:", collector);
    STATE_FOREACH (d->state, KIND_CREDIT, Credit, credit)
        if (g_str_has_prefix(credit->id, prefix) && !credit->cancelled) {
            credit->cancelled = true;
            credit->cancelled_on = d->today;
        }
}

static void join_family(Deciding *d, const char *collector)
{
    give_back_credits(d, collector);
    reason_add(d, "family_joined", "families", collector, NULL, NULL,
               "its invoices are collected with account %s from now on", collector);
}

void apply_family_placed(Deciding *d)
{
    const FamilyPlacement *placed = d->in->event->payload;
    Account *account = &d->state->account;
    for (size_t i = 0; i < G_N_ELEMENTS(problems); i++)
        intervene(d, &account->reasons, problems[i].word, (int)i == placed->problem, "families",
                  problems[i].text);
    if (g_strcmp0(placed->collector, account->collector) == 0)
        return;
    if (account->collector)
        leave_family(d, account->collector);
    account->collector = arena_strdup(d->arena, placed->collector);
    d->read_from = (LedgerFacts){0}; /* what is its own to demand has changed */
    d->cause = "family";
    if (account->collector)
        join_family(d, account->collector);
}

bool family_refuses(Deciding *d)
{
    static const EventKind kinds[] = {
        EVENT_ACCOUNT_FLAGGED, EVENT_STEP_CHANGE_REQUESTED, EVENT_GRACE_REQUESTED,
        EVENT_HOLD_SET,        EVENT_PROMISE_MADE,          EVENT_PLAN_CREATED,
    };
    const char *collector = d->state->account.collector;
    for (size_t i = 0; collector && i < G_N_ELEMENTS(kinds); i++) {
        if (d->in->event->kind != kinds[i])
            continue;
        reject(d, "collected_with_parent", json_pack("{s:s}", "collector", collector),
               "its invoices are collected with account %s; do it there", collector);
        return true;
    }
    return false;
}

/* ---- on the child: the service follows the parent's -------------------------------------------- */

static Act *plan_service(Deciding *d, const char *verb, bool undo)
{
    ActionRule rule = action_of_verb(d, verb);
    ActPlan plan = {.rule = &rule,
                    .purpose = "family",
                    .target =
                        arena_printf(d->arena, "%" G_GINT64_FORMAT, ++d->state->account.next_id),
                    .undo = undo};
    return act_plan(d, &plan);
}

static void suspend_service(Deciding *d)
{
    Account *account = &d->state->account;
    if (words_have(account->service_reasons, "family"))
        return;
    account->service_reasons = words_add(d->arena, account->service_reasons, "family");
    if (account->service == SERVICE_ACTIVE)
        plan_service(d, "service.suspend", false);
}

static void restore_service(Deciding *d)
{
    Account *account = &d->state->account;
    if (!words_have(account->service_reasons, "family"))
        return;
    account->service_reasons = words_remove(d->arena, account->service_reasons, "family");
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (act_suspends(act) && act_is_open(act) && g_strcmp0(act->purpose, "family") == 0)
            act_suppress(d, act, "left");
    if (!account->service_reasons && account->service == SERVICE_SUSPENDED)
        plan_service(d, "service.restore", true);
}

void apply_family_service(Deciding *d)
{
    const FamilyService *service = d->in->event->payload;
    if (service->suspended && d->state->account.collector)
        suspend_service(d);
    else
        restore_service(d);
}

/* ---- on the parent ----------------------------------------------------------------------------- */

static bool stays(const FamilyMember *member)
{
    return member->left_on == DATE_NONE;
}

static bool family_has(const AccountState *state, const char *child)
{
    const FamilyMember *member = state_find(state, KIND_FAMILY_MEMBER, child);
    return member && stays(member);
}

const char *family_name(const AccountState *state, const char *child)
{
    const FamilyMember *member = child ? state_find(state, KIND_FAMILY_MEMBER, child) : NULL;
    return member && member->name ? member->name : child;
}

void family_tell_service(Deciding *d, bool suspended)
{
    const AccountState *state = d->state;
    STATE_FOREACH (state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (stays(member))
            tell_add(d, member->child, "family.service",
                     json_pack("{s:b}", "suspended", suspended));
}

void family_ask_freshness(Deciding *d)
{
    const AccountState *state = d->state;
    STATE_FOREACH (state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (stays(member))
            wish_add(d, WISH_FRESHNESS, member->child, d->now, NULL);
}

bool family_is_read_since(const AccountState *state, Instant after)
{
    STATE_FOREACH (state, KIND_FAMILY_MEMBER, const FamilyMember, member)
        if (stays(member) &&
            (member->ledger_began_at == INSTANT_NONE || member->ledger_began_at < after))
            return false;
    return true;
}

static FamilyMember *member_of(Deciding *d, const char *child)
{
    FamilyMember *member = state_find(d->state, KIND_FAMILY_MEMBER, child);
    if (member && stays(member))
        return member;
    if (!member)
        member = state_add(d->state, KIND_FAMILY_MEMBER);
    member->child = arena_strdup(d->arena, child);
    member->joined_on = d->today;
    member->left_on = DATE_NONE;
    reason_add(d, "member_joined", "families", member->child, NULL, NULL,
               "the invoices of account %s are collected here from now on", child);
    if (words_have(d->state->account.service_reasons, "delinquency"))
        tell_add(d, member->child, "family.service", json_pack("{s:b}", "suspended", 1));
    return member;
}

/* One copy, through the same door as a snapshot of the account's own ledger. */
static bool apply_copy(Deciding *d, size_t f, const json_t *data)
{
    const EventType *type = &event_types[fact_kinds[f].event];
    Event event = *d->in->event;
    DecideIn in = *d->in;
    const DecideIn *whole = d->in;
    event.kind = type->kind;
    g_autoptr(json_t) owned = json_deep_copy(data);
    Event decoded = {0};
    if (!event_decode(type->name, owned, d->arena, &decoded, NULL))
        return false;
    event.payload = decoded.payload;
    memcpy(event.present, decoded.present, sizeof event.present);
    in.event = &event;
    d->in = &in;
    apply_event(d);
    d->in = whole;
    return true;
}

/* A copy of one that had left and came back counts again. */
static void take_back(Deciding *d, const char *child)
{
    Invoice *invoices = deciding_invoices(d);
    for (size_t i = 0; i < STATE_COUNT(d->state, KIND_INVOICE); i++)
        if (g_strcmp0(invoices[i].child, child) == 0)
            invoices[i].left_on = DATE_NONE;
    STATE_FOREACH (d->state, KIND_PAYMENT, Payment, payment)
        if (g_strcmp0(payment->child, child) == 0)
            payment->left_on = DATE_NONE;
    STATE_FOREACH (d->state, KIND_CREDIT, Credit, credit)
        if (g_strcmp0(credit->child, child) == 0)
            credit->left_on = DATE_NONE;
}

void apply_family_facts(Deciding *d)
{
    const FamilyFacts *facts = d->in->event->payload;
    bool returns = state_find(d->state, KIND_FAMILY_MEMBER, facts->child) &&
                   !family_has(d->state, facts->child);
    FamilyMember *member = member_of(d, facts->child);
    if (facts->name)
        member->name = arena_strdup(d->arena, facts->name);
    if (facts->read_at != INSTANT_NONE)
        member->ledger_began_at = MAX(member->ledger_began_at, facts->read_at);
    if (returns)
        take_back(d, facts->child);
    g_autoptr(json_t) records = facts->records ? json_loads(facts->records, 0, NULL) : NULL;
    for (size_t f = 0; f < N_FACTS; f++) {
        const json_t *list = json_object_get(records, fact_kinds[f].member);
        for (size_t i = 0; i < json_array_size(list); i++)
            if (!apply_copy(d, f, json_array_get(list, i)))
                reason_add(d, "copy_refused", "families", facts->child, fact_kinds[f].member, NULL,
                           "a record of account %s cannot be taken over", facts->child);
    }
    if (facts->unread)
        ledger_unread(d);
}

/* The books of one member alone, as they would stand without the family. */
static void read_alone(const Deciding *d, const char *child, Ledger *ret_ledger)
{
    AccountState *alone = arena_new0(d->arena, AccountState, 1);
    state_init(alone, d->arena, d->state->account.id);
    STATE_FOREACH (d->look, KIND_INVOICE, const Invoice, invoice)
        if (g_strcmp0(invoice->child, child) == 0)
            *(Invoice *)state_add(alone, KIND_INVOICE) = *invoice;
    STATE_FOREACH (d->state, KIND_PAYMENT, Payment, payment)
        if (g_strcmp0(payment->child, child) == 0)
            *(Payment *)state_add(alone, KIND_PAYMENT) = *payment;
    STATE_FOREACH (d->state, KIND_CREDIT, Credit, credit)
        if (g_strcmp0(credit->child, child) == 0)
            *(Credit *)state_add(alone, KIND_CREDIT) = *credit;
    STATE_FOREACH (d->state, KIND_DISPUTE, Dispute, dispute)
        *(Dispute *)state_add(alone, KIND_DISPUTE) = *dispute;
    DueRules rules = deciding_due_rules(d->settings);
    ledger_read(alone, &rules, d->today, d->arena, ret_ledger);
}

static void hand_back(Deciding *d, const char *child, const Invoice *invoice, int64_t amount)
{
    char day[16];
    const char *own = invoice->id + strlen(child) + 1;
    tell_add(d, child, "credit.updated",
             json_pack("{s:s,s:s,s:I,s:s,s:s}", "id",
                       arena_printf(d->arena, "family:%s:%s:%" G_GINT64_FORMAT,
                                    d->state->account.id, own, ++d->state->account.next_id),
                       "currency", invoice->currency.code, "amount", (json_int_t)amount, "invoice",
                       own, "issued_on", date_format(d->today, day)));
}

/* What the others had paid of it stays here as an invoice that is paid; the rest goes. */
static void part_invoice(Deciding *d, Invoice *invoice, int64_t paid_by_others)
{
    invoice->left_on = d->today;
    invoice->amount = paid_by_others;
    invoice->ledger_open = AMOUNT_NONE;
    invoice->status = paid_by_others > 0 ? INVOICE_OPEN : INVOICE_VOID;
    if (paid_by_others > 0)
        hand_back(d, invoice->child, invoice, paid_by_others);
}

static void part_invoices(Deciding *d, const char *child, const Ledger *alone)
{
    for (size_t i = 0; i < d->ledger.n_invoices; i++) {
        Invoice *invoice = &deciding_invoices(d)[i];
        if (g_strcmp0(invoice->child, child) != 0 || invoice->left_on != DATE_NONE)
            continue;
        const InvoiceBalance *own = ledger_invoice(alone, invoice->id);
        int64_t by_others = own ? own->open - d->ledger.invoices[i].open : 0;
        part_invoice(d, invoice, MAX(0, by_others));
    }
}

void apply_family_left(Deciding *d)
{
    const FamilyExit *left = d->in->event->payload;
    FamilyMember *member = state_find(d->state, KIND_FAMILY_MEMBER, left->child);
    if (!member || !stays(member))
        return;
    Ledger alone;
    deciding_read_ledger(d);
    read_alone(d, left->child, &alone);
    part_invoices(d, left->child, &alone);
    STATE_FOREACH (d->state, KIND_PAYMENT, Payment, payment)
        if (g_strcmp0(payment->child, left->child) == 0)
            payment->left_on = d->today;
    STATE_FOREACH (d->state, KIND_CREDIT, Credit, credit)
        if (g_strcmp0(credit->child, left->child) == 0)
            credit->left_on = d->today;
    member->left_on = d->today;
    d->cause = "family";
    reason_add(d, "member_left", "families", member->child, NULL, NULL,
               "the invoices of account %s are collected here no longer", member->child);
}
