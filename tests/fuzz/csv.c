/* A ledger file: records, cells, typed rows, and what is told of them. First line: delimiter, quote
 * and encoding (u UTF-8, l Latin-1, w windows-1252); then the file, whose first record names the
 * columns as we do. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../plugins/csv_ledger/row.h"
#include "fuzz.h"
#include "lib/ledger_facts.h"

enum { ROW_MAX = 4096 };

static const char *encoding_of(uint8_t letter)
{
    return letter == 'l' ? "ISO-8859-1" : letter == 'w' ? "WINDOWS-1252" : "UTF-8";
}

static void resolve(const Reader *reader, Mapping *mapping, Header *ret_header)
{
    ret_header->n_fields = reader->n_cells;
    for (size_t column = 0; column < N_COLUMNS; column++) {
        ret_header->fields[column] = -1;
        const char *name = ledger_columns[column];
        for (size_t i = 0; i < reader->n_cells; i++)
            if (reader->cells[i].n == strlen(name) &&
                memcmp(reader->cells[i].p, name, strlen(name)) == 0)
                ret_header->fields[column] = (int)i;
        mapping->ledger.theirs[column] = ret_header->fields[column] < 0 ? NULL : name;
    }
}

static void check_facts(const DunhubBuffer *data, const LedgerFacts *facts)
{
    for (size_t i = 0; i < facts->n; i++) {
        json_t *json = json_loadb(data->p + facts->rows[i].from,
                                  facts->rows[i].to - facts->rows[i].from, 0, NULL);
        g_assert_nonnull(json);
        json_decref(json);
    }
}

static void tell(const LedgerMapping *mapping, const LedgerRow *row)
{
    DunhubBuffer data = {0};
    LedgerFacts facts;
    char object[32];
    ledger_facts_of_account(row, &data, &facts);
    check_facts(&data, &facts);
    for (size_t i = 0; i < LEDGER_CHANNELS; i++)
        if (ledger_facts_of_contact(row, i, &data, &facts, object))
            check_facts(&data, &facts);
    if (ledger_facts_of_status(row, false, &data, &facts))
        check_facts(&data, &facts);
    for (size_t i = 0; i < LEDGER_HOLDS; i++)
        if (ledger_facts_of_hold(i, 0, ledger_hold_of(row, i, 0), 0, &data, &facts))
            check_facts(&data, &facts);
    for (unsigned flags = 0; row->has_invoice && flags < 8; flags++) {
        ledger_facts_of_invoice(mapping, row, flags, &data, &facts);
        check_facts(&data, &facts);
    }
    dunhub_buffer_done(&data);
}

static void read_all(Reader *reader, Decoder *decoder, Mapping *mapping)
{
    Header header;
    bool has_header = false;
    uint64_t line = 0;
    for (ReaderOutcome outcome;
         (outcome = reader_next(reader)) == READER_ROW || outcome == READER_BAD;) {
        g_assert_cmpuint(reader->line, >, line);
        line = reader->line;
        LedgerRow row;
        if (outcome == READER_BAD)
            g_assert_nonnull(reader->why);
        else if (!has_header)
            resolve(reader, mapping, &header), has_header = true;
        else if (row_read(mapping, &header, reader, decoder, &row))
            tell(&mapping->ledger, &row);
        else
            g_assert_cmpstr(row.why, !=, "");
    }
}

void fuzz_csv(const uint8_t *bytes, size_t n)
{
    if (n < 4 || bytes[3] != '\n' || bytes[0] == bytes[1])
        return;
    Mapping mapping = {
        .ledger = {.path = "fuzz.csv",
                   .date_format = "%Y-%m-%d",
                   .decimal = '.',
                   .thousands = ',',
                   .count_disputed = true,
                   .as_of = DUNHUB_NO_DATE,
                   .yes_words = json_pack("[s]", "yes")},
        .encoding = encoding_of(bytes[2]),
        .delimiter = (char)bytes[0],
        .quote = bytes[1] == '-' ? 0 : (char)bytes[1],
        .has_header = true,
        .row_max = ROW_MAX,
    };
    mapping.ledger.defaults[COLUMN_currency] = "USD";
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    g_assert_true(write(fd, bytes + 4, n - 4) == (ssize_t)(n - 4) && lseek(fd, 0, SEEK_SET) == 0);
    Reader reader;
    Decoder decoder;
    g_assert_true(reader_init(&reader, fd, mapping.delimiter, mapping.quote, mapping.row_max));
    g_assert_true(decoder_init(&decoder, mapping.encoding, mapping.row_max));
    read_all(&reader, &decoder, &mapping);
    decoder_done(&decoder);
    reader_done(&reader);
    json_decref(mapping.ledger.yes_words);
    close(fd);
}
