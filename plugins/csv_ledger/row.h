/* One row of a ledger file as typed facts: texts in UTF-8, amounts in minor units, dates. */
#ifndef CSV_LEDGER_ROW_H
#define CSV_LEDGER_ROW_H

#include "mapping.h"

#define NO_AMOUNT INT64_MIN

typedef enum { STATUS_OPEN, STATUS_DRAFT, STATUS_VOID, STATUS_WRITTEN_OFF, STATUS_PAID } RowStatus;

typedef struct {
    const char *text[N_COLUMNS]; /* trimmed, never empty; NULL: the cell is empty or there is none */
    bool has_invoice;
    char currency[4];
    int64_t amount, open, paid, disputed_amount; /* NO_AMOUNT: not stated */
    int32_t issued_on, due_on, settled_on;       /* DUNHUB_NO_DATE: not stated */
    RowStatus status;
    bool disputed, consumer, sms_consent;
    int64_t version;
    char why[400]; /* what is wrong with it */
} LedgerRow;

/* Turns cells into UTF-8. One per file; its texts live until the next row. */
typedef struct {
    void *iconv; /* NULL: the file is UTF-8 */
    char *scratch;
    size_t used, size;
} Decoder;
bool decoder_init(Decoder *ret_decoder, const char *encoding, size_t row_max);
void decoder_done(Decoder *decoder);
/* NULL: the bytes are no text of that encoding. */
const char *decoder_text(Decoder *decoder, Cell cell);
void decoder_reset(Decoder *decoder);

/* False: the row is bad and ret_row->why says why, with the column and what stands there. */
bool row_read(const Mapping *mapping, const Header *header, const Reader *reader, Decoder *decoder, LedgerRow *ret_row);

#endif
