#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 17, NO_BYTE = -1, NO_FILE = -2 };

bool reader_init(Reader *ret_reader, int fd, char delimiter, char quote, size_t row_max)
{
    *ret_reader = (Reader){
        .fd = fd, .delimiter = delimiter, .quote = quote, .row_max = row_max, .next_line = 1};
    ret_reader->buffer = malloc(BUFFER_BYTES);
    ret_reader->row = malloc(row_max + READER_FIELDS_MAX + 2);
    return ret_reader->buffer && ret_reader->row;
}

void reader_done(Reader *reader)
{
    free(reader->buffer);
    free(reader->row);
}

/* The next byte without taking it; NO_BYTE at the end, NO_FILE if it cannot be read. */
static int peek(Reader *r)
{
    if (r->at < r->filled)
        return (unsigned char)r->buffer[r->at];
    r->offset += (int64_t)r->filled;
    r->at = r->filled = 0;
    ssize_t got;
    do
        got = read(r->fd, r->buffer, BUFFER_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        r->error = errno;
        return NO_FILE;
    }
    r->filled = (size_t)got;
    return got ? (unsigned char)r->buffer[0] : NO_BYTE;
}

static int take(Reader *r)
{
    int c = peek(r);
    if (c >= 0)
        r->at++;
    if (c == '\n')
        r->next_line++;
    return c;
}

/* Goes back to a place that may have left the buffer. */
static bool seek_to(Reader *r, int64_t offset, uint64_t line)
{
    r->next_line = line;
    if (offset >= r->offset) {
        r->at = (size_t)(offset - r->offset);
        return true;
    }
    if (lseek(r->fd, offset, SEEK_SET) < 0) {
        r->error = errno;
        return false;
    }
    r->offset = offset;
    r->at = r->filled = 0;
    return true;
}

typedef struct {
    bool quoted;      /* inside quotes */
    bool was_quoted;  /* this field began with a quote */
    int64_t line_end; /* after the first line of the record, 0 unknown yet */
} State;

static void begin_field(Reader *r, State *s)
{
    r->row[r->row_n++] = 0;
    r->n_cells++;
    r->starts[r->n_cells] = r->row_n;
    s->was_quoted = false;
}

static ReaderOutcome end_row(Reader *r)
{
    r->row[r->row_n++] = 0;
    r->n_cells++;
    r->starts[r->n_cells] = r->row_n;
    for (size_t i = 0; i < r->n_cells; i++)
        r->cells[i] = (Cell){r->row + r->starts[i], r->starts[i + 1] - r->starts[i] - 1};
    return READER_ROW;
}

/* What is left of the line is passed over; after a quote that never closed, all but its first line is read again. */
static ReaderOutcome give_up(Reader *r, const State *s, const char *why)
{
    r->why = why;
    if (s->line_end)
        return seek_to(r, s->line_end, r->line + 1) ? READER_BAD : READER_FAILED;
    for (int c = take(r); c != '\n'; c = take(r)) {
        if (c == NO_FILE)
            return READER_FAILED;
        if (c == NO_BYTE)
            break;
    }
    return READER_BAD;
}

/* One byte inside quotes. NULL, or what is wrong. */
static const char *quoted_byte(Reader *r, State *s, char c)
{
    if (c == '\n' && !s->line_end)
        s->line_end = r->offset + (int64_t)r->at;
    if (c != r->quote) {
        r->row[r->row_n++] = c;
        return NULL;
    }
    int next = peek(r);
    if (next == (unsigned char)r->quote) {
        take(r);
        r->row[r->row_n++] = c;
        return NULL;
    }
    s->quoted = false;
    if (next < 0 || next == '\n' || next == '\r' || next == (unsigned char)r->delimiter)
        return NULL;
    return "something follows a closing quote: double the quotes inside a quoted field";
}

static ReaderOutcome read_record(Reader *r)
{
    State s = {0};
    r->line = r->next_line;
    r->row_n = r->n_cells = 0;
    r->starts[0] = 0;
    for (;;) {
        int c = take(r);
        if (c == NO_FILE)
            return READER_FAILED;
        if (c == NO_BYTE && s.quoted)
            return give_up(r, &s, "a quote is opened and never closed");
        if (c == NO_BYTE)
            return r->row_n || r->n_cells || s.was_quoted ? end_row(r) : READER_END;
        if (r->row_n >= r->row_max)
            return give_up(
                r, &s,
                s.quoted ? "a quote is opened and not closed within the longest row (row_max_bytes)"
                         : "the row is longer than row_max_bytes");
        if (s.quoted) {
            const char *why = quoted_byte(r, &s, (char)c);
            if (why)
                return give_up(r, &s, why);
        } else if (c == '\n' || (c == '\r' && peek(r) == '\n')) {
            if (c == '\r')
                take(r);
            return end_row(r);
        } else if (c == (unsigned char)r->delimiter) {
            if (r->n_cells + 2 > READER_FIELDS_MAX)
                return give_up(r, &s, "the row has more than 512 fields");
            begin_field(r, &s);
        } else if (r->quote && c == (unsigned char)r->quote && r->row_n == r->starts[r->n_cells] &&
                   !s.was_quoted) {
            s.quoted = s.was_quoted = true;
        } else {
            r->row[r->row_n++] = (char)c;
        }
    }
}

ReaderOutcome reader_next(Reader *reader)
{
    for (;;) {
        ReaderOutcome outcome = read_record(reader);
        bool empty = outcome == READER_ROW && reader->n_cells == 1 && reader->cells[0].n == 0;
        if (!empty)
            return outcome;
    }
}
