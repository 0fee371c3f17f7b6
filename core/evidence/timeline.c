#include "evidence/timeline.h"

#include <string.h>

#include "base/text.h"

enum {
    DATA_MAX_BYTES = 32 << 20,
    SENTENCE_MAX = 2000,
};
#define ERASED "(erased)"

typedef struct {
    const TimelineIn *in;
    Arena *arena;
    GArray *rows;      /* TimelineRow */
    GHashTable *known; /* type and identity -> the data last told */
} Making;

/* Journal entries that are told; what the hub decided about them is told by the audit. */
static const struct {
    EventKind event;
    const char *kind, *label;
    const char *identity[2]; /* members that say which one it is: told again only when it changed */
} told_events[] = {
    {EVENT_ACCOUNT_UPDATED, "account", "Account data", {"external_id", NULL}},
    {EVENT_CONTACT_UPDATED, "account", "Contact point", {"channel", "address"}},
    {EVENT_INVOICE_UPDATED, "money", "Invoice", {"id", NULL}},
    {EVENT_PAYMENT_UPDATED, "money", "Payment", {"id", NULL}},
    {EVENT_CREDIT_UPDATED, "money", "Credit note", {"id", NULL}},
    {EVENT_DISPUTE_UPDATED, "money", "Dispute", {"id", NULL}},
    {EVENT_PAYMENT_ATTEMPTED, "money", "Automatic payment attempted", {NULL, NULL}},
    {EVENT_MESSAGE_ACCEPTED, "delivery", "Message accepted by its channel", {NULL, NULL}},
    {EVENT_MESSAGE_DELIVERED, "delivery", "Message delivered", {NULL, NULL}},
    {EVENT_MESSAGE_FAILED, "delivery", "Message not delivered", {NULL, NULL}},
    {EVENT_MESSAGE_REPLIED, "reply", "Answer of the customer", {NULL, NULL}},
    {EVENT_CALL_COMPLETED, "call", "Call", {NULL, NULL}},
    {EVENT_DOCUMENT_SIGNED, "delivery", "Document signed", {NULL, NULL}},
    {EVENT_DOCUMENT_DECLINED, "delivery", "Document declined", {NULL, NULL}},
    {EVENT_ACCOUNT_FLAGGED, "person", "Entered by hand", {NULL, NULL}},
    {EVENT_ACCOUNT_STATUS_CHANGED, "person", "Status set", {NULL, NULL}},
    {EVENT_ACCOUNT_ASSIGNED, "person", "Assigned", {NULL, NULL}},
    {EVENT_STEP_CHANGE_REQUESTED, "person", "Step change asked for", {NULL, NULL}},
    {EVENT_GRACE_REQUESTED, "person", "Grace asked for", {NULL, NULL}},
    {EVENT_HOLD_SET, "hold", "Hold asked for", {NULL, NULL}},
    {EVENT_HOLD_ENDED, "hold", "End of a hold asked for", {NULL, NULL}},
    {EVENT_SUSPENSION_CONFIRMED, "approval", "Suspension confirmed", {NULL, NULL}},
    {EVENT_PROMISE_MADE, "person", "Promise", {NULL, NULL}},
    {EVENT_PLAN_CREATED, "person", "Payment plan", {NULL, NULL}},
    {EVENT_OUTREACH_DONE, "person", "Customer spoken to", {NULL, NULL}},
    {EVENT_COLLECTIONS_CLOSED, "act", "Collections case closed", {NULL, NULL}},
    {EVENT_APPROVAL_DECIDED, "approval", "Approval", {NULL, NULL}},
    {EVENT_POLICY_MIGRATED, "person", "Moved to another policy version", {NULL, NULL}},
    {EVENT_ACT_DECIDED, "person", "Decision about an act", {NULL, NULL}},
};

/* Entries of the audit by what they begin with; the first that fits. kind NULL: not told, the journal has it or it is
 * book-keeping. */
static const struct {
    const char *event, *kind;
} told_entries[] = {
    {"event_", NULL},         {"act_planned", NULL},  {"intervention_ended", NULL},
    {"gate", "gate"},         {"notice_", "notice"},  {"reply", "reply"},
    {"call", "call"},         {"hold_", "hold"},      {"grace_", "hold"},
    {"promise_", "person"},   {"plan_", "person"},    {"approved", "approval"},
    {"refused", "approval"},  {"rejected", "person"}, {"assigned", "person"},
    {"awaiting", "approval"}, {"step_", "step"},      {"move_", "step"},
    {"entered", "step"},      {"entry_", "step"},     {"left", "step"},
    {"resumed", "step"},      {"cycle_", "step"},     {"policy_", "step"},
    {"segment_", "step"},     {"fee_", "money"},      {"credit_", "money"},
    {"correction_", "money"}, {"act_", "act"},        {"service_", "act"},
    {"consent_", "account"},  {"erased", "account"},  {"", "account"},
};

static const char *local_time(Making *making, Instant at)
{
    LocalTime local = zone_local(making->in->zone, at);
    int64_t local_ms = local.date * INSTANT_DAY + local.minute * INSTANT_MINUTE + local.millisecond;
    int offset = (int)((local_ms - at) / INSTANT_MINUTE);
    char date[16];
    return arena_printf(making->arena, "%s %02d:%02d:%02d %c%02d:%02d",
                        date_format(local.date, date), local.minute / 60, local.minute % 60,
                        local.millisecond / 1000, offset < 0 ? '-' : '+', ABS(offset) / 60,
                        ABS(offset) % 60);
}

static json_t *read_object(const char *text)
{
    json_t *json = text != NULL ? json_parse(text, strlen(text), DATA_MAX_BYTES, NULL) : NULL;
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

/* Minor units of `member` in the currency that stands beside them. */
static const char *money_of(Making *making, const json_t *object, const char *member)
{
    const json_t *amount = json_object_get(object, member);
    const char *code = text_of(object, "currency");
    Currency currency;
    if (!json_is_integer(amount) || code == NULL || !currency_parse(code, &currency, NULL))
        return NULL;
    g_autofree char *text = money_to_text((Money){json_integer_value(amount), currency});
    return arena_strdup(making->arena, text);
}

/* ---- from the journal -------------------------------------------------------------------------- */

static void append_member(GString *what, const char *name, const json_t *value)
{
    g_autofree char *other = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    g_autofree char *line =
        text_one_line(other != NULL ? other : json_string_value(value), SENTENCE_MAX);
    g_string_append_printf(what, "%s%s %s", what->len > 0 ? ", " : "", name, line);
}

/* "amount USD 65.00, state settled": the members as they came, money as people read it. */
static const char *tell_members(Making *making, const char *label, const json_t *data)
{
    g_autoptr(GString) members = g_string_new(NULL);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)data, name, value)
    {
        const char *money = strcmp(name, "amount") == 0 || strcmp(name, "ledger_open") == 0
                                ? money_of(making, data, name)
                                : NULL;
        if (money != NULL)
            g_string_append_printf(members, "%s%s %s", members->len > 0 ? ", " : "", name, money);
        else if (strcmp(name, "version") != 0 && strcmp(name, "currency") != 0)
            append_member(members, name, value);
    }
    return arena_printf(making->arena, "%s%s%s", label, members->len > 0 ? ": " : "", members->str);
}

static bool is_news(Making *making, size_t told, const JournalEntry *entry, const json_t *data)
{
    const char *const *identity = told_events[told].identity;
    if (identity[0] == NULL)
        return true;
    const char *first = text_of(data, identity[0]);
    const char *second = identity[1] != NULL ? text_of(data, identity[1]) : NULL;
    g_autofree char *key =
        g_strdup_printf("%s\n%s\n%s\n%s", entry->type, entry->source, first != NULL ? first : "",
                        second != NULL ? second : "");
    if (g_strcmp0(g_hash_table_lookup(making->known, key), entry->data) == 0)
        return false;
    g_hash_table_replace(making->known, g_steal_pointer(&key), g_strdup(entry->data));
    return true;
}

static void tell_event(Making *making, const JournalEntry *entry)
{
    size_t told = 0;
    while (told < G_N_ELEMENTS(told_events) &&
           strcmp(event_types[told_events[told].event].name, entry->type) != 0)
        told++;
    if (told == G_N_ELEMENTS(told_events))
        return;
    g_autoptr(json_t) data = read_object(entry->data);
    if (data != NULL && !is_news(making, told, entry, data))
        return;
    const char *label = told_events[told].label;
    TimelineRow row = {
        .position = entry->position,
        .at = entry->received_at,
        .local = local_time(making, entry->received_at),
        .kind = told_events[told].kind,
        .what = data != NULL ? tell_members(making, label, data)
                             : arena_printf(making->arena, "%s: " ERASED, label),
        .by = entry->source,
        .amount = data != NULL ? money_of(making, data, "amount") : NULL,
    };
    g_array_append_val(making->rows, row);
}

/* ---- from the audit ---------------------------------------------------------------------------- */

static const char *kind_of_entry(const char *event)
{
    for (size_t i = 0; i < G_N_ELEMENTS(told_entries); i++)
        if (g_str_has_prefix(event, told_entries[i].event))
            return told_entries[i].kind;
    return NULL;
}

static const char *sentence_of(Making *making, const AuditEntry *entry)
{
    if (entry->text == NULL && entry->has_veil)
        return arena_printf(making->arena, "%s: " ERASED, entry->event);
    g_autofree char *text =
        text_one_line(entry->text != NULL ? entry->text : entry->event, SENTENCE_MAX);
    return arena_strdup(making->arena, text);
}

static void tell_entry(Making *making, const AuditEntry *entry)
{
    const char *kind = entry->event != NULL ? kind_of_entry(entry->event) : NULL;
    if (kind == NULL)
        return;
    g_autoptr(json_t) detail = read_object(entry->detail);
    const char *amount = money_of(making, detail, "amount"),
               *template_name = text_of(detail, "template");
    TimelineRow row = {
        .position = entry->position,
        .sequence = entry->sequence,
        .at = entry->at,
        .local = local_time(making, entry->at),
        .kind = kind,
        .what = sentence_of(making, entry),
        .by = entry->actor,
        .rule = entry->rule,
        .citation = arena_strdup(making->arena, text_of(detail, "citation")),
        .amount = amount != NULL ? amount : money_of(making, detail, "overdue"),
        .content = arena_strdup(making->arena, text_of(detail, "content")),
    };
    if (template_name != NULL)
        row.version = arena_printf(
            making->arena, "%s %s", template_name,
            text_of(detail, "template_hash") != NULL ? text_of(detail, "template_hash") : "");
    g_array_append_val(making->rows, row);
}

/* What came in stands before what was decided about it. */
Timeline timeline_make(const TimelineIn *in, Arena *arena)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(TimelineRow));
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Making making = {.in = in, .arena = arena, .rows = rows, .known = known};
    size_t j = 0;
    for (size_t i = 0; i < in->n_audit; i++) {
        /* entries about no journal entry of their own (position 0) stand where the chain has them */
        for (; j < in->n_journal && in->journal[j].position <= in->audit[i].position; j++)
            tell_event(&making, &in->journal[j]);
        tell_entry(&making, &in->audit[i]);
    }
    for (; j < in->n_journal; j++)
        tell_event(&making, &in->journal[j]);
    return (Timeline){
        .account = in->state->account.id,
        .organisation = in->organisation,
        .zone = zone_name(in->zone),
        .name = in->state->account.name,
        .state = in->state,
        .rows = arena_dup(arena, rows->data, rows->len * sizeof(TimelineRow)),
        .n = rows->len,
    };
}
