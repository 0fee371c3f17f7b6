/* How a file's bytes are fields, and which field means what: the instance's options, and the header of a file resolved
 * against them. */
#ifndef CSV_LEDGER_MAPPING_H
#define CSV_LEDGER_MAPPING_H

#include "lib/ledger.h"
#include "reader.h"

typedef struct {
    LedgerMapping ledger;
    const char *encoding;
    char delimiter, quote;
    bool has_header;
    size_t row_max;
} Mapping;

/* False: an option is wrong and the result says which. */
bool mapping_init(const DunhubTask *task, Mapping *ret_mapping);

/* Field numbers of one file, -1: not there. */
typedef struct {
    int fields[N_COLUMNS];
    size_t n_fields; /* every row must have as many */
} Header;
/* cells: of the first row (also where the file has no header: then only its width counts). */
bool header_resolve(const DunhubTask *task, const Mapping *mapping, const char *file, const Cell *cells, size_t n,
                    Header *ret_header);

#endif
