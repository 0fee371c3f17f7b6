/* Which value of a record a column is: "tenant.email", "lines[0].amount", "customer | tenant.id" (the first that is there),
 * "created + metadata.days_late" (a date and whole days), "{line1}, {city}" (a text around values). */
#ifndef JSON_LEDGER_FIELD_H
#define JSON_LEDGER_FIELD_H

#include "lib/ledger.h"

/* NULL: it can be read; else what is wrong with it (static text). */
const char *field_check(const char *spec);

typedef struct {
    char *text;        /* NULL: the record has no such value, or an empty one */
    bool is_number;
    int32_t plus_days;
} FieldValue;
/* The text lives in scratch. NULL: *ret_value is set; else what is wrong (static text). */
const char *field_read(const json_t *record, const char *spec, LedgerScratch *scratch, FieldValue *ret_value);

#endif
