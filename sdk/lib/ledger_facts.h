/* What one row says, as data of events (docs/reference/events.md). Nothing is sent here. */
#ifndef DUNHUB_LEDGER_FACTS_H
#define DUNHUB_LEDGER_FACTS_H

#include "lib/ledger_columns.h"

enum { LEDGER_FACTS_MAX = 6 };
typedef struct {
    const char *type; /* "invoice.updated" */
    const char *tag;  /* of its id */
    size_t from, to;  /* of the data, in the buffer */
} LedgerFact;
typedef struct {
    LedgerFact rows[LEDGER_FACTS_MAX];
    size_t n;
    unsigned flags;   /* MEMORY_… of a row */
    size_t content_n; /* of the data: what the row says now, without what is only taken back */
    DunhubBuffer *data;
} LedgerFacts;

/* Each empties the buffer first. flags_before: MEMORY_… of what was last told of this row. */
void ledger_facts_of_account(const LedgerRow *row, DunhubBuffer *data, LedgerFacts *ret_facts);
/* Also the name under which it is remembered, by its address. False: the row has none of that channel. */
bool ledger_facts_of_contact(const LedgerRow *row, size_t channel, DunhubBuffer *data, LedgerFacts *ret_facts, char ret_object[32]);
/* What the row states of a hold (index of ledger_holds) on that day: nothing, 1, or a day from 2 on; and what to tell where
 * it stated `before`. False: nothing is to be told. */
uint64_t ledger_hold_of(const LedgerRow *row, size_t hold, int32_t today);
bool ledger_facts_of_hold(size_t hold, uint64_t before, uint64_t now, int32_t today, DunhubBuffer *data, LedgerFacts *ret_facts);
/* Its status with a property manager; false: the row states none and `told` nothing before either. */
bool ledger_facts_of_status(const LedgerRow *row, bool told, DunhubBuffer *data, LedgerFacts *ret_facts);
void ledger_facts_of_invoice(const LedgerMapping *mapping, const LedgerRow *row, unsigned flags_before, DunhubBuffer *data, LedgerFacts *ret_facts);

/* A JSON text with its quotes. */
void ledger_append_text(DunhubBuffer *buffer, const char *text);

#endif
