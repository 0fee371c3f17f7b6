#include "lib/ledger_facts.h"

#include <inttypes.h>
#include <stdio.h>
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

/* ---- facts by the table ---- */

static void put_fact(DunhubBuffer *out, const LedgerRow *row, const LedgerFactColumn *fact)
{
    int64_t value = row->value[fact->column];
    char day[16];
    switch (fact->type) {
    case LEDGER_AMOUNT:
    case LEDGER_NUMBER:
        put_amount(out, fact->member, value);
        return;
    case LEDGER_DATE:
        put_date(out, fact->member, (int32_t)value);
        return;
    case LEDGER_INSTANT:
        put_name(out, fact->member);
        dunhub_append_format(out, "\"%sT00:00:00.000Z\"", dunhub_date_format((int32_t)value, day));
        return;
    case LEDGER_YES:
        put_bool(out, fact->member, value);
        return;
    case LEDGER_AGREED:
        put_text(out, fact->member, value ? "yes" : "no");
        return;
    case LEDGER_CONSENT:
        put_text(out, fact->member, value ? "granted" : "none");
        return;
    case LEDGER_OPT_OUT:
        put_text(out, fact->member, value ? "revoked" : NULL);
        return;
    default:
        put_text(out, fact->member, row->text[fact->column]);
    }
}

static void put_facts(DunhubBuffer *out, const LedgerRow *row, unsigned of)
{
    for (size_t i = 0; i < n_ledger_fact_columns; i++) {
        const LedgerFactColumn *fact = &ledger_fact_columns[i];
        if (!(fact->of & of))
            continue;
        if (row->text[fact->column]) {
            put_fact(out, row, fact);
        } else if (of == LEDGER_OF_ACCOUNT && row->is_empty[fact->column]) {
            put_name(out, fact->member);
            dunhub_append_text(out, "null");
        }
    }
}

/* ---- account ---- */

void ledger_facts_of_account(const LedgerRow *row, DunhubBuffer *data, LedgerFacts *ret_facts)
{
    start(data, ret_facts);
    DunhubBuffer *out = begin(ret_facts, "account.updated", "account");
    put_text(out, "external_id", row->text[COLUMN_account]);
    put_facts(out, row, LEDGER_OF_ACCOUNT);
    const char *kind = row->text[COLUMN_kind];
    if (row->text[COLUMN_consumer])
        put_bool(out, "is_consumer", row->value[COLUMN_consumer]);
    else if (kind)
        put_bool(out, "is_consumer", strcmp(kind, "business") != 0);
    end(ret_facts);
}

bool ledger_facts_of_contact(const LedgerRow *row, size_t channel, DunhubBuffer *data,
                             LedgerFacts *ret_facts, char ret_object[32])
{
    const LedgerChannel *of = &ledger_channels[channel];
    const char *address = row->text[of->column];
    if (!address)
        return false;
    const DunhubBytes name = {address, strlen(address)};
    snprintf(ret_object, 32, "%s-%08x", of->channel, (unsigned)ledger_memory_hash(&name, 1));
    start(data, ret_facts);
    DunhubBuffer *out = begin(ret_facts, "contact.updated", "contact");
    put_text(out, "channel", of->channel);
    put_text(out, "address", address);
    put_amount(out, "position", (int64_t)channel);
    put_facts(out, row, of->of);
    end(ret_facts);
    return true;
}

bool ledger_facts_of_status(const LedgerRow *row, bool told, DunhubBuffer *data,
                            LedgerFacts *ret_facts)
{
    const char *status = row->text[COLUMN_tenant_status];
    if (!status && !told)
        return false;
    start(data, ret_facts);
    DunhubBuffer *out = begin(ret_facts, "account.status_changed", "status");
    put_text(out, "status", status ? status : "ok");
    if (status && row->text[COLUMN_grace_until])
        put_date(out, "until", (int32_t)row->value[COLUMN_grace_until]);
    if (status && row->text[COLUMN_moved_out_on])
        put_date(out, "moved_out_on", (int32_t)row->value[COLUMN_moved_out_on]);
    end(ret_facts);
    ret_facts->flags = status && strcmp(status, "ok") != 0 ? LEDGER_TOLD_ROW : 0;
    return told || ret_facts->flags;
}

/* ---- holds ---- */

enum { HOLD_NONE, HOLD_YES, HOLD_FIRST_DAY };

/* Days from 0001-01-01 on have numbers that are never negative once this is added. */
enum { DAYS_BEFORE_1970 = 719162 };

uint64_t ledger_hold_of(const LedgerRow *row, size_t hold, int32_t today)
{
    const LedgerHold *of = &ledger_holds[hold];
    int64_t value = row->value[of->column];
    if (!row->text[of->column])
        return HOLD_NONE;
    if (!of->member)
        return value ? HOLD_YES : HOLD_NONE;
    return of->ends && value < today ? HOLD_NONE
                                     : (uint64_t)(value + DAYS_BEFORE_1970) + HOLD_FIRST_DAY;
}

static int32_t day_of(uint64_t stated)
{
    return (int32_t)((int64_t)(stated - HOLD_FIRST_DAY) - DAYS_BEFORE_1970);
}

bool ledger_facts_of_hold(size_t hold, uint64_t before, uint64_t now, int32_t today,
                          DunhubBuffer *data, LedgerFacts *ret_facts)
{
    const LedgerHold *of = &ledger_holds[hold];
    bool ran_out = of->ends && before >= HOLD_FIRST_DAY && day_of(before) < today;
    bool runs = before != HOLD_NONE && !ran_out;
    if (now == before || (now == HOLD_NONE && !runs))
        return false;
    const char *type = now == HOLD_NONE ? "hold.ended"
                       : runs           ? (of->ends ? "hold.moved" : "hold.set")
                                        : "hold.set";
    start(data, ret_facts);
    DunhubBuffer *out = begin(ret_facts, type, "hold");
    put_text(out, "kind", of->kind);
    if (now >= HOLD_FIRST_DAY)
        put_date(out, of->member, day_of(now));
    end(ret_facts);
    return true;
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
    put_facts(out, row, LEDGER_OF_INVOICE);
    put_text(out, "status", statuses[row->status]);
    if (states_open)
        put_amount(out, "ledger_open", row->open);
    if (row->version)
        put_amount(out, "version", row->version);
    end(facts);
}

/* The id of what hangs on the row's invoice. */
static void put_id(DunhubBuffer *out, const LedgerRow *row, const char *suffix)
{
    put_name(out, "id");
    ledger_append_text(out, row->text[COLUMN_invoice]);
    out->n--; /* the suffix stands inside the quotes */
    dunhub_append_format(out, ":%s\"", suffix);
}

typedef struct {
    const char *name, *state;
    int64_t amount;
    bool dated;
} Money;

static void add_payment(const LedgerRow *row, Money money, LedgerFacts *facts)
{
    DunhubBuffer *out = begin(facts, "payment.updated", "payment");
    put_id(out, row, money.name);
    put_text(out, "currency", row->currency);
    put_amount(out, "amount", money.amount);
    put_text(out, "state", money.state);
    put_text(out, "invoice", row->text[COLUMN_invoice]);
    put_text(out, "method", row->text[COLUMN_payment_method]);
    if (strcmp(money.state, "settled") != 0)
        put_text(out, "code", row->text[COLUMN_failure_code]);
    if (money.dated)
        put_date(out, "effective_on", row->settled_on);
    end(facts);
}

static void add_dispute(const LedgerRow *row, const char *outcome, int32_t closed_on,
                        LedgerFacts *facts)
{
    DunhubBuffer *out = begin(facts, "dispute.updated", "dispute");
    put_id(out, row, "disputed");
    put_text(out, "invoice", row->text[COLUMN_invoice]);
    put_amount(out, "amount",
               row->disputed_amount != LEDGER_NO_AMOUNT ? row->disputed_amount : row->amount);
    put_date(out, "opened_on",
             row->text[COLUMN_disputed_on] ? (int32_t)row->value[COLUMN_disputed_on]
                                           : row->issued_on);
    put_date(out, "closed_on", closed_on);
    put_text(out, "outcome", outcome);
    put_facts(out, row, LEDGER_OF_DISPUTE);
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
        add_payment(row, (Money){"paid", "settled", paid, settled}, ret_facts);
        ret_facts->flags |= LEDGER_TOLD_PAID;
    }
    if (mapping->count_disputed && row->disputed) {
        add_dispute(row, settled ? "creditor" : "open", settled ? row->settled_on : DUNHUB_NO_DATE,
                    ret_facts);
        ret_facts->flags |= LEDGER_TOLD_DISPUTED;
    }
    if (row->status == LEDGER_FAILED && row->text[COLUMN_failure_code])
        add_payment(row, (Money){"failed", "failed", row->amount, false}, ret_facts);
    size_t content_n = data->n;
    unsigned gone = flags_before & ~ret_facts->flags;
    if (gone & LEDGER_TOLD_PAID)
        add_payment(row, (Money){"paid", "reversed", LEDGER_NO_AMOUNT, false}, ret_facts);
    if (gone & LEDGER_TOLD_DISPUTED)
        add_dispute(row, "withdrawn", mapping->as_of, ret_facts);
    ret_facts->content_n = content_n;
}
