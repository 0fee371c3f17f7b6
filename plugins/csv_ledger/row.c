#include "row.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- encodings ---- */

bool decoder_init(Decoder *ret_decoder, const char *encoding, size_t row_max)
{
    /* A byte of the single-byte encodings becomes at most three; values, prefixes and ends need room too. */
    *ret_decoder = (Decoder){.scratch.size = row_max * 3 + 65536};
    ret_decoder->scratch.p = malloc(ret_decoder->scratch.size);
    if (!ret_decoder->scratch.p || strcasecmp(encoding, "utf-8") == 0)
        return ret_decoder->scratch.p != NULL;
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return false;
    ret_decoder->iconv = converter;
    return true;
}

void decoder_done(Decoder *decoder)
{
    if (decoder->iconv)
        iconv_close(decoder->iconv);
    free(decoder->scratch.p);
}

char *decoder_text(Decoder *decoder, Cell cell)
{
    LedgerScratch *scratch = &decoder->scratch;
    char *out = scratch->p + scratch->used;
    size_t room = scratch->size - scratch->used;
    if (memchr(cell.p, 0, cell.n) || cell.n * 3 + 1 > room)
        return NULL;
    char *end = out;
    if (decoder->iconv) {
        char *in = (char *)(uintptr_t)cell.p;
        size_t left = cell.n, left_out = room - 1;
        if (iconv(decoder->iconv, &in, &left, &end, &left_out) == (size_t)-1 || left) {
            iconv(decoder->iconv, NULL, NULL, NULL, NULL);
            return NULL;
        }
    } else {
        if (!dunhub_utf8(cell.p, cell.n))
            return NULL;
        memcpy(out, cell.p, cell.n);
        end = out + cell.n;
    }
    *end = 0;
    scratch->used += (size_t)(end - out) + 1;
    return out;
}

/* ---- cells ---- */

bool row_read(const Mapping *mapping, const Header *header, const Reader *reader, Decoder *decoder,
              LedgerRow *ret_row)
{
    ledger_row_begin(ret_row);
    ret_row->says_all = true;
    decoder->scratch.used = 0;
    if (reader->n_cells != header->n_fields)
        return ledger_row_bad(
            ret_row,
            "the row has %zu fields, the header has %zu: is a sign inside a field not quoted?",
            reader->n_cells, header->n_fields);
    for (int column = 0; column < N_COLUMNS; column++) {
        int field = header->fields[column];
        char *text = field >= 0 ? decoder_text(decoder, reader->cells[field]) : NULL;
        if (field >= 0 && !text)
            return ledger_row_bad(
                ret_row, "column '%s' holds bytes that are no %s: set option 'encoding'",
                ledger_title(&mapping->ledger, (LedgerColumn)column), mapping->encoding);
        ledger_row_cell(&mapping->ledger, ret_row, (LedgerColumn)column, text, &decoder->scratch);
    }
    ret_row->has_invoice = mapping->ledger.theirs[COLUMN_invoice] != NULL;
    return ledger_row_end(&mapping->ledger, ret_row);
}
