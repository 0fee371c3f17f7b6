/* What one row says, as data of events (docs/reference/events.md). Nothing is sent here. */
#ifndef DUNHUB_LEDGER_FACTS_H
#define DUNHUB_LEDGER_FACTS_H

#include "lib/ledger.h"

enum { LEDGER_FACTS_MAX = 3 };
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
/* channel: "email", "sms", "letter"; false: the row has none. */
bool ledger_facts_of_contact(const LedgerRow *row, const char *channel, DunhubBuffer *data, LedgerFacts *ret_facts);
void ledger_facts_of_invoice(const LedgerMapping *mapping, const LedgerRow *row, unsigned flags_before, DunhubBuffer *data, LedgerFacts *ret_facts);

/* A JSON text with its quotes. */
void ledger_append_text(DunhubBuffer *buffer, const char *text);

#endif
