#include "lib/ledger_facts.h"

#include <inttypes.h>
#include <string.h>

/* ---- JSON ---- */

void ledger_append_text(DunhubBuffer *buffer, const char *text)
{
    dunhub_append(buffer, "\"", 1);
    while (*text) {
        size_t n = 0;
        while ((unsigned char)text[n] >= 0x20 && text[n] != '"' && text[n] != '\\')
            n++;
        dunhub_append(buffer, text, n);
        text += n;
        if (*text) {
            dunhub_append_format(buffer, "\\u%04x", (unsigned char)*text);
            text++;
        }
    }
    dunhub_append(buffer, "\"", 1);
}

static void put_name(DunhubBuffer *out, const char *name)
{
    dunhub_append_text(out, out->p[out->n - 1] == '{' ? "\"" : ",\"");
    dunhub_append_text(out, name);
    dunhub_append(out, "\":", 2);
}

static void put_text(DunhubBuffer *out, const char *name, const char *text)
{
    if (!text)
        return;
    put_name(out, name);
    ledger_append_text(out, text);
}

static void put_amount(DunhubBuffer *out, const char *name, int64_t amount)
{
    if (amount == LEDGER_NO_AMOUNT)
        return;
    put_name(out, name);
    dunhub_append_format(out, "%" PRId64, amount);
}

static void put_date(DunhubBuffer *out, const char *name, int32_t date)
{
    char text[16];
    if (date != DUNHUB_NO_DATE)
        put_text(out, name, dunhub_date_format(date, text));
}

static void put_bool(DunhubBuffer *out, const char *name, bool value)
{
    put_name(out, name);
    dunhub_append_text(out, value ? "true" : "false");
}

static DunhubBuffer *begin(LedgerFacts *facts, const char *type, const char *tag)
{
    facts->rows[facts->n] = (LedgerFact){type, tag, facts->data->n, 0};
    dunhub_append(facts->data, "{", 1);
    return facts->data;
}

static void end(LedgerFacts *facts)
{
    dunhub_append(facts->data, "}", 1);
    facts->rows[facts->n++].to = facts->data->n;
    facts->content_n = facts->data->n;
}

static void start(DunhubBuffer *data, LedgerFacts *ret_facts)
{
    data->n = 0;
    *ret_facts = (LedgerFacts){.data = data};
}

/* ---- account ---- */

void ledger_facts_of_account(const LedgerRow *row, DunhubBuffer *data, LedgerFacts *ret_facts)
{
    static const struct {
        const char *name;
        LedgerColumn column;
    } texts[] = {
        {"name", COLUMN_account_name}, {"kind", COLUMN_kind},
        {"zone", COLUMN_zone},         {"jurisdiction", COLUMN_jurisdiction},
        {"language", COLUMN_language}, {"policy", COLUMN_policy},
        {"property", COLUMN_property}, {"lease", COLUMN_lease},
        {"tags", COLUMN_tags},         {"segment", COLUMN_segment},
    };
    start(data, ret_facts);
    DunhubBuffer *out = begin(ret_facts, "account.updated", "account");
    put_text(out, "external_id", row->text[COLUMN_account]);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_text(out, texts[i].name, row->text[texts[i].column]);
    const char *kind = row->text[COLUMN_kind];
    if (row->text[COLUMN_consumer])
        put_bool(out, "is_consumer", row->consumer);
    else if (kind)
        put_bool(out, "is_consumer", strcmp(kind, "business") != 0);
    end(ret_facts);
}

bool ledger_facts_of_contact(const LedgerRow *row, const char *channel, DunhubBuffer *data,
                             LedgerFacts *ret_facts)
{
    static const struct {
        const char *channel;
        LedgerColumn column;
    } channels[] = {{"email", COLUMN_email}, {"sms", COLUMN_phone}, {"letter", COLUMN_address}};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const char *address = row->text[channels[i].column];
        if (strcmp(channels[i].channel, channel) != 0 || !address)
            continue;
        start(data, ret_facts);
        DunhubBuffer *out = begin(ret_facts, "contact.updated", "contact");
        put_text(out, "channel", channel);
        put_text(out, "address", address);
        put_amount(out, "position", (int64_t)i);
        if (channels[i].column == COLUMN_phone && row->text[COLUMN_sms_consent])
            put_text(out, "consent", row->sms_consent ? "granted" : "none");
        end(ret_facts);
        return true;
    }
    return false;
}

/* ---- invoice ---- */

/* A negative row is a credit note. It stays unapplied until the ledger says that it is settled: then it was used up. */
static void add_credit(const LedgerRow *row, bool used_up, LedgerFacts *facts)
{
    DunhubBuffer *out = begin(facts, "credit.updated", "credit");
    put_text(out, "id", row->text[COLUMN_invoice]);
    put_text(out, "currency", row->currency);
    put_amount(out, "amount", -row->amount);
    put_date(out, "issued_on", row->issued_on);
    put_bool(out, "cancelled", used_up || row->status == LEDGER_VOID);
    if (used_up)
        put_date(out, "cancelled_on", row->settled_on);
    if (row->version)
        put_amount(out, "version", row->version);
    end(facts);
}

static void add_invoice(const LedgerRow *row, bool states_open, LedgerFacts *facts)
{
    static const char *const statuses[] = {"open", "draft", "void", "written_off", "open", "open"};
    DunhubBuffer *out = begin(facts, "invoice.updated", "invoice");
    put_text(out, "id", row->text[COLUMN_invoice]);
    put_text(out, "number", row->text[COLUMN_number]);
    put_text(out, "currency", row->currency);
    put_amount(out, "amount", row->amount);
    put_date(out, "issued_on", row->issued_on);
    put_date(out, "due_on", row->due_on);
    put_text(out, "kind", row->text[COLUMN_invoice_kind]);
    put_text(out, "status", statuses[row->status]);
    if (states_open)
        put_amount(out, "ledger_open", row->open);
    if (row->version)
        put_amount(out, "version", row->version);
    end(facts);
}

static void add_payment(const LedgerRow *row, const char *state, int64_t amount, bool dated,
                        LedgerFacts *facts)
{
    DunhubBuffer *out = begin(facts, "payment.updated", "payment");
    put_name(out, "id");
    ledger_append_text(out, row->text[COLUMN_invoice]);
    out->n--; /* the suffix stands inside the quotes */
    dunhub_append_text(out, ":paid\"");
    put_text(out, "currency", row->currency);
    put_amount(out, "amount", amount);
    put_text(out, "state", state);
    put_text(out, "invoice", row->text[COLUMN_invoice]);
    if (dated)
        put_date(out, "effective_on", row->settled_on);
    end(facts);
}

static void add_dispute(const LedgerRow *row, const char *outcome, int32_t closed_on,
                        LedgerFacts *facts)
{
    DunhubBuffer *out = begin(facts, "dispute.updated", "dispute");
    put_name(out, "id");
    ledger_append_text(out, row->text[COLUMN_invoice]);
    out->n--;
    dunhub_append_text(out, ":disputed\"");
    put_text(out, "invoice", row->text[COLUMN_invoice]);
    put_amount(out, "amount",
               row->disputed_amount != LEDGER_NO_AMOUNT ? row->disputed_amount : row->amount);
    put_date(out, "opened_on", row->issued_on);
    put_date(out, "closed_on", closed_on);
    put_text(out, "outcome", outcome);
    end(facts);
}

/* What was paid by the day of the replay: the stated sum, or all of it where only a date or the status says so. */
static int64_t paid_amount(const LedgerMapping *mapping, const LedgerRow *row, bool settled)
{
    bool dated = mapping->theirs[COLUMN_settled_on] != NULL;
    if (row->status == LEDGER_VOID || row->status == LEDGER_DRAFT || row->status == LEDGER_FAILED)
        return 0;
    if (row->paid != LEDGER_NO_AMOUNT &&
        (settled || !dated ||
         (row->settled_on == DUNHUB_NO_DATE && mapping->as_of == DUNHUB_NO_DATE)))
        return row->paid;
    return settled ? row->amount : 0;
}

void ledger_facts_of_invoice(const LedgerMapping *mapping, const LedgerRow *row,
                             unsigned flags_before, DunhubBuffer *data, LedgerFacts *ret_facts)
{
    bool later = mapping->as_of != DUNHUB_NO_DATE && row->settled_on != DUNHUB_NO_DATE &&
                 row->settled_on > mapping->as_of;
    /* A payment that failed settles nothing, whatever day it carries. */
    bool settled = !later && row->status != LEDGER_FAILED &&
                   (row->settled_on != DUNHUB_NO_DATE || row->status == LEDGER_PAID);
    start(data, ret_facts);
    ret_facts->flags = LEDGER_TOLD_ROW;
    if (row->amount < 0) {
        add_credit(row, settled, ret_facts);
        return;
    }
    /* In a replay the open amount of today says nothing about that day. */
    add_invoice(row, mapping->as_of == DUNHUB_NO_DATE, ret_facts);
    int64_t paid = paid_amount(mapping, row, settled);
    if (paid > 0) {
        add_payment(row, "settled", paid, settled, ret_facts);
        ret_facts->flags |= LEDGER_TOLD_PAID;
    }
    if (mapping->count_disputed && row->disputed) {
        add_dispute(row, settled ? "creditor" : "open", settled ? row->settled_on : DUNHUB_NO_DATE,
                    ret_facts);
        ret_facts->flags |= LEDGER_TOLD_DISPUTED;
    }
    size_t content_n = data->n;
    unsigned gone = flags_before & ~ret_facts->flags;
    if (gone & LEDGER_TOLD_PAID)
        add_payment(row, "reversed", LEDGER_NO_AMOUNT, false, ret_facts);
    if (gone & LEDGER_TOLD_DISPUTED)
        add_dispute(row, "withdrawn", mapping->as_of, ret_facts);
    ret_facts->content_n = content_n;
}
