/* A record of cells as a row of the ledger. */
#ifndef CSV_LEDGER_ROW_H
#define CSV_LEDGER_ROW_H

#include "mapping.h"

/* Turns cells into UTF-8. One per file; its texts live until the next row. */
typedef struct {
    void *iconv; /* NULL: the file is UTF-8 */
    LedgerScratch scratch;
} Decoder;
bool decoder_init(Decoder *ret_decoder, const char *encoding, size_t row_max);
void decoder_done(Decoder *decoder);
/* NULL: the bytes are no text of that encoding. */
char *decoder_text(Decoder *decoder, Cell cell);

/* False: the row is bad and ret_row->why says why, with the column and what stands there. */
bool row_read(const Mapping *mapping, const Header *header, const Reader *reader, Decoder *decoder, LedgerRow *ret_row);

#endif
