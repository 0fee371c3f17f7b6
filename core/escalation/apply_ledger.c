/* Facts of a ledger: snapshots with a version. Late and repeated ones are harmless (§6.10). */
#include <string.h>

#include "escalation/deciding.h"
#include "ledger/principal.h"

enum { READ_AGAIN_MINUTES = 5 };

static bool is_present(const Event *event, size_t i)
{
    return (event->present[i / 64] & (UINT64_C(1) << (i % 64))) != 0;
}

static size_t field_size(FieldType type)
{
    switch (type) {
    case FIELD_INT:
    case FIELD_AMOUNT:
    case FIELD_INSTANT:
        return sizeof(int64_t);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_DATE:
        return sizeof(Date);
    case FIELD_CURRENCY:
        return sizeof(Currency);
    case FIELD_CHOICE:
        return sizeof(int);
    case FIELD_TEXT:
    case FIELD_NAME:
    case FIELD_ZONE:
    case FIELD_JSON:
        return sizeof(const char *);
    }
    return 0;
}

static void copy_field(Arena *arena, const Field *field, const void *from, void *into)
{
    const char *source = (const char *)from + field->offset;
    char *target = (char *)into + field->offset;
    size_t size = field_size(field->type);
    bool is_text = field->type == FIELD_TEXT || field->type == FIELD_NAME ||
                   field->type == FIELD_ZONE || field->type == FIELD_JSON;
    if (!is_text) {
        memcpy(target, source, size);
        return;
    }
    const char *text;
    memcpy(&text, source, sizeof text);
    text = arena_strdup(arena, text);
    memcpy(target, &text, sizeof text);
}

/* Fields that came are taken over, the others stay as they are. */
static void merge(Deciding *d, const RecordType *type, void *row)
{
    const Event *event = d->in->event;
    for (size_t i = 0; i < type->n_fields; i++)
        if (is_present(event, i))
            copy_field(d->arena, &type->fields[i], event->payload, row);
}

/* A ledger that is read again before an act tells all it knows of the account once more: what was known already is no news. */
static bool is_news(const RecordType *type, bool is_new, const void *before, const void *after)
{
    return is_new || !record_equal(type, before, after);
}

static void tell(Deciding *d, const char *what, const char *id)
{
    const Event *event = d->in->event;
    reason_add(d, "event_applied", "§6.10", event->id ? event->id : id, NULL,
               json_pack("{s:s,s:s?,s:s?,s:s?}", "kind", what, "id", id, "event_id", event->id,
                         "source", event->source),
               "%s %s as its source states it", what, id ? id : "");
}

static bool is_stale(Deciding *d, const char *what, const char *id, int64_t known, int64_t came)
{
    if (known == 0 || came == 0 || came >= known)
        return false;
    const Event *event = d->in->event;
    reason_add(d, "event_stale", "§6.10", event->id ? event->id : id, "version",
               json_pack("{s:s,s:s,s:I,s:I,s:s?}", "kind", what, "id", id, "known",
                         (json_int_t)known, "came", (json_int_t)came, "event_id", event->id),
               "version %" G_GINT64_FORMAT " of %s %s is older than version %" G_GINT64_FORMAT
               " that is known: ignored",
               came, what, id, known);
    return true;
}

/* One counter orders everything that arrives on an account. */
static int64_t next_sequence(Deciding *d)
{
    return ++d->state->account.next_id;
}

static Currency currency_or_default(const Deciding *d, Currency currency)
{
    return currency.code[0] ? currency : d->settings->currency;
}

static int64_t amount_or_nothing(int64_t amount)
{
    return amount == AMOUNT_NONE ? 0 : amount;
}

void apply_account(Deciding *d)
{
    Account *account = &d->state->account;
    bool is_new = d->in->state->account.evaluated_on == DATE_NONE;
    Account old = *account;
    merge(d, &account_type, account);
    account->service = account->service < 0 ? SERVICE_ACTIVE : account->service;
    account->portal = account->portal < 0 ? SERVICE_ACTIVE : account->portal;
    if (is_news(&account_type, is_new, &old, account))
        tell(d, "account", account->id);
}

/* ---- invoices -------------------------------------------------------------------------------- */

/* A void can come before the invoice it is about: it is kept, and the invoice that appears later
 * stays void. */
static bool is_placeholder(const Invoice *invoice)
{
    return invoice->issued_on == DATE_NONE && invoice->due_on == DATE_NONE;
}

static Invoice *invoice_new(Deciding *d, const char *id)
{
    Invoice *row = state_add(d->state, KIND_INVOICE);
    row->id = arena_strdup(d->arena, id);
    row->kind = INVOICE_CHARGE;
    row->status = INVOICE_OPEN;
    row->sequence = next_sequence(d);
    row->seen_at = d->now;
    return row;
}

static void invoice_status_changed(Deciding *d, Invoice *row, int before)
{
    if (row->status == before)
        return;
    row->changed_on = d->today;
    if (row->status == INVOICE_VOID) {
        d->cause = "void";
        booking_voided(d, row);
    } else if (row->status == INVOICE_WRITTEN_OFF) {
        d->cause = "write_off";
    }
}

/* Our own writes come back as change events (architecture §5): the ledger's amounts, dates and status hold, what it is to
 * the hub stays. One that is known by its key alone tells its id. */
static void stay_booked(Deciding *d, const Invoice *old, Invoice *row)
{
    row->external_id = old->external_id ? old->external_id : arena_strdup(d->arena, row->id);
    row->id = old->id;
    row->key = old->key;
    row->kind = old->kind;
    row->fee_type = old->fee_type;
    row->cycle = old->cycle;
}

/* Until it states the first, all of it was open as far as no payment was told of. */
static void note_open(Deciding *d, Invoice *row, bool is_new)
{
    if (row->ledger_open == AMOUNT_NONE)
        return;
    if (!row->opens && !is_new)
        principal_note_open(row, d->today - 1, row->amount, d->arena);
    principal_note_open(row, d->today, row->ledger_open, d->arena);
}

void apply_invoice(Deciding *d)
{
    const Invoice *came = d->in->event->payload;
    const Invoice *own = booked_invoice(d, came->id, came->key);
    Invoice *row = deciding_invoice(d, own ? own : state_find(d->look, KIND_INVOICE, came->id));
    bool late = row && is_placeholder(row) && row->status == INVOICE_VOID;
    if (row && !late && is_stale(d, "invoice", came->id, row->version, came->version))
        return;
    bool is_new = !row;
    if (!row)
        row = invoice_new(d, came->id);
    Invoice old = *row;
    merge(d, &invoice_type, row);
    if (own)
        stay_booked(d, &old, row);
    row->kind = row->kind < 0 ? INVOICE_CHARGE : row->kind;
    row->status = row->status < 0 ? INVOICE_OPEN : row->status;
    if (late) {
        row->status = INVOICE_VOID;
        row->version = MAX(row->version, old.version);
    }
    row->currency = currency_or_default(d, row->currency);
    row->amount = amount_or_nothing(row->amount);
    if (event_has(d->in->event, "ledger_open")) {
        row->stated_after = d->state->account.next_id;
        note_open(d, row, is_new);
    }
    if (is_new && row->status != INVOICE_VOID && is_placeholder(row))
        row->issued_on = d->today;
    d->cause = "payment";
    if (!is_new)
        invoice_status_changed(d, row, old.status);
    if (!is_new && row->excluded != old.excluded)
        invoice_exclusion_changed(d, row);
    old.stated_after = row->stated_after;
    if (is_news(&invoice_type, is_new, &old, row))
        tell(d, "invoice", row->id);
}

/* ---- money ----------------------------------------------------------------------------------- */

static void money_taken_back(Deciding *d, Currency currency)
{
    d->reversed = words_add(d->arena, d->reversed, currency.code);
}

static void payment_failed(Deciding *d, const char *code)
{
    d->state->account.failed_code = arena_strdup(d->arena, code);
    d->state->account.failed_on = d->today;
}

static void payment_state_changed(Deciding *d, Payment *row, int before)
{
    if (row->state == before)
        return;
    if (row->state == PAYMENT_SETTLED) {
        row->settled_on = d->today;
        row->sequence = next_sequence(d);
        row->ended_on = DATE_NONE;
    }
    if (row->state == PAYMENT_FAILED || row->state == PAYMENT_REVERSED) {
        row->ended_on = d->today;
        payment_failed(d, row->code);
    }
    if (before == PAYMENT_SETTLED && row->state != PAYMENT_SETTLED)
        money_taken_back(d, row->currency);
}

void apply_payment(Deciding *d)
{
    const Payment *came = d->in->event->payload;
    Payment *row = state_find(d->state, KIND_PAYMENT, came->id);
    if (row && is_stale(d, "payment", came->id, row->version, came->version))
        return;
    int before = row ? row->state : -1;
    if (!row) {
        row = state_add(d->state, KIND_PAYMENT);
        row->sequence = next_sequence(d);
    }
    Payment old = *row;
    merge(d, &payment_type, row);
    row->state = row->state < 0 ? PAYMENT_SETTLED : row->state;
    const Invoice *invoice = row->invoice ? state_find(d->state, KIND_INVOICE, row->invoice) : NULL;
    if (!row->currency.code[0] && invoice)
        row->currency = invoice->currency;
    row->currency = currency_or_default(d, row->currency);
    row->amount = amount_or_nothing(row->amount);
    if (row->initiated_on == DATE_NONE)
        row->initiated_on = d->today;
    payment_state_changed(d, row, before);
    d->cause = "payment";
    if (is_news(&payment_type, before < 0, &old, row))
        tell(d, "payment", row->id);
}

static void credit_stays_booked(Deciding *d, const Credit *old, Credit *row)
{
    row->external_id = old->external_id ? old->external_id : arena_strdup(d->arena, row->id);
    row->id = old->id;
    row->key = old->key;
    row->kind = old->kind;
    row->invoice = old->invoice;
}

void apply_credit(Deciding *d)
{
    const Credit *came = d->in->event->payload;
    Credit *own = booked_credit(d, came->id, came->key);
    Credit *row = own ? own : state_find(d->state, KIND_CREDIT, came->id);
    if (row && is_stale(d, "credit", came->id, row->version, came->version))
        return;
    bool is_new = !row;
    if (!row) {
        row = state_add(d->state, KIND_CREDIT);
        row->sequence = next_sequence(d);
    }
    bool cancelled = row->cancelled;
    Credit old = *row;
    merge(d, &credit_type, row);
    if (own)
        credit_stays_booked(d, &old, row);
    const Invoice *invoice = row->invoice ? state_find(d->state, KIND_INVOICE, row->invoice) : NULL;
    if (!row->currency.code[0] && invoice)
        row->currency = invoice->currency;
    row->currency = currency_or_default(d, row->currency);
    row->amount = amount_or_nothing(row->amount);
    if (row->issued_on == DATE_NONE)
        row->issued_on = d->today;
    if (row->cancelled && !cancelled) {
        row->cancelled_on = row->cancelled_on == DATE_NONE ? d->today : row->cancelled_on;
        if (!is_new)
            money_taken_back(d, row->currency);
    }
    d->cause = "credit";
    if (is_news(&credit_type, is_new, &old, row))
        tell(d, "credit", row->id);
}

void apply_dispute(Deciding *d)
{
    const Dispute *came = d->in->event->payload;
    Dispute *row = state_find(d->state, KIND_DISPUTE, came->id);
    bool is_new = !row;
    if (!row)
        row = state_add(d->state, KIND_DISPUTE);
    Dispute old = *row;
    merge(d, &dispute_type, row);
    row->outcome = row->outcome < 0 ? DISPUTE_OPEN : row->outcome;
    row->amount = amount_or_nothing(row->amount);
    if (row->opened_on == DATE_NONE)
        row->opened_on = d->today;
    if (row->outcome != DISPUTE_OPEN && row->closed_on == DATE_NONE)
        row->closed_on = d->today;
    d->cause = row->outcome == DISPUTE_OPEN ? "dispute" : "credit";
    if (is_news(&dispute_type, is_new, &old, row))
        tell(d, "dispute", row->id);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* A ledger goes on telling of a consent that the customer has revoked since: only one given later counts. */
static bool is_older_consent(const ContactPoint *before, const ContactPoint *after)
{
    bool stopped = before->consent == CONSENT_REVOKED || before->consent == CONSENT_HELD_FOR_REVIEW;
    bool later = after->consent_at != INSTANT_NONE && after->consent_at > before->consent_at;
    return stopped && after->consent != CONSENT_REVOKED && !later;
}

void apply_contact(Deciding *d)
{
    const ContactPoint *came = d->in->event->payload;
    ContactPoint *row = NULL;
    STATE_FOREACH (d->state, KIND_CONTACT_POINT, ContactPoint, p)
        if (record_same_key(&contact_point_type, p, came))
            row = p;
    bool is_new = !row;
    if (!row) {
        row = state_add(d->state, KIND_CONTACT_POINT);
        row->position = (int64_t)STATE_COUNT(d->state, KIND_CONTACT_POINT) - 1;
    }
    ContactPoint before = *row;
    merge(d, &contact_point_type, row);
    row->consent = row->consent < 0 ? CONSENT_NONE : row->consent;
    if (!is_new && is_older_consent(&before, row)) {
        row->consent = before.consent;
        row->consent_at = before.consent_at;
    } else if (!is_new && row->consent != before.consent) {
        row->consent_before = -1;
        if (!event_has(d->in->event, "consent_at"))
            row->consent_at = d->now;
    }
    if (is_news(&contact_point_type, is_new, &before, row))
        tell(d, "contact point", row->channel);
}

/* Only an attempt: the money itself comes as a payment (§3.3). */
void apply_attempt(Deciding *d)
{
    const PaymentAttempt *attempt = d->in->event->payload;
    if (attempt->outcome == ATTEMPT_DECLINED)
        payment_failed(d, attempt->code);
    tell(d, attempt->outcome == ATTEMPT_PAID ? "paid attempt" : "declined attempt",
         attempt->invoice);
}

void ledger_unread(Deciding *d)
{
    STATE_FOREACH (d->state, KIND_ACT, Act, act)
        if (act->state == ACT_FRESHNESS)
            act->next_at = d->now + READ_AGAIN_MINUTES * INSTANT_MINUTE;
}

void apply_ledger_read(Deciding *d)
{
    const LedgerRead *read = d->in->event->payload;
    Account *account = &d->state->account;
    d->cause = "payment";
    if (read->failed) {
        ledger_unread(d);
        reason_add(d, "ledger_unread", "§6.6", read->source, NULL, NULL,
                   "%s could not be read (%s): notices and adverse actions wait",
                   read->source ? read->source : "the ledger",
                   read->error ? read->error : "no answer");
        return;
    }
    account->ledger_began_at = MAX(account->ledger_began_at, read->began_at);
    intervene(d, &account->reasons, "ledgers_disagree", read->disagree, "§6.6",
              "ledgers that mirror the account state different open amounts: the lowest counts");
}
