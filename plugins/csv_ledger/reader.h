/* Records of a delimited text file (RFC 4180: quotes, doubled quotes, line breaks inside quotes), one after the other, in
 * memory that does not grow with the file. Bytes are not interpreted beyond delimiter, quote and line end: that is right for
 * every encoding that keeps ASCII. */
#ifndef CSV_LEDGER_READER_H
#define CSV_LEDGER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { READER_FIELDS_MAX = 512 };

typedef struct {
    const char *p; /* NUL-ended, but may hold NUL */
    size_t n;
} Cell;

typedef enum { READER_ROW, READER_BAD, READER_END, READER_FAILED } ReaderOutcome;

typedef struct {
    int fd;
    char delimiter, quote; /* quote 0: none */
    size_t row_max;
    char *buffer;          /* what was read ahead */
    size_t at, filled;
    int64_t offset;        /* in the file, of buffer[0] */
    char *row;
    size_t row_n;
    size_t starts[READER_FIELDS_MAX + 1];
    /* of the latest record */
    Cell cells[READER_FIELDS_MAX];
    size_t n_cells;
    uint64_t line;      /* it begins there, from 1 */
    uint64_t next_line;
    const char *why;    /* READER_BAD: what is wrong */
    int error;          /* READER_FAILED: errno */
} Reader;

/* Takes no ownership of fd. False: out of memory. */
bool reader_init(Reader *ret_reader, int fd, char delimiter, char quote, size_t row_max);
void reader_done(Reader *reader);
/* Empty lines are passed over. After READER_BAD the next call goes on with the line after. */
ReaderOutcome reader_next(Reader *reader);

#endif
