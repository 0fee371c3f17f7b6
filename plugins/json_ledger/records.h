/* Records of a JSON file, one after the other, in memory that does not grow with the file: an array (at the top, or where a
 * path of names leads), or lines of one record each (NDJSON). Numbers come as texts, so that an amount is what was written
 * and never a float. */
#ifndef JSON_LEDGER_RECORDS_H
#define JSON_LEDGER_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first sign of a text that was a number in the file. */
#define RECORDS_NUMBER '\1'

typedef enum {
    RECORDS_ONE,
    RECORDS_BAD,    /* this one is no record: why; the next call goes on after it */
    RECORDS_END,
    RECORDS_BROKEN, /* what follows cannot be read: why */
    RECORDS_FAILED, /* error: errno */
} RecordsOutcome;

typedef struct {
    int fd, error;
    char *buffer; /* what was read ahead */
    size_t at, filled;
    char *text; /* of the latest value */
    size_t text_n, text_max;
    bool overflowed; /* the value is longer than text_max */
    bool in_lines, begun;
    uint64_t number, line; /* of the latest record, from 1; of what is read */
    uint64_t began_on;     /* line of the latest record */
    char why[320];
} Records;

/* Takes no ownership of fd. False: out of memory. */
bool records_init(Records *ret_records, int fd, size_t record_max);
void records_done(Records *records);
/* To the first record. path: "data.items"; NULL or "": the top. RECORDS_ONE: go on. */
RecordsOutcome records_begin(Records *records, const char *path);
/* *ret_record: a new reference to an object, with RECORDS_ONE only. */
RecordsOutcome records_next(Records *records, json_t **ret_record);

#endif
