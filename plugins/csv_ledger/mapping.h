/* Which column means what: the instance's options, and the header of a file resolved against them. */
#ifndef CSV_LEDGER_MAPPING_H
#define CSV_LEDGER_MAPPING_H

#include "dunhub/sdk.h"
#include "reader.h"

/* Our names of columns; README.md says what each holds. */
#define CSV_COLUMNS(X) X(account) CSV_OTHER_COLUMNS(X)
#define CSV_OTHER_COLUMNS(X)                                                                              \
    X(account_name) X(kind) X(consumer) X(segment) X(policy) X(zone) X(jurisdiction) X(language)          \
    X(property) X(tags) X(email) X(phone) X(sms_consent) X(address) X(invoice) X(number) X(invoice_kind)  \
    X(amount) X(open) X(currency) X(issued_on) X(due_on) X(settled_on) X(paid_amount) X(status)           \
    X(disputed) X(disputed_amount) X(version)

#define CSV_ENUM(name) COLUMN_##name,
typedef enum { CSV_COLUMNS(CSV_ENUM) N_COLUMNS } Column;
#undef CSV_ENUM
extern const char *const column_names[N_COLUMNS + 1];

typedef struct {
    const char *path, *encoding, *date_format;
    char delimiter, quote, decimal, thousands;
    bool has_header, count_disputed;
    size_t row_max;
    const char *theirs[N_COLUMNS];   /* header or "#number"; NULL: not mapped */
    const char *defaults[N_COLUMNS]; /* for a column that is not mapped or an empty cell; NULL none */
    const char *prefixes[N_COLUMNS];
    json_t *values;                  /* "column:their value" -> ours; NULL none */
    json_t *yes_words;
    int32_t as_of;                   /* DUNHUB_NO_DATE: none */
    char signature[17];              /* hash of all options that change what a file means */
    json_t *held[4];                 /* own the texts above */
} Mapping;

/* False: an option is wrong and the result says which. Texts live in the call's memory and in held. */
bool mapping_init(const DunhubTask *task, Mapping *ret_mapping);
void mapping_done(Mapping *mapping);

/* Field numbers of one file, -1: not there. */
typedef struct {
    int fields[N_COLUMNS];
    size_t n_fields; /* every row must have as many */
} Header;
/* cells: of the first row (also where the file has no header: then only its width counts). */
bool header_resolve(const DunhubTask *task, const Mapping *mapping, const char *file, const Cell *cells, size_t n,
                    Header *ret_header);

#endif
