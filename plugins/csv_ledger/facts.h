/* What one row says, as data of events (docs/reference/events.md). Nothing is sent here. */
#ifndef CSV_LEDGER_FACTS_H
#define CSV_LEDGER_FACTS_H

#include "row.h"

enum { FACTS_MAX = 3 };
typedef struct {
    const char *type; /* "invoice.updated" */
    const char *tag;  /* of its id */
    size_t from, to;  /* of the data, in the buffer */
} Fact;
typedef struct {
    Fact rows[FACTS_MAX];
    size_t n;
    unsigned flags;   /* MEMORY_… of a row */
    size_t content_n; /* of the data: what the row says now, without what is only taken back */
    DunhubBuffer *data;
} Facts;

/* Each empties the buffer first. flags_before: MEMORY_… of what was last told of this row. */
void facts_of_account(const LedgerRow *row, DunhubBuffer *data, Facts *ret_facts);
/* channel: "email", "sms", "letter"; false: the row has none. */
bool facts_of_contact(const LedgerRow *row, const char *channel, DunhubBuffer *data, Facts *ret_facts);
void facts_of_invoice(const Mapping *mapping, const LedgerRow *row, unsigned flags_before, DunhubBuffer *data, Facts *ret_facts);

/* A JSON text with its quotes. */
void append_json_text(DunhubBuffer *buffer, const char *text);

#endif
